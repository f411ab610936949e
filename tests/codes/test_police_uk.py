"""The crime types of data.police.uk across its lists, and its outcome texts."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import date

import pytest

from fourfold.codes import police_uk
from fourfold.codes.outcomes import outcome_type
from tests.conftest import OPEN_DATA

EARLY, MIDDLE, LAST_OF_OLD, NEW = date(2011, 2, 1), date(2012, 6, 1), date(2013, 4, 1), date(2013, 5, 1)


def _street_rows() -> Iterator[dict[str, str]]:
    for path in sorted((OPEN_DATA / "street").glob("*/*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines)


@pytest.mark.parametrize(
    ("written", "on", "category"),
    [
        # titles since May 2013, and the API's slugs
        ("Violence and sexual offences", NEW, "violent-crime"),
        ("violent-crime", NEW, "violent-crime"),
        ("Anti-social behaviour", NEW, "anti-social-behaviour"),
        ("anti-social-behaviour", NEW, "anti-social-behaviour"),
        ("Criminal damage and arson", NEW, "criminal-damage-arson"),
        ("criminal-damage-arson", NEW, "criminal-damage-arson"),
        ("Theft from the person", NEW, "theft-from-the-person"),
        ("Other crime", NEW, "other-crime"),
        ("  BURGLARY ", NEW, "burglary"),
        # the lists before
        ("Violent crime", EARLY, "violent-crime-2011"),
        ("Violent crime", LAST_OF_OLD, "violent-crime-2011"),
        ("Other crime", EARLY, "other-crime-2011"),
        ("Other crime", LAST_OF_OLD, "other-crime-2011"),
        ("Public disorder and weapons", MIDDLE, "public-disorder-weapons"),
        ("Burglary", EARLY, "burglary"),
        ("Robbery", EARLY, "robbery"),
        ("Vehicle crime", EARLY, "vehicle-crime"),
        ("Anti-social behaviour", EARLY, "anti-social-behaviour"),
    ],
)
def test_a_crime_type_means_what_its_list_meant_on_the_day(written: str, on: date, category: str) -> None:
    found = police_uk.category(written, on)
    assert found is not None
    assert found.id == category


@pytest.mark.parametrize("written", ["", "Burglaries", "Theft", "crime"])
def test_an_unknown_crime_type_is_none_of_them(written: str) -> None:
    assert police_uk.category(written) is None


def test_there_are_fourteen_categories_now_and_thirteen_are_crime() -> None:
    now = police_uk.current_categories()
    assert len(now) == 14
    assert [c.id for c in now if not c.is_crime] == ["anti-social-behaviour"]


def test_a_category_of_the_old_lists_is_never_the_new_one_of_that_name() -> None:
    assert {c.id for c in police_uk.categories() if c.valid_to} == {
        "violent-crime-2011",
        "other-crime-2011",
        "public-disorder-weapons",
    }


@pytest.mark.parametrize(
    ("category", "holds"),
    [
        ("burglary", "Residential and business"),
        ("robbery", "persons and of businesses"),
        ("vehicle-crime", "Theft of, theft from and interference"),
    ],
)
def test_a_category_wider_than_its_name_says_what_it_holds(category: str, holds: str) -> None:
    found = police_uk.category(category)
    assert found is not None
    assert holds in found.note


def test_the_days_of_the_lists_are_not_called_confirmed() -> None:
    assert {c.dates_status for c in police_uk.categories()} == {"unconfirmed"}


@pytest.mark.slow
def test_every_crime_type_in_the_shipped_files_is_known_on_its_day() -> None:
    pairs = {
        (row.get("Crime type") or row.get("category"), row.get("Month") or row.get("month")) for row in _street_rows()
    }
    written = {(text, date.fromisoformat(f"{month[:7]}-01")) for text, month in pairs if text and month}
    assert len(written) > 300
    assert {text for text, on in written if police_uk.category(text, on) is None} == set()


@pytest.mark.slow
def test_every_outcome_text_in_the_shipped_files_is_known() -> None:
    known = {o.text for o in police_uk.outcome_texts()}
    met = {row.get(column) or "" for row in _street_rows() for column in ("Last outcome category", "Outcome type")} - {
        ""
    }
    assert len(met) > 20
    assert met - known == set()


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("Suspect charged", {"1"}),
        ("Offender given a caution", {"2", "3"}),
        ("Suspect charged as part of another case", {"4"}),
        ("Offender given a penalty notice", {"6"}),
        ("Offender given penalty notice", {"6"}),
        ("Offender given a drugs possession warning", {"7"}),
        ("Local resolution", {"8"}),
        ("Formal action is not in the public interest", {"9", "10"}),
        ("Unable to prosecute suspect", {"5", "11", "12", "13", "14", "15", "16", "17"}),
        ("Investigation complete; no suspect identified", {"18"}),
        ("Action to be taken by another organisation", {"20"}),
        ("Further investigation is not in the public interest", {"21"}),
        ("Further action is not in the public interest", {"22"}),
        ("Offender sent to prison", set()),
        ("Under investigation", set()),
    ],
)
def test_an_outcome_text_may_stand_for_these_types(text: str, types: set[str]) -> None:
    found = next(o for o in police_uk.outcome_texts() if o.text == text)
    assert set(found.outcome_types) == types


def test_the_texts_cannot_be_turned_back_into_types_and_say_so() -> None:
    shared = [o for o in police_uk.outcome_texts() if len(o.outcome_types) > 1]
    assert len(shared) == 3
    assert all("cannot be turned back" in o.note for o in shared)
    assert {o.mapping_status for o in police_uk.outcome_texts()} == {"unconfirmed"}


def test_every_type_behind_a_text_is_an_outcome_type() -> None:
    assert all(outcome_type(t) for o in police_uk.outcome_texts() for t in o.outcome_types)
