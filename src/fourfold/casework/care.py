"""Care: what a victim-care officer decides and does for a victim of fraud. One verb, one permission, one entry, one event.

    recognise_victims, when people were compared
    take_up -> record_attempt, assess, give_advice, book_visit, close_visit, give_resource, refer, answer_referral -> close_case

Every verb on a case says which version of it the officer saw; where a colleague changed it meanwhile nothing is done, and the
officer is told (Conflict). All need "write" on the record class `victim_care`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from fourfold.analysis.triage import Listed
from fourfold.casework import audit, events
from fourfold.casework.audit import Who
from fourfold.casework.care_cases import (
    ACCEPTED,
    ADVICE,
    ASKED,
    ASSESSMENT,
    ATTEMPT,
    BOOKED,
    CALLED_OFF,
    CLOSED,
    OPEN,
    REFERRAL,
    REFUSED,
    RESOURCE,
    VISIT,
    CareCase,
    CareStep,
    Stock,
)
from fourfold.casework.versions import claimed
from fourfold.codes.care import known, words
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, RequestInvalid
from fourfold.records import weekly_lists
from fourfold.records.as_at import Records

NOTE_LIMIT = 4_000


@dataclass(frozen=True)
class Seen:
    """A case as an officer saw it: who acts on it, in which version, and when."""

    who: Who
    case: CareCase
    version: int
    at: datetime


def take_up(who: Who, victim: Listed, *, force_id: str, week: date | None, rule: str, at: datetime) -> CareCase:
    """Take a victim of a week's list up. Raises Conflict when a colleague has this victim, by this report or another.

    Whether it is the same victim is asked of all that the victim may go by: a case that was taken up before people were
    compared stands under its report.
    """
    with transaction.atomic():
        if open_cases({victim.key: victim.names}):
            raise _in_hand()
        try:
            with transaction.atomic():
                case = CareCase.objects.create(
                    subject=victim.subject, key=victim.key, force_id=force_id, report_ref=victim.report_ref, week=week,
                    reported_on=victim.reported_on, rule=rule, reasons="; ".join(victim.reasons)[:400], officer=who.key,
                    taken_up_at=at, changed_at=at,
                )  # fmt: skip
        except IntegrityError:
            raise _in_hand() from None
        decided = {
            "rule": rule,
            "filters": len(victim.reasons),
            "is_repeat": victim.is_repeat,
            "standing": victim.standing,
        }
        _told(who, "take_up", case, decided, at=at)
    return case


def _in_hand() -> Conflict:
    return Conflict(
        "A colleague has taken this victim up already.", remedy="Open the case, and speak with the colleague."
    )


def recognise_victims(records: Records, *, at: datetime) -> int:
    """Keep the open cases under the persons whom a linking found; how many cases are under another identifier now.

    Where two officers turn out to have one victim, both cases stand as they were begun, and each page says so: which is
    closed is for the officers to say.
    """
    cases = list(CareCase.objects.filter(state=OPEN))
    behind = weekly_lists.known(records, [case.key for case in cases])
    moved = {
        case.pk: (case, person) for case in cases if (person := behind[case.key].person) not in (None, case.subject)
    }
    found = 0
    while done := [pk for pk, (case, person) in moved.items() if person and _recognised(case, person, at)]:
        found += len(done)  # who is moved may leave room for another
        moved = {pk: one for pk, one in moved.items() if pk not in done}
    return found


def _recognised(case: CareCase, person: str, at: datetime) -> bool:
    """Whether an open case is kept under a person now; not where another open case is."""
    with transaction.atomic():
        if CareCase.objects.filter(subject=person, state=OPEN).exists():
            return False
        former = case.subject
        if not CareCase.objects.filter(pk=case.pk, subject=former, state=OPEN).update(subject=person):
            return False
        case.subject = person
        _told(audit.SYSTEM, "recognise_victim", case, {}, at=at, keys=[former])
    return True


def take_over(seen: Seen) -> None:
    """Take a colleague's case over: the officer who acts has it from now on."""
    _done(seen, "take_over", {"from": seen.case.officer}, officer=seen.who.key)


def record_attempt(seen: Seen, *, means: str, is_reached: bool, note: str = "") -> None:
    """Record that the victim was tried, and whether the victim was reached."""
    result = "reached" if is_reached else "not_reached"
    _done(
        seen,
        "record_attempt",
        {},
        step={"kind": ATTEMPT, "what": known("means", means), "result": result, "note": note},
    )


