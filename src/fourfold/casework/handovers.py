"""Handovers: the events of casework, given to the records as a batch at each day's end and on demand. A verb on files.

The events that no handover has given yet are written as a table of the contract `casework_events` and brought in by the
ordinary gate; then they are marked as given, in one transaction with the closing entry. Whatever a crash cuts short is
finished or taken back by start-up, or by the next handover: each event comes to the records once.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import models, transaction

from fourfold.casework import audit, events
from fourfold.casework.audit import SYSTEM, Who
from fourfold.casework.events import Event
from fourfold.errors import Busy, FourfoldError
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake, settled, storage_faults
from fourfold.records.suppliers.events import EVENTS

VERB = "hand_over_events"
NO_FORCE = "none"
"""Whose events they are where the service is no force's own: a key that lacks a part is corrected by none."""
_COLUMNS = tuple(one.name for one in EVENTS.fields)


def _new_identity() -> str:
    return secrets.token_hex(8)


class Handover(models.Model):
    """One batch of events given to the records. `until` is the instant before which they happened."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    asked_by = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    events = models.PositiveIntegerField(default=0)
    batch = models.CharField(max_length=16, blank=True)
    """The batch's identity; empty where the handover came to nothing."""


class HandedOver(models.Model):
    """An event that a handover gave."""

    event = models.BigIntegerField(primary_key=True)
    handover = models.ForeignKey(Handover, on_delete=models.PROTECT)


def hand_over_events(who: Who, *, clock: Callable[[], datetime], until: datetime | None = None) -> Handover | None:
    """Give the records every event before an instant (now, when not told) that they have not; None where there is none.

    That an earlier handover was made is given with the next events, and is no reason for one of its own. Raises Busy while
    another handover is under way, and what an import raises.
    """
    at = clock()
    with _held():
        _left_closed(at)
        waiting = list(_waiting(until or at))
        if all(one.verb == VERB for one in waiting):
            return None
        made = Handover.objects.create(asked_by=who.key, asked_at=at, until=until or at)
        number = audit.begun(who, "collection", VERB, "events", at=at, keys=[made.identity])
        try:
            _written(made, waiting)
            [done] = import_files(Path(settings.FOURFOLD_HOME), [_path(made)], clock=clock)
        except FourfoldError:
            audit.closed(number, "failed", at=clock(), who=who)
            shutil.rmtree(_path(made).parent, ignore_errors=True)
            raise
        _ended(made, done.batch.batch_id, [one.pk for one in waiting], number, who, clock())
    return Handover.objects.get(pk=made.pk)


def _left_closed(at: datetime) -> None:
    """Close the handovers that a fault cut short, by what the files show. Whoever holds the lock knows that none goes on."""
    for entry in audit.left_open():
        if entry.verb == VERB:
            audit.closed(
                entry.number, outcome_of_handover(entry), at=at, who=SYSTEM, note={"found by": "a later handover"}
            )


def handovers() -> models.QuerySet[Handover]:
    """The handovers that gave something, the latest first."""
    return Handover.objects.exclude(batch="").order_by("-asked_at")


def waiting_events(before: datetime) -> int:
    """How many events before an instant the records have not been given."""
    return _waiting(before).count()


def outcome_of_handover(entry: audit.Entry) -> str:
    """What the files show of a handover that a crash cut short: its batch is held, or nothing of it is."""
    made = Handover.objects.get(identity=entry.key_list[0])
    path = _path(made)
    if not path.exists():
        return "not done"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    held = [b for b in Lake(Path(settings.FOURFOLD_HOME)).batches() if b.content_hash == digest]
    if held:
        with path.open(encoding="utf-8", newline="") as file:
            given = [int(row["event_ref"].partition("-")[0]) for row in csv.DictReader(file)]
        with transaction.atomic():
            _marked(made, held[-1].batch_id, given)
    shutil.rmtree(path.parent, ignore_errors=True)
    return "done" if held else "not done"


OUTCOMES = {VERB: outcome_of_handover}
"""For each verb on files here, what start-up asks to learn whether it was done."""


def put_back() -> None:
    """Files of handovers that are closed, which a crash left behind, are taken away."""
    under_way = {key for entry in audit.left_open() if entry.verb == VERB for key in entry.key_list}
    for folder in _folder().glob("*/"):
        if folder.name not in under_way:
            shutil.rmtree(folder, ignore_errors=True)


def _waiting(before: datetime) -> models.QuerySet[Event]:
    given = HandedOver.objects.filter(event=models.OuterRef("pk"))
    return Event.objects.filter(~models.Exists(given), at__lt=before).order_by("pk")


def _written(made: Handover, given: Sequence[Event]) -> None:
    """The events as a table of their contract, on the disk."""
    path = _path(made)
    with storage_faults(path):
        path.parent.mkdir(parents=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(_COLUMNS)
            table.writerows(_row(one) for one in given)
            file.flush()
            os.fsync(file.fileno())
        settled(path.parent)


def _row(one: Event) -> tuple[object, ...]:
    codes, words = events.parted(json.loads(one.decided))
    held = {
        "force": settings.FOURFOLD_FORCE or NO_FORCE, "event_ref": one.reference, "happened_at": one.at.astimezone(UTC).isoformat(),
        "concern": one.concern, "decision": one.verb, "officer_key": one.officer, "subject_key": one.subject,
        "decided": _json(codes), "words": _json(words), "log_entry": "" if one.entry is None else one.entry,
    }  # fmt: skip
    return tuple(held[name] for name in _COLUMNS)


def _json(plain: dict[str, object]) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True) if plain else ""


def _ended(made: Handover, batch_id: str, given: Sequence[int], number: int, who: Who, at: datetime) -> None:
    with transaction.atomic():
        _marked(made, batch_id, given)
        decided = {"events": len(given), "batch": batch_id}
        events.happened(who, "events", VERB, made.identity, decided, at=at, entry=number)
        audit.closed(number, "done", at=at, who=who, note=decided)
    shutil.rmtree(_path(made).parent, ignore_errors=True)


def _marked(made: Handover, batch_id: str, given: Sequence[int]) -> None:
    rows = [HandedOver(event=one, handover=made) for one in given]
    # What an earlier handover gave stays that one's.
    HandedOver.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    Handover.objects.filter(pk=made.pk).update(events=len(given), batch=batch_id)


@contextmanager
def _held() -> Iterator[None]:
    """One handover at a time over a records' folder, whichever process makes it."""
    folder = _folder()
    with storage_faults(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "lock").open("a")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                "Another handover of events is under way.", remedy="Wait until it has ended; nothing is lost."
            ) from None
        yield


def _folder() -> Path:
    return Path(settings.FOURFOLD_HOME) / "service" / "events"


def _path(made: Handover) -> Path:
    day = f"{made.asked_at.astimezone(UTC):%Y-%m-%d}"
    return _folder() / made.identity / f"casework-events-{day}-{made.identity}.csv"
