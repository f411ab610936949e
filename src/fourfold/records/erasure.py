"""Erasure: a person taken out of all that is held here, all or nothing, and kept from coming back.

    HOME/lake/erasures/<erasure>.unfinished/    files as they will stand; a crash here undoes the erasure
    HOME/lake/erasures/<erasure>/plan.json      which file takes which place: from here on a crash only finishes it
    HOME/lake/erasures/<erasure>/rest.json      what is still to be done once the files stand: what else holds the person (the
                                                service's database), and the search; it goes when that is done
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

import contextlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.errors import NothingHeld
from fourfold.records.lake import Batch, Lake, settled, settled_files, storage_faults, write_json, write_part
from fourfold.records.redaction import ERASED, Edits, pattern, rewritten, taken_out
from fourfold.records.subjects import Subject, erasures_folder, inner_of, known_by, merged_into
from fourfold.records.tombstones import tombstones_written
from fourfold.records.whereabouts import Whereabouts, one_field, planned, texts_of

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
    """The number of the entry that began it, on the service's log where it `is_served`, else on the folder's."""
    is_served: bool = False
    of_value: bool = False
    """Whether it took a value out of rows that stay (a rectification), and erased nobody."""

    def as_dict(self) -> dict[str, Any]:
        """The certificate as plain data."""
        return {**vars(self), "at": self.at.isoformat(), "remains": list(self.remains)}


@dataclass(frozen=True, kw_only=True)
class Rest:
    """Whom an erasure was of, until it is done: what else holds the person is cleared by it, and searched for `distinct`.

    `entries` are the keys of the person's parts in crimes and reports, `disseminations` those of what was sent of the reports;
    `details` go from what is about the person alone.
    """

    key: str
    entries: tuple[str, ...]
    disseminations: tuple[str, ...]
    details: tuple[str, ...]
    distinct: tuple[str, ...]
    is_served: bool
    keys: tuple[str, ...] = ()
    """Every key that a log, a request or a case may know the person by."""


Beside = Callable[[Rest], None]
"""What clears the service's database of somebody whose files are erased. Done twice it does the same."""


def erase(
    home: Path, subject: Subject, *, clock: Callable[[], datetime], backups_until: str = "", entry: int | None = None,
    beside: Beside | None = None, again: Callable[[], Subject] | None = None,
) -> Certificate:  # fmt: skip
    """Take a person out of all that is held here. Raises NothingHeld where nothing is, Busy while files are imported.

    Nothing is changed until all that will stand is on the disk; from that instant it is finished, if need be at the next
    start. The files come first, then what is `beside` them, then the search. `again` says whom it is of once nothing else
    can come in, and raises what then speaks against it.
    """
    from fourfold.records.disseminations import keys_of
    from fourfold.records.rectification import left_finished

    lake = Lake(home)
    with contextlib.ExitStack() as held:
        held.enter_context(lake.rectifying())
        left_finished(home, clock)
        held.enter_context(lake.held())
        resumed(home, beside)
        _leftovers_removed(lake, clock)
        if again is not None:
            subject = again()
        found, sent = planned(home, lake, subject), keys_of(home, subject.reports)
        work, words, distinct = found.work, found.words, found.distinct
        if not work.batches:
            raise NothingHeld("Nothing of that person is held.", remedy="See whether it was erased before.")

        def prepared(plan: _Plan, at: datetime) -> Certificate:
            written = _batches_written(plan, lake, work, at)
            _links_written(plan, subject)
            _findings_written(plan, subject, distinct)
            _register_written(plan, subject, (*found.details, *distinct))
            batches = {b.batch_id: b for b in lake.batches()}
            tombstones_written(home, plan.folder, subject, words, _struck(work, batches))
            rest = Rest(
                key=subject.key, entries=subject.entries, disseminations=sent, details=found.details, distinct=distinct,
                is_served=beside is not None, keys=known_by(home, subject),
            )  # fmt: skip
            write_json(vars(rest), plan.folder / "rest.json")
            return Certificate(
                erasure=plan.name, at=at, key=subject.key, rows=work.rows, references=work.references, texts=work.lines_of_text,
                batches=written, files=len(plan.files), thrown_away=len(plan.thrown_away),
                shared=found.shared, backups_until=backups_until, entry=entry, is_served=beside is not None,
            )  # fmt: skip

        certificate, folder = _done(lake, prepared, clock, beside)
        said = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
    return replace(certificate, remains=tuple(said["remains"]), scanned=said["scanned"])


