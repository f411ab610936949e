"""Scans of thousands of small series: nothing found where nothing changed, and planted changes found, largest first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom, binom

from fourfold import settings
from fourfold.analysis import scans, volumes
from fourfold.analysis.findings import finding_from_dict
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import parse_window
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.places import areas_of_force
from tests.conftest import OPEN_DATA

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_grid_is_a_table_like_any_other_and_scans_alike_when_it_is_read_back(
    tmp_path: Path, street_file: Callable[..., Path]
) -> None:
    home = tmp_path / "home"
    leicester, loughborough = (-1.1328, 52.6369), (-1.2062, 52.7721)
    files = []
    for number in range(40):
        month = f"{2019 + number // 12}-{number % 12 + 1:02d}"
        burglaries = 12 if number < 37 else 90
        rows = [("Burglary", *leicester)] * burglaries + [("Drugs", *loughborough)] * (3 + number % 5)
        files.append(street_file(f"{month}-leicestershire-street.csv", [*rows, ("Drugs", None, None)]))
    import_files(home, [OPEN_DATA / "geography" / "lsoa11_leicestershire_pfa.geojson", *files], clock=settings.now)
    records = records_as_at(home, settings.now())
    scope, kinds = Scope(force_id="leicestershire"), measure("police_uk_categories")
    grid = volumes.monthly_grid(records, kinds, scope, "lsoa11")
    assert grid.table is not None
    by_area = volumes.breakdown(records, kinds, scope, grid.windows[0], "lsoa11")
    assert by_area.table is not None
    (burgled,) = {row[0] for row in grid.table.rows if row[1] == "burglary"}
    assert {row[2]: row[3] for row in grid.table.rows if row[1] == "burglary"} == {
        f"{2019 + n // 12}-{n % 12 + 1:02d}-01": 12 if n < 37 else 90 for n in range(40)
    }
    assert grid.n == sum(int(row[2]) for row in by_area.table.rows if row[0])  # type: ignore[arg-type]
    assert grid.parameters["not placed"] == 40
    again = finding_from_dict(grid.as_dict())
    assert again == grid
    assert again.id == grid.id

    every = areas_of_force(records, "leicestershire", "lsoa11")
    window = parse_window("2022-02", "2022-04")
    found = scans.scan(grid, every, {}, window)
    assert found.table is not None
    assert found.table.rows[0][:6] == (burgled, burgled, "burglary", 36, 270, 234)
    assert scans.scan(again, every, {}, window) == found
