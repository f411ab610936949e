"""The log: who saw, changed, disclosed, combined or erased which records, in a chain that cannot be altered unnoticed.

An entry is made in the same transaction as what it tells of, or that does not happen: no log, no page. Each entry holds
the hash of the one before it. The database itself refuses UPDATE and DELETE (triggers on SQLite and PostgreSQL), and
the head of the chain is kept outside the database once in a while (`HEADS` below), so that a chain that somebody with
all rights rewrote is found too, up to the last head kept.

Entries name people by opaque keys only. A verb that also changes files makes a durable "begun" entry before, and a
closing entry after; `reconciled` closes those that a crash left open.

Kinds: Data Protection Act 2018 s.62(1): collection, alteration, consultation, disclosure, combination, erasure; and
"access" for sign-ins, sign-outs and refusals, which are no sight of a record.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from fourfold.errors import NothingHeld
from fourfold.records.access import REASON_MOST, RECIPIENT_MOST, whole

KINDS = ("collection", "alteration", "consultation", "disclosure", "combination", "erasure", "access")
PHASES = ("done", "begun", "closed", "refused")
NOTHING_BEFORE = "0" * 64
FAULTS_SAID = 20
KEY_MOST = 512
"""The length, in characters, that a key of the index has at most."""
_AT = "%Y-%m-%dT%H:%M:%S.%fZ"
_HASHED = (
    "number", "at", "kind", "verb", "record_class", "officer", "roles", "keys", "recipient", "reason", "phase",
    "refers_to", "note", "previous",
)  # fmt: skip


class Entry(models.Model):
    """One entry. Text throughout, as it is hashed: `at` in UTC to the microsecond, `keys` and `note` as JSON."""

    number = models.BigIntegerField(primary_key=True)
    at = models.CharField(max_length=27, db_index=True)
    kind = models.CharField(max_length=16)
    verb = models.CharField(max_length=64)
    record_class = models.CharField(max_length=32)
    officer = models.CharField(max_length=32)
    roles = models.CharField(max_length=400)
    keys = models.TextField()
    recipient = models.CharField(max_length=RECIPIENT_MOST)
    reason = models.CharField(max_length=REASON_MOST)
    phase = models.CharField(max_length=8)
    refers_to = models.BigIntegerField(null=True)
    note = models.TextField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        """A begun entry has one closing entry, whoever makes it. What a search asks for is counted, and its latest page read, by
        an index alone: one of fewer columns would have the database sort all that it finds."""

        indexes = (
            models.Index(fields=["officer", "number"], name="entries_of_an_officer"),
            models.Index(fields=["kind", "number"], name="entries_of_a_kind"),
            models.Index(fields=["record_class", "number"], name="entries_of_a_class"),
            models.Index(fields=["kind", "record_class", "number"], name="entries_of_a_kind_and_class"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["refers_to"], condition=models.Q(phase="closed"), name="one_closing_of_each_begun_entry"
            ),
        )

    @property
    def key_list(self) -> list[str]:
        """The keys of the records that the entry is about."""
        return list(json.loads(self.keys))

    @property
    def notes(self) -> dict[str, Any]:
        """What else is noted: counts and identities, never a name."""
        return dict(json.loads(self.note))

    @property
    def instant(self) -> datetime:
        """When it was made."""
        return datetime.strptime(self.at, _AT).replace(tzinfo=UTC)


class Key(models.Model):
    """Which entries are about a key: an index of the log, made with it and verified with it."""

    entry = models.BigIntegerField()
    key = models.CharField(max_length=KEY_MOST)

    class Meta:
        """Looked up by key, the latest entry first."""

        indexes = (models.Index(fields=["key", "entry"], name="entries_about_a_key"),)


class Head(models.Model):
    """Where the chain ends: one row, held by whoever makes the next entry."""

    number = models.BigIntegerField()
    hash = models.CharField(max_length=64)


@dataclass(frozen=True)
class Who:
    """Who does something: an officer's opaque key and the roles held at that instant."""

    key: str
    roles: tuple[str, ...] = ()


