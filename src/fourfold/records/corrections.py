"""Corrections: a later row of the same key takes the place of an earlier one, wherever its date lies.

A force's own extract is corrected by key and not by month: a crime reclassified in November stands in June. When a batch
is committed it names the earlier rows of its stream that its own replace; readers pass those over for as long as the
batch stands. So a withdrawal brings them back, and a figure as at an earlier instant has them still.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

REPLACED = "replaced.parquet"


def replaced_rows(rows: pl.DataFrame, key: Sequence[str], earlier: Iterable[Path], batch_id: str) -> pl.DataFrame:
    """The rows that a batch's own take the place of: batch_id and line_number, in order.

    `rows` are the batch's, with `line_number` and the key's columns; `earlier` are the parts of every earlier batch of its
    stream that stands, whether or not its rows are replaced already: what came between may be withdrawn. Of the batch's
    own rows of one key the last speaks. A row whose key is not whole replaces none, and is replaced by none.
    """
    own = rows.select("line_number", *key).drop_nulls()
    speaking = pl.col("line_number").max().over(key)
    among = own.filter(pl.col("line_number") != speaking).select(pl.lit(batch_id).alias("batch_id"), "line_number")
    parts = list(earlier)
    if not parts:
        return among
    keys = own.lazy().select(key).unique()
    before = (
        pl.scan_parquet(parts).select("batch_id", "line_number", *key).join(keys, on=list(key), how="semi").collect()
    )
    return pl.concat([before.select("batch_id", "line_number"), among]).sort("batch_id", "line_number")


def counted_by_batch(replaced: pl.DataFrame) -> dict[str, int]:
    """How many rows of each batch are replaced."""
    return dict(replaced.group_by("batch_id").len().sort("batch_id").iter_rows())
