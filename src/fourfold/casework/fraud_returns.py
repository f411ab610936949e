"""Fraud returns: a month's outcome return drawn up, signed by a second person, frozen, sent; and the supplements to it.

    draw_up -> sign_off (not by whoever drew it up) -> record_sending -> draw_up again, as a supplement, for what came late

What is signed is frozen: its lines, the instant of the records, and a hash over both. A return that was sent is never sent
again. The register says of each month whether its return went, and when, with the evidence: the record of compliance.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction

from fourfold.analysis.outcome_returns import (
    WRONG,
    Fault,
    Line,
    as_plain,
    checked,
    from_plain,
    lines,
    standing,
    supplement,
)
from fourfold.casework import events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes.economic_crime import return_due
from fourfold.codes.periods import Window, month_end, months
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, RequestInvalid
from fourfold.records.as_at import Records

DRAWN_UP, SIGNED, SENT = "drawn up", "signed", "sent"


def _new_identity() -> str:
    return secrets.token_hex(8)


class FraudReturn(models.Model):
    """A return of a month (`number` 0), or a supplement to it (1, 2 ...). `lines` are plain data; `as_at` the records' instant."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    month = models.DateField()
    number = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, default=DRAWN_UP)
    version = models.PositiveIntegerField(default=1)
    lines = models.JSONField(default=list)
    as_at = models.DateTimeField()
    drawn_up_by = models.CharField(max_length=32)
    drawn_up_at = models.DateTimeField()
    signed_by = models.CharField(max_length=32, blank=True)
    signed_at = models.DateTimeField(null=True)
    content_hash = models.CharField(max_length=64, blank=True)
    sent_by = models.CharField(max_length=32, blank=True)
    sent_at = models.DateTimeField(null=True)
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        """A month has one return, and its supplements are numbered."""

        constraints = (
            models.UniqueConstraint(fields=["force_id", "month", "number"], name="one_return_of_a_month_and_number"),
        )

    @property
    def every(self) -> tuple[Line, ...]:
        """Its lines."""
        return from_plain(self.lines)

    @property
    def hash_now(self) -> str:
        """The hash over its lines and their instant: equal to `content_hash` of what was signed, while it stands."""
        return _hash(self.lines, self.as_at)

    @property
    def due_on(self) -> date:
        """The day by which the month's return is due."""
        return return_due(self.month)


def draw_up(who: Who, records: Records, force_id: str, month: date, *, at: datetime) -> FraudReturn:
    """Draw up a month's return, or draw it up anew while nobody signed it; after it was sent, a supplement of what came late.

    Raises RequestInvalid for a month that is not over, here or in the records; while one is signed and not sent; and where
    nothing came late. Raises Conflict where a colleague drew it up at the same instant.
    """
    if month_end(month) >= local_date(at):
        raise RequestInvalid("The month is not over.", remedy="Draw its return up when it is.")
    if local_date(records.as_at) <= month_end(month):
        raise RequestInvalid(
            "The records last changed before the month was over: outcomes of its last days cannot be in them.",
            remedy="Bring in the month’s outcomes first.",
        )
    with transaction.atomic():
        held = list(FraudReturn.objects.select_for_update().filter(force_id=force_id, month=month).order_by("number"))
        if held and held[-1].state == SIGNED:
            raise RequestInvalid(
                "A return of this month is signed and not sent.", remedy="Send it, or send it back, first."
            )
        gone = [line for one in held if one.state == SENT for line in one.every]
        every = lines(records, force_id, month)
        is_supplement = bool(held) and held[0].state == SENT
        if is_supplement:
            every = supplement(every, gone)
            # One that is drawn up already loses what no longer is late: it then says nothing, and cannot be signed.
            if not every and held[-1].state == SENT:
                raise RequestInvalid(
                    "This month’s return was sent, and nothing has come late.", remedy="Nothing needs to be done."
                )
        given = {"lines": as_plain(every), "as_at": records.as_at, "drawn_up_by": who.key, "drawn_up_at": at}
        if held and held[-1].state == DRAWN_UP:
            found = held[-1]
            FraudReturn.objects.filter(pk=found.pk).update(**given, version=models.F("version") + 1)
            found.refresh_from_db()
        else:
            number = held[-1].number + 1 if held else 0
            try:
                with transaction.atomic():
                    found = FraudReturn.objects.create(force_id=force_id, month=month, number=number, **given)
            except IntegrityError:
                raise Conflict(
                    "A colleague has drawn this return up meanwhile.",
                    remedy="See the return as it is now, and decide again.",
                ) from None
        _told(who, "draw_up", found, {"lines": len(every), "as_at": records.as_at}, at=at)
    return found


