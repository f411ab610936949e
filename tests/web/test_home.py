"""Home: what waits for an officer and what is late, each by the right to do it, counted as it stands and with the way to it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.casework import roles
from fourfold.casework.audit import Entry
from fourfold.casework.campaigns import Campaign, CampaignReturn, ProtectActivity, Questionnaire
from fourfold.casework.care_cases import ASKED, BOOKED, REFERRAL, VISIT, CareCase, CareStep
from fourfold.casework.case_audits import DrawnAudit, DrawnRecord, RecordMark
from fourfold.casework.cocoons import Cocoon
from fourfold.casework.fraud_returns import DRAWN_UP, SIGNED, FraudReturn
from fourfold.casework.handouts import HandOut
from fourfold.casework.intelligence_questions import IntelligenceAnswer, OwnedQuestion
from fourfold.casework.officers import Officer
from fourfold.casework.patrols import PatrolPlan
from fourfold.casework.rights import RightsRequest
from fourfold.casework.sites import KINDS as KINDS_OF_SITE
from fourfold.casework.sites import PartnerRequest, Site
from fourfold.casework.themes import LocalTheme, ThemeReading
from fourfold.casework.victims_plan import PlanAction
from fourfold.casework.work_in_hand import KINDS
from fourfold.web.pages import home
from tests import fraud_lists
from tests.records.extracts import put

pytestmark = pytest.mark.django_db
FORCE = "saltmere"
NOW = datetime.now(UTC)
TODAY = NOW.date()
PAST, TO_COME = TODAY - timedelta(days=40), TODAY + timedelta(days=40)

SHOWN = {
    "victim_care_officer": """
        /care/in-hand           2 victims in your care
        /care/questionnaires    1 questionnaire that you offered, with no answer recorded
        /care/in-hand           1 visit to a victim whose day is past, with nothing said of it
        /care                   N weeks of which no list of fraud victims came
        /campaigns              1 return of a campaign past its day and not sent
        /campaigns/reach        1 month that is over, whose return of reach was not sent""",
    "economic_crime_supervisor": """
        /disseminations/returns 1 outcome return to be signed off by you, the second person
        /disseminations/returns 1 outcome return signed, to be sent
        /themes                 1 theme proposed, to be confirmed or rejected
        /themes                 3 weeks’ lists of fraud victims whose narratives were not read for themes
        /disseminations         2 disseminations not yet acknowledged
        /imports/send           N weeks of which no list of fraud victims came
        /disseminations/returns N outcome returns past their day and not sent
        /campaigns              1 return of a campaign past its day and not sent
        /campaigns/reach        1 month that is over, whose return of reach was not sent""",
    "supervisor": """
        /hand-outs              1 hand-out to be signed off by you, the second person
        /sites                  1 site put forward by a colleague, to be judged
        /cocoons                1 cocoon that you opened, to be visited
        /patrols                1 patrol plan of yours under way or to come
        /cocoons                1 cocoon that you opened past its last day, to be closed
        /patrols                1 patrol plan of yours past its last day, to be closed
        /sites                  1 request to a partner past its day, with no answer
        /intelligence-questions 1 intelligence question whose answer is past its review""",
    "analyst": """
        /sites                  1 site put forward by a colleague, to be judged
        /themes                 1 theme proposed, to be confirmed or rejected
        /themes                 3 weeks’ lists of fraud victims whose narratives were not read for themes
        /imports/send           N weeks of which no list of fraud victims came
        /sites                  1 request to a partner past its day, with no answer
        /intelligence-questions 1 intelligence question whose answer is past its review""",
    "code_auditor": """
        /audits                 3 records to be marked in an audit
        /audits                 1 audit of which every record is marked, to be closed
        /plan                   1 action of the plan past its day""",
    "board_secretary": "/hand-outs 1 hand-out to be signed off by you, the second person",
    "information_manager": "/accountability/rights 2 requests by people that are not answered",
    "programme_lead": "",
    "board_reader": "",
}  # fmt: skip
"""What each role's home says waits for it or is late, and where each leads, over the work that `at_work` puts there."""


