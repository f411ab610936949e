"""Cocoons: from a burglary, the homes to be visited, the streets within reach, until when, and how much of it was done.

Reach and days are those within which burglary was found to repeat in the force's own crimes; where that cannot be told, the
dated rule's setting, and the cocoon says which and why. Homes are of the address register; without one no home is listed.
Streets are told by the register's names, and no way along them is known: distances are in a straight line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

import fourfold
from fourfold.analysis import volumes
from fourfold.analysis.findings import Definition, Finding, Method, Table
from fourfold.analysis.near_repeats import Bands, near_repeats
from fourfold.analysis.placed_crimes import FIRST, placed_crimes
from fourfold.analysis.volumes import Scope
from fourfold.codes.cocoons import CocoonRule, cocoon_rule, outcomes
from fourfold.codes.measures import Measure, measure
from fourfold.codes.periods import Window, month_end, rolling_12
from fourfold.errors import FourfoldError, NothingHeld
from fourfold.records.as_at import Records
from fourfold.records.places import NO_BOUNDARY, PLACED

Floats = npt.NDArray[np.float64]
BURGLED, SIDE, OPPOSITE, REAR = "the burgled home", "either side", "opposite", "to the rear"
NOT_RECORDED = "not recorded"
FOUND, SETTING = "near repeats", "setting"
_LATE = 28
"""Days up to the last burglary recorded from which one may be chosen: none is within reach of a cocoon for longer."""
_AT_THE_POINT = 15.0
"""Metres from the crime's point within which the burgled home is looked for."""
_SAME_SIDE = 8.0
"""Metres off the line of the street within which a home stands on the burgled home's side."""
_COVERED = Method(
    name="cocoon coverage",
    text="Homes that the cocoon lists, each once, by the last visit recorded at it. A home at which none is recorded is “not "
    "recorded”, which does not say that nobody called. Share: homes with any visit recorded, of the homes listed.",
    source="Manchester, 2018: what a cocoon was to reach and what it did reach differ, so that its dosage is kept.",
)


@dataclass(frozen=True, kw_only=True)
class Burglary:
    """The crime that a cocoon is about: its reference, its day, and its point on the National Grid."""

    crime_ref: str
    committed_on: date
    easting: float
    northing: float


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far and for how many days after the burglary; `basis` is FOUND or SETTING, and `reason` says so in words."""

    metres: int
    days: int
    basis: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Home:
    """A home to be visited: the register's number of it, why it is listed, and metres from the burglary."""

    uprn: str
    relation: str
    metres: int


@dataclass(frozen=True, kw_only=True)
class Street:
    """A street within reach: its nearest home in metres, and how many of its homes are within reach."""

    name: str
    metres: int
    homes: int


