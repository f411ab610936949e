"""`make bench`: what the issues ask to be fast, measured as ratios in one run, and written to benchmarks/results.

Nothing here asserts a time. Each figure is a median of five, after one run that is not counted; "cold" figures are the
first run of a new process. Figures from another machine are not comparable; ratios are.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parent.parent
OPEN_DATA = ROOT / "open_data"
STREET = sorted((OPEN_DATA / "street" / "leicestershire").glob("*-street.csv.gz"))
RUNS = 5


def median_seconds(work: Callable[[Path], object]) -> float:
    """The median of RUNS runs, each in a new folder, after one run that is not counted."""
    taken = []
    for _ in range(RUNS + 1):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            work(Path(folder))
            taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def bare_polars(folder: Path) -> None:
    """What the import is compared with: Polars reads each file and writes it as Parquet, and does nothing else."""
    for path in STREET:
        pl.read_csv(gzip.decompress(path.read_bytes())).write_parquet(folder / f"{path.stem}.parquet")


def street_import() -> dict[str, float]:
    """300,000 street rows with line proof, OSTN15 and LSOA, against bare Polars in the same run."""
    from fourfold import settings
    from fourfold.records.imports import import_files

    with tempfile.TemporaryDirectory() as made:
        template = Path(made) / "home"
        geography = sorted((OPEN_DATA / "geography").glob("*leicestershire*"))
        import_files(settings.opened_home(template), geography, clock=settings.now)

        def whole_import(folder: Path) -> None:
            import_files(folder / "home", STREET, clock=settings.now)

        def prepared(folder: Path) -> float:
            shutil.copytree(template, folder / "home")
            started = time.perf_counter()
            whole_import(folder)
            return time.perf_counter() - started

        ours, bare = [], []
        for _ in range(RUNS + 1):  # in turn, so that a drift of the machine's speed falls on both
            with tempfile.TemporaryDirectory() as folder:
                ours.append(prepared(Path(folder)))
            with tempfile.TemporaryDirectory() as folder:
                started = time.perf_counter()
                bare_polars(Path(folder))
                bare.append(time.perf_counter() - started)
    rows = sum(gzip.decompress(p.read_bytes()).count(b"\n") - 1 for p in STREET)
    return {
        "rows": rows,
        "import_seconds": statistics.median(ours[1:]),
        "bare_polars_seconds": statistics.median(bare[1:]),
        "ratio": statistics.median(a / b for a, b in zip(ours[1:], bare[1:], strict=True)),
    }


def three_million(folder: Path) -> list[Path]:
    """Ten years of one force, 25,000 rows a month, drawn from the real rows of Leicestershire."""
    drawn = random.Random(2)
    lines = [line for p in STREET[:12] for line in gzip.decompress(p.read_bytes()).decode().splitlines()[1:]]
    header = gzip.decompress(STREET[0].read_bytes()).decode().splitlines()[0]
    files = []
    for year in range(2013, 2023):
        for month in range(1, 13):
            text = [header]
            for line in drawn.choices(lines, k=25_000):
                reference, _, rest = line.split(",", 2)
                text.append(f"{reference},{year}-{month:02d},{rest}")
            path = folder / f"{year}-{month:02d}-leicestershire-street.csv"
            path.write_text("\n".join(text) + "\n")
            files.append(path)
    return files


def figures_over_three_million() -> dict[str, float]:
    """Counts and changes over 3 million crimes: the first in a new process (cold), and the median after (warm)."""
    from fourfold import settings
    from fourfold.analysis import volumes
    from fourfold.analysis.comparisons import compared
    from fourfold.analysis.volumes import Scope
    from fourfold.codes.measures import measure
    from fourfold.codes.periods import parse_window
    from fourfold.records.as_at import records_as_at
    from fourfold.records.imports import import_files

    with tempfile.TemporaryDirectory() as made:
        home = Path(made) / "home"
        import_files(home, sorted((OPEN_DATA / "geography").glob("*leicestershire*")), clock=settings.now)
        import_files(home, three_million(Path(made)), clock=settings.now)
        scope = Scope(force_id="leicestershire")
        ten_years, last_year = parse_window("2013-01", "2022-12"), parse_window("2022-01", "2022-12")
        burglary = measure("police_uk_burglary")
        crime = measure("police_uk_all_crime")
        figures: dict[str, Callable[[], object]] = {
            "count, all crime, ten years": lambda: volumes.count(fresh(), crime, scope, ten_years),
            "count by month, ten years": lambda: volumes.breakdown(fresh(), crime, scope, ten_years, "month"),
            "count by LSOA, ten years": lambda: volumes.breakdown(fresh(), crime, scope, ten_years, "lsoa11"),
            "change, one category, a year": lambda: compared(fresh(), burglary, scope, last_year),
            "change, all crime, a year": lambda: compared(fresh(), crime, scope, last_year),
        }

        def fresh() -> object:
            return records_as_at(home, settings.now())

        found: dict[str, float] = {}
        for name, figure in figures.items():
            started = time.perf_counter()
            figure()
            found[f"{name}: first"] = time.perf_counter() - started
            taken = []
            for _ in range(RUNS):
                started = time.perf_counter()
                figure()
                taken.append(time.perf_counter() - started)
            found[f"{name}: warm"] = statistics.median(taken)
        return found


def first_run() -> dict[str, float]:
    """`make run` after installation, whole, in a new process and an empty home; then each paper by itself."""
    with tempfile.TemporaryDirectory() as made:
        home, papers = Path(made) / "home", Path(made) / "papers"
        given = {**os.environ, "FOURFOLD_HOME": str(home)}
        found = {"make run": _process([str(ROOT / "tools" / "first_run.py"), str(papers)], given)}
        for force, first, last in (("west-midlands", "2022-04", "2022-06"), ("leicestershire", "2022-04", "2022-10")):
            command = ["-m", "fourfold.cli", "paper", "--force", force, "--from", first, "--to", last]
            found[f"paper of {force}"] = _process([*command, "--out", str(papers)], given)
    return found


def _process(arguments: list[str], given: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=given, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Run every benchmark and write what it found, with the machine, the date and the command."""
    results = {
        "command": "make bench",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processor": platform.machine(), "cores": os.cpu_count(), "system": platform.system(),
            "python": platform.python_version(), "polars": pl.__version__,
        },
        "runs": RUNS,
        "import of 300,000 street rows": street_import(),
        "figures over 3 million crimes, in seconds": figures_over_three_million(),
        "first run, in seconds": first_run(),
        "peak memory of this process, in MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
    text = json.dumps(results, indent=2)
    (ROOT / "benchmarks" / "results" / "spine.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
