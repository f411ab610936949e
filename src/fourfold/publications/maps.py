"""Maps: a count or rate by area, its classes stated, with the rows that have no place beside it and its table.

Drawn in metres of the National Grid from the boundaries held, as Vega-Lite and so as SVG or PNG. Classes are of equal
numbers of areas (quantiles), at most five; an area without crime is a class of its own. The darker the more, in the
sequential blues of the Government Analysis Function, and every map comes with its table: nothing is told by colour alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from fourfold.analysis.findings import Finding, Table, Value
from fourfold.errors import RequestInvalid
from fourfold.publications.charts import Picture
from fourfold.publications.tables import csv_text
from fourfold.records.lake import storage_faults

CLASSES = 5
_NONE, _SEQUENTIAL = "#FFFFFF", ("#DCE9F5", "#A9CBEA", "#6BACE6", "#2073BC", "#12436D")
_SIDE = 560
_TOLERANCE_METRES = 40
_FONT = "Arial, Liberation Sans, Helvetica, sans-serif"


@dataclass(frozen=True)
class ClassOfAreas:
    """One class of a map: the values from `low` to `high`, both included, and how many areas they are."""

    low: float
    high: float
    areas: int
    colour: str

    @property
    def label(self) -> str:
        """The class in words: "none", "3", "4 to 9"."""
        if self.low == self.high:
            return "none" if self.low == 0 else _number(self.low)
        return f"{_number(self.low)} to {_number(self.high)}"


@dataclass(frozen=True, kw_only=True)
class AreaMap(Picture):
    """A map, its classes, and what of its rows has no place on it."""

    unplaced: str
    classes: tuple[ClassOfAreas, ...]


def area_map(
    by_area: Finding, shapes: Mapping[str, BaseGeometry], unplaced: Finding, *,
    rates: Mapping[str, float] | None = None, rate_unit: str = "per 1,000 residents", fictitious: bool = False,
) -> AreaMap:  # fmt: skip
    """A breakdown by area as a map. With `rates`, those are drawn and the counts stand in the table beside them.

    `shapes` are the polygons of every area to be drawn, in metres of the National Grid; an area of the breakdown that has
    none is in the table and is said to be missing from the map. `unplaced` is the coverage Finding of the same window.
    """
    if by_area.table is None or by_area.table.columns[1:] != ("name", "count") or not shapes:
        raise RequestInvalid(
            "A map needs a count split by area, and boundaries of those areas.",
            remedy="Split the count by a layer whose boundaries are held.",
        )
    counts = {str(code): int(n) for code, _, n in by_area.table.rows if code is not None and isinstance(n, int)}
    names = {str(code): str(name) for code, name, _ in by_area.table.rows if code is not None}
    drawn = {code: (rates.get(code, 0.0) if rates is not None else float(counts.get(code, 0))) for code in shapes}
    classes = classes_of(list(drawn.values()))
    unit = rate_unit if rates is not None else f"{by_area.unit}"
    window = by_area.windows[0].label
    subtitle = f"{by_area.definition.title}, {unit}, by area, {by_area.area}, {window}"
    subtitle += ". FICTITIOUS" if fictitious else ""
    rows: list[tuple[Value, ...]] = []
    for code in sorted(set(shapes) | set(counts)):
        rate = rates.get(code) if rates is not None else None
        rows.append((code, names.get(code, code), counts.get(code, 0), rate))
    missing = sorted(set(counts) - set(shapes))
    highest = max(drawn, key=lambda code: (drawn[code], code))
    said = f"{names.get(highest, highest)} has the most, {_number(drawn[highest])} {unit}."
    return AreaMap(
        title=f"{by_area.definition.title}: most in {names.get(highest, highest)}",
        subtitle=subtitle,
        source="Source: " + "; ".join(by_area.sources),
        alternative=f"Map. {subtitle}. {said} " + "; ".join(f"{c.label}: {c.areas:,} areas" for c in classes) + ".",
        unplaced=_unplaced(unplaced, missing),
        classes=classes,
        spec=_spec(drawn, names, shapes, classes, unit),
        table=Table(columns=("code", "name", "count", rate_unit), rows=tuple(rows)),
        finding=by_area,
    )


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
    colours = _SEQUENTIAL[-len(held) :]
    found += [ClassOfAreas(i[0], i[-1], len(i), colour) for i, colour in zip(held, colours, strict=True)]
    return tuple(found)


def written_map(drawn: AreaMap, path: Path) -> tuple[Path, ...]:
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


def _unplaced(unplaced: Finding, missing: Sequence[str]) -> str:
    n = unplaced.parameters.get("without a place", 0)
    said = f"{n:,} of {unplaced.n:,} rows have no place inside the force and are not on the map."
    if missing:
        said += f" {len(missing)} areas of the table have no boundary and are not drawn."
    return said


def _spec(
    drawn: Mapping[str, float], names: Mapping[str, str], shapes: Mapping[str, BaseGeometry],
    classes: Sequence[ClassOfAreas], unit: str,
) -> dict[str, Any]:  # fmt: skip
    features = []
    for code in sorted(shapes):
        shape = shapely.simplify(shapes[code], _TOLERANCE_METRES, preserve_topology=True)
        label = next(c.label for c in classes if c.low <= drawn[code] <= c.high)
        features.append({"type": "Feature", "geometry": json.loads(shapely.to_geojson(shapely.set_precision(shape, 1))),
                         "properties": {"code": code, "name": names.get(code, code), "class": label}})  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": _SIDE, "height": _SIDE, "background": "white",
        "config": {"font": _FONT, "view": {"stroke": None}, "legend": {"labelFontSize": 13, "titleFontSize": 13}},
        "data": {"values": features},
        # National Grid is flat already: its metres are drawn as they are, north up.
        "projection": {"type": "identity", "reflectY": True},
        "mark": {"type": "geoshape", "stroke": "#505a5f", "strokeWidth": 0.3},
        "encoding": {"color": {
            "field": "properties.class", "type": "nominal", "title": unit,
            "scale": {"domain": [c.label for c in classes], "range": [c.colour for c in classes]},
            "legend": {"symbolType": "square", "symbolStrokeColor": "#505a5f"},
        }},
    }  # fmt: skip


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
