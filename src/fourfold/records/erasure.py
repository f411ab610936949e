"""Erasure: a person taken out of all that is held here, all or nothing, and kept from coming back.

    HOME/lake/erasures/<erasure>.unfinished/    files as they will stand; a crash here undoes the erasure
    HOME/lake/erasures/<erasure>/plan.json      which file takes which place: from here on a crash only finishes it
    HOME/lake/erasures/<erasure>/certificate.json, tombstones.parquet   what was done; no name among it
    HOME/lake/erasures/salt                     what tombstones are hashed with; readable by its owner only

The rule table `data/erasures.csv` says which rows go with a person, and in which only the reference to the person goes.
Texts of the person's crimes lose the person's details; texts of other rows lose those details that nobody else has, so
that a shared telephone number is not taken from another's record. Files as received are rewritten beside the parts
(`redaction`), the account of each batch says how many lines were erased, and what was worked out from them is thrown away.

What is kept of the person is a tombstone: a keyed hash of each reference, and of each detail within the person's own
crimes. When a file brings the same rows again they are counted as erased, and not kept.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.errors import NothingHeld
from fourfold.records.account import Reject
from fourfold.records.lake import (
    SCHEMAS,
    Batch,
    Lake,
    settled,
    settled_files,
    storage_faults,
    write_json,
    write_part,
)
from fourfold.records.redaction import ERASED, Edits, Lines, normal, pattern, phrases, plain, rewritten, taken_out
from fourfold.records.suppliers.contracts import PERSONAL

PEOPLE = {"people": "crime_ref", "fraud_victims": "report_ref"}
"""The tables whose rows are people, and the column that says in what."""
DETAILS = ("forename", "middle_name", "surname", "organisation_name", "address", "phone", "email", "postcode", "born_on")
_PHRASE = 8
"""A detail of more words than this is kept as no tombstone."""
_KEYS = ("batch_id", "line_number", "force_id", "crime_ref", "person_ref", "for_person_ref", "report_ref", "survey_ref")
_GONE = "is_gone"
Mask = Callable[[pl.Series], pl.Series]
"""Which of some keys (see `_key`) are of the person."""


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
        return tuple(sorted(_entry(row) for row in self.parts.iter_rows()))

    @property
    def references(self) -> tuple[str, ...]:
        """The references of the person and of the person's reports; not those of crimes, which are others' too."""
        reports = self.parts.filter(pl.col("table") == "fraud_victims")["ref"]
        return tuple(sorted({*self.parts["person_ref"].drop_nulls(), *reports.drop_nulls()}))


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What an erasure did, in counts; it names nobody. `remains` are the places in which the scan still found a detail."""

    erasure: str
    at: datetime
    key: str
    rows: Mapping[str, int]
    references: Mapping[str, int]
    texts: int
    batches: Mapping[str, int]
    files: int
    thrown_away: int
    shared: int
    scanned: int = 0
    remains: tuple[str, ...] = ()
    backups_until: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The certificate as plain data."""
        return {**vars(self), "at": self.at.isoformat(), "remains": list(self.remains)}


_PARTS = {"table": pl.String, "force_id": pl.String, "ref": pl.String, "person_ref": pl.String, "role": pl.String}


def every_part(home: Path) -> pl.LazyFrame:
    """Every part of anybody in any batch, whatever its standing: batch_id, line_number and the columns of `Subject.parts`."""
    frames = []
    for batch in Lake(home).batches():
        for table, column in PEOPLE.items():
            if table in batch.tables:
                rows = pl.scan_parquet(batch.folder / f"{table}.parquet")
                is_person = table == "people"
                frames.append(rows.select(
                    "batch_id", "line_number", pl.lit(table).alias("table"), "force_id", pl.col(column).alias("ref"),
                    pl.col("person_ref") if is_person else pl.lit(None, pl.String).alias("person_ref"),
                    pl.col("role") if is_person else pl.lit("victim").alias("role"),
                ))  # fmt: skip
    if not frames:
        return pl.LazyFrame(schema={"batch_id": pl.String, "line_number": pl.Int64, **_PARTS})
    return pl.concat(frames)


def subject_of(home: Path, key: str) -> Subject:
    """The person of an identifier: of linked people, or a reference of the person or of a report. Raises NothingHeld."""
    from fourfold.records.people import state_of

    state = state_of(home)
    every = every_part(home).select(*_PARTS)
    if key in set(state.keys["key"]):
        wanted = set(state.entries_of(key))
        parts = every.unique().collect()
        mine = pl.Series([_entry(row) in wanted for row in parts.iter_rows()], dtype=pl.Boolean)
        found, name = parts.filter(mine), state.resolved(key)
    else:
        is_report = (pl.col("table") == "fraud_victims") & (pl.col("ref") == key)
        found, name = every.filter((pl.col("person_ref") == key) | is_report).unique().collect(), ""
    if found.is_empty():
        raise NothingHeld(
            "Nobody of that identifier or reference is held.",
            remedy="Link people first, or search by details: `fourfold retention find`.",
        )
    found = found.sort(*_PARTS)
    return Subject(name or opaque(found), found)


def opaque(parts: pl.DataFrame) -> str:
    """The opaque key of a person who is not linked: that of the first part."""
    return "E" + min(_entry(row) for row in parts.select(*_PARTS).iter_rows())[:16]


def _entry(row: tuple[Any, ...]) -> str:
    table, force, ref, person, role = row
    fields = (table, force, ref, person, role) if table == "people" else (table, force, ref)
    return hashlib.sha256("\0".join(f or "" for f in fields).encode()).hexdigest()[:24]


def details_of(home: Path, subject: Subject) -> pl.DataFrame:
    """What is held of the person by every batch: batch_id, line_number, table and DETAILS as text."""
    own = every_part(home).join(subject.parts.lazy(), on=list(_PARTS), how="semi", nulls_equal=True).collect()
    found = []
    for (batch_id, table), lines in own.group_by("batch_id", "table"):
        rows = pl.read_parquet(_folder(home, str(batch_id)) / f"{table}{PERSONAL}.parquet")
        rows = rows.join(lines.select("line_number"), on="line_number", how="semi")
        found.append(rows.select(
            pl.lit(batch_id).alias("batch_id"), "line_number", pl.lit(table).alias("table"),
            *[(pl.col(c).cast(pl.String) if c in rows.columns else pl.lit(None, pl.String)).alias(c) for c in DETAILS],
        ))  # fmt: skip
    return pl.concat(found) if found else pl.DataFrame(schema=dict.fromkeys(("batch_id", "line_number", "table", *DETAILS)))


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
        return pl.DataFrame(schema=_PARTS)
    lines = pl.concat(found)
    return every_part(home).join(lines, on=["batch_id", "line_number"], how="semi").select(*_PARTS).unique().collect()


@dataclass
class _Work:
    """What an erasure changes, batch by batch."""

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
        return {*self.gone, *self.nulled, *self.within, *self.rejects}

    def lines_gone(self, batch_id: str) -> set[int]:
        return {line for lines in self.gone.get(batch_id, {}).values() for line in lines}

    def word(self, batch_id: str, table: str, line: int, words: Iterable[str]) -> None:
        self.texts.setdefault(batch_id, {}).setdefault(table, {}).setdefault(line, set()).update(words)
        self.within.setdefault(batch_id, {}).setdefault(line, set()).update(words)


def erase(home: Path, subject: Subject, *, clock: Callable[[], datetime], backups_until: str = "") -> Certificate:
    """Take a person out of all that is held here. Raises NothingHeld where nothing is, Busy while files are imported.

    Nothing is changed until all that will stand is on the disk; from that instant it is finished, if need be at the next
    start.
    """
    from fourfold.records.remains import remains

    lake = Lake(home)
    with lake.held():
        resumed(home)
        work, words, distinct = _planned(home, lake, subject)
        if not work.batches:
            raise NothingHeld("Nothing of that person is held.", remedy="See whether it was erased before.")
        at = clock()
        erasure = f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        folder = _folder_of_erasures(home) / f"{erasure}.unfinished"
        with storage_faults(folder):
            folder.mkdir(mode=0o700)
        try:
            certificate = _prepared(lake, folder, erasure, at, subject, work, words, distinct, backups_until)
            settled_files(folder)
            with storage_faults(folder):
                folder.rename(folder.with_suffix(""))
                settled(folder.parent)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        resumed(home)
        found, scanned = remains(home, distinct)
        done = replace(certificate, remains=found, scanned=scanned)
        write_json(done.as_dict(), folder.with_suffix("") / "certificate.json")
    return done


def resumed(home: Path) -> list[str]:
    """Finish each erasure that was under way when something died, undo one that had not begun; which were finished.

    Only while the lake is held.
    """
    place = home / "lake" / "erasures"
    finished = []
    for folder in sorted(place.iterdir()) if place.is_dir() else []:
        if folder.name.endswith(".unfinished"):
            shutil.rmtree(folder, ignore_errors=True)
        elif (folder / "plan.json").exists():
            _applied(home, folder)
            finished.append(folder.name)
    return finished


def settle(home: Path) -> None:
    """Finish an erasure that was cut short, before anything is read: nobody sees half of one."""
    if any((home / "lake" / "erasures").glob("*/plan.json")):
        with Lake(home).held():
            resumed(home)


def _applied(home: Path, folder: Path) -> None:
    """Put each file into its place. Done twice it does the same: what is no longer staged has its place already."""
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    with storage_faults(folder):
        for name, target in plan["files"].items():
            staged = folder / "files" / name
            if staged.exists():
                place = home / target
                if place.parent.exists():
                    os.replace(staged, place)
                    settled(place.parent)
        for gone in plan["thrown_away"]:
            place = home / gone
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink(missing_ok=True)
        (folder / "plan.json").unlink()
        settled(folder)
        shutil.rmtree(folder / "files", ignore_errors=True)


def certificates(home: Path) -> list[dict[str, Any]]:
    """Every erasure that was done, in order."""
    place = home / "lake" / "erasures"
    found = sorted(place.glob("*/certificate.json")) if place.is_dir() else []
    return [json.loads(path.read_text(encoding="utf-8")) for path in found if not path.parent.name.endswith(".unfinished")]


def explanation(batches: Iterable[str], home: Path) -> tuple[str, ...]:
    """Why a figure that rests on some batches may be made again otherwise: what was erased from them since."""
    wanted = set(batches)
    said = []
    for one in certificates(home):
        lines = sum(int(n) for batch, n in one["batches"].items() if batch in wanted)
        if lines:
            day = datetime.fromisoformat(one["at"])
            said.append(
                f"On {day:%-d %B %Y} a person was erased ({one['erasure']}): {lines:,} lines of the files that this rests on "
                "are gone. The figure stands as it was stored; made again it leaves them out."
            )
    return tuple(said)


def _planned(home: Path, lake: Lake, subject: Subject) -> tuple[_Work, dict[tuple[str, str], tuple[str, ...]], tuple[str, ...]]:
    """What goes, the words that go within each of the person's crimes, and the details that nobody else has."""
    work = _Work()
    keys = _keys_of(home, subject)
    surveys = _surveys(lake, keys)
    keys |= surveys
    mask = _mask_of(keys)
    for batch in lake.batches():
        _rows_marked(batch, mask, work)
    held = details_of(home, subject)
    words = _words(held)
    distinct = _distinct(home, subject, held)
    own = {(force, ref) for table, force, ref, _, _ in subject.parts.iter_rows() if table == "people"}
    _texts_marked(lake, own, words, distinct, work)
    _rejects_marked(lake, (*distinct, *subject.references), work)
    return work, dict.fromkeys(own, words), distinct


