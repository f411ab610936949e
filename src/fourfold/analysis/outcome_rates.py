"""Outcome rates, on two bases that are never mixed.

**Assigned in the period**: crimes given a positive outcome in the period, whenever they were recorded, over crimes recorded in
the period. It can pass 100%, and moves when volumes move. **Cohort at a fixed age**: of the crimes recorded in a window, those
with a positive outcome by that age; only for cohorts that have reached it in the records held. A force's own records give
days, and ages are 90, 180 and 365 days; police.uk gives months, and ages are 3, 6 and 12 whole months, named so.

A crime counts once, at its first positive outcome. Only months whose outcomes are held are counted; others are "not
available", and the street file's "last outcome" is never used. There is no official positive outcome: the measure is named
and its definition printed, with and without offences taken into consideration.

Source: Home Office, crime outcomes in England and Wales, technical annex (the two bases; outcomes not ranked).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

import fourfold
from fourfold.analysis import volumes
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value, wilson
from fourfold.analysis.volumes import Scope
from fourfold.codes.breaks import breaks_crossed
from fourfold.codes.lists import code_list
from fourfold.codes.measures import Measure
from fourfold.codes.outcomes import OutcomeMeasure, outcome_measure
from fourfold.codes.periods import Window, month_end, months
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.engines import Rows

AGES_IN_MONTHS = (3, 6, 12)
"""The whole months at which a cohort of police.uk is read."""
AGES_IN_DAYS = (90, 180, 365)
"""The days at which a cohort of a force's own records is read."""

_ASSIGNED = Method(
    name="assigned in the period",
    text="Crimes first given a positive outcome in the period, whenever recorded, over crimes recorded in the period.",
    source="Home Office, crime outcomes in England and Wales, technical annex.",
)
_COHORT = Method(
    name="cohort at a fixed age",
    text="Of the crimes recorded in the window, those first given a positive outcome by that age.",
    source="Home Office, crime outcomes in England and Wales, technical annex.",
)


@dataclass(frozen=True)
class OutcomeSupply:
    """Where a force's outcomes come from: a table of the lake, and the months of it that are held, in order."""

    table: str
    dated_by: str
    recorded_by: str
    code: str
    months: tuple[date, ...]
    code_lists: tuple[str, ...]

    @property
    def is_dated(self) -> bool:
        """Whether days are known, and not months alone."""
        return self.table == "crime_outcomes"

    @property
    def ages(self) -> tuple[int, ...]:
        """The ages at which its cohorts are read, in `unit`."""
        return AGES_IN_DAYS if self.is_dated else AGES_IN_MONTHS

    @property
    def unit(self) -> str:
        """What an age is counted in."""
        return "days" if self.is_dated else "whole months"


def outcome_supply(records: Records, scope: Scope, outcome: OutcomeMeasure) -> OutcomeSupply:
    """What is held of a force's outcomes that a measure of them can be counted from; its months may be none."""
    if outcome.basis == "outcome_type":
        held = _months_held(records, "crime_outcomes", scope)
        return OutcomeSupply("crime_outcomes", "outcome_on", "recorded_on", "outcome_type", held, ("outcomes",))
    lists = ("police_uk_categories", "police_uk_outcomes")
    held = _months_held(records, "outcomes", scope)
    return OutcomeSupply("outcomes", "outcome_month", "recorded_month", "outcome_text", held, lists)


def usual_outcome_measure(records: Records, crime: Measure, scope: Scope) -> OutcomeMeasure:
    """The definition of a positive outcome that a measure of crime goes with: by what is held of the force's outcomes.

    Home Office types where the crimes are counted by offence code, or only a force's own outcomes are held.
    """
    own = bool(_months_held(records, "crime_outcomes", scope))
    by_type = crime.basis == "offence_code" or (own and not _months_held(records, "outcomes", scope))
    return outcome_measure("positive_outcome_types" if by_type else "positive_police_uk")


