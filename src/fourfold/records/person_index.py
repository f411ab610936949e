"""Person index: where the part stands that an opaque identity is of, so that one person's are found without making everybody's.

    keep_person_index(home)                    make the identities of each file that has none yet: half a minute for four million rows
    parts_of(home, tables, entries, opaque)    the parts in some tables that have one of some identities

    HOME/lake/derived/person_index/BATCH-TABLE-STATE.keys   of each row that names somebody, in its order: two digests, uint64 each

An identity is a hash (`subjects.entry_of`, `subjects.opaque_key`), which tells nothing of the part that it was made of: without the
index everybody's is made again until it is met. A file's identities are made once, since a batch never changes; where a file does
(an erasure), its STATE is another and the old ones are read by nobody. Digests may be alike, and a part is what its own identity
says: only where to look is taken from the index. It can be thrown away at any time, and of few records nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from fourfold.records.erasure import in_place
from fourfold.records.lake import Batch, Lake, settled, storage_faults
from fourfold.records.subjects import PARTS, PEOPLE, entry_of, mentions, opaque_key, part_rows, salt_of

AT_ONCE = 30_000
"""The rows of a home's parts up to which nothing is kept: a fraction of a second."""
_UNFINISHED_FOR = 24 * 3600
"""Seconds after which an unfinished file is nobody's any more."""
_FORM = "1"
"""Of how identities are made and written: another form, other files."""
_DIGEST = 16
"""How many of an identity's hexadecimal figures its digest has."""


def parts_of(
    home: Path, tables: Sequence[str], *, entries: Collection[str] = (), opaque: Collection[str] = ()
) -> pl.DataFrame:
    """The parts in some tables, in any batch, of the entries or the opaque keys given: the columns of `Subject.parts`, each once."""
    salt, wanted = salt_of(home), {*entries}
    numbers = np.array([_digest(one) for one in wanted], dtype="<u8")
    own = np.array([_digest(one.removeprefix("E")) for one in opaque], dtype="<u8")
    found = [pl.DataFrame(schema=PARTS)]
    for batch, table in _files(home, tables):
        kept = _read(_place(home, batch, table, salt))
        rows = part_rows(batch, table).select(*PARTS)
        if kept is None:
            parts = rows.unique().collect()
            kept = _keys(parts, salt)
            met = _met(kept, numbers, own)
        else:
            met = _met(kept, numbers, own)
            parts = rows.collect() if met.size else pl.DataFrame(schema=PARTS)
        found.append(parts[met].unique() if met.size else parts.clear())
    near = pl.concat(found).unique()
    mine = [entry_of(row) in wanted or opaque_key(salt, entry_of(row)) in opaque for row in near.iter_rows()]
    return near.filter(pl.Series(mine, dtype=pl.Boolean))


def keep_person_index(home: Path) -> None:
    """Make the identities of each file that has none yet, and remove those of files that are there no more. Raises StorageFailed."""
    files = list(_files(home, (*PEOPLE, *mentions())))
    if sum(int(batch.tables[table]) for batch, table in files) <= AT_ONCE:
        return
    salt = salt_of(home)
    folder = _folder(home)
    with storage_faults(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for batch, table in files:
        path = _place(home, batch, table, salt)
        if not path.exists():
            _write(home, path, part_rows(batch, table).select(*PARTS), salt)
    settled(folder)
    _prune(folder, {_place(home, batch, table, salt) for batch, table in files})


def _files(home: Path, tables: Sequence[str]) -> Iterator[tuple[Batch, str]]:
    for batch in Lake(home).batches():
        yield from ((batch, table) for table in tables if table in batch.tables)


def _folder(home: Path) -> Path:
    return home / "lake" / "derived" / "person_index"


def _place(home: Path, batch: Batch, table: str, salt: bytes) -> Path:
    """Where the identities of a file's rows are, by the file itself and the secret they were made with: another, other ones."""
    stat = (batch.folder / f"{table}.parquet").stat()
    said = "\0".join((_FORM, table, str(stat.st_size), str(stat.st_mtime_ns), hashlib.sha256(salt).hexdigest()))
    return _folder(home) / f"{batch.batch_id}-{table}-{hashlib.sha256(said.encode()).hexdigest()[:16]}.keys"


def _read(path: Path) -> np.ndarray | None:
    """The digests of a file's rows, entry and opaque key of each; None where they are not kept."""
    try:
        return np.memmap(path, dtype="<u8", mode="r").reshape(-1, 2) if path.stat().st_size else np.empty((0, 2), "<u8")
    except FileNotFoundError:
        return None


def _met(kept: np.ndarray, entries: np.ndarray, opaque: np.ndarray) -> np.ndarray:
    """The rows with one of some digests."""
    return np.flatnonzero(np.isin(kept[:, 0], entries) | np.isin(kept[:, 1], opaque))


def _keys(parts: pl.DataFrame, salt: bytes) -> np.ndarray:
    """The digests of some parts: of the entry, and of the opaque key of whoever it is the first part of."""
    entries = [entry_of(row) for row in parts.iter_rows()]
    said = [(_digest(one), _digest(opaque_key(salt, one).removeprefix("E"))) for one in entries]
    return np.array(said, dtype="<u8").reshape(-1, 2)


def _digest(identity: str) -> int:
    """A number that stands for an identity; of what is none, the number of nobody in particular."""
    try:
        return int(identity[:_DIGEST], 16)
    except ValueError:
        return 0


def _write(home: Path, path: Path, said: pl.LazyFrame, salt: bytes) -> None:
    """Write the identities of a file's rows, each part's made once, whole and on the disk before the file has its name."""
    erasures = in_place(home)
    rows = said.collect()
    parts = rows.unique()
    first, second = _keys(parts, salt).T
    made = parts.with_columns(pl.Series("first", first, pl.UInt64), pl.Series("second", second, pl.UInt64))
    told = rows.join(made, on=list(PARTS), how="left", nulls_equal=True, maintain_order="left")
    unnamed = path.with_name(f"unfinished-{uuid.uuid4().hex}")
    try:
        with storage_faults(path):
            descriptor = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                told.select("first", "second").to_numpy().astype("<u8").tofile(file)
                file.flush()
                os.fsync(file.fileno())
            if in_place(home) == erasures:  # else somebody was erased meanwhile, who may be among these rows
                unnamed.rename(path)
    finally:
        unnamed.unlink(missing_ok=True)


def _prune(folder: Path, wanted: set[Path]) -> None:
    """Remove the identities of files that are there no more. What cannot be removed now is removed the next time."""
    for path in folder.iterdir():
        is_under_way = path.name.startswith("unfinished-") and path.stat().st_mtime > time.time() - _UNFINISHED_FOR
        if path not in wanted and not is_under_way:
            with contextlib.suppress(OSError):
                path.unlink()
