"""Whereabouts: every row, reference, text and returned line that is of a person, in any batch, whatever its standing.

What an erasure takes, and what a bundle shows. Rows and references are found by the rule table (`subjects`); texts of the
person's own crimes by any detail of the person, other texts by those details that nobody else has and that tell of one
person by themselves: never a surname, which is a place, a make and a word too. Texts are the columns in which people write
(personal text of a contract, and what could not be parsed); a coded column is never searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.records.lake import Batch, Lake
from fourfold.records.redaction import OneField, national, pattern, plain, stands_in
from fourfold.records.subjects import (
    DETAILS,
    KEYS,
    PARTS,
    PEOPLE,
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
from fourfold.records.suppliers.catalogue import contracts
from fourfold.records.suppliers.contracts import PERSONAL


@dataclass
class Whereabouts:
    """Where a person stands in what is held, batch by batch; what an erasure takes, and a bundle shows."""

    gone: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    """Rows that go: by batch, by table, their lines."""
    nulled: dict[str, dict[str, dict[str, set[int]]]] = field(default_factory=dict)
    """References that go: by batch, by table, by column, the lines."""
    texts: dict[str, dict[str, dict[int, set[str]]]] = field(default_factory=dict)
    """Words that go from the texts of a kept row: by batch, table and line."""
    rejects: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    fields: dict[str, dict[int, tuple[OneField, ...]]] = field(default_factory=dict)
    """Fields, or words of them, that go from a kept line of the file as received: by batch and line."""

    @property
    def batches(self) -> set[str]:
        """The batches in which something is of the person."""
        return {*self.gone, *self.nulled, *self.rejects, *self.fields}

    def touched(self, batch_id: str) -> int:
        """How many lines of a batch lose something, or go."""
        lines = self.lines_gone(batch_id) | set(self.fields.get(batch_id, {}))
        return len(lines) + len(self.rejects.get(batch_id, []))

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

    def lines_worded(self, batch_id: str) -> set[int]:
        """The lines of a batch that stay, and whose texts lose a detail."""
        return {line for lines in self.texts.get(batch_id, {}).values() for line in lines}

    def word(self, batch_id: str, table: str, column: str, line: int, words: Sequence[str]) -> None:
        """Mark words that stand in a text of a row."""
        self.texts.setdefault(batch_id, {}).setdefault(table, {}).setdefault(line, set()).update(words)
        self.field(batch_id, line, words_of_field(table, column, words))

    def field(self, batch_id: str, line: int, one: OneField) -> None:
        """Mark a field of a kept line of the file as received."""
        own = self.fields.setdefault(batch_id, {})
        own[line] = (*own.get(line, ()), one)


@dataclass(frozen=True)
class Planned:
    """What goes, and by which words: `words` within each of the person's crimes, by force and reference.

    `details` are all that is held of the person, as they may be written: they go from whatever is about the person alone.
    `distinct` are the details that nobody else has and that tell of one person by themselves: they go from every text.
    `shared` counts details that others have too.
    """

    work: Whereabouts
    words: dict[tuple[str, str], tuple[str, ...]]
    details: tuple[str, ...]
    distinct: tuple[str, ...]
    shared: int


def planned(home: Path, lake: Lake, subject: Subject) -> Planned:
    """What goes with a person, and by which words."""
    work = Whereabouts()
    keys = keys_of(home, subject)
    surveys = surveys_of(lake, keys)
    keys |= surveys
    mask = mask_of(keys)
    for batch in lake.batches():
        _rows_marked(batch, mask, work)
    held = details_of(home, subject)
    words = _words(held)
    distinct, shared = _distinct(home, subject, held)
    own = _crimes_of(subject)
    _texts_marked(lake, own, words, distinct, work)
    _rejects_marked(lake.batches(), _told_by(home, subject, held, distinct), work)
    return Planned(work, dict.fromkeys(own, words), words, distinct, shared)


def _crimes_of(subject: Subject) -> set[tuple[str, str]]:
    """The crimes that a person has a part in: force and reference."""
    return {(force, ref) for table, force, ref, _, _ in subject.parts.iter_rows() if ref and table != "fraud_victims"}


def lines_of(home: Path, subject: Subject) -> dict[str, set[int]]:
    """The lines of each batch whose rows are of a person or name the person, or are of a crime done to the person and of nobody.

    Fewer columns and rows are read than for `planned`: nothing that people wrote is looked through.
    """
    lake, keys = Lake(home), keys_of(home, subject)
    surveys = surveys_of(lake, keys)
    mask = mask_of(keys | surveys)
    crimes = {ref for _, ref in _crimes_of(subject)}
    wanted = {
        "crime_ref": crimes, "person_ref": {*subject.references}, "for_person_ref": {*subject.references},
        "report_ref": {ref for _, ref in subject.reports}, "survey_ref": {key.split("\0")[-1] for key in surveys},
    }  # fmt: skip
    parts = subject.parts.filter((pl.col("table") == "people") & (pl.col("role") == "victim"))
    suffered = parts.select("force_id", crime_ref="ref").unique()
    found: dict[str, set[int]] = {}
    for batch in lake.batches():
        for table in () if batch.is_open else batch.tables:
            rows = _rows_with(batch, table, wanted)
            if not rows.is_empty():
                gone, nulled = marked(table, rows, mask)
                lines = gone.union(*nulled.values(), _of_nobody(table, rows, suffered))
                found.setdefault(batch.batch_id, set()).update(lines)
    return {batch: lines for batch, lines in found.items() if lines}


def lines_about(home: Path, crime_ref: str) -> dict[str, set[int]]:
    """The lines of each batch whose rows are of a crime."""
    found: dict[str, set[int]] = {}
    for batch in Lake(home).batches():
        for table in () if batch.is_open else batch.tables:
            rows = _rows_with(batch, table, {"crime_ref": {crime_ref}})
            if not rows.is_empty():
                found.setdefault(batch.batch_id, set()).update(rows["line_number"])
    return found


def _rows_with(batch: Batch, table: str, wanted: Mapping[str, Iterable[str]]) -> pl.DataFrame:
    """The columns of KEYS of a batch's table, of the rows that have one of some references in one of some columns."""
    path = batch.folder / f"{table}.parquet"
    schema = pl.read_parquet_schema(path)
    names = [column for column in KEYS if column in schema]
    met = [pl.col(column).is_in(list(of)) for column, of in wanted.items() if column in names and of]
    if not met or "line_number" not in names:
        return pl.DataFrame(schema=["line_number"])
    return pl.scan_parquet(path).select(names).filter(pl.any_horizontal(met)).collect()


