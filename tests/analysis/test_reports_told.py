"""Reports told: no count is exact, no window is shorter than a quarter, and nothing behind a figure is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fourfold.analysis import fraud_reports, losses
from fourfold.analysis.data_quality import completeness, completeness_by, every_gap
from fourfold.analysis.feeds import fraud_reconciled, late_rows
from fourfold.analysis.reports_told import latest_quarters, quarters_within, reports_told, whole_quarters
from fourfold.analysis.volumes import Scope
from fourfold.codes.fraud import TABLES_OF_REPORTS
from fourfold.codes.measures import measure
from fourfold.codes.periods import months, parse_window
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.quality import Quality
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


WITHIN = [
    # months asked from, to, and the whole quarters among them
    ("2021-12", "2022-11", ("2022-01", "2022-09")), ("2022-04", "2022-06", ("2022-04", "2022-06")),
    ("2022-02", "2022-05", None), ("2022-06", "2022-06", None), ("2022-04-02", "2022-09", ("2022-07", "2022-09")),
    ("2022-01", "2022-06-29", ("2022-01", "2022-03")),
]  # fmt: skip


@pytest.mark.parametrize(("first", "last", "within"), WITHIN)
def test_the_whole_quarters_in_a_window(first: str, last: str, within: tuple[str, str] | None) -> None:
    assert quarters_within(parse_window(first, last)) == (within and parse_window(*within))


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


def test_stages_gaps_fields_and_feeds_are_told_of_rounded_counts(held: Records) -> None:
    """Each number of reports of fraud on the pages of quality: exact it is for those who run or plan the care alone."""
    quality = Quality(held, "saltmere")
    counts = quality.counts(window=YEAR)
    gaps = [one for one in every_gap(quality, YEAR, tables=TABLES_OF_REPORTS) if one.n]
    age = completeness_by(quality, counts, "fraud_victims.age_at_report", YEAR, "unit")
    exact = [
        fraud_reconciled(held, "saltmere", YEAR)[0],
        *gaps,
        completeness(quality, counts, YEAR),
        age,
        late_rows(held, "saltmere"),
    ]
    assert {one.kind for one in exact} == {"reconciliation", "gap", "completeness", "completeness by owner", "lateness"}
    for one in exact:
        if one.kind != "lateness" or one.n:
            assert all("fraud" in part.code_lists for part in one.walk() if part.kind != "count"), (
                "else anybody may open it"
            )
        told = reports_told(one)
        assert "rounded to the nearest 5" in told.disclosure
        for part in told.walk():
            numbers = [part.n, *(part.parameters.get(name) for name in ("asked", "not known", "least", "most"))]
            rows = part.table.records() if part.table else []
            numbers += [n for row in rows for name, n in row.items() if isinstance(n, int) and name not in _DAYS]
            assert all(n is None or n % 5 == 0 for n in numbers), (part.kind, numbers)
            shares = [part.value, *(100 * float(row["share"]) for row in rows if row.get("share") is not None)]
            assert all(share is None or round(float(share), 6) == round(float(share)) for share in shares), part.kind
            assert not part.notes or not any(str(one.n) in note for note in part.notes), part.kind
    assert any(gap.value is not None for gap in map(reports_told, gaps)), "and what is large enough is told"


_DAYS = ("half_within", "nine_in_ten_within", "all_within")


def test_few_reports_have_no_share_and_other_records_stand_as_they_are(held: Records) -> None:
    quality = Quality(held, "saltmere")
    quarter = parse_window("2021-01", "2021-03")
    few = fraud_reconciled(held, "saltmere", parse_window("1990-01", "1990-03"))[0]
    assert few.table is not None
    assert {row["reports"] for row in reports_told(few).table.records()} <= {0, None}  # type: ignore[union-attr]
    with pytest.raises(RequestInvalid):
        reports_told(fraud_reconciled(held, "saltmere", parse_window("2021-01", "2021-02"))[0])
    every = completeness(quality, quality.counts(window=quarter), quarter)
    told = reports_told(every)
    assert every.table is not None
    assert told.table is not None
    others = [[r for r in one.records() if r["table"] not in TABLES_OF_REPORTS] for one in (every.table, told.table)]
    assert others[0] == others[1]
