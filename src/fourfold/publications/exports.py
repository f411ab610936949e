"""Exports: the tables that stand as at an instant, for tools that read files: Power BI, Qlik, Fabric, Spark, notebooks.

    OUT/current                     a link to the export in force; it changes in one step, when a new export is whole
    OUT/current/manifest.json       as at when, from which batches, how many rows, by which version of the code
    OUT/current/<table>/            a Delta table, and as well a folder of Parquet: the same files serve both
    OUT/current/batches/            the batches as a table: file, stream, source, whether its data are open

Tables of personal columns are never exported. Of batches that are not open, only columns of codes, references, days and
numbers are: what somebody wrote is null there, and so is a code so long that it may be a text. No file keeps the least
and greatest value of a column, as Delta's log and Parquet's foot would: they would hold values in clear.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

import fourfold
from fourfold.errors import Busy, NothingHeld, RequestInvalid, StorageFailed
from fourfold.records.as_at import Records, stands_as_crime
from fourfold.records.erasure import in_place
from fourfold.records.lake import Batch, Lake, settled, settled_files, storage_faults, write_json
from fourfold.records.suppliers.catalogue import contracts
from fourfold.records.suppliers.contracts import PERSONAL

_CURRENT, _UNFINISHED = "current", ".unfinished"
_NAMED = re.compile(r"export-[0-9]{8}T[0-9]{6}-[0-9a-f]{8}(\.unfinished)?")
"""The folders that an export makes, and that a later one may take away."""
_OWN_CODES = frozenset(
    {
        "batch_id", "force_id", "file_force_id", "category", "offence_code", "date_precision", "place_status",
        "lsoa11_code", "lsoa21_code",
    }
)  # fmt: skip
"""Columns of text that Fourfold itself fills with ids and codes."""
_LONGEST_CODE = 40
_IN_DELTA: dict[pl.DataType, str] = {
    pl.String(): "string", pl.Binary(): "binary", pl.Boolean(): "boolean", pl.Float64(): "double", pl.Date(): "date",
    pl.Datetime("us", "UTC"): "timestamp", pl.Int64(): "long", pl.Int32(): "integer", pl.Int16(): "short",
    pl.Int8(): "byte",
}  # fmt: skip
"""What Delta calls the types of the lake's columns."""


@dataclass(frozen=True)
class Exported:
    """An export that is in force: where it stands, and its manifest."""

    folder: Path
    manifest: dict[str, Any]


def exported_tables(records: Records) -> tuple[str, ...]:
    """The tables that an export of some records holds: those that stand, less those of personal columns."""
    return tuple(sorted({t for b in records.standing for t in b.tables if not t.endswith(PERSONAL)}))


def export(records: Records, out: Path, *, at: datetime, tables: Sequence[str] = ()) -> Exported:
    """Write the tables that stand into a folder for other tools, all of them or those named; `at` is the present instant.

    The new export is in force whole or not at all; the one before it stays until the next, for who is reading it still.
    Raises NothingHeld when there is nothing to export, RequestInvalid for a table that is not exported, Busy while another
    export is written there or where somebody was erased meanwhile, StorageFailed when it cannot be.
    """
    held = exported_tables(records)
    if not held:
        raise NothingHeld("Nothing is held as at that instant.", remedy="Import files first; see `fourfold imports`.")
    unknown = [name for name in tables if name not in held]
    if unknown:
        raise RequestInvalid(
            f"No table named {unknown[0]} is exported.",
            remedy=f"Use some of: {', '.join(held)}. Personal ones never are.",
        )
    with _held(out):
        _swept(out)
        _remembered(records.home, out)  # first, so that an erasure finds it whatever happens here
        name = f"export-{records.as_at:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        made = out / f"{name}{_UNFINISHED}"
        erased = in_place(records.home)
        manifest = _written(records, made, tables or held, at)
        with Lake(records.home).held(), storage_faults(made):
            if in_place(records.home) != erased:  # it may hold somebody who is gone
                shutil.rmtree(made)
                raise Busy("Somebody was erased while the export was written.", remedy="Export again.", file=out)
            made.rename(out / name)
            _linked(out, name)
        return Exported(out / name, manifest)


def _written(records: Records, folder: Path, tables: Sequence[str], at: datetime) -> dict[str, Any]:
    """Every table and the manifest in a folder, on the disk."""
    with storage_faults(folder):
        folder.mkdir()
    written = {name: _table_written(_to_export(records, name), folder / name) for name in tables}
    written["batches"] = _table_written(_batches(records.standing).lazy(), folder / "batches")
    manifest = {
        "as_at": records.as_at.isoformat(), "exported_at": at.isoformat(), "code_version": fourfold.__version__,
        "is_open_only": records.is_open_only, "tables": written, "batches": [b.batch_id for b in records.standing],
    }  # fmt: skip
    write_json(manifest, folder / "manifest.json")
    settled_files(folder)
    return manifest


