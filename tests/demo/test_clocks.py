"""What was planted of compensation, property and waits for others is recovered, against plain loops over the files."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fourfold.analysis import clocks
from fourfold.analysis.clocks import Known
from fourfold.records.as_at import records_as_at
from tests.demo.conftest import Saltmere

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def its(saltmere: Saltmere) -> Known:
    return clocks.known(records_as_at(Path(saltmere.fourfold.home), datetime.now(UTC)), "saltmere")


def test_the_requests_about_compensation_are_those_of_the_files(saltmere: Saltmere, its: Known) -> None:
    expected: Counter[str] = Counter()
    for row in {r["request_ref"]: r for r in saltmere.rows("cica_requests")}.values():
        received = date.fromisoformat(row["received_on"])
        if row["returned_on"]:
            took = (date.fromisoformat(row["returned_on"]) - received).days
            expected["answered in time" if took <= 30 else "answered late"] += 1
            assert bool(row["delay_reason"]) == (took > 30), "planted: a reason where it was late"
        else:
            expected["not yet due" if (its.day - received).days <= 30 else "no evidence"] += 1
    found = clocks.compensation_requests(its)
    assert dict(found.group_by("state").len().iter_rows()) == dict(expected)


def test_the_property_held_is_that_of_the_files(saltmere: Saltmere, its: Known) -> None:
    rows = {(r["property_ref"], r["crime_ref"], r["change"], r["changed_at"]): r for r in saltmere.rows("property")}
    since: dict[tuple[str, str], str] = {}
    ended: Counter[str] = Counter()
    rank = {"held": 0, "returned": 1, "lost": 1}
    for row in sorted(rows.values(), key=lambda r: (r["changed_at"], rank.get(r["change"], 0))):
        thing = (row["property_ref"], row["crime_ref"])
        if row["change"] == "held":
            since.setdefault(thing, row["held_reason"])
        elif row["change"] in ("returned", "lost") and thing in since:
            since.pop(thing)
            ended[row["change"]] += 1
    found = clocks.property_held(its)
    assert found.value == len(since)
    assert found.table is not None
    assert {str(r[0]): r[1] for r in found.table.rows} == dict(Counter(since.values()))
    assert {name: found.parameters[name] for name in ("returned", "lost")} == {
        "returned": ended["returned"],
        "lost": ended["lost"],
    }


def test_the_moved_trials_wait_for_courts_and_devices_are_held_nowhere(saltmere: Saltmere, its: Known) -> None:
    moved = [r for r in {r["notice_ref"]: r for r in saltmere.rows("notices")}.values() if r["kind"] == "trial_moved"]
    sent = {r["submission_ref"] for r in saltmere.rows("precharge_submissions")}
    waits = clocks.external_delays(its)
    of_courts = waits.filter((waits["body"] == "court") & (waits["reason"] != "property held"))
    assert dict(of_courts.group_by("reason").len().iter_rows()) == dict(Counter(r["delay_reason"] for r in moved))
    assert waits.filter(waits["body"] == "prosecutor").height == len(sent)
    assert set(clocks.delays(its).parameters["held nowhere"]) == {"digital_devices", "other_force"}
