"""A detail put right: by a correction that stands, the value before kept or taken out as the ground says."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from fourfold.codes.retention import grounds
from fourfold.errors import AccessRefused, Busy, CodeUnknown, NothingHeld, RequestInvalid
from fourfold.records import rectification
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.erasure import erase
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from fourfold.records.originals import original_of
from fourfold.records.rectification import overtaken, rectifications, rectify
from fourfold.records.redaction import Edits, rewritten
from fourfold.records.remains import remains
from fourfold.records.retention import reconciled
from fourfold.records.subjects import subject_of
from fourfold.records.whereabouts import one_field
from tests.records.test_erasure import CANARIES, FRAUDS, TABLES, WRITTEN, accounts_hold, held, reread, text

pytestmark = pytest.mark.slow

RIGHTS = Asking(officer="IM1", role="information_manager", purpose="rights requests", reason="letter 42")


def now() -> datetime:
    return datetime.now(UTC)


def put_right(home: Path, key: str = "NFRC777", **given: str) -> object:
    said = {"table": "fraud_victims", "column": "surname", "value": "Quillfether", "why": "misrecorded",
            "authority": "the person, by passport"} | given  # fmt: skip
    return rectify(home, Folder(home).gate, RIGHTS, key, clock=now, **said)  # type: ignore[arg-type]


GROUNDS = [
    # ground, is the value before still held?
    ("misrecorded", True),
    ("out_of_date", True),
    ("of_another", False),
]


@pytest.mark.parametrize(("why", "is_kept"), GROUNDS)
def test_the_right_value_stands_and_the_one_before_is_kept_or_not(
    home: Path, tmp_path: Path, why: str, is_kept: bool
) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")
    before = now()
    done = put_right(home, column="phone", value="01632 960001", why=why)
    assert (done.rows, done.erased_before) == (1, 0 if is_kept else 1)  # type: ignore[attr-defined]
    rows = records_as_at(home, now()).table("fraud_victims_personal").collect()
    assert sorted(rows["phone"]) == ["01632 960001", "07700 900222"]
    (hers,) = rows.filter(rows["phone"] == "01632 960001").rows(named=True)
    assert (hers["forename"], hers["surname"]) == ("Ottoline", "Quillfeather")
    assert "She said" in hers["narrative"]
    was = records_as_at(home, before).table("fraud_victims_personal").collect()["phone"].to_list()
    assert was == (["07700 900999", "07700 900222"] if is_kept else [None, "07700 900222"])
    places = [p for p in remains(home, ["07700 900999"])[0] if "fraud" in p or "original" in p]
    assert any("fraud_victims" in p for p in places) == is_kept
    accounts_hold(home)
    (one,) = rectifications(home)
    assert (one["ground"], one["by"], one["authority"]) == (why, "IM1", "the person, by passport")
    assert "01632 960001" not in str(one)
    assert not (home / "retention" / "rectifying").exists()


@pytest.mark.parametrize("why", [one for one, _ in GROUNDS])
def test_texts_of_other_columns_that_cannot_be_read_stay_and_are_counted_as_before(
    home: Path, tmp_path: Path, why: str
) -> None:
    path = tmp_path / "people_2022-06.csv"
    path.write_text(
        "force,crime_ref,person_ref,role,forename,surname,born_on,age_at_report\n"
        "Kent,C1,P1,victim,Ottoline,Quillfeather,about 1950,in her seventies\n"
    )
    import_files(home, [path], clock=now)
    Folder(home).admit("IM1", "information_manager")

    def said() -> tuple[object, ...]:
        records = records_as_at(home, now())
        (row,) = records.table("people_personal").collect().rows(named=True)
        (plain,) = records.table("people").collect().rows(named=True)
        return row["raw_born_on"], plain.get("raw_age_at_report", row.get("raw_age_at_report")), plain["faults"]

    before = said()
    assert before[:2] == ("about 1950", "in her seventies")
    put_right(home, "P1", table="people", why=why)
    assert said() == before
    assert records_as_at(home, now()).table("people_personal").collect()["surname"].to_list() == ["Quillfether"]


def test_the_grounds_are_those_of_the_table() -> None:
    assert [(one.ground, one.is_old_value_kept) for one in grounds()] == GROUNDS


def test_a_rectification_is_on_the_log_and_needs_an_officer_an_authority_and_a_column(
    home: Path, tmp_path: Path
) -> None:
    held(home, tmp_path)
    with pytest.raises(AccessRefused):
        put_right(home)
    Folder(home).admit("IM1", "information_manager")
    for given, fault in (
        ({"authority": " "}, RequestInvalid), ({"column": "report_ref"}, CodeUnknown), ({"column": "no such"}, CodeUnknown),
        ({"why": "a whim"}, CodeUnknown), ({"table": "crimes"}, CodeUnknown), ({"key": "nobody"}, NothingHeld),
        ({"column": "born_on", "value": "yesterday"}, RequestInvalid),
    ):  # fmt: skip
        with pytest.raises(fault):
            put_right(home, **given)
    kinds = [(e["kind"], e["phase"]) for e in Folder(home).entries()]
    assert kinds.count(("alteration", "begun")) == kinds.count(("alteration", "closed")) == 1


def test_a_later_extract_that_brings_the_row_again_is_said(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")
    put_right(home)
    assert overtaken(records_as_at(home, now())) == []
    (tmp_path / "next").mkdir()
    path = tmp_path / "next" / "fraud_victims_action_fraud_2022-11.csv"
    path.write_text(text([FRAUDS[0], FRAUDS[1]]))
    import_files(home, [path], clock=now)
    (one,) = overtaken(records_as_at(home, now()))
    assert one["column"] == "surname"


class Killed(BaseException):
    pass


STEPS = [
    # what the process died at, and whether the rectification is done at the next start
    ("settled_files", False),
    ("import_files", True),
    ("_still_held", True),
    ("_written_down", True),
]


@pytest.mark.parametrize(("step", "is_done"), STEPS)
def test_a_rectification_that_a_crash_cut_short_is_done_whole_or_not_at_all(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, is_done: bool
) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")

    def died(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as during:
        during.setattr(rectification, step, died)
        with pytest.raises(Killed):
            put_right(home, column="phone", value="01632 960001", why="of_another")
    assert rectifications(home) == []
    outcome = "done" if is_done else "not done"
    assert reconciled(home, Folder(home), now()) == [(1, outcome)]
    assert reconciled(home, Folder(home), now()) == []
    phones = sorted(records_as_at(home, now()).table("fraud_victims_personal").collect()["phone"])
    assert phones == ["01632 960001" if is_done else "07700 900222", "07700 900222" if is_done else "07700 900999"]
    assert any("fraud_victims" in p for p in remains(home, ["07700 900999"])[0]) != is_done
    assert [(one["column"], one["erased_before"], one["entry"]) for one in rectifications(home)] == (
        [("phone", 1, 1)] if is_done else []
    )
    assert list((home / "retention").glob("rectifying*")) == []
    accounts_hold(home)


def test_a_rectification_whose_rows_do_not_come_in_leaves_nothing_and_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")
    with Lake(home).held():
        monkeypatch.setattr("fourfold.records.lake.Lake.held.__wrapped__.__defaults__", (0.1,))
        with pytest.raises(Busy):
            put_right(home)
    assert list((home / "retention").glob("rectifying*")) == []
    (closed,) = [one for one in Folder(home).entries() if one["phase"] == "closed"]
    assert "refused: busy" in json.dumps(closed)
    assert rectifications(home) == []
    put_right(home)
    assert len(rectifications(home)) == 1


def test_an_erasure_finishes_what_a_rectification_of_the_person_began(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")

    def died(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as during:
        during.setattr(rectification, "import_files", died)
        with pytest.raises(Killed):
            put_right(home, column="phone", value="01632 960001")
    assert remains(home, ["01632 960001"])[0], "it waits, with her name"
    for reference in ("NFRC777", "PX777"):
        assert erase(home, subject_of(home, reference), clock=now).remains == ()
    assert remains(home, [*CANARIES, "01632 960001"])[0] == ()


def test_what_was_put_right_twice_the_same_way_stands_twice(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")
    put_right(home)
    (tmp_path / "next").mkdir()
    path = tmp_path / "next" / "fraud_victims_action_fraud_2022-11.csv"
    path.write_text(text([FRAUDS[0], FRAUDS[1]]))
    import_files(home, [path], clock=now)
    put_right(home)
    assert "Quillfether" in records_as_at(home, now()).table("fraud_victims_personal").collect()["surname"].to_list()
    assert overtaken(records_as_at(home, now()))[0]["at"] == rectifications(home)[0]["at"]


FIELDS = [
    # column, as it stands in the file, and what it is put right to; nothing else of the record goes
    ("born_on", "02/01/1950", "1950-02-02"),
    ("born_on", "1950-01-02", "1950-02-02"),
    ("born_on", "2 Jan 1950", "1950-02-02"),
    ("sex", "female", "male"),
    ("age_at_report", "34", "43"),
    ("surname", "Kent", "Kentish"),
]


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize(("column", "written", "right"), FIELDS)
def test_a_value_of_another_goes_from_its_own_field_of_the_file_however_it_is_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, column: str, written: str, right: str
) -> None:
    record = {"force": "Kent", "crime_ref": "C1", "person_ref": "34", "role": "victim", "forename": "female", "surname": "Kent",
              "born_on": "1950-01-02", "sex": "female", "age_at_report": "34", "address": "34, Kent Row",
              "postcode": "CT1 1AA"} | {column: written}  # fmt: skip
    other = record | {"person_ref": "P2", "crime_ref": "C2"}
    rows = [list(record), list(record.values()), list(other.values())]
    monkeypatch.setitem(TABLES, "people", rows)
    path = WRITTEN[form](tmp_path, "people")
    import_files(home, [path], clock=now)
    Folder(home).admit("IM1", "information_manager")
    asked = {"table": "people", "column": column, "value": right, "why": "of_another"}
    assert put_right(home, "34", **asked).erased_before == 1  # type: ignore[attr-defined]
    (batch,) = [b for b in Lake(home).batches() if "people" in b.tables and b.supplier != "rectification"]
    again = reread(original_of(batch), tmp_path, "people")
    assert again == [rows[0], [*("[erased]" if n == column else v for n, v in record.items())], rows[2]]


UNNAMED = [
    # the value as it stands under a heading that no contract has, and how the file is written
    (b"Ref,DOB,Loss\r\n7,02/01/1950,34\r\n8,02/01/1950,34\r\n", "line"),
    (b'Ref;DOB;Loss\n7;"2.1.1950";34\n8;2.1.1950;34\n', "line"),
    (b'[{"Ref": 7, "DOB": "1950\\u002d01-02", "Loss": 34}, {"Ref": 8, "DOB": "1950-01-02", "Loss": 34}]', "element"),
]


@pytest.mark.parametrize(("content", "unit"), UNNAMED)
def test_where_no_column_is_called_so_the_cell_goes_that_is_the_value(
    tmp_path: Path, content: bytes, unit: str
) -> None:
    path = tmp_path / "given"
    path.write_bytes(content)
    born = one_field("people", "born_on", "1950-01-02")
    left = rewritten(path, {"": Edits(fields={2 if unit == "line" else 1: (born,)})}, unit, "utf-8").content
    assert left.count(b"[erased]") == 1
    assert left.index(b"[erased]") < left.index(b"8")
    assert left.count(b"1950") == 1
    assert left.count(b"34") == 2


def test_a_day_that_a_workbook_keeps_as_a_number_goes(tmp_path: Path) -> None:
    path = tmp_path / "given.xlsx"
    with Workbook(str(path)) as book:
        sheet = book.add_worksheet("Extract")
        for at, row in enumerate((["Ref", "DOB"], ["7", datetime(1950, 1, 2)], ["8", datetime(1950, 1, 3)])):  # noqa: DTZ001
            for column, value in enumerate(row):
                sheet.write(at, column, value, book.add_format({"num_format": "dd/mm/yyyy"}))
    edits = {"Extract": Edits(fields={2: (one_field("people", "born_on", "1950-01-02"),)})}
    path.write_bytes(rewritten(path, edits, "row", "workbook").content)
    assert [row[1] for row in CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()] == [
        "DOB", "[erased]", date(1950, 1, 3),
    ]  # fmt: skip
