"""The map: a measure by council or small area, drawn from the boundaries held, with its table, and points for those who may.

Without scripts it is a picture and a table; with them the same areas can be zoomed, and each says what it holds. The shapes
are apart from what they hold: they are the same for everybody and kept by the browser under a name made of their content.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.analysis import volumes
from fourfold.analysis.findings import Finding
from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid
from fourfold.publications.maps import ClassOfAreas, classes_of, flat_middle, flat_shapes, laid_flat
from fourfold.records import places
from fourfold.records.as_at import Records
from fourfold.web.figures import figure, kept, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.picture import Asked, Choices, forces_held, image, small_layer

COUNCILS, SMALL = "councils", "small"
MOST_POINTS = 3_000
"""More points than this in one place at one time tell nobody anything, and are not drawn."""


@dataclass(frozen=True)
class Ground:
    """The areas of one layer of a force: the shapes as a browser is sent them, and under which name."""

    layer: str
    codes: tuple[str, ...]
    names: Mapping[str, str]
    middle: tuple[float, float]
    packed: bytes

    @cached_property
    def digest(self) -> str:
        """What the shapes' address holds, so that other shapes have another address."""
        return hashlib.sha256(self.packed).hexdigest()[:16]


@dataclass(frozen=True)
class Drawn:
    """What a map is of: the question, its Finding by area, its areas with their counts, and their classes."""

    asked: Asked
    ground: Ground
    finding: Finding
    counts: Mapping[str, int]
    classes: tuple[ClassOfAreas, ...]

    @property
    def is_small(self) -> bool:
        """Whether its areas are small enough for a count to single a person out."""
        return self.ground.layer != "ltla24"

    def class_of(self, code: str) -> int:
        """Which class an area is in, by its place in the list."""
        n = self.counts[code]
        return next(at for at, one in enumerate(self.classes) if one.low <= n <= one.high)

    @property
    def ranked(self) -> list[tuple[str, str, int, str]]:
        """Each area's code, name, count and class in words, the greatest count first."""
        found = [(code, self.ground.names.get(code, code), n) for code, n in self.counts.items()]
        return [
            (code, name, n, self.classes[self.class_of(code)].label)
            for code, name, n in sorted(found, key=lambda one: (-one[2], one[1]))
        ]


@needs("read", "figures")
def map_page(request: HttpRequest) -> HttpResponse:
    """A map, its classes and its table; by small areas and with points as far as the role shows them."""
    passed: Pass = request.gate
    choices = Choices(standing_records(), request)
    if not choices.forces:
        return render(request, "pages/picture_empty.html", {})
    asked = None
    context: dict[str, Any]
    try:
        asked = choices.asked()
        drawn = _drawn(asked, _layer(request, passed, asked))
    except FourfoldError as fault:
        context = {"choices": choices, "asked": asked, "fault": fault.cause, "remedy": fault.remedy}
        return render(request, "pages/map.html", context, status=422)
    may_points = passed.may("read", "points", asked.area_chain)
    points: list[tuple[int, int, int]] | None = None
    point_fault = ""
    if drawn.is_small:
        passed.saw("small_area_figures", [drawn.finding.id], note=asked.query)
    if request.GET.get("points") == "yes":
        passed.require("read", "points", asked.area_chain)
        try:
            points = points_of(asked)
            passed.saw("points", [drawn.finding.id], note={**asked.query, "points": len(points)})
        except FourfoldError as fault:
            point_fault = f"{fault.cause} {fault.remedy}"
    context = {
        "choices": choices, "asked": asked, "drawn": drawn, "may_small": passed.may("read", "small_area_figures", asked.area_chain),
        "may_points": may_points, "points": points, "point_fault": point_fault, "by": SMALL if drawn.is_small else COUNCILS,
        "unplaced": figure(asked.records, "unplaced", *asked.query.values(), made=lambda: _unplaced(asked)),
        "shapes_from": "; ".join(dict.fromkeys(b.source for b in asked.records.batches_of("boundaries"))),
    }  # fmt: skip
    return render(request, "pages/map.html", context)


@needs("read", "figures")
def shapes(_: HttpRequest, force_id: str, by: str, digest: str) -> HttpResponse:
    """The shapes of a force's councils or small areas as GeoJSON: nobody's record, so a browser may keep them."""
    records = standing_records()
    if force_id not in dict(forces_held(records)) or by not in (COUNCILS, SMALL):
        raise Http404
    found = ground(records, force_id, "ltla24" if by == COUNCILS else small_layer(records, force_id))
    if found.digest != digest:
        raise Http404
    response = HttpResponse(found.packed, content_type="application/geo+json")
    response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@needs("read", "figures")
def counts(request: HttpRequest) -> HttpResponse:
    """What each area of the map holds, as JSON: its count and its class."""
    passed: Pass = request.gate
    asked = Choices(standing_records(), request).asked()
    drawn = _drawn(asked, _layer(request, passed, asked))
    if drawn.is_small:
        passed.saw("small_area_figures", [drawn.finding.id], note=asked.query)
    return _json({
        "classes": [{"label": one.label, "colour": one.colour, "areas": one.areas} for one in drawn.classes],
        "areas": {code: [n, drawn.class_of(code)] for code, n in drawn.counts.items()},
    })  # fmt: skip


