"""Rights requests: what a person asks of the records, from the letter to the answer. Erasures and corrections are verbs on files.

    open_request -> name_person -> answer_access, rectify_person, ask_for_erasure -> (worker) erase_person

A request holds the force's own reference of the letter and an opaque key, and no name. Once the files are erased, what
officers wrote in this database is cleared of the person's details, and the database packed, so that no free page has them.
Erased twice it is erased once: a worker that was killed before the files began to go begins anew; one that was killed after
is finished at the next start, from what the erasure's folder keeps for that (`erasure.Rest`).
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, models, transaction
from django.db.models.functions import Replace

from fourfold import settings as clock_settings
from fourfold.casework import audit, events
from fourfold.casework.access import gate_for
from fourfold.casework.audit import Who
from fourfold.casework.care_cases import CareCase, CareStep
from fourfold.casework.decisions import PersonDecision
from fourfold.casework.events import Event
from fourfold.casework.fraud_cases import FraudStep
from fourfold.casework.holdings import held_here, requests_held
from fourfold.casework.officers import Officer
from fourfold.casework.searches import of_person
from fourfold.casework.versions import claimed
from fourfold.codes.working_days import local_date
from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid
from fourfold.records import erasure, retention
from fourfold.records.access import Asking, Gate
from fourfold.records.as_at import records_as_at
from fourfold.records.holdings import VERB as ANSWER
from fourfold.records.holdings import Holding, Holdings, holdings
from fourfold.records.lake import Lake
from fourfold.records.rectification import Rectified, rectifications, rectify, resumed
from fourfold.records.redaction import ERASED, cases, pattern
from fourfold.records.subjects import Subject, known_by, salt_of, subject_of

KINDS = {"access": "Access to what is held", "rectification": "Something put right", "erasure": "Erasure"}
OPEN, WAITING, AT_WORK, ANSWERED, REFUSED = "open", "waiting", "at work", "answered", "refused"
ROLE, PURPOSE = "information_manager", "rights requests"


def _new_identity() -> str:
    return secrets.token_hex(8)


class RightsRequest(models.Model):
    """One request. `key` is the person's, opaque; `outcome` what was done, in counts."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    kind = models.CharField(max_length=16)
    reference = models.CharField(max_length=80)
    received_on = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=32)
    version = models.PositiveIntegerField(default=1)
    key = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=8, default=OPEN)
    asked_by = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=dict)
    fault = models.CharField(max_length=500, blank=True)
    remedy = models.CharField(max_length=500, blank=True)

    @property
    def title(self) -> str:
        """What is asked for."""
        return KINDS.get(self.kind, self.kind)

    @property
    def is_ended(self) -> bool:
        """Whether it was answered or refused."""
        return self.state in (ANSWERED, REFUSED)


def open_request(who: Who, kind: str, *, reference: str, received_on: date | None, at: datetime) -> RightsRequest:
    """Enter a request that came. Raises RequestInvalid without a reference, for a day to come, or for a kind not on the list."""
    if kind not in KINDS or not reference.strip() or received_on is None or received_on > local_date(at):
        raise RequestInvalid(
            "The request is not whole.",
            remedy="Say what is asked for, your own reference, and the day on which it came.",
        )
    with transaction.atomic():
        one = RightsRequest.objects.create(
            kind=kind, reference=events.words(reference, 80), received_on=received_on, opened_at=at, opened_by=who.key
        )
        _told(who, "collection", "open_request", one, {"kind": kind}, at=at)
    return one


def name_person(who: Who, one: RightsRequest, key: str, *, version: int, at: datetime) -> RightsRequest:
    """Say whose request it is: by an identifier or a reference; its opaque key is kept. Raises Conflict, NothingHeld."""
    subject = subject_of(_home(), key.strip())
    with transaction.atomic():
        _claimed(one, version, key=subject.key)
        _told(who, "alteration", "name_person", one, {"key": subject.key}, at=at, keys=[subject.key])
    return RightsRequest.objects.get(pk=one.pk)


