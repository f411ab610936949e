"""Forecasts against a slow look at every event and square, hand-worked tables, and what must be refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from math import erf, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fourfold.analysis import forecasts
from fourfold.analysis.forecasts import HALF_LIVES, WIDTHS, Lesson, Levels, Outcome, Spread, Surfaces
from fourfold.codes.algorithms import algorithms
from fourfold.errors import LayoutUnknown, RecordsInvalid, RequestInvalid
from fourfold.records.points import Points, day_of, groups_of_file, points_of_file
from tests.conftest import ROOT

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def points(rows: list[tuple[float, float, int]]) -> Points:
    return Points(
        title="events", area="nowhere", grid="a plane", as_at=NOW, batches=("none",), sources=("made up",),
        x=np.array([r[0] for r in rows], float), y=np.array([r[1] for r in rows], float),
        day=np.array([r[2] for r in rows], np.int32), stratum=np.zeros(len(rows), np.int32),
        refs=tuple(f"e{n}" for n in range(len(rows))),
    )  # fmt: skip


def town(seed: int = 1, days: int = 200, number: int = 600, hot: float = 0.5) -> Points:
    """Events on 2 km by 2 km, a share of them within one 200 m square."""
    drawn = np.random.default_rng(seed)
    at_hot = drawn.random(number) < hot
    x = np.where(at_hot, drawn.uniform(600, 800, number), drawn.uniform(0, 2000, number))
    y = np.where(at_hot, drawn.uniform(1000, 1200, number), drawn.uniform(0, 2000, number))
    return points(list(zip(x.tolist(), y.tolist(), drawn.integers(0, days, number).tolist(), strict=True)))


drawn_events = st.lists(
    st.tuples(st.integers(0, 799), st.integers(0, 799), st.integers(0, 90)), min_size=1, max_size=12
)


@pytest.mark.slow  # the loops are compiled at first use
@given(drawn_events, st.booleans(), st.lists(st.integers(91, 140), min_size=1, max_size=3))
def test_surfaces_moved_from_day_to_day_are_what_a_slow_look_gives(drawn, bricks, days) -> None:
    some = points([(float(x), float(y), d) for x, y, d in drawn])
    ground = forecasts.ground_of(some, 200, bricks=bricks)
    surfaces = Surfaces(some, ground)
    for day in sorted(days):
        surfaces.move_to(day)
    found = surfaces.standing()
    west, south = (corner[ground.inside] for corner in ground.lattice.corners())

    def share(edge: float, width: float) -> float:
        return (erf((edge + 200) / width / sqrt(2)) - erf(edge / width / sqrt(2))) / 2

    for h, half_life in enumerate(HALF_LIVES):
        for w, width in enumerate(WIDTHS):
            slow = np.zeros(ground.squares)
            for x, y, d in drawn:
                kept = 0.5 ** ((max(days) - d) / half_life) if half_life else 1.0
                for at in range(ground.squares):
                    apart = max(west[at] - x, x - west[at] - 200, 0), max(south[at] - y, y - south[at] - 200, 0)
                    if max(apart) <= 2.9 * width:
                        slow[at] += kept * share(west[at] - x, width) * share(south[at] - y, width)
            # Beyond three widths a kernel is let go: less than a three hundredth part of it.
            assert found[h * len(WIDTHS) + w] == pytest.approx(slow / slow.sum(), abs=0.01)
    assert found.sum(axis=1) == pytest.approx(1)


@pytest.mark.slow
def test_nothing_on_or_after_the_origin_is_in_a_forecast() -> None:
    known = town()
    origin = 180
    later = replace(known, x=np.where(known.day >= origin, 1.0, known.x), y=np.where(known.day >= origin, 1.0, known.y))
    one, two = (forecasts.forecast(some, origin, 7, 200) for some in (known, later))
    assert (one.expected == two.expected).all()
    assert (one.weights == two.weights).all()
    assert one.spread == two.spread


@pytest.mark.slow
def test_a_forecast_adds_up_to_its_level_and_points_at_the_planted_square() -> None:
    made = forecasts.forecast(town(), 180, 7, 200)
    assert made.expected.sum() == pytest.approx(made.level)
    x, y = (corner[made.ground.inside] for corner in made.ground.lattice.corners())
    top = int(np.argmax(made.expected))
    assert (x[top], y[top]) == (600, 1000)
    assert made.weights.sum() == pytest.approx(1)
    said = forecasts.why(made, top)
    assert "in the square and next to it" in said


@pytest.mark.slow
def test_every_square_of_the_lattice_is_told_in_the_units_of_the_grid() -> None:
    some = town()
    made = forecasts.forecast(some, 180, 28, 250)
    told = list(forecasts.cells(made, unit=0.3048))
    assert len(told) == made.ground.lattice.rows * made.ground.lattice.columns
    assert sum(one["expected"] for one in told if one["in_area"]) == pytest.approx(made.level)
    assert told[1]["west"] - told[0]["west"] == pytest.approx(250 / 0.3048)
    assert all(one["low"] <= one["high"] and one["expected"] > 0 for one in told)
    found = forecasts.forecast_finding(some, made)
    assert found.value == made.level
    assert found.n == int((some.day < 180).sum())
    assert found.table is not None
    assert found.table.rows[0][2] == pytest.approx(made.expected.max())


def test_what_would_have_told_most_counts_most() -> None:
    # Two squares; every event came to the first, which only surface 5 pointed at.
    standing = np.full((forecasts.SURFACES, 2), 0.5)
    standing[5] = 0.95, 0.05
    lesson = forecasts.lesson(standing, np.array([10.0, 0.0]), 0, 7)
    weights = forecasts.learnt_weights([lesson])
    assert np.argmax(weights) == 5
    assert weights.sum() == pytest.approx(1)


def test_where_nothing_came_every_surface_counts_alike() -> None:
    empty = Lesson(0, 7, np.zeros((forecasts.SURFACES, 0)), np.zeros(0), np.zeros((forecasts.SURFACES, 6)))
    assert (forecasts.learnt_weights([empty]) == 1 / forecasts.SURFACES).all()


# Mean, alpha, low, high: the counts whose chance together is nearest to 90%, with at most 5% below.
@pytest.mark.parametrize(
    ("mean", "alpha", "low", "high"),
    [
        (0.01, 0, 0, 0),
        (0.1, 0, 0, 0),
        (0.5, 0, 0, 1),
        (1, 0, 0, 2),
        (10, 0, 5, 14),
        (10, 0.5, 1, 22),
        (100, 0, 84, 116),
    ],
)
def test_limits_hold_the_chance_nearest_to_nine_in_ten(mean, alpha, low, high) -> None:
    found = forecasts.limits(np.array([mean]), np.array([alpha]), 0.9)
    assert (int(found[0][0]), int(found[1][0])) == (low, high)


@given(st.floats(0.001, 60), st.sampled_from([0.0, 0.2, 2.0]))
def test_limits_are_those_of_a_look_at_every_count(mean: float, alpha: float) -> None:
    low, high = (int(one[0]) for one in forecasts.limits(np.array([mean]), np.array([alpha]), 0.9))
    size = 1 / max(alpha, 1e-9)
    chance = stats.nbinom.pmf(np.arange(2_000), size, size / (size + mean))
    assert chance[:low].sum() <= 0.05 + 1e-9
    within = chance[low : high + 1].sum()
    for other in (high - 1, high + 1):
        if other >= low:
            assert abs(within - 0.9) <= abs(chance[low : other + 1].sum() - 0.9) + 1e-6


def test_limits_made_from_earlier_forecasts_hold_what_comes_nine_times_in_ten() -> None:
    drawn, mean = np.random.default_rng(3), np.linspace(0.2, 3, 60)

    def week() -> np.ndarray:  # type: ignore[type-arg]
        busy = drawn.gamma(1 / 0.02, 0.02)
        return drawn.poisson(mean * busy * drawn.gamma(1 / 0.3, 0.3, 60)).astype(float)

    spread = forecasts.spread_of([Outcome.of(mean, week()) for _ in range(200)])
    assert spread.each == pytest.approx(0.3, abs=0.08)
    assert spread.together == pytest.approx(0.02, abs=0.02)
    low, high = spread.limits(mean)
    a, b = spread.limits_of_sum(mean)
    after = [week() for _ in range(300)]
    assert 0.85 <= np.mean([(low <= w) & (w <= high) for w in after]) <= 0.95
    assert 0.85 <= np.mean([a <= w.sum() <= b for w in after]) <= 0.95


def test_the_level_is_that_of_eight_weeks_moved_as_a_year_before() -> None:
    steady = points([(0.0, 0.0, d) for d in range(800)])
    assert Levels(steady).expected(700, 7) == pytest.approx(7)
    # Twice as many in the weeks that came a year ago: drawn half of the way, and by the few events less.
    risen = points([(0.0, 0.0, d) for d in range(700)] + [(0.0, 0.0, d) for d in range(336 - 14, 336 + 7 + 14)])
    assert 7 * 1.15 < Levels(risen).expected(700, 7) < 7 * 1.42
    assert Levels(points([(0.0, 0.0, d) for d in range(100)])).expected(100, 28) == pytest.approx(28)


@pytest.mark.parametrize(
    ("what", "days", "held_until", "origin", "known"),
    [
        ("the day after the last event", range(200), None, 200, 200),
        ("four quiet days of a list with an event a day", range(200), None, 204, 204),
        ("five, which chance leaves less than once in a hundred", range(200), None, 205, 200),
        ("a month with an event a week", range(0, 200, 7), None, 196 + 28, 196 + 28),
        ("a year with an event a week", range(0, 200, 7), None, 196 + 365, 197),
        ("a month after the last event, held to be without any", range(200), 240, 230, 230),
        ("a month after all that is held", range(200), 240, 271, 241),
        ("between events", range(200), None, 150, 150),
    ],
)
def test_days_without_an_event_are_none_where_the_list_has_ended(
    what: str, days: range, held_until: int | None, origin: int, known: int
) -> None:
    rows = points([(0.0, 0.0, day) for day in days])
    held = None if held_until is None else day_of(held_until)
    assert Levels(replace(rows, held_until=held)).known_until(origin) == known, what


def test_long_after_a_list_has_ended_the_level_is_that_of_its_end_and_the_finding_says_so() -> None:
    rows = town(days=400, number=800)
    ends = int(rows.day.max())
    told = forecasts.forecast_finding(rows, forecasts.forecast(rows, ends + 200, 7, 200))
    assert told.value == pytest.approx(Levels(rows).expected(ends + 1, 7), rel=0.15)
    assert "Nothing is held of the 199 days before the origin" in " ".join(told.notes)


@pytest.mark.slow
def test_why_tells_the_whole_of_a_squares_number_what_is_the_same_everywhere_among_it() -> None:
    made = forecasts.forecast(town(), 180, 7, 200)
    even = made.weights[forecasts.EVEN] * made.standing[forecasts.EVEN]
    all_of = made.weights @ made.standing
    for square in (int(np.argmax(made.expected)), int(np.argmin(made.expected))):
        said = forecasts.why(made, square)
        share = float(even[square] / all_of[square])
        near, *others = said.split("; ")
        if share >= 0.005:
            assert others[-1] == f"the same everywhere {share:.0%}"
        told = [int(one) for one in re.findall(r"(\d+)%", near)] if near.startswith("events") else []
        assert abs(sum(told) + 100 * share - 100) <= 3, (
            said
        )  # each is rounded, and less than a half in a hundred is not told
        assert "events ;" not in said


def test_no_spread_is_read_into_no_past() -> None:
    assert forecasts.spread_of([]) == Spread()


def test_the_transparency_record_says_the_codes_own_numbers() -> None:
    record = next(one for one in algorithms() if one.id == "where-next")
    said = " ".join(record.fields.values())
    leaning = forecasts.SURFACES - forecasts.EVEN - 1
    for words in (
        f"{len(WIDTHS)} widths", f"{len(HALF_LIVES)} half-lives", f"{forecasts.EVEN} surfaces", f"{leaning} lean",
        f"{forecasts.LESSONS} earlier days", f"{forecasts._FIRST // 7} weeks", f"{forecasts._ROUNDS} rounds",
        f"{len(forecasts.TUNED_AT)} shares",
    ):  # fmt: skip
        assert words in said
    measured = json.loads((ROOT / "benchmarks" / "results" / "hotspots.json").read_text())["skill"]
    for city in ("New York", "Chicago"):
        rows = measured[f"{city}, 250 m, 7 days"]["rows"]
        pai = {row["map"]: row["mean PAI"] for row in rows if row["share of area"] == 0.01}
        assert f"{pai.pop('forecast'):.2f}" in said
        assert f"{max(pai.values()):.2f}" in said
    assert record.method == forecasts._METHOD.name


REFUSED = [
    ("fewer than thirty events", points([(float(n), 0.0, n) for n in range(29)]), 100, "29 events lie before"),
    ("a month and no day", replace(town(), months_only=True), 180, "a month and no day"),
    ("one snap point", points([(5.0, 5.0, n) for n in range(100)]), 100, "each stands for many addresses"),
    (
        "all on the first of the month",
        points([(float(n), 0.0, [0, 31, 59][n % 3]) for n in range(90)]),
        100,
        "a month and no",
    ),
    ("too little past", town(days=50), 50, "days of past lie before"),
]


@pytest.mark.parametrize(("what", "some", "origin", "cause"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_forecast_is_refused_with_its_reason(what, some, origin, cause) -> None:
    with pytest.raises(RecordsInvalid, match=cause):
        forecasts.forecast(some, origin, 7, 200)


@pytest.mark.parametrize(("horizon", "cell"), [(0, 200), (1_000, 200), (7, 0), (7, float("nan")), (7, 0.5)])
def test_horizons_and_squares_that_cannot_be_are_refused(horizon: int, cell: float) -> None:
    with pytest.raises(RequestInvalid):
        forecasts.forecast(town(), 180, horizon, cell)


def listed(path: Path, rows: list[str]) -> Path:
    path.write_text("x,y,date\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def events(tmp_path: Path) -> Path:
    some = town()
    day = np.datetime64("2022-01-01")
    rows = [
        f"{450_000 + x:.0f},{300_000 + y:.0f},{day + int(d)}" for x, y, d in zip(some.x, some.y, some.day, strict=True)
    ]
    return listed(tmp_path / "events.csv", rows)


@pytest.mark.slow
def test_the_command_gives_every_square(fourfold, events: Path) -> None:
    asked = ("places", "forecast", "--events", str(events), "--origin", "2022-07-01", "--horizon", "7", "--cell", "200")
    told = fourfold(*asked, "--json").json
    assert len(told["cells"]) >= 100
    assert sum(one["expected"] for one in told["cells"] if one["in_area"]) == pytest.approx(told["value"])
    best = max(told["cells"], key=lambda one: one["expected"])
    assert (best["west"], best["south"]) == (450_600, 301_000)
    assert "events expected" in fourfold(*asked).out


@pytest.mark.slow
def test_the_command_refuses_days_that_have_not_come_and_two_grids(fourfold, events: Path, tmp_path: Path) -> None:
    said = fourfold("places", "forecast", "--events", str(events), "--origin", "2999-01-01", code=2)
    assert "has not come yet" in said.err
    rows = events.read_text().splitlines()[1:]
    two = listed(tmp_path / "two.csv", [*rows, "7688186,676342,2022-03-01"])
    assert "two grids" in fourfold("places", "forecast", "--events", str(two), code=13).err


SQUARE = '{"type": "Polygon", "coordinates": [[[0, 0], [2000, 0], [2000, 1000], [0, 1000], [0, 0]]]}'


def test_events_outside_the_boundary_are_returned_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "force.json").write_text(SQUARE)
    rows = [f"{10 * n},{20 * n},2022-01-{n + 1:02d}" for n in range(30)] + ["500,1500,2022-02-01"]
    events = listed(tmp_path / "events.csv", rows)
    found = points_of_file(events, grid="a plane", as_at=NOW, boundary=tmp_path / "force.json")
    assert len(found) == 30
    assert [(one.line, one.code) for one in found.returned] == [(32, "outside")]
    far = listed(tmp_path / "far.csv", [f"{5_000 + n},{9_000 + n},2022-01-01" for n in range(30)])
    with pytest.raises(RecordsInvalid, match="30 of 30 events lie outside the boundary"):
        points_of_file(far, grid="a plane", as_at=NOW, boundary=tmp_path / "force.json")
    (tmp_path / "none.json").write_text("no polygon")
    with pytest.raises(LayoutUnknown):
        points_of_file(events, grid="a plane", as_at=NOW, boundary=tmp_path / "none.json")


def test_places_without_a_group_are_refused_with_their_line(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("x,y,group\n1,2,3\n4,5,most deprived\n")
    assert groups_of_file(good)[2] == ("3", "most deprived")
    bad.write_text("x,y,group\n1,2,3\n4,5,\n")
    with pytest.raises(RecordsInvalid) as fault:
        groups_of_file(bad)
    assert fault.value.line == 3
