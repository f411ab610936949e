"""The same person across lists: linked with reasons, under an identifier that stays, by a word that later runs keep to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records import likeness, people
from fourfold.records.people import Decision, Linked, State, linked, repeats

AT = datetime(2022, 11, 7, 9, tzinfo=UTC)
Person = dict[str, Any]
JEAN: Person = {"forename": "Jean", "surname": "Okonjo", "born_on": date(1948, 3, 2), "address": "4 Tern Row", "postcode": "XS1 1AA",
                "phone": "07700 900123", "sex": "Female"}  # fmt: skip

SAME = [
    # what is otherwise the second time, is it the same person?
    ({}, True),
    ({"surname": "Okonj"}, True),
    ({"forename": "Jeane", "born_on": None}, True),
    ({"address": "9 Kelp Lane", "postcode": "XS9 9ZZ"}, True),
    ({"surname": "Marsh"}, True),  # married, and the telephone number stayed
    ({"born_on": date(1948, 3, 12)}, True),
    ({"born_on": date(1948, 2, 3)}, True),  # day and month in each other's place
    ({"born_on": date(1948, 7, 25)}, False),  # more than one slip: a cousin of one name as likely as a mistake
    ({"forename": "Ada", "phone": None}, False),  # a twin
    ({"born_on": date(1975, 6, 9), "phone": None}, False),  # a daughter of the same name
    ({"surname": "Marsh", "forename": "Peter", "born_on": date(1950, 1, 1), "phone": None}, False),  # a shared house
    ({"address": "9 Kelp Lane", "postcode": "XS9 9ZZ", "phone": None, "born_on": None}, False),  # a namesake
]


def rows(given: Iterable[tuple[str, Person]]) -> pl.DataFrame:
    """Reports of fraud as entries: the reference of each, and who made it."""
    plain = [
        {
            "force_id": "saltmere", "report_ref": ref, "crime_ref": ref, "person_ref": None, "role": "victim",
            **{name: who.get(name) for name in ("organisation_name", "forename", "surname", "born_on", "address", "postcode",
                                                "phone", "email", "sex")},
        }
        for ref, who in given
    ]  # fmt: skip
    kinds = {name: pl.Date if name == "born_on" else pl.String for name in plain[0]}
    return people.made_alike(pl.DataFrame(plain, schema=kinds), "fraud_victims")


def keys() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"SP{next(numbers)}"


def person(run: Linked, entries: pl.DataFrame, ref: str) -> str:
    entry = entries.filter(pl.col("crime_ref") == ref)["entry"].item()
    return str(run.state.people.filter(pl.col("entry") == entry)["person"].item())


def entry(entries: pl.DataFrame, ref: str) -> str:
    return str(entries.filter(pl.col("crime_ref") == ref)["entry"].item())


@pytest.mark.parametrize(("otherwise", "is_same"), SAME)
def test_who_comes_back_is_known_and_who_only_looks_alike_is_not(otherwise: Person, is_same: bool) -> None:
    found = rows([("R1", JEAN), ("R2", JEAN | otherwise)])
    run = linked(State(), found, new_key=keys())
    assert (person(run, found, "R1") == person(run, found, "R2")) is is_same


def test_an_identifier_stays_and_a_link_says_why() -> None:
    first = rows([("R1", JEAN)])
    run = linked(State(), first, new_key=keys())
    both = rows([("R1", JEAN), ("R2", JEAN | {"surname": "Okonj"}), ("R3", {"forename": "Ade", "surname": "Bright"})])
    again = linked(run.state, both, new_key=(f"N{n}" for n in count()).__next__)
    assert person(again, both, "R1") == person(again, both, "R2") == person(run, first, "R1")
    assert again.changes == ()
    ((weight, why),) = again.state.links_of("SP1")
    assert weight > people.LINKED
    assert any("telephone number is the same" in one for one in why)
    assert any("surname is spelt nearly the same" in one for one in why)


def test_a_wrong_merge_is_undone_and_stays_undone_next_week() -> None:
    week = rows([("R1", JEAN), ("R2", JEAN | {"surname": "Okonj"})])
    run = linked(State(), week, new_key=(make := keys()))
    apart = Decision(
        says="different", one=entry(week, "R1"), other=entry(week, "R2"), by="O1", at=AT, why="two sisters"
    )
    split = linked(run.state, week, [apart], new_key=make)
    assert person(split, week, "R1") != person(split, week, "R2")
    assert [c.what for c in split.changes] == ["split"]
    assert "decision" in split.changes[0].why
    later = rows([("R1", JEAN), ("R2", JEAN | {"surname": "Okonj"}), ("R3", JEAN)])
    for _ in range(3):
        split = linked(split.state, later, new_key=make)
        assert person(split, later, "R1") != person(split, later, "R2")
        assert split.changes == ()
    assert split.state.resolved("SP1") == "SP1"


def test_a_merge_keeps_the_older_identifier_and_the_other_still_resolves() -> None:
    week = rows([("R1", JEAN), ("R2", {"forename": "Ade", "surname": "Bright"})])
    run = linked(State(), week, new_key=(make := keys()))
    old, young = sorted((person(run, week, "R1"), person(run, week, "R2")))
    same = Decision(says="same", one=entry(week, "R1"), other=entry(week, "R2"), by="O1", at=AT, why="a new name")
    merged = linked(run.state, week, [same], new_key=make)
    assert merged.state.resolved(young) == old == person(merged, week, "R2")
    assert [(c.what, c.key, c.other, c.why) for c in merged.changes] == [("merged", young, old, "decided by O1")]
    with pytest.raises(NothingHeld):
        merged.state.resolved("SP99")


def test_last_weeks_rows_with_one_changed_birth_change_no_identifier() -> None:
    other = {"forename": "Ade", "surname": "Bright", "born_on": date(1990, 1, 1), "phone": "07700 900999"}
    week = rows([("R1", JEAN), ("R2", JEAN), ("R3", other)])
    run = linked(State(), week, new_key=(make := keys()))
    mended = rows([("R1", JEAN), ("R2", JEAN | {"born_on": date(1948, 3, 12)}), ("R3", other)])
    again = linked(run.state, mended, new_key=make)
    assert again.changes == ()
    assert again.state.people.select("entry", "person").equals(run.state.people.select("entry", "person"))


def test_two_people_who_swap_addresses_stay_two() -> None:
    ade = {"forename": "Ade", "surname": "Bright", "born_on": date(1990, 1, 1), "address": "9 Kelp Lane", "postcode": "XS9 9ZZ",
           "phone": "07700 900999", "sex": "Male"}  # fmt: skip
    place = ("address", "postcode")
    week = rows(
        [
            ("R1", JEAN),
            ("R2", ade),
            ("R3", JEAN | {c: ade[c] for c in place}),
            ("R4", ade | {c: JEAN[c] for c in place}),
        ]
    )
    run = linked(State(), week, new_key=keys())
    assert person(run, week, "R1") == person(run, week, "R3") != person(run, week, "R2") == person(run, week, "R4")


def test_ten_thousand_of_one_surname_do_not_blow_up() -> None:
    many = [
        (
            f"R{n}",
            {"forename": f"Name{n % 40}", "surname": "Smith", "born_on": date(1950 + n % 50, 1 + n % 12, 1 + n % 28)},
        )
        for n in range(10_000)
    ]
    found = rows(many)
    blocked, _ = likeness._blocked(found.select("profile", *likeness.DETAILS).with_columns(is_new=True))
    assert likeness.pair_count(blocked) < 1_000_000
    run = linked(State(), found, new_key=keys())
    assert run.state.people.height == 10_000


def test_more_pairs_than_allowed_are_refused_before_any_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rows([(f"R{n}", JEAN | {"surname": f"Okonjo{n}"}) for n in range(30)]).select("profile", *likeness.DETAILS)
    monkeypatch.setattr(likeness, "_predicted", lambda *_: pytest.fail("a pair was compared"))
    with pytest.raises(RequestInvalid, match="pairs"):
        likeness.scored(found.clear(), found, likeness.frequencies(found), 7.0, most_pairs=100)


def test_organisations_are_known_under_their_trading_name() -> None:
    firm = {"organisation_name": "Tern Shop Ltd", "address": "1 Quay"}
    week = rows(
        [
            ("R1", firm),
            ("R2", firm | {"organisation_name": "Tern Holdings t/a Tern Shop"}),
            ("R3", firm | {"address": "2 Quay"}),
        ]
    )
    run = linked(State(), week, new_key=keys())
    assert person(run, week, "R1") == person(run, week, "R2") != person(run, week, "R3")


REPEATS = [
    # day, code, loss of each time -> times, days after, of what, lost, losses not known
    ([], (0, (), (), None, 0)),
    ([(date(2022, 1, 1), "NFIB90", None)], (1, (), ("NFIB90",), None, 1)),
    (
        [(date(2022, 3, 1), "NFIB1D", 500), (date(2022, 1, 1), "NFIB90", 250), (date(2022, 3, 1), "NFIB2A", None)],
        (3, (59, 0), ("NFIB90", "NFIB1D", "NFIB2A"), 750, 1),
    ),
]


@pytest.mark.parametrize(("given", "expected"), REPEATS)
def test_repeat_victimisation_is_counted_from_days_codes_and_losses(given: Any, expected: Any) -> None:
    found = repeats(given)
    assert (found.times, found.after_days, found.of_what, found.lost_pence, found.unknown_losses) == expected


CAST: list[Person] = [
    JEAN, JEAN | {"surname": "Okonj"}, JEAN | {"address": "9 Kelp Lane", "postcode": "XS9 9ZZ"}, JEAN | {"born_on": None},
    JEAN | {"forename": "Ada", "phone": None}, {"forename": "Ade", "surname": "Bright", "born_on": date(1990, 1, 1)},
    {"forename": "Adde", "surname": "Bright", "born_on": date(1990, 1, 1), "address": "4 Tern Row", "postcode": "XS1 1AA"},
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(order=st.permutations(range(len(CAST))), cuts=st.sets(st.integers(1, len(CAST) - 1), max_size=2))
def test_any_order_of_weekly_lists_gives_the_same_people(order: list[int], cuts: set[int]) -> None:
    """And within one order no identifier changes or is given twice, but by a merge that is told."""
    make, state = keys(), State()
    before: dict[str, str] = {}
    for end in (*sorted(cuts), len(CAST)):
        run = linked(state, rows([(f"R{n}", CAST[n]) for n in order[:end]]), new_key=make)
        now = dict(run.state.people.select("entry", "person").iter_rows())
        moved = {(before[e], now[e]) for e in before if before[e] != now[e]}
        assert moved <= {(c.key, c.other) for c in run.changes}
        state, before = run.state, now
    every = rows([(f"R{n}", CAST[n]) for n in range(len(CAST))])
    at_once = linked(State(), every, new_key=keys()).state.people
    assert _grouping(state.people) == _grouping(at_once)


def _grouping(found: pl.DataFrame) -> set[frozenset[str]]:
    return {frozenset(held) for held in found.group_by("person").agg("entry")["entry"].to_list()}
