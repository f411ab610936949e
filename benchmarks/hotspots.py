"""Maps on squares: how fast, and how well the forecast tells where crime came: `python benchmarks/hotspots.py [...]`.

Speed, on events drawn here: a map of 90,000 squares from 100,000 events, Gi* on it, a year of daily maps by three models; beside
esda and libpysal where they are installed (they are no dependency). Skill: with `--new-york FILE` (vehicle thefts with
date_single, longitude and latitude) or `--chicago FILE` (burglaries with x, y and date_single), a weekly rolling origin over the
last year of the list, which took no part in choosing the method; `--nulls N` counts how often N lists in which no place is hotter
are called ahead. Writes benchmarks/results/hotspots.json, in which the parts that are not asked for stay.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import this_machine
from fourfold.analysis import backtests, lattices
from fourfold.analysis.backtests import FORECAST
from fourfold.records.points import Points, day_number

RESULTS = ROOT / "benchmarks" / "results" / "hotspots.json"
AREA, CELL = 30_000, 100.0


def drawn_events(number: int, days: int, seed: int = 1) -> Points:
    """Events on 30 km by 30 km: four in five about one of 300 places, the rest anywhere."""
    drawn = np.random.default_rng(seed)
    places = drawn.uniform(0, AREA, (300, 2))
    where = places[drawn.integers(0, 300, number)] + drawn.normal(0, 400, (number, 2))
    lone = drawn.random(number) < 0.2
    where[lone] = drawn.uniform(0, AREA, (int(lone.sum()), 2))
    where = np.clip(where, 0, AREA - 0.01)
    return listed(where[:, 0], where[:, 1], np.sort(drawn.integers(0, days, number)))


def listed(x: np.ndarray, y: np.ndarray, day: np.ndarray, title: str = "drawn events") -> Points:
    return Points(
        title=title, area="as listed", grid="a plane in metres", as_at=datetime(2026, 1, 1, tzinfo=UTC), batches=(), sources=(),
        x=np.asarray(x, float), y=np.asarray(y, float), day=np.asarray(day, np.int32), stratum=np.zeros(len(x), np.int32),
        refs=("",) * len(x),
    )  # fmt: skip


def best_of(times: int, work: Callable[[], Any]) -> dict[str, float]:
    """Of some runs the quickest by the clock, and by the processor, which others' work on the machine holds up less."""
    wall, processor = [], []
    for _ in range(times):
        start, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    return {"seconds": min(wall), "seconds of the processor": min(processor)}


def speed() -> dict[str, Any]:
    """Seconds for one map, for Gi* and for a year of daily maps, warm: the first of many runs compiles."""
    points = drawn_events(100_000, 730)
    lattice = lattices.Lattice(west=0, south=0, cell=CELL, rows=300, columns=300)
    counts = lattice.counts(points.x, points.y)
    found = {
        "squares": 90_000, "events": 100_000,
        "kernel map": best_of(30, lambda: lattices.kernel_density(lattice.counts(points.x, points.y), 400, CELL)),
        "prospective map": best_of(
            30, lambda: lattices.prospective(points, lattice, 730, bandwidth=400, half_life=60)
        ),
        "Gi*": best_of(30, lambda: lattices.gi_star(counts)),
        "hot squares, exact chances": best_of(
            3, lambda: lattices.hot(lattices.chance_of_so_many(counts, np.ones(counts.shape, bool)), counts >= 0)
        ),
    }  # fmt: skip
    many = drawn_events(200_000, 730)
    found["365 days, three models, 200,000 events"] = best_of(1, lambda: year_of_days(many, lattice))
    return {**found, **peers(counts)}


def year_of_days(points: Points, lattice: lattices.Lattice) -> dict[str, float]:
    """A year of daily maps: counts of twelve months spread, a month spread and fading, and counts fading; scored at 1 and 5%."""
    origins = range(365, 730)
    models = {
        "kernel density of 12 months": (lattices.running_counts(points, lattice, origins, days=365), 400.0),
        "prospective": (lattices.running_counts(points, lattice, origins, half_life=14), 400.0),
        "fading counts": (lattices.running_counts(points, lattice, origins, half_life=60), 0.0),
    }
    came = {
        origin: lattice.counts(*(v[points.day == origin] for v in (points.x, points.y))).ravel() for origin in origins
    }
    pai: dict[str, list[float]] = {name: [] for name in models}
    for name, (maps, bandwidth) in models.items():
        for origin, counts in zip(origins, maps, strict=True):
            drawn = lattices.kernel_density(counts, bandwidth, CELL) if bandwidth else counts
            scores = lattices.scored(drawn.ravel(), came[origin], (0.01, 0.05))
            pai[name].append(float(scores[0].pai or 0))
    return {name: float(np.mean(some)) for name, some in pai.items()}


