"""Audit schemes: how records are drawn to be marked by people, by which groups, and what is asked of each.

A scheme is data with a version and a source: the quarterly survey, the dip sample of the twelve rights and the dip sample of
the initial response come with Fourfold; a force writes others in a TOML file of the same form. Two schemes, or two versions of
one, ask different things of different records: they are never joined into one series.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from fourfold.codes.lists import STATUSES
from fourfold.codes.measures import measure
from fourfold.codes.victims_code import shipped_packs
from fourfold.errors import CodeUnknown, FourfoldError, RecordsInvalid

YES, NO, NOT_RECORDED, NOT_APPLICABLE = ANSWERS = ("yes", "no", "not recorded", "not applicable")
"""What may be answered. "Not recorded" says that the record does not tell; it is never read as no."""
FLAGS = ("is_domestic", "is_hate", "is_business")
_ID = re.compile(r"[a-z0-9_]{1,40}")
_REMEDY = "See how a scheme is written in the how-to guide of audits, and mend the file."


@dataclass(frozen=True)
class Group:
    """A group of records: those with a flag of the crime, or of some offence codes or subgroups, or the rest."""

    id: str
    title: str
    flag: str = ""
    codes: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = ()
    is_rest: bool = False


@dataclass(frozen=True)
class Question:
    """What is asked of each record, and the obligations of the rule packs that say the same (none: only the audit tells)."""

    id: str
    title: str
    short: str
    obligations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """One version of a scheme. `size` is how many records it draws unless told otherwise."""

    id: str
    version: str
    title: str
    size: int
    groups: tuple[Group, ...]
    questions: tuple[Question, ...]
    status: str
    source: str

    @property
    def is_of_all(self) -> bool:
        """Whether every record belongs to one of its groups, so that a sample of them speaks of all; a dip sample's does not."""
        return any(one.is_rest for one in self.groups)

    def group(self, name: str) -> Group:
        """A group by its id. Raises CodeUnknown."""
        return _named(self.groups, name, "group")

    def question(self, name: str) -> Question:
        """A question by its id. Raises CodeUnknown."""
        return _named(self.questions, name, "question")


_T = TypeVar("_T", Group, Question)


def _named(among: tuple[_T, ...], name: str, what: str) -> _T:
    found = next((one for one in among if one.id == name), None)
    if found is None:
        raise CodeUnknown(
            f"The audit scheme has no such {what}.", remedy=f"Use one of: {', '.join(o.id for o in among)}."
        )
    return found


@cache
def shipped_schemes() -> Mapping[str, Scheme]:
    """The schemes that come with Fourfold, by id."""
    plain = tomllib.loads((files("fourfold.codes") / "data" / "audit_schemes.toml").read_text(encoding="utf-8"))
    return {name: _scheme(name, row, "audit_schemes.toml") for name, row in plain.items()}


def audit_scheme(name: str) -> Scheme:
    """A scheme that comes with Fourfold, or that of a file. Raises CodeUnknown, and RecordsInvalid for a file that is none."""
    if name in shipped_schemes():
        return shipped_schemes()[name]
    if not name.endswith(".toml"):
        raise CodeUnknown(
            "There is no audit scheme of that name.",
            remedy=f"Use one of: {', '.join(shipped_schemes())}; or a TOML file.",
        )
    path = Path(name)
    try:
        [(own, row)] = tomllib.loads(path.read_text(encoding="utf-8")).items()
    except (OSError, UnicodeDecodeError, ValueError):
        raise RecordsInvalid("The file cannot be read as one audit scheme.", remedy=_REMEDY, file=path) from None
    return _scheme(own, row, path)


def _scheme(name: str, row: Mapping[str, Any], file: str | Path) -> Scheme:
    def refuse(cause: str) -> RecordsInvalid:
        return RecordsInvalid(cause, remedy=_REMEDY, file=file)

    try:
        found = Scheme(
            id=name, version=row["version"], title=row["title"], size=row["size"], status=row["status"], source=row["source"],
            groups=tuple(_group(one) for one in row["groups"]), questions=tuple(_question(one) for one in row["questions"]),
        )  # fmt: skip
    except FourfoldError as fault:
        raise refuse(f"The audit scheme names what is not on the lists: {fault.cause}") from None
    except (KeyError, TypeError, ValueError):
        raise refuse("The audit scheme lacks what every scheme says, or says what none does.") from None
    owed = {one.id for pack in shipped_packs() for one in pack.obligations}
    ids = [[one.id for one in of] for of in (found.groups, found.questions)]
    checks = (
        (found.status in STATUSES, "has no standing"),
        (type(found.size) is int and found.size > 0, "draws no number of records"),
        (all(ids) and all(len(set(of)) == len(of) for of in ids), "has no group or question, or one twice"),
        (all(_ID.fullmatch(one) for of in (*ids, [name]) for one in of), "has an id that is not small letters, digits and _"),
        (all(g.flag in ("", *FLAGS) for g in found.groups), f"has a group by another flag than {', '.join(FLAGS)}"),
        (all(bool(g.flag) + bool(g.codes) + bool(g.subgroups) + g.is_rest == 1 for g in found.groups),
         "has a group that is none: by a flag, by codes, by subgroups or the rest"),
        (not any(g.is_rest for g in found.groups[:-1]), "takes the rest before its last group"),
        (all(set(q.obligations) <= owed for q in found.questions), "asks of an obligation that no rule pack has"),
    )  # fmt: skip
    cause = next((said for holds, said in checks if not holds), "")
    if cause:
        raise refuse(f"The audit scheme {cause}.")
    return found


def _group(row: Mapping[str, Any]) -> Group:
    codes = tuple(dict.fromkeys(code for name in row.get("measures", ()) for code in measure(name).codes))
    return Group(
        row["id"], row["title"], row.get("flag", ""), codes, tuple(row.get("subgroups", ())), row.get("rest", False)
    )


def _question(row: Mapping[str, Any]) -> Question:
    own = tuple(row.get("obligations", ()))
    if "right" in row:
        pack = [one for one in shipped_packs() if one.scheme == "victims_code"]
        own = tuple(dict.fromkeys(o.id for one in pack for o in one.obligations if o.right == row["right"]))
    return Question(row["id"], row["title"], row["short"], own)
