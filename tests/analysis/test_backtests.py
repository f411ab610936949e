"""Backtests: what stands before each origin alone, hand-worked scores, and no claim where there is nothing to claim."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import stats

from fourfold.analysis import backtests
from fourfold.analysis.backtests import ALL, DECAY, FORECAST, KERNEL, YEAR, Backtest, Coverage
from fourfold.analysis.lattices import SHARES, Score
from fourfold.errors import RecordsInvalid, RequestInvalid
from fourfold.records.points import Points
from tests.analysis.test_forecasts import points, town


def of_hits(**hits: list[int]) -> Backtest:
    """A backtest in which each map caught so many of 20 events at each origin, in 10 of 1,000 squares."""
    names = tuple(hits)
    scores = tuple(
        tuple(
            tuple(Score(events=20, hits=one, flagged=10, squares=1_000, best=15) for one in hits[name]) for _ in SHARES
        )
        for name in names
    )
    number = len(hits[names[0]])
    return Backtest(
        names=names, origins=tuple(range(0, 7 * number, 7)), horizon=7, cell=250, squares=1_000, scores=scores,
        coverage=Coverage(), expected=np.full(number, 20.0), came=np.full(number, 20),
    )  # fmt: skip


# Which map is shown: the forecast only where it is ahead by more than chance.
@pytest.mark.parametrize(
    ("forecast", "plain", "shown"),
    [
        ([9, 10, 9, 10, 9, 10, 9, 10], [5, 6, 5, 6, 5, 6, 5, 6], "forecast"),  # ahead each week
        ([5, 6, 5, 6, 5, 6, 5, 6], [5, 6, 5, 6, 5, 6, 5, 6], "plain"),  # the same
        ([9, 1, 9, 1, 9, 2, 9, 1], [5, 5, 5, 5, 5, 5, 5, 5], "plain"),  # ahead by chance
        ([2, 3, 2, 3, 2, 3, 2, 3], [5, 6, 5, 6, 5, 6, 5, 6], "plain"),  # behind
    ],
)
def test_the_forecast_is_shown_only_where_it_is_ahead_by_more_than_chance(forecast, plain, shown) -> None:
    found = of_hits(forecast=forecast, plain=plain)
    assert found.shown == shown
    assert found.best_plain == "plain"
    assert found.mean_pai("plain", 0) == pytest.approx(np.mean(plain) / 20 / 0.01)
    assert found.mean_pei("plain", 0) == pytest.approx(np.mean(plain) / 15)


@pytest.mark.slow
def test_limits_of_a_mean_leave_nought_out_at_their_stated_rate() -> None:
    drawn = np.random.default_rng(11)
    for origins, sharing in SERIES:
        limits = [backtests.mean_with_limits(weeks(drawn, origins, sharing), sharing)[1:] for _ in range(2_000)]
        out = sum(low > 0 or high < 0 for low, high in limits)
        assert 70 <= out <= 160, (origins, sharing, out)  # 5% stated; 3.5 to 8%


SERIES = [(13, 1), (26, 1), (52, 1), (13, 4), (26, 4), (52, 4)]
"""Origins, and how many in a row share days of their horizons: a week ahead and four, as a page, a command and a year have them."""


def weeks(drawn: np.random.Generator, origins: int, sharing: int) -> np.ndarray:
    """What comes at origins a week apart where nothing changes: each the mean of so many weeks, some of them another's too."""
    return np.convolve(drawn.normal(size=origins + sharing - 1), np.ones(sharing) / sharing, "valid")


@pytest.mark.slow
def test_drift_is_called_at_its_stated_rate_where_nothing_changes() -> None:
    drawn = np.random.default_rng(12)
    for origins, sharing in SERIES:
        found = of_hits(forecast=[1] * origins, plain=[1] * origins)
        out = 0
        for _ in range(1_000):
            series = weeks(drawn, origins, sharing)
            still = Steady(**{**vars(found), "horizon": 7 * sharing}, series=series)
            _, low, high = backtests.drift(still)
            out += low > 0 or high < 0
        assert 30 <= out <= 90, (origins, sharing, out)  # 5% stated; 3 to 9%


@dataclass(frozen=True, eq=False, kw_only=True)
class Steady(backtests.Backtest):
    """A backtest whose PAI is a series that is given."""

    series: np.ndarray

    def pai(self, name: str, share: int) -> np.ndarray:
        return self.series


def test_limits_of_a_constant_are_itself_and_of_nothing_or_of_one_are_unknown() -> None:
    assert backtests.mean_with_limits(np.full(9, 2.5), 4) == pytest.approx((2.5, 2.5, 2.5))
    assert np.isnan(backtests.mean_with_limits(np.zeros(0), 1)).all()
    mean, low, high = backtests.mean_with_limits(np.ones(1), 1)
    assert mean == 1
    assert np.isnan([low, high]).all()


