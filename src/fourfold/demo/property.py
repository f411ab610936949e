"""Property and vehicles: what was taken, of what worth, what was found, held as evidence, returned or lost.

Makes, models and values are invented. Marks and serial numbers never existed: only hashes of nothing stand for them.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from fourfold.demo import dismantling
from fourfold.demo.crimes import LAST_KNOWN, Crimes, volumes
from fourfold.demo.dismantling import Yards
from fourfold.demo.investigations import Investigations, Table
from fourfold.demo.methods import Methods
from fourfold.demo.people import Cast
from fourfold.demo.scenario import DAY, Floats, Ints, Scenario, chosen, clock, instants, minute

Bools = npt.NDArray[np.bool_]

VEHICLE_CHANGES = ("stolen", "found", "examined", "returned", "attempted", "entered", "interfered")
PROPERTY_CHANGES = ("stolen", "damaged", "recovered", "held", "returned", "lost")
HELD_REASONS = ("evidence", "awaiting_forensics", "awaiting_court", "no_reason_recorded")

_VALUES = {  # kinds of thing: the middle value in pounds, the share with a serial number, the share with no value recorded
    "jewellery": (900, 0.0, 0.3), "cash": (220, 0.0, 0.1), "electronics": (480, 0.7, 0.2), "mobile_phone": (520, 0.8, 0.2),
    "bicycle": (450, 0.5, 0.15), "tools": (700, 0.3, 0.2), "bag": (60, 0.0, 0.3), "purse": (45, 0.0, 0.3),
    "catalytic_converter": (900, 0.0, 0.25), "number_plates": (40, 0.0, 0.3), "alcohol": (48, 0.0, 0.1), "meat": (36, 0.0, 0.1),
    "cosmetics": (60, 0.0, 0.1), "clothing": (85, 0.0, 0.1), "confectionery": (18, 0.0, 0.1), "tobacco": (600, 0.0, 0.2),
    "metal": (800, 0.0, 0.3), "vehicle_keys": (150, 0.0, 0.5), "fuel": (65, 0.0, 0.1), "door": (240, 0.0, 0.4),
    "window": (190, 0.0, 0.4), "vehicle_parts": (380, 0.0, 0.3), "fence": (160, 0.0, 0.4), "drugs": (90, 0.0, 0.6),
    "knife": (0, 0.0, 1.0), "clothing_of_victim": (0, 0.0, 1.0),
}  # fmt: skip
_STOLEN_IN = (
    "burglary_home", "burglary_business", "robbery", "vehicle_from", "shoplifting", "theft_person", "bicycle", "other_theft",
)  # fmt: skip
KINDS = tuple(_VALUES)
_TRIED = 0.07
"""The share of crimes of theft of a vehicle in which it was tried, and the vehicle left."""


@dataclass
class Vehicles(Table):
    """A change of a vehicle: what was done to it in a crime, or what became of it."""

    vehicle: Ints
    crime: Ints
    model: Ints
    """An index of `models`."""
    year: Ints
    change: Ints
    changed: Ints
    east: Ints
    north: Ints
    """Where; -1 where it is not told."""
    plate: Ints
    """What the hash of its mark is drawn from; -1 where it has none."""


@dataclass
class Property(Table):
    """A change of a thing."""

    thing: Ints
    crime: Ints
    kind: Ints
    value: Ints
    """In pence; -1 where it is not recorded."""
    change: Ints
    changed: Ints
    reason: Ints
    owner: Ints
    serial: Ints
    """What the hash of its serial number is drawn from; -1 where it has none."""
    east: Ints
    north: Ints
    """Where it was recovered; -1 where it is not told."""
    yard: Ints
    """The yard in which it was recovered, known to no extract; -1 for most."""


@dataclass(frozen=True)
class Recovery:
    """The share of vehicles taken in some months that are found within 28 days of recording; `why` names the figure.

    Where it is to be over the share, the number is rounded up.
    """

    first: date
    last: date
    share: float
    is_over: bool
    why: str


@cache
def models() -> tuple[tuple[str, str, bool], ...]:
    """Make, model, and whether it needs no key."""
    return tuple((make, model, bool(row[2])) for make, held in _fleet().items() for model, row in held.items())


def _fleet() -> dict[str, dict[str, list[float]]]:
    return tomllib.loads((files("fourfold.demo") / "data" / "vehicles.toml").read_text(encoding="utf-8"))


def fleet_weights() -> tuple[Floats, Floats]:
    """How common each model is on the road, and how often it is taken."""
    rows = [row for held in _fleet().values() for row in held.values()]
    common = np.array([row[0] for row in rows], dtype=float)
    return common, common * np.array([row[1] for row in rows], dtype=float)


def taken_vehicles(
    crimes: Crimes, methods: Methods, scenario: Scenario, yards: Yards, recoveries: tuple[Recovery, ...] = ()
) -> Vehicles:
    """Vehicles stolen, by themselves or with their keys in a burglary or robbery, and what became of them."""
    rng = scenario.chance("vehicles")
    keys = methods.words["target"].index("vehicle_keys")
    with_keys = (methods.at["target"] == keys) & crimes.of("burglary_home", "robbery")
    tried = _only_tried(crimes, scenario)
    own = np.flatnonzero((crimes.of("vehicle_of") | with_keys) & crimes.counts & ~tried)
    n = len(own)
    relay = methods.words["entry_method"].index("keyless_relay")
    _, taken = fleet_weights()
    keyless = np.array([m[2] for m in models()])
    by_relay = (methods.at["entry_method"][own] == relay) & (rng.random(n) < 0.97)
    model = np.where(by_relay, chosen(taken * keyless, n, rng), chosen(taken, n, rng))
    year = 2022 - np.minimum((rng.gamma(2.0, 3.0, n)).astype(np.int64), 22)
    year = np.minimum(year, instants(crimes.recorded[own]).dt.year().to_numpy())
    stolen = crimes.committed_to[own]
    share = _found_share(stolen)
    found = rng.random(n) < share
    for one in recoveries:
        found = _to_share(found, one, crimes.recorded[own], rng)
    lag = np.minimum((DAY * 4.5 * rng.lognormal(0, 0.9, n)).astype(np.int64), 27 * DAY) + 60
    found_at = clock(np.maximum(stolen, crimes.recorded[own]) + lag)
    found &= found_at < LAST_KNOWN
    far = rng.gamma(1.4, 2_800, n)
    turn = rng.uniform(0, 2 * np.pi, n)
    east = crimes.east[own] + (far * np.cos(turn)).astype(np.int64)
    north = crimes.north[own] + (far * np.sin(turn)).astype(np.int64)
    yard = dismantling.driven_in(yards, found, found_at, scenario)
    yard_east, yard_north = dismantling.in_yard(yards, yard, scenario.chance("where vehicles stand in yards"))
    east, north = np.where(yard >= 0, yard_east, east), np.where(yard >= 0, yard_north, north)
    number, plate = np.arange(n), np.where(rng.random(n) < 0.97, np.arange(n), -1)
    parts: list[tuple[Ints, ...]] = [
        (number, own, model, year, np.zeros(n, dtype=np.int64), stolen, crimes.east[own], crimes.north[own], plate)
    ]
    looked = found & (rng.random(n) < 0.42)
    back = found & (rng.random(n) < 0.8)
    looked_at = found_at + (DAY * (1 + rng.exponential(4, n))).astype(np.int64)
    back_at = np.where(looked, looked_at, found_at) + (DAY * (1 + rng.exponential(6, n))).astype(np.int64)
    none = np.full(n, -1)
    for mask, change, at, e, w in (
        (found, 1, found_at, east, north),
        (looked, 2, looked_at, none, none),
        (back, 3, back_at, none, none),
    ):
        i = np.flatnonzero(mask & (at < LAST_KNOWN))
        parts.append(
            (number[i], own[i], model[i], year[i], np.full(len(i), change), clock(at[i]), e[i], w[i], plate[i])
        )
    parts.append(_touched(crimes, tried, n, scenario))
    columns = [np.concatenate(c) for c in zip(*parts, strict=True)]
    order = np.lexsort((columns[4], columns[0], columns[5]))
    return Vehicles(*(c[order] for c in columns))


def _only_tried(crimes: Crimes, scenario: Scenario) -> Bools:
    """Crimes of theft of a vehicle in which it was only tried: recorded under the code of the theft."""
    return crimes.of("vehicle_of") & (scenario.chance("vehicles tried").random(crimes.size) < _TRIED)


def _touched(crimes: Crimes, tried: Bools, first: int, scenario: Scenario) -> tuple[Ints, ...]:
    """The vehicles that were tried, entered or interfered with, where they were recorded; numbered from `first`."""
    rng = scenario.chance("vehicles touched")
    names, _, _ = volumes()
    interfered = crimes.code == names.index("126")
    entered = crimes.of("vehicle_from") & ~interfered
    own = np.flatnonzero((tried | entered | interfered) & crimes.counts & (rng.random(crimes.size) < 0.88))
    n = len(own)
    common, taken = fleet_weights()
    change = np.where(tried[own], 4, np.where(interfered[own], 6, 5))
    model = np.where(change == 4, chosen(taken, n, rng), chosen(common, n, rng))
    year = np.minimum(2022 - np.minimum(rng.gamma(2.0, 3.0, n).astype(np.int64), 22),
                      instants(crimes.recorded[own]).dt.year().to_numpy())  # fmt: skip
    number = np.arange(n) + first
    return (number, own, model, year, change, crimes.committed_to[own], crimes.east[own], crimes.north[own], number)


def _found_share(stolen: Ints) -> Floats:
    """More of them are found as the months of 2022 go on: a task force begins in September."""
    turns = [
        date(2019, 4, 1),
        date(2021, 1, 1),
        date(2022, 3, 1),
        date(2022, 8, 1),
        date(2022, 9, 15),
        date(2022, 11, 30),
    ]
    return np.interp(stolen, [minute(day) for day in turns], [0.14, 0.10, 0.10, 0.14, 0.20, 0.22])


def _to_share(found: Bools, one: Recovery, recorded: Ints, rng: np.random.Generator) -> Bools:
    """The vehicles of a window found in exactly the share asked for, to the nearest vehicle."""
    inside = np.flatnonzero((recorded >= minute(one.first)) & (recorded < minute(one.last) + DAY))
    result = found.copy()
    result[inside] = False
    n = math.floor(one.share * len(inside)) + 1 if one.is_over else round(one.share * len(inside))
    result[rng.choice(inside, min(n, len(inside)), replace=False)] = True
    return result


def taken_property(
    crimes: Crimes, methods: Methods, cast: Cast, done: Investigations, scenario: Scenario, yards: Yards
) -> Property:
    """Things stolen and damaged, things held as evidence, and what became of each."""
    rng = scenario.chance("property")
    own, kind, change = _things(crimes, methods, rng)
    n = len(own)
    middle = np.array([v[0] for v in _VALUES.values()], dtype=float)[kind]
    value = (middle * 100 * rng.lognormal(0, 0.9, n)).astype(np.int64)
    value = np.where(rng.random(n) < 0.5, value // 1000 * 1000, value)  # people say round sums
    unsaid = rng.random(n) < np.array([v[2] for v in _VALUES.values()])[kind]
    value = np.where(unsaid | (value < 100), -1, value)
    extreme = rng.random(n) < 0.0004
    value = np.where(extreme & (value > 0), value * 1000, value)  # pence typed for pounds, and worse
    has_serial = rng.random(n) < np.array([v[1] for v in _VALUES.values()])[kind]
    number = np.arange(n)
    serial = np.where(has_serial, number, -1)
    owner = cast.victim[own]
    at = np.where(change == 3, crimes.recorded[own] + rng.integers(30, 3 * DAY, n), crimes.committed_to[own])
    none = np.full(n, -1)
    reason = np.where(change == 3, chosen([60, 14, 14, 12], n, rng), -1)
    parts = [(number, own, kind, value, change, at, reason, owner, serial, none, none, none)]
    recovered = (change == 0) & (rng.random(n) < 0.045)
    recovered_at = at + (DAY * rng.exponential(18, n)).astype(np.int64) + 300
    is_part = np.isin(kind, [KINDS.index(one) for one in dismantling.PARTS])
    yard = dismantling.raided(yards, np.where(change == 0, at, -1), is_part, own, scenario)
    recovered |= yard >= 0
    recovered_at = np.where(yard >= 0, yards.raided[np.maximum(yard, 0)] + number % 90, recovered_at)
    east, north = dismantling.recovered_at(crimes, own, yards, yard, scenario)
    kept = recovered & (rng.random(n) < 0.6)
    kept_at = recovered_at + rng.integers(60, DAY, n)
    held = kept | (change == 3)
    since = np.where(change == 3, at, kept_at)
    filed = done.filed[own]
    due = np.where(filed >= 0, np.maximum(filed, since), LAST_KNOWN + 1)
    end = due + (DAY * 60 * rng.lognormal(0, 1.0, n)).astype(np.int64)
    goes_back = held & (owner >= 0) & (rng.random(n) < 0.72)
    lost = held & ~goes_back & (rng.random(n) < 0.06)
    at_once = recovered & ~kept
    for mask, what, when, why in (
        (recovered, 2, recovered_at, none), (kept, 3, kept_at, chosen([55, 20, 15, 10], n, rng)), (goes_back, 4, end, none),
        (lost, 5, end, none), (at_once, 4, recovered_at + 2 * DAY, none),
    ):  # fmt: skip
        i = np.flatnonzero(mask & (when < LAST_KNOWN))
        parts.append((
            number[i], own[i], kind[i], value[i], np.full(len(i), what), when[i], why[i], owner[i], serial[i],
            *((east[i], north[i], yard[i]) if what == 2 else (none[i], none[i], none[i])),
        ))  # fmt: skip
    columns = [np.concatenate(c) for c in zip(*parts, strict=True)]
    columns[5] = clock(columns[5])
    order = np.lexsort((columns[4], columns[0], columns[5]))
    return Property(*(c[order] for c in columns))


def _things(crimes: Crimes, methods: Methods, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """The things of each crime: the crime, the kind of thing, and the first change (stolen, damaged or held)."""
    target = np.array([KINDS.index(w) if w in KINDS else -1 for w in methods.words["target"]])
    sought = methods.at["target"]
    kind = np.where(sought >= 0, target[np.maximum(sought, 0)], -1)
    kind[crimes.of("bicycle")] = KINDS.index("bicycle")
    other = crimes.of("other_theft")
    kind[other] = np.array([KINDS.index(w) for w in ("mobile_phone", "cash", "fuel", "bag", "tools", "electronics")])[
        rng.integers(0, 6, int(other.sum()))
    ]
    stolen = np.flatnonzero(
        (kind >= 0) & crimes.counts
        & crimes.of(*_STOLEN_IN)
        & (rng.random(crimes.size) < 0.86)
    )  # fmt: skip
    damaged = np.flatnonzero(crimes.of("damage") & crimes.counts & (rng.random(crimes.size) < 0.7))
    broken = np.array([KINDS.index(w) for w in ("door", "window", "vehicle_parts", "fence")])[
        rng.integers(0, 4, len(damaged))
    ]
    drugs = np.flatnonzero(crimes.of("drugs") & crimes.counts & (rng.random(crimes.size) < 0.9))
    weapon = np.flatnonzero(crimes.of("weapons") & crimes.counts & (rng.random(crimes.size) < 0.8))
    cloth = np.flatnonzero(crimes.of("violence_injury", "sexual") & crimes.counts & (rng.random(crimes.size) < 0.07))
    seized = np.concatenate([drugs, weapon, cloth])
    kinds = np.repeat(
        [KINDS.index("drugs"), KINDS.index("knife"), KINDS.index("clothing_of_victim")],
        [len(drugs), len(weapon), len(cloth)],
    )
    return (
        np.concatenate([stolen, damaged, seized]), np.concatenate([kind[stolen], broken, kinds]),
        np.repeat([0, 1, 3], [len(stolen), len(damaged), len(seized)]),
    )  # fmt: skip
