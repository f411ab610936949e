"""Data quality: how complete and valid what is held is, what its gaps make unknowable, and which fields to make mandatory.

Completeness is what is recorded over the cells to which the field applies; what was refused, or answered "not known", stands
apart, and so does a cell that is empty because nothing has happened yet. Months are set against their own ordinary
variation (XmR limits), units and teams against the force's share (funnel limits, widened where owners differ by more than
chance would make them).

A gap is said in bounds and never filled with a guess: the least is what is recorded as so, the most adds every answer that
is not known. Which fields remove most of what cannot be known is searched over sets of fields, since a record that lacks
two is answered by neither alone.

Sources: bounds: Manski (1989), Anatomy of the Selection Problem, Journal of Human Resources 24. XmR: Wheeler (1993),
Understanding Variation. Funnels: Spiegelhalter (2005), Funnel Plots for Comparing Institutional Performance, Statistics in
Medicine 24.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import binom

import fourfold
from fourfold.analysis import control_charts
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value
from fourfold.codes import areas, gaps
from fourfold.codes.fraud import TABLES_OF_REPORTS
from fourfold.codes.gaps import Gap
from fourfold.codes.lists import code_list
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.quality import NO_ROW, NOT_KNOWN, STATES, YES, Quality
from fourfold.records.suppliers import catalogue

OF = {
    "complete": "cells recorded, of those to which the field applies",
    "valid": "cells that are readable and on their list, of those filled in",
}
"""What a share may be of."""
BY = ("month", "unit", "team")
SEARCHED = 50_000
"""So many sets of fields are looked through one by one; beyond, fields are taken greedily."""
_LEVEL = 0.998
"""Limits keep an owner that is like the others but for two in a thousand, as control charts do."""

_CELLS = Method(
    name="completeness",
    text="Cells counted by what they say, over those to which the field applies. By month: the mean and 2.66 times the mean "
    "moving range. By unit and team: the range in which an owner's share would lie, 998 times in a thousand, were it the "
    "force's, widened where owners differ by more than chance would make them.",
    source="Wheeler 1993; Spiegelhalter 2005.",
)
_BOUNDS = Method(
    name="bounds of a gap",
    text="The least is what is recorded as so. The most adds every answer that is not known. Nothing is assumed of what is "
    "not recorded.",
    source="Manski 1989.",
)
_CASE = Method(
    name="case for mandatory fields",
    text="Of every set of so many fields, the one that would let most answers be given that cannot be given now; then its "
    "fields in the order of what each adds. An answer counts once nothing that it needs lacks. Answers that were refused, "
    "or that nobody knew, stay unknown.",
    source="Fourfold; the set is searched in full, and greedily where there are more than 50,000 sets.",
)


@dataclass(frozen=True)
class Candidate:
    """A field that could be made mandatory: what it would answer alone, and the records and seconds that it costs."""

    field: str
    alone: int
    to_fill_in: int
    seconds: float

    @property
    def hours(self) -> float:
        """The hours of recorders that filling it in would have taken in the window."""
        return self.to_fill_in * self.seconds / 3600


def completeness(quality: Quality, counts: pl.DataFrame, window: Window, of: str = "complete") -> Finding:
    """Every field of the tables counted, in a window, least complete first: kind "completeness".

    Columns: table, field, applies (cells), each state of `records/quality`, share, judged (whether an empty cell is a
    gap), sent (whether any file has a column for it).
    """
    _known(of)
    rows: list[tuple[Value, ...]] = []
    summed = _in(counts, window).group_by("table", "field", maintain_order=True).agg(pl.col("rows", *STATES).sum())
    for row in summed.iter_rows(named=True):
        over, share = _share(row, of)
        is_judged = gaps.field_rule(row["table"], row["field"]).is_judged
        is_sent = row["field"] not in quality.never_sent(row["table"])
        rows.append(
            (row["table"], row["field"], over, *(row[state] for state in STATES), share, "yes" if is_judged else "no",
             "yes" if is_sent else "no")
        )  # fmt: skip
    rows.sort(key=lambda row: (row[-2] == "no", row[-1] == "no", 2.0 if row[-3] is None else row[-3], row[0], row[1]))
    columns = ("table", "field", "applies", *STATES, "share", "judged", "sent")
    return _finding(
        quality, sorted({str(row[0]) for row in rows}), kind="completeness", title=f"Fields by how {of} they are", value=None,
        unit="cells", n=sum(int(row[2] or 0) for row in rows), windows=(window,), method=_CELLS,
        definition=Definition(name=of, version="1", title=f"How {of} fields are", text=f"{OF[of].capitalize()}.",
                              source="Fourfold", status="confirmed"),
        table=Table(columns=columns, rows=tuple(rows)),
    )  # fmt: skip


def completeness_by(
    quality: Quality, counts: pl.DataFrame, field: str, window: Window, by: str, of: str = "complete"
) -> Finding:
    """A field's completeness or validity by month, unit or team, with limits: kind "completeness by owner".

    Columns: the split, applies, recorded, share, lower, upper, exceptional. Shares are of 1. Where limits cannot be had
    (fewer than twelve months, a month without any, fewer than two owners) they are null and a note says why. Its value is
    the share of all, in per cent. Raises RequestInvalid for another split.
    """
    _known(of)
    if by not in BY:
        raise RequestInvalid("Quality is not split so.", remedy=f"Use one of: {', '.join(BY)}.")
    table, _, name = field.partition(".")
    own = _in(counts, window).filter((pl.col("table") == table) & (pl.col("field") == name))
    if own.is_empty():
        raise NothingHeld("No row of that field is held in that window.", remedy="See `fourfold quality fields`.")
    summed = own.group_by(by).agg(pl.col("rows", *STATES).sum()).sort(by, nulls_last=True)
    told = [(row[by], *_share(row, of)) for row in summed.iter_rows(named=True)]
    over = sum(n for _, n, _ in told)
    good = sum(round(n * share) for _, n, share in told if share is not None)
    limits, notes = _month_limits(told) if by == "month" else _owner_limits(told)
    rows: list[tuple[Value, ...]] = []
    for (key, n, share), limit in zip(told, limits, strict=True):
        lower, upper = limit or (None, None)
        marked = None
        if share is not None and limit is not None:
            marked = "above" if share > limit[1] else "below" if share < limit[0] else None
        shown = key.isoformat() if hasattr(key, "isoformat") else key
        rows.append((shown, n, None if share is None else round(n * share), share, lower, upper, marked))
    return _finding(
        quality, [table], kind="completeness by owner", title=f"{_words(field)}: how {of}, by {by}",
        value=100 * good / over if over else None, unit="%", n=over, windows=(window,), method=_CELLS,
        definition=_field_definition(quality, table, name, of),
        verdict=None if over else "Not available: the field applies to no row.", notes=tuple(notes),
        table=Table(columns=(by, "applies", "recorded", "share", "lower", "upper", "exceptional"), rows=tuple(rows)),
        parameters={"of": of, "exceptional": sum(row[-1] is not None for row in rows)},
    )  # fmt: skip


def gap_bounds(quality: Quality, gap: Gap, window: Window, answers: pl.DataFrame | None = None) -> Finding:
    """What a gap makes unknowable, with its bounds: kind "gap", its value the share of answers not known, in per cent.

    Its parameters hold `asked`, `not known`, `least`, `most`, and `group` where the figure is of groups. Its table has a
    row for what lacks (fields, answers, whether filling them in would answer) and, for groups, each with its bounds.
    """
    told = quality.answers(gap, window) if answers is None else answers
    asked = int(told["n"].sum())
    unknown = told.filter(pl.col("answer") == NOT_KNOWN)
    not_known = int(unknown["n"].sum())
    groups = _groups(told) if gap.asks[0].is_of_groups else []
    least = groups[0][1] if groups else int(told.filter(pl.col("answer") == YES)["n"].sum())
    rows: list[tuple[Value, ...]] = [
        ("lacks", lacks.replace(";", ", "), n, n if is_removable else 0)
        for lacks, is_removable, n in unknown.group_by("lacks", "is_removable").agg(pl.col("n").sum())
        .sort("n", "lacks", descending=[True, False]).iter_rows()
    ]  # fmt: skip
    rows += [("group", name, n, n + not_known) for name, n in groups]
    return _finding(
        quality, [gap.table, *(["crimes"] if gap.measures else [])], kind="gap", title=gap.title,
        value=100 * not_known / asked if asked else None, unit="%", n=asked, windows=(window,), method=_BOUNDS,
        definition=Definition(
            name=gap.id, version=gap.version, title=gap.title, text=f"Feeds {gap.figure}.", codes=gap.fields, source=gap.source,
            status=gap.status,
        ),
        verdict=None if asked else "Not available: nothing that is asked is held in this window.",
        parameters={
            "asked": asked, "not known": not_known, "least": least, "most": least + not_known,
            "group": groups[0][0] if groups else "(none is recorded)", "theme": gap.theme, "counted": gap.counted,
            "not extracted": list(not_extracted(quality, gap)),
        },
        notes=_gap_notes(unknown, gap), table=Table(columns=("what", "which", "answers", "most"), rows=tuple(rows)),
    )  # fmt: skip


def every_gap(
    quality: Quality, window: Window, theme: str | None = None, tables: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """The bounds of every gap whose table is held, of a theme or of all, widest first; last those whose fields no file has.

    `tables` narrows to gaps of these.
    """
    held = set(quality.tables) & set(quality.tables if tables is None else tables)
    wanted = [one for one in gaps.gaps() if one.table in held and theme in (None, one.theme)]
    found = [
        gap_bounds(quality, one, window, told)
        for one, told in zip(wanted, quality.every_answer(wanted, window), strict=True)
    ]
    return tuple(sorted(found, key=width))


def not_extracted(quality: Quality, gap: Gap) -> tuple[str, ...]:
    """The fields that a gap asks and no file has a column for: nobody left them empty, and no recorder can fill them in."""
    never = quality.never_sent(gap.table)
    return tuple(f"{gap.table}.{ask.field}" for ask in gap.asks if ask.field in never)


def width(found: Finding) -> tuple[bool, float, str]:
    """By which gaps stand widest first."""
    return (
        bool(found.parameters["not extracted"]),
        -float(found.value) if isinstance(found.value, float) else 1.0,
        found.title,
    )


def mandatory_fields(
    quality: Quality, window: Window, *, theme: str | None = None, many: int = 3, system: str = "records system",
    seconds: Mapping[str, float] | None = None,
) -> Finding:  # fmt: skip
    """The case for making some fields of one supplier's system mandatory: kind "case".

    Its value is the share of answers that cannot be given now and could be, in per cent; `n` how many cannot. A row a
    field, the chosen ones first with their `step`: what it would answer alone, with those before it, the records to fill
    in, seconds each, hours in the window. `parts` are the gaps, and the parameter `after` what each leaves unknown.
    `seconds` are the force's own for a field, where it has timed them. Raises NothingHeld where nothing can be asked.
    """
    tables = {c.table for c in catalogue.contracts() if c.system == system}
    known = [
        one for one in gaps.gaps()
        if one.table in tables and one.table in quality.tables and theme in (None, one.theme)
    ]  # fmt: skip
    unsent = sorted({field for one in known for field in not_extracted(quality, one)})
    wanted = [one for one in known if not not_extracted(quality, one)]
    if not wanted or many < 1:
        raise NothingHeld("No figure of that theme can be asked of that system.", remedy="Import its extracts first.")
    told = quality.every_answer(wanted, window)
    missing = unknown_answers(wanted, told)
    total = sum(int(frame.filter(pl.col("answer") == NOT_KNOWN)["n"].sum()) for frame in told)
    to_fill = quality.to_fill_in(wanted, window)
    candidates = [_candidate(field, missing, n, seconds or {}) for field, n in to_fill.items()]
    steps = best_fields(missing, [c.field for c in candidates], many)
    by_name = {c.field: c for c in candidates}
    rows: list[tuple[Value, ...]] = []
    for number, (field, so_far) in enumerate(steps, start=1):
        rows.append(_case_row(by_name[field], number, so_far, total))
    chosen = {field for field, _ in steps}
    rest = sorted((c for c in candidates if c.field not in chosen), key=lambda c: (-c.alone, c.field))
    rows += [_case_row(one, None, None, total) for one in rest]
    removed = steps[-1][1] if steps else 0
    stays = total - sum(missing.values())
    notes = ["The seconds that a field takes are for the force to supply: those here are ours until it has timed them."]
    if unsent:
        notes.append(f"In no file that is held, and so to be sent before they can be judged: {', '.join(unsent)}.")
    if stays:
        notes.append(f"Stay unknown whatever is mandatory (refused, not known, or no such row): {stays:,}.")
    return _finding(
        quality, sorted({one.table for one in wanted}), kind="case", title="Fields to make mandatory",
        value=100 * removed / total if total else None, unit="%", n=total, windows=(window,), method=_CASE,
        definition=Definition(
            name="mandatory_fields", version="1", title="Answers that cannot be given",
            text="Each figure of the list of gaps, asked of each record that it is of: an answer that is not known.",
            codes=tuple(one.id for one in wanted), source="Fourfold", status="confirmed",
        ),
        verdict=None if total else "Not available: nothing that is asked is unknown.",
        parameters={
            "theme": theme or "all", "system": system, "fields": len(steps), "removed": removed,
            "hours": round(sum(by_name[f].hours for f in chosen), 1), "after": _after(wanted, told, chosen),
        },
        table=Table(
            columns=("step", "field", "alone", "so_far", "share_so_far", "to_fill_in", "seconds", "hours"), rows=tuple(rows)
        ),
        notes=tuple(notes),
        parts=tuple(gap_bounds(quality, one, window, frame) for one, frame in zip(wanted, told, strict=True)),
    )  # fmt: skip


def best_fields(missing: Mapping[frozenset[str], int], fields: Iterable[str], many: int) -> tuple[tuple[str, int], ...]:
    """The set of at most so many fields that answers most, its fields in the order of what each adds, with the sum so far.

    `missing` counts answers by the fields that each lacks: it can be given once all of them are there. Of sets that answer
    alike the smallest, then the first by name. Fields that add nothing are left out.
    """
    useful = sorted({field for lacks in missing for field in lacks} & set(fields))
    size = min(many, len(useful))
    if math.comb(len(useful), size) <= SEARCHED:
        sets: Iterable[tuple[str, ...]] = combinations(useful, size)
        best = max(sets, key=lambda one: (_answered(missing, one), [-useful.index(f) for f in one]), default=())
    else:
        best = tuple(useful)
    return _greedily(missing, best, size)


def unknown_answers(wanted: Sequence[Gap], told: Sequence[pl.DataFrame]) -> dict[frozenset[str], int]:
    """Of several gaps together: how many answers lack just these fields, of those that filling them in would answer."""
    found: dict[frozenset[str], int] = {}
    for gap, frame in zip(wanted, told, strict=True):
        for lacks, is_removable, n in frame.select("lacks", "is_removable", "n").iter_rows():
            if is_removable:
                key = frozenset(f"{gap.table}.{field}" for field in lacks.split(";"))
                found[key] = found.get(key, 0) + n
    return found


def _greedily(missing: Mapping[frozenset[str], int], fields: Sequence[str], many: int) -> tuple[tuple[str, int], ...]:
    """Fields one after another, each the one with which most can be answered; of those alike, the one that stands in most."""
    taken: list[str] = []
    steps: list[tuple[str, int]] = []
    while len(taken) < many:
        left = [field for field in fields if field not in taken]
        if not left:
            break
        field = max(left, key=lambda f: (_answered(missing, [*taken, f]), _touched(missing, f), [-ord(c) for c in f]))
        taken.append(field)
        steps.append((field, _answered(missing, taken)))
    while steps and steps[-1][1] == (steps[-2][1] if len(steps) > 1 else 0):
        steps.pop()
    return tuple(steps)


def _answered(missing: Mapping[frozenset[str], int], fields: Iterable[str]) -> int:
    held = set(fields)
    return sum(n for lacks, n in missing.items() if lacks <= held)


def _touched(missing: Mapping[frozenset[str], int], field: str) -> int:
    return sum(n for lacks, n in missing.items() if field in lacks)


def _candidate(
    field: str, missing: Mapping[frozenset[str], int], to_fill_in: int, seconds: Mapping[str, float]
) -> Candidate:
    ours = gaps.field_rule(*field.split(".")).seconds
    return Candidate(field, _answered(missing, [field]), to_fill_in, seconds.get(field, ours))


def _case_row(one: Candidate, step: int | None, so_far: int | None, total: int) -> tuple[Value, ...]:
    share = None if so_far is None or not total else so_far / total
    return (step, one.field, one.alone, so_far, share, one.to_fill_in, one.seconds, round(one.hours, 1))


def _after(wanted: Sequence[Gap], told: Sequence[pl.DataFrame], chosen: Iterable[str]) -> dict[str, int]:
    """What stays unknown of each gap once the fields chosen are filled in."""
    held = set(chosen)
    found = {}
    for gap, frame in zip(wanted, told, strict=True):
        unknown = frame.filter(pl.col("answer") == NOT_KNOWN)
        gone = _answered(unknown_answers([gap], [unknown]), held)
        found[gap.id] = int(unknown["n"].sum()) - gone
    return found


def _groups(told: pl.DataFrame) -> list[tuple[str, int]]:
    """What is recorded of a figure of groups, the commonest first."""
    held = told.drop_nulls("group").group_by("group").agg(pl.col("n").sum())
    return [(name, n) for name, n in held.sort("n", "group", descending=[True, False]).iter_rows()]


def _gap_notes(unknown: pl.DataFrame, gap: Gap) -> tuple[str, ...]:
    without = int(unknown.filter(pl.col("lacks").str.contains(NO_ROW, literal=True))["n"].sum())
    silent = int(unknown.filter(~pl.col("is_removable"))["n"].sum()) - without
    said = []
    if without:
        said.append(
            f"No such person or thing is recorded in {without:,} {gap.counted}: they are among those not known."
        )
    if silent:
        said.append(f"Refused, or answered with not known: {silent:,}; no mandatory field would tell.")
    return tuple(said)


def _share(row: Mapping[str, Any], of: str) -> tuple[int, float | None]:
    """Over how many cells a share is, and the share."""
    applies = row["rows"] - row["not_applicable"]
    good, over = row["recorded"], applies
    if of == "valid":
        good, over = row["recorded"] - row["invalid"], row["recorded"] + row["unreadable"]
    return over, good / over if over else None


def _in(counts: pl.DataFrame, window: Window) -> pl.DataFrame:
    return counts.filter(pl.col("month").is_between(window.first.replace(day=1), window.last))


def _month_limits(
    told: Sequence[tuple[Any, int, float | None]],
) -> tuple[list[tuple[float, float] | None], list[str]]:
    shares = [share for key, _, share in told if key is not None]
    if len(shares) < control_charts.FEWEST_POINTS or any(share is None for share in shares):
        return [None] * len(told), [
            f"Fewer than {control_charts.FEWEST_POINTS} months with such cells: no limits can be drawn."
        ]
    (limits,) = control_charts.xmr_limits([share for share in shares if share is not None])
    own = (max(limits.lower, 0.0), min(limits.upper, 1.0))
    return [own if key is not None else None for key, _, _ in told], []


def _owner_limits(
    told: Sequence[tuple[Any, int, float | None]],
) -> tuple[list[tuple[float, float] | None], list[str]]:
    """Of each owner: where its share would lie were it the force's, by the binomial, widened by how much owners differ."""
    held = [(n, share) for _, n, share in told if share is not None]
    if len(held) < 2:
        return [None] * len(told), ["Fewer than two owners: none can be set against the others."]
    whole = sum(n * share for n, share in held) / sum(n for n, _ in held)
    return [None if share is None else funnel(whole, n, _spread(whole, held)) for _, n, share in told], []


