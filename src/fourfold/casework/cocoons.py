"""Cocoons: opened about a burglary, visited home by home, and closed; what is not recorded of a home stays so.

    open_cocoon -> record_visit (again: a revisit) -> close_cocoon

A cocoon keeps the register's number of each home and no address, which is read from the register when it is shown, and nothing
of who lives there. Every verb needs "write" on `cocoons` in the area of the burglary.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction

from fourfold.analysis import cocoons as plans
from fourfold.analysis.cocoons import HomeVisited
from fourfold.analysis.findings import Finding
from fourfold.casework import assessments, events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes import areas
from fourfold.codes.cocoons import known_outcome
from fourfold.codes.periods import Window
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, RequestInvalid

OPEN, CLOSED = "open", "closed"
_HOURS_BACK = 24 * 28


def _new_identity() -> str:
    return secrets.token_hex(8)


class Cocoon(models.Model):
    """A cocoon about one burglary of a force. `until` is its last day; `basis` says where reach and days are from."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    crime_ref = models.CharField(max_length=80)
    committed_on = models.DateField()
    lsoa21_code = models.CharField(max_length=9, blank=True)
    metres = models.PositiveIntegerField()
    until = models.DateField()
    basis = models.CharField(max_length=16)
    reason = models.CharField(max_length=900)
    note = models.CharField(max_length=300, blank=True)
    are_homes_held = models.BooleanField()
    state = models.CharField(max_length=8, default=OPEN)
    version = models.PositiveIntegerField(default=1)
    opened_by = models.CharField(max_length=32)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """A burglary has one cocoon; the latest is read first."""

        ordering = ("-opened_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["force_id", "crime_ref"], name="one_cocoon_of_a_burglary"),)

    @property
    def is_open(self) -> bool:
        """Whether visits may be recorded."""
        return self.state == OPEN


class CocoonHome(models.Model):
    """A home that a cocoon lists, in the order of visiting: the register's number of it, and why it is listed."""

    cocoon = models.ForeignKey(Cocoon, on_delete=models.PROTECT, related_name="homes")
    number = models.PositiveIntegerField()
    uprn = models.CharField(max_length=40)
    relation = models.CharField(max_length=24)
    metres = models.PositiveIntegerField()

    class Meta:
        """Homes of a cocoon are numbered, and each is listed once."""

        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=["cocoon", "number"], name="one_home_of_a_number"),
            models.UniqueConstraint(fields=["cocoon", "uprn"], name="one_listing_of_a_home"),
        )


class CocoonStreet(models.Model):
    """A street within reach of a cocoon: its nearest home in metres, and how many of its homes are within reach."""

    cocoon = models.ForeignKey(Cocoon, on_delete=models.PROTECT, related_name="streets")
    name = models.CharField(max_length=120)
    metres = models.PositiveIntegerField()
    homes = models.PositiveIntegerField()

    class Meta:
        """The nearest first."""

        ordering = ("metres", "name")


class CocoonVisit(models.Model):
    """One visit to a home: when, and what came of it (a code of the list). A later one is a revisit and replaces none."""

    home = models.ForeignKey(CocoonHome, on_delete=models.PROTECT, related_name="visits")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=16)
    officer = models.CharField(max_length=32)

    class Meta:
        """In the order in which they were recorded."""

        ordering = ("at", "pk")


@dataclass(frozen=True)
class SeenCocoon:
    """A cocoon as an officer saw it: who acts on it, in which version, and when."""

    who: Who
    cocoon: Cocoon
    version: int
    at: datetime


