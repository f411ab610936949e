"""Every line of a file is in exactly one place, and a faulty one costs itself and no other."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fourfold.errors import FileRefused, FileUnreadable, FourfoldError, LayoutUnknown, RequestInvalid
from fourfold.records import delimited as delimited_module
from fourfold.records.account import Reading
from fourfold.records.delimited import delimited
from fourfold.records.reading import readings


def read(content: bytes, encoding: str | None = None) -> Reading:
    reading = delimited("file.csv", content, encoding)
    assert reading.account.is_balanced
    return reading


def rows_of(reading: Reading) -> list[tuple[object, ...]]:
    return reading.rows.select(reading.header).rows()


@pytest.mark.parametrize(
    ("told", "line", "code"),
    [
        ("an unclosed quote", '2,"b,c,d', "unclosed quote"),
        ("a field too many", "2,b,c,d,e", "ragged"),
        ("a field too few", "2,b,c", "ragged"),
        ("the header again", "n,x,y,z", "repeated header"),
        ("a NUL", "2,b\x00,c,d", "nul"),
        ("text after a closing quote", '2,"b"c,d,e', "text after quote"),
    ],
)
def test_a_faulty_line_is_returned_and_costs_no_other(told: str, line: str, code: str) -> None:
    good = [f"{n},b,c,d" for n in range(1000)]
    content = "\n".join(["n,x,y,z", *good[:500], line, *good[500:]]) + "\n"
    reading = read(content.encode())
    assert reading.rows.height == 1000, told
    assert [(r.line, r.last_line, r.code, r.raw) for r in reading.rejects] == [(502, 502, code, line)]
    assert reading.rejects[0].cause
    assert reading.rejects[0].remedy
    assert rows_of(reading) == [(str(n), "b", "c", "d") for n in range(1000)]


def test_a_text_of_several_lines_is_one_record_and_no_fault() -> None:
    reading = read(b'id,method,x,y\n1,"smashed a window,\nclimbed in\nand left",a,b\n2,plain,a,b\n')
    assert rows_of(reading) == [("1", "smashed a window,\nclimbed in\nand left", "a", "b"), ("2", "plain", "a", "b")]
    assert reading.rows["line_number"].to_list() == [2, 5]
    assert (reading.account.accepted, reading.account.continuation, reading.account.rejected) == (2, 2, 0)


@pytest.mark.parametrize(
    "text",
    ["was told, by phone,\nto wait, then pay, and did, at once", "a,b,c,d\na,b,c,d", 'said ""yes, no, never"",\nand a, b, c, ""d""',
     "one,two\nthree,four\n\nfive,six,seven,eight"],
)  # fmt: skip
def test_a_last_line_with_as_many_separators_as_a_record_closes_the_text_and_is_no_row(text: str) -> None:
    reading = read(f'id,method,x,y\n1,"{text}",a,b\n2,"{text}",a,b\n'.encode())
    assert [row[1] for row in rows_of(reading)] == [text.replace('""', '"')] * 2
    assert reading.rejects == ()
    ends = read(f'id,x,y,method\n1,a,b,"{text}"\n2,a,b,"{text}"\n'.encode())
    assert [row[3] for row in rows_of(ends)] == [text.replace('""', '"')] * 2


def test_a_text_whose_middle_line_could_be_a_record_is_returned_whole_and_no_line_of_it_is_a_row() -> None:
    reading = read(b'id,method,x,y\n1,"first he rang\nthen, he, came, back\nand left",a,b\n2,plain,a,b\n')
    assert rows_of(reading) == [("2", "plain", "a", "b")]
    assert [(r.line, r.code) for r in reading.rejects] == [(n, "ambiguous quote") for n in (2, 3, 4)]


@pytest.mark.parametrize(
    ("content", "account"),
    [
        # total, header, accepted, continuation, rejected, blank
        (b"a,b\n1,2\n", (2, 1, 1, 0, 0, 0)),
        (b"a,b\n1,2", (2, 1, 1, 0, 0, 0)),
        (b"a,b\r\n1,2\r\n", (2, 1, 1, 0, 0, 0)),
        (b"a,b\r1,2\r", (2, 1, 1, 0, 0, 0)),
        (b"\xef\xbb\xbfa,b\n1,2\n", (2, 1, 1, 0, 0, 0)),
        (b"\n\na,b\n\n1,2\n\n\n", (7, 1, 1, 0, 0, 5)),
        (b"a,b\n", (1, 1, 0, 0, 0, 0)),
        (b"a\n1\n\n2\n", (4, 1, 2, 0, 0, 1)),
        (b"a;b\n1;2\n", (2, 1, 1, 0, 0, 0)),
        (b"a\tb\n1\t2\n", (2, 1, 1, 0, 0, 0)),
    ],
)
def test_where_the_lines_go(content: bytes, account: tuple[int, ...]) -> None:
    found = read(content).account
    assert (found.total, found.header, found.accepted, found.continuation, found.rejected, found.blank) == account


@pytest.mark.parametrize(
    ("content", "declared", "encoding", "text"),
    [
        ("n,x\n1,café\n".encode(), None, "utf-8", "café"),
        ("n,x\n1,café\n".encode("cp1252"), None, "cp1252", "café"),
        ("n,x\n1,café\n".encode("utf-16"), None, "utf-16", "café"),
        ("n,x\n1,café\n".encode("latin-1"), "latin-1", "latin-1", "café"),
        ("n,x\n1,café\n".encode("cp1252"), "utf-8", "cp1252", "café"),  # the declaration was wrong
    ],
)
def test_the_encoding_is_found_and_said(content: bytes, declared: str | None, encoding: str, text: str) -> None:
    reading = read(content, declared)
    assert reading.encoding == encoding
    assert reading.rows["x"].to_list() == [text]
    assert bool(reading.notes) == (declared == "utf-8")


def test_two_encodings_in_one_file_lose_nothing() -> None:
    reading = read("n,x\n1,café\n".encode() + "2,naïve\n".encode("cp1252") + b"3,\x81\n")
    assert reading.rows["x"].to_list() == ["café", "naïve"]
    assert [(r.line, r.code) for r in reading.rejects] == [(4, "undecodable")]
    assert reading.notes == ("1 lines are in Windows-1252 and 1 in UTF-8.",)


CELLS = st.text(st.sampled_from('ab1 ,"\n;é=\t'), max_size=6)
TABLES = st.integers(2, 5).flatmap(lambda w: st.lists(st.lists(CELLS, min_size=w, max_size=w), min_size=1, max_size=8))


@given(TABLES)
@example([["a", "b", "c", "d"], ["1", "x\ny", "3", "4"]])
def test_what_was_written_by_the_rules_is_read_back(table: list[list[str]]) -> None:
    """Fields quoted wherever they need it. A text line that is itself a whole record is held to be one: left out here."""
    width = len(table[0])
    if any(
        line.count(",") == width - 1 or not line.strip() for row in table for f in row for line in f.split("\n")[1:]
    ):
        return
    header = ",".join(f"c{n}" for n in range(width))
    lines = [
        ",".join('"' + f.replace('"', '""') + '"' if set(f) & set('",\n') or not f else f for f in row) for row in table
    ]
    if any("\n" in line and len(line.split("\n")) > delimited_module.MAX_RECORD_LINES for line in lines):
        return
    reading = read("\n".join([header, *lines]).encode())
    if not any(r.code for r in reading.rejects):
        assert rows_of(reading) == [tuple(f or None for f in row) for row in table]
    assert reading.account.total == 1 + sum(line.count("\n") + 1 for line in lines)


@given(st.lists(st.text(st.sampled_from('a1,"'), max_size=9), max_size=12))
def test_the_fast_path_gives_what_the_accounting_path_gives(lines: list[str]) -> None:
    content = "\n".join(["a,b,c", *lines]).encode()
    quick = read(content)
    slow_path = delimited_module._reconciled
    delimited_module._reconciled = lambda *_: None  # type: ignore[assignment]
    try:
        slow = read(content)
    finally:
        delimited_module._reconciled = slow_path
    assert quick.account == slow.account
    assert quick.rejects == slow.rejects
    assert quick.rows.equals(slow.rows)


def test_an_orderly_file_takes_the_fast_path() -> None:
    content = b"a,b,c\n" + b'1,"two, or more",3\n' * 50
    text = delimited_module._decoded(content, None)
    body, _ = delimited_module._without_trailing_blanks(text.content)
    assert delimited_module._reconciled(body, 0, b"a,b,c", ("a", "b", "c"), ",") is not None


@pytest.mark.parametrize("line", ['"' * 1_000_000, '"a' * 300_000, "a," * 500_000, '"' + "x" * 900_000])
def test_hostile_lines_are_returned(line: str) -> None:
    reading = read(f"a,b,c,d\n{line}\n1,2,3,4\n".encode())
    assert reading.rows.height == 1
    assert reading.account.rejected == 1


def test_names_of_the_header_are_made_unique_and_said() -> None:
    reading = read(b"a,a,,line_number\n1,2,3,4\n")
    assert reading.header == ("a", "a (2)", "column 3", "line_number (2)")
    assert len(reading.notes) == 3


def test_json_keeps_numbers_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "codes.json"
    path.write_text('{"rows": [{"code": 4.10, "n": 1}, {"code": "4.1"}, 7, {"code": {"a": "x"}, "n": true}]}')
    (reading,) = readings(path)
    assert reading.rows["code"].to_list() == ["4.10", "4.1", '{"a": "x"}']
    assert reading.rows["n"].to_list() == ["1", None, "true"]
    assert [(r.line, r.code) for r in reading.rejects] == [(3, "not an object")]


def workbook(path: Path, rows: list[list[object]], more: list[list[object]] | None = None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if more:
        sheet = book.create_sheet("Second")
        for row in more:
            sheet.append(row)
    book.save(path)
    return path


def test_a_sheet_is_read_row_by_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["code", "n"], ["4.10", 3], [None, None], ["code", "n"], ["x", 2, "beyond"]])
    (reading,) = readings(path)
    assert rows_of(reading) == [("4.10", "3")]
    assert reading.account.is_balanced
    assert reading.account.unit == "row"
    assert [(r.line, r.code) for r in reading.rejects] == [(4, "repeated header"), (5, "ragged")]


def test_a_workbook_of_two_sheets_asks_which(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["a"], [1]], [["b"], [2]])
    with pytest.raises(RequestInvalid) as caught:
        list(readings(path))
    assert "Second" in caught.value.remedy
    (reading,) = readings(path, sheet="Second")
    assert reading.header == ("b",)


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_an_archive_gives_a_reading_for_each_member(tmp_path: Path) -> None:
    members = {"2022-05/a.csv": b"a,b\n1,2\n", "__MACOSX/._a.csv": b"junk", "b.csv.gz": gzip.compress(b"c,d\n3,4\n")}
    found = list(readings(zipped(tmp_path / "a.zip", members)))
    assert [r.name for r in found] == ["2022-05/a.csv", "b.csv.gz"]
    assert [r.rows.height for r in found] == [1, 1]


def nested_archive(path: Path) -> None:
    zipped(path, {"inner.zip": zipped(path.with_name("x.zip"), {"a.csv": b"a,b\n1,2\n"}).read_bytes()})


def climbing_name(path: Path) -> None:
    zipped(path, {"../a.csv": b"a,b\n1,2\n"})


def many_members(path: Path) -> None:
    zipped(path, {f"{n}.csv": b"a,b\n1,2\n" for n in range(1001)})


def gzip_bomb(path: Path) -> None:
    path.write_bytes(gzip.compress(b"0" * (64 << 20)))


def lying_sizes(path: Path) -> None:
    zipped(path, {"a.csv": b"0" * (300 << 20)})
    content = path.read_bytes()
    path.write_bytes(content.replace((300 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")))


def sheet_bomb(path: Path) -> None:
    parts = {"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": b"<c>" + b"0" * (300 << 20) + b"</c>"}
    zipped(path, parts)


def entities(path: Path) -> None:
    zipped(path, {"[Content_Types].xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Types/>'})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (nested_archive, "a.zip"), (climbing_name, "a.zip"), (many_members, "a.zip"), (gzip_bomb, "a.csv.gz"),
        (lying_sizes, "a.zip"), (sheet_bomb, "a.xlsx"), (entities, "a.xlsx"),
    ],
)  # fmt: skip
def test_archives_made_to_harm_are_refused_in_little_memory(tmp_path: Path, make: object, name: str) -> None:
    path = tmp_path / name
    make(path)  # type: ignore[operator]
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from fourfold.errors import FileRefused, FileUnreadable\n"
        "from fourfold.records.reading import readings\n"
        "try:\n"
        "    list(readings(Path(sys.argv[1])))\n"
        "except (FileRefused, FileUnreadable) as fault:\n"
        "    status = Path('/proc/self/status').read_text()\n"
        "    print(type(fault).__name__, status.split('VmHWM:')[1].split()[0])\n"
    )
    said = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True).stdout
    kind, peak = said.split()
    assert kind == "FileRefused" or make is lying_sizes
    assert int(peak) < 256 * 1024  # KiB


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"", "a.csv", FileUnreadable),
        (b" \n\n", "a.csv", FileUnreadable),
        (b"a,b\n1,2\n", "a.csv.part", FileUnreadable),
        (b'"a,b\n1,2\n', "a.csv", LayoutUnknown),
        (b"\x1f\x8b\x08\x00broken", "a.csv.gz", FileUnreadable),
        (gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-9], "a.csv.gz", FileUnreadable),
        (b"PK\x03\x04broken", "a.zip", FileUnreadable),
        (b"PAR1....", "a.parquet", FileRefused),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "a.xls", FileRefused),
        (b'[{"a": 1}, {"a"', "a.json", FileUnreadable),
        (b"[" * 100_000, "a.json", FourfoldError),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes, name: str, kind: type[FourfoldError]) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(kind) as caught:
        list(readings(path))
    assert caught.value.remedy


def test_a_header_that_seems_to_be_a_victim_is_not_repeated_in_a_message() -> None:
    reading = read(b"Zyxwvut Canary,1950-01-01,0121 496 0000\nb,c,d\n")
    assert "Canary" not in reading.header_in_words
    assert "3 columns" in reading.header_in_words
    assert read(b"Name,Born\nx,y\n").header_in_words == "the columns are Name, Born"


def test_rows_are_text_whatever_they_look_like() -> None:
    assert set(read(b"a,b\n1,2022-05-01\n").rows.select("a", "b").dtypes) == {pl.String}
    assert json.dumps(read(b"a,b\n4.10,007\n").rows.row(0)) == '["4.10", "007", 2]'
