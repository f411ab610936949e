"""Maps on squares: hand-worked tables, slow references and published answers."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fourfold.analysis import lattices
from fourfold.analysis.lattices import Lattice
from fourfold.errors import RequestInvalid
from fourfold.records.points import Points


def points(rows: list[tuple[float, float, int]]) -> Points:
    return Points(
        title="events", area="nowhere", grid="a plane", as_at=datetime(2026, 1, 1, tzinfo=UTC), batches=(), sources=(),
        x=np.array([r[0] for r in rows], float), y=np.array([r[1] for r in rows], float),
        day=np.array([r[2] for r in rows], np.int32), stratum=np.zeros(len(rows), np.int32),
        refs=tuple(str(n) for n in range(len(rows))),
    )  # fmt: skip


def test_squares_begin_on_multiples_of_their_size_and_hold_their_west_and_south_edges() -> None:
    some = points([(450_130, 300_020, 0), (450_199.9, 300_100, 0), (450_200, 300_099, 0)])
    lattice = lattices.lattice_of(some, 100)
    assert (lattice.west, lattice.south, lattice.shape) == (450_100, 300_000, (2, 2))
    assert lattice.counts(some.x, some.y).tolist() == [[1, 1], [1, 0]]
    assert lattice.square_of(np.array([0.0]), np.array([0.0])).tolist() == [-1]


@pytest.mark.parametrize("cell", [0, -5, 0.001])
def test_a_lattice_of_no_squares_or_of_millions_is_refused(cell: float) -> None:
    with pytest.raises(RequestInvalid):
        lattices.lattice_of(points([(0, 0, 0), (10_000, 10_000, 0)]), cell)


small = arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(2, 6)), elements=st.integers(0, 9).map(float))


@given(small)
def test_gi_star_is_what_its_formula_gives_square_by_square(values: np.ndarray) -> None:  # type: ignore[type-arg]
    n, mean = values.size, values.mean()
    s = np.sqrt((values**2).sum() / n - mean**2)
    found = lattices.gi_star(values)
    if s < 1e-12:
        assert not found.any()
        return
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            near = values[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2]
            w = near.size
            expected = 0.0 if w == n else (near.sum() - mean * w) / (s * np.sqrt((n * w - w**2) / (n - 1)))
            assert found[r, c] == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow  # the loops are compiled at first use
@given(small, st.sampled_from([90.0, 150.0, 260.0]))
def test_kernel_density_spreads_each_event_as_a_slow_look_does(values: np.ndarray, bandwidth: float) -> None:  # type: ignore[type-arg]
    found = lattices.kernel_density(values, bandwidth, 100)
    reach = range(-6, 7)
    weight = {
        (a, b): max(0.0, 1 - (a * a + b * b) * 1e4 / bandwidth**2) ** 2 for a in reach for b in reach
    }  # fmt: skip
    whole = sum(weight.values())
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            expected = sum(
                values[r2, c2] * weight[r2 - r, c2 - c] / whole
                for r2 in range(values.shape[0])
                for c2 in range(values.shape[1])
            )
            assert found[r, c] == pytest.approx(expected, abs=1e-9)


def test_an_event_keeps_half_its_weight_after_its_half_life_and_none_before_it_comes() -> None:
    assert lattices.faded(np.array([0, 7, 14, -1]), 7).tolist() == [1, 0.5, 0.25, 0]


@pytest.mark.slow
def test_a_prospective_map_knows_nothing_of_the_day_it_is_made_for() -> None:
    some = points([(50, 50, 9), (150, 50, 10), (150, 50, 3)])
    lattice = Lattice(west=0, south=0, cell=100, rows=1, columns=2)
    found = lattices.prospective(some, lattice, 10, bandwidth=90, half_life=7)
    assert found.tolist() == [pytest.approx([0.5 ** (1 / 7), 0.5])]


# The published worked example of the predictive accuracy index (known answers of ptools): three areas of one.
@pytest.mark.parametrize(("few", "pai"), [(1, 2.0), (2, 1.5), (3, 1.0)])
def test_pai_and_pei_are_the_published_ones(few: int, pai: float) -> None:
    came, scores = np.array([6.0, 3.0, 0.0]), np.array([3.0, 2.0, 1.0])
    (found,) = lattices.scored(scores, came, [few / 3])
    assert found.pai == pytest.approx(pai)
    assert found.pei == 1


# The winning entries of the NIJ forecasting challenge, Portland 2017: caught, came, square miles flagged and in all.
def test_pai_is_that_of_the_portland_challenge() -> None:
    found = lattices.Score(events=20, hits=3, flagged=7_222_247_867, squares=1_477_037_209_740, best=3)
    assert found.pai == pytest.approx(30.6768, abs=1e-3)


def test_pei_is_not_given_where_fewer_events_came_than_squares_are_flagged() -> None:
    came = np.array([1.0, 0.0, 0.0, 0.0])
    (found,) = lattices.scored(came, came, [0.5])
    assert (found.hit_rate, found.pai, found.pei) == (1.0, 2.0, None)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(1, 30))
def test_the_flagged_are_the_first_of_a_full_sort(drawn: list[int], few: int) -> None:
    scores = np.array(drawn, float)
    few = min(few, len(scores))
    assert lattices.flagged(scores, few).tolist() == np.argsort(-scores, kind="stable")[:few].tolist()


drawn_events = st.lists(
    st.tuples(st.integers(0, 399), st.integers(0, 399), st.integers(0, 60)), min_size=2, max_size=40
)


@given(drawn_events, st.sampled_from([{}, {"days": 10}, {"half_life": 9.0}]))
def test_running_counts_are_what_counting_anew_gives(drawn, how) -> None:
    some = points([(float(x), float(y), d) for x, y, d in drawn])
    lattice = lattices.lattice_of(some, 100)
    origins = [5, 6, 20, 61]
    for origin, found in zip(origins, lattices.running_counts(some, lattice, origins, **how), strict=True):
        before = (some.day < origin) & (some.day >= origin - how.get("days", 1_000))
        weights = 0.5 ** ((origin - some.day) / how.get("half_life", np.inf))
        expected = lattice.counts(some.x[before], some.y[before], weights[before])
        assert found == pytest.approx(expected, abs=1e-9)


@given(drawn_events)
def test_bricks_hold_each_event_once_between_their_edges(drawn) -> None:
    some = points([(float(x), float(y), d) for x, y, d in drawn])
    lattice = lattices.lattice_of(some, 100, bricks=True)
    square = lattice.square_of(some.x, some.y)
    west, south = (corner.ravel()[square] for corner in lattice.corners())
    assert ((square >= 0) & (west <= some.x) & (some.x < west + 100) & (south <= some.y) & (some.y < south + 100)).all()
    assert lattice.counts(some.x, some.y).sum() == len(some)


def test_rates_are_not_given_where_little_is_exposed() -> None:
    found = lattices.rates(np.array([[2.0, 2.0]]), np.array([[100.0, 3.0]]), fewest=10)
    assert found[0, 0] == 20
    assert np.isnan(found[0, 1])


def test_the_chance_of_so_many_is_the_binomial_one() -> None:
    counts = np.zeros((4, 4))
    counts[0, 0] = 3
    found = lattices.chance_of_so_many(counts, np.ones((4, 4), bool))
    assert found[0, 0] == pytest.approx((4 / 16) ** 3)
    assert found[3, 3] == 1


def test_where_no_place_is_hotter_squares_are_called_hot_at_the_stated_rate() -> None:
    drawn, inside, alarms = np.random.default_rng(20221020), np.ones((20, 20), bool), 0
    for _ in range(1_000):
        counts = drawn.multinomial(300, np.full(400, 1 / 400)).reshape(20, 20).astype(float)
        alarms += bool(lattices.hot(lattices.chance_of_so_many(counts, inside), inside).any())
    assert 10 <= alarms <= 70


def test_a_planted_hotspot_is_found() -> None:
    drawn, inside = np.random.default_rng(7), np.ones((20, 20), bool)
    counts = drawn.multinomial(300, np.full(400, 1 / 400)).reshape(20, 20).astype(float)
    counts[5:8, 5:8] += 3
    found = lattices.hot(lattices.chance_of_so_many(counts, inside), inside)
    assert found[6, 6]
    assert not found[14:, 14:].any()
