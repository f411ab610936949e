"""Where records live, and the one clock."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from fourfold.errors import StorageFailed

HOME_VARIABLE = "FOURFOLD_HOME"
BACKUP_VARIABLE = "FOURFOLD_BACKUP_DAYS"


def home_path() -> Path:
    """The folder that holds the records: `FOURFOLD_HOME`, or `fourfold` under the user's data folder."""
    named = os.environ.get(HOME_VARIABLE, "").strip()
    if named:
        return Path(named).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME", "").strip() or "~/.local/share"
    return Path(data).expanduser() / "fourfold"


def opened_home(path: Path | None = None) -> Path:
    """The records' folder, made when missing and readable by its owner only."""
    home = path or home_path()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if home.stat().st_mode & 0o077:
            home.chmod(0o700)
    except OSError as fault:
        raise StorageFailed(
            f"The records' folder cannot be made or kept private ({fault.strerror}).",
            remedy=f"Set {HOME_VARIABLE} to a folder that you own.",
            file=home,
        ) from None
    return home


def backup_days() -> int | None:
    """For how many days a backup of the records is kept, as the force states it; None where it states nothing."""
    stated = os.environ.get(BACKUP_VARIABLE, "").strip()
    return int(stated) if stated.isdecimal() else None


def now() -> datetime:
    """The present instant in UTC. Rules never call it: it is read once, at the edge, and handed down."""
    return datetime.now(UTC)
