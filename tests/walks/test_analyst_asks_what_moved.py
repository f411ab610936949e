"""An analyst asks what moved between councils, and opens the rings around the one whose share changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import NARROW, WIDE, leads_on
from tests.conftest import ROOT
from tests.web.test_change_of_place import PAGE, thirty_months  # noqa: F401 - a fixture
from tests.web.test_prevention_screens import looked_at
from tests.web.test_screens import _OPENED, Served, answering

pytestmark = pytest.mark.slow


def test_from_what_moved_to_the_rings_at_both_widths(
    thirty_months: Path,  # noqa: F811
    browser: Browser,
) -> None:
    told = {
        **os.environ, "FOURFOLD_HOME": str(thirty_months), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire",
    }  # fmt: skip
    passwords = {"analyst": "words for the analyst to sign in"}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        served = Served(address, passwords)
        for width, scripts in ((NARROW, True), (WIDE, True), (WIDE, False)):
            page = served.page(browser, "analyst", width, scripts=scripts)
            page.goto(PAGE)
            if scripts:
                looked_at(page, width)
            leads_on(page.get_by_role("table", name="The surest first").get_by_role("link", name="Melton"))
            assert "0 to 250 m" in page.get_by_role("table", name="Nearest first").inner_text()
            if scripts:
                looked_at(page, width)
            page.context.close()
