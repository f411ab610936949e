"""Care: the words in which a victim-care unit records what it does for a victim, as data that a force edits."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from fourfold.errors import CodeUnknown

KINDS = ("advice", "levels", "means", "resources", "partners", "visits", "outcomes")


@cache
def words(kind: str) -> Mapping[str, str]:
    """The codes of a kind (one of KINDS) and their words, in order."""
    plain = tomllib.loads((files("fourfold.codes") / "data" / "care.toml").read_text(encoding="utf-8"))
    return dict(plain[kind])


def known(kind: str, code: str) -> str:
    """A code of a kind. Raises CodeUnknown when the list lacks it."""
    if code not in words(kind):
        raise CodeUnknown(
            f"That is not on the list of {kind}.", remedy=f"Choose one of: {', '.join(words(kind).values())}."
        )
    return code
