"""Economic crime: which disseminated fraud stays with the unit, which goes to a team, which is another body's; as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from fourfold.codes.periods import month_end
from fourfold.errors import CodeUnknown


@dataclass(frozen=True)
class Category:
    """A kind of disseminated fraud. `owner` says who has it: the "unit", a "team" to be named, or a body "elsewhere"."""

    id: str
    title: str
    owner: str


@cache
def _plain() -> Mapping[str, Any]:
    return tomllib.loads((files("fourfold.codes") / "data" / "economic_crime.toml").read_text(encoding="utf-8"))


@cache
def categories() -> tuple[Category, ...]:
    """Every kind, in the list's order."""
    return tuple(Category(name, row["title"], row["owner"]) for name, row in _plain()["categories"].items())


def category(name: str) -> Category:
    """A kind by its name. Raises CodeUnknown when the list lacks it."""
    found = next((one for one in categories() if one.id == name), None)
    if found is None:
        raise CodeUnknown(
            "That kind is not on the list.", remedy=f"Use one of: {', '.join(c.id for c in categories())}."
        )
    return found


def teams() -> tuple[str, ...]:
    """The teams to which volume fraud goes."""
    return tuple(_plain()["owners"]["teams"])


def unit() -> str:
    """The unit that keeps what stays."""
    return str(_plain()["owners"]["unit"])


def body_elsewhere() -> str:
    """The body that has most of what the force does not own."""
    return str(_plain()["owners"]["elsewhere"])


def return_due(month: date) -> date:
    """The day by which a month's outcome return is due."""
    return month_end(month) + timedelta(days=int(_plain()["return"]["due_days"]))
