"""Recovery: one definition, equal periods, and what is not yet known apart."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis.findings import Finding, finding_from_dict
from fourfold.analysis.recovery import (
    after_recovery,
    difference,
    latest_reached,
    recovery_change,
    recovery_cohorts,
    recovery_rate,
    where_found,
    wilson,
)
from fourfold.analysis.vehicles import Taken, taken_vehicles
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import records_as_at
from tests.analysis.stolen import FORCE, Story, brought_in, every_month, taken
from tests.records.extracts import at, put

pytestmark = pytest.mark.slow

MAY = Window(date(2022, 5, 1), date(2022, 5, 31))
TOLD = date(2022, 6, 30)


@pytest.mark.parametrize(
    ("told", "story", "found", "not_found", "not_yet"),
    [
        ("found the same day", Story(stolen=date(2022, 5, 10), found_after=0), 1, 0, 0),
        ("found on the 28th day", Story(stolen=date(2022, 5, 10), found_after=28), 1, 0, 0),
        ("found on the 29th day", Story(stolen=date(2022, 5, 10), found_after=29), 0, 1, 0),
        ("never found", Story(stolen=date(2022, 5, 10)), 0, 1, 0),
        ("not found, and had 28 days on the last day told", Story(stolen=date(2022, 5, 31), recorded_after=0), 0, 1, 0),
        ("recorded late: its days run from the recording", Story(stolen=date(2022, 5, 1), recorded_after=9, found_after=37), 1, 0, 0),
        ("found before it was recorded", Story(stolen=date(2022, 5, 1), recorded_after=9, found_after=2), 1, 0, 0),
        ("stolen in April, recorded in May", Story(stolen=date(2022, 4, 30), recorded_after=2, found_after=3), 1, 0, 0),
        ("stolen in May, recorded in June", Story(stolen=date(2022, 5, 31), recorded_after=1, found_after=3), 0, 0, 0),
        ("returned, and no row says found", Story(stolen=date(2022, 5, 10), returned_after=20), 1, 0, 0),
        ("its keys were taken in a burglary", Story(stolen=date(2022, 5, 10), code="28E", found_after=5), 1, 0, 0),
        ("its crime was cancelled", Story(stolen=date(2022, 5, 10), status="cancelled", found_after=5), 0, 0, 0),
        ("found before it was stolen: left out, and said", Story(stolen=date(2022, 5, 10), found_after=-3), 0, 0, 0),
    ],
)  # fmt: skip
def test_what_one_vehicle_counts_as(
    told: str, story: Story, found: int, not_found: int, not_yet: int, tmp_path: Path
) -> None:
    rate = recovery_rate(taken(tmp_path / "home", tmp_path, [story, *_others()], TOLD), MAY, 28)
    said = rate.parameters
    assert (said["found"], said["not found"] - 1, said["not yet known"]) == (found, not_found, not_yet), told


def _others() -> list[Story]:
    """One never found in each month: extracts of each are held, and May's own adds one that was not found."""
    return every_month(date(2022, 4, 1), date(2022, 6, 1))


def test_a_vehicle_that_has_not_had_its_days_is_not_yet_known_and_the_rate_has_bounds_alone(tmp_path: Path) -> None:
    june = Window(date(2022, 6, 1), date(2022, 6, 30))
    stories = [
        Story(stolen=date(2022, 6, 2), found_after=4),  # has had 28 days on the last day told
        Story(stolen=date(2022, 6, 20), found_after=1),  # has not, but is found: known
        Story(stolen=date(2022, 6, 20)),  # not yet known
        *every_month(date(2022, 5, 1), date(2022, 6, 1)),
    ]
    rate = recovery_rate(taken(tmp_path / "home", tmp_path, stories, TOLD), june, 28)
    assert rate.value is None
    assert rate.verdict == "Not yet known: 1 of 4 vehicles have not had 28 days; all will have by 18 July 2022."
    assert (rate.parameters["found"], rate.parameters["not found"], rate.parameters["not yet known"]) == (2, 1, 1)
    assert (rate.parameters["least %"], rate.parameters["most %"]) == (50.0, 75.0)


def test_a_window_after_the_last_extract_is_not_available(tmp_path: Path) -> None:
    held = taken(tmp_path / "home", tmp_path, every_month(date(2022, 4, 1), date(2022, 6, 1)), TOLD)
    rate = recovery_rate(held, Window(date(2022, 8, 1), date(2022, 8, 31)), 28)
    assert (rate.value, rate.verdict) == (
        None,
        "Not available: the extracts of vehicles tell nothing after 30 June 2022.",
    )


def test_a_month_whose_extract_lacks_is_named(tmp_path: Path) -> None:
    stories = [Story(stolen=date(2022, 4, 2)), Story(stolen=date(2022, 6, 2))]
    rate = recovery_rate(
        taken(tmp_path / "home", tmp_path, stories, TOLD), Window(date(2022, 4, 1), date(2022, 4, 30)), 28
    )
    assert rate.verdict == "Not available: no extract of vehicles is held for May 2022."


