"""How long a week's list of fraud victims takes at full scale: brought in, linked to all who are known, judged, put in order.

The demo force is made at a scale (1.0: some 55,000 reports and everybody in 1.3 million crimes), all of it but the last week's
list is brought in and linked, and then the last week is timed step by step. Nothing asserts a time. Writes
benchmarks/results/care.json. Use: python benchmarks/care.py [SCALE]
"""

from __future__ import annotations

import json
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

ROOT = Path(__file__).resolve().parent.parent
AT = datetime(2023, 1, 1, tzinfo=UTC)
WANTED = ("_people_", "_crimes_20", "fraud_victims", "fraud_disseminations", "victim_contacts")


def main(scale: float) -> None:
    """Make, bring in, time, print and write."""
    found = {
        "command": f"python benchmarks/care.py {scale}", "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": this_machine(),
        **processed(scale),
    }  # fmt: skip
    print(json.dumps(found, indent=2))
    (ROOT / "benchmarks" / "results" / "care.json").write_text(json.dumps(found, indent=2) + "\n")


def processed(scale: float) -> dict[str, Any]:
    """The seconds of each step of the last week's list."""
    with tempfile.TemporaryDirectory() as temporary:
        made, home = Path(temporary) / "force", Path(temporary) / "home"
        written_force(Scenario(scale=scale), made)
        files = [p for p in sorted((made / "files").iterdir()) if any(w in p.name for w in WANTED)]
        weeks = sorted(p for p in files if "_week_" in p.name)
        last = weeks[-1]
        import_files(home, [p for p in files if p != last], clock=lambda: AT)
        folder = Folder(home)
        for role in ("analyst", "victim_care_officer"):
            folder.admit("bench", role)
        linking = Asking(officer="bench", role="analyst", purpose="linking people")
        before, first = timed(
            lambda: people.link(records_as_at(home, AT + timedelta(minutes=30)), folder.gate, linking, AT)
        )
        entries = before.state.people.height
        del before
        monday, steps = date.fromisoformat(last.stem.rpartition("_")[2]), {}
        later = AT + timedelta(days=1)
        _, steps["brought in"] = timed(lambda: import_files(home, [last], clock=lambda: AT + timedelta(hours=1)))
        _, steps["linked"] = timed(lambda: people.link(records_as_at(home, later), folder.gate, linking, later))
        every, steps["judged and put in order"] = timed(lambda: listed(home, folder, monday, later))
        whole = {what: round(sum(one[what] for one in steps.values()), 2) for what in ("clock", "processor")}
        return {
            "scale": scale, "entries known": entries, "seconds of the first linking": first, "reports of the week": len(every),
            "repeat victims": sum(one.is_repeat for one in every), "seconds": steps, "seconds in all": whole,
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
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