@pytest.fixture
def lists_held(tmp_path: Path, settings: Any) -> Iterator[None]:
    from fourfold.web import look

    fraud_lists.held_lists(tmp_path / "home", tmp_path)
    sent = {"force": FORCE, "package_ref": "NFIB-1", "kind": "pursue", "status": "received", "received_on": "2022-09-03",
            "disseminated_on": "2022-09-01"}  # fmt: skip
    given = [{**sent, "report_ref": f"NFRC22000{n:03d}"} for n in range(2)]
    put(tmp_path / "home", tmp_path, NOW, "fraud_disseminations_action_fraud", given, "2022-09")
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", FORCE
    look.service.cache_clear()
    yield
    look.service.cache_clear()


def case(officer: str, n: int, **said: Any) -> CareCase:
    return CareCase.objects.create(
        subject=f"P{n}", key=f"{n:024x}", force_id=FORCE, report_ref=f"R{n}", rule="a", reasons="b", officer=officer,
        taken_up_at=NOW, changed_at=NOW, **said,
    )  # fmt: skip


def at_work(own: str) -> None:
    """One of each kind of work that is `own`, and beside it what is a colleague's, done, or not yet late."""
    care_at_work(own)
    signatures_at_work(own)
    places_at_work(own)
    plans_at_work(own)


def care_at_work(own: str) -> None:
    own_case = case(own, 1)
    case(own, 2), case("colleague", 3), case(own, 4, state="closed")
    CareStep.objects.create(case=own_case, number=1, kind=VISIT, at=NOW, officer=own, due=PAST, result=BOOKED)
    CareStep.objects.create(case=own_case, number=2, kind=VISIT, at=NOW, officer=own, due=TO_COME, result=BOOKED)
    CareStep.objects.create(
        case=own_case, number=3, kind=REFERRAL, at=NOW, officer=own, what="victim_support", result=ASKED
    )
    for n, (officer, state) in enumerate([(own, "offered"), (own, "completed"), ("colleague", "offered")]):
        Questionnaire.objects.create(
            key=f"{n:024x}", subject=f"P{n}", force_id=FORCE, state=state, offered_on=PAST, officer=officer
        )


def signatures_at_work(own: str) -> None:
    for month, officer, state in ((7, "colleague", DRAWN_UP), (6, own, DRAWN_UP), (5, own, SIGNED)):
        FraudReturn.objects.create(
            force_id=FORCE, month=date(2022, month, 1), state=state, as_at=NOW, drawn_up_by=officer, drawn_up_at=NOW
        )
    for officer, state in (("colleague", "asked"), (own, "asked"), ("colleague", "signed")):
        HandOut.objects.create(
            force_id=FORCE, month=PAST, rule="a", as_at=NOW, page="", content_hash="", withheld=0, why="b", asked_by=officer,
            asked_at=NOW, state=state,
        )  # fmt: skip
    marked(1, drawn=4, first=1), marked(2, drawn=2, first=2), marked(3, drawn=2, first=1, state="closed")


def places_at_work(own: str) -> None:
    for officer, state, is_late in (("colleague", "candidate", False), (own, "candidate", False), (own, "open", True)):
        site = Site.objects.create(
            force_id=FORCE, name="A shop", kind=next(iter(KINDS_OF_SITE)), area="A", partner="B", why="C", state=state,
            put_forward_by=officer, put_forward_at=NOW, changed_by=own, changed_at=NOW,
        )  # fmt: skip
        PartnerRequest.objects.create(
            site=site, number=1, partner="B", what="C", due_on=PAST if is_late else TO_COME, asked_by=own, asked_at=NOW
        )
    for state in ("proposed", "confirmed"):
        LocalTheme.objects.create(
            force_id=FORCE, identity=f"2022-09-{state}", name="A theme", state=state, proposed_at=NOW, changed_at=NOW
        )
    for n, (officer, last, state) in enumerate(
        [(own, TO_COME, "open"), (own, PAST, "open"), (own, PAST, "closed"), ("colleague", PAST, "open")]
    ):
        Cocoon.objects.create(
            force_id=FORCE, crime_ref=f"C{n}", committed_on=PAST, metres=100, until=last, basis="a", reason="b",
            are_homes_held=False, state=state, opened_by=officer, opened_at=NOW,
        )  # fmt: skip
        PatrolPlan.objects.create(
            force_id=FORCE, drawn_from="forecast", measure="a", first=PAST, last=last, shift="late", minutes=10, metres=250,
            state=state, made_by=officer, made_at=NOW,
        )  # fmt: skip


