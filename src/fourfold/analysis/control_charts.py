"""Control charts: a series month by month against what its own ordinary variation leads one to expect.

Two kinds. The **XmR chart** takes a series as it comes: its limits are the mean and 2.66 times the mean moving range
either side. It knows no season, and on counts of a few a month it calls a fifth to a half of quiet series exceptional,
so it is for series that are neither seasonal nor small. The **expectation** takes counts: each calendar month has its
own mean, and the limits are those of a count yet to come: they hold the series' dispersion, and also what a mean of two
or three earlier Januaries, and a dispersion of twelve or so degrees of freedom, leave unknown.

Limits are re-based only on days that are declared. Where a run suggests a new level, the chart says so and changes
nothing.

Sources: XmR chart and the constant 2.66 (3 / 1.128): Wheeler (1993), Understanding Variation; screening of moving
ranges above 3.267 times their mean: the upper range limit of the same chart; the rules printed with each chart; limits
of a count yet to come as a gamma mixture of Poisson counts: Nelson (1970), Technometrics 12; Jeffreys' half. How often
limits are left where nothing changed was simulated (tests/analysis/test_control_charts.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.stats import nbinom, norm, t

import fourfold
from fourfold.analysis import trends
from fourfold.analysis.findings import Finding, Method, Table, Value
from fourfold.errors import RequestInvalid

LIMIT = 2.66
RANGE_LIMIT = 3.267
RUN = 8
"""Points in a row on one side of the mean that speak for another level."""
FEWEST_POINTS = 12
SHARE_INSIDE = 0.998
"""Limits of the expectation hold a month of an unchanged series but for about two in a thousand (three standard errors)."""

_XMR = Method(
    name="XmR chart",
    text="Mean and 2.66 times the mean moving range either side, of each stretch between declared days. Exceptional: a "
    "point outside the limits, or eight in a row on one side of the mean.",
    source="Wheeler 1993, Understanding Variation.",
)
_EXPECTED = Method(
    name="seasonal expectation",
    text="Each calendar month's own mean in the months before; limits of a count yet to come, with the series' "
    "dispersion and what so few months leave unknown of both, which some 998 months in a thousand of an unchanged "
    "series keep.",
    source="Nelson 1970; McCullagh and Nelder 1989, Generalized Linear Models.",
)


@dataclass(frozen=True)
class Limits:
    """The mean and limits of one stretch of an XmR chart, from its `first` to its `last` point."""

    first: int
    last: int
    mean: float
    lower: float
    upper: float


def xmr_limits(
    values: Sequence[float], rebased_at: Sequence[int] = (), *, screened: bool = False
) -> tuple[Limits, ...]:
    """The limits of each stretch: from the start, and from each index at which the chart is re-based by declaration.

    With `screened`, moving ranges above 3.267 times their mean are left out of the mean range once. A stretch of one
    point has limits at the point.
    """
    numbers = np.asarray(values, dtype=float)
    starts = [0, *sorted(set(rebased_at) - {0})]
    if any(start >= len(numbers) for start in starts[1:]):
        raise RequestInvalid("A day of re-basing lies after the series.", remedy="Name a month that the series holds.")
    ends = [*(start - 1 for start in starts[1:]), len(numbers) - 1]
    found = []
    for first, last in zip(starts, ends, strict=True):
        stretch = numbers[first : last + 1]
        ranges = np.abs(np.diff(stretch))
        if screened and len(ranges):
            ranges = ranges[ranges <= RANGE_LIMIT * ranges.mean()]
        reach = LIMIT * float(ranges.mean()) if len(ranges) else 0.0
        mean = float(stretch.mean())
        found.append(Limits(first, last, mean, mean - reach, mean + reach))
    return tuple(found)


def exceptional(values: Sequence[float], limits: Sequence[Limits]) -> tuple[str, ...]:
    """What is exceptional of each point: "above", "below", "run above", "run below" or nothing."""
    numbers = np.asarray(values, dtype=float)
    said = [""] * len(numbers)
    for stretch in limits:
        for at in range(stretch.first, stretch.last + 1):
            if numbers[at] > stretch.upper:
                said[at] = "above"
            elif numbers[at] < stretch.lower:
                said[at] = "below"
        for first, last, side in _runs(numbers, stretch):
            for at in range(first, last + 1):
                said[at] = said[at] or f"run {side}"
    return tuple(said)


def suggested_rebasing(values: Sequence[float], limits: Sequence[Limits]) -> tuple[int, ...]:
    """The points at which a run on one side begins in the last stretch: where a person might declare a new level."""
    return tuple(first for first, _, _ in _runs(np.asarray(values, dtype=float), limits[-1]))


def expected(
    months: Sequence[date], counts: Sequence[int], upcoming: Sequence[date]
) -> tuple[trends.Variation, tuple[tuple[float, int, int], ...]]:
    """The expectation of each upcoming month: its mean, and the least and most that an unchanged series would hold.

    From the months before (`months`, `counts`). Limits are whole counts; some 998 months in a thousand lie inside. Raises
    RequestInvalid when an upcoming calendar month was never held, or too little is to know how much the series varies.
    """
    own = trends.variation(months, counts)
    if own.degrees_of_freedom < trends.FREEDOM_NEEDED:
        raise RequestInvalid(
            "The months before hold too few crimes to know how much the series varies.",
            remedy="Ask of a larger area or a broader measure, or import earlier months.",
        )
    found = []
    for month in upcoming:
        same = [n for at, n in zip(months, counts, strict=True) if at.month == month.month]
        if not same:
            raise RequestInvalid(
                f"No earlier {month:%B} is held.", remedy="Import earlier months, or ask for other ones."
            )
        found.append((sum(same) / len(same), *_count_limits(sum(same), len(same), own)))
    return own, tuple(found)


def control_chart(series: Finding, rebased_on: Sequence[date] = (), *, screened: bool = False) -> Finding:
    """A series Finding as an XmR chart: kind "control chart".

    Columns: month, count, mean, lower, upper, exceptional. Raises RequestInvalid for a series of fewer than twelve
    points, or with months missing: a moving range across a gap means nothing.
    """
    months, counts = _held(series)
    _unbroken(months)
    at = [months.index(day.replace(day=1)) for day in rebased_on if day.replace(day=1) in months]
    limits = xmr_limits(counts, at, screened=screened)
    marks = exceptional(counts, limits)
    rows: list[tuple[Value, ...]] = []
    for stretch in limits:
        for n in range(stretch.first, stretch.last + 1):
            rows.append(
                (months[n].isoformat(), counts[n], stretch.mean, stretch.lower, stretch.upper, marks[n] or None)
            )
    suggested = [f"{months[n]:%B %Y}" for n in suggested_rebasing(counts, limits)]
    notes = [f"A run begins in {month}: a new level may be declared from there." for month in suggested]
    if min(limit.mean for limit in limits) < 10:
        notes.append("Counts this small leave an XmR chart's limits often: use the seasonal expectation.")
    return _chart(series, _XMR, ("month", "count", "mean", "lower", "upper", "exceptional"), rows, notes, {
        "rebased on": [day.isoformat() for day in rebased_on], "screened": screened,
        "exceptional points": sum(bool(m) for m in marks),
    })  # fmt: skip


def seasonal_expectation(series: Finding, first: date) -> Finding:
    """The months of a series from `first` on, each against its expectation from the months before: kind "expectation".

    Columns: month, count, expected, lower, upper, exceptional ("above", "below" or null). Raises RequestInvalid when
    fewer than 24 months stand before.
    """
    months, counts = _held(series)
    before = [(m, n) for m, n in zip(months, counts, strict=True) if m < first]
    after = [(m, n) for m, n in zip(months, counts, strict=True) if m >= first]
    if len(before) < trends.MONTHS_NEEDED or not after:
        raise RequestInvalid(
            f"Only {len(before)} months stand before that month; {trends.MONTHS_NEEDED} are needed.",
            remedy="Ask from a later month, or import earlier ones.",
        )
    own, limits = expected([m for m, _ in before], [n for _, n in before], [m for m, _ in after])
    rows = [
        (m.isoformat(), n, mean, lower, upper, "above" if n > upper else "below" if n < lower else None)
        for (m, n), (mean, lower, upper) in zip(after, limits, strict=True)
    ]
    return _chart(series, _EXPECTED, ("month", "count", "expected", "lower", "upper", "exceptional"), rows, (), {
        "months before": own.months, "dispersion": own.dispersion, "share inside": SHARE_INSIDE,
        "exceptional points": sum(row[5] is not None for row in rows),
    })  # fmt: skip


def _count_limits(total: int, years: int, own: trends.Variation) -> tuple[int, int]:
    """The least and most that the next count of a calendar month would hold, of which `years` counts added up to `total`.

    Counts are Poisson about a mean that is known only by its own few years, the variance drawn out by the dispersion: a
    negative binomial. How much more than chance they vary is itself an estimate, and may come out near 1 by luck, so the
    tail is that of Student's t on its degrees of freedom. Counts are never taken to vary less than chance.
    """
    spread = max(own.dispersion, 1.0)
    tail = float(norm.sf(t.isf((1 - SHARE_INSIDE) / 2, own.degrees_of_freedom)))
    mean = (total + spread / 2) / years
    share = years / (spread * (years + 1))  # the mean over the variance, spread x mean x (1 + 1 / years)
    counted = nbinom(mean * share / (1 - share), share)
    return int(counted.ppf(tail)), int(counted.isf(tail))


def _runs(numbers: npt.NDArray[np.float64], stretch: Limits) -> list[tuple[int, int, str]]:
    """Runs of RUN or more points on one side of the mean: first, last, side. A point on the mean ends a run."""
    sides = np.sign(numbers[stretch.first : stretch.last + 1] - stretch.mean)
    found, start = [], 0
    for at in range(1, len(sides) + 1):
        if at == len(sides) or sides[at] != sides[start]:
            if sides[start] != 0 and at - start >= RUN:
                side = "above" if sides[start] > 0 else "below"
                found.append((stretch.first + start, stretch.first + at - 1, side))
            start = at
    return found


def _held(series: Finding) -> tuple[list[date], list[int]]:
    if series.table is None or series.parameters.get("grain") == "quarter":
        raise RequestInvalid("A control chart needs a series by month.", remedy="Import records that hold months.")
    months = [date.fromisoformat(str(month)) for month in series.table.column("month")]
    return months, [int(n) for n in series.table.column("count") if isinstance(n, int)]


def _unbroken(months: Sequence[date]) -> None:
    if len(months) < FEWEST_POINTS:
        raise RequestInvalid(f"A control chart needs {FEWEST_POINTS} months.", remedy="Import more months.")
    steps = {(b.year - a.year) * 12 + b.month - a.month for a, b in pairwise(months)}
    if steps != {1}:
        raise RequestInvalid(
            "Months are missing from the series.", remedy="Import them, or ask for a stretch without gaps."
        )


def _chart(
    series: Finding, method: Method, columns: tuple[str, ...], rows: Sequence[tuple[Value, ...]],
    notes: Sequence[str], parameters: dict[str, object],
) -> Finding:  # fmt: skip
    return Finding(
        kind="control chart" if method is _XMR else "expectation",
        title=f"{series.definition.title}: {method.name}",
        value=None, unit=series.unit, n=series.n, windows=series.windows, area=series.area,
        definition=series.definition, method=method, as_at=series.as_at, batches=series.batches,
        code_version=fourfold.__version__, table=Table(columns=columns, rows=tuple(rows)), parameters=parameters,
        code_lists=series.code_lists, mappings=series.mappings, sources=series.sources,
        notes=(*series.notes, *notes), parts=(series,),
    )  # fmt: skip
