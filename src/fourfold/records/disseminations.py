"""Disseminations: what the national bureau sent to be investigated, and the outcomes that the force gave, as records."""

from __future__ import annotations

from datetime import date

import polars as pl

from fourfold.errors import NothingHeld
from fourfold.records.as_at import Records
from fourfold.records.entries import digest

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
