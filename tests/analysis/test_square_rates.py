"""Square rates: what stands under the line, what is not ranked and counted, and when no rate is given."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fourfold.analysis.cocoons import burglary_measure
from fourfold.analysis.placed_crimes import FIRST
from fourfold.analysis.square_rates import FEWEST, square_rates
from fourfold.analysis.vehicle_crime import poisson_limits
from fourfold.codes.measures import measure
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records, records_as_at
from tests.analysis.test_forecasts import points
from tests.records.extracts import at, put

HOMES = measure("residential_burglary")
BUSY, DENSE, THIN, BARE = (460_100.0, 303_100.0), (461_100.0, 303_100.0), (462_100.0, 303_100.0), (463_100.0, 303_100.0)
"""In squares of a kilometre: sixty homes, six hundred, ten, and none."""
EVENTS = [(*BUSY, 19_000 + n) for n in range(12)] + [(*DENSE, 19_000 + n) for n in range(20)]
EVENTS += [(*THIN, 19_001), (*THIN, 19_002), (*BARE, 19_003)]
OLD = [(*BUSY, 18_000 + n) for n in range(5)]


def register(home: Path, folder: Path) -> Records:
    rows = [
        {"uprn": f"{place[0]:.0f}-{n}", "street": "Mill Street", "easting": str(int(place[0]) + n % 50),
         "northing": str(int(place[1])), "use": "other" if n >= homes else "home"}
        for place, homes in ((BUSY, 60), (DENSE, 600), (THIN, 10)) for n in range(homes + 3)
    ]  # fmt: skip
    put(home, folder, at(1), "addresses", rows)
    return records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC))


def test_a_rate_is_burglaries_of_the_year_over_the_homes_of_the_register(tmp_path: Path) -> None:
    found = square_rates(register(tmp_path / "home", tmp_path), HOMES, "leicestershire", points(OLD + EVENTS), 1_000)
    assert found.table is not None
    [row] = found.table.records()  # the hundredth of two squares is one
    assert (row["x"], row["y"]) == (460_500, 303_500), "twelve of sixty homes, before twenty of six hundred"
    assert (row["events"], row["homes"], row["rate"]) == (12, 60, 200.0), (
        "shops are no homes, and five burglaries are years old"
    )
    assert (row["low"], row["high"]) == tuple(1_000 * one / 60 for one in poisson_limits(12))
    assert found.parameters["homes"] == 670
    assert (found.n, found.value) == (34, pytest.approx(1_000 * 34 / 670)), (
        "the burglary where no home stands is over no home"
    )
    assert (
        f"Not ranked: 2 burglaries in squares of fewer than {FEWEST} homes, and 1 in squares without one."
        in found.notes
    )


def test_of_many_squares_the_one_sure_to_be_worse_goes_first(tmp_path: Path) -> None:
    home = tmp_path / "home"
    rows = [
        {"uprn": f"{square}-{n}", "street": "Mill Street", "easting": str(400_500 + 1_000 * square), "northing": "303500"}
        for square in range(200) for n in range(60 if square else 50)
    ]  # fmt: skip
    put(home, tmp_path, at(1), "addresses", rows)
    events = [(400_500.0 + 1_000 * square, 303_500.0, 19_000 + square) for square in range(200)]
    events += [(402_500.0, 303_500.0, 19_000)] * 5 + [(403_500.0, 303_500.0, 19_000)] * 3
    found = square_rates(
        records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC)), HOMES, "leicestershire", points(events), 1_000
    )
    assert found.table is not None
    assert [row["x"] for row in found.table.records()] == [402_500, 403_500]


@pytest.mark.parametrize(
    ("named", "has_register", "wrong", "said"),
    [
        ("residential_burglary", False, NothingHeld, "no address register of the force is held"),
        ("theft_of_motor_vehicle", True, RequestInvalid, "what is exposed to this crime is not counted"),
    ],
)
def test_without_a_denominator_no_rate_is_given(
    tmp_path: Path, named: str, has_register: bool, wrong: type[Exception], said: str
) -> None:
    home = tmp_path / "home"
    records = register(home, tmp_path) if has_register else records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC))
    with pytest.raises(wrong, match=said):
        square_rates(records, measure(named), "leicestershire", points(EVENTS), 1_000)


def test_another_forces_register_is_no_denominator(tmp_path: Path) -> None:
    with pytest.raises(NothingHeld):
        square_rates(register(tmp_path / "home", tmp_path), HOMES, "kent", points(EVENTS), 1_000)


def test_what_is_asked_where_nothing_is_chosen_is_a_measure_there_is(tmp_path: Path) -> None:
    assert [measure(name).id for name in FIRST] == list(FIRST)
    with pytest.raises(NothingHeld, match="No burglary of this force is held"):
        burglary_measure(register(tmp_path / "home", tmp_path), "leicestershire")
