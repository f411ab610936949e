"""Clocks beside the Code: requests about compensation, property held, and waits for others, against plain loops."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest

from fourfold.analysis import clocks
from fourfold.analysis.clocks import Known
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from tests.analysis.test_entitlements import CRIME, FORCE, records

TODAY = date(2022, 7, 1)
REQUEST = {"request_ref": "R1", "crime_ref": "C1", "person_ref": "V1", "received_on": "2022-05-01", "returned_on": "",
           "delay_reason": ""}  # fmt: skip
ALL = Window(date(2022, 1, 1), date(2022, 7, 1))

REQUESTS = [
    # received, answered, its state as at 1 July, days
    ("2022-05-01", "2022-05-31", "answered in time", 30),
    ("2022-05-01", "2022-06-01", "answered late", 31),
    ("2022-06-01", "", "not yet due", 30),
    ("2022-05-31", "", "no evidence", 31),
    ("2022-05-01", "2022-05-01", "answered in time", 0),
    ("2022-05-01", "2022-04-30", "no evidence", 61),
]


def its(tmp_path: Path, **tables: list[dict[str, str]]) -> Known:
    tmp_path.mkdir(exist_ok=True)
    return Known(records(tmp_path, **tables), FORCE, TODAY)


@pytest.mark.parametrize(("received", "returned", "state", "days"), REQUESTS)
def test_a_request_has_thirty_days_from_its_receipt(
    received: str, returned: str, state: str, days: int, tmp_path: Path
) -> None:
    row = {**REQUEST, "received_on": received, "returned_on": returned}
    found = clocks.compensation_requests(its(tmp_path, crimes=[CRIME], cica_requests=[row]))
    assert found.select("state", "days", "team").rows() == [(state, days, "North / Response")]
    assert found["due_on"].item() == date.fromisoformat(received) + timedelta(days=30)


def test_requests_in_bounds_and_without_evidence_never_read_as_late(tmp_path: Path) -> None:
    rows = [
        {**REQUEST, "request_ref": f"R{n}", "received_on": received, "returned_on": returned,
         "delay_reason": "staffing" if state == "answered late" else ""}
        for n, (received, returned, state, _) in enumerate(REQUESTS)
    ]  # fmt: skip
    held = its(tmp_path, crimes=[CRIME], cica_requests=rows)
    found = clocks.compensation_returns(held, ALL)
    assert found.table is not None
    assert found.table.rows == (("all", 6, 5, 2, 1, 2, 1, 40.0, 80.0),)
    assert (found.n, found.verdict, found.parameters["answered before receipt"]) == (5, "between 40% and 80%", 1)
    by_reason = clocks.compensation_returns(held, ALL, "reason").table
    assert by_reason is not None
    assert [(r[0], r[1]) for r in by_reason.rows] == [("not recorded", 5), ("staffing", 1)]
    by_month = clocks.compensation_returns(held, ALL, "month").table
    assert by_month is not None
    assert [r[0] for r in by_month.rows] == ["2022-05", "2022-06"]
    assert (
        clocks.compensation_returns(held, Window(date(2021, 1, 1), date(2021, 2, 1))).verdict == "none has run its days"
    )
    with pytest.raises(RequestInvalid):
        clocks.compensation_returns(held, ALL, "weather")
    with pytest.raises(NothingHeld):
        clocks.compensation_requests(its(tmp_path / "other", crimes=[CRIME]))


THING = {"property_ref": "P1", "crime_ref": "C1", "kind": "bicycle", "change": "held", "changed_at": "2022-05-01T10:00:00",
         "held_reason": "evidence", "for_person_ref": "V1"}  # fmt: skip

PROPERTY = [
    # what is recorded of it, what is told: its state, how long, last review, whether no review is recorded in 28 days
    ("held", [("held", 1)], ("held", 61, None, True)),
    ("held lately", [("held", 50)], ("held", 12, None, False)),
    ("looked at again", [("held", 1), ("held", 41)], ("held", 61, date(2022, 6, 10), False)),
    ("returned", [("held", 1), ("returned", 11)], ("returned", 10, None, False)),
    ("lost", [("held", 1), ("lost", 31)], ("lost", 30, None, False)),
]


@pytest.mark.parametrize(("what", "changes", "expected"), PROPERTY, ids=[p[0] for p in PROPERTY])
def test_property_is_held_until_it_is_returned_or_lost(
    what: str, changes: list[tuple[str, int]], expected: tuple[object, ...], tmp_path: Path
) -> None:
    rows = [
        {**THING, "change": change, "changed_at": f"{date(2022, 4, 30) + timedelta(days=day)}T10:00:00"}
        for change, day in changes
    ]
    found = clocks.held_property(its(tmp_path, crimes=[CRIME], property=rows))
    assert found.select("state", "days", "reviewed_on", "lacks_review").rows() == [expected]
    assert found["person_ref"].to_list() == ["V1"]


def test_spells_of_property_are_those_of_a_plain_loop(tmp_path: Path) -> None:
    draw, rows = Random(5), []
    for n in range(40):
        days = sorted(draw.sample(range(120), draw.randint(1, 6)))
        rows += [
            {**THING, "property_ref": f"P{n}", "change": draw.choice(["held", "held", "returned", "lost", "stolen"]),
             "changed_at": f"{date(2022, 1, 1) + timedelta(days=day)}T10:00:00", "held_reason": draw.choice(["evidence", ""])}
            for day in days
        ]  # fmt: skip
    expected, since = [], {}
    for row in sorted(rows, key=lambda r: (r["property_ref"], r["changed_at"])):
        day, thing = date.fromisoformat(row["changed_at"][:10]), row["property_ref"]
        if row["change"] == "held":
            since.setdefault(thing, day)
        elif row["change"] in ("returned", "lost") and thing in since:
            expected.append((thing, since.pop(thing), row["change"], day))
    expected += [(thing, day, "held", None) for thing, day in since.items()]
    held = its(tmp_path, crimes=[CRIME], property=rows)
    found = clocks.held_property(held).select("property_ref", "held_from", "state", "ended_on").rows()
    assert sorted(found, key=str) == sorted(expected, key=str)
    told = clocks.property_held(held)
    assert told.value == len(since)
    assert told.table is not None
    assert sum(int(row[1] or 0) for row in told.table.rows) == len(since)
    unseen = clocks.held_property(held).filter(pl.col("state") == "held")["lacks_review"].sum()
    assert told.parameters["no review recorded"] == unseen > 0
    assert f"no review recorded in 28 days: {unseen}" in str(told.verdict)
    assert "overdue" not in f"{told.verdict} {told.table.columns}", "a review that left no line may have been made"
    assert told.parameters["returned"] == sum(e[2] == "returned" for e in expected)
    with pytest.raises(RequestInvalid):
        clocks.held_property(held, 0)


def test_what_could_go_back_is_told_where_the_investigation_is_filed(tmp_path: Path) -> None:
    crime = {**CRIME, "investigation_filed_on": "2022-06-01"}
    told = clocks.property_held(its(tmp_path, crimes=[crime], property=[THING])).table
    assert told is not None
    [row] = told.rows
    assert row == ("evidence", 1, 1, 61.0, 61, 1, 1)


SENT = {"submission_ref": "S1", "crime_ref": "C1", "submitted_at": "2022-06-01T10:00:00", "kind": "charging_decision",
        "replied_at": ""}  # fmt: skip
MOVED = {"notice_ref": "N1", "crime_ref": "C1", "sent_by": "court", "kind": "trial_moved", "received_at": "2022-06-11T10:00:00",
         "hearing_on": "2022-09-01", "delay_reason": "no courtroom"}  # fmt: skip


@pytest.mark.parametrize(
    ("what", "crime", "submission", "state", "days"),
    [
        ("no reply", {}, {}, "waiting", 30),
        ("a reply", {}, {"replied_at": "2022-06-08T10:00:00"}, "ended", 7),
        ("the investigation is filed", {"investigation_filed_on": "2022-06-20"}, {}, "end not recorded", 30),
        ("it was filed before", {"investigation_filed_on": "2022-05-01"}, {}, "waiting", 30),
    ],
)
def test_a_wait_for_prosecutors_ends_with_their_reply(
    what: str, crime: dict[str, str], submission: dict[str, str], state: str, days: int, tmp_path: Path
) -> None:
    held = its(tmp_path, crimes=[{**CRIME, **crime}], precharge_submissions=[{**SENT, **submission}])
    assert clocks.external_delays(held).select("body", "reason", "state", "days").rows() == [
        ("prosecutor", "charging decision", state, days)
    ]


def test_who_is_waited_for_and_what_no_row_says(tmp_path: Path) -> None:
    held = its(
        tmp_path, crimes=[CRIME], precharge_submissions=[SENT], notices=[MOVED, {**MOVED, "notice_ref": "N2", "delay_reason": "",
        "hearing_on": "2022-06-21"}], property=[{**THING, "held_reason": "awaiting_forensics"}],
    )  # fmt: skip
    found = clocks.delays(held)
    assert (found.value, found.n, found.verdict) == (3, 4, "of 1 crimes; the longest since 1 May 2022")
    assert found.table is not None
    assert [row[:4] + row[5:7] for row in found.table.rows] == [
        ("The Crown Prosecution Service", "charging decision", 1, 30.0, 0, None),
        ("Courts", "no courtroom", 1, 20.0, 0, None),
        ("Courts", "not recorded", 0, None, 1, 10.0),
        ("Forensic examination", "property held", 1, 61.0, 0, None),
        ("Examination of digital devices", "held nowhere", None, None, None, None),
        ("Other forces", "held nowhere", None, None, None, None),
    ]
    assert "digital_devices" in found.parameters["held nowhere"]
    with pytest.raises(NothingHeld):
        clocks.external_delays(its(tmp_path / "other", crimes=[CRIME]))


def test_a_journey_has_the_lines_of_its_own_victim(tmp_path: Path) -> None:
    rows = [REQUEST, {**REQUEST, "request_ref": "R2", "person_ref": "V2"}]
    held = its(tmp_path, crimes=[CRIME], cica_requests=rows, property=[THING, {**THING, "property_ref": "P2", "for_person_ref": ""}],
               precharge_submissions=[SENT])  # fmt: skip
    assert [(line.on, line.what, line.became) for line in clocks.journey_clocks(held, "C1", "V1")] == [
        (date(2022, 5, 1), "Compensation Authority asked for information", "no evidence, due 31 May 2022"),
        (date(2022, 5, 1), "Property held: bicycle", "held: evidence"),
        (date(2022, 6, 1), "Waiting for others: The Crown Prosecution Service (charging decision)", "waiting"),
    ]
    assert clocks.journey_clocks(held, "C9", "V1") == ()


VICTIM = {"crime_ref": "C1", "person_ref": "V1", "role": "victim", "for_person_ref": ""}
WHOSE = [
    # who is in the crime, whose the record says that the thing is, on whose journey it stands
    ("the only victim's, where nobody's is recorded", [VICTIM], "", {"V1"}),
    ("nobody's, where there are two victims", [VICTIM, {**VICTIM, "person_ref": "V2"}], "", set()),
    ("the child's, where it is the mother's",
     [VICTIM, {**VICTIM, "person_ref": "M1", "role": "parent", "for_person_ref": "V1"}], "M1", {"V1"}),
    ("the relative's, where the victim has died",
     [VICTIM, {**VICTIM, "person_ref": "R1", "role": "bereaved_relative", "for_person_ref": "V1"}], "", {"R1"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "people", "whose", "expected"), WHOSE, ids=[w[0] for w in WHOSE])
def test_on_whose_journey_a_thing_stands(
    what: str, people: list[dict[str, str]], whose: str, expected: set[str], tmp_path: Path
) -> None:
    held = its(tmp_path, crimes=[CRIME], people=people, property=[{**THING, "for_person_ref": whose}])
    assert {one for one in ("V1", "V2", "M1", "R1") if clocks.journey_clocks(held, "C1", one)} == expected
