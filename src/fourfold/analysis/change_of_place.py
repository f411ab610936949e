"""Change of place: what moved between two periods beyond the areas' own variation, and rings around an area for displacement.

A force's burglary falls by a tenth; in one ward it falls by half. **What moved** asks each area not whether its count changed
but whether its share did: its later count against its earlier one, at the ratio by which all other areas together changed. Each
area is judged by its own dispersion, drawn towards that of the others, as in a scan; false discoveries are held to 5 in 100. How
much stands elsewhere in all is the index of dissimilarity: the share of crime that would have to be put elsewhere for the
later map to be the earlier one. Chance alone gives some, so it stands beside what draws of areas that did not change would give.

**Rings** around an area (an operation's, say) ask whether what fell inside came up close by. Inside, and in each ring by metres
from its edge, the later count is judged against the earlier one at the ratio by which the rest of the force changed. A ring that
rose is displacement's possible trace, one that fell with the area a diffusion of benefit; neither is proof, and which operation
did it is for an evaluation to say.

Sources: dissimilarity: Duncan and Duncan (1955), American Sociological Review 20; false discoveries: Benjamini and Hochberg (1995),
Journal of the Royal Statistical Society B 57; rings and displacement: Bowers and Johnson (2003), Journal of Quantitative
Criminology 19; Guerette and Bowers (2009), Criminology 47.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.stats import false_discovery_control
from shapely.geometry.base import BaseGeometry

import fourfold
from fourfold.analysis import scans, trends, volumes
from fourfold.analysis.findings import Finding, Grid, Method, Table, Value
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import Measure
from fourfold.codes.periods import Window, month_end, months
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.places import NO_BOUNDARY, PLACED

Ints = npt.NDArray[np.int_]
Floats = npt.NDArray[np.float64]

DISCOVERIES = 0.05
DRAWS = 999
WIDTHS = (250, 500, 1_000)
"""Metres from an area's edge: the outer ends of its rings."""
_COLUMNS = ("before", "after", "expected", "difference", "p", "q", "judgement")
MORE, FEWER, NEITHER = "more than its share", "less than its share", "no clear change"

_MOVED = Method(
    name="what moved",
    text="Each area's later count against its earlier one, at the ratio by which the other areas together changed; its dispersion "
    "drawn towards that of all; false discoveries held to 5 in 100. Dissimilarity of the two maps beside draws without a change.",
    source="Duncan and Duncan 1955; Benjamini and Hochberg 1995; Smyth 2004.",
)
_RINGS = Method(
    name="rings around an area",
    text="Inside an area and in rings around it, the later count against the earlier one, at the ratio by which the rest of the "
    "force changed, each by its own variation; false discoveries held to 5 in 100.",
    source="Bowers and Johnson 2003; Guerette and Bowers 2009.",
)


@dataclass(frozen=True)
class Moved:
    """What was found of each area: counts, what its earlier share would give later, p and q."""

    before: Ints
    after: Ints
    expected: Floats
    spread: Floats
    p: Floats
    q: Floats

    @property
    def judgements(self) -> list[str]:
        """Each area's, in words."""
        is_changed = self.q <= DISCOVERIES
        return [
            NEITHER if not c else MORE if a > e else FEWER
            for c, a, e in zip(is_changed.tolist(), self.after.tolist(), self.expected.tolist(), strict=True)
        ]


