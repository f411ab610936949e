"""Lattices: squares of one size over an area, and the maps that are drawn on them from events alone.

A map is a number for each square. Counts say what was; a kernel density spreads each event over its surroundings; a
prospective map lets old events fade; Gi* says where counts are higher together than chance would put them. All of them know
places and days alone: nobody's name, age or record goes in.

Sources: kernel density: Silverman (1986), Density Estimation, chapter 4 (quartic kernel); prospective maps: Bowers, Johnson and
Pease (2004), British Journal of Criminology 44; Gi*: Ord and Getis (1995), Geographical Analysis 27; false discoveries among
squares that share their neighbours: Benjamini and Yekutieli (2001), Annals of Statistics 29 (theorem 1.2); PAI: Chainey,
Tompson and Uhlig (2008), Security Journal 21; PEI: Hunt (2016), Do Crime Hot Spots Move? (American University).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt
from scipy import stats

from fourfold.errors import RequestInvalid
from fourfold.records.points import Points

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

MOST_SQUARES = 1_000_000
SHARES = (0.01, 0.02, 0.05)
"""Shares of the area at which maps are judged."""


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """Squares of `cell` metres; the square of row r and column c begins at (west + c * cell, south + r * cell).

    `west` and `south` are whole multiples of `cell`, so that two lattices of one cell size fall on one another. In `bricks`
    every other row (those of odd number on the grid) lies half a square further west, so that each square touches six.
    """

    west: float
    south: float
    cell: float
    rows: int
    columns: int
    bricks: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.rows, self.columns

    @property
    def row_west(self) -> Floats:
        """Where the first square of each row begins: (rows,)."""
        number = np.arange(self.rows) + round(self.south / self.cell)
        return self.west - np.where(self.bricks & (number % 2 == 1), self.cell / 2, 0.0)

    def square_of(self, x: Floats, y: Floats) -> Whole:
        """The number of the square of each point, row by row; -1 outside the lattice."""
        row = np.floor((y - self.south) / self.cell).astype(np.int64)
        held = (row >= 0) & (row < self.rows)
        west = self.row_west[np.where(held, row, 0)] if self.bricks else self.west
        column = np.floor((x - west) / self.cell).astype(np.int64)
        return np.where(held & (column >= 0) & (column < self.columns), row * self.columns + column, -1)

    def counts(self, x: Floats, y: Floats, weights: Floats | None = None) -> Floats:
        """Events (or their weights, added up) by square: (rows, columns)."""
        square = self.square_of(x, y)
        held = square >= 0
        given = None if weights is None else weights[held]
        added = np.bincount(square[held], weights=given, minlength=self.rows * self.columns)
        return added.reshape(self.shape).astype(float)

    def corners(self) -> tuple[Floats, Floats]:
        """The south-west corner of each square: x and y, (rows, columns)."""
        x = self.row_west[:, None] + np.arange(self.columns) * self.cell
        return x, np.broadcast_to((self.south + np.arange(self.rows) * self.cell)[:, None], self.shape)


def lattice_of(points: Points, cell: float, *, bricks: bool = False) -> Lattice:
    """The lattice that holds all points. Raises RequestInvalid where it would have over a million squares, or none."""
    if not (np.isfinite(cell) and cell > 0):
        raise RequestInvalid("Squares have no size.", remedy="Give --cell in metres, as 250.")
    west, south = (float(np.floor(v.min() / cell) * cell) for v in (points.x, points.y))
    columns, rows = (int(np.floor((v.max() - low) / cell)) + 1 for v, low in ((points.x, west), (points.y, south)))
    columns += bricks
    if rows * columns > MOST_SQUARES:
        raise RequestInvalid("The lattice would have more than a million squares.", remedy="Give a larger --cell.")
    return Lattice(west=west, south=south, cell=cell, rows=rows, columns=columns, bricks=bricks)


def quartic(bandwidth: float, cell: float) -> Floats:
    """The quartic kernel on squares: weights that add up to one, none beyond the bandwidth (metres)."""
    reach = int(bandwidth // cell)
    away = np.arange(-reach, reach + 1) * cell
    apart = (away[:, None] ** 2 + away[None, :] ** 2) / bandwidth**2
    kernel = np.where(apart < 1, (1 - apart) ** 2, 0.0)
    return np.asarray(kernel / kernel.sum())


def kernel_density(counts: Floats, bandwidth: float, cell: float) -> Floats:
    """Counts spread by the quartic kernel. What would fall beyond the lattice's edge is lost."""
    return np.asarray(_spread(np.ascontiguousarray(counts, float), quartic(bandwidth, cell)))