def assigned_rate(
    records: Records, crime: Measure, scope: Scope, window: Window, outcome: OutcomeMeasure, *, with_tic: bool = True,
    not_matched: int | None = None,
) -> Finding:  # fmt: skip
    """The rate on the basis of outcomes assigned in the period: kind "outcome rate", unit "%".

    Its value is None, and its verdict says why, when outcomes or crimes of a month of the window are not held. Raises
    RequestInvalid for a window that cuts a month of which only the whole is known. Where rates of many measures are
    asked, `not_matched` is counted once, by `unmatched`, and handed to each.
    """
    supply = outcome_supply(records, scope, outcome)
    _fine_enough(supply, window)
    if not_matched is None:
        not_matched = unmatched(records, scope, window, outcome, with_tic=with_tic)
    recorded = volumes.count(records, crime, scope, window)
    tally = _positive_tally(records, supply, crime, scope, outcome, with_tic)
    given = _number(tally.filter(pl.col("given").is_between(window.first, window.last)))
    return _rate(
        records, supply, crime, scope, window, outcome, with_tic, _ASSIGNED, given, recorded.records,
        _not_held(supply, months(window)) or recorded.verdict, (recorded,),
        {"basis": "assigned", "not matched": not_matched},
    )  # fmt: skip


def cohort_rate(
    records: Records, crime: Measure, scope: Scope, window: Window, age: int, outcome: OutcomeMeasure, *,
    with_tic: bool = True,
) -> Finding:  # fmt: skip
    """The rate of the cohort recorded in a window, at an age: kind "outcome rate", unit "%".

    `age` is in days, or in whole months where only months are known: a crime recorded in April has an age of 3 at the end
    of July. Its value is None where a crime of the cohort has not reached that age in the outcomes held.
    """
    supply = outcome_supply(records, scope, outcome)
    _fine_enough(supply, window)
    recorded = volumes.count(records, crime, scope, window)
    cohort = _with_age(_positive_tally(records, supply, crime, scope, outcome, with_tic), supply).filter(
        pl.col("recorded").is_between(window.first, window.last)
    )
    return _rate(
        records, supply, crime, scope, window, outcome, with_tic, _COHORT,
        _number(cohort.filter(pl.col("age").is_between(0, age))), recorded.records,
        _not_reached(records, supply, window, age) or recorded.verdict, (recorded,), {"basis": "cohort", supply.unit: age},
    )  # fmt: skip


def cohorts(
    records: Records, crime: Measure, scope: Scope, outcome: OutcomeMeasure, *, with_tic: bool = True
) -> Finding:
    """Each month's cohort at each age: kind "cohorts". A cell is null where the age is not reached.

    Columns: month, recorded, and for each age the positive outcomes and the rate of 1, named by the age and its unit.
    """
    supply = outcome_supply(records, scope, outcome)
    known = set(volumes.held_months(records, crime, scope))
    held = [month for month in supply.months if month in known]
    if not held:
        raise NothingHeld("No outcomes of that force are held.", remedy="Import its outcome files.")
    tally = _with_age(_positive_tally(records, supply, crime, scope, outcome, with_tic), supply)
    window = Window(held[0], month_end(held[-1]))
    whole = volumes.count(records, crime, scope, window)
    series = volumes.series(records, crime, scope, window).table
    assert series is not None
    by_month = {str(month): n for month, n in series.rows}
    rows: list[tuple[Value, ...]] = []
    for month in held:
        recorded = by_month.get(month.isoformat())
        cohort = tally.filter(pl.col("recorded").is_between(month, month_end(month)))
        row: list[Value] = [month.isoformat(), recorded]
        for age in supply.ages:
            if _not_reached(records, supply, Window(month, month_end(month)), age) or not isinstance(recorded, int):
                row += [None, None]
                continue
            positive = _number(cohort.filter(pl.col("age").is_between(0, age)))
            row += [positive, positive / recorded if recorded else None]
        rows.append(tuple(row))
    unit = supply.unit.removeprefix("whole ")
    columns = ("month", "recorded", *(f"{what}_{age}_{unit}" for age in supply.ages for what in ("positive", "rate")))
    return _finding(
        records, supply, crime, scope, window, outcome, with_tic, _COHORT, kind="cohorts", value=None, n=whole.records,
        parts=(whole,), table=Table(columns=columns, rows=tuple(rows)),
        parameters={f"ages in {supply.unit}": list(supply.ages)},
    )  # fmt: skip


