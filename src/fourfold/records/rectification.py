"""Rectification: what is wrong of a person put right, on somebody's authority, by a correction like any supplier's.

The rows that stand are written again with the right value and brought in by the gate: by their key they take the place of
the earlier ones (`corrections`), so that a figure as at an earlier instant has those still, unless the ground says that
the value was never this person's (`codes/data/rectifications.csv`): then it is taken out of the earlier rows and of the
files as received. A later extract may bring the old value again; `overtaken` says so.

    HOME/retention/rectifying.unfinished/      the rows as they will come in; a crash here undoes the rectification
    HOME/retention/rectifying/begun.json       what is put right, beside those rows: from here on a crash only delays it
    HOME/retention/register.json               that it was done; not the value

Whoever rectifies or erases next, or starts the service, finishes what has begun (`resumed`).
"""

from __future__ import annotations

import csv
import hashlib
import json
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.codes.retention import Ground, ground
from fourfold.errors import Busy, CodeUnknown, FourfoldError, NothingHeld, RequestInvalid, StorageFailed
from fourfold.records import erasure
from fourfold.records.access import Asking, Gate
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import Instructions, import_files, withdraw
from fourfold.records.lake import Lake, settled, settled_files, storage_faults, write_json
from fourfold.records.retention import RECTIFY as VERB
from fourfold.records.retention import register
from fourfold.records.subjects import PARTS, Subject, every_part, subject_of
from fourfold.records.suppliers import catalogue
from fourfold.records.suppliers.contracts import PERSONAL, ColumnMapping, Contract
from fourfold.records.suppliers.fields import Writing, read

_LAYOUT = {"people": "people", "fraud_victims": "fraud_victims_action_fraud"}


@dataclass(frozen=True, kw_only=True)
class Rectified:
    """What was put right: how many rows of a table, in which new batches, and in how many earlier rows the value was erased."""

    key: str
    table: str
    column: str
    ground: str
    authority: str
    rows: int
    batches: tuple[str, ...]
    erased_before: int


def rectify(
    home: Path, gate: Gate, asking: Asking, key: str, *, table: str, column: str, value: str, why: str, authority: str,
    clock: Callable[[], datetime], is_served: bool = False, request: str = "",
) -> Rectified:  # fmt: skip
    """Put one detail of a person right in every row that stands; empty text takes it away.

    `why` is a ground of the table of grounds; `authority` who says so. Raises AccessRefused, CodeUnknown for a ground or a
    column, NothingHeld, RequestInvalid without an authority or for a value that the column cannot hold. `is_served` says
    on which log it stands, the service's or the folder's, and `request` whose it is there.
    """
    found = ground(why)
    contract = _contract(table)
    if not any(f.into == column and column not in contract.key and f.name != "force" for f in contract.fields):
        raise CodeUnknown(
            f"{table} has no column {column} that can be put right.", remedy="See the contract of the table."
        )
    if not authority.strip():
        raise RequestInvalid(
            "No authority is given.", remedy="Say who says so, and by what: it is kept with the correction."
        )
    _readable(contract, column, value)
    number = gate.asked(asking, "alteration", [table], verb=VERB, at=clock(), phase="begun")
    keys: tuple[str, ...] = ()
    said = {
        "id": secrets.token_hex(8), "entry": number, "is_served": is_served, "request": request, "table": table,
        "column": column, "ground": why, "authority": authority, "by": asking.officer,
    }  # fmt: skip
    try:
        with Lake(home).rectifying():
            _finished(home, clock)
            subject = subject_of(home, key)
            keys = (subject.key,)
            _begun(home, subject, contract, column, value, found, said, clock)
            done = _finished(home, clock)
    except FourfoldError as fault:
        if _unfinished(home).get("id") != said["id"]:  # else it has begun, and is no refusal
            gate.closed(
                number, asking, "alteration", verb=VERB, at=clock(), outcome=f"refused: {fault.kind}", keys=keys
            )
        raise
    if done is None:
        raise NothingHeld("The rectification is not there any more.", remedy="Ask again.")
    note = {"table": table, "column": column, "ground": why, "batches": list(done.batches)}
    gate.closed(number, asking, "alteration", verb=VERB, at=clock(), outcome="done", keys=keys, note=note)
    return done


def resumed(home: Path, clock: Callable[[], datetime]) -> None:
    """Finish, or undo, a rectification that was under way when something died. Raises Busy, StorageFailed: then it waits."""
    if any((home / "retention").glob("rectifying*")):
        with Lake(home).rectifying():
            left_finished(home, clock)


def left_finished(home: Path, clock: Callable[[], datetime]) -> None:
    """The same, for who holds `Lake.rectifying` already."""
    try:
        _finished(home, clock)
    except (Busy, StorageFailed):
        raise
    except FourfoldError:  # it is undone, and the log will say so
        return


