"""Case audits in casework: records drawn at random, marked by people, marked again by others, and what came of it.

    draw_audit -> mark_record (and mark_again, by another officer), substitute_record -> close_audit -> print_result
                                                                    note_action -> end_action

The months of a force are drawn once by a scheme, none of them in two audits: nobody draws again until a sample pleases. What the
records themselves say is kept with each record when it is drawn, and is not shown to whoever marks it; nor are a first marker's
answers to a second: while an audit is open its results are told ten records at a time. Every verb that changes a record says which
version of it the officer saw. All need "write" on the record class `case_audits`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import IntegrityError, models, transaction

from fourfold.analysis.audit_samples import sample
from fourfold.analysis.case_audits import CaseAudit, Marked
from fourfold.casework import events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes import areas
from fourfold.codes.audit_schemes import ANSWERS, Group, Question, Scheme, audit_scheme, shipped_schemes
from fourfold.codes.periods import Window
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, RequestInvalid
from fourfold.records.as_at import Records

DRAWN, RESERVE, REPLACED = "drawn", "reserve", "replaced"
OPEN, CLOSED = "open", "closed"
FIRST, SECOND = 1, 2
_MOST = 2_000
"""Records that one audit draws at most."""
SEEDS = 1_000_000_000
TOGETHER = 10
"""Records whose marks are told of together while an audit is open, so that no record's answers can be read off a change."""


def _new_identity() -> str:
    return secrets.token_hex(8)


class DrawnAudit(models.Model):
    """One audit: what was drawn, how, and from which state of the records. `version` counts changes to it and to its marks.

    `of_all` is what the records themselves said then of every record that might have been drawn: counts by question and answer.
    """

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    scheme = models.CharField(max_length=40)
    scheme_version = models.CharField(max_length=20)
    first = models.DateField()
    last = models.DateField()
    seed = models.BigIntegerField()
    allocation = models.CharField(max_length=16)
    populations = models.JSONField()
    sizes = models.JSONField()
    of_all = models.JSONField(default=dict)
    as_at = models.DateTimeField()
    batches = models.JSONField()
    drawn_at = models.DateTimeField()
    drawn_by = models.CharField(max_length=32)
    state = models.CharField(max_length=8, default=OPEN)
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        """The months of a force are drawn once by a scheme."""

        constraints = (
            models.UniqueConstraint(
                fields=["force_id", "scheme", "first", "last"], name="months_drawn_once_by_a_scheme"
            ),
        )

    @property
    def window(self) -> Window:
        """Its months."""
        return Window(self.first, self.last)

    @property
    def is_as_held(self) -> bool:
        """Whether the version of its scheme is the one that is held now."""
        return self.scheme in shipped_schemes() and audit_scheme(self.scheme).version == self.scheme_version

    @property
    def asks(self) -> Scheme:
        """Its scheme; by the names of its groups and questions alone where it was drawn by a version that is not held now.

        What that version asked of a name may be other words than today's, and other obligations: it says none.
        """
        if self.is_as_held:
            return audit_scheme(self.scheme)
        answered = RecordMark.objects.filter(record__audit=self).values_list("answers", flat=True)
        recorded = self.records.values_list("recorded", flat=True)
        names = dict.fromkeys(name for one in (*answered, *recorded, self.of_all) for name in one)
        title = audit_scheme(self.scheme).title if self.scheme in shipped_schemes() else _in_words(self.scheme)
        return Scheme(
            id=self.scheme, version=self.scheme_version, title=title, size=sum(self.sizes.values()), status="unconfirmed",
            groups=tuple(Group(name, _in_words(name)) for name in self.populations),
            questions=tuple(Question(name, _in_words(name), _in_words(name)) for name in names),
            source=f"Version {self.scheme_version} of the scheme, which is not held now: groups and questions by their names alone.",
        )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether its records may still be marked."""
        return self.state == OPEN


class DrawnRecord(models.Model):
    """One record drawn, or in reserve (without a number). `recorded` is what the records themselves answered then."""

    audit = models.ForeignKey(DrawnAudit, on_delete=models.PROTECT, related_name="records")
    number = models.PositiveIntegerField(null=True)
    group = models.CharField(max_length=40)
    place = models.PositiveIntegerField()
    crime_ref = models.CharField(max_length=80)
    person_ref = models.CharField(max_length=80)
    state = models.CharField(max_length=8, default=DRAWN)
    reason = models.CharField(max_length=300, blank=True)
    recorded = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        """In the order of marking; a number stands for one record that is marked."""

        ordering = ("number", "group", "place")
        constraints = (
            models.UniqueConstraint(fields=["audit", "group", "place"], name="one_record_of_a_place"),
            models.UniqueConstraint(
                fields=["audit", "number"], condition=models.Q(state=DRAWN), name="one_record_of_a_number"
            ),
        )

    def mark(self, turn: int) -> RecordMark | None:
        """Its first or second marking."""
        return next((m for m in self.marks.all() if m.turn == turn), None)


class RecordMark(models.Model):
    """One officer's answers about a record: the first (`turn` 1) or the second marking."""

    record = models.ForeignKey(DrawnRecord, on_delete=models.PROTECT, related_name="marks")
    turn = models.PositiveSmallIntegerField()
    officer = models.CharField(max_length=32)
    at = models.DateTimeField()
    answers = models.JSONField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        """A record is marked once, and once again."""

        constraints = (models.UniqueConstraint(fields=["record", "turn"], name="one_mark_of_a_turn"),)


