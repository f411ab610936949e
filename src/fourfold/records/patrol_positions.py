"""Patrol positions: where a vehicle or an officer was and when, as a locating system writes it, or visits as a log has them.

    at,easting,northing[,unit]     positions: a line each, in metres of the National Grid
    at,stop,minutes                a log: a line a visit, by the stop's number in the plan

Every line of the file is in exactly one of header, blank, read and rejected. A time without an offset is that of the clock in
Britain. What a line says is never repeated in its fault, and a unit is kept only as far as to tell two of them apart.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fourfold.errors import RequestInvalid

MOST = 50_000
_BRITAIN = ZoneInfo("Europe/London")
_PLACES, _LOG = ("at", "easting", "northing"), ("at", "stop", "minutes")
_EASTINGS, _NORTHINGS = (0, 700_000), (0, 1_300_000)


@dataclass(frozen=True)
class Position:
    """Where a unit was at an instant, in metres of the National Grid."""

    line: int
    at: datetime
    easting: float
    northing: float
    unit: str = ""


@dataclass(frozen=True)
class LogLine:
    """A visit as a log has it: the stop's number in the plan, when it began, and its minutes."""

    line: int
    at: datetime
    stop: int
    minutes: int


@dataclass(frozen=True)
class LineFault:
    """A line that is rejected: its number in the file, why, and what mends it."""

    line: int
    cause: str
    remedy: str


@dataclass(frozen=True)
class PositionsRead:
    """A file as it was read. Lines = 1 (header) + blank + what was read + faults."""

    lines: int
    blank: int
    positions: tuple[Position, ...]
    log: tuple[LogLine, ...]
    faults: tuple[LineFault, ...]


def positions_read(content: bytes) -> PositionsRead:
    """Read a file of positions, or of a log. Raises RequestInvalid for one that is no such file, or is too long."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise RequestInvalid("The file is no text in UTF-8.", remedy="Save it as CSV in UTF-8.") from None
    if len(lines) > MOST:
        raise RequestInvalid(f"The file has more than {MOST:,} lines.", remedy="Send it in parts.")
    head = [name.strip().lower() for name in next(csv.reader(lines[:1]), [])]
    wanted = next((names for names in (_PLACES, _LOG) if set(names) <= set(head)), None)
    if wanted is None or len(set(head)) != len(head):
        raise RequestInvalid(
            "The first line names no columns of positions or of a log, or one twice.",
            remedy="Head it at, easting, northing (and unit, if there are several), or at, stop, minutes.",
        )
    positions: list[Position] = []
    log: list[LogLine] = []
    faults: list[LineFault] = []
    blank = 0
    for number, text in enumerate(lines[1:], start=2):
        if not text.strip():
            blank += 1
            continue
        try:
            row = _row(text, head)
            if wanted is _LOG:
                log.append(_log_line(number, row))
            else:
                positions.append(_position(number, row))
        except RequestInvalid as fault:
            faults.append(LineFault(number, fault.cause, fault.remedy))
    return PositionsRead(len(lines), blank, tuple(positions), tuple(log), tuple(faults))


def _row(text: str, head: list[str]) -> dict[str, str]:
    """A line's values by column. Each line stands for itself: a quote left open takes no other line with it."""
    try:
        cells = next(csv.reader([text], strict=True))
    except csv.Error:
        raise RequestInvalid("A quote is not closed.", remedy="Close it, or leave quotes out.") from None
    if len(cells) != len(head):
        raise RequestInvalid("It has more or fewer values than columns are named.", remedy="Give one for each column.")
    return {name: cell.strip() for name, cell in zip(head, cells, strict=True)}


def _position(number: int, row: dict[str, str]) -> Position:
    east, north = _metres(row["easting"], _EASTINGS), _metres(row["northing"], _NORTHINGS)
    return Position(number, _instant(row["at"]), east, north, row.get("unit", ""))


def _log_line(number: int, row: dict[str, str]) -> LogLine:
    return LogLine(number, _instant(row["at"]), _whole(row["stop"]), _whole(row["minutes"]))


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or len(text) < len("2022-06-22T18:00"):
        raise RequestInvalid("Its time is none.", remedy="Write a time as 2022-06-22T18:00:00.")
    return found if found.tzinfo else found.replace(tzinfo=_BRITAIN)


def _metres(text: str, between: tuple[int, int]) -> float:
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not between[0] <= found <= between[1]:
        raise RequestInvalid(
            "Its place is none on the National Grid.", remedy="Give easting and northing in metres, not degrees."
        )
    return found


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise RequestInvalid("A number of it is no whole number.", remedy="Give the stop’s number, and whole minutes.")
    return int(text)
