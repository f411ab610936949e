"""Dismantling: places where stolen vehicles may be taken apart, as candidates for a person to judge.

Where parts of vehicles are recovered again and again within a few steps of one another, from more than one crime, somebody should
look. Nothing more is said: a candidate is no accusation, and a scrap dealer who hands in what he was offered is one too. Beside
each stand the vehicles found close by, and the crimes recorded close by at industrial premises, in the force's own words.

Property of every kind is recovered in clusters: at a police station's door, in a river. So the size of each cluster is set against
what the same number of things drawn from all property recovered would make; p is the share of seeded draws with a cluster as large.

Source: permutations: Phipson and Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

import fourfold
from fourfold.analysis.findings import Definition, Finding, Method, Table
from fourfold.analysis.vehicles import taken_vehicles
from fourfold.analysis.volumes import Scope
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records, stands_as_crime

Points = npt.NDArray[np.float64]

PARTS = ("vehicle_parts", "catalytic_converter", "number_plates", "engine", "wheels", "airbag")
"""Kinds of property that are parts of vehicles, where a force does not name its own words."""
INDUSTRIAL = (
    "industrial",
    "industrial_estate",
    "industrial_unit",
    "warehouse",
    "garage",
    "yard",
    "scrapyard",
    "workshop",
)
"""Kinds of place that are industrial premises, likewise."""
METRES, LEAST, DRAWS = 150.0, 3, 199

_METHOD = Method(
    name="dismantling places",
    text="Recovered parts of vehicles within reach of one another, from two crimes or more, against as many things drawn from all "
    "property recovered. Candidates for a person to judge.",
    source="Phipson and Smyth 2010.",
)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A place to look at: its middle in metres of the National Grid to the nearest 10, and what speaks for it."""

    easting: int
    northing: int
    parts: int
    crimes: int
    vehicles_found: int
    industrial_crimes: int
    first: date
    last: date
    p: float | None


def dismantling_places(
    records: Records, scope: Scope, window: Window, *, metres: float = METRES, least: int = LEAST, parts: Sequence[str] = PARTS,
    industrial: Sequence[str] = INDUSTRIAL, draws: int = DRAWS, seed: int = 20221020,
) -> tuple[Finding, tuple[Candidate, ...]]:  # fmt: skip
    """How many candidates there are, as a Finding without a place (kind "dismantling places"), and the candidates, largest first.

    The Finding's columns: parts (in the candidate), candidates. Raises NothingHeld where no recovered property has a point, and
    RequestInvalid for a reach or a size that is none.
    """
    if metres <= 0 or least < 2 or draws < 19:
        raise RequestInvalid(
            "There is no such reach or size.", remedy="Give metres above nought, 2 parts or more, 19 draws or more."
        )
    things, batches, sources, unplaced = _recovered(records, scope, window)
    if not things.height:
        raise NothingHeld(
            "No recovered property with a point is held for that window.",
            remedy="Have easting and northing put into the extract of property, or ask for another window.",
        )
    is_part = things["kind"].str.strip_chars().str.to_lowercase().is_in(list(parts)).fill_null(False).to_numpy()
    where = things.select("easting", "northing").to_numpy().astype(float)
    own = things.filter(pl.Series(is_part))
    by_chance = _largest_by_chance(where, int(is_part.sum()), metres, draws, seed)
    found_at = _vehicles_found(records, scope, window)
    premises = _at_premises(records, scope, window, industrial)
    candidates = []
    for members in _clusters(where[is_part], metres):
        rows = own[members.tolist()]
        if len(members) < least or rows["crime_ref"].n_unique() < 2:
            continue
        points = where[is_part][members]
        middle = points.mean(axis=0)
        is_all_parts = int(is_part.sum()) == len(is_part)
        candidates.append(Candidate(
            easting=round(middle[0] / 10) * 10, northing=round(middle[1] / 10) * 10, parts=len(members),
            crimes=rows["crime_ref"].n_unique(), vehicles_found=_near(found_at, points, metres),
            industrial_crimes=_near(premises, points, metres), first=rows["day"].min(), last=rows["day"].max(),
            p=None if is_all_parts else float((1 + (by_chance >= len(members)).sum()) / (1 + draws)),
        ))  # fmt: skip
    candidates.sort(key=lambda one: (-one.parts, one.easting, one.northing))
    sizes = sorted({one.parts for one in candidates}, reverse=True)
    finding = Finding(
        kind="dismantling places", title="Candidate places of dismantling", value=len(candidates), unit="places",
        n=int(is_part.sum()),
        windows=(window,), area=scope.title, method=_METHOD, as_at=records.as_at, batches=batches, code_version=fourfold.__version__,
        seed=seed, sources=sources,
        definition=Definition(
            name="dismantling_candidate", version="1", title="Candidate place of dismantling",
            text=f"Where {least} parts of vehicles or more, of two crimes or more, were recovered within {metres:g} m of another.",
        ),
        table=Table(columns=("parts", "candidates"), rows=tuple((n, sum(c.parts == n for c in candidates)) for n in sizes)),
        parameters={"metres": metres, "least": least, "kinds of parts": list(parts), "draws": draws, "without a point": unplaced},
        notes=(f"Recovered without a point, and not looked at: {unplaced:,}.", "A candidate is for a person to judge."),
    )  # fmt: skip
    return finding, tuple(candidates)


