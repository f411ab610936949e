"""The force's own records system: its twelve extracts, written as they stood when each round of files was taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.codes.offences import offence
from fourfold.demo.contacts import (
    ABOUT,
    CARE_TEAMS,
    METHODS,
    PREFERENCES,
    REASONS,
    Care,
    Contacts,
)
from fourfold.demo.crimes import CORRECTED_AFTER, STANDS, TRANSFERRED, Crimes, place_names, volumes
from fourfold.demo.extracts import EXTRACTS, LIGHT, NONE, changed_between, extract_of, light, words, written_extract
from fourfold.demo.geography import land
from fourfold.demo.investigations import (
    COURTS,
    DETAILS,
    EVENTS,
    REPLIES,
    RESULTS,
    STATUSES,
    SUBMISSION_KINDS,
    TEAMS,
    TYPES,
    Investigations,
    Outcomes,
)
from fourfold.demo.methods import FEATURES, Methods
from fourfold.demo.people import (
    DISABILITIES,
    FIRM,
    OCCUPATIONS,
    ROLES,
    SUSPECT,
    VICTIM,
    Cast,
    address,
    born_on,
    email,
    ethnicity_codes,
    person_references,
    phone,
    postcode,
)
from fourfold.demo.property import HELD_REASONS, KINDS, PROPERTY_CHANGES, VEHICLE_CHANGES, Property, Vehicles, models
from fourfold.demo.scenario import DAY, Floats, Ints, Scenario, days, instants, minute

_ORPHANS, _TWICE, _TOO_EARLY = 1009, 1511, 97
"""Every so manieth contact names a crime that is not held, or stands twice; and charge stands before its crime."""

Columns = Mapping[str, pl.Series]
Bools = npt.NDArray[np.bool_]

_REASONS = ("additional_verifiable_information", "duplicate_record", "recorded_in_error", "committed_elsewhere")
_HEAVY = ("ownership", "people", "victim_contacts", "investigation_events")
"""Extracts that come a file for each financial year; of the others all the history is one file."""
_NEIGHBOUR = ("Brinemark Police (FICTITIOUS)",)


@dataclass(frozen=True)
class FlagQuota:
    """How many crimes of some subgroups are to have the business crime flag in a window; `why` names the figure."""

    subgroups: tuple[str, ...]
    first: date
    last: date
    n: int
    why: str


@dataclass
class RecordsSystem:
    """All that the records system holds in the end. Crimes stand in the order in which they were recorded."""

    scenario: Scenario
    crimes: Crimes
    methods: Methods
    cast: Cast
    care: Care
    done: Investigations
    contacts: Contacts
    vehicles: Vehicles
    things: Property
    texts: pl.Series | None = None
    """How each crime was done, in the officer's words; None where no texts are written."""
    accounts: npt.NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))
    """Of what kind each of those accounts is."""
    flagged: FlagQuota | None = None
    said: dict[str, Ints] = field(default_factory=dict)

    @cached_property
    def refs(self) -> pl.Series:
        """The force's reference of each crime: numbered through the year in which it was recorded."""
        years = instants(self.crimes.recorded).dt.year().to_numpy()
        number = np.arange(self.crimes.size) - np.searchsorted(years, years) + 1
        parts = pl.Series(years % 100).cast(pl.String), pl.Series(number).cast(pl.String).str.zfill(7)
        return pl.select(pl.format("SX{}/{}", *parts)).to_series()

    @cached_property
    def owners(self) -> tuple[Ints, Ints, Ints]:
        """The spells of ownership by crime: where each crime's begin, and how many there are of it; and its last one."""
        own = self.done.ownership.crime
        counts = np.bincount(own, minlength=self.crimes.size)
        return np.concatenate(([0], np.cumsum(counts)[:-1])), counts, np.cumsum(counts) - 1


