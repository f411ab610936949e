"""Made records for the benchmarks: a national year of street files, and lakes of many rows. Nothing in them is real."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.codes import areas, police_uk
from fourfold.codes.measures import Measure, measure
from fourfold.records.lake import Lake, columns_of, write_json, write_part

Ints = npt.NDArray[np.int64]

SMALL_AREAS = 35_000
SNAP_POINTS = 20
"""A small area; police.uk has some 750,000 in England and Wales."""
SHARES_WITHOUT_A_PLACE = 0.02
_HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code", "LSOA name",
    "Crime type", "Last outcome category", "Context",
)  # fmt: skip
_OUTCOMES = (
    "Investigation complete; no suspect identified", "Unable to prosecute suspect", "Under investigation",
    "Awaiting court outcome", "Offender given a caution", "Local resolution",
)  # fmt: skip


def territorial() -> list[areas.Force]:
    """The forces of England and Wales that have councils."""
    return [
        f for f in areas.forces() if f.kind == "territorial" and f.status != "fictitious" and areas.councils_of(f.id)
    ]


class Country:
    """Small areas in a lattice over England, each of a council, with their snap points."""

    def __init__(self, seed: int = 1) -> None:
        self.drawn = np.random.default_rng(seed)
        councils = [council for force in territorial() for council in areas.councils_of(force.id)]
        across = int(np.ceil(np.sqrt(SMALL_AREAS)))
        at = np.arange(SMALL_AREAS)
        self.width, self.height = 4.5 / across, 4.0 / across
        self.west, self.south = -3.5 + (at % across) * self.width, 50.8 + (at // across) * self.height
        self.council = np.array(councils)[at * len(councils) // SMALL_AREAS]
        self.code = np.array([f"E0{1_000_000 + n}" for n in at])
        inside = self.drawn.uniform(0.02, 0.98, (2, SMALL_AREAS, SNAP_POINTS))
        self.longitude = (self.west[:, None] + inside[0] * self.width).round(6)
        self.latitude = (self.south[:, None] + inside[1] * self.height).round(6)

    def boundaries(self, path: Path, layer: str) -> Path:
        """The small areas as GeoJSON, each with a dozen corners."""
        sides = np.linspace(0, 1, 4)[:-1]
        ring = np.array([*((s, 0) for s in sides), *((1, s) for s in sides), *((1 - s, 1) for s in sides),
                         *((0, 1 - s) for s in sides), (0, 0)])  # fmt: skip
        features = [
            {
                "type": "Feature",
                "properties": {f"{layer}_code": code, f"{layer}_name": f"Area {code}", "ltla24_code": council},
                "geometry": {"type": "Polygon", "coordinates": [(ring * [self.width, self.height] + corner).round(6).tolist()]},
            }
            for code, council, corner in zip(
                self.code, self.council, np.column_stack((self.west, self.south)), strict=True
            )
        ]  # fmt: skip
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return path

    def street_file(self, folder: Path, force: areas.Force, month: str, rows: int) -> Path:
        """One force's month, as police.uk publishes it."""
        own = np.flatnonzero(np.isin(self.council, areas.councils_of(force.id)))
        at, point = self.drawn.choice(own, rows), self.drawn.integers(0, SNAP_POINTS, rows)
        kinds = [c.title for c in police_uk.current_categories()]
        share = self.drawn.dirichlet(np.full(len(kinds), 4.0))
        kind = pl.Series(kinds).gather(self.drawn.choice(len(kinds), rows, p=share))
        has_place = self.drawn.random(rows) > SHARES_WITHOUT_A_PLACE
        digits = os.urandom(32 * rows).hex()
        is_crime = (kind != "Anti-social behaviour").to_numpy()
        lsoa = pl.Series(self.code).gather(at)
        frame = pl.DataFrame(
            {
                "Crime ID": [digits[64 * n : 64 * n + 64] if is_crime[n] else None for n in range(rows)],
                "Month": [month] * rows, "Reported by": [force.name] * rows, "Falls within": [force.name] * rows,
                "Longitude": self.longitude[at, point], "Latitude": self.latitude[at, point],
                "Location": pl.Series("Location", point).cast(pl.String).map_elements(lambda n: f"On or near Street {n}"),
                "LSOA code": lsoa, "LSOA name": "Area " + lsoa, "Crime type": kind,
                "Last outcome category": pl.Series(_OUTCOMES).gather(self.drawn.integers(0, len(_OUTCOMES), rows)),
                "Context": [None] * rows,
            }
        ).with_columns(
            pl.when(pl.Series(has_place)).then(c).alias(c) for c in ("Longitude", "Latitude", "LSOA code", "LSOA name")
        )  # fmt: skip
        path = folder / f"{month}-{force.id}-street.csv"
        frame.select(_HEADER).with_columns(pl.col("Longitude", "Latitude").round(6)).write_csv(path)
        return path


