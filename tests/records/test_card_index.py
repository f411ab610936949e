"""Card index: the rows found by the cards are those found by reading every row, whatever was corrected, withdrawn or erased."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fourfold.records import card_index, erasure
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import withdraw
from fourfold.records.lake import Lake
from fourfold.records.subjects import subject_of
from tests.records.extracts import put

NOW = datetime(2022, 11, 7, 9, tzinfo=UTC)
CRIMES = [f"C{n}" for n in range(40)]


def standing(home: Path) -> Records:
    return records_as_at(home, Lake(home).last_change())


def contacts(home: Path, folder: Path, hour: int, seed: int, months: str) -> str:
    """A file of contacts in some crimes; every third takes the place of one told before under the same reference."""
    draw = random.Random(seed)
    rows = [
        {"contact_ref": f"K{n if n % 3 == 0 else f'{seed}-{n}'}", "crime_ref": draw.choice(CRIMES),
         "person_ref": f"P{draw.randrange(9)}", "contacted_at": f"2022-06-{draw.randrange(1, 29):02d}T10:00:00"}
        for n in range(90)
    ]  # fmt: skip
    return put(home, folder, NOW + timedelta(hours=hour), "victim_contacts", rows, months).batch.batch_id


@pytest.fixture
def many(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files of contacts, each correcting the ones before, and one of people."""
    monkeypatch.setattr(card_index, "AT_ONCE", 0)
    for hour, month in enumerate(("2022-06", "2022-07", "2022-08")):
        contacts(home, tmp_path, hour, hour, month)
    people = [{"crime_ref": f"C{n}", "person_ref": f"P{n % 9}", "role": "victim"} for n in range(40)]
    put(home, tmp_path, NOW + timedelta(hours=3), "people", people)
    return home


def read_through(records: Records, table: str, references: list[str]) -> pl.DataFrame:
    rows = records.table(table).filter(pl.col(card_index.KEYS[table]).is_in(references))
    return rows.collect().sort("batch_id", "line_number")


def by_cards(records: Records, table: str, references: list[str]) -> pl.DataFrame:
    return card_index.rows_of(records, table, references).collect().sort("batch_id", "line_number")


def cards(home: Path) -> list[Path]:
    return sorted((home / "lake" / "derived" / "card_index").glob("*.cards"))


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("filed", ["none", "some", "all"])
def test_the_rows_by_the_cards_are_those_read_through_however_many_parts_are_filed(
    many: Path, filed: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_index, "FEW", few)  # more than so many are looked for among all rows
    records = standing(many)
    if filed != "none":
        card_index.keep_card_index(records)
        assert len(cards(many)) == 4
    if filed == "some":
        cards(many)[0].unlink()
        cards(many)[2].unlink()
    draw = random.Random(3)
    for references in ([], ["C1"], ["C1", "C1"], ["nobody's"], draw.sample(CRIMES, 7), CRIMES):
        for table in ("victim_contacts", "people", "notices"):
            assert_frame_equal(by_cards(records, table, references), read_through(records, table, references))
    assert by_cards(records, "victim_contacts", CRIMES).height > 90, "more than one file's stand"


def test_references_of_one_digest_are_told_apart_by_the_row(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_index, "_digests", lambda named: np.array([len(one or "") for one in named], "<u4"))
    records = standing(many)
    card_index.keep_card_index(records)
    for one in ("C1", "C11"):
        assert_frame_equal(by_cards(records, "victim_contacts", [one]), read_through(records, "victim_contacts", [one]))


def test_a_file_that_came_is_filed_alone_and_one_withdrawn_is_read_no_more(many: Path, tmp_path: Path) -> None:
    card_index.keep_card_index(standing(many))
    first = {path: path.stat().st_mtime_ns for path in cards(many)}
    last = contacts(many, tmp_path, 5, 5, "2022-09")
    records = standing(many)
    assert_frame_equal(by_cards(records, "victim_contacts", CRIMES), read_through(records, "victim_contacts", CRIMES))
    card_index.keep_card_index(records)
    assert {path: path.stat().st_mtime_ns for path in cards(many) if path in first} == first
    assert [path.name.partition("-")[0] for path in set(cards(many)) - set(first)] == [last]
    withdraw(many, last, reason="sent twice", clock=lambda: NOW + timedelta(hours=6))
    records = standing(many)
    assert last not in by_cards(records, "victim_contacts", CRIMES)["batch_id"].to_list()
    assert_frame_equal(by_cards(records, "victim_contacts", CRIMES), read_through(records, "victim_contacts", CRIMES))


def test_whoever_is_erased_is_in_no_cards_not_even_in_those_being_written_meanwhile(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card_index.keep_card_index(standing(many))
    erasure.erase(many, subject_of(many, "P3"), clock=lambda: NOW + timedelta(days=1))
    folder = many / "lake" / "derived" / "card_index"
    assert not any("P3" in pl.read_parquet(path)["person_ref"].to_list() for path in folder.glob("*.parquet"))
    whole = card_index.write_part

    def erased_meanwhile(rows: pl.DataFrame, path: Path, rows_together: int | None = None) -> None:
        whole(rows, path, rows_together)
        monkeypatch.setattr(card_index, "write_part", whole)
        erasure.erase(many, subject_of(many, "P4"), clock=lambda: NOW + timedelta(days=2))

    monkeypatch.setattr(card_index, "write_part", erased_meanwhile)
    for _ in range(2):
        card_index.keep_card_index(standing(many))
        assert not any("P4" in pl.read_parquet(path)["person_ref"].to_list() for path in folder.glob("*.parquet"))
        assert not list(folder.glob("unfinished-*"))
    records = standing(many)
    assert_frame_equal(by_cards(records, "victim_contacts", CRIMES), read_through(records, "victim_contacts", CRIMES))
    assert len(cards(many)) == 4


def test_what_was_left_unfinished_long_ago_is_removed_and_what_is_under_way_is_left(many: Path) -> None:
    card_index.keep_card_index(standing(many))
    folder = many / "lake" / "derived" / "card_index"
    for name, days in (("unfinished-a", 2), ("unfinished-b", 0), ("gone-people-0", 0)):
        (folder / name).write_bytes(b"")
        then = (folder / name).stat().st_mtime - days * 86_400
        os.utime(folder / name, (then, then))
    card_index.keep_card_index(standing(many))
    assert (folder / "unfinished-b").exists()
    assert not (folder / "unfinished-a").exists()
    assert not (folder / "gone-people-0").exists()
