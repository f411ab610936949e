"""Access: personal columns are opened for an officer, in a role, for a purpose, once a log has accepted the entry.

    columns are asked for -> an authority says yes -> a log accepts the entry -> the first row is read

This room says what it needs (`Authority`, `Log`) and is handed them. Until the service hands in its own, `Folder` stands
there: the table of purposes that ships with Fourfold (`data/purposes.csv`), the officers of the records' folder
(`HOME/access/officers.csv`) and a chain of entries in `HOME/access/log.jsonl`. An entry has the fields of the service's
log, and the same hash over them, so that it can be carried over.

A purpose is kept to: what was opened for victim care is not thereby open to an investigation. Purposes and kinds:
Data Protection Act 2018 s.36 (purpose limitation) and s.62 (consultation, disclosure, combination on a log).
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from fourfold.errors import AccessRefused, CodeUnknown, RecordsInvalid, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.lake import SCHEMAS, settled, storage_faults
from fourfold.records.suppliers.contracts import PERSONAL

KINDS = ("consultation", "disclosure", "combination", "alteration", "erasure")
NOTHING_BEFORE = "0" * 64
_AT = "%Y-%m-%dT%H:%M:%S.%fZ"
REASON_MOST, RECIPIENT_MOST = 500, 200
"""The lengths, in characters, that a reason and a recipient have at most: none of either is cut."""
_ROW = ("batch_id", "line_number")
_COLUMNS = ["officer", "role"]


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks for personal columns, in which role, for which purpose, and why."""

    officer: str
    role: str
    purpose: str
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what leaves one of the three out."""
        for name in ("officer", "role", "purpose"):
            if not getattr(self, name).strip():
                raise RequestInvalid(
                    f"Personal columns were asked for without {'an' if name == 'officer' else 'a'} {name}.",
                    remedy="Name the officer, the role and the purpose.",
                )
        whole("reason", self.reason, REASON_MOST)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry to be made: the fields of the service's log. `keys` are opaque; `note` holds counts, never a name."""

    at: datetime
    kind: str
    verb: str
    asking: Asking
    record_class: str = "people"
    keys: tuple[str, ...] = ()
    recipient: str = ""
    phase: str = "done"
    note: Mapping[str, Any] = field(default_factory=dict)
    refers_to: int | None = None
    """Of a closing entry, the number of the one that it closes."""


def whole(name: str, said: str, most: int) -> None:
    """Refuse what is longer than the log takes. Raises RequestInvalid: none of it is cut."""
    if len(said) > most:
        raise RequestInvalid(
            f"The {name} is {len(said):,} characters long, and the log takes {most:,}.", remedy="Say it in fewer words."
        )


def line_key(batch_id: str, line: int) -> str:
    """The key under which a log has a line of a file, where what is seen is told by file and line."""
    return f"{batch_id}:{line}"


def returned_key(batch_id: str) -> str:
    """The key under which a log has all the lines of a file that were returned."""
    return f"{batch_id}:returned"


class Authority(Protocol):
    """What decides whether somebody may open a table."""

    def may(self, asking: Asking, kind: str, table: str) -> bool:
        """Whether the officer holds the role, and the role may do this for that purpose."""


class Log(Protocol):
    """What takes entries down."""

    def entered(self, entry: Entry) -> int:
        """Make the entry so that it lasts, and return its number. Raises when it cannot: nothing is then opened."""


