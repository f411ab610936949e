"""Weekly lists: nobody falls out of them, whatever a row lacks; and no day to come is believed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fourfold.analysis import triage
from fourfold.analysis.volumes import Scope, held_months
from fourfold.codes.measures import measure
from fourfold.codes.triage_rules import triage_rule
from fourfold.records import weekly_lists
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from tests import fraud_lists
from tests.fraud_lists import FORCE, MONDAY

CAME = datetime(2022, 10, 10, 6, tzinfo=UTC)
LATER = datetime(2022, 10, 18, tzinfo=UTC)


def held(folder: Path, *lists: list[list[str]], came: datetime = CAME) -> Records:
    """Each list imported as a file of its own, a week apart."""
    for n, rows in enumerate(lists):
        at = came + timedelta(days=7 * n)
        file = fraud_lists.list_file(folder, MONDAY + timedelta(days=7 * n), rows)
        import_files(folder / "home", [file], clock=lambda at=at: at)  # type: ignore[misc]
    return records_as_at(folder / "home", LATER)


def on_lists(records: Records) -> dict[str, list[date]]:
    """By reference, the lists on which a report stands."""
    found: dict[str, list[date]] = {}
    for week in weekly_lists.weeks(records, FORCE):
        if not week.is_missing:
            for ref in weekly_lists.week_rows(records, FORCE, week.starting)["report_ref"]:
                found.setdefault(ref, []).append(week.starting)
    return found


BLANK, NO_WORD, TO_COME = "", "soon", date(2099, 1, 5)


@pytest.mark.parametrize("week", [BLANK, NO_WORD, TO_COME])
@pytest.mark.parametrize("reported", [None, "", "2099-01-05T10:00:00", "2021-06-01T10:00:00"])
def test_a_row_whose_week_cannot_be_read_is_on_its_files_list_and_says_so(
    tmp_path: Path, week: object, reported: str | None
) -> None:
    amiss = fraud_lists.row(1, week_starting=week, **({} if reported is None else {"reported_at": reported}))
    records = held(tmp_path, [fraud_lists.row(0), amiss])
    assert on_lists(records) == {"NFRC22000000": [MONDAY], "NFRC22000001": [MONDAY]}
    assert weekly_lists.without_week(records, FORCE) == 1
    rows = weekly_lists.week_rows(records, FORCE, MONDAY)
    told = {v.report_ref: v.remarks for v in triage.listed(rows, triage_rule(), {})}
    assert "the week on its row cannot be read, or cannot be right" in told["NFRC22000001"]
    assert told["NFRC22000000"] == ()
    key = rows.filter(report_ref="NFRC22000001")["key"].item()
    one = weekly_lists.report_rows(records, FORCE, key)
    assert (one["first_week"].item(), one["last_week"].item(), one["is_week_told"].item()) == (MONDAY, MONDAY, False)


@pytest.mark.parametrize(
    ("reported", "week"),
    [
        ("2022-10-04T10:00:00", date(2022, 10, 3)),  # the week of the report
        ("2022-09-28T10:00:00", date(2022, 9, 26)),
        ("", date(2022, 10, 3)),  # the last that was over when the file came
        ("2023-10-04T10:00:00", date(2022, 10, 3)),
    ],
)
def test_where_no_row_of_a_file_tells_its_week_the_day_of_the_report_does(
    tmp_path: Path, reported: str, week: date
) -> None:
    records = held(tmp_path, [fraud_lists.row(0, week_starting="", reported_at=reported)])
    assert on_lists(records) == {"NFRC22000000": [week]}


@pytest.mark.parametrize(
    ("week", "told", "remark"),
    [
        (date(2021, 10, 4), False, "the week on its row cannot be read, or cannot be right"),  # over before the report
        (date(2022, 9, 26), False, "the week on its row cannot be read, or cannot be right"),
        (date(2022, 10, 4), True, "the week on its row begins on no Monday"),
        (date(2022, 10, 9), True, "the week on its row begins on no Monday"),
    ],
)
def test_a_week_that_cannot_be_right_makes_no_list_of_its_own(
    tmp_path: Path, week: date, told: bool, remark: str
) -> None:
    records = held(tmp_path, [fraud_lists.row(0), fraud_lists.row(1, week_starting=week)])
    assert on_lists(records) == {"NFRC22000000": [MONDAY], "NFRC22000001": [MONDAY]}
    assert weekly_lists.without_week(records, FORCE) == (not told)
    rows = weekly_lists.week_rows(records, FORCE, MONDAY)
    assert {v.report_ref: v.remarks for v in triage.listed(rows, triage_rule(), {})}["NFRC22000001"] == (remark,)


def test_a_file_of_many_weeks_puts_a_row_on_the_list_of_its_report(tmp_path: Path) -> None:
    rows = [fraud_lists.row(n, MONDAY - timedelta(days=7 * n)) for n in range(4)]
    amiss = fraud_lists.row(9, MONDAY - timedelta(days=14), week_starting="")
    records = held(tmp_path, [*rows, amiss])
    assert on_lists(records)["NFRC22000009"] == [MONDAY - timedelta(days=14)]


def test_a_row_mended_by_the_next_list_counts_as_told(tmp_path: Path) -> None:
    records = held(tmp_path, [fraud_lists.row(0), fraud_lists.row(1, week_starting="")], [fraud_lists.row(1, MONDAY)])
    assert weekly_lists.without_week(records, FORCE) == 0
    assert on_lists(records)["NFRC22000001"] == [MONDAY]


def test_a_day_of_report_that_is_to_come_or_unreadable_is_said_on_the_list(tmp_path: Path) -> None:
    amiss = [fraud_lists.row(1, reported_at="2099-01-05T10:00:00"), fraud_lists.row(2, reported_at="soon")]
    records = held(tmp_path, [fraud_lists.row(0), *amiss])
    rows = weekly_lists.week_rows(records, FORCE, MONDAY)
    told = {v.report_ref: v.remarks for v in triage.listed(rows, triage_rule(), {})}
    assert told == {
        "NFRC22000000": (),
        "NFRC22000001": ("the day of the report is later than the file that tells it",),
        "NFRC22000002": ("the day of the report cannot be read",),
    }


def test_nobody_is_referred_by_the_age_of_a_day_to_come(tmp_path: Path) -> None:
    amiss = fraud_lists.row(1, reported_at="2099-01-05T10:00:00", age_at_report="")
    records = held(tmp_path, [fraud_lists.row(0, age_at_report=""), amiss])
    rows = weekly_lists.week_rows(records, FORCE, MONDAY).with_columns(born_on=date(1982, 2, 2))
    found = {one.report_ref: (one.age, one.standing, one.missing) for one in triage.listed(rows, triage_rule(), {})}
    assert found == {
        "NFRC22000000": (40, triage.NOT_REFERRED, ()), "NFRC22000001": (None, triage.UNJUDGED, ("age not known",)),
    }  # fmt: skip


def test_a_day_to_come_is_nobodys_last_day_and_moves_no_window(tmp_path: Path) -> None:
    amiss = [fraud_lists.row(1, reported_at="2099-01-05T10:00:00"), fraud_lists.row(2, reported_at="soon")]
    records = held(tmp_path, [fraud_lists.row(0), *amiss])
    assert weekly_lists.last_reported(records, FORCE) == MONDAY
    assert held_months(records, measure("fraud_reports"), Scope(force_id=FORCE)) == (date(2022, 10, 1),)
    assert weekly_lists.of_no_day(records, FORCE) == 2
    assert (weekly_lists.of_no_day(records, FORCE, ["NFIB3A"]), weekly_lists.of_no_day(records, FORCE, ["NFIB1D"])) == (
        2,
        0,
    )
    rows = weekly_lists.reports_of_all_days(records, FORCE, ["NFIB3A"])
    assert rows.select("report_ref", "reported_on").rows() == [
        ("NFRC22000001", None), ("NFRC22000002", None), ("NFRC22000000", MONDAY),
    ]  # fmt: skip
