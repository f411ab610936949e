"""Care cases: what the victim-care unit holds of a victim it took up, and each step it took; and its stock.

What is said of a person here (the report's reference, notes, why it was referred) is in these tables alone: events and the log
have codes, days and opaque keys, so that a person can be erased from here and the log stands. Investigators see none of it.
"""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q

OPEN, CLOSED = "open", "closed"
ATTEMPT, ASSESSMENT, ADVICE, VISIT, RESOURCE, REFERRAL = (
    "attempt", "assessment", "advice", "visit", "resource", "referral",
)  # fmt: skip
BOOKED, CALLED_OFF, ASKED, ACCEPTED, REFUSED = "booked", "called_off", "asked", "accepted", "refused"


def _new_identity() -> str:
    return secrets.token_hex(8)


class CareCase(models.Model):
    """One victim in care. `subject` is the person's identifier, or a report's key where the person is not known.

    `version` counts changes: who acts says which one was seen. One case of a subject, and one of a report, is open at a time.
    """

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    subject = models.CharField(max_length=40, db_index=True)
    key = models.CharField(max_length=24, db_index=True)
    """The report for which the victim was taken up, by its opaque key."""
    force_id = models.CharField(max_length=40)
    report_ref = models.TextField()
    """As the force writes it, however long that is."""
    week = models.DateField(null=True)
    reported_on = models.DateField(null=True)
    rule = models.CharField(max_length=80)
    reasons = models.CharField(max_length=400)
    officer = models.CharField(max_length=32)
    state = models.CharField(max_length=8, default=OPEN)
    version = models.PositiveIntegerField(default=1)
    level = models.CharField(max_length=32, blank=True)
    outcome = models.CharField(max_length=32, blank=True)
    taken_up_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Two officers cannot have one victim at once: the database itself says so."""

        constraints = (
            models.UniqueConstraint(fields=["subject"], condition=Q(state=OPEN), name="one_open_case_of_a_victim"),
            models.UniqueConstraint(fields=["key"], condition=Q(state=OPEN), name="one_open_case_of_a_report"),
        )

    @property
    def is_open(self) -> bool:
        """Whether it is in hand."""
        return self.state == OPEN


class CareStep(models.Model):
    """One step of a case, in order.

    attempt      `what` the means, `result` "reached" or "not_reached"
    assessment   `what` the level of support that it led to
    advice       `what` the area
    visit        `due` the day it is booked for, `result` booked, made, nobody_in or called_off
    resource     `what` the booklet or the like, `count` how many, `result` what funded it
    referral     `what` the partner, `result` asked, accepted or refused, `due` the day of the answer
    """

    case = models.ForeignKey(CareCase, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    at = models.DateTimeField()
    officer = models.CharField(max_length=32)
    what = models.CharField(max_length=32, blank=True)
    result = models.CharField(max_length=80, blank=True)
    count = models.PositiveIntegerField(default=0)
    due = models.DateField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        """Steps of a case are numbered, and read in that order."""

        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["case", "number"], name="one_step_of_a_number"),)


class Stock(models.Model):
    """What is there to be given: so many of a resource, paid for by one fund."""

    resource = models.CharField(max_length=32)
    funded_by = models.CharField(max_length=80)
    came_on = models.DateField()
    count = models.PositiveIntegerField()
    left = models.PositiveIntegerField()

    class Meta:
        """The oldest is given first, and never more than there is."""

        ordering = ("came_on", "pk")
        constraints = (models.CheckConstraint(condition=Q(left__lte=models.F("count")), name="no_more_left_than_came"),)
