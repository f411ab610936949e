"""Triage rules: which victims of fraud are referred to the victim-care unit, as dated data with their source.

Any one of three filters refers: romance fraud, an age at report, a vulnerability score. "15 or more" and "above 15" are two
rules: one victim in each score of exactly 15 lies between them. The score is never called the National Decision Model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from fourfold.errors import CodeUnknown, RequestInvalid

DEFAULT = "score_15_or_more"
LEAST_SCORE, MOST_SCORE = 0, 35
"""The bounds of the score that five questions give."""

_LIMIT = re.compile(
    r"(?P<above>above|over|more than|>(?!=))\s*(?P<n>\d{1,2})$"
    r"|(?:at least|from|>=)?\s*(?P<least>\d{1,2})\s*(?:\+|or more|or over)?$"
)


@dataclass(frozen=True, kw_only=True)
class TriageRule:
    """One version of a rule. `score` is its number; `is_above` says that the number itself does not refer."""

    id: str
    version: str
    title: str
    romance_codes: tuple[str, ...]
    age_at_least: int
    score: int
    is_above: bool
    in_force_from: date | None
    in_force_to: date | None
    source: str
    status: str

    @property
    def least_score(self) -> int:
        """The smallest score that refers."""
        return self.score + 1 if self.is_above else self.score

    @property
    def score_in_words(self) -> str:
        """The filter by score, as a force would write it."""
        return f"above {self.score}" if self.is_above else f"{self.score} or more"

    @property
    def in_words(self) -> str:
        """The three filters, in a sentence without a full stop."""
        return f"romance fraud, or aged {self.age_at_least} or over at report, or a score of {self.score_in_words}"

    def with_score(self, text: str) -> TriageRule:
        """The same rule with another limit of the score: what a manager asks. Raises RequestInvalid as `score_limit`."""
        score, is_above = score_limit(text)
        other = replace(
            self, id="what_if", score=score, is_above=is_above, status="a question, not a rule", version="1"
        )
        return replace(other, title=f"As {self.id}, with a score of {other.score_in_words}")

    def is_in_force(self, on: date) -> bool:
        """Whether the rule holds on a day."""
        return (self.in_force_from is None or self.in_force_from <= on) and (
            self.in_force_to is None or on <= self.in_force_to
        )


def score_limit(text: str) -> tuple[int, bool]:
    """A limit as people write it ("15", "15+", "15 or more", "above 15", ">15"): its number, and whether it lies above it.

    Raises RequestInvalid for anything else, or a number outside the bounds of the score.
    """
    found = _LIMIT.match(text.strip().lower())
    number = int(found["n"] or found["least"]) if found else -1
    if not found or not LEAST_SCORE <= number <= MOST_SCORE:
        raise RequestInvalid(
            "That is no limit of a score from 0 to 35.",
            remedy="Write 15, or “above 15” where 15 itself is not to refer.",
        )
    return number, found["n"] is not None


@cache
def triage_rules() -> Mapping[str, tuple[TriageRule, ...]]:
    """Every rule by name, the default first, with its versions in order."""
    plain = tomllib.loads((files("fourfold.codes") / "data" / "triage_rules.toml").read_text(encoding="utf-8"))
    return {name: tuple(_rule(name, row) for row in versions) for name, versions in plain.items()}


def triage_rule(name: str = DEFAULT, on: date | None = None) -> TriageRule:
    """The version of a rule that is in force on a day; its last without one. Raises CodeUnknown when there is none."""
    versions = triage_rules().get(name)
    if versions is None:
        raise CodeUnknown("There is no triage rule of that name.", remedy=f"Use one of: {', '.join(triage_rules())}.")
    standing = [one for one in versions if on is None or one.is_in_force(on)]
    if not standing:
        raise CodeUnknown(
            "No version of that triage rule is in force on that day.",
            remedy="Add a version with its date, or ask of another day.",
        )
    return standing[-1]


def _rule(name: str, row: Mapping[str, Any]) -> TriageRule:
    if ("score_at_least" in row) == ("score_above" in row):
        raise ValueError("a triage rule has either score_at_least or score_above")
    return TriageRule(
        id=name, version=row["version"], title=row["title"], romance_codes=tuple(row["romance_codes"]),
        age_at_least=row["age_at_least"], score=row.get("score_at_least", row.get("score_above")),
        is_above="score_above" in row, in_force_from=row.get("in_force_from"), in_force_to=row.get("in_force_to"),
        source=row["source"], status=row["status"],
    )  # fmt: skip
