"""Feeds: which files of a force's own extracts came when, how far they reach, and how long a row took to come.

An extract is as old as the day on which it was taken, where its mapping says that day, else as the day on which it came in
here. What came on a feed's first day is its history: years of rows that were not late. After that a row is late by the days
from what it tells of to its first arrival; a row that corrects an earlier one arrived with the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

import polars as pl

from fourfold.codes.lists import code_list
from fourfold.records.as_at import Records
from fourfold.records.lake import SCHEMAS, Batch
from fourfold.records.suppliers import catalogue
from fourfold.records.suppliers.fields import LONDON

LEGS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "crimes": (("committed_to", "reported_at", "from the crime to its report"),
               ("reported_at", "recorded_at", "from the report to its recording")),
    "investigation_events": (("happened_at", "recorded_at", "from the event to its entry"),),
    "crime_outcomes": (("outcome_on", "recorded_at", "from the outcome to its entry"),),
    "fraud_disseminations": (("disseminated_on", "received_on", "from sending to receipt"),
                             ("received_on", "allocated_on", "from receipt to allocation")),
    "fraud_outcomes": (("outcome_on", "returned_on", "from the outcome to its return"),),
    "complaints": (("received_on", "acknowledged_on", "from receipt to acknowledgement"),),
    "notices": (("decided_at", "received_at", "from the decision to its notice"),),
}  # fmt: skip
"""The legs of a row's way that its own columns tell: of a table the earlier column, the later one, and the leg in words."""
ARRIVAL = "from the event to its arrival here"
LATENESS: dict[str, pl.DataType] = {"table": pl.String(), "leg": pl.String(), "days": pl.Int64(), "n": pl.Int64()}


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One table of the force's own extracts: its files, when the last came, what it reaches, and how often it should come."""

    table: str
    title: str
    files: int
    arrived_on: tuple[date, ...]
    """The days on which files came, each once, in order."""
    last_file: str
    reaches: date | None
    """The last day that a row of it tells of, no later than the last file; None where its rows have no date."""
    rhythm_days: int
    rhythm_standing: str

    def days_since(self, on: date) -> int:
        """Days from the last file to a day."""
        return (on - self.arrived_on[-1]).days

    def is_overdue(self, on: date) -> bool:
        """Whether the next file should have come by a day: one rhythm after the last, and no grace."""
        return self.days_since(on) > self.rhythm_days


def feeds(records: Records, force_id: str) -> tuple[Feed, ...]:
    """Every feed of a force's own extracts that is held, in the order of the contracts."""
    found = []
    for table, dated in _tables():
        batches = _batches(records, table, force_id)
        if not batches:
            continue
        days = sorted({came_on(b) for b in batches})
        last = max(batches, key=lambda b: (came_on(b), b.committed_at))
        rhythm = _rhythms().get(table) or _rhythms()["*"]
        found.append(
            Feed(table=table, title=rhythm["title"] or _title(table), files=len(batches), arrived_on=tuple(days),
                 last_file=last.file_name, reaches=_reaches(batches, table, dated, days[-1]),
                 rhythm_days=int(rhythm["rhythm_days"]), rhythm_standing=rhythm["status"])
        )  # fmt: skip
    return tuple(found)


def lateness(records: Records, force_id: str) -> pl.DataFrame:
    """How many rows took how many whole days, by table and leg: LATENESS. Days below nought: told of before it was so."""
    plans = [plan for table, dated in _tables() for plan in _legs(records, force_id, table, dated)]
    return pl.concat([pl.DataFrame(schema=LATENESS), *pl.collect_all(plans)]).sort("table", "leg", "days")


def came_on(batch: Batch) -> date:
    """The day of an extract: that on which it was taken, where its mapping says so; else that on which it came in."""
    return batch.extracted_on or batch.committed_at.astimezone(ZoneInfo(LONDON)).date()


