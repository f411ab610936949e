"""What judging the Victims' Code costs on the fictitious force: all states kept, a night's increment, one compliance figure.

    python benchmarks/victims_code.py             at scale 1.0: some five minutes, and six gigabytes of temporary files
    python benchmarks/victims_code.py 0.02        at another scale

The service makes the states by calendar and by working days, and three lists of each: what it makes beside the states by calendar
days is a step of its own. Nothing asserts a time. Each step is a process of its own, so that its peak of memory is its own. The
night is the last 3,000 contacts and 2,000 events of the force, sent again. Results stand in benchmarks/results/victims_code.json.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from machine import this_machine

RESULTS = Path(__file__).resolve().parent / "results" / "victims_code.json"
OPENED = (
    "from fourfold import settings; from fourfold.records.as_at import records_as_at; "
    "from fourfold.analysis.victims_code import Rules; "
    "from fourfold.analysis.states import kept_states; records = records_as_at(folder / 'home', settings.now()); "
)
SERVICE = OPENED + (
    "from fourfold.analysis.duty_lists import make_duty_lists; from fourfold.codes.working_days import COUNTED\n"
    "before = None\n"
    "for days in COUNTED:\n"
    "    rules = Rules(either=days); kept = kept_states(records, 'saltmere', rules)\n"
    "    make_duty_lists(records, 'saltmere', rules, kept, before); before = kept\n"
    "pass"
)
"""What the service's worker makes: the states by either counting of days, and the lists of both."""
_BEGIN = "import sys, json; from pathlib import Path; folder = Path(sys.argv[1]); "
NIGHT = {"victim_contacts": 3000, "investigation_events": 2000}
STEPS = {
    "written": "from fourfold.demo.force import written_force; from fourfold.demo.scenario import Scenario; "
    "written_force(Scenario(scale=float(sys.argv[2])), folder / 'made')",
    "brought in": "from fourfold import settings; from fourfold.records.imports import import_files; "
    "import_files(folder / 'home', sorted((folder / 'made' / 'files').iterdir()), clock=settings.now)",
    "every state": OPENED + "kept = kept_states(records, 'saltmere', Rules())",
    "all that the service makes besides": SERVICE,
    "states counted": OPENED + "kept = kept_states(records, 'saltmere', Rules()); "
    "print(kept.states().select('state').collect().height)",
    "a night brought in": "from fourfold import settings; from fourfold.records.imports import import_files; "
    "import_files(folder / 'home', sorted((folder / 'night').iterdir()), clock=settings.now)",
    "a night's increment": OPENED + "kept = kept_states(records, 'saltmere', Rules())",
    "all that the service makes of the night besides": SERVICE,
    "one compliance figure": OPENED + "from fourfold.analysis.compliance import Asked, compliance; "
    "from fourfold.codes.periods import parse_window; kept = kept_states(records, 'saltmere', Rules()); "
    "asked = Asked(force_id='saltmere', window=parse_window('2022-07', '2022-09'), right=6); "
    "compliance(kept.states(), records, Rules(), asked, 'team')",
}


def step(code: str, folder: str, scale: str) -> dict[str, Any]:
    """Seconds of a step in a process of its own, its start among them, and the most memory it held, in MB."""
    told = (
        "; import resource; kept = locals().get('kept'); print(json.dumps({'peak MB': resource.getrusage(resource.RUSAGE_SELF)"
        ".ru_maxrss >> 10, **({'crimes judged': kept.judged_anew} if kept else {})}))"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", f"{_BEGIN}{code}{told}", folder, scale],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return {
        "seconds": round(time.perf_counter() - started, 1),
        **json.loads(done.stdout.splitlines()[-1]),
        **({"rows": int(done.stdout.splitlines()[0])} if "\n" in done.stdout.strip() else {}),
    }


def night(folder: Path) -> None:
    """Write the files of one night: the last rows of the last extracts, under the name of another."""
    (folder / "night").mkdir()
    for contract, rows in NIGHT.items():
        last = max((folder / "made" / "files").glob(f"*_{contract}_2*.csv"))
        lines = last.read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / "night" / f"{last.stem}_night.csv").write_text(lines[0] + "".join(lines[-rows:]), encoding="utf-8")


def force_at(scale: str) -> dict[str, Any]:
    """Each step at a scale, one after another."""
    with tempfile.TemporaryDirectory() as name:
        found = {}
        for title, code in STEPS.items():
            if title == "a night brought in":
                night(Path(name))
            found[title] = step(code, name, scale)
            print(title, found[title], flush=True)
        people = pl.scan_parquet(Path(name) / "home" / "lake" / "batches" / "*" / "people.parquet")
        victims = (
            people.filter(pl.col("role").is_in(["victim", "organisation"]))
            .select("crime_ref", "person_ref")
            .unique()
            .collect()
        )
    return {**found, "victims": victims.height}


def main(scales: list[str]) -> None:
    """Measure, and write the results beside those of other scales."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for scale in scales:
        machine = this_machine()
        command = f"python benchmarks/victims_code.py {scale}"
        results[f"scale {scale}"] = {
            "command": command, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine, **force_at(scale),
        }  # fmt: skip
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"peak of the children: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10} MB")


if __name__ == "__main__":
    main(sys.argv[1:] or ["1.0"])
