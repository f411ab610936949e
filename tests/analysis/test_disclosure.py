"""Findings made fit to publish: what is withheld is in no part of them, and what is shown does not give it away."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.analysis import disclosure, trends
from fourfold.analysis.concentration import concentration
from fourfold.analysis.control_charts import seasonal_expectation
from fourfold.analysis.disclosure import CONFIDENTIAL, Protection, protected, told_from_dict
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Selection, Table, finding_from_dict
from fourfold.analysis.suppression import Suppression
from fourfold.analysis.volumes import rate
from fourfold.codes.periods import Window, month_end, months, previous_year
from fourfold.codes.small_numbers import SmallNumberRule, small_number_rule, small_number_rules
from fourfold.errors import CodeUnknown, RequestInvalid
from tests.analysis.attackers import Reader

RULE = small_number_rule()
AS_AT = datetime(2023, 1, 1, tzinfo=UTC)
HELD = months(Window(date(2020, 4, 1), date(2022, 9, 30)))
LATER = Window(date(2022, 4, 1), date(2022, 9, 30))
Monthly = Mapping[str, Mapping[date, int]]
"""Counts by category and month."""


def a_finding(kind: str, codes: tuple[str, ...], window: Window, **said: Any) -> Finding:
    selection = Selection(
        table="crimes", equals={"category": codes, "force_id": ("saltmere",), "stream": ("street",)},
        dated_by="recorded_on", first=window.first, last=window.last,
    )  # fmt: skip
    given = {
        "title": " and ".join(codes), "value": None, "unit": "crimes", "windows": (window,), "area": "Saltmere",
        "definition": Definition(name="-".join(codes), version="1", title="", text="", codes=codes),
        "method": Method(name="count", text=""), "as_at": AS_AT, "code_version": "0", "selection": selection,
        "batches": tuple(f"b{m:%Y%m}" for m in months(window)), **said,
    }  # fmt: skip
    return Finding(kind=kind, **given)


def a_count(monthly: Monthly, codes: tuple[str, ...], window: Window) -> Finding:
    n = sum(monthly[c][m] for c in codes for m in months(window))
    return a_finding("count", codes, window, value=n, n=n)


def a_series(monthly: Monthly, codes: tuple[str, ...]) -> Finding:
    rows = tuple((m.isoformat(), sum(monthly[c][m] for c in codes)) for m in HELD)
    table = Table(columns=("month", "count"), rows=rows)
    return a_finding(
        "series", codes, Window(HELD[0], month_end(HELD[-1])), n=sum(n for _, n in rows), table=table,
        parameters={"grain": "month"},
    )  # fmt: skip


def a_change(monthly: Monthly, codes: tuple[str, ...], later: Window = LATER) -> Finding:
    after, before = (a_count(monthly, codes, w) for w in (later, previous_year(later)))
    return trends.change(after, before, a_series(monthly, codes))


def the_changes(monthly: Monthly) -> tuple[Finding, ...]:
    """What a paper holds: each category's change, and that of all of them together."""
    return tuple(a_change(monthly, codes) for codes in (*((c,) for c in monthly), tuple(monthly)))


def steady(**levels: int) -> dict[str, dict[date, int]]:
    return {category: dict.fromkeys(HELD, level) for category, level in levels.items()}


def with_one(monthly: dict[str, dict[date, int]], category: str, month: date, n: int) -> Monthly:
    return {**monthly, category: {**monthly[category], month: n}}


JUNE = date(2022, 6, 1)
ONE_SMALL = with_one(steady(burglary=30, robbery=12, theft=60), "robbery", JUNE, 3)


def numbers_in(found: Finding) -> list[tuple[Finding, str, Any]]:
    """Every number in a Finding's JSON that counts rows or follows from a count."""
    told: list[tuple[Finding, str, Any]] = []
    for part in found.walk():
        told += [(part, "value", part.value), (part, "n", part.n)]
        told += [(part, "interval", part.interval), (part, "parameters", dict(part.parameters))]
    return told


# What is withheld, in tables a superintendent can read


