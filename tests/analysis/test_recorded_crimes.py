"""Counts of a records system's crimes: by the local day of recording, as the status and the code stand at the instant."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fourfold.analysis import volumes
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure, measures
from fourfold.codes.periods import parse_window
from fourfold.errors import NothingHeld
from fourfold.publications.register import traced
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files, withdraw
from fourfold.records.tallies import COUNTED_BY

HEADER = ["force", "crime_ref", "offence_code", "recorded_at", "status", "status_on", "is_business"]
FORCE = Scope(force_id="leicestershire")
JUNE = parse_window("2022-06", "2022-06")


def extract(folder: Path, name: str, rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    path = folder / name
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([header, *(["Leicestershire Police", *row] for row in rows)])
    return path


def held(home: Path, *files: tuple[Path, datetime]) -> None:
    for path, at in files:
        import_files(home, [path], clock=lambda at=at: at)  # type: ignore[misc]


def on(day: int, month: int = 11) -> datetime:
    return datetime(2022, month, day, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("recorded_at", "status", "status_on", "as_at", "counts_in_june"),
    [
        ("2022-06-15T12:00:00", "recorded", "", on(20), True),
        ("2022-06-15T12:00:00", "", "", on(20), True),  # an extract that does not say
        ("2022-06-15T12:00:00", "cancelled", "2022-08-01", on(20), False),
        ("2022-06-15T12:00:00", "cancelled", "", on(20), False),
        ("2022-06-15T12:00:00", "cancelled", "2022-11-20", on(20), False),
        ("2022-06-15T12:00:00", "cancelled", "2022-11-21", on(20), True),  # not yet
        ("2022-06-15T12:00:00", "transferred", "2022-08-01", on(20), False),
        ("2022-06-15T12:00:00", "reinstated", "2022-08-01", on(20), True),
        ("2022-06-30T23:30:00", "recorded", "", on(20), True),
        ("2022-06-30T23:30:00Z", "recorded", "", on(20), False),  # half past midnight in London
        ("2022-05-31T23:30:00Z", "recorded", "", on(20), True),
        ("soon", "recorded", "", on(20), False),  # no day: it stands in no window, and the figure says so
    ],
)
def test_which_crimes_count(
    home: Path, tmp_path: Path, recorded_at: str, status: str, status_on: str, as_at: datetime, counts_in_june: bool
) -> None:
    rows = [["A1", "48", recorded_at, status, status_on, ""], ["A2", "48", "2022-06-01T09:00:00", "recorded", "", ""]]
    held(home, (extract(tmp_path, "crimes_2022-05_to_2022-07.csv", rows), on(10)))
    records = records_as_at(home, as_at)
    found = volumes.count(records, measure("theft_of_motor_vehicle"), FORCE, JUNE)
    assert found.value == 1 + counts_in_june
    trace = traced(home, found)
    assert trace.agrees
    assert trace.recounted == found.value
    assert any("without a readable date" in note for note in found.notes) == (recorded_at == "soon")


def test_a_crime_is_counted_under_the_code_held_as_at_the_instant_and_a_withdrawal_undoes_it(
    home: Path, tmp_path: Path
) -> None:
    """Recorded as robbery, then as theft from the person, then cancelled: each extract speaks from its own instant on."""
    files = [
        extract(tmp_path, "crimes_2022-06.csv", [["A1", "34B", "2022-06-15T12:00:00", "recorded", "", ""]]),
        extract(tmp_path, "crimes_2022-07.csv", [["A1", "39", "2022-06-15T12:00:00", "recorded", "", ""]]),
        extract(tmp_path, "crimes_2022-08.csv", [["A1", "39", "2022-06-15T12:00:00", "cancelled", "2022-08-31", ""]]),
    ]
    held(home, *zip(files, (on(1, 7), on(1, 8), on(1, 9)), strict=True))

    def counts(at: datetime) -> tuple[object, object]:
        records = records_as_at(home, at)
        found = [volumes.count(records, measure(name), FORCE, JUNE) for name in ("robbery", "theft_from_the_person")]
        assert all(traced(home, one).agrees for one in found)
        return found[0].value, found[1].value

    assert [counts(on(2, month)) for month in (7, 8, 9)] == [(1, 0), (0, 1), (0, 0)]
    last = records_as_at(home, on(2, 9)).standing[-1]
    withdraw(home, last.batch_id, reason="a wrong extract", clock=lambda: on(10, 9))
    assert counts(on(11, 9)) == (0, 1)
    assert counts(on(9, 9)) == (0, 0)


@pytest.fixture
def records(home: Path, tmp_path: Path) -> Records:
    rows = [
        ["A1", "8N", "2022-06-01T12:00:00", "recorded", "", "yes"],
        ["A2", "105A", "2022-06-02T12:00:00", "recorded", "", "yes"],
        ["A3", "105A", "2022-06-03T12:00:00", "recorded", "", "no"],
        ["A4", "105A", "2022-06-04T12:00:00", "recorded", "", ""],  # not recorded is not no, and not yes
        ["A5", "46", "2022-06-05T12:00:00", "recorded", "", "yes"],  # a theft
        ["A6", "8N", "2022-06-06T12:00:00", "cancelled", "2022-06-07", "yes"],
    ]
    held(home, (extract(tmp_path, "crimes_2022-06.csv", rows), on(10)))
    return records_as_at(home, on(20))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("violence_with_injury", (2,)),
        ("violence_without_injury", (3, 4, 5)),
        ("violence_flagged_as_business_crime", (2, 3)),
        ("shoplifting", (6,)),
    ],
)
def test_a_condition_of_a_measure_holds_in_the_count_and_in_its_trace(
    records: Records, name: str, lines: tuple[int, ...]
) -> None:
    found = volumes.count(records, measure(name), FORCE, JUNE)
    assert found.value == len(lines)
    (batch,) = traced(records.home, found).batches
    assert batch.lines == lines
    assert volumes.breakdown(records, measure(name), FORCE, JUNE, "month").table.column("count") == [len(lines)]  # type: ignore[union-attr]


def test_a_supply_that_never_gives_the_flag_answers_no_measure_of_it(home: Path, tmp_path: Path) -> None:
    rows = [["A1", "8N", "2022-06-01T12:00:00"]]
    held(home, (extract(tmp_path, "crimes_2022-06.csv", rows, HEADER[:4]), on(10)))
    records = records_as_at(home, on(20))
    assert volumes.count(records, measure("violence_with_injury"), FORCE, JUNE).value == 1
    with pytest.raises(NothingHeld):
        volumes.count(records, measure("violence_flagged_as_business_crime"), FORCE, JUNE)


def test_a_month_is_held_where_a_files_name_says_so_though_it_has_no_row(home: Path, tmp_path: Path) -> None:
    rows = [["A1", "48", "2022-06-01T12:00:00", "", "", ""]]
    held(home, (extract(tmp_path, "crimes_2022-05_to_2022-06.csv", rows), on(10)))
    records = records_as_at(home, on(20))
    theft = measure("theft_of_motor_vehicle")
    assert volumes.count(records, theft, FORCE, parse_window("2022-05", "2022-05")).value == 0
    with pytest.raises(NothingHeld):
        volumes.count(records, theft, FORCE, parse_window("2022-07", "2022-07"))
    assert volumes.held_months(records, theft, FORCE) == (date(2022, 5, 1), date(2022, 6, 1))


def test_every_condition_of_a_measure_can_be_counted_by() -> None:
    """A figure adds up tallies: what a measure asks of a crime has to stand in them."""
    asked = {column for m in measures() for column, _ in m.where}
    assert asked <= set(COUNTED_BY["crimes"])
