"""Discrepancies: what cannot all be so, and what came late, is kept and listed by batch and line, and never by a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from fourfold.records.as_at import records_as_at
from fourfold.records.discrepancies import KINDS, discrepancies
from fourfold.records.imports import withdraw
from fourfold.records.lake import SCHEMAS
from fourfold.records.suppliers import catalogue
from tests.conftest import CommandLine
from tests.records.extracts import at, put

Found = list[tuple[str, str, int]]
CRIME = {"crime_ref": "A1", "recorded_at": "2022-06-10T12:00:00", "reported_at": "2022-06-10T11:00:00"}


def found(home: Path, **narrowed: str) -> Found:
    rows = discrepancies(records_as_at(home, at(30)), **narrowed).rows
    return [(row["table"], row["rule"], row["line_number"]) for row in rows.iter_rows(named=True)]


@pytest.mark.parametrize(
    ("contract", "row", "rule"),
    [
        ("crimes", {"committed_from": "2022-06-02T10:00:00", "committed_to": "2022-06-02T10:00:00"}, None),
        ("crimes", {"committed_from": "2022-06-02T10:01:00", "committed_to": "2022-06-02T10:00:00"},
         "A crime ended before it began."),
        ("crimes", {"reported_at": "2022-06-16T10:00:00"}, "A crime was recorded before it was reported."),
        ("crimes", {"status": "cancelled", "status_on": "2022-06-14"},
         "A crime was cancelled or transferred before it was recorded."),
        ("crimes", {"status": "cancelled", "status_on": "2022-06-15"}, None),  # on the day itself
        ("crime_outcomes", {"crime_ref": "A1", "outcome_on": "2022-06-09"}, "An outcome was assigned before the crime was recorded."),
        ("crime_outcomes", {"crime_ref": "A1", "outcome_on": "2022-06-10"}, None),
        ("investigation_events", {"crime_ref": "A1", "kind": "charge", "happened_at": "2022-06-10T11:59:00"},
         "A suspect was charged or dealt with before the crime was recorded."),
        ("investigation_events", {"crime_ref": "A1", "kind": "charge", "happened_at": "2022-06-10T12:00:00"}, None),
        ("investigation_events", {"crime_ref": "A1", "kind": "arrest", "happened_at": "2022-06-10T11:59:00"}, None),
        ("victim_contacts", {"crime_ref": "A1", "contacted_at": "2022-06-10T10:59:00"},
         "A victim was contacted before the crime was reported."),
        ("victim_contacts", {"crime_ref": "A1", "contacted_at": "2022-06-10T10:30:00Z"}, None),  # half past eleven in London
        ("ownership", {"crime_ref": "A1", "owned_from": "2022-06-12T10:00:00", "owned_to": "2022-06-11T10:00:00"},
         "A crime left a unit before it came to it."),
        ("ownership", {"crime_ref": "A1", "owned_from": "2022-06-12T10:00:00", "owned_to": ""}, None),
        ("precharge_submissions", {"crime_ref": "A1", "replied_at": "2022-06-01T10:00:00"},
         "A submission was answered before it was sent."),
        ("victim_contacts", {"crime_ref": "B7"}, "crime_ref names a row of crimes that is not held."),
        ("victim_contacts", {"crime_ref": "B7", "force": "Kent Police"}, "crime_ref names a row of crimes that is not held."),
        ("victim_contacts", {"crime_ref": "A1", "method": "pigeon"}, "method unknown to the list."),
        ("victim_contacts", {"crime_ref": "A1", "contacted_at": "soon"}, "contacted_at unreadable."),
    ],
)  # fmt: skip
def test_what_is_at_odds(home: Path, tmp_path: Path, contract: str, row: dict[str, str], rule: str | None) -> None:
    put(home, tmp_path, at(1), "crimes", [CRIME])
    put(home, tmp_path, at(2), contract, [row])
    assert found(home) == ([] if rule is None else [(catalogue.contract(contract).table, rule, 2)])


@pytest.mark.parametrize(
    ("contract", "rows", "line"),
    [
        ("vehicles", [{"change": "stolen", "changed_at": "2022-06-12T12:00:00"}, {"change": "found"}], None),
        ("vehicles", [{"change": "found"}, {"change": "stolen", "changed_at": "2022-06-16T12:00:00"}], 2),
        ("property", [{"change": "returned"}, {"change": "held", "changed_at": "2022-06-16T12:00:00"}], 2),
        ("property", [{"change": "returned"}, {"change": "damaged", "changed_at": "2022-06-16T12:00:00"}], None),
    ],
)
def test_two_rows_of_one_thing_in_an_impossible_order(
    home: Path, tmp_path: Path, contract: str, rows: list[dict[str, str]], line: int | None
) -> None:
    same = {"vehicle_ref": "V1"} if contract == "vehicles" else {"property_ref": "P1"}
    put(home, tmp_path, at(1), "crimes", [CRIME])
    put(home, tmp_path, at(2), contract, [{"crime_ref": "A1", **same, **row} for row in rows])
    assert [n for _, _, n in found(home, kind="order")] == ([] if line is None else [line])


def test_a_listing_names_the_row_that_a_row_is_at_odds_with(home: Path, tmp_path: Path) -> None:
    crimes = put(home, tmp_path, at(1), "crimes", [{"crime_ref": "A0"}, CRIME])
    outcomes = put(home, tmp_path, at(2), "crime_outcomes", [{"crime_ref": "A1", "outcome_on": "2022-06-01"}])
    (row,) = discrepancies(records_as_at(home, at(30))).rows.to_dicts()
    assert (row["batch_id"], row["line_number"]) == (outcomes.batch.batch_id, 2)
    assert (row["other_batch_id"], row["other_line_number"]) == (crimes.batch.batch_id, 3)


def test_rows_of_one_key_in_one_file_are_each_listed(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, at(1), "crimes", [CRIME, {"crime_ref": "A2"}, CRIME])
    assert found(home) == [
        ("crimes", "The key stands more than once in the file; the last row speaks.", 2),
        ("crimes", "The key stands more than once in the file; the last row speaks.", 4),
    ]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (
            {"crime_ref": "A1", "recorded_at": "2022-06-10T12:00:00"},
            "Corrects a row of before the months that its file is for.",
        ),
        ({"crime_ref": "A9", "recorded_at": "2022-06-10T12:00:00"}, "Comes after the months that it is dated in."),
        ({"crime_ref": "A9", "recorded_at": "2022-07-10T12:00:00"}, None),
        ({"crime_ref": "A1", "recorded_at": "2022-07-10T12:00:00"}, None),  # its day is corrected to this file's month
    ],
)
def test_late_corrections_and_late_rows_are_told_apart(
    home: Path, tmp_path: Path, row: dict[str, str], rule: str | None
) -> None:
    first = put(home, tmp_path, at(1), "crimes", [CRIME])
    put(home, tmp_path, at(2), "crimes", [row], months="2022-07")
    rows = discrepancies(records_as_at(home, at(30))).rows.to_dicts()
    assert [r["rule"] for r in rows] == ([] if rule is None else [rule])
    if rule is not None and rule.startswith("Corrects"):
        assert (rows[0]["other_batch_id"], rows[0]["other_line_number"]) == (first.batch.batch_id, 2)


def test_what_is_corrected_or_withdrawn_is_at_odds_no_longer(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, at(1), "crimes", [CRIME])
    put(home, tmp_path, at(2), "victim_contacts", [{"contact_ref": "C1", "crime_ref": "B7"}])
    assert len(found(home)) == 1
    put(home, tmp_path, at(3), "victim_contacts", [{"contact_ref": "C1", "crime_ref": "A1"}])
    assert found(home) == []
    last = records_as_at(home, at(4)).standing[-1]
    withdraw(home, last.batch_id, reason="test", clock=lambda: at(5))
    assert len(found(home)) == 1
    assert len(discrepancies(records_as_at(home, at(4))).rows) == 0


def test_what_cannot_be_looked_for_is_said(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, at(1), "victim_contacts", [{"crime_ref": "B7"}])
    told = discrepancies(records_as_at(home, at(2)))
    assert told.rows.is_empty()
    assert "Orphans of victim_contacts.crime_ref: no crimes are held." in told.not_looked_for


@pytest.mark.slow
def test_the_command_lists_files_and_lines_and_no_value(fourfold: CommandLine, tmp_path: Path) -> None:
    secret = {"contact_ref": "C1", "crime_ref": "B7", "note": "Mrs Example of Example Street", "method": "Example"}
    put(fourfold.home, tmp_path, at(1), "crimes", [CRIME])
    put(fourfold.home, tmp_path, at(2), "victim_contacts", [{"crime_ref": "A1"}, secret, secret])
    said = fourfold("discrepancies", "--lines").out
    assert "orphan: victim_contacts: crime_ref names a row of crimes that is not held." in said
    assert "victim_contacts_2022-06.csv: line 3-4" in said  # of a key that is repeated both lines are listed
    assert "Example" not in said
    assert "B7" not in said
    plain = fourfold("discrepancies", "--kind", "orphan", "--force", "leicestershire", "--json").json
    assert [(row["file"], row["line_number"]) for row in plain["rows"]] == [("victim_contacts_2022-06.csv", 4)]
    assert "Example" not in str(plain)
    assert fourfold("discrepancies", "--kind", "orphan", "--force", "kent").out.startswith("Nothing is at odds")
    assert "Use one of" in fourfold("discrepancies", "--kind", "oddity", code=14).err


@pytest.mark.parametrize("contract", catalogue.contracts(), ids=lambda c: c.name)
def test_every_order_is_of_columns_that_there_are(contract: object) -> None:
    from fourfold.records.suppliers.contracts import Contract

    assert isinstance(contract, Contract)
    for order in contract.orders:
        table = order.earlier.partition(".")[0] if "." in order.earlier else contract.table
        own, theirs = SCHEMAS[contract.table], SCHEMAS[table]
        assert order.rule.endswith(".")
        assert order.later in own
        assert order.earlier.rpartition(".")[2] in theirs
        assert set(order.only) <= set(own)
        assert set(order.earlier_only) <= set(theirs)
        for column, words in order.only.items():
            assert set(words) <= set(contract.field(column).codes or ())
        assert (table == contract.table) == (bool(order.by) or "." not in order.earlier)


def test_the_kinds_are_those_that_the_page_names() -> None:
    assert KINDS == ("orphan", "order", "duplicate", "late", "fault")