@pytest.mark.parametrize(
    ("told", "after", "before", "later", "earlier", "per_cent"),
    [
        ("both counts large", 60, 50, 60, 50, 20.0),
        ("the base just large enough", 30, 50, 30, 50, -40.0),
        ("the base one too small for a percentage", 60, 49, 60, 49, None),
        ("the later count small", 4, 60, None, 60, None),
        ("the earlier count small", 60, 3, 60, None, None),
        ("none now", 0, 60, 0, 60, -100.0),
        ("none then", 60, 0, 60, 0, None),
    ],
)
def test_two_counts_and_their_change(
    told: str, after: int, before: int, later: int | None, earlier: int | None, per_cent: float | None
) -> None:
    one = Window(date(2022, 6, 1), date(2022, 6, 30))
    monthly = with_one(with_one(steady(theft=0), "theft", JUNE, after), "theft", date(2021, 6, 1), before)
    change = protected([a_change(monthly, ("theft",), one)], RULE).findings
    found = next(f for f in change.values() if f.kind == "change")
    assert (found.parts[0].value, found.parts[1].value, found.value) == (later, earlier, per_cent), told
    if None in (later, earlier):
        assert found.n is None
        assert found.interval is None
        assert not found.parameters


def test_a_small_month_takes_as_little_with_it_as_it_can() -> None:
    found = protected(the_changes(ONE_SMALL), RULE)
    robbery, burglary, theft, every = (
        next(f for f in found.findings.values() if f.kind == "series" and f.definition.codes == codes)
        for codes in (("robbery",), ("burglary",), ("theft",), ("burglary", "robbery", "theft"))
    )
    withheld = {
        s.definition.name: [m for m, n in s.table.rows if n == CONFIDENTIAL]
        for s in (robbery, burglary, theft, every)
        if s.table
    }
    assert "2022-06-01" in withheld["robbery"]
    assert len(withheld["robbery"]) == 2
    # One more category in the same two months, so that neither the sum of categories nor of months gives June away.
    assert sorted(map(len, withheld.values())) == [0, 0, 2, 2]
    windows = [f for f in found.findings.values() if f.kind == "count"]
    assert all(isinstance(f.value, int) for f in windows), "the counts of the windows stay"


def test_what_rests_on_a_withheld_month_is_not_shown_either() -> None:
    change = a_change(ONE_SMALL, ("robbery",))
    assert change.interval is not None or change.parameters["dispersion"] is not None
    shown = protected(the_changes(ONE_SMALL), RULE).of(change)
    assert isinstance(shown.value, float)  # both windows' counts are shown, and so is what follows from them alone
    assert shown.interval is None
    assert shown.parameters == {}
    assert shown.verdict == "cannot judge: some of the months that it would be judged by are withheld"


def test_where_nothing_is_small_nothing_changes_but_what_is_said_of_protection() -> None:
    change = a_change(steady(burglary=30), ("burglary",))
    shown = protected([change], RULE).of(change)
    assert shown.disclosure == f"suppress_under_5 {RULE.version}: {RULE.in_words}"
    bare = dataclasses.replace(
        shown, disclosure=change.disclosure,
        parts=tuple(dataclasses.replace(p, disclosure=change.disclosure) for p in shown.parts),
    )  # fmt: skip
    assert bare == change


def test_a_kind_of_finding_that_is_not_known_is_withheld_whole() -> None:
    chart = a_finding("control chart", ("robbery",), LATER, value=3, n=3, table=Table(columns=("x",), rows=((3,),)),
                      parts=(a_series(ONE_SMALL, ("robbery",)),), parameters={"mean": 3})  # fmt: skip
    shown = protected([chart], RULE).of(chart)
    assert (shown.value, shown.n, shown.table, shown.parts, dict(shown.parameters)) == (None, None, None, (), {})
    assert shown.verdict is not None
    assert shown.verdict.startswith("Not available: withheld")


def test_files_are_named_by_the_window_and_not_by_which_of_them_had_a_row() -> None:
    rare = dataclasses.replace(a_count(ONE_SMALL, ("robbery",), LATER), batches=("b202206",), mappings={"b202206": "1"})
    common = a_count(ONE_SMALL, ("theft",), LATER)
    shown = protected([rare, common], RULE)
    assert set(shown.of(rare).batches) == set(shown.of(common).batches)


