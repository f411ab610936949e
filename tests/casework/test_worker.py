"""The worker as it runs: a process of its own, killed in the middle of a task, and started again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.casework.test_crowds_and_kills import acted
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
PATIENCE = 120


def started(home: Path) -> subprocess.Popen[bytes]:
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_DATABASE": ""}
    return subprocess.Popen(
        [sys.executable, "-m", "fourfold.cli", "work", "--json"], env=told, cwd=ROOT, stdout=subprocess.PIPE
    )


def asked(home: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(home / "service" / "casework.sqlite3", timeout=20) as database:
        return database.execute(query).fetchall()


def waited_for(home: Path, query: str, wanted: object) -> None:
    until = time.monotonic() + PATIENCE
    while asked(home, query) != wanted:
        assert time.monotonic() < until, f"{query}: {asked(home, query)}, and not {wanted}"
        time.sleep(0.005)


def test_a_worker_killed_in_the_middle_of_an_import_leaves_it_to_the_next(
    tmp_path: Path, street_file: Callable[..., Path]
) -> None:
    home = tmp_path / "home"
    acted(home, "prepare")
    file = street_file("2022-11-leicestershire-street.csv", [("Burglary", -1.13, 52.63)] * 60_000)
    identity = acted(home, "send", str(file))
    state = "SELECT state FROM casework_upload"
    first = started(home)
    try:
        waited_for(home, "SELECT phase FROM casework_entry WHERE verb = 'import_upload'", [("begun",)])
        assert first.poll() is None
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert asked(home, state) == [("at work",)], "it was killed too late to show anything"
    assert not list((home / "lake" / "batches").glob("*/manifest.json")), "nothing of it is seen"
    second = started(home)
    try:
        waited_for(home, state, [("done",)])
        waited_for(
            home,
            "SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'READY' AND run_after LIKE '9999%'",
            [(0,)],
        )
    finally:
        second.terminate()
        said, _ = second.communicate(timeout=30)
    assert [(one["verb"], one["outcome"]) for one in json.loads(said)] == [("import_upload", "not done")]
    [batch] = (home / "lake" / "batches").glob("*/manifest.json")
    assert json.loads(batch.read_text())["account"]["kept"] == 60_000
    found = acted(home, "state")
    assert found["whole"], found["faults"]
    assert found["open"] == 0
    assert found["outcomes"] == ["not done", "done"]
    assert not (home / "service" / "uploads" / identity).exists()
    assert not any((home / "lake" / "staging").iterdir())
