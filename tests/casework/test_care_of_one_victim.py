"""One victim is in one officer's hands: by another report, and taken up before anybody was compared with anybody."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fourfold.analysis import triage
from fourfold.analysis.triage import Listed
from fourfold.casework import care
from fourfold.casework.audit import Entry, Who
from fourfold.casework.care import Seen
from fourfold.casework.care_cases import CareCase
from fourfold.casework.events import Event
from fourfold.cli import app
from fourfold.codes.triage_rules import triage_rule
from fourfold.errors import Conflict
from fourfold.records import people, weekly_lists
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from fourfold.records.recognition import recognise
from tests import fraud_lists
from tests.casework.test_crowds_and_kills import acted
from tests.fraud_lists import FORCE, MONDAY

pytestmark = pytest.mark.django_db
VAL, WYN = Who("val", ("victim_care_officer",)), Who("wyn", ("victim_care_officer",))
ASKING = Asking(officer="A1", role="analyst", purpose="linking people")
TWICE = {"forename": "Jean", "surname": "Okonjo", "born_on": "1948-03-02", "phone": "07700 900123", "address": "4 Tern Row",
         "postcode": "XS1 1AA", "nfib_code": "NFIB1D"}  # fmt: skip


class Unit:
    """A victim-care unit to which lists come, an hour apart."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.hour = folder, folder / "home", 0

    @property
    def at(self) -> datetime:
        return datetime(2022, 10, 17, 6, tzinfo=UTC) + timedelta(hours=self.hour)

    @property
    def records(self) -> Records:
        return records_as_at(self.home, self.at + timedelta(minutes=30))

    def came(self, monday: date, *rows: list[str]) -> None:
        self.hour += 1
        import_files(
            self.home, [fraud_lists.list_file(self.folder / str(self.hour), monday, list(rows))], clock=lambda: self.at
        )

    def compared(self) -> None:
        folder = Folder(self.home)
        folder.admit("A1", "analyst")
        recognise(self.records, folder.gate, ASKING, self.at)

    def linked(self) -> None:
        self.compared()
        people.link(self.records, Folder(self.home).gate, ASKING, self.at)
        care.recognise_victims(self.records, at=self.at)

    def listed(self) -> dict[str, Listed]:
        records = self.records
        rows = weekly_lists.week_rows(records, FORCE, MONDAY)
        every = triage.listed(rows, triage_rule(), weekly_lists.known(records, rows["key"]))
        return {one.report_ref: one for one in every}

    def taken_up(self, who: Who, ref: str) -> CareCase:
        return care.take_up(who, self.listed()[ref], force_id=FORCE, week=MONDAY, rule="score_15_or_more", at=self.at)


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return Unit(tmp_path)


def both() -> list[list[str]]:
    """Two reports of one person, and one of another."""
    return [fraud_lists.row(0, **TWICE), fraud_lists.row(1, **TWICE), fraud_lists.row(2)]


ONE, AGAIN, OTHER = "NFRC22000000", "NFRC22000001", "NFRC22000002"


def test_a_case_begun_before_people_were_compared_is_found_by_the_victims_other_report(unit: Unit) -> None:
    unit.came(MONDAY, *both())
    case = unit.taken_up(VAL, ONE)
    unit.linked()
    with pytest.raises(Conflict):
        unit.taken_up(WYN, AGAIN)
    listed = unit.listed()
    found = care.open_cases({one.key: one.names for one in listed.values()})
    assert found == {listed[ONE].key: [case], listed[AGAIN].key: [case]}
    assert unit.taken_up(WYN, OTHER).officer == "wyn"


