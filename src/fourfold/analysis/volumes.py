"""Volumes: how many crimes, of what, where and when; and rates per 1,000 residents.

A count is of crimes recorded in the window, under the code held on the as-at date, less those cancelled or transferred to
another force by then. A **force** figure counts every such row of the force itself, wherever it lies, placed or not,
repeated IDs and all; the British Transport Police is counted apart, and anti-social behaviour is never within a count of
crimes. An **area** figure counts only rows placed in that area. The difference is a finding of its own (`unplaced`), since
its share moves over time.

A month for which no file is held is never counted as none: the count then has no value and says which months lack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl

import fourfold
from fourfold.analysis.findings import Definition, Finding, Grid, Interval, Method, Selection, Table, Value
from fourfold.codes import areas
from fourfold.codes.breaks import breaks_crossed
from fourfold.codes.lists import code_list
from fourfold.codes.measures import Measure
from fourfold.codes.periods import Window, financial_quarter, financial_year, month_end, months
from fourfold.codes.working_days import local_date
from fourfold.errors import CodeUnknown, NothingHeld, RequestInvalid
from fourfold.records import places, tallies
from fourfold.records.as_at import Records, stands_as_crime
from fourfold.records.engines import POLARS, Rows
from fourfold.records.lake import DATED_BY, DAYS, FORCE_COLUMN

_COUNTED = Method(
    name="count",
    text="Rows counted, or the counts of the published rows added up.",
    source="Home Office Counting Rules: a crime is counted in the period in which it is recorded.",
)
_SERIES = Method(name="monthly counts", text="Rows counted by the month in which they were recorded.")

UNDATED = "Rows of this supply without a readable date"
"""How the note begins that says how many rows stand in no window."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whose crimes: every row a force recorded, or only those placed in an area of it.

    `level` is a layer of `codes.areas` ("lsoa11", "lsoa21", "ward24", "ltla24", "csp24", ...) and `area_code` a code
    of that layer. `stream` names the supply to count from where two hold the same months.
    """

    force_id: str
    level: str | None = None
    area_code: str | None = None
    stream: str | None = None

    @property
    def title(self) -> str:
        """The area's name as printed: the force's, or the area's and the force's."""
        name = areas.force(self.force_id).name
        if self.area_code is None:
            return name
        found = areas.area(self.area_code, None)
        return f"{found.name if found else self.area_code}, as recorded by {name}"


@dataclass(frozen=True)
class Supply:
    """Where a measure's crimes are counted from: a table of the lake, and the stream that fills it."""

    table: str
    stream: str
    column: str
    months: tuple[date, ...]
    """The months held for the force, in order."""


def supply(records: Records, measure: Measure, scope: Scope, window: Window | None = None) -> Supply:
    """The one supply that can answer a measure for a force, over a window if given.

    Raises NothingHeld when none holds a month of it, and RequestInvalid when two hold the same months: they would be
    two counts of the same crimes, and the user has to say which is meant.
    """
    found = [s for s in _supplies(records, measure, scope.force_id) if scope.stream in (None, s.stream)]
    wanted = set(months(window)) if window else set()
    if window:
        whole = [s for s in found if wanted <= set(s.months)]
        found = whole or [s for s in found if wanted & set(s.months)]
    if not found:
        raise NothingHeld(
            f"No records of {areas.force(scope.force_id).name} that can answer “{measure.title}” are held"
            + (f" for {window.label}." if window else "."),
            remedy="Import them, or see `fourfold imports` for what is held as at that date.",
        )
    if len(found) > 1:
        raise RequestInvalid(
            "More than one supply holds these months: " + "; ".join(s.stream for s in found) + ".",
            remedy="Name the one to count from with --stream.",
        )
    return found[0]


def held_months(records: Records, measure: Measure, scope: Scope) -> tuple[date, ...]:
    """Every month of a force that some supply could answer a measure for, in order; none that begins after the as-at day.

    One row dated years ahead would else end every window that runs to the last month held.
    """
    found, today = _supplies(records, measure, scope.force_id), local_date(records.as_at)
    return tuple(sorted({m for s in found if scope.stream in (None, s.stream) for m in s.months if m <= today}))


