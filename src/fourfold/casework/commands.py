"""Commands: what the command line does to the files of a home that a service is over stands on the service's log too.

A command has no officer who is signed in: whoever owns the records' folder gives it, and the log names the system. Each
makes a durable begun entry before it touches a file, and a closing entry, with its event, once the files are in place. A
withdrawal is the verb of the pages (`uploads.withdraw_batch`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from fourfold.casework import audit, events
from fourfold.records.lake import Batch, Lake


@contextmanager
def entered(
    kind: str, verb: str, record_class: str, keys: Sequence[str], *, clock: Callable[[], datetime], recipient: str = "",
    mapping: str = "",
) -> Iterator[None]:  # fmt: skip
    """What a command does, between a begun entry that lasts and the entry that closes it: done, done in part, or failed.

    With its closing entry, what it did is an event. `mapping` is the version of the mapping by which files are read.
    """
    note = {"by": "command line", **({"mapping": mapping} if mapping else {})}
    number = audit.begun(audit.SYSTEM, kind, verb, record_class, at=clock(), keys=keys, recipient=recipient, note=note)
    entry = audit.Entry.objects.get(number=number)
    try:
        yield
    except BaseException:
        _closed(entry, _outcome_of_failed(entry), clock())
        raise
    _closed(entry, "done", clock())


def _closed(entry: audit.Entry, outcome: str, at: datetime) -> None:
    with transaction.atomic():
        _told(entry, outcome, at)
        audit.closed(entry.number, outcome, at=at)


def _told(entry: audit.Entry, outcome: str, at: datetime) -> str:
    """Make the event of a command that did something, once; the outcome."""
    if outcome in ("done", "done in part"):
        keys = entry.key_list
        decided: dict[str, object] = {"state": outcome}
        if entry.verb == "import_files":
            since = [b.batch_id for b in _received(entry) if b.committed_at >= entry.instant]
            decided = {"state": outcome, "files": len(keys), "batches": since}
        events.happened_once(entry, _CONCERNS[entry.verb], keys[0] if keys else "", decided, at=at)
    return outcome


def _outcome_of_failed(entry: audit.Entry) -> str:
    """What the files show of a command that failed: of several files it may have done some before it came to the bad one."""
    return "failed" if _LOOKED_AT[entry.verb](entry) == "not done" else "done in part"


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
    lake, held = Lake(_home()), {batch.content_hash for batch in _received(entry)}
    came = [key in held for key in entry.key_list]
    is_whole = all(came) and all(map(lake.is_whole, entry.key_list))
    return "not done" if not any(came) else "done" if is_whole else "done in part"


def _received(entry: audit.Entry) -> list[Batch]:
    """The batches in force of the files that an import named, as they were read by the mapping that it named."""
    version = entry.notes.get("mapping")
    return [
        b
        for b in Lake(_home()).batches()
        if b.content_hash in entry.key_list and b.withdrawn_at is None and version in (None, b.mapping_version)
    ]


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


_CONCERNS = {"import_files": "imports", "export_tables": "exports", "write_hand_out": "hand_outs"}
_LOOKED_AT = {
    "import_files": outcome_of_import,
    "export_tables": outcome_of_export,
    "write_hand_out": outcome_of_hand_out,
}


def outcome_of_command(entry: audit.Entry) -> str:
    """What the files show of a command that a crash cut short; its event is then made."""
    return _told(entry, _LOOKED_AT[entry.verb](entry), entry.instant)


OUTCOMES = dict.fromkeys(_LOOKED_AT, outcome_of_command)
"""For each command on files, what start-up asks to learn whether it was done."""


def _home() -> Path:
    return Path(settings.FOURFOLD_HOME)
