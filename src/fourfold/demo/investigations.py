"""Investigations: suspects named, arrests, outcomes, courts, circulations and submissions, and who owned the crime when.

Every time follows from the one before it; what would lie after the last day known has not happened yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Self

import numpy as np
import numpy.typing as npt

from fourfold.demo.crimes import LAST_KNOWN, Crimes, code_number, habits
from fourfold.demo.people import SUSPECT, Cast, Parts
from fourfold.demo.scenario import DAY, EPOCH, Ints, Scenario, chosen, clock, minute

Bools = npt.NDArray[np.bool_]

TYPES = (
    "1",
    "1A",
    "2",
    "3",
    "4",
    "6",
    "7",
    "8",
    "22",
    "9",
    "10",
    "11",
    "12",
    "13",
    "14",
    "15",
    "16",
    "17",
    "18",
    "20",
    "21",
)
"""Outcome types, the positive ones first."""
POSITIVE = 9
"""How many of TYPES are positive: charged, cautioned, warned, resolved, diverted, or taken into consideration."""
_CHARGED, _CAUTIONED, _DISPOSED = (0, 1), (2, 3), (5, 6, 7, 8)
_TIC = 4
_DIVERTED = TYPES.index("22")
"""Positive outcomes of the usual definition come before it."""

_POSITIVE_BY_KIND: dict[str, dict[str, float]] = {
    "drugs": {"1": 22, "7": 38, "8": 25, "3": 10, "22": 5},
    "shoplifting": {"1": 68, "8": 23, "6": 4, "3": 3, "22": 2},
    "burglary_home": {"1": 74, "4": 20, "8": 3, "22": 3},
    "burglary_business": {"1": 80, "4": 14, "8": 4, "22": 2},
    "vehicle_of": {"1": 84, "4": 8, "8": 4, "22": 4},
}  # fmt: skip
_POSITIVE_OF_OTHERS: dict[str, float] = {"1": 68, "1A": 2, "3": 6, "2": 2, "8": 16, "22": 5, "6": 1}
_NOT_POSITIVE: dict[str, float] = {
    "16": 46, "15": 33, "14": 4, "10": 3, "9": 2, "12": 1, "13": 0.5, "17": 2, "20": 3, "21": 4, "11": 1,
}  # fmt: skip
_NO_SUSPECT: dict[str, float] = {"18": 83, "14": 13, "20": 2, "21": 2}

EVENTS = (
    "no_investigation", "supervisor_review", "suspect_named", "arrest", "interview", "bail", "bail_changed",
    "released_under_investigation", "released", "charge", "charge_altered", "charge_dropped", "caution",
    "out_of_court_disposal", "no_further_action", "court_date", "trial_date", "verdict", "sentence", "release", "warrant",
    "recall", "tic_admission",
)  # fmt: skip
COURTS = (
    "Saltmere Magistrates' Court",
    "Kelpington Magistrates' Court",
    "Saltmere Crown Court",
    "Whelkhampton Crown Court",
)
DETAILS = ("community_resolution", "conditional_caution", "simple_caution", "youth_caution", "diversion", "guilty", "not_guilty",
           "custody", "community_order", "fine", "in_custody", "voluntary", "warning", "penalty_notice")  # fmt: skip
TEAMS = (
    "Response",
    "Investigation Hub",
    "Priority Crime",
    "Public Protection",
    "High Harm and Vulnerability",
    "Local Policing",
    "Economic Crime",
)


@dataclass
class Table:
    """Rows as arrays of one length, named."""

    def only(self, which: Ints | Bools) -> Self:
        """Some of the rows."""
        return type(self)(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


@dataclass
class Events(Table):
    """What happened: `person` -1 where nobody; `detail` and `court` -1 where none."""

    crime: Ints
    person: Ints
    kind: Ints
    happened: Ints
    entered: Ints
    detail: Ints
    court: Ints


@dataclass
class Outcomes(Table):
    """One outcome of a crime; `type` an index of TYPES."""

    crime: Ints
    type: Ints
    on: Ints
    entered: Ints
    person: Ints
    first_type: Ints
    """The type first entered, where it was corrected a month later; else the type."""


@dataclass
class Wanted(Table):
    """A change of a circulation: `status` an index of STATUSES."""

    circulation: Ints
    person: Ints
    crime: Ints
    status: Ints
    changed: Ints


STATUSES = ("wanted", "recall", "warrant", "cancelled", "arrested")


@dataclass
class Submissions(Table):
    """A submission to prosecutors; `reply` -1 and `replied` -1 while there is none."""

    crime: Ints
    person: Ints
    submitted: Ints
    kind: Ints
    reply: Ints
    replied: Ints


SUBMISSION_KINDS = ("early_advice", "charging_decision", "resubmission", "appeal")
REPLIES = ("charge", "no_further_action", "further_work", "advice", "out_of_court", "returned")


@dataclass
class Parades(Table):
    """An identification parade."""

    crime: Ints
    person: Ints
    identified: Ints
    requested: Ints
    viewed: Ints
    result: Ints


RESULTS = ("identified", "not_identified", "cancelled")


@dataclass
class Ownership(Table):
    """A spell of a crime with a team; `until` -1 while it lasts."""

    crime: Ints
    team: Ints
    officer: Ints
    since: Ints
    until: Ints


@dataclass(frozen=True)
class OutcomeQuota:
    """How many crimes of some codes are to have their first positive outcome (types 1 to 8) in a window, and how many of
    these to be charged at most; `why` names the figure."""

    codes: tuple[str, ...]
    first: date
    last: date
    n: int
    charged: int
    why: str


@dataclass(frozen=True)
class WantedFigure:
    """To what share the circulations for vehicle crimes that are open on one day are to have come down by another."""

    first: date
    last: date
    share: float
    why: str


@dataclass
class Investigations:
    """All that was done in every crime."""

    events: Events
    outcomes: Outcomes
    wanted: Wanted
    submissions: Submissions
    parades: Parades
    ownership: Ownership
    filed: Ints
    """When each crime's investigation was closed; -1 while it is open."""
    suspects: Parts