def count(records: Records, measure: Measure, scope: Scope, window: Window, source: Supply | None = None) -> Finding:
    """How many crimes of a measure were recorded in a window: a Finding of kind "count", unit "crimes".

    Its value is None, with the months that lack, when part of the window is not held. Raises NothingHeld when none of
    it is, and RequestInvalid when the records are too coarse for the window (only months, only quarters). With `source`
    the count is taken from that supply, and has no value where that holds nothing of the window.
    """
    source = source or supply(records, measure, scope, window)
    _fine_enough(records, source, scope, window)
    missing = [m for m in months(window) if m not in set(source.months)]
    is_counted = measure.is_counted_over(window)
    by_batch = _totals(_selected(records, source, measure, scope, window), "batch_id")
    total = sum(n for _, n in by_batch)
    verdict = None
    if missing:
        verdict = "Not available: no records are held for " + ", ".join(f"{m:%B %Y}" for m in missing) + "."
    elif not is_counted:
        verdict = f"Not available: the codes of this measure were not all in use throughout {window.label}."
    return _finding(
        records, measure, scope, (window,), source,
        kind="count", title=measure.title, value=total if is_counted and not missing else None, unit=_unit(measure), n=total,
        verdict=verdict, method=_COUNTED,
        batches=tuple(b for b, _ in by_batch) or _speaking(records, source, scope, window),
        selection=_selection(source, measure, scope, window),
    )  # fmt: skip


def series(records: Records, measure: Measure, scope: Scope, window: Window | None = None) -> Finding:
    """Crimes of a measure month by month (or quarter by quarter where only that is held): kind "series".

    Its table has the columns `month` (the first of it, as text) and `count`, one row for each month held, zeros
    included; months that are not held have no row.
    """
    source = supply(records, measure, scope)
    held = [
        m
        for m in source.months
        if (window is None or window.first <= m <= window.last) and measure.is_counted_over(Window(m, month_end(m)))
    ]
    if not held:
        raise NothingHeld(f"No month of “{measure.title}” is held in that window.", remedy="See `fourfold imports`.")
    span = Window(held[0], month_end(held[-1]))
    counted = dict(_totals(_selected(records, source, measure, scope, span), DATED_BY[source.table]))
    starts = [m for m in held if source.table != "offence_counts" or m.month % 3 == 1]
    table = Table(columns=("month", "count"), rows=tuple((m.isoformat(), counted.get(m, 0)) for m in starts))
    return _finding(
        records, measure, scope, (span,), source,
        kind="series", title=f"{measure.title} by {'quarter' if source.table == 'offence_counts' else 'month'}",
        value=None, unit=_unit(measure), n=sum(counted.values()), method=_SERIES, table=table,
        batches=_speaking(records, source, scope, span),
        selection=_selection(source, measure, scope, span),
        parameters={"grain": "quarter" if source.table == "offence_counts" else "month"},
    )  # fmt: skip


def breakdown(records: Records, measure: Measure, scope: Scope, window: Window, by: str) -> Finding:
    """A measure's count split `by` "code" (offence, category or fraud), "month" or an area layer: kind "table".

    Reports of fraud are also split by "age" (of the victim at report, in tens as the national lists have them) and by
    "victim_type"; a last row holds those of whom it is not recorded.

    Columns: the split, its name, `count`. Split by area, only placed rows stand in areas; the last row, "not placed in
    any of these areas", makes up the force's total.
    """
    whole = count(records, measure, scope, window)
    source = supply(records, measure, scope, window)
    tally = _selected(records, source, measure, scope, window, by)
    if by == "month":
        counted = dict(_totals(tally, DATED_BY[source.table]))
        held = [m for m in months(window) if m in set(source.months)]
        body: list[tuple[Value, ...]] = [
            (m.isoformat(), f"{m:%B %Y}", counted.get(m, 0))
            for m in held
            if source.table != "offence_counts" or m.month % 3 == 1
        ]
    elif by == "code":
        body = [(code, _code_title(code), n) for code, n in sorted(_totals(tally, source.column), key=_largest)]
    elif by in ("age", "victim_type"):
        body = _by_victim(tally, source, by)
    else:
        body = _by_area(records, tally, source, by)
    return _finding(
        records, measure, scope, (window,), source,
        kind="table", title=f"{measure.title} by {by}", value=whole.value, unit=_unit(measure), n=whole.n,
        verdict=whole.verdict, method=_COUNTED, batches=whole.batches, selection=whole.selection,
        table=Table(columns=(by, "name", "count"), rows=tuple(body)), parts=(whole,),
    )  # fmt: skip


