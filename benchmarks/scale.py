"""What a national year, fifty million rows and twenty-seven thousand series cost, in time and memory.

    python benchmarks/scale.py            all of it: some minutes, and ten gigabytes under the system's temporary folder
    python benchmarks/scale.py scan       one of: scan, year, fifty, paper

Nothing asserts a time. Each figure is a median of five, after one that is not counted ("first"), each with the records
opened anew; figures of another machine are not comparable, ratios are. Results stand in benchmarks/results/scale.json.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from collections.abc import Iterator

import polars as pl

from machine import this_machine

import generated
from fourfold import settings
from fourfold.analysis import volumes
from fourfold.analysis.comparisons import compared
from fourfold.analysis.scans import scan
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window, parse_window
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.places import area_names, areas_of_force

ROOT = Path(__file__).resolve().parent.parent
OPEN_DATA = ROOT / "open_data"
RESULTS = ROOT / "benchmarks" / "results" / "scale.json"
RUNS = 5
FORCE = Scope(force_id="west-midlands")
MONTHS = generated.months_from(2019, 48)
YEAR = parse_window("2022-01", "2022-12")
QUARTER = parse_window("2022-10", "2022-12")
CITY = replace(FORCE, level="ltla24", area_code="E08000025")


def timed(figure: Callable[[], object]) -> dict[str, float]:
    """Seconds of the first run and the median of the runs after it."""
    taken = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        figure()
        taken.append(time.perf_counter() - started)
    return {"first": round(taken[0], 4), "warm": round(statistics.median(taken[1:]), 4)}


@contextmanager
def force_of(mean: float) -> Iterator[tuple[Path, int]]:
    """A home with 1,680 areas by 16 types by 48 months of one force, so many crimes a month in each on average."""
    with tempfile.TemporaryDirectory() as made:
        home = Path(made) / "home"
        import_files(home, [OPEN_DATA / "geography" / "lsoa11_west_midlands_pfa.geojson"], clock=settings.now)
        small = areas_of_force(records_as_at(home, settings.now()), "west-midlands", "lsoa11")
        cells = generated.cells_of_months(len(small), 16, 48, mean, spread=1.5)
        yield home, generated.lake_of_a_force(home, "west-midlands", small, cells, MONTHS)


def scanned(home: Path, window: Window) -> object:
    """Counting and scanning, as `fourfold scan` does it."""
    records = records_as_at(home, settings.now())
    grid = volumes.monthly_grid(records, generated.sixteen_types(), FORCE, "lsoa11")
    every, names = areas_of_force(records, "west-midlands", "lsoa11"), area_names(records, "lsoa11")
    return scan(grid, every, names, window)


def scan_of_a_force() -> dict[str, Any]:
    """26,880 monthly series, counted and scanned with false-discovery control."""
    with force_of(mean=0.9) as (home, rows):
        return {"series": 26_880, "months": 48, "rows": rows, "seconds": timed(lambda: scanned(home, QUARTER))}


def fifty_million() -> dict[str, Any]:
    """Fifty million rows: by month, type and LSOA against bare Polars in the same run, and the figures of the screens."""
    with force_of(mean=38.75) as (home, rows):
        crime, burglary = generated.sixteen_types(), measure("police_uk_burglary")
        parts = sorted((home / "lake" / "batches").glob("*/crimes.parquet"))
        whole = Window(MONTHS[0], YEAR.last)

        def bare() -> pl.DataFrame:
            rows = pl.scan_parquet(parts)
            return rows.group_by("recorded_month", "category", "lsoa11_code").agg(pl.len()).collect()

        def from_rows() -> object:
            """The counting step by itself, no tally kept, by what bare Polars counts by."""
            source = volumes.supply(fresh(), crime, FORCE)
            counted = volumes.rows_to_count(fresh(), source, crime, FORCE, whole)
            return tallied(counted, "crimes", ["recorded_month", "category", "lsoa11_code"])

        def fresh() -> Any:
            return records_as_at(home, settings.now())

        from fourfold.records.tallies import tallied

        figures: dict[str, Callable[[], object]] = {
            "count, a year": lambda: volumes.count(fresh(), crime, FORCE, YEAR),
            "count, four years": lambda: volumes.count(fresh(), crime, FORCE, whole),
            "count of a council, a year": lambda: volumes.count(fresh(), crime, CITY, YEAR),
            "series": lambda: volumes.series(fresh(), burglary, FORCE),
            "breakdown by month, four years": lambda: volumes.breakdown(fresh(), crime, FORCE, whole, "month"),
            "breakdown by code, four years": lambda: volumes.breakdown(fresh(), crime, FORCE, whole, "code"),
            "breakdown by LSOA, four years": lambda: volumes.breakdown(fresh(), crime, FORCE, whole, "lsoa11"),
            "breakdown by council, a year": lambda: volumes.breakdown(fresh(), crime, FORCE, YEAR, "ltla24"),
            "rows without a place, a year": lambda: volumes.unplaced(fresh(), crime, FORCE, YEAR),
            "change, one category": lambda: compared(fresh(), burglary, FORCE, QUARTER),
            "change, all": lambda: compared(fresh(), crime, FORCE, YEAR),
            "scan, a quarter": lambda: scanned(home, QUARTER),
            "scan, a year": lambda: scanned(home, YEAR),
        }
        by_cell: dict[str, list[float]] = {"bare": [], "rows": [], "tally": []}
        works = {
            "bare": bare, "rows": from_rows, "tally": lambda: volumes.monthly_grid(fresh(), crime, FORCE, "lsoa11"),
        }  # fmt: skip
        for _ in range(RUNS + 1):  # in turn, so that a drift of the machine's speed falls on all
            for name, work in works.items():
                started = time.perf_counter()
                work()
                by_cell[name].append(time.perf_counter() - started)
        seconds = {name: statistics.median(taken[1:]) for name, taken in by_cell.items()}
        return {
            "rows": rows,
            "by month, type and LSOA, in seconds": {
                "bare Polars": round(seconds["bare"], 3),
                "the counting step over the rows": round(seconds["rows"], 3),
                "from tallies": round(seconds["tally"], 3),
                "from tallies, these being made": round(by_cell["tally"][0], 3),
                "rows over bare": round(seconds["rows"] / seconds["bare"], 2),
                "tallies over bare": round(seconds["tally"] / seconds["bare"], 2),
            },
            "figures, in seconds": {name: timed(figure) for name, figure in figures.items()},
        }


def national_year() -> dict[str, Any]:
    """Six million rows in a file a force and month, imported in a process of its own, and what figures over it cost."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _, files = generated.national_year(folder, 6_000_000)
        rows = sum(path.read_bytes().count(b"\n") - 1 for path in files)
        found = {
            "rows": rows, "files": len(files), "MB": round(sum(f.stat().st_size for f in files) / 1e6),
            "boundaries": _imported(folder, "*.geojson"), "street files": _imported(folder, "*-street.csv"),
        }  # fmt: skip
        for path in files:
            path.unlink()
        home, crime, window = folder / "home", measure("police_uk_all_crime"), parse_window("2022-01", "2022-12")
        figures: dict[str, Callable[[], object]] = {
            "count, a year": lambda: volumes.count(records_as_at(home, settings.now()), crime, FORCE, window),
            "by LSOA": lambda: volumes.breakdown(records_as_at(home, settings.now()), crime, FORCE, window, "lsoa21"),
            "by council": lambda: volumes.breakdown(
                records_as_at(home, settings.now()), crime, FORCE, window, "ltla24"
            ),
        }
        found["figures of one force, in seconds"] = {name: timed(figure) for name, figure in figures.items()}
        return found


