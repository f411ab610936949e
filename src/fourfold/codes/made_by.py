"""By which code and lists something was worked out: the digest of their sources, for whatever is kept to be read again.

A version number stands still between two releases while rules, code lists and the code itself are mended; what was kept by
the old ones must then be made again. So what is kept is filed under the digest of every source that it could rest on.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_ROOM = Path(__file__).resolve().parent.parent
_READ = (".py", ".csv", ".toml", ".json")


@cache
def made_by(*rooms: str) -> str:
    """The digest of some rooms' sources, code and lists: 16 characters. The same for as long as this process runs."""
    found = hashlib.sha256()
    for path in sorted(one for room in rooms for one in (_ROOM / room).rglob("*") if one.suffix in _READ):
        found.update(f"{path.relative_to(_ROOM).as_posix()}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


RULES = ("codes", "records", "analysis")
"""The rooms that every rule and every reading of a record stands in."""
