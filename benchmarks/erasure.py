"""What it costs to erase one person from the fictitious force, with the search of every file afterwards.

    python benchmarks/erasure.py             at scale 1.0: some five minutes, and eight gigabytes of temporary files
    python benchmarks/erasure.py 0.02        at another scale

Nothing asserts a time. The person is the first who is the victim of more than one crime. Results stand in
benchmarks/results/erasure.json.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent))
from demo import STEPS as MADE, step

RESULTS = Path(__file__).resolve().parent / "results" / "erasure.json"
CHOSEN = (
    "import polars as pl; from fourfold import settings; from fourfold.records.erasure import erase; "
    "from fourfold.records.subjects import subject_of; from fourfold.records.remains import remains; "
    "from fourfold.records.as_at import records_as_at; home = Path(sys.argv[1]) / 'home'; "
    "every = records_as_at(home, settings.now()).table('people').filter(pl.col('role') == 'victim')"
    ".group_by('person_ref').len().filter(pl.col('len') > 1).sort('person_ref').head(1).collect()['person_ref'].item(); "
)
STEPS = {
    **{name: MADE[name] for name in ("written", "brought in")},
    "one person found": CHOSEN + "subject_of(home, every)",
    "one person erased and looked for": CHOSEN + "done = erase(home, subject_of(home, every), clock=settings.now); "
    "assert done.remains == (), done.remains",
}


def main(scales: list[str]) -> None:
    """Measure, and write the results beside those of other scales."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for scale in scales:
        with tempfile.TemporaryDirectory() as folder:
            steps = {}
            for name, code in STEPS.items():
                steps[name] = step(code, folder, scale)
                print(name, steps[name], flush=True)
            home = Path(folder) / "home"
            (one,) = (json.loads(p.read_text()) for p in home.glob("lake/erasures/*/certificate.json"))
            held = sum(p.stat().st_size for p in home.rglob("*") if p.is_file()) >> 20
        results[f"scale {scale}"] = {
            "command": f"python benchmarks/erasure.py {scale}", "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {
                "processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version(),
                "polars": pl.__version__, "load after": round(os.getloadavg()[0], 1),
            },
            **steps, "MB held": held, "files looked through": one["scanned"], "files rewritten": one["files"], "rows": one["rows"],
        }  # fmt: skip
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        print(json.dumps(results[f"scale {scale}"], indent=2))


if __name__ == "__main__":
    main(sys.argv[1:] or ["1.0"])
