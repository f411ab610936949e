"""Personal statements: offered in bounds, made, declined, and not recorded apart from not offered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fourfold.analysis.clocks import known
from fourfold.analysis.findings import Finding
from fourfold.analysis.personal_statements import STATES, personal_statements
from fourfold.analysis.states import journey_of, kept_states
from fourfold.analysis.timelines import Line, clock_lines, day_line, timeline, voice_lines
from fourfold.analysis.victims_code import Rules
from fourfold.codes.periods import parse_window
from fourfold.codes.working_days import local_date
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records
from tests.analysis.test_clocks import REQUEST, THING
from tests.analysis.test_complaints import given as complaints
from tests.analysis.test_entitlements import CRIME, FORCE, VICTIM, records
from tests.analysis.test_right_to_review import given as reviews

JUNE = parse_window("2022-06", "2022-06")
QUARTER = parse_window("2022-04", "2022-06")

CASES = [
    # the victim, what the statements' file says, what became of the offer
    ("V1", ("offered", "made"), "made"),
    ("V2", ("offered", "declined"), "declined"),
    ("V3", ("offered",), "offered, answer not recorded"),
    ("V4", (), "not recorded"),
    ("V5", ("made", "updated"), "made"),
    ("V6", ("declined", "made"), "made"),  # changed their mind
    ("V7", (), "offered, answer not recorded"),  # a contact about it
    ("V8", (), "declined"),  # a contact in which it was declined
]


def _tables() -> dict[str, list[dict[str, str]]]:
    statements = [
        {"crime_ref": "C1", "person_ref": who, "happened_at": f"2022-06-{10 + n}T10:00:00", "what": what}
        for who, said, _ in CASES for n, what in enumerate(said)
    ]  # fmt: skip
    contact = {
        "crime_ref": "C1",
        "contacted_at": "2022-06-08T10:00:00",
        "about": "personal_statement",
        "method": "phone",
    }
    contacts = [{**contact, "contact_ref": "T7", "person_ref": "V7", "is_declined": ""},
                {**contact, "contact_ref": "T8", "person_ref": "V8", "is_declined": "Y"}]  # fmt: skip
    people = [
        {**VICTIM, "person_ref": who, "sex": "female" if n % 2 else "male"} for n, (who, _, _) in enumerate(CASES)
    ]
    return {"crimes": [CRIME], "people": people, "victim_contacts": contacts, "personal_statements": statements}


@pytest.fixture
def held(tmp_path: Path) -> Records:
    return records(tmp_path, **_tables(), complaints=complaints(), review_requests=reviews())


def shown(held: Records, by: str | None = None, states: pl.LazyFrame | None = None) -> Finding:
    own = kept_states(held, FORCE, Rules()).states() if states is None else states
    return personal_statements(own, held, Rules(), FORCE, QUARTER if by == "sex" else JUNE, by)


def row(found: Finding) -> dict[str, Any]:
    assert found.table is not None
    [only] = found.table.records()
    return only


def test_what_became_of_each_offer_and_the_bounds(held: Records) -> None:
    found = shown(held)
    counted = row(found)
    told = [became for _, _, became in CASES]
    assert {state: counted[state] for state in STATES} == {state: told.count(state) for state in STATES}
    assert (counted["victims"], counted["offered"]) == (8, 7)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (87.5, 100)
    assert (counted["least made"], counted["most made"]) == (pytest.approx(300 / 7), pytest.approx(500 / 7))


def test_what_a_record_says_was_not_offered_is_not_what_nothing_says(held: Records) -> None:
    states = kept_states(held, FORCE, Rules()).states()
    is_v4 = pl.col("person_ref") == "V4"
    said = states.with_columns(state=pl.when(is_v4).then(pl.lit("not met")).otherwise(pl.col("state").cast(pl.String)))
    counted = row(shown(held, states=said))
    assert (counted["not offered"], counted["not recorded"]) == (1, 0)
    assert (counted["lower"], counted["upper"]) == (87.5, 87.5)


def test_splits_and_small_numbers(tmp_path: Path) -> None:
    told = _tables()
    beyond = {
        **told["victim_contacts"][0],
        "contact_ref": "T9",
        "contacted_at": "2022-07-01T10:00:00",
        "about": "other",
    }
    told["victim_contacts"].append(beyond)  # the extract goes beyond the quarter
    held = records(tmp_path, **told)
    by_unit = row(shown(held, "unit"))
    assert (by_unit["unit"], by_unit["victims"]) == ("North", 8)
    by_sex = shown(held, "sex")
    assert by_sex.table is not None
    assert all(r["victims"] is None and r["lower"] is None for r in by_sex.table.records())
    with pytest.raises(RequestInvalid):
        shown(held, "right")
    states = kept_states(held, FORCE, Rules()).states()
    for window, offence in ((JUNE, None), (QUARTER, "robbery")):
        with pytest.raises(RequestInvalid):
            personal_statements(states, held, Rules(), FORCE, window, "sex", offence)


def test_one_timeline_of_crime_contacts_duties_complaints_statements_and_reviews(held: Records) -> None:
    told = journey_of(held, FORCE, Rules(), "C1", "V1")
    lines = timeline(told, voice_lines(held, FORCE, "C1", "V1", {}))
    assert {line.sort for line in lines} == {"record", "duty", "complaint", "statement", "review"}
    duties = [line.what.partition(": ")[2] for line in lines if line.sort == "duty"]
    assert sorted(duties) == sorted(duty.obligation.title for duty in told.duties), "each thing owed stands there once"
    days = [line.at.astimezone().date() for line in lines]
    assert [line.at for line in lines if not line.is_day] == sorted(line.at for line in lines if not line.is_day)
    assert len(days) == len(lines)
    of_complaint = [line.what + ": " + line.about for line in lines if line.about.startswith("K1")]
    assert of_complaint == ["complaint received: K1; property; right 10", "complaint acknowledged: K1",
                            "complaint closed: K1; service recovery; service not acceptable"]  # fmt: skip
    assert [line.what for line in lines].count("complained") == 0, "told twice"
    assert any(line.about == "R1; a decision by the police" for line in lines)
    assert any(line.what == "personal statement made" for line in lines)
    # another victim of the crime has none of them
    others = voice_lines(held, FORCE, "C1", "V2", {})
    assert {line.sort for line in others} == {"statement"}


def test_a_complaint_or_review_that_names_nobody_stands_on_no_other_victims_journey(tmp_path: Path) -> None:
    nobody = {"crime_ref": "C1", "person_ref": "", "received_on": "2022-05-10"}
    for n, people in enumerate(([VICTIM], [VICTIM, {**VICTIM, "person_ref": "V2"}])):
        folder = tmp_path / str(n)
        folder.mkdir()
        tables = {**_tables(), "people": people}
        held = records(folder, **tables, complaints=[{**nobody, "complaint_ref": "K9"}],
                       review_requests=[{**nobody, "review_ref": "R9"}])  # fmt: skip
        sorts = [line.sort for victim in ("V1", "V2") for line in voice_lines(held, FORCE, "C1", victim, {})]
        told = [sort for sort in sorts if sort in ("complaint", "review")]
        assert told == ([] if n else ["complaint", "review"])


def test_the_clocks_stand_in_the_same_order_each_from_its_day_and_to_its_end(tmp_path: Path) -> None:
    late = {**REQUEST, "request_ref": "R2", "returned_on": "2022-05-20"}
    early = {**REQUEST, "request_ref": "R3", "returned_on": "2022-04-01"}  # before it was received: no evidence
    held = records(tmp_path, **_tables(), cica_requests=[late, early], property=[THING])
    lines = clock_lines(known(held, FORCE), "C1", "V1")
    told = [(line.what, line.about) for line in lines if line.what.startswith("ended")]
    assert told == [("ended: Compensation Authority asked for information", "answered in time, due 31 May 2022")]
    assert all(line.is_day and line.sort == "clock" for line in lines)
    whole = timeline(journey_of(held, FORCE, Rules(), "C1", "V1"), lines)
    assert {"record", "duty", "clock"} == {line.sort for line in whole}
    assert [local_date(line.at) for line in whole] == sorted(local_date(line.at) for line in whole)


def test_a_day_stands_before_its_minutes_by_the_clock_of_london(held: Records) -> None:
    told = replace(journey_of(held, FORCE, Rules(), "C1", "V1"), entries=(), duties=())
    given = [
        Line(datetime(2022, 6, 8, 23, 30, tzinfo=UTC), False, "statement", "half past midnight on the 9th"),
        day_line(date(2022, 6, 9), "review", "the 9th"),
        Line(datetime(2022, 6, 8, 22, 30, tzinfo=UTC), False, "statement", "half past eleven on the 8th"),
        day_line(date(2022, 6, 8), "clock", "the 8th"),
    ]
    assert [line.what for line in timeline(told, given)] == [
        "the 8th", "half past eleven on the 8th", "the 9th", "half past midnight on the 9th",
    ]  # fmt: skip