def test_the_number_of_rows_without_a_date_is_not_in_the_notes() -> None:
    noted = a_finding("count", ("theft",), LATER, value=60, n=60, notes=(
        "Rows of this supply without a readable date, which stand in no window: 3.", "Crosses lockdown."))  # fmt: skip
    assert protected([noted], RULE).of(noted).notes == ("Crosses lockdown.",)


def test_the_force_without_its_rail_crimes_is_not_taken_for_the_force_with_them() -> None:
    btp = a_finding("count", ("theft",), LATER, value=3, n=3)
    assert btp.selection is not None
    equals = {"category": ("theft",), "file_force_id": ("saltmere",), "is_btp": (True,), "stream": ("street",)}
    btp = dataclasses.replace(btp, selection=dataclasses.replace(btp.selection, equals=equals))
    force = a_count(steady(theft=60), ("theft",), LATER)
    shown = protected([btp, force], RULE)
    assert shown.of(btp).value is None
    assert shown.of(force).value == 360, "no equation joins the two: nothing else need be withheld"


# Other kinds


def coverage(by_month: Mapping[date, tuple[int, int, int]]) -> Finding:
    rows = tuple((m.isoformat(), n, none, out, (none + out) / n) for m, (n, none, out) in by_month.items())
    total, without = sum(r[1] for r in rows), sum(r[2] + r[3] for r in rows)
    return a_finding(
        "coverage", ("theft",), LATER, value=100 * without / total, n=total, unit="%", parameters={"without a place": without},
        table=Table(columns=("month", "rows", "no_coordinates", "outside", "share_unplaced"), rows=rows),
    )  # fmt: skip


def test_rows_without_a_place_month_by_month() -> None:
    plain = dict.fromkeys(months(LATER), (100, 20, 10))
    assert protected([coverage(plain)], RULE).of(coverage(plain)).value == 30.0
    one_small = {**plain, JUNE: (100, 20, 2)}
    shown = protected([coverage(one_small)], RULE).of(coverage(one_small))
    assert shown.table is not None
    june = next(row for row in shown.table.rows if row[0] == "2022-06-01")
    assert june[3] == CONFIDENTIAL
    assert june[4] == CONFIDENTIAL  # its share would give it away
    few = dict.fromkeys(months(LATER), (10, 1, 1))
    assert protected([coverage(few)], RULE).of(coverage(few)).parameters["without a place"] in (None, 12)
    assert protected([coverage(few)], RULE).of(coverage(few)).value in (None, 20.0)


def by_area(layer: str, counts: Mapping[str | None, int]) -> Finding:
    n = sum(counts.values())
    table = Table(columns=(layer, "name", "count"), rows=tuple((c, f"{c}", n) for c, n in counts.items()))
    whole = a_finding("count", ("theft",), LATER, value=n, n=n)
    return a_finding("table", ("theft",), LATER, value=n, n=n, table=table, parts=(whole,))


def test_areas_that_add_up_to_the_force() -> None:
    table = by_area("ltla24", {"E1": 40, "E2": 3, "E3": 25, None: 12})
    shown = protected([table], RULE).of(table)
    assert shown.table is not None
    assert shown.value == 80
    assert sum(n == CONFIDENTIAL for n in shown.table.column("count")) == 2


def test_small_areas_within_larger_ones() -> None:
    councils = by_area("ltla24", {"E1": 40, "E2": 28, None: 12})
    small = by_area("lsoa21", {"S1": 38, "S2": 2, "S3": 8, "S4": 20, None: 12})
    with pytest.raises(RequestInvalid, match="two layers"):
        protected([councils, small], RULE)
    shown = protected([councils, small], RULE, made_up_of={"E1": ("S1", "S2"), "E2": ("S3", "S4")})
    reader = Reader()
    parts = {"E1": ("S1", "S2"), "E2": ("S3", "S4"), "None": ("None",)}
    for finding in (councils, small):
        table = shown.of(finding).table
        assert table is not None
        for code, _, n in table.rows:
            if isinstance(n, int):
                reader.knows([(part,) for part in parts.get(str(code), (str(code),))], n)
    if isinstance(shown.of(small).value, int):
        reader.knows([(s,) for s in ("S1", "S2", "S3", "S4", "None")], 80)
    least, most = reader.range_of([("S2",)])
    assert most - least >= RULE.spread
    assert most >= RULE.smallest_shown


