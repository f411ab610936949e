"""Discrepancies: what a force's own records say that cannot all be so, or that came late; kept, and listed by their lines.

Nothing here is mended and nothing is dropped. Five kinds are looked for, by what the contracts say:

orphan      a reference that names no row: a contact for a crime that is not held.
order       two times that cannot have come in that order: charged before recorded.
duplicate   rows of one key in one file: all are kept, and the last one speaks.
late        a row dated before the months that its file is for: a late entry, or a correction of an earlier row.
fault       what the import flagged in the row itself: a code on no list, a date that is none.

A listing gives batch and line, never a value: who may open the file finds the row in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from fourfold.records.as_at import Records
from fourfold.records.corrections import REPLACED
from fourfold.records.lake import SCHEMAS, Batch
from fourfold.records.suppliers import catalogue
from fourfold.records.suppliers.contracts import REPEATED, Contract, Order
from fourfold.records.suppliers.fields import LONDON

KINDS = ("orphan", "order", "duplicate", "late", "fault")

SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(), "rule": pl.String(), "table": pl.String(), "force_id": pl.String(),
    "batch_id": pl.String(), "line_number": pl.Int64(), "other_batch_id": pl.String(), "other_line_number": pl.Int64(),
}  # fmt: skip
"""One row a discrepancy. The other batch and line are those of the row that it is at odds with, where there is one."""

_ROW = ("force_id", "batch_id", "line_number")
_OTHER = {"batch_id": "other_batch_id", "line_number": "other_line_number"}


@dataclass(frozen=True)
class Discrepancies:
    """What was found, in `SCHEMA`, and what was not looked for, in words: a table that is not held tells of no orphan."""

    rows: pl.DataFrame
    not_looked_for: tuple[str, ...]

    @property
    def counts(self) -> pl.DataFrame:
        """How many of each: kind, table, rule, n; in the order of the kinds."""
        order = {kind: at for at, kind in enumerate(KINDS)}
        return (
            self.rows.group_by("kind", "table", "rule")
            .agg(pl.len().alias("n"))
            .sort(pl.col("kind").replace_strict(order), "table", "rule")
        )


def discrepancies(
    records: Records, *, force_id: str | None = None, table: str | None = None, kind: str | None = None
) -> Discrepancies:
    """What is at odds in the records that stand: of a force, a table, a kind, or all of them.

    `table` and `kind` narrow what is looked for, not only what is shown.
    """
    found: list[pl.DataFrame] = []
    unseen: list[str] = []
    for name, contracts in _held(records).items():
        if table not in (None, name):
            continue
        if kind in (None, "orphan"):
            rows, unsaid = _orphans(records, name, contracts)
            found += rows
            unseen += unsaid
        if kind in (None, "order"):
            rows, unsaid = _impossible_orders(records, name, contracts)
            found += rows
            unseen += unsaid
        if kind in (None, "duplicate"):
            found += _duplicates(records, name)
        if kind in (None, "late"):
            found += _late(records, name, contracts)
        if kind in (None, "fault"):
            found += _faults(records, name)
    listed = pl.concat([pl.DataFrame(schema=SCHEMA), *found])
    if force_id is not None:
        listed = listed.filter(pl.col("force_id") == force_id)
    order = pl.col("kind").replace_strict({one: at for at, one in enumerate(KINDS)})
    return Discrepancies(
        listed.sort(order, "table", "rule", "batch_id", "line_number", "other_batch_id", "other_line_number"),
        tuple(dict.fromkeys(unseen)),
    )


def _held(records: Records) -> dict[str, list[Contract]]:
    """The tables that a force's own extracts fill and that are held, each with the contracts that fill it."""
    tables: dict[str, list[Contract]] = {}
    for contract in catalogue.contracts():
        tables.setdefault(contract.table, []).append(contract)
    return {name: found for name, found in tables.items() if _batches(records, name)}


def _batches(records: Records, table: str) -> tuple[Batch, ...]:
    """The standing batches of a table whose rows have keys."""
    return tuple(b for b in records.batches_of(table) if b.keyed_by)


