"""The quality report of Saltmere is counted again by plain loops over its files, and gives back the rates that were planted."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from fourfold.records.reconciliation import PAIRS, fraud_codes
from tests.demo.conftest import CANCELLED, Saltmere

pytestmark = pytest.mark.slow
FIRST, LAST = date(2021, 12, 1), date(2022, 11, 30)
KEYS = {"crimes": ("crime_ref",), "people": ("crime_ref", "person_ref", "role")}


def asked(saltmere: Saltmere, *command: str) -> Any:
    return saltmere.fourfold("quality", *command, "--force", "saltmere", "--json").json


def rows_of(finding: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(finding["table"]["columns"], row, strict=True)) for row in finding["table"]["rows"]]


@pytest.fixture(scope="module")
def standing(saltmere: Saltmere) -> dict[str, list[dict[str, str]]]:
    """The rows of crimes and people that stand, of crimes recorded in the last twelve months: the last of each key speaks."""
    crimes = {
        ref: row
        for ref, row in saltmere.crimes().items()
        if row["status"] not in CANCELLED and FIRST <= datetime.fromisoformat(row["recorded_at"]).date() <= LAST
    }
    people = {tuple(row[k] for k in KEYS["people"]): row for row in saltmere.rows("people")}
    return {"crimes": list(crimes.values()), "people": [row for row in people.values() if row["crime_ref"] in crimes]}


@pytest.mark.parametrize("table", ["crimes", "people"])
def test_every_cell_is_counted_as_a_plain_loop_counts_it(
    saltmere: Saltmere, standing: dict[str, list[dict[str, str]]], table: str
) -> None:
    told = {row["field"]: row for row in rows_of(asked(saltmere, "fields", "--table", table))}
    lines = standing[table]
    for field in set(lines[0]) - {"force"}:
        filled = sum(bool(row[field]) for row in lines)
        said = told[field]
        in_cells = said["recorded"] + said["unknown"] + said["refused"]
        # what is filled in where the rules say that the field does not apply is counted apart
        assert filled - said["not_applicable"] <= in_cells <= filled, field
        assert said["applies"] + said["not_applicable"] == len(lines), field
        if said["not_applicable"] == 0:
            assert (in_cells, said["not_recorded"]) == (filled, len(lines) - filled), field


@pytest.mark.parametrize(
    ("field", "roles", "planted"),
    [
        ("self_defined_ethnicity", ("victim", "suspect", "witness"), 0.66),
        ("disability", ("victim", "suspect", "witness"), 0.5),
        ("age_at_report", (), 0.94),
        ("born_on", (), 0.95),
        ("postcode", (), 0.94),
        ("address", (), 0.97),
        ("has_named_contact", ("organisation",), 0.76),
        ("is_exploitation_concern", ("suspect",), 0.7),
    ],
)
def test_rates_that_were_planted_come_back(
    saltmere: Saltmere, field: str, roles: tuple[str, ...], planted: float
) -> None:
    told = {row["field"]: row for row in rows_of(asked(saltmere, "fields", "--table", "people"))}[field]
    # One person's cells are drawn together in each of their crimes, so that chance spreads wider than rows would have it.
    spread = 5 * math.sqrt(planted * (1 - planted) / told["applies"])
    assert told["share"] == pytest.approx(planted, abs=spread + 0.01)
    assert told["judged"] == "yes"


def test_months_units_and_teams_add_up_to_the_field(saltmere: Saltmere) -> None:
    whole = {row["field"]: row for row in rows_of(asked(saltmere, "fields", "--table", "people"))}["occupation"]
    split = asked(saltmere, "fields", "--field", "people.occupation")
    assert len(split) == 3
    for one in split:
        rows = rows_of(one)
        assert sum(row["applies"] for row in rows) == whole["applies"]
        assert sum(row["recorded"] for row in rows) == whole["recorded"]
        assert one["parameters"]["exceptional"] <= 1, "nothing was planted that differs between owners or months"


def test_fraud_is_reconciled_as_sets_of_references_are(saltmere: Saltmere) -> None:
    def rows(contract: str) -> Iterator[dict[str, str]]:
        yield from saltmere.rows(f"{contract}_action_fraud")
        for week in sorted((saltmere.folder / "files").glob(f"saltmere_FICTITIOUS_{contract}_action_fraud_week_*")):
            with week.open(encoding="utf-8", newline="") as lines:
                yield from csv.DictReader(lines)

    def dated(contract: str, column: str) -> list[tuple[str, date | None, dict[str, str]]]:
        last: dict[tuple[str, ...], dict[str, str]] = {}
        for row in rows(contract):
            key = {"fraud_disseminations": "package_ref", "fraud_outcomes": "outcome_on"}.get(contract, "report_ref")
            last[row["report_ref"], row[key], row.get("outcome_type", "")] = row
        return [
            (row["report_ref"], datetime.fromisoformat(row[column]).date() if row[column] else None, row)
            for row in last.values()
        ]

    told = {
        "reported": dated("fraud_victims", "reported_at"), "disseminated": dated("fraud_disseminations", "disseminated_on"),
        "allocated": [one for one in dated("fraud_disseminations", "allocated_on") if one[2]["team"] or one[1]],
        "finalised": dated("fraud_outcomes", "outcome_on"),
    }  # fmt: skip
    ever = {stage: {ref for ref, _, _ in rows} for stage, rows in told.items()}
    inside = {stage: {ref for ref, on, _ in rows if on and FIRST <= on <= LAST} for stage, rows in told.items()}
    found = asked(saltmere, "fraud", "--lines")
    assert {row["stage"]: row["reports"] for row in rows_of(found)} == {
        **{stage: len(refs) for stage, refs in inside.items()}, "held": len(saltmere.counted(set(fraud_codes()), FIRST, LAST)),
    }  # fmt: skip
    pairs = {(row["in"], row["not_in"]): row["unmatched"] for row in rows_of(found["parts"][0])}
    for one, other, _ in PAIRS:
        expected = None if "held" in (one, other) else len(inside[one] - ever[other])
        assert pairs[one, other] == expected, (one, other)
    assert len(found["unmatched"]) == sum(n for n in pairs.values() if n is not None)
    assert "Disseminated beside held cannot be told" in " ".join(found["notes"])


def test_the_days_between_two_dates_of_a_row_are_those_of_the_files(saltmere: Saltmere) -> None:
    last = {(r["report_ref"], r["package_ref"]): r for r in saltmere.rows("fraud_disseminations_action_fraud")}
    days = sorted(
        (date.fromisoformat(r["allocated_on"]) - date.fromisoformat(r["received_on"])).days
        for r in last.values()
        if r["allocated_on"]
    )
    fresh, late = asked(saltmere, "feeds")
    legs = {(row["feed"], row["leg"]): row for row in rows_of(late)}
    said = legs["fraud_disseminations", "from receipt to allocation"]
    assert (said["rows"], said["all_within"]) == (len(days), days[-1])
    assert said["half_within"] == days[math.ceil(len(days) / 2) - 1]
    assert said["nine_in_ten_within"] == days[math.ceil(len(days) * 0.9) - 1]
    feeds = {row["feed"]: row for row in rows_of(fresh)}
    weeks = Counter("week" in path.name for path in (saltmere.folder / "files").glob("*fraud_victims*"))
    assert feeds["fraud_victims"]["files"] == sum(weeks.values())
    assert feeds["fraud_victims"]["expected_every"] == 7
