"""Drafts: the front page of a board paper and what it covers, changed by version, and the editions written from it.

An edition is never changed: it is what was written, from which figures as at when, and its files' hashes.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from fourfold.casework import audit, events
from fourfold.casework.audit import Who
from fourfold.codes.periods import Window
from fourfold.errors import Conflict, FourfoldError, NothingHeld
from fourfold.publications.paper import FrontPage, written_paper
from fourfold.records.as_at import records_as_at

MARKINGS = ("OFFICIAL", "OFFICIAL-SENSITIVE")
_OWN_FAULT = (
    "The service failed while it wrote.",
    "Write another edition; where that fails too, tell who runs the service.",
)


def _new_identity() -> str:
    return secrets.token_hex(6)


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What people decide of a paper."""

    title: str
    force_id: str
    first: date
    last: date
    board: str
    meeting: date | None
    priority: str
    presenter: str
    marking: str


class Draft(models.Model):
    """A paper in hand. `version` counts its changes."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=200)
    force_id = models.CharField(max_length=40)
    first = models.DateField()
    last = models.DateField()
    board = models.CharField(max_length=200)
    meeting = models.DateField(null=True)
    priority = models.CharField(max_length=200, blank=True)
    presenter = models.CharField(max_length=200, blank=True)
    marking = models.CharField(max_length=20, default=MARKINGS[0])
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=32)

    @property
    def contents(self) -> Contents:
        """What people decided of it."""
        names = Contents.__dataclass_fields__
        return Contents(**{name: getattr(self, name) for name in names})

    @property
    def window(self) -> Window:
        """The days that it covers."""
        return Window(self.first, self.last)


class Edition(models.Model):
    """A paper as it was written: its files, their hashes, and the figures' instant."""

    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    draft_version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    marking = models.CharField(max_length=20)
    written_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=32)
    as_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=500, blank=True)
    remedy = models.CharField(max_length=500, blank=True)
    files = models.JSONField(default=dict)
    """Each file's ending, with its name below the edition's folder and its SHA-256."""
    contents = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    """What was decided of the paper when the edition was asked for."""

    class Meta:
        """Editions of a draft are numbered."""

        constraints = (models.UniqueConstraint(fields=["draft", "number"], name="one_edition_of_a_number"),)

    @property
    def asked(self) -> Contents:
        """What was decided of the paper when the edition was asked for; as it stands now, for one of before that was kept."""
        if not self.contents:
            return self.draft.contents
        days = {
            name: self.contents[name] and date.fromisoformat(self.contents[name])
            for name in ("first", "last", "meeting")
        }
        return Contents(**{**self.contents, **days})

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return Path(settings.FOURFOLD_HOME) / "service" / "papers" / self.draft.identity / str(self.number)

    def file(self, ending: str) -> Path:
        """One of its files, by its ending. Raises NothingHeld when there is none, or it is not what was written."""
        kept = self.files.get(ending)
        path = self.folder / kept["name"] if kept else None
        if path is None or not path.is_file() or _hash_of(path) != kept["sha256"]:
            raise NothingHeld(
                "This file of the paper is not there, or is not what was written.", remedy="Write a new edition."
            )
        return path


def begin_draft(who: Who, contents: Contents, *, at: datetime) -> Draft:
    """Begin a paper."""
    with transaction.atomic():
        draft = Draft.objects.create(**asdict(contents), changed_at=at, changed_by=who.key)
        _told(who, "begin_draft", draft, contents, at=at)
    return draft


def change_draft(who: Who, draft: Draft, contents: Contents, *, version: int, at: datetime) -> Draft:
    """Change a paper in hand. Raises Conflict when somebody changed it since `version` was seen; nothing is then lost."""
    with transaction.atomic():
        changed = Draft.objects.filter(pk=draft.pk, version=version).update(
            **asdict(contents), version=models.F("version") + 1, changed_at=at, changed_by=who.key
        )
        if not changed:
            raise Conflict(
                "Somebody else saved this paper while you were changing it.",
                remedy="See both below, and save what should stand.",
            )
        _told(who, "change_draft", draft, contents, at=at)
    return Draft.objects.get(pk=draft.pk)


