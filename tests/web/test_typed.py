"""What officers type is shown as words: two hundred scripts in every column of text that a page shows, by a table that no new column
escapes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models import Model
from django.test import Client
from markupsafe import escape

from fourfold.casework import audit, case_audits
from fourfold.casework.assessments import EqualityAssessment
from fourfold.casework.audit import Who
from fourfold.casework.campaigns import Campaign, CampaignReturn, ProtectActivity, ReachReturn
from fourfold.casework.care_cases import CareCase, CareStep, Stock
from fourfold.casework.case_audits import AuditAction, DrawnRecord, RecordMark
from fourfold.casework.cocoons import Cocoon
from fourfold.casework.complaint_tags import ComplaintTag
from fourfold.casework.drafts import Draft, Edition
from fourfold.casework.fraud_cases import FraudCase, FraudStep
from fourfold.casework.fraud_returns import FraudReturn
from fourfold.casework.handouts import HandOut, HandOutTaking
from fourfold.casework.intelligence_questions import IntelligenceAnswer, OwnedQuestion
from fourfold.casework.officers import Officer
from fourfold.casework.rights import RightsRequest
from fourfold.casework.saved_views import SavedView
from fourfold.casework.service_recovery import ServiceRecovery
from fourfold.casework.sites import PartnerRequest, Site, SiteVisit
from fourfold.casework.uploads import Upload
from fourfold.casework.victims_plan import PlanAction, PlanStep
from fourfold.codes.campaigns import words
from fourfold.codes.care import words as of_care
from fourfold.web.figures import own_force
from tests.records.extracts import put
from tests.web.conftest import signed_assessment
from tests.web.test_case_audits import YES, B, crimes_held, drawn, judged, seen  # noqa: F401 - a fixture among them
from tests.web.test_cocoons import at_noon, opened, sergeant  # noqa: F401 - fixtures among them
from tests.web.test_fraud_pages import lists_held  # noqa: F401 - a fixture
from tests.web.test_pages import PAPER
from tests.web.test_voice_pages import JOURNEY, K3, RAISED, RAISING, held  # noqa: F401 - a fixture among them

HARM = ("<script>alert({n})</script>", "\"><img src=x onerror=alert({n})>", "'onfocus='alert({n})' autofocus='", "{{{{7*{n}}}}}",
        "</title><script>alert({n})</script>", "<svg/onload=alert({n})>", "javascript:alert({n})", "{{% print({n}) %}}")  # fmt: skip
AT, DAY = datetime(2022, 10, 5, 9, tzinfo=UTC), date(2022, 10, 3)
Roles = Callable[..., Client]
Pages = tuple[list[str], list[str]]
"""The lists on which it is told, which cost more: each kind of harm is tried there; and its own pages, on which all are."""


def a_paper(as_role: Roles) -> Pages:
    """A paper with an edition that came to nothing."""
    address = as_role("board_secretary").post("/papers/new", PAPER)["Location"]
    Edition.objects.create(
        draft=Draft.objects.get(), number=1, draft_version=1, title="t", marking="OFFICIAL", asked_at=AT, asked_by="a",
        fault="f", remedy="r",
    )  # fmt: skip
    return ["/papers"], [address, f"{address}/change"]


def a_site(as_role: Roles) -> Pages:
    """A site with a visit and something asked of a partner."""
    form = {"name": "The yard", "kind": "car_park", "area": "Harbour", "partner": "Council", "why": "Parts"}
    there = as_role("analyst").post("/sites", form)["Location"]
    site = Site.objects.get()
    SiteVisit.objects.create(site=site, on=DAY, outcome="nothing_seen", note="n", recorded_by="a", recorded_at=AT)
    PartnerRequest.objects.create(
        site=site, number=1, partner="p", what="w", due_on=DAY, answer="a", answered_on=DAY, asked_by="a", asked_at=AT
    )
    return ["/sites"], [there]


def an_answer(as_role: Roles) -> Pages:
    """A question that is owned and was answered."""
    form = {"words": "By relay", "how-far": "answered", "evidence-kind": "document", "evidence": "D/12", "grade": "reliable",
            "review-day": "1", "review-month": "1", "review-year": "2099", "version": "0"}  # fmt: skip
    there = as_role("supervisor").post("/intelligence-questions/how_stolen", form)["Location"]
    return ["/intelligence-questions"], [there]


def an_action(as_role: Roles) -> Pages:
    """An action of the plan."""
    form = {"what": "Ask", "owner": "Ashe", "due-day": "1", "due-month": "1", "due-year": "2099", "measure": "",
            "measured-by": "A sample"}  # fmt: skip
    return ["/plan"], [as_role("code_auditor").post("/plan", form)["Location"]]


def a_campaign(as_role: Roles) -> Pages:
    """A campaign with a return beside the monthly one."""
    span = {"first": DAY, "last": DAY, "reported_from": DAY, "reported_to": DAY}
    campaign = Campaign.objects.create(
        force_id=own_force(), name="n", led_by="l", codes=["NFIB1H"], begun_by="a", begun_at=AT, changed_at=AT, **span
    )
    CampaignReturn.objects.create(campaign=campaign, number=1, what="w", due_on=DAY, sent_on=DAY, evidence="e")
    return ["/campaigns"], [f"/campaigns/{campaign.identity}"]


def a_message(as_role: Roles) -> Pages:
    """A protect message, and the month's return of reach."""
    kind, channel = next(iter(words("kinds"))), next(iter(words("channels")))
    ProtectActivity.objects.create(force_id=own_force(), on=DAY, kind=kind, channel=channel, title="t")
    ReachReturn.objects.create(
        force_id=own_force(), month=DAY.replace(day=1), content_hash="h", sent_by="a", sent_at=AT, evidence="e"
    )
    return [], ["/campaigns/reach"]


