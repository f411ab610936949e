"""Near repeats by bands: how fast, and in how much memory: `python benchmarks/near_repeats.py [--peers]`.

Events drawn here: 30 km by 30 km, clustered, with 15 in 100 that repeat another within some 120 m and a week. Twenty bands (five
of metres, four of days), 999 shuffles, warm; screening by exact mean and variance. Each size runs in a process of its own, so that
its memory is its own. With `--peers`, pointpats' Knox test of one band runs beside, where it is installed (it is no dependency).
Writes benchmarks/results/near_repeats.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import this_machine
from fourfold.analysis.near_repeats import Bands, knox, screened
from fourfold.records.points import Points

SIZES = (1_000, 10_000, 100_000)
SHUFFLES = 999


def drawn_events(number: int, seed: int = 1) -> Points:
    """Events of two years: a fifth anywhere, the rest about 500 places, 15 in 100 near and soon after another."""
    drawn = np.random.default_rng(seed)
    where = drawn.uniform(0, 30_000, (500, 2))[drawn.integers(0, 500, number)] + drawn.normal(0, 500, (number, 2))
    lone = drawn.random(number) < 0.2
    where[lone] = drawn.uniform(0, 30_000, (int(lone.sum()), 2))
    day = drawn.integers(0, 730, number)
    repeat = np.flatnonzero(drawn.random(number) < 0.15)
    parent = drawn.integers(0, number, len(repeat))
    turned = drawn.uniform(0, 2 * np.pi, len(repeat))
    far = drawn.exponential(120, len(repeat))
    where[repeat] = where[parent] + np.column_stack((np.cos(turned), np.sin(turned))) * far[:, None]
    day[repeat] = np.minimum(day[parent] + drawn.exponential(7, len(repeat)).astype(int), 729)
    return Points(
        title="drawn events", area="as drawn", grid="a plane in metres", as_at=datetime(2026, 1, 1, tzinfo=UTC), batches=(),
        sources=(), x=where[:, 0], y=where[:, 1], day=day.astype(np.int32), stratum=np.zeros(number, np.int32),
        refs=("",) * number,
    )  # fmt: skip


def measured(number: int) -> dict[str, Any]:
    """Seconds, the best of some runs, of the test and of screening, and the most memory held."""
    points, bands = drawn_events(number), Bands()
    knox(drawn_events(500), bands, permutations=SHUFFLES)  # compiles, or loads what was compiled
    screened(drawn_events(500), bands)
    took: dict[str, list[float]] = {}
    works = {"screening": lambda: screened(points, bands), "test": lambda: knox(points, bands, permutations=SHUFFLES)}
    for name, work in [*works.items()] * (3 if number > SIZES[1] else 15):
        start, used = time.perf_counter(), time.process_time()
        work()
        took.setdefault(f"{name}, seconds", []).append(time.perf_counter() - start)
        took.setdefault(f"{name}, seconds of all processors", []).append(time.process_time() - used)
    return {
        "events": number, "bands": 20, "shuffles": SHUFFLES, **{name: min(some) for name, some in took.items()},
        "most memory, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip


def peer(number: int) -> dict[str, Any]:
    """pointpats' Knox test of one band with as many shuffles, or that it is not installed."""
    try:
        from pointpats import Knox
    except ImportError:
        return {"pointpats": "not installed"}
    points = drawn_events(number)
    start = time.perf_counter()
    Knox(np.column_stack((points.x, points.y)), points.day[:, None], 200, 7, permutations=SHUFFLES)
    return {"events": number, "pointpats, one band, seconds": time.perf_counter() - start}


def main() -> None:
    """Measure each size apart and write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--one", type=int)
    asked.add_argument("--peers", action="store_true")
    given = asked.parse_args()
    if given.one:
        print(json.dumps(measured(given.one)))
        return
    rows = []
    for number in SIZES:
        ran = subprocess.run(
            [sys.executable, __file__, "--one", str(number)], capture_output=True, text=True, check=True
        )  # fmt: skip
        rows.append(json.loads(ran.stdout))
        print(rows[-1])
    found: dict[str, Any] = {"command": "python benchmarks/near_repeats.py", **this_machine(), "sizes": rows}
    if given.peers:
        found["peers"] = [peer(number) for number in SIZES[:2]]
    (ROOT / "benchmarks" / "results" / "near_repeats.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
