"""The states of a force's victims as at its records, kept by `records.kept_states`; and one victim's journey, judged by itself.

forces_owed(records)                       whose states can be asked for
kept_states(records, force_id, rules)      kept already, or judged now: half a minute for a large force's millions
standing_states(records, force_id, rules)  kept already, or None: for whoever must not wait
earlier_states(records, force_id, rules)   the latest kept of earlier records, where only files have come since
journey_of(records, force_id, rules, ...)  what happened to one victim, what was told, and each thing owed
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from fourfold.analysis.entitlements import TABLES, held_journeys, moment_known
from fourfold.analysis.obligations import SHARE, force_states
from fourfold.analysis.victims_code import Duty, Entry, Oddity, Rules, duties, oddities
from fourfold.errors import NothingHeld
from fourfold.records import kept_states as kept
from fourfold.records.as_at import Records
from fourfold.records.erasure import in_place
from fourfold.records.kept_states import Kept


def kept_states(records: Records, force_id: str, rules: Rules) -> Kept:
    """The states of a force as at its records. Raises NothingHeld where no victims are held, and StorageFailed."""

    def judge(only: pl.Series | None) -> tuple[Iterator[pl.DataFrame], int]:
        held = held_journeys(records, force_id, only)
        return force_states(held, rules, SHARE), held.journeys["crime_ref"].n_unique()

    return kept.kept(_asked(records, force_id, rules), judge)


def forces_owed(records: Records) -> tuple[str, ...]:
    """The forces that people are held of: those whose states can be asked for."""
    return tuple(sorted({force for batch in records.batches_of("people") for force in batch.coverage}))


def standing_states(records: Records, force_id: str, rules: Rules) -> Kept | None:
    """The states as at exactly these records, where they are kept."""
    return kept.standing(_asked(records, force_id, rules))


def earlier_states(records: Records, force_id: str, rules: Rules) -> Kept | None:
    """The states kept of earlier records, where nothing that they know has been taken back since."""
    return kept.earlier(_asked(records, force_id, rules))


def _asked(records: Records, force_id: str, rules: Rules) -> kept.Asked:
    moment = moment_known(records, force_id)
    return kept.Asked(records, force_id, repr(rules), TABLES, moment, in_place(records.home))


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
