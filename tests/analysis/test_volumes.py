"""Counts by the fast path are those of plain loops over the rows of the files, for every measure."""

from __future__ import annotations

import csv
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.analysis import volumes
from fourfold.analysis.findings import finding_from_dict
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure, measures
from fourfold.codes.offences import offences
from fourfold.codes.periods import Window, months, parse_window
from fourfold.codes.police_uk import current_categories
from fourfold.errors import CodeUnknown, NothingHeld, RequestInvalid
from fourfold.publications.register import traced
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from tests.conftest import OPEN_DATA

STREET_HEADER = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type"
HO_HEADER = "YEAR,FINANCIAL_QUARTER,FORCE_NAME,OFFENCE_DESCRIPTION,OFFENCE_GROUP,OFFENCE_SUBGROUP,OFFENCE_CODE,NUMBER_OF_OFFENCES"
APRIL_TO_JUNE = parse_window("2022-04", "2022-06")
NOW = datetime(2022, 12, 1, tzinfo=UTC)


def clock() -> datetime:
    return NOW


def held(made: str, files: dict[str, list[list[str]]]) -> Records:
    """Records imported from files by the ordinary gate."""
    paths = []
    for name, rows in files.items():
        path = Path(made) / name
        with path.open("w", newline="") as out:
            csv.writer(out).writerows(rows)
        paths.append(path)
    home = Path(made) / "home"
    import_files(home, paths, clock=clock)
    return records_as_at(home, datetime(2023, 1, 1, tzinfo=UTC))


STREET_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b", "c"]),
        st.sampled_from(["Leicestershire Police", "British Transport Police", "Staffordshire Police"]),
        st.sampled_from([c.title for c in current_categories()]),
    ),
    max_size=25,
)


@pytest.mark.slow
@settings(max_examples=25)
@given(st.fixed_dictionaries(dict.fromkeys(("2022-04", "2022-05", "2022-06"), STREET_ROWS)))
def test_police_uk_measures_count_what_a_plain_loop_counts(files: dict[str, list[tuple[str, str, str]]]) -> None:
    rows = [(month, *row) for month, held_rows in files.items() for row in held_rows]
    with tempfile.TemporaryDirectory() as made:
        records = held(
            made,
            {
                f"{month}-leicestershire-street.csv": [
                    STREET_HEADER.split(","),
                    ["", month, "Leicestershire Police", "Leicestershire Police", "", "", "", "", "", "Drugs"],
                    *(
                        [ref, month, force, "Leicestershire Police", "", "", "", "", "", kind]
                        for ref, force, kind in held_rows
                    ),
                ]
                for month, held_rows in files.items()
            },
        )
        every = [*rows, *((month, "", "Leicestershire Police", "Drugs") for month in files)]
        titles = {c.id: c.title for c in current_categories()}
        for one in (m for m in measures() if m.basis == "police_uk_category"):
            wanted = {titles[code] for code in one.codes if code in titles}
            own = [r for r in every if r[2] == "Leicestershire Police" and r[3] in wanted]
            scope = Scope(force_id="leicestershire")
            assert volumes.count(records, one, scope, APRIL_TO_JUNE).value == len(own)
            series = volumes.series(records, one, scope)
            assert series.table is not None
            assert dict(series.table.rows) == {f"{m}-01": sum(r[0] == m for r in own) for m in files}
            btp = sum(r[2] == "British Transport Police" and r[3] in wanted for r in every)
            assert volumes.recorded_by_btp(records, one, scope, APRIL_TO_JUNE).value == btp


CODES = [str(o.code) for o in offences() if o.code not in ("AF", "CIFAS", "FFA UK", "UK Finance")]
HO_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["2021/22", "2022/23"]), st.integers(1, 4), st.sampled_from(["WEST MIDLANDS", "KENT"]),
        st.sampled_from(CODES), st.integers(-5, 900),
    ),
    max_size=60,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=25)
