"""Suppression: which counts to withhold so that no small one can be worked out from all that is published beside it.

Everything published is one set of equations. Each count is of the rows of some region (a code, some days, an area, a
mark); regions that overlap are cut into the pieces that no published count tells apart; each published count is the sum
of its pieces, and a piece is a whole number, none or more. Months that add up to a window, categories to all crime, areas
to a force, and one window less another, are all equations of that kind and need not be declared.

A small count is safe when a reader who solves the equations must still believe in counts that lie far enough apart (the
rule's spread), some of them not small. That is audited with linear and whole-number programming: a count is called safe
only when two whole solutions were found that differ by so much. Small are also the counts that nobody published and anyone
could work out: one published count less another within it, what a total leaves over, the pieces themselves.

What else to withhold is chosen by the least total cost of changing published counts so that the small one looks larger
(Kelly's relaxation of the cell suppression problem), one small count after another, and what proved unneeded is put back.

Sources: Fischetti and Salazar-González (2001), Management Science 47 (the cell suppression problem and its attacker);
Kelly, Golden and Assad (1992), Networks 22 (the relaxation used to choose); Willenborg and de Waal (2001), Elements of
Statistical Disclosure Control, Springer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.linalg import splu

from fourfold.codes.small_numbers import SmallNumberRule
from fourfold.errors import RequestInvalid

Mark = str | int | bool | None
_Vector = npt.NDArray[np.float64]
_Sum = tuple[tuple[int, int], ...]
"""A count as pieces, each with how often it is added (or, below 0, taken away)."""

COMMON = ("code", "force", "is_btp")
"""Marks that any count may carry beside another. Of other marks, those that no count carries together are cut apart."""

_WHOLE = 1e-6
"""How far from a whole number a solver's answer may lie and be one."""
_PATIENCE = 10.0
"""Seconds for one whole-number question; a count about which none was found in time is taken for unsafe."""
_MOST_PIECES = 20_000_000


@dataclass(frozen=True)
class Region:
    """Which rows a count counts: those of a table, of some days, with marks. A mark that is not named may be any.

    `marks` are (name, values) in order of name; two values of one mark never hold of one row.
    """

    table: str
    first: date
    last: date
    marks: tuple[tuple[str, tuple[Mark, ...]], ...] = ()

    def within(self, **marks: Sequence[Mark]) -> Region:
        """The same region narrowed (or moved) to other values of some marks."""
        merged = {**dict(self.marks), **{name: tuple(values) for name, values in marks.items()}}
        return Region(self.table, self.first, self.last, tuple(sorted(merged.items())))

    def over(self, first: date, last: date) -> Region:
        """The same region over other days."""
        return Region(self.table, first, last, self.marks)


@dataclass(frozen=True)
class Cell:
    """A count to be published: of a region, with what it costs to withhold it.

    `earlier` says what an earlier publication did with it: what that gave can no longer be taken back.
    """

    region: Region
    count: int
    cost: float = 1.0
    earlier: Literal["published", "withheld"] | None = None


@dataclass(frozen=True)
class Suppression:
    """What is withheld: `small` counts, `others` so that the small cannot be worked out, and `exposed`: how many small
    counts earlier publications give away whatever is withheld now."""

    small: frozenset[Region]
    others: frozenset[Region]
    exposed: int = 0

    @property
    def withheld(self) -> frozenset[Region]:
        """Every region whose count is not published."""
        return self.small | self.others


def suppression(cells: Iterable[Cell], rule: SmallNumberRule, *, complementary: bool = True) -> Suppression:
    """What to withhold of some counts under a rule. Raises RequestInvalid where they are too many to be protected at once.

    The same region may come several times, with one count. Without `complementary` only the small counts themselves are
    withheld: for the tests, which show that they can then be worked out.
    """
    given = list(cells)
    by_table: dict[str, dict[Region, Cell]] = {}
    # What is to be published now stands for a region before what was published of it, and that before what was withheld.
    for cell in sorted(given, key=lambda c: (None, "published", "withheld").index(c.earlier)):
        held = by_table.setdefault(cell.region.table, {})
        held[cell.region] = _merged(held.get(cell.region), cell)
    # What earlier publications gave is no secret any more, and is still not printed when it is small.
    small = {c.region for c in given if c.earlier is None and not rule.is_rounding and rule.is_small(c.count)}
    others: set[Region] = set()
    exposed = 0
    for held in by_table.values():
        found = _Audit(list(held.values()), rule).borne_out()
        if complementary:
            found.protect()
        others |= found.chosen()
        exposed += found.exposed
    return Suppression(frozenset(small), frozenset(others - small), exposed)


