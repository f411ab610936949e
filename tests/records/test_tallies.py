"""A count from tallies is the count from rows: whatever was replaced, withdrawn or placed anew, at every instant."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.analysis import volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window, month_end, parse_window
from fourfold.publications.register import traced
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.corrections import REPLACED, counted_by_batch, replaced_rows
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake, columns_of, write_json, write_part
from fourfold.records.tallies import COUNTED_BY, tally
from tests.conftest import OPEN_DATA

START = datetime(2022, 11, 1, tzinfo=UTC)
FORCES = ("leicestershire", "west-midlands", "btp")
FILES = FORCES[:2]
KEY = ("file_force_id", "crime_ref")
MONTHS = (date(2022, 4, 1), date(2022, 5, 1), date(2022, 6, 1))

ROW = st.fixed_dictionaries(
    {
        "force_id": st.sampled_from((*FORCES, None)),
        "recorded_on": st.dates(MONTHS[0], month_end(MONTHS[-1])) | st.none(),
        "category": st.sampled_from(("burglary", "robbery", None)),
        "lsoa11_code": st.sampled_from(("E01000001", "E01000002", None)),
        "place_status": st.sampled_from(("placed", "no coordinates", "outside the force")),
        "is_repeated_id": st.booleans(),
        "crime_ref": st.sampled_from(("a", "b", "c", None)),
        "status": st.sampled_from((None, "recorded", "cancelled")),
        "status_on": st.sampled_from((None, date(2022, 10, 1), date(2023, 10, 1))),
    }
)
BATCH = st.tuples(
    st.sampled_from(("street", "extract", "own")),
    st.sampled_from(FILES),
    st.lists(ROW, max_size=12),
    st.none() | st.integers(1, 6),  # withdrawn, so many hours after it was committed
)
WINDOW = st.tuples(st.dates(MONTHS[0], month_end(MONTHS[-1])), st.integers(0, 90)).map(
    lambda drawn: Window(drawn[0], min(drawn[0] + timedelta(days=drawn[1]), month_end(MONTHS[-1])))
) | st.sampled_from([Window(a, month_end(b)) for a in MONTHS for b in MONTHS if a <= b])


def hours(n: int) -> datetime:
    return START + timedelta(hours=n)


def put(home: Path, at: int, stream: str, file_force: str, rows: list[dict[str, object]], gone: int | None) -> None:
    """A batch committed `at` hours after the start, withdrawn `gone` hours later. Those of "own" correct by key."""
    lake = Lake(home).prepared()
    folder = lake.batches_folder / f"{at:016x}"
    folder.mkdir()
    frame = pl.DataFrame(
        [{**row, "line_number": n, "file_force_id": file_force} for n, row in enumerate(rows, 2)],
        schema={
            "line_number": pl.Int64, "file_force_id": pl.String, "force_id": pl.String, "recorded_on": pl.Date,
            "category": pl.String, "lsoa11_code": pl.String, "place_status": pl.String, "is_repeated_id": pl.Boolean,
            "crime_ref": pl.String, "status": pl.String, "status_on": pl.Date,
        },
    ).with_columns(
        pl.lit(folder.name).alias("batch_id"), pl.lit("day").alias("date_precision"),
        pl.col("recorded_on").dt.month_start().alias("recorded_month"), (pl.col("force_id") == "btp").alias("is_btp"),
    )  # fmt: skip
    write_part(columns_of("crimes", frame), folder / "crimes.parquet")
    months = sorted({m.isoformat() for m in frame["recorded_month"].drop_nulls()})
    manifest: dict[str, object] = {
        "batch_id": folder.name, "file_name": "a.csv", "content_hash": folder.name, "supplier": stream, "dataset": stream,
        "stream": stream, "force_id": None, "committed_at": hours(at).isoformat(), "encoding": "utf-8",
        "coverage": {file_force: months}, "account": {}, "flags": {}, "unparsed": {}, "tables": {"crimes": len(rows)},
        "mapping_version": "1", "code_lists": {}, "boundaries": [], "code_version": "0", "is_open": True, "source": "",
        "notes": [],
    }  # fmt: skip
    if at % 2:  # as manifests were before they named the forces
        manifest["forces"] = sorted({str(r["force_id"]) for r in rows if r["force_id"]})
    if stream == "own":
        earlier = [b.folder / "crimes.parquet" for b in lake.batches() if b.stream == "own" and not b.withdrawn_at]
        own = pl.read_parquet(folder / "crimes.parquet", columns=["line_number", *KEY])
        replaced = replaced_rows(own, KEY, earlier, folder.name)
        write_part(replaced, folder / REPLACED)
        manifest |= {"keyed_by": list(KEY), "dated": months, "replaced": counted_by_batch(replaced)}
    write_json(manifest, folder / "manifest.json")
    if gone is not None:
        write_json({"at": hours(at + gone).isoformat(), "reason": "test"}, folder / "withdrawn.json")


def by_rows(records: Records, stream: str, force_id: str, window: Window) -> Counter[tuple[object, ...]]:
    """The slow and obvious way: each row that stands, one after another."""
    found: Counter[tuple[object, ...]] = Counter()
    for row in records.table("crimes", stream).collect().iter_rows(named=True):
        day = row["recorded_on"]
        if (
            day is not None
            and window.first <= day <= window.last
            and force_id in (row["force_id"], row["file_force_id"])
        ):
            found[tuple(row[name] for name in COUNTED_BY["crimes"])] += 1
    return found


def by_tally(records: Records, stream: str, force_id: str, window: Window) -> Counter[tuple[object, ...]]:
    found: Counter[tuple[object, ...]] = Counter()
    held = tally(records, "crimes", stream, force_id, window).collect()
    for row in held.iter_rows(named=True):
        if force_id in (row["force_id"], row["file_force_id"]):
            found[tuple(row[name] for name in COUNTED_BY["crimes"])] += row["n"]
    return found


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(BATCH, max_size=5), st.lists(st.tuples(st.integers(0, 9), WINDOW), min_size=1, max_size=4))
def test_a_tally_holds_what_the_rows_that_stand_add_up_to(
    batches: list[tuple[str, str, list[dict[str, object]], int | None]], asked: list[tuple[int, Window]]
) -> None:
    with tempfile.TemporaryDirectory() as made:
        for at, batch in enumerate(batches):
            put(Path(made), at, *batch)
        for at, window in asked:  # one after another: the tallies kept at one instant are used at the next
            records = records_as_at(Path(made), hours(at))
            for stream in ("street", "extract", "own"):
                for force_id in FORCES:
                    slow = by_rows(records, stream, force_id, window)
                    assert by_tally(records, stream, force_id, window) == slow
                    # With a column that no kept tally has, all is counted from rows.
                    anew = tally(records, "crimes", stream, force_id, window, ["raw_recorded_on"]).collect()
                    own = anew.filter(pl.any_horizontal(pl.col("force_id", "file_force_id") == force_id))
                    assert own["n"].sum() == slow.total()


def test_boundaries_that_come_later_give_another_tally_from_then_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    clock = lambda: datetime.now(UTC)  # noqa: E731
    import_files(home, [OPEN_DATA / "street" / "leicestershire" / "2022-10-leicestershire-street.csv.gz"], clock=clock)
    before = clock()
    early = by_lsoa(home, before)
    import_files(home, [OPEN_DATA / "geography" / "lsoa11_leicestershire_pfa.geojson"], clock=clock)
    late = by_lsoa(home, clock())
    assert counted_by_rows(home, before) == early
    assert counted_by_rows(home, clock()) == late
    assert early != late
    assert by_lsoa(home, before) == early


def test_tallies_can_be_thrown_away_and_need_not_be_kept(tmp_path: Path, street_file: Callable[..., Path]) -> None:
    home = tmp_path / "home"
    rows = [("Burglary", -1.1328, 52.6369), ("Drugs", None, None), ("Burglary", None, None)]
    import_files(
        home, [street_file("2022-10-leicestershire-street.csv", rows)], clock=lambda: datetime(2022, 12, 1, tzinfo=UTC)
    )
    derived = home / "lake" / "derived"
    assert burglaries(home) == 2
    assert len(list((derived / "tallies").iterdir())) == 1
    shutil.rmtree(derived)
    assert burglaries(home) == 2
    shutil.rmtree(derived)
    derived.write_text("no folder can be made here")
    assert burglaries(home) == 2


@pytest.mark.parametrize("by", ["month", "code", "lsoa11", "ltla24"])
def test_a_figure_from_tallies_is_traced_to_the_rows_that_it_counts(
    tmp_path: Path, street_file: Callable[..., Path], by: str
) -> None:
    home = tmp_path / "home"
    rows = [("Burglary", -1.1328, 52.6369), ("Drugs", None, None), ("Burglary", None, None)]
    files = [street_file(f"2022-{month}-leicestershire-street.csv", rows) for month in ("09", "10")]
    geography = OPEN_DATA / "geography" / "lsoa11_leicestershire_pfa.geojson"
    import_files(home, [geography, *files], clock=lambda: datetime(2022, 12, 1, tzinfo=UTC))
    records = records_as_at(home, datetime(2023, 1, 1, tzinfo=UTC))
    finding = volumes.breakdown(
        records, measure("police_uk_burglary"), Scope(force_id="leicestershire"), parse_window("2022-09", "2022-10"), by
    )
    trace = traced(home, finding.parts[0])
    assert trace.agrees
    assert [part.lines for part in trace.batches] == [(2, 4), (2, 4)]


def burglaries(home: Path) -> object:
    return volumes.count(
        records_as_at(home, datetime(2023, 1, 1, tzinfo=UTC)), measure("police_uk_burglary"),
        Scope(force_id="leicestershire"), parse_window("2022-10", "2022-10"),
    ).value  # fmt: skip


def by_lsoa(home: Path, instant: datetime) -> dict[object, object]:
    found: Finding = volumes.breakdown(
        records_as_at(home, instant), measure("police_uk_all_crime"), Scope(force_id="leicestershire"),
        parse_window("2022-10", "2022-10"), "lsoa11",
    )  # fmt: skip
    assert found.table is not None
    return {row[0]: row[2] for row in found.table.rows}


def counted_by_rows(home: Path, instant: datetime) -> dict[object, object]:
    records = records_as_at(home, instant)
    codes = measure("police_uk_all_crime").codes
    found: Counter[object] = Counter({None: 0})
    for row in records.table("crimes").collect().iter_rows(named=True):
        if row["force_id"] == "leicestershire" and row["category"] in codes:
            is_somewhere = row["place_status"] in ("placed", "no boundary held")
            found[(row["lsoa11_code"] or row["file_lsoa_code"]) if is_somewhere else None] += 1
    return dict(found)
