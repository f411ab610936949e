"""An import of corrections killed at a random instant: each file is a batch with all that it replaces, or was never there."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from fourfold.records.as_at import records_as_at
from fourfold.records.corrections import REPLACED
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from tests.drills.test_kills import ran
from tests.records.extracts import extract

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("FOURFOLD_KILLS", "30")) // 3
CRIMES = 300
FILES = 8


def clock() -> datetime:
    return datetime.now(UTC)


def test_no_kill_leaves_a_row_that_stands_twice_or_not_at_all(tmp_path: Path) -> None:
    # Each file says of every crime what the file before said, under another unit: it replaces every row of it.
    files = [
        extract(tmp_path, "crimes", [{"crime_ref": f"A{n}", "unit": f"unit {at}"} for n in range(CRIMES)])
        for at in range(FILES)
    ]
    started = time.perf_counter()
    ran(tmp_path / "whole", files).wait()
    whole = time.perf_counter() - started
    drawn = random.Random(20221120)

    seen: set[int] = set()
    for kill in range(KILLS):
        home = tmp_path / f"home-{kill}"
        process = ran(home, files)
        time.sleep(drawn.uniform(0.3, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen.add(last_that_speaks(home))
        import_files(home, files, clock=clock)  # sweeps what was left, and finishes the work
        assert last_that_speaks(home) == FILES
        assert list(Lake(home).staging_folder.iterdir()) == []
    assert len(seen) > 1, "every kill fell at the same point: the drill shows nothing"


def last_that_speaks(home: Path) -> int:
    """How many of the files are batches; every crime stands once, as the last of them says."""
    records = records_as_at(home, clock())
    held = len(records.standing)
    for batch in records.standing:
        replaced = pl.read_parquet(batch.folder / REPLACED)
        assert dict(replaced.group_by("batch_id").len().iter_rows()) == dict(batch.replaced)
    if held:
        rows = records.table("crimes").select("crime_ref", "unit").collect()
        assert rows["unit"].unique().to_list() == [f"unit {held - 1}"]
        assert rows["crime_ref"].n_unique() == rows.height == CRIMES
        assert records.table("crimes_personal").select(pl.len()).collect().item() == CRIMES
    return held
