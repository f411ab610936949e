"""Near repeats: crimes that follow another soon after and close by, planted in the stream of crimes.

No crime is added: some crimes of the stream are moved beside one of the same kind that came some days before, to the same
house, a house or four along its street, or a street nearby. Followers may themselves be followed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fourfold.demo.crimes import Crimes, habit_number, streets_in
from fourfold.demo.geography import land
from fourfold.demo.scenario import DAY, Ints, chosen

_SHARE = {"burglary_home": 0.14, "vehicle_from": 0.05, "vehicle_of": 0.04}
"""The share of each kind's crimes that follow another."""
_DAYS = 9.0
"""The mean of days between the two; none lie more than six weeks apart."""
_LONGEST = 42
SAME_HOUSE, SAME_STREET, NEARBY = 0, 1, 2
HOW = ("same house", "same street", "nearby street")
_NEARBY = 250.0


@dataclass(frozen=True)
class NearRepeats:
    """Pairs of crimes (indices of the stream as it then stood): a follower and the one that it follows."""

    follower: Ints
    origin: Ints
    how: Ints


def planted_near_repeats(crimes: Crimes, rng: np.random.Generator) -> NearRepeats:
    """Move some crimes beside earlier ones, and say which."""
    follower, origin = _pairs(crimes, rng)
    how = chosen([0.22, 0.45, 0.33], len(follower), rng)
    at = np.full(crimes.size, -1)
    at[follower] = np.arange(len(follower))
    depth = np.zeros(len(follower), dtype=np.int64)
    before = at[origin]
    while (before >= 0).any():  # one that follows a follower is moved after it
        depth[before >= 0] += 1
        before = np.where(before >= 0, at[origin[np.maximum(before, 0)]], -1)
    for level in range(int(depth.max(initial=-1)) + 1):
        _moved(crimes, follower, origin, how, np.flatnonzero(depth == level), rng)
    return NearRepeats(follower, origin, how)


def truth_of(pairs: NearRepeats, crimes: Crimes, refs: pl.Series) -> pl.DataFrame:
    """Each pair by reference, with how far they lie apart; crimes are those of the end, and pairs index them."""
    east, north = crimes.east, crimes.north
    return pl.DataFrame(
        {
            "crime_ref": refs.gather(pairs.follower), "follows": refs.gather(pairs.origin),
            "how": pl.Series([HOW[h] for h in pairs.how], dtype=pl.String),
            "metres": np.hypot(
                east[pairs.follower] - east[pairs.origin], north[pairs.follower] - north[pairs.origin]
            ).round(1),
            "days": ((crimes.occurred[pairs.follower] - crimes.occurred[pairs.origin]) / DAY).round(2),
        }
    )  # fmt: skip


def _pairs(crimes: Crimes, rng: np.random.Generator) -> tuple[Ints, Ints]:
    followers, origins = [], []
    for name, share in _SHARE.items():
        own = np.flatnonzero((crimes.kind == habit_number(name)) & crimes.counts)
        own = own[np.argsort(crimes.occurred[own], kind="stable")]
        times = crimes.occurred[own]
        picked = np.flatnonzero(rng.random(len(own)) < share)
        lag = np.minimum(rng.exponential(_DAYS * DAY, len(picked)), 40 * DAY) + 60
        before = np.searchsorted(times, times[picked] - lag, side="right") - 1
        fits = (before >= 0) & (times[picked] - times[np.maximum(before, 0)] <= _LONGEST * DAY)
        followers.append(own[picked[fits]])
        origins.append(own[before[fits]])
    return np.concatenate(followers), np.concatenate(origins)


def _moved(crimes: Crimes, follower: Ints, origin: Ints, how: Ints, these: Ints, rng: np.random.Generator) -> None:
    """Set street and house of the followers of one level."""
    at = land().streets
    to, own = origin[these], follower[these]
    street, house = crimes.street[to], crimes.house[to]
    step = rng.integers(1, 5, len(these)) * rng.choice([-1, 1], len(these))
    along = np.clip(house + step, 0, at.houses[street] - 1)
    other = street.copy()
    nearest = np.full(len(these), np.inf)
    for _ in range(6):  # of some streets of the same small area, the nearest
        tried, _ = streets_in(at.area[street], rng)
        distance = np.hypot(at.east[tried] - at.east[street], at.north[tried] - at.north[street])
        closer = (distance < nearest) & (tried != street)
        other, nearest = np.where(closer, tried, other), np.where(closer, distance, nearest)
    far = nearest > _NEARBY
    how[these] = np.where((how[these] == NEARBY) & far, SAME_STREET, how[these])
    how[these] = np.where((how[these] == SAME_STREET) & (along == house), SAME_HOUSE, how[these])
    is_nearby = how[these] == NEARBY
    crimes.street[own] = np.where(is_nearby, other, street)
    other_house = (rng.random(len(these)) * np.minimum(at.houses[other], 10)).astype(np.int64)
    crimes.house[own] = np.where(is_nearby, other_house, np.where(how[these] == SAME_STREET, along, house))
