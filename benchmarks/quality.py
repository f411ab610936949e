"""What the quality report of a force costs, in time and memory: every field counted, gaps, the case, feeds, and fraud.

    python benchmarks/quality.py                at scale 0.02 and at 1.0: some minutes, and six gigabytes of temporary files
    python benchmarks/quality.py 1.0 [HOME]     at one scale; of a home that holds it already, where one is named

Nothing asserts a time. The report is a process of its own over records just opened, so that its peak of memory is its own;
it is made three times, and the middle one stands. Results stand in benchmarks/results/quality.json.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


from machine import this_machine

RESULTS = Path(__file__).resolve().parent / "results" / "quality.json"
MADE = """
import sys
from pathlib import Path
from fourfold import settings
from fourfold.demo.force import written_force
from fourfold.demo.scenario import Scenario
from fourfold.records.imports import import_files
made, home, scale = Path(sys.argv[1]) / "made", Path(sys.argv[1]) / "home", float(sys.argv[2])
import_files(home, written_force(Scenario(scale=scale), made), clock=settings.now)
"""
REPORT = """
import json, resource, sys, time
from pathlib import Path
from fourfold import settings
from fourfold.analysis import data_quality, feeds
from fourfold.codes.periods import month_end, rolling_12
from fourfold.records.as_at import records_as_at
from fourfold.records.quality import Quality, unparsed
began = time.perf_counter()
took = {}
def part(name, made):
    since = time.perf_counter()
    found = made()
    took[name] = round(time.perf_counter() - since, 2)
    return found
records = records_as_at(Path(sys.argv[1]), settings.now())
seen = Quality(records, "saltmere")
window = rolling_12(month_end(seen.last_month))
counts = part("every field counted, by unit, team and month", lambda: seen.counts(window=window))
part("completeness and validity", lambda: [data_quality.completeness(seen, counts, window, of) for of in data_quality.OF])
part("gaps with their bounds", lambda: data_quality.every_gap(seen, window))
part("the case for mandatory fields", lambda: data_quality.mandatory_fields(seen, window))
part("feeds", lambda: feeds.freshness(records, "saltmere"))
part("lateness", lambda: feeds.late_rows(records, "saltmere"))
part("fraud reconciled", lambda: feeds.fraud_reconciled(records, "saltmere", window))
part("unparsed", lambda: unparsed(records, "saltmere"))
rows = sum(b.tables[next(iter(b.tables))] for b in records.standing)
print(json.dumps({"seconds": round(time.perf_counter() - began, 2), "processor seconds": round(time.process_time(), 1),
    "parts, in seconds": took, "rows held": rows, "rows of counts": counts.height,
    "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
"""


def report(home: str) -> dict[str, Any]:
    """One report, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", REPORT, home], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def report_at(scale: str, home: str | None) -> dict[str, Any]:
    """The middle one of three reports of a force, made first where no home is named."""
    with tempfile.TemporaryDirectory() as folder:
        if home is None:
            subprocess.run([sys.executable, "-c", MADE, folder, scale], check=True)
            home = str(Path(folder) / "home")
        runs = sorted((report(home) for _ in range(3)), key=lambda run: float(run["seconds"]))
    return {**runs[1], "seconds of each": [run["seconds"] for run in runs],
            "median": statistics.median(run["seconds"] for run in runs)}  # fmt: skip


def main(arguments: list[str]) -> None:
    """Measure, and write the results beside those of other scales."""
    scales, home = (arguments[:1], arguments[1]) if len(arguments) > 1 else (arguments or ["0.02", "1.0"], None)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for scale in scales:
        results[f"scale {scale}"] = {
            "command": f"python benchmarks/quality.py {scale}", "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": this_machine(),
            **report_at(scale, home),
        }  # fmt: skip
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        print(json.dumps(results[f"scale {scale}"], indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
