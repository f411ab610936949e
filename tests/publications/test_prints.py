"""The tagged PDF: declared PDF/UA-1, its tags in the order of the sections, alternative texts, heads of tables, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from docx import Document
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage

from tests.conftest import ROOT, CommandLine
from tests.publications.test_paper import PICTURES
from tests.walks.test_board_secretary import the_paper

pytestmark = pytest.mark.slow
HEADING = re.compile(r"H([1-6])")


@dataclass
class Tag:
    """A tag of the structure tree, and what stands in it in reading order: words, and tags."""

    kind: str
    alternative: str | None
    held: list[str | Tag] = field(default_factory=list)

    def walk(self) -> Iterator[Tag]:
        yield self
        for inside in self.held:
            if isinstance(inside, Tag):
                yield from inside.walk()

    def all(self, kind: str) -> list[Tag]:
        return [tag for tag in self.walk() if tag.kind == kind]

    @property
    def said(self) -> str:
        return "".join(inside if isinstance(inside, str) else inside.said for inside in self.held)


@dataclass
class Read:
    """A PDF as a screen reader walks it."""

    path: Path
    tree: Tag


class Words(PDFTextDevice):
    """Gathers the words of each marked stretch of a page, and passes over what is drawn."""

    def __init__(self, resources: PDFResourceManager) -> None:
        super().__init__(resources)
        self.page, self.open, self.told = 0, [], {}  # type: ignore[var-annotated]

    def begin_tag(self, tag: Any, props: Any = None) -> None:
        self.open.append((props or {}).get("MCID"))

    def end_tag(self) -> None:
        self.open.pop()

    def render_char(self, matrix: Any, font: Any, fontsize: Any, scaling: Any, rise: Any, cid: int, *_: Any) -> float:
        marked = [mark for mark in self.open if mark is not None]
        if marked:
            key = (self.page, marked[-1])
            self.told[key] = self.told.get(key, "") + font.to_unichr(cid)
        return float(font.char_width(cid) * fontsize * scaling)


@lru_cache(maxsize=2)
def read(path: Path) -> Read:
    resources = PDFResourceManager()
    device = Words(resources)
    interpreter = PDFPageInterpreter(resources, device)
    with path.open("rb") as file:
        for number, page in enumerate(PDFPage.get_pages(file)):
            device.page = number
            interpreter.process_page(page)
    with pikepdf.open(path) as pdf:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        return Read(path, tag_of(pdf.Root.StructTreeRoot.K, device.told, numbers))


def tag_of(element: Any, words: dict[tuple[int, int], str], numbers: dict[Any, int]) -> Tag:
    """An element of the structure tree with all under it; `numbers` are the pages' by their objects."""
    element = element[0] if isinstance(element, pikepdf.Array) else element
    found = Tag(str(element.S)[1:], str(element.Alt) if "/Alt" in element else None)
    inside = element.get("/K", [])
    for part in inside if isinstance(inside, pikepdf.Array) else [inside]:
        if isinstance(part, pikepdf.Dictionary) and "/S" in part:
            found.held.append(tag_of(part, words, numbers))
        elif isinstance(part, pikepdf.Dictionary) and "/MCID" in part:
            page = part.get("/Pg", element.get("/Pg"))
            found.held.append(words.get((numbers[page.objgen], int(part.MCID)), ""))
        elif isinstance(part, int):
            found.held.append(words.get((numbers[element.Pg.objgen], part), ""))
    return found


def squeezed(text: str) -> str:
    """Text without the spaces, at which lines may be broken."""
    return re.sub(r"[\s\u00ad]+", "", text)


@pytest.fixture(scope="module", params=("west-midlands", "leicestershire"))
def printed(request: pytest.FixtureRequest, first_run: tuple[CommandLine, Path, str]) -> tuple[Read, Any, str]:
    _, papers, _ = first_run
    document = Document(str(the_paper(papers, request.param, ".docx")))
    return read(the_paper(papers, request.param, ".pdf")), document, request.param


def test_it_is_declared_pdf_ua_1_and_says_its_title_and_language(printed: tuple[Read, Any, str]) -> None:
    found, document, _ = printed
    with pikepdf.open(found.path) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_metadata() as told:
            assert told["pdfuaid:part"] == "1"
            assert told["dc:title"] == document.core_properties.title
        # Nothing runs, nothing is attached, and each font is within.
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(pdf.Root.keys())
        for page in pdf.pages:
            assert page.get("/Tabs") == pikepdf.Name.S or not page.get("/Annots")
            for font in page.get("/Resources", {}).get("/Font", {}).values():
                inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
                assert {"/FontFile2", "/FontFile3", "/FontFile"} & set(inner.FontDescriptor.keys())
                assert "LiberationSans" in str(inner.BaseFont)