NOBODY = Who("nobody")
SYSTEM = Who("system")


def entered(
    who: Who, kind: str, verb: str, record_class: str, *, at: datetime, keys: Sequence[str] = (), recipient: str = "",
    reason: str = "", phase: str = "done", refers_to: int | None = None, note: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Make an entry within the transaction that is open, and return its number. A page of fifty people is one entry.

    The transaction holds the chain from here until it ends, so an entry is made last. Raises RuntimeError outside a
    transaction: the entry and what it tells of would then not stand or fall together. Raises RequestInvalid for a reason or
    a recipient that is too long: none of it is cut.
    """
    whole("reason", reason, REASON_MOST)
    whole("recipient", recipient, RECIPIENT_MOST)
    if kind not in KINDS or phase not in PHASES:
        raise ValueError("there is no such kind or phase of entry")
    if not connection.in_atomic_block:
        raise RuntimeError("an entry of the log is made in the transaction of what it tells of")
    head = Head.objects.select_for_update().get(pk=1)
    entry = Entry(
        number=head.number + 1, at=at.astimezone(UTC).strftime(_AT), kind=kind, verb=verb, record_class=record_class,
        officer=who.key, roles=" ".join(who.roles), keys=_json(list(keys)), recipient=recipient, reason=reason,
        phase=phase, refers_to=refers_to, note=_json(dict(note or {})), previous=head.hash,
    )  # fmt: skip
    entry.hash = _hash(tuple(getattr(entry, name) for name in _HASHED))
    entry.save(force_insert=True)
    Key.objects.bulk_create([Key(entry=entry.number, key=index_key(key)) for key in keys], batch_size=500)
    Head.objects.filter(pk=1).update(number=entry.number, hash=entry.hash)
    transaction.on_commit(lambda: head_kept(at, entry.number, entry.hash))
    return entry.number


def index_key(key: str) -> str:
    """A key as the index has it: itself, or its hash where no database would take so long a text into an index."""
    return key if len(key) <= KEY_MOST else f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def begun(who: Who, kind: str, verb: str, record_class: str, *, at: datetime, **said: Any) -> int:
    """A durable entry that a verb on files has begun. Commits before it returns; the closing entry refers to it."""
    note = {**said.pop("note", {}), "process": process()}
    with transaction.atomic(durable=True):
        return entered(who, kind, verb, record_class, at=at, phase="begun", note=note, **said)


def closed(number: int, outcome: str, *, at: datetime, who: Who | None = None, **said: Any) -> None:
    """Close what was begun: "done", "failed" or what start-up found. Closing twice changes nothing."""
    opened = Entry.objects.get(number=number, phase="begun")
    note = {**said.pop("note", {}), "outcome": outcome}
    with transaction.atomic():
        Head.objects.select_for_update().get(pk=1)
        if Entry.objects.filter(phase="closed", refers_to=number).exists():
            return
        entered(
            who or Who(opened.officer, tuple(opened.roles.split())), opened.kind, opened.verb, opened.record_class, at=at,
            phase="closed", refers_to=number, note=note, **said,
        )  # fmt: skip


def left_open() -> list[Entry]:
    """Entries that were begun and not closed."""
    closing = Entry.objects.filter(phase="closed").values("refers_to")
    return list(Entry.objects.filter(phase="begun").exclude(number__in=closing).order_by("number"))


def reconciled(outcome_of: Mapping[str, Callable[[Entry], str]], *, at: datetime) -> list[tuple[Entry, str]]:
    """Close each entry that a process which is no more left open, by what the files show; and say which.

    `outcome_of` has, for each verb on files, a function that looks and says "done" or "not done".
    """
    found = []
    for entry in left_open():
        if not is_running(str(entry.notes.get("process", ""))):
            outcome = outcome_of[entry.verb](entry)
            closed(entry.number, outcome, at=at, who=SYSTEM, note={"found by": "start-up"})
            found.append((entry, outcome))
    return found


def entries(
    *, about: Iterable[str] | None = None, by: str | None = None, kind: str | None = None, record_class: str | None = None,
    first: datetime | None = None, last: datetime | None = None,
) -> models.QuerySet[Entry]:  # fmt: skip
    """The entries about any of some keys, by an officer, of a kind or class, and between two instants; the latest first."""
    found = Entry.objects.order_by("-number")
    if about is not None:
        found = found.filter(number__in=Key.objects.filter(key__in={index_key(key) for key in about}).values("entry"))
    named = {"officer": by, "kind": kind, "record_class": record_class}
    found = found.filter(**{name: value for name, value in named.items() if value})
    if first is not None:
        found = found.filter(at__gte=first.astimezone(UTC).strftime(_AT))
    if last is not None:
        found = found.filter(at__lte=last.astimezone(UTC).strftime(_AT))
    return found


def is_key(text: str) -> bool:
    """Whether some entry is about a key of that text."""
    return Key.objects.filter(key=index_key(text)).exists()


@dataclass(frozen=True)
class Verification:
    """What the check of the chain found. `faults` are (entry number, what is wrong), at most the first twenty.

    `held_to` is the number of the last entry that a head kept outside vouches for; a rewrite of everything after it, by
    somebody with all rights, would not be found, and `since_head` entries lie there.
    """

    entries: int
    heads: int
    held_to: int
    held_at: datetime | None
    is_refused: bool
    faults: tuple[tuple[int, str], ...] = field(default=())

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found amiss."""
        return not self.faults and self.is_refused

    @property
    def since_head(self) -> int:
        """How many entries stand after the last head kept outside."""
        return max(0, self.entries - self.held_to)


def verified(heads: Path | None = None) -> Verification:
    """Check every entry's hash, the order, the index of keys, the end of the chain, and the heads kept outside.

    Officers go on working meanwhile: what is checked ends where the chain was recorded to end when the check began. An entry and
    that record are made in one transaction, so whatever was seen beforehand to lie beyond it never belonged to the chain.
    """
    kept = kept_heads(heads or heads_path())
    beyond = _furthest()
    head = Head.objects.filter(pk=1).first()
    end = head.number if head else 0
    by_number: dict[int, set[str]] = {}
    for one in kept:
        by_number.setdefault(one.number, set()).add(one.hash)
    faults: list[tuple[int, str]] = []
    previous, count = NOTHING_BEFORE, 0
    for count, (row, keys) in enumerate(_with_keys(end), start=1):
        if row[0] != count:
            faults.append((count, "is missing, or stands out of order"))
            break
        faults += [(row[0], words) for words in _amiss(row, keys, previous, by_number.get(row[0], set()))]
        previous = row[-1]
        if len(faults) >= FAULTS_SAID:
            break
    if not faults:
        faults += [(count, words) for words in _end_amiss(count, previous, kept, head, beyond)]
    latest = max(kept, key=lambda one: one.number, default=None)
    return Verification(
        entries=count, heads=len(kept), held_to=latest.number if latest else 0, held_at=latest.at if latest else None,
        is_refused=refusals_stand(), faults=tuple(faults[:FAULTS_SAID]),
    )  # fmt: skip


def _amiss(row: tuple[Any, ...], keys: list[str], previous: str, kept: set[str]) -> list[str]:
    """What is wrong with one entry: against the entry before, itself, the index, and the heads kept of it."""
    wrong = {
        "does not follow from the entry before it": row[-2] != previous,
        "is not what it was when it was made": _hash(row[:-1]) != row[-1],
        "has other keys in the index than in the entry": _json(keys) != row[7] and keys != _indexed(row[7]),
        "is not the one whose hash was kept outside": bool(kept - {row[-1]}),
    }
    return [words for words, is_so in wrong.items() if is_so]


def _indexed(keys: str) -> list[str]:
    """The keys of an entry as the index should have them; none for what is no list of keys."""
    try:
        return [index_key(str(key)) for key in json.loads(keys)]
    except (ValueError, TypeError):
        return []


def _furthest() -> tuple[int, int]:
    """The last number among the entries, and among the entries that the index of keys names."""
    entries, keys = Entry.objects.aggregate(last=models.Max("number")), Key.objects.aggregate(last=models.Max("entry"))
    return entries["last"] or 0, keys["last"] or 0


def _end_amiss(
    count: int, last_hash: str, kept: Sequence[KeptHead], head: Head | None, beyond: tuple[int, int]
) -> list[str]:
    """What is wrong with the end of the chain: against where it is recorded to end, the index, and the heads."""
    end = head.number if head else 0
    last = max((one.number for one in kept), default=0)
    wrong = {
        "is not where the chain is recorded to end": head is None
        or (head.number, head.hash) != (count, last_hash)
        or beyond[0] > end,
        "is followed in the index of keys by entries that are missing": beyond[1] > min(count, end),
        f"is the last, but a head was kept outside of entry {last}": last > count,
        "cannot be vouched for: no head is kept outside the database": bool(count and not kept),
    }
    return [words for words, is_so in wrong.items() if is_so]


def _with_keys(end: int) -> Iterator[tuple[tuple[Any, ...], list[str]]]:
    """Each entry's hashed fields and hash up to number `end`, with its keys by the index, in one pass over each table."""
    rows = (
        Entry.objects.filter(number__lte=end)
        .order_by("number")
        .values_list(*_HASHED, "hash")
        .iterator(chunk_size=5_000)
    )
    keys = Key.objects.filter(entry__lte=end).order_by("id").values_list("entry", "key").iterator(chunk_size=20_000)
    waiting = next(keys, None)
    for row in rows:
        mine: list[str] = []
        while waiting is not None and waiting[0] <= row[0]:
            mine.append(waiting[1] if waiting[0] == row[0] else f"of entry {waiting[0]}")
            waiting = next(keys, None)
        yield row, mine


@dataclass(frozen=True)
class KeptHead:
    """The number and hash of the last entry at an instant, as kept outside the database."""

    at: datetime
    number: int
    hash: str


def heads_path() -> Path:
    """The file of heads: in a place that the database's owner does not write, where a force can give one."""
    return Path(settings.AUDIT_HEADS)


def head_kept(at: datetime, number: int, digest: str, path: Path | None = None, *, is_due: bool = False) -> bool:
    """Keep a head outside, unless one was kept within the interval (`AUDIT_HEAD_HOURS`) or it `is_due`; whether it was."""
    file_path = path or heads_path()
    due = timedelta(0) if is_due else timedelta(hours=settings.AUDIT_HEAD_HOURS)
    last = _last_kept.get(file_path)
    if last is not None and file_path.exists() and at - last < due:
        return False
    file_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file_path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        kept = [_kept_head(line) for line in file if line.strip()]
        if kept and at - kept[-1].at < due:
            _last_kept[file_path] = kept[-1].at
            return False
        file.write(json.dumps({"at": at.astimezone(UTC).isoformat(), "number": number, "hash": digest}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    _last_kept[file_path] = at
    return True


_last_kept: dict[Path, datetime] = {}


def kept_heads(path: Path) -> list[KeptHead]:
    """Every head kept outside, in order. Raises NothingHeld when the file is there and cannot be read as heads."""
    if not path.exists():
        return []
    try:
        return [_kept_head(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (ValueError, KeyError, TypeError):
        raise NothingHeld(
            "The file of heads kept outside the database is damaged.",
            remedy="Put back the copy that was kept of it, and see who could write there.",
            file=path,
        ) from None


def _kept_head(line: str) -> KeptHead:
    plain = json.loads(line)
    return KeptHead(datetime.fromisoformat(plain["at"]), int(plain["number"]), str(plain["hash"]))


APPEND_ONLY = ("casework_entry", "casework_key", "casework_event")
"""The tables whose rows the database lets nobody change, replace or delete."""
_IDENTITY = {"casework_entry": "number", "casework_key": "id", "casework_event": "id"}
_FUNCTION = "BEGIN RAISE EXCEPTION 'append only: %', TG_TABLE_NAME; END"
_TRIGGERS = {
    "sqlite": "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append only: {table}'); END",
    # INSERT OR REPLACE deletes the row that it replaces, and SQLite calls no trigger of deleting for it.
    "sqlite replace": "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} "
    "WHERE {identity} = NEW.{identity}) BEGIN SELECT RAISE(ABORT, 'append only: {table}'); END",
    "postgresql": "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} FOR EACH STATEMENT "
    "EXECUTE FUNCTION casework_append_only()",
}  # fmt: skip
_REFUSED = {"sqlite": ("update", "delete", "replace"), "postgresql": ("update", "delete", "truncate")}


def _trigger(table: str, verb: str) -> str:
    """The statement that makes the database refuse a verb on a table."""
    named = f"{connection.vendor} {verb}"
    form = _TRIGGERS.get(named, _TRIGGERS[connection.vendor])
    return form.format(table=table, verb=verb, identity=_IDENTITY[table])


def refusals_put_back() -> None:
    """Make the database refuse to change, replace or delete (or empty) the log, where it does not already."""
    tables, standing = set(connection.introspection.table_names()), _standing_triggers()
    with connection.cursor() as cursor:
        for table in (one for one in APPEND_ONLY if one in tables):
            for verb in _REFUSED[connection.vendor]:
                if f"{table}_no_{verb}" not in standing:
                    if connection.vendor == "postgresql":
                        cursor.execute(
                            "CREATE OR REPLACE FUNCTION casework_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                            f"$$ {_FUNCTION} $$"
                        )
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{_on(table)}")
                    cursor.execute(_trigger(table, verb))
        if "casework_head" in tables and not Head.objects.filter(pk=1).exists():
            Head.objects.create(pk=1, number=0, hash=NOTHING_BEFORE)


def _on(table: str) -> str:
    return f" ON {table}" if connection.vendor == "postgresql" else ""


@contextlib.contextmanager
def lifted(table: str) -> Iterator[None]:
    """Let the texts of a table's rows be changed within the transaction that is open: an erasure clears events of a person.

    Never the log's own tables. The refusal is put back before the transaction ends, and a fault takes all of it back.
    """
    if table not in APPEND_ONLY or table in ("casework_entry", "casework_key"):
        raise ValueError("the log's own tables are never changed")
    if not connection.in_atomic_block:
        raise RuntimeError("a refusal is lifted within a transaction")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {table}_no_update{_on(table)}")
    yield
    refusals_put_back()


def refusals_stand() -> bool:
    """Whether the database refuses to change the log."""
    wanted = {f"{table}_no_{verb}" for table in APPEND_ONLY for verb in _REFUSED[connection.vendor]}
    return wanted <= _standing_triggers()


def _standing_triggers() -> set[str]:
    """The refusals that stand as they were made: by name, on their own table, and refusing."""
    query = {
        "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT t.tgname, t.tgrelid::regclass::text, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        held = {name: (table, text.strip()) for name, table, text in cursor.fetchall()}
    wanted = {
        f"{table}_no_{verb}": (table, _trigger(table, verb) if connection.vendor == "sqlite" else _FUNCTION)
        for table in APPEND_ONLY for verb in _REFUSED[connection.vendor]
    }  # fmt: skip
    return {name for name, rule in wanted.items() if held.get(name) == rule}


def process() -> str:
    """This process as others can look for it: machine, number, and when it started."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def is_running(identity: str) -> bool:
    """Whether that process still runs. One of another machine is taken to run: only its own start-up can tell."""
    host, _, rest = identity.partition(":")
    number, _, started = rest.partition(":")
    if host != socket.gethostname():
        return bool(host)
    return number.isdigit() and _started(int(number)) == started


def _started(number: int) -> str:
    with contextlib.suppress(OSError):
        # The second field, the command, may hold spaces and ends with the last bracket.
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[19]
    return "gone"


def _json(plain: Any) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _hash(fields: Iterable[Any]) -> str:
    return hashlib.sha256(_json(list(fields)).encode()).hexdigest()
