"""Contacts with victims: what each was owed, what was in truth done, and what of it was recorded.

Four things happen, and the truth keeps them apart: done and recorded, done and not recorded, recorded and not done, and
neither. The product sees only what was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fourfold.demo.crimes import LAST_KNOWN, Crimes, volumes
from fourfold.demo.investigations import EVENTS, TEAMS, Investigations, Table
from fourfold.demo.people import FIRM, ORGANISATION, SERIOUS_CODES, VICTIM, Cast, Parts
from fourfold.demo.scenario import DAY, Ints, Scenario, chosen, clock

Bools = npt.NDArray[np.bool_]

ABOUT = (
    "acknowledgement;information", "acknowledgement", "needs_assessment", "support_referral", "support_details",
    "officer_in_charge;contact_plan", "officer_in_charge", "update", "no_investigation", "arrest", "interview", "release", "bail",
    "charge", "charge_altered", "out_of_court_disposal", "no_further_action", "no_further_action;review_right", "court", "verdict",
    "outcome", "personal_statement", "compensation", "property", "other",
)  # fmt: skip
METHODS = ("phone", "text_message", "email", "letter", "in_person", "portal", "other")
PREFERENCES = ("phone", "text_message", "email", "letter", "in_person", "portal", "none")
CARE_TEAMS = (*TEAMS, "Witness Care")
SERIOUS, PERSISTENT, VULNERABLE, INTIMIDATED, BEREAVED_RELATIVE = 1, 2, 4, 8, 16
REASONS = {1: "serious_crime", 2: "persistently_targeted", 4: "vulnerable", 8: "intimidated", 16: "bereaved"}

_RECORDED_BY_TEAM = np.array([0.56, 0.68, 0.62, 0.85, 0.8, 0.6, 0.7, 0.9])
"""How often each of CARE_TEAMS enters a contact that it made."""
_MADE_UP = 0.025


@dataclass
class Care(Table):
    """What is true of each victim, and what the record says of it (1 yes, 0 no, -1 not recorded)."""

    part: Ints
    reasons: Ints
    """Why the victim has enhanced rights: bits of SERIOUS and the others; 0 where none."""
    vulnerable: Ints
    intimidated: Ints
    enhanced: Ints
    opted_out: Ints
    preference: Ints
    frequency: Ints


@dataclass
class Contacts(Table):
    """What was owed and what came of it: a row for each thing owed, and for attempts that failed."""

    crime: Ints
    person: Ints
    about: Ints
    owed_from: Ints
    """When the clock began: a minute."""
    done: Ints
    """When it was in truth done; -1 where it was not."""
    recorded: Bools
    at: Ints
    """When the record says that it was done; -1 where it was not recorded."""
    entered: Ints
    method: Ints
    team: Ints
    officer: Ints
    successful: Ints
    declined: Ints


def victims_of(cast: Cast) -> Parts:
    """The victims' own parts, persons and organisations."""
    return cast.parts.of(VICTIM, ORGANISATION)


def cared_for(crimes: Crimes, cast: Cast, scenario: Scenario) -> Care:
    """Which victims have enhanced rights, and how far the record says so. `part` indexes `victims_of`."""
    rng = scenario.chance("care")
    victims = victims_of(cast)
    n = len(victims.crime)
    is_person = victims.role == VICTIM
    at = victims.crime
    codes = np.array(volumes()[0])[crimes.code[at]]
    age = np.full(n, 40)
    age[is_person] = cast.people.ages(victims.person[is_person], crimes.reported[at[is_person]])
    serious = cast.is_domestic[at] | cast.is_hate[at] | crimes.of("sexual")[at] | np.isin(codes, SERIOUS_CODES)
    persistent = _times_before(victims, crimes) >= 3
    vulnerable = (age < 18) | (rng.random(n) < np.where(age >= 75, 0.3, 0.07))
    intimidated = crimes.of("sexual")[at] | (serious & (rng.random(n) < 0.2))
    reasons = SERIOUS * serious + PERSISTENT * persistent + VULNERABLE * vulnerable + INTIMIDATED * intimidated
    reasons = np.where(is_person, reasons, 0)

    def said(true: Bools, yes: float, no: float) -> Ints:
        draw = rng.random(n)
        right = np.where(draw < yes, 1, np.where(draw < yes + no, 0, -1))
        wrong = np.where(draw < 0.01, 1, np.where(draw < 0.62, 0, -1))
        return np.where(is_person, np.where(true, right, wrong), -1)

    wants = np.where(rng.random(n) < 0.55, chosen([58, 12, 18, 4, 4, 3, 1], n, rng), -1)
    return Care(
        part=np.arange(n), reasons=reasons, vulnerable=said(vulnerable, 0.72, 0.1), intimidated=said(intimidated, 0.66, 0.12),
        enhanced=said(reasons > 0, 0.7, 0.12), opted_out=np.where(rng.random(n) < 0.04, 1, np.where(rng.random(n) < 0.5, 0, -1)),
        preference=wants, frequency=np.where(rng.random(n) < 0.3, np.array([7, 14, 28, 28, 28])[rng.integers(0, 5, n)], -1),
    )  # fmt: skip