def window_by_window(later: Mapping[str | None, int], earlier: Mapping[str | None, int]) -> Finding:
    parts = by_area("ltla24", later), by_area("ltla24", earlier)
    before = previous_year(LATER)
    moved = dataclasses.replace(parts[1].selection, first=before.first, last=before.last)  # type: ignore[type-var]
    whole = dataclasses.replace(parts[1].parts[0], windows=(before,), selection=moved)
    splits = parts[0], dataclasses.replace(parts[1], windows=(before,), selection=moved, parts=(whole,))
    codes = [code for code in later if code is not None]
    rows = tuple((c, c, later[c], earlier[c], later[c] - earlier[c]) for c in codes)
    return a_finding(
        "area changes", ("theft",), LATER, value=sum(later.values()), n=sum((*later.values(), *earlier.values())),
        windows=(LATER, before), selection=None, parts=splits, parameters={"layer": "ltla24", "not placed": [12, 9]},
        table=Table(columns=("area", "name", "count 1", "count 2", "change"), rows=rows),
    )  # fmt: skip


def test_councils_window_by_window() -> None:
    plain = window_by_window({"E1": 40, "E2": 28, None: 12}, {"E1": 30, "E2": 30, None: 9})
    shown = protected([plain], RULE).of(plain)
    assert shown.table == plain.table
    assert shown.parameters["not placed"] == [12, 9]
    one_small = window_by_window({"E1": 40, "E2": 28, None: 12}, {"E1": 30, "E2": 3, None: 9})
    shown = protected([one_small], RULE).of(one_small)
    assert shown.table is not None
    second = shown.table.records()[1]
    assert (second["count 1"], second["count 2"], second["change"]) == (28, CONFIDENTIAL, CONFIDENTIAL)
    held = [r["count 2"] for r in shown.table.records()] + [shown.parameters["not placed"][1]]
    assert sum(n == CONFIDENTIAL for n in held) == 2


def test_an_expectation_is_shown_where_every_month_is() -> None:
    series = a_series(steady(theft=60), ("theft",))
    given = seasonal_expectation(series, LATER.first)
    assert protected([given], RULE).of(given).table == given.table
    series = a_series(with_one(steady(theft=60), "theft", date(2021, 6, 1), 3), ("theft",))
    given = seasonal_expectation(series, LATER.first)
    shown = protected([given], RULE).of(given)
    assert (shown.table, dict(shown.parameters), shown.parts) == (None, {}, ())
    assert (shown.verdict or "").startswith("cannot judge")


@pytest.mark.parametrize(
    ("told", "placed", "nowhere", "is_shown"),
    [
        ("much, and the rest shown", 200, 20, True),
        ("much, and none without a place", 200, 0, True),
        ("few have no place: their number would follow", 200, 3, False),
        ("on a small base", 40, 20, False),
    ],
)
def test_concentration_is_shown_without_its_areas(told: str, placed: int, nowhere: int, is_shown: bool) -> None:
    areas = by_area("lsoa21", {"S1": placed - 1, "S2": 1, None: nowhere})
    given = concentration(areas, ["S1", "S2", "S3"])
    shown = protected([given], RULE).of(given)
    assert shown.parts == ()
    assert (shown.value is not None) == is_shown, told
    assert "S2" not in shown.as_json()


def test_rows_in_no_area_are_known_for_rows_without_a_place() -> None:
    # One publication gives the share without a place, the other how many stand in areas: the same three rows.
    areas = by_area("lsoa21", {"S1": 500, "S2": 97, None: 3})
    spread = concentration(areas, ["S1", "S2"])
    where = coverage({m: (100, 0, 3 if m == JUNE else 0) for m in months(LATER)})
    found = protected([spread, where], RULE)
    assert found.of(spread).value is None
    assert found.of(where).value is None


def test_rates_follow_their_count() -> None:
    residents = a_finding("population", (), LATER, value=10_000, n=10_000, selection=None)
    for n, is_shown in ((4, False), (5, True)):
        counted = a_finding("count", ("theft",), LATER, value=n, n=n)
        shown = protected([rate(counted, residents)], RULE).of(rate(counted, residents))
        assert (shown.value is not None) == is_shown
        assert (shown.interval is not None) == is_shown
        assert shown.parts[1].value == 10_000


