"""The pages about fraud in a browser, at both widths: no fault that axe finds, nothing wider than the screen, no script needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fourfold.records import people
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from tests import fraud_lists
from tests.browser import NARROW, WIDE, axe_faults, leads_on
from tests.conftest import ROOT
from tests.records.extracts import put
from tests.web.test_screens import _OPENED, Served, answering

pytestmark = pytest.mark.slow
ROLES = ("victim_care_officer", "economic_crime_supervisor", "analyst")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service over the lists of two Mondays, whose victims are compared already."""
    folder = tmp_path_factory.mktemp("fraud-served")
    home = folder / "home"
    fraud_lists.held_lists(home, folder)
    home.chmod(0o700)
    sent = {
        "force": "saltmere",
        "package_ref": "NFIB-1",
        "kind": "pursue",
        "status": "received",
        "received_on": "2022-09-03",
    }
    given = [{**sent, "report_ref": f"NFRC22000{n:03d}", "disseminated_on": "2022-09-01"} for n in range(3)]
    put(home, folder, datetime(2022, 10, 10, 6, tzinfo=UTC), "fraud_disseminations_action_fraud", given, "2022-09")
    outcome = {
        "force": "saltmere",
        "report_ref": "NFRC22000000",
        "outcome_type": "1",
        "outcome_on": "2022-09-25",
        "offenders": "1",
    }
    put(home, folder, datetime(2022, 10, 10, 6, tzinfo=UTC), "fraud_outcomes_action_fraud", [outcome], "2022-10")
    Folder(home).admit("A1", "analyst")
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    at = datetime(2022, 10, 10, 8, tzinfo=UTC)
    people.link(records_as_at(home, at), Folder(home).gate, asking, at)
    with serving(home) as found:
        yield found


@contextmanager
def serving(home: Path) -> Iterator[Served]:
    """The service over some records, with an officer in each of ROLES."""
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "saltmere"}
    passwords = {role: f"words for the {role} to sign in" for role in ROLES}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


def looked_at(page: Page, width: int) -> None:
    """What every page is held to. Pictures are kept where FOURFOLD_PICTURES names a folder, for somebody to look at."""
    if folder := os.environ.get("FOURFOLD_PICTURES"):
        number = len(list(Path(folder).iterdir()))
        page.screenshot(path=f"{folder}/{number:02d}-{width}.png", full_page=True)
    page.wait_for_load_state()  # a page just answered may have no element yet to be measured
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} is wider than the screen"
    assert axe_faults(page) == [], page.url


def test_care_at_both_widths_and_without_a_script(served: Served, browser: Browser) -> None:
    page = served.page(browser, "victim_care_officer", scripts=False)
    page.set_default_timeout(10_000)
    page.goto("/care/stock")
    page.get_by_label("How many").fill("20")
    page.get_by_label("What paid for them").fill("Proceeds of crime")
    page.get_by_role("button", name="Enter into stock").click()
    page.get_by_role("link", name="Victim care", exact=True).first.click()
    page.get_by_role("region", name="The list").locator("tbody a").first.click()
    page.get_by_role("button", name="Take this victim up").click()
    page.get_by_role("button", name="Record the try").click()
    expect(page.get_by_role("alert")).to_contain_text("A question is not answered")
    page.get_by_role("group", name="Was the victim reached?").get_by_label("No").check()
    page.get_by_role("button", name="Record the try").click()
    page.get_by_role("button", name="Give it").click()
    page.get_by_role("button", name="Book the visit").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not a day")
    page.get_by_role("group", name="Does the victim agree?").get_by_label("No").check()
    page.get_by_role("button", name="Refer").click()
    expect(page.get_by_role("alert")).to_contain_text("The victim has not agreed")
    page.get_by_role("group", name="Does the victim agree?").get_by_label("Yes").check()
    page.get_by_role("button", name="Refer").click()
    expect(page.get_by_role("heading", name="Victim Support has been asked")).to_be_visible()
    case = page.url
    page.context.close()
    for width in (NARROW, WIDE):
        page = served.page(browser, "victim_care_officer", width)
        for address in ("/", "/care", "/care/in-hand", "/care/stock", case):
            page.goto(address)
            looked_at(page, width)
        page.get_by_role("button", name="Book the visit").click()
        looked_at(page, width)
        page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_list_of_many_pages_is_sorted_whole_with_a_script_and_without(
    served: Served, browser: Browser, scripts: bool
) -> None:
    page = served.page(browser, "victim_care_officer", scripts=scripts)
    page.goto("/care")
    table = page.get_by_role("region", name="The list")
    names = table.locator("tbody tr td:first-child a")
    for down in (False, True):
        leads_on(table.get_by_role("columnheader", name="Victim").get_by_role("link"))
        seen: list[str] = []
        while True:
            seen += names.all_inner_texts()
            after = page.get_by_role("navigation", name="Pages of The list").locator("a[rel=next]")
            if not after.count():
                break
            leads_on(after)
        assert len(seen) == 300
        assert seen == sorted(seen, key=str.casefold, reverse=down)
    page.context.close()


def test_the_picture_of_reports_at_both_widths(served: Served, browser: Browser) -> None:
    october = "from=2022-10&to=2022-10"
    for width in (NARROW, WIDE):
        page = served.page(browser, "analyst", width)
        asked = (
            f"/fraud/capacity?limit=18&team=1&{october}",
            f"/fraud/capacity?limit=99&{october}",
            "/fraud/capacity?team=0",
        )
        for address in (
            f"/fraud?{october}",
            f"/fraud/threshold?limit=18&{october}",
            "/fraud/threshold?limit=99",
            *asked,
        ):
            page.goto(address)
            looked_at(page, width)
        page.context.close()


