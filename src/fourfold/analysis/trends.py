"""Trends: whether a change between two windows is more than a series' own ordinary variation.

The months before the window show how much the series varies around its season: the dispersion, the variance of a month
over its mean once each calendar month has its own mean. Where it is near 1, months vary as chance alone would have
them and the exact Poisson comparison holds; where it is greater, the comparison is widened by it. A plain 5% Poisson
test would call about half of ordinary month-to-month changes in violence real.

Months are taken as independent once the season is out; real months hang together, so a slow drift can be called a
change. Declared breaks are printed with a comparison that crosses one; nothing is re-based automatically.

Sources: exact comparison of two Poisson counts, conditional on their sum: Przyborowski and Wilenski (1940), Biometrika
31; mid-p: Lancaster (1961), Journal of the American Statistical Association 56; dispersion from Pearson residuals and
quasi-likelihood: McCullagh and Nelder (1989), Generalized Linear Models, chapters 4 and 9; score interval: Wilson
(1927), Journal of the American Statistical Association 22. The bounds below are decisions of this project, recorded in
docs/decisions/0004-judging-change.md with the simulations that they were chosen by.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import binom, poisson, t

import fourfold
from fourfold.analysis.findings import Finding, Interval, Method, Value
from fourfold.codes.periods import Window
from fourfold.errors import RequestInvalid

MONTHS_NEEDED = 24
"""Months before the window without which nothing is judged (DESIGN: two years, so that each calendar month has a pair)."""
FREEDOM_NEEDED = 8
"""Degrees of freedom below which a dispersion says next to nothing: calendar months that are held again, with crimes."""
NEAR_ONE = 1.25
"""The dispersion up to which months vary as chance has them."""
FEWEST_CRIMES = 10
"""Both windows together; below it, no change that a person would act on can be told from chance."""

_METHOD = Method(
    name="two-window change",
    text="The two counts are compared given their sum, each window by its days. Where the months before the window vary "
    "about their season as chance would have them (dispersion up to 1.25), the comparison is the exact Poisson one with "
    "mid-p; otherwise it is widened by the dispersion, with Student's t on the months' degrees of freedom.",
    source="Przyborowski and Wilenski 1940; Lancaster 1961; McCullagh and Nelder 1989; Wilson 1927.",
)


@dataclass(frozen=True)
class Variation:
    """How a series varies about its season in some months. `season` is relative to the level, by calendar month."""

    months: int
    level: float
    season: tuple[float | None, ...]
    dispersion: float
    degrees_of_freedom: int


@dataclass(frozen=True)
class Judgement:
    """A change judged: `verdict` is "rise", "fall", "no clear change" or "cannot judge", and `reason` says why."""

    verdict: str
    reason: str
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    variation: Variation | None = None


def variation(months: Sequence[date], counts: Sequence[int]) -> Variation:
    """The season, level and dispersion of monthly counts. Months may be missing; they are not taken for none."""
    matrix = np.asarray(counts, dtype=float)[None, :]
    calendar = np.array([m.month for m in months])
    spread, freedom = dispersion(matrix, calendar)
    level = float(matrix.mean()) if len(months) else 0.0
    season = tuple(
        float(matrix[0, calendar == month].mean()) / level if level and (calendar == month).any() else None
        for month in range(1, 13)
    )
    return Variation(len(months), level, season, float(spread[0]), int(freedom[0]))


def dispersion(
    counts: npt.NDArray[np.float64], calendar: npt.NDArray[np.int_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int_]]:
    """Pearson dispersion of many series at once, each calendar month with its own mean, and its degrees of freedom.

    `counts` has a row a series and a column a month; `calendar` is each column's month of the year, 1 to 12. A calendar
    month held once, or in which a series never had a crime, tells nothing and counts for no degree of freedom.
    """
    squares = np.zeros(counts.shape[0])
    freedom = np.zeros(counts.shape[0], dtype=int)
    for month in np.unique(calendar):
        held = counts[:, calendar == month]
        mean = held.mean(axis=1)
        tells = mean > 0
        squares[tells] += ((held[tells] - mean[tells, None]) ** 2).sum(axis=1) / mean[tells]
        freedom += np.where(tells, held.shape[1] - 1, 0)
    return np.divide(squares, freedom, out=np.full(counts.shape[0], np.nan), where=freedom > 0), freedom


def p_values(
    before: npt.NDArray[np.int_],
    after: npt.NDArray[np.int_],
    spread: npt.NDArray[np.float64],
    freedom: npt.NDArray[np.int_],
    exposure: float = 1.0,
) -> npt.NDArray[np.float64]:
    """Two-sided p of the change of many series at once; `exposure` is the later window's days over the earlier's."""
    share = exposure / (1 + exposure)
    total = before + after
    below = binom.cdf(after - 1, total, share)
    at = binom.pmf(after, total, share)
    lower = below + at / 2
    exact = np.minimum(1.0, 2 * np.minimum(lower, 1 - lower))
    error = np.sqrt(np.maximum(spread * total * share * (1 - share), 1e-300))
    widened = 2 * t.sf(np.abs(after - total * share) / error, np.maximum(freedom, 1))
    chosen: npt.NDArray[np.float64] = np.where(spread <= NEAR_ONE, exact, widened)
    return chosen


def e_test_p(before: int, after: int, exposure: float = 1.0) -> float:
    """Two-sided p of two Poisson counts by the e-test: given beside the exact comparison, never judged by.

    Every pair of counts that chance could give with the pooled rate is weighed; those that stand as far apart as the two
    held, in units of their own error, make up p. Unlike the comparison given the sum it knows no dispersion. Source:
    Krishnamoorthy and Thomson (2004), Journal of Statistical Planning and Inference 119.
    """
    if before + after == 0:
        return 1.0
    rate = (before + after) / (1 + exposure)
    firsts, seconds = (_reachable(rate * days) for days in (1.0, exposure))

    def apart(first: npt.NDArray[np.int_], second: npt.NDArray[np.int_]) -> npt.NDArray[np.float64]:
        error = np.sqrt(first + second / exposure**2)
        found: npt.NDArray[np.float64] = np.where(
            error > 0, np.abs(first - second / exposure) / np.maximum(error, 1e-300), 0
        )
        return found

    chance = np.outer(poisson.pmf(firsts, rate), poisson.pmf(seconds, rate * exposure))
    held = float(apart(np.array([before]), np.array([after]))[0])
    return float(chance[apart(firsts[:, None], seconds[None, :]) >= held - 1e-12].sum())


def _reachable(mean: float) -> npt.NDArray[np.int_]:
    """The counts that are not all but impossible of a mean."""
    return np.arange(int(poisson.ppf(1e-12, mean)), int(poisson.isf(1e-12, mean)) + 1)


def judged(
    before: int,
    after: int,
    months: Sequence[date],
    counts: Sequence[int],
    *,
    exposure: float = 1.0,
    level: float = 0.95,
) -> Judgement:
    """Judge a change by the months before the window (`months`, `counts`); the interval is of the change in per cent."""
    if len(months) < MONTHS_NEEDED:
        return _unjudged(
            f"only {len(months)} months before the window are held by month; {MONTHS_NEEDED} are needed to know how "
            "much this series varies"
        )
    own = variation(months, counts)
    if own.degrees_of_freedom < FREEDOM_NEEDED:
        return _unjudged("too few calendar months are held twice to know how much this series varies", own)
    if before + after < FEWEST_CRIMES:
        return _unjudged(f"the two windows hold fewer than {FEWEST_CRIMES} crimes together", own)
    quantile = float(t.ppf((1 + level) / 2, own.degrees_of_freedom))
    expected = max(before, (before + after) / (1 + exposure))
    if own.dispersion > NEAR_ONE and math.sqrt(expected / (3 * own.dispersion)) < quantile:
        return _unjudged("it varies so much from month to month that even a doubling would not stand out", own)
    p = float(
        p_values(
            np.array([before]),
            np.array([after]),
            np.array([own.dispersion]),
            np.array([own.degrees_of_freedom]),
            exposure,
        )[0]
    )
    low, high = _interval(before, after, own, level)
    moved = "rise" if after > exposure * before else "fall"
    verdict = moved if p < 1 - level else "no clear change"
    how = "as chance alone has it" if own.dispersion <= NEAR_ONE else f"{own.dispersion:.1f} times what chance has"
    reason = f"judged by the {own.months} months before the window, whose variance about their season is {how}"
    return Judgement(verdict, reason, low, high, p, own)


def change(
    after: Finding, before: Finding, history: Finding, *, level: float = 0.95, notes: Sequence[str] = ()
) -> Finding:
    """The change from one count to another: a Finding of kind "change", its value in per cent of the earlier count.

    `after` and `before` are counts of one measure and area, and `history` their series by month, of which only the
    months before the later window are used. Raises RequestInvalid when the two are not of one definition and area.
    """
    if (after.definition, after.area) != (before.definition, before.area):
        raise RequestInvalid("The two counts are not of one measure and area.", remedy="Compare like with like.")
    later, earlier = after.windows[0], before.windows[0]
    value, judgement = None, _unjudged("part of a window is not held")
    if isinstance(after.value, int) and isinstance(before.value, int):
        value = 100 * (after.value - before.value) / before.value if before.value > 0 else None
        judgement = _judged_by(history, before.value, after.value, later.first, later.days / earlier.days, level)
    own = judgement.variation
    return Finding(
        kind="change",
        title=after.title,
        value=value,
        unit="%",
        n=after.records + before.records,
        windows=(later, earlier),
        area=after.area,
        definition=after.definition,
        method=_METHOD,
        as_at=after.as_at,
        batches=tuple(dict.fromkeys((*after.batches, *before.batches))),
        code_version=fourfold.__version__,
        interval=None
        if judgement.low is None or judgement.high is None or not math.isfinite(judgement.high)
        else Interval(
            low=judgement.low, high=judgement.high, level=level,
            meaning="changes that the series' own variation could hide behind this one",
        ),
        verdict=f"{judgement.verdict}: {judgement.reason}",
        parameters={
            "level": level,
            "p_value": judgement.p_value,
            "e-test p, as if only chance varied": _e_test_beside(after.value, before.value, later, earlier),
            "months before the window": own.months if own else 0,
            "dispersion": own.dispersion if own and math.isfinite(own.dispersion) else None,
            "degrees_of_freedom": own.degrees_of_freedom if own else 0,
        },
        code_lists=after.code_lists,
        mappings={**before.mappings, **after.mappings},
        sources=tuple(dict.fromkeys((*after.sources, *before.sources))),
        notes=tuple(dict.fromkeys((*after.notes, *before.notes, *notes))),
        parts=(after, before, history),
    )  # fmt: skip


def _e_test_beside(after: Value, before: Value, later: Window, earlier: Window) -> float | None:
    """The e-test of counts small enough to weigh every pair; beyond, it and the exact comparison agree."""
    if not isinstance(after, int) or not isinstance(before, int) or min(after, before) < 0 or after + before > 2000:
        return None
    return e_test_p(before, after, later.days / earlier.days)


def _judged_by(history: Finding, before: int, after: int, first: date, exposure: float, level: float) -> Judgement:
    if history.parameters.get("grain") == "quarter":
        return _unjudged("only quarters are held, and how much a series varies is told from its months")
    assert history.table is not None
    held = [
        (month, int(n))
        for text, n in history.table.rows
        if isinstance(n, int) and (month := date.fromisoformat(str(text))) < first.replace(day=1)
    ]
    return judged(before, after, [m for m, _ in held], [n for _, n in held], exposure=exposure, level=level)


def _interval(before: int, after: int, own: Variation, level: float) -> tuple[float, float]:
    """The changes, in per cent, that the test would not reject: mid-p where exact, Wilson's score where widened."""
    total, alpha = before + after, 1 - level
    if own.dispersion <= NEAR_ONE:

        def tail(share: float, upper: bool) -> float:
            at = binom.pmf(after, total, share) / 2
            return float(
                (binom.sf(after, total, share) if upper else binom.cdf(after - 1, total, share)) + at - alpha / 2
            )

        edge = 1e-12
        low = brentq(tail, edge, 1 - edge, args=(True,)) if after > 0 else 0.0
        high = brentq(tail, edge, 1 - edge, args=(False,)) if before > 0 else 1.0
    else:
        quantile = float(t.ppf((1 + level) / 2, own.degrees_of_freedom))
        effective = total / own.dispersion
        share = after / total
        middle = (share + quantile**2 / (2 * effective)) / (1 + quantile**2 / effective)
        reach = (
            quantile
            * math.sqrt(share * (1 - share) / effective + quantile**2 / (4 * effective**2))
            / (1 + quantile**2 / effective)
        )
        low, high = middle - reach, middle + reach
    return _per_cent(low), _per_cent(high)


def _per_cent(share: float) -> float:
    """A share of the two windows' sum as a change of the counts, in per cent."""
    return math.inf if share >= 1 else 100 * (share / (1 - share) - 1)


def _unjudged(reason: str, own: Variation | None = None) -> Judgement:
    return Judgement("cannot judge", reason, variation=own)
