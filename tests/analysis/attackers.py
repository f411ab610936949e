"""Attackers: readers who solve for what was withheld, by means of their own. They share no code with what protects.

A reader knows sums: of some of the unknown numbers, and what was printed for the sum (a range where it was rounded).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

Name = tuple[object, ...]


@dataclass
class Reader:
    """What a reader knows of unknown whole numbers, none below 0."""

    told: list[tuple[frozenset[Name], float, float]] = field(default_factory=list)

    def knows(self, of: Iterable[Name], least: float, most: float | None = None) -> None:
        """That the numbers of that name add up to something, or to something from `least` to `most`."""
        self.told.append((frozenset(of), least, least if most is None else most))

    def range_of(self, wanted: Iterable[Name]) -> tuple[float, float]:
        """The least and greatest that a sum can be, by linear programming."""
        names = sorted({name for of, _, _ in self.told for name in of} | set(wanted), key=repr)
        at = {name: number for number, name in enumerate(names)}
        rows, limits = [], []
        for of, least, most in self.told:
            row = np.zeros(len(names))
            row[[at[name] for name in of]] = 1
            if most != float("inf"):
                rows.append(row)
                limits.append(most)
            rows.append(-row)
            limits.append(-least)
        aim = np.zeros(len(names))
        aim[[at[name] for name in wanted]] = 1
        ends = []
        for sign in (1, -1):
            found = linprog(sign * aim, A_ub=np.array(rows), b_ub=np.array(limits), bounds=(0, 100_000), method="highs")
            assert found.status == 0, found.message
            ends.append(sign * found.fun)
        return ends[0], ends[1]


@dataclass
class Ways:
    """Every way in which a handful of numbers can be what a reader knows: a row a way, a column a number."""

    names: Sequence[Name]
    rows: npt.NDArray[np.int_]

    def values_left(self, wanted: Iterable[Name]) -> set[int]:
        """What a sum may still be."""
        return set(self.rows[:, [self.names.index(name) for name in wanted]].sum(axis=1).tolist())


def every_way(reader: Reader, names: Sequence[Name], most: int) -> Ways:
    """Every solution with numbers up to `most`, by trying them all."""
    rows = np.array(list(itertools.product(range(most + 1), repeat=len(names))), dtype=np.int8)
    for of, least, high in reader.told:
        sums = rows[:, [names.index(name) for name in of]].sum(axis=1)
        rows = rows[(sums >= least) & (sums <= high)]
    return Ways(names, rows)
