"""Subjects: whom an erasure, a legal hold or a bundle is about, and which rows are of that person.

A person is named by an identifier of linked people, by a key of the review queue, or by a reference of the force's own.
The rule table `data/erasures.csv` says of each table by which reference its rows are of a person, and whether the whole
row is, or the reference alone.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.lake import SCHEMAS, Batch, Lake, settled, storage_faults
from fourfold.records.suppliers.contracts import PERSONAL

PEOPLE = {"people": "crime_ref", "fraud_victims": "report_ref"}
"""The tables whose rows are people, and the column that says in what."""
DETAILS = (
    "forename",
    "middle_name",
    "surname",
    "organisation_name",
    "address",
    "phone",
    "email",
    "postcode",
    "born_on",
)
KEYS = ("batch_id", "line_number", "force_id", "crime_ref", "person_ref", "for_person_ref", "report_ref", "survey_ref")
OF_PERSON = ("crime_ref", "person_ref")
Mask = Callable[[pl.Series], pl.Series]
"""Which of some keys (see `key_of`) are of the person."""


@dataclass(frozen=True)
class Rule:
    """One row of the rule table: with a reference of this kind in this column, the whole row goes or the reference does."""

    table: str
    kind: str
    column: str
    treatment: str
    why: str


@cache
def rules() -> tuple[Rule, ...]:
    """The rule table."""
    text = (files("fourfold.records") / "data" / "erasures.csv").read_text(encoding="utf-8")
    return tuple(Rule(**row) for row in csv.DictReader(text.splitlines()))


@dataclass(frozen=True)
class Subject:
    """Whom an erasure, a hold or a bundle is about: an opaque key, and each part in a crime or report.

    `parts`: table, force_id, ref (of the crime or report), person_ref, role.
    """

    key: str
    parts: pl.DataFrame

    @property
    def entries(self) -> tuple[str, ...]:
        """The parts as opaque identities, as `people` has them."""
        return tuple(sorted(entry_of(row) for row in self.parts.iter_rows()))

    @property
    def references(self) -> tuple[str, ...]:
        """The references of the person and of the person's reports; not those of crimes, which are others' too."""
        reports = self.parts.filter(pl.col("table") == "fraud_victims")["ref"]
        return tuple(sorted({*self.parts["person_ref"].drop_nulls(), *reports.drop_nulls()}))

    @property
    def reports(self) -> tuple[tuple[str, str], ...]:
        """The person's reports of fraud, by force and reference."""
        own = self.parts.filter(pl.col("table") == "fraud_victims").select("force_id", "ref").unique().sort("ref")
        return tuple(own.iter_rows())


PARTS = {"table": pl.String, "force_id": pl.String, "ref": pl.String, "person_ref": pl.String, "role": pl.String}


def every_part(home: Path) -> pl.LazyFrame:
    """Every part of anybody in any batch, whatever its standing: batch_id, line_number and the columns of `Subject.parts`."""
    return _rows_of(home, tuple(PEOPLE))


def _rows_of(home: Path, tables: Sequence[str]) -> pl.LazyFrame:
    frames = [pl.LazyFrame(schema={"batch_id": pl.String, "line_number": pl.Int64, **PARTS})]
    for batch in Lake(home).batches():
        frames += [part_rows(batch, table) for table in tables if table in batch.tables]
    return pl.concat(frames)


def part_rows(batch: Batch, table: str) -> pl.LazyFrame:
    """The rows of a batch's table that are parts or mentions, in their order: the columns of `every_part`."""
    rows = pl.scan_parquet(batch.folder / f"{table}.parquet")
    if table == "fraud_victims":
        who = [pl.lit(None, pl.String).alias("person_ref"), pl.lit("victim").alias("role")]
    elif table == "people":
        who = [pl.col("person_ref"), pl.col("role")]
    else:
        rows = rows.filter(pl.col("person_ref").is_not_null())
        who = [pl.col("person_ref"), pl.lit(None, pl.String).alias("role")]
    ref = pl.col(PEOPLE.get(table, "crime_ref")).alias("ref")
    return rows.select("batch_id", "line_number", pl.lit(table).alias("table"), "force_id", ref, *who)


