"""Returns: a month's lines as a file, in whatever layout the national lead force asks for.

A layout is a file of TOML: its columns in order, each theirs = ours, and how a day and a month are written. Ours are the fields of
`analysis.outcome_returns.Line`, or of `analysis.campaigns.ReachLine` for the return of reach, and what each line has from its
return: whose it is and of which month (`OF_THE_RETURN`). A column of theirs that nothing of ours fills is given empty text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from fourfold.analysis.campaigns import ReachLine
from fourfold.analysis.findings import Table
from fourfold.analysis.outcome_returns import FIELDS, Line
from fourfold.codes import areas
from fourfold.errors import LayoutUnknown
from fourfold.publications.tables import csv_text

OF_THE_RETURN = ("force", "force_name", "month")
"""What a return says of itself, on each line that a layout asks it of: `force` is its identity here, `month` as 2022-10."""
_DAYS = ("disseminated_on", "received_on", "outcome_on", "on")


@dataclass(frozen=True)
class Layout:
    """How a return is written. `columns`: theirs = ours, or = "" for a column left empty; `codes`: ours, by ours = theirs."""

    columns: Mapping[str, str]
    days: str = "%Y-%m-%d"
    months: str = "%Y-%m"
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def layout_from_file(path: Path, known: Sequence[str] = FIELDS) -> Layout:
    """A layout. Raises LayoutUnknown when it cannot be read, or names a field that neither a line (`known`) nor its return has."""
    known = tuple(dict.fromkeys((*OF_THE_RETURN, *known)))
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
        columns = {str(theirs): str(ours) for theirs, ours in plain["columns"].items()}
        codes = {str(name): dict(table) for name, table in plain.get("codes", {}).items()}
    except (OSError, ValueError, KeyError, AttributeError):
        raise LayoutUnknown(
            "The layout cannot be read.", remedy='Write [columns], and below it theirs = "ours".', file=path
        ) from None
    strange = [ours for ours in (*columns.values(), *codes) if ours and ours not in known]
    if strange:
        raise LayoutUnknown(
            "The layout names a field that a return does not have.",
            remedy=f"Use {', '.join(known)}.",
            file=path,
            column=strange[0],
        )
    return Layout(columns, str(plain.get("days", "%Y-%m-%d")), str(plain.get("months", "%Y-%m")), codes)


def return_file(
    every: Sequence[Line | ReachLine], layout: Layout | None = None, *, force_id: str = "", month: date
) -> str:
    """The lines of a force's return of a month as CSV, in a layout; ours where none is given (`plain_layout` for that of reach)."""
    its = layout or plain_layout(FIELDS)
    of = {"force": force_id, "force_name": areas.force(force_id).name if force_id else "", "month": f"{month:%Y-%m}"}
    rows = tuple(tuple(_cell(line, ours, its, of) for ours in its.columns.values()) for line in every)
    return csv_text(Table(columns=tuple(its.columns), rows=rows))


def plain_layout(fields: Sequence[str]) -> Layout:
    """The layout of ours: the force, the month, and each field under its own name."""
    return Layout({name: name for name in ("force", "month", *fields)})


def _cell(line: Line | ReachLine, ours: str, layout: Layout, of: Mapping[str, str]) -> str | int | None:
    if not ours:
        return ""
    value = of[ours] if ours in of else getattr(line, ours)
    if ours == "month":
        return date.fromisoformat(f"{value}-01").strftime(layout.months)
    if ours in _DAYS and value:
        return date.fromisoformat(value).strftime(layout.days)
    codes = layout.codes.get(ours, {})
    found: str | int | None = codes.get(str(value), value)
    return found
