"""An analyst goes from vehicles to the candidate places of dismantling, and from there to where each is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.analysis.test_dismantling import held
from tests.browser import NARROW, WIDE, leads_on
from tests.conftest import ROOT
from tests.web.test_dismantling import PAGE, PLANTED, WHERE
from tests.web.test_prevention_screens import looked_at
from tests.web.test_screens import _OPENED, Served, answering

pytestmark = pytest.mark.slow


def test_from_vehicles_to_a_candidate_and_on_to_where_it_is_judged(browser: Browser, tmp_path: Path) -> None:
    held(tmp_path, PLANTED)
    told = {
        **os.environ, "FOURFOLD_HOME": str(tmp_path / "home"), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire",
    }  # fmt: skip
    passwords = {"analyst": "words for the analyst to sign in"}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        served = Served(address, passwords)
        for width, scripts in ((NARROW, True), (WIDE, True), (WIDE, False)):
            page = served.page(browser, "analyst", width, scripts=scripts)
            page.goto("/vehicles")
            leads_on(page.get_by_role("link", name="Candidate places of dismantling"))
            page.goto(PAGE)
            assert WHERE in page.get_by_role("table", name="Candidates by their middle").inner_text()
            if scripts:
                looked_at(page, width)
            leads_on(page.get_by_role("main").get_by_role("link", name="Sites"))
            page.context.close()
