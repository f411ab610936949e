"""Aoristic weights: the hours of the week of crimes that are known only to lie between two times.

A burglary found on return from work happened at some time of the day, and counting it at nine in the morning, or at
half past twelve, would make a peak of nothing. So each crime's weight of one is spread over the hours in which it may lie, by
the minutes of each that lie within; a crime whose time is known falls whole into its hour.

Hours are those of the clock on the wall. In the night in which clocks go forward there is no hour from one to two in London,
and none of the weight falls there; when they go back that hour lasts two, and takes the weight of both.

- A window of a week or more says nothing of the hour: it is spread evenly over all 168, and counted.
- A window that ends before it begins cannot be so: it is left out, and counted.
- A window without an end is taken as a time that is known (or left out, by `open_ended`), and counted.

Source: Ratcliffe (2000), Aoristic analysis: the spatial interpretation of unspecific temporal events, International Journal of
Geographical Information Science 14.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

import fourfold
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value
from fourfold.codes.periods import Window
from fourfold.errors import RecordsInvalid, RequestInvalid

Floats = npt.NDArray[np.float64]

WEEK = 168
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WALL = "wall"
"""Instead of a zone: times as they stand on the clock, through whose changes an hour is an hour like any other."""

_HOUR = 3_600
_METHOD = Method(
    name="aoristic weights",
    text="Each crime's weight of one is spread over the hours of the week in which it may lie, by the minutes of each, by the "
    "clock on the wall.",
    source="Ratcliffe 2000.",
)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Weights by hour of the week, Monday from midnight on (168), and how many windows were of each kind.

    `known` are times known to the instant, `spread` windows of less than a week, `weeks` those of a week or more;
    `open_ended` have no end, `reversed_` end before they begin, `undated` have no beginning.
    """

    weights: Floats
    known: int
    spread: int
    weeks: int
    open_ended: int
    reversed_: int
    undated: int

    @property
    def placed(self) -> int:
        """How many crimes have a weight."""
        return round(float(self.weights.sum()))


def hours_of_week(
    windows: pl.DataFrame, *, zone: str = "Europe/London", open_ended: Literal["known", "left out"] = "known"
) -> Hours:
    """The weights of windows: columns `from` and `to`, instants in UTC, or times without a zone where zone is "wall".

    Raises RequestInvalid for a zone whose hours do not begin with those of UTC.
    """
    if open_ended not in ("known", "left out"):
        raise RequestInvalid("Windows without an end are known or left out.", remedy="known, or left out.")
    start, end = (windows[name].dt.epoch("s").cast(pl.Float64).to_numpy() for name in ("from", "to"))
    dated, has_end = ~np.isnan(start), ~np.isnan(end)
    endless = dated & ~has_end
    end = np.where(endless, start, end)
    backwards = dated & (end < start)
    kept = dated & ~backwards & (~endless if open_ended == "left out" else True)
    start, end = start[kept].astype(np.int64), end[kept].astype(np.int64)
    weeks = end - start >= WEEK * _HOUR
    weights = np.full(WEEK, weeks.sum() / WEEK) + _spread(start[~weeks], end[~weeks], zone)
    known = int((end == start).sum())
    return Hours(
        weights=weights, known=known, spread=int(len(start) - known - weeks.sum()), weeks=int(weeks.sum()),
        open_ended=int(endless.sum()), reversed_=int(backwards.sum()), undated=int((~dated).sum()),
    )  # fmt: skip


