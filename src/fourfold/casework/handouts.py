"""Hand-outs: a page for people outside the force, asked for by one officer, signed off by another, and only then taken.

    ask_for_handout -> sign_off_handout, or refuse_handout -> take_handout, once for each who is given it

What is signed is what is taken: the page is kept as it was drawn, with a hash over it. Everybody who is given it stands on the log
as the recipient of a disclosure. It holds protected counts by council alone (`publications.handouts`), of nobody's writing but
Fourfold's own.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction

from fourfold.casework import events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.errors import RequestInvalid
from fourfold.publications.handouts import Handout

ASKED, SIGNED, REFUSED = "asked", "signed", "refused"
STATES = {ASKED: "to be signed off", SIGNED: "signed off", REFUSED: "refused"}
RECIPIENTS = {"streetwatch": "Streetwatch", "wm_now": "WM Now", "other": "Somebody else outside the force"}
LONGEST = {"why": 300, "reason": 300, "named": 120}


def _new_identity() -> str:
    return secrets.token_hex(8)


class HandOut(models.Model):
    """A hand-out of a month (its first day). `page` is what is taken, `tables` what it shows; `rule` is for small numbers."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    month = models.DateField()
    rule = models.CharField(max_length=40)
    as_at = models.DateTimeField()
    page = models.TextField()
    tables = models.JSONField(default=list)
    content_hash = models.CharField(max_length=64)
    withheld = models.PositiveIntegerField()
    why = models.CharField(max_length=300)
    state = models.CharField(max_length=8, default=ASKED)
    version = models.PositiveIntegerField(default=1)
    asked_by = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    judged_by = models.CharField(max_length=32, blank=True)
    judged_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        """The latest is read first."""

        ordering = ("-asked_at", "-pk")

    @property
    def is_whole(self) -> bool:
        """Whether the page is still what was drawn."""
        return _hash(self.page) == self.content_hash


class HandOutTaking(models.Model):
    """One taking of a hand-out: to whom it is given, by which officer, when."""

    handout = models.ForeignKey(HandOut, on_delete=models.PROTECT, related_name="takings")
    number = models.PositiveIntegerField()
    recipient = models.CharField(max_length=160)
    taken_by = models.CharField(max_length=32)
    taken_at = models.DateTimeField()

    class Meta:
        """In the order in which it was taken."""

        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["handout", "number"], name="one_taking_of_a_number"),)


@dataclass(frozen=True)
class SeenHandOut:
    """A hand-out as an officer saw it: who acts on it, in which version, and when."""

    who: Who
    handout: HandOut
    version: int
    at: datetime


def ask_for_handout(
    who: Who, force_id: str, drawn: Handout, *, rule: str, as_at: datetime, why: str, at: datetime
) -> HandOut:
    """Ask for a hand-out, as it was drawn from the records as at `as_at`. Raises RequestInvalid where it is not said what for."""
    said = _said(why, "what it is for", LONGEST["why"])
    with transaction.atomic():
        made = HandOut.objects.create(
            force_id=force_id, month=drawn.month, rule=rule, as_at=as_at, page=drawn.page, tables=drawn.tables,
            content_hash=_hash(drawn.page), withheld=drawn.withheld, why=said, asked_by=who.key, asked_at=at,
        )  # fmt: skip
        told = {"month": drawn.month, "hash": made.content_hash, "withheld": drawn.withheld, "why": said}
        _told(SeenHandOut(who, made, 1, at), "ask_for_handout", told)
    return made


def sign_off_handout(seen: SeenHandOut) -> None:
    """Sign a hand-out off, so that it may be taken. Raises RequestInvalid for one's own, Conflict where it was judged meanwhile."""
    _not_ones_own(seen)
    with transaction.atomic():
        _claimed(seen, ASKED, state=SIGNED, judged_by=seen.who.key, judged_at=seen.at)
        _told(seen, "sign_off_handout", {"state": SIGNED, "hash": seen.handout.content_hash})


def refuse_handout(seen: SeenHandOut, *, reason: str) -> None:
    """Refuse a hand-out, with the reason; it is never taken. Raises as `sign_off_handout` does."""
    _not_ones_own(seen)
    said = _said(reason, "why it is refused", LONGEST["reason"])
    with transaction.atomic():
        _claimed(seen, ASKED, state=REFUSED, reason=said, judged_by=seen.who.key, judged_at=seen.at)
        _told(seen, "refuse_handout", {"state": REFUSED, "why": said})


def take_handout(seen: SeenHandOut, *, recipient: str, named: str) -> HandOutTaking:
    """Take a hand-out that is signed off, for a recipient: a disclosure. Raises RequestInvalid for one that is not signed off.

    `recipient` is one of RECIPIENTS; `named` says which group or list, and must be said of somebody else.
    """
    if recipient not in RECIPIENTS or (recipient == "other" and not named.strip()):
        raise RequestInvalid("It is not said to whom it is given.", remedy="Choose who, and say which group or list.")
    if seen.handout.state != SIGNED:
        raise RequestInvalid(
            "It is not signed off, and is given to nobody.", remedy="Have a second person sign it off first."
        )
    group = events.words(named, LONGEST["named"])
    whole = ": ".join(part for part in ("" if recipient == "other" else RECIPIENTS[recipient], group) if part)
    with transaction.atomic():
        _claimed(seen, SIGNED)
        number = HandOutTaking.objects.filter(handout=seen.handout).count() + 1
        made = HandOutTaking.objects.create(
            handout=seen.handout, number=number, recipient=whole, taken_by=seen.who.key, taken_at=seen.at
        )
        _told(seen, "take_handout", {"number": number, "to": whole}, kind="disclosure", recipient=whole)
    return made


def _not_ones_own(seen: SeenHandOut) -> None:
    if seen.handout.asked_by == seen.who.key:
        raise RequestInvalid("Whoever asked for a hand-out does not sign it off.", remedy="Ask a colleague.")


def _said(text: str, what: str, longest: int) -> str:
    if not text.strip():
        raise RequestInvalid(f"It is not said {what}.", remedy=f"Say it in up to {longest} characters.")
    return events.words(text, longest)


def _hash(page: str) -> str:
    return hashlib.sha256(page.encode()).hexdigest()


def _claimed(seen: SeenHandOut, standing: str, **changed: Any) -> None:
    claimed(HandOut.objects.filter(pk=seen.handout.pk, version=seen.version, state=standing), "hand-out", **changed)


def _told(
    seen: SeenHandOut, verb: str, decided: Mapping[str, Any], *, kind: str = "alteration", recipient: str = ""
) -> None:
    events.told(seen.who, "hand_outs", verb, seen.handout.identity, decided, at=seen.at, kind=kind, recipient=recipient)
