"""The paper as an editable document (DOCX): real styles, headings and numbering, alternative texts, heads of tables.

The tables of charts and maps stand in an annex of their own, each reached by a link from its picture, so that the paper
itself stays short. The same bytes for the same paper as at the same instant.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from fourfold.publications.charts import Picture
from fourfold.publications.sections import (
    PICTURE_TABLES,
    Column,
    Paper,
    Paragraph,
    PrintedTable,
    Provenance,
    Section,
    provenance_table,
)
from fourfold.publications.sentences import Figure, Piece, Sentence, Tally

_BLUE, _GREY = RGBColor(0x12, 0x43, 0x6D), RGBColor(0x3D, 0x3D, 0x3D)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_NUMBERED, _SMALL, _SMALL_ID, _TABLE_STYLE = "Numbered paragraph", "Small print", "Smallprint", "LightGrid-Accent1"
_BREADTH = 9412
"""The breadth of the text on the page, in twentieths of a point: A4 less its margins."""
_NUMBERING = 90


def docx_paper(paper: Paper) -> bytes:
    """The paper as DOCX: title page, sections, annexes, the pictures' tables, and where each figure comes from."""
    drawn = _Drawn(Document())
    drawn.styled(paper)
    drawn.fronted(paper)
    for section in paper.sections:
        drawn.section(section)
    for section in paper.annexes:
        drawn.section(section)
    instant = paper.as_at.replace(tzinfo=None, microsecond=0)
    properties = drawn.document.core_properties
    properties.title, properties.author, properties.language = paper.title, paper.front.presenter or "", "en-GB"
    properties.created = properties.modified = instant
    out = io.BytesIO()
    drawn.document.save(out)
    return _settled(out.getvalue())


