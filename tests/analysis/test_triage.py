"""Triage: each filter alone refers, a missing age or score rules nobody out, and a limit's difference is shown."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis import triage
from fourfold.analysis.triage import NOT_REFERRED, REFERRED, UNJUDGED
from fourfold.analysis.volumes import Scope
from fourfold.codes.periods import parse_window
from fourfold.codes.triage_rules import TriageRule, triage_rule
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from fourfold.records.weekly_lists import week_rows, weeks
from tests import fraud_lists

AT_LEAST, ABOVE = triage_rule("score_15_or_more"), triage_rule("score_above_15")
ON = date(2022, 10, 4)


def one(code: str | None, kind: str | None, age: int | None, born: date | None, score: int | None) -> pl.DataFrame:
    kinds = {"nfib_code": pl.String, "victim_type": pl.String, "age_at_report": pl.Int64, "born_on": pl.Date,
             "vulnerability_score": pl.Int64, "reported_on": pl.Date}  # fmt: skip
    row = (code, kind, age, born, score, ON)
    return pl.DataFrame([row], schema=kinds, orient="row")


# Code, victim, age, born, score -> where the victim stands under "15 or more" and under "above 15".
CASES = [
    ("NFIB1D", "person", 30, None, 3, REFERRED, REFERRED),
    ("NFIB1D", "person", None, None, None, REFERRED, REFERRED),  # nothing else need be known
    ("NFIB3A", "person", 70, None, 3, REFERRED, REFERRED),  # on the line
    ("NFIB3A", "person", 69, None, 3, NOT_REFERRED, NOT_REFERRED),
    ("NFIB3A", "person", 30, None, 15, REFERRED, NOT_REFERRED),  # what the two wordings differ by
    ("NFIB3A", "person", 30, None, 16, REFERRED, REFERRED),
    ("NFIB3A", "person", 30, None, 14, NOT_REFERRED, NOT_REFERRED),
    ("NFIB3A", "person", None, date(1952, 10, 4), 3, REFERRED, REFERRED),  # seventy on the day of the report
    ("NFIB3A", "person", None, date(1952, 10, 5), 3, NOT_REFERRED, NOT_REFERRED),  # and the day before
    ("NFIB3A", "person", 69, date(1940, 1, 1), 3, REFERRED, REFERRED),  # they do not agree: nobody falls out
    ("NFIB3A", "person", None, date(1822, 1, 1), 3, UNJUDGED, UNJUDGED),  # no birth that can be
    ("NFIB3A", "person", None, None, 3, UNJUDGED, UNJUDGED),
    ("NFIB3A", "person", None, None, 15, REFERRED, UNJUDGED),
    ("NFIB3A", "person", 30, None, None, UNJUDGED, UNJUDGED),
    ("NFIB3A", "organisation", None, None, 3, NOT_REFERRED, NOT_REFERRED),  # an organisation lacks no age
    ("NFIB3A", "organisation", None, None, 20, REFERRED, REFERRED),
    ("NFIB1D", "organisation", None, None, None, REFERRED, REFERRED),
    ("NFIB3A", "organisation", None, None, None, UNJUDGED, UNJUDGED),
    ("NFIB3A", None, None, None, 3, UNJUDGED, UNJUDGED),
    (None, "person", 30, None, 3, UNJUDGED, UNJUDGED),
    (
        "NFIB99Z",
        "person",
        30,
        None,
        3,
        UNJUDGED,
        UNJUDGED,
    ),  # a code on no list may be romance fraud, for all that is known
    ("NFIB99Z", "person", 70, None, 3, REFERRED, REFERRED),
]


@pytest.mark.parametrize(("code", "kind", "age", "born", "score", "at_least", "above"), CASES)
def test_where_a_victim_stands(
    code: str | None, kind: str | None, age: int | None, born: date | None, score: int | None, at_least: str, above: str
) -> None:
    row = one(code, kind, age, born, score)
    assert triage.judged(row, AT_LEAST)["standing"].item() == at_least
    assert triage.judged(row, ABOVE)["standing"].item() == above


def plainly(row: tuple[str | None, str | None, int | None, int | None], rule: TriageRule) -> str:
    """The rule in the slowest words."""
    code, kind, age, score = row
    if code == "NFIB1D":
        return REFERRED
    if kind != "organisation" and age is not None and age >= 70:
        return REFERRED
    if score is not None and (score > rule.score if rule.is_above else score >= rule.score):
        return REFERRED
    if score is None or code in (None, "NFIB99Z") or (age is None and kind != "organisation"):
        return UNJUDGED
    return NOT_REFERRED


ROWS = st.tuples(
    st.sampled_from(["NFIB1D", "NFIB3A", "NFIB90", "NFIB99Z", None]), st.sampled_from(["person", "organisation", None]),
    st.one_of(st.none(), st.integers(0, 120)), st.one_of(st.none(), st.integers(0, 35)),
)  # fmt: skip


@given(st.lists(ROWS, min_size=1, max_size=30), st.integers(0, 35), st.booleans())
def test_the_judgement_is_what_the_rule_says_in_plain_words(
    rows: list[tuple[str | None, str | None, int | None, int | None]], score: int, is_above: bool
) -> None:
    rule = AT_LEAST.with_score(f"above {score}" if is_above else str(score))
    frame = pl.concat(one(code, kind, age, None, points) for code, kind, age, points in rows)
    assert triage.judged(frame, rule)["standing"].to_list() == [plainly(r, rule) for r in rows]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Records:
    folder = tmp_path_factory.mktemp("lists")
    fraud_lists.held_lists(folder / "home", folder)
    return records_as_at(folder / "home", datetime(2022, 10, 10, 7, tzinfo=UTC))


def test_nobody_on_the_list_falls_out(held: Records) -> None:
    rows = week_rows(held, "saltmere", fraud_lists.MONDAY)
    every = triage.listed(rows, AT_LEAST, {})
    assert len(every) == 300
    assert {one.report_ref for one in every} == set(rows["report_ref"])
    stands = Counter(one.standing for one in every)
    referred = (
        fraud_lists.ROMANCE + fraud_lists.AGED + fraud_lists.SCORED + fraud_lists.EXACTLY + fraud_lists.ORGANISATIONS
    )
    without = fraud_lists.NO_AGE + fraud_lists.NO_SCORE + fraud_lists.NOT_A_SCORE + 1  # the birth is not opened here
    assert stands == {REFERRED: referred, UNJUDGED: without, NOT_REFERRED: 300 - referred - without}
    assert all(one.reasons for one in every if one.standing == REFERRED)
    assert all(one.missing for one in every if one.standing == UNJUDGED)
    outside = [one for one in every if "the score on the list is not one from 0 to 35" in one.remarks]
    assert len(outside) == fraud_lists.NOT_A_SCORE
    assert all(one.score is None and one.standing == UNJUDGED for one in outside)
    unjudged = [one for one in every if one.standing == UNJUDGED and not one.is_repeat]
    assert [one.report_ref for one in unjudged[: len(outside)]] == [one.report_ref for one in outside]
    lacking = [len(one.missing) for one in unjudged[len(outside) :]]
    assert lacking == sorted(lacking, reverse=True), "then who lacks most"


def test_the_count_by_filter_and_what_a_limit_of_eighteen_would_do(held: Records) -> None:
    october = parse_window("2022-10", "2022-10")
    found = triage.referral_counts(held, Scope(force_id="saltmere"), october, AT_LEAST)
    assert found.table is not None
    assert found.value == 115
    assert found.table.rows[:3] == (("romance fraud", 20, 20), ("70 or over", 40, 40), ("score 15 or more", 55, 55))
    effect = triage.threshold_effect(held, Scope(force_id="saltmere"), october, AT_LEAST, AT_LEAST.with_score("18"))
    assert effect.value == -(fraud_lists.EXACTLY + fraud_lists.ORGANISATIONS)
    assert effect.table is not None
    by = {(r[0], r[1]): r[2:] for r in effect.table.rows}
    assert by["all", "all"] == (300, 115, 90, 25, 0)
    assert by["age", "organisations"][3] == fraud_lists.ORGANISATIONS
    assert by["age", "31 to 40"][3] == fraud_lists.EXACTLY
    assert by["loss", "up to £100"][3] == 25
    for kind in ("age", "loss", "victim type", "kind of fraud"):
        assert sum(r[2] for r in effect.table.rows if r[0] == kind) == 300
    one_apart = triage.threshold_effect(held, Scope(force_id="saltmere"), october, AT_LEAST, ABOVE)
    assert one_apart.value == -fraud_lists.EXACTLY


def test_weeks_that_lack_or_came_twice(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first, third = date(2022, 10, 3), date(2022, 10, 17)
    files = [fraud_lists.list_file(tmp_path / "a", first, [fraud_lists.row(n, first) for n in range(5)]),
             fraud_lists.list_file(tmp_path / "b", third, [fraud_lists.row(n, third) for n in range(10, 14)])]  # fmt: skip
    again = [fraud_lists.row(1, first, vulnerability_score=20), fraud_lists.row(7, first)]
    for day, file in (
        (10, files[0]),
        (10, files[0]),
        (24, files[1]),
        (25, fraud_lists.list_file(tmp_path / "c", first, again)),
    ):
        import_files(home, [file], clock=lambda day=day: datetime(2022, 10, day, 6, tzinfo=UTC))  # type: ignore[misc]
    records = records_as_at(home, datetime(2022, 11, 1, tzinfo=UTC))
    found = weeks(records, "saltmere", until=date(2022, 11, 1))
    assert [(w.starting.day, w.reports, w.is_missing, w.is_repeated) for w in found] == [
        (3, 6, False, True), (10, 0, True, False), (17, 4, False, False), (24, 0, True, False),
    ]  # fmt: skip
    rows = week_rows(records, "saltmere", first)
    assert rows.filter(pl.col("report_ref") == "NFRC22000001")["vulnerability_score"].item() == 20, (
        "the later row speaks"
    )
    before = records_as_at(home, datetime(2022, 10, 12, tzinfo=UTC))
    assert week_rows(before, "saltmere", first).height == 5, "the list as at its import"
