"""Outcome rates, on two bases that are never mixed.

**Assigned in the period**: crimes given a positive outcome in the period, whenever they were recorded, over crimes recorded in
the period. It can pass 100%, and moves when volumes move. **Cohort at a fixed age**: of the crimes recorded in a month, those
with a positive outcome within so many whole months; only for cohorts whose outcome months are all held. police.uk gives
months, not days, so ages are whole months and are named so.

A crime counts once, at its first positive outcome. Only months whose outcome files are held are counted; others are "not
available", and the street file's "last outcome" is never used. There is no official positive outcome: the measure is named
and its definition printed, with and without offences taken into consideration.

Source: Home Office, crime outcomes in England and Wales, technical annex (the two bases; outcomes not ranked).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import narwhals as nw
from scipy.stats import binomtest

import fourfold
from fourfold.analysis import volumes
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.analysis.volumes import Scope
from fourfold.codes.breaks import breaks_crossed
from fourfold.codes.lists import code_list
from fourfold.codes.measures import Measure
from fourfold.codes.outcomes import OutcomeMeasure
from fourfold.codes.periods import Window, month_end, months
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.engines import Rows

AGES = (3, 6, 12)
"""The whole months at which a cohort is read."""

_ASSIGNED = Method(
    name="assigned in the period",
    text="Crimes first given a positive outcome in the period, whenever recorded, over crimes recorded in the period.",
    source="Home Office, crime outcomes in England and Wales, technical annex.",
)
_COHORT = Method(
    name="cohort at a fixed age",
    text="Of the crimes recorded in the months, those first given a positive outcome within so many whole months after.",
    source="Home Office, crime outcomes in England and Wales, technical annex.",
)


def assigned_rate(
    records: Records, crime: Measure, scope: Scope, window: Window, outcome: OutcomeMeasure, *, with_tic: bool = True
) -> Finding:
    """The rate on the basis of outcomes assigned in the period: kind "outcome rate", unit "%", by whole months.

    Its value is None, and its verdict says why, when an outcome or a street file of the window is not held.
    """
    _whole_months(window)
    missing = _not_held(records, scope, months(window))
    recorded = volumes.count(records, crime, scope, window)
    given = _number(_first_positive(records, crime, scope, outcome, with_tic).filter(_within("outcome_month", window)))
    return _rate(
        records, crime, scope, window, outcome, with_tic, _ASSIGNED, given, recorded.records,
        _missing_said(missing) or recorded.verdict, (recorded,),
        {"basis": "assigned", "not matched": _unmatched(records, scope, window, outcome, with_tic)},
    )  # fmt: skip


def cohort_rate(
    records: Records, crime: Measure, scope: Scope, window: Window, age: int, outcome: OutcomeMeasure, *,
    with_tic: bool = True,
) -> Finding:  # fmt: skip
    """The rate of the cohort recorded in a window, at `age` whole months: kind "outcome rate", unit "%".

    A crime recorded in April has an age of 3 at the end of July. Its value is None when an outcome file between a cohort's
    month and its age is not held: the cohort has not reached that age in the records.
    """
    _whole_months(window)
    missing = _not_held(records, scope, months(Window(window.first, month_end(_later(months(window)[-1], age)))))
    recorded = volumes.count(records, crime, scope, window)
    first = _first_positive(records, crime, scope, outcome, with_tic)
    given = _number(first.filter(_within("recorded_month", window) & (_months_after() >= 0) & (_months_after() <= age)))
    return _rate(
        records, crime, scope, window, outcome, with_tic, _COHORT, given, recorded.records,
        _missing_said(missing) or recorded.verdict, (recorded,), {"basis": "cohort", "whole months": age},
    )  # fmt: skip


def cohorts(
    records: Records, crime: Measure, scope: Scope, outcome: OutcomeMeasure, *, with_tic: bool = True
) -> Finding:
    """Each month's cohort at 3, 6 and 12 whole months: kind "cohorts". A cell is null where the age is not reached.

    Columns: month, recorded, and for each age the positive outcomes and the rate of 1.
    """
    held = outcome_months(records, scope)
    if not held:
        raise NothingHeld("No outcome file of that force is held.", remedy="Import the outcome files of police.uk.")
    rows: list[tuple[Value, ...]] = []
    for month in held:
        row: list[Value] = [month.isoformat()]
        for age in AGES:
            found = cohort_rate(records, crime, scope, Window(month, month_end(month)), age, outcome, with_tic=with_tic)
            if len(row) == 1:
                row.append(found.n)
            positive = found.parameters["positive"]
            row += [positive, positive / found.n if found.n else None] if found.value is not None else [None, None]
        rows.append(tuple(row))
    columns = ("month", "recorded", *(f"{what}_{age}_months" for age in AGES for what in ("positive", "rate")))
    window = Window(held[0], month_end(held[-1]))
    whole = volumes.count(records, crime, scope, window)
    return _finding(
        records, crime, scope, window, outcome, with_tic, _COHORT, kind="cohorts", value=None, n=whole.n, parts=(whole,),
        table=Table(columns=columns, rows=tuple(rows)), parameters={"ages in whole months": list(AGES)},
    )  # fmt: skip


def time_to_outcome(
    records: Records, crime: Measure, scope: Scope, window: Window, outcome: OutcomeMeasure, *, with_tic: bool = True
) -> Finding:
    """How a cohort's positive outcomes came in, whole month by whole month: kind "time to outcome", unit "whole months".

    Columns: age, positive (in that month of age), and share, of all recorded, by then. Only ages that every month of the
    cohort has reached in the files held. The value is the age by which half of the positive outcomes so far had come;
    those still to come are not known, so it is not the time that an outcome takes. None when no age is reached.
    """
    _whole_months(window)
    held = set(outcome_months(records, scope))
    reached = -1
    while all(_later(month, age) in held for month in months(window) for age in range(reached + 2)):
        reached += 1
    recorded = volumes.count(records, crime, scope, window)
    came = (
        _first_positive(records, crime, scope, outcome, with_tic)
        .filter(_within("recorded_month", window))
        .with_columns(_months_after().alias("age"))
        .group_by("age")
        .agg(nw.len().alias("n"))
        .collect(backend="polars")
    )
    by_age = dict(came.iter_rows())
    counts = [int(by_age.get(age, 0)) for age in range(reached + 1)]
    sums = [sum(counts[: age + 1]) for age in range(len(counts))]
    rows = tuple((age, n, sums[age] / recorded.n if recorded.n else None) for age, n in enumerate(counts))
    half = next((age for age, so_far in enumerate(sums) if sums[-1] and 2 * so_far >= sums[-1]), None)
    return _finding(
        records, crime, scope, window, outcome, with_tic, _COHORT, kind="time to outcome", value=half, n=recorded.n,
        parts=(recorded,), table=Table(columns=("age", "positive", "share"), rows=rows),
        verdict=None if rows else _missing_said([m for m in months(window) if m not in held]),
        parameters={"ages reached": reached, "with TIC": with_tic, "positive": sum(counts)},
    )  # fmt: skip


def outcome_months(records: Records, scope: Scope) -> tuple[date, ...]:
    """The months whose outcome files are held for a force, in order."""
    streams = records.streams("outcomes", scope.force_id)
    return tuple(sorted({month for held in streams.values() for month in held}))


def _first_positive(records: Records, crime: Measure, scope: Scope, outcome: OutcomeMeasure, with_tic: bool) -> Rows:
    """Each crime of a measure with a positive outcome, once: crime_ref, recorded_month, outcome_month (the first).

    With `_unmatched` and `_number` this is the counting step of outcomes, on whichever engine the records have.
    """
    source = volumes.supply(records, crime, scope)
    whole = Window(source.months[0], month_end(source.months[-1]))
    crimes = (
        volumes.rows_to_count(records, source, crime, scope, whole)
        .filter(~nw.col("crime_ref").is_null())
        .group_by("crime_ref")
        .agg(nw.col("recorded_month").min())
    )
    positive = _positive(records, scope, outcome, with_tic).group_by("crime_ref").agg(nw.col("outcome_month").min())
    return positive.join(crimes, on="crime_ref", how="inner")


def _positive(records: Records, scope: Scope, outcome: OutcomeMeasure, with_tic: bool) -> Rows:
    """The rows of a force's outcome files that are positive."""
    texts = list(outcome.counted_texts(with_tic))
    own = (nw.col("file_force_id") == scope.force_id) & nw.col("outcome_text").is_in(texts)
    return records.rows("outcomes", force_id=scope.force_id).filter(own)


