"""Service times: how long each kind of care takes, how many officers give it, and who gets which, as dated data.

No paper gives these numbers: a force supplies its own. They are assumptions, and stand beside each answer that rests on them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from fourfold.codes.care import words
from fourfold.errors import CodeUnknown, RequestInvalid

WHOLE = 100
MOST_OFFICERS = 200


@dataclass(frozen=True, kw_only=True)
class ServiceTimes:
    """One version. `minutes` and `mix` (in hundredths) are by level of care, in the order of the levels."""

    version: str
    officers: int
    hours_a_day: float
    minutes: Mapping[str, int]
    mix: Mapping[str, int]
    spread: float
    limit_working_days: int
    list_after_days: int
    in_force_from: date | None
    in_force_to: date | None
    status: str
    source: str

    def __post_init__(self) -> None:
        if not 1 <= self.officers <= MOST_OFFICERS:
            raise RequestInvalid(
                f"A team is of 1 to {MOST_OFFICERS} officers.", remedy="Say how many work on cases on a working day."
            )
        if any(share < 0 for share in self.mix.values()) or sum(self.mix.values()) != WHOLE:
            raise RequestInvalid(
                "The shares of the kinds of care do not add up to 100.",
                remedy="Give each kind a share in hundredths, 100 in all.",
            )
        if set(self.minutes) != set(words("levels")) or set(self.mix) - set(self.minutes):
            raise CodeUnknown("That is not a level of care.", remedy=f"Use {', '.join(words('levels'))}.")
        if min(self.minutes.values()) < 1 or self.minutes_a_day < 1 or self.spread < 0 or self.limit_working_days < 1:
            raise ValueError("service times by which nothing can be done")

    @property
    def minutes_a_day(self) -> int:
        """Minutes of one officer's working day that go to cases."""
        return round(self.hours_a_day * 60)

    @property
    def mean_minutes(self) -> float:
        """The mean minutes of a case, of the mix."""
        return sum(self.minutes[level] * share for level, share in self.mix.items()) / WHOLE

    @property
    def in_words(self) -> str:
        """The assumptions, in a sentence without a full stop."""
        named = ", ".join(
            f"{share}% {words('levels')[level].lower()} ({self.minutes[level]} minutes)"
            for level, share in self.mix.items()
        )
        team = f"{self.officers} officer{'s' if self.officers > 1 else ''}"
        late = f"care starts late after {self.limit_working_days} working days"
        return f"{team} with {self.hours_a_day:g} hours a working day each for cases; {named}; {late}"

    def but(self, *, officers: int | None = None, mix: Mapping[str, int] | None = None) -> ServiceTimes:
        """The same with another team or mix: what a manager asks. Raises RequestInvalid for one that cannot be."""
        unknown = set(mix or ()) - set(self.minutes)
        if unknown:
            raise CodeUnknown("That is not a level of care.", remedy=f"Use {', '.join(words('levels'))}.")
        given = self.mix if mix is None else {level: mix.get(level, 0) for level in words("levels")}
        return replace(self, officers=self.officers if officers is None else officers, mix=given)

    def is_in_force(self, on: date) -> bool:
        """Whether the version holds on a day."""
        return (self.in_force_from is None or self.in_force_from <= on) and (
            self.in_force_to is None or on <= self.in_force_to
        )


@cache
def versions() -> tuple[ServiceTimes, ...]:
    """Every version, in order."""
    plain = tomllib.loads((files("fourfold.codes") / "data" / "service_times.toml").read_text(encoding="utf-8"))
    return tuple(_version(row) for row in plain["versions"])


def service_times(on: date | None = None) -> ServiceTimes:
    """The version in force on a day; the last without one. Raises CodeUnknown when there is none."""
    standing = [one for one in versions() if on is None or one.is_in_force(on)]
    if not standing:
        raise CodeUnknown("No service times are in force on that day.", remedy="Add a version with its date.")
    return standing[-1]


def mix_of(text: str) -> dict[str, int]:
    """A mix as written on the command line: "visit=30,call=50,advice=20". Raises RequestInvalid for anything else."""
    try:
        pairs = [part.split("=") for part in text.split(",")]
        return {level.strip(): int(share) for level, share in pairs}
    except ValueError:
        raise RequestInvalid("That is no mix.", remedy="Write visit=30,call=50,advice=20.") from None


def _version(row: Mapping[str, Any]) -> ServiceTimes:
    order = list(words("levels"))
    given = {
        **row,
        "minutes": {level: row["minutes"][level] for level in order},
        "mix": {level: row["mix"].get(level, 0) for level in order},
    }
    return ServiceTimes(**{"in_force_from": None, "in_force_to": None, **given})
