"""Sites: put forward by one officer and judged by another, visited, asked about, closed; by those who may, and on the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from fourfold.casework import sites
from fourfold.casework.audit import Entry, Who
from fourfold.casework.events import Event
from fourfold.casework.sites import CLOSED, DONE, OPEN, PROMISED, SET_ASIDE, Facts, Seen, Site
from fourfold.errors import Conflict, FourfoldError, RequestInvalid

A, B = Who("a", ("analyst",)), Who("b", ("supervisor",))
NOW = datetime(2022, 11, 28, 9, tzinfo=UTC)
YARD = Facts(
    name="The old yard", kind="industrial_premises", area="Harbour", partner="The council", why="Parts found near it"
)
FORM = {
    "name": "The old yard",
    "kind": "car_park",
    "area": "Harbour",
    "partner": "The council",
    "why": "Vehicles found",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_force(settings: Any) -> Iterator[None]:
    from fourfold.web import look

    settings.FOURFOLD_FORCE = "leicestershire"
    look.service.cache_clear()
    yield
    look.service.cache_clear()


def seen(site: Site, who: Who = B) -> Seen:
    now = Site.objects.get(pk=site.pk)
    return Seen(who, now, now.version, NOW)


def a_site(*, is_judged: bool = True) -> Site:
    one = sites.put_forward(A, "leicestershire", YARD, at=NOW)
    if is_judged:
        sites.judge_site(seen(one), is_kept=True, reason="Three parts, two crimes")
    return Site.objects.get(pk=one.pk)


RULES: list[tuple[str, Callable[[Site], object], str]] = [
    ("whoever put a site forward does not judge it",
     lambda s: sites.judge_site(seen(s, A), is_kept=True, reason="Mine"), "does not judge it"),
    ("a judgement has a reason", lambda s: sites.judge_site(seen(s), is_kept=False, reason=" "), "It is not said why"),
    ("no partner acts upon a site that nobody judged",
     lambda s: sites.ask_partner(seen(s), partner="Council", what="Inspect", due_on=date(2022, 12, 1)), "Nobody has judged"),
    ("no visit is made to-morrow", lambda s: sites.record_visit(seen(s), on=date(2022, 11, 29), outcome="nothing_seen"),
     "to come"),
    ("a visit has an outcome of the list", lambda s: sites.record_visit(seen(s), on=date(2022, 11, 27), outcome="well"),
     "came of the visit"),
    ("a site is of a kind of the list", lambda s: sites.change_site(seen(s), Facts(**{**FORM, "kind": "den"})), "kind of place"),
    ("a site has a reason", lambda s: sites.change_site(seen(s), Facts(**{**FORM, "why": ""})), "not said why"),
    ("a note is kept whole or not at all",
     lambda s: sites.record_visit(seen(s), on=date(2022, 11, 27), outcome="nothing_seen", note="n" * 501), "up to 500 are kept"),
    ("a candidate is judged and not closed", lambda s: sites.close_site(seen(s), reason="Enough"), "does not stand"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "tried", "said"), RULES, ids=[rule for rule, *_ in RULES])
def test_what_is_refused_of_a_candidate_changes_nothing(rule: str, tried: Callable[[Site], object], said: str) -> None:
    one = a_site(is_judged=False)
    events = Event.objects.count()
    with pytest.raises(FourfoldError, match=said):
        tried(one)
    assert seen(one).version == 1, rule
    assert Event.objects.count() == events


def test_a_site_from_its_candidacy_to_its_end_with_an_event_and_an_entry_for_each_verb() -> None:
    one = a_site()
    assert one.state == OPEN
    sites.record_visit(seen(one), on=date(2022, 11, 27), outcome="suspicion", note="Two engines without numbers")
    asked = sites.ask_partner(seen(one), partner="Environmental health", what="Inspect it", due_on=date(2022, 12, 1))
    with pytest.raises(RequestInvalid, match="not done"):
        sites.close_site(seen(one), reason="Enough")
    assert sites.as_plain(seen(one).site, date(2022, 12, 1))["overdue"] == 0
    assert sites.as_plain(seen(one).site, date(2022, 12, 2))["overdue"] == 1
    sites.answer_request(seen(one), asked.number, state=PROMISED, answer="Next week")
    assert sites.as_plain(seen(one).site, date(2022, 12, 2))["awaited"] == 1, "what is promised is not done"
    sites.answer_request(seen(one), asked.number, state=DONE, answer="Notice served")
    with pytest.raises(RequestInvalid, match="ended"):
        sites.answer_request(seen(one), asked.number, state=DONE, answer="Again")
    sites.close_site(seen(one), reason="It moved out")
    assert seen(one).site.state == CLOSED
    with pytest.raises(Conflict):
        sites.record_visit(seen(one), on=date(2022, 11, 27), outcome="nothing_seen")
    verbs = [
        "put_forward",
        "judge_site",
        "record_visit",
        "ask_partner",
        "answer_request",
        "answer_request",
        "close_site",
    ]
    assert [e.verb for e in Event.objects.filter(concern="sites").order_by("pk")] == verbs
    assert [e.verb for e in Entry.objects.filter(record_class="sites").order_by("number")] == verbs
    told = Entry.objects.get(verb="ask_partner")
    assert (told.kind, told.recipient) == ("disclosure", "Environmental health"), (
        "what a partner is told is a disclosure"
    )


def test_a_candidate_can_be_set_aside() -> None:
    one = a_site(is_judged=False)
    sites.judge_site(seen(one), is_kept=False, reason="A dealer who hands in what he is offered")
    assert seen(one).site.state == SET_ASIDE


def test_two_who_save_one_site_the_second_is_shown_both_and_nothing_is_lost(as_role: Callable[..., Client]) -> None:
    one = a_site()
    first, second = as_role("analyst"), as_role("supervisor")
    hers, his = (
        {**FORM, "version": str(one.version), "why": "Hers"},
        {**FORM, "version": str(one.version), "why": "His"},
    )
    assert first.post(f"/sites/{one.identity}/change", hers).status_code == 302
    answer = second.post(f"/sites/{one.identity}/change", his)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Both versions" in page
    assert "Hers" in page
    assert 'value="His"' in page
    assert seen(one).site.why == "Hers"
    again = {**his, "version": str(seen(one).version)}
    assert second.post(f"/sites/{one.identity}/change", again).status_code == 302
    assert seen(one).site.why == "His"


def test_the_pages_from_putting_a_site_forward_to_closing_it(as_role: Callable[..., Client]) -> None:
    analyst, supervisor, lead = as_role("analyst"), as_role("supervisor"), as_role("programme_lead")
    assert "No site has been put forward yet" in analyst.get("/sites").content.decode()
    assert analyst.post("/sites", {**FORM, "name": ""}).status_code == 422
    there = analyst.post("/sites", FORM)["Location"]

    def does(name: str, **given: str) -> int:
        version = str(Site.objects.get().version)
        return supervisor.post(f"{there}/{name}", {"version": version, **given}).status_code

    assert "a colleague judges it" in analyst.get(there).content.decode()
    assert "No visit is recorded" in supervisor.get(there).content.decode()
    assert does("judge", kept="yes", **{"judged-why": "Seven found there"}) == 302
    day = {"visit-day": "1", "visit-month": "11", "visit-year": "2022"}
    assert does("visit", outcome="", **day) == 422
    assert does("visit", outcome="goods_found", **day) == 302
    assert (
        does("ask", asked="The council", what="Light it", **{"due-day": "1", "due-month": "1", "due-year": "2099"})
        == 302
    )
    assert does("answer", number="1", answered="done", answer="Lit") == 302
    page = supervisor.get(there).content.decode()
    assert "Stolen goods found" in page
    assert "Lit" in page
    assert does("close", **{"closed-why": "Nothing found since"}) == 302
    assert "closed: Nothing found since" in lead.get(there).content.decode()
    assert "Record the visit" not in lead.get(there).content.decode()
    assert "The old yard" in lead.get("/sites").content.decode()
    identity = there.rpartition("/")[2]
    shown = Entry.objects.filter(record_class="sites", kind="consultation").order_by("-number")[0]
    assert identity in shown.key_list, "the log names each site that a list shows"
    assert as_role("board_reader").get("/sites").status_code == 404
    assert lead.post("/sites", FORM).status_code == 404
    assert lead.get("/sites/0000").status_code == 404