class AuditAction(models.Model):
    """What somebody is to do about what an audit found: by when, and how it will be seen that it helped."""

    audit = models.ForeignKey(DrawnAudit, on_delete=models.PROTECT, related_name="actions")
    number = models.PositiveIntegerField()
    question = models.CharField(max_length=40, blank=True)
    what = models.CharField(max_length=300)
    owner = models.CharField(max_length=120)
    due_on = models.DateField()
    measure = models.CharField(max_length=300)
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=32)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        """In the order in which they are due."""

        ordering = ("due_on", "number")
        constraints = (models.UniqueConstraint(fields=["audit", "number"], name="one_action_of_a_number"),)


@dataclass(frozen=True)
class Seen:
    """A verb's officer, the record as the officer saw it, and the instant."""

    who: Who
    record: DrawnRecord
    version: int
    at: datetime


def draw_audit(
    who: Who, records: Records, states: pl.LazyFrame, force_id: str, scheme: Scheme, window: Window, *, size: int, how: str,
    seed: int | None, at: datetime,
) -> DrawnAudit:  # fmt: skip
    """Draw an audit of the crimes of some months. Without a seed one is drawn by lot, and kept.

    Raises RequestInvalid for months of which some were drawn already by this scheme or are not yet over, a size out of bounds, or an
    allocation that there is not; NothingHeld where no record can be drawn.
    """
    if not 1 <= size <= _MOST:
        raise RequestInvalid(f"An audit draws 1 to {_MOST:,} records.", remedy="Give another number of records.")
    if seed is not None and not 0 <= seed < SEEDS:
        raise RequestInvalid("The seed is out of bounds.", remedy=f"Give a whole number below {SEEDS:,}, or none.")
    if window.last >= local_date(at):
        raise RequestInvalid("These months are not over.", remedy="Draw them when they are.")
    by_lot = secrets.randbelow(SEEDS) if seed is None else seed
    found = sample(records, states, force_id, scheme, window, size=size, how=how, seed=by_lot)
    try:
        with transaction.atomic():
            made = DrawnAudit.objects.create(
                force_id=force_id, scheme=scheme.id, scheme_version=scheme.version, first=window.first, last=window.last,
                seed=by_lot, allocation=how, populations=found.populations, sizes=found.sizes, of_all=found.of_all,
                as_at=records.as_at,
                batches=[b.batch_id for b in records.standing if not {"crimes", "people", "victim_contacts"}.isdisjoint(b.tables)],
                drawn_at=at, drawn_by=who.key,
            )  # fmt: skip
            DrawnRecord.objects.bulk_create(
                DrawnRecord(
                    audit=made, number=c.number or None, group=c.group, place=c.place, crime_ref=c.crime_ref,
                    person_ref=c.person_ref, state=RESERVE if c.is_reserve else DRAWN,
                    recorded=found.recorded[c.crime_ref, c.person_ref],
                )
                for c in found.chosen
            )  # fmt: skip
            told = {"kind": scheme.id, "seed": by_lot, "decision": how, "sizes": list(found.sizes.values()), "first": window.first,
                    "last": window.last, "force_id": force_id}  # fmt: skip
            _told(who, "collection", "draw_audit", made, told, at=at)
            if _overlapping(made).exists():  # asked when the log is held: of two who draw at once, one sees the other
                raise _drawn_already()
    except IntegrityError:
        raise _drawn_already() from None
    return made


