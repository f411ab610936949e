"""The paper register: which papers were written, so that the next can say what has changed since the last.

    HOME/papers/<instant of its records>-<identity>.json

An entry never changes: its identity is that of the paper (force, board, front page, window, version, instant), and a paper
written again as at the same instant is the same entry. It names the paper that it was compared with, so that the same paper
comes out of a home in which others were written since. The entry of a public version also keeps which counts were given and
which withheld: the withheld ones too, so an entry is never part of a publication.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fourfold.analysis.disclosure import Told, told_from_dict
from fourfold.analysis.findings import Finding
from fourfold.analysis.matters_arising import is_same_again
from fourfold.codes.periods import Window
from fourfold.records.lake import storage_faults, write_json

FULL = "full"
"""The version of a paper from which nothing is withheld; a public one is named by its small-number rule."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """What makes a paper the paper it is."""

    force_id: str
    board: str
    title: str
    meeting: date | None
    priority: str | None
    presenter: str | None
    version: str
    window: Window
    as_at: datetime

    @property
    def identity(self) -> str:
        """The first 12 hex digits of the SHA-256 of all of it."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()[:12]

    def as_dict(self) -> dict[str, Any]:
        """The key as plain data."""
        return {
            "force": self.force_id, "board": self.board, "title": self.title, "priority": self.priority,
            "meeting": self.meeting.isoformat() if self.meeting else None, "presenter": self.presenter,
            "version": self.version, "first": self.window.first.isoformat(), "last": self.window.last.isoformat(),
            "as_at": self.as_at.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A paper that was written. `headlines` are its leading counts by measure: the Finding's identity, and the value.

    `last` is the identity of the paper that it was compared with, `heeded` those of the public papers whose counts were
    heeded when its own were protected.
    """

    key: Key
    headlines: Mapping[str, tuple[str, int | None]]
    files: tuple[str, ...]
    code_version: str
    last: str | None = None
    heeded: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The entry as plain data, for the register."""
        return {
            "paper": self.key.as_dict(), "files": list(self.files), "code_version": self.code_version, "last": self.last,
            "headlines": {m: {"finding": identity, "value": value} for m, (identity, value) in self.headlines.items()},
            "heeded": list(self.heeded), "told": [t.as_dict() for t in self.told],
        }  # fmt: skip


@dataclass(frozen=True)
class PaperRegister:
    """The papers written from one home."""

    home: Path

    @property
    def folder(self) -> Path:
        """Where the entries lie."""
        return self.home / "papers"

    def entries(self) -> tuple[Entry, ...]:
        """Every paper written, in order of the instant of its records."""
        found = [_entry(json.loads(path.read_text(encoding="utf-8"))) for path in self.folder.glob("*.json")]
        return tuple(sorted(found, key=lambda e: (e.key.as_at, e.key.identity)))

    def entry(self, identity: str | None) -> Entry | None:
        """The paper of that identity, if it was written."""
        return next((e for e in self.entries() if e.key.identity == identity), None)

    def last_before(self, key: Key, headlines: Mapping[str, Finding]) -> Entry | None:
        """The paper that the board saw last: of the force, board and version, as at an earlier instant.

        A paper that says the same of the same window for the same meeting is this one over again, a draft of it perhaps: the
        one before is taken, where there is one.
        """
        written = self.entry(key.identity)
        if written is not None:
            return self.entry(written.last)
        alike = [e for e in self.entries() if _is_of_one_board(e.key, key) and e.key.as_at < key.as_at]
        others = [e for e in alike if not (e.key.meeting == key.meeting and _is_again(e, headlines))]
        found = others or alike
        return found[-1] if found else None

    def heeded_by(self, key: Key) -> tuple[Entry, ...]:
        """The public papers of the force whose counts a reader may hold beside this one's."""
        written = self.entry(key.identity)
        if written is not None:
            return tuple(e for e in self.entries() if e.key.identity in written.heeded)
        return tuple(
            e for e in self.entries()
            if e.key.force_id == key.force_id and e.told and e.key.as_at <= key.as_at and e.key != key
        )  # fmt: skip

    def enter(self, entry: Entry) -> None:
        """Enter a paper that was written; one that is entered already stays as it is."""
        with storage_faults(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{entry.key.as_at:%Y%m%dT%H%M%S}-{entry.key.identity}.json"
        if not path.exists():
            write_json(entry.as_dict(), path)


def counts_told(entries: Iterable[Entry]) -> tuple[Told, ...]:
    """What public papers gave and withheld, the latest first where two say it of the same count."""
    return tuple(told for entry in reversed(list(entries)) for told in entry.told)


def _is_of_one_board(one: Key, other: Key) -> bool:
    return (one.force_id, one.board, one.version) == (other.force_id, other.board, other.version)


def _is_again(entry: Entry, headlines: Mapping[str, Finding]) -> bool:
    return is_same_again(entry.key.window, {m: value for m, (_, value) in entry.headlines.items()}, headlines)


def _entry(plain: Mapping[str, Any]) -> Entry:
    paper = plain["paper"]
    key = Key(
        force_id=paper["force"], board=paper["board"], title=paper["title"], priority=paper["priority"],
        meeting=date.fromisoformat(paper["meeting"]) if paper["meeting"] else None, presenter=paper["presenter"],
        version=paper["version"], window=Window(date.fromisoformat(paper["first"]), date.fromisoformat(paper["last"])),
        as_at=datetime.fromisoformat(paper["as_at"]),
    )  # fmt: skip
    return Entry(
        key=key, headlines={m: (h["finding"], h["value"]) for m, h in plain["headlines"].items()},
        files=tuple(plain["files"]), code_version=plain["code_version"], last=plain["last"],
        heeded=tuple(plain["heeded"]), told=tuple(told_from_dict(t) for t in plain["told"]),
    )  # fmt: skip
