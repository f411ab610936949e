"""The map of Saltmere: real in shape only, in the sea, with codes and names of its own, and good enough for the gate."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from fourfold.codes import areas
from fourfold.demo.geography import land, written_geography
from fourfold.records.places import to_national_grid, to_wgs84
from tests.conftest import OPEN_DATA, CommandLine


@pytest.fixture(scope="module")
def geography(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("geography")
    return {path.name: path for path in written_geography(folder)}


@pytest.mark.slow
def test_every_corner_and_every_house_converts_both_ways_within_a_tenth_of_a_metre() -> None:
    here = land()
    corners = shapely.get_coordinates(here.shapes)
    streets = np.arange(len(here.streets.area))
    last = np.column_stack(here.points(streets, here.streets.houses - 1))
    first = np.column_stack(here.points(streets, np.zeros_like(streets)))
    east, north = np.concatenate((corners, first, last)).T.astype(float)
    longitude, latitude = to_wgs84(east, north)
    again_east, again_north = to_national_grid(longitude.round(7), latitude.round(7))
    assert np.hypot(again_east - east, again_north - north).max() < 0.1


def test_it_lies_in_the_sea_far_from_any_real_area() -> None:
    bounds = shapely.total_bounds(land().shapes)
    assert (
        bounds[0] > 560_000
    )  # metres east: some 100 km off the coast of Northumberland and Yorkshire at these northings
    assert 535_000 < bounds[1] < bounds[3] < 580_000


def test_no_code_is_that_of_a_real_area(geography: dict[str, Path]) -> None:
    real = set()
    for path in (OPEN_DATA / "geography").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                real |= {value for name, value in row.items() if name.endswith("_code")}
    invented = set()
    for path in geography.values():
        if path.suffix == ".geojson":
            for feature in json.loads(path.read_text())["features"]:
                invented |= {value for name, value in feature["properties"].items() if name.endswith("_code")}
    assert len(invented) == 1719 + 42 + 192 + 7 + 1
    assert invented & real == set()


def test_every_file_says_fictitious_in_its_name_and_keeps_the_attribution(geography: dict[str, Path]) -> None:
    assert all("FICTITIOUS" in name for name in geography)
    for path in geography.values():
        if path.suffix == ".geojson":
            head = path.read_text()[:400]
            assert "FICTITIOUS" in head
            assert "Open Government Licence v3.0" in head


@pytest.mark.slow
def test_the_gate_takes_all_of_it(geography: dict[str, Path], fourfold: CommandLine) -> None:
    done = fourfold("import", *geography.values(), "--json").json
    assert sum(batch["account"]["rejected"] for batch in done) == 0
    assert all(not batch["flags"] and not batch["unparsed"] for batch in done)


@pytest.mark.parametrize("layer", ["lsoa11", "lsoa21", "ward24", "ltla24", "pfa24"])
def test_areas_of_a_layer_cover_the_force_and_do_not_overlap(layer: str, geography: dict[str, Path]) -> None:
    path = geography[f"boundaries_{layer}_saltmere_FICTITIOUS.geojson"]
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in json.loads(path.read_text())["features"]])
    whole = shapely.union_all(shapes)
    assert shapely.is_valid(shapes).all()
    assert whole.geom_type == "Polygon"
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-5)


def test_units_are_those_of_the_list_and_the_largest_council_has_two() -> None:
    listed = {a.name for a in areas.areas_of_layer("lpa") if a.is_fictitious}
    assert set(land().units) == listed
    assert {u for u, c in zip(land().units, land().council, strict=True) if c == 0} == {
        "Saltmere East",
        "Saltmere West",
    }


def test_every_house_lies_in_its_small_area() -> None:
    here = land()
    streets = np.arange(len(here.streets.area))
    for house in (np.zeros_like(streets), here.streets.houses // 2, here.streets.houses - 1):
        east, north = here.points(streets, house)
        assert shapely.contains_xy(here.shapes[here.streets.area], east, north).all()
