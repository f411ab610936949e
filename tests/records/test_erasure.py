"""A person erased: nothing of the person is found anywhere, every line is still accounted for, and nobody else lost a value."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from fourfold.errors import Busy, NothingHeld, StorageFailed
from fourfold.records import people
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.erasure import certificates, erase, explanation
from fourfold.records.imports import import_files, withdraw
from fourfold.records.lake import Lake
from fourfold.records.originals import original_of
from fourfold.records.remains import remains
from fourfold.records.retention import hold, release, review_queue
from fourfold.records.subjects import matching, subject_of
from fourfold.records.whereabouts import is_telling

pytestmark = pytest.mark.slow

AT = datetime(2022, 11, 7, 9, tzinfo=UTC)
NOW = datetime(2022, 11, 7, 10, tzinfo=UTC)
CANARIES = (
    "Quillfeather", "Ottoline", "Ottoline Quillfeather", "17 Zephyrine Row", "07700 900999", "otq@example.invalid",
    "PX777", "NFRC777", "Zoë", "CT9 9ZZ", "CT99ZZ", "1950-01-02", "02/01/1950", "2 January 1950", "07700900999",
)  # fmt: skip
WEEK = "2022-10-03"
TOLD = ", ZOË to her friends, born 02/01/1950 (2 January 1950, 1950-01-02), of CT9 9ZZ or CT99ZZ; 07700900999"
NARRATIVE = 'She said: "Quillfeather, Ottoline is who I am"\nand rang off.'


def clock() -> datetime:
    return AT


PEOPLE = [
    ["force", "crime_ref", "person_ref", "role", "forename", "surname", "born_on", "address", "phone", "email",
     "middle_name", "postcode"],
    ["Kent", "C1", "PX777", "victim", "Ottoline", "Quillfeather", "1950-01-02", "17 Zephyrine Row",
     "07700 900999", "otq@example.invalid", "Zoë", "CT9 9ZZ"],
    ["Kent", "C1", "P2", "suspect", "Ann", "Other", "1980-01-02", "2 Plain Street", "07700 900111", "", "", ""],
    ["Kent", "C2", "P2", "suspect", "Ann", "Other", "1980-01-02", "2 Plain Street", "07700 900111", "", "", ""],
]  # fmt: skip
CRIMES = [
    ["force", "crime_ref", "offence_code", "recorded_at", "method_text"],
    ["Kent", "C1", "28E", "2022-06-15T12:00:00", f"Window forced; Mrs QUILLFEATHER was out{TOLD}"],
    ["Kent", "C2", "28E", "2022-06-16T12:00:00", "Next to Ottoline Quillfeather's house"],
    ["Kent", "C3", "28E", "2022-06-17T12:00:00", "Nothing of her"],
]
EVENTS = [
    ["force", "event_ref", "crime_ref", "person_ref", "kind", "happened_at"],
    ["Kent", "E1", "C1", "PX777", "interview", "2022-06-18T12:00:00"],
    ["Kent", "E2", "C1", "P2", "arrest", "2022-06-19T12:00:00"],
]
CONTACTS = [
    ["force", "contact_ref", "crime_ref", "person_ref", "contacted_at", "note"],
    ["Kent", "K1", "C1", "PX777", "2022-06-20T12:00:00", "rang"],
    ["Kent", "K2", "C1", "P2", "2022-06-20T12:00:00", "She lives opposite 17 Zephyrine Row"],
]
FRAUDS = [
    ["force", "week_starting", "report_ref", "reported_at", "nfib_code", "forename", "surname", "phone", "loss_pence", "narrative"],
    ["Kent", WEEK, "NFRC777", f"{WEEK}T10:00:00", "NFIB1D", "Ottoline", "Quillfeather", "07700 900999", "90000", NARRATIVE],
    ["Kent", WEEK, "NFRC778", f"{WEEK}T10:00:00", "NFIB1D", "Bea", "Stander", "07700 900222", "100", "nothing"],
]  # fmt: skip
TABLES = {"people": PEOPLE, "crimes": CRIMES, "investigation_events": EVENTS, "victim_contacts": CONTACTS,
          "fraud_victims_action_fraud": FRAUDS}  # fmt: skip


def text(rows: list[list[str]], end: str = "\r\n") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows(rows)
    return out.getvalue()


def stem(name: str) -> str:
    return f"{name}_2022-{'10' if name.startswith('fraud') else '06'}"


def plain(folder: Path, name: str) -> Path:
    path = folder / f"{stem(name)}.csv"
    path.write_text(text(TABLES[name]), newline="")
    return path


def wide(folder: Path, name: str) -> Path:
    path = folder / f"{stem(name)}.csv"
    path.write_bytes(text(TABLES[name]).encode("utf-16"))
    return path


def packed(folder: Path, name: str) -> Path:
    path = folder / f"{stem(name)}.csv.gz"
    path.write_bytes(gzip.compress(text(TABLES[name], "\n").encode()))
    return path


def archived(folder: Path, name: str) -> Path:
    path = folder / f"{stem(name)}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(f"{stem(name)}.csv", text(TABLES[name]))
        out.writestr("complaints_2022-06.csv", text([
            ["force", "complaint_ref", "crime_ref", "person_ref", "received_on", "summary"],
            ["Kent", "Z1", "C1", "PX777", "2022-07-01", "Nobody came"],
            ["Kent", "Z2", "C1", "P2", "2022-07-01", "Somebody came"],
        ]))  # fmt: skip
    return path


def booked(folder: Path, name: str) -> Path:
    from xlsxwriter import Workbook

    path = folder / f"{stem(name)}.xlsx"
    with Workbook(str(path)) as book:
        sheet = book.add_worksheet("Extract")
        for at, row in enumerate(TABLES[name]):
            sheet.write_row(at, 0, row)
    return path


def open_booked(folder: Path, name: str) -> Path:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book = OpenDocumentSpreadsheet()
    sheet = Table(name="Extract")
    for row in TABLES[name]:
        line = TableRow()
        for value in row:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=value))
            line.addElement(cell)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    path = folder / f"{stem(name)}.ods"
    book.save(str(path))
    return path


def json_of(folder: Path, name: str) -> Path:
    head, *rows = TABLES[name]
    path = folder / f"{stem(name)}.json"
    path.write_text(json.dumps([dict(zip(head, row, strict=True)) for row in rows], indent=1))
    return path


WRITTEN: dict[str, Callable[[Path, str], Path]] = {
    "CSV": plain, "UTF-16": wide, "gzip": packed, "zip": archived, "XLSX": booked, "ODS": open_booked, "JSON": json_of,
}  # fmt: skip


def held(home: Path, folder: Path, written: Callable[[Path, str], Path] = plain) -> list[Path]:
    files = [written(folder, name) for name in TABLES]
    import_files(home, files, clock=clock)
    return files


def accounts_hold(home: Path) -> None:
    for batch in Lake(home).batches():
        account = {k: int(v) for k, v in batch.account.items() if k != "unit"}
        assert account.pop("total") == sum(account.values()), batch.file_name
        assert min(account.values()) >= 0, batch.file_name
        assert account["kept"] == max(batch.tables.values())
        for table, n in batch.tables.items():
            assert pl.read_parquet(batch.folder / f"{table}.parquet").height == n


@pytest.mark.slow
@pytest.mark.parametrize("form", WRITTEN)
def test_nothing_of_the_person_is_found_after_and_everything_before(home: Path, tmp_path: Path, form: str) -> None:
    held(home, tmp_path, WRITTEN[form])
    Folder(home).admit("A1", "analyst")
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    people.link(records_as_at(home, NOW), Folder(home).gate, asking, AT)
    for canary in CANARIES:
        assert remains(home, [canary])[0], f"{canary} was not there to be erased"
    done = erase(home, subject_of(home, _person_of(home, "PX777")), clock=clock)
    assert done.remains == ()
    for canary in CANARIES:
        assert remains(home, [canary])[0] == (), canary
    assert done.rows["people"] == 1
    assert done.rows["fraud_victims"] == 1
    assert done.references == {"investigation_events": 1}
    accounts_hold(home)
    now = records_as_at(home, NOW)
    assert now.table("crimes").collect().height == 3
    assert sorted(now.table("people_personal").collect()["surname"].to_list()) == ["Other", "Other"]
    assert now.table("people_personal").collect()["phone"].to_list() == ["07700 900111"] * 2
    events = now.table("investigation_events").sort("event_ref").collect()
    assert events["person_ref"].to_list() == [None, "P2"]
    methods = now.table("crimes_personal").sort("line_number").collect()["method_text"].to_list()
    told = ", [erased] to her friends, born [erased] ([erased], [erased]), of [erased] or [erased]; [erased]"
    assert methods == [f"Window forced; Mrs [erased] was out{told}", "Next to [erased]'s house", "Nothing of her"]
    notes = now.table("victim_contacts_personal").collect()["note"].to_list()
    assert notes == ["She lives opposite [erased]"]


def _person_of(home: Path, person_ref: str) -> str:
    state = people.state_of(home)
    parts = subject_of(home, person_ref)
    (person,) = state.people.filter(pl.col("entry").is_in(list(parts.entries)))["person"].unique().to_list()
    assert len(state.entries_of(person)) == 2, "the crime's victim and the report's are one person"
    return str(person)


def test_every_other_line_of_a_file_keeps_its_number_and_its_bytes(home: Path, tmp_path: Path) -> None:
    files = held(home, tmp_path)
    before = {b.file_name: original_of(b).read_bytes().splitlines() for b in Lake(home).batches()}
    assert before["people_2022-06.csv"] == files[0].read_bytes().splitlines()
    erase(home, subject_of(home, "NFRC777"), clock=clock)
    erase(home, subject_of(home, "PX777"), clock=clock)
    for batch in Lake(home).batches():
        after = original_of(batch).read_bytes().splitlines()
        same = [n for n, (a, b) in enumerate(zip(before[batch.file_name], after, strict=True)) if a == b]
        changed = {"people_2022-06.csv": 1, "crimes_2022-06.csv": 2, "investigation_events_2022-06.csv": 1,
                   "victim_contacts_2022-06.csv": 2, "fraud_victims_action_fraud_2022-10.csv": 2}  # fmt: skip
        assert len(after) - len(same) == changed[batch.file_name]


@pytest.mark.slow
@pytest.mark.parametrize("form", WRITTEN)
def test_the_same_file_received_again_does_not_bring_the_person_back(home: Path, tmp_path: Path, form: str) -> None:
    files = held(home, tmp_path, WRITTEN[form])
    for reference in ("PX777", "NFRC777"):
        erase(home, subject_of(home, reference), clock=clock)
    for batch in Lake(home).batches():
        withdraw(home, batch.batch_id, reason="sent again", clock=clock)
    again = import_files(home, files, clock=clock)
    assert all(one.is_new for one in again)
    for canary in CANARIES:
        assert remains(home, [canary])[0] == (), canary
    accounts_hold(home)
    assert sum(int(one.batch.account.get("erased", 0)) for one in again) >= 3


@pytest.mark.slow
def test_a_later_list_brings_back_no_row_and_no_name_in_the_texts_of_the_persons_crimes(
    home: Path, tmp_path: Path
) -> None:
    held(home, tmp_path)
    for reference in ("PX777", "NFRC777"):
        erase(home, subject_of(home, reference), clock=clock)
    (tmp_path / "next").mkdir()
    later = {
        "people": [*PEOPLE, ["Kent", "C9", "P9", "victim", "Cy", "New", "1990-01-01", "1 Row", "1", "", "", ""]],
        "fraud_victims_action_fraud": [FRAUDS[0], FRAUDS[2], FRAUDS[1]],
        "crimes": [CRIMES[0], [*CRIMES[1][:4], f"Ottoline's window, 17 Zephyrine Row, otq@example.invalid.{TOLD}"]],
        "investigation_events": EVENTS,
    }
    files = []
    for name, rows in later.items():
        files.append(tmp_path / "next" / f"{name}_2022-07.csv")
        files[-1].write_text(text(rows))
    import_files(home, files, clock=clock)
    for canary in CANARIES:
        assert remains(home, [canary])[0] == (), canary
    accounts_hold(home)
    now = records_as_at(home, NOW)
    assert sorted(now.table("people").collect()["person_ref"].to_list()) == ["P2", "P2", "P9"]
    assert now.table("fraud_victims").collect()["report_ref"].to_list() == ["NFRC778"]


def test_a_detail_that_another_person_has_stays_with_that_person(home: Path, tmp_path: Path) -> None:
    rows = [
        *PEOPLE,
        [
            "Kent",
            "C3",
            "P3",
            "witness",
            "Quentin",
            "Quillfeather",
            "1949-01-01",
            "17 Zephyrine Row",
            "07700 900999",
            "",
            "",
            "",
        ],
    ]
    (tmp_path / "people_2022-06.csv").write_text(text(rows))
    import_files(home, [tmp_path / "people_2022-06.csv", plain(tmp_path, "crimes")], clock=clock)
    done = erase(home, subject_of(home, "PX777"), clock=clock)
    assert done.shared >= 3
    assert done.remains == ()  # it looks for what nobody else has
    (left,) = (
        records_as_at(home, NOW)
        .table("people_personal")
        .filter(pl.col("forename") == "Quentin")
        .collect()
        .rows(named=True)
    )
    assert (left["surname"], left["phone"], left["address"]) == ("Quillfeather", "07700 900999", "17 Zephyrine Row")
    assert remains(home, ["Ottoline"])[0] == ()


def test_a_line_returned_as_unreadable_is_erased_too(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "people_2022-06.csv"
    path.write_text(text(PEOPLE, "\n") + "Kent,C7,PX777,victim,Ottoline,Quillfeather\n")
    import_files(home, [path], clock=clock)
    erase(home, subject_of(home, "PX777"), clock=clock)
    assert remains(home, CANARIES)[0] == ()
    (batch,) = Lake(home).batches()
    assert (batch.account["rejected"], batch.account["erased"], batch.account["kept"]) == (1, 1, 2)
    withdraw(home, batch.batch_id, reason="again", clock=clock)
    import_files(home, [path], clock=clock)
    assert remains(home, CANARIES)[0] == ()


def test_somebody_who_is_not_linked_is_found_by_details(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    found = matching(home, surname="quillfeather", forename="OTTOLINE")
    assert sorted(found["table"].to_list()) == ["fraud_victims", "people"]
    assert matching(home, surname="Nobody").is_empty()
    with pytest.raises(NothingHeld):
        subject_of(home, "nobody")


def test_a_figure_made_again_says_why_it_differs(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    batches = [b.batch_id for b in Lake(home).batches() if "fraud_victims" in b.tables]
    assert explanation(batches, home) == ()
    erase(home, subject_of(home, "NFRC777"), clock=clock)
    (said,) = explanation(batches, home)
    assert "On 7 November 2022 a person was erased" in said
    (batch,) = (Lake(home).batch(batch_id) for batch_id in batches)
    ((gone,),) = ([one["lines"]] for one in batch.erasures.values())
    assert f"{gone} line{'s' if gone > 1 else ''} gone" in said
    assert said.endswith("made again it leaves out what is gone.")
    crimes = [b.batch_id for b in Lake(home).batches() if "crimes" in b.tables]
    for changed in explanation(crimes, home):  # texts of the crimes were changed, and no line of theirs went
        assert "gone" not in changed
        assert changed.endswith("made again it counts the same lines.")
    (one,) = certificates(home)
    assert not any(canary.lower() in json.dumps(one).lower() for canary in CANARIES)


def test_a_finding_that_names_a_report_and_an_export_that_holds_rows_are_dealt_with(home: Path, tmp_path: Path) -> None:
    from fourfold.publications.exports import export

    held(home, tmp_path)
    (home / "findings").mkdir()
    named = home / "findings" / "abc.json"
    named.write_text(json.dumps({"table": {"rows": [["NFRC777", 90000], ["NFRC778", 100]]}}))
    out = tmp_path / "out"
    export(records_as_at(home, NOW), out, at=NOW)
    (home / "lake" / "derived" / "tallies").mkdir(parents=True)
    (fraud,) = [b for b in Lake(home).batches() if "fraud_victims" in b.tables]
    tally = home / "lake" / "derived" / "tallies" / f"{fraud.batch_id}-x.parquet"
    tally.write_bytes(b"counts")
    assert remains(out, ["NFRC777"])[0]
    erase(home, subject_of(home, "NFRC777"), clock=clock)
    assert json.loads(named.read_text()) == {"table": {"rows": [["[erased]", 90000], ["NFRC778", 100]]}}
    assert not list(out.glob("export-*"))
    assert not (out / "current").exists()
    assert not tally.exists()
    export(records_as_at(home, NOW), out, at=NOW)
    assert remains(out, ["NFRC777"])[0] == ()


def test_an_export_during_which_somebody_is_erased_does_not_come_into_force_and_one_that_died_goes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fourfold.publications import exports

    held(home, tmp_path)
    out, batches = tmp_path / "out", exports._batches

    def died(_: object) -> None:
        raise KeyboardInterrupt

    def meanwhile(standing: Any) -> pl.DataFrame:
        erase(home, subject_of(home, "PX777"), clock=clock)
        return batches(standing)

    monkeypatch.setattr(exports, "_batches", died)
    with pytest.raises(KeyboardInterrupt):
        exports.export(records_as_at(home, NOW), out, at=NOW)
    assert [one.name.endswith(".unfinished") for one in out.glob("export-*")] == [True]
    erase(home, subject_of(home, "NFRC777"), clock=clock)
    assert not list(out.glob("export-*"))
    monkeypatch.setattr(exports, "_batches", meanwhile)
    with pytest.raises((Busy, StorageFailed)):
        exports.export(records_as_at(home, NOW), out, at=NOW)
    assert not (out / "current").exists()
    assert remains(out, CANARIES)[0] == ()


def test_the_kept_states_of_what_victims_are_owed_go_too_and_are_made_again(home: Path, tmp_path: Path) -> None:
    from fourfold.analysis.states import kept_states, standing_states
    from fourfold.analysis.victims_code import Rules

    held(home, tmp_path)
    force_id = records_as_at(home, NOW).table("people").select("force_id").collect()["force_id"][0]
    before = kept_states(records_as_at(home, NOW), force_id, Rules())
    assert "PX777" in before.states().collect()["person_ref"].to_list()
    erase(home, subject_of(home, "PX777"), clock=clock)
    assert not before.folder.exists()
    before.folder.mkdir(parents=True)  # as by whoever judged at the same instant
    before.keep_list("owed", lambda: pl.DataFrame({"person_ref": ["PX777"]}))
    with pytest.raises(NothingHeld):  # she was the only victim
        kept_states(records_as_at(home, NOW), force_id, Rules())
    found = standing_states(records_as_at(home, NOW), force_id, Rules())
    assert found is not None
    assert found.name == before.name, "the records' instant and files are the same"
    assert found.list_of("owed") is None, "what was being made meanwhile is read by nobody"


KENTISH = {
    "people": [
        PEOPLE[0],
        ["Kent", "C1", "PX777", "victim", "Ford", "Kent", "1950-01-02", "17 Zephyrine Row", "1", "", "", ""],
        ["Kent", "C1", "P2", "suspect", "Ann", "Other", "1980-01-02", "2 Plain Street", "07700 900111", "", "", ""],
    ],
    "crimes": [
        CRIMES[0],
        ["Kent", "C1", "28E", "2022-06-15T12:00:00", "Kent was out; a Ford outside; Ford Kent rang"],
        ["Kent", "C2", "28E", "2022-06-16T12:00:00", "A Ford of the Kent sort, 1 window, Ford Kent's own"],
    ],
    "vehicles": [
        ["force", "crime_ref", "vehicle_ref", "change", "changed_at", "make"],
        ["Kent", "C1", "V1", "stolen", "2022-06-15T13:00:00", "Ford"],
        ["Kent", "C2", "V2", "stolen", "2022-06-16T13:00:00", "Ford"],
    ],
}


def test_a_surname_that_is_a_force_a_make_or_a_number_of_one_figure_costs_nobody_else_a_value(
    home: Path, tmp_path: Path
) -> None:
    for name, rows in KENTISH.items():
        (tmp_path / f"{name}_2022-06.csv").write_text(text(rows))
        import_files(home, [tmp_path / f"{name}_2022-06.csv"], clock=clock)
    (home / "findings").mkdir()
    named = home / "findings" / "abc.json"
    finding = {"force": "kent", "make": ["Ford"], "rows": [["PX777", 1]]}
    named.write_text(json.dumps(finding))
    before = {b.file_name: original_of(b).read_bytes().splitlines() for b in Lake(home).batches()}
    done = erase(home, subject_of(home, "PX777"), clock=clock)
    assert done.remains == ()
    now = records_as_at(home, NOW)
    assert now.table("vehicles").collect()["make"].to_list() == ["Ford", "Ford"]
    assert now.table("crimes").collect()["force_id"].to_list() == ["kent", "kent"]
    assert now.table("crimes_personal").sort("line_number").collect()["method_text"].to_list() == [
        "[erased] was out; a [erased] outside; [erased] rang",
        "A Ford of the Kent sort, 1 window, [erased]'s own",
    ]
    assert json.loads(named.read_text()) == finding | {"rows": [["[erased]", 1]]}
    after = {b.file_name: original_of(b).read_bytes().splitlines() for b in Lake(home).batches()}
    assert after["vehicles_2022-06.csv"] == before["vehicles_2022-06.csv"]
    assert [line[:12] for line in after["crimes_2022-06.csv"][1:]] == [b"Kent,C1,28E,", b"Kent,C2,28E,"]
    accounts_hold(home)


@pytest.mark.parametrize("form", WRITTEN)
def test_no_code_goes_from_the_files_of_the_persons_own_crimes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    for name in ("people", "crimes"):
        monkeypatch.setitem(TABLES, name, KENTISH[name])
        import_files(home, [WRITTEN[form](tmp_path, name)], clock=clock)
    erase(home, subject_of(home, "PX777"), clock=clock)
    (batch,) = [b for b in Lake(home).batches() if "crimes" in b.tables]
    head, own, other = reread(original_of(batch), tmp_path, "crimes")
    assert (head, own[:4], other[:4]) == (CRIMES[0], KENTISH["crimes"][1][:4], KENTISH["crimes"][2][:4])
    assert own[4] == "[erased] was out; a [erased] outside; [erased] rang"


def reread(path: Path, folder: Path, name: str) -> list[list[str]]:
    """A file as received, as rows of text, by a reader that is not ours."""
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            names = book.namelist()
            if not any(n.endswith(".xml") for n in names):
                content = book.read(next(n for n in names if n.startswith(name)))
    if content[:2] == b"PK":
        copy = folder / f"copy.{'ods' if 'content.xml' in names else 'xlsx'}"
        copy.write_bytes(content)
        return [
            [str(c) for c in row] for row in CalamineWorkbook.from_path(str(copy)).get_sheet_by_index(0).to_python()
        ]
    said = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    if said.lstrip().startswith("["):
        whole = json.loads(said)
        return [list(whole[0]), *(list(map(str, one.values())) for one in whole)]
    return list(csv.reader(io.StringIO(said, newline="")))


TELLING = [
    # detail, value, whether it tells of one person wherever it stands
    ("surname", "Kent", False),
    ("forename", "Ford", False),
    ("name", "Ford Kent", True),
    ("phone", "1", False),
    ("phone", "900999", False),
    ("phone", "07700 900999", True),
    ("email", "otq@example.invalid", True),
    ("email", "none", False),
    ("address", "Unknown", False),
    ("address", "17 Zephyrine Row", True),
    ("organisation_name", "Bank", False),
    ("postcode", "CT1 1AA", False),
    ("reference", "7", False),
    ("reference", "2022", False),
    ("reference", "PX777", True),
]


@pytest.mark.parametrize(("column", "value", "tells"), TELLING)
def test_which_details_tell_of_one_person_wherever_they_stand(column: str, value: str, tells: bool) -> None:
    assert is_telling(column, value) == tells


def test_what_a_crash_left_half_made_goes_with_the_person(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    left = [home / "lake" / "staging" / "x" / "people.csv", home / "lake" / "batches" / "0123" / "original" / "people.csv",
            home / "lake" / "people" / "unfinished-7" / "people.parquet", home / "retention" / "rectifying" / "r.csv",
            home / "service" / "bundle-x" / "bundle.html"]  # fmt: skip
    for path in left:
        path.parent.mkdir(parents=True)
        path.write_text(text(PEOPLE))
    done = erase(home, subject_of(home, "PX777"), clock=clock)
    assert done.remains == ()
    assert [path.name for path in left if path.exists()] == []


WANTED = [
    ["force", "wanted_ref", "crime_ref", "person_ref", "status", "changed_at"],
    ["Kent", "W1", "", "PX777", "wanted", "2022-06-20T12:00:00"],
    ["Kent", "W2", "", "PX888", "wanted", "2022-06-21T12:00:00"],
    ["Kent", "W3", "C1", "P2", "wanted", "2022-06-22T12:00:00"],
]
COMPLAINTS = [
    ["force", "complaint_ref", "crime_ref", "person_ref", "received_on", "summary"],
    ["Kent", "Z1", "C5", "PX999", "2022-06-25", "Nobody came to 3 Xylophone Mews"],
    ["Kent", "Z2", "C5", "P2", "2022-06-25", "Somebody came"],
]


def sent(home: Path, folder: Path, name: str, rows: list[list[str]]) -> None:
    path = folder / f"{name}_2022-06.csv"
    path.write_text(text(rows))
    import_files(home, [path], clock=clock)


def test_a_reference_given_again_to_somebody_else_is_no_part_of_who_was_erased(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    sent(home, tmp_path, "wanted", WANTED)
    assert erase(home, subject_of(home, "PX777"), clock=clock).rows["wanted"] == 1
    (tmp_path / "next").mkdir()
    moved = ["Kent", "W1", "", "PX777", "arrested", "2022-06-30T12:00:00"]
    given_again = ["Kent", "W9", "", "PX777", "wanted", "2022-07-20T12:00:00"]
    sent(home, tmp_path / "next", "wanted", [*WANTED, moved, given_again])
    rows = records_as_at(home, NOW).table("wanted").sort("wanted_ref").collect()
    assert rows.select("wanted_ref", "person_ref").rows() == [("W2", "PX888"), ("W3", "P2"), ("W9", "PX777")]
    accounts_hold(home)


ELSEWHERE = [
    # somebody whom no list of people has: in which list, how many rows, what else goes
    ("PX888", "wanted", "W2"),
    ("PX999", "complaints", "3 Xylophone Mews"),
]


@pytest.mark.parametrize(("reference", "table", "canary"), ELSEWHERE)
def test_somebody_whom_no_list_of_people_has_is_found_reviewed_held_and_erased(
    home: Path, tmp_path: Path, reference: str, table: str, canary: str
) -> None:
    held(home, tmp_path)
    sent(home, tmp_path, "wanted", WANTED)
    sent(home, tmp_path, "complaints", COMPLAINTS)
    subject = subject_of(home, reference)
    assert subject.parts.select("table", "person_ref").rows() == [(table, reference)]
    queue = review_queue(records_as_at(home, NOW), date(2040, 1, 1))
    (row,) = queue.filter(pl.col("key") == subject.key).rows(named=True)
    assert (row["parts"], row["last_on"]) == (1, date(2022, 6, 21) if table == "wanted" else date(2022, 6, 25))
    assert subject_of(home, subject.key).parts.equals(subject.parts)
    assert remains(home, [canary])[0]
    done = erase(home, subject_of(home, subject.key), clock=clock)
    assert (dict(done.rows), done.remains, done.key) == ({table: 1}, (), subject.key)
    assert remains(home, [reference, canary])[0] == ()
    assert (
        records_as_at(home, NOW).table(table).collect().height == len(WANTED if table == "wanted" else COMPLAINTS) - 2
    )
    with pytest.raises(NothingHeld):
        subject_of(home, reference)
    (tmp_path / "next").mkdir()
    sent(home, tmp_path / "next", "wanted", [WANTED[0], *WANTED[:0:-1]])
    sent(home, tmp_path / "next", "complaints", [COMPLAINTS[0], *COMPLAINTS[:0:-1]])
    assert remains(home, [reference, canary])[0] == ()


def test_a_linked_persons_other_rows_are_found_by_the_references_that_are_nobody_elses(
    home: Path, tmp_path: Path
) -> None:
    held(home, tmp_path)
    sent(home, tmp_path, "wanted", WANTED)
    Folder(home).admit("A1", "analyst")
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    people.link(records_as_at(home, NOW), Folder(home).gate, asking, AT)
    tables = subject_of(home, _person_of(home, "PX777")).parts["table"]
    assert sorted(tables) == ["fraud_victims", "people", "victim_contacts", "wanted"]


def test_an_opaque_key_stays_the_persons_when_more_comes_in(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    key = subject_of(home, "PX777").key
    (tmp_path / "next").mkdir()
    more = [["Kent", f"C{n}", "PX777", "victim", "Ottoline", "Quillfeather", *[""] * 6] for n in range(20, 40)]
    (tmp_path / "next" / "people_2022-07.csv").write_text(text([PEOPLE[0], *more]))
    import_files(home, [tmp_path / "next" / "people_2022-07.csv"], clock=clock)
    assert (subject_of(home, key).key, subject_of(home, key).parts.filter(pl.col("table") == "people").height) == (
        key,
        21,
    )


def test_the_register_keeps_what_was_decided_and_not_of_whom(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    subject = subject_of(home, "PX777")
    other = subject_of(home, "P2")
    for one, name in ((subject, "Quillfeather"), (other, "Other of Quillfeather Lane")):
        number = hold(home, one, reason=f"{name}'s trial", by="IM1", at=AT).number
        release(home, number, reason=f"{name} was acquitted", by="IM1", at=AT)
    path = home / "retention" / "register.json"
    said = json.loads(path.read_text())
    said["rectifications"] = [
        {"entries": list(subject.entries), "authority": "Zoë, by letter", "reason": "Zoë, by letter"}
    ]
    path.write_text(json.dumps(said))
    erase(home, subject, clock=clock)
    hers, others = json.loads(path.read_text())["holds"]
    assert (hers["entries"], hers["reason"], hers["release_reason"]) == (
        [],
        "[erased]'s trial",
        "[erased] was acquitted",
    )
    assert others == said["holds"][1]
    (put_right,) = json.loads(path.read_text())["rectifications"]
    assert put_right == {"entries": [], "authority": "[erased], by letter", "reason": "[erased], by letter"}
