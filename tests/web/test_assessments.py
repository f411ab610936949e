"""An algorithm's equality assessment: put forward, signed by a second person, of one version; unsigned, nothing is tasked from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fourfold.analysis import cocoons as plans
from fourfold.analysis.patrols import Stop
from fourfold.casework import assessments, cocoons, patrols, roles, sites
from fourfold.casework.assessments import EqualityAssessment
from fourfold.casework.audit import Entry, Who
from fourfold.casework.events import Event
from fourfold.codes import algorithms as records
from fourfold.errors import RequestInvalid
from tests.web.conftest import an_officer, signed_assessment, signed_in
from tests.web.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOW = datetime(2022, 6, 22, 12, tzinfo=UTC)
TODAY = NOW.date()
SAID = {"assessed": "Looked at on whom hot squares fall; used for short visits alone."}


@pytest.fixture(autouse=True)
def own(settings: Any) -> None:
    settings.FOURFOLD_FORCE = "leicestershire"


def a_plan(drawn_from: str) -> Callable[[], object]:
    terms = patrols.PatrolTerms(
        drawn_from=drawn_from,
        measure="burglary",
        area_code="",
        first=TODAY,
        last=TODAY,
        shift="late",
        minutes=12,
        metres=250,
    )
    stops = [Stop(easting=460_125, northing=303_125)]
    return lambda: patrols.make_patrol_plan(Who("a"), "leicestershire", terms, stops, at=NOW)


def a_cocoon() -> object:
    plan = plans.Cocoon(
        burglary=plans.Burglary(crime_ref="H01", committed_on=TODAY, easting=460_000, northing=303_000),
        reach=plans.Reach(metres=200, days=14, basis=plans.FOUND, reason="found"), until=TODAY + timedelta(days=14),
        are_homes_held=False, homes=(), streets=(), notes=(),
    )  # fmt: skip
    return cocoons.open_cocoon(Who("a"), "leicestershire", plan, None, at=NOW)


def a_candidate() -> object:
    facts = sites.Facts(
        name="A yard",
        kind="dismantling_candidate",
        area="North Quay",
        partner="The owner",
        why="Parts were found there",
    )
    return sites.put_forward(Who("a"), "leicestershire", facts, at=NOW)


@pytest.mark.parametrize(
    ("algorithm", "task"),
    [("hotspots", a_plan("hotspots")), ("near-repeats", a_plan("near-repeats")), ("where-next", a_plan("where-next")),
     ("near-repeats", a_cocoon), ("dismantling", a_candidate)],
    ids=["patrol by hotspots", "patrol by near repeats", "patrol by where next", "cocoon by near repeats", "candidate yard"],
)  # fmt: skip
def test_what_tasks_by_an_algorithm_waits_for_its_signature_of_what_it_is_now(
    algorithm: str, task: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> None:
        with pytest.raises(RequestInvalid, match="may not be tasked from"):
            task()

    refused()
    assert not Entry.objects.exists()
    signed_assessment(algorithm)
    monkeypatch.setattr(records, "_source_digest", lambda _: b"edited")
    refused()  # the code is another one
    monkeypatch.undo()
    assert task()


def test_another_forces_signature_and_another_algorithms_sign_nothing_here() -> None:
    signed_assessment("hotspots", "kent")
    signed_assessment("near-repeats")
    with pytest.raises(RequestInvalid, match="may not be tasked from"):
        a_plan("hotspots")()


def test_a_count_is_no_algorithm() -> None:
    assert a_plan("counts")()


def test_from_putting_forward_to_withdrawal() -> None:
    analyst, lead = (signed_in(an_officer(name, roles.Held(name))) for name in ("analyst", "programme_lead"))
    other, sergeant = (
        signed_in(an_officer(n, roles.Held(r))) for n, r in (("b", "programme_lead"), ("c", "supervisor"))
    )
    page = "/accountability/algorithms/hotspots"
    assert "Drafted, not signed" in text_of(sergeant.get("/accountability/algorithms"))
    assert sergeant.post(f"{page}/assess", SAID).status_code == 404
    assert analyst.post(f"{page}/assess", {"assessed": " "}).status_code == 422
    assert analyst.get("/accountability/algorithms/the-stars").status_code == 404
    assert lead.post(f"{page}/assess", SAID).status_code == 302
    assert analyst.post(f"{page}/assess", SAID).status_code == 409, "one waits"
    one = EqualityAssessment.objects.get()
    judge = f"/accountability/assessments/{one.identity}"
    assert "You put it forward" in text_of(lead.get(page))
    assert lead.post(f"{judge}/sign", {"version": "1"}).status_code == 422, "it is one's own"
    assert lead.post(f"{judge}/refuse", {"version": "1", "reason": "Mine"}).status_code == 422
    assert analyst.post(f"{judge}/sign", {"version": "1"}).status_code == 404
    assert other.post(f"{judge}/refuse", {"version": "1", "reason": ""}).status_code == 422
    assert other.post(f"{judge}/praise", {"version": "1"}).status_code == 404
    assert other.post(f"{judge}/sign", {"version": "1"}).status_code == 302
    assert other.post(f"{judge}/sign", {"version": "1"}).status_code == 409
    said = text_of(sergeant.get(page))
    assert "What it says may be tasked from" in said
    assert SAID["assessed"] in said
    assert one.digest in said
    assert other.post(f"{judge}/withdraw", {"version": "2", "reason": ""}).status_code == 422
    assert other.post(f"{judge}/withdraw", {"version": "2", "reason": "Complaints from two wards"}).status_code == 302
    said = text_of(sergeant.get(page))
    assert "Not to be tasked from" in said
    assert "Complaints from two wards" in said
    assert analyst.post(f"{page}/assess", SAID).status_code == 302, "it may be put forward anew"
    verbs = ["put_assessment_forward", "sign_assessment", "withdraw_assessment", "put_assessment_forward"]
    told = Event.objects.filter(concern="assessments").order_by("pk")
    assert [event.verb for event in told] == verbs
    assert [event.plain["decided"]["algorithm_digest"] for event in told] == [one.digest] * 4
    entries = Entry.objects.filter(record_class="assessments", kind="alteration").order_by("number")
    assert list(entries.values_list("verb", flat=True)) == verbs


def test_a_new_version_needs_a_new_signature_and_what_waits_of_an_old_one_is_not_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signed_assessment("hotspots")
    assert assessments.standing_of("leicestershire", "hotspots").may_be_tasked_from
    waits = assessments.put_assessment_forward(Who("a"), "leicestershire", "near-repeats", assessed="As it was", at=NOW)
    newer = tuple(replace(one, version="2026-2") for one in records.algorithms())
    monkeypatch.setattr(assessments, "algorithms", lambda: newer)
    found = assessments.standing_of("leicestershire", "hotspots")
    assert not found.may_be_tasked_from
    assert found.in_words == "signed, of an earlier version: to be signed anew"
    with pytest.raises(RequestInvalid, match="has changed since"):
        assessments.sign_assessment(assessments.SeenAssessment(Who("b"), waits, 1, NOW))
    reader = signed_in(an_officer("reader", roles.Held("board_reader")))
    said = text_of(reader.get("/accountability/algorithms/hotspots"))
    assert "Not to be tasked from" in said
    assert "signed, of an earlier version" in said
    signed_assessment("hotspots")
    assert assessments.standing_of("leicestershire", "hotspots").may_be_tasked_from
