"""The map of Saltmere: councils, wards, small areas, residents and streets of a place that is not.

The shapes are those of a real force area, mirrored from west to east and moved into the North Sea (between 570 and 624 km
east and 540 and 576 km north of the National Grid's origin), with invented names and with codes that no real area has.
Source: Office for National Statistics licensed under the Open Government Licence v3.0. Contains OS data (c) Crown copyright
and database right.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from convertbng.cutil import convert_lonlat

from fourfold.demo.names import street_names

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FORCE_ID, FORCE_NAME, FORCE_CODE = "saltmere", "Saltmere Constabulary (FICTITIOUS)", "E23000901"
MARK = "FICTITIOUS"
ATTRIBUTION = (
    "FICTITIOUS: shapes mirrored and moved from those of the Office for National Statistics, licensed under the Open "
    "Government Licence v3.0. Contains OS data (c) Crown copyright and database right."
)
_MARGIN = 2.0
"""Metres that every address keeps from the edge of its small area, so that it is placed there by any rounding."""
_PLOT = 7
"""Metres between one house and the next."""
_MOST_HOUSES = 40


@dataclass(frozen=True)
class Streets:
    """Every street: its small area, where it begins, its direction (a step of one house), and how many houses it has."""

    area: Ints
    east: Floats
    north: Floats
    step_east: Floats
    step_north: Floats
    houses: Ints
    name: Ints
    weight: Floats
    """How much crime a street draws within its area, against the others of it."""
    first_of_area: Ints
    """The first street of each small area; the last entry is how many streets there are."""


class Land:
    """Saltmere's small areas of 2021, in the order of their codes, and what lies in them."""

    def __init__(self) -> None:
        table = pl.read_parquet(_data("areas.parquet"))
        self.small = table.filter(pl.col("layer") == "lsoa21").sort("code")
        self.small11 = table.filter(pl.col("layer") == "lsoa11").sort("code")
        """Small areas of 2011 that do not stand in 2021, and those whose outline is drawn otherwise."""
        self.shapes = _polygons(self.small)
        self.councils = sorted({(c, n) for c, n in self.small.select("ltla24_code", "ltla24_name").iter_rows()})
        council_codes = [c for c, _ in self.councils]
        self.council = np.array([council_codes.index(c) for c in self.small["ltla24_code"]])

    @property
    def size(self) -> int:
        """How many small areas there are."""
        return self.small.height

    @cached_property
    def concentration(self) -> dict[str, Floats]:
        """For each group of offences, the share of its crimes that falls in each small area; sums to 1."""
        table = pl.read_parquet(_data("concentration.parquet")).sort("lsoa21_code")
        assert table["lsoa21_code"].to_list() == self.small["code"].to_list()
        return {
            name: (column / column.sum()).to_numpy()
            for name, column in ((c.name, c.cast(pl.Float64)) for c in table.drop("lsoa21_code"))
        }

    @cached_property
    def populations(self) -> pl.DataFrame:
        """Residents of each small area of 2011 in ten-year bands."""
        return pl.read_parquet(_data("populations.parquet")).sort("lsoa11_code")

    @cached_property
    def residents(self) -> Floats:
        """The share of residents in each small area of 2021: as those of 2011 of the same code, or an ordinary area's."""
        bands = self.populations.select(
            "lsoa11_code", pl.sum_horizontal(pl.exclude("lsoa11_code").cast(pl.Int64)).alias("n")
        )
        held = dict(bands.iter_rows())
        n = np.array([held.get(code, 1_700) for code in self.small["code"]], dtype=float)
        return np.asarray(n / n.sum())

    @cached_property
    def outline(self) -> shapely.Polygon:
        """The force's own boundary."""
        return shapely.coverage_union_all(self.shapes)

    @cached_property
    def edge(self) -> Ints:
        """The small areas that touch it."""
        return np.flatnonzero(shapely.intersects(self.shapes, shapely.boundary(self.outline)))

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The local policing area of each small area: the council's, or one of the two halves of the largest."""
        centres = shapely.centroid(self.shapes)
        easts = shapely.get_x(centres)
        wards = self.small["ward24_code"].to_numpy()
        largest = self.council == 0
        middle = float(np.median(easts[largest]))
        # By ward, so that no ward is cut in two.
        east_of = {w: float(easts[wards == w].mean()) > middle for w in set(wards[largest])}
        names = [n for _, n in self.councils]
        return tuple(
            names[c] if c else f"{names[0]} {'East' if east_of[w] else 'West'}"
            for c, w in zip(self.council, wards, strict=True)
        )

    @cached_property
    def streets(self) -> Streets:
        """The streets: always the same, whatever the seed of a run."""
        rng = np.random.default_rng([1952, self.size])
        counts = np.clip((self.residents * self.size * 26).astype(int), 8, 80)
        area = np.repeat(np.arange(self.size), counts)
        inner = shapely.buffer(self.shapes, -_MARGIN, quad_segs=1)
        small = shapely.is_empty(inner) | (shapely.area(inner) < 1_000)
        inner = np.where(small, self.shapes, inner)
        shapely.prepare(inner)
        east, north = _points_inside(inner, area, rng)
        turn = rng.uniform(0, 2 * np.pi, len(area))
        step_east, step_north = _PLOT * np.cos(turn), _PLOT * np.sin(turn)
        houses = np.ones(len(area), dtype=np.int64)
        for length in (_MOST_HOUSES, _MOST_HOUSES // 2, 10, 4):
            open_still = np.flatnonzero(houses == 1)
            ends = np.stack(
                [
                    np.column_stack((east, north))[open_still],
                    np.column_stack((east + length * step_east, north + length * step_north))[open_still],
                ],
                axis=1,
            )
            fits = shapely.contains(inner[area[open_still]], shapely.linestrings(ends))
            houses[open_still[fits]] = length
        return Streets(
            area=area, east=east, north=north, step_east=step_east, step_north=step_north, houses=houses,
            name=rng.integers(0, len(street_names()), len(area)),
            weight=houses * (rng.pareto(1.6, len(area)) + 0.3),
            first_of_area=np.concatenate(([0], np.cumsum(counts))),
        )  # fmt: skip

    def points(self, street: Ints, house: Ints) -> tuple[Ints, Ints]:
        """Easting and northing, in whole metres, of houses counted from 0 along their streets."""
        at = self.streets
        east = at.east[street] + house * at.step_east[street]
        north = at.north[street] + house * at.step_north[street]
        return east.round().astype(np.int64), north.round().astype(np.int64)


@cache
def land() -> Land:
    """The one map."""
    return Land()


def written_geography(folder: Path) -> list[Path]:
    """Write the boundaries, lookups and mid-year populations of Saltmere, in the layouts that the gate reads."""
    here = land()
    folder.mkdir(parents=True, exist_ok=True)
    files_written = [
        _put(folder / f"boundaries_{layer}_saltmere_{MARK}.geojson", _geojson(layer, features))
        for layer, features in _layers(here).items()
    ]
    small = here.small.select(
        "ltla24_code", pl.col("name").alias("lsoa21_name"), pl.col("code").alias("lsoa21_code"), "ward24_name",
        "ward24_code", "ltla24_name", pl.col("ltla24_code").str.replace("E08", "E22").alias("csp24_code"),
        pl.col("ltla24_name").alias("csp24_name"), pl.lit(FORCE_CODE).alias("pfa24_code"),
        pl.lit(f"Saltmere ({MARK})").alias("pfa24_name"),
    )  # fmt: skip
    old = pl.concat(
        [
            here.small.filter(pl.col("code").is_in(here.populations["lsoa11_code"].implode())).with_columns(
                pl.col("code").alias("heir"), pl.lit("U").alias("change_code")
            ),
            here.small11.filter(~pl.col("code").is_in(here.small["code"].implode())).with_columns(
                pl.lit("X").alias("change_code")
            ),
        ]
    ).select(
        pl.col("name").alias("lsoa11_name"), pl.col("code").alias("lsoa11_code"), "change_code",
        pl.col("heir").alias("lsoa21_code"), pl.col("ltla24_name").alias("ltla22_name"),
        pl.col("ltla24_code").alias("ltla22_code"),
    )  # fmt: skip
    files_written += [
        _put(folder / f"lookup_lsoa21_ward24_ltla24_pfa24_saltmere_{MARK}.csv", small.write_csv()),
        _put(folder / f"lookup_lsoa11_lsoa21_ltla22_saltmere_{MARK}.csv", old.sort("lsoa11_code").write_csv()),
    ]
    for year in (2019, 2020):
        name = f"population_mid{year}_by_single_year_age_lsoa11_saltmere_{MARK}.csv"
        files_written.append(_put(folder / name, _populations(here, year)))
    return files_written


def _layers(here: Land) -> dict[str, list[tuple[dict[str, str], shapely.Geometry]]]:
    """The features of each layer: properties and shape in metres. Larger areas are small ones put together."""
    small = here.small.select("code", "name", "ltla24_code", "ltla24_name", "ward24_code", "ward24_name").rows(
        named=True
    )
    found: dict[str, list[tuple[dict[str, str], shapely.Geometry]]] = {"lsoa21": [], "lsoa11": []}
    alike = set(here.populations["lsoa11_code"]) - set(here.small11["code"])
    for row, shape in zip(small, here.shapes, strict=True):
        council = {"ltla24_code": row["ltla24_code"], "ltla24_name": row["ltla24_name"]}
        ward = {"ward24_code": row["ward24_code"], "ward24_name": row["ward24_name"]}
        found["lsoa21"].append(({"lsoa21_code": row["code"], "lsoa21_name": row["name"], **ward, **council}, shape))
        if row["code"] in alike:
            found["lsoa11"].append(({"lsoa11_code": row["code"], "lsoa11_name": row["name"], **council}, shape))
    for row, shape in zip(here.small11.rows(named=True), _polygons(here.small11), strict=True):
        council = {"ltla24_code": row["ltla24_code"], "ltla24_name": row["ltla24_name"]}
        found["lsoa11"].append(({"lsoa11_code": row["code"], "lsoa11_name": row["name"], **council}, shape))
    for layer, also in (("ward24", ("ltla24",)), ("ltla24", ())):
        codes = here.small[f"{layer}_code"].to_numpy()
        found[layer] = []
        for code in sorted(set(codes)):
            first = small[int(np.flatnonzero(codes == code)[0])]
            properties = {f"{n}_{what}": first[f"{n}_{what}"] for n in (layer, *also) for what in ("code", "name")}
            found[layer].append((properties, shapely.coverage_union_all(here.shapes[codes == code])))
    whole = here.outline
    found["pfa24"] = [({"pfa24_code": FORCE_CODE, "pfa24_name": f"Saltmere ({MARK})"}, whole)]
    return found


def _geojson(layer: str, features: list[tuple[dict[str, str], shapely.Geometry]]) -> str:
    shapes = shapely.transform(np.array([shape for _, shape in features]), _degrees)
    body = ",\n".join(
        f'{{"type":"Feature","properties":{json.dumps(properties)},"geometry":{shapely.to_geojson(shape)}}}'
        for (properties, _), shape in zip(features, shapes, strict=True)
    )
    head = json.dumps({"name": f"{layer} of Saltmere ({MARK})", "note": ATTRIBUTION})
    return f'{{"type":"FeatureCollection",{head[1:-1]},"features":[\n{body}\n]}}\n'


def _degrees(vertices: Floats) -> Floats:
    longitude, latitude = convert_lonlat(vertices[:, 0], vertices[:, 1])
    return np.column_stack((longitude, latitude)).round(7)


def _populations(here: Land, year: int) -> str:
    """A row a small area of 2011, a column a year of age; the bands spread by a fixed draw for each year."""
    rng = np.random.default_rng([year, 90])
    bands = here.populations
    names = dict((*here.small.select("code", "name").iter_rows(), *here.small11.select("code", "name").iter_rows()))
    parts = []
    for first in range(0, 90, 10):
        n = bands[f"from_{first}"].to_numpy().astype(np.int64)
        falling = np.linspace(1.1, 0.9 if first < 60 else 0.6, 10)
        parts.append(rng.multinomial(n, falling / falling.sum()))
    old = bands["from_90"].to_numpy().astype(np.int64)
    ages = np.column_stack((*parts, old))
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["lsoa11_name", "lsoa11_code", "total_population", *map(str, range(90)), "90+"])
    for code, line in zip(bands["lsoa11_code"], ages.tolist(), strict=True):
        rows.writerow([names[code], code, sum(line), *line])
    return out.getvalue()


