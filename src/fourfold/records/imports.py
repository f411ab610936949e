"""Imports: a file becomes a batch, whole or not at all.

The file is first copied into staging, and the copy is read: what was hashed, accounted for and kept is one thing, even
if somebody changes the file meanwhile. Then its parts are written and put on the disk, the folder takes its place, and
the manifest is renamed into it: that rename is the instant from which the batch exists.

Of an archive each member is a batch. All of them are on the disk, and written down together (`going-in.json`), before the
first takes its place; what dies between two of them is finished by whoever writes to the lake next, or at start-up.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

import fourfold
from fourfold.codes.lists import code_list, code_lists
from fourfold.errors import Busy, FileRefused, FileUnreadable, FourfoldError, LayoutUnknown, NothingHeld, StorageFailed
from fourfold.records import erasure, places
from fourfold.records.account import LineAccount, Reading, Reject
from fourfold.records.as_at import records_as_at
from fourfold.records.corrections import REPLACED, counted_by_batch, replaced_rows
from fourfold.records.lake import (
    SCHEMAS,
    Batch,
    Lake,
    columns_of,
    settled,
    settled_files,
    storage_faults,
    write_json,
    write_part,
)
from fourfold.records.reading import readings
from fourfold.records.redaction import Edits, rewritten
from fourfold.records.subjects import inner_of
from fourfold.records.suppliers import Received, catalogue, contracts, home_office, ons, police_uk
from fourfold.records.tombstones import without_erased

_TABULAR: tuple[tuple[Callable[[tuple[str, ...], str], bool], Callable[[Reading, str], Received]], ...] = (
    (police_uk.recognises, police_uk.received),
    (home_office.recognises, home_office.received),
    (ons.recognises, ons.received),
)
_COPIED_AT_ONCE = 1 << 20
_FILES_AT_ONCE = 2
"""Files that are read side by side; they are entered one after another, in the order given."""
_BOUNDARY_ENDINGS = (".geojson", ".geojson.gz")
_GOING_IN = "going-in.json"
"""In a file's folder of staging: its members, in order, once the first of them may take its place."""


@dataclass(frozen=True, kw_only=True)
class Instructions:
    """What the user says of the files: a mapping where no contract fits, a declared encoding, a sheet's name.

    With `is_from_outside`, files of the service's own contracts are refused: it hands those over itself.
    """

    mapping: contracts.ColumnMapping | None = None
    encoding: str | None = None
    sheet: str | None = None
    is_from_outside: bool = False


@dataclass(frozen=True)
class Imported:
    """What became of one file or archive member. `superseded` counts, by earlier batch, the months it lost.

    The rows that earlier batches lost to later ones of the same key are counted in `batch.replaced`.
    """

    batch: Batch
    is_new: bool
    superseded: dict[str, int]


@dataclass(frozen=True)
class _Staged:
    folder: Path
    manifest: dict[str, object]
    table: str
    """The table that holds every row: the first that the supplier fills."""
    keyed_by: tuple[str, ...]
    inner: str = ""
    edits: Edits = field(default_factory=Edits)
    """What was erased before of what the file brings, by the table of it that was read."""


@dataclass(frozen=True)
class _Prepared:
    """A file in its folder of staging: the batches it is held as already, or those that it will be."""

    folder: Path
    held: tuple[Batch, ...]
    staged: tuple[_Staged, ...]


def import_files(
    home: Path,
    paths: Iterable[Path],
    *,
    clock: Callable[[], datetime],
    instructions: Instructions | None = None,
    progress: Callable[[Path], None] = lambda _: None,
) -> list[Imported]:
    """Import files in order, each whole or not at all; the same file twice is one batch.

    Stops at the first file that cannot be imported, with its fault; the files before it stay imported. Raises
    FourfoldError of the kind that fits: unreadable, refused, layout unknown, records invalid, storage failed, busy.
    """
    lake = Lake(home)
    done: list[Imported] = []
    with lake.held(), ThreadPoolExecutor(_FILES_AT_ONCE) as workers:
        swept(lake, clock)
        erasure.resumed(home)
        with _staging(lake) as staging:
            waiting: deque[tuple[Path, Future[_Prepared]]] = deque()

            def enter_first() -> None:
                path, prepared = waiting.popleft()
                done.extend(_entered(lake, prepared.result(), clock))
                progress(path)

            try:
                for number, path in enumerate(paths):
                    # Crimes are placed by the boundaries held: a file of boundaries is entered before the next is read.
                    while waiting and (
                        len(waiting) > _FILES_AT_ONCE or waiting[-1][0].name.endswith(_BOUNDARY_ENDINGS)
                    ):
                        enter_first()
                    folder = staging / str(number)
                    task = workers.submit(_prepared, lake, path, folder, clock, instructions or Instructions())
                    waiting.append((path, task))
                while waiting:
                    enter_first()
            finally:
                for _, task in waiting:
                    task.cancel()
                wait([task for _, task in waiting])
    return done


