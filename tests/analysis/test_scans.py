"""Scans of thousands of small series: nothing found where nothing changed, and planted changes found, largest first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom, binom

from fourfold.analysis import scans
from fourfold.errors import RequestInvalid

AREAS, KINDS, MONTHS = 600, 4, 48
CALENDAR = np.arange(MONTHS) % 12 + 1
KIND_OF = np.repeat(np.arange(KINDS), AREAS)
LATER, EARLIER = range(45, 48), range(33, 36)


def simulated(seed: int, spread: float, months: int = MONTHS) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.float64]]:
    """Series of small places and large, with season and dispersion, in which nothing changed; and their means."""
    drawn = np.random.default_rng(seed)
    mean = drawn.gamma(0.7, 3, (AREAS * KINDS, 1)) * (1 + 0.2 * np.cos(2 * np.pi * CALENDAR[:months] / 12))
    if spread == 1:
        return drawn.poisson(mean), mean
    return drawn.negative_binomial(np.maximum(mean / (spread - 1), 1e-9), 1 / spread), mean


@pytest.mark.parametrize("spread", [1.0, 1.5, 3.0])
def test_where_nothing_changed_scans_find_nothing_but_for_one_in_ten_at_most(spread: float) -> None:
    found = [bool(scanned(simulated(seed, spread)[0]).changed.any()) for seed in range(40)]
    assert np.mean(found) <= 0.1


def scanned(counts: npt.NDArray[np.int_]) -> scans.Scanned:
    return scans.scanned(counts, CALENDAR, KIND_OF, LATER, EARLIER)


def test_planted_changes_are_found_and_few_of_those_found_are_false() -> None:
    counts, mean = simulated(7, 1.0)
    planted = np.flatnonzero(mean.mean(axis=1) > 8)[:60]
    drawn = np.random.default_rng(8)
    counts[np.ix_(planted, LATER)] = drawn.poisson(mean[np.ix_(planted, LATER)] * 2.5)
    found = scanned(counts)
    assert found.changed[planted].mean() > 0.8
    assert found.changed.sum() - found.changed[planted].sum() <= 0.15 * found.changed.sum()
    sizes = np.abs(found.after - found.before)[found.ranked()]
    assert (np.diff(sizes) <= 0).all()


@given(st.integers(0, 25), st.integers(0, 25), st.sampled_from([1.0, 1.5, 4.0]))
def test_the_tail_is_that_of_the_published_distributions(before: int, after: int, spread: float) -> None:
    total, usual = before + after, 30.0
    if spread == 1:
        tail = binom.cdf(after - 1, total, 0.5) + binom.pmf(after, total, 0.5) / 2
    else:
        a = 0.5 * usual / (spread - 1)
        tail = betabinom.cdf(after - 1, total, a, a) + betabinom.pmf(after, total, a, a) / 2
    expected = min(1.0, 2 * min(tail, 1 - tail)) if total else 1.0
    found = scans.change_p(np.array([before]), np.array([after]), np.array([spread]), np.array([usual]))
    assert found[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("before", "after", "spread"),
    [
        (4_945, 5_112, 1.0),  # a city's violence in a quarter: a thirtieth more
        (4_945, 5_112, 3.0),
        (4_945, 5_412, 8.0),
        (60_000, 61_000, 1.0),
        (60_000, 61_000, 20.0),
    ],
)
def test_large_counts_have_the_tail_of_the_published_distributions_too(before: int, after: int, spread: float) -> None:
    total, usual = before + after, float(before + after)
    a = 0.5 * usual / (spread - 1) if spread > 1 else 0.0
    fewer = min(before, after)
    chance = betabinom(total, a, a) if spread > 1 else binom(total, 0.5)
    expected = 2 * (chance.cdf(fewer - 1) + chance.pmf(fewer) / 2)
    found = scans.change_p(np.array([before]), np.array([after]), np.array([spread]), np.array([usual]))
    assert found[0] == pytest.approx(expected, rel=1e-6)
    assert found[0] > 1e-7


def test_a_small_series_dispersion_is_drawn_towards_that_of_its_kind() -> None:
    counts, _ = simulated(3, 3.0)
    spread = scans.moderated_dispersion(counts[:, :45].astype(float), CALENDAR[:45], KIND_OF)
    assert (spread >= 1).all()
    assert np.median(spread) == pytest.approx(3.0, rel=0.25)


def test_a_scan_needs_two_years_before_its_window() -> None:
    counts, _ = simulated(3, 1.0, 26)
    with pytest.raises(RequestInvalid, match="months stand before"):
        scans.scanned(counts, CALENDAR[:26], KIND_OF, range(23, 26), range(11, 14))
