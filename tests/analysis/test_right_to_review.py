"""The Right to Review: what was asked, answered and overturned, and in time only under a limit of the force's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fourfold.analysis.findings import Finding, wilson
from fourfold.analysis.right_to_review import right_to_review
from fourfold.codes.periods import parse_window
from fourfold.codes.working_days import is_working_day
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from tests.analysis.test_entitlements import CRIME, FORCE, VICTIM, records

JUNE = parse_window("2022-06", "2022-06")
QUARTER = parse_window("2022-04", "2022-06")
TODAY = date(2022, 6, 30)

TABLE = """
ref received   answered   result       whose      under_10_days
R1  2022-06-06 2022-06-20 overturned   police     in_time      # Monday; ten working days end on Monday the 20th
R2  2022-06-06 2022-06-21 upheld       police     late
R3  2022-06-01 2022-06-17 upheld       prosecutor in_time      # the 2nd and 3rd were bank holidays
R4  2022-06-01 .          .            police     no_evidence
R5  2022-06-27 .          .            .          not_yet_due
R6  2022-06-08 2022-06-09 withdrawn    police     in_time
R7  2022-06-08 2022-06-10 .            police     in_time
R8  2022-06-08 2022-06-10 not_eligible prosecutor in_time
R9  2022-07-01 .          .            police     other_month
"""


def given() -> list[dict[str, str]]:
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        ref, received, answered, result, whose, _ = ("" if c == "." else c for c in line.split("#")[0].split())
        found.append({"review_ref": ref, "received_on": received, "answered_on": answered, "result": result, "decision_by": whose,
                      "crime_ref": "C1", "person_ref": "V1"})  # fmt: skip
    return found


@pytest.fixture
def held(tmp_path: Path) -> Records:
    july = {**CRIME, "crime_ref": "C9", "reported_at": "2022-07-01T09:00:00", "recorded_at": "2022-07-01T10:00:00"}
    return records(tmp_path, crimes=[CRIME, july], people=[{**VICTIM, "sex": "female"}], review_requests=given())


def by_key(found: Finding) -> dict[str, dict[str, Any]]:
    assert found.table is not None
    return {str(r[found.table.columns[0]]): r for r in found.table.records()}


def test_without_a_limit_days_are_shown_and_in_time_is_not_said(held: Records) -> None:
    found = right_to_review(held, FORCE, JUNE, TODAY)
    row = by_key(found)["all"]
    assert [row[c] for c in ("asked", "overturned", "upheld", "not_eligible", "withdrawn")] == [8, 1, 2, 1, 1]
    assert (row["answered, result not recorded"], row["no answer recorded"]) == (1, 2)
    assert row["median days"] == 8  # 14, 15, 16, 1, 2, 2
    assert [row[c] for c in ("in time", "late", "lower", "upper")] == [None] * 4
    assert found.value == pytest.approx(100 / 3)
    assert found.n == 3
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == wilson(1, 3)
    assert "No limit" in found.notes[0]


def test_under_the_forces_own_limit_no_answer_has_no_evidence_and_is_not_late(held: Records) -> None:
    row = by_key(right_to_review(held, FORCE, JUNE, TODAY, limit_days=10))["all"]
    told = [line.split("#")[0].split()[-1].replace("_", " ") for line in TABLE.strip().splitlines()[1:]]
    for time in ("in time", "late", "not yet due", "no evidence"):
        assert row[time] == told.count(time), time
    # of seven that fell due: five in time, one late, one of which nothing says
    assert row["lower"] == pytest.approx(500 / 7)
    assert row["upper"] == pytest.approx(600 / 7)


@pytest.mark.parametrize("limit", [1, 5, 10, 20])
def test_in_time_is_what_counting_the_days_one_by_one_gives(held: Records, limit: int) -> None:
    expected = 0
    for one in given():
        if one["answered_on"] and one["received_on"] < "2022-07":
            day, last = date.fromisoformat(one["received_on"]), date.fromisoformat(one["answered_on"])
            worked = sum(is_working_day(date.fromordinal(n)) for n in range(day.toordinal() + 1, last.toordinal() + 1))
            expected += worked <= limit and (worked < limit or is_working_day(last))
    assert by_key(right_to_review(held, FORCE, JUNE, TODAY, limit_days=limit))["all"]["in time"] == expected


def test_whose_decision_it_was_and_small_numbers(held: Records) -> None:
    rows = by_key(right_to_review(held, FORCE, JUNE, TODAY, "decision"))
    assert {key: row["asked"] for key, row in rows.items()} == {"police": 5, "prosecutor": 2, "not recorded": 1}
    sex = by_key(right_to_review(held, FORCE, QUARTER, TODAY, "sex", 10))
    # of one row alone the whole says all there is; what cuts across is not told
    assert sex["female"]["in time"] is None
    assert sex["female"]["overturned share"] is None


def test_what_cannot_be_asked(tmp_path: Path, held: Records) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(RequestInvalid):
        right_to_review(held, FORCE, JUNE, TODAY, "weather")
    with pytest.raises(RequestInvalid):
        right_to_review(held, FORCE, JUNE, TODAY, "sex")
    for limit in (0, 251):
        with pytest.raises(RequestInvalid):
            right_to_review(held, FORCE, JUNE, TODAY, limit_days=limit)
    with pytest.raises(NothingHeld):
        right_to_review(records(other, crimes=[CRIME]), FORCE, JUNE, TODAY)
    none = right_to_review(held, FORCE, parse_window("2021-01", "2021-01"), TODAY)
    assert (none.value, none.n, none.interval) == (None, 0, None)