def outcomes(n: int, positive: int, **said: Any) -> Finding:
    recorded = a_finding("count", ("theft",), LATER, value=n, n=n)
    return a_finding(
        "outcome rate", ("theft",), LATER, value=100 * positive / n, n=n, unit="%", parts=(recorded,), selection=None,
        interval=Interval(low=1, high=2, level=0.95, meaning=""),
        parameters={"basis": "cohort", "whole months": 3, "positive": positive, "with TIC": True, **said},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "n", "positive", "shown"),
    [
        ("enough of both", 400, 20, 5.0),
        ("few outcomes: neither the rate nor their number", 400, 4, None),
        ("a small base", 40, 20, None),
        ("all but a few have one: the few are as small", 400, 398, None),
    ],
)
def test_outcome_rates(told: str, n: int, positive: int, shown: float | None) -> None:
    for basis in ("cohort", "assigned"):
        given = outcomes(n, positive, basis=basis)
        found = protected([given], RULE).of(given)
        if basis == "assigned" and positive == 398:
            continue  # outcomes given in a period are not a part of the crimes recorded in it
        assert found.value == shown, told
        assert (found.interval is None) == (shown is None)
        if shown is None and positive == 4:
            assert found.parameters["positive"] is None


def test_outcomes_with_and_without_those_taken_into_consideration_differ_by_no_small_count() -> None:
    with_tic, without = outcomes(400, 23), outcomes(400, 20, **{"with TIC": False})
    found = protected([with_tic, without], RULE)
    assert None in [found.of(f).parameters["positive"] for f in (with_tic, without)]


def test_cohorts_month_by_month_and_age_by_age() -> None:
    recorded = a_finding("count", ("theft",), LATER, value=600, n=600)
    rows = tuple((m.isoformat(), 100, 10, 0.1, 12 if m == JUNE else 20, 0.12, None, None) for m in months(LATER))
    columns = ("month", "recorded", *(f"{w}_{a}_months" for a in (3, 6, 12) for w in ("positive", "rate")))
    given = a_finding("cohorts", ("theft",), LATER, n=600, parts=(recorded,), table=Table(columns=columns, rows=rows),
                      parameters={"ages in whole months": [3, 6, 12], "with TIC": True}, selection=None)  # fmt: skip
    shown = protected([given], RULE).of(given)
    assert shown.table is not None
    june = shown.table.records()[2]
    assert CONFIDENTIAL in (june["positive_3_months"], june["positive_6_months"])  # two came between
    assert june["rate_3_months"] == CONFIDENTIAL or june["rate_6_months"] == CONFIDENTIAL
    assert june["positive_12_months"] is None
    assert shown.table.records()[0]["positive_3_months"] == 10


def test_time_to_outcome() -> None:
    recorded = a_finding("count", ("theft",), LATER, value=600, n=600)
    counts = [40, 30, 2, 20]
    rows = tuple((age, n, sum(counts[: age + 1]) / 600) for age, n in enumerate(counts))
    given = a_finding(
        "time to outcome", ("theft",), LATER, value=1, n=600, parts=(recorded,), selection=None,
        table=Table(columns=("age", "positive", "share"), rows=rows),
        parameters={"ages reached": 3, "with TIC": True, "positive": 92},
    )  # fmt: skip
    shown = protected([given], RULE).of(given)
    assert shown.table is not None
    assert shown.table.rows[2][1] == CONFIDENTIAL
    assert shown.value is None
    told = [sum(counts[: i + 1]) for i, row in enumerate(shown.table.rows) if row[2] != CONFIDENTIAL]
    assert not any(RULE.is_small(b - a) for a in told for b in told), "shares of a known base are counts"


# Rounding


def test_rounding_instead() -> None:
    rounding = small_number_rule("rounded_to_5")
    change = a_change(with_one(steady(theft=62), "theft", JUNE, 3), ("theft",))
    shown = protected([change], rounding).of(change)
    assert shown.parts[0].value == 315  # 313
    assert shown.parts[1].value == 370  # 372
    assert shown.value == pytest.approx(100 * (315 - 370) / 370)
    assert shown.interval is None
    assert shown.parameters == {}
    history = shown.parts[2].table
    assert history is not None
    assert dict(history.rows)["2022-06-01"] in (5, CONFIDENTIAL)
    assert all(n == CONFIDENTIAL or (isinstance(n, int) and n % 5 == 0) for n in history.column("count"))