def _leftovers_removed(lake: Lake, clock: Callable[[], datetime]) -> None:
    """Finish an archive that was going in, and remove what else died half made before: it may hold the person, and nothing
    reads it. Only while the lake is held."""
    from fourfold.records.imports import swept

    swept(lake, clock)
    shutil.rmtree(lake.home / "retention" / "rectifying.unfinished", ignore_errors=True)
    for unnamed in (*(lake.home / "lake" / "people").glob("unfinished-*"), *(lake.home / "service").glob("bundle-*")):
        shutil.rmtree(unnamed, ignore_errors=True)


def values_erased(
    home: Path,
    key: str,
    values: Mapping[str, Mapping[str, Mapping[str, Mapping[int, str]]]],
    *,
    clock: Callable[[], datetime],
) -> Certificate:
    """Take single values out of rows that stay: by batch, table and column the lines, each with the text that stood there.

    As `erase`, whole or not at all. No tombstone is left: the value may be another person's, and right there.
    """
    lake = Lake(home)
    with lake.held():
        resumed(home)
        _leftovers_removed(lake, clock)
        work = Whereabouts()
        for batch_id, tables in values.items():
            for table, columns in tables.items():
                for column, lines in columns.items():
                    work.nulled.setdefault(batch_id, {}).setdefault(table, {}).setdefault(column, set()).update(lines)
                    for line, said in lines.items():
                        work.field(batch_id, line, one_field(table, column, said))

        def prepared(plan: _Plan, at: datetime) -> Certificate:
            written = _batches_written(plan, lake, work, at)
            return Certificate(
                erasure=plan.name, at=at, key=key, rows={}, references=work.references, texts=0, batches=written,
                files=len(plan.files), thrown_away=len(plan.thrown_away), shared=0, of_value=True,
            )  # fmt: skip

        return _done(lake, prepared, clock)[0]


