"""The contact diary: chosen frequencies turn by turn, and supervisors' reviews, as a supervisor would read them off a calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fourfold.analysis.compliance import Asked, compliance, recording_gaps
from fourfold.analysis.contact_diary import (
    CHOSEN,
    chosen_contacts,
    chosen_states,
    contacts_due,
    review_diary,
    with_chosen,
)
from fourfold.analysis.states import kept_states
from fourfold.analysis.victims_code import Rules
from fourfold.codes.periods import parse_window
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
    # the extract that shows the choice came in on 1 July: before that day it may have been made or not
    ("wants no updates", {"is_opted_out": "Y"}, [(8, "Y")], "", [(1, "met in time"), (8, "no evidence")]),
    ("wants no updates, told late once", {"is_opted_out": "Y"}, [(10, "Y")], "", [(1, "no evidence"), (10, "no evidence")]),
    ("wants no updates by the due day", {"is_opted_out": "Y"}, [(8, "Y"), (15, "Y"), (22, "Y"), (29, "Y")], "",
     [(1, "met in time"), (8, "met in time"), (15, "met in time"), (22, "met in time"), (29, "declined by the victim")]),
    ("wants no updates, and the crime was closed", {"is_opted_out": "Y"}, [(8, "Y")], "2022-06-10",
     [(1, "met in time"), (8, "not applicable")]),
    ("wants no contact", {"contact_preference": "none"}, [], "", [(1, "no evidence")]),
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


CALLS = [
    # what a contact of 8 June with a victim who chose each week says, and the turns up to 14 June
    ("to the victim", {"direction": "to_victim"}, ["met in time", "not yet due"]),
    ("whose it was is not recorded", {}, ["met in time", "not yet due"]),
    ("from the victim", {"direction": "from_victim", "is_successful": ""}, ["no evidence"]),
    ("from the victim, who was told of an update", {"direction": "from_victim"}, ["met in time", "not yet due"]),
    ("from the victim, of nothing said", {"direction": "from_victim", "about": ""}, ["no evidence"]),
    ("from the victim, of something else", {"direction": "from_victim", "about": "other"}, ["no evidence"]),
    ("from the victim, not answered", {"direction": "from_victim", "is_successful": "N"}, ["no evidence"]),
]


@pytest.mark.parametrize(("what", "said", "states"), CALLS, ids=[c[0] for c in CALLS])
def test_a_call_from_the_victim_meets_a_turn_only_where_they_were_told_in_it(
    tmp_path: Path, what: str, said: dict[str, str], states: list[str]
) -> None:
    contact = {"contact_ref": "K1", "crime_ref": "C1", "person_ref": "V1", "contacted_at": "2022-06-08T10:00:00",
               "about": "update", "is_successful": "Y", "method": "phone", **said}  # fmt: skip
    held = records(tmp_path, crimes=[CRIME], people=[WEEKLY], victim_contacts=[contact])
    assert chosen_contacts(held, FORCE, date(2022, 6, 14))["state"].to_list() == states, what


def test_nobody_is_to_call_a_victim_who_wants_no_updates_now(tmp_path: Path) -> None:
    silent = {**WEEKLY, "is_opted_out": "Y"}
    turns = chosen_contacts(records(tmp_path, crimes=[CRIME], people=[silent]), FORCE, JULY)
    assert turns.select("state", "lacking").rows() == [("no evidence", "day of opting out")]
    assert contacts_due(turns, date(2022, 7, 7)).is_empty()


MOTHER = {**VICTIM, "person_ref": "M1", "role": "parent", "for_person_ref": "V1"}
WHOM = [
    # whom a weekly contact was with, the people of the crime, and what becomes of the victim's turns
    ("the child's mother", "M1", [WEEKLY, MOTHER], ["met in time", "not yet due"]),
    ("nobody named, of a crime of one victim", "", [WEEKLY], ["met in time", "not yet due"]),
    ("nobody named, of a crime of two", "", [WEEKLY, {**VICTIM, "person_ref": "V2"}], ["no evidence"]),
    ("somebody else", "V2", [WEEKLY, {**VICTIM, "person_ref": "V2"}], ["no evidence"]),
    ("the dead victim's brother, who chose it", "B1",
     [{**WEEKLY, "person_ref": "B1", "role": "bereaved_relative", "for_person_ref": "V1"}], ["met in time", "not yet due"]),
    ("a firm that chose it", "F1", [{**WEEKLY, "person_ref": "F1", "role": "organisation"}], ["met in time", "not yet due"]),
]  # fmt: skip


@pytest.mark.parametrize(("whom", "person", "people", "states"), WHOM, ids=[one[0] for one in WHOM])
def test_a_contact_counts_for_the_victim_whom_it_concerns(
    tmp_path: Path, whom: str, person: str, people: list[dict[str, str]], states: list[str]
) -> None:
    contact = {"contact_ref": "K1", "crime_ref": "C1", "person_ref": person, "contacted_at": "2022-06-08T10:00:00",
               "about": "update", "is_successful": "Y"}  # fmt: skip
    found = chosen_contacts(
        records(tmp_path, crimes=[CRIME], people=people, victim_contacts=[contact]), FORCE, date(2022, 6, 14)
    )
    assert found["state"].to_list() == states, whom


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


def test_chosen_contacts_stand_among_the_figures_of_compliance(tmp_path: Path) -> None:
    """Of those who chose each week one met in time twice and then without evidence, one late once; and one who wants no updates now,
    met in time once and then perhaps owed nothing."""
    days = {"V1": (8, 15), "V2": (10,), "V3": (8,)}
    contacts = [
        {"contact_ref": f"{who}{day}", "crime_ref": "C1", "person_ref": who, "contacted_at": f"2022-06-{day:02}T10:00:00",
         "about": "update", "is_successful": "Y"}
        for who, told in days.items() for day in told
    ]  # fmt: skip
    beyond = {**contacts[0], "contact_ref": "of July", "crime_ref": "C9", "contacted_at": "2022-07-01T10:00:00"}
    contacts.append(beyond)  # so that the extract goes beyond the quarter
    people = [
        WEEKLY, {**WEEKLY, "person_ref": "V2", "sex": "female"}, {**WEEKLY, "person_ref": "V3", "is_opted_out": "Y"}
    ]  # fmt: skip
    held = records(tmp_path, crimes=[CRIME], people=people, victim_contacts=contacts)
    turns = chosen_contacts(held, FORCE, JULY)
    kept = kept_states(held, FORCE, Rules()).states()
    states, rules = chosen_states(turns.lazy(), kept), with_chosen(Rules())
    asked = Asked(force_id=FORCE, window=parse_window("2022-06", "2022-06"), scheme=CHOSEN.scheme)
    found = compliance(states, held, rules, asked)
    # V1: from 1 and 8 June in time, from 15 June without evidence; V2: from 1 June late, from 10 June without evidence;
    # V3: from 1 June in time, from 8 June it is not recorded whether the choice of no updates came before it was due
    assert (found.n, found.verdict) == (7, "between 43% and 86%")
    assert found.table is not None
    [row] = found.table.records()
    assert [row[state] for state in ("met in time", "met late", "no evidence")] == [3, 1, 3]
    by_victim = compliance(states, held, rules, replace(asked, by_victim=True))
    assert (by_victim.n, by_victim.verdict) == (3, "between 0% and 67%")
    by_team = compliance(states, held, rules, asked, "team").table
    assert by_team is not None
    assert [r[:2] for r in by_team.rows] == [("North / Response", 7)]
    by_offence = compliance(states, held, rules, asked, "offence").table
    assert by_offence is not None
    assert [r[1] for r in by_offence.rows] == [7]
    gaps = recording_gaps(states, held, rules, asked)
    assert gaps.value == 3
    lacks = gaps.parameters["by what is lacking"]
    assert (lacks["any contact"], lacks["day of opting out"]) == (2, 1)
    assert compliance(states, held, rules, replace(asked, window=parse_window("2022-07", "2022-07"))).n == 0
    quarter = replace(asked, window=parse_window("2022-04", "2022-06"))
    by_sex = compliance(states, held, rules, quarter, "sex").table
    assert by_sex is not None
    assert {r[4] for r in by_sex.rows} == {None}, "so few are told of nobody"
    assert compliance(kept, held, rules, replace(asked, scheme="victims_code")).n == compliance(
        kept, held, Rules(), replace(asked, scheme="victims_code")
    ).n, "nothing else is counted otherwise"  # fmt: skip
