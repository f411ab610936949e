"""Differencing: what may be told of counts split by a characteristic, so that no two answers give a small one by subtraction.

Questions overlap: one right lies within all of them, one offence within its group. Who has two answers has their difference as
well. So it is decided once for all questions of a quarter what each may tell, whoever asks which of them, in whatever order.

State by state:

- Values of the split with few records in all are never told; they are pooled, two or more together, until their sum is not small.
  The totals without the split are told anyway, so that the pool's sum is known: no more of it is.
- A question tells of every value that is not pooled, or of none. It tells where no value's count is small, and where what it
  leaves over, when the questions told within it are taken away, is not small either. Along one way of dividing (rights; offence
  groups and the offences in each) questions lie within each other or apart, so that what can be worked out from all answers
  together is sums of what each leaves over, and no more.
- The two ways of dividing cross. An offence is told only where every crossing of what rights leave over with what offences
  leave over is none or not small: whoever knew the whole crossed table would know of no small count. Rights come first.

Finer methods exist (`suppression`); this one tells less, is worked out at once for hundreds of questions, and can be read.
Source: what nested questions leave over are the atoms of their answers (Willenborg and de Waal (2001), Elements of Statistical
Disclosure Control, on linked tables).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourfold.codes.small_numbers import SmallNumberRule

Question = tuple[str, ...]
"""A question's name: WHOLE, or the way of dividing and what is asked for."""
WHOLE: Question = ()
Row = tuple[str, str, str, str, int]
"""A count: its atom of the first way of dividing, of the second, the value of the split, the state, and how many."""
_Counts = npt.NDArray[np.int64]
_Within = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Told:
    """Which values of the split each question tells, by state; of a question that is not named, none."""

    values: Mapping[tuple[Question, str], frozenset[str]]

    def of(self, question: Question, state: str) -> frozenset[str]:
        """The values that a question tells of in a state."""
        return self.values.get((question, state), frozenset())


def told_apart(
    rows: Iterable[Row], states: Sequence[str], ways: Sequence[Mapping[Question, frozenset[str]]], rule: SmallNumberRule
) -> Told:
    """What each question may tell. `ways` are the two ways of dividing: each question's atoms.

    Of one way of dividing questions lie within each other or apart; one that cuts across another is not told.
    """
    given = list(rows)
    atoms = [sorted({row[0] for row in given}), sorted({row[1] for row in given})]
    values = sorted({row[2] for row in given})
    marks: list[Sequence[str]] = [*atoms, values, states]
    at = [{name: n for n, name in enumerate(names)} for names in marks]
    counts = np.zeros([len(names) for names in at], dtype=np.int64)
    for row in given:
        counts[tuple(names[mark] for names, mark in zip(at, row[:4], strict=True))] += row[4]
    trees = [_Tree.of(way, names) for way, names in zip(ways, atoms, strict=True)]
    found: dict[tuple[Question, str], frozenset[str]] = {}
    for number, state in enumerate(states):
        shown, told = _of_state(counts[..., number], trees, rule)
        names = frozenset(values[one] for one in shown)
        found |= {(question, state): names for question in told}
    return Told(found)


