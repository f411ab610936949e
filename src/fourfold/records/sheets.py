"""Workbooks (XLSX, ODS) as rows of text, behind a guard: what a workbook unpacks to is counted before it is parsed.

Cells come as text. A number loses what its format hid (a code 4.10 typed as a number is 4.1 in the file itself), so a
column of codes should be text in the sheet; the reading notes that this was a workbook.
"""

from __future__ import annotations

import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.errors import FileRefused, FileUnreadable, LayoutUnknown, RequestInvalid
from fourfold.records.account import LineAccount, Reading, Reject

MAX_XML_BYTES = 256 << 20
MAX_MEMBERS = 5_000
_RATIO_FROM_BYTES = 16 << 20
MAX_RATIO = 150
_PIECE = 1 << 20


def is_workbook(path: Path) -> bool:
    """Whether a zip file is a workbook: it has the parts that XLSX or ODS must have."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError):
        return False
    return "[Content_Types].xml" in names or {"content.xml", "mimetype"} <= names


def is_protected(path: Path) -> bool:
    """Whether an OLE file is a workbook encrypted by a password rather than an old .xls."""
    with path.open("rb") as file:
        return "EncryptedPackage".encode("utf-16-le") in file.read(1 << 22)


def sheet_reading(path: Path, wanted: str | None) -> Reading:
    """The rows of a workbook's sheet: the one wanted, or the only one that is not empty.

    Raises FileRefused when it unpacks out of proportion or is protected, RequestInvalid when it has several sheets
    and none is named, FileUnreadable when it is damaged, LayoutUnknown when it has no header row.
    """
    _guarded(path)
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        name = _sheet_name(book, wanted, path)
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError) as fault:
        raise FileUnreadable(
            "The workbook is damaged and cannot be read.", remedy="Open and save it again, or export CSV.", file=path
        ) from fault
    return _reading(path, name, cells)


def _guarded(path: Path) -> None:
    """Refuse a workbook that is a bomb, is encrypted, or declares entities, without parsing it."""
    packed = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        total = 0
        if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_XML_BYTES:
            raise _too_large(path)
        for member in members:
            if member.flag_bits & 0x1:
                raise _protected(path)
            try:
                with archive.open(member) as file:
                    is_first = True
                    while piece := file.read(_PIECE):
                        total += len(piece)
                        if total > MAX_XML_BYTES or (total > _RATIO_FROM_BYTES and total > MAX_RATIO * packed):
                            raise _too_large(path)
                        if is_first and member.filename.endswith(".xml"):
                            _declares_nothing(piece, path)
                        if member.filename == "META-INF/manifest.xml" and b"encryption-data" in piece:
                            raise _protected(path)
                        is_first = False
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
                raise FileUnreadable(
                    "The workbook is damaged.", remedy="Open and save it again, or export CSV.", file=path
                ) from None


def _declares_nothing(start: bytes, path: Path) -> None:
    if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
        raise FileRefused(
            "The workbook's XML declares entities, which no spreadsheet writes.",
            remedy="Export the sheet as CSV.",
            file=path,
        )


def _too_large(path: Path) -> FileRefused:
    return FileRefused(
        "Unpacked, the workbook grows out of all proportion: it may be made to fill the machine.",
        remedy="Export the sheet as CSV, and import that.",
        file=path,
    )


def _protected(path: Path) -> FileRefused:
    return FileRefused(
        "The workbook is protected by a password.",
        remedy="Save it without a password in a place that is protected, and import that.",
        file=path,
    )


def _sheet_name(book: Any, wanted: str | None, path: Path) -> str:
    names: list[str] = list(book.sheet_names)
    if wanted is not None:
        if wanted not in names:
            raise RequestInvalid(
                "The workbook has no sheet of that name.", remedy=f"Its sheets are: {', '.join(names)}.", file=path
            )
        return wanted
    filled = [
        name for name in names if any(any(c != "" for c in row) for row in book.get_sheet_by_name(name).to_python())
    ]
    if not filled:
        raise FileUnreadable("The workbook is empty.", remedy="See that it was saved.", file=path)
    if len(filled) > 1:
        raise RequestInvalid(
            "The workbook has several sheets.", remedy=f"Name one with --sheet: {', '.join(filled)}.", file=path
        )
    return filled[0]


def _reading(path: Path, sheet: str, cells: list[list[Any]]) -> Reading:
    rows = [[_text(cell) for cell in row] for row in cells]
    lead = next((at for at, row in enumerate(rows) if any(row)), None)
    if lead is None:
        raise FileUnreadable("The sheet is empty.", remedy="See that it was saved.", file=path)
    width = max(at for at, cell in enumerate(rows[lead], start=1) if cell)
    names = _unique(rows[lead][:width])
    if len(names) < 1:
        raise LayoutUnknown("The sheet has no header row.", remedy="Put the column names in its first row.", file=path)
    kept: list[list[str | None]] = []
    numbers: list[int] = []
    rejects: list[Reject] = []
    blank = lead
    for number, row in enumerate(rows[lead + 1 :], start=lead + 2):
        if not any(row):
            blank += 1
        elif any(row[width:]) or row[:width] == rows[lead][:width]:
            rejects.append(_reject(number, row, is_header=not any(row[width:])))
        else:
            kept.append([cell or None for cell in row[:width]])
            numbers.append(number)
    table = pl.DataFrame(
        {**{name: [row[at] for row in kept] for at, name in enumerate(names)}, "line_number": numbers},
        schema={**dict.fromkeys(names, pl.String), "line_number": pl.Int64},
    )
    account = LineAccount(unit="row", total=len(rows), header=1, accepted=len(kept), rejected=len(rejects), blank=blank)
    note = f"Read from the sheet “{sheet}”; numbers there have lost what their format showed, as a code's last zero."
    return Reading(
        name=path.name, encoding="workbook", header=tuple(names), rows=table, account=account,
        rejects=tuple(rejects), notes=(note,),
    )  # fmt: skip


def _unique(given: list[str]) -> list[str]:
    names: list[str] = []
    for at, cell in enumerate(given, start=1):
        wanted = cell.strip() or f"column {at}"
        unique, again = wanted, 2
        while unique in names or unique == "line_number":
            unique, again = f"{wanted} ({again})", again + 1
        names.append(unique)
    return names


def _reject(number: int, row: list[str], is_header: bool) -> Reject:
    return Reject(
        line=number, last_line=number, column=None, raw="\t".join(row),
        code="repeated header" if is_header else "ragged",
        cause="The header stands again inside the sheet." if is_header else "The row has cells beyond the header's.",
        remedy="Nothing to do: the row holds no record." if is_header else "Name every column in the header row.",
    )  # fmt: skip


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, (date, datetime, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)
