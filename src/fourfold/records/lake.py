"""The lake: Parquet parts in a folder a batch, each batch there from the instant its manifest is renamed into place.

    HOME/lake/batches/<batch>/manifest.json     what the batch is; without it the folder is not a batch
    HOME/lake/batches/<batch>/<table>.parquet   kept rows
    HOME/lake/batches/<batch>/rejects.parquet   rows returned, with the reason and the raw text
    HOME/lake/batches/<batch>/replaced.parquet  earlier rows of the same keys, which its rows take the place of
    HOME/lake/batches/<batch>/original/<name>   the file as received
    HOME/lake/batches/<batch>/withdrawn.json    when and why the batch was withdrawn, if it was
    HOME/lake/staging/<name>                    work under way; swept at the next import
    HOME/lake/erasures/<erasure>                an erasure under way, or its certificate (`erasure`)

Readers see only what manifests name. Everything is readable by its owner only.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.errors import Busy, StorageFailed
from fourfold.records.suppliers import catalogue
from fourfold.records.suppliers.contracts import PERSONAL

_CRIMES: dict[str, pl.DataType] = {
    "batch_id": pl.String(), "line_number": pl.Int64(),
    "force_id": pl.String(), "file_force_id": pl.String(), "is_btp": pl.Boolean(),
    "crime_ref": pl.String(), "recorded_on": pl.Date(), "recorded_month": pl.Date(), "date_precision": pl.String(),
    "offence_code": pl.String(), "category": pl.String(), "category_text": pl.String(),
    "location": pl.String(), "longitude": pl.Float64(), "latitude": pl.Float64(),
    "raw_longitude": pl.String(), "raw_latitude": pl.String(), "raw_recorded_on": pl.String(),
    "raw_easting": pl.String(), "raw_northing": pl.String(),
    "easting": pl.Float64(), "northing": pl.Float64(), "place_status": pl.String(),
    "lsoa11_code": pl.String(), "lsoa21_code": pl.String(), "file_lsoa_code": pl.String(),
    "is_repeated_id": pl.Boolean(), "is_force_mismatch": pl.Boolean(), "last_outcome": pl.String(),
}  # fmt: skip

SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "crimes": _CRIMES,
    "outcomes": {
        "batch_id": pl.String(), "line_number": pl.Int64(), "force_id": pl.String(), "file_force_id": pl.String(),
        "is_btp": pl.Boolean(), "crime_ref": pl.String(), "outcome_month": pl.Date(), "outcome_text": pl.String(),
        "location": pl.String(), "longitude": pl.Float64(), "latitude": pl.Float64(),
        "raw_longitude": pl.String(), "raw_latitude": pl.String(),
        "file_lsoa_code": pl.String(), "is_repeated_id": pl.Boolean(), "is_force_mismatch": pl.Boolean(),
    },
    "offence_counts": {
        "batch_id": pl.String(), "line_number": pl.Int64(), "force_id": pl.String(),
        "financial_year": pl.String(), "quarter": pl.Int8(), "first": pl.Date(), "last": pl.Date(),
        "offence_code": pl.String(), "offence_title": pl.String(), "offence_group": pl.String(),
        "offence_subgroup": pl.String(), "number_of_offences": pl.Int64(),
    },
    "fraud_victims": {"reported_on": pl.Date(), "reported_month": pl.Date()},
    "boundaries": {
        "layer": pl.String(), "code": pl.String(), "name": pl.String(), "ltla24_code": pl.String(), "wkb": pl.Binary(),
        "line_number": pl.Int64(), "batch_id": pl.String(),
    },
    "area_lookups": {
        "small_layer": pl.String(), "small_code": pl.String(), "layer": pl.String(), "code": pl.String(),
        "name": pl.String(), "line_number": pl.Int64(), "batch_id": pl.String(),
    },
    "populations": {
        "line_number": pl.Int64(), "code": pl.String(), "age": pl.Int16(), "n": pl.Int32(), "layer": pl.String(),
        "on": pl.Date(), "batch_id": pl.String(),
    },
    "rejects": {
        "line": pl.Int64(), "last_line": pl.Int64(), "code": pl.String(), "column": pl.String(),
        "cause": pl.String(), "remedy": pl.String(), "raw": pl.String(),
    },
}  # fmt: skip
"""The columns of each table, in order; where several contracts fill one, all that any of them has. What each holds stands
in `columns` or in the contract. A table not here is written as it comes."""

for _contract in catalogue.contracts():
    for _table, _columns in (
        (_contract.table, _contract.columns),
        (_contract.table + PERSONAL, _contract.personal_columns),
    ):
        SCHEMAS[_table] = {**_columns, **SCHEMAS.get(_table, {})}

DATED_BY = {
    "crimes": "recorded_month", "outcomes": "outcome_month", "offence_counts": "first", "fraud_victims": "reported_month",
}  # fmt: skip
"""The column whose month says which batch speaks for a row."""

DAYS = {"crimes": "recorded_on", "offence_counts": "first", "fraud_victims": "reported_on"}
"""The column of the day on which a row counts, of tables that are counted."""

FORCE_COLUMN = {
    "crimes": "file_force_id", "outcomes": "file_force_id", "offence_counts": "force_id", "fraud_victims": "force_id",
}  # fmt: skip
"""The column that names the force whose file (or whose row of the national file) a row stands in."""

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One manifest: one file received. `account` holds total, header, accepted, continuation, blank, rejected, kept."""

    batch_id: str
    file_name: str
    content_hash: str
    supplier: str
    dataset: str
    stream: str
    force_id: str | None
    coverage: Mapping[str, tuple[date, ...]]
    committed_at: datetime
    withdrawn_at: datetime | None
    encoding: str
    account: Mapping[str, int | str]
    flags: Mapping[str, int]
    unparsed: Mapping[str, int]
    tables: Mapping[str, int]
    mapping_version: str
    code_lists: Mapping[str, str]
    boundaries: tuple[str, ...]
    code_version: str
    is_open: bool
    source: str
    notes: tuple[str, ...]
    folder: Path
    forces: tuple[str, ...] | None = None
    """The forces that recorded rows of it; None in manifests written before this was kept."""
    keyed_by: tuple[str, ...] = ()
    """The columns by which its rows correct earlier ones; empty where it replaces months."""
    replaced: Mapping[str, int] = field(default_factory=dict)
    """How many rows of each batch, itself among them, its rows take the place of."""
    dated: tuple[date, ...] | None = None
    """The months in which its rows lie, of a batch with a key; None where they have no date, or were not written down."""
    extracted_on: date | None = None
    unknown_codes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    members: int = 1
    """How many batches the file received became: as many as it has members, where it is an archive."""
    erasures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By each erasure that took lines out of it: `at`, and how many `lines`."""

    def may_hold(self, force_id: str) -> bool:
        """Whether it can hold rows that a force recorded, or rows of a force's own file."""
        return self.forces is None or not self.coverage or force_id in self.forces or force_id in self.coverage

    @property
    def months(self) -> tuple[date, ...]:
        """Every month the batch speaks for, of any force, in order."""
        return tuple(sorted({month for held in self.coverage.values() for month in held}))

    def may_hold_rows_of(self, months: Collection[date]) -> bool:
        """Whether it can hold rows of some months; a correction's rows lie wherever the corrected ones did."""
        if self.keyed_by:
            return self.dated is None or not set(months).isdisjoint(self.dated)
        return not self.coverage or not set(months).isdisjoint(self.months)

    def as_dict(self) -> dict[str, Any]:
        """The manifest as plain data, without its place on disk; coverage is given as its first and last month."""
        months = self.months
        return {
            "batch": self.batch_id,
            "file": self.file_name,
            "dataset": self.dataset,
            "stream": self.stream,
            "force": self.force_id,
            "first_month": months[0].strftime("%Y-%m") if months else None,
            "last_month": months[-1].strftime("%Y-%m") if months else None,
            "committed_at": self.committed_at.isoformat(),
            "withdrawn_at": self.withdrawn_at.isoformat() if self.withdrawn_at else None,
            "encoding": self.encoding,
            "account": dict(self.account),
            "flags": dict(self.flags),
            "unparsed": dict(self.unparsed),
            "tables": dict(self.tables),
            "mapping_version": self.mapping_version,
            "content_hash": self.content_hash,
            "source": self.source,
            "notes": list(self.notes),
            "extracted_on": self.extracted_on.isoformat() if self.extracted_on else None,
            "replaced": dict(self.replaced),
            "unknown_codes": {name: dict(codes) for name, codes in self.unknown_codes.items()},
            "erasures": {name: dict(said) for name, said in self.erasures.items()},
        }


