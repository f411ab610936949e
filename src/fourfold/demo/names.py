"""Names of the places of Saltmere: shore and sea birds, so that none is taken for a real place."""

from __future__ import annotations

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
