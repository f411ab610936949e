"""Working days: the clock by which the Victims' Code counts, in England and Wales, by the clock of London.

The local date of what starts a clock is day 0, whatever the hour. N working days are counted from the next working day
(N calendar days from the next day), and what is due is due at the last instant of day N. A working day is a day from
Monday to Friday that is no bank holiday. The bank holidays are a dated list: a day outside its years is refused, for
whether it is a working day cannot be said.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

from fourfold.codes.lists import code_list
from fourfold.errors import CodeUnknown

LONDON = ZoneInfo("Europe/London")
Counted = Literal["working", "calendar"]
COUNTED: tuple[Counted, ...] = ("working", "calendar")
RULE = (
    "The trigger's local date (Europe/London) is day 0, whatever the hour; the days are counted from the next such day; due "
    "at the last instant of the last day."
)
"""The rule, in the words that stand with each answer."""

_SATURDAY = 5


@cache
def bank_holidays() -> frozenset[date]:
    """Every bank holiday of the list."""
    return frozenset(date.fromisoformat(row["on"]) for row in code_list("bank_holidays").rows)


@cache
def years_held() -> tuple[int, int]:
    """The first and last year whose bank holidays are held."""
    years = {day.year for day in bank_holidays()}
    return min(years), max(years)


def is_working_day(day: date) -> bool:
    """Whether a day is a working day. Raises CodeUnknown outside the years whose bank holidays are held."""
    held(day)
    return day.weekday() < _SATURDAY and day not in bank_holidays()


def local_date(instant: datetime) -> date:
    """The day in London on which an instant falls; the instant must be aware of its zone."""
    return instant.astimezone(LONDON).date()


def due_date(day_0: date, days: int, counted: Counted) -> date:
    """The last day: `days` working or calendar days after day 0. Raises CodeUnknown outside the years held."""
    if days < 1:
        raise ValueError("a limit of no day")
    held(day_0)
    if counted == "calendar":
        last = day_0 + timedelta(days=days)
        held(last)
        return last
    day, left = day_0, days
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return day


def due_moment(trigger: datetime, days: int, counted: Counted) -> datetime:
    """The last instant at which what a trigger started is still in time, in London's own time."""
    return last_instant(due_date(local_date(trigger), days, counted))


def last_instant(day: date) -> datetime:
    """The last instant of a day in London. No change of the clock falls at midnight."""
    return datetime.combine(day, time.max, LONDON)


def held(day: date) -> None:
    """Refuse a day outside the years whose bank holidays are held. Raises CodeUnknown."""
    first, last = years_held()
    if not first <= day.year <= last:
        raise CodeUnknown(
            f"Bank holidays are held from {first} to {last}: whether a day outside them is a working day cannot be said.",
            remedy="Judge only what lies within those years, or update the list of bank holidays.",
        )


def first_instant(day: date) -> datetime:
    """The first instant of a day in London, as an instant of UTC."""
    return datetime.combine(day, time.min, LONDON).astimezone(UTC)
