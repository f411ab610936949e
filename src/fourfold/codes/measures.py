"""Measures: named, versioned definitions of what is counted. A figure prints the definition it was counted by."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

from fourfold.codes import fraud, police_uk
from fourfold.codes.periods import Window
from fourfold.errors import CodeUnknown

Basis = Literal["offence_code", "police_uk_category", "fraud_code", "all"]


@dataclass(frozen=True)
class Measure:
    """What is counted: the codes of one basis. `differs` says how it is not what its name may suggest.

    `where` adds conditions: columns of crimes, each with the values it may have. A row whose column is empty does not
    meet them: not recorded is not no, and not yes. `counted_from` and `counted_to` are the first and last day on which its
    codes were in use, None where unbounded.
    """

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
    counted_from: date | None = None
    counted_to: date | None = None
    where: tuple[tuple[str, tuple[str | bool, ...]], ...] = ()

    def is_counted_over(self, window: Window) -> bool:
        """Whether its codes were in use throughout a window: where they were not, a count of none means nothing."""
        opens = self.counted_from is None or self.counted_from <= window.first
        return opens and (self.counted_to is None or window.last <= self.counted_to)


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
            counted_from=max(_days(row, found, parts, "counted_from"), default=None),
            counted_to=min(_days(row, found, parts, "counted_to"), default=None), where=_conditions(row),
        )  # fmt: skip
    for one in police_uk.current_categories():
        name = f"police_uk_{one.id.replace('-', '_')}"
        found[name] = Measure(
            id=name, version="2013-1", title=f"{one.title} (police.uk)", basis="police_uk_category", codes=(one.id,),
            definition=f"Rows that data.police.uk publishes as “{one.title}”.",
            source="data.police.uk", status="confirmed",
            differs=one.note or ("" if one.is_crime else "Incidents, not crimes: never within a count of crimes."),
            counted_from=one.valid_from,
        )  # fmt: skip
    return {**found, **_of_fraud()}


def _of_fraud() -> dict[str, Measure]:
    """Reports of fraud and cyber crime: all of them, each group of codes and each code."""

    def one(name: str, title: str, codes: tuple[str, ...], status: str, source: str, note: str = "") -> Measure:
        return Measure(
            id=name, version="2022-1", title=title, basis="fraud_code", codes=codes,
            definition="Reports by victims in the force's area, by the code that the national bureau gave each"
            + (": " + ", ".join(codes) if codes else ", whatever the code") + ".",
            differs=f"Reports, not crimes of the force; only one fraud in seven or eight is thought to be reported. {note}".strip(),
            source=source, status=status,
        )  # fmt: skip

    listed = fraud.fraud_codes()
    found = [
        one(
            "fraud_reports",
            "Fraud and cyber reports",
            (),
            "unconfirmed",
            "West Midlands Police, February 2022, paragraph 8",
        )
    ]
    for group in dict.fromkeys(c.group for c in listed):
        name = "fraud_" + re.sub(r"[^a-z0-9]+", "_", group.lower()).strip("_")
        codes = tuple(c.code for c in listed if c.group == group)
        found.append(
            one(name, f"Fraud reports: {group}", codes, "unconfirmed", "National Fraud Intelligence Bureau codes")
        )
    found += [
        one(f"fraud_{c.code.lower()}", f"{c.code} {c.title}", (c.code,), c.status, c.source, c.note) for c in listed
    ]
    return {m.id: m for m in found}


def _conditions(row: Mapping[str, Any]) -> tuple[tuple[str, tuple[str | bool, ...]], ...]:
    given = row.get("where", {})
    return tuple((column, tuple(v) if isinstance(v, list) else (v,)) for column, v in given.items())


def _days(row: Mapping[str, Any], found: Mapping[str, Measure], parts: Iterable[str], bound: str) -> list[date]:
    """A measure's own bound and those of its parts: a sum is to be had only where each of its parts is."""
    days = [row.get(bound), *(getattr(found[part], bound) for part in parts)]
    return [day for day in days if day is not None]


def measures() -> tuple[Measure, ...]:
    """Every measure: those of offence codes first, then those of police.uk, then reports of fraud."""
    return tuple(_by_id().values())


def measure(name: str, version: str | None = None) -> Measure:
    """A measure by id, and version where given. Raises CodeUnknown, with the nearest names, when there is none."""
    found = _by_id().get(name.replace("-", "_"))
    if found is None or version not in (None, found.version):
        near = difflib.get_close_matches(name.replace("-", "_"), list(_by_id()), n=3, cutoff=0.5)
        raise CodeUnknown(
            "There is no measure of that name and version.",
            remedy=(f"Did you mean {' or '.join(near)}? " if near else "") + "See `fourfold measures`.",
        )
    return found