def rectifications(home: Path) -> list[dict[str, Any]]:
    """Every rectification, in order: key, table, column, ground, authority, batches, by whom and when; not the value."""
    return register(home).get("rectifications", [])


def overtaken(records: Records) -> list[dict[str, Any]]:
    """Rectifications whose rows a later extract has replaced: what it brought may be the old value again."""
    replaced = {batch for later in records.standing for batch in later.replaced if batch != later.batch_id}
    return [one for one in rectifications(records.home) if replaced & set(one["batches"])]


def _contract(table: str) -> Contract:
    if table not in _LAYOUT:
        raise CodeUnknown("Details of people are put right in people and fraud_victims.", remedy="Name one of the two.")
    return catalogue.contract(_LAYOUT[table])


def _begun(
    home: Path, subject: Subject, contract: Contract, column: str, value: str, why: Ground, said: Mapping[str, Any],
    clock: Callable[[], datetime],
) -> None:  # fmt: skip
    """Write what will come in and what goes, whole: the rename is the instant from which it happens. Raises NothingHeld."""
    table = contract.table
    records = records_as_at(home, clock())
    rows = _standing(records, table, subject)
    if rows.is_empty():
        raise NothingHeld(f"No row of {table} stands for that person.", remedy="See `fourfold retention find`.")
    by_batch = {b.batch_id: b for b in records.standing}
    files: list[dict[str, Any]] = []
    place = home / "retention" / "rectifying.unfinished"
    with storage_faults(place):
        place.mkdir(mode=0o700, parents=True)
        for (stream,), own in rows.with_columns(
            pl.col("batch_id").replace_strict({i: b.stream for i, b in by_batch.items()}).alias("stream")
        ).group_by("stream", maintain_order=True):
            name = f"rectification-{clock():%Y%m%dT%H%M%S}-{len(files) + 1}.csv"
            _as_file(place / name, contract, own, column, value, len(rectifications(home)))
            files.append({"name": name, "stream": stream})
        before = _before(home, table, column, subject) if not why.is_old_value_kept else {}
        whole = {
            **said,
            "key": subject.key,
            "entries": subject.entries,
            "rows": rows.height,
            "files": files,
            "before": before,
        }
        write_json(whole, place / "begun.json")
        settled_files(place)
        place.rename(place.with_suffix(""))
        settled(place.parent)


def _unfinished(home: Path) -> dict[str, Any]:
    path = home / "retention" / "rectifying" / "begun.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _finished(home: Path, clock: Callable[[], datetime]) -> Rectified | None:
    """Do what has begun, or what is left of it; done twice it does the same. Undone, where the rows do not come in."""
    place, said = home / "retention" / "rectifying", _unfinished(home)
    shutil.rmtree(place.with_suffix(".unfinished"), ignore_errors=True)
    if not said:
        shutil.rmtree(place, ignore_errors=True)
        return None
    made: list[str] = []
    try:
        for one in said["files"]:
            mapping = _mapping(_contract(said["table"]), one["stream"], said["authority"])
            path = place / one["name"]
            for came in import_files(home, [path], clock=clock, instructions=Instructions(mapping=mapping)):
                made.append(came.batch.batch_id)
    except FourfoldError as fault:
        if not made or not isinstance(fault, (Busy, StorageFailed)):
            for batch_id in made:
                withdraw(home, batch_id, reason="a rectification that could not be done whole", clock=clock)
            shutil.rmtree(place, ignore_errors=True)
        raise
    before = {b: {t: {c: {int(n): v for n, v in lines.items()} for c, lines in columns.items()}
                  for t, columns in tables.items()} for b, tables in said["before"].items()}  # fmt: skip
    if left := _still_held(home, before):
        erasure.values_erased(home, said["key"], left, clock=clock)
    done = Rectified(
        key=said["key"], table=said["table"], column=said["column"], ground=said["ground"], authority=said["authority"],
        rows=said["rows"], batches=tuple(made),
        erased_before=sum(len(v) for tables in before.values() for columns in tables.values() for v in columns.values()),
    )  # fmt: skip
    _written_down(home, done, said, clock())
    shutil.rmtree(place, ignore_errors=True)
    return done


Values = dict[str, dict[str, dict[str, dict[int, str]]]]
"""What stands, or stood, in rows: by batch, table and column, the lines with their text."""


def _still_held(home: Path, before: Values) -> Values:
    """Of some values those that have not been taken out yet."""
    found: Values = {}
    lake = Lake(home)
    for batch_id, tables in before.items():
        batch = lake.batch(batch_id)
        for table, columns in tables.items() if batch else ():
            for column, lines in columns.items():
                path = batch.folder / f"{table}.parquet"  # type: ignore[union-attr]
                rows = pl.scan_parquet(path).filter(
                    pl.col("line_number").is_in(list(lines)) & pl.col(column).is_not_null()
                )
                if left := set(rows.select("line_number").collect().to_series()):
                    own = {n: text for n, text in lines.items() if n in left}
                    found.setdefault(batch_id, {}).setdefault(table, {})[column] = own
    return found