@cache
def mentions() -> tuple[str, ...]:
    """The tables whose rows are of a person whom `people` need not have: who is wanted, complains, or is sent a notice."""
    return tuple(r.table for r in rules() if (r.kind, r.treatment) == ("person", "row") and r.table not in PEOPLE)


def every_mention(home: Path) -> pl.LazyFrame:
    """Every row of `mentions` that names somebody, in any batch: the columns of `every_part`.

    `ref` is that of the crime, null where the row names none; `role` is null.
    """
    return _rows_of(home, mentions())


def subject_of(home: Path, key: str) -> Subject:
    """The person of an identifier: of linked people, or a reference of the person or of a report.

    An opaque key stays the person's, whatever came in since it was given. Raises NothingHeld, and RequestInvalid for a
    reference that more than one person has had.
    """
    every, said = every_part(home).select(*PARTS), every_mention(home).select(*PARTS)
    found, name = _found(home, key, every, said)
    if found.is_empty():
        raise NothingHeld(
            "Nobody of that identifier or reference is held.",
            remedy="Link people first, or search by details: `fourfold retention find`.",
        )
    if not name or _OPAQUE.fullmatch(name):
        _one_person(home, found)
    found = pl.concat([found, _mentioned(found, every, said)]).unique().sort(*PARTS)
    return Subject(name or opaque(home, found), found)


def _found(home: Path, key: str, every: pl.LazyFrame, said: pl.LazyFrame) -> tuple[pl.DataFrame, str]:
    """The parts and mentions that a key means, and the person's key where it is known by it."""
    from fourfold.records.people import state_of
    from fourfold.records.person_index import parts_of

    state = state_of(home)
    if state.keys["key"].eq(key).any():
        return parts_of(home, list(PEOPLE), entries=state.entries_of(key)), state.resolved(key)
    is_person = pl.col("person_ref") == key
    is_report = (pl.col("table") == "fraud_victims") & (pl.col("ref") == key)
    found = pl.concat([every.filter(is_person | is_report), said.filter(is_person)]).unique().collect()
    if found.is_empty() and _OPAQUE.fullmatch(key):
        return _of_opaque(home, every, said, key), key
    return found, ""


def _one_person(home: Path, found: pl.DataFrame) -> None:
    """Raise RequestInvalid where a reference stands for more than one person: of two forces, or by links, or by details."""
    from fourfold.records.people import state_of

    own = found.filter(pl.col("table").is_in(list(PEOPLE)))
    people = state_of(home).persons_of(map(entry_of, own.select(*PARTS).iter_rows()))
    if len(people) < 2 and found["force_id"].n_unique() > 1:
        people = {opaque(home, parts) for _, parts in found.group_by("force_id")}
    if len(people) > 1:
        raise RequestInvalid(
            "More than one person has had that reference.", remedy=f"Name one of them: {', '.join(sorted(people))}."
        )
    if _contradict(home, own):
        raise RequestInvalid(
            "That reference stands in several crimes with details of people who look like different ones.",
            remedy="Link people first (`fourfold people link`), and name the person by the identifier.",
        )


_ALIKE_IN = 2
"""Of the details that two parts both have, how many must be the same for them to be taken for one person's."""