def written_records(system: RecordsSystem, folder: Path) -> Iterator[Path]:
    """Write every extract of the records system, round by round, as they are to be taken in."""
    plans = _plans(system)
    for number, extract in enumerate(EXTRACTS):
        yield written_extract(folder, "crimes", extract, _crimes(system, number))
        yield written_extract(folder, "crime_history", extract, _history(system, number))
        for name, when, columns in plans:
            which = np.flatnonzero(when == number)
            if len(which) and name in _HEAVY:
                yield written_extract(folder, name, extract, columns(which))
    for number, extract in enumerate(LIGHT):
        for name, when, columns in plans:
            which = np.flatnonzero(light(when) == number)
            if len(which) and name not in _HEAVY:
                yield written_extract(folder, name, extract, columns(which))


def _plans(system: RecordsSystem) -> list[tuple[str, Ints, _Columns]]:
    """Each other contract: which round each of its rows comes with, and how its columns are made."""
    done, contacts = system.done, system.contacts
    parts = system.cast.parts
    recorded = np.flatnonzero(contacts.recorded)
    outcomes = done.outcomes
    again = _corrected(outcomes)
    last = np.where(done.submissions.replied >= 0, done.submissions.replied, done.submissions.submitted)
    seen = np.maximum(np.maximum(done.parades.viewed, done.parades.requested), 0)
    told = contacts.entered[recorded]
    return [
        ("ownership", extract_of(done.ownership.since), _of(_ownership, system)),
        ("people", extract_of(parts.known), _of(_people, system)),
        ("victim_contacts", extract_of(contacts.at[recorded], told), _of(_contacts, system, recorded)),
        ("investigation_events", extract_of(done.events.entered), _of(_events, system)),
        (
            "crime_outcomes",
            np.concatenate([extract_of(outcomes.on, outcomes.entered), again]),
            _of(_outcomes, system, again),
        ),
        ("vehicles", extract_of(system.vehicles.changed), _of(_vehicles, system)),
        ("property", extract_of(system.things.changed), _of(_property, system)),
        ("wanted", extract_of(done.wanted.changed), _of(_wanted, system)),
        ("precharge_submissions", extract_of(done.submissions.submitted, last), _of(_submissions, system)),
        ("identification_parades", extract_of(done.parades.requested, seen), _of(_parades, system)),
    ]


class _Columns:
    """Columns of some rows, made when they are asked for."""

    def __init__(self, made, *given) -> None:  # type: ignore[no-untyped-def]
        self.made, self.given = made, given

    def __call__(self, which: Ints) -> Columns:
        found: Columns = self.made(*self.given, which)
        return found


_of = _Columns


def _crimes(system: RecordsSystem, number: int) -> Columns:
    """The crimes of one round: its months', those that came late, and those that changed since the round before."""
    crimes, by_then = system.crimes, EXTRACTS[number].taken
    shown_at_first = np.where(crimes.moved_from >= 0, crimes.moved_from, crimes.recorded)
    first = np.minimum(extract_of(shown_at_first) + crimes.late, len(EXTRACTS) - 1)
    corrected_at = np.where(crimes.moved_from >= 0, crimes.recorded + CORRECTED_AFTER, -1)
    times = (crimes.recoded_at, crimes.fate_at, crimes.reinstated_at, corrected_at, system.done.filed)
    at = np.flatnonzero((first == number) | ((first < number) & changed_between(times, number)))
    own = crimes.reordered(at)
    recorded = np.where(corrected_at[at] > by_then, own.moved_from, own.recorded)
    status, status_at, reason = _status(own, recorded, by_then)
    team, officer = _owned_by(system, at, by_then)
    flags = _flags(system)
    filed = system.done.filed[at]
    texts = {} if system.texts is None else {"method_text": system.texts.gather(at)}
    return {
        "crime_ref": system.refs.gather(at),
        "offence_code": words(np.where(own.recoded_at > by_then, own.first_code, own.code), volumes()[0]),
        "recorded_at": instants(recorded), "reported_at": instants(own.reported),
        "committed_from": instants(own.committed_from), "committed_to": instants(own.committed_to),
        "status": status, "status_on": days(status_at), "status_reason": reason,
        "transferred_to": words(np.where(status.to_numpy() == "transferred", 0, -1), _NEIGHBOUR),
        "easting": pl.Series(own.east), "northing": pl.Series(own.north),
        "location_type": words(flags["place"][at], place_names()), "location": address(own.street, own.house),
        **{name: yes_no(flags[name][at]) for name in ("is_business", "is_domestic", "is_hate", "is_cyber_enabled")},
        "hate_strand": words(flags["strand"][at], _STRANDS),
        **{feature: words(system.methods.at[feature][at], system.methods.words[feature]) for feature in FEATURES},
        **texts,
        "unit": words(land().streets.area[own.street], land().units),
        "team": words(team, TEAMS), "officer_ref": _officers(officer),
        "investigation_filed_on": days(np.where(filed <= by_then, filed, -1)),
    }  # fmt: skip