def funnel(share: float, n: int, spread: float = 1.0) -> tuple[float, float]:
    """Between what the share of `n` lies, 998 times in a thousand, of an owner like the whole; `spread` widens it."""
    low, high = (float(binom.ppf(q, n, share)) / n for q in ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
    root = math.sqrt(max(spread, 1.0))
    return max(share - (share - low) * root, 0.0), min(share + (high - share) * root, 1.0)


def _spread(whole: float, held: Sequence[tuple[int, float]]) -> float:
    """How many times more owners vary than chance makes them: the mean of squared distances, the outer tenths drawn in."""
    if not 0 < whole < 1:
        return 1.0
    away = np.array([(share - whole) / math.sqrt(whole * (1 - whole) / n) for n, share in held])
    drawn_in = np.clip(away, *np.quantile(away, (0.1, 0.9)))
    return float(np.mean(drawn_in**2))


def _known(of: str) -> None:
    if of not in OF:
        raise RequestInvalid(
            "Fields are judged by how complete or how valid they are.", remedy="Use complete or valid."
        )


def _words(field: str) -> str:
    return field.replace(".", ", ").replace("_", " ")


def _field_definition(quality: Quality, table: str, name: str, of: str) -> Definition:
    one = next(f for f in quality.fields_of(table) if f.into == name)
    rule = gaps.field_rule(table, name)
    says = "" if rule.is_judged else f" An empty cell says “{rule.empty_says}”, and is no gap: {rule.why.lower()}."
    return Definition(
        name=f"{table}.{name}", version="1", title=_words(f"{table}.{name}"),
        text=f"{one.rule} Share: {OF[of]}.{says}", source=rule.source, status=rule.status,
    )  # fmt: skip


def _finding(quality: Quality, tables: Sequence[str], **said: Any) -> Finding:
    records = quality.records
    used = [b for b in records.standing if b.keyed_by and set(tables) & set(b.tables)]
    lists = ["field_rules", "non_answers"]
    if set(tables) & set(TABLES_OF_REPORTS):
        lists.append("fraud")  # by it a figure is known to be of reports of fraud
    return Finding(
        area=areas.force(quality.force_id).name, as_at=records.as_at, batches=tuple(b.batch_id for b in used),
        code_version=fourfold.__version__, mappings={b.batch_id: b.mapping_version for b in used},
        code_lists={name: code_list(name).version for name in lists},
        sources=tuple(dict.fromkeys(b.source for b in used)), **said,
    )  # fmt: skip