def _times_before(victims: Parts, crimes: Crimes) -> Ints:
    """How many times each victim was one in the year before."""
    order = np.lexsort((crimes.reported[victims.crime], victims.person))
    who, at = victims.person[order], crimes.reported[victims.crime][order]
    found = np.zeros(len(order), dtype=np.int64)
    for back in range(1, 5):
        same = np.zeros(len(order), dtype=bool)
        same[back:] = (who[back:] == who[:-back]) & (at[back:] - at[:-back] < 365 * DAY)
        found += same
    times = np.empty_like(found)
    times[order] = found
    return times


@dataclass
class _Owed:
    """Takes down what is owed to victims, and draws what came of it."""

    victims: Parts
    care: Care
    team: Ints
    rng: np.random.Generator
    rows: list[tuple[npt.NDArray[Any], ...]]

    def __call__(
        self, which: Ints, about: str, since: Ints, likely: float, days: float, by: Ints | None = None, declined: float = 0.0
    ) -> None:  # fmt: skip
        """Owe these victims something from a time on: done with that likelihood, in so many days or late."""
        rng, n = self.rng, len(which)
        limit = np.where(self.care.reasons[which] > 0, min(days, 0.9), days)
        late = rng.random(n) < 0.17
        lag = np.where(late, days + 3 + rng.exponential(6, n), limit * rng.random(n) ** 0.7)
        at = clock(since + (lag * DAY).astype(np.int64) + rng.integers(5, 60, n))
        is_done = (rng.random(n) < likely) & (self.care.opted_out[which] != 1) & (at < LAST_KNOWN)
        hands = self.team[self.victims.crime[which]] if by is None else by
        is_recorded = np.where(is_done, rng.random(n) < _RECORDED_BY_TEAM[hands], rng.random(n) < _MADE_UP) & (
            at < LAST_KNOWN
        )
        written = about.startswith("acknowledgement")
        method = np.where(written, chosen([0, 34, 40, 22, 0, 4, 0], n, rng), chosen([56, 10, 12, 6, 13, 2, 1], n, rng))
        refuses = (rng.random(n) < declined).astype(np.int64) if declined else np.full(n, -1)
        self._take(
            which, about, since, np.where(is_done, at, -1), is_recorded, np.where(is_recorded, at, -1),
            at + (DAY * rng.exponential(0.5, n)).astype(np.int64), method, hands, np.where(rng.random(n) < 0.93, 1, -1), refuses,
        )  # fmt: skip
        tried = np.flatnonzero((rng.random(n) < 0.06) & (since + DAY < LAST_KNOWN))
        when, none = clock(since[tried] + rng.integers(60, DAY, len(tried))), np.full(len(tried), -1)
        self._take(
            which[tried],
            about,
            when,
            none,
            np.ones(len(tried), dtype=bool),
            when,
            when + 30,
            none + 1,
            hands[tried],
            none + 1,
            none,
        )

    def _take(
        self, which: Ints, about: str, since: Ints, done: Ints, recorded: Bools, at: Ints, entered: Ints, method: Ints, team: Ints,
        successful: Ints, declined: Ints,
    ) -> None:  # fmt: skip
        n = len(which)
        self.rows.append((
            self.victims.crime[which], self.victims.person[which], np.full(n, ABOUT.index(about)), since, done, recorded, at, entered,
            method, team, self.rng.integers(0, 400, n), successful, declined,
        ))  # fmt: skip


