"""A performance analyst asks for vehicle crime in Leicestershire, and sends a colleague the DOCX.

Month by month against what its own season and variation lead one to expect, where it rose most by LSOA, how many rows have
no place; each answer the same from the command line, on the page and in the document.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docx import Document

from tests.conftest import CommandLine
from tests.walks.test_board_secretary import the_paper

pytestmark = pytest.mark.slow
WHERE = ["--force", "leicestershire", "--from", "2022-04", "--to", "2022-10"]


def paragraphs_under(document: object, heading: str) -> list[str]:
    """The paragraphs from a heading to the next of its level or above."""
    found: list[str] = []
    inside = False
    for line in document.paragraphs:  # type: ignore[attr-defined]
        if line.style.name.startswith("Heading"):
            inside = line.text == heading
        elif inside and line.style.name == "Numbered paragraph":
            found.append(line.text)
    return found


def test_month_by_month_against_its_own_season(first_run: tuple[CommandLine, Path, str]) -> None:
    fourfold, papers, _ = first_run
    asked = ["chart", "police_uk_vehicle_crime", "--force", "leicestershire", "--expected-from", "2022-04", "--json"]
    months = fourfold(*asked).json["table"]["rows"]
    told = {month[:7]: n for month, n, *_ in months}
    assert told == {
        "2022-04": 610, "2022-05": 575, "2022-06": 555, "2022-07": 595, "2022-08": 523, "2022-09": 542, "2022-10": 656,
    }  # fmt: skip
    assert all(low <= n <= high and outside is None for _, n, _, low, high, outside in months)

    _, _, expected, low, high, _ = months[-1]
    said = paragraphs_under(Document(str(the_paper(papers, "leicestershire", ".docx"))), "Vehicle crime")
    assert said[0].startswith(
        "Vehicle crime rose 45.1%, from 2,796 in April to October 2021 to 4,056 in April to October"
    )
    assert f"October 2022 held 656, where {expected:,.0f} were expected and {low:,} to {high:,} would" in said[1]
    assert "Taken singly, no month stood outside" in said[1]


def test_where_it_rose_most_by_small_area_and_which_rises_are_more_than_chance(
    first_run: tuple[CommandLine, Path, str],
) -> None:
    fourfold, papers, _ = first_run
    rises, without = fourfold("scan", *WHERE, "--of", "vehicle-crime", "--json").json
    rows = [dict(zip(rises["table"]["columns"], row, strict=True)) for row in rises["table"]["rows"]]
    assert [(r["name"], r["before"], r["after"]) for r in rows[:2]] == [
        ("North West Leicestershire 002A", 21, 60), ("Leicester 029C", 12, 50),
    ]  # fmt: skip
    assert [r["name"] for r in rows if r["judgement"] == "rise"] == ["Leicester 029C"]
    changes = [r["change"] for r in rows]
    assert changes == sorted(changes, reverse=True)
    assert rises["parameters"]["areas"] == 611

    document = Document(str(the_paper(papers, "leicestershire", ".docx")))
    where = paragraphs_under(document, "Vehicle crime")[2]
    assert "It rose most in North West Leicestershire 002A (from 21 to 60), Leicester 029C (from 12 to 50) and" in where
    assert "More than the area's own variation could make is the rise in Leicester 029C." in where
    # The annex lists them all, with a map and its table.
    listed = next(
        t
        for t in document.tables
        if t.rows[0].cells[0].text == "Small area" and t.rows[1].cells[0].text.endswith("002A")
    )
    assert [row.cells[0].text for row in listed.rows[1:]] == [r["name"] for r in rows]

    # The rows without a place, which no small area counts: 89 of 4,056, 2.2%.
    assert re.search(r"2\.2% of its rows have no place in the force", where)
    assert without["parameters"]["without a place"] > 0
    coverage = fourfold("count", "police_uk_vehicle_crime", *WHERE, "--by", "lsoa11", "--json").json[1]
    assert (coverage["parameters"]["without a place"], coverage["n"]) == (89, 4056)


def test_the_document_she_sends_can_be_followed_to_the_lines(first_run: tuple[CommandLine, Path, str]) -> None:
    fourfold, papers, _ = first_run
    document = Document(str(the_paper(papers, "leicestershire", ".docx")))
    under = [p for p in document.paragraphs if p.text.startswith("Vehicle crime rose 45.1%")]
    anchors = under[0]._p.xpath("w:hyperlink/@w:anchor")
    assert anchors
    identity = anchors[0].removeprefix("finding_")
    told = fourfold("trace", identity, "--json").json
    assert [c["value"] for c in told["counts"]] == [4056, 2796]
    assert all(c["agrees"] for c in told["counts"])


def test_the_map_of_the_change_says_its_classes_and_what_is_not_on_it(
    first_run: tuple[CommandLine, Path, str], tmp_path: Path
) -> None:
    fourfold, _, _ = first_run
    out = tmp_path / "vehicle-crime.svg"
    asked = ["map", "police_uk_vehicle_crime", *WHERE, "--by", "ltla24", "--against", "previous-year", "--out", out]
    told = fourfold(*asked, "--json").json
    assert "Leicester rose most, by 303 crimes. Rutland fell most, by 14 crimes." in told["alternative"]
    assert "89 of 4,056 rows of April to October 2022 have no place inside the force" in told["unplaced"]
    assert out.read_text().count("<path") >= 3 * 9
    lines = (tmp_path / "vehicle-crime.csv").read_text().splitlines()
    assert lines[0].replace('"', "").startswith("area,name,April to October 2022,April to October 2021,change")
    assert len(lines) == 10


def test_the_list_of_what_has_changed_and_where_each_kind_rose_most_come_of_one_scan(
    first_run: tuple[CommandLine, Path, str],
) -> None:
    fourfold, _, _ = first_run
    changed = fourfold("scan", *WHERE, "--json").json[0]
    risen = {(r[0], r[2], r[3], r[4]) for r in changed["table"]["rows"] if r[5] > 0}
    told = set()
    for kind in sorted({row[2] for row in changed["table"]["rows"]}):
        rises = fourfold("scan", *WHERE, "--of", kind, "--json").json[0]
        told |= {(r[0], r[2], r[3], r[4]) for r in rises["table"]["rows"] if r[7] == "rise"}
        fallen = [r for r in changed["table"]["rows"] if r[2] == kind and r[5] < 0]
        assert rises["parameters"]["areas judged to have fallen"] == len(fallen)
    assert told == risen
    refused = fourfold("scan", *WHERE, "--of", "no-such-kind", "--json", code=2)
    assert "vehicle-crime" in refused.out
