"""Waits: how long victims referred to care really waited, and who still waits, as far as the unit's own work is recorded.

What the unit decides in the service comes back as records (events), so that waits have an instant like any other figure. A
week's list can be worked from the day on which it is there; from then a victim waits until the case is taken up, and until the
first try. Days are working days. A victim whom the unit helped without taking the case up here looks as if still waiting: that
is said, and is never read as "not helped".
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median
from typing import Any

import polars as pl

from fourfold.analysis import triage, volumes
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value
from fourfold.analysis.triage import REFERRED
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window
from fourfold.codes.service_times import service_times
from fourfold.codes.triage_rules import TriageRule
from fourfold.codes.working_days import is_working_day, local_date
from fourfold.records.as_at import Records
from fourfold.records.weekly_lists import first_weeks, reports

EVENTS = "casework_events"
COLUMNS = (
    "week", "referred", "taken_up", "tried", "closed", "not_taken_up", "open", "days_to_take_up", "days_to_first_try",
)  # fmt: skip
_METHOD = Method(
    name="care waits",
    text="Working days from the day on which a week’s list is there to the day on which each case is taken up, and to its first "
    "try, as the unit’s decisions show them: medians. Who was referred and is not taken up stands apart. A report is of its first "
    "list, though later ones repeat it; a case of a victim who was not referred is in none of it.",
)


@dataclass(frozen=True)
class Case:
    """A case as its events tell it: the Monday of its first list, the days of take-up, first try and close, whether referred."""

    week: date | None
    taken_up: date
    tried: date | None
    closed: date | None
    is_referred: bool = True


def care_waits(records: Records, scope: Scope, window: Window, rule: TriageRule) -> Finding:
    """The waits of those reported in a window, list by list: kind "care waits", its value the median to the take-up.

    Columns: COLUMNS; medians are None where nobody was taken up. Its value is None where no decision of victim care is held.
    """
    whole = volumes.count(records, measure("fraud_reports"), scope, window)
    cases = cases_of(_events(records, scope.force_id))
    rows = waits_by_week(
        cases, _referred(records, scope.force_id, window, rule), service_times(window.last).list_after_days
    )
    weeks = {date.fromisoformat(str(row[0])) for row in rows}
    of_lists = [case for case in cases if case.week in weeks]
    own = [case for case in of_lists if case.is_referred]
    days = _days_of(own, service_times(window.last).list_after_days)
    return _finding(
        whole, kind="care waits", title="Working days from the list until a case is taken up", n=len(own), unit="working days",
        value=median(days) if days else None, method=_METHOD, selection=None, parts=(whole,),
        table=Table(columns=COLUMNS, rows=tuple(rows)),
        verdict=None if days else "no case of these lists is recorded as taken up",
        definition=Definition(
            name=f"care waits {rule.id}", version=rule.version, title="Waits for victim care", codes=rule.romance_codes,
            text=f"Referred is a report of {rule.in_words}. Its wait begins when its list is there.", source=rule.source,
            status=rule.status,
        ),
        parameters={
            "waiting": sum(int(str(row[COLUMNS.index("not_taken_up")])) for row in rows),
            "open": sum(case.closed is None for case in own), "taken up": len(own),
        },
        notes=(
            *whole.notes,
            "Not taken up is as far as is recorded here: a victim helped otherwise is among them. One case may be of several "
            "reports.",
            f"Taken up though not referred: {len(of_lists) - len(own):,}, and in no row: nobody referred waits the less for them.",
            "As the decisions were handed over to the records: at each day’s end.",
        ),
    )  # fmt: skip


def _finding(whole: Finding, **said: Any) -> Finding:
    return replace(whole, **said)


def cases_of(events: pl.DataFrame) -> list[Case]:
    """The cases that events of victim care tell of. `events`: decision, subject_key, happened_at, decided (JSON)."""
    found: dict[str, dict[str, Any]] = {}
    for decision, subject, at, decided in events.select(
        "decision", "subject_key", "happened_at", "decided"
    ).iter_rows():
        case = found.setdefault(subject, {})
        day = local_date(at)
        if decision == "take_up":
            told = json.loads(decided or "{}")
            week = told.get("week")
            case |= {"taken_up": day, "week": date.fromisoformat(week) if week else None}
            case["is_referred"] = told.get("filters", 1) > 0  # each filter that referred is counted
        elif decision == "record_attempt":
            case["tried"] = min(day, case.get("tried", day))
        elif decision == "close_case":
            case["closed"] = day
    return [
        Case(one["week"], one["taken_up"], one.get("tried"), one.get("closed"), one["is_referred"])
        for one in found.values()
        if "taken_up" in one
    ]


def waits_by_week(cases: Sequence[Case], referred: Mapping[date, int], after: int) -> list[tuple[Value, ...]]:
    """A row (COLUMNS) for each week's list, in order; `referred` counts by the Monday, `after` days later the list is there.

    Of the cases only those whose victim was referred: another would stand for a referred one who still waits.
    """
    rows: list[tuple[Value, ...]] = []
    for monday in sorted(referred):
        own = [case for case in cases if case.week == monday and case.is_referred]
        there = monday + timedelta(days=after)
        tried = [case.tried for case in own if case.tried]
        to_take_up, to_try = (_days_between(there, days) for days in ([case.taken_up for case in own], tried))
        closed = sum(case.closed is not None for case in own)
        rows.append((
            monday.isoformat(), referred[monday], len(own), len(tried), closed, max(referred[monday] - len(own), 0),
            len(own) - closed, median(to_take_up) if own else None, median(to_try) if tried else None,
        ))  # fmt: skip
    return rows


def _days_of(cases: Sequence[Case], after: int) -> list[int]:
    return [
        day for case in cases if case.week for day in _days_between(case.week + timedelta(days=after), [case.taken_up])
    ]


def _days_between(first: date, days: Sequence[date]) -> list[int]:
    """Working days from a day until each of some days: 0 on the day itself, or before."""
    if not days:
        return []
    span = (max(days) - first).days
    working = [day for n in range(1, span + 1) if is_working_day(day := first + timedelta(days=n))]
    return [bisect_right(working, day) for day in days]


def _referred(records: Records, force_id: str, window: Window, rule: TriageRule) -> dict[date, int]:
    """How many reports of a window a rule refers, by the Monday of their first list; lists that refer nobody among them."""
    rows = reports(records, force_id).filter(pl.col("reported_on").is_between(window.first, window.last))
    rows = rows.join(first_weeks(records, force_id), on="report_ref", how="left").drop_nulls("first_week")
    found = triage.judged(rows.collect(), rule)
    counted = found.group_by("first_week").agg((pl.col("standing") == REFERRED).sum())
    return dict(counted.iter_rows())


def _events(records: Records, force_id: str) -> pl.DataFrame:
    own = records.table(EVENTS).filter((pl.col("concern") == "care") & (pl.col("force_id") == force_id))
    return own.unique("event_ref", keep="last", maintain_order=True).sort("happened_at").collect()
