"""Reports told: the figures of reports of fraud as every reader of figures may have them, with no small number in them exact.

Few victims of a kind in a month may be one neighbour. So whoever neither runs nor plans the care is told counts rounded to the
nearest five, of whole quarters of the year and nothing shorter: any shorter window could be had as the difference of two. What
is worked out of counts (a share, a change) is worked out of the rounded ones, in whole per cent, and only on as many reports as
the rule asks for a percentage; sums and means of losses have three figures. Neither what a figure was made from nor a chance
worked out of exact counts is told. A verdict is: that a kind rose says nothing of how few reported it.

    reports_told(found)      a Finding of `fraud_reports` or `losses` as it may be told; or of `feeds` or `data_quality`, of whose
                             rows those of reports of fraud are told so, and the others as they are
    whole_quarters(window)   whether a window is of whole quarters, and so may be told of
    quarters_within(window)  the whole quarters that lie in a window
    latest_quarters(held)    the window that stands where none is asked
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from fourfold.analysis.findings import Finding, Table, Value
from fourfold.analysis.losses import losses_told
from fourfold.codes.fraud import TABLES_OF_REPORTS
from fourfold.codes.periods import Window, month_end, months, year_to_date
from fourfold.codes.small_numbers import SmallNumberRule, small_number_rule
from fourfold.errors import RequestInvalid

ROUNDING = "rounded_to_5"
"""The rule by which counts of reports are told to those who neither run nor plan the care."""
FIGURES = 3
"""How many figures a sum of money is told with."""
_FIRST_MONTHS = (1, 4, 7, 10)
_Row = dict[str, Value]


def whole_quarters(window: Window) -> bool:
    """Whether a window is of whole quarters of the year."""
    first, last = window.first, window.last
    return first.day == 1 and first.month in _FIRST_MONTHS and last == month_end(last) and last.month % 3 == 0


def quarters_within(window: Window) -> Window | None:
    """The whole quarters of the year that lie in a window, as one window; None where none does."""
    every = [
        quarter
        for month in months(window)
        if month.month in _FIRST_MONTHS
        and (quarter := Window(month, month_end(month.replace(month=month.month + 2)))).first >= window.first
        and quarter.last <= window.last
    ]
    return Window(every[0].first, every[-1].last) if every else None


def latest_quarters(held: Sequence[date]) -> Window | None:
    """The police year's whole quarters up to the last that is wholly held, or that one alone; None where none is held.

    `held` are the months held, by their first days, in order.
    """
    have = set(held)
    for month in reversed(held):
        if month.month % 3 == 0:
            quarter = Window(month.replace(month=month.month - 2), month_end(month))
            if set(months(quarter)) <= have:
                so_far = year_to_date(month_end(month))
                return so_far if set(months(so_far)) <= have else quarter
    return None


def reports_told(found: Finding, rule: SmallNumberRule | None = None) -> Finding:
    """A Finding of reports of fraud as every reader of figures may have it. Raises RequestInvalid for other windows.

    Of a table with rows of other records too (`_MIXED`) whoever makes it sees to it that the rows of fraud are of whole quarters.
    """
    if found.kind not in _MIXED and not all(whole_quarters(one) for one in found.windows):
        raise RequestInvalid(
            "Reports of fraud are told here by whole quarters of the year: few reports of a shorter time could be one victim’s.",
            remedy="Choose a window that begins with January, April, July or October and ends a quarter.",
        )
    rule = rule or small_number_rule(ROUNDING)
    told = _TOLD[found.kind](losses_told(found, rule) if found.kind == "losses" else found, rule)
    rounding = (
        f"every count rounded to the nearest {rule.rounded_to}, no percentage on fewer than {rule.percentage_base} "
        f"({rule.id}, version {rule.version})"
    )
    disclosure = f"{told.disclosure}; {rounding}" if found.kind == "losses" else rounding
    n = None if told.n is None else rule.rounded(told.n)
    parts = tuple(reports_told(part, rule) for part in found.parts if part.kind == "unmatched")
    return replace(told, n=n, parts=parts, selection=None, interval=None, disclosure=disclosure)


def _changes(found: Finding, rule: SmallNumberRule) -> Finding:
    rows = []
    days = found.windows[0].days / found.windows[1].days
    for row in _rows(found):
        before, after = _rounded(row["before"], rule), _rounded(row["after"], rule)
        if before or after:
            told = {**row, "before": before, "after": after, "low": None, "high": None, "q": None}
            told["per_cent"] = _change(before, after, days, rule) if row["per_cent"] is not None else None
            rows.append(told)
    rows.sort(key=lambda row: (row["kind"] is None, -int(row["after"] or 0), str(row["kind"])))
    said = f"Kinds of which fewer than {(rule.rounded_to + 1) // 2} were reported in either window have no row."
    return _with(found, rows, notes=(said, *found.notes))


def _share(found: Finding, rule: SmallNumberRule) -> Finding:
    given = {**found.parameters, "counted": rule.rounded(int(found.parameters["counted"]))}
    n = rule.rounded(found.records)
    value = _percent(given["counted"], n, rule) if found.value is not None else None
    why = found.verdict if value is not None or found.value is None else "too few reports for a percentage to be told"
    if "of" in given:
        rows = _by_quarter(found, rule)
        beyond = [
            f"{date.fromisoformat(str(r['month'])):%B %Y} ({r['is_beyond']})" for r in _rows(found) if r["is_beyond"]
        ]
        said = f"Months beyond their limits: {', '.join(beyond)}." if beyond else "No month lies beyond its limits."
        table = Table(columns=("first", "last", "other", "reports", "share"), rows=rows)
        return replace(found, value=value, verdict=why, parameters=given, table=table, notes=(*found.notes, said))
    rows_told = [{**row, "reports": _rounded(row["reports"], rule)} for row in _rows(found)]
    unknown = rule.rounded(int(given["country not given"]))
    every = sum(int(row["reports"] or 0) for row in rows_told)
    given = {"counted": given["counted"], "country not given": unknown}
    if every >= rule.percentage_base:
        given |= {
            "at least": _percent(given["counted"], every, rule),
            "at most": _percent(given["counted"] + unknown, every, rule),
        }
    said = f"The country is not given in about {unknown:,} of {every:,} reports."
    return _with(replace(found, value=value, verdict=why, parameters=given), rows_told, notes=(said,))


def _by_quarter(found: Finding, rule: SmallNumberRule) -> tuple[tuple[Value, ...], ...]:
    def quarter(row: _Row) -> date:
        month = date.fromisoformat(str(row["month"]))
        return month.replace(month=(month.month - 1) // 3 * 3 + 1)

    body: list[tuple[Value, ...]] = []
    for first, of in groupby(_rows(found), quarter):
        held = list(of)
        other, n = (rule.rounded(sum(int(row[name] or 0) for row in held)) for name in ("other", "reports"))
        last = month_end(first.replace(month=first.month + 2))
        body.append((first.isoformat(), last.isoformat(), other, n, _percent(other, n, rule)))
    return tuple(body)


def _national(found: Finding, rule: SmallNumberRule) -> Finding:
    rows: list[_Row] = []
    before: int | None = None
    for row in _rows(found):
        of = Window(date.fromisoformat(str(row["first"])), date.fromisoformat(str(row["last"])))
        n = _rounded(row["reports"], rule) if whole_quarters(of) else None
        change = _change(before, n, 1, rule) if row["reports_change"] is not None else None
        rows.append({**row, "reports": n, "reports_change": change})
        before = n
    told = [row for row in rows if row["reports_change"] is not None and row["published_change"] is not None]
    value = told[-1]["reports_change"] if told else None
    why = None if told else found.verdict or "too few reports for a percentage to be told"
    given = {**found.parameters, "published": told[-1]["published_change"] if told else None}
    return _with(replace(found, value=value, verdict=why, parameters=given), rows, notes=found.notes)


def _losses(found: Finding, rule: SmallNumberRule) -> Finding:
    counts = ("reports", "loss_given", "attempts")
    rows = []
    for row in _rows(found):
        money = {name: _figures(value) for name, value in row.items() if name.endswith("_pence")}
        rows.append({**row, **money, **{name: _rounded(row[name], rule) for name in counts}})
    whole = rows[-1]
    missing = max(0, int(whole["reports"] or 0) - int(whole["loss_given"] or 0))
    said = f"Reports whose loss is not given, which is not nought: about {missing:,} of {whole['reports']:,}."
    return _with(replace(found, value=_figures(found.value)), rows, notes=(said,))


def _stages(found: Finding, rule: SmallNumberRule) -> Finding:
    """The stages of fraud, or what one has and another lacks, each count rounded."""
    counts = ("reports", "rows", "undated", "asked", "unmatched")
    rows = [{**row, **{name: _rounded(row[name], rule) for name in counts if name in row}} for row in _rows(found)]
    return _with(found, rows)


def _gap(found: Finding, rule: SmallNumberRule) -> Finding:
    bounds = ("asked", "not known", "least", "most")
    given = {**found.parameters, **{name: rule.rounded(int(found.parameters[name])) for name in bounds}}
    value = _percent(given["not known"], given["asked"], rule) if found.value is not None else None
    why = found.verdict if value is not None or found.value is None else "too few reports for a percentage to be told"
    counts = ("answers", "most")
    rows = [{**row, **{name: _rounded(row[name], rule) for name in counts}} for row in _rows(found)]
    told = [row for row in rows if row["answers"]]
    return _with(replace(found, value=value, parameters=given, verdict=why), told, notes=())


def _fields(found: Finding, rule: SmallNumberRule) -> Finding:
    """Fields by how complete they are: those of reports of fraud with rounded cells, and shares worked out of them."""
    rows = []
    for row in _rows(found):
        if row["table"] in TABLES_OF_REPORTS:
            of, share = int(row["applies"] or 0), row["share"]
            row |= {name: rule.rounded(value) for name, value in row.items() if isinstance(value, int)}
            row["share"] = _share_of(share, of, rule)
        rows.append(row)
    return _with(found, rows)


def _owners(found: Finding, rule: SmallNumberRule) -> Finding:
    """One field by owner: without limits, which are worked out of the counts as they are."""
    rows = []
    for row in _rows(found):
        of, share = int(row["applies"] or 0), row["share"]
        told = {**row, "applies": rule.rounded(of), "recorded": _rounded(row["recorded"], rule)}
        rows.append({**told, "share": _share_of(share, of, rule), "lower": None, "upper": None})
    value = (
        float(round(float(found.value))) if found.value is not None and found.records >= rule.percentage_base else None
    )
    why = found.verdict or (None if value is not None else "too few reports for a percentage to be told")
    return _with(replace(found, value=value, verdict=why), [row for row in rows if row["applies"]])


def _late(found: Finding, rule: SmallNumberRule) -> Finding:
    rows = []
    for row in _rows(found):
        if row["feed"] in TABLES_OF_REPORTS:
            row |= {name: _rounded(row[name], rule) for name in ("rows", "before")}
        rows.append(row)
    return _with(found, [row for row in rows if row["rows"]])


_TOLD: dict[str, Callable[[Finding, SmallNumberRule], Finding]] = {
    "report changes": _changes, "report share": _share, "national": _national, "losses": _losses,
    "reconciliation": _stages, "unmatched": _stages, "gap": _gap, "completeness": _fields, "completeness by owner": _owners,
    "lateness": _late,
}  # fmt: skip
_MIXED = ("national", "completeness", "lateness")
"""Kinds whose window is not that of the reports told: periods published, tables of more than reports, the day on which files came."""


def _rows(found: Finding) -> list[_Row]:
    assert found.table is not None
    return found.table.records()


def _with(found: Finding, rows: Sequence[_Row], **said: Any) -> Finding:
    assert found.table is not None
    columns = found.table.columns
    return replace(
        found, table=Table(columns=columns, rows=tuple(tuple(row[name] for name in columns) for row in rows)), **said
    )


def _rounded(count: Value, rule: SmallNumberRule) -> int | None:
    return rule.rounded(int(count)) if isinstance(count, int) else None


def _share_of(share: Value, of: int, rule: SmallNumberRule) -> float | None:
    """A share of 1, worked out of rounded counts."""
    if share is None:
        return None
    told = _percent(rule.rounded(round(float(share) * of)), rule.rounded(of), rule)
    return None if told is None else told / 100


def _percent(k: int, n: int, rule: SmallNumberRule) -> float | None:
    return float(round(100 * min(k, n) / n)) if n >= rule.percentage_base else None


def _change(before: int | None, after: int | None, exposure: float, rule: SmallNumberRule) -> float | None:
    """A change in whole per cent, of two counts that are each large enough for one."""
    if before is None or after is None or min(before, after) < rule.percentage_base:
        return None
    return float(round(100 * (after / exposure / before - 1)))


def _figures(amount: Value) -> Value:
    return amount if not isinstance(amount, (int, float)) else type(amount)(float(f"{amount:.{FIGURES}g}"))
