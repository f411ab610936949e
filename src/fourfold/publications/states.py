"""The states of what victims are owed, kept as records: Parquet parts beside the lake, made from it, and made again at will.

A manifest names the parts that are the states of a force as at one state of its records. Where an earlier manifest of the same
rules stands and only batches have come since, only the crimes that those batches speak of, and those in which something was
not yet due, are judged again: a part of their states, which replaces theirs in the parts before. A manifest is renamed into
place when its parts are whole, so that a reader never sees half. The folder can be thrown away at any time.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

import fourfold
from fourfold.analysis.entitlements import TABLES, held_journeys, moment_known
from fourfold.analysis.obligations import SHARE, force_states
from fourfold.analysis.victims_code import Duty, Entry, Oddity, Rules, duties, oddities
from fourfold.errors import NothingHeld
from fourfold.records.as_at import Records
from fourfold.records.lake import storage_faults

_MOST_PARTS = 40
"""After so many increments all is judged anew."""
_KEYS = {"fraud_victims": ("report_ref",), "fraud_disseminations": ("report_ref", "local_crime_ref")}


@dataclass(frozen=True)
class Kept:
    """The states kept of a force: `parts` in order, each with the crimes that it replaces in those before it."""

    folder: Path
    batches: tuple[str, ...]
    as_known: datetime
    parts: tuple[tuple[str, str | None], ...]
    judged_anew: int
    """How many crimes were judged for it; the others' states are an earlier manifest's."""

    def states(self) -> pl.LazyFrame:
        """Every state that stands: columns as `analysis.obligations.force_states` gives them."""
        frames: list[pl.LazyFrame] = []
        for name, replaces in self.parts:
            if replaces is not None:
                gone = pl.scan_parquet(self.folder / replaces)
                frames = [f.join(gone, on="crime_ref", how="anti") for f in frames]
            frames.append(pl.scan_parquet(self.folder / name))
        if not frames:
            raise NothingHeld(
                "No crime of this force is held with a victim to whom a right is due.",
                remedy="Import its crimes and the people in them.",
            )
        return pl.concat(frames)


def kept_states(records: Records, force_id: str, rules: Rules) -> Kept:
    """The states of a force as at its records, kept already or made now. Raises NothingHeld where no victims are held."""
    folder = records.home / "lake" / "derived" / "victims_code" / f"{force_id}-{_rules_key(rules)}"
    standing = tuple(sorted(b.batch_id for b in records.standing if not set(b.tables).isdisjoint(TABLES)))
    as_known = moment_known(records, force_id)
    manifest = folder / f"{_key((*standing, as_known.isoformat()))}.json"
    found = _read(manifest)
    if found is not None:
        return found
    with storage_faults(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    earlier = _earlier(folder, standing, as_known)
    made = _increment(records, force_id, rules, earlier, standing, as_known) if earlier else None
    made = made or _whole(records, force_id, rules, folder, standing, as_known)
    _write(manifest, made)
    return made


def _whole(
    records: Records, force_id: str, rules: Rules, folder: Path, standing: tuple[str, ...], as_known: datetime
) -> Kept:
    held = held_journeys(records, force_id)
    parts = tuple((name, None) for name in _written(force_states(held, rules, SHARE), folder))
    return Kept(folder, standing, as_known, parts, held.journeys["crime_ref"].n_unique())


def _increment(
    records: Records, force_id: str, rules: Rules, earlier: Kept, standing: tuple[str, ...], as_known: datetime
) -> Kept:
    """The states of the crimes that new batches speak of, or in which something was not yet due, over those kept."""
    changed = _changed(records, earlier)
    name = f"{uuid.uuid4().hex}.parquet"
    with storage_faults(earlier.folder):
        pl.DataFrame({"crime_ref": changed}).write_parquet(earlier.folder / name)
    held = held_journeys(records, force_id, changed)
    parts = _written(force_states(held, rules, SHARE), earlier.folder)
    parts = parts or _written(iter([earlier.states().head(0).collect()]), earlier.folder)
    new = tuple((part, name if at == 0 else None) for at, part in enumerate(parts))
    return Kept(earlier.folder, standing, as_known, (*earlier.parts, *new), len(changed))


def _changed(records: Records, earlier: Kept) -> pl.Series:
    """The references of crimes and reports of which something may have changed since."""
    new = [b for b in records.standing if b.batch_id not in earlier.batches]
    found = [
        pl.scan_parquet(b.folder / f"{table}.parquet").select(pl.col(key).alias("crime_ref"))
        for b in new
        for table in TABLES
        if table in b.tables
        for key in _KEYS.get(table, ("crime_ref",))
    ]
    waiting = earlier.states().filter((pl.col("state") == "not yet due") | (pl.col("as_recorded") == "not yet due"))
    return pl.concat([*found, waiting.select("crime_ref")]).drop_nulls().unique().collect()["crime_ref"].sort()


def _written(shares: Iterator[pl.DataFrame], folder: Path) -> list[str]:
    """Write each share as a part; their names. Nothing to write is one empty part, so that what it replaces is gone."""
    names = []
    for states in shares:
        name = f"{uuid.uuid4().hex}.parquet"
        with storage_faults(folder):
            states.write_parquet(folder / name, compression="zstd", compression_level=1, statistics=False)
            (folder / name).chmod(0o600)
        names.append(name)
    return names


def _earlier(folder: Path, standing: Sequence[str], as_known: datetime) -> Kept | None:
    """The manifest that knows most of what stands now, and nothing that does not."""
    own = set(standing)
    found = [kept for path in folder.glob("*.json") if (kept := _read(path)) is not None]
    fits = [k for k in found if own.issuperset(k.batches) and k.as_known <= as_known and len(k.parts) < _MOST_PARTS]
    return max(fits, key=lambda k: len(k.batches), default=None)


def _read(path: Path) -> Kept | None:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    parts = tuple((name, replaces) for name, replaces in plain["parts"])
    if not all((path.parent / name).exists() for name, _ in parts):
        return None
    return Kept(
        path.parent, tuple(plain["batches"]), datetime.fromisoformat(plain["as_known"]), parts, plain["judged_anew"]
    )


def _write(path: Path, kept: Kept) -> None:
    plain: dict[str, Any] = {
        "batches": kept.batches, "as_known": kept.as_known.isoformat(), "parts": kept.parts, "judged_anew": kept.judged_anew,
    }  # fmt: skip
    unnamed = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    with storage_faults(path):
        unnamed.write_text(json.dumps(plain), encoding="utf-8")
        unnamed.rename(path)


def _rules_key(rules: Rules) -> str:
    return _key((fourfold.__version__, repr(rules)))


def _key(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ToldJourney:
    """One victim's journey in order of time: who it is of, its entries, and each thing owed."""

    crime_ref: str
    person_ref: str
    about: dict[str, Any]
    entries: tuple[Entry, ...]
    duties: tuple[Duty, ...]
    oddities: tuple[Oddity, ...]
    as_known: datetime


def journey_of(records: Records, force_id: str, rules: Rules, crime_ref: str, person_ref: str) -> ToldJourney:
    """The journey of one victim of one crime, judged by itself. Raises NothingHeld where there is none."""
    held = held_journeys(records, force_id, pl.Series("crime_ref", [crime_ref]))
    own = held.journeys.filter((pl.col("crime_ref") == crime_ref) & (pl.col("person_ref") == person_ref))
    if own.is_empty():
        raise NothingHeld("There is no such journey.", remedy="See the list of what is owed.")
    rows = held.entries(own).sort("at", "line").drop("unit")
    merged = rows.group_by(pl.exclude("about"), maintain_order=True).agg(pl.col("about").drop_nulls())
    entries = tuple(
        Entry(**{**row, "about": tuple(row["about"]), "line": n}) for n, row in enumerate(merged.iter_rows(named=True))
    )
    about = own.row(0, named=True)
    found = duties(entries, held.as_known, rules, about["entitlement"])
    return ToldJourney(crime_ref, person_ref, about, entries, found, oddities(entries, rules), held.as_known)
