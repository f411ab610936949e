"""What other tools read is what stands: whole or not at all, its counts the Findings', and no word that was private."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from fourfold.analysis import volumes
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import parse_window
from fourfold.errors import Busy, NothingHeld, RequestInvalid, StorageFailed
from fourfold.publications.exports import _held, export, exported_tables
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files, withdraw
from tests.conftest import OPEN_DATA, CommandLine

pytestmark = pytest.mark.slow

START = datetime(2022, 11, 1, tzinfo=UTC)
FORCE, WINDOW = Scope(force_id="leicestershire"), parse_window("2022-09", "2022-10")
OWN_WORDS = ("Arabella Nightingale", "threw the brick at me", "Flat 9, Nightingale Court")
STREET = [("Burglary", -1.1328, 52.6369), ("Drugs", None, None), ("Burglary", None, None)]
PEOPLE = (
    "force,crime_ref,person_ref,role,forename,surname,address,occupation\n"
    f"Kent,A1,P1,victim,Arabella,Nightingale,\"{OWN_WORDS[2]}\",teacher\n"
    f"Kent,A2,P2,witness,,,,{OWN_WORDS[0]} who lives beside the shop and saw all of it\n"
)  # fmt: skip
CRIMES = (
    "force,crime_ref,offence_code,recorded_at,status,status_on,transferred_to,location,method_text,easting,northing\n"
    f"Kent,A1,28E,2022-09-03T12:00,recorded,,,\"{OWN_WORDS[2]}\",{OWN_WORDS[1]},600000,150000\n"
    f"Kent,A2,28E,2022-09-04T12:00,cancelled,2022-09-30,{OWN_WORDS[0]},,,600000,150000\n"
)  # fmt: skip


@pytest.fixture
def held(tmp_path: Path, street_file: Callable[..., Path]) -> Path:
    """A home with open street files, boundaries, and a force's own people and crimes."""
    files = [street_file(f"2022-{month}-leicestershire-street.csv", STREET) for month in ("09", "10")]
    for name, text in (("people.csv", PEOPLE), ("crimes_2022-09.csv", CRIMES)):
        (tmp_path / name).write_text(text)
        files.append(tmp_path / name)
    geography = OPEN_DATA / "geography" / "lsoa11_leicestershire_pfa.geojson"
    import_files(tmp_path / "home", [geography, *files], clock=lambda: START)
    return tmp_path / "home"


def records(home: Path) -> Records:
    return records_as_at(home, START + timedelta(hours=1))


