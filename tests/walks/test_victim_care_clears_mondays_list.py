"""A victim-care officer clears Monday's list: 300 rows in, repeat victims first, each with why, and nobody falls out."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold import settings as clock
from fourfold.analysis.volumes import Scope
from fourfold.analysis.waits import care_waits
from fourfold.casework import audit, handovers, work
from fourfold.casework.audit import SYSTEM, Entry
from fourfold.casework.care_cases import CareCase, CareStep
from fourfold.casework.events import Event
from fourfold.casework.officers import Grant, Officer
from fourfold.codes.periods import Window
from fourfold.codes.triage_rules import triage_rule
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from tests import fraud_lists

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MONDAY = datetime(2022, 10, 10, 9, tzinfo=UTC)


@pytest.fixture
def monday(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[datetime], None]]:
    """The service of the force on Monday the tenth, its lists in; the clock can be put on."""
    home = tmp_path / "home"
    fraud_lists.held_lists(home, tmp_path)
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = home, "saltmere"
    settings.AUDIT_HEADS = tmp_path / "heads.jsonl"
    settings.IDLE_LIMIT = settings.ABSOLUTE_LIMIT = timedelta(days=30_000)
    from fourfold.web import look

    look.service.cache_clear()
    now = [MONDAY]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    yield lambda at: now.__setitem__(0, at)
    look.service.cache_clear()


def on_duty(client: Client) -> Client:
    """The officers made so far hold their roles, and have accepted the statement, since before Monday."""
    Officer.objects.update(statement_accepted_at=MONDAY)
    Grant.objects.update(begins_at=MONDAY - timedelta(days=30))
    return client


def said(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def listed(client: Client) -> list[tuple[str, str, str]]:
    """The whole list, a page at a time: each victim's address, name, and the text of the row."""
    found: list[tuple[str, str, str]] = []
    for page in range(1, 7):
        text = client.get(f"/care?page-the-list={page}").content.decode()
        for row in re.findall(
            r"<tr class=\"govuk-table__row\">(?:(?!</tr>).)*?/care/victims/.*?</tr>", text, re.DOTALL
        ):
            link = re.search(r'href="(/care/victims/[^"?]+)[^"]*">([^<]+)<', row)
            assert link
            found.append(
                (link[1], html.unescape(link[2]), html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row))))
            )
    return found


def acted(client: Client, case: CareCase, name: str, status: int = 302, **given: object) -> Any:
    case.refresh_from_db()
    response = client.post(f"/care/cases/{case.identity}/{name}", {"version": case.version, **given})
    assert response.status_code == status, said(response)
    return response


def day(name: str, on: datetime) -> dict[str, int]:
    return {f"{name}-day": on.day, f"{name}-month": on.month, f"{name}-year": on.year}


