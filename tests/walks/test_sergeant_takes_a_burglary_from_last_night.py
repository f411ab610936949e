"""A neighbourhood sergeant takes a burglary from last night, gets the cocoon, records which homes were visited, and sees coverage,
not an assumption: with scripts, without, and by the keyboard alone, at a desk and on a telephone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import NARROW, WIDE
from tests.conftest import ROOT
from tests.records.extracts import put
from tests.web.hands import Hands
from tests.web.test_care_screens import looked_at
from tests.web.test_near_repeats import burglaries
from tests.web.test_screens import _OPENED, Served, answering

_SIGNED = """
from fourfold.cli import service
service._django()
from tests.web.conftest import signed_assessment
signed_assessment("near-repeats")
"""
pytestmark = pytest.mark.slow


def moved_to_last_night() -> list[dict[str, str]]:
    """The burglaries of the near repeats' example, the last of them last night."""
    rows = burglaries()
    last = max(datetime.fromisoformat(row["committed_from"]) for row in rows)
    later = datetime.now(UTC).replace(tzinfo=None).date() - timedelta(days=1) - last.date()
    times = ("reported_at", "recorded_at", "committed_from", "committed_to")
    return [
        {**row, **{t: (datetime.fromisoformat(row[t]) + later).isoformat() for t in times}}
        for row in rows
    ]  # fmt: skip


def brought_in(home: Path, folder: Path) -> str:
    """Their extracts and the register around the last three, whose references are returned."""
    rows, now = moved_to_last_night(), datetime.now(UTC)
    for month in sorted({row["recorded_at"][:7] for row in rows}):
        put(home, folder, now, "crimes", [row for row in rows if row["recorded_at"].startswith(month)], month)
    last = sorted(rows, key=lambda row: row["committed_from"])[-3:]
    register = [
        {"uprn": f"{row['crime_ref']}{off}-{n}", "number": str(first + 2 * n), "street": street, "use": "home",
         "easting": str(int(row["easting"]) - 40 + 10 * n), "northing": str(int(row["northing"]) + off)}
        for row in last[-1:] for street, first, off in (("Mill Street", 1, 0), ("Mill Street", 2, 20)) for n in range(10)
    ]  # fmt: skip
    put(home, folder, now, "addresses", register)
    return last[-1]["crime_ref"]


def test_from_the_burglary_to_its_coverage(browser: Browser, tmp_path: Path) -> None:
    ways = (("with scripts", WIDE), ("without", NARROW), ("keyboard", WIDE))
    passwords = {"supervisor": "words for the supervisor to sign in"}
    for how, width in ways:
        folder = tmp_path / how.replace(" ", "-")
        folder.mkdir()
        home = folder / "home"
        ref = brought_in(home, folder)
        told = {
            **os.environ,
            "FOURFOLD_HOME": str(home),
            "FOURFOLD_SECOND_STEP": "0",
            "FOURFOLD_FORCE": "leicestershire",
        }
        subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
        subprocess.run([sys.executable, "-c", _SIGNED], env=told, cwd=ROOT, check=True)
        with answering(told) as address:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, java_script_enabled=how != "without", base_url=address, locale="en-GB"
            )  # fmt: skip
            page = context.new_page()
            page.set_default_timeout(20_000)
            sergeant = Hands(page, keyboard=how == "keyboard")
            sergeant.sign_in("supervisor", passwords["supervisor"])
            page.goto("/cocoons")
            sergeant.follow(f"Take {ref}")
            sergeant.press("Open the cocoon")
            expect(page.get_by_role("heading", level=1)).to_contain_text(ref)
            expect(page.get_by_text("Burglary here was found to repeat near itself")).to_be_visible()
            expect(page.get_by_text("No first visit is recorded")).to_be_visible()
            if how != "without":
                looked_at(page, width)
            sergeant.follow("7 Mill Street")
            if how == "keyboard":
                _chosen(sergeant, "Spoken to")
            else:
                page.get_by_label("Spoken to").check()
            sergeant.press("Record it")
            expect(page.get_by_text("A visit is recorded at 1 of")).to_be_visible()
            expect(page.get_by_role("table", name="What is recorded of the homes")).to_contain_text("not recorded")
            sergeant.follow("The list, to be printed")
            expect(page.get_by_role("heading", level=1)).to_contain_text("Visiting list")
            context.close()
            small = Served(address, passwords).page(browser, "supervisor", NARROW)
            for path in ("/cocoons", _cocoon(small)):
                small.goto(path)
                looked_at(small, NARROW)
            for link in ("7 Mill Street", "The list, to be printed"):
                small.goto(_cocoon(small))
                small.get_by_role("link", name=link, exact=True).click()
                looked_at(small, NARROW)
            small.context.close()


def _cocoon(page: Page) -> str:
    page.goto("/cocoons")
    found = page.get_by_role("region", name="Cocoons").get_by_role("link").last
    return str(found.get_attribute("href"))


def _chosen(sergeant: Hands, label: str) -> None:
    """Choose an answer by the keyboard: Tab to the first of the group, and Space."""
    sergeant._reach(label, "INPUT")
    sergeant.page.keyboard.press("Space")
