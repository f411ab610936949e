"""Sites: named places where vehicle crime happens or its proceeds may go, and second-hand outlets, for partners to act upon.

    put_forward -> judge_site -> record_visit, ask_partner -> answer_request -> close_site
                   change_site, at any time while it is open

A site is put forward with its reason and is a candidate until another person judges it: being on the list is no accusation.
"No visit is recorded" is never "not visited". Every verb that changes a site says which version of it the officer saw, and
needs "write" on the record class `sites`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import models, transaction

from fourfold.casework import assessments, events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes.working_days import local_date
from fourfold.errors import RequestInvalid

KINDS = {
    "vehicle_crime_site": "Vehicle-crime site",
    "car_park": "Car park",
    "industrial_premises": "Industrial premises",
    "dismantling_candidate": "Candidate place of dismantling",
    "second_hand_outlet": "Second-hand outlet",
}
CANDIDATE, OPEN, SET_ASIDE, CLOSED = "candidate", "open", "set_aside", "closed"
STATES = {CANDIDATE: "to be judged", OPEN: "open", SET_ASIDE: "set aside", CLOSED: "closed"}
OUTCOMES = {
    "nothing_seen": "Nothing of note seen",
    "advice_given": "Advice given",
    "suspicion": "Grounds to suspect an offence",
    "goods_found": "Stolen goods found",
    "not_let_in": "Not let in",
    "nobody_there": "Nobody there",
}
ASKED, PROMISED, DONE, DECLINED = "asked", "promised", "done", "declined"
ANSWERS = {PROMISED: "Promised", DONE: "Done", DECLINED: "Declined"}


def _new_identity() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What people say of a site. `area` is its neighbourhood in words; `why` the reason it is on the list."""

    name: str
    kind: str
    area: str
    partner: str
    why: str


LONGEST = {"name": 120, "kind": 24, "area": 80, "partner": 120, "why": 500}


class Site(models.Model):
    """A named place. `partner` answers for it outside the police (its owner, the council); `version` counts its changes."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=24)
    area = models.CharField(max_length=80)
    partner = models.CharField(max_length=120)
    why = models.CharField(max_length=500)
    state = models.CharField(max_length=12, default=CANDIDATE)
    reason = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    put_forward_by = models.CharField(max_length=32)
    put_forward_at = models.DateTimeField()
    judged_by = models.CharField(max_length=32, blank=True)
    judged_at = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=32)
    changed_at = models.DateTimeField()

    class Meta:
        """By name."""

        ordering = ("name", "pk")

    @property
    def facts(self) -> Facts:
        """What people say of it."""
        return Facts(**{name: getattr(self, name) for name in LONGEST})

    @property
    def is_live(self) -> bool:
        """Whether anything more is done about it."""
        return self.state in (CANDIDATE, OPEN)


class SiteVisit(models.Model):
    """A visit to a site that somebody recorded: the day and what came of it."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="visits")
    on = models.DateField()
    outcome = models.CharField(max_length=16)
    note = models.CharField(max_length=500, blank=True)
    recorded_by = models.CharField(max_length=32)
    recorded_at = models.DateTimeField()

    class Meta:
        """The latest first."""

        ordering = ("-on", "-pk")


class PartnerRequest(models.Model):
    """What a partner was asked to do about a site, by when, and how far that is."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="requests")
    number = models.PositiveIntegerField()
    partner = models.CharField(max_length=120)
    what = models.CharField(max_length=300)
    due_on = models.DateField()
    state = models.CharField(max_length=8, default=ASKED)
    answer = models.CharField(max_length=300, blank=True)
    asked_by = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    answered_on = models.DateField(null=True)

    class Meta:
        """In the order in which they are due."""

        ordering = ("due_on", "number")
        constraints = (models.UniqueConstraint(fields=["site", "number"], name="one_request_of_a_number"),)

    @property
    def is_awaited(self) -> bool:
        """Whether it is neither done nor declined."""
        return self.state in (ASKED, PROMISED)


@dataclass(frozen=True)
class Seen:
    """A verb's officer, the site as the officer saw it, and the instant."""

    who: Who
    site: Site
    version: int
    at: datetime


def put_forward(who: Who, force_id: str, facts: Facts, *, at: datetime) -> Site:
    """Put a site forward, to be judged. Raises RequestInvalid where something is not said of it.

    Nor is a candidate place of dismantling put forward while the equality assessment of what finds them is not signed.
    """
    facts = _whole(facts)
    _may_be_candidate(force_id, facts)
    with transaction.atomic():
        site = Site.objects.create(
            force_id=force_id,
            **asdict(facts),
            put_forward_by=who.key,
            put_forward_at=at,
            changed_by=who.key,
            changed_at=at,
        )
        _told(Seen(who, site, 1, at), "put_forward", asdict(facts), kind="collection")
    return site


def _may_be_candidate(force_id: str, facts: Facts) -> None:
    if facts.kind == "dismantling_candidate":
        assessments.tasked_from(force_id, "dismantling")


def judge_site(seen: Seen, *, is_kept: bool, reason: str) -> None:
    """Keep a candidate on the list, or set it aside, with the reason. Raises RequestInvalid for one's own candidate."""
    if seen.site.put_forward_by == seen.who.key:
        raise RequestInvalid("Whoever put a site forward does not judge it.", remedy="Ask a colleague.")
    said = _said(reason, "why it is kept or set aside", LONGEST["why"])
    with transaction.atomic():
        state = OPEN if is_kept else SET_ASIDE
        _claimed(seen, (CANDIDATE,), state=state, reason=said, judged_by=seen.who.key, judged_at=seen.at)
        _told(seen, "judge_site", {"state": state}, reason=said)