def test_after_a_linking_the_case_is_kept_under_the_person_and_the_log_says_so(unit: Unit) -> None:
    unit.came(MONDAY, *both())
    case = unit.taken_up(VAL, ONE)
    key, version = case.subject, case.version
    unit.linked()
    case.refresh_from_db()
    person = unit.listed()[ONE].person
    assert person is not None
    assert (case.subject, case.version) == (person, version), "what an officer saw of it has not changed"
    entry = Entry.objects.get(verb="recognise_victim")
    assert set(entry.key_list) == {case.identity, key, person}
    assert Event.objects.filter(verb="recognise_victim", subject=case.identity).count() == 1
    assert care.recognise_victims(unit.records, at=unit.at) == 0


def test_two_new_reports_of_one_person_who_has_no_identifier_yet_are_one_victim(unit: Unit) -> None:
    unit.came(MONDAY - timedelta(days=7), fraud_lists.row(9, MONDAY - timedelta(days=7)))
    unit.linked()
    unit.came(MONDAY, *both())
    unit.compared()
    assert unit.listed()[ONE].person is None
    unit.taken_up(VAL, AGAIN)
    with pytest.raises(Conflict):
        unit.taken_up(WYN, ONE)
    unit.linked()
    with pytest.raises(Conflict):
        unit.taken_up(WYN, ONE)


def test_two_cases_that_turn_out_to_be_of_one_victim_both_stand_and_both_are_shown(unit: Unit) -> None:
    unit.came(MONDAY, *both())
    one, two = unit.taken_up(VAL, ONE), unit.taken_up(WYN, AGAIN)
    unit.linked()
    listed = unit.listed()
    found = care.open_cases({v.key: v.names for v in listed.values()})
    assert found == {listed[ONE].key: [one, two], listed[AGAIN].key: [one, two]}
    two.refresh_from_db()
    care.record_attempt(Seen(WYN, two, two.version, unit.at), means="phone", is_reached=True)
    two.refresh_from_db()
    care.close_case(Seen(WYN, two, two.version, unit.at), outcome="safeguarded")
    with pytest.raises(Conflict):
        unit.taken_up(WYN, AGAIN)


def test_one_report_is_taken_up_once_whatever_its_victim_goes_by(unit: Unit) -> None:
    unit.came(MONDAY, *both())
    unit.taken_up(VAL, OTHER)
    with pytest.raises(Conflict):
        unit.taken_up(WYN, OTHER)


def second_case_is_closed(found: dict[str, Any]) -> None:
    """Of two open cases of a report the younger is closed, with its steps; the older, and everybody else's, stand as they were."""
    assert found["cases"] == {
        "younger": ["closed", "duplicate", 2, True, ["attempt"]], "older": ["open", "", 1, False, []],
        "another": ["open", "", 1, False, []], "earlier": ["closed", "", 1, False, []],
    }  # fmt: skip
    assert found["events"] == [["younger", "system", "close_case"]], "nobody decided it, and it is said"
    assert found["is_forbidden"], "two open cases of one report"


def test_two_open_cases_of_one_report_are_one_before_the_database_forbids_them(tmp_path: Path) -> None:
    """As a start of the service does it: the database of before, with its rows, is migrated."""
    second_case_is_closed(acted(tmp_path / "home", "second-cases"))


def test_the_command_that_links_people_keeps_the_open_cases_as_the_page_does(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOURFOLD_HOME", str(unit.home))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.service_settings")  # put back after the command
    monkeypatch.setattr("fourfold.cli.people.has_service", lambda home: home == unit.home)
    unit.came(MONDAY, *both())
    case = unit.taken_up(VAL, ONE)
    Folder(unit.home).admit("A1", "analyst")
    done = CliRunner().invoke(app, ["people", "link", "--officer", "A1"])
    assert done.exit_code == 0, done.output
    case.refresh_from_db()
    assert case.subject != case.key, "kept under the person"
    entry = Entry.objects.get(verb="recognise_victim")
    assert entry.officer == "system"
    assert set(entry.key_list) == {case.identity, case.key, case.subject}
    assert Event.objects.filter(verb="recognise_victim", subject=case.identity).count() == 1
