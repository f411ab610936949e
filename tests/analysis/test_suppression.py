"""What is withheld cannot be worked out: by readers who try, with linear programming and by trying every number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.analysis.suppression import Cell, Region, Suppression, suppression
from fourfold.codes.small_numbers import SmallNumberRule, small_number_rule
from fourfold.errors import RequestInvalid
from tests.analysis.attackers import Name, Reader, every_way

UNDER_5 = small_number_rule("suppress_under_5")
UNDER_8 = small_number_rule("suppress_under_8")
ROUNDED = small_number_rule("rounded_to_5")
YEAR = Region("crimes", date(2022, 1, 1), date(2022, 12, 31))

Table = Mapping[tuple[str, str], int]
"""Counts by row and column: by area and offence, say."""


def of(row: str | None = None, column: str | None = None) -> Region:
    marks = {"area": row, "code": column}
    return YEAR.within(**{name: (value,) for name, value in marks.items() if value is not None})


def published_table(table: Table) -> dict[Region, tuple[frozenset[Name], int]]:
    """Every count of a table with its totals: the inner counts that it adds up, and what it comes to."""
    rows, columns = sorted({r for r, _ in table}), sorted({c for _, c in table})
    regions: dict[Region, frozenset[Name]] = {of(r, c): frozenset({(r, c)}) for r, c in table}
    regions |= {of(r, None): frozenset((r, c) for c in columns) for r in rows}
    regions |= {of(None, c): frozenset((r, c) for r in rows) for c in columns}
    regions[of()] = frozenset(table)
    return {region: (inner, sum(table[name] for name in inner)) for region, inner in regions.items()}  # type: ignore[index]


def a_reader(
    published: Mapping[Region, tuple[frozenset[Name], int]], decided: Suppression, rule: SmallNumberRule
) -> Reader:
    """A reader of all that was not withheld, who knows the rule: noughts are shown, so what is withheld is not 0."""
    reader = Reader()
    for region, (inner, n) in published.items():
        if region not in decided.withheld:
            reader.knows(inner, *rule.believable(n))
        elif not rule.is_rounding:
            reader.knows(inner, 1, float("inf"))
    return reader


def decided_for(
    published: Mapping[Region, tuple[frozenset[Name], int]], rule: SmallNumberRule, *, complementary: bool = True
) -> Suppression:
    return suppression([Cell(r, n) for r, (_, n) in published.items()], rule, complementary=complementary)


A_TABLE = {
    ("North", "burglary"): 20, ("North", "robbery"): 3, ("North", "theft"): 17,
    ("South", "burglary"): 12, ("South", "robbery"): 9, ("South", "theft"): 30,
    ("East", "burglary"): 8, ("East", "robbery"): 11, ("East", "theft"): 0,
}  # fmt: skip


def test_one_small_count_takes_three_others_with_it() -> None:
    decided = decided_for(published_table(A_TABLE), UNDER_5)
    assert decided.small == {of("North", "robbery")}
    # Its row, its column, and where these two meet: the least that hides it in a table with totals.
    assert len(decided.others) == 3
    assert of() not in decided.withheld, "the grand total is dear, and is shown"
    assert of("East", "theft") not in decided.withheld, "a nought is shown, and would hide nothing"


def test_without_complementary_suppression_the_small_count_is_worked_out() -> None:
    published = published_table(A_TABLE)
    naive = a_reader(published, decided_for(published, UNDER_5, complementary=False), UNDER_5)
    assert naive.range_of([("North", "robbery")]) == (3, 3)  # 40 less 20 less 17
    guarded = a_reader(published, decided_for(published, UNDER_5), UNDER_5)
    least, most = guarded.range_of([("North", "robbery")])
    assert most - least >= UNDER_5.spread
    assert most >= UNDER_5.smallest_shown


@pytest.mark.parametrize(
    ("told", "counts", "withheld"),
    [
        ("nothing small, nothing withheld", {"May": 10, "June": 20}, set()),
        ("a small one among two: both, or it is the total less the other", {"May": 3, "June": 20}, {"May", "June"}),
        ("none is not small", {"May": 0, "June": 20}, set()),
        ("four is small", {"May": 4, "June": 20, "July": 30}, {"May", "June"}),
        ("five is not", {"May": 5, "June": 20, "July": 30}, set()),
        (
            "two small ones hide each other only if together they hold enough",
            {"May": 4, "June": 4, "July": 30},
            {"May", "June"},
        ),
        ("two small ones that do not take a third", {"May": 1, "June": 2, "July": 30}, {"May", "June", "July"}),
    ],
)
def test_months_of_a_window(told: str, counts: dict[str, int], withheld: set[str]) -> None:
    month = {"May": 5, "June": 6, "July": 7}
    regions = {
        name: YEAR.over(date(2022, month[name], 1), date(2022, month[name] + 1, 1) - timedelta(days=1))
        for name in counts
    }
    days = [r.first for r in regions.values()], [r.last for r in regions.values()]
    window = YEAR.over(min(days[0]), max(days[1]))
    cells = [Cell(regions[name], n) for name, n in counts.items()]
    decided = suppression([*cells, Cell(window, sum(counts.values()), 9)], UNDER_5)
    assert {name for name, region in regions.items() if region in decided.withheld} == withheld, told
    assert window not in decided.withheld


def test_a_window_less_another_is_a_small_count_that_nobody_published() -> None:
    to_september, to_october = (
        YEAR.over(date(2022, 4, 1), date(2022, 9, 30)),
        YEAR.over(date(2022, 4, 1), date(2022, 10, 31)),
    )
    decided = suppression([Cell(to_september, 100), Cell(to_october, 103)], UNDER_5)
    assert len(decided.withheld) == 1
    assert not decided.small  # neither is small: October is


def test_what_the_published_categories_leave_of_all_crime_is_a_small_count() -> None:
    cells = [Cell(of(column=c), n) for c, n in (("burglary", 40), ("theft", 60))]
    every = Cell(YEAR, 102)  # two crimes of other categories
    assert len(suppression([*cells, every], UNDER_5).withheld) == 1
    assert not suppression([*cells, Cell(YEAR, 100)], UNDER_5).withheld


def test_what_an_earlier_publication_gave_cannot_be_taken_back() -> None:
    march_to_may = YEAR.over(date(2022, 3, 1), date(2022, 5, 31))
    march_to_april = YEAR.over(date(2022, 3, 1), date(2022, 4, 30))
    decided = suppression([Cell(march_to_april, 50, earlier="published"), Cell(march_to_may, 52)], UNDER_5)
    assert decided.withheld == {march_to_may}
    assert not suppression([Cell(march_to_april, 50), Cell(march_to_may, 60)], UNDER_5).withheld


def test_a_count_given_earlier_and_unchanged_is_known_whatever_is_withheld_now() -> None:
    may, june = YEAR.over(date(2022, 5, 1), date(2022, 5, 31)), YEAR.over(date(2022, 6, 1), date(2022, 6, 30))
    both = YEAR.over(date(2022, 5, 1), date(2022, 6, 30))
    now = [Cell(may, 3), Cell(june, 20), Cell(both, 23)]
    assert suppression(now, UNDER_5).others == {june}
    assert suppression([*now, Cell(june, 20, earlier="published")], UNDER_5).others == {both}
    assert suppression([*now, Cell(both, 23, earlier="published")], UNDER_5).others == {june}
    # A small one given earlier is no secret, and is not printed again for all that; nothing else need go for it.
    given = [Cell(may, 3, earlier="published")]
    decided = suppression([*now, *given], UNDER_5)
    assert decided.small == {may}
    assert not decided.others
    # Given as another number, it was revised since: what is true now is still to be hidden.
    assert suppression([*now, Cell(june, 19, earlier="published")], UNDER_5).others == {june}


def test_what_an_earlier_publication_withheld_stays_hidden() -> None:
    may, june = YEAR.over(date(2022, 5, 1), date(2022, 5, 31)), YEAR.over(date(2022, 6, 1), date(2022, 6, 30))
    both = YEAR.over(date(2022, 5, 1), date(2022, 6, 30))
    before = [Cell(may, 2, earlier="withheld"), Cell(june, 30, earlier="withheld"), Cell(both, 32, earlier="published")]
    assert suppression([*before, Cell(june, 30)], UNDER_5).withheld == {june}


def test_what_an_earlier_publication_gave_away_is_said_and_does_not_stop_the_rest() -> None:
    given = [Cell(of("North", "robbery"), 3), Cell(of("North", None), 23, earlier="published")]
    decided = suppression([*given, Cell(of("North", "burglary"), 20, earlier="published")], UNDER_5)
    assert decided.exposed


def test_figures_that_were_revised_since_are_not_taken_for_equations() -> None:
    may, june = YEAR.over(date(2022, 5, 1), date(2022, 5, 31)), YEAR.over(date(2022, 6, 1), date(2022, 6, 30))
    both = YEAR.over(date(2022, 5, 1), date(2022, 6, 30))
    revised = [Cell(both, 30, earlier="published"), Cell(may, 20), Cell(june, 14)]  # 30 then, 34 now
    assert not suppression(revised, UNDER_5).withheld


def test_too_many_ways_of_splitting_are_refused_and_not_half_protected() -> None:
    cells = [Cell(YEAR.within(**dict.fromkeys("abcdefgh", (value,))), 10) for value in range(9)]
    with pytest.raises(RequestInvalid, match="too many ways"):
        suppression(cells, UNDER_5)


# Random tables, attacked

counts = st.one_of(st.integers(0, 6), st.integers(0, 40))


@st.composite
def tables(draw: st.DrawFn, most_rows: int = 5, most_columns: int = 5) -> Table:
    rows, columns = draw(st.integers(2, most_rows)), draw(st.integers(2, most_columns))
    return {(f"row {r}", f"column {c}"): draw(counts) for r in range(rows) for c in range(columns)}


def attack(published: Mapping[Region, tuple[frozenset[Name], int]], rule: SmallNumberRule) -> None:
    """Every count from 1 to the threshold, published or one published count less another, stays hidden."""
    decided = decided_for(published, rule)
    assert not decided.exposed
    reader = a_reader(published, decided, rule)
    every = dict(published.values())
    differences = {a - b: n - m for a, n in every.items() for b, m in every.items() if b < a}
    for inner, n in {**every, **differences}.items():
        if rule.is_small(n):
            least, most = reader.range_of(inner)
            assert most - least >= rule.spread - 1e-6, (sorted(inner), n, least, most)
            assert rule.is_rounding or most >= rule.smallest_shown - 1e-6
    for region, (_, n) in published.items():
        if not rule.is_rounding and rule.is_small(n):
            assert region in decided.small
        if n == 0:
            assert region not in decided.withheld or rule.is_rounding


@pytest.mark.parametrize("rule", [UNDER_5, UNDER_8, ROUNDED], ids=lambda r: r.id)
@pytest.mark.slow
@settings(max_examples=60)
@given(table=tables())
def test_no_small_count_of_a_random_table_is_worked_out(rule: SmallNumberRule, table: Table) -> None:
    attack(published_table(table), rule)


@pytest.mark.slow
@settings(max_examples=20)
@given(table=tables(2, 3))
def test_trying_every_number_finds_no_small_count_of_a_little_table(table: Table) -> None:
    table = {name: n % 7 for name, n in table.items()}
    published = published_table(table)
    reader = a_reader(published, decided_for(published, UNDER_5), UNDER_5)
    ways = every_way(reader, sorted(table), 9)
    for inner, n in published.values():
        if UNDER_5.is_small(n):
            left = ways.values_left(inner)
            assert max(left) - min(left) >= UNDER_5.spread
            assert max(left) >= UNDER_5.smallest_shown


@pytest.mark.slow
@settings(max_examples=60)
@given(
    monthly=st.lists(st.lists(counts, min_size=6, max_size=6), min_size=2, max_size=4),
    windows=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=4),
)
def test_windows_months_and_categories_together_give_no_small_count_away(
    monthly: list[list[int]], windows: list[tuple[int, int]]
) -> None:
    def month(first: int, last: int) -> Region:
        return YEAR.over(date(2022, first + 1, 1), date(2022, last + 2, 1) - timedelta(days=1))

    spans = {(m, m) for m in range(6)} | {(min(w), max(w)) for w in windows}
    published: dict[Region, tuple[frozenset[Name], int]] = {}
    categories = range(len(monthly))
    for first, last in spans:
        for chosen in [*([c] for c in categories), list(categories)]:
            inner: frozenset[Name] = frozenset((c, m) for c in chosen for m in range(first, last + 1))
            region = month(first, last).within(code=tuple(str(c) for c in chosen))
            published[region] = (inner, sum(monthly[c][m] for c, m in inner))  # type: ignore[index]
    attack(published, UNDER_5)


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(counts, min_size=16, max_size=16))
def test_one_crime_counted_by_where_it_was_and_by_what_became_of_it(numbers: list[int]) -> None:
    # Two categories in two months, each row placed or not and repeated or not: published apart, never crossed.
    held = {
        (c, m, p, r): numbers[8 * c + 4 * m + 2 * p + r] for c in (0, 1) for m in (0, 1) for p in (0, 1) for r in (0, 1)
    }
    month = YEAR.over(date(2022, 1, 1), date(2022, 1, 31)), YEAR.over(date(2022, 2, 1), date(2022, 2, 28))
    both = YEAR.over(date(2022, 1, 1), date(2022, 2, 28))
    published: dict[Region, tuple[frozenset[Name], int]] = {}

    def publish(region: Region, **wanted: int) -> None:
        at = dict(zip("cmpr", range(4), strict=True))
        inner = frozenset(name for name in held if all(name[at[k]] == v for k, v in wanted.items()))
        published[region] = (inner, sum(held[name] for name in inner))  # type: ignore[index]

    publish(both)
    publish(both.within(repeated=(True,)), r=1)
    for m in (0, 1):
        publish(month[m], m=m)
        publish(month[m].within(place=("none",)), m=m, p=0)
        for c in (0, 1):
            publish(month[m].within(code=(str(c),)), m=m, c=c)
            publish(month[m].within(code=(str(c),), place=("none",)), m=m, c=c, p=0)
    for c in (0, 1):
        publish(both.within(code=(str(c),)), c=c)
    attack(published, UNDER_5)


@pytest.mark.slow
@settings(max_examples=30)
@given(table=tables(4, 4))
def test_switched_off_the_attack_succeeds_wherever_one_small_count_stands_alone_in_its_row(table: Table) -> None:
    published = published_table(table)
    naive = a_reader(published, decided_for(published, UNDER_5, complementary=False), UNDER_5)
    for row in {r for r, _ in table}:
        small = [name for name, n in table.items() if name[0] == row and UNDER_5.is_small(n)]
        total = sum(n for name, n in table.items() if name[0] == row)
        if len(small) == 1 and not UNDER_5.is_small(total):
            least, most = naive.range_of(small)
            assert round(least, 6) == round(most, 6) == table[small[0]]


def test_the_same_counts_are_withheld_each_time() -> None:
    of_table = partial(decided_for, published_table(A_TABLE), UNDER_5)
    assert of_table() == of_table()
