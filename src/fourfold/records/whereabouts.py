"""Whereabouts: every row, reference, text and returned line that is of a person, in any batch, whatever its standing.

What an erasure takes, and what a bundle shows. Rows and references are found by the rule table (`subjects`); texts of the
person's own crimes by any detail of the person, other texts by those details that nobody else has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.records.lake import Batch, Lake
from fourfold.records.redaction import cases, pattern, plain
from fourfold.records.subjects import (
    DETAILS,
    KEYS,
    PARTS,
    PEOPLE,
    STRUCTURED,
    Mask,
    Subject,
    details_of,
    every_part,
    keys_of,
    marked,
    mask_of,
    rules,
    surveys_of,
)
from fourfold.records.suppliers.contracts import PERSONAL


@dataclass
class Whereabouts:
    """Where a person stands in what is held, batch by batch; what an erasure takes, and a bundle shows."""

    gone: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    """Rows that go: by batch, by table, their lines."""
    nulled: dict[str, dict[str, dict[str, set[int]]]] = field(default_factory=dict)
    """References that go: by batch, by table, by column, the lines."""
    within: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    """Words that go from a kept line: by batch and line."""
    texts: dict[str, dict[str, dict[int, set[str]]]] = field(default_factory=dict)
    """The same by table of parts: batch, table, line."""
    rejects: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def batches(self) -> set[str]:
        """The batches in which something is of the person."""
        return {*self.gone, *self.nulled, *self.within, *self.rejects}

    @property
    def rows(self) -> dict[str, int]:
        """How many rows go, by table."""
        found: dict[str, int] = {}
        for tables in self.gone.values():
            for table, lines in tables.items():
                if not table.endswith(PERSONAL):
                    found[table] = found.get(table, 0) + len(lines)
        return found

    @property
    def references(self) -> dict[str, int]:
        """How many references and values go from rows that stay, by table."""
        found: dict[str, int] = {}
        for tables in self.nulled.values():
            for table, columns in tables.items():
                found[table] = found.get(table, 0) + sum(len(lines) for lines in columns.values())
        return found

    @property
    def lines_of_text(self) -> int:
        """How many texts lose a detail."""
        return sum(len(lines) for tables in self.texts.values() for lines in tables.values())

    def lines_gone(self, batch_id: str) -> set[int]:
        """The lines of a batch whose rows are the person's."""
        return {line for lines in self.gone.get(batch_id, {}).values() for line in lines}

    def word(self, batch_id: str, table: str, line: int, words: Iterable[str]) -> None:
        """Mark words that stand in a text of a row."""
        self.texts.setdefault(batch_id, {}).setdefault(table, {}).setdefault(line, set()).update(words)
        self.within.setdefault(batch_id, {}).setdefault(line, set()).update(words)


def planned(
    home: Path, lake: Lake, subject: Subject
) -> tuple[Whereabouts, dict[tuple[str, str], tuple[str, ...]], tuple[str, ...]]:
    """What goes, the words that go within each of the person's crimes, and the details that nobody else has."""
    work = Whereabouts()
    keys = keys_of(home, subject)
    surveys = surveys_of(lake, keys)
    keys |= surveys
    mask = mask_of(keys)
    for batch in lake.batches():
        _rows_marked(batch, mask, work)
    held = details_of(home, subject)
    words = _words(held)
    distinct = _distinct(home, subject, held)
    own = {(force, ref) for table, force, ref, _, _ in subject.parts.iter_rows() if table == "people"}
    _texts_marked(lake, own, words, distinct, work)
    _rejects_marked(lake, (*distinct, *subject.references), work)
    return work, dict.fromkeys(own, words), distinct


def _rows_marked(batch: Batch, mask: Mask, work: Whereabouts) -> None:
    for table in batch.tables:
        if not any(rule.table == table for rule in rules()):
            continue
        path = batch.folder / f"{table}.parquet"
        names = [c for c in KEYS if c in pl.read_parquet_schema(path)]
        rows = pl.read_parquet(path, columns=names)
        gone, nulled = marked(table, rows, mask)
        if gone:
            work.gone.setdefault(batch.batch_id, {})[table] = gone
            work.gone[batch.batch_id][table + PERSONAL] = gone
        if nulled:
            work.nulled.setdefault(batch.batch_id, {})[table] = nulled
            for column, lines in nulled.items():
                for line, word in (
                    rows.filter(pl.col("line_number").is_in(lines)).select("line_number", column).iter_rows()
                ):
                    work.within.setdefault(batch.batch_id, {}).setdefault(line, set()).add(word)


def _words(held: pl.DataFrame) -> tuple[str, ...]:
    """The words that go from texts of the person's own crimes: names, numbers and addresses, single and whole."""
    found = set()
    for row in held.iter_rows(named=True):
        found |= {
            plain(row[c])
            for c in ("forename", "middle_name", "surname", "organisation_name", "address", "phone", "email")
        }
        found |= set(_full_names(row))
    return tuple(sorted(w for w in found if len(w) > 1))


def _full_names(row: Mapping[str, Any]) -> Iterable[str]:
    first, last = plain(row["forename"]), plain(row["surname"])
    if first and last:
        yield f"{first} {last}"
        yield f"{last}, {first}"


