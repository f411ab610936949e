"""Patrols: squares or streets of a map as stops of a shift, in an order to go round, and what was spent there beside the crime there.

Stops go from the hottest always to the nearest left, in a straight line between their middles: which way leads from one to the next,
and how long it takes, is not known. Dosage is minutes and visits as recorded; crime beside it is no effect of it.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

import fourfold
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value
from fourfold.analysis.streets import Bools, Floats, Stretch
from fourfold.codes.periods import Window
from fourfold.errors import RequestInvalid
from fourfold.records.patrol_positions import Position, PositionsRead
from fourfold.records.points import Points, day_of

LONGEST_VISIT = 240
_APART = timedelta(minutes=10)
BESIDE = 30
"""Metres from a stretch of street within which a crime or a unit is at it: a setting of Fourfold's, for a force to try."""
SHORTEST, LONGEST = 10, 15
"""Minutes of a stop: short visits at unforeseen times outlast themselves (Koper, 1995, Justice Quarterly 12)."""
NOT_AN_EFFECT = (
    "Crime stands beside the visits, and says nothing of what they did: hot squares are chosen at their worst, and cool of "
    "themselves. A visit that was not recorded may have been made."
)
_DOSAGE = Method(
    name="patrol dosage",
    text="Visits recorded at each stop of the plan and their minutes, by week from Monday, beside the days on which one was "
    "planned, those of them on which none is recorded, and the crimes committed in the stop’s square, or within the plan’s metres "
    "of its stretch of street, in that week; a crime within reach of two stretches is counted at each. A week that is not over in "
    "the records held has no crime, which is not none. " + NOT_AN_EFFECT,
    source="Koper (1995), Justice Quarterly 12; Manchester, 2018, on keeping dosage.",
)


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Where to stop: the middle of a square, or of a stretch of street and then that stretch; metres on the National Grid."""

    easting: int
    northing: int
    stretch: Stretch | None = None

    def holds(self, x: Floats, y: Floats, metres: float) -> Bools:
        """Which points are at it: in its square of a side of `metres`, or no further than that from its stretch."""
        if self.stretch is not None:
            return np.asarray(self.stretch.metres_from(x, y) <= metres)
        return (np.abs(x - self.easting) <= metres / 2) & (np.abs(y - self.northing) <= metres / 2)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """One visit recorded: at which stop (its number from 1), on what day, how many minutes."""

    stop: int
    on: date
    minutes: int


@dataclass(frozen=True)
class Dwelt:
    """A visit found in a file: at which stop, when it began, how many whole minutes; `reference` is the same in each reading."""

    stop: int
    at: datetime
    minutes: int
    reference: str


@dataclass(frozen=True)
class Matched:
    """What became of the lines read: `visits`, and how many lines were `outside` every stop, or `passing` through one.

    Passing is less than a minute there; `amiss` are lines of no stop of the plan, or of a dwell of no minutes or above 4 hours.
    """

    visits: tuple[Dwelt, ...]
    outside: int
    passing: int
    amiss: int


def matched(read: PositionsRead, stops: Sequence[Stop], metres: int, salt: bytes) -> Matched:
    """The visits in a file: positions of a unit that follow one another at a stop within ten minutes, or a log's lines.

    `salt` is the secret of the records' folder: without it a visit's reference tells nothing of the unit.
    """
    visits, outside, passing, amiss = [], 0, 0, 0
    for line in read.log:
        if 1 <= line.stop <= len(stops) and 1 <= line.minutes <= LONGEST_VISIT:
            visits.append(_dwelt(salt, line.stop, line.at, line.minutes, ""))
        else:
            amiss += 1
    for run in _runs(read, stops, metres):
        number, (first, last) = run[0][0], (run[0][1], run[-1][1])
        minutes = round((last.at - first.at).total_seconds() / 60)
        if number is None:
            outside += len(run)
        elif not minutes:
            passing += len(run)
        elif minutes > LONGEST_VISIT:
            amiss += len(run)
        else:
            visits.append(_dwelt(salt, number, first.at, minutes, first.unit))
    return Matched(tuple(visits), outside, passing, amiss)


def _runs(read: PositionsRead, stops: Sequence[Stop], metres: int) -> list[list[tuple[int | None, Position]]]:
    """The positions by unit and time, parted where the stop changes or more than ten minutes lie between two.

    Where the reaches of two stretches overlap a unit is at the stop that has the lower number.
    """
    runs: list[list[tuple[int | None, Position]]] = []
    ordered = sorted(read.positions, key=lambda one: (one.unit, one.at, one.line))
    x, y = np.array([one.easting for one in ordered]), np.array([one.northing for one in ordered])
    at_stop = np.array([stop.holds(x, y, metres) for stop in stops]).reshape(len(stops), len(ordered))
    for number, one in enumerate(ordered):
        here = next((n + 1 for n in range(len(stops)) if at_stop[n, number]), None)
        before = runs[-1][-1] if runs else None
        goes_on = before is not None and before[0] == here and before[1].unit == one.unit
        if goes_on and before is not None and one.at - before[1].at <= _APART:
            runs[-1].append((here, one))
        else:
            runs.append([(here, one)])
    return runs


def _dwelt(salt: bytes, stop: int, at: datetime, minutes: int, unit: str) -> Dwelt:
    said = "\0".join((str(stop), at.astimezone(UTC).isoformat(), unit))
    return Dwelt(stop, at, minutes, hmac.digest(salt, said.encode(), "sha256").hex()[:16])


def stops_of(squares: Sequence[tuple[int, int]], most: int) -> tuple[Stop, ...]:
    """The first `most` squares of a map, hottest first, in the order to go round. Raises RequestInvalid where no square is hot."""
    if not squares:
        raise RequestInvalid(
            "The map has no hot square.", remedy="Choose another area, or patrol by what officers know."
        )
    return _in_order([Stop(easting=x, northing=y) for x, y in squares[:most]])


def stops_on(stretches: Sequence[Stretch]) -> tuple[Stop, ...]:
    """Stretches of street, hottest first, in the order to go round. Raises RequestInvalid where there is none."""
    if not stretches:
        raise RequestInvalid(
            "No stretch of the street register runs through a hot square of the map.",
            remedy="Make the plan by squares, or bring in the register of that area.",
        )
    return _in_order([Stop(easting=one.middle[0], northing=one.middle[1], stretch=one) for one in stretches])


def _in_order(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """From the first always to the nearest left, in a straight line."""
    left = list(stops)
    found = [left.pop(0)]
    while left:
        x, y = found[-1].easting, found[-1].northing
        nearest = min(left, key=lambda one: (np.hypot(one.easting - x, one.northing - y), one.easting, one.northing))
        left.remove(nearest)
        found.append(nearest)
    return tuple(found)


def counted_squares(points: Points, cell: int) -> list[tuple[int, int]]:
    """The middles of the squares of `cell` metres in which an event was, those of most first: a count, and no algorithm.

    Of as many, the square with the latest event goes first.
    """
    found: dict[tuple[int, int], list[int]] = {}
    for east, north, day in zip(points.x, points.y, points.day, strict=True):
        middle = (int(east // cell) * cell + cell // 2, int(north // cell) * cell + cell // 2)
        found.setdefault(middle, []).append(int(day))
    return sorted(found, key=lambda one: (-len(found[one]), -max(found[one]), one))


def repeat_squares(points: Points, metres: float, days: int, cell: int) -> list[tuple[int, int]]:
    """The middles of the squares of `cell` metres in which a repeat is near: those within `metres` of most of the last events.

    The last events are those of the `days` up to the last day held; of as many, the square with the latest event goes first.
    Empty where there is no event.
    """
    if not len(points):
        return []
    is_late = points.day > int(points.day.max()) - days
    x, y, day = points.x[is_late], points.y[is_late], points.day[is_late]
    steps = range(-int(metres // cell) - 1, int(metres // cell) + 2)
    middles = {
        ((int(east // cell) + i) * cell + cell // 2, (int(north // cell) + j) * cell + cell // 2)
        for east, north in zip(x, y, strict=True) for i in steps for j in steps
    }  # fmt: skip
    found = []
    for east, north in middles:
        near = np.hypot(x - east, y - north) <= max(metres, cell * 0.75)  # an event of the square itself is always near
        if near.any():
            found.append((-int(near.sum()), -int(day[near].max()), east, north))
    return [(east, north) for *_, east, north in sorted(found)]


def dosage(
    stops: Sequence[Stop],
    visits: Sequence[Spent],
    points: Points,
    *,
    metres: int,
    window: Window,
    until: date,
    as_at: datetime,
) -> Finding:
    """Visits and minutes by stop and week, beside crime: kind "patrol dosage".

    `metres` is the side of a square, or how far from a stretch of street still is at it. Columns: stop, street (its stretch's number
    in the register, None of a square), easting, northing, week (its Monday), planned (days of the plan up to `until`, on each of
    which every stop is to be made), visits, minutes, not_recorded (those days on which no visit is recorded), crimes (None where
    the week is not over in the records). Its value is the minutes in all, unit "minutes", n the visits.
    """
    known = day_of(int(points.day.max())) if len(points) else None
    monday = window.first - timedelta(days=window.first.weekday())
    weeks = [monday + timedelta(days=7 * n) for n in range((window.last - monday).days // 7 + 1)]
    made = {(one.stop, one.on) for one in visits}
    numbers, minutes = Counter[tuple[int, date]](), Counter[tuple[int, date]]()
    for one in visits:
        week = one.on - timedelta(days=one.on.weekday())
        numbers[one.stop, week] += 1
        minutes[one.stop, week] += one.minutes
    rows: list[tuple[Value, ...]] = []
    for number, stop in enumerate(stops, start=1):
        inside = stop.holds(points.x, points.y, metres)
        street = stop.stretch.ref if stop.stretch else None
        days = [day_of(int(day)) for day in points.day[inside]]
        for week in weeks:
            end = week + timedelta(days=6)
            crimes = sum(week <= day <= end for day in days) if known is not None and end <= known else None
            days_of_week = [week + timedelta(days=n) for n in range(7)]
            planned = [day for day in days_of_week if window.first <= day <= min(window.last, until)]
            missing = sum((number, day) not in made for day in planned)
            spent = (len(planned), numbers[number, week], minutes[number, week], missing)
            rows.append((number, street, stop.easting, stop.northing, week.isoformat(), *spent, crimes))
    return Finding(
        kind="patrol dosage", title="Minutes of patrol recorded at the plan’s stops", value=sum(minutes.values()), unit="minutes",
        n=len(visits), windows=(window,), area=points.area, method=_DOSAGE, as_at=as_at, batches=points.batches,
        parameters={"planned up to": until.isoformat(), "metres": metres},
        definition=Definition(
            name="patrol dosage", version="3", title="Dosage of patrol", text="A visit recorded at a stop of the plan.",
            source=_DOSAGE.source, status="unconfirmed",
        ),
        code_version=fourfold.__version__, sources=(*points.sources, "what officers recorded of their visits"),
        table=Table(
            columns=("stop", "street", "easting", "northing", "week", "planned", "visits", "minutes", "not_recorded", "crimes"),
            rows=tuple(rows),
        ),
        notes=points.notes,
    )  # fmt: skip
