"""How often the change test calls a change where nothing changed, and how often it finds a planted rise of 40%.

Windows are simulated from each real series' own season, level and dispersion, fitted on the months before the window.
The last table counts the alarms on the real months that were held back: they have no target, since what happened in
them is not known. Writes benchmarks/results/false_alarms.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fourfold.analysis import trends
from tests.analysis import test_trends as drills


def main() -> None:
    """Simulate, count, print and write."""
    drawn = np.random.default_rng(1)
    rows = []
    for name, counts in drills.leicestershire().items():
        mean, spread = drills.fitted(counts)
        row: dict[str, object] = {
            "category": name,
            "expected": round(mean[drills.HISTORY :].sum()),
            "dispersion": spread,
        }
        for simulated in (drills.poisson, drills.linear, drills.square):
            series = simulated(drawn, mean, spread)
            after = series[:, drills.HISTORY :].sum(axis=1)
            row[f"false alarms, {simulated.__name__}"] = float(drills.alarms(series, after).mean())
        series = drills.linear(drawn, mean, spread)
        risen = drills.linear(drawn, mean[drills.HISTORY :] * 1.4, spread).sum(axis=1)
        row["rises of 40% found"] = float(drills.alarms(series, risen).mean())
        held_back = counts[drills.HISTORY :].sum()
        before = counts[drills.HISTORY - 12 : drills.HISTORY - 5].sum()
        row["real window"] = trends.judged(
            int(before), int(held_back), drills.MONTHS, counts[: drills.HISTORY].astype(int)
        ).verdict
        rows.append(row)
        print(row)
    pooled = {
        key: float(np.mean([row[key] for row in rows]))  # each series has the same number of simulations
        for key in rows[0]
        if key.startswith("false")
    }
    alarms = sum(row["real window"] in ("rise", "fall") for row in rows)
    unjudged = sum(row["real window"] == "cannot judge" for row in rows)
    found = {
        "command": "python benchmarks/false_alarms.py", "simulations of each series": drills.SIMULATIONS, "series": rows,
        "pooled": pooled, "real alarms": alarms, "real windows": len(rows), "cannot judge": unjudged,
    }  # fmt: skip
    (ROOT / "benchmarks" / "results" / "false_alarms.json").write_text(json.dumps(found, indent=2) + "\n")
    print(pooled, f"real alarms {alarms} of {len(rows)}, cannot judge {unjudged}")


if __name__ == "__main__":
    main()