def finish_imports(home: Path, *, clock: Callable[[], datetime]) -> None:
    """Finish the import of an archive that died between two of its members. Where the lake is held, its holder has done so."""
    lake = Lake(home)
    if any(lake.staging_folder.glob(f"*/*/{_GOING_IN}")):
        with suppress(Busy), lake.held():
            swept(lake, clock)


def swept(lake: Lake, clock: Callable[[], datetime]) -> None:
    """Finish the files whose members were going in, and remove what else an import that died left. Only while the lake is held."""
    for written in sorted(lake.staging_folder.glob(f"*/*/{_GOING_IN}")):
        for one in json.loads(written.read_text(encoding="utf-8"))["members"]:
            staged, place = written.parent / one["folder"], lake.batches_folder / one["manifest"]["batch_id"]
            folder = staged if staged.exists() else place
            _committed(lake, _Staged(folder, one["manifest"], one["table"], tuple(one["manifest"]["keyed_by"])), clock)
        shutil.rmtree(written.parent)
    lake.swept()


def withdraw(home: Path, batch_id: str, *, reason: str, clock: Callable[[], datetime]) -> Batch:
    """Take a batch out of every figure from now on; figures as at an earlier instant keep it. Nothing is deleted.

    What the batch had superseded stands again. Raises NothingHeld when there is no such batch in force.
    """
    lake = Lake(home)
    with lake.held():
        batch = lake.batch(batch_id)
        if batch is None or batch.withdrawn_at is not None:
            raise NothingHeld(
                "No batch of that identity is in force.", remedy="See `fourfold imports` for the batches held."
            )
        at = _next_instant(lake, clock)
        write_json({"at": at.isoformat(), "reason": reason}, batch.folder / "withdrawn.json")
        return lake.entered(batch.folder)


def rejects_of(batch: Batch) -> pl.DataFrame:
    """The rows of a batch's file that were returned: line, last_line, code, column, cause, remedy, raw."""
    return pl.read_parquet(batch.folder / "rejects.parquet")


def _prepared(
    lake: Lake, path: Path, folder: Path, clock: Callable[[], datetime], instructions: Instructions
) -> _Prepared:
    """Copy, read and write a file's batches into a folder of staging; nothing of it is seen yet."""
    with storage_faults(folder):
        folder.mkdir(mode=0o700)
    copy, content_hash = _copied(path, folder)
    version = instructions.mapping.version if instructions.mapping else None
    held = tuple(
        b
        for b in lake.batches()
        if b.content_hash == content_hash and b.withdrawn_at is None and version in (None, b.mapping_version)
    )
    if held:
        return _Prepared(folder, held, ())
    with _named_as(path, copy):
        staged = tuple(
            _staged(lake, copy, content_hash, reading, found, folder / f"member-{at}", clock)
            for at, (reading, found) in enumerate(_received(copy, instructions))
        )
    _kept_alike(copy, staged)
    for one in staged:
        one.manifest["members"] = len(staged)
    return _Prepared(folder, (), staged)


def _entered(lake: Lake, prepared: _Prepared, clock: Callable[[], datetime]) -> list[Imported]:
    """Commit what was prepared, or say that it is held already."""
    done = [Imported(batch, is_new=False, superseded={}) for batch in prepared.held]
    try:
        _going_in(prepared)
        done += [_committed(lake, one, clock) for one in prepared.staged]
    except StorageFailed as fault:
        if len(prepared.staged) > 1:
            fault.remedy = (
                "Free some space. What is left of the archive goes in at the next import, or when the service starts."
            )
        raise
    shutil.rmtree(prepared.folder, ignore_errors=True)
    return done