def investigated(
    crimes: Crimes, cast: Cast, scenario: Scenario, quotas: Sequence[OutcomeQuota] = (), solved: Ints | None = None,
    wanted_figure: WantedFigure | None = None,
) -> Investigations:  # fmt: skip
    """Investigate every crime that counts. `solved` are crimes of solved series, most of which are charged."""
    rng = scenario.chance("investigations")
    own = np.flatnonzero((cast.parts.role == SUSPECT) & crimes.counts[cast.parts.crime])
    suspects = cast.parts.at(own)
    has_suspect = np.zeros(crimes.size, dtype=bool)
    has_suspect[suspects.crime] = True
    kind_of, on = _outcomes(crimes, has_suspect, np.empty(0, dtype=np.int64) if solved is None else solved, rng)
    _to_quotas(crimes, kind_of, on, quotas, rng)
    _known_before_the_end(suspects, on)
    cast.parts.known[own] = suspects.known  # who is named in an event is among the people of its round
    ended = np.where(on >= 0, on, LAST_KNOWN)
    events, wanted = _events(crimes, suspects, kind_of, on, ended, wanted_figure, rng)
    filed = np.where((kind_of >= 0) & (kind_of > 1), on + rng.integers(0, 3 * DAY, crimes.size), -1)
    charged = np.flatnonzero((kind_of == 0) | (kind_of == 1))
    filed[charged] = on[charged] + (DAY * 160 * rng.lognormal(0, 0.6, len(charged))).astype(np.int64)
    filed = np.where(filed < LAST_KNOWN, filed, -1)
    first_suspect = np.full(crimes.size, -1, dtype=np.int64)
    first_suspect[suspects.crime[::-1]] = suspects.person[::-1]
    at = np.flatnonzero(kind_of >= 0)
    corrected = rng.random(len(at)) < 0.01
    outcomes = Outcomes(
        crime=at, type=kind_of[at], on=on[at], entered=clock(on[at] + (DAY * rng.exponential(0.8, len(at))).astype(np.int64)),
        person=np.where((kind_of[at] < POSITIVE), first_suspect[at], -1),
        first_type=np.where(corrected, TYPES.index("18"), kind_of[at]),
    )  # fmt: skip
    return Investigations(
        events=events, outcomes=outcomes, wanted=wanted, submissions=_submissions(suspects, kind_of, on, rng),
        parades=_parades(crimes, suspects, ended, rng), ownership=_ownership(crimes, cast, has_suspect, filed, rng),
        filed=filed, suspects=suspects,
    )  # fmt: skip


