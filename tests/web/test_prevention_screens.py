"""The pages of places, plans and clocks at both widths, as they begin, in use, and where a form is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.analysis.test_clocks import REQUEST, SENT, THING
from tests.browser import NARROW, WIDE, axe_faults, leads_on
from tests.conftest import ROOT
from tests.records.extracts import put
from tests.web.test_near_repeats import bring_in
from tests.web.test_screens import _OPENED, Served, answering

pytestmark = pytest.mark.slow
ROLES = ("analyst", "supervisor", "code_auditor", "board_reader")
WHERE_NEXT = "/where-next?force=leicestershire&cell=1000"
PAGES = {
    "analyst": [
        "/near-repeats?force=leicestershire", "/near-repeats?force=leicestershire&metres=100&days=7&events=yes", "/vehicles",
        "/change-of-place", "/vehicles/dismantling",
        "/recovery", "/hotspots", "/sites", "/intelligence-questions", "/intelligence-questions/how_stolen", "/patrols",
    ],
    "supervisor": [
        "/patrols", "/cocoons", "/hand-outs",
        "/clocks", "/clocks/each?of=compensation", "/clocks/each?of=property", "/clocks/each?of=delays",
        "/plan", "/plan/items", "/plan/returns",
    ],
    "code_auditor": ["/plan", "/plan/items", "/plan/returns?from=2022-04&to=2022-06"],
    "board_reader": ["/near-repeats?force=leicestershire", "/intelligence-questions", "/clocks"],
}  # fmt: skip
"""Read as they are, by whom."""
CLOCKS = {"cica_requests": REQUEST, "property": THING, "precharge_submissions": SENT}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`fourfold serve` over half a year of burglaries and a few things on the clocks, with an officer in each of ROLES."""
    folder = tmp_path_factory.mktemp("served-prevention")
    home = folder / "home"
    home.mkdir(mode=0o700)
    bring_in(home, folder)
    for minute, (name, row) in enumerate(CLOCKS.items()):
        put(home, folder, datetime(2022, 7, 1, 13, minute, tzinfo=UTC), name, [row])
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    passwords = {role: f"words for the {role} to sign in" for role in ROLES}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


def looked_at(page: Page, width: int) -> None:
    """What every page is held to. Pictures are kept where FOURFOLD_PICTURES names a folder, for somebody to look at."""
    page.wait_for_load_state()
    if folder := os.environ.get("FOURFOLD_PICTURES"):
        number = len(list(Path(folder).iterdir()))
        page.screenshot(path=f"{folder}/{number:02d}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} is wider than the screen"
    assert axe_faults(page) == [], page.url


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_at_both_widths(served: Served, browser: Browser, role: str, width: int) -> None:
    page = served.page(browser, role, width)
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    for address in PAGES[role]:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        looked_at(page, width)
        assert said == [], address
    page.context.close()


def test_where_next_at_both_widths_while_it_is_worked_out_and_then(served: Served, browser: Browser) -> None:
    for width in (NARROW, WIDE):
        page = served.page(browser, "analyst", width)
        page.goto(WHERE_NEXT)
        looked_at(page, width)
        expect(page.get_by_role("heading", name="Can it be told?")).to_be_visible(timeout=180_000)
        looked_at(page, width)
        page.context.close()


FORMS = [
    ("analyst", "/sites", "Put it forward", {}),
    ("analyst", "/intelligence-questions/how_stolen", "Add it", {}),
    ("supervisor", "/patrols", "Make the plan", {"Minutes of a stop": "90"}),
    ("supervisor", "/cocoons", "Open the cocoon", {"Reference of the burglary": "none such"}),
    ("code_auditor", "/plan", "Plan it", {"What is to be done": "Ask again"}),
]


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize(("role", "address", "button", "given"), FORMS, ids=[address for _, address, *_ in FORMS])
def test_a_form_that_is_wrong_at_both_widths(
    served: Served, browser: Browser, role: str, address: str, button: str, given: dict[str, str], width: int
) -> None:
    page = served.page(browser, role, width)
    page.goto(address)
    for label, value in given.items():
        page.get_by_label(label).fill(value)
    leads_on(page.get_by_role("button", name=button))
    assert page.title().startswith("Error: "), page.title()
    looked_at(page, width)
    page.context.close()


def given_day(page: Page, legend: str, day: date) -> None:
    """A day written into its three fields."""
    group = page.get_by_role("group", name=legend)
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        group.get_by_label(part).fill(str(value))


def a_site(page: Page) -> str:
    page.goto("/sites")
    for label in ("What it is called", "Neighbourhood", "Who answers for it", "Why it is put forward"):
        page.get_by_label(label).fill("The old yard")
    leads_on(page.get_by_role("button", name="Put it forward"))
    return page.url


def an_answer(page: Page) -> str:
    page.goto("/intelligence-questions/how_stolen")
    for label in ("What is believed now", "The evidence"):
        page.get_by_label(label).fill("0123456789ab")
    given_day(page, "Looked at again by", datetime.now(UTC).date() + timedelta(days=30))
    leads_on(page.get_by_role("button", name="Add it"))
    return page.url


def an_action(page: Page) -> str:
    page.goto("/plan")
    page.get_by_label("What is to be done").fill("Make the contact method mandatory")
    page.get_by_label("Owner", exact=True).fill("Superintendent Ashe")
    page.get_by_label("Measured otherwise").fill("Contacts without a method")
    given_day(page, "By when", datetime.now(UTC).date() + timedelta(days=40))
    leads_on(page.get_by_role("button", name="Plan it"))
    return page.url


def a_return(page: Page) -> str:
    page.goto("/plan/returns?from=2022-06&to=2022-06")
    leads_on(page.locator("form[method=post]:not(.ff-save)").get_by_role("button").last)
    return page.url


IN_USE: list[tuple[str, Callable[[Page], str], str, tuple[str, ...]]] = [
    ("analyst", a_site, "supervisor", ("{there}", "/sites")),
    ("analyst", an_answer, "supervisor", ("{there}", "/intelligence-questions")),
    ("code_auditor", an_action, "code_auditor", ("{there}", "/plan")),
    ("code_auditor", a_return, "code_auditor", ("{there}", "/plan/returns")),
]


@pytest.mark.parametrize(("role", "made", "reader", "pages"), IN_USE, ids=[made.__name__ for _, made, *_ in IN_USE])
def test_what_was_made_at_both_widths(
    served: Served, browser: Browser, role: str, made: Callable[[Page], str], reader: str, pages: tuple[str, ...]
) -> None:
    page = served.page(browser, role)
    there = made(page)
    assert not page.title().startswith("Error: "), page.locator("main").inner_text()
    page.context.close()
    for width in (NARROW, WIDE):
        page = served.page(browser, reader, width)
        for address in pages:
            answer = page.goto(address.format(there=there))
            assert answer is not None
            assert answer.status == 200, page.url
            looked_at(page, width)
        page.context.close()
