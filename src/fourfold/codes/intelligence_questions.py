"""Intelligence questions: what a force needs to know of vehicle crime and does not, as data with their source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fourfold.errors import CodeUnknown


@dataclass(frozen=True)
class IntelligenceQuestion:
    """One question. It is never reworded under its id, for answers are kept by it."""

    id: str
    title: str
    status: str
    source: str


@cache
def intelligence_questions() -> dict[str, IntelligenceQuestion]:
    """Every question by id, in the order of the source."""
    text = (files("fourfold.codes") / "data" / "intelligence_questions.toml").read_text(encoding="utf-8")
    return {name: IntelligenceQuestion(id=name, **row) for name, row in tomllib.loads(text).items()}


def intelligence_question(name: str) -> IntelligenceQuestion:
    """A question by id. Raises CodeUnknown."""
    if name not in intelligence_questions():
        raise CodeUnknown("There is no such question.", remedy=f"Use one of: {', '.join(intelligence_questions())}.")
    return intelligence_questions()[name]