def _outcomes(crimes: Crimes, has_suspect: Bools, solved: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """The outcome type of each crime (an index of TYPES, -1 for none yet) and its time."""
    n = crimes.size
    kind_of = np.full(n, -1, dtype=np.int64)
    share = np.array([min(h.positive / h.suspect, 0.95) for h in habits()])[crimes.kind]
    share[solved] = np.maximum(share[solved], 0.72)
    positive = has_suspect & (rng.random(n) < share)
    for number, habit in enumerate(habits()):
        own = np.flatnonzero((crimes.kind == number) & positive)
        weights = _POSITIVE_BY_KIND.get(habit.name, _POSITIVE_OF_OTHERS)
        kind_of[own] = _numbers(weights)[chosen(list(weights.values()), len(own), rng)]
    for mask, table in ((has_suspect & ~positive, _NOT_POSITIVE), (~has_suspect, _NO_SUSPECT)):
        own = np.flatnonzero(mask)
        kind_of[own] = _numbers(table)[chosen(list(table.values()), len(own), rng)]
    median = np.full(len(TYPES), 55.0)
    for name, at in {
        "18": 5,
        "14": 12,
        "16": 32,
        "8": 20,
        "7": 1,
        "6": 2,
        "20": 20,
        "21": 25,
        "4": 120,
        "22": 35,
    }.items():
        median[TYPES.index(name)] = at
    lag = median[kind_of] * rng.lognormal(0, 0.95, n)
    at_once = np.isin(kind_of, _CHARGED) & (rng.random(n) < 0.36)
    lag = np.where(at_once, rng.uniform(0.2, 2.0, n), lag)
    on = clock(crimes.recorded + 60 + (lag * DAY).astype(np.int64))
    known = (on < LAST_KNOWN) & crimes.counts
    return np.where(known, kind_of, -1), np.where(known, on, -1)


def _numbers(weights: dict[str, float]) -> Ints:
    return np.array([TYPES.index(t) for t in weights])


def _to_quotas(
    crimes: Crimes, kind_of: Ints, on: Ints, quotas: Sequence[OutcomeQuota], rng: np.random.Generator
) -> None:
    """Outcomes changed until as many crimes of each quota have a positive one in its window."""
    for quota in quotas:
        own = np.isin(crimes.code, [code_number(c) for c in quota.codes]) & crimes.counts
        first, last = minute(quota.first), minute(quota.last) + DAY - 1
        inside = own & (on >= first) & (on <= last)
        held = np.flatnonzero(inside & (kind_of >= 0) & (kind_of < _DIVERTED))
        if len(held) > quota.n:
            kind_of[rng.choice(held, len(held) - quota.n, replace=False)] = TYPES.index("15")
        elif len(held) < quota.n:
            room = np.flatnonzero(inside & (kind_of >= _DIVERTED))
            kind_of[rng.choice(room, quota.n - len(held), replace=False)] = TYPES.index("1")
        held = np.flatnonzero(inside & (kind_of >= 0) & (kind_of < _DIVERTED))
        charged = held[np.isin(kind_of[held], _CHARGED)]
        if len(charged) > quota.charged:
            kind_of[rng.choice(charged, len(charged) - quota.charged, replace=False)] = TYPES.index("8")


def _known_before_the_end(suspects: Parts, on: Ints) -> None:
    """A suspect is named before the crime has its outcome."""
    end = on[suspects.crime]
    late = (end >= 0) & (suspects.known > end - 90)
    suspects.known = np.where(late, end - 90, suspects.known)


class _Heap:
    """Events as they are made, put together once."""

    def __init__(self) -> None:
        self.rows: list[tuple[Ints, ...]] = []

    def add(
        self, kind: str, crime: Ints, person: Ints | None, at: Ints, entered: Ints | None = None, detail: Ints | str | None = None,
        court: Ints | None = None,
    ) -> None:  # fmt: skip
        none = np.full(len(crime), -1, dtype=np.int64)
        if isinstance(detail, str):
            detail = np.full(len(crime), DETAILS.index(detail))
        self.rows.append((
            crime, none if person is None else person, np.full(len(crime), EVENTS.index(kind)), at,
            at + 45 if entered is None else entered, none if detail is None else detail, none if court is None else court,
        ))  # fmt: skip

    def together(self) -> Events:
        columns = [np.concatenate(parts) for parts in zip(*self.rows, strict=True)]
        columns[3], columns[4] = clock(columns[3]), clock(columns[4])
        known = columns[4] < LAST_KNOWN
        order = np.lexsort((columns[2], columns[0], columns[4]))
        order = order[known[order]]
        return Events(*(c[order] for c in columns))


def _events(
    crimes: Crimes, suspects: Parts, kind_of: Ints, on: Ints, ended: Ints, figure: WantedFigure | None, rng: np.random.Generator
) -> tuple[Events, Wanted]:  # fmt: skip
    heap = _Heap()
    _screened(crimes, kind_of, on, heap, rng)
    at, who, known = suspects.crime, suspects.person, suspects.known
    heap.add("suspect_named", at, who, known)
    room = np.maximum(ended[at] - known, 60)
    is_charged = np.isin(kind_of[at], _CHARGED)
    arrested = rng.random(len(at)) < np.where(is_charged, 0.82, 0.34)
    delay = np.minimum(DAY * rng.exponential(5.0, len(at)), room * rng.uniform(0.1, 0.8, len(at))).astype(np.int64)
    arrest = known + np.maximum(delay, 20)
    wanted = _circulated(at, who, known, arrest, arrested, ended, rng)
    own = np.flatnonzero(arrested)
    heap.add("arrest", at[own], who[own], arrest[own])
    spoken = rng.random(len(at)) < np.where(arrested, 0.9, 0.42)
    interview = np.where(arrested, arrest + rng.integers(120, 900, len(at)), known + (room * 0.5).astype(np.int64))
    interview = np.minimum(interview, np.maximum(ended[at] - 15, known + 5))
    own = np.flatnonzero(spoken)
    place = np.where(arrested[own], DETAILS.index("in_custody"), DETAILS.index("voluntary"))
    heap.add("interview", at[own], who[own], interview[own], detail=place)
    away = arrested & (ended[at] - arrest > DAY)
    how = chosen([42, 46, 12], len(at), rng)
    for number, kind in enumerate(("bail", "released_under_investigation", "released")):
        own = np.flatnonzero(away & (how == number))
        heap.add(
            kind, at[own], who[own], np.minimum(arrest[own] + rng.integers(400, 1300, len(own)), ended[at[own]] - 5)
        )
    own = np.flatnonzero(away & (how == 0) & (rng.random(len(at)) < 0.12) & (ended[at] - arrest > 20 * DAY))
    heap.add("bail_changed", at[own], who[own], arrest[own] + rng.integers(8 * DAY, 18 * DAY, len(own)))
    _ended(suspects, kind_of, on, heap, rng)
    _courts(suspects, kind_of, on, heap, wanted, rng)
    return heap.together(), _wanted_rows(wanted, crimes, suspects, figure, rng)


def _screened(crimes: Crimes, kind_of: Ints, on: Ints, heap: _Heap, rng: np.random.Generator) -> None:
    """Crimes that were not investigated, and reviews of those that were."""
    unknown = TYPES.index("18")
    own = np.flatnonzero((kind_of == unknown) & (on - crimes.recorded < 8 * DAY) & (rng.random(crimes.size) < 0.6))
    heap.add(
        "no_investigation", own, None, np.minimum(crimes.recorded[own] + rng.integers(60, 2 * DAY, len(own)), on[own])
    )
    open_long = (np.where(on >= 0, on, LAST_KNOWN) - crimes.recorded > 30 * DAY) & crimes.counts
    own = np.flatnonzero(open_long & (rng.random(crimes.size) < 0.7))
    heap.add("supervisor_review", own, None, crimes.recorded[own] + rng.integers(20 * DAY, 30 * DAY, len(own)))


def _ended(suspects: Parts, kind_of: Ints, on: Ints, heap: _Heap, rng: np.random.Generator) -> None:
    """Charges, cautions, disposals, and decisions to take no further action, at the time of the outcome."""
    at, who = suspects.crime, suspects.person
    outcome, when = kind_of[at], on[at]
    own = np.flatnonzero(np.isin(outcome, _CHARGED))
    heap.add("charge", at[own], who[own], when[own])
    changed = own[rng.random(len(own)) < 0.03]
    heap.add(
        "charge_altered", at[changed], who[changed], when[changed] + rng.integers(20 * DAY, 60 * DAY, len(changed))
    )
    dropped = own[rng.random(len(own)) < 0.05]
    heap.add(
        "charge_dropped", at[dropped], who[dropped], when[dropped] + rng.integers(30 * DAY, 120 * DAY, len(dropped))
    )
    own = np.flatnonzero(np.isin(outcome, _CAUTIONED))
    named = np.array([DETAILS.index("youth_caution"), DETAILS.index("conditional_caution")])
    heap.add("caution", at[own], who[own], when[own], detail=named[outcome[own] - 2])
    own = np.flatnonzero(np.isin(outcome, _DISPOSED))
    names = {5: "penalty_notice", 6: "warning", 7: "community_resolution", 8: "diversion"}
    detail = np.array([DETAILS.index(names[int(o)]) for o in outcome[own]], dtype=np.int64)
    heap.add("out_of_court_disposal", at[own], who[own], when[own], detail=detail)
    own = np.flatnonzero(outcome == _TIC)
    heap.add("tic_admission", at[own], who[own], when[own])
    own = np.flatnonzero(outcome >= POSITIVE)
    heap.add("no_further_action", at[own], who[own], when[own])


def _courts(
    suspects: Parts, kind_of: Ints, on: Ints, heap: _Heap, wanted: list[tuple[Ints, ...]], rng: np.random.Generator
) -> None:
    """First hearings, trials, verdicts and sentences of the charged; those who fail to appear are wanted on warrant."""
    at, who = suspects.crime, suspects.person
    own = np.flatnonzero(np.isin(kind_of[at], _CHARGED))
    n = len(own)
    crime, person, charge = at[own], who[own], on[at[own]]
    court = rng.integers(0, 2, n)
    hearing = _in_court(charge + rng.integers(2 * DAY, 50 * DAY, n))
    heap.add("court_date", crime, person, hearing, charge + rng.integers(60, 4 * DAY, n), court=court)
    contested = rng.random(n) < 0.34
    trial = _in_court(hearing + rng.integers(80 * DAY, 420 * DAY, n))
    c = np.flatnonzero(contested)
    heap.add(
        "trial_date", crime[c], person[c], trial[c], hearing[c] + rng.integers(DAY, 6 * DAY, len(c)), court=court[c] + 2
    )
    verdict = np.where(contested, trial + 2 * DAY, hearing)
    told = verdict + rng.integers(0, 5 * DAY, n)
    guilty = ~contested | (rng.random(n) < 0.62)
    finding = np.where(guilty, DETAILS.index("guilty"), DETAILS.index("not_guilty"))
    absent = rng.random(n) < 0.05
    v = np.flatnonzero(~absent)
    heap.add(
        "verdict",
        crime[v],
        person[v],
        verdict[v],
        told[v],
        detail=finding[v],
        court=np.where(contested, court + 2, court)[v],
    )
    s = np.flatnonzero(~absent & guilty)
    sentence = verdict + np.where(rng.random(n) < 0.5, 0, 25 * DAY)
    what = np.array([DETAILS.index(w) for w in ("custody", "community_order", "fine")])[chosen([3, 4, 3], n, rng)]
    heap.add(
        "sentence",
        crime[s],
        person[s],
        sentence[s],
        sentence[s] + rng.integers(0, 6 * DAY, len(s)),
        detail=what[s],
        court=court[s],
    )
    out = s[what[s] == DETAILS.index("custody")]
    released = sentence[out] + rng.integers(60 * DAY, 500 * DAY, len(out))
    heap.add("release", crime[out], person[out], released, released - rng.integers(2 * DAY, 20 * DAY, len(out)))
    back = np.flatnonzero(rng.random(len(out)) < 0.12)
    recalled = released[back] + rng.integers(10 * DAY, 90 * DAY, len(back))
    heap.add("recall", crime[out[back]], person[out[back]], recalled)
    wanted.append(_circulation(crime[out[back]], person[out[back]], recalled, STATUSES.index("recall"), 20.0, rng))
    f = np.flatnonzero(absent)
    heap.add("warrant", crime[f], person[f], hearing[f] + 120, court=court[f])
    wanted.append(_circulation(crime[f], person[f], hearing[f] + 180, STATUSES.index("warrant"), 35.0, rng))


def _in_court(at: Ints) -> Ints:
    """Ten in the morning of the day, or of the Monday after a weekend."""
    day = at // DAY
    weekday = (day + EPOCH.weekday()) % 7
    day = day + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))
    return day * DAY + 600


