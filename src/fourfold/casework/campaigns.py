"""Campaigns: intensification periods, their victims and returns; protect activities, the return of reach; questionnaires.

    begin_campaign -> identify_victims, plan_return, record_return -> end_campaign
    record_activity, record_reach; send_reach_return
    offer_questionnaire -> close_questionnaire

Whom a campaign identified stands here by opaque keys. Whether a victim was contacted is not typed again: it is read from victim
care and from the force's records. Campaigns, activities and returns need "write" on `campaigns`; questionnaires on `victim_care`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from fourfold.analysis.campaigns import (
    NOT_OFFERED,
    NOTHING,
    OFFERED,
    REACHED,
    TRIED,
    Activity,
    lines_as_plain,
    reach_lines,
)
from fourfold.casework import events
from fourfold.casework.audit import Who
from fourfold.casework.care_cases import ATTEMPT, VISIT, CareStep
from fourfold.casework.versions import claimed
from fourfold.codes.campaigns import known
from fourfold.codes.fraud import fraud_code
from fourfold.codes.periods import month_end
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, RequestInvalid
from fourfold.records.weekly_lists import Known

OPEN, CLOSED = "open", "closed"
MOST_REACH = 1_000_000_000


def _new_identity() -> str:
    return secrets.token_hex(8)


class Campaign(models.Model):
    """An intensification period. `codes` are national codes of fraud; its victims reported from `reported_from` to `reported_to`."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    led_by = models.CharField(max_length=80)
    codes = models.JSONField(default=list)
    first = models.DateField()
    last = models.DateField()
    reported_from = models.DateField()
    reported_to = models.DateField()
    state = models.CharField(max_length=8, default=OPEN)
    version = models.PositiveIntegerField(default=1)
    begun_by = models.CharField(max_length=32)
    begun_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        """The latest campaign is read first."""

        ordering = ("-first", "-pk")


class CampaignVictim(models.Model):
    """A report by which a campaign identified a victim: its opaque key, and the person's where it was known then.

    Who is one victim is asked when victims are counted (`victims_of`): people are compared later than they are identified.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="victims")
    key = models.CharField(max_length=24, db_index=True)
    subject = models.CharField(max_length=40, db_index=True)
    reported_on = models.DateField()

    class Meta:
        """A report is identified once by a campaign."""

        ordering = ("reported_on", "pk")
        constraints = (models.UniqueConstraint(fields=["campaign", "key"], name="one_victim_of_a_campaign"),)


class CampaignReturn(models.Model):
    """A return that a campaign asks for beside the monthly one: what, by when, and by what it can be shown that it went."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="returns")
    number = models.PositiveIntegerField()
    what = models.CharField(max_length=120)
    due_on = models.DateField()
    sent_on = models.DateField(null=True)
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        """Returns of a campaign are numbered in the order of their making."""

        ordering = ("due_on", "number")
        constraints = (models.UniqueConstraint(fields=["campaign", "number"], name="one_campaign_return_of_a_number"),)


class ProtectActivity(models.Model):
    """A protect message or an outreach event; `reach` is None where no number is recorded, which is not 0."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="activities", null=True)
    on = models.DateField(db_index=True)
    kind = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    title = models.CharField(max_length=120)
    reach = models.PositiveBigIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        """The latest is read first."""

        ordering = ("-on", "-pk")

    @property
    def plain(self) -> Activity:
        """It as analysis has it."""
        name = self.campaign.name if self.campaign else ""
        return Activity(
            on=self.on, kind=self.kind, channel=self.channel, title=self.title, reach=self.reach, campaign=name
        )


class ReachReturn(models.Model):
    """A month's return of reach and attendance as it was sent: its lines frozen, with their hash. A later one replaces none."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    month = models.DateField()
    number = models.PositiveIntegerField(default=0)
    lines = models.JSONField(default=list)
    content_hash = models.CharField(max_length=64)
    sent_by = models.CharField(max_length=32)
    sent_at = models.DateTimeField()
    evidence = models.CharField(max_length=300)

    class Meta:
        """A month's returns are numbered: the first, and what was sent again."""

        ordering = ("-month", "number")
        constraints = (
            models.UniqueConstraint(
                fields=["force_id", "month", "number"], name="one_reach_return_of_a_month_and_number"
            ),
        )


