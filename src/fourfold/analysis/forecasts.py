"""Forecasts: how many crimes are expected in each square over the coming days, from places and days alone.

Many plain surfaces of past events are kept: spread by seven widths, fading with six half-lives; one that is the same
everywhere; and some that lean, square by square, on a narrow width where much was seen and on a wide one where little was.
A forecast is a mixture of them. What each counts is learnt from the surfaces as they stood before earlier days and from what
came after those days: half of the mixture is what would have given those events the greatest chance (a few rounds of
expectation and maximisation, stopped early so that little is overfitted), a quarter each is the one fading surface and the
one leaning surface that would have caught most of them. So each square's number can be taken apart again into places, widths
and ages of past events. How many come in all is the level of the last eight weeks, moved as the same weeks moved a year
before.

A count is told as a distribution: a negative binomial whose spread is that of earlier forecasts about what came, with what
moves all squares together (a busy week) held apart from what moves one.

No name, age or record of anybody goes in, no stop and no arrest, and no number is of a person.

Sources: mixtures by expectation and maximisation: Dempster, Laird and Rubin (1977), Journal of the Royal Statistical Society
B 39; stacked densities: Smyth and Wolpert (1999), Machine Learning 36; fading surfaces: Bowers, Johnson and Pease (2004),
British Journal of Criminology 44; widths that lean on what was seen: Clayton and Kaldor (1987), Biometrics 43.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import erf

import numba as nb
import numpy as np
import numpy.typing as npt
from scipy import ndimage, stats

import fourfold
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.analysis.lattices import Bools, Floats, Lattice, Whole, few_of, flagged, lattice_of
from fourfold.codes.periods import Window
from fourfold.errors import RecordsInvalid, RequestInvalid
from fourfold.records.points import Points, day_number, day_of

WIDTHS = (1.0, 60.0, 125.0, 250.0, 500.0, 1_000.0, 2_000.0)
"""Metres: the standard deviations by which surfaces spread an event; by the first it stays in its square."""
HALF_LIVES: tuple[float | None, ...] = (7.0, 21.0, 60.0, 180.0, 540.0, None)
"""Days after which an event counts half; None: it never fades."""
LEANING_FROM = 2
"""The half-lives from this place on have leaning surfaces too: shorter ones see too little."""
IMAGINED = (0.3, 1.0, 3.0)
"""Events that a wider surface is worth when a narrower one is set against it."""
_PLAIN = len(WIDTHS) * len(HALF_LIVES)
EVEN = _PLAIN
"""The place of the surface that is the same everywhere; leaning surfaces come after it."""
SURFACES = _PLAIN + 1 + len(IMAGINED) * (len(HALF_LIVES) - LEANING_FROM)
FEWEST_EVENTS = 30
_FEWEST_PLACES = 20
_FEWEST_PER_EVENT = 0.05
"""Points per event below which they are places that each stand for many addresses."""
_GROUND = 500.0
"""Metres from a past event within which a square counts as part of the area."""
LESSONS = 52
"""Earlier days, a week apart, from which weights are learnt: a year of them."""
_STEP = 7
_FIRST = 56
"""Days of past that the earliest of them needs."""
_ROUNDS = 15
TUNED_AT = (0.005, 0.01, 0.015, 0.02, 0.03, 0.05)
"""Shares of the area at which what surfaces caught is compared: more than are shown, since each alone is mostly chance."""
_SHARE_OF_CHANCE = 0.5
_YEAR = 364
_AROUND = 14
"""Days on each side of the same days a year before that are counted with them."""
_ENDED = 0.01
"""How seldom chance leaves as many days without an event as those by which a list is taken to have ended."""
_REACH = 3.0


@dataclass(frozen=True, eq=False)
class Ground:
    """Where maps are drawn: a lattice, and which of its squares count as the area (rows, columns)."""

    lattice: Lattice
    inside: Bools

    @property
    def squares(self) -> int:
        """How many squares the area has."""
        return int(self.inside.sum())


def ground_of(points: Points, cell: float, *, before: int | None = None, bricks: bool = False) -> Ground:
    """A lattice over the points; its area is what lies within 500 m (a square at least) of an event before a day.

    No boundary is needed, and the sea and another force's ground are not counted as area that was rightly left alone.
    """
    lattice = lattice_of(points, cell, bricks=bricks)
    known = slice(None) if before is None else points.day < before
    held = lattice.counts(points.x[known], points.y[known]) > 0
    away = ndimage.distance_transform_edt(~held) * cell
    return Ground(lattice, np.asarray(away <= max(_GROUND, cell)))


def judged(points: Points, origin: int) -> None:
    """Raise RecordsInvalid, saying why, where nothing can be forecast from the events before a day (its number)."""
    if points.months_only or (len(points) > 1 and len({day_of(d).day for d in np.unique(points.day)}) == 1):
        raise RecordsInvalid(
            "The events have a month and no day.",
            remedy="Use the force's own records rather than what is published by month.",
        )
    before = points.day < origin
    if int(before.sum()) < FEWEST_EVENTS:
        raise RecordsInvalid(
            f"{int(before.sum())} events lie before the origin, and fewer than {FEWEST_EVENTS} tell nothing of where next.",
            remedy="Take more of the past, a later origin, or a larger area.",
        )
    where = len(np.unique(np.column_stack((points.x[before], points.y[before])), axis=0))
    if where < max(_FEWEST_PLACES, _FEWEST_PER_EVENT * int(before.sum())):
        raise RecordsInvalid(
            f"The {int(before.sum()):,} events stand on {where:,} points: each stands for many addresses.",
            remedy="Use the points of the crimes themselves, not those moved to protect their victims.",
        )


def surface_names() -> tuple[str, ...]:
    """What each surface is, in words, in their order."""
    ages = [f"half as much after {h:g} days" if h else "however long ago" for h in HALF_LIVES]
    near = ["events in the square", *(f"events within about {w:g} m" for w in WIDTHS[1:])]
    plain = [f"{which}, {age}" for age in ages for which in near]
    leaning = [
        f"events as near as their number allows, {age}, a wider look worth {a:g}"
        for age in ages[LEANING_FROM:] for a in IMAGINED
    ]  # fmt: skip
    return (*plain, "everywhere alike", *leaning)


class Surfaces:
    """The plain surfaces as they stand before a day, moved from day to day; nothing on or after that day is in them."""

    def __init__(self, points: Points, ground: Ground) -> None:
        order = np.argsort(points.day, kind="stable")
        self.ground = ground
        self._x, self._y = points.x[order], points.y[order]
        self._day = points.day[order].astype(np.int64)
        self._raw = np.zeros((len(WIDTHS), len(HALF_LIVES), *ground.lattice.shape))
        self._seen = np.zeros(len(HALF_LIVES))
        self._next, self.day = 0, int(self._day[0])

    def move_to(self, day: int) -> None:
        """Let what is held fade, and take in what came before the day. A day already passed cannot be gone back to."""
        assert day >= self.day, "surfaces move forward only"
        upto = int(np.searchsorted(self._day, day))
        kept = _kept(np.array([day - self.day], float))[0]
        weights = _kept(day - self._day[self._next : upto])
        self._seen = self._seen * kept + weights.sum(axis=0)
        lattice = self.ground.lattice
        self._raw *= kept[None, :, None, None]
        _stamp(
            self._raw, self._x[self._next : upto], self._y[self._next : upto], weights, lattice.row_west, lattice.south,
            lattice.cell, np.array(WIDTHS),
        )  # fmt: skip
        self._next, self.day = upto, day

    def standing(self) -> Floats:
        """The surfaces over the area's squares, each adding up to one: (surfaces, squares of the area)."""
        held = self._raw[:, :, self.ground.inside]
        n = held.shape[2]
        total = held.sum(axis=2)
        even = np.full(n, 1 / n)
        shares = np.where(total[..., None] > 0, held / np.where(total > 0, total, 1)[..., None], even)
        plain = shares.transpose(1, 0, 2).reshape(_PLAIN, n)
        leaning = [
            self._leaning(shares[:, h], h, worth) for h in range(LEANING_FROM, len(HALF_LIVES)) for worth in IMAGINED
        ]
        return np.vstack((plain, even, *leaning))

    def _leaning(self, shares: Floats, half_life: int, worth: float) -> Floats:
        """From wide to narrow, each square leans on the narrower width the more, the more events that width has seen."""
        now = np.full(shares.shape[1], 1 / shares.shape[1])
        for at in range(len(WIDTHS) - 1, -1, -1):
            wide = 4 * np.pi * max(WIDTHS[at], 0.3 * self.ground.lattice.cell) ** 2 / self.ground.lattice.cell**2
            seen = now * self._seen[half_life] * wide
            now = (worth * now + seen * shares[at]) / (worth + seen)
            now = now / now.sum()
        return now