def contacted(crimes: Crimes, cast: Cast, care: Care, done: Investigations, scenario: Scenario) -> Contacts:
    """Everything that was owed to a victim, whether it was done, and whether it was recorded."""
    rng = scenario.chance("contacts")
    victims = victims_of(cast)
    stands = crimes.counts[victims.crime]
    team = _teams(crimes, done)
    rows: list[tuple[npt.NDArray[Any], ...]] = []

    owe = _Owed(victims, care, team, rng, rows)
    recorded = crimes.recorded[victims.crime]
    is_person = (victims.person < FIRM) & stands
    everyone = np.flatnonzero(stands)
    named = everyone[(victims.person[everyone] < FIRM) | (rng.random(len(everyone)) < 0.6)]
    owe(named, "acknowledgement;information", recorded[named], 0.87, 4.0)
    persons = np.flatnonzero(is_person)
    owe(persons, "needs_assessment", recorded[persons], 0.78, 1.0)
    in_need = persons[rng.random(len(persons)) < np.where(care.reasons[persons] > 0, 0.55, 0.12)]
    owe(in_need, "support_referral", recorded[in_need], 0.7, 1.8, declined=0.3)
    others = persons[~np.isin(persons, in_need)]
    owe(others, "support_details", recorded[others], 0.55, 4.0)
    screened = np.zeros(crimes.size, dtype=bool)
    screened[done.events.crime[done.events.kind == EVENTS.index("no_investigation")]] = True
    looked_into = persons[~screened[victims.crime[persons]]]
    owe(looked_into, "officer_in_charge;contact_plan", recorded[looked_into], 0.66, 6.0)
    _of_events(crimes, victims, stands, done, owe)
    closed = np.flatnonzero(stands & (done.filed[victims.crime] >= 0) & ~screened[victims.crime])
    owe(closed, "outcome", done.filed[victims.crime[closed]], 0.62, 4.0)
    has_suspect = np.zeros(crimes.size, dtype=bool)
    has_suspect[done.suspects.crime] = True
    offered = persons[has_suspect[victims.crime[persons]]]
    owe(offered, "personal_statement", recorded[offered] + 2 * DAY, 0.5, 20.0, declined=0.45)
    _updates(crimes, victims, persons, done, owe, rng)
    columns = [np.concatenate(parts) for parts in zip(*rows, strict=True)]
    order = np.lexsort((columns[2], columns[0], columns[7]))
    return Contacts(*(c[order] for c in columns))


def _of_events(crimes: Crimes, victims: Parts, stands: Bools, done: Investigations, owe: _Owed) -> None:
    """What victims are owed when something happens: an arrest, a charge, a decision, a hearing."""
    first = _first_victims(crimes, victims)
    for kind, about, likely in (
        ("no_investigation", "no_investigation", 0.6), ("arrest", "arrest", 0.72), ("interview", "interview", 0.4),
        ("bail", "bail", 0.6), ("released_under_investigation", "release", 0.58), ("released", "release", 0.6),
        ("charge", "charge", 0.84), ("charge_altered", "charge_altered", 0.5), ("caution", "out_of_court_disposal", 0.74),
        ("out_of_court_disposal", "out_of_court_disposal", 0.72), ("no_further_action", "no_further_action;review_right", 0.66),
        ("court_date", "court", 0.7), ("verdict", "verdict", 0.72),
    ):  # fmt: skip
        own = np.flatnonzero(done.events.kind == EVENTS.index(kind))
        crime = done.events.crime[own]
        _, once = np.unique(crime, return_index=True)  # once for each crime, whatever the number of suspects
        own, crime = own[np.sort(once)], crime[np.sort(once)]
        held = first[crime] >= 0
        own, which = own[held], first[crime[held]]
        fits = stands[which]
        own, which = own[fits], which[fits]
        from_court = kind in ("court_date", "verdict")
        since = done.events.entered[own] if from_court else done.events.happened[own]
        by = np.full(len(which), CARE_TEAMS.index("Witness Care")) if from_court else None
        owe(which, about, since, likely, 0.9 if from_court else 4.5, by)


def _first_victims(crimes: Crimes, victims: Parts) -> Ints:
    """The first victim of each crime, an index of `victims`; -1 where it has none."""
    first = np.full(crimes.size, -1, dtype=np.int64)
    first[victims.crime[::-1]] = np.arange(len(victims.crime))[::-1]
    return first


def _updates(
    crimes: Crimes, victims: Parts, persons: Ints, done: Investigations, owe: _Owed, rng: np.random.Generator
) -> None:
    """An update every four weeks while an investigation is open, for half a year."""
    end = np.where(done.filed >= 0, done.filed, LAST_KNOWN)
    for turn in range(1, 7):
        due = crimes.recorded[victims.crime[persons]] + turn * 28 * DAY
        own = persons[(due < end[victims.crime[persons]]) & (rng.random(len(persons)) < 0.8)]
        owe(own, "update", crimes.recorded[victims.crime[own]] + turn * 28 * DAY, 0.52, 6.0)


def _teams(crimes: Crimes, done: Investigations) -> Ints:
    """The team that each crime was with in the end."""
    team = np.zeros(crimes.size, dtype=np.int64)
    team[done.ownership.crime] = done.ownership.team  # a crime's spells stand in order: the last one stays
    return team