_STRANDS = ("race", "religion", "sexual_orientation", "disability", "transgender", "race;religion")


def _flags(system: RecordsSystem) -> dict[str, Ints]:
    """The flags of every crime as they are set: 1 yes, 0 no, -1 empty; kept, since a crime may be sent twice."""
    if system.said:
        return system.said
    rng = system.scenario.chance("flags")
    crimes, cast = system.crimes, system.cast
    n = crimes.size

    def drawn(true: Bools, yes: float, empty: float, wrong: float = 0.002) -> Ints:
        draw = rng.random(n)
        right = np.where(draw < yes, 1, np.where(draw < yes + empty, -1, 0))
        return np.where(true, right, np.where(draw < wrong, 1, np.where(draw < 0.6, 0, -1)))

    business = (cast.victim >= FIRM) | cast.is_shop_worker
    is_business = drawn(business, 0.86, 0.1)
    worker = np.flatnonzero(cast.is_shop_worker)
    is_business[worker] = np.where(rng.random(len(worker)) < 0.44, 1, np.where(rng.random(len(worker)) < 0.8, -1, 0))
    if system.flagged is not None:
        _to_flags(system, is_business, system.flagged, rng)
    place = crimes.place.copy()
    vague = cast.is_shop_worker & (rng.random(n) < 0.14)
    place[vague] = place_names().index("street")
    online = crimes.place == place_names().index("online")
    system.said = {
        "is_business": is_business, "is_domestic": drawn(cast.is_domestic, 0.94, 0.03),
        "is_hate": drawn(cast.is_hate, 0.9, 0.05),
        "is_cyber_enabled": drawn(online, 0.7, 0.2), "place": place,
        "strand": np.where(cast.is_hate, rng.choice(6, n, p=[0.66, 0.08, 0.13, 0.06, 0.03, 0.04]), -1),
    }  # fmt: skip
    return system.said


def _to_flags(system: RecordsSystem, is_business: Ints, quota: FlagQuota, rng: np.random.Generator) -> None:
    """Business crime flags taken away or set until the quota holds: set first where there is cause."""
    crimes = system.crimes
    codes = [
        at for at, code in enumerate(volumes()[0]) if (o := offence(code)) is not None and o.subgroup in quota.subgroups
    ]
    inside = (crimes.recorded >= minute(quota.first)) & (crimes.recorded < minute(quota.last) + DAY)
    own = np.isin(crimes.code, codes) & crimes.counts & inside
    held = np.flatnonzero(own & (is_business == 1))
    if len(held) > quota.n:
        is_business[rng.choice(held, len(held) - quota.n, replace=False)] = -1
        return
    could = rng.permutation(np.flatnonzero(own & (is_business != 1)))
    trade = np.isin(crimes.place[could], [place_names().index(p) for p in ("shop", "pub", "petrol_station")])
    cause = np.where(system.cast.is_shop_worker[could], 0, np.where(trade, 1, 2))
    is_business[could[np.argsort(cause, kind="stable")][: quota.n - len(held)]] = 1


def _owned_by(system: RecordsSystem, at: Ints, by_then: int) -> tuple[Ints, Ints]:
    """Team and officer of each crime when the round was taken."""
    starts, counts, last = system.owners
    spells = system.done.ownership
    found = last[at].copy()
    for _ in range(2):
        later = (found > starts[at]) & (spells.since[found] > by_then)
        found = np.where(later, found - 1, found)
    del counts
    return spells.team[found], spells.officer[found]


