"""Uploads: files sent in through the service, and what became of each. A verb on files: begun, done, closed.

The file is kept outside the database until it is imported, under its upload's identity, readable by its owner only.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.db import models, transaction

from fourfold.casework import audit, events
from fourfold.casework.audit import Who
from fourfold.errors import FileRefused, FourfoldError, RequestInvalid
from fourfold.records.imports import Instructions, import_files, withdraw
from fourfold.records.lake import Batch, Lake, storage_faults

WAITING, AT_WORK, DONE, FAILED = "waiting", "at work", "done", "failed"


_NAME_MOST_BYTES, _ENDING_MOST_BYTES = 200, 20
"""A file's name, in bytes: folders take 255, and what is made of it has some more."""
_COMING_IN_SECONDS = 24 * 3600
"""A file that no upload names may be one that is still coming in, for so long at most."""


def _new_identity() -> str:
    return secrets.token_hex(8)


class Upload(models.Model):
    """One file sent in. `batches` are the identities of what it became; `fault` says why it became nothing."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    content_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=32)
    state = models.CharField(max_length=8, default=WAITING)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    batches = models.TextField(blank=True)
    is_new = models.BooleanField(default=False)
    fault = models.CharField(max_length=500, blank=True)
    remedy = models.CharField(max_length=500, blank=True)
    replaces = models.CharField(max_length=16, blank=True)
    """The batch whose lines were returned and that this file corrects."""
    is_restricted = models.BooleanField(default=False)
    """Whether its lines are shown to nobody but who sent it and those whose role takes restricted ones in."""

    @property
    def path(self) -> Path:
        """Where the file waits."""
        return uploads_folder() / self.identity / self.file_name

    @property
    def batch_list(self) -> list[str]:
        """The identities of its batches."""
        return self.batches.split()


def uploads_folder() -> Path:
    """The folder of files that wait."""
    return Path(settings.FOURFOLD_HOME) / "service" / "uploads"


def send(
    who: Who, name: str, pieces: Iterable[bytes], *, at: datetime, replaces: str = "", is_restricted: bool = False,
    queue: Callable[[str], None],
) -> Upload:  # fmt: skip
    """Take a file in and queue its import. Raises FileRefused when it is larger than the limit, RequestInvalid when empty.

    `queue` puts the upload's identity in the queue of work; it is called within the transaction.
    """
    plain = _short(PurePath(name.replace("\\", "/")).name.lstrip(".")) or "file"
    upload = Upload(file_name=plain, sent_at=at, sent_by=who.key, size=0, content_hash="", replaces=replaces)
    upload.is_restricted = is_restricted
    digest = hashlib.sha256()
    with storage_faults(upload.path):
        upload.path.parent.mkdir(parents=True, mode=0o700)
        try:
            with upload.path.open("wb") as file:
                for piece in pieces:
                    upload.size += len(piece)
                    if upload.size > settings.UPLOAD_LIMIT_BYTES:
                        raise FileRefused(
                            "The file is larger than this service takes.",
                            remedy="Send it in parts, or import it with the command line.",
                        )
                    digest.update(piece)
                    file.write(piece)
            if not upload.size:
                raise RequestInvalid("The file is empty.", remedy="Choose the file again.")
        except FourfoldError:
            shutil.rmtree(upload.path.parent, ignore_errors=True)
            raise
    upload.content_hash = digest.hexdigest()
    with transaction.atomic():
        upload.save()
        note = {"bytes": upload.size, **({"restricted": True} if is_restricted else {})}
        audit.entered(who, "collection", "send_file", "uploads", at=at, keys=[upload.identity], note=note)
        queue(upload.identity)
    return upload


def _short(name: str) -> str:
    """A file's name in as many bytes as its place may have, what it ends in kept: by that some kinds are known."""
    said = name.encode("utf-8", "replace")
    if len(said) <= _NAME_MOST_BYTES:
        return said.decode()
    ending = "".join(PurePath(name).suffixes[-2:]).encode("utf-8", "replace")
    ending = ending if len(ending) <= _ENDING_MOST_BYTES else b""
    return (said[: _NAME_MOST_BYTES - len(ending)] + ending).decode(errors="ignore")


def restricted_from(officer: str, batches: Iterable[Batch]) -> frozenset[str]:
    """Those of some batches, by identity, that came of files which others than the officer sent in as restricted.

    A file that was held already, and is sent in again as restricted, restricts nothing: it was open to all. One that is just
    being imported is known by its content.
    """
    marked = Upload.objects.filter(is_restricted=True).exclude(sent_by=officer)
    by_content = set(marked.filter(state__in=(WAITING, AT_WORK)).values_list("content_hash", flat=True))
    done = marked.filter(state=DONE, is_new=True).values_list("batches", flat=True)
    by_identity = {one for said in done for one in said.split()}
    return frozenset(b.batch_id for b in batches if b.batch_id in by_identity or b.content_hash in by_content)


def import_upload(identity: str, *, clock: Callable[[], datetime]) -> None:
    """Import a file that waits: a begun entry, the file's batches, a closing entry. Run by the worker.

    Run twice, it does the work once: the claim is a conditional update. A fault that a user can mend is kept with the
    upload; any other is kept as "a fault of Fourfold's own" and raised.
    """
    if not Upload.objects.filter(identity=identity, state=WAITING).update(state=AT_WORK, began_at=clock()):
        return
    upload = Upload.objects.get(identity=identity)
    who = Who(upload.sent_by)
    number = audit.begun(who, "collection", "import_upload", "batches", at=clock(), keys=[identity])
    try:
        told = Instructions(is_from_outside=True)
        done = import_files(Path(settings.FOURFOLD_HOME), [upload.path], clock=clock, instructions=told)
    except FourfoldError as fault:
        _ended(upload, number, FAILED, clock(), fault=fault.cause, remedy=fault.remedy)
        return
    except Exception:
        _ended(
            upload, number, FAILED, clock(), fault="A fault of Fourfold's own; nothing of the file was kept.",
            remedy="Send the file again, and report this if it happens again.",
        )  # fmt: skip
        raise
    _ended(
        upload, number, DONE, clock(), batches=[one.batch.batch_id for one in done], is_new=any(o.is_new for o in done)
    )


