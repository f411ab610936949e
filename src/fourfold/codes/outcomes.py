"""Home Office outcome types 0 to 22, with the dates at which their series break.

Type 0, not yet assigned, is never an outcome. The framework favours none: there is no official "positive outcome".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from fourfold.codes.lists import code_list


@dataclass(frozen=True)
class OutcomeType:
    """One outcome type. `valid_from` is the day it came into use, where that breaks a series."""

    type: str
    title: str
    group: str
    valid_from: date | None
    note: str
    status: str
    group_status: str

    @property
    def is_outcome(self) -> bool:
        """False for "not yet assigned", which must not enter totals of outcomes."""
        return self.type != "0"


@cache
def outcome_types() -> tuple[OutcomeType, ...]:
    """Every type, in the list's order."""
    return tuple(
        OutcomeType(
            type=row["type"], title=row["title"], group=row["group"],
            valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
            note=row["note"], status=row["status"], group_status=row["group_status"],
        )
        for row in code_list("outcomes").rows
    )  # fmt: skip


def outcome_type(code: str) -> OutcomeType | None:
    """The outcome type of a code, or None when the list does not have it."""
    return next((o for o in outcome_types() if o.type == code), None)