def _months_after() -> nw.Expr:
    """Whole months from the month of recording to that of the outcome."""
    given, recorded = nw.col("outcome_month").dt, nw.col("recorded_month").dt
    years = given.year() - recorded.year()
    return years * 12 + given.month().cast(nw.Int32) - recorded.month().cast(nw.Int32)


def _within(column: str, window: Window) -> nw.Expr:
    return (nw.col(column) >= window.first) & (nw.col(column) <= window.last)


def _number(rows: Rows) -> int:
    return int(rows.select(nw.len()).collect(backend="polars").item())


def _unmatched(records: Records, scope: Scope, window: Window, outcome: OutcomeMeasure, with_tic: bool) -> int:
    """Positive outcomes of the window whose crime is in no street file held: of what kind they are is not known."""
    every = records.rows("crimes").filter(~nw.col("crime_ref").is_null()).select("crime_ref").unique()
    given = _positive(records, scope, outcome, with_tic).filter(_within("outcome_month", window))
    return _number(given.select("crime_ref").unique().join(every, on="crime_ref", how="anti"))


def _not_held(records: Records, scope: Scope, wanted: Sequence[date]) -> list[date]:
    held = set(outcome_months(records, scope))
    return [month for month in wanted if month not in held]


def _missing_said(missing: Sequence[date]) -> str | None:
    if not missing:
        return None
    span = f"{missing[0]:%B %Y}" if len(missing) == 1 else f"{missing[0]:%B %Y} to {missing[-1]:%B %Y}"
    return f"Not available: no outcome file is held for {span}."