def _going_in(prepared: _Prepared) -> None:
    """Write down all the members of an archive, so that none is left out where what enters them dies: the names would not do,
    since what is then left to do has to be done without the file, and as its instructions said."""
    if len(prepared.staged) > 1:
        members = [{"folder": o.folder.name, "manifest": o.manifest, "table": o.table} for o in prepared.staged]
        write_json({"members": members}, prepared.folder / _GOING_IN)
        with storage_faults(prepared.folder):
            settled(prepared.folder.parent)


def _received(copy: Path, instructions: Instructions) -> Iterator[tuple[Reading | ons.GeoReading, Received]]:
    """Each table in the file with the records that its supplier's contract makes of it."""
    if ons.recognises_geojson(copy):
        yield ons.received_geojson(copy)
        return
    for reading in readings(copy, encoding=instructions.encoding, sheet=instructions.sheet):
        yield reading, _contracted(reading, instructions)


def _contracted(reading: Reading, instructions: Instructions) -> Received:
    if instructions.mapping is not None:
        _refused_from_outside(reading, instructions.mapping.contract, instructions)
        return contracts.received(reading, instructions.mapping.contract, instructions.mapping)
    for recognises, received in _TABULAR:
        if recognises(reading.header, reading.name):
            return received(reading, reading.name)
    plain = contracts.recognised(reading.header, catalogue.contracts())
    if plain is not None:
        _refused_from_outside(reading, plain, instructions)
        return contracts.received(reading, plain)
    meant = contracts.nearest(reading.header, catalogue.contracts())
    raise LayoutUnknown(
        f"No supplier's layout has this file's columns. {meant}".rstrip(),
        remedy="Write a mapping file and name it with --mapping: `docs/how-to/own-extracts.md` shows how for a force's own "
        "records, `docs/how-to/any-table.md` for any table. "
        f"In this file {reading.header_in_words}.",
        file=reading.name,
    )


def _refused_from_outside(reading: Reading, contract: contracts.Contract, instructions: Instructions) -> None:
    """Decisions of officers come from the service, where each has its entry on the log; a file could say anything."""
    if instructions.is_from_outside and contract.name in catalogue.OURS:
        raise FileRefused(
            "What officers decided in the service is handed over by the service alone.",
            remedy="Ask for it with `fourfold events export`, where the service runs.",
            file=reading.name,
        )


def _staged(
    lake: Lake,
    copy: Path,
    content_hash: str,
    reading: Reading | ons.GeoReading,
    found: Received,
    folder: Path,
    clock: Callable[[], datetime],
) -> _Staged:
    """Write the parts, the rejects and the original of one batch into a folder, and put them on the disk."""
    batch_id = _identity(lake, content_hash, reading.name, found)
    boundaries: tuple[str, ...] = ()
    inner = inner_of(reading.encoding, reading.notes, reading.name if reading.name != copy.name else "")
    left = without_erased(lake.home, content_hash, inner, found.tables, (*reading.rejects, *found.rejects))
    tables = left.tables
    if "crimes" in tables:
        drawn = [b for b in lake.batches() if "boundaries" in b.tables]
        now = records_as_at(lake.home, _next_instant(lake, clock), batches=drawn)
        boundaries = tuple(b.batch_id for b in now.batches_of("boundaries"))
        tables["crimes"] = places.placed(tables["crimes"], now.boundaries)
    rejects = left.rejects
    with storage_faults(folder):
        (folder / "original").mkdir(parents=True, mode=0o700)
        taken = _kept_original(copy, folder / "original" / copy.name, left.edits, inner, reading)
    account = _account(reading.account, tables, rejects, found, taken)
    for name, rows in tables.items():
        write_part(columns_of(name, rows.with_columns(pl.lit(batch_id).alias("batch_id"))), folder / f"{name}.parquet")
    write_part(_rejects_table(rejects), folder / "rejects.parquet")
    settled_files(folder)
    return _Staged(
        folder,
        {
            "batch_id": batch_id,
            "file_name": reading.name if reading.name == copy.name else f"{copy.name}/{reading.name}",
            "content_hash": content_hash,
            "supplier": found.dataset.partition(" ")[0],
            "dataset": found.dataset,
            "stream": found.stream,
            "force_id": found.force_id,
            "coverage": {f: [m.isoformat() for m in months] for f, months in found.coverage.items()},
            "encoding": reading.encoding,
            "account": account,
            "flags": dict(found.flags),
            "unparsed": dict(found.unparsed),
            "tables": {name: rows.height for name, rows in tables.items()},
            "mapping_version": found.mapping_version,
            "code_lists": {name: code_list(name).version for name in code_lists()},
            "boundaries": list(boundaries),
            "forces": _forces(tables),
            "code_version": fourfold.__version__,
            "is_open": found.is_open,
            "source": found.source,
            "notes": [*reading.notes, *found.notes],
            "keyed_by": list(found.keyed_by),
            "dated": None if found.dated is None else [month.isoformat() for month in found.dated],
            "extracted_on": found.extracted_on.isoformat() if found.extracted_on else None,
            "unknown_codes": {name: dict(codes) for name, codes in found.unknown_codes.items()},
        },
        table=next(iter(tables)),
        keyed_by=found.keyed_by,
        inner=inner,
        edits=left.edits,
    )


