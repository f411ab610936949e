"""Service recovery in casework: what a victim was unhappy with during the journey, and what was done, by the right that it touches.

    record_service_recovery -> close_service_recovery

It may be recorded when it is raised, and closed later, or both at once. What is closed stays closed; a matter that comes up again is
another. No force system holds this: where it becomes a formal complaint, that is entered in the complaints system, and the outcome
here says so. Both verbs need "write" on the record class `service_recovery`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import models, transaction

from fourfold.analysis.service_recovery import OPEN, OUTCOMES, Recovery
from fourfold.analysis.states import journey_of
from fourfold.analysis.victims_code import Rules
from fourfold.casework import audit, events
from fourfold.casework.audit import Who
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, NothingHeld, RequestInvalid
from fourfold.records.as_at import Records

_RIGHTS = range(1, 13)
_CLASS = "service_recovery"


class ServiceRecovery(models.Model):
    """One matter that a victim raised. `outcome` is "open" or a code of OUTCOMES; `said` is in an officer's words, without a name."""

    identity = models.CharField(max_length=32, unique=True)
    force_id = models.CharField(max_length=40)
    crime_ref = models.CharField(max_length=80, db_index=True)
    person_ref = models.CharField(max_length=80)
    raised_on = models.DateField()
    rights = models.JSONField()
    said = models.CharField(max_length=500)
    outcome = models.CharField(max_length=24, default=OPEN)
    done_on = models.DateField(null=True)
    is_satisfied = models.BooleanField(null=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=32)
    version = models.PositiveIntegerField(default=1)

    @property
    def matter(self) -> Recovery:
        """It as analysis counts it."""
        return Recovery(self.raised_on, tuple(self.rights), self.outcome, self.done_on, self.is_satisfied)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What came of a matter, on which day, and whether the victim said that it was enough: None where nobody asked."""

    outcome: str
    done_on: date
    is_satisfied: bool | None = None


def recoveries_now(force_id: str) -> tuple[Recovery, ...]:
    """Every matter of a force as it stands now."""
    return tuple(one.matter for one in ServiceRecovery.objects.filter(force_id=force_id).order_by("pk"))


def recoveries_of(force_id: str, crime_ref: str, person_ref: str) -> list[ServiceRecovery]:
    """What one victim of one crime raised, in the order of its days."""
    found = ServiceRecovery.objects.filter(force_id=force_id, crime_ref=crime_ref, person_ref=person_ref)
    return list(found.order_by("raised_on", "pk"))


def recovery_held(force_id: str, identity: str) -> ServiceRecovery:
    """The matter of an identity. Raises NothingHeld."""
    found = ServiceRecovery.objects.filter(force_id=force_id, identity=identity).first()
    if found is None:
        raise NothingHeld("There is no such matter.", remedy="Open the victim’s journey.")
    return found


def record_service_recovery(
    who: Who, records: Records, force_id: str, crime_ref: str, person_ref: str, *, raised_on: date, rights: Sequence[int],
    said: str, ending: Ending | None = None, at: datetime,
) -> ServiceRecovery:  # fmt: skip
    """Record what a victim raised; no right says that it touches none. With an `ending` it is closed at once.

    Raises NothingHeld where there is no such victim; RequestInvalid for a right that there is not, without words, for a day to come,
    or for an end before the day on which it was raised.
    """
    journey_of(records, force_id, Rules(), crime_ref, person_ref)
    if any(n not in _RIGHTS for n in rights):
        raise RequestInvalid("There is no right of that number.", remedy="Choose among the twelve rights.")
    if not said.strip():
        raise RequestInvalid(
            "What the victim was unhappy with is not said.", remedy="Say it in a few words, without a name."
        )
    if raised_on > local_date(at):
        raise RequestInvalid("The day on which it was raised is to come.", remedy="Enter a day that has been.")
    told = _told(raised_on, ending, at)
    with transaction.atomic():
        made = ServiceRecovery.objects.create(
            identity=uuid4().hex, force_id=force_id, crime_ref=crime_ref, person_ref=person_ref, raised_on=raised_on,
            rights=sorted(set(rights)), said=events.words(said, 500), at=at, by=who.key, **told,
        )  # fmt: skip
        _entered(who, "record_service_recovery", made, at)
    return made


def close_service_recovery(
    who: Who, force_id: str, identity: str, ending: Ending, *, version: int, at: datetime
) -> ServiceRecovery:
    """Say what came of a matter. Raises NothingHeld, RequestInvalid as above, and Conflict where a colleague was first."""
    held = recovery_held(force_id, identity)
    told = _told(held.raised_on, ending, at)
    with transaction.atomic():
        claimed = ServiceRecovery.objects.filter(pk=held.pk, version=version, outcome=OPEN).update(
            **told, at=at, by=who.key, version=models.F("version") + 1
        )
        if not claimed:
            raise Conflict("A colleague has closed this matter.", remedy="See what came of it.")
        held.refresh_from_db()
        _entered(who, "close_service_recovery", held, at)
    return held


def _told(raised_on: date, ending: Ending | None, at: datetime) -> dict[str, Any]:
    if ending is None:
        return {"outcome": OPEN, "done_on": None, "is_satisfied": None}
    if ending.outcome not in OUTCOMES:
        raise RequestInvalid("What came of it is not said.", remedy="Choose one of the answers.")
    if not raised_on <= ending.done_on <= local_date(at):
        raise RequestInvalid(
            "The day on which it ended is before it was raised, or to come.",
            remedy="Enter a day from then until today.",
        )
    return {"outcome": ending.outcome, "done_on": ending.done_on, "is_satisfied": ending.is_satisfied}


def _entered(who: Who, verb: str, one: ServiceRecovery, at: datetime) -> None:
    """The entry and the event of a verb: what was said stands in neither note nor reason."""
    note = {"rights": one.rights, "outcome": one.outcome, "version": one.version}
    keys = [one.identity, f"{one.crime_ref} {one.person_ref}"]
    number = audit.entered(who, "alteration", verb, _CLASS, at=at, keys=keys, note=note)
    decided = {
        **note, "force_id": one.force_id, "raised_on": one.raised_on.isoformat(), "is_satisfied": one.is_satisfied,
        "done_on": one.done_on.isoformat() if one.done_on else None,
    }  # fmt: skip
    events.happened(who, "service_recovery", verb, one.identity, decided, at=at, entry=number)