def shares_moved(
    counts: Ints, calendar: Ints, later: Sequence[int], earlier: Sequence[int], rest: Ints | None = None
) -> Moved:
    """Judge areas' shares. `counts` has a row an area and a column a month; `calendar` is each column's month of the year.

    `later` and `earlier` are columns; dispersion is taken from those before the later. Each area is set against the others, or
    all against `rest`, a series of the same months. Raises RequestInvalid with fewer than 24 months before the later window,
    or with fewer than two areas and no rest.
    """
    history = np.arange(min(later))
    if len(history) < trends.MONTHS_NEEDED:
        raise RequestInvalid(
            f"Only {len(history)} months stand before the window; {trends.MONTHS_NEEDED} are needed.",
            remedy="Ask for a later window, or import earlier months.",
        )
    if rest is None and len(counts) < 2:
        raise RequestInvalid("One area has no others to be set against.", remedy="Ask for a layer of more areas.")
    before, after = counts[:, list(earlier)].sum(axis=1), counts[:, list(later)].sum(axis=1)
    if rest is None:
        others_before, others_after = before.sum() - before, after.sum() - after
    else:
        others_before, others_after = (np.full(len(counts), rest[list(w)].sum()) for w in (earlier, later))
    # A ratio of none, or over none, tells nothing: the crimes that there are stand in one area.
    ratio = np.maximum(others_after, 0.5) / np.maximum(others_before, 0.5)
    spread = scans.moderated_dispersion(counts[:, history].astype(float), calendar[history], np.zeros(len(counts), int))
    # What both windows would usually hold, the later at the level to which all others came.
    usual = counts[:, history].mean(axis=1) * len(earlier) * (1 + ratio)
    # The ratio is itself told from counts: the fewer the others, the less sure it is.
    own = before + after
    unsure = 1 + own / np.maximum(others_before + others_after, 1)
    p = scans.change_p(before, after, spread * unsure, usual, ratio)
    return Moved(before, after, before * ratio, spread, p, false_discovery_control(p, method="bh"))


def dissimilarity(before: Ints, after: Ints) -> float:
    """The share of crime (of 1) that would have to stand elsewhere for one map to be the other; 0 where either is empty."""
    if not before.sum() or not after.sum():
        return 0.0
    return float(np.abs(before / before.sum() - after / after.sum()).sum() / 2)


def dissimilarity_by_chance(moved: Moved, draws: int = DRAWS, seed: int = 20221020) -> Floats:
    """The index in draws where no area's share changed: each count about its expectation, with the area's own dispersion."""
    drawn = np.random.default_rng(seed)
    ratio = moved.after.sum() / max(moved.before.sum(), 1)
    level = (moved.before + moved.after) / (1 + ratio)
    found = np.empty(draws)
    for at in range(draws):
        found[at] = dissimilarity(_drawn(level, moved.spread, drawn), _drawn(level * ratio, moved.spread, drawn))
    return found


def _drawn(mean: Floats, spread: Floats, drawn: np.random.Generator) -> Ints:
    wide = spread > 1.02
    rate = np.where(
        wide, drawn.gamma(np.maximum(mean / np.maximum(spread - 1, 0.02), 1e-9), np.maximum(spread - 1, 0.02)), mean
    )
    return drawn.poisson(rate)


def what_moved(
    grid: Finding, every_area: Sequence[str], names: Mapping[str, str], later: Window, earlier: Window, *, draws: int = DRAWS,
    seed: int = 20221020, parts: tuple[Finding, ...] = (),
) -> Finding:  # fmt: skip
    """What moved between two windows: kind "what moved", a row an area, the surest first.

    `grid` is of `volumes.monthly_grid`. Columns: area, name, before, after, expected (the earlier count at the ratio of the others),
    difference, p, q, judgement. The value is how many areas' shares changed. Parameters: dissimilarity, and its median and p by
    chance. `n` is the crimes of both windows. Raises RequestInvalid for windows that are not whole months held.
    """
    held = [date.fromisoformat(m) for m in grid.parameters["months"]]
    at_later, at_earlier = (_columns(held, window) for window in (later, earlier))
    if later.first <= earlier.last:
        raise RequestInvalid("The windows overlap.", remedy="Compare with a window that ends before.")
    areas, counts = _by_area_and_month(grid, every_area, held)
    calendar = np.array([m.month for m in held])
    found = shares_moved(counts, calendar, at_later, at_earlier)
    index, chance = dissimilarity(found.before, found.after), dissimilarity_by_chance(found, draws, seed)
    order = np.lexsort((np.arange(len(areas)), -np.abs(found.after - found.expected), found.p))
    said = found.judgements
    rows: list[tuple[Value, ...]] = [
        (areas[at], names.get(areas[at], areas[at]), *_told(found, int(at)), said[at])
        for at in order
    ]  # fmt: skip
    return _finding(
        grid, _MOVED, (later, earlier), kind="what moved", title=f"What moved of {grid.definition.title.lower()}",
        value=sum(one != NEITHER for one in said), unit="areas", n=int(found.before.sum() + found.after.sum()), seed=seed,
        parts=parts,
        table=Table(columns=("area", "name", *_COLUMNS), rows=tuple(rows)),
        parameters={
            "areas": len(areas), "layer": grid.parameters["layer"], "dissimilarity": index, "by chance": float(np.median(chance)),
            "p of the dissimilarity": float((1 + (chance >= index).sum()) / (1 + draws)), "draws": draws,
            "false discoveries held at": DISCOVERIES, "not placed": grid.parameters["not placed"],
        },
        notes=(*grid.notes, f"{grid.parameters['not placed']:,} rows without a place in these areas are left out."),
    )  # fmt: skip