def national_year(folder: Path, rows: int) -> tuple[list[Path], list[Path]]:
    """Boundaries of both vintages, and `rows` rows in a file for each force and month, large forces more."""
    country = Country()
    boundaries = [country.boundaries(folder / f"{layer}_england.geojson", layer) for layer in ("lsoa11", "lsoa21")]
    forces = territorial()
    weight = np.array([np.isin(country.council, areas.councils_of(f.id)).sum() for f in forces], dtype=float)
    each = np.maximum((weight / weight.sum() * rows / 12).round().astype(int), 1)
    each[each.argmax()] += round(rows / 12) - each.sum()
    months = [f"2022-{month:02d}" for month in range(1, 13)]
    files = [country.street_file(folder, f, m, int(n)) for m in months for f, n in zip(forces, each, strict=True)]
    return boundaries, files


def sixteen_types() -> Measure:
    """A measure of sixteen of the categories that police.uk has had."""
    codes = tuple(c.id for c in police_uk.categories())[:16]
    return replace(measure("police_uk_categories"), id="sixteen_types", codes=codes, counted_from=None)


def months_from(first: int, n: int) -> list[date]:
    """So many months from January of a year on."""
    return [date(first + at // 12, at % 12 + 1, 1) for at in range(n)]


def cells_of_months(areas_held: int, kinds: int, months: int, mean: float, spread: float, seed: int = 1) -> Ints:
    """Counts by month, area and kind: small places and large, with a season, varying by `spread` times what chance would."""
    drawn = np.random.default_rng(seed)
    level = drawn.gamma(0.7, 1 / 0.7, (areas_held, kinds)) * mean
    season = 1 + 0.2 * np.cos(2 * np.pi * np.arange(months) / 12)
    expected = np.maximum(season[:, None, None] * level, 1e-9)
    return drawn.negative_binomial(expected / (spread - 1), 1 / spread)


def lake_of_a_force(home: Path, force_id: str, small: Sequence[str], cells: Ints, months: Sequence[date]) -> int:
    """A batch a month of street rows, written as an import writes them; how many rows. `small` are the areas' codes."""
    lake = Lake(home).prepared()
    boundaries = [b.batch_id for b in lake.batches() if "boundaries" in b.tables]
    codes, area = pl.Series(sixteen_types().codes), pl.Series(small)
    drawn = np.random.default_rng(2)
    for number, month in enumerate(months):
        at = drawn.permutation(np.repeat(np.arange(cells[number].size), cells[number].ravel()))
        place = area.gather(at // cells.shape[2])
        table = pl.DataFrame(
            {
                "line_number": np.arange(2, 2 + len(at)), "lsoa11_code": place, "lsoa21_code": place,
                "file_lsoa_code": place, "category": codes.gather(at % cells.shape[2]),
            }
        ).with_columns(
            batch_id=pl.lit(f"{number:016x}"), force_id=pl.lit(force_id), file_force_id=pl.lit(force_id),
            is_btp=pl.lit(False), is_repeated_id=pl.lit(False), recorded_on=pl.lit(month), recorded_month=pl.lit(month),
            date_precision=pl.lit("month"), place_status=pl.lit("placed"),
        )  # fmt: skip
        folder = lake.batches_folder / f"{number:016x}"
        folder.mkdir()
        write_part(columns_of("crimes", table), folder / "crimes.parquet")
        write_json(_manifest(folder.name, force_id, month, len(at), boundaries, number), folder / "manifest.json")
    return int(cells.sum())


def _manifest(
    name: str, force_id: str, month: date, rows: int, boundaries: list[str], number: int
) -> dict[str, object]:
    return {
        "batch_id": name, "file_name": f"{month:%Y-%m}-{force_id}-street.csv", "content_hash": name, "supplier": "police.uk",
        "dataset": "police.uk street", "stream": "police.uk street", "force_id": force_id, "forces": [force_id],
        "coverage": {force_id: [month.isoformat()]}, "encoding": "utf-8", "account": {}, "flags": {}, "unparsed": {},
        "tables": {"crimes": rows}, "mapping_version": "1", "code_lists": {}, "boundaries": boundaries,
        "committed_at": datetime(2023, 1, 1, number // 3600, number // 60 % 60, number % 60, tzinfo=UTC).isoformat(),
        "code_version": "0", "is_open": True, "source": "made for a benchmark", "notes": [],
    }  # fmt: skip
