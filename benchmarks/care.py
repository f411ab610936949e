"""How long a week's list of fraud victims takes at full scale: brought in, its victims recognised, judged, put in order.

With a HOME, the next week's list is made of its last two (half of the people as they were, half made others), and timed in a copy
of it, which is removed; what is not linked there is linked first. Without one the demo force is made at a scale, all of it but the
last week's list is brought in and linked, and then the last week is timed. Linking everybody anew, which the worker does after
the list can be worked from, is timed apart. Nothing asserts a time. Writes benchmarks/results/care.json.
Use: python benchmarks/care.py [SCALE [HOME]]
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any


from machine import this_machine

from fourfold.analysis import triage
from fourfold.codes.triage_rules import triage_rule
from fourfold.demo.force import written_force
from fourfold.demo.scenario import Scenario
from fourfold.records import people, weekly_lists
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.recognition import recognise

ROOT = Path(__file__).resolve().parent.parent
AT = datetime(2023, 1, 1, tzinfo=UTC)
WANTED = ("_people_", "_crimes_20", "fraud_victims", "fraud_disseminations", "victim_contacts")


def main(scale: float, home: Path | None = None) -> None:
    """Make, bring in, time, print and write."""
    found = {
        "command": f"python benchmarks/care.py {scale}" + (" HOME" if home else ""),
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": this_machine(), "scale": scale,
        **(in_a_copy(home) if home else made(scale)),
    }  # fmt: skip
    print(json.dumps(found, indent=2))
    (ROOT / "benchmarks" / "results" / "care.json").write_text(json.dumps(found, indent=2) + "\n")


def made(scale: float) -> dict[str, Any]:
    """The demo force's last week, in a home of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        force, home = Path(temporary) / "force", Path(temporary) / "home"
        written_force(Scenario(scale=scale), force)
        files = [p for p in sorted((force / "files").iterdir()) if any(w in p.name for w in WANTED)]
        last = [p for p in files if "_week_" in p.name][-1]
        import_files(home, [p for p in files if p != last], clock=lambda: AT)
        return processed(home, last, AT)


def in_a_copy(home: Path) -> dict[str, Any]:
    """The next week of a home, in a copy of it by links beside it: a part is never changed, so that the home stays as it is."""
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=f"{home.name}-bench-") as temporary:
        copy = Path(temporary) / "home"
        shutil.copytree(home, copy, copy_function=os.link, ignore=shutil.ignore_patterns("demo", "service", "*.lock"))
        return processed(copy, next_week(home, Path(temporary)), datetime.now(UTC))


def next_week(home: Path, folder: Path) -> Path:
    """The list of the week after a home's last: the rows of its last two, under references of their own."""
    held = sorted((home / "demo" / "files").glob("*fraud_victims*_week_*.csv"))[-2:]
    monday = date.fromisoformat(held[-1].stem.rpartition("_")[2]) + timedelta(days=7)
    rows: list[dict[str, str]] = []
    for path in held:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        start = next(n for n, line in enumerate(lines) if "report_ref" in line)
        rows += csv.DictReader(io.StringIO("\n".join(lines[start:])))
    for n, row in enumerate(rows):
        row |= {
            "report_ref": f"NFRC99{n:06d}",
            "week_starting": monday.isoformat(),
            "reported_at": f"{monday + timedelta(days=n % 5)}T10:00:00",
        }
        if n % 2:  # somebody else
            row |= {
                "surname": f"Xa{n:03d}vin"[::-1].title(),
                "phone": f"07700 9{n:05d}",
                "email": "",
                "address": f"{n} Elsewhere",
            }
    out = folder / f"fraud_victims_action_fraud_week_{monday}.csv"
    with out.open("w", newline="", encoding="utf-8") as file:
        lines_out = csv.DictWriter(file, list(rows[0]), extrasaction="ignore")
        lines_out.writeheader()
        lines_out.writerows(rows)
    return out


def processed(home: Path, last: Path, at: datetime) -> dict[str, Any]:
    """The seconds of each step of a week's list."""
    folder = Folder(home)
    for role in ("analyst", "victim_care_officer"):
        folder.admit("bench", role)
    linking = Asking(officer="bench", role="analyst", purpose="linking people")
    first: dict[str, float] | None = None
    if people.last_run(home) is None:
        _, first = timed(lambda: people.link(records_as_at(home, at), folder.gate, linking, at))
    known = people.state_of(home).people.height
    monday, steps = date.fromisoformat(last.stem.rpartition("_")[2]), {}
    later = at + timedelta(days=1)
    _, steps["brought in"] = timed(lambda: import_files(home, [last], clock=lambda: at + timedelta(hours=1)))
    _, steps["recognised"] = timed(lambda: recognise(records_as_at(home, later), folder.gate, linking, later))
    every, steps["judged and put in order"] = timed(lambda: listed(home, folder, monday, later))
    whole = {what: round(sum(one[what] for one in steps.values()), 2) for what in ("clock", "processor")}
    _, after = timed(lambda: people.link(records_as_at(home, later), folder.gate, linking, later))
    return {
        "entries known": known, "seconds of the first linking": first, "reports of the week": len(every),
        "compared": sum(one.is_compared for one in every), "repeat victims": sum(one.is_repeat for one in every),
        "seconds": steps, "seconds in all": whole, "seconds of linking everybody anew, afterwards": after,
    }  # fmt: skip


def listed(home: Path, folder: Folder, monday: date, at: datetime) -> tuple[triage.Listed, ...]:
    """The week's list as the page shows it."""
    records = records_as_at(home, at)
    rows = weekly_lists.week_rows(records, "saltmere", monday)
    asking = Asking(officer="bench", role="victim_care_officer", purpose="victim care")
    births = folder.gate.opened(
        records, weekly_lists.TABLE, asking, kind="consultation", verb="read weekly list", at=at, columns=["born_on"],
        keys=rows["key"].to_list(),
    )  # fmt: skip
    rows = rows.join(births, on=["batch_id", "line_number"], how="left")
    return triage.listed(rows, triage_rule(), weekly_lists.known(records, rows["key"]))


def timed(act: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What an act gives, with its seconds on the clock and of the processor: the first grow where others use the machine."""
    clock, processor = time.perf_counter(), time.process_time()
    found = act()
    return found, {
        "clock": round(time.perf_counter() - clock, 2),
        "processor": round(time.process_time() - processor, 2),
    }


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