def _circulated(
    at: Ints, who: Ints, known: Ints, arrest: Ints, arrested: Bools, ended: Ints, rng: np.random.Generator
) -> list[tuple[Ints, ...]]:
    """Suspects who were circulated as wanted, until they were arrested, the circulation cancelled, or still."""
    slow = arrested & (arrest - known > 3 * DAY) & (rng.random(len(at)) < 0.5)
    never = ~arrested & (rng.random(len(at)) < 0.035)
    own = np.flatnonzero(slow)
    since = known[own] + ((arrest[own] - known[own]) * rng.uniform(0.1, 0.6, len(own))).astype(np.int64)
    parts = [
        (at[own], who[own], since, np.full(len(own), 0), arrest[own], np.full(len(own), STATUSES.index("arrested")))
    ]
    own = np.flatnonzero(never)
    since = known[own] + rng.integers(DAY, 25 * DAY, len(own))
    called_off = rng.random(len(own)) < 0.55
    until = np.where(
        called_off, np.minimum(since + (DAY * rng.exponential(45, len(own))).astype(np.int64), ended[at[own]]), -1
    )
    parts.append(
        (
            at[own],
            who[own],
            since,
            np.full(len(own), 0),
            np.maximum(until, -1),
            np.full(len(own), STATUSES.index("cancelled")),
        )
    )
    return list(parts)


