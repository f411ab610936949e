"""Algorithms: a transparency record of each, in the layout of the Algorithmic Transparency Recording Standard (version 3.0).

What only the force that uses an algorithm can say (who owns it, who to write to, what was assessed) is not said here, and is
shown as for the force to supply. An algorithm whose equality assessment is not signed is not to be tasked from; one that only
describes what was forecasts nothing, and a person may choose by it as by any count.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

NOT_BEGUN, DRAFTED, SIGNED = "not begun", "drafted", "signed"
LAYOUT: dict[str, dict[str, str]] = {
    "Tier 1: overview": {
        "description": "What it does and why", "website": "Where to read more", "contact": "Whom to ask",
    },
    "Tier 2: owner and responsibility": {
        "organisation": "Organisation", "team": "Team", "senior_responsible_owner": "Senior responsible owner",
        "external_supplier": "Supplier from outside, and its access to data",
    },
    "Tier 2: description and rationale": {
        "detailed_description": "How it works", "scope": "What it is for, and not for", "benefit": "What it brings",
        "previous_process": "What was done before", "alternatives": "What else was considered",
    },
    "Tier 2: decision-making process": {
        "process_integration": "Where it stands in the work", "provided_information": "What it tells",
        "frequency_and_scale": "How often, and of how much", "human_decisions": "What people decide",
        "required_training": "What must be learnt first", "appeals": "How it is questioned",
    },
    "Tier 2: tool specification": {
        "system_architecture": "Where it runs", "phase": "Phase", "maintenance": "How it is kept", "models": "Models",
        "data": "Data",
    },
    "Tier 2: risks, mitigations and impact assessments": {
        "risks": "Risks, and what is done about them", "impact_assessments": "Impact assessments",
    },
}  # fmt: skip
"""The sections of a record and their fields, with the words that stand beside each."""
FORCE_TO_SUPPLY = ("website", "contact", "organisation", "team", "senior_responsible_owner", "external_supplier",
                   "impact_assessments")  # fmt: skip
"""What only the force can say."""


@dataclass(frozen=True)
class Algorithm:
    """One algorithm: its record by field, and where its equality assessment stands."""

    id: str
    name: str
    version: str
    method: str
    equality_assessment: str
    fields: dict[str, str]
    signed_by: str = ""
    signed_on: str = ""
    is_description: bool = False
    """Whether it counts and describes what was, and forecasts nothing."""

    @property
    def may_be_tasked_from(self) -> bool:
        """Whether its output may be tasked from: once its equality assessment is signed, or where it only describes what was."""
        return self.is_description or self.equality_assessment == SIGNED

    @property
    def sections(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The record as it is laid out: each section's fields with their words; empty where the force is to supply them."""
        return [
            (section, [(words, self.fields.get(name, "")) for name, words in named.items()])
            for section, named in LAYOUT.items()
        ]


@cache
def algorithms() -> tuple[Algorithm, ...]:
    """Every algorithm, in the file's order. Raises ValueError for a record of unknown or missing fields."""
    text = (files("fourfold.codes") / "data" / "algorithms.toml").read_text(encoding="utf-8")
    return tuple(_algorithm(name, dict(row)) for name, row in tomllib.loads(text).items())


def _algorithm(name: str, row: dict[str, Any]) -> Algorithm:
    is_description = bool(row.pop("is_description", False))
    own = {
        key: row.pop(key, "") for key in ("name", "version", "method", "equality_assessment", "signed_by", "signed_on")
    }
    known = {field for section in LAYOUT.values() for field in section}
    if set(row) - known or known - set(row) - set(FORCE_TO_SUPPLY):
        raise ValueError(f"the record of {name} has fields that are unknown, or lacks some")
    state, is_named = own["equality_assessment"], bool(own["signed_by"] and own["signed_on"])
    if state not in (NOT_BEGUN, DRAFTED, SIGNED) or (state == SIGNED) != is_named:
        raise ValueError(f"the equality assessment of {name} is in no known state, or is signed by nobody")
    return Algorithm(name, **own, fields=row, is_description=is_description)
