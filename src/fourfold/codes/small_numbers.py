"""Small-number rules: which counts are too small to publish, as data with their source. A force chooses among them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fourfold.errors import CodeUnknown

DEFAULT = "suppress_under_5"


@dataclass(frozen=True, kw_only=True)
class SmallNumberRule:
    """A rule for small numbers. Counts from 1 to `smallest_shown` - 1 are small.

    `spread` is by how much the greatest and the least value that a reader could still believe of a small count must
    differ. Percentages and rates are given on `percentage_base` records or more. With `rounded_to` above 1 every count
    is shown rounded to its nearest multiple, and the small ones with them.
    """

    id: str
    version: str
    title: str
    smallest_shown: int
    spread: int
    percentage_base: int
    rounded_to: int = 1
    source: str = ""
    status: str = "force to supply"

    def __post_init__(self) -> None:
        if self.smallest_shown < 2 or self.spread < 1 or self.percentage_base < 1 or self.rounded_to < 1:
            raise ValueError("a small-number rule that protects nothing")

    @property
    def is_rounding(self) -> bool:
        """Whether counts are rounded rather than withheld."""
        return self.rounded_to > 1

    def is_small(self, count: int) -> bool:
        """Whether a count is of few enough people to need protection. None (0) discloses nobody."""
        return 0 < count < self.smallest_shown

    def rounded(self, count: int) -> int:
        """A count as the rule shows it: itself, or its nearest multiple, halves upwards."""
        return (2 * count + self.rounded_to) // (2 * self.rounded_to) * self.rounded_to

    def believable(self, count: int) -> tuple[int, int]:
        """The least and the greatest count that would be shown as this one is."""
        shown = self.rounded(count)
        return max(0, shown - self.rounded_to // 2), shown + (self.rounded_to - 1) // 2

    @property
    def in_words(self) -> str:
        """What the rule does, in a sentence without a full stop."""
        small = f"from 1 to {self.smallest_shown - 1}"
        if self.is_rounding:
            return (
                f"counts rounded to the nearest {self.rounded_to}, and more withheld where rounding alone would not hide a "
                f"count {small}; no percentage on fewer than {self.percentage_base}"
            )
        return (
            f"counts {small} withheld, with others from which they could be worked out; no percentage on fewer than "
            f"{self.percentage_base}"
        )


@cache
def small_number_rules() -> tuple[SmallNumberRule, ...]:
    """Every rule shipped, the default first."""
    text = (files("fourfold.codes") / "data" / "small_numbers.toml").read_text(encoding="utf-8")
    return tuple(SmallNumberRule(id=name, **row) for name, row in tomllib.loads(text).items())


def small_number_rule(name: str = DEFAULT) -> SmallNumberRule:
    """A rule by name. Raises CodeUnknown when there is none of it."""
    found = {rule.id: rule for rule in small_number_rules()}
    if name not in found:
        raise CodeUnknown("There is no such rule for small numbers.", remedy=f"Use one of: {', '.join(found)}.")
    return found[name]