def _circulation(
    crime: Ints, person: Ints, since: Ints, status: int, mean_days: float, rng: np.random.Generator
) -> tuple[Ints, ...]:
    n = len(crime)
    until = since + (DAY * rng.exponential(mean_days, n)).astype(np.int64) + 300
    until = np.where(rng.random(n) < 0.2, -1, until)
    return crime, person, since, np.full(n, status), until, np.full(n, STATUSES.index("arrested"))


def _wanted_rows(
    parts: list[tuple[Ints, ...]],
    crimes: Crimes,
    suspects: Parts,
    figure: WantedFigure | None,
    rng: np.random.Generator,
) -> Wanted:
    crime, person, since, status, until, ending = (np.concatenate(c) for c in zip(*parts, strict=True))
    if figure is not None:
        more = _to_figure(crimes, suspects, crime, since, until, figure, rng)
        crime, person, since, status, until, ending = (
            np.concatenate(pair) for pair in zip((crime, person, since, status, until, ending), more, strict=True)
        )
    keep = since < LAST_KNOWN
    crime, person, since, status, until, ending = (c[keep] for c in (crime, person, since, status, until, ending))
    order = np.lexsort((crime, since))
    crime, person, since, status, until, ending = (c[order] for c in (crime, person, since, status, until, ending))
    number = np.arange(len(crime))
    over = np.flatnonzero((until > since) & (until < LAST_KNOWN))
    rows = Wanted(
        circulation=np.concatenate([number, number[over]]), person=np.concatenate([person, person[over]]),
        crime=np.concatenate([crime, crime[over]]), status=np.concatenate([status, ending[over]]),
        changed=clock(np.concatenate([since, until[over]])),
    )  # fmt: skip
    return rows.only(np.lexsort((rows.circulation, rows.changed)))