def _told(found: Moved, at: int) -> tuple[Value, ...]:
    """An area's figures, but for the judgement."""
    expected = float(found.expected[at])
    before, after = int(found.before[at]), int(found.after[at])
    return before, after, expected, after - expected, float(found.p[at]), float(found.q[at])


def rings_around(shape: BaseGeometry, widths: Sequence[float] = WIDTHS) -> tuple[BaseGeometry, ...]:
    """The area and its rings, in metres from its edge: they do not overlap. Raises RequestInvalid for widths that do not grow."""
    if not widths or min(widths) <= 0 or any(a >= b for a, b in pairwise(widths)):
        raise RequestInvalid(
            "The rings do not widen.", remedy="Give metres from the edge, the smallest first: 250,500,1000."
        )
    found, inner = [shape], shape
    for width in widths:
        outer = shape.buffer(width)
        found.append(outer.difference(inner))
        inner = outer
    return tuple(found)


def rings(
    records: Records, measure: Measure, scope: Scope, shape: BaseGeometry, name: str, later: Window, earlier: Window,
    widths: Sequence[float] = WIDTHS,
) -> Finding:  # fmt: skip
    """An area and the rings around it in two windows: kind "rings", a row each, the inside first and the rest of the force last.

    Columns: where, to_m, square_km, before, after, expected, difference, p, q, judgement. The value is the crimes inside beyond (or
    below) what the rest's change would give. Raises RequestInvalid and NothingHeld as a count does.
    """
    if later.first <= earlier.last:
        raise RequestInvalid("The windows overlap.", remedy="Compare with a window that ends before.")
    parts = rings_around(shape, widths)
    source = volumes.supply(records, measure, scope, later)
    whole = Window(source.months[0], month_end(source.months[-1]))
    counted = volumes.count(records, measure, scope, whole, source)
    rows = volumes.selected_rows(records, source, measure, scope, whole)
    if source.table != "crimes":
        raise RequestInvalid(
            "The records of this measure have no points.", remedy="Name a measure counted crime by crime."
        )
    placed = (
        rows.filter(pl.col("place_status").is_in([PLACED, NO_BOUNDARY]))
        .select("easting", "northing", "recorded_month")
        .collect()
    )
    held = list(source.months)
    counts = _by_ring(placed, parts, held)
    at_later, at_earlier = (_columns(held, window) for window in (later, earlier))
    calendar = np.array([m.month for m in held])
    found = shares_moved(counts[:-1], calendar, at_later, at_earlier, rest=counts[-1])
    where = ("inside", *(f"{int(a)} to {int(b)} m" for a, b in zip((0, *widths), widths, strict=False)))
    body: list[tuple[Value, ...]] = [
        (where[at], float((0, *widths)[at]), parts[at].area / 1e6, *_told(found, at), found.judgements[at])
        for at in range(len(parts))
    ]  # fmt: skip
    rest = [int(counts[-1][list(w)].sum()) for w in (at_earlier, at_later)]
    body.append(("the rest of the force", None, None, *rest, None, None, None, None, None))
    if not rest[0]:
        raise NothingHeld("Nothing was recorded outside the rings to compare with.", remedy="Ask for narrower rings.")
    around = float((found.after[1:] - found.expected[1:]).sum())
    return _finding(
        counted, _RINGS, (later, earlier), kind="rings", title=f"{measure.title} in {name} and around it",
        value=float(found.after[0] - found.expected[0]), unit="crimes", n=int(found.before.sum() + found.after.sum()) + sum(rest),
        table=Table(columns=("where", "to_m", "square_km", *_COLUMNS), rows=tuple(body)),
        parameters={"metres": [float(w) for w in widths], "in the rings": around, "false discoveries held at": DISCOVERIES,
                    "without a point": counted.records - placed.height},
        notes=(
            *counted.notes, f"Without a point in the force, and in no ring: {counted.records - placed.height:,} of {counted.n:,}.",
            "A rise around an area that fell may be displacement; an evaluation judges that, with a comparison that it chose before.",
        ),
    )  # fmt: skip


