"""A newcomer runs `fourfold demo`, and has a force with three and a half years behind it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo.conftest import Saltmere

pytestmark = pytest.mark.slow


def test_the_word_fictitious_stands_in_every_file_and_on_every_figure(saltmere: Saltmere) -> None:
    for path in (saltmere.folder / "files").iterdir():
        assert "FICTITIOUS" in path.name
    for row in saltmere.rows("crimes"):
        assert row["force"] == "Saltmere Constabulary (FICTITIOUS)"
    said = saltmere.fourfold("count", "robbery", "--force", "saltmere", "--from", "2022-04", "--to", "2022-10")
    assert "FICTITIOUS" in said.out


def test_a_later_extract_brings_rows_that_came_late_and_rows_that_changed(saltmere: Saltmere) -> None:
    seen: dict[str, dict[str, str]] = {}
    came, changed = [], []
    for row in saltmere.rows("crimes"):
        before = seen.get(row["crime_ref"])
        if before is not None and before != row:
            changed.append((before, row))
        seen[row["crime_ref"]] = row
        came.append(row)
    fields = {name for before, row in changed for name in row if before[name] != row[name]}
    assert {"status", "offence_code"} <= fields


@pytest.mark.parametrize("scenario", ["ordinary"])
def test_the_same_seed_gives_the_same_bytes_on_one_core_or_many(scenario: str, tmp_path: Path) -> None:
    def hashes(name: str, seed: int, threads: str) -> dict[str, str]:
        out = tmp_path / name
        code = (
            "from pathlib import Path; from fourfold.demo.force import written_force; from fourfold.demo.scenario import Scenario;"
            f"written_force(Scenario(scale=0.003, seed={seed}, name={scenario!r}), Path({str(out)!r}))"
        )
        env = {**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": threads}
        subprocess.run([sys.executable, "-c", code], check=True, env=env)
        return {
            str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(out.rglob("*"))
            if p.is_file()
        }

    once, again, other = hashes("once", 7, "1"), hashes("again", 7, "4"), hashes("other", 8, "4")
    assert len(once) > 60
    assert once == again
    assert once["files/saltmere_FICTITIOUS_crimes_2022-11.csv"] != other["files/saltmere_FICTITIOUS_crimes_2022-11.csv"]


def test_a_second_saltmere_is_refused_beside_the_first(saltmere: Saltmere) -> None:
    said = saltmere.fourfold("demo", "--scale", "0.02", code=2)
    assert "another Saltmere" in said.err


def test_the_same_saltmere_again_is_the_same_batches(saltmere: Saltmere) -> None:
    before = saltmere.fourfold("imports", "--json").json
    saltmere.fourfold("demo", "--scale", "0.01")
    assert [b["batch"] for b in saltmere.fourfold("imports", "--json").json] == [b["batch"] for b in before]
