"""The site builds without a warning, fetches nothing from elsewhere, and its pages have the bones that readers need."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Page as Screen

from tests.browser import NARROW, WIDE, axe_faults
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-E", "-W", "--keep-going", "-q", "-c", "docs", "-d", f"{out}.cache", ".", out],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def pages_of(site: Path) -> list[Path]:
    return [p for p in site.rglob("*.html") if p.name not in ("search.html", "genindex.html", "index.html")]


class Bones(HTMLParser):
    """What of a page a screen reader goes by, and what its browser fetches."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.fetched: list[str] = []
        self.identities: list[str] = []
        self.unnamed_pictures = 0
        self.language: str | None = None
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("script", "img", "iframe", "source", "video", "audio") and given.get("src"):
            self.fetched.append(str(given["src"]))
        if tag == "link" and given.get("rel") not in ("canonical", "prev", "next", "search", "index", "author"):
            self.fetched.append(str(given.get("href")))
        if tag == "img" and not given.get("alt"):
            self.unnamed_pictures += 1
        if tag == "html":
            self.language = given.get("lang")
        if given.get("id"):
            self.identities.append(str(given["id"]))


def test_a_page_needs_nothing_from_elsewhere(site: Path) -> None:
    for page in pages_of(site):
        assert [url for url in Bones(page).fetched if re.match(r"(https?:)?//", url)] == [], page.name
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", text), style.name


def test_headings_go_down_one_step_at_a_time_from_one_title(site: Path) -> None:
    for page in pages_of(site):
        levels = list(Bones(page).headings)
        assert levels.count(1) == 1, f"{page.name}: {levels}"
        assert levels[0] == 1, page.name
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), f"{page.name}: {levels}"


def test_every_page_says_its_language_names_its_pictures_and_repeats_no_identity(site: Path) -> None:
    for page in pages_of(site):
        bones = Bones(page)
        assert bones.language == "en-GB", page.name
        assert bones.unnamed_pictures == 0, page.name
        repeated = {i for i in bones.identities if bones.identities.count(i) > 1}
        assert not repeated, f"{page.name}: {repeated}"


def test_pages_have_no_fault_of_accessibility_on_a_phone_or_a_desk(site: Path, screen: Screen) -> None:
    # The long tables of the reference are made as the short ones are, and take a minute to look through.
    short = [page for page in pages_of(site) if page.stat().st_size < 200_000]
    wide = [site / "docs" / name for name in ("README.html", "tutorial.html", "explanation/judging-change.html")]
    assert len(short) > 40
    for width, pages in ((NARROW, short), (WIDE, wide)):
        screen.set_viewport_size({"width": width, "height": 900})
        for page in pages:
            screen.goto(page.as_uri())
            assert axe_faults(screen) == [], page.name
            assert screen.evaluate("document.documentElement.scrollWidth") <= width, page.name


def test_the_reference_is_filled_and_formulas_are_drawn(site: Path) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in pages_of(site))
    assert "from the code:" not in text
    assert "fourfold concentration" in (site / "docs" / "reference" / "commands.html").read_text()