def time_to_outcome(
    records: Records, crime: Measure, scope: Scope, window: Window, outcome: OutcomeMeasure, *, with_tic: bool = True
) -> Finding:
    """How a cohort's positive outcomes came in, age by age: kind "time to outcome", unit whole months, or days.

    Columns: age, positive (at that age), and share, of all recorded, by then. Only ages that the whole cohort has reached
    in the outcomes held. The value is the age by which half of the positive outcomes so far had come; those still to come
    are not known, so it is not the time that an outcome takes. None when no age is reached, or no outcome came.
    """
    supply = outcome_supply(records, scope, outcome)
    _fine_enough(supply, window)
    recorded = volumes.count(records, crime, scope, window)
    reached = -1
    while not _not_reached(records, supply, window, reached + 1):
        reached += 1
    tally = _with_age(_positive_tally(records, supply, crime, scope, outcome, with_tic), supply)
    came = tally.filter(pl.col("recorded").is_between(window.first, window.last)).group_by("age").agg(pl.col("n").sum())
    by_age = dict(came.iter_rows())
    counts = [int(by_age.get(age, 0)) for age in range(reached + 1)]
    sums = [sum(counts[: age + 1]) for age in range(len(counts))]
    rows = tuple((age, n, sums[age] / recorded.records if recorded.records else None) for age, n in enumerate(counts))
    half = next((age for age, so_far in enumerate(sums) if sums[-1] and 2 * so_far >= sums[-1]), None)
    return _finding(
        records, supply, crime, scope, window, outcome, with_tic, _COHORT, kind="time to outcome", value=half,
        n=recorded.records, parts=(recorded,), table=Table(columns=("age", "positive", "share"), rows=rows),
        verdict=None if rows else _not_reached(records, supply, window, 0),
        parameters={"ages reached": reached, "with TIC": with_tic, "positive": sum(counts)},
    )  # fmt: skip


def outcome_months(records: Records, scope: Scope) -> tuple[date, ...]:
    """The months whose outcome files of police.uk are held for a force, in order."""
    return _months_held(records, "outcomes", scope)


def _months_held(records: Records, table: str, scope: Scope) -> tuple[date, ...]:
    streams = records.streams(table, scope.force_id)
    return tuple(sorted({month for held in streams.values() for month in held}))


def _positive_tally(
    records: Records, supply: OutcomeSupply, crime: Measure, scope: Scope, outcome: OutcomeMeasure, with_tic: bool
) -> pl.DataFrame:
    """Crimes of a measure with a positive outcome, counted by when they were recorded and when it first came.

    Columns: recorded, given (days, or first days of months), n. The counting step of outcomes, on whichever engine the
    records have; what comes of it is small, and is of all windows.
    """
    question = ("positive outcomes", crime, scope, outcome, with_tic)
    return records.worked_out(question, lambda: _tallied(records, supply, crime, scope, outcome, with_tic))