def _kept(age: npt.NDArray[np.int64] | Floats) -> Floats:
    """What an event of that age in days keeps of its weight: (events, half-lives)."""
    rate = np.array([0.0 if h is None else 1 / h for h in HALF_LIVES])
    return np.asarray(0.5 ** (np.asarray(age, float)[:, None] * rate))


@nb.njit(cache=True)
def _stamp(raw, x, y, weights, row_west, south, cell, widths):  # type: ignore[no-untyped-def]
    """Add to each surface what each event's normal kernel gives each square, exactly: by how much of it lies within."""
    spans, rows, columns = raw.shape[1], raw.shape[2], raw.shape[3]
    across = np.zeros(columns)
    for at in range(len(widths)):
        scale, reach = 1 / (widths[at] * np.sqrt(2.0)), _REACH * widths[at]
        for event in range(len(x)):
            first = max(int(np.floor((y[event] - reach - south) / cell)), 0)
            last = min(int(np.floor((y[event] + reach - south) / cell)), rows - 1)
            low, high, west = 0, -1, np.inf
            for row in range(first, last + 1):
                if row_west[row] != west:
                    west = row_west[row]
                    low = max(int(np.floor((x[event] - reach - west) / cell)), 0)
                    high = min(int(np.floor((x[event] + reach - west) / cell)), columns - 1)
                    for column in range(low, high + 1):
                        edge = west + column * cell - x[event]
                        across[column] = 0.5 * (erf((edge + cell) * scale) - erf(edge * scale))
                edge = south + row * cell - y[event]
                up = 0.5 * (erf((edge + cell) * scale) - erf(edge * scale))
                for span in range(spans):
                    much = weights[event, span] * up
                    mine = raw[at, span, row]
                    for column in range(low, high + 1):
                        mine[column] += much * across[column]


