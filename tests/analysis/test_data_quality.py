"""Completeness with its limits, gaps with their bounds, and which fields to make mandatory, each beside a slow reference."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis.data_quality import (
    best_fields,
    completeness,
    completeness_by,
    every_gap,
    funnel,
    gap_bounds,
    mandatory_fields,
)
from fourfold.analysis.findings import finding_from_dict
from fourfold.codes import gaps
from fourfold.codes.periods import parse_window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.publications.sentences import case_sentence, gap_sentence, plain_sentence
from fourfold.records.as_at import records_as_at
from fourfold.records.quality import COUNTS, Quality
from tests.records.extracts import at, put
from tests.records.test_quality import CRIME, JUNE, NOW

lacking = st.dictionaries(
    st.frozensets(st.sampled_from("abcdef"), min_size=1, max_size=3), st.integers(1, 50), max_size=10
)


@given(lacking, st.integers(1, 4))
def test_the_best_fields_are_those_that_every_set_looked_at_gives(
    missing: dict[frozenset[str], int], many: int
) -> None:
    """The slow reference: look at every set of that many fields."""
    steps = best_fields(missing, "abcdef", many)
    reached = steps[-1][1] if steps else 0
    assert reached == max(
        sum(n for lacks, n in missing.items() if lacks <= set(one)) for one in combinations("abcdef", many)
    )
    assert len(steps) <= many
    sums = [so_far for _, so_far in steps]
    assert sums == sorted(sums)
    assert sums == [
        sum(n for lacks, n in missing.items() if lacks <= {f for f, _ in steps[: at + 1]}) for at in range(len(steps))
    ]


@pytest.mark.parametrize(
    ("missing", "many", "chosen"),
    [
        ({"a": 5, "b": 3, "c": 1}, 2, "ab"),
        # neither of two fields answers anything alone, and together they answer most
        ({"ab": 9, "c": 4, "d": 3}, 2, "ab"),
        ({"ab": 6, "c": 4, "d": 3}, 2, "cd"),
        ({"a": 5}, 3, "a"),
        ({}, 3, ""),
    ],
)
def test_fields_are_chosen_as_sets_and_not_one_by_one(missing: dict[str, int], many: int, chosen: str) -> None:
    steps = best_fields({frozenset(k): n for k, n in missing.items()}, "abcd", many)
    assert "".join(sorted(field for field, _ in steps)) == chosen


def test_more_sets_than_can_be_looked_through_are_taken_greedily() -> None:
    missing = {frozenset([f"field {n:03}"]): n for n in range(1, 200)}
    steps = best_fields(missing, [f"field {n:03}" for n in range(1, 200)], 5)
    assert [n for _, n in steps] == [199, 397, 594, 790, 985]


def test_a_gap_is_said_in_words_with_its_bounds(violence: Quality) -> None:
    found = gap_bounds(violence, gaps.gap("shop_worker_assaults"), JUNE)
    assert gap_sentence(found).text == (
        "75% of business-flagged violence has no occupation of the victim: shop-worker assaults between 1 and 4 of 4."
    )
    assert gap_sentence(found).findings == (found,) * 4
    assert "refused" in " ".join(found.notes).lower()
    assert any("no such person" in note.lower() for note in found.notes)
    assert finding_from_dict(found.as_dict()) == found


def test_a_gap_of_groups_gives_each_group_its_bounds(home: Path, tmp_path: Path) -> None:
    put(home, tmp_path, at(1), "crimes", [{**CRIME, "crime_ref": "V1"}])
    given = ["W1", "W1", "A1", "", "NS"]
    put(home, tmp_path, at(2), "people", [
        {"crime_ref": "V1", "person_ref": f"N{n}", "role": "victim", "self_defined_ethnicity": one} for n, one in enumerate(given)
    ])  # fmt: skip
    seen = Quality(records_as_at(home, NOW), "leicestershire")
    found = gap_bounds(seen, gaps.gap("victims_by_ethnicity"), JUNE)
    assert found.table is not None
    assert [row for row in found.table.rows if row[0] == "group"] == [("group", "W1", 2, 4), ("group", "A1", 1, 3)]
    assert "40% of victims have no self-defined ethnicity" in gap_sentence(found).text
    assert "W1, stands for between 2 and 4 of 5" in gap_sentence(found).text


def test_the_case_names_the_fields_what_they_answer_and_what_they_cost(violence: Quality) -> None:
    found = mandatory_fields(violence, JUNE, theme="business crime", many=2, seconds={"people.occupation": 36.0})
    assert found.table is not None
    rows = found.table.records()
    # Not known: of flagged violence three (one answerable), of all violence V2, V3, V6 (one answerable), of the flag V4.
    assert (found.n, found.parameters["removed"]) == (7, 3)
    assert [(r["step"], r["field"], r["so_far"], r["to_fill_in"], r["hours"]) for r in rows] == [
        (1, "people.occupation", 2, 2, 0.0), (2, "crimes.is_business", 3, 1, 0.0),
    ]  # fmt: skip
    assert found.parameters["after"] == {"shop_worker_assaults": 2, "shop_worker_violence": 2, "business_violence": 0}
    assert "people.occupation and crimes.is_business would have let 3 of the 7 answers" in case_sentence(found).text
    assert plain_sentence(found).startswith("Leicestershire Police, June 2022. Made mandatory")
    with pytest.raises(NothingHeld):
        mandatory_fields(violence, JUNE, theme="fraud")


def test_every_gap_whose_table_is_held_is_told_the_widest_first(violence: Quality) -> None:
    found = every_gap(violence, JUNE)
    assert {one.definition.name for one in found} >= {"shop_worker_assaults", "victims_by_age"}
    assert not [one for one in found if one.definition.name.startswith("fraud")]
    assert [bool(one.parameters["not extracted"]) for one in found] == sorted(
        bool(one.parameters["not extracted"]) for one in found
    )
    told = [float(one.value) for one in found if one.value is not None and not one.parameters["not extracted"]]  # type: ignore[arg-type]
    assert told == sorted(told, reverse=True)
    assert all("not available" in plain_sentence(one).lower() for one in found if one.value is None)


def test_a_field_that_no_file_has_is_not_asked_of_recorders(violence: Quality) -> None:
    """The fixture's files have no column for disability or for the domestic abuse flag."""
    found = gap_bounds(violence, gaps.gap("victims_by_disability"), JUNE)
    assert found.parameters["not extracted"] == ["people.disability"]
    assert gap_sentence(found).text.endswith("it was not extracted, whatever was recorded.")
    case = mandatory_fields(violence, JUNE)
    assert case.table is not None
    assert {"people.disability", "crimes.is_domestic"}.isdisjoint(row["field"] for row in case.table.records())
    assert any("people.disability" in note and "crimes.is_domestic" in note for note in case.notes)


