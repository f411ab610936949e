"""Maps: every area in one class, the rows without a place said, the table beside, councils joined from their LSOAs."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis import volumes
from fourfold.analysis.comparisons import compared_by_area
from fourfold.analysis.findings import Table
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import parse_window, previous_year
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.publications import maps
from fourfold.records import places
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from tests.conftest import OPEN_DATA

OCTOBER = parse_window("2022-10", "2022-10")
SCOPE = Scope(force_id="leicestershire")


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_every_area_is_in_exactly_one_class(values: list[int]) -> None:
    classes = maps.classes_of([float(v) for v in values])
    for value in values:
        assert sum(c.low <= value <= c.high for c in classes) == 1
    assert sum(c.areas for c in classes) == len(values)
    assert len([c for c in classes if c.high > 0]) <= maps.CLASSES
    assert len({c.colour for c in classes}) == len(classes)
    assert [c.label for c in classes][:1] == (["none"] if 0 in values else [classes[0].label])


@given(st.lists(st.integers(-30, 30), min_size=1, max_size=60))
def test_every_change_is_in_exactly_one_class_from_the_greatest_fall_to_the_greatest_rise(values: list[int]) -> None:
    classes = maps.change_classes_of([float(v) for v in values])
    for value in values:
        assert sum(c.low <= value <= c.high for c in classes) == 1
    assert sum(c.areas for c in classes) == len(values)
    assert [c.low for c in classes] == sorted(c.low for c in classes)
    assert len([c for c in classes if c.low > 0]) <= 3
    assert len([c for c in classes if c.high < 0]) <= 3
    assert len({c.colour for c in classes}) == len(classes)
    assert len({c.label for c in classes}) == len(classes)


@pytest.mark.parametrize(
    ("low", "high", "is_change", "label"),
    [(0, 0, False, "none"), (4, 9, False, "4 to 9"), (0, 0, True, "no change"), (-8, -2, True, "fell by 2 to 8"),
     (-1, -1, True, "fell by 1"), (1, 1, True, "rose by 1"), (3, 12, True, "rose by 3 to 12")],
)  # fmt: skip
def test_a_class_is_said_in_words(low: float, high: float, is_change: bool, label: str) -> None:
    assert maps.ClassOfAreas(low, high, 1, "#fff", is_change).label == label


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    home = tmp_path_factory.mktemp("maps") / "home"
    geography = OPEN_DATA / "geography" / "lsoa11_leicestershire_pfa.geojson"
    month = OPEN_DATA / "street" / "leicestershire" / "2022-10-leicestershire-street.csv.gz"
    people = OPEN_DATA / "demography" / "population_mid2020_by_single_year_age_lsoa11_leicestershire.csv.gz"
    import_files(home, [geography, people, month], clock=lambda: datetime.now(UTC))
    return records_as_at(home, datetime(2100, 1, 1, tzinfo=UTC))


def drawn(records: Records, layer: str, with_rates: bool = False) -> maps.AreaMap:
    crime = measure("police_uk_vehicle_crime")
    by_area = volumes.breakdown(records, crime, SCOPE, OCTOBER, layer)
    rates = volumes.rates_by_area(records, by_area, SCOPE, layer) if with_rates else None
    shapes = places.shapes_of(records, "leicestershire", layer)
    return maps.area_map(by_area, shapes, volumes.unplaced(records, crime, SCOPE, OCTOBER), rates=rates)


def test_a_map_draws_every_area_and_says_what_it_leaves_out(records: Records) -> None:
    found = drawn(records, "lsoa11")
    assert sum(c.areas for c in found.classes) == 611 == len(found.table.rows)
    assert found.svg().count("<path") >= 611
    assert found.svg() == drawn(records, "lsoa11").svg()
    assert found.unplaced.endswith("rows have no place inside the force and are not on the map.")
    assert sum(int(n) for n in found.table.column("count")) + int(found.unplaced.split()[0]) == 656  # type: ignore[arg-type]
    for part in ("Leicestershire Police", "October 2022", "areas"):
        assert part in found.alternative


def test_councils_are_joined_from_their_lsoas(records: Records) -> None:
    shapes = places.shapes_of(records, "leicestershire", "ltla24")
    small = places.shapes_of(records, "leicestershire", "lsoa11")
    assert len(shapes) == 9
    whole = sum(shapely.area(s) for s in shapes.values())
    assert whole == pytest.approx(sum(shapely.area(s) for s in small.values()), rel=1e-3)
    found = drawn(records, "ltla24", with_rates=True)
    rates = dict(zip(found.table.column("code"), found.table.column("per 1,000 residents"), strict=True))
    leicester = volumes.count(
        records, measure("police_uk_vehicle_crime"), Scope(force_id="leicestershire", level="ltla24", area_code="E06000016"),
        OCTOBER,
    )  # fmt: skip
    residents = volumes.population(
        records, Scope(force_id="leicestershire", level="ltla24", area_code="E06000016"), OCTOBER.last
    )
    assert rates["E06000016"] == pytest.approx(1000 * leicester.n / residents.n)


def test_a_layer_without_boundaries_is_not_drawn(records: Records) -> None:
    with pytest.raises(RequestInvalid, match=r"supplied|boundar"):
        drawn(records, "ward22")


def test_a_map_is_written_with_its_table(records: Records, tmp_path: Path) -> None:
    found = drawn(records, "ltla24")
    picture, table = maps.written_map(found, tmp_path / "map.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    with table.open(newline="") as file:
        assert len(list(csv.reader(file))) == 10
    with pytest.raises(RequestInvalid):
        maps.written_map(found, tmp_path / "map.docx")


def test_maps_of_change_share_their_classes_and_each_area_adds_up(records: Records) -> None:
    crime = measure("police_uk_vehicle_crime")
    with pytest.raises(NothingHeld):  # October 2021 is not held here, and is not taken for none
        compared_by_area(records, crime, SCOPE, OCTOBER, "ltla24")
    now = volumes.breakdown(records, crime, SCOPE, OCTOBER, "ltla24")
    held = {code: n for code, _, n in now.table.rows if code}  # type: ignore[union-attr]
    changes = replace(
        now, kind="area changes", windows=(OCTOBER, previous_year(OCTOBER)),
        table=Table(
            columns=("area", "name", "count 1", "count 2", "change"),
            rows=tuple((code, code, n, 10, n - 10) for code, n in held.items()),  # type: ignore[operator]
        ),
    )  # fmt: skip
    shapes = places.shapes_of(records, "leicestershire", "ltla24")
    drawn = maps.change_map(changes, shapes, [volumes.unplaced(records, crime, SCOPE, OCTOBER)])
    assert len(drawn.spec["hconcat"]) == 3
    earlier, later, change = (panel["encoding"]["color"]["scale"] for panel in drawn.spec["hconcat"])
    assert earlier == later != change
    assert sum(c.areas for c in drawn.change_classes) == len(shapes) == 9
    assert drawn.svg() == maps.change_map(changes, shapes, [volumes.unplaced(records, crime, SCOPE, OCTOBER)]).svg()
    printed = drawn.printed()
    assert [column.heading for column in printed.columns] == ["Area", "October 2022", "October 2021", "Change"]
    sizes = [abs(int(re.sub(r"[^0-9]", "", row[3].text) or 0)) for row in printed.rows]  # type: ignore[union-attr]
    assert sizes == sorted(sizes, reverse=True)


@given(
    st.floats(50_000, 600_000), st.floats(50_000, 900_000), st.floats(1_000, 60_000), st.floats(1_000, 60_000)
)  # fmt: skip
def test_shapes_for_a_screen_keep_the_lengths_and_the_north_of_the_grid(
    east: float, north: float, width: float, height: float
) -> None:
    """Laid where Mercator's projection is true, a box of the grid is a box of the same sides, wherever it lies."""
    laid = json.loads(maps.flat_shapes({"A": shapely.box(east, north, east + width, north + height)}, {"A": "A"}))
    [[ring]] = [one["geometry"]["coordinates"] for one in laid["features"]]
    x = np.radians([p[0] for p in ring]) * 6_378_137.0
    y = np.log(np.tan(np.pi / 4 + np.radians([p[1] for p in ring]) / 2)) * 6_378_137.0
    assert max(x) - min(x) == pytest.approx(width, abs=3)
    assert max(y) - min(y) == pytest.approx(height, abs=3)
    assert (min(x) + max(x)) / 2 == pytest.approx(0, abs=3)
    assert (min(y) + max(y)) / 2 == pytest.approx(0, abs=3)
