"""Holdings: what is held of a person, from where, and who saw it: what a subject-access request asks for.

What is shown is what an erasure would take: the rows that are the person's, the references to the person in rows that stay,
and the texts in which a detail of the person stands. Details of other people in the same crimes are taken out of texts, and
references to others and to officers are left out. What a text says of people whom no record names, only a reader can find:
so a bundle is read by somebody before it is given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.records.access import Asking, Gate
from fourfold.records.lake import Batch, Lake
from fourfold.records.redaction import pattern, plain
from fourfold.records.subjects import DETAILS, Subject, known_by, subject_of
from fourfold.records.suppliers.contracts import PERSONAL
from fourfold.records.whereabouts import forms, planned, texts_of

ANOTHER = "[another person]"
DECIDED = "decision"
"""What a holding is that officers decided or wrote, and no file brought."""
VERB = "answer a subject-access request"
_LEFT_OUT = frozenset(
    {"batch_id", "line_number", "force_id", "faults", "officer_ref", "team", "unit", "for_person_ref"}
)


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A row, or a text, that is held: its table, its file and line, and what it says by column.

    `is_standing` is false of what a later file replaced, and of files that were withdrawn: they are held still. What came in
    no file has no batch, and a `place` instead.
    """

    table: str
    what: str
    batch: Batch | None
    line: int
    said: Mapping[str, str]
    is_standing: bool
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """An entry of a log about the person: when, by whom in which role, what kind of sight, and to whom it was given."""

    at: str
    officer: str
    roles: str
    kind: str
    verb: str
    purpose: str
    recipient: str


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """All that is held of a person as at an instant, and the sights of it."""

    key: str
    at: datetime
    rows: tuple[Holding, ...]
    sights: tuple[Sight, ...]
    force_id: str
    """The force in whose records most of it stands."""

    @property
    def batches(self) -> tuple[Batch, ...]:
        """The files in which something is held."""
        return tuple({one.batch.batch_id: one.batch for one in self.rows if one.batch is not None}.values())


Elsewhere = Callable[[Subject, str], Iterable[Holding]]
"""What something beside the records holds of a person; the text is a pattern of other people's details, empty for none."""


def _nothing(_: Subject, __: str) -> Iterable[Holding]:
    return ()


def holdings(
    home: Path, gate: Gate, asking: Asking, key: str, *, at: datetime, recipient: str,
    log: Iterable[Mapping[str, Any]] = (), known_as: Iterable[str] = (), elsewhere: Elsewhere = _nothing,
) -> Holdings:  # fmt: skip
    """What is held of a person, as a disclosure to a recipient that goes on the log first. Raises AccessRefused, NothingHeld.

    `log` are the entries of the log that stands there, as plain data; `known_as` are further keys under which it may have the
    person; `elsewhere` says what the service holds beside the
    records.
    """
    from fourfold.records.retention import tables

    number = gate.asked(asking, "disclosure", tables(), verb=VERB, at=at, recipient=recipient, phase="begun")
    try:
        subject = subject_of(home, key)
    except Exception:
        gate.closed(number, asking, "disclosure", verb=VERB, at=at, outcome="nothing held", recipient=recipient)
        raise
    others = _others(Lake(home), subject)
    found = (*_rows(home, subject, others), *_registered(home, subject, others), *elsewhere(subject, others))
    gate.closed(
        number, asking, "disclosure", verb=VERB, at=at, outcome="done", keys=(subject.key,), recipient=recipient,
        note={"rows": len(found)},
    )  # fmt: skip
    keys = {*known_by(home, subject), *known_as, *(one.batch.batch_id for one in found if one.batch is not None)}
    return Holdings(
        key=subject.key, at=at, rows=found, sights=tuple(_sights(log, keys)),
        force_id=_force(subject),
    )  # fmt: skip


def _force(subject: Subject) -> str:
    counted = (
        subject.parts.drop_nulls("force_id")
        .group_by("force_id")
        .len()
        .sort("len", "force_id", descending=[True, False])
    )
    return str(counted["force_id"][0]) if counted.height else ""


_REGISTERED = ("at", "decided", "reason", "released_at", "release_reason", "column", "ground", "authority")


def _registered(home: Path, subject: Subject, others: str) -> Iterable[Holding]:
    """What was decided about the person's records: holds, reviews, and what was put right."""
    from fourfold.records.retention import register

    wanted = set(subject.entries)
    for kind, every in register(home).items():
        for number, one in enumerate(every, start=1):
            if wanted & set(one["entries"]):
                said = {name: plain(one.get(name)) for name in _REGISTERED}
                yield Holding(
                    table="retention_register", what=DECIDED, batch=None, line=number, place=f"{kind.capitalize()}, entry {number}",
                    said={name: _of_nobody_else(text, others) for name, text in said.items() if text}, is_standing=True,
                )  # fmt: skip


def _of_nobody_else(text: str, others: str) -> str:
    return re.sub(others, ANOTHER, text) if others else text


def _returned(raw: str, words: Sequence[str], others: str) -> str:
    """A returned line as it was received: of several that were taken for one, those in which the person stands."""
    met = pattern(words)
    own = [line if re.search(met, line) else ANOTHER for line in raw.splitlines()]
    return _of_nobody_else("\n".join(own), others)


