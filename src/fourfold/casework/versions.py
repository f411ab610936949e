"""Versions: a row is changed by the officer who saw it as it still stands. Of two who decide of one thing, the first does."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from fourfold.errors import Conflict


def claimed(as_seen: QuerySet[Any], noun: str, **changed: Any) -> None:
    """Change the one row that stands as it was seen, its version one higher, in one statement of the database.

    `as_seen` asks for the row's key and version, and for the state in which it may be changed so; `noun` is what officers
    call it. Raises Conflict where there is none such any more.
    """
    if not as_seen.update(version=F("version") + 1, **changed):
        raise Conflict(
            f"A colleague changed this {noun}, or it does not stand where you saw it. Nothing of yours was done.",
            remedy=f"See the {noun} as it is now, and decide again.",
        )