def answer_access(officer: Officer, one: RightsRequest, *, recipient: str, reason: str, at: datetime) -> Holdings:
    """What is held of the person, as a disclosure to a recipient; the request is then answered. Nothing of it is kept here."""
    _named(one)
    asking = Asking(officer=officer.key, role=ROLE, purpose=PURPOSE, reason=reason)
    known_as = _known_as(one.key)
    found = holdings(
        _home(),
        gate_for(officer.key, officer.held(at)),
        asking,
        one.key,
        at=at,
        recipient=recipient,
        log=_log_about(one.key, known_as),
        known_as=known_as,
        elsewhere=_held_here,
    )
    with transaction.atomic():
        said = {"rows": len(found.rows), "files": len(found.batches), "sights": len(found.sights)}
        RightsRequest.objects.filter(pk=one.pk).update(state=ANSWERED, ended_at=at, outcome=said, asked_by=officer.key)
        _event(officer.who(at), "answer_access", one, said, at=at)
    return found


def _held_here(subject: Subject, others: str) -> Iterator[Holding]:
    yield from held_here(_home(), subject, others)
    yield from requests_held(
        list(RightsRequest.objects.filter(key__in=known_by(_home(), subject)).order_by("opened_at")), others
    )


def rectify_person(
    officer: Officer, one: RightsRequest, *, given: Mapping[str, str], reason: str, clock: Callable[[], datetime]
) -> Rectified:
    """Put one detail right: `given` names table, column, value, ground and authority. The request is then answered."""
    _named(one)
    at = clock()
    done = rectify(
        _home(), gate_for(officer.key, officer.held(at)), Asking(officer=officer.key, role=ROLE, purpose=PURPOSE, reason=reason),
        one.key, table=given.get("table", ""), column=given.get("column", ""), value=given.get("value", ""),
        why=given.get("ground", ""), authority=given.get("authority", ""), clock=clock,
        is_served=True, request=one.identity,
    )  # fmt: skip
    _rectified(officer.who(at), one, vars(done), clock())
    return done


def _rectified(who: Who, one: RightsRequest, done: Mapping[str, Any], at: datetime) -> None:
    with transaction.atomic():
        said = {name: done[name] for name in ("table", "column", "ground", "rows")}
        RightsRequest.objects.filter(pk=one.pk).update(state=ANSWERED, ended_at=at, outcome=said, asked_by=who.key)
        _event(who, "rectify_person", one, said, at=at)


def hold_person(officer: Officer, key: str, *, reason: str, at: datetime) -> retention.Hold:
    """Hold a person's records by law: erasures are refused until it is released. Raises NothingHeld for nobody held.

    Who it is comes first: what was typed may be a name, and the log is told the person's key.
    """
    subject = subject_of(_home(), key)

    def held() -> retention.Hold:
        return retention.hold(_home(), subject, reason=reason, by=officer.key, at=at)

    return _registered(officer, HOLD, [subject.key], held, reason=reason, at=at)


def release_hold(officer: Officer, number: int, *, reason: str, at: datetime) -> retention.Hold:
    """End a legal hold. Raises NothingHeld for none such that stands."""
    keys = [one.key for one in retention.holds(_home()) if one.number == number]

    def released() -> retention.Hold:
        return retention.release(_home(), number, reason=reason, by=officer.key, at=at)

    return _registered(officer, RELEASE, keys, released, reason=reason, at=at)


def keep_after_review(officer: Officer, key: str, *, reason: str, at: datetime) -> None:
    """Write down that a person's records were looked at when they were due, and are kept. Raises NothingHeld for nobody held."""
    subject = subject_of(_home(), key)

    def reviewed() -> None:
        retention.reviewed(_home(), subject, reason=reason, by=officer.key, at=at)

    _registered(officer, KEEP, [subject.key], reviewed, reason=reason, at=at)


HOLD, RELEASE, KEEP = "place a legal hold", "release a legal hold", "keep after review"
_EVENTS = {HOLD: "hold_person", RELEASE: "release_hold", KEEP: "keep_after_review"}
"""The verbs on the register of holds and reviews, each with the name of its event."""
_T = TypeVar("_T")


