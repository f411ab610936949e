"""Journeys from a file: one row an event of a victim's journey, as CSV, for the clocks of the Victims' Code.

Columns: `journey_id` (any name of the journey, never a person's), `event` (a word of `codes.victims_code.events`), `at` (ISO,
with its offset from UTC), `enhanced` (Y, N or empty) and `detail`: parts parted by semicolons, each `name=value` (about,
crime, suspect, complaint, by, team, named_contact) or a plain word. A file is read whole or refused: the fault names the line, never
what stands there. A line that says that a victim was told (or not told, or declined) something, and of what in words that are none of
those known, stops no other: it is returned with its number, and evidence of nothing but that there was a contact.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from fourfold.codes import victims_code as code
from fourfold.codes.working_days import LONDON
from fourfold.errors import FileUnreadable, LayoutUnknown, RecordsInvalid

_Refuse = Callable[[int, str | None, str, str], NoReturn]
"""Raises the fault of a line: its number, the column, the cause and the remedy."""

COLUMNS = ("journey_id", "event", "at", "enhanced", "detail")
PARTS: Mapping[str, str] = {
    "about": "what a contact was about, or what was declined; several parted by commas",
    "crime": "which of the victim's crimes; a row without it belongs to every crime that the journey names",
    "suspect": "which suspect; `victim` where the suspect is the victim",
    "complaint": "which complaint, where there are several",
    "by": "whose duty it is: police, cps, witness_care or probation",
    "team": "the team that has the crime from then on",
    "named_contact": "yes or no, of an organisation",
}
"""What a detail may say."""

_ENHANCED = {"y": True, "yes": True, "n": False, "no": False, "": None}
_NEEDS_ABOUT = ("told", "not_told")
_ABOUT_SOMETHING = ("told", "not_told", "declined", "attempted", "victim_called")
_WITH_CONTACT = {"named contact", "with named contact"}
_WITHOUT_CONTACT = {"no named contact", "without named contact"}
_MOST_CHARACTERS = 10_000


@dataclass(frozen=True)
class Row:
    """One event as read. `line` is the physical line of the file."""

    line: int
    journey_id: str
    crime: str | None
    event: str
    at: datetime
    is_enhanced: bool | None
    about: tuple[str, ...] = ()
    suspect: str | None = None
    by: str | None = None
    team: str | None = None
    named_contact: bool | None = None
    complaint: str | None = None
    is_unclear: bool = False
    """Whether it says of what in words that are not known: then its event is `contacted`, or `not_told` of nothing."""


UNCLEAR = "What it is about is not said in words that are known: it is evidence of no right."
UNCLEAR_REMEDY = "Write about= and what; see `fourfold code events` for what a contact may be about."


@dataclass
class Journey:
    """One victim and one crime: its rows in the file's order. `extracted` is when its record was read out, if it says so.

    `returned` are the lines that are evidence of nothing, for what they say is not known (UNCLEAR); those of them that show a contact
    are among its rows too.
    """

    journey_id: str
    crime: str | None
    rows: list[Row] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    extracted: datetime | None = None
    is_organisation: bool = False
    named_contact: bool | None = None


def journeys(path: Path) -> list[Journey]:
    """The journeys of a file, a journey for each victim and crime, in the order in which they first appear.

    Raises FileUnreadable, LayoutUnknown and RecordsInvalid, each with the line, the cause and a remedy. That updates are declined
    is read as that none are wanted from then on.
    """
    by_victim: dict[str, list[Row]] = {}
    for row in _rows(path):
        by_victim.setdefault(row.journey_id, []).append(row)
    if not by_victim:
        raise RecordsInvalid("The file holds no event.", remedy="Write a row for each event.", file=path)
    return [one for name, rows in by_victim.items() for one in _by_crime(name, rows)]


def _by_crime(name: str, rows: list[Row]) -> Iterator[Journey]:
    named: list[str | None] = list(dict.fromkeys(row.crime for row in rows if row.crime is not None))
    for crime in named or [None]:
        own = Journey(name, crime)
        for row in rows:
            if row.crime not in (None, crime):
                continue
            if row.is_unclear:
                own.returned.append(row.line)
            if row.is_unclear and row.event == "not_told":
                continue
            if row.event == "extracted":
                own.extracted = row.at if own.extracted is None else max(own.extracted, row.at)
            elif row.event == "organisation":
                own.is_organisation, own.named_contact = True, row.named_contact
            else:
                own.rows.append(row)
        yield own


def _rows(path: Path) -> Iterator[Row]:
    def refuse(line: int, column: str | None, cause: str, remedy: str) -> NoReturn:
        raise RecordsInvalid(cause, remedy=remedy, file=path, line=line, column=column)

    text = io.StringIO(_text(path), newline="")  # only line ends end a line here, and no form feed
    reader = csv.reader(text, strict=True)
    names: list[str] | None = None
    line = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            refuse(
                line,
                None,
                "The line cannot be read as CSV: a quotation mark is out of place.",
                "Close every quotation mark.",
            )
        if reader.line_num > line:
            refuse(line, None, "A cell runs over the end of its line.", "Close the quotation mark on its own line.")
        if not any(cell.strip() for cell in cells):
            continue
        if names is None:
            names = _header(path, cells)
            continue
        if len(cells) != len(names):
            refuse(
                line,
                None,
                f"The line has {len(cells)} cells, and the header {len(names)}.",
                "Quote a cell that holds a comma.",
            )
        if any(len(cell) > _MOST_CHARACTERS for cell in cells):
            refuse(
                line, None, "A cell is longer than any detail is.", "Close every quotation mark; keep details short."
            )
        yield _row(line, {n: c.strip() for n, c in zip(names, cells, strict=True)}, refuse)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as fault:
        raise FileUnreadable(
            f"The file cannot be read ({fault.strerror}).", remedy="Name a file of journeys.", file=path
        ) from None
    except UnicodeDecodeError as fault:
        line = len((fault.object[: fault.start] + b"?").splitlines())
        raise RecordsInvalid(
            "The file is not UTF-8 text.", remedy="Save it as CSV in UTF-8.", file=path, line=line
        ) from None


def _header(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    lacking = [name for name in COLUMNS[:3] if name not in names]
    if lacking or len(set(names)) < len(names):
        cause = f"The header lacks {', '.join(lacking)}." if lacking else "The header names a column twice."
        raise LayoutUnknown(cause, remedy=f"Let the first line be {','.join(COLUMNS)}.", file=path, line=1)
    return names


def _row(line: int, cells: Mapping[str, str], refuse: _Refuse) -> Row:
    if not cells["journey_id"]:
        refuse(line, "journey_id", "The journey has no name.", "Give each row the name of its journey.")
    event = code.event_of(cells["event"])
    if event is None:
        refuse(
            line,
            "event",
            "The event is none that is known.",
            "See `fourfold code events` for the events and other words for them.",
        )
    enhanced = cells.get("enhanced", "").lower()
    if enhanced not in _ENHANCED:
        refuse(line, "enhanced", "Neither Y nor N.", "Write Y, N, or nothing where it is not recorded.")
    detail = _Detail.of(cells.get("detail", ""), line, refuse)
    name = event.name
    if name == "transferred" and detail.team is not None:
        name = "handed_over"
    said = detail.abouts(name, event, line, refuse)
    about = said or ()
    if said is None and name != "not_told":
        name = "contacted"
    if name == "declined" and "update" in about:
        if len(about) > 1:
            refuse(line, "detail", "Updates are declined together with something else.", "Give each a row of its own.")
        name, about = "opted_out", ()
    team = detail.team
    if name == "handed_over" and team is None:
        team = next(iter(detail.words), None)
        if team is None:
            refuse(line, "detail", "Which team has the crime now is not said.", "Write team= and the team.")
    return Row(
        line=line, journey_id=cells["journey_id"], crime=detail.crime, event=name, at=_instant(cells["at"], line, refuse),
        is_enhanced=_ENHANCED[enhanced], about=about, suspect=detail.suspect, by=detail.by, team=team,
        named_contact=detail.named_contact, complaint=detail.complaint, is_unclear=said is None,
    )  # fmt: skip


def _instant(text: str, line: int, refuse: _Refuse) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        refuse(line, "at", "Not an instant.", "Write it as 2023-03-24T16:05:00+00:00.")
    if found.tzinfo is None:
        refuse(line, "at", "The instant lacks its offset from UTC.", "Write it as 2023-03-24T16:05:00+00:00.")
    try:
        found.astimezone(LONDON)
    except OverflowError:
        refuse(line, "at", "The instant lies beyond every calendar.", "Write the year in which it was.")
    return found


@dataclass
class _Detail:
    """A detail taken apart: its named parts, and its plain words."""

    crime: str | None = None
    suspect: str | None = None
    complaint: str | None = None
    by: str | None = None
    team: str | None = None
    named_contact: bool | None = None
    about: str | None = None
    words: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, line: int, refuse: _Refuse) -> _Detail:
        found = cls()
        for part in filter(None, (p.strip() for p in text.split(";"))):
            name, sign, value = (p.strip() for p in part.partition("="))
            key = name.lower().replace(" ", "_")
            if not sign:
                found.words.append(part)
            elif key not in PARTS or not value:
                refuse(
                    line, "detail", "A part of the detail is not known, or empty.", f"Its parts are {', '.join(PARTS)}."
                )
            elif key == "named_contact":
                found.named_contact = _ENHANCED.get(value.lower())
                if found.named_contact is None:
                    refuse(line, "detail", "A named contact is neither yes nor no.", "Write named_contact=yes or =no.")
            else:
                setattr(found, key, value)
        plain = {word.lower().replace("_", " ") for word in found.words}
        if plain & _WITH_CONTACT or plain & _WITHOUT_CONTACT:
            found.named_contact = bool(plain & _WITH_CONTACT)
        if found.suspect is not None and found.suspect.lower() in ("victim", "the victim"):
            found.suspect = "victim"
        if found.by is not None:
            found.by = found.by.lower().replace(" ", "_")
            if found.by not in code.OWNERS:
                refuse(
                    line,
                    "detail",
                    "It is said to be owed by a body that is not known.",
                    f"Write {', '.join(code.OWNERS)}.",
                )
        return found

    def abouts(self, name: str, event: code.Event, line: int, refuse: _Refuse) -> tuple[str, ...] | None:
        """What the row is about: by its event, or by its detail; None where plain words do not say it, and it had to be said.

        Plain words of a contact or an attempt that say nothing known are notes.
        """
        if event.about and event.sort == "told":
            return (event.about,)
        if name == "recorded":
            return (event.about,)
        if name not in _ABOUT_SOMETHING:
            return ()
        said = [w for part in ([self.about] if self.about else self.words) for w in part.split(",")]
        known = [code.about_of(word) for word in said]
        if self.about and None in known:
            refuse(
                line,
                "detail",
                "What it is about is not known.",
                "See `fourfold code events` for what a contact may be about.",
            )
        about = tuple(dict.fromkeys(word for word in known if word is not None))
        is_lacking = not about and (name in _NEEDS_ABOUT or (bool(said) and name == "declined"))
        return None if is_lacking else about
