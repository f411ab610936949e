"""The word FICTITIOUS on each output of the demo force: page, sheet, chart, text alternative, and file."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tests.demo.conftest import Saltmere

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def paper(saltmere: Saltmere, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("papers")
    saltmere.fourfold("paper", "--force", "saltmere", "--from", "2022-04", "--to", "2022-10", "--out", out)
    return {path.suffix: path for path in (out / "saltmere").iterdir()}


def test_the_page_says_so_at_its_head_and_foot_and_in_every_text_alternative(paper: dict[str, Path]) -> None:
    html = paper[".html"].read_text()
    assert html.count("OFFICIAL-SENSITIVE · FICTITIOUS") >= 2  # its records are a force's own
    pictures = re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL)
    assert pictures
    assert all("FICTITIOUS" in picture for picture in pictures)
    assert all("FICTITIOUS" in drawing for drawing in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL))


def test_every_sheet_says_so(paper: dict[str, Path]) -> None:
    with zipfile.ZipFile(paper[".ods"]) as held:
        content = held.read("content.xml").decode()
    sheets = re.findall(r"<table:table .*?</table:table>", content, flags=re.DOTALL)
    assert len(sheets) > 3
    assert all("FICTITIOUS" in sheet for sheet in sheets)


def test_the_document_says_so_in_the_head_of_every_page(paper: dict[str, Path]) -> None:
    with zipfile.ZipFile(paper[".docx"]) as held:
        heads = [held.read(name).decode() for name in held.namelist() if re.search(r"(header|footer)\d*\.xml$", name)]
    assert heads
    assert any("FICTITIOUS" in head for head in heads)


def test_a_map_and_a_table_say_so(saltmere: Saltmere, tmp_path: Path) -> None:
    asked = ("shoplifting", "--force", "saltmere", "--from", "2022-04", "--to", "2022-10")
    drawn = saltmere.fourfold("map", *asked, "--by", "ltla24", "--out", tmp_path / "map.svg", "--json").json
    assert "FICTITIOUS" in drawn["alternative"]
    assert "FICTITIOUS" in (tmp_path / "map.svg").read_text()
    saltmere.fourfold("count", *asked, "--by", "month", "--out", tmp_path / "table.xlsx")
    with zipfile.ZipFile(tmp_path / "table.xlsx") as held:
        assert "FICTITIOUS" in held.read("xl/sharedStrings.xml").decode()