def withdraw_batch(who: Who, batch_id: str, *, reason: str, clock: Callable[[], datetime], by: str = "") -> Batch:
    """Take a batch out of every figure from now on; what it had superseded stands again. Raises RequestInvalid unreasoned.

    `by` says on the log what it was done by, where that is no page.
    """
    if not reason.strip():
        raise RequestInvalid("No reason is given.", remedy="Say why the file is taken out: it is kept with it.")
    number = audit.begun(
        who, "alteration", "withdraw_batch", "batches", at=clock(), keys=[batch_id], reason=reason,
        note={"by": by} if by else {},
    )  # fmt: skip
    try:
        found = withdraw(Path(settings.FOURFOLD_HOME), batch_id, reason=reason, clock=clock)
    except Exception:
        audit.closed(number, "failed", at=clock())
        raise
    with transaction.atomic():
        _withdrawn(audit.Entry.objects.get(number=number), at=clock())
        audit.closed(number, "done", at=clock())
    return found


def _withdrawn(entry: audit.Entry, *, at: datetime) -> None:
    """The event of a withdrawal, once."""
    decided = {"reason": entry.reason}
    events.happened_once(entry, "imports", entry.key_list[0], decided, at=at)


def outcome_of_import(entry: audit.Entry) -> str:
    """What the files show of an import that a crash cut short: the upload is done, with its event, or waits again."""
    upload = Upload.objects.filter(identity=entry.key_list[0]).first()
    if upload is None:
        return "not done"
    held = [b for b in _lake().batches() if b.content_hash == upload.content_hash and b.withdrawn_at is None]
    if held and _lake().is_whole(upload.content_hash):
        at = max(b.committed_at for b in held)
        with transaction.atomic():
            _settled(
                upload, entry, DONE, max(at, entry.instant), batches=[b.batch_id for b in held],
                is_new=at >= entry.instant,
            )  # fmt: skip
        return "done"
    Upload.objects.filter(pk=upload.pk).update(state=WAITING)
    return "done in part" if held else "not done"


def outcome_of_withdrawal(entry: audit.Entry) -> str:
    """Whether the batch whose withdrawal was cut short is withdrawn; its event is then made."""
    batch = _lake().batch(entry.key_list[0])
    if batch is None or batch.withdrawn_at is None or batch.withdrawn_at < entry.instant:
        return "not done"
    _withdrawn(entry, at=batch.withdrawn_at)
    return "done"


OUTCOMES = {"import_upload": outcome_of_import, "withdraw_batch": outcome_of_withdrawal}
"""For each verb on files here, what start-up asks to learn whether it was done."""


def put_back() -> None:
    """Uploads that were claimed and have no open entry: the worker died between the two. They wait again."""
    at_work = {key for entry in audit.left_open() if entry.verb == "import_upload" for key in entry.key_list}
    Upload.objects.filter(state=AT_WORK).exclude(identity__in=at_work).update(state=WAITING)
    _orphans_removed({u.identity for u in Upload.objects.filter(state__in=(WAITING, AT_WORK))})
    _left_beside_removed(uploads_folder().parent)


def _orphans_removed(wanted: set[str]) -> None:
    """Remove files that were sent in and are done with, which a worker that died left behind; not those just coming in."""
    place = uploads_folder()
    for folder in place.iterdir() if place.is_dir() else ():
        if folder.name not in wanted and time.time() - folder.stat().st_mtime > _COMING_IN_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


_PASSING = ("*.upload*", "bundle-*")
"""What stands beside the database while it passes through: a file that is coming in, and somebody's bundle that is going out."""


def _left_beside_removed(place: Path) -> None:
    """Remove what a process that died left of files coming in and of bundles going out, some of them whole lives."""
    for path in (path for pattern in _PASSING for path in place.glob(pattern)):
        if time.time() - path.stat().st_mtime > _COMING_IN_SECONDS:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def waiting() -> list[Upload]:
    """Uploads that nothing works at: queued, or put back by start-up."""
    return list(Upload.objects.filter(state=WAITING).order_by("sent_at"))


def _ended(upload: Upload, number: int, state: str, at: datetime, **said: Any) -> None:
    with transaction.atomic():
        kept = _settled(upload, audit.Entry.objects.get(number=number), state, at, **said)
        audit.closed(number, state, at=at, who=Who(upload.sent_by), note={"batches": kept})
    shutil.rmtree(upload.path.parent, ignore_errors=True)


def _settled(
    upload: Upload, entry: audit.Entry, state: str, at: datetime, *, fault: str = "", remedy: str = "",
    batches: Iterable[str] = (), is_new: bool = False,
) -> list[str]:  # fmt: skip
    """Write down what became of an upload, and make its event, once; the identities of its batches."""
    kept = list(batches)
    Upload.objects.filter(pk=upload.pk).update(
        state=state, ended_at=at, batches=" ".join(kept), is_new=is_new, fault=fault[:500], remedy=remedy[:500]
    )
    decided = {"state": state, "batches": kept, "file": upload.file_name, "fault": fault}
    events.happened_once(entry, "imports", upload.identity, decided, at=at)
    return kept


def _lake() -> Lake:
    return Lake(Path(settings.FOURFOLD_HOME))
