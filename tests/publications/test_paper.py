"""The papers that `make run` writes: every number resolves, every chart has its table, one page needs nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from docx import Document
from python_calamine import CalamineWorkbook

from fourfold.analysis.findings import Finding
from fourfold.publications.register import finding_named
from tests.conftest import CommandLine
from tests.walks.test_board_secretary import the_paper

pytestmark = pytest.mark.slow
FORCES = ("west-midlands", "leicestershire")
PICTURES = {"west-midlands": 7, "leicestershire": 15 + 1 + 7}
"""A chart a subject; where places are held, the maps by council, and a map of each subject that rose or fell."""
TABLES = {"west-midlands": 3, "leicestershire": 3 + 2 + 6}
"""Changes, definitions and files; with places the changed areas and where each that rose did most; outcomes."""
VOID = {"meta", "br", "hr", "img", "input", "link", "path", "rect", "line", "circle"}


@dataclass
class Page(HTMLParser):
    """What a paper's HTML holds, by a plain walk through it."""

    open: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    figures: list[tuple[str, str, str | None]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    said: str = ""
    unbound: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.append(tag)
        self.references += [str(v) for k, v in attrs if k in ("src", "href", "data", "action") and v]
        if held.get("id"):
            self.ids.add(str(held["id"]))
        if tag == "a" and held.get("href"):
            self.links.append(str(held["href"]))
        if tag not in VOID:
            self.open.append((tag, held))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tags, classes = [tag for tag, _ in self.open], [str(held.get("class", "")) for _, held in self.open]
        in_table = "tbody" in tags
        if "said" in classes:
            self.said += data
        elif not in_table:
            return
        if classes[-1] == "figure":
            held = self.open[-1][1]
            self.figures.append((str(held["data-finding"]), data, held.get("data-at")))
        elif re.search(r"\d", data) and classes[-1] not in ("moment", "name", "tally"):
            self.unbound.append(data)


def meant(finding: Finding, at: str | None) -> list[object]:
    """The numbers that a figure may be: a cell of the Finding's table, a parameter, a difference, or its own."""
    if at is None:
        return [finding.value, finding.n, *([finding.interval.low, finding.interval.high] if finding.interval else [])]
    where, _, name = at.partition(" ")
    if where == "parameters":
        return [finding.parameters[name]]
    if where == "difference":
        return [finding.parts[0].records - finding.parts[1].records]
    assert finding.table is not None
    return [finding.table.column(name)[int(where)]]


@pytest.fixture(params=FORCES)
def page(request: pytest.FixtureRequest, first_run: tuple[CommandLine, Path, str]) -> tuple[Page, str, Path, str]:
    fourfold, papers, _ = first_run
    html = the_paper(papers, request.param, ".html").read_text()
    found = Page()
    found.feed(html)
    return found, html, fourfold.home, request.param


def test_every_number_of_every_sentence_and_table_resolves_to_a_finding(page: tuple[Page, str, Path, str]) -> None:
    found, _, home, force = page
    assert found.unbound == []
    assert len(found.figures) > (100 if force == "west-midlands" else 1_000)
    held: dict[str, Finding] = {}
    for identity, text, at in found.figures:
        assert f"finding-{identity}" in found.ids
        finding = held.setdefault(identity, finding_named(home, identity))
        values = [v for v in meant(finding, at) if isinstance(v, (int, float))]
        if text in ("not available", "no change"):
            assert values in ([], [0]), (identity, text, at)
            continue
        digits = re.sub(r"[^0-9.]", "", text)
        written = {f"{abs(v) * scale:.{places}f}" for v in values for places in (0, 1) for scale in (1, 100)}
        assert digits in written, (identity, text, at)
    for identity, finding in held.items():
        assert finding.id == identity


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(page: tuple[Page, str, Path, str]) -> None:
    found, html, _, _ = page
    assert not {"script", "iframe", "object", "embed", "link", "img"} & set(found.tags)
    assert all(reference.startswith("#") for reference in found.references)
    assert "url(" not in html
    assert "@import" not in html
    assert all(link[1:] in found.ids for link in found.links)


def test_the_page_is_one_that_a_screen_reader_can_walk(page: tuple[Page, str, Path, str]) -> None:
    found, html, _, force = page
    assert found.tags.count("h1") == 1
    assert '<html lang="en-GB">' in html
    assert "Skip to the paper" in html
    assert {"main", "nav", "header", "footer"} <= set(found.tags)
    pictures = found.tags.count("figure")
    assert pictures == PICTURES[force]
    assert found.tags.count("svg") == pictures
    assert html.count('role="img" aria-label="') == pictures
    assert found.tags.count("table") == found.tags.count("caption") == pictures + TABLES[force]
    levels = [int(tag[1]) for tag in found.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_what_the_paper_is_and_rests_on_is_said(page: tuple[Page, str, Path, str]) -> None:
    found, html, _, force = page
    for part in (
        "Strategic Policing and Crime Board",
        "Police and Crime Plan priority",
        "Presented by",
        "Records as at",
    ):
        assert part in html
    for heading in ("Purpose of paper", "Method and definitions", "Data annex"):
        assert heading in html
    assert "This paper holds no figures of fraud and cyber crime." in found.said
    assert "Open Government Licence" in found.said
    if force == "west-midlands":
        assert "First national lockdown" in found.said  # a window that crosses a break says so
        assert "cannot be judged" in found.said
        assert "Not available: the records held give no places" in found.said
        assert "Not available: no outcome files" in found.said
    else:
        assert "Anti-social behaviour is not crime" in found.said
        assert "have no place inside the force" in found.said
        assert "British Transport Police" in found.said
        assert (
            "Rates for April to October 2022 are not available: outcomes are held of March 2021 to March 2022"
            in found.said
        )


def test_the_workbook_holds_the_same_figures(
    page: tuple[Page, str, Path, str], first_run: tuple[CommandLine, Path, str]
) -> None:
    _, _, home, force = page
    _, papers, _ = first_run
    book = CalamineWorkbook.from_path(the_paper(papers, force, ".ods"))
    by_place = [
        "Expectations",
        "Small areas",
        "Rises",
        "Concentration",
        "Maps",
        "Councils",
        "Without a place",
        "Outcomes",
    ]
    told = by_place if force == "leicestershire" else []
    assert book.sheet_names == ["Notes", "Changes", "Series", *told, "Definitions", "Findings", "Files"]
    rows = book.get_sheet_by_name("Changes").to_python()
    columns = rows[1]
    for row in rows[2:]:
        held = dict(zip(columns, row, strict=True))
        change = finding_named(home, str(held["finding"]))
        assert (held["later count"], held["earlier count"]) == (change.parts[0].value, change.parts[1].value)


def test_the_same_paper_as_at_the_same_instant_is_the_same_bytes(
    first_run: tuple[CommandLine, Path, str], tmp_path: Path
) -> None:
    fourfold, _, _ = first_run
    as_at = fourfold("imports", "--json").json[-1]["committed_at"]
    command = ["paper", "--force", "west-midlands", "--from", "2022-04", "--to", "2022-06", "--as-at", as_at]
    made = []
    for folder in ("one", "two"):
        files = fourfold(*command, "--out", tmp_path / folder, "--json").json["files"]
        made.append([Path(f).read_bytes() for f in files])
    assert made[0] == made[1]
    assert len(made[0]) == 4


def test_headlines_as_json_carry_their_counts(first_run: tuple[CommandLine, Path, str], tmp_path: Path) -> None:
    fourfold, _, _ = first_run
    window = ["--from", "2022-04", "--to", "2022-10"]
    told = fourfold("change", "police_uk_burglary", "--force", "leicestershire", *window, "--json").json
    assert told["parts"][0]["value"] == 3183
    assert told["parts"][1]["value"] == 2059
    assert json.dumps(told)


def test_the_document_says_what_the_page_says_and_can_be_walked(
    page: tuple[Page, str, Path, str], first_run: tuple[CommandLine, Path, str]
) -> None:
    found, _, home, force = page
    _, papers, _ = first_run
    document = Document(str(the_paper(papers, force, ".docx")))
    numbered = [p.text for p in document.paragraphs if p.style.name == "Numbered paragraph"]
    # Every paragraph of the page stands in the document, to the letter, and numbers itself.
    plain = [p.text for p in document.paragraphs if p.text.startswith("For each category whose change")]
    assert "".join(found.said.split()) == "".join("".join([*numbered, *plain]).split())
    assert len(numbered) > 10
    assert document.styles["Numbered paragraph"].element.xpath("w:pPr/w:numPr/w:numId/@w:val")
    assert len(document.inline_shapes) == PICTURES[force]
    assert len(document.tables) == PICTURES[force] + TABLES[force] + 1  # and the findings
    assert all(shape._inline.docPr.get("descr") for shape in document.inline_shapes)
    assert all(table.rows[0]._tr.trPr.xpath("w:tblHeader") for table in document.tables)
    headings = [p.style.name for p in document.paragraphs if p.style.name.startswith(("Heading", "Title"))]
    assert headings[0] == "Title"
    assert {"Heading 1", "Heading 2"} <= set(headings)
    identities = {row.cells[0].text for row in document.tables[-1].rows[1:]}
    assert {identity for identity, *_ in found.figures} <= identities
    assert all(finding_named(home, identity) for identity in identities)
    # Each figure is a link to its Finding, and each picture leads to its table: no link leads nowhere.
    body = document.element.body
    names = set(body.xpath(".//w:bookmarkStart/@w:name"))
    assert set(body.xpath(".//w:hyperlink/@w:anchor")) <= names
    assert len(names) == len(body.xpath(".//w:bookmarkStart"))