def _keys_of(home: Path, subject: Subject) -> set[str]:
    """The keys by which other rows name the person. A reference alone does where nobody else has it."""
    keys = set()
    every = every_part(home).select(*_PARTS).unique().collect()
    others = every.join(subject.parts, on=list(_PARTS), how="anti", nulls_equal=True)
    taken = {(force, ref) for force, ref in others.select("force_id", "person_ref").iter_rows()}
    for table, force, ref, person, _ in subject.parts.iter_rows():
        if table == "fraud_victims":
            keys.add(_key("report", force, ref))
        elif person is not None:
            keys.add(_key("person", force, ref, person))
            if (force, person) not in taken:
                keys.add(_key("person", force, None, person))
    return keys


def _key(kind: str, *parts: str | None) -> str:
    return "\0".join((kind, *(p or "" for p in parts)))


def _mask_of(keys: set[str]) -> Mask:
    wanted = list(keys)
    return lambda series: series.is_in(wanted)


def _surveys(lake: Lake, keys: set[str]) -> set[str]:
    """The references under which the person was asked in a survey."""
    found = set()
    for batch in lake.batches():
        if "survey_asked" in batch.tables:
            rows = _named(pl.read_parquet(batch.folder / "survey_asked.parquet"))
            mine = _mask_of(keys)(_key_column(rows, "person", "person_ref"))
            found |= {_key("survey", f, r) for f, r in rows.filter(mine).select("force_id", "survey_ref").iter_rows()}
    return found


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with every column of _KEYS; null where the table has none."""
    return rows.with_columns(pl.lit(None, pl.String).alias(c) for c in _KEYS if c not in rows.columns)


def _key_column(rows: pl.DataFrame, kind: str, column: str) -> pl.Series:
    """The key by which each row names somebody; null where it names nobody."""
    parts = ("force_id", "crime_ref", column) if kind == "person" else ("force_id", column)
    said = pl.concat_str([pl.lit(kind), *(pl.col(p).fill_null("") for p in parts)], separator="\0")
    return rows.select(pl.when(pl.col(column).is_not_null()).then(said).alias("key")).to_series()


def marked(table: str, rows: pl.DataFrame, mask: Mask) -> tuple[set[int], dict[str, set[int]]]:
    """Of a table's rows, the lines that go, and by column the lines whose reference goes."""
    gone: set[int] = set()
    nulled: dict[str, set[int]] = {}
    own = [rule for rule in rules() if rule.table == table]
    if not own:
        return gone, nulled
    named = _named(rows)
    for rule in own:
        keys = _key_column(named, rule.kind, rule.column)
        lines = set(named.filter(mask(keys).fill_null(False))["line_number"])
        if rule.treatment == "row":
            gone |= lines
        elif lines:
            nulled.setdefault(rule.column, set()).update(lines)
    return gone, {column: lines - gone for column, lines in nulled.items() if lines - gone}


