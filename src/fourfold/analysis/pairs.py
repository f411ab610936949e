"""Pairs of events that lie near one another, found by a grid of squares, and counted by days over many shuffles at once.

A hundred thousand events make five thousand million pairs, of which ten million or so are near. Each event looks only into
the squares around its own. The pairs are kept once, by band of distance, as the numbers of their events; then each shuffle of
the dates is a pass over them. `LANES` shuffles are passed at once, side by side in memory, so that one look at a pair
serves all of them in the processor's wide registers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numba as nb
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

LANES = 128
"""Shuffles counted at once: a whole number of cache lines of int16."""
_CHUNKS = 64
_EVERY_CORE = nb.get_num_threads()
_WORTH_SHARING = 2_000_000
"""Pairs looked at (times shuffles) below which a second core costs more to wake than it saves."""
_SIDE_BY_SIDE = 16
"""Lanes that one look at a pair serves at once, or nearly: counting by lanes is worth sharing so much later."""
_FLUSHED = 32_000
"""Pairs after which a lane's int16 count is emptied: it holds at most 32,767."""


@dataclass(frozen=True, eq=False)
class Links:
    """Pairs near one another: for each band, the events that each event is paired with, each pair once.

    `starts` has a row a band: the pairs of event i of the order in which they are kept are heads[starts[b, i]:starts[b, i + 1]].
    `order` gives the event's number in the list.
    """

    starts: Counts
    heads: npt.NDArray[np.int32]
    order: npt.NDArray[np.int64]

    def tally(self, days: npt.NDArray[np.int16], limits: npt.NDArray[np.int16]) -> Counts:
        """Pairs by band of metres, band of days and column of `days` (events, columns): int64 (metres, days, columns)."""
        columns = days.shape[1]
        wide = days[self.order]
        if columns < LANES:
            wide = np.pad(wide, ((0, 0), (0, LANES - columns)))
        with _cores(len(self.heads) * columns // _SIDE_BY_SIDE):
            within = np.stack([_tallied(start, self.heads, wide, limits) for start in self.starts])
        return np.asarray(np.diff(within, axis=1, prepend=0)[:, :, :columns])

    def ends(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The two events of each pair, of all bands together, by their number in the list."""
        left = np.concatenate([np.repeat(np.arange(len(s) - 1), np.diff(s)) for s in self.starts])
        return self.order[left], self.order[self.heads]


class Search:
    """Events laid on squares as wide as the farthest band, ordered by square, so that neighbours lie together in memory."""

    def __init__(
        self, x: Floats, y: Floats, stratum: npt.NDArray[np.int32], metres: Floats, metric: str, closed: str
    ) -> None:
        self.metres, self.is_straight, self.is_right = (
            metres.astype(np.float64),
            metric == "euclidean",
            closed == "right",
        )
        width = self._width(x, y, float(metres[-1]))
        column, row = np.floor((x - x.min()) / width).astype(np.int64), np.floor((y - y.min()) / width).astype(np.int64)
        self.columns, self.rows = int(column.max()) + 1, int(row.max()) + 1
        square = row * self.columns + column
        self.order = np.argsort(square, kind="stable")
        self.first = np.searchsorted(square[self.order], np.arange(self.columns * self.rows + 1))
        self.x, self.y = x[self.order].astype(np.float64), y[self.order].astype(np.float64)
        self.square, self.stratum = square[self.order], stratum[self.order]

    @staticmethod
    def _width(x: Floats, y: Floats, farthest: float) -> float:
        """The squares' width: the farthest band, or more where the list would have many times more squares than events."""
        wide, high = float(np.ptp(x)), float(np.ptp(y))
        width = farthest * (1 + 1e-9)
        while (wide / width + 1) * (high / width + 1) > 16 * len(x) + 1_000:
            width *= 2
        return width

    @property
    def _looks(self) -> int:
        """About how many pairs are looked at: each event's square and those around it, were events spread like squares."""
        held = np.diff(self.first)
        return int(9 * (held.astype(np.int64) ** 2).sum())

    def shape(self, limits: npt.NDArray[np.int16]) -> tuple[int, int]:
        """Bands of metres, bands of days."""
        return len(self.metres), len(limits)

    def strata(self) -> Iterator[npt.NDArray[np.int64]]:
        """The events of each stratum, by their number in the list."""
        for one in np.unique(self.stratum):
            yield np.sort(self.order[self.stratum == one])

    def degrees_by_stratum(self) -> Iterator[tuple[int, npt.NDArray[np.int64], Counts]]:
        """For each stratum its number, its events, and how many neighbours each has by band (metres, events)."""
        near = self._degrees
        for at, members in enumerate(self.strata()):
            yield at, members, near[:, members]

    @cached_property
    def _degrees(self) -> Counts:
        none = np.zeros(len(self.x), np.int16)
        return self.counted(none, np.zeros(1, np.int16))[1]

    def counted(self, day: npt.NDArray[np.int16], limits: npt.NDArray[np.int16]) -> tuple[Counts, Counts]:
        """Pairs by band of metres and of days, and each event's neighbours by band of metres; no pair is kept."""
        with _cores(self._looks):
            both, near = _counted(
                self.x, self.y, self.stratum, day[self.order], self.square, self.first, self.columns, self.rows, self.metres,
                limits, self.is_straight, self.is_right,
            )  # fmt: skip
        back = np.empty_like(near)
        back[:, self.order] = near
        return np.diff(both // 2, axis=1, prepend=0), back

    def linked(self) -> Links:
        """Every pair within the farthest band, once, by band."""
        given = (self.x, self.y, self.stratum, self.square, self.first, self.columns, self.rows, self.metres,
                 self.is_straight, self.is_right)  # fmt: skip
        with _cores(self._looks):
            each = _later_neighbours(*given)
            starts = np.concatenate(([0], np.cumsum(each.ravel())))
            n = len(self.x)
            heads = _filled(*given, starts[:-1].reshape(each.shape).copy(), int(starts[-1]))
        rows = np.stack([starts[band * n : band * n + n + 1] for band in range(len(self.metres))])
        return Links(starts=rows, heads=heads, order=self.order)


_ONE_AT_A_TIME = Lock()


@contextmanager
def _cores(work: int) -> Iterator[None]:
    """One core for little work, all for much; one caller at a time, since not every threading layer bears two."""
    with _ONE_AT_A_TIME:
        before = nb.get_num_threads()
        nb.set_num_threads(1 if work < _WORTH_SHARING else _EVERY_CORE)
        try:
            yield
        finally:
            nb.set_num_threads(before)


def shuffled(
    day: npt.NDArray[np.int16], members: list[npt.NDArray[np.int64]], seeds: npt.NDArray[np.uint64]
) -> npt.NDArray[np.int16]:
    """The dates in as many other orders as there are seeds, within each group of members: int16 (events, seeds).

    Each order depends on its own seed alone, so that it is the same on one core or many. Fisher and Yates's shuffle, by
    the splitmix64 generator of Steele, Lea and Flood (2014).
    """
    grouped = np.concatenate(members)
    ends = np.cumsum([len(group) for group in members])
    orders = np.empty((len(day), len(seeds)), np.int16)
    with _cores(len(day) * len(seeds)):
        orders[grouped] = _shuffled(day[grouped], ends, seeds).T
    return orders


@nb.njit(cache=True, parallel=True)
def _shuffled(day, ends, seeds):  # type: ignore[no-untyped-def]
    orders = np.empty((len(seeds), len(day)), day.dtype)
    for lane in nb.prange(len(seeds)):
        mine, state, low = orders[lane], seeds[lane], 0
        mine[:] = day
        for end in ends:
            for at in range(end - 1, low, -1):
                state += np.uint64(0x9E3779B97F4A7C15)
                mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                drawn = (mixed ^ (mixed >> np.uint64(31))) >> np.uint64(32)
                other = low + np.int64((drawn * np.uint64(at - low + 1)) >> np.uint64(32))
                mine[at], mine[other] = mine[other], mine[at]
            low = end
    return orders


@nb.njit(cache=True, inline="always")
def _band(dx: float, dy: float, metres: Floats, is_straight: bool, is_right: bool) -> int:
    """The band of a distance, or the number of bands where it lies beyond all."""
    apart = np.sqrt(dx * dx + dy * dy) if is_straight else abs(dx) + abs(dy)
    band = 0
    while band < len(metres) and (apart > metres[band] or (not is_right and apart == metres[band])):
        band += 1
    return band


@nb.njit(cache=True, parallel=True)
def _counted(x, y, stratum, day, square, first, columns, rows, metres, limits, is_straight, is_right):  # type: ignore[no-untyped-def]
    n, bands, spans = len(x), len(metres), len(limits)
    near = np.zeros((bands, n), np.int64)
    both = np.zeros((_CHUNKS, bands, spans), np.int64)
    for chunk in nb.prange(_CHUNKS):
        for i in range(chunk * n // _CHUNKS, (chunk + 1) * n // _CHUNKS):
            row, column = square[i] // columns, square[i] % columns
            for r in range(max(row - 1, 0), min(row + 2, rows)):
                left, right = max(column - 1, 0), min(column + 1, columns - 1)
                for j in range(first[r * columns + left], first[r * columns + right + 1]):
                    if j == i or stratum[j] != stratum[i]:
                        continue
                    band = _band(x[i] - x[j], y[i] - y[j], metres, is_straight, is_right)
                    if band == bands:
                        continue
                    near[band, i] += 1
                    apart = abs(np.int32(day[i]) - np.int32(day[j]))
                    for span in range(spans):
                        both[chunk, band, span] += apart <= limits[span]
    return both.sum(axis=0), near


@nb.njit(cache=True, parallel=True)
def _later_neighbours(x, y, stratum, square, first, columns, rows, metres, is_straight, is_right):  # type: ignore[no-untyped-def]
    """How many neighbours later in the order each event has, by band: each pair is counted at its earlier end."""
    n, bands = len(x), len(metres)
    each = np.zeros((bands, n), np.int64)
    for i in nb.prange(n):
        row, column = square[i] // columns, square[i] % columns
        for r in range(row, min(row + 2, rows)):
            left, right = max(column - 1, 0), min(column + 1, columns - 1)
            for j in range(max(first[r * columns + left], i + 1), first[r * columns + right + 1]):
                if stratum[j] == stratum[i]:
                    band = _band(x[i] - x[j], y[i] - y[j], metres, is_straight, is_right)
                    if band < bands:
                        each[band, i] += 1
    return each


@nb.njit(cache=True, parallel=True)
def _filled(x, y, stratum, square, first, columns, rows, metres, is_straight, is_right, at, total):  # type: ignore[no-untyped-def]
    n, bands = len(x), len(metres)
    heads = np.empty(total, np.int32)
    for i in nb.prange(n):
        row, column = square[i] // columns, square[i] % columns
        for r in range(row, min(row + 2, rows)):
            left, right = max(column - 1, 0), min(column + 1, columns - 1)
            for j in range(max(first[r * columns + left], i + 1), first[r * columns + right + 1]):
                if stratum[j] == stratum[i]:
                    band = _band(x[i] - x[j], y[i] - y[j], metres, is_straight, is_right)
                    if band < bands:
                        heads[at[band, i]] = j
                        at[band, i] += 1
    return heads


@nb.njit(cache=True, parallel=True)
def _tallied(start, heads, days, limits):  # type: ignore[no-untyped-def]
    """Pairs within each limit of days, by column of `days`: written so that the innermost loop is one wide instruction.

    int16 throughout: a difference that was widened would halve, or quarter, how many lanes are passed at once.
    """
    n, spans = len(start) - 1, len(limits)
    out = np.zeros((_CHUNKS, spans, LANES), np.int64)
    for chunk in nb.prange(_CHUNKS):
        held = np.zeros((spans, LANES), np.int16)
        since = 0
        for i in range(chunk * n // _CHUNKS, (chunk + 1) * n // _CHUNKS):
            mine = days[i]
            for pair in range(start[i], start[i + 1]):
                theirs = days[heads[pair]]
                for span in range(spans):
                    lanes, limit = held[span], limits[span]
                    for lane in range(LANES):
                        apart = np.int16(abs(np.int16(mine[lane] - theirs[lane])))
                        lanes[lane] = np.int16(lanes[lane] + np.int16(apart <= limit))
                since += 1
                if since == _FLUSHED:
                    out[chunk] += held
                    held[:] = 0
                    since = 0
        out[chunk] += held
    return out.sum(axis=0)
