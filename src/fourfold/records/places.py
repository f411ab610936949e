"""Places: from degrees to the National Grid, and from a point to the areas that hold it.

British National Grid is the native system. Degrees are turned into it by OSTN15, the transformation of Ordnance Survey
(to 0.1 m and better); "outside Britain" means outside that transformation's grid. Points are placed by the boundaries
held, which are generalised: a point within a few metres of an edge may fall in the neighbouring area.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from convertbng.cutil import convert_bng, convert_lonlat
from shapely.geometry.base import BaseGeometry

from fourfold.codes import areas
from fourfold.errors import NothingHeld, RequestInvalid

if TYPE_CHECKING:
    from fourfold.records.as_at import Records
    from fourfold.records.engines import Rows

Floats = npt.NDArray[np.float64]

_PLACED_LAYERS = ("lsoa11", "lsoa21")
PLACED, OUTSIDE_FORCE, NO_COORDINATES, OUTSIDE_BRITAIN, NO_BOUNDARY = (
    "placed", "outside the force", "no coordinates", "outside Britain", "no boundary held",
)  # fmt: skip


def to_national_grid(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Easting and northing in metres of WGS84 degrees, by OSTN15; NaN for a point outside its grid. Arrays of one shape."""
    sane = (np.abs(longitude) <= 180) & (np.abs(latitude) <= 90)  # the library is not to be handed nonsense
    easting = np.full(longitude.shape, np.nan)
    northing = np.full(longitude.shape, np.nan)
    if sane.any():
        easting[sane], northing[sane] = convert_bng(longitude[sane], latitude[sane])
    return easting, northing


def to_wgs84(easting: Floats, northing: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees of National Grid metres, by OSTN15; NaN outside its grid."""
    longitude, latitude = convert_lonlat(easting, northing)
    return np.asarray(longitude, dtype=np.float64), np.asarray(latitude, dtype=np.float64)


class Boundaries:
    """Boundaries of several layers, ready to place points in.

    Made from the rows of the lake's `boundaries` table: layer, code, name, ltla24_code, wkb (polygons in metres of the
    National Grid).
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows.drop("wkb")
        self._codes: dict[str, pl.Series] = {}
        self._trees: dict[str, shapely.STRtree] = {}
        for (layer,), part in rows.sort("layer", "code").group_by("layer", maintain_order=True):
            shapes = shapely.from_wkb(part["wkb"].to_numpy())
            shapely.prepare(shapes)
            self._codes[str(layer)] = part["code"]
            self._trees[str(layer)] = shapely.STRtree(shapes)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers held."""
        return tuple(self._trees)

    def placed(self, layer: str, easting: Floats, northing: Floats) -> pl.Series:
        """The code of the area of a layer that holds each point; null where none does, or the layer is not held.

        A point on a shared edge goes to the area whose code comes first, so that the answer never depends on order.
        """
        if layer not in self._trees:
            return pl.Series([None] * len(easting), dtype=pl.String)
        known = ~np.isnan(easting) & ~np.isnan(northing)
        # Snap points repeat many times over: each distinct point is placed once.
        points, back = np.unique(np.column_stack((easting[known], northing[known])), axis=0, return_inverse=True)
        found = np.full(len(points), -1)
        if len(points):
            at, area = self._trees[layer].query(shapely.points(points), predicate="intersects")
            order = np.lexsort((-area, at))  # the first code last, so that it is the one that stays
            found[at[order]] = area[order]
        every = np.full(len(easting), -1)
        every[known] = found[back.ravel()]
        index = pl.Series(every)
        return self._codes[layer].gather(index.clip(0)).set(index < 0, None)

    @cache  # noqa: B019 - boundaries are few, and kept for the life of the process
    def council_of(self, layer: str) -> Mapping[str, str]:
        """The council that each small area of a layer lies in, by the codes that came with the boundaries."""
        part = self.rows.filter((pl.col("layer") == layer) & pl.col("ltla24_code").is_not_null())
        return dict(part.select("code", "ltla24_code").iter_rows())

    @cache  # noqa: B019
    def layers_covering(self, force_id: str) -> tuple[str, ...]:
        """The small-area layers whose boundaries are held for every council of a force."""
        if areas.force_named(force_id) is None:
            return ()
        wanted = set(areas.councils_of(force_id))
        return tuple(layer for layer in _PLACED_LAYERS if wanted and wanted <= set(self.council_of(layer).values()))

    @cache  # noqa: B019
    def small_areas_of(self, force_id: str, layer: str) -> pl.Series:
        """The codes of a layer's areas that lie in the councils of a force."""
        councils = set(areas.councils_of(force_id))
        return pl.Series([c for c, council in self.council_of(layer).items() if council in councils], dtype=pl.String)

    @cache  # noqa: B019
    def has_force_boundary(self, force_id: str) -> bool:
        """Whether the outline of the force's own area is held."""
        force = areas.force_named(force_id)
        held = self.rows.filter((pl.col("layer") == "pfa24") & (pl.col("code") == (force.pfa_code if force else None)))
        return held.height > 0


