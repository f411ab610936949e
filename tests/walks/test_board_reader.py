"""A board reader who uses a screen reader reads the page and the tagged PDF, their tables and charts included.

The page is read as a browser gives it to a screen reader (its accessibility tree); the PDF by its tags.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import CommandLine
from tests.publications.test_prints import read
from tests.walks.test_board_secretary import the_paper

pytestmark = pytest.mark.slow


def test_the_page_from_heading_to_heading_and_a_chart_with_its_table(
    first_run: tuple[CommandLine, Path, str], screen: Page
) -> None:
    _, papers, _ = first_run
    screen.goto(the_paper(papers, "leicestershire", ".html").as_uri())
    assert screen.title() == "Preventing and reducing crime: Leicestershire Police, April to October 2022"
    assert screen.locator("html").get_attribute("lang") == "en-GB"

    # By the keyboard alone: the first stop leads past the front to the paper.
    screen.keyboard.press("Tab")
    assert screen.evaluate("document.activeElement.textContent") == "Skip to the paper"

    # From heading to heading: one title, and no level left out.
    headings = screen.get_by_role("heading")
    levels = [int(tag[1]) for tag in headings.evaluate_all("found => found.map(heading => heading.tagName)")]
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    said = headings.all_text_contents()
    assert said.index("What has changed") < said.index("Vehicle crime") < said.index("Outcomes")

    # The chart of vehicle crime says what it shows, and its table opens below it.
    chart = screen.get_by_role("img", name=re.compile(r"Chart\. Vehicle crime \(police\.uk\), Leicestershire Police"))
    assert "rose 45.1%, from 2,796 in April to October 2021 to 4,056" in (chart.get_attribute("aria-label") or "")
    figure = screen.get_by_role("figure", name=re.compile("^Vehicle crime rose 45.1%"))
    figure.get_by_text("The figures as a table").click()
    table = figure.get_by_role("table", name=re.compile("Vehicle crime"))
    assert [head.inner_text() for head in table.get_by_role("columnheader").all()] == [
        "Period", "Count", "Expected", "Least", "Most", "Window",
    ]  # fmt: skip
    row = table.get_by_role("row", name=re.compile("^October 2022"))
    assert row.get_by_role("rowheader").inner_text() == "October 2022"
    assert row.get_by_role("cell").first.inner_text() == "656"

    # A figure is a link that leads to where it comes from.
    row.get_by_role("link").first.click()
    target = screen.evaluate("document.querySelector(':target').innerText")
    assert "Vehicle crime (police.uk) by month" in target


def test_the_tagged_pdf_in_the_same_order_with_its_figures_and_tables(first_run: tuple[CommandLine, Path, str]) -> None:
    _, papers, _ = first_run
    tree = read(the_paper(papers, "leicestershire", ".pdf")).tree
    told = [
        (tag.kind, " ".join(tag.said.split())) for tag in tree.walk() if tag.kind in ("H1", "H2", "P", "Figure", "TH")
    ]
    at = told.index(("H2", "Vehicle crime"))
    following = told[at : at + 12]
    assert "Vehicle crime rose 45.1%, from 2,796 in" in following[1][1].replace("42.", "")
    assert any(kind == "Figure" for kind, _ in following)
    figure = next(tag for tag in tree.all("Figure") if (tag.alternative or "").startswith("Chart. Vehicle crime"))
    assert "October 2022 held 656, where" in (figure.alternative or "")
    maps = [tag.alternative or "" for tag in tree.all("Figure") if (tag.alternative or "").startswith("Map")]
    assert len(maps) == 8
    assert all("Leicestershire Police" in words and "area" in words for words in maps)
    heads = [words for kind, words in told if kind == "TH"]
    assert "October 2022" in heads
    assert "Vehicle crime" in heads
