"""A file as received, rewritten: a record goes with its own lines and no other, and nobody else's line loses a value."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from fourfold.errors import FourfoldError
from fourfold.records.delimited import delimited
from fourfold.records.erasure import erase
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from fourfold.records.originals import original_of
from fourfold.records.redaction import Edits, Lines, OneField, rewritten
from fourfold.records.remains import remains
from fourfold.records.subjects import subject_of
from tests.records.test_erasure import accounts_hold

Written = tuple[Path, str, Callable[[Path], list[list[str]]]]

AT = datetime(2022, 11, 7, 9, tzinfo=UTC)


def clock() -> datetime:
    return AT


def received(home: Path, folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    import_files(home, [path], clock=clock)


def original(home: Path, begins: str) -> str:
    (batch,) = [b for b in Lake(home).batches() if b.file_name.startswith(begins)]
    return original_of(batch).read_bytes().decode()


HERS = "force,crime_ref,person_ref,role,forename,surname\nKent,C1,PX777,victim,Ottoline,Quillfeather\n"
CONTACTS = "force,contact_ref,crime_ref,person_ref,contacted_at,note"
DAY = "2022-06-20T12:00:00"
LINES = [
    # what is hers (as it stands in the list of contacts), and what follows it
    ("inches in bare text", f'Kent,K1,C1,PX777,{DAY},a 6" cut', [f'Kent,K3,C1,P2,{DAY},a 4" scar']),
    ("inches in a quoted text", f'Kent,K1,C1,PX777,{DAY},"a 6"" cut"', [f'Kent,K3,C1,P2,{DAY},a 4" scar']),
    ("a text of three lines", f'Kent,K1,C1,PX777,{DAY},"a\n6"" cut,\nrang"', [f'Kent,K3,C1,P2,{DAY},"ra\nng"']),
    ("a quote within a bare text of hers", f'Kent,K1,C1,PX777,{DAY},said "rang', [f'Kent,K3,C1,P2,{DAY},"ra\nng"']),
    ("a quote that nobody closes, after hers", f'Kent,K1,C1,PX777,{DAY},"rang\noff"', [f'Kent,K3,C1,P2,{DAY},"ra']),
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("hers", "after"), [case[1:] for case in LINES], ids=[case[0] for case in LINES])
def test_a_record_goes_with_its_own_lines_and_with_nobody_elses(
    home: Path, tmp_path: Path, hers: str, after: list[str], end: str
) -> None:
    received(home, tmp_path, "people_2022-06.csv", HERS)
    others = [f"Kent,K2,C1,P2,{DAY},somebody else here", *after, f"Kent,K4,C1,P4,{DAY},more"]
    given = "\n".join([CONTACTS, hers, *others, ""])
    received(home, tmp_path, "victim_contacts_2022-06.csv", given.replace("\n", end))
    erase(home, subject_of(home, "PX777"), clock=clock)
    left = ["[erased]", *[""] * hers.count("\n")]
    assert original(home, "victim_contacts") == "\n".join([CONTACTS, *left, *others, ""]).replace("\n", end)
    accounts_hold(home)


SAID = [
    # what is held, how somebody wrote it, whether it is that
    ("phone", "01214960123", "0121 496 0123", True),
    ("phone", "01214960123", "(0121) 496-0123", True),
    ("phone", "0121 496 0123", "+44 (0)121 496 0123", True),
    ("phone", "07700 900999", "07700-900-999", True),
    ("phone", "07700 900999", "077 00 90 09 99", True),
    ("phone", "+447700900999", "07700 900999", True),
    ("phone", "0044 7700 900999", "447700900999", True),
    ("phone", "07700 900999", "07700 9009991", False),
    ("phone", "07700 900999", "107700 900999", False),
    ("phone", "07700 900999", "07700 900998", False),
    ("address", "17 Zephyrine Row", "17 Zephyrine  Row", True),
    ("address", "17 Zephyrine Row", "17 zephyrine\nrow", True),
    ("address", "17  Zephyrine Row", "17 Zephyrine Row", True),
    ("address", "17 Zephyrine Row", "117 Zephyrine Row", False),
    ("address", "17 Zephyrine Row", "17 Zephyrine Rowe", False),
]


@pytest.mark.parametrize(("column", "detail", "written", "is_that"), SAID)
def test_a_detail_goes_however_its_spaces_and_figures_are_written_and_the_search_finds_it_so(
    home: Path, tmp_path: Path, column: str, detail: str, written: str, is_that: bool
) -> None:
    received(
        home,
        tmp_path,
        "people_2022-06.csv",
        f"force,crime_ref,person_ref,role,{column}\nKent,C1,PX777,victim,{detail}\n",
    )
    note = f'"It is said to be {written}, there."'
    received(home, tmp_path, "victim_contacts_2022-06.csv", f"{CONTACTS}\nKent,K2,C2,P2,{DAY},{note}\n")
    kept = next(b.folder for b in Lake(home).batches() if b.file_name.startswith("victim"))
    assert bool(remains(kept, [detail])[0]) == is_that
    erase(home, subject_of(home, "PX777"), clock=clock)
    (said,) = pl.read_parquet(kept / "victim_contacts_personal.parquet")["note"].to_list()
    assert said == ("It is said to be [erased], there." if is_that else note.strip('"'))
    assert (written in original(home, "victim_contacts")) == (not is_that)
    assert remains(kept, [detail])[0] == ()


FULL = "force,crime_ref,person_ref,role,forename,surname,born_on,address\n"
SHE = "Kent,C1,{},victim,Ottoline,Quillfeather,1950-01-12,12 Row\n"
OTHERS = "Kent,C2,P2,suspect,Ann,Other,1980-12-02,9 Lane\nKent,C1,P3,witness,John,Quillfeather,1949-05-05,12 Row\n"
RETURNED = [
    # a line of one field too few, and whether it is hers
    ("her crime, her name and day of birth", "Kent,C1,,victim,Ottoline,Quillfeather,1950-01-12", True),
    ("her reference alone", "Kent,,PX1,victim,,,", True),
    ("her reference, a number, beside her name", "Kent,,7,victim,Ottoline,,", True),
    ("a number that is her reference, and nothing else of hers", "Kent,C9,7,victim,Ann,Other,1980-12-02", False),
    ("her name and day of birth, as it is written in Britain", "Kent,,,victim,Ottoline,Quillfeather,12/01/1950", True),
    ("her crime and her forename and address", "Kent,C1,,,Ottoline,,12 Row", True),
    ("her spouse in her crime: surname and address", "Kent,C1,,suspect,John,Quillfeather,12 Row", False),
    ("somebody else born on the day", "Kent,C9,,victim,Bea,Stander,1950-01-12", False),
    ("somebody else in her crime", "Kent,C1,P2,suspect,Ann,Other,1980-12-02", False),
]


@pytest.mark.parametrize(("line", "is_hers"), [case[1:] for case in RETURNED], ids=[case[0] for case in RETURNED])
def test_a_line_returned_goes_if_it_is_hers(home: Path, tmp_path: Path, line: str, is_hers: bool) -> None:
    key = "7" if ",7," in line else "PX1"
    received(home, tmp_path, "people_2022-06.csv", FULL + SHE.format(key) + OTHERS + line + "\n")
    assert Lake(home).batches()[0].account["rejected"] == 1
    erase(home, subject_of(home, key), clock=clock)
    assert original(home, "people").splitlines()[-1] == ("[erased]" if is_hers else line)
    accounts_hold(home)


TWO = """force,crime_ref,person_ref,role,forename,surname,born_on,address,age_at_report,for_person_ref
Kent,C1,12,victim,Jane,Smith,1950-01-12,12 Row,60,
Kent,C1,13,suspect,John,Smith,1980-12-02,12 Row,husband of Jane Smith (12),12
"""
LEFT = "Kent,C1,13,suspect,John,Smith,1980-12-02,12 Row,husband of [erased] (12),[erased]"


def test_a_persons_reference_and_surname_go_from_no_other_field_of_somebody_elses_line(
    home: Path, tmp_path: Path
) -> None:
    received(home, tmp_path, "people_2022-06.csv", TWO)
    erase(home, subject_of(home, "12"), clock=clock)
    assert original(home, "people").splitlines() == [TWO.splitlines()[0], "[erased]", LEFT]
    accounts_hold(home)
    received(home, tmp_path, "people_2022-07.csv", TWO + "Kent,C2,14,victim,Zed,Zulu,1970-01-01,1 Road,,\n")
    assert original(home, "people_2022-07").splitlines()[1:3] == ["[erased]", LEFT]


def as_csv(folder: Path, rows: list[list[str]], mark: str = ",", encoding: str = "utf-8") -> Written:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=mark, lineterminator="\n").writerows(rows)
    path = folder / "it.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    return path, "line", lambda p: list(csv.reader(io.StringIO(p.read_bytes().decode(encoding)), delimiter=mark))


def as_semicolons(folder: Path, rows: list[list[str]]) -> Written:
    return as_csv(folder, rows, ";")


def as_western(folder: Path, rows: list[list[str]]) -> Written:
    return as_csv(folder, rows, encoding="cp1252")


def as_json(folder: Path, rows: list[list[str]]) -> Written:
    path = folder / "it.json"
    path.write_text(json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]))
    return path, "element", lambda p: [list(one.values()) for one in json.loads(p.read_text())]


def as_xlsx(folder: Path, rows: list[list[str]]) -> Written:
    path = folder / "it.xlsx"
    with Workbook(str(path)) as book:
        sheet = book.add_worksheet("Extract")
        for at, row in enumerate(rows):
            for column, said in enumerate(row):
                sheet.write_string(at, column, said)
    return path, "row", sheet_of


def as_ods(folder: Path, rows: list[list[str]]) -> Written:
    book, sheet, path = OpenDocumentSpreadsheet(), Table(name="Extract"), folder / "it.ods"
    for row in rows:
        line = TableRow()
        for value in row:
            cell = TableCell(valuetype="string")
            for said in value.split("\n"):
                cell.addElement(P(text=said))
            line.addElement(cell)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    book.save(str(path))
    return path, "row", sheet_of


def sheet_of(path: Path) -> list[list[str]]:
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [[str(cell) for cell in row] for row in rows]


WAYS = {
    "CSV": as_csv, "CSV with semicolons": as_semicolons, "Windows-1252": as_western, "JSON": as_json, "XLSX": as_xlsx, "ODS": as_ods,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_in_each_form_of_file_only_the_named_field_loses_a_word(tmp_path: Path, way: str) -> None:
    cells = ["Smith", 'Mr "Zoë" Smith,\nof 12 Row', "12", "12", "said Smith"]
    path, unit, read = WAYS[way](tmp_path, [["surname", "note", "age", "for_person_ref", "other"], cells])
    lost = (
        OneField(frozenset({"note"}), words=frozenset({"Smith", "Zoë"})),
        OneField(frozenset({"for_person_ref"}), frozenset({"12"})),
        OneField(frozenset({"unknown"}), words=frozenset({"said"})),
    )
    edits = {"Extract" if unit == "row" else "": Edits(fields={1 if unit == "element" else 2: lost})}
    path.write_bytes(rewritten(path, edits, unit, "cp1252").content)
    left = ["Smith", 'Mr "[erased]" [erased],\nof 12 Row', "12", "[erased]", "[erased] Smith"]
    assert read(path)[-1] == left


def test_a_word_that_runs_over_two_lines_leaves_as_many(tmp_path: Path) -> None:
    path = tmp_path / "it.csv"
    path.write_bytes(b'ref,note\r\n1,"of 17 Zephyrine\r\nRow, here"\r\n2,other\r\n')
    lost = OneField(frozenset({"note"}), words=frozenset({"17 Zephyrine Row"}))
    left = rewritten(path, {"": Edits(fields={2: (lost,)})}, "line", "utf-8").content
    assert left == b'ref,note\r\n1,"of [erased]\r\n, here"\r\n2,other\r\n'


@given(st.text(alphabet='ab,;"\n \r', max_size=120), st.sampled_from(["a,b,c,d", "a;b;c;d", "a,b", "\n\na,b,c"]))
@example('1,2,3,"4\n5"\n1,2,3,4" 5\n1,2,3,"4 5\n', "a,b,c,d")
@example('"1\n\n2",b,c,d\n"1\n2",b', "a,b,c,d")
def test_a_record_takes_as_many_lines_as_the_reader_took_it_to_have(body: str, header: str) -> None:
    content = f"{header}\n{body}".encode()
    try:
        reading = delimited("it", content)
    except FourfoldError:
        return
    held = Lines(content, reading.encoding)
    starts = reading.rows["line_number"].to_list()
    taken = [held.of_record(number) for number in starts]
    assert sum(taken) == reading.account.accepted + reading.account.continuation
    assert all(here + n <= after for here, n, after in zip(starts, taken, starts[1:], strict=False))