def _to_figure(
    crimes: Crimes,
    suspects: Parts,
    crime: Ints,
    since: Ints,
    until: Ints,
    figure: WantedFigure,
    rng: np.random.Generator,
) -> tuple[Ints, ...]:
    """Circulations for vehicle crimes ended, and others added, so that the open ones come down to the share planted.

    Ends are changed in place; those added are given as further rows.
    """
    first, last = minute(figure.first) + DAY, minute(figure.last) + DAY
    vehicle = crimes.of("vehicle_of", "vehicle_from")
    own = vehicle[crime]
    open_first = own & (since < first) & ((until < 0) | (until >= first))
    new = np.flatnonzero(own & (since >= first) & (since < last) & ((until < 0) | (until >= last)))
    until[new] = since[new] + DAY // 2  # those circulated since are found at once
    lacking = max(25 - int(open_first.sum()), 0)
    could = np.flatnonzero(
        vehicle[suspects.crime] & (suspects.known < first - 20 * DAY) & ~np.isin(suspects.crime, crime)
    )
    added = rng.choice(could, min(lacking, len(could)), replace=False)
    begun = first - rng.integers(2, 20, len(added)) * DAY
    held = int(open_first.sum()) + len(added)
    left = round(held * figure.share)
    over = rng.permutation(held)[left:]
    every = np.concatenate([np.flatnonzero(open_first), -1 - np.arange(len(added))])
    ends = np.full(len(added), -1, dtype=np.int64)
    kept = np.setdiff1d(every, every[over])
    until[kept[kept >= 0]] = np.where(until[kept[kept >= 0]] < last, -1, until[kept[kept >= 0]])
    for at in every[over]:
        moment = int(rng.integers(first + DAY, last - DAY))
        if at >= 0:
            until[at] = moment
        else:
            ends[-1 - at] = moment
    return (
        suspects.crime[added], suspects.person[added], begun, np.zeros(len(added), dtype=np.int64), ends,
        np.full(len(added), STATUSES.index("arrested")),
    )  # fmt: skip