def monthly_grid(records: Records, measure: Measure, scope: Scope, layer: str) -> Finding:
    """A measure by area, code and month: kind "grid". Columns: area, code, month, count; only cells that hold any.

    Its table is a Grid. Rows with no place in an area of the layer are left out; `parameters` says how many, and which
    months are held.
    """
    source = supply(records, measure, scope)
    if source.table != "crimes":
        raise RequestInvalid("These records are counts by force: they hold no areas.", remedy="Scan police.uk records.")
    span = Window(source.months[0], month_end(source.months[-1]))
    tally = places.with_area_codes(_selected(records, source, measure, scope, span, layer), layer, records)
    counted = tally.select(pl.col(f"area:{layer}"), pl.col(source.column), pl.col("recorded_month"), "n").collect()
    grid, nowhere = _grid(counted)
    return _finding(
        records, measure, scope, (span,), source,
        kind="grid", title=f"{measure.title} by area and month", value=None, unit=_unit(measure),
        n=int(grid.counts.sum()), method=_SERIES, batches=_speaking(records, source, scope, span), table=grid,
        parameters={"layer": layer, "months": [m.isoformat() for m in source.months], "not placed": nowhere},
    )  # fmt: skip


def _grid(counted: pl.DataFrame) -> tuple[Grid, int]:
    """Counts by area, code and month (then `n`) as a Grid; and how many have no area.

    A million texts are told apart once; from then on numbers stand for them, and nothing is sorted.
    """
    columns = ("area", "code", "month", "count")
    if counted.is_empty():
        return Grid(columns=columns, keys=((), (), ()), counts=np.zeros((0, 0, 0), dtype=np.int64)), 0
    area, code, month, n = counted.iter_columns()
    (areas_held, area_at), (codes_held, code_at) = _numbered(area), _numbered(code)
    held = month.unique().sort()
    days = held.to_physical().to_numpy()
    place_of = np.zeros(days[-1] - days[0] + 1, dtype=np.int64)
    place_of[days - days[0]] = np.arange(len(days))
    shape = (len(areas_held), len(codes_held), len(held))
    at = (area_at * shape[1] + code_at) * shape[2] + place_of[month.to_physical().to_numpy() - days[0]]
    # Sums in floating point are exact up to 2^53.
    counts = np.bincount(at, n.to_numpy(), int(np.prod(shape))).astype(np.int64).reshape(shape)
    nowhere = 0
    if areas_held[:1] == (None,):
        nowhere, counts, areas_held = int(counts[0].sum()), counts[1:], areas_held[1:]
    keys = (areas_held, codes_held, tuple(m.isoformat() for m in held))
    return Grid(columns=columns, keys=keys, counts=counts), nowhere


def _numbered(column: pl.Series) -> tuple[tuple[Value, ...], npt.NDArray[np.int64]]:
    """The distinct texts of a column, in order and None first, and the place of each row's among them."""
    texts = column.unique().drop_nulls().sort()
    at = column.cast(pl.Enum(texts)).to_physical().cast(pl.Int64)
    if at.null_count() == 0:
        return tuple(texts), at.to_numpy()
    return (None, *texts), (at + 1).fill_null(0).to_numpy()


def population(records: Records, scope: Scope, on: date) -> Finding:
    """The residents of a scope at the latest mid-year held by a date: kind "population", unit "residents".

    Raises NothingHeld when no estimate covers it.
    """
    found = places.residents(records, scope.force_id, scope.level, scope.area_code, on)
    return Finding(
        kind="population", title="Residents", value=found.residents, unit="residents", n=found.residents,
        windows=(Window(found.on, found.on),), area=scope.title,
        definition=Definition(
            name="residents", version="1", title="Usual residents", status="confirmed",
            text="Mid-year estimate of usually resident people of all ages, added up over the areas of the scope.",
            source="Office for National Statistics",
        ),
        method=Method(name="sum", text="Single years of age and areas added up."),
        as_at=records.as_at, batches=found.batches, code_version=fourfold.__version__, sources=found.sources,
    )  # fmt: skip