def _done(
    lake: Lake,
    prepared: Callable[[_Plan, datetime], Certificate],
    clock: Callable[[], datetime],
    beside: Beside | None = None,
) -> tuple[Certificate, Path]:
    """Write all that will stand, and put it in place: undone before the rename, finished after it."""
    at = clock()
    name = f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    folder = erasures_folder(lake.home) / f"{name}.unfinished"
    with storage_faults(folder):
        (folder / "files").mkdir(mode=0o700, parents=True)
    try:
        plan = _Plan(lake.home, folder, name)
        certificate = prepared(plan, at)
        write_json(certificate.as_dict(), folder / "certificate.json")
        write_json({"files": plan.files, "thrown_away": plan.thrown_away}, folder / "plan.json")
        settled_files(folder)
        with storage_faults(folder):
            folder.rename(folder.with_suffix(""))
            settled(folder.parent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    resumed(lake.home, beside)
    return certificate, folder.with_suffix("")


def resumed(home: Path, beside: Beside | None = None) -> list[str]:
    """Finish each erasure that was under way when something died, undo one that had not begun; which were finished.

    Only while the lake is held. One that the service asked for waits for it to clear its database.
    """
    place = home / "lake" / "erasures"
    finished = []
    for folder in sorted(place.iterdir()) if place.is_dir() else []:
        if folder.name.endswith(".unfinished"):
            shutil.rmtree(folder, ignore_errors=True)
        elif (folder / "plan.json").exists():
            _applied(home, folder)
            finished.append(folder.name)
        if (folder / "rest.json").exists() and not folder.name.endswith(".unfinished"):
            _rest_done(home, folder, beside)
    return finished


def _rest_done(home: Path, folder: Path, beside: Beside | None) -> None:
    """Clear what is beside the files, search for what is left, and write that on the certificate."""
    from fourfold.records.remains import remains

    said = json.loads((folder / "rest.json").read_text(encoding="utf-8"))
    lists = {name: tuple(said[name]) for name in ("entries", "disseminations", "details", "distinct")}
    rest = Rest(key=said["key"], is_served=said["is_served"], keys=tuple(said.get("keys", [said["key"]])), **lists)
    if rest.is_served:
        if beside is None:
            return
        beside(rest)
    left, scanned = remains(home, rest.distinct, but=folder / "rest.json")
    certificate = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
    write_json({**certificate, "remains": list(left), "scanned": scanned}, folder / "certificate.json")
    with storage_faults(folder):
        (folder / "rest.json").unlink()
        settled(folder)


def settle(home: Path) -> None:
    """Finish an erasure that was cut short, before anything is read: nobody sees half of one."""
    if any(_is_due(path) for path in (home / "lake" / "erasures").glob("*/*.json")):
        with Lake(home).held():
            resumed(home)


def _is_due(path: Path) -> bool:
    if path.name == "rest.json" and not path.parent.name.endswith(".unfinished"):
        with contextlib.suppress(FileNotFoundError):
            return not json.loads(path.read_text(encoding="utf-8"))["is_served"]
    return path.name == "plan.json"


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
    """Every erasure that has begun to take its place, in order: its certificate, and whether it `is_finished`."""
    place = home / "lake" / "erasures"
    found = sorted(place.glob("*/certificate.json")) if place.is_dir() else []
    return [
        {
            **json.loads(path.read_text(encoding="utf-8")),
            "is_finished": not any((path.parent / name).exists() for name in ("plan.json", "rest.json")),
        }
        for path in found
        if not path.parent.name.endswith(".unfinished")
    ]


def in_place(home: Path) -> int:
    """How many erasures have taken their place in the files: what was worked out when they were fewer may hold what is gone."""
    place = home / "lake" / "erasures"
    begun = [one for one in place.iterdir() if one.is_dir()] if place.is_dir() else []
    return sum(not one.name.endswith(".unfinished") and not (one / "plan.json").exists() for one in begun)


def explanation(batches: Iterable[str], home: Path) -> tuple[str, ...]:
    """Why a figure that rests on some batches may be made again otherwise: what was erased or taken out of them since."""
    held = {b.batch_id: b.erasures for b in Lake(home).batches()}
    wanted = set(batches) & held.keys()
    said = []
    for one in certificates(home):
        name = str(one["erasure"])
        gone = sum(int(held[b].get(name, {}).get("lines", 0)) for b in wanted)
        changed = sum(int(n) for b, n in one["batches"].items() if b in wanted) - gone
        if gone or changed > 0:
            day = datetime.fromisoformat(one["at"])
            said.append(f"On {day:%-d %B %Y} {_what_happened(one)} ({name}): {_what_became(gone, max(changed, 0))}")
    return tuple(said)


def _what_happened(certificate: Mapping[str, Any]) -> str:
    return "a value was taken out as another person's" if certificate.get("of_value") else "a person was erased"


def _what_became(gone: int, changed: int) -> str:
    """What became of the lines of the files that a figure rests on, and of the figure where it is made again."""
    told = [f"{gone:,} line{'s' if gone > 1 else ''} gone"] if gone else []
    told += [f"{changed:,} line{'s' if changed > 1 else ''} changed"] if changed else []
    again = "leaves out what is gone" if gone else "counts the same lines"
    return f"of the files that this rests on, {' and '.join(told)}. The figure stands as it was stored; made again it {again}."


def _batches_written(plan: _Plan, lake: Lake, work: Whereabouts, at: datetime) -> dict[str, int]:
    """Stage every part, reject, file received and manifest that changes; by batch, how many lines that is."""
    held = {b.batch_id: b for b in lake.batches()}
    originals = _originals_written(plan, held, work)
    lines = {}
    for batch_id in sorted(work.batches):
        batch = held[batch_id]
        for table in batch.tables:
            _part_written(plan, batch, table, work)
        if batch_id in work.rejects:
            _rejects_written(plan, batch, work.rejects[batch_id])
        lines[batch_id] = _manifest_written(plan, batch, work, originals.get(batch_id, {}), plan.name, at)
        for derived in (lake.root / "derived").rglob(f"{batch_id}-*") if (lake.root / "derived").is_dir() else ():
            plan.thrown_away.append(str(derived.relative_to(lake.home)))
    for name in ("victims_code", "rows") if work.batches else ():  # made again from what is left
        plan.thrown_away.append(str((lake.root / "derived" / name).relative_to(lake.home)))
    plan.thrown_away += _exports_to_throw(lake.home, work.batches)
    return lines


@dataclass
class _Plan:
    """The files of an erasure under way: by its staged name, the place that each will take."""

    home: Path
    folder: Path
    name: str
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


def _part_written(plan: _Plan, batch: Batch, table: str, work: Whereabouts) -> None:
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
        columns = next(c for name, _, c in texts_of(batch) if name == table)
        by_words: dict[tuple[str, ...], list[int]] = {}
        for line, words in texts.items():
            by_words.setdefault(tuple(sorted(words)), []).append(line)
        for said, lines_of in by_words.items():
            touched = pl.col("line_number").is_in(lines_of)
            rows = rows.with_columns(
                pl.when(touched).then(taken_out(pl.col(c), said)).otherwise(c).alias(c) for c in columns
            )
    staged = plan.staged(path)
    with storage_faults(staged):
        rows.sink_parquet(staged, compression="zstd", compression_level=1, statistics=False)
        staged.chmod(0o600)


def _originals_written(plan: _Plan, held: Mapping[str, Batch], work: Whereabouts) -> dict[str, dict[int, int]]:
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


def _edits(batch: Batch, work: Whereabouts) -> Edits:
    return Edits(
        frozenset(work.lines_gone(batch.batch_id)),
        frozenset(n for line, last in work.rejects.get(batch.batch_id, []) for n in range(line, last + 1)),
        work.fields.get(batch.batch_id, {}),
    )


def _rejects_written(plan: _Plan, batch: Batch, lines: Sequence[tuple[int, int]]) -> None:
    path = batch.folder / "rejects.parquet"
    erased = pl.col("line").is_in([line for line, _ in lines])
    rows = pl.read_parquet(path).with_columns(pl.when(erased).then(pl.lit(ERASED)).otherwise("raw").alias("raw"))
    write_part(rows, plan.staged(path))


def _manifest_written(
    plan: _Plan, batch: Batch, work: Whereabouts, taken: Mapping[int, int], erasure: str, at: datetime
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
    if any(n < 0 for name, n in account.items() if name != "unit"):
        raise AssertionError(f"more is erased of {batch.batch_id} than is held: {account}")
    for table, gone in work.gone.get(batch.batch_id, {}).items():
        if table in plain_["tables"]:
            plain_["tables"][table] -= len(gone)
    plain_["erasures"] = {**plain_.get("erasures", {}), erasure: {"at": at.isoformat(), "lines": lines}}
    write_json(plain_, plan.staged(path))
    return work.touched(batch.batch_id)


def _links_written(plan: _Plan, subject: Subject) -> None:
    """The link tables without the person: entries, links, keys, decisions."""
    place = plan.home / "lake" / "people"
    runs = sorted(p for p in place.iterdir() if p.name.isdigit()) if place.is_dir() else []
    if not runs:
        return
    people = pl.read_parquet(runs[-1] / "people.parquet")
    entries = set(subject.entries)
    mine = pl.col("entry").is_in(list(entries))
    profiles = set(people.filter(mine)["profile"]) - set(people.filter(~mine)["profile"])
    persons = set(people.filter(mine)["person"]) - set(people.filter(~mine)["person"])
    persons |= merged_into(pl.read_parquet(runs[-1] / "keys.parquet"), persons)
    ids = list(entries | profiles | persons)
    for path in sorted(runs[-1].glob("*.parquet")):
        rows = pl.read_parquet(path)
        named = [c for c in ("entry", "profile", "person", "one", "other", "key", "into") if c in rows.columns]
        left = rows.filter(~pl.any_horizontal(pl.col(c).is_in(ids).fill_null(False) for c in named)) if named else rows
        if left.height != rows.height:
            write_part(left, plan.staged(path))
    path = runs[-1] / "decisions.json"
    if path.exists():
        said = json.loads(path.read_text(encoding="utf-8"))
        kept = [d for d in said["decisions"] if not {d["one"], d["other"]} & entries]
        if len(kept) != len(said["decisions"]):
            write_json({**said, "decisions": kept}, plan.staged(path))


def _findings_written(plan: _Plan, subject: Subject, distinct: Sequence[str]) -> None:
    """Findings without the person's references, in their texts alone: a list of the largest losses names its reports."""
    references = [r for r in subject.references if r in distinct]
    place = plan.home / "findings"
    for path in sorted(place.glob("*.json")) if place.is_dir() and references else ():
        text = path.read_text(encoding="utf-8")
        if any(r.lower() in text.lower() for r in references):
            said = json.loads(text)
            clean = without(said, partial(re.sub, pattern(references), ERASED))
            if clean != said:
                plan.put(json.dumps(clean, ensure_ascii=False).encode(), path)


def without(said: Any, clean: Callable[[str], str]) -> Any:
    """Plain data with its texts cleaned; names of fields and numbers stay."""
    if isinstance(said, dict):
        return {name: without(value, clean) for name, value in said.items()}
    if isinstance(said, list):
        return [without(value, clean) for value in said]
    return clean(said) if isinstance(said, str) else said


_WRITTEN = ("reason", "release_reason", "authority")
"""What people wrote in the register."""


def _register_written(plan: _Plan, subject: Subject, words: Sequence[str]) -> None:
    """The register of holds and reviews without what tells of whom it was: the decisions stay, under a key that means nothing."""
    path = plan.home / "retention" / "register.json"
    if not path.exists():
        return
    said = json.loads(path.read_text(encoding="utf-8"))
    own = set(subject.entries)
    for kind in ("holds", "reviews", "rectifications"):
        for one in said.get(kind, []):
            if own & set(one["entries"]):
                one["entries"] = [e for e in one["entries"] if e not in own]
                for name in (n for n in _WRITTEN if words and one.get(n)):
                    one[name] = re.sub(pattern(words), ERASED, one[name])
    write_json(said, plan.staged(path))


def _exports_to_throw(home: Path, touched: set[str]) -> list[str]:
    """Exports made on this machine that hold rows of a batch touched, and what died or is being written: taken away."""
    ledger = home / "exports.json"
    if not ledger.exists():
        return []
    found = []
    for folder in json.loads(ledger.read_text(encoding="utf-8"))["folders"]:
        for one in Path(folder).glob("export-*"):
            manifest = one / "manifest.json"
            if not manifest.exists() or touched & set(json.loads(manifest.read_text(encoding="utf-8"))["batches"]):
                found.append(str(one))
        current = Path(folder) / "current"
        if current.is_symlink() and str(current.resolve()) in found:
            found.append(str(current))
    return found


def _struck(work: Whereabouts, held: Mapping[str, Batch]) -> Iterator[tuple[str, str, int]]:
    """The lines of files received from whose texts something is taken and that stay otherwise, and those returned."""
    for batch_id in work.texts:
        lines = work.lines_worded(batch_id)
        yield from ((held[batch_id].content_hash, _inner(held[batch_id]), line) for line in lines)
    for batch_id, rejected in work.rejects.items():
        yield from ((held[batch_id].content_hash, _inner(held[batch_id]), line) for line, _ in rejected)