class Lake:
    """The lake of one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "lake"
        self.batches_folder = self.root / "batches"
        self.staging_folder = self.root / "staging"
        self._ledger: tuple[Batch, ...] | None = None

    def prepared(self) -> Lake:
        """The lake, its folders made."""
        with storage_faults(self.root):
            for folder in (self.root, self.batches_folder, self.staging_folder):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def batches(self) -> tuple[Batch, ...]:
        """Every batch with a manifest, whatever its standing, in the order in which they were committed."""
        if self._ledger is not None:
            return self._ledger
        if not self.batches_folder.is_dir():
            return ()
        found = []
        for folder in os.scandir(self.batches_folder):
            with contextlib.suppress(FileNotFoundError):
                found.append(_read(folder.path))
        return tuple(sorted(found, key=lambda b: (b.committed_at, b.batch_id)))

    def last_change(self) -> datetime:
        """The instant at which a batch was last committed or withdrawn; long ago where none is held."""
        batches = self.batches()
        instants = [b.committed_at for b in batches] + [b.withdrawn_at for b in batches if b.withdrawn_at is not None]
        return max(instants, default=datetime(2000, 1, 1, tzinfo=UTC))

    def entered(self, folder: Path) -> Batch:
        """The batch of a folder whose manifest, or whose withdrawal, has just been written; the ledger knows it from now."""
        batch = _read(str(folder))
        if self._ledger is not None:
            others = (b for b in self._ledger if b.batch_id != batch.batch_id)
            self._ledger = tuple(sorted((*others, batch), key=lambda b: (b.committed_at, b.batch_id)))
        return batch

    def batch(self, batch_id: str) -> Batch | None:
        """The batch of that identity, or the only one whose identity begins so."""
        found = [b for b in self.batches() if b.batch_id.startswith(batch_id)]
        return found[0] if len(found) == 1 else None

    @contextlib.contextmanager
    def held(self, patience: float = 30.0) -> Iterator[None]:
        """Hold the lake for writing; the operating system lets go if the process dies. Raises Busy after `patience`.

        Meanwhile `batches` is known without a look at the disk: what is written is told to `entered`.
        """
        self.prepared()
        with storage_faults(self.root):
            lock = (self.root / "lock").open("a")
        with lock:
            _waited_for(
                lock.fileno(), patience, "Another import has been writing to these records for too long.", self.root
            )
            self._ledger = self.batches()  # nobody else writes now: it is read once
            try:
                yield
            finally:
                self._ledger = None

    @contextlib.contextmanager
    def rectifying(self, patience: float = 30.0) -> Iterator[None]:
        """Hold what a rectification and an erasure take turns at, across the imports that one makes. Raises Busy."""
        self.prepared()
        with storage_faults(self.root):
            lock = (self.root / "rectifying.lock").open("a")
        with lock:
            _waited_for(lock.fileno(), patience, "Another rectification or erasure is under way.", self.root)
            yield

    def is_whole(self, content_hash: str) -> bool:
        """Whether every batch is held that a file of that content became, withdrawn or not; an archive has one a member."""
        found = [b for b in self.batches() if b.content_hash == content_hash]
        return bool(found) and len({b.file_name for b in found}) >= max(b.members for b in found)

    def swept(self) -> int:
        """Remove what an import that died left behind; how many folders that was. Only while the lake is held."""
        orphans = list(self.staging_folder.iterdir()) if self.staging_folder.is_dir() else []
        orphans += [p for p in self.batches_folder.iterdir() if not (p / "manifest.json").exists()]
        for orphan in orphans:
            shutil.rmtree(orphan, ignore_errors=True)
        return len(orphans)


def columns_of(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with exactly the table's columns, in its order and types; the columns a supplier lacks are null."""
    schema = SCHEMAS.get(table)
    if schema is None:
        return rows
    return rows.select(
        pl.col(name).cast(kind) if name in rows.columns else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    )