class Questionnaire(models.Model):
    """The questionnaire of one romance victim, by the report's key: offered, and then completed, declined or not reached."""

    key = models.CharField(max_length=24, unique=True)
    subject = models.CharField(max_length=40, db_index=True)
    force_id = models.CharField(max_length=40)
    state = models.CharField(max_length=16, default=OFFERED)
    offered_on = models.DateField()
    closed_on = models.DateField(null=True)
    officer = models.CharField(max_length=32)
    version = models.PositiveIntegerField(default=1)


@dataclass(frozen=True)
class SeenCampaign:
    """A campaign as an officer saw it: who acts on it, in which version, and when."""

    who: Who
    campaign: Campaign
    version: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a campaign is: its name, who leads it, the codes, its days, and the days in which its victims reported."""

    name: str
    led_by: str
    codes: Sequence[str]
    first: date
    last: date
    reported_from: date
    reported_to: date


def begin_campaign(who: Who, force_id: str, terms: Terms, *, at: datetime) -> Campaign:
    """Begin a campaign. Raises RequestInvalid where its days, its name or its codes are none."""
    listed = [fraud_code(code) for code in terms.codes]
    codes = list(dict.fromkeys(one.code for one in listed if one))
    if not terms.name.strip() or not terms.led_by.strip():
        raise RequestInvalid(
            "The campaign has no name, or nobody leads it.", remedy="Say what it is called, and who leads it."
        )
    if terms.last < terms.first or terms.reported_to < terms.reported_from:
        raise RequestInvalid("Its last day is before its first.", remedy="Enter the first day, and then the last.")
    if not codes or None in listed:
        raise RequestInvalid(
            "The kinds of fraud are not codes of the national list.", remedy="Write them as NFIB1D, NFIB3A."
        )
    with transaction.atomic():
        found = Campaign.objects.create(
            force_id=force_id, name=events.words(terms.name, 80), led_by=events.words(terms.led_by, 80), codes=codes,
            first=terms.first,
            last=terms.last, reported_from=terms.reported_from, reported_to=terms.reported_to, begun_by=who.key, begun_at=at,
            changed_at=at,
        )  # fmt: skip
        decided = {"name": found.name, "codes": codes, "first": found.first, "last": found.last}
        _told(who, "begin_campaign", found.identity, decided, at=at)
    return found


def identify_victims(seen: SeenCampaign, victims: Iterable[tuple[str, str, date]]) -> int:
    """Take in the reports held (key, what the victim goes by, day of report) that are not in it yet; how many they were."""
    held = set(seen.campaign.victims.values_list("key", flat=True))
    new = {key: (subject, on) for key, subject, on in victims if key not in held}
    with transaction.atomic():
        _claimed(seen)
        CampaignVictim.objects.bulk_create(
            CampaignVictim(campaign=seen.campaign, key=key, subject=subject, reported_on=on) for key, (subject, on) in new.items()
        )  # fmt: skip
        keys = [seen.campaign.identity, *new]
        _told(seen.who, "identify_victims", seen.campaign.identity, {"reports": len(new)}, at=seen.at, keys=keys)
    return len(new)


def plan_return(seen: SeenCampaign, *, what: str, due_on: date) -> None:
    """Plan a return that the campaign asks for beside the monthly one."""
    if not what.strip():
        raise RequestInvalid(
            "What is to be returned is not said.", remedy="Say what, as the national lead force asks for it."
        )
    with transaction.atomic():
        _claimed(seen)
        number = seen.campaign.returns.count() + 1
        CampaignReturn.objects.create(
            campaign=seen.campaign, number=number, what=events.words(what, 120), due_on=due_on
        )
        _told(seen.who, "plan_return", seen.campaign.identity, {"number": number, "due_on": due_on}, at=seen.at)


def record_return(seen: SeenCampaign, *, number: int, evidence: str) -> None:
    """Record that a planned return went, and by what that can be shown. Raises Conflict for one that went already."""
    if not evidence.strip():
        raise RequestInvalid(
            "Nothing shows that it went.", remedy="Give the receipt’s reference, or to whom it was sent."
        )
    with transaction.atomic():
        _claimed(seen)
        own = CampaignReturn.objects.filter(campaign=seen.campaign, number=number, sent_on=None)
        if not own.update(sent_on=local_date(seen.at), evidence=events.words(evidence, 300)):
            raise Conflict("That return went already.", remedy="See the campaign as it is now.")
        _told(seen.who, "record_return", seen.campaign.identity, {"number": number}, at=seen.at)


def end_campaign(seen: SeenCampaign) -> None:
    """End a campaign. Raises RequestInvalid while a return is outstanding, or before its last day is over."""
    if seen.campaign.returns.filter(sent_on=None).exists():
        raise RequestInvalid("A return of the campaign is outstanding.", remedy="Record first that it went.")
    if local_date(seen.at) <= seen.campaign.last:
        raise RequestInvalid("The campaign’s last day is not over.", remedy="End it when it is.")
    with transaction.atomic():
        _claimed(seen, state=CLOSED)
        _told(seen.who, "end_campaign", seen.campaign.identity, {}, at=seen.at)


def record_activity(
    who: Who, force_id: str, *, kind: str, channel: str, on: date, title: str, reach: int | None, campaign: Campaign | None,
    at: datetime,
) -> ProtectActivity:  # fmt: skip
    """Record a message or an event; its reach may come later. Raises RequestInvalid without a title, or for a day to come."""
    known("kinds", kind), known("channels", channel)
    if not title.strip():
        raise RequestInvalid("The activity has no title.", remedy="Say in a few words what it was.")
    if on > local_date(at):
        raise RequestInvalid("That day is to come.", remedy="Record it when it was put out, or held.")
    _reach_known(reach)
    with transaction.atomic():
        found = ProtectActivity.objects.create(
            force_id=force_id,
            campaign=campaign,
            on=on,
            kind=kind,
            channel=channel,
            title=events.words(title, 120),
            reach=reach,
        )
        decided = {"kind": kind, "on": on, "reach": reach, "campaign": campaign.identity if campaign else None}
        _told(who, "record_activity", found.identity, decided, at=at)
    return found


def record_reach(who: Who, activity: ProtectActivity, *, reach: int, version: int, at: datetime) -> None:
    """Record the number of an activity, or a later one. Raises Conflict when a colleague did meanwhile."""
    _reach_known(reach)
    with transaction.atomic():
        own = ProtectActivity.objects.filter(pk=activity.pk, version=version)
        if not own.update(reach=reach, version=models.F("version") + 1):
            raise Conflict("A colleague recorded a number meanwhile.", remedy="See the activity as it is now.")
        _told(who, "record_reach", activity.identity, {"before": activity.reach, "reach": reach}, at=at)


def activities_of(force_id: str) -> list[Activity]:
    """Every activity of a force as analysis has them."""
    return [one.plain for one in ProtectActivity.objects.filter(force_id=force_id).select_related("campaign")]


def send_reach_return(who: Who, force_id: str, month: date, *, evidence: str, at: datetime) -> ReachReturn:
    """Record that a month's return of reach went: its lines are frozen. Sent again, it is numbered, and the first stands.

    Raises RequestInvalid for a month that is not over, one without an activity, without evidence, or where nothing has changed.
    """
    if month_end(month) >= local_date(at):
        raise RequestInvalid("The month is not over.", remedy="Send its return when it is.")
    if not evidence.strip():
        raise RequestInvalid(
            "Nothing shows that it went.", remedy="Give the receipt’s reference, or to whom it was sent."
        )
    with transaction.atomic():
        lines = lines_as_plain(reach_lines(activities_of(force_id), month))
        if not lines:
            raise RequestInvalid(
                "No activity of that month is recorded.", remedy="Record what was put out or held first."
            )
        before = (
            ReachReturn.objects.select_for_update().filter(force_id=force_id, month=month).order_by("number").last()
        )
        told = hashlib.sha256(json.dumps(lines, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        if before and before.content_hash == told:
            raise RequestInvalid(
                "This return was sent already, and nothing has changed.", remedy="Nothing needs to be done."
            )
        found = ReachReturn.objects.create(
            force_id=force_id, month=month, number=before.number + 1 if before else 0, lines=lines, content_hash=told,
            sent_by=who.key, sent_at=at, evidence=events.words(evidence, 300),
        )  # fmt: skip
        _told(who, "send_reach_return", found.identity, {"month": month, "lines": len(lines), "hash": told}, at=at)
    return found


def offer_questionnaire(
    who: Who, *, key: str, subject: str, force_id: str, on: date, at: datetime, names: Sequence[str] = (),
) -> Questionnaire:  # fmt: skip
    """Record that a romance victim was offered the questionnaire; `names` is all that the victim may go by.

    Raises Conflict when one is recorded already, by this report or another.
    """
    if on > local_date(at):
        raise RequestInvalid("That day is to come.", remedy="Enter the day on which it was offered.")
    with transaction.atomic():
        if questionnaire_of({key, subject, *names}):
            raise _asked_already()
        try:
            with transaction.atomic():
                found = Questionnaire.objects.create(
                    key=key, subject=subject, force_id=force_id, offered_on=on, officer=who.key
                )
        except IntegrityError:
            raise _asked_already() from None
        _told(who, "offer_questionnaire", key, {"on": on}, at=at, keys=[key, subject], record_class="victim_care")
    return found


def _asked_already() -> Conflict:
    return Conflict("A questionnaire of this victim is recorded already.", remedy="See it as it is now.")


def questionnaire_of(names: Iterable[str]) -> Questionnaire | None:
    """The questionnaire of one victim, by all that the victim may go by: the one that got furthest, where there are two."""
    of_victim = models.Q(key__in=list(names)) | models.Q(subject__in=list(names))
    return min(
        Questionnaire.objects.filter(of_victim), key=lambda one: (_FURTHEST.index(one.state), one.pk), default=None
    )


def close_questionnaire(who: Who, found: Questionnaire, *, result: str, version: int, at: datetime) -> None:
    """Say what became of a questionnaire. One that could not be had, for nobody was reached, may be closed again."""
    known("results", result)
    with transaction.atomic():
        own = Questionnaire.objects.filter(pk=found.pk, version=version, state__in=(OFFERED, "not_reached"))
        if not own.update(state=result, closed_on=local_date(at), officer=who.key, version=models.F("version") + 1):
            raise Conflict("This was settled already, or changed by a colleague.", remedy="See it as it is now.")
        keys = [found.key, found.subject]
        _told(who, "close_questionnaire", found.key, {"outcome": result}, at=at, keys=keys, record_class="victim_care")


def questionnaire_states(victims: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """What is recorded of the questionnaire of each victim: every one is in it. `victims`: all that each may go by."""
    held: dict[str, str] = {}
    for key, subject, state in Questionnaire.objects.values_list("key", "subject", "state"):
        for name in {key, subject}:
            held[name] = min(state, held.get(name, state), key=_FURTHEST.index)
    return {
        victim: min((held[name] for name in names if name in held), key=_FURTHEST.index, default=NOT_OFFERED)
        for victim, names in victims.items()
    }


_FURTHEST = ("completed", "declined", "not_reached", OFFERED)
"""Which of two questionnaires of one victim speaks, where both were begun before the reports were known as one person's."""


