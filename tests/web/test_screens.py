"""The service as it runs, in a browser: every page at both widths, with and without scripts, and by the keyboard alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from fourfold.casework import roles
from tests.browser import NARROW, WIDE, axe_faults, leads_on
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
ROLES = tuple(roles.TITLES)
BURGLARY = "/picture?force=leicestershire&measure=police_uk_burglary&from=2022-08&to=2022-10"
MAP = BURGLARY.replace("/picture", "/map")
PAGES = {
    "analyst": [
        "/", BURGLARY, f"{BURGLARY}&area=E06000016", f"{BURGLARY}&area=E01032867", "/picture?from=yesterday",
        MAP, f"{MAP}&by=small&points=yes", "/map?by=street",
        "/outcomes?force=leicestershire", "/imports", "/imports/send", "/papers", "/papers/new", "/methods", "/accountability",
        "/accountability/roles", "/accountability/algorithms", "/people",
        "/account", "/account/password", "/account/security-keys", "/no-such-page",
    ],
    "information_manager": [
        "/accountability/log", "/accountability/log?kind=access", "/accountability/log?from=yesterday",
        "/accountability/log/check", "/accountability/events", "/accountability/officers", "/accountability/retention",
        "/accountability/rights",
    ],
}  # fmt: skip


@dataclass
class Served:
    """The service, running."""

    address: str
    passwords: dict[str, str]

    def page(self, browser: Browser, role: str, width: int = WIDE, *, scripts: bool = True) -> Page:
        """A page of an officer who has signed in and accepted the statement."""
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, base_url=self.address, locale="en-GB"
        )
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_label("Name to sign in with").fill(role)
        page.get_by_label("Password", exact=True).fill(self.passwords[role])
        leads_on(page.get_by_role("button", name="Sign in"))
        if page.url.endswith("/lawful-use"):
            page.get_by_label("I will keep to this").check()
            page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        return page


_OPENED = """
import json, sys
from fourfold import settings
from fourfold.cli import service
service._django(); service._migrated()
from fourfold.casework import officers, roles
from fourfold.casework.audit import SYSTEM
for name, password in json.loads(sys.argv[1]).items():
    at = settings.now()
    one = officers.enrol(SYSTEM, name, f"Officer {name}", password, at=at)
    officers.grant_roles(SYSTEM, one, [roles.Held(name.partition("-")[0])], version=1, reason="For the tests.", at=at)