@nb.njit(cache=True, fastmath=True)
def _spread(counts, kernel):  # type: ignore[no-untyped-def]
    rows, columns = counts.shape
    reach = len(kernel) // 2
    out = np.zeros((rows, columns))
    for row in range(rows):
        mine = out[row]
        for down in range(max(-reach, -row), min(reach, rows - 1 - row) + 1):
            theirs = counts[row + down]
            for across in range(-reach, reach + 1):
                weight = kernel[reach + down, reach + across]
                if weight == 0.0:
                    continue
                for column in range(max(0, -across), min(columns, columns - across)):
                    mine[column] += weight * theirs[column + across]
    return out


def faded(days_ago: npt.NDArray[np.int64], half_life: float) -> Floats:
    """What weight an event keeps: one today, a half after its half-life in days; none for what has not come yet."""
    return np.where(days_ago >= 0, 0.5 ** (np.maximum(days_ago, 0) / half_life), 0.0)


def prospective(points: Points, lattice: Lattice, origin: int, *, bandwidth: float, half_life: float) -> Floats:
    """Events before a day (its number), faded by their age and spread by the quartic kernel: (rows, columns)."""
    before = points.day < origin
    weights = faded(origin - points.day[before].astype(np.int64), half_life)
    return kernel_density(lattice.counts(points.x[before], points.y[before], weights), bandwidth, lattice.cell)


def running_counts(
    points: Points, lattice: Lattice, origins: Sequence[int], *, days: int | None = None, half_life: float | None = None
) -> Iterator[Floats]:
    """Events before each of some days (numbers, increasing), by square: of the last so many days, or faded, or all.

    The same as counting anew at each origin, but only what came or went since the origin before is counted. Each map is
    given before the next is made, and must not be changed.
    """
    order = np.argsort(points.day, kind="stable")
    day = points.day[order].astype(np.int64)
    square = lattice.square_of(points.x, points.y)[order]
    held, came, gone, last = np.zeros(lattice.rows * lattice.columns), 0, 0, 0
    for origin in origins:
        upto = int(np.searchsorted(day, origin))
        if half_life is not None:
            held *= 0.5 ** ((origin - last) / half_life)
        last = origin
        _add(held, square[came:upto], None if half_life is None else faded(origin - day[came:upto], half_life), 1.0)
        came = upto
        if days is not None:
            before = int(np.searchsorted(day, origin - days))
            _add(held, square[gone:before], None, -1.0)
            gone = before
        yield held.reshape(lattice.shape)


def _add(held: Floats, square: Whole, weights: Floats | None, sign: float) -> None:
    inside = square >= 0
    np.add.at(held, square[inside], sign if weights is None else sign * weights[inside])


def rates(counts: Floats, exposed: Floats, *, fewest: float) -> Floats:
    """Counts per 1,000 of what is exposed (homes, parked vehicles) by square; NaN where fewer than `fewest` stand."""
    held = np.full(counts.shape, np.nan)
    return np.asarray(np.divide(1_000 * counts, exposed, out=held, where=exposed >= fewest))


def gi_star(values: Floats, inside: Bools | None = None) -> Floats:
    """Gi* of each square with itself and the squares that touch it (queen), as a standard normal deviate.

    Squares at the edge, of the lattice or of the area `inside`, have fewer neighbours, and are judged by those they have;
    outside the area it is nought, and so is a map without variation.
    """
    within = np.ones(values.shape) if inside is None else inside.astype(float)
    n = float(within.sum())
    middle = float((values * within).sum()) / max(n, 1)
    spread = float(np.sqrt((((values - middle) ** 2) * within).sum() / max(n, 1)))
    if n < 2 or spread < 1e-12:
        return np.zeros(values.shape)
    sums, touched = around(values * within) * within, around(within) * within
    # Where a square touches all of them there is nothing to compare it with.
    wide = spread * np.sqrt(np.maximum(n * touched - touched**2, 0) / (n - 1))
    return np.asarray(np.divide(sums - middle * touched, wide, out=np.zeros(values.shape), where=wide > 0))


