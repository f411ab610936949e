"""Disclosure: Findings made fit to publish, with small numbers protected in every part of them.

All that is published together is protected together: `suppression` decides over every count in every Finding, its table,
its parts and its `n` as one set of equations, and each Finding is then written anew with only what may be shown. What may
not is None where a value stands, "[c]" in a table, and gone from intervals, parameters, parts and provenance: nothing that
was withheld can be had from the JSON, nor from an identity, which is that of the protected content.

- A count is withheld when it is small, or when a small one could be worked out with it. None (0) is shown.
- A percentage or share is shown when both its counts are, on no fewer than the rule's base. A rate, when its count is.
- How a change is judged, its interval and its parameters, are shown only when every month that they rest on is: they are
  functions of all the months, and can be turned round.
- An expectation, a function of all its months too, is shown where every month is. A concentration is shown without its
  areas, on no fewer than the base.
- A kind of Finding that is not known here (a scan of small areas, a control chart) is withheld whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from fourfold.analysis.findings import Finding, Selection, Table, Value
from fourfold.analysis.suppression import Cell, Mark, Region, Suppression, suppression
from fourfold.analysis.volumes import UNDATED
from fourfold.codes.periods import month_end
from fourfold.codes.small_numbers import SmallNumberRule
from fourfold.errors import RequestInvalid

CONFIDENTIAL = "[c]"
"""What stands in a table for a count that is withheld: the Analysis Function's shorthand for confidential."""

WITHHELD = "Not available: withheld, since it is small, or a small number could be worked out with it."
_NOT_JUDGED = "cannot judge: some of the months that it would be judged by are withheld"
_NOT_COVERED = "Not available: withheld, since figures of this kind are not published."

_WINDOW, _WHOLE_SERIES, _ROW = 4.0, 2.0, 1.0
"""What a figure costs to withhold, in rows of a table: the count of a window is read by more than a month is."""

_UNITS = ("whole months", "days")
_NOWHERE = ("no coordinates", "outside the force", "outside Britain")
_RENAMED = {"offence_code": "code", "category": "code"}


@dataclass(frozen=True)
class Told:
    """A count that a publication gave or withheld, kept for the next: what was given cannot be taken back."""

    region: Region
    count: int
    is_withheld: bool

    def as_dict(self) -> dict[str, Any]:
        """The count as plain data. It holds withheld counts: never part of a publication."""
        return {
            "table": self.region.table, "first": self.region.first.isoformat(), "last": self.region.last.isoformat(),
            "marks": [[name, list(values)] for name, values in self.region.marks],
            "count": self.count, "withheld": self.is_withheld,
        }  # fmt: skip


def told_from_dict(plain: Mapping[str, Any]) -> Told:
    """What `Told.as_dict` wrote."""
    marks = tuple((str(name), tuple(values)) for name, values in plain["marks"])
    days = date.fromisoformat(plain["first"]), date.fromisoformat(plain["last"])
    return Told(Region(plain["table"], *days, marks), int(plain["count"]), bool(plain["withheld"]))


@dataclass(frozen=True)
class Protection:
    """Findings as they may be published. `told` is for the force's own record, and never for a reader."""

    rule: SmallNumberRule
    findings: Mapping[str, Finding]
    """The protected Finding of each Finding given (and each that it was made from), by the identity it had."""
    suppression: Suppression
    told: tuple[Told, ...]

    def of(self, finding: Finding) -> Finding:
        """A Finding as it may be published."""
        return self.findings[finding.id]


def protected(
    findings: Iterable[Finding],
    rule: SmallNumberRule,
    *,
    earlier: Iterable[Told] = (),
    made_up_of: Mapping[str, Sequence[str]] | None = None,
    complementary: bool = True,
) -> Protection:
    """Everything that is published together, protected together.

    `earlier` are the counts that earlier publications gave or withheld. `made_up_of` names for the code of an area the
    codes of the smaller areas that make it up, where figures for both are published. Raises RequestInvalid where two
    layers of areas are published and it does not say how they hang together.
    """
    every = {found.id: found for top in findings for found in published(top)}
    areas = _Areas.of(every.values(), made_up_of or {})
    cells = [replace(c, region=areas.common(c.region)) for f in every.values() for c in _cells(f)]
    areas = areas.with_twins({c.region: c.count for c in cells})
    cells = [replace(c, region=areas.common(c.region)) for c in cells]
    before = [
        Cell(areas.common(t.region), t.count, earlier="withheld" if t.is_withheld else "published") for t in earlier
    ]
    decided = suppression([*cells, *before], rule, complementary=complementary)
    public = _Public(rule, decided, areas, tuple(every.values()))
    told = {c.region: Told(c.region, c.count, c.region in decided.withheld) for c in cells}
    return Protection(rule, {name: public.finding(f) for name, f in every.items()}, decided, tuple(told.values()))