@dataclass(frozen=True, eq=False)
class Lesson:
    """What came after an earlier day, and what the surfaces that stood before it had given it.

    `chances` are the surfaces where events came (surfaces, squares met), `times` how many came there; `caught` is each
    surface's hit rate at each share of area (surfaces, shares).
    """

    origin: int
    until: int
    chances: Floats
    times: Floats
    caught: Floats


def lesson(standing: Floats, came: Floats, origin: int, until: int) -> Lesson:
    """The lesson of one day: surfaces by square of the area, and what came there."""
    met = np.flatnonzero(came)
    total = max(float(came.sum()), 1.0)
    fews = [few_of(share, len(came)) for share in TUNED_AT]
    caught = np.zeros((len(standing), len(TUNED_AT)))
    for at, one in enumerate(standing):
        added = np.cumsum(came[flagged(one, max(fews))])
        caught[at] = [added[few - 1] / total for few in fews]
    return Lesson(origin, until, standing[:, met], came[met], caught)


def learnt_weights(lessons: Sequence[Lesson]) -> Floats:
    """How much each surface counts: (surfaces,), adding up to one; all alike where no event came."""
    alike = np.full(SURFACES, 1 / SURFACES)
    lessons = [one for one in lessons if len(one.times)]
    if not lessons:
        return alike
    chances = np.concatenate([one.chances for one in lessons], axis=1)
    times = np.concatenate([one.times for one in lessons])
    likeliest = alike
    for _ in range(_ROUNDS):
        likeliest = likeliest * (chances @ (times / np.maximum(likeliest @ chances, 1e-300))) / times.sum()
    best = caught_most(lessons)
    weights = _SHARE_OF_CHANCE * likeliest / likeliest.sum()
    for pool in (np.arange(_PLAIN), np.arange(EVEN + 1, SURFACES)):
        weights[pool[np.argmax(best[pool])]] += (1 - _SHARE_OF_CHANCE) / 2
    return np.asarray(weights)


