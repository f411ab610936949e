"""Revisions: what the records say now of crimes that they said otherwise, or not at all, at an earlier instant.

new            a crime that was not held before.
gone           one that is held no longer: its batch was withdrawn.
reclassified   the Home Office code held is another.
cancelled, transferred, reinstated   it counted and does not; it did not and does.
re-dated       the day of recording is another.
outcome given, outcome moved         its latest outcome is the first, or another.

A crime may be revised in several ways, and has a row for each. Only a force's own records, whose rows have keys, tell of
revisions; published tables are replaced month by month.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import narwhals as nw
import polars as pl

from fourfold.errors import NothingHeld
from fourfold.records.as_at import Records, records_as_at, stands_as_crime
from fourfold.records.lake import SCHEMAS

KINDS = (
    "new", "gone", "reclassified", "cancelled", "transferred", "reinstated", "re-dated", "outcome given", "outcome moved",
)  # fmt: skip

SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(), "force_id": pl.String(), "crime_ref": pl.String(), "recorded_month": pl.Date(),
    "offence_code": pl.String(), "before": pl.String(), "after": pl.String(),
    "batch_id": pl.String(), "line_number": pl.Int64(),
}  # fmt: skip
"""One row a revision. The month and code are those held now (those held then, of what is gone); `before` and `after` what
changed; the batch and line those of the row that says so."""

_KEY = ["force_id", "crime_ref"]
_TABLES = ("crimes", "crime_outcomes")


@dataclass(frozen=True)
class Revisions:
    """The revisions, in `SCHEMA`, with the two instants of each table that they lie between."""

    rows: pl.DataFrame
    between: dict[str, tuple[datetime, datetime]]

    def counted(self, by: Iterable[str] = ()) -> pl.DataFrame:
        """How many crimes, by kind and columns of `SCHEMA`; in the order of the kinds."""
        order = {kind: at for at, kind in enumerate(KINDS)}
        keys = ["kind", *by]
        counted = self.rows.group_by(keys).agg(pl.len().alias("n"))
        return counted.sort(pl.col("kind").replace_strict(order, return_dtype=pl.Int64), *keys[1:])


def revisions(home: Path, until: datetime, since: datetime | None = None, *, force_id: str | None = None) -> Revisions:
    """What was revised between two instants; without `since`, by the last extract of each table.

    Raises NothingHeld when no crimes of a force's own extracts are held as at `until`.
    """
    after = records_as_at(home, until)
    found: list[pl.DataFrame] = []
    between: dict[str, tuple[datetime, datetime]] = {}
    for table in _TABLES:
        batches = [b for b in after.batches_of(table) if b.keyed_by]
        if force_id is not None:
            batches = [b for b in batches if b.may_hold(force_id)]
        if not batches:
            continue
        start = since or max(b.committed_at for b in batches) - timedelta(microseconds=1)
        between[table] = (start, until)
        before = records_as_at(home, start)
        found.append(_of_crimes(before, after) if table == "crimes" else _of_outcomes(before, after))
    if "crimes" not in between:
        raise NothingHeld(
            "No crimes of a force's own extracts are held as at that instant.",
            remedy="Import them first; `fourfold contracts` lists the kinds of extract.",
        )
    rows = pl.concat([pl.DataFrame(schema=SCHEMA), *found])
    if force_id is not None:
        rows = rows.filter(pl.col("force_id") == force_id)
    order = {kind: at for at, kind in enumerate(KINDS)}
    place = pl.col("kind").replace_strict(order, return_dtype=pl.Int64)
    return Revisions(rows.sort(place, "recorded_month", "force_id", "crime_ref"), between)


def _crimes(records: Records) -> pl.LazyFrame:
    """The crimes of own extracts that stand, one a reference, with whether each counts."""
    streams = sorted({b.stream for b in records.batches_of("crimes") if b.keyed_by})
    kept = [records.table("crimes", stream) for stream in streams]
    rows = pl.concat(kept) if kept else pl.LazyFrame(schema=SCHEMAS["crimes"])
    counts = nw.from_native(rows).with_columns(stands_as_crime(records.as_at).alias("counts")).to_native()
    columns = [*_KEY, "recorded_on", "recorded_month", "offence_code", "status", "counts", "batch_id", "line_number"]
    return counts.select(columns).drop_nulls(_KEY).unique(_KEY, keep="last", maintain_order=True)


def _of_crimes(before: Records, after: Records) -> pl.DataFrame:
    # Only what differs is held in memory: most of a force's crimes say what they said.
    then, now = _crimes(before), _crimes(after)
    both = now.join(then, on=_KEY, how="full", suffix="_then", coalesce=True)
    is_new, is_gone = pl.col("counts_then").is_null(), pl.col("counts").is_null()
    counts, counted = pl.col("counts"), pl.col("counts_then")
    code, day = pl.col("offence_code"), pl.col("recorded_on")
    tellings: list[tuple[str, pl.Expr, pl.Expr, pl.Expr]] = [
        ("new", is_new, pl.lit(None, pl.String), code),
        ("gone", is_gone, pl.col("offence_code_then"), pl.lit(None, pl.String)),
        ("reclassified", code.ne_missing(pl.col("offence_code_then")), pl.col("offence_code_then"), code),
        ("cancelled", counted & ~counts & (pl.col("status") == "cancelled"), pl.col("status_then"), pl.col("status")),
        ("transferred", counted & ~counts & (pl.col("status") == "transferred"), pl.col("status_then"), pl.col("status")),
        ("reinstated", ~counted & counts, pl.col("status_then"), pl.col("status")),
        ("re-dated", day.ne_missing(pl.col("recorded_on_then")),
         pl.col("recorded_on_then").cast(pl.String), day.cast(pl.String)),
    ]  # fmt: skip
    found = [
        both.filter(told if kind in ("new", "gone") else told & ~is_new & ~is_gone).select(
            pl.lit(kind).alias("kind"),
            *_KEY,
            *[pl.coalesce(name, f"{name}_then").alias(name) for name in ("recorded_month", "offence_code")],
            was.alias("before"),
            is_now.alias("after"),
            *[pl.coalesce(name, f"{name}_then").alias(name) for name in ("batch_id", "line_number")],
        )
        for kind, told, was, is_now in tellings
    ]
    return pl.concat(pl.collect_all(found)).select(list(SCHEMA))


def _outcomes(records: Records) -> pl.LazyFrame:
    """The latest outcome of each crime that has one; type 0 is none."""
    rows = records.table("crime_outcomes").filter(pl.col("outcome_type") != "0").drop_nulls([*_KEY, "outcome_on"])
    latest = rows.sort("outcome_on", "recorded_at", "outcome_ref", nulls_last=False)
    columns = [*_KEY, "outcome_type", "batch_id", "line_number"]
    return latest.select(columns).unique(_KEY, keep="last", maintain_order=True)


def _of_outcomes(before: Records, after: Records) -> pl.DataFrame:
    then, now = _outcomes(before), _outcomes(after)
    both = now.join(then, on=_KEY, how="full", suffix="_then", coalesce=True)
    changed = both.filter(pl.col("outcome_type").ne_missing(pl.col("outcome_type_then")))
    told = changed.join(_crimes(after).select(*_KEY, "recorded_month", "offence_code"), on=_KEY, how="left")
    is_first = pl.col("outcome_type_then").is_null()
    return (
        told.select(
            pl.when(is_first).then(pl.lit("outcome given")).otherwise(pl.lit("outcome moved")).alias("kind"),
            *_KEY,
            "recorded_month",
            "offence_code",
            pl.col("outcome_type_then").alias("before"),
            pl.col("outcome_type").alias("after"),
            *[pl.coalesce(name, f"{name}_then").alias(name) for name in ("batch_id", "line_number")],
        )
        .select(list(SCHEMA))
        .collect()
    )
