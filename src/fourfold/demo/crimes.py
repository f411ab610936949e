"""Crimes: the stream of what is recorded, of which kind, when and where, before anything is planted in it.

Volumes, seasons, the lockdowns and the dispersion have the pattern of `data/volumes.csv`; places that of the map's
concentration and streets; hours, delays and kinds of place those of `data/habits.toml`, which are invented.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from fourfold.demo.geography import land
from fourfold.demo.scenario import DAY, FIRST, LAST, Floats, Ints, Quota, Scenario, chosen, clock, minute

STANDS, CANCELLED, TRANSFERRED, REINSTATED = 0, 1, 2, 3
"""What became of the record itself; a reinstated crime was cancelled first, and counts."""

_NOT_COUNTED = 0.03
_MONTHLY_SPREAD, _DAILY_SPREAD = 0.035, 0.08
LAST_KNOWN = minute(date(2022, 12, 1))
"""Nothing of the record changes after this."""
CORRECTED_AFTER = 25 * DAY
"""How long a wrong day of recording stood."""

_CONFUSED = {
    "34B": "39", "39": "49", "8N": "105A", "105A": "8N", "28E": "30C", "30C": "28E", "45": "126", "48": "45", "5D": "8N",
    "9A": "105A", "8L": "9A", "58C": "45", "46": "49", "8R": "8L", "44": "49", "28F": "28E", "126": "45", "49": "40",
}  # fmt: skip
"""Codes, and those under which such crimes were often recorded at first."""


@dataclass(frozen=True)
class Habit:
    """How crimes of one kind happen: see `data/habits.toml`."""

    name: str
    codes: tuple[str, ...]
    hours: Floats
    weekdays: Floats
    unseen: float
    days: Floats
    places: tuple[str, ...]
    place_weights: Floats
    victim: Floats
    suspect: float
    positive: float


@cache
def habits() -> tuple[Habit, ...]:
    """Every kind, "other" last."""
    plain = tomllib.loads((files("fourfold.demo") / "data" / "habits.toml").read_text(encoding="utf-8"))
    return tuple(
        Habit(
            name=name, codes=tuple(row["codes"]), hours=_floats(row["hours"]), weekdays=_floats(row["weekdays"]),
            unseen=row["unseen"], days=_floats(row["days"]), places=tuple(row["places"]),
            place_weights=_floats(list(row["places"].values())), victim=_floats(row["victim"]),
            suspect=row["suspect"], positive=row["positive"],
        )
        for name, row in plain.items()
    )  # fmt: skip


def habit_number(name: str) -> int:
    """The index of a kind."""
    return next(at for at, h in enumerate(habits()) if h.name == name)


@cache
def volumes() -> tuple[tuple[str, ...], tuple[str, ...], Floats]:
    """Offence codes, their groups, and the crimes of each expected in each month at scale 1 (codes x months)."""
    lines = (files("fourfold.demo") / "data" / "volumes.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.reader(lines))[1:]
    return tuple(r[0] for r in rows), tuple(r[1] for r in rows), np.array([[float(v) for v in r[2:]] for r in rows])


@cache
def kind_of_code() -> Ints:
    """The kind (an index of `habits`) of each code of `volumes`."""
    of = {code: at for at, habit in enumerate(habits()) for code in habit.codes}
    return np.array([of.get(code, len(habits()) - 1) for code in volumes()[0]])


def code_number(code: str) -> int:
    """The index of an offence code in `volumes`."""
    return volumes()[0].index(code)


@dataclass
class Crimes:
    """Every crime: arrays of one length, times in minutes since the epoch."""

    code: Ints
    """The code held at the end, an index of `volumes`."""
    first_code: Ints
    """The code under which it was first recorded."""
    recoded_at: Ints
    """When it was reclassified; -1 where it was not."""
    recorded: Ints
    reported: Ints
    committed_from: Ints
    committed_to: Ints
    occurred: Ints
    """When it was in truth committed: known to no extract."""
    fate: Ints
    fate_at: Ints
    """When it was cancelled or transferred; -1 where it was not."""
    reinstated_at: Ints
    street: Ints
    house: Ints
    place: Ints
    """The kind of place, an index of `places_of`."""
    late: npt.NDArray[np.bool_]
    """Whether it was entered late, so that it comes with an extract after the one of its month."""
    moved_from: Ints
    """The minute at which it was first said to be recorded, where that was corrected later; else -1."""
    east_moved: Ints
    """Metres east of the house at which it lies: 0, but for crimes beyond the force's edge."""
    north_moved: Ints
    east: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    north: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.code)

    @property
    def kind(self) -> Ints:
        """The kind of each, an index of `habits`."""
        return kind_of_code()[self.code]

    @property
    def counts(self) -> npt.NDArray[np.bool_]:
        """Whether each counts in the end."""
        return np.isin(self.fate, (STANDS, REINSTATED))

    def of(self, *names: str) -> npt.NDArray[np.bool_]:
        """Whether each is of one of the kinds named."""
        return np.isin(self.kind, [habit_number(name) for name in names])

    def reordered(self, order: Ints) -> Crimes:
        """The same crimes in another order, or some of them."""
        return Crimes(**{f.name: getattr(self, f.name)[order] for f in fields(self)})

    def placed(self) -> None:
        """Set east and north from street and house."""
        east, north = land().points(self.street, self.house)
        self.east, self.north = east + self.east_moved, north + self.north_moved


