"""Yards planted in Saltmere are among the candidates of dismantling, and car key burglaries are linked as its files have them."""

from __future__ import annotations

import polars as pl
import pytest

from tests.demo.conftest import Saltmere

pytestmark = pytest.mark.slow
YEARS = ("--force", "saltmere", "--from", "2019-04", "--to", "2022-11")


def test_every_yard_of_three_parts_or_more_is_a_candidate_and_few_candidates_are_no_yard(saltmere: Saltmere) -> None:
    truth = pl.read_parquet(saltmere.folder / "truth" / "dismantling_yards_FICTITIOUS.parquet")
    yards = truth.group_by("yard").agg(
        pl.col("easting", "northing").first(), parts=pl.len(), crimes=pl.col("crime_ref").n_unique()
    )
    assert yards.height >= 3
    told = saltmere.fourfold("places", "dismantling", *YEARS, "--json").json
    found = told["candidates"]
    for yard in yards.rows(named=True):
        near = [
            one for one in found
            if abs(one["easting"] - yard["easting"]) <= 40 and abs(one["northing"] - yard["northing"]) <= 40
        ]  # fmt: skip
        assert len(near) == 1
        assert near[0]["parts"] >= yard["parts"]
        assert near[0]["crimes"] >= yard["crimes"] >= 2
    others = len(found) - yards.height
    assert others <= yards.height / 2
    largest = max(found, key=lambda one: one["parts"])
    assert largest["p"] <= 0.05
    assert "FICTITIOUS" in told["finding"]["area"]


def test_parts_lie_in_the_yard_and_no_other_row_tells_of_one(saltmere: Saltmere) -> None:
    truth = pl.read_parquet(saltmere.folder / "truth" / "dismantling_yards_FICTITIOUS.parquet")
    rows = list(saltmere.rows("property"))
    assert all(not row["easting"] for row in rows if row["change"] != "recovered")
    points = {(row["crime_ref"], int(row["easting"]), int(row["northing"])) for row in rows if row["easting"]}
    for crime, east, north in truth.select("crime_ref", "easting", "northing").iter_rows():
        own = [(e, n) for ref, e, n in points if ref == crime]
        assert any(abs(e - east) <= 30 and abs(n - north) <= 30 for e, n in own)


def test_a_burglary_is_linked_where_its_own_files_say_that_a_vehicle_went(saltmere: Saltmere) -> None:
    told = saltmere.fourfold("places", "car-key-links", *YEARS, "--json").json
    homes = {
        ref for ref, row in saltmere.crimes().items()
        if row["offence_code"] in ("28E", "28F", "28G", "28H") and row["status"] not in ("cancelled", "transferred")
    }  # fmt: skip
    stolen = {row["crime_ref"] for row in saltmere.rows("vehicles") if row["change"] == "stolen"}
    certain = {one["burglary"] for one in told["links"] if one["how"] != "near and soon"}
    assert certain == homes & stolen
    assert told["finding"]["value"] == len(certain) > 0
    lines = saltmere.fourfold("places", "car-key-links", *YEARS).out
    assert sum(" recorded in it" in line for line in lines.splitlines()) == len(certain)
