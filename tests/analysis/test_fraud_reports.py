"""Fraud reports: a report counts once however many lists hold it, on its day in London, in both eras' layouts."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fourfold.analysis import comparisons, volumes
from fourfold.analysis.fraud_reports import age_band, group_of_code, where_suspect_is
from fourfold.analysis.volumes import Scope
from fourfold.codes.fraud import fraud_code, fraud_codes
from fourfold.codes.measures import measure, measures
from fourfold.codes.periods import Window, parse_window
from fourfold.errors import RequestInvalid
from fourfold.publications.register import traced
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files

SCOPE = Scope(force_id="saltmere")
ACTION = ["force", "week_starting", "report_ref", "reported_at", "nfib_code", "victim_type"]
REPORT = ["force", "week_starting", "case_reference", "report_created_at", "crime_code", "victim_category"]


def list_of(folder: Path, name: str, header: list[str], rows: list[list[str]]) -> Path:
    path = folder / name
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([header, *[["saltmere", *row] for row in rows]])
    return path


@pytest.fixture
def held(tmp_path: Path) -> Records:
    """Two weeks of October 2022, the second with a corrected row of the first, and a week of Report Fraud's time."""
    first = [
        ["2022-10-03", "NFRC1", "2022-10-03T10:00:00", "NFIB90", "person"],
        ["2022-10-03", "NFRC2", "2022-10-04T10:00:00", "NFIB1D", "person"],
        ["2022-10-03", "NFRC3", "2022-09-30T23:30:00+01:00", "90", "organisation"],
    ]
    second = [
        ["2022-10-10", "NFRC2", "2022-10-04T10:00:00", "NFIB90", "person"],  # recoded, and told again
        ["2022-10-10", "NFRC4", "2022-10-11T10:00:00", "NFIB3A", "person"],
    ]
    later = [["2025-12-08", "RF1", "2025-12-09T10:00:00", "NFIB90", "person"]]
    files = [
        list_of(tmp_path, "fraud_victims_2022-09_to_2022-10.csv", ACTION, first),
        list_of(tmp_path, "fraud_victims_week_2022-10-10.csv", ACTION, second),
        list_of(tmp_path, "fraud_victims_2025-12.csv", REPORT, later),
    ]
    import_files(tmp_path / "home", files, clock=lambda: datetime(2026, 1, 5, tzinfo=UTC))
    return records_as_at(tmp_path / "home", datetime(2026, 2, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "first", "last", "n"),
    [
        ("fraud_reports", "2022-09", "2022-10", 4),
        ("fraud_reports", "2022-10", "2022-10", 3),
        ("fraud_reports", "2022-09-30", "2022-10-03", 2),  # the day in London
        ("fraud_nfib90", "2022-09", "2022-10", 3),
        ("fraud_nfib1d", "2022-09", "2022-10", 0),
        ("fraud_consumer_and_retail", "2022-10", "2022-10", 1),
        ("fraud_reports", "2025-12", "2025-12", 1),
    ],
)
def test_a_report_counts_once_under_the_code_last_told(held: Records, name: str, first: str, last: str, n: int) -> None:
    found = volumes.count(held, measure(name), SCOPE, parse_window(first, last))
    assert (found.value, found.unit) == (n, "reports")
    assert found.code_lists.keys() == {"fraud"}
    assert traced(held.home, found).recounted == n


def test_months_without_a_list_are_not_months_without_fraud(held: Records) -> None:
    found = volumes.count(held, measure("fraud_reports"), SCOPE, parse_window("2022-10", "2022-11"))
    assert found.value is None
    assert "November 2022" in (found.verdict or "")
    change = comparisons.compared(held, measure("fraud_reports"), SCOPE, Window(date(2022, 10, 1), date(2022, 10, 31)))
    assert change.value is None


def test_reports_are_split_by_code_and_not_by_area(held: Records) -> None:
    found = volumes.breakdown(held, measure("fraud_reports"), SCOPE, parse_window("2022-09", "2022-10"), "code")
    assert found.table is not None
    assert [row[::2] for row in found.table.rows] == [("NFIB90", 3), ("NFIB3A", 1)]
    assert found.table.rows[0][1] == "None of the above"
    with pytest.raises(RequestInvalid):
        volumes.breakdown(held, measure("fraud_reports"), SCOPE, parse_window("2022-09", "2022-10"), "lsoa21")


def test_each_code_and_group_is_a_measure_and_all_stand_in_their_group() -> None:
    by_group = Counter(code.group for code in fraud_codes())
    groups = [m for m in measures() if m.basis == "fraud_code" and m.title.startswith("Fraud reports: ")]
    assert {m.title.removeprefix("Fraud reports: "): len(m.codes) for m in groups} == by_group
    assert {c.code for c in fraud_codes()} == {m.codes[0] for m in measures() if m.id.startswith("fraud_nfib")}


def test_a_code_that_is_not_on_the_list_is_not_one_that_was_not_recorded() -> None:
    rows = pl.DataFrame({"nfib_code": ["NFIB1D", "NFIB99Z", None]})
    known, off_the_list, none = rows.select(group_of_code()).to_series()
    assert (known, off_the_list, none) == (fraud_code("1D").group, "code not on the list", None)  # type: ignore[union-attr]


WHERE = [
    # a suspect's country as it is written, and where that is
    ("United Kingdom", "at home"), ("UK", "at home"), ("U.K.", "at home"), ("UK - England", "at home"), ("England, Kent", "at home"),
    (" northern ireland ", "at home"), ("Ireland", "overseas"), ("Nigeria", "overseas"), ("Ukraine", "overseas"),
    ("New South Wales", "overseas"), ("Unknown", None), ("N/K", None), ("not known", None), ("-", None), ("", None), (None, None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "where"), WHERE)
def test_where_a_suspect_is_and_a_word_that_answers_nothing_is_no_country(
    written: str | None, where: str | None
) -> None:
    rows = pl.DataFrame({"suspect_country": [written]}, schema={"suspect_country": pl.String})
    assert rows.select(where_suspect_is()).item() == where


@pytest.mark.parametrize(("age", "band"), [(0, "0"), (1, "1 to 10"), (10, "1 to 10"), (11, "11 to 20"), (None, None)])
def test_ages_stand_in_the_bands_of_the_national_lists(age: int | None, band: str | None) -> None:
    kinds = {"age_at_report": pl.Int64, "victim_type": pl.String}
    assert pl.DataFrame([(age, "person")], schema=kinds, orient="row").select(age_band()).item() == band
