"""Losses: pooled from sums and counts, a loss not given is not nought, and the largest are told for checking."""

from __future__ import annotations

import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.analysis import losses, volumes
from fourfold.codes.measures import measure
from fourfold.codes.periods import parse_window
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from tests.analysis.test_fraud_reports import ACTION, SCOPE, list_of

OCTOBER = parse_window("2022-10", "2022-10")


def held(made: str, reports: list[tuple[str, int | None]]) -> Records:
    rows = [
        [
            "2022-10-03",
            f"NFRC{n}",
            "2022-10-04T10:00:00",
            "NFIB90",
            kind,
            "" if loss is None else str(loss),
            str(10 + n),
        ]
        for n, (kind, loss) in enumerate(reports)
    ]
    header = [*ACTION, "loss_pence", "age_at_report"]
    path = list_of(Path(made), "fraud_victims_2022-10.csv", header, rows)
    import_files(Path(made) / "home", [path], clock=lambda: datetime(2022, 11, 5, tzinfo=UTC))
    return records_as_at(Path(made) / "home", datetime(2022, 12, 1, tzinfo=UTC))


KINDS = st.sampled_from(["person", "organisation", ""])
LOSSES = st.one_of(st.none(), st.integers(0, 10**9))


@pytest.mark.slow
@settings(max_examples=15)
@given(st.lists(st.tuples(KINDS, LOSSES), min_size=1, max_size=40))
def test_losses_are_what_a_plain_loop_finds(reports: list[tuple[str, int | None]]) -> None:
    with tempfile.TemporaryDirectory() as made:
        records = held(made, reports)
        found = losses.losses(records, measure("fraud_reports"), SCOPE, OCTOBER)
        largest = losses.largest_losses(records, measure("fraud_reports"), SCOPE, OCTOBER)
    assert found.table is not None
    rows = {row["victim_type"]: row for row in found.table.records()}
    for kind in ("person", "organisation", None, "all"):
        mine = [loss for k, loss in reports if kind == "all" or k == (kind or "")]
        told = [loss for loss in mine if loss is not None]
        if not mine:
            assert kind not in rows
            continue
        row = rows[kind]
        assert (row["reports"], row["loss_given"], row["sum_pence"]) == (len(mine), len(told), sum(told))
        assert row["attempts"] == told.count(0)
        if told:
            assert row["mean_pence"] == pytest.approx(sum(told) / len(told))
            assert row["median_pence"] == pytest.approx(statistics.median(told))
            assert row["sum_without_largest_pence"] == sum(sorted(told)[:-10])
        else:
            assert row["mean_pence"] is None
    given_at_all = sorted((loss for _, loss in reports if loss is not None), reverse=True)
    assert [one.loss_pence for one in largest] == given_at_all[:10]
    assert found.value == sum(given_at_all)


def test_two_means_are_pooled_and_never_added(tmp_path: Path) -> None:
    """The board paper of February 2022 added a mean of people to a mean of organisations."""
    records = held(str(tmp_path), [("person", 100_00)] * 9 + [("organisation", 1_000_00)])
    found = losses.losses(records, measure("fraud_reports"), SCOPE, OCTOBER)
    assert found.table is not None
    assert [row["mean_pence"] for row in found.table.records()] == [100_00, 1_000_00, 190_00]


def test_a_mean_moved_by_one_case_is_seen_beside_its_median(tmp_path: Path) -> None:
    records = held(str(tmp_path), [("person", 200_00)] * 39 + [("person", 9_000_000_00)])
    found = losses.losses(records, measure("fraud_reports"), SCOPE, OCTOBER)
    assert found.table is not None
    row = found.table.records()[-1]
    assert row["mean_pence"] > 100 * row["median_pence"]  # type: ignore[operator]
    assert (row["median_pence"], row["trimmed_mean_pence"], row["largest_pence"]) == (200_00, 200_00, 9_000_000_00)


def test_reports_are_split_by_age_in_tens_and_by_type(tmp_path: Path) -> None:
    records = held(str(tmp_path), [("person", 1)] * 11 + [("", 1)])  # aged 10 to 21
    by_age = volumes.breakdown(records, measure("fraud_reports"), SCOPE, OCTOBER, "age")
    assert by_age.table is not None
    assert by_age.table.rows == (
        ("1-10", "1 to 10", 1), ("11-20", "11 to 20", 10), ("21-30", "21 to 30", 1), (None, "not recorded", 0),
    )  # fmt: skip
    by_type = volumes.breakdown(records, measure("fraud_reports"), SCOPE, OCTOBER, "victim_type")
    assert by_type.table is not None
    assert by_type.table.rows == (("person", "person", 11), (None, "not recorded", 1))


def test_losses_are_of_fraud_reports_alone(tmp_path: Path) -> None:
    records = held(str(tmp_path), [("person", 1)])
    with pytest.raises(RequestInvalid):
        volumes.breakdown(records, measure("fraud_reports"), SCOPE, OCTOBER, "ltla24")


FEW = [
    # how many people and organisations gave a loss -> of whose rows the sums are told, as a superintendent would put it
    ("many of each", 9, 9, {"person", "organisation", "all"}),
    ("two organisations: the people's sum would give theirs away", 9, 2, {"all"}),
    ("two of each", 2, 2, set()),
    ("five of each, in all ten", 5, 5, {"person", "organisation", "all"}),
    ("people alone", 9, 0, {"person", "all"}),
    ("three people alone", 3, 0, set()),
]


@pytest.mark.parametrize(("what", "people", "firms", "told"), FEW, ids=[one[0] for one in FEW])
def test_no_loss_of_few_is_told_to_every_reader(
    tmp_path: Path, what: str, people: int, firms: int, told: set[str]
) -> None:
    reports = [("person", 100_00 + n) for n in range(people)] + [("organisation", 7_000_00 + n) for n in range(firms)]
    exact = losses.losses(held(str(tmp_path), [*reports, ("", None)]), measure("fraud_reports"), SCOPE, OCTOBER)
    found = losses.losses_told(exact)
    assert found.table is not None
    rows = found.table.records()
    assert {row["victim_type"] for row in rows if row["sum_pence"]} == told, what
    assert all(row["largest_pence"] is None for row in rows), "one victim's loss"
    assert (found.value is None) == ("all" not in told)
    assert exact.table is not None
    told_of = [[(row["victim_type"], row["reports"]) for row in one.records()] for one in (found.table, exact.table)]
    assert told_of[0] == told_of[1], "how many reports there are is told elsewhere too"


def test_what_is_left_without_the_ten_largest_is_not_told_of_few(tmp_path: Path) -> None:
    exact = losses.losses(
        held(str(tmp_path), [("person", 100 * n) for n in range(1, 13)]), measure("fraud_reports"), SCOPE, OCTOBER
    )
    found = losses.losses_told(exact)
    assert found.table is not None
    row = found.table.records()[-1]
    assert (row["sum_pence"], row["sum_without_largest_pence"]) == (7800, None), "of two victims"
