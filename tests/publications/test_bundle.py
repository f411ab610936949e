"""A bundle says what is held of a person, from where and who saw it, and nothing of anybody else."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from fourfold.errors import AccessRefused, RequestInvalid
from fourfold.publications.bundle import written_bundle
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.holdings import ANOTHER, holdings
from fourfold.records.imports import import_files
from fourfold.records.people import decide, link, state_of
from fourfold.records.subjects import subject_of
from tests.records.test_erasure import CRIMES, TABLES, clock, plain, text

NOW = datetime(2022, 11, 8, tzinfo=UTC)
RIGHTS = Asking(officer="IM1", role="information_manager", purpose="rights requests", reason="letter 43")


@pytest.fixture
def held_home(home: Path, tmp_path: Path) -> Path:
    files = [plain(tmp_path, name) for name in TABLES if name != "crimes"]
    files.append(tmp_path / "crimes_2022-06.csv")
    files[-1].write_text(
        text([CRIMES[0], [*CRIMES[1][:4], "Ann Other forced Ottoline Quillfeather's window"], *CRIMES[2:]])
    )
    import_files(home, files, clock=clock)
    folder = Folder(home)
    for officer, role in (("IM1", "information_manager"), ("A1", "analyst"), ("V1", "victim_care_officer")):
        folder.admit(officer, role)
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    link(records_as_at(home, datetime.now(UTC)), folder.gate, asking, NOW)
    return home


def person(home: Path) -> str:
    people = state_of(home).people
    counted = people.group_by("person").len().sort("len", descending=True)
    return str(next(p for p in counted["person"] if len(state_of(home).entries_of(p)) == 2 and _is_hers(home, p)))


def _is_hers(home: Path, key: str) -> bool:
    from fourfold.records.subjects import subject_of

    return "NFRC777" in subject_of(home, key).references


def test_the_bundle_says_what_is_held_and_who_saw_it(held_home: Path, tmp_path: Path) -> None:
    folder = Folder(held_home)
    key = person(held_home)
    care = Asking(officer="V1", role="victim_care_officer", purpose="victim care")
    folder.gate.asked(care, "consultation", ["people"], verb="show a person", at=NOW, keys=[key])
    held = holdings(held_home, folder.gate, RIGHTS, key, at=NOW, recipient="the person, by post", log=folder.entries())
    assert {(one.table, one.what) for one in held.rows} == {
        ("people", "row"), ("fraud_victims", "row"), ("victim_contacts", "row"), ("investigation_events", "reference"),
        ("crimes", "text"), ("victim_contacts", "text"),
    }  # fmt: skip
    assert {(s.officer, s.kind, s.purpose) for s in held.sights} == {
        ("A1", "combination", "linking people"), ("V1", "consultation", "victim care"),
    }  # fmt: skip
    html, docx = written_bundle(held, tmp_path / "out")
    said = html.read_text()
    with zipfile.ZipFile(docx) as book:
        document = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    for words in (said, document):
        for hers in ("Ottoline", "Quillfeather", "17 Zephyrine Row", "07700 900999", "NFRC777", "people_2022-06.csv"):
            assert hers in words
        assert f"{ANOTHER} forced" in words
        for others in ("Ann Other", "2 Plain Street", "07700 900111", "Stander", "P2"):
            assert others not in words
        assert "OFFICIAL-SENSITIVE" in words
        assert "victim care officer" in words
    assert html.stat().st_mode & 0o077 == 0


def test_a_bundle_is_a_disclosure_on_the_log_to_somebody_and_for_somebody(held_home: Path) -> None:
    folder = Folder(held_home)
    with pytest.raises(RequestInvalid):
        holdings(held_home, folder.gate, RIGHTS, "PX777", at=NOW, recipient=" ")
    asking = Asking(officer="A1", role="analyst", purpose="rights requests")
    with pytest.raises(AccessRefused):
        holdings(held_home, folder.gate, asking, "PX777", at=NOW, recipient="the person")
    holdings(held_home, folder.gate, RIGHTS, "PX777", at=NOW, recipient="the person")
    last = folder.entries()[-1]
    assert (last["kind"], last["phase"], last["recipient"]) == ("disclosure", "closed", "the person")
    assert "PX777" not in json.dumps(last)


def test_a_bundle_of_a_force_that_is_not_says_so(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "people_2022-06.csv"
    path.write_text(text([["force", "crime_ref", "person_ref", "role"], ["saltmere", "C1", "P1", "victim"]]))
    import_files(home, [path], clock=clock)
    Folder(home).admit("IM1", "information_manager")
    held = holdings(home, Folder(home).gate, RIGHTS, "P1", at=NOW, recipient="the person")
    html, _ = written_bundle(held, tmp_path / "out")
    assert "OFFICIAL-SENSITIVE · FICTITIOUS" in html.read_text()


def test_others_are_taken_out_however_they_are_written_and_by_who_they_are_in_the_crime(
    home: Path, tmp_path: Path
) -> None:
    """Her reference P2 in her second crime was the suspect's in her first."""
    told = "Ann Otherby (b. 02/12/1980, CT1 1AA, tel 07700 900111) broke the window of Ottoline Quillfeather, born 12/01/1950"
    people, crimes = tmp_path / "people_2022-06.csv", tmp_path / "crimes_2022-06.csv"
    hers = ["Ottoline", "Quillfeather", "1950-01-12", "CT9 9ZZ", "07700 900999"]
    people.write_text(text([
        ["force", "crime_ref", "person_ref", "role", "forename", "surname", "born_on", "postcode", "phone"],
        ["Kent", "C1", "P1", "victim", *hers],
        ["Kent", "C1", "P2", "suspect", "Ann", "Otherby", "1980-12-02", "CT1 1AA", "07700900111"],
        ["Kent", "C2", "P2", "victim", *hers],
    ]))  # fmt: skip
    crimes.write_text(text([CRIMES[0], ["Kent", "C1", *CRIMES[1][2:4], told]]))
    import_files(home, [people, crimes], clock=clock)
    folder = Folder(home)
    for officer, role in (("IM1", "information_manager"), ("A1", "analyst")):
        folder.admit(officer, role)
    link(
        records_as_at(home, datetime.now(UTC)),
        folder.gate,
        Asking(officer="A1", role="analyst", purpose="linking people"),
        NOW,
    )
    people_known = state_of(home).people
    (key,) = people_known.group_by("person").len().filter(pl.col("len") == 2)["person"]
    held = holdings(home, folder.gate, RIGHTS, key, at=NOW, recipient="the person, by post")
    said = " ".join(value for one in held.rows for value in one.said.values())
    for others in ("Ann", "Otherby", "02/12/1980", "1980-12-02", "CT1 1AA", "07700 900111", "07700900111"):
        assert others not in said, others
    for own in ("Ottoline Quillfeather", "12/01/1950", "07700 900999"):
        assert own in said, own


def test_a_sight_under_a_key_that_was_merged_or_given_before_linking_is_told(held_home: Path) -> None:
    folder = Folder(held_home)
    kept = person(held_home)
    people_known = state_of(held_home).people
    other = next(p for p in people_known["person"] if p != kept)
    before = subject_of(held_home, "PX777").key
    care = Asking(officer="V1", role="victim_care_officer", purpose="victim care")
    for key in (kept, other, before):
        folder.gate.asked(care, "consultation", ["people"], verb=f"seen as {key}", at=NOW, keys=[key])
    records = records_as_at(held_home, datetime.now(UTC))
    linking = Asking(officer="A1", role="analyst", purpose="linking people", reason="one person, by passport")
    decide(records, folder.gate, linking, "same", kept, other, clock=lambda: datetime.now(UTC))
    held = holdings(held_home, folder.gate, RIGHTS, kept, at=NOW, recipient="the person", log=folder.entries())
    assert {f"seen as {key}" for key in (kept, other, before)} <= {one.verb for one in held.sights}