def _to_export(records: Records, table: str) -> pl.LazyFrame:
    """The rows of a table that stand, with their stream, and of crimes whether they count; without what was written freely."""
    rows = records.table(table)
    schema = rows.collect_schema()
    batches = records.batches_of(table)
    is_open = pl.col("batch_id").is_in([b.batch_id for b in batches if b.is_open])
    codes = _OWN_CODES | {
        f.into for c in contracts() if c.table == table for f in c.fields
        if f.kind in ("code", "reference") and not f.personal
    }  # fmt: skip
    shown = []
    for name, kind in schema.items():
        if kind == pl.String and not all(b.is_open for b in batches):
            is_code = pl.col(name).str.len_chars() <= _LONGEST_CODE if name in codes else pl.lit(False)
            shown.append(pl.when(is_open | is_code).then(name).alias(name))
        else:
            shown.append(pl.col(name))
    streams = {b.batch_id: b.stream for b in batches}
    stream = pl.col("batch_id").replace_strict(streams, default=None, return_dtype=pl.String).alias("stream")
    if table == "crimes":
        stands: pl.LazyFrame = nw.from_native(rows).with_columns(is_counted=stands_as_crime(records.as_at)).to_native()
        return stands.select(*shown, stream, "is_counted")
    return rows.select(*shown, stream)


def _table_written(rows: pl.LazyFrame, folder: Path) -> dict[str, Any]:
    """One table as Parquet with a Delta log over it, no statistics in either; its rows and columns."""
    from deltalake import Field, Schema
    from deltalake.schema import PrimitiveType
    from deltalake.transaction import AddAction, create_table_with_add_actions

    part = folder / "part-00000.parquet"
    with storage_faults(folder):
        folder.mkdir()
        rows.sink_parquet(part, compression="zstd", statistics=False)
        n = int(pl.scan_parquet(part).select(pl.len()).collect().item())
        action = AddAction(
            path=part.name, size=part.stat().st_size, partition_values={}, data_change=True,
            modification_time=int(part.stat().st_mtime * 1000), stats=json.dumps({"numRecords": n}),
        )  # fmt: skip
        columns = pl.scan_parquet(part).collect_schema()
        schema = Schema([Field(name, PrimitiveType(_IN_DELTA[kind])) for name, kind in columns.items()])
        # No values in the log: neither now nor when somebody appends to the table.
        no_statistics = {"delta.dataSkippingNumIndexedCols": "0"}
        create_table_with_add_actions(str(folder), schema, [action], mode="error", configuration=no_statistics)
    return {"rows": n, "columns": columns.names()}


def _remembered(home: Path, out: Path) -> None:
    """Write down where exports lie, so that one made before an erasure can be taken away."""
    ledger = home / "exports.json"
    folders = json.loads(ledger.read_text(encoding="utf-8"))["folders"] if ledger.exists() else []
    if str(out.resolve()) not in folders:
        write_json({"folders": [*folders, str(out.resolve())]}, ledger)


def _batches(standing: Sequence[Batch]) -> pl.DataFrame:
    columns = ("batch_id", "file_name", "dataset", "stream", "source", "is_open", "committed_at", "mapping_version")
    return pl.DataFrame(
        [{name: getattr(batch, name) for name in columns} for batch in standing],
        schema_overrides={"committed_at": pl.Datetime("us", "UTC")},
    )


@contextmanager
def _held(out: Path) -> Iterator[None]:
    """The folder held for writing; made when it is missing, and then readable by its owner only."""
    with storage_faults(out):
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (out / ".lock").open("a")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("Another export is being written there.", remedy="Wait until it is done.", file=out) from None
        yield


def _swept(out: Path) -> None:
    """Remove exports that were never finished, and those before the one in force."""
    current = out / _CURRENT
    if current.exists() and not current.is_symlink():
        raise StorageFailed(
            "There is something named `current` in that folder that no export made.",
            remedy="Export into a folder of its own.",
            file=out,
        )
    kept = current.resolve().name if current.is_symlink() else ""
    for held in out.iterdir():
        if _NAMED.fullmatch(held.name) and held.name != kept:
            shutil.rmtree(held, ignore_errors=True)


def _linked(out: Path, name: str) -> None:
    """Let `current` mean another export, in one step."""
    link = out / f".{_CURRENT}-{uuid.uuid4().hex[:8]}"
    link.symlink_to(name)
    link.rename(out / _CURRENT)
    settled(out)
