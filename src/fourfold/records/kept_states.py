"""Kept states: the states of what victims are owed, as Parquet parts beside the lake, made from it and made again at will.

A manifest names the parts that are the states of a force as at one state of its records. Where an earlier manifest of the same
rules stands and only batches have come since, only the crimes of which something may have changed are judged again
(`changed_since`): a part of their states, which replaces theirs in the parts before. A manifest is renamed into place when its
parts are whole and on the disk, so that a reader never sees half, not even after a loss of power: one that cannot be read, or
whose parts are not of the sizes that it says, counts as absent and is removed. Lists made of some states are kept beside them,
under their manifest's name. What no manifest in use names is removed when the next is made. The folder can be thrown away at
any time. What a state is, is none of the records' concern: whoever asks for states hands over how they are judged.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.codes.made_by import RULES, made_by
from fourfold.codes.working_days import local_date
from fourfold.errors import NothingHeld
from fourfold.records.as_at import Records
from fourfold.records.corrections import REPLACED
from fourfold.records.lake import SCHEMAS, Batch, settled, storage_faults

_MOST_PARTS = 40
"""After so many increments all is judged anew."""
_UNNAMED_FOR = 24 * 3600
"""Seconds for which a file that no manifest names is left alone: another process may be about to name it."""
_UNASKED_FOR = 365 * 24 * 3600
"""Seconds for which the states by some rules stay though none were made by them since."""
_KEYS = {"fraud_victims": ("report_ref",), "fraud_disseminations": ("report_ref", "local_crime_ref")}
"""The columns in which a table names crimes or reports, where it is not `crime_ref` alone."""

Tables = Mapping[str, Sequence[str]]
"""The tables that states rest on, each with the columns that they use."""
Judge = Callable[[pl.Series | None], tuple[Iterator[pl.DataFrame], int]]
"""Given the references of some crimes (None: of all), their states a share at a time, and how many crimes were judged."""


@dataclass(frozen=True)
class Asked:
    """Whose states, as at which records: `rules` names the rules, `as_known` is the moment as at which is judged."""

    records: Records
    force_id: str
    rules: str
    tables: Tables
    as_known: datetime
    erasures: int
    """How many erasures had taken their place when they were asked for: what was begun before one is read by nobody after it."""

    @property
    def folder(self) -> Path:
        """Where they are kept."""
        every = self.records.home / "lake" / "derived" / "victims_code"
        return every / made_by(*RULES) / f"{self.force_id}-{_key((self.rules, str(self.erasures)))}"

    @property
    def batches(self) -> tuple[str, ...]:
        """The batches that they rest on."""
        own = set(self.tables)
        return tuple(sorted(b.batch_id for b in self.records.standing if not own.isdisjoint(b.tables)))

    @property
    def manifest(self) -> Path:
        """The manifest of exactly these."""
        return self.folder / f"{_key((*self.batches, self.as_known.isoformat()))}.json"


@dataclass(frozen=True)
class Kept:
    """The states kept of a force: `parts` in order, each with the crimes that it replaces in those before it."""

    folder: Path
    batches: tuple[str, ...]
    as_known: datetime
    as_at: datetime
    """The instant of the records that they were made from."""
    parts: tuple[tuple[str, str | None], ...]
    judged_anew: int
    """How many crimes were judged for it; the others' states are an earlier manifest's."""

    @property
    def name(self) -> str:
        """What its manifest is called, and each list that is kept beside it begins with."""
        return _key((*self.batches, self.as_known.isoformat()))

    def list_of(self, kind: str) -> pl.LazyFrame | None:
        """A list that was kept beside these states, or None."""
        path = self._list(kind)
        return pl.scan_parquet(path) if path.exists() else None

    def keep_list(self, kind: str, made: Callable[[], pl.DataFrame]) -> None:
        """Make a list of these states and keep it beside them, unless it is: it is whole and on the disk before it has its name."""
        path = self._list(kind)
        if path.exists():
            return
        unnamed = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        rows = made()
        with storage_faults(self.folder):
            rows.write_parquet(unnamed, compression="zstd", compression_level=1)
            unnamed.chmod(0o600)
            _on_disk(unnamed)
            unnamed.rename(path)
            settled(self.folder)

    def _list(self, kind: str) -> Path:
        return self.folder / f"{self.name}-{kind}.list"

    def states(self) -> pl.LazyFrame:
        """Every state that stands: columns as they were judged."""
        frames: list[pl.LazyFrame] = []
        for name, replaces in self.parts:
            if replaces is not None:
                gone = pl.scan_parquet(self.folder / replaces)
                frames = [f.join(gone, on="crime_ref", how="anti") for f in frames]
            frames.append(pl.scan_parquet(self.folder / name))
        if not frames:
            raise NothingHeld(
                "No crimes with their victims are held of that force.",
                remedy="Import its crimes and the people in them; see `fourfold contracts`.",
            )
        return pl.concat(frames)


def standing(asked: Asked) -> Kept | None:
    """The states kept as at exactly these records, or None."""
    return _read(asked.manifest)


def earlier(asked: Asked) -> Kept | None:
    """The states kept that know most of what stands now, and nothing that does not; or None."""
    own = set(asked.batches)
    found = [kept for path in asked.folder.glob("*.json") if (kept := _read(path)) is not None]
    fits = [k for k in found if k.parts and own.issuperset(k.batches) and k.as_known <= asked.as_known]
    return max(fits, key=lambda k: (len(k.batches), k.as_known), default=None)


def kept(asked: Asked, judge: Judge) -> Kept:
    """The states as at these records: kept already, or judged now. Raises what the judge raises, and StorageFailed."""
    found = standing(asked)
    if found is not None:
        return found
    with storage_faults(asked.folder):
        asked.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = earlier(asked)
    is_over = before is not None and len(before.parts) < _MOST_PARTS
    try:
        made = _over(asked, judge, before) if before is not None and is_over else _whole(asked, judge)
    except NothingHeld:
        # Written down too: whoever must not wait learns that there is nothing to wait for.
        nothing = Kept(asked.folder, asked.batches, asked.as_known, asked.records.as_at, (), 0)
        _write(asked.manifest, nothing)
        _prune(nothing, before)
        raise
    _write(asked.manifest, made)
    _prune(made, before)
    return made


def _prune(made: Kept, before: Kept | None) -> None:
    """Remove what is of records before these, but for what it was made over and what stood last, which a page may be reading.

    What cannot be removed stays until the next time: the states themselves are made.
    """
    found = {path: kept for path in made.folder.glob("*.json") if (kept := _read(path)) is not None}
    past = sorted((kept for kept in found.values() if kept.as_at < made.as_at), key=lambda kept: kept.as_at)
    of_use = [kept for kept in found.values() if kept.as_at >= made.as_at or kept == before] + past[-1:]
    named = {name for kept in of_use for part in kept.parts for name in part if name is not None}
    names = {kept.name for kept in of_use}
    known = {name for kept in found.values() for part in kept.parts for name in part if name is not None}
    with contextlib.suppress(OSError):
        for path in (path for path, kept in found.items() if kept not in of_use):
            path.unlink(missing_ok=True)
        for path in made.folder.glob("*.list"):
            if path.name.partition("-")[0] not in names:
                path.unlink(missing_ok=True)
        for path in (p for p in made.folder.iterdir() if p.suffix not in (".json", ".list") and p.name not in named):
            if path.name in known or path.stat().st_mtime < time.time() - _UNNAMED_FOR:
                path.unlink(missing_ok=True)
        for path in made.folder.parent.parent.iterdir():  # by code, packs or lists that are no more
            if path != made.folder.parent:
                shutil.rmtree(path, ignore_errors=True)
        for path in made.folder.parent.iterdir():  # by rules of somebody's own that nobody has asked by for long
            if path != made.folder and path.stat().st_mtime < time.time() - _UNASKED_FOR:
                shutil.rmtree(path, ignore_errors=True)


def _whole(asked: Asked, judge: Judge) -> Kept:
    shares, judged = judge(None)
    parts = tuple((name, None) for name in _written(shares, asked.folder))
    return Kept(asked.folder, asked.batches, asked.as_known, asked.records.as_at, parts, judged)


def _over(asked: Asked, judge: Judge, before: Kept) -> Kept:
    """The states of the crimes of which something may have changed, over those kept."""
    changed = changed_since(asked, before)
    name = f"{uuid.uuid4().hex}.parquet"
    with storage_faults(asked.folder):
        pl.DataFrame({"crime_ref": changed}).write_parquet(asked.folder / name)
        _on_disk(asked.folder / name)
    shares, _ = judge(changed)
    parts = _written(shares, asked.folder) or _written(iter([before.states().head(0).collect()]), asked.folder)
    new = tuple((part, name if at == 0 else None) for at, part in enumerate(parts))
    return Kept(
        asked.folder, asked.batches, asked.as_known, asked.records.as_at, (*before.parts, *new), len(changed)
    )  # fmt: skip


def changed_since(asked: Asked, before: Kept) -> pl.Series:
    """The references of the crimes and reports of which something may have changed, sorted.

    Those that new files speak of, and those of the earlier rows whose place theirs take; those with something dated after the
    moment as known before; those in which something was not yet due then; those of people who complained without naming a crime; and
    every report of a crime among them, and every crime of such a report.
    """
    new = [b for b in asked.records.standing if b.batch_id not in before.batches]
    old = {b.batch_id: b for b in asked.records.standing if b.batch_id in before.batches}
    states = before.states()
    waiting = states.filter((pl.col("state") == "not yet due") | (pl.col("as_recorded") == "not yet due"))
    found = [waiting.select("crime_ref"), *_dated_after(asked, before.as_known), *_of_complainants(asked)]
    for batch in new:
        found += _named_in(batch, asked.tables)
        found += _passed_over(batch, old, asked.tables)
    every = pl.concat(found).drop_nulls().unique().collect()["crime_ref"]
    return _with_linked(asked.records, every).sort()


def _named_in(batch: Batch, tables: Tables, lines: pl.LazyFrame | None = None) -> list[pl.LazyFrame]:
    """The references that a batch's rows name; of some lines alone where they are given."""
    found = []
    for table in (t for t in tables if t in batch.tables):
        rows = pl.scan_parquet(batch.folder / f"{table}.parquet")
        rows = rows if lines is None else rows.join(lines, on="line_number", how="semi")
        found += [rows.select(pl.col(key).alias("crime_ref")) for key in _KEYS.get(table, ("crime_ref",))]
    return found