@dataclass(frozen=True)
class Gate:
    """An authority to ask and a log to write to."""

    authority: Authority
    log: Log

    def opened(
        self, records: Records, table: str, asking: Asking, *, kind: str, verb: str, at: datetime,
        columns: Sequence[str] | None = None, keys: Sequence[str] = (), recipient: str = "", rows: pl.DataFrame | None = None,
    ) -> pl.DataFrame:  # fmt: skip
        """The personal columns of a table (without `_personal`), beside the batch and line of each row.

        With `rows` (`batch_id`, `line_number`), of those rows only.

        Raises AccessRefused, with the refusal on the log; CodeUnknown for a table or column that is not personal. The
        entry is made before the first row is read.
        """
        schema = SCHEMAS.get(table + PERSONAL)
        if schema is None:
            raise CodeUnknown(f"There are no personal columns of {table}.", remedy="See the reference of tables.")
        wanted = list(columns) if columns is not None else [name for name in schema if name not in _ROW]
        if unknown := [name for name in wanted if name not in schema]:
            raise CodeUnknown(f"{table} has no personal column {unknown[0]}.", remedy="See the reference of tables.")
        self.asked(asking, kind, [table], verb=verb, at=at, keys=keys, recipient=recipient, note={"columns": wanted})
        found = records.table(table + PERSONAL).select(*_ROW, *wanted)
        return (found if rows is None else found.join(rows.lazy(), on=list(_ROW), how="semi")).collect()

    def asked(
        self, asking: Asking, kind: str, tables: Sequence[str], *, verb: str, at: datetime, keys: Sequence[str] = (),
        recipient: str = "", note: Mapping[str, Any] | None = None, phase: str = "done",
    ) -> int:  # fmt: skip
        """Enter one sight of some tables, and return the entry's number. Raises AccessRefused, once that is on the log.

        A disclosure needs its recipient. What changes files is entered as "begun", and then `closed`.
        """
        if kind not in KINDS:
            raise ValueError("there is no such kind of entry")
        if kind == "disclosure" and not recipient.strip():
            raise RequestInvalid("A disclosure was asked for to nobody.", remedy="Name who is to be given it.")
        whole("recipient", recipient, RECIPIENT_MOST)
        refused = [table for table in tables if not self.authority.may(asking, kind, table)]
        said = {**(note or {}), "tables": list(tables), "purpose": asking.purpose}
        entry = Entry(
            at=at, kind=kind, verb=verb, asking=asking, keys=tuple(keys), recipient=recipient, note=said,
            phase="refused" if refused else phase,
        )  # fmt: skip
        number = self.log.entered(entry)
        if refused:
            raise AccessRefused(
                f"That role may not open {refused[0]} for that purpose, or the officer does not hold it.",
                remedy="Ask in a role and for a purpose that the table of purposes has; the refusal is on the log.",
            )
        return number

    def once(
        self, asking: Asking, kind: str, tables: Sequence[str], *, verb: str, at: datetime, keys: Sequence[str] = (),
        note: Mapping[str, Any] | None = None,
    ) -> Gate:  # fmt: skip
        """Enter one act that opens several tables, and return a gate by which they are opened without a further entry.

        A page or a linking that opens three tables is one sight, and one entry. Whatever else is asked of that gate, of
        another table, kind or verb, is entered as ever. Raises AccessRefused, as `asked`.
        """
        number = self.asked(asking, kind, tables, verb=verb, at=at, keys=keys, note=note)
        return _Entered(self.authority, self.log, (asking, kind, verb), frozenset(tables), number)

    def closed(
        self, number: int, asking: Asking, kind: str, *, verb: str, at: datetime, outcome: str, keys: Sequence[str] = (),
        recipient: str = "", note: Mapping[str, Any] | None = None,
    ) -> int:  # fmt: skip
        """Close what was begun: "done", "failed", or what was found at the next start."""
        return self.log.entered(
            Entry(at=at, kind=kind, verb=verb, asking=asking, keys=tuple(keys), recipient=recipient, phase="closed",
                  refers_to=number, note={**(note or {}), "outcome": outcome})
        )  # fmt: skip


@dataclass(frozen=True)
class _Entered(Gate):
    """A gate at which one act on some tables stands on the log already."""

    act: tuple[Asking, str, str]
    tables: frozenset[str]
    number: int

    def asked(
        self, asking: Asking, kind: str, tables: Sequence[str], *, verb: str, at: datetime, keys: Sequence[str] = (),
        recipient: str = "", note: Mapping[str, Any] | None = None, phase: str = "done",
    ) -> int:  # fmt: skip
        """The number of the entry that was made; a new one for anything else."""
        if (asking, kind, verb) == self.act and set(tables) <= self.tables:
            return self.number
        return super().asked(
            asking, kind, tables, verb=verb, at=at, keys=keys, recipient=recipient, note=note, phase=phase
        )  # fmt: skip


@dataclass(frozen=True)
class Purpose:
    """One row of the table: for a purpose, a role may do this with these tables ("*": all)."""

    role: str
    purpose: str
    kind: str
    tables: tuple[str, ...]


