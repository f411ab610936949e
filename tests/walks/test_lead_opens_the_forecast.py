"""A lead opens the forecast: whether it can be told, which map is shown, what a square is made of, and that nobody is sent by it."""

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
_WORK = """
from fourfold.cli import service
service._django()
from fourfold.casework import work
from django_tasks_db.models import DBTaskResult
for one in DBTaskResult.objects.filter(task_path=work.draw_maps.module_path, status="READY"):
    work.draw_maps.call(*one.args_kwargs["args"])
"""


def test_from_the_backtest_to_a_square(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    bring_in(home, tmp_path)
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    passwords = {"analyst": "words for the analyst to sign in"}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        served = Served(address, passwords)
        for width, scripts in ((WIDE, False), (NARROW, True), (WIDE, True)):
            page = served.page(browser, "analyst", width, scripts=scripts)
            page.goto("/where-next")
            page.get_by_label("How far ahead").select_option("7")
            page.get_by_label("The side of a square").select_option("1000")
            leads_on(page.get_by_role("button", name="Show", exact=True))
            if "is being worked out" in page.inner_text("main"):  # the first time; the worker makes it
                subprocess.run([sys.executable, "-c", _WORK], env=told, cwd=ROOT, check=True, timeout=120)
                leads_on(page.get_by_role("link", name="Look again now"))
            said = page.inner_text("main")
            tested = page.get_by_role("table", name="What each map would have caught").inner_text()
            assert all(name in tested for name in ("forecast", "counts of the last 12 months", "tuned decay"))
            is_plain = "so that map is shown" in said
            assert ("Where the plain map is highest" in said) == is_plain
            assert "Not to be tasked from" in said
            assert "Easting" in page.get_by_role("table", name="The hundredth of the area").inner_text()
            if scripts:  # axe is one
                looked_at(page, width)
            leads_on(page.get_by_role("link", name="See the force’s councils side by side"))
            rows = page.get_by_role("table", name="Councils side by side").get_by_role("row").all_inner_texts()
            assert [row for row in rows if "The whole force" in row], rows
            if scripts:
                looked_at(page, width)
            page.context.close()


def test_through_the_weeks_to_one_square(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    bring_in(home, tmp_path)
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    passwords = {"analyst": "words for the analyst to sign in"}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        served = Served(address, passwords)
        for width, scripts in ((NARROW, True), (WIDE, True), (WIDE, False)):
            page = served.page(browser, "analyst", width, scripts=scripts)
            page.goto("/hotspots?cell=1000")
            if "being worked out" in page.inner_text("main"):  # the first time; the worker makes it
                looked_at(page, width)
                page.goto("/where-next?cell=1000")
                looked_at(page, width)
                subprocess.run([sys.executable, "-c", _WORK], env=told, cwd=ROOT, check=True, timeout=120)
                page.goto("/hotspots?cell=1000")
            assert "so that map is shown" in page.inner_text("main")
            assert "Not to be tasked from" in page.inner_text("main")
            if scripts:
                page.wait_for_selector("#ff-map[data-drawn]", timeout=30_000)
                looked_at(page, width)
                if page.get_attribute("#ff-map", "data-drawn") == "yes":  # by the keyboard alone
                    page.get_by_label("Move through the weeks").press("ArrowLeft")
                    page.wait_for_selector("#ff-map[data-week]")
                    assert page.get_by_label("Days", exact=True).input_value() == page.get_attribute(
                        "#ff-map", "data-week"
                    )
                    page.get_by_label("Go to a square").select_option(index=0)
                page.get_by_role("button", name="Show", exact=True).click()
            else:
                page.get_by_role("link", name="Before: ").click()
            assert page.get_by_role("link", name="After: ").count() == 1
            page.get_by_role("button", name="See what it is made of").click()
            said = page.inner_text("main")
            assert "Share of the number" in said
            assert "Not to be tasked from" in said
            assert "not yet known" in page.get_by_role("table", name="Week by week").inner_text()
            if scripts:
                looked_at(page, width)
            page.context.close()
