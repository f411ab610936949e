"""Events: what each verb decided, never changed. They come back as records, in batches like any supplier's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models

from fourfold.casework.audit import Who


class Event(models.Model):
    """One event: which verb, of which concern, by whom, and what it decided as plain data."""

    at = models.DateTimeField(db_index=True)
    concern = models.CharField(max_length=32)
    verb = models.CharField(max_length=64)
    officer = models.CharField(max_length=32)
    subject = models.CharField(max_length=64)
    decided = models.TextField()
    entry = models.BigIntegerField(null=True)

    @property
    def plain(self) -> dict[str, Any]:
        """The event as plain data, as it is exported."""
        return {
            "event": self.pk, "at": self.at.astimezone(UTC).isoformat(), "concern": self.concern, "verb": self.verb,
            "officer": self.officer, "subject": self.subject, "decided": json.loads(self.decided), "entry": self.entry,
        }  # fmt: skip


def happened(
    who: Who,
    concern: str,
    verb: str,
    subject: str,
    decided: Mapping[str, Any],
    *,
    at: datetime,
    entry: int | None = None,
) -> Event:
    """Record what a verb decided, within its transaction. `entry` is its number on the log."""
    if not connection.in_atomic_block:
        raise RuntimeError("an event is recorded in the transaction of its verb")
    return Event.objects.create(
        at=at, concern=concern, verb=verb, officer=who.key, subject=subject, entry=entry,
        decided=json.dumps(decided, ensure_ascii=False, sort_keys=True, default=str),
    )  # fmt: skip
