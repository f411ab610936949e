"""Maps: a count or rate by area, its classes stated, with the rows that have no place beside it and its table.

Drawn in metres of the National Grid from the boundaries held, as Vega-Lite and so as SVG or PNG. Classes are of equal
numbers of areas (quantiles), at most five; an area without crime is a class of its own. The darker the more, in the
sequential blues of the Government Analysis Function, and every map comes with its table: nothing is told by colour alone.

Change is drawn as small multiples: a map a window, all in the same classes, and beside them the change itself, falls in
blues and rises in oranges. A change map judges no area: which changes are more than chance, a scan tells.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from fourfold.analysis.findings import Finding, Table, Value
from fourfold.errors import RequestInvalid
from fourfold.publications.charts import Picture
from fourfold.publications.sections import Column, PrintedTable
from fourfold.publications.sentences import (
    Figure,
    Named,
    Piece,
    Sentence,
    cell_figure,
    cell_text,
    parameter_figure,
    sentence,
)
from fourfold.publications.tables import csv_text
from fourfold.records.lake import storage_faults

CLASSES = 5
_NONE, _SEQUENTIAL = "#FFFFFF", ("#DCE9F5", "#A9CBEA", "#6BACE6", "#2073BC", "#12436D")
_RISES, _FALLS = ("#FBD9C6", "#F79A6C", "#C9460F"), ("#C7DDF0", "#6BACE6", "#12436D")
_SIDE = 600
_TOLERANCE_METRES = 80
"""A picture of a force shows less than this in a pixel."""
_SCREEN_TOLERANCE_METRES, _MERCATOR_RADIUS = 15, 6_378_137.0
RATE_UNIT = "per 1,000 residents"
PRINTED_WHOLE, PRINTED = 25, 12
"""A table of up to so many areas is printed whole, a longer one so far; the workbook, or the map's own file, holds all."""
_FONT = "Arial, Liberation Sans, Helvetica, sans-serif"


@dataclass(frozen=True)
class ClassOfAreas:
    """One class of a map: the values from `low` to `high`, both included, and how many areas they are."""

    low: float
    high: float
    areas: int
    colour: str
    is_change: bool = False

    @property
    def label(self) -> str:
        """The class in words: "none", "3", "4 to 9"; of a change "fell by 2 to 8", "no change", "rose by 1"."""
        if self.low == self.high == 0:
            return "no change" if self.is_change else "none"
        least, most = sorted((abs(self.low), abs(self.high)))
        size = _number(least) if least == most else f"{_number(least)} to {_number(most)}"
        return size if not self.is_change else f"{'fell' if self.high < 0 else 'rose'} by {size}"