def _rows_marked(batch: Batch, mask: Mask, work: _Work) -> None:
    for table in batch.tables:
        if not any(rule.table == table for rule in rules()):
            continue
        path = batch.folder / f"{table}.parquet"
        names = [c for c in _KEYS if c in pl.read_parquet_schema(path)]
        rows = pl.read_parquet(path, columns=names)
        gone, nulled = marked(table, rows, mask)
        if gone:
            work.gone.setdefault(batch.batch_id, {})[table] = gone
            work.gone[batch.batch_id][table + PERSONAL] = gone
        if nulled:
            work.nulled.setdefault(batch.batch_id, {})[table] = nulled
            for column, lines in nulled.items():
                for line, word in rows.filter(pl.col("line_number").is_in(lines)).select("line_number", column).iter_rows():
                    work.within.setdefault(batch.batch_id, {}).setdefault(line, set()).add(word)


def _words(held: pl.DataFrame) -> tuple[str, ...]:
    """The words that go from texts of the person's own crimes: names, numbers and addresses, single and whole."""
    found = set()
    for row in held.iter_rows(named=True):
        found |= {plain(row[c]) for c in ("forename", "middle_name", "surname", "organisation_name", "address", "phone", "email")}
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
            wanted = [c for c in ("forename", "middle_name", "surname", "organisation_name", "address", "phone", "email") if c in has]
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
    return tuple(sorted(own_to_one | {n for n in names if n.lower() not in pairs} | set(_own_references(home, subject))))


