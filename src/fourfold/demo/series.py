"""Series: crimes by one offender or group, alike in method, time and place; solved and unsolved, planted in the stream.

Crimes of the stream are given a series' method and moved to its ground. Some series cross policing units, and some the
force's edge: those have crimes beyond it, which were recorded here and transferred to the neighbouring force. Among them are
series of recruiters, who sent young people with no history of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from fourfold.demo.crimes import TRANSFERRED, Crimes, habit_number, streets_in
from fourfold.demo.geography import land
from fourfold.demo.methods import FEATURES, Methods, method_of_a_series, words_of
from fourfold.demo.scenario import DAY, FIRST, Ints, Scenario, minute

_KINDS = {
    "burglary_home": 220, "robbery": 90, "vehicle_of": 100, "vehicle_from": 120, "burglary_business": 50, "shoplifting": 60,
    "theft_person": 24,
}  # fmt: skip
"""How many series of each kind there are at full scale."""
_SOLVED, _CROSSING, _AT_THE_EDGE = 0.45, 0.3, 0.12
_KEPT = 0.86
"""How often a crime of a series keeps to each feature of its method."""
_RECRUITERS = 26


@dataclass
class Series:
    """One series: its crimes (indices of the stream), how many offend in it, and what is to be found of it."""

    kind: str
    crimes: Ints
    offenders: int
    is_solved: bool
    method: dict[str, int]
    is_crossing: bool
    is_at_the_edge: bool
    hour: int
    recruits: int = 0
    """Young people sent by the series' offender; 0 where it is no series of a recruiter."""
    people: list[int] = field(default_factory=list)
    """Who they are, once people are drawn: the offenders, and after them the recruits."""
    beyond: list[int] = field(default_factory=list)
    """Crimes of it that were committed beyond the force's edge and transferred."""


def planted_series(
    crimes: Crimes, methods: Methods, taken: Ints, scenario: Scenario, rng: np.random.Generator
) -> tuple[Crimes, Methods, list[Series]]:
    """The stream with its series in it. `taken` are crimes that are not to be moved again."""
    used = np.zeros(crimes.size, dtype=bool)
    used[taken] = True
    found = []
    of_kind = {kind: np.flatnonzero((crimes.kind == habit_number(kind)) & crimes.counts) for kind in _KINDS}
    plans = [(kind, 0) for kind, many in _KINDS.items() for _ in range(scenario.many(many))]
    plans += [
        (("burglary_home", "vehicle_of")[at % 2], int(rng.integers(3, 7)))
        for at in range(scenario.many(_RECRUITERS, 2))
    ]
    for at, (kind, recruits) in enumerate(plans):
        made = _series(
            crimes, methods, used, of_kind[kind], kind, recruits, rng, must_cross=at % 7 == 3, must_edge=at % 9 == 4
        )
        if made is not None:
            found.append(made)
    crimes, methods = _beyond(crimes, methods, found, rng)
    return crimes, methods, found


def truth_of(series: list[Series], refs: pl.Series, person_refs: pl.Series) -> pl.DataFrame:
    """A row a crime of a series: its series, kind, whether solved, crossing or at the edge, method, and who offended."""
    rows = []
    for number, one in enumerate(series, start=1):
        method = {f: words_of(f)[at] if at >= 0 else None for f, at in one.method.items()}
        people = [person_refs[p] for p in one.people]
        for crime in [*one.crimes.tolist(), *one.beyond]:
            rows.append(
                {
                    "series": f"series-{number:04d}", "crime_ref": refs[crime], "kind": one.kind, "is_solved": one.is_solved,
                    "is_crossing_units": one.is_crossing, "is_at_the_edge": one.is_at_the_edge,
                    "is_beyond_the_edge": crime in one.beyond, **method, "recruits": one.recruits,
                    "offenders": people[: one.offenders], "recruited": people[one.offenders :],
                }
            )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _series(
    crimes: Crimes, methods: Methods, used: npt.NDArray[np.bool_], own: Ints, kind: str, recruits: int, rng: np.random.Generator, *,
    must_cross: bool, must_edge: bool,
) -> Series | None:  # fmt: skip
    start = int(rng.integers(minute(FIRST) + 60 * DAY, minute(FIRST) + 1250 * DAY))
    length = int(rng.integers(14, 60)) * DAY if not recruits else int(rng.integers(150, 400)) * DAY
    size = int(rng.integers(4, 15)) if not recruits else recruits * int(rng.integers(2, 4))
    when = crimes.occurred[own]
    own = own[~used[own] & (when >= start) & (when < start + length)]
    if len(own) < 3:
        return None
    picked = np.sort(rng.choice(own, min(size, len(own)), replace=False))
    used[picked] = True
    is_edge = must_edge or rng.random() < _AT_THE_EDGE
    is_crossing = must_cross or rng.random() < _CROSSING
    area = _ground(len(picked), is_edge, is_crossing, rng)
    crimes.street[picked], crimes.house[picked] = streets_in(area, rng)
    method = method_of_a_series(kind, rng)
    if recruits:
        keys = {"burglary_home": ("target", "vehicle_keys"), "vehicle_of": ("entry_method", "keyless_relay")}
        feature, word = keys[kind]
        method[feature] = words_of(feature).index(word)
    for feature in FEATURES:
        keeps = rng.random(len(picked)) < _KEPT
        methods.at[feature][picked] = np.where(keeps, method[feature], methods.at[feature][picked])
    hour = int(rng.integers(0, 24))
    _at_its_hour(crimes, picked, hour, rng)
    units = np.array(land().units)[area]
    return Series(
        kind=kind, crimes=picked, offenders=1 if recruits else int(rng.choice([1, 1, 1, 2, 2, 3])),
        is_solved=bool(recruits) or rng.random() < _SOLVED, method=method, is_crossing=len(set(units)) > 1,
        is_at_the_edge=is_edge, hour=hour, recruits=recruits,
    )  # fmt: skip