def _overlapping(audit: DrawnAudit) -> models.QuerySet[DrawnAudit]:
    every = DrawnAudit.objects.filter(force_id=audit.force_id, scheme=audit.scheme).exclude(pk=audit.pk)
    return every.filter(first__lte=audit.last, last__gte=audit.first)


def _drawn_already() -> RequestInvalid:
    return RequestInvalid(
        "Of these months some were drawn already by this scheme.",
        remedy="Mark the records that were drawn: what is drawn again until it pleases is no sample.",
    )


def mark_record(seen: Seen, answers: Mapping[str, str], note: str = "") -> None:
    """Answer each question about a record; the first marker may change the answers while the audit is open.

    Raises RequestInvalid for a question without an answer, and Conflict where a colleague has marked the record meanwhile.
    """
    given = _answers(seen, answers)
    earlier = seen.record.mark(FIRST)
    if earlier is not None and earlier.officer != seen.who.key:
        raise Conflict("A colleague has marked this record.", remedy="Mark it a second time, or choose another.")
    _marked(seen, FIRST, "mark_record", given, note)


def mark_again(seen: Seen, answers: Mapping[str, str], note: str = "") -> None:
    """Answer each question about a record that a colleague marked, without seeing what the colleague answered.

    Raises RequestInvalid for the first marker, or where nobody marked it first.
    """
    given = _answers(seen, answers)
    first, second = seen.record.mark(FIRST), seen.record.mark(SECOND)
    if first is None:
        raise RequestInvalid("Nobody has marked this record yet.", remedy="Mark it first.")
    if first.officer == seen.who.key:
        raise RequestInvalid("A record is marked a second time by somebody else.", remedy="Ask a colleague.")
    if second is not None and second.officer != seen.who.key:
        raise Conflict("A colleague has marked this record a second time.", remedy="Choose another.")
    _marked(seen, SECOND, "mark_again", given, note)


def _answers(seen: Seen, answers: Mapping[str, str]) -> dict[str, str]:
    scheme = seen.record.audit.asks
    _is_open(seen.record.audit)
    if seen.record.state != DRAWN:
        raise RequestInvalid("This record is not among those to be marked.", remedy="See the list of the audit.")
    given = {q.id: answers.get(q.id, "") for q in scheme.questions}
    lacks = [q.short for q in scheme.questions if given[q.id] not in ANSWERS]
    if lacks:
        raise RequestInvalid(
            f"Not answered: {', '.join(lacks)}.",
            remedy="Answer each question: not recorded and not applicable are answers.",
        )
    return given


def _marked(seen: Seen, turn: int, verb: str, given: Mapping[str, str], note: str) -> None:
    with transaction.atomic():
        _claimed(seen)
        RecordMark.objects.update_or_create(
            record=seen.record, turn=turn,
            defaults={"officer": seen.who.key, "at": seen.at, "answers": dict(given), "note": events.words(note, 500)},
        )  # fmt: skip
        coded = [f"{name}:{answer.replace(' ', '_')}" for name, answer in given.items()]
        _told(seen.who, "collection", verb, seen.record.audit, {"number": seen.record.number, "status": coded},
              at=seen.at, record=seen.record)  # fmt: skip