def _imported(folder: Path, pattern: str) -> dict[str, float]:
    """Seconds and peak memory of one import, in a process of its own."""
    program = (
        "import resource, sys, time; from pathlib import Path; from fourfold import settings; "
        "from fourfold.records.imports import import_files; started = time.perf_counter(); "
        f"import_files(Path({str(folder / 'home')!r}), sorted(Path({str(folder)!r}).glob({pattern!r})), clock=settings.now); "
        "print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    return {"seconds": round(float(said[0]), 1), "peak MB": round(float(said[1]))}


def papers() -> dict[str, Any]:
    """The two papers of the open data, each in all its formats, in a process of its own."""
    with tempfile.TemporaryDirectory() as made:
        home, out = Path(made) / "home", Path(made) / "papers"
        given = {**os.environ, "FOURFOLD_HOME": str(home)}
        first_run = [sys.executable, str(ROOT / "tools" / "first_run.py"), str(out)]
        subprocess.run(first_run, env=given, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = {}
        for force, first, last in (("west-midlands", "2022-04", "2022-06"), ("leicestershire", "2022-04", "2022-10")):
            shutil.rmtree(out)
            command = ["paper", "--force", force, "--from", first, "--to", last, "--out", str(out)]
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "fourfold.cli", *command], env=given, check=True, stdout=subprocess.DEVNULL
            )
            found[force] = {
                "seconds": round(time.perf_counter() - started, 1),
                "files": sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()),
            }
        return found


BENCHMARKS: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "scan": ("scan of 26,880 monthly series, counting included", scan_of_a_force),
    "year": ("a national year of street files", national_year),
    "fifty": ("fifty million rows of one force", fifty_million),
    "paper": ("a paper in all formats", papers),
}


def main(wanted: list[str]) -> None:
    """Run those named, or all, and write what they found beside what the others found before."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in wanted or BENCHMARKS:
        title, work = BENCHMARKS[name]
        results[title] = {
            "command": f"python benchmarks/scale.py {name}",
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": this_machine(),
            **work(),
        }  # fmt: skip
        results[title]["peak MB of this process"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        print(json.dumps({title: results[title]}, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