def _distinct(home: Path, subject: Subject, held: pl.DataFrame) -> tuple[str, ...]:
    """Details that no other part has: they are taken out wherever somebody wrote them, and looked for when it is done."""
    own: dict[str, set[str]] = {c: {plain(v) for v in held[c].drop_nulls()} - {""} for c in DETAILS}
    names = {n for row in held.iter_rows(named=True) for n in _full_names(row)}
    lines = held.select("batch_id", "line_number")
    others: dict[str, set[str]] = {c: set() for c in DETAILS}
    pairs: set[str] = set()
    for batch in Lake(home).batches():
        for table in PEOPLE:
            path = batch.folder / f"{table}{PERSONAL}.parquet"
            if table not in batch.tables or not path.exists():
                continue
            has = pl.read_parquet_schema(path)
            wanted = [
                c
                for c in ("forename", "middle_name", "surname", "organisation_name", "address", "phone", "email")
                if c in has
            ]
            lower = {c: [v.lower() for v in own[c]] for c in wanted}
            rows = (
                pl.scan_parquet(path).select("batch_id", "line_number", *wanted)
                .filter(pl.any_horizontal(pl.col(c).str.to_lowercase().is_in(lower[c]) for c in wanted))
                .join(lines.lazy(), on=["batch_id", "line_number"], how="anti").collect()
            )  # fmt: skip
            for c in wanted:
                others[c] |= {v.lower() for v in rows[c].drop_nulls()}
            pairs |= {n.lower() for row in rows.iter_rows(named=True) for n in _full_names(row)}
    own_to_one = {
        w for c in ("surname", "organisation_name", "address", "phone", "email") for w in own[c]
        if w.lower() not in others[c] and (c not in ("surname",) or w.lower() not in others["forename"])
    }  # fmt: skip
    return tuple(
        sorted(own_to_one | {n for n in names if n.lower() not in pairs} | set(_own_references(home, subject)))
    )


def _own_references(home: Path, subject: Subject) -> Iterable[str]:
    others = every_part(home).select(*PARTS).unique().join(
        subject.parts.lazy(), on=list(PARTS), how="anti", nulls_equal=True
    )  # fmt: skip
    taken = set(others.select(pl.col("person_ref").drop_nulls().unique()).collect().to_series())
    return [r for r in subject.references if r not in taken]


def texts_of(batch: Batch) -> Iterable[tuple[str, Path, list[str]]]:
    """The parts of a batch with what people wrote: table, path, columns of text."""
    if batch.is_open:
        return
    for table in batch.tables:
        path = batch.folder / f"{table}.parquet"
        columns = [
            n for n, kind in pl.read_parquet_schema(path).items()
            if kind == pl.String and n not in STRUCTURED and not n.endswith(("_code", "_ref", "_id", "_hash"))
        ]  # fmt: skip
        if columns:
            yield table, path, columns


def _texts_marked(
    lake: Lake, own: set[tuple[str, str]], words: Sequence[str], distinct: Sequence[str], work: Whereabouts
) -> None:
    """Mark the words to go from texts: of the person's crimes all details, of any other row those nobody else has."""
    for batch in lake.batches():
        mine = _lines_of_crimes(batch, own)
        gone = work.lines_gone(batch.batch_id)
        for table, path, columns in texts_of(batch):
            rows = pl.scan_parquet(path).select("line_number", *columns)
            wanted = cases((*words, *distinct))
            if not wanted:
                continue
            met = pl.any_horizontal(pl.col(c).str.contains_any(wanted, ascii_case_insensitive=True) for c in columns)
            for row in rows.filter(met).collect().iter_rows():
                line, texts = row[0], " \n ".join(t for t in row[1:] if t)
                asked = {*distinct, *(words if line in mine else ())}
                found = [w for w in asked if _stands_in(w, texts)]
                if found and line not in gone:
                    work.word(batch.batch_id, table, line, found)


def _stands_in(word: str, text: str) -> bool:
    return re.search(pattern([word]), text) is not None


def _lines_of_crimes(batch: Batch, own: set[tuple[str, str]]) -> set[int]:
    """The lines of a batch that are about some crimes."""
    found: set[int] = set()
    refs = list({ref for _, ref in own})
    for table in batch.tables:
        path = batch.folder / f"{table}.parquet"
        if refs and "crime_ref" in pl.read_parquet_schema(path):
            rows = (
                pl.scan_parquet(path)
                .filter(pl.col("crime_ref").is_in(refs))
                .select("line_number", "force_id", "crime_ref")
            )
            found |= {line for line, force, ref in rows.collect().iter_rows() if (force, ref) in own}
    return found


def _rejects_marked(lake: Lake, details: Sequence[str], work: Whereabouts) -> None:
    for batch in lake.batches():
        path = batch.folder / "rejects.parquet"
        if not int(batch.account["rejected"]) or not details:
            continue
        for line, last, raw in pl.read_parquet(path, columns=["line", "last_line", "raw"]).iter_rows():
            if raw and any(_stands_in(w, raw) for w in details):
                work.rejects.setdefault(batch.batch_id, []).append((line, last))
