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

from fourfold.analysis.repeat_victims import repeats
from fourfold.errors import NothingHeld
from fourfold.records import entries as entries_of
from fourfold.records import likeness, people
from fourfold.records.people import Decision, Linked, State, linked
from tests.records import victims

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
    return entries_of.made_alike(pl.DataFrame(plain, schema=kinds), "fraud_victims")


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
    for ref in ("R3", "R4"):
        week = pl.concat(
            [week, rows([(ref, {"forename": "Cem", "surname": f"Aydin{ref}", "phone": f"07700 9001{ref}"})])]
        )
        merged = linked(merged.state, week, new_key=make)
        assert person(merged, week, "R1") == person(merged, week, "R2") == old
        assert merged.changes == ()
    assert merged.state.resolved(young) == old
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


def test_pairs_are_counted_before_any_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rows([(f"R{n}", JEAN | {"surname": f"Okonjo{n}"}) for n in range(30)])
    told: list[tuple[int, int]] = []
    plain = likeness._predicted

    def spied(*given: Any) -> pl.DataFrame:
        assert told[0][0] == 0, "told of none before the first is compared"
        return plain(*given)

    monkeypatch.setattr(likeness, "_predicted", spied)
    monkeypatch.setattr(likeness, "PORTION", 500)
    run = linked(State(), found, new_key=keys(), told=lambda *given: told.append(given))
    assert {of for _, of in told} == {run.compared}
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == run.compared > 500 < told[1][0] * 4
    assert len(told) > 3


