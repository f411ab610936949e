"""Windows, the police year, the same window of another year, and leap days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.codes import periods
from fourfold.codes.periods import Window
from fourfold.errors import CodeUnknown, RequestInvalid

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 12, 31))
WINDOWS = st.builds(lambda first, length: Window(first, first + timedelta(days=length)), DAYS, st.integers(0, 1200))


def window(text: str) -> Window:
    """A window written "2022-04-01..2022-06-30"."""
    first, last = text.split("..")
    return Window(date.fromisoformat(first), date.fromisoformat(last))


def every_day(of: Window) -> list[date]:
    """Slow and plain: each day of a window."""
    found, day = [], of.first
    while day <= of.last:
        found.append(day)
        day += timedelta(days=1)
    return found


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("2022-04-01..2022-06-30", "April to June 2022"),
        ("2022-04-01..2022-04-30", "April 2022"),
        ("2022-04-01..2022-04-01", "1 April 2022"),
        ("2022-04-01..2022-10-20", "1 April to 20 October 2022"),
        ("2022-04-02..2022-06-30", "2 April to 30 June 2022"),
        ("2021-04-01..2022-03-31", "April 2021 to March 2022"),
        ("2021-12-30..2022-01-02", "30 December 2021 to 2 January 2022"),
        ("2024-02-01..2024-02-29", "February 2024"),
        ("2024-02-01..2024-02-28", "1 February to 28 February 2024"),
        ("2023-02-01..2023-02-28", "February 2023"),
    ],
)
def test_a_window_in_words(written: str, label: str) -> None:
    assert window(written).label == label


SAME_WINDOW = [
    # window, years, the same window then, why
    ("2022-04-01..2022-06-30", -1, "2021-04-01..2021-06-30", "whole months"),
    ("2022-04-01..2022-10-20", -3, "2019-04-01..2019-10-20", "year to date"),
    ("2024-02-01..2024-02-29", -1, "2023-02-01..2023-02-28", "the end of February stays its end"),
    ("2023-02-01..2023-02-28", 1, "2024-02-01..2024-02-29", "the end of February stays its end"),
    ("2023-02-01..2023-02-28", -3, "2020-02-01..2020-02-29", "the end of February stays its end"),
    ("2024-02-01..2024-02-28", -1, "2023-02-01..2023-02-28", "the 28th stays the 28th"),
    ("2024-02-29..2024-03-31", -1, "2023-02-28..2023-03-31", "a leap day becomes the 28th"),
    ("2023-02-28..2023-03-31", 1, "2024-02-28..2024-03-31", "the 28th as a first day stays the 28th"),
    ("2024-02-29..2024-02-29", -1, "2023-02-28..2023-02-28", "a leap day alone"),
    ("2024-02-29..2024-02-29", 4, "2028-02-29..2028-02-29", "leap day to leap day"),
    ("2021-12-15..2022-01-15", -1, "2020-12-15..2021-01-15", "across the new year"),
    ("2023-04-01..2024-03-31", -1, "2022-04-01..2023-03-31", "366 days against 365"),
]


@pytest.mark.parametrize(("written", "years", "then", "why"), SAME_WINDOW)
def test_the_same_window_of_another_year(written: str, years: int, then: str, why: str) -> None:
    assert periods.same_window(window(written), years) == window(then), why


@pytest.mark.parametrize(
    ("day", "year"),
    [
        ("2022-03-31", "2021/22"),
        ("2022-04-01", "2022/23"),
        ("2022-12-31", "2022/23"),
        ("2023-01-01", "2022/23"),
        ("2000-03-31", "1999/00"),
        ("1999-04-01", "1999/00"),
    ],
)
def test_the_police_year_begins_in_april(day: str, year: str) -> None:
    assert periods.financial_year(date.fromisoformat(day)) == year
    whole = periods.financial_year_window(year)
    assert whole.first <= date.fromisoformat(day) <= whole.last


@pytest.mark.parametrize(
    ("quarter", "months"),
    [
        (1, "2022-04-01..2022-06-30"),
        (2, "2022-07-01..2022-09-30"),
        (3, "2022-10-01..2022-12-31"),
        (4, "2023-01-01..2023-03-31"),
    ],
)
def test_the_quarters_of_a_police_year(quarter: int, months: str) -> None:
    assert periods.financial_quarter("2022/23", quarter) == window(months)


@pytest.mark.parametrize(
    "year", ["2022", "2022/24", "2022-23", "22/23", "2022/23 ", "0000/01", "9999/00", "", "\u0662022/23"]
)
def test_text_that_is_no_police_year_is_refused(year: str) -> None:
    with pytest.raises(CodeUnknown, match="no such financial year"):
        periods.financial_year_window(year)


@pytest.mark.parametrize("quarter", [0, 5, -1])
def test_there_are_four_quarters(quarter: int) -> None:
    with pytest.raises(CodeUnknown, match="no such quarter"):
        periods.financial_quarter("2022/23", quarter)


@pytest.mark.parametrize(
    ("cut_off", "to_date"),
    [
        ("2022-10-20", "2022-04-01..2022-10-20"),
        ("2022-04-01", "2022-04-01..2022-04-01"),
        ("2022-03-31", "2021-04-01..2022-03-31"),
        ("2024-02-29", "2023-04-01..2024-02-29"),
    ],
)
def test_the_year_to_date_runs_from_the_april_before(cut_off: str, to_date: str) -> None:
    assert periods.year_to_date(date.fromisoformat(cut_off)) == window(to_date)


@pytest.mark.parametrize(
    ("last", "twelve"),
    [
        ("2022-06-30", "2021-07-01..2022-06-30"),
        ("2022-06-29", "2021-06-01..2022-05-31"),
        ("2024-02-29", "2023-03-01..2024-02-29"),
        ("2024-02-28", "2023-02-01..2024-01-31"),
        ("2023-02-28", "2022-03-01..2023-02-28"),
        ("2022-01-01", "2021-01-01..2021-12-31"),
    ],
)
def test_rolling_twelve_are_the_last_twelve_whole_months(last: str, twelve: str) -> None:
    assert periods.rolling_12(date.fromisoformat(last)) == window(twelve)


@pytest.mark.parametrize(
    ("written", "year", "then"),
    [
        ("2022-04-01..2022-10-20", "2019/20", "2019-04-01..2019-10-20"),
        ("2023-01-01..2023-03-31", "2019/20", "2020-01-01..2020-03-31"),
        ("2022-04-01..2023-03-31", "2019/20", "2019-04-01..2020-03-31"),
        ("2023-02-01..2023-02-28", "2019/20", "2020-02-01..2020-02-29"),
        ("2022-04-01..2022-06-30", "2022/23", "2022-04-01..2022-06-30"),
    ],
)
def test_a_baseline_is_the_same_window_within_that_police_year(written: str, year: str, then: str) -> None:
    assert periods.baseline(window(written), year) == window(then)


@pytest.mark.parametrize(
    ("first", "last", "meant"),
    [
        ("2022-04", "2022-06", "2022-04-01..2022-06-30"),
        ("2022-04", None, "2022-04-01..2022-04-30"),
        (None, "2022-04", "2022-04-01..2022-04-30"),
        ("2022-04-01", "2022-10-20", "2022-04-01..2022-10-20"),
        ("2022-04-05", "2022-06", "2022-04-05..2022-06-30"),
        ("2024-02", "2024-02", "2024-02-01..2024-02-29"),
        ("2022-04-05", None, "2022-04-05..2022-04-05"),
    ],
)
def test_a_window_as_a_user_writes_it(first: str | None, last: str | None, meant: str) -> None:
    assert periods.parse_window(first, last) == window(meant)


@pytest.mark.parametrize(
    ("first", "last", "cause"),
    [
        (None, None, "neither start nor end"),
        ("2022-06", "2022-04", "ends before it begins"),
        ("2022-13", None, "not a month"),
        ("2022-W1", None, "not a month"),
        ("2022-4-1", None, "not a date"),
        ("20220401", None, "not a date"),
        ("2022-W14-1", None, "not a date"),
        ("2022-04-31", None, "not a date"),
        ("2023-02-29", None, "not a date"),
        ("April 2022", None, "not a date"),
        ("01/04/2022", None, "not a date"),
        ("0001-01", "0001-02", "not a month"),
        ("2022-04", "9999-12", "not a month"),
    ],
)
def test_a_window_that_cannot_be_is_refused_without_repeating_it(
    first: str | None, last: str | None, cause: str
) -> None:
    with pytest.raises(RequestInvalid, match=cause) as refused:
        periods.parse_window(first, last)
    assert refused.value.remedy
    assert all(text not in str(refused.value) for text in (first, last) if text and text != "2022-04")


def test_a_window_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="ends before"):
        Window(date(2022, 4, 2), date(2022, 4, 1))


# --- against slow and plain references -------------------------------------------------------------------------


@given(WINDOWS)
def test_its_days_are_its_days_counted_one_by_one(of: Window) -> None:
    assert of.days == len(every_day(of))


@given(WINDOWS)
def test_its_months_are_those_its_days_fall_in(of: Window) -> None:
    assert list(periods.months(of)) == sorted({day.replace(day=1) for day in every_day(of)})


@given(WINDOWS)
def test_it_is_whole_months_when_no_day_of_its_months_is_left_out(of: Window) -> None:
    touched = {(day.year, day.month) for day in every_day(of)}
    around = every_day(Window(of.first - timedelta(days=31), of.last + timedelta(days=31)))
    assert of.is_whole_months == ([d for d in around if (d.year, d.month) in touched] == every_day(of))


@given(DAYS)
def test_a_day_is_in_exactly_one_quarter_of_its_police_year(day: date) -> None:
    year = periods.financial_year(day)
    quarters = [periods.financial_quarter(year, n) for n in (1, 2, 3, 4)]
    assert sum(q.first <= day <= q.last for q in quarters) == 1
    assert [d for q in quarters for d in every_day(q)] == every_day(periods.financial_year_window(year))


@given(WINDOWS, st.integers(-20, 20))
def test_the_same_window_keeps_its_months_and_days_save_at_the_end_of_february(of: Window, years: int) -> None:
    then = periods.same_window(of, years)
    for here, there in ((of.first, then.first), (of.last, then.last)):
        assert (there.year, there.month) == (here.year + years, here.month)
        assert there.day == here.day or (here.month == 2 and {here.day, there.day} == {28, 29})


@given(WINDOWS, st.integers(-20, 20))
def test_the_same_window_of_whole_months_is_of_whole_months(of: Window, years: int) -> None:
    assert periods.same_window(of.whole_months, years).is_whole_months


@given(DAYS)
def test_rolling_twelve_never_reaches_past_the_day_nor_falls_a_month_short(day: date) -> None:
    twelve = periods.rolling_12(day)
    assert twelve.is_whole_months
    assert len(periods.months(twelve)) == 12
    assert 0 <= (day - twelve.last).days < 31


@given(DAYS)
def test_the_year_to_date_and_its_rest_make_up_the_police_year(day: date) -> None:
    to_date = periods.year_to_date(day)
    assert periods.financial_year(to_date.first) == periods.financial_year(day)
    assert periods.financial_year(to_date.first - timedelta(days=1)) != periods.financial_year(day)


@given(WINDOWS, st.integers(1995, 2050))
def test_a_baseline_begins_in_the_year_named(of: Window, start: int) -> None:
    year = periods.financial_year(date(start, 4, 1))
    assert periods.financial_year(periods.baseline(of, year).first) == year


@given(DAYS)
def test_a_month_written_is_the_month_read(day: date) -> None:
    assert periods.parse_month(f"{day:%Y-%m}") == day.replace(day=1)


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_is_a_window_or_is_refused(first: str, last: str) -> None:
    try:
        found = periods.parse_window(first, last)
    except RequestInvalid:
        return
    assert found.first <= found.last


@given(WINDOWS, WINDOWS)
def test_a_window_is_read_back_as_it_is_written_and_no_two_are_written_alike(one: Window, other: Window) -> None:
    assert periods.parse_window(*one.written) == one
    assert (one.written == other.written) == (one == other)
