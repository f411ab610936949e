"""The picture of fraud reports: sums agree, the not recorded has its row and its bounds, a published series stays a quotation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from fourfold.analysis import fraud_reports
from fourfold.analysis.findings import wilson
from fourfold.analysis.volumes import Scope
from fourfold.codes.periods import parse_window
from fourfold.errors import CodeUnknown, NothingHeld
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from tests import fraud_lists
from tests.records.extracts import put

SCOPE = Scope(force_id="saltmere")
YEAR = parse_window("2021-01", "2021-12")
PLANTED = 3
"""How many times as many reports of romance fraud there are in 2021."""


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Three years: some forty reports a month of four codes, romance trebled in 2021, countries and ages missing in a third."""
    folder, rng = tmp_path_factory.mktemp("fraud"), np.random.default_rng(4)
    rows, number = [], 0
    for month in range(36):
        first = date(2019 + month // 12, month % 12 + 1, 1)
        for code, mean in (("NFIB1D", 5), ("NFIB3A", 18), ("NFIB90", 8), ("NFIB2A", 6)):
            many = rng.poisson(mean * (PLANTED if code == "NFIB1D" and first.year == 2021 else 1))
            for _ in range(many):
                on = first + timedelta(days=int(rng.integers(0, 28)))
                number += 1
                rows.append(fraud_lists.row(
                    number, on - timedelta(days=on.weekday()), report_ref=f"NFRC{number}",
                    reported_at=f"{on}T12:00:00", nfib_code=code,
                    age_at_report="" if number % 3 == 0 else int(rng.integers(18, 90)), born_on="",
                    suspect_country=("", "Ghana", "United Kingdom")[number % 3],
                    victim_type="organisation" if number % 15 == 1 else "person",
                    cyber_class=("enabled", "dependent", "none", "")[number % 4],
                ))  # fmt: skip
    file = fraud_lists.list_file(folder, date(2019, 1, 7), rows)
    file = file.rename(folder / "fraud_victims_2019-01_to_2021-12.csv")
    import_files(folder / "home", [file], clock=lambda: datetime(2022, 1, 5, tzinfo=UTC))
    return records_as_at(folder / "home", datetime(2022, 1, 6, tzinfo=UTC))


@pytest.mark.parametrize("by", ["code", "group", "age", "victim_type", "cyber_class"])
def test_every_split_adds_up_and_is_of_reports(held: Records, by: str) -> None:
    found = fraud_reports.changes(held, SCOPE, YEAR, by)
    assert found.table is not None
    before, after = (part.value for part in reversed(found.parts))
    assert sum(int(r[2] or 0) for r in found.table.rows) == before
    assert sum(int(r[3] or 0) for r in found.table.rows) == after
    for part in found.parts:
        assert part.unit == "reports"
    if by in ("age", "cyber_class"):
        assert found.table.rows[-1][1].startswith("not recorded")  # type: ignore[union-attr]
        assert found.table.rows[-1][8] == "cannot judge"


def test_what_was_planted_is_found_and_nothing_else(held: Records) -> None:
    found = fraud_reports.changes(held, SCOPE, YEAR, "code")
    assert found.table is not None
    verdicts = {r[0]: r[8] for r in found.table.rows}
    assert verdicts["NFIB1D"] == "rise"
    assert [code for code, said in verdicts.items() if said in ("rise", "fall")] == ["NFIB1D"]
    assert found.value == 1
    romance = next(r for r in found.table.rows if r[0] == "NFIB1D")
    assert romance[4] == pytest.approx(
        100 * (int(romance[3] or 0) / int(romance[2] or 1) * 365 / 365 * 366 / 365 - 1), abs=1.0
    )
    assert float(romance[5] or 0) < 100 * (PLANTED - 1) < float(romance[6] or 0)
    with pytest.raises(CodeUnknown):
        fraud_reports.changes(held, SCOPE, YEAR, "surname")


def test_the_share_of_other_has_its_counts_its_interval_and_limits(held: Records) -> None:
    found = fraud_reports.share_of_other(held, SCOPE, YEAR)
    assert found.table is not None
    assert len(found.table.rows) == 12
    other, n = sum(int(r[1] or 0) for r in found.table.rows), sum(int(r[2] or 0) for r in found.table.rows)
    assert (found.value, found.n) == (pytest.approx(100 * other / n), n)
    assert found.interval is not None
    assert found.interval.low < 100 * other / n < found.interval.high
    assert all(r[6] is not None and float(r[6]) < float(r[3] or 0) < float(r[7] or 0) for r in found.table.rows), (
        "within its limits"
    )
    with pytest.raises(NothingHeld):
        fraud_reports.share_of_other(held, SCOPE, YEAR, of="disseminated")


def test_limits_are_not_drawn_of_too_few_months_and_a_month_beyond_them_is_told() -> None:
    assert fraud_reports._limits([1] * 11, [10] * 11) == [(None, None)] * 11
    low, high = fraud_reports._limits([10] * 23 + [40], [100] * 24)[-1]
    assert high is not None
    assert low is not None
    assert high < 40


def test_the_overseas_share_is_of_those_known_and_bounded_by_those_not(held: Records) -> None:
    found = fraud_reports.overseas_share(held, SCOPE, YEAR)
    assert found.table is not None
    abroad, home, unknown = (int(r[1] or 0) for r in found.table.rows)
    assert found.value == pytest.approx(100 * abroad / (abroad + home))
    every = abroad + home + unknown
    assert found.parameters["at least"] == pytest.approx(100 * abroad / every)
    assert found.parameters["at most"] == pytest.approx(100 * (abroad + unknown) / every)
    assert found.parameters["at least"] < 50 < found.parameters["at most"]


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 10, 0.0, 27.75), (5, 10, 23.66, 76.34), (10, 10, 72.25, 100.0), (80, 100, 71.11, 86.66)],
)
def test_the_interval_is_wilsons(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=0.01)


def test_beside_a_published_series(held: Records, tmp_path: Path) -> None:
    rows = [
        {"force": "saltmere", "series": "Fraud reports, England and Wales", "publisher": "ONS",
         "citation": "A table of FICTITIOUS figures",
         "first": f"{year}-01-01", "last": f"{year}-12-31", "value": value, "unit": "thousand reports"}
        for year, value in ((2018, "400"), (2019, "420"), (2020, "441"), (2021, "463.05"))
    ]  # fmt: skip
    with pytest.raises(NothingHeld):
        fraud_reports.beside_national(held, SCOPE)
    put(held.home, tmp_path, datetime(2022, 1, 7, tzinfo=UTC), "reference_series", rows, "2018-01_to_2021-12")
    later = records_as_at(held.home, datetime(2022, 1, 8, tzinfo=UTC))
    found = fraud_reports.beside_national(later, SCOPE, "fraud")
    assert found.table is not None
    published = [r[2] for r in found.table.rows]
    assert published == [400, 420, 441, 463.05]
    assert [r[3] is None for r in found.table.rows] == [True, False, False, False], (
        "a year of which no list is held is not none"
    )
    assert found.table.rows[3][4] == pytest.approx(5.0)
    assert found.value == found.table.rows[3][5]
    assert "A table of FICTITIOUS figures" in found.sources


def test_a_picture_says_reports_and_never_how_much_fraud_there_is(held: Records) -> None:
    for made in (fraud_reports.changes, fraud_reports.share_of_other, fraud_reports.overseas_share):
        found = made(held, SCOPE, YEAR)
        assert "one fraud in seven or eight" in found.definition.text
        assert "crimes" not in found.unit