def _listed(rows: pl.LazyFrame, kind: str, rule: str, table: str) -> pl.DataFrame:
    """Rows as discrepancies; the columns of the other row are added where they lack."""
    held = rows.collect_schema().names()
    others = [pl.lit(None, SCHEMA[name]).alias(name) for name in _OTHER.values() if name not in held]
    named = [pl.lit(text).alias(name) for name, text in (("kind", kind), ("rule", rule), ("table", table))]
    return rows.with_columns(*named, *others).select(list(SCHEMA)).collect()


def _orphans(records: Records, table: str, contracts: Sequence[Contract]) -> tuple[list[pl.DataFrame], list[str]]:
    found: list[pl.DataFrame] = []
    unseen: list[str] = []
    for column, to in _references(contracts):
        other, _, key = to.partition(".")
        if not _batches(records, other):
            unseen.append(f"Orphans of {table}.{column}: no {other.replace('_', ' ')} are held.")
            continue
        there = records.table(other).select("force_id", pl.col(key).alias(column)).drop_nulls().unique()
        rows = records.table(table).select(*_ROW, column).drop_nulls(column)
        lost = rows.join(there, on=["force_id", column], how="anti")
        rule = f"{column} names a row of {other.replace('_', ' ')} that is not held."
        found.append(_listed(lost, "orphan", rule, table))
    return found, unseen


def _references(contracts: Sequence[Contract]) -> Iterator[tuple[str, str]]:
    """The columns of a table that refer to another, each with what it refers to."""
    yield from dict.fromkeys((f.into, f.refers_to) for c in contracts for f in c.fields if f.refers_to)


def _impossible_orders(
    records: Records, table: str, contracts: Sequence[Contract]
) -> tuple[list[pl.DataFrame], list[str]]:
    found: list[pl.DataFrame] = []
    unseen: list[str] = []
    for order in dict.fromkeys(_Hashed(order) for contract in contracts for order in contract.orders):
        other = order.it.earlier.partition(".")[0] if "." in order.it.earlier else table
        if not _batches(records, other):
            unseen.append(f"“{order.it.rule}”: no {other.replace('_', ' ')} are held.")
            continue
        pairs = _pairs(records, table, contracts, order.it)
        schema = SCHEMAS[table], SCHEMAS[other]
        earlier, later = _comparable(order.it, schema[0], schema[1])
        found.append(_listed(pairs.filter(later < earlier), "order", order.it.rule, table))
    return found, unseen


@dataclass(frozen=True)
class _Hashed:
    """An order, told from others by its rule: two layouts of a table share theirs."""

    it: Order

    def __hash__(self) -> int:
        return hash(self.it.rule)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and self.it.rule == other.it.rule


def _pairs(records: Records, table: str, contracts: Sequence[Contract], order: Order) -> pl.LazyFrame:
    """The rows of a table with the times `earlier` and `later`, and the row that the earlier time is of."""
    later = _only(records.table(table), order.only)
    if "." not in order.earlier:
        return later.select(*_ROW, pl.col(order.later).alias("later"), pl.col(order.earlier).alias("earlier"))
    other, _, column = order.earlier.partition(".")
    if order.by:
        keys = {name: name for name in order.by}
    else:
        to = next((own, to.partition(".")[2]) for own, to in _references(contracts) if to.partition(".")[0] == other)
        keys = {to[0]: to[1]}
    there = _only(records.table(other), order.earlier_only).select(
        "force_id",
        *[pl.col(theirs).alias(own) for own, theirs in keys.items()],
        pl.col(column).alias("earlier"),
        *[pl.col(name).alias(new) for name, new in _OTHER.items()],
    )
    # Of several earlier rows the first tells: what comes before all of them comes before any.
    first = there.drop_nulls(["earlier", *keys]).sort("earlier").unique(["force_id", *keys], keep="first")
    own = later.select(*_ROW, *keys, pl.col(order.later).alias("later"))
    return own.join(first, on=["force_id", *keys], how="inner")


def _only(rows: pl.LazyFrame, words: object) -> pl.LazyFrame:
    assert isinstance(words, dict)
    for column, allowed in words.items():
        rows = rows.filter(pl.col(column).is_in(list(allowed)))
    return rows


