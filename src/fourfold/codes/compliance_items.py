"""Compliance items: what a compliance framework of the Victims' Code asks of a force's data, and which field holds each.

No framework in force publishes its items here, so that each says where it is known from and how sure that is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ComplianceItem:
    """One item: the field (`table.column`) that holds it, empty where none does, and of what it is asked.

    `shows` are the codes of the column that count; `of` is victims, crimes or rows (dated by `dated`, only those of `where`).
    """

    id: str
    title: str
    asks: str
    source: str
    status: str
    holds: str
    of: str
    right: int | None = None
    shows: tuple[str, ...] = ()
    dated: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    may_be_none: bool = False
    obligation: str = ""

    @property
    def table(self) -> str:
        """The table that holds it."""
        return self.holds.partition(".")[0]

    @property
    def column(self) -> str:
        """The column that holds it."""
        return self.holds.partition(".")[2]


@cache
def compliance_items() -> tuple[ComplianceItem, ...]:
    """Every item, in the order of the list."""
    plain = _plain()
    return tuple(
        ComplianceItem(**{**row, "shows": tuple(row.get("shows", ())), "source": plain["sources"][row["asks"]]})
        for row in plain["items"]
    )


def items_version() -> str:
    """The version of the list."""
    return str(_plain()["version"])


@cache
def _plain() -> dict[str, Any]:
    text = (files("fourfold.codes") / "data" / "compliance_items.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
