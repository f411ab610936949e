"""Tombstones: what is kept of somebody who was erased, so that the same rows do not come back.

A tombstone is a keyed hash: of each reference by which rows named the person, of each detail within the person's own
crimes, and of each line of a file from which a detail was taken. The key is a secret of the records' folder. When a file
brings the rows again they are counted as erased, and neither kept nor left in the file as received.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from fourfold.records.account import Reject
from fourfold.records.lake import Lake, write_part
from fourfold.records.redaction import ERASED, Edits, OneField, taken_out
from fourfold.records.subjects import Mask, Subject, bound_keys, key_of, keys_of, marked, salt_of, surveys_of
from fourfold.records.suppliers.contracts import PERSONAL
from fourfold.records.whereabouts import columns_of_text, one_field, words_of_field

_PHRASE = 8
"""A detail of more words than this is kept as no tombstone."""


def tombstones_written(
    home: Path, folder: Path, subject: Subject, words: Mapping[tuple[str, str], Sequence[str]],
    struck: Iterable[tuple[str, str, int]],
) -> None:  # fmt: skip
    """Write down what is kept so that the person does not come back, into an erasure's folder.

    `words` are the details taken from texts, by the force and reference of the person's own crimes; `struck` the lines of
    files from which something was taken: content hash, what was read of the file, line. Of a detail it is also kept how
    many words it has.
    """
    named = keys_of(home, subject)
    keys = {(k, 0) for k in bound_keys(Lake(home), named) | surveys_of(Lake(home), named)}
    for (force, ref), details in words.items():
        keys.add((key_of("crime", force, ref), 0))
        for said in map(normal, details):
            length = len(said.split())
            if 0 < length <= _PHRASE:
                keys.add((key_of("word", force, ref, said), length))
    keys |= {(key_of("line", content_hash, inner, str(line)), 0) for content_hash, inner, line in struck}
    salt = salt_of(home)
    rows = sorted((_hashed(salt, key), length) for key, length in keys)
    held = pl.DataFrame(rows, schema={"digest": pl.String, "words": pl.Int64}, orient="row")
    write_part(held, folder / "tombstones.parquet")


@dataclass(frozen=True)
class Returned:
    """A file's rows less what was erased before: its tables and rejects, and the edits of the file that is kept."""

    tables: dict[str, pl.DataFrame]
    rejects: tuple[Reject, ...]
    edits: Edits


def without_erased(
    home: Path, content_hash: str, inner: str, tables: Mapping[str, pl.DataFrame], rejects: tuple[Reject, ...]
) -> Returned:
    """Take out of a file that comes in what was erased before, by its tombstones."""
    place = home / "lake" / "erasures"
    parts = sorted(place.glob("*/tombstones.parquet")) if place.is_dir() else []
    parts = [p for p in parts if not p.parent.name.endswith(".unfinished")]
    if not parts:
        return Returned(dict(tables), rejects, Edits())
    stones = pl.concat([pl.read_parquet(p) for p in parts])
    met = _Met(
        frozenset(stones["digest"]),
        salt_of(home),
        tuple(sorted(set(stones["words"]) - {0})),
        (content_hash, inner),
        dict(tables),
    )
    met.rows(tables)
    met.texts(tables)
    return met.returned(rejects)


