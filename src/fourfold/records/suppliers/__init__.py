"""Suppliers: one module each, with its contract in words and its known faults.

A supplier's module says whether it recognises a file (`recognises`) and turns a reading into records (`received`).
Both are pure: they see text that `records.reading` accounted for, and give frames. They never open a file and never
write one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from fourfold.records.account import Reading, Reject


@dataclass(frozen=True, kw_only=True)
class Received:
    """One file (or archive member), turned into records.

    `tables` holds the kept rows, each with `line_number`. `rejects` are rows that the contract refused, beyond those
    that could not be read. `stream` names what the file is a part of, and `coverage` the months of each force that it
    speaks for: a later batch of the same stream replaces those months and no others. A file with no `coverage`
    (boundaries, lookups) replaces the whole of its stream. With `keyed_by`, the columns of a row's key, a later row
    replaces earlier ones of its key and nothing else; `coverage` then says which months are held, and `dated` in which
    months rows lie (None where they have no date). `flags` counts rows kept with a fault, by fault;
    `unparsed` counts, by column, the values that would not parse and stand as raw text beside a null. `unknown_codes`
    counts, by field, the codes on no list that may be said.
    """

    dataset: str
    stream: str
    force_id: str | None
    tables: Mapping[str, pl.DataFrame]
    coverage: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()
    flags: Mapping[str, int] = field(default_factory=dict)
    unparsed: Mapping[str, int] = field(default_factory=dict)
    mapping_version: str = "1"
    is_open: bool = True
    source: str = ""
    notes: tuple[str, ...] = ()
    keyed_by: tuple[str, ...] = ()
    dated: tuple[date, ...] | None = None
    extracted_on: date | None = None
    unknown_codes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def row_texts(reading: Reading, lines: Iterable[int]) -> dict[int, str]:
    """Accepted rows written out again as text, by line number, for the rejects that a contract makes of them."""
    wanted = reading.rows.filter(pl.col("line_number").is_in(list(lines)))
    texts: dict[int, str] = {}
    for line, *values in wanted.select("line_number", *reading.header).iter_rows():
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(values)
        texts[line] = text.getvalue()
    return texts
