"""Reports told: no count is exact, no window is shorter than a quarter, and nothing behind a figure is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fourfold.analysis import fraud_reports, losses
from fourfold.analysis.reports_told import latest_quarters, reports_told, whole_quarters
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import months, parse_window
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records
from tests.analysis.test_fraud_picture import held as three_years

SCOPE, YEAR = Scope(force_id="saltmere"), parse_window("2021-01", "2021-12")
held = three_years

WINDOWS = [
    # from, to, and whether it is of whole quarters
    ("2022-10", "2022-12", True), ("2022-04", "2022-12", True), ("2021-01", "2022-12", True), ("2022-11", "2023-01", False),
    ("2022-10", "2022-10", False), ("2022-10", "2022-11", False), ("2022-10-02", "2022-12", False), ("2022-10", "2022-12-30", False),
]  # fmt: skip


@pytest.mark.parametrize(("first", "last", "is_whole"), WINDOWS)
def test_windows_of_whole_quarters(first: str, last: str, is_whole: bool) -> None:
    assert whole_quarters(parse_window(first, last)) is is_whole


STANDS = [
    # months held from, to, and the window that stands where none is asked
    ("2022-04", "2022-11", ("2022-04", "2022-09")), ("2022-04", "2022-06", ("2022-04", "2022-06")),
    ("2022-11", "2023-04", ("2023-01", "2023-03")), ("2022-05", "2022-08", None),
]  # fmt: skip


@pytest.mark.parametrize(("first", "last", "stands"), STANDS)
def test_the_window_that_stands(first: str, last: str, stands: tuple[str, str] | None) -> None:
    assert latest_quarters(months(parse_window(first, last))) == (stands and parse_window(*stands))
    assert latest_quarters([]) is None


@pytest.mark.parametrize("by", ["code", "group", "age", "victim_type", "cyber_class"])
def test_changes_are_told_of_rounded_counts(held: Records, by: str) -> None:
    exact = fraud_reports.changes(held, SCOPE, YEAR, by)
    told = reports_told(exact)
    was = {row["kind"]: row for row in exact.table.records()} if exact.table else {}
    assert told.table is not None
    for row in told.table.records():
        assert abs(int(row["after"] or 0) - int(was[row["kind"]]["after"] or 0)) <= 2
        assert int(row["before"] or 0) % 5 == int(row["after"] or 0) % 5 == 0
        assert row["low"] is row["high"] is row["q"] is None
        assert row["verdict"] == was[row["kind"]]["verdict"]
        if min(int(row["before"] or 0), int(row["after"] or 0)) < 50:
            assert row["per_cent"] is None
    assert (told.parts, told.selection, told.interval) == ((), None, None)
    assert (told.n or 0) % 5 == 0
    assert "rounded to the nearest 5" in told.disclosure
    assert told.id != exact.id


def test_shares_and_losses_are_told_of_rounded_counts(held: Records) -> None:
    other = reports_told(fraud_reports.share_of_other(held, SCOPE, YEAR))
    assert other.table is not None
    assert [row[0] for row in other.table.rows] == ["2021-01-01", "2021-04-01", "2021-07-01", "2021-10-01"]
    assert all(int(row[2] or 0) % 5 == int(row[3] or 0) % 5 == 0 for row in other.table.rows)
    abroad = reports_told(fraud_reports.overseas_share(held, SCOPE, YEAR))
    assert abroad.value == round(float(abroad.value or 0))
    assert all(int(row[1] or 0) % 5 == 0 for row in (abroad.table.rows if abroad.table else ()))
    assert "about" in abroad.notes[0]
    lost = reports_told(losses.losses(held, measure("fraud_reports"), SCOPE, YEAR))
    assert lost.table is not None
    assert all(int(row["loss_given"] or 0) % 5 == int(row["reports"] or 0) % 5 == 0 for row in lost.table.records())
    assert {row["largest_pence"] for row in lost.table.records()} == {None}
    assert not lost.parts


def test_a_shorter_window_is_not_told(held: Records, tmp_path: Path) -> None:
    month = parse_window("2021-11", "2021-11")
    with pytest.raises(RequestInvalid):
        reports_told(fraud_reports.changes(held, SCOPE, month))
    assert month.first == date(2021, 11, 1)
