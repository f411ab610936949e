"""Code lists: dated tables of what codes mean, shipped as CSV with their source, licence and standing.

`data/lists.toml` names each list with its version, title, source and licence. Every row has a `status`: confirmed in
the named source, unconfirmed (general knowledge, to be checked), for the force to supply, or fictitious: invented for
demonstration, in lists of their own.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fourfold.errors import CodeUnknown

STATUSES = ("confirmed", "unconfirmed", "force to supply", "fictitious")


@dataclass(frozen=True)
class CodeList:
    """A list as shipped. `rows` map column to text; an empty cell is empty text."""

    name: str
    version: str
    title: str
    source: str
    licence: str
    rows: tuple[Mapping[str, str], ...]


@cache
def _catalogue() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((files("fourfold.codes") / "data" / "lists.toml").read_text(encoding="utf-8"))


def code_lists() -> tuple[str, ...]:
    """The names of the lists shipped."""
    return tuple(sorted(_catalogue()))


@cache
def code_list(name: str) -> CodeList:
    """A list by name. Raises CodeUnknown when there is none of it."""
    if name not in _catalogue():
        raise CodeUnknown("There is no such code list.", remedy=f"Use one of: {', '.join(code_lists())}.")
    head = _catalogue()[name]
    text = (files("fourfold.codes") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return CodeList(
        name=name,
        version=head["version"],
        title=head["title"],
        source=head["source"],
        licence=head["licence"],
        rows=tuple(csv.DictReader(text.splitlines())),
    )
