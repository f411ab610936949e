"""Disseminations: what the national bureau sent to be investigated, and the outcomes that the force gave, as records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

from fourfold.errors import NothingHeld
from fourfold.records.as_at import Records
from fourfold.records.entries import digest
from fourfold.records.lake import Lake

SENT, GIVEN = "fraud_disseminations", "fraud_outcomes"


def sent(records: Records, force_id: str) -> pl.DataFrame:
    """Every dissemination to be investigated, each once, with `key` and the victim's type: the latest sent first.

    One whose kind is not recorded is among them: not recorded is not "for information".
    """
    rows = records.table(SENT).filter(
        (pl.col("force_id") == force_id) & (pl.col("kind") == "pursue").fill_null(True)
    ).unique(["report_ref", "package_ref"], keep="last", maintain_order=True)  # fmt: skip
    kinds = records.table("fraud_victims").filter(pl.col("force_id") == force_id).select("report_ref", "victim_type")
    kinds = kinds.unique("report_ref", keep="last", maintain_order=True)
    found = rows.join(kinds, on="report_ref", how="left").sort(
        "disseminated_on", "report_ref", descending=[True, False]
    )
    return _with_keys(found.collect())


def dissemination(records: Records, force_id: str, key: str) -> pl.DataFrame:
    """The one dissemination that a key stands for. Raises NothingHeld when there is none."""
    found = sent(records, force_id).filter(pl.col("key") == key)
    if found.is_empty():
        raise NothingHeld("No dissemination is held under that key.", remedy="Open it from the list.")
    return found


def keys_of(home: Path, reports: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The keys of every dissemination of some reports (force and reference) in any batch, whatever its standing."""
    wanted = pl.LazyFrame(list(reports), schema={"force_id": pl.String, "report_ref": pl.String}, orient="row")
    found: set[str] = set()
    for batch in Lake(home).batches():
        if SENT in batch.tables:
            rows = pl.scan_parquet(batch.folder / f"{SENT}.parquet").select("force_id", "report_ref", "package_ref")
            own = rows.join(wanted, on=["force_id", "report_ref"], how="semi", nulls_equal=True)
            found |= set(_with_keys(own.unique().collect())["key"])
    return tuple(sorted(found))


def outcomes(records: Records, force_id: str, first: date | None = None, last: date | None = None) -> pl.DataFrame:
    """The outcomes that the force gave, each once, of a span of days where it is given."""
    rows = records.table(GIVEN).filter(pl.col("force_id") == force_id)
    rows = rows.unique(["report_ref", "outcome_type", "outcome_on"], keep="last", maintain_order=True)
    if first is not None and last is not None:
        rows = rows.filter(pl.col("outcome_on").is_between(first, last))
    return rows.sort("outcome_on", "report_ref", "outcome_type").collect()


def _with_keys(rows: pl.DataFrame) -> pl.DataFrame:
    said = rows.select(
        pl.concat_str(
            [pl.lit(SENT), *(pl.col(c).fill_null("") for c in ("force_id", "report_ref", "package_ref"))],
            separator="\0",
        )
    ).to_series()
    return rows.with_columns(pl.Series("key", [digest(text) for text in said], pl.String))
