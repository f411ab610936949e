"""Long lists, a page at a time: the page's number stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

ROWS = 50


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
    """The page of some rows (a sequence or a query) that the address asks for; the nearest where it asks for none such."""
    n = len(rows) if total is None else total
    pages = max(1, -(-n // ROWS))
    asked = request.GET.get("page", "1")
    number = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 9 else 1
    return Leaf(list(rows[(number - 1) * ROWS : number * ROWS]), number, pages, n)
