"""Tallies: rows counted once by all that a figure selects or splits them by, and kept, so that figures add up few numbers.

The counting step stands here, once, for any engine. A batch never changes, so its tally is worked out at the first figure
that needs it and kept beside the lake: a copy that can be thrown away at any time. What stands as at an instant is then
chosen from the tallies as it would be from the rows: whole months of a force by the tally's own columns; where rows are
placed by other boundaries, or left out one by one, the batch has another tally for that state of it. Days within a month
are not in a tally: the months that a window cuts through are counted from their rows.

On an engine other than Polars nothing is kept, and the rows are counted each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import narwhals as nw
import polars as pl

from fourfold.codes.periods import Window, month_end, months
from fourfold.errors import StorageFailed
from fourfold.records.as_at import Part, Records, without_months
from fourfold.records.engines import POLARS, Rows
from fourfold.records.lake import DATED_BY, DAYS, write_part

COUNTED_BY: dict[str, tuple[str, ...]] = {
    "crimes": (
        "batch_id", "force_id", "file_force_id", "is_btp", "recorded_month", "date_precision", "offence_code", "category",
        "lsoa11_code", "lsoa21_code", "file_lsoa_code", "place_status", "is_repeated_id",
        "status", "status_on", "is_business",
    ),
    "offence_counts": ("batch_id", "force_id", "first", "offence_code"),
    "fraud_victims": ("batch_id", "force_id", "reported_month", "nfib_code", "victim_type", "age_at_report"),
}  # fmt: skip
"""All that a figure of a table may select or split by. A new selection needs its column here."""

_BY_THE_DAY = ("crimes", "fraud_victims")
"""The tables in which the day is known, and not the quarter alone."""
_WEIGHTS = {"offence_counts": "number_of_offences"}
"""The column that is added up, of tables whose rows are counts themselves."""


def tallied(rows: Rows, table: str, by: Sequence[str]) -> pl.DataFrame:
    """The counting step, on whichever engine holds the rows: one row for each combination of `by`, with its count `n`."""
    weight = nw.col(_WEIGHTS[table]).sum() if table in _WEIGHTS else nw.len()
    counted = rows.group_by(*by).agg(weight.cast(nw.Int64).alias("n"))
    found: pl.DataFrame = counted.collect(backend="polars").to_native()
    return found


def tally(
    records: Records, table: str, stream: str, force_id: str, window: Window, more: Sequence[str] = ()
) -> pl.LazyFrame:
    """What stands of a stream in a window, counted: the columns of COUNTED_BY, those of `more`, and `n`.

    It holds at least the rows that the force recorded and those of the force's own files. Columns of `more` are in no
    kept tally: with them the rows are counted anew.
    """
    wanted = months(window)
    if more or records.engine != POLARS:
        rows = _within(records.rows(table, stream, wanted, force_id), table, window)
        return tallied(rows, table, [*COUNTED_BY[table], *more]).lazy()
    cut = (
        [] if table not in _BY_THE_DAY else [m for m in wanted if not window.first <= m <= month_end(m) <= window.last]
    )
    whole = [m for m in wanted if m not in cut]
    frames = [_of_whole_months(records, table, stream, force_id, whole)] if whole else []
    if cut:
        rows = records.rows(table, stream, cut, force_id).filter(nw.col(DATED_BY[table]).is_in(cut))
        frames.append(tallied(_within(rows, table, window), table, COUNTED_BY[table]).lazy())
    return pl.concat(frames)


def _of_whole_months(records: Records, table: str, stream: str, force_id: str, wanted: Sequence[date]) -> pl.LazyFrame:
    whole: list[Path] = []
    partial: list[pl.LazyFrame] = []
    for part in records.parts(table, stream, wanted, force_id):
        held = _kept(records.home, part, table)
        if part.lost or isinstance(held, pl.DataFrame):
            frame = held.lazy() if isinstance(held, pl.DataFrame) else pl.scan_parquet(held)
            standing: pl.LazyFrame = without_months(nw.from_native(frame), table, part.lost).to_native()
            partial.append(standing)
        else:
            whole.append(held)
    frames = [pl.scan_parquet(whole), *partial] if whole else partial
    if not frames:
        return tallied(records.rows(table, stream, (), force_id), table, COUNTED_BY[table]).lazy()
    return pl.concat(frames).filter(pl.col(DATED_BY[table]).is_between(min(wanted), month_end(max(wanted))))


def _within(rows: Rows, table: str, window: Window) -> Rows:
    dated = nw.col(DAYS[table])
    return rows.filter((dated >= window.first) & (dated <= window.last))


def _kept(home: Path, part: Part, table: str) -> Path | pl.DataFrame:
    """Where a part's tally is kept, made if it is missing; the tally itself where it cannot be kept."""
    state = "\0".join((table, part.state, *COUNTED_BY[table]))
    name = f"{part.batch.batch_id}-{hashlib.sha256(state.encode()).hexdigest()[:16]}.parquet"
    kept = home / "lake" / "derived" / "tallies" / name
    if kept.exists():
        return kept
    made = tallied(part.rows(POLARS), table, COUNTED_BY[table])
    unnamed = kept.with_name(f"{name}.{uuid.uuid4().hex}")
    with contextlib.suppress(OSError, StorageFailed):  # a figure does not wait for room to keep its tally in
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_part(made, unnamed)
        unnamed.rename(kept)
        return kept
    with contextlib.suppress(OSError):
        unnamed.unlink(missing_ok=True)
    return made