def test_for_independent_weeks_the_limits_are_students() -> None:
    values = np.random.default_rng(3).normal(size=20)
    reach = stats.t.ppf(0.975, 19) * values.std(ddof=1) / np.sqrt(20)
    assert backtests.mean_with_limits(values, 1) == pytest.approx(
        (values.mean(), values.mean() - reach, values.mean() + reach)
    )


def test_weeks_that_are_not_held_are_not_scored_as_quiet() -> None:
    with pytest.raises(RecordsInvalid, match="Nothing is held"):
        backtests.backtest(town(), backtests.origins_until(330, 3), 7, 200, boosting=False)


@pytest.mark.slow
def test_counts_are_what_counting_gives_and_nothing_later_is_in_any_map() -> None:
    some = town(days=250)
    days = backtests.origins_until(230, 3)
    found = backtests.backtest(some, days, 7, 200, boosting=False)
    assert found.names == (FORECAST, YEAR, ALL, KERNEL, DECAY)
    moved = some.day >= 237
    other = replace(some, x=np.where(moved, 1.0, some.x), y=np.where(moved, 1.0, some.y))
    again = backtests.backtest(other, days, 7, 200, boosting=False)
    assert again.scores == found.scores
    # By hand: the share of the events of the last week that fell on the squares of most events before it.
    ground = backtests.ground_of(some, 200, before=days[0])
    before = ground.lattice.counts(some.x[some.day < 230], some.y[some.day < 230])[ground.inside]
    after = (some.day >= 230) & (some.day < 237)
    came = ground.lattice.counts(some.x[after], some.y[after])[ground.inside]
    few = max(1, round(0.02 * ground.squares))
    chosen = np.argsort(-before, kind="stable")[:few]
    last = found.scores[found.names.index(ALL)][1][-1]
    assert (last.hits, last.events, last.flagged) == (int(came[chosen].sum()), int(after.sum()), few)


@pytest.mark.slow
def test_as_a_finding_every_map_has_a_row_at_each_share() -> None:
    found = backtests.backtest_finding(town(days=250), 200, until=250, origins=8)
    assert found.table is not None
    assert len(found.table.rows) == 6 * 3
    assert found.value in {row[0] for row in found.table.rows}
    assert found.verdict
    assert {row["share_of_area"] for row in found.table.records()} == set(SHARES)
    assert all(row["ahead"] is None for row in found.table.records() if row["map"] == FORECAST)
    assert any("within their 90% limits" in note for note in found.notes)


def flat(seed: int) -> Points:
    drawn = np.random.default_rng(seed)
    where, day = drawn.uniform(0, 2000, (900, 2)).tolist(), drawn.integers(0, 200, 900).tolist()
    return points([(x, y, d) for (x, y), d in zip(where, day, strict=True)])


@pytest.mark.slow
def test_where_no_place_is_hotter_the_forecast_is_seldom_called_ahead() -> None:
    days = backtests.origins_until(190, 10)
    ahead = sum(backtests.backtest(flat(n), days, 7, 200, boosting=False).shown == FORECAST for n in range(20))
    assert ahead <= 4


@pytest.mark.slow
def test_the_size_and_shape_on_which_most_is_told_are_chosen() -> None:
    found = backtests.lattice_finding(town(days=250), [200, 500], until=250, origins=6)
    assert found.table is not None
    rows = found.table.records()
    assert [(row["metres"], row["shape"]) for row in rows] == [
        (200, "squares"), (200, "bricks"), (500, "squares"), (500, "bricks"),
    ]  # fmt: skip
    chosen = next(row for row in rows if row["behind_best"] == 0)
    assert (chosen["metres"], chosen["shape"]) == (found.value, found.parameters["shape"])


def test_drift_is_told_where_the_later_half_tells_less() -> None:
    worse = of_hits(forecast=[9, 10, 9, 10, 4, 3, 4, 3], plain=[5] * 8)
    moved, low, high = backtests.drift(worse)
    assert moved == pytest.approx(-6 / 20 / 0.01)
    assert low < high < 0
    assert np.isnan(backtests.drift(of_hits(forecast=[1, 2], plain=[1, 2]))).all()


def test_too_little_to_test_on_is_refused() -> None:
    with pytest.raises(RequestInvalid):
        backtests.backtest(town(), [], 7, 200)
    with pytest.raises(RecordsInvalid):
        backtests.backtest_finding(town(), 200, until=60, origins=26)
