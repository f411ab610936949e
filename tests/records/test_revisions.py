"""Revisions: what the last extract, or the time between two instants, changed of what is said of crimes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fourfold.errors import NothingHeld
from fourfold.records.imports import withdraw
from fourfold.records.revisions import revisions
from tests.conftest import CommandLine
from tests.records.extracts import at, put

WAS = {"crime_ref": "A1", "offence_code": "34B", "recorded_at": "2022-06-10T12:00:00", "status": "recorded"}


def told(home: Path, until: int = 30, since: int | None = None) -> list[tuple[str, str, str | None, str | None]]:
    found = revisions(home, at(until), at(since) if since else None).rows
    return [(r["kind"], r["crime_ref"], r["before"], r["after"]) for r in found.iter_rows(named=True)]


@pytest.mark.parametrize(
    ("now", "revised"),
    [
        ({"reported_at": "2022-06-10T11:00:00"}, []),  # nothing that a count rests on
        ({"crime_ref": "A2"}, [("new", "A2", None, "34B")]),
        ({"offence_code": "39"}, [("reclassified", "A1", "34B", "39")]),
        ({"status": "cancelled", "status_on": "2022-06-20"}, [("cancelled", "A1", "recorded", "cancelled")]),
        ({"status": "cancelled", "status_on": "2022-12-31"}, []),  # not yet
        ({"status": "transferred"}, [("transferred", "A1", "recorded", "transferred")]),
        ({"recorded_at": "2022-05-31T12:00:00"}, [("re-dated", "A1", "2022-06-10", "2022-05-31")]),
        ({"recorded_at": "2022-06-10T23:30:00"}, []),  # the same day
        (
            {"offence_code": "39", "status": "cancelled"},
            [("reclassified", "A1", "34B", "39"), ("cancelled", "A1", "recorded", "cancelled")],
        ),
    ],
)
def test_what_the_last_extract_revised(
    home: Path, tmp_path: Path, now: dict[str, str], revised: list[tuple[str, str, str | None, str | None]]
) -> None:
    put(home, tmp_path, at(1), "crimes", [WAS])
    put(home, tmp_path, at(2), "crimes", [{**WAS, **now}], months="2022-07")
    assert told(home) == revised


def test_between_two_instants_only_what_changed_between_them_is_told(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, at(1), "crimes", [WAS])
    put(home, tmp_path, at(3), "crimes", [{**WAS, "status": "cancelled"}], months="2022-07")
    put(home, tmp_path, at(5), "crimes", [{**WAS, "status": "reinstated"}], months="2022-08")
    assert told(home, until=4, since=2) == [("cancelled", "A1", "recorded", "cancelled")]
    assert told(home, until=6, since=4) == [("reinstated", "A1", "cancelled", "reinstated")]
    assert told(home, until=6, since=2) == []  # there and back again
    assert told(home, until=2, since=1) == []


@pytest.mark.parametrize(
    ("then", "now", "revised"),
    [
        ([], [("O1", "18", "2022-06-20")], [("outcome given", "A1", None, "18")]),
        ([("O1", "0", "2022-06-20")], [("O2", "1", "2022-06-21")], [("outcome given", "A1", None, "1")]),
        ([("O1", "18", "2022-06-20")], [("O2", "1", "2022-06-21")], [("outcome moved", "A1", "18", "1")]),
        ([("O1", "18", "2022-06-20")], [("O1", "16", "2022-06-20")], [("outcome moved", "A1", "18", "16")]),
        ([("O1", "18", "2022-06-20")], [("O2", "1", "2022-06-19")], []),  # an earlier one: the latest is the same
    ],
)
def test_outcomes_given_and_moved(
    home: Path,
    tmp_path: Path,
    then: list[tuple[str, str, str]],
    now: list[tuple[str, str, str]],
    revised: list[tuple[str, str, str | None, str | None]],
) -> None:
    put(home, tmp_path, at(1), "crimes", [WAS])
    for day, outcomes in ((2, then), (3, now)):
        rows = [{"crime_ref": "A1", "outcome_ref": r, "outcome_type": t, "outcome_on": on} for r, t, on in outcomes]
        if rows:
            put(home, tmp_path, at(day), "crime_outcomes", rows)
    found = revisions(home, at(30)).rows
    rows_told = [(r["kind"], r["crime_ref"], r["before"], r["after"]) for r in found.iter_rows(named=True)]
    assert [row for row in rows_told if row[0].startswith("outcome")] == revised
    assert all(r["offence_code"] == "34B" for r in found.iter_rows(named=True))


def test_a_withdrawal_is_a_revision_too(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, at(1), "crimes", [WAS])
    second = put(home, tmp_path, at(2), "crimes", [{"crime_ref": "A2"}])
    withdraw(home, second.batch.batch_id, reason="test", clock=lambda: at(4))
    assert told(home, until=5, since=3) == [("gone", "A2", "48", None)]


def test_published_tables_tell_of_no_revision(home: Path) -> None:
    with pytest.raises(NothingHeld):
        revisions(home, at(1))


@pytest.mark.slow
def test_the_command_counts_them_and_leads_to_the_lines(fourfold: CommandLine, tmp_path: Path) -> None:
    put(fourfold.home, tmp_path, at(1), "crimes", [WAS, {"crime_ref": "A3"}])
    put(
        fourfold.home, tmp_path, at(2), "crimes", [{**WAS, "offence_code": "39"}, {"crime_ref": "A2"}], months="2022-07"
    )
    said = fourfold("revisions", "--lines").out
    assert [line.split() for line in said.splitlines() if line.startswith(("new", "reclassified"))][:2] == [
        ["new", "1"],
        ["reclassified", "1"],
    ]
    assert "crimes_2022-07.csv: line 3" in said
    by_month = fourfold("revisions", "--by", "month", "--json").json
    assert by_month["counts"] == [
        {"kind": "new", "recorded_month": "2022-06-01", "n": 1},
        {"kind": "reclassified", "recorded_month": "2022-06-01", "n": 1},
    ]
    assert "Nothing was revised" in fourfold("revisions", "--since", "2022-07-02", "--as-at", "2022-07-03").out
