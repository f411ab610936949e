"""Square maps: week by week, what stood on a lattice before each week and what came in it, for a map with its time.

Before each of a quarter of weeks every map is drawn from what was known then: counts, kernel density, decay, hot squares by
Gi*, and the forecast. What then came stands beside them, so that nobody has to believe a map: each square has its own record
of what was expected and what came. The area is that of the first week, as it is in a backtest: what came elsewhere no map of
these could have told, and how many that were is said.

Source: the maps are those of `backtests` and `hotspots`; their sources stand there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import fourfold
from fourfold.analysis.backtests import FORECAST, PLAIN, origins_until, plain_maps
from fourfold.analysis.findings import Finding, Method, Table, Value
from fourfold.analysis.forecasts import Levels, came_in, ground_of, grouped_shares, possible, stands, where_next
from fourfold.analysis.hotspots import FALSE_DISCOVERIES
from fourfold.analysis.lattices import (
    SHARES,
    Floats,
    Whole,
    chance_of_so_many,
    few_of,
    flagged,
    gi_star,
    hot,
    running_counts,
)
from fourfold.codes.periods import Window
from fourfold.errors import CodeUnknown
from fourfold.records.points import Points, day_of

CAME, HOT = "what came", "hot squares by Gi*"
EXPECTING = (FORECAST, *PLAIN)
"""Maps whose numbers are events expected in the days shown."""
DRAWN = (CAME, *EXPECTING, HOT)
WEEKS = 13

_METHOD = Method(
    name="square maps",
    text="Before each week every map is drawn from what was known then, on the squares near an event before the first of them; "
    "what came in the days after stands beside. A map's number is its share of the level expected in all; hot squares are those "
    "of the 12 months before, by Gi*, with false discoveries held to 5 in 100.",
    source="Chainey, Tompson and Uhlig 2008; Ord and Getis 1995.",
)


@dataclass(frozen=True, eq=False)
class SquareMaps:
    """Every map of every week: `maps[name]` and `came` are (weeks, squares); `x`, `y` the squares' middles in metres.

    `came` is NaN in the last week, of which nothing is known. `low`, `high` are the forecast's 90% limits of the last week,
    `why` what share of its number there comes from how near and how old events: (reasons, squares). `made` is the Finding
    of the weeks, without a square.
    """

    made: Finding
    origins: tuple[int, ...]
    horizon: int
    cell: int
    x: Whole
    y: Whole
    came: Floats
    maps: Mapping[str, Floats]
    low: Whole
    high: Whole
    why: Floats
    reasons: tuple[str, ...]

    def values(self, name: str, week: int) -> Floats:
        """A map's numbers by square before (or, of what came, in) one of the weeks, by its place. NaN where not yet known."""
        return np.asarray(self.came[week] if name == CAME else self.maps[name][week])

    def square_at(self, x: int, y: int) -> int:
        """The place of the square with that middle. Raises CodeUnknown."""
        found = np.flatnonzero((self.x == x) & (self.y == y))
        if not len(found):
            raise CodeUnknown("There is no such square on this map.", remedy="Choose one of the map's table.")
        return int(found[0])

    def around(self, square: int) -> list[int]:
        """The places of the squares that touch one, from the north-west on, row by row."""
        near = (abs(self.x - self.x[square]) <= self.cell) & (abs(self.y - self.y[square]) <= self.cell)
        near[square] = False
        return sorted(np.flatnonzero(near).tolist(), key=lambda at: (-self.y[at], self.x[at]))

    def window(self, week: int) -> Window:
        """The days that one of the weeks' maps is of."""
        return Window(day_of(self.origins[week]), day_of(self.origins[week] + self.horizon - 1))