def _merged(known: Cell | None, cell: Cell) -> Cell:
    """One cell for a region that is given twice. A count published earlier and unchanged since is known to every reader."""
    if known is None:
        return cell
    is_known = known.earlier is None and cell.earlier == "published" and cell.count == known.count
    return replace(known, cost=max(known.cost, cell.cost), earlier="published" if is_known else known.earlier)


class _Audit:
    """The equations of one table's counts, who is small among them, and what is withheld."""

    def __init__(self, cells: list[Cell], rule: SmallNumberRule) -> None:
        self.cells, self.rule = cells, rule
        cut = _cut([c.region for c in cells])
        self.cut, self.rows, self.ties, self.is_unnamed = cut, cut.rows, cut.ties, cut.is_unnamed
        self.pieces, self.first_pieces = _sets(cut.rows), _sets(cut.wholes)
        self.counts = np.array([c.count for c in cells], dtype=float)
        self.costs = np.array([c.cost * math.log2(2 + c.count) for c in cells])
        self.is_earlier = np.array([c.earlier == "published" for c in cells])
        self.hidden = np.array([self._is_hidden(c) for c in cells])
        self.primary = self.hidden.copy()
        self.solutions = np.zeros((0, self.rows.shape[1]))
        self.exposed = 0
        self.most = np.full(self.rows.shape[1], float(10 * self.counts.max() + 10 * rule.smallest_shown))

    def _is_hidden(self, cell: Cell) -> bool:
        if cell.earlier is not None:
            return cell.earlier == "withheld"
        return not self.rule.is_rounding and self.rule.is_small(cell.count)

    def chosen(self) -> set[Region]:
        """The regions that are withheld so that others cannot be worked out."""
        return {self.cells[at].region for at in np.flatnonzero(self.hidden & ~self.primary)}

    def protect(self) -> None:
        """Withhold until every small count is safe, then put back what proved unneeded."""
        targets = [(self._vector(pieces), n) for pieces, n in self._small_counts().items()]
        if not targets:
            return
        self._leave_nothing_over()
        self._solve_together(targets)
        lost = []
        for target, n in targets:
            while not self._is_safe(target, n):
                if not self._withhold_for(target, n):
                    lost.append((target, n))
                    break
        self.exposed = len(lost)
        given_up = {id(target) for target, _ in lost}
        self._put_back([(t, n) for t, n in targets if id(t) not in given_up])

    # Which counts are small, published or not

    def _small_counts(self) -> dict[_Sum, int]:
        """The pieces and the number of each small count that is published or could be worked out from all counts."""
        found: dict[_Sum, int] = {}
        is_small = self.rule.is_small
        for at, cell in enumerate(self.cells):
            if is_small(cell.count) and not self.is_earlier[at]:
                found[self._sum(at)] = cell.count
        for whole, part, difference in self._differences():
            found.setdefault(self._sum(whole, part), difference)
        for leftover, n in (*self._remainders(), *self._told_pieces):
            if is_small(n):
                found.setdefault(leftover, n)
        return found

    def _sum(self, whole: int, *less: int) -> _Sum:
        """A published count, less others, as pieces."""
        pieces = dict.fromkeys(self.pieces[whole], 1)
        for part in less:
            for piece in self.pieces[part]:
                pieces[piece] = pieces.get(piece, 0) - 1
        return tuple(sorted((piece, times) for piece, times in pieces.items() if times))

    def _differences(self) -> list[tuple[int, int, int]]:
        """Pairs of counts of which the second lies within the first, and by how much they differ, where that is small."""
        inside = self.cut.wholes
        shared = (inside @ inside.T).tocoo()
        less = self.counts[shared.row] - self.counts[shared.col]
        is_small = (less > 0) & (less < self.rule.smallest_shown)
        could = is_small & (shared.data == np.diff(inside.indptr)[shared.col])
        pairs = zip(shared.row[could].tolist(), shared.col[could].tolist(), less[could].tolist(), strict=True)
        return [(whole, part, round(n)) for whole, part, n in pairs if self._is_within(part, whole)]

    def _is_within(self, part: int, whole: int) -> bool:
        """Whether one count is of rows that another counts as well."""
        if not self.first_pieces[part] <= self.first_pieces[whole]:
            return False
        family = self.cut.families
        return family[whole] == 0 or (family[part] == family[whole] and self.pieces[part] <= self.pieces[whole])

    def _remainders(self) -> list[tuple[_Sum, int]]:
        """What each count leaves over when the counts within it that are like it but for one mark are taken away."""
        alike: dict[tuple[object, ...], list[int]] = {}
        names = {name for cell in self.cells for name, _ in cell.region.marks}
        for at, cell in enumerate(self.cells):
            region = cell.region
            alike.setdefault(("days", region.marks), []).append(at)
            for name in names:
                others = tuple(mark for mark in region.marks if mark[0] != name)
                alike.setdefault((name, region.first, region.last, others), []).append(at)
        found = []
        for group in alike.values():
            for whole in group:
                parts = [part for part in group if part != whole and self._is_within(part, whole)]
                for largest_first in (True, False) if parts else ():
                    taken: set[int] = set()
                    chosen = []
                    for part in sorted(parts, key=lambda at: self.counts[at], reverse=largest_first):
                        if taken.isdisjoint(self.pieces[part]):
                            taken |= self.pieces[part]
                            chosen.append(part)
                    found.append((self._sum(whole, *chosen), round(self.counts[whole] - self.counts[chosen].sum())))
        return found

    @cached_property
    def _told_pieces(self) -> list[tuple[_Sum, int]]:
        """The pieces whose own number follows from all counts together, by least squares on the equations."""
        every = sp.vstack([self.rows, self.ties]).tocsr()
        scale = 1 / np.sqrt(np.diff(every.indptr))
        scaled = sp.diags_array(scale) @ every
        solve = splu(sp.csc_array(scaled @ scaled.T + 1e-10 * sp.eye_array(every.shape[0])))
        told = scale * np.concatenate([self.counts, np.zeros(self.ties.shape[0])])
        found: list[tuple[_Sum, int]] = []
        for start in range(0, every.shape[1], 512):
            block = np.arange(start, min(start + 512, every.shape[1]))
            weights = solve.solve(scaled[:, block].toarray())
            made = scaled.T @ weights
            made[block, np.arange(len(block))] -= 1
            numbers = told @ weights
            for at in np.flatnonzero(np.abs(made).max(axis=0) < 1e-5):
                found.append((((int(block[at]), 1),), round(float(numbers[at]))))
        return found

    # What a reader can believe

    def _bounds(self, put_back: int | None = None) -> tuple[_Vector, _Vector]:
        """The least and greatest that a reader can take each count for. A withheld count is not 0: noughts are shown."""
        hidden = self.hidden.copy()
        if put_back is not None:
            hidden[put_back] = False
        shown = np.array(
            [self.rule.believable(c.count) if c.earlier is None else (c.count, c.count) for c in self.cells]
        )
        least = np.where(hidden, 0.0 if self.rule.is_rounding else 1.0, shown[:, 0])
        return least, np.where(hidden, np.inf, shown[:, 1])

    def _vector(self, pieces: _Sum) -> _Vector:
        vector = np.zeros(self.rows.shape[1])
        for piece, times in pieces:
            vector[piece] = times
        return vector

    def _limits(self, least: _Vector, most: _Vector, *beside: sp.csr_array) -> LinearConstraint:
        """The equations: each count within its bounds, and pieces of one count cut in several ways the same in all.

        `beside` are columns of other unknowns that stand beside the pieces in the rows of the counts.
        """
        more = sum(block.shape[1] for block in beside)
        rows = sp.hstack([self.rows, *beside]) if beside else self.rows
        ties = sp.hstack([self.ties, sp.csr_array((self.ties.shape[0], more))]) if beside else self.ties
        none = np.zeros(self.ties.shape[0])
        return LinearConstraint(sp.vstack([rows, ties]), np.concatenate([least, none]), np.concatenate([most, none]))

    def _needed(self, n: int) -> int:
        needed = n + self.rule.spread
        return needed if self.rule.is_rounding else max(needed, self.rule.smallest_shown)

    def _is_shown_safe(self, target: _Vector, n: int, solutions: npt.NDArray[np.float64]) -> bool:
        """Whether the whole solutions found lie far enough apart. What is true is one of the solutions."""
        seen = np.append(solutions @ target, n)
        is_wide = seen.max() - seen.min() >= self.rule.spread
        return bool(is_wide and (self.rule.is_rounding or seen.max() >= self.rule.smallest_shown))

    def _is_safe(self, target: _Vector, n: int, put_back: int | None = None) -> bool:
        solutions = self.solutions
        if put_back is not None:
            solutions = self._agreeing(put_back)
        if self._is_shown_safe(target, n, solutions):
            return True
        limits = self._limits(*self._bounds(put_back))
        for whole in (False, True):
            reach = []
            for sign in (-1.0, 1.0):
                answer = self._solved(sign * target, limits, whole)
                if answer is None:
                    return False
                reach.append(float(target @ answer))
                if np.abs(answer - np.rint(answer)).max() < _WHOLE:
                    self._remember(np.rint(answer))
                    solutions = np.vstack([solutions, np.rint(answer)])
                    if self._is_shown_safe(target, n, solutions):
                        return True
            if reach[0] - reach[1] < self.rule.spread - _WHOLE:
                return False
        return False

    def _row(self, at: int) -> _Vector:
        return self._vector(self._sum(at))

    def _solved(self, objective: _Vector, limits: LinearConstraint, whole: bool) -> _Vector | None:
        answer = milp(
            objective, constraints=limits, bounds=Bounds(0, self.most),
            integrality=np.full(len(objective), int(whole)), options={"time_limit": _PATIENCE},
        )  # fmt: skip
        return None if answer.x is None else np.asarray(answer.x)

    def _remember(self, solution: _Vector) -> None:
        """Keep a whole solution: whatever is withheld later, it stays one."""
        self.solutions = np.vstack([self.solutions, solution])

    def _solve_together(self, targets: Sequence[tuple[_Vector, int]]) -> None:
        """Solutions in which many small counts look large at once, so that few need a question of their own."""
        pieces = self.rows.shape[1]
        while True:
            left = [(t, n) for t, n in targets if not self._is_shown_safe(t, n, self.solutions)]
            if len(left) < 8:
                return
            needed = np.array([self._needed(n) for _, n in left], dtype=float)
            looks = sp.hstack([sp.csr_array(np.array([t for t, _ in left])), -sp.eye_array(len(left))])
            answer = milp(
                np.concatenate([np.zeros(pieces), -1 / needed]),
                constraints=[
                    self._limits(*self._bounds(), sp.csr_array((len(self.cells), len(left)))),
                    LinearConstraint(looks, 0, np.inf),
                ],
                bounds=Bounds(0, np.concatenate([self.most, needed])),
                options={"time_limit": _PATIENCE},
            )
            if answer.x is None:
                return
            found = np.asarray(answer.x)[:pieces]
            if np.abs(found - np.rint(found)).max() >= _WHOLE:
                return
            self._remember(np.rint(found))
            if not any(self._is_shown_safe(t, n, self.solutions[-1:]) for t, n in left):
                return

    # What to withhold

    def _withhold_for(self, target: _Vector, n: int) -> bool:
        """Withhold what costs least so that a small count may look larger. False when nothing that can be helps."""
        for whole in (False, True):
            chosen = self._least_cost(target, n, whole)
            if chosen is None:
                return False
            if chosen.any():
                self.hidden |= chosen
                return True
        return False

    def _least_cost(self, target: _Vector, n: int, whole: bool) -> npt.NDArray[np.bool_] | None:
        """Which counts would have to be other than they are for a small one to look as large as it must, at least cost."""
        free = ~self.hidden & ~self.is_earlier & (self.rule.is_rounding | (self.counts > 0))
        may = np.flatnonzero(free)
        moves = sp.csr_array((np.ones(len(may)), (may, np.arange(len(may)))), shape=(len(self.cells), len(may)))
        pieces, many = self.rows.shape[1], len(may)
        # A withheld count is known not to be 0, so it may fall to 1 at the least.
        down = np.full(many, np.inf) if self.rule.is_rounding else np.maximum(self.counts[may] - 1, 0)
        answer = milp(
            np.concatenate([np.zeros(pieces), self.costs[may], self.costs[may]]),
            constraints=[
                self._limits(*self._bounds(), -moves, moves),
                LinearConstraint(np.concatenate([target, np.zeros(2 * many)])[None, :], self._needed(n), np.inf),
            ],
            bounds=Bounds(0, np.concatenate([self.most, np.full(many, self.most.max()), down])),
            integrality=np.concatenate([np.full(pieces, int(whole)), np.zeros(2 * many)]),
            options={"time_limit": _PATIENCE},
        )
        if answer.x is None:
            return None
        found = np.asarray(answer.x)
        moved = np.zeros(len(self.cells), dtype=bool)
        moved[may] = found[pieces : pieces + many] + found[pieces + many :] > _WHOLE
        if np.abs(found[:pieces] - np.rint(found[:pieces])).max() < _WHOLE:
            self._remember(np.rint(found[:pieces]))
        return moved

    def _agreeing(self, at: int) -> npt.NDArray[np.float64]:
        """The solutions that would agree with a count if it were shown."""
        least, most = self.rule.believable(self.cells[at].count)
        looks = self.solutions @ self._row(at)
        return self.solutions[(looks > least - _WHOLE) & (looks < most + _WHOLE)]

    def _put_back(self, targets: Sequence[tuple[_Vector, int]]) -> None:
        """Publish again what was withheld for others and proved unneeded, the dearest first."""
        chosen = np.flatnonzero(self.hidden & ~self.primary)
        for at in sorted(chosen, key=lambda i: (-self.costs[i], i)):
            if all(self._is_safe(target, n, put_back=int(at)) for target, n in targets):
                self.hidden[at] = False
                self.solutions = self._agreeing(int(at))

    # What is known of the records

    def borne_out(self) -> _Audit:
        """The same without what earlier publications said and the records no longer bear out: it was revised since."""
        earlier = [i for i, c in enumerate(self.cells) if c.earlier == "published"]
        if not earlier:
            return self
        slack = sp.csr_array(
            (np.ones(len(earlier)), (earlier, np.arange(len(earlier)))), shape=(len(self.cells), len(earlier))
        )
        answer = milp(
            np.concatenate([np.zeros(self.rows.shape[1]), np.ones(2 * len(earlier))]),
            constraints=self._limits(*self._as_counted(), -slack, slack),
            options={"time_limit": _PATIENCE},
        )
        wrong = set(earlier)
        if answer.x is not None:
            moved = np.asarray(answer.x)[self.rows.shape[1] :].reshape(2, -1).sum(axis=0)
            wrong = {i for i, by in zip(earlier, moved, strict=True) if by > _WHOLE}
        return _Audit([c for i, c in enumerate(self.cells) if i not in wrong], self.rule) if wrong else self

    def _as_counted(self) -> tuple[_Vector, _Vector]:
        """Every count as the records have it; of what an earlier publication withheld only that it is not 0."""
        is_hidden = np.array([c.earlier == "withheld" for c in self.cells])
        return np.where(is_hidden, 1.0, self.counts), np.where(is_hidden, np.inf, self.counts)

    def _leave_nothing_over(self) -> None:
        """Where published parts make up a total and leave nothing over, a reader knows that they are all its parts."""
        unnamed = np.flatnonzero(self.is_unnamed)
        if not len(unnamed):
            return
        limits = self._limits(*self._as_counted())
        objective = np.where(self.is_unnamed, -1.0, 0.0)
        answer = self._solved(objective, limits, whole=False)
        if answer is not None and answer[unnamed].sum() < _WHOLE:
            self.most[unnamed] = 0
            return
        none = [piece for ((piece, _),), n in self._told_pieces if n == 0 and self.is_unnamed[piece]]
        self.most[none] = 0