@dataclass
class _Drawn:
    """A document as far as it is drawn."""

    document: Any
    pictures: list[Picture] = field(default_factory=list)
    bookmarks: int = 0

    def styled(self, paper: Paper) -> None:
        """Arial throughout, headings in the paper's blue, British English for the spelling checker and screen readers."""
        styles = self.document.styles
        for name in ("Normal", "Title", "Heading 1", "Heading 2", "Heading 3", "Caption", "Header", "Footer"):
            style = styles[name]
            style.font.name = "Arial"
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for kind in ("ascii", "hAnsi", "eastAsia", "cs"):
                fonts.set(qn(f"w:{kind}"), "Arial")
                fonts.attrib.pop(qn(f"w:{kind}Theme"), None)
            if name not in ("Normal", "Header", "Footer"):
                style.font.color.rgb = _BLUE
        styles["Normal"].font.size, styles["Normal"].paragraph_format.space_after = Pt(11), Pt(6)
        for name, size in (("Title", 26), ("Heading 1", 16), ("Heading 2", 13), ("Heading 3", 11), ("Caption", 11)):
            styles[name].font.size = Pt(size)
        for name in ("Heading 1", "Heading 2", "Heading 3"):
            styles[name].paragraph_format.space_before, styles[name].paragraph_format.space_after = Pt(14), Pt(4)
        styles["Normal"].element.get_or_add_rPr().append(
            parse_xml(f'<w:lang {nsdecls("w")} w:val="en-GB" w:eastAsia="en-GB"/>')
        )
        small = styles.add_style(_SMALL, 1)
        small.base_style, small.font.size, small.font.color.rgb = styles["Normal"], Pt(9), _GREY
        self._numbering(styles)
        page = self.document.sections[0]
        page.page_width, page.page_height = Cm(21), Cm(29.7)
        page.left_margin = page.right_margin = Cm(2.2)
        page.header.paragraphs[0].text = paper.marking
        foot = page.footer.paragraphs[0]
        foot.text = f"{paper.marking} · {paper.title} · page "
        _page_number(foot)

    def _numbering(self, styles: Any) -> None:
        """A style whose paragraphs number themselves, so that one put in by hand moves all the numbers after it."""
        numbering = self.document.part.numbering_part.element
        numbering.insert(0, parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{_NUMBERING}"><w:multiLevelType w:val="singleLevel"/>'
            '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/><w:lvlJc w:val="left"/>'
            '<w:pPr><w:ind w:left="624" w:hanging="624"/></w:pPr></w:lvl></w:abstractNum>'
        ))  # fmt: skip
        numbering.append(parse_xml(
            f'<w:num {nsdecls("w")} w:numId="{_NUMBERING}"><w:abstractNumId w:val="{_NUMBERING}"/></w:num>'
        ))  # fmt: skip
        style = styles.add_style(_NUMBERED, 1)
        style.base_style = styles["Normal"]
        style.element.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="{_NUMBERING}"/></w:numPr>')
        )

    def fronted(self, paper: Paper) -> None:
        """The board, the title and the particulars."""
        self.document.add_paragraph(paper.front.board)
        self.document.add_heading(paper.front.title, level=0)
        for name, text in paper.particulars:
            line = self.document.add_paragraph()
            line.add_run(f"{name}: ").bold = True
            line.add_run(text)

    def section(self, section: Section) -> None:
        """A heading and its blocks; before the Findings, the tables of the pictures so far."""
        if any(isinstance(block, Provenance) for block in section.blocks) and self.pictures:
            self.document.add_heading(PICTURE_TABLES, level=section.level - 1)
            for number, picture in enumerate(self.pictures, 1):
                self._table(picture.printed(), f"table-{number}")
        self.document.add_heading(section.heading, level=section.level - 1)
        for block in section.blocks:
            if isinstance(block, Paragraph):
                line = self.document.add_paragraph(style=_NUMBERED if block.is_numbered else None)
                self._pieces(line, block.said)
            elif isinstance(block, PrintedTable):
                self._table(block)
            elif isinstance(block, Picture):
                self._picture(block)
            else:
                self._provenance(block)

    def _pieces(self, line: Any, said: Sentence) -> None:
        for piece in said.pieces:
            self._piece(line, piece)

    def _piece(self, line: Any, piece: Piece) -> None:
        """Words as they are; a figure in bold, and a link to its Finding."""
        if isinstance(piece, Figure):
            self._link(line, piece.text, f"finding-{piece.finding.id}").bold = True
        elif isinstance(piece, Tally):
            line.add_run(piece.text)
        else:
            line.add_run(piece if isinstance(piece, str) else piece.text)

    def _link(self, line: Any, text: str, anchor: str) -> Any:
        run = line.add_run(text)
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), _bookmark_name(anchor))
        link.set(qn("w:history"), "1")
        run._r.addprevious(link)
        link.append(run._r)
        return run

    def _picture(self, picture: Picture) -> None:
        """The picture with its alternative text, what is said beside it, its source, and a link to its table."""
        self.pictures.append(picture)
        self.document.add_paragraph(picture.title, style="Caption").paragraph_format.keep_with_next = True
        described = self.document.add_paragraph(picture.subtitle, style=_SMALL)
        described.paragraph_format.keep_with_next = True
        self.document.add_picture(io.BytesIO(picture.png()), width=Cm(15.5))
        self.document.paragraphs[-1].paragraph_format.keep_with_next = True
        drawing = self.document.inline_shapes[-1]._inline.docPr
        drawing.set("descr", picture.alternative)
        drawing.set("title", picture.title)
        for said in picture.beside:
            self._pieces(self.document.add_paragraph(style=_SMALL), said)
        line = self.document.add_paragraph(f"{picture.source}. ", style=_SMALL)
        self._link(line, "The figures as a table", f"table-{len(self.pictures)}")

    def _table(self, table: PrintedTable, anchor: str = "") -> None:
        """A table under its caption: a row of heads that repeats on each page, rows that do not part."""
        caption = self.document.add_paragraph(style="Caption")
        caption.paragraph_format.keep_with_next = True
        caption.add_run(table.caption)
        if anchor:
            self._anchored(caption, anchor)
        # Written as text and read at once: the library's own way takes a second for some hundred rows.
        heads = "".join(_cell(_run(column.heading, is_bold=True), column) for column in table.columns)
        rows = [f'<w:tr><w:trPr><w:cantSplit/><w:tblHeader w:val="true"/></w:trPr>{heads}</w:tr>']
        for number, row in enumerate(table.rows):
            cells = [_cell(_piece_xml(piece), column) for piece, column in zip(row, table.columns, strict=True)]
            if table.anchors:
                said = self._bookmarked(_piece_xml(row[0]), table.anchors[number])
                cells[0] = _cell(said, table.columns[0])
            rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>")
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in _widths(table.columns))
        whole = parse_xml(
            f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{_TABLE_STYLE}"/><w:tblW w:w="{_BREADTH}" w:type="dxa"/>'
            '<w:tblLayout w:type="fixed"/><w:tblLook w:val="04A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" '
            f'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/><w:tblCaption w:val={quoteattr(table.caption)}/></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
        )
        last = self.document.add_paragraph(table.note, style=_SMALL)
        last._p.addprevious(whole)

    def _bookmarked(self, said: str, name: str) -> str:
        self.bookmarks += 1
        first = f'<w:bookmarkStart w:id="{self.bookmarks}" w:name="{_bookmark_name(name)}"/>'
        return f'{first}{said}<w:bookmarkEnd w:id="{self.bookmarks}"/>'

    def _provenance(self, block: Provenance) -> None:
        self.document.add_paragraph(
            "To follow a figure to the lines of its files, run fourfold trace with its identity."
        )
        self._table(provenance_table(block))

    def _anchored(self, line: Any, name: str) -> None:
        """A bookmark around a line, which links lead to."""
        self.bookmarks += 1
        given = f'{nsdecls("w")} w:id="{self.bookmarks}"'
        first = parse_xml(f'<w:bookmarkStart {given} w:name="{_bookmark_name(name)}"/>')
        line._p.insert(1 if line._p.pPr is not None else 0, first)
        line._p.append(parse_xml(f"<w:bookmarkEnd {given}/>"))


