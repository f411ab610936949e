"""Clocks beside the Victims' Code: how many days each runs, whom investigations wait for, and how sure each is, as data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Clock:
    """So many calendar days, counted from the day after what starts it; due at the end of the last."""

    days: int
    counted: str
    status: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Body:
    """Whom an investigation waits for: which rows say so (`held`, empty where none do), and what no row says (`lacks`)."""

    body: str
    title: str
    held: str
    lacks: str


def clocks_version() -> str:
    """The version of the list."""
    return str(_plain()["version"])


def clock(name: str) -> Clock:
    """A clock by its name: compensation or property_review."""
    return Clock(**_plain()[name])


@cache
def bodies() -> tuple[Body, ...]:
    """Every body that an investigation may wait for."""
    return tuple(Body(**row) for row in _plain()["waits"])


@cache
def _plain() -> dict[str, Any]:
    return tomllib.loads((files("fourfold.codes") / "data" / "clocks.toml").read_text(encoding="utf-8"))