def _registered(
    officer: Officer, verb: str, keys: Sequence[str], work: Callable[[], _T], *, reason: str, at: datetime
) -> _T:
    """Do what changes the register, begun on the log before and closed after, with its event."""
    gate, asking = gate_of(officer, reason, at)
    kind = "consultation" if verb == KEEP else "alteration"
    number = gate.asked(asking, kind, ["people", "fraud_victims"], verb=verb, at=at, keys=keys, phase="begun")
    try:
        done = work()
    except Exception:
        audit.closed(number, "failed", at=at, keys=keys)
        raise
    with transaction.atomic():
        _decided_in_register(audit.Entry.objects.get(number=number), at=at)
        audit.closed(number, "done", at=at, keys=keys)
    return done


def _decided_in_register(entry: audit.Entry, *, at: datetime) -> None:
    """The event of a verb on the register, once."""
    subject = entry.key_list[0] if entry.key_list else ""
    events.happened_once(entry, "rights", subject, {}, at=at, verb=_EVENTS[entry.verb])


def outcome_in_register(entry: audit.Entry) -> str:
    """Whether a hold, release or review that a crash cut short stands in the register; its event is then made."""
    said, at = retention.register(_home()), entry.instant.isoformat()
    by_and_at = {
        HOLD: [(one["by"], one["at"]) for one in said["holds"]],
        RELEASE: [(one.get("released_by"), one["released_at"]) for one in said["holds"]],
        KEEP: [(one["by"], one["at"]) for one in said["reviews"]],
    }[entry.verb]
    if (entry.officer, at) not in by_and_at:
        return "not done"
    _decided_in_register(entry, at=entry.instant)
    return "done"


def ask_for_erasure(
    who: Who, one: RightsRequest, *, version: int, reason: str, at: datetime, queue: Callable[[str], None]
) -> RightsRequest:
    """Ask that the person is erased; the worker does it. Raises Conflict, RequestInvalid unreasoned, LegallyHeld at once."""
    _named(one)
    if not reason.strip():
        raise RequestInvalid("No reason is given.", remedy="Say why: it is kept with the request.")
    retention.not_held(_home(), subject_of(_home(), one.key))
    with transaction.atomic():
        _claimed(one, version, state=WAITING, asked_by=who.key, reason=events.words(reason, 500), fault="", remedy="")
        _told(who, "erasure", "ask_for_erasure", one, {}, at=at, keys=[one.key], reason=reason)
        queue(one.identity)
    return RightsRequest.objects.get(pk=one.pk)


def erase_person(identity: str, *, clock: Callable[[], datetime]) -> None:
    """Erase the person of a request that waits. Run by the worker; run twice, it does the work once."""
    if not RightsRequest.objects.filter(identity=identity, state=WAITING).update(state=AT_WORK):
        return
    one = RightsRequest.objects.get(identity=identity)
    officer = Officer.objects.get(key=one.asked_by)
    at = clock()
    gate, asking = gate_of(officer, one.reason, at)
    try:
        done = retention.erase_person(
            _home(),
            gate,
            asking,
            one.key,
            clock=clock,
            backup_days=clock_settings.backup_days(),
            beside=database_cleared,
        )
    except Exception as fault:
        finished()  # what has begun is no refusal: where this fails too, the next start finishes it
        if not _closed_by_certificate(one):
            known = fault if isinstance(fault, FourfoldError) else None
            cause = f"{known.kind}: {known.cause}" if known else "A fault of Fourfold's own; nothing was erased."
            _ended(one, REFUSED, {}, clock(), fault=cause, remedy=known.remedy if known else "Ask again.")
        if not isinstance(fault, FourfoldError):
            raise
        return
    _ended(one, ANSWERED, done.as_dict(), clock())


def finished() -> None:
    """Finish each erasure that has begun, in the files and in this database."""
    place = _home() / "lake" / "erasures"
    if any(place.glob("*/plan.json")) or any(place.glob("*/rest.json")):
        with Lake(_home()).held():
            erasure.resumed(_home(), database_cleared)