def _submissions(suspects: Parts, kind_of: Ints, on: Ints, rng: np.random.Generator) -> Submissions:
    """Files sent to prosecutors: before most charges, and before some decisions against one; some wait for their reply."""
    at, who = suspects.crime, suspects.person
    outcome = kind_of[at]
    cps = np.isin(outcome, [*_CHARGED, TYPES.index("9"), TYPES.index("15")])
    own = np.flatnonzero(
        cps
        & (on[at] - suspects.known > 4 * DAY)
        & (rng.random(len(at)) < np.where(np.isin(outcome, _CHARGED), 0.7, 0.16))
    )
    gap = np.minimum(
        (DAY * 11 * rng.lognormal(0, 0.8, len(own))).astype(np.int64), (on[at[own]] - suspects.known[own]) * 8 // 10
    )
    sent = on[at[own]] - gap
    reply = np.where(np.isin(outcome[own], _CHARGED), 0, 1)
    parts = [(at[own], who[own], sent, np.full(len(own), 1), reply, on[at[own]] - rng.integers(30, 400, len(own)))]
    early = own[rng.random(len(own)) < 0.18]
    before = suspects.known[early] + ((on[at[early]] - suspects.known[early]) * 0.15).astype(np.int64)
    answered = before + ((on[at[early]] - before) * rng.uniform(0.1, 0.5, len(early))).astype(np.int64)
    parts.append((at[early], who[early], before, np.full(len(early), 0), np.full(len(early), 3), answered))
    waiting = np.flatnonzero((outcome < 0) & (suspects.known > LAST_KNOWN - 150 * DAY) & (rng.random(len(at)) < 0.12))
    sent = suspects.known[waiting] + (
        (LAST_KNOWN - suspects.known[waiting]) * rng.uniform(0.2, 0.95, len(waiting))
    ).astype(np.int64)
    none = np.full(len(waiting), -1)
    parts.append((at[waiting], who[waiting], sent, np.full(len(waiting), 1), none, none))
    columns = [np.concatenate(c) for c in zip(*parts, strict=True)]
    columns[2], columns[5] = clock(columns[2]), clock(columns[5])
    return Submissions(*columns).only(np.lexsort((columns[0], columns[2])))


