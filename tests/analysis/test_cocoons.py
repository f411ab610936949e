"""Cocoons: which homes a burglary asks to be visited, how far and until when, and that what is not recorded is not done or undone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from fourfold.analysis.cocoons import (
    BURGLED,
    FOUND,
    OPPOSITE,
    REAR,
    SETTING,
    SIDE,
    Burglary,
    Cocoon,
    HomeVisited,
    Reach,
    cocoon,
    coverage,
    reach_of,
)
from fourfold.analysis.near_repeats import Bands, near_repeats
from fourfold.codes.cocoons import cocoon_rule
from fourfold.codes.periods import Window
from fourfold.errors import CodeUnknown, NothingHeld, RecordsInvalid
from fourfold.records.points import points_of_rows

ON = date(2022, 10, 10)
RULE = cocoon_rule(ON)
NEAR = Reach(metres=200, days=14, basis=FOUND, reason="as found")


def homes_of(
    street: str, north: float, numbers: range, first: float = 0.0, use: str | None = "home"
) -> list[dict[str, object]]:
    """A row of houses ten metres apart, from west to east."""
    return [
        {"uprn": f"{street[0]}{n}", "number": str(n), "street": street, "easting": 1_000.0 + first + 10 * at,
         "northing": north, "use": use}
        for at, n in enumerate(numbers)
    ]  # fmt: skip


def town(*more: dict[str, object]) -> pl.DataFrame:
    """Mill Street: odd numbers to the south, even ones twenty metres north; Back Lane behind; Far Road two hundred metres on."""
    return pl.DataFrame([
        *homes_of("Mill Street", 2_000, range(1, 31, 2)), *homes_of("Mill Street", 2_020, range(2, 32, 2)),
        *homes_of("Back Lane", 1_960, range(1, 16)), *homes_of("Far Road", 2_180, range(1, 16)),
        *homes_of("Other Road", 2_600, range(1, 16)), *more,
    ])  # fmt: skip


def of(east: float, north: float, homes: pl.DataFrame | None = None, reach: Reach = NEAR) -> Cocoon:
    burglary = Burglary(crime_ref="B1", committed_on=ON, easting=east, northing=north)
    return cocoon(burglary, town() if homes is None else homes, reach, RULE)


def listed(found: Cocoon, relation: str) -> set[str]:
    return {one.uprn for one in found.homes if one.relation == relation}


@pytest.mark.parametrize(
    ("east", "burgled", "sides", "opposite"),
    [  # number 15 has four homes either side; number 1 stands at the end; number 29 at the other
        (1_070, "M15", {"M7", "M9", "M11", "M13", "M17", "M19", "M21", "M23"}, {"M14", "M16", "M18"}),
        (1_000, "M1", {"M3", "M5", "M7", "M9"}, {"M2", "M4", "M6"}),
        (1_140, "M29", {"M21", "M23", "M25", "M27"}, {"M26", "M28", "M30"}),
    ],
)
def test_the_homes_either_side_opposite_and_to_the_rear(
    east: float, burgled: str, sides: set[str], opposite: set[str]
) -> None:
    found = of(east, 2_000)
    assert listed(found, BURGLED) == {burgled}
    assert listed(found, SIDE) == sides
    assert listed(found, OPPOSITE) == opposite
    assert len(listed(found, REAR)) == RULE.rear
    assert all(one.startswith("B") for one in listed(found, REAR))
    assert len({one.uprn for one in found.homes}) == len(found.homes)


def test_the_streets_within_reach_and_until_when() -> None:
    found = of(1_070, 2_000)
    assert [(s.name, s.metres) for s in found.streets] == [("Mill Street", 0), ("Back Lane", 40), ("Far Road", 180)]
    assert sum(s.homes for s in found.streets) == 15 * 3 + 15
    assert found.until == date(2022, 10, 24)
    assert of(1_070, 2_000, reach=Reach(metres=100, days=7, basis=FOUND, reason="")).until == date(2022, 10, 17)


def test_without_a_register_no_home_is_assumed() -> None:
    none = of(1_070, 2_000, town().clear())
    assert (none.are_homes_held, none.homes, none.streets) == (False, (), ())
    assert "Homes are not held" in none.notes[0]
    away = of(1_070, 2_100)
    assert away.are_homes_held
    assert away.homes == ()
    assert away.streets
    assert "burgled home is not known" in away.notes[0]


def test_what_is_no_home_is_not_listed_and_what_may_be_none_is_said() -> None:
    shop = {"uprn": "S", "number": "Shop", "street": "Mill Street", "easting": 1_071.0, "northing": 2_000.0}
    assert "S" not in {one.uprn for one in of(1_070, 2_000, town({**shop, "use": "other"})).homes}
    found = of(1_070, 2_000, town({**shop, "use": None}))
    assert "S" in listed(found, SIDE)
    assert "not recorded" in found.notes[0]


def test_reach_is_what_near_repeats_found_or_the_setting_with_its_reason() -> None:
    told = reach_of(RecordsInvalid("The events have a month and no day.", remedy=""), RULE)
    assert (told.metres, told.days, told.basis) == (400, 21, SETTING)
    assert "month and no day" in told.reason
    assert "Trafford" in told.reason
    rows = pl.DataFrame([
        {"ref": f"{n}{k}", "easting": 2_000.0 * n + 50 * (k == 2), "northing": 0.0, "stratum": "",
         "day": date(2022, 1, 1) + timedelta((n * 47) % 171 + k)}
        for n in range(40) for k in (0, 1, 2)
    ])  # fmt: skip
    points = points_of_rows(
        rows, title="Burglary", area="here", as_at=datetime(2022, 12, 1, tzinfo=UTC), batches=(), sources=()
    )
    found = reach_of(near_repeats(points, Bands()), RULE)
    assert (found.metres, found.basis) == (100, FOUND)
    alone = points_of_rows(
        rows.filter(pl.col("ref").str.ends_with("0")), title="Burglary", area="here",
        as_at=datetime(2022, 12, 1, tzinfo=UTC), batches=(), sources=(),
    )  # fmt: skip
    nothing = reach_of(near_repeats(alone, Bands()), RULE)
    assert nothing.basis == SETTING, nothing.reason
    assert "does not show that there is none" in nothing.reason


def test_a_rule_is_dated_and_an_outcome_is_of_the_list() -> None:
    from fourfold.codes.cocoons import known_outcome

    with pytest.raises(NothingHeld):
        cocoon_rule(date(2009, 12, 31))
    with pytest.raises(CodeUnknown):
        known_outcome("asleep")


def test_coverage_tells_what_is_recorded_and_leaves_the_rest_unsaid() -> None:
    opened = datetime(2022, 10, 11, 8, tzinfo=UTC)
    homes = [
        HomeVisited(relation=SIDE, first_at=opened + timedelta(hours=3), outcome="spoken_to"),
        HomeVisited(relation=SIDE, first_at=opened + timedelta(hours=2), outcome="no_answer"),
        HomeVisited(relation=REAR, first_at=None, outcome=None),
        HomeVisited(relation=REAR, first_at=None, outcome=None),
    ]
    found = coverage(homes, opened_at=opened, window=Window(ON, ON), area="here", as_at=opened)
    assert (found.value, found.n) == (2, 4)
    assert found.parameters["hours to first visit"] == 2.0
    assert found.table is not None
    assert dict(found.table.rows) == {
        "Spoken to": 1, "No answer, leaflet left": 0, "No answer": 1, "Declined": 0, "not recorded": 2
    }  # fmt: skip
    none = coverage(homes[2:], opened_at=opened, window=Window(ON, ON), area="here", as_at=opened)
    assert (none.value, none.parameters["hours to first visit"]) == (0, None)
    assert coverage([], opened_at=opened, window=Window(ON, ON), area="here", as_at=opened).value is None