def test_a_campaign_at_both_widths_and_without_a_script(served: Served, browser: Browser) -> None:
    page = served.page(browser, "victim_care_officer", scripts=False)
    page.set_default_timeout(10_000)
    page.get_by_role("link", name="Victims", exact=True).click()
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("button", name="Begin it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    for label, text in (
        ("What it is called", "Romance fraud"),
        ("Who leads it", "City of London Police"),
        ("Kinds of fraud", "1D"),
    ):
        page.get_by_label(label).fill(text)
    for legend, day in (("First day", "10"), ("Last day", "21"), ("Its victims reported from", "1"), ("to", "9")):
        group = page.get_by_role("group", name=legend, exact=legend == "to")
        for part, said in (("Day", day), ("Month", "10"), ("Year", "2022")):
            group.get_by_label(part).fill(said)
    page.get_by_role("button", name="Begin it").click()
    page.get_by_role("button", name="Identify victims").click()
    expect(page.get_by_text("20 victims identified")).to_be_visible()
    page.get_by_label("What is returned").fill("Victims contacted")
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not a day")
    campaign = page.url.partition("/plan")[0].partition("#")[0]
    page.goto("/campaigns/reach")
    page.get_by_label("Title").fill("Who are you talking to?")
    for part, said in (("Day", "11"), ("Month", "10"), ("Year", "2022")):
        page.get_by_role("group", name="Day").get_by_label(part).fill(said)
    page.get_by_role("button", name="Record it", exact=True).click()
    expect(page.get_by_text("not recorded").first).to_be_visible()
    page.context.close()
    for width in (NARROW, WIDE):
        page = served.page(browser, "victim_care_officer", width)
        for address in ("/campaigns", campaign, f"{campaign}/victims", "/campaigns/reach", "/care/questionnaires"):
            page.goto(address)
            looked_at(page, width)
        leads_on(page.get_by_role("region", name="Questionnaires").get_by_role("link").first)
        looked_at(page, width)
        page.context.close()


def test_a_return_at_both_widths_and_without_a_script(served: Served, browser: Browser) -> None:
    page = served.page(browser, "economic_crime_supervisor", scripts=False)
    page.set_default_timeout(10_000)
    page.get_by_role("link", name="Fraud", exact=True).click()
    page.get_by_role("link", name="Disseminated fraud").click()
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="Acknowledge it").click()
    page.get_by_label("Why", exact=True).fill("Protracted")
    leads_on(page.get_by_role("button", name="Record the decision"))
    case = page.url
    page.goto("/disseminations/returns")
    page.get_by_label("Draw up the return of").fill("soon")
    page.get_by_role("button", name="Draw it up").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Draw up the return of").fill("2022-10")
    page.get_by_role("button", name="Draw it up").click()
    expect(page.get_by_role("alert")).to_contain_text("The records last changed before the month was over")
    page.get_by_label("Draw up the return of").fill("2022-09")
    page.get_by_role("button", name="Draw it up").click()
    expect(page.get_by_text("A colleague signs it")).to_be_visible()
    drawn_up = page.url
    page.context.close()
    for width in (NARROW, WIDE):
        page = served.page(browser, "economic_crime_supervisor", width)
        for address in (
            "/disseminations",
            "/disseminations?show=triaged",
            "/disseminations?show=filed",
            case,
            "/disseminations/returns",
            drawn_up,
        ):
            page.goto(address)
            looked_at(page, width)
        page.goto(case)
        page.get_by_role("button", name="Hand it over").click()
        looked_at(page, width)
        page.context.close()


def test_rows_that_lack_their_week_or_day_and_two_cases_of_one_victim_are_said(
    browser: Browser, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    same = {"forename": "Jean", "surname": "Okonjo", "born_on": "1948-03-02", "phone": "07700 900123", "address": "4 Tern Row",
            "postcode": "XS1 1AA", "nfib_code": "NFIB1D"}  # fmt: skip
    rows = [
        fraud_lists.row(0, **same), fraud_lists.row(1, **same), fraud_lists.row(2, week_starting=""),
        fraud_lists.row(3, nfib_code="NFIB1D", reported_at="2099-01-05T10:00:00"),
    ]  # fmt: skip
    at = datetime(2022, 10, 10, 6, tzinfo=UTC)
    import_files(home, [fraud_lists.list_file(tmp_path, fraud_lists.MONDAY, rows)], clock=lambda: at)
    home.chmod(0o700)
    with serving(home) as served:
        page = served.page(browser, "victim_care_officer", scripts=False)
        page.set_default_timeout(10_000)
        page.goto("/care")
        expect(page.get_by_text("1 report with no readable week")).to_be_visible()
        for n in range(2):
            page.goto("/care")
            leads_on(page.get_by_role("region", name="The list").get_by_role("link", name="Jean Okonjo").nth(n))
            leads_on(page.get_by_role("button", name="Take this victim up"))
        case = page.url
        Folder(home).admit("A1", "analyst")
        asking = Asking(officer="A1", role="analyst", purpose="linking people")
        people.link(records_as_at(home, datetime.now(UTC)), Folder(home).gate, asking, datetime.now(UTC))
        page.context.close()
        for width in (NARROW, WIDE):
            page = served.page(browser, "victim_care_officer", width)
            for address in ("/care", case, "/care/questionnaires", "/fraud?from=2022-10&to=2022-10"):
                page.goto(address)
                looked_at(page, width)
            page.goto(case)
            expect(page.get_by_text("has another open case of this victim")).to_be_visible()
            leads_on(page.get_by_role("link", name="open it"))
            expect(page.get_by_text("has another open case of this victim")).to_be_visible()
            page.goto("/care/questionnaires")
            expect(page.get_by_text("0 of 2 completed")).to_be_visible()
            page.context.close()
