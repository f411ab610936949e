"""The force: Saltmere Constabulary put together part by part, its files written, and its truth beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.demo.crimes import CORRECTED_AFTER, STANDS, TRANSFERRED, Crimes, drawn_crimes, place_names, volumes
from fourfold.demo.extracts import EXTRACTS, changed_between, extract_of, words, written_extract
from fourfold.demo.geography import land, written_geography
from fourfold.demo.scenario import Ints, Scenario, days, instants

_REASONS = ("additional_verifiable_information", "duplicate_record", "recorded_in_error", "committed_elsewhere")


@dataclass(frozen=True)
class Written:
    """What was written: the files that come in by the gate, in the order in which they do."""

    files: tuple[Path, ...]


def written_force(scenario: Scenario, out: Path, said: Callable[[str], None] = lambda _: None) -> Written:
    """Write the force's files under `out`/files, and what is true of it under `out`/truth."""
    folder = out / "files"
    folder.mkdir(parents=True, exist_ok=True)
    said("map")
    files = written_geography(folder)
    said("crimes")
    crimes = drawn_crimes(scenario)
    files += written_crimes(crimes, folder)
    return Written(tuple(files))


def references(crimes: Crimes) -> pl.Series:
    """The force's reference of each crime: numbered through the year in which it was recorded."""
    years = instants(crimes.recorded).dt.year().to_numpy()
    first = np.searchsorted(years, years)  # crimes stand in the order in which they were recorded
    number = np.arange(crimes.size) - first + 1
    return pl.select(
        pl.format("SX{}/{}", pl.Series(years % 100).cast(pl.String), pl.Series(number).cast(pl.String).str.zfill(7))
    ).to_series()


def written_crimes(crimes: Crimes, folder: Path) -> list[Path]:
    """Write `crimes` and `crime_history`, a file of each for each extract."""
    refs, units = references(crimes), np.array(land().units)
    shown_at_first = np.where(crimes.moved_from >= 0, crimes.moved_from, crimes.recorded)
    first = extract_of(shown_at_first) + (crimes.late & (shown_at_first > 0))
    first = np.where(first < len(EXTRACTS), first, len(EXTRACTS) - 1)
    corrected_at = np.where(crimes.moved_from >= 0, crimes.recorded + CORRECTED_AFTER, -1)
    files = []
    for number, extract in enumerate(EXTRACTS):
        times = (crimes.recoded_at, crimes.fate_at, crimes.reinstated_at, corrected_at)
        at = np.flatnonzero((first == number) | ((first < number) & changed_between(times, number)))
        own = crimes.reordered(at)
        by_then = extract.taken
        recorded = np.where((corrected_at[at] > by_then), own.moved_from, own.recorded)
        status, status_at, reason = _status(own, recorded, by_then)
        codes = list(volumes()[0])
        columns = {
            "crime_ref": refs.gather(at),
            "offence_code": words(np.where(own.recoded_at > by_then, own.first_code, own.code), codes),
            "recorded_at": instants(recorded),
            "reported_at": instants(own.reported),
            "committed_from": instants(own.committed_from),
            "committed_to": instants(own.committed_to),
            "status": status,
            "status_on": days(status_at),
            "status_reason": reason,
            "transferred_to": words(
                np.where(status.to_numpy() == "transferred", 0, -1), ["Brinemark Police (FICTITIOUS)"]
            ),
            "easting": pl.Series(own.east),
            "northing": pl.Series(own.north),
            "location_type": words(own.place, place_names()),
            "unit": words(land().streets.area[own.street], list(units)),
        }
        files.append(written_extract(folder, "crimes", extract, columns))
        files.append(written_extract(folder, "crime_history", extract, _history(crimes, refs, number)))
    return files


def _status(own: Crimes, recorded: Ints, by_then: int) -> tuple[pl.Series, Ints, pl.Series]:
    """Each crime's status as it stood, from when, and why."""
    ended = (own.fate != STANDS) & (own.fate_at >= 0) & (own.fate_at <= by_then)
    back = (own.reinstated_at >= 0) & (own.reinstated_at <= by_then)
    number = np.where(back, 3, np.where(ended, np.where(own.fate == TRANSFERRED, 2, 1), 0))
    at = np.where(back, own.reinstated_at, np.where(ended, own.fate_at, recorded))
    why = np.where(number == 0, -1, np.where(number == 2, 3, np.where(number == 3, 0, own.street % 3)))
    return words(number, ("recorded", "cancelled", "transferred", "reinstated")), at, words(why, _REASONS)


def _history(crimes: Crimes, refs: pl.Series, number: int) -> dict[str, pl.Series]:
    """The rows of `crime_history` of one extract: each change, with its day."""
    every = np.arange(crimes.size)
    ended = crimes.fate_at >= 0
    gone = ended & (crimes.fate == TRANSFERRED)
    parts: list[tuple[npt.NDArray[np.bool_], Ints, int, Ints]] = [
        (np.ones(crimes.size, dtype=bool), crimes.recorded, 0, crimes.first_code),
        (crimes.recoded_at >= 0, crimes.recoded_at, 1, crimes.code),
        (ended & ~gone, crimes.fate_at, 2, crimes.code),
        (gone, crimes.fate_at, 3, crimes.code),
        (crimes.reinstated_at >= 0, crimes.reinstated_at, 4, crimes.code),
    ]
    at, changed, what, code = [], [], [], []
    for mask, times, kind, codes in parts:
        own = every[mask & (extract_of(times) == number)]
        at.append(own)
        changed.append(times[own])
        what.append(np.full(len(own), kind))
        code.append(codes[own])
    which, when = np.concatenate(at), np.concatenate(changed)
    order = np.lexsort((which, when))
    change = np.concatenate(what)[order]
    kinds = ("recorded", "reclassified", "cancelled", "transferred", "reinstated")
    return {
        "crime_ref": refs.gather(which[order]),
        "changed_at": instants(when[order]),
        "change": words(change, kinds),
        "offence_code": words(np.concatenate(code)[order], list(volumes()[0])),
        "other_force": words(np.where(change == 3, 0, -1), ["Brinemark Police (FICTITIOUS)"]),
    }
