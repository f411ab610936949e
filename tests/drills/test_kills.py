"""An import killed at a random instant leaves no half batch: each file is a batch, or was never there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("FOURFOLD_KILLS", "30"))
ROWS = [("Burglary", -1.1328, 52.6369), ("Anti-social behaviour", None, None)] * 200


def clock() -> datetime:
    return datetime.now(UTC)


def test_no_kill_leaves_half_a_batch(tmp_path: Path, street_file: Callable[..., Path]) -> None:
    files = [street_file(f"2021-{month:02d}-leicestershire-street.csv", ROWS) for month in range(1, 13)]
    started = time.perf_counter()
    ran(tmp_path / "whole", files).wait()
    whole = time.perf_counter() - started
    drawn = random.Random(20221020)

    seen: set[int] = set()
    for kill in range(KILLS):
        home = tmp_path / f"home-{kill}"
        process = ran(home, files)
        time.sleep(drawn.uniform(0.1, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen.add(whole_batches_only(home))
        # The next import sweeps what was left, and finishes the work.
        import_files(home, files, clock=clock)
        assert whole_batches_only(home) == len(files)
        assert list(Lake(home).staging_folder.iterdir()) == []
        assert all((folder / "manifest.json").exists() for folder in Lake(home).batches_folder.iterdir())
    assert len(seen) > 1, "every kill fell at the same point: the drill shows nothing"


def ran(home: Path, files: list[Path]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "fourfold.cli", "import", *map(str, files)],
        env={**os.environ, "FOURFOLD_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def whole_batches_only(home: Path) -> int:
    """How many batches a reader sees, each with all its rows and its account in balance."""
    records = records_as_at(home, clock())
    for batch in records.standing:
        account = batch.account
        parts = sum(int(account[name]) for name in ("header", "kept", "continuation", "blank", "rejected"))
        assert parts == account["total"]
        assert pl.read_parquet(batch.folder / "crimes.parquet").height == account["kept"] == len(ROWS)
        assert (batch.folder / "original" / batch.file_name).read_bytes()
    return len(records.standing)
