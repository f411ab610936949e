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
EARLY = ["Kent", "2020-04-06", "NFRC201", "2020-04-07T10:00:00", "NFIB90", "person", "Jean", "Okonjo", "1948-03-02", "4 Tern Row",
         "XS1 1AA", "07700 900123", "120000"]  # fmt: skip
SPRING = ["Kent", "2022-04-04", "NFRC221", "2022-04-05T10:00:00", "NFIB1D", "person", "Jean", "Okonj", "1948-03-02", "4 Tern Row",
          "XS1 1AA", "07700 900123", "50000"]  # fmt: skip
NEXT_WEEK = ["Kent", "2022-04-11", "NFRC222", "2022-04-12T10:00:00", "NFIB3A", "person", "Ade", "Bright", "1990-01-01", "9 Kelp Lane",
             "XS9 9ZZ", "07700 900999", ""]  # fmt: skip
CARE = ("--officer", "V1", "--role", "victim_care_officer", "--purpose", "victim care")


def test_a_person_with_two_histories_is_one_until_somebody_says_otherwise(
    fourfold: CommandLine, tmp_path: Path
) -> None:
    # two years ago, under one spelling; nobody links without a role that the log can name
    came(fourfold, tmp_path, EARLY)
    fourfold("people", "link", "--officer", "A1", code=20)
    fourfold("people", "admit", "A1", "--role", "analyst")
    fourfold("people", "admit", "V1", "--role", "victim_care_officer")
    linked = fourfold("people", "link", "--officer", "A1")
    assert linked.err == "0 pairs are to be compared.\n", "said before any is compared, and apart from the answer"
    known = _only_person(fourfold.home)

    # Monday's list of this spring, under another: one person, and the identifier did not change
    came(fourfold, tmp_path, SPRING, [*EARLY[:1], "2022-04-04", *EARLY[2:]])  # the old row stands in it again
    said = fourfold("people", "link", "--officer", "A1", "--json").json
    assert (said["entries"], said["people"], said["changes"]) == (2, 1, [])
    assert _only_person(fourfold.home) == known

    # two histories, with the reasons, and how often, how soon, of what, lost how much
    shown = fourfold("people", "show", known, *CARE)
    assert "NFRC201" in shown.out
    assert "NFRC221" in shown.out
    assert "A victim 2 time(s), 728 days after the time before." in shown.out
    assert "the surname is spelt nearly the same" in shown.out
    assert "the date of birth is the same" in shown.out
    assert "Lost: 1,700.00 pounds where it was given; the loss of 0 of these times is not held." in shown.out
    assert "Okonj" not in shown.out
    again = fourfold("people", "show", known, *CARE, "--json").json["repeats"]
    assert again == {
        "times": 2,
        "after_days": [728],
        "of_what": ["NFIB90", "NFIB1D"],
        "lost_pence": 170_000,
        "unknown_losses": 0,
    }
    fourfold("people", "show", known, *CARE[:4], "--purpose", "investigation", code=20)

    # a wrong merge is undone, and stays undone next week
    undone = fourfold("people", "decide", "different", "NFRC201", "NFRC221", "--officer", "A1", "--why", "two sisters")
    assert "gave up entries to" in undone.out
    came(fourfold, tmp_path, NEXT_WEEK, SPRING)
    for _ in range(2):
        later = fourfold("people", "link", "--officer", "A1", "--json").json
        assert (later["entries"], later["people"], later["changes"]) == (3, 3, [])
    fourfold("people", "show", known, *CARE)

    # and all of it is on the log
    kinds = [(one["kind"], one["phase"]) for one in Folder(fourfold.home).entries()]
    assert ("combination", "refused") in kinds
    assert ("consultation", "done") in kinds
    assert ("consultation", "refused") in kinds
    assert Folder(fourfold.home).verified() == len(kinds)
    place = fourfold.home / "lake" / "people"
    assert [p.name for p in place.iterdir()] == ["00000005"]
    assert all(p.stat().st_mode & 0o077 == 0 for p in place.rglob("*"))


def came(fourfold: CommandLine, folder: Path, *rows: list[str]) -> None:
    """Load a week's list."""
    path = folder / f"fraud_victims_{rows[0][1]}.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([HEADER, *rows])
    fourfold("import", path)


def _only_person(home: Path) -> str:
    from fourfold.records.people import state_of

    return str(state_of(home).keys["key"].item())
