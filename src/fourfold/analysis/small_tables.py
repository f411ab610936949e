"""Small tables: counts split by a characteristic of victims, with the small withheld and what would give them away.

As in compliance: what the whole says is told without the split too, so that the total of each state is never withheld, and rows
are in its place; where even that gives a small count away, the state is told of no row. A row is then told whole or not at all: what
else is told of the same people elsewhere (a right of the Code, say) cannot be subtracted from part of a row. Windows that overlap
could be subtracted from each other, so that such a split is of one whole quarter of a year (decision 0025).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from fourfold.analysis.findings import Value, wilson
from fourfold.analysis.suppression import Cell, Region, suppression
from fourfold.codes.periods import Window, is_quarter
from fourfold.codes.small_numbers import SmallNumberRule
from fourfold.errors import RequestInvalid

Counts = Mapping[str, Mapping[str, int]]
"""Counts by a row's key, and within it by state. The states of a row are apart: none is within another."""
Shown = dict[str, dict[str, int | None]]
"""The same, with None for what is withheld."""


def protected(counts: Counts, table: str, by: str, window: Window, rule: SmallNumberRule) -> tuple[Shown, int]:
    """The counts as they may be told, and how many are withheld."""
    states = list(dict.fromkeys(state for row in counts.values() for state in row))
    withheld: set[tuple[str, str]] = set()
    for state in states:
        own = {key: Cell(_region(table, by, window, key, state), row.get(state, 0)) for key, row in counts.items()}
        total = Cell(_region(table, by, window, None, state), sum(c.count for c in own.values()), earlier="published")
        found = suppression([*own.values(), total], rule)
        gone = own.keys() if found.exposed else [key for key, cell in own.items() if cell.region in found.withheld]
        withheld |= {(key, state) for key in gone}
    unsaid = {key for key, _ in withheld}
    shown: Shown = {
        key: {s: None if key in unsaid else rule.rounded(row.get(s, 0)) for s in states} for key, row in counts.items()
    }
    return shown, len(unsaid) * len(states)


def one_quarter(window: Window, known: date, what: str = "By a protected characteristic this") -> None:
    """Refuse a window that is not one quarter of a year, or that goes beyond the day `known` of the extracts. Raises RequestInvalid.

    `what` is told of one quarter, in words.

    A quarter that is not over would be told anew each day, and yesterday's counts could be subtracted from today's.
    """
    if is_quarter(window) and window.last > known:
        raise RequestInvalid(
            f"{what} is told of a quarter that is over: what came since yesterday could be told apart.",
            remedy="Ask for the quarter before.",
        )
    if not is_quarter(window):
        raise RequestInvalid(
            f"{what} is told of one quarter of a year: windows that overlap can be subtracted.",
            remedy="Ask for January to March, April to June, July to September or October to December.",
        )


def _region(table: str, by: str, window: Window, key: str | None, state: str) -> Region:
    marks: dict[str, tuple[str, ...]] = {"state": (state,)} if key is None else {"state": (state,), by: (key,)}
    return Region(table, window.first, window.last, tuple(sorted(marks.items())))


def total(row: Mapping[str, int | None], states: Sequence[str]) -> int | None:
    """The sum of some states; None where one of them is withheld."""
    parts = [row.get(state, 0) for state in states]
    return None if any(n is None for n in parts) else sum(n for n in parts if n is not None)


def share_with_limits(k: int | None, n: int | None, least: int = 1) -> tuple[Value, Value, Value]:
    """A share in % with Wilson's interval; nothing where a count is withheld or the base is under the least."""
    if k is None or n is None or n < least:
        return None, None, None
    return (100 * k / n, *wilson(k, n))


def bounds(kept: int | None, unknown: int | None, n: int | None, least: int = 1) -> tuple[Value, Value]:
    """The least and the most that a share in % can be, by what is not recorded; nothing where it may not be told."""
    if kept is None or unknown is None or n is None or n < least:
        return None, None
    return 100 * kept / n, 100 * (kept + unknown) / n