def _parades(crimes: Crimes, suspects: Parts, ended: Ints, rng: np.random.Generator) -> Parades:
    shown = crimes.of("robbery", "violence_injury", "burglary_home", "theft_person")[suspects.crime]
    own = np.flatnonzero(shown & (rng.random(len(shown)) < 0.06) & (ended[suspects.crime] - suspects.known > 5 * DAY))
    room = ended[suspects.crime[own]] - suspects.known[own]
    asked = suspects.known[own] + np.minimum((DAY * rng.exponential(6, len(own))).astype(np.int64), room // 3) + 60
    seen = asked + np.minimum((DAY * (3 + rng.exponential(11, len(own)))).astype(np.int64), room // 2)
    result = chosen([44, 42, 14], len(own), rng)
    return Parades(
        crime=suspects.crime[own], person=suspects.person[own], identified=suspects.known[own], requested=clock(asked),
        viewed=np.where((seen < LAST_KNOWN) & (result < 2), clock(seen), -1), result=np.where(seen < LAST_KNOWN, result, -1),
    )  # fmt: skip


def _ownership(crimes: Crimes, cast: Cast, has_suspect: Bools, filed: Ints, rng: np.random.Generator) -> Ownership:
    """The hub first, then the team that the crime goes to; some change hands once more."""
    n = crimes.size
    every = np.arange(n)
    first_team = np.where(rng.random(n) < 0.3, TEAMS.index("Response"), TEAMS.index("Investigation Hub"))
    hard = crimes.of("robbery", "burglary_home") & has_suspect
    team = np.where(hard, TEAMS.index("High Harm and Vulnerability"), TEAMS.index("Priority Crime"))
    team = np.where(cast.is_domestic | crimes.of("sexual"), TEAMS.index("Public Protection"), team)
    team = np.where(crimes.of("shoplifting", "damage", "public_order", "bicycle"), TEAMS.index("Local Policing"), team)
    stays = (~has_suspect & (rng.random(n) < 0.62)) | ~crimes.counts
    handed = crimes.recorded + (DAY * rng.uniform(0.2, 5.0, n)).astype(np.int64)
    end = np.where(filed >= 0, filed, LAST_KNOWN)
    moves = ~stays & (handed < end - 60)
    again = moves & (rng.random(n) < 0.07) & (end - handed > 15 * DAY)
    third = handed + ((end - handed) * 0.5).astype(np.int64)
    officers = max(n // 220, 20)
    parts = [
        (every, first_team, rng.integers(0, officers, n), crimes.recorded + 1, np.where(moves, handed, filed)),
        (
            every[moves],
            team[moves],
            rng.integers(0, officers, int(moves.sum())),
            handed[moves],
            np.where(again, third, filed)[moves],
        ),
        (
            every[again],
            rng.integers(1, 5, int(again.sum())),
            rng.integers(0, officers, int(again.sum())),
            third[again],
            filed[again],
        ),
    ]
    columns = [np.concatenate(c) for c in zip(*parts, strict=True)]
    columns[3], columns[4] = clock(columns[3]), clock(columns[4])
    return Ownership(*columns).only(np.lexsort((columns[0], columns[3])))