def _own_references(home: Path, subject: Subject) -> Iterable[str]:
    others = every_part(home).select(*_PARTS).unique().join(
        subject.parts.lazy(), on=list(_PARTS), how="anti", nulls_equal=True
    )  # fmt: skip
    taken = set(others.select(pl.col("person_ref").drop_nulls().unique()).collect().to_series())
    return [r for r in subject.references if r not in taken]


def _texts(batch: Batch) -> Iterable[tuple[str, Path, list[str]]]:
    """The parts of a batch with what people wrote: table, path, columns of text."""
    if batch.is_open:
        return
    for table in batch.tables:
        path = batch.folder / f"{table}.parquet"
        columns = [
            n for n, kind in pl.read_parquet_schema(path).items()
            if kind == pl.String and n not in _STRUCTURED and not n.endswith(("_code", "_ref", "_id", "_hash"))
        ]  # fmt: skip
        if columns:
            yield table, path, columns


_STRUCTURED = frozenset({*DETAILS, *_KEYS, "sex", "role", "faults", "date_precision", "place_status", "category"})


def _texts_marked(
    lake: Lake, own: set[tuple[str, str]], words: Sequence[str], distinct: Sequence[str], work: _Work
) -> None:
    """Mark the words to go from texts: of the person's crimes all details, of any other row those nobody else has."""
    for batch in lake.batches():
        mine = _lines_of_crimes(batch, own)
        gone = work.lines_gone(batch.batch_id)
        for table, path, columns in _texts(batch):
            rows = pl.scan_parquet(path).select("line_number", *columns)
            wanted = [w.lower() for w in (*words, *distinct)]
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
            rows = pl.scan_parquet(path).filter(pl.col("crime_ref").is_in(refs)).select("line_number", "force_id", "crime_ref")
            found |= {line for line, force, ref in rows.collect().iter_rows() if (force, ref) in own}
    return found


