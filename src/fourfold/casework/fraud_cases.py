"""Fraud cases: what the Economic Crime Unit decides of fraud disseminated to the force, and through whose hands it goes.

    acknowledge -> triage -> hand_over, ask_for_advice, answer_advice -> file_investigation

The duty under the Victims' Code starts on receipt and goes with the case: a hand-over changes who has it and never its clock.
"Filed" here is always the investigation's end, never the taking down of the report. Outcomes are mastered in the force's own
systems and come back as records; here stands only what no other system holds. All verbs need "write" on `fraud_cases`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from fourfold.casework import events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes.economic_crime import body_elsewhere, category, teams, unit
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, RequestInvalid

RECEIVED, TRIAGED, FILED, ELSEWHERE = "received", "triaged", "filed", "elsewhere"
ADVICE = "ask_for_advice"


def _new_identity() -> str:
    return secrets.token_hex(8)


class FraudCase(models.Model):
    """A dissemination in the unit's hands, by its opaque `key`. `version` counts changes; `owner` has it now."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    key = models.CharField(max_length=24, unique=True)
    force_id = models.CharField(max_length=40)
    received_on = models.DateField(null=True)
    """As the force's own system has it; None where it is not recorded."""
    acknowledged_at = models.DateTimeField()
    state = models.CharField(max_length=12, default=RECEIVED)
    category = models.CharField(max_length=32, blank=True)
    owner = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()


class FraudStep(models.Model):
    """One step of a case: the verb, who had the case after it, and the reason as written. `due` is when advice came."""

    case = models.ForeignKey(FraudCase, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    verb = models.CharField(max_length=32)
    at = models.DateTimeField()
    officer = models.CharField(max_length=32)
    owner = models.CharField(max_length=80)
    on = models.DateField(null=True)
    answered_on = models.DateField(null=True)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        """Steps of a case are numbered, and read in that order."""

        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["case", "number"], name="one_fraud_step_of_a_number"),)


@dataclass(frozen=True)
class SeenCase:
    """A case as an officer saw it: who acts on it, in which version, and when."""

    who: Who
    case: FraudCase
    version: int
    at: datetime


def acknowledge(who: Who, key: str, *, force_id: str, received_on: date | None, at: datetime) -> FraudCase:
    """Acknowledge a dissemination: from its receipt the duty runs, where that is recorded. Raises Conflict when a colleague did."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                case = FraudCase.objects.create(
                    key=key, force_id=force_id, received_on=received_on, acknowledged_at=at, changed_at=at, owner=unit()
                )
        except IntegrityError:
            raise Conflict("A colleague has acknowledged this already.", remedy="Open the case.") from None
        FraudStep.objects.create(
            case=case, number=1, verb="acknowledge", at=at, officer=who.key, owner=unit(), on=received_on
        )
        _told(who, "acknowledge", case, {"received_on": received_on}, at=at)
    return case


def triage_case(seen: SeenCase, *, kind: str, team: str = "", reason: str = "") -> None:
    """Decide what a case is, and so whose: the unit's, a named team's, or another body's. The decision needs its reason.

    Raises CodeUnknown for a kind that is not on the list, RequestInvalid without a reason, or for volume without a team.
    """
    chosen = category(kind)
    if not reason.strip():
        raise RequestInvalid("No reason is given.", remedy="Say why: the decision is kept with it.")
    if chosen.owner == "team" and team not in teams():
        raise RequestInvalid(
            "Volume fraud goes to a team, and none is named.", remedy=f"Name one: {', '.join(teams())}."
        )
    owner = {"unit": unit(), "team": team, "elsewhere": body_elsewhere()}[chosen.owner]
    state = ELSEWHERE if chosen.owner == "elsewhere" else TRIAGED
    _done(seen, "triage", reason, {"category": kind, "owner": owner}, category=kind, owner=owner, state=state)


def hand_over(seen: SeenCase, *, to: str, reason: str) -> None:
    """Hand a case over; whoever has it keeps its clock, and one that was not triaged is still to be.

    Raises RequestInvalid for a team that is not on the list, or unreasoned.
    """
    if to not in (*teams(), unit(), body_elsewhere()) or not reason.strip():
        raise RequestInvalid("To whom, or why, is not said.", remedy="Choose who has it from now on, and say why.")
    if to == seen.case.owner:
        raise RequestInvalid("They have it already.", remedy="Choose another.")
    state = ELSEWHERE if to == body_elsewhere() else TRIAGED if seen.case.category else RECEIVED
    _done(seen, "hand_over", reason, {"from": seen.case.owner, "owner": to}, owner=to, state=state)


def ask_for_advice(seen: SeenCase, *, on: date) -> None:
    """Record that the prosecutor was asked for investigative advice, and when."""
    if on > local_date(seen.at):
        raise RequestInvalid("That day is to come.", remedy="Enter the day on which it was asked for.")
    if waiting_advice([seen.case]):
        raise RequestInvalid("Advice is asked for already, and not answered.", remedy="Record the answer first.")
    _done(seen, ADVICE, "", {"on": on}, step={"on": on})


def answer_advice(seen: SeenCase, *, on: date) -> None:
    """Record the day on which the prosecutor's advice came. Raises RequestInvalid for a day to come."""
    if on > local_date(seen.at):
        raise RequestInvalid("That day is to come.", remedy="Enter the day on which the advice came.")
    with transaction.atomic():
        found = FraudStep.objects.filter(case=seen.case, verb=ADVICE, answered_on=None, on__lte=on).update(
            answered_on=on
        )
        if not found:
            raise RequestInvalid("No advice is outstanding that was asked for by then.", remedy="See the steps below.")
        _done(seen, "answer_advice", "", {"on": on}, step={"on": on})


def file_investigation(seen: SeenCase, *, reason: str) -> None:
    """File an investigation, that is close it. Its outcome is entered in the force's own system, and comes back as a record."""
    if not reason.strip():
        raise RequestInvalid("No reason is given.", remedy="Say why it is filed: the decision is kept with it.")
    if waiting_advice([seen.case]):
        raise RequestInvalid("The prosecutor has not answered.", remedy="Record the answer first.")
    _done(seen, "file_investigation", reason, {}, state=FILED)


def waiting_advice(cases: list[FraudCase]) -> list[FraudStep]:
    """The advice that is outstanding of some cases, the oldest first."""
    steps = FraudStep.objects.filter(case__in=cases, verb=ADVICE, answered_on=None).select_related("case")
    return list(steps.order_by("on", "pk"))


def _done(
    seen: SeenCase,
    verb: str,
    reason: str,
    decided: Mapping[str, Any],
    *,
    step: Mapping[str, Any] | None = None,
    **changed: Any,
) -> None:
    with transaction.atomic():
        as_seen = FraudCase.objects.filter(pk=seen.case.pk, version=seen.version).exclude(state=FILED)
        claimed(as_seen, "case", changed_at=seen.at, **changed)
        number = FraudStep.objects.filter(case=seen.case).count() + 1
        FraudStep.objects.create(
            case=seen.case, number=number, verb=verb, at=seen.at, officer=seen.who.key, reason=events.words(reason, 1000),
            owner=changed.get("owner", seen.case.owner), **(step or {}),
        )  # fmt: skip
        _told(seen.who, verb, seen.case, decided, at=seen.at)


def _told(who: Who, verb: str, case: FraudCase, decided: Mapping[str, Any], *, at: datetime) -> None:
    events.told(who, "fraud_cases", verb, case.identity, decided, at=at)