def test_every_mark_on_a_page_is_tagged_or_set_aside(printed: tuple[Read, Any, str]) -> None:
    found, _, _ = printed
    with pikepdf.open(found.path) as pdf:
        for page in pdf.pages:
            open_marks: list[bool] = []
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) in ("BDC", "BMC"):
                    is_told = "/MCID" in operands[1] if str(operator) == "BDC" and operands[1:] else False
                    open_marks.append(is_told or str(operands[0]) == "/Artifact")
                elif str(operator) == "EMC":
                    open_marks.pop()
                elif str(operator) in ("Tj", "TJ", "'", '"', "Do", "f", "f*", "S", "B", "b", "s"):
                    assert any(open_marks), (page.label, operator)
            assert open_marks == []


def test_headings_stand_in_order_and_are_those_of_the_document(printed: tuple[Read, Any, str]) -> None:
    found, document, _ = printed
    headings = [(int(m[1]), tag.said) for tag in found.tree.walk() if (m := HEADING.fullmatch(tag.kind))]
    levels = [level for level, _ in headings]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    styled = [(int(p.style.name[-1]), p.text) for p in document.paragraphs if re.fullmatch(r"Heading \d", p.style.name)]
    assert [(level, squeezed(text)) for level, text in headings] == [(level, squeezed(text)) for level, text in styled]


def test_it_is_read_in_the_order_of_the_sections(printed: tuple[Read, Any, str]) -> None:
    found, document, _ = printed
    numbered = [p.text for p in document.paragraphs if p.style.name == "Numbered paragraph"]
    told = [squeezed(tag.said) for tag in found.tree.walk() if tag.kind == "P"]
    told = [text for text in told if re.match(r"\d+\.\D", text)]
    assert told == [f"{number}.{squeezed(text)}" for number, text in enumerate(numbered, 1)]


def test_each_figure_has_the_alternative_of_the_document(printed: tuple[Read, Any, str]) -> None:
    found, document, force = printed
    drawn = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert len(drawn) == PICTURES[force]
    assert [tag.alternative for tag in found.tree.all("Figure")] == drawn


def test_each_table_has_its_heads_and_each_row_its_own(printed: tuple[Read, Any, str]) -> None:
    found, document, _ = printed
    with pikepdf.open(found.path) as pdf:
        tables = list(tables_of(pdf.Root.StructTreeRoot.K))
        assert len(tables) == len(document.tables)
        for rows, table in zip(tables, document.tables, strict=True):
            assert len(rows) == len(table.rows)
            names = set()
            for number, row in enumerate(rows):
                kinds = [str(cell.S) for cell in row]
                assert kinds == (["/TH"] * len(row) if number == 0 else ["/TH", *["/TD"] * (len(row) - 1)]), (
                    "one row of heads, and a head to each row"
                )
                scopes = {scope_of(cell) for cell in row if str(cell.S) == "/TH"}
                assert scopes == ({"/Column"} if number == 0 else {"/Row"})
                names |= {str(cell.ID) for cell in row if str(cell.S) == "/TH"}
                for cell in row:
                    named = {str(name) for name in headers_of(cell)}
                    assert named <= names, "each head that a cell names is there"
                    if str(cell.S) == "/TD":
                        assert len(named) == 2, "its column's head and its row's"


def test_each_link_says_where_it_leads_and_leads_there(printed: tuple[Read, Any, str]) -> None:
    found, _, _ = printed
    with pikepdf.open(found.path) as pdf:
        links = [a for page in pdf.pages for a in page.get("/Annots", []) if a.Subtype == "/Link"]
        assert len(links) > 40
        assert all(str(link.Contents) for link in links)
        assert all("/Dest" in link for link in links), "no link leads out of the paper"


def test_the_fonts_that_are_shipped_are_as_published() -> None:
    folder = ROOT / "src" / "fourfold" / "publications" / "fonts"
    listed = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert listed == {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.ttf")}
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "LICENSE").read_text()


def tables_of(element: Any) -> Iterator[list[list[Any]]]:
    """The tables under an element, each as its rows of cells, heads first."""
    if isinstance(element, pikepdf.Array):
        for inside in element:
            yield from tables_of(inside)
    elif isinstance(element, pikepdf.Dictionary) and "/S" in element and "/K" in element:
        if str(element.S) == "/Table":
            yield [list(row.K) for part in element.K for row in part.K]
        else:
            yield from tables_of(element.K)


def attributes_of(cell: Any) -> list[Any]:
    return list(cell.A) if isinstance(cell.A, pikepdf.Array) else [cell.A]


def scope_of(cell: Any) -> str:
    return next(str(held.Scope) for held in attributes_of(cell) if "/Scope" in held)


def headers_of(cell: Any) -> list[Any]:
    return [name for held in attributes_of(cell) for name in held.get("/Headers", [])]