def substitute_record(seen: Seen, reason: str) -> DrawnRecord | None:
    """Replace a record that cannot be audited by the next in reserve of its group, which takes its number.

    None where the group has none left: the record then counts as one that could not be audited, and the audit can be closed
    without it. Raises RequestInvalid without a reason, or for a record that is marked.
    """
    if not reason.strip():
        raise RequestInvalid("No reason is given.", remedy="Say why the record cannot be audited, without a name.")
    audit = seen.record.audit
    _is_open(audit)
    if seen.record.state != DRAWN or seen.record.mark(FIRST) is not None:
        raise RequestInvalid(
            "A record that is marked, or was replaced, is not replaced.", remedy="See the list of the audit."
        )
    with transaction.atomic():
        _claimed(seen, state=REPLACED, reason=events.words(reason, 300))
        spare = audit.records.filter(group=seen.record.group, state=RESERVE).order_by("place").first()
        if spare is not None:
            DrawnRecord.objects.filter(pk=spare.pk, state=RESERVE).update(state=DRAWN, number=seen.record.number)
        decided = {"number": seen.record.number, "place": spare.place if spare else None}
        _told(seen.who, "alteration", "substitute_record", audit, decided, at=seen.at, record=seen.record,
              reason=reason.strip())  # fmt: skip
    return DrawnRecord.objects.get(pk=spare.pk) if spare else None


def close_audit(who: Who, audit: DrawnAudit, *, version: int, at: datetime) -> None:
    """End the marking: its answers are then frozen. Raises RequestInvalid while a record drawn is not marked."""
    left = audit.records.filter(state=DRAWN).exclude(marks__turn=FIRST).count()
    if left:
        raise RequestInvalid(
            f"{left} records are not marked.", remedy="Mark them, or replace those that cannot be audited."
        )
    with transaction.atomic():
        if not DrawnAudit.objects.filter(pk=audit.pk, version=version, state=OPEN).update(
            state=CLOSED, closed_at=at, version=models.F("version") + 1
        ):
            raise Conflict("This audit was changed, or is closed.", remedy="See what it is now, and decide again.")
        _told(who, "alteration", "close_audit", audit, {}, at=at)


def print_result(who: Who, audit: DrawnAudit, *, findings: Mapping[str, str], at: datetime) -> None:
    """Take an audit's result away to be printed: a disclosure, of the figures named by kind and identity."""
    with transaction.atomic():
        _told(who, "disclosure", "print_result", audit, {"findings": list(findings.values())}, at=at, recipient=who.key)


def note_action(
    who: Who,
    audit: DrawnAudit,
    *,
    what: str,
    owner: str,
    due_on: date | None,
    measure: str,
    question: str = "",
    at: datetime,
) -> AuditAction:
    """Note what is to be done about what an audit found. Raises RequestInvalid without what, by whom, by when and what shows it."""
    if not (what.strip() and owner.strip() and measure.strip() and due_on):
        raise RequestInvalid(
            "The action is not whole.",
            remedy="Say what is to be done, by whom, by when, and what will show that it helped.",
        )
    if due_on < local_date(at):
        raise RequestInvalid("That day is past.", remedy="Give the day by which it is to be done.")
    if question:
        audit.asks.question(question)
    with transaction.atomic():
        DrawnAudit.objects.select_for_update().get(pk=audit.pk)
        made = AuditAction.objects.create(
            audit=audit, number=audit.actions.count() + 1, question=question, what=events.words(what, 300),
            owner=events.words(owner, 120), due_on=due_on, measure=events.words(measure, 300), noted_at=at, noted_by=who.key,
        )  # fmt: skip
        told = {
            "number": made.number,
            "what": made.what,
            "owner": made.owner,
            "due_on": due_on,
            "measure_words": made.measure,
        }
        _told(who, "collection", "note_action", audit, told, at=at)
    return made


def end_action(who: Who, action: AuditAction, *, outcome: str, at: datetime) -> None:
    """Say that an action was done, or is given up, and what came of it. Raises RequestInvalid without that; Conflict twice."""
    if not outcome.strip():
        raise RequestInvalid(
            "Nothing is said of what came of it.", remedy="Say what was done, and what its measure shows."
        )
    with transaction.atomic():
        if not AuditAction.objects.filter(pk=action.pk, ended_at=None).update(
            ended_at=at, outcome=events.words(outcome, 300)
        ):
            raise Conflict("This action is ended already.", remedy="See what was said of it.")
        _told(who, "alteration", "end_action", action.audit, {"number": action.number, "words": outcome.strip()}, at=at)


