"""Roles: one table of role, action, record class, area and restriction. The only place where authority is decided.

The table is data (`data/roles.csv`): a row allows, and what no row allows is refused. A row's area is "all", or "own",
the areas that the officer's grant names; its restriction says whether records marked restricted are taken in.
Everything that shows or does something asks `may`; nothing else decides.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Restriction = Literal["none", "restricted"]
RESTRICTABLE = ("source_lines",)
"""The record classes of which a record may be marked restricted: lines, by whoever sends their file in (`casework.uploads`)."""
RESTRICTIONS: tuple[Restriction, ...] = ("none", "restricted")
AREAS = ("all", "own")
ACTIONS = {
    "read": "see",
    "export": "take away as a file",
    "write": "draft and change",
    "sign": "sign off",
    "send": "send in files",
    "withdraw": "take out of every figure",
    "verify": "check the chain of",
    "erase": "erase by",
    "grant": "give roles to",
}
TITLES = {
    "analyst": "Analyst",
    "victim_care_officer": "Victim-care officer",
    "economic_crime_supervisor": "Economic-crime supervisor",
    "supervisor": "Supervisor",
    "code_auditor": "Victims’ Code auditor",
    "programme_lead": "Programme lead",
    "board_reader": "Board reader",
    "board_secretary": "Board secretary",
    "information_manager": "Information manager",
}


@dataclass(frozen=True)
class RecordClass:
    """A kind of record: what it holds, whether it is personal, and whether seeing it goes on the log.

    `asks_reason` says that a force whose policy asks why records are opened (`FOURFOLD_REASONS`) asks it of these.
    """

    id: str
    title: str
    what: str
    is_personal: bool
    is_logged: bool
    asks_reason: bool = False


@dataclass(frozen=True, order=True)
class Cell:
    """One row of the table: a role may do an action to a record class, in an area, up to a restriction."""

    role: str
    action: str
    record_class: str
    area: str
    restriction: str


@dataclass(frozen=True)
class Held:
    """A role as an officer holds it. `areas` are the codes of the areas it is for; none means the whole force."""

    role: str
    areas: tuple[str, ...] = ()


@cache
def record_classes() -> dict[str, RecordClass]:
    """Every record class by id."""
    return {
        row["record_class"]: RecordClass(
            row["record_class"],
            row["title"],
            row["what"],
            row["is_personal"] == "yes",
            row["is_logged"] == "yes",
            row["asks_reason"] == "yes",
        )
        for row in _rows("record_classes.csv")
    }


@cache
def _classes_of_kinds() -> dict[str, str]:
    found = {row["kind"]: row["record_class"] for row in _rows("finding_kinds.csv")}
    if unknown := set(found.values()) - set(record_classes()):
        raise ValueError(f"the table of findings' kinds names unknown classes: {sorted(unknown)}")
    return found


def class_of_finding(kind: str) -> str:
    """The record class that a Finding of a kind is of; a kind that no row names is as guarded as small areas are."""
    return _classes_of_kinds().get(kind, "small_area_figures")


@cache
def table() -> tuple[Cell, ...]:
    """The table of roles. Raises ValueError when a row names what is not on the lists: start-up then fails."""
    cells = tuple(Cell(**row) for row in _rows("roles.csv"))
    for cell in cells:
        known = (
            cell.role in TITLES and cell.action in ACTIONS and cell.record_class in record_classes()
            and cell.area in AREAS and cell.restriction in RESTRICTIONS
            and (cell.restriction == "none" or cell.record_class in RESTRICTABLE)
        )  # fmt: skip
        if not known:
            raise ValueError(f"the table of roles has a row of unknown words: {cell}")
    if len({(c.role, c.action, c.record_class) for c in cells}) != len(cells):
        raise ValueError("the table of roles says something twice")
    return cells


def may(
    held: Iterable[Held], action: str, record_class: str, areas: Sequence[str] = (), restriction: Restriction = "none"
) -> bool:
    """Whether one of the roles held allows an action on records of a class.

    `areas` are the codes of the area asked for and of those that it lies in; none means the whole force. Raises KeyError
    for an action or a record class that is not on the lists: a question nobody can answer is a fault, not a refusal.
    """
    ACTIONS[action], record_classes()[record_class]  # raises for an unknown word
    return any(
        _allows(cell, one, areas, restriction)
        for one in held
        for cell in _cells(one.role, action, record_class)
    )  # fmt: skip


def areas_held(held: Iterable[Held], action: str, record_class: str) -> frozenset[str] | None:
    """The areas, by code, in which the roles allow an action on a class: None for the whole force, empty for nowhere."""
    ACTIONS[action], record_classes()[record_class]
    found: set[str] = set()
    for one in held:
        for cell in _cells(one.role, action, record_class):
            if cell.area == "all" or not one.areas:
                return None
            found |= set(one.areas)
    return frozenset(found)


def may_somewhere(held: Iterable[Held], action: str, record_class: str) -> bool:
    """Whether one of the roles allows the action on some records of the class: enough to know that there are any."""
    ACTIONS[action], record_classes()[record_class]
    return any(_cells(one.role, action, record_class) for one in held)


def _allows(cell: Cell, held: Held, areas: Sequence[str], restriction: Restriction) -> bool:
    if restriction == "restricted" and cell.restriction != "restricted":
        return False
    return cell.area == "all" or not held.areas or any(code in held.areas for code in areas)


@cache
def _by_question() -> dict[tuple[str, str, str], tuple[Cell, ...]]:
    found: dict[tuple[str, str, str], tuple[Cell, ...]] = {}
    for cell in table():
        key = (cell.role, cell.action, cell.record_class)
        found[key] = (*found.get(key, ()), cell)
    return found


def _cells(role: str, action: str, record_class: str) -> tuple[Cell, ...]:
    return _by_question().get((role, action, record_class), ())


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("fourfold.casework") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