@pytest.mark.parametrize(("age", "start"), [(0, "recorded"), (-5, "recorded"), (28, "reported")])
def test_an_age_or_a_start_that_is_none_is_refused(age: int, start: str, tmp_path: Path) -> None:
    held = taken(tmp_path / "home", tmp_path, _others(), TOLD)
    with pytest.raises(RequestInvalid):
        recovery_rate(held, MAY, age, start)  # type: ignore[arg-type]


def test_without_an_extract_of_vehicles_nothing_is_held(tmp_path: Path) -> None:
    put(tmp_path / "home", tmp_path, at(1), "crimes", [{"crime_ref": "A"}])
    with pytest.raises(NothingHeld):
        taken_vehicles(records_as_at(tmp_path / "home", at(2)), FORCE)


def test_a_vehicle_whose_crime_is_not_held_is_left_out_and_counted(tmp_path: Path) -> None:
    records = brought_in(tmp_path / "home", tmp_path, _others(), TOLD)
    put(
        records.home, tmp_path, at(1), "vehicles", [{"crime_ref": "unknown", "vehicle_ref": "lone", "change": "stolen"}]
    )
    held = taken_vehicles(records_as_at(records.home, at(2)), FORCE)
    assert "Vehicles whose crime is not held, left out: 1." in held.notes
    assert "lone" not in held.vehicles["vehicle_ref"].to_list()


# Against a plain loop ----------------------------------------------------------------------------------------------


def plain(stories: list[Story], window: Window, age: int, until: date, counted_from: str) -> tuple[int, int, int]:
    """Found, not found and not yet known, one vehicle at a time."""
    found = not_found = not_yet = 0
    for one in stories:
        recorded = one.stolen + timedelta(days=one.recorded_after)
        if recorded > until:
            continue
        start = recorded if counted_from == "recorded" else one.stolen
        if not window.first <= start <= window.last:
            continue
        days = [n for n in (one.found_after, one.examined_after, one.returned_after) if n is not None]
        when = one.stolen + timedelta(days=min(days)) if days else None
        if when is not None and when <= until and when <= start + timedelta(days=age):
            found += 1
        elif start + timedelta(days=age) <= until:
            not_found += 1
        else:
            not_yet += 1
    return found, not_found, not_yet


@pytest.mark.slow
@pytest.mark.parametrize("counted_from", ["recorded", "stolen"])
def test_the_cohorts_are_those_of_a_plain_loop(counted_from: str, tmp_path: Path) -> None:
    drawn = random.Random(20221020)
    until = date(2022, 11, 17)
    stories = [*every_month(date(2021, 1, 1), date(2022, 11, 1))]
    for _ in range(400):
        found = drawn.choice([None, None, drawn.randint(0, 400)])
        stories.append(Story(
            stolen=date(2021, 1, 1) + timedelta(days=drawn.randint(0, 680)), recorded_after=drawn.choice([0, 0, 1, 40]),
            found_after=found, returned_after=None if found is None else found + drawn.randint(0, 60),
        ))  # fmt: skip
    held = taken(tmp_path / "home", tmp_path, stories, until)
    assert held.until == until
    window = Window(date(2021, 1, 1), date(2022, 11, 30))
    cohorts = recovery_cohorts(held, window, counted_from)  # type: ignore[arg-type]
    assert cohorts.table is not None
    for row in cohorts.table.records():
        month = date.fromisoformat(str(row["month"]))
        own = Window(month, (month + timedelta(days=32)).replace(day=1) - timedelta(days=1))
        for age in (28, 90, 365):
            found, not_found, not_yet = plain(stories, own, age, until, counted_from)
            assert (row[f"found_{age}_days"], row[f"not_yet_known_{age}_days"]) == (found, not_yet)
            assert row["stolen"] == found + not_found + not_yet
            assert row[f"rate_{age}_days"] == (None if not_yet else found / (found + not_found))
            whole = recovery_rate(held, own, age, counted_from)  # type: ignore[arg-type]
            assert (whole.value is None) == (not_yet > 0)