def _passed_over(batch: Batch, old: Mapping[str, Batch], tables: Tables) -> list[pl.LazyFrame]:
    """The references in earlier rows whose place a batch's rows take: by their key, or as rows of a month told anew."""
    found: list[pl.LazyFrame] = []
    for before in (old[one] for one in batch.replaced if one in old):
        lines = pl.scan_parquet(batch.folder / REPLACED).filter(pl.col("batch_id") == before.batch_id)
        found += _named_in(before, tables, lines.select("line_number"))
    if not batch.keyed_by:
        told = {(force, month) for force, months in batch.coverage.items() for month in months}
        for before in old.values():
            spoke = {(force, month) for force, months in before.coverage.items() for month in months}
            if before.stream == batch.stream and not before.keyed_by and not told.isdisjoint(spoke):
                found += _named_in(before, tables)
    return found


def _dated_after(asked: Asked, moment: datetime) -> list[pl.LazyFrame]:
    """The references of rows with any day or instant after a moment: then they told nothing yet."""
    found = []
    for table, columns in asked.tables.items():
        kinds = {name: SCHEMAS[table][name] for name in columns}
        after = [pl.col(name) > local_date(moment) for name, kind in kinds.items() if kind == pl.Date]
        after += [pl.col(name) > moment for name, kind in kinds.items() if isinstance(kind, pl.Datetime)]
        if not after or not asked.records.batches_of(table):
            continue
        rows = asked.records.table(table).filter(pl.any_horizontal(after))
        found += [rows.select(pl.col(key).alias("crime_ref")) for key in _KEYS.get(table, ("crime_ref",))]
    return found