def database_cleared(rest: erasure.Rest) -> None:
    """Take a person's details out of what officers wrote in this database, and pack it so that no free page has them.

    Details that nobody else has go from every text, all details from requests and decisions about the person; of the person's
    own cases the notes and the reference go whole. The keys of the person's crimes and reports, which anybody with the
    references could make again, become others. Not the log, and no officer's account.
    """
    salt = salt_of(_home())
    own = [rest.key, *rest.entries, *rest.keys]
    with transaction.atomic():
        for case in CareCase.objects.filter(models.Q(subject__in=own) | models.Q(key__in=own)):
            CareStep.objects.filter(case=case).exclude(note="").update(note=ERASED)
            if not _OPAQUE.fullmatch(case.report_ref):
                CareCase.objects.filter(pk=case.pk).update(report_ref=_opaque(salt, case.report_ref))
        FraudStep.objects.filter(case__key__in=rest.disseminations).exclude(reason="").update(reason=ERASED)
        with audit.lifted("casework_event"):
            _cleared(rest.distinct, salt)
            _own_cleared(rest)
            _keyed_anew((*rest.entries, *rest.disseminations), salt)
    packed()


def packed() -> None:
    """Pack the database, so that neither a free page nor the write-ahead log holds what was taken out. SQLite only."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            try:
                cursor.execute(statement)
                cursor.fetchall()
            except DatabaseError:  # somebody reads just now: the scan says what is left, and the next pack takes it
                continue


def outcome_of_erasure(entry: audit.Entry) -> str:
    """Whether the erasure that a crash cut short was done: by its certificate. What had begun to take its place is finished."""
    finished()
    asked = RightsRequest.objects.filter(asked_by=entry.officer).values_list("key", flat=True)
    found = (retention.certificate_of(_home(), entry.number, is_served=True, key=key) for key in asked if key)
    return "done" if any(found) else "not done"


def outcome_of_rectification(entry: audit.Entry) -> str:
    """Whether a rectification that a crash cut short is done: what had begun is finished, and the register has it."""
    resumed(_home(), clock_settings.now)
    done = retention.rectified_by(_home(), entry.number, is_served=True)
    return "done" if done is not None and done["by"] == entry.officer else "not done"


def outcome_of_answer(entry: audit.Entry) -> str:  # noqa: ARG001 - the files show nothing: a bundle is not kept
    """A bundle is not kept: whether it reached its reader cannot be known."""
    return "not known"


OUTCOMES = {
    retention.VERB: outcome_of_erasure, retention.RECTIFY: outcome_of_rectification, ANSWER: outcome_of_answer,
    HOLD: outcome_in_register, RELEASE: outcome_in_register, KEEP: outcome_in_register,
}  # fmt: skip
"""For each verb on files here, what start-up asks to learn whether it was done."""


def put_back() -> None:
    """What was left at work: finished and answered where it has begun; else an erasure waits again."""
    resumed(_home(), clock_settings.now)
    done = {r["request"]: r for r in rectifications(_home()) if r.get("request")}
    for one in RightsRequest.objects.filter(state=OPEN, identity__in=list(done)):
        _rectified(
            Who(done[one.identity]["by"]), one, done[one.identity], datetime.fromisoformat(done[one.identity]["at"])
        )
    finished()
    for one in RightsRequest.objects.filter(state=AT_WORK):
        if not _closed_by_certificate(one):
            RightsRequest.objects.filter(pk=one.pk).update(state=WAITING)


def _closed_by_certificate(one: RightsRequest) -> bool:
    """Whether the erasure of a request was done, by its certificate; the request is then answered."""
    own = [c for c in erasure.certificates(_home()) if c["key"] == one.key and c.get("is_served") and c["is_finished"]]
    done = {c["entry"]: c for c in own}
    begun = audit.Entry.objects.filter(verb=retention.VERB, phase="begun", officer=one.asked_by, number__in=list(done))
    last = begun.order_by("-number").first()
    if last is not None:
        _ended(one, ANSWERED, done[last.number], datetime.fromisoformat(done[last.number]["at"]))
        note = {"found by": "the certificate"}
        audit.closed(last.number, "done", at=clock_settings.now(), who=audit.SYSTEM, keys=[one.key], note=note)
    return last is not None


def waiting() -> list[RightsRequest]:
    """Requests whose erasure nothing works at."""
    return list(RightsRequest.objects.filter(state=WAITING).order_by("opened_at"))


def _ended(
    one: RightsRequest, state: str, outcome: Mapping[str, Any], at: datetime, *, fault: str = "", remedy: str = ""
) -> None:
    kept = json.loads(json.dumps(outcome, default=str))
    with transaction.atomic():
        RightsRequest.objects.filter(pk=one.pk).update(
            state=state,
            outcome=kept,
            ended_at=at,
            fault=fault[:500],
            remedy=remedy[:500],
            version=models.F("version") + 1,
        )
        said = {"state": state, "rows": kept.get("rows", {}), "remains": len(kept.get("remains", []))}
        _event(Who(one.asked_by), "erase_person", one, said, at=at)


def gate_of(officer: Officer, reason: str, at: datetime) -> tuple[Gate, Asking]:
    """The gate to personal columns for an officer who answers a request, and how the officer asks."""
    asking = Asking(officer=officer.key, role=ROLE, purpose=PURPOSE, reason=reason)
    return gate_for(officer.key, officer.held(at)), asking


def _named(one: RightsRequest) -> None:
    if not one.key:
        raise RequestInvalid("Nobody is named yet.", remedy="Find the person first.")


def _claimed(one: RightsRequest, version: int, **changed: Any) -> None:
    claimed(RightsRequest.objects.filter(pk=one.pk, version=version, state__in=(OPEN, REFUSED)), "request", **changed)


def _known_as(key: str) -> set[str]:
    """Every key under which the log may have a person; none where nobody of that key is held any more."""
    try:
        return of_person(records_as_at(_home(), clock_settings.now()), subject_of(_home(), key))
    except NothingHeld:
        return set()


def _log_about(key: str, known_as: Collection[str]) -> Iterator[dict[str, Any]]:
    """The entries of the log about a person, or about a batch that may hold one, as plain data."""
    if not known_as:
        return
    keys = [key, *known_as]
    records = records_as_at(_home(), clock_settings.now())
    keys += [b.batch_id for b in records.standing if {"people", "fraud_victims"} & set(b.tables)]
    numbers: set[int] = set()
    for at in range(0, len(keys), 500):
        numbers |= set(audit.entries(about=keys[at : at + 500]).values_list("number", flat=True))
    names = ("at", "officer", "roles", "kind", "verb", "keys", "note", "recipient")
    for number in sorted(numbers):
        yield dict(audit.Entry.objects.filter(number=number).values(*names).get())


TEXTS: dict[str, tuple[str, ...]] = {
    "AuditAction": ("what", "owner", "measure", "outcome"),
    "Campaign": ("name", "led_by"),
    "CampaignReturn": ("what", "evidence"),
    "CareCase": ("report_ref", "reasons"),
    "CareStep": ("note",),
    "ComplaintTag": ("person_ref", "why"),
    "Draft": ("title", "board", "priority", "presenter"),
    "DrawnRecord": ("person_ref", "reason"),
    "Edition": ("title", "fault", "files", "contents"),
    "EqualityAssessment": ("assessed", "reason"),
    "Event": ("decided",),
    "FraudReturn": ("lines", "evidence"),
    "FraudStep": ("reason",),
    "HandOut": ("why", "reason"),
    "HandOutTaking": ("recipient",),
    "IntelligenceAnswer": ("words", "evidence"),
    "LocalTheme": ("name", "why"),
    "OwnedQuestion": ("owner",),
    "PartnerRequest": ("partner", "what", "answer"),
    "PersonDecision": ("why",),
    "PlanAction": ("what", "owner", "measured_by", "outcome"),
    "PlanStep": ("owner", "reason"),
    "ProtectActivity": ("title",),
    "ReachReturn": ("lines", "evidence"),
    "RecordMark": ("note",),
    "RightsRequest": ("reference", "reason"),
    "SavedView": ("name", "address"),
    "ServiceRecovery": ("person_ref", "said"),
    "Site": ("name", "area", "partner", "why", "reason"),
    "SiteVisit": ("note",),
    "ThemeReading": ("found",),
    "Upload": ("file_name",),
}
"""The fields in which officers write, by model: from these a person's details are taken out. No code, key or state is among them."""