def _contradict(home: Path, parts: pl.DataFrame) -> bool:
    """Whether two of some parts have details that are not one person's: of those that both have, not even two the same."""
    if parts.height < 2:
        return False
    lines = every_part(home).join(parts.lazy(), on=list(PARTS), how="semi", nulls_equal=True).collect()
    details = details_of(home, Subject("", parts)).join(lines, on=["batch_id", "line_number", "table"], how="inner")
    said = [
        {column: {str(v).strip().lower() for v in rows[column].drop_nulls()} for column in DETAILS}
        for _, rows in details.group_by(*PARTS)
    ]
    for one, other in combinations(said, 2):
        both = [column for column in DETAILS if one[column] and other[column]]
        if sum(bool(one[c] & other[c]) for c in both) < min(_ALIKE_IN, len(both)):
            return True
    return False


def _mentioned(found: pl.DataFrame, every: pl.LazyFrame, said: pl.LazyFrame) -> pl.DataFrame:
    """The mentions of a person in so many parts: in the same crime, or under a reference that nobody else has."""
    own = found.filter(pl.col("person_ref").is_not_null())
    both = ["force_id", "person_ref"]
    same = every.join(own.lazy(), on=both, how="semi").unique().collect()
    others = same.join(found, on=list(PARTS), how="anti", nulls_equal=True)
    alone = said.join(own.join(others, on=both, how="anti").lazy(), on=both, how="semi")
    in_crimes = said.join(own.lazy(), on=["force_id", "ref", "person_ref"], how="semi")
    return pl.concat([alone, in_crimes]).unique().collect()


_OPAQUE = re.compile("E[0-9a-f]{16}")


def _of_opaque(home: Path, every: pl.LazyFrame, said: pl.LazyFrame, key: str) -> pl.DataFrame:
    """The parts of the person whose first part an opaque key is of: those under the same reference of the force."""
    from fourfold.records.person_index import parts_of

    first = parts_of(home, list(PEOPLE), opaque=[key])
    if first.is_empty():
        first = parts_of(home, mentions(), opaque=[key])
    known = first.filter(pl.col("person_ref").is_not_null()).lazy()
    same = pl.concat([every, said]).join(known, on=["force_id", "person_ref"], how="semi")
    return pl.concat([first, same.collect()]).unique()


def known_by(home: Path, subject: Subject) -> tuple[str, ...]:
    """Every key that a log, a request or a case may know a person by: those before people were linked, and those merged since."""
    from fourfold.records.people import state_of

    state, salt = state_of(home), salt_of(home)
    people = {subject.key, *state.persons_of(subject.entries)}
    before = (opaque_key(salt, entry) for entry in subject.entries)
    return tuple(sorted({*people, *merged_into(state.keys, people), *subject.entries, *before}))


def merged_into(keys: pl.DataFrame, persons: set[str]) -> set[str]:
    """Identifiers that were merged into some (`keys` as linked people have them), at however many removes."""
    gone = keys.filter(pl.col("into").is_not_null())
    found: set[str] = set()
    while more := set(gone.filter(pl.col("into").is_in(list(persons | found)))["key"]) - found:
        found |= more
    return found


def opaque(home: Path, parts: pl.DataFrame) -> str:
    """The opaque key of a person who is not linked: that of the first part in a crime or report, or else of the first mention."""
    own = parts.filter(pl.col("table").is_in(list(PEOPLE)))
    rows = (parts if own.is_empty() else own).select(*PARTS)
    return opaque_key(salt_of(home), min(entry_of(row) for row in rows.iter_rows()))


def opaque_key(salt: bytes, entry: str) -> str:
    """The key of a person whose first part is an entry: it tells nothing without the secret of the records' folder."""
    return "E" + hmac.digest(salt, entry.encode(), "sha256").hex()[:16]


def salt_of(home: Path) -> bytes:
    """The secret of this folder's opaque keys and tombstones, made when it is first needed."""
    path = erasures_folder(home) / "salt"
    if not path.exists():
        with storage_faults(path):
            unnamed = path.with_name(f"salt.{secrets.token_hex(4)}")
            descriptor = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(unnamed, path)
            unnamed.unlink()
            settled(path.parent)
    return path.read_bytes()