def caught_most(lessons: Sequence[Lesson]) -> Floats:
    """How much of what came each surface caught, each share of area counting alike: (surfaces,)."""
    caught = np.sum([one.caught for one in lessons], axis=0)
    return np.asarray((caught / np.maximum(caught.mean(axis=0), 1e-12)).mean(axis=1))


class Levels:
    """How many events came in all between any two days, and how many are expected."""

    def __init__(self, points: Points) -> None:
        self.first = int(points.day.min())
        self._days = np.unique(points.day)
        self._held_until = None if points.held_until is None else day_number(points.held_until)
        self._until = np.concatenate(([0], np.cumsum(np.bincount(points.day - self.first))))

    def between(self, first: int, end: int) -> int:
        """Events from a day until before another."""
        low, high = (min(max(d - self.first, 0), len(self._until) - 1) for d in (first, end))
        return int(self._until[high] - self._until[low])

    def known_until(self, origin: int) -> int:
        """The day before which events are known at an origin: the origin, or the day after the last event held before it.

        Days without an event are none on which nothing came where they are more in a row than chance would leave, once in so
        many, at the rate of the eight weeks before: a list that ends says nothing of what came after.
        """
        if self._days[-1] >= origin:
            return origin
        last = int(self._days[-1])
        if self._held_until is not None and self._held_until > last:
            return min(origin, self._held_until + 1)
        days = min(_FIRST, last + 1 - self.first)
        missed = self.between(last + 1 - days, last + 1) / days * (origin - 1 - last)
        return origin if missed <= -math.log(_ENDED) else last + 1

    def expected(self, origin: int, horizon: int) -> float:
        """How many come in the horizon, by what was known before the origin."""
        known = self.known_until(origin)
        days = min(_FIRST, max(known - self.first, 1))
        recent = self.between(known - days, known) / days * horizon
        if self.first > known - _YEAR - _FIRST or origin - _YEAR + horizon + _AROUND > known:
            return recent
        then = self.between(known - _YEAR - _FIRST, known - _YEAR) / _FIRST
        after = self.between(origin - _YEAR - _AROUND, origin - _YEAR + horizon + _AROUND) / (horizon + 2 * _AROUND)
        # What a year ago tells of this year is drawn towards nothing: by a half, and by more where few events came.
        imagined = 30 / _FIRST
        return float(recent * np.sqrt((after + imagined) / (then + imagined)))


@dataclass(frozen=True)
class Spread:
    """By how much outcomes vary about forecasts beyond chance: `each` square by itself, and all `together`.

    The count of some squares of expected numbers m has variance sum(m) + each * sum(m squared) + together * sum(m) squared.
    """

    each: float = 0.0
    together: float = 0.0

    def alpha(self, expected: Floats) -> Floats:
        """The negative binomial's alpha of one square's count; 0 for a Poisson."""
        return np.full(np.shape(expected), self.each + self.together)

    def limits(self, expected: Floats, share: float = 0.9) -> tuple[Whole, Whole]:
        """For each square the counts whose chance together is nearest to the share, few in the tail below."""
        return limits(expected, self.alpha(expected), share)

    def limits_of_sum(self, expected: Floats, share: float = 0.9) -> tuple[int, int]:
        """The same for the count of all the given squares together."""
        return self.limits_of(float(expected.sum()), float((expected**2).sum()), share)

    def limits_of(self, expected: float, squared: float, share: float = 0.9) -> tuple[int, int]:
        """The same, from the sum of what is expected by square and the sum of its squares."""
        beyond = self.each * squared + self.together * expected**2
        low, high = limits(np.array([expected]), np.array([beyond / max(expected, 1e-12) ** 2]), share)
        return int(low[0]), int(high[0])


def limits(mean: Floats, alpha: Floats, share: float) -> tuple[Whole, Whole]:
    """The counts of negative binomials between which lies the chance nearest to a share; low and high, both counted in."""
    mean = np.maximum(mean, 1e-12)
    size = 1 / np.maximum(alpha, 1e-9)
    held = stats.nbinom(size, size / (size + mean))
    tail = (1 - share) / 2
    low = held.ppf(tail)
    low = np.where(held.cdf(0) > tail, 0, low)
    below = np.where(low > 0, held.cdf(low - 1), 0.0)
    high = np.maximum(held.ppf(np.minimum(below + share, 1 - 1e-12)), low)
    over = held.cdf(high) - below - share
    under = share - (held.cdf(high - 1) - below)
    high = np.where((high > low) & (under < over), high - 1, high)
    return low.astype(np.int64), high.astype(np.int64)


