"""Shared by all tests: a home of its own, the command line, and one home with the shipped open data."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.browser import browser, screen  # noqa: F401 - fixtures for every test that looks at a page

if TYPE_CHECKING:
    from fourfold.records.engines import Spark

ROOT = Path(__file__).resolve().parent.parent
OPEN_DATA = ROOT / "open_data"

# Examples are drawn from a fixed seed, so that a failure is met again; deadlines would be timed tests.
settings.register_profile("fourfold", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fourfold")


@dataclass
class Ran:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class CommandLine:
    """The command line over one home, in a process of its own as a user has it."""

    home: Path

    def __call__(self, *arguments: str | Path, code: int = 0, cwd: Path | None = None) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "fourfold.cli", *map(str, arguments)],
            env={**os.environ, "FOURFOLD_HOME": str(self.home), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            cwd=cwd,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for records, empty."""
    return tmp_path / "home"


@pytest.fixture
def fourfold(home: Path) -> CommandLine:
    """The command line over an empty home."""
    return CommandLine(home)


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path, str]:
    """What `make run` makes: the home, the papers' folder, and what was printed. Made once for all test processes."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared
    home, papers, said = shared / "first-run-home", shared / "papers", shared / "first-run.txt"
    with (shared / "first-run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            done = subprocess.run(
                [sys.executable, str(ROOT / "tools" / "first_run.py"), str(papers)],
                env={**os.environ, "FOURFOLD_HOME": str(home)},
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            said.write_text(done.stdout)
    return CommandLine(home), papers, said.read_text()


@pytest.fixture(scope="session")
def spark() -> Iterator[Spark]:
    """Spark on this machine's own cores, started once in a process: it takes ten seconds."""
    from fourfold.records import engines

    # Two partitions of a shuffle, not two hundred: the tables of a test are small.
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--conf spark.sql.shuffle.partitions=2 --conf spark.driver.memory=1g --conf spark.driver.host=127.0.0.1 "
        "--conf spark.driver.bindAddress=127.0.0.1 --conf spark.ui.showConsoleProgress=false "
        "--conf spark.log.level=ERROR pyspark-shell"
    )
    started = engines.spark("local[2]")
    yield started
    started.session.stop()


@pytest.fixture
def street_file(tmp_path: Path) -> Callable[..., Path]:
    """Make a police.uk street file: rows are (category, longitude, latitude), or whole lines of text."""

    def make(
        name: str, rows: list[tuple[str, float | None, float | None] | str], force: str = "Leicestershire"
    ) -> Path:
        header = (
            "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
            "Last outcome category,Context"
        )
        lines = [header]
        for number, row in enumerate(rows):
            if isinstance(row, str):
                lines.append(row)
                continue
            category, longitude, latitude = row
            reference = "" if category == "Anti-social behaviour" else f"{number:064x}"
            place = "," if longitude is None else f"{longitude},{latitude}"
            lines.append(
                f"{reference},{name[:7]},{force} Police,{force} Police,{place},On or near Example Street,,,{category},,"
            )
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        return path

    return make
