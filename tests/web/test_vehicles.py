"""Vehicles and recovery on pages: one definition, equal periods, what is not yet known, and who is shown them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.web import figures
from tests.analysis.stolen import Story, brought_in
from tests.web.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
KINDS = (("Ford", "Fiesta", 6), ("Land Rover", "Range Rover", 5), ("Vauxhall", "Corsa", 4))
TOLD = date(2022, 11, 15)


def stories() -> list[Story]:
    """Thirty vehicles a month from January 2020; one in ten found within ten days until August 2022, one in three after."""
    found, month = [], date(2020, 1, 1)
    while month <= TOLD:
        often = 3 if month >= date(2022, 9, 1) else 10
        for n in range(30):
            make, model, _ = KINDS[n % 3]
            is_found = n % often == 0
            found.append(Story(
                stolen=month + timedelta(days=n % 14), found_after=3 + n % 7 if is_found else None, make=make, model=model,
                examined_after=5 + n % 7 if is_found and n % 2 == 0 else None, keyless=("yes", "no", "")[n % 3],
                code="28E" if n == 29 else "48", stolen_at=(455_000 + 10 * n, 300_000),
                found_at=(455_000 + 400 * n, 300_000) if is_found else None,
            ))  # fmt: skip
        month = (month + timedelta(days=32)).replace(day=1)
    return found


@pytest.fixture
def vehicles_held(tmp_path: Path, settings: Any) -> Iterator[Path]:
    from fourfold.web import look

    brought_in(tmp_path / "home", tmp_path, stories(), TOLD)
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    look.service.cache_clear()
    yield tmp_path
    look.service.cache_clear()


def test_a_rate_is_of_the_latest_month_whose_vehicles_have_had_the_days(
    as_role: Callable[..., Client], vehicles_held: Path
) -> None:
    said = text_of(as_role("board_secretary").get("/recovery"))
    assert "September 2022: 33.3%, against 10.0% in September 2021: +23.3 percentage points" in said
    assert "How sure: rise" in said
    assert "October 2022" in said
    assert "not yet known" in said
    assert "Vehicles stolen in crimes that stand, by the day on which the crime was recorded" in said


def test_a_month_and_a_year_stand_side_by_side_and_are_said_to_be_unequal(
    as_role: Callable[..., Client], vehicles_held: Path
) -> None:
    said = text_of(as_role("board_secretary").get("/recovery?from=2022-09&to=2022-09&against=calendar-year"))
    assert "33.3%, against 10.0% in January to December 2021" in said
    assert "The windows are of 30 and 365 days; every vehicle is followed for the same 28." in said


def test_a_month_that_is_too_young_has_bounds_and_no_rate(as_role: Callable[..., Client], vehicles_held: Path) -> None:
    said = text_of(as_role("analyst").get("/recovery?from=2022-11&to=2022-11"))
    assert "Not yet known: 24 of 30 vehicles have not had 28 days" in said


def test_the_kinds_the_keys_and_the_keyless(as_role: Callable[..., Client], vehicles_held: Path) -> None:
    said = text_of(as_role("board_reader").get("/vehicles"))
    assert "No more than 5 kinds are told of" in said
    assert "Land Rover Range Rover" in said
    assert "Licensed numbers are of the United Kingdom" in said
    assert "a vehicle is recorded stolen in the burglary itself 12" in said
    assert "between 33.3 and 66.7% of all 360" in said


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [("analyst", "/recovery?days=3", 422), ("analyst", "/recovery?against=never", 422), ("analyst", "/recovery?area=E09000001", 422),
     ("analyst", "/vehicles?force=kent", 422), ("analyst", "/vehicles?from=2022-13", 422), ("outsider", "/recovery", 302),
     ("outsider", "/vehicles", 302)],
)  # fmt: skip
def test_what_is_refused(
    as_role: Callable[..., Client], outsider: Client, vehicles_held: Path, role: str, address: str, status: int
) -> None:
    client = outsider if role == "outsider" else as_role(role)
    assert client.get(address).status_code == status


def test_where_no_extract_of_vehicles_is_held_the_page_says_so(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    for address in ("/recovery", "/vehicles"):
        page = as_role("analyst").get(address)
        assert page.status_code == 200
        assert "No extract of vehicles is held yet" in text_of(page)


def test_two_days_of_a_month_are_not_taken_for_the_month(as_role: Callable[..., Client], vehicles_held: Path) -> None:
    reader, month = as_role("board_secretary"), "/vehicles?from=2022-06&to=2022-06"
    alone = text_of(reader.get(month))
    figures._kept.clear()
    assert "1 June to 2 June 2022" in text_of(reader.get("/vehicles?from=2022-06-01&to=2022-06-02"))
    assert text_of(reader.get(month)) == alone