# Change ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_year_and_a_month_are_set_side_by_side_at_the_same_age_and_said_to_be_unequal(tmp_path: Path) -> None:
    stories = []
    for n in range(24 * 25):  # 25 a month from January 2020 to December 2021; one in ten found
        month = date(2020 + n // 300, 1 + n // 25 % 12, 1 + n % 25)
        stories.append(Story(stolen=month, found_after=5 if n % 10 == 0 else None))
    stories += [Story(stolen=date(2022, 1, 1 + n % 25), found_after=4 if n < 12 else None) for n in range(25)]
    stories += every_month(date(2022, 2, 1), date(2022, 3, 1))
    held = taken(tmp_path / "home", tmp_path, stories, date(2022, 3, 15))
    january, year = Window(date(2022, 1, 1), date(2022, 1, 31)), Window(date(2021, 1, 1), date(2021, 12, 31))
    found = recovery_change(held, january, year)
    assert found.value == pytest.approx(48.0 - 10.0)
    assert str(found.verdict).startswith("rise")
    assert "The windows are of 31 and 365 days; every vehicle is followed for the same 28." in found.notes[-1]
    assert "between" in found.notes[-1]
    assert [p.value for p in found.parts[:2]] == [pytest.approx(48.0), pytest.approx(10.0)]
    assert latest_reached(held, 28) == january
    short = recovery_change(held, january, Window(date(2021, 12, 1), date(2021, 12, 31)), 365)
    assert short.value is None
    assert str(short.verdict).startswith("cannot judge: Not yet known")


def test_with_too_few_months_it_cannot_be_judged(tmp_path: Path) -> None:
    held = taken(tmp_path / "home", tmp_path, every_month(date(2022, 1, 1), date(2022, 6, 1)), TOLD)
    found = recovery_change(held, MAY, Window(date(2022, 4, 1), date(2022, 4, 30)))
    assert found.verdict == "cannot judge: 4 earlier months are known, and 24 are needed"
    with pytest.raises(RequestInvalid):
        recovery_change(held, MAY, Window(date(2022, 4, 1), date(2022, 5, 1)))


@pytest.mark.parametrize(
    ("after", "before", "low", "high"),
    [  # Newcombe (1998), table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0),
        ((10, 10), (0, 20), 0.6791, 1.0), ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)  # fmt: skip
def test_the_limits_of_a_difference_are_those_published(
    after: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    assert difference(after, before, 1.0, 40) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_where_nothing_changed_alarms_come_at_their_stated_rate() -> None:
    """Null months, binomial about one rate: the limits of the difference leave nought in some 5 of 100."""
    drawn = np.random.default_rng(1)
    a, b = drawn.binomial(300, 0.12, 4000), drawn.binomial(320, 0.12, 4000)
    alarms = 0
    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        low, high = difference((x, 300), (y, 320), 1.0, 40)
        alarms += low > 0 or high < 0
    assert 0.035 < alarms / 4000 < 0.065


@given(st.integers(1, 500), st.data())
def test_a_share_lies_within_its_own_limits(n: int, data: st.DataObject) -> None:
    found = data.draw(st.integers(0, n))
    low, high = wilson(found, n)
    assert 0 <= low <= found / n + 1e-12
    assert found / n - 1e-12 <= high <= 1
    wide_low, wide_high = wilson(found / 2, n / 2)
    assert wide_low <= low + 1e-12
    assert high - 1e-12 <= wide_high
    assert not math.isnan(low)


# After, and where --------------------------------------------------------------------------------------------------


def rows_of(found: Finding) -> list[dict[str, object]]:
    assert found.table is not None
    return found.table.records()


def test_what_was_not_recorded_after_recovery_stands_apart_from_what_is_not_yet_known(tmp_path: Path) -> None:
    stories = [
        Story(stolen=date(2022, 6, 1), found_after=1, examined_after=3, returned_after=9),
        Story(stolen=date(2022, 6, 1), found_after=1, returned_after=31),
        Story(stolen=date(2022, 6, 1), found_after=2),
        Story(stolen=date(2022, 6, 20), found_after=5),
        *_others(),
    ]
    found = after_recovery(
        taken(tmp_path / "home", tmp_path, stories, TOLD), Window(date(2022, 6, 1), date(2022, 6, 30))
    )
    assert found.value == 4
    told = {
        (r["step"], r["days"]): (r["within"], r["not_recorded"], r["not_yet_known"], r["share"]) for r in rows_of(found)
    }
    assert told["examined", 1] == (0, 4, 0, 0.0)
    assert told["examined", 7] == (1, 2, 1, None)
    assert told["returned", 28] == (1, 1, 2, None)  # 28 days from 2 June are the 30th; from the 3rd they are not had


def test_vehicles_are_told_by_how_far_from_the_theft_they_were_found(tmp_path: Path) -> None:
    home = (455_000, 300_000)
    stories = [
        Story(stolen=date(2022, 5, 2), found_after=1, stolen_at=home, found_at=(455_000 + metres, 300_000))
        for metres in (0, 500, 501, 2_000, 9_000, 12_000)
    ] + [Story(stolen=date(2022, 5, 2), found_after=1), *_others()]
    records = brought_in(tmp_path / "home", tmp_path, stories, TOLD)
    found = where_found(taken_vehicles(records, FORCE), records, MAY)
    assert found.value == 7
    told = {r["name"]: r["found"] for r in rows_of(found) if r["where"] == "distance"}
    assert told == {
        "0 m to 500 m": 2, "500 m to 2 km": 2, "2 km to 5 km": 0, "5 km to 10 km": 1, "over 10 km": 1,
        "where it was stolen or found is not recorded": 1,
    }  # fmt: skip
    assert found.parameters["without a place"] == 1
    assert [r for r in rows_of(found) if r["where"] == "area"] == [
        {"where": "area", "code": None, "name": "no boundaries are held", "found": 7}
    ]


def test_a_finding_of_recovery_is_read_back_as_it_was(tmp_path: Path) -> None:
    held: Taken = taken(tmp_path / "home", tmp_path, _others(), TOLD)
    for one in (recovery_rate(held, MAY), recovery_cohorts(held, MAY), after_recovery(held, MAY)):
        assert finding_from_dict(one.as_dict()) == one
        assert isinstance(held.vehicles, pl.DataFrame)
