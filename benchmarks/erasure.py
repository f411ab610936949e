"""What it costs to erase one person from the fictitious force, with the search of every file afterwards.

    python benchmarks/erasure.py             at scale 1.0: some five minutes, and eight gigabytes of temporary files
    python benchmarks/erasure.py 0.02        at another scale
    python benchmarks/erasure.py FOLDER      of a records' folder that is there, in a copy of it by links

Nothing asserts a time. Beside the seconds that went by stand those of the processors, which other work on the machine does
not lengthen. In a folder that `fourfold demo` made, the files as a force would send them lie beside the records: there the
person is still found, and the certificate says so. The person is the first who is the victim of more than one crime.
Results stand in benchmarks/results/erasure.json.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
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
    "assert not [p for p in done.remains if not p.startswith('demo/')], done.remains",
}


def timed(code: str, folder: str, scale: str) -> dict[str, float]:
    """A step as the other benchmarks time it, with the seconds that processors spent on it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = step(code, folder, scale)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**found, "processor seconds": round(spent, 1)}


def linked(home: Path, place: Path) -> None:
    """A copy of a records' folder by links: an erasure puts other files in their place, and writes into none."""
    shutil.copytree(home, place, copy_function=os.link, symlinks=True)
    for lock in place.rglob("lock"):
        lock.unlink()


def main(scales: list[str]) -> None:
    """Measure, and write the results beside those of other scales."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for scale in scales:
        is_there = (Path(scale) / "lake").is_dir()
        name = f"scale {scale}" if not is_there else "a folder that was there, of scale 1.0"
        with tempfile.TemporaryDirectory(dir=Path(scale).resolve().parent if is_there else None) as folder:
            home = Path(folder) / "home"
            if is_there:
                linked(Path(scale), home)
            steps = {}
            for what, code in STEPS.items():
                if not (is_there and what in MADE):
                    steps[what] = timed(code, folder, scale)
                    print(what, steps[what], flush=True)
            (one,) = (json.loads(p.read_text()) for p in home.glob("lake/erasures/*/certificate.json"))
            held = sum(p.stat().st_size for p in home.rglob("*") if p.is_file()) >> 20
        results[name] = {
            "command": f"python benchmarks/erasure.py {scale if not is_there else 'FOLDER'}",
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {
                "processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version(),
                "polars": pl.__version__, "load after": round(os.getloadavg()[0], 1),
            },
            **steps, "MB held": held, "files looked through": one["scanned"], "files rewritten": one["files"], "rows": one["rows"],
        }  # fmt: skip
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        print(json.dumps(results[name], indent=2))


if __name__ == "__main__":
    main(sys.argv[1:] or ["1.0"])