def a_view(as_role: Roles) -> Pages:
    """A view that was saved."""
    as_role("supervisor").post("/views", {"name": "Mine", "address": "/picture"})
    return [], ["/"]


def a_request(as_role: Roles) -> Pages:
    """A rights request."""
    form = {
        "kind": "access",
        "reference": "letter 1",
        "received-day": "1",
        "received-month": "2",
        "received-year": "2022",
    }
    there = as_role("information_manager").post("/accountability/rights/new", form)["Location"]
    return ["/accountability/rights"], [there]


def an_upload(as_role: Roles) -> Pages:
    """A file that was sent in and became nothing."""
    one = Upload.objects.create(
        file_name="n", size=1, content_hash="h", sent_at=AT, sent_by="a", state="failed", fault="f", remedy="r"
    )
    return ["/imports"], [f"/imports/sent/{one.identity}"]


def a_hand_out(as_role: Roles) -> Pages:
    """A hand-out that was judged and given to somebody."""
    one = HandOut.objects.create(
        force_id=own_force(), month=DAY.replace(day=1), rule="suppress_under_5", as_at=AT, page="", content_hash="h",
        withheld=0, why="w", state="refused", asked_by="a", asked_at=AT, judged_by="b", judged_at=AT, reason="r",
    )  # fmt: skip
    HandOutTaking.objects.create(handout=one, number=1, recipient="r", taken_by="a", taken_at=AT)
    return ["/hand-outs"], [f"/hand-outs/{one.identity}"]


def a_tag(as_role: Roles) -> Pages:
    """A complaint that an auditor tagged."""
    as_role("code_auditor").post(K3, {"version": "0", "right": ["6", "3"], "why": "w"})
    return [], [K3]


def a_recovery(as_role: Roles) -> Pages:
    """What a victim was unhappy with."""
    as_role("supervisor").post(RAISING, RAISED)
    return [], [JOURNEY]


def a_victim(as_role: Roles) -> Pages:
    """A victim who was taken up and given something."""
    officer, resource = as_role("victim_care_officer"), next(iter(of_care("resources")))
    found = re.search(r'href="(/care/victims/[0-9a-f]+)', officer.get("/care").content.decode())
    assert found
    officer.post(f"{found[1]}/take-up")
    CareStep.objects.create(
        case=CareCase.objects.get(), number=1, kind="resource", at=AT, officer="a", what=resource, result="f", count=1
    )
    Stock.objects.create(resource=resource, funded_by="f", came_on=DAY, count=2, left=1)
    return [], [found[1], "/care/stock"]


