"""Distil the shipped open data into the shapes and volumes of Saltmere, the fictitious force (run by hand, seldom).

Shapes: the small areas of the West Midlands, mirrored from west to east and moved into the North Sea, with invented names
and codes that no real area has. Volumes: what West Midlands recorded by offence code in April to June of 2019 to 2022, with
Leicestershire's pattern of months. Concentration: how West Midlands' crimes of January and February 2014 and of June 2018
lay across its small areas. Nothing of a single crime or person is carried over, and every number is made coarse.

Sources: Office for National Statistics (boundaries, lookups, mid-2020 populations), Home Office (police recorded crime open
data tables), data.police.uk; all under the Open Government Licence v3.0. Contains OS data (c) Crown copyright and database
right.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import shapely

from fourfold.codes.offences import offence
from fourfold.demo.names import ward_names
from fourfold.records.places import Boundaries, to_national_grid

ROOT = Path(__file__).resolve().parent.parent
OPEN_DATA = ROOT / "open_data"
OUT = ROOT / "src" / "fourfold" / "demo" / "data"

COUNCILS = {
    "E08000025": "Saltmere", "E08000026": "Kelpington", "E08000027": "Dunwrack", "E08000028": "Samphire",
    "E08000029": "Ternholm", "E08000030": "Marramby", "E08000031": "Whelkhampton",
}  # fmt: skip
"""The councils whose shapes are borrowed, and what they are called in Saltmere."""
MIRROR_EAST, MOVED_NORTH = 1_010_000, 268_000
"""Metres: easting becomes MIRROR_EAST - easting, northing becomes northing + MOVED_NORTH."""

CRIMES_A_YEAR = 350_000
MONTHS = pl.date_range(date(2019, 4, 1), date(2022, 11, 1), "1mo", eager=True).to_list()
GROUPS = {
    "burglary": "Burglary", "robbery": "Robbery", "vehicle": "Vehicle crime", "theft-person": "Theft from the person",
    "shoplifting": "Shoplifting", "bicycle": "Bicycle theft", "other-theft": "Other theft",
    "violence": "Violence and sexual offences", "damage": "Criminal damage and arson", "drugs": "Drugs",
    "public-order": "Public order", "weapons": "Possession of weapons", "other": "Other crime",
}  # fmt: skip
"""The demo's groups and the categories of data.police.uk that give them their pattern of months and places."""
_OF_CODE = {"39": "theft-person", "46": "shoplifting", "44": "bicycle", "45": "vehicle", "48": "vehicle", "37.2": "vehicle",
            "126": "vehicle", "34A": "robbery", "34B": "robbery"}  # fmt: skip
_OF_GROUP = {
    "Violence against the person": "violence", "Sexual offences": "violence", "Criminal damage and arson": "damage",
    "Drug offences": "drugs", "Public order offences": "public-order", "Possession of weapons offences": "weapons",
    "Theft offences": "other-theft",
}  # fmt: skip


def main() -> None:
    """Write the package data of `fourfold.demo`."""
    OUT.mkdir(parents=True, exist_ok=True)
    areas = shapes()
    codes = {real: code for layer, real, code in areas.select("layer", "real", "code").iter_rows()}
    areas.drop("real").write_parquet(OUT / "areas.parquet", compression="zstd", compression_level=19, statistics=False)
    concentration(codes).write_parquet(
        OUT / "concentration.parquet", compression="zstd", compression_level=19, statistics=False
    )
    populations(codes).write_parquet(
        OUT / "populations.parquet", compression="zstd", compression_level=19, statistics=False
    )
    volumes().write_csv(OUT / "volumes.csv")