@needs("read", "points")
def points(request: HttpRequest) -> HttpResponse:
    """The points of the crimes on the map, laid as the shapes are: one for each place, with how many lie there."""
    passed: Pass = request.gate
    asked = Choices(standing_records(), request).asked()
    passed.require("read", "points", asked.area_chain)
    drawn = _drawn(asked, _layer(request, passed, asked))
    found = points_of(asked)
    passed.saw("points", [drawn.finding.id], note={**asked.query, "points": len(found)})
    east, north = drawn.ground.middle
    grid = np.array(found, dtype=float).reshape(-1, 3)
    laid = laid_flat(grid[:, 0] - east, grid[:, 1] - north)
    features = [
        {"type": "Feature", "properties": {"n": n}, "geometry": {"type": "Point", "coordinates": [x, y]}}
        for (x, y), (_, _, n) in zip(laid.tolist(), found, strict=True)
    ]
    return _json({"type": "FeatureCollection", "features": features})


@needs("read", "figures")
def map_image(request: HttpRequest) -> HttpResponse:
    """The map as a picture, by small areas where the role shows them, else by councils."""
    from fourfold.publications.maps import area_map

    passed: Pass = request.gate
    asked = Choices(standing_records(), request).asked()
    drawn = _drawn(asked, _layer(request, passed, asked))
    if drawn.is_small:
        passed.saw("small_area_figures", [drawn.finding.id], note=asked.query)

    def made(_: tuple[Any, ...]) -> str:
        held = places.shapes_of(asked.records, asked.scope.force_id, drawn.ground.layer)
        shown = {code: held[code] for code in drawn.counts if code in held}
        return area_map(drawn.finding, shown, _unplaced(asked), fictitious=settings.FOURFOLD_FICTITIOUS).svg()

    return image(kept(("map", drawn.ground.layer, drawn.finding.id), made))


def ground(records: Records, force_id: str, layer: str) -> Ground:
    """The areas of a layer of a force, made ready for a screen once. Raises NothingHeld without boundaries."""

    def made(_: tuple[Any, ...]) -> Ground:
        held = places.shapes_of(records, force_id, layer) if layer else {}
        if not held:
            raise NothingHeld("No boundaries of these areas are held.", remedy="Import them, or see the picture.")
        names = places.area_names(records, layer)
        own = {code: names.get(code, code) for code in held}
        # The time in a gzip's head would make other bytes of the same shapes.
        packed = gzip.compress(flat_shapes(held, own).encode(), mtime=0)
        return Ground(layer, tuple(sorted(held)), own, flat_middle(held), packed)

    return kept(("ground", str(records.home), records.as_at, force_id, layer), made)


def points_of(asked: Asked) -> list[tuple[int, int, int]]:
    """Easting, northing and how many of each place where the question's crimes lie, the most first.

    Raises RequestInvalid beyond `MOST_POINTS`, and NothingHeld where the records have no points.
    """
    source = volumes.supply(asked.records, asked.measure, asked.scope, asked.window)
    if source.table != "crimes":
        raise NothingHeld("These records hold no points.", remedy="Choose a measure that is counted from crimes.")
    rows = volumes.selected_rows(asked.records, source, asked.measure, asked.scope, asked.window)
    placed = rows.filter(pl.col("easting").is_not_null() & (pl.col("place_status") == places.PLACED))
    grid = (pl.col(name).round().cast(pl.Int64) for name in ("easting", "northing"))
    found = placed.select(*grid).group_by("easting", "northing").agg(pl.len()).collect()
    if found.height > MOST_POINTS:
        raise RequestInvalid(
            f"The crimes lie at {found.height:,} points, and at most {MOST_POINTS:,} are drawn.",
            remedy="Choose an area, fewer months, or a narrower measure.",
        )
    return [
        (int(e), int(n), int(many))
        for e, n, many in found.sort("len", "easting", "northing", descending=[True, False, False]).rows()
    ]


def _layer(request: HttpRequest, passed: Pass, asked: Asked) -> str:
    """Which layer is drawn: small areas where they are asked for, or where one council is looked into."""
    given = request.GET.get("by", "")
    if given not in ("", COUNCILS, SMALL):
        raise RequestInvalid("There is no map by such areas.", remedy="Choose councils or small areas.")
    if asked.scope.level not in (None, "ltla24"):
        raise RequestInvalid(
            "A map of one small area would show one colour.", remedy="Choose its council, or see the picture."
        )
    if given == SMALL or (asked.scope.area_code and not given):
        passed.require("read", "small_area_figures", asked.area_chain)
        return small_layer(asked.records, asked.scope.force_id)
    return "ltla24"


def _drawn(asked: Asked, layer: str) -> Drawn:
    """The map of a question by a layer. Raises NothingHeld without boundaries, RequestInvalid for records without areas."""
    found = ground(asked.records, asked.scope.force_id, layer)
    by_area = figure(
        asked.records, "map", layer, *asked.query.values(),
        made=lambda: volumes.breakdown(asked.records, asked.measure, asked.scope, asked.window, layer),
    )  # fmt: skip
    assert by_area.table is not None
    held = {str(code): int(n) for code, _, n in by_area.table.rows if code is not None and isinstance(n, int)}
    own = [code for code in found.codes if _lies_in(asked, layer, code)]
    shown = {code: held.get(code, 0) for code in own}
    return Drawn(asked, found, by_area, shown, classes_of([float(n) for n in shown.values()]))


def _lies_in(asked: Asked, layer: str, code: str) -> bool:
    council = asked.scope.area_code
    if council is None or asked.records.boundaries is None:
        return True
    return code == council or asked.records.boundaries.council_of(layer).get(code) == council


def _unplaced(asked: Asked) -> Finding:
    whole = replace(asked.scope, level=None, area_code=None)
    return volumes.unplaced(asked.records, asked.measure, whole, asked.window)


def _json(plain: Any) -> HttpResponse:
    return HttpResponse(json.dumps(plain, separators=(",", ":")), content_type="application/json")
