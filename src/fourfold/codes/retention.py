"""Review groups: by what somebody did, or was done to, and at which age, when the records of a person are looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from fourfold.codes.lists import code_list
from fourfold.codes.offences import offence
from fourfold.errors import CodeUnknown

UNDETECTED, FRAUD = "4", "fraud"
GROUPS = ("1", "2", "3", UNDETECTED, FRAUD)
"""From the most serious on."""


@dataclass(frozen=True)
class ReviewGroup:
    """One row of the table of review groups. `retained_to_age` is the age up to which group 1 is reviewed again."""

    group: str
    age: str
    title: str
    covers: tuple[str, ...]
    review_after_years: int
    retained_to_age: int | None
    note: str
    status: str
    source: str

    def review_on(self, last: date) -> date:
        """The day of review: so many whole years after the last event."""
        year = last.year + self.review_after_years
        return (
            last.replace(year=year, day=28)
            if (last.month, last.day) == (2, 29) and year % 4
            else last.replace(year=year)
        )


@dataclass(frozen=True)
class Ground:
    """One row of the table of grounds of rectification."""

    ground: str
    title: str
    is_old_value_kept: bool
    note: str
    status: str
    source: str


@cache
def review_groups() -> tuple[ReviewGroup, ...]:
    """Every review group, of adults first."""
    return tuple(
        ReviewGroup(
            group=row["group"], age=row["age"], title=row["title"], covers=tuple(filter(None, row["covers"].split("; "))),
            review_after_years=int(row["review_after_years"]), note=row["note"], status=row["status"], source=row["source"],
            retained_to_age=int(row["retained_to_age"]) if row["retained_to_age"] else None,
        )
        for row in code_list("retention").rows
    )  # fmt: skip


def review_group(group: str, is_youth: bool) -> ReviewGroup:
    """The row of a group, for an adult or for somebody under 18."""
    age = "youth" if is_youth else "adult"
    return next(one for one in review_groups() if (one.group, one.age) == (group, age))


@cache
def group_of_offence(code: str) -> str:
    """The review group of an offence in which somebody is suspected. A code on no list is of the most serious group.

    That an unknown offence was nothing serious would be a guess, and the wrong way round.
    """
    found = offence(code)
    if found is None:
        return GROUPS[0]
    named = (one.group for one in review_groups() if one.age == "adult" and found.subgroup in one.covers)
    return next(named, "3")


@cache
def grounds() -> tuple[Ground, ...]:
    """Every ground of rectification."""
    return tuple(
        Ground(row["ground"], row["title"], row["old_value"] == "kept", row["note"], row["status"], row["source"])
        for row in code_list("rectifications").rows
    )


def ground(name: str) -> Ground:
    """The ground of a name. Raises CodeUnknown when there is none."""
    for one in grounds():
        if one.ground == name:
            return one
    raise CodeUnknown(
        "There is no such ground of rectification.",
        remedy="Use one of: " + ", ".join(g.ground for g in grounds()) + ".",
    )