def assess(seen: Seen, *, level: str, note: str) -> None:
    """Record the assessment of vulnerability, and the level of support that it leads to. Raises RequestInvalid unreasoned."""
    if not note.strip():
        raise RequestInvalid("The assessment says nothing.", remedy="Say what was found, and why this level.")
    _done(seen, "assess", {}, step={"kind": ASSESSMENT, "what": known("levels", level), "note": note}, level=level)


def give_advice(seen: Seen, *, areas: list[str]) -> None:
    """Record that advice was given, in one or more of the areas."""
    if not areas:
        raise RequestInvalid("No area of advice is chosen.", remedy="Choose each area in which advice was given.")
    chosen = [known("advice", area) for area in dict.fromkeys(areas)]
    _done(seen, "give_advice", {"areas": chosen}, steps=[{"kind": ADVICE, "what": area} for area in chosen])


def book_visit(seen: Seen, *, on: date) -> None:
    """Book a visit. Raises RequestInvalid for a day that is past."""
    if on < local_date(seen.at):
        raise RequestInvalid("That day is past.", remedy="Book the visit for today or later.")
    _done(seen, "book_visit", {}, step={"kind": VISIT, "due": on, "result": BOOKED})


def close_visit(seen: Seen, *, number: int, result: str, note: str = "") -> None:
    """Say what became of a visit that was booked. Raises RequestInvalid before its day, but for one that is called off."""
    known("visits", result)
    is_to_come = models.Q(due__gt=local_date(seen.at))
    if result != CALLED_OFF and CareStep.objects.filter(is_to_come, case=seen.case, number=number, kind=VISIT).exists():
        raise RequestInvalid(
            "The visit’s day is to come.", remedy="Record what came of it on the day, or that it was called off."
        )
    _settled(seen, "close_visit", VISIT, number, BOOKED, {"result": result, "note": events.words(note, NOTE_LIMIT)})


def give_resource(seen: Seen, *, resource: str, count: int) -> None:
    """Send booklets, or give a call blocker, out of one lot of the stock, the oldest that has so many.

    Raises RequestInvalid when there are not so many left, or not of one lot: each is kept with what paid for it.
    """
    known("resources", resource)
    if count < 1:
        raise RequestInvalid("Nothing is given.", remedy="Say how many: 1 or more.")
    with transaction.atomic():
        stock = Stock.objects.filter(resource=resource, left__gte=count).first()
        taken = stock and Stock.objects.filter(pk=stock.pk, left__gte=count).update(left=models.F("left") - count)
        if stock is None or not taken:
            raise _too_few(resource, count)
        step = {"kind": RESOURCE, "what": resource, "count": count, "result": stock.funded_by}
        _done(seen, "give_resource", {"funded_by": stock.funded_by}, step=step)


def _too_few(resource: str, count: int) -> RequestInvalid:
    """Why so many cannot be given: there are not so many, or they came in several lots."""
    lots = list(Stock.objects.filter(resource=resource, left__gt=0).values_list("left", "funded_by"))
    if sum(left for left, _ in lots) < count:
        return RequestInvalid(
            "There are not so many left in stock.", remedy="Give fewer, or enter what has come into stock first."
        )
    return RequestInvalid(
        f"There are so many left, but in {len(lots)} lots: {', '.join(f'{left:,} paid for by {fund}' for left, fund in lots)}.",
        remedy="Give them a lot at a time, at most so many as the lot has: each is kept with what paid for it.",
    )


def refer(seen: Seen, *, partner: str, has_agreed: bool, note: str = "") -> None:
    """Refer the victim to a partner: a disclosure, on the log as one. Without the victim's agreement it needs its reason."""
    name = words("partners")[known("partners", partner)]
    if not has_agreed and not note.strip():
        raise RequestInvalid(
            "The victim has not agreed, and no reason is given.", remedy="Ask the victim, or say why it cannot wait."
        )
    step = {"kind": REFERRAL, "what": partner, "result": ASKED, "note": note}
    _done(seen, "refer", {"has_agreed": has_agreed}, step=step, recipient=name)


def answer_referral(seen: Seen, *, number: int, is_accepted: bool, on: date) -> None:
    """Record the partner's answer to a referral, and the day on which it came. Raises RequestInvalid for a day to come."""
    if on > local_date(seen.at):
        raise RequestInvalid("That day is to come.", remedy="Enter the day on which the partner answered.")
    result = ACCEPTED if is_accepted else REFUSED
    _settled(seen, "answer_referral", REFERRAL, number, ASKED, {"result": result, "due": on})


