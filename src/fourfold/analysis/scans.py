"""Scans: thousands of small series at once, each later window against the same months before, with false discoveries held.

Looked at one by one, a twentieth of quiet series would be called changed; a scan of twenty-seven thousand would be noise.
So the share of false discoveries among those called changed is held (Benjamini and Hochberg), and how much small counts
vary is not guessed from one small series alone: its own dispersion is drawn towards that of all series of its kind.

A series' later count is compared given the sum of the two windows. Where counts vary more than chance, months are taken
to be negative binomial with a variance proportional to their mean; given its sum the later window is then beta-binomial,
and with a dispersion of 1 it is the exact binomial comparison of `trends`.

Sources: Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57; moderated variances: Smyth (2004),
Statistical Applications in Genetics and Molecular Biology 3; mid-p: Lancaster (1961).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln
from scipy.stats import false_discovery_control

import fourfold
from fourfold.analysis import trends
from fourfold.analysis.findings import Finding, Grid, Method, Table, Value
from fourfold.codes.periods import Window, previous_year
from fourfold.codes.periods import months as month_starts
from fourfold.errors import RequestInvalid

Ints = npt.NDArray[np.int_]
Floats = npt.NDArray[np.float64]

DISCOVERIES = 0.05
"""The share of false discoveries that a scan holds among those it calls changed."""
PRIOR_FREEDOM = 30
"""Degrees of freedom that the dispersion of a kind brings to each of its series."""
LISTED = 10
"""The greatest rises of a kind that are listed, whether or not its own variation could make them."""
_POISSON_UP_TO = 1.02
_SMALLEST_LOG = -600
"""The logarithm of a chance below which a sum is not begun: the number itself would be taken for none."""
_COLUMNS = ("area", "name", "code", "before", "after", "change", "q")

_METHOD = Method(
    name="scan",
    text="Each series' later window against the same months a year before, given their sum; dispersion drawn towards that "
    "of its category; the share of false discoveries among those called changed held at 5%. Ranked by size.",
    source="Benjamini and Hochberg 1995; Smyth 2004; Lancaster 1961.",
)


@dataclass(frozen=True)
class Scanned:
    """What a scan found, a value a series: counts, p and q (the discovery share at which it would be called)."""

    before: Ints
    after: Ints
    dispersion: Floats
    p: Floats
    q: Floats

    @property
    def changed(self) -> npt.NDArray[np.bool_]:
        """Which series are called changed."""
        return self.q <= DISCOVERIES

    def ranked(self) -> Ints:
        """The changed series, those of the greatest change in crimes first: sizes, not flags."""
        found = np.flatnonzero(self.changed)
        size = np.abs(self.after[found] - self.before[found])
        return found[np.lexsort((found, self.q[found], -size))]


def scanned(
    counts: Ints, calendar: Ints, kinds: Ints, later: Sequence[int], earlier: Sequence[int], exposure: float = 1.0
) -> Scanned:
    """Scan many series. `counts` has a row a series and a column a month; `calendar` is each column's month of the year.

    `kinds` gives each series' kind (its crime type, say) as a small whole number. `later` and `earlier` are the columns
    of the two windows; dispersion is taken from the columns before the later one. `exposure` is the later window's days
    over the earlier's. Raises RequestInvalid when fewer than 24 months stand before the later window.
    """
    history = np.arange(min(later))
    if len(history) < trends.MONTHS_NEEDED:
        raise RequestInvalid(
            f"Only {len(history)} months stand before the window; {trends.MONTHS_NEEDED} are needed.",
            remedy="Scan a later window, or import earlier months.",
        )
    before, after = counts[:, list(earlier)].sum(axis=1), counts[:, list(later)].sum(axis=1)
    spread = moderated_dispersion(counts[:, history].astype(float), calendar[history], kinds)
    usual = counts[:, history].mean(axis=1) * (len(later) + len(earlier))
    p = change_p(before, after, spread, usual, exposure)
    return Scanned(before, after, spread, p, false_discovery_control(p, method="bh"))


def scan(
    grid: Finding, every_area: Sequence[str], names: Mapping[str, str], window: Window,
    kinds: Mapping[str, str] | None = None,
) -> Finding:  # fmt: skip
    """A grid of counts by area, code and month, scanned: kind "scan", the changed cells ranked by size.

    The window is compared with the same months a year before; both, and 24 months before the window, have to be held.
    `kinds` puts codes together into kinds of crime (a code that is in none is left out). Columns: area, name, code,
    before, after, change (in crimes), q. `n` is the crimes in the two windows.
    """
    cells, found = _scanned_cells(grid, every_area, window, kinds)
    rows = tuple(_row(cells[at], names, found, at) for at in found.ranked())
    return _finding(
        grid, window, kind="scan", title=f"What has changed among {len(cells):,} series of area and category",
        value=len(rows), unit="changed series", n=int(found.before.sum() + found.after.sum()),
        table=Table(columns=_COLUMNS, rows=rows), parameters={"series": len(cells)},
    )  # fmt: skip


def rises(
    grid: Finding, every_area: Sequence[str], names: Mapping[str, str], window: Window,
    kinds: Mapping[str, str] | None = None,
) -> dict[str, Finding]:  # fmt: skip
    """Where each kind of crime rose most: a Finding of kind "rises" by kind, its areas in order of their rise.

    All are judged in the one scan that `scan` makes, so that the two agree. Columns as there, and judgement: "rise", or
    "no clear change" where the area's own variation could make such a rise. The ten greatest rises, and all beyond that
    are judged a rise. Its value is how many areas are judged so; `n` is the crimes of the kind in the two windows.
    """
    cells, found = _scanned_cells(grid, every_area, window, kinds)
    change = found.after - found.before
    has_risen, has_fallen = found.changed & (change > 0), found.changed & (change < 0)
    every_kind = np.array([kind for _, kind in cells])
    rankings = {}
    for kind in dict.fromkeys(every_kind.tolist()):
        own = np.flatnonzero(every_kind == kind)
        order = own[np.lexsort((own, found.q[own], -change[own]))]
        listed = [at for place, at in enumerate(order) if change[at] > 0 and (place < LISTED or has_risen[at])]
        rows = tuple(
            (*_row(cells[at], names, found, at), "rise" if has_risen[at] else "no clear change") for at in listed
        )
        rankings[kind] = _finding(
            grid, window, kind="rises", title=f"Where {kind} rose most", value=int(has_risen[own].sum()), unit="areas",
            n=int(found.before[own].sum() + found.after[own].sum()),
            table=Table(columns=(*_COLUMNS, "judgement"), rows=rows),
            parameters={"areas": len(own), "kind": kind, "areas judged to have fallen": int(has_fallen[own].sum())},
        )  # fmt: skip
    return rankings


def _row(cell: tuple[str, str], names: Mapping[str, str], found: Scanned, at: int) -> tuple[Value, ...]:
    area, kind = cell
    before, after = int(found.before[at]), int(found.after[at])
    return area, names.get(area, area), kind, before, after, after - before, float(found.q[at])


def _scanned_cells(
    grid: Finding, every_area: Sequence[str], window: Window, kinds: Mapping[str, str] | None
) -> tuple[list[tuple[str, str]], Scanned]:
    """The cells of a grid, area and kind, and what a scan of them found."""
    months = [date.fromisoformat(m) for m in grid.parameters["months"]]
    later = [months.index(m) for m in month_starts(window) if m in months]
    earlier = [months.index(m) for m in month_starts(previous_year(window)) if m in months]
    if not window.is_whole_months or not len(later) == len(earlier) == len(month_starts(window)):
        raise RequestInvalid(
            "The window or the same months a year before are not all held as whole months.",
            remedy="Scan whole months that are held in both years; see `fourfold imports`.",
        )
    counts, cells, of_kind = _cells(grid, every_area, months[: max(later) + 1], kinds)
    calendar = np.array([m.month for m in months[: max(later) + 1]])
    return cells, scanned(counts, calendar, of_kind, later, earlier, window.days / previous_year(window).days)


def _finding(grid: Finding, window: Window, parameters: Mapping[str, Any], **said: Any) -> Finding:
    return Finding(
        windows=(window, previous_year(window)), area=grid.area, definition=grid.definition, method=_METHOD,
        as_at=grid.as_at, batches=grid.batches, code_version=fourfold.__version__, code_lists=grid.code_lists,
        mappings=grid.mappings, sources=grid.sources,
        parameters={
            "layer": grid.parameters["layer"], **parameters, "false discoveries held at": DISCOVERIES,
            "not placed": grid.parameters["not placed"],
        },
        notes=(*grid.notes, f"{grid.parameters['not placed']:,} rows without a place in these areas are left out."),
        **said,
    )  # fmt: skip


def _cells(
    grid: Finding, every_area: Sequence[str], months: Sequence[date], kinds: Mapping[str, str] | None = None
) -> tuple[Ints, list[tuple[str, str]], Ints]:
    """The grid as a matrix: a row for each area and kind, zeros included, a column a month; and each row's kind.

    `kinds` puts codes together; a code that is in none is left out.
    """
    assert grid.table is not None
    held = grid.table if isinstance(grid.table, Grid) else _as_grid(grid.table)
    areas, codes, dates = ([str(value) for value in key] for key in held.keys)
    kind_of = {code: code for code in codes} if kinds is None else kinds
    places = {area: at for at, area in enumerate(sorted({*every_area, *areas}))}
    named = {kind: at for at, kind in enumerate(sorted({kind_of[code] for code in codes if code in kind_of}))}
    columns = {month.isoformat(): at for at, month in enumerate(months)}
    told = [at for at, code in enumerate(codes) if code in kind_of]
    shown = [at for at, month in enumerate(dates) if month in columns]
    counts = np.zeros((len(named), len(places), len(months)), dtype=int)
    rows = np.array([places[area] for area in areas], dtype=int)
    to = np.array([columns[dates[at]] for at in shown], dtype=int)
    for at in told:
        counts[named[kind_of[codes[at]]]][np.ix_(rows, to)] += held.counts[:, at, shown]
    cells = [(area, kind) for kind in named for area in places]
    return counts.reshape(len(cells), len(months)), cells, np.repeat(np.arange(len(named)), len(places))


def _as_grid(table: Table) -> Grid:
    """A grid's table, as it was read back from what was written of it, as an array again."""
    keys = tuple(tuple(dict.fromkeys(table.column(name))) for name in table.columns[:-1])
    counts = np.zeros(tuple(len(key) for key in keys), dtype=np.int64)
    index = [{value: at for at, value in enumerate(key)} for key in keys]
    for *cell, n in table.rows:
        if isinstance(n, int):
            counts[tuple(at[value] for at, value in zip(index, cell, strict=True))] = n
    return Grid(columns=table.columns, keys=keys, counts=counts)