@dataclass(frozen=True)
class Outcome:
    """How far what came lay from what was forecast: sums from which the spread is made, by moments."""

    own: float
    own_of: float
    all: float
    all_of: float

    @classmethod
    def of(cls, mean: Floats, came: Floats) -> Outcome:
        """Of one forecast and what came, by square."""
        m, n = float(mean.sum()), float(came.sum())
        # What one square is above its part of what did come: a busy week is not each square's doing.
        part = mean * (n / m) if m else mean
        return cls(
            own=float(((came - part) ** 2 - part).sum()),
            own_of=float((part**2).sum()),
            all=(n - m) ** 2 - m,
            all_of=m**2,
        )


def spread_of(outcomes: Sequence[Outcome]) -> Spread:
    """The spread of earlier forecasts about what came; none where there were none."""
    own, all_of = (sum(getattr(one, name) for one in outcomes) for name in ("own_of", "all_of"))
    each = max(sum(one.own for one in outcomes) / own, 0.0) if own else 0.0
    return Spread(each=each, together=max(sum(one.all for one in outcomes) / all_of, 0.0) if all_of else 0.0)


@dataclass(frozen=True, eq=False)
class Forecast:
    """What is expected over a horizon from an origin (day number): `expected` by square of the area, adding up to `level`.

    `standing` are the surfaces over the same squares, `weights` what they count, `lessons` from how many days that was
    learnt.
    """

    ground: Ground
    origin: int
    horizon: int
    level: float
    expected: Floats
    weights: Floats
    standing: Floats
    spread: Spread
    lessons: int

    def reasons(self, square: int) -> dict[str, float]:
        """What share of a square's number each surface gives, those of a hundredth or more, largest first.

        `square` is its number among the area's squares.
        """
        parts = self.weights * self.standing[:, square]
        shares = parts / parts.sum()
        named = zip(surface_names(), shares.tolist(), strict=True)
        return {name: share for name, share in sorted(named, key=lambda one: -one[1]) if share >= 0.01}


def came_in(points: Points, ground: Ground, first: int, end: int) -> Floats:
    """Events from a day until before another, by square of the area."""
    some = (points.day >= first) & (points.day < end)
    return ground.lattice.counts(points.x[some], points.y[some])[ground.inside]


def lesson_days(points: Points, origin: int, horizon: int) -> list[int]:
    """The earlier days to learn from, oldest first: a week apart, nothing of whose outcomes lies on or after the origin."""
    window = max(horizon, _STEP)
    days = [origin - window - _STEP * n for n in range(LESSONS)]
    return [day for day in reversed(days) if day - int(points.day.min()) >= _FIRST]


@dataclass(frozen=True, eq=False)
class Stand:
    """What stood before a day: the surfaces, what they count by the lessons known then, and what is expected to come.

    `lessons` are those that the weights were learnt from; `window` the days for which they were.
    """

    day: int
    standing: Floats
    weights: Floats
    lessons: tuple[Lesson, ...]
    spread: Spread


def stands(points: Points, ground: Ground, origins: Sequence[int], horizon: int) -> Iterator[Stand]:
    """What stood before each of some days (increasing), each learnt from nothing but what was known then.

    The surfaces go once through all days that any of the origins learns from, oldest first.
    """
    window = max(horizon, _STEP)
    learnt_on = {origin: lesson_days(points, origin, horizon) for origin in origins}
    surfaces, levels = Surfaces(points, ground), Levels(points)
    lessons: dict[int, Lesson] = {}
    outcomes: dict[int, Outcome] = {}
    for day in sorted({*origins, *(d for days in learnt_on.values() for d in days)}):
        surfaces.move_to(day)
        standing = surfaces.standing()
        known = tuple(
            one for one in lessons.values() if one.until <= day and one.origin >= day - window - _STEP * LESSONS
        )
        weights = learnt_weights(known)
        came = came_in(points, ground, day, day + window)
        if day in learnt_on:
            spread = spread_of([outcomes[one.origin] for one in known if one.origin in outcomes])
            yield Stand(day, standing, weights, known, spread)
        if known:
            outcomes[day] = Outcome.of(levels.expected(day, window) * (weights @ standing), came)
        lessons[day] = lesson(standing, came, day, day + window)


