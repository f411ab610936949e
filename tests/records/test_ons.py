"""Boundaries, lookups and populations of the ONS, as the shipped files have them and as faulty ones do."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import shapely

from fourfold.errors import FileUnreadable, LayoutUnknown
from fourfold.records.delimited import delimited
from fourfold.records.reading import readings
from fourfold.records.suppliers import ons
from tests.conftest import OPEN_DATA

GEOGRAPHY = OPEN_DATA / "geography"


@pytest.mark.parametrize(
    ("file", "layer", "areas"),
    [
        ("lsoa11_leicestershire_pfa", "lsoa11", 611),
        ("lsoa11_west_midlands_pfa", "lsoa11", 1680),
        ("lsoa21_west_midlands_pfa", "lsoa21", 1719),
        ("ward22_west_midlands_pfa", "ward22", 192),
        ("ltla24_wm_and_neighbour_forces", "ltla24", 30),
        ("pfa24_wm_and_neighbours", "pfa24", 4),
    ],
)
def test_every_feature_of_the_shipped_boundaries_is_kept_under_its_layer(file: str, layer: str, areas: int) -> None:
    path = GEOGRAPHY / f"{file}.geojson"
    assert ons.recognises_geojson(path)
    reading, found = ons.received_geojson(path)
    table = found.tables["boundaries"]
    assert (table["layer"].unique().to_list(), table.height, reading.account.accepted) == ([layer], areas, areas)
    assert reading.account.is_balanced
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    assert shapely.is_valid(shapes).all()
    # West Midlands is about 902 square kilometres: the shapes are in metres of the National Grid.
    if file == "lsoa11_west_midlands_pfa":
        assert shapely.area(shapes).sum() / 1e6 == pytest.approx(902, rel=0.01)


def test_a_feature_without_code_or_shape_is_returned(tmp_path: Path) -> None:
    square = {"type": "Polygon", "coordinates": [[[-1.1, 52.6], [-1.0, 52.6], [-1.0, 52.7], [-1.1, 52.6]]]}
    abroad = {"type": "Polygon", "coordinates": [[[2.1, 48.6], [2.2, 48.6], [2.2, 48.7], [2.1, 48.6]]]}
    bow_tie = {
        "type": "Polygon",
        "coordinates": [[[-1.1, 52.6], [-1.0, 52.7], [-1.0, 52.6], [-1.1, 52.7], [-1.1, 52.6]]],
    }
    features = [
        {"properties": {"lsoa11_code": "E1", "lsoa11_name": "One"}, "geometry": square},
        {"properties": {"lsoa11_name": "None"}, "geometry": square},
        {"properties": {"lsoa11_code": "E2"}, "geometry": None},
        {"properties": {"lsoa11_code": "E3"}, "geometry": abroad},
        {"properties": {"lsoa11_code": "E4"}, "geometry": bow_tie},
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    reading, found = ons.received_geojson(path)
    assert [r.line for r in reading.rejects] == [2, 3, 4]
    assert reading.account.is_balanced
    assert found.tables["boundaries"]["code"].to_list() == ["E1", "E4"]
    assert found.flags == {"shape mended": 1}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"type": "FeatureCollection", "features": [', FileUnreadable),
        ('{"type": "FeatureCollection", "features": []}', LayoutUnknown),
        ('{"type": "FeatureCollection", "features": [{"properties": {"NAME": "x"}}]}', LayoutUnknown),
    ],
)
def test_a_file_that_holds_no_boundaries_says_so(tmp_path: Path, text: str, kind: type[Exception]) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(kind):
        ons.received_geojson(path)


def test_populations_add_up_to_the_published_totals() -> None:
    path = OPEN_DATA / "demography" / "population_mid2020_by_single_year_age_lsoa11_leicestershire.csv.gz"
    (reading,) = readings(path)
    assert ons.recognises(reading.header, path.name)
    found = ons.received(reading, path.name)
    table = found.tables["populations"]
    total = reading.rows["total_population"].str.replace_all(",", "").cast(pl.Int64).sum()
    assert table["n"].sum() == total
    assert table["age"].max() == 90
    assert table["on"].unique().to_list()[0].isoformat() == "2020-06-30"
    assert not found.flags
    assert not found.unparsed


def test_a_population_that_does_not_add_up_is_flagged_and_an_unreadable_one_counted() -> None:
    text = "lsoa11_name,lsoa11_code,total_population,0,1,90+\nA,E1,6,1,2,3\nB,E2,9,1,2,3\nC,E3,3,1,2,x\n"
    found = ons.received(delimited("mid2020.csv", text.encode()), "mid2020.csv")
    assert found.flags == {"ages that do not add up to the total": 1}
    assert found.unparsed == {"age": 1}
    assert found.tables["populations"].height == 8


def test_a_lookup_gives_each_pair_of_small_and_larger_area() -> None:
    path = GEOGRAPHY / "lookup_lsoa21_ward24_ltla24_pfa24_wm_and_neighbours.csv"
    (reading,) = readings(path)
    table = ons.received(reading, path.name).tables["area_lookups"]
    birmingham = table.filter(
        (pl.col("small_layer") == "lsoa21") & (pl.col("layer") == "ltla24") & (pl.col("code") == "E08000025")
    )
    plain = sum(1 for line in path.read_text().splitlines()[1:] if line.split(",")[0].strip('"') == "E08000025")
    assert birmingham.height == plain
    assert set(table["layer"]) == {"ward24", "ltla24", "csp24", "pfa24"}
