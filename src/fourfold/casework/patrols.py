"""Patrol plans: squares or streets of a chosen map as stops of a shift, the visits recorded at them, and the plan's end.

    make_patrol_plan -> record_patrol_visit -> end_patrol_plan

A map whose algorithm has no signed equality assessment, as it stands, is not tasked from: the verb itself refuses it. Counts are no
algorithm. No crime and no person is
kept here, only squares and stretches of streets. Every verb needs "write" on `patrols`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models, transaction

from fourfold.analysis.patrols import LONGEST, LONGEST_VISIT, SHORTEST, Dwelt, Spent, Stop
from fourfold.analysis.streets import Stretch
from fourfold.casework import assessments, events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes.working_days import local_date
from fourfold.errors import RequestInvalid

OPEN, CLOSED = "open", "closed"
COUNTS = "counts"
MAPS = {
    COUNTS: "Counts of the last twelve months",
    "hotspots": "Hotspots of the last twelve months", "near-repeats": "Near repeats of the last burglaries",
    "where-next": "Where next",
}  # fmt: skip
SQUARES, STREETS = "squares", "streets"
WAYS = {SQUARES: "Squares of the map", STREETS: "Streets of the register"}
"""What a plan's stops are."""
SHIFTS = {"early": "Early", "late": "Late", "night": "Night"}
_LONGEST_PLAN = 56


def _new_identity() -> str:
    return secrets.token_hex(8)


class PatrolPlan(models.Model):
    """A plan for the days from `first` to `last` and one shift of each: stops of `minutes`, by squares or by streets.

    `metres` is the side of a square, or how far from a stretch of street still is at it.
    """

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    drawn_from = models.CharField(max_length=16)
    measure = models.CharField(max_length=40)
    area_code = models.CharField(max_length=9, blank=True)
    first = models.DateField()
    last = models.DateField()
    shift = models.CharField(max_length=8)
    by = models.CharField(max_length=8, default=SQUARES)
    without_street = models.PositiveIntegerField(default=0)
    minutes = models.PositiveIntegerField()
    metres = models.PositiveIntegerField()
    state = models.CharField(max_length=8, default=OPEN)
    version = models.PositiveIntegerField(default=1)
    made_by = models.CharField(max_length=32)
    made_at = models.DateTimeField()

    class Meta:
        """The latest is read first."""

        ordering = ("-made_at", "-pk")

    @property
    def is_open(self) -> bool:
        """Whether visits may be recorded."""
        return self.state == OPEN


class PatrolStop(models.Model):
    """A stop of a plan, in the order to go round: a square's middle, or a stretch of street's with its ends and its name."""

    plan = models.ForeignKey(PatrolPlan, on_delete=models.PROTECT, related_name="stops")
    number = models.PositiveIntegerField()
    easting = models.IntegerField()
    northing = models.IntegerField()
    street_ref = models.TextField(blank=True, default="")
    street = models.TextField(blank=True, default="")
    begins_easting = models.IntegerField(null=True)
    begins_northing = models.IntegerField(null=True)
    ends_easting = models.IntegerField(null=True)
    ends_northing = models.IntegerField(null=True)

    class Meta:
        """Stops of a plan are numbered."""

        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["plan", "number"], name="one_stop_of_a_number"),)

    @property
    def plain(self) -> Stop:
        """It as analysis has it."""
        stretch = None
        if self.street_ref:
            begins, ends = (self.begins_easting, self.begins_northing), (self.ends_easting, self.ends_northing)
            stretch = Stretch(ref=self.street_ref, name=self.street, begins=begins, ends=ends)
        return Stop(easting=self.easting, northing=self.northing, stretch=stretch)


class PatrolVisit(models.Model):
    """One visit to a stop: on what day, and how many minutes it lasted. `reference` is that of one brought in by a file."""

    stop = models.ForeignKey(PatrolStop, on_delete=models.PROTECT, related_name="visits")
    on = models.DateField()
    minutes = models.PositiveIntegerField()
    officer = models.CharField(max_length=32)
    recorded_at = models.DateTimeField()
    reference = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        """A visit of a file is kept once, however often the file is sent."""

        constraints = (
            models.UniqueConstraint(
                fields=["stop", "reference"], condition=~models.Q(reference=""), name="one_patrol_visit_of_a_reference"
            ),
        )


@dataclass(frozen=True)
class SeenPlan:
    """A plan as an officer saw it: who acts on it, in which version, and when."""

    who: Who
    plan: PatrolPlan
    version: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class PatrolTerms:
    """What a plan is: the map it is drawn from, the measure, its days, the shift, what its stops are, and the minutes of one."""

    drawn_from: str
    measure: str
    area_code: str
    first: date
    last: date
    shift: str
    minutes: int
    metres: int
    by: str = SQUARES
    without_street: int = 0
    """Squares of the map, hotter than the last that has a stop, through which no stretch of the register runs."""


def tasked_from(force_id: str, drawn_from: str) -> None:
    """Raise RequestInvalid for a map that may not be tasked from: there is none such, or its assessment is not signed."""
    if drawn_from not in MAPS:
        raise RequestInvalid("There is no such map.", remedy=f"Choose one of: {', '.join(MAPS.values())}.")
    if drawn_from != COUNTS:
        assessments.tasked_from(force_id, drawn_from)