def open_cocoon(who: Who, force_id: str, plan: plans.Cocoon, lsoa21_code: str | None, *, at: datetime) -> Cocoon:
    """Open the cocoon of a burglary. Raises Conflict where it has one, RequestInvalid where its last day is over.

    Nor is one opened whose reach is that of near repeats while their equality assessment is not signed: RequestInvalid too.
    """
    if plan.until < local_date(at):
        raise RequestInvalid(
            f"A cocoon of this burglary would have ended on {plan.until:%d %B %Y}.", remedy="Choose a later burglary."
        )
    if plan.reach.basis == plans.FOUND:
        assessments.tasked_from(force_id, "near-repeats")
    burglary = plan.burglary
    with transaction.atomic():
        try:
            with transaction.atomic():
                found = Cocoon.objects.create(
                    force_id=force_id, crime_ref=burglary.crime_ref, committed_on=burglary.committed_on,
                    lsoa21_code=lsoa21_code or "", metres=plan.reach.metres, until=plan.until, basis=plan.reach.basis,
                    reason=plan.reach.reason[:900], note=" ".join(plan.notes)[:300], are_homes_held=plan.are_homes_held,
                    opened_by=who.key, opened_at=at,
                )  # fmt: skip
        except IntegrityError:
            raise Conflict("This burglary has its cocoon already.", remedy="See it as it is now.") from None
        CocoonHome.objects.bulk_create(
            CocoonHome(cocoon=found, number=n, uprn=home.uprn[:40], relation=home.relation, metres=home.metres)
            for n, home in enumerate(plan.homes, start=1)
        )
        CocoonStreet.objects.bulk_create(
            CocoonStreet(cocoon=found, name=one.name[:120], metres=one.metres, homes=one.homes) for one in plan.streets
        )
        decided = {
            "until": plan.until, "metres": plan.reach.metres, "homes": len(plan.homes),
            "streets": len(plan.streets), "kind": plan.reach.basis.replace(" ", "_"),
        }  # fmt: skip
        _told(who, "open_cocoon", found.identity, decided, at=at, keys=[found.identity, burglary.crime_ref])
    return found


def record_visit(seen: SeenCocoon, *, number: int, outcome: str, visited_at: datetime) -> CocoonVisit:
    """Record one visit to a home, which is a revisit where one is recorded. Raises Conflict when the cocoon was changed or is closed.

    Raises RequestInvalid for a home that it does not list, and for a time to come or weeks before the cocoon was opened.
    """
    known_outcome(outcome)
    if visited_at > seen.at:
        raise RequestInvalid("That time is to come.", remedy="Record a visit when it was made.")
    if visited_at < seen.cocoon.opened_at - timedelta(hours=_HOURS_BACK):
        raise RequestInvalid("That is weeks before the cocoon was opened.", remedy="Enter when the visit was made.")
    home = CocoonHome.objects.filter(cocoon=seen.cocoon, number=number).first()
    if home is None:
        raise RequestInvalid("The cocoon lists no such home.", remedy="Choose one of the homes listed.")
    with transaction.atomic():
        _claimed(seen)
        made = CocoonVisit.objects.create(home=home, at=visited_at, outcome=outcome, officer=seen.who.key)
        decided = {"number": number, "outcome": outcome, "at": visited_at}
        _told(
            seen.who, "record_visit", seen.cocoon.identity, decided, at=seen.at, keys=[seen.cocoon.identity, home.uprn]
        )
    return made


def close_cocoon(seen: SeenCocoon) -> None:
    """Close a cocoon. Homes without a visit stay “not recorded”; the event says how many they are."""
    unrecorded = seen.cocoon.homes.filter(visits=None).count()
    with transaction.atomic():
        _claimed(seen, state=CLOSED, closed_at=seen.at)
        _told(seen.who, "close_cocoon", seen.cocoon.identity, {"not_recorded": unrecorded}, at=seen.at)


def coverage_of(found: Cocoon, *, at: datetime) -> Finding:
    """How many homes of a cocoon a visit is recorded at, and how soon the first was."""
    homes = []
    for one in found.homes.prefetch_related("visits"):
        visits = list(one.visits.all())
        homes.append(
            HomeVisited(
                relation=one.relation, first_at=visits[0].at if visits else None,
                outcome=visits[-1].outcome if visits else None,
            )
        )  # fmt: skip
    window = Window(found.committed_on, found.until)
    return plans.coverage(
        homes, opened_at=found.opened_at, window=window, area=areas.force(found.force_id).name, as_at=at
    )


def _claimed(seen: SeenCocoon, **changed: Any) -> None:
    claimed(Cocoon.objects.filter(pk=seen.cocoon.pk, version=seen.version, state=OPEN), "cocoon", **changed)


def _told(
    who: Who, verb: str, subject: str, decided: Mapping[str, Any], *, at: datetime, keys: list[str] | None = None
) -> None:
    events.told(who, "cocoons", verb, subject, decided, at=at, keys=keys or ())