def rates_by_area(records: Records, by_area: Finding, scope: Scope, layer: str, per: int = 1000) -> dict[str, float]:
    """Crimes per 1,000 residents of each area of a breakdown; an area whose residents are not held is left out."""
    assert by_area.table is not None
    found: dict[str, float] = {}
    for code, n in places.residents_by_area(records, scope.force_id, layer, by_area.windows[0].last).items():
        counted = next((row[2] for row in by_area.table.rows if row[0] == code), 0)
        if n and isinstance(counted, int):
            found[code] = counted * per / n
    return found


def rate(counted: Finding, residents: Finding, per: int = 1000) -> Finding:
    """Crimes per 1,000 residents over the count's window, not made annual: kind "rate".

    The interval is that of a Poisson count: what chance alone could do to a count of this size.
    """
    value = low = high = None
    if isinstance(counted.value, int) and isinstance(residents.value, int) and residents.value > 0:
        from scipy.stats import chi2

        n = counted.value
        value = n * per / residents.value
        low = float(chi2.ppf(0.025, 2 * n) / 2 if n else 0.0) * per / residents.value
        high = float(chi2.ppf(0.975, 2 * (n + 1)) / 2) * per / residents.value
    return Finding(
        kind="rate", title=f"{counted.title} per {per:,} residents", value=value, unit=f"per {per:,} residents",
        n=counted.n, windows=counted.windows, area=counted.area, definition=counted.definition,
        method=Method(
            name="rate", text=f"Count divided by mid-year residents, times {per:,}; not scaled to a year.",
            source="Interval: exact Poisson limits (Garwood 1936).",
        ),
        interval=None if low is None or high is None
        else Interval(low=low, high=high, level=0.95, meaning="what chance alone could do to a count of this size"),
        verdict=counted.verdict, parameters={"per": per}, as_at=counted.as_at,
        batches=(*counted.batches, *residents.batches), code_version=fourfold.__version__,
        code_lists=counted.code_lists, mappings=counted.mappings,
        sources=tuple(dict.fromkeys((*counted.sources, *residents.sources))), parts=(counted, residents),
    )  # fmt: skip


def unplaced(records: Records, measure: Measure, scope: Scope, window: Window) -> Finding:
    """How many of a force's rows have no place, or none inside it, by month: kind "coverage", unit "%".

    Columns of its table: month, rows, no_coordinates, outside, share_unplaced (of 1). To be printed beside every map
    and area figure, since the share moves over time and area figures move with it.
    """
    source = supply(records, measure, Scope(force_id=scope.force_id, stream=scope.stream), window)
    whole = Scope(force_id=scope.force_id, stream=scope.stream)
    if source.table != "crimes":
        raise RequestInvalid("None of these records has a place.", remedy="Count the force.")
    status, n = pl.col("place_status"), pl.col("n")
    by_month = (
        _selected(records, source, measure, whole, window)
        .group_by("recorded_month")
        .agg(
            n.sum().alias("rows"),
            n.filter(status == "no coordinates").sum().alias("no_coordinates"),
            n.filter(status.is_in(["outside the force", "outside Britain"])).sum().alias("outside"),
        )
        .sort("recorded_month")
        .collect()
    )
    total = sum(by_month["rows"].to_list())
    without = sum(by_month["no_coordinates"].to_list()) + sum(by_month["outside"].to_list())
    body = tuple(
        (month.isoformat(), n, none, outside, (none + outside) / n) for month, n, none, outside in by_month.iter_rows()
    )
    return _finding(
        records, measure, whole, (window,), source,
        kind="coverage", title="Rows without a place in the force", value=100 * without / total if total else None,
        unit="%", n=total, method=Method(name="share", text="Rows without coordinates or placed outside, of all rows."),
        table=Table(columns=("month", "rows", "no_coordinates", "outside", "share_unplaced"), rows=body),
        batches=_speaking(records, source, whole, window), parameters={"without a place": without},
        selection=_selection(source, measure, whole, window),
    )  # fmt: skip