def council_of_small(boundaries: Boundaries | None) -> dict[str, str]:
    """The council that each LSOA lies in, of 2021 and of 2011, as far as boundaries of either are held."""
    held = [layer for layer in ("lsoa11", "lsoa21") if boundaries is not None and layer in boundaries.layers]
    return {small: council for layer in held if boundaries for small, council in boundaries.council_of(layer).items()}


def small_areas_in(boundaries: Boundaries | None, codes: Collection[str]) -> frozenset[str]:
    """The LSOAs that are among some areas, or lie in a council that is."""
    every = council_of_small(boundaries).items()
    return frozenset({small for small, council in every if council in codes} | set(codes))


@lru_cache(maxsize=8)
def boundaries_from_parts(paths: tuple[str, ...]) -> Boundaries:
    """The boundaries in some parts of the lake. Parts never change, so they are read once in a process."""
    return Boundaries(pl.concat([pl.read_parquet(path) for path in paths], how="diagonal"))


def placed(rows: pl.DataFrame, boundaries: Boundaries | None) -> pl.DataFrame:
    """Rows of `crimes` with easting, northing, lsoa11_code, lsoa21_code and place_status.

    A row has a place in the force when its point lies in a small area of one of the force's councils, or, where no small
    areas are held, within the force's own boundary. Where neither is held the status says so, and the file's own LSOA
    code stands.
    """
    keys = ["longitude", "latitude", "easting", "northing"]
    points = rows.select(keys).unique(maintain_order=True)
    easting, northing = _grid(points)
    columns = {"easting": easting, "northing": northing}
    table = points.rename({"easting": "given_easting", "northing": "given_northing"}).with_columns(
        *[pl.Series(name, values).fill_nan(None) for name, values in columns.items()],
        *[
            (boundaries.placed(layer, easting, northing) if boundaries else pl.Series([None] * points.height, dtype=pl.String))
            .alias(f"{layer}_code")
            for layer in _PLACED_LAYERS
        ],
        (boundaries.placed("pfa24", easting, northing) if boundaries else pl.lit(None, pl.String)).alias("pfa24_code"),
    )  # fmt: skip
    joined = rows.rename({"easting": "given_easting", "northing": "given_northing"}).join(
        table,
        on=["longitude", "latitude", "given_easting", "given_northing"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return joined.with_columns(_status(joined, boundaries).alias("place_status"))


def placed_anew(rows: pl.DataFrame, boundaries: Boundaries | None) -> pl.DataFrame:
    """Rows of `crimes` that were placed before, placed by other boundaries."""
    given_in_metres = pl.col("longitude").is_null()
    given = rows.with_columns(pl.when(given_in_metres).then(c).alias(c) for c in ("easting", "northing"))
    return placed(given.drop("place_status", *[f"{layer}_code" for layer in _PLACED_LAYERS]), boundaries)


def _grid(points: pl.DataFrame) -> tuple[Floats, Floats]:
    """National Grid of each point: from its degrees, or as given where it came in metres. NaN where there is neither."""
    longitude, latitude = (
        points["longitude"].fill_null(np.nan).to_numpy(),
        points["latitude"].fill_null(np.nan).to_numpy(),
    )
    easting, northing = to_national_grid(longitude, latitude)
    given_e, given_n = points["easting"].fill_null(np.nan).to_numpy(), points["northing"].fill_null(np.nan).to_numpy()
    in_metres = np.isnan(longitude) & np.isnan(latitude) & ~np.isnan(given_e) & ~np.isnan(given_n)
    if in_metres.any():
        checked, _ = to_wgs84(given_e[in_metres], given_n[in_metres])
        outside = np.isnan(checked)
        easting[in_metres] = np.where(outside, np.nan, given_e[in_metres])
        northing[in_metres] = np.where(outside, np.nan, given_n[in_metres])
    return easting, northing


def _status(rows: pl.DataFrame, boundaries: Boundaries | None) -> pl.Expr:
    given = (pl.col("longitude").is_not_null() & pl.col("latitude").is_not_null()) | (
        pl.col("given_easting").is_not_null() & pl.col("given_northing").is_not_null()
    )
    in_force = pl.lit(None, pl.Boolean)
    for force_id in rows["file_force_id"].unique().drop_nulls().sort():
        layers = boundaries.layers_covering(force_id) if boundaries else ()
        if not boundaries:
            continue
        if layers:
            inside = pl.any_horizontal(
                pl.col(f"{layer}_code").is_in(boundaries.small_areas_of(force_id, layer).implode()) for layer in layers
            ).fill_null(False)
        elif boundaries.has_force_boundary(force_id):
            inside = (pl.col("pfa24_code") == areas.force(force_id).pfa_code).fill_null(False)
        else:
            continue
        in_force = pl.when(pl.col("file_force_id") == force_id).then(inside).otherwise(in_force)
    return (
        pl.when(~given)
        .then(pl.lit(NO_COORDINATES))
        .when(pl.col("easting").is_null())
        .then(pl.lit(OUTSIDE_BRITAIN))
        .when(in_force.is_null())
        .then(pl.lit(NO_BOUNDARY))
        .when(in_force)
        .then(pl.lit(PLACED))
        .otherwise(pl.lit(OUTSIDE_FORCE))
    )


def with_area_codes(rows: pl.LazyFrame, layer: str, records: Records) -> pl.LazyFrame:
    """Rows of `crimes` with a column `area:<layer>`: the area each is placed in, null where it has none.

    LSOAs by point; wards, councils, partnerships and force areas by the lookup from the LSOA, or, where only a
    boundary is held, by point. Where no boundary of the LSOAs is held, the file's own LSOA code stands for the point.
    Raises RequestInvalid when nothing held can tell the layer.
    """
    name = f"area:{layer}"
    is_somewhere = pl.col("place_status").is_in([PLACED, NO_BOUNDARY])
    if layer in _PLACED_LAYERS:
        return rows.with_columns(pl.when(is_somewhere).then(pl.coalesce(f"{layer}_code", "file_lsoa_code")).alias(name))
    codes = _codes_by_small_area(layer, records)
    if not codes:
        return _by_point(rows, layer, records).rename({"by_point": name})
    small = pl.when(is_somewhere).then(pl.coalesce("lsoa21_code", "lsoa11_code", "file_lsoa_code"))
    looked_up = rows.with_columns(small.replace_strict(codes, default=None, return_dtype=pl.String).alias(name))
    if not is_told_by_point(layer, records):
        return looked_up
    # Rows of a force whose small areas are not held, and whose file gives none: the larger area's own boundary tells.
    by_point = _by_point(looked_up, layer, records)
    return by_point.with_columns(pl.coalesce(name, pl.when(is_somewhere).then("by_point")).alias(name)).drop("by_point")


def in_area(rows: Rows, layer: str, area_code: str, records: Records) -> Rows:
    """The rows of `crimes`, or of a tally of them, that are placed in an area, on whichever engine holds them.

    Raises RequestInvalid for a layer that only points can tell on an engine that cannot place them.
    """
    if is_told_by_point(layer, records):
        native = rows.to_native()
        if not isinstance(native, pl.LazyFrame):
            raise RequestInvalid(
                f"Areas of the layer {layer} are told by points, which only Polars places.",
                remedy="Import a lookup from LSOAs to that layer, or count on Polars.",
            )
        return nw.from_native(
            with_area_codes(native, layer, records).filter(pl.col(f"area:{layer}") == area_code).drop(f"area:{layer}")
        )
    if layer in _PLACED_LAYERS:
        small, inside = [f"{layer}_code", "file_lsoa_code"], [area_code]
    else:
        small = ["lsoa21_code", "lsoa11_code", "file_lsoa_code"]
        inside = [code for code, area in _codes_by_small_area(layer, records).items() if area == area_code]
    return rows.filter(nw.col("place_status").is_in([PLACED, NO_BOUNDARY]) & nw.coalesce(*small).is_in(inside))


def is_told_by_point(layer: str, records: Records) -> bool:
    """Whether the areas of a layer cannot be told from small areas alone, for all forces held."""
    if layer in _PLACED_LAYERS:
        return False
    if not _codes_by_small_area(layer, records):
        return True
    return records.boundaries is not None and layer in records.boundaries.layers and not _small_areas_held(records)


def _small_areas_held(records: Records) -> bool:
    """Whether the boundaries of small areas are held for every force whose crimes are."""
    forces = {force_id for batch in records.batches_of("crimes") for force_id in batch.coverage}
    return records.boundaries is not None and all(records.boundaries.layers_covering(f) for f in forces)


def _codes_by_small_area(layer: str, records: Records) -> dict[str, str]:
    """The area of a layer that each LSOA lies in, of either vintage: a code stands for one area in both.

    From the councils that boundaries came with, and over them the lookups held.
    """
    return records.worked_out(("codes by small area", layer), lambda: _looked_up(layer, records))


def _looked_up(layer: str, records: Records) -> dict[str, str]:
    found: dict[str, str] = {}
    if records.boundaries is not None and layer in ("ltla24", "csp24", "pfa24"):
        of_council = {r["ltla24_code"]: r[f"{layer}_code"] for r in areas.councils()}
        for small_layer in _PLACED_LAYERS:
            for small, council in records.boundaries.council_of(small_layer).items():
                if council in of_council:
                    found[small] = of_council[council]
    if records.batches_of("area_lookups"):
        rows = records.table("area_lookups").filter(
            (pl.col("layer") == layer) & pl.col("small_layer").is_in(_PLACED_LAYERS)
        )
        found.update(rows.select("small_code", "code").drop_nulls().collect().iter_rows())
    return found


def _by_point(rows: pl.LazyFrame, layer: str, records: Records) -> pl.LazyFrame:
    """Rows with `by_point`, the area of a layer whose boundary holds each row's point."""
    if records.boundaries is None or layer not in records.boundaries.layers:
        raise RequestInvalid(
            f"No boundary or lookup of the layer {layer} is held.",
            remedy="Import it, or use a layer that is held: "
            + ", ".join(records.boundaries.layers if records.boundaries else ("none",))
            + ".",
        )
    held = rows.collect()
    codes = records.boundaries.placed(
        layer, held["easting"].fill_null(np.nan).to_numpy(), held["northing"].fill_null(np.nan).to_numpy()
    )
    return held.with_columns(codes.alias("by_point")).lazy()


def area_names(records: Records, layer: str) -> dict[str, str]:
    """The names of a layer's areas, by code, as far as boundaries, lookups and lists tell."""
    return records.worked_out(("area names", layer), lambda: _named(records, layer))


def _named(records: Records, layer: str) -> dict[str, str]:
    found = {a.code: a.name for a in areas.areas_of_layer(layer)}
    if records.boundaries is not None:
        rows = records.boundaries.rows.filter(pl.col("layer") == layer)
        found.update(rows.select("code", "name").iter_rows())
    if records.batches_of("area_lookups"):
        rows = records.table("area_lookups").filter(pl.col("layer") == layer).select("code", "name").unique().collect()
        found.update({code: name for code, name in rows.iter_rows() if name})
    return found


def areas_of_force(records: Records, force_id: str, layer: str) -> tuple[str, ...]:
    """The codes of a layer's areas within a force, as far as boundaries and lookups tell; empty where they do not."""
    councils = set(areas.councils_of(force_id))
    if layer == "ltla24":
        return tuple(sorted(councils))
    if records.boundaries is not None and layer in records.boundaries.layers:
        return tuple(sorted(c for c, council in records.boundaries.council_of(layer).items() if council in councils))
    small = _codes_by_small_area("ltla24", records)
    wanted = {code for code, council in small.items() if council in councils}
    return tuple(sorted({area for code, area in _codes_by_small_area(layer, records).items() if code in wanted}))


def shapes_of(records: Records, force_id: str, layer: str) -> dict[str, BaseGeometry]:
    """The polygons of a layer's areas within a force, in metres of the National Grid.

    Councils whose own boundary is not held are joined from their LSOAs. Empty where neither is held.
    """
    held = records.batches_of("boundaries")
    if not held or records.boundaries is None:
        return {}
    wanted = set(areas_of_force(records, force_id, layer))
    rows = records.table("boundaries").filter(pl.col("layer") == layer).select("code", "wkb").collect()
    found = {code: shapely.from_wkb(wkb) for code, wkb in rows.iter_rows() if code in wanted}
    if layer == "ltla24" and wanted - set(found):
        parts = records.table("boundaries").filter(pl.col("layer") == "lsoa11").select("ltla24_code", "wkb").collect()
        for council in sorted(wanted - set(found)):
            own = parts.filter(pl.col("ltla24_code") == council)["wkb"].to_list()
            if own:
                found[council] = shapely.union_all(shapely.from_wkb(own))
    return found


@dataclass(frozen=True)
class Residents:
    """How many people live in a scope, by which estimate."""

    residents: int
    on: date
    batches: tuple[str, ...]
    sources: tuple[str, ...]


def residents(records: Records, force_id: str, layer: str | None, area_code: str | None, on: date) -> Residents:
    """Usual residents of a force or an area at the latest mid-year held by a day (or the first after it).

    Raises NothingHeld when the estimates held do not cover every small area of the scope.
    """
    small = _small_areas(records, force_id, layer, area_code)
    rows = records.table("populations").filter(pl.col("code").is_in(list(small))).collect() if small else None
    if rows is None or rows.is_empty():
        raise NothingHeld("No population estimate of that area is held.", remedy="Import the mid-year estimates.")
    days = sorted(set(rows["on"].to_list()))
    whole = [d for d in days if rows.filter(pl.col("on") == d)["code"].n_unique() == len(small)]
    if not whole:
        raise NothingHeld("The population estimates held do not cover all of that area.", remedy="Import the others.")
    day = max((d for d in whole if d <= on), default=whole[0])
    used = rows.filter(pl.col("on") == day)
    ids = tuple(used["batch_id"].unique().sort().to_list())
    sources = tuple(dict.fromkeys(b.source for b in records.standing if b.batch_id in ids))
    return Residents(int(used.unique(["code", "age"])["n"].sum()), day, ids, sources)


def residents_by_area(records: Records, force_id: str, layer: str, on: date) -> dict[str, int]:
    """Residents of each area of a layer in a force, by the estimate that `residents` would take; LSOAs of 2011 or councils.

    Raises NothingHeld when no estimate covers the force, RequestInvalid for a layer that is not made of those LSOAs.
    """
    if layer not in ("lsoa11", "ltla24") or records.boundaries is None:
        raise RequestInvalid(
            "Residents are held by LSOA of 2011, and that layer is not made of them.",
            remedy="Ask for the rates of LSOAs of 2011 or councils.",
        )
    day = residents(records, force_id, None, None, on).on
    small = _small_areas(records, force_id, None, None)
    rows = records.table("populations").filter(pl.col("code").is_in(list(small)) & (pl.col("on") == day))
    by_small = dict(rows.unique(["code", "age"]).group_by("code").agg(pl.col("n").sum()).collect().iter_rows())
    if layer == "lsoa11":
        return {str(code): int(n) for code, n in sorted(by_small.items())}
    council_of = records.boundaries.council_of("lsoa11")
    found: dict[str, int] = {}
    for code, n in by_small.items():
        found[council_of[code]] = found.get(council_of[code], 0) + int(n)
    return dict(sorted(found.items()))


def _small_areas(records: Records, force_id: str, layer: str | None, area_code: str | None) -> set[str]:
    """The LSOAs of 2011, in which populations are given, that make up a scope."""
    if records.boundaries is None:
        return set()
    councils = records.boundaries.council_of("lsoa11")
    if area_code is None:
        wanted = set(areas.councils_of(force_id))
        return {small for small, council in councils.items() if council in wanted}
    if layer == "lsoa11":
        return {area_code} & set(councils)
    if layer == "ltla24":
        return {small for small, council in councils.items() if council == area_code}
    if layer in ("csp24", "pfa24"):
        inside = {r["ltla24_code"] for r in areas.councils() if r[f"{layer}_code"] == area_code}
        return {small for small, council in councils.items() if council in inside}
    raise RequestInvalid(
        "Residents are held by LSOA of 2011, and that layer is not made of them.",
        remedy="Ask for the rate of an LSOA of 2011, a council, a partnership or the force.",
    )