def shapes() -> pl.DataFrame:
    """Small areas of 2021, and those of 2011 that were recast or are drawn otherwise: each one ring, kept as steps."""
    geography = OPEN_DATA / "geography"
    councils = {code: f"E08000{901 + at}" for at, code in enumerate(sorted(COUNCILS))}
    lsoa21 = _features(geography / "lsoa21_west_midlands_pfa.geojson", "lsoa21")
    lsoa11 = _features(geography / "lsoa11_west_midlands_pfa.geojson", "lsoa11")
    new = {code: f"E01{90001 + at:06d}" for at, code in enumerate(sorted(lsoa21))}
    old = {c: f"E01{98001 + at:06d}" for at, c in enumerate(sorted(set(lsoa11) - set(lsoa21)))}
    drawn_otherwise = {c: new[c] for c in set(lsoa11) & set(lsoa21) if _differ(lsoa11[c][1], lsoa21[c][1])}
    lookup = pl.read_csv(geography / "lookup_lsoa11_lsoa21_ltla22_wm_and_neighbours.csv", infer_schema_length=0)
    heir = dict(lookup.select("lsoa11_code", "lsoa21_code").iter_rows())
    real_wards = sorted({properties["ward24_code"] for properties, _ in lsoa21.values()})
    names = ward_names(len(real_wards))
    wards = {real: (f"E05{90001 + at:06d}", names[at]) for at, real in enumerate(real_wards)}
    rows = []
    for layer, found, coded in (("lsoa21", lsoa21, new), ("lsoa11", lsoa11, {**old, **drawn_otherwise})):
        for real, code in sorted(coded.items()):
            properties, shape = found[real]
            council = properties.get("ltla24_code") or properties["ltla21_code"]
            ward = properties.get("ward24_code")
            ring = np.asarray(shape.exterior.coords).round().astype(np.int32)[:-1]
            steps = np.diff(ring, axis=0)
            rows.append(
                {
                    "layer": layer, "real": real, "code": code,
                    "name": f"{COUNCILS[council]} {properties[f'{layer}_name'].split()[-1]}",
                    "ltla24_code": councils[council], "ltla24_name": COUNCILS[council],
                    "ward24_code": wards[ward][0] if ward else None, "ward24_name": wards[ward][1] if ward else None,
                    "heir": new[heir[real]] if layer == "lsoa11" else None,
                    "east": int(ring[0, 0]), "north": int(ring[0, 1]),
                    "east_steps": steps[:, 0].tolist(), "north_steps": steps[:, 1].tolist(),
                }
            )  # fmt: skip
    return pl.DataFrame(
        rows,
        schema_overrides={
            "east_steps": pl.List(pl.Int16),
            "north_steps": pl.List(pl.Int16),
            "east": pl.Int32,
            "north": pl.Int32,
        },
        infer_schema_length=None,
    )


def _features(path: Path, layer: str) -> dict[str, tuple[dict[str, str], shapely.Polygon]]:
    found = {}
    for feature in json.loads(path.read_text())["features"]:
        shape = shapely.transform(shapely.from_geojson(json.dumps(feature["geometry"])), _moved)
        assert shape.geom_type == "Polygon"
        assert not shape.interiors
        found[feature["properties"][f"{layer}_code"]] = (feature["properties"], shape)
    return found


def _differ(one: shapely.Polygon, other: shapely.Polygon) -> bool:
    return bool(shapely.area(shapely.symmetric_difference(one, other)) > 1)


def _moved(vertices: np.ndarray) -> np.ndarray:
    easting, northing = to_national_grid(vertices[:, 0], vertices[:, 1])
    return np.column_stack((MIRROR_EAST - easting, northing + MOVED_NORTH))


def concentration(codes: dict[str, str]) -> pl.DataFrame:
    """How a group's crimes lie across the small areas of 2021, in shares of 100,000, drawn in towards the population."""
    boundaries = Boundaries(_boundary_rows())
    street = OPEN_DATA / "street" / "west-midlands"
    api = pl.read_csv(street / "2018-06-west-midlands-api.csv.gz", infer_schema_length=0)
    parts = [
        api.filter(pl.col("location_type") == "Force").select(
            pl.col("crime_type").alias("category"), pl.col("longitude", "latitude").cast(pl.Float64)
        )
    ]
    for month in ("2014-01", "2014-02"):
        rows = pl.read_csv(street / f"{month}-west-midlands-street.csv.gz", infer_schema_length=0)
        parts.append(
            rows.select(
                pl.col("Crime type").alias("category"),
                pl.col("Longitude", "Latitude").cast(pl.Float64).name.to_lowercase(),
            )
        )
    crimes = pl.concat(parts).drop_nulls()
    easting, northing = to_national_grid(crimes["longitude"].to_numpy(), crimes["latitude"].to_numpy())
    crimes = crimes.with_columns(boundaries.placed("lsoa21", easting, northing).alias("real")).drop_nulls("real")
    small = sorted(code for code in boundaries.council_of("lsoa21"))
    found = {"lsoa21_code": [codes[c] for c in small]}
    for group, category in GROUPS.items():
        counted = dict(crimes.filter(pl.col("category") == category)["real"].value_counts().iter_rows())
        n = np.array([counted.get(c, 0) for c in small], dtype=float)
        mean = n.mean()
        # Gamma-Poisson: how far an area's count is trusted follows from how far the counts differ beyond chance.
        spread = max(n.var() - mean, 0.1 * mean) / mean**2
        drawn = (n + 1 / spread) / (mean + 1 / spread)
        found[group] = (100_000 * drawn / drawn.sum()).round().astype(int)
    return pl.DataFrame(found).with_columns(pl.exclude("lsoa21_code").cast(pl.UInt16))


def _boundary_rows() -> pl.DataFrame:
    rows = []
    for feature in json.loads((OPEN_DATA / "geography" / "lsoa21_west_midlands_pfa.geojson").read_text())["features"]:
        shape = shapely.transform(shapely.from_geojson(json.dumps(feature["geometry"])), _in_grid)
        code, council = feature["properties"]["lsoa21_code"], feature["properties"]["ltla24_code"]
        rows.append(
            {"layer": "lsoa21", "code": code, "name": code, "ltla24_code": council, "wkb": shapely.to_wkb(shape)}
        )
    return pl.DataFrame(rows)


