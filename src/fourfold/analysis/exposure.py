"""Exposure: on which areas the squares that a map flags fall, beside what came there and how much was told there.

A map that is right on average may still send attention again and again to the same communities. So the flagged squares of each
origin of a backtest are counted by a group of the area in which they lie (how deprived it is, what share of its residents are
of minority ethnic groups), beside the share of area, the share of what came, and how much of that was told. What residents are
takes no part in any map: it is looked at only here, afterwards.

Recorded crime is not all crime: where less of it is reported, a share of flagged squares below the share of what came says
nothing of what was never told. What the numbers mean for a community is for the equality assessment to judge.

Source: Chainey, Tompson and Uhlig (2008), Security Journal 21; Akpinar, De-Arteaga and Chouldechova (2021), Proceedings of FAccT.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.spatial import cKDTree

import fourfold
from fourfold.analysis.backtests import FORECAST, WATCHED, Backtest, backtest, origins_until
from fourfold.analysis.findings import Finding, Method, Table, Value
from fourfold.analysis.forecasts import ground_of, where_next
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records import places
from fourfold.records.as_at import Records
from fourfold.records.points import Points, day_of

Floats = npt.NDArray[np.float64]
UNKNOWN = "not known"
DEPRIVATION, ETHNICITY = "deprivation of area", "ethnicity of area"
_FIFTHS = (
    "fifth 1 (most deprived)",
    "fifth 2",
    "fifth 3",
    "fifth 4",
    "fifth 5 (least deprived)",
)
_SHARES = ((10.0, "0 to 10% minority"), (25.0, "10 to 25% minority"), (50.0, "25 to 50% minority"))
_MOST = "50% minority or more"


@dataclass(frozen=True, eq=False)
class Groups:
    """A group for each of some places (as a decile of deprivation by the middle of a small area): x, y, and its name."""

    x: Floats
    y: Floats
    name: tuple[str, ...]


_EXPOSURE = Method(
    name="exposure by area",
    text="At each origin a map's flagged squares, and what came, by the group of the nearest of the given places.",
    source="Chainey, Tompson and Uhlig 2008.",
)


def groups_of_areas(records: Records, force_id: str) -> dict[str, Groups]:
    """The small areas of a force by DEPRIVATION and by ETHNICITY, as the table of area profiles has them; those that it tells.

    A small area stands at a point within its outline. Raises NothingHeld where no profile, or no outline, is held.
    """
    rows = records.table("area_profiles")
    held = set(rows.collect_schema().names())
    shapes = places.shapes_of(records, force_id, "lsoa21")
    if not {"lsoa21_code", "force_id"} <= held or not shapes:
        raise _not_held()
    own = rows.filter(pl.col("force_id") == force_id).unique("lsoa21_code", keep="last").collect()
    own = own.filter(pl.col("lsoa21_code").is_in(list(shapes))).sort("lsoa21_code")
    found = {}
    for what, column, named in (
        (DEPRIVATION, "deprivation_decile", _fifth),
        (ETHNICITY, "minority_ethnic_percent", _band),
    ):
        if column in held and own[column].count():
            values = dict(own.select("lsoa21_code", column).iter_rows())
            at = shapely.get_coordinates(shapely.point_on_surface(np.array(list(shapes.values()), dtype=object)))
            found[what] = Groups(at[:, 0], at[:, 1], tuple(named(values.get(code)) for code in shapes))
    if not found:
        raise _not_held()
    return found


def _not_held() -> NothingHeld:
    return NothingHeld(
        "How deprived the small areas are, and which share of their residents are of minority ethnic groups, is not held.",
        remedy="Bring in a table of area profiles (`fourfold contracts`) and the boundaries of small areas.",
    )


def _fifth(decile: float | None) -> str:
    return _FIFTHS[(int(decile) - 1) // 2] if decile is not None and 1 <= decile <= 10 else UNKNOWN


def _band(percent: float | None) -> str:
    if percent is None or not 0 <= percent <= 100:
        return UNKNOWN
    return next((name for upto, name in _SHARES if percent < upto), _MOST)


def exposure(
    points: Points, groups: Groups, cell: float, *, until: int, origins: int = 26, horizon: int = 7
) -> Finding:
    """On whom the forecast's flagged squares fall, by a backtest of its own: as `exposure_of`, and raises as `backtest` does."""
    _given(groups)
    days = origins_until(until - horizon, origins)
    found = backtest(points, days, horizon, cell, boosting=False, is_watched=True)
    return exposure_of(points, found, groups)


