"""What was held at an instant: the batches committed by then, less those withdrawn or superseded by then.

Supersession goes by stream, force and month: a later batch of a stream replaces the months of the forces that it
speaks for, and no others. A batch without coverage (boundaries, lookups) replaces the whole of its stream. A force's own
extracts, whose rows have keys, replace no months: each of their batches stands, less the rows that a later one replaces.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

from fourfold.records import erasure, places
from fourfold.records.corrections import REPLACED
from fourfold.records.engines import POLARS, Engine, Rows
from fourfold.records.lake import DATED_BY, FORCE_COLUMN, SCHEMAS, Batch, Lake, columns_of, storage_faults, write_part

_Month = tuple[str, str, date]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Part:
    """The part of a table that a batch holds, as it stands.

    `lost` are the force-months that a later batch replaced; `replacing` the standing batches that replace rows of it by
    their keys.
    """

    batch: Batch
    table: str
    path: Path
    lost: tuple[tuple[str, date], ...] = ()
    replacing: tuple[Batch, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every row of it stands."""
        return not self.lost and not self.replacing

    @property
    def state(self) -> str:
        """What tells the rows of this part from those that the same batch gives at another instant, but for `lost`."""
        return "\0".join((self.path.name, *(b.batch_id for b in self.replacing)))

    def rows(self, engine: Engine) -> Rows:
        """Its rows less those replaced by their keys; those of lost months are among them."""
        return self.standing(engine.rows([self.path], SCHEMAS.get(self.table)), engine)

    def standing(self, rows: Rows, engine: Engine) -> Rows:
        """Some of its rows less those replaced by their keys."""
        if not self.replacing:
            return rows
        replaced = engine.rows([b.folder / REPLACED for b in self.replacing])
        own = replaced.filter(nw.col("batch_id") == self.batch.batch_id).select("line_number")
        return rows.join(own, on="line_number", how="anti")


@dataclass(frozen=True)
class Records:
    """The records of a home as at an instant. `standing` are the batches in force, in the order of their commitment."""

    home: Path
    as_at: datetime
    standing: tuple[Batch, ...]
    owners: dict[_Month, str]
    """Which batch speaks for a stream's force and month."""
    is_open_only: bool = False
    engine: Engine = POLARS
    """What the rows are counted on."""

    def batches_of(self, table: str, stream: str | None = None) -> tuple[Batch, ...]:
        """The standing batches that hold rows of a table."""
        return tuple(b for b in self.standing if table in b.tables and stream in (None, b.stream))

    def table(self, table: str, stream: str | None = None, months: Iterable[date] | None = None) -> pl.LazyFrame:
        """The rows of a table that stand, less those of months that a later batch speaks for.

        With `months`, only batches that speak for one of them are opened. Shape: the table's columns (see
        `lake.SCHEMAS`); no rows, and only the columns known for the table, when nothing is held.
        """
        rows: pl.LazyFrame = replace(self, engine=POLARS).rows(table, stream, months).to_native()
        return rows

    def rows(
        self,
        table: str,
        stream: str | None = None,
        months: Iterable[date] | None = None,
        force_id: str | None = None,
    ) -> Rows:
        """What `table` gives, on the engine of these records, to be counted there.

        With `force_id`, only batches that hold rows of that force, or of its files, are opened.
        """
        return self.rows_of_parts(self.parts(table, stream, months, force_id), table)

    def rows_of_parts(self, parts: Sequence[Part], table: str) -> Rows:
        """The rows of some parts of a table that stand."""
        whole = [part.path for part in parts if part.is_whole]
        frames = [self.engine.rows(whole, SCHEMAS.get(table))] if whole else []
        frames += [without_months(p.rows(self.engine), table, p.lost) for p in parts if not p.is_whole]
        if not frames:
            return self.engine.no_rows(_empty_schema(table))
        return frames[0] if len(frames) == 1 else nw.concat(frames)

    def parts(
        self, table: str, stream: str | None, months: Iterable[date] | None, force_id: str | None = None
    ) -> tuple[Part, ...]:
        """The parts that hold rows of a table, of some months and a force where they are given."""
        wanted = None if months is None else set(months)
        return tuple(
            Part(batch, table, self._part(batch, table), self._lost(batch), self._replacing.get(batch.batch_id, ()))
            for batch in self.batches_of(table, stream)
            if (wanted is None or batch.may_hold_rows_of(wanted)) and (force_id is None or batch.may_hold(force_id))
        )

    def _part(self, batch: Batch, table: str) -> Path:
        """The part of a batch; of crimes, with their places by the boundaries that stand at this instant.

        Boundaries may come after the crimes, or be corrected. Places by others than those of the import are worked out
        once and kept beside the lake: a copy that can be thrown away at any time.
        """
        path = batch.folder / f"{table}.parquet"
        current = self._current_boundaries
        if table != "crimes" or not current or current == tuple(sorted(batch.boundaries)):
            return path
        name = hashlib.sha256("\0".join(current).encode()).hexdigest()[:16]
        kept = self.home / "lake" / "derived" / f"{batch.batch_id}-{name}.parquet"
        if not kept.exists():
            with storage_faults(kept):
                kept.parent.mkdir(mode=0o700, exist_ok=True)
            unnamed = kept.with_name(f"{kept.name}.{uuid.uuid4().hex}")
            write_part(columns_of("crimes", places.placed_anew(pl.read_parquet(path), self.boundaries)), unnamed)
            unnamed.rename(kept)
        return kept

    def _lost(self, batch: Batch) -> tuple[tuple[str, date], ...]:
        """The force-months that the batch held and a later one replaced; none where rows are replaced by their keys."""
        if batch.keyed_by:
            return ()
        return tuple(
            (force, month)
            for force, months in batch.coverage.items()
            for month in months
            if self.owners.get((batch.stream, force, month)) != batch.batch_id
        )

    def streams(self, table: str, force_id: str) -> dict[str, tuple[date, ...]]:
        """The streams that hold a table for a force, each with the months that it speaks for, in order."""
        found: dict[str, set[date]] = {}
        for batch in self.batches_of(table):
            if force_id in batch.coverage:
                found.setdefault(batch.stream, set()).update(batch.coverage[force_id])
        return {stream: tuple(sorted(months)) for stream, months in sorted(found.items())}

    def speaking(self, table: str, stream: str, force_id: str, months: Iterable[date]) -> tuple[Batch, ...]:
        """The batches that speak for those months of a force, in order."""
        wanted = set(months)
        ids = {self.owners.get((stream, force_id, month)) for month in wanted}
        return tuple(
            b
            for b in self.batches_of(table, stream)
            if b.batch_id in ids
            or (b.keyed_by and force_id in b.coverage and not wanted.isdisjoint((*b.months, *(b.dated or ()))))
        )

    def worked_out(self, question: tuple[Any, ...], made: Callable[[], _T]) -> _T:
        """What was worked out from these records already, or is now: counts and names of areas, never a record.

        Records as at an instant never change, so that what was counted from them once need not be counted again.
        """
        if question not in self._worked_out:
            self._worked_out[question] = made()
        found: _T = self._worked_out[question]
        return found

    @cached_property
    def _worked_out(self) -> dict[tuple[Any, ...], Any]:
        return {}

    @cached_property
    def _replacing(self) -> dict[str, tuple[Batch, ...]]:
        """The standing batches that replace rows of each batch, by its identity."""
        found: dict[str, tuple[Batch, ...]] = {}
        for batch in self.standing:
            for earlier in batch.replaced:
                found[earlier] = (*found.get(earlier, ()), batch)
        return found

    @cached_property
    def _current_boundaries(self) -> tuple[str, ...]:
        return tuple(sorted(b.batch_id for b in self.batches_of("boundaries")))

    @cached_property
    def boundaries(self) -> places.Boundaries | None:
        """The boundaries held, ready to place points in; None when there are none."""
        held = self.batches_of("boundaries")
        if not held:
            return None
        return _boundaries(tuple(str(b.folder / "boundaries.parquet") for b in held))


