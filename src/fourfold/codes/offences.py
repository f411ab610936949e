"""Home Office offence codes, as strings: "4.10" (corporate manslaughter) is not "4.1" (manslaughter)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from fourfold.codes.lists import code_list

_PART = r"[0-9]{1,3}(?:\.[0-9]{1,2})?[A-Z]?"
_SHAPE = re.compile(rf"{_PART}(?:/{_PART})*|AF|CIFAS|FFA UK|UK Finance")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_TIME = r"(?:[T ][0-9:.]+)?"
_MANGLED = (
    re.compile(rf"[0-9]{{1,2}}[-/ ]{_MONTH}(?:[-/ ][0-9]{{2,4}})?", re.IGNORECASE),
    re.compile(rf"{_MONTH}[-/ ][0-9]{{1,4}}", re.IGNORECASE),
    re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_TIME}"),
    re.compile(rf"[0-9]{{1,2}}([/.-])[0-9]{{1,2}}\1(?:[0-9]{{2}}|[0-9]{{4}}){_TIME}"),
    re.compile(r"[34][0-9]{4}(?:\.0+)?"),  # a spreadsheet's serial number of a day between 1982 and 2036
)


class OffenceCode(str):
    """A Home Office offence code. Made from text only: a number has already lost its zeros.

    Raises TypeError for a number and ValueError for text that has not the shape of a code.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> OffenceCode:
        """The code, checked for its shape only; `offence` says whether it is on the list."""
        if not isinstance(text, str):
            raise TypeError("an offence code is text: 4.1 and 4.10 are two offences and one number")
        if is_date_mangled(text) or not _SHAPE.fullmatch(text):
            raise ValueError("not the shape of a Home Office offence code")
        return super().__new__(cls, text)


@dataclass(frozen=True)
class Offence:
    """One offence of the list, with the group and subgroup it was last published under."""

    code: OffenceCode
    title: str
    group: str
    subgroup: str
    valid_from: date | None
    valid_to: date | None
    note: str
    status: str


@cache
def _by_code() -> dict[str, Offence]:
    return {
        row["code"]: Offence(
            code=OffenceCode(row["code"]),
            title=row["title"],
            group=row["group"],
            subgroup=row["subgroup"],
            valid_from=_day(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            note=row["note"],
            status=row["status"],
        )
        for row in code_list("offences").rows
    }


def offences() -> tuple[Offence, ...]:
    """Every offence on the list, in its order."""
    return tuple(_by_code().values())


def offence(code: str) -> Offence | None:
    """The offence of a code, or None when the list does not have it."""
    return _by_code().get(code)


def is_date_mangled(text: str) -> bool:
    """Whether text is what a spreadsheet makes of a code (28/3) or an age band (10-14): a date, or its serial."""
    return any(shape.fullmatch(text.strip()) for shape in _MANGLED)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
