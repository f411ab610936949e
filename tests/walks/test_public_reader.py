"""A reader of the public papers adds up all that is printed in them, and works out no small number; and what changed is told."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from pdfminer.high_level import extract_text
from python_calamine import CalamineWorkbook

from fourfold.codes.small_numbers import small_number_rule
from tests.analysis.attackers import Reader
from tests.conftest import CommandLine

pytestmark = pytest.mark.slow
RULE = small_number_rule()
HELD = [date(year, month, 1) for year in (2021, 2022) for month in range(4, 10)]
USUAL = {"Burglary": 30, "Robbery": 8, "Vehicle crime": 40, "Anti-social behaviour": 50}
ODD = {("Robbery", date(2022, 6, 1)): 3, ("Robbery", date(2022, 9, 1)): 2, ("Burglary", date(2021, 5, 1)): 4}


def held(category: str, month: date) -> int:
    return ODD.get((category, month), USUAL[category])


@pytest.fixture(scope="module")
def fourfold(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line over a home with a small force's two half-years in it."""
    folder = tmp_path_factory.mktemp("public-reader")
    command = CommandLine(folder / "home")
    command("import", *(month_file(folder, month) for month in HELD))
    return command


@pytest.fixture(scope="module")
def papers(fourfold: CommandLine) -> dict[str, list[Path]]:
    """The public papers of two successive windows, in every format, the full ones beside them."""
    made = {}
    for last in ("2022-08", "2022-09"):
        out = fourfold.home.parent / last
        asked = ["--force", "leicestershire", "--from", "2022-04", "--to", last, "--both", "--out", out]
        files = [Path(f) for f in fourfold("paper", *asked, "--json").json["files"]]
        assert len(files) == 8
        made[last] = [f for f in files if "public" in f.name]
    return made


def month_file(folder: Path, month: date, more_burglaries: int = 0) -> Path:
    """A month's street file of police.uk."""
    lines = [
        "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
        "Last outcome category,Context"
    ]
    for category in USUAL:
        for _ in range(held(category, month) + more_burglaries * (category == "Burglary")):
            reference = "" if category == "Anti-social behaviour" else f"{len(lines):064x}"
            lines.append(
                f"{reference},{month:%Y-%m},Leicestershire Police,Leicestershire Police,-1.13,52.63,"
                f"On or near Example Street,,,{category},,"
            )
    path = folder / f"{month:%Y-%m}-leicestershire-street.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def text_of(path: Path) -> str:
    """All the words of a file, in whatever part of it."""
    if path.suffix == ".html":
        return path.read_text()
    if path.suffix == ".pdf":
        return extract_text(path)
    if path.suffix == ".docx":
        return "\n".join(Document(str(path)).element.xpath("//w:t/text() | //wp:docPr/@descr"))
    book = CalamineWorkbook.from_path(path)
    return "\n".join(
        f"{cell}" for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row
    )


def read(papers: dict[str, list[Path]], home: Path) -> Reader:
    """What a reader knows: every series and window of every workbook, and that what is withheld is not none."""
    reader = Reader()
    crimes = ["Burglary", "Robbery", "Vehicle crime"]
    for files in papers.values():
        book = CalamineWorkbook.from_path(next(f for f in files if f.suffix == ".ods"))
        for measure, month, n in book.get_sheet_by_name("Series").to_python()[2:]:
            title = str(measure).replace(" (police.uk)", "")
            inside = crimes if title == "All crime" else [title] if title in USUAL else []
            names = [(c, date.fromisoformat(str(month))) for c in inside]
            if names and n == "[c]":
                reader.knows(names, 1, float("inf"))
            elif names:
                reader.knows(names, float(n))
    for path in sorted((home / "findings").glob("*.json")):
        found = json.loads(path.read_text())
        is_public = found["disclosure"].startswith(RULE.id)
        title = found["title"].replace(" (police.uk)", "")
        inside = crimes if title == "All crime" else [title] if title in USUAL else []
        if is_public and found["kind"] == "count" and found["value"] is not None and inside:
            first, last = (date.fromisoformat(found["windows"][0][end]) for end in ("first", "last"))
            reader.knows([(c, m) for c in inside for m in HELD if first <= m <= last], found["value"])
    return reader


