"""What victims raised without a formal complaint: by right, satisfied in bounds, nothing recorded apart from nothing raised."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fourfold.analysis.findings import Finding
from fourfold.analysis.service_recovery import NOTHING, OPEN, OUTCOMES, PUT_RIGHT, Recovery, put_right
from fourfold.analysis.timelines import recovery_lines
from fourfold.codes.periods import parse_window
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records
from tests.analysis.test_entitlements import CRIME, FORCE, VICTIM, records

JUNE = parse_window("2022-06", "2022-06")

TABLE = """
raised rights outcome         done satisfied
1      6      explained       3    yes
2      6;9    told            2    no
2      .      duty_done       12   .
4      6      not_put_right   20   .
5      10     complaint_made  6    no
9      10     open            .    .
30     6      apologised      30   yes
"""
"""What is recorded of June; a dot is nothing. What became a formal complaint is closed, and judged by its own system."""


def given() -> list[Recovery]:
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        raised, rights, outcome, done, satisfied = line.split()
        found.append(Recovery(
            raised_on=date(2022, 6, int(raised)), rights=() if rights == "." else tuple(int(n) for n in rights.split(";")),
            outcome=outcome, done_on=None if done == "." else date(2022, 6, int(done)),
            is_satisfied={"yes": True, "no": False, ".": None}[satisfied],
        ))  # fmt: skip
    return [*found, Recovery(date(2022, 7, 1), (6,))]


@pytest.fixture
def held(tmp_path: Path) -> Records:
    return records(tmp_path, crimes=[CRIME], people=[VICTIM])


def by_key(found: Finding) -> dict[str, dict[str, Any]]:
    assert found.table is not None
    return {str(row[found.table.columns[0]]): row for row in found.table.records()}


CASES = [
    # the row, raised, open, put right, formal complaint, satisfied, not, not asked, the bounds
    (None, "all", 7, 1, 4, 1, 2, 1, 2, 40, 80),
    ("right", "6", 4, 0, 3, 0, 2, 1, 1, 50, 75),
    ("right", "9", 1, 0, 1, 0, 0, 1, 0, 0, 0),
    ("right", "10", 2, 1, 0, 1, 0, 0, 0, None, None),
    ("right", "none of the rights", 1, 0, 1, 0, 0, 0, 1, 0, 100),
    ("month", "2022-06", 7, 1, 4, 1, 2, 1, 2, 40, 80),
    ("outcome", "open", 1, 1, 0, 0, 0, 0, 0, None, None),
    ("outcome", "It was explained", 1, 0, 1, 0, 1, 0, 0, 100, 100),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}-{c[1]}")
def test_what_was_raised_and_whether_that_was_enough(held: Records, case: tuple[Any, ...]) -> None:
    by, key, *told = case
    row = by_key(put_right(given(), held, FORCE, JUNE, by))[key]
    names = (
        "raised",
        "open",
        "put right",
        "formal complaint",
        "satisfied",
        "not satisfied",
        "not asked",
        "lower",
        "upper",
    )
    assert [row[name] for name in names] == told


def test_the_whole_says_its_bounds_and_counts_what_touches_two_rights_once(held: Records) -> None:
    found = put_right(given(), held, FORCE, JUNE)
    assert (found.n, found.parameters["raised"]) == (5, 7)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (40, 80)
    assert found.verdict == "7 raised, 4 put right, 1 open; satisfied: between 40% and 80% of 5 closed"
    assert sum(row["raised"] for row in by_key(found).values()) == 8, "one of them at two rights"
    assert list(by_key(found)) == ["6", "9", "10", "none of the rights"]
    assert by_key(put_right(given(), held, FORCE, JUNE, None))["all"]["median days"] == 1.5


def test_nothing_recorded_is_not_nobody_unhappy(held: Records) -> None:
    found = put_right([], held, FORCE, JUNE)
    assert (found.verdict, found.interval, found.n, found.table.rows if found.table else None) == (NOTHING, None, 0, ())
    with pytest.raises(RequestInvalid):
        put_right([], held, FORCE, JUNE, "weather")


def test_every_outcome_is_open_put_right_not_put_right_or_a_complaint() -> None:
    assert {"not_put_right", "complaint_made", *PUT_RIGHT} == set(OUTCOMES)
    assert OPEN not in OUTCOMES


def test_its_lines_on_the_timeline() -> None:
    lines = recovery_lines(given()[1:3] + given()[5:6])
    assert [(line.what, line.about) for line in lines] == [
        ("unhappiness raised", "rights 6, 9"), ("What was missing was told", "rights 6, 9; the victim was not satisfied"),
        ("unhappiness raised", "none of the rights"),
        ("What was owed was done", "none of the rights; whether that was enough was not asked"),
        ("unhappiness raised", "right 10"),
    ]  # fmt: skip
