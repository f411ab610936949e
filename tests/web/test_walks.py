"""The walks that the service was made for: each with scripts, without, and by the keyboard alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fourfold.demo.force import written_force
from fourfold.demo.scenario import Scenario
from fourfold.records import people
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from tests.browser import axe_faults
from tests.conftest import ROOT
from tests.web.hands import Hands
from tests.web.test_gate import addresses
from tests.web.test_screens import Served, answering

pytestmark = pytest.mark.slow
HANDS = pytest.mark.parametrize("how", ["with scripts", "without", "keyboard"])
LAST_MONTH = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
_OPENED = """
import json, sys
from datetime import datetime
from django.db import transaction
from fourfold.cli import service
service._django(); service._migrated()
from fourfold.casework import audit, officers, roles
at, looked = (datetime.fromisoformat(one) for one in sys.argv[2:4])
for role, password in json.loads(sys.argv[1]).items():
    one = officers.enrol(audit.SYSTEM, role, f"Officer {role}", password, at=at)
    officers.grant_roles(audit.SYSTEM, one, [roles.Held(role)], version=1, reason="For the tests.", at=at)
analyst = officers.Officer.objects.get(username="analyst")
with transaction.atomic():  # the entry that the page of a person makes, as it was made last month
    audit.entered(audit.Who(analyst.key, ("analyst",)), "combination", "read person", "people", at=looked, keys=[sys.argv[4]])
"""


@pytest.fixture(scope="module")
def person_key() -> list[str]:
    """Whose records the analyst looked at last month."""
    return []


@pytest.fixture(scope="module")
def served(held_home: Path, tmp_path_factory: pytest.TempPathFactory, person_key: list[str]) -> Iterator[Served]:
    """The service over Leicestershire and a very small Saltmere (FICTITIOUS), in use since last month."""
    home = tmp_path_factory.mktemp("walks") / "home"
    shutil.copytree(held_home, home)
    written = written_force(Scenario(scale=0.001), home.with_name("files"), lambda _: None)
    import_files(home, written, clock=lambda: datetime.now(UTC))
    access = Folder(home)
    access.admit("A1", "analyst")
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    state = people.link(records_as_at(home, datetime.now(UTC)), access.gate, asking, datetime.now(UTC)).state
    person_key.append(str(state.people["person"][0]))
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    roles = ("analyst", "supervisor", "board_secretary", "board_reader", "information_manager")
    passwords = {role: f"words for the {role} to sign in" for role in roles}
    looked = datetime.combine(LAST_MONTH, datetime.min.time(), UTC) + timedelta(hours=9)
    given = [json.dumps(passwords), (looked - timedelta(days=1)).isoformat(), looked.isoformat(), person_key[0]]
    subprocess.run([sys.executable, "-c", _OPENED, *given], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


def hands(served: Served, browser: Browser, role: str, how: str) -> Hands:
    """An officer who has just signed in."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, java_script_enabled=how != "without", base_url=served.address, locale="en-GB"
    )  # fmt: skip
    found = Hands(context.new_page(), keyboard=how == "keyboard")
    found.sign_in(role, served.passwords[role])
    return found


@HANDS
def test_an_analyst_and_a_colleague(served: Served, browser: Browser, how: str) -> None:
    """Opens the picture for burglary in one area, sees what has changed and how sure that is, narrows to an LSOA, opens its
    table, sends the address to a colleague whose role shows less, and that colleague sees less."""
    analyst = hands(served, browser, "analyst", how)
    page = analyst.page
    analyst.follow("The picture")
    analyst.choose("Measure", "Burglary (police.uk)")
    analyst.choose("Area", "Leicester")
    analyst.choose("From", "August 2022")
    analyst.press("Show")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Burglary")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Leicester, as recorded by")
    expect(page.get_by_text("How sure")).to_be_visible()
    expect(page.get_by_role("heading", name="The paragraph the paper would print")).to_be_visible()
    council = page.url
    narrower = page.get_by_role("region", name="The twenty small areas").locator("tbody a").first.inner_text()
    analyst.follow(narrower)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Burglary")
    analyst.open("The chart’s table")
    expect(page.get_by_role("table", name="Recorded, by period")).to_be_visible()
    colleague = hands(served, browser, "board_reader", how)
    colleague.page.goto(page.url)
    expect(colleague.page.get_by_role("heading", level=1)).to_have_text("Page not found")
    colleague.page.goto(council)
    expect(colleague.page.get_by_role("heading", name="What has changed")).to_be_visible()
    expect(colleague.page.get_by_text("The twenty small areas")).to_have_count(0)
    expect(colleague.page.get_by_text(narrower)).to_have_count(0)
    for one in (page, colleague.page):
        one.context.close()


@HANDS
def test_an_analyst_and_the_map(served: Served, browser: Browser, how: str) -> None:
    """Opens the map by small areas, and an area's picture from it: from the canvas's list, or from the still picture's table."""
    analyst = hands(served, browser, "analyst", how)
    page = analyst.page
    analyst.follow("The picture")
    analyst.follow("Map")
    analyst.choose("From", "August 2022")
    analyst.choose("By", "small areas")
    analyst.press("Show")
    place = page.locator("#ff-map")
    if how == "without":
        expect(place.locator("img")).to_be_visible()
    else:
        expect(place).to_have_attribute("data-drawn", "yes", timeout=60_000)
        expect(place.locator("img")).to_be_hidden()
        analyst.press("Zoom in", stays=True)
        expect(page.locator("canvas")).to_have_attribute("tabindex", "0")
    first = page.locator("#go option").nth(3).inner_text().strip()
    analyst.choose("Go to an area", first)
    if how != "without":
        expect(page.get_by_role("status").filter(has_text=first)).to_be_visible()
    analyst.press("See its picture")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "/picture?" in page.url
    page.context.close()