def moderated_dispersion(counts: Floats, calendar: Ints, kinds: Ints) -> Floats:
    """Each series' dispersion drawn towards that of its kind, by their degrees of freedom, and never below 1.

    A kind's dispersion is that of all its series together: their squares over their degrees of freedom.
    """
    own, freedom = trends.dispersion(counts, calendar)
    squares = np.where(freedom > 0, np.nan_to_num(own) * freedom, 0.0)
    size = int(kinds.max()) + 1 if len(kinds) else 0
    of_kind = np.bincount(kinds, squares, size) / np.maximum(np.bincount(kinds, freedom, size), 1)
    prior = np.maximum(of_kind[kinds], 1.0)
    drawn: Floats = np.maximum((squares + PRIOR_FREEDOM * prior) / (freedom + PRIOR_FREEDOM), 1.0)
    return drawn


def change_p(before: Ints, after: Ints, spread: Floats, usual: Floats, exposure: float | Floats = 1.0) -> Floats:
    """Two-sided mid-p of each later count, given the sum of both windows; 1 where both are empty.

    `usual` is what both windows together hold in the long run: the beta-binomial's spread follows from it. Taken from the
    windows themselves it would be too narrow just where they happen to be high.
    """
    total = before + after
    share = exposure / (1 + exposure)
    fewer = np.minimum(before, after)
    # The shorter tail is summed: of the later count, or of the earlier where that is the smaller.
    is_later = after <= before
    own_share = np.where(is_later, share, 1 - share)
    tail = _tail_up_to(fewer, total, own_share, spread, usual)
    other = np.minimum(1.0, 2 * np.minimum(tail, 1 - tail))
    return np.where(total > 0, np.clip(other, 1e-300, 1.0), 1.0)