def entry_of(row: tuple[Any, ...]) -> str:
    """The opaque identity of a part (its columns in the order of PARTS), as linked people have it."""
    table, force, ref, person, role = row
    fields = (table, force, ref) if table == "fraud_victims" else (table, force, ref, person, role)
    return hashlib.sha256("\0".join(f or "" for f in fields).encode()).hexdigest()[:24]


def details_of(home: Path, subject: Subject) -> pl.DataFrame:
    """What is held of the person by every batch: batch_id, line_number, table and DETAILS as text."""
    own = every_part(home).join(subject.parts.lazy(), on=list(PARTS), how="semi", nulls_equal=True).collect()
    found = []
    for (batch_id, table), lines in own.group_by("batch_id", "table"):
        rows = pl.read_parquet(_folder(home, str(batch_id)) / f"{table}{PERSONAL}.parquet")
        rows = rows.join(lines.select("line_number"), on="line_number", how="semi")
        found.append(rows.select(
            pl.lit(batch_id).alias("batch_id"), "line_number", pl.lit(table).alias("table"),
            *[(pl.col(c).cast(pl.String) if c in rows.columns else pl.lit(None, pl.String)).alias(c) for c in DETAILS],
        ))  # fmt: skip
    texts = dict.fromkeys(("batch_id", "line_number", "table", *DETAILS), pl.String)
    return pl.concat([pl.DataFrame(schema={**texts, "line_number": pl.Int64}), *found])


def matching(home: Path, **details: str) -> pl.DataFrame:
    """Parts of people whose details are those given, whatever their case: the columns of `Subject.parts`.

    By any of DETAILS; all that are given must match. For a person who is not linked.
    """
    found = []
    for batch in Lake(home).batches():
        for table in PEOPLE:
            path = batch.folder / f"{table}{PERSONAL}.parquet"
            names = SCHEMAS[table + PERSONAL]
            if table not in batch.tables or not set(details) <= set(names) or not path.exists():
                continue
            same = [pl.col(n).cast(pl.String).str.to_lowercase() == v.strip().lower() for n, v in details.items()]
            found.append(pl.scan_parquet(path).filter(*same).select("batch_id", "line_number"))
    if not found:
        return pl.DataFrame(schema=PARTS)
    lines = pl.concat(found)
    return every_part(home).join(lines, on=["batch_id", "line_number"], how="semi").select(*PARTS).unique().collect()


def keys_of(home: Path, subject: Subject) -> set[str]:
    """The keys by which other rows name the person. A reference alone does where nobody else has it."""
    keys = set()
    own = subject.parts["person_ref"].drop_nulls().unique().to_list()
    same = every_part(home).select(*PARTS).filter(pl.col("person_ref").is_in(own)).unique().collect()
    others = same.join(subject.parts, on=list(PARTS), how="anti", nulls_equal=True)
    taken = {(force, ref) for force, ref in others.select("force_id", "person_ref").iter_rows()}
    for table, force, ref, person, _ in subject.parts.iter_rows():
        if table == "fraud_victims":
            keys.add(key_of("report", force, ref))
        elif person is not None:
            keys.add(key_of("person", force, ref, person))
            if (force, person) not in taken:
                keys.add(key_of("person", force, None, person))
    return keys


def key_of(kind: str, *parts: str | None) -> str:
    """The key by which a row names somebody: the kind of reference, and its parts."""
    return "\0".join((kind, *(p or "" for p in parts)))


def mask_of(keys: set[str]) -> Mask:
    """Which of some keys are among those given."""
    wanted = list(keys)
    return lambda series: series.is_in(wanted)


