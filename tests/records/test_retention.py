"""When the records of a person are looked at again, what the law holds, and what an erasure asks before it begins."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fourfold.cli import retention as commands
from fourfold.codes.retention import group_of_offence, review_group, review_groups
from fourfold.errors import AccessRefused, Busy, LegallyHeld, NothingHeld, RequestInvalid
from fourfold.records import erasure, people, retention
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from fourfold.records.rectification import rectify
from fourfold.records.remains import remains
from fourfold.records.retention import (
    DUE,
    HELD,
    LATER,
    PAST_AT_FIRST,
    VERB,
    erase_person,
    hold,
    holds,
    reconciled,
    release,
    review_queue,
    reviewed,
    tables,
)
from fourfold.records.subjects import subject_of
from tests.records.extracts import put
from tests.records.test_erasure import CANARIES, PEOPLE, clock, held, text

NOW = datetime(2022, 11, 7, 9, tzinfo=UTC)
RIGHTS = Asking(officer="IM1", role="information_manager", purpose="rights requests", reason="letter 41")

GROUPS = [
    # offence, somebody suspected?, group, years
    ("1", True, "1", 10),
    ("19C", True, "1", 10),
    ("8N", True, "2", 10),
    ("34B", True, "2", 10),
    ("28E", True, "3", 6),
    ("46", True, "3", 6),
    ("28E", False, "4", 6),
    ("1", False, "4", 6),
    ("999Z", True, "1", 10),  # on no list: that it was nothing serious would be a guess
]


@pytest.mark.parametrize(("offence", "is_suspected", "group", "years"), GROUPS)
def test_a_persons_group_is_that_of_the_offence_where_somebody_is_suspected(
    home: Path, tmp_path: Path, offence: str, is_suspected: bool, group: str, years: int
) -> None:
    people = [{"crime_ref": "C1", "person_ref": "P1", "role": "victim", "age_at_report": "40"}]
    if is_suspected:
        people.append({"crime_ref": "C1", "person_ref": "P2", "role": "suspect", "age_at_report": "30"})
    put(
        home,
        tmp_path,
        NOW,
        "crimes",
        [{"crime_ref": "C1", "offence_code": offence, "recorded_at": "2022-06-15T12:00:00"}],
    )
    put(home, tmp_path, NOW, "people", people)
    queue = review_queue(records_as_at(home, datetime.now(UTC)), date(2022, 12, 1))
    assert set(queue["group"]) == {group}
    assert set(queue["review_on"]) == {date(2022 + years, 6, 15)}
    assert set(queue["state"]) == {LATER}
    assert queue.height == len(people)


def test_the_most_serious_crime_and_the_last_event_say_when(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, NOW, "crimes", [
        {"crime_ref": "C1", "offence_code": "28E", "recorded_at": "2014-02-28T12:00:00"},
        {"crime_ref": "C2", "offence_code": "8N", "recorded_at": "2012-03-01T12:00:00"},
    ])  # fmt: skip
    put(home, tmp_path, NOW, "people", [
        {"crime_ref": "C1", "person_ref": "P1", "role": "suspect", "age_at_report": "17"},
        {"crime_ref": "C2", "person_ref": "P1", "role": "suspect", "age_at_report": "15"},
    ])  # fmt: skip
    (one,) = review_queue(records_as_at(home, datetime.now(UTC)), date(2022, 12, 1)).rows(named=True)
    assert (one["group"], one["is_youth"], one["parts"]) == ("2", True, 2)
    assert (one["first_on"], one["last_on"], one["review_on"]) == (
        date(2012, 3, 1),
        date(2014, 2, 28),
        date(2024, 2, 28),
    )


def test_a_day_that_was_past_when_the_records_came_is_marked_and_nothing_goes(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, NOW, "crimes", [
        {"crime_ref": "C1", "offence_code": "28E", "recorded_at": "2010-06-15T12:00:00"},
        {"crime_ref": "C2", "offence_code": "28E", "recorded_at": "2017-06-15T12:00:00"},
    ])  # fmt: skip
    put(home, tmp_path, NOW, "people", [
        {"crime_ref": "C1", "person_ref": "P1", "role": "suspect"}, {"crime_ref": "C2", "person_ref": "P2", "role": "suspect"},
    ])  # fmt: skip
    records = records_as_at(home, datetime.now(UTC))
    states = dict(review_queue(records, date(2023, 7, 1)).select("last_on", "state").iter_rows())
    assert states == {date(2010, 6, 15): PAST_AT_FIRST, date(2017, 6, 15): DUE}
    assert records.table("people").collect().height == 2
    reviewed(home, subject_of(home, "P2"), reason="an inquiry is open", by="IM1", at=datetime(2023, 7, 1, tzinfo=UTC))
    states = dict(review_queue(records, date(2023, 7, 1)).select("last_on", "state").iter_rows())
    assert states[date(2017, 6, 15)] == LATER
    hold(home, subject_of(home, "P1"), reason="a trial is pending", by="IM1", at=NOW)
    states = dict(review_queue(records, date(2023, 7, 1)).select("last_on", "state").iter_rows())
    assert states[date(2010, 6, 15)] == HELD


def test_a_key_of_the_queue_leads_to_the_person(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    queue = review_queue(records_as_at(home, datetime.now(UTC)), date(2040, 1, 1))
    found = {row["key"]: row["parts"] for row in queue.rows(named=True)}
    assert sorted(found.values()) == [1, 1, 1, 2]
    for key, parts in found.items():
        in_crimes = subject_of(home, key).parts.filter(pl.col("table").is_in(["people", "fraud_victims"]))
        assert in_crimes.height == parts
        assert subject_of(home, key).key == key


def test_a_hold_refuses_an_erasure_with_its_reason_until_it_is_released(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    folder = Folder(home)
    with pytest.raises(AccessRefused):
        erase_person(home, folder.gate, RIGHTS, "PX777", clock=clock, backup_days=30)
    folder.admit("IM1", "information_manager")
    with pytest.raises(RequestInvalid):
        hold(home, subject_of(home, "PX777"), reason=" ", by="IM1", at=NOW)
    one = hold(home, subject_of(home, "PX777"), reason="a trial is pending", by="IM1", at=NOW)
    with pytest.raises(LegallyHeld, match="a trial is pending"):
        erase_person(home, folder.gate, RIGHTS, "PX777", clock=clock, backup_days=30)
    release(home, one.number, reason="the trial is over", by="IM2", at=NOW)
    with pytest.raises(NothingHeld):
        release(home, one.number, reason="again", by="IM2", at=NOW)
    assert holds(home) == ()
    done = erase_person(home, folder.gate, RIGHTS, "PX777", clock=clock, backup_days=30)
    assert done.backups_until == "7 December 2022, 30 days after the erasure"
    (kept,) = holds(home, standing_only=False)
    assert (kept.entries, kept.released_by) == ((), "IM2")
    with pytest.raises(NothingHeld):
        erase_person(home, folder.gate, RIGHTS, "PX777", clock=clock, backup_days=30)
    outcomes = [e["note"] for e in folder.entries() if e["phase"] == "closed"]
    assert ["done" in n for n in outcomes] == [False, True, False]


def test_an_erasure_waits_for_an_import_and_says_so(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(home, tmp_path)

    class Impatient(Lake):
        def held(self, patience: float = 0.2) -> AbstractContextManager[None]:
            return super().held(patience)

    monkeypatch.setattr(erasure, "Lake", Impatient)
    begun, ended = threading.Event(), threading.Event()

    def importing() -> None:
        with Lake(home).held():
            begun.set()
            ended.wait()

    other = threading.Thread(target=importing)
    other.start()
    begun.wait()
    try:
        with pytest.raises(Busy):
            erasure.erase(home, subject_of(home, "PX777"), clock=clock)
    finally:
        ended.set()
        other.join()
    assert "people" in subject_of(home, "PX777").parts["table"]  # nothing was done
    assert erasure.erase(home, subject_of(home, "PX777"), clock=clock).remains == ()


HERS = {"forename": "Ottoline", "surname": "Quillfeather", "born_on": "1950-01-12"}
OTHERS = {"forename": "Bea", "surname": "Stander", "born_on": "1981-05-06"}
MARRIED = {**HERS, "surname": "Fenwick-Vole"}

SHARED: list[tuple[str, list[dict[str, str]], bool]] = [
    # who has had the reference P1, in which crime of which force; is it one person's?
    ("the same person twice", [HERS, HERS], True),
    ("the same under a new surname", [HERS, MARRIED], True),
    ("one of whom nothing is known", [HERS, {}], True),
    ("two people", [HERS, OTHERS], False),
    ("two surnames and nothing else", [{"surname": "Quillfeather"}, {"surname": "Stander"}], False),
    ("people of two forces", [HERS, {**HERS, "force": "Essex"}], False),
]


@pytest.mark.parametrize(("what", "had", "is_one"), SHARED, ids=[row[0] for row in SHARED])
def test_a_reference_that_two_people_have_had_names_neither(
    home: Path, tmp_path: Path, what: str, had: list[dict[str, str]], is_one: bool
) -> None:
    names = ("force", "forename", "surname", "born_on")
    rows = [{"crime_ref": f"C{n}", "person_ref": "P1", "role": "victim", **{c: one.get(c, "") for c in names}}
            for n, one in enumerate(had)]  # fmt: skip
    put(home, tmp_path, NOW, "people", [{**row, "force": row["force"] or "Kent"} for row in rows])
    Folder(home).admit("IM1", "information_manager")
    if is_one:
        assert erased(home, "P1").rows == {"people": len(had)}
        return
    with pytest.raises(RequestInvalid):
        erased(home, "P1")
    with pytest.raises(RequestInvalid):
        rectify(home, Folder(home).gate, RIGHTS, "P1", table="people", column="surname", value="X", why="of_another",
                authority="a letter", clock=clock)  # fmt: skip
    assert records_as_at(home, datetime.now(UTC)).table("people").collect().height == len(had)


def test_of_a_reference_given_again_the_one_who_is_named_is_erased(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, NOW, "people", [
        {"crime_ref": "C1", "person_ref": "P1", "role": "victim", **HERS},
        {"crime_ref": "C2", "person_ref": "P1", "role": "victim", **OTHERS},
    ])  # fmt: skip
    put(home, tmp_path, NOW, "wanted", [{"wanted_ref": "W1", "person_ref": "P1", "status": "wanted"}])
    folder = Folder(home)
    folder.admit("IM1", "information_manager")
    folder.admit("A1", "analyst")
    linking = Asking(officer="A1", role="analyst", purpose="linking people", reason="the year's lists")
    people.link(records_as_at(home, datetime.now(UTC)), folder.gate, linking, datetime.now(UTC))
    with pytest.raises(RequestInvalid) as refused:
        erased(home, "P1")
    state = people.state_of(home)
    named = set(state.people["person"])
    assert len(named) == 2
    assert all(one in str(refused.value.remedy) for one in named)
    (hers,) = [one for one in named if subject_of(home, one).parts["ref"].to_list() == ["C1"]]
    erased(home, hers)
    records = records_as_at(home, datetime.now(UTC))
    assert records.table("people_personal").collect()["surname"].to_list() == ["Stander"]
    assert records.table("wanted").collect().height == 1  # it may be of the other one


def test_what_comes_in_while_an_erasure_waits_is_erased_with_the_rest(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the naming of the person and the lock an import commits, and a hold is placed."""
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")
    checked = retention.nothing_waits

    def meanwhile(folder: Path) -> None:
        monkeypatch.setattr(retention, "nothing_waits", checked)
        path = tmp_path / "people_2022-07.csv"
        path.write_text(text([PEOPLE[0], ["Kent", "C3", *PEOPLE[1][2:]]]))
        import_files(folder, [path], clock=clock)

    monkeypatch.setattr(retention, "nothing_waits", meanwhile)
    erased(home, "PX777")
    erased(home, "NFRC777")
    assert remains(home, CANARIES)[0] == ()


