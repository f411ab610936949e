"""A browser for the pages: the system's Chromium, driven headless, and axe-core to look for faults of accessibility.

A page is opened from a file or an address; `axe_faults` are those of WCAG 2.2, levels A and AA, and what the page tried against its
own Content-Security-Policy: whatever page axe looks at is held to both. Where Chromium is missing
it is installed (`apt-get`, as root); where it cannot be, the tests fail: they are never left out.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
LAUNCHED_WITH = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROW, WIDE = 320, 1280
"""The widths, in pixels, at which a page must be readable: a phone (or 400% zoom), and a desk."""


def chromium() -> Path:
    """The browser, installed first where it is missing. Fails, with what to do, where it cannot be had."""
    with (Path(tempfile.gettempdir()) / "fourfold-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not CHROMIUM.exists() and os.geteuid() == 0 and shutil.which("apt-get"):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
                given = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=400", *command]
                subprocess.run(given, env=quiet, check=False, capture_output=True)
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing, and could not be installed: apt-get install chromium.", pytrace=False)
    return CHROMIUM


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, headless, one for a test process."""
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=LAUNCHED_WITH)
        yield opened
        opened.close()


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    """A page of a browser that holds nothing yet, as wide as a desk's screen."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900}, locale="en-GB")
    yield context.new_page()
    context.close()


def leads_on(leading: Locator) -> None:
    """Click on what leads to another page, and wait until that page has come: a click alone does not wait for it."""
    with leading.page.expect_navigation():
        leading.click()


def axe_faults(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA on the page as it stands: a line a fault, with where it is; and what
    the page has tried since it was opened that its policy forbids."""
    given: dict[str, Any] = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=given).response
    assert found["passes"], "axe looked at nothing"
    return [
        f"{fault['id']}: {fault['help']}: {'; '.join(str(node['target'][0]) for node in fault['nodes'][:5])}"
        for fault in found["violations"]
    ] + forbidden_by_policy(page)


_REPORTED = """() => new Promise((done) => {
    const found = [];
    const said = (reports) => found.push(...reports.map((one) => `policy: ${one.body.effectiveDirective} ${one.body.blockedURL}`));
    new ReportingObserver(said, {types: ["csp-violation"], buffered: true}).observe();
    setTimeout(() => done(found), 50);
})"""


def forbidden_by_policy(page: Page) -> list[str]:
    """What the page tried against its own Content-Security-Policy, from its opening on, as the browser itself keeps it."""
    return [str(one) for one in page.evaluate(_REPORTED)]