@pytest.mark.slow
@pytest.mark.parametrize("portion", [4, 30])
def test_a_portion_at_a_time_gives_the_same_pairs_and_people_as_all_at_once(
    portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = victims.entries_of(victims.reports(350, 78)).drop("true", "hard", "written")
    monkeypatch.setattr(people, "NAMES_FROM", 10)
    at_once = linked(State(), every[:300], new_key=(make := keys()))
    later = linked(at_once.state, every, new_key=make)
    assert at_once.compared > 60
    monkeypatch.setattr(likeness, "PORTION", portion)
    calls: list[int] = []
    monkeypatch.setattr(
        likeness, "_predicted", lambda *given, plain=likeness._predicted: (calls.append(1), plain(*given))[1]
    )
    first = linked(State(), every[:300], new_key=(make := keys()))
    assert len(calls) > 1
    assert first.state.links.equals(at_once.state.links)
    assert first.state.people.equals(at_once.state.people)
    again = linked(first.state, every, new_key=make)
    assert again.state.links.equals(later.state.links)
    assert again.state.people.equals(later.state.people)
    assert again.changes == later.changes


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


ALIKE = [
    # two people of one household, or two who only look like one: never one person, whatever they weigh
    ("twins with one telephone", {"forename": "Joan"}),
    ("a parent of the same name, at home", {"born_on": date(1921, 6, 9)}),
    ("a couple with one telephone", {"forename": "Peter", "born_on": date(1946, 1, 9), "sex": "Male"}),
    ("a parent or the child: no birth, another telephone", {"born_on": None, "phone": "07700 900777"}),
    ("one of the household: an initial and no birth", {"forename": "J", "born_on": None, "phone": None}),
]


@pytest.mark.parametrize(("who", "otherwise"), ALIKE)
def test_people_of_one_household_are_told_apart(who: str, otherwise: Person) -> None:
    crowd = [(f"C{n}", {"forename": ("Jean", "Joan")[n % 2], "surname": f"Crowd{n}"}) for n in range(1_000)]
    found = rows([*crowd, ("R1", JEAN), ("R2", JEAN | otherwise)])
    run = linked(State(), found, new_key=keys())
    assert person(run, found, "R1") != person(run, found, "R2"), who


def test_nobody_is_joined_through_an_entry_in_between() -> None:
    """A parent and a child of one name, and an entry without a birth that is like both."""
    found = rows([("R1", JEAN), ("R2", JEAN | {"born_on": date(1975, 6, 9)}), ("R3", JEAN | {"born_on": None})])
    run = linked(State(), found, new_key=keys())
    assert person(run, found, "R1") != person(run, found, "R2")
    assert person(run, found, "R3") not in {person(run, found, "R1"), person(run, found, "R2")}, (
        "of which of them is not known"
    )


SHORT = [
    ("Elizabeth", "Liz"),
    ("William", "Bill"),
    ("Peggy", "Margaret"),
    ("Chris", "Christine"),
    ("Stephen", "Steven"),
]


@pytest.mark.parametrize(("one", "other"), SHORT)
def test_short_forms_of_forenames_are_known(one: str, other: str) -> None:
    found = rows([("R1", JEAN | {"forename": one}), ("R2", JEAN | {"forename": other})])
    run = linked(State(), found, new_key=keys())
    assert person(run, found, "R1") == person(run, found, "R2")


def test_a_rare_name_weighs_more_than_a_common_one() -> None:
    """One in a hundred is called Smith: the same little else makes one person of two Okonjos, and not of two Smiths."""
    crowd = [
        (
            f"C{n}",
            {
                "forename": f"Fore{n % 40}",
                "surname": "Smith" if n % 100 == 0 else f"Name{n % 700}",
                "postcode": f"X{n}",
            },
        )
        for n in range(2_000)
    ]
    alike = {"forename": "Fore1", "born_on": date(1948, 3, 2), "sex": "Female"}
    for surname, is_same in (("Smith", False), ("Okonjo", True)):
        who = alike | {"surname": surname}
        pair = [("R1", who | {"postcode": "XS1 1AA", "phone": "07700 900123"}), ("R2", who | {"postcode": "XS9 9ZZ"})]
        found = rows([*crowd, *pair])
        run = linked(State(), found, new_key=keys())
        assert (person(run, found, "R1") == person(run, found, "R2")) is is_same


@pytest.mark.parametrize(
    ("people_held", "bits"),
    [(0, 0), (5_000, 0), (100_000, 0), (140_000, 0), (150_000, 1), (200_000, 1), (1_500_000, 4)],
)
def test_among_more_people_more_has_to_speak_for_a_pair(people_held: int, bits: int) -> None:
    assert likeness.bits_of_crowd(people_held) == bits


def test_a_pair_that_is_one_person_in_a_town_may_be_two_in_a_country(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rows(
        [("R1", JEAN | {"phone": None}), ("R2", JEAN | {"phone": None, "address": None, "postcode": None, "sex": None})]
    )
    run = linked(State(), found, new_key=(make := keys()))
    assert person(run, found, "R1") == person(run, found, "R2")
    ((weight, _),) = run.state.links_of(person(run, found, "R1"))
    monkeypatch.setattr(likeness, "CROWD", 2 ** -int(weight - 6))
    again = linked(run.state, found, new_key=make)
    assert person(again, found, "R1") != person(again, found, "R2")
    assert [c.what for c in again.changes] == ["split"]
    assert "many more people are held" in again.changes[0].why


def test_weights_made_again_are_those_that_splink_gives() -> None:
    found = victims.entries_of(victims.reports(1_500, 3)).filter(pl.col("organisation").is_null())
    persons = found.unique("profile").select("profile", *likeness.DETAILS)
    names = likeness.frequencies(persons)
    pairs = likeness.scored(persons.clear(), persons, names, likeness.HELD_FROM).pairs
    again = likeness.weighed(pairs, persons, names)
    both = pairs.join(again, on=["one", "other"], suffix="_again").filter(
        pl.col("forename").eq_missing(pl.col("forename_again"))
    )
    assert both.height > 100
    assert (both["weight"] - both["weight_again"]).abs().max() < 1e-6  # type: ignore[operator]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [51, 52, 53])
def test_linked_pairs_are_right_and_found_on_people_that_were_not_looked_at(seed: int) -> None:
    """At least 0.995 of the pairs said are right, and 0.90 of those that are, found; the hard kinds are told apart."""
    every = victims.entries_of(victims.reports(12_000, seed))
    run = linked(State(), every.drop("true", "hard", "written"))
    groups = run.state.people.select("entry", "person")
    whole = victims.judged(groups, every)
    for kind in victims.HARD:
        print(f"{kind}: {victims.judged(groups, every, kind)}")
    assert whole.true > 1_000
    assert whole.precision >= 0.995, whole
    assert whole.recall >= 0.90, whole
    hard = [victims.judged(groups, every, kind) for kind in victims.HARD]
    assert all(one.true > 5 for one in hard)
    assert sum(one.right for one in hard) / sum(one.said for one in hard) >= 0.97
    assert sum(one.right for one in hard) / sum(one.true for one in hard) >= 0.85


def test_a_decision_between_the_same_details_sets_them_apart() -> None:
    week = rows([("R1", JEAN), ("R2", JEAN), ("R3", JEAN | {"surname": "Okonj"})])
    run = linked(State(), week, new_key=(make := keys()))
    apart = Decision(
        says="different", one=entry(week, "R1"), other=entry(week, "R2"), by="O1", at=AT, why="two sisters"
    )
    for decisions in ([apart], [], []):
        run = linked(run.state, week, decisions, new_key=make)
        assert person(run, week, "R1") != person(run, week, "R2")


def test_who_was_set_apart_can_be_joined_again_by_one_word() -> None:
    week = rows([("R1", JEAN), ("R2", JEAN | {"surname": "Okonj"}), ("R3", JEAN | {"forename": "Jeane"})])
    run = linked(State(), week, new_key=(make := keys()))
    one = [entry(week, ref) for ref in ("R1", "R2", "R3")]
    apart = [
        Decision(says="different", one=one[0], other=other, by="O1", at=AT, why="two sisters") for other in one[1:]
    ]
    run = linked(run.state, week, apart, new_key=make)
    assert run.state.people["person"].n_unique() == 2
    same = Decision(says="same", one=one[0], other=one[1], by="O2", at=AT.replace(hour=10), why="one after all")
    run = linked(run.state, week, [same], new_key=make)
    assert run.state.people["person"].n_unique() == 1
    assert [(c.what, c.why) for c in run.changes] == [("merged", "decided by O2")]


def test_a_person_may_join_what_looks_like_two_of_a_household() -> None:
    week = rows([("R1", JEAN), ("R2", JEAN | {"forename": "Marguerite"})])
    run = linked(State(), week, new_key=(make := keys()))
    assert run.state.people["person"].n_unique() == 2
    same = Decision(says="same", one=entry(week, "R1"), other=entry(week, "R2"), by="O1", at=AT, why="her second name")
    assert linked(run.state, week, [same], new_key=make).state.people["person"].n_unique() == 1


def of_force(given: Iterable[tuple[str, str, Person]]) -> pl.DataFrame:
    """Parts in crimes as entries: the crime, the force's reference of the person, and who it is."""
    plain = [
        {
            "force_id": "saltmere", "crime_ref": crime, "person_ref": ref, "role": "victim",
            **{name: who.get(name) for name in ("organisation_name", "forename", "surname", "born_on", "address", "postcode",
                                                "phone", "email", "sex")},
        }
        for crime, ref, who in given
    ]  # fmt: skip
    kinds = {name: pl.Date if name == "born_on" else pl.String for name in plain[0]}
    return entries_of.made_alike(pl.DataFrame(plain, schema=kinds), "people")


ADE: Person = {"forename": "Ade", "surname": "Bright", "born_on": date(1990, 1, 1), "address": "9 Kelp Lane", "postcode": "XS9 9ZZ",
               "phone": "07700 900999", "sex": "Male"}  # fmt: skip


def test_a_reference_of_the_forces_given_to_two_people_does_not_make_them_one() -> None:
    found = of_force([("C1", "P1", JEAN), ("C2", "P1", ADE), ("C3", "P1", JEAN | {"surname": "Marsh", "phone": None})])
    run = linked(State(), found, new_key=keys())
    assert person(run, found, "C1") == person(run, found, "C3") != person(run, found, "C2")


def test_a_report_reference_given_again_leaves_the_identifier_behind() -> None:
    """The later row replaces the earlier by its key; the person it was of is not thereby somebody else."""
    week = rows([("R1", JEAN), ("R2", ADE)])
    run = linked(State(), week, new_key=(make := keys()))
    before = person(run, week, "R1")
    again = rows(
        [
            ("R1", {"forename": "Olive", "surname": "Tarrow", "born_on": date(1999, 9, 9), "phone": "07700 900555"}),
            ("R2", ADE),
        ]
    )
    run = linked(run.state, again, new_key=make, former=week.filter(pl.col("crime_ref") == "R1"))
    assert person(run, again, "R1") != before
    assert run.state.resolved(before) == before
    assert [(c.what, c.key, c.other, c.why) for c in run.changes] == [
        ("split", before, person(run, again, "R1"), "a reference was given again, to somebody else")
    ]  # fmt: skip


def test_ten_thousand_of_one_surname_and_house_are_bounded_and_told() -> None:
    """No birth, one surname, one postcode: each block is too large, and how many entries that touches is said."""
    many = [(f"R{n}", {"forename": "Jean", "surname": "Smith", "postcode": "XS1 1AA", "sex": ("Male", "Female")[n % 2],
                       "address": f"{n} Quay"}) for n in range(10_000)]  # fmt: skip
    run = linked(State(), rows(many), new_key=keys())
    assert run.compared < 1_000_000
    assert run.left_out >= 10_000
    assert run.state.people.height == 10_000


CAST: list[Person] = [
    JEAN, JEAN | {"surname": "Okonj"}, JEAN | {"address": "9 Kelp Lane", "postcode": "XS9 9ZZ"}, JEAN | {"born_on": None},
    JEAN | {"forename": "Ada", "phone": None}, {"forename": "Ade", "surname": "Bright", "born_on": date(1990, 1, 1)},
    {"forename": "Adde", "surname": "Bright", "born_on": date(1990, 1, 1), "address": "4 Tern Row", "postcode": "XS1 1AA"},
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(order=st.permutations(range(len(CAST))), cuts=st.sets(st.integers(1, len(CAST) - 1), max_size=2))
def test_any_order_of_weekly_lists_gives_the_same_people(order: list[int], cuts: set[int]) -> None:
    """And within one order no identifier changes or is given twice, but by a merge or a split that is told."""
    every = rows([(f"R{n}", CAST[n]) for n in range(len(CAST))])
    _in_any_order(every, order, cuts)


TOWN = victims.entries_of(victims.reports(120, 77)).drop("true", "hard", "written")


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(order=st.permutations(range(TOWN.height)), cuts=st.sets(st.integers(1, TOWN.height - 1), max_size=2))
def test_any_order_gives_the_same_people_where_names_weigh_by_how_common_they_are(
    order: list[int], cuts: set[int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "NAMES_FROM", 10)
        patch.setattr(likeness, "CROWD", 12)
        _in_any_order(TOWN, order, cuts)


def _in_any_order(every: pl.DataFrame, order: list[int], cuts: set[int]) -> None:
    make, state = keys(), State()
    before: dict[str, str] = {}
    for end in (*sorted(cuts), every.height):
        run = linked(state, every[order[:end]], new_key=make)
        now = dict(run.state.people.select("entry", "person").iter_rows())
        moved = {(before[e], now[e]) for e in before if before[e] != now[e]}
        assert moved <= {(c.key, c.other) for c in run.changes}
        assert all(c.why for c in run.changes)
        assert {run.state.resolved(key) for key in before.values()} <= set(run.state.keys["key"])
        assert set(state.keys["key"]) <= set(run.state.keys["key"])
        state, before = run.state, now
    at_once = linked(State(), every, new_key=keys()).state.people
    assert _grouping(state.people) == _grouping(at_once)


@pytest.mark.slow
@pytest.mark.parametrize("first", [2, 402, 1_500])
def test_a_pair_that_only_a_rare_name_makes_one_is_found_whichever_list_came_first(first: int) -> None:
    """One rare name, births one slip apart, two addresses and telephones: one person among 20,000, and not among 400."""
    rare = {"forename": "Oluwaseyi", "surname": "Okonjo", "born_on": date(1948, 3, 2), "sex": "Female"}
    pair = [("R1", rare | {"address": "4 Tern Row", "postcode": "XS1 1AA", "phone": "07700 900123"}),
            ("R2", rare | {"address": "9 Kelp Lane", "postcode": "XS9 9ZZ", "phone": "07700 900999",
                           "born_on": date(1948, 3, 12)})]  # fmt: skip
    crowd = [
        (f"C{n}", {"forename": f"Fore{n % 80}", "surname": f"Name{n}", "postcode": f"X{n}", "phone": f"07{n:09}"})
        for n in range(20_000)
    ]
    every = rows([*pair, *crowd])
    at_once = linked(State(), every, new_key=keys())
    assert person(at_once, every, "R1") == person(at_once, every, "R2")
    run = linked(State(), every[:first], new_key=(make := keys()))
    assert person(run, every, "R1") != person(run, every, "R2")
    later = linked(run.state, every, new_key=make)
    assert person(later, every, "R1") == person(later, every, "R2")
    ((gone, key),) = [(c.key, c.other) for c in later.changes if c.what == "merged"]
    assert {gone, key} == {person(run, every, "R1"), person(run, every, "R2")}


REFS = [f"R{n}" for n in range(len(CAST))]
DECIDED = st.lists(
    st.tuples(st.sampled_from(("same", "different")), st.sampled_from(REFS), st.sampled_from(REFS)), max_size=4
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(weeks=st.lists(st.tuples(st.integers(2, len(CAST)), DECIDED), min_size=2, max_size=4))
def test_what_people_decided_survives_every_later_run(weeks: list[tuple[int, list[tuple[str, str, str]]]]) -> None:
    """Merges, splits and their undoing, in whatever order: the last word on two entries holds in each later run.

    "Same" holds until "different" is said, later, of anybody in either's group.
    """
    make, state, minute = keys(), State(), 0
    end = 0
    for size, decided in weeks:
        end = max(end, size)
        found = rows([(f"R{n}", CAST[n]) for n in range(end)])
        said = []
        for says, one, other in decided:
            if one != other and {one, other} <= set(found["crime_ref"]):
                minute += 1
                at = AT.replace(minute=minute)
                said.append(
                    Decision(says=says, one=entry(found, one), other=entry(found, other), by="O1", at=at, why="seen")
                )
        run = linked(state, found, said, new_key=make)
        latest = {frozenset((d.one, d.other)): d for d in sorted(run.state.decisions, key=lambda d: d.at)}
        of = dict(run.state.people.select("entry", "person").iter_rows())
        for d in latest.values():
            group = {e for e in of if of[e] in (of[d.one], of[d.other])}
            if d.says == "different":
                assert of[d.one] != of[d.other]
            elif not any(a.says == "different" and a.at > d.at and {a.one, a.other} & group for a in latest.values()):
                assert of[d.one] == of[d.other]
        again = linked(run.state, found, new_key=make)
        assert again.changes == ()
        assert again.state.people.equals(run.state.people)
        assert set(state.keys["key"]) <= set(again.state.keys["key"])
        state = again.state


def _grouping(found: pl.DataFrame) -> set[frozenset[str]]:
    return {frozenset(held) for held in found.group_by("person").agg("entry")["entry"].to_list()}
