"""The papers' pages in a browser: no fault of accessibility (axe-core, WCAG 2.2 A and AA), readable on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import NARROW, WIDE, axe_faults
from tests.conftest import CommandLine
from tests.walks.test_board_secretary import the_paper

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("force", "width"), [("west-midlands", NARROW), ("west-midlands", WIDE), ("leicestershire", WIDE)]
)
def test_a_paper_has_no_fault_of_accessibility(
    first_run: tuple[CommandLine, Path, str], screen: Page, force: str, width: int
) -> None:
    _, papers, _ = first_run
    screen.set_viewport_size({"width": width, "height": 900})
    screen.goto(the_paper(papers, force, ".html").as_uri())
    screen.evaluate("document.querySelectorAll('details').forEach(shut => { shut.open = true })")
    assert axe_faults(screen) == []


@pytest.mark.parametrize("force", ["west-midlands", "leicestershire"])
def test_a_paper_never_scrolls_sideways_on_a_phone(
    first_run: tuple[CommandLine, Path, str], screen: Page, force: str
) -> None:
    _, papers, _ = first_run
    screen.set_viewport_size({"width": NARROW, "height": 900})
    screen.goto(the_paper(papers, force, ".html").as_uri())
    screen.evaluate("document.querySelectorAll('details').forEach(shut => { shut.open = true })")
    # Its tables and pictures do, each within its own frame (WCAG 1.4.10).
    assert screen.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_axe_finds_a_fault_where_there_is_one(screen: Page) -> None:
    screen.set_content(
        "<html><title>A</title><body><main><img src='data:,'><p style='color:#aaa'>Pale</p></main></body>"
    )
    assert {fault.partition(":")[0] for fault in axe_faults(screen)} >= {"image-alt", "color-contrast", "html-has-lang"}
