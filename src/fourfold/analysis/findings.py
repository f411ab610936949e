"""Findings: a figure with everything needed to make it again and to trace it to its rows.

A Finding is immutable and plain data: it can be written as JSON, read back, and compared. Its identity is a hash of
its content, so the same figure from the same records, definitions, method and code has the same identity.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fourfold.codes.periods import Window

Value = int | float | str | None
NO_CONTROL = "no disclosure control applied"
"""What a Finding says of disclosure whose numbers are as they were counted."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What was counted: a measure (or other named definition), its version and its words."""

    name: str
    version: str
    title: str
    text: str
    codes: tuple[str, ...] = ()
    source: str = ""
    status: str = "unconfirmed"


@dataclass(frozen=True, kw_only=True)
class Method:
    """How it was worked out, in a sentence, with the source of the method."""

    name: str
    text: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A range around the value, in the value's own unit, and what the range means."""

    low: float
    high: float
    level: float
    meaning: str


_Z95 = 1.959963984540054


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95% interval of a share of k in n, in per cent; all of it where n is nought.

    Source: Wilson (1927), Journal of the American Statistical Association 22.
    """
    if not n:
        return 0.0, 100.0
    p, z2 = k / n, _Z95 * _Z95 / n
    middle, half = p + z2 / 2, _Z95 * math.sqrt(p * (1 - p) / n + z2 / n / 4)
    return max(0.0, 100 * (middle - half) / (1 + z2)), min(100.0, 100 * (middle + half) / (1 + z2))


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which held rows a count rests on: enough to find each line of each file again.

    `table` is a table of the lake; `equals` maps a column to the values it may take; `first` and `last` bound the
    column named by `dated_by`. `weight` names the column that is summed, or is empty where rows are counted.
    """

    table: str
    equals: Mapping[str, tuple[str | bool | None, ...]]
    dated_by: str
    first: date
    last: date
    weight: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of counted figures: column names, and rows in a stable order. Never rows about one person."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def records(self) -> list[dict[str, Value]]:
        """The rows as dictionaries keyed by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def column(self, name: str) -> list[Value]:
        """One column's values, in row order."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


class Grid(Table):
    """A table of counts by several keys, kept as an array: it may have a million cells, of which only sums are wanted.

    `keys` are the values of each key column, in order; `counts` has a dimension for each. As a table it has a row for each
    cell that holds any, made only when somebody asks for them.
    """

    def __init__(
        self, *, columns: tuple[str, ...], keys: tuple[tuple[Value, ...], ...], counts: npt.NDArray[np.int64]
    ) -> None:
        for name, given in (("columns", columns), ("keys", keys), ("counts", counts)):
            object.__setattr__(self, name, given)

    keys: tuple[tuple[Value, ...], ...]
    counts: npt.NDArray[np.int64]

    @cached_property
    def rows(self) -> tuple[tuple[Value, ...], ...]:
        """A row for each cell that holds any, in the order of the keys."""
        held = self.counts.nonzero()
        keys = ([key[at] for at in index] for key, index in zip(self.keys, held, strict=True))
        return tuple(zip(*keys, self.counts[held].tolist(), strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and (self.columns, self.rows) == (other.columns, other.rows)

    def __hash__(self) -> int:
        return hash((self.columns, self.rows))


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One figure, or one table of figures, with its provenance.

    `value` is in `unit`; None means that it cannot be said, and `verdict` then says why. `n` is the number of records
    the value rests on, None only where it is withheld from what is published. `parts` are the findings it was computed
    from: a change holds its two counts.
    """

    kind: str
    title: str
    value: Value
    unit: str
    n: int | None
    windows: tuple[Window, ...]
    area: str
    definition: Definition
    method: Method
    as_at: datetime
    batches: tuple[str, ...]
    code_version: str
    interval: Interval | None = None
    verdict: str | None = None
    table: Table | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    code_lists: Mapping[str, str] = field(default_factory=dict)
    mappings: Mapping[str, str] = field(default_factory=dict)
    disclosure: str = NO_CONTROL
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    parts: tuple[Finding, ...] = ()
    selection: Selection | None = None

    @cached_property
    def id(self) -> str:
        """A short name that follows from the content: the first 12 hex digits of its SHA-256."""
        return hashlib.sha256(self.as_json(indent=None).encode()).hexdigest()[:12]

    def written(self) -> tuple[str, str]:
        """Its name and its content as JSON on one line, of which the name follows; worked out together."""
        text = self.as_json(indent=None)
        self.__dict__["id"] = hashlib.sha256(text.encode()).hexdigest()[:12]
        return self.id, text

    @property
    def records(self) -> int:
        """The number of records that it rests on, of a finding from which nothing is withheld."""
        assert self.n is not None, "a finding made for publication is not computed with"
        return self.n

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain data that JSON can hold."""
        plain = _plain(self)
        assert isinstance(plain, dict)
        return plain

    def as_json(self, indent: int | None = 2) -> str:
        """The finding as JSON, keys in a fixed order."""
        return json.dumps(self.as_dict(), indent=indent, sort_keys=True, ensure_ascii=False, allow_nan=False)

    def walk(self) -> Iterator[Finding]:
        """This finding and all it was computed from, itself first."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def part(self, kind: str) -> Finding:
        """The first finding of that kind among those it was computed from."""
        return next(found for found in self.walk() if found.kind == kind)


def finding_from_dict(plain: Mapping[str, Any]) -> Finding:
    """The Finding that `as_dict` wrote; `finding_from_dict(f.as_dict()) == f`."""
    given = dict(plain)
    selection = given.get("selection")
    table = given.get("table")
    return Finding(
        **{
            **given,
            "windows": tuple(_window(w) for w in given["windows"]),
            "definition": Definition(**{**given["definition"], "codes": tuple(given["definition"]["codes"])}),
            "method": Method(**given["method"]),
            "as_at": datetime.fromisoformat(given["as_at"]),
            "batches": tuple(given["batches"]),
            "interval": None if given.get("interval") is None else Interval(**given["interval"]),
            "table": None
            if table is None
            else Table(columns=tuple(table["columns"]), rows=tuple(tuple(row) for row in table["rows"])),
            "sources": tuple(given.get("sources", ())),
            "notes": tuple(given.get("notes", ())),
            "parts": tuple(finding_from_dict(part) for part in given.get("parts", ())),
            "selection": None if selection is None else _selection(selection),
        }
    )


def _window(plain: Mapping[str, str]) -> Window:
    return Window(date.fromisoformat(plain["first"]), date.fromisoformat(plain["last"]))


def _selection(plain: Mapping[str, Any]) -> Selection:
    return Selection(
        table=plain["table"],
        equals={name: tuple(values) for name, values in plain["equals"].items()},
        dated_by=plain["dated_by"],
        first=date.fromisoformat(plain["first"]),
        last=date.fromisoformat(plain["last"]),
        weight=plain["weight"],
    )


_AS_IT_IS = frozenset({str, int, float, bool, type(None)})


def _plain(value: Any) -> Any:
    """Dataclasses, mappings, sequences and dates as JSON's own types."""
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [item if type(item) in _AS_IT_IS else _plain(item) for item in value]
    return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
