"""Offence codes are text, kept to the letter, and dated."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.codes.offences import OffenceCode, is_date_mangled, offence, offences
from tests.conftest import OPEN_DATA

TABLES = sorted((OPEN_DATA / "home_office").glob("*.csv.gz"))


def _rows() -> Iterator[dict[str, str]]:
    for path in TABLES:
        with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as lines:
            for row in csv.DictReader(lines):
                yield {key.lower(): value for key, value in row.items() if key}


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("1", "Murder"),
        ("4.1", "Manslaughter"),
        ("4.10", "Corporate manslaughter"),
        ("4.2", "Infanticide"),
        ("1/4.1/4.10/4.2", "Homicide"),
        ("28E", "Burglary Residential"),
        ("28M", "Residential burglary of unconnected building"),
        ("28N", "Attempted residential burglary of unconnected building"),
        ("34A", "Robbery of business property"),
        ("34B", "Robbery of personal property"),
        ("37.2", "Aggravated vehicle taking"),
        ("39", "Theft from the person"),
        ("45", "Theft from vehicle"),
        ("46", "Shoplifting"),
        ("48", "Theft or unauthorised taking of motor vehicle"),
    ],
)
def test_a_code_is_the_offence_of_that_very_text(code: str, title: str) -> None:
    found = offence(code)
    assert found is not None
    assert (found.code, found.title) == (code, title)


@pytest.mark.parametrize("near", ["28e", " 28E", "4.100", "04.1", "48.0", "048", "1/4.1", "", "28"])
def test_a_code_written_otherwise_is_not_on_the_list(near: str) -> None:
    assert offence(near) is None


@pytest.mark.parametrize("number", [4.1, 48, True, None])
def test_a_number_is_refused_as_an_offence_code(number: object) -> None:
    with pytest.raises(TypeError):
        OffenceCode(number)  # type: ignore[arg-type]


def test_four_point_one_and_four_point_ten_are_two_codes() -> None:
    assert OffenceCode("4.1") != OffenceCode("4.10")
    assert len({OffenceCode("4.1"), OffenceCode("4.10")}) == 2


MANGLED = [
    ("28-Mar", "28/3, shown as a day of this year"),
    ("28-Mar-23", "the same with its year"),
    ("28 March 2023", "the same in words"),
    ("Mar-28", "3/28, shown as a month"),
    ("Oct-14", "an age band, 10-14"),
    ("14-Oct", "an age band, 10-14"),
    ("2023-03-28", "an ISO day"),
    ("2023-03-28 00:00:00", "an ISO day and time"),
    ("2023-03-28T00:00:00", "an ISO day and time"),
    ("28/03/2023", "a day in British order"),
    ("28.03.2023", "a day with points"),
    ("8/2/2023 0:00", "a day and a time"),
    ("43918", "a serial number"),
    ("44562.0", "a serial number that passed through a float"),
    (" 43918 ", "a serial number with spaces"),
]
SOUND = ["28/3", "28E", "4.10", "104", "1/4.1/4.10/4.2", "1/4.10", "8.1", "99", "AF", "12345", "10-14", "51A", ""]


@pytest.mark.parametrize(("text", "why"), MANGLED)
def test_what_a_spreadsheet_made_a_date_of_is_recognised(text: str, why: str) -> None:
    assert is_date_mangled(text), why


@pytest.mark.parametrize("text", SOUND)
def test_what_a_spreadsheet_left_alone_is_not_called_a_date(text: str) -> None:
    assert not is_date_mangled(text)


@pytest.mark.parametrize("text", [text for text, _ in MANGLED] + ["", "banana", "28E ", "28ee", "28\u0663", "-1"])
def test_text_of_another_shape_is_refused_as_an_offence_code(text: str) -> None:
    with pytest.raises(ValueError, match="shape"):
        OffenceCode(text)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2035, 12, 31)))
def test_no_day_in_any_usual_writing_passes_for_a_code(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    for text in (f"{day:%d-%b}", f"{day:%d-%b-%y}", f"{day:%b-%y}", day.isoformat(), f"{day:%d/%m/%Y}", str(serial)):
        assert is_date_mangled(text)


def test_no_code_on_the_list_looks_like_a_date() -> None:
    assert [o.code for o in offences() if is_date_mangled(o.code)] == []


def test_every_code_of_the_home_office_tables_is_on_the_list() -> None:
    assert {row["offence_code"] for row in _rows()} - {o.code for o in offences()} == set()


def test_groups_and_subgroups_are_those_last_published() -> None:
    last: dict[str, tuple[str, str, str]] = {}
    for row in _rows():
        if "year" not in row:
            continue
        year = row["year"]
        code = row["offence_code"]
        if code not in last or year >= last[code][0]:
            last[code] = (year, row["offence_group"], row["offence_subgroup"])
    listed = {o.code: (o.group, o.subgroup) for o in offences()}
    # 4.10 stands in the tables as 4.1, its zero lost; both are of one group.
    assert {code: found[1:] for code, found in last.items()} == {code: listed[code] for code in last}


def test_the_tables_print_corporate_manslaughter_under_a_code_that_lost_its_zero() -> None:
    titles = {row["offence_description"] for row in _rows() if row["offence_code"] == "4.1"}
    assert titles == {"Corporate manslaughter"}
    listed = offence("4.1")
    assert listed is not None
    assert "zero was lost" in listed.note


@pytest.mark.parametrize(
    ("codes", "first", "last"),
    [
        (("28A", "28B", "28C", "28D", "29", "30A", "30B", "31"), None, date(2017, 3, 31)),
        (("28E", "28F", "28G", "28H", "29A", "30C", "30D", "31A"), date(2017, 4, 1), None),
        (("28I", "28J", "28K", "28L", "28M", "28N", "28O", "28P", "29B", "29C"), date(2023, 4, 1), None),
        (("39", "46", "48"), None, None),
    ],
)
def test_burglary_codes_have_the_days_they_came_and_went(
    codes: tuple[str, ...], first: date | None, last: date | None
) -> None:
    for code in codes:
        found = offence(code)
        assert found is not None
        assert (found.valid_from, found.valid_to) == (first, last)


def test_no_code_is_counted_in_a_table_before_its_first_day() -> None:
    first = {o.code: o.valid_from.year for o in offences() if o.valid_from}
    years = {(row["offence_code"], int(row["year"][:4])) for row in _rows() if "year" in row}
    assert [(code, year) for code, year in years if code in first and year < first[code]] == []


@pytest.mark.parametrize("code", ["AF", "CIFAS", "FFA UK", "UK Finance"])
def test_fraud_recorded_nationally_says_that_no_force_recorded_it(code: str) -> None:
    found = offence(code)
    assert found is not None
    assert found.group == "Fraud offences"
    assert "nationally" in found.note