def _kept_original(
    copy: Path, place: Path, edits: Edits, inner: str, reading: Reading | ons.GeoReading
) -> Mapping[int, int]:
    """The file as received in its batch's folder: the staged copy under another name, or copied where links are not made.

    What was erased before is not kept again; the lines that each record so left out took.
    """
    if not edits.is_empty:
        done = rewritten(copy, {inner: edits}, reading.account.unit, reading.encoding)
        place.write_bytes(done.content)
        return done.lines.get(inner, {})
    try:
        os.link(copy, place)
    except OSError:
        shutil.copy2(copy, place)
    return {}


def _kept_alike(copy: Path, staged: Sequence[_Staged]) -> None:
    """Each batch of an archive keeps the whole of it: what was erased from one table of it goes from every copy."""
    edits = {one.inner: one.edits for one in staged if not one.edits.is_empty}
    if not edits or len(staged) == 1:
        return
    first = staged[0].manifest
    content = rewritten(copy, edits, str(first["account"]["unit"]), str(first["encoding"])).content  # type: ignore[index]
    for one in staged:
        place = one.folder / "original" / copy.name
        with storage_faults(place):
            place.unlink()
            place.write_bytes(content)
            settled_files(place.parent)


def _committed(lake: Lake, staged: _Staged, clock: Callable[[], datetime]) -> Imported:
    """Move the folder into place and rename the manifest into it; the batch exists from then on."""
    place = lake.batches_folder / str(staged.manifest["batch_id"])
    twin = lake.batch(place.name)
    if twin is not None:  # the same file was named twice in one command
        return Imported(twin, is_new=False, superseded={})
    stream = [b for b in lake.batches() if b.stream == staged.manifest["stream"]]
    before = records_as_at(lake.home, _next_instant(lake, clock), batches=stream)
    replaced = _replaced(lake, staged)
    with storage_faults(place):
        if staged.folder != place:
            staged.folder.rename(place)
        settled(lake.batches_folder)
    committed_at = _next_instant(lake, clock).isoformat()
    write_json({**staged.manifest, "replaced": replaced, "committed_at": committed_at}, place / "manifest.json")
    batch = lake.entered(place)
    superseded: dict[str, int] = {}
    for force, months in batch.coverage.items():
        for month in months:
            owner = before.owners.get((batch.stream, force, month))
            if owner:
                superseded[owner] = superseded.get(owner, 0) + 1
    return Imported(batch, is_new=True, superseded=superseded)


def _replaced(lake: Lake, staged: _Staged) -> dict[str, int]:
    """Write down the earlier rows whose place the batch's take, and count them by batch."""
    if not staged.keyed_by:
        return {}
    earlier = [
        batch.folder / f"{staged.table}.parquet"
        for batch in lake.batches()
        if batch.stream == staged.manifest["stream"] and batch.withdrawn_at is None and staged.table in batch.tables
    ]
    own = pl.read_parquet(staged.folder / f"{staged.table}.parquet", columns=["line_number", *staged.keyed_by])
    rows = replaced_rows(own, staged.keyed_by, earlier, str(staged.manifest["batch_id"]))
    write_part(rows, staged.folder / REPLACED)
    settled_files(staged.folder)
    return counted_by_batch(rows)