def make_patrol_plan(who: Who, force_id: str, terms: PatrolTerms, stops: Sequence[Stop], *, at: datetime) -> PatrolPlan:
    """Make a plan. Raises RequestInvalid for a map not to be tasked from, and for days, a shift or minutes that are none."""
    tasked_from(force_id, terms.drawn_from)
    is_shift = terms.shift in SHIFTS and SHORTEST <= terms.minutes <= LONGEST
    if not is_shift or not stops or any((one.stretch is None) == (terms.by == STREETS) for one in stops):
        raise RequestInvalid(
            "The shift or the minutes of a stop are none, or no stop of the kind is chosen.",
            remedy=f"Choose a shift, and {SHORTEST} to {LONGEST} minutes.",
        )
    if not local_date(at) <= terms.last or not 0 <= (terms.last - terms.first).days < _LONGEST_PLAN:
        raise RequestInvalid(
            "The plan's days are over, out of order, or more than eight weeks.", remedy="Choose a first and a last day."
        )
    with transaction.atomic():
        found = PatrolPlan.objects.create(
            force_id=force_id, drawn_from=terms.drawn_from, measure=terms.measure, area_code=terms.area_code, first=terms.first,
            last=terms.last,
            shift=terms.shift, by=terms.by, without_street=terms.without_street, minutes=terms.minutes, metres=terms.metres,
            made_by=who.key, made_at=at,
        )  # fmt: skip
        PatrolStop.objects.bulk_create(
            PatrolStop(plan=found, number=n, easting=one.easting, northing=one.northing, **_of_street(one.stretch))
            for n, one in enumerate(stops, start=1)
        )
        decided = {"kind": [terms.drawn_from, terms.by], "first": terms.first, "last": terms.last, "stops": len(stops)}
        _told(who, "make_patrol_plan", found.identity, decided, at=at)
    return found


def _of_street(stretch: Stretch | None) -> dict[str, Any]:
    if stretch is None:
        return {}
    return {
        "street_ref": stretch.ref, "street": stretch.name, "begins_easting": stretch.begins[0],
        "begins_northing": stretch.begins[1], "ends_easting": stretch.ends[0], "ends_northing": stretch.ends[1],
    }  # fmt: skip


def record_patrol_visit(seen: SeenPlan, *, number: int, on: date, minutes: int) -> None:
    """Record one visit to a stop. Raises RequestInvalid for no such stop, a day outside the plan or to come, or odd minutes."""
    stop = seen.plan.stops.filter(number=number).first()
    if stop is None or not 1 <= minutes <= LONGEST_VISIT:
        raise RequestInvalid(
            "There is no such stop, or the minutes are none.", remedy="Choose a stop, and its minutes."
        )
    if not seen.plan.first <= on <= min(seen.plan.last, local_date(seen.at)):
        raise RequestInvalid("That day is outside the plan, or to come.", remedy="Enter the day of the visit.")
    with transaction.atomic():
        _claimed(seen)
        PatrolVisit.objects.create(stop=stop, on=on, minutes=minutes, officer=seen.who.key, recorded_at=seen.at)
        decided = {"number": number, "on": on, "minutes": minutes}
        _told(seen.who, "record_patrol_visit", seen.plan.identity, decided, at=seen.at)


def bring_in_patrol_visits(seen: SeenPlan, found: Sequence[Dwelt]) -> dict[str, int]:
    """Record the visits found in a file: how many are `new`, `held` already, or of `other_days` (outside the plan, or to come)."""
    last = min(seen.plan.last, local_date(seen.at))
    own = [one for one in found if seen.plan.first <= local_date(one.at) <= last and one.at <= seen.at]
    with transaction.atomic():
        _claimed(seen)
        stops = {one.number: one for one in seen.plan.stops.all()}
        held = set(PatrolVisit.objects.filter(stop__plan=seen.plan).values_list("reference", flat=True))
        new = {one.reference: one for one in own if one.reference not in held}
        PatrolVisit.objects.bulk_create(
            PatrolVisit(
                stop=stops[one.stop], on=local_date(one.at), minutes=one.minutes, officer=seen.who.key, recorded_at=seen.at,
                reference=one.reference,
            )
            for one in new.values()
        )  # fmt: skip
        told = {"new": len(new), "held": len(own) - len(new), "other_days": len(found) - len(own)}
        _told(seen.who, "bring_in_patrol_visits", seen.plan.identity, told, at=seen.at)
    return told


def end_patrol_plan(seen: SeenPlan) -> None:
    """End a plan; nothing more is recorded of it."""
    with transaction.atomic():
        _claimed(seen, state=CLOSED)
        _told(seen.who, "end_patrol_plan", seen.plan.identity, {}, at=seen.at)


def spent_of(plan: PatrolPlan) -> list[Spent]:
    """The visits of a plan as analysis has them."""
    visits = PatrolVisit.objects.filter(stop__plan=plan).select_related("stop").order_by("pk")
    return [Spent(stop=one.stop.number, on=one.on, minutes=one.minutes) for one in visits]


def crime_window(plan: PatrolPlan) -> tuple[date, date]:
    """The days whose crime stands beside a plan's visits: its weeks, from Monday to Sunday."""
    first = plan.first - timedelta(days=plan.first.weekday())
    return first, plan.last + timedelta(days=6 - plan.last.weekday())


def _claimed(seen: SeenPlan, **changed: Any) -> None:
    claimed(PatrolPlan.objects.filter(pk=seen.plan.pk, version=seen.version, state=OPEN), "plan", **changed)


def _told(who: Who, verb: str, subject: str, decided: Mapping[str, Any], *, at: datetime) -> None:
    events.told(who, "patrols", verb, subject, decided, at=at)