def _by_ring(placed: pl.DataFrame, parts: Sequence[BaseGeometry], held: Sequence[date]) -> Ints:
    """Counts by the area, each ring and the rest (rows), and month held (columns); a point on an edge goes to the inner part."""
    east, north = (placed[c].cast(pl.Float64).to_numpy() for c in ("easting", "northing"))
    part = np.full(len(placed), len(parts))
    points = shapely.points(east, north)
    for at in reversed(range(len(parts))):
        shapely.prepare(parts[at])
        part[shapely.intersects(parts[at], points)] = at
    column = {month: at for at, month in enumerate(held)}
    month = np.array([column.get(m, -1) for m in placed["recorded_month"].to_list()], dtype=int)
    counts = np.zeros((len(parts) + 1, len(held)), dtype=int)
    np.add.at(counts, (part[month >= 0], month[month >= 0]), 1)
    return counts


def _columns(held: Sequence[date], window: Window) -> list[int]:
    """The columns of a window. Raises RequestInvalid where it is not of whole months that are all held."""
    wanted = months(window)
    place = {month: at for at, month in enumerate(held)}
    if not window.is_whole_months or any(month not in place for month in wanted):
        raise RequestInvalid(
            f"{window.label} is not held as whole months.",
            remedy="Ask for whole months that are held; see `fourfold imports`.",
        )
    return [place[month] for month in wanted]


def _by_area_and_month(grid: Finding, every_area: Sequence[str], held: Sequence[date]) -> tuple[list[str], Ints]:
    """The areas, those without crime among them, and their counts by month held, all codes together."""
    if not isinstance(grid.table, Grid):
        raise RequestInvalid("This is no grid of areas and months.", remedy="Take it from `monthly_grid`.")
    own, _, when = grid.table.keys
    areas = sorted({*every_area, *(str(code) for code in own)})
    place, column = (
        {code: at for at, code in enumerate(areas)},
        {month.isoformat(): at for at, month in enumerate(held)},
    )
    counts = np.zeros((len(areas), len(held)), dtype=int)
    if len(own):
        to = np.array([column[str(month)] for month in when], dtype=int)
        counts[np.ix_(np.array([place[str(code)] for code in own], dtype=int), to)] = grid.table.counts.sum(axis=1)
    return areas, counts


def _finding(source: Finding, method: Method, windows: tuple[Window, Window], **said: Any) -> Finding:
    return Finding(
        windows=windows, area=source.area, definition=source.definition, method=method, as_at=source.as_at, batches=source.batches,
        code_version=fourfold.__version__, code_lists=source.code_lists, mappings=source.mappings, sources=source.sources, **said,
    )  # fmt: skip