def _account(
    read: LineAccount,
    tables: dict[str, pl.DataFrame],
    rejects: tuple[Reject, ...],
    found: Received,
    erased: Mapping[int, int],
) -> dict[str, int | str]:
    """The file's account with the contract's rejects taken out of the accepted rows, and proven against the tables.

    `erased` are the records of people who were erased before, each with its number of lines.
    """
    refused = len(found.rejects)
    kept = read.accepted - refused - len(erased)
    lines = [rows["line_number"] for rows in tables.values() if rows.height]
    held = pl.concat(lines).n_unique() if lines else 0
    if not read.is_balanced or held != kept:
        raise AssertionError(f"a file's rows do not add up: {kept} to keep, {held} kept, {len(rejects)} rejected")
    return {
        "unit": read.unit,
        "total": read.total,
        "header": read.header,
        "kept": kept,
        "continuation": read.continuation - sum(erased.values()) + len(erased),
        "blank": read.blank,
        "rejected": read.rejected + refused,
        **({"erased": sum(erased.values())} if erased else {}),
    }


def _forces(tables: dict[str, pl.DataFrame]) -> list[str]:
    """The forces that recorded the rows of some tables."""
    named = [rows["force_id"].unique() for rows in tables.values() if "force_id" in rows.columns]
    return sorted({force for forces in named for force in forces.drop_nulls()})


def _rejects_table(rejects: tuple[Reject, ...]) -> pl.DataFrame:
    rows = [(r.line, r.last_line, r.code, r.column, r.cause, r.remedy, r.raw) for r in rejects]
    return pl.DataFrame(rows, schema=SCHEMAS["rejects"], orient="row").sort("line")


def _identity(lake: Lake, content_hash: str, member: str, found: Received) -> str:
    """The batch's identity, which follows from what was received and how it was read.

    A file that was withdrawn and is received again is a batch of its own.
    """
    earlier = sum(1 for b in lake.batches() if b.content_hash == content_hash and b.withdrawn_at is not None)
    parts = (content_hash, member, found.dataset, found.mapping_version, str(earlier))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _next_instant(lake: Lake, clock: Callable[[], datetime]) -> datetime:
    """Now, or just after the last commitment where the clock has been set back."""
    held = lake.batches()
    instants = [b.committed_at for b in held] + [b.withdrawn_at for b in held if b.withdrawn_at]
    instant = clock()
    return max(instant, max(instants) + timedelta(microseconds=1)) if instants else instant


def _copied(path: Path, staging: Path) -> tuple[Path, str]:
    """A copy of the file in staging, and the hash of its bytes. Raises FileUnreadable when there is no such file."""
    try:
        before = path.stat()
        if not (stat.S_ISREG(before.st_mode) or stat.S_ISDIR(before.st_mode)):
            # A pipe or a device may never end, and cannot be read twice.
            raise FileUnreadable("This is not an ordinary file.", remedy="Save it as a file first.", file=path)
        with path.open("rb") as file:
            copy = staging / path.name
            digest = hashlib.sha256()
            with storage_faults(copy), copy.open("wb") as out:
                while piece := file.read(_COPIED_AT_ONCE):
                    digest.update(piece)
                    out.write(piece)
        after = path.stat()
    except IsADirectoryError:
        raise FileUnreadable(
            "This is a folder, not a file.", remedy="Name the files in it, for example FOLDER/*.csv.", file=path
        ) from None
    except OSError as fault:
        raise FileUnreadable(
            f"The file cannot be read ({fault.strerror}).", remedy="Name a file that exists and is yours.", file=path
        ) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileUnreadable(
            "The file was still being written while it was read.",
            remedy="Wait until it is complete, and import it again.",
            file=path,
        )
    return copy, digest.hexdigest()


@contextmanager
def _staging(lake: Lake) -> Iterator[Path]:
    """A folder of this import's own, gone when it ends, however it ends: a kill leaves it to the next sweep, and an archive
    whose members were going in is finished then."""
    folder = lake.staging_folder / uuid.uuid4().hex
    with storage_faults(folder):
        folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        if not any(folder.glob(f"*/{_GOING_IN}")):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _named_as(path: Path, copy: Path) -> Iterator[None]:
    """Faults found in the copy name the user's file."""
    try:
        yield
    except FourfoldError as fault:
        if fault.file in (None, str(copy), copy.name):
            fault.file = str(path)
        raise
