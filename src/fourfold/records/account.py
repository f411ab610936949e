"""The account of a file: where each of its lines went, and the text of its rows.

For text, every physical line is in exactly one of header, accepted (the first line of a record kept), continuation (its
further lines, where a quoted field holds line breaks), rejected and blank. For workbooks the unit is the row, for JSON
the element.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, kw_only=True)
class LineAccount:
    """How many lines (rows, elements) went where."""

    unit: str
    total: int
    header: int
    accepted: int
    continuation: int = 0
    rejected: int = 0
    blank: int = 0

    @property
    def is_balanced(self) -> bool:
        """Whether every line is in exactly one place."""
        return self.total == self.header + self.accepted + self.continuation + self.rejected + self.blank


@dataclass(frozen=True, kw_only=True)
class Reject:
    """Lines returned, from `line` to `last_line` (from 1), with the reason and what to do.

    `raw` is the text itself: it is kept with the batch, where its owner can read it, and never put in a message.
    """

    line: int
    last_line: int
    code: str
    column: str | None
    cause: str
    remedy: str
    raw: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One table as read: `rows` holds a text column for each name in `header`, null where the field is empty, and
    `line_number`, the first line of the record. `encoding` is the one used."""

    name: str
    encoding: str
    header: tuple[str, ...]
    rows: pl.DataFrame
    account: LineAccount
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def header_in_words(self) -> str:
        """The column names, for a message; not when they look like a row of data, which could name a person."""
        return columns_in_words(self.header)


_DATA_LIKE = re.compile(r"\d{3}|\d[/-]\d|@|^\W*$")


def columns_in_words(header: tuple[str, ...]) -> str:
    """Column names joined for a message, or only their number where the first line seems to be data."""
    if any(_DATA_LIKE.search(name) or len(name) > 60 for name in header):
        return f"the first line gives {len(header)} columns, and it seems to be a row and not names"
    return "the columns are " + ", ".join(header)
