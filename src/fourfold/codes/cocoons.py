"""Cocoon rules: how far a cocoon reaches where the force's own crimes do not say, which homes it lists, what a visit is called."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from fourfold.errors import CodeUnknown, NothingHeld


@dataclass(frozen=True, kw_only=True)
class CocoonRule:
    """One rule, from the day it is in force. `metres` and `days` are the setting where near repeats cannot be told.

    `either_side`, `opposite` and `rear` are how many homes are listed of each; `opposite_metres` and `rear_metres` how far off
    a home still counts as one.
    """

    version: str
    starts: date
    metres: int
    days: int
    either_side: int
    opposite: int
    rear: int
    opposite_metres: int
    rear_metres: int
    standing: str
    source: str


@cache
def _plain() -> Mapping[str, Any]:
    return tomllib.loads((files("fourfold.codes") / "data" / "cocoons.toml").read_text(encoding="utf-8"))


def cocoon_rule(on: date) -> CocoonRule:
    """The rule in force on a day. Raises NothingHeld before the first."""
    rules = [
        CocoonRule(starts=one["from"], **{k: v for k, v in one.items() if k != "from"}) for one in _plain()["rules"]
    ]
    held = [one for one in rules if one.starts <= on]
    if not held:
        raise NothingHeld("No rule of cocoons was in force then.", remedy="Choose a later burglary.")
    return max(held, key=lambda one: one.starts)


def outcomes() -> Mapping[str, str]:
    """What a visit may be recorded as: codes and their words, in order."""
    return dict(_plain()["outcomes"])


def known_outcome(code: str) -> str:
    """A code of the list. Raises CodeUnknown when it is not there."""
    if code not in outcomes():
        raise CodeUnknown("A visit is not recorded so.", remedy=f"Choose one of: {', '.join(outcomes().values())}.")
    return code