def plans_at_work(own: str) -> None:
    for state in ("open", "waiting", "answered", "refused"):
        RightsRequest.objects.create(
            kind="access", reference="L", received_on=PAST, opened_at=NOW, opened_by=own, state=state
        )
    campaign = Campaign.objects.create(
        force_id=FORCE, name="A", led_by="B", first=PAST, last=TO_COME, reported_from=PAST, reported_to=PAST, begun_by=own,
        begun_at=NOW, changed_at=NOW,
    )  # fmt: skip
    for n, (due, sent) in enumerate([(PAST, None), (TO_COME, None), (PAST, PAST)], start=1):
        CampaignReturn.objects.create(campaign=campaign, number=n, what="A", due_on=due, sent_on=sent)
    for on in (PAST, TODAY):
        ProtectActivity.objects.create(force_id=FORCE, on=on, kind="message", channel="press", title="A")
    for due, state in ((PAST, "open"), (TO_COME, "open"), (PAST, "done")):
        PlanAction.objects.create(
            force_id=FORCE, what="A", owner="B", due_on=due, state=state, planned_by=own, planned_at=NOW, changed_at=NOW
        )
    for question, days in (("a", (TO_COME, PAST)), ("b", (PAST, TO_COME))):
        asked = OwnedQuestion.objects.create(force_id=FORCE, question=question)
        for n, on in enumerate(days, start=1):
            IntelligenceAnswer.objects.create(
                asked=asked, number=n, words="A", how_far="a", evidence_kind="b", evidence="c", grade="d", review_on=on,
                given_by=own, given_at=NOW,
            )  # fmt: skip


def marked(n: int, *, drawn: int, first: int, state: str = "open") -> None:
    """An audit with so many records drawn and one in reserve, of which so many are marked, the first of them twice."""
    audit = DrawnAudit.objects.create(
        force_id=FORCE, scheme="quarterly_survey", scheme_version="1", first=date(2022, n, 1), last=date(2022, n, 28), seed=1,
        allocation="equal", populations={}, sizes={"a": drawn}, as_at=NOW, batches=[], drawn_at=NOW, drawn_by="a", state=state,
    )  # fmt: skip
    for at in range(drawn):
        one = DrawnRecord.objects.create(audit=audit, number=at + 1, group="a", place=at, crime_ref="C", person_ref="V")
        for turn in (1, 2) if at == 0 and first else (1,) if at < first else ():
            RecordMark.objects.create(record=one, turn=turn, officer=f"o{turn}", at=NOW, answers={})
    DrawnRecord.objects.create(audit=audit, group="a", place=drawn, crime_ref="C", person_ref="V", state="reserve")


def lines_of(response: Any) -> list[str]:
    """The lines of what waits and of what is late that lead somewhere: the address, and the words."""
    found = re.findall(r'<li><a class="govuk-link" href="([^"]*)">([^<]*)</a></li>', response.content.decode())
    return [f"{address} {html.unescape(words)}" for address, words in found]


def officer(as_role: Callable[..., Client], role: str, *areas: str) -> tuple[Client, str]:
    """A client of a role, and the officer's key."""
    client = as_role(role, *areas)
    return client, Officer.objects.get(username=role).key