def _rows(home: Path, subject: Subject, others: str) -> tuple[Holding, ...]:
    lake = Lake(home)
    whereabouts = planned(home, lake, subject)
    work, words = whereabouts.work, (*whereabouts.details, *whereabouts.distinct, *subject.references)
    held = {b.batch_id: b for b in lake.batches()}
    standing = _standing(lake)
    found = []
    for batch_id in sorted(work.batches, key=lambda i: held[i].committed_at):
        batch = held[batch_id]
        rows: dict[tuple[str, int], str] = {}
        for table, lines in work.gone.get(batch_id, {}).items():
            rows.update({(table.removesuffix(PERSONAL), line): "row" for line in lines})
        for table, columns in work.nulled.get(batch_id, {}).items():
            rows.update({(table, line): "reference" for lines in columns.values() for line in lines})
        texts = work.texts.get(batch_id, {})
        for table, own in texts.items():
            for line in own:
                rows.setdefault((table.removesuffix(PERSONAL), line), "text")
        for (table, line), what in sorted(rows.items()):
            said = _said(batch, table, line, others, only_texts=what == "text")
            found.append(Holding(
                table=table, what=what, batch=batch, line=line, said=said,
                is_standing=batch.withdrawn_at is None and (batch_id, line) not in standing,
            ))  # fmt: skip
        returned = work.rejects.get(batch_id, [])
        raw = (
            dict(pl.read_parquet(batch.folder / "rejects.parquet", columns=["line", "raw"]).iter_rows())
            if returned
            else {}
        )
        for line, _ in returned:
            said = {"returned line": _returned(raw[line], words, others)}
            found.append(Holding(table="rejects", what="text", batch=batch, line=line, said=said, is_standing=False))
    return tuple(found)


def _standing(lake: Lake) -> set[tuple[str, int]]:
    """The rows that a later one has replaced: batch and line."""
    found: set[tuple[str, int]] = set()
    for batch in lake.batches():
        path = batch.folder / "replaced.parquet"
        if path.exists() and batch.withdrawn_at is None:
            found |= set(pl.read_parquet(path).select("batch_id", "line_number").iter_rows())
    return found


def _said(batch: Batch, table: str, line: int, others: str, *, only_texts: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in (table, table + PERSONAL):
        path = batch.folder / f"{name}.parquet"
        if name not in batch.tables or not path.exists():
            continue
        rows = pl.scan_parquet(path).filter(pl.col("line_number") == line).collect()
        texts = next((c for n, _, c in texts_of(batch) if n == name), [])
        for row in rows.iter_rows(named=True):
            for column, value in row.items():
                if (
                    value is None
                    or column in _LEFT_OUT
                    or (only_texts and column not in texts and column != "crime_ref")
                ):
                    continue
                said = plain(value)
                found[column] = (
                    pl.Series([said]).str.replace_all(others, ANOTHER)[0] if others and column in texts else said
                )
    return found


def _others(lake: Lake, subject: Subject) -> str:
    """A pattern of the details of other people in the person's crimes, however written; empty where there are none.

    Who is the person is told by crime and reference together: a reference given again is somebody else's.
    """
    in_crimes = subject.parts.filter(pl.col("table") != "fraud_victims")
    crimes = in_crimes["ref"].drop_nulls().unique().to_list()
    mine = {_in_crime(*row) for row in in_crimes.select("force_id", "ref", "person_ref", "role").iter_rows()}
    words: set[str] = set()
    own: set[str] = set()
    for batch in lake.batches():
        path = batch.folder / f"people{PERSONAL}.parquet"
        if "people" not in batch.tables or not path.exists():
            continue
        names = pl.scan_parquet(batch.folder / "people.parquet").filter(pl.col("crime_ref").is_in(crimes))
        who = names.select("line_number", "force_id", "crime_ref", "person_ref", "role")
        rows = who.join(pl.scan_parquet(path).drop("force_id", strict=False), on="line_number").collect()
        for row in rows.iter_rows(named=True):
            is_own = _in_crime(row["force_id"], row["crime_ref"], row["person_ref"], row["role"]) in mine
            said = (form for c in DETAILS if row.get(c) is not None for form in forms(c, plain(row[c])))
            (own if is_own else words).update(w for w in said if len(w) > 1)
    left = {w for w in words if w.lower() not in {o.lower() for o in own}}
    return pattern(left) if left else ""


def _in_crime(force: str, ref: str, person: str | None, role: str) -> tuple[str, str, str, str]:
    """Who somebody is in a crime: by the reference, or by the role where there is none."""
    return (force, ref, person or "", "" if person else role)


def _sights(log: Iterable[Mapping[str, Any]], keys: set[str]) -> Iterable[Sight]:
    for one in log:
        named = set(json.loads(one["keys"]))
        if named & keys:
            note = json.loads(one["note"])
            yield Sight(
                at=one["at"], officer=one["officer"], roles=one["roles"], kind=one["kind"], verb=one["verb"],
                purpose=str(note.get("purpose", "")), recipient=one["recipient"],
            )  # fmt: skip