def _rate(
    records: Records, crime: Measure, scope: Scope, window: Window, outcome: OutcomeMeasure, with_tic: bool, method: Method,
    given: int, recorded: int, verdict: str | None, parts: tuple[Finding, ...], parameters: dict[str, Any],
) -> Finding:  # fmt: skip
    value, interval = None, None
    if verdict is None and recorded:
        value = 100 * given / recorded
        if given <= recorded:  # a ratio of outcomes to records may pass one, and is then no share of anything
            low, high = binomtest(given, recorded).proportion_ci(method="wilson")
            interval = Interval(
                low=100 * low, high=100 * high, level=0.95, meaning="what chance alone could do to the share"
            )
    return _finding(
        records, crime, scope, window, outcome, with_tic, method, kind="outcome rate", value=value, n=recorded, parts=parts,
        verdict=verdict, interval=interval, parameters={**parameters, "positive": given, "with TIC": with_tic},
    )  # fmt: skip


def _finding(
    records: Records, crime: Measure, scope: Scope, window: Window, outcome: OutcomeMeasure, with_tic: bool, method: Method,
    **said: Any,
) -> Finding:  # fmt: skip
    tic = "with" if with_tic else "without"
    outcomes = [b for b in records.batches_of("outcomes") if scope.force_id in b.coverage]
    own = volumes.measure_definition(crime)
    return Finding(
        title=f"{crime.title}: {outcome.title.lower()}, {method.name}, {tic} offences taken into consideration",
        unit="whole months" if said["kind"] == "time to outcome" else "%",
        windows=(window,), area=scope.title, method=method, as_at=records.as_at,
        definition=Definition(
            name=f"{crime.id} / {outcome.id}", version=f"{crime.version} / {outcome.version}",
            title=f"{own.title}; {outcome.title}", text=f"{own.text} {outcome.definition} {outcome.differs}",
            codes=(*crime.codes, *outcome.counted_texts(with_tic)), source=f"{own.source}; {outcome.source}",
            status=outcome.status,
        ),
        batches=tuple(dict.fromkeys([*said["parts"][0].batches, *(b.batch_id for b in outcomes)])),
        code_version=fourfold.__version__,
        code_lists={name: code_list(name).version for name in ("police_uk_categories", "police_uk_outcomes")},
        sources=tuple(dict.fromkeys(b.source for b in outcomes)) or said["parts"][0].sources,
        notes=_notes(records, scope, window),
        **said,
    )  # fmt: skip


def _notes(records: Records, scope: Scope, window: Window) -> tuple[str, ...]:
    marks = breaks_crossed((window,), scope.force_id, "positive_outcomes")
    said = [f"Crosses {mark.title} ({mark.when}): {mark.text}" for mark in marks]
    held = outcome_months(records, scope)
    if held:
        said.append(
            f"Outcome files are held from {held[0]:%B %Y} to {held[-1]:%B %Y}: a crime whose first positive outcome came "
            "before counts at its first within them."
        )
    return tuple(said)


def _whole_months(window: Window) -> None:
    if not window.is_whole_months:
        raise RequestInvalid("police.uk gives outcomes by month.", remedy="Ask for whole months.")


def _later(month: date, by: int) -> date:
    at = month.month - 1 + by
    return date(month.year + at // 12, at % 12 + 1, 1)
