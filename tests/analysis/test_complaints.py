"""Complaints by right, service recovery, reviews and statements: rules as tables, and plain loops that count them again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fourfold.analysis.complaints import (
    COLUMNS,
    complaint_key,
    complaint_shown,
    complaints_held,
    complaints_received,
    service_recovery,
)
from fourfold.analysis.findings import Finding
from fourfold.codes.complaint_words import complaint_words, rights_suggested
from fourfold.codes.periods import parse_window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from tests.analysis.test_entitlements import CRIME, FORCE, VICTIM, records

JUNE = parse_window("2022-06", "2022-06")
QUARTER = parse_window("2022-04", "2022-06")

TABLE = """
ref received   category             rights handling            result                 closed
K1  2022-06-02 property             10     service_recovery    service_not_acceptable 2022-06-20
K2  2022-06-03 duties               6;9    investigation       not_upheld             2022-06-20
K3  2022-06-03 access_to_information .     service_recovery    .                      2022-06-21
K4  2022-06-04 duties               .      .                   .                      2022-06-22
K5  2022-06-05 duties               .      .                   .                      .
K6  2022-06-06 property             10     no_further_action   partly_upheld          2022-06-23
K7  2022-07-01 duties               6      .                   .                      .
"""
"""What is received; a dot is nothing recorded. K5 is open, K4 closed without saying how, K7 of another month."""


JULYS = {**CRIME, "crime_ref": "C9", "reported_at": "2022-07-01T09:00:00", "recorded_at": "2022-07-01T10:00:00"}
"""A crime of the first day after the quarter: the extract goes beyond it."""


def given() -> list[dict[str, str]]:
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        ref, received, category, rights, handling, result, closed = (
            "" if cell == "." else cell for cell in line.split()
        )
        found.append({
            "complaint_ref": ref, "received_on": received, "category": category.replace("_", " "), "code_rights": rights,
            "handling": handling, "result": result, "closed_on": closed, "crime_ref": "C1", "person_ref": "V1",
            "acknowledged_on": "2022-06-10" if ref in ("K1", "K2") else "",
        })  # fmt: skip
    return found


@pytest.fixture
def held(tmp_path: Path) -> Records:
    return records(tmp_path, crimes=[CRIME], people=[{**VICTIM, "sex": "female"}], complaints=given())


def by_key(found: Finding) -> dict[str, dict[str, Any]]:
    assert found.table is not None
    return {str(r[found.table.columns[0]]): r for r in found.table.records()}


K3, K4 = (complaint_key(FORCE, ref) for ref in ("K3", "K4"))
BOUNDS = [
    # what officers decided, the right, how many, the least and the most that its share of six complaints can be
    ("nobody decided", {}, "10", 2, 2 / 6, 5 / 6),
    ("nobody decided", {}, "6", 1, 1 / 6, 4 / 6),
    ("K3 touches 6", {K3: (6,)}, "6", 2, 2 / 6, 4 / 6),
    ("K3 touches 6 and 10", {K3: (6, 10)}, "10", 3, 3 / 6, 5 / 6),
    ("K3 touches none", {K3: ()}, "6", 1, 1 / 6, 3 / 6),
    ("K3 touches none", {K3: ()}, "none of the rights", 1, 1 / 6, 1 / 6),
    ("K3 and K4 decided", {K3: (3,), K4: (6,)}, "not tagged", 1, 1 / 6, 1 / 6),
    ("what the system says stands", {complaint_key(FORCE, "K1"): (1,)}, "10", 2, 2 / 6, 5 / 6),
]


@pytest.mark.parametrize(("what", "tags", "key", "n", "low", "high"), BOUNDS)
def test_a_right_has_between_what_is_tagged_and_what_is_not(
    held: Records, what: str, tags: dict[str, tuple[int, ...]], key: str, n: int, low: float, high: float
) -> None:
    found = complaints_received(held, FORCE, JUNE, tags)
    assert (found.value, found.n) == (6, 6), what
    row = by_key(found)[key]
    assert row["complaints"] == n
    assert row["lower"] == pytest.approx(100 * low)
    assert row["upper"] == pytest.approx(100 * high)


def test_how_a_complaint_was_dealt_with_is_in_bounds_and_open_ones_are_left_out(held: Records) -> None:
    found = service_recovery(held, FORCE, JUNE, {}, None)
    assert found.interval is not None
    # of five closed: K1 and K3 recovered, K2 and K6 otherwise, K4 not recorded; K5 is open
    assert (found.n, found.interval.low, found.interval.high) == (5, 40, 60)
    assert found.parameters == {"open": 1, "service recovery": 2, "dealt with otherwise": 2, "not recorded": 1,
                                "not a victim": 0}  # fmt: skip
    property_ = by_key(service_recovery(held, FORCE, JUNE, {}))["10"]
    assert (property_["closed"], property_["service recovery"], property_["lower"], property_["upper"]) == (
        2,
        1,
        50,
        50,
    )
    none = service_recovery(held, FORCE, parse_window("2022-07", "2022-07"), {}, None)
    assert (none.interval, none.verdict) == (None, "no complaint of these months is closed")


SPLITS = ("right", "category", "team", "month", "offence", None)


@pytest.mark.parametrize("by", SPLITS)
def test_the_counts_are_those_of_a_plain_loop(held: Records, by: str | None) -> None:
    tags = {K3: (3, 6)}
    rows = by_key(complaints_received(held, FORCE, JUNE, tags, by))
    expected: dict[str, dict[str, int]] = {}
    for one in given():
        if not one["received_on"].startswith("2022-06"):
            continue
        rights = (
            one["code_rights"].split(";")
            if one["code_rights"]
            else [str(n) for n in tags.get(complaint_key(FORCE, one["complaint_ref"]), ())]
        )
        keys = {
            "right": rights or ["not tagged"], "category": [one["category"]], "team": ["not recorded"], "month": ["2022-06"],
            "offence": ["Robbery"], None: ["all"],
        }[by]  # fmt: skip
        for key in keys:
            row = expected.setdefault(key, dict.fromkeys(("complaints", "upheld", "acknowledged", "open"), 0))
            row["complaints"] += 1
            row["upheld"] += one["result"] in ("upheld", "partly_upheld", "service_not_acceptable")
            row["acknowledged"] += bool(one["acknowledged_on"])
            row["open"] += not one["closed_on"]
    assert {key: {name: row[name] for name in expected[key]} for key, row in rows.items()} == expected


def test_small_numbers_of_a_protected_characteristic_are_withheld(tmp_path: Path) -> None:
    many = [{**given()[0], "complaint_ref": f"M{n}", "person_ref": f"V{n % 40}"} for n in range(40)]
    people = [
        {**VICTIM, "person_ref": f"V{n}", "sex": "male" if n < 3 else "female" if n < 30 else ""} for n in range(40)
    ]
    held = records(tmp_path, crimes=[CRIME, JULYS], people=people, complaints=many)
    rows = by_key(complaints_received(held, FORCE, QUARTER, {}, "sex"))
    assert set(rows) == {"male", "female", "not recorded"}
    assert rows["male"]["complaints"] is None
    assert rows["male"]["upheld"] is None
    withheld = [key for key, row in rows.items() if row["service recovery"] is None]
    assert len(withheld) >= 2, "one alone can be worked out from the total"
    assert "withheld" in complaints_received(held, FORCE, QUARTER, {}, "sex").disclosure
    recovered = by_key(service_recovery(held, FORCE, QUARTER, {}, "sex"))
    assert recovered["male"]["service recovery"] is None


SUGGESTED = [
    ("handling of or damage to property", (10,)), ("access to information", (3, 6)), ("delivery of duties and service", ()),
    ("Not kept UPDATED", ()), ("no updates", (6,)), ("", ()),
]  # fmt: skip


@pytest.mark.parametrize(("category", "rights"), SUGGESTED)
def test_words_suggest_and_tag_nothing(held: Records, category: str, rights: tuple[int, ...]) -> None:
    assert rights_suggested(category) == rights
    assert all(1 <= right <= 12 for own in complaint_words().values() for right in own)
    row = complaint_shown(held, FORCE, "K3", {})
    assert (row["suggests"], row["rights"], row["tagged"]) == ([3, 6], None, None)


def test_what_cannot_be_asked(tmp_path: Path, held: Records) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(RequestInvalid):
        complaints_received(held, FORCE, JUNE, {}, "weather")
    with pytest.raises(NothingHeld):
        complaint_shown(held, FORCE, "K99", {})
    with pytest.raises(NothingHeld):
        complaints_held(records(other, crimes=[CRIME]), FORCE, {})
    found = complaints_received(held, FORCE, parse_window("2021-01", "2021-01"), {})
    assert (found.n, found.table.rows if found.table else None) == (0, ())
    assert COLUMNS[0] == "complaints"
    every = complaints_held(held, FORCE, {})
    assert date(2022, 6, 2) in every["received_on"].to_list()
    for crime in ("C1", "C2", "of no crime"):
        assert complaints_held(held, FORCE, {}, crime).equals(every.filter(pl.col("crime_ref") == crime))


WHOSE = [
    # who complained, the crime named, whose it is; a victim of one crime may be a suspect of another
    ("V1", "C1", "a victim"), ("S1", "C1", "not a victim"), ("B1", "C1", "a victim"), ("", "C1", "whose is not recorded"),
    ("V1", "", "whose is not recorded"), ("X9", "C1", "whose is not recorded"), ("B1", "C2", "not a victim"),
    ("W1", "C1", "a victim"),
]  # fmt: skip


@pytest.mark.parametrize("by", [None, "right", "sex"])
def test_only_complaints_that_may_be_a_victims_count_and_the_others_are_told_of(tmp_path: Path, by: str | None) -> None:
    people = [{**VICTIM, "crime_ref": crime, "person_ref": who, "role": role} for who, crime, role in (
        ("V1", "C1", "victim"), ("S1", "C1", "suspect"), ("B1", "C1", "bereaved_relative"), ("B1", "C2", "suspect"),
        ("W1", "C1", "witness"), ("W1", "C1", "victim"),
    )]  # fmt: skip
    told = [{**given()[0], "complaint_ref": f"K{n}", "person_ref": who, "crime_ref": crime}
            for n, (who, crime, _) in enumerate(WHOSE)]  # fmt: skip
    held = records(tmp_path, crimes=[CRIME, {**CRIME, "crime_ref": "C2"}, JULYS], people=people, complaints=told)
    for n, (_, _, whose) in enumerate(WHOSE):
        assert complaint_shown(held, FORCE, f"K{n}", {})["by_whom"] == whose, n
    found = complaints_received(held, FORCE, QUARTER, {}, by)
    assert (found.value, found.parameters["not a victim"], found.parameters["whose is not recorded"]) == (6, 2, 3)
    assert found.notes[-1] == "2 of somebody who is on the list of people, and not as a victim, are left out."
    assert service_recovery(held, FORCE, QUARTER, {}, by).n == 6