@cache
def place_names() -> tuple[str, ...]:
    """Every kind of place."""
    return tuple(dict.fromkeys(place for habit in habits() for place in habit.places))


def drawn_crimes(scenario: Scenario, quotas: Sequence[Quota] = ()) -> Crimes:
    """The stream of crimes, placed and timed; the quotas hold exactly for the crimes that count."""
    rng = scenario.chance("crimes")
    code, day, fate = _counted(scenario, rng)
    code, day, fate = _to_quotas(code, day, fate, quotas, rng)
    order = np.argsort(day, kind="stable")
    crimes = _timed(code[order], day[order], fate[order], rng)
    _recoded(crimes, rng)
    _fated(crimes, rng)
    _corrected(crimes, rng)
    crimes.street, crimes.house = _streets(crimes, scenario.chance("places"))
    crimes.place = _places(crimes, scenario.chance("kinds of place"))
    return crimes


def _counted(scenario: Scenario, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """The code, day (since FIRST) and fate of each crime, in no order of meaning."""
    codes, groups, expected = volumes()
    names = sorted(set(groups))
    noise = rng.gamma(_MONTHLY_SPREAD**-2, _MONTHLY_SPREAD**2, (len(names), expected.shape[1]))
    moved = expected * noise[[names.index(g) for g in groups]]
    n = rng.poisson(moved * scenario.scale)
    code = np.repeat(np.repeat(np.arange(len(codes)), expected.shape[1]), n.ravel())
    month = np.repeat(np.tile(np.arange(expected.shape[1]), len(codes)), n.ravel())
    extra = rng.random(len(code)) < _NOT_COUNTED
    fate = np.concatenate(
        [np.where(rng.random(len(code)) < 0.003, REINSTATED, STANDS), chosen([0, 0.74, 0.26], int(extra.sum()), rng)]
    )
    code, month = np.concatenate([code, code[extra]]), np.concatenate([month, month[extra]])
    return code, _days(code, month, rng), fate


def _days(code: Ints, month: Ints, rng: np.random.Generator) -> Ints:
    """The day of recording within each month: some days of the week see more, and days differ beyond chance."""
    total = (LAST - FIRST).days + 1
    calendar = [FIRST + timedelta(days=d) for d in range(total)]
    weekday = np.array([d.weekday() for d in calendar])
    starts = np.array([at for at, d in enumerate(calendar) if d.day == 1] + [total])
    kinds = kind_of_code()[code]
    found = np.zeros(len(code), dtype=np.int64)
    for number, habit in enumerate(habits()):
        weight = habit.weekdays[weekday] * rng.gamma(_DAILY_SPREAD**-2, _DAILY_SPREAD**2, total)
        cumulative = np.concatenate(([0.0], np.cumsum(weight)))
        own = np.flatnonzero(kinds == number)
        low, high = cumulative[starts[month[own]]], cumulative[starts[month[own] + 1]]
        at = np.searchsorted(cumulative, low + rng.random(len(own)) * (high - low), side="right") - 1
        found[own] = at.clip(starts[month[own]], starts[month[own] + 1] - 1)
    return found


def _to_quotas(
    code: Ints, day: Ints, fate: Ints, quotas: Sequence[Quota], rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """Crimes left out or copied until each quota holds."""
    for quota in quotas:
        numbers = [code_number(c) for c in quota.codes]
        first, last = (quota.first - FIRST).days, (quota.last - FIRST).days
        counts = (fate == STANDS) | (fate == REINSTATED)
        held = np.flatnonzero(np.isin(code, numbers) & (day >= first) & (day <= last) & counts)
        if len(held) > quota.n:
            surplus = rng.choice(held, len(held) - quota.n, replace=False)
            keep = np.ones(len(code), dtype=bool)
            keep[surplus] = False
            code, day, fate = code[keep], day[keep], fate[keep]
        elif len(held) < quota.n:
            lacking = quota.n - len(held)
            source = held if len(held) else np.flatnonzero(np.isin(code, numbers))
            copied = rng.choice(source, lacking)
            moved = rng.integers(first, last + 1, lacking)
            code = np.concatenate([code, code[copied]])
            day = np.concatenate([day, moved])
            fate = np.concatenate([fate, np.zeros(lacking, dtype=np.int64)])
    return code, day, fate


def _timed(code: Ints, day: Ints, fate: Ints, rng: np.random.Generator) -> Crimes:
    """Crimes with their times: committed, reported and recorded in that order, on the day of recording given."""
    n = len(code)
    kinds = kind_of_code()[code]
    start = minute(FIRST) + day * DAY
    recorded = start + chosen([3, 2, 2, 1, 1, 1, 2, 4, 7, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 8, 7, 5], n, rng) * 60
    recorded += rng.integers(0, 60, n)
    occurred = np.zeros(n, dtype=np.int64)
    unseen = np.zeros(n)
    for number, habit in enumerate(habits()):
        own = np.flatnonzero(kinds == number)
        band = chosen(habit.days, len(own), rng)
        lag = np.zeros(len(own), dtype=np.int64)
        for at, (low, high) in enumerate(((0, 0), (1, 1), (2, 7), (8, 30), (31, 900))):
            here = band == at
            drawn = rng.integers(low, high + 1, int(here.sum()))
            lag[here] = drawn if at < 4 else (31 + (drawn - 31) * rng.random(len(drawn)) ** 2).astype(np.int64)
        occurred[own] = start[own] - lag * DAY + chosen(habit.hours, len(own), rng) * 60 + rng.integers(0, 60, len(own))
        unseen[own] = habit.unseen * 60 * rng.gamma(1.6, 1 / 1.6, len(own))
    # A crime recorded on its own day was committed before it was recorded: those drawn the wrong way round are put right.
    wrong = occurred + 10 > recorded
    lowest = np.minimum(start + DAY - 1, recorded)
    recorded = np.where(wrong, np.minimum(occurred + rng.integers(20, 180, n), start + DAY - 1), recorded)
    occurred = np.where(occurred + 10 > recorded, lowest - rng.integers(15, 120, n), occurred)
    recorded = np.maximum(recorded, occurred + 10)
    before = rng.random(n)
    committed_from = occurred - (unseen * before).astype(np.int64)
    committed_to = np.minimum(occurred + (unseen * (1 - before)).astype(np.int64), recorded - 5)
    committed_to = np.maximum(committed_to, occurred)
    gap = np.maximum(recorded - committed_to, 2)
    reported = recorded - np.minimum((gap * rng.beta(1.1, 2.4, n)).astype(np.int64), gap - 1)
    occurred = clock(occurred)
    committed_to = np.maximum(clock(committed_to), occurred)
    reported = np.maximum(clock(reported), committed_to)
    unset = np.full(n, -1, dtype=np.int64)
    return Crimes(
        code=code, first_code=code.copy(), recoded_at=unset.copy(), recorded=np.maximum(clock(recorded), reported),
        reported=reported, committed_from=np.minimum(clock(committed_from), occurred), committed_to=committed_to,
        occurred=occurred, fate=fate,
        fate_at=unset.copy(), reinstated_at=unset.copy(), street=unset.copy(), house=unset.copy(), place=unset.copy(),
        late=np.zeros(n, dtype=bool), moved_from=unset.copy(), east_moved=np.zeros(n, dtype=np.int64),
        north_moved=np.zeros(n, dtype=np.int64), east=unset.copy(), north=unset.copy(),
    )  # fmt: skip


def _recoded(crimes: Crimes, rng: np.random.Generator) -> None:
    """Reclassifications: some crimes were first recorded under a neighbouring code."""
    at_first = np.arange(len(volumes()[0]))
    for code, other in _CONFUSED.items():
        at_first[code_number(code)] = code_number(other)
    changed = np.flatnonzero((at_first[crimes.code] != crimes.code) & (rng.random(crimes.size) < 0.02))
    crimes.first_code[changed] = at_first[crimes.code[changed]]
    crimes.recoded_at[changed] = _later(crimes.recorded[changed], 12, rng)


def _fated(crimes: Crimes, rng: np.random.Generator) -> None:
    """The days on which crimes were cancelled, transferred and reinstated."""
    ended = np.flatnonzero(crimes.fate != STANDS)
    crimes.fate_at[ended] = _later(crimes.recorded[ended], 10, rng)
    back = np.flatnonzero(crimes.fate == REINSTATED)
    crimes.reinstated_at[back] = _later(crimes.fate_at[back], 15, rng)


def _corrected(crimes: Crimes, rng: np.random.Generator) -> None:
    """Late entries, and days of recording that were corrected; only those near the end show in a later extract."""
    crimes.late = rng.random(crimes.size) < 0.004
    moved = np.flatnonzero((rng.random(crimes.size) < 0.002) & (crimes.recorded + CORRECTED_AFTER < LAST_KNOWN))
    crimes.moved_from[moved] = clock(crimes.recorded[moved] + DAY * rng.integers(1, 5, len(moved)))


def _later(at: Ints, days: float, rng: np.random.Generator) -> Ints:
    """A time some days later, by a long-tailed draw, and never after the last that is known."""
    drawn = at + (DAY * days * rng.lognormal(0, 0.9, len(at))).astype(np.int64) + rng.integers(30, DAY, len(at))
    room = np.maximum(LAST_KNOWN - at, 2)
    squeezed = at + 1 + (rng.random(len(at)) * (room - 1)).astype(np.int64)
    return clock(np.where(drawn < LAST_KNOWN, drawn, squeezed))


def _streets(crimes: Crimes, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """The street and house of each crime: small areas by the group's concentration, streets by what they draw."""
    here = land()
    groups = np.array(volumes()[1])[crimes.code]
    area = np.zeros(crimes.size, dtype=np.int64)
    years = (crimes.recorded - minute(FIRST)) // (365 * DAY)
    for group, share in here.concentration.items():
        for year in range(int(years.max()) + 1 if crimes.size else 0):
            own = np.flatnonzero((groups == group) & (years == year))
            drift = rng.gamma(40, 1 / 40, here.size)
            area[own] = chosen(share * drift, len(own), rng)
    return streets_in(area, rng)


def streets_in(area: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """A street, by what it draws, and a house of it, in each small area given."""
    at = land().streets
    cumulative = np.concatenate(([0.0], np.cumsum(at.weight)))
    low, high = cumulative[at.first_of_area[area]], cumulative[at.first_of_area[area + 1]]
    street = np.searchsorted(cumulative, low + rng.random(len(area)) * (high - low), side="right") - 1
    street = street.clip(at.first_of_area[area], at.first_of_area[area + 1] - 1)
    return street, (rng.random(len(area)) * at.houses[street]).astype(np.int64)


def _places(crimes: Crimes, rng: np.random.Generator) -> Ints:
    names = place_names()
    found = np.zeros(crimes.size, dtype=np.int64)
    for number, habit in enumerate(habits()):
        own = np.flatnonzero(crimes.kind == number)
        of = np.array([names.index(p) for p in habit.places])
        found[own] = of[chosen(habit.place_weights, len(own), rng)]
    business = np.flatnonzero(crimes.code == code_number("34A"))
    found[business] = names.index("shop")
    return found


def _floats(plain: Sequence[Any]) -> Floats:
    return np.array(plain, dtype=float)
