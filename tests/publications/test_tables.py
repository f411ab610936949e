"""Tables that people check: no text becomes a formula, nothing vanishes, equal tables are equal bytes."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from fourfold.analysis.findings import Table
from fourfold.publications.tables import Cover, Sheet, csv_text, ods_bytes, xlsx_bytes

COVER = Cover("Figures", (("Source", "=HYPERLINK(1)"),), datetime(2022, 11, 1, 9, tzinfo=UTC))
STARTS = ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "\ufeff=", "|", "%", "\n="]
PAYLOADS = [
    f"{start}{rest}" for start in STARTS for rest in ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x.example")')
]


def sheet_of(values: list[object]) -> list[Sheet]:
    table = Table(columns=("name", "n"), rows=tuple((v, -5) for v in values))  # type: ignore[misc]
    return [Sheet("Table/with:marks", "A title", table)]


def test_no_payload_becomes_a_formula_and_negative_numbers_stay_numbers() -> None:
    xlsx = xlsx_bytes(COVER, sheet_of(list(PAYLOADS)))
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert {c.data_type for c in cells} <= {"s", "n", "inlineStr"}
    assert [c.value for c in book.worksheets[1]["B"][2:]] == [-5] * len(PAYLOADS)

    ods = ods_bytes(COVER, sheet_of(list(PAYLOADS)))
    content = zipfile.ZipFile(io.BytesIO(ods)).read("content.xml").decode()
    assert "formula" not in content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(ods)).get_sheet_by_index(1).to_python()
    assert [row[1] for row in rows[2:]] == [-5.0] * len(PAYLOADS)

    written = list(csv.reader(io.StringIO(csv_text(sheet_of(list(PAYLOADS))[0].table), newline="")))
    assert all(row[0].startswith("'") for row in written[1:])
    assert all(row[1] == "-5" for row in written[1:])


@settings(max_examples=60)
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=6))
def test_any_text_is_written_and_none_vanishes(values: list[str]) -> None:
    ods = ods_bytes(COVER, sheet_of(list(values)))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(ods)).get_sheet_by_index(1).to_python()
    assert len(rows) == 2 + len(values)
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(COVER, sheet_of(list(values)))))
    found = [c.value for c in book.worksheets[1]["A"][2:]]
    for value, cell in zip(values, found, strict=True):
        if value.isprintable() and not value.isspace() and "_x" not in value:
            assert cell == value


@pytest.mark.parametrize("write", [ods_bytes, xlsx_bytes])
def test_equal_tables_are_equal_bytes(write: object) -> None:
    first = write(COVER, sheet_of(["a", None, 3]))  # type: ignore[operator]
    assert first == write(COVER, sheet_of(["a", None, 3]))  # type: ignore[operator]
    assert first != write(COVER, sheet_of(["a", None, 4]))  # type: ignore[operator]


def test_the_ods_is_a_real_one_with_its_notes_first() -> None:
    ods = ods_bytes(COVER, sheet_of(["a"]))
    archive = zipfile.ZipFile(io.BytesIO(ods))
    assert archive.infolist()[0].filename == "mimetype"
    assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
    book = CalamineWorkbook.from_filelike(io.BytesIO(ods))
    assert book.sheet_names == ["Notes", "Table with marks"]
    notes = book.get_sheet_by_index(0).to_python()
    assert notes[0][0] == "Figures"
    assert ["Source", "=HYPERLINK(1)"] in notes
