"""The board paper as an editable document (DOCX): real styles and headings, alternative texts, table headers, numbers as
they stand in the page. Made of the same sections as the page; the same bytes for the same paper as at the same instant.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from fourfold.publications.charts import Chart
from fourfold.publications.sentences import Figure, Sentence

if TYPE_CHECKING:
    from fourfold.publications.paper import Evidence, FrontPage, Section

_BLUE = RGBColor(0x12, 0x43, 0x6D)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def docx_paper(evidence: Evidence, front: FrontPage, sections: Sequence[Section]) -> bytes:
    """The paper as a DOCX: title page, numbered paragraphs, a chart and its table after each, and where figures come from."""
    document = Document()
    _styled(document)
    _fronted(document, evidence, front)
    number = 0
    for section in sections:
        document.add_heading(section.heading, level=section.level - 1)
        for paragraph in section.paragraphs:
            number += 1
            _said(document, paragraph.said, number)
            if paragraph.chart is not None:
                _charted(document, paragraph.chart)
    _traced(document, sections)
    document.core_properties.title = front.title
    document.core_properties.author = front.presenter or ""
    document.core_properties.language = "en-GB"
    instant = evidence.records.as_at.replace(tzinfo=None, microsecond=0)
    document.core_properties.created = document.core_properties.modified = instant
    out = io.BytesIO()
    document.save(out)
    return _settled(out.getvalue())


def _styled(document: Any) -> None:
    """Arial throughout, headings in the paper's blue, British English for the spelling checker and screen readers."""
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "Caption"):
        style = document.styles[name]
        style.font.name = "Arial"
        style.element.rPr.rFonts.set(qn("w:eastAsia"), "Arial")
        if name != "Normal":
            style.font.color.rgb = _BLUE
    document.styles["Normal"].font.size = Pt(11)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    document.styles["Normal"].element.get_or_add_rPr().append(language)


def _fronted(document: Any, evidence: Evidence, front: FrontPage) -> None:
    document.add_paragraph(f"{front.marking}")
    document.add_paragraph(front.board)
    document.add_heading(front.title, level=0)
    unknown = "to be filled in by the board secretary"
    rows = (
        ("Meeting", f"{front.meeting:%-d %B %Y}" if front.meeting else unknown),
        ("Force", evidence.force.name),
        ("Period", evidence.window.label),
        ("Police and Crime Plan priority", front.priority or unknown),
        ("Presented by", front.presenter or unknown),
        ("Records as at", f"{evidence.records.as_at:%-d %B %Y, %H:%M} UTC"),
    )
    for name, text in rows:
        line = document.add_paragraph()
        line.add_run(f"{name}: ").bold = True
        line.add_run(text)


def _said(document: Any, said: Sentence, number: int) -> None:
    """A numbered paragraph; its figures in bold, as the links of the page are."""
    line = document.add_paragraph()
    line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Cm(1.1), Cm(-1.1)
    line.add_run(f"{number}.\t")
    for piece in said.pieces:
        run = line.add_run(piece if isinstance(piece, str) else piece.text)
        run.bold = isinstance(piece, Figure)


def _charted(document: Any, chart: Chart) -> None:
    """The chart as a picture with its alternative text, its source, and its table with a header row that repeats."""
    document.add_paragraph(chart.title, style="Caption").paragraph_format.keep_with_next = True
    document.add_paragraph(chart.subtitle).paragraph_format.keep_with_next = True
    document.add_picture(io.BytesIO(chart.png()), width=Cm(15.5))
    described = document.inline_shapes[-1]._inline.docPr
    described.set("descr", chart.alternative)
    described.set("title", chart.title)
    document.add_paragraph(f"{chart.source}.")
    rows = chart.table.records()
    table = document.add_table(rows=1, cols=3, style="Light Grid Accent 1")
    for cell, name in zip(table.rows[0].cells, ("Period", "Count", "Compared"), strict=True):
        cell.text = name
    header = OxmlElement("w:tblHeader")
    header.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(header)
    for row in rows:
        cells = table.add_row().cells
        compared = "" if row["window"] == "other months" else str(row["window"])
        for cell, text in zip(cells, (str(row["period"]), f"{row['count']:,}", compared), strict=True):
            cell.text = text


def _traced(document: Any, sections: Sequence[Section]) -> None:
    """The identity of each figure's Finding, so that a figure in the document can be traced as one in the page can."""
    document.add_heading("Where each figure comes from", level=1)
    document.add_paragraph("To follow a figure to the lines of its files, run fourfold trace with its identity.")
    seen: dict[str, str] = {}
    for section in sections:
        for paragraph in section.paragraphs:
            for finding in paragraph.said.findings:
                windows = " against ".join(w.label for w in finding.windows)
                seen.setdefault(finding.id, f"{finding.title}, {finding.kind}, {windows}")
    for identity, what in seen.items():
        document.add_paragraph(f"{identity}: {what}", style="List Bullet")


def _settled(content: bytes) -> bytes:
    """The same archive with fixed times, so that the same paper is the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as settled:
        for member in given.infolist():
            kept = zipfile.ZipInfo(re.sub(r"\\", "/", member.filename), _ZIP_TIME)
            kept.compress_type, kept.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            settled.writestr(kept, given.read(member))
    return out.getvalue()