@dataclass(frozen=True)
class _Tree:
    """Questions of one way of dividing, smallest first: names, and a row of atoms for each."""

    names: tuple[tuple[Question, ...], ...]
    """Of each set of atoms the questions that ask for just it."""
    within: _Within

    @classmethod
    def of(cls, way: Mapping[Question, frozenset[str]], atoms: Sequence[str]) -> _Tree:
        """The questions of a way of dividing, with the whole; those that cut across another left out."""
        alike: dict[frozenset[str], list[Question]] = {frozenset(atoms): [WHOLE]}
        for question, own in sorted(way.items()):
            alike.setdefault(own & frozenset(atoms), []).append(question)
        alike.pop(frozenset(), None)
        kept = [one for one in alike if all(one <= other or other <= one or one.isdisjoint(other) for other in alike)]
        order = sorted(kept, key=lambda one: (len(one), sorted(one)))
        within = np.array([[atom in one for atom in atoms] for one in order], dtype=np.int64).reshape(-1, len(atoms))
        return cls(tuple(tuple(alike[one]) for one in order), within)

    def left_over(self, told: Sequence[int]) -> dict[int, _Within]:
        """The atoms that each question told leaves over, when those told within it are taken away."""
        found = {}
        for one in told:
            rest = self.within[one].copy()
            for other in told:
                if other != one and (self.within[other] <= self.within[one]).all():
                    rest &= 1 - self.within[other]
            found[one] = rest
        return found

    def told(self, counts: _Counts, rule: SmallNumberRule, never: set[int]) -> list[int]:
        """The questions that may be told: none is small, nor what any leaves over. `counts`: by atom and value."""
        told = [one for one, row in enumerate(self.within) if one not in never and _is_clear(row @ counts, rule)]
        while True:
            rests = self.left_over(told)
            faulty = next((one for one in told if not self._hides(rests[one], told, counts, rule)), None)
            if faulty is None:
                return told
            inside = [one for one in told if one != faulty and (self.within[one] <= self.within[faulty]).all()]
            top = [one for one in inside if not any(self._is_inside(one, other) for other in inside)]
            told.remove(min(top, key=lambda one: (int((self.within[one] @ counts).sum()), one)) if top else faulty)

    def _hides(self, rest: _Within, told: Sequence[int], counts: _Counts, rule: SmallNumberRule) -> bool:
        """Whether what a question leaves over gives no small count away: its own, or that of a question in it that is not told.

        Of such a question a reader knows the total without the split, and so the least and the most that each value can be.
        """
        left = rest @ counts
        if not _is_clear(left, rule):
            return False
        for one in set(range(len(self.names))) - set(told):
            if (self.within[one] <= rest).all():
                own = self.within[one] @ counts
                total = int(own.sum())
                low, high = np.maximum(0, left - (left.sum() - total)), np.minimum(left, total)
                is_small = (own > 0) & (own < rule.smallest_shown)
                if (is_small & (high - low < min(rule.spread, total))).any():
                    return False
        return True

    def _is_inside(self, one: int, other: int) -> bool:
        return one != other and bool((self.within[one] <= self.within[other]).all())


def _of_state(counts: _Counts, trees: Sequence[_Tree], rule: SmallNumberRule) -> tuple[list[int], list[Question]]:
    """Which values are not pooled, and which questions tell of them. `counts`: by the two atoms and the value."""
    whole = counts.sum(axis=(0, 1))
    pooled = _pooled(whole, rule)
    shown = [value for value in range(len(whole)) if value not in pooled]
    if not shown:
        return [], []
    parts = [counts[..., value] for value in shown]
    if pooled:
        parts.append(counts[..., sorted(pooled)].sum(axis=2))
    joined = np.stack(parts, axis=2)
    never: set[int] = set()
    while True:
        first = trees[0].told(joined.sum(axis=1), rule, set())
        second = trees[1].told(joined.sum(axis=0), rule, never)
        crossed = _crossed(joined, trees, (first, second), rule)
        if crossed is None:
            break
        never.add(crossed)
    names = [
        name for tree, told in zip(trees, (first, second), strict=True) for one in told for name in tree.names[one]
    ]
    return shown, names


def _pooled(whole: _Counts, rule: SmallNumberRule) -> set[int]:
    """The values that are never told: those that are small in all, and the next smallest until their sum is not."""
    pool = {value for value, n in enumerate(whole) if rule.is_small(int(n))}
    rest = sorted(
        (value for value in range(len(whole)) if value not in pool and whole[value]), key=lambda v: (whole[v], v)
    )
    for value in rest:
        if not pool or _hides(whole, pool, rule):
            break
        pool.add(value)
    return pool if not pool or _hides(whole, pool, rule) else set(range(len(whole)))


def _hides(whole: _Counts, pool: set[int], rule: SmallNumberRule) -> bool:
    """Whether each value of a pool may be from 1 (noughts are told) to one that is not small, for all that their sum says."""
    most = int(sum(whole[value] for value in pool)) - (len(pool) - 1)
    return len(pool) > 1 and most >= max(rule.smallest_shown, rule.spread + 1)


def _is_clear(counts: _Counts, rule: SmallNumberRule) -> bool:
    return not any(rule.is_small(int(n)) for n in counts)


def _crossed(
    counts: _Counts, trees: Sequence[_Tree], told: tuple[list[int], list[int]], rule: SmallNumberRule
) -> int | None:
    """A question of the second way that is not to be told beside those of the first; None where all may be."""
    first, second = (tree.left_over(own) for tree, own in zip(trees, told, strict=True))
    if len(second) < 2:
        return None
    both = np.einsum("ia,jb,abv->ijv", list(first.values()), list(second.values()), counts, optimize=True)
    is_small = (both > 0) & (both < rule.smallest_shown)
    by_question = dict(zip(second, is_small.sum(axis=(0, 2)).tolist(), strict=True))
    faulty = [one for one, n in by_question.items() if n and not trees[1].within[one].all()]
    if faulty:
        return max(faulty, key=lambda one: (by_question[one], -one))
    return min(one for one in second if not trees[1].within[one].all()) if any(by_question.values()) else None
