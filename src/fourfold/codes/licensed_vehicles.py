"""Licensed vehicles: how many of each make and model there are to be stolen, so that kinds can be compared.

A make and model are matched as written, but for case, spaces and marks ("Range Rover Sport", "RANGE ROVER SPORT"). A kind whose
number is not known has no rate; it is never given that of another.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fourfold.codes.areas import force
from fourfold.codes.lists import code_list
from fourfold.errors import FileUnreadable, LayoutUnknown, RecordsInvalid

Kind = tuple[str, str]
"""A make and a model, as `kind_of` spells them."""
_NO_MODEL = "MODELMISSING"


@dataclass(frozen=True, kw_only=True)
class Licensed:
    """How many of each kind are licensed, and by whose count; `version` is of the code list, empty for a file."""

    numbers: Mapping[Kind, int]
    source: str
    of: str
    version: str = ""
    name: str = ""


def kind_of(make: str | None, model: str | None) -> Kind | None:
    """A make and model spelt so that they can be matched; None where either is not recorded."""
    spelt = tuple("".join(c for c in (text or "").upper() if c.isalnum() or c == "+") for text in (make, model))
    return (spelt[0], spelt[1]) if all(spelt) and spelt[1] != _NO_MODEL else None


@cache
def licensed_vehicles(force_id: str) -> Licensed:
    """The numbers shipped that go with a force: the country's, or for a fictitious force those invented with it."""
    is_fictitious = force(force_id).is_fictitious
    name = "fictitious_licensed_vehicles" if is_fictitious else "licensed_vehicles"
    held = code_list(name)
    return Licensed(
        numbers=_numbers((r["make"], r["model"], int(r["licensed"])) for r in held.rows), source=held.source,
        of="the demo force's area" if is_fictitious else "the United Kingdom", version=held.version, name=name,
    )  # fmt: skip


def licensed_of_file(path: Path) -> Licensed:
    """The numbers of a force's own file with the columns make, model and licensed.

    Raises FileUnreadable, LayoutUnknown where a column lacks, and RecordsInvalid for a number that is none.
    """
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError):
        raise FileUnreadable(
            "The file of licensed vehicles cannot be read.", remedy="Give a CSV in UTF-8.", file=path
        ) from None
    if not rows or not {"make", "model", "licensed"} <= set(rows[0]):
        raise LayoutUnknown(
            "The columns make, model and licensed are not all there.", remedy="Name them so, a row a kind.", file=path
        )
    found: list[tuple[str, str, int]] = []
    for line, row in enumerate(rows, 2):
        number = (row["licensed"] or "").replace(",", "").strip()
        if not number.isascii() or not number.isdigit():
            raise RecordsInvalid(
                "A number of licensed vehicles is none.", remedy="Write it in digits.", file=path, line=line
            )
        found.append((row["make"] or "", row["model"] or "", int(number)))
    return Licensed(numbers=_numbers(found), source=path.name, of=f"the area of {path.name}")


def _numbers(rows: Iterable[tuple[str, str, int]]) -> dict[Kind, int]:
    """By kind; two spellings of one kind are added up."""
    found: dict[Kind, int] = {}
    for make, model, number in rows:
        if (kind := kind_of(make, model)) is not None:
            found[kind] = found.get(kind, 0) + number
    return found