def sign_off(who: Who, found: FraudReturn, *, version: int, at: datetime) -> None:
    """Sign a return off and freeze it. Raises RequestInvalid for one's own, or while a line is wrong; Conflict when it changed."""
    if who.key == found.drawn_up_by:
        raise RequestInvalid("Whoever drew a return up does not sign it.", remedy="Ask a colleague.")
    if found.number and not found.lines:
        raise RequestInvalid("The supplement says nothing: nothing came late.", remedy="Nothing needs to be done.")
    wrong = [fault for fault in faults_of(found) if fault.grade == WRONG]
    if wrong:
        raise RequestInvalid(
            f"{len(wrong)} line(s) of the return are wrong.",
            remedy="Put them right in the records, and draw it up anew.",
        )
    with transaction.atomic():
        _claimed(found, version, DRAWN_UP, state=SIGNED, signed_by=who.key, signed_at=at, content_hash=found.hash_now)
        _told(who, "sign_off", found, {"hash": found.hash_now}, at=at)


def send_back(who: Who, found: FraudReturn, *, version: int, reason: str, at: datetime) -> None:
    """Take a signature off again, with the reason: it can then be drawn up anew. Not once it was sent."""
    if not reason.strip():
        raise RequestInvalid("No reason is given.", remedy="Say what is to be put right.")
    with transaction.atomic():
        _claimed(found, version, SIGNED, state=DRAWN_UP, signed_by="", signed_at=None, content_hash="")
        _told(who, "send_back", found, {}, at=at, reason=reason)


def record_sending(who: Who, found: FraudReturn, *, version: int, evidence: str, at: datetime) -> None:
    """Record that a signed return went, and by what that can be shown. Raises RequestInvalid for one sent already."""
    if found.state == SENT:
        raise RequestInvalid(
            f"This return was sent already, on {local_date(found.sent_at):%-d %B %Y}.",
            remedy="What came late goes in a supplement.",
        )
    if found.state != SIGNED:
        raise RequestInvalid("Nobody has signed this return.", remedy="Have a colleague sign it first.")
    if not evidence.strip():
        raise RequestInvalid(
            "Nothing shows that it went.", remedy="Give the receipt’s reference, or to whom it was sent and when."
        )
    if found.hash_now != found.content_hash:
        raise RequestInvalid(
            "The return is not what was signed.", remedy="See the log, draw it up anew and have it signed."
        )
    with transaction.atomic():
        _claimed(found, version, SIGNED, state=SENT, sent_by=who.key, sent_at=at, evidence=events.words(evidence, 300))
        _told(who, "record_sending", found, {"lines": len(found.lines), "hash": found.content_hash}, at=at)


def faults_of(found: FraudReturn) -> tuple[Fault, ...]:
    """What is amiss with a return, against all that went before it."""
    return checked(found.every, earlier_lines(found))


def earlier_lines(found: FraudReturn) -> list[Line]:
    """The lines of every return of the force that was sent before this one."""
    sent = (
        FraudReturn.objects.filter(force_id=found.force_id, state=SENT).exclude(pk=found.pk).order_by("month", "number")
    )
    before = [one for one in sent if (one.month, one.number) < (found.month, found.number)]
    return [line for one in before for line in one.every]


def month_before(found: FraudReturn) -> tuple[Line, ...] | None:
    """What stands of the month before as it was sent, its supplements among it: what a return is compared with.

    None where no return of that month was sent: it may have had outcomes, and nobody said so.
    """
    previous = (found.month - timedelta(days=1)).replace(day=1)
    sent = list(FraudReturn.objects.filter(force_id=found.force_id, month=previous, state=SENT).order_by("number"))
    return tuple(standing(line for one in sent for line in one.every).values()) if sent else None


@dataclass(frozen=True)
class Due:
    """A month in the register: when its return was due, what became of it, and how many supplements followed."""

    month: date
    due_on: date
    found: FraudReturn | None
    supplements: int

    @property
    def is_sent(self) -> bool:
        """Whether it went."""
        return self.found is not None and self.found.state == SENT

    @property
    def is_in_time(self) -> bool:
        """Whether it went by the day on which it was due."""
        return self.is_sent and self.found is not None and local_date(self.found.sent_at) <= self.due_on


def register(force_id: str, first: date, until: date) -> list[Due]:
    """Every month from the first on that is over by a day, the latest first. A month without a return is in it."""
    held: dict[date, list[FraudReturn]] = {}
    for one in FraudReturn.objects.filter(force_id=force_id).order_by("month", "number"):
        held.setdefault(one.month, []).append(one)
    over = [m for m in months(Window(first, max(until, first))) if month_end(m) < until]
    found = []
    for month in sorted({*over, *held}, reverse=True):
        own = held.get(month, [])
        found.append(Due(month, return_due(month), own[0] if own else None, max(len(own) - 1, 0)))
    return found


def _claimed(found: FraudReturn, version: int, standing: str, **changed: Any) -> None:
    claimed(FraudReturn.objects.filter(pk=found.pk, version=version, state=standing), "return", **changed)


def _hash(plain: Sequence[Mapping[str, Any]], as_at: datetime) -> str:
    text = json.dumps([as_at.isoformat(), list(plain)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _told(
    who: Who, verb: str, found: FraudReturn, decided: Mapping[str, Any], *, at: datetime, reason: str = ""
) -> None:
    said = {"month": found.month, "supplement": found.number, **decided}
    events.told(who, "fraud_returns", verb, found.identity, said, at=at, reason=reason)
