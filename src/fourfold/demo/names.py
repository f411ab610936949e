"""Names in Saltmere: its places, called after the shore so that none is taken for a real one, its people and its firms."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from fourfold.demo.scenario import Floats

_FIRST = (
    "Barnacle", "Brine", "Cockle", "Curlew", "Cuttle", "Driftwood", "Dunlin", "Ebb", "Eelgrass", "Fulmar", "Gannet",
    "Groyne", "Guillemot", "Halyard", "Kelp", "Kittiwake", "Limpet", "Mackerel", "Marram", "Mussel", "Oarweed", "Osprey",
    "Petrel", "Plover", "Puffin", "Razorbill", "Samphire", "Sandpiper", "Scallop", "Shearwater", "Shingle", "Skerry",
    "Spindrift", "Sprat", "Starfish", "Tern", "Thrift", "Tiller", "Turnstone", "Urchin", "Whelk", "Whimbrel", "Winkle",
    "Wrack",
)  # fmt: skip
_LAST = ("Green", "Heath", "Cross", "End", "Hill", "Park", "Quay", "Vale", "Wharf", "Fields")
_WAYS = (
    "Road", "Street", "Lane", "Avenue", "Close", "Drive", "Grove", "Crescent", "Rise", "Walk", "Way", "Gardens", "Court",
    "Place", "Terrace", "Mews",
)  # fmt: skip


def ward_names(n: int) -> list[str]:
    """So many different names of wards, always the same ones in the same order."""
    every = [f"{first} {last}" for last in _LAST for first in _FIRST]
    return [every[at * 7 % len(every)] for at in range(n)]


def street_names() -> list[str]:
    """Names of streets: some seven hundred, each to be met in many wards."""
    return [f"{first} {way}" for way in _WAYS for first in _FIRST]


@dataclass(frozen=True)
class NameGroup:
    """Names that go together: residents' share, surnames (commoner first), forenames by sex, ethnicities with weights."""

    share: float
    surnames: tuple[str, ...]
    female: tuple[str, ...]
    male: tuple[str, ...]
    ethnicities: tuple[str, ...]
    ethnicity_weights: tuple[float, ...]


@cache
def name_groups() -> tuple[NameGroup, ...]:
    """The groups of people's names. Surnames beyond those written are made of two parts each, and rarer."""
    plain = tomllib.loads((files("fourfold.demo") / "data" / "people_names.toml").read_text(encoding="utf-8"))
    made = tuple(first + last for last in _ENDINGS for first in _BEGINNINGS)
    return tuple(
        NameGroup(
            share=float(row["share"]), surnames=(*row["surnames"].split(), *(made if at == 0 else ())),
            female=tuple(row["female"].split()), male=tuple(row["male"].split()),
            ethnicities=tuple(row["ethnicity"]), ethnicity_weights=tuple(map(float, row["ethnicity"].values())),
        )
        for at, row in enumerate(plain.values())
    )  # fmt: skip


def commonness(n: int) -> Floats:
    """How common each of so many names is: the first some 1.5 in a hundred, the last of a thousand 3 in ten thousand."""
    return np.asarray(1.0 / (np.arange(n) + 8.0) ** 0.85)


def firm_name(kind: str, number: int) -> str:
    """The name of a firm or body of a kind of place, made of the shore and a trade; the same number, the same name."""
    trades = _TRADES.get(kind, ("Services",))
    first = _FIRST[number % len(_FIRST)]
    trade = trades[number // len(_FIRST) % len(trades)]
    family = _BEGINNINGS[number * 7 % len(_BEGINNINGS)]
    return (f"{first} {trade}", f"{family}'s {trade}", f"{first} and {family} {trade}")[number % 3]


_BEGINNINGS = (
    "Alder", "Ash", "Bar", "Beck", "Birch", "Black", "Bram", "Brock", "Burn", "Cald", "Clay", "Cran", "Dart", "Dun", "Elm",
    "Fair", "Fen", "Garth", "Glen", "Hart", "Hazel", "Heath", "Holm", "Hurst", "Kel", "Kirk", "Lang", "Marl", "Mere", "Nether",
    "Oak", "Pen", "Raven", "Rush", "Sedge", "Shaw", "Stan", "Thorn", "Wind", "Wool",
)  # fmt: skip
_ENDINGS = (
    "wick", "combe", "shott", "more", "thorpe", "grave", "stead", "well", "mere", "bourne", "croft", "den", "field", "gate",
    "worth", "hythe", "lock", "man", "sett", "ward",
)  # fmt: skip
_TRADES = {
    "shop": ("Stores", "Mini Market", "Food and Wine", "Pharmacy", "Express", "Discount", "Home and DIY", "Sports", "Superstore"),
    "office": ("Accountants", "Lettings", "Solicitors", "Insurance", "Consulting"),
    "pub": ("Arms", "Tavern", "Inn", "Social Club"),
    "warehouse": ("Haulage", "Fabrications", "Wholesale", "Tooling", "Packaging"),
    "school": ("Primary School", "Academy", "Infant School"),
    "community": ("Community Centre", "Church Hall", "Library", "Sports Pavilion"),
    "petrol_station": ("Filling Station", "Service Station"),
    "building_site": ("Construction", "Homes", "Groundworks"),
    "hospital": ("Infirmary", "Health Centre"),
}  # fmt: skip
