"""When feeds came, how late rows were, and which stages of fraud hold a report that another lacks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fourfold.analysis.feeds import fraud_reconciled, freshness, late_rows
from fourfold.codes.periods import Window, parse_window
from fourfold.errors import NothingHeld
from fourfold.publications.sentences import plain_sentence
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.feeds import ARRIVAL, feeds, lateness
from fourfold.records.reconciliation import fraud_codes, lines_of, reconciliation
from tests.records.extracts import at, put

FORCE = "leicestershire"
CONTACT = {"crime_ref": "V1", "about": "update"}
VICTIM = {"nfib_code": "NFIB3A", "victim_type": "person", "week_starting": "2022-06-06"}
LIST, SENT, GIVEN = "fraud_victims_action_fraud", "fraud_disseminations_action_fraud", "fraud_outcomes_action_fraud"
JUNE = parse_window("2022-06", "2022-06")


def on(month: int, day: int) -> datetime:
    return datetime(2022, month, day, 12, tzinfo=UTC)


@pytest.fixture
def contacts(home: Path, tmp_path: Path) -> Path:
    """Contacts that came on three days: the history, then a row corrected, one late by two days and one by twenty."""

    def rows(*told: tuple[str, str]) -> list[dict[str, str]]:
        return [{**CONTACT, "contact_ref": ref, "contacted_at": f"{day}T10:00:00"} for ref, day in told]

    put(home, tmp_path, on(6, 1), "victim_contacts", rows(("C1", "2020-01-05"), ("C2", "2022-05-30")), "2022-05")
    put(home, tmp_path, on(7, 1), "victim_contacts", rows(("C2", "2022-05-30"), ("C3", "2022-06-29")), "2022-06")
    put(home, tmp_path, on(8, 1), "victim_contacts", rows(("C3", "2022-06-29"), ("C4", "2022-07-12")), "2022-07")
    return home


def test_a_row_is_late_by_the_days_to_its_first_arrival_and_the_history_is_not(contacts: Path) -> None:
    told = lateness(records_as_at(contacts, on(8, 2)), FORCE).filter(table="victim_contacts", leg=ARRIVAL)
    assert told.select("days", "n").rows() == [(2, 1), (20, 1)]
    found = late_rows(records_as_at(contacts, on(8, 2)), FORCE)
    assert found.table is not None
    assert found.table.rows == (("victim_contacts", ARRIVAL, 2, 2, 20, 20, 0),)


@pytest.mark.parametrize(
    ("day", "since", "is_overdue"), [(on(8, 1), 0, False), (on(9, 1), 31, False), (on(9, 2), 32, True)]
)
def test_a_feed_is_overdue_once_its_rhythm_is_over(contacts: Path, day: datetime, since: int, is_overdue: bool) -> None:
    (feed,) = feeds(records_as_at(contacts, day), FORCE)
    assert (feed.files, feed.arrived_on, feed.reaches) == (
        3,
        (date(2022, 6, 1), date(2022, 7, 1), date(2022, 8, 1)),
        date(2022, 7, 12),
    )
    assert (feed.days_since(day.date()), feed.is_overdue(day.date())) == (since, is_overdue)
    found = freshness(records_as_at(contacts, day), FORCE)
    assert found.value == int(is_overdue)
    assert plain_sentence(found).endswith(f"Of 1 feeds, {int(is_overdue)} are overdue.")


def test_a_feed_is_as_it_was_at_an_earlier_instant(contacts: Path) -> None:
    (feed,) = feeds(records_as_at(contacts, on(6, 20)), FORCE)
    assert (feed.files, feed.reaches) == (1, date(2022, 5, 30))
    with pytest.raises(NothingHeld):
        freshness(records_as_at(contacts, on(5, 1)), FORCE)


def test_what_came_all_in_one_day_tells_nothing_of_lateness(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, on(6, 1), "victim_contacts", [{**CONTACT, "contact_ref": "C1"}], "2022-05")
    found = late_rows(records_as_at(home, on(6, 2)), FORCE)
    assert found.value is None
    assert "Not available" in (found.verdict or "")


@pytest.mark.parametrize(
    ("report", "entry", "days"),
    [("2022-06-10T23:30:00", "2022-06-11T00:10:00", 1), ("2022-06-10T09:00:00", "2022-06-10T17:00:00", 0)],
)
def test_days_are_those_of_london(home: Path, tmp_path: Path, report: str, entry: str, days: int) -> None:
    put(home, tmp_path, on(7, 1), "crimes", [{"crime_ref": "V1", "reported_at": report, "recorded_at": entry}])
    told = lateness(records_as_at(home, on(7, 2)), FORCE).filter(leg="from the report to its recording")
    assert told["days"].to_list() == [days]


# --- fraud, stage by stage -------------------------------------------------------------------------------------


@pytest.fixture
def fraud(home: Path, tmp_path: Path) -> Records:
    """Reports R1 to R4; R1, R2, R3 and a stranger R9 disseminated (R2 twice); R1 and R2 allocated; R1 and R8 given outcomes.

    R1 became a crime of the force's own that is held, R3 one that is not; S9 is held and nothing names it; S7 was cancelled.
    """
    put(home, tmp_path, at(1), LIST, [
        {**VICTIM, "report_ref": f"R{n}", "reported_at": "2022-06-08T10:00:00"} for n in range(1, 5)
    ])  # fmt: skip
    put(home, tmp_path, at(2), SENT, [
        {"report_ref": ref, "package_ref": package, "disseminated_on": "2022-06-20", "team": team, "allocated_on": day,
         "local_crime_ref": local}
        for ref, package, team, day, local in [
            ("R1", "P1", "Economic Crime", "2022-06-22", "S1"), ("R2", "P1", "", "", ""),
            ("R2", "P2", "Economic Crime", "2022-07-02", ""), ("R3", "P3", "", "", "S3"), ("R9", "P3", "", "", ""),
        ]
    ])  # fmt: skip
    put(home, tmp_path, at(3), GIVEN, [
        {"report_ref": ref, "outcome_type": "18", "outcome_on": "2022-06-30"} for ref in ("R1", "R8")
    ])  # fmt: skip
    put(home, tmp_path, at(4), "crimes", [
        {"crime_ref": ref, "offence_code": code, "recorded_at": "2022-06-25T10:00:00", "status": status, "status_on": on}
        for ref, code, status, on in (
            ("S1", "53D", "", ""), ("S9", "53D", "", ""), ("S3", "48", "", ""), ("S7", "53D", "cancelled", "2022-07-01"),
        )
    ])  # fmt: skip
    return records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC))


def test_each_stage_is_counted_from_its_own_feed_a_report_once(fraud: Records) -> None:
    told = reconciliation(fraud, FORCE, JUNE).stages
    assert told.select("stage", "reports", "rows").rows() == [
        ("reported", 4, 4), ("disseminated", 4, 5), ("allocated", 1, 1), ("finalised", 2, 2), ("held", 2, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "asked", "unmatched"),
    [
        ("disseminated", "reported", 4, 1),  # R9
        ("reported", "disseminated", 4, 1),  # R4
        ("disseminated", "allocated", 4, 2),  # R3, R9: R2 was allocated in July, which is some time
        ("allocated", "finalised", 1, 0),
        ("finalised", "allocated", 2, 1),  # R8
        ("finalised", "disseminated", 2, 1),  # R8
        ("held", "disseminated", 2, 1),  # S9
    ],
)
def test_what_one_stage_has_and_another_lacks_is_told_each_way(
    fraud: Records, one: str, other: str, asked: int, unmatched: int
) -> None:
    told = reconciliation(fraud, FORCE, JUNE)
    pair = told.pairs.filter((pl.col("in") == one) & (pl.col("not_in") == other))
    assert pair.select("asked", "unmatched").row(0) == (asked, unmatched)
    assert told.rows.filter((pl.col("in") == one) & (pl.col("not_in") == other)).height == unmatched


def test_a_dissemination_that_names_no_crime_yet_is_told_apart_from_one_whose_crime_is_not_held(fraud: Records) -> None:
    told = reconciliation(fraud, FORCE, JUNE).pairs.filter(
        (pl.col("in") == "disseminated") & (pl.col("not_in") == "held")
    )
    assert told.select("said", "asked", "unmatched").rows() == [
        ("disseminated, and names no crime of the force's own yet", 4, 2),  # R2 and R9
        ("disseminated, and names no crime of fraud that is held", 2, 1),  # R3's is not of fraud
    ]


def test_crimes_are_counted_though_no_dissemination_names_one_and_only_their_pairs_are_not(
    home: Path, tmp_path: Path
) -> None:
    put(
        home,
        tmp_path,
        at(1),
        "crimes",
        [{"crime_ref": "S1", "offence_code": "53D", "recorded_at": "2022-06-25T10:00:00"}],
    )
    found, told = fraud_reconciled(records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC)), FORCE, JUNE)
    assert told.stages["reports"].to_list() == [None, None, None, None, 1]
    assert found.n == 1
    assert told.pairs["unmatched"].null_count() == len(told.pairs)
    put(home, tmp_path, at(2), SENT, [{"report_ref": "R1", "package_ref": "P1", "disseminated_on": "2022-06-20"}])
    told = reconciliation(records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC)), FORCE, JUNE)
    assert told.stages["reports"].to_list() == [None, 1, 0, None, 1]
    assert [pair for pair in told.pairs.rows() if "held" in pair[:2] and pair[3] is not None] == []
    assert any(why.startswith("Disseminated beside held cannot be told") for why in told.cannot_tell)


def test_where_no_stage_is_held_it_is_said(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, at(1), "victim_contacts", [{**CONTACT, "contact_ref": "C1"}], "2022-05")
    found, told = fraud_reconciled(records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC)), FORCE, JUNE)
    assert told.stages["reports"].to_list() == [None] * 5
    assert found.verdict == "Not available: no stage of fraud is held."


def test_the_unmatched_are_listed_by_file_and_line_and_never_by_reference(fraud: Records) -> None:
    told = reconciliation(fraud, FORCE, JUNE)
    files = {b.batch_id: b.file_name for b in fraud.standing}
    listed = {(said, file): lines for said, file, lines in lines_of(told.rows, files)}
    assert listed["disseminated, and on no list of victims", f"{SENT}_2022-06.csv"] == [6]
    assert "R9" not in str(told.rows.rows())


def test_a_stage_that_cannot_be_told_has_no_count_which_is_not_none(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, at(1), LIST, [{**VICTIM, "report_ref": "R1", "reported_at": "2022-06-08T10:00:00"}])
    records = records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC))
    found, told = fraud_reconciled(records, FORCE, JUNE)
    assert told.stages["reports"].to_list() == [1, None, None, None, None]
    assert told.pairs["unmatched"].null_count() == len(told.pairs)
    assert len(told.cannot_tell) == 4
    assert "1 reported, not available disseminated" in plain_sentence(found)


def test_a_window_takes_each_stage_by_its_own_date(fraud: Records) -> None:
    july = Window(date(2022, 7, 1), date(2022, 7, 31))
    assert reconciliation(fraud, FORCE, july).stages["reports"].to_list() == [0, 0, 1, 0, 0]


def test_codes_of_fraud_are_those_of_the_list() -> None:
    assert {"53D", "53E"} <= set(fraud_codes())
    assert "48" not in fraud_codes()