def _status(own: Crimes, recorded: Ints, by_then: int) -> tuple[pl.Series, Ints, pl.Series]:
    """Each crime's status as it stood, from when, and why."""
    ended = (own.fate != STANDS) & (own.fate_at >= 0) & (own.fate_at <= by_then)
    back = (own.reinstated_at >= 0) & (own.reinstated_at <= by_then)
    number = np.where(back, 3, np.where(ended, np.where(own.fate == TRANSFERRED, 2, 1), 0))
    at = np.where(back, own.reinstated_at, np.where(ended, own.fate_at, recorded))
    why = np.where(number == 0, -1, np.where(number == 2, 3, np.where(number == 3, 0, own.street % 3)))
    return words(number, ("recorded", "cancelled", "transferred", "reinstated")), at, words(why, _REASONS)


def _history(system: RecordsSystem, number: int) -> Columns:
    """Each change of a crime that was made in the months of the round."""
    crimes = system.crimes
    ended, gone = crimes.fate_at >= 0, crimes.fate == TRANSFERRED
    changes: list[tuple[Bools, Ints, int, Ints]] = [
        (np.ones(crimes.size, dtype=bool), crimes.recorded, 0, crimes.first_code),
        (crimes.recoded_at >= 0, crimes.recoded_at, 1, crimes.code),
        (ended & ~gone, crimes.fate_at, 2, crimes.code),
        (ended & gone, crimes.fate_at, 3, crimes.code),
        (crimes.reinstated_at >= 0, crimes.reinstated_at, 4, crimes.code),
    ]
    parts = []
    for mask, times, kind, codes in changes:
        own = np.flatnonzero(mask & (extract_of(times) == number))
        parts.append((own, times[own], np.full(len(own), kind), codes[own]))
    which, when, change, code = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.lexsort((which, when))
    which, when, change, code = which[order], when[order], change[order], code[order]
    return {
        "crime_ref": system.refs.gather(which), "changed_at": instants(when),
        "change": words(change, ("recorded", "reclassified", "cancelled", "transferred", "reinstated")),
        "offence_code": words(code, volumes()[0]),
        "reason": words(np.where(change < 2, -1, np.where(change == 3, 3, which % 3)), _REASONS),
        "other_force": words(np.where(change == 3, 0, -1), _NEIGHBOUR),
    }  # fmt: skip


def _ownership(system: RecordsSystem, which: Ints) -> Columns:
    rows = system.done.ownership.only(which)
    area = land().streets.area[system.crimes.street[rows.crime]]
    return {
        "crime_ref": system.refs.gather(rows.crime), "unit": words(area, land().units), "team": words(rows.team, TEAMS),
        "officer_ref": _officers(rows.officer), "owned_from": instants(rows.since), "owned_to": instants(rows.until),
    }  # fmt: skip


