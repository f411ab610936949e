"""People: who was a victim, suspect or witness of which crime; all invented, with their homes, ages and names.

Some are victims again and again, some live at the place of the crime, some are children with a parent who speaks for them.
A few are entered twice, under another reference and a name spelt otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.demo.crimes import Crimes, habit_number, habits, place_names, streets_in, volumes
from fourfold.demo.geography import land
from fourfold.demo.names import commonness, firm_name, name_groups, street_names
from fourfold.demo.near_repeats import SAME_HOUSE, NearRepeats
from fourfold.demo.scenario import DAY, EPOCH, Ints, Scenario, chosen
from fourfold.demo.series import Series

Bools = npt.NDArray[np.bool_]

VICTIM, ORGANISATION, SUSPECT, WITNESS, PARENT, BEREAVED, SPOKESPERSON = range(7)
ROLES = ("victim", "organisation", "suspect", "witness", "parent", "bereaved_relative", "spokesperson")
FIRM = 50_000_000
"""Numbers from here on are of organisations."""

OCCUPATIONS = (
    "retired", "student", "unemployed", "shop worker", "carer", "nurse", "teacher", "driver", "warehouse operative", "builder",
    "office worker", "chef", "taxi driver", "engineer", "cleaner", "security officer", "police officer", "paramedic",
)  # fmt: skip
DISABILITIES = ("none", "mobility", "mental health", "learning", "hearing", "sight", "long-term illness")
_CHILD_CODES = ("11A", "13", "17B", "19D", "19E", "19G", "19H", "20B", "21", "22B", "71", "73")
_FEMALE_CODES = ("19C", "19D", "19E", "19J", "20A", "20B")
_MALE_CODES = ("17A", "17B", "19F", "19G", "19H", "19K")
_HOMICIDE = ("1", "4.1", "4.2", "4.4", "4.6", "4.8", "4.9", "4.10")
SERIOUS_CODES = ("1", "2", "4.1", "4.2", "4.4", "4.8", "5D", "36")
_DOMESTIC = {"violence_injury": 0.5, "violence_other": 0.52, "harassment": 0.52, "sexual": 0.3, "damage": 0.22}
_HATE = {"public_order": 0.07, "violence_injury": 0.02, "violence_other": 0.03, "harassment": 0.04}


@dataclass
class People:
    """Every person, by number: arrays of one length. `born` is in days since the epoch."""

    group: Ints
    forename: Ints
    surname: Ints
    is_male: Bools
    born: Ints
    ethnicity: Ints
    disability: Ints
    occupation: Ints
    street: Ints
    house: Ints
    phone: Ints
    has_email: Bools
    same_as: Ints
    """The person whom this one is in truth, entered under another reference; -1 for all others."""
    spelt: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Forename and surname of those that are not spelt as they were drawn."""

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.born)

    def extended(self, more: People) -> Ints:
        """Take more people in, and give their numbers."""
        first = self.size
        for name in _COLUMNS:
            setattr(self, name, np.concatenate([getattr(self, name), getattr(more, name)]))
        return np.arange(first, self.size)

    def copied(self, whom: Ints) -> Ints:
        """Enter people once more, as others; give the new numbers."""
        more = People(**{name: getattr(self, name)[whom] for name in _COLUMNS})
        more.same_as = np.where(self.same_as[whom] >= 0, self.same_as[whom], whom)
        return self.extended(more)

    def ages(self, who: Ints, at: Ints) -> Ints:
        """Whole years of age at a minute of the clock."""
        return ((at // DAY - self.born[who]) / 365.2425).astype(np.int64)

    def forenames(self, who: Ints) -> pl.Series:
        """Their forenames, as they are spelt."""
        return self._spelt(self._names(who, "forename"), who, 0)

    def surnames(self, who: Ints) -> pl.Series:
        """Their surnames, as they are spelt."""
        return self._spelt(self._names(who, "surname"), who, 1)

    def _names(self, who: Ints, which: str) -> pl.Series:
        every, starts = _every_name()
        index = getattr(self, which)[who]
        offset = np.where(
            which == "surname", starts["surname"][self.group[who]],
            np.where(self.is_male[who], starts["male"][self.group[who]], starts["female"][self.group[who]]),
        )  # fmt: skip
        return every.gather(index + offset)

    def _spelt(self, names: pl.Series, who: Ints, which: int) -> pl.Series:
        if not self.spelt:
            return names
        known = np.fromiter(self.spelt, dtype=np.int64)
        at = np.flatnonzero(np.isin(who, known))
        return names.scatter(at, [self.spelt[int(p)][which] for p in who[at]]) if len(at) else names


_COLUMNS = (
    "group", "forename", "surname", "is_male", "born", "ethnicity", "disability", "occupation", "street", "house", "phone",
    "has_email", "same_as",
)  # fmt: skip


def _every_name() -> tuple[pl.Series, dict[str, Ints]]:
    """All names in one series, and where each group's of each sort begin."""
    names: list[str] = []
    starts: dict[str, list[int]] = {"surname": [], "male": [], "female": []}
    for group in name_groups():
        for sort, held in (("surname", group.surnames), ("male", group.male), ("female", group.female)):
            starts[sort].append(len(names))
            names += held
    return pl.Series(names, dtype=pl.String), {sort: np.array(at) for sort, at in starts.items()}


@dataclass
class Firms:
    """Organisations that were victims, by number from FIRM on: where they are, and of which kind of place."""

    street: Ints
    house: Ints
    place: Ints

    def names(self, who: Ints) -> pl.Series:
        """Their names."""
        kinds = place_names()
        at = who - FIRM
        return pl.Series(
            [firm_name(kinds[p], int(n)) for p, n in zip(self.place[at], self.street[at] * 3 + self.house[at] % 3, strict=True)],
            dtype=pl.String,
        )  # fmt: skip


@dataclass
class Parts:
    """The parts that people have in crimes: arrays of one length."""

    crime: Ints
    person: Ints
    role: Ints
    number: Ints
    """Which of the crime's victims; 0 for others."""
    for_person: Ints
    """For whom a parent, relative or spokesperson speaks; -1 for others."""
    known: Ints
    """When the part was entered, a minute of the clock."""

    def of(self, *roles: int) -> Parts:
        """The parts of some roles."""
        return self.at(np.flatnonzero(np.isin(self.role, roles)))

    def at(self, which: Ints) -> Parts:
        """Some of the parts."""
        return Parts(*(getattr(self, name)[which] for name in _PARTS))


_PARTS = ("crime", "person", "role", "number", "for_person", "known")


@dataclass
class Cast:
    """Who is in which crime, with what is true of the crimes for it."""

    people: People
    firms: Firms
    parts: Parts
    victim: Ints
    """Each crime's first victim: a person, an organisation, or -1."""
    is_domestic: Bools
    is_hate: Bools
    is_shop_worker: Bools
    """Whether in truth a shop worker was assaulted at work."""
    is_known_by_trade: Bools
    """Whether the assaulted shop worker's occupation was recorded."""
    recruited: Ints
    """People who were recruited to offend by others."""


def drawn_cast(crimes: Crimes, pairs: NearRepeats, series: Sequence[Series], scenario: Scenario) -> Cast:
    """Everyone in the crimes, which must stand in the order in which they were recorded. Homes may move crimes."""
    rng = scenario.chance("people")
    kinds, places = crimes.kind, place_names()
    is_dwelling = crimes.place == places.index("dwelling")
    is_domestic = is_dwelling & _by_kind(kinds, _DOMESTIC, rng)
    is_hate = ~is_domestic & _by_kind(kinds, _HATE, rng)
    kind_of_victim = np.zeros(crimes.size, dtype=np.int64)
    for number, habit in enumerate(habits()):
        own = np.flatnonzero(kinds == number)
        kind_of_victim[own] = chosen(habit.victim, len(own), rng)
    violent = crimes.of("violence_injury", "violence_other", "public_order")
    at_shop = np.isin(crimes.place, [places.index("shop"), places.index("petrol_station")])
    is_shop_worker = violent & at_shop & (kind_of_victim == 0) & (rng.random(crimes.size) < 0.62)
    people = _nobody()
    victim = np.full(crimes.size, -1, dtype=np.int64)
    persons = np.flatnonzero(kind_of_victim == 0)
    victim[persons] = _victims(crimes, persons, is_domestic, is_shop_worker, pairs, people, rng)
    firms, firm_of = _firms(crimes, np.flatnonzero(kind_of_victim == 1), rng)
    victim[kind_of_victim == 1] = firm_of
    parts = [_victim_parts(crimes, victim)]
    parts += _speakers(crimes, victim, people, rng)
    suspects, recruited = _suspects(crimes, victim, is_domestic, series, people, rng)
    parts.append(suspects)
    parts.append(_witnesses(crimes, people, rng))
    every = Parts(*(np.concatenate([getattr(p, name) for p in parts]) for name in _PARTS))
    every.person = _entered_twice(every, people, rng)
    victim = victim.copy()
    first = every.role <= ORGANISATION
    victim[every.crime[first]] = every.person[first]
    known_by_trade = is_shop_worker & (rng.random(crimes.size) < 0.55)
    return Cast(
        people, firms, every.at(np.lexsort((every.role, every.crime))), victim, is_domestic, is_hate, is_shop_worker,
        known_by_trade, recruited,
    )  # fmt: skip


def drawn_people(
    age: npt.NDArray[np.float64], at: Ints, street: Ints, house: Ints, is_male: Bools, rng: np.random.Generator
) -> People:
    """New people of these ages at these times, who live there."""
    n = len(age)
    groups = name_groups()
    group = chosen([g.share for g in groups], n, rng)
    forename, surname, ethnicity = (np.zeros(n, dtype=np.int64) for _ in range(3))
    offset = np.cumsum([0, *(len(g.ethnicities) for g in groups)])
    for number, one in enumerate(groups):
        own = np.flatnonzero(group == number)
        surname[own] = chosen(commonness(len(one.surnames)), len(own), rng)
        men, women = own[is_male[own]], own[~is_male[own]]
        forename[men] = chosen(commonness(len(one.male)), len(men), rng)
        forename[women] = chosen(commonness(len(one.female)), len(women), rng)
        ethnicity[own] = offset[number] + chosen(one.ethnicity_weights, len(own), rng)
    occupation = chosen([0, 0, 8, 9, 6, 5, 5, 5, 8, 6, 16, 4, 3, 6, 5, 2, 0, 0], n, rng)
    occupation = np.where(age >= 66, 0, np.where(age < 18, 1, occupation))
    return People(
        group=group, forename=forename, surname=surname, is_male=is_male,
        born=(at // DAY - age * 365.2425 - rng.random(n) * 0.01).astype(np.int64), ethnicity=ethnicity,
        disability=np.where(rng.random(n) < 0.84, 0, rng.integers(1, len(DISABILITIES), n)), occupation=occupation,
        street=street, house=house, phone=np.where(rng.random(n) < 0.82, rng.integers(0, 19_000, n), -1),
        has_email=rng.random(n) < 0.55, same_as=np.full(n, -1, dtype=np.int64),
    )  # fmt: skip


def ethnicity_codes() -> tuple[str, ...]:
    """Every code of self-defined ethnicity, in the order of the people's indices."""
    return tuple(code for group in name_groups() for code in group.ethnicities)


def _nobody() -> People:
    none = np.empty(0, dtype=np.int64)
    no = np.empty(0, dtype=bool)
    return People(none, none, none, no, none, none, none, none, none, none, none, no, none)


def _by_kind(kinds: Ints, shares: dict[str, float], rng: np.random.Generator) -> Bools:
    share = np.array([shares.get(h.name, 0.0) for h in habits()])
    return np.asarray(rng.random(len(kinds)) < share[kinds])


def _homes(n: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Streets and houses to live in, as residents lie."""
    return streets_in(chosen(land().residents, n, rng), rng)


def _victims(
    crimes: Crimes, persons: Ints, is_domestic: Bools, is_shop_worker: Bools, pairs: NearRepeats, people: People,
    rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """The person each of these crimes was done to: some for the second and third time."""
    same = _again(crimes, persons, is_domestic, is_shop_worker, pairs, rng)
    new = np.flatnonzero(same == np.arange(len(persons)))
    at = persons[new]
    street, house = _homes(len(new), rng)
    is_home = np.isin(crimes.place[at], [place_names().index("dwelling"), place_names().index("driveway")])
    at_home = (is_home & (rng.random(len(new)) < 0.88)) | crimes.of("burglary_home")[at]
    street = np.where(at_home, crimes.street[at], street)
    house = np.where(at_home, crimes.house[at], house)
    age = _ages_of_victims(crimes, at, rng)
    is_male = _sex_of_victims(crimes, at, is_domestic, rng)
    numbers = people.extended(drawn_people(age, crimes.reported[at], street, house, is_male, rng))
    codes = np.array(volumes()[0])[crimes.code[at]]
    people.occupation[numbers[np.isin(codes, ["8S", "104"])]] = OCCUPATIONS.index("police officer")
    people.occupation[numbers[codes == "8T"]] = OCCUPATIONS.index("paramedic")
    people.occupation[numbers[is_shop_worker[at]]] = OCCUPATIONS.index("shop worker")
    found = np.zeros(len(persons), dtype=np.int64)
    found[new] = numbers
    found = found[same]
    # Those who are victims at home a second time are so at their own home.
    again = np.flatnonzero((same != np.arange(len(persons))) & is_domestic[persons])
    crimes.street[persons[again]], crimes.house[persons[again]] = (
        people.street[found[again]],
        people.house[found[again]],
    )
    return found


def _again(
    crimes: Crimes,
    persons: Ints,
    is_domestic: Bools,
    is_shop_worker: Bools,
    pairs: NearRepeats,
    rng: np.random.Generator,
) -> Ints:
    """For each crime with a person for a victim, the first crime (an index of `persons`) of the same victim."""
    n = len(persons)
    same = np.arange(n)
    council = land().council[land().streets.area[crimes.street[persons]]]
    share = np.where(is_domestic[persons], 0.4, 0.06)
    grown = ~np.isin(np.array(volumes()[0])[crimes.code[persons]], (*_CHILD_CODES, *_HOMICIDE, "8S", "104", "8T"))
    can = grown & ~crimes.of("burglary_home")[persons] & ~is_shop_worker[persons]
    for area in range(int(council.max(initial=-1)) + 1):
        for domestic in (False, True):
            own = np.flatnonzero((council == area) & (is_domestic[persons] == domestic) & can)
            if len(own) < 3:
                continue
            again = np.flatnonzero(rng.random(len(own)) < share[own])
            back = again - rng.integers(1, np.maximum(len(own) // 30, 3), len(again))
            same[own[again[back >= 0]]] = own[back[back >= 0]]
    position = np.full(crimes.size, -1)
    position[persons] = np.arange(n)
    house = pairs.how == SAME_HOUSE
    later, earlier = position[pairs.follower[house]], position[pairs.origin[house]]
    fits = (later >= 0) & (earlier >= 0) & (later > earlier)
    same[later[fits]] = earlier[fits]
    while True:
        further = same[same]
        if (further == same).all():
            return same
        same = further


def _ages_of_victims(crimes: Crimes, at: Ints, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    n = len(at)
    grown = 18 + 67 * rng.beta(1.25, 2.0, n)
    young = 11 + 13 * rng.beta(1.6, 1.8, n)
    old = 30 + 60 * rng.beta(1.6, 1.7, n)
    share_young = np.zeros(len(habits()))
    for name, share in {
        "robbery": 0.46,
        "sexual": 0.42,
        "violence_injury": 0.2,
        "violence_other": 0.16,
        "harassment": 0.13,
        "bicycle": 0.2,
        "theft_person": 0.12,
    }.items():
        share_young[habit_number(name)] = share
    kinds = crimes.kind[at]
    age = np.where(rng.random(n) < share_young[kinds], young, grown)
    age = np.where(crimes.of("burglary_home", "vehicle_of", "vehicle_from")[at] & (rng.random(n) < 0.6), old, age)
    child = np.isin(np.array(volumes()[0])[crimes.code[at]], _CHILD_CODES)
    return np.where(child, 3 + 12.5 * rng.beta(2, 1.4, n), age)


def _sex_of_victims(crimes: Crimes, at: Ints, is_domestic: Bools, rng: np.random.Generator) -> Bools:
    codes = np.array(volumes()[0])[crimes.code[at]]
    share = np.where(is_domestic[at], 0.27, np.where(crimes.of("sexual")[at], 0.15, 0.54))
    share = np.where(crimes.of("robbery")[at], 0.72, share)
    is_male = rng.random(len(at)) < share
    is_male = np.where(np.isin(codes, _FEMALE_CODES), False, is_male)
    return np.where(np.isin(codes, _MALE_CODES), True, is_male)


def _firms(crimes: Crimes, at: Ints, rng: np.random.Generator) -> tuple[Firms, Ints]:
    """Organisations, two or three to a street of a kind of place; their crimes are moved to their door."""
    street, place = crimes.street[at], crimes.place[at]
    slot = chosen([6, 3, 1], len(at), rng)
    key = (street * 100 + place) * 3 + slot
    _, first, back = np.unique(key, return_index=True, return_inverse=True)
    houses = land().streets.houses[street[first]]
    house = (street[first] * 7919 + slot[first] * 31) % houses
    crimes.house[at] = house[back]
    return Firms(street[first], house, place[first]), FIRM + back


def _victim_parts(crimes: Crimes, victim: Ints) -> Parts:
    at = np.flatnonzero(victim >= 0)
    who = victim[at]
    return Parts(
        crime=at, person=who, role=np.where(who >= FIRM, ORGANISATION, VICTIM), number=np.ones(len(at), dtype=np.int64),
        for_person=np.full(len(at), -1), known=crimes.recorded[at],
    )  # fmt: skip


def _speakers(crimes: Crimes, victim: Ints, people: People, rng: np.random.Generator) -> list[Parts]:
    """Parents of children, relatives of those who died, and those who speak for a family."""
    at = np.flatnonzero((victim >= 0) & (victim < FIRM))
    age = people.ages(victim[at], crimes.reported[at])
    dead = np.isin(np.array(volumes()[0])[crimes.code[at]], _HOMICIDE)
    parts = []
    for mask, role, share, gap in (
        ((age < 18) & ~dead, PARENT, 0.72, 28.0), (dead, BEREAVED, 0.9, 4.0), (dead, SPOKESPERSON, 0.3, 2.0)
    ):  # fmt: skip
        own = at[mask & (rng.random(len(at)) < share)]
        who = victim[own]
        older = np.maximum(people.ages(who, crimes.reported[own]), 0) + gap + rng.normal(0, 4, len(own))
        related = drawn_people(
            np.maximum(older, 19.0),
            crimes.reported[own],
            people.street[who],
            people.house[who],
            rng.random(len(own)) < 0.3,
            rng,
        )
        related.group, related.surname = people.group[who], people.surname[who]
        _within_group(related, rng)
        numbers = people.extended(related)
        parts.append(_parts(own, numbers, role, who, crimes.recorded[own] + 30))
    return parts


def _within_group(people: People, rng: np.random.Generator) -> None:
    """Forenames and ethnicities drawn anew for people whose group was set."""
    offset = 0
    for number, group in enumerate(name_groups()):
        own = np.flatnonzero(people.group == number)
        sizes = np.where(people.is_male[own], len(group.male), len(group.female))
        people.forename[own] = (rng.random(len(own)) ** 1.8 * sizes).astype(np.int64)
        people.ethnicity[own] = offset + chosen(group.ethnicity_weights, len(own), rng)
        offset += len(group.ethnicities)


def _parts(crime: Ints, person: Ints, role: int, for_person: Ints | None, known: Ints) -> Parts:
    n = len(crime)
    return Parts(
        crime=crime, person=person, role=np.full(n, role), number=np.zeros(n, dtype=np.int64),
        for_person=np.full(n, -1) if for_person is None else for_person, known=known,
    )  # fmt: skip


def _suspects(
    crimes: Crimes, victim: Ints, is_domestic: Bools, series: Sequence[Series], people: People, rng: np.random.Generator
) -> tuple[Parts, Ints]:
    """Who is suspected of which crime: offenders of series first, then partners, then the town's."""
    crime, person = [], []
    recruited = []
    for one, (drawn, sent) in zip(series, _offenders_of(series, crimes, people, rng), strict=True):
        recruited.append(sent)
        one.people = [*drawn.tolist(), *sent.tolist()]
        if not one.is_solved:
            continue
        for at, who in _named_in(one, drawn, sent, rng):
            crime.append(at)
            person.append(who)
    used = np.zeros(crimes.size, dtype=bool)
    used[[int(c) for one in series for c in one.crimes]] = True
    share = np.array([h.suspect for h in habits()])
    named = ~used & (rng.random(crimes.size) < np.where(is_domestic, 0.97, share[crimes.kind]))
    partners = np.flatnonzero(named & is_domestic & (victim >= 0) & (victim < FIRM))
    crime.append(partners)
    person.append(_partners(crimes, partners, victim, people, rng))
    others = np.flatnonzero(named & ~is_domestic)
    several = np.concatenate([others, others[rng.random(len(others)) < 0.13], others[rng.random(len(others)) < 0.03]])
    crime.append(several)
    person.append(_townspeople(crimes, several, people, rng))
    at, who = np.concatenate(crime).astype(np.int64), np.concatenate(person).astype(np.int64)
    _, first = np.unique(at * 100_000_000 + who, return_index=True)  # nobody is a suspect of a crime twice
    at, who = at[np.sort(first)], who[np.sort(first)]
    known = crimes.recorded[at] + (DAY * 2.5 * rng.lognormal(0, 1.3, len(at))).astype(np.int64) + 20
    return _parts(at, who, SUSPECT, None, known), np.concatenate(recruited) if recruited else np.empty(
        0, dtype=np.int64
    )


def _offenders_of(
    series: Sequence[Series], crimes: Crimes, people: People, rng: np.random.Generator
) -> list[tuple[Ints, Ints]]:
    """Each series' own offenders, and the young people whom they sent; all live around its ground."""
    ages, bases, whens = [], [], []
    for one in series:
        older = rng.uniform(27, 44, one.offenders) if one.recruits else rng.uniform(17, 42, one.offenders)
        age = np.concatenate([older, rng.uniform(14.2, 19.5, one.recruits)])
        ages.append(age)
        bases.append(rng.choice(one.crimes, len(age)))
        whens.append(np.full(len(age), crimes.occurred[one.crimes].min()))
    base = np.concatenate(bases).astype(np.int64)
    drawn = drawn_people(
        np.concatenate(ages), np.concatenate(whens), crimes.street[base], np.zeros(len(base), dtype=np.int64),
        rng.random(len(base)) < 0.93, rng,
    )  # fmt: skip
    numbers = np.split(people.extended(drawn), np.cumsum([len(a) for a in ages])[:-1])
    return [(n[: one.offenders], n[one.offenders :]) for n, one in zip(numbers, series, strict=True)]


def _named_in(one: Series, drawn: Ints, sent: Ints, rng: np.random.Generator) -> list[tuple[Ints, Ints]]:
    """Pairs of crimes and those named in them, as arrays."""
    found = []
    for number, at in enumerate(one.crimes):
        if one.recruits:
            # Each young person in a few crimes one after another; the recruiter seldom seen beside them.
            young = sent[number * len(sent) // len(one.crimes)]
            who = [young]
            if rng.random() < 0.45 and len(sent) > 1:
                who.append(rng.choice(sent[sent != young]))
            if rng.random() < 0.28:
                who.append(drawn[0])
        else:
            who = [p for p in drawn if rng.random() < 0.85] if rng.random() < 0.86 else []
        found.append((np.full(len(who), at), np.array(who, dtype=np.int64)))
    return found


def _partners(crimes: Crimes, at: Ints, victim: Ints, people: People, rng: np.random.Generator) -> Ints:
    """The partner or relative of each victim: one and the same person each time."""
    who, first, back = np.unique(victim[at], return_index=True, return_inverse=True)
    age = np.maximum(people.ages(who, crimes.reported[at[first]]) + rng.normal(1, 7, len(who)), 16.0)
    elsewhere, house = _homes(len(who), rng)
    together = rng.random(len(who)) < 0.5
    street = np.where(together, people.street[who], elsewhere)
    is_male = np.where(rng.random(len(who)) < 0.88, ~people.is_male[who], people.is_male[who])
    drawn = drawn_people(
        age, crimes.reported[at[first]], street, np.where(together, people.house[who], house), is_male, rng
    )
    return people.extended(drawn)[back]


def _townspeople(crimes: Crimes, at: Ints, people: People, rng: np.random.Generator) -> Ints:
    """Offenders of the town: few of them in many crimes, most in one, near where they live."""
    council = land().council[land().streets.area[crimes.street[at]]]
    found = np.zeros(len(at), dtype=np.int64)
    for area in range(len(land().councils)):
        own = np.flatnonzero(council == area)
        if not len(own):
            continue
        n = max(int(len(own) * 0.52), 1)
        share = land().residents * (land().council == area)
        street, house = streets_in(chosen(share, n, rng), rng)
        age = 12 + 45 * rng.beta(1.15, 2.3, n)
        when = np.full(n, int(crimes.occurred[at[own]].mean()))
        numbers = people.extended(drawn_people(age, when, street, house, rng.random(n) < 0.79, rng))
        active = rng.lognormal(0, 1.2, n)
        picked = chosen(active, len(own), rng)
        found[own] = numbers[picked]
    return found


def _witnesses(crimes: Crimes, people: People, rng: np.random.Generator) -> Parts:
    at = np.flatnonzero(
        crimes.of("violence_injury", "robbery", "sexual", "public_order", "weapons") & (rng.random(crimes.size) < 0.1)
    )
    street, house = _homes(len(at), rng)
    age = 16 + 60 * rng.beta(1.2, 1.8, len(at))
    numbers = people.extended(drawn_people(age, crimes.reported[at], street, house, rng.random(len(at)) < 0.5, rng))
    return _parts(
        at, numbers, WITNESS, None, crimes.recorded[at] + (DAY * rng.exponential(2, len(at))).astype(np.int64)
    )


def _entered_twice(parts: Parts, people: People, rng: np.random.Generator) -> Ints:
    """The person of each part, some of those met before entered anew under another reference."""
    order = np.argsort(parts.known, kind="stable")
    who = parts.person[order]
    _, first = np.unique(who, return_index=True)
    is_first = np.zeros(len(who), dtype=bool)
    is_first[first] = True
    again = np.flatnonzero(~is_first & (who < FIRM) & (rng.random(len(who)) < 0.05))
    found = who.copy()
    found[again] = people.copied(who[again])
    how = rng.random(len(again))
    changed = np.flatnonzero(how < 0.5)
    numbers = found[again][changed]
    forenames, surnames = people.forenames(numbers).to_list(), people.surnames(numbers).to_list()
    for number, forename, surname, way in zip(numbers.tolist(), forenames, surnames, how[changed], strict=True):
        people.spelt[number] = (forename, misspelt(surname, rng)) if way < 0.35 else (shortened(forename), surname)
    person = np.empty_like(found)
    person[order] = found
    return person


def misspelt(name: str, rng: np.random.Generator) -> str:
    """A name with one slip of the pen: a letter left out, doubled, or two exchanged."""
    if len(name) < 4:
        return name + "e"
    at, how = int(rng.integers(1, len(name) - 1)), int(rng.integers(0, 3))
    if how == 0:
        return name[:at] + name[at + 1 :]
    if how == 1:
        return name[:at] + name[at] + name[at:]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def shortened(name: str) -> str:
    """A forename as a friend says it."""
    return _SHORT.get(name, name[: max(3, len(name) - 3)])


_SHORT = {
    "Margaret": "Maggie", "Patricia": "Pat", "Susan": "Sue", "Joanne": "Jo", "Nicola": "Nicky", "Rebecca": "Becky",
    "Abigail": "Abbie", "Matilda": "Tilly", "Michelle": "Shell", "Christine": "Chris", "Danielle": "Dani", "Thomas": "Tom",
    "Stephen": "Steve", "Andrew": "Andy", "Kenneth": "Ken", "Raymond": "Ray", "Dennis": "Den", "Stanley": "Stan",
    "Norman": "Norm", "Jonathan": "Jon", "Philip": "Phil", "Nathan": "Nate", "Samuel": "Sam", "Tomasz": "Tom",
}  # fmt: skip


def address(street: Ints, house: Ints) -> pl.Series:
    """Addresses as they are written: number, street, ward."""
    at = land().streets
    names = pl.Series(street_names(), dtype=pl.String).gather(at.name[street])
    wards = land().small["ward24_name"].gather(at.area[street])
    return pl.select(pl.format("{} {}, {}", pl.Series(house + 1), names, wards)).to_series()


def postcode(street: Ints) -> pl.Series:
    """Postcodes that cannot be: no real one begins with XS."""
    area = land().streets.area[street]
    inward = street % 400
    letters = pl.Series(list("ABDEFGHJLNPQRSTUWXYZ"))
    return pl.select(
        pl.format(
            "XS{} {}{}{}", pl.Series(area // 25 + 1), pl.Series(area % 10),
            letters.gather(inward % 20), letters.gather(inward // 20),
        )
    ).to_series()  # fmt: skip


_NUMBERS_FOR_DRAMA = (
    "07700 900{:03d}", "0113 496 0{:03d}", "0114 496 0{:03d}", "0115 496 0{:03d}", "0116 496 0{:03d}", "0117 496 0{:03d}",
    "0118 496 0{:03d}", "0121 496 0{:03d}", "0131 496 0{:03d}", "0141 496 0{:03d}", "0151 496 0{:03d}", "0161 496 0{:03d}",
    "020 7946 0{:03d}", "0191 498 0{:03d}", "028 9649 6{:03d}", "029 2018 0{:03d}", "01632 960{:03d}", "0808 157 0{:03d}",
    "03069 990{:03d}",
)  # fmt: skip
"""Ranges that the regulator of communications keeps for drama: no subscriber has them."""


def phone(number: Ints) -> pl.Series:
    """Telephone numbers of ranges kept for drama; below nought is none."""
    every = [form.format(n) for form in _NUMBERS_FOR_DRAMA for n in range(1000)]
    found = pl.Series(every, dtype=pl.String).gather(np.maximum(number, 0))
    return found.set(pl.Series(number < 0), None)


def email(forenames: pl.Series, surnames: pl.Series, who: Ints, has: Bools) -> pl.Series:
    """Addresses of mail at domains kept for examples."""
    domains = pl.Series(["example.com", "example.org", "example.net"]).gather(who % 3)
    found = pl.select(
        pl.format(
            "{}.{}{}@{}", forenames.str.to_lowercase(), surnames.str.to_lowercase(), pl.Series(who % 90 + 10), domains
        )
    ).to_series()
    return found.set(pl.Series(~has), None)


def born_on(days_since: Ints) -> pl.Series:
    """Days since the epoch as dates."""
    epoch = (EPOCH.date() - date(1970, 1, 1)).days
    return (pl.Series(days_since) + epoch).cast(pl.Int32).cast(pl.Date)


def person_references(who: Ints) -> pl.Series:
    """The force's reference of each person or organisation."""
    plain = pl.Series(np.where(who >= FIRM, who - FIRM, who)).cast(pl.String).str.zfill(8)
    kind = pl.Series(np.where(who >= FIRM, "O", "P"))
    return pl.select(pl.concat_str([kind, plain])).to_series()
