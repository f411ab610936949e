"""Change of place: nothing is found where nothing moved, what was moved is found, and rings tell near from far."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from fourfold.analysis import change_of_place
from fourfold.analysis.change_of_place import (
    MORE,
    NEITHER,
    dissimilarity,
    dissimilarity_by_chance,
    rings,
    rings_around,
    shares_moved,
    what_moved,
)
from fourfold.analysis.findings import Definition, Finding, Grid, Method
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import records_as_at
from tests.records.extracts import put

MONTHS = 36
CALENDAR = np.arange(MONTHS) % 12 + 1
LATER, EARLIER = range(33, 36), range(21, 24)
Counts = npt.NDArray[np.int_]


def months_of(seed: int, areas: int = 40, spread: float = 1.0, whole: float = 1.0) -> Counts:
    """Areas small and large, with a season, in which no share changes; in the later window all change by `whole`."""
    drawn = np.random.default_rng(seed)
    mean = drawn.gamma(1.5, 5, (areas, 1)) * (1 + 0.3 * np.cos(2 * np.pi * CALENDAR / 12))
    mean[:, list(LATER)] *= whole
    if spread == 1:
        return drawn.poisson(mean)
    return drawn.negative_binomial(np.maximum(mean / (spread - 1), 1e-9), 1 / spread)


@pytest.mark.parametrize(
    ("spread", "whole", "most"),
    [(1.0, 1.0, 20), (1.6, 0.7, 20), pytest.param(1.0, 1.5, 65, marks=pytest.mark.slow)],
)
def test_where_no_share_changed_alarms_are_held_to_their_rate(spread: float, whole: float, most: int) -> None:
    """Of 1,000 simulations (250 of the quick ones) some 5 in 100 at most call any area moved, though the whole force changed."""
    alarms = sum(
        any(
            one != NEITHER for one in shares_moved(months_of(s, 12, spread, whole), CALENDAR, LATER, EARLIER).judgements
        )
        for s in range(1000 if most > 20 else 250)
    )
    assert alarms <= most


@pytest.mark.parametrize("whole", [1.0, 1.4, 0.6])
def test_a_share_that_was_moved_is_found_whatever_the_force_did(whole: float) -> None:
    counts = months_of(5, whole=whole)
    counts[7] += np.where(np.isin(np.arange(MONTHS), list(LATER)), 25, 0)
    found = shares_moved(counts, CALENDAR, LATER, EARLIER)
    assert [at for at, one in enumerate(found.judgements) if one != NEITHER] == [7]
    assert found.judgements[7] == MORE


def test_an_areas_own_variation_is_no_movement() -> None:
    """A bursty area's burst is judged by its bursts; the same rise in a steady area is found."""
    drawn = np.random.default_rng(11)
    counts = drawn.poisson(20, (30, MONTHS))
    counts[0] = drawn.negative_binomial(20 / 14, 1 / 15, MONTHS)
    counts[:2, 21:24], counts[:2, 33:] = 20, 45
    found = shares_moved(counts, CALENDAR, LATER, EARLIER)
    assert found.judgements[1] == MORE
    assert found.spread[0] > 2 * found.spread[1]
    assert found.p[0] > found.p[1]


def test_too_few_months_or_areas_are_refused() -> None:
    with pytest.raises(RequestInvalid):
        shares_moved(months_of(1)[:, :20], CALENDAR[:20], range(17, 20), range(5, 8))
    with pytest.raises(RequestInvalid):
        shares_moved(months_of(1)[:1], CALENDAR, LATER, EARLIER)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=9).filter(
        lambda rows: sum(r[0] for r in rows) > 0 and sum(r[1] for r in rows) > 0
    )
)
def test_dissimilarity_is_the_crime_that_would_have_to_stand_elsewhere(rows: list[tuple[int, int]]) -> None:
    before, after = (np.array(c) for c in zip(*rows, strict=True))
    b, a = sum(before.tolist()), sum(after.tolist())
    plain = sum(max(0.0, y / a - x / b) for x, y in rows)  # what came to areas that grew left the others
    assert dissimilarity(before, after) == pytest.approx(plain)
    assert dissimilarity(before, before) == 0
    assert 0 <= dissimilarity(before, after) <= 1 + 1e-12


def test_dissimilarity_by_chance_is_not_nought_and_a_moved_map_is_beyond_it() -> None:
    still = shares_moved(months_of(9, spread=1.5), CALENDAR, LATER, EARLIER)
    chance = dissimilarity_by_chance(still, 300)
    assert 0 < np.quantile(chance, 0.02) <= dissimilarity(still.before, still.after) <= np.quantile(chance, 0.98)
    counts = months_of(9, spread=1.5)
    counts[:, list(LATER)] = np.roll(counts[:, list(LATER)], 5, axis=0)
    moved = shares_moved(counts, CALENDAR, LATER, EARLIER)
    assert dissimilarity(moved.before, moved.after) > dissimilarity_by_chance(moved, 300).max()