@HANDS
def test_a_supervisor_and_a_file(served: Served, browser: Browser, street_file: Callable[..., Path], how: str) -> None:
    """Uploads an extract, watches it go, downloads the three rejected lines, uploads the corrected file."""
    month = {"with scripts": "2023-01", "without": "2023-02", "keyboard": "2023-03"}[how]
    good: list[object] = [("Burglary", -1.13, 52.63)] * 4
    name = f"{month}-leicestershire-street.csv"
    wrong = [
        "x,2021-03,Leicestershire Police,Leicestershire Police,,,No Location,,,Burglary,,",
        "only,three,cells",
        "a,b",
    ]
    supervisor = hands(served, browser, "supervisor", how)
    supervisor.follow("Imports")
    supervisor.follow("Send in a file")
    sent(supervisor, street_file(name, [*good, *wrong]), how)
    supervisor.follow(name)
    expect(supervisor.page.get_by_role("heading", name="3 lines returned")).to_be_visible()
    taken = supervisor.take("Download the lines returned").decode()
    assert taken.count("\n") == 4
    supervisor.follow("Send the corrected file")
    sent(supervisor, street_file(name, [*good, *good[:3]]), how)
    supervisor.follow(name)
    expect(supervisor.page.get_by_role("heading", name="returned")).to_have_count(0)
    supervisor.page.context.close()


def sent(officer: Hands, file: Path, how: str) -> None:
    """A file sent in, and watched until it is held."""
    officer.give("File", file)
    officer.press("Send")
    for _ in range(60):
        if officer.page.get_by_text("The file is held.").count():
            return
        officer.page.wait_for_timeout(500)
        if how == "without":
            officer.follow("Look again now")
    raise AssertionError("the file was not imported within half a minute")


@pytest.fixture(scope="module")
def paper(served: Served, browser: Browser) -> str:
    """The address of a paper that a board secretary has begun and written."""
    secretary = hands(served, browser, "board_secretary", "with scripts")
    page = secretary.page
    page.goto("/papers/new")
    for label, value in (("Title", "Preventing crime"), ("First month", "2022-08"), ("Last month", "2022-10")):
        secretary.write(label, value)
    secretary.choose("Force", "Leicestershire Police")
    secretary.press("Begin")
    secretary.press("Write an edition")
    expect(page.get_by_role("link", name="Read edition 1")).to_be_visible(timeout=120_000)
    assert axe_faults(page) == []
    address = page.url
    page.context.close()
    return address


@HANDS
def test_a_board_reader_and_the_paper(served: Served, browser: Browser, paper: str, how: str) -> None:
    """Reads the paper and downloads the DOCX."""
    reader = hands(served, browser, "board_reader", how)
    reader.follow("Papers")
    reader.follow("Preventing crime")
    assert reader.page.url == paper
    reader.follow("Read edition 1")
    expect(reader.page.get_by_role("heading", level=1)).to_be_visible()
    assert reader.page.url.endswith("/editions/1")
    reader.page.go_back()
    assert reader.take("Download DOCX")[:2] == b"PK"
    reader.page.context.close()


@HANDS
def test_an_information_manager_and_the_log(served: Served, browser: Browser, person_key: list[str], how: str) -> None:
    """Finds who looked at a person's records last month, sees that finding this was itself logged, and verifies the log."""
    manager = hands(served, browser, "information_manager", how)
    page = manager.page
    manager.follow("Accountability")
    manager.follow("Search the log")
    manager.write("Key or reference of a record", person_key[0])
    manager.write("From day", LAST_MONTH.replace(day=1).isoformat())
    manager.write("To day", LAST_MONTH.isoformat())
    manager.press("Search")
    row = page.get_by_role("table").locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Officer analyst")
    expect(row).to_contain_text("read person")
    manager.follow("Accountability")
    manager.follow("Search the log")
    manager.write("Key or reference of a record", person_key[0])
    manager.choose("Records", "The log")
    manager.press("Search")
    found = page.get_by_role("table").locator("tbody tr").first
    expect(found).to_contain_text("Officer information_manager")
    expect(found).to_contain_text("search the log")
    manager.follow("Accountability")
    manager.follow("Check the log")
    manager.press("Check it now")
    expect(page.get_by_text("The log is whole.")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_outsider_tries_every_address(served: Served, browser: Browser, paper: str, scripts: bool) -> None:
    """And learns nothing, not even that it exists: what is there and what is not answer alike."""
    page = browser.new_context(base_url=served.address, java_script_enabled=scripts).new_page()
    told = set()
    closed = [address for address, wanted in addresses() if not wanted.is_open]
    for address in [*closed, paper.removeprefix(served.address), "/no-such-page", "/imports/files/../../etc"]:
        page.goto(address)
        assert "/sign-in" in page.url, address
        told.add(page.locator("main").inner_text())
    assert len(told) == 1
    page.context.close()
