"""Declared breaks: days after which a figure means, or is recorded, otherwise than before.

A break is printed with every comparison that crosses it. Breaks are declared here, never found by a method.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from fourfold.codes.periods import Window


@dataclass(frozen=True)
class Break:
    """A day on which a series breaks; for all forces or measures where none is named.

    `until` is None where the day is known; otherwise the break fell on some day from `on` to `until`.
    """

    id: str
    on: date
    title: str
    text: str
    forces: tuple[str, ...]
    measures: tuple[str, ...]
    source: str
    status: str
    until: date | None = None

    @property
    def when(self) -> str:
        """The day in words, or the span it fell in: "1 April 2023", "in 2021"."""
        if self.until is None:
            return f"{self.on:%-d %B %Y}"
        is_year = (self.on, self.until) == (date(self.on.year, 1, 1), date(self.on.year, 12, 31))
        return f"in {self.on.year}" if is_year else f"some day from {Window(self.on, self.until).label}"


@cache
def breaks() -> tuple[Break, ...]:
    """Every declared break, in order of time."""
    plain = tomllib.loads((files("fourfold.codes") / "data" / "breaks.toml").read_text(encoding="utf-8"))
    found = [
        Break(
            id=name, on=row["on"], title=row["title"], text=row["text"], forces=tuple(row.get("forces", ())),
            measures=tuple(row.get("measures", ())), source=row["source"], status=row["status"],
            until=row.get("until"),
        )
        for name, row in plain.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda b: b.on))


def breaks_crossed(windows: Sequence[Window], force_id: str, measure_id: str) -> tuple[Break, ...]:
    """The breaks that fall after the first day of the earliest window and not after the last day of the latest.

    A break whose day is not confirmed counts as crossed when any day it may have been would be.
    """
    first, last = min(w.first for w in windows), max(w.last for w in windows)
    return tuple(
        b
        for b in breaks()
        if first < (b.until or b.on)
        and b.on <= last
        and (not b.forces or force_id in b.forces)
        and (not b.measures or measure_id in b.measures)
    )