def test_a_hold_that_is_placed_while_an_erasure_waits_is_kept_to(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")
    checked = retention.nothing_waits

    def meanwhile(folder: Path) -> None:
        monkeypatch.setattr(retention, "nothing_waits", checked)
        retention.hold(folder, subject_of(folder, "PX777"), reason="a trial", by="IM2", at=NOW)

    monkeypatch.setattr(retention, "nothing_waits", meanwhile)
    with pytest.raises(LegallyHeld):
        erased(home, "PX777")
    assert (
        "Quillfeather" in records_as_at(home, datetime.now(UTC)).table("people_personal").collect()["surname"].to_list()
    )


def erased(home: Path, key: str) -> erasure.Certificate:
    return retention.erase_person(home, Folder(home).gate, RIGHTS, key, clock=clock, backup_days=30)


def test_every_row_of_the_table_of_review_groups_says_how_far_it_is_known() -> None:
    assert {one.status for one in review_groups()} <= {"unconfirmed", "force to supply"}
    assert {one.status for one in review_groups() if one.age == "youth"} == {"force to supply"}
    assert review_group("1", False).retained_to_age == 100
    assert review_group("3", False).review_on(date(2020, 2, 29)) == date(2026, 2, 28)
    assert group_of_offence("28E") == "3"


ON_THE_SCREEN = [
    # what is asked for on the command line, and how
    (commands.erase, {"person": "PX777"}),
    (commands.hold, {"person": "PX777"}),
    (commands.release, {"number": 1}),
    (
        commands.rectify,
        {"person": "PX777", "column": "surname", "value": "x", "ground": "misrecorded", "authority": "y"},
    ),
]


@pytest.mark.parametrize(("command", "given"), ON_THE_SCREEN)
def test_where_a_service_is_over_the_records_what_answers_a_person_is_done_on_its_screen(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., None], given: dict[str, object]
) -> None:
    held(home, tmp_path)
    monkeypatch.setenv("FOURFOLD_HOME", str(home))
    (home / "service").mkdir()
    (home / "service" / "casework.sqlite3").touch()
    with pytest.raises(RequestInvalid, match="A service is over these records") as refused:
        command(**given, officer="IM1", reason="letter 41")
    assert "Rights requests" in refused.value.remedy
    assert Folder(home).entries() == []
    assert "people" in subject_of(home, "PX777").parts["table"]


def test_an_entry_of_one_log_is_not_closed_by_the_certificate_of_another(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")
    number = Folder(home).gate.asked(RIGHTS, "erasure", tables(), verb=VERB, at=NOW, phase="begun")
    erasure.erase(home, subject_of(home, "PX777"), clock=clock, entry=number, beside=lambda _: None)
    assert reconciled(home, Folder(home), NOW) == [(number, "not done")]
    (last,) = [one for one in Folder(home).entries() if one["phase"] == "closed"]
    assert json.loads(last["keys"]) == []