def _cleared(distinct: Sequence[str], salt: bytes) -> None:
    """Take a person's details out of what officers wrote."""
    if not distinct:
        return
    met = pattern(distinct)

    def clean_of(text: str) -> str:
        return _opaque(salt, text) if text in distinct else re.sub(met, ERASED, text)

    written = {w for case in cases(distinct) for w in (case, json.dumps(case)[1:-1])}
    for model, names in ((apps.get_model("casework", of), names) for of, names in TEXTS.items()):
        for name in names:
            asked = models.Q()
            for word in sorted(written):
                asked |= models.Q(**{f"{name}__icontains": word})
            for pk, value in model._default_manager.filter(asked).values_list("pk", name):
                clean = _without(value, clean_of)
                if clean != value:
                    model._default_manager.filter(pk=pk).update(**{name: clean})


def _own_cleared(rest: erasure.Rest) -> None:
    """Take every detail of the person out of what was written about the person alone."""
    words = (*rest.details, *rest.distinct)
    if not words:
        return
    paired = models.Q(pk__in=[])
    for entry in rest.entries:
        paired |= models.Q(pairs__contains=entry)
    requests, decisions = (
        RightsRequest.objects.filter(key__in=[rest.key, *rest.keys]),
        PersonDecision.objects.filter(paired),
    )
    own = [*requests.values_list("identity", flat=True), *decisions.values_list("identity", flat=True)]
    of_them = Event.objects.filter(subject__in=own)
    for rows in (requests, decisions, of_them):
        names = TEXTS[rows.model.__name__]
        for one in rows:
            clean = {name: _without(getattr(one, name), partial(re.sub, pattern(words), ERASED)) for name in names}
            if clean != {name: getattr(one, name) for name in names}:
                type(one)._default_manager.filter(pk=one.pk).update(**clean)


