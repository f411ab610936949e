"""An analyst asks whether burglary repeats near itself here, how near, how soon, and what last week's burglaries began."""

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
from tests.web.test_care_screens import looked_at
from tests.web.test_near_repeats import bring_in
from tests.web.test_screens import _OPENED, Served, answering

pytestmark = pytest.mark.slow


def test_from_the_question_to_last_weeks_events(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    bring_in(home, tmp_path)
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    passwords = {"analyst": "words for the analyst to sign in"}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        served = Served(address, passwords)
        for width, scripts in ((WIDE, False), (NARROW, True)):
            page = served.page(browser, "analyst", width, scripts=scripts)
            page.goto("/near-repeats")
            page.get_by_label("A link is within").select_option("100")
            page.get_by_label("And within").select_option("7")
            leads_on(page.get_by_role("button", name="Show", exact=True))
            said = page.inner_text("main")
            assert "120 events repeat near themselves within 100 m and 7 days" in said
            assert "80 of 120 events followed another within 100 m and 7 days" in said
            leads_on(page.get_by_role("link", name="Show the last week’s events"))
            assert "began none" in page.get_by_role("table", name="Events of the last week").inner_text()
            if scripts:  # axe is one
                looked_at(page, width)
            page.context.close()
