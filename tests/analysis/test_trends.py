"""A change is judged against the series' own variation: no more false alarms than said, and real rises found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from fourfold.analysis import trends
from fourfold.codes.periods import Window, months
from tests.conftest import OPEN_DATA

HISTORY = 28  # December 2019 to March 2022
SIMULATIONS = 4_000
Simulated = Callable[[np.random.Generator, npt.NDArray[np.float64], float], npt.NDArray[np.int_]]


def window_of(first: date, n: int) -> tuple[date, ...]:
    return months(Window(first, date(first.year + (first.month + n - 2) // 12, (first.month + n - 2) % 12 + 1, 28)))


MONTHS = window_of(date(2019, 12, 1), HISTORY)
CALENDAR = np.array([m.month for m in window_of(date(2019, 12, 1), HISTORY + 7)])


@pytest.mark.parametrize(
    ("told", "before", "after", "counts", "verdict"),
    [
        ("a steady series that doubles", 70, 140, [10] * 28, "rise"),
        ("a steady series that halves", 140, 70, [20] * 28, "fall"),
        ("a steady series that hardly moves", 700, 707, [100] * 28, "no clear change"),
        ("a tenth more of a steady series", 7000, 7700, [1000] * 28, "rise"),
        ("a tenth more of a restless series", 7000, 7700, [700] * 12 + [1300] * 12 + [700] * 4, "no clear change"),
        ("less than two years before it", 70, 140, [10] * 23, "cannot judge"),
        ("a handful of crimes", 2, 6, [1, 0, 0, 1] * 7, "cannot judge"),
        ("so restless that a doubling would not show", 70, 140, [0] * 12 + [40] * 12 + [0] * 4, "cannot judge"),
        ("none before, many after", 0, 40, [0, 1] * 14, "rise"),
    ],
)
def test_what_is_said_of_a_change(told: str, before: int, after: int, counts: list[int], verdict: str) -> None:
    judgement = trends.judged(before, after, MONTHS[: len(counts)], counts)
    assert judgement.verdict == verdict, told
    assert judgement.reason


def test_a_season_is_not_taken_for_variation() -> None:
    # Winter has four times the summer, every year alike: the series varies not at all about its season.
    seasonal = [400 if m.month in (11, 12, 1, 2) else 100 for m in MONTHS]
    assert trends.variation(MONTHS, seasonal).dispersion == 0
    assert trends.judged(700, 900, MONTHS, seasonal).verdict == "rise"


def test_a_window_of_more_days_is_not_a_rise() -> None:
    # February of a leap year has a day more.
    assert trends.judged(28_000, 29_000, MONTHS, [30_000] * 28, exposure=29 / 28).verdict == "no clear change"
    assert trends.judged(28_000, 29_000, MONTHS, [30_000] * 28).verdict == "rise"


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_exact_comparison_is_that_of_a_slow_sum(before: int, after: int) -> None:
    n = before + after
    at_least = sum(binom.pmf(k, n, 0.5) for k in range(after + 1, n + 1)) + binom.pmf(after, n, 0.5) / 2
    expected = min(1.0, 2 * min(at_least, 1 - at_least))
    found = trends.p_values(np.array([before]), np.array([after]), np.array([1.0]), np.array([16]))[0]
    assert found == pytest.approx(expected, abs=1e-9)


@given(st.integers(5, 400), st.integers(5, 400), st.floats(0.5, 8))
def test_the_interval_leaves_out_no_change_exactly_when_the_test_calls_a_change(
    before: int, after: int, spread: float
) -> None:
    own = trends.Variation(28, 10.0, (1.0,) * 12, spread, 16)
    low, high = trends._interval(before, after, own, 0.95)
    p = trends.p_values(np.array([before]), np.array([after]), np.array([spread]), np.array([16]))[0]
    if abs(p - 0.05) > 1e-6:
        assert (low > 0 or high < 0) == (p < 0.05)
    assert low <= 100 * (after - before) / before <= high


def leicestershire() -> dict[str, npt.NDArray[np.float64]]:
    """The real monthly counts of each category: 28 months before the window, and the 7 held back."""
    files = sorted((OPEN_DATA / "street" / "leicestershire").glob("*-street.csv.gz"))
    rows = pl.concat([pl.read_csv(f, columns=["Month", "Crime type"], infer_schema=False) for f in files])
    wide = rows.group_by("Month", "Crime type").len().pivot(on="Crime type", index="Month", values="len").sort("Month")
    return {name: wide[name].fill_null(0).to_numpy().astype(float) for name in wide.columns[1:]}


def poisson(drawn: np.random.Generator, mean: npt.NDArray[np.float64], spread: float) -> npt.NDArray[np.int_]:
    return drawn.poisson(mean, (SIMULATIONS, len(mean)))


def linear(drawn: np.random.Generator, mean: npt.NDArray[np.float64], spread: float) -> npt.NDArray[np.int_]:
    """Variance `spread` times the mean."""
    if spread <= 1:
        return poisson(drawn, mean, spread)
    return drawn.negative_binomial(mean / (spread - 1), 1 / spread, (SIMULATIONS, len(mean)))


def square(drawn: np.random.Generator, mean: npt.NDArray[np.float64], spread: float) -> npt.NDArray[np.int_]:
    """Variance that grows with the square of the mean, of that spread at the series' level."""
    if spread <= 1:
        return poisson(drawn, mean, spread)
    size = mean.mean() / (spread - 1)
    return drawn.negative_binomial(size, size / (size + mean), (SIMULATIONS, len(mean)))


