"""Declared breaks: which comparisons cross them, and whose they are."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.codes.areas import force_named
from fourfold.codes.breaks import breaks, breaks_crossed
from fourfold.codes.lists import STATUSES
from fourfold.codes.measures import measures
from fourfold.codes.periods import Window, parse_window

# Not counted yet: the break is declared for the day that it is.
MEASURES_TO_COME = {"positive_outcomes"}


def months(first: str, last: str) -> Window:
    return parse_window(first, last)


CROSSED = [
    # earlier window, later window, force, measure, breaks
    (("2021-04", "2021-06"), ("2022-04", "2022-06"), "west-midlands", "residential_burglary", {"wmp_connect_2021"}),
    (("2021-04", "2021-06"), ("2022-04", "2022-06"), "leicestershire", "residential_burglary", set()),
    (
        ("2019-04", "2019-06"),
        ("2022-04", "2022-06"),
        "west-midlands",
        "theft_from_the_person",
        {"lockdown_2020", "wmp_connect_2021"},
    ),
    (("2019-04", "2019-06"), ("2022-04", "2022-06"), "leicestershire", "police_uk_burglary", {"lockdown_2020"}),
    (("2022-04", "2022-06"), ("2023-04", "2023-06"), "west-midlands", "residential_burglary", {"burglary_codes_2023"}),
    (
        ("2022-04", "2022-06"),
        ("2023-04", "2023-06"),
        "west-midlands",
        "neighbourhood_crime_gov",
        {"burglary_codes_2023"},
    ),
    (("2022-04", "2022-06"), ("2023-04", "2023-06"), "west-midlands", "robbery", set()),
    (("2016-04", "2016-06"), ("2017-04", "2017-06"), "kent", "residential_burglary", {"residential_burglary_2017"}),
    (("2016-04", "2016-06"), ("2017-04", "2017-06"), "kent", "burglary_in_a_dwelling", {"residential_burglary_2017"}),
    (("2016-04", "2016-06"), ("2017-04", "2017-06"), "kent", "police_uk_burglary", set()),
    (("2017-04", "2017-06"), ("2018-04", "2018-06"), "kent", "residential_burglary", set()),
    (("2012-06", "2012-06"), ("2013-06", "2013-06"), "kent", "police_uk_bicycle_theft", {"police_uk_categories_2013"}),
    (("2012-06", "2012-06"), ("2013-06", "2013-06"), "kent", "police_uk_burglary", set()),
    (("2011-06", "2011-06"), ("2012-06", "2012-06"), "kent", "police_uk_shoplifting", {"police_uk_categories_2011"}),
    (("2020-06", "2020-06"), ("2021-06", "2021-06"), "leicestershire", "positive_outcomes", {"outcome_22_2021"}),
]


@pytest.mark.parametrize(("earlier", "later", "force", "measure", "found"), CROSSED)
def test_a_comparison_crosses_these_breaks(
    earlier: tuple[str, str], later: tuple[str, str], force: str, measure: str, found: set[str]
) -> None:
    crossed = breaks_crossed((months(*earlier), months(*later)), force, measure)
    assert {b.id for b in crossed} == found


BREAK = date(2023, 4, 1)  # the burglary codes


@pytest.mark.parametrize(
    ("first", "last", "is_crossed"),
    [
        (date(2023, 3, 31), date(2023, 4, 1), True),
        (date(2023, 4, 1), date(2023, 4, 30), False),
        (date(2023, 3, 1), date(2023, 3, 31), False),
        (date(2023, 3, 1), date(2023, 4, 30), True),
    ],
)
def test_a_break_is_crossed_when_there_are_days_on_both_sides_of_it(first: date, last: date, is_crossed: bool) -> None:
    crossed = breaks_crossed((Window(first, last),), "kent", "residential_burglary")
    assert ("burglary_codes_2023" in {b.id for b in crossed}) is is_crossed


@pytest.mark.parametrize(
    ("first", "last", "is_crossed"),
    [
        (date(2020, 10, 1), date(2020, 12, 31), False),
        (date(2020, 12, 1), date(2021, 1, 1), True),
        (date(2021, 4, 1), date(2021, 6, 30), True),
        (date(2021, 12, 30), date(2022, 1, 31), True),
        (date(2022, 1, 1), date(2022, 6, 30), False),
    ],
)
def test_a_break_on_an_unknown_day_is_crossed_by_any_window_that_could(
    first: date, last: date, is_crossed: bool
) -> None:
    crossed = breaks_crossed((Window(first, last),), "west-midlands", "robbery")
    assert ("wmp_connect_2021" in {b.id for b in crossed}) is is_crossed


@pytest.mark.parametrize(
    ("name", "when"),
    [("burglary_codes_2023", "1 April 2023"), ("wmp_connect_2021", "in 2021"), ("lockdown_2020", "23 March 2020")],
)
def test_a_break_says_its_day_or_that_only_the_year_is_known(name: str, when: str) -> None:
    assert next(b for b in breaks() if b.id == name).when == when


DAYS = st.dates(min_value=date(2009, 1, 1), max_value=date(2026, 12, 31))


@given(st.lists(st.tuples(DAYS, DAYS), min_size=1, max_size=3), st.sampled_from(["west-midlands", "kent"]))
def test_the_order_of_the_windows_does_not_matter_and_a_wider_span_crosses_no_fewer(
    pairs: list[tuple[date, date]], force: str
) -> None:
    windows = [Window(min(p), max(p)) for p in pairs]
    crossed = breaks_crossed(windows, force, "residential_burglary")
    assert breaks_crossed(windows[::-1], force, "residential_burglary") == crossed
    assert set(crossed) <= set(
        breaks_crossed([*windows, Window(date(2008, 1, 1), date(2027, 1, 1))], force, "residential_burglary")
    )


def test_each_break_names_forces_and_measures_that_are_there_and_its_source() -> None:
    known = {m.id for m in measures()} | MEASURES_TO_COME
    for one in breaks():
        assert set(one.measures) <= known
        assert all(force_named(f) for f in one.forces)
        assert one.source
        assert one.status in STATUSES
        assert one.until is None or one.until >= one.on


def test_every_measure_whose_codes_begin_or_end_on_a_day_has_a_break_on_it() -> None:
    first_published = date(2010, 12, 1)  # police.uk begins here: nothing stands before it
    for one in measures():
        for day in (one.counted_from, one.counted_to):
            if day in (None, first_published):
                continue
            around = Window(date(day.year - 1, 1, 1), date(day.year + 1, 12, 31))
            assert breaks_crossed((around,), "kent", one.id), one.id


def test_breaks_stand_in_order_of_time() -> None:
    assert [b.on for b in breaks()] == sorted(b.on for b in breaks())
