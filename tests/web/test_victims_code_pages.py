"""Compliance, what is owed, and a victim's journey, by the people who ask; and in a browser at both widths."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult
from playwright.sync_api import Browser, expect

from fourfold.analysis.states import kept_states, standing_states
from fourfold.analysis.victims_code import Rules
from fourfold.casework import work
from fourfold.casework.audit import Entry
from fourfold.records.as_at import records_as_at
from fourfold.records.lake import Lake
from tests.analysis.test_clocks import REQUEST, SENT, THING
from tests.analysis.test_entitlements import TOLD, VICTIM, _tables, records
from tests.browser import NARROW, WIDE, leads_on
from tests.conftest import ROOT
from tests.records.extracts import put
from tests.web.test_care_screens import looked_at
from tests.web.test_screens import _OPENED, Served, answering

JULY = "from=2022-06&to=2022-06"
SPRING = "from=2022-04&to=2022-06"


@pytest.fixture
def victims_held(tmp_path: Path, settings: Any) -> Iterator[None]:
    from fourfold.web import look

    records(tmp_path, **_tables())
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    work.judge_states.call()
    look.service.cache_clear()
    yield
    look.service.cache_clear()


def said(response: Any) -> str:
    text = response.content.decode().replace("<wbr>", "")
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


@pytest.mark.django_db
def test_whoever_is_held_to_an_area_sees_no_crime_without_a_place_and_no_draw_of_the_whole_force(
    as_role: Callable[..., Client], victims_held: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lists by area stand in `test_areas_held`: here no crime has a place."""
    supervisor = as_role("supervisor", "E06000016")
    assert supervisor.get("/audits").status_code == 404
    assert "0 due by 7 July 2022; 0 overdue" in said(supervisor.get("/owed?until=2022-07-07"))
    journey = "/owed/journey?crime=C1&victim=V1"
    assert supervisor.get(journey).status_code == 404, "where the crime lies is not known"
    monkeypatch.setattr("fourfold.web.pages.victims_code.area_of_crime", lambda *_: ("E01013702", "E06000016"))
    assert supervisor.get(journey).status_code == 200
    monkeypatch.setattr("fourfold.web.pages.victims_code.area_of_crime", lambda *_: ("E01025610", "E07000130"))
    assert supervisor.get(journey).status_code == 404
    assert as_role("code_auditor").get(journey).status_code == 200


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
    assert said(auditor.get(f"/victims-code?{SPRING}&by=sex&right=4")).count("withheld") >= 1
    assert "Nothing of it was owed and due" in said(auditor.get(f"/victims-code?{JULY}&scheme=chosen_contacts"))
    month = said(auditor.get(f"/victims-code?{JULY}&by=sex&right=4"))
    assert "Not split: By a protected characteristic compliance is told of one quarter of a year" in month
    assert "by sex" not in month
    crossed = said(auditor.get(f"/victims-code?{SPRING}&by=sex&right=4&offence=Robbery"))
    assert "told of a right or of an offence" in crossed
    assert "Nothing of it was owed and due" in said(auditor.get(f"/victims-code?{JULY}&right=12"))
    understood = said(auditor.get(f"/victims-code?{JULY}&right=1"))
    assert "A force’s records do not hold this; it is judged by an audit of records." in understood
    assert "“Was the victim helped to understand and to be understood?”" in understood
    assert "Of 0 obligations" not in understood
    for address in ("by=weather", "scheme=none", "right=99", "right=x", "from=yesterday", "force=kent"):
        assert auditor.get(f"/victims-code?{address}").status_code == 422, address
    assert auditor.get(f"/victims-code?{JULY}&offence=none").status_code == 200


@pytest.mark.django_db
def test_what_is_owed_names_what_to_enter_and_is_on_the_log(as_role: Callable[..., Client], victims_held: None) -> None:
    supervisor = as_role("supervisor")
    page = supervisor.get("/owed?until=2022-07-07")
    shown = said(page)
    assert 'name="force"' not in page.content.decode(), "of the service's own force alone: no other is offered"
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
    refused = Entry.objects.filter(phase="refused", record_class="victim_duties")
    before = refused.count()
    assert supervisor.get("/owed/journey?crime=C9&victim=V1").status_code == 404
    assert refused.count() == before + 1, "who tries references is on the log"