def _rejects_marked(lake: Lake, details: Sequence[str], work: _Work) -> None:
    for batch in lake.batches():
        path = batch.folder / "rejects.parquet"
        if not int(batch.account["rejected"]) or not details:
            continue
        for line, last, raw in pl.read_parquet(path, columns=["line", "last_line", "raw"]).iter_rows():
            if raw and any(_stands_in(w, raw) for w in details):
                work.rejects.setdefault(batch.batch_id, []).append((line, last))


def _prepared(
    lake: Lake, folder: Path, erasure: str, at: datetime, subject: Subject, work: _Work,
    words: Mapping[tuple[str, str], tuple[str, ...]], distinct: Sequence[str], backups_until: str,
) -> Certificate:  # fmt: skip
    """Write every file as it will stand, and the plan; the certificate as far as it goes."""
    held = {b.batch_id: b for b in lake.batches()}
    plan = _Plan(lake.home, folder)
    with storage_faults(folder):
        (folder / "files").mkdir(mode=0o700)
    counts: dict[str, int] = {}
    references: dict[str, int] = {}
    lines_by_batch: dict[str, int] = {}
    originals = _originals_written(plan, held, work)
    for batch_id in sorted(work.batches):
        batch = held[batch_id]
        for table in batch.tables:
            _part_written(plan, batch, table, work)
        for table, lines in work.gone.get(batch_id, {}).items():
            if not table.endswith(PERSONAL):
                counts[table] = counts.get(table, 0) + len(lines)
        for table, columns in work.nulled.get(batch_id, {}).items():
            references[table] = references.get(table, 0) + sum(len(lines) for lines in columns.values())
        if batch_id in work.rejects:
            _rejects_written(plan, batch, work.rejects[batch_id])
        taken = originals.get(batch_id, {})
        lines_by_batch[batch_id] = _manifest_written(plan, batch, work, taken, erasure, at)
        for derived in (lake.root / "derived").rglob(f"{batch_id}-*") if (lake.root / "derived").is_dir() else ():
            plan.thrown_away.append(str(derived.relative_to(lake.home)))
    _links_written(plan, subject, distinct)
    _findings_written(plan, (*distinct,))
    plan.thrown_away += _exports_to_throw(lake.home, work.batches)
    _tombstones_written(lake.home, folder, subject, work, words, held)
    certificate = Certificate(
        erasure=erasure, at=at, key=subject.key, rows=counts, references=references,
        texts=sum(len(lines) for tables in work.texts.values() for lines in tables.values()), batches=lines_by_batch,
        files=len(plan.files), thrown_away=len(plan.thrown_away),
        shared=len({w for some in words.values() for w in some} - set(distinct)), backups_until=backups_until,
    )  # fmt: skip
    write_json(certificate.as_dict(), folder / "certificate.json")
    write_json({"files": plan.files, "thrown_away": plan.thrown_away}, folder / "plan.json")
    return certificate


@dataclass
class _Plan:
    """The files of an erasure under way: by its staged name, the place that each will take."""

    home: Path
    folder: Path
    files: dict[str, str] = field(default_factory=dict)
    thrown_away: list[str] = field(default_factory=list)

    def staged(self, target: Path) -> Path:
        """Where a file that will take a place is written meanwhile."""
        name = f"{len(self.files):06d}"
        self.files[name] = str(target.relative_to(self.home))
        return self.folder / "files" / name

    def put(self, content: bytes, target: Path) -> None:
        """Stage some bytes for a place."""
        path = self.staged(target)
        with storage_faults(path):
            path.write_bytes(content)
            path.chmod(0o600)