def _of_complainants(asked: Asked) -> list[pl.LazyFrame]:
    """The references of every crime of whoever ever complained without naming one: of which of them it is may have changed."""
    held = [b for b in asked.records.standing if "complaints" in asked.tables and "complaints" in b.tables]
    rows = [pl.scan_parquet(b.folder / "complaints.parquet").select("crime_ref", "person_ref") for b in held]
    homeless = [one.filter(pl.col("crime_ref").is_null()).select("person_ref").drop_nulls() for one in rows]
    whose = pl.concat(homeless).unique().collect() if homeless else pl.DataFrame()
    if whose.is_empty():
        return []
    return [asked.records.table("people").join(whose.lazy(), on="person_ref", how="semi").select("crime_ref")]


def _with_linked(records: Records, found: pl.Series) -> pl.Series:
    """References with those of the reports that became such crimes, and of the crimes that such reports became, to the end."""
    if not records.batches_of("fraud_disseminations"):
        return found
    links = (
        records.table("fraud_disseminations").select("report_ref", "local_crime_ref").drop_nulls().unique().collect()
    )
    while True:
        named = pl.any_horizontal(pl.col(name).is_in(found.implode()) for name in links.columns)
        near = links.filter(named)
        every = pl.concat([found, near["report_ref"].rename("crime_ref"), near["local_crime_ref"].rename("crime_ref")])
        every = every.unique()
        if len(every) == len(found):
            return found
        found = every