def grid_of(counts: Counts) -> Finding:
    months = [date(2020 + n // 12, n % 12 + 1, 1).isoformat() for n in range(MONTHS)]
    return Finding(
        kind="grid", title="x by area and month", value=None, unit="crimes", n=int(counts.sum()), area="the test",
        windows=(Window(date(2020, 1, 1), date(2022, 12, 31)),), definition=Definition(name="x", version="1", title="X", text="X."),
        method=Method(name="counted", text="Counted."), as_at=datetime(2023, 1, 1, tzinfo=UTC), batches=("b",), code_version="0",
        table=Grid(columns=("area", "code", "month", "count"), keys=(tuple(f"A{n:02d}" for n in range(len(counts))), ("48",),
                   tuple(months)), counts=counts[:, None, :].astype(np.int64)),
        parameters={"layer": "lsoa11", "months": months, "not placed": 3},
    )  # fmt: skip


QUARTER, YEAR_BEFORE = Window(date(2022, 10, 1), date(2022, 12, 31)), Window(date(2021, 10, 1), date(2021, 12, 31))


def test_what_moved_as_a_finding() -> None:
    counts = months_of(5)
    counts[7] += np.where(np.isin(np.arange(MONTHS), list(LATER)), 25, 0)
    found = what_moved(grid_of(counts), ["empty"], {"A07": "Seventh"}, QUARTER, YEAR_BEFORE, draws=99)
    assert found.table is not None
    first = found.table.records()[0]
    assert (found.value, first["name"], first["judgement"]) == (1, "Seventh", MORE)
    assert first["before"] == counts[7, list(EARLIER)].sum()
    assert found.parameters["areas"] == 41
    assert 0 < found.parameters["by chance"] < 1
    for window in (Window(date(2022, 10, 1), date(2022, 12, 20)), Window(date(2023, 10, 1), date(2023, 12, 31))):
        with pytest.raises(RequestInvalid):
            what_moved(grid_of(counts), [], {}, window, YEAR_BEFORE)
    with pytest.raises(RequestInvalid):
        what_moved(grid_of(counts), [], {}, QUARTER, Window(date(2022, 9, 1), date(2022, 10, 31)))


# Rings -------------------------------------------------------------------------------------------------------------


def test_rings_do_not_overlap_and_widen_from_the_edge() -> None:
    shape = box(0, 0, 1000, 1000)
    inside, near, far = rings_around(shape, (100, 300))
    assert near.area == pytest.approx(4 * 1000 * 100 + np.pi * 100**2, rel=1e-2)
    assert inside.intersection(near).area == near.intersection(far).area == 0
    assert near.contains(Point(-50, 500))
    assert far.contains(Point(-150, 500))
    assert not far.intersects(Point(-301, 500))
    for wrong in ((), (0,), (300, 100), (-5, 10)):
        with pytest.raises(RequestInvalid):
            rings_around(shape, wrong)


@pytest.mark.slow
def test_what_fell_inside_and_rose_in_the_first_ring_is_told(tmp_path: Path) -> None:
    """Thirty months of burglary: twelve a month inside and in the rings; in the last three most of the inside goes next door."""
    centre, rows = (455_000, 300_000), {}
    places = {"inside": 0, "near": 600, "far": 900, "rest": 6_000}
    for month in range(30):
        name = f"{2020 + month // 12}-{month % 12 + 1:02d}"
        for where, metres in places.items():
            n = 60 if where == "rest" else 12
            if month >= 27:
                n = {"inside": 2, "near": 22}.get(where, n)
            n += (month * 7 + metres) % 3 - 1
            rows.setdefault(name, []).extend(
                {"crime_ref": f"{name}{where}{k}", "offence_code": "28E", "recorded_at": f"{name}-10T12:00:00",
                 "easting": str(centre[0] + metres), "northing": str(centre[1] + k)}
                for k in range(n)
            )  # fmt: skip
    home, when = tmp_path / "home", datetime(2022, 7, 2, tzinfo=UTC)
    for name, own in rows.items():
        put(home, tmp_path, when, "crimes", own, name)
    records = records_as_at(home, datetime(2022, 7, 3, tzinfo=UTC))
    shape = box(centre[0] - 500, centre[1] - 500, centre[0] + 500, centre[1] + 500)
    later, earlier = Window(date(2022, 4, 1), date(2022, 6, 30)), Window(date(2021, 4, 1), date(2021, 6, 30))
    found = rings(
        records, measure("residential_burglary"), Scope(force_id="leicestershire"), shape, "the square", later, earlier
    )
    assert found.table is not None
    told = {r["where"]: (r["after"], r["judgement"]) for r in found.table.records()}
    assert told["inside"][1] == change_of_place.FEWER
    assert told["0 to 250 m"][1] == MORE
    assert told["250 to 500 m"][1] == told["500 to 1000 m"][1] == NEITHER
    plain = [
        sum(r["crime_ref"][7:].startswith(w) for m in ("2022-04", "2022-05", "2022-06") for r in rows[m])
        for w in places
    ]
    assert [told[w][0] for w in ("inside", "0 to 250 m", "250 to 500 m", "the rest of the force")] == plain
    assert isinstance(found.value, float)
    assert found.value < 0 < found.parameters["in the rings"]