def _part_written(plan: _Plan, batch: Batch, table: str, work: _Work) -> None:
    """One part without the rows, references and words that go; nothing where it stays as it is."""
    gone = work.gone.get(batch.batch_id, {}).get(table, set())
    nulled = work.nulled.get(batch.batch_id, {}).get(table, {})
    texts = work.texts.get(batch.batch_id, {}).get(table, {})
    if not (gone or nulled or texts):
        return
    path = batch.folder / f"{table}.parquet"
    if not path.exists():
        return
    rows = pl.scan_parquet(path)
    if gone:
        rows = rows.filter(~pl.col("line_number").is_in(list(gone)))
    for column, lines in nulled.items():
        rows = rows.with_columns(
            pl.when(~pl.col("line_number").is_in(list(lines))).then(pl.col(column)).alias(column)
        )
    if texts:
        words = sorted({w for some in texts.values() for w in some})
        columns = next(c for name, _, c in _texts(batch) if name == table)
        touched = pl.col("line_number").is_in(list(texts))
        rows = rows.with_columns(pl.when(touched).then(taken_out(pl.col(c), words)).otherwise(c).alias(c) for c in columns)
    staged = plan.staged(path)
    with storage_faults(staged):
        rows.sink_parquet(staged, compression="zstd", compression_level=1, statistics=False)
        staged.chmod(0o600)


def _originals_written(plan: _Plan, held: Mapping[str, Batch], work: _Work) -> dict[str, dict[int, int]]:
    """The files as received, rewritten: once for all the batches that came in one file. How many lines each record took."""
    by_file: dict[str, list[Batch]] = {}
    for batch in held.values():
        by_file.setdefault(batch.content_hash, []).append(batch)
    taken: dict[str, dict[int, int]] = {}
    for batches in by_file.values():
        if not any(b.batch_id in work.batches for b in batches):
            continue
        edits = {_inner(b): _edits(b, work) for b in batches if b.batch_id in work.batches}
        first = next((p for b in batches for p in sorted((b.folder / "original").glob("*"))), None)
        if first is None:
            continue
        done = rewritten(first, edits, str(batches[0].account["unit"]), batches[0].encoding)
        for batch in batches:
            for path in (batch.folder / "original").glob("*"):
                plan.put(done.content, path)
            taken[batch.batch_id] = dict(done.lines.get(_inner(batch), {}))
    return taken


def inner_of(encoding: str, notes: Iterable[str], member: str) -> str:
    """What was read of a file: the sheet of a workbook, the member of an archive, "" for the whole."""
    if encoding == "workbook":
        said = next((n for n in notes if n.startswith("Read from the sheet “")), "")
        return said.partition("“")[2].partition("”")[0]
    return member


def _inner(batch: Batch) -> str:
    return inner_of(batch.encoding, batch.notes, batch.file_name.partition("/")[2])


def _edits(batch: Batch, work: _Work) -> Edits:
    return Edits(
        frozenset(work.lines_gone(batch.batch_id)),
        {line: tuple(sorted(words)) for line, words in work.within.get(batch.batch_id, {}).items()},
        frozenset(n for line, last in work.rejects.get(batch.batch_id, []) for n in range(line, last + 1)),
    )


def _rejects_written(plan: _Plan, batch: Batch, lines: Sequence[tuple[int, int]]) -> None:
    path = batch.folder / "rejects.parquet"
    erased = pl.col("line").is_in([line for line, _ in lines])
    rows = pl.read_parquet(path).with_columns(pl.when(erased).then(pl.lit(ERASED)).otherwise("raw").alias("raw"))
    write_part(rows, plan.staged(path))