@pytest.mark.parametrize(
    ("count", "rounded", "least", "most"), [(0, 0, 0, 2), (2, 0, 0, 2), (3, 5, 3, 7), (7, 5, 3, 7), (8, 10, 8, 12)]
)
def test_what_a_rounded_count_may_have_been(count: int, rounded: int, least: int, most: int) -> None:
    rule = small_number_rule("rounded_to_5")
    assert rule.rounded(count) == rounded
    assert rule.believable(count) == (least, most)


# Rules


def test_every_rule_is_data_with_its_source() -> None:
    assert small_number_rules()[0] == small_number_rule()
    for rule in small_number_rules():
        assert rule.source
        assert rule.version
        assert rule.status == "force to supply"
        assert not rule.is_small(0)
        assert rule.is_small(rule.smallest_shown - 1)
        assert not rule.is_small(rule.smallest_shown)
        assert rule.spread >= (2 if rule.is_rounding else rule.smallest_shown - 1)
    with pytest.raises(CodeUnknown):
        small_number_rule("none")
    with pytest.raises(ValueError, match="protects nothing"):
        SmallNumberRule(id="x", version="1", title="", smallest_shown=1, spread=1, percentage_base=1)


# Attacks on the JSON


def a_reader_of(shown: Protection, given: tuple[Finding, ...]) -> Reader:
    """A reader who has only the JSON of the protected Findings, and knows what each figure counts."""
    reader = Reader()
    for finding in given:
        for part in finding_from_dict(json.loads(shown.of(finding).as_json())).walk():
            codes = part.definition.codes
            inside = [(c, m) for c in codes for m in months(part.windows[0])]
            if part.kind == "count" and isinstance(part.value, int):
                reader.knows(inside, part.value)
            if part.kind == "series" and part.table is not None:
                if part.n is not None:
                    reader.knows(inside, part.n)
                for text, n in part.table.rows:
                    told = {(c, date.fromisoformat(str(text))) for c in codes}
                    if isinstance(n, int):
                        reader.knows(told, n)
                    else:
                        reader.knows(told, 1, float("inf"))
            if part.kind == "change" and part.value is not None:
                after, before = part.parts[0].value, part.parts[1].value
                assert isinstance(after, int), "a percentage without its counts would be one more equation"
                assert isinstance(before, int)
                assert before >= RULE.percentage_base
    return reader


six_months = months(Window(date(2021, 10, 1), date(2022, 3, 31)))


@pytest.mark.slow
@settings(max_examples=25)
@given(
    levels=st.lists(st.sampled_from([6, 15, 40]), min_size=2, max_size=3),
    small=st.lists(st.tuples(st.integers(0, 2), st.integers(0, len(HELD) - 1), st.integers(0, 4)), max_size=6),
)
def test_a_reader_of_the_json_works_out_no_small_month(levels: list[int], small: list[tuple[int, int, int]]) -> None:
    monthly = {f"category {i}": dict.fromkeys(HELD, level) for i, level in enumerate(levels)}
    for category, month, n in small:
        monthly[f"category {category % len(levels)}"][HELD[month]] = n
    given = the_changes(monthly)
    reader = a_reader_of(protected(given, RULE), given)
    for category, by_month in monthly.items():
        for month, n in by_month.items():
            if RULE.is_small(n):
                least, most = reader.range_of([(category, month)])
                assert most - least >= RULE.spread - 1e-6
                assert most >= RULE.smallest_shown - 1e-6


def test_switched_off_the_same_reader_works_it_out() -> None:
    given = the_changes(ONE_SMALL)
    naive = a_reader_of(protected(given, RULE, complementary=False), given)
    assert naive.range_of([("robbery", JUNE)]) == (3, 3)
    guarded = a_reader_of(protected(given, RULE), given)
    assert guarded.range_of([("robbery", JUNE)]) != (3, 3)


