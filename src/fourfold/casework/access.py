"""Access in the service: who may open personal columns is decided by the roles held, and each opening is on the log.

`records.access` asks an authority and a log; these are the service's own. A request opens what it shows in one entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from fourfold.casework import audit
from fourfold.casework.audit import Who
from fourfold.casework.roles import Held
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
        with transaction.atomic():
            return audit.entered(
                who, entry.kind, entry.verb, entry.record_class, at=entry.at, keys=entry.keys, recipient=entry.recipient,
                reason=entry.asking.reason, phase=entry.phase, note=entry.note,
            )  # fmt: skip


def gate_for(officer: str, held: Iterable[Held]) -> access.Gate:
    """The gate to personal columns for an officer, by opaque key."""
    service = Service(officer, tuple(held))
    return access.Gate(service, service)
