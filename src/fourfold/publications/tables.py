"""Tables for people who check: ODS, XLSX and CSV, one table a sheet, header first, no merged cells, a notes sheet before.

Layout follows the Government Analysis Function's guidance on spreadsheets. Text is always written as text: a cell that
begins with = + - @ or a control character cannot become a formula. The same tables as at the same instant give the same
bytes.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableCellProperties, TableColumnProperties, TextProperties
from odf.table import Table as OdfTable
from odf.table import TableCell, TableColumn, TableRow
from odf.text import P

from fourfold.analysis.findings import Finding, Table, Value
from fourfold.errors import RequestInvalid
from fourfold.records.lake import storage_faults

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\ufeff", "|", "%")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class Sheet:
    """One table with the name of its sheet and the sentence that says what it holds."""

    name: str
    title: str
    table: Table


@dataclass(frozen=True)
class Cover:
    """What stands before the tables: the title, and notes (name and text) about source, as-at and marking."""

    title: str
    notes: tuple[tuple[str, str], ...]
    as_at: datetime


def csv_text(table: Table) -> str:
    """A table as CSV. Text that a spreadsheet would take for a formula is given an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([_disarmed(name) for name in table.columns])
    for row in table.rows:
        writer.writerow([_disarmed(v) if isinstance(v, str) else "" if v is None else v for v in row])
    return out.getvalue()


def ods_bytes(cover: Cover, sheets: Sequence[Sheet]) -> bytes:
    """The cover and the tables as an ODS file."""
    # The library learns name spaces as it writes and names them ever after: let it learn them all before.
    OpenDocumentSpreadsheet().write(io.BytesIO())
    document = OpenDocumentSpreadsheet()
    head = Style(name="head", family="table-cell")
    head.addElement(TextProperties(fontweight="bold"))
    head.addElement(TableCellProperties(backgroundcolor="#e8edf2"))
    document.automaticstyles.addElement(head)
    for name, _, rows, header_at in _grids(cover, sheets):
        sheet = OdfTable(name=name)
        for at, width in enumerate(_widths(rows)):
            style = Style(name=f"width-{_plain_name(name)}-{at}", family="table-column")
            style.addElement(TableColumnProperties(columnwidth=f"{width * 0.2:.1f}cm"))
            document.automaticstyles.addElement(style)
            sheet.addElement(TableColumn(stylename=style))
        for number, row in enumerate(rows):
            line = TableRow()
            for value in row:
                line.addElement(_ods_cell(value, head if number == header_at else None))
            sheet.addElement(line)
        document.spreadsheet.addElement(sheet)
    out = io.BytesIO()
    document.write(out)
    return _settled(out.getvalue(), cover.as_at)