def _people(system: RecordsSystem, which: Ints) -> Columns:
    """People in their parts; what is held of victims alone stands empty for others."""
    cast, crimes = system.cast, system.crimes
    parts = cast.parts.at(which)
    is_firm = parts.person >= FIRM
    who = np.where(is_firm, 0, parts.person)
    firms = np.flatnonzero(is_firm)
    names = pl.Series([None] * len(which), dtype=pl.String)
    if len(firms):
        names = names.scatter(firms, cast.firms.names(parts.person[firms]))
    draw = _steady(which, 4)
    street = np.where(is_firm, cast.firms.street[np.where(is_firm, parts.person - FIRM, 0)], cast.people.street[who])
    house = np.where(is_firm, cast.firms.house[np.where(is_firm, parts.person - FIRM, 0)], cast.people.house[who])
    person = pl.Series(~is_firm)

    def of_people(column: pl.Series) -> pl.Series:
        return column.set(~person, None)

    people, age = cast.people, cast.people.ages(who, crimes.reported[parts.crime])
    fore, sur = people.forenames(who), people.surnames(who)
    occupation = np.where(draw[0] < 0.34, people.occupation[who], -1)
    worker = cast.is_shop_worker[parts.crime] & (parts.role == VICTIM)
    told = np.where(cast.is_known_by_trade[parts.crime], OCCUPATIONS.index("shop worker"), -1)
    occupation = np.where(worker, told, occupation)
    recruited = np.isin(who, cast.recruited) & (parts.role == SUSPECT)
    concern = np.where(
        parts.role == SUSPECT, np.where(recruited & (draw[1] < 0.4), 1, np.where(draw[1] < 0.7, 0, -1)), -1
    )
    return {
        "crime_ref": system.refs.gather(parts.crime), "person_ref": person_references(parts.person),
        "role": words(parts.role, ROLES), "victim_number": pl.Series(parts.number).set(pl.Series(parts.number == 0), None),
        "is_organisation": yes_no(is_firm.astype(np.int64)), "organisation_name": names,
        "has_named_contact": yes_no(np.where(is_firm, np.where(draw[1] < 0.6, 1, np.where(draw[1] < 0.76, 0, -1)), -1)),
        "forename": of_people(fore), "surname": of_people(sur),
        "born_on": of_people(born_on(people.born[who]).set(pl.Series(draw[2] < 0.05), None)),
        "age_at_report": of_people(pl.Series(np.clip(age, 0, 110)).set(pl.Series(draw[3] < 0.06), None)),
        "sex": of_people(words(people.is_male[who].astype(np.int64), ("Female", "Male"))),
        "self_defined_ethnicity": of_people(words(np.where(draw[0] < 0.66, people.ethnicity[who], -1), ethnicity_codes())),
        "disability": of_people(words(np.where(draw[3] < 0.5, people.disability[who], -1), DISABILITIES)),
        "occupation": of_people(words(occupation, OCCUPATIONS)),
        **_care_columns(system, which),
        "is_exploitation_concern": yes_no(concern),
        "address": address(street, house).set(pl.Series(draw[2] > 0.97), None),
        "postcode": postcode(street).set(pl.Series(draw[2] > 0.94), None),
        "phone": of_people(phone(people.phone[who])), "email": of_people(email(fore, sur, who, people.has_email[who])),
        "for_person_ref": person_references(np.maximum(parts.for_person, 0)).set(pl.Series(parts.for_person < 0), None),
    }  # fmt: skip


def _care_columns(system: RecordsSystem, which: Ints) -> Columns:
    """What is recorded of the victims' needs and wishes."""
    care = system.care
    row = np.full(len(system.cast.parts.crime), -1, dtype=np.int64)
    row[np.flatnonzero(np.isin(system.cast.parts.role, (0, 1)))] = np.arange(len(care.part))
    at = row[which]

    def of(values: Ints) -> Ints:
        return np.where(at >= 0, values[np.maximum(at, 0)], -1)

    names = [""] * 32
    for bits in range(32):
        names[bits] = ";".join(word for bit, word in REASONS.items() if bits & bit)
    why = np.where((of(care.enhanced) == 1) & (of(care.reasons) > 0), of(care.reasons), -1)
    frequency = of(care.frequency)
    return {
        "is_vulnerable": yes_no(of(care.vulnerable)), "is_intimidated": yes_no(of(care.intimidated)),
        "is_enhanced": yes_no(of(care.enhanced)), "enhanced_reason": words(why, names),
        "contact_preference": words(of(care.preference), PREFERENCES),
        "contact_frequency_days": pl.Series(frequency).set(pl.Series(frequency < 0), None),
        "is_opted_out": yes_no(of(care.opted_out)),
    }  # fmt: skip


def _contacts(system: RecordsSystem, recorded: Ints, which: Ints) -> Columns:
    number = recorded[which]
    number = np.sort(np.concatenate([number, number[number % _TWICE == 11]]))
    rows = system.contacts.only(number)
    return {
        "contact_ref": contact_references(number), "crime_ref": _or_orphan(system.refs.gather(rows.crime), number),
        "person_ref": person_references(rows.person), "contacted_at": instants(rows.at),
        "direction": words(np.where(_steady(number, 1)[0] < 0.95, 0, 1), ("to_victim", "from_victim")),
        "method": words(rows.method, METHODS), "about": words(rows.about, ABOUT), "is_successful": yes_no(rows.successful),
        "is_declined": yes_no(rows.declined), "team": words(rows.team, CARE_TEAMS), "officer_ref": _officers(rows.officer),
    }  # fmt: skip