"""


@contextmanager
def answering(told: dict[str, str]) -> Iterator[str]:
    """`fourfold serve` with an environment, until the end of the block: its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [sys.executable, "-m", "fourfold.cli", "serve", "--port", str(port)]
    running = subprocess.Popen(serve, env=told, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                assert json.load(urllib.request.urlopen(f"{address}/ready"))["ready"]
                break
            except OSError:
                assert running.poll() is None, "the service ended as it started"
                time.sleep(0.2)
        yield address
    finally:
        running.terminate()
        running.wait(30)


@pytest.fixture(scope="module")
def served(held_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`fourfold serve` over a copy of the records, with an officer a role."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(held_home, home)
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    passwords = {role: f"words for the {role} to sign in" for role in (*ROLES, WITH_A_KEY)}
    opened = [sys.executable, "-c", _OPENED, json.dumps(passwords)]
    subprocess.run(opened, env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


WITH_A_KEY = "programme_lead-with-a-key"
"""An officer besides those of each role, as whoever has set up a second step is asked for it ever after."""


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("role", list(PAGES))
def test_every_page_at_both_widths(served: Served, browser: Browser, role: str, width: int) -> None:
    """No fault that axe finds, nothing wider than the screen, nothing the policy forbids, nothing from elsewhere."""
    page = served.page(browser, role, width)
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    page.on("request", lambda r: said.append(r.url) if not r.url.startswith(served.address) else None)
    for address in PAGES[role]:
        page.goto(address)
        assert axe_faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} is wider than the screen"
        assert said == [], address
        assert page.evaluate("document.fonts.check('16px \"GDS Transport\"') && [...document.fonts].length") in (
            0,
            False,
        )
    page.context.close()


def test_a_page_prints_with_its_marking_and_tables_and_without_what_is_for_a_screen_alone(
    served: Served, browser: Browser
) -> None:
    page = served.page(browser, "analyst")
    page.goto(BURGLARY)
    page.emulate_media(media="print")
    for hidden in (".ff-filters", ".govuk-service-navigation", ".ff-table__tools", ".ff-header__who"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator(".ff-marking").first).to_be_visible()
    expect(page.get_by_role("table", name="Recorded, by period")).to_be_visible()
    assert page.evaluate(
        "[...document.querySelectorAll('.ff-scroll')].every((e) => getComputedStyle(e).overflowX === 'visible')"
    )
    assert page.pdf()[:4] == b"%PDF"
    page.context.close()


def test_the_pages_before_signing_in(served: Served, browser: Browser) -> None:
    for width in (NARROW, WIDE):
        page = browser.new_context(viewport={"width": width, "height": 900}, base_url=served.address).new_page()
        page.goto("/sign-in")
        assert axe_faults(page) == []
        page.get_by_role("button", name="Sign in").click()
        assert page.title().startswith("Error: ")
        assert axe_faults(page) == [], "in the error state"
        page.context.close()


def test_the_page_that_asks_a_reason_at_both_widths(held_home: Path, tmp_path: Path, browser: Browser) -> None:
    """Where the force asks why: asked before anything is shown, asked again where nothing was said, and then answered."""
    home = tmp_path / "home"
    shutil.copytree(held_home, home)
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire",
            "FOURFOLD_REASONS": "1"}  # fmt: skip
    password = "words for the analyst to sign in"
    opened = [sys.executable, "-c", _OPENED, json.dumps({"analyst": password})]
    subprocess.run(opened, env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        for width in (NARROW, WIDE):
            page = Served(address, {"analyst": password}).page(browser, "analyst", width)
            page.goto(f"{MAP}&points=yes&area=E06000016")
            for _ in range(2):
                expect(page.get_by_role("heading", level=1)).to_contain_text("Why")
                assert axe_faults(page) == [], "before it is answered, and in the error state"
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                page.locator("main button[type=submit]").click()
            assert page.title().startswith("Error: ")
            page.locator("main input[type=text], main textarea").first.fill("The daily meeting")
            page.locator("main button[type=submit]").click()
            expect(page.get_by_role("heading", level=1)).not_to_contain_text("Why")
            assert axe_faults(page) == []
            page.context.close()


def test_an_officer_signs_in_with_a_security_key(served: Served, browser: Browser) -> None:
    """The browser's own virtual key: set up, asked for at the next signing in, of no use once it is gone from the account."""
    context = browser.new_context(base_url=served.address.replace("127.0.0.1", "localhost"), locale="en-GB")
    page = context.new_page()
    driver = context.new_cdp_session(page)
    driver.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": True,
           "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    added = driver.send("WebAuthn.addVirtualAuthenticator", {"options": key})["authenticatorId"]

    def password_entered() -> None:
        page.goto("/sign-in")
        page.get_by_label("Name to sign in with").fill(WITH_A_KEY)
        page.get_by_label("Password", exact=True).fill(served.passwords[WITH_A_KEY])
        leads_on(page.get_by_role("button", name="Sign in"))

    password_entered()
    page.get_by_label("I will keep to this").check()
    page.get_by_role("button", name="Continue").click()
    page.goto("/account/security-keys")
    page.get_by_label("What you call it").fill("<b>On my ring</b>")
    page.get_by_role("button", name="Set up this key").click()
    page.wait_for_url("**/account/recovery-codes")
    codes = page.locator("main li").all_inner_texts()
    assert len(codes) >= 8
    assert axe_faults(page) == []
    page.goto("/account/security-keys")
    expect(page.get_by_text("<b>On my ring</b>, set up on")).to_be_visible()
    assert axe_faults(page) == []

    page.get_by_role("button", name="Sign out").click()
    password_entered()
    assert page.url.endswith("/sign-in/code")
    expect(page.get_by_role("button", name="Use your security key")).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("button", name="Use your security key").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert driver.send("WebAuthn.getCredentials", {"authenticatorId": added})["credentials"][0]["signCount"] >= 1

    page.get_by_role("button", name="Sign out").click()
    driver.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": added})
    driver.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    password_entered()
    page.get_by_role("button", name="Use your security key").click()
    expect(page.get_by_text("No key answered.")).to_be_visible()
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    context.close()


@pytest.mark.parametrize("role", ROLES)
def test_no_page_that_links_lead_to_breaks_the_policy(served: Served, browser: Browser, role: str) -> None:
    """From page to page by the links alone, two of each kind: nothing that the policy forbids is so much as tried."""
    page = served.page(browser, role)
    said: list[str] = []
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) => console.error(`${e.violatedDirective} ${e.blockedURI}`))"
    )
    page.on("console", lambda m: said.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    page.on("request", lambda r: said.append(r.url) if not r.url.startswith((served.address, "blob:")) else None)
    waiting, seen, kinds = ["/"], set(), Counter[tuple[str, ...]]()
    while waiting and len(seen) < 45:
        address = waiting.pop(0)
        parts = urlsplit(address)
        kind = (
            re.sub(r"[0-9a-f]{12,}|[0-9]+", "*", parts.path),
            *sorted(re.findall(r"(?:^|&)([a-z_]+)=", parts.query)),
        )
        if address in seen or kinds[kind] >= 2 or re.search(r"take=|\.(csv|json|svg|docx|pdf|ods)\b", address):
            continue
        kinds[kind] += 1
        seen.add(address)
        page.goto(address)
        assert said == [], address
        links = page.eval_on_selector_all("a[href]", "(every) => every.map((a) => a.href)")
        waiting += [
            link.removeprefix(served.address).partition("#")[0] for link in links if link.startswith(served.address)
        ]
    assert len(seen) >= 12
    page.context.close()