@dataclass
class _Met:
    """What tombstones meet in a file: `known` hashes under a `salt`, details of so many words, and the file itself."""

    known: frozenset[str]
    salt: bytes
    lengths: tuple[int, ...]
    file: tuple[str, str]
    out: dict[str, pl.DataFrame]
    gone: set[int] = field(default_factory=set)
    fields: dict[int, list[OneField]] = field(default_factory=dict)

    def has(self, *key: str) -> bool:
        return _hashed(self.salt, key_of(*key)) in self.known

    def mask(self, keys: pl.Series) -> pl.Series:
        return pl.Series([k is not None and _hashed(self.salt, k) in self.known for k in keys], dtype=pl.Boolean)

    def rows(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """The rows that go, and the references that go from rows that stay."""
        for table, rows in tables.items():
            lost, nulled = marked(table, rows, self.mask, is_bound=True)
            self.gone |= lost
            for column, lines in nulled.items():
                is_one = pl.col("line_number").is_in(list(lines))
                for line, said in rows.filter(is_one).select("line_number", column).iter_rows():
                    self.fields.setdefault(line, []).append(one_field(table, column, said))
                self.out[table] = self.out[table].with_columns(pl.when(~is_one).then(pl.col(column)).alias(column))

    def texts(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """The details that go from texts of crimes from which somebody was erased, and from lines struck before."""
        crimes = _crimes_met(tables, self.mask)
        struck = {line for line in _lines(tables) if self.has("line", *self.file, str(line))}
        touched = list((set(crimes) | struck) - self.gone)
        if not touched:
            return
        for table, rows in tables.items():
            columns = [c for c in rows.columns if c in columns_of_text().get(table, ())]
            if not columns or "line_number" not in rows.columns:
                continue
            met = rows.filter(pl.col("line_number").is_in(touched))
            for row in met.select("line_number", *columns).iter_rows(named=True):
                is_struck = row["line_number"] in struck and table.endswith(PERSONAL)
                for column in columns:
                    self._text(table, column, row["line_number"], row[column] or "", crimes, is_struck)

    def _text(
        self, table: str, column: str, line: int, text: str, crimes: Mapping[int, list[tuple[str, str]]], is_struck: bool
    ) -> None:  # fmt: skip
        found = {text} if is_struck and text else set()
        for crime in crimes.get(line, ()):
            found |= {as_is for said, as_is in phrases(text, self.lengths) if self.has("word", *crime, said)}
        if found:
            self.fields.setdefault(line, []).append(words_of_field(table, column, found))
            clean = (
                pl.when(pl.col("line_number") == line).then(taken_out(pl.col(column), sorted(found))).otherwise(column)
            )
            self.out[table] = self.out[table].with_columns(clean.alias(column))

    def returned(self, rejects: tuple[Reject, ...]) -> Returned:
        """The tables and rejects as they are kept, and what goes from the file."""
        out = self.out
        if self.gone:
            out = {name: rows.filter(~pl.col("line_number").is_in(list(self.gone))) for name, rows in out.items()}
        blanked: set[int] = set()
        kept = []
        for one in rejects:
            is_struck = self.has("line", *self.file, str(one.line))
            blanked |= set(range(one.line, one.last_line + 1)) if is_struck else set()
            kept.append(replace(one, raw=ERASED) if is_struck else one)
        fields = {line: tuple(some) for line, some in self.fields.items()}
        return Returned(out, tuple(kept), Edits(frozenset(self.gone), frozenset(blanked), fields))


_WORD = re.compile(r"[\w@+-]+(?:\.[\w@+-]+)*")


def normal(phrase: str) -> str:
    """Words as they compare: without case and marks, with one space between."""
    return " ".join(m.group().casefold() for m in _WORD.finditer(phrase))


def phrases(text: str, lengths: Iterable[int]) -> Iterator[tuple[str, str]]:
    """Runs of so many words of a text: as they compare, and as they stand."""
    words = list(_WORD.finditer(text))
    for length in lengths:
        for at in range(len(words) - length + 1):
            own = words[at : at + length]
            yield " ".join(m.group().casefold() for m in own), text[own[0].start() : own[-1].end()]


def _lines(tables: Mapping[str, pl.DataFrame]) -> set[int]:
    return {line for rows in tables.values() if "line_number" in rows.columns for line in rows["line_number"]}


def _crimes_met(tables: Mapping[str, pl.DataFrame], mask: Mask) -> dict[int, list[tuple[str, str]]]:
    """The lines about crimes from which somebody was erased, each with the crime."""
    found: dict[int, list[tuple[str, str]]] = {}
    for rows in tables.values():
        if not {"force_id", "crime_ref", "line_number"} <= set(rows.columns):
            continue
        key = pl.concat_str([pl.lit("crime"), pl.col("force_id").fill_null(""), pl.col("crime_ref")], separator="\0")
        hits = rows.filter(mask(rows.select(key.alias("key")).to_series()))
        for line, force, ref in hits.select("line_number", "force_id", "crime_ref").iter_rows():
            found.setdefault(line, []).append((force or "", ref))
    return found


def _hashed(salt: bytes, key: str) -> str:
    return hmac.new(salt, key.encode(), "sha256").hexdigest()[:32]
