"""Long lists, a page at a time: the page's number stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from fourfold.errors import RequestInvalid

ROWS = 50
MOST_TAKEN = 20_000
"""More rows than this are not taken away at once: whoever asks is told to ask for less."""


@dataclass(frozen=True)
class Leaf:
    """One page of a list: its rows, its number from 1, how many pages and rows there are, and how many rows lie before."""

    rows: Sequence[Any]
    number: int
    pages: int
    total: int

    @property
    def before(self) -> int:
        """How many rows lie before it."""
        return (self.number - 1) * ROWS


def leaf(request: HttpRequest, rows: Any, total: int | None = None) -> Leaf:
    """The page of some rows (a sequence or a query) that the address asks for; the nearest where it asks for none such.

    Where a table of the page is to be taken away, the rows are all there. Raises RequestInvalid beyond `MOST_TAKEN`.
    """
    if asked_to_take(request):
        not_too_many(len(rows) if total is None else total)
        return leaf_of(rows, "1", MOST_TAKEN, total)
    return leaf_of(rows, request.GET.get("page", "1"), ROWS, total)


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


def leaf_of(rows: Any, asked: str, size: int, total: int | None = None) -> Leaf:
    """A page of some rows by its number, in pages of a size."""
    n = len(rows) if total is None else total
    pages = max(1, -(-n // size))
    number = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 9 else 1
    return Leaf(list(rows[(number - 1) * size : number * size]), number, pages, n)
