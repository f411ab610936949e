"""Stolen vehicles for the tests: each as a superintendent would tell it, written as extracts and brought in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fourfold.analysis.vehicles import Taken, taken_vehicles
from fourfold.analysis.volumes import Scope
from fourfold.records.as_at import Records, records_as_at
from tests.records.extracts import put

FORCE = Scope(force_id="leicestershire")


@dataclass(frozen=True, kw_only=True)
class Story:
    """One vehicle: stolen on a day, its crime recorded on another, and what became of it after so many days of the theft."""

    stolen: date
    recorded_after: int = 0
    found_after: int | None = None
    examined_after: int | None = None
    returned_after: int | None = None
    code: str = "48"
    status: str = "recorded"
    make: str = ""
    model: str = ""
    keyless: str = ""
    plate: str = ""
    vehicle: str = ""
    found_at: tuple[int, int] | None = None
    stolen_at: tuple[int, int] | None = None


def brought_in(home: Path, folder: Path, stories: Sequence[Story], known_until: date) -> Records:
    """The records of these stories, all of whose extracts came the day after `known_until`; rows of later days are not in them."""
    crimes: dict[str, list[dict[str, str]]] = {}
    changes: dict[str, list[dict[str, str]]] = {}
    for n, one in enumerate(stories):
        ref, vehicle = f"C{n:04d}", one.vehicle or f"V{n:04d}"
        recorded = one.stolen + timedelta(days=one.recorded_after)
        if recorded <= known_until:
            crimes.setdefault(f"{recorded:%Y-%m}", []).append({
                "crime_ref": ref, "offence_code": one.code, "recorded_at": f"{recorded}T13:00:00", "status": one.status,
            })  # fmt: skip
        for change, after, place in (
            ("stolen", 0, one.stolen_at), ("found", one.found_after, one.found_at), ("examined", one.examined_after, None),
            ("returned", one.returned_after, None),
        ):  # fmt: skip
            day = None if after is None else one.stolen + timedelta(days=after)
            if day is None or day > known_until or recorded > known_until:
                continue
            changes.setdefault(f"{day:%Y-%m}", []).append({
                "crime_ref": ref, "vehicle_ref": vehicle, "change": change, "changed_at": f"{day}T12:00:00", "make": one.make,
                "model": one.model, "is_keyless": one.keyless, "plate_hash": one.plate,
                "easting": str(place[0]) if place else "", "northing": str(place[1]) if place else "",
            })  # fmt: skip
    came = datetime.combine(known_until, datetime.min.time(), UTC) + timedelta(days=1, hours=9)
    for month, rows in sorted(crimes.items()):
        put(home, folder, came, "crimes", rows, month)
    for month, rows in sorted(changes.items()):
        put(home, folder, came, "vehicles", rows, month)
    return records_as_at(home, came + timedelta(hours=1))


def taken(home: Path, folder: Path, stories: Sequence[Story], known_until: date) -> Taken:
    """Those vehicles as they are read."""
    return taken_vehicles(brought_in(home, folder, stories, known_until), FORCE)


def every_month(first: date, last: date) -> list[Story]:
    """A vehicle never found in each month, so that an extract of each is held."""
    found, day = [], first.replace(day=1)
    while day <= last:
        found.append(Story(stolen=day))
        day = (day + timedelta(days=32)).replace(day=1)
    return found


__all__ = ["FORCE", "Story", "brought_in", "every_month", "replace", "taken"]