def test_the_json_does_not_depend_on_what_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two forces whose published figures are the same and whose withheld ones are not: their JSON is the same, byte by byte.
    found = protected(the_changes(ONE_SMALL), RULE)
    hidden = {
        s.definition.codes[0]: s for s in found.findings.values() if s.kind == "series" and len(s.definition.codes) == 1
    }
    other: dict[str, dict[date, int]] = {c: dict(m) for c, m in ONE_SMALL.items()}
    moved = {
        category: [date.fromisoformat(str(m)) for m, n in s.table.rows if n == CONFIDENTIAL]
        for category, s in hidden.items() if s.table and CONFIDENTIAL in s.table.column("count")
    }  # fmt: skip
    (one, its_months), (two, _) = sorted(moved.items())
    for month, by in zip(its_months, (1, -1), strict=True):
        other[one][month] += by
        other[two][month] -= by
    assert other != ONE_SMALL
    monkeypatch.setattr(disclosure, "suppression", lambda *_args, **_kwargs: found.suppression)
    again = protected(the_changes(other), RULE)
    assert [again.of(f).as_json() for f in the_changes(other)] == [
        found.of(f).as_json() for f in the_changes(ONE_SMALL)
    ]
    assert [again.of(f).id for f in the_changes(other)] == [found.of(f).id for f in the_changes(ONE_SMALL)]


MAY = date(2022, 5, 1)


def everything(june: int, may: int) -> tuple[Finding, ...]:
    """A Finding of each kind that is published, into all of which two numbers have gone."""
    monthly = with_one(with_one(steady(theft=60, robbery=60), "theft", JUNE, june), "theft", MAY, may)
    one_month = a_count(monthly, ("theft",), Window(JUNE, month_end(JUNE)))
    residents = a_finding("population", (), LATER, value=10_000, n=10_000, selection=None)
    councils = {"E1": 400, "E2": june, "E3": may, None: 90}
    recorded = a_finding("count", ("robbery",), LATER, value=600, n=600)
    ages, columns = [60, june, may, 60], ("month", "recorded", "positive_3_months", "rate_3_months")
    cohort_rows = tuple((m.isoformat(), 100, n := {JUNE: june, MAY: may}.get(m, 30), n / 100) for m in months(LATER))
    with_outcomes: dict[str, Any] = {"parts": (recorded,), "selection": None, "n": 600}
    others = (
        coverage({m: (100, {JUNE: june, MAY: may}.get(m, 30), 10) for m in months(LATER)}),
        by_area("ltla24", councils),
        window_by_window(councils, {"E1": 380, "E2": 60, "E3": 70, None: 80}),
        concentration(by_area("ltla24", {"E1": 400, "E2": 60 + june, "E3": 60 + may, None: 90}), ["E1", "E2", "E3"]),
        outcomes(600, 60 + june, **{"whole months": 5}),
        outcomes(600, june, basis="assigned", **{"not matched": may}),
        a_finding("cohorts", ("robbery",), LATER, table=Table(columns=columns, rows=cohort_rows), **with_outcomes,
                  parameters={"ages in whole months": [3], "with TIC": False}),
        a_finding("time to outcome", ("robbery",), LATER, value=1 + (june > 60), **with_outcomes,
                  table=Table(columns=("age", "positive", "share"), rows=tuple(
                      (age, n, sum(ages[: age + 1]) / 600) for age, n in enumerate(ages))),
                  parameters={"ages reached": 3, "with TIC": False, "positive": sum(ages)}),
    )  # fmt: skip
    # Each of a category of its own, so that no two say different things of the same rows.
    recoded = tuple(of_category(found, f"category {number}") for number, found in enumerate(others))
    return (*the_changes(monthly), rate(one_month, residents), *recoded)


def of_category(found: Finding, category: str) -> Finding:
    selection = found.selection
    if selection is not None:
        selection = dataclasses.replace(selection, equals={**selection.equals, "category": (category,)})
    return dataclasses.replace(found, selection=selection, parts=tuple(of_category(p, category) for p in found.parts))


