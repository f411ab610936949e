"""No small count by a protected characteristic is got by subtracting one answer from another: an attacker asks everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.analysis.compliance import COLUMNS, PROTECTED, Asked, compliance
from fourfold.analysis.differencing import WHOLE, told_apart
from fourfold.analysis.victims_code import Rules
from fourfold.codes.periods import parse_window
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.victims_code import STATES
from fourfold.errors import RequestInvalid
from tests.analysis.attackers import Reader
from tests.analysis.test_compliance import ASKED, RECORDS, states

RULE = small_number_rule()
OWED = {"support_referral": 4, "told_of_arrest": 6, "told_of_verdict": 9}
"""What is owed, a thing of each of three rights."""
OFFENCES = {
    "Robbery of personal property": "Robbery", "Robbery of business property": "Robbery", "Burglary - residential": "Burglary",
}  # fmt: skip
SEXES = ("F", "M", "not said")
LATE = COLUMNS.index("met late") + 1
Counts = Mapping[tuple[str, str, str], int]
"""By what is owed, the offence and the sex, so many met late."""


def held(counts: Counts) -> pl.LazyFrame:
    parts = [
        states(("met late", n), obligation=owed, right=OWED[owed], offence_subgroup=offence, offence_group=OFFENCES[offence], sex=sex)
        .with_columns(crime_ref=pl.format("{} {} {} {}", pl.lit(owed), pl.lit(offence), pl.lit(sex), pl.col("crime_ref")))
        for (owed, offence, sex), n in counts.items()
        if n
    ]  # fmt: skip
    return pl.concat(parts)


QUESTIONS = {
    **{("all",): ASKED},
    **{(f"right {right}",): replace(ASKED, right=right) for right in OWED.values()},
    **{(name,): replace(ASKED, offence=name) for name in (*OFFENCES, "Robbery", "Burglary")},
}


def covers(question: str, owed: str, offence: str) -> bool:
    return question in ("all", offence, f"right {OWED[owed]}", OFFENCES[offence])


def atoms(of: Iterable[str], sex: str | None) -> list[tuple[object, ...]]:
    """The atoms of what all the questions named cover, of a sex or of all."""
    names = list(of)
    return [
        (owed, offence, one)
        for owed, offence, one in itertools.product(OWED, OFFENCES, SEXES)
        if sex in (None, one) and all(covers(q, owed, offence) for q in names)
    ]  # fmt: skip


def late(found: Asked, counts: Counts, by: str | None = None) -> dict[str, int | None]:
    table = compliance(held(counts), RECORDS, Rules(), found, by, RULE if by else None).table
    assert table is not None
    return {str(row[0]): row[LATE] for row in table.rows}  # type: ignore[misc]


def readers(counts: Counts) -> tuple[Reader, Reader, dict[str, dict[str, int | None]]]:
    """One who knows every total without the split, of every question and crossing; one who has every answer by sex beside."""
    knows_totals, knows_all = Reader(), Reader()
    names = [name for (name,) in QUESTIONS]
    for pair in itertools.combinations_with_replacement(names, 2):
        of_all = atoms(pair, None)
        for reader in (knows_totals, knows_all):
            reader.knows(of_all, sum(counts[atom] for atom in of_all))  # type: ignore[index]
    answers = {name: late(asked, counts, "sex") for (name,), asked in QUESTIONS.items()}
    for name, rows in answers.items():
        for sex in SEXES:
            n = rows.get(sex, 0)
            if n == 0:  # a nought discloses nobody, and is told
                knows_totals.knows(atoms([name], sex), 0)
            if n is not None:
                assert n == sum(counts[atom] for atom in atoms([name], sex))  # type: ignore[index]
                knows_all.knows(atoms([name], sex), n)
    return knows_totals, knows_all, answers


def given_away(counts: Counts, spread: int = RULE.spread) -> list[tuple[object, ...]]:
    """The small counts (of a question, of two at once, of one and not the other) that all answers narrow to less than a spread.

    Not those that the totals alone narrow so far: they are told of no split.
    """
    knows_totals, knows_all, _ = readers(counts)
    names = [name for (name,) in QUESTIONS]
    wanted = {
        frozenset(atoms(pair, sex)) for pair in itertools.combinations_with_replacement(names, 2) for sex in SEXES
    }
    wanted |= {
        frozenset(atoms([one], sex)) - frozenset(atoms([other], sex))
        for one, other in itertools.permutations(names, 2) for sex in SEXES
    }  # fmt: skip
    found = []
    for target in wanted:
        n = sum(counts[atom] for atom in target)  # type: ignore[index]
        if not RULE.is_small(n):
            continue
        low, high = knows_all.range_of(target)
        before = knows_totals.range_of(target)
        if high - low < min(spread, before[1] - before[0]) - 1e-6:
            found.append((*sorted(map(str, target)), n, (low, high), before))
    return found


def some(small: Mapping[tuple[str, str, str], int], other: int) -> Counts:
    every = itertools.product(OWED, OFFENCES, SEXES)
    return {atom: next((n for key, n in small.items() if set(filter(None, key)) <= set(atom)), other) for atom in every}


HOMES = "Burglary - residential"
SUBTRACTIONS = [
    # by which two questions a small count was got, and the counts that are other than twenty, the first that fits
    ("all less two of the three rights", some({("told_of_verdict", HOMES, "F"): 1, ("told_of_verdict", "", "F"): 0}, 20)),
    ("all less right 4", some({
        ("told_of_arrest", HOMES, "M"): 3, ("told_of_arrest", "", "M"): 0, ("told_of_verdict", "", "M"): 0,
    }, 20)),
    ("robbery less robbery of personal property", some({
        ("told_of_verdict", "Robbery of business property", "F"): 1, ("", "Robbery of business property", "F"): 0,
    }, 20)),
    ("an offence less a right that only it has", some({
        ("support_referral", HOMES, ""): 20, ("support_referral", "", ""): 0, ("told_of_arrest", HOMES, "F"): 3,
        ("told_of_verdict", HOMES, ""): 0,
    }, 20)),
    ("an offence less a right that hardly any other has", some({
        ("support_referral", HOMES, ""): 20, ("support_referral", "Robbery of personal property", "M"): 1,
        ("support_referral", "", ""): 0, ("told_of_arrest", HOMES, "F"): 3, ("told_of_verdict", HOMES, ""): 0,
    }, 20)),
]  # fmt: skip


@pytest.mark.parametrize(("what", "counts"), SUBTRACTIONS, ids=[s[0] for s in SUBTRACTIONS])
def test_no_small_count_is_got_by_subtracting_two_answers(what: str, counts: Counts) -> None:
    assert given_away(counts) == []


MANY = st.lists(st.sampled_from([0, 0, 0, 1, 2, 4, 5, 7, 12, 40]), min_size=27, max_size=27)


@pytest.mark.slow
@given(numbers=MANY)
@settings(max_examples=20)
def test_who_asks_everything_and_solves_for_it_knows_no_small_count(numbers: list[int]) -> None:
    """The totals of each crossing are known beside: they may narrow a count to two or three numbers, and never to one."""
    counts = dict(zip(itertools.product(OWED, OFFENCES, SEXES), numbers, strict=True))
    if any(numbers):
        assert given_away(counts, spread=1) == []


def test_where_nothing_is_small_everything_is_told() -> None:
    _, _, answers = readers(some({}, 20))
    assert {(name, sex) for name, rows in answers.items() for sex, n in rows.items() if n is None} == set()
    assert len(answers) == len(QUESTIONS) == 9


def test_one_small_group_does_not_silence_the_others() -> None:
    few = some(
        {("told_of_arrest", HOMES, "not said"): 2, ("", "", "not said"): 0, ("told_of_verdict", HOMES, "F"): 19}, 20
    )
    _, _, answers = readers(few)
    assert answers["all"]["M"] == 180
    assert (answers["all"]["F"], answers["all"]["not said"]) == (None, None), "of one alone the total would tell"
    assert answers["right 6"]["M"] == 60


REFUSED = [
    ("a month", {"window": parse_window("2022-08", "2022-08")}),
    ("two months of a quarter", {"window": parse_window("2022-08", "2022-09")}),
    ("half a year", {"window": parse_window("2022-07", "2022-12")}),
    ("three months across quarters", {"window": parse_window("2022-08", "2022-10")}),
    ("a right of an offence", {"right": 6, "offence": "Robbery"}),
    ("one thing owed", {"obligation": "told_of_arrest"}),
    ("by victim of one thing owed", {"obligation": "told_of_arrest", "by_victim": True}),
]


@pytest.mark.parametrize(("what", "asked"), REFUSED, ids=[r[0] for r in REFUSED])
@pytest.mark.parametrize("by", PROTECTED)
def test_a_question_from_which_another_could_be_taken_is_refused_by_a_protected_characteristic(
    what: str, asked: dict[str, object], by: str
) -> None:
    every = held(some({}, 20))
    question = replace(ASKED, **asked)  # type: ignore[arg-type]
    with pytest.raises(RequestInvalid) as fault:
        compliance(every, RECORDS, Rules(), question, by)
    assert fault.value.remedy
    assert compliance(every, RECORDS, Rules(), question, "team").n


def test_by_victim_tells_no_more_than_by_obligation_does() -> None:
    """Of a right that owes one thing, the victims kept less those met in time are those who declined."""
    parts = [
        states(("met in time", 60), ("declined by the victim", declined), sex=sex, right=4, obligation="support_referral")
        .with_columns(crime_ref=pl.lit(sex) + pl.col("crime_ref"))
        for sex, declined in (("F", 2), ("M", 3), ("not said", 30))
    ]  # fmt: skip
    question = replace(ASKED, right=4)
    one = compliance(pl.concat(parts), RECORDS, Rules(), question, "sex").table
    other = compliance(pl.concat(parts), RECORDS, Rules(), replace(question, by_victim=True), "sex").table
    assert one is not None
    assert other is not None
    for told, victims in zip(one.records(), other.records(), strict=True):
        assert told["met in time"] == 60
        assert (told["declined by the victim"] is None) == (victims["kept"] is None)


def test_a_question_that_cuts_across_another_is_told_of_nothing() -> None:
    rows = [(one, "x", "F", "met late", 9) for one in ("a", "b", "c")]
    ways = [{("one",): frozenset("ab"), ("two",): frozenset("bc")}, {}]
    told = told_apart(rows, STATES, ways, RULE)
    assert told.of(WHOLE, "met late") == {"F"}
    assert told.of(("one",), "met late") == told.of(("two",), "met late") == frozenset()


def test_where_a_right_is_nearly_everything_the_whole_is_not_told_either() -> None:
    """Of right 6 and its total all but three of 68, so that of its four women two or three would be known."""
    rows = [
        ("6", "x", "F", "met late", 4), ("6", "y", "M", "met late", 61),
        ("4", "x", "F", "met late", 2), ("4", "y", "M", "met late", 1),
    ]  # fmt: skip
    ways = [
        {("right", name): frozenset([name]) for name in "46"},
        {("offence", name): frozenset([name]) for name in "xy"},
    ]
    assert told_apart(rows, ["met late"], ways, RULE).values == {}
    rows = [(right, offence, sex, state, n + 9) for right, offence, sex, state, n in rows]
    assert told_apart(rows, STATES, ways, RULE).of(("right", "4"), "met late") == {"F", "M"}
