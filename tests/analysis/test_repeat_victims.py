"""Repeat victimisation: how often, how soon, of what, and lost how much, as a table that a superintendent can read."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fourfold.analysis.findings import Finding, finding_from_dict
from fourfold.analysis.repeat_victims import repeat_victimisation
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld
from fourfold.records import people
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from tests.conftest import CommandLine

AT = datetime(2022, 12, 1, 9, tzinfo=UTC)
YEAR = Window(date(2022, 1, 1), date(2022, 12, 31))
ASKING = Asking(officer="A1", role="analyst", purpose="linking people")
HEADER = ["force", "week_starting", "report_ref", "reported_at", "nfib_code", "victim_type", "organisation_name", "forename",
          "surname", "born_on", "address", "postcode", "phone", "loss_pence"]  # fmt: skip
JEAN = ["", "Jean", "Okonjo", "1948-03-02", "4 Tern Row", "XS1 1AA", "07700 900123"]
ADE = ["", "Ade", "Bright", "1990-01-01", "9 Kelp Lane", "XS9 9ZZ", "07700 900999"]
OLIVE = ["", "Olive", "Tarrow", "1999-09-09", "7 Quay", "XS2 2BB", "07700 900555"]
SHOP = ["Tern Stores Ltd", "", "", "", "1 Quay", "XS2 2BB", ""]
REPORTS = [
    # who, on which day, of what, lost what ("" where it is not given)
    ("N1", JEAN, "2021-11-01", "NFIB90", "1000"),  # before the window: her first time
    ("N2", JEAN, "2022-01-10", "NFIB1D", ""),  # 70 days later
    ("N3", JEAN, "2022-01-14", "NFIB1D", "500"),  # 4 days later
    ("N4", ADE, "2022-03-01", "NFIB3A", "0"),  # an attempt: a loss of nought is one given
    ("N5", OLIVE, "2022-05-05", "NFIB3A", "700"),
    ("N6", SHOP, "2022-06-01", "NFIB5B", "9000"),
    ("N7", SHOP, "2022-06-02", "NFIB5B", "1"),
]
EXPECTED = [
    # about, which, n, of, losses given, pence, losses not given
    ("how often", "1", 2, 3, None, None, None),
    ("how often", "2", 0, 3, None, None, None),
    ("how often", "3", 1, 3, None, None, None),
    ("how often", "4", 0, 3, None, None, None),
    ("how often", "5 or more", 0, 3, None, None, None),
    ("how soon", "within 7 days", 1, 2, None, None, None),
    ("how soon", "8 to 28 days", 0, 2, None, None, None),
    ("how soon", "29 to 91 days", 1, 2, None, None, None),
    ("how soon", "92 to 365 days", 0, 2, None, None, None),
    ("how soon", "over 365 days", 0, 2, None, None, None),
    ("of what", "NFIB1D", 2, 2, 1, 500, 1),
    ("lost", "first time", 2, 4, 2, 700, 0),
    ("lost", "return", 2, 4, 1, 500, 1),
]


def listed(home: Path, made: Path, rows: list[tuple[str, list[str], str, str, str]], name: str = "1") -> None:
    path = made / f"fraud_victims_{name}.csv"
    with path.open("w", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(HEADER)
        for ref, who, day, code, loss in rows:
            kind = "organisation" if who[0] else "person"
            lines.writerow(["saltmere", "2022-01-03", ref, f"{day}T10:00:00", code, kind, *who, loss])
    import_files(home, [path], clock=lambda: AT)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    listed(tmp_path / "home", tmp_path, REPORTS)
    return tmp_path / "home"


def held(home: Path) -> Records:
    return records_as_at(home, AT + timedelta(hours=1))


def told(home: Path, *, firms: bool = False, link: bool = True) -> Finding:
    folder = Folder(home)
    folder.admit("A1", "analyst")
    if link:
        people.link(held(home), folder.gate, ASKING, AT)
    return repeat_victimisation(held(home), people.state_of(home), "saltmere", YEAR, firms=firms)


def test_how_often_how_soon_of_what_and_lost_how_much(home: Path) -> None:
    finding = told(home)
    assert (finding.value, finding.n) == (1, 3)
    assert finding.table is not None
    assert list(finding.table.rows) == EXPECTED
    assert finding_from_dict(finding.as_dict()) == finding
    assert "Reports whose loss is not given, which is not nought: 1 of 4." in finding.notes
    assert any(note.startswith("The records begin on 2021-11-01") for note in finding.notes)


def test_organisations_are_told_apart_from_persons(home: Path) -> None:
    finding = told(home, firms=True)
    assert (finding.value, finding.n) == (1, 1)
    assert finding.table is not None
    assert ("of what", "NFIB5B", 1, 1, 1, 1, 0) in finding.table.rows


def test_what_came_after_the_last_linking_is_said(home: Path, tmp_path: Path) -> None:
    told(home)
    listed(home, tmp_path, [("N8", OLIVE, "2022-07-01", "NFIB3A", "5")], "2")
    finding = told(home, link=False)
    assert (finding.value, finding.n) == (1, 3)
    assert any("after people were last linked, which stand in no figure here: 1." in note for note in finding.notes)
    assert told(home).value == 2


def test_nothing_is_said_before_the_first_linking(home: Path) -> None:
    with pytest.raises(NothingHeld):
        repeat_victimisation(held(home), people.State(), "saltmere", YEAR)


@pytest.mark.slow
def test_the_command_says_it(fourfold: CommandLine, tmp_path: Path) -> None:
    listed(fourfold.home, tmp_path, REPORTS)
    fourfold("people", "repeats", "--force", "saltmere", "--from", "2022-01", "--to", "2022-12", code=15)
    fourfold("people", "admit", "A1", "--role", "analyst")
    fourfold("people", "link", "--officer", "A1")
    said = fourfold("people", "repeats", "--force", "saltmere", "--from", "2022-01", "--to", "2022-12").out
    assert "1 of 3 who were victims had been victims before" in said
    assert "Okonjo" not in said
