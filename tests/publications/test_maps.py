"""Maps: every area in one class, the rows without a place said, the table beside, councils joined from their LSOAs."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis import volumes
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import parse_window
from fourfold.errors import RequestInvalid
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