def _tail_up_to(k: Ints, total: Ints, share: Floats, spread: Floats, usual: Floats) -> Floats:
    """P(X < k) + P(X = k) / 2 of a beta-binomial X of mean total x share (binomial where the dispersion is 1)."""
    near = spread <= _POISSON_UP_TO
    excess = np.where(near, 1.0, spread - 1)
    a = np.maximum(share * usual / excess, 1e-9)
    b = np.maximum((1 - share) * usual / excess, 1e-9)
    none = np.where(
        near, total * np.log1p(-share), gammaln(b + total) - gammaln(b) + gammaln(a + b) - gammaln(a + b + total)
    )
    far = none < _SMALLEST_LOG
    found = np.empty(len(k))
    found[far] = _tail_down_from(k[far], total[far], share[far], a[far], b[far], near[far])
    near_by = np.flatnonzero(~far)
    order = near_by[np.argsort(-k[near_by], kind="stable")]
    found[order] = _tail_from_none(
        k[order], total[order], share[order], a[order], b[order], near[order], np.exp(none[order])
    )
    return found


def _tail_from_none(
    k: Ints, total: Ints, share: Floats, a: Floats, b: Floats, near: npt.NDArray[np.bool_], at: Floats
) -> Floats:
    """Term by term from none up, `at` being the chance of none. The greatest k stand first: those done drop off the end."""
    below = np.zeros(len(k))
    odds = share / (1 - share)
    left = len(k)
    for j in range(int(k[0]) + 1 if len(k) else 0):
        ended, left = left, int(np.searchsorted(-k[:left], -j))
        below[left:ended] += at[left:ended] / 2
        w = slice(0, left)
        below[w] += at[w]
        ratio = np.where(near[w], odds[w], (j + a[w]) / (total[w] - j - 1 + b[w]))
        at[w] *= (total[w] - j) / (j + 1) * ratio
    return below


def _tail_down_from(k: Ints, total: Ints, share: Floats, a: Floats, b: Floats, near: npt.NDArray[np.bool_]) -> Floats:
    """The same of large counts, whose chance of none is too small a number to begin with: summed from k down."""
    ways = gammaln(total + 1) - gammaln(k + 1) - gammaln(total - k + 1)
    binomial = k * np.log(share) + (total - k) * np.log1p(-share)
    beta = betaln(k + a, total - k + b) - betaln(a, b)
    at = np.exp(ways + np.where(near, binomial, beta))
    found: Floats = at / 2
    j, waiting = k.astype(float), np.flatnonzero(k > 0)
    while len(waiting):
        w = waiting
        least = j[w] - 1
        fewer = (least + 1) / (total[w] - least) * (1 - share[w]) / share[w]
        drawn = (least + 1) * (total[w] - least - 1 + b[w]) / ((total[w] - least) * (least + a[w]))
        at[w] *= np.where(near[w], fewer, drawn)
        found[w] += at[w]
        j[w] = least
        waiting = w[(least > 0) & (at[w] > found[w] * 1e-17)]
    return found