def json_of(given: tuple[Finding, ...], rule: SmallNumberRule) -> list[str]:
    shown = protected(given, rule)
    return [shown.of(f).as_json() for f in given]


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({f.kind for f in everything(3, 17)}))
def test_nothing_withheld_can_be_had_from_any_kind_of_finding(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever the two numbers are (and add up to 20), with the same counts withheld the JSON is the same byte by byte.
    told = [{t.region: t.count for t in protected(everything(june, 20 - june), RULE).told} for june in (3, 4)]
    hidden = frozenset(region for region, n in told[0].items() if told[1][region] != n)
    monkeypatch.setattr(disclosure, "suppression", lambda *_args, **_kwargs: Suppression(hidden, frozenset()))
    made = {
        june: json_of(tuple(f for f in everything(june, 20 - june) if f.kind == kind), RULE) for june in (1, 2, 3, 4, 9)
    }
    assert all(one == made[3] for one in made.values())


@pytest.mark.parametrize("kind", sorted({f.kind for f in everything(3, 17)}))
def test_nothing_but_the_rounded_count_can_be_had_from_any_kind_of_finding(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 60, 61 and 62 are all shown as 60, and so is all that is made of them.
    rounding = small_number_rule("rounded_to_5")
    monkeypatch.setattr(disclosure, "suppression", lambda *_args, **_kwargs: Suppression(frozenset(), frozenset()))
    made = {june: json_of(tuple(f for f in everything(june, 60) if f.kind == kind), rounding) for june in (60, 61, 62)}
    assert made[61] == made[60]
    assert made[62] == made[60]


def test_every_kind_that_is_published_is_tried() -> None:
    tried = {part.kind for f in everything(3, 17) for part in f.walk()}
    assert tried | {"expectation"} == set(disclosure._WRITERS)


@pytest.mark.parametrize("lacks", ["selection", "table"])
@pytest.mark.parametrize("kind", ["series", "coverage", "table", "count", "cohorts", "area changes"])
def test_a_figure_of_which_it_is_not_known_what_it_counts_is_not_shown(kind: str, lacks: str) -> None:
    given = next(part for f in everything(3, 17) for part in f.walk() if part.kind == kind)
    bare = dataclasses.replace(given, **{lacks: None}, parts=(), n=3, value=3 if given.value is not None else None)
    if kind == "count" and lacks == "table":
        return
    shown = protected([bare], RULE).of(bare)
    assert (shown.value, shown.n, shown.table) == (None, None, None)


def test_an_identity_is_of_what_is_shown() -> None:
    given = the_changes(ONE_SMALL)
    shown = protected(given, RULE)
    known = {f.id for top in given for f in top.walk()}
    text = json.dumps([shown.of(f).as_dict() for f in given])
    assert not any(identity in text for identity in known), "an identity of the whole could be tried until it fits"
    assert not known & {f.id for f in shown.findings.values()}


# One publication after another


def test_the_next_publication_knows_what_the_last_one_gave() -> None:
    to_august = Window(date(2022, 4, 1), date(2022, 8, 31))
    monthly = with_one(steady(theft=60), "theft", date(2022, 9, 1), 2)
    first = protected([a_count(monthly, ("theft",), to_august)], RULE)
    assert first.of(a_count(monthly, ("theft",), to_august)).value == 300
    second = a_count(monthly, ("theft",), LATER)  # and September's two
    assert protected([second], RULE).of(second).value == 302, "by itself it gives nothing away"
    kept = [told_from_dict(json.loads(json.dumps(t.as_dict()))) for t in first.told]
    assert kept == list(first.told)
    assert protected([second], RULE, earlier=kept).of(second).value is None


def test_what_was_withheld_before_is_not_given_away_by_what_is_published_next() -> None:
    given = the_changes(ONE_SMALL)
    first = protected(given, RULE)
    hidden = [t for t in first.told if t.is_withheld and t.count == 3]
    assert hidden
    june = Window(JUNE, month_end(JUNE))
    second = [a_count(ONE_SMALL, (c,), june) for c in ONE_SMALL]
    shown = protected(second, RULE, earlier=first.told)
    assert [shown.of(f).value for f in second if f.definition.codes == ("robbery",)] == [None]
    reader = a_reader_of(first, given)
    for finding in second:
        value = shown.of(finding).value
        if isinstance(value, int):
            reader.knows([(c, JUNE) for c in finding.definition.codes], value)
    least, most = reader.range_of([("robbery", JUNE)])
    assert most - least >= RULE.spread