def recorded_by_btp(records: Records, measure: Measure, scope: Scope, window: Window) -> Finding:
    """Crimes that the British Transport Police recorded within the force's files: kind "count", never in its total."""
    said = f"{measure.title} recorded by the British Transport Police"
    return _marked(records, measure, scope, window, said, {"file_force_id": (scope.force_id,), "is_btp": (True,)})


def repeated_references(records: Records, measure: Measure, scope: Scope, window: Window) -> Finding:
    """Rows whose reference stands more than once in its file: kind "count". They are in the force's total."""
    said = f"{measure.title} whose reference is repeated in its file"
    return _marked(records, measure, scope, window, said, {"force_id": (scope.force_id,), "is_repeated_id": (True,)})


def _marked(
    records: Records,
    measure: Measure,
    scope: Scope,
    window: Window,
    title: str,
    marks: Mapping[str, tuple[str | bool | None, ...]],
) -> Finding:
    """A count of the rows of crimes that carry some marks."""
    source = supply(records, measure, scope, window)
    tally = _tally(records, source, measure, scope, window)
    for column, values in marks.items():
        tally = tally.filter(pl.col(column).is_in(list(values)))
    by_batch = _totals(tally, "batch_id")
    return _finding(
        records, measure, scope, (window,), source,
        kind="count", title=title,
        value=sum(n for _, n in by_batch), unit=_unit(measure), n=sum(n for _, n in by_batch), method=_COUNTED,
        batches=tuple(b for b, _ in by_batch) or _speaking(records, source, scope, window),
        selection=Selection(
            table=source.table, dated_by="recorded_on", first=window.first, last=window.last,
            equals={**_codes_of(source, measure), **marks, "stream": (source.stream,)},
        ),
    )  # fmt: skip


def rows_behind(records: Records, selection: Selection) -> pl.LazyFrame:
    """The held rows that a count rests on: the columns batch_id, line_number and, where counts are summed, the weight."""
    stream = selection.equals.get("stream", (None,))[0]
    rows = records.table(selection.table, stream if isinstance(stream, str) else None)
    rows = rows.filter(pl.col(selection.dated_by).is_between(selection.first, selection.last))
    if selection.table == "crimes":
        rows = nw.from_native(rows).filter(stands_as_crime(records.as_at)).to_native()
    for column, values in selection.equals.items():
        if column == "stream":
            continue
        if column.startswith("area:"):
            rows = places.with_area_codes(rows, column.removeprefix("area:"), records)
        rows = rows.filter(pl.col(column).is_in([v for v in values if v is not None]))
    return rows.select("batch_id", "line_number", *([selection.weight] if selection.weight else []))


def _supplies(records: Records, measure: Measure, force_id: str) -> list[Supply]:
    found: list[Supply] = []
    if measure.basis == "offence_code" and not measure.where:
        for stream, held in records.streams("offence_counts", force_id).items():
            found.append(Supply("offence_counts", stream, "offence_code", held))
    if measure.basis == "fraud_code":
        streams = records.streams("fraud_victims", force_id).items()
        return [Supply("fraud_victims", stream, "nfib_code", held) for stream, held in streams]
    for stream, held in records.streams("crimes", force_id).items():
        is_by_category = measure.basis != "offence_code"
        if measure.basis == "all":
            is_by_category = _fills(records, stream, "category")
        column = "category" if is_by_category else "offence_code"
        needed = [name for name, _ in measure.where] + ([] if measure.basis == "all" else [column])
        if all(_fills(records, stream, name) for name in needed):
            found.append(Supply("crimes", stream, column, held))
    if measure.basis == "all" and not found:
        for stream, held in records.streams("offence_counts", force_id).items():
            found.append(Supply("offence_counts", stream, "offence_code", held))
    return found


def _fills(records: Records, stream: str, column: str) -> bool:
    """Whether a stream's latest part has any value in a column: police.uk has no offence codes, some extracts only those.

    Of a stream that is corrected by key any part will do: its latest may be a few corrections.
    """
    return records.worked_out(("fills", stream, column), lambda: _has_filled(records, stream, column))