@dataclass(frozen=True, kw_only=True)
class AreaMap(Picture):
    """A map, its classes, and what of its rows has no place on it."""

    unplaced: str
    classes: tuple[ClassOfAreas, ...]

    def printed(self) -> PrintedTable:
        """The areas with the most, or every area where they are few."""
        assert self.finding.table is not None
        at = {str(code): row for row, code in enumerate(self.finding.table.column(self.finding.table.columns[0]))}
        ranked = sorted(self.table.rows, key=lambda row: (-_amount(row[2]), str(row[1])))
        # An area that holds no crime has no row in the breakdown: it is counted from it all the same.
        rows = tuple(
            (Named(str(name)), Figure(cell_text(n, "count"), self.finding, (at[str(code)], "count")))
            for code, name, n, *_ in ranked
            if str(code) in at
        )
        few = rows if len(rows) <= PRINTED_WHOLE else rows[:PRINTED]
        rest = len(self.table.rows) - len(few)
        return PrintedTable(
            self.caption, (Column("Area", width=3), Column("Count", True)), few,
            note=f"The {rest:,} other areas hold fewer each; the workbook lists them all." if rest else "",
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ChangeMap(Picture):
    """A map a window in the same classes, and a map of the change between the first two."""

    unplaced: str
    classes: tuple[ClassOfAreas, ...]
    change_classes: tuple[ClassOfAreas, ...]

    def printed(self) -> PrintedTable:
        """Each area with its count in each window and its change, the greatest changes first."""
        table = self.finding.table
        assert table is not None
        order = sorted(range(len(table.rows)), key=lambda at: (-abs(_amount(table.column("change")[at])), at))
        counts = [name for name in table.columns if name.startswith("count")]
        rates = [name for name in table.columns if name.startswith("rate")]
        rows: tuple[tuple[Piece, ...], ...] = tuple(
            (
                Named(str(table.column("name")[at])),
                *(cell_figure(self.finding, at, name) for name in counts),
                cell_figure(self.finding, at, "change", "change"),
                *(cell_figure(self.finding, at, name, "rate") for name in rates),
            )
            for at in order[: PRINTED_WHOLE if len(order) <= PRINTED_WHOLE else PRINTED]
        )  # fmt: skip
        labels = [window.label for window in self.finding.windows]
        heads = (
            Column("Area", width=2), *(Column(label, True, 1.4) for label in labels), Column("Change", True),
            *(Column(f"Rate, {label}", True, 1.4) for label in labels if rates),
        )  # fmt: skip
        rest = len(order) - len(rows)
        note = f"The {rest:,} other areas changed by less each; the map's own table lists them all." if rest else ""
        return PrintedTable(self.caption, heads, rows, note=note)


def area_map(
    by_area: Finding, shapes: Mapping[str, BaseGeometry], unplaced: Finding, *,
    rates: Mapping[str, float] | None = None, rate_unit: str = RATE_UNIT, title: str | None = None,
    fictitious: bool = False,
) -> AreaMap:  # fmt: skip
    """A breakdown by area as a map. With `rates`, those are drawn and the counts stand in the table beside them.

    `shapes` are the polygons of every area to be drawn, in metres of the National Grid; an area of the breakdown that has
    none is in the table and is said to be missing from the map. `unplaced` is the coverage Finding of the same window.
    """
    if by_area.table is None or by_area.table.columns[1:] != ("name", "count") or not shapes:
        raise _not_by_area()
    counts = {str(code): int(n) for code, _, n in by_area.table.rows if code is not None and isinstance(n, int)}
    names = {str(code): str(name) for code, name, _ in by_area.table.rows if code is not None}
    drawn = {code: (rates.get(code, 0.0) if rates is not None else float(counts.get(code, 0))) for code in shapes}
    classes = classes_of(list(drawn.values()))
    unit = rate_unit if rates is not None else f"{by_area.unit}"
    caption = f"{by_area.definition.title}, {unit}, by area, {by_area.area}, {by_area.windows[0].label}"
    caption += ". FICTITIOUS" if fictitious and "FICTITIOUS" not in caption else ""
    rows: list[tuple[Value, ...]] = []
    for code in sorted(set(shapes) | set(counts)):
        rate = rates.get(code) if rates is not None else None
        rows.append((code, names.get(code, code), counts.get(code, 0), rate))
    missing = sorted(set(counts) - set(shapes))
    highest = max(drawn, key=lambda code: (drawn[code], code))
    said = f"{names.get(highest, highest)} has the most, {_number(drawn[highest])} {unit}."
    panel = _panel("class", unit, classes, _size(shapes, _SIDE))
    return AreaMap(
        title=f"{title or by_area.definition.title}: most in {names.get(highest, highest)}",
        subtitle=caption,
        caption=caption,
        source="Source: " + "; ".join(by_area.sources),
        alternative=f"Map. {caption}. {said} {_told(classes)}",
        unplaced=_unplaced([unplaced], missing),
        beside=(_unplaced_sentence([unplaced], missing),),
        classes=classes,
        spec=_spec(shapes, names, {"class": _labels(drawn, classes)}, panel),
        table=Table(columns=("code", "name", "count", rate_unit), rows=tuple(rows)),
        finding=by_area,
    )


def change_map(
    changes: Finding, shapes: Mapping[str, BaseGeometry], unplaced: Sequence[Finding], *, title: str | None = None
) -> ChangeMap:
    """A measure's areas window by window as small multiples, in the same classes, with a map of the change.

    `changes` is a Finding of kind "area changes"; where it holds rates per 1,000 residents, those are drawn. `unplaced`
    are the coverage Findings of its windows, in their order.
    """
    if changes.table is None or changes.kind != "area changes" or not shapes or len(changes.windows) < 2:
        raise _not_by_area()
    table = changes.table
    codes, names = (
        [str(c) for c in table.column("area")],
        dict(zip(table.column("area"), table.column("name"), strict=True)),
    )
    measured = [name for name in table.columns if name.startswith("rate")]
    unit = RATE_UNIT if measured else changes.unit
    measured = measured or [name for name in table.columns if name.startswith("count")]
    held = [dict(zip(codes, map(_amount, table.column(name)), strict=True)) for name in measured]
    drawn = [{code: values.get(code, 0.0) for code in shapes} for values in held]
    classes = classes_of([value for values in drawn for value in values.values()])
    moved = {code: drawn[0][code] - drawn[1][code] for code in shapes}
    change_classes = change_classes_of(list(moved.values()))
    labels = [window.label for window in changes.windows]
    caption = f"{changes.definition.title}, {unit}, by area, {changes.area}, {', '.join(labels)}"
    most, least = max(moved, key=lambda c: (moved[c], c)), min(moved, key=lambda c: (moved[c], c))
    said = [f"{names.get(most, most)} rose most, by {_number(moved[most])} {unit}."] if moved[most] > 0 else []
    said += [f"{names.get(least, least)} fell most, by {_number(-moved[least])} {unit}."] if moved[least] < 0 else []
    columns = {f"window {n}": _labels(values, classes) for n, values in enumerate(drawn)}
    size = _size(shapes, _SIDE // (len(drawn) + 1))
    panels = [_panel(f"window {n}", unit, classes, size, labels[n]) for n in reversed(range(len(drawn)))]
    panels.append(_panel("change", unit, change_classes, size, "Change"))
    missing = sorted(set(codes) - set(shapes))
    return ChangeMap(
        title=f"{title or changes.definition.title}: "
        + (f"rose most in {names.get(most, most)}" if moved[most] > 0 else "rose in no area"),
        subtitle=caption, caption=caption, source="Source: " + "; ".join(changes.sources),
        alternative=f"Maps, one a window, and one of the change. {caption}. {' '.join(said)} "
        f"Classes: {'; '.join(c.label for c in classes)}. Change: {_told(change_classes)}",
        unplaced=_unplaced(unplaced, missing), beside=(_unplaced_sentence(unplaced, missing),),
        classes=classes, change_classes=change_classes,
        spec=_spec(shapes, names, {**columns, "change": _labels(moved, change_classes)}, *panels),
        table=_with_windows(changes), finding=changes,
    )  # fmt: skip


def _with_windows(changes: Finding) -> Table:
    """The table of area changes with its windows' names over its columns."""
    assert changes.table is not None
    named = {f"count {n}": window.label for n, window in enumerate(changes.windows, 1)}
    named |= {f"rate {n}": f"{RATE_UNIT}, {window.label}" for n, window in enumerate(changes.windows, 1)}
    return Table(columns=tuple(named.get(name, name) for name in changes.table.columns), rows=changes.table.rows)


def flat_shapes(shapes: Mapping[str, BaseGeometry], names: Mapping[str, str]) -> str:
    """Areas as GeoJSON for a screen that knows only degrees and Mercator's projection: the grid's metres, drawn as they are.

    The grid is flat already, so its metres about the areas' middle are laid where that projection is true, at its equator:
    shapes, north and lengths come out as the grid has them, wherever the force lies. Each feature has `code` and `name`.
    """
    codes = sorted(shapes)
    middle_e, middle_n = flat_middle(shapes)
    thinned = shapely.coverage_simplify([shapes[code] for code in codes], _SCREEN_TOLERANCE_METRES)
    features = []
    for code, shape in zip(codes, thinned, strict=True):
        laid = shapely.transform(shape, lambda at: laid_flat(at[:, 0] - middle_e, at[:, 1] - middle_n))
        told = {"code": code, "name": names.get(code, code)}
        features.append({"type": "Feature", "properties": told, "geometry": json.loads(shapely.to_geojson(laid))})
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"), ensure_ascii=False)


def flat_middle(shapes: Mapping[str, BaseGeometry]) -> tuple[float, float]:
    """The middle of some areas, in metres of the National Grid: where `flat_shapes` lays the screen's origin."""
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    return round((west + east) / 2), round((south + north) / 2)


def laid_flat(east: npt.NDArray[np.float64], north: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Metres east and north of the middle as the degrees that Mercator's projection draws there, to about a metre."""
    latitude = np.degrees(2 * np.arctan(np.exp(north / _MERCATOR_RADIUS)) - np.pi / 2)
    return np.column_stack((np.round(np.degrees(east / _MERCATOR_RADIUS), 5), np.round(latitude, 5)))


def classes_of(values: Sequence[float]) -> tuple[ClassOfAreas, ...]:
    """The classes of some areas' values: none apart, and the rest in at most five of about as many areas each.

    Equal values are never parted, so there may be fewer classes than five.
    """
    some = sorted(v for v in values if v > 0)
    found = []
    if len(some) < len(values):
        found.append(ClassOfAreas(0.0, 0.0, len(values) - len(some), _NONE))
    if not some:
        return tuple(found)
    cuts = sorted({float(np.quantile(some, (n + 1) / CLASSES, method="inverted_cdf")) for n in range(CLASSES)})
    held = [[v for v in some if (n == 0 or v > cuts[n - 1]) and v <= cut] for n, cut in enumerate(cuts)]
    held = [inside for inside in held if inside]
    # Few classes are drawn far apart, so that one is told from the next.
    steps = (
        [round(n) for n in np.linspace(1 if len(held) < 4 else 0, CLASSES - 1, len(held))] if len(held) > 1 else [-1]
    )
    colours = [_SEQUENTIAL[step] for step in steps]
    found += [ClassOfAreas(i[0], i[-1], len(i), colour) for i, colour in zip(held, colours, strict=True)]
    return tuple(found)


def change_classes_of(values: Sequence[float]) -> tuple[ClassOfAreas, ...]:
    """The classes of some areas' changes: none apart; rises and falls each in at most three, cut at the same sizes."""
    sizes = sorted(abs(v) for v in values if v)
    cuts = (
        sorted({float(np.quantile(sizes, share, method="inverted_cdf")) for share in (1 / 3, 2 / 3, 1)})
        if sizes
        else []
    )
    still = [v for v in values if not v]
    return (
        *reversed(_changed(values, -1, cuts, _FALLS)),
        *([ClassOfAreas(0.0, 0.0, len(still), _NONE, is_change=True)] if still else []),
        *_changed(values, 1, cuts, _RISES),
    )


def _changed(values: Sequence[float], sign: int, cuts: Sequence[float], colours: Sequence[str]) -> list[ClassOfAreas]:
    """The classes of the changes of one sign, the smallest first."""
    found = []
    for (above, up_to), colour in zip(pairwise((0.0, *cuts)), colours, strict=False):
        inside = [v for v in values if above < sign * v <= up_to]
        if inside:
            found.append(ClassOfAreas(min(inside), max(inside), len(inside), colour, is_change=True))
    return found


def written_map(drawn: AreaMap | ChangeMap, path: Path) -> tuple[Path, ...]:
    """Write a map as SVG or PNG by the file's ending, and its table as CSV beside it.

    Raises RequestInvalid for another ending, and StorageFailed when the files cannot be written.
    """
    if path.suffix.lower() not in (".svg", ".png"):
        raise RequestInvalid("A map is written as .svg or .png.", remedy="Give the file one of these endings.")
    picture = drawn.svg().encode() if path.suffix.lower() == ".svg" else drawn.png()
    pages = {path: picture, path.with_suffix(".csv"): csv_text(drawn.table).encode()}
    with storage_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for page, content in pages.items():
            unnamed = page.with_name(f"{page.name}.unfinished")
            unnamed.write_bytes(content)
            unnamed.replace(page)
    return tuple(pages)


def _unplaced(unplaced: Sequence[Finding], missing: Sequence[str]) -> str:
    return _unplaced_sentence(unplaced, missing).text


def _unplaced_sentence(unplaced: Sequence[Finding], missing: Sequence[str]) -> Sentence:
    """How many rows of each window are not on the map, each number bound."""
    said = sentence("")
    for number, one in enumerate(unplaced):
        words = "{without} of {rows:n} rows {when}have no place inside the force and are not on the map."
        when = sentence("of {window} ", window=one.windows[0]) if len(unplaced) > 1 else sentence("")
        told = sentence(words, without=parameter_figure(one, "without a place"), rows=one, when=when)
        said = told if not number else said + told
    if missing:
        drawn = Named(f"{len(missing)} areas" if len(missing) > 1 else "One area")
        said = said + sentence("{areas} of the table have no boundary and are not drawn.", areas=drawn)
    return said


def _told(classes: Sequence[ClassOfAreas]) -> str:
    return "; ".join(f"{c.label}: {c.areas:,} {'area' if c.areas == 1 else 'areas'}" for c in classes) + "."


def _labels(drawn: Mapping[str, float], classes: Sequence[ClassOfAreas]) -> dict[str, str]:
    """The class of each area, in words."""
    return {code: next(c.label for c in classes if c.low <= value <= c.high) for code, value in drawn.items()}


def _spec(
    shapes: Mapping[str, BaseGeometry], names: Mapping[Any, Any], told: Mapping[str, Mapping[str, str]],
    *panels: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """One panel, or several side by side, over the same shapes; `told` gives each shape's class by the panel's field."""
    features = []
    for code in sorted(shapes):
        shape = shapely.simplify(shapes[code], _TOLERANCE_METRES, preserve_topology=True)
        features.append({
            "type": "Feature", "geometry": json.loads(shapely.to_geojson(shapely.set_precision(shape, 10))),
            "properties": {"code": code, "name": names.get(code, code), **{name: of[code] for name, of in told.items()}},
        })  # fmt: skip
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "background": "white",
        "config": {"font": _FONT, "view": {"stroke": None}, "legend": {"labelFontSize": 13, "titleFontSize": 13},
                   "title": {"fontSize": 13, "anchor": "start", "fontWeight": "bold"}},
        "data": {"values": features},
    }  # fmt: skip
    if len(panels) == 1:
        return {**whole, **panels[0]}
    return {**whole, "hconcat": list(panels), "spacing": 12, "resolve": {"scale": {"color": "independent"}}}


def _size(shapes: Mapping[str, BaseGeometry], width: int) -> tuple[int, int]:
    """The width and height of a map of these shapes, without margins."""
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    return width, round(width * (north - south) / (east - west))


def _panel(
    field: str, unit: str, classes: Sequence[ClassOfAreas], size: tuple[int, int], title: str = ""
) -> dict[str, Any]:
    """One map: National Grid is flat already, so its metres are drawn as they are, north up."""
    legend: dict[str, Any] = {"symbolType": "square", "symbolStrokeColor": "#505a5f"}
    if title:
        legend |= {"orient": "bottom", "direction": "vertical", "columns": 1}
    return {
        "width": size[0], "height": size[1], **({"title": title} if title else {}),
        "projection": {"type": "identity", "reflectY": True},
        "mark": {"type": "geoshape", "stroke": "#505a5f", "strokeWidth": 0.3},
        "encoding": {"color": {
            "field": f"properties.{field}", "type": "nominal", "title": unit,
            "scale": {"domain": [c.label for c in classes], "range": [c.colour for c in classes]}, "legend": legend,
        }},
    }  # fmt: skip


def _not_by_area() -> RequestInvalid:
    return RequestInvalid(
        "A map needs a count split by area, and boundaries of those areas.",
        remedy="Split the count by a layer whose boundaries are held.",
    )


def _amount(value: Value) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