def _of_nobody(table: str, rows: pl.DataFrame, crimes: pl.DataFrame) -> set[int]:
    """The lines that are of some crimes, and name nobody: what was done to somebody, and not who else was there."""
    if table in PEOPLE or not {"force_id", "crime_ref"} <= set(rows.columns):
        return set()
    named = [pl.col(column).is_null() for column in ("person_ref", "for_person_ref") if column in rows.columns]
    own = rows.join(crimes, on=["force_id", "crime_ref"], how="semi")
    return set(own.filter(named)["line_number"] if named else own["line_number"])


def returned_of(home: Path, subject: Subject) -> dict[str, list[tuple[int, int]]]:
    """The lines of each batch that were returned and are of a person: first and last."""
    lake, work = Lake(home), Whereabouts()
    held = details_of(home, subject)
    near = (*_words(held), *subject.references)  # whatever is of the person has one of these in it
    batches = [batch for batch in lake.batches() if _may_be_returned(batch, near)]
    if batches:
        distinct, _ = _distinct(home, subject, held)
        _rejects_marked(batches, _told_by(home, subject, held, distinct), work)
    return work.rejects


def _may_be_returned(batch: Batch, words: Sequence[str]) -> bool:
    if not int(batch.account["rejected"]) or not words:
        return False
    rows = pl.scan_parquet(batch.folder / "rejects.parquet").select(stands_in(pl.col("raw"), words).any())
    return bool(rows.collect().item())


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
                own = rows.filter(pl.col("line_number").is_in(lines)).select("line_number", column)
                for line, said in own.iter_rows():
                    work.field(batch.batch_id, line, one_field(table, column, said))


_WORDS = ("forename", "middle_name", "surname", "organisation_name", "address", "phone", "email")


def _words(held: pl.DataFrame) -> tuple[str, ...]:
    """The words that go from texts of the person's own crimes: each detail as it may be written, and whole names."""
    found = set()
    for row in held.iter_rows(named=True):
        for column in DETAILS:
            found |= forms(column, plain(row[column]))
        found |= set(_full_names(row))
    return tuple(sorted(w for w in found if len(w) > 1))


def forms(column: str, value: str) -> set[str]:
    """A detail as somebody may write it: a day in words and figures, a number and a postcode with and without spaces."""
    if not value:
        return set()
    if column == "born_on":
        day = date.fromisoformat(value[:10])
        return {f"{day:{form}}" for form in _DAYS}
    bare = re.sub(r"[\s-]", "", value)
    if column == "phone" and re.fullmatch("0[0-9]{9,10}", national(value)):
        bare = national(value)
        spaced = {f"{bare[:n]} {bare[n:]}" for n in (3, 4, 5)} | {
            f"{bare[:n]} {bare[n : n + 3]} {bare[n + 3 :]}" for n in (4, 5)
        }
        abroad = {f"+44{bare[1:]}", f"+44 {bare[1:]}"} | {f"+44 {one[1:]}" for one in spaced}
        return {value, bare, *spaced, f"{bare[:3]} {bare[3:7]} {bare[7:]}", *abroad}
    if column == "phone":
        return {value, bare}
    if column == "postcode" and len(bare) > 3:
        return {value, bare, f"{bare[:-3]} {bare[-3:]}"}
    return {value}