def _manifest_written(
    plan: _Plan, batch: Batch, work: _Work, taken: Mapping[int, int], erasure: str, at: datetime
) -> int:
    """The batch's manifest, its account saying what was erased; how many lines that is."""
    path = batch.folder / "manifest.json"
    plain_ = json.loads(path.read_text(encoding="utf-8"))
    records = work.lines_gone(batch.batch_id)
    lines = sum(taken.get(line, 1) for line in records)
    account = plain_["account"]
    account["kept"] -= len(records)
    account["continuation"] -= lines - len(records)
    account["erased"] = account.get("erased", 0) + lines
    for table, gone in work.gone.get(batch.batch_id, {}).items():
        if table in plain_["tables"]:
            plain_["tables"][table] -= len(gone)
    touched = len(records | set(work.within.get(batch.batch_id, {}))) + len(work.rejects.get(batch.batch_id, []))
    plain_["erasures"] = {**plain_.get("erasures", {}), erasure: {"at": at.isoformat(), "lines": lines}}
    write_json(plain_, plan.staged(path))
    return touched


def _links_written(plan: _Plan, subject: Subject, distinct: Sequence[str]) -> None:
    """The link tables without the person: entries, the details' digests that nobody else has, links, keys, names, decisions."""
    place = plan.home / "lake" / "people"
    runs = sorted(p for p in place.iterdir() if p.name.isdigit()) if place.is_dir() else []
    if not runs:
        return
    people = pl.read_parquet(runs[-1] / "people.parquet")
    entries = set(subject.entries)
    mine = pl.col("entry").is_in(list(entries))
    profiles = set(people.filter(mine)["profile"]) - set(people.filter(~mine)["profile"])
    persons = set(people.filter(mine)["person"]) - set(people.filter(~mine)["person"])
    persons |= _merged_into(pl.read_parquet(runs[-1] / "keys.parquet"), persons)
    words = {normal(w) for w in distinct}
    ids = list(entries | profiles | persons)
    for path in sorted(runs[-1].glob("*.parquet")):
        rows = pl.read_parquet(path)
        named = [c for c in ("entry", "profile", "person", "one", "other", "key", "into") if c in rows.columns]
        left = rows.filter(~pl.any_horizontal(pl.col(c).is_in(ids).fill_null(False) for c in named)) if named else rows
        if "name" in left.columns:
            left = left.filter(~pl.Series([normal(n or "") in words for n in left["name"]], dtype=pl.Boolean))
        if left.height != rows.height:
            write_part(left, plan.staged(path))
    path = runs[-1] / "decisions.json"
    if path.exists():
        said = json.loads(path.read_text(encoding="utf-8"))
        kept = [d for d in said["decisions"] if not {d["one"], d["other"]} & entries]
        if len(kept) != len(said["decisions"]):
            write_json({**said, "decisions": kept}, plan.staged(path))


def _merged_into(keys: pl.DataFrame, persons: set[str]) -> set[str]:
    """Identifiers that were merged into some, at however many removes."""
    into = [(k, i) for k, i in keys.select("key", "into").iter_rows() if i is not None]
    found: set[str] = set()
    while more := {k for k, i in into if i in persons | found} - found:
        found |= more
    return found


def _findings_written(plan: _Plan, distinct: Sequence[str]) -> None:
    """Findings in which a detail stands, without it: a list of the largest losses names its reports."""
    place = plan.home / "findings"
    lower = [w.lower() for w in distinct]
    for path in sorted(place.glob("*.json")) if place.is_dir() else ():
        text = path.read_text(encoding="utf-8")
        if any(w in text.lower() for w in lower):
            clean = re.sub(pattern(distinct), ERASED, text)
            if clean != text:
                plan.put(clean.encode(), path)


def _exports_to_throw(home: Path, touched: set[str]) -> list[str]:
    """Exports made on this machine that hold rows of a batch touched: taken away, to be made again."""
    ledger = home / "exports.json"
    if not ledger.exists():
        return []
    found = []
    for folder in json.loads(ledger.read_text(encoding="utf-8"))["folders"]:
        for manifest in Path(folder).glob("export-*/manifest.json"):
            if touched & set(json.loads(manifest.read_text(encoding="utf-8"))["batches"]):
                found.append(str(manifest.parent))
        current = Path(folder) / "current"
        if current.is_symlink() and str(current.resolve()) in found:
            found.append(str(current))
    return found


def _folder_of_erasures(home: Path) -> Path:
    place = home / "lake" / "erasures"
    with storage_faults(place):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _folder(home: Path, batch_id: str) -> Path:
    return home / "lake" / "batches" / batch_id