def close_case(seen: Seen, *, outcome: str) -> None:
    """Close a case. Raises RequestInvalid while a visit or an answer is outstanding, or for "not reached" without a try."""
    known("outcomes", outcome)
    steps = list(seen.case.steps.all())
    if any(one.result in (BOOKED, ASKED) for one in steps):
        raise RequestInvalid("A visit is booked, or a partner has not answered.", remedy="Say first what became of it.")
    if outcome == "not_reached" and not any(one.kind == ATTEMPT for one in steps):
        raise RequestInvalid("Nobody has tried to reach this victim.", remedy="Record each attempt first.")
    if outcome == "with_partner" and not any(one.result == ACCEPTED for one in steps):
        raise RequestInvalid("No partner has accepted this victim.", remedy="Record the partner's answer first.")
    _done(seen, "close_case", {"outcome": outcome}, state=CLOSED, outcome=outcome, closed_at=seen.at)


def take_into_stock(who: Who, *, resource: str, count: int, funded_by: str, at: datetime) -> Stock:
    """Enter what has come into stock, and what paid for it."""
    known("resources", resource)
    if count < 1 or not funded_by.strip():
        raise RequestInvalid("How many came, or what paid for them, is not said.", remedy="Enter both.")
    with transaction.atomic():
        stock = Stock.objects.create(
            resource=resource, funded_by=events.words(funded_by, 80), came_on=local_date(at), count=count, left=count
        )
        decided = {"resource": resource, "count": count, "funded_by": stock.funded_by}
        entry = audit.entered(
            who, "alteration", "take_into_stock", "victim_care", at=at, keys=[f"stock-{stock.pk}"], note=decided
        )
        events.happened(who, "care", "take_into_stock", f"stock-{stock.pk}", decided, at=at, entry=entry)
    return stock


def open_cases(victims: Mapping[str, Iterable[str]]) -> dict[str, list[CareCase]]:
    """The open cases of some victims, by report's key (`victims`: all that each may go by); who has none is not in it.

    One, but where two were begun before it was known that they are of one person.
    """
    named: dict[str, list[CareCase]] = {}
    for case in CareCase.objects.filter(state=OPEN).order_by("taken_up_at", "pk"):
        for name in {case.subject, case.key}:
            named.setdefault(name, []).append(case)
    found = {key: {case.pk: case for name in names for case in named.get(name, ())} for key, names in victims.items()}
    return {key: [cases[pk] for pk in sorted(cases)] for key, cases in found.items() if cases}


def _settled(seen: Seen, verb: str, kind: str, number: int, standing: str, said: Mapping[str, Any]) -> None:
    """Say what became of a step that stands open: a visit that is booked, a referral that is asked."""
    with transaction.atomic():
        found = CareStep.objects.filter(case=seen.case, number=number, kind=kind, result=standing).update(**said)
        if not found:
            raise Conflict("That was settled already.", remedy="See what was said of it below.")
        _done(seen, verb, {"step": number, **{name: said[name] for name in ("result", "due") if name in said}})


def _done(
    seen: Seen, verb: str, decided: Mapping[str, Any], *, step: Mapping[str, Any] | None = None,
    steps: list[dict[str, Any]] | None = None, recipient: str = "", **changed: Any,
) -> None:  # fmt: skip
    """One verb on a case: its change, its steps, its entry and its event, all or nothing."""
    with transaction.atomic():
        as_seen = CareCase.objects.filter(pk=seen.case.pk, version=seen.version, state=OPEN)
        claimed(as_seen, "case", changed_at=seen.at, **changed)
        added = steps or ([dict(step)] if step else [])
        last = CareStep.objects.filter(case=seen.case).count()
        for number, one in enumerate(added, start=last + 1):
            given = {**one, "note": events.words(str(one.get("note", "")), NOTE_LIMIT)}
            CareStep.objects.create(case=seen.case, number=number, at=seen.at, officer=seen.who.key, **given)
        plain = [{name: value for name, value in one.items() if name != "note"} for one in added]
        _told(seen.who, verb, seen.case, {**decided, "steps": plain}, at=seen.at, recipient=recipient)


def _told(
    who: Who, verb: str, case: CareCase, decided: Mapping[str, Any], *, at: datetime, recipient: str = "",
    keys: Iterable[str] = (),
) -> None:  # fmt: skip
    kind = "disclosure" if recipient else "alteration"
    events.told(
        who, "care", verb, case.identity, {"week": case.week, **decided}, at=at, kind=kind, record_class="victim_care",
        keys=[case.identity, case.subject, *keys], recipient=recipient,
    )  # fmt: skip