def _comparable(order: Order, own: dict[str, pl.DataType], theirs: dict[str, pl.DataType]) -> tuple[pl.Expr, pl.Expr]:
    """The two times, as days in London where either tells no more than a day."""
    kinds = theirs[order.earlier.rpartition(".")[2]], own[order.later]
    if kinds[0] == kinds[1]:
        return pl.col("earlier"), pl.col("later")
    day = [
        pl.col(name) if kind == pl.Date else pl.col(name).dt.convert_time_zone(LONDON).dt.date()
        for name, kind in zip(("earlier", "later"), kinds, strict=True)
    ]
    return day[0], day[1]


def _duplicates(records: Records, table: str) -> list[pl.DataFrame]:
    """Rows of one key in one file, the replaced among them: they are in the parts, and not among those that stand."""
    parts = [b.folder / f"{table}.parquet" for b in _batches(records, table) if REPEATED in b.flags]
    if not parts:
        return []
    rows = pl.scan_parquet(parts, schema=SCHEMAS[table], missing_columns="insert", extra_columns="ignore")
    repeated = rows.filter(pl.col("faults").str.contains(REPEATED, literal=True)).select(_ROW)
    return [_listed(repeated, "duplicate", "The key stands more than once in the file; the last row speaks.", table)]


def _late(records: Records, table: str, contracts: Sequence[Contract]) -> list[pl.DataFrame]:
    dated = next((c.field(c.dated_by).into for c in contracts if c.dated_by), None)
    if dated is None:
        return []
    month = pl.col(dated)
    if SCHEMAS[table][dated] == pl.Datetime:
        month = month.dt.convert_time_zone(LONDON).dt.date()
    found: list[pl.DataFrame] = []
    for batch in _batches(records, table):
        months = batch.months
        if not months or batch.dated is None or not batch.dated or min(batch.dated) >= months[0]:
            continue
        part = pl.scan_parquet(
            batch.folder / f"{table}.parquet", schema=SCHEMAS[table], missing_columns="insert", extra_columns="ignore"
        )
        late = part.filter(month.dt.month_start() < months[0]).select(*dict.fromkeys((*_ROW, *batch.keyed_by)))
        corrected = _corrected(records, batch, table)
        if corrected is not None:
            with_other = late.join(corrected, on=list(batch.keyed_by), how="inner")
            said = "Corrects a row of before the months that its file is for."
            found.append(_listed(with_other, "late", said, table))
            late = late.join(corrected, on=list(batch.keyed_by), how="anti")
        found.append(_listed(late, "late", "Comes after the months that it is dated in.", table))
    return found


def _corrected(records: Records, batch: Batch, table: str) -> pl.LazyFrame | None:
    """The latest row of each key that a batch replaced in earlier ones: the key, and the row's batch and line."""
    earlier = [b for b in records.standing if b.batch_id in batch.replaced and b.batch_id != batch.batch_id]
    if not earlier:
        return None
    rows = pl.scan_parquet(
        [b.folder / f"{table}.parquet" for b in earlier],
        schema=SCHEMAS[table], missing_columns="insert", extra_columns="ignore",
    ).select(*dict.fromkeys((*batch.keyed_by, "batch_id", "line_number")))  # fmt: skip
    replaced = pl.scan_parquet(batch.folder / REPLACED)
    committed = {b.batch_id: at for at, b in enumerate(earlier)}
    return (
        rows.join(replaced, on=["batch_id", "line_number"], how="semi")
        .sort(pl.col("batch_id").replace_strict(committed), "line_number")
        .unique(list(batch.keyed_by), keep="last", maintain_order=True)
        .rename(_OTHER)
    )


def _faults(records: Records, table: str) -> list[pl.DataFrame]:
    rows = records.table(table).filter(pl.col("faults").is_not_null()).select(*_ROW, "faults").collect()
    if rows.is_empty():
        return []
    each = rows.with_columns(pl.col("faults").str.split("; ")).explode("faults").filter(pl.col("faults") != REPEATED)
    return [
        _listed(part.lazy(), "fault", f"{fault}.", table)
        for (fault,), part in each.group_by("faults", maintain_order=True)
    ]
