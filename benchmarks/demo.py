"""What the fictitious force costs, in time and memory: written, brought in by the gate, and asked for one figure.

    python benchmarks/demo.py             at scale 0.02 and at 1.0: some six minutes, and six gigabytes of temporary files
    python benchmarks/demo.py 0.02        at one scale

Nothing asserts a time. Each step is a process of its own, so that its peak of memory is its own. Results stand in
benchmarks/results/demo.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


from machine import this_machine

RESULTS = Path(__file__).resolve().parent / "results" / "demo.json"
STEPS = {
    "written": "from fourfold.demo.force import written_force; from fourfold.demo.scenario import Scenario; "
    "written_force(Scenario(scale=float(sys.argv[2])), Path(sys.argv[1]) / 'made')",
    "brought in": "from fourfold import settings; from fourfold.records.imports import import_files; "
    "files = sorted((Path(sys.argv[1]) / 'made' / 'files').iterdir()); "
    "import_files(Path(sys.argv[1]) / 'home', files, clock=settings.now)",
    "one figure": "import fourfold; from fourfold.analysis import comparisons; from fourfold.analysis.volumes import Scope; "
    "from fourfold.codes.measures import measure; from fourfold.codes.periods import parse_window; from fourfold import settings; "
    "from fourfold.records.as_at import records_as_at; records = records_as_at(Path(sys.argv[1]) / 'home', settings.now()); "
    "comparisons.compared(records, measure('residential_burglary'), Scope(force_id='saltmere'), parse_window('2022-04', '2022-10'))",
}


def step(code: str, folder: str, scale: str) -> dict[str, float]:
    """Seconds of a step in a process of its own, its start among them, and the most memory it held, in MB."""
    told = "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; from pathlib import Path; {code}{told}", folder, scale],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    peak = int(done.stdout.split()[-1]) // 1024
    return {"seconds": round(time.perf_counter() - started, 1), "peak MB": peak}


def force_at(scale: str) -> dict[str, Any]:
    """Each step at a scale, one after another."""
    with tempfile.TemporaryDirectory() as folder:
        steps = {name: step(code, folder, scale) for name, code in STEPS.items()}
        made = sum(path.stat().st_size for path in (Path(folder) / "made" / "files").iterdir())
    return {**steps, "seconds in all": round(sum(s["seconds"] for s in steps.values()), 1), "MB of files": made >> 20}


def main(scales: list[str]) -> None:
    """Measure, and write the results beside those of other scales."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for scale in scales:
        results[f"scale {scale}"] = {
            "command": f"python benchmarks/demo.py {scale}", "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": this_machine(),
            **force_at(scale),
        }  # fmt: skip
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        print(json.dumps(results[f"scale {scale}"], indent=2))


if __name__ == "__main__":
    main(sys.argv[1:] or ["0.02", "1.0"])
