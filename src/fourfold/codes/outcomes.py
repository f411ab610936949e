"""Home Office outcome types 0 to 22, with the dates at which their series break.

Type 0, not yet assigned, is never an outcome. The framework favours none: there is no official "positive outcome".
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from fourfold.codes.lists import code_list
from fourfold.errors import CodeUnknown

OutcomeBasis = Literal["police_uk_text", "outcome_type"]


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


@dataclass(frozen=True)
class OutcomeMeasure:
    """A named definition of a positive outcome, by the texts of police.uk or by Home Office outcome types.

    `basis` says which: "police_uk_text" or "outcome_type".
    """

    id: str
    version: str
    title: str
    definition: str
    basis: OutcomeBasis
    codes: tuple[str, ...]
    taken_into_consideration: tuple[str, ...]
    differs: str
    source: str
    status: str

    def counted_codes(self, with_tic: bool) -> tuple[str, ...]:
        """The texts or types that count, with or without offences taken into consideration."""
        return (*self.codes, *self.taken_into_consideration) if with_tic else self.codes


@cache
def outcome_measures() -> tuple[OutcomeMeasure, ...]:
    """Every definition of a positive outcome."""
    plain = tomllib.loads((files("fourfold.codes") / "data" / "outcome_measures.toml").read_text(encoding="utf-8"))
    return tuple(
        OutcomeMeasure(
            id=name, version=row["version"], title=row["title"], definition=row["definition"], basis=row["basis"],
            codes=tuple(row["codes"]),
            taken_into_consideration=tuple(row["taken_into_consideration"]), differs=row["differs"],
            source=row["source"], status=row["status"],
        )
        for name, row in plain.items()
    )  # fmt: skip


def outcome_measure(name: str) -> OutcomeMeasure:
    """A definition by its name. Raises CodeUnknown when there is none."""
    found = next((m for m in outcome_measures() if m.id == name), None)
    if found is None:
        raise CodeUnknown(
            "There is no outcome measure of that name.", remedy=f"Use {', '.join(m.id for m in outcome_measures())}."
        )
    return found
