"""Vehicle crime: what is done to vehicles, which kinds are most at risk, keyless ones, and car key burglary.

**Which kinds are taken most** is asked per 1,000 licensed: the commonest car is stolen most, and is not for that the most
vulnerable. Each rate has exact limits (Garwood's, of a Poisson count), and a rank is only as good as the counts it rests on: as
many thefts again are drawn many times over, each kind's from a Poisson of its own count, and for each kind is told in what share
of the draws it stands among the first. A kind that stands there in half of them is not one of "the five most vulnerable".

**Keyless**: of the stolen vehicles some do not say. So the share has two bounds, as if none of these were keyless, and as if
all were.

**Car key burglary** is a burglary of a home to take a vehicle by its keys. One event, but often two crimes: linked where the
vehicle is recorded in the burglary itself, or the same vehicle, by its reference or the hash of its mark, is stolen in another
crime; possibly linked where keys were taken and a vehicle was then stolen close by, which a person has to judge.

Sources: limits of a Poisson mean: Garwood (1936), Biometrika 28; the uncertainty of ranks: Goldstein and Spiegelhalter (1996),
Journal of the Royal Statistical Society A 159; car key burglary: West Midlands Police, 22 February 2022, footnote 8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree
from scipy.stats import chi2

import fourfold
from fourfold.analysis import volumes
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.analysis.vehicles import WHATS, Taken, taken_vehicles
from fourfold.analysis.volumes import Scope
from fourfold.codes.licensed_vehicles import Kind, Licensed, kind_of
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records

DRAWS = 2_000
FEWEST_LICENSED = 1_000
"""Of a kind with fewer licensed, one theft more would make another rank: it has a rate, and no rank."""
SURE = 0.95
"""A kind that stands among the first in so many of the draws is said to be one of them."""
NEAR_METRES, SOON_DAYS = 200, 2
"""How near and how soon after keys were taken a theft of a vehicle is possibly the same event."""
KEY_WORDS = ("vehicle_keys", "car_keys", "vehicle keys", "car keys")

_COLUMNS = ("make", "model", "vehicles", "licensed", "rate", "low", "high", "rank", "among_first")

_METHOD = Method(
    name="vulnerable vehicles",
    text="Vehicles per 1,000 licensed of their make and model, with exact Poisson limits; and in what share of seeded draws, each "
    "kind's from a Poisson of its own count, a kind stands among the first.",
    source="Garwood 1936; Goldstein and Spiegelhalter 1996.",
)
_KINDS = Method(
    name="kinds of vehicle crime",
    text="Crimes counted by code, beside the vehicles that the extract of vehicles tells of, by what was done to them.",
)
_KEYLESS = Method(
    name="keyless share",
    text="Keyless over all stolen, between two bounds: none, and all, of those that do not say are keyless.",
    source="Manski 1989.",
)
_KEYS = Method(
    name="car key burglary",
    text="Residential burglaries with a vehicle stolen in them, or linked by the vehicle's reference or mark to a theft; beside "
    "those whose keys were taken with a theft of a vehicle near and soon.",
    source="West Midlands Police, 22 February 2022, footnote 8.",
)


def poisson_limits(count: int, level: float = 0.95) -> tuple[float, float]:
    """Garwood's exact limits of the mean of a Poisson count."""
    tail = (1 - level) / 2
    low = float(chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return low, float(chi2.ppf(1 - tail, 2 * count + 2)) / 2


def among_first(
    counts: Sequence[int], licensed: Sequence[int], first: int = 5, *, draws: int = DRAWS, seed: int = 20221020
) -> npt.NDArray[np.float64]:
    """In what share of draws each kind's rate stands among the first, each count drawn from a Poisson of itself.

    Equal rates share a place by chance. All stand among the first where there are no more kinds than that.
    """
    drawn = np.random.default_rng(seed)
    rates = drawn.poisson(np.asarray(counts, float), (draws, len(counts))) / np.asarray(licensed, float)
    rates = rates + drawn.random(rates.shape) * 1e-12
    if len(counts) <= first:
        return np.ones(len(counts))
    limit = np.partition(rates, -first, axis=1)[:, -first]
    return np.asarray((rates >= limit[:, None]).mean(axis=0))


def vulnerable_vehicles(
    taken: Taken, window: Window, licensed: Licensed, *, first: int = 5, draws: int = DRAWS, seed: int = 20221020
) -> Finding:
    """The kinds of vehicle most at risk: kind "vulnerable vehicles", a row a make and model, the highest rate first.

    Columns: make, model, vehicles, licensed, rate (per 1,000 licensed), low, high, rank, among_first (share of draws). A kind
    with fewer than FEWEST_LICENSED has no rank, one whose number is not known no rate; both stand below. The value is how many
    kinds are surely among the first, and the verdict names how the others stand. `n` is all vehicles, those without a make or
    model among them.
    """
    if first < 1 or draws < 100:
        raise RequestInvalid(
            "Too few are asked for.", remedy="Ask for the first one or more, by a hundred draws or more."
        )
    own = taken.vehicles.filter(pl.col("recorded_on").is_between(window.first, window.last))
    counted: Counter[Kind] = Counter()
    words: dict[Kind, tuple[str, str]] = {}
    unknown = 0
    for make, model in own.select("make", "model").iter_rows():
        kind = kind_of(make, model)
        if kind is None:
            unknown += 1
            continue
        counted[kind] += 1
        words.setdefault(kind, (make, model))
    ranked = [k for k in counted if licensed.numbers.get(k, 0) >= FEWEST_LICENSED]
    ranked.sort(key=lambda k: (-counted[k] / licensed.numbers[k], k))
    shares = among_first(
        [counted[k] for k in ranked], [licensed.numbers[k] for k in ranked], first, draws=draws, seed=seed
    )
    rows: list[tuple[Value, ...]] = []
    for at, kind in enumerate(ranked):
        rows.append((*words[kind], *_rate(counted[kind], licensed.numbers[kind]), at + 1, float(shares[at])))
    rest = sorted((k for k in counted if k not in set(ranked)), key=lambda k: (-counted[k], k))
    for kind in rest:
        number = licensed.numbers.get(kind)
        rows.append((*words[kind], *((counted[kind], None, None, None, None) if number is None else _rate(counted[kind], number)),
                     None, None))  # fmt: skip
    sure = int((shares[:first] >= SURE).sum()) if len(ranked) > first else 0
    told = WHATS[taken.what]
    return Finding(
        kind="vulnerable vehicles", title=f"Vehicles {told}, per 1,000 licensed", value=sure if ranked else None, unit="kinds",
        n=own.height, windows=(window,), area=taken.area, method=_METHOD, as_at=taken.as_at, batches=taken.batches,
        code_version=fourfold.__version__, seed=seed, verdict=_stands(ranked, words, shares, first),
        definition=Definition(
            name=f"vehicles_{taken.what}_per_1000_licensed", version="1", title=f"Vehicles {told}, per 1,000 licensed",
            text=f"Vehicles {told} in crimes that stand, recorded in the window, over those of that make and model licensed in "
            f"{licensed.of}.", source=licensed.source, status="confirmed" if licensed.name else "force to supply",
        ),
        code_lists={licensed.name: licensed.version} if licensed.name else {},
        table=Table(columns=_COLUMNS, rows=tuple(rows)),
        sources=(*taken.sources, licensed.source),
        parameters={
            "first": first, "draws": draws, "fewest licensed": FEWEST_LICENSED, "level": 0.95, "limits": "exact Poisson (Garwood)",
            "make or model not recorded": unknown, "kinds without a number licensed": sum(k not in licensed.numbers for k in rest),
        },
        notes=(
            *taken.notes, f"Without a make or a model, and in no row: {unknown:,} of {own.height:,}.",
            f"Licensed numbers are of {licensed.of}: where what is driven here differs from that, so does the order.",
        ),
    )  # fmt: skip


def _rate(count: int, licensed: int) -> tuple[int, int, float, float, float]:
    low, high = poisson_limits(count)
    return count, licensed, *(1000 * n / licensed for n in (count, low, high))  # type: ignore[return-value]


def _stands(
    ranked: Sequence[Kind], words: dict[Kind, tuple[str, str]], shares: npt.NDArray[np.float64], first: int
) -> str:
    """What may be said of the first: which are surely among them, and which could stand there as well."""
    if not ranked:
        return "Not available: no vehicle is of a make and model whose number licensed is known."
    if len(ranked) <= first:
        return f"No more than {first} kinds are told of, so that nothing can be said of which are the first {first}."
    sure = [" ".join(words[k]) for at, k in enumerate(ranked[:first]) if shares[at] >= SURE]
    others = [" ".join(words[k]) for at, k in enumerate(ranked[first:], first) if shares[at] > 1 - SURE]
    said = f"Surely among the first {first}: {', '.join(sure)}." if sure else f"None is surely among the first {first}."
    return f"{said} Could stand there as well: {', '.join(others)}." if others else said


def kinds_of_vehicle_crime(records: Records, scope: Scope, window: Window) -> Finding:
    """Theft of, theft from, attempts and interference: kind "kinds of vehicle crime", a row each.

    Columns: what, crimes (by code; null for attempts, which have no code of their own), vehicles (of the extract), without
    (crimes of the code in which no vehicle is told). The value is the crimes of all codes together.
    """
    whole = volumes.count(records, measure("vehicle_offences"), scope, window)
    rows: list[tuple[Value, ...]] = []
    parts = []
    told = {w: _in_window(taken_vehicles(records, scope, w), window) for w in WHATS}
    for name, what, title in (
        ("theft_of_motor_vehicle", ("stolen", "attempted"), "theft of a vehicle"),
        ("theft_from_vehicle", ("entered",), "theft from a vehicle"),
        ("vehicle_interference", ("interfered",), "interference with a vehicle"),
    ):
        counted = volumes.count(records, measure(name), scope, window)
        codes = list(measure(name).codes)
        own = pl.concat([told[w] for w in what]).filter(pl.col("offence_code").is_in(codes))
        with_one = own["crime_ref"].n_unique()
        vehicles = told[what[0]].filter(pl.col("offence_code").is_in(codes)).height
        rows.append((title, counted.value, vehicles, counted.records - with_one))
        parts.append(counted)
    elsewhere = told["stolen"].filter(~pl.col("offence_code").is_in(list(measure("theft_of_motor_vehicle").codes)))
    rows.append(("attempted theft of a vehicle", None, told["attempted"].height, None))
    rows.append(("stolen in a crime of another code (its keys in a burglary, say)", None, elsewhere.height, None))
    return Finding(
        kind="kinds of vehicle crime", title="What is done to vehicles", value=whole.value, unit="crimes", n=whole.n,
        windows=(window,), area=whole.area, definition=whole.definition, method=_KINDS, as_at=records.as_at, batches=whole.batches,
        code_version=fourfold.__version__, verdict=whole.verdict, code_lists=whole.code_lists, sources=whole.sources,
        table=Table(columns=("what", "crimes", "vehicles", "without"), rows=tuple(rows)), parts=(whole, *parts),
        notes=(
            *whole.notes,
            "Attempts are recorded under the code of the theft. A theft in which no vehicle is told is an attempt, or its "
            "vehicle was not recorded: which, is not known.",
        ),
    )  # fmt: skip


def keyless_share(taken: Taken, window: Window) -> Finding:
    """What share of stolen vehicles is keyless: kind "keyless share", unit "%"; its interval is the two bounds.

    The value is the share of those that say; None where none does. Columns: is_keyless ("yes", "no", "not recorded"), vehicles.
    """
    own = _in_window(taken, window)
    yes, no = int((own["is_keyless"] == True).sum()), int((own["is_keyless"] == False).sum())  # noqa: E712 - null is neither
    n = own.height
    open_ = n - yes - no
    return Finding(
        kind="keyless share", title=f"Keyless among vehicles {WHATS[taken.what]}", value=100 * yes / (yes + no) if yes + no else None,
        unit="%", n=n, windows=(window,), area=taken.area, method=_KEYLESS, as_at=taken.as_at, batches=taken.batches,
        code_version=fourfold.__version__, sources=taken.sources, notes=taken.notes,
        verdict=None if yes + no else "Not available: no row says whether its vehicle is keyless.",
        interval=None if not n else Interval(
            low=100 * yes / n, high=100 * (yes + open_) / n, level=1.0,
            meaning="if none, and if all, of those that do not say are keyless",
        ),
        definition=Definition(
            name="keyless_share", version="1", title="Keyless among stolen vehicles",
            text="Vehicles that can be opened and started without a key, over stolen vehicles that say whether they can.",
        ),
        table=Table(columns=("is_keyless", "vehicles"), rows=(("yes", yes), ("no", no), ("not recorded", open_))),
        parameters={"keyless": yes, "not keyless": no, "not recorded": open_},
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class KeyLink:
    """A burglary and what links it to a stolen vehicle: "recorded in it", "same vehicle", or "near and soon" (possible)."""

    burglary: str
    theft: str
    how: str


def car_key_burglary(records: Records, scope: Scope, window: Window) -> Finding:
    """Car key burglaries among residential burglaries: kind "car key burglary", unit "crimes".

    The value is those linked for certain; the interval runs up to those possibly linked as well. Columns: what, burglaries.
    The crimes themselves are told by `car_key_links`.
    """
    counted = volumes.count(records, measure("residential_burglary"), scope, window)
    rows, links = _key_links(records, scope, window)
    how: dict[str, str] = {}
    for one in links:  # in the order of how sure they are
        how.setdefault(one.burglary, one.how)
    by = Counter(how.values())
    keys = int(rows.filter(pl.col("has_keys") & ~pl.col("crime_ref").is_in(list(how))).height)
    certain = by["recorded in it"] + by["same vehicle"]
    told: tuple[tuple[Value, ...], ...] = (
        ("a vehicle is recorded stolen in the burglary itself", by["recorded in it"]),
        ("the same vehicle is recorded stolen in another crime", by["same vehicle"]),
        (
            f"keys taken, and a vehicle stolen within {NEAR_METRES} m and {SOON_DAYS} days: possible",
            by["near and soon"],
        ),
        ("keys taken, and no vehicle is told", keys),
        ("no keys and no vehicle are told", rows.height - certain - by["near and soon"] - keys),
    )
    thefts = {one.theft for one in links if one.how == "same vehicle"}
    return Finding(
        kind="car key burglary", title="Car key burglary", value=certain if counted.value is not None else None, unit="crimes",
        n=counted.n, windows=(window,), area=counted.area, method=_KEYS, as_at=records.as_at, batches=counted.batches,
        code_version=fourfold.__version__, verdict=counted.verdict, code_lists=counted.code_lists, sources=counted.sources,
        interval=Interval(low=certain, high=certain + by["near and soon"], level=1.0,
                          meaning="those linked for certain, and with those possibly linked"),
        definition=Definition(
            name="car_key_burglary", version="1", title="Car key burglary",
            text="A burglary of a home in which a vehicle was taken by its keys: one event, whether recorded as one crime or two.",
            codes=counted.definition.codes, source="West Midlands Police, 22 February 2022, footnote 8", status="unconfirmed",
        ),
        table=Table(columns=("what", "burglaries"), rows=told), parts=(counted,),
        parameters={"metres": NEAR_METRES, "days": SOON_DAYS, "thefts that are the same event": len(thefts)},
        notes=(
            *counted.notes,
            f"Thefts of vehicles that are one event with a burglary, and counted as crimes of their own: {len(thefts):,}.",
        ),
    )  # fmt: skip


def car_key_links(records: Records, scope: Scope, window: Window) -> tuple[KeyLink, ...]:
    """The crimes that are linked, for those who may see them: the surest kind of link first."""
    return tuple(_key_links(records, scope, window)[1])


def _key_links(records: Records, scope: Scope, window: Window) -> tuple[pl.DataFrame, list[KeyLink]]:
    """The burglaries of a window, with whether keys were taken, and their links."""
    burglaries = _burglaries(records, scope, window)
    stolen = taken_vehicles(records, Scope(force_id=scope.force_id)).vehicles
    refs = set(burglaries["crime_ref"].to_list())
    own = stolen.filter(pl.col("crime_ref").is_in(list(refs)))
    links = [KeyLink(burglary=c, theft=c, how="recorded in it") for c in sorted(set(own["crime_ref"].to_list()))]
    others = stolen.filter(~pl.col("crime_ref").is_in(list(refs)))
    marks = _in_burglaries(records, refs)
    for column in ("vehicle_ref", "plate_hash"):
        named = marks.filter(pl.col(column).is_not_null()).select("crime_ref", column).unique()
        same = named.join(others.select(column, theft="crime_ref"), on=column, how="inner").sort("crime_ref", "theft")
        links += [
            KeyLink(burglary=b, theft=t, how="same vehicle") for b, t in same.select("crime_ref", "theft").iter_rows()
        ]
    linked = {one.burglary for one in links}
    used = {one.theft for one in links}
    keys = burglaries.filter(pl.col("has_keys") & ~pl.col("crime_ref").is_in(list(linked)))
    links += _near_and_soon(keys, others.filter(~pl.col("crime_ref").is_in(list(used))))
    return burglaries, links


def _burglaries(records: Records, scope: Scope, window: Window) -> pl.DataFrame:
    crime = measure("residential_burglary")
    source = volumes.supply(records, crime, scope, window)
    if source.table != "crimes":
        raise RequestInvalid("These records are counts, and no crimes to link.", remedy="Use the force's own records.")
    rows = volumes.selected_rows(records, source, crime, scope, window)
    held = rows.collect_schema().names()
    columns = [
        (pl.col(c) if c in held else pl.lit(None, kind)).alias(c)
        for c, kind in (("crime_ref", pl.String()), ("target", pl.String()), ("committed_from", pl.Datetime("us", "UTC")),
                        ("easting", pl.Float64()), ("northing", pl.Float64()))
    ]  # fmt: skip
    found = (
        rows.select(*columns)
        .filter(pl.col("crime_ref").is_not_null())
        .unique("crime_ref", keep="first", maintain_order=True)
    )
    property_ = records.table("property")
    keyed = (
        property_.filter((pl.col("force_id") == scope.force_id) & _are_keys("kind")).select("crime_ref").unique()
        if {"kind", "crime_ref", "force_id"} <= set(property_.collect_schema().names())
        else pl.LazyFrame(schema={"crime_ref": pl.String})
    )
    keyed_refs = keyed.collect()["crime_ref"].to_list()
    return (
        found.with_columns(has_keys=_are_keys("target") | pl.col("crime_ref").is_in(keyed_refs))
        .collect()
        .sort("crime_ref")
    )


def _are_keys(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase().is_in(list(KEY_WORDS)).fill_null(False)


def _in_burglaries(records: Records, refs: set[str]) -> pl.DataFrame:
    """Every vehicle that any row names in a burglary, whatever the row says of it."""
    rows = records.table("vehicles").select("crime_ref", "vehicle_ref", "plate_hash").collect()
    return rows.filter(pl.col("crime_ref").is_in(list(refs)))


def _near_and_soon(keys: pl.DataFrame, thefts: pl.DataFrame) -> list[KeyLink]:
    """Keys taken, and a vehicle stolen near and no more than so many days later; each theft goes with one burglary."""
    placed = keys.drop_nulls(["easting", "northing", "committed_from"])
    where = thefts.drop_nulls(["stolen_east", "stolen_north"])
    if not placed.height or not where.height:
        return []
    tree = cKDTree(where.select("stolen_east", "stolen_north").to_numpy())
    day = placed["committed_from"].dt.convert_time_zone("Europe/London").dt.date().to_list()
    pairs = []
    for at, near in enumerate(tree.query_ball_point(placed.select("easting", "northing").to_numpy(), NEAR_METRES)):
        for other in near:
            days = (where["stolen_on"][other] - day[at]).days
            if 0 <= days <= SOON_DAYS:
                pairs.append((days, placed["crime_ref"][at], where["crime_ref"][other]))
    found, gone = [], set()
    for _, burglary, theft in sorted(pairs):
        if burglary not in gone and theft not in gone:
            gone |= {burglary, theft}
            found.append(KeyLink(burglary=burglary, theft=theft, how="near and soon"))
    return found


def _in_window(taken: Taken, window: Window) -> pl.DataFrame:
    return taken.vehicles.filter(pl.col("recorded_on").is_between(window.first, window.last))
