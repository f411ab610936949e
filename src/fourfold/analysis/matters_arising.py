"""Matters arising: what has changed since the last paper, figure by figure.

Three things are told apart. A figure of a **new window** is another figure. A figure of the **same window** that differs
was **revised**: records came late or were corrected since. A figure that **has not moved** is marked: of the same window it
has merely not been revised; of a new window it may be an old figure carried over, as figures of one paper of 2022 stood
unchanged in the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fourfold.analysis.findings import Finding
from fourfold.codes.periods import Window


@dataclass(frozen=True)
class Matter:
    """One measure's figure in the last paper and in this one.

    `then` is the count as the last paper gave it, `again` that paper's window counted again from the records of this
    paper, `now` this paper's count. `again` is None where the window can no longer be counted, `now` where this paper does
    not give the measure.
    """

    then: Finding
    again: Finding | None
    now: Finding | None

    @property
    def title(self) -> str:
        """The measure."""
        return self.then.title

    @property
    def is_new_window(self) -> bool:
        """Whether this paper's figure is of another window than the last one's."""
        return self.now is not None and self.now.windows != self.then.windows

    @property
    def is_revised(self) -> bool:
        """Whether the last paper's window now counts otherwise than it did. A withheld figure is not said to differ."""
        return (
            self.again is not None
            and None not in (self.then.value, self.again.value)
            and self.again.value != self.then.value
        )

    @property
    def has_not_moved(self) -> bool:
        """Whether this paper gives the very number that the last one gave."""
        return self.now is not None and self.then.value is not None and self.now.value == self.then.value

    @property
    def marks(self) -> tuple[str, ...]:
        """What is to be said of it, in words without numbers."""
        said = []
        if self.now is None:
            said.append("not in this paper")
        if self.is_new_window:
            said.append("new window")
        if self.is_revised:
            said.append("revised")
        if self.has_not_moved:
            said.append("not moved, though the window has" if self.is_new_window else "not moved")
        return tuple(said)


def matters_arising(
    then: Mapping[str, Finding], again: Mapping[str, Finding], now: Mapping[str, Finding]
) -> tuple[Matter, ...]:
    """A matter for each figure of the last paper, in its order: counts by measure, as `Matter` has them."""
    return tuple(Matter(count, again.get(measure), now.get(measure)) for measure, count in then.items())


def is_same_again(window: Window, then: Mapping[str, int | None], now: Mapping[str, Finding]) -> bool:
    """Whether a paper of a window that gave these values would be the present one over again, and no matter arises.

    A value that was withheld is not said to differ from any.
    """
    if set(then) != set(now):
        return False
    return all(f.windows[0] == window and then[m] in (None, f.value) for m, f in now.items())


def revised(matters: Sequence[Matter]) -> tuple[Matter, ...]:
    """Those whose figure for the last paper's window was revised."""
    return tuple(m for m in matters if m.is_revised)


def unmoved(matters: Sequence[Matter]) -> tuple[Matter, ...]:
    """Those that give the same number as the last paper, of a new window first: those may have been carried over."""
    return tuple(sorted((m for m in matters if m.has_not_moved), key=lambda m: not m.is_new_window))
