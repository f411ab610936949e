"""Lists of events as they come: how their dates are written, which grid they are on, and until when they tell anything."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fourfold.errors import RecordsInvalid, RequestInvalid
from fourfold.records.points import Points, day_of, points_of_file, unit_of, windows_of_file

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(tmp_path: Path, rows: list[str], grid: str = "EPSG:27700", unit: str | None = None) -> Points:
    path = tmp_path / "events.csv"
    path.write_text("\n".join(["x,y,date", *rows]), encoding="utf-8")
    return points_of_file(path, grid=grid, unit=unit, as_at=NOW)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2016-12-01", date(2016, 12, 1)),
        ("2016/12/01", date(2016, 12, 1)),
        ("31/12/2016", date(2016, 12, 31)),
        ("12/31/2016", date(2016, 12, 31)),
        ("2016-12-01 01:15", date(2016, 12, 1)),
        ("2016-12-01T13:45:00", date(2016, 12, 1)),
        ("2016-12-01T13:45:00.000", date(2016, 12, 1)),
        ("2016-12-01T23:45:00-06:00", date(2016, 12, 1)),
        ("12/31/2016 11:30:00 PM", date(2016, 12, 31)),
    ],
)
def test_a_date_is_read_however_it_is_written_and_a_time_behind_it_is_left(
    tmp_path: Path, written: str, meant: date
) -> None:
    found = read(tmp_path, [f"450000,300000,{written}"])
    assert day_of(int(found.day[0])) == meant


@pytest.mark.parametrize("written", ["2016-13-01", "31/02/2016", "1/5/16", "2016-12-01 soon", "1612-2016", "44000"])
def test_what_is_no_date_is_returned(tmp_path: Path, written: str) -> None:
    found = read(tmp_path, ["450000,300000,2016-12-01", f"450000,300000,{written}"])
    assert [one.cause for one in found.returned] == ["The row has no day."]


@pytest.mark.parametrize(
    ("dates", "days", "said"),
    [
        (["05/01/2016", "31/01/2016"], [date(2016, 1, 5), date(2016, 1, 31)], ()),
        (["01/05/2016", "01/31/2016"], [date(2016, 1, 5), date(2016, 1, 31)],
         ("Dates are read month first, since read day first some are none.",)),
        (["05/01/2016", "06/01/2016"], [date(2016, 1, 5), date(2016, 1, 6)],
         ("Dates are read day first; read month first, all of them would be dates too.",)),
    ],
)  # fmt: skip
def test_which_way_round_dates_are_is_seen_from_all_of_them(
    tmp_path: Path, dates: list[str], days: list[date], said: tuple[str, ...]
) -> None:
    found = read(tmp_path, [f"450000,300000,{one}" for one in dates])
    assert [day_of(int(one)) for one in found.day] == days
    assert found.notes == said


def test_dates_both_ways_round_in_one_list_are_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(RecordsInvalid, match="day first and some the month") as refused:
        read(tmp_path, ["1,1,31/01/2016", "1,1,01/31/2016"])
    assert refused.value.line == 3


@pytest.mark.parametrize(
    ("grid", "unit", "meant"),
    [
        ("EPSG:27700", None, "metres"), ("EPSG:27700", "metres", "metres"), ("EPSG:27700", "feet", "feet"),
        ("EPSG:2913", None, "feet"), ("epsg:3435", "feet", "feet"), ("EPSG:26916", None, "metres"), ("the town's", "feet", "feet"),
    ],
)  # fmt: skip
def test_the_unit_is_what_is_stated_or_what_the_grid_is_known_to_be_in(grid: str, unit: str | None, meant: str) -> None:
    assert unit_of(grid, unit) == meant


@pytest.mark.parametrize(("grid", "unit"), [("EPSG:2913", "metres"), ("EPSG:27700", "yards")])
def test_a_unit_that_is_none_or_not_that_of_the_grid_is_refused(grid: str, unit: str) -> None:
    with pytest.raises(RequestInvalid):
        unit_of(grid, unit)


@pytest.mark.parametrize(
    ("row", "grid", "unit", "said"),
    [
        ("7600000,680000,2016-12-01", "EPSG:27700", None, "outside the National Grid"),
        ("450000,300000,2016-12-01", "EPSG:27700", None, None),
        ("7600000,680000,2016-12-01", "EPSG:2913", "feet", None),
        ("7600000,680000,2016-12-01", "EPSG:2913", None, "taken as feet"),
        ("450000,300000,2016-12-01", "EPSG:26916", None, "taken as metres"),
    ],
)
def test_what_nobody_stated_of_a_grid_is_said(
    tmp_path: Path, row: str, grid: str, unit: str | None, said: str | None
) -> None:
    found = read(tmp_path, [row], grid, unit)
    assert bool(found.notes) == (said is not None)
    assert said is None or said in found.notes[0]


def test_an_end_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    path = tmp_path / "windows.csv"
    path.write_text("from,to\n2022-10-01 10:00,\n2022-10-01 10:00,half past ten\n2022-10-01 10:00,2022-10-01 11:00\n")
    found = windows_of_file(path, zone="Europe/London")
    assert found.windows["to"].is_null().to_list() == [True, False]
    assert found.notes[1] == "Left out, since the end that is given cannot be read: 1."


def test_nought_nought_is_no_place_where_the_others_are_far_from_it(tmp_path: Path) -> None:
    far = read(tmp_path, ["450000,300000,2016-12-01", "450100,300000,2016-12-01", "0,0,2016-12-01"])
    assert [(one.line, one.code) for one in far.returned] == [(4, "no place")]
    near = read(tmp_path, ["100,200,2016-12-01", "300,100,2016-12-01", "0,0,2016-12-01"])
    assert len(near) == 3, "an example on a plane of its own"


def test_of_two_grids_the_line_that_lies_furthest_from_the_others_is_named(tmp_path: Path) -> None:
    rows = [f"{450_000 + n},300000,2016-12-01" for n in range(20)]
    with pytest.raises(RecordsInvalid, match="two grids") as refused:
        read(tmp_path, [*rows[:10], "7600000,680000,2016-12-01", *rows[10:]])
    assert refused.value.line == 12
