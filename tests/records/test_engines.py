"""One figure, two engines: what PySpark counts over the parts is what Polars counts, in every word of the Finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import fourfold
from fourfold.analysis import comparisons, outcome_rates, volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.outcomes import outcome_measure
from fourfold.codes.periods import parse_window
from fourfold.errors import RequestInvalid
from fourfold.publications.exports import export
from fourfold.records import engines
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.engines import Spark
from fourfold.records.imports import Instructions, import_files, withdraw
from fourfold.records.suppliers.mappings import mapping_from_file
from tests.conftest import OPEN_DATA

pytestmark = pytest.mark.slow

FORCE = Scope(force_id="leicestershire")
LEICESTER = Scope(force_id="leicestershire", level="ltla24", area_code="E06000016")
ONE_LSOA = Scope(force_id="leicestershire", level="lsoa11", area_code="E01013649")
CRIME, BURGLARY = measure("police_uk_all_crime"), measure("police_uk_burglary")
SUMMER = parse_window("2021-06", "2021-08")

FIGURES: Mapping[str, Callable[[Records], Finding]] = {
    "a count of the force": lambda r: volumes.count(r, CRIME, FORCE, SUMMER),
    "a count of a council, by lookup": lambda r: volumes.count(r, CRIME, LEICESTER, SUMMER),
    "a count of an LSOA": lambda r: volumes.count(r, CRIME, ONE_LSOA, SUMMER),
    "a series": lambda r: volumes.series(r, BURGLARY, FORCE),
    "a breakdown by code": lambda r: volumes.breakdown(r, CRIME, FORCE, SUMMER, "code"),
    "a breakdown by LSOA": lambda r: volumes.breakdown(r, CRIME, FORCE, SUMMER, "lsoa11"),
    "a breakdown by council": lambda r: volumes.breakdown(r, CRIME, FORCE, SUMMER, "ltla24"),
    "a change": lambda r: comparisons.compared(r, BURGLARY, FORCE, parse_window("2021-08", "2021-09")),
    "rows without a place": lambda r: volumes.unplaced(r, CRIME, FORCE, SUMMER),
    "what the BTP recorded": lambda r: volumes.recorded_by_btp(r, CRIME, FORCE, SUMMER),
    "repeated references": lambda r: volumes.repeated_references(r, CRIME, FORCE, SUMMER),
    "counts that are published": lambda r: volumes.count(
        r, measure("robbery"), Scope(force_id="west-midlands"), parse_window("2017-04", "2017-09")
    ),
    "days within a month": lambda r: volumes.count(
        r, BURGLARY, Scope(force_id="west-midlands", stream="extract"), parse_window("2022-04-10", "2022-05-20")
    ),
    "crimes corrected by key, some cancelled": lambda r: volumes.count(
        r, measure("violence_flagged_as_business_crime"), Scope(force_id="kent"), parse_window("2022-04", "2022-05")
    ),
    "outcomes assigned": lambda r: outcome_rates.assigned_rate(
        r, CRIME, FORCE, SUMMER, outcome_measure("positive_police_uk")
    ),
    "a cohort": lambda r: outcome_rates.cohort_rate(
        r, BURGLARY, FORCE, SUMMER, 3, outcome_measure("positive_police_uk")
    ),
    "time to outcome": lambda r: outcome_rates.time_to_outcome(
        r, CRIME, LEICESTER, SUMMER, outcome_measure("positive_police_uk")
    ),
}

FILES = [
    *((month, "street") for month in ("06", "07", "08", "09")),
    *((month, "outcomes") for month in ("06", "07", "08", "09", "10", "11")),
]
OWN = "force,crime_ref,offence_code,recorded_at,status,status_on,is_business\n"
FIRST_EXTRACT = OWN + "".join(
    f"Kent,A{n},8N,2022-{4 + n % 2:02d}-03T12:00,recorded,,{'yes' if n % 3 else 'no'}\n" for n in range(30)
)
SECOND_EXTRACT = OWN + "".join(
    f"Kent,A{n},8N,2022-{4 + n % 2:02d}-04T12:00,{'cancelled,2022-06-01' if n % 2 else 'recorded,'},yes\n"
    for n in range(12)
)
CORRECTED = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type\n"
    + "".join(
        f"{n // 2},2021-07,{'Leicestershire' if n % 4 else 'British Transport'} Police,Leicestershire Police,"
        f"{'-1.1328,52.6369' if n % 3 else ','},,,,Burglary\n"
        for n in range(20)
    )
)
MAPPING = 'supplier = "extract"\nforce = "west-midlands"\n[columns]\nrecorded_on = "Day"\ncategory = "What"\n'
EXTRACT = "Day,What\n" + "".join(
    f"{f'2022-{4 + n % 2:02d}-{1 + n % 28:02d}' if n % 50 else 'not a day'},{'Burglary' if n % 5 else 'Drugs'}\n"
    for n in range(200)
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[datetime]]:
    """Records with a history: crimes, then boundaries, then a corrected month, then the correction withdrawn."""
    made = tmp_path_factory.mktemp("engines")
    moment = datetime(2022, 11, 1, tzinfo=UTC)
    instants: list[datetime] = []

    def clock() -> datetime:
        nonlocal moment
        moment += timedelta(seconds=1)
        return moment

    def imported(*paths: Path, instructions: Instructions | None = None) -> str:
        done = import_files(made / "home", paths, clock=clock, instructions=instructions)
        instants.append(clock())
        return done[-1].batch.batch_id

    leicestershire = OPEN_DATA / "street" / "leicestershire"
    files = [leicestershire / f"2021-{month}-leicestershire-{kind}.csv.gz" for month, kind in FILES]
    prc = OPEN_DATA / "home_office" / "home_office_prc_pfa_2017-18_quarterly_all_forces.csv.gz"
    imported(*files, prc)
    imported(OPEN_DATA / "geography" / "lsoa11_leicestershire_pfa.geojson")
    corrected = made / "2021-07-leicestershire-street.csv"
    corrected.write_text(CORRECTED)
    correction = imported(corrected)
    withdraw(made / "home", correction, reason="a test", clock=clock)
    instants.append(clock())
    (made / "mapping.toml").write_text(MAPPING)
    (made / "extract.csv").write_text(EXTRACT)
    imported(made / "extract.csv", instructions=Instructions(mapping=mapping_from_file(made / "mapping.toml")))
    for name, text in (("crimes_2022-04_to_2022-05.csv", FIRST_EXTRACT), ("crimes_2022-06.csv", SECOND_EXTRACT)):
        (made / name).write_text(text)
        imported(made / name)
    return made / "home", instants


def figure(named: str, records: Records) -> object:
    """A figure, or the fault that stands in its place."""
    try:
        return FIGURES[named](records).as_dict()
    except fourfold.FourfoldError as fault:
        return fault.as_dict()


HISTORY = (
    "a count of the force",
    "crimes corrected by key, some cancelled",
    "a breakdown by LSOA",
    "outcomes assigned",
)


def test_spark_counts_what_polars_counts(home: tuple[Path, list[datetime]], spark: Spark) -> None:
    folder, instants = home
    counts = []
    for at in instants:
        for named in FIGURES if at == instants[-1] else HISTORY:
            ours = figure(named, records_as_at(folder, at))
            assert figure(named, records_as_at(folder, at, engine=spark)) == ours, (named, at)
        counts.append(volumes.count(records_as_at(folder, at), CRIME, FORCE, SUMMER).value)
    # The history shows: the corrected month counts otherwise, and the withdrawal undoes it.
    assert counts[1] != counts[2]
    assert counts[1] == counts[3]


def test_records_without_a_row_count_the_same(tmp_path: Path, spark: Spark, street_file: Callable[..., Path]) -> None:
    import_files(
        tmp_path / "home", [street_file("2022-10-leicestershire-street.csv", [("Drugs", None, None)])],
        clock=lambda: datetime(2022, 12, 1, tzinfo=UTC),
    )  # fmt: skip
    at = datetime(2023, 1, 1, tzinfo=UTC)
    window = parse_window("2022-10", "2022-10")
    by_engine = [
        outcome_rates.assigned_rate(
            records_as_at(tmp_path / "home", at, **on), CRIME, FORCE, window, outcome_measure("positive_police_uk")
        )
        for on in ({}, {"engine": spark})
    ]
    assert by_engine[0] == by_engine[1]
    assert by_engine[0].value is None


def test_a_notebook_counts_on_spark(home: tuple[Path, list[datetime]], spark: Spark) -> None:
    asked = ("police_uk_burglary", "leicestershire", "2021-06", "2021-08")
    folder, instants = home
    ours = fourfold.open_force(folder, instants[-1]).count(*asked)
    assert fourfold.open_force(folder, instants[-1], engine=spark).count(*asked) == ours


def test_areas_that_only_points_tell_are_counted_by_points_and_refused_where_rows_are_joined(
    tmp_path: Path, spark: Spark, street_file: Callable[..., Path]
) -> None:
    # Of Staffordshire only the outlines of its councils are shipped: its points tell where a row lies.
    rows = [("Burglary", -2.1167, 52.8060), ("Burglary", -2.1167, 52.8060), ("Drugs", None, None)]
    files = [
        street_file("2022-05-staffordshire-street.csv", rows, force="Staffordshire"),
        OPEN_DATA / "geography" / "ltla24_wm_and_neighbour_forces.geojson",
    ]
    import_files(tmp_path / "home", files, clock=lambda: datetime(2022, 12, 1, tzinfo=UTC))
    at, window = datetime(2023, 1, 1, tzinfo=UTC), parse_window("2022-05", "2022-05")
    ours, theirs = (records_as_at(tmp_path / "home", at, engine=e) for e in (engines.POLARS, spark))
    whole = Scope(force_id="staffordshire")
    found = volumes.breakdown(ours, BURGLARY, whole, window, "ltla24")
    assert found.table is not None
    assert [row for row in found.table.rows if row[2]] == [("E07000197", "Stafford", 2)]
    assert volumes.breakdown(theirs, BURGLARY, whole, window, "ltla24") == found
    stafford = Scope(force_id="staffordshire", level="ltla24", area_code="E07000197")
    assert volumes.count(theirs, BURGLARY, stafford, window) == volumes.count(ours, BURGLARY, stafford, window)
    source = volumes.supply(theirs, BURGLARY, stafford)
    assert volumes.selected_rows(theirs, source, BURGLARY, stafford, window).collect().height == 2
    with pytest.raises(RequestInvalid, match="told by points"):
        volumes.rows_to_count(theirs, source, BURGLARY, stafford, window)


def test_without_pyspark_the_fault_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(RequestInvalid, match="not installed"):
        engines.spark()


def test_an_export_is_read_by_spark_and_counts_what_the_finding_says(
    home: tuple[Path, list[datetime]], spark: Spark, tmp_path: Path
) -> None:
    folder, instants = home
    records = records_as_at(folder, instants[-1])
    export(records, tmp_path / "out", at=instants[-1], tables=["crimes"])
    crimes = spark.session.read.parquet(str(tmp_path / "out" / "current" / "crimes"))
    codes = ", ".join(f"'{code}'" for code in CRIME.codes)
    summer = "recorded_month between '2021-06-01' and '2021-08-31'"
    counted = crimes.filter(
        f"is_counted and force_id = 'leicestershire' and category in ({codes}) and {summer}"
    ).count()
    assert counted == volumes.count(records, CRIME, FORCE, SUMMER).value