@pytest.mark.slow
def test_a_victim_care_officer_clears_mondays_list(
    as_role: Callable[..., Client],
    monday: Callable[[datetime], None],
) -> None:
    officer = on_duty(as_role("victim_care_officer"))
    page = said(officer.get("/care"))
    assert "300 victims have not yet been compared" in page
    officer.post("/care/compare")
    work.link_people.call(Officer.objects.get().key, "victim_care_officer", "linking people")

    # The repeat victims first with their history; why each was referred; nobody with a missing age fell out.
    every = listed(officer)
    assert len({address for address, _, _ in every}) == 300
    first = [row for _, _, row in every[: fraud_lists.REPEATS]]
    assert all("1 before" in row or "2 before" in row for row in first)
    assert "2 before" in first[0]
    assert "NFIB90, £1,200" in first[0]
    assert not any("before:" in row for _, _, row in every[fraud_lists.REPEATS :])
    referred = [row for _, _, row in every if re.search(r"romance fraud|at report \(|score \d+ \(", row)]
    assert len(referred) == 116, "the one whose birth alone is given is among them"
    assert sum("age not known" in row for _, _, row in every) == fraud_lists.NO_AGE
    assert sum("not one from 0 to 35" in row for _, _, row in every) == fraud_lists.NOT_A_SCORE
    assert all("Reached 5 October 2022" in row or "reached 5 October 2022" in row for row in first)
    page = said(officer.get("/care"))
    assert "116 referred, 5 of them victims before" in page
    assert f"{fraud_lists.EXACTLY} victims of this list would stand otherwise with a score of above 15" in page

    # Taken up; a call tried twice, an assessment, advice given, a booklet sent, a visit booked.
    address, name, _ = every[0]
    shown = said(officer.get(address))
    assert name in shown
    assert "07700 900000" in shown
    assert "NFRC20000900" in shown
    assert officer.post(f"{address}/take-up").status_code == 302
    case = CareCase.objects.get()
    acted(officer, case, "attempt", means="phone", reached="no")
    monday(MONDAY + timedelta(hours=3))
    acted(officer, case, "attempt", means="phone", reached="yes")
    acted(officer, case, "assess", 422, level="visit", assessment=" ")
    acted(officer, case, "assess", level="visit", assessment="Alone, and still in touch with the sender.")
    acted(officer, case, "advise", advice=["banking", "trends"])
    acted(officer, case, "give", 422, resource="booklet", count="1")
    assert (
        officer.post(
            "/care/stock", {"resource": "booklet", "count": "40", "funded-by": "Proceeds of crime"}
        ).status_code
        == 302
    )
    acted(officer, case, "give", resource="booklet", count="2")
    acted(officer, case, "book-visit", 422, **day("visit", MONDAY - timedelta(days=1)))
    acted(officer, case, "book-visit", **day("visit", MONDAY + timedelta(days=1)))
    acted(officer, case, "refer", 422, partner="victim_support", agreed="no")
    acted(officer, case, "refer", partner="victim_support", agreed="yes")
    acted(officer, case, "close", 422, outcome="safeguarded")

    # Visited on Tuesday; Victim Support accepts on Wednesday; closed.
    wednesday = MONDAY + timedelta(days=2)
    monday(wednesday)
    steps = {step.kind: step.number for step in CareStep.objects.all()}
    acted(officer, case, "close-visit", number=steps["visit"], result="made")
    acted(officer, case, "answer", number=steps["referral"], accepted="yes", **day("answered", wednesday))
    assert "accepted 12 October 2022" in said(officer.get(address))
    acted(officer, case, "close", outcome="with_partner")
    shown = said(officer.get(address))
    for words in (
        "not reached",
        "Proceeds of crime",
        "Banking and financial safeguarding",
        "Visited",
        "with a partner who accepted",
    ):
        assert words in shown, words

    # One verb, one entry, one event, and not a name or a note among them; the referral is on the log as a disclosure.
    verbs = list(Event.objects.filter(concern="care").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["take_up", "record_attempt", "record_attempt", "assess", "give_advice", "take_into_stock", "give_resource",
                     "book_visit", "refer", "close_visit", "answer_referral", "close_case"]  # fmt: skip
    entries = list(Entry.objects.filter(record_class="victim_care").order_by("number"))
    assert [e.verb for e in entries] == verbs
    [told] = [e for e in entries if e.kind == "disclosure"]
    assert (told.verb, told.recipient) == ("refer", "Victim Support")
    logged = " ".join(
        [*(e.note + e.keys + e.reason for e in Entry.objects.all()), *Event.objects.values_list("decided", flat=True)]
    )
    for hidden in ("Okonjo", "NFRC", "still in touch", "07700"):
        assert hidden not in logged
    audit.head_kept(wednesday, *audit.Head.objects.values_list("number", "hash").get(), is_due=True)
    assert audit.verified().is_whole


def test_two_officers_on_one_victim(as_role: Callable[..., Client], monday: Callable[[datetime], None]) -> None:
    from tests.web.conftest import an_officer, signed_in

    one = as_role("victim_care_officer")
    from fourfold.casework.roles import Held

    other = signed_in(an_officer("colleague", Held("victim_care_officer"), at=MONDAY))
    on_duty(other)
    address, _, _ = listed(one)[0]
    one.get(address), other.get(address)
    assert one.post(f"{address}/take-up").status_code == 302
    refused = other.post(f"{address}/take-up")
    assert refused.status_code == 409
    assert "A colleague has taken this victim up already" in said(refused)
    assert CareCase.objects.count() == 1
    case = CareCase.objects.get()
    given = {"version": case.version, "means": "phone", "reached": "yes"}
    assert one.post(f"/care/cases/{case.identity}/attempt", given).status_code == 302
    late = other.post(f"/care/cases/{case.identity}/attempt", given)
    assert late.status_code == 409
    assert CareStep.objects.count() == 1, "the second officer's try is not recorded on top of what was not seen"
    acted(other, case, "take-over")
    case.refresh_from_db()
    assert case.officer == Officer.objects.get(username="colleague").key


def test_care_is_apart_from_investigation(as_role: Callable[..., Client], monday: Callable[[datetime], None]) -> None:
    officer = on_duty(as_role("victim_care_officer"))
    address, _, _ = listed(officer)[0]
    officer.post(f"{address}/take-up")
    case = CareCase.objects.get()
    for role in ("economic_crime_supervisor", "analyst", "supervisor", "information_manager", "board_reader"):
        investigator = on_duty(as_role(role))
        for closed in ("/care", address, "/care/stock"):
            assert investigator.get(closed).status_code == 404, (role, closed)
        assert investigator.post(f"/care/cases/{case.identity}/close", {"version": 1}).status_code == 404
    assert Entry.objects.filter(phase="refused", record_class="victim_care").count() == 20


def test_a_report_that_the_next_list_repeats_waits_from_its_first(
    as_role: Callable[..., Client], monday: Callable[[datetime], None], settings: Any, tmp_path: Path
) -> None:
    """Taken up from the later list, an unreferred victim among them, it is of the list on which it was first referred."""
    first, again = fraud_lists.MONDAY, fraud_lists.MONDAY + timedelta(days=7)
    rows = [
        fraud_lists.row(0, first, week_starting=again, nfib_code="NFIB1D"),  # stands again in the next list
        fraud_lists.row(299, first, week_starting=again),
        fraud_lists.row(700, again, nfib_code="NFIB1D"),
    ]
    came = datetime(2022, 10, 17, 6, tzinfo=UTC)
    import_files(settings.FOURFOLD_HOME, [fraud_lists.list_file(tmp_path / "again", again, rows)], clock=lambda: came)
    monday(datetime(2022, 10, 17, 9, tzinfo=UTC))
    officer = on_duty(as_role("victim_care_officer"))
    addresses = re.findall(r'href="(/care/victims/[0-9a-f]+)', officer.get("/care").content.decode())
    assert len(addresses) == 3
    for address in addresses:
        assert officer.post(f"{address}/take-up").status_code == 302
    assert sorted(CareCase.objects.values_list("report_ref", "week")) == [
        ("NFRC22000000", first), ("NFRC22000299", first), ("NFRC22000700", again),
    ]  # fmt: skip
    monday(datetime(2022, 10, 18, 9, tzinfo=UTC))
    assert handovers.hand_over_events(SYSTEM, clock=clock.now) is not None
    records = records_as_at(settings.FOURFOLD_HOME, datetime(2022, 10, 19, tzinfo=UTC))
    window = Window(date(2022, 10, 1), date(2022, 10, 31))
    found = care_waits(records, Scope(force_id=fraud_lists.FORCE), window, triage_rule())
    assert found.table is not None
    said = {row[0]: row[1:3] for row in found.table.rows}
    assert said == {first.isoformat(): (115, 1), again.isoformat(): (1, 1)}
    assert any("Taken up though not referred: 1," in note for note in found.notes)