def _salt(home: Path) -> bytes:
    path = _folder_of_erasures(home) / "salt"
    if not path.exists():
        with storage_faults(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            settled(path.parent)
    return path.read_bytes()


def _tombstones_written(
    home: Path, folder: Path, subject: Subject, work: _Work, words: Mapping[tuple[str, str], tuple[str, ...]],
    held: Mapping[str, Batch],
) -> None:  # fmt: skip
    """What is kept so that the person does not come back: keyed hashes, and of a detail how many words it has."""
    keys = {(k, 0) for k in _keys_of(home, subject)}
    keys |= {(k, 0) for k in _surveys(Lake(home), {k for k, _ in keys})}
    for (force, ref), details in words.items():
        keys.add((_key("crime", force, ref), 0))
        for detail in details:
            said = normal(detail)
            length = len(said.split())
            if 0 < length <= _PHRASE:
                keys.add((_key("word", force, ref, said), length))
    for batch_id, lines in work.within.items():
        batch = held[batch_id]
        keys |= {(_key("line", batch.content_hash, _inner(batch), str(line)), 0) for line in lines}
    for batch_id, rejected in work.rejects.items():
        batch = held[batch_id]
        keys |= {(_key("line", batch.content_hash, _inner(batch), str(line)), 0) for line, _ in rejected}
    salt = _salt(home)
    rows = sorted((_hashed(salt, key), length) for key, length in keys)
    write_part(
        pl.DataFrame(rows, schema={"digest": pl.String, "words": pl.Int64}, orient="row"), folder / "tombstones.parquet"
    )


def _hashed(salt: bytes, key: str) -> str:
    return hmac.new(salt, key.encode(), "sha256").hexdigest()[:32]


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
    known, salt = set(stones["digest"]), _salt(home)
    lengths = sorted(set(stones["words"]) - {0})

    def mask(keys: pl.Series) -> pl.Series:
        return pl.Series([k is not None and _hashed(salt, k) in known for k in keys], dtype=pl.Boolean)

    gone: set[int] = set()
    within: dict[int, set[str]] = {}
    out = dict(tables)
    for table, rows in tables.items():
        lost, nulled = marked(table, rows, mask)
        gone |= lost
        for column, lines in nulled.items():
            is_one = pl.col("line_number").is_in(list(lines))
            for line, word in rows.filter(is_one).select("line_number", column).iter_rows():
                within.setdefault(line, set()).add(word)
            out[table] = out[table].with_columns(pl.when(~is_one).then(pl.col(column)).alias(column))
    crimes = _crimes_met(tables, mask)
    struck = {line for line in _lines(tables) if _hashed(salt, _key("line", content_hash, inner, str(line))) in known}
    for table, rows in tables.items():
        columns = [c for c, kind in rows.schema.items() if kind == pl.String and c not in _STRUCTURED and not c.endswith("_ref")]
        touched = rows.filter(pl.col("line_number").is_in(list((set(crimes) | struck) - gone))) if columns else rows.clear()
        for row in touched.select("line_number", *columns).iter_rows(named=True):
            line = row["line_number"]
            for column in columns:
                text = row[column] or ""
                found = {text} if line in struck and table.endswith(PERSONAL) and text else set()
                for crime in crimes.get(line, ()):
                    found |= {
                        as_is for said, as_is in phrases(text, lengths)
                        if _hashed(salt, _key("word", *crime, said)) in known
                    }  # fmt: skip
                if found:
                    within.setdefault(line, set()).update(found)
                    clean = taken_out(pl.col(column), sorted(found))
                    out[table] = out[table].with_columns(
                        pl.when(pl.col("line_number") == line).then(clean).otherwise(column).alias(column)
                    )
    if gone:
        out = {name: rows.filter(~pl.col("line_number").is_in(list(gone))) for name, rows in out.items()}
    blanked: set[int] = set()
    kept = []
    for one in rejects:
        if _hashed(salt, _key("line", content_hash, inner, str(one.line))) in known:
            blanked |= set(range(one.line, one.last_line + 1))
            kept.append(replace(one, raw=ERASED))
        else:
            kept.append(one)
    edits = Edits(frozenset(gone), {n: tuple(sorted(w)) for n, w in within.items()}, frozenset(blanked))
    return Returned(out, tuple(kept), edits)


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
