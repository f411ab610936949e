"""The unit runs an intensification period on romance fraud: victims, tries, returns, messages, arrests, questionnaires."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold import settings as clock
from fourfold.casework import handovers
from fourfold.casework.audit import SYSTEM, Entry
from fourfold.casework.campaigns import Campaign, ProtectActivity, Questionnaire, ReachReturn
from fourfold.casework.care_cases import CareCase
from fourfold.casework.events import Event
from fourfold.casework.officers import Grant, Officer
from fourfold.records.imports import import_files
from fourfold.records.weekly_lists import reports_of
from fourfold.web.figures import standing_records
from tests import fraud_lists
from tests.records.extracts import put

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOON = datetime(2022, 10, 12, 12, tzinfo=UTC)


@pytest.fixture
def october(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[datetime], None]]:
    """The service in October 2022: its lists in, one romance report with a local crime, in which somebody was arrested."""
    home = tmp_path / "home"
    fraud_lists.held_lists(home, tmp_path)
    at = datetime(2022, 10, 12, 6, tzinfo=UTC)
    sent = {"force": "saltmere", "package_ref": "NFIB-1", "kind": "pursue", "status": "received", "received_on": "2022-10-05",
            "report_ref": "NFRC22000000", "disseminated_on": "2022-10-04", "nfib_code": "NFIB1D",
            "local_crime_ref": "22SM/1"}  # fmt: skip
    put(home, tmp_path, at, "fraud_disseminations_action_fraud", [sent], "2022-10")
    contact = {"force": "saltmere", "contact_ref": "C1", "crime_ref": "22SM/1", "contacted_at": "2022-10-11T10:00:00",
               "direction": "to_victim", "method": "phone", "is_successful": "no"}  # fmt: skip
    put(home, tmp_path, at, "victim_contacts", [contact], "2022-10")
    arrest = {"force": "saltmere", "event_ref": "E1", "crime_ref": "22SM/1", "person_ref": "P9", "kind": "arrest",
              "happened_at": "2022-10-11T08:00:00"}  # fmt: skip
    put(
        home,
        tmp_path,
        at,
        "investigation_events",
        [arrest, {**arrest, "event_ref": "E2", "happened_at": "2022-09-01T08:00:00"}],
        "2022-10",
    )
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = home, "saltmere"
    settings.AUDIT_HEADS = tmp_path / "heads.jsonl"
    settings.IDLE_LIMIT = settings.ABSOLUTE_LIMIT = timedelta(days=30_000)
    from fourfold.web import look

    look.service.cache_clear()
    now = [NOON]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    yield lambda moment: now.__setitem__(0, moment)
    look.service.cache_clear()


def on_duty(client: Client) -> Client:
    Officer.objects.update(statement_accepted_at=NOON)
    Grant.objects.update(begins_at=NOON - timedelta(days=30))
    return client


def said(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def day(name: str, on: date) -> dict[str, int]:
    return {f"{name}-day": on.day, f"{name}-month": on.month, f"{name}-year": on.year}


def done(response: Any, status: int = 302) -> Any:
    assert response.status_code == status, said(response)
    return response


TERMS = {
    "name": "Romance fraud, October 2022", "led-by": "City of London Police", "codes": "1D",
    **day("first", date(2022, 10, 10)), **day("last", date(2022, 10, 21)),
    **day("reported-from", date(2022, 10, 1)), **day("reported-to", date(2022, 10, 9)),
}  # fmt: skip


@pytest.mark.slow
def test_the_unit_runs_an_intensification_period(
    as_role: Callable[..., Client], october: Callable[[datetime], None]
) -> None:
    officer = on_duty(as_role("victim_care_officer"))
    assert "No campaign is recorded yet" in said(officer.get("/campaigns"))
    done(officer.post("/campaigns", {**TERMS, "codes": "NFIB1D, lost"}), 422)
    done(officer.post("/campaigns", {**TERMS, **day("last", date(2022, 10, 1))}), 422)
    done(officer.post("/campaigns", TERMS))
    campaign = Campaign.objects.get()
    assert campaign.codes == ["NFIB1D"]
    address = f"/campaigns/{campaign.identity}"

    def act(name: str, status: int = 302, **given: object) -> Any:
        campaign.refresh_from_db()
        return done(officer.post(f"{address}/{name}", {"version": campaign.version, **given}), status)

    # The victims are identified from the reports held; asked again, nobody is taken in twice.
    act("identify"), act("identify")
    assert campaign.victims.count() == fraud_lists.ROMANCE
    page = said(officer.get(address))
    assert "20 victims identified; 1 contacted or tried" in page, "the force's own record of a try counts"
    assert "Tried, not reached 1" in page
    assert "Nothing recorded 19" in page
    arrests = re.search(r"Arrests for frauds of the campaign’s codes, [^.]+", page)
    assert arrests
    assert arrests[0].endswith(": 1 arrest"), arrests[0]  # September's is not of it

    # Each contacted or tried: in victim care, from the list of those of whom nothing is recorded.
    listed = officer.get(f"{address}/victims").content.decode()
    victims = list(dict.fromkeys(re.findall(r'href="(/care/victims/[0-9a-f]+)"', listed)))
    assert len(victims) == 20
    for at, reached in ((0, "yes"), (1, "no")):
        done(officer.post(f"{victims[at]}/take-up"))
        case = CareCase.objects.order_by("-pk")[0]
        done(
            officer.post(
                f"/care/cases/{case.identity}/attempt", {"version": case.version, "means": "phone", "reached": reached}
            )
        )
    page = said(officer.get(address))
    assert "20 victims identified; 3 contacted or tried" in page
    assert "Reached 1" in page
    assert "Tried, not reached 2" in page

    # Returns more often than each month.
    act("plan", 422, what="", **day("due", date(2022, 10, 14)))
    act("plan", what="Victims contacted in the first week", **day("due", date(2022, 10, 14)))
    act("end", 422)
    act("sent", 422, number="1", evidence=" ")
    act("sent", number="1", evidence="Acknowledged, 14 October")
    act("sent", 409, number="1", evidence="Again")
    assert "Acknowledged, 14 October" in said(officer.get(address))

    # Messages and an event; a number that is not recorded is not 0, and reach is never said to be effect.
    post = {"act": "activity", "kind": "message", "channel": "social_media", "title": "Who are you really talking to?",
            "campaign": campaign.identity, **day("on", date(2022, 10, 11))}  # fmt: skip
    done(officer.post("/campaigns/reach", {**post, "reach": "46,000"}))
    done(officer.post("/campaigns/reach", {**post, "title": "A second post", "reach": ""}))
    done(
        officer.post(
            "/campaigns/reach",
            {**post, "kind": "event", "channel": "webinar", "title": "Webinar, residents", "reach": "38"},
        )
    )
    done(officer.post("/campaigns/reach", {**post, "title": ""}), 422)
    done(officer.post("/campaigns/reach", {**post, "reach": "many"}), 422)
    done(officer.post("/campaigns/reach", {**post, **day("on", date(2022, 10, 30))}), 422)
    page = said(officer.get("/campaigns/reach"))
    assert "Protect message Social media 2 1 46,000 impressions" in page
    assert "Outreach event Webinar 1 1 38 attendance" in page
    assert "46,038" not in page, "impressions and people are never added"
    assert "It does not say what was prevented" in page
    assert "It does not say what was prevented" in said(officer.get(address))

    # The questionnaire: every romance victim is in it, whether or not one was offered.
    page = said(officer.get("/care/questionnaires"))
    assert "0 of 20 completed" in page
    assert "No questionnaire recorded 20" in page
    asked = re.findall(r'href="(/care/questionnaires/[0-9a-f]+)"', officer.get("/care/questionnaires").content.decode())
    done(officer.post(asked[0], {"act": "close", "result": "completed", "version": "1"}), 422)
    for one in asked[:3]:
        done(officer.post(one, {"act": "offer", **day("offered", date(2022, 10, 12))}))
    done(officer.post(asked[0], {"act": "offer", **day("offered", date(2022, 10, 12))}), 409)
    for one, result in zip(asked[:2], ("completed", "not_reached"), strict=True):
        done(officer.post(one, {"act": "close", "result": result, "version": "1"}))
    done(officer.post(asked[0], {"act": "close", "result": "declined", "version": "2"}), 409)
    done(officer.post(asked[1], {"act": "close", "result": "completed", "version": "2"}))
    page = said(officer.get("/care/questionnaires"))
    assert "2 of 20 completed" in page
    assert "Offered 1" in page
    assert Questionnaire.objects.count() == 3

    # The month's return, once it is over: frozen, with its evidence; a number that comes late makes another.
    done(officer.post("/campaigns/reach", {"act": "return", "month": "2022-10", "evidence": "APMIS 1"}), 422)
    october(datetime(2022, 11, 2, 9, tzinfo=UTC))
    done(officer.post("/campaigns/reach", {"act": "return", "month": "2022-10", "evidence": "APMIS 1"}))
    done(officer.post("/campaigns/reach", {"act": "return", "month": "2022-10", "evidence": "APMIS 1"}), 422)
    second = ProtectActivity.objects.get(title="A second post")
    number = {"act": "number", "activity": f"{second.identity} {second.version}", "late-reach": "1200"}
    done(officer.post("/campaigns/reach", number))
    behind = officer.post("/campaigns/reach", {**number, "late-reach": "38"})
    assert "A colleague recorded a number meanwhile" in behind.content.decode(), "from a form that was open before"
    taken = officer.get("/campaigns/reach/2022-10.csv")
    rows = list(csv.DictReader(io.StringIO(taken.content.decode("utf-8-sig"))))
    assert [(r["impressions"], r["attendance"]) for r in rows] == [("", "38"), ("", ""), ("46000", "")], (
        "as it was sent"
    )
    assert "Changed since it was sent Take October 2022 as it stands now" in said(officer.get("/campaigns/reach"))
    draft = officer.get("/campaigns/reach/2022-10.csv?draft")
    assert "saltmere-reach-2022-10-draft.csv" in draft["Content-Disposition"]
    assert "1200" in draft.content.decode("utf-8-sig"), "what came since can be taken away before it is sent again"
    done(officer.post("/campaigns/reach", {"act": "return", "month": "2022-10", "evidence": "APMIS 2"}))
    assert "Changed since it was sent" not in said(officer.get("/campaigns/reach"))
    assert "1200" in officer.get("/campaigns/reach/2022-10.csv").content.decode()
    assert officer.get("/campaigns/reach/2022-10.csv?number=0").content == taken.content
    for number in ("2", "x", "-1", ""):
        assert officer.get(f"/campaigns/reach/2022-10.csv?number={number}").status_code == 404
    assert [one.number for one in ReachReturn.objects.order_by("number")] == [0, 1]
    assert ReachReturn.objects.get(number=0).lines[1]["impressions"] is None, "the first stands as it went"
    act("end")
    done(officer.post(f"{address}/identify", {"version": campaign.version + 1}), 409)

    # The decisions come back as records: how long those referred really waited, beside what a plan would do.
    assert "No case of these lists is recorded as taken up" in said(
        officer.get("/fraud/capacity?from=2022-10&to=2022-10")
    )
    assert handovers.hand_over_events(SYSTEM, clock=clock.now) is not None
    page = said(officer.get("/fraud/capacity?from=2022-10&to=2022-10"))
    assert "half of 2 cases within 2; 2 are open; 113 referred are not taken up, as far as is recorded" in page
    assert "2022-10-03 115 2 2 0 113 2 2" in page

    # Who did what is on the log and among the events, without a victim's name or report.
    verbs = list(Event.objects.filter(concern="campaigns").values_list("verb", flat=True))
    assert {"begin_campaign", "identify_victims", "record_return", "record_activity", "send_reach_return", "end_campaign",
            "offer_questionnaire", "close_questionnaire"} <= set(verbs)  # fmt: skip
    assert len(verbs) == Entry.objects.filter(verb__in=set(verbs)).count()
    logged = " ".join(
        [*(e.note + e.keys for e in Entry.objects.all()), *Event.objects.values_list("decided", flat=True)]
    )
    assert "NFRC" not in logged
    assert "Okonjo" not in logged


def test_whom_a_campaign_identified_is_victim_cares_alone(
    as_role: Callable[..., Client], october: Callable[[datetime], None]
) -> None:
    officer = on_duty(as_role("victim_care_officer"))
    done(officer.post("/campaigns", TERMS))
    campaign = Campaign.objects.get()
    done(officer.post(f"/campaigns/{campaign.identity}/identify", {"version": campaign.version}))
    done(officer.post(f"/campaigns/{campaign.identity}/identify", {"version": campaign.version}), 409)
    supervisor = on_duty(as_role("economic_crime_supervisor"))
    assert "20 victims identified" in said(supervisor.get(f"/campaigns/{campaign.identity}"))
    key = campaign.victims.first().key
    for closed in (f"/campaigns/{campaign.identity}/victims", "/care/questionnaires", f"/care/questionnaires/{key}"):
        assert supervisor.get(closed).status_code == 404
    analyst = on_duty(as_role("analyst"))
    assert "20 victims identified" in said(analyst.get(f"/campaigns/{campaign.identity}"))
    assert analyst.post("/campaigns", TERMS).status_code == 404
    assert on_duty(as_role("board_reader")).get("/campaigns").status_code == 404
    assert officer.get("/campaigns/reach/soon.csv").status_code == 404
    assert officer.get(f"/care/questionnaires/{'0' * 24}").status_code == 404


def test_the_return_is_taken_away_in_the_layout_that_is_asked_for(
    as_role: Callable[..., Client], october: Callable[[datetime], None], settings: Any
) -> None:
    officer = on_duty(as_role("victim_care_officer"))
    post = {
        "act": "activity",
        "kind": "event",
        "channel": "in_person",
        "title": "Market day",
        "reach": "60",
        **day("on", date(2022, 10, 11)),
    }
    done(officer.post("/campaigns/reach", post))
    folder = Path(settings.FOURFOLD_HOME) / "layouts"
    folder.mkdir()
    (folder / "reach_return.toml").write_text(
        'days = "%d/%m/%Y"\n[columns]\n"Date" = "on"\n"Attendees" = "attendance"\n"Prevented" = ""\n[codes.kind]\n'
    )
    taken = officer.get("/campaigns/reach/2022-10.csv").content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(taken))) == [["Date", "Attendees", "Prevented"], ["11/10/2022", "60", ""]]
    [entry] = Entry.objects.filter(kind="disclosure", verb="take return")
    assert (entry.record_class, entry.key_list, entry.notes["lines"], entry.notes["sent"]) == (
        "campaigns", ["saltmere-reach-2022-10"], 1, False,
    )  # fmt: skip


def test_the_reports_of_a_campaign_are_each_there_once(october: Callable[[datetime], None], settings: Any) -> None:
    from fourfold.records.as_at import records_as_at

    records = records_as_at(settings.FOURFOLD_HOME, NOON)
    rows = reports_of(records, "saltmere", ["NFIB1D"], date(2022, 10, 1), date(2022, 10, 9))
    assert rows.height == rows["key"].n_unique() == fraud_lists.ROMANCE


def test_a_romance_victim_without_a_readable_day_or_from_long_ago_is_asked_to_the_end(
    as_role: Callable[..., Client], october: Callable[[datetime], None], settings: Any, tmp_path: Path
) -> None:
    monday = date(2021, 3, 1)
    amiss = {"nfib_code": "NFIB1D", "national_service_level": 2}
    rows = [
        fraud_lists.row(900, monday, **amiss),
        fraud_lists.row(901, monday, **amiss, reported_at="soon"),
        fraud_lists.row(902, monday, **amiss, reported_at="2099-01-05T10:00:00"),
    ]
    file = fraud_lists.list_file(tmp_path / "amiss", monday, rows)
    import_files(settings.FOURFOLD_HOME, [file], clock=lambda: datetime(2022, 10, 12, 7, tzinfo=UTC))
    officer = on_duty(as_role("victim_care_officer"))
    page = said(officer.get("/care/questionnaires"))
    assert "0 of 22 completed" in page, "the two without a day are counted, and no day to come moves the twelve months"
    assert "and 1 victim from before, of whom none is completed or declined" in page
    assert "2 reports with a day that is to come or cannot be read: here without a day, and counted" in page
    asked = re.findall(r'href="(/care/questionnaires/[0-9a-f]+)"', officer.get("/care/questionnaires").content.decode())
    assert len(set(asked)) == 23
    of_old = reports_of(standing_records(), "saltmere", ["NFIB1D"], monday, date(2021, 3, 7))["key"].item()
    done(officer.post(f"/care/questionnaires/{of_old}", {"act": "offer", **day("offered", date(2022, 10, 12))}))
    assert of_old in officer.get("/care/questionnaires").content.decode()
    done(officer.post(f"/care/questionnaires/{of_old}", {"act": "close", "result": "completed", "version": "1"}))
    assert of_old not in officer.get("/care/questionnaires").content.decode()
    assert "2 reports with a day that is to come or cannot be read" in said(officer.get("/fraud"))
    assert "October 2022" in said(officer.get("/fraud"))
    assert "2099" not in officer.get("/fraud").content.decode()