@dataclass(frozen=True)
class Identified:
    """One victim of a campaign: the reports by which, the first of them first, and all that the victim may go by."""

    reports: tuple[CampaignVictim, ...]
    names: tuple[str, ...]

    @property
    def first(self) -> CampaignVictim:
        """The first report by which the victim was identified."""
        return self.reports[0]


def victims_of(campaign: Campaign, behind: Mapping[str, Known]) -> list[Identified]:
    """The victims of a campaign, each once (`behind`: who stands behind each report, by key), by the day of the first report."""
    grouped: dict[str, list[CampaignVictim]] = {}
    for report in campaign.victims.all():
        known = behind.get(report.key, Known())
        grouped.setdefault(known.person or known.group or report.subject, []).append(report)
    return [
        Identified(tuple(own), tuple(sorted({name for one in own for name in (
            one.subject, one.key, *behind.get(one.key, Known()).names(one.key)
        )})))
        for own in grouped.values()
    ]  # fmt: skip


@dataclass(frozen=True)
class Contacted:
    """What is recorded of one victim of a campaign: whether reached, and the last day on which anybody tried."""

    victim: Identified
    state: str
    last_on: date | None


def contacts(
    campaign: Campaign, by_others: Mapping[str, Sequence[tuple[date, bool | None]]], behind: Mapping[str, Known]
) -> list[Contacted]:
    """Of each victim, what victim care did in the campaign's days, and others (`by_others`: by key, the day and whether reached)."""
    victims = victims_of(campaign, behind)
    tries = _tries({name for victim in victims for name in victim.names})
    found = []
    for victim in victims:
        # By step: two of a victim's names may lead to one case.
        own = {pk: done for name in victim.names for pk, done in tries.get(name, {}).items()}
        every = [one for done in own.values() for one in done]
        every += [one for report in victim.reports for one in by_others.get(report.key, ())]
        inside = [(on, reached) for on, reached in every if campaign.first <= on <= campaign.last]
        state = REACHED if any(reached for _, reached in inside) else TRIED if inside else NOTHING
        found.append(Contacted(victim, state, max((on for on, _ in inside), default=None)))
    return found


