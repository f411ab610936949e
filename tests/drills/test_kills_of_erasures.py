"""An erasure killed at a random instant is all or nothing: the person is wholly there, or nowhere at all."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from fourfold.records.access import Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.erasure import certificates
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from fourfold.records.remains import remains
from fourfold.records.retention import reconciled
from tests.records.test_erasure import CANARIES, TABLES, accounts_hold, plain

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("FOURFOLD_KILLS", "30")) // 2
PERSON = "PX777"
HERS = [c for c in CANARIES if c not in ("NFRC777",)]


def clock() -> datetime:
    return datetime.now(UTC)


def asked_for(home: Path) -> subprocess.Popen[bytes]:
    command = ["retention", "erase", PERSON, "--officer", "IM1", "--reason", "a drill"]
    return subprocess.Popen(
        [sys.executable, "-m", "fourfold.cli", *command], env={**os.environ, "FOURFOLD_HOME": str(home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_no_kill_leaves_half_a_person(tmp_path: Path) -> None:
    whole_home = tmp_path / "whole"
    # Without her report of fraud, so that one reference is the whole of her.
    import_files(whole_home, [plain(tmp_path, name) for name in TABLES if not name.startswith("fraud")], clock=clock)
    Folder(whole_home).admit("IM1", "information_manager")
    shutil.copytree(whole_home, tmp_path / "timed")
    started = time.perf_counter()
    assert asked_for(tmp_path / "timed").wait() == 0
    whole = time.perf_counter() - started
    drawn = random.Random(20221121)

    outcomes: set[str] = set()
    for kill in range(KILLS):
        home = tmp_path / f"home-{kill}"
        shutil.copytree(whole_home, home)
        process = asked_for(home)
        if kill % 2:  # at any instant of the whole; else soon after the first file is written
            time.sleep(drawn.uniform(0.3, 1.1) * whole)
        else:
            while not any((home / "lake" / "erasures").glob("*/files")) and process.poll() is None:
                time.sleep(0.001)
            time.sleep(drawn.uniform(0.0, 0.15) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        # Whoever reads next finds her wholly there, or nowhere.
        people = records_as_at(home, clock()).table("people").filter(pl.col("person_ref") == PERSON).collect()
        reconciled(home, Folder(home), clock())
        there = [c for c in HERS if remains(home, [c])[0]]
        if people.height:
            assert there == HERS
            assert certificates(home) == []
        else:
            assert there == []
            (done,) = certificates(home)
            assert done["scanned"] > 0, "finished after the kill it is looked for too"
            assert done["remains"] == []
        outcomes.add("there" if people.height else "gone")
        accounts_hold(home)
        entries = Folder(home).entries()
        assert [e["phase"] for e in entries].count("begun") == [e["phase"] for e in entries].count("closed")
        assert Folder(home).verified() == len(entries)
        leftovers = [p.name for p in (home / "lake" / "erasures").glob("*") if p.name.endswith(".unfinished")]
        assert not leftovers
        assert not list((home / "lake" / "erasures").glob("*/plan.json"))
        assert not list((home / "lake" / "erasures").glob("*/rest.json"))
        assert list(Lake(home).batches())
        if people.height:  # and asked for again it is done
            assert asked_for(home).wait() == 0
            assert [c for c in HERS if remains(home, [c])[0]] == []
        shutil.rmtree(home)
    assert outcomes == {"there", "gone"}, "every kill fell at the same point: the drill shows nothing"


@pytest.mark.parametrize("step", range(1, 9))
def test_a_crash_at_each_step_of_putting_files_in_place_is_finished_by_the_next_reader(
    tmp_path: Path, step: int
) -> None:
    from fourfold.records import erasure
    from fourfold.records.subjects import subject_of

    home = tmp_path / "home"
    import_files(home, [plain(tmp_path, name) for name in TABLES if not name.startswith("fraud")], clock=clock)
    real, passed = os.replace, 0

    class Killed(BaseException):
        pass

    def replace(*given: object) -> None:
        nonlocal passed
        passed += 1
        if passed == step:
            raise Killed
        real(*given)  # type: ignore[arg-type]

    erasure.os.replace = replace  # type: ignore[assignment]
    try:
        with pytest.raises(Killed):
            erasure.erase(home, subject_of(home, PERSON), clock=clock)
    finally:
        erasure.os.replace = real
    assert records_as_at(home, clock()).table("people").filter(pl.col("person_ref") == PERSON).collect().is_empty()
    assert [c for c in HERS if remains(home, [c])[0]] == []
    (done,) = certificates(home)
    assert (done["scanned"] > 0, done["remains"]) == (True, [])
    accounts_hold(home)
