"""A board secretary asks for the recovery rate and gets one definition, equal periods and what is not yet known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.analysis.stolen import brought_in
from tests.browser import NARROW, WIDE
from tests.conftest import ROOT, CommandLine
from tests.web.test_care_screens import looked_at
from tests.web.test_screens import _OPENED, Served, answering
from tests.web.test_vehicles import TOLD, stories

pytestmark = pytest.mark.slow


def test_from_the_papers_claim_to_what_can_be_said(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    brought_in(home, tmp_path, stories(), TOLD)
    asked = ("--force", "leicestershire", "--from", "2022-09", "--to", "2022-09", "--against", "2021", "--json")
    change, after, before, cohorts, *_ = CommandLine(home)("places", "recovery", *asked).json
    assert (round(after["value"], 1), round(before["value"], 1)) == (33.3, 10.0)
    assert after["definition"] == before["definition"] == change["definition"]
    assert "The windows are of 30 and 365 days" in change["notes"][-1]
    told = {row[0]: row for row in cohorts["table"]["rows"]}
    open_ = cohorts["table"]["columns"].index("not_yet_known_28_days")
    assert (told["2022-09-01"][open_], told["2022-11-01"][open_] > 0) == (0, True)
    env = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    passwords = {"board_secretary": "words for the secretary to sign in"}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=env, cwd=ROOT, check=True)
    with answering(env) as address:
        served = Served(address, passwords)
        for width, scripts in ((WIDE, False), (NARROW, True)):
            page = served.page(browser, "board_secretary", width, scripts=scripts)
            page.goto("/vehicles")
            if scripts:
                looked_at(page, width)
            page.get_by_role("link", name="How many stolen vehicles are found").click()
            page.get_by_label("Compared with").select_option("calendar-year")
            page.get_by_role("button", name="Show", exact=True).click()
            said = page.inner_text("main")
            assert "33.3%, against 10.0% in January to December 2021" in said
            assert "every vehicle is followed for the same 28" in said
            page.get_by_label("From", exact=True).select_option("2022-11")
            page.get_by_label("To", exact=True).select_option("2022-11")
            page.get_by_role("button", name="Show", exact=True).click()
            assert "Not yet known: 24 of 30 vehicles have not had 28 days" in page.inner_text("main")
            if scripts:
                looked_at(page, width)
            if shots := os.environ.get("FOURFOLD_LOOK"):
                for name in ("vehicles", "recovery"):
                    page.goto(f"/{name}")
                    page.screenshot(
                        path=f"{shots}/{name}-{width[0] if isinstance(width, tuple) else width}.png", full_page=True
                    )
            page.context.close()