def ask_for_edition(
    who: Who, draft: Draft, *, at: datetime, queue: Callable[[int], None], version: int | None = None
) -> Edition:
    """Ask for an edition of a paper as it stands now, whatever changes before it is written; `queue` puts it in the queue.

    `version` is that which the officer saw: raises Conflict where a colleague has changed the paper since.
    """
    with transaction.atomic():
        draft = Draft.objects.select_for_update().get(pk=draft.pk)
        if version is not None and version != draft.version:
            raise Conflict(
                "A colleague has changed this paper since you opened it.",
                remedy="Open it again, and ask for an edition of what it says now.",
            )
        number = Edition.objects.filter(draft=draft).count() + 1
        edition = Edition.objects.create(
            draft=draft, number=number, draft_version=draft.version, title=draft.title, marking=draft.marking, asked_at=at,
            asked_by=who.key, contents=asdict(draft.contents),
        )  # fmt: skip
        queue(edition.pk)
        entry = audit.entered(
            who, "alteration", "ask_for_edition", "papers", at=at, keys=[f"{draft.identity}-{number}"]
        )
        decided = {"edition": number, "version": draft.version}
        events.happened(who, "papers", "ask_for_edition", draft.identity, decided, at=at, entry=entry)
    return edition


def write_edition(edition_id: int, *, clock: Callable[[], datetime]) -> None:
    """Write an edition's files, once: a begun entry, the files, a closing entry. Run by the worker.

    What is not written says why, also where the fault is the service's own: that one is raised when it is said.
    """
    edition = Edition.objects.select_related("draft").get(pk=edition_id)
    if edition.written_at is not None or edition.fault:
        return
    draft, asked, at = edition.draft, edition.asked, clock()
    who = Who(edition.asked_by)
    number = audit.begun(
        who, "alteration", "write_edition", "papers", at=at, keys=[f"{draft.identity}-{edition.number}"]
    )
    front = FrontPage(
        board=asked.board, meeting=asked.meeting, priority=asked.priority or None, title=asked.title,
        presenter=asked.presenter or None, marking=asked.marking,
    )  # fmt: skip
    try:
        records = records_as_at(Path(settings.FOURFOLD_HOME), at)
        done = written_paper(records, asked.force_id, Window(asked.first, asked.last), front, edition.folder)
    except Exception as fault:
        is_known = isinstance(fault, FourfoldError)
        cause, remedy = (fault.cause, fault.remedy) if isinstance(fault, FourfoldError) else _OWN_FAULT
        with transaction.atomic():
            Edition.objects.filter(pk=edition.pk).update(fault=cause[:500], remedy=remedy[:500])
            audit.closed(number, "failed", at=clock(), who=who)
        if not is_known:
            raise
        return
    kept = {
        path.suffix.lstrip("."): {"name": str(path.relative_to(edition.folder)), "sha256": _hash_of(path)}
        for path in done.files
    }
    with transaction.atomic():
        Edition.objects.filter(pk=edition.pk).update(files=kept, written_at=clock(), as_at=at)
        decided = {"edition": edition.number, "as_at": at, "files": kept}
        events.happened(who, "papers", "write_edition", draft.identity, decided, at=clock(), entry=number)
        audit.closed(number, "done", at=clock(), who=who)


def outcome_of_edition(entry: audit.Entry) -> str:
    """An edition that a crash cut short was not written; it is written again."""
    identity, _, number = entry.key_list[0].rpartition("-")
    found = Edition.objects.filter(draft__identity=identity, number=number, written_at__isnull=False)
    return "done" if found.exists() else "not done"


def unwritten() -> list[Edition]:
    """Editions asked for and neither written nor refused."""
    return list(Edition.objects.filter(written_at=None, fault="").order_by("asked_at"))


def _told(who: Who, verb: str, draft: Draft, contents: Contents, *, at: datetime) -> None:
    events.told(who, "papers", verb, draft.identity, asdict(contents), at=at)


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