def _ground(n: int, is_edge: bool, is_crossing: bool, rng: np.random.Generator) -> Ints:
    """The small areas of a series' crimes: near one another, or over two units, or along the force's edge."""
    here = land()
    centres = shapely.get_coordinates(shapely.centroid(here.shapes))
    anchor = int(rng.choice(here.edge if is_edge else np.arange(here.size)))
    distance = np.hypot(*(centres - centres[anchor]).T)
    reach = float(rng.uniform(4_000, 9_000) if is_crossing else rng.uniform(900, 2_200))
    weight = np.exp(-((distance / reach) ** 2))
    if not is_crossing:
        units = np.array(here.units)
        weight = np.where(units == units[anchor], weight, 0.0)
    area = rng.choice(here.size, n, p=weight / weight.sum())
    if is_crossing and len(set(np.array(here.units)[area])) == 1:  # one of them, at least, in another unit
        other = np.flatnonzero(np.array(here.units) != here.units[anchor])
        area[-1] = other[np.argmin(distance[other])]
    return np.asarray(area)


def _at_its_hour(crimes: Crimes, picked: Ints, hour: int, rng: np.random.Generator) -> None:
    """Two in three of a series' crimes at its hour, give or take; windows and reports are kept in order."""
    own = picked[rng.random(len(picked)) < 0.66]
    moved = crimes.occurred[own] // DAY * DAY + hour * 60 + rng.integers(-70, 70, len(own))
    fits = (moved < crimes.reported[own] - 10) & (moved > 0)
    own, moved = own[fits], moved[fits]
    half = np.maximum((crimes.committed_to[own] - crimes.committed_from[own]) // 2, 0)
    crimes.occurred[own] = moved
    crimes.committed_from[own] = moved - half
    crimes.committed_to[own] = np.minimum(moved + half, crimes.reported[own])


def _beyond(crimes: Crimes, methods: Methods, series: list[Series], rng: np.random.Generator) -> tuple[Crimes, Methods]:
    """For each series at the edge, one or two crimes more: committed beyond it, recorded here, and transferred."""
    here = land()
    copies: list[int] = []
    size = crimes.size
    for one in series:
        if one.is_at_the_edge:
            for _ in range(int(rng.integers(1, 3))):
                copies.append(int(rng.choice(one.crimes)))
                one.beyond.append(size + len(copies) - 1)
    if not copies:
        return crimes, methods
    order = np.concatenate([np.arange(size), np.array(copies)])
    crimes, methods = crimes.reordered(order), methods.reordered(order)
    new = np.arange(size, size + len(copies))
    shift = rng.integers(1, 4, len(copies)) * DAY
    for times in (crimes.recorded, crimes.reported, crimes.committed_from, crimes.committed_to, crimes.occurred):
        times[new] -= shift
    crimes.fate[new] = TRANSFERRED
    crimes.fate_at[new] = np.minimum(
        crimes.recorded[new] + rng.integers(1, 12, len(copies)) * DAY, minute(FIRST) + 1340 * DAY
    )
    crimes.reinstated_at[new] = crimes.recoded_at[new] = crimes.moved_from[new] = -1
    crimes.late[new] = False
    crimes.first_code[new] = crimes.code[new]
    east, north = here.points(crimes.street[new], crimes.house[new])
    outline = shapely.boundary(here.outline)
    for at, e, n in zip(new, east, north, strict=True):
        nearest = outline.interpolate(outline.project(shapely.Point(e, n)))
        away = np.array([nearest.x - e, nearest.y - n])
        away = away / max(float(np.hypot(*away)), 1.0)
        beyond = np.array([nearest.x, nearest.y]) + away * float(rng.uniform(300, 2_500))
        if here.outline.contains(shapely.Point(*beyond)):  # the edge is ragged: straight out from the middle, then
            middle = here.outline.centroid
            away = np.array([nearest.x - middle.x, nearest.y - middle.y])
            beyond = np.array([nearest.x, nearest.y]) + away / float(np.hypot(*away)) * 6_000
        crimes.east_moved[at], crimes.north_moved[at] = round(beyond[0] - e), round(beyond[1] - n)
    return crimes, methods
