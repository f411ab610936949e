"""Code returns: compliance with the Victims' Code by right, for the commissioner and the ministry, as one description and its files.

`return_content` is plain data, made from Findings that are protected already: by right the counts in each state, both pairs of
bounds, coverage and n; the catalogue of data items; each definition and how sure it is; the instant of the records. It is frozen
as it is, and drawn as ODS or CSV, with what has changed since the return before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fourfold.analysis.disclosure import CONFIDENTIAL
from fourfold.analysis.findings import Finding, Table, Value
from fourfold.codes.periods import Window, is_quarter
from fourfold.codes.small_numbers import SmallNumberRule
from fourfold.codes.victims_code import RulePack
from fourfold.errors import RequestInvalid
from fourfold.publications.tables import Cover, Sheet, csv_text, ods_bytes

WIDER = ("wider lower", "wider upper")
"""The bounds that also allow for false records, as an audit learned of them."""
NOT_HELD = "not held"


def of_one_quarter(window: Window) -> None:
    """Refuse a return that is not of one quarter. Raises RequestInvalid."""
    if not is_quarter(window):
        raise RequestInvalid(
            "A return is of one quarter of the year: returns of months that overlap could be subtracted from each other.",
            remedy="Choose January to March, April to June, July to September or October to December.",
        )


def return_content(
    by_right: Finding, wider: Mapping[int, Finding], items: Finding, packs: Sequence[RulePack], rule: SmallNumberRule
) -> dict[str, Any]:
    """What a return says. `by_right` is protected compliance split by right; `wider` the audited bounds by right."""
    assert by_right.table is not None
    assert items.table is not None
    titles = {str(n): title for pack in packs for n, title in pack.rights.items()}
    rows = []
    for row in by_right.table.records():
        audited = wider.get(int(str(row["right"])))
        shown = audited.interval if audited is not None and row["lower"] is not None else None
        bounds = (_share(shown.low), _share(shown.high)) if shown else (None, None)
        said = {name: _share(value) if name in ("lower", "upper", "coverage") else value for name, value in row.items()}
        rows.append({**said, "title": titles.get(str(row["right"]), ""), **dict(zip(WIDER, bounds, strict=True))})
    window, told = by_right.windows[0], {str(row["right"]) for row in rows}
    silent = [f"right {n}" for n in titles if n not in told]
    without = (
        [f"Without a row, since nothing that the rules know of it began in these months: {', '.join(silent)}."]
        if silent
        else []
    )
    return {
        "force": by_right.area, "window": window.label, "as_at": by_right.as_at.isoformat(), "rows": rows,
        "items": [_item(row, rule) for row in items.table.records()],
        "definitions": [
            {"what": one.title, "text": one.text, "version": one.version, "status": one.status, "source": one.source}
            for one in (by_right.definition, items.definition)
        ],
        "notes": [*by_right.notes, *without], "rule": f"{rule.title} ({rule.version}): {rule.in_words}",
        "findings": [by_right.id, items.id, *(one.id for one in wider.values())],
    }  # fmt: skip


def _item(row: Mapping[str, Value], rule: SmallNumberRule) -> dict[str, Value]:
    """A data item as it may be told: a small count, or one that leaves a small count, is withheld with its share."""
    n, filled = int(row["n"] or 0), row["filled"]
    kept = {name: row[name] for name in ("item", "right", "holds", "of", "status")}
    if filled is None:
        return {**kept, "n": None, "filled": NOT_HELD, "lower": None, "upper": None}
    if rule.is_small(n) or rule.is_small(int(filled)) or rule.is_small(n - int(filled)):
        return {
            **kept,
            "n": None if rule.is_small(n) else rule.rounded(n),
            "filled": None,
            "lower": None,
            "upper": None,
        }
    is_wide = n >= rule.percentage_base
    shares = {name: _share(row[name]) if is_wide else None for name in ("lower", "upper")}
    return {**kept, "n": rule.rounded(n), "filled": rule.rounded(int(filled)), **shares}


def _share(value: Value) -> float | None:
    return round(float(value), 1) if isinstance(value, (int, float)) else None


def return_table(content: Mapping[str, Any]) -> Table:
    """Compliance by right; what is withheld stands as [c]."""
    rows = content["rows"]
    names = [name for name in rows[0] if name not in ("right", "title", *WIDER)] if rows else []
    columns = ("right", "title", *names, *WIDER)
    return Table(columns=columns, rows=tuple(tuple(_cell(row, name) for name in columns) for row in rows))


def _cell(row: Mapping[str, Any], name: str) -> Value:
    value: Value = row[name]
    if value is None and name in WIDER:
        return "no audit" if row["lower"] is not None else CONFIDENTIAL
    if value is None and row["judged"] == 0:
        return "none due"
    return CONFIDENTIAL if value is None else value


def return_csv(content: Mapping[str, Any], marking: str) -> bytes:
    """The return as CSV: the marking, whose it is and as at when, then a row for each right."""
    said = f"{content['force']}, {content['window']}, as at {content['as_at']}; {content['rule']}"
    head = csv_text(Table(columns=(marking,), rows=((said,),)))
    return (head + csv_text(return_table(content))).encode()


def return_ods(
    content: Mapping[str, Any], marking: str, changes: Sequence[tuple[str, str, Value, Value]], since: str
) -> bytes:
    """The return as ODS: by right, what has changed since the return before, the data items, and the definitions."""
    items = content["items"]
    names = tuple(items[0]) if items else ()
    sheets = [
        Sheet("Compliance", "Compliance by right, in each state and in bounds", return_table(content)),
        Sheet("Changes", since, Table(columns=("right", "what", "before", "now"), rows=tuple(
            (right, what, _told(before), _told(now)) for right, what, before, now in changes
        ))),
        Sheet("Data items", "What the framework asks, which field holds it, and how complete it is",
              Table(columns=names, rows=tuple(tuple(_told(one[name], name) for name in names) for one in items))),
        Sheet("Definitions", "What was counted, and how sure it is", Table(
            columns=("what", "text", "version", "status", "source"),
            rows=tuple(tuple(one.values()) for one in content["definitions"]),
        )),
    ]  # fmt: skip
    notes = (
        ("Force", content["force"]), ("Months", content["window"]), ("As at", content["as_at"]), ("Marking", marking),
        ("Lower and upper", "What has no evidence taken as not done, and as done: where the rate lies between cannot be said"),
        ("Wider", "The same, allowing for false records as an audit learned of them"),
        ("Small numbers", content["rule"]), ("Shorthand", f"{CONFIDENTIAL}: withheld, small or would give a small one away"),
        *(("Note", one) for one in content["notes"]), ("Findings", ", ".join(content["findings"])),
    )  # fmt: skip
    title = f"Victims’ Code: compliance return, {content['force']}, {content['window']}"
    return ods_bytes(Cover(title, notes, datetime.fromisoformat(content["as_at"])), sheets)


def _told(value: Value, name: str = "") -> Value:
    if value is None:
        return "" if name == "right" else CONFIDENTIAL
    return value
