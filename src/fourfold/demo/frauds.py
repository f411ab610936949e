"""Frauds: reports to the national centre by people and firms of Saltmere, with themes that no code tells.

Themes hide in the code for "none of the above" and in each other's; some begin in a known month. Some victims come back,
their names misspelt or shortened, moved house, married, or with their birth wrong or missing; and some people who are not
the same look as if they were. The truth says which.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.demo.crimes import streets_in
from fourfold.demo.geography import land
from fourfold.demo.investigations import Table
from fourfold.demo.names import firm_name
from fourfold.demo.people import People, drawn_people, misspelt, shortened
from fourfold.demo.scenario import DAY, FIRST, LAST, Floats, Ints, Scenario, chosen, clock, minute

Bools = npt.NDArray[np.bool_]

REPORTS_A_YEAR = 15_000
CYBER = ("none", "enabled", "dependent")
CHANNELS = ("phone", "text_message", "email", "letter", "in_person", "online", "social_media")
COUNTRIES = (
    "United Kingdom",
    "Nigeria",
    "India",
    "Ghana",
    "Ivory Coast",
    "Romania",
    "Hong Kong",
    "United States",
    "Cyprus",
    "Russia",
)
FIRM_KINDS = ("shop", "office", "warehouse", "pub", "building_site", "community", "school")

_COMING_BACK, _REPORTED_TWICE = 0.09, 0.015
MISSPELT, MOVED, NO_BIRTH, WRONG_BIRTH, NEW_SURNAME = 1, 2, 4, 8, 16
CHANGES = {
    MISSPELT: ("name misspelt or shortened", 0.27), MOVED: ("new address", 0.11), NO_BIRTH: ("birth missing", 0.085),
    WRONG_BIRTH: ("birth wrong", 0.055), NEW_SURNAME: ("surname changed", 0.055),
}  # fmt: skip
"""What is changed of those who come back, and for what share of them."""


_ALIKE = {"couple": 0.03, "shared house": 0.012, "namesakes": 0.016, "twins": 0.006, "parent and child": 0.004}
"""What share of people is made to look like another who is not the same, and how."""


@dataclass(frozen=True)
class Theme:
    """One theme: see `data/frauds.toml`."""

    name: str
    share: float
    begins: date | None
    grows: float
    codes: tuple[str, ...]
    code_weights: Floats
    ages: Floats
    pounds: float
    attempts: float
    firms: float
    channels: Mapping[str, float]
    cyber: str
    abroad: float
    frail: float


@dataclass(frozen=True)
class YearOfFraud:
    """What is planted for a calendar year: counts by code, of organisations, of persons by age, and mean losses in pence."""

    year: int
    reports: int
    codes: Mapping[str, int]
    organisations: int | None
    ages: Mapping[tuple[int, int], int]
    mean_of_persons: int | None
    mean_of_organisations: int | None
    abroad: float | None
    """The share of suspects abroad, of those whose country is given."""


@cache
def themes() -> tuple[Theme, ...]:
    """Every theme."""
    plain: dict[str, Any] = tomllib.loads((files("fourfold.demo") / "data" / "frauds.toml").read_text(encoding="utf-8"))
    return tuple(
        Theme(
            name=name, share=row["share"], begins=date.fromisoformat(f"{row['from']}-01") if "from" in row else None,
            grows=row["grows"], codes=tuple(f"NFIB{c}" for c in row["codes"]),
            code_weights=np.array(list(row["codes"].values()), dtype=float), ages=np.array(row["ages"], dtype=float),
            pounds=row["pounds"], attempts=row["attempts"], firms=row["firms"], channels=row["channels"], cyber=row["cyber"],
            abroad=row["abroad"], frail=row["frail"],
        )
        for name, row in plain.items()
    )  # fmt: skip


@cache
def codes() -> tuple[str, ...]:
    """Every code that a report of Saltmere's is recorded under."""
    return tuple(sorted({code for theme in themes() for code in theme.codes}))