def _sets(rows: sp.csr_array) -> list[frozenset[int]]:
    """The columns of each row."""
    return [frozenset(rows.indices[rows.indptr[at] : rows.indptr[at + 1]].tolist()) for at in range(rows.shape[0])]


@dataclass(frozen=True)
class _Cut:
    """Regions cut into pieces. `rows` has a row a region and a column a piece, 1 where the region holds the piece.

    Days and common marks cut the rows of the table into the first pieces. Other marks cut them once more, each family of
    marks that some region carries together by itself: a row has a place and an outcome, and what is published of the one
    says nothing of the other but through what they have in common. `ties` say that the pieces of a family add up to the
    first pieces that they were cut from. `families` gives each region's family, 0 for none; `wholes` the first pieces that
    a region's days and common marks take in; `is_unnamed` the pieces of values that no region names.
    """

    rows: sp.csr_array
    ties: sp.csr_array
    wholes: sp.csr_array
    families: tuple[int, ...]
    is_unnamed: npt.NDArray[np.bool_]


def _cut(regions: Sequence[Region]) -> _Cut:
    """The pieces that published counts tell apart."""
    marks = [dict(region.marks) for region in regions]
    common = sorted({name for held in marks for name in held if name in COMMON})
    axes = [_day_classes(regions), *(_mark_classes([held.get(name) for held in marks]) for name in common)]
    wholes, is_unnamed = _overlaid(axes, len(regions))
    families = _families(marks)
    rows, ties, unnamed = [_chosen(families, 0) @ wholes], [], [is_unnamed]
    for family in range(1, max(families) + 1):
        inside = [at for at, own in enumerate(families) if own == family]
        of_region, classes = _alike(wholes[inside])
        every: list[dict[str, tuple[Mark, ...]]] = [
            {} for _ in range(classes.shape[0])
        ]  # a class of first pieces, whatever its other marks
        given = [*({n: v for n, v in marks[at].items() if n not in common} for at in inside), *every]
        by_class: _Classes = [*of_region, *(np.array([number]) for number in range(classes.shape[0]))], None
        names = sorted({name for held in given for name in held})
        pieces, is_unnamed = _overlaid(
            [by_class, *(_mark_classes([held.get(n) for held in given]) for n in names)], len(given)
        )
        rows.append(_chosen(families, family) @ pieces[: len(inside)])
        ties.append((classes, pieces[len(inside) :]))
        unnamed.append(is_unnamed)
    return _Cut(
        sp.hstack(rows).tocsr(), _tied(ties, [r.shape[1] for r in rows]), wholes, families, np.concatenate(unnamed)
    )