def around(values: Floats) -> Floats:
    """Each square's value added to those of the squares that touch it."""
    padded = np.pad(values, 1)
    across = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return np.asarray(across[:-2] + across[1:-1] + across[2:])


def chance_of_so_many(counts: Floats, inside: Bools) -> Floats:
    """For each square, the chance that it and those that touch it hold so many events or more, fell each anywhere alike.

    Exact (binomial): the normal tail of Gi* calls few events in a quiet area rare too often. Outside the area it is one.
    """
    held = np.where(inside, counts, 0.0)
    total, squares = int(held.sum()), int(inside.sum())
    sums, touched = around(held).astype(np.int64), around(inside.astype(float)).astype(np.int64)
    pairs, at = np.unique(sums * 16 + touched, return_inverse=True)
    several, of = pairs // 16, pairs % 16
    p = stats.binom.sf(several - 1, total, np.minimum(of / max(squares, 1), 1.0))
    return np.where(inside, p[at].reshape(counts.shape), 1.0)


def hot(p: Floats, inside: Bools, share: float = 0.05) -> Bools:
    """The squares that hold more than chance would give them, with false discoveries among them held to `share`.

    Benjamini and Hochberg's step, which holds too where tests lean on one another in one direction, as neighbours do.
    """
    asked = np.flatnonzero(inside)
    given = p.ravel()[asked]
    order = np.argsort(given, kind="stable")
    passed = np.flatnonzero(given[order] <= share * np.arange(1, len(given) + 1) / len(given))
    found = np.zeros(p.size, bool)
    if len(passed):
        found[asked[order[: passed[-1] + 1]]] = True
    return found.reshape(p.shape)


@dataclass(frozen=True, kw_only=True)
class Score:
    """How well a map flagged what came after: `hits` of `events` in `flagged` of `squares`.

    `best` is how many the best choice of as many squares would have caught.
    """

    events: int
    hits: int
    flagged: int
    squares: int
    best: int

    @property
    def hit_rate(self) -> float | None:
        """The share of events caught; None where none came."""
        return self.hits / self.events if self.events else None

    @property
    def pai(self) -> float | None:
        """Predictive accuracy index: the share of events caught over the share of area flagged."""
        return None if self.hit_rate is None else self.hit_rate / (self.flagged / self.squares)

    @property
    def pei(self) -> float | None:
        """Prediction efficiency index: caught, of what could be caught. None unless fewer squares are flagged than events
        came: it is else the hit rate under another name."""
        return self.hits / self.best if self.best and self.flagged < self.events else None


def few_of(share: float, squares: int) -> int:
    """How many squares make that share of the area: one at least."""
    return max(1, round(share * squares))


def flagged(scores: Floats, few: int) -> Whole:
    """The places of the highest of some numbers (one axis), highest first; ties by their place, the first first."""
    if few >= len(scores):
        return np.argsort(-scores, kind="stable")
    least = _least_of_the_highest(scores, few)
    above = np.flatnonzero(scores > least)
    level = np.flatnonzero(scores == least)[: few - len(above)]
    chosen = np.concatenate((above, level))
    return np.asarray(chosen[np.argsort(-scores[chosen], kind="stable")])


def _least_of_the_highest(scores: Floats, few: int) -> float:
    """The last of the highest: looked for among those above nought, where there are enough, as most maps are mostly nought."""
    some = scores[scores > 0]
    given = some if len(some) >= few else scores
    return float(np.partition(given, len(given) - few)[len(given) - few])


def scored(scores: Floats, came: Floats, shares: Sequence[float], *, elsewhere: int = 0) -> tuple[Score, ...]:
    """A map's flagged squares against what came after, at each share of the area; both by square of the area (one axis).

    `elsewhere` came outside the area, where no map could flag it.
    """
    fews = [few_of(share, len(scores)) for share in shares]
    met, caught = np.sort(came[came > 0]), np.cumsum(came[flagged(scores, max(fews))])
    return tuple(
        Score(
            events=int(met.sum()) + elsewhere, hits=int(caught[few - 1]), flagged=few, squares=len(scores),
            best=int(met[-few:].sum()),
        )
        for few in fews
    )  # fmt: skip