# Where each number of a Finding is counted from


def _cells(finding: Finding) -> Iterator[Cell]:
    """Every count that a Finding holds itself: its value, its n and its table. Its parts are Findings of their own."""
    reader = _READERS.get(finding.kind)
    if reader is not None:
        yield from reader(finding)


def _of_count(found: Finding) -> Iterator[Cell]:
    if found.selection is not None and isinstance(found.value, int):
        yield Cell(region_of(found.selection), found.value, _WINDOW)


def _of_series(found: Finding) -> Iterator[Cell]:
    if found.selection is None or found.table is None or found.n is None:
        return
    whole = region_of(found.selection)
    yield Cell(whole, found.n, _WHOLE_SERIES)
    for row in found.table.rows:
        yield Cell(_month(whole, row[0]), _count(row[1]), _ROW)


def _of_table(found: Finding) -> Iterator[Cell]:
    if found.selection is None or found.table is None or not isinstance(found.value, int):
        return
    whole = region_of(found.selection)
    yield Cell(whole, found.value, _WINDOW)
    for row in found.table.rows:
        yield Cell(_row_region(whole, found.table.columns[0], row[0]), _count(row[2]), _ROW)


def _of_coverage(found: Finding) -> Iterator[Cell]:
    if found.selection is None or found.table is None or found.n is None:
        return
    whole = region_of(found.selection)
    yield Cell(whole, found.n, _WINDOW)
    yield Cell(whole.within(place_status=_NOWHERE), _count(found.parameters["without a place"]), _WHOLE_SERIES)
    for month, n, none, outside, _ in found.table.rows:
        here = _month(whole, month)
        yield Cell(here, _count(n), _ROW)
        yield Cell(here.within(place_status=_NOWHERE[:1]), _count(none), _ROW)
        yield Cell(here.within(place_status=_NOWHERE[1:]), _count(outside), _ROW)


def _of_concentration(found: Finding) -> Iterator[Cell]:
    by_area = found.parts[0] if found.parts else None
    if by_area is None or by_area.selection is None or by_area.table is None or by_area.n is None:
        return
    whole = region_of(by_area.selection)
    yield Cell(whole, by_area.n, _WINDOW)
    nowhere = _row_region(whole, by_area.table.columns[0], None)
    yield Cell(nowhere, by_area.n - found.records, _WHOLE_SERIES)


def _of_outcome_rate(found: Finding) -> Iterator[Cell]:
    recorded = _recorded(found)
    if recorded is None or found.value is None:
        return
    yield Cell(recorded, _count(found.n), _WINDOW)
    yield Cell(_positive(found, recorded), _count(found.parameters["positive"]), _WINDOW)
    if "not matched" in found.parameters:
        yield Cell(_unmatched(found, recorded), _count(found.parameters["not matched"]), _ROW)


def _of_cohorts(found: Finding) -> Iterator[Cell]:
    recorded = _recorded(found)
    if recorded is None or found.table is None:
        return
    yield Cell(recorded, _count(found.n), _WINDOW)
    for month, n, *by_age in found.table.rows:
        here = _month(recorded, month)
        if n is not None:
            yield Cell(here, _count(n), _ROW)
        for age, positive in zip(_ages(found), by_age[::2], strict=True):
            if positive is not None:
                yield Cell(_at_ages(found, here, range(int(age) + 1)), _count(positive), _ROW)


def _of_time_to_outcome(found: Finding) -> Iterator[Cell]:
    recorded = _recorded(found)
    if recorded is None or found.table is None:
        return
    yield Cell(recorded, _count(found.n), _WINDOW)
    so_far = 0
    for age, positive, _ in found.table.rows:
        so_far += _count(positive)
        yield Cell(_at_ages(found, recorded, (_count(age),)), _count(positive), _ROW)
        yield Cell(_at_ages(found, recorded, range(_count(age) + 1)), so_far, _ROW)


_READERS = {
    "count": _of_count, "series": _of_series, "table": _of_table, "coverage": _of_coverage,
    "concentration": _of_concentration,
    "outcome rate": _of_outcome_rate, "cohorts": _of_cohorts, "time to outcome": _of_time_to_outcome,
}  # fmt: skip