@given(HO_ROWS)
def test_measures_of_offence_codes_add_up_what_a_plain_loop_adds_up(rows: list[tuple[str, int, str, str, int]]) -> None:
    # One row of each force and quarter, so that every quarter is held.
    whole = [
        (y, q, f, "99", 0) for y in ("2021/22", "2022/23") for q in (1, 2, 3, 4) for f in ("WEST MIDLANDS", "KENT")
    ]
    with tempfile.TemporaryDirectory() as made:
        table = [[y, str(q), f, "", "", "", code, str(n)] for y, q, f, code, n in [*whole, *rows]]
        records = held(made, {"prc.csv": [HO_HEADER.split(","), *table]})
        window = parse_window("2021-07", "2022-06")
        wanted_quarters = {("2021/22", 2), ("2021/22", 3), ("2021/22", 4), ("2022/23", 1)}
        for one in (m for m in measures() if m.basis == "offence_code" and not m.where and m.is_counted_over(window)):
            slow = sum(
                n
                for y, q, f, code, n in rows
                if (y, q) in wanted_quarters and f == "WEST MIDLANDS" and code in one.codes
            )
            found = volumes.count(records, one, Scope(force_id="west-midlands"), window)
            assert found.value == slow, one.id
            trace = traced(records.home, found)
            assert trace.agrees
            assert finding_from_dict(found.as_dict()) == found


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Records:
    home = tmp_path_factory.mktemp("real") / "home"
    street = OPEN_DATA / "street"
    files = [
        *sorted((OPEN_DATA / "geography").glob("*")),
        *sorted((OPEN_DATA / "demography").glob("*2020*")),
        street / "west-midlands" / "2018-06-west-midlands-api.csv.gz",
        street / "west-midlands" / "2011-02-west-midlands-street.csv.gz",
        street / "leicestershire" / "2022-10-leicestershire-street.csv.gz",
    ]
    import_files(home, files, clock=clock)
    return records_as_at(home, datetime(2023, 1, 1, tzinfo=UTC))


def test_the_force_is_more_than_its_areas_by_what_has_no_place(real: Records) -> None:
    scope, window = Scope(force_id="leicestershire"), parse_window("2022-10", "2022-10")
    crime = measure("police_uk_all_crime")
    whole = volumes.count(real, crime, scope, window).value
    by_council = volumes.breakdown(real, crime, scope, window, "ltla24").table
    assert by_council is not None
    placed = {code: n for code, _, n in by_council.rows if code is not None}
    assert len(placed) == 9
    unplaced = volumes.unplaced(real, crime, scope, window)
    assert whole == sum(placed.values()) + unplaced.parameters["without a place"]  # type: ignore[arg-type]
    for code, n in placed.items():
        in_area = Scope(force_id="leicestershire", level="ltla24", area_code=str(code))
        assert volumes.count(real, crime, in_area, window).value == n
    by_lsoa = volumes.breakdown(real, crime, scope, window, "lsoa11").table
    assert by_lsoa is not None
    assert sum(n for code, _, n in by_lsoa.rows if code is not None) == sum(placed.values())  # type: ignore[misc]


def test_the_api_form_tells_the_british_transport_police_apart(real: Records) -> None:
    scope, window = Scope(force_id="west-midlands"), parse_window("2018-06", "2018-06")
    everything = [measure("police_uk_all_crime"), measure("police_uk_anti_social_behaviour")]
    own = sum(volumes.count(real, m, scope, window).n for m in everything)
    btp = sum(volumes.recorded_by_btp(real, m, scope, window).n for m in everything)
    assert (own, btp) == (24_855, 180)


def test_the_form_of_2011_keeps_its_broad_types_by_other_names(real: Records) -> None:
    scope, window = Scope(force_id="west-midlands"), parse_window("2011-02", "2011-02")
    assert volumes.count(real, measure("police_uk_burglary"), scope, window).value == 2_444
    assert volumes.count(real, measure("police_uk_all_crime"), scope, window).n == 25_558 - 8_728
    placed = volumes.breakdown(real, measure("police_uk_burglary"), scope, window, "ltla24").table
    assert placed is not None  # its eastings and northings are placed like any others
    assert sum(n for code, _, n in placed.rows if code is not None) > 2_400  # type: ignore[misc]


def test_wards_that_are_not_supplied_are_said_to_be_so(real: Records) -> None:
    window = parse_window("2022-10", "2022-10")
    with pytest.raises(RequestInvalid, match="supplied"):
        volumes.breakdown(real, measure("police_uk_burglary"), Scope(force_id="leicestershire"), window, "ward24")
    wards = volumes.breakdown(
        real,
        measure("police_uk_burglary"),
        Scope(force_id="west-midlands"),
        parse_window("2018-06", "2018-06"),
        "ward24",
    )
    assert wards.table is not None
    assert len(wards.table.rows) > 100


