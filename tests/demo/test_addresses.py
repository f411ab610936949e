"""The register of addresses of Saltmere: every house that a crime may be at, and those beside it, none of them real."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from fourfold.analysis.cocoons import BURGLED, SIDE, addresses_near, late_burglaries
from fourfold.analysis.streets import Stretch
from fourfold.demo.addresses import written_addresses, written_streets
from fourfold.demo.geography import land
from fourfold.records.as_at import records_as_at
from tests.demo.conftest import Saltmere


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    return pl.read_csv(written_addresses(tmp_path_factory.mktemp("register")), infer_schema_length=1)


def test_every_house_of_every_street_is_in_it_once_by_a_number_that_none_has(register: pl.DataFrame) -> None:
    assert register.height == int(land().streets.houses.sum())
    assert register["uprn"].n_unique() == register.height
    assert register["uprn"].str.contains(r"^X\d{11}$").all()  # a UPRN is of figures alone
    assert set(register["use"].unique()) == {"home"}
    assert register["force"].str.contains("FICTITIOUS").all()


def test_houses_of_a_street_stand_in_a_row_seven_metres_apart(register: pl.DataFrame) -> None:
    streets = land().streets
    first = int(streets.houses[:500].sum())
    for street in range(500, 520):
        own = register[first : first + int(streets.houses[street])]
        first += own.height
        assert own["number"].cast(pl.Int64).to_list() == list(range(1, own.height + 1))
        assert own["street"].n_unique() == 1
        steps = own.select(pl.col("easting", "northing").cast(pl.Int64).diff()).drop_nulls()
        for east, north in steps.iter_rows():
            assert 5 < (east**2 + north**2) ** 0.5 < 9


def test_every_house_stands_on_the_stretch_of_its_street(register: pl.DataFrame, tmp_path: Path) -> None:
    streets = pl.read_csv(written_streets(tmp_path), infer_schema_length=0)
    assert streets.height == len(land().streets.houses)
    assert streets["street_ref"].n_unique() == streets.height
    assert streets["street_ref"].str.contains(r"^S\d{8}$").all()  # a USRN is of figures alone
    assert streets["force"].str.contains("FICTITIOUS").all()
    first = 0
    for row, houses in zip(streets.head(400).iter_rows(named=True), land().streets.houses[:400], strict=True):
        own = register[first : first + int(houses)]
        first += own.height
        assert set(own["street"]) == {row["name"]}
        line = [int(row[name]) for name in ("begins_easting", "begins_northing", "ends_easting", "ends_northing")]
        one = Stretch(ref="", name="", begins=(line[0], line[1]), ends=(line[2], line[3]))
        places = [own[name].cast(pl.Float64).to_numpy() for name in ("easting", "northing")]
        assert float(one.metres_from(*places).max()) < 2  # whole metres are written of both


@pytest.mark.slow
def test_a_cocoon_of_last_weeks_burglary_names_the_homes_beside_it_and_the_streets_within_reach(
    saltmere: Saltmere, register: pl.DataFrame
) -> None:
    home: Path = saltmere.folder.parent
    late = late_burglaries(records_as_at(home, datetime.now(UTC)), "saltmere").rows(named=True)
    number_of = dict(register.select("uprn", pl.col("number").cast(pl.Int64)).iter_rows())
    street_of = dict(register.select("uprn", "street").iter_rows())
    assert len(late) >= 5
    with_neighbours = 0
    for row in late[:5]:
        told = saltmere.fourfold("places", "cocoon", "saltmere", row["crime_ref"], "--json").json
        assert told["are_homes_held"]
        burgled = next(one for one in told["homes"] if one["relation"] == BURGLED)
        beside = [
            one
            for one in told["homes"]
            if one["relation"] == SIDE and street_of[one["uprn"]] == street_of[burgled["uprn"]]
        ]
        assert burgled["metres"] == 0
        with_neighbours += bool(beside)
        for one in beside:  # at most four houses either way
            assert 1 <= abs(number_of[one["uprn"]] - number_of[burgled["uprn"]]) <= 4
        names = {one["name"] for one in told["streets"]}
        assert street_of[burgled["uprn"]] in names
    assert with_neighbours >= 4  # some streets have one house


@pytest.mark.slow
def test_what_is_near_is_told_as_a_look_through_the_whole_register_tells_it(
    saltmere: Saltmere, register: pl.DataFrame
) -> None:
    records = records_as_at(saltmere.folder.parent, datetime.now(UTC))
    whole = register.with_columns(pl.col("easting", "northing").cast(pl.Int64))
    for row in late_burglaries(records, "saltmere").rows(named=True)[:5]:
        near = addresses_near(records, "saltmere", row["easting"], row["northing"], 400)
        plain = [
            uprn for uprn, east, north in whole.select("uprn", "easting", "northing").iter_rows()
            if abs(east - row["easting"]) <= 400 and abs(north - row["northing"]) <= 400
        ]  # fmt: skip
        assert near["uprn"].sort().to_list() == sorted(plain)
