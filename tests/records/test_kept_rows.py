"""Kept rows: what a page reads is what is worked out from the records, row by row, for as long as those records stand."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fourfold.codes import made_by as sources
from fourfold.codes.made_by import made_by
from fourfold.codes.retention import GROUPS, review_group
from fourfold.records import entries, erasure, kept_rows, retention
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.lake import Lake
from fourfold.records.retention import DUE, HELD, LATER, PAST_AT_FIRST, QUEUE, hold, review_queue, reviewed
from fourfold.records.subjects import subject_of
from tests.records.extracts import put

NOW = datetime(2022, 11, 7, 9, tzinfo=UTC)
DAYS = (date(2016, 2, 29), date(2022, 12, 1), date(2026, 3, 1), date(2040, 1, 1))
ROLES = ("victim", "suspect", "witness")


@pytest.fixture
def many(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty crimes of ten years, some on the last day of a leap February, and two hundred parts of people in them."""
    monkeypatch.setattr(kept_rows, "AT_ONCE", 0)
    draw = random.Random(7)
    days = [date(2012, 2, 29), *(date(2010, 1, 1) + timedelta(days=draw.randrange(4_500)) for _ in range(58))]
    crimes = [
        {"crime_ref": f"C{n}", "offence_code": draw.choice(["1", "8N", "28E", "999Z"]), "recorded_at": f"{day}T12:00:00"}
        for n, day in enumerate(days)
    ]  # fmt: skip
    people: dict[tuple[str, str, str], dict[str, Any]] = {}
    for _ in range(200):
        row = {"crime_ref": f"C{draw.randrange(60)}", "person_ref": f"P{draw.randrange(60)}", "role": draw.choice(ROLES),
               "age_at_report": draw.choice(["", "12", "17", "18", "40"])}  # fmt: skip
        people[row["crime_ref"], row["person_ref"], row["role"]] = row
    put(home, tmp_path, NOW, "crimes", crimes)
    put(home, tmp_path, NOW, "people", list(people.values()))
    put(home, tmp_path, NOW, "fraud_victims_action_fraud", [
        {"force": "kent", "report_ref": f"R{n}", "reported_at": f"2021-0{n}-28T09:00:00"} for n in range(1, 10)
    ])  # fmt: skip
    return home


def standing(home: Path) -> Records:
    return records_as_at(home, Lake(home).last_change())


def queue_one_by_one(records: Records, on: date) -> pl.DataFrame:
    """The review queue as it reads: one person after another."""
    rows = retention._events(records).sort("on", "age", nulls_last=True)
    decided = retention._decided(records.home)
    held = {entry for one in retention.holds(records.home) for entry in one.entries}
    found = []
    for (key,), own in rows.group_by("key", maintain_order=True):
        days = [day for day in own["on"] if day is not None]
        group = min(own["group"], key=GROUPS.index)
        ages = [age for age in own["age"] if age is not None]
        is_youth = bool(ages) and ages[-1] < 18
        last = max([*days[-1:], *(decided[e] for e in own["entry"] if e in decided)], default=None)
        due = review_group(group, is_youth).review_on(last) if last else on
        state = (
            HELD if held & set(own["entry"]) else LATER if due > on else PAST_AT_FIRST if due <= min(own["came"]) else DUE
        )  # fmt: skip
        event = days[-1] if days else None  # the last event stays what it was, whenever somebody last looked
        found.append((key, group, is_youth, own.height, min(days, default=None), event, due, state))
    return pl.DataFrame(found, schema=QUEUE, orient="row").sort("review_on", "key")


def kept_queue(records: Records, on: date) -> pl.DataFrame:
    found = kept_rows.review_queue_on(records, on)
    assert found is not None, "it is kept"
    return found.sort("review_on", "key").collect()


def test_what_is_kept_is_what_is_worked_out_one_by_one_on_any_day_and_after_any_decision(many: Path) -> None:
    records = standing(many)
    assert kept_rows.entry_rows(records) is None, "not kept yet"
    assert kept_rows.review_queue_on(records, DAYS[0]) is None
    kept_rows.keep_rows(records)
    rows = kept_rows.entry_rows(records)
    assert rows is not None
    assert_frame_equal(rows.collect(), entries.places(records))
    everybody = queue_one_by_one(records, DAYS[0])
    for n, decide in enumerate((None, reviewed, hold, hold)):
        if decide is not None:
            person = subject_of(many, everybody["key"][7 * n])
            decide(many, person, reason="an inquiry is open", by="IM1", at=datetime(2025, n, 28, tzinfo=UTC))
        for on in DAYS:
            one_by_one = queue_one_by_one(records, on)
            assert_frame_equal(kept_queue(records, on), one_by_one)
            assert_frame_equal(review_queue(records, on), one_by_one)
    states = set(queue_one_by_one(records, DAYS[2])["state"])
    assert states == {DUE, PAST_AT_FIRST, HELD, LATER}


def test_other_records_have_other_rows_and_the_last_ones_stay_while_a_page_may_read_them(
    many: Path, tmp_path: Path
) -> None:
    first = standing(many)
    kept_rows.keep_rows(first)
    for month in ("2022-07", "2022-08"):
        put(many, tmp_path, NOW + timedelta(days=int(month[-1])), "people", [
            {"crime_ref": "C1", "person_ref": f"N{month}", "role": "victim"}
        ], month)  # fmt: skip
        records = standing(many)
        assert kept_rows.entry_rows(records) is None, "those of other records are never taken for them"
        kept_rows.keep_rows(records)
        rows = kept_rows.entry_rows(records)
        assert rows is not None
        assert_frame_equal(rows.collect(), entries.places(records))
    assert kept_rows.entry_rows(first) is None, "two files ago"
    folders = [one.name.partition("-")[0] for one in (many / "lake" / "derived" / "rows").iterdir()]
    assert sorted(folders) == ["entries"] * 2 + ["reviews"] * 2


def test_an_erasure_throws_away_what_was_kept_and_what_was_being_made_meanwhile(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = standing(many)
    kept_rows.keep_rows(records)
    erasure.erase(many, subject_of(many, "R3"), clock=lambda: NOW + timedelta(days=1))
    assert not (many / "lake" / "derived" / "rows").exists()
    whole = entries.places

    def places_meanwhile(asked: Records) -> pl.DataFrame:
        found = whole(asked)
        erasure.erase(many, subject_of(many, "R4"), clock=lambda: NOW + timedelta(days=2))
        return found

    monkeypatch.setattr(entries, "places", places_meanwhile)
    kept_rows.keep_rows(standing(many))
    monkeypatch.setattr(entries, "places", whole)
    assert kept_rows.entry_rows(standing(many)) is None, "they may hold what is gone"
    kept_rows.keep_rows(standing(many))
    rows = kept_rows.entry_rows(standing(many))
    assert rows is not None
    assert "R4" not in rows.collect()["ref"].to_list()


def test_what_is_kept_is_filed_under_the_sources_that_it_was_made_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "codes").mkdir()
    rule, words = tmp_path / "codes" / "rule.csv", tmp_path / "codes" / "words.txt"
    monkeypatch.setattr(sources, "_ROOM", tmp_path)

    def digest() -> str:
        made_by.cache_clear()
        return made_by("codes")

    rule.write_text("limit,5\n")
    before = digest()
    words.write_text("told to people alone\n")
    assert digest() == before
    rule.write_text("limit,6\n")
    assert digest() != before
    rule.rename(rule.with_name("rule2.csv"))
    assert len({digest(), before}) == 2
    made_by.cache_clear()
