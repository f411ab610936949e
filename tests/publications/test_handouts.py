"""Hand-outs: counts by council and nothing smaller, small ones withheld so that the total does not give them away."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from fourfold.publications.handouts import BOARD
from fourfold.publications.paper_register import PaperRegister
from tests.conftest import OPEN_DATA, CommandLine

pytestmark = pytest.mark.slow
CITY, COUNTY = (-1.13, 52.63), (-1.206, 52.773)
"""Leicester, and Loughborough in Charnwood."""


@pytest.fixture
def held(fourfold: CommandLine, street_file: Callable[..., Path]) -> CommandLine:
    """Small areas with their councils, and a month: nine burglaries and two vehicle crimes in Leicester, two and six in Charnwood."""
    rows = [("Burglary", *CITY)] * 9 + [("Burglary", *COUNTY)] * 2 + [("Vehicle crime", *CITY)] * 2
    file = street_file("2022-10-leicestershire-street.csv", [*rows, *[("Vehicle crime", *COUNTY)] * 6])
    fourfold("import", OPEN_DATA / "geography" / "lsoa11_leicestershire_pfa.geojson", file)
    return fourfold


def test_a_hand_out_has_counts_by_council_and_withholds_the_small_and_what_would_tell_them(
    held: CommandLine, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "hand-out.html"
    said = held("hand-out", "--force", "leicestershire", "--out", out, "--json").json
    page = out.read_text(encoding="utf-8")
    cells = dict(re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td>', page.split("</table>")[0]))
    assert cells["Charnwood"] == "withheld"
    assert cells["Leicester"] == "withheld" or cells["The whole force"] == "withheld", "the total would give it away"
    assert said["withheld"] >= 2
    for small in ("Example Street", "-1.13", "52.63", "LSOA", "Crime ID", "@"):
        assert small not in page
    assert "It says nothing of any person, home or street" in page
    nowhere = tmp_path / "nowhere.html"
    refused = held("hand-out", "--force", "leicestershire", "--month", "2021-10", "--out", nowhere, code=15)
    assert "Import the month" in refused.err
    assert not nowhere.exists()


def test_a_hand_out_is_heeded_by_the_next_and_stands_on_the_log(held: CommandLine, home: Path, tmp_path: Path) -> None:
    held("officers", "list")
    first, again = (tmp_path / name for name in ("first.html", "again.html"))
    held("hand-out", "--force", "leicestershire", "--out", first)
    held("hand-out", "--force", "leicestershire", "--month", "2022-10", "--out", again)
    tables = [re.findall(r"<td>([^<]+)</td>", one.read_text(encoding="utf-8")) for one in (first, again)]
    assert tables[0] == tables[1], "what one withholds, the next does not give"
    entries = PaperRegister(home).entries()
    assert [one.key.board for one in entries] == [BOARD, BOARD]
    assert entries[1].heeded == (entries[0].key.identity,)
    with sqlite3.connect(home / "service" / "casework.sqlite3") as database:
        told = database.execute(
            "SELECT verb, kind, phase, keys, recipient FROM casework_entry WHERE phase IN ('begun', 'closed') ORDER BY number"
        ).fetchall()
    assert [row[:3] for row in told] == [
        ("write_hand_out", "disclosure", "begun"),
        ("write_hand_out", "disclosure", "closed"),
    ] * 2
    assert told[0][4], "a disclosure names who was given it"
    assert all(len(key) == 16 for key in json.loads(told[0][3])), "where it lies stands as a hash"