def _tables() -> Iterator[tuple[str, str | None]]:
    """Each table of a force's own extracts, and the column that dates its rows."""
    dated: dict[str, str | None] = {}
    for one in catalogue.contracts():
        if one.key and not one.is_open:
            dated.setdefault(one.table, one.field(one.dated_by).into if one.dated_by else None)
    yield from dated.items()


def _title(table: str) -> str:
    return next(c.title for c in catalogue.contracts() if c.table == table)


@cache
def _rhythms() -> dict[str, dict[str, str]]:
    return {row["table"]: dict(row) for row in code_list("feeds").rows}


def _batches(records: Records, table: str, force_id: str) -> list[Batch]:
    return [b for b in records.batches_of(table) if b.keyed_by and b.may_hold(force_id)]


def _scanned(batches: list[Batch], table: str) -> pl.LazyFrame:
    paths = [b.folder / f"{table}.parquet" for b in batches]
    return pl.scan_parquet(paths, schema=SCHEMAS[table], missing_columns="insert", extra_columns="ignore")


def _day(column: str, table: str) -> pl.Expr:
    if SCHEMAS[table][column] == pl.Date:
        return pl.col(column)
    return pl.col(column).dt.convert_time_zone(LONDON).dt.date()


def _reaches(batches: list[Batch], table: str, dated: str | None, until: date) -> date | None:
    """The last day told of until a day: looked for in the files that hold the last such month, and in no others."""
    held = {month for b in batches for month in (b.months if dated is None or b.dated is None else b.dated)}
    last = max((month for month in held if month <= until), default=None)
    if dated is None or last is None:
        return last
    rows = _scanned([b for b in batches if b.dated is None or last in b.dated], table)
    if SCHEMAS[table][dated] == pl.Date:
        found = rows.select(pl.col(dated).filter(pl.col(dated) <= until).max()).collect().item()
    else:
        ends = datetime.combine(until, time.max, ZoneInfo(LONDON)).astimezone(UTC)
        at = rows.select(pl.col(dated).filter(pl.col(dated) <= ends).max()).collect().item()
        found = None if at is None else day_of(at)
    assert found is None or isinstance(found, date)
    return found


def _legs(records: Records, force_id: str, table: str, dated: str | None) -> Iterator[pl.LazyFrame]:
    batches = _batches(records, table, force_id)
    if not batches:
        return
    for earlier, later, words in LEGS.get(table, ()):
        rows = records.table(table).filter(pl.col("force_id") == force_id)
        yield _counted(rows, (_day(later, table) - _day(earlier, table)).dt.total_days(), table, words)
    first = min(came_on(b) for b in batches)
    history = [b for b in batches if came_on(b) == first]
    since = [b for b in batches if came_on(b) > first]
    if dated is None or not since:
        return
    keys = list(batches[0].keyed_by)
    came = pl.DataFrame({"batch_id": [b.batch_id for b in since], "_came": [came_on(b) for b in since]})
    rows = (
        _scanned(since, table)
        .filter(pl.col("force_id") == force_id)
        .select("batch_id", *keys, _day(dated, table).alias("_day"))
        .join(came.lazy(), on="batch_id")
        .sort("_came")
        .unique(keys, keep="first", maintain_order=True)
    )
    known = _scanned(history, table).select(keys).join(rows.select(keys), on=keys, how="semi")
    new = rows.join(known, on=keys, how="anti")
    yield _counted(new, (pl.col("_came") - pl.col("_day")).dt.total_days(), table, ARRIVAL)


def _counted(rows: pl.LazyFrame, days: pl.Expr, table: str, leg: str) -> pl.LazyFrame:
    told = rows.select(days.alias("days")).drop_nulls().group_by("days").agg(pl.len().cast(pl.Int64).alias("n"))
    return told.select(pl.lit(table).alias("table"), pl.lit(leg).alias("leg"), pl.col("days").cast(pl.Int64), "n")


def day_of(instant: datetime) -> date:
    """An instant's day in London."""
    return instant.astimezone(ZoneInfo(LONDON)).date()