def test_an_area_that_is_not_known_is_not_an_area_of_none(real: Records) -> None:
    window = parse_window("2022-10", "2022-10")
    crime = measure("police_uk_burglary")
    with pytest.raises(CodeUnknown):
        volumes.count(real, crime, Scope(force_id="leicestershire", level="ltla24", area_code="E06009999"), window)
    named = volumes.count(real, crime, Scope(force_id="leicestershire", level="lsoa11", area_code="E01013600"), window)
    assert named.area == "Leicester 003A, as recorded by Leicestershire Police"


def test_a_rate_is_the_count_over_the_residents(real: Records) -> None:
    scope, window = Scope(force_id="leicestershire"), parse_window("2022-10", "2022-10")
    counted = volumes.count(real, measure("police_uk_burglary"), scope, window)
    residents = volumes.population(real, scope, window.last)
    found = volumes.rate(counted, residents)
    assert found.value == pytest.approx(1000 * counted.n / residents.n)
    assert found.interval is not None
    assert found.interval.low < found.value < found.interval.high  # type: ignore[operator]
    assert residents.n == pytest.approx(1_111_000, rel=0.01)  # Leicestershire and Rutland at mid-2020


def test_a_month_that_is_not_held_is_not_a_month_of_none(real: Records) -> None:
    window = Window(date(2022, 9, 1), date(2022, 10, 31))
    found = volumes.count(real, measure("police_uk_drugs"), Scope(force_id="leicestershire"), window)
    assert found.value is None
    assert found.verdict is not None
    assert "September 2022" in found.verdict
    with pytest.raises(NothingHeld):
        volumes.count(
            real, measure("police_uk_drugs"), Scope(force_id="leicestershire"), parse_window("2022-07", "2022-07")
        )
    series = volumes.series(real, measure("police_uk_drugs"), Scope(force_id="leicestershire"))
    assert series.table is not None
    assert [row[0] for row in series.table.rows] == ["2022-10-01"]
    assert months(window)[1] == date(2022, 10, 1)


def test_codes_that_were_not_in_use_are_not_counted_as_none(tmp_path: Path) -> None:
    rows = [
        ["2016/17", "1", "WEST MIDLANDS", "", "", "", "28A", "500"],
        ["2022/23", "1", "WEST MIDLANDS", "", "", "", "28E", "9"],
    ]
    records = held(str(tmp_path), {"prc.csv": [HO_HEADER.split(","), *rows]})
    scope = Scope(force_id="west-midlands")
    early = volumes.count(records, measure("residential_burglary"), scope, parse_window("2016-04", "2016-06"))
    assert early.value is None
    assert "codes" in (early.verdict or "")
    assert volumes.count(records, measure("residential_burglary"), scope, parse_window("2022-04", "2022-06")).value == 9


def test_two_supplies_of_the_same_months_are_never_added(tmp_path: Path) -> None:
    rows = [["2022/23", "1", "WEST MIDLANDS", "", "", "", "39", "7"]]
    extract = tmp_path / "extract.csv"
    extract.write_text("When,Code\n2022-04-03,39\n2022-05-03,39\n2022-06-09,39\n")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'supplier = "Extract"\nforce = "west-midlands"\n[columns]\nrecorded_on = "When"\noffence_code = "Code"\n'
    )
    from fourfold.records.imports import Instructions
    from fourfold.records.suppliers.mappings import mapping_from_file

    records = held(str(tmp_path), {"prc.csv": [HO_HEADER.split(","), *rows]})
    import_files(records.home, [extract], clock=clock, instructions=Instructions(mapping=mapping_from_file(mapping)))
    records = records_as_at(records.home, datetime(2023, 1, 1, tzinfo=UTC))
    theft = measure("theft_from_the_person")
    with pytest.raises(RequestInvalid, match="More than one supply"):
        volumes.count(records, theft, Scope(force_id="west-midlands"), APRIL_TO_JUNE)
    chosen = Scope(force_id="west-midlands", stream="Extract")
    assert volumes.count(records, theft, chosen, APRIL_TO_JUNE).value == 3
    days = parse_window("2022-04-01", "2022-04-20")  # the extract holds days
    assert volumes.count(records, theft, chosen, days).value == 1
