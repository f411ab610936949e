"""Near repeats against the published counts, a slow look at every pair, and simulations in which nothing repeats."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis import near_repeats as nr
from fourfold.analysis.near_repeats import Bands
from fourfold.errors import RecordsInvalid, RequestInvalid
from fourfold.records.points import Points, day_of, points_of_file

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHICAGO = Path(__file__).parent / "data" / "chicago_burglary_2016.csv.gz"

# The counts that the R package NearRepeat publishes, and (the last) that the Near Repeat Calculator 1.3 prints.
PUBLISHED = [
    ("euclidean", "right", (0.1, 200, 400, 600), (7, 14, 21),
     [[342, 97, 62], [1892, 1514, 1362], [4145, 3643, 3592], [5805, 5143, 4919]]),
    ("euclidean", "left", (0.1, 200, 400, 600), (7, 14, 21),
     [[319, 106, 62], [1647, 1539, 1400], [3598, 3660, 3638], [5028, 5167, 4935]]),
    ("manhattan", "right", (0.1, 200, 400, 600), (7, 14, 21),
     [[342, 97, 62], [1502, 1163, 1038], [2806, 2431, 2386], [3968, 3553, 3395]]),
    ("euclidean", "right", (1, 100, 200, 300), (2, 4), [[225, 50], [260, 142], [457, 341], [715, 567]]),
    ("euclidean", "left", (1, 100, 200, 300), (2, 4), [[202, 51], [189, 143], [290, 343], [456, 526]]),
]  # fmt: skip


def points(rows: list[tuple[float, float, int]], strata: list[int] | None = None, as_at: datetime = NOW) -> Points:
    return Points(
        title="events", area="nowhere", grid="a plane", as_at=as_at, batches=("none",), sources=("made up",),
        x=np.array([r[0] for r in rows], float), y=np.array([r[1] for r in rows], float),
        day=np.array([r[2] for r in rows], np.int32), stratum=np.array(strata or [0] * len(rows), np.int32),
        refs=tuple(f"e{n}" for n in range(len(rows))),
    )  # fmt: skip


@pytest.fixture(scope="module")
def chicago() -> Points:
    return points_of_file(CHICAGO, grid="EPSG:26971", as_at=NOW)


@pytest.mark.slow
@pytest.mark.parametrize(("metric", "closed", "metres", "days", "counts"), PUBLISHED)
def test_chicago_holds_the_published_pairs(chicago, metric, closed, metres, days, counts) -> None:
    bands = Bands(metres=metres, days=days, metric=metric, closed=closed)
    assert nr.knox(chicago, bands, permutations=0).observed.tolist() == counts
    assert nr.screened(chicago, bands).observed.tolist() == counts


@pytest.mark.slow
def test_chicagos_ratios_are_those_published_within_what_the_seed_leaves_open(chicago: Points) -> None:
    found = nr.near_repeats(chicago, Bands(metres=(0.1, 200, 400, 600), days=(7, 14, 21)), permutations=999)
    assert found.table is not None
    published = [6.45283, 1.979592, 1.319149, 1.417228, 1.248145, 1.140704, 1.136239, 1.10595, 1.113798, 1.130037, 1.100342,
                 1.077311]  # fmt: skip
    for row, ratio in zip(found.table.records(), published, strict=True):
        assert float(str(row["ratio_median"])) == pytest.approx(ratio, rel=0.06)
    assert found.value == 600
    assert found.parameters["days"] == 21


@pytest.mark.slow  # the loops are compiled at first use
def test_two_points_a_hundred_metres_and_three_days_apart_show_that_the_calculators_labels_are_one_off() -> None:
    two = points([(0, 0, 0), (0, 100, 3)])
    days = (3, 6)
    right = nr.screened(two, Bands(metres=(100, 200), days=days)).observed.tolist()
    left = Bands(metres=(100, 200), days=days, closed="left")
    assert right == [[1, 0], [0, 0]]
    assert nr.screened(two, left).observed.tolist() == [[0, 0], [0, 1]]
    assert left.calculator_labels() == ("0 to 3 days", "4 to 6 days")


@pytest.mark.slow
def test_a_switch_prints_the_calculators_labels_over_its_own_counts() -> None:
    drawn = np.random.default_rng(5)
    events = points(
        [
            (float(x), float(y), int(d))
            for x, y, d in zip(*drawn.uniform(0, 900, (2, 60)), drawn.integers(0, 40, 60), strict=True)
        ]
    )
    given = {"metres": (100.0, 200.0), "days": (3, 6), "closed": "left"}
    plain, printed = (
        nr.near_repeats(events, Bands(**given, is_calculator=one), permutations=0).table.records()  # type: ignore[arg-type, union-attr]
        for one in (False, True)
    )
    assert [(row["from_days"], row["to_days"]) for row in plain] == [(0, 3), (3, 6)] * 2
    assert [(row["from_days"], row["to_days"]) for row in printed] == [(0, 3), (4, 6)] * 2
    assert [row["pairs"] for row in plain] == [row["pairs"] for row in printed]
    assert [row["from_m"] for row in printed] == [0, 0, 101, 101], "0 to 100, 101 to 200"
    with pytest.raises(RequestInvalid):
        Bands(is_calculator=True)


def slow_pairs(events: Points, bands: Bands) -> list[list[int]]:
    """Every pair, one after another."""
    counts = [[0] * len(bands.days) for _ in bands.metres]
    for i, j in combinations(range(len(events)), 2):
        if events.stratum[i] != events.stratum[j]:
            continue
        dx, dy = events.x[i] - events.x[j], events.y[i] - events.y[j]
        apart = float(np.sqrt(dx * dx + dy * dy)) if bands.metric == "euclidean" else abs(dx) + abs(dy)
        later = abs(int(events.day[i]) - int(events.day[j]))
        row, column = band_of(apart, bands.metres, bands.closed), band_of(later, bands.days, bands.closed)
        if row is not None and column is not None:
            counts[row][column] += 1
    return counts


def band_of(value: float, ends: tuple[float, ...], closed: str) -> int | None:
    for at, (low, high) in enumerate(pairwise((0.0, *ends))):
        if closed == "right" and (low < value <= high or (at == 0 and value == 0)):
            return at
        if closed == "left" and low <= value < high:
            return at
    return None


events_drawn = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 20)), min_size=2, max_size=40
)  # fmt: skip


@pytest.mark.slow  # the loops are compiled at first use
@given(events_drawn, st.sampled_from(["euclidean", "manhattan"]), st.sampled_from(["right", "left"]), st.integers(1, 3))
def test_the_grid_finds_the_pairs_that_a_slow_look_at_every_pair_finds(drawn, metric, closed, strata) -> None:
    events = points([(50.0 * x, 50.0 * y, d) for x, y, d in drawn], [n % strata for n in range(len(drawn))])
    bands = Bands(metres=(50, 120, 250), days=(2, 7, 9), metric=metric, closed=closed)
    expected = slow_pairs(events, bands)
    assert nr.screened(events, bands).observed.tolist() == expected
    assert nr.knox(events, bands, permutations=0).observed.tolist() == expected


@pytest.mark.slow  # the loops are compiled at first use
def test_mean_and_spread_are_exactly_those_over_every_order_of_the_dates() -> None:
    from itertools import permutations

    rows = [(0, 0, 0), (10, 0, 1), (500, 0, 2), (505, 5, 9), (20, 0, 3), (900, 0, 3)]
    bands = Bands(metres=(15, 30), days=(1, 3))
    every = np.array([
        slow_pairs(points([(x, y, d) for (x, y, _), d in zip(rows, order, strict=True)]), bands)
        for order in permutations(d for _, _, d in rows)
    ])  # fmt: skip
    found = nr.screened(points([(float(x), float(y), d) for x, y, d in rows]), bands)
    assert found.mean == pytest.approx(every.mean(axis=0))
    assert found.sd == pytest.approx(every.std(axis=0))


@pytest.mark.slow  # the loops are compiled at first use
def test_shuffles_stay_within_their_stratum_and_are_the_same_for_the_same_seed() -> None:
    drawn = np.random.default_rng(3)
    rows = [(float(x), float(y), int(d)) for x, y, d in drawn.integers(0, 300, (60, 3))]
    strata = [n % 2 for n in range(60)]
    events = points([(x, y, d + 10_000 * s) for (x, y, d), s in zip(rows, strata, strict=True)], strata)
    bands = Bands(metres=(50, 100), days=(10, 100))
    one, two = (nr.knox(events, bands, permutations=200, seed=7) for _ in range(2))
    assert (one.shuffled == two.shuffled).all()
    assert one.shuffled.shape == (200, 2, 2)
    # Strata ten thousand days apart have no pair in common: the mean is what shuffles within each of them give.
    assert one.mean == pytest.approx(one.shuffled.mean(axis=0), rel=0.1, abs=0.5)
    assert (nr.knox(events, bands, permutations=200, seed=8).shuffled != one.shuffled).any()


@pytest.mark.slow
def test_where_nothing_repeats_alarms_come_at_their_stated_rate() -> None:
    """1,000 lists in which days and places are unconnected, clustered in both: one band or more is called in at most 5%."""
    drawn = np.random.default_rng(11)
    bands = Bands(metres=(50, 100, 200), days=(3, 7, 14))
    alarms = {"shuffled": 0, "screened": 0}
    for _ in range(1_000):
        centre = drawn.uniform(0, 2_000, (8, 2))
        where = centre[drawn.integers(0, 8, 120)] + drawn.normal(0, 120, (120, 2))
        when = np.concatenate((drawn.integers(0, 200, 90), drawn.integers(60, 80, 30)))
        events = points([(x, y, int(d)) for (x, y), d in zip(where, when, strict=True)])
        alarms["shuffled"] += bool(nr.found_among(nr.knox(events, bands, permutations=199).p).any())
        alarms["screened"] += bool(nr.found_among(nr.screened(events, bands).p).any())
    assert alarms["shuffled"] <= 65  # 50 expected at most; 65 is two standard errors above
    assert alarms["screened"] <= 90  # a screen's p is by a fitted distribution: it may pass a few more on


@pytest.mark.slow  # the loops are compiled at first use
def test_a_planted_repeat_is_found_and_its_reach_told() -> None:
    drawn = np.random.default_rng(5)
    rows = [(*drawn.uniform(0, 20_000, 2), int(drawn.integers(0, 365))) for _ in range(400)]
    rows += [
        (x + drawn.uniform(-60, 60), y + drawn.uniform(-60, 60), d + int(drawn.integers(1, 7))) for x, y, d in rows[:80]
    ]
    found = nr.near_repeats(points(rows), Bands(metres=(100, 200), days=(7, 14)), permutations=199)
    assert (found.value, found.parameters["days"], found.verdict) == (100, 7, None)


@pytest.mark.parametrize(
    ("what", "rows", "said"),
    [
        ("fewer than thirty", [(float(n), 0.0, n) for n in range(29)], "fewer than 30"),
        ("all on one snap point", [(400_000.0, 300_000.0, n) for n in range(40)], "1 points"),
        ("months only", [(float(n), 0.0, [0, 31, 59, 90][n % 4]) for n in range(40)], "a month and no day"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_reason(
    what: str, rows: list[tuple[float, float, int]], said: str
) -> None:
    with pytest.raises(RecordsInvalid) as refused:
        nr.near_repeats(points(rows), Bands())
    assert said in refused.value.cause


@pytest.mark.slow  # the loops are compiled at first use
def test_no_repeat_found_is_said_not_to_be_none() -> None:
    drawn = np.random.default_rng(9)
    rows = [(*drawn.uniform(0, 9_000, 2), int(drawn.integers(0, 365))) for _ in range(40)]
    found = nr.near_repeats(points(rows), Bands(), permutations=199)
    assert found.value is None
    assert "does not show that there is none" in str(found.verdict)


# Four events: B follows A, C falls on B's day next to it, D is far away; E came two days before the end.
CHAIN = [("A", 0.0, 0), ("B", 50.0, 3), ("C", 90.0, 3), ("D", 5_000.0, 4), ("E", 9_000.0, 98)]
EXPECTED = {
    "A": (0, 0, 2, "e0", "followed"),
    "B": (1, 1, 0, "e0", "began none"),
    "C": (1, 1, 0, "e0", "began none"),
    "D": (0, 0, 0, None, "began none"),
    "E": (0, 0, 0, None, "not yet known"),
}
STATES_BY_HELD_UNTIL = [
    ("the last event", None, "not yet known"),
    ("a week after it", 105, "began none"),
    ("a day less", 104, "not yet known"),
]


@pytest.mark.slow  # the loops are compiled at first use
def test_each_event_is_told_with_its_chain_and_whether_it_began_another() -> None:
    filler = [(20_000.0 + 700 * n, 0.0, 40 + n) for n in range(30)]
    rows = [(x, 0.0, d) for _, x, d in CHAIN] + filler
    as_at = datetime(1970, 4, 11, tzinfo=UTC)  # day 100
    told = {one.ref: one for one in nr.linked_events(points(rows, as_at=as_at), Bands(), metres=100, days=7)}
    for at, (name, _, _) in enumerate(CHAIN):
        one = told[f"e{at}"]
        assert (one.before, one.same_day, one.after, one.chain, one.state) == EXPECTED[name], name


@pytest.mark.slow  # the loops are compiled at first use
@pytest.mark.parametrize(("what", "held_until", "state"), STATES_BY_HELD_UNTIL)
def test_what_may_have_come_after_all_that_is_held_is_not_known_whatever_the_day(
    what: str, held_until: int | None, state: str
) -> None:
    rows = points([(20_000.0 + 700 * n, 0.0, 69 + n) for n in range(30)])  # the last on day 98
    held = replace(rows, held_until=None if held_until is None else day_of(held_until))
    assert nr.linked_events(held, Bands(), metres=100, days=7)[-1].state == state, what


@pytest.mark.parametrize(
    "ends",
    [
        {"metres": (100, 50)}, {"metres": ()}, {"metres": (0, 100)}, {"metres": (float("nan"), 200)}, {"metres": (100, float("nan"))},
        {"metres": (100, float("inf"))}, {"metres": (100, 2_000_000)}, {"days": (7, 40_000)}, {"days": (-1, 7)},
    ],
)  # fmt: skip
def test_bands_that_do_not_increase_or_reach_beyond_any_list_are_refused(ends: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(RequestInvalid):
        Bands(**ends)  # type: ignore[arg-type]


def listed(folder: Path, text: str) -> Points:
    path = folder / "events.csv"
    path.write_text(text)
    return points_of_file(path, grid="EPSG:27700", as_at=NOW)


def test_a_row_without_a_place_or_a_day_is_returned_with_its_line(tmp_path: Path) -> None:
    read = listed(
        tmp_path, "x,y,date\n1.5,2.5,2022-01-31\nnowhere,2,2022-01-31\n3,4,31/01/2022\n5,6,soon\n7,8,2031-01-01\n"
    )
    assert [day_of(d).isoformat() for d in read.day] == ["2022-01-31", "2022-01-31"]
    assert [(r.line, r.code) for r in read.returned] == [(3, "no place"), (5, "no day"), (6, "not yet")]


@pytest.mark.parametrize(
    "rows",
    [
        "450000.5,300000.5,2022-01-01\n-1.13,52.63,2022-01-02\n",  # metres and degrees
        "450000,300000,2022-01-01\n4500000,5300000,2022-01-02\n",  # the National Grid and a zone of UTM
    ],
)
def test_two_grids_in_one_list_are_refused(tmp_path: Path, rows: str) -> None:
    with pytest.raises(RecordsInvalid) as refused:
        listed(tmp_path, "x,y,date\n" + rows)
    assert "two grids" in refused.value.cause


def test_degrees_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordsInvalid) as refused:
        listed(tmp_path, "x,y,date\n-1.13,52.63,2022-01-01\n-1.14,52.61,2022-01-02\n")
    assert "degrees" in refused.value.cause