def is_withheld_whole(shown: Finding) -> bool:
    """Whether nothing of a Finding is shown: its kind is not published, or it would give away what it was made from."""
    return (
        shown.value is None and shown.n is None and shown.table is None and shown.selection is None and not shown.parts
    )


def published(top: Finding) -> Iterator[Finding]:
    """A Finding and those of its parts that are published with it: not the parts of a kind that is withheld, nor the small
    areas behind a concentration."""
    yield top
    if top.kind in _WRITERS and top.kind != "concentration":
        for part in top.parts:
            yield from published(part)


def region_of(selection: Selection) -> Region:
    """The rows that a selection takes in. Codes and categories are one mark; a force's own rows are never the BTP's."""
    marks: dict[str, tuple[Mark, ...]] = {}
    for column, values in selection.equals.items():
        if column in ("force_id", "file_force_id"):
            marks["force"] = tuple(values)
        elif column != "stream":
            marks[_RENAMED.get(column, column)] = tuple(values)
    marks.setdefault("is_btp", (False,))
    stream = str(selection.equals.get("stream", ("",))[0])
    table = f"{selection.table} of {stream}"
    return Region(table, selection.first, selection.last, tuple(sorted(marks.items())))


def _month(whole: Region, text: Value) -> Region:
    """The month (of a table that holds quarters, the quarter) of a region that begins on a day given as text."""
    first = date.fromisoformat(str(text))
    last = first.replace(month=first.month + 2) if whole.table.startswith("offence_counts") else first
    return whole.over(first, month_end(last))


def _row_region(whole: Region, split: str, value: Value) -> Region:
    if split == "month":
        return _month(whole, value)
    if split == "code":
        return whole.within(code=(str(value),))
    return whole.within(**{f"area:{split}": (None if value is None else str(value),)})


def _recorded(found: Finding) -> Region | None:
    selection = found.parts[0].selection if found.parts else None
    return None if selection is None or found.n is None else region_of(selection)


def _positive(found: Finding, recorded: Region) -> Region:
    if found.parameters["basis"] == "cohort":
        age = next(found.parameters[unit] for unit in _UNITS if unit in found.parameters)
        return _at_ages(found, recorded, range(int(age) + 1))
    return Region(f"outcomes of {recorded.table}", recorded.first, recorded.last, recorded.marks).within(
        outcome=_outcomes(found)
    )


def _unmatched(found: Finding, recorded: Region) -> Region:
    outcomes = Region(f"unmatched outcomes of {recorded.table}", recorded.first, recorded.last)
    return outcomes.within(outcome=_outcomes(found))


def _ages(found: Finding) -> Sequence[int]:
    """The ages at which cohorts are read."""
    ages: Sequence[int] = next(
        found.parameters[f"ages in {unit}"] for unit in _UNITS if f"ages in {unit}" in found.parameters
    )
    return ages


def _at_ages(found: Finding, recorded: Region, ages: Iterable[int]) -> Region:
    """The crimes of a cohort that first had a positive outcome at these ages, all in days or all in whole months."""
    return recorded.within(outcome=_outcomes(found), age=tuple(ages))


def _outcomes(found: Finding) -> tuple[str, ...]:
    """Positive outcomes, with those of offences taken into consideration or without, of a named measure."""
    measure = found.definition.name.rpartition(" / ")[2]
    return (f"{measure}", f"{measure}, TIC") if found.parameters["with TIC"] else (f"{measure}",)


def _count(value: Any) -> int:
    assert isinstance(value, int)
    return value