@cache
def purposes() -> tuple[Purpose, ...]:
    """The table of purposes. What no row allows is refused."""
    text = (files("fourfold.records") / "data" / "purposes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Purpose(r["role"], r["purpose"], r["kind"], tuple(r["tables"].split())) for r in rows)


@dataclass(frozen=True)
class Folder:
    """The authority and the log of a records' folder, until the service hands in its own."""

    home: Path

    @property
    def gate(self) -> Gate:
        """Both as one."""
        return Gate(self, self)

    def admit(self, officer: str, role: str) -> None:
        """Let an officer act in a role."""
        if role not in {one.role for one in purposes()}:
            raise CodeUnknown(
                f"There is no role {role}.",
                remedy="Use one of: " + ", ".join(sorted({p.role for p in purposes()})) + ".",
            )
        with self._held():
            rows = {*self._officers(), (officer, role)}
            unnamed = self._officers_path.with_suffix(".unfinished")
            with os.fdopen(os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", newline="") as file:
                csv.writer(file).writerows([_COLUMNS, *sorted(rows)])
                file.flush()
                os.fsync(file.fileno())
            unnamed.rename(self._officers_path)
            settled(self._folder)

    def may(self, asking: Asking, kind: str, table: str) -> bool:
        """Whether the officer holds the role, and a row of the table of purposes allows it."""
        return (asking.officer, asking.role) in self._officers() and any(
            (one.role, one.purpose, one.kind) == (asking.role, asking.purpose, kind)
            and (table in one.tables or "*" in one.tables)
            for one in purposes()
        )

    def entered(self, entry: Entry) -> int:
        """Add an entry to the chain, on the disk before this returns."""
        with self._held():
            last = self._last()
            plain = _plain(entry, int(last.get("number", 0)) + 1, str(last.get("hash", NOTHING_BEFORE)))
            plain["hash"] = digest(plain)
            with os.fdopen(os.open(self._log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
                file.write(_json(plain) + "\n")
                file.flush()
                os.fsync(file.fileno())
            settled(self._folder)
        return int(plain["number"])

    def entries(self) -> list[dict[str, Any]]:
        """Every entry, in order, as it is written."""
        if not self._log_path.exists():
            return []
        return [json.loads(line) for line in self._log_path.read_text(encoding="utf-8").splitlines()]

    def verified(self) -> int:
        """Check the chain; how many entries it has. Raises RecordsInvalid at the first that is not as it was made."""
        previous, count = NOTHING_BEFORE, 0
        for count, line in enumerate(self._lines(), start=1):
            try:
                plain = json.loads(line)
                is_whole = (plain["number"], plain["previous"], plain["hash"]) == (count, previous, digest(plain))
            except (ValueError, KeyError, TypeError):
                is_whole = False
            if not is_whole:
                raise RecordsInvalid(
                    "The log of access is not as it was made from this line on.",
                    remedy="Put back the copy that was kept of it, and see who could write there.",
                    file=self._log_path, line=count,
                )  # fmt: skip
            previous = plain["hash"]
        return count

    def _lines(self) -> list[str]:
        return self._log_path.read_text(encoding="utf-8").splitlines() if self._log_path.exists() else []

    def _last(self) -> dict[str, Any]:
        """The last entry, read from the end of the file. Raises RecordsInvalid when it is cut short."""
        if not self._log_path.exists() or not self._log_path.stat().st_size:
            return {}
        lines = _end_of(self._log_path)
        if lines[-1] == b"" and len(lines) > 1:
            with contextlib.suppress(ValueError):
                return dict(json.loads(lines[-2]))
        raise RecordsInvalid(
            "The log of access ends in the middle of an entry; nothing more is opened.",
            remedy="Take the unfinished last line off, having seen who could write there.", file=self._log_path,
        )  # fmt: skip

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        with storage_faults(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._folder / "lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield

    def _officers(self) -> set[tuple[str, str]]:
        if not self._officers_path.exists():
            return set()
        rows = csv.DictReader(self._officers_path.read_text(encoding="utf-8").splitlines())
        return {(row["officer"], row["role"]) for row in rows}

    @property
    def _folder(self) -> Path:
        return self.home / "access"

    @property
    def _log_path(self) -> Path:
        return self._folder / "log.jsonl"

    @property
    def _officers_path(self) -> Path:
        return self._folder / "officers.csv"


def _end_of(path: Path) -> list[bytes]:
    """The last lines of a file, the last whole one among them, however long it is."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for taken in (_PIECE << n for n in range(64)):
            file.seek(max(0, size - taken))
            lines = file.read(taken).split(b"\n")
            if len(lines) > 2 or taken >= size:
                return lines
    raise AssertionError("a file is longer than can be")  # pragma: no cover - 2 to the 64th


_PIECE = 65_536
_HASHED = (
    "number", "at", "kind", "verb", "record_class", "officer", "roles", "keys", "recipient", "reason", "phase",
    "refers_to", "note", "previous",
)  # fmt: skip


def digest(plain: Mapping[str, Any]) -> str:
    """The hash of an entry over its fields in their order, as the service's log has it."""
    return hashlib.sha256(_json([plain[name] for name in _HASHED]).encode()).hexdigest()


def _plain(entry: Entry, number: int, previous: str) -> dict[str, Any]:
    return {
        "number": number, "at": entry.at.astimezone(UTC).strftime(_AT), "kind": entry.kind, "verb": entry.verb,
        "record_class": entry.record_class, "officer": entry.asking.officer, "roles": entry.asking.role,
        "keys": _json(list(entry.keys)), "recipient": entry.recipient, "reason": entry.asking.reason,
        "phase": entry.phase, "refers_to": entry.refers_to, "note": _json(dict(entry.note)), "previous": previous,
    }  # fmt: skip


def _json(plain: Any) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