_DAYS = (
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d/%m/%Y", "%-d/%-m/%Y", "%d/%m/%y", "%-d/%-m/%y", "%d-%m-%Y", "%d.%m.%Y", "%-d.%-m.%Y",
    "%d %B %Y", "%-d %B %Y", "%d %b %Y", "%-d %b %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
"""The ways in which a day of birth is written, in files and in texts."""


_EPOCH = date(1899, 12, 30)
"""The day from which workbooks count."""


def one_field(table: str, column: str, value: str) -> OneField:
    """The field of a file as received that holds a value of a column of parts, by its names and by how it may be written."""
    bare = column.removeprefix("raw_")
    written = {value} | forms(bare, value) if bare in DETAILS and bare != "born_on" else {value}
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        days = (date.fromisoformat(value) - _EPOCH).days
        written |= forms("born_on", value) | {str(days), f"{days}.0"}
    if re.fullmatch("[0-9]+", value):
        written |= {f"{int(value):,}", f"{value}.0"}
    return OneField(_names_of(table, column), frozenset(written))


def words_of_field(table: str, column: str, words: Iterable[str]) -> OneField:
    """Words that go from the field of a file as received that a column of parts holds."""
    return OneField(_names_of(table, column), words=frozenset(words))


@cache
def _names_of(table: str, column: str) -> frozenset[str]:
    """What the column of a file may be called that a column of parts holds, in small letters."""
    bare, own = column.removeprefix("raw_"), table.removesuffix(PERSONAL)
    return frozenset(
        {bare, *(f.name.lower() for c in contracts() if c.table == own for f in c.fields if f.into == bare)}
    )


def is_telling(column: str, value: str) -> bool:
    """Whether a detail tells of one person wherever it stands; a surname, a short number and a single word do not."""
    if column == "phone":
        return len(re.findall("[0-9]", value)) >= 7
    if column == "email":
        return re.fullmatch(r"\S+@\S+", value) is not None
    if column in ("address", "organisation_name", "name"):
        return len(value.split()) >= 2
    if column == "reference":
        numbers = len(re.findall("[0-9]", value))
        return numbers >= 7 or (len(value) >= 4 and 0 < numbers < len(value))
    return False


def _full_names(row: Mapping[str, Any]) -> Iterable[str]:
    first, last = plain(row["forename"]), plain(row["surname"])
    if first and last:
        yield f"{first} {last}"
        yield f"{last}, {first}"


def _distinct(home: Path, subject: Subject, held: pl.DataFrame) -> tuple[tuple[str, ...], int]:
    """Details that no other part has and that tell of one person; and how many details others have too."""
    own: dict[str, set[str]] = {c: {plain(v) for v in held[c].drop_nulls()} - {""} for c in _WORDS}
    names = {n for row in held.iter_rows(named=True) for n in _full_names(row)}
    others, pairs = _of_others(home, held, own)
    alone = {(c, w) for c in _WORDS for w in own[c] if _same(c, w) not in others[c]}
    full = {n for n in names if n.lower() not in pairs}
    telling = {form for c, w in alone if is_telling(c, w) for form in forms(c, w)} | {
        n for n in full if is_telling("name", n)
    }
    references = {r for r in _own_references(home, subject) if is_telling("reference", r)}
    shared = sum(map(len, own.values())) - len(alone) + len(names) - len(full)
    return tuple(sorted(telling | references)), shared


def _same(column: str, value: str) -> str:
    """A detail as it compares with another."""
    return national(value) if column == "phone" else value.lower()


def _of_others(home: Path, held: pl.DataFrame, own: Mapping[str, set[str]]) -> tuple[dict[str, set[str]], set[str]]:
    """Which of a person's details others have, as they compare, by column; and which whole names."""
    lines = held.select("batch_id", "line_number")
    others: dict[str, set[str]] = {c: set() for c in _WORDS}
    pairs: set[str] = set()
    for batch in Lake(home).batches():
        for table in PEOPLE:
            path = batch.folder / f"{table}{PERSONAL}.parquet"
            if table not in batch.tables or not path.exists():
                continue
            has = pl.read_parquet_schema(path)
            wanted = [c for c in _WORDS if c in has]
            same = {
                c: pl.col(c).str.replace_all(r"[\s().-]", "").str.replace(r"^(?:\+|00)440?", "0")
                if c == "phone"
                else pl.col(c).str.to_lowercase()
                for c in wanted
            }
            rows = (
                pl.scan_parquet(path).select("batch_id", "line_number", *wanted)
                .filter(pl.any_horizontal(same[c].is_in([_same(c, v) for v in own[c]]) for c in wanted))
                .join(lines.lazy(), on=["batch_id", "line_number"], how="anti").collect()
            )  # fmt: skip
            for c in wanted:
                others[c] |= {_same(c, v) for v in rows[c].drop_nulls()}
            pairs |= {n.lower() for row in rows.iter_rows(named=True) for n in _full_names(row)}
    return others, pairs


def _own_references(home: Path, subject: Subject) -> Iterable[str]:
    others = every_part(home).select(*PARTS).unique().join(
        subject.parts.lazy(), on=list(PARTS), how="anti", nulls_equal=True
    )  # fmt: skip
    taken = set(others.select(pl.col("person_ref").drop_nulls().unique()).collect().to_series())
    return [r for r in subject.references if r not in taken]


@cache
def columns_of_text() -> dict[str, frozenset[str]]:
    """By table of parts, the columns in which people write: personal text that is no detail, and what could not be parsed."""
    found: dict[str, set[str]] = {}
    for contract in contracts():
        raw = {f"raw_{f.into}" for f in contract.fields if f.is_parsed}
        own = {f.into for f in contract.fields if f.personal and f.kind == "text"}
        found.setdefault(contract.table + PERSONAL, set()).update((own | raw) - set(DETAILS))
        if contract.has_raw_beside:
            found.setdefault(contract.table, set()).update(raw)
    return {table: frozenset(columns) for table, columns in found.items() if columns}


def texts_of(batch: Batch) -> Iterable[tuple[str, Path, list[str]]]:
    """The parts of a batch with what people wrote: table, path, columns of text."""
    if batch.is_open:
        return
    for table in batch.tables:
        path = batch.folder / f"{table}.parquet"
        own = columns_of_text().get(table, frozenset())
        columns = [n for n in pl.read_parquet_schema(path) if n in own] if own else []
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
            if not (words or distinct):
                continue
            met = pl.any_horizontal(stands_in(pl.col(c), (*words, *distinct)) for c in columns)
            for line, *texts in rows.filter(met & ~pl.col("line_number").is_in(list(gone))).collect().iter_rows():
                asked = {*distinct, *(words if line in mine else ())}
                for column, text in zip(columns, texts, strict=True):
                    found = [w for w in asked if text and _stands_in(w, text)]
                    if found:
                        work.word(batch.batch_id, table, column, line, found)


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


@dataclass(frozen=True)
class _Told:
    """By what a line returned is known to be of a person.

    Details that nobody else has, `references` (and `alone`, those that nobody else has), crimes, and each detail by column
    as it may be written.
    """

    distinct: Sequence[str]
    references: frozenset[str]
    alone: frozenset[str]
    crimes: Sequence[str]
    details: Mapping[str, set[str]]

    def is_of(self, raw: str) -> bool:
        """Whether a line is: what a spouse or a neighbour has too (surname, address, telephone) does not do."""
        if _any(self.distinct, raw):
            return True
        cells = {cell.strip() for cell in _CELL.findall(raw)}
        met = {column for column, said in self.details.items() if _any(tuple(said), raw)}
        if _any(self.crimes, raw) and (cells & self.references or (len(met) > 1 and met & {"forename", "born_on"})):
            return True
        named = cells & self.alone
        has_letter = any(re.search("[^0-9]", one) for one in named)
        return has_letter or bool(named and met & _WHO) or met >= _WHO


_CELL = re.compile(r"""[^,;\t|:{}\[\]"\n]+""")
_WHO = frozenset({"forename", "surname", "born_on"})


def _told_by(home: Path, subject: Subject, held: pl.DataFrame, distinct: Sequence[str]) -> _Told:
    """By what a line returned is known to be of a person of whom some details are held."""
    details = {c: {form for said in held[c].drop_nulls() for form in forms(c, plain(said))} for c in DETAILS}
    crimes = tuple(ref for _, ref in _crimes_of(subject))
    own = frozenset(_own_references(home, subject))
    return _Told(distinct, frozenset(subject.references), own, crimes, details)


def _rejects_marked(batches: Iterable[Batch], told: _Told, work: Whereabouts) -> None:
    """Mark the lines returned that are of the person."""
    for batch in batches:
        path = batch.folder / "rejects.parquet"
        if not int(batch.account["rejected"]):
            continue
        for line, last, raw in pl.read_parquet(path, columns=["line", "last_line", "raw"]).iter_rows():
            if raw and told.is_of(raw):
                work.rejects.setdefault(batch.batch_id, []).append((line, last))


def _any(words: Sequence[str], text: str) -> bool:
    return any(_stands_in(w, text) for w in words)
