"""What is counted by a plain loop over the files is what the command line answers, figure by figure."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from fourfold.codes.measures import measure
from tests.demo.conftest import Saltmere

WINDOWS = [
    ("2019-04", "2020-03", date(2019, 4, 1), date(2020, 3, 31)),
    ("2022-04-01", "2022-10-20", date(2022, 4, 1), date(2022, 10, 20)),
    ("2022-11", "2022-11", date(2022, 11, 1), date(2022, 11, 30)),
]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "name", ["residential_burglary", "robbery", "theft_from_the_person", "vehicle_offences", "shoplifting"]
)
def test_each_count_is_that_of_the_files(name: str, saltmere: Saltmere) -> None:
    for first, last, from_day, to_day in WINDOWS:
        plain = saltmere.counted(set(measure(name).codes), from_day, to_day)
        answered = saltmere.fourfold("count", name, "--force", "saltmere", "--from", first, "--to", last, "--json").json
        assert answered["value"] == len(plain), (name, first)


def test_each_month_is_that_of_the_files(saltmere: Saltmere) -> None:
    plain = Counter(
        row["recorded_at"][:7]
        for row in saltmere.counted(set(measure("vehicle_offences").codes), date(2019, 4, 1), date(2022, 11, 30))
    )
    answered = saltmere.fourfold(
        "count",
        "vehicle_offences",
        "--force",
        "saltmere",
        "--from",
        "2019-04",
        "--to",
        "2022-11",
        "--by",
        "month",
        "--json",
    ).json
    assert {month[:7]: n for month, _, n in answered["table"]["rows"]} == plain
    assert len(plain) == 44


def test_every_crime_of_every_council_has_a_place(saltmere: Saltmere) -> None:
    answered = saltmere.fourfold(
        "count",
        "residential_burglary",
        "--force",
        "saltmere",
        "--from",
        "2022-04",
        "--to",
        "2022-10",
        "--by",
        "ltla24",
        "--json",
    ).json[0]
    assert len([row for row in answered["table"]["rows"] if row[0]]) == 7
    assert all(row[2] == 0 for row in answered["table"]["rows"] if not row[0])
