"""Waits: working days from the list to the take-up and the first try, over bank holidays; who is not taken up stands apart."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis.volumes import Scope
from fourfold.analysis.waits import COLUMNS, Case, care_waits, cases_of, waits_by_week
from fourfold.codes.periods import parse_window
from fourfold.codes.triage_rules import triage_rule
from fourfold.codes.working_days import is_working_day
from fourfold.records.as_at import records_as_at
from tests import fraud_lists

MONDAY = date(2022, 12, 12)


@pytest.mark.parametrize(
    ("taken_up", "days"),
    [
        (date(2022, 12, 19), 0),  # the day on which the list is there
        (date(2022, 12, 18), 0),  # and the Sunday before: no wait is below none
        (date(2022, 12, 20), 1), (date(2022, 12, 23), 4), (date(2022, 12, 24), 4), (date(2022, 12, 28), 5),  # Christmas between
        (date(2023, 1, 3), 8),
    ],
)  # fmt: skip
def test_days_are_working_days_from_the_day_on_which_the_list_is_there(taken_up: date, days: int) -> None:
    [row] = waits_by_week([Case(MONDAY, taken_up, None, None)], {MONDAY: 3}, 7)
    said = dict(zip(COLUMNS, row, strict=True))
    assert (said["days_to_take_up"], said["days_to_first_try"]) == (days, None)
    assert (said["referred"], said["taken_up"], said["not_taken_up"], said["open"]) == (3, 1, 2, 1)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 30), st.one_of(st.none(), st.integers(0, 10)), st.booleans()),
        max_size=8,
    )
)
def test_each_week_is_what_counting_day_by_day_gives(told: list[tuple[int, int, int | None, bool]]) -> None:
    weeks = [MONDAY + timedelta(days=7 * n) for n in range(3)]
    cases = []
    for week, day, tried, is_closed in told:
        up = weeks[week] + timedelta(days=7 + day)
        first = None if tried is None else up + timedelta(days=tried)
        cases.append(Case(weeks[week], up, first, up if is_closed else None))
    rows = waits_by_week(cases, dict.fromkeys(weeks, 5), 7)
    for monday, row in zip(weeks, rows, strict=True):
        own = [c for c in cases if c.week == monday]
        there = monday + timedelta(days=7)
        counted = sorted(
            sum(is_working_day(there + timedelta(days=n)) for n in range(1, (c.taken_up - there).days + 1)) for c in own
        )
        middle = None if not own else (counted[(len(own) - 1) // 2] + counted[len(own) // 2]) / 2
        said = dict(zip(COLUMNS, row, strict=True))
        assert said["days_to_take_up"] == middle
        assert said["not_taken_up"] == max(5 - len(own), 0)
        assert said["tried"] == sum(c.tried is not None for c in own)


def test_a_case_is_told_by_its_events_and_one_without_its_take_up_is_none() -> None:
    at = datetime(2022, 12, 20, 9, tzinfo=UTC)
    told = [("take_up", "a", at, {"week": "2022-12-12"}), ("record_attempt", "a", at + timedelta(days=2), {}),
            ("record_attempt", "a", at + timedelta(days=1), {}), ("close_case", "a", at + timedelta(days=9), {}),
            ("record_attempt", "b", at, {}), ("take_up", "c", at, {"week": None, "filters": 0})]  # fmt: skip
    events = pl.DataFrame(
        [(d, s, when, json.dumps(what)) for d, s, when, what in told],
        schema=["decision", "subject_key", "happened_at", "decided"], orient="row",
    )  # fmt: skip
    assert cases_of(events) == [
        Case(MONDAY, date(2022, 12, 20), date(2022, 12, 21), date(2022, 12, 29)), Case(None, date(2022, 12, 20), None, None, False),
    ]  # fmt: skip


def test_a_case_of_somebody_who_was_not_referred_takes_no_referred_victims_place() -> None:
    day = MONDAY + timedelta(days=7)
    referred = Case(MONDAY, day, None, None)
    others = [Case(MONDAY, day + timedelta(days=20), None, None, is_referred=False) for _ in range(3)]
    assert waits_by_week([referred, *others], {MONDAY: 3}, 7) == waits_by_week([referred], {MONDAY: 3}, 7)


def test_where_nothing_is_recorded_nothing_is_said_to_be_undone(tmp_path: Path) -> None:
    fraud_lists.held_lists(tmp_path / "home", tmp_path)
    records = records_as_at(tmp_path / "home", datetime(2022, 10, 11, tzinfo=UTC))
    window = parse_window("2022-10", "2022-10")
    found = care_waits(records, Scope(force_id="saltmere"), window, triage_rule())
    assert (found.value, found.n) == (None, 0)
    assert found.verdict == "no case of these lists is recorded as taken up"
    assert found.table is not None
    assert found.table.rows == (("2022-10-03", 115, 0, 0, 0, 115, 0, None, None),)