def _has_filled(records: Records, stream: str, column: str) -> bool:
    batches = records.batches_of("crimes", stream)[::-1]
    for batch in batches if batches[0].keyed_by else batches[:1]:
        part = pl.scan_parquet(batch.folder / "crimes.parquet")
        held = column in part.collect_schema()
        if held and part.select(pl.col(column).is_not_null().any()).collect().item():
            return True
    return False


def selected_rows(records: Records, source: Supply, measure: Measure, scope: Scope, window: Window) -> pl.LazyFrame:
    """The rows of a supply that a measure, a scope and a window take in."""
    rows: pl.LazyFrame = rows_to_count(replace(records, engine=POLARS), source, measure, scope, window).to_native()
    return rows


def rows_to_count(records: Records, source: Supply, measure: Measure, scope: Scope, window: Window) -> Rows:
    """The rows of a supply that a measure, a scope and a window take in, on the records' engine."""
    dated = nw.col(DAYS[source.table])
    rows = records.rows(source.table, source.stream, months(window), scope.force_id)
    rows = rows.filter((dated >= window.first) & (dated <= window.last))
    rows = _of_measure(rows, records, source, measure).filter(nw.col("force_id") == scope.force_id)
    return rows if scope.area_code is None else _in_area(rows, records, source, scope)


def _selected(
    records: Records, source: Supply, measure: Measure, scope: Scope, window: Window, split: str = ""
) -> pl.LazyFrame:
    """The tally of what `rows_to_count` gives, with what it takes to split it by an area layer."""
    layers = {scope.level if scope.area_code else None, split} & set(areas.LAYERS)
    told_by_point = source.table == "crimes" and any(places.is_told_by_point(str(one), records) for one in layers)
    more = ("easting", "northing") if told_by_point else ()
    tally = _tally(records, source, measure, scope, window, more).filter(pl.col("force_id") == scope.force_id)
    if scope.area_code is None:
        return tally
    placed: pl.LazyFrame = _in_area(nw.from_native(tally), records, source, scope).to_native()
    return placed


def _tally(
    records: Records, source: Supply, measure: Measure, scope: Scope, window: Window, more: tuple[str, ...] = ()
) -> pl.LazyFrame:
    whole = Window(source.months[0], month_end(source.months[-1])) if source.months else window
    is_kept = not more and records.engine == POLARS and measure.basis != "all" and window.is_whole_months
    if not is_kept or window.first < whole.first or whole.last < window.last:
        return _of_months(records, source, measure, scope, window, more)
    # A measure's months are few rows: counted up once for all windows, and not from every month's file for each.
    question = ("tally", source.table, source.stream, source.column, scope.force_id, measure)
    kept = records.worked_out(question, lambda: _of_months(records, source, measure, scope, whole).collect())
    return kept.lazy().filter(pl.col(DATED_BY[source.table]).is_between(window.first, window.last))


def _of_months(
    records: Records, source: Supply, measure: Measure, scope: Scope, window: Window, more: tuple[str, ...] = ()
) -> pl.LazyFrame:
    tally = tallies.tally(records, source.table, source.stream, scope.force_id, window, more)
    found: pl.LazyFrame = _of_measure(nw.from_native(tally), records, source, measure).to_native()
    return found


def _of_measure(rows: Rows, records: Records, source: Supply, measure: Measure) -> Rows:
    """Rows, or a tally of them, that count for a measure: crimes that stand, of its codes and under its conditions."""
    if source.table == "crimes":
        rows = rows.filter(stands_as_crime(records.as_at))
    for column, values in _codes_of(source, measure).items():
        rows = rows.filter(nw.col(column).is_in(list(values)))
    return rows


def _in_area(rows: Rows, records: Records, source: Supply, scope: Scope) -> Rows:
    if source.table != "crimes" or scope.level is None or scope.area_code is None:
        raise RequestInvalid("These records hold no areas that can be counted.", remedy="Leave out --area.")
    if scope.area_code not in places.area_names(records, scope.level):
        raise CodeUnknown(
            f"No area of that code is known among {areas.LAYERS.get(scope.level, scope.level)}.",
            remedy="See that the code and its layer are right, and that the layer's boundaries or lookups are imported.",
        )
    return places.in_area(rows, scope.level, scope.area_code, records)


