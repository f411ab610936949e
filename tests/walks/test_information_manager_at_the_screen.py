"""An information manager at the screen: a letter is entered, answered, and the person erased and proved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from fourfold.records.imports import import_files
from fourfold.records.remains import remains
from tests.browser import NARROW, WIDE, axe_faults, leads_on
from tests.conftest import ROOT
from tests.records.test_erasure import CANARIES, TABLES, plain
from tests.web.test_screens import _OPENED, ROLES, Served, answering

pytestmark = pytest.mark.slow


def test_from_the_letter_to_the_certificate(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    import_files(home, [plain(tmp_path, name) for name in TABLES], clock=lambda: datetime.now(UTC))
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "kent"}
    passwords = {role: f"words for the {role} to sign in" for role in ROLES}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        served = Served(address, passwords)
        page = served.page(browser, "information_manager", WIDE)
        entered(page, "access")
        page.get_by_text("Search by details").click()
        page.get_by_label("Surname").fill("Quillfeather")
        leads_on(page.get_by_role("button", name="Search"))
        assert "PX777" in page.content()
        seen(page, "search")
        named(page, "PX777")
        with page.expect_download() as given:
            page.get_by_role("button", name="Take the bundle").click()
        assert given.value.suggested_filename.startswith("bundle-E")

        entered(page, "rectification")
        named(page, "PX777")
        page.get_by_label("What is wrong").select_option("phone")
        page.get_by_label("What is right").fill("01632 960001")
        page.get_by_label("Why").select_option("of_another")
        page.get_by_label("Who says so, and by what?").fill("the person, by letter")
        seen(page, "rectification")
        leads_on(page.get_by_role("button", name="Put it right"))
        assert "was put right in 1 row" in page.content()

        for reference in ("NFRC777", "PX777"):
            entered(page, "erasure")
            named(page, reference)
            page.get_by_label("Why? Name nobody.").fill("letter 41")
            seen(page, "erasure")
            leads_on(page.get_by_role("button", name="Erase this person"))
            for _ in range(90):
                if "Certificate of erasure" in page.content():
                    break
                page.wait_for_timeout(1_000)
                page.reload()
            assert "Certificate of erasure" in page.content()
            assert "Still found" not in page.content()
            seen(page, "certificate")
        page.goto("/accountability/retention")
        assert "Certificates" in page.content()
        seen(page, "retention")
        narrow = served.page(browser, "information_manager", NARROW)
        for place in ("/accountability/retention", "/accountability/rights"):
            narrow.goto(place)
            seen(narrow, f"narrow-{place.rsplit('/', 1)[1]}")
        page.goto("/accountability/rights")
        seen(page, "rights")
        for canary in CANARIES:
            assert remains(home, [canary])[0] == (), canary


def entered(page: Page, kind: str) -> None:
    page.goto("/accountability/rights")
    page.get_by_label("What is asked").select_option(kind)
    page.get_by_label("Your own reference").fill("letter 41")
    for name, value in (("Day", "7"), ("Month", "11"), ("Year", "2022")):
        page.get_by_label(name, exact=True).fill(value)
    leads_on(page.get_by_role("button", name="Enter it"))
    seen(page, f"entered-{kind}")


def named(page: Page, reference: str) -> None:
    page.get_by_label("Reference or identifier of the person").fill(reference)
    leads_on(page.get_by_role("button", name="This is the person"))
    assert "Answer it" in page.content()


def seen(page: Page, name: str) -> None:
    """No fault that axe finds, and nothing wider than the screen; a picture where somebody wants to look."""
    page.wait_for_load_state()  # a page just answered may have no element yet to be measured
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    if os.environ.get("FOURFOLD_LOOK"):
        page.screenshot(path=f"{os.environ['FOURFOLD_LOOK']}/{name}.png", full_page=True)
    assert axe_faults(page) == [], name
