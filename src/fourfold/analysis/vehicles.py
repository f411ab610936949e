"""Vehicles in crimes, a row for each: when, in which crime, of what make, and what became of it.

A vehicle is stolen where a row of the vehicles' extract says so, in a crime that stands, whatever its code: taken by itself,
or with its keys in a burglary or a robbery. A crime of theft without such a row is an attempt, or one whose vehicle was not
recorded; which of the two is not known from it, and it is never counted as a vehicle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

from fourfold.analysis.volumes import Scope
from fourfold.codes import areas
from fourfold.codes.periods import Window, month_end, months
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records import places
from fourfold.records.as_at import Records, stands_as_crime

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, kw_only=True)
class Extracts:
    """Of which months extracts of vehicles are held, and the last day that they can tell of."""

    months: tuple[date, ...]
    until: date

    def missing(self, window: Window) -> tuple[date, ...]:
        """The months of a window of which no extract of vehicles is held."""
        held = set(self.months)
        return tuple(month for month in months(window) if month not in held)


@dataclass(frozen=True, kw_only=True)
class Taken(Extracts):
    """The vehicles stolen in a force or an area of it, all that are held; or those tried, entered or interfered with.

    `what` is the change of the vehicles' extract that makes a vehicle one of them, and the stolen_ columns are of that change.
    `vehicles` has a row for each vehicle and crime: vehicle_ref, crime_ref, offence_code, make, model, is_keyless, plate_hash,
    recorded_on, stolen_on, found_on, examined_on, returned_on (local days; null where no row says so), and the metres east and
    north where it was stolen and found.
    """

    vehicles: pl.DataFrame
    what: str
    scope: Scope
    area: str
    as_at: datetime
    batches: tuple[str, ...]
    sources: tuple[str, ...]
    notes: tuple[str, ...]


WHATS = {
    "stolen": "stolen",
    "attempted": "tried to be stolen",
    "entered": "stolen from",
    "interfered": "interfered with",
}
"""What may be done to a vehicle in a crime, as the extract has it, in words."""


def taken_vehicles(records: Records, scope: Scope, what: str = "stolen") -> Taken:
    """Every stolen vehicle held of a force, or of the crimes placed in an area of it. Raises NothingHeld.

    With another of `WHATS` the vehicles that this was done to; RequestInvalid for one that is none of them.
    """
    if what not in WHATS:
        raise RequestInvalid(
            "There is nothing of that name done to vehicles.", remedy=f"Use one of: {', '.join(WHATS)}."
        )
    held = extracts(records, scope.force_id)
    batches = [b for b in records.batches_of("vehicles") if scope.force_id in b.coverage]
    rows = records.table("vehicles").filter(pl.col("force_id") == scope.force_id).collect()
    vehicles = _histories(rows, what)
    crimes = _crimes(records, scope, vehicles)
    found = vehicles.join(crimes, on="crime_ref", how="inner").sort("recorded_on", "crime_ref", "vehicle_ref")
    known = vehicles.join(
        _crimes(records, Scope(force_id=scope.force_id), vehicles, standing=False), on="crime_ref", how="anti"
    )
    impossible = found.filter(pl.col("is_impossible")).height
    notes = [
        f"Vehicles whose crime is not held, left out: {known.height:,}.",
        f"Vehicles told as found, examined or returned before they were stolen, left out: {impossible:,}.",
    ]
    return Taken(
        vehicles=found.filter(~pl.col("is_impossible")).drop("is_impossible", "crime_batch"), what=what, scope=scope,
        area=_area(records, scope), as_at=records.as_at, until=held.until,
        months=held.months, batches=tuple(sorted({*(b.batch_id for b in batches), *found["crime_batch"].to_list()})),
        sources=tuple(dict.fromkeys(b.source for b in batches)),
        notes=tuple(note for note in notes if not note.endswith(": 0.")),
    )  # fmt: skip


def extracts(records: Records, force_id: str) -> Extracts:
    """What is held of a force's extracts of vehicles. Raises NothingHeld where nothing is."""
    streams = records.streams("vehicles", force_id)
    held = tuple(sorted({month for one in streams.values() for month in one}))
    if not held:
        raise NothingHeld(
            f"No extract of vehicles of {areas.force(force_id).name} is held.",
            remedy="Import the contract “vehicles” of the records system; see `fourfold contracts`.",
        )
    last = max(b.committed_at for b in records.batches_of("vehicles") if force_id in b.coverage)
    return Extracts(months=held, until=_until(records.as_at, held, last))


