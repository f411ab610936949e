"""The return's lines: what is wrong with one, what a supplement says, and any layout to write them in."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis.findings import wilson
from fourfold.analysis.outcome_returns import (
    CHANGED,
    LOOK,
    NEW,
    WITHDRAWN,
    WRONG,
    Line,
    beside_last_month,
    checked,
    outcome_rate,
    standing,
    supplement,
)
from fourfold.analysis.volumes import Scope
from fourfold.codes.periods import Window
from fourfold.errors import LayoutUnknown
from fourfold.publications.returns import layout_from_file, return_file
from fourfold.records.as_at import records_as_at
from tests.records.extracts import at, put

OCTOBER = date(2022, 10, 1)
GOOD = Line(
    report_ref="NFRC1", package_ref="NFIB-1", nfib_code="NFIB90", disseminated_on="2022-06-01", received_on="2022-06-02",
    local_crime_ref="20SM/1", victim_type="person", status="closed", outcome_type="1", outcome="Charged or summonsed",
    outcome_on="2022-10-04", offenders=1,
)  # fmt: skip
OTHER = replace(GOOD, report_ref="NFRC2", package_ref="NFIB-2")

# What is changed of a good line, and what is said of it.
CASES = [
    ({}, set()),
    ({"outcome": "", "outcome_type": "99"},
     {(WRONG, "the outcome type is not on the Home Office list"), (LOOK, "offenders without a positive outcome")}),
    ({"outcome": "Not yet assigned", "outcome_type": "0", "offenders": 0}, {(WRONG, "“not yet assigned” is no outcome")}),
    ({"package_ref": ""}, {(WRONG, "no dissemination of this report is held")}),
    ({"outcome_on": "2022-05-31"}, {(WRONG, "the outcome is before the dissemination")}),
    ({"offenders": 0}, {(LOOK, "a positive outcome without an offender")}),
    ({"offenders": None}, {(LOOK, "a positive outcome without an offender")}),
    ({"outcome_type": "18", "outcome": "Investigation complete"}, {(LOOK, "offenders without a positive outcome")}),
    ({"local_crime_ref": ""}, {(LOOK, "the force's own crime reference is not recorded")}),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "said"), CASES)
def test_what_is_amiss_with_a_line(changed: dict[str, object], said: set[tuple[str, str]]) -> None:
    found = checked([OTHER, replace(GOOD, **changed)])  # type: ignore[arg-type]
    assert {(f.grade, f.says) for f in found} == said
    assert all(f.line == 2 for f in found)


def test_a_report_that_stands_twice_or_went_before_is_told() -> None:
    assert [(f.line, f.grade) for f in checked([GOOD, GOOD])] == [(2, WRONG)]
    assert [(f.grade, f.says) for f in checked([GOOD], [GOOD])] == [(WRONG, "this outcome went in an earlier return")]
    other = replace(GOOD, outcome_type="18", outcome="Investigation complete", offenders=0, outcome_on="2022-09-01")
    assert [f.grade for f in checked([GOOD], [other])] == [LOOK]
    withdrawn = replace(GOOD, change=WITHDRAWN)
    assert [f.grade for f in checked([GOOD], [withdrawn])] == [LOOK]
    assert [f.grade for f in checked([GOOD], [GOOD, withdrawn])] == [LOOK], "what was withdrawn may go again"
    assert [f.grade for f in checked([GOOD], [GOOD, withdrawn, replace(GOOD, change=NEW)])] == [WRONG]
    changed = replace(GOOD, outcome_type="3", outcome="Caution", change=CHANGED)
    back = replace(GOOD, change=CHANGED)
    assert checked([back], [GOOD, changed]) == (), "what was changed may be changed back"


PUT_RIGHT = [
    # what the supplement says of a report that went, as a superintendent would put it, and what is amiss with it
    ("one offender more", [replace(GOOD, offenders=2, change=CHANGED)], []),
    ("the package's own reference was wrong", [replace(GOOD, package_ref="P9", change=NEW), replace(GOOD, change=WITHDRAWN)], []),
    ("the same again", [replace(GOOD, package_ref="P9", change=NEW)], [WRONG]),
    ("another, a week on", [replace(GOOD, outcome_type="3", outcome="Caution", outcome_on="2022-10-11", change=NEW)], [LOOK]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "every", "grades"), PUT_RIGHT, ids=[one[0] for one in PUT_RIGHT])
def test_what_went_is_put_right_in_a_supplement(what: str, every: list[Line], grades: list[str]) -> None:
    assert [fault.grade for fault in checked(every, [GOOD])] == grades, what


def test_of_two_outcomes_of_a_report_in_a_month_the_later_speaks_and_both_are_looked_at() -> None:
    first, later = GOOD, replace(GOOD, outcome_type="3", outcome="Caution", outcome_on="2022-10-11")
    assert [(f.line, f.grade) for f in checked([first, later])] == [(2, LOOK)]
    assert supplement([first, later], [first, later]) == ()
    assert list(standing([first, later]).values()) == [later]


def test_a_supplement_says_what_is_new_changed_and_withdrawn() -> None:
    gone, stays, differs, came = (replace(GOOD, report_ref=f"NFRC{n}") for n in range(4))
    now = [stays, replace(differs, outcome_type="3", outcome="Caution"), came]
    found = supplement(now, [gone, stays, differs])
    assert {(line.report_ref, line.change) for line in found} == {
        ("NFRC0", WITHDRAWN),
        ("NFRC2", CHANGED),
        ("NFRC3", NEW),
    }
    assert supplement(now, [gone, stays, differs, *found]) == (), "and then nothing is late"
    assert supplement([replace(stays, status="received")], [stays]) == (), "where a case stands is not told"


LINES = st.lists(
    st.builds(
        lambda ref, kind, offenders: replace(GOOD, report_ref=f"NFRC{ref}", outcome_type=kind, offenders=offenders),
        st.integers(0, 8), st.sampled_from(["1", "3", "18"]), st.integers(0, 2),
    ),
    max_size=8, unique_by=lambda line: line.report_ref,
)  # fmt: skip


@given(st.lists(LINES, min_size=1, max_size=5))
def test_the_return_and_its_supplements_together_say_what_stands_now(states: list[list[Line]]) -> None:
    sent: list[Line] = list(states[0])
    for now in states[1:]:
        sent += supplement(now, sent)
    stands: dict[str, Line] = {}
    for line in sent:
        if line.change == WITHDRAWN:
            del stands[line.report_ref]
        else:
            stands[line.report_ref] = replace(line, change="")
    assert {(k, v.outcome_type, v.offenders) for k, v in stands.items()} == {
        (line.report_ref, line.outcome_type, line.offenders) for line in states[-1]
    }


def test_beside_the_month_before() -> None:
    found = beside_last_month(
        [GOOD, replace(OTHER, outcome_type="18", outcome="Complete")], [replace(GOOD, change=WITHDRAWN), OTHER]
    )
    assert [(b.outcome_type, b.before, b.now) for b in found] == [("1", 1, 1), ("18", 0, 1)]


WRITTEN = [
    # what the layout says besides its columns, a column of theirs = ours, and what the line says under it
    ("", "report_ref", "NFRC1"), ("", "", ""), ("", "force", "saltmere"), ("", "force_name", "Saltmere Constabulary (FICTITIOUS)"),
    ('codes.force.saltmere = "99"', "force", "99"), ("", "month", "2022-10"), ('months = "%B %Y"', "month", "October 2022"),
    ("", "outcome_on", "2022-10-04"), ('days = "%d/%m/%Y"', "outcome_on", "04/10/2022"),
    ('codes.outcome_type.1 = "CHARGE"', "outcome_type", "CHARGE"), ("", "outcome_type", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "ours", "written"), WRITTEN)
def test_a_return_is_written_in_any_layout(tmp_path: Path, said: str, ours: str, written: str) -> None:
    layout = tmp_path / "layout.toml"
    layout.write_text(f'{said}\n[columns]\n"Their own" = "{ours}"\n')
    content = return_file([GOOD], layout_from_file(layout), force_id="saltmere", month=OCTOBER)
    assert list(csv.reader(io.StringIO(content))) == [["Their own"], [written]]


def test_a_return_in_no_layout_says_whose_it_is_and_of_which_month() -> None:
    rows = list(csv.DictReader(io.StringIO(return_file([GOOD, OTHER], force_id="saltmere", month=OCTOBER))))
    assert {(row["force"], row["month"]) for row in rows} == {("saltmere", "2022-10")}
    assert [row["report_ref"] for row in rows] == [GOOD.report_ref, OTHER.report_ref]


def test_a_layout_that_names_what_a_return_does_not_have_is_refused(tmp_path: Path) -> None:
    layout = tmp_path / "layout.toml"
    layout.write_text('[columns]\n"Crime Ref" = "reference"\n')
    with pytest.raises(LayoutUnknown, match="does not have"):
        layout_from_file(layout)
    layout.write_text("columns = 3\n")
    with pytest.raises(LayoutUnknown):
        layout_from_file(layout)


def test_a_ratio_to_other_reports_has_no_interval_and_the_share_so_far_has_one(tmp_path: Path) -> None:
    sent = [
        {"force": "saltmere", "report_ref": f"R{n}", "package_ref": f"P{n}", "disseminated_on": "2022-10-05"}
        for n in range(4)
    ]
    given = [
        {"force": "saltmere", "report_ref": ref, "outcome_type": "1", "outcome_on": on}
        for ref, on in (("R0", "2022-11-03"), ("OLD1", "2022-10-06"), ("OLD2", "2022-10-07"))
    ]
    lists = [{"force": "saltmere", "report_ref": "R0", "reported_at": "2022-10-04T10:00:00"}]
    put(tmp_path / "home", tmp_path, at(1, 12), "fraud_disseminations_action_fraud", sent, "2022-10")
    put(tmp_path / "home", tmp_path, at(1, 12), "fraud_outcomes_action_fraud", given, "2022-10_to_2022-11")
    put(tmp_path / "home", tmp_path, at(1, 12), "fraud_victims_action_fraud", lists, "2022-10")
    held = records_as_at(tmp_path / "home", at(2, 12))
    found = outcome_rate(held, Scope(force_id="saltmere"), Window(date(2022, 10, 1), date(2022, 10, 31)))
    assert (found.value, found.interval) == (50, None), "two outcomes of older reports, beside four that were sent"
    assert found.table is not None
    assert found.table.rows[:2] == (
        ("disseminated in the window", 2, 4, 50, None, None), ("all reports of the window", 2, 1, 200, None, None),
    )  # fmt: skip
    assert found.table.rows[2] == ("those disseminated in the window, so far", 1, 4, 25, *wilson(1, 4))
