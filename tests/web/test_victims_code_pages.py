"""Compliance, what is owed, and a victim's journey, by the people who ask; and in a browser at both widths."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser

from fourfold.casework.audit import Entry
from tests.analysis.test_entitlements import _tables, records
from tests.browser import NARROW, WIDE
from tests.conftest import ROOT
from tests.web.test_care_screens import looked_at
from tests.web.test_screens import _OPENED, Served, answering

JULY = "from=2022-06&to=2022-06"


@pytest.fixture
def victims_held(tmp_path: Path, settings: Any) -> Iterator[None]:
    from fourfold.web import look

    records(tmp_path, **_tables())
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    look.service.cache_clear()
    yield
    look.service.cache_clear()


def said(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.mark.django_db
def test_compliance_says_its_bounds_its_states_and_how_sure_each_limit_is(
    as_role: Callable[..., Client], victims_held: None
) -> None:
    auditor = as_role("code_auditor")
    shown = said(auditor.get(f"/victims-code?{JULY}"))
    for words in (
        "how far it was kept", "have no evidence", "What recording would tell", "Told of an arrest", "unconfirmed", "No evidence",
        "never read as not done", "How was this made?", "any contact", "North / CID",
    ):  # fmt: skip
        assert words in shown, words
    # owed and due of two victims: recorded (both met), acknowledgement, needs, referral, compensation and statement (none known)
    assert "Of 12 obligations that fell due: between 17% and 100% kept; 10 have no evidence" in shown
    steps = said(auditor.get(f"/victims-code?{JULY}&scheme=five_step&days=working&by=team"))
    assert "five-step days: working" in steps
    assert said(auditor.get(f"/victims-code?{JULY}&by=sex&right=4")).count("withheld") >= 1
    assert "Nothing of it was owed and due" in said(auditor.get(f"/victims-code?{JULY}&right=12"))
    for address in ("by=weather", "scheme=none", "right=99", "right=x", "from=yesterday", "force=kent"):
        assert auditor.get(f"/victims-code?{address}").status_code == 422, address
    assert auditor.get(f"/victims-code?{JULY}&offence=none").status_code == 200


@pytest.mark.django_db
def test_what_is_owed_names_what_to_enter_and_is_on_the_log(as_role: Callable[..., Client], victims_held: None) -> None:
    supervisor = as_role("supervisor")
    shown = said(supervisor.get("/owed?until=2022-07-07"))
    for words in (
        "2 due by 7 July 2022",
        "Told of an arrest",
        "a contact about arrest",
        "North / CID",
        "O2",
        "By team and officer",
    ):
        assert words in shown, words
    [entry] = Entry.objects.filter(record_class="victim_duties")
    assert "C1 V1" in str(entry.note) + str(entry.subjects if hasattr(entry, "subjects") else entry.__dict__)
    of_response = said(supervisor.get("/owed?until=2022-07-07&team=Response"))
    assert "Told of an arrest" not in of_response
    assert "Told of an arrest" in said(supervisor.get("/owed?until=2022-07-07&team=CID&handed=yes"))
    for until in ("soon", "2021-01-01", "2023-01-01"):
        assert supervisor.get(f"/owed?until={until}").status_code == 422
    assert as_role("analyst").get("/owed").status_code == 404
    assert as_role("board_reader").get("/owed/journey?crime=C1&victim=V1").status_code == 404

    journey = said(supervisor.get("/owed/journey?crime=C1&victim=V1"))
    for words in (
        "Crime C1",
        "Standard rights",
        "no evidence",
        "arrested",
        "handed over",
        "Told of an arrest",
        "not yet due",
    ):
        assert words in journey, words
    assert supervisor.get("/owed/journey?crime=C9&victim=V1").status_code == 404


@pytest.mark.django_db
def test_without_a_victim_the_pages_say_so(as_role: Callable[..., Client], records_held: Path) -> None:
    assert "No victims are held yet" in said(as_role("code_auditor").get("/victims-code"))
    assert "No victims are held yet" in said(as_role("supervisor").get("/owed"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service over two crimes and their victims."""
    folder = tmp_path_factory.mktemp("code-served")
    records(folder, **_tables())
    (folder / "home").chmod(0o700)
    told = {
        **os.environ,
        "FOURFOLD_HOME": str(folder / "home"),
        "FOURFOLD_SECOND_STEP": "0",
        "FOURFOLD_FORCE": "leicestershire",
    }
    passwords = {role: f"words for the {role} to sign in" for role in ("code_auditor", "supervisor")}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


@pytest.mark.slow
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_the_pages_at_both_widths_without_a_fault_that_axe_finds(served: Served, browser: Browser, width: int) -> None:
    page = served.page(browser, "code_auditor", width)
    page.set_default_timeout(20_000)
    compliance = (f"/victims-code?{JULY}", f"/victims-code?{JULY}&by=sex&right=4", "/victims-code?by=weather")
    for address in (*compliance, "/owed?until=2022-07-07", "/owed?until=soon", "/owed/journey?crime=C1&victim=V1"):
        page.goto(address)
        looked_at(page, width)
    page.context.close()


@pytest.mark.slow
def test_from_compliance_to_a_victim_without_a_script(served: Served, browser: Browser) -> None:
    page = served.page(browser, "supervisor", scripts=False)
    page.set_default_timeout(20_000)
    page.goto(f"/victims-code?{JULY}")
    page.get_by_label("Right or step").select_option("6")
    page.get_by_role("button", name="Show").click()
    assert "right=6" in page.url
    page.goto("/owed?until=2022-07-07")
    page.get_by_role("region", name="What is owed").locator("tbody").get_by_role(
        "link", name="C1", exact=True
    ).first.click()
    assert page.url.endswith("/owed/journey?crime=C1&victim=V1")
    page.context.close()
