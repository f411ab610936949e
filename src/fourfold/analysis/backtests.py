"""Backtests: how well maps would have told where crime came, drawn day after day from what was known before each day.

At each of many origins, a week apart, every map is drawn from the events before it, and scored by the events of the horizon
after it: its hit rate, its PAI and its PEI where 1, 2 and 5 in a hundred of the area are flagged. Nothing that came after an
origin is in any map of it: neither in its counts nor in what it was tuned or learnt by. The forecast is set against the plain
maps that an analyst would draw:

- counts of the last twelve months, and of all the past held;
- kernel density, its width tuned on the year before; the same fading, its width and half-life tuned;
- Poisson boosting on the same surfaces that the forecast is made of.

Differences are taken in pairs, origin by origin. Origins whose horizons share days are not so many findings, so the limits of a mean
are Student's, with as many degrees of freedom as slow cosines of the series are looked at: the fewer, the more days are shared.
**Where the forecast is not ahead of the best plain map by more than chance, that map is to be shown, and said to be**
(`Backtest.shown`).

Sources: PAI: Chainey, Tompson and Uhlig (2008), Security Journal 21; PEI: Hunt (2016); rolling origins: Tashman (2000),
International Journal of Forecasting 16; limits: Lazarus, Lewis, Stock and Watson (2018), Journal of Business and Economic
Statistics 36.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

import fourfold
from fourfold.analysis.findings import Finding, Method, Table, Value
from fourfold.analysis.forecasts import (
    EVEN,
    HALF_LIVES,
    WIDTHS,
    Ground,
    Levels,
    Spread,
    Stand,
    came_in,
    caught_most,
    ground_of,
    possible,
    stands,
    where_next,
)
from fourfold.analysis.lattices import SHARES, Floats, Score, few_of, flagged, running_counts, scored
from fourfold.codes.periods import Window
from fourfold.errors import RecordsInvalid, RequestInvalid
from fourfold.records.points import Points, day_of

FORECAST, YEAR, ALL, KERNEL, DECAY, BOOSTED = (
    "forecast", "counts of the last 12 months", "counts of all the past", "tuned kernel density", "tuned decay",
    "Poisson boosting",
)  # fmt: skip
_STEP = 7
_SEED = 20221020
_SPELLS = 1.5
"""Of how many lengths of overlap one cosine is looked at: at it stated chances of 5% came out as 5 to 7% in simulation."""
_NEVER = [at for at, h in enumerate(HALF_LIVES) if h is None]
_KERNELS = np.array([h * len(WIDTHS) + w for h in _NEVER for w in range(len(WIDTHS))])
_DECAYS = np.array([h * len(WIDTHS) + w for h in range(len(HALF_LIVES)) if h not in _NEVER for w in range(len(WIDTHS))])
WATCHED = 0.02
"""The share of the area whose flagged squares are kept of a backtest that is watched."""
_BOOSTED_EVERY = 4
_BOOSTED_FROM = 26
_BOOSTED_QUIET = 2_000
"""Squares without an event, of each earlier day, from which boosting learns; each then counts for as many as it stands for."""
_LEAST_EXPECTED = 0.1
"""Expected events from which a square's interval is judged: below, no whole count but nought can be told."""

_METHOD = Method(
    name="rolling backtest",
    text="At each origin every map is drawn from what was known before it, and scored by what came after; differences in "
    "pairs by origin, with limits of their mean that allow for origins whose horizons share days.",
    source="Chainey, Tompson and Uhlig 2008; Hunt 2016; Tashman 2000; Lazarus and others 2018.",
)


@dataclass(frozen=True)
class Coverage:
    """How often what came lay within the forecast's 90% limits: of squares, of neighbourhoods, of flagged squares, of all.

    Each is (within, judged). Squares are those with a tenth of an event or more expected; neighbourhoods are blocks of 2 km
    with one or more.
    """

    squares: tuple[int, int] = (0, 0)
    neighbourhoods: tuple[int, int] = (0, 0)
    flagged: tuple[int, int] = (0, 0)
    total: tuple[int, int] = (0, 0)

    def __add__(self, other: Coverage) -> Coverage:
        pairs = zip(self._all(), other._all(), strict=True)
        return Coverage(*((a + c, b + d) for (a, b), (c, d) in pairs))

    def _all(self) -> tuple[tuple[int, int], ...]:
        return self.squares, self.neighbourhoods, self.flagged, self.total