def _families(marks: Sequence[Mapping[str, Sequence[Mark]]]) -> tuple[int, ...]:
    """For each region the number of its family: marks that are not common and that some region carries together."""
    groups: list[set[str]] = []
    for own in ({name for name in held if name not in COMMON} for held in marks):
        joined = [group for group in groups if group & own]
        groups = [group for group in groups if not group & own] + ([own.union(*joined)] if own else [])
    ordered = sorted(groups, key=sorted)
    return tuple(next((n for n, group in enumerate(ordered, 1) if group & set(held)), 0) for held in marks)


def _chosen(families: Sequence[int], family: int) -> sp.csr_array:
    """Puts the rows of a family's regions in their places among all regions."""
    places = [at for at, own in enumerate(families) if own == family]
    many = len(places) if family else len(families)
    inside = np.arange(many) if family else np.array(places, dtype=int)
    return sp.csr_array((np.ones(len(places)), (places, inside[: len(places)])), shape=(len(families), many))


def _tied(ties: Sequence[tuple[sp.csr_array, sp.csr_array]], sizes: Sequence[int]) -> sp.csr_array:
    """A row for each class of first pieces and family: the family's pieces of the class, less the first pieces."""
    blocks = [sp.csr_array((0, sum(sizes)))]
    for number, (classes, pieces) in enumerate(ties, 1):
        beside = [sp.csr_array((classes.shape[0], size)) for size in sizes]
        beside[0], beside[number] = -classes, pieces
        blocks.append(sp.hstack(beside))
    return sp.vstack(blocks).tocsr()


