"""A Monday's list for the tests: 300 reports whose every judgement is known beforehand, and what was known before it."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fourfold.records.imports import import_files

FORCE, MONDAY = "saltmere", date(2022, 10, 3)
HEADER = [
    "force", "week_starting", "report_ref", "reported_at", "nfib_code", "victim_type", "organisation_name", "forename", "surname",
    "born_on", "age_at_report", "address", "postcode", "phone", "vulnerability_score", "loss_pence", "national_service_level",
    "national_contacted_on", "national_outcome", "cyber_class", "suspect_country",
]  # fmt: skip
ROMANCE, AGED, SCORED, EXACTLY, ORGANISATIONS, NO_AGE, NO_SCORE, NOT_A_SCORE = 20, 40, 30, 10, 15, 12, 18, 3
"""How many of the 300 are referred by each filter alone, score exactly 15, or lack what the filters need."""
REPEATS = 5
"""How many of the romance victims reported before."""


def row(n: int, monday: date = MONDAY, **said: object) -> list[str]:
    """One row: a person of 40 who scored 4 and lost £50, but for what is said."""
    plain: dict[str, object] = {
        "force": FORCE, "week_starting": monday, "report_ref": f"NFRC22{n:06d}",
        "reported_at": f"{monday + timedelta(days=n % 4)}T10:00:00",
        "nfib_code": "NFIB3A", "victim_type": "person", "forename": NAMES[n % 20], "surname": f"{SURNAMES[n // 20 % 25]}",
        "born_on": date(1982, 1 + n % 12, 1 + n % 28), "age_at_report": 40, "address": f"{n + 1} Tern Row",
        "postcode": f"XS{1 + n % 9} {n // 26 % 9 + 1}{chr(65 + n % 26)}A", "phone": f"07700 9{n:05d}", "vulnerability_score": 4,
        "loss_pence": 5_000, "cyber_class": "enabled",
    }  # fmt: skip
    plain.update(said)
    values = (plain.get(name, "") for name in HEADER)
    return [v.isoformat() if isinstance(v, date) else "" if v is None else str(v) for v in values]


_NAMES = "Jean Aled Bronwen Carys Dafydd Elin Ffion Gareth Hefin Ifor Kamal Leila Mina Nadia Omar Priya Quentin Rosa Samir Tomos"
_SURNAMES = (
    "Okonjo Abbot Barrow Clegg Dunmore Eastwick Farrow Grieve Hallam Ingram Jessop Kestrel Lomax Marram Nesbit Orford Pellow "
    "Quince Rudge Selwyn Thrush Umber Verity Wrack Yarrow"
)
NAMES, SURNAMES = tuple(_NAMES.split(" ")), tuple(_SURNAMES.split(" "))


def monday_rows() -> list[list[str]]:
    """The 300 rows of the list of MONDAY."""
    found: list[list[str]] = []

    def add(count: int, **said: object) -> None:
        for _ in range(count):
            found.append(row(len(found), **said))

    add(
        ROMANCE,
        nfib_code="NFIB1D",
        national_service_level=2,
        national_contacted_on="2022-10-05",
        national_outcome="advice_given",
    )
    add(AGED, age_at_report=74, born_on="1948-03-02")
    add(SCORED, vulnerability_score=22)
    add(EXACTLY, vulnerability_score=15)
    add(ORGANISATIONS, victim_type="organisation", forename="", surname="", born_on="", age_at_report="",
        organisation_name="Tern Row Stores", vulnerability_score=16)  # fmt: skip
    add(NO_AGE, age_at_report="", born_on="")
    add(NO_SCORE, vulnerability_score="")
    add(NOT_A_SCORE, vulnerability_score=44)
    add(1, age_at_report="", born_on="1940-05-05")
    add(300 - len(found))
    return found


def earlier_rows() -> list[list[str]]:
    """What the five repeat victims reported two years before, the first of them twice."""
    monday = date(2020, 10, 5)
    again = [
        row(n, monday, report_ref=f"NFRC20{n:06d}", nfib_code="NFIB90", loss_pence=120_000) for n in range(REPEATS)
    ]
    return [*again, row(0, monday - timedelta(days=7), report_ref="NFRC20000900", nfib_code="NFIB3A", loss_pence=None)]


def list_file(folder: Path, monday: date, rows: list[list[str]], header: list[str] | None = None) -> Path:
    """A file of a week's list, named as they come."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"fraud_victims_week_{monday.isoformat()}.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([header or HEADER, *rows])
    return path


def held_lists(home: Path, folder: Path) -> None:
    """Both lists, imported on their Mondays."""
    for when, file in (
        (datetime(2020, 10, 12, 6, tzinfo=UTC), list_file(folder, date(2020, 10, 5), earlier_rows())),
        (datetime(2022, 10, 10, 6, tzinfo=UTC), list_file(folder, MONDAY, monday_rows())),
    ):
        import_files(home, [file], clock=lambda when=when: when)  # type: ignore[misc]
