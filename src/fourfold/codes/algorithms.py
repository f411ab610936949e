"""Algorithms: a transparency record of each, in the layout of the Algorithmic Transparency Recording Standard (version 3.0).

What only the force that uses an algorithm can say (who owns it, who to write to, what was assessed) is not said here, and is
shown as for the force to supply. Whether an equality assessment is signed is for the force to decide (`casework.assessments`), of an
algorithm as it stands: `digest` tells one version, record and code from another.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

NOT_BEGUN, DRAFTED = "not begun", "drafted"
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
    """One algorithm: its record by field, how far its equality assessment is drafted here, and the sources that are its code."""

    id: str
    name: str
    version: str
    method: str
    equality_assessment: str
    fields: dict[str, str]
    code: tuple[str, ...]
    """The sources, as paths in the package, whose change is another version of it."""

    @property
    def digest(self) -> str:
        """Of its version, its record and its code: 16 characters. What was signed of one is signed of no other."""
        found = hashlib.sha256(json.dumps([self.id, self.version, self.method, self.fields], sort_keys=True).encode())
        for name in self.code:
            found.update(_source_digest(name))
        return found.hexdigest()[:16]

    @property
    def sections(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The record as it is laid out: each section's fields with their words; empty where the force is to supply them."""
        return [
            (section, [(words, self.fields.get(name, "")) for name, words in named.items()])
            for section, named in LAYOUT.items()
        ]


@cache
def _source_digest(name: str) -> bytes:
    return hashlib.sha256((files("fourfold") / name).read_bytes()).digest()


@cache
def algorithms() -> tuple[Algorithm, ...]:
    """Every algorithm, in the file's order. Raises ValueError for a record of unknown or missing fields."""
    text = (files("fourfold.codes") / "data" / "algorithms.toml").read_text(encoding="utf-8")
    return tuple(_algorithm(name, dict(row)) for name, row in tomllib.loads(text).items())


def _algorithm(name: str, row: dict[str, Any]) -> Algorithm:
    code = tuple(row.pop("code", ()))
    own = {key: row.pop(key, "") for key in ("name", "version", "method", "equality_assessment")}
    known = {field for section in LAYOUT.values() for field in section}
    if set(row) - known or known - set(row) - set(FORCE_TO_SUPPLY):
        raise ValueError(f"the record of {name} has fields that are unknown, or lacks some")
    if own["equality_assessment"] not in (NOT_BEGUN, DRAFTED) or not code:
        raise ValueError(f"the equality assessment of {name} is in no known state, or its code is not named")
    return Algorithm(name, **own, fields=row, code=code)
