"""The contact diary: chosen frequencies turn by turn, and supervisors' reviews, as a supervisor would read them off a calendar."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fourfold.analysis.contact_diary import chosen_contacts, contacts_due, review_diary
from fourfold.errors import RequestInvalid
from tests.analysis.test_entitlements import CRIME, FORCE, VICTIM, records

WEEKLY = {**VICTIM, "contact_frequency_days": "7"}
"""The victim of a crime recorded on 1 June 2022 who chose to be told every week."""
JULY = date(2022, 6, 30)
TURNS = [
    # what, the victim, contacts (day in June, successful), closed on, and each turn: from, due, state
    ("told each week", {}, [(8, "Y"), (15, "Y"), (22, "Y"), (29, "Y")], "",
     [(1, "met in time"), (8, "met in time"), (15, "met in time"), (22, "met in time"), (29, "not yet due")]),
    ("a day late once", {}, [(9, "Y"), (16, "Y"), (23, "Y"), (30, "Y")], "",
     [(1, "met late"), (9, "met in time"), (16, "met in time"), (23, "met in time"), (30, "not yet due")]),
    ("never told", {}, [], "", [(1, "no evidence")]),
    ("tried and not reached", {}, [(5, "N")], "", [(1, "no evidence")]),
    ("told twice in a day", {}, [(8, "Y"), (8, "Y")], "", [(1, "met in time"), (8, "no evidence")]),
    ("closed within the turn", {}, [(8, "Y")], "2022-06-10", [(1, "met in time"), (8, "not applicable")]),
    ("closed after it was due", {}, [(8, "Y")], "2022-06-20", [(1, "met in time"), (8, "no evidence")]),
    ("wants no updates", {"is_opted_out": "Y"}, [(8, "Y")], "", []),
    ("wants no contact", {"contact_preference": "none"}, [], "", []),
    ("chose no frequency", {"contact_frequency_days": ""}, [], "", []),
    ("chose every month", {"contact_frequency_days": "30"}, [], "", [(1, "not yet due")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "victim", "told", "closed", "expected"), TURNS, ids=[t[0] for t in TURNS])
def test_each_turn(
    tmp_path: Path,
    what: str,
    victim: dict[str, str],
    told: list[tuple[int, str]],
    closed: str,
    expected: list[tuple[int, str]],
) -> None:
    contacts = [
        {"contact_ref": f"K{n}", "crime_ref": "C1", "person_ref": "V1", "contacted_at": f"2022-06-{day:02}T{10 + n % 3}:00:00",
         "about": "update", "is_successful": said}
        for n, (day, said) in enumerate(told)
    ]  # fmt: skip
    tables = {"crimes": [{**CRIME, "investigation_filed_on": closed}], "people": [{**WEEKLY, **victim}]}
    held = records(tmp_path, **tables, **({"victim_contacts": contacts} if contacts else {}))
    found = chosen_contacts(held, FORCE, JULY)
    assert [(on.day, state) for on, state in found.select("from_on", "state").iter_rows()] == expected, what


def test_what_is_due_is_listed_by_team_until_the_record_shows_it(tmp_path: Path) -> None:
    held = records(tmp_path, crimes=[CRIME, {**CRIME, "crime_ref": "C2", "status": "cancelled"}],
                   people=[WEEKLY, {**WEEKLY, "crime_ref": "C2"}])  # fmt: skip
    early = chosen_contacts(held, FORCE, date(2022, 6, 3))
    assert contacts_due(early, date(2022, 6, 7)).is_empty()
    [row] = contacts_due(early, date(2022, 6, 8)).to_dicts()
    assert (row["crime_ref"], row["due_on"], row["team"], row["state"]) == (
        "C1",
        date(2022, 6, 8),
        "North / Response",
        "not yet due",
    )


REVIEWS = [
    # reviews in June, days between, by which day, and what stands in the diary: last review and due
    ("never reviewed", [], 28, 29, [(None, date(2022, 6, 29))]),
    ("not due yet", [], 28, 28, []),
    ("reviewed", [20], 28, 30, []),
    ("reviewed, and due again", [2, 9], 14, 30, [(date(2022, 6, 9), date(2022, 6, 23))]),
]


@pytest.mark.parametrize(("what", "reviews", "every", "until", "expected"), REVIEWS, ids=[r[0] for r in REVIEWS])
def test_the_review_diary(
    tmp_path: Path, what: str, reviews: list[int], every: int, until: int, expected: list[tuple[date | None, date]]
) -> None:
    events = [
        {"crime_ref": "C1", "kind": "supervisor_review", "happened_at": f"2022-06-{day:02}T09:00:00", "person_ref": ""}
        for day in reviews
    ]  # fmt: skip
    closed = {**CRIME, "crime_ref": "C2", "investigation_filed_on": "2022-06-05"}
    held = records(tmp_path, crimes=[CRIME, closed], **({"investigation_events": events} if events else {}))
    found = review_diary(held, FORCE, date(2022, 6, 25), date(2022, 6, until), every)
    assert [(r["last_review_on"], r["due_on"]) for r in found.to_dicts()] == expected, what
    assert found["is_overdue"].to_list() == [due < date(2022, 6, 25) for _, due in expected]
    with pytest.raises(RequestInvalid):
        review_diary(held, FORCE, JULY, JULY, 0)
