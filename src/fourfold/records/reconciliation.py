"""Reconciliation: fraud reported, disseminated, allocated, finalised and held, each counted from its own feed.

    reported      the weekly list of victims, by the day of the report
    disseminated  the packages sent to the force, by the day they were sent
    allocated     of these, those with a team or a day of allocation, by that day
    finalised     the outcomes given of reports, by the day of the outcome
    held          crimes of fraud in the force's own records system that stand, by the day of recording

A report counts once in a stage, however many rows it has there. Stages are matched by reference, and what one has and
another lacks is listed by file and line, each way. Nothing is averaged, and no stage is made to agree with another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import narwhals as nw
import polars as pl

from fourfold.codes import offences
from fourfold.codes.periods import Window
from fourfold.records.as_at import Records, stands_as_crime

Stage = Literal["reported", "disseminated", "allocated", "finalised", "held"]
STAGES: tuple[Stage, ...] = ("reported", "disseminated", "allocated", "finalised", "held")
FEEDS: dict[Stage, tuple[str, str]] = {
    "reported": ("fraud_victims", "reported_on"), "disseminated": ("fraud_disseminations", "disseminated_on"),
    "allocated": ("fraud_disseminations", "allocated_on"), "finalised": ("fraud_outcomes", "outcome_on"),
    "held": ("crimes", "recorded_on"),
}  # fmt: skip
"""The table that each stage is counted from, and the column that dates it."""
_NOT_YET = "disseminated, and names no crime of the force's own yet"
PAIRS: tuple[tuple[Stage, Stage, str], ...] = (
    ("disseminated", "reported", "disseminated, and on no list of victims"),
    ("reported", "disseminated", "reported, and not disseminated: most are not sent to be investigated"),
    ("disseminated", "allocated", "disseminated, and allocated to no team"),
    ("allocated", "finalised", "allocated, and without an outcome yet"),
    ("finalised", "allocated", "given an outcome, and never allocated"),
    ("finalised", "disseminated", "given an outcome, and never disseminated to the force"),
    ("disseminated", "held", _NOT_YET),
    ("disseminated", "held", "disseminated, and names no crime of fraud that is held"),
    ("held", "disseminated", "a crime of fraud is held, and no dissemination names it"),
)
"""What is looked for: in the first stage within the window, and in the second at no time."""
STAGE: dict[str, pl.DataType] = {
    "stage": pl.String(), "feed": pl.String(), "dated_by": pl.String(), "reports": pl.Int64(), "rows": pl.Int64(),
    "undated": pl.Int64(),
}  # fmt: skip
PAIR: dict[str, pl.DataType] = {
    "in": pl.String(), "not_in": pl.String(), "said": pl.String(), "asked": pl.Int64(), "unmatched": pl.Int64(),
}  # fmt: skip
UNMATCHED: dict[str, pl.DataType] = {
    "in": pl.String(), "not_in": pl.String(), "said": pl.String(), "batch_id": pl.String(), "line_number": pl.Int64(),
}  # fmt: skip
_GROUP = "Fraud offences"


@dataclass(frozen=True)
class Reconciliation:
    """What each stage holds and what is not matched.

    `stages`: stage, feed, dated_by, reports, rows, undated (rows of the stage without a day, in no window). `pairs`: in,
    not_in, said, asked, unmatched, both null where one of the feeds cannot tell. `rows` are the unmatched, by file and
    line, in UNMATCHED. `cannot_tell` says why, in words.
    """

    stages: pl.DataFrame
    pairs: pl.DataFrame
    rows: pl.DataFrame
    cannot_tell: tuple[str, ...]


def reconciliation(records: Records, force_id: str, window: Window) -> Reconciliation:
    """Fraud in a window, stage by stage and pair by pair. A stage whose feed is not held has no count: that is not none."""
    unsaid: list[str] = []
    held: dict[Stage, pl.DataFrame] = {}
    for stage in STAGES:
        why, rows = _stage(records, force_id, stage)
        if rows is None:
            unsaid.append(f"{stage.capitalize()} cannot be told: {why}")
        else:
            held[stage] = rows
    if {"disseminated", "held"} <= held.keys() and held["disseminated"]["local_ref"].drop_nulls().is_empty():
        unsaid.append(
            "Disseminated beside held cannot be told: no dissemination names a crime of the force's own; its column may not be "
            "among what is sent."
        )
    pairs: list[tuple[str, str, str, int | None, int | None]] = []
    lists: list[pl.DataFrame] = []
    for one, other, said in PAIRS:
        asked, alone = _unmatched(held, one, other, said, window)
        if asked is None or alone is None:
            pairs.append((one, other, said, None, None))
            continue
        ref = _ref(one)
        pairs.append((one, other, said, asked[ref].n_unique(), alone[ref].n_unique()))
        named = [pl.lit(text).alias(name) for name, text in (("in", one), ("not_in", other), ("said", said))]
        lists.append(alone.unique(ref, keep="first", maintain_order=True).select(*named, "batch_id", "line_number"))
    return Reconciliation(
        stages=pl.DataFrame([_counted(stage, held.get(stage), window) for stage in STAGES], schema=STAGE, orient="row"),
        pairs=pl.DataFrame(pairs, schema=PAIR, orient="row"),
        rows=pl.concat([pl.DataFrame(schema=UNMATCHED), *lists]),
        cannot_tell=tuple(unsaid),
    )


def _unmatched(
    held: dict[Stage, pl.DataFrame], one: Stage, other: Stage, said: str, window: Window
) -> tuple[pl.DataFrame | None, pl.DataFrame | None]:
    """The rows of the first stage that are asked about, and those of them without a match; None where it cannot be told."""
    if one not in held or other not in held:
        return None, None
    asked = _within(held[one], window).drop_nulls(_ref(one))
    if "held" not in (one, other):
        return asked, asked.join(held[other], on="report_ref", how="anti")
    named = held["disseminated"].drop_nulls("local_ref")  # at whatever time
    if named.is_empty():
        return None, None
    if one == "held":
        return asked, asked.join(named, on="local_ref", how="anti")
    if said == _NOT_YET:
        return asked, asked.join(named, on="report_ref", how="anti")
    asked = asked.join(named, on="report_ref", how="semi")
    return asked, asked.join(named.join(held["held"], on="local_ref", how="semi"), on="report_ref", how="anti")


def _ref(stage: Stage) -> str:
    """The reference by which a stage is counted."""
    return "local_ref" if stage == "held" else "report_ref"


def fraud_codes() -> tuple[str, ...]:
    """The Home Office codes of fraud, under which a force records fraud of its own."""
    return tuple(one.code for one in offences.offences() if one.group == _GROUP)


def _stage(records: Records, force_id: str, stage: Stage) -> tuple[str, pl.DataFrame | None]:
    """A stage's rows (report_ref, local_ref, day, batch_id, line_number), every window's; or why there are none to be had."""
    table, dated = FEEDS[stage]
    if not [b for b in records.batches_of(table) if b.keyed_by and b.may_hold(force_id)]:
        return f"no {table.replace('_', ' ')} are held.", None
    rows = records.table(table).filter(pl.col("force_id") == force_id)
    if stage == "held":
        stands = nw.from_native(rows).filter(stands_as_crime(records.as_at)).to_native()
        rows = stands.filter(pl.col("offence_code").is_in(list(fraud_codes())))
        told = [pl.lit(None, pl.String()).alias("report_ref"), pl.col("crime_ref").alias("local_ref")]
    else:
        local = "local_crime_ref" if table == "fraud_disseminations" else None
        told = [pl.col("report_ref"), (pl.col(local) if local else pl.lit(None, pl.String())).alias("local_ref")]
    if stage == "allocated":
        rows = rows.filter(pl.col("allocated_on").is_not_null() | pl.col("team").is_not_null())
    found = rows.select(*told, pl.col(dated).alias("day"), "batch_id", "line_number").sort("day", "line_number")
    return "", found.collect()


def _within(rows: pl.DataFrame, window: Window) -> pl.DataFrame:
    return rows.filter(pl.col("day").is_between(window.first, window.last))


def _counted(
    stage: Stage, rows: pl.DataFrame | None, window: Window
) -> tuple[str, str, str, int | None, int | None, int | None]:
    feed, dated = FEEDS[stage]
    if rows is None:
        return stage, feed, dated, None, None, None
    inside = _within(rows, window)
    return stage, feed, dated, inside[_ref(stage)].n_unique(), inside.height, rows["day"].null_count()


def lines_of(rows: pl.DataFrame, files: dict[str, str]) -> Iterator[tuple[str, str, list[int]]]:
    """The unmatched by what is said of them and file: the words, the file, its lines."""
    grouped = rows.group_by("said", "batch_id", maintain_order=True).agg(pl.col("line_number").sort())
    for said, batch_id, lines in grouped.iter_rows():
        yield said, files.get(batch_id, batch_id), lines