def _spread(start: npt.NDArray[np.int64], end: npt.NDArray[np.int64], zone: str) -> Floats:
    """Windows cut at each full hour; each piece's share of its window, by hour of the week."""
    first = start // _HOUR
    pieces = np.maximum(-(-end // _HOUR), first + 1) - first
    at = np.repeat(np.arange(len(start)), pieces)
    hour = first[at] + np.arange(len(at)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    inside = np.minimum(end[at], (hour + 1) * _HOUR) - np.maximum(start[at], hour * _HOUR)
    whole = end[at] - start[at]
    share = np.where(whole == 0, 1.0, inside / np.maximum(whole, 1))
    return np.bincount(_hour_of_week(hour, zone), weights=share, minlength=WEEK).astype(np.float64)


def _hour_of_week(hour: npt.NDArray[np.int64], zone: str) -> npt.NDArray[np.int64]:
    """The hour of the week of hours counted from 1970, in a zone: 0 is Monday from midnight."""
    instants = pl.Series(hour * _HOUR * 1_000).cast(pl.Datetime("ms"))
    if zone != WALL:
        try:
            instants = instants.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
        except pl.exceptions.PolarsError:
            raise RequestInvalid(
                "There is no such zone.", remedy="Use a name such as Europe/London, or wall."
            ) from None
    if len(instants) and instants.dt.minute().max():
        raise RequestInvalid(
            "The hours of that zone do not begin with those of UTC.", remedy="Use a zone of whole hours, or wall."
        )
    week = (instants.dt.weekday().cast(pl.Int64) - 1) * 24 + instants.dt.hour().cast(pl.Int64)
    return np.asarray(week.to_numpy(), np.int64)


def hours(
    windows: pl.DataFrame, *, title: str, area: str, window: Window, as_at: datetime, batches: Sequence[str],
    sources: Sequence[str], zone: str = "Europe/London", open_ended: Literal["known", "left out"] = "known",
    notes: Sequence[str] = (),
) -> Finding:  # fmt: skip
    """The hours of the week of crimes: kind "hours of the week", a row an hour with columns day, hour, weight, share.

    Its value is the number of crimes placed, unit "crimes". What is said to begin after `as_at` is left out, and counted. Raises
    RecordsInvalid where no crime has a time.
    """
    given = windows.height
    windows = windows.filter(~_to_come(windows["from"], as_at, zone))
    found = hours_of_week(windows, zone=zone, open_ended=open_ended)
    if not found.placed:
        raise RecordsInvalid(
            "No crime has a time.", remedy="Use the force's own records: what is published by month has no hours."
        )
    rows: list[tuple[Value, ...]] = [
        (DAYS[at // 24], at % 24, float(weight), float(weight / found.weights.sum()))
        for at, weight in enumerate(found.weights)
    ]
    return Finding(
        kind="hours of the week", title=f"Hours of the week: {title}", value=found.placed, unit="crimes", n=found.placed,
        windows=(window,), area=area, definition=_definition(title), method=_METHOD, as_at=as_at, batches=tuple(batches),
        code_version=fourfold.__version__, sources=tuple(sources),
        table=Table(columns=("day", "hour", "weight", "share"), rows=tuple(rows)),
        parameters={
            "zone": zone, "time known": found.known, "spread over hours": found.spread, "a week or more": found.weeks,
            "without an end": found.open_ended, "without an end are": open_ended, "end before they begin": found.reversed_,
            "crimes given": given, "without a time": found.undated, "to come": given - windows.height,
        },
        notes=(*notes, *_notes(found, open_ended, given - windows.height)),
    )  # fmt: skip


def _definition(title: str) -> Definition:
    return Definition(
        name="hours_of_the_week", version="1", title=f"Hours of the week of {title}",
        text="Each crime by the hours of the week in which it may have been committed.", source="Ratcliffe 2000.",
        status="confirmed",
    )  # fmt: skip


def _to_come(begins: pl.Series, as_at: datetime, zone: str) -> pl.Series:
    """Whether each beginning lies after an instant; by the clock as it stands, where no zone is meant. False where none is."""
    until = as_at.replace(tzinfo=None) if zone == WALL else as_at
    return (begins > until).fill_null(False)


def _notes(found: Hours, open_ended: str, to_come: int) -> tuple[str, ...]:
    left = found.reversed_ + found.undated + (found.open_ended if open_ended == "left out" else 0)
    said = [f"Left out: {to_come:,} whose time has not come yet."] if to_come else []
    if left:
        said.append(f"Left out: {left:,} without a time, or whose end lies before its beginning.")
    if found.open_ended and open_ended == "known":
        said.append(f"Taken as known to the minute, since no end is given: {found.open_ended:,}.")
    if found.weeks:
        said.append(f"Spread evenly over the week, since they may lie anywhere in it: {found.weeks:,}.")
    return tuple(said)