def a_dissemination(as_role: Roles, tmp_path: Path) -> Pages:
    """A report that the unit acknowledged and filed."""
    sent = {"force": "saltmere", "package_ref": "NFIB-1", "kind": "pursue", "status": "received", "received_on": "2022-09-03",
            "report_ref": "NFRC22000000", "disseminated_on": "2022-09-01"}  # fmt: skip
    put(tmp_path / "home", tmp_path, AT, "fraud_disseminations_action_fraud", [sent], "2022-09")
    supervisor = as_role("economic_crime_supervisor")
    found = re.search(r'href="(/disseminations/cases/[0-9a-f]+)', supervisor.get("/disseminations").content.decode())
    assert found
    supervisor.post(f"{found[1]}/acknowledge")
    FraudStep.objects.create(
        case=FraudCase.objects.get(), number=9, verb="file_investigation", at=AT, officer="a", owner="o", reason="r"
    )
    return ["/disseminations?show=all"], [found[1]]


def a_return(as_role: Roles) -> Pages:
    """An outcome return that was sent."""
    one = FraudReturn.objects.create(
        force_id="saltmere", month=date(2022, 9, 1), state="sent", as_at=AT, drawn_up_by="a", drawn_up_at=AT, signed_by="b",
        signed_at=AT, sent_by="b", sent_at=AT, evidence="e",
    )  # fmt: skip
    return [], [f"/disseminations/returns/{one.identity}"]


def an_audit(as_role: Roles, tmp_path: Path) -> Pages:
    """An audit with a record that its reader marked, and one that was replaced."""
    auditor = as_role("code_auditor") and Officer.objects.get(username="code_auditor")
    one = drawn(tmp_path / "home")
    case_audits.mark_record(seen(one, 1, Who(auditor.key, ("code_auditor",))), YES)
    DrawnRecord.objects.filter(audit=one, number=2).update(state="replaced", reason="r")
    return [], [f"/audits/{one.identity}", f"/audits/{one.identity}/records/1"]


def a_finding(as_role: Roles, tmp_path: Path) -> Pages:
    """An audit that was closed, with an action that was noted and ended."""
    one = drawn(tmp_path / "home", size=10)
    for number in range(1, 11):
        case_audits.mark_record(seen(one, number, B), YES)
    one.refresh_from_db()
    as_role("code_auditor").post(f"/audits/{one.identity}/close", {"version": str(one.version)})
    AuditAction.objects.create(
        audit=one,
        number=1,
        what="w",
        owner="o",
        due_on=DAY,
        measure="m",
        noted_at=AT,
        noted_by="a",
        ended_at=AT,
        outcome="o",
    )
    return [], [f"/audits/{one.identity}"]


def an_assessment(as_role: Roles) -> Pages:
    """What an officer assessed of an algorithm, and why another judged it so."""
    signed_assessment("near-repeats")
    return [], ["/accountability/algorithms/near-repeats"]


@dataclass(frozen=True)
class Typed:
    """Who reads what, over which records, and the columns that are filled with harm."""

    made: Callable[..., Pages]
    role: str
    columns: dict[type[Model], tuple[str, ...]]
    over: str = "records_held"


WRITTEN = [
    Typed(a_paper, "board_secretary", {Draft: ("title", "board", "priority", "presenter"), Edition: ("fault", "remedy"),
                                       Officer: ("name",)}),
    Typed(a_site, "supervisor", {Site: ("name", "area", "partner", "why", "reason"), SiteVisit: ("note",),
                                 PartnerRequest: ("partner", "what", "answer")}),
    Typed(an_answer, "supervisor", {IntelligenceAnswer: ("words", "evidence"), OwnedQuestion: ("owner",)}),
    Typed(an_action, "supervisor", {PlanAction: ("what", "owner", "measured_by", "outcome"), PlanStep: ("owner", "reason")}),
    Typed(a_campaign, "victim_care_officer", {Campaign: ("name", "led_by"), CampaignReturn: ("what", "evidence")}),
    Typed(a_message, "victim_care_officer", {ProtectActivity: ("title",), ReachReturn: ("evidence",)}),
    Typed(a_view, "supervisor", {SavedView: ("name",)}),
    Typed(a_request, "information_manager", {RightsRequest: ("reference",)}),
    Typed(an_upload, "supervisor", {Upload: ("file_name", "fault", "remedy")}),
    Typed(a_hand_out, "supervisor", {HandOut: ("why", "reason"), HandOutTaking: ("recipient",)}),
    Typed(an_assessment, "supervisor", {EqualityAssessment: ("assessed", "reason")}),
    Typed(a_tag, "code_auditor", {ComplaintTag: ("why",)}, "held"),
    Typed(a_recovery, "supervisor", {ServiceRecovery: ("said",)}, "held"),
    Typed(a_victim, "victim_care_officer", {CareStep: ("result", "note"), Stock: ("funded_by",)}, "lists_held"),
    Typed(a_dissemination, "economic_crime_supervisor", {FraudCase: ("owner",), FraudStep: ("owner", "reason")}, "lists_held"),
    Typed(a_return, "economic_crime_supervisor", {FraudReturn: ("evidence",)}, "lists_held"),
    Typed(an_audit, "code_auditor", {DrawnRecord: ("reason",), RecordMark: ("note",)}, "crimes_held"),
    Typed(a_finding, "code_auditor", {AuditAction: ("what", "owner", "measure", "outcome")}, "crimes_held"),
]  # fmt: skip


