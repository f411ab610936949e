"""Texts: what officers and victims wrote, each told with the details of its own crime or report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.demo.crimes import Crimes, habit_number, habits, place_names, volumes
from fourfold.demo.frauds import FraudTown, themes
from fourfold.demo.geography import land
from fourfold.demo.investigations import Ownership
from fourfold.demo.methods import Methods
from fourfold.demo.narratives import fraud_text, method_text
from fourfold.demo.people import FIRM, Cast
from fourfold.demo.scenario import DAY, Ints, Scenario, chosen, days, minute

_AT_ONCE = 100_000
_UNWRITTEN = 0.1
"""The share of crimes of which no method was written."""
_KINDS = {
    "burglary_home": "burglary_residential", "burglary_business": "burglary_business", "robbery": "robbery_person",
    "theft_person": "theft_person", "vehicle_of": "theft_of_vehicle", "vehicle_from": "theft_from_vehicle",
    "shoplifting": "shoplifting", "bicycle": "bike_theft", "violence_injury": "assault_other", "violence_other": "assault_other",
    "harassment": "harassment", "sexual": "restricted", "damage": "criminal_damage", "drugs": "drugs",
    "public_order": "public_order", "weapons": "weapon", "other_theft": "theft_other", "other": "other",
}  # fmt: skip
_AT_SHOP = ("assault_shop_theft", "assault_shop_age_restricted", "assault_shop_refund_or_service", "assault_shop_other")
_COVID_RULES = minute(date(2020, 5, 1)), minute(date(2021, 7, 19))


def method_texts(
    crimes: Crimes, methods: Methods, cast: Cast, ownership: Ownership, scenario: Scenario
) -> tuple[pl.Series, npt.NDArray[np.object_]]:
    """How each crime was done, as an officer wrote it (null where nobody did), and the kind of account of each."""
    rng = scenario.chance("texts")
    kinds = _kinds(crimes, methods, cast, rng)
    officer = np.zeros(crimes.size, dtype=np.int64)
    officer[ownership.crime[::-1]] = ownership.officer[::-1]
    written: list[str] = []
    for start in range(0, crimes.size, _AT_ONCE):
        which = np.arange(start, min(start + _AT_ONCE, crimes.size))
        details = _details(crimes, methods, cast, officer, which)
        written += method_text(kinds[which].tolist(), details, scenario.seed * 1_000_003 + start)
    texts = pl.Series("method_text", written, dtype=pl.String)
    return texts.set(pl.Series(rng.random(crimes.size) < _UNWRITTEN), None), kinds


def fraud_texts(town: FraudTown, scenario: Scenario) -> pl.Series:
    """What each victim of fraud told."""
    frauds, people = town.frauds, town.people
    written: list[str] = []
    names = np.array([t.name for t in themes()], dtype=object)
    wards = land().small["ward24_name"]
    for start in range(0, len(frauds.theme), _AT_ONCE):
        f = frauds.only(np.arange(start, min(start + _AT_ONCE, len(frauds.theme))))
        who = np.where(f.is_firm, 0, f.person)
        street = town.streets(f)
        details = {
            "place": wards.gather(land().streets.area[street]).to_list(),
            "age": [None if a < 0 or firm else a for a, firm in zip(f.age.tolist(), f.is_firm.tolist(), strict=True)],
            "sex": _sex(people.is_male[who], ~f.is_firm),
            "victim": np.where(f.is_firm, "organisation", "person").tolist(),
            "vulnerable": f.frail.tolist(),
            "loss_pounds": [None if p < 0 else p / 100 for p in f.told.tolist()],
            "date": days(f.reported - DAY * (1 + f.victim % 4)).to_list(),
        }
        written += fraud_text(names[f.theme].tolist(), details, scenario.seed * 1_000_003 + start)
    return pl.Series("narrative", written, dtype=pl.String)


def _kinds(crimes: Crimes, methods: Methods, cast: Cast, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """The kind of account of each crime: by its kind, its code, its method and what it was in truth."""
    by_habit = np.array([_KINDS[h.name] for h in habits()], dtype=object)
    found = by_habit[crimes.kind]
    codes = np.array(volumes()[0])[crimes.code]

    def with_method(feature: str, word: str) -> npt.NDArray[np.bool_]:
        return np.asarray(methods.at[feature] == methods.words[feature].index(word))

    home = crimes.kind == habit_number("burglary_home")
    found[home & with_method("entry_point", "garage")] = "burglary_shed"
    found[home & (with_method("entry_method", "distraction") | np.isin(codes, ["28G", "28H"]))] = "burglary_distraction"
    found[home & with_method("target", "vehicle_keys")] = "burglary_car_key"
    found[(crimes.kind == habit_number("vehicle_of")) & with_method("entry_method", "keyless_relay")] = (
        "theft_of_vehicle_keyless"
    )
    found[codes == "34A"] = "robbery_business"
    found[np.isin(codes, ["56A", "56B"])] = "arson"
    found[codes == "54"] = "handling"
    petrol = crimes.place == place_names().index("petrol_station")
    found[petrol & (crimes.kind == habit_number("other_theft"))] = "making_off"
    found[cast.is_hate] = "hate"
    found[cast.is_domestic & (crimes.kind != habit_number("sexual"))] = "domestic"
    worker = np.flatnonzero(cast.is_shop_worker)
    kinds = np.array(_AT_SHOP, dtype=object)[chosen([46, 16, 18, 20], len(worker), rng)]
    covid = (crimes.occurred[worker] >= _COVID_RULES[0]) & (crimes.occurred[worker] < _COVID_RULES[1])
    found[worker] = np.where(covid & (rng.random(len(worker)) < 0.4), "assault_shop_covid_rules", kinds)
    return found


def _details(crimes: Crimes, methods: Methods, cast: Cast, officer: Ints, which: Ints) -> Mapping[str, list[object]]:
    """The details with which the accounts of some crimes are told."""
    own = crimes.reordered(which)
    victim = cast.victim[which]
    is_person = (victim >= 0) & (victim < FIRM)
    who = np.where(is_person, victim, 0)
    age = cast.people.ages(who, own.reported)
    firm = np.where(victim >= FIRM, victim, FIRM)
    names = cast.firms.names(firm).to_list() if len(cast.firms.street) else [None] * len(which)

    def of_method(feature: str) -> list[object]:
        words = methods.words[feature]
        return [None if w < 0 else words[w].replace("_", " ") for w in methods.at[feature][which].tolist()]

    return {
        "place": land().small["ward24_name"].gather(land().streets.area[own.street]).to_list(),
        "age": [int(a) if p and a >= 0 else None for a, p in zip(age.tolist(), is_person.tolist(), strict=True)],
        "sex": _sex(cast.people.is_male[who], is_person),
        "victim": np.where(victim >= FIRM, "organisation", "person").tolist(),
        "date": days(own.committed_from).to_list(), "date_to": days(own.committed_to).to_list(),
        "minute": (own.committed_from % DAY).tolist(), "minute_to": (own.committed_to % DAY).tolist(),
        "shop_name": [n if f else None for n, f in zip(names, (victim >= FIRM).tolist(), strict=True)],
        "location": np.array(place_names(), dtype=object)[own.place].tolist(),
        "offence": np.array([h.name for h in habits()], dtype=object)[own.kind].tolist(),
        "entry": of_method("entry_point"), "officer": officer[which].tolist(),
    }  # fmt: skip


def _sex(is_male: npt.NDArray[np.bool_], is_person: npt.NDArray[np.bool_]) -> list[object]:
    return [
        ("M" if male else "F") if person else None
        for male, person in zip(is_male.tolist(), is_person.tolist(), strict=True)
    ]
