"""Capacity: the simulator is a replay minute by minute and case by case, agrees with Erlang, and lets nobody fall out."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.analysis import capacity
from fourfold.analysis.capacity import OUTCOMES, Plan
from fourfold.analysis.volumes import Scope
from fourfold.codes.periods import Window, parse_window
from fourfold.codes.service_times import ServiceTimes, service_times
from fourfold.codes.triage_rules import triage_rule
from fourfold.codes.working_days import is_working_day
from fourfold.errors import CodeUnknown, FourfoldError, RequestInvalid
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from fourfold.records.weekly_lists import week_rows
from tests import fraud_lists

AT_LEAST, ABOVE = triage_rule("score_15_or_more"), triage_rule("score_above_15")
TIMES = service_times()
OCTOBER = parse_window("2022-10", "2022-10")
WINDOW = Window(date(2022, 12, 12), date(2023, 1, 13))
"""Christmas, New Year and their bank holidays lie in it."""

# The queue


def replayed(arrivals: list[int], minutes: list[int], officers: int) -> list[int]:
    """Minute by minute: whoever is free takes the first of those who are there."""
    begun: dict[int, int] = {}
    busy = [0] * officers
    now = 0
    while len(begun) < len(arrivals):
        for officer in range(officers):
            if busy[officer] == 0:
                there = [case for case in range(len(arrivals)) if case not in begun and arrivals[case] <= now]
                if there:
                    begun[there[0]] = now
                    busy[officer] = minutes[there[0]]
        busy = [max(0, left - 1) for left in busy]
        now += 1
    return [begun[case] for case in range(len(arrivals))]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 25)), max_size=14), st.integers(1, 4))
def test_the_queue_is_a_replay_minute_by_minute(cases: list[tuple[int, int]], officers: int) -> None:
    arrivals, minutes = [a for a, _ in cases], [m for _, m in cases]
    assert capacity.starts(arrivals, minutes, officers) == replayed(arrivals, minutes, officers)


@pytest.mark.parametrize(("officers", "load"), [(1, 0.5), (1, 0.8), (3, 0.7), (6, 0.85)])
def test_the_mean_wait_is_erlangs_where_arrivals_and_times_are_random(officers: int, load: float) -> None:
    """M/M/c: arrivals one by one at random, exponential times, first come first served (minutes fine enough to be time)."""
    n, mean, waits = 20_000, 1_000.0, []
    for seed in range(12):
        random = np.random.default_rng(seed)
        arrivals = np.cumsum(random.exponential(mean / (officers * load), n)).round().astype(int).tolist()
        minutes = np.maximum(random.exponential(mean, n).round(), 1).astype(int).tolist()
        waits.append(float(np.mean(np.array(capacity.starts(arrivals, minutes, officers)) - np.array(arrivals))))
    offered = officers * load
    last = offered**officers / math.factorial(officers) / (1 - load)
    wait = last / (sum(offered**k / math.factorial(k) for k in range(officers)) + last) * mean / (officers * (1 - load))
    error = float(np.std(waits, ddof=1)) / math.sqrt(len(waits))
    assert abs(float(np.mean(waits)) - wait) < 3 * error
    assert error < 0.05 * wait, "the test could tell a twentieth from another"


# The whole: from rows to what became of each, against a replay in plain words


def report(n: int, **said: object) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "report_ref": f"R{n:03}", "reported_on": date(2022, 12, 12), "first_week": date(2022, 12, 12), "nfib_code": "NFIB3A",
        "victim_type": "person", "age_at_report": 40, "vulnerability_score": 3, "loss_pence": 5_000, "is_repeat": None,
        "faults": None, "national_service_level": None,
    }  # fmt: skip
    return {**plain, **said}


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    kinds = {"report_ref": pl.String, "reported_on": pl.Date, "first_week": pl.Date, "nfib_code": pl.String,
             "victim_type": pl.String, "age_at_report": pl.Int64, "vulnerability_score": pl.Int64, "loss_pence": pl.Int64,
             "is_repeat": pl.Boolean, "faults": pl.String, "national_service_level": pl.Int64}  # fmt: skip
    return pl.DataFrame(rows, schema=kinds)


def judged_plainly(row: dict[str, Any], least: int) -> tuple[str, int]:
    """Where a report stands and how many filters refer it."""
    is_firm = row["victim_type"] == "organisation"
    filters = [
        row["nfib_code"] == "NFIB1D",
        not is_firm and (row["age_at_report"] or 0) >= 70,
        (row["vulnerability_score"] or 0) >= least,
    ]
    if any(filters):
        return "referred", sum(filters)
    lacks = (
        row["vulnerability_score"] is None or row["nfib_code"] is None or (row["age_at_report"] is None and not is_firm)
    )
    return ("cannot be judged" if lacks else "not referred"), 0


def day_by_day(
    rows: list[dict[str, Any]], times: ServiceTimes, minutes: list[int], least: int, window: Window
) -> list[str]:
    """The window lived through day by day, minute by minute: what became of each report, rows in order of reporting."""
    day, workday, busy, queue = window.first, 0, [0] * times.officers, []
    arrived: dict[int, int] = {}
    begun: dict[int, int] = {}
    stands = [judged_plainly(row, least) for row in rows]

    def risk(n: int) -> tuple[Any, ...]:
        standing, filters = stands[n]
        return (
            standing != "referred",
            rows[n]["is_repeat"] is not True,
            -filters,
            rows[n]["reported_on"],
            rows[n]["report_ref"],
        )

    while day <= window.last:
        if is_working_day(day):
            for n, row in enumerate(rows):
                there = max(
                    (row["first_week"] or row["reported_on"]) + timedelta(days=times.list_after_days),
                    row["reported_on"],
                )
                if n not in arrived and there <= day:
                    arrived[n] = workday
                    if stands[n][0] != "not referred":
                        queue.append(n)
            for _ in range(times.minutes_a_day):
                for officer in range(times.officers):
                    if busy[officer] == 0 and queue:
                        first = min(queue, key=risk)
                        queue.remove(first)
                        begun[first] = workday
                        busy[officer] = minutes[first]
                busy = [max(0, left - 1) for left in busy]
            workday += 1
        day += timedelta(days=1)
    return [
        plain_outcome(row, stands[n][0], arrived.get(n), begun.get(n), workday - 1, times.limit_working_days)
        for n, row in enumerate(rows)
    ]


def plain_outcome(
    row: dict[str, Any], standing: str, arrived: int | None, begun: int | None, last: int, limit: int
) -> str:
    """What became of one report by the last working day; the rule in force takes 15 in."""
    if standing == "not referred":
        return "missed: passed over" if judged_plainly(row, 15)[0] == "referred" else "not referred"
    if arrived is None:
        return "on no list yet"
    if begun is not None:
        return "helped in time" if begun - arrived <= limit else "helped late"
    return "waiting" if last - arrived <= limit else "missed: waited too long"


ROWS = st.fixed_dictionaries({
    "reported_on": st.dates(WINDOW.first, WINDOW.last),
    "first_week": st.sampled_from([None, *(date(2022, 12, 5) + timedelta(days=7 * n) for n in range(6))]),
    "nfib_code": st.sampled_from(["NFIB1D", "NFIB3A", None]), "victim_type": st.sampled_from(["person", "organisation", None]),
    "age_at_report": st.sampled_from([None, 30, 69, 70, 90]),
    "vulnerability_score": st.sampled_from([None, 0, 14, 15, 16, 18, 35]),
    "is_repeat": st.sampled_from([None, True, False]),
})  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(ROWS, min_size=1, max_size=16),
    st.integers(1, 3),
    st.sampled_from(["15", "above 15", "18", "10"]),
    st.integers(1, 12),
    st.integers(0, 99),
)
def test_the_simulator_is_a_brute_force_replay(
    said: list[dict[str, Any]], officers: int, limit: str, days: int, seed: int
) -> None:
    times = ServiceTimes(**{
        **{name: getattr(TIMES, name) for name in TIMES.__dataclass_fields__},
        "hours_a_day": 0.5, "officers": officers, "limit_working_days": days,
        "minutes": {"advice": 10, "call": 30, "visit": 120, "partner": 45},
    })  # fmt: skip
    plan = Plan(rule=AT_LEAST.with_score(limit), times=times)
    rows = sorted((report(n, **one) for n, one in enumerate(said)), key=lambda r: (r["reported_on"], r["report_ref"]))
    cases = capacity.cases_of(frame(rows[::-1]), plan, AT_LEAST, WINDOW, {})
    assert cases.rows["report_ref"].to_list() == [r["report_ref"] for r in rows]
    played = capacity.runs_of(cases, plan, seed, 2)
    for run in range(2):
        minutes = capacity.drawn_minutes(len(rows), times, seed, run).tolist()
        expected = day_by_day(rows, times, minutes, plan.rule.least_score, WINDOW)
        assert [OUTCOMES[n] for n in played.outcome[run]] == expected


# What is asked of it


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Records:
    folder = tmp_path_factory.mktemp("lists")
    fraud_lists.held_lists(folder / "home", folder)
    return records_as_at(folder / "home", datetime(2022, 10, 10, 7, tzinfo=UTC))


def asked(held: Records, limit: str = "15", officers: int = 4, **said: Any) -> dict[str, int]:
    plan = Plan(rule=AT_LEAST.with_score(limit), times=TIMES.but(officers=officers))
    found = capacity.capacity(held, Scope(force_id="saltmere"), OCTOBER, plan, AT_LEAST, runs=3, **said)
    assert found.table is not None
    assert found.n == 300
    return {str(row[0]): int(str(row[1])) for row in found.table.rows}


def test_everybody_is_in_one_outcome_and_whom_a_limit_passes_over_is_missed(held: Records) -> None:
    few, many = asked(held, officers=1), asked(held, officers=60)
    waits = (
        115 + fraud_lists.NO_AGE + fraud_lists.NO_SCORE + fraud_lists.NOT_A_SCORE + 1
    )  # none of those who lack an age falls out
    assert many == {**dict.fromkeys(OUTCOMES, 0), "helped in time": waits, "not referred": 300 - waits}
    assert few["helped in time"] + few["waiting"] == waits
    assert few["helped in time"] < 60
    eighteen = asked(held, "18", officers=60)
    assert eighteen["missed: passed over"] == fraud_lists.EXACTLY + fraud_lists.ORGANISATIONS
    assert asked(held, "above 15", officers=60)["missed: passed over"] == fraud_lists.EXACTLY
    assert asked(held, "above 17", officers=60) == eighteen


def test_who_is_missed_by_age_loss_kind_and_theme_with_small_numbers_rounded(held: Records) -> None:
    plan = Plan(rule=AT_LEAST.with_score("18"), times=TIMES.but(officers=60))
    keys = dict(week_rows(held, "saltmere", fraud_lists.MONDAY).select("report_ref", "key").iter_rows())
    themes = {keys[f"NFRC22{n:06d}"]: "courier fraud" for n in range(90, 98)}
    found = capacity.capacity(held, Scope(force_id="saltmere"), OCTOBER, plan, AT_LEAST, runs=2, theme_of=themes)
    by_whom = found.part("capacity by whom")
    assert by_whom.table is not None
    table = {(row["by"], row["band"]): row for row in by_whom.table.records()}
    assert table["age", "organisations"]["missed_passed_over"] == 15
    assert table["age", "31 to 40"]["missed_passed_over"] == 10
    assert table["loss", "up to £100"]["missed_passed_over"] == 25
    assert table["theme", "courier fraud"]["reports"] == 10, "8, rounded"
    assert table["theme", "no theme told"]["reports"] == 290
    assert ("standing", "cannot be judged") in table
    assert all(int(str(v)) % 5 == 0 for row in by_whom.table.rows for v in row[2:])
    assert "rounded to the nearest 5" in by_whom.disclosure
    assert by_whom.value == 25


def test_the_same_question_has_the_same_answer_and_says_what_it_rests_on(held: Records) -> None:
    plan = Plan(rule=AT_LEAST, times=TIMES.but(officers=2, mix={"visit": 50, "call": 50}))
    one, two = (capacity.capacity(held, Scope(force_id="saltmere"), OCTOBER, plan, AT_LEAST, runs=4) for _ in range(2))
    assert one.id == two.id
    assert (one.seed, one.parameters["runs"], one.parameters["officers"]) == (capacity.SEED, 4, 2)
    assert one.parameters["mix"] == {"advice": 0, "call": 50, "visit": 50, "partner": 0}
    assert any("force to supply" in note and "240 minutes" in note for note in one.notes)
    assert any("have no age: 13." in note for note in one.notes)
    assert one.interval is not None
    assert one.interval.low <= float(str(one.value)) <= one.interval.high
    other = capacity.capacity(held, Scope(force_id="saltmere"), OCTOBER, plan, AT_LEAST, runs=4, seed=2)
    assert other.id != one.id
    waits, backlog = one.part("capacity waits"), one.part("capacity backlog")
    assert waits.unit == "working days"
    assert backlog.table is not None
    assert [row[0] for row in backlog.table.rows] == [
        "2022-10-03",
        "2022-10-10",
        "2022-10-17",
        "2022-10-24",
        "2022-10-31",
    ]
    assert backlog.table.column("came")[0] == 0, "the week's list is there on the Monday after it"


def test_a_visit_more_helps_fewer_and_an_officer_more_helps_more(held: Records) -> None:
    def helped(officers: int, visits: int) -> int:
        times = TIMES.but(officers=officers, mix={"visit": visits, "call": 100 - visits})
        plan = Plan(rule=AT_LEAST, times=times)
        found = capacity.capacity(held, Scope(force_id="saltmere"), OCTOBER, plan, AT_LEAST, runs=3)
        return int(str(found.value))

    assert helped(1, 60) < helped(1, 10) < helped(3, 10)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"officers": 0}, RequestInvalid), ({"officers": 10_000}, RequestInvalid),
        ({"mix": {"visit": 60, "call": 60}}, RequestInvalid),
        ({"mix": {"visit": 140, "call": -40}}, RequestInvalid), ({"mix": {"party": 100}}, CodeUnknown),
    ],
)  # fmt: skip
def test_a_team_that_cannot_be_is_refused(given: dict[str, Any], fault: type[FourfoldError]) -> None:
    with pytest.raises(fault):
        TIMES.but(**given)


def test_a_repeated_week_counts_once_and_a_missing_week_is_said(tmp_path: Path) -> None:
    first, third = date(2022, 10, 3), date(2022, 10, 17)
    rows = [fraud_lists.row(n, first, vulnerability_score=20) for n in range(6)]
    again = [fraud_lists.row(n, first, vulnerability_score=20) for n in range(6)]
    later = [["saltmere", third.isoformat(), *one[2:]] for one in again[:2]] + [
        fraud_lists.row(9, third, nfib_code="NFIB1D")
    ]
    for day, monday, told in ((10, first, rows), (11, first, again), (24, third, later)):
        file = fraud_lists.list_file(tmp_path / str(day), monday, told)
        import_files(tmp_path / "home", [file], clock=lambda day=day: datetime(2022, 10, day, 6, tzinfo=UTC))  # type: ignore[misc]
    records = records_as_at(tmp_path / "home", datetime(2022, 11, 1, tzinfo=UTC))
    plan = Plan(rule=AT_LEAST, times=TIMES.but(officers=9))
    found = capacity.capacity(records, Scope(force_id="saltmere"), OCTOBER, plan, AT_LEAST, runs=2)
    assert (found.n, found.value) == (7, 7)
    backlog = found.part("capacity backlog")
    assert backlog.table is not None
    assert dict(zip(backlog.table.column("week"), backlog.table.column("came"), strict=True)) == {
        "2022-10-03": 0, "2022-10-10": 6, "2022-10-17": 0, "2022-10-24": 1, "2022-10-31": 0,
    }  # fmt: skip


def test_weeks_played_before_the_window_fill_the_queue_and_are_not_counted(tmp_path: Path) -> None:
    before, inside = date(2022, 9, 19), date(2022, 10, 3)
    for day, monday, first, many in ((26, before, 0, 80), (10, inside, 100, 40)):
        rows = [fraud_lists.row(first + n, monday, vulnerability_score=20) for n in range(many)]
        at = datetime(2022, 9 if day == 26 else 10, day, 6, tzinfo=UTC)
        import_files(
            tmp_path / "home", [fraud_lists.list_file(tmp_path / str(day), monday, rows)], clock=lambda at=at: at
        )  # type: ignore[misc]
    records = records_as_at(tmp_path / "home", datetime(2022, 11, 1, tzinfo=UTC))
    plan = Plan(rule=AT_LEAST, times=TIMES.but(officers=1, mix={"call": 100}))

    def played(lead: int) -> Any:
        found = capacity.capacity(records, Scope(force_id="saltmere"), OCTOBER, plan, AT_LEAST, runs=3, lead_weeks=lead)
        assert found.table is not None
        assert found.n == sum(int(str(n)) for n in found.table.column("reports")) == 40
        backlog = found.part("capacity backlog")
        assert backlog.table is not None
        waits = float(str(found.part("capacity waits").value))
        return waits, [int(str(n)) for n in backlog.table.column("waiting")], backlog.table.column("came")

    alone, with_lead = played(0), played(2)
    assert alone[1][0] == 0
    assert 20 < with_lead[1][0] < 40, "of September's 80, whom one officer cannot all reach, some still wait"
    assert with_lead[0] > alone[0], "and October's wait behind them"
    assert alone[2] == with_lead[2] == [0, 40, 0, 0, 0], "those before the window came before it"
    with pytest.raises(RequestInvalid):
        played(53)


def test_a_window_of_one_bank_holiday_has_nobody_helped() -> None:
    window = Window(date(2022, 12, 26), date(2022, 12, 26))
    plan = Plan(rule=AT_LEAST, times=TIMES)
    cases = capacity.cases_of(
        frame([report(0, reported_on=date(2022, 12, 26), nfib_code="NFIB1D")]), plan, AT_LEAST, window, {}
    )
    assert [OUTCOMES[n] for n in capacity.runs_of(cases, plan, 1, 1).outcome[0]] == ["on no list yet"]


def test_an_empty_window_is_answered(held: Records) -> None:
    plan = Plan(rule=AT_LEAST, times=TIMES)
    cases = capacity.cases_of(frame([]), plan, AT_LEAST, WINDOW, {})
    assert capacity.runs_of(cases, plan, 1, 3).outcome.shape == (3, 0)


def test_a_year_whose_bank_holidays_are_not_held_is_refused() -> None:
    window = Window(date(1990, 1, 1), date(1990, 1, 31))
    with pytest.raises(CodeUnknown):
        capacity.cases_of(frame([]), Plan(rule=AT_LEAST, times=TIMES), AT_LEAST, window, {})
