"""Measures: named, versioned definitions of what is counted. A figure prints the definition it was counted by."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from fourfold.codes import police_uk
from fourfold.errors import CodeUnknown

Basis = Literal["offence_code", "police_uk_category", "all"]


@dataclass(frozen=True)
class Measure:
    """What is counted: the codes of one basis. `differs` says how it is not what its name may suggest."""

    id: str
    version: str
    title: str
    basis: Basis
    codes: tuple[str, ...]
    definition: str
    source: str
    status: str
    differs: str = ""
    parts: tuple[str, ...] = ()


@cache
def _by_id() -> dict[str, Measure]:
    plain = tomllib.loads((files("fourfold.codes") / "data" / "measures.toml").read_text(encoding="utf-8"))
    found: dict[str, Measure] = {}
    for name, row in plain.items():
        parts = tuple(row.get("parts", ()))
        codes = (*row.get("codes", ()), *(code for part in parts for code in found[part].codes))
        found[name] = Measure(
            id=name, version=row["version"], title=row["title"], basis=cast(Basis, row["basis"]),
            codes=tuple(dict.fromkeys(codes)), definition=row["definition"], source=row["source"],
            status=row["status"], differs=row.get("differs", ""), parts=parts,
        )  # fmt: skip
    for one in police_uk.current_categories():
        name = f"police_uk_{one.id.replace('-', '_')}"
        found[name] = Measure(
            id=name, version="2013-1", title=f"{one.title} (police.uk)", basis="police_uk_category", codes=(one.id,),
            definition=f"Rows that data.police.uk publishes as “{one.title}”.",
            source="data.police.uk", status="confirmed",
            differs=one.note or ("" if one.is_crime else "Incidents, not crimes: never within a count of crimes."),
        )  # fmt: skip
    return found


def measures() -> tuple[Measure, ...]:
    """Every measure: those of offence codes first, then those of police.uk."""
    return tuple(_by_id().values())


def measure(name: str, version: str | None = None) -> Measure:
    """A measure by id, and version where given. Raises CodeUnknown, with the nearest names, when there is none."""
    found = _by_id().get(name.replace("-", "_"))
    if found is None or version not in (None, found.version):
        near = difflib.get_close_matches(name.replace("-", "_"), list(_by_id()), n=3, cutoff=0.5)
        raise CodeUnknown(
            "There is no measure of that name and version.",
            remedy=f"Did you mean {' or '.join(near)}? See `fourfold measures`." if near else "See `fourfold measures`.",
        )
    return found
