"""The pages of quality in a browser: no fault that axe finds, and nothing wider than the screen, at both widths."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import NARROW, WIDE, axe_faults
from tests.conftest import ROOT
from tests.web.test_quality import JUNE, own_records
from tests.web.test_screens import _OPENED, Served, answering

pytestmark = pytest.mark.slow
FIELD = "/imports/quality/fields/people.occupation"
PAGES = [
    "/imports/quality?theme=weather", f"/imports/quality?{JUNE}&theme=equality", f"/imports/quality?{JUNE}",
    f"{FIELD}?{JUNE}&of=valid", f"{FIELD}?{JUNE}", f"{FIELD}/records?{JUNE}", f"/imports/feeds?{JUNE}", "/imports",
]  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`fourfold serve` over a force's own records, with a supervisor."""
    folder = tmp_path_factory.mktemp("served-quality")
    home = folder / "home"
    home.mkdir(mode=0o700)
    own_records(home, folder)
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    passwords = {"supervisor": "words for the supervisor to sign in"}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_every_page_of_quality_at_both_widths(served: Served, browser: Browser, width: int) -> None:
    page = served.page(browser, "supervisor", width)
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
    page.on("request", lambda r: said.append(r.url) if not r.url.startswith(served.address) else None)
    for address in PAGES:
        page.goto(address)
        if folder := os.environ.get("FOURFOLD_LOOK"):
            name = address.partition("?")[0].strip("/").replace("/", "-")
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        assert axe_faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} is wider than the screen"
        assert said == [], address