def contact_references(number: Ints) -> pl.Series:
    """The force's reference of each contact."""
    return _numbered("VC", number)


def _or_orphan(refs: pl.Series, number: Ints) -> pl.Series:
    """References of crimes, some of them of crimes that there are not."""
    none = pl.select(pl.format("SX22/9{}", pl.Series(number % 1_000_000).cast(pl.String).str.zfill(6))).to_series()
    return refs.zip_with(pl.Series(number % _ORPHANS != 7), none)


def discrepancies(system: RecordsSystem) -> pl.DataFrame:
    """What is planted in the extracts that contradicts itself: which contract, which reference, and what is wrong."""
    recorded = np.flatnonzero(system.contacts.recorded)
    recorded = recorded[extract_of(system.contacts.at[recorded], system.contacts.entered[recorded]) < NONE]
    early = np.flatnonzero(_is_too_early(system) & (extract_of(system.done.events.entered) < NONE))
    parts = [
        ("victim_contacts", contact_references(recorded[recorded % _ORPHANS == 7]), "names a crime that is not held"),
        ("victim_contacts", contact_references(recorded[recorded % _TWICE == 11]), "stands twice in its file"),
        ("investigation_events", _numbered("EV", early), "charged before the crime was recorded"),
    ]
    return pl.concat(
        [
            pl.DataFrame({"contract": [name] * len(refs), "reference": refs, "what": [what] * len(refs)})
            for name, refs, what in parts
        ]
    )


def _is_too_early(system: RecordsSystem) -> Bools:
    events = system.done.events
    return np.asarray((events.kind == EVENTS.index("charge")) & (np.arange(len(events.kind)) % _TOO_EARLY == 5))


def _events(system: RecordsSystem, which: Ints) -> Columns:
    rows = system.done.events.only(which)
    before = system.crimes.recorded[rows.crime] - 2 * DAY
    rows.happened = np.where(_is_too_early(system)[which], before, rows.happened)
    return {
        "event_ref": _numbered("EV", which), "crime_ref": system.refs.gather(rows.crime), "person_ref": _persons(rows.person),
        "kind": words(rows.kind, EVENTS), "happened_at": instants(rows.happened), "recorded_at": instants(rows.entered),
        "detail": words(rows.detail, DETAILS), "court": words(rows.court, COURTS),
    }  # fmt: skip


def _corrected(outcomes: Outcomes) -> Ints:
    """The round in which each outcome comes again, put right; NONE for most."""
    last_two = len(EXTRACTS) - 2 + outcomes.crime % 2
    later = np.maximum(extract_of(outcomes.on, outcomes.entered) + 1, last_two)
    return np.where((outcomes.first_type != outcomes.type) & (later < NONE), later, NONE)


def _outcomes(system: RecordsSystem, again: Ints, which: Ints) -> Columns:
    """Outcomes as first entered; those numbered from as many on as there are, as corrected."""
    many = len(again)
    number = which % many
    rows = system.done.outcomes.only(number)
    at_first = (which < many) & (again[number] < NONE)
    return {
        "outcome_ref": _numbered("OC", number), "crime_ref": system.refs.gather(rows.crime),
        "outcome_type": words(np.where(at_first, rows.first_type, rows.type), TYPES), "outcome_on": days(rows.on),
        "recorded_at": instants(rows.entered), "person_ref": _persons(rows.person),
        "is_tic": yes_no((rows.type == TYPES.index("4")).astype(np.int64)),
    }  # fmt: skip


def _vehicles(system: RecordsSystem, which: Ints) -> Columns:
    rows = system.vehicles.only(which)
    keyless = np.array([m[2] for m in models()]).astype(np.int64)
    known = _steady(rows.vehicle, 1)[0] < 0.9
    return {
        "vehicle_ref": _numbered("VH", rows.vehicle), "crime_ref": system.refs.gather(rows.crime),
        "make": words(rows.model, [m[0] for m in models()]), "model": words(rows.model, [m[1] for m in models()]),
        "year": pl.Series(rows.year), "is_keyless": yes_no(np.where(known, keyless[rows.model], -1)),
        "plate_hash": hashes(rows.plate, "plate", system.scenario.seed), "change": words(rows.change, VEHICLE_CHANGES),
        "changed_at": instants(rows.changed), "easting": _or_none(rows.east), "northing": _or_none(rows.north),
    }  # fmt: skip


