"""Forces and areas: who recorded a crime, and the areas that a place lies in, each with the dates it is good for.

Area codes change (Barnsley and Sheffield were recoded) and so do policing areas (West Midlands' neighbourhood policing
units became local policing areas in 2023), so an area is asked for as at a date. Small areas (LSOAs, wards) are not
listed here: they come with the boundaries and lookups that are imported.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from fourfold.codes.lists import code_list
from fourfold.errors import CodeUnknown

LAYERS: dict[str, str] = {
    "lsoa11": "Lower layer super output areas of 2011",
    "lsoa21": "Lower layer super output areas of 2021",
    "ward22": "Wards of 2022",
    "ward24": "Wards of 2024",
    "ltla24": "Local authorities of 2024",
    "csp24": "Community safety partnerships of 2024",
    "pfa24": "Police force areas of 2024",
}
"""The layers that a point can be placed in, smallest first. A layer's name carries its vintage."""

_LAYER_OF_PREFIX = {
    "E05": "ward24", "W05": "ward24", "E06": "ltla24", "E07": "ltla24", "E08": "ltla24", "E09": "ltla24",
    "W06": "ltla24", "E22": "csp24", "W22": "csp24", "E23": "pfa24", "W15": "pfa24",
}  # fmt: skip


@dataclass(frozen=True)
class Force:
    """A body that records crime. `kind` is territorial, transport or national recorder.

    A fictitious force says so in its name, so that whatever prints the name says it too.
    """

    id: str
    name: str
    area_name: str
    ho_name: str
    pfa_code: str | None
    kind: str
    status: str

    @property
    def is_fictitious(self) -> bool:
        """Whether there is no such force: it was invented for demonstration."""
        return self.status == "fictitious"


@dataclass(frozen=True)
class Area:
    """An area of a layer; `note` says what is not known of it."""

    code: str
    name: str
    layer: str
    valid_from: date | None
    valid_to: date | None
    ltla24_code: str | None
    note: str
    status: str
    predecessor: str | None = None
    """The code that the area had before, where it was recoded."""

    @property
    def is_fictitious(self) -> bool:
        """Whether there is no such place: it was invented for demonstration."""
        return self.status == "fictitious"


@cache
def forces() -> tuple[Force, ...]:
    """Every force, by name; those that are fictitious last."""
    return tuple(
        Force(
            id=row["id"], name=row["name"], area_name=row["area_name"], ho_name=row["ho_name"],
            pfa_code=row["pfa_code"] or None, kind=row["kind"], status=row["status"],
        )
        for row in _rows("forces")
    )  # fmt: skip


def force(name: str) -> Force:
    """A force by its id or any of its names. Raises CodeUnknown, with the nearest names, when there is none."""
    found = force_named(name)
    if found is None:
        near = difflib.get_close_matches(_plain(name), [f.id for f in forces()], n=3)
        raise CodeUnknown(
            "There is no force of that name on the list.",
            remedy=f"Did you mean {' or '.join(near)}?" if near else "See `fourfold forces`.",
        )
    return found


def force_named(text: str) -> Force | None:
    """The force that any spelling in use names (police.uk, Home Office, ONS; any case), or None."""
    return _by_spelling().get(_plain(text))


def councils() -> tuple[Mapping[str, str], ...]:
    """Every local authority (2024) with its partnership and force area: a row for each partnership, as listed."""
    return _rows("councils")


def councils_of(force_id: str) -> tuple[str, ...]:
    """The codes of the local authorities (2024) in a force's area, each once."""
    pfa = force(force_id).pfa_code
    # A council with several community safety partnerships has a row for each.
    found = (row["ltla24_code"] for row in councils() if pfa and row["pfa24_code"] == pfa)
    return tuple(dict.fromkeys(found))


def area(code: str, on: date | None = None) -> Area | None:
    """The council, partnership, force area, or policing area of a code, good on a day (any day when None)."""
    return next((a for a in _areas().get(code, ()) if _good_on(a, on)), None)


def successor(code: str) -> Area | None:
    """The area that took over from a code, or None when the code still stands."""
    return next((a for found in _areas().values() for a in found if a.predecessor == code), None)


def areas_of_layer(layer: str, on: date | None = None) -> tuple[Area, ...]:
    """The listed areas of a layer that are good on a day."""
    return tuple(a for found in _areas().values() for a in found if a.layer == layer and _good_on(a, on))


def layer_of(code: str) -> str:
    """The layer that an area code belongs to, by its list or its shape. Raises CodeUnknown when that does not tell."""
    found = area(code)
    if found:
        return found.layer
    found_layer = _LAYER_OF_PREFIX.get(code[:3])
    if found_layer:
        return found_layer
    raise CodeUnknown(
        "The code alone does not tell which layer the area is of.",
        remedy="Name it with --level: " + ", ".join(LAYERS) + ".",
    )


@cache
def _by_spelling() -> dict[str, Force]:
    found: dict[str, Force] = {}
    for one in forces():
        spellings = [one.id, one.name, one.ho_name]
        if one.kind == "territorial":
            spellings += [one.area_name, one.pfa_code or one.id, f"{one.area_name} Police"]
            spellings += [f"{one.area_name} Constabulary"]
        if one.is_fictitious:
            spellings = [*spellings, *(f"{s} (FICTITIOUS)" for s in spellings)]
        found.update({_plain(s): one for s in spellings})
    found[_plain("Metropolitan")] = found[_plain("London, Metropolitan")] = found["metropolitan police"]
    return found


def _rows(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a list of what there is, and after them those of its list of what there is not."""
    return (*code_list(name).rows, *code_list(f"fictitious_{name}").rows)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower().replace("&", "and")).strip()


@cache
def _areas() -> dict[str, tuple[Area, ...]]:
    found: dict[str, list[Area]] = {}

    def add(code: str, name: str, layer: str, ltla: str | None, row: dict[str, str] | None = None) -> None:
        row = row or {}
        held = found.setdefault(code, [])
        if all(a.layer != layer for a in held):
            held.append(
                Area(
                    code=code, name=name, layer=layer, valid_from=_day(row.get("valid_from", "")),
                    valid_to=_day(row.get("valid_to", "")), ltla24_code=ltla, note=row.get("note", ""),
                    status=row.get("status", "confirmed"), predecessor=row.get("predecessor") or None,
                )
            )  # fmt: skip

    recoded = {row["predecessor"]: row for row in code_list("council_recodes").rows}
    for row in councils():
        change = recoded.get(row["ltla24_code"])
        until = "" if change is None else (date.fromisoformat(change["changed_on"]) - timedelta(days=1)).isoformat()
        add(row["ltla24_code"], row["ltla24_name"], "ltla24", row["ltla24_code"], {**row, "valid_to": until})
        add(row["csp24_code"], row["csp24_name"], "csp24", None)
        add(row["pfa24_code"], row["pfa24_name"], "pfa24", None)
    for row in recoded.values():
        add(row["code"], row["name"], "ltla25", row["predecessor"], {**row, "valid_from": row["changed_on"]})
    for row in _rows("local_policing"):
        add(row["code"], row["name"], row["layer"], row["ltla24_code"] or None, dict(row))
    return {code: tuple(held) for code, held in found.items()}


def _good_on(one: Area, on: date | None) -> bool:
    if on is None:
        return True
    return (one.valid_from is None or one.valid_from <= on) and (one.valid_to is None or on <= one.valid_to)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
