"""Dismantling: yards where stolen vehicles are taken apart, planted for as long as they run, each found by a raid.

What a raid recovers was stolen in crimes of the months before it: parts, and vehicles that were to be parts. All else that is
recovered lies about where it was stolen, or is handed in at the station of its council, or nobody says where.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from fourfold.demo.crimes import LAST_KNOWN, Crimes, place_names
from fourfold.demo.geography import land
from fourfold.demo.scenario import DAY, FIRST, Ints, Scenario, instants, minute

if TYPE_CHECKING:
    from fourfold.demo.property import Property

Bools = npt.NDArray[np.bool_]
PARTS = ("vehicle_parts", "catalytic_converter", "number_plates")
_MANY, _FEWEST = 60, 6
"""Yards over the years at full scale; and at any."""
_RUNS = 120 * DAY
"""How long before the raid the oldest of what lies there was stolen."""
_LEAST = 4
"""A yard in which a raid would recover fewer parts is none."""
_YARD = 30
"""Metres from its gate within which all of it lies."""
_AT_THE_STATION, _UNSAID = 0.1, 0.12


@dataclass(frozen=True)
class Yards:
    """Each yard: metres east and north of its gate, and the minute of the raid."""

    east: Ints
    north: Ints
    raided: Ints


def planted_yards(crimes: Crimes, scenario: Scenario) -> Yards:
    """The yards: each at an industrial address, and their raids evenly over the years up to November 2022."""
    rng = scenario.chance("dismantling yards")
    many = scenario.many(_MANY, _FEWEST)
    premises = np.flatnonzero(crimes.place == place_names().index("warehouse"))
    if not len(premises):  # a very small force
        premises = np.arange(crimes.size)
    at = rng.choice(premises, many, replace=len(premises) < many)
    span = LAST_KNOWN - minute(FIRST) - 150 * DAY
    raided = minute(date(2022, 11, 8), 6) - np.arange(many) * span // many // DAY * DAY
    return Yards(crimes.east[at] + 20, crimes.north[at] + 10, raided)


def raided(yards: Yards, stolen: Ints, is_part: Bools, crime: Ints, scenario: Scenario) -> Ints:
    """Which yard's raid recovers each thing; -1 for most. `stolen` is -1 for what was not."""
    rng = scenario.chance("what lies in yards")
    found = np.full(len(stolen), -1)
    for yard, raid in enumerate(yards.raided.tolist()):
        own = np.flatnonzero(is_part & (found < 0) & (stolen > raid - _RUNS) & (stolen < raid - DAY))
        if len(own) >= _LEAST and len(set(crime[own])) > 1:
            found[rng.choice(own, min(int(rng.integers(6, 14)), len(own)), replace=False)] = yard
    return found


def driven_in(yards: Yards, is_found: Bools, found_at: Ints, scenario: Scenario) -> Ints:
    """In which yard each vehicle is found, of those found within days of its raid: one, or two; -1 for most."""
    rng = scenario.chance("vehicles in yards")
    found = np.full(len(found_at), -1)
    for yard, raid in enumerate(yards.raided.tolist()):
        own = np.flatnonzero(is_found & (found < 0) & (np.abs(found_at - raid) < 10 * DAY))
        if len(own):
            found[rng.choice(own, min(int(rng.integers(1, 3)), len(own)), replace=False)] = yard
    return found


def in_yard(yards: Yards, yard: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Where within its yard each thing lies; what is in none gets the first yard's place, and is not to be used."""
    apart = rng.integers(-_YARD, _YARD + 1, (2, len(yard)))
    at = np.maximum(yard, 0)
    return yards.east[at] + apart[0], yards.north[at] + apart[1]


def recovered_at(crimes: Crimes, crime: Ints, yards: Yards, yard: Ints, scenario: Scenario) -> tuple[Ints, Ints]:
    """Metres east and north where each thing was recovered; -1 where nobody says."""
    rng = scenario.chance("where things are recovered")
    n = len(crime)
    far, turn = rng.gamma(1.4, 1_500, n), rng.uniform(0, 2 * np.pi, n)
    east = crimes.east[crime] + (far * np.cos(turn)).astype(np.int64)
    north = crimes.north[crime] + (far * np.sin(turn)).astype(np.int64)
    stations = _stations()[land().council[land().streets.area[crimes.street[crime]]]]
    handed_in = rng.random(n) < _AT_THE_STATION
    east, north = np.where(handed_in, stations[:, 0], east), np.where(handed_in, stations[:, 1], north)
    unsaid = rng.random(n) < _UNSAID
    own_east, own_north = in_yard(yards, yard, rng)
    is_in = yard >= 0
    east = np.where(is_in, own_east, np.where(unsaid, -1, east))
    return east, np.where(is_in, own_north, np.where(unsaid, -1, north))


def truth_of(yards: Yards, things: Property, refs: pl.Series) -> pl.DataFrame:
    """A row a part that a raid recovered: the yard, metres east and north of its gate, the raid, and the crime."""
    return pl.DataFrame(
        {
            "yard": pl.Series(things.yard), "easting": pl.Series(yards.east[things.yard]),
            "northing": pl.Series(yards.north[things.yard]), "raided_at": instants(yards.raided[things.yard]),
            "crime_ref": refs.gather(things.crime),
        }
    )  # fmt: skip


def _stations() -> Ints:
    """The police station of each council: in the middle of it."""
    here = land()
    middles = shapely.get_coordinates(shapely.centroid(here.shapes))
    return np.array([
        np.median(middles[here.council == at], axis=0) for at in range(len(here.councils))
    ]).round().astype(np.int64)  # fmt: skip