def every_byte(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_counts_of_an_export_are_the_findings(held: Path, tmp_path: Path) -> None:
    done = export(records(held), tmp_path / "out", at=START)
    current = tmp_path / "out" / "current"
    by_delta = pl.scan_delta(str(current / "crimes")).collect()
    by_files = pl.read_parquet(current / "crimes" / "*.parquet")
    assert by_delta.sort("batch_id", "line_number").equals(by_files.sort("batch_id", "line_number"))
    assert DeltaTable(str(current / "crimes")).to_pyarrow_table().num_rows == by_files.height
    burglary = measure("police_uk_burglary")
    own = pl.col("is_counted") & (pl.col("force_id") == "leicestershire") & pl.col("category").is_in(burglary.codes)
    assert by_files.filter(own).height == volumes.count(records(held), burglary, FORCE, WINDOW).value == 4
    kent = by_files.filter(pl.col("force_id") == "kent")
    assert kent.select("crime_ref", "is_counted").sort("crime_ref").rows() == [("A1", True), ("A2", False)]
    everything = measure("all_recorded_crime")
    scope = Scope(force_id="kent")
    assert volumes.count(records(held), everything, scope, parse_window("2022-09", "2022-09")).value == 1
    assert done.manifest["tables"]["crimes"]["rows"] == by_files.height == 8
    assert set(done.manifest["tables"]) == {"crimes", "people", "boundaries", "batches"}
    batches = pl.read_parquet(current / "batches" / "*.parquet")
    assert (
        set(batches["batch_id"])
        == set(done.manifest["batches"])
        == set(by_files["batch_id"].unique().to_list() + [b.batch_id for b in records(held).standing])
    )
    assert json.loads((current / "manifest.json").read_text()) == done.manifest


def test_what_somebody_wrote_of_a_person_is_in_no_file_of_an_export(held: Path, tmp_path: Path) -> None:
    export(records(held), tmp_path / "out", at=START)
    current = tmp_path / "out" / "current"
    assert not any(name.endswith("_personal") for name in exported_tables(records(held)))
    people, crimes = (pl.read_parquet(current / name / "*.parquet") for name in ("people", "crimes"))
    assert "surname" not in people.columns
    assert people.sort("person_ref")["occupation"].to_list() == ["teacher", None]  # too long to be a code
    own = crimes.filter(pl.col("force_id") == "kent")
    assert own["transferred_to"].to_list() == [None, None]
    assert own["location"].null_count() == 2
    assert crimes.filter(pl.col("force_id") == "leicestershire")["location"].null_count() == 0  # published by others
    for table in ("people", "crimes", "batches", "boundaries"):
        # Every text that a file holds, once it is read, and what its log and its foot keep in clear.
        texts = pl.read_parquet(current / table / "*.parquet").select(pl.col(pl.String)).to_dict(as_series=False)
        for words in OWN_WORDS:
            assert words not in json.dumps(texts)
    for words in OWN_WORDS:
        assert words.encode() not in every_byte(current)


def test_no_log_and_no_foot_keeps_the_least_and_greatest_values(held: Path, tmp_path: Path) -> None:
    export(records(held), tmp_path / "out", at=START)
    for log in (tmp_path / "out" / "current").rglob("_delta_log/*.json"):
        for line in log.read_text().splitlines():
            added = json.loads(line).get("add")
            if added:
                assert set(json.loads(added["stats"])) == {"numRecords"}
    import pyarrow.parquet as pq

    for part in (tmp_path / "out" / "current").rglob("*.parquet"):
        foot = pq.ParquetFile(part).metadata
        for group in range(foot.num_row_groups):
            for column in range(foot.num_columns):
                kept = foot.row_group(group).column(column).statistics
                assert kept is None or not kept.has_min_max


def test_an_export_as_at_an_instant_holds_what_stood_then(held: Path, tmp_path: Path) -> None:
    street = next(b for b in records(held).standing if b.file_name.startswith("2022-10"))
    withdraw(held, street.batch_id, reason="a test", clock=lambda: START + timedelta(hours=2))
    rows = {}
    for hours in (1, 3):
        done = export(
            records_as_at(held, START + timedelta(hours=hours)), tmp_path / "out", at=START, tables=["crimes"]
        )
        rows[hours] = done.manifest["tables"]["crimes"]["rows"]
    assert rows == {1: 8, 3: 5}


def test_only_open_batches_where_that_is_asked(held: Path, tmp_path: Path) -> None:
    only_open = records_as_at(held, START + timedelta(hours=1), open_only=True)
    done = export(only_open, tmp_path / "out", at=START)
    assert set(done.manifest["tables"]) == {"boundaries", "crimes", "batches"}
    assert done.manifest["is_open_only"]


def test_the_export_before_stays_for_its_readers_until_the_next(held: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second = (export(records(held), out, at=START, tables=["crimes"]) for _ in range(2))
    assert first.folder.exists()
    third = export(records(held), out, at=START, tables=["crimes"])
    assert [first.folder.exists(), second.folder.exists(), third.folder.exists()] == [False, True, True]
    assert (out / "current").resolve() == third.folder.resolve()
    assert out.stat().st_mode & 0o077 == 0


def test_what_cannot_be_exported_says_so(held: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(RequestInvalid, match="people_personal"):
        export(records(held), out, at=START, tables=["people_personal"])
    with pytest.raises(NothingHeld):
        export(records(tmp_path / "nowhere"), out, at=START)
    with _held(out), pytest.raises(Busy):
        export(records(held), out, at=START)
    (tmp_path / "taken" / "current").mkdir(parents=True)
    with pytest.raises(StorageFailed, match="no export made"):
        export(records(held), tmp_path / "taken", at=START)


def test_a_folder_of_the_users_own_is_left_alone(held: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "export-of-mine").mkdir(parents=True)
    for _ in range(3):
        export(records(held), tmp_path / "out", at=START, tables=["crimes"])
    assert (tmp_path / "out" / "export-of-mine").is_dir()


@pytest.mark.slow
def test_a_kill_at_any_instant_leaves_the_export_before_whole(held: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = {**os.environ, "FOURFOLD_HOME": str(held)}
    command = [sys.executable, "-m", "fourfold.cli", "export", str(out)]
    started = time.perf_counter()
    subprocess.run(command, env=given, check=True, stdout=subprocess.DEVNULL)
    whole = time.perf_counter() - started
    drawn = random.Random(20221020)
    for _ in range(int(os.environ.get("FOURFOLD_KILLS", "30")) // 3):
        process = subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(drawn.uniform(0.3, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        manifest = json.loads((out / "current" / "manifest.json").read_text())
        for name, said in manifest["tables"].items():
            assert pl.scan_delta(str(out / "current" / name)).select(pl.len()).collect().item() == said["rows"]
    subprocess.run(command, env=given, check=True, stdout=subprocess.DEVNULL)
    assert not list(out.glob("*.unfinished"))


def test_the_command_says_what_it_wrote(held: Path, tmp_path: Path) -> None:
    said = CommandLine(held)("export", tmp_path / "out", "--table", "crimes", "--json").json
    assert said["tables"]["crimes"]["rows"] == 8
    assert Path(said["folder"]).is_dir()