def _alike(wholes: sp.csr_array) -> tuple[list[npt.NDArray[np.int_]], sp.csr_array]:
    """First pieces that lie in the same regions, as classes: those of each region, and the pieces of each class."""
    patterns, class_of = np.unique(wholes.toarray() > 0, axis=1, return_inverse=True)
    held = np.flatnonzero(patterns.any(axis=0))
    numbers = {int(old): new for new, old in enumerate(held)}
    of_region = [np.array([numbers[int(c)] for c in np.flatnonzero(row)], dtype=int) for row in patterns]
    inside = [at for at, c in enumerate(class_of.ravel()) if int(c) in numbers]
    rows = [numbers[int(class_of.ravel()[at])] for at in inside]
    return of_region, sp.csr_array((np.ones(len(inside)), (rows, inside)), shape=(len(held), wholes.shape[1]))


def _overlaid(axes: Sequence[_Classes], many: int) -> tuple[sp.csr_array, npt.NDArray[np.bool_]]:
    """Regions laid over the grid of their classes, and places of the grid that lie in the same regions taken for one piece.

    A row a region and a column a piece; and which pieces hold only classes that no region names.
    """
    shape = [1 + max(int(at.max()) for at in held) for held, _ in axes]
    if math.prod(shape) > _MOST_PIECES:
        raise RequestInvalid(
            "These figures split the records in too many ways to be protected together.",
            remedy="Publish fewer areas, months or categories together.",
        )
    names = np.random.default_rng(0).integers(1, 2**63, size=many, dtype=np.uint64)
    grid = np.zeros(shape, dtype=np.uint64)
    places = [np.ix_(*(held[at] for held, _ in axes)) for at in range(many)]
    for name, place in zip(names, places, strict=True):
        grid[place] += name
    is_named = np.ones(shape, dtype=bool)
    for at, (_, unnamed) in enumerate(axes):
        if unnamed is not None:
            is_named[(slice(None),) * at + (unnamed,)] = False
    labels, inverse = np.unique(grid, return_inverse=True)
    piece_of = inverse.reshape(shape) - int(labels[0] == 0)  # places in no region at all are no piece
    columns = [np.unique(piece_of[place]) for place in places]
    rows = np.repeat(np.arange(many), [len(c) for c in columns])
    pieces = int(piece_of.max()) + 1
    overlaid = sp.csr_array((np.ones(len(rows)), (rows, np.concatenate(columns))), shape=(many, pieces))
    named = piece_of[is_named & (piece_of >= 0)]
    return overlaid, np.bincount(named.ravel(), minlength=pieces) == 0


