"""Kept rows: where each person's entry stands, and whom the review queue knows, worked out by the worker so that a page reads them.

    keep_rows(records)             work out both, unless they are kept: seconds for a large force's two million entries
    entry_rows(records)            what `entries.places` gives, or None where it is not kept yet
    review_queue_on(records, on)   what `retention.queue_on` gives, or None where it is not kept yet

    HOME/lake/derived/rows/STATE/  Parquet, one file of a kind; STATE is of the records, the erasures, the linking and the code

A folder has its name when it is whole and on the disk. It can be thrown away at any time, and an erasure throws it away. Nothing
in it is personal: opaque identities, references, days and places. Of few records (`AT_ONCE`) nothing is kept: they are worked out
where they are asked for.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from fourfold.codes.made_by import RULES, made_by
from fourfold.records import entries
from fourfold.records.as_at import Records
from fourfold.records.erasure import in_place
from fourfold.records.lake import settled, storage_faults, write_part
from fourfold.records.people import last_run
from fourfold.records.retention import queue_on, reviewed_people

AT_ONCE = 30_000
"""The rows of people up to which nothing is kept: a fraction of a second."""
_UNFINISHED_FOR = 24 * 3600
"""Seconds after which an unfinished folder is nobody's any more."""
_ENTRIES, _PEOPLE, _PARTS = "entries", "people", "parts"


def entry_rows(records: Records) -> pl.LazyFrame | None:
    """Where each entry that stands stands, as `entries.places` has it and in its order; None where that is not kept yet."""
    if _are_few(records):
        return records.worked_out((_ENTRIES,), lambda: entries.places(records)).lazy()
    return _read(_entries_folder(records), _ENTRIES)


def review_queue_on(records: Records, on: date) -> pl.LazyFrame | None:
    """Everybody held as at a day, in no order: columns `retention.QUEUE`; None where it is not kept yet."""
    if _are_few(records):
        whole, its = reviewed_people(records)
        return queue_on(whole.lazy(), its.lazy(), records.home, on)
    folder = _reviews_folder(records)
    people, parts = _read(folder, _PEOPLE), _read(folder, _PARTS)
    return None if people is None or parts is None else queue_on(people, parts, records.home, on)


def keep_rows(records: Records) -> None:
    """Work out and keep what is not kept yet, and remove what was kept of other states. Raises StorageFailed."""
    if _are_few(records):
        return
    _keep(records, _entries_folder, lambda: {_ENTRIES: entries.places(records)})
    _keep(records, _reviews_folder, lambda: dict(zip((_PEOPLE, _PARTS), reviewed_people(records), strict=True)))


def state_of_rows(records: Records) -> str:
    """The state that the rows are of: another one, other rows."""
    return f"{_entries_folder(records).name} {_reviews_folder(records).name}"


def _are_few(records: Records) -> bool:
    rows = (n for batch in records.standing for table, n in batch.tables.items() if table in entries.TABLES)
    return sum(rows) <= AT_ONCE


def _entries_folder(records: Records) -> Path:
    return _folder(records, "entries")


def _reviews_folder(records: Records) -> Path:
    run = last_run(records.home)
    return _folder(records, "reviews", run.name if run else "")


def _folder(records: Records, kind: str, *more: str) -> Path:
    said = (made_by(*RULES), records.as_at.isoformat(), str(in_place(records.home)), *more)
    state = hashlib.sha256("\0".join(said).encode()).hexdigest()[:16]
    return records.home / "lake" / "derived" / "rows" / f"{kind}-{state}"


def _read(folder: Path, name: str) -> pl.LazyFrame | None:
    path = folder / f"{name}.parquet"
    return pl.scan_parquet(path) if path.exists() else None


def _keep(records: Records, place: Callable[[Records], Path], made: Callable[[], dict[str, pl.DataFrame]]) -> None:
    """Make the files of a folder, unless it stands; whole and on the disk before it takes its name."""
    folder = place(records)
    if folder.exists():
        return
    rows = made()
    unnamed = folder.with_name(f"unfinished-{uuid.uuid4().hex}")
    with storage_faults(folder):
        unnamed.mkdir(mode=0o700, parents=True)
        for name, frame in rows.items():
            path = unnamed / f"{name}.parquet"
            write_part(frame, path)
            with path.open("rb") as file:
                os.fsync(file.fileno())
        settled(unnamed)
        if (
            place(records) != folder
        ):  # somebody was erased, or people were linked, meanwhile: these rows may hold what is gone
            shutil.rmtree(unnamed, ignore_errors=True)
            return
        with contextlib.suppress(OSError):  # another process was first
            unnamed.rename(folder)
        settled(folder.parent)
    _prune(folder)


def _prune(made: Path) -> None:
    """Remove what was kept of other states, but for the last, which a page may be reading, and what was left unfinished."""
    kind = made.name.partition("-")[0]
    with contextlib.suppress(OSError):
        found = [(one.stat().st_mtime, one) for one in made.parent.iterdir() if one != made]
        others = sorted((one for one in found if one[1].name.startswith(f"{kind}-")), reverse=True)
        left = [
            one for one in found if one[1].name.startswith("unfinished-") and one[0] < time.time() - _UNFINISHED_FOR
        ]
        for _, path in (*others[1:], *left):
            shutil.rmtree(path, ignore_errors=True)
