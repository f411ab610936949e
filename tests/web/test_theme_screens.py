"""The page of themes in a browser, at both widths: no fault that axe finds, nothing wider than the screen, no script needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, expect

from tests import theme_lists
from tests.browser import NARROW, WIDE, leads_on
from tests.conftest import ROOT
from tests.web.test_care_screens import looked_at
from tests.web.test_screens import _OPENED, Served, answering

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service over reports to August 2022, in which energy rebates begin."""
    folder = tmp_path_factory.mktemp("themes-served")
    home = folder / "home"
    theme_lists.sent_in(home, folder, date(2022, 8, 1))
    home.chmod(0o700)
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "saltmere"}
    passwords = {role: f"words for the {role} to sign in" for role in ("analyst", "victim_care_officer")}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


def test_themes_at_both_widths_and_without_a_script(served: Served, browser: Browser) -> None:
    page = served.page(browser, "analyst", scripts=False)
    page.goto("/themes")
    leads_on(page.get_by_role("button", name="Read the narratives"))
    for _ in range(120):
        page.goto("/themes")
        if page.get_by_role("heading", name="Courier fraud over time").count():
            break
        page.wait_for_timeout(1000)
    expect(page.get_by_text("August 2022").first).to_be_visible()
    page.locator("summary").first.click()
    page.get_by_label("What it is called").first.fill(" ")
    page.get_by_role("button", name="Confirm").first.click()
    expect(page.get_by_text("The theme has no name.").first).to_be_visible()
    page.locator("summary").first.click()
    page.get_by_label("What it is called").first.fill("Energy rebate")
    page.get_by_role("button", name="Confirm").first.click()
    expect(page.get_by_role("heading", name="Energy rebate confirmed")).to_be_visible()
    page.get_by_label("Theme", exact=True).select_option("Posing as family in messages")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Posing as family in messages over time")).to_be_visible()
    for width in (WIDE, NARROW):
        for role in ("analyst", "victim_care_officer"):
            seen = served.page(browser, role, width)
            seen.goto("/themes")
            for summary in seen.locator("main summary").all():
                summary.click()
            looked_at(seen, width)
