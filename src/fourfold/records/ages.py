"""Ages: how old people were on a day, worked out from the births that their rows hold, where no age is recorded.

A birth is personal and goes no further: what is given is an age in whole years, as records hold it in the open where it is recorded.
"""

from __future__ import annotations

import polars as pl

from fourfold.records.as_at import Records
from fourfold.records.suppliers.contracts import PERSONAL

_OLDEST = 120
"""An age above which a birth is a slip of the pen, as the contracts take ages."""


def ages_of(records: Records, table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The age in whole years by the birth of each of some rows (`batch_id`, `line_number`, `on`: the day of the age), as `age`.

    Less the rows that hold no birth, or one that cannot be: after the day, or too long before it. `rows` keep their other columns.
    """
    beside = {batch.batch_id: batch.folder / f"{table}{PERSONAL}.parquet" for batch in records.batches_of(table)}
    found = [rows.clear().with_columns(born_on=pl.lit(None, pl.Date))]
    for (batch_id,), own in rows.drop_nulls("on").group_by("batch_id"):
        path = beside.get(str(batch_id))
        if path is not None and path.exists():
            births = pl.scan_parquet(path).select("line_number", "born_on").drop_nulls()
            births = births.join(own.select("line_number").lazy(), on="line_number", how="semi")
            found.append(own.join(births.collect(), on="line_number"))
    born, on = pl.col("born_on"), pl.col("on")
    has_had_birthday = (on.dt.month() > born.dt.month()) | (
        (on.dt.month() == born.dt.month()) & (on.dt.day() >= born.dt.day())
    )
    years = on.dt.year() - born.dt.year() - (~has_had_birthday).cast(pl.Int32)
    aged = pl.concat(found, how="vertical_relaxed").with_columns(age=years).drop("born_on")
    return aged.filter((pl.col("age") >= 0) & (pl.col("age") <= _OLDEST))
