"""Complaints and their rights, the Right to Review and statements: by the people who ask, and in a browser at both widths."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect

from fourfold.analysis import right_to_review
from fourfold.analysis.complaints import complaint_key, complaints_received, tags_decided
from fourfold.analysis.service_recovery import recoveries_recorded
from fourfold.analysis.states import journey_of, kept_states
from fourfold.analysis.timelines import keys_of, timeline
from fourfold.analysis.victims_code import Entry as JourneyEntry
from fourfold.analysis.victims_code import Rules
from fourfold.casework import handovers, work
from fourfold.casework.audit import Entry, Who
from fourfold.casework.complaint_tags import ComplaintTag, tag_complaint, tags_now
from fourfold.casework.events import Event
from fourfold.casework.holdings import held_here
from fourfold.casework.service_recovery import (
    Ending,
    ServiceRecovery,
    close_service_recovery,
    record_service_recovery,
    recoveries_now,
)
from fourfold.codes.periods import parse_window
from fourfold.errors import Conflict, NothingHeld, RequestInvalid
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.lake import Lake
from fourfold.records.subjects import subject_of
from tests.analysis.test_complaints import given as complaints
from tests.analysis.test_entitlements import FORCE, records
from tests.analysis.test_personal_statements import _tables
from tests.analysis.test_right_to_review import given as reviews
from tests.browser import NARROW, WIDE, leads_on
from tests.conftest import ROOT
from tests.web.test_care_screens import looked_at
from tests.web.test_case_audits import said
from tests.web.test_screens import _OPENED, Served, answering

JUNE = "from=2022-06&to=2022-06"
QUARTER = "from=2022-04&to=2022-06"
VAL = Who("val", ("code_auditor",))
NOW = datetime(2022, 8, 2, 9, tzinfo=UTC)
K3 = "/victims-code/complaints/one?complaint=K3"


@pytest.fixture
def held(tmp_path: Path, settings: Any) -> Iterator[Records]:
    from fourfold.web import look

    found = records(tmp_path, **_tables(), complaints=complaints(), review_requests=reviews())
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", FORCE
    work.judge_states.call()
    look.service.cache_clear()
    yield found
    look.service.cache_clear()


@pytest.mark.django_db
def test_complaints_by_right_in_bounds_and_those_that_nobody_tagged(
    as_role: Callable[..., Client], held: Records
) -> None:
    auditor = as_role("code_auditor")
    shown = said(auditor.get(f"/victims-code/complaints?{JUNE}"))
    for words in (
        "6 complaints", "3 are not tagged", "10. ", "33.3% to 83.3%", "Between 40% and 60% of those closed", "right not tagged",
        "rights 6, 9", "by the complaints system", "How was this made?",
    ):  # fmt: skip
        assert words in shown, words
    entry = Entry.objects.filter(record_class="victim_duties").last()
    assert entry is not None
    for by in ("team", "category"):
        assert auditor.get(f"/victims-code/complaints?{JUNE}&by={by}").status_code == 200
    assert auditor.get(f"/victims-code/complaints?{JUNE}&by=sex").status_code == 422, "windows could be subtracted"
    assert auditor.get("/victims-code/complaints?by=sex").status_code == 200, "the last quarter that is over"
    running = auditor.get(f"/victims-code/complaints?{QUARTER}&by=sex")
    assert "a quarter that is over" in said(running), "what the extracts go on to tell could be told apart day by day"
    for wrong in ("by=weather", "from=yesterday"):
        assert auditor.get(f"/victims-code/complaints?{wrong}").status_code == 422
    for role in ("analyst", "board_reader", "victim_care_officer"):
        assert as_role(role).get("/victims-code/complaints").status_code == 404
        assert as_role(role).get(K3).status_code == 404
    before = Entry.objects.filter(phase="refused", record_class="victim_duties").count()
    assert auditor.get(K3.replace("K3", "K999")).status_code == 404
    refused = Entry.objects.filter(phase="refused", record_class="victim_duties").count()
    assert refused == before + 1, "who tries references of complaints is on the log"


@pytest.mark.django_db
def test_an_auditor_tags_what_words_only_suggest(as_role: Callable[..., Client], held: Records) -> None:
    auditor = as_role("code_auditor")
    before = said(auditor.get(K3))
    assert "suggest rights 3, 6" in before
    assert ComplaintTag.objects.count() == 0, "words tag nothing"
    for wrong in ({}, {"right": "6"}, {"right": "6", "none": "yes", "why": "read"}, {"right": "13", "why": "read"}):
        assert auditor.post(K3, {"version": "0", **wrong}).status_code == 422, wrong
    done = auditor.post(K3, {"version": "0", "right": ["6", "3"], "why": "the letter asks for updates"})
    assert done.status_code == 302
    tag = ComplaintTag.objects.get()
    assert (tag.rights, tag.crime_ref, tag.person_ref, tag.version) == ([3, 6], "C1", "V1", 1)
    assert "rights 3, 6, by an officer" in said(auditor.get(K3))
    assert "rights 3, 6" in said(auditor.get(f"/victims-code/complaints?{JUNE}"))
    assert auditor.post(K3, {"version": "0", "right": "1", "why": "seen late"}).status_code == 409
    assert auditor.post(K3, {"version": "1", "none": "yes", "why": "it is about parking"}).status_code == 302
    assert ComplaintTag.objects.get().rights == []
    system = "/victims-code/complaints/one?complaint=K1"
    assert "mended there" in said(auditor.get(system))
    assert auditor.post(system, {"version": "0", "right": "6", "why": "other"}).status_code == 422
    assert auditor.get("/victims-code/complaints/one?complaint=K99").status_code == 404
    supervisor = as_role("supervisor")
    assert "Save the rights" not in said(supervisor.get(K3))
    assert supervisor.post(K3, {"version": "2", "right": "6", "why": "x"}).status_code == 404


@pytest.mark.django_db
def test_a_tag_is_one_entry_and_one_event_and_comes_back_as_a_record(held: Records) -> None:
    tag_complaint(VAL, held, FORCE, "K3", [6, 6], "read it", version=0, at=NOW)
    [entry] = Entry.objects.filter(verb="tag_complaint")
    [event] = Event.objects.filter(verb="tag_complaint")
    assert (entry.reason, event.entry, event.subject) == ("read it", entry.number, complaint_key(FORCE, "K3"))
    assert tags_now(FORCE) == {complaint_key(FORCE, "K3"): (6,)}
    for wrong, fault in (
        ({"rights": [0], "why": "x"}, RequestInvalid), ({"rights": [6], "why": " "}, RequestInvalid),
        ({"rights": [6], "why": "x", "version": 0}, Conflict), ({"rights": [6], "why": "x", "version": 7}, Conflict),
        ({"rights": [6], "why": "x", "complaint_ref": "K99"}, NothingHeld),
        ({"rights": [6], "why": "x", "complaint_ref": "K1"}, RequestInvalid),
    ):  # fmt: skip
        told: dict[str, Any] = {"complaint_ref": "K3", "version": 1, **wrong}
        with pytest.raises(fault):
            tag_complaint(VAL, held, FORCE, at=NOW, **told)
    assert (Entry.objects.filter(verb="tag_complaint").count(), Event.objects.count()) == (1, 1), (
        "a refusal leaves nothing"
    )
    tag_complaint(VAL, held, FORCE, "K3", [], "about parking", version=1, at=NOW.replace(hour=10))
    assert handovers.hand_over_events(VAL, clock=lambda: NOW.replace(hour=12)) is not None
    later = records_as_at(held.home, NOW.replace(hour=13))
    assert tags_decided(later) == tags_now(FORCE) == {complaint_key(FORCE, "K3"): ()}
    found = complaints_received(later, FORCE, parse_window("2022-06", "2022-06"), tags_decided(later))
    assert found.parameters["tagged by an officer"] == 1


@pytest.mark.django_db
def test_an_answer_tells_a_victim_of_tags_of_her_own_complaints_with_a_crime_or_without(tmp_path: Path) -> None:
    told = {row["complaint_ref"]: row for row in complaints()}
    own = [told["K3"], {**told["K4"], "crime_ref": ""}, {**told["K5"], "person_ref": "V2"}]
    held = records(tmp_path, **_tables(), complaints=own)
    for ref, why in (("K3", "asks for updates"), ("K4", "about parking"), ("K5", "of another")):
        tag_complaint(VAL, held, FORCE, ref, [], why, version=0, at=NOW)
    home = tmp_path / "home"
    found = [one.said["why"] for one in held_here(home, subject_of(home, "V1"), "")]
    assert sorted(found) == ["about parking", "asks for updates"]


@pytest.mark.django_db
def test_statements_and_reviews_with_what_each_lies_between(as_role: Callable[..., Client], held: Records) -> None:
    reader = as_role("board_reader")
    shown = said(reader.get(f"/victims-code/statements?{JUNE}&by=unit"))
    for words in (
        "offered to between 88% and 100%",
        "Of 8 victims",
        "42.9% to 71.4%",
        "8 asked",
        "No limit for answering",
        "Overturned: 33.3%",
    ):
        assert words in shown, words
    limited = said(reader.get(f"/victims-code/statements?{JUNE}&limit=10"))
    assert "71.4% to 85.7%" in limited
    assert "a quarter that is over" in said(reader.get(f"/victims-code/statements?{QUARTER}&by=sex"))
    for wrong in ("by=weather", "limit=x", "limit=999", "from=yesterday"):
        assert reader.get(f"/victims-code/statements?{wrong}").status_code in (200, 422), wrong
    for wrong in ("by=weather", "limit=x", "from=yesterday"):
        assert reader.get(f"/victims-code/statements?{wrong}").status_code == 422, wrong


@pytest.mark.django_db
def test_each_request_for_review_is_listed_by_how_long_it_waits_and_is_on_the_log(
    as_role: Callable[..., Client], held: Records
) -> None:
    auditor = as_role("code_auditor")
    shown = said(auditor.get("/victims-code/reviews"))
    assert "nothing is called late" in shown
    assert "Each request for review, those without an answer first" in said(
        auditor.get(f"/victims-code/statements?{JUNE}")
    )
    refs = [
        row["review_ref"]
        for row in sorted(reviews(), key=lambda r: (bool(r["answered_on"]), r["received_on"], r["review_ref"]))
    ]
    assert [shown.index(f" {ref} ") for ref in refs] == sorted(shown.index(f" {ref} ") for ref in refs)
    entry = Entry.objects.filter(record_class="victim_duties").last()
    assert entry is not None
    assert sorted(entry.key_list) == sorted(["C1 V1", *refs]), "the victim to whose journey each leads too"
    assert "no evidence" in said(auditor.get("/victims-code/reviews?limit=10"))
    assert auditor.get("/victims-code/reviews?limit=x").status_code == 422
    assert as_role("board_reader").get("/victims-code/reviews").status_code == 404
    assert "Each request" not in said(as_role("board_reader").get(f"/victims-code/statements?{JUNE}"))


@pytest.mark.django_db
def test_requests_for_review_are_listed_once_and_sorted_by_any_column(
    as_role: Callable[..., Client], held: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    once = right_to_review.requests_each
    monkeypatch.setattr(right_to_review, "requests_each", lambda *given: done.append(1) or once(*given))
    auditor, address = as_role("code_auditor"), "/victims-code/reviews?limit=10&sort-each-request-for-review="
    refs = {row["review_ref"] for row in reviews()}
    for column in range(9):
        for down in ("", "-"):
            shown = auditor.get(f"{address}{down}{column}").content.decode()
            assert all(ref in shown for ref in refs)
            assert ('aria-sort="descending"' in shown) == bool(down)
    shown = said(auditor.get(f"{address}0"))
    days = [row["received_on"] for row in sorted(reviews(), key=lambda row: shown.index(f" {row['review_ref']} "))]
    assert days == sorted(days)
    assert done == [1]


@pytest.mark.django_db
def test_without_any_of_it_the_pages_say_so(as_role: Callable[..., Client], records_held: Path) -> None:
    assert "No complaints are held" in said(as_role("code_auditor").get("/victims-code/complaints"))
    assert "No requests for review are held" in said(as_role("code_auditor").get("/victims-code/reviews"))
    assert "No statements" in said(as_role("analyst").get("/victims-code/statements"))


@pytest.mark.django_db
def test_the_journey_is_one_timeline(as_role: Callable[..., Client], held: Records) -> None:
    page = as_role("supervisor").get("/owed/journey?crime=C1&victim=V1")
    assert "/victims-code/complaints/one?complaint=K1" in page.content.decode()
    shown = said(page)
    for words in (
        "complaint received", "K1; property; right 10", "service recovery", "review asked for", "personal statement made", "due: ",
        "owed: Needs assessed no evidence; no limit in days",
        "7 June 2022, 23:59 duty due: Referred to a service that supports victims",
        "right not tagged",
    ):  # fmt: skip
        assert words in shown, words
    entry = Entry.objects.filter(record_class="victim_duties").last()
    assert entry is not None
    told_of = set(re.findall(r"\b[KR]\d+\b", shown.split("Everything, in order of time")[1]))
    assert told_of
    assert told_of <= set(entry.key_list), "each complaint and review that the page names is on the log"


def test_each_line_of_a_journey_has_the_keys_of_what_it_tells(held: Records) -> None:
    told = journey_of(held, FORCE, Rules(), "C1", "V1")
    suspect = JourneyEntry(event="arrested", at=told.as_known, suspect="S1")
    own = JourneyEntry(event="arrested", at=told.as_known, suspect="victim")
    more = replace(told, entries=(*told.entries, suspect, own))
    assert "C1 S1" in keys_of(timeline(more))
    assert keys_of(timeline(told)) == [key for key in keys_of(timeline(more)) if key != "C1 S1"]


JOURNEY = "/owed/journey?crime=C1&victim=V1"
RAISING = "/owed/raised?crime=C1&victim=V1"
RAISED = {
    "raised-day": "7",
    "raised-month": "6",
    "raised-year": "2022",
    "said": "Nobody rang back",
    "right": "6",
    "outcome": "open",
}
ENDED = {"outcome": "told", "done-day": "9", "done-month": "6", "done-year": "2022", "satisfied": "unasked"}


@pytest.mark.django_db
def test_a_supervisor_records_what_a_victim_raised_and_closes_it_on_the_journey(
    as_role: Callable[..., Client], held: Records
) -> None:
    supervisor = as_role("supervisor")
    for wrong in (
        {"outcome": ""}, {"said": " "}, {"right": ""}, {"right": "13"}, {"none": "yes"}, {"raised-day": "31"},
        {"raised-year": "2090"},
        {"outcome": "told"}, {**ENDED, "satisfied": ""}, {**ENDED, "done-day": "6"}, {**ENDED, "outcome": "weather"},
    ):  # fmt: skip
        assert supervisor.post(RAISING, {**RAISED, **wrong}).status_code == 422, wrong
    assert ServiceRecovery.objects.count() == 0
    assert supervisor.post(RAISING, RAISED).status_code == 302
    one = ServiceRecovery.objects.get()
    assert (one.rights, one.outcome, one.done_on, one.is_satisfied) == ([6], "open", None, None)
    shown = said(supervisor.get(JOURNEY))
    assert "Raised on 7 June 2022, and open : Nobody rang back" in shown
    assert "unhappiness raised right 6" in shown
    own = f"/owed/raised?recovery={one.identity}"
    assert "Close it" in said(supervisor.get(own))
    assert supervisor.post(own, {**ENDED, "outcome": "open", "version": "1"}).status_code == 422
    assert supervisor.post(own, {**ENDED, "version": "1"}).status_code == 302
    assert supervisor.post(own, {**ENDED, "outcome": "explained", "version": "1"}).status_code == 409
    shown = said(supervisor.get(JOURNEY))
    assert "Nothing is recorded as open." in shown
    assert "What was missing was told right 6; whether that was enough was not asked" in shown
    assert "Close it" not in said(supervisor.get(own))
    assert "1 raised, 1 put right, 0 open; satisfied: between 0% and 100% of 1 closed" in said(
        supervisor.get(f"/victims-code/complaints?{JUNE}")
    )
    auditor = as_role("code_auditor")
    assert "Nobody rang back" in said(auditor.get(own))
    assert auditor.post(RAISING, RAISED).status_code == 404
    assert "Record what the victim was unhappy with" not in said(auditor.get(JOURNEY))
    assert as_role("analyst").get(own).status_code == 404
    for nowhere in ("/owed/raised?crime=C1&victim=V99", "/owed/raised?recovery=abc", "/owed/raised"):
        assert supervisor.get(nowhere).status_code == 404, nowhere


@pytest.mark.django_db
def test_what_was_raised_is_one_entry_and_one_event_and_comes_back_as_a_record(held: Records) -> None:
    who, day = Who("sam", ("supervisor",)), date(2022, 6, 7)
    told = {"raised_on": day, "rights": [6, 6, 1], "said": "Nobody rang back"}
    one = record_service_recovery(who, held, FORCE, "C1", "V1", **told, at=NOW)
    record_service_recovery(
        who, held, FORCE, "C1", "V2", **told, ending=Ending(outcome="explained", done_on=day), at=NOW
    )
    with pytest.raises(NothingHeld):
        record_service_recovery(who, held, FORCE, "C1", "V99", **told, at=NOW)
    ending = Ending(outcome="apologised", done_on=date(2022, 6, 9), is_satisfied=True)
    close_service_recovery(who, FORCE, one.identity, ending, version=1, at=NOW)
    with pytest.raises(Conflict):
        close_service_recovery(who, FORCE, one.identity, ending, version=2, at=NOW)
    assert Entry.objects.filter(record_class="service_recovery").count() == Event.objects.count() == 3
    assert not Event.objects.filter(decided__contains="Nobody").exists(), "what was said stays in the matter"
    assert handovers.hand_over_events(VAL, clock=lambda: NOW.replace(hour=12)) is not None
    later = records_as_at(held.home, NOW.replace(hour=13))
    assert sorted(map(repr, recoveries_recorded(later, FORCE))) == sorted(map(repr, recoveries_now(FORCE)))
    assert recoveries_recorded(later, "kent") == ()
    assert sorted(one.said["said"] for one in held_here(held.home, subject_of(held.home, "V1"), "")) == [
        "Nobody rang back"
    ]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("voice")
    records(folder, **_tables(), complaints=complaints(), review_requests=reviews())
    home = folder / "home"
    home.chmod(0o700)
    kept_states(records_as_at(home, Lake(home).last_change()), FORCE, Rules())
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": FORCE}
    passwords = {role: f"words for the {role} to sign in" for role in ("code_auditor", "supervisor")}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


@pytest.mark.slow
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_the_pages_at_both_widths_without_a_fault_that_axe_finds(served: Served, browser: Browser, width: int) -> None:
    looked = {
        "code_auditor": (
            f"/victims-code/complaints?{JUNE}", f"/victims-code/complaints?{QUARTER}&by=sex", "/victims-code/complaints?by=weather",
            K3,
            f"/victims-code/statements?{JUNE}&by=unit", f"/victims-code/statements?{JUNE}&limit=10", JOURNEY,
            "/victims-code/reviews", "/victims-code/reviews?limit=10",
        ),
        "supervisor": (RAISING, JOURNEY),
    }  # fmt: skip
    for role, addresses in looked.items():
        page = served.page(browser, role, width)
        page.set_default_timeout(20_000)
        for address in addresses:
            page.goto(address)
            looked_at(page, width)
        page.context.close()


@pytest.mark.slow
def test_a_complaint_is_tagged_without_a_script(served: Served, browser: Browser) -> None:
    page = served.page(browser, "code_auditor", scripts=False)
    page.set_default_timeout(20_000)
    page.goto(f"/victims-code/complaints?{JUNE}")
    leads_on(page.get_by_role("link", name="K4", exact=True))
    leads_on(page.get_by_role("button", name="Save the rights"))
    expect(page.get_by_text("No right is chosen").first).to_be_visible()
    page.get_by_label("6. ", exact=False).first.check()
    page.get_by_label("Why").fill("not told of the arrest")
    leads_on(page.get_by_role("button", name="Save the rights"))
    expect(page.get_by_text("right 6, by an officer")).to_be_visible()
    page.context.close()


@pytest.mark.slow
def test_what_a_victim_raised_is_recorded_without_a_script(served: Served, browser: Browser) -> None:
    page = served.page(browser, "supervisor", scripts=False)
    page.set_default_timeout(20_000)
    page.goto("/owed/journey?crime=C1&victim=V2")
    leads_on(page.get_by_role("link", name="Record what the victim was unhappy with"))
    leads_on(page.get_by_role("button", name="Record it"))
    expect(page.get_by_text("What was done is not said").first).to_be_visible()
    for part, value in (("day", "7"), ("month", "6"), ("year", "2022")):
        page.locator(f"[name=raised-{part}]").fill(value)
    page.get_by_label("What was the victim unhappy with?").fill("Nobody rang back")
    page.get_by_label("6. ", exact=False).first.check()
    page.get_by_label("Nothing yet").check()
    leads_on(page.get_by_role("button", name="Record it"))
    leads_on(page.get_by_role("link", name="Raised on 7 June 2022, and open"))
    page.get_by_label("An apology was given").check()
    for part, value in (("day", "9"), ("month", "6"), ("year", "2022")):
        page.locator(f"[name=done-{part}]").fill(value)
    page.get_by_label("Yes").check()
    leads_on(page.get_by_role("button", name="Close it"))
    expect(page.get_by_text("the victim was satisfied")).to_be_visible()
    page.context.close()