def _property(system: RecordsSystem, which: Ints) -> Columns:
    rows = system.things.only(which)
    return {
        "property_ref": _numbered("PR", rows.thing), "crime_ref": system.refs.gather(rows.crime),
        "kind": words(rows.kind, KINDS), "serial_hash": hashes(rows.serial, "serial", system.scenario.seed),
        "value_pence": _or_none(rows.value), "change": words(rows.change, PROPERTY_CHANGES),
        "changed_at": instants(rows.changed), "held_reason": words(rows.reason, HELD_REASONS),
        "for_person_ref": _persons(rows.owner), "easting": _or_none(rows.east), "northing": _or_none(rows.north),
    }  # fmt: skip


def _wanted(system: RecordsSystem, which: Ints) -> Columns:
    rows = system.done.wanted.only(which)
    return {
        "wanted_ref": _numbered("WM", rows.circulation), "person_ref": _persons(rows.person),
        "crime_ref": system.refs.gather(rows.crime), "status": words(rows.status, STATUSES),
        "changed_at": instants(rows.changed), "circulation_ref": _numbered("CIR", rows.circulation),
    }  # fmt: skip


def _submissions(system: RecordsSystem, which: Ints) -> Columns:
    rows = system.done.submissions.only(which)
    return {
        "submission_ref": _numbered("SUB", which), "crime_ref": system.refs.gather(rows.crime),
        "person_ref": _persons(rows.person), "submitted_at": instants(rows.submitted),
        "kind": words(rows.kind, SUBMISSION_KINDS), "reply": words(rows.reply, REPLIES), "replied_at": instants(rows.replied),
    }  # fmt: skip


def _parades(system: RecordsSystem, which: Ints) -> Columns:
    rows = system.done.parades.only(which)
    return {
        "parade_ref": _numbered("IDP", which), "crime_ref": system.refs.gather(rows.crime), "person_ref": _persons(rows.person),
        "suspect_identified_at": instants(rows.identified), "requested_at": instants(rows.requested),
        "viewed_at": instants(rows.viewed), "result": words(rows.result, RESULTS),
    }  # fmt: skip


def yes_no(values: Ints) -> pl.Series:
    """1 as true, 0 as false, -1 as nothing."""
    return pl.Series(values == 1).set(pl.Series(values < 0), None)


def hashes(numbers: Ints, what: str, seed: int) -> pl.Series:
    """Hexadecimal such as a keyed hash would give, of nothing; the same number, the same hash; below nought is none."""
    state = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(sum(what.encode()) * 1_000_003 + seed)
    halves = []
    for turn in (30, 27):
        state = (state ^ (state >> np.uint64(turn))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(31))) * np.uint64(0x94D049BB133111EB)
        halves.append(state.copy())
    text = [
        None if n < 0 else f"{a:016x}{b:016x}"
        for n, a, b in zip(numbers.tolist(), *(h.tolist() for h in halves), strict=True)
    ]
    return pl.Series(text, dtype=pl.String)


def _steady(numbers: Ints, n: int) -> Floats:
    """So many draws between 0 and 1 for each number, the same whenever they are asked for."""
    state = numbers.astype(np.uint64)[None, :] + (np.arange(n, dtype=np.uint64)[:, None] + np.uint64(1)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((state >> np.uint64(11)) / float(1 << 53))


def _persons(who: Ints) -> pl.Series:
    return person_references(np.maximum(who, 0)).set(pl.Series(who < 0), None)


def _numbered(prefix: str, numbers: Ints) -> pl.Series:
    return pl.select(pl.format(prefix + "{}", pl.Series(numbers + 1).cast(pl.String).str.zfill(8))).to_series()


def _officers(numbers: Ints) -> pl.Series:
    return pl.select(pl.format("OFF{}", pl.Series(numbers + 1).cast(pl.String).str.zfill(5))).to_series()


def _or_none(values: Ints) -> pl.Series:
    return pl.Series(values).set(pl.Series(values < 0), None)