@dataclass(frozen=True, kw_only=True)
class Cocoon:
    """What a burglary asks for. `are_homes_held` is False where no address register covers its place."""

    burglary: Burglary
    reach: Reach
    until: date
    are_homes_held: bool
    homes: tuple[Home, ...]
    streets: tuple[Street, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class HomeVisited:
    """A home as its visits are recorded: when the first was, and the last one's outcome; None where none is recorded."""

    relation: str
    first_at: datetime | None
    outcome: str | None


def burglary_measure(records: Records, force_id: str) -> tuple[Measure, date]:
    """The measure that cocoons rest on, and the last month held of it: homes where those are told apart. Raises NothingHeld."""
    scope = Scope(force_id=force_id)
    for name in FIRST:
        held = volumes.held_months(records, measure(name), scope)
        if held:
            return measure(name), held[-1]
    raise NothingHeld("No burglary of this force is held.", remedy="Bring in the crimes of the force.")


def late_burglaries(records: Records, force_id: str) -> pl.DataFrame:
    """The burglaries of the last days recorded that have a day and a point in the force, the latest first.

    Columns: crime_ref, recorded_on, committed_on, easting, northing, lsoa21_code. Raises NothingHeld where no burglary is held.
    """
    found, last = burglary_measure(records, force_id)
    scope, window = Scope(force_id=force_id), Window(last - timedelta(days=_LATE), month_end(last))
    window = Window(window.first.replace(day=1), window.last)
    source = volumes.supply(records, found, scope, Window(last, window.last))
    rows = volumes.selected_rows(records, source, found, scope, window)
    if source.table != "crimes" or "committed_from" not in rows.collect_schema().names():
        raise NothingHeld(
            "The burglaries held have no day.", remedy="Bring in the force’s own crimes, with their times."
        )
    told = rows.filter(pl.col("place_status").is_in([PLACED, NO_BOUNDARY])).select(
        "crime_ref", "recorded_on", pl.col("committed_from").dt.convert_time_zone("Europe/London").dt.date().alias("committed_on"),
        "easting", "northing", "lsoa21_code",
    )  # fmt: skip
    dated = (
        told.drop_nulls(["crime_ref", "committed_on", "easting", "northing"]).unique("crime_ref", keep="last").collect()
    )
    since = pl.col("recorded_on").max() - pl.duration(days=_LATE)
    return dated.filter(pl.col("recorded_on") > since).sort("committed_on", "crime_ref", descending=[True, False])


def late_burglary(records: Records, force_id: str, crime_ref: str) -> tuple[Burglary, str | None]:
    """One of the late burglaries, and its small area. Raises NothingHeld where it is none of them."""
    found = late_burglaries(records, force_id).filter(pl.col("crime_ref") == crime_ref)
    if found.is_empty():
        raise NothingHeld(
            "No burglary of that reference is among those of the last weeks that have a day and a point.",
            remedy="See the list of the last burglaries; what has no point needs one in the records system.",
        )
    row = found.row(0, named=True)
    told = {name: row[name] for name in ("crime_ref", "committed_on", "easting", "northing")}
    return Burglary(**told), row["lsoa21_code"]


def addresses_of(records: Records, force_id: str, uprns: Collection[str] | None = None) -> pl.LazyFrame:
    """The address register of a force, one row an address; only those of the register's numbers given, where any are."""
    columns = ("uprn", "number", "street", "easting", "northing", "use")
    held = records.table("addresses").filter(
        (pl.col("force_id") == force_id) & pl.col("street").is_not_null() & pl.col("uprn").is_not_null()
    )
    if uprns is not None:
        held = held.filter(pl.col("uprn").is_in(sorted(uprns)))
    return held.drop_nulls(["easting", "northing"]).unique("uprn", keep="last", maintain_order=True).select(columns)


def addresses_near(records: Records, force_id: str, easting: float, northing: float, metres: float) -> pl.DataFrame:
    """The addresses of the register in the square that reaches so many metres each way from a point; columns as `addresses_of`.

    A register has every home of a force: it is looked through by place first, and only what is near is told apart.
    """
    box = pl.col("easting").is_between(easting - metres, easting + metres) & pl.col("northing").is_between(
        northing - metres, northing + metres
    )
    near = records.table("addresses").filter((pl.col("force_id") == force_id) & box).select("uprn").collect()
    numbers = near["uprn"].drop_nulls().unique().to_list()
    return addresses_of(records, force_id, numbers).filter(box).collect()


def repeats_of_year(records: Records, force_id: str) -> Finding:
    """Near repeats of the force's burglary over the last twelve months held. Raises as `near_repeats` does."""
    found, last = burglary_measure(records, force_id)
    points = placed_crimes(records, found, Scope(force_id=force_id), rolling_12(month_end(last)))
    return near_repeats(points, Bands())


def cocoon_of(records: Records, force_id: str, burglary: Burglary, repeats: Finding | FourfoldError) -> Cocoon:
    """The cocoon of a burglary by the address register held, and by near repeats as they were found (or why they were not)."""
    rule = cocoon_rule(burglary.committed_on)
    reach = reach_of(repeats, rule)
    wide = max(reach.metres, rule.rear_metres)
    near = addresses_near(records, force_id, burglary.easting, burglary.northing, wide)
    return cocoon(burglary, near, reach, rule)


def reach_of(found: Finding | FourfoldError, rule: CocoonRule) -> Reach:
    """The reach from near repeats (a Finding of that kind, or why there is none), else the rule's setting."""
    if isinstance(found, FourfoldError):
        why = f"Near repeats could not be told. {found.cause}"
    elif not found.value or not found.parameters.get("days"):
        why = found.verdict or "No repeat beyond chance was found."
    else:
        metres, days = max(int(float(found.value)), 1), int(str(found.parameters["days"]))
        told = (
            f"Burglary here was found to repeat near itself within {metres} m and {days} days ({found.n:,} burglaries)."
        )
        return Reach(metres=metres, days=days, basis=FOUND, reason=told)
    said = f"{why.rstrip('.')}. The setting of rule {rule.version} is used: {rule.metres} m and {rule.days} days. {rule.source}"
    return Reach(metres=rule.metres, days=rule.days, basis=SETTING, reason=said)


def cocoon(burglary: Burglary, addresses: pl.DataFrame, reach: Reach, rule: CocoonRule) -> Cocoon:
    """The cocoon of a burglary. `addresses` has uprn, number, street, easting, northing, use; rows that are not homes are left out.

    Listed are the burgled home, homes on its side of its street (`either_side` each way), those opposite, and those of other
    streets to the rear; each once, and in that order. A home further off than the reach is not listed.
    """
    until = burglary.committed_on + timedelta(days=reach.days)
    near = _within(burglary, addresses, max(reach.metres, rule.rear_metres))
    if near.is_empty():
        note = "Homes are not held: no address register covers this place, so that no home and no street can be named."
        return Cocoon(
            burglary=burglary, reach=reach, until=until, are_homes_held=False, homes=(), streets=(), notes=(note,)
        )
    here = near.row(0, named=True)
    streets = _streets(near.filter(pl.col("metres") <= reach.metres))
    if here["metres"] > _AT_THE_POINT:
        note = f"No home of the register stands within {_AT_THE_POINT:g} m of the crime’s point: the burgled home is not known."
        return Cocoon(
            burglary=burglary, reach=reach, until=until, are_homes_held=True, homes=(), streets=streets, notes=(note,)
        )
    homes = [Home(uprn=here["uprn"], relation=BURGLED, metres=round(here["metres"]))]
    others = near.filter((pl.col("uprn") != here["uprn"]) & (pl.col("metres") <= max(reach.metres, rule.rear_metres)))
    own = others.filter(pl.col("street") == here["street"])
    homes += _beside(here, own, rule)
    back = others.filter((pl.col("street") != here["street"]) & (pl.col("metres") <= rule.rear_metres)).head(rule.rear)
    homes += [_home(row, REAR) for row in back.iter_rows(named=True)]
    unknown = near["use"].null_count()
    notes = (
        [f"Whether {unknown:,} of these addresses are homes is not recorded; they are taken for homes."]
        if unknown
        else []
    )
    return Cocoon(
        burglary=burglary, reach=reach, until=until, are_homes_held=True, homes=tuple(homes), streets=streets,
        notes=tuple(notes),
    )  # fmt: skip


def coverage(
    homes: Sequence[HomeVisited], *, opened_at: datetime, window: Window, area: str, as_at: datetime
) -> Finding:
    """How many homes of a cocoon a visit is recorded at: kind "cocoon coverage". Columns: recorded, homes.

    Its value is the homes with any visit recorded, `n` the homes listed. Parameters: hours from the opening to the first visit,
    None where none is recorded; the first is nought where a visit was recorded as before the opening.
    """
    counts = Counter(one.outcome or NOT_RECORDED for one in homes)
    firsts = [one.first_at for one in homes if one.first_at is not None]
    hours = round(max((min(firsts) - opened_at).total_seconds(), 0) / 3_600, 1) if firsts else None
    rows = (*((words, counts[code]) for code, words in outcomes().items()), (NOT_RECORDED, counts[NOT_RECORDED]))
    return Finding(
        kind="cocoon coverage", title="Homes of the cocoon at which a visit is recorded", value=len(firsts) if homes else None,
        unit="homes", n=len(homes), windows=(window,), area=area, method=_COVERED, as_at=as_at, batches=(),
        definition=Definition(
            name="cocoon coverage", version="1", title="Homes of a cocoon", text="A home that the cocoon lists.",
            source=_COVERED.source, status="unconfirmed",
        ),
        code_version=fourfold.__version__, sources=("what officers recorded of their visits",),
        table=Table(columns=("recorded", "homes"), rows=rows),
        parameters={"hours to first visit": hours}, verdict=None if homes else "no home is listed",
    )  # fmt: skip


def _within(burglary: Burglary, addresses: pl.DataFrame, metres: float) -> pl.DataFrame:
    """The homes within metres of the burglary, the nearest first, with `metres`; ties by number."""
    away = ((pl.col("easting") - burglary.easting).pow(2) + (pl.col("northing") - burglary.northing).pow(2)).sqrt()
    homes = addresses.filter((pl.col("use") != "other").fill_null(True))
    return homes.with_columns(away.alias("metres")).filter(pl.col("metres") <= metres).sort("metres", "uprn")


def _streets(near: pl.DataFrame) -> tuple[Street, ...]:
    rows = near.group_by("street").agg(pl.col("metres").min(), pl.len().alias("homes")).sort("metres", "street")
    return tuple(Street(name=name, metres=round(metres), homes=homes) for name, metres, homes in rows.iter_rows())


def _beside(here: dict[str, object], own: pl.DataFrame, rule: CocoonRule) -> list[Home]:
    """The homes of one street beside and opposite one of them, by how they lie along and off the street's line."""
    if own.is_empty():
        return []
    apart = own.select("easting", "northing").to_numpy() - np.array([[here["easting"], here["northing"]]], float)
    step = _line(apart)
    along, off = apart @ step, np.abs(apart @ np.array([-step[1], step[0]]))
    rows = list(own.iter_rows(named=True))
    order = sorted(range(len(rows)), key=lambda n: (abs(along[n]), str(rows[n]["uprn"])))
    same = [n for n in order if off[n] <= _SAME_SIDE]
    found = [n for n in same if along[n] >= 0][: rule.either_side] + [n for n in same if along[n] < 0][
        : rule.either_side
    ]
    faced = [n for n in order if off[n] > _SAME_SIDE and rows[n]["metres"] <= rule.opposite_metres][: rule.opposite]
    sides = sorted(found, key=lambda n: (rows[n]["metres"], str(rows[n]["uprn"])))
    return [*(_home(rows[n], SIDE) for n in sides), *(_home(rows[n], OPPOSITE) for n in faced)]


def _line(apart: Floats) -> Floats:
    """The direction of a street: that in which its homes spread most, of unit length."""
    spread = np.vstack((apart, [0.0, 0.0]))
    spread = spread - spread.mean(axis=0)
    _, _, axes = np.linalg.svd(spread, full_matrices=False)
    return np.asarray(axes[0])


def _home(row: dict[str, object], relation: str) -> Home:
    return Home(uprn=str(row["uprn"]), relation=relation, metres=round(float(str(row["metres"]))))