def _until(as_at: datetime, held: tuple[date, ...], last_came: datetime) -> date:
    """The last day of which the extracts can tell: whole days before the instant and before the last file came."""
    come = min(as_at, last_came).astimezone(LONDON).date() - timedelta(days=1)
    return min(month_end(held[-1]), come)


def _histories(rows: pl.DataFrame, what: str) -> pl.DataFrame:
    """A row a vehicle and crime in which it was stolen (or what else is asked), with the local day of each thing that became of it.

    A vehicle that was examined or returned had been found by then, whether or not a row says so.
    """

    def first(change: str) -> pl.Expr:
        return pl.col("changed_at").filter(pl.col("change") == change).min()

    def at(change: str, column: str) -> pl.Expr:
        return pl.col(column).filter((pl.col("change") == change) & pl.col(column).is_not_null()).first()

    told = ("make", "model", "is_keyless", "plate_hash")
    later = ("found", "examined", "returned")
    one = (
        rows.sort("changed_at", "line_number")
        .group_by("vehicle_ref", "crime_ref", maintain_order=True)
        .agg(
            *(pl.col(c).drop_nulls().first() for c in told),
            *(first(c).alias(n) for c, n in ((what, "stolen"), *((c, c) for c in later))),
            *(
                at(c, f"{axis}ing").alias(f"{n}_{axis}")
                for c, n in ((what, "stolen"), ("found", "found"))
                for axis in ("east", "north")
            ),
        )
        .filter(pl.col("stolen").is_not_null())
    )
    by = pl.min_horizontal(later)
    local = {c: pl.col(c).dt.convert_time_zone("Europe/London").dt.date().alias(f"{c}_on") for c in ("stolen", *later)}
    return one.with_columns(is_impossible=(by < pl.col("stolen")).fill_null(False), found=by).with_columns(*local.values()).drop(
        "stolen", *later
    )  # fmt: skip


def _crimes(records: Records, scope: Scope, vehicles: pl.DataFrame, *, standing: bool = True) -> pl.DataFrame:
    """The crimes in which vehicles were stolen: crime_ref, recorded_on, offence_code, crime_batch."""
    rows = records.rows("crimes", force_id=scope.force_id).filter(nw.col("force_id") == scope.force_id)
    if standing:
        rows = rows.filter(stands_as_crime(records.as_at))
    if scope.area_code is not None and scope.level is not None:
        rows = places.in_area(rows, scope.level, scope.area_code, records)
    native: pl.LazyFrame = rows.to_native()
    wanted = vehicles.select("crime_ref").unique().lazy()
    held = native.collect_schema().names()
    columns = [
        (pl.col(c) if c in held else pl.lit(None, pl.String)).alias(c)
        for c in ("crime_ref", "recorded_on", "offence_code")
    ]
    return (
        native.select(*columns, pl.col("batch_id").alias("crime_batch"))
        .join(wanted, on="crime_ref", how="semi")
        .filter(pl.col("recorded_on").is_not_null())
        .unique("crime_ref", keep="first", maintain_order=True)
        .collect()
    )


def _area(records: Records, scope: Scope) -> str:
    if scope.area_code is None or scope.level is None:
        return scope.title
    name = places.area_names(records, scope.level).get(scope.area_code, scope.area_code)
    return f"{name}, as recorded by {areas.force(scope.force_id).name}"
