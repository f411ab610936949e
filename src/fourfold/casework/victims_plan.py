"""The plan: what is to be done so that the Victims' Code is kept and can be shown to be: who, by when, and what it should move.

    plan_action -> change_action -> end_action
    freeze_return

Each action's measure is a figure of ours where there is one (MEASURES), with its bounds on the day on which it was planned, so that
what it moved can be seen; or words, where no figure is. A return is frozen as it was made: its rows, its definitions
and the instant of its records, with a hash over them; the next says what has changed since. All need "write" on `victims_plan`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from fourfold.casework import events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes.periods import Window
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, RequestInvalid
from fourfold.publications.code_returns import of_one_quarter

OPEN, DONE, DROPPED = "open", "done", "dropped"
OVERDUE = "overdue"
"""What an open action is called once its day is past."""


MEASURES = {
    **{f"right_{n}": f"Compliance with right {n}, lower bound" for n in range(1, 13)},
    "compensation": "Compensation requests answered in time, lower bound",
    "property_reviews": "Property held of which no review is recorded in time",
    "external_delays": "Waits for others without an end",
    "items_held": "Data items of the framework that are held",
}
"""The figures by which an action can be measured, by name."""


def _new_identity() -> str:
    return secrets.token_hex(8)


class PlanAction(models.Model):
    """One action. `measure` is a figure's name or empty; `before` its bounds in % when the action was planned, as plain data."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    what = models.CharField(max_length=300)
    owner = models.CharField(max_length=120)
    due_on = models.DateField()
    measure = models.CharField(max_length=40, blank=True)
    measured_by = models.CharField(max_length=300, blank=True)
    before = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default=OPEN)
    outcome = models.CharField(max_length=300, blank=True)
    planned_by = models.CharField(max_length=32)
    planned_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        """What is due soonest is read first."""

        ordering = ("due_on", "pk")

    def standing(self, today: date) -> str:
        """Open, overdue, done or dropped, as on a day."""
        return OVERDUE if self.state == OPEN and self.due_on < today else self.state


class PlanStep(models.Model):
    """What became of an action, step by step; never changed."""

    action = models.ForeignKey(PlanAction, on_delete=models.PROTECT, related_name="steps")
    verb = models.CharField(max_length=32)
    at = models.DateTimeField()
    officer = models.CharField(max_length=32)
    owner = models.CharField(max_length=120)
    due_on = models.DateField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        """In order of time."""

        ordering = ("at", "pk")


class CodeReturn(models.Model):
    """A return to the commissioner and the ministry as it was frozen: `content` is plain data, with its hash. None is changed."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    first = models.DateField()
    last = models.DateField()
    number = models.PositiveIntegerField()
    as_at = models.DateTimeField()
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    frozen_by = models.CharField(max_length=32)
    frozen_at = models.DateTimeField()

    class Meta:
        """The returns of one window are numbered: the first, and those that put it right."""

        ordering = ("-last", "-first", "-number")
        constraints = (
            models.UniqueConstraint(fields=["force_id", "first", "last", "number"], name="one_code_return_of_a_number"),
        )

    @property
    def is_as_frozen(self) -> bool:
        """Whether what is held is what was frozen."""
        return hash_of(self.content) == self.content_hash


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What an action is: what is done, by whom, by when, and by what it is seen to have helped."""

    what: str
    owner: str
    due_on: date | None
    measure: str = ""
    measured_by: str = ""
    before: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class SeenAction:
    """A verb's officer, the action in the version that the officer saw, and the instant."""

    who: Who
    action: PlanAction
    version: int
    at: datetime


def plan_action(who: Who, force_id: str, planned: Planned, *, at: datetime) -> PlanAction:
    """Plan an action. Raises RequestInvalid without what, whom, a day to come, or anything by which it is measured."""
    if not planned.what.strip() or not planned.owner.strip():
        raise RequestInvalid("What is to be done, or by whom, is not said.", remedy="Say both.")
    if planned.due_on is None or planned.due_on < local_date(at):
        raise RequestInvalid("The day by which it is to be done is not to come.", remedy="Enter a day from today on.")
    if planned.measure and planned.measure not in MEASURES:
        raise RequestInvalid("There is no such figure.", remedy="Choose one from the list.")
    if not planned.measure and not planned.measured_by.strip():
        raise RequestInvalid(
            "By what it is measured is not said.", remedy="Choose a figure, or say how it will be seen."
        )
    with transaction.atomic():
        made = PlanAction.objects.create(
            force_id=force_id, what=events.words(planned.what, 300), owner=events.words(planned.owner, 120), due_on=planned.due_on,
            measure=planned.measure, measured_by=events.words(planned.measured_by, 300), before=dict(planned.before or {}),
            planned_by=who.key, planned_at=at, changed_at=at,
        )  # fmt: skip
        _step(made, "plan_action", who, at)
        _told(who, "collection", "plan_action", made.identity, {"due_on": made.due_on, "measure": made.measure}, at=at)
    return made


