"""The clock of the Victims' Code: what day it is due, as a table; and the bank holidays against the rule of the law."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.codes.working_days import (
    Counted,
    bank_holidays,
    due_date,
    due_moment,
    first_instant,
    is_working_day,
    local_date,
    years_held,
)
from fourfold.errors import CodeUnknown

ONCE_ONLY = {date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)}
MOVED = {date(2020, 5, 4): date(2020, 5, 8), date(2022, 5, 30): date(2022, 6, 2)}

DUE: list[tuple[str, date, int, Counted, date]] = [
    # what is shown, day 0, days, counted, due on
    ("an ordinary week", date(2023, 6, 5), 1, "working", date(2023, 6, 6)),
    ("over a weekend", date(2023, 6, 9), 1, "working", date(2023, 6, 12)),
    ("from a Saturday", date(2023, 6, 10), 1, "working", date(2023, 6, 12)),
    ("from a Sunday", date(2023, 6, 11), 5, "working", date(2023, 6, 16)),
    ("from a bank holiday", date(2023, 8, 28), 1, "working", date(2023, 8, 29)),
    ("Easter takes two days", date(2022, 4, 13), 2, "working", date(2022, 4, 19)),
    ("two May bank holidays of 2023", date(2023, 4, 28), 5, "working", date(2023, 5, 9)),
    ("the moved bank holiday of 2020", date(2020, 5, 7), 1, "working", date(2020, 5, 11)),
    ("4 May 2020 was worked", date(2020, 5, 1), 1, "working", date(2020, 5, 4)),
    ("the Jubilee's four days", date(2022, 6, 1), 1, "working", date(2022, 6, 6)),
    ("30 May 2022 was worked", date(2022, 5, 27), 1, "working", date(2022, 5, 30)),
    ("the State Funeral", date(2022, 9, 16), 1, "working", date(2022, 9, 20)),
    ("Christmas 2021", date(2021, 12, 24), 1, "working", date(2021, 12, 29)),
    ("New Year 2023", date(2022, 12, 30), 1, "working", date(2023, 1, 3)),
    ("over the leap day", date(2024, 2, 28), 2, "working", date(2024, 3, 1)),
    ("calendar days run on", date(2022, 6, 1), 7, "calendar", date(2022, 6, 8)),
    ("calendar days over the leap day", date(2024, 2, 24), 7, "calendar", date(2024, 3, 2)),
]


@pytest.mark.parametrize(("what", "day_0", "days", "counted", "due"), DUE, ids=[row[0] for row in DUE])
def test_what_is_due_when(what: str, day_0: date, days: int, counted: Counted, due: date) -> None:
    assert due_date(day_0, days, counted) == due


MOMENTS = [
    ("2023-03-24T23:59:59+00:00", 1, "2023-03-27T23:59:59.999999+01:00"),  # the clocks go on that Sunday
    ("2023-03-26T23:30:00+00:00", 1, "2023-03-28T23:59:59.999999+01:00"),  # half past midnight on Monday in London
    ("2023-03-26T22:59:59+00:00", 1, "2023-03-27T23:59:59.999999+01:00"),
    ("2023-10-27T12:00:00+01:00", 1, "2023-10-30T23:59:59.999999+00:00"),  # the clocks go back
    ("2023-07-04T00:00:00+01:00", 1, "2023-07-05T23:59:59.999999+01:00"),
    ("2023-07-03T23:30:00-05:00", 1, "2023-07-05T23:59:59.999999+01:00"),  # sent in another zone
]


@pytest.mark.parametrize(("trigger", "days", "due"), MOMENTS)
def test_the_moment_is_the_last_of_the_local_day(trigger: str, days: int, due: str) -> None:
    assert due_moment(datetime.fromisoformat(trigger), days, "working").isoformat() == due


def _easter(year: int) -> date:
    """Easter Sunday: the anonymous Gregorian algorithm (Meeus 1991, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _first_monday(year: int, month: int) -> date:
    return next(d for n in range(1, 8) if (d := date(year, month, n)).weekday() == 0)


def _last_monday(year: int, month: int) -> date:
    return next(d for n in range(31, 24, -1) if (d := date(year, month, n)).weekday() == 0)


def test_the_list_is_what_law_and_proclamation_make_it() -> None:
    found: set[date] = set(ONCE_ONLY)
    for year in range(2019, 2029):
        easter = _easter(year)
        found |= {easter - timedelta(2), easter + timedelta(1), _first_monday(year, 5)}
        found |= {_last_monday(year, 5), _last_monday(year, 8)}
        for fixed in ((1, 1), (12, 25), (12, 26)):
            day = date(year, *fixed)
            while day.weekday() > 4 or day in found:
                day += timedelta(1)
            found.add(day)
    for ordinarily, instead in MOVED.items():
        found = (found - {ordinarily}) | {instead}
    assert bank_holidays() == found


def test_years_that_are_not_held_are_refused() -> None:
    assert years_held() == (2019, 2028)
    for day_0, days, counted in (
        (date(2018, 12, 31), 1, "working"),
        (date(2028, 12, 29), 1, "working"),
        (date(2018, 12, 31), 1, "calendar"),
        (date(2028, 12, 28), 4, "calendar"),
        (date(2029, 1, 2), 1, "working"),
    ):
        with pytest.raises(CodeUnknown) as refused:
            due_date(day_0, days, counted)  # type: ignore[arg-type]
        assert "2019 to 2028" in refused.value.cause
        assert refused.value.remedy
    assert due_date(date(2019, 1, 1), 1, "working") == date(2019, 1, 2)
    assert due_date(date(2028, 12, 28), 3, "calendar") == date(2028, 12, 31)
    with pytest.raises(ValueError, match="no day"):
        due_date(date(2022, 1, 4), 0, "working")


@given(st.dates(date(2019, 1, 1), date(2028, 11, 1)), st.integers(1, 25))
def test_as_many_working_days_lie_between_as_the_limit_says(day_0: date, days: int) -> None:
    due = due_date(day_0, days, "working")
    between = [day_0 + timedelta(n) for n in range(1, (due - day_0).days + 1)]
    assert is_working_day(due)
    assert sum(map(is_working_day, between)) == days


@given(st.integers(0, 5_200_000))
def test_an_instant_lies_in_its_own_local_day(minutes: int) -> None:
    aware = datetime(2019, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    day = local_date(aware)
    assert first_instant(day) <= aware < first_instant(day + timedelta(1))