def _recovered(
    records: Records, scope: Scope, window: Window
) -> tuple[pl.DataFrame, tuple[str, ...], tuple[str, ...], int]:
    """Property recovered in a window with a point, in crimes that stand: kind, crime_ref, easting, northing, day."""
    rows = records.table("property")
    held = rows.collect_schema().names()
    batches = [b for b in records.batches_of("property") if scope.force_id in b.coverage]
    if not {"easting", "northing", "changed_at"} <= set(held):
        return pl.DataFrame(), (), (), 0
    day = pl.col("changed_at").dt.convert_time_zone("Europe/London").dt.date()
    crimes = (
        records.rows("crimes", force_id=scope.force_id)
        .filter(stands_as_crime(records.as_at))
        .select("crime_ref")
        .unique()
    )
    native: pl.LazyFrame = crimes.to_native()
    found = (
        rows.filter((pl.col("force_id") == scope.force_id) & (pl.col("change") == "recovered"))
        .select("kind", "crime_ref", "easting", "northing", day=day)
        .filter(pl.col("day").is_between(window.first, window.last))
        .join(native, on="crime_ref", how="semi")
        .sort("day", "crime_ref", "easting", "northing", "kind")
        .collect()
    )
    placed = found.drop_nulls(["easting", "northing"])
    return (
        placed,
        tuple(b.batch_id for b in batches),
        tuple(dict.fromkeys(b.source for b in batches)),
        found.height - placed.height,
    )


def _clusters(points: Points, metres: float) -> list[npt.NDArray[np.int_]]:
    """The members of each group of points linked within reach of one another, at once or through others."""
    if not len(points):
        return []
    pairs = cKDTree(points).query_pairs(metres, output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points)))
    _, group = connected_components(graph, directed=False)
    return [np.flatnonzero(group == one) for one in range(int(group.max()) + 1)]


def _largest_by_chance(points: Points, number: int, metres: float, draws: int, seed: int) -> npt.NDArray[np.int_]:
    """The size of the largest cluster of so many things drawn from all, draw by draw."""
    drawn = np.random.default_rng(seed)
    return np.array([
        max((len(one) for one in _clusters(points[drawn.choice(len(points), number, replace=False)], metres)), default=0)
        for _ in range(draws)
    ])  # fmt: skip


def _vehicles_found(records: Records, scope: Scope, window: Window) -> Points:
    try:
        taken = taken_vehicles(records, Scope(force_id=scope.force_id))
    except NothingHeld:
        return np.zeros((0, 2))
    own = taken.vehicles.filter(pl.col("found_on").is_between(window.first, window.last))
    return own.drop_nulls(["found_east", "found_north"]).select("found_east", "found_north").to_numpy().astype(float)


def _at_premises(records: Records, scope: Scope, window: Window, words: Sequence[str]) -> Points:
    """The points of crimes recorded in the window at industrial premises."""
    rows = records.rows("crimes", force_id=scope.force_id).filter(stands_as_crime(records.as_at))
    if not {"location_type", "easting", "northing"} <= set(rows.collect_schema().names()):
        return np.zeros((0, 2))
    native: pl.LazyFrame = rows.filter(nw.col("force_id") == scope.force_id).to_native()
    own = native.filter(
        pl.col("recorded_on").is_between(window.first, window.last)
        & pl.col("location_type").str.strip_chars().str.to_lowercase().is_in(list(words))
    )
    return own.select("easting", "northing").drop_nulls().collect().to_numpy().astype(float)


def _near(others: Points, points: Points, metres: float) -> int:
    """How many of some points lie within reach of any of these."""
    if not len(others):
        return 0
    away, _ = cKDTree(points).query(others)
    return int((away <= metres).sum())