@pytest.mark.parametrize("simulated", [poisson, linear, square])
def test_where_nothing_changed_three_to_seven_in_a_hundred_are_called_changes(simulated: Simulated) -> None:
    """Whole series simulated from each real series' own season, level and dispersion, fitted before the window."""
    drawn = np.random.default_rng(20_04)
    shares = []
    for counts in leicestershire().values():
        mean, spread = fitted(counts)
        series = simulated(drawn, mean, spread)
        shares.append(alarms(series, series[:, HISTORY:].sum(axis=1)).mean())
    assert 0.03 <= np.mean(shares) <= 0.07
    assert all(0.02 <= share <= 0.09 for share in shares)  # of each series by itself, within simulation error


@pytest.mark.parametrize("months_before", [24, 28, 48])
@pytest.mark.parametrize("window", [1, 3, 7, 12])
@pytest.mark.parametrize("level", [20, 300])
def test_the_share_holds_on_both_sides_of_the_bound_between_exact_and_widened(
    months_before: int, window: int, level: int
) -> None:
    drawn = np.random.default_rng(20_06)
    calendar = np.arange(months_before + window) % 12 + 1
    mean = level * (1 + 0.2 * np.cos(2 * np.pi * calendar / 12))
    for spread in (1.0, 1.15, 1.3, 1.5, 2.0, 4.0):
        series = linear(drawn, mean, spread)
        own, freedom = trends.dispersion(series[:, :months_before].astype(float), calendar[:months_before])
        before = series[:, months_before - 12 : months_before - 12 + window].sum(axis=1)
        after = series[:, months_before:].sum(axis=1)
        share = (trends.p_values(before, after, own, freedom) < 0.05).mean()
        assert 0.025 <= share <= 0.07, (spread, share)  # 3 to 7, less what 4,000 simulations may miss


@pytest.mark.parametrize("simulated", [linear, square])
def test_rises_of_forty_per_cent_are_found_in_most_windows_that_expect_500_or_more(simulated: Simulated) -> None:
    drawn = np.random.default_rng(20_05)
    for name, counts in leicestershire().items():
        mean, spread = fitted(counts)
        if mean[HISTORY:].sum() < 500:
            continue
        series = simulated(drawn, mean, spread)
        risen = simulated(drawn, mean[HISTORY:] * 1.4, spread).sum(axis=1)
        found = alarms(series, risen) & (risen > series[:, HISTORY - 12 : HISTORY - 5].sum(axis=1))
        assert found.mean() > 0.5, name


def test_at_most_a_third_of_real_categories_cannot_be_judged() -> None:
    judged = [
        trends.judged(int(c[HISTORY - 12 : HISTORY - 5].sum()), int(c[HISTORY:].sum()), MONTHS, c[:HISTORY].astype(int))
        for c in leicestershire().values()
    ]
    unjudged = [j for j in judged if j.verdict == "cannot judge"]
    assert len(unjudged) <= len(judged) / 3


def fitted(counts: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float]:
    """The mean of every month, by its calendar month before the window, and the dispersion before the window."""
    before = counts[:HISTORY]
    season = {month: before[CALENDAR[:HISTORY] == month].mean() for month in range(1, 13)}
    spread = trends.variation(MONTHS, before.astype(int)).dispersion
    return np.array([season[month] for month in CALENDAR]), spread


def alarms(series: npt.NDArray[np.int_], after: npt.NDArray[np.int_]) -> npt.NDArray[np.bool_]:
    """Which simulated series are called changed, everything estimated anew from each."""
    spread, freedom = trends.dispersion(series[:, :HISTORY].astype(float), CALENDAR[:HISTORY])
    before = series[:, HISTORY - 12 : HISTORY - 5].sum(axis=1)
    return trends.p_values(before, after, spread, freedom) < 0.05


@pytest.mark.parametrize(("before", "after", "p"), [(0, 3, 0.0884), (6, 2, 0.1749)])
def test_the_published_e_tests_come_out(before: int, after: int, p: float) -> None:
    assert trends.e_test_p(before, after) == pytest.approx(p, abs=0.0005)
    assert trends.e_test_p(after, before) == pytest.approx(p, abs=0.0005)


@pytest.mark.slow
@pytest.mark.parametrize(("mean", "exposure"), [(2.0, 1.0), (8.0, 1.0), (30.0, 0.5), (30.0, 2.0)])
def test_the_e_test_calls_no_more_changes_by_chance_than_it_says(mean: float, exposure: float) -> None:
    drawn = np.random.default_rng(4)
    pairs = zip(drawn.poisson(mean, 1500).tolist(), drawn.poisson(mean * exposure, 1500).tolist(), strict=True)
    called = [trends.e_test_p(before, after, exposure) <= 0.05 for before, after in pairs]
    assert np.mean(called) <= 0.065
