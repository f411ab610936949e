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

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.errors import NothingHeld
from fourfold.records.lake import Batch, Lake, settled, settled_files, storage_faults, write_json, write_part
from fourfold.records.redaction import ERASED, Edits, normal, pattern, plain, rewritten, taken_out
from fourfold.records.subjects import (
    DETAILS,
    KEYS,
    PARTS,
    PEOPLE,
    STRUCTURED,
    Mask,
    Subject,
    details_of,
    erasures_folder,
    every_part,
    inner_of,
    keys_of,
    marked,
    mask_of,
    rules,
    surveys_of,
)
from fourfold.records.suppliers.contracts import PERSONAL
from fourfold.records.tombstones import tombstones_written

_GONE = "is_gone"


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
    entry: int | None = None
    """The number of the entry on the log that began it."""

    def as_dict(self) -> dict[str, Any]:
        """The certificate as plain data."""
        return {**vars(self), "at": self.at.isoformat(), "remains": list(self.remains)}


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


def erase(
    home: Path, subject: Subject, *, clock: Callable[[], datetime], backups_until: str = "", entry: int | None = None
) -> Certificate:
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
        folder = erasures_folder(home) / f"{erasure}.unfinished"
        with storage_faults(folder):
            folder.mkdir(mode=0o700)
        try:
            certificate = _prepared(lake, folder, erasure, at, subject, work, words, distinct, backups_until, entry)
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
    return [
        json.loads(path.read_text(encoding="utf-8")) for path in found if not path.parent.name.endswith(".unfinished")
    ]


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


def _planned(
    home: Path, lake: Lake, subject: Subject
) -> tuple[_Work, dict[tuple[str, str], tuple[str, ...]], tuple[str, ...]]:
    """What goes, the words that go within each of the person's crimes, and the details that nobody else has."""
    work = _Work()
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


def _rows_marked(batch: Batch, mask: Mask, work: _Work) -> None:
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


def _texts(batch: Batch) -> Iterable[tuple[str, Path, list[str]]]:
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
            rows = (
                pl.scan_parquet(path)
                .filter(pl.col("crime_ref").is_in(refs))
                .select("line_number", "force_id", "crime_ref")
            )
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
    words: Mapping[tuple[str, str], tuple[str, ...]], distinct: Sequence[str], backups_until: str, entry: int | None,
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
    _register_written(plan, subject, distinct)
    plan.thrown_away += _exports_to_throw(lake.home, work.batches)
    tombstones_written(lake.home, folder, subject, words, _struck(work, held))
    certificate = Certificate(
        erasure=erasure, at=at, key=subject.key, rows=counts, references=references,
        texts=sum(len(lines) for tables in work.texts.values() for lines in tables.values()), batches=lines_by_batch,
        files=len(plan.files), thrown_away=len(plan.thrown_away),
        shared=len({w for some in words.values() for w in some} - set(distinct)), backups_until=backups_until, entry=entry,
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
        rows = rows.with_columns(pl.when(~pl.col("line_number").is_in(list(lines))).then(pl.col(column)).alias(column))
    if texts:
        words = sorted({w for some in texts.values() for w in some})
        columns = next(c for name, _, c in _texts(batch) if name == table)
        touched = pl.col("line_number").is_in(list(texts))
        rows = rows.with_columns(
            pl.when(touched).then(taken_out(pl.col(c), words)).otherwise(c).alias(c) for c in columns
        )
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


def _register_written(plan: _Plan, subject: Subject, distinct: Sequence[str]) -> None:
    """The register of holds and reviews without what tells of whom it was: the decisions stay, under a key that means nothing."""
    path = plan.home / "retention" / "register.json"
    if not path.exists():
        return
    said = json.loads(path.read_text(encoding="utf-8"))
    own = set(subject.entries)
    for kind in ("holds", "reviews"):
        for one in said.get(kind, []):
            if own & set(one["entries"]):
                one["entries"] = [e for e in one["entries"] if e not in own]
                one["reason"] = re.sub(pattern(distinct), ERASED, one["reason"]) if distinct else one["reason"]
    write_json(said, plan.staged(path))


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


def _struck(work: _Work, held: Mapping[str, Batch]) -> Iterator[tuple[str, str, int]]:
    """The lines of files received from which something is taken and that stay otherwise."""
    for batch_id, lines in work.within.items():
        yield from ((held[batch_id].content_hash, _inner(held[batch_id]), line) for line in lines)
    for batch_id, rejected in work.rejects.items():
        yield from ((held[batch_id].content_hash, _inner(held[batch_id]), line) for line, _ in rejected)
