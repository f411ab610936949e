"""Events: what each verb decided, never changed. They come back as records, in batches like any supplier's.

What is decided falls into codes, numbers, days and keys, which anybody who counts decisions may read, and words that a
person wrote, which may name somebody (`parted`). What is not known to be a code, and does not look like one, is words.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models, transaction

from fourfold.casework import audit
from fourfold.casework.audit import Entry, Who
from fourfold.errors import RequestInvalid

CODED = frozenset(
    {"state", "marking", "force_id", "statement", "before", "after", "batches", "batch", "says", "role", "roles", "areas",
     "kind", "outcome", "decision", "measure", "purpose", "status"}
)  # fmt: skip
"""The names under which a verb decides codes of a list of ours, or keys; text under any other name is words."""
_A_CODE = re.compile(r"[\w.:-]{1,40}", re.ASCII)
_A_KEY_OR_A_DAY = re.compile(r"[0-9a-f]{12,64}|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?")


class Event(models.Model):
    """One event: which verb, of which concern, by whom, and what it decided as plain data."""

    at = models.DateTimeField(db_index=True)
    concern = models.CharField(max_length=32)
    verb = models.CharField(max_length=64)
    officer = models.CharField(max_length=32)
    subject = models.TextField()
    decided = models.TextField()
    entry = models.BigIntegerField(null=True)

    @property
    def plain(self) -> dict[str, Any]:
        """The event as plain data, as it is exported."""
        return {
            "event": self.pk, "at": self.at.astimezone(UTC).isoformat(), "concern": self.concern, "verb": self.verb,
            "officer": self.officer, "subject": self.subject, "decided": json.loads(self.decided), "entry": self.entry,
        }  # fmt: skip

    @property
    def reference(self) -> str:
        """What names it among the records: its number here, and a hash that tells it from another database's."""
        told = "\0".join((self.at.astimezone(UTC).isoformat(), self.concern, self.verb, self.subject, self.decided))
        return f"{self.pk}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def words(said: str, most: int) -> str:
    """What an officer wrote, without the blanks around it. Raises RequestInvalid above `most` characters: none of it is cut."""
    plain = said.strip()
    if len(plain) > most:
        raise RequestInvalid(
            f"That is {len(plain):,} characters long, and up to {most:,} are kept.", remedy="Say it in fewer words."
        )
    return plain


def parted(decided: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was decided as codes, numbers, days and keys; and the rest, which is words. Each value is in one of the two."""
    codes = {name: value for name, value in decided.items() if _is_coded(name, value)}
    return codes, {name: value for name, value in decided.items() if name not in codes}


def _is_coded(name: str, value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_coded(inner, one) for inner, one in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_coded(name, one) for one in value)
    if not isinstance(value, str) or not value or _A_KEY_OR_A_DAY.fullmatch(value):
        return True
    return name in CODED and bool(_A_CODE.fullmatch(value))


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


def told(
    who: Who, concern: str, verb: str, subject: str, decided: Mapping[str, Any], *, at: datetime, kind: str = "alteration",
    record_class: str = "", keys: Sequence[str] = (), reason: str = "", recipient: str = "",
) -> None:  # fmt: skip
    """Tell the log and the events of a verb, once each, within its transaction.

    `keys` are those whom it concerns (the subject, where none are given), of a class of records that has the concern's name
    where it has no other.
    """
    entry = audit.entered(
        who,
        kind,
        verb,
        record_class or concern,
        at=at,
        keys=list(keys) or [subject],
        reason=reason,
        recipient=recipient,
    )
    happened(who, concern, verb, subject, dict(decided), at=at, entry=entry)


def happened_once(
    entry: Entry, concern: str, subject: str, decided: Mapping[str, Any], *, at: datetime, verb: str = ""
) -> None:
    """Record what a verb on files decided, unless it is: such a verb may be cut short before, and finished at start-up.

    `verb` is its name where the entry has another.
    """
    with transaction.atomic():
        if not Event.objects.filter(entry=entry.number, concern=concern, subject=subject).exists():
            happened(Who(entry.officer), concern, verb or entry.verb, subject, decided, at=at, entry=entry.number)