def write_part(rows: pl.DataFrame, path: Path, rows_together: int | None = None) -> None:
    """One part, compressed; statistics left out, since they would keep values in clear at the foot of the file.

    `rows_together` are the rows of each group, which is read whole: by default many, for those who read all of them.
    """
    with storage_faults(path):
        rows.write_parquet(
            path, compression="zstd", compression_level=1, statistics=False, row_group_size=rows_together
        )
        path.chmod(0o600)


def write_json(plain: Mapping[str, Any], path: Path) -> None:
    """A JSON file, whole and on the disk before it takes its name."""
    with storage_faults(path):
        unnamed = path.with_name(path.name + ".unfinished")
        descriptor = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(plain, file, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        unnamed.rename(path)
        settled(path.parent)


def settled(folder: Path) -> None:
    """The folder's own entries on the disk, so that a rename outlives a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settled_files(folder: Path) -> None:
    """Every file below the folder on the disk. In threads, since each waits for the disk and not for us."""

    def one(path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    with storage_faults(folder), ThreadPoolExecutor(8) as pool:
        list(pool.map(one, [p for p in folder.rglob("*") if p.is_file()]))


@contextlib.contextmanager
def storage_faults(place: Path) -> Iterator[None]:
    """Turn the operating system's faults in writing into ones a user can mend."""
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as fault:
        is_full = getattr(fault, "errno", None) in _DISK_FULL or "No space left" in str(fault)
        raise StorageFailed(
            "The disk is full." if is_full else f"The records' folder could not be written ({type(fault).__name__}).",
            remedy="Free some space and import the file again; nothing of it was kept."
            if is_full
            else "See that the folder exists and is yours, and import the file again; nothing of it was kept.",
            file=place,
        ) from fault


def _waited_for(descriptor: int, patience: float, cause: str, place: Path) -> None:
    """Lock a file that is open, once nobody else has it. Raises Busy after `patience`, in seconds."""
    until = time.monotonic() + patience
    while not _locked(descriptor):
        if time.monotonic() > until:
            raise Busy(cause, remedy="Wait until it has finished, and try again.", file=place)
        time.sleep(0.05)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(folder: str) -> Batch:
    """The batch in a folder, read anew only where something has changed. Raises FileNotFoundError without a manifest."""
    return _batch(folder, os.stat(f"{folder}/manifest.json").st_mtime_ns, os.path.exists(f"{folder}/withdrawn.json"))


@lru_cache(maxsize=100_000)
def _batch(folder: str, changed_at: int, is_withdrawn: bool) -> Batch:  # noqa: ARG001 - part of the cache's key
    place = Path(folder)
    plain = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    withdrawn_at = None
    if is_withdrawn:
        withdrawn_at = json.loads((place / "withdrawn.json").read_text(encoding="utf-8"))["at"]
    return Batch(
        **{
            **plain,
            "coverage": {
                force: tuple(date.fromisoformat(m) for m in months) for force, months in plain["coverage"].items()
            },
            "committed_at": datetime.fromisoformat(plain["committed_at"]),
            "withdrawn_at": datetime.fromisoformat(withdrawn_at) if withdrawn_at else None,
            "boundaries": tuple(plain["boundaries"]),
            "forces": tuple(plain["forces"]) if "forces" in plain else None,
            "notes": tuple(plain["notes"]),
            "keyed_by": tuple(plain.get("keyed_by", ())),
            "dated": tuple(date.fromisoformat(m) for m in plain["dated"]) if plain.get("dated") is not None else None,
            "extracted_on": date.fromisoformat(plain["extracted_on"]) if plain.get("extracted_on") else None,
            "folder": place,
        }
    )