@dataclass(frozen=True, eq=False)
class Watched:
    """What one origin flagged and what came, by square: for each map its flagged squares of 2% of the area, and the squares in
    which events came with their number."""

    flagged: tuple[npt.NDArray[np.int64], ...]
    squares: npt.NDArray[np.int64]
    events: Floats


@dataclass(frozen=True, eq=False)
class Backtest:
    """Every map's score at every origin: `scores[map][share][origin]`, the forecast's first.

    `horizon` and the step between origins are days; `expected` and `came` are the events of all squares by origin.
    """

    names: tuple[str, ...]
    origins: tuple[int, ...]
    horizon: int
    cell: float
    squares: int
    scores: tuple[tuple[tuple[Score, ...], ...], ...]
    coverage: Coverage
    expected: Floats
    came: npt.NDArray[np.int64]
    watched: tuple[Watched, ...] = ()
    """By origin, where that was asked for."""

    def pai(self, name: str, share: int) -> Floats:
        """A map's PAI at one of the shares (by its place) by origin; NaN where nothing came."""
        row = self.scores[self.names.index(name)][share]
        return np.array([np.nan if one.pai is None else one.pai for one in row])

    def mean_pai(self, name: str, share: int) -> float:
        """A map's mean PAI over the origins after which events came."""
        return float(np.nanmean(self.pai(name, share)))

    def mean_pei(self, name: str, share: int) -> float | None:
        """A map's mean PEI over the origins at which fewer squares were flagged than events came; None where at none."""
        given = [one.pei for one in self.scores[self.names.index(name)][share] if one.pei is not None]
        return sum(given) / len(given) if given else None

    @property
    def sharing(self) -> int:
        """How many origins in a row have days of their horizons in common with the first of them, itself among them."""
        return max(1, -(-self.horizon // _STEP))

    def ahead(self, name: str, share: int) -> tuple[float, float, float]:
        """By how much the forecast's mean PAI is ahead of a map's, and 95% limits of that."""
        apart = self.pai(FORECAST, share) - self.pai(name, share)
        return mean_with_limits(apart[~np.isnan(apart)], self.sharing)

    @property
    def best_plain(self) -> str:
        """The plain map of the highest mean PAI over 1 and 2 in a hundred of the area, each counting alike."""

        def height(name: str) -> float:
            return sum(self.mean_pai(name, s) / max(self.mean_pai(FORECAST, s), 1e-12) for s in (0, 1))

        return max(self.names[1:], key=height)

    @property
    def shown(self) -> str:
        """The map to be shown: the forecast where at 1 or 2 in a hundred it is ahead of the best plain map by more than chance,
        and at neither behind it; else that plain map."""
        first, second = (self.ahead(self.best_plain, share) for share in (0, 1))
        is_ahead = (first[1] > 0 or second[1] > 0) and first[0] >= 0 and second[0] >= 0
        return FORECAST if is_ahead else self.best_plain


def drift(found: Backtest, share: int = 1) -> tuple[float, float, float]:
    """By how much the forecast's mean PAI of the later half of the origins lies above that of the earlier, with 95% limits.

    Limits below nought say that it tells less than it did: that places changed, or how crime is recorded.
    """
    pai, half = found.pai(FORECAST, share), len(found.origins) // 2
    early, late = (one[~np.isnan(one)] for one in (pai[:half], pai[half:]))
    if len(early) < 2 or len(late) < 2:
        return float("nan"), float("nan"), float("nan")
    swings = [_swings(one, found.sharing) for one in (early, late)]
    together = np.concatenate(swings)
    sd = np.sqrt(np.mean(together**2) * (1 / len(early) + 1 / len(late)))
    moved, reach = late.mean() - early.mean(), stats.t.ppf(0.975, len(together)) * sd
    return float(moved), float(moved - reach), float(moved + reach)


DRIFT = "Drift watch: "
"""How the note begins that says whether the forecast tells less than it did."""


def _drift_note(found: Backtest) -> tuple[str, ...]:
    moved, low, high = drift(found)
    if np.isnan(moved):
        return ()
    said = "lower than" if high < 0 else "higher than" if low > 0 else "not clearly other than"
    return (
        f"{DRIFT}at 2% of the area the forecast’s mean PAI in the later half of the origins was {said} in the earlier half "
        f"({moved:+.2f}, 95% limits {low:+.2f} to {high:+.2f}).",
    )


def mean_with_limits(values: Floats, sharing: int) -> tuple[float, float, float]:
    """The mean of a series and its 95% limits, where so many neighbours in it share days (1: none do)."""
    if len(values) < 2:
        return float(values.mean()) if len(values) else float("nan"), float("nan"), float("nan")
    swings = _swings(values, sharing)
    mean = values.mean()
    reach = stats.t.ppf(0.975, len(swings)) * np.sqrt(np.mean(swings**2) / len(values))
    return float(mean), float(mean - reach), float(mean + reach)


def _swings(values: Floats, sharing: int) -> Floats:
    """How far a series swings along its slowest cosines: each squared is an estimate of its variance in the long run.

    As many as there are spells that share no day, and a third fewer; of a series whose neighbours share none, all that there are.
    """
    n = len(values)
    number = n - 1 if sharing == 1 else max(1, int(n / (_SPELLS * sharing)))
    waves = np.cos(np.pi * np.outer(np.arange(1, number + 1), np.arange(n) + 0.5) / n)
    return np.asarray(np.sqrt(2 / n) * waves @ values)


def origins_until(last: int, number: int) -> list[int]:
    """So many origins (day numbers), a week apart, the last of them at `last`."""
    return [last - _STEP * n for n in range(number)][::-1]


def backtest(
    points: Points, origins: Sequence[int], horizon: int, cell: float, *, bricks: bool = False, boosting: bool = True,
    is_watched: bool = False,
) -> Backtest:  # fmt: skip
    """Every map drawn and scored at every origin (day numbers, increasing). Raises as `forecasts.possible` does.

    The area is what lies near an event before the first origin; an event elsewhere is one that no map could catch. Where it is
    watched, each map's flagged squares are kept, so that `exposure` can say on whom they fall.
    """
    if not origins:
        raise RequestInvalid("There is no origin to test at.", remedy="Give one or more.")
    possible(points, origins[0], horizon)
    ground = ground_of(points, cell, before=origins[0], bricks=bricks)
    levels = Levels(points)
    if levels.known_until(origins[-1] + horizon) < origins[-1] + horizon:
        raise RecordsInvalid(
            f"Nothing is held of the last days of the horizon: the events end on {points.until:%d %B %Y}.",
            remedy="Test until an earlier day.",
        )
    boosted = _Boosting() if boosting else None
    names = (FORECAST, YEAR, ALL, KERNEL, DECAY, *((BOOSTED,) if boosting else ()))
    scores: list[list[list[Score]]] = [[[] for _ in SHARES] for _ in names]
    covered, expected, came_all = Coverage(), [], []
    watched: list[Watched] = []
    few = few_of(WATCHED, ground.squares)
    year = running_counts(points, ground.lattice, origins, days=365)
    ever = running_counts(points, ground.lattice, origins)
    for stood in stands(points, ground, origins, horizon):
        came = came_in(points, ground, stood.day, stood.day + horizon)
        events = levels.between(stood.day, stood.day + horizon)
        maps = _maps(stood, next(year)[ground.inside], next(ever)[ground.inside])
        if boosted is not None:
            maps.append(boosted.map_of(stood, maps[1], maps[2]))
            boosted.learn(stood.day + horizon, came)
        for row, drawn in enumerate(maps):
            for column, score in enumerate(scored(drawn, came, SHARES, elsewhere=events - int(came.sum()))):
                scores[row][column].append(score)
        if is_watched:
            where = np.flatnonzero(came)
            watched.append(Watched(tuple(flagged(drawn, few) for drawn in maps), where, came[where]))
        mean = levels.expected(stood.day, horizon) * maps[0]
        covered += _covered(mean, came, stood, ground)
        expected.append(mean.sum())
        came_all.append(int(came.sum()))
    return Backtest(
        names=names, origins=tuple(origins), horizon=horizon, cell=cell, squares=ground.squares,
        scores=tuple(tuple(tuple(column) for column in row) for row in scores), coverage=covered,
        expected=np.array(expected), came=np.array(came_all), watched=tuple(watched),
    )  # fmt: skip


def _maps(stood: Stand, year: Floats, ever: Floats) -> list[Floats]:
    """The forecast, and the plain maps: in the order of the names."""
    return [stood.weights @ stood.standing, *plain_maps(stood, year, ever)]


def plain_maps(stood: Stand, year: Floats, ever: Floats) -> list[Floats]:
    """The plain maps as they stood before a day, in the order of `PLAIN`; their tuning knows no more than a forecast did."""
    best = caught_most(stood.lessons) if stood.lessons else np.ones(len(stood.standing))
    tuned = [stood.standing[pool[np.argmax(best[pool])]] for pool in (_KERNELS, _DECAYS)]
    return [year.copy(), ever.copy(), *tuned]


class _Boosting:
    """Poisson boosting on the surfaces, learnt anew every few origins from the earlier ones of which all is known."""

    def __init__(self) -> None:
        self._asked: Floats | None = None
        self._learnt: deque[tuple[int, Floats, Floats, Floats]] = deque(maxlen=_BOOSTED_FROM)
        self._drawn = np.random.default_rng(_SEED)
        self._fitted: object | None = None
        self._since = 0

    def map_of(self, stood: Stand, year: Floats, ever: Floats) -> Floats:
        """What it expects before a day; the year's counts until there is anything to learn from."""
        n = stood.standing.shape[1]
        self._asked = np.column_stack((stood.standing[: EVEN + 1].T * n, year, ever)).astype(np.float32)
        known = [rows for until, *rows in self._learnt if until <= stood.day]
        if known and (self._fitted is None or self._since >= _BOOSTED_EVERY):
            self._fitted, self._since = _boosted(known), 0
        self._since += 1
        return year.copy() if self._fitted is None else np.asarray(self._fitted.predict(self._asked))  # type: ignore[attr-defined]

    def learn(self, until: int, came: Floats) -> None:
        """Keep what came where, with a draw of the squares where nothing did."""
        assert self._asked is not None
        some, none = np.flatnonzero(came), np.flatnonzero(came == 0)
        few = self._drawn.choice(none, min(_BOOSTED_QUIET, len(none)), replace=False)
        counted = np.concatenate((np.ones(len(some)), np.full(len(few), len(none) / max(len(few), 1))))
        rows = np.concatenate((some, few))
        self._learnt.append((until, self._asked[rows], came[rows], counted))


def _boosted(known: Sequence[Sequence[Floats]]) -> object:
    from sklearn.ensemble import HistGradientBoostingRegressor

    features, came, counted = (np.concatenate([one[at] for one in known]) for at in range(3))
    fitted = HistGradientBoostingRegressor(
        loss="poisson", max_iter=80, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=100, l2_regularization=1.0,
        early_stopping=False, random_state=_SEED,
    )  # fmt: skip
    return fitted.fit(features, came, sample_weight=counted)


def _covered(mean: Floats, came: Floats, stood: Stand, ground: Ground) -> Coverage:
    """What of one origin's outcomes lay within the limits told before it."""
    if not stood.lessons:
        return Coverage()
    spread = stood.spread
    told = np.flatnonzero(mean >= _LEAST_EXPECTED)
    low, high = spread.limits(mean[told])
    squares = int(((came[told] >= low) & (came[told] <= high)).sum()), len(told)
    sums = [spread.limits_of_sum(mean)] + [spread.limits_of_sum(mean[some]) for some in _few(mean)]
    held = [came.sum()] + [came[some].sum() for some in _few(mean)]
    within = [a <= n <= b for (a, b), n in zip(sums, held, strict=True)]
    blocks = list(_blocks(mean, came, ground, spread))
    return Coverage(
        squares, (sum(blocks), len(blocks)), (int(sum(within[1:])), len(within) - 1), (int(within[0]), 1)
    )  # fmt: skip


def _few(mean: Floats) -> list[npt.NDArray[np.int64]]:
    return [flagged(mean, few_of(share, len(mean))) for share in SHARES]


def _blocks(mean: Floats, came: Floats, ground: Ground, spread: Spread) -> Iterator[bool]:
    """For each block of 2 km in which an event or more is expected, whether what came there lay within its limits."""
    rows, columns = np.nonzero(ground.inside)
    side = max(1, round(2_000 / ground.lattice.cell))
    block = rows // side * (ground.lattice.columns // side + 1) + columns // side
    _, at = np.unique(block, return_inverse=True)
    sums, squared, seen = (np.bincount(at, weights=given) for given in (mean, mean**2, came))
    for m, s, n in zip(sums, squared, seen, strict=True):
        if m >= 1:
            low, high = spread.limits_of(float(m), float(s))
            yield bool(low <= n <= high)


def backtest_finding(
    points: Points, cell: float, *, until: int, origins: int = 26, horizon: int = 7, bricks: bool = False,
    boosting: bool = True,
) -> Finding:  # fmt: skip
    """The rolling backtest as a Finding: kind "backtest", a row a map and share of area.

    The last origin is so early that its horizon ends before the day `until`. Columns: map, share_of_area, events, hits,
    hit_rate, pai, pei (null where flagged squares are as many as events), ahead, ahead_low, ahead_high (of the forecast's
    mean PAI over the map's). Its value is the name of the map to be shown, unit "map"; the verdict says so where that is not
    the forecast. Raises as `backtest` does.
    """
    days = origins_until(until - horizon, origins)
    return told(points, backtest(points, days, horizon, cell, bricks=bricks, boosting=boosting), bricks=bricks)


def told(points: Points, found: Backtest, *, bricks: bool = False) -> Finding:
    """A backtest as `backtest_finding` gives it. Raises RecordsInvalid where no event came after any origin."""
    events = sum(one.events for one in found.scores[0][0])
    if not events:
        raise RecordsInvalid("No event came after any origin.", remedy="Test at other origins.")
    shown, best, days = found.shown, found.best_plain, found.origins
    return Finding(
        kind="backtest", title=f"Backtest of maps: {points.title}", value=shown, unit="map", n=events,
        windows=(Window(day_of(days[0]), day_of(days[-1] + found.horizon - 1)),), area=points.area,
        definition=where_next(points, found.cell, found.horizon), method=_METHOD, as_at=points.as_at, batches=points.batches,
        code_version=fourfold.__version__, seed=_SEED, sources=points.sources,
        notes=(*points.notes, *_coverage_notes(found), *_drift_note(found)),
        table=Table(columns=_COLUMNS, rows=tuple(_rows(found))), verdict=_verdict(found, best),
        parameters={
            "origins": len(days), "horizon in days": found.horizon, "metres": found.cell, "shape": _shape(bricks),
            "squares": found.squares, "best plain map": best,
        },
    )  # fmt: skip


_COLUMNS = ("map", "share_of_area", "events", "hits", "hit_rate", "pai", "pei", "ahead", "ahead_low", "ahead_high")


def _rows(found: Backtest) -> Iterator[tuple[Value, ...]]:
    for at, name in enumerate(found.names):
        for column, share in enumerate(SHARES):
            row = found.scores[at][column]
            events, hits = sum(one.events for one in row), sum(one.hits for one in row)
            ahead = (None, None, None) if name == FORECAST else found.ahead(name, column)
            yield (
                name, share, events, hits, hits / events, found.mean_pai(name, column), found.mean_pei(name, column), *ahead,
            )  # fmt: skip


def _verdict(found: Backtest, best: str) -> str:
    if found.shown == FORECAST:
        return f"The forecast is ahead of {best}, the best plain map, by more than chance."
    return f"The forecast is not ahead of {best} by more than chance, so that map is shown."


def _coverage_notes(found: Backtest) -> tuple[str, ...]:
    held = (
        ("squares with a tenth of an event or more expected", found.coverage.squares),
        ("blocks of 2 km with an event or more expected", found.coverage.neighbourhoods),
        ("flagged sets of squares", found.coverage.flagged), ("all squares together", found.coverage.total),
    )  # fmt: skip
    return tuple(
        f"Of {what}, {within:,} of {judged:,} counts lay within their 90% limits."
        for what, (within, judged) in held
        if judged
    )


PLAIN = (YEAR, ALL, KERNEL, DECAY)
"""The plain maps that are drawn without learning a model."""
_PLAIN_METHOD = Method(
    name="plain map",
    text="The squares where a plain map of past events is highest; what it expects is its share of the level in all.",
    source="Chainey, Tompson and Uhlig 2008.",
)


def plain_map(points: Points, name: str, origin: int, horizon: int, cell: float) -> Finding:
    """The squares that a plain map flags, for where the forecast is not ahead of it: kind "plain map", a row a square.

    They are those of the hundredth of the area where it is highest. Columns: x, y (the square's middle, metres on the points'
    grid), expected, last_28_days, last_365_days. Its value is the number expected in all, unit "events". `name` is one of
    `PLAIN`. Raises as `forecasts.possible` does.
    """
    possible(points, origin, horizon)
    ground = ground_of(points, cell, before=origin)
    (stood,) = stands(points, ground, [origin], horizon)
    known = points.day < origin
    year, recent = (came_in(points, ground, origin - days, origin) for days in (365, 28))
    ever = ground.lattice.counts(points.x[known], points.y[known])[ground.inside]
    drawn = dict(zip(PLAIN, plain_maps(stood, year, ever), strict=True))[name]
    level = Levels(points).expected(origin, horizon)
    expected = level * drawn / max(float(drawn.sum()), 1e-12)
    x, y = (corner[ground.inside] + cell / 2 for corner in ground.lattice.corners())
    rows = tuple(
        (round(float(x[at])), round(float(y[at])), float(expected[at]), int(recent[at]), int(year[at]))
        for at in flagged(expected, few_of(SHARES[0], len(expected)))
    )
    return Finding(
        kind="plain map", title=f"{name[0].upper()}{name[1:]}: {points.title}", value=level, unit="events", n=int(known.sum()),
        windows=(Window(day_of(origin), day_of(origin + horizon - 1)),), area=points.area,
        definition=where_next(points, cell, horizon), method=_PLAIN_METHOD, as_at=points.as_at, batches=points.batches,
        code_version=fourfold.__version__, sources=points.sources, notes=points.notes,
        table=Table(columns=("x", "y", "expected", "last_28_days", "last_365_days"), rows=rows),
        parameters={"map": name, "horizon in days": horizon, "metres": cell, "squares": ground.squares},
    )  # fmt: skip


_CHOICE = Method(
    name="choice of lattice",
    text="The same origins, horizon and shares of area are tried on lattices of several sizes, of squares and of bricks; that is "
    "chosen on which the forecast's flagged area held most of what came, each share counting alike.",
    source="Chainey, Tompson and Uhlig 2008.",
)


def lattice_finding(
    points: Points, cells: Sequence[float], *, until: int, origins: int = 13, horizon: int = 7
) -> Finding:  # fmt: skip
    """Which cell size and shape to draw on: kind "lattice", a row a size and shape.

    Columns: metres, shape, squares, hit_rate_1, hit_rate_2, hit_rate_5 (the forecast's, at 1, 2 and 5% of the area),
    behind_best (by what share its hits fall short of the best). Its value is the chosen size, unit "metres", its shape in the
    parameters. Choose on origins before those that a backtest is then reported on. Raises as `backtest` does.
    """
    days = origins_until(until - horizon, origins)
    tried = {
        (cell, bricks): backtest(points, days, horizon, cell, bricks=bricks, boosting=False)
        for cell in cells for bricks in (False, True)
    }  # fmt: skip
    rates = {
        key: [sum(one.hits for one in row) / max(sum(one.events for one in row), 1) for row in found.scores[0]]
        for key, found in tried.items()
    }
    highest = [max(rate[at] for rate in rates.values()) or 1.0 for at in range(len(SHARES))]
    worth = {key: sum(r / h for r, h in zip(rate, highest, strict=True)) / len(SHARES) for key, rate in rates.items()}
    cell, bricks = max(worth, key=lambda key: worth[key])
    best = worth[cell, bricks]
    return Finding(
        kind="lattice", title=f"Size and shape of squares: {points.title}", value=cell, unit="metres",
        n=sum(one.events for one in tried[cell, bricks].scores[0][0]), windows=(Window(day_of(days[0]), day_of(until - 1)),),
        area=points.area, definition=where_next(points, cell, horizon), method=_CHOICE, as_at=points.as_at,
        batches=points.batches, code_version=fourfold.__version__, sources=points.sources, notes=points.notes,
        table=Table(
            columns=("metres", "shape", "squares", "hit_rate_1", "hit_rate_2", "hit_rate_5", "behind_best"),
            rows=tuple(
                (key[0], _shape(key[1]), tried[key].squares, *rates[key], 1 - worth[key] / best) for key in tried
            ),
        ),
        parameters={"shape": _shape(bricks), "origins": origins, "horizon in days": horizon},
    )  # fmt: skip


def _shape(bricks: bool) -> str:
    return "bricks" if bricks else "squares"
