"""Equality assessments of algorithms: put forward by one officer, signed by another, for one version of the algorithm as it stands.

    put_assessment_forward -> sign_assessment, or refuse_assessment -> (signed) withdraw_assessment

Until the assessment of an algorithm is signed, nothing is tasked from what it says: the verbs that task ask `tasked_from`. A
signature is of one version, one transparency record and one code: any of them changed, the signature stands for nothing, and a new
one is needed. Verbs need "write" (put forward) or "sign" on `assessments`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from fourfold.casework import events
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes.algorithms import DRAFTED, Algorithm, algorithms
from fourfold.errors import Conflict, RequestInvalid

FORWARD, SIGNED, REFUSED, WITHDRAWN = "forward", "signed", "refused", "withdrawn"
STATES = {FORWARD: "to be signed", SIGNED: "signed", REFUSED: "refused", WITHDRAWN: "withdrawn"}
OUTDATED = "of an earlier version"
LONGEST = {"assessed": 2_000, "reason": 500}


def _new_identity() -> str:
    return secrets.token_hex(8)


class EqualityAssessment(models.Model):
    """What one officer assessed of an algorithm, and what another decided of it. `digest` is of the record and the code assessed."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40, blank=True)
    algorithm = models.CharField(max_length=40)
    algorithm_version = models.CharField(max_length=20)
    digest = models.CharField(max_length=16)
    assessed = models.TextField()
    state = models.CharField(max_length=12, default=FORWARD)
    version = models.PositiveIntegerField(default=1)
    put_forward_by = models.CharField(max_length=32)
    put_forward_at = models.DateTimeField()
    judged_by = models.CharField(max_length=32, blank=True)
    judged_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        """The latest is read first; of an algorithm as it stands one waits or stands at a time."""

        ordering = ("-put_forward_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["force_id", "algorithm", "digest"], condition=models.Q(state__in=(FORWARD, SIGNED)),
                name="one_standing_assessment",
            ),
        )  # fmt: skip

    @property
    def is_of_now(self) -> bool:
        """Whether it is of the algorithm as it stands: the same version, record and code."""
        return any((one.id, one.digest) == (self.algorithm, self.digest) for one in algorithms())

    @property
    def stands_as(self) -> str:
        """Its state in words; of what has changed since, that it is of an earlier version."""
        return STATES[self.state] if self.is_of_now else f"{STATES[self.state]}, {OUTDATED}"


@dataclass(frozen=True)
class SeenAssessment:
    """An assessment as an officer saw it: who acts on it, in which version, and when."""

    who: Who
    assessment: EqualityAssessment
    version: int
    at: datetime


@dataclass(frozen=True)
class Standing:
    """An algorithm, and the assessments made of it by a force, the latest first."""

    algorithm: Algorithm
    assessments: tuple[EqualityAssessment, ...]

    @property
    def current(self) -> EqualityAssessment | None:
        """The one that waits or is signed, of the algorithm as it stands."""
        return next((one for one in self.assessments if one.is_of_now and one.state in (FORWARD, SIGNED)), None)

    @property
    def may_be_tasked_from(self) -> bool:
        """Whether what it says may be tasked from: its assessment is signed, of the algorithm as it stands."""
        return self.current is not None and self.current.state == SIGNED

    @property
    def in_words(self) -> str:
        """Where its equality assessment stands."""
        if self.current is not None:
            return STATES[self.current.state]
        if any(one.state == SIGNED for one in self.assessments):
            return f"signed, {OUTDATED}: to be signed anew"
        return "drafted, not signed" if self.algorithm.equality_assessment == DRAFTED else "not begun"


def standings(force_id: str) -> tuple[Standing, ...]:
    """Every algorithm with the assessments that a force made of it."""
    made = list(EqualityAssessment.objects.filter(force_id=force_id))
    return tuple(Standing(one, tuple(m for m in made if m.algorithm == one.id)) for one in algorithms())


def standing_of(force_id: str, algorithm: str) -> Standing:
    """One of them. Raises RequestInvalid for an algorithm that there is not."""
    found = next((one for one in standings(force_id) if one.algorithm.id == algorithm), None)
    if found is None:
        raise RequestInvalid("There is no such algorithm.", remedy="Choose one of the list.")
    return found


