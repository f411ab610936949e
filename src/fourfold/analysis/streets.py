"""Streets: the stretches of a force's street register, which of them a map points at, and what lies at one.

A stretch is known by where it begins and where it ends, and is taken to run straight between them. Bends, one-way rules and which
stretch leads into which are not held: nothing here says how one gets from one to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.records.as_at import Records
from fourfold.records.points import Points

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_ENDS = ("begins_easting", "begins_northing", "ends_easting", "ends_northing")
_LONGEST = 5_000
"""Metres: what is said to run further in one line is a fault of the register, and no stretch to be walked."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One stretch: the register's number, the street's name ("" where none is held), and its two ends in metres."""

    ref: str
    name: str
    begins: tuple[int, int]
    ends: tuple[int, int]

    @property
    def middle(self) -> tuple[int, int]:
        """Half way between its ends."""
        return (self.begins[0] + self.ends[0]) // 2, (self.begins[1] + self.ends[1]) // 2

    def metres_from(self, x: Floats, y: Floats) -> Floats:
        """How far each point lies from the nearest point of the line between its ends."""
        east, north = self.ends[0] - self.begins[0], self.ends[1] - self.begins[1]
        along = (x - self.begins[0]) * east + (y - self.begins[1]) * north
        share = np.clip(along / max(east**2 + north**2, 1), 0, 1)
        return np.asarray(np.hypot(x - self.begins[0] - share * east, y - self.begins[1] - share * north))

    def metres_within(self, square: tuple[int, int], cell: float) -> float:
        """How many of its metres lie in the square of side `cell` around a middle; nought where it only touches it."""
        enters, leaves = 0.0, 1.0
        for begin, end, middle in zip(self.begins, self.ends, square, strict=True):
            low, high = middle - cell / 2 - begin, middle + cell / 2 - begin
            if begin == end:
                if not low <= 0 <= high:
                    return 0.0
                continue
            first, last = sorted((low / (end - begin), high / (end - begin)))
            enters, leaves = max(enters, first), min(leaves, last)
        length = float(np.hypot(self.ends[0] - self.begins[0], self.ends[1] - self.begins[1]))
        return max(0.0, leaves - enters) * length


def stretches_near(records: Records, force_id: str, squares: Sequence[tuple[int, int]], cell: float) -> list[Stretch]:
    """The stretches of the register that may run through any of the squares (their middles, of side `cell`), by number.

    Empty where no register of the force is held.
    """
    held = records.table("streets").filter(pl.col("force_id") == force_id).drop_nulls(["street_ref", *_ENDS])
    east = pl.min_horizontal("begins_easting", "ends_easting"), pl.max_horizontal("begins_easting", "ends_easting")
    north = pl.min_horizontal("begins_northing", "ends_northing"), pl.max_horizontal("begins_northing", "ends_northing")
    is_walked = (east[1] - east[0] <= _LONGEST) & (north[1] - north[0] <= _LONGEST)
    near = pl.any_horizontal(
        pl.lit(False),
        *(
            (east[0] <= x + cell / 2) & (east[1] >= x - cell / 2) & (north[0] <= y + cell / 2) & (north[1] >= y - cell / 2)
            for x, y in squares
        ),
    )  # fmt: skip
    rows = (
        held.filter(is_walked & near).select("street_ref", "name", *_ENDS).unique("street_ref", keep="last").collect()
    )
    return [
        Stretch(ref=ref, name=name or "", begins=(round(e0), round(n0)), ends=(round(e1), round(n1)))
        for ref, name, e0, n0, e1, n1 in rows.sort("street_ref").iter_rows()
    ]


def are_held(records: Records, force_id: str) -> bool:
    """Whether a street register of the force is held."""
    return not records.table("streets").filter(pl.col("force_id") == force_id).head(1).collect().is_empty()


def stretches_of(
    squares: Sequence[tuple[int, int]],
    held: Sequence[Stretch],
    points: Points,
    *,
    cell: float,
    beside: float,
    most: int,
) -> tuple[list[Stretch], int]:
    """The stretches that a map points at, and how many squares of it none of the register runs through.

    Of each square, hottest first, that stretch through it at which most of the square's events lie (each counted at the nearest
    stretch, if that is within `beside` metres; of as many, the one that runs longest in the square), until there are `most`. A
    stretch is named once.
    """
    found: dict[str, Stretch] = {}
    without = 0
    for square in squares:
        if len(found) == most:
            break
        through = [(one, one.metres_within(square, cell)) for one in held]
        through = [(one, metres) for one, metres in through if metres > 0]
        if not through:
            without += 1
            continue
        events = _events_at([one for one, _ in through], square, points, cell, beside)
        best = max(range(len(through)), key=lambda n: (events[n], through[n][1], -n))
        found.setdefault(through[best][0].ref, through[best][0])
    return list(found.values()), without


def _events_at(
    through: Sequence[Stretch], square: tuple[int, int], points: Points, cell: float, beside: float
) -> list[int]:
    """How many of a square's events lie at each stretch: at the nearest, if near enough."""
    inside = (np.abs(points.x - square[0]) <= cell / 2) & (np.abs(points.y - square[1]) <= cell / 2)
    if not inside.any():
        return [0] * len(through)
    away = np.array([one.metres_from(points.x[inside], points.y[inside]) for one in through])
    nearest = away.argmin(axis=0)
    is_near = away.min(axis=0) <= beside
    return [int((is_near & (nearest == n)).sum()) for n in range(len(through))]
