"""Complaint words: which rights of the Victims' Code the words of a complaint's category suggest; a person decides.

The list is data with its source and standing (`data/complaint_words.toml`). Only the category is read, which is a code of the
complaints system: never the summary, which is a person's words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


@cache
def complaint_words() -> Mapping[str, tuple[int, ...]]:
    """The words, each with the rights that it suggests."""
    return {word: tuple(rights) for word, rights in _file()["words"].items()}


@lru_cache(4_096)
def rights_suggested(category: str) -> tuple[int, ...]:
    """The rights that a category's words suggest, by number; none where no word is on the list."""
    said = set(re.findall(r"[a-z]+", category.lower()))
    return tuple(sorted({right for word, rights in complaint_words().items() if word in said for right in rights}))


def standing() -> tuple[str, str]:
    """How sure the list is, and its source."""
    held = _file()
    return str(held["status"]), str(held["source"])


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads((files("fourfold.codes") / "data" / "complaint_words.toml").read_text(encoding="utf-8"))