def tasked_from(force_id: str, algorithm: str) -> None:
    """Raise RequestInvalid where the equality assessment of an algorithm as it stands is not signed."""
    found = standing_of(force_id, algorithm)
    if not found.may_be_tasked_from:
        raise RequestInvalid(
            f"“{found.algorithm.name}” may not be tasked from: its equality assessment is {found.in_words}.",
            remedy="Have it signed under Accountability, Algorithms; or choose by counts, which are no algorithm.",
        )


def put_assessment_forward(
    who: Who, force_id: str, algorithm: str, *, assessed: str, at: datetime
) -> EqualityAssessment:
    """Put the assessment of an algorithm as it stands forward, to be signed.

    Raises RequestInvalid where it is not said what was assessed, Conflict where one waits or is signed already.
    """
    one = standing_of(force_id, algorithm).algorithm
    said = _said(assessed, "what was assessed, and what was found", "assessed")
    with transaction.atomic():
        try:
            with transaction.atomic():
                made = EqualityAssessment.objects.create(
                    force_id=force_id, algorithm=one.id, algorithm_version=one.version, digest=one.digest, assessed=said,
                    put_forward_by=who.key, put_forward_at=at,
                )  # fmt: skip
        except IntegrityError:
            raise Conflict(
                "An assessment of this algorithm as it stands waits, or is signed.", remedy="See it as it is now."
            ) from None
        decided = {"state": FORWARD, "kind": one.id, "algorithm_digest": one.digest, "assessed": said}
        _told(SeenAssessment(who, made, 1, at), "put_assessment_forward", decided)
    return made


def sign_assessment(seen: SeenAssessment) -> None:
    """Sign an assessment: what the algorithm says may then be tasked from. Raises RequestInvalid for one's own, and for one of an
    algorithm that has changed since; Conflict where it was judged meanwhile."""
    _not_ones_own(seen)
    if not seen.assessment.is_of_now:
        raise RequestInvalid(
            "The algorithm, its record or its code has changed since this was assessed.",
            remedy="Have it assessed as it stands now, and put forward anew.",
        )
    _judged(seen, "sign_assessment", FORWARD, SIGNED)


def refuse_assessment(seen: SeenAssessment, *, reason: str) -> None:
    """Refuse an assessment, with the reason. Raises as `sign_assessment` does, but for what has changed."""
    _not_ones_own(seen)
    _judged(seen, "refuse_assessment", FORWARD, REFUSED, _said(reason, "why it is refused", "reason"))


def withdraw_assessment(seen: SeenAssessment, *, reason: str) -> None:
    """Withdraw a signature, with the reason: from then on nothing is tasked from the algorithm. Raises Conflict."""
    _judged(seen, "withdraw_assessment", SIGNED, WITHDRAWN, _said(reason, "why it is withdrawn", "reason"))


def _not_ones_own(seen: SeenAssessment) -> None:
    if seen.assessment.put_forward_by == seen.who.key:
        raise RequestInvalid("Whoever put an assessment forward does not sign it.", remedy="Ask a colleague.")


def _said(text: str, what: str, name: str) -> str:
    if not text.strip():
        raise RequestInvalid(f"It is not said {what}.", remedy=f"Say it in up to {LONGEST[name]:,} characters.")
    return events.words(text, LONGEST[name])


def _judged(seen: SeenAssessment, verb: str, standing: str, state: str, reason: str = "") -> None:
    with transaction.atomic():
        as_seen = EqualityAssessment.objects.filter(pk=seen.assessment.pk, version=seen.version, state=standing)
        claimed(as_seen, "assessment", state=state, reason=reason, judged_by=seen.who.key, judged_at=seen.at)
        decided = {"state": state, "kind": seen.assessment.algorithm, "algorithm_digest": seen.assessment.digest}
        _told(seen, verb, {**decided, "why": reason} if reason else decided, reason=reason)


def _told(seen: SeenAssessment, verb: str, decided: Mapping[str, Any], *, reason: str = "") -> None:
    events.told(seen.who, "assessments", verb, seen.assessment.identity, decided, at=seen.at, reason=reason)
