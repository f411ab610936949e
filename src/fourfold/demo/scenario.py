"""Scenarios: how large the demo force is, by which seed it is drawn, and which counts are planted in it.

Every part of the force draws from a generator of its own, named by the part, so that a part that is added or changed leaves
the others as they were. The same scale, seed and scenario give the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.errors import RequestInvalid

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FIRST, LAST = date(2019, 4, 1), date(2022, 11, 30)
"""The first and last day on which the force recorded."""
EPOCH = datetime(2016, 1, 1)  # noqa: DTZ001 - the clock on the wall
"""Times are kept as minutes of the clock in London since this instant."""
DAY = 24 * 60

SCENARIOS = ("ordinary", "paper")


@dataclass(frozen=True)
class Quota:
    """How many crimes of some codes are to count in a window; `why` names the figure that it plants."""

    codes: tuple[str, ...]
    first: date
    last: date
    n: int
    why: str


@dataclass(frozen=True)
class Scenario:
    """What is to be made. `scale` 1.0 is about 350,000 crimes and 15,000 reports of fraud a year."""

    scale: float = 0.02
    seed: int = 1
    name: str = "ordinary"

    def __post_init__(self) -> None:
        if not 0.001 <= self.scale <= 4:
            raise RequestInvalid("The scale is not between 0.001 and 4.", remedy="Use 0.02 for a look, 1.0 for all.")
        if self.name not in SCENARIOS:
            raise RequestInvalid("There is no such scenario.", remedy=f"Use one of: {', '.join(SCENARIOS)}.")
        if self.seed < 0:
            raise RequestInvalid("The seed is below nought.", remedy="Use a whole number from 0 on.")

    def chance(self, part: str) -> np.random.Generator:
        """The generator of one part of the force."""
        return np.random.default_rng([self.seed, zlib.crc32(part.encode())])

    def many(self, at_full_scale: float, least: int = 1) -> int:
        """How many of something there are at this scale."""
        return max(round(at_full_scale * self.scale), least)


def minute(day: date, hour: int = 0, minutes: int = 0) -> int:
    """Minutes of the clock since EPOCH."""
    return (datetime(day.year, day.month, day.day) - EPOCH).days * DAY + 60 * hour + minutes  # noqa: DTZ001


def instants(minutes: Ints) -> pl.Series:
    """Minutes since EPOCH as times of the clock; below nought is none."""
    epoch = int((EPOCH - datetime(1970, 1, 1)) / timedelta(microseconds=1))  # noqa: DTZ001
    found = (pl.Series(np.asarray(minutes, dtype=np.int64)) * 60_000_000 + epoch).cast(pl.Datetime("us"))
    return found.set(pl.Series(minutes < 0), None) if (minutes < 0).any() else found


def days(minutes: Ints) -> pl.Series:
    """Minutes since EPOCH as days; below nought is none."""
    return instants(minutes).dt.date()


def chosen(weights: Iterable[float] | Floats, n: int, rng: np.random.Generator) -> Ints:
    """So many draws of an index by weight."""
    cumulative = np.cumsum(np.asarray(list(weights) if not isinstance(weights, np.ndarray) else weights, dtype=float))
    found = np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")
    return np.asarray(np.minimum(found, len(cumulative) - 1), dtype=np.int64)


def clock(minutes: Ints) -> Ints:
    """Times of the clock with those in the hour that it skips put after it."""
    found = np.array(minutes, dtype=np.int64)
    for year in (2019, 2020, 2021, 2022, 2023):
        sunday = max(d for d in (date(year, 3, n) for n in range(25, 32)) if d.weekday() == 6)
        skipped = minute(sunday, 1)
        found[(found >= skipped) & (found < skipped + 60)] += 60
    return found