@dataclass
class Frauds(Table):
    """Every report, in the order in which it was made; those of a person and of a firm are told apart by `is_firm`."""

    theme: Ints
    code: Ints
    reported: Ints
    is_firm: Bools
    victim: Ints
    """Who in truth it is: a number of `people`, or of a firm."""
    person: Ints
    """Whose details stand in the report: a number of `people`, or of a firm's entry."""
    changed: Ints
    """What of a person who comes back is changed: bits of CHANGES; of a firm, 1 where it trades under another name."""
    repeats: Ints
    """The report that this one makes a second time, days after; -1 for others."""
    age: Ints
    has_birth: Bools
    score: Ints
    """0 to 35; -1 where it was not asked."""
    parts: Ints
    """The five parts of the score: an array of five columns; -1 where they are not sent."""
    loss: Ints
    """In pence; -1 where it is not known."""
    told: Ints
    """The loss as the victim tells it: another where the record has a slip of the pen."""
    is_outlier: Bools
    known_repeat: Ints
    channel: Ints
    country: Ints
    frail: Bools
    level: Ints
    contacted: Ints
    listed: Ints
    """The day (a minute) on which the list that it came with was sent: a Monday."""


@dataclass
class FraudTown:
    """The reports, who made them, and which pairs of people are alike and not the same."""

    frauds: Frauds
    people: People
    firm_street: Ints
    firm_house: Ints
    firm_number: Ints
    alike: pl.DataFrame
    """Pairs of numbers of `people` that look the same and are not: one, other, how."""
    years: tuple[YearOfFraud, ...] = ()
    said: dict[str, Any] = field(default_factory=dict)

    def streets(self, some: Frauds) -> Ints:
        """The street that each of some reports gives."""
        firm = self.firm_street[np.where(some.is_firm, some.victim, 0)] if len(self.firm_street) else np.int64(0)
        return np.where(some.is_firm, firm, self.people.street[np.where(some.is_firm, 0, some.person)])

    def firm_names(self, firm: Ints, trading: Bools) -> pl.Series:
        """Names of firms, some as they trade."""
        found = []
        for number, street, is_trading in zip(self.firm_number[firm], self.firm_street[firm], trading, strict=True):
            name = firm_name(FIRM_KINDS[int(number) % len(FIRM_KINDS)], int(number) + int(street))
            legal = f"{name} Ltd"
            found.append(f"{name.split()[0]} {name.split()[-1]} Holdings t/a {name}" if is_trading else legal)
        return pl.Series(found, dtype=pl.String)


def reported_frauds(scenario: Scenario, years: tuple[YearOfFraud, ...] = ()) -> FraudTown:
    """Draw every report of fraud. With `years`, those calendar years have exactly what is planted in them."""
    rng = scenario.chance("frauds")
    theme, reported = _stream(scenario.scale if not years else 1.0, years, rng)
    n = len(theme)
    code = np.zeros(n, dtype=np.int64)
    is_firm = np.zeros(n, dtype=bool)
    for number, one in enumerate(themes()):
        own = np.flatnonzero(theme == number)
        index = np.array([codes().index(c) for c in one.codes])
        code[own] = index[chosen(one.code_weights, len(own), rng)]
        is_firm[own] = rng.random(len(own)) < one.firms
    for year in years:
        _to_year(year, theme, code, reported, is_firm, rng)
    source, repeats = _coming_back(theme, reported, is_firm, rng)
    town = _people(theme, reported, is_firm, source, repeats, rng)
    frauds = town.frauds
    frauds.code, frauds.repeats = np.where(repeats >= 0, code[np.maximum(repeats, 0)], code), repeats
    if years:
        frauds.code = code
    _details(frauds, town, rng)
    for year in years:
        _ages_of_year(year, frauds, town, rng)
        _losses_of_year(year, frauds)
        _countries_of_year(year, frauds, rng)
    _cared_for_nationally(frauds, rng)
    return replace(town, years=years)