@dataclass(frozen=True)
class _Areas:
    """How the areas of several layers hang together, so that a large area is known for the sum of its small ones."""

    layers: tuple[str, ...]
    leaves: Mapping[str, tuple[str, ...]]
    twins: Mapping[Region, Region] = field(default_factory=dict)

    @staticmethod
    def of(findings: Iterable[Finding], made_up_of: Mapping[str, Sequence[str]]) -> _Areas:
        marks = [mark for f in findings for c in _cells(f) for mark in c.region.marks if mark[0].startswith("area:")]
        # That a row is in no area of a layer says the same of every layer: only areas themselves lie within each other.
        layers = tuple(sorted({name for name, values in marks if values != (None,)}))
        if len(layers) > 1 and not made_up_of:
            raise RequestInvalid(
                "Figures for two layers of areas cannot be protected together without knowing which lie within which.",
                remedy="Publish one layer, or give the smaller areas that make up each larger one.",
            )

        def leaves(code: str) -> tuple[str, ...]:
            return tuple(leaf for part in made_up_of[code] for leaf in leaves(part)) if code in made_up_of else (code,)

        codes = {str(value) for _, values in marks for value in values if value is not None}
        return _Areas(layers, {code: leaves(code) for code in codes})

    def common(self, region: Region) -> Region:
        """A region with its areas given by the smallest, under one mark for all layers. No place is one value in all."""
        marks: dict[str, tuple[Mark, ...]] = {}
        for name, values in region.marks:
            if name.startswith("area:"):
                leaves = [
                    leaf for v in values for leaf in ((None,) if v is None else self.leaves.get(str(v), (str(v),)))
                ]
                marks["area"] = tuple(leaves)
            else:
                marks[name] = values
        found = Region(region.table, region.first, region.last, tuple(sorted(marks.items())))
        return self.twins.get(found, found)

    def with_twins(self, counts: Mapping[Region, int]) -> _Areas:
        """The rows that are in no area known for the rows that have no place, where they are as many."""
        twins = {}
        for region, n in counts.items():
            marks = dict(region.marks)
            if marks.pop("area", ()) == (None,):
                twin = Region(region.table, region.first, region.last, tuple(sorted(marks.items())))
                twin = twin.within(place_status=_NOWHERE)
                if counts.get(twin) == n:
                    twins[region] = twin
        return replace(self, twins=twins)


# What may be shown of a Finding