def _bookmark_name(anchor: str) -> str:
    return anchor.replace("-", "_")


def _widths(columns: tuple[Column, ...]) -> list[int]:
    """Columns as wide as they are to each other, over the breadth of the page, in twentieths of a point."""
    whole = sum(column.width for column in columns)
    return [round(_BREADTH * column.width / whole) for column in columns]


def _cell(said: str, column: Column) -> str:
    side = '<w:jc w:val="right"/>' if column.is_number else ""
    given = f'<w:pPr><w:pStyle w:val="{_SMALL_ID}"/><w:spacing w:after="20"/>{side}</w:pPr>'
    return f"<w:tc><w:tcPr/><w:p>{given}{said}</w:p></w:tc>"


def _run(text: str, is_bold: bool = False) -> str:
    bold = "<w:rPr><w:b/></w:rPr>" if is_bold else ""
    return f'<w:r>{bold}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _piece_xml(piece: Piece) -> str:
    """A cell's words; a figure as a link to its Finding."""
    if isinstance(piece, Figure):
        anchor = _bookmark_name(f"finding-{piece.finding.id}")
        return f'<w:hyperlink w:anchor="{anchor}" w:history="1">{_run(piece.text)}</w:hyperlink>'
    return _run(piece if isinstance(piece, str) else piece.text)


def _page_number(line: Any) -> None:
    line._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'))


def _settled(content: bytes) -> bytes:
    """The same archive with fixed times, so that the same paper is the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as settled:
        for member in given.infolist():
            kept = zipfile.ZipInfo(member.filename, _ZIP_TIME)
            kept.compress_type, kept.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            settled.writestr(kept, given.read(member))
    return out.getvalue()