def exposure_of(points: Points, found: Backtest, groups: Groups, *, by: str = "", name: str = FORECAST) -> Finding:
    """On whom a map's flagged squares fall, beside how much they told there: kind "exposure", a row a group of areas.

    `found` is a backtest of these points that was watched; `name` one of its maps. Columns: group, squares, share_of_area,
    share_of_flagged, share_of_events, events, hits, hit_rate, over (the share of flagged squares over the share of events:
    above one, flagged more than what came there). Its value is the largest of these, unit "times". Raises RequestInvalid where
    no group is given.
    """
    _given(groups)
    ground = ground_of(points, found.cell, before=found.origins[0])
    x, y = (corner[ground.inside] + found.cell / 2 for corner in ground.lattice.corners())
    _, nearest = cKDTree(np.column_stack((groups.x, groups.y))).query(np.column_stack((x, y)))
    names = sorted(set(groups.name), key=lambda one: (not one.isdecimal(), int(one) if one.isdecimal() else 0, one))
    of = np.array([names.index(one) for one in groups.name])[nearest]
    at = found.names.index(name)
    chosen, came, hits = (np.zeros(len(names)) for _ in range(3))
    for one in found.watched:
        chosen += np.bincount(of[one.flagged[at]], minlength=len(names))
        came += np.bincount(of[one.squares], weights=one.events, minlength=len(names))
        caught = np.isin(one.squares, one.flagged[at])
        hits += np.bincount(of[one.squares[caught]], weights=one.events[caught], minlength=len(names))
    area = np.bincount(of, minlength=len(names))
    rows = tuple(_row(group, *counts) for group, counts in zip(names, _counts(area, chosen, came, hits), strict=True))
    over = [float(row[8]) for row in rows if row[8] is not None]
    days = found.origins
    return Finding(
        kind="exposure", title=f"Exposure by {by or 'area'}: {points.title}", value=max(over) if over else None, unit="times",
        n=int(came.sum()), windows=(Window(day_of(days[0]), day_of(days[-1] + found.horizon - 1)),), area=points.area,
        definition=where_next(points, found.cell, found.horizon), method=_EXPOSURE, as_at=points.as_at, batches=points.batches,
        code_version=fourfold.__version__, sources=points.sources, notes=points.notes, table=Table(columns=_COLUMNS, rows=rows),
        parameters={
            "map": name, "by": by or "area", "share of area flagged": WATCHED, "origins": len(days),
            "horizon in days": found.horizon, "metres": found.cell,
        },
    )  # fmt: skip


_COLUMNS = (
    "group", "squares", "share_of_area", "share_of_flagged", "share_of_events", "events", "hits", "hit_rate", "over",
)  # fmt: skip


def _given(groups: Groups) -> None:
    if not groups.name:
        raise RequestInvalid("No place has a group.", remedy="Give a file with the columns x, y and group.")


def _counts(*by_group: npt.NDArray[np.generic]) -> list[tuple[tuple[float, float], ...]]:
    """For each group, each count beside its sum over all groups."""
    return [tuple((float(one[at]), float(one.sum())) for one in by_group) for at in range(len(by_group[0]))]


def _row(
    group: str, area: tuple[float, float], chosen: tuple[float, float], came: tuple[float, float], hits: tuple[float, float]
) -> tuple[Value, ...]:  # fmt: skip
    of_area, of_flagged = area[0] / area[1], chosen[0] / chosen[1] if chosen[1] else 0.0
    of_events = came[0] / came[1] if came[1] else None
    told = hits[0] / came[0] if came[0] else None
    over = of_flagged / of_events if of_events else None
    return group, int(area[0]), of_area, of_flagged, of_events, int(came[0]), int(hits[0]), told, over
