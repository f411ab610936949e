"""The registers of Saltmere: every house of every street, and every street, by numbers that no real one has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from fourfold.demo.extracts import EXTRACTS, file_path, written_rows
from fourfold.demo.geography import land
from fourfold.demo.names import street_names
from fourfold.demo.scenario import Floats, Ints


def written_addresses(folder: Path) -> Path:
    """Write the register as it stood at the last extract; the same for every scale and seed, as the map is."""
    streets = land().streets
    street = np.repeat(np.arange(len(streets.houses)), streets.houses)
    house = np.arange(len(street)) - np.repeat(_first_houses(), streets.houses)
    east, north = land().points(street, house)
    columns = {
        "uprn": register_numbers(street, house), "number": pl.Series(house + 1),
        "street": pl.Series(street_names(), dtype=pl.String).gather(streets.name[street]), "easting": pl.Series(east),
        "northing": pl.Series(north), "use": pl.Series(["home"]).new_from_index(0, len(street)),
    }  # fmt: skip
    return written_rows(file_path(folder, "addresses", EXTRACTS[-1]), "addresses", columns)


def written_streets(folder: Path) -> Path:
    """Write the register of streets: each a stretch from half a plot before its first house to half a plot after its last."""
    streets = land().streets
    each = pl.Series(np.arange(1, len(streets.houses) + 1))
    first, last = -0.5, streets.houses - 0.5
    columns = {
        "street_ref": pl.select(pl.format("S{}", each.cast(pl.String).str.zfill(8))).to_series(),
        "name": pl.Series(street_names(), dtype=pl.String).gather(streets.name),
        "begins_easting": _metres(streets.east + first * streets.step_east),
        "begins_northing": _metres(streets.north + first * streets.step_north),
        "ends_easting": _metres(streets.east + last * streets.step_east),
        "ends_northing": _metres(streets.north + last * streets.step_north),
    }  # fmt: skip
    return written_rows(file_path(folder, "streets", EXTRACTS[-1]), "streets", columns)


def _metres(values: Floats) -> pl.Series:
    return pl.Series(np.rint(values).astype(np.int64))


def register_numbers(street: Ints, house: Ints) -> pl.Series:
    """The register's number of each house: of twelve places like a UPRN, and with a letter, which no UPRN has."""
    every = pl.Series(_first_houses()[street] + house + 1)
    return pl.select(pl.format("X{}", every.cast(pl.String).str.zfill(11))).to_series()


def _first_houses() -> Ints:
    """How many houses stand in the streets before each."""
    houses = land().streets.houses
    return np.cumsum(houses) - houses
