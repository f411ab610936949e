"""A board secretary opens the West Midlands paper and traces a percentage to the lines of the file."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import pytest

from tests.conftest import OPEN_DATA, CommandLine

pytestmark = pytest.mark.slow


def the_paper(papers: Path, force: str, kind: str) -> Path:
    found = sorted(p for p in papers.rglob(f"*{kind}") if force in str(p))
    assert len(found) == 1, found
    return found[0]


def test_one_command_writes_both_papers_and_prints_headlines_and_paths(
    first_run: tuple[CommandLine, Path, str],
) -> None:
    _, papers, said = first_run
    for force in ("west-midlands", "leicestershire"):
        for kind in (".html", ".ods"):
            assert str(the_paper(papers, force, kind)) in said
    assert "27.0%" in said
    assert "1,022" in said


def test_theft_from_the_person_is_traced_to_the_lines_of_the_file(first_run: tuple[CommandLine, Path, str]) -> None:
    fourfold, papers, _ = first_run
    html = the_paper(papers, "west-midlands", ".html").read_text()

    # She picks the figure in the sentence about theft from the person ...
    picked = re.findall(r'data-finding="([0-9a-f]{12})"[^>]*>\+27\.0%<', html)
    assert picked
    assert f'id="finding-{picked[0]}"' in html  # ... whose link leads to its entry in the annex

    told = fourfold("trace", picked[0], "--json").json
    assert told["finding"]["kind"] == "change"
    assert [c["value"] for c in told["counts"]] == [1022, 805]
    assert told["finding"]["definition"]["codes"] == ["39"]
    assert told["finding"]["definition"]["name"] == "theft_from_the_person"
    assert "offences" in told["finding"]["code_lists"]

    # ... to the batch, and to the lines of the file as published.
    with gzip.open(
        OPEN_DATA / "home_office" / "home_office_prc_pfa_Q1-only_2012-13_to_2023-24_all_forces.csv.gz", "rt"
    ) as file:
        lines = list(csv.reader(file))
    for count, year in zip(told["counts"], ("2022/23", "2021/22"), strict=True):
        (batch,) = count["batches"]
        assert batch["file"].endswith("_Q1-only_2012-13_to_2023-24_all_forces.csv.gz")
        rows = [lines[number - 1] for number in batch["lines"]]
        assert all(row[0] == year and row[2] == "WEST MIDLANDS" and row[6] == "39" for row in rows)
        assert sum(int(row[7]) for row in rows) == count["value"]
        assert count["agrees"]


@pytest.mark.parametrize(
    ("year", "residential_burglary"), [("2019", 4511), ("2021", 3102), ("2022", 3496), ("2023", 3289)]
)
def test_residential_burglary_across_the_change_of_codes_is_as_published(
    first_run: tuple[CommandLine, Path, str], year: str, residential_burglary: int
) -> None:
    fourfold, _, _ = first_run
    told = fourfold(
        "count",
        "residential_burglary",
        "--force",
        "west-midlands",
        "--from",
        f"{year}-04",
        "--to",
        f"{year}-06",
        "--json",
    )
    assert told.json["value"] == residential_burglary