def change_site(seen: Seen, facts: Facts) -> None:
    """Say something else of a site. Raises Conflict where a colleague saved it meanwhile; nothing is then lost."""
    facts = _whole(facts)
    if facts.kind != seen.site.kind:
        _may_be_candidate(seen.site.force_id, facts)
    with transaction.atomic():
        _claimed(seen, (CANDIDATE, OPEN), **asdict(facts))
        _told(seen, "change_site", asdict(facts))


def record_visit(seen: Seen, *, on: date, outcome: str, note: str = "") -> SiteVisit:
    """Record a visit. Raises RequestInvalid for a day to come, or an outcome that is on no list."""
    if on > local_date(seen.at):
        raise RequestInvalid("That day is to come.", remedy="Record the visit when it was made.")
    if outcome not in OUTCOMES:
        raise RequestInvalid("It is not said what came of the visit.", remedy="Choose from the list.")
    with transaction.atomic():
        _claimed(seen, (CANDIDATE, OPEN))
        made = SiteVisit.objects.create(
            site=seen.site,
            on=on,
            outcome=outcome,
            note=events.words(note, 500),
            recorded_by=seen.who.key,
            recorded_at=seen.at,
        )
        _told(seen, "record_visit", {"on": on, "outcome": outcome, "note": made.note}, kind="collection")
    return made


def ask_partner(seen: Seen, *, partner: str, what: str, due_on: date) -> PartnerRequest:
    """Ask a partner to do something about a site that is judged, by a day. Raises RequestInvalid for a candidate."""
    asked = {"partner": _said(partner, "which partner is asked", 120), "what": _said(what, "what is asked", 300)}
    if due_on < local_date(seen.at):
        raise RequestInvalid("That day is over.", remedy="Give a day to come.")
    if seen.site.state == CANDIDATE:
        raise RequestInvalid(
            "Nobody has judged this site yet.", remedy="Have a colleague judge it before a partner acts."
        )
    with transaction.atomic():
        _claimed(seen, (OPEN,))
        made = PartnerRequest.objects.create(
            site=seen.site,
            number=seen.site.requests.count() + 1,
            **asked,
            due_on=due_on,
            asked_by=seen.who.key,
            asked_at=seen.at,
        )
        _told(
            seen,
            "ask_partner",
            {"number": made.number, **asked, "due_on": due_on},
            kind="disclosure",
            recipient=made.partner,
        )
    return made


def answer_request(seen: Seen, number: int, *, state: str, answer: str) -> None:
    """Record what a partner answered, and when: promised, done or declined. Raises RequestInvalid for one that is ended."""
    if state not in ANSWERS:
        raise RequestInvalid("It is not said what the partner answered.", remedy="Choose from the list.")
    said = _said(answer, "what the partner said, or what was seen to be done", 300)
    with transaction.atomic():
        _claimed(seen, (OPEN,))
        changed = PartnerRequest.objects.filter(site=seen.site, number=number, state__in=(ASKED, PROMISED)).update(
            state=state, answer=said, answered_on=local_date(seen.at)
        )
        if not changed:
            raise RequestInvalid("That request is ended, or there is none.", remedy="See the requests of the site.")
        _told(seen, "answer_request", {"number": number, "state": state, "answer": said})


def close_site(seen: Seen, *, reason: str) -> None:
    """Close a site. Raises RequestInvalid without the reason, or while a partner's answer is awaited."""
    said = _said(reason, "why it is closed", LONGEST["why"])
    if seen.site.requests.filter(state__in=(ASKED, PROMISED)).exists():
        raise RequestInvalid(
            "A partner was asked for something that is not done.", remedy="Record what came of it first."
        )
    with transaction.atomic():
        _claimed(seen, (OPEN,), state=CLOSED, reason=said)
        _told(seen, "close_site", {"state": CLOSED}, reason=said)


def as_plain(site: Site, today: date) -> dict[str, Any]:
    """A site as plain data: what is said of it, its visits, and what partners are asked, with those overdue."""
    requests, visits = list(site.requests.all()), list(site.visits.all())
    return {
        "site": site.identity, **asdict(site.facts), "state": site.state, "visits": len(visits),
        "last_visit": visits[0].on if visits else None, "last_outcome": visits[0].outcome if visits else None,
        "requests": len(requests), "awaited": sum(r.is_awaited for r in requests),
        "overdue": sum(r.is_awaited and r.due_on < today for r in requests),
    }  # fmt: skip


def _whole(facts: Facts) -> Facts:
    if facts.kind not in KINDS:
        raise RequestInvalid("It is not said what kind of place it is.", remedy="Choose from the list.")
    words = {
        "name": "what it is called",
        "area": "which neighbourhood it is in",
        "partner": "who answers for it",
        "why": "why",
    }
    said = {name: _said(getattr(facts, name), what, LONGEST[name]) for name, what in words.items()}
    return Facts(kind=facts.kind, **said)


def _said(text: str, what: str, longest: int) -> str:
    given = " ".join(text.split())
    if not given or len(given) > longest:
        raise RequestInvalid(
            f"It is not said {what}, or at too great length.", remedy=f"Say it in 1 to {longest} characters."
        )
    return given


def _claimed(seen: Seen, states: tuple[str, ...], **changed: Any) -> None:
    as_seen = Site.objects.filter(pk=seen.site.pk, version=seen.version, state__in=states)
    claimed(as_seen, "site", changed_by=seen.who.key, changed_at=seen.at, **changed)


def _told(
    seen: Seen,
    verb: str,
    decided: Mapping[str, Any],
    *,
    kind: str = "alteration",
    reason: str = "",
    recipient: str = "",
) -> None:
    events.told(
        seen.who, "sites", verb, seen.site.identity, decided, at=seen.at, kind=kind, reason=reason, recipient=recipient
    )