def _tallied(
    records: Records, supply: OutcomeSupply, crime: Measure, scope: Scope, outcome: OutcomeMeasure, with_tic: bool
) -> pl.DataFrame:
    source = volumes.supply(records, crime, scope)
    if source.table != "crimes":
        raise NothingHeld(
            "This measure is not counted from crimes, each with its outcome.",
            remedy="Choose a measure of recorded crimes.",
        )
    whole = Window(source.months[0], month_end(source.months[-1]))
    crimes = (
        volumes.rows_to_count(records, source, crime, scope, whole)
        .filter(~nw.col("crime_ref").is_null())
        .group_by("crime_ref")
        .agg(nw.col(supply.recorded_by).min().alias("recorded"))
    )
    positive = _positive(records, supply, scope, outcome, with_tic)
    first = positive.group_by("crime_ref").agg(nw.col(supply.dated_by).min().alias("given"))
    counted = first.join(crimes, on="crime_ref", how="inner").group_by("recorded", "given").agg(nw.len().alias("n"))
    found: pl.DataFrame = counted.collect(backend="polars").to_native()
    return found


def _positive(records: Records, supply: OutcomeSupply, scope: Scope, outcome: OutcomeMeasure, with_tic: bool) -> Rows:
    """The rows of a force's outcomes that are positive."""
    force = "force_id" if supply.is_dated else "file_force_id"
    codes = list(outcome.counted_codes(with_tic))
    rows = records.rows(supply.table, force_id=scope.force_id)
    rows = rows.filter((nw.col(force) == scope.force_id) & nw.col(supply.code).is_in(codes))
    if supply.is_dated and not with_tic:  # a crime may be admitted with another, whatever the type it is given
        rows = rows.filter(~nw.col("is_tic").fill_null(False))
    return rows


def _with_age(tally: pl.DataFrame, supply: OutcomeSupply) -> pl.DataFrame:
    """The tally with the age at which the outcome came: days, or whole months from month to month."""
    given, recorded = pl.col("given").dt, pl.col("recorded").dt
    if supply.is_dated:
        return tally.with_columns((pl.col("given") - pl.col("recorded")).dt.total_days().alias("age"))
    whole = (given.year() - recorded.year()) * 12 + given.month().cast(pl.Int32) - recorded.month().cast(pl.Int32)
    return tally.with_columns(whole.alias("age"))


def _number(tally: pl.DataFrame) -> int:
    return int(tally["n"].sum())


def unmatched(records: Records, scope: Scope, window: Window, outcome: OutcomeMeasure, *, with_tic: bool = True) -> int:
    """Positive outcomes of the window whose crime is not held: of what kind they are is not known."""
    supply = outcome_supply(records, scope, outcome)
    lone = records.worked_out(
        ("unmatched outcomes", scope, outcome, with_tic), lambda: _lone(records, supply, scope, outcome, with_tic)
    )
    return lone.filter(pl.col("given").is_between(window.first, window.last))["crime"].n_unique()


def _lone(
    records: Records, supply: OutcomeSupply, scope: Scope, outcome: OutcomeMeasure, with_tic: bool
) -> pl.DataFrame:
    """Positive outcomes whose crime is not held: a number that stands for the crime, and when it was given."""
    every = records.rows("crimes").filter(~nw.col("crime_ref").is_null()).select("crime_ref").unique()
    given = _positive(records, supply, scope, outcome, with_tic).select("crime_ref", given=nw.col(supply.dated_by))
    found: pl.DataFrame = given.join(every, on="crime_ref", how="anti").collect(backend="polars").to_native()
    return found.select(pl.col("crime_ref").fill_null("").rank("dense").alias("crime"), "given")


def _not_held(supply: OutcomeSupply, wanted: Sequence[date]) -> str | None:
    """Which months' outcomes lack, in words; None when all are held."""
    held = set(supply.months)
    return _missing_said([month for month in wanted if month not in held])


def has_reached(records: Records, supply: OutcomeSupply, window: Window, age: int) -> bool:
    """Whether the cohort recorded in a window has reached an age, in the supply's unit, in the outcomes held."""
    return _not_reached(records, supply, window, age) is None


def _not_reached(records: Records, supply: OutcomeSupply, window: Window, age: int) -> str | None:
    """Why a cohort has not reached an age in the outcomes held; None when it has."""
    if not supply.is_dated:
        return _not_held(supply, months(Window(window.first, month_end(_later(months(window)[-1], age)))))
    last = window.last + timedelta(days=age)
    missing = _not_held(supply, months(Window(window.first, last)))
    if missing is None and last >= records.as_at.astimezone(ZoneInfo("Europe/London")).date():
        return f"Not available: the last of these crimes reach {age} days only on {last:%-d %B %Y}."
    return missing