def _tries(names: set[str]) -> dict[str, dict[int, list[tuple[date, bool | None]]]]:
    """By what a victim goes by: the calls and visits of victim care, by the number of the step."""
    found: dict[str, dict[int, list[tuple[date, bool | None]]]] = {}
    listed = sorted(names)
    for at in range(0, len(listed), 250):
        some = listed[at : at + 250]
        of_them = models.Q(case__subject__in=some) | models.Q(case__key__in=some)
        for step in CareStep.objects.filter(of_them, kind__in=(ATTEMPT, VISIT)).select_related("case"):
            for name in {step.case.subject, step.case.key}:
                found.setdefault(name, {})[step.pk] = _tried(step)
    return found


def _tried(step: CareStep) -> list[tuple[date, bool | None]]:
    """The day of a call or a visit that took place, and whether it reached the victim; a visit that is booked is none yet."""
    if step.kind == ATTEMPT:
        return [(local_date(step.at), step.result == "reached")]
    return [(step.due, step.result == "made")] if step.due and step.result in ("made", "nobody_in") else []


def _reach_known(reach: int | None) -> None:
    if reach is not None and not 0 <= reach <= MOST_REACH:
        raise RequestInvalid("That is no number of people or impressions.", remedy="Enter a whole number, or nothing.")


def _claimed(seen: SeenCampaign, **changed: Any) -> None:
    as_seen = Campaign.objects.filter(pk=seen.campaign.pk, version=seen.version, state=OPEN)
    claimed(as_seen, "campaign", changed_at=seen.at, **changed)


def _told(
    who: Who, verb: str, subject: str, decided: Mapping[str, Any], *, at: datetime, keys: Sequence[str] = (),
    record_class: str = "campaigns",
) -> None:  # fmt: skip
    events.told(who, "campaigns", verb, subject, decided, at=at, keys=keys, record_class=record_class)