def _points_inside(shapes: npt.NDArray[np.object_], area: Ints, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A point in the shape of each entry of `area`, evenly over it."""
    bounds = shapely.bounds(shapes)
    east, north = np.full(len(area), np.nan), np.full(len(area), np.nan)
    open_still = np.arange(len(area))
    while len(open_still):
        low_e, low_n, high_e, high_n = bounds[area[open_still]].T
        e = rng.uniform(low_e, high_e)
        n = rng.uniform(low_n, high_n)
        held = shapely.contains_xy(shapes[area[open_still]], e, n)
        east[open_still[held]], north[open_still[held]] = e[held], n[held]
        open_still = open_still[~held]
    return east, north


def _polygons(rows: pl.DataFrame) -> npt.NDArray[np.object_]:
    """The shapes of areas kept as a first vertex and the steps from each to the next."""
    found = []
    for east, north, east_steps, north_steps in rows.select("east", "north", "east_steps", "north_steps").iter_rows():
        ring = np.column_stack((np.cumsum([east, *east_steps]), np.cumsum([north, *north_steps]))).astype(float)
        found.append(shapely.Polygon(ring))
    return np.array(found, dtype=object)


def _data(name: str) -> io.BytesIO:
    return io.BytesIO((files("fourfold.demo") / "data" / name).read_bytes())


def _put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path
