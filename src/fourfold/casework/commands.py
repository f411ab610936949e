"""Commands: what the command line does to the files of a home that a service is over stands on the service's log too.

A command has no officer who is signed in: whoever owns the records' folder gives it, and the log names the system. Each
makes a durable begun entry before it touches a file, and a closing entry once the files are in place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings

from fourfold.casework import audit
from fourfold.records.lake import Lake


@contextmanager
def entered(
    kind: str, verb: str, record_class: str, keys: Sequence[str], *, clock: Callable[[], datetime], recipient: str = ""
) -> Iterator[None]:
    """What a command does, between a begun entry that lasts and the entry that closes it: done, done in part, or failed."""
    number = audit.begun(
        audit.SYSTEM, kind, verb, record_class, at=clock(), keys=keys, recipient=recipient, note={"by": "command line"}
    )
    try:
        yield
    except BaseException:
        audit.closed(number, _outcome_of_failed(number), at=clock())
        raise
    audit.closed(number, "done", at=clock())


def _outcome_of_failed(number: int) -> str:
    """What the files show of a command that failed: of several files it may have done some before it came to the bad one."""
    entry = audit.Entry.objects.get(number=number)
    outcome_of = OUTCOMES.get(entry.verb)
    return "failed" if outcome_of is None or outcome_of(entry) == "not done" else "done in part"


def key_of_file(path: Path) -> str:
    """The key of a file in the log: what it holds, by its hash; nothing where it cannot be read."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_of_folder(path: Path) -> str:
    """The key of a folder in the log: where it lies, by a hash, since its name may be anything."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]


def outcome_of_import(entry: audit.Entry) -> str:
    """Which of the files that an import named are held, where a crash cut it short."""
    held = {batch.content_hash for batch in Lake(_home()).batches() if batch.withdrawn_at is None}
    came = [key in held for key in entry.key_list]
    return "not done" if not any(came) else "done" if all(came) else "done in part"


def outcome_of_export(entry: audit.Entry) -> str:
    """Whether the export in force in that folder is the one that a crash cut short."""
    ledger = _home() / "exports.json"
    folders = json.loads(ledger.read_text(encoding="utf-8"))["folders"] if ledger.exists() else []
    for folder in map(Path, folders):
        manifest = folder / "current" / "manifest.json"
        if key_of_folder(folder) in entry.key_list and manifest.exists():
            exported = datetime.fromisoformat(json.loads(manifest.read_text(encoding="utf-8"))["exported_at"])
            return "done" if exported >= entry.instant else "not done"
    return "not done"


def outcome_of_hand_out(entry: audit.Entry) -> str:
    """Whether a hand-out was entered among the papers since; it is entered before its file has a name, so that without that no
    new one went out. One that stood there already may have been written again: that is not known."""
    entered = [one for one in (_home() / "papers").glob("*.json") if one.stat().st_mtime >= entry.instant.timestamp()]
    return "done" if entered else "not known"


OUTCOMES = {
    "import_files": outcome_of_import,
    "export_tables": outcome_of_export,
    "write_hand_out": outcome_of_hand_out,
}
"""For each command on files, what start-up asks to learn whether it was done."""


def _home() -> Path:
    return Path(settings.FOURFOLD_HOME)
