"""Dismantling: parts recovered together are a candidate for a person to judge; what lies together by chance is said to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from fourfold.analysis.dismantling import Candidate, dismantling_places
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records, records_as_at
from tests.records.extracts import put

FORCE = Scope(force_id="leicestershire")
MAY = Window(date(2022, 5, 1), date(2022, 5, 31))
YARD = (455_000, 300_000)
Row = dict[str, str]


def part(crime: str, east: int, north: int, **more: str) -> Row:
    return {"crime_ref": crime, "kind": "vehicle_parts", "change": "recovered", "changed_at": "2022-05-10T12:00:00",
            "easting": str(east), "northing": str(north), **more}  # fmt: skip


def held(tmp_path: Path, things: list[Row], status: str = "recorded") -> Records:
    home, when = tmp_path / "home", datetime(2022, 6, 1, 9, tzinfo=UTC)
    refs = sorted({row["crime_ref"] for row in things})
    crimes = [{"crime_ref": ref, "recorded_at": "2022-05-09T12:00:00", "status": status} for ref in refs]
    crimes.append({"crime_ref": "unit", "recorded_at": "2022-05-03T12:00:00", "location_type": "Warehouse",
                   "easting": str(YARD[0] + 40), "northing": str(YARD[1])})  # fmt: skip
    put(home, tmp_path, when, "crimes", crimes, "2022-05")
    put(home, tmp_path, when, "property", things, "2022-05")
    found = {"crime_ref": refs[0], "vehicle_ref": "V", "easting": str(YARD[0]), "northing": str(YARD[1] + 100)}
    rows = [{**found, "change": "stolen", "changed_at": "2022-05-08T12:00:00"},
            {**found, "change": "found", "changed_at": "2022-05-12T12:00:00"}]  # fmt: skip
    put(home, tmp_path, when, "vehicles", rows, "2022-05")
    return records_as_at(home, datetime(2022, 6, 2, tzinfo=UTC))


def judged(records: Records) -> tuple[Finding, tuple[Candidate, ...]]:
    return dismantling_places(records, FORCE, MAY)


@pytest.mark.parametrize(
    ("told", "things", "candidates"),
    [
        ("three parts of two crimes within reach", [part("A", 0, 0), part("A", 100, 0), part("B", 200, 0)], 1),
        ("three parts of one crime", [part("A", 0, 0), part("A", 100, 0), part("A", 200, 0)], 0),
        ("two parts", [part("A", 0, 0), part("B", 100, 0)], 0),
        ("the third too far off", [part("A", 0, 0), part("B", 100, 0), part("C", 251, 0)], 0),
        ("the third no part", [part("A", 0, 0), part("B", 100, 0), part("C", 200, 0, kind="jewellery")], 0),
        ("the third stolen there, not recovered", [part("A", 0, 0), part("B", 100, 0), part("C", 200, 0, change="stolen")], 0),
        ("the third in April", [part("A", 0, 0), part("B", 9, 0), part("C", 20, 0, changed_at="2022-04-10T12:00:00")], 0),
        ("the third without a point", [part("A", 0, 0), part("B", 100, 0), part("C", 0, 0, easting="", northing="")], 0),
    ],
)  # fmt: skip
def test_what_is_a_candidate(told: str, things: list[Row], candidates: int, tmp_path: Path) -> None:
    moved = [
        {**t, **({"easting": str(int(t["easting"]) + YARD[0]), "northing": str(YARD[1])} if t["easting"] else {})}
        for t in things
    ]
    finding, found = judged(held(tmp_path, moved))
    assert (len(found), finding.value) == (candidates, candidates), told
    for one in found:
        assert (one.parts, one.crimes, one.vehicles_found, one.industrial_crimes) == (3, 2, 1, 1)
        assert (one.easting, one.northing) == (YARD[0] + 100, YARD[1])
        assert one.p is None, "there is no other property to draw from"
    said = finding.as_json()
    assert str(YARD[0]) not in said
    assert "A candidate is for a person to judge." in said


def test_parts_planted_in_one_yard_are_beyond_chance_and_parts_where_all_is_recovered_are_not(tmp_path: Path) -> None:
    drawn = np.random.default_rng(4)
    scattered = [
        part(f"S{n}", 460_000 + int(e), 310_000 + int(m), kind="jewellery")
        for n, (e, m) in enumerate(drawn.integers(0, 20_000, (150, 2)))
    ]
    yard = [part(f"P{n}", YARD[0] + 10 * n, YARD[1]) for n in range(6)]
    (tmp_path / "planted").mkdir()
    _, (one,) = judged(held(tmp_path / "planted", [*scattered, *yard]))
    assert (one.parts, one.crimes) == (6, 6)
    assert one.p is not None
    assert one.p <= 0.01
    desk = [part(f"D{n}", YARD[0] + n, YARD[1], kind="jewellery") for n in range(150)]
    (tmp_path / "desk").mkdir()
    _, (other,) = judged(held(tmp_path / "desk", [*desk, *yard]))
    assert other.p is not None
    assert other.p > 0.5


def test_a_cancelled_crimes_parts_and_a_reach_that_is_none(tmp_path: Path) -> None:
    things = [part(ref, *YARD) for ref in "ABC"]
    with pytest.raises(NothingHeld):
        judged(held(tmp_path, things, status="cancelled"))
    (tmp_path / "more").mkdir()
    records = held(tmp_path / "more", things)
    for wrong in ({"metres": 0.0}, {"least": 1}, {"draws": 3}):
        with pytest.raises(RequestInvalid):
            dismantling_places(records, FORCE, MAY, **wrong)  # type: ignore[arg-type]