class _Public:
    """Findings written anew with only what may be shown."""

    def __init__(
        self, rule: SmallNumberRule, decided: Suppression, areas: _Areas, findings: tuple[Finding, ...]
    ) -> None:
        self.rule, self.areas, self.withheld = rule, areas, decided.withheld
        self.said = f"{rule.id} {rule.version}: {rule.in_words}"
        self.given = {f.id for f in findings}
        self.mappings = {batch: version for f in findings for batch, version in f.mappings.items()}
        self.batches: dict[Any, dict[str, None]] = {}
        for f in findings:
            self.batches.setdefault(f.windows, {}).update(dict.fromkeys(f.batches))

    def finding(self, found: Finding) -> Finding:
        """A Finding as it may be shown."""
        writer = _WRITERS.get(found.kind)
        if writer is None or (found.kind in _READERS and found.value is not None and not list(_cells(found))):
            return self._whole(found)
        return writer(self, self._common(found), found)

    def _common(self, found: Finding) -> Finding:
        # The files that had a row of the count would tell which months had one: every file of the window is named.
        batches = tuple(self.batches[found.windows])
        return replace(
            found, batches=batches, mappings={b: self.mappings[b] for b in batches if b in self.mappings},
            notes=tuple(note for note in found.notes if not note.startswith(UNDATED)), disclosure=self.said,
            parts=tuple(self.finding(part) for part in found.parts if part.id in self.given),
        )  # fmt: skip

    def _whole(self, found: Finding) -> Finding:
        return replace(
            self._common(found), value=None, n=None, interval=None, table=None, parameters={}, parts=(), notes=(),
            selection=None, seed=None, verdict=_NOT_COVERED,
        )  # fmt: skip

    def shown(self, region: Region, count: Any) -> int | None:
        """A count as it may be shown: itself, rounded, or None."""
        return None if self.areas.common(region) in self.withheld else self.rule.rounded(_count(count))

    def cell(self, region: Region, count: Any) -> Value:
        """A count as it may stand in a table."""
        shown = self.shown(region, count)
        return CONFIDENTIAL if shown is None else shown

    def share(self, part: int | None, whole: int | None, per: int = 1) -> float | None:
        """A share of two counts as shown, or None where either is withheld or the whole is too small a base."""
        if part is None or whole is None or whole < max(1, self.rule.percentage_base):
            return None
        return per * part / whole

    def count(self, bare: Finding, found: Finding) -> Finding:
        if found.selection is None or found.value is None:
            return replace(bare, value=None, n=None)
        shown = self.shown(region_of(found.selection), found.value)
        if shown is None:
            return replace(bare, value=None, n=None, verdict=WITHHELD, selection=None)
        return replace(bare, value=shown, n=shown)

    def series(self, bare: Finding, found: Finding) -> Finding:
        if found.selection is None or found.table is None:
            return self._whole(found)
        whole = region_of(found.selection)
        rows = tuple((month, self.cell(_month(whole, month), n)) for month, n in found.table.rows)
        return replace(bare, n=self.shown(whole, found.n), table=replace(found.table, rows=rows))

    def table(self, bare: Finding, found: Finding) -> Finding:
        if found.selection is None or found.table is None or found.value is None:
            return self._whole(found)
        whole = region_of(found.selection)
        split = found.table.columns[0]
        rows = tuple((key, name, self.cell(_row_region(whole, split, key), n)) for key, name, n in found.table.rows)
        shown = self.shown(whole, found.value)
        verdict = WITHHELD if shown is None else found.verdict
        return replace(bare, value=shown, n=shown, verdict=verdict, table=replace(found.table, rows=rows))

    def coverage(self, bare: Finding, found: Finding) -> Finding:
        if found.selection is None or found.table is None:
            return self._whole(found)
        whole = region_of(found.selection)
        rows: list[tuple[Value, ...]] = []
        for month, n, none, outside, _ in found.table.rows:
            here = _month(whole, month)
            all_rows, no_place = self.shown(here, n), self.shown(here.within(place_status=_NOWHERE[:1]), none)
            beyond = self.shown(here.within(place_status=_NOWHERE[1:]), outside)
            share = None if no_place is None or beyond is None else self.share(no_place + beyond, all_rows)
            told = [CONFIDENTIAL if v is None else v for v in (all_rows, no_place, beyond, share)]
            rows.append((month, *told))
        total = self.shown(whole, found.n)
        without = self.shown(whole.within(place_status=_NOWHERE), found.parameters["without a place"])
        value = None if found.value is None else self.share(without, total, 100)
        verdict = WITHHELD if value is None and found.value is not None else found.verdict
        parameters = {**found.parameters, "without a place": without}
        table = replace(found.table, rows=tuple(rows))
        return replace(bare, value=value, n=total, verdict=verdict, parameters=parameters, table=table)

    def change(self, bare: Finding, found: Finding) -> Finding:
        after, before, history = bare.parts
        if not isinstance(after.value, int) or not isinstance(before.value, int):
            whole = found.parts[0].value is None or found.parts[1].value is None
            said = found.verdict if whole else _NOT_JUDGED
            return replace(bare, value=None, n=None, interval=None, parameters={}, verdict=said)
        rests_on_all = (
            not self.rule.is_rounding
            and history.table is not None
            and CONFIDENTIAL not in history.table.column("count")
        )
        value = self.share(after.value - before.value, before.value, 100)
        n = after.value + before.value
        if not rests_on_all:
            return replace(bare, value=value, n=n, interval=None, parameters={}, verdict=_NOT_JUDGED)
        return replace(bare, value=value, n=n, interval=found.interval if value is not None else None)

    def area_changes(self, bare: Finding, found: Finding) -> Finding:
        """Areas window by window, as the breakdowns that it was made from show them."""
        if found.table is None or not bare.parts or any(part.table is None for part in bare.parts):
            return self._whole(found)
        shown = [{row[0]: row[2] for row in part.table.rows} for part in bare.parts if part.table is not None]
        columns = found.table.columns[: 3 + len(shown)]
        rows = []
        for code, name, *_ in found.table.rows:
            counts = [held.get(code, 0) for held in shown]
            one, other = (*counts, None)[:2]
            change = one - other if isinstance(one, int) and isinstance(other, int) else CONFIDENTIAL
            rows.append((code, name, *counts, change if len(counts) > 1 else None))
        whole = [part.n for part in bare.parts]
        n = None if None in whole else sum(v for v in whole if v is not None)
        nowhere = [held.get(None, 0) for held in shown]
        parameters = {**found.parameters, "not placed": nowhere}
        value = bare.parts[0].value
        return replace(
            bare, value=value, n=n, verdict=WITHHELD if value is None else found.verdict, parameters=parameters,
            table=Table(columns=columns, rows=tuple(rows)),
        )  # fmt: skip

    def expectation(self, bare: Finding, found: Finding) -> Finding:
        """A function of every month of its series: shown where all of them are, and otherwise not at all."""
        series = bare.parts[0].table
        if self.rule.is_rounding or series is None or CONFIDENTIAL in series.column("count"):
            return replace(self._whole(found), verdict=_NOT_JUDGED)
        return replace(bare, n=bare.parts[0].n)

    def concentration(self, bare: Finding, found: Finding) -> Finding:
        """In how few places crime stood, where it is much; without the places."""
        cells = list(_of_concentration(found))
        shown = [self.shown(cell.region, cell.count) for cell in cells]
        # How many places hold half of few crimes tells how many crimes there were: so the rest must be shown too.
        if not shown or None in shown or self.rule.is_rounding or found.records < self.rule.percentage_base:
            return self._whole(found)
        return replace(bare, parts=(), notes=())

    def rate(self, bare: Finding, found: Finding) -> Finding:
        counted = bare.parts[0]
        if counted.value is None:
            verdict = counted.verdict or WITHHELD
            return replace(bare, value=None, n=None, interval=None, verdict=verdict)
        if not self.rule.is_rounding:
            return replace(bare, n=counted.n)
        residents = bare.parts[1].value
        assert isinstance(counted.value, int)
        assert isinstance(residents, int)
        value = found.parameters["per"] * counted.value / residents if residents else None
        return replace(bare, value=value, n=counted.n, interval=None)

    def population(self, bare: Finding, found: Finding) -> Finding:  # noqa: ARG002 - every writer is given both
        return bare

    def outcome_rate(self, bare: Finding, found: Finding) -> Finding:
        recorded = _recorded(found)
        if recorded is None or found.value is None:
            kept = {k: v for k, v in found.parameters.items() if k not in ("positive", "not matched")}
            return replace(bare, value=None, n=None, interval=None, parameters=kept)
        n = self.shown(recorded, found.n)
        parameters = {
            **found.parameters,
            "positive": self.shown(_positive(found, recorded), found.parameters["positive"]),
        }
        if "not matched" in parameters:
            parameters["not matched"] = self.shown(_unmatched(found, recorded), found.parameters["not matched"])
        value = self.share(parameters["positive"], n, 100)
        interval = None if value is None or self.rule.is_rounding else found.interval
        verdict = WITHHELD if value is None else found.verdict
        return replace(bare, value=value, n=n, interval=interval, verdict=verdict, parameters=parameters)

    def cohorts(self, bare: Finding, found: Finding) -> Finding:
        recorded = _recorded(found)
        if recorded is None or found.table is None:
            return self._whole(found)
        rows: list[tuple[Value, ...]] = []
        for month, n, *by_age in found.table.rows:
            here = _month(recorded, month)
            all_recorded = None if n is None else self.shown(here, n)
            row: list[Value] = [month, CONFIDENTIAL if all_recorded is None and n is not None else all_recorded]
            for age, positive in zip(_ages(found), by_age[::2], strict=True):
                if positive is None:
                    row += [None, None]
                    continue
                shown = self.shown(_at_ages(found, here, range(int(age) + 1)), positive)
                row += [CONFIDENTIAL if v is None else v for v in (shown, self.share(shown, all_recorded))]
            rows.append(tuple(row))
        return replace(bare, n=self.shown(recorded, found.n), table=replace(found.table, rows=tuple(rows)))

    def time_to_outcome(self, bare: Finding, found: Finding) -> Finding:
        recorded = _recorded(found)
        if recorded is None or found.table is None:
            return self._whole(found)
        n = self.shown(recorded, found.n)
        rows: list[tuple[Value, ...]] = []
        so_far, cumulative = 0, None
        for age, positive, _ in found.table.rows:
            so_far += _count(positive)
            at = self.cell(_at_ages(found, recorded, (_count(age),)), positive)
            cumulative = self.shown(_at_ages(found, recorded, range(_count(age) + 1)), so_far)
            share = self.share(cumulative, n)
            rows.append((age, at, CONFIDENTIAL if share is None else share))
        is_whole = not self.rule.is_rounding and CONFIDENTIAL not in [at for _, at, _ in rows]
        verdict = found.verdict if is_whole or found.value is None else WITHHELD
        parameters = {**found.parameters, "positive": cumulative}
        return replace(
            bare, value=found.value if is_whole else None, n=n, verdict=verdict, parameters=parameters,
            table=replace(found.table, rows=tuple(rows)),
        )  # fmt: skip


_WRITERS = {
    "count": _Public.count, "series": _Public.series, "table": _Public.table, "coverage": _Public.coverage,
    "change": _Public.change, "rate": _Public.rate, "population": _Public.population,
    "outcome rate": _Public.outcome_rate, "cohorts": _Public.cohorts, "time to outcome": _Public.time_to_outcome,
    "area changes": _Public.area_changes, "expectation": _Public.expectation, "concentration": _Public.concentration,
}  # fmt: skip
