"""Points are placed by OSTN15 to 0.1 m, and in the area that holds them; what has no place is kept and said."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fourfold.records import places
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.places import Boundaries
from fourfold.records.suppliers import ons
from tests.conftest import OPEN_DATA

# Ordnance Survey's own test points for OSTN15 (OSTN15_OSGM15 developer pack; contains OS data, Crown copyright 2016).
OS_TEST_POINTS = [
    ("TP01", 49.92226393730, -6.29977752014, 91492.146, 11318.804),
    ("TP02", 49.96006137820, -5.20304609998, 170370.718, 11572.405),
    ("TP03", 50.43885825610, -4.10864563561, 250359.811, 62016.569),
    ("TP04", 50.57563665000, -1.29782277240, 449816.371, 75335.861),
    ("TP05", 50.93127937910, -1.45051433700, 438710.920, 114792.250),
    ("TP06", 51.40078220140, -3.55128349240, 292184.870, 168003.465),
    ("TP07", 51.37447025550, 1.44454730409, 639821.835, 169565.858),
    ("TP08", 51.42754743020, -2.54407618349, 362269.991, 169978.690),
    ("TP09", 51.48936564950, -0.11992557180, 530624.974, 178388.464),
    ("TP10", 51.85890896400, -4.30852476960, 241124.584, 220332.641),
    ("TP11", 51.89436637350, 0.89724327012, 599445.590, 225722.826),
    ("TP20", 53.80021519630, -1.66379168242, 422242.186, 433818.701),
    ("TP30", 57.48625000720, -4.21926398555, 267056.768, 846176.972),
    ("TP40", 60.13308091660, -2.07382822798, 395999.668, 1138728.951),
]


@pytest.mark.parametrize(("name", "latitude", "longitude", "easting", "northing"), OS_TEST_POINTS)
def test_the_ordnance_surveys_own_points_come_out_within_a_tenth_of_a_metre(
    name: str, latitude: float, longitude: float, easting: float, northing: float
) -> None:
    e, n = places.to_national_grid(np.array([longitude]), np.array([latitude]))
    assert abs(e[0] - easting) < 0.1, name
    assert abs(n[0] - northing) < 0.1, name
    back_longitude, back_latitude = places.to_wgs84(np.array([easting]), np.array([northing]))
    assert abs(back_latitude[0] - latitude) < 1e-6
    assert abs(back_longitude[0] - longitude) < 2e-6


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [(2.3522, 48.8566), (0.0, 0.0), (52.48, -1.89), (-200.0, 52.0), (np.nan, np.nan), (np.inf, 52.0)],
)
def test_a_point_outside_britain_has_no_grid_reference(longitude: float, latitude: float) -> None:
    e, n = places.to_national_grid(np.array([longitude]), np.array([latitude]))
    assert np.isnan(e[0])
    assert np.isnan(n[0])


def squares() -> Boundaries:
    """Four squares of 10 m about the middle of England, two and two: E1 E2 below, E3 E4 above, in one council."""
    rows = [
        ("lsoa11", f"E{1 + x + 2 * y}", f"Square {x} {y}", "E06000016", shapely.box(450000 + 10 * x, 300000 + 10 * y,
         450010 + 10 * x, 300010 + 10 * y))
        for x in (0, 1) for y in (0, 1)
    ]  # fmt: skip
    return Boundaries(
        pl.DataFrame(
            [(layer, code, name, council, shapely.to_wkb(shape)) for layer, code, name, council, shape in rows],
            schema=["layer", "code", "name", "ltla24_code", "wkb"],
            orient="row",
        )
    )


@given(st.lists(st.tuples(st.integers(-5, 25), st.integers(-5, 25)), min_size=1, max_size=40))
def test_points_are_placed_as_a_slow_look_at_each_square_places_them(points: list[tuple[int, int]]) -> None:
    held = squares()

    def slow(x: int, y: int) -> str | None:
        # A point on a shared edge goes to the first code.
        inside = [
            f"E{1 + i + 2 * j}"
            for j in (0, 1)
            for i in (0, 1)
            if 10 * i <= x <= 10 * i + 10 and 10 * j <= y <= 10 * j + 10
        ]
        return min(inside, default=None)

    easting = np.array([450000.0 + x for x, _ in points])
    northing = np.array([300000.0 + y for _, y in points])
    assert held.placed("lsoa11", easting, northing).to_list() == [slow(x, y) for x, y in points]


def test_a_point_without_coordinates_is_placed_nowhere() -> None:
    found = squares().placed("lsoa11", np.array([np.nan, 450001.0]), np.array([np.nan, 300001.0]))
    assert found.to_list() == [None, "E1"]
    assert squares().placed("ward24", np.array([450001.0]), np.array([300001.0])).to_list() == [None]


def rows(points: list[tuple[float | None, float | None]], force: str = "leicestershire") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "longitude": [p[0] for p in points],
            "latitude": [p[1] for p in points],
            "easting": [None] * len(points),
            "northing": [None] * len(points),
            "file_force_id": [force] * len(points),
        },
        schema_overrides={
            "longitude": pl.Float64,
            "latitude": pl.Float64,
            "easting": pl.Float64,
            "northing": pl.Float64,
        },
    )


@pytest.fixture(scope="module")
def leicestershire() -> Boundaries:
    _, found = ons.received_geojson(OPEN_DATA / "geography" / "lsoa11_leicestershire_pfa.geojson")
    return Boundaries(found.tables["boundaries"])


def test_each_row_is_said_to_have_a_place_or_why_it_has_none(leicestershire: Boundaries) -> None:
    points: list[tuple[float | None, float | None]] = [
        (-1.1328, 52.6369), (None, None), (2.3522, 48.8566), (-1.8904, 52.4862), (-1.1328, None),
    ]  # fmt: skip
    found = places.placed(rows(points), leicestershire)
    assert found["place_status"].to_list() == [
        places.PLACED, places.NO_COORDINATES, places.OUTSIDE_BRITAIN, places.OUTSIDE_FORCE, places.NO_COORDINATES,
    ]  # fmt: skip
    assert leicestershire.council_of("lsoa11")[found["lsoa11_code"][0]] == "E06000016"  # Leicester
    assert found["lsoa11_code"].null_count() == 4
    assert found.height == len(points)


def test_where_no_boundary_of_the_force_is_held_the_row_says_so(leicestershire: Boundaries) -> None:
    for held in (None, leicestershire):
        found = places.placed(rows([(-1.8904, 52.4862)], "west-midlands"), held)
        assert found["place_status"].to_list() == [places.NO_BOUNDARY]


def test_rows_keep_their_order_and_repeats(leicestershire: Boundaries) -> None:
    points = [(-1.1328, 52.6369), (-1.20, 52.60), (-1.1328, 52.6369), (None, None)] * 50
    given_rows = rows(points).with_columns(pl.int_range(len(points)).alias("line_number"))
    found = places.placed(given_rows, leicestershire)
    assert found["line_number"].to_list() == list(range(len(points)))
    assert found["longitude"].to_list() == [p[0] for p in points]


def test_the_shipped_open_data_is_as_it_was_received() -> None:
    listed = (OPEN_DATA / "SHA256SUMS").read_text().split("\n")
    sums = {
        name.strip().removeprefix("./"): digest for digest, _, name in (line.partition("  ") for line in listed if line)
    }
    files = {str(p.relative_to(OPEN_DATA)) for p in OPEN_DATA.rglob("*") if p.is_file()}
    assert files - {"README.md", "SHA256SUMS"} == set(sums)
    for name, digest in sums.items():
        assert hashlib.sha256((OPEN_DATA / name).read_bytes()).hexdigest() == digest, name


def test_a_force_without_small_areas_is_placed_by_the_larger_boundaries_that_are_held(tmp_path: Path) -> None:
    text = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type\n"
    rows_of_file = [
        "a,2022-05,Staffordshire Police,Staffordshire Police,-2.1167,52.8060,x,,,Burglary",  # Stafford, no LSOA given
        "b,2022-05,Staffordshire Police,Staffordshire Police,-2.1167,52.8060,x,E01029690,Stafford,Burglary",
        "c,2022-05,Staffordshire Police,Staffordshire Police,-1.8904,52.4862,x,,,Burglary",  # Birmingham
        "d,2022-05,Staffordshire Police,Staffordshire Police,,,No Location,,,Burglary",
    ]
    path = tmp_path / "2022-05-staffordshire-street.csv"
    path.write_text(text + "\n".join(rows_of_file) + "\n")
    home = tmp_path / "home"
    geography = [p for p in (OPEN_DATA / "geography").iterdir() if "leicestershire" not in p.name]
    import_files(home, [*sorted(geography), path], clock=lambda: datetime.now(UTC))
    records = records_as_at(home, datetime.now(UTC))
    found = places.with_area_codes(records.table("crimes"), "ltla24", records).collect().sort("crime_ref")
    assert found["place_status"].to_list() == [
        places.PLACED, places.PLACED, places.OUTSIDE_FORCE, places.NO_COORDINATES,
    ]  # fmt: skip
    assert found["area:ltla24"].to_list() == ["E07000197", "E07000197", None, None]
    by_lsoa = places.with_area_codes(records.table("crimes"), "lsoa11", records).collect().sort("crime_ref")
    assert by_lsoa["area:lsoa11"].to_list() == [None, "E01029690", None, None]


@pytest.mark.slow
def test_boundaries_that_come_after_the_crimes_place_them_from_then_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    street = OPEN_DATA / "street"
    months = [
        street / "leicestershire" / "2022-10-leicestershire-street.csv.gz",
        street / "west-midlands" / "2011-02-west-midlands-street.csv.gz",  # in metres, not degrees
    ]
    geography = [
        OPEN_DATA / "geography" / f"lsoa11_{force}_pfa.geojson" for force in ("leicestershire", "west_midlands")
    ]
    clock = lambda: datetime.now(UTC)  # noqa: E731
    import_files(home, months, clock=clock)
    before = clock()
    import_files(home, geography, clock=clock)
    late = records_as_at(home, clock()).table("crimes").collect()
    assert set(records_as_at(home, before).table("crimes").collect()["place_status"]) <= {
        places.NO_BOUNDARY, places.NO_COORDINATES,
    }  # fmt: skip

    in_order = tmp_path / "in order"
    import_files(in_order, [*geography, *months], clock=clock)
    early = records_as_at(in_order, clock()).table("crimes").collect()
    columns = ["line_number", "easting", "northing", "lsoa11_code", "lsoa21_code", "place_status"]
    key = ["file_force_id", "line_number"]
    assert late.sort(key).select(columns).equals(early.sort(key).select(columns))
    assert late.columns == early.columns