def square_maps(points: Points, origin: int, horizon: int, cell: int, weeks: int = WEEKS) -> SquareMaps:
    """The maps before so many weeks, the last of them at `origin` (a day number), with their Finding: kind "square maps".

    Its columns: from, expected (in all), came (in these squares), came_elsewhere; the last two None where not yet known. Its
    value is what is expected in the last week. Raises as `forecasts.possible` does.
    """
    origins = origins_until(origin, weeks)
    possible(points, origins[0], horizon)
    ground = ground_of(points, cell, before=origins[0])
    levels = Levels(points)
    year, ever = (
        running_counts(points, ground.lattice, origins, days=365),
        running_counts(points, ground.lattice, origins),
    )
    maps: dict[str, list[Floats]] = {name: [] for name in (*EXPECTING, HOT)}
    came, rows = [], []
    for day, stood in zip(origins, stands(points, ground, origins, horizon), strict=True):
        counted = next(year)
        level = levels.expected(day, horizon)
        shares = [stood.weights @ stood.standing, *plain_maps(stood, counted[ground.inside], next(ever)[ground.inside])]
        for name, share in zip(EXPECTING, shares, strict=True):
            maps[name].append(level * share / max(float(share.sum()), 1e-12))
        is_hot = hot(chance_of_so_many(counted, ground.inside), ground.inside, FALSE_DISCOVERIES)
        maps[HOT].append(np.where(is_hot, np.maximum(gi_star(counted, ground.inside), 0), 0.0)[ground.inside])
        is_known = day + horizon <= origin
        here = came_in(points, ground, day, day + horizon)
        came.append(here if is_known else np.full(len(here), np.nan))
        inside, all_of_it = int(here.sum()), levels.between(day, day + horizon)
        rows.append((
            day_of(day).isoformat(), level, inside if is_known else None, all_of_it - inside if is_known else None,
        ))  # fmt: skip
    last = level * shares[0] / max(float(shares[0].sum()), 1e-12)
    low, high = stood.spread.limits(last)
    reasons, why = grouped_shares(stood.weights, stood.standing)
    x, y = (np.round(corner[ground.inside] + cell / 2).astype(np.int64) for corner in ground.lattice.corners())
    made = _finding(points, horizon, cell, origins, rows, ground.squares)
    return SquareMaps(
        made=made, origins=tuple(origins), horizon=horizon, cell=cell, x=x, y=y, came=np.array(came),
        maps={name: np.array(drawn) for name, drawn in maps.items()}, low=low, high=high, why=why, reasons=reasons,
    )  # fmt: skip


def _finding(
    points: Points, horizon: int, cell: int, origins: Sequence[int], rows: Sequence[tuple[Value, ...]], squares: int
) -> Finding:
    return Finding(
        kind="square maps", title=f"Maps by square: {points.title}", value=rows[-1][1], unit="events",
        n=int((points.day < origins[-1]).sum()), windows=(Window(day_of(origins[0]), day_of(origins[-1] + horizon - 1)),),
        area=points.area, definition=where_next(points, cell, horizon), method=_METHOD, as_at=points.as_at,
        batches=points.batches, code_version=fourfold.__version__, sources=points.sources, notes=points.notes,
        table=Table(columns=("from", "expected", "came", "came_elsewhere"), rows=tuple(rows)),
        parameters={"horizon in days": horizon, "metres": cell, "squares": squares, "weeks": len(origins)},
    )  # fmt: skip


def highest(found: SquareMaps, name: str, week: int) -> Finding:
    """The squares where a map of a week is highest: kind "squares", a row each of the hundredth of the area, none at nought.

    Columns: x, y (middle, metres on the points' grid), value (events expected, events that came, or Gi*), came (None where
    not yet known). Its value is the map's sum, unit "events", or the number of hot squares.
    """
    values, came = found.values(name, week), found.came[week]
    known = not bool(np.isnan(values).any())
    best = [int(at) for at in flagged(values, few_of(SHARES[0], len(values))) if values[at] > 0] if known else []
    rows = tuple((int(found.x[at]), int(found.y[at]), float(values[at]), _whole(float(came[at]))) for at in best)
    value: Value = None if not known else int((values > 0).sum()) if name == HOT else float(values.sum())
    return _part_finding(
        found, kind="squares", title=f"{name[0].upper()}{name[1:]} by square: {found.made.title}", value=value,
        unit="squares" if name == HOT else "events", windows=(found.window(week),),
        table=Table(columns=("x", "y", "value", "came"), rows=rows),
        parameters={**found.made.parameters, "map": name},
    )  # fmt: skip


def one_square(found: SquareMaps, square: int, shown: str) -> Finding:
    """What was expected in a square week by week, and what came: kind "one square", a row a week.

    Columns: from, forecast, shown (the number of the map that the backtest names), counts of the last 12 months (the plain
    map), came, last_12_months_around (the mean of that plain map in the squares that touch it). Its value is what is expected
    in the last week by the map shown.
    """
    near = found.around(square)
    rows = []
    for at, origin in enumerate(found.origins):
        plain = found.maps[PLAIN[0]][at]
        rows.append((
            day_of(origin).isoformat(), float(found.maps[FORECAST][at, square]), float(found.maps[shown][at, square]),
            float(plain[square]), _whole(float(found.came[at, square])), float(plain[near].mean()) if near else None,
        ))  # fmt: skip
    x, y = int(found.x[square]), int(found.y[square])
    return _part_finding(
        found, kind="one square", title=f"Square {x} {y}: {found.made.title}", value=rows[-1][2], unit="events",
        table=Table(
            columns=("from", "forecast", "shown", "plain", "came", "plain_around"), rows=tuple(rows)
        ),
        parameters={**found.made.parameters, "x": x, "y": y, "map": shown},
    )  # fmt: skip


def _part_finding(found: SquareMaps, **said: Any) -> Finding:
    """A Finding that is a part of the maps, and rests on them."""
    return replace(found.made, parts=(found.made,), **said)


def _whole(came: float) -> int | None:
    return None if np.isnan(came) else int(came)
