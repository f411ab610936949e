"""What stands as at an instant: the latest batch of a stream speaks for each force and month."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.records.as_at import records_as_at
from fourfold.records.lake import Lake, columns_of, write_json, write_part

START = datetime(2022, 11, 1, tzinfo=UTC)
APRIL, MAY, JUNE = date(2022, 4, 1), date(2022, 5, 1), date(2022, 6, 1)


def hours(n: int) -> datetime:
    return START + timedelta(hours=n)


def put(home: Path, at: int, stream: str, months: dict[str, list[date]], rows: int = 1, is_open: bool = True) -> str:
    """A batch committed `at` hours after the start, with `rows` rows for each month of each force."""
    lake = Lake(home).prepared()
    name = f"{at:016x}"
    folder = lake.batches_folder / name
    folder.mkdir()
    held = [(f, m) for f, ms in months.items() for m in ms for _ in range(rows)]
    table = pl.DataFrame(
        {
            "line_number": list(range(2, 2 + len(held))),
            "file_force_id": [f for f, _ in held],
            "force_id": [f for f, _ in held],
            "recorded_month": [m for _, m in held],
            "recorded_on": [m for _, m in held],
        },
        schema_overrides={
            "line_number": pl.Int64, "file_force_id": pl.String, "force_id": pl.String,
            "recorded_month": pl.Date, "recorded_on": pl.Date,
        },
    ).with_columns(pl.lit(name).alias("batch_id"))  # fmt: skip
    write_part(columns_of("crimes", table), folder / "crimes.parquet")
    write_json(
        {
            "batch_id": name, "file_name": f"{name}.csv", "content_hash": name, "supplier": stream, "dataset": stream,
            "stream": stream, "force_id": None, "committed_at": hours(at).isoformat(), "encoding": "utf-8",
            "coverage": {f: [m.isoformat() for m in ms] for f, ms in months.items()},
            "account": {}, "flags": {}, "unparsed": {}, "tables": {"crimes": len(held)}, "mapping_version": "1",
            "code_lists": {}, "boundaries": [], "code_version": "0", "is_open": is_open, "source": "", "notes": [],
        },
        folder / "manifest.json",
    )  # fmt: skip
    return name


def withdrawn(home: Path, batch: str, at: int) -> None:
    write_json({"at": hours(at).isoformat(), "reason": "test"}, Lake(home).batches_folder / batch / "withdrawn.json")


def counted(home: Path, at: int) -> dict[tuple[str, str, date], int]:
    records = records_as_at(home, hours(at))
    rows = records.table("crimes").select("batch_id", "force_id", "recorded_month").collect()
    found: dict[tuple[str, str, date], int] = {}
    for batch, force, month in rows.iter_rows():
        key = (batch, force, month)
        found[key] = found.get(key, 0) + 1
    return found


def test_a_corrected_month_replaces_that_month_and_no_other(tmp_path: Path) -> None:
    first = put(tmp_path, 1, "street", {"leicestershire": [APRIL, MAY]}, rows=3)
    second = put(tmp_path, 2, "street", {"leicestershire": [MAY]}, rows=5)
    assert counted(tmp_path, 1) == {(first, "leicestershire", APRIL): 3, (first, "leicestershire", MAY): 3}
    assert counted(tmp_path, 2) == {(first, "leicestershire", APRIL): 3, (second, "leicestershire", MAY): 5}


@pytest.mark.parametrize(
    ("second", "what_stands_of_the_first"),
    [
        (("street", {"leicestershire": [MAY]}), []),
        (("street", {"leicestershire": [JUNE]}), [MAY]),  # another month
        (("street", {"west-midlands": [MAY]}), [MAY]),  # another force
        (("outcomes", {"leicestershire": [MAY]}), [MAY]),  # another stream
    ],
)
def test_what_a_later_batch_replaces(
    tmp_path: Path, second: tuple[str, dict[str, list[date]]], what_stands_of_the_first: list[date]
) -> None:
    first = put(tmp_path, 1, "street", {"leicestershire": [MAY]})
    put(tmp_path, 2, *second)
    standing = [month for batch, _, month in counted(tmp_path, 3) if batch == first]
    assert standing == what_stands_of_the_first


def test_what_a_withdrawn_batch_had_replaced_stands_again_from_then_on(tmp_path: Path) -> None:
    first = put(tmp_path, 1, "street", {"leicestershire": [MAY]}, rows=3)
    second = put(tmp_path, 2, "street", {"leicestershire": [MAY]}, rows=5)
    withdrawn(tmp_path, second, 4)
    assert counted(tmp_path, 3) == {(second, "leicestershire", MAY): 5}
    assert counted(tmp_path, 4) == {(first, "leicestershire", MAY): 3}


def test_a_folder_without_a_manifest_is_not_there(tmp_path: Path) -> None:
    put(tmp_path, 1, "street", {"leicestershire": [MAY]})
    half = Lake(tmp_path).batches_folder / "half"
    half.mkdir()
    write_part(pl.DataFrame({"batch_id": ["half"]}), half / "crimes.parquet")
    assert len(records_as_at(tmp_path, hours(9)).standing) == 1
    assert Lake(tmp_path).swept() == 1
    assert not half.exists()


def test_open_records_leave_out_batches_that_are_not_open(tmp_path: Path) -> None:
    put(tmp_path, 1, "street", {"leicestershire": [APRIL]})
    put(tmp_path, 2, "extract", {"leicestershire": [APRIL]}, is_open=False)
    assert [b.stream for b in records_as_at(tmp_path, hours(3), open_only=True).standing] == ["street"]


FORCES = ("a", "b")
MONTHS = (APRIL, MAY, JUNE)
BATCHES = st.lists(
    st.tuples(
        st.sampled_from(("street", "extract")),
        st.dictionaries(
            st.sampled_from(FORCES),
            st.lists(st.sampled_from(MONTHS), unique=True, min_size=1),
            min_size=1,
        ),
        st.integers(1, 3),
        st.none() | st.integers(0, 12),  # withdrawn, so many hours after it was committed
    ),
    max_size=6,
)


@pytest.mark.slow
@given(BATCHES, st.integers(0, 20))
def test_the_rows_that_stand_are_those_of_a_slow_reference(
    batches: list[tuple[str, dict[str, list[date]], int, int | None]], at: int
) -> None:
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        owner: dict[tuple[str, str, date], tuple[str, int]] = {}
        for number, (stream, months, rows, withdrawn_after) in enumerate(batches):
            name = put(home, number, stream, months, rows)
            if withdrawn_after is not None:
                withdrawn(home, name, number + withdrawn_after)
            is_gone = withdrawn_after is not None and number + withdrawn_after <= at
            if number > at or is_gone:
                continue
            for force, held in months.items():
                for month in held:
                    owner[(stream, force, month)] = (name, rows)
        expected = {(name, force, month): n for (_, force, month), (name, n) in owner.items()}
        assert counted(home, at) == expected
