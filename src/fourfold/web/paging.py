"""How much of a table is shown at once, and how much of one is taken away at once."""

from __future__ import annotations

from django.http import HttpRequest

from fourfold.errors import RequestInvalid

ROWS = 50
MOST_TAKEN = 20_000
"""More rows than this are not taken away at once: whoever asks is told to ask for less."""


def asked_to_take(request: HttpRequest) -> str:
    """The name of the table that the address asks to take away; nothing for a form that is sent, whatever its address."""
    return str(request.GET.get("take", "")) if request.method == "GET" else ""


def not_too_many(rows: int) -> None:
    """Raise RequestInvalid where a table has more rows than are taken away at once: never a part that looks whole."""
    if rows > MOST_TAKEN:
        raise RequestInvalid(
            f"The table has {rows:,} rows, and at most {MOST_TAKEN:,} are taken away at once.",
            remedy="Ask for less: fewer days, one kind, or a smaller area.",
        )