def change_action(seen: SeenAction, *, owner: str, due_on: date | None, reason: str) -> None:
    """Give an open action another owner or day, with the reason. Raises RequestInvalid without one, and Conflict."""
    if not owner.strip() or due_on is None or not reason.strip():
        raise RequestInvalid("Whose it is, by when, or why it changes is not said.", remedy="Say all three.")
    with transaction.atomic():
        _claimed(seen, owner=events.words(owner, 120), due_on=due_on)
        _step(seen.action, "change_action", seen.who, seen.at, reason)
        _told(
            seen.who, "alteration", "change_action", seen.action.identity, {"due_on": due_on, "why": reason}, at=seen.at
        )


def end_action(seen: SeenAction, *, outcome: str, is_done: bool) -> None:
    """End an open action as done, or as dropped, with what came of it or why. Raises RequestInvalid without, and Conflict."""
    if not outcome.strip():
        raise RequestInvalid("What came of it is not said.", remedy="Say what was done, or why it is dropped.")
    state = DONE if is_done else DROPPED
    with transaction.atomic():
        _claimed(seen, state=state, outcome=events.words(outcome, 300), ended_at=seen.at)
        _step(seen.action, "end_action", seen.who, seen.at, outcome)
        told = {"state": state, "words": outcome.strip()}
        _told(seen.who, "alteration", "end_action", seen.action.identity, told, at=seen.at)


def freeze_return(
    who: Who, force_id: str, first: date, last: date, content: Mapping[str, Any], *, as_at: datetime, at: datetime
) -> CodeReturn:
    """Freeze a return of a window as it was made. One that says the same again is refused; one that differs is a further number.

    Raises RequestInvalid for the same again or for months that are not one quarter that is over, and Conflict where a colleague froze
    one meanwhile.
    """
    of_one_quarter(Window(first, last))
    if last >= local_date(at):
        raise RequestInvalid("The months are not over.", remedy="Freeze their return when they are.")
    held = CodeReturn.objects.filter(force_id=force_id, first=first, last=last).order_by("number").last()
    digest = hash_of(content)
    if held is not None and _says(held.content) == _says(content):
        raise RequestInvalid(
            "The return of these months is frozen already, and nothing has changed.", remedy="Take that one."
        )
    try:
        with transaction.atomic():
            made = CodeReturn.objects.create(
                force_id=force_id, first=first, last=last, number=held.number + 1 if held else 0, as_at=as_at,
                content=dict(content), content_hash=digest, frozen_by=who.key, frozen_at=at,
            )  # fmt: skip
            told = {"first": first, "last": last, "number": made.number, "hash": digest}
            _told(who, "collection", "freeze_return", made.identity, told, at=at)
    except IntegrityError:
        raise Conflict("A colleague has frozen this return meanwhile.", remedy="See it, and decide again.") from None
    return made


def _says(content: Mapping[str, Any]) -> str:
    """What a return says, whatever the instant at which it was made: the same numbers twice are the same return."""
    return hash_of({name: said for name, said in content.items() if name not in ("as_at", "findings")})


def return_before(found: CodeReturn) -> CodeReturn | None:
    """The return with which one is compared: the number before it of the same months, or else the latest of earlier months."""
    own = CodeReturn.objects.filter(force_id=found.force_id)
    same = own.filter(first=found.first, last=found.last, number__lt=found.number).order_by("number").last()
    return same or own.filter(last__lt=found.last).order_by("last", "number").last()


def hash_of(content: Mapping[str, Any]) -> str:
    """The hash over what a return says."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def changed_rows(
    after: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], told: Sequence[str]
) -> list[tuple[str, str, Any, Any]]:
    """What two returns say differently: the row's name, the column, before, after. Rows are known by `right`."""
    then = {str(row["right"]): row for row in before}
    now = {str(row["right"]): row for row in after}
    found = []
    for name in dict.fromkeys([*then, *now]):
        pairs = {column: (then.get(name, {}).get(column), now.get(name, {}).get(column)) for column in told}
        is_few = any(_few_apart(old, new) for old, new in pairs.values())
        for column, (old, new) in pairs.items():
            if old != new:
                # a share says by how few the counts differ, and so is told no more than they are
                said = (FEW_APART, FEW_APART) if is_few and not (old is None or new is None) else (old, new)
                found.append((name, column, *said))
    return found


FEW_APART = "differs by too few to be told"
"""What is said of counts that differ by so few that the difference could be one victim's, and of the shares made of them."""


def _few_apart(old: Any, new: Any) -> bool:
    return isinstance(old, int) and isinstance(new, int) and small_number_rule().is_small(abs(old - new))


def _claimed(seen: SeenAction, **changed: Any) -> None:
    as_seen = PlanAction.objects.filter(pk=seen.action.pk, version=seen.version, state=OPEN)
    claimed(as_seen, "action", changed_at=seen.at, **changed)
    seen.action.refresh_from_db()


def _step(action: PlanAction, verb: str, who: Who, at: datetime, reason: str = "") -> None:
    PlanStep.objects.create(
        action=action,
        verb=verb,
        at=at,
        officer=who.key,
        owner=action.owner,
        due_on=action.due_on,
        reason=events.words(reason, 300),
    )


def _told(who: Who, kind: str, verb: str, identity: str, decided: Mapping[str, Any], *, at: datetime) -> None:
    events.told(who, "victims_plan", verb, identity, decided, at=at, kind=kind)
