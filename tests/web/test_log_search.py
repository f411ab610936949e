"""Searches of the log: whichever key or reference of somebody one has, every sight of that person is found, and of nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.analysis.entitlements import OF_REPORT
from fourfold.casework import audit, rights
from fourfold.casework.officers import Officer
from fourfold.casework.searches import looked_for
from fourfold.records.access import line_key, returned_key
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.disseminations import keys_of
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from fourfold.records.subjects import subject_of
from tests.records.extracts import extract, put

NOW = datetime(2022, 7, 7, 9, tzinfo=UTC)
FORCE = "leicestershire"
OWN = ("C1", "C1 P1", "C2 P1", "P1", "Q1", "V1", "T1")
"""What P1, the victim of C1 and a witness in C2, stands under on the log."""
OTHERS = ("C2", "C2 P2", "P2", "Q2", "C1 P3", "P3", "R1", f"R1 {OF_REPORT}")


@pytest.fixture
def held(home: Path, tmp_path: Path, settings: Any) -> Records:
    """Two crimes, with three people in them, their complaints and property, and a report of fraud that was sent to the force."""
    tables: dict[str, list[dict[str, str]]] = {
        "crimes": [{"crime_ref": ref, "recorded_at": "2022-06-07T09:00:00"} for ref in ("C1", "C2")],
        "people": [
            {"crime_ref": "C1", "person_ref": "P1", "role": "victim"}, {"crime_ref": "C1", "person_ref": "P3", "role": "suspect"},
            {"crime_ref": "C2", "person_ref": "P1", "role": "witness"}, {"crime_ref": "C2", "person_ref": "P2", "role": "victim"},
        ],
        "complaints": [
            {"complaint_ref": "Q1", "crime_ref": "C1", "person_ref": "P1", "received_on": "2022-06-20"},
            {"complaint_ref": "Q2", "crime_ref": "C2", "person_ref": "P2", "received_on": "2022-06-20"},
        ],
        "review_requests": [{"review_ref": "V1", "crime_ref": "C1", "person_ref": "P1", "received_on": "2022-06-21"}],
        "property": [
            {"property_ref": "T1", "crime_ref": "C1", "for_person_ref": "P1", "change": "held", "changed_at": "2022-06-09T09:00:00"}
        ],
        "fraud_victims_action_fraud": [{"report_ref": "R1", "reported_at": "2022-06-08T09:00:00"}],
        "fraud_disseminations_action_fraud": [{"report_ref": "R1", "kind": "pursue", "disseminated_on": "2022-06-09"}],
    }  # fmt: skip
    for n, (contract, rows) in enumerate(tables.items()):
        put(home, tmp_path, NOW + timedelta(minutes=n), contract, rows)
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = home, FORCE
    return records_as_at(home, Lake(home).last_change())


def test_a_person_is_looked_for_under_every_key_whichever_of_the_persons_own_is_known(held: Records) -> None:
    person = subject_of(held.home, "P1")
    by_any = [looked_for(held, text) for text in ("P1", "C1 P1", "C2 P1", person.key)]
    for found in by_any:
        assert {*OWN, person.key, *person.entries} <= set(found.keys)
        assert not set(OTHERS) & set(found.keys)
        assert (found.of, found.fault) == ("a person, by every key and reference", "")


def test_a_victim_of_fraud_is_looked_for_by_the_report_and_by_the_case_that_it_became(held: Records) -> None:
    [case] = keys_of(held.home, [(FORCE, "R1")])
    report = subject_of(held.home, "R1")
    assert {"R1", f"R1 {OF_REPORT}", case, report.key, *report.entries} <= set(looked_for(held, "R1").keys)


def test_a_crime_is_looked_for_with_those_in_it_and_what_is_neither_by_itself_alone(held: Records) -> None:
    crime = looked_for(held, "C1")
    assert {*OWN, subject_of(held.home, "P1").key, "C1 P3"} <= set(crime.keys)
    assert set(OTHERS) & set(crime.keys) == {"C1 P3"}
    assert crime.of == "a crime and those in it, and its victim by every key and reference"
    nothing = looked_for(held, "Jane Smith")
    assert (nothing.keys, nothing.of) == (("Jane Smith",), "")


def test_of_a_crime_of_several_victims_it_is_said_that_one_is_to_be_named(held: Records, tmp_path: Path) -> None:
    put(held.home, tmp_path, NOW + timedelta(days=1), "people", [
        {"crime_ref": "C1", "person_ref": ref, "role": "victim"} for ref in ("P1", "P4")
    ])  # fmt: skip
    found = looked_for(records_as_at(held.home, Lake(held.home).last_change()), "C1")
    assert {"C1", "C1 P1", "C1 P4"} <= set(found.keys)
    assert "Q1" not in found.keys
    assert "name one of its 2 victims" in found.of


def test_a_reference_that_two_people_had_is_said_to_be_so(held: Records, tmp_path: Path) -> None:
    put(held.home, tmp_path, NOW + timedelta(days=1), "people", [
        {"force": "Kent", "crime_ref": "K1", "person_ref": "P1", "role": "victim"}
    ], "2022-07")  # fmt: skip
    found = looked_for(records_as_at(held.home, Lake(held.home).last_change()), "P1")
    assert found.keys == ("P1",)
    assert "More than one person has had that reference" in found.fault


def batch_of(held: Records, table: str) -> str:
    return next(b.batch_id for b in Lake(held.home).batches() if table in b.tables)


LINES = {
    "crimes": ({2}, {2}), "people": ({2, 4}, {2, 3}), "complaints": ({2}, {2}), "review_requests": ({2}, {2}),
    "property": ({2}, {2}), "fraud_victims": (set(), set()), "fraud_disseminations": (set(), set()),
}  # fmt: skip
"""By table, the lines of its file that are of P1, the victim of C1 and a witness in C2; and those that are of the crime C1."""


def test_what_is_shown_by_file_and_line_is_found_by_the_person_and_by_the_crime_that_the_line_is_of(
    held: Records,
) -> None:
    batches = {batch_of(held, table): table for table in LINES}

    def lines_in(keys: tuple[str, ...]) -> dict[str, set[int]]:
        told = [key.partition(":") for key in keys if key.partition(":")[0] in batches]
        return {table: {int(line) for batch, _, line in told if batches[batch] == table} for table in LINES}

    assert lines_in(looked_for(held, "P1").keys) == {table: own for table, (own, _) in LINES.items()}
    about = lines_in(tuple(key for key in looked_for(held, "C1").keys))
    assert about == {table: own | of_crime for table, (own, of_crime) in LINES.items()}, "the crime, and its one victim"
    report = lines_in(looked_for(held, "R1").keys)
    assert {table: lines for table, lines in report.items() if lines} == {
        "fraud_victims": {2},
        "fraud_disseminations": {2},
    }
    witness = lines_in(looked_for(held, "C2 P2").keys)
    assert witness["crimes"] == {3}, "the crime that P2 suffered"
    assert witness["people"] == {5}


def test_the_lines_returned_of_a_file_are_found_by_whoever_is_in_one_of_them(held: Records, tmp_path: Path) -> None:
    rows = [{"crime_ref": "C2", "person_ref": "P2", "role": "victim"}]
    file = extract(tmp_path, "people", rows, "2022-07")
    file.write_text(file.read_text() + "C1,P1\n")
    import_files(held.home, [file], clock=lambda: NOW + timedelta(days=1))
    [batch] = [b for b in Lake(held.home).batches() if int(b.account["rejected"])]
    keys = set(looked_for(held, "P1").keys)
    assert {returned_key(batch.batch_id), line_key(batch.batch_id, 3)} <= keys
    assert returned_key(batch.batch_id) not in looked_for(held, "P2").keys


@pytest.mark.parametrize("known", ["P1", "C1 P1", "C1", "the person's key"])
def test_who_saw_a_line_of_a_file_is_found_by_any_key(
    held: Records, as_role: Callable[..., Client], known: str
) -> None:
    people, crimes = batch_of(held, "people"), batch_of(held, "crimes")
    of_others = [people, crimes, line_key(people, 5), line_key(crimes, 3), f"{people}:returned"]
    for n, key in enumerate((line_key(people, 2), line_key(crimes, 2), *of_others)):
        audit.entered(audit.Who(f"the {n}th"), "consultation", "read", "source_lines", at=NOW, keys=[key])
    person = subject_of(held.home, "P1").key if known == "the person's key" else known
    manager = as_role("information_manager")
    text = manager.get("/accountability/log", {"about": person, "record_class": "source_lines"}).content.decode()
    assert [n for n in range(7) if f"the {n}th" in text] == [0, 1]


def test_a_person_who_asks_is_told_of_the_lines_that_were_seen(held: Records, as_role: Callable[..., Client]) -> None:
    as_role("information_manager")
    manager, now = Officer.objects.get(), datetime.now(UTC)
    crimes = batch_of(held, "crimes")
    for verb, line in (("seen in a line", 2), ("another's line", 3)):
        audit.entered(audit.Who("X"), "consultation", verb, "source_lines", at=NOW, keys=[line_key(crimes, line)])
    asked = rights.open_request(manager.who(now), "access", reference="SAR 1", received_on=date(2022, 7, 7), at=now)
    named = rights.name_person(manager.who(now), asked, "P1", version=asked.version, at=now)
    told = rights.answer_access(manager, named, recipient="the person", reason="a letter", at=now)
    assert [one.verb for one in told.sights if one.officer == "X"] == ["seen in a line"]


@pytest.mark.parametrize("known", ["P1", "C1 P1", "C1", "the person's key"])
def test_who_saw_a_victim_on_any_page_is_found_by_any_key(
    held: Records, as_role: Callable[..., Client], known: str
) -> None:
    as_role("supervisor").get("/owed/journey?crime=C1&victim=P1")
    for n, key in enumerate(("C1", "Q1", *OTHERS)):
        who = audit.Who(f"the {n}th")
        audit.entered(who, "consultation", "read", "cocoons", at=NOW, keys=[key])
    manager = as_role("information_manager")
    person = subject_of(held.home, "P1").key
    page = manager.get("/accountability/log", {"about": person if known == "the person's key" else known})
    shown = page.context["entries"] if page.context else None
    text = page.content.decode()
    assert page.status_code == 200
    assert "Officer supervisor" in text
    assert "the 1th" in text, "the complaint"
    assert not any(f"the {n}th" in text for n in (2, 3, 4, 5, 8, 9)), "what is of others alone"
    assert shown is None or shown.total
    [search] = audit.Entry.objects.filter(verb="search the log")
    assert search.key_list == [person if known == "the person's key" else known]
