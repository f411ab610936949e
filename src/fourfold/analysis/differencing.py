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
from functools import cached_property

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

    @property
    def whole(self) -> int:
        """The place of the whole, the largest of all."""
        return len(self.names) - 1

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

    @cached_property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Of each question (row) and each other (column): whether the first lies within the second, and is not it."""
        apart = self.within @ (1 - self.within.T)
        found: npt.NDArray[np.bool_] = apart == 0
        np.fill_diagonal(found, val=False)
        return found

    def left_over(self, told: Sequence[int]) -> dict[int, _Within]:
        """The atoms that each question told leaves over, when those told within it are taken away."""
        found = {}
        for one in told:
            taken = self.within[[other for other in told if self.inside[other, one]]].any(axis=0)
            found[one] = np.where(taken, 0, self.within[one])
        return found

    def told(self, counts: _Counts, rule: SmallNumberRule, never: set[int]) -> list[int]:
        """The questions that may be told: none is small, nor what any leaves over. `counts`: by atom and value."""
        every = self.within @ counts
        told = [one for one, own in enumerate(every) if one not in never and _is_clear(own, rule)]
        while True:
            rests = self.left_over(told)
            faulty = next((one for one in told if not self._hides(rests[one], told, counts, every, rule)), None)
            if faulty is None:
                return told
            within = [one for one in told if self.inside[one, faulty]]
            top = [one for one in within if not self.inside[one, within].any()]
            told.remove(min(top, key=lambda one: (int(every[one].sum()), one)) if top else faulty)

    def _hides(
        self, rest: _Within, told: Sequence[int], counts: _Counts, every: _Counts, rule: SmallNumberRule
    ) -> bool:
        """Whether what a question leaves over gives no small count away: its own, or that of a question in it that is not told.

        Of such a question a reader knows the total without the split, and so the least and the most that each value can be.
        """
        left = rest @ counts
        if not _is_clear(left, rule):
            return False
        silent = self.within @ (1 - rest) == 0
        silent[list(told)] = False
        own = every[silent]
        total = own.sum(axis=1, keepdims=True)
        low, high = np.maximum(0, left - (left.sum() - total)), np.minimum(left, total)
        is_small = (own > 0) & (own < rule.smallest_shown)
        return not bool((is_small & (high - low < np.minimum(rule.spread, total))).any())


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
    first = trees[0].told(joined.sum(axis=1), rule, set())
    left = np.tensordot(list(trees[0].left_over(first).values()), joined, axes=(1, 0)) if first else joined
    never: set[int] = set()
    while True:
        second = trees[1].told(joined.sum(axis=0), rule, never)
        crossed = _crossed(left, trees[1], second, rule)
        if crossed is None:
            break
        never.add(crossed)
    both = list(zip(trees, (first, second), strict=True))
    if not all(
        tree.whole in told for tree, told in both
    ):  # the parts would add up to what one way of dividing may not tell
        return [], []
    return shown, [name for tree, told in both for one in told for name in tree.names[one]]


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
    return not bool(((counts > 0) & (counts < rule.smallest_shown)).any())


def _crossed(left: _Counts, tree: _Tree, told: Sequence[int], rule: SmallNumberRule) -> int | None:
    """A question of the second way that is not to be told beside those of the first; None where all may be.

    `left`: by what the first way's questions leave over, the second's atoms, and the value.
    """
    rests = tree.left_over(told)
    if len(rests) < 2:
        return None
    both = np.einsum("jb,ibv->ijv", list(rests.values()), left)
    small = ((both > 0) & (both < rule.smallest_shown)).sum(axis=(0, 2))
    by_question = dict(zip(rests, small.tolist(), strict=True))
    faulty = [one for one, n in by_question.items() if n and one != tree.whole]
    if faulty:
        return max(faulty, key=lambda one: (by_question[one], -one))
    return min(one for one in rests if one != tree.whole) if any(by_question.values()) else None