def filled(reader: Client, pages: Pages, columns: dict[type[Model], tuple[str, ...]]) -> None:
    """Fill the columns with two hundred scripts, one after another: each is on the pages as it was typed, and none is carried out."""
    every = [(model, name) for model, names in columns.items() for name in names]
    lists, own = pages
    for n in range(200):
        harm = {one: HARM[n % len(HARM)].format(n=10_000 * (k + 1) + n) for k, one in enumerate(every)}
        for (model, name), said in harm.items():
            model._default_manager.update(**{name: said})
        # The client's own look at each page refuses scripts and handlers in it.
        shown = lists + own if n < 3 * len(HARM) else own
        text = "".join(reader.get(page).content.decode() for page in shown)
        for (model, name), said in harm.items():
            assert said not in text or not set(said) & set("<>\"'"), (model.__name__, name)
            assert str(escape(said)) in text, f"{model.__name__}.{name}: shown as it was typed, and not carried out"


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("one", WRITTEN, ids=[one.made.__name__ for one in WRITTEN])
def test_two_hundred_scripts_in_each_column_that_officers_write_are_shown_as_words(
    as_role: Roles, settings: Any, tmp_path: Path, request: pytest.FixtureRequest, one: Typed
) -> None:
    request.getfixturevalue(one.over)
    if one.over == "records_held":
        settings.FOURFOLD_FORCE = "leicestershire"
    elif one.over == "crimes_held":
        judged(tmp_path / "home")
    wants_folder = "tmp_path" in one.made.__annotations__
    pages = one.made(as_role, tmp_path) if wants_folder else one.made(as_role)
    filled(as_role(one.role), pages, one.columns)


@pytest.mark.django_db
@pytest.mark.slow
def test_two_hundred_scripts_in_what_is_said_of_a_cocoon_are_shown_as_words(sergeant: Client) -> None:  # noqa: F811
    one = opened(sergeant)
    filled(sergeant, (["/cocoons"], [f"/cocoons/{one.identity}"]), {Cocoon: ("reason", "note")})


@pytest.mark.django_db
@pytest.mark.slow
def test_two_hundred_scripts_given_as_reasons_are_shown_as_words_in_the_log(
    as_role: Roles, records_held: Path, transactional_entries: Callable[[str], None]
) -> None:
    every = [HARM[n % len(HARM)].format(n=n) for n in range(200)]
    for harm in every:
        transactional_entries(harm)
    manager = as_role("information_manager")
    text = first = manager.get("/accountability/log?kind=disclosure").content.decode()
    name = re.search(r"page-([\w-]+)=2", first)
    assert name, "two hundred entries stand on more pages than one"
    for page in range(2, 12):
        text += manager.get(f"/accountability/log?kind=disclosure&page-{name[1]}={page}").content.decode()
    for harm in every:
        assert harm not in text or not set(harm) & set("<>\"'")
        assert str(escape(harm)) in text


@pytest.fixture
def transactional_entries() -> Callable[[str], None]:
    """Have an entry on the log with a reason and a recipient, which may hold whatever an officer typed."""
    from django.db import transaction

    def made(harm: str) -> None:
        with transaction.atomic():
            audit.entered(Who("a"), "disclosure", "v", "figures", at=datetime.now(UTC), reason=harm, recipient=harm)

    return made