def forecast(points: Points, origin: int, horizon: int, cell: float, *, bricks: bool = False) -> Forecast:
    """What is expected from an origin (day number) over a horizon of days, in squares of `cell` metres.

    Raises RequestInvalid for a horizon or a lattice that cannot be, RecordsInvalid where too little lies before the origin.
    """
    possible(points, origin, horizon)
    ground = ground_of(points, cell, before=origin, bricks=bricks)
    (stood,) = stands(points, ground, [origin], horizon)
    level = Levels(points).expected(origin, horizon)
    return Forecast(
        ground=ground, origin=origin, horizon=horizon, level=level, expected=level * (stood.weights @ stood.standing),
        weights=stood.weights, standing=stood.standing, spread=stood.spread, lessons=len(stood.lessons),
    )  # fmt: skip


def possible(points: Points, origin: int, horizon: int) -> None:
    """Raise RequestInvalid for a horizon that cannot be, RecordsInvalid where too little lies before the origin."""
    if not 1 <= horizon <= _YEAR:
        raise RequestInvalid(
            "The horizon is not between a day and a year.", remedy="Give --horizon in days, as 7 or 28."
        )
    judged(points, origin)
    if not lesson_days(points, origin, horizon):
        raise RecordsInvalid(
            f"Fewer than {_FIRST + max(horizon, _STEP)} days of past lie before the origin.",
            remedy="Take more of the past, a later origin, or a shorter horizon.",
        )


_METHOD = Method(
    name="mixture of surfaces",
    text="Surfaces of past events by several widths and half-lives, weighed by what they would have given the events after "
    "earlier days; the number in all by the last eight weeks and the same weeks a year before; limits by a negative binomial "
    "whose spread is that of earlier forecasts about what came.",
    source="Dempster, Laird and Rubin 1977; Smyth and Wolpert 1999; Bowers, Johnson and Pease 2004.",
)
_TOLD = 0.01
"""The share of the area whose squares a Finding lists."""


def where_next(points: Points, cell: float, horizon: int) -> Definition:
    """What is forecast and tested."""
    return Definition(
        name="where_next", version="1", title=f"Where next: {points.title}",
        text=f"Events by squares of {cell:g} metres over {horizon} days, from victim-reported crime, calendar and place only.",
        source="Bowers, Johnson and Pease 2004.", status="confirmed",
    )  # fmt: skip


def forecast_finding(points: Points, made: Forecast) -> Finding:
    """A forecast as a Finding: kind "forecast", a row a square of the hundredth of the area where most is expected.

    Its value is the number expected in all, unit "events", with a 90% interval. Columns: x, y (the square's middle, metres on
    the points' grid), expected, low, high (90% limits), last_28_days, last_365_days (events in the square), why.
    """
    ground, spread = made.ground, made.spread
    low, high = spread.limits_of_sum(made.expected)
    known = points.day < made.origin
    later = int((~known).sum())
    behind = made.origin - Levels(points).known_until(made.origin)
    notes = (
        *((f"Left out: {later:,} events on or after the origin.",) if later else ()),
        *(
            (f"Nothing is held of the {behind} days before the origin: the level is that of the time before them.",)
            if behind
            else ()
        ),
        "A number says where crime that is reported may come, not who does it; small numbers are mostly chance.",
        "Not to be tasked from before the force has signed its equality assessment, of this version.",
    )
    return Finding(
        kind="forecast", title=f"Where next: {points.title}", value=made.level, unit="events", n=int(known.sum()),
        windows=(Window(day_of(made.origin), day_of(made.origin + made.horizon - 1)),), area=points.area,
        definition=where_next(points, ground.lattice.cell, made.horizon), method=_METHOD, as_at=points.as_at,
        batches=points.batches, code_version=fourfold.__version__, sources=points.sources, notes=(*points.notes, *notes),
        interval=Interval(low=low, high=high, level=0.9, meaning="the counts between which the number that comes is expected"),
        table=Table(
            columns=("x", "y", "expected", "low", "high", "last_28_days", "last_365_days", "why"),
            rows=tuple(_told(points, made)),
        ),
        parameters={
            "horizon in days": made.horizon, "metres": ground.lattice.cell, "squares": ground.squares,
            "shape": "bricks" if ground.lattice.bricks else "squares", "lessons": made.lessons,
            "spread of each square": spread.each, "spread of all together": spread.together,
        },
    )  # fmt: skip


