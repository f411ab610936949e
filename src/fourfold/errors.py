"""Faults a user can mend: each has an exit code by kind, a place, a cause and a remedy, and no personal data.

A message names files, line numbers and columns, never the value found there: values may be victims' lives.
"""

from __future__ import annotations

from pathlib import Path


class FourfoldError(Exception):
    """A fault shown to the user without a traceback.

    `cause` says what is wrong, `remedy` what to do about it; both are plain sentences. `file`, `line` (physical,
    from 1) and `column` say where, when that is known.
    """

    exit_code = 1
    kind = "fault"

    def __init__(
        self,
        cause: str,
        *,
        remedy: str,
        file: str | Path | None = None,
        line: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy
        self.file = None if file is None else str(file)
        self.line = line
        self.column = column

    def as_dict(self) -> dict[str, str | int | None]:
        """The fault as plain data, for `--json`."""
        return {
            "error": self.kind,
            "exit_code": self.exit_code,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "cause": self.cause,
            "remedy": self.remedy,
        }

    def __str__(self) -> str:
        place = [
            f"{name}: {value}"
            for name, value in (("file", self.file), ("line", self.line), ("column", self.column))
            if value is not None
        ]
        return "\n".join([*place, f"cause: {self.cause}", f"remedy: {self.remedy}"])


class RequestInvalid(FourfoldError):
    """The command or its options do not fit together."""

    exit_code = 2
    kind = "request invalid"


class FileUnreadable(FourfoldError):
    """There is no file to read: missing, a directory, empty, not permitted, or still being written."""

    exit_code = 10
    kind = "file unreadable"


class FileRefused(FourfoldError):
    """The file could be opened and must not be: too large once unpacked, password-protected, or disguised."""

    exit_code = 11
    kind = "file refused"


class LayoutUnknown(FourfoldError):
    """No supplier's contract fits the file's header, or the mapping file does not fit the file."""

    exit_code = 12
    kind = "layout unknown"


class RecordsInvalid(FourfoldError):
    """The file is readable, but what it holds contradicts itself or its name so far that none can be kept."""

    exit_code = 13
    kind = "records invalid"


class CodeUnknown(FourfoldError):
    """No measure, force, area, offence or period of that name is known."""

    exit_code = 14
    kind = "code unknown"


class NothingHeld(FourfoldError):
    """The records asked for are not held as at that instant."""

    exit_code = 15
    kind = "nothing held"


class StorageFailed(FourfoldError):
    """Fourfold's own folder could not be written: full disk, no permission. Nothing was half done."""

    exit_code = 16
    kind = "storage failed"


class Busy(FourfoldError):
    """Another import holds the lake."""

    exit_code = 17
    kind = "busy"


class NumberUnbound(FourfoldError):
    """A publication's text holds a number that no Finding stands behind; it is not printed."""

    exit_code = 18
    kind = "number unbound"


class Conflict(FourfoldError):
    """Somebody else changed the same thing meanwhile; neither change is lost."""

    exit_code = 19
    kind = "conflict"


class AccessRefused(FourfoldError):
    """Personal columns were asked for in a role or for a purpose that may not open them; the refusal is on the log."""

    exit_code = 20
    kind = "access refused"


class LegallyHeld(FourfoldError):
    """What was to be erased is under a legal hold, and stays until somebody releases it."""

    exit_code = 21
    kind = "legal hold"