def _stream(scale: float, years: tuple[YearOfFraud, ...], rng: np.random.Generator) -> tuple[Ints, Ints]:
    """The theme and the time of each report, in the order of time."""
    months = [date(2019 + m // 12, m % 12 + 1, 1) for m in range(3, 47)]
    season = np.array([1.04, 0.98, 1.0, 0.97, 0.97, 0.96, 0.97, 0.98, 1.0, 1.03, 1.08, 1.04])
    level = np.interp(np.arange(len(months)), [0, 9, 14, 24, 32, 43], [0.86, 0.9, 1.0, 1.08, 1.02, 1.04])
    themes_at, times = [], []
    planted = {y.year: y.reports for y in years}
    for at, month in enumerate(months):
        share = np.array([_share(t, month) for t in themes()])
        following = months[at + 1] if at + 1 < len(months) else LAST + timedelta(days=1)
        expected = REPORTS_A_YEAR / 12 * scale * level[at] * season[month.month - 1] * rng.gamma(500, 1 / 500)
        n = int(rng.poisson(expected))
        start, end = minute(month), minute(following)
        day = (start + rng.random(n) * (end - start)).astype(np.int64) // DAY * DAY
        hour = chosen([1, 1, 1, 1, 1, 1, 2, 3, 6, 9, 10, 10, 9, 9, 9, 9, 9, 8, 7, 7, 6, 5, 4, 2], n, rng)
        themes_at.append(chosen(share, n, rng))
        times.append(day + hour * 60 + rng.integers(0, 60, n))
    theme, reported = np.concatenate(themes_at), np.concatenate(times)
    for year, n in planted.items():  # to the number planted, by leaving some out or taking some twice
        inside = np.flatnonzero((reported >= minute(date(year, 1, 1))) & (reported < minute(date(year + 1, 1, 1))))
        picked = rng.choice(inside, n, replace=n > len(inside)) if n <= len(inside) else np.concatenate(
            [inside, rng.choice(inside, n - len(inside))]
        )  # fmt: skip
        outside = np.setdiff1d(np.arange(len(theme)), inside)
        keep = np.concatenate([outside, picked])
        theme, reported = theme[keep], reported[keep]
    order = np.argsort(reported, kind="stable")
    return theme[order], clock(reported[order])


def _share(theme: Theme, month: date) -> float:
    """A theme's share in a month: none before it begins, then growing or fading."""
    if theme.begins is not None and month < theme.begins:
        return 0.0
    since = theme.begins or date(2020, 1, 1)
    span = max((LAST - since).days, 60)
    along = min(max((month - since).days / span, 0.0), 1.0)
    ramp = 0.45 if theme.begins is not None and (month - theme.begins).days < 40 else 1.0
    return float(theme.share * theme.grows**along * ramp)


def _to_year(
    year: YearOfFraud, theme: Ints, code: Ints, reported: Ints, is_firm: Bools, rng: np.random.Generator
) -> None:
    """Codes and organisations of a calendar year to the counts planted; a recoded report takes a theme of that code."""
    inside = (reported >= minute(date(year.year, 1, 1))) & (reported < minute(date(year.year + 1, 1, 1)))
    planted = [codes().index(c) for c in year.codes]
    for name, n in year.codes.items():
        number = codes().index(name)
        held = np.flatnonzero(inside & (code == number))
        if len(held) > n:
            moved = rng.choice(held, len(held) - n, replace=False)
            code[moved] = codes().index("NFIB3A")
            theme[moved] = _theme_number("online_shopping")
        else:
            free = np.flatnonzero(inside & ~np.isin(code, planted) & np.isin(theme, [0, 1, 2]))
            moved = rng.choice(free, n - len(held), replace=False)
            code[moved] = number
            theme[moved] = next(
                at for at, t in enumerate(themes()) if name in t.codes and t.code_weights[t.codes.index(name)] >= 9
            )
    if year.organisations is None:
        return
    firms = np.flatnonzero(inside & is_firm)
    if len(firms) > year.organisations:
        is_firm[rng.choice(firms, len(firms) - year.organisations, replace=False)] = False
    else:
        could = np.flatnonzero(
            inside & ~is_firm & np.isin(theme, [_theme_number("unclear_or_other"), _theme_number("online_shopping")])
        )
        is_firm[rng.choice(could, year.organisations - len(firms), replace=False)] = True


def _theme_number(name: str) -> int:
    return next(at for at, t in enumerate(themes()) if t.name == name)


def _coming_back(theme: Ints, reported: Ints, is_firm: Bools, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """For each report the first of the same victim (itself for most), and the report that it makes a second time."""
    n = len(theme)
    source = np.arange(n)
    repeats = np.full(n, -1, dtype=np.int64)
    again = rng.random(n) < np.where(theme == _theme_number("recovery_room"), 0.85, _COMING_BACK)
    lured = np.isin(theme, [_theme_number("investment_crypto"), _theme_number("romance"), _theme_number("boiler_room")])
    twice = ~again & (rng.random(n) < _REPORTED_TWICE)
    for firm in (False, True):
        own = np.flatnonzero(is_firm == firm)
        position = np.full(n, -1)
        position[own] = np.arange(len(own))
        for at in own[again[own] | twice[own]]:
            here = position[at]
            if twice[at]:
                window = own[max(0, here - 40) : here]
                window = window[(reported[at] - reported[window] < 6 * DAY) & (repeats[window] < 0)]
                if len(window):
                    repeats[at] = source[at] = window[rng.integers(0, len(window))]
                    theme[at] = theme[repeats[at]]
                continue
            before = own[:here]
            if theme[at] == _theme_number("recovery_room"):
                before = before[lured[before]]
            if len(before):
                source[at] = before[int(len(before) * rng.random() ** 0.6)]
    while True:
        further = source[source]
        if (further == source).all():
            return source, repeats
        source = further


def _people(
    theme: Ints, reported: Ints, is_firm: Bools, source: Ints, repeats: Ints, rng: np.random.Generator
) -> FraudTown:
    """Victims with their homes, and the details under which each report has them."""
    n = len(theme)
    new = np.flatnonzero((source == np.arange(n)) & ~is_firm)
    street, house = streets_in(chosen(land().residents, len(new), rng), rng)
    low, high, a, b = (np.array([t.ages[at] for t in themes()])[theme[new]] for at in range(4))
    people = drawn_people(
        low + (high - low) * rng.beta(a, b), reported[new], street, house, rng.random(len(new)) < 0.48, rng
    )
    alike = _made_alike(people, rng)
    victim = np.full(n, -1, dtype=np.int64)
    victim[new] = np.arange(len(new))
    firms = np.flatnonzero((source == np.arange(n)) & is_firm)
    victim[firms] = np.arange(len(firms))
    victim = victim[source]
    person = victim.copy()
    changed = np.zeros(n, dtype=np.int64)
    back = np.flatnonzero((source != np.arange(n)) & ~is_firm & (repeats < 0))
    for bit, (_, share) in CHANGES.items():
        changed[rng.permutation(back)[: int(np.ceil(share * len(back)))]] |= bit
    again = np.flatnonzero((source != np.arange(n)) & is_firm)
    changed[again[rng.random(len(again)) < 0.3]] = 1
    person[back] = _entered_anew(people, victim[back], changed[back], rng)
    none = np.full(n, -1, dtype=np.int64)
    firm_street, firm_house = streets_in(chosen(land().residents, len(firms), rng), rng)
    frauds = Frauds(
        theme=theme, code=none.copy(), reported=reported, is_firm=is_firm, victim=victim, person=person, changed=changed,
        repeats=repeats, age=none.copy(), has_birth=np.zeros(n, dtype=bool), score=none.copy(), parts=np.full((n, 5), -1),
        loss=none.copy(), told=none.copy(), is_outlier=np.zeros(n, dtype=bool), known_repeat=none.copy(),
        channel=none.copy(), country=none.copy(),
        frail=np.zeros(n, dtype=bool), level=none.copy(), contacted=none.copy(), listed=none.copy(),
    )  # fmt: skip
    return FraudTown(frauds, people, firm_street, firm_house, rng.integers(0, 9_000, len(firms)), alike)


def _made_alike(people: People, rng: np.random.Generator) -> pl.DataFrame:
    """People made to look like others: couples, shared houses, twins, namesakes, and father and son."""
    n = people.size
    pairs: list[tuple[int, int, str]] = []
    order = rng.permutation(n)
    start = 0
    for how, share in (
        ("couple", 0.03),
        ("shared house", 0.012),
        ("namesakes", 0.016),
        ("twins", 0.006),
        ("parent and child", 0.004),
    ):
        many = max(int(n * share), 2) if n > 60 else 0
        one, other = order[start : start + many], order[start + many : start + 2 * many]
        start += 2 * many
        if how != "namesakes":
            people.street[other], people.house[other] = people.street[one], people.house[one]
        if how != "shared house":
            people.group[other], people.surname[other] = people.group[one], people.surname[one]
        if how in ("couple", "twins"):
            people.is_male[other] = ~people.is_male[one] if how == "couple" else people.is_male[one]
            people.forename[other] = (people.forename[one] * 7 + 3) % 10
            same = (people.forename[other] == people.forename[one]) & (how == "twins")
            people.forename[other] = np.where(same, people.forename[other] + 1, people.forename[other])
        if how in ("namesakes", "parent and child"):
            people.is_male[other], people.forename[other] = people.is_male[one], people.forename[one]
        years = {"twins": 0.0, "parent and child": 27.0, "namesakes": 0.6}.get(how)
        if years is not None:
            people.born[other] = people.born[one] + round(365.25 * years)
        pairs += [(int(a), int(b), how) for a, b in zip(one, other, strict=True)]
    return pl.DataFrame(pairs, schema={"one": pl.Int64, "other": pl.Int64, "how": pl.String}, orient="row")


def _entered_anew(people: People, whom: Ints, changed: Ints, rng: np.random.Generator) -> Ints:
    """People who come back, under the details that they give now."""
    numbers = people.copied(whom)
    moved = np.flatnonzero(changed & MOVED)
    street, house = streets_in(chosen(land().residents, len(moved), rng), rng)
    people.street[numbers[moved]], people.house[numbers[moved]] = street, house
    wrong = np.flatnonzero(changed & WRONG_BIRTH)
    slip = np.array([1, -1, 10, -10, 30, 31, 365, -365, 3653])[rng.integers(0, 9, len(wrong))]
    people.born[numbers[wrong]] += slip
    married = np.flatnonzero(changed & NEW_SURNAME)
    people.surname[numbers[married]] = (people.surname[numbers[married]] * 13 + 5) % 20
    forenames, surnames = people.forenames(numbers).to_list(), people.surnames(numbers).to_list()
    for at in np.flatnonzero(changed & MISSPELT):
        if rng.random() < 0.55:
            people.spelt[int(numbers[at])] = (forenames[at], misspelt(surnames[at], rng))
        elif rng.random() < 0.5:
            people.spelt[int(numbers[at])] = (misspelt(forenames[at], rng), surnames[at])
        else:
            people.spelt[int(numbers[at])] = (shortened(forenames[at]), surnames[at])
    return numbers


def _details(frauds: Frauds, town: FraudTown, rng: np.random.Generator) -> None:
    """Age, score, loss, channel and country of each report."""
    n = len(frauds.theme)
    persons = np.flatnonzero(~frauds.is_firm)
    age = town.people.ages(frauds.victim[persons], frauds.reported[persons]).clip(10, 105)
    frauds.age[persons] = np.where(rng.random(len(persons)) < 0.95, age, -1)
    frauds.has_birth = ~frauds.is_firm & (rng.random(n) < 0.94) & ((frauds.changed & NO_BIRTH) == 0)
    for number, one in enumerate(themes()):
        own = np.flatnonzero(frauds.theme == number)
        tried = rng.random(len(own)) < one.attempts
        pounds = one.pounds * rng.lognormal(0, 1.25, len(own)) * np.where(frauds.is_firm[own], 2.2, 1.0)
        pence = (np.where(rng.random(len(own)) < 0.7, np.ceil(pounds / 10) * 10, pounds) * 100).astype(np.int64)
        frauds.loss[own] = np.where(tried, 0, pence)
        frauds.channel[own] = np.array([CHANNELS.index(c) for c in one.channels])[
            chosen(list(one.channels.values()), len(own), rng)
        ]
        abroad = rng.random(len(own)) < one.abroad
        frauds.country[own] = np.where(abroad, 1 + chosen([3, 3, 2, 2, 2, 1, 2, 1, 1], len(own), rng), 0)
        frauds.frail[own] = ~frauds.is_firm[own] & (rng.random(len(own)) < one.frail)
    frauds.country = np.where(rng.random(n) < 0.5, frauds.country, -1)
    frauds.loss = np.where(rng.random(n) < 0.09, -1, frauds.loss)
    first = np.flatnonzero(frauds.repeats >= 0)
    frauds.loss[first] = frauds.loss[frauds.repeats[first]]
    frauds.told = frauds.loss.copy()
    lost = np.flatnonzero(frauds.loss > 0)
    slips = lost[rng.random(len(lost)) < 0.0012]
    frauds.is_outlier[slips] = True
    frauds.loss[slips] *= rng.choice([100, 1_000], len(slips))
    came_back = frauds.person != frauds.victim
    frauds.known_repeat = np.where(rng.random(n) < 0.3, -1, np.where(came_back & (rng.random(n) < 0.5), 1, 0))
    _scores(frauds, rng)


def _scores(frauds: Frauds, rng: np.random.Generator) -> None:
    """The score from 0 to 35 of five questions, higher for the old, the frail and those who lost much; often not asked."""
    n = len(frauds.theme)
    base = (
        1.1
        + 1.5 * frauds.frail
        + 0.5 * (frauds.age >= 75)
        + 0.35 * np.log10(np.maximum(frauds.loss, 100) / 10_000).clip(0, 3)
    )
    parts = np.minimum(rng.poisson(np.repeat(base[:, None], 5, axis=1) * rng.gamma(4, 0.25, (n, 1))), 7)
    asked = ~frauds.is_firm & (rng.random(n) < 0.68)
    frauds.score = np.where(asked, parts.sum(axis=1), -1)
    sent = asked & (rng.random(n) < 0.4)
    frauds.parts = np.where(sent[:, None], parts, -1)


def _ages_of_year(year: YearOfFraud, frauds: Frauds, town: FraudTown, rng: np.random.Generator) -> None:
    """Persons of a calendar year moved between the bands of age until each band planted holds its number."""
    inside = (frauds.reported >= minute(date(year.year, 1, 1))) & (frauds.reported < minute(date(year.year + 1, 1, 1)))
    bands = np.array(list(year.ages), dtype=np.int64)
    once = (
        np.bincount(frauds.victim[~frauds.is_firm], minlength=town.people.size) == 1
    )  # those with other reports keep their age
    movable = np.flatnonzero(inside & ~frauds.is_firm & (frauds.age >= 0) & once[np.maximum(frauds.victim, 0)])
    known = np.flatnonzero(inside & (frauds.age >= 0))
    band_of = np.full(len(frauds.age), -1)
    for number, (low, high) in enumerate(bands):
        band_of[known[(frauds.age[known] >= low) & (frauds.age[known] <= high)]] = number
    for number, n in enumerate(year.ages.values()):
        held = movable[band_of[movable] == number]
        surplus = int((band_of == number).sum()) - n
        if surplus > 0:
            moved = rng.choice(held, surplus, replace=False)
            _aged(frauds, town, moved, rng.integers(22, 31, surplus))
            band_of[moved] = -1
        elif surplus < 0:
            free = movable[band_of[movable] == -1]
            moved = rng.choice(free, -surplus, replace=False)
            low, high = bands[number]
            _aged(frauds, town, moved, rng.integers(low, high + 1, -surplus))
            band_of[moved] = number


def _aged(frauds: Frauds, town: FraudTown, which: Ints, age: Ints) -> None:
    frauds.age[which] = age
    born = frauds.reported[which] // DAY - (age * 365.2425 + 180).astype(np.int64)
    town.people.born[frauds.victim[which]] = town.people.born[frauds.person[which]] = born


def _losses_of_year(year: YearOfFraud, frauds: Frauds) -> None:
    """The known losses of a calendar year brought to the mean planted, to the penny; what is over stands on a few."""
    inside = (frauds.reported >= minute(date(year.year, 1, 1))) & (frauds.reported < minute(date(year.year + 1, 1, 1)))
    for firm, mean in ((False, year.mean_of_persons), (True, year.mean_of_organisations)):
        own = np.flatnonzero(inside & (frauds.is_firm == firm) & (frauds.loss >= 0))
        if mean is None:
            continue
        frauds.loss[own] = np.where(frauds.is_outlier[own], frauds.loss[own] // 1_000, frauds.loss[own])
        frauds.is_outlier[own] = False
        wanted = mean * len(own)
        over = wanted - int(frauds.loss[own].sum())
        largest = own[np.argsort(-frauds.loss[own], kind="stable")]
        if over < 0:  # all losses shrunk alike, and the pence put right on the largest
            frauds.loss[own] = frauds.loss[own] * wanted // int(frauds.loss[own].sum())
            frauds.loss[largest[0]] += wanted - int(frauds.loss[own].sum())
            continue
        few = largest[: max(len(own) // 1_500, 3)]
        shares = np.array([2.0 ** -(at % 6) for at in range(len(few))])
        added = (shares / shares.sum() * over).astype(np.int64)
        frauds.loss[few] += added
        frauds.loss[few[0]] += over - int(added.sum())
        frauds.is_outlier[few] = True


def _countries_of_year(year: YearOfFraud, frauds: Frauds, rng: np.random.Generator) -> None:
    """Countries of suspects, where they are given, to the share abroad that is planted."""
    if year.abroad is None:
        return
    inside = (frauds.reported >= minute(date(year.year, 1, 1))) & (frauds.reported < minute(date(year.year + 1, 1, 1)))
    known = np.flatnonzero(inside & (frauds.country >= 0))
    order = rng.permutation(known)
    order = order[
        np.argsort(frauds.country[order] == 0, kind="stable")
    ]  # those abroad already stay so as far as may be
    cut = round(year.abroad * len(known))
    frauds.country[order[:cut]] = np.maximum(frauds.country[order[:cut]], 1)
    frauds.country[order[cut:]] = 0


def _cared_for_nationally(frauds: Frauds, rng: np.random.Generator) -> None:
    """What the national unit did, and with which week's list the report came."""
    n = len(frauds.theme)
    second = (frauds.score >= 12) | frauds.frail
    frauds.level = np.where(rng.random(n) < 0.3, -1, np.where(second & (rng.random(n) < 0.6), 2, 1))
    frauds.level = np.where(frauds.is_firm, np.minimum(frauds.level, 1), frauds.level)
    reached = (frauds.level > 0) & (rng.random(n) < 0.55)
    frauds.contacted = np.where(reached, frauds.reported + rng.integers(1, 12, n) * DAY, -1)
    week = frauds.reported // DAY - (frauds.reported // DAY + 4) % 7  # the epoch is a Friday
    late = np.where(rng.random(n) < 0.02, 7 * rng.integers(1, 4, n), 0)
    frauds.listed = (week + 7 + late) * DAY


def first_week() -> date:
    """The Monday of the first week."""
    return FIRST - timedelta(days=FIRST.weekday())