def _told(points: Points, made: Forecast) -> Iterator[tuple[Value, ...]]:
    ground = made.ground
    x, y = (corner[ground.inside] + ground.lattice.cell / 2 for corner in ground.lattice.corners())
    low, high = made.spread.limits(made.expected)
    recent, year = (came_in(points, ground, made.origin - days, made.origin) for days in (28, 365))
    for at in flagged(made.expected, few_of(_TOLD, ground.squares)):
        yield (
            round(float(x[at])), round(float(y[at])), float(made.expected[at]), int(low[at]), int(high[at]), int(recent[at]),
            int(year[at]), why(made, int(at)),
        )  # fmt: skip


_SAID = 0.005
"""A share that would be told as nought in a hundred is not told."""
_NEARNESS = (("in the square and next to it", 125.0), ("in the streets around", 500.0), ("in the wider area", np.inf))
_AGES = (("the last weeks", 21.0), ("the last months", 180.0), ("longer ago", np.inf))


def grouped_shares(weights: Floats, standing: Floats) -> tuple[tuple[str, ...], Floats]:
    """What share of each square's number comes from how near, and from how old, events: their names, and (names, squares).

    The first four names are of nearness, the rest of age; each adds up to one but for what is the same everywhere.
    """
    near = [name for name, _ in _NEARNESS] + ["as near as their number allows"]
    old = [name for name, _ in _AGES]
    belongs = np.zeros((len(near) + len(old), SURFACES))
    for at in range(SURFACES):
        if at == EVEN:
            continue
        if at < EVEN:
            half_life, width = HALF_LIVES[at // len(WIDTHS)], WIDTHS[at % len(WIDTHS)]
            close = next(n for n, (_, upto) in enumerate(_NEARNESS) if width <= upto)
        else:
            half_life, close = HALF_LIVES[LEANING_FROM + (at - EVEN - 1) // len(IMAGINED)], len(_NEARNESS)
        belongs[close, at] = 1
        belongs[len(near) + next(n for n, (_, upto) in enumerate(_AGES) if (half_life or np.inf) <= upto), at] = 1
    parts = weights[:, None] * standing
    return (*near, *old), np.asarray(belongs @ parts / np.maximum(parts.sum(axis=0), 1e-300))


def why(made: Forecast, square: int) -> str:
    """In words, what share of a square's number comes from how near and how old events (its number within the area), and what
    share it has as every square has it."""
    names, shares = grouped_shares(made.weights, made.standing[:, [square]])
    told = list(zip(names, shares[:, 0].tolist(), strict=True))
    first = len(_NEARNESS) + 1
    groups = [
        ", ".join(f"{name} {share:.0%}" for name, share in group if share >= _SAID)
        for group in (told[:first], told[first:])
    ]
    alike = 1 - sum(share for _, share in told[:first])
    said = [f"events {one}" for one in groups if one] + ([f"the same everywhere {alike:.0%}"] if alike >= _SAID else [])
    return "; ".join(said)


def cells(made: Forecast, *, unit: float = 1.0) -> Iterator[dict[str, float | int | bool]]:
    """Every square of the lattice: its edges and middle (on the grid, in its own unit of so many metres) and what is expected.

    A square far from every past event is given what the even surface alone gives, and is said not to be in the area.
    """
    lattice, inside = made.ground.lattice, made.ground.inside.ravel()
    expected = np.full(inside.size, made.level * made.weights[EVEN] / made.ground.squares)
    expected[inside] = made.expected
    low, high = made.spread.limits(expected)
    west, south = (corner.ravel() / unit for corner in lattice.corners())
    side = lattice.cell / unit
    rows = zip(
        west.tolist(), south.tolist(), expected.tolist(), low.tolist(), high.tolist(), inside.tolist(), strict=True
    )
    for w, s, mean, a, b, is_in in rows:
        yield {
            "x": w + side / 2, "y": s + side / 2, "west": w, "south": s, "east": w + side, "north": s + side,
            "expected": mean, "low": a, "high": b, "in_area": is_in,
        }  # fmt: skip