def _written(shares: Iterator[pl.DataFrame], folder: Path) -> list[str]:
    """Write each share as a part; their names."""
    names = []
    for states in shares:
        name = f"{uuid.uuid4().hex}.parquet"
        with storage_faults(folder):
            states.write_parquet(folder / name, compression="zstd", compression_level=1, statistics=False)
            (folder / name).chmod(0o600)
            _on_disk(folder / name)
        names.append(name)
    return names


def _read(path: Path) -> Kept | None:
    """What a manifest says; None where there is none. One that is torn, or whose parts are not whole, is removed."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        parts = tuple((name, replaces) for name, replaces in plain["parts"])
        as_known, as_at = (datetime.fromisoformat(plain[name]) for name in ("as_known", "as_at"))
        sizes = {name: (path.parent / name).stat().st_size for part in parts for name in part if name is not None}
        if sizes == plain["sizes"]:
            return Kept(path.parent, tuple(plain["batches"]), as_known, as_at, parts, plain["judged_anew"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        pass  # never made, or torn by a loss of power: made again either way
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    return None


def _write(path: Path, made: Kept) -> None:
    """The manifest, whole and on the disk after the parts that it names, before it takes its name."""
    unnamed = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    with storage_faults(path):
        names = [name for part in made.parts for name in part if name is not None]
        plain: dict[str, Any] = {
            "batches": made.batches, "as_known": made.as_known.isoformat(), "as_at": made.as_at.isoformat(), "parts": made.parts,
            "sizes": {name: (path.parent / name).stat().st_size for name in names}, "judged_anew": made.judged_anew,
        }  # fmt: skip
        settled(path.parent)
        with unnamed.open("w", encoding="utf-8") as file:
            json.dump(plain, file)
            file.flush()
            os.fsync(file.fileno())
        unnamed.rename(path)
        settled(path.parent)


def _on_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _key(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
