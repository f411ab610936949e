"""A force's own extracts correct each other by key: what stands is, key by key, what the last standing batch says."""

from __future__ import annotations

import csv
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.records.as_at import records_as_at
from fourfold.records.imports import Imported, import_files, withdraw

START = datetime(2022, 11, 1, tzinfo=UTC)
HEADER = ["force", "contact_ref", "crime_ref", "contacted_at", "note"]
Row = tuple[str, str | None, int, str]
"""Force, reference of the contact, day of June, note."""


def hours(n: int) -> datetime:
    return START + timedelta(hours=n)


def put(home: Path, folder: Path, at: int, rows: list[Row], name: str = "victim_contacts_2022-06") -> Imported:
    path = folder / f"{name}.{at}.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows(
            [HEADER, *([force, ref or "", "A1", f"2022-06-{day:02d}T10:00:00", note] for force, ref, day, note in rows)]
        )
    (done,) = import_files(home, [path], clock=lambda: hours(at))
    return done


def standing(home: Path, at: int, months: bool = False) -> list[tuple[str, int]]:
    """The notes that stand, with the line of each, read from the personal table as from the other."""
    records = records_as_at(home, hours(at))
    june = [datetime(2022, 6, 1, tzinfo=UTC).date()] if months else None
    rows = records.table("victim_contacts", months=june).select("batch_id", "line_number").collect()
    notes = records.table("victim_contacts_personal", months=june).select("batch_id", "line_number", "note").collect()
    assert sorted(rows.rows()) == sorted(notes.select("batch_id", "line_number").rows())
    return sorted((note, line) for _, line, note in notes.iter_rows())


def test_a_later_row_takes_the_place_of_the_earlier_one_of_its_key_and_of_no_other(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, 1, [("Kent", "C1", 3, "first"), ("Kent", "C2", 4, "other")])
    done = put(home, tmp_path, 2, [("Kent", "C1", 9, "second")], name="victim_contacts_2022-10")
    assert done.batch.replaced == {done_of(home, 1): 1}
    assert standing(home, 1) == [("first", 2), ("other", 3)]
    assert standing(home, 2) == [("other", 3), ("second", 2)]
    assert standing(home, 2, months=True) == standing(home, 2)  # it lies in June, though its file is of October


def done_of(home: Path, at: int) -> str:
    return records_as_at(home, hours(at)).standing[-1].batch_id


@pytest.mark.parametrize(
    ("earlier", "later", "what_stands"),
    [
        (("Kent", "C1", 3, "a"), ("Kent", "C1", 3, "b"), ["b"]),
        (("Kent", "C1", 3, "a"), ("Kent", "C2", 3, "b"), ["a", "b"]),
        (("Kent", "C1", 3, "a"), ("Essex", "C1", 3, "b"), ["a", "b"]),  # another force's reference
        (("Kent", None, 3, "a"), ("Kent", None, 3, "b"), ["a", "b"]),  # without a reference nothing is told
        (("Kent", "C1", 3, "a"), ("Kent", " C1 ", 3, "b"), ["b"]),
    ],
)
def test_what_a_later_row_replaces(
    home: Path, tmp_path: Path, earlier: Row, later: Row, what_stands: list[str]
) -> None:
    put(home, tmp_path, 1, [earlier])
    put(home, tmp_path, 2, [later])
    assert [note for note, _ in standing(home, 3)] == what_stands


def test_of_two_rows_of_one_key_in_a_file_the_last_speaks_and_both_are_kept_and_flagged(
    home: Path, tmp_path: Path
) -> None:
    done = put(home, tmp_path, 1, [("Kent", "C1", 3, "first"), ("Kent", "C1", 4, "last")])
    assert done.batch.account["kept"] == 2
    assert done.batch.flags == {"key repeated within the file": 2}
    assert done.batch.replaced == {done.batch.batch_id: 1}
    assert standing(home, 1) == [("last", 3)]
    held = pl.read_parquet(done.batch.folder / "victim_contacts.parquet")
    assert held["faults"].to_list() == ["key repeated within the file"] * 2


def test_a_withdrawal_brings_back_what_was_replaced_even_where_a_third_batch_came_between(
    home: Path, tmp_path: Path
) -> None:
    for at, note in ((1, "a"), (2, "b"), (3, "c")):
        put(home, tmp_path, at, [("Kent", "C1", 3, note)])
    second, third = (b.batch_id for b in records_as_at(home, hours(3)).standing[1:])
    withdraw(home, third, reason="test", clock=lambda: hours(4))
    assert [note for note, _ in standing(home, 5)] == ["b"]
    withdraw(home, second, reason="test", clock=lambda: hours(6))
    assert [note for note, _ in standing(home, 7)] == ["a"]
    assert [[note for note, _ in standing(home, at)] for at in (1, 2, 3, 5)] == [["a"], ["b"], ["c"], ["b"]]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(("Kent", "Essex")), st.sampled_from(("C1", "C2", "C3", None)), st.integers(1, 30), st.just("")
    ),
    min_size=1,
    max_size=5,
)
BATCHES = st.lists(st.tuples(ROWS, st.none() | st.integers(0, 7)), min_size=1, max_size=5)


@pytest.mark.slow
@settings(max_examples=60)
@given(BATCHES, st.integers(0, 12))
def test_what_stands_is_what_a_slow_reference_finds_row_by_row(
    batches: list[tuple[list[Row], int | None]], at: int
) -> None:
    """A batch is put in each hour, and withdrawn some hours later or never."""
    with tempfile.TemporaryDirectory() as made:
        home, folder = Path(made) / "home", Path(made)
        noted = [
            ([(f, ref, day, f"{n}/{i}") for i, (f, ref, day, _) in enumerate(rows)], after)
            for n, (rows, after) in enumerate(batches)
        ]
        held: dict[int, str] = {}
        for hour in range(13):
            if hour < len(noted):
                held[hour] = put(home, folder, hour, noted[hour][0]).batch.batch_id
            for n, (_, after) in enumerate(noted):
                if after is not None and n + after == hour:
                    withdraw(home, held[n], reason="test", clock=lambda hour=hour: hours(hour))  # type: ignore[misc]

        speaks: dict[tuple[str, str], str] = {}
        without_key: list[str] = []
        for n, (rows, after) in enumerate(noted):
            if n > at or (after is not None and n + after <= at):
                continue
            for force, ref, _, note in rows:
                if ref is None:
                    without_key.append(note)
                else:
                    speaks[force, ref] = note
        assert [note for note, _ in standing(home, at)] == sorted([*speaks.values(), *without_key])