def xlsx_bytes(cover: Cover, sheets: Sequence[Sheet]) -> bytes:
    """The cover and the tables as an XLSX file."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": cover.title, "created": cover.as_at.replace(tzinfo=None, microsecond=0)})
    bold = book.add_format({"bold": True, "bg_color": "#E8EDF2"})
    for name, _, rows, header_at in _grids(cover, sheets):
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(header_at + 1, 0)
        for at, width in enumerate(_widths(rows)):
            sheet.set_column(at, at, width)
        for number, row in enumerate(rows):
            form = bold if number == header_at else None
            for at, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, at, _printable(value), form)
                elif value is not None:
                    sheet.write_number(number, at, value, form)
    book.close()
    return _settled(out.getvalue(), cover.as_at)


def written_table(finding: Finding, path: Path) -> None:
    """Write a Finding's table (or its one figure) as ODS, XLSX or CSV, by the file's ending.

    Raises RequestInvalid for another ending, and StorageFailed when the file cannot be written.
    """
    table = finding.table or Table(columns=("title", "window", "value", "n"), rows=(
        (finding.title, finding.windows[0].label, finding.value, finding.n),
    ))  # fmt: skip
    cover = Cover(
        f"{finding.title}, {finding.area}, {finding.windows[0].label}",
        (
            ("Finding", finding.id),
            ("As at", f"{finding.as_at:%Y-%m-%d %H:%M:%S} UTC"),
            ("Definition", f"{finding.definition.title} {finding.definition.version}: {finding.definition.text}"),
            *(("Source", source) for source in finding.sources),
            *(("Note", note) for note in finding.notes),
        ),
        finding.as_at,
    )
    sheets = [Sheet("Figures", finding.title, table)]
    writers = {".ods": lambda: ods_bytes(cover, sheets), ".xlsx": lambda: xlsx_bytes(cover, sheets),
               ".csv": lambda: csv_text(table).encode()}  # fmt: skip
    if path.suffix.lower() not in writers:
        raise RequestInvalid("A table is written as .ods, .xlsx or .csv.", remedy="Give the file one of these endings.")
    content = writers[path.suffix.lower()]()
    with storage_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        unnamed = path.with_name(f"{path.name}.unfinished")
        unnamed.write_bytes(content)
        unnamed.replace(path)


def _grids(cover: Cover, sheets: Sequence[Sheet]) -> list[tuple[str, str, list[tuple[Value, ...]], int]]:
    """Each sheet as name, title, rows and the number of its header row: the cover, then a sheet a table."""
    names = _sheet_names([s.name for s in sheets])
    contents: list[tuple[Value, ...]] = [(cover.title, ""), ("Note", "Text"), *cover.notes]
    contents += [(f"Sheet: {name}", sheet.title) for name, sheet in zip(names, sheets, strict=True)]
    grids: list[tuple[str, str, list[tuple[Value, ...]], int]] = [("Notes", cover.title, contents, 1)]
    # One sheet may be copied without the rest: each says itself that it is of what is invented.
    said = " ".join((cover.title, *(text for _, text in cover.notes)))
    mark = " (FICTITIOUS)" if "FICTITIOUS" in said else ""
    for name, sheet in zip(names, sheets, strict=True):
        rows: list[tuple[Value, ...]] = [(sheet.title + mark,), tuple(sheet.table.columns), *sheet.table.rows]
        grids.append((name, sheet.title, rows, 1))
    return grids


def _sheet_names(wanted: Sequence[str]) -> list[str]:
    """Names that a workbook takes: at most 31 characters, no marks that it forbids, none twice."""
    names: list[str] = []
    for given in wanted:
        plain = _SHEET_NAME.sub(" ", given)[:31].strip() or "Table"
        name, again = plain, 2
        while name.lower() in (n.lower() for n in [*names, "Notes"]):
            name, again = f"{plain[:28]} {again}", again + 1
        names.append(name)
    return names


def _plain_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", name)


def _widths(rows: Sequence[Sequence[Value]]) -> list[int]:
    columns = max(len(row) for row in rows)
    # The title row is left out: it may run on over its neighbours.
    longest = [max((len(str(row[at])) for row in rows[1:] if at < len(row)), default=8) for at in range(columns)]
    return [min(max(n + 2, 8), 60) for n in longest]


def _ods_cell(value: Value, style: Style | None) -> TableCell:
    given = {"stylename": style} if style is not None else {}
    if value is None:
        return TableCell(**given)
    if isinstance(value, str):
        cell = TableCell(valuetype="string", **given)
        cell.addElement(P(text=_printable(value)))
        return cell
    cell = TableCell(valuetype="float", value=repr(float(value) if isinstance(value, float) else int(value)), **given)
    cell.addElement(P(text=str(float(value) if isinstance(value, float) else value)))
    return cell


def _printable(text: str) -> str:
    """Text with the characters that XML forbids written as escapes, so that none vanishes."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _disarmed(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_START) else text


def _settled(content: bytes, as_at: datetime) -> bytes:
    """The same archive with fixed times in it, so that equal tables are equal bytes."""
    out = io.BytesIO()
    stamp = as_at.strftime("%Y-%m-%dT%H:%M:%S")
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as settled:
        for member in given.infolist():
            body = given.read(member)
            if member.filename == "meta.xml":
                body = re.sub(rb"(<(?:meta:creation-date|dc:date)>)[^<]*", rb"\g<1>" + stamp.encode(), body)
            kept = zipfile.ZipInfo(member.filename, _ZIP_TIME)
            kept.compress_type = zipfile.ZIP_STORED if member.filename == "mimetype" else zipfile.ZIP_DEFLATED
            kept.external_attr = 0o600 << 16
            settled.writestr(kept, body)
    return out.getvalue()
