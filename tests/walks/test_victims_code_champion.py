"""A Victims' Code champion opens robbery for a quarter; a supervisor sees what is owed, and the next extract closes it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.demo.conftest import Saltmere, made

pytestmark = pytest.mark.slow
QUARTER = ["--force", "saltmere", "--from", "2022-07", "--to", "2022-09"]


@pytest.fixture(scope="module")
def force(tmp_path_factory: pytest.TempPathFactory) -> Saltmere:
    """A Saltmere of this walk's own: it brings an extract in."""
    return made(tmp_path_factory.mktemp("champion"), "champion", "--scale", "0.005")


def test_between_what_and_what_right_six_was_kept_for_victims_of_robbery(force: Saltmere) -> None:
    fourfold = force.fourfold
    asked = ["code", "compliance", *QUARTER, "--right", "6", "--offence", "robbery", "--by-victim"]
    said = fourfold(*asked).out
    shown = re.search(r"robbery, July to September 2022: between (\d+)% and (\d+)%", said)
    assert shown
    found = fourfold(*asked, "--json").json
    given = found["parameters"]
    judged = given["kept"] + given["not kept"] + given["no evidence"]
    assert found["n"] == judged > 0
    low, high = found["interval"]["low"], found["interval"]["high"]
    assert (round(low), round(high)) == (int(shown[1]), int(shown[2]))
    assert high - low == pytest.approx(100 * given["no evidence"] / judged)
    assert "FICTITIOUS" in found["area"]
    assert fourfold("trace", found["id"]).out

    gaps = fourfold("code", "compliance", *QUARTER, "--right", "6", "--gaps", "--json").json[1]
    rows = [dict(zip(gaps["table"]["columns"], row, strict=True)) for row in gaps["table"]["rows"]]
    assert sum(row["count"] for row in rows) == gaps["value"]
    assert rows == sorted(rows, key=lambda row: -row["count"])
    first, wider = fourfold("code", "compliance", *QUARTER, "--right", "6", "--audited", "120,4,30,1", "--json").json
    assert wider["interval"]["low"] < first["interval"]["low"] <= first["interval"]["high"] < wider["interval"]["high"]
    by_sex = fourfold("code", "compliance", *QUARTER, "--right", "6", "--by", "sex", "--json").json
    assert "withheld" in by_sex["disclosure"]
    assert all(row[9] is None or row[9] == 0 or row[9] >= 5 for row in by_sex["table"]["rows"])


def test_what_a_team_owes_is_closed_by_the_next_extract(force: Saltmere, tmp_path: Path) -> None:
    fourfold = force.fourfold
    listed = fourfold("code", "owed", "--force", "saltmere", "--until", "2022-12-07", "--json").json
    assert listed["as_known"].startswith("2022-11-30")
    soon = [row for row in listed["owed"] if not row["is_overdue"]]
    assert soon == sorted(soon, key=lambda row: (row["due_on"], not row["is_enhanced"]))
    one = next(row for row in soon if row["enter"] == "a contact about interview")
    assert one["working_days_left"] >= 0

    path = tmp_path / "saltmere_FICTITIOUS_victim_contacts_2022-12.csv"
    header = next(csv.reader(next(iter((force.folder / "files").glob("*_victim_contacts_2022-11.csv"))).open()))
    row = {
        "force": "saltmere", "contact_ref": "WALK1", "crime_ref": one["crime_ref"], "person_ref": one["person_ref"],
        "contacted_at": f"{one['started_on']}T23:59:00", "about": "interview", "method": "phone", "is_successful": "Y",
    }  # fmt: skip
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.DictWriter(out, header)
        rows.writeheader()
        rows.writerow(row)
    _brought_in(fourfold, path)
    left = fourfold("code", "owed", "--force", "saltmere", "--until", "2022-12-07", "--json").json["owed"]
    same = [r for r in left if all(r[k] == one[k] for k in ("crime_ref", "person_ref", "obligation", "started_on"))]
    assert same == []
    assert len(left) < len(listed["owed"])


def _brought_in(fourfold: CommandLine, path: Path) -> None:
    assert "1 lines kept" in fourfold("import", path).out.replace("1 line kept", "1 lines kept")
