"""Near repeats: whether crime comes back close by and soon, within how many metres and days, and how sure that is.

The Knox test, by bands of space and time. Each pair of events lies in a band of distance and a band of days; where crime
breeds crime, the near-and-soon bands hold more pairs than they would had the same dates fallen on the same places in
another order. Nothing is supposed about where or when crime happens in general: places and dates stay as they are, and only
which date goes with which place is shuffled.

- **Which interval?** By default the first band is [0, b] and each further one (a, b]: a pair exactly 200 m apart lies in the
  band that ends at 200. `closed="left"` takes [a, b), which reproduces the counts of the Near Repeat Calculator 1.3, whose
  labels are one unit off: what it calls 0 to 2 days holds pairs 0 and 1 days apart (`calculator_labels`).
- **Screening** (`permutations=0`): the mean and variance over all shuffles are known exactly from how many neighbours each
  event has in space and in time, so no shuffle is needed. **Final p**: seeded shuffles; p is the share of them, the
  observed order among them, that hold at least as many pairs in the band.
- Many bands are tried at once, so those that are called repeats are chosen with false discoveries held to 5 in 100.
- With strata, only pairs within one stratum are counted, and dates are shuffled within it.

Refused, with the reason: months without days, points that stand for many addresses, fewer than 30 events.

Sources: Knox (1964), Applied Statistics 13; exact moments: Barton and David (1966), in Research Papers in Statistics
(Festschrift for J. Neyman); near repeats: Johnson and others (2007), Journal of Quantitative Criminology 23; p from
permutations: Phipson and Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9; false discoveries:
Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats
from scipy.sparse.csgraph import connected_components

import fourfold
from fourfold.analysis import pairs
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value
from fourfold.codes.periods import Window
from fourfold.errors import RecordsInvalid, RequestInvalid
from fourfold.records.points import Points, day_number, day_of

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FEWEST_EVENTS = 30
FURTHEST = 1_500_000
"""Metres: the widest band there can be, as far apart as the events of one list may lie."""
_FALSE_DISCOVERIES = 0.05
_SHARED_POINT = 0.5
"""A list in which fewer than half as many points as events stand is of places that each stand for many addresses."""

_METHOD = Method(
    name="near repeats",
    text="Pairs of events by bands of distance and of days between them (Knox), against what the same places and dates hold "
    "in another order: exactly for mean and variance, by seeded shuffles for p. Bands are called repeats with false "
    "discoveries held to 5 in 100.",
    source="Knox 1964; Barton and David 1966; Benjamini and Hochberg 1995.",
)

_CHAINS = Method(
    name="chains of near repeats",
    text="Events within reach of one another are linked; those linked, at once or through others, are one chain.",
    source="Johnson and others 2007.",
)
STATES = ("followed", "began none", "not yet known")
"""What became of an event; the last while a repeat of it may still come."""


@dataclass(frozen=True, kw_only=True)
class Bands:
    """The upper ends of the bands, increasing: metres (the first may be 0.1, for the same point) and whole days.

    With `is_calculator` the days are labelled as the Near Repeat Calculator prints them, one more than what it counts; its bands
    are [a, b), so that `closed` has to be left.
    """

    metres: tuple[float, ...] = (0.1, 100, 200, 300, 400)
    days: tuple[int, ...] = (7, 14, 21, 28)
    metric: Literal["euclidean", "manhattan"] = "euclidean"
    closed: Literal["right", "left"] = "right"
    is_calculator: bool = False

    def __post_init__(self) -> None:
        for ends, longest in ((self.metres, FURTHEST), (self.days, np.iinfo(np.int16).max)):
            if not ends or not ends[0] > 0 or not all(a < b for a, b in pairwise(ends)):
                raise RequestInvalid("Bands do not increase.", remedy="Give upper ends above nought, smallest first.")
            if ends[-1] > longest:
                raise RequestInvalid(
                    "A band ends further away than any list reaches.", remedy=f"Give upper ends up to {longest:,}."
                )
        if self.metric not in ("euclidean", "manhattan") or self.closed not in ("right", "left"):
            raise RequestInvalid(
                "There is no such distance or interval.", remedy="euclidean or manhattan; right or left."
            )

        if self.is_calculator and self.closed != "left":
            raise RequestInvalid("The Near Repeat Calculator’s bands are [a, b).", remedy="Give left, or its own days.")

    @property
    def day_limits(self) -> npt.NDArray[np.int16]:
        """The largest whole number of days in each band."""
        return np.array(self.days, np.int16) - (1 if self.closed == "left" else 0)

    def calculator_labels(self) -> tuple[str, ...]:
        """The bands of days as the Near Repeat Calculator prints them: one more than what it counts."""
        return tuple(f"{0 if low == 0 else low + 1} to {high} days" for low, high in pairwise((0, *self.days)))


@dataclass(frozen=True, kw_only=True)
class Knox:
    """The counts of one list: `observed`, `mean` and `sd` have a row a band of metres and a column a band of days.

    `shuffled` has the counts of each shuffle in front (shuffles, metres, days); none where it was only screened.
    """

    observed: Counts
    mean: Floats
    sd: Floats
    shuffled: Counts

    @property
    def p(self) -> Floats:
        """The chance of so many pairs or more: from the shuffles, or screened from mean and variance."""
        if len(self.shuffled):
            as_many = (self.shuffled >= self.observed).sum(axis=0)
            return np.asarray((1 + as_many) / (1 + len(self.shuffled)))
        return _screened(self.observed, self.mean, self.sd)


def knox(points: Points, bands: Bands, *, permutations: int = 999, seed: int = 20221020) -> Knox:
    """The Knox counts of events, with their exact mean and standard deviation over all shuffles, and seeded shuffles.

    Nothing is refused here: `near_repeats` is what looks first whether the list can be judged.
    """
    search = pairs.Search(points.x, points.y, points.stratum, np.array(bands.metres), bands.metric, bands.closed)
    day = (points.day - points.day.min()).astype(np.int16)
    limits = bands.day_limits
    mean, variance = np.zeros(search.shape(limits)), np.zeros(search.shape(limits))
    for _, members, near in search.degrees_by_stratum():
        more_mean, more_variance = _moments(near, _soon(day[members], limits))
        mean, variance = mean + more_mean, variance + more_variance
    linked = search.linked()
    observed = linked.tally(day[:, None], limits)[:, :, 0]
    shuffled = [
        linked.tally(orders, limits)
        for orders in _orders(day, points.stratum, permutations, np.random.default_rng(seed))
    ]
    held = (
        np.concatenate(shuffled, axis=2)[:, :, :permutations] if shuffled else np.zeros((*observed.shape, 0), np.int64)
    )
    return Knox(observed=observed, mean=mean, sd=np.sqrt(np.maximum(variance, 0)), shuffled=np.moveaxis(held, 2, 0))


def screened(points: Points, bands: Bands) -> Knox:
    """The Knox counts with their exact mean and standard deviation, without a shuffle and without keeping the pairs."""
    search = pairs.Search(points.x, points.y, points.stratum, np.array(bands.metres), bands.metric, bands.closed)
    day = (points.day - points.day.min()).astype(np.int16)
    limits = bands.day_limits
    observed, near = search.counted(day, limits)
    mean, variance = np.zeros(observed.shape), np.zeros(observed.shape)
    for members in search.strata():
        more_mean, more_variance = _moments(near[:, members], _soon(day[members], limits))
        mean, variance = mean + more_mean, variance + more_variance
    none = np.zeros((0, *observed.shape), np.int64)
    return Knox(observed=observed, mean=mean, sd=np.sqrt(np.maximum(variance, 0)), shuffled=none)


def _orders(
    day: npt.NDArray[np.int16], stratum: npt.NDArray[np.int32], permutations: int, drawn: np.random.Generator
) -> Iterator[npt.NDArray[np.int16]]:
    """The dates in other orders, `pairs.LANES` columns at a time; within each stratum only."""
    members = [np.flatnonzero(stratum == one) for one in np.unique(stratum)]
    for _ in range(0, permutations, pairs.LANES):
        yield pairs.shuffled(day, members, drawn.integers(0, 2**64, pairs.LANES, np.uint64))


def _soon(day: npt.NDArray[np.int16], limits: npt.NDArray[np.int16]) -> Counts:
    """How many other events lie in each band of days of each event: (days, events)."""
    ordered = np.sort(day.astype(np.int32))
    within = np.array([
        np.searchsorted(ordered, day.astype(np.int32) + int(limit), "right")
        - np.searchsorted(ordered, day.astype(np.int32) - int(limit), "left")
        - 1
        for limit in limits
    ])  # fmt: skip
    within[limits < 0] = 0
    return np.diff(within, axis=0, prepend=0)


def _moments(near: Counts, soon: Counts) -> tuple[Floats, Floats]:
    """Mean and variance of the count of pairs near and soon, over all orders of the dates, from the events' degrees.

    Two graphs on the same n events, one laid on the other at random: pairs of pairs are the same pair, or share an event,
    or share none, and each kind falls on its like with equal chance (Barton and David).
    """
    n = near.shape[1]
    a, b = near.sum(axis=1)[:, None] / 2.0, soon.sum(axis=1)[None, :] / 2.0
    shared_a = (near.astype(float) * (near - 1)).sum(axis=1)[:, None]
    shared_b = (soon.astype(float) * (soon - 1)).sum(axis=1)[None, :]
    if n < 4:
        return np.zeros((len(near), len(soon))), np.zeros((len(near), len(soon)))
    every = n * (n - 1) / 2.0
    mean = a * b / every
    apart_a, apart_b = a * a - a - shared_a, b * b - b - shared_b
    square = (
        mean
        + shared_a * shared_b / (n * (n - 1.0) * (n - 2.0))
        + apart_a * apart_b / (every * (n - 2.0) * (n - 3.0) / 2)
    )
    return mean, square - mean**2


def _screened(observed: Counts, mean: Floats, sd: Floats) -> Floats:
    """The chance of so many or more by a negative binomial of that mean and variance; Poisson where they do not spread."""
    variance = sd**2
    spread = variance > mean * (1 + 1e-9)
    size = np.where(spread, mean**2 / np.where(spread, variance - mean, 1.0), 1.0)
    wide = stats.nbinom.sf(observed - 1, np.maximum(size, 1e-12), size / np.maximum(size + mean, 1e-12))
    return np.where(mean == 0, 1.0, np.where(spread, wide, stats.poisson.sf(observed - 1, np.maximum(mean, 1e-12))))


def found_among(p: Floats, share: float = _FALSE_DISCOVERIES) -> npt.NDArray[np.bool_]:
    """Which of many p are found, with the share of false discoveries among them held to `share` (Benjamini, Hochberg)."""
    flat = p.ravel()
    order = np.argsort(flat, kind="stable")
    passed = np.flatnonzero(flat[order] <= share * np.arange(1, len(flat) + 1) / len(flat))
    found = np.zeros(len(flat), bool)
    if len(passed):
        found[order[: passed[-1] + 1]] = True
    return found.reshape(p.shape)


def near_repeats(points: Points, bands: Bands, *, permutations: int = 999, seed: int = 20221020) -> Finding:
    """Whether events repeat near themselves: kind "near repeats", a row a band.

    Columns: from_m, to_m, from_days, to_days, pairs, expected, sd, ratio (to the expected), ratio_median (to the median
    shuffle; null where only screened), p, judgement. Its value is the metres of the farthest band that repeats within the
    first band of days without a gap before it, unit "metres"; None where none does, and the verdict says so. Raises
    RecordsInvalid for a list that cannot be judged.
    """
    judged(points)
    found = screened(points, bands) if permutations == 0 else knox(points, bands, permutations=permutations, seed=seed)
    repeats = found_among(found.p)
    reach, days = _reach(repeats)
    metres = bands.metres[reach - 1] if reach else None
    return Finding(
        kind="near repeats", title=f"Near repeats: {points.title}", value=metres, unit="metres", n=len(points),
        windows=(Window(points.first, points.last),), area=points.area, definition=_definition(points, bands),
        method=_METHOD, as_at=points.as_at, batches=points.batches, code_version=fourfold.__version__, sources=points.sources,
        seed=seed if permutations else None, verdict=_verdict(bands, reach),
        table=Table(columns=_COLUMNS, rows=tuple(_rows(bands, found, repeats))), notes=points.notes,
        parameters={
            "bands are labelled": "as the Near Repeat Calculator prints them" if bands.is_calculator else "as they are counted",
            "metric": bands.metric, "interval": "[a, b)" if bands.closed == "left" else "(a, b], the first [0, b]",
            "shuffles": permutations, "false discoveries held to": _FALSE_DISCOVERIES,
            "strata": len(np.unique(points.stratum)), "days": bands.days[days - 1] if reach else None,
        },
    )  # fmt: skip


_COLUMNS = (
    "from_m", "to_m", "from_days", "to_days", "pairs", "expected", "sd", "ratio", "ratio_median", "p", "judgement",
)  # fmt: skip


def judged(points: Points) -> None:
    """Raise RecordsInvalid, saying why, where near repeats cannot be told from these events."""
    if points.months_only or _only_months(points):
        raise RecordsInvalid(
            "The events have a month and no day.",
            remedy="Near repeats need the day: use the force's own records rather than what is published by month.",
        )
    if len(points) < FEWEST_EVENTS:
        raise RecordsInvalid(
            f"There are {len(points)} events, and fewer than {FEWEST_EVENTS} tell nothing of repeats.",
            remedy="Take a longer time, or a larger area.",
        )
    where = np.unique(np.column_stack((points.x, points.y)), axis=0)
    if len(where) < _SHARED_POINT * len(points):
        raise RecordsInvalid(
            f"The {len(points):,} events stand on {len(where):,} points: each stands for many addresses.",
            remedy="Use the points of the crimes themselves, not those moved to protect their victims.",
        )
    if int(points.day.max()) - int(points.day.min()) > np.iinfo(np.int16).max:
        raise RecordsInvalid("The days span more than 89 years.", remedy="See whether a year was mistaken.")


def _only_months(points: Points) -> bool:
    """Whether all events stand on the same day of their months, over two months or more."""
    days = {day_of(number) for number in np.unique(points.day)}
    return len({day.day for day in days}) == 1 and len(points) > 1


def _reach(repeats: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """How many bands of metres in a row repeat in the first band of days, and how many of days at the first of metres."""
    metres = int(np.argmin(repeats[:, 0])) if not repeats[:, 0].all() else len(repeats)
    days = int(np.argmin(repeats[0])) if not repeats[0].all() else repeats.shape[1]
    return metres, days


def _verdict(bands: Bands, metres: int) -> str | None:
    if metres:
        return None
    return (
        f"No repeat beyond chance was found within {bands.metres[0]:g} m and {bands.days[0]} days; "
        "that does not show that there is none."
    )


def _rows(bands: Bands, found: Knox, repeats: npt.NDArray[np.bool_]) -> Iterator[tuple[Value, ...]]:
    p = found.p
    middle = np.median(found.shuffled, axis=0) if len(found.shuffled) else None
    for i, (near, far) in enumerate(pairwise((0.0, *bands.metres))):
        for j, (soon, late) in enumerate(pairwise((0, *bands.days))):
            seen, expected = int(found.observed[i, j]), float(found.mean[i, j])
            from_m, from_days = float(near), soon
            if bands.is_calculator:  # its labels: the same location, 1 to 100, 101 to 200; 0 to 7, 8 to 14
                from_m, from_days = float(math.floor(near) + 1 if i else 0), soon + 1 if j else 0
            yield (
                from_m, float(far), from_days, late, seen, expected, float(found.sd[i, j]),
                seen / expected if expected else None,
                seen / float(middle[i, j]) if middle is not None and middle[i, j] else None,
                float(p[i, j]), "repeat" if repeats[i, j] else "no clear repeat",
            )  # fmt: skip


def _definition(points: Points, bands: Bands) -> Definition:
    return Definition(
        name="near_repeat", version="1", title=f"Near repeats of {points.title}",
        text=f"A pair of events within {bands.metres[-1]:g} metres ({bands.metric}) and {bands.days[-1]} days of one another.",
        source="Johnson and others 2007.", status="confirmed",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Linked:
    """What became of one event: how many came within reach before, on the same day and after, and its chain.

    `chain` names the earliest event of the chain, None for an event alone. `watched_until` is the last day on which a
    repeat could come; `state` is "began none", "followed", or "not yet known" while that day has not passed, or lies after what
    is held.
    """

    ref: str
    day: int
    before: int
    same_day: int
    after: int
    chain: str | None
    watched_until: int
    state: str


def linked_events(points: Points, bands: Bands, *, metres: float, days: int) -> tuple[Linked, ...]:
    """Each event with the chain of those within `metres` and `days` of one another that it belongs to, in order of day.

    A chain is a connected part of the graph of linked events: its first and last may be further apart than one link.
    """
    judged(points)
    reach = replace(bands, metres=(metres,), days=(days,))
    search = pairs.Search(points.x, points.y, points.stratum, np.array(reach.metres), reach.metric, reach.closed)
    left, right = search.linked().ends()
    apart = points.day[right].astype(np.int64) - points.day[left]
    soon = np.abs(apart) <= int(reach.day_limits[0])
    left, right, apart = left[soon], right[soon], apart[soon]
    earlier, later = np.where(apart >= 0, left, right), np.where(apart >= 0, right, left)
    n, same = len(points), apart == 0
    after = np.bincount(earlier[~same], minlength=n)
    before = np.bincount(later[~same], minlength=n)
    on_day = np.bincount(np.concatenate((left[same], right[same])), minlength=n)
    graph = sparse.coo_matrix((np.ones(len(left), bool), (left, right)), shape=(n, n))
    _, group = connected_components(graph, directed=False)
    order = np.lexsort((np.arange(n), points.day))
    heads: dict[int, int] = {}
    for at in order:
        heads.setdefault(int(group[at]), int(at))
    alone = np.bincount(group)[group] == 1
    today = min(day_number(points.as_at.date()), day_number(points.until) + 1)
    return tuple(
        Linked(
            ref=points.refs[at], day=int(points.day[at]), before=int(before[at]), same_day=int(on_day[at]),
            after=int(after[at]), chain=None if alone[at] else points.refs[heads[int(group[at])]],
            watched_until=int(points.day[at]) + int(reach.day_limits[0]),
            state=_state(int(after[at]), int(points.day[at]) + int(reach.day_limits[0]), today),
        )
        for at in order
    )  # fmt: skip


def _state(after: int, watched_until: int, today: int) -> str:
    if after:
        return STATES[0]
    return STATES[1] if watched_until < today else STATES[2]


def chains(points: Points, bands: Bands, *, metres: float, days: int) -> Finding:
    """How events link into chains: kind "chains", a row a size of chain with its number of chains and of events.

    Columns: size (events in the chain; 1 is an event alone), chains, events. Its value is the number of events that
    followed another within reach, of `n` events; which events those are is told by `linked_events`. Links are those
    within `metres` and `days`, whatever made them: chance alone links some, and `near_repeats` says how many.
    """
    linked = linked_events(points, bands, metres=metres, days=days)
    members = Counter(one.chain for one in linked if one.chain is not None)
    sizes = Counter(members.values())
    alone = sum(one.chain is None for one in linked)
    rows = [(1, alone, alone), *((size, n, size * n) for size, n in sorted(sizes.items()))]
    states = Counter(one.state for one in linked)
    return Finding(
        kind="chains", title=f"Chains of near repeats: {points.title}", value=sum(one.before > 0 for one in linked),
        unit="count", n=len(linked), windows=(Window(points.first, points.last),), area=points.area,
        definition=_definition(points, replace(bands, metres=(metres,), days=(days,))), method=_CHAINS, as_at=points.as_at,
        batches=points.batches, code_version=fourfold.__version__, sources=points.sources,
        table=Table(columns=("size", "chains", "events"), rows=tuple(rows)), notes=points.notes,
        parameters={"metres": metres, "days": days, "metric": bands.metric, **{state: states[state] for state in STATES}},
    )  # fmt: skip