def records_as_at(
    home: Path,
    instant: datetime,
    *,
    open_only: bool = False,
    engine: Engine = POLARS,
    batches: Iterable[Batch] | None = None,
) -> Records:
    """The records of a home as they stood at an instant. With `open_only`, only batches of open data.

    `instant` must be aware of its time zone. `engine` is what their rows are counted on. `batches` are those of the home,
    or whole streams of them, where they are known already.
    """
    if batches is None:
        erasure.settle(home)
    held = [
        b
        for b in (Lake(home).batches() if batches is None else batches)
        if b.committed_at <= instant
        and not (b.withdrawn_at is not None and b.withdrawn_at <= instant)
        and (b.is_open or not open_only)
    ]
    owners: dict[_Month, str] = {}
    whole_streams: dict[str, str] = {}
    for batch in held:  # in the order of their commitment, so that the latest speaks last
        if batch.keyed_by:
            continue
        if not batch.coverage:
            whole_streams[batch.stream] = batch.batch_id
        for force, months in batch.coverage.items():
            for month in months:
                owners[(batch.stream, force, month)] = batch.batch_id
    speaking = set(owners.values()) | set(whole_streams.values())
    return Records(
        home=home,
        as_at=instant,
        standing=tuple(b for b in held if b.keyed_by or b.batch_id in speaking),
        owners=owners,
        is_open_only=open_only,
        engine=engine,
    )


def stands_as_crime(as_at: datetime) -> nw.Expr:
    """Whether a crime counts: not cancelled, nor transferred to another force, on or before the as-at day.

    A reinstated crime counts, and so does one whose extract says nothing of its status. The day is that of London.
    """
    day = as_at.astimezone(ZoneInfo("Europe/London")).date()
    is_out = nw.col("status").is_in(["cancelled", "transferred"]).fill_null(False)
    return ~(is_out & (nw.col("status_on").is_null() | (nw.col("status_on") <= day)))


def without_months(rows: Rows, table: str, lost: Sequence[tuple[str, date]]) -> Rows:
    """Rows, or a tally of them, less those of the force-months lost."""
    by_force: dict[str, list[date]] = {}
    for force, month in lost:
        by_force.setdefault(force, []).append(month)
    if not by_force:
        return rows
    month_of = nw.col(DATED_BY[table]).dt.truncate("1mo")
    gone = nw.any_horizontal(
        *((nw.col(FORCE_COLUMN[table]) == force) & month_of.is_in(months) for force, months in by_force.items()),
        ignore_nulls=False,
    )
    return rows.filter(~gone)


def _empty_schema(table: str) -> dict[str, pl.DataType]:
    return SCHEMAS.get(table, {"batch_id": pl.String(), "line_number": pl.Int64()})


def _boundaries(paths: tuple[str, ...]) -> places.Boundaries:
    return places.boundaries_from_parts(paths)