# --- limits ----------------------------------------------------------------------------------------------------


def counted(*rows: tuple[date, str, int, int]) -> pl.DataFrame:
    """Counts of people.occupation: month, unit, cells, recorded."""
    found = [
        {"table": "people", "field": "occupation", "month": month, "unit": unit, "team": "Response", "rows": n, "recorded": good,
         "unknown": 0, "refused": 0, "not_recorded": n - good, "unreadable": 0, "invalid": 0, "not_applicable": 0}
        for month, unit, n, good in rows
    ]  # fmt: skip
    return pl.DataFrame(found, schema=COUNTS)


def test_a_month_outside_the_fields_own_variation_is_marked(violence: Quality) -> None:
    months = [date(2021 + n // 12, n % 12 + 1, 1) for n in range(14)]
    counts = counted(*[(m, "North", 200, 20 if n == 13 else 100 + n % 2 * 4) for n, m in enumerate(months)])
    found = completeness_by(violence, counts, "people.occupation", parse_window("2021-01", "2022-02"), "month")
    assert found.table is not None
    assert [row["exceptional"] for row in found.table.records()] == [None] * 13 + ["below"]
    short = completeness_by(violence, counts, "people.occupation", parse_window("2021-01", "2021-06"), "month")
    assert short.table is not None
    assert {row["lower"] for row in short.table.records()} == {None}
    assert "no limits" in short.notes[0]


def test_a_unit_unlike_the_others_is_marked_and_one_of_few_records_is_not(violence: Quality) -> None:
    june = date(2022, 6, 1)
    alike = [(june, f"Unit {n}", 400, 196 + 2 * n) for n in range(5)]
    counts = counted(*alike, (june, "Slack", 400, 80), (june, "Small", 4, 0))
    found = completeness_by(violence, counts, "people.occupation", JUNE, "unit")
    assert found.table is not None
    marked = {row["unit"]: row["exceptional"] for row in found.table.records()}
    assert marked["Slack"] == "below"
    assert marked["Small"] is None
    with pytest.raises(RequestInvalid):
        completeness_by(violence, counts, "people.occupation", JUNE, "weather")


@pytest.mark.parametrize(("share", "n"), [(0.5, 100), (0.9, 30), (0.02, 1000), (0.0, 10), (1.0, 10)])
def test_a_funnel_holds_its_share_and_narrows_with_number(share: float, n: int) -> None:
    low, high = funnel(share, n)
    assert 0 <= low <= share <= high <= 1
    wide = funnel(share, n, spread=4.0)
    assert wide[0] <= low <= high <= wide[1]
    more = funnel(share, n * 100)
    assert more[1] - more[0] <= high - low


def test_fields_are_listed_least_complete_first_and_those_that_may_be_empty_last(violence: Quality) -> None:
    found = completeness(violence, violence.counts(["people"]), JUNE)
    assert found.table is not None
    rows = {row["field"]: row for row in found.table.records()}
    assert rows["occupation"]["share"] == pytest.approx(2 / 6)
    assert (rows["phone"]["judged"], rows["forename"]["sent"], rows["role"]["share"]) == ("no", "no", 1.0)
    judged = [
        r["share"]
        for r in found.table.records()
        if r["judged"] == "yes" and r["sent"] == "yes" and r["share"] is not None
    ]
    assert judged == sorted(judged)
    valid = completeness(violence, violence.counts(["people"]), JUNE, "valid")
    assert valid.table is not None
    assert {r["field"]: r["share"] for r in valid.table.records()}["age_at_report"] == pytest.approx(4 / 6)
