"""Periods: windows of whole days, the police year from April, and the same window of another year.

A leap day: the same window of another year keeps its first and last day of the month, and a window that runs to the
end of February runs to the end of February in the other year too.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from fourfold.errors import CodeUnknown, RequestInvalid

_FINANCIAL_YEAR = re.compile(r"([0-9]{4})/([0-9]{2})")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = range(1900, 2200)  # a calendar ends somewhere: years outside are slips, and would run off it
_FIRST_MONTH = 4  # the police and financial year begins in April


@dataclass(frozen=True, order=True)
class Window:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a window ends before it begins")

    @property
    def days(self) -> int:
        """How many days it holds."""
        return (self.last - self.first).days + 1

    @property
    def is_whole_months(self) -> bool:
        """Whether it runs from the first of a month to the end of one."""
        return self.first.day == 1 and self.last == month_end(self.last)

    @property
    def whole_months(self) -> Window:
        """The window widened to whole months."""
        return Window(self.first.replace(day=1), month_end(self.last))

    @property
    def written(self) -> tuple[str, str]:
        """Its two ends as `parse_window` reads them back: as months ("2022-04") where whole, else as days ("2022-04-01").

        Two windows are never written alike.
        """
        if self.is_whole_months:
            return f"{self.first:%Y-%m}", f"{self.last:%Y-%m}"
        return self.first.isoformat(), self.last.isoformat()

    @property
    def label(self) -> str:
        """The window in words: "April to June 2022", "1 April to 20 October 2022", "May 2022"."""
        if not self.is_whole_months:
            if self.days == 1:
                return f"{self.first:%-d %B %Y}"
            start = "%-d %B" if self.first.year == self.last.year else "%-d %B %Y"
            return f"{self.first.strftime(start)} to {self.last:%-d %B %Y}"
        if (self.first.year, self.first.month) == (self.last.year, self.last.month):
            return f"{self.first:%B %Y}"
        start = "%B" if self.first.year == self.last.year else "%B %Y"
        return f"{self.first.strftime(start)} to {self.last:%B %Y}"


def is_quarter(window: Window) -> bool:
    """Whether a window is one quarter of the calendar year."""
    first = window.first
    return first.day == 1 and first.month % 3 == 1 and window.last == month_end(first.replace(month=first.month + 2))


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def months(window: Window) -> tuple[date, ...]:
    """The first day of each month that the window touches, in order."""
    found, month = [], window.first.replace(day=1)
    while month <= window.last:
        found.append(month)
        month = month_end(month) + timedelta(days=1)
    return tuple(found)


def same_window(window: Window, years: int) -> Window:
    """The same window `years` later (earlier where negative), by the leap-day rule above."""
    return Window(_same_day(window.first, years, False), _same_day(window.last, years, _is_month_end(window.last)))


def previous_year(window: Window) -> Window:
    """The same window a year before."""
    return same_window(window, -1)


def financial_year(day: date) -> str:
    """The police year that a day falls in: 31 March 2022 is in "2021/22"."""
    start = day.year if day.month >= _FIRST_MONTH else day.year - 1
    return f"{start}/{(start + 1) % 100:02d}"


def financial_year_window(year: str) -> Window:
    """April to March of a police year. Raises CodeUnknown for text that is not one."""
    start = _start_of(year)
    return Window(date(start, 4, 1), date(start + 1, 3, 31))


def financial_quarter(year: str, quarter: int) -> Window:
    """A quarter of a police year: 1 is April to June."""
    if quarter not in (1, 2, 3, 4):
        raise CodeUnknown("There is no such quarter.", remedy="Use 1 (April to June) to 4 (January to March).")
    start = _start_of(year)
    month = _FIRST_MONTH + 3 * (quarter - 1)
    first = date(start, month, 1) if month <= 12 else date(start + 1, month - 12, 1)
    return Window(first, month_end(first.replace(month=first.month + 2)))


def year_to_date(cut_off: date) -> Window:
    """From 1 April of the police year to a day."""
    return Window(financial_year_window(financial_year(cut_off)).first, cut_off)


def rolling_12(last: date) -> Window:
    """The twelve whole months that end with a day's month, when the day ends it, or else with the month before."""
    end = last if _is_month_end(last) else last.replace(day=1) - timedelta(days=1)
    return Window(month_end(_same_day(end, -1, True)) + timedelta(days=1), end)


def baseline(window: Window, year: str) -> Window:
    """The same window in another police year: October 2022 has its baseline of 2019/20 in October 2019."""
    shift = _start_of(year) - _start_of(financial_year(window.first))
    return same_window(window, shift)


def parse_month(text: str) -> date:
    """The first day of a month written 2022-04. Raises RequestInvalid for other text."""
    month = _day_written(f"{text}-01") if _MONTH.fullmatch(text) else None
    if month is None:
        raise RequestInvalid("This is not a month.", remedy="Write a month as 2022-04.")
    return month


def parse_window(first: str | None, last: str | None) -> Window:
    """The window between two months or days, either of which stands for itself where the other is missing.

    "2022-04" is the whole month. Raises RequestInvalid for other text, or a window that ends before it begins.
    """
    if first is None and last is None:
        raise RequestInvalid("The window has neither start nor end.", remedy="Give --from and --to, as 2022-04.")
    start, end = first or last, last or first
    assert start is not None
    assert end is not None
    opening = parse_month(start) if len(start) == len("2022-04") else parse_day(start)
    closing = month_end(parse_month(end)) if len(end) == len("2022-04") else parse_day(end)
    if closing < opening:
        raise RequestInvalid("The window ends before it begins.", remedy="Exchange --from and --to.")
    return Window(opening, closing)


def parse_day(text: str) -> date:
    """The day written 2022-04-01. Raises RequestInvalid for other text."""
    day = _day_written(text) if _DAY.fullmatch(text) else None
    if day is None:
        raise RequestInvalid("This is not a date.", remedy="Write a month as 2022-04 or a day as 2022-04-01.")
    return day


def _day_written(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _start_of(year: str) -> int:
    found = _FINANCIAL_YEAR.fullmatch(year)
    if not found or int(found[1]) not in _YEARS or (int(found[1]) + 1) % 100 != int(found[2]):
        raise CodeUnknown("There is no such financial year.", remedy="Write a year as 2019/20.")
    return int(found[1])


def _is_month_end(day: date) -> bool:
    return day == month_end(day)


def _same_day(day: date, years: int, is_month_end: bool) -> date:
    first = day.replace(day=1, year=day.year + years)
    end = month_end(first)
    return end if is_month_end else first.replace(day=min(day.day, end.day))