_Classes = tuple[list[npt.NDArray[np.int_]], int | None]
"""For each region the numbers of the classes that it holds; and the number of the class of what no region names."""


def _day_classes(regions: Sequence[Region]) -> _Classes:
    """Runs of days, cut wherever a region begins or ends."""
    cuts = sorted({day for r in regions for day in (r.first, r.last + timedelta(days=1))})
    at = {day: number for number, day in enumerate(cuts)}
    return [np.arange(at[r.first], at[r.last + timedelta(days=1)]) for r in regions], None


def _mark_classes(given: Sequence[tuple[Mark, ...] | None]) -> _Classes:
    """Values of a mark that lie in the same regions; a region without the mark holds all, and those that none names."""
    sets = list(dict.fromkeys(frozenset(_exact(v) for v in values) for values in given if values is not None))
    values: frozenset[Any] = frozenset().union(*sets)
    patterns = {value: tuple(value in chosen for chosen in sets) for value in values}
    classes = {pattern: number for number, pattern in enumerate(sorted(set(patterns.values())))}
    is_open = any(values is None for values in given)
    every = np.arange(len(classes) + is_open)
    held = {chosen: np.unique([classes[patterns[value]] for value in chosen]).astype(int) for chosen in sets}
    found = [every if values is None else held[frozenset(_exact(v) for v in values)] for values in given]
    return found, len(classes) if is_open else None


def _exact(value: Mark) -> Any:
    """A value that is equal only to its like: 1, True and "1" are three."""
    return (type(value).__name__, value)