KEYED = {
    "CampaignVictim": ("key", "subject"),
    "CareCase": ("key", "subject"),
    "FraudCase": ("key",),
    "PersonDecision": ("pairs",),
    "Questionnaire": ("key", "subject"),
    "ThemeReading": ("found",),
    "Event": ("subject", "decided"),
}
"""The fields that hold the keys of parts in crimes, of reports and of disseminations, by model."""


def _keyed_anew(keys: Sequence[str], salt: bytes) -> None:
    for model, names in ((apps.get_model("casework", of), names) for of, names in KEYED.items()):
        for name in names:
            for key in keys:
                new = Replace(models.F(name), models.Value(key), models.Value(_opaque(salt, key)))
                model._default_manager.filter(**{f"{name}__contains": key}).update(**{name: new})


def _without(value: Any, clean_of: Callable[[str], str]) -> Any:
    """A text, or plain data in one, with its texts cleaned."""
    if not isinstance(value, str):
        return erasure.without(value, clean_of)
    try:
        said = json.loads(value)
    except ValueError:
        said = None
    if not isinstance(said, (dict, list)):  # what people wrote may be a number
        return clean_of(value)
    clean = erasure.without(said, clean_of)
    return value if clean == said else json.dumps(clean, ensure_ascii=False)


def _opaque(salt: bytes, reference: str) -> str:
    """What stands for a reference that is gone, another for each, so that what refers to one thing still does."""
    return "E" + hmac.new(salt, reference.encode(), "sha256").hexdigest()[:16]


_OPAQUE = re.compile("E[0-9a-f]{16}")


def _told(
    who: Who, kind: str, verb: str, one: RightsRequest, decided: Mapping[str, Any], *, at: datetime,
    keys: Sequence[str] = (), reason: str = "",
) -> None:  # fmt: skip
    events.told(who, "rights", verb, one.identity, decided, at=at, kind=kind, keys=[one.identity, *keys], reason=reason)


def _event(who: Who, verb: str, one: RightsRequest, decided: Mapping[str, Any], *, at: datetime) -> None:
    events.happened(who, "rights", verb, one.identity, dict(decided), at=at)


def _home() -> Path:
    return Path(settings.FOURFOLD_HOME)
