"""Placed crimes: those of a measure that have a point inside the force and a day on which they were committed.

What asks where and when (near repeats, hotspots) rests on these and not on all that were recorded, so each says how many
are left out. The day is that of the earliest time at which the crime can have been committed, in London; of a supply that
gives months alone there is none.
"""

from __future__ import annotations

import polars as pl

from fourfold.analysis import volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import Measure
from fourfold.codes.periods import Window
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.places import NO_BOUNDARY, PLACED
from fourfold.records.points import Points, points_of_rows

FIRST = ("residential_burglary", "burglary_in_a_dwelling")
"""What is asked of places where nothing is chosen, the first that is held."""


def crime_windows(records: Records, measure: Measure, scope: Scope, window: Window) -> tuple[Finding, pl.DataFrame]:
    """The count of a measure's crimes in a window, and for each the times between which it was committed: `from` and `to`,
    instants in UTC, null where they are not recorded. Raises as `placed_crimes` does.
    """
    counted = volumes.count(records, measure, scope, window)
    source = volumes.supply(records, measure, scope, window)
    if source.table != "crimes":
        raise RequestInvalid(
            "The records of this measure have no times.", remedy="Name a measure that is counted crime by crime."
        )
    rows = volumes.selected_rows(records, source, measure, scope, window)
    held = rows.collect_schema().names()
    times = [
        (pl.col(column) if column in held else pl.lit(None, pl.Datetime("us", "UTC"))).alias(name)
        for name, column in (("from", "committed_from"), ("to", "committed_to"))
    ]
    return counted, rows.select(times).collect()


def placed_crimes(records: Records, measure: Measure, scope: Scope, window: Window) -> Points:
    """The crimes of a measure recorded in a window that have a point, by their reference.

    Raises NothingHeld where the window is not held, and RequestInvalid for a measure whose crimes have no points.
    """
    counted = volumes.count(records, measure, scope, window)
    source = volumes.supply(records, measure, scope, window)
    if source.table != "crimes":
        raise RequestInvalid(
            "The records of this measure have no points.", remedy="Name a measure that is counted crime by crime."
        )
    rows = volumes.selected_rows(records, source, measure, scope, window)
    held = rows.collect_schema().names()
    inside = pl.col("place_status").is_in([PLACED, NO_BOUNDARY])
    day = (
        pl.col("committed_from").dt.convert_time_zone("Europe/London").dt.date()
        if "committed_from" in held
        else pl.lit(None, pl.Date)
    )
    table = rows.select(
        pl.col("crime_ref").alias("ref"),
        *(pl.when(inside).then(pl.col(c)).alias(c) for c in ("easting", "northing")),
        day.alias("day"),
        pl.lit("").alias("stratum"),
    ).collect()
    return points_of_rows(
        table, title=f"{measure.title}, recorded {window.label}", area=counted.area, as_at=records.as_at,
        batches=counted.batches, sources=counted.sources, notes=counted.notes,
        held_until=min(window.last, records.as_at.date()),
    )  # fmt: skip
