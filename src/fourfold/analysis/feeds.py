"""Feeds as Findings: how fresh what is held is, how long rows took to come, and how the stages of fraud agree.

A median of days hides the tail that matters, so the distribution stands in tenths: half, nine in ten, and the longest. What
all came in one day is a history, and tells nothing of how late rows come.
"""

from __future__ import annotations

from typing import Any

import polars as pl

import fourfold
from fourfold.analysis.findings import Definition, Finding, Method, Table
from fourfold.codes import areas
from fourfold.codes.fraud import TABLES_OF_REPORTS
from fourfold.codes.lists import code_list
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld
from fourfold.records.as_at import Records
from fourfold.records.feeds import day_of, feeds, lateness
from fourfold.records.reconciliation import Reconciliation, reconciliation

_FRESH = Method(
    name="freshness of feeds",
    text="The days from a feed's last file to the as-at day, beside how often a file should come; and whole days from one "
    "date of a row to the next, counted, with the day by which half, nine in ten and all of them had come.",
)
_MATCHED = Method(
    name="reconciliation",
    text="Each stage is counted from its own feed, a report once, in the window of its own date. A report of one stage that "
    "stands at no time in another is unmatched; it is listed, each way, and no stage is corrected by another.",
)


def freshness(records: Records, force_id: str) -> Finding:
    """Every feed's last file, how far it reaches and whether the next is overdue: kind "freshness".

    Columns: feed, files, last_came, days_since, expected_every, standing (of the rhythm), overdue, reaches (the last day
    that its rows tell of), days_behind (from that to the as-at day). Its value is how many feeds are overdue. Raises
    NothingHeld where none of the force's own extracts are held.
    """
    held = feeds(records, force_id)
    if not held:
        raise NothingHeld("No extract of that force's own systems is held.", remedy="Import one first.")
    on = day_of(records.as_at)
    rows = tuple(
        (one.table, one.files, one.arrived_on[-1].isoformat(), one.days_since(on), one.rhythm_days, one.rhythm_standing,
         "yes" if one.is_overdue(on) else "no", None if one.reaches is None else one.reaches.isoformat(),
         None if one.reaches is None else (on - one.reaches).days)
        for one in held
    )  # fmt: skip
    columns = (
        "feed",
        "files",
        "last_came",
        "days_since",
        "expected_every",
        "standing",
        "overdue",
        "reaches",
        "days_behind",
    )
    return _finding(
        records, force_id, [one.table for one in held], kind="freshness", title="Feeds, and which are overdue",
        value=sum(row[6] == "yes" for row in rows), unit="feeds", n=len(rows), windows=(Window(on, on),), method=_FRESH,
        definition=_definition("freshness", "Feeds that are overdue", "More days since the last file than one should take."),
        table=Table(columns=columns, rows=rows), code_lists={"feeds": code_list("feeds").version},
        notes=("How often a file should come is the force's to supply, where the list does not say that it is confirmed.",),
    )  # fmt: skip


def late_rows(records: Records, force_id: str) -> Finding:
    """How long rows took, leg by leg of their way: kind "lateness".

    Columns: feed, leg, rows, half_within, nine_in_ten_within, all_within (days), before (rows that were told of before it
    was so). Its value is None: legs are not added up.
    """
    told = lateness(records, force_id)
    rows = [
        (table, leg, int(own["n"].sum()), _within(own, 0.5), _within(own, 0.9), _within(own, 1.0),
         int(own.filter(pl.col("days") < 0)["n"].sum()))
        for (table, leg), own in told.group_by("table", "leg", maintain_order=True)
    ]  # fmt: skip
    on = day_of(records.as_at)
    columns = ("feed", "leg", "rows", "half_within", "nine_in_ten_within", "all_within", "before")
    tables = sorted({str(row[0]) for row in rows})
    return _finding(
        records, force_id, tables, kind="lateness", title="How long rows took to come", code_lists=_lists(tables),
        value=None, unit="days", n=sum(row[2] for row in rows), windows=(Window(on, on),), method=_FRESH,
        definition=_definition("lateness", "Days from event to arrival",
                               "Whole days between two dates of a row, or from its event to its first arrival here."),
        table=Table(columns=columns, rows=tuple(rows)),
        verdict="By leg, in the table." if rows else "Not available: no row has two dates to be set against each other.",
        notes=("Arrival here is told of rows that came after a feed's first day: what came on it is its history.",),
    )  # fmt: skip


def fraud_reconciled(records: Records, force_id: str, window: Window) -> tuple[Finding, Reconciliation]:
    """Fraud reported, disseminated, allocated, finalised and held in a window, and what is not matched.

    The Finding, kind "reconciliation", has a row a stage (stage, feed, dated_by, reports, rows, undated), and as its part
    the pairs, kind "unmatched" (in, not_in, said, asked, unmatched). A stage that cannot be told has no count, which is
    not none.
    Its value is None: stages are not added up.
    """
    told = reconciliation(records, force_id, window)
    tables = ["fraud_victims", "fraud_disseminations", "fraud_outcomes", "crimes"]
    definition = _definition(
        "fraud_reconciliation", "Stages of fraud",
        "Reports by national reference: reported, disseminated, allocated, finalised; and held as crimes of the force.",
    )  # fmt: skip
    said: dict[str, Any] = {
        "unit": "reports", "windows": (window,), "method": _MATCHED, "definition": definition, "notes": told.cannot_tell,
        "code_lists": _lists(tables),
    }  # fmt: skip
    reports = int(told.stages["reports"].sum())
    missing = "Not available: no stage of fraud is held." if told.stages["reports"].null_count() == 5 else None
    pairs = _finding(
        records, force_id, tables, kind="unmatched", title="Reports in one stage and not in another", value=None,
        n=int(told.pairs["asked"].sum()), table=_table(told.pairs), verdict=missing or "By pair, in the table.", **said,
    )  # fmt: skip
    found = _finding(
        records, force_id, tables, kind="reconciliation", title="Fraud from report to outcome", value=None, n=reports,
        table=_table(told.stages), verdict=missing, parts=(pairs,), **said,
    )  # fmt: skip
    return found, told


def _table(frame: pl.DataFrame) -> Table:
    return Table(columns=tuple(frame.columns), rows=tuple(frame.rows()))


def _within(own: pl.DataFrame, share: float) -> int:
    """The fewest days within which so many of the rows had come."""
    so_far = own.sort("days").with_columns(pl.col("n").cum_sum().alias("so_far"))
    needed = share * float(own["n"].sum())
    return int(so_far.filter(pl.col("so_far") >= needed - 1e-9)["days"][0])


def _lists(tables: list[str]) -> dict[str, str]:
    """The list of fraud codes, where rows counted are reports of fraud: by it a figure is known to be of them."""
    return {"fraud": code_list("fraud").version} if set(tables) & set(TABLES_OF_REPORTS) else {}


def _definition(name: str, title: str, text: str) -> Definition:
    return Definition(name=name, version="1", title=title, text=text, source="Fourfold", status="confirmed")


def _finding(records: Records, force_id: str, tables: list[str], **said: Any) -> Finding:
    used = [b for b in records.standing if b.keyed_by and set(tables) & set(b.tables)]
    return Finding(
        area=areas.force(force_id).name, as_at=records.as_at, batches=tuple(b.batch_id for b in used),
        code_version=fourfold.__version__, mappings={b.batch_id: b.mapping_version for b in used},
        sources=tuple(dict.fromkeys(b.source for b in used)), **said,
    )  # fmt: skip
