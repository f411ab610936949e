"""Losses: what victims of fraud lost, by victim type, with what makes a mean of few large cases readable.

A handful of cases carries most of the money, and one slip of a keyboard moves a mean by thousands. So each mean stands beside
the number it rests on, the median and quartiles, a mean without the top and bottom twentieth, and the total without the ten
largest, which are to be checked. Victims of both types together are pooled from sums and counts: two means are never
added, nor is their mean taken. A loss that was not given is not nought, and a loss of nought (an attempt) is one given.

Source: trimmed mean: Tukey (1962), The Future of Data Analysis, Annals of Mathematical Statistics 33.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.analysis import volumes
from fourfold.analysis.findings import Finding, Method, Table, Value
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import Measure
from fourfold.codes.periods import Window
from fourfold.codes.small_numbers import SmallNumberRule, small_number_rule
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records

TRIMMED = 0.05
"""The share left out at each end of a trimmed mean."""
LARGEST = 10
"""How many of the largest losses are left out of the second total, and given for checking."""

_COLUMNS = (
    "victim_type", "reports", "loss_given", "attempts", "sum_pence", "mean_pence", "lower_quartile_pence", "median_pence",
    "upper_quartile_pence", "trimmed_mean_pence", "largest_pence", "sum_without_largest_pence",
)  # fmt: skip
_METHOD = Method(
    name="losses",
    text="Sums and counts of the losses given, and means of them; pooled over victim types from sums and counts. The trimmed "
    "mean leaves out a twentieth at each end, the second total the ten largest losses.",
    source="Tukey 1962.",
)


@dataclass(frozen=True)
class LargeLoss:
    """One of the largest losses, by its report's reference: to be checked, never to be published."""

    report_ref: str
    victim_type: str | None
    loss_pence: int


def losses(records: Records, measure: Measure, scope: Scope, window: Window) -> Finding:
    """The losses of reports of fraud in a window: kind "losses", its value the sum in pence, unit "pence".

    A row a victim type (null where it is not recorded), and a last row, "all", pooled. A mean of none is null. Its value
    is None, and its verdict says why, when a month of the window is not held. Raises RequestInvalid for a measure that
    is not of fraud reports.
    """
    counted = volumes.count(records, measure, scope, window)
    held = _held(records, measure, scope, window)
    rows = [_row(kind, held.filter(pl.col("victim_type").eq_missing(kind))) for kind in _kinds(held)]
    whole = _row("all", held)
    return Finding(
        kind="losses", title=f"Losses: {measure.title}", value=whole[4] if counted.value is not None else None,
        unit="pence", n=int(held["loss_pence"].count()), windows=(window,), area=counted.area, definition=counted.definition,
        method=_METHOD, as_at=records.as_at, batches=counted.batches, code_version=counted.code_version,
        code_lists=counted.code_lists, mappings=counted.mappings, sources=counted.sources, verdict=counted.verdict,
        table=Table(columns=_COLUMNS, rows=(*rows, whole)), parts=(counted,), notes=(*counted.notes, *_notes(held)),
        parameters={"trimmed at each end": TRIMMED, "largest left out of the second total": LARGEST},
    )  # fmt: skip


def losses_told(found: Finding, rule: SmallNumberRule | None = None) -> Finding:
    """Losses as they may be told to every reader of figures: kind "losses", with what would tell of few people withheld (None).

    No loss of one victim is told, nor a sum of so few as the rule calls small, nor what is left of a total without the ten largest
    where that is of so few. Where one type alone is withheld, so are the sums of the type with the next fewest losses: the total
    would give it away.
    """
    assert found.table is not None
    rule = rule or small_number_rule()
    rows = found.table.records()
    given = {n: int(row["loss_given"] or 0) for n, row in enumerate(rows)}
    few = {n for n, count in given.items() if rule.is_small(count)}
    if len(few) == 1:
        others = [n for n in range(len(rows) - 1) if n not in few and given[n]]
        few |= {min(others, key=lambda n: (given[n], n))} if others else set()
    body = []
    for n, row in enumerate(rows):
        told = {**row, "largest_pence": None}
        if rule.is_small(given[n] - LARGEST):
            told["sum_without_largest_pence"] = None
        if n in few:
            told |= dict.fromkeys(_COLUMNS[3:])
        body.append(tuple(told[name] for name in _COLUMNS))
    whole = len(rows) - 1
    return replace(
        found, table=Table(columns=_COLUMNS, rows=tuple(body)), value=None if whole in few else found.value,
        disclosure=f"single losses withheld; sums and means of fewer than {rule.smallest_shown} losses withheld, with one from which "
        "they could be worked out",
    )  # fmt: skip


def largest_losses(records: Records, measure: Measure, scope: Scope, window: Window) -> tuple[LargeLoss, ...]:
    """The largest losses of a window, largest first, for someone to check against the reports."""
    held = _held(records, measure, scope, window).drop_nulls("loss_pence")
    top = held.sort("loss_pence", "report_ref", descending=[True, False]).head(LARGEST)
    return tuple(LargeLoss(*row) for row in top.select("report_ref", "victim_type", "loss_pence").iter_rows())


def _held(records: Records, measure: Measure, scope: Scope, window: Window) -> pl.DataFrame:
    source = volumes.supply(records, measure, scope, window)
    if source.table != "fraud_victims":
        raise RequestInvalid("Losses are held of fraud reports alone.", remedy="Name a measure of fraud reports.")
    rows = volumes.selected_rows(records, source, measure, scope, window)
    return rows.select("report_ref", "victim_type", "loss_pence").collect()


def _kinds(held: pl.DataFrame) -> list[str | None]:
    known = held["victim_type"].drop_nulls().unique().sort(descending=True).to_list()
    return [*known, None] if held["victim_type"].null_count() else known


def _row(kind: str | None, held: pl.DataFrame) -> tuple[Value, ...]:
    given = np.sort(held["loss_pence"].drop_nulls().to_numpy())
    said: list[Value] = [kind, held.height, len(given), int((given == 0).sum()), int(given.sum())]
    if not len(given):
        return (*said, *[None] * 5, None, 0)
    quartiles = [float(q) for q in np.quantile(given, (0.25, 0.5, 0.75))]
    rest = int(given[: max(len(given) - LARGEST, 0)].sum())
    return (*said, float(given.sum() / len(given)), *quartiles, _trimmed(given), int(given[-1]), rest)


def _trimmed(ordered: npt.NDArray[np.int64]) -> float:
    cut = int(TRIMMED * len(ordered))
    return float(ordered[cut : len(ordered) - cut].mean())


def _notes(held: pl.DataFrame) -> tuple[str, ...]:
    missing = held["loss_pence"].null_count()
    return (
        (f"Reports whose loss is not given, which is not nought: {missing:,} of {held.height:,}.",) if missing else ()
    )