NOT_TYPED = {
    "identity", "key", "subject", "force_id", "state", "kind", "level", "outcome", "verb", "phase", "hash", "previous",
    "content_hash", "digest", "scheme", "scheme_version", "algorithm", "algorithm_version", "statement_version", "marking",
    "role", "roles", "rule", "question", "how_far", "evidence_kind", "grade", "channel", "category", "codes", "rights",
    "says", "basis", "relation", "resource", "allocation", "group", "measure", "drawn_from", "by", "shift", "record_class",
    "concern", "replaces", "batch", "batches", "areas", "area_code", "lsoa21_code", "uprn", "password", "keys", "pairs",
    "persons", "into",
}  # fmt: skip
"""Columns of codes from a list of ours, of keys, of hashes and of states, by their names: a form offers them, or none does."""
OFFICERS_KEYS = re.compile(r"officer|(\w+_)?by")
OTHERWISE = {
    "Entry.at": "an instant", "Entry.reason": "the log's, which nobody changes: tried apart",
    "Entry.recipient": "the same", "Entry.note": "counts and identities",
    "Event.decided": "on no page: its words leave as records",
    "CareCase.report_ref": "a reference of the force's own, from its records", "CareCase.rule": "a rule's name and version",
    "CareCase.reasons": "the triage's own words", "CareStep.what": "a code of a list",
    "DrawnAudit.populations": "counts", "DrawnAudit.sizes": "counts", "DrawnAudit.of_all": "counts",
    "DrawnRecord.crime_ref": "the force's own reference", "DrawnRecord.person_ref": "the force's own reference",
    "DrawnRecord.recorded": "codes of answers", "RecordMark.answers": "codes of answers",
    "Cocoon.crime_ref": "the force's own reference", "Cocoon.reason": "tried apart", "Cocoon.note": "tried apart",
    "CocoonStreet.name": "a street of the force's register",
    "ComplaintTag.complaint_ref": "the force's own reference", "ComplaintTag.crime_ref": "the force's own reference",
    "ComplaintTag.person_ref": "the force's own reference", "ServiceRecovery.crime_ref": "the force's own reference",
    "ServiceRecovery.person_ref": "the force's own reference",
    "Officer.username": "typed where the command line is, and shown as the name is", "Officer.email": "on no page",
    "PersonDecision.why": "shown from the linking that it was applied to, and not tried here",
    "PersonDecision.fault": "a fault's own words",
    "Draft.identity": "a key", "Edition.title": "the draft's, once written", "Edition.files": "names of ours",
    "Edition.contents": "the draft's",
    "FraudReturn.lines": "from the records", "ReachReturn.lines": "of titles, which are tried", "HandOut.page": "drawn of figures",
    "HandOut.tables": "drawn of figures", "PatrolStop.street": "a street of the force's register",
    "PatrolStop.street_ref": "a street of the force's register", "PatrolVisit.reference": "a hash",
    "RightsRequest.reason": "on no page: the log has it", "RightsRequest.outcome": "counts",
    "RightsRequest.fault": "a fault's own words", "RightsRequest.remedy": "a fault's own words",
    "SavedView.address": "an address of this service's own, and no other is kept",
    "ThemeReading.fault": "a fault's own words", "ThemeReading.found": "counts and shared words",
    "LocalTheme.name": "shown beside a reading of narratives, and not tried here", "LocalTheme.why": "the same",
    "PlanAction.before": "a figure", "CodeReturn.content": "figures",
}  # fmt: skip
"""Columns that hold no words of an officer, or are tried elsewhere, and why."""


def columns_of_text() -> set[str]:
    """Every column of the service's database that may hold text."""
    text = (models.CharField, models.TextField, models.JSONField)
    every = apps.get_app_config("casework").get_models()
    return {f"{one.__name__}.{f.name}" for one in every for f in one._meta.fields if isinstance(f, text)}


def test_every_column_of_text_is_tried_or_holds_nothing_that_an_officer_types() -> None:
    """A new column fails here until it is tried above, or it is said why it need not be."""
    tried = {f"{model.__name__}.{name}" for one in WRITTEN for model, names in one.columns.items() for name in names}
    left = {
        column for column in columns_of_text() - tried - set(OTHERWISE)
        if column.partition(".")[2] not in NOT_TYPED and not OFFICERS_KEYS.fullmatch(column.partition(".")[2])
    }  # fmt: skip
    assert left == set(), "columns that are neither tried nor explained"
    assert set(OTHERWISE) <= columns_of_text(), "explained, and not there"
    assert not set(OTHERWISE) & tried, "explained, and tried all the same"
