"""Complaint tags: which rights of the Victims' Code a complaint touches, as an officer decided where the system does not say.

    tag_complaint -> (again, by anyone who may, from the version seen) tag_complaint

The complaints system is the master: where it gives the rights of a complaint, they are mended there, and not here. A tag may say that
the complaint touches none of the rights, which is another thing than no tag. Words of the category may suggest a right on the page; a
person decides, with a reason. Needs "write" on the record class `victim_duties`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from fourfold.analysis.complaints import Tags, complaint_key, complaint_shown
from fourfold.casework import audit, events
from fourfold.casework.audit import Who
from fourfold.errors import Conflict, RequestInvalid
from fourfold.records.as_at import Records

_RIGHTS = range(1, 13)


class ComplaintTag(models.Model):
    """The rights that one complaint touches, as last decided. `key` is the complaint's opaque key; `version` counts decisions."""

    key = models.CharField(max_length=24, unique=True)
    force_id = models.CharField(max_length=40)
    complaint_ref = models.CharField(max_length=80)
    crime_ref = models.CharField(max_length=80, blank=True)
    person_ref = models.CharField(max_length=80, blank=True)
    rights = models.JSONField()
    why = models.CharField(max_length=500)
    at = models.DateTimeField()
    by = models.CharField(max_length=32)
    version = models.PositiveIntegerField(default=1)


def tags_now(force_id: str) -> Tags:
    """The rights decided of a force's complaints, by the complaint's key, as they stand now."""
    return {
        key: tuple(rights)
        for key, rights in ComplaintTag.objects.filter(force_id=force_id).values_list("key", "rights")
    }


def tag_of(force_id: str, complaint_ref: str) -> ComplaintTag | None:
    """What was decided of a complaint; None where nothing was."""
    return ComplaintTag.objects.filter(key=complaint_key(force_id, complaint_ref)).first()


def tag_complaint(
    who: Who, records: Records, force_id: str, complaint_ref: str, rights: Sequence[int], why: str, *, version: int, at: datetime
) -> ComplaintTag:  # fmt: skip
    """Say which rights a complaint touches; no right says that it touches none. `version` is that of the tag seen, 0 for none.

    Raises NothingHeld for a complaint that is not held; RequestInvalid without a reason, for a right that there is not, or where the
    complaints system gives the rights; Conflict where a colleague has decided meanwhile.
    """
    if any(n not in _RIGHTS for n in rights):
        raise RequestInvalid("There is no right of that number.", remedy="Choose among the twelve rights.")
    if not why.strip():
        raise RequestInvalid("No reason is given.", remedy="Say why, without a name.")
    held = complaint_shown(records, force_id, complaint_ref, {})
    if held["tagged"] is not None:
        raise RequestInvalid(
            "The complaints system gives the rights of this complaint.", remedy="Have them mended there."
        )
    key, chosen = complaint_key(force_id, complaint_ref), sorted(set(rights))
    told: dict[str, Any] = {"rights": chosen, "why": events.words(why, 500), "at": at, "by": who.key}
    try:
        with transaction.atomic():
            if not version:
                made = ComplaintTag.objects.create(
                    key=key, force_id=force_id, complaint_ref=complaint_ref, crime_ref=held["crime_ref"] or "",
                    person_ref=held["person_ref"] or "", **told,
                )  # fmt: skip
            elif not ComplaintTag.objects.filter(key=key, version=version).update(
                **told, version=models.F("version") + 1
            ):
                raise Conflict(
                    "A colleague has decided of this complaint.", remedy="See what it is now, and decide again."
                )
            else:
                made = ComplaintTag.objects.get(key=key)
            number = audit.entered(
                who, "alteration", "tag_complaint", "victim_duties", at=at, keys=[key], reason=made.why,
                note={"rights": chosen, "version": made.version},
            )  # fmt: skip
            decided = {"rights": chosen, "force_id": force_id, "version": made.version, "why": made.why}
            events.happened(who, "complaints", "tag_complaint", key, decided, at=at, entry=number)
    except IntegrityError:
        raise Conflict(
            "A colleague has decided of this complaint.", remedy="See what it is now, and decide again."
        ) from None
    return made