def peers(counts: np.ndarray) -> dict[str, Any]:
    """esda's Gi* on the same map, and by how much it differs; nothing where it is not installed."""
    try:
        import esda
        from libpysal.weights import lat2W
        from libpysal.weights.util import fill_diagonal
    except ImportError:
        return {"esda": "not installed"}
    start = time.perf_counter()
    weights = fill_diagonal(lat2W(*counts.shape, rook=False), 1.0)
    weights.transform = "B"
    theirs = esda.G_Local(counts.ravel(), weights, transform="B", permutations=0, star=True).Zs
    took = time.perf_counter() - start
    apart = float(np.abs(theirs.reshape(counts.shape) - lattices.gi_star(counts)).max())
    return {"esda": esda.__version__, "esda Gi*, seconds": took, "largest difference from esda": apart}


def new_york(path: Path) -> Points:
    """Degrees laid flat about 40.7 degrees north: within a few parts in a thousand over the city."""
    rows = pl.read_csv(path)
    metres = np.pi / 180 * 6_371_008.8
    x = (rows["longitude"].to_numpy() + 73.9) * metres * np.cos(np.radians(40.7)) + 500_000
    y = (rows["latitude"].to_numpy() - 40) * metres + 100_000
    day = rows["date_single"].str.slice(0, 10).str.to_date().cast(pl.Int32).to_numpy()
    return listed(x, y, day, "vehicle thefts, New York")


def chicago(path: Path) -> Points:
    rows = pl.read_csv(path)
    day = rows["date_single"].str.to_date("%d/%m/%Y").cast(pl.Int32).to_numpy()
    return listed(rows["x"].to_numpy(), rows["y"].to_numpy(), day, "residential burglaries, Chicago")


def skill(points: Points, until: date, *, horizon: int, cell: float, origins: int) -> dict[str, Any]:
    """The rolling backtest of a list's last year, as rows."""
    last = day_number(until) + 1
    start = time.perf_counter()
    found = backtests.backtest(points, backtests.origins_until(last - horizon, origins), horizon, cell)
    rows = [
        {
            "map": name, "share of area": share, "mean PAI": found.mean_pai(name, at), "mean PEI": found.mean_pei(name, at),
            "hit rate": float(sum(s.hits for s in found.scores[row][at]) / sum(s.events for s in found.scores[row][at])),
            "forecast ahead by, with 95% limits": None if name == FORECAST else found.ahead(name, at),
        }
        for row, name in enumerate(found.names)
        for at, share in enumerate(lattices.SHARES)
    ]  # fmt: skip
    covered = found.coverage
    return {
        "events": int(sum(one.events for one in found.scores[0][0])), "origins": origins, "horizon in days": horizon,
        "metres": cell, "squares": found.squares, "map to be shown": found.shown, "best plain map": found.best_plain, "rows": rows,
        "within 90% limits": {
            name: [within, judged, within / judged]
            for name, (within, judged) in (
                ("squares with 0.1 or more expected", covered.squares), ("blocks of 2 km with 1 or more", covered.neighbourhoods),
                ("flagged sets", covered.flagged), ("all together", covered.total),
            )
            if judged
        },
        "expected and came in all": [float(found.expected.sum()), int(found.came.sum())],
        "seconds": time.perf_counter() - start,
    }  # fmt: skip


def nulls(number: int) -> dict[str, Any]:
    """How often lists in which no place is hotter are called ahead, or hot."""
    ahead = hot = 0
    for seed in range(number):
        drawn = np.random.default_rng(seed)
        points = listed(*drawn.uniform(0, 2_000, (2, 900)), drawn.integers(0, 200, 900))
        days = backtests.origins_until(190, 10)
        ahead += backtests.backtest(points, days, 7, 200, boosting=False).shown == FORECAST
        lattice = lattices.lattice_of(points, 200)
        inside = np.ones(lattice.shape, bool)
        counts = lattice.counts(points.x, points.y)
        hot += bool(lattices.hot(lattices.chance_of_so_many(counts, inside), inside).any())
    return {"lists": number, "forecast called ahead": ahead / number, "any square called hot": hot / number}


def main(arguments: Sequence[str] | None = None) -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--new-york", type=Path)
    asked.add_argument("--chicago", type=Path)
    asked.add_argument("--cells", type=float, nargs="+", default=[250.0])
    asked.add_argument("--horizons", type=int, nargs="+", default=[7, 28])
    asked.add_argument("--nulls", type=int, default=0)
    asked.add_argument("--no-speed", action="store_true")
    given = asked.parse_args(arguments)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not given.no_speed:
        results["speed"] = {**this_machine(), **speed()}
    for name, path, read in (("New York", given.new_york, new_york), ("Chicago", given.chicago, chicago)):
        for cell in given.cells if path else ():
            for horizon in given.horizons:
                found = skill(
                    read(path), date(2016, 12, 31), horizon=horizon, cell=cell, origins=52 if horizon <= 7 else 49
                )
                results.setdefault("skill", {})[f"{name}, {cell:g} m, {horizon} days"] = found
                RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    if given.nulls:
        results["nulls"] = nulls(given.nulls)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps({k: v for k, v in results.items() if k != "skill"}, indent=2))


if __name__ == "__main__":
    main()
