"""A victim-care force links Monday's list: one person with two histories, a wrong merge undone, and the log of all of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fourfold.records.access import Folder
from tests.conftest import CommandLine

pytestmark = pytest.mark.slow

HEADER = [
    "force", "week_starting", "report_ref", "reported_at", "nfib_code", "victim_type", "forename", "surname", "born_on",
    "address", "postcode", "phone", "loss_pence",
]  # fmt: skip
EARLY = ["Kent", "2020-10-05", "NFRC201", "2020-10-06T10:00:00", "NFIB90", "person", "Jean", "Okonjo", "1948-03-02", "4 Tern Row",
         "XS1 1AA", "07700 900123", "120000"]  # fmt: skip
MONDAY = ["Kent", "2022-10-03", "NFRC221", "2022-10-04T10:00:00", "NFIB1D", "person", "Jean", "Okonj", "1948-03-02", "4 Tern Row",
          "XS1 1AA", "07700 900123", "50000"]  # fmt: skip


def test_a_person_with_two_histories_is_one_until_somebody_says_otherwise(
    fourfold: CommandLine, tmp_path: Path
) -> None:
    for name, row in (("fraud_victims_2020-10", EARLY), ("fraud_victims_2022-10", MONDAY)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as out:
            csv.writer(out).writerows([HEADER, row])
        fourfold("import", tmp_path / f"{name}.csv")
        if row is EARLY:
            fourfold("people", "link", "--officer", "A1", code=20)
            fourfold("people", "admit", "A1", "--role", "analyst")
            fourfold("people", "admit", "V1", "--role", "victim_care_officer")
        said = fourfold("people", "link", "--officer", "A1", "--json").json
    assert (said["entries"], said["people"], said["changes"]) == (2, 1, [])

    key = _only_person(fourfold.home)
    care = ("--officer", "V1", "--role", "victim_care_officer", "--purpose", "victim care")
    shown = fourfold("people", "show", key, *care)
    assert "A victim 2 time(s), 728 days after the time before." in shown.out
    assert "the surname is spelt nearly the same" in shown.out
    assert "Okonj" not in shown.out
    fourfold(
        "people", "show", key, "--officer", "V1", "--role", "victim_care_officer", "--purpose", "investigation", code=20
    )

    undone = fourfold("people", "decide", "different", "NFRC201", "NFRC221", "--officer", "A1", "--why", "two sisters")
    assert "gave up entries to" in undone.out
    for _ in range(2):
        again = fourfold("people", "link", "--officer", "A1", "--json").json
        assert (again["people"], again["changes"]) == (2, [])
    kinds = [(one["kind"], one["phase"]) for one in Folder(fourfold.home).entries()]
    assert ("combination", "refused") in kinds
    assert ("consultation", "done") in kinds
    assert Folder(fourfold.home).verified() == len(kinds)
    place = fourfold.home / "lake" / "people"
    assert [p.name for p in place.iterdir()] == ["00000005"]
    assert all(p.stat().st_mode & 0o077 == 0 for p in place.rglob("*"))


def _only_person(home: Path) -> str:
    from fourfold.records.people import state_of

    return str(state_of(home).keys["key"].item())