def as_analysed(audit: DrawnAudit) -> CaseAudit:
    """An audit as the analysis takes it: what was drawn, and each record that is marked."""
    scheme = audit.asks
    marked = []
    for one in audit.records.filter(state=DRAWN).prefetch_related("marks"):
        first, second = one.mark(FIRST), one.mark(SECOND)
        if first is not None:
            marked.append(
                Marked(group=one.group, crime_ref=one.crime_ref, person_ref=one.person_ref, answers=first.answers,
                       second=second.answers if second else None, recorded=one.recorded or None)
            )  # fmt: skip
    return CaseAudit(
        force_id=audit.force_id, area=areas.force(audit.force_id).name, scheme=scheme, window=audit.window, seed=audit.seed,
        allocation=audit.allocation, as_at=audit.as_at, batches=tuple(audit.batches), populations=audit.populations,
        sizes=audit.sizes, marked=tuple(marked), substituted=audit.records.filter(state=REPLACED).count(), of_all=audit.of_all,
    )  # fmt: skip


def as_told(audit: DrawnAudit) -> CaseAudit:
    """An audit as it may be told of: whole when it is closed, and before that the first marked, by whole tens.

    Of the second markings likewise. What a colleague answered can then be read off no change of the figures.
    """
    whole = as_analysed(audit)
    if not audit.is_open:
        return whole
    told = [_told_of(audit, turn) for turn in (FIRST, SECOND)]
    marked = [m for m in whole.marked if (m.crime_ref, m.person_ref) in told[0]]
    return replace(
        whole,
        marked=tuple(m if (m.crime_ref, m.person_ref) in told[1] else replace(m, second=None) for m in marked),
    )


def _told_of(audit: DrawnAudit, turn: int) -> set[tuple[str, str]]:
    """The records of the whole tens that were marked first."""
    marks = RecordMark.objects.filter(record__audit=audit, record__state=DRAWN, turn=turn).order_by("at", "pk")
    every = list(marks.values_list("record__crime_ref", "record__person_ref"))
    return set(every[: len(every) // TOGETHER * TOGETHER])


def audit_over(force_id: str, window: Window, obligations: frozenset[str]) -> DrawnAudit | None:
    """The closed audit of whose months all of a window are, and that asked of some of these obligations.

    Of more than one the latest closed. An open one may yet be marked otherwise; one whose months are only some of the window's
    says nothing of the others; one whose scheme leaves records out, as a dip sample of some crimes does, says nothing of those; and
    one that was drawn by another version of its scheme than is held now speaks of no window.
    """
    over = DrawnAudit.objects.filter(force_id=force_id, state=CLOSED, first__lte=window.first, last__gte=window.last)
    for one in over.order_by("-closed_at"):
        if (
            one.is_as_held
            and one.asks.is_of_all
            and {n for q in one.asks.questions for n in q.obligations} & obligations
        ):
            return one
    return None


def _is_open(audit: DrawnAudit) -> None:
    if not audit.is_open:
        raise RequestInvalid("This audit is closed.", remedy="Its answers are frozen: see its result.")
    if not audit.is_as_held:
        raise RequestInvalid(
            f"This audit was drawn by version {audit.scheme_version} of its scheme, whose questions are not held now.",
            remedy="See what was found of the records marked; draw other months by the version held now.",
        )


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _claimed(seen: Seen, **changed: Any) -> None:
    claimed(DrawnRecord.objects.filter(pk=seen.record.pk, version=seen.version, state=DRAWN), "record", **changed)
    claimed(DrawnAudit.objects.filter(pk=seen.record.audit_id, state=OPEN), "audit")


def _told(
    who: Who, kind: str, verb: str, audit: DrawnAudit, decided: Mapping[str, Any], *, at: datetime,
    record: DrawnRecord | None = None, reason: str = "", recipient: str = "",
) -> None:  # fmt: skip
    keys = [audit.identity] + ([f"{record.crime_ref} {record.person_ref}"] if record else [])
    events.told(
        who,
        "case_audits",
        verb,
        audit.identity,
        decided,
        at=at,
        kind=kind,
        keys=keys,
        reason=reason,
        recipient=recipient,
    )
