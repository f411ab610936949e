"""A sergeant plans a patrol from a count, cannot from a map that is not signed until a second person signs it, and records visits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import NARROW, WIDE, leads_on
from tests.conftest import ROOT
from tests.records.extracts import put
from tests.web.test_care_screens import looked_at
from tests.web.test_screens import _OPENED, Served, answering

pytestmark = pytest.mark.slow


def crowded() -> list[dict[str, str]]:
    """Thirty burglaries on two streets in the last three weeks, and forty far from one another."""
    today, found = datetime.now(UTC).date(), []
    for n in range(70):
        day = today - timedelta(days=1 + n % 20)
        east, north = (
            (460_000 + 600 * (n % 2) + n, 303_000 + n) if n < 30 else (440_000 + 2_000 * (n % 10), 290_000 + 1_000 * n)
        )
        found.append({
            "crime_ref": f"H{n:02d}", "offence_code": "28E", "recorded_at": f"{day}T10:00:00", "committed_from": f"{day}T02:00:00",
            "easting": str(east), "northing": str(north),
        })  # fmt: skip
    return found


def test_from_the_map_to_the_dosage(browser: Browser, tmp_path: Path) -> None:
    home, rows = tmp_path / "home", crowded()
    for month in sorted({row["recorded_at"][:7] for row in rows}):
        own = [row for row in rows if row["recorded_at"].startswith(month)]
        put(home, tmp_path, datetime.now(UTC), "crimes", own, month)
    line = {
        "begins_easting": "459950",
        "begins_northing": "302950",
        "ends_easting": "460100",
        "ends_northing": "303100",
    }
    put(home, tmp_path, datetime.now(UTC), "streets", [{"street_ref": "S1", "name": "Kelp Lane", **line}])
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    passwords = {role: f"words for the {role} to sign in" for role in ("supervisor", "analyst", "programme_lead")}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        served = Served(address, passwords)
        refused(served.page(browser, "supervisor", WIDE, scripts=True))
        signed(served, browser)
        for width, scripts in ((WIDE, True), (NARROW, True), (NARROW, False)):
            page = served.page(browser, "supervisor", width, scripts=scripts)
            page.set_default_timeout(20_000)
            page.goto("/patrols")
            asked(page, "Where next")
            expect(page.get_by_role("alert")).to_contain_text("may not be tasked from")
            asked(page, "Hotspots of the last twelve months")
            expect(page.get_by_role("table", name="Stops, in the order to go round")).to_be_visible()
            page.goto("/patrols")
            asked(page, "Hotspots of the last twelve months", "Streets of the register")
            expect(page.get_by_role("table", name="Stops, in the order to go round")).to_contain_text("Kelp Lane")
            expect(page.get_by_text("which way one goes, and how long it takes, is not known")).to_be_visible()
            if scripts:
                looked_at(page, width)
            page.goto("/patrols")
            asked(page, "Counts of the last twelve months")
            page.get_by_label("Minutes spent there").fill("12")
            page.get_by_role("button", name="Record it").click()
            expect(page.get_by_text("12 minutes in 1 visit recorded")).to_be_visible()
            expect(page.get_by_text("says nothing of what they did")).to_be_visible()
            text = f"at,stop,minutes\n{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT12:00},2,14\nlast night,2,14\n"
            page.get_by_label("File", exact=True).set_input_files(
                {"name": "log.csv", "mimeType": "text/csv", "buffer": text.encode()}
            )
            leads_on(page.get_by_role("button", name="Bring it in"))
            expect(page.get_by_role("table", name="Lines that were rejected")).to_contain_text("Its time is none")
            expect(page.get_by_text("26 minutes in 2 visits recorded")).to_be_visible()
            if scripts:  # axe is one
                looked_at(page, width)
                page.goto("/patrols")
                looked_at(page, width)
            page.context.close()


def refused(page: Page) -> None:
    page.goto("/patrols")
    asked(page, "Hotspots of the last twelve months")
    expect(page.get_by_role("alert")).to_contain_text("may not be tasked from")
    page.context.close()


def signed(served: Served, browser: Browser) -> None:
    """An analyst puts the assessment of hot squares forward, and a programme lead signs it."""
    page = served.page(browser, "analyst", WIDE, scripts=True)
    page.goto("/accountability/algorithms")
    page.get_by_role("table", name="Each algorithm").get_by_role("link", name="Squares that hold more").click()
    looked_at(page, WIDE)
    page.get_by_label("What was assessed, and what was found").fill("On whom hot squares fall was looked at by ward.")
    leads_on(page.get_by_role("button", name="Put it forward to be signed"))
    expect(page.get_by_text("You put it forward")).to_be_visible()
    page.context.close()
    page = served.page(browser, "programme_lead", NARROW, scripts=False)
    page.goto("/accountability/algorithms/hotspots")
    leads_on(page.get_by_role("button", name="Sign it"))
    expect(page.get_by_text("What it says may be tasked from")).to_be_visible()
    page.context.close()
    page = served.page(browser, "programme_lead", NARROW, scripts=True)
    page.goto("/accountability/algorithms/hotspots")
    looked_at(page, NARROW)
    page.goto("/accountability/algorithms")
    looked_at(page, NARROW)
    page.context.close()


def asked(page: Page, drawn_from: str, by: str = "Squares of the map") -> None:
    page.get_by_label("Map", exact=True).select_option(label=drawn_from)
    page.get_by_label("What the stops are").select_option(label=by)
    today = datetime.now(UTC).date()
    for name, day in (("First day", today - timedelta(days=7)), ("Last day", today + timedelta(days=7))):
        fields = page.get_by_role("group", name=name)
        for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
            fields.get_by_label(part, exact=True).fill(str(value))
    page.get_by_role("button", name="Make the plan").click()
