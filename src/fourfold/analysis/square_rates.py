"""Square rates: burglaries of homes by square for each thousand homes that stand there, by the address register held.

A square of many burglaries may be one of many homes. The denominator is the homes of the register that the force holds, and is named;
without a register no rate is given, nor for a crime of which homes are not what is exposed. Squares with few homes are counted and
not ranked. Squares are ranked by the lower limit of their rate, so that one burglary among sixty homes is not the worst place.

Source: rates with exact limits of counts: Garwood (1936), Biometrika 28.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

import fourfold
from fourfold.analysis.cocoons import addresses_of
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.analysis.forecasts import ground_of
from fourfold.analysis.lattices import SHARES, Floats, few_of, rates
from fourfold.analysis.vehicle_crime import poisson_limits
from fourfold.codes.measures import Measure
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.points import Points, day_of

OF_HOMES = ("residential_burglary", "burglary_in_a_dwelling")
"""The measures of which homes are what is exposed."""
FEWEST = 50
"""Homes of a square below which its rate is not ranked: one burglary among fewer is a rate of more than 20. A setting of ours."""
_YEAR = 365
_METHOD = Method(
    name="square rates",
    text="Burglaries of the last 365 days by square, per 1,000 homes of the address register held, with 95% limits of the count; "
    "squares of fewer than 50 homes are counted and not ranked, the others ranked by the lower limit. The register is taken as it "
    "stands now.",
    source="Garwood 1936.",
)


def square_rates(records: Records, measure: Measure, force_id: str, points: Points, cell: int) -> Finding:
    """Rates by square: kind "square rates", a row a square of the hundredth ranked highest.

    Columns: x, y (middle, metres), events, homes, rate, low, high (per 1,000 homes, 95% limits). Its value is the rate of all
    squares together, unit "burglaries per 1,000 homes", n the burglaries. Raises NothingHeld without a register or burglaries, and
    RequestInvalid for a measure of which homes are not what is exposed.
    """
    if measure.id not in OF_HOMES:
        raise RequestInvalid(
            "No rate is given: what is exposed to this crime is not counted by square here.",
            remedy="Choose burglary of homes; the homes of the address register are its denominator.",
        )
    homes = addresses_of(records, force_id).filter((pl.col("use") != "other").fill_null(True)).collect()
    if homes.is_empty() or not len(points):
        raise NothingHeld(
            "No rate is given: no address register of the force is held, or no burglary.",
            remedy="Bring the register in by the contract “addresses”: its homes are the denominator.",
        )
    end = int(points.day.max()) + 1
    late = points.day >= end - _YEAR
    ground = ground_of(points, cell)
    counts = ground.lattice.counts(points.x[late], points.y[late])
    exposed = ground.lattice.counts(
        homes["easting"].to_numpy().astype(float), homes["northing"].to_numpy().astype(float)
    )
    held = np.where(ground.inside, exposed, 0.0)
    ranked = rates(counts, held, fewest=FEWEST)
    number, some = int(held.sum()), int(counts[held > 0].sum())
    low, high = (1_000 * one / max(number, 1) for one in poisson_limits(some))
    few, none = int(counts[(held > 0) & (held < FEWEST)].sum()), int(counts[held == 0].sum())
    unknown = homes["use"].null_count()
    return Finding(
        kind="square rates", title=f"Burglaries per 1,000 homes by square: {points.title}",
        value=1_000 * some / number if number else None, unit="burglaries per 1,000 homes", n=some,
        windows=(Window(max(points.first, day_of(end - _YEAR)), day_of(end - 1)),), area=points.area, method=_METHOD,
        interval=Interval(low=low, high=high, level=0.95, meaning="the rates between which that of all squares lies"),
        definition=Definition(
            name="square rate", version="1", title="Burglaries per 1,000 homes", text="Burglaries of a square over its homes.",
            source="the address register of the force", status="unconfirmed",
        ),
        as_at=points.as_at, batches=points.batches, code_version=fourfold.__version__,
        sources=(*points.sources, "the address register of the force"),
        table=Table(
            columns=("x", "y", "events", "homes", "rate", "low", "high"),
            rows=tuple(_rows(ground.lattice.corners(), cell, counts, held, ranked)),
        ),
        parameters={"metres": cell, "homes": number, "fewest homes": FEWEST, "squares ranked": int(np.isfinite(ranked).sum())},
        notes=(
            *points.notes,
            f"Not ranked: {few:,} burglaries in squares of fewer than {FEWEST} homes, and {none:,} in squares without one.",
            *((f"Whether {unknown:,} addresses are homes is not recorded; they are taken for homes.",) if unknown else ()),
            "A square at the edge of an area counts all homes that stand in it.",
        ),
    )  # fmt: skip


def _rows(
    corners: tuple[Floats, Floats], cell: int, counts: Floats, homes: Floats, ranked: Floats
) -> Iterator[tuple[Value, ...]]:
    """The hundredth of the squares that have a rate, by its lower limit; none without a burglary."""
    at = np.flatnonzero(np.isfinite(ranked.ravel()) & (counts.ravel() > 0))
    events, exposed = counts.ravel()[at].astype(int), homes.ravel()[at]
    limits = [tuple(1_000 * one / n for one in poisson_limits(int(c))) for c, n in zip(events, exposed, strict=True)]
    order = sorted(range(len(at)), key=lambda n: (-limits[n][0], -events[n], int(at[n])))
    x, y = (corner.ravel()[at] + cell / 2 for corner in corners)
    for n in order[: few_of(SHARES[0], int(np.isfinite(ranked).sum()))]:
        rate = float(ranked.ravel()[at[n]])
        yield (round(float(x[n])), round(float(y[n])), int(events[n]), int(exposed[n]), rate, *limits[n])
