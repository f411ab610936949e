"""An auditor draws the quarter's 250, marks twenty on a tablet, a second marker marks ten again, and prints the result."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import NARROW, WIDE, leads_on
from tests.conftest import ROOT
from tests.records.extracts import put
from tests.web.test_care_screens import looked_at
from tests.web.test_case_audits import crimes
from tests.web.test_screens import Served, answering

pytestmark = pytest.mark.slow
TABLET = 768
FIVE = ("Domestic violence", "Hate crime", "Burglary and robbery", "Violence with injury", "Other")
_OPENED = """
import json, sys
from fourfold import settings
from fourfold.cli import service
service._django(); service._migrated()
from fourfold.casework import audit, officers, roles
for name, password in json.loads(sys.argv[1]).items():
    one = officers.enrol(audit.SYSTEM, name, f"Officer {name}", password, at=settings.now())
    officers.grant_roles(audit.SYSTEM, one, [roles.Held("code_auditor")], version=1, reason="For the tests.", at=settings.now())
"""


def of_the_quarter(n: int) -> dict[str, list[dict[str, str]]]:
    """So many crimes, ten on each day of the quarter, with their victims and what was told them on the day after."""
    tables = crimes(n)
    on = {one["crime_ref"]: date(2022, 4, 1) + timedelta(days=at // 10) for at, one in enumerate(tables["crimes"])}
    for one in tables["crimes"]:
        day = on[one["crime_ref"]]
        one |= {"reported_at": f"{day}T09:00:00", "recorded_at": f"{day}T10:00:00"}
    for one in tables["victim_contacts"]:
        one["contacted_at"] = f"{on[one['crime_ref']] + timedelta(days=1)}T10:00:00"
    return tables


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service over nine hundred crimes of April to June 2022, with two auditors."""
    folder = tmp_path_factory.mktemp("quarter")
    for n, (name, rows) in enumerate(of_the_quarter(900).items()):
        put(folder / "home", folder, datetime(2022, 7, 1, 12, n, tzinfo=UTC), name, rows, "2022-04_to_2022-06")
    (folder / "home").chmod(0o700)
    told = {
        **os.environ,
        "FOURFOLD_HOME": str(folder / "home"),
        "FOURFOLD_SECOND_STEP": "0",
        "FOURFOLD_FORCE": "leicestershire",
    }
    passwords = {name: f"words for {name} to sign in" for name in ("first", "second")}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


def answer(page: Page, *answers: str) -> None:
    """Answer each question of a record, and save."""
    for group, word in zip(page.get_by_role("group").all(), answers, strict=True):
        group.get_by_label(word, exact=True).check()
    page.get_by_role("button", name="Save").click()


def test_the_quarters_audit(served: Served, browser: Browser) -> None:
    page = served.page(browser, "first", TABLET, scripts=False)  # a tablet whose scripts are switched off can mark
    page.set_default_timeout(20_000)
    page.get_by_role("link", name="Victims", exact=True).click()
    page.get_by_role("link", name="Audits", exact=True).click()
    page.get_by_label("First month").select_option("2022-04")
    page.get_by_label("Last month").select_option("2022-06")
    for _ in range(60):
        leads_on(page.get_by_role("button", name="Draw"))
        if page.get_by_text("0 of 250 records").count():
            break
        expect(page.get_by_role("alert")).to_contain_text("being worked out")
        page.wait_for_timeout(500)
    audit = page.url
    page.goto(f"{audit}/sheet")  # on paper each of the 250 stands with its group
    drawn = page.locator("tbody tr").all_inner_texts()
    assert len(drawn) == 250
    assert sorted(Counter(group for group in FIVE for line in drawn if f"\t{group}\t" in line).values()) == [50] * 5
    page.goto(audit)
    page.get_by_role("button", name="Mark record 1", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Not answered")
    for number in range(1, 21):
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"Record {number}")
        told = "Yes" if number % 3 else "No"
        answer(page, told, "Not recorded", "Not applicable", "Not applicable", "Yes" if number % 2 else "No")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Record 21")
    page.get_by_label("Why").fill("restricted")
    page.get_by_role("button", name="Replace it by the next in reserve").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Record 21")
    page.context.close()

    page = served.page(browser, "second", TABLET)
    page.set_default_timeout(20_000)
    page.goto(audit)
    looked_at(page, TABLET)
    page.get_by_role("button", name=re.compile("a second time")).click()
    for number in range(1, 11):
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"Record {number}, marked a second time")
        expect(page.get_by_role("radio", checked=True)).to_have_count(0)
        if number == 1:
            looked_at(page, TABLET)
        told = "Yes" if number % 3 or number == 3 else "No"
        answer(page, told, "Not recorded", "Not applicable", "Not applicable", "Yes" if number % 2 else "No")
    page.goto(audit)
    expect(page.get_by_text("20 of 250 records", exact=True)).to_be_visible()
    page.get_by_role("button", name="Print the result").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Result: Quarterly survey of the Victims’ Code")
    expect(
        page.get_by_text("20 of 250 records drawn are marked, 10 of them twice; 1 could not be audited")
    ).to_be_visible()
    row = (
        page.get_by_role("region", name="Of all records of these months, by what was marked").locator("tbody tr").first
    )
    assert [cell.inner_text() for cell in row.locator("th, td").all()][:4] == ["Acknowledgement", "20", "14", "6"]
    same = page.get_by_role("region", name="Answers given twice").locator("tbody tr").first
    assert [cell.inner_text() for cell in same.locator("th, td").all()][1:3] == ["10", "9"]
    expect(page.get_by_role("heading", name="The audit against the records")).to_be_visible()
    printed = page.pdf(format="A4")
    assert printed[:5] == b"%PDF-"
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    page.context.close()

    for width in (NARROW, WIDE):
        page = served.page(browser, "first", width)
        page.set_default_timeout(20_000)
        for address in (
            "/audits",
            audit,
            f"{audit}/result",
            f"{audit}/sheet",
            f"{audit}/records/22",
            f"{audit}/records/1",
        ):
            page.goto(address)
            looked_at(page, width)
        page.context.close()
