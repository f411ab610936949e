"""Access in the service: who may open personal columns is decided by the roles held, and each opening is on the log.

`records.access` asks an authority and a log; these are the service's own. A request opens what it shows in one entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from fourfold.casework import audit
from fourfold.casework.audit import Who
from fourfold.casework.roles import Held
from fourfold.errors import RecordsInvalid
from fourfold.records import access
from fourfold.records.access import Asking, purposes


@dataclass(frozen=True)
class Service:
    """The authority and the log of the service, for an officer with the roles held at this instant."""

    officer: str
    held: tuple[Held, ...]

    def may(self, asking: Asking, kind: str, table: str) -> bool:
        """Whether the officer holds the role now, and a row of the table of purposes allows it."""
        if asking.officer != self.officer or asking.role not in {one.role for one in self.held}:
            return False
        return any(
            (one.role, one.purpose, one.kind) == (asking.role, asking.purpose, kind)
            and (table in one.tables or "*" in one.tables)
            for one in purposes()
        )

    def entered(self, entry: access.Entry) -> int:
        """Make the entry, durable before this returns: only then is anything opened."""
        who = Who(entry.asking.officer, (entry.asking.role,))
        note = {**entry.note, "process": audit.process()} if entry.phase == "begun" else entry.note
        with transaction.atomic():
            return audit.entered(
                who, entry.kind, entry.verb, entry.record_class, at=entry.at, keys=entry.keys, recipient=entry.recipient,
                reason=entry.asking.reason, phase=entry.phase, note=note, refers_to=entry.refers_to,
            )  # fmt: skip


def gate_for(officer: str, held: Iterable[Held]) -> access.Gate:
    """The gate to personal columns for an officer, by opaque key."""
    service = Service(officer, tuple(held))
    return access.Gate(service, service)


CARRIED = "carry over the folder's log"


def carried_over(home: Path, *, at: datetime) -> int:
    """Carry the entries of the folder's log that are new into the service's, and return how many.

    Done at each start and day's end, after each command that made some, and before the log is searched or checked.

    The folder's chain is checked first, from its beginning and against where it was carried to last. Each entry keeps its
    instant, officer, roles, keys and reason, and notes its number and hash there; one that began something there does
    not begin it here. Raises RecordsInvalid where the folder's log is not as it was made: nothing of it is carried.
    """
    folder = access.Folder(home)
    folder.verified()
    with transaction.atomic():
        # Of two that carry at once, the second finds nothing new.
        audit.Head.objects.select_for_update().get(pk=1)
        held = folder.entries()
        last = audit.Entry.objects.filter(verb=CARRIED).order_by("-number").first()
        until = int(last.notes["to"]) if last is not None else 0
        if last is not None and (len(held) < until or held[until - 1]["hash"] != last.notes["hash"]):
            raise RecordsInvalid(
                "The folder's log of access is another than the one that was carried over.",
                remedy="Put back the copy that was kept of it, and see who could write there.", file="access/log.jsonl",
            )  # fmt: skip
        new = held[until:]
        for one in new:
            _carried(one)
        if new:
            note = {"from": until + 1, "to": len(held), "hash": new[-1]["hash"], "log": "access/log.jsonl"}
            audit.entered(audit.SYSTEM, "collection", CARRIED, "log", at=at, note=note)
    return len(new)


def carried_since(home: Path, *, at: datetime) -> int:
    """`carried_over` for a search: nothing is read where the folder's log is the file that this process carried over last."""
    log = home / "access" / "log.jsonl"
    is_like = log.stat() if log.exists() else None
    now = None if is_like is None else (is_like.st_ino, is_like.st_size, is_like.st_mtime_ns)
    if _carried_last.get(home, ()) == now:
        return 0
    found = carried_over(home, at=at)
    _carried_last[home] = now
    return found


_carried_last: dict[Path, tuple[int, int, int] | None] = {}


def _carried(one: Mapping[str, Any]) -> None:
    note = {
        **json.loads(one["note"]), "carried from": "access/log.jsonl", "number there": one["number"],
        "hash there": one["hash"], "phase there": one["phase"],
        **({"refers there to": one["refers_to"]} if one["refers_to"] is not None else {}),
    }  # fmt: skip
    made = datetime.fromisoformat(one["at"])
    audit.entered(
        Who(one["officer"][:32], tuple(one["roles"].split())), one["kind"], one["verb"][:64], one["record_class"], at=made,
        keys=json.loads(one["keys"]), recipient=one["recipient"], reason=one["reason"],
        phase="refused" if one["phase"] == "refused" else "done", note=note,
    )  # fmt: skip
