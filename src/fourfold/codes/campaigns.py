"""Campaigns: the words of intensification periods, protect activities and questionnaires, as data that a force edits."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fourfold.errors import CodeUnknown

LISTS = ("kinds", "reach", "channels", "results")


@cache
def _plain() -> Mapping[str, Any]:
    return tomllib.loads((files("fourfold.codes") / "data" / "campaigns.toml").read_text(encoding="utf-8"))


def words(name: str) -> Mapping[str, str]:
    """The codes of a list (one of LISTS) and their words, in order."""
    return dict(_plain()[name])


def known(name: str, code: str) -> str:
    """A code of a list. Raises CodeUnknown when the list lacks it."""
    if code not in words(name):
        raise CodeUnknown("That is not on the list.", remedy=f"Choose one of: {', '.join(words(name).values())}.")
    return code


def questionnaire_codes() -> tuple[str, ...]:
    """The national codes of whose victims all are asked to answer the questionnaire."""
    return tuple(_plain()["questionnaire"]["codes"])