@pytest.mark.slow
@pytest.mark.django_db
def test_a_page_only_reads_what_the_worker_judged_and_says_what_it_waits_for(
    as_role: Callable[..., Client], tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = records(tmp_path, **_tables())
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = held.home, "leicestershire"
    auditor, supervisor = as_role("code_auditor"), as_role("supervisor")
    queued = DBTaskResult.objects.filter(task_path=work.judge_states.module_path, status="READY")

    # Nothing is kept: the pages say so, of which files, and ask the worker once.
    for client, address in ((auditor, f"/victims-code?{JULY}"), (supervisor, "/owed?until=2022-07-07")):
        shown = said(client.get(address))
        assert "What victims are owed is being worked out" in shown
        assert "victim_contacts_2022-06.csv" in shown
    assert queued.count() == 1
    assert not Entry.objects.filter(record_class="victim_duties").exists(), "nothing was shown"
    work.judge_states.call()
    assert "Of 12 obligations" in said(auditor.get(f"/victims-code?{JULY}"))
    assert "2 due by 7 July 2022" in said(supervisor.get("/owed?until=2022-07-07"))

    # A file comes: what was kept is shown as at then, with which file is not in it, until the worker has judged.
    queued.delete()
    told = {**TOLD, "contact_ref": "T2", "contacted_at": "2022-07-01T10:00:00"}
    put(held.home, tmp_path, datetime(2022, 7, 2, tzinfo=UTC), "victim_contacts", [told], months="2022-07")
    for client, address in ((auditor, f"/victims-code?{JULY}"), (supervisor, "/owed?until=2022-07-07")):
        shown = said(client.get(address))
        assert "This is as at 1 July 2022, 12:04:00 UTC. 1 file has come since: victim_contacts_2022-07.csv." in shown
    assert "Told of an arrest" in shown
    assert queued.count() == 1
    work.judge_states.call()
    monkeypatch.setattr("fourfold.analysis.states.held_journeys", lambda *_: pytest.fail("a page judges"))
    shown = said(supervisor.get("/owed?until=2022-07-07"))
    assert "as at 1 July" not in shown
    assert "Told of an arrest" not in shown, "it was told"

    queued.delete()
    work.import_upload.call("an upload")
    assert queued.count() == 1, "after each import"


@pytest.mark.django_db
def test_one_forces_fault_keeps_no_other_force_waiting(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = records(tmp_path, **_tables())
    settings.FOURFOLD_HOME = held.home
    judge = work.states.kept_states

    def judged(records: Any, force_id: str, rules: Rules) -> Any:
        return judge(records, force_id, rules) if force_id == "leicestershire" else Path("nowhere").read_text()

    monkeypatch.setattr(work.states, "forces_owed", lambda _: ("avon-and-somerset", "leicestershire"))
    monkeypatch.setattr(work.states, "kept_states", judged)
    with pytest.raises(work.WorkFailed, match="FileNotFoundError"):
        work.judge_states.call()
    as_it_stands = records_as_at(held.home, Lake(held.home).last_change())
    for days in ("calendar", "working"):
        assert standing_states(as_it_stands, "leicestershire", Rules(either=days)) is not None


@pytest.mark.django_db
def test_where_nothing_is_owed_to_anybody_the_pages_say_so_and_do_not_wait(
    as_role: Callable[..., Client], tmp_path: Path, settings: Any
) -> None:
    held = records(tmp_path, people=[{**VICTIM, "role": "suspect"}])
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = held.home, "leicestershire"
    work.judge_states.call()
    for role, address in (("code_auditor", "/victims-code"), ("supervisor", "/owed")):
        response = as_role(role).get(address)
        assert response.status_code == 422
        assert "No crimes with their victims are held" in said(response)


@pytest.mark.django_db
def test_the_contact_diary_lists_reviews_and_is_on_the_log(as_role: Callable[..., Client], victims_held: None) -> None:
    supervisor = as_role("supervisor")
    shown = said(supervisor.get("/owed/diary?until=2022-07-07"))
    for words in (
        "Contact diary",
        "nobody chose",
        "No chosen contact is due",
        "Reviews by a supervisor",
        "none recorded",
        "28 days",
    ):
        assert words in shown, words
    assert "C1" in str(Entry.objects.filter(record_class="victim_duties").last().keys)  # type: ignore[union-attr]
    assert "No review is due" in said(supervisor.get("/owed/diary?until=2022-07-07&every=90"))
    assert "No review is due" in said(supervisor.get("/owed/diary?team=Nobody"))
    for address in ("until=soon", "every=0", "every=abc"):
        assert supervisor.get(f"/owed/diary?{address}").status_code == 422
    assert as_role("analyst").get("/owed/diary").status_code == 404


@pytest.mark.django_db
def test_without_a_victim_the_pages_say_so(as_role: Callable[..., Client], records_held: Path) -> None:
    assert "No victims are held yet" in said(as_role("code_auditor").get("/victims-code"))
    assert "No victims are held yet" in said(as_role("supervisor").get("/owed"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of records of the service that is served."""
    return tmp_path_factory.mktemp("code-served") / "home"


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    """The service over two crimes and their victims."""
    records(home.parent, **_tables(), cica_requests=[REQUEST], property=[THING], precharge_submissions=[SENT])
    home.chmod(0o700)
    kept_states(records_as_at(home, Lake(home).last_change()), "leicestershire", Rules())
    told = {
        **os.environ,
        "FOURFOLD_HOME": str(home),
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
    compliance = (
        "/victims-code/survey",
        f"/victims-code?{JULY}",
        f"/victims-code?{JULY}&by=sex&right=4",
        f"/victims-code?{SPRING}&by=sex&right=4",
        f"/victims-code?{JULY}&scheme=chosen_contacts&by=team",
        "/victims-code?by=weather",
    )
    for address in (
        *compliance,
        "/owed?until=2022-07-07",
        "/owed?until=soon",
        "/owed/diary?until=2022-07-07",
        "/owed/diary?until=2022-07-07",
        "/owed/journey?crime=C1&victim=V1",
        "/clocks",
        "/clocks/each?of=delays",
        "/plan",
        "/plan/items",
        "/plan/returns?from=2022-04&to=2022-06",
    ):
        page.goto(address)
        looked_at(page, width)
    page.get_by_role("button", name="Freeze this return").click()
    looked_at(page, width)
    page.goto("/plan")
    page.get_by_label("What is to be done").fill("Make the contact method mandatory")
    page.get_by_label("Owner").fill("Superintendent Ashe")
    for part, value in (("Day", "1"), ("Month", "12"), ("Year", str(datetime.now(UTC).year + 1))):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_label("Measured by a figure").select_option("items_held")
    page.get_by_role("button", name="Plan it").click()
    looked_at(page, width)
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_role("alert")).to_contain_text("What came of it is not said")
    looked_at(page, width)
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_what_is_not_worked_out_yet_is_said_and_shown_by_itself_when_it_is(
    served: Served, home: Path, browser: Browser, width: int
) -> None:
    page = served.page(browser, "code_auditor", width)
    page.goto(f"/victims-code?{JULY}")
    expect(page.get_by_role("heading", name="how far it was kept")).to_be_visible(timeout=60_000)
    shutil.rmtree(home / "lake" / "derived" / "victims_code")
    page.goto(f"/victims-code?{JULY}")
    expect(page.get_by_role("heading", name="is being worked out")).to_be_visible()
    expect(page.get_by_text("This page looks again by itself.")).to_be_visible()
    looked_at(page, width)
    expect(page.get_by_role("heading", name="how far it was kept")).to_be_visible(timeout=60_000)
    page.context.close()


@pytest.mark.slow
def test_a_page_that_waits_can_be_told_to_stop_and_says_nothing_of_it_without_a_script(
    served: Served, browser: Browser
) -> None:
    waiting = '<main><p role="status" data-refresh="1">It is being read.</p></main>'
    page, asked = served.page(browser, "code_auditor"), []
    page.goto("/methods")
    script = page.locator("script[src*=page]").first.get_attribute("src")
    told = f'<!doctype html><title>t</title><body>{waiting}<script type="module" src="{script}"></script>'

    def answered(route: Any) -> None:
        asked.append(route.request.headers.get("x-fourfold-waits"))
        route.fulfill(body=told, content_type="text/html; charset=utf-8")

    page.route("**/waits", answered)
    page.goto("/waits")
    page.wait_for_function(
        "performance.getEntriesByType('resource').filter(one => one.name.endsWith('/waits')).length >= 2"
    )
    page.get_by_role("button", name="Stop looking").click()
    expect(page.get_by_text("This page no longer looks again by itself.")).to_be_focused()
    assert (asked[0], set(asked[1:])) == (None, {"yes"}), "the officer opened it; then a script asked"
    page.wait_for_timeout(200)
    before = len(asked)
    page.wait_for_timeout(2_500)
    assert len(asked) == before
    page.context.close()
    plain = served.page(browser, "code_auditor", scripts=False)
    plain.route("**/waits", answered)
    plain.goto("/waits")
    expect(plain.get_by_text("It is being read.")).to_be_visible()
    expect(plain.get_by_text("looks again by itself")).to_have_count(0)
    plain.context.close()


@pytest.mark.slow
def test_from_compliance_to_a_victim_without_a_script(served: Served, browser: Browser) -> None:
    page = served.page(browser, "supervisor", scripts=False)
    page.set_default_timeout(20_000)
    page.goto(f"/victims-code?{JULY}")
    page.get_by_label("Right or step").select_option("6")
    leads_on(page.get_by_role("button", name="Show"))
    assert "right=6" in page.url
    page.goto("/owed?until=2022-07-07")
    owed = page.get_by_role("region", name="What is owed").locator("tbody")
    leads_on(owed.get_by_role("link", name="C1", exact=True).first)
    assert page.url.endswith("/owed/journey?crime=C1&victim=V1")
    page.context.close()