def test_a_reader_of_two_public_papers_works_out_no_small_number(
    papers: dict[str, list[Path]], fourfold: CommandLine
) -> None:
    reader = read(papers, fourfold.home)
    for cell, n in ODD.items():
        least, most = reader.range_of([cell])
        assert most - least >= RULE.spread - 1e-6, (cell, n, least, most)
        assert most >= RULE.smallest_shown - 1e-6


def test_every_format_of_the_public_paper_says_so_and_none_names_a_finding_of_the_full_one(
    papers: dict[str, list[Path]], fourfold: CommandLine
) -> None:
    full = {
        path.stem for path in (fourfold.home / "findings").glob("*.json")
        if not json.loads(path.read_text())["disclosure"].startswith(RULE.id)
    }  # fmt: skip
    for path in (path for files in papers.values() for path in files):
        text = text_of(path)
        assert "public version" in text, path.suffix
        assert "[c]" in text, path.suffix
        assert not full & set(re.findall(r"[0-9a-f]{12}", text)), (
            f"{path.suffix}: its identity could be tried until it fits"
        )


def test_the_drawings_do_not_draw_what_is_withheld(papers: dict[str, list[Path]]) -> None:
    # Three robberies in June 2022 are neither in the table of the chart nor among the labels of its drawing.
    html = next(f for f in papers["2022-08"] if f.suffix == ".html").read_text()
    robbery = html[html.index(">Robbery</h3>") :]
    figure = robbery[: robbery.index("</figure>")]
    june = re.search(r"June 2022.*?<td[^>]*>(.*?)</td>", figure[figure.index("<table") :], re.DOTALL)
    assert june
    assert "[c]" in june[1]
    drawing = figure[figure.index("<svg") : figure.index("</svg>")]
    assert "[c]" in drawing
    assert not re.search(r"Jun 2022[^\"]*count: 3\b", drawing)


def test_a_public_figure_is_traced_only_as_far_as_it_is_shown(
    papers: dict[str, list[Path]], fourfold: CommandLine
) -> None:
    for path in (fourfold.home / "findings").glob("*.json"):
        found = json.loads(path.read_text())
        if found["disclosure"].startswith(RULE.id) and found["kind"] == "count" and found["value"] is None:
            assert fourfold("trace", path.stem, "--json").json["counts"] == []


def test_what_has_changed_since_the_last_paper_is_told_and_is_the_same_when_written_again(
    papers: dict[str, list[Path]], fourfold: CommandLine, tmp_path: Path
) -> None:
    html = next(f for f in papers["2022-09"] if f.suffix == ".html").read_text()
    since = re.sub(r"<[^>]+>", "", html[html.index("Since the last paper</h2>") :])
    assert "The last paper to this board was of April to August 2022" in since
    assert "None of its figures has been revised." in since

    # A corrected June brings five more burglaries: the figures of the last paper's window are revised, both are given.
    fourfold("import", month_file(tmp_path, date(2022, 6, 1), more_burglaries=5))
    asked = ["paper", "--force", "leicestershire", "--from", "2022-04", "--to", "2022-09", "--json"]
    made = fourfold(*asked, "--out", tmp_path / "three").json["files"]
    since = re.sub(r"<[^>]+>", "", Path(made[0]).read_text())
    since = since[since.index("The last paper to this board was of April to September 2022") :]
    assert "Burglary (police.uk) (given as 180, now 185)" in since
    assert "Not moved: " in since
    assert "Vehicle crime (police.uk) (still 240)" in since

    listed = fourfold("papers", "--json").json
    assert sorted(p["version"] for p in listed) == ["full", "full", "full", RULE.id, RULE.id]
    again = ["--as-at", listed[-1]["as_at"], "--out", tmp_path / "again"]
    fourfold("paper", "--force", "leicestershire", "--from", "2022-04", "--to", "2022-08", "--out", tmp_path / "other")
    rebuilt = fourfold(*asked, *again).json["files"]
    assert [Path(f).read_bytes() for f in rebuilt] == [Path(f).read_bytes() for f in made]
