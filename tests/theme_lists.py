"""Weekly lists with narratives for the tests: quiet months, courier fraud throughout, and energy rebates since August 2022."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from fourfold.demo.narratives import fraud_narratives
from fourfold.records.imports import import_files

FORCE = "saltmere"
FIRST, AUGUST = date(2020, 8, 1), date(2022, 8, 1)
_QUIET = {
    "courier_fraud": 4,
    "lottery": 3,
    "pet_scam": 3,
    "sextortion": 3,
    "parcel_delivery_smishing": 4,
    "job_or_task_scam": 3,
    "rental": 4,
}
_A_MONTH = sum(_QUIET.values())
_REBATES = 9
HEADER = ["force", "week_starting", "report_ref", "reported_at", "nfib_code", "victim_type", "age_at_report", "vulnerability_score",
          "loss_pence", "narrative"]  # fmt: skip


def months(last: date) -> list[date]:
    """The months from the first to the last."""
    n = (last.year - FIRST.year) * 12 + last.month - FIRST.month + 1
    return [date(FIRST.year + (FIRST.month - 1 + i) // 12, (FIRST.month - 1 + i) % 12 + 1, 1) for i in range(n)]


def rows(last: date) -> list[list[str]]:
    """Every report of the months: texts by the demo force's wording, all recorded as none of the above."""
    found: list[list[str]] = []
    for at, month in enumerate(months(last)):
        rng = np.random.default_rng(500 + at)
        themes = [t for t, n in _QUIET.items() for _ in range(int(rng.poisson(n)))]
        themes += ["energy_or_cost_of_living"] * (_REBATES if month >= AUGUST else 0)
        texts = fraud_narratives(themes, {}, seed=900 + at).texts
        for n, (theme, text) in enumerate(zip(themes, texts, strict=True)):
            day = month.replace(day=1 + n % 27)
            aged = 74 if theme in ("courier_fraud", "energy_or_cost_of_living") else 40
            found.append([
                FORCE, day.isoformat(), f"NFRC{month:%y%m}{n:06d}", f"{day}T10:00:00", "NFIB90", "person", str(aged + n % 5),
                "" if n % 4 == 0 else str(5 + n % 20), str(10_000 + n * 500), text,
            ])  # fmt: skip
    return found


def sent_in(home: Path, folder: Path, last: date) -> None:
    """The lists to a month, imported in one file: those not sent in before."""
    before = max(
        (date.fromisoformat(f"{file.stem[-7:]}-01") for file in folder.glob("fraud_victims_*.csv")), default=None
    )
    file = folder / f"fraud_victims_{last:%Y-%m}.csv"
    own = [row for row in rows(last) if before is None or row[1] >= f"{before.replace(day=28)}"]
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([HEADER, *own])
    import_files(home, [file], clock=lambda: datetime.now(UTC))