def _totals(tally: pl.LazyFrame, by: str) -> list[tuple[Any, int]]:
    """A tally's counts added up: (key, n), sorted by key."""
    return list(tally.group_by(by).agg(pl.col("n").sum()).sort(by).collect().iter_rows())


def _fine_enough(records: Records, source: Supply, scope: Scope, window: Window) -> None:
    """Refuse a window that cuts through a month or a quarter of which only the total is held."""
    if source.table == "offence_counts":
        quarters = {financial_quarter(financial_year(m), (m.month - 4) % 12 // 3 + 1) for m in months(window)}
        if min(q.first for q in quarters) != window.first or max(q.last for q in quarters) != window.last:
            raise RequestInvalid(
                "These records hold whole quarters only.", remedy="Ask for April to June, July to September, and so on."
            )
    elif source.table == "crimes" and not window.is_whole_months:
        held = tallies.tally(records, "crimes", source.stream, scope.force_id, window.whole_months)
        own = held.filter(pl.col(FORCE_COLUMN["crimes"]) == scope.force_id)
        if own.select((pl.col("date_precision") == "month").any()).collect().item():
            raise RequestInvalid("These records hold whole months only.", remedy="Ask for whole months.")


def _by_victim(tally: pl.LazyFrame, source: Supply, by: str) -> list[tuple[Value, ...]]:
    """Reports by who lost: bands of ten years (11 to 20, 21 to 30 ...) in order, or types; those not recorded last."""
    if source.table != "fraud_victims":
        raise RequestInvalid("Only reports of fraud can be split by victim.", remedy="Name a measure of fraud reports.")
    if by == "victim_type":
        counted = dict(_totals(tally, "victim_type"))
        body: list[tuple[Value, ...]] = [(kind, str(kind), n) for kind, n in counted.items() if kind is not None]
    else:
        counted = dict(_totals(tally.with_columns(((pl.col("age_at_report") - 1) // 10).alias("band")), "band"))
        body = [
            (f"{10 * band + 1}-{10 * band + 10}", f"{max(10 * band + 1, 0)} to {10 * band + 10}", n)
            for band, n in counted.items()
            if band is not None
        ]
    return [*body, (None, "not recorded", counted.get(None, 0))]


def _by_area(records: Records, tally: pl.LazyFrame, source: Supply, level: str) -> list[tuple[Value, ...]]:
    if source.table != "crimes":
        raise RequestInvalid("These records hold no areas that can be counted.", remedy="Split them by code.")
    if level not in areas.LAYERS:
        raise CodeUnknown(
            "There is no such way to split a count.", remedy="Use month, code, or one of: " + ", ".join(areas.LAYERS)
        )
    counted = _totals(places.with_area_codes(tally, level, records), f"area:{level}")
    names = places.area_names(records, level)
    body: list[tuple[Value, ...]] = [(code, names.get(code, code), n) for code, n in counted if code is not None]
    nowhere = sum(n for code, n in counted if code is None)
    if nowhere and not body:
        raise RequestInvalid(
            f"No boundary or lookup of that layer ({areas.LAYERS[level]}) is supplied for this force.",
            remedy="Import it, or split the count by another layer.",
        )
    return [*body, (None, "not placed in any of these areas", nowhere)]


def _speaking(records: Records, source: Supply, scope: Scope, window: Window) -> tuple[str, ...]:
    found = records.speaking(source.table, source.stream, scope.force_id, months(window))
    return tuple(b.batch_id for b in found)


def _selection(source: Supply, measure: Measure, scope: Scope, window: Window) -> Selection:
    where: dict[str, tuple[str | bool | None, ...]] = {
        **_codes_of(source, measure),
        "force_id": (scope.force_id,),
        "stream": (source.stream,),
    }
    if scope.area_code is not None:
        where[f"area:{scope.level}"] = (scope.area_code,)
    return Selection(
        table=source.table,
        equals=where,
        dated_by=DAYS[source.table],
        first=window.first,
        last=window.last,
        weight="number_of_offences" if source.table == "offence_counts" else "",
    )


def _codes_of(source: Supply, measure: Measure) -> Mapping[str, tuple[str | bool | None, ...]]:
    """The codes and the conditions of a measure, by the column that has to have them."""
    codes = {source.column: tuple(measure.codes)} if measure.codes else {}
    return {**codes, **dict(measure.where)}


def _finding(
    records: Records, measure: Measure, scope: Scope, windows: tuple[Window, ...], source: Supply, **said: Any
) -> Finding:
    """A Finding with what follows from the records, the measure and the scope filled in."""
    used = [b for b in records.batches_of(source.table, source.stream) if b.batch_id in set(said["batches"])]
    notes = [*_undated(records, source), *_crossed(windows, scope, measure), *said.pop("notes", ())]
    if scope.area_code is not None or said["title"].rpartition(" by ")[2] in areas.LAYERS:
        notes += _by_the_files_own_code(records, scope)
    return Finding(
        windows=windows,
        area=_area_title(records, scope),
        definition=measure_definition(measure),
        as_at=records.as_at,
        code_version=fourfold.__version__,
        code_lists={name: code_list(name).version for name in _lists_used(measure)},
        mappings={b.batch_id: b.mapping_version for b in used},
        sources=tuple(dict.fromkeys(b.source for b in used)),
        notes=tuple(notes),
        **said,
    )


def _area_title(records: Records, scope: Scope) -> str:
    """The scope's title, with the area's name as boundaries or lookups give it."""
    if scope.area_code is None or scope.level is None:
        return scope.title
    name = places.area_names(records, scope.level).get(scope.area_code, scope.area_code)
    return f"{name}, as recorded by {areas.force(scope.force_id).name}"


def _crossed(windows: tuple[Window, ...], scope: Scope, measure: Measure) -> list[str]:
    """The declared breaks that fall inside the windows; a series is drawn across many, and its chart marks them."""
    marks = breaks_crossed(windows, scope.force_id, measure.id)
    return [f"Crosses {mark.title} ({mark.when}): {mark.text}" for mark in marks]


def _by_the_files_own_code(records: Records, scope: Scope) -> list[str]:
    if records.boundaries is not None and records.boundaries.layers_covering(scope.force_id):
        return []
    return ["No boundary of this force's small areas is held: the LSOA code that each file gives stands for the place."]


def _undated(records: Records, source: Supply) -> Iterable[str]:
    """Rows kept without a date stand in no window: say how many."""
    if source.table != "crimes":
        return ()
    batches = records.batches_of("crimes", source.stream)
    marks = {"recorded_on", "recorded_at", "recorded_on missing", "recorded_at missing", "no readable date"}
    if not any(marks & {*b.unparsed, *b.flags} for b in batches):
        return ()
    n = records.table("crimes", source.stream).select(pl.col("recorded_on").is_null().sum()).collect().item()
    return (f"{UNDATED}, which stand in no window: {n:,}.",) if n else ()


def measure_definition(measure: Measure) -> Definition:
    """A measure as a Finding's definition."""
    return Definition(
        name=measure.id,
        version=measure.version,
        title=measure.title,
        text=" ".join(text for text in (measure.definition, measure.differs) if text),
        codes=tuple(measure.codes),
        source=measure.source,
        status=measure.status,
    )


def _lists_used(measure: Measure) -> tuple[str, ...]:
    return {"police_uk_category": ("police_uk_categories",), "fraud_code": ("fraud",)}.get(measure.basis, ("offences",))


def _unit(measure: Measure) -> str:
    if measure.basis == "all" or measure.id == "police_uk_categories":
        return "records"  # crimes and incidents together
    if measure.basis == "fraud_code":
        return "reports"  # recorded nationally: no crimes of the force
    return "incidents" if measure.id == "police_uk_anti_social_behaviour" else "crimes"


def _code_title(code: str | None) -> str:
    from fourfold.codes import fraud, offences, police_uk

    if code is None:
        return "no code"
    found = offences.offence(code) or police_uk.category(code) or fraud.fraud_code(code)
    return found.title if found else code


def _largest(item: tuple[Any, int]) -> tuple[int, str]:
    return (-item[1], str(item[0]))