def _standing(records: Records, table: str, subject: Subject) -> pl.DataFrame:
    """The rows that stand of a person in a table, with their personal columns."""
    parts = every_part(records.home).filter(pl.col("table") == table)
    own = parts.join(subject.parts.lazy(), on=list(PARTS), how="semi", nulls_equal=True).select(
        "batch_id", "line_number"
    )
    plain = records.table(table).join(own, on=["batch_id", "line_number"], how="semi")
    personal = records.table(table + PERSONAL).drop("force_id")
    return plain.join(personal, on=["batch_id", "line_number"], how="left").collect()


def _before(home: Path, table: str, column: str, subject: Subject) -> Values:
    """What stands in a column of the person's rows in every batch: by batch, table and column, the lines with their text."""
    parts = every_part(home).filter(pl.col("table") == table)
    own = parts.join(subject.parts.lazy(), on=list(PARTS), how="semi", nulls_equal=True).collect()
    found: Values = {}
    lake = Lake(home)
    for (batch_id,), lines in own.group_by("batch_id"):
        batch = lake.batch(str(batch_id))
        for name, own_column in product((table, table + PERSONAL), (column, f"raw_{column}")):
            path = batch.folder / f"{name}.parquet" if batch else None
            if path is None or not path.exists() or own_column not in pl.read_parquet_schema(path):
                continue
            wanted = pl.col("line_number").is_in(lines["line_number"].to_list()) & pl.col(own_column).is_not_null()
            said = (
                pl.scan_parquet(path).filter(wanted).select("line_number", pl.col(own_column).cast(pl.String)).collect()
            )
            if said.height:
                found.setdefault(str(batch_id), {}).setdefault(name, {})[own_column] = dict(said.iter_rows())
    return found


def _as_file(
    path: Path, contract: Contract, rows: pl.DataFrame, column: str, value: str, earlier: int
) -> None:  # fmt: skip
    """The rows in the contract's plain layout, the column with the right value.

    A text that could not be read as a value stays as it was received, to be counted as that again. A blank line for each
    rectification before: the same rows put right the same way again, since a later extract brought
    the old value, are another file.
    """
    fields = [f for f in contract.fields if f.name == "force" or f.into in rows.columns]
    with path.open("x", newline="", encoding="utf-8") as out:
        lines = csv.writer(out)
        lines.writerow([f.name for f in fields])
        for row in rows.iter_rows(named=True):
            said = {
                f.name: _text(row["force_id"] if f.name == "force" else _standing_text(row, f.into)) for f in fields
            }
            said |= {f.name: value for f in fields if f.into == column}
            lines.writerow([said[f.name] for f in fields])
        out.write("\r\n" * earlier)
    path.chmod(0o600)


def _standing_text(row: Mapping[str, Any], column: str) -> Any:
    """What a row says in a column: its value, or the text that could not be read as one, which is not to be lost."""
    value = row[column]
    return row.get(f"raw_{column}") if value is None else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def _mapping(contract: Contract, stream: str, authority: str) -> ColumnMapping:
    """The plain layout as a mapping, so that the rows are of the stream that they correct."""
    names = {f.name: f.name for f in contract.fields}
    version = hashlib.sha256(f"{contract.name}\0{stream}".encode()).hexdigest()[:12]
    return ColumnMapping(
        supplier="rectification", force_id=None, contract=contract, is_open=False, stream=stream, columns=names, formats={},
        source=f"Rectified on the authority of {authority}", codes={}, version=f"rectification {version}",
    )  # fmt: skip


def _readable(contract: Contract, column: str, value: str) -> None:
    one = next(f for f in contract.fields if f.into == column)
    raw = read(one, pl.Series([value]), Writing()).raw if value and one.is_parsed else None
    if raw is not None and raw.null_count() == 0:
        raise RequestInvalid(
            f"The value cannot be read as {column}.", remedy="Write it as the contract has it: a day as 1950-01-31."
        )


def _written_down(home: Path, done: Rectified, said: Mapping[str, Any], at: datetime) -> None:
    """The register's entry, once: what was put right, on whose word, and by which entry of which log; not the value."""
    with Lake(home).held():
        every: dict[str, Any] = dict(register(home))
        if said["id"] in [one.get("id") for one in every.get("rectifications", [])]:
            return
        one = {
            **vars(done), **{n: said[n] for n in ("id", "entries", "entry", "is_served", "request", "by")},
            "batches": list(done.batches), "reason": done.authority, "at": at.isoformat(),
        }  # fmt: skip
        every["rectifications"] = [*every.get("rectifications", []), one]
        path = home / "retention" / "register.json"
        write_json(json.loads(json.dumps(every)), path)