@pytest.mark.parametrize("role", list(SHOWN))
def test_each_role_is_told_its_own_work_and_where_to_do_it(
    as_role: Callable[..., Client], lists_held: None, role: str
) -> None:
    client, key = officer(as_role, role)
    at_work(key)
    told = lines_of(client.get("/"))
    plain = [re.sub(r"\b\d[\d,]+ (weeks of which|outcome returns past)", r"N \1", line) for line in told]
    assert plain == [re.sub(r"\s+", " ", line).strip() for line in SHOWN[role].splitlines() if line.strip()]
    for line in told:
        assert client.get(line.partition(" ")[0]).status_code == 200, line


def test_every_kind_is_shown_to_some_role_and_led_to_by_a_right_page() -> None:
    assert set(home.PAGES) == {kind.name for kind in KINDS}
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert [kind.is_late for kind in KINDS] == sorted(kind.is_late for kind in KINDS), "what is late is told last"
    for kind in KINDS:
        assert any(roles.may_somewhere((roles.Held(role),), kind.action, kind.record_class) for role in SHOWN), (
            kind.name
        )


@pytest.mark.parametrize(
    ("state", "hours", "is_told"), [("done", 1, False), ("done", -1, True), ("failed", 1, True), ("waiting", 1, True)]
)
def test_lists_that_came_since_the_last_reading_are_told_until_their_narratives_are_read(
    as_role: Callable[..., Client], lists_held: None, state: str, hours: int, is_told: bool
) -> None:
    """`hours` after the last list came the records of the reading stood."""
    client, _ = officer(as_role, "analyst")
    ThemeReading.objects.create(
        force_id=FORCE,
        asked_by="a",
        role="analyst",
        asked_at=NOW,
        state=state,
        as_at=datetime(2022, 10, 10, 6, tzinfo=UTC) + timedelta(hours=hours),
    )
    assert any("not read for themes" in line for line in lines_of(client.get("/"))) is is_told


def test_an_officer_held_to_an_area_is_not_sent_to_what_shows_the_whole_force(
    as_role: Callable[..., Client], lists_held: None
) -> None:
    client, key = officer(as_role, "supervisor", "E08000901")
    at_work(key)
    for line in lines_of(client.get("/")):
        assert client.get(line.partition(" ")[0]).status_code == 200, line


def test_an_officer_without_work_is_told_so(as_role: Callable[..., Client], lists_held: None) -> None:
    client, _ = officer(as_role, "code_auditor")
    at_work("somebody else")
    DrawnRecord.objects.update(state="replaced")
    DrawnAudit.objects.update(state="closed")
    PlanAction.objects.all().delete()
    assert lines_of(client.get("/")) == []
    assert "Nothing waits for you" in client.get("/").content.decode()


def test_a_role_that_was_taken_away_shows_none_of_its_work(as_role: Callable[..., Client], lists_held: None) -> None:
    client, key = officer(as_role, "victim_care_officer")
    at_work(key)
    assert lines_of(client.get("/"))
    Officer.objects.get(key=key).grants.update(ends_at=NOW)
    assert lines_of(client.get("/")) == []


def test_ones_own_cases_are_listed_with_what_stands_open_and_nobodys_name(
    as_role: Callable[..., Client], lists_held: None
) -> None:
    client, key = officer(as_role, "victim_care_officer")
    assert "No victim is in your care" in client.get("/care/in-hand").content.decode()
    at_work(key)
    shown = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get("/care/in-hand").content.decode())))
    assert shown.count("Report 0000000") == 2, "neither a colleague’s nor one that is closed"
    for words in ("and nothing said of it since", "Visit booked for", "Victim Support asked", "Not yet assessed"):
        assert words in shown, words
    entry = Entry.objects.filter(record_class="victim_care", officer=key).latest("number")
    assert {"P1", "P2", f"{1:024x}", f"{2:024x}"} == set(entry.key_list)
