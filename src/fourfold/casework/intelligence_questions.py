"""Intelligence questions in casework: who owns each, what was answered when, on which evidence, and whether that still holds.

An answer is added and never overwritten: what was believed before stands under it, with whoever wrote it. It says how far the
question is answered, how sure its source is, and by when it is looked at again; after that day it is stale. A question that
nobody has answered is open. Both verbs need "write" on the record class `intelligence_answers`; how each question stands is read
by all who may read `intelligence_questions`, boards among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models, transaction

from fourfold.casework import events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes.intelligence_questions import IntelligenceQuestion, intelligence_question, intelligence_questions
from fourfold.codes.working_days import local_date
from fourfold.errors import RequestInvalid

OPEN, PARTLY, ANSWERED, STALE = "open", "partly", "answered", "stale"
HOW_FAR = {PARTLY: "Partly answered", ANSWERED: "Answered"}
STATES = {OPEN: "open", PARTLY: "partly answered", ANSWERED: "answered", STALE: "stale: due to be looked at again"}
EVIDENCE = {
    "figure": "A figure, by its identity",
    "reference": "A reference of a record",
    "document": "A document’s reference",
}
GRADES = {"reliable": "Reliable", "untested": "Untested", "not_reliable": "Not reliable"}
"""How a source is graded, in three steps. The words are not confirmed: College of Policing's Authorised Professional Practice
names a 3x5x2 evaluation, which grades sources in three, but the guidance with its words was not read."""


class OwnedQuestion(models.Model):
    """A force's question: who owns it, and `version`, which counts its changes."""

    force_id = models.CharField(max_length=40)
    question = models.CharField(max_length=40)
    owner = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        """A force has a question once."""

        constraints = (models.UniqueConstraint(fields=["force_id", "question"], name="one_question_of_a_force"),)


class IntelligenceAnswer(models.Model):
    """One answer, never changed: what is believed, how far that answers the question, and on which evidence."""

    asked = models.ForeignKey(OwnedQuestion, on_delete=models.PROTECT, related_name="answers")
    number = models.PositiveIntegerField()
    words = models.CharField(max_length=1000)
    how_far = models.CharField(max_length=12)
    evidence_kind = models.CharField(max_length=12)
    evidence = models.CharField(max_length=200)
    grade = models.CharField(max_length=16)
    review_on = models.DateField()
    given_by = models.CharField(max_length=32)
    given_at = models.DateTimeField()

    class Meta:
        """The latest first."""

        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["asked", "number"], name="one_answer_of_a_number"),)


@dataclass(frozen=True)
class Standing:
    """How a question stands on a day. `answers` are the latest first."""

    question: IntelligenceQuestion
    owner: str
    version: int
    state: str
    review_on: date | None
    answers: Sequence[IntelligenceAnswer]


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer as an officer gives it."""

    words: str
    how_far: str
    evidence_kind: str
    evidence: str
    grade: str
    review_on: date


def standing(force_id: str, today: date) -> tuple[Standing, ...]:
    """How each question of the list stands, in the order of the list; one that nobody touched is open, without an owner."""
    held = {one.question: one for one in OwnedQuestion.objects.filter(force_id=force_id).prefetch_related("answers")}
    found = []
    for name, question in intelligence_questions().items():
        one = held.get(name)
        answers = list(one.answers.all()) if one else []
        last = answers[0] if answers else None
        state = OPEN if last is None else STALE if last.review_on < today else last.how_far
        found.append(
            Standing(
                question, one.owner if one else "", one.version if one else 0, state, last and last.review_on, answers
            )
        )
    return tuple(found)


def give_owner(who: Who, force_id: str, name: str, *, owner: str, version: int, at: datetime) -> None:
    """Say who owns a question. Raises RequestInvalid without anybody, Conflict where a colleague changed it meanwhile."""
    intelligence_question(name)
    said = " ".join(owner.split())
    if not 0 < len(said) <= 120:
        raise RequestInvalid("It is not said who owns the question.", remedy="Name a post, in 1 to 120 characters.")
    with transaction.atomic():
        _claimed(force_id, name, version, owner=said)
        _told(who, "give_owner", name, {"owner": said}, at=at)


def answer_question(
    who: Who, force_id: str, name: str, given: Given, *, version: int, at: datetime
) -> IntelligenceAnswer:
    """Add an answer; those before it stand. Raises RequestInvalid without words, evidence, grade, or a day to come for review."""
    intelligence_question(name)
    words, evidence = " ".join(given.words.split()), " ".join(given.evidence.split())
    if not 0 < len(words) <= 1000:
        raise RequestInvalid("The answer has no words, or too many.", remedy="Say it in 1 to 1,000 characters.")
    if given.how_far not in HOW_FAR or given.grade not in GRADES:
        raise RequestInvalid("It is not said how far, or how surely.", remedy="Choose from both lists.")
    if given.evidence_kind not in EVIDENCE or not 0 < len(evidence) <= 200:
        raise RequestInvalid(
            "No evidence is named.", remedy="Give a figure’s identity, a reference, or a document’s reference."
        )
    if given.review_on <= local_date(at):
        raise RequestInvalid("It is not said when it is looked at again.", remedy="Give a day to come.")
    with transaction.atomic():
        asked = _claimed(force_id, name, version)
        made = IntelligenceAnswer.objects.create(
            asked=asked, number=asked.answers.count() + 1, words=words, how_far=given.how_far, evidence_kind=given.evidence_kind,
            evidence=evidence, grade=given.grade, review_on=given.review_on, given_by=who.key, given_at=at,
        )  # fmt: skip
        told = {"number": made.number, "words": words, "state": made.how_far, "kind": made.evidence_kind, "evidence": evidence,
                "status": made.grade, "review_on": made.review_on}  # fmt: skip
        _told(who, "answer_question", name, told, at=at)
    return made


def _claimed(force_id: str, name: str, version: int, **changed: Any) -> OwnedQuestion:
    asked, _ = OwnedQuestion.objects.get_or_create(force_id=force_id, question=name)
    claimed(OwnedQuestion.objects.filter(pk=asked.pk, version=version), "question", **changed)
    return asked


def _told(who: Who, verb: str, name: str, decided: Mapping[str, Any], *, at: datetime) -> None:
    events.told(who, "intelligence_answers", verb, name, decided, at=at, kind="collection")