def surveys_of(lake: Lake, keys: set[str]) -> set[str]:
    """The references under which the person was asked in a survey."""
    found = set()
    for batch in lake.batches():
        if "survey_asked" in batch.tables:
            rows = _named(pl.read_parquet(batch.folder / "survey_asked.parquet"))
            mine = mask_of(keys)(_key_column(rows, "person", "person_ref"))
            found |= {key_of("survey", f, r) for f, r in rows.filter(mine).select("force_id", "survey_ref").iter_rows()}
    return found


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with every column of KEYS; null where the table has none."""
    return rows.with_columns(pl.lit(None, pl.String).alias(c) for c in KEYS if c not in rows.columns)


def _key_column(rows: pl.DataFrame, kind: str, column: str, bound_in: str = "") -> pl.Series:
    """The key by which each row names somebody; null where it names nobody. See `marked` for keys `bound_in` a table."""
    parts = ("force_id", "crime_ref", column) if kind == "person" else ("force_id", column)
    said = pl.concat_str([pl.lit(kind), *(pl.col(p).fill_null("") for p in parts)], separator="\0")
    if bound_in and kind == "person":
        own = pl.concat_str([said, pl.lit(bound_in), pl.col(own_reference(bound_in)).cast(pl.String)], separator="\0")
        said = pl.when(pl.col("crime_ref").is_null()).then(own).otherwise(said)
    return rows.select(pl.when(pl.col(column).is_not_null()).then(said).alias("key")).to_series()


@cache
def own_reference(table: str) -> str:
    """The column by which a row of a table is known, beside those of the crime and the person."""
    from fourfold.records.suppliers.catalogue import contracts

    return next(c for one in contracts() if one.table == table for c in one.key if c not in OF_PERSON)


def bound_keys(lake: Lake, keys: set[str]) -> set[str]:
    """Keys of a person, each that has no crime as it is bound to the rows held that name the person by it alone."""
    bare = {k for k in keys if k.startswith("person\0") and not k.split("\0")[2]}
    found = keys - bare
    for batch in lake.batches() if bare else ():
        for rule in rules():
            path = batch.folder / f"{rule.table}.parquet"
            if rule.kind != "person" or rule.table not in batch.tables:
                continue
            names = {"force_id", "crime_ref", rule.column, own_reference(rule.table)}
            rows = pl.scan_parquet(path).select(*names).filter(pl.col("crime_ref").is_null()).collect()
            mine = mask_of(bare)(_key_column(rows, rule.kind, rule.column)).fill_null(False)
            found |= set(_key_column(rows.filter(mine), rule.kind, rule.column, bound_in=rule.table).drop_nulls())
    return found


def marked(
    table: str, rows: pl.DataFrame, mask: Mask, *, is_bound: bool = False
) -> tuple[set[int], dict[str, set[int]]]:
    """Of a table's rows, the lines that go, and by column the lines whose reference goes.

    Where it `is_bound`, the key of a row that names no crime has the row's own reference in it: the same reference of a
    person in another such row may be somebody else's, given again.
    """
    gone: set[int] = set()
    nulled: dict[str, set[int]] = {}
    own = [rule for rule in rules() if rule.table == table]
    if not own:
        return gone, nulled
    named = _named(rows)
    for rule in own:
        keys = _key_column(named, rule.kind, rule.column, bound_in=table if is_bound else "")
        lines = set(named.filter(mask(keys).fill_null(False))["line_number"])
        if rule.treatment == "row":
            gone |= lines
        elif lines:
            nulled.setdefault(rule.column, set()).update(lines)
    return gone, {column: lines - gone for column, lines in nulled.items() if lines - gone}


def inner_of(encoding: str, notes: Iterable[str], member: str) -> str:
    """What was read of a file: the sheet of a workbook, the member of an archive, "" for the whole."""
    if encoding == "workbook":
        said = next((n for n in notes if n.startswith("Read from the sheet “")), "")
        return said.partition("“")[2].partition("”")[0]
    return member


def erasures_folder(home: Path) -> Path:
    """Where erasures, their certificates and their tombstones lie."""
    place = home / "lake" / "erasures"
    with storage_faults(place):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _folder(home: Path, batch_id: str) -> Path:
    return home / "lake" / "batches" / batch_id