def _in_grid(vertices: np.ndarray) -> np.ndarray:
    return np.column_stack(to_national_grid(vertices[:, 0], vertices[:, 1]))


def populations(codes: dict[str, str]) -> pl.DataFrame:
    """Residents of each small area of 2011 in ten-year bands, each moved by up to a tenth."""
    rng = np.random.default_rng(20)
    path = OPEN_DATA / "demography" / "population_mid2020_by_single_year_age_lsoa11.csv.gz"
    table = pl.read_csv(path).filter(pl.col("lsoa11_code").is_in(list(codes))).sort("lsoa11_code")
    found = {"lsoa11_code": [codes[c] for c in table["lsoa11_code"]]}
    for first in range(0, 100, 10):
        ages = [
            a
            for a in (*map(str, range(first, min(first + 10, 90))), "90+")
            if a in table.columns and (a != "90+" or first == 90)
        ]
        n = table.select(pl.sum_horizontal(ages)).to_series().to_numpy()
        found[f"from_{first}"] = (n * rng.uniform(0.9, 1.1, n.shape)).round().astype(int)
    return pl.DataFrame(found).with_columns(pl.exclude("lsoa11_code").cast(pl.UInt16))


def volumes() -> pl.DataFrame:
    """Crimes of each offence code expected in each month at scale 1: a column a month."""
    levels = _levels()
    shape = _months_of_leicestershire()
    rows = []
    for code, by_year in levels.items():
        pattern = np.array(shape[group_of(code)])
        # The pattern of months, tilted so that each April to June comes to the year's level.
        middle = np.array([12 * at + 1 for at in range(4)], dtype=float)
        sums = np.array([pattern[12 * at : 12 * at + 3].sum() for at in range(4)])
        tilt = np.interp(np.arange(len(MONTHS)), middle, np.array(by_year) / sums)
        rows.append([code, group_of(code), *(pattern * tilt)])
    total = sum(sum(row[2:]) for row in rows) / (len(MONTHS) / 12)
    body = [[row[0], row[1], *(round(v * CRIMES_A_YEAR / total, 1) for v in row[2:])] for row in rows]
    columns = ["code", "group", *(f"{m:%Y-%m}" for m in MONTHS)]
    return pl.DataFrame(body, schema=columns, orient="row", infer_schema_length=None)


def group_of(code: str) -> str:
    """The demo's group of an offence code."""
    found = offence(code)
    assert found is not None
    if code in _OF_CODE:
        return _OF_CODE[code]
    if "burglary" in found.subgroup.lower() or "burglary" in found.title.lower():
        return "burglary"
    return _OF_GROUP.get(found.group, "other")


def _levels() -> dict[str, list[float]]:
    """What West Midlands recorded by code in April to June of 2019/20 to 2022/23, small numbers rounded to fives."""
    path = OPEN_DATA / "home_office" / "home_office_prc_pfa_Q1-only_2012-13_to_2023-24_all_forces.csv.gz"
    table = pl.read_csv(path, infer_schema_length=0, encoding="utf8-lossy").filter(
        pl.col("FORCE_NAME").str.to_lowercase() == "west midlands"
    )
    found: dict[str, list[float]] = {}
    for at, year in enumerate(("2019/20", "2020/21", "2021/22", "2022/23")):
        for code, n in table.filter(pl.col("YEAR") == year).select("OFFENCE_CODE", "NUMBER_OF_OFFENCES").iter_rows():
            listed = offence(code)
            if listed is None or "/" in code or listed.group.startswith("Fraud"):
                continue
            if listed.valid_to is not None or (listed.valid_from and listed.valid_from > date(2022, 11, 30)):
                continue
            found.setdefault(code, [0.0] * 4)[at] += float(n.replace(",", ""))
    return {c: [max(5 * round(v / 5), 1) for v in vs] for c, vs in sorted(found.items()) if sum(vs) >= 8}


def _months_of_leicestershire() -> dict[str, list[float]]:
    """Leicestershire's monthly counts by group from December 2019 to October 2022, carried to the months at either end."""
    held = {}
    for path in sorted((OPEN_DATA / "street" / "leicestershire").glob("*-street.csv.gz")):
        rows = pl.read_csv(path, infer_schema_length=0)
        held[path.name[:7]] = dict(rows["Crime type"].value_counts().iter_rows())
    found = {}
    for group, category in GROUPS.items():
        series = {month: float(counted.get(category, 0)) for month, counted in held.items()}
        for month in range(4, 11):  # before the first month held: the same month of 2022
            series[f"2019-{month:02d}"] = series[f"2022-{month:02d}"]
        series["2019-11"] = series["2021-11"]
        series["2022-11"] = series["2022-10"] * series["2021-11"] / series["2021-10"]
        found[group] = [max(series[f"{m:%Y-%m}"], 1.0) for m in MONTHS]
    return found


if __name__ == "__main__":
    main()
