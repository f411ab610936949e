"""Hotspots: the squares that hold more crime, with those around them, than chance would give them; and the plain maps.

Counts by square are set against what would be had the same number of events fallen anywhere in the area alike. Gi* measures
how far a square and those that touch it lie above the rest; that a square is called hot is judged by the exact chance of so
many events, with false discoveries among all squares held to 5 in 100. Beside them stand the maps that analysts draw:
kernel density, and the prospective map, in which events fade. Rates are those of `square_rates`.

What is hot now is a description. Where crime may come next is asked of `forecasts`, and tested by `backtests`.

Sources: Ord and Getis (1995), Geographical Analysis 27; Benjamini and Hochberg (1995), Journal of the Royal Statistical Society
B 57; Bowers, Johnson and Pease (2004), British Journal of Criminology 44.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import fourfold
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value
from fourfold.analysis.forecasts import Ground, ground_of, judged
from fourfold.analysis.lattices import Bools, Floats, chance_of_so_many, gi_star, hot, kernel_density, prospective
from fourfold.codes.periods import Window
from fourfold.records.points import Points, day_of

FALSE_DISCOVERIES = 0.05
_METHOD = Method(
    name="hotspots",
    text="Events by square; Gi* of each with those that touch it; called hot by the exact chance of so many, fell each event "
    "anywhere in the area alike, with false discoveries held to 5 in 100.",
    source="Ord and Getis 1995; Benjamini and Hochberg 1995.",
)


def hotspots(
    points: Points, cell: float, *, bandwidth: float = 500.0, half_life: float = 60.0, ground: Ground | None = None
) -> Finding:
    """The hot squares: kind "hotspots", a row each, hottest first.

    Columns: x, y (the square's middle, metres on the points' grid), events, gi_star, p, density (kernel density by the
    bandwidth: events a square), prospective (the same, each event fading with the half-life to the day after the last one).
    Its value is how many squares are hot, unit "squares". Raises RecordsInvalid for a list that cannot be judged.
    """
    end = int(points.day.max(initial=0)) + 1
    judged(points, end)
    held = ground or ground_of(points, cell)
    counts = held.lattice.counts(points.x, points.y)
    p = chance_of_so_many(counts, held.inside)
    found = hot(p, held.inside, FALSE_DISCOVERIES)
    drawn = {
        "events": counts, "gi_star": gi_star(counts, held.inside), "p": p, "density": kernel_density(counts, bandwidth, cell),
        "prospective": prospective(points, held.lattice, end, bandwidth=bandwidth, half_life=half_life),
    }  # fmt: skip
    number = int(found.sum())
    return Finding(
        kind="hotspots", title=f"Hotspots: {points.title}", value=number, unit="squares", n=len(points),
        windows=(Window(points.first, day_of(end - 1)),), area=points.area, definition=_definition(points, cell),
        method=_METHOD, as_at=points.as_at, batches=points.batches, code_version=fourfold.__version__,
        sources=points.sources, notes=points.notes, table=Table(columns=("x", "y", *drawn), rows=tuple(_rows(held, found, drawn))),
        verdict=None if number else "No square holds more than chance would give it; that does not show that none is hotter.",
        parameters={
            "metres": cell, "squares": held.squares, "bandwidth in metres": bandwidth, "half-life in days": half_life,
            "false discoveries held to": FALSE_DISCOVERIES,
        },
    )  # fmt: skip


def _rows(ground: Ground, found: Bools, drawn: dict[str, Floats]) -> Iterator[tuple[Value, ...]]:
    x, y = (corner + ground.lattice.cell / 2 for corner in ground.lattice.corners())
    rows, columns = np.nonzero(found)
    order = np.lexsort((columns, rows, -drawn["gi_star"][rows, columns]))
    for row, column in zip(rows[order], columns[order], strict=True):
        values = {name: float(values[row, column]) for name, values in drawn.items()}
        yield (round(float(x[row, column])), round(float(y[row, column])), int(values.pop("events")), *values.values())


def _definition(points: Points, cell: float) -> Definition:
    return Definition(
        name="hotspot", version="1", title=f"Hotspots: {points.title}",
        text=f"A square of {cell:g} metres that holds, with those that touch it, more events than chance would give them.",
        source="Ord and Getis 1995.", status="confirmed",
    )  # fmt: skip
