"""A Victims' Code champion shows the supplier which three fields, made mandatory, would remove most of what cannot be known.

What the command says of Saltmere is counted again by a plain loop over the files that were sent, and the bounds of its gaps
hold what is true of the force.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from itertools import combinations
from typing import Any

import polars as pl
import pytest

from fourfold.codes.measures import measure
from tests.demo.conftest import CANCELLED, Saltmere, saltmere  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow
FIRST, LAST = date(2021, 12, 1), date(2022, 11, 30)
VIOLENCE = {*measure("violence_with_injury").codes, *measure("violence_without_injury").codes}


@pytest.fixture(scope="module")
def crimes(saltmere: Saltmere) -> dict[str, dict[str, str]]:  # noqa: F811
    """The crimes that stand and were recorded in the last twelve months."""
    return {
        ref: row
        for ref, row in saltmere.crimes().items()
        if row["status"] not in CANCELLED and FIRST <= datetime.fromisoformat(row["recorded_at"]).date() <= LAST
    }


@pytest.fixture(scope="module")
def victims(saltmere: Saltmere, crimes: dict[str, dict[str, str]]) -> list[dict[str, str]]:  # noqa: F811
    last = {(row["crime_ref"], row["person_ref"], row["role"]): row for row in saltmere.rows("people")}
    return [row for row in last.values() if row["crime_ref"] in crimes]


def unknown(saltmere: Saltmere, crimes: dict[str, dict[str, str]], people: list[dict[str, str]]) -> dict[str, int]:  # noqa: F811
    """The slow reference: answers under the Victims' Code that cannot be given, by the one field that lacks."""
    found: dict[str, int] = defaultdict(int)
    for row in people:
        if row["role"] == "organisation":
            found["people.has_named_contact"] += not row["has_named_contact"]
        if row["role"] != "victim":
            continue
        is_settled = "yes" in (row["is_vulnerable"], row["is_intimidated"])
        found["people.is_enhanced"] += not row["is_enhanced"] and not is_settled
        found["people.is_opted_out"] += not row["is_opted_out"]
        found["people.contact_frequency_days"] += not row["contact_frequency_days"] and row["is_opted_out"] != "yes"
    for row in crimes.values():
        if row["offence_code"] in VIOLENCE:
            found["crimes.is_domestic"] += not row["is_domestic"]
            found["crimes.is_hate"] += not row["is_hate"]
    for row in {row["contact_ref"]: row for row in saltmere.rows("victim_contacts")}.values():
        if row["crime_ref"] in crimes and row["direction"] == "to_victim":
            found["victim_contacts.is_successful"] += not row["is_successful"]
    held = {(r["property_ref"], r["crime_ref"], r["change"], r["changed_at"]): r for r in saltmere.rows("property")}
    for row in held.values():
        if row["crime_ref"] in crimes and row["change"] == "held":
            found["property.held_reason"] += row["held_reason"] in ("", "no_reason_recorded")
    return dict(found)


def test_three_fields_made_mandatory_would_remove_most_of_what_cannot_be_known(
    saltmere: Saltmere, crimes: dict[str, dict[str, str]], victims: list[dict[str, str]]  # noqa: F811
) -> None:  # fmt: skip
    asked = ("quality", "case", "--force", "saltmere", "--theme", "Victims' Code", "--fields", "3")
    told: dict[str, Any] = saltmere.fourfold(*asked, "--json").json
    rows = [dict(zip(told["table"]["columns"], row, strict=True)) for row in told["table"]["rows"]]
    reference = unknown(saltmere, crimes, victims)
    assert {row["field"]: row["alone"] for row in rows} == reference
    assert told["n"] == sum(reference.values())
    best = max(combinations(sorted(reference), 3), key=lambda fields: sum(reference[f] for f in fields))
    chosen = [row["field"] for row in rows if row["step"]]
    assert set(chosen) == set(best)
    assert chosen == sorted(chosen, key=lambda f: -reference[f]), "what adds most comes first"
    assert told["parameters"]["removed"] == sum(reference[f] for f in best)
    assert told["value"] > 50, "most of what cannot be known"
    assert sum(row["hours"] for row in rows if row["step"]) == pytest.approx(told["parameters"]["hours"], abs=0.2)

    page = saltmere.fourfold(*asked).out
    assert all(field in page for field in chosen)
    assert f"{told['parameters']['removed']:,} of the {told['n']:,} answers be given that cannot be given" in page
    assert "FICTITIOUS" in page
    assert "for the force to supply" in page
    assert "Made mandatory" in saltmere.fourfold("trace", told["id"]).out


def test_the_shop_workers_who_were_assaulted_are_as_many_as_the_bounds_allow(
    saltmere: Saltmere, crimes: dict[str, dict[str, str]]  # noqa: F811
) -> None:  # fmt: skip
    workers = pl.read_parquet(saltmere.folder / "truth" / "shop_worker_assaults_FICTITIOUS.parquet")["crime_ref"]
    violent = {ref for ref, row in crimes.items() if row["offence_code"] in VIOLENCE}
    flagged = {ref for ref in violent if crimes[ref]["is_business"] == "yes"}
    found = saltmere.fourfold("quality", "gaps", "--force", "saltmere", "--theme", "business crime", "--json").json
    gaps = {one["definition"]["name"]: one["parameters"] for one in found}
    for name, asked in (("shop_worker_assaults", flagged), ("shop_worker_violence", violent)):
        true = len(asked & set(workers))
        assert gaps[name]["asked"] == len(asked)
        assert gaps[name]["least"] <= true <= gaps[name]["most"], name
        assert gaps[name]["most"] < gaps[name]["asked"], "what is known narrows it"
    said = saltmere.fourfold("quality", "gaps", "--force", "saltmere").out
    assert "of business-flagged violence has no occupation of the victim: shop-worker assaults between" in said
