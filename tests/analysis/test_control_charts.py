"""Control charts: published answers, declared re-basing only, and limits that hold as often as they say."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis import control_charts as charts
from fourfold.errors import RequestInvalid
from tests.publications.test_sentences import history

# Input and answers as published with NHSRplotthedots (facts of its snapshot tests).
PUBLISHED = [
    -0.560475646552213, -0.23017748948328, 1.55870831414912, 0.070508391424576, 0.129287735160946,
    1.71506498688328, 0.460916205989202, -1.26506123460653, -0.686852851893526, -0.445661970099958,
    1.22408179743946, 0.359813827057364, 0.400771450594052, 0.11068271594512, -0.555841134754075,
    1.78691313680308, 0.497850478229239, -1.96661715662964, 0.701355901563686, -0.472791407727934,
]  # fmt: skip


def limits_of(values: list[float], screened: bool = False) -> tuple[float, float, float]:
    (found,) = charts.xmr_limits(values, screened=screened)
    return found.mean, found.lower, found.upper


def test_the_published_chart_comes_out() -> None:
    assert limits_of(PUBLISHED) == pytest.approx((0.1416238, -3.01138, 3.294627), abs=1e-5)


def test_the_published_chart_with_an_outlier_comes_out_screened_and_unscreened() -> None:
    values = [*PUBLISHED[:14], 10.0, *PUBLISHED[15:]]
    mean, lower, upper = limits_of(values, screened=True)
    assert (mean, lower, upper) == pytest.approx((0.6694159, -2.383666, 3.722497), abs=1e-5)
    assert limits_of(values)[1:] == pytest.approx((-4.596625, 5.935457), abs=1e-5)


@given(st.lists(st.integers(0, 500), min_size=2, max_size=40))
def test_limits_are_those_of_a_plain_sum(values: list[int]) -> None:
    mean = sum(values) / len(values)
    reach = 2.66 * sum(abs(b - a) for a, b in pairwise(values)) / (len(values) - 1)
    assert limits_of([float(v) for v in values]) == pytest.approx((mean, mean - reach, mean + reach))


def test_a_new_level_is_suggested_and_never_applied_until_it_is_declared() -> None:
    values = [10.0, 12.0] * 6 + [30.0, 32.0] * 6
    limits = charts.xmr_limits(values)
    assert len(limits) == 1
    assert charts.suggested_rebasing(values, limits) == (0, 12)
    declared = charts.xmr_limits(values, [12])
    assert [(s.first, s.last, s.mean) for s in declared] == [(0, 11, 11.0), (12, 23, 31.0)]
    assert set(charts.exceptional(values, declared)) == {""}
    with pytest.raises(RequestInvalid):
        charts.xmr_limits(values, [24])


def test_what_is_exceptional_is_marked() -> None:
    values = [10.0, 11.0, 10.0, 9.0] * 5 + [40.0]
    assert charts.exceptional(values, charts.xmr_limits(values, screened=True))[-1] == "above"
    run = [10.0, 11.0] * 5 + [14.0, 15.0] * 4
    assert charts.exceptional(run, charts.xmr_limits(run))[-1] == "run above"


def test_a_finding_becomes_a_chart_with_its_series_behind_it() -> None:
    series = history([20, 22, 21, 19] * 6)
    chart = charts.control_chart(series, [date(2021, 1, 1)])
    assert chart.table is not None
    assert chart.table.columns == ("month", "count", "mean", "lower", "upper", "exceptional")
    assert len(chart.table.rows) == 24
    assert chart.parts == (series,)
    with pytest.raises(RequestInvalid, match="12 months"):
        charts.control_chart(history([1] * 11))


def test_an_expectation_has_its_months_season_and_not_its_level_alone() -> None:
    seasonal = [400 if month % 12 in (10, 11, 0, 1) else 100 for month in range(30)]
    found = charts.seasonal_expectation(history(seasonal), date(2022, 1, 1))
    assert found.table is not None
    assert [row[2] for row in found.table.rows] == [400, 400, 100, 100, 100, 100]
    assert found.table.column("exceptional") == [None] * 6


@pytest.mark.slow
@pytest.mark.parametrize("years", [2, 3, 5])
@pytest.mark.parametrize("level", [0.5, 3, 20, 200])
@pytest.mark.parametrize("spread", [1.0, 1.6, 3.0])
def test_months_of_an_unchanged_series_leave_their_limits_about_as_often_as_they_say(
    years: int, level: float, spread: float
) -> None:
    """All is estimated from the months before, season and dispersion with it; half a per cent at most leave the limits.

    Limits that took the means of two Januaries for the truth were left by up to thirteen months in a hundred.
    """
    drawn = np.random.default_rng([years, int(10 * level), int(10 * spread)])
    months = [date(2015 + at // 12, at % 12 + 1, 1) for at in range(12 * years + 12)]
    mean = level * (1 + 0.3 * np.cos(2 * np.pi * np.arange(len(months)) / 12))
    outside: list[bool] = []
    refused = 0
    for _ in range(150):
        counts = drawn.poisson(mean) if spread == 1 else drawn.negative_binomial(mean / (spread - 1), 1 / spread)
        held = counts.tolist()
        try:
            _, limits = charts.expected(months[: 12 * years], held[: 12 * years], months[12 * years :])
        except RequestInvalid:
            refused += 1
            continue
        outside += [not low <= n <= high for n, (_, low, high) in zip(held[12 * years :], limits, strict=True)]
    assert np.mean(outside) <= 0.005
    assert refused == 0 or level < 3  # only where there is too little to know how much the series varies


def test_a_planted_rise_leaves_the_limits_of_an_expectation() -> None:
    drawn = np.random.default_rng(11)
    months = [date(2018 + at // 12, at % 12 + 1, 1) for at in range(48)]
    found = 0
    for _ in range(100):
        counts = drawn.poisson(100 * (1 + 0.2 * np.cos(2 * np.pi * np.arange(48) / 12)))
        counts[40] = drawn.poisson(1.8 * counts[40])
        _, limits = charts.expected(months[:36], counts[:36].tolist(), months[36:])
        found += bool(counts[40] > limits[4][2])
    assert found >= 85


def test_a_gap_in_the_series_is_not_charted_over() -> None:
    series = history([5] * 24)
    assert series.table is not None
    from dataclasses import replace

    gapped = replace(series, table=replace(series.table, rows=series.table.rows[:5] + series.table.rows[6:]))
    with pytest.raises(RequestInvalid, match="missing"):
        charts.control_chart(gapped)