def _missing_said(missing: Sequence[date]) -> str | None:
    if not missing:
        return None
    span = f"{missing[0]:%B %Y}" if len(missing) == 1 else f"{missing[0]:%B %Y} to {missing[-1]:%B %Y}"
    return f"Not available: no outcomes are held for {span}."


def _rate(
    records: Records, supply: OutcomeSupply, crime: Measure, scope: Scope, window: Window, outcome: OutcomeMeasure,
    with_tic: bool, method: Method,
    given: int, recorded: int, verdict: str | None, parts: tuple[Finding, ...], parameters: dict[str, Any],
) -> Finding:  # fmt: skip
    value, interval = None, None
    if verdict is None and recorded:
        value = 100 * given / recorded
        if given <= recorded:  # a ratio of outcomes to records may pass one, and is then no share of anything
            low, high = wilson(given, recorded)
            interval = Interval(low=low, high=high, level=0.95, meaning="what chance alone could do to the share")
    return _finding(
        records, supply, crime, scope, window, outcome, with_tic, method, kind="outcome rate", value=value, n=recorded, parts=parts,
        verdict=verdict, interval=interval, parameters={**parameters, "positive": given, "with TIC": with_tic},
    )  # fmt: skip


def _finding(
    records: Records, supply: OutcomeSupply, crime: Measure, scope: Scope, window: Window, outcome: OutcomeMeasure,
    with_tic: bool, method: Method, **said: Any,
) -> Finding:  # fmt: skip
    tic = "with" if with_tic else "without"
    outcomes = [b for b in records.batches_of(supply.table) if scope.force_id in b.coverage]
    own = volumes.measure_definition(crime)
    return Finding(
        title=f"{crime.title}: {outcome.title.lower()}, {method.name}, {tic} offences taken into consideration",
        unit=supply.unit if said["kind"] == "time to outcome" else "%",
        windows=(window,), area=scope.title, method=method, as_at=records.as_at,
        definition=Definition(
            name=f"{crime.id} / {outcome.id}", version=f"{crime.version} / {outcome.version}",
            title=f"{own.title}; {outcome.title}", text=f"{own.text} {outcome.definition} {outcome.differs}",
            codes=(*crime.codes, *outcome.counted_codes(with_tic)), source=f"{own.source}; {outcome.source}",
            status=outcome.status,
        ),
        batches=tuple(dict.fromkeys([*said["parts"][0].batches, *(b.batch_id for b in outcomes)])),
        code_version=fourfold.__version__,
        code_lists={name: code_list(name).version for name in supply.code_lists},
        sources=tuple(dict.fromkeys(b.source for b in outcomes)) or said["parts"][0].sources,
        notes=_notes(supply, scope, window),
        **said,
    )  # fmt: skip


def _notes(supply: OutcomeSupply, scope: Scope, window: Window) -> tuple[str, ...]:
    marks = breaks_crossed((window,), scope.force_id, "positive_outcomes")
    said = [f"Crosses {mark.title} ({mark.when}): {mark.text}" for mark in marks]
    held = supply.months
    if held:
        said.append(
            f"Outcomes are held from {held[0]:%B %Y} to {held[-1]:%B %Y}: a crime whose first positive outcome came "
            "before counts at its first within them."
        )
    return tuple(said)


def _fine_enough(supply: OutcomeSupply, window: Window) -> None:
    if not supply.is_dated and not window.is_whole_months:
        raise RequestInvalid("police.uk gives outcomes by month.", remedy="Ask for whole months.")


def _later(month: date, by: int) -> date:
    at = month.month - 1 + by
    return date(month.year + at // 12, at % 12 + 1, 1)
