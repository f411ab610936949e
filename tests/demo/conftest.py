"""One Saltmere for all of its tests: made and imported once by the ordinary command."""

from __future__ import annotations

import csv
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.conftest import CommandLine

csv.field_size_limit(1 << 24)
CANCELLED = ("cancelled", "transferred")


@dataclass
class Saltmere:
    """The command line over a home that holds Saltmere, and the folder of its files."""

    fourfold: CommandLine
    folder: Path

    def rows(self, contract: str) -> Iterator[dict[str, str]]:
        """Every row of a contract's files, in the order in which they came."""
        for path in sorted((self.folder / "files").glob(f"saltmere_FICTITIOUS_{contract}_[12]*.csv")):
            with path.open(encoding="utf-8", newline="") as lines:
                yield from csv.DictReader(lines)

    def crimes(self) -> dict[str, dict[str, str]]:
        """Each crime by its reference: the last row speaks."""
        return {row["crime_ref"]: row for row in self.rows("crimes")}

    def counted(self, codes: set[str], first: date, last: date) -> list[dict[str, str]]:
        """The crimes of some codes that count in a window, by a plain loop over the files."""
        found = []
        for row in self.crimes().values():
            on = datetime.fromisoformat(row["recorded_at"]).date()
            if row["offence_code"] in codes and first <= on <= last and row["status"] not in CANCELLED:
                found.append(row)
        return found


def made(shared: Path, name: str, *arguments: str) -> Saltmere:
    """A Saltmere made by the command, once for all test processes."""
    home = shared / f"demo-{name}"
    fourfold = CommandLine(home)
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / f"{name}.done").exists():
            fourfold("demo", *arguments)
            (shared / f"{name}.done").touch()
    return Saltmere(fourfold, home / "demo")


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes of a run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def saltmere(tmp_path_factory: pytest.TempPathFactory) -> Saltmere:
    """Saltmere at scale 0.01."""
    return made(shared_folder(tmp_path_factory), "saltmere", "--scale", "0.01")
