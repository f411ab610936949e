"""Points: where and when each crime of a list took place, on one grid in metres; from a file, or from the records held.

A file has the columns `x`, `y` and `date` (others may stand beside them: `id` names an event, `stratum` a part of the area
within which alone events are compared). It states no grid, so the one who gives it does: coordinates are only compared
with one another, and two grids in one list would make distances of nothing.

A date may have a time behind it, which is left. Dates with strokes are read day first, unless month first is the only way in
which all of them are dates; where neither reads them all, the list has two forms, and is refused.

A row that cannot be placed in space and time is returned with its line, the cause and the remedy; it is not an event at an
invented place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from fourfold.errors import LayoutUnknown, RecordsInvalid, RequestInvalid
from fourfold.records.account import Reject
from fourfold.records.reading import content_hash, readings

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.int32]

METRES = {"metres": 1.0, "feet": 0.3048}
"""Units of a grid, in metres. The international foot; the survey foot differs by two parts in a million."""

_WIDEST = 1_500_000.0
"""Metres: no force, city or country policed as one is wider; wider than this, a list holds two grids."""
_DATED = (
    r"^(\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}/\d{1,2}/\d{4})"
    r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?$"
)
"""A date, and what may stand behind it: a time, and how far its clock is from Greenwich. The date is the local one, as written."""
_FOOT_GRIDS = frozenset({"EPSG:2263", "EPSG:2269", "EPSG:2913", "EPSG:3435"})
"""Grids in feet of cities whose crime is published (New York, Portland twice, Chicago), as the EPSG register has them."""


@dataclass(frozen=True, kw_only=True)
class Points:
    """Events on one grid.

    `x` and `y` are metres, `day` counts days from 1 January 1970, `stratum` numbers the parts within which events are
    compared (all 0 where there are none), and `refs` names each event: an opaque reference, never a person. `returned`
    are the rows without a place or a day; `months_only` says that the supply gives a month and not a day.
    """

    title: str
    area: str
    x: Floats
    y: Floats
    day: Days
    stratum: npt.NDArray[np.int32]
    refs: tuple[str, ...]
    as_at: datetime
    batches: tuple[str, ...]
    sources: tuple[str, ...]
    grid: str
    returned: tuple[Reject, ...] = ()
    months_only: bool = False
    notes: tuple[str, ...] = field(default=())
    held_until: date | None = None
    """The last day of which events are held; None of a list, of which its last event is all that tells."""

    def __len__(self) -> int:
        return len(self.x)

    @property
    def first(self) -> date:
        """The day of the earliest event."""
        return date.fromordinal(int(self.day.min()) + _EPOCH)

    @property
    def last(self) -> date:
        """The day of the latest event."""
        return date.fromordinal(int(self.day.max()) + _EPOCH)

    @property
    def until(self) -> date:
        """The day after which nothing is known: that until which events are held, or that of the last event."""
        return self.last if self.held_until is None else max(self.held_until, self.last)


_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days from 1 January 1970."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """The day of that number."""
    return date.fromordinal(int(number) + _EPOCH)


def unit_of(grid: str, unit: str | None) -> str:
    """The unit of a grid: as it is stated, or feet of a grid known to be in feet, or metres.

    Raises RequestInvalid for a unit other than metres or feet, and for metres on a grid known to be in feet.
    """
    is_in_feet = grid.strip().upper() in _FOOT_GRIDS
    if unit is not None and unit not in METRES:
        raise RequestInvalid("The unit is not known.", remedy="Use metres or feet.")
    if is_in_feet and unit == "metres":
        raise RequestInvalid(f"{grid} is in feet.", remedy="Leave the unit out, or name the grid that is in metres.")
    return unit or ("feet" if is_in_feet else "metres")


def points_of_file(
    path: Path, *, grid: str, unit: str | None = None, as_at: datetime, boundary: Path | None = None
) -> Points:  # fmt: skip
    """The events of a file with columns x, y and date, on the grid that is stated for it.

    With a boundary (a GeoJSON file of polygons on the same grid and in its unit) rows outside it are returned. Raises
    LayoutUnknown where a column lacks, RecordsInvalid where no row is an event or the rows are on two grids, and
    RequestInvalid for a unit other than metres or feet.
    """
    metres = METRES[unit_of(grid, unit)]
    tables = list(readings(path))
    if len(tables) != 1:
        raise LayoutUnknown("One table is wanted.", remedy="Give one list of events.", file=path)
    reading = tables[0]
    named = {name.strip().lower(): name for name in reading.header}
    missing = [name for name in ("x", "y", "date") if name not in named]
    if missing:
        raise LayoutUnknown(
            f"The columns {', '.join(missing)} are not there; {reading.header_in_words}.",
            remedy="Name the columns x, y and date, with x and y on one grid, and date as 2022-10-31 or 31/10/2022.", file=path,
        )  # fmt: skip
    days, about_days = _days(reading.rows[named["date"]], reading.rows["line_number"], path)
    rows = reading.rows.select(
        pl.col(named["x"]).str.strip_chars().cast(pl.Float64, strict=False).alias("x"),
        pl.col(named["y"]).str.strip_chars().cast(pl.Float64, strict=False).alias("y"),
        days.alias("date"),
        (pl.col(named["id"]) if "id" in named else pl.col("line_number").cast(pl.String)).alias("ref"),
        (pl.col(named["stratum"]) if "stratum" in named else pl.lit("")).alias("stratum"),
        "line_number",
    )
    kept, returned = _events(rows, as_at)
    if not kept.height:
        raise _none_is_an_event(reading.rows[named["date"]], returned, path)
    _on_one_grid(kept, path, metres)
    if boundary is not None:
        kept, outside = _within(kept, boundary, path)
        returned = [*returned, *outside]
    return Points(
        title=f"Events of {path.name}", area=f"as listed, on {grid}", grid=grid,
        x=kept["x"].to_numpy() * metres, y=kept["y"].to_numpy() * metres, day=_day_numbers(kept["date"]),
        stratum=_strata(kept["stratum"]), refs=tuple(kept["ref"].fill_null("").to_list()), as_at=as_at,
        batches=(content_hash(path)[:16],), sources=(path.name,), returned=(*reading.rejects, *returned),
        notes=(*about_days, *_about_grid(kept, grid, unit), *_counted((*reading.rejects, *returned))),
    )  # fmt: skip


def _days(written: pl.Series, lines: pl.Series, path: Path) -> tuple[pl.Series, tuple[str, ...]]:
    """The day of each date as it is written (null where it is none), and what is to be said of how they were read.

    Raises RecordsInvalid where some have the day first and some the month.
    """
    plain = written.str.strip_chars().str.extract(_DATED, 1)
    plain = plain.str.replace(r"^(\d{4})/(\d+)/", "$1-$2-")
    iso, day_first, month_first = (plain.str.to_date(f, strict=False) for f in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y"))
    only_day, only_month = (
        a.is_not_null() & b.is_null() for a, b in ((day_first, month_first), (month_first, day_first))
    )
    if only_day.any() and only_month.any():
        raise RecordsInvalid(
            "Some dates have the day first and some the month.",
            remedy="Write each date as 2022-10-31.", file=path, line=int(lines.filter(only_month)[0]),
        )  # fmt: skip
    if only_month.any():
        said = "Dates are read month first, since read day first some are none."
        return iso.fill_null(month_first), (said,)
    may_be_either = bool(day_first.is_not_null().any()) and not only_day.any()
    said = "Dates are read day first; read month first, all of them would be dates too."
    return iso.fill_null(day_first), (said,) if may_be_either else ()


_NATIONAL_GRID = (0.0, 700_000.0), (0.0, 1_300_000.0)
"""Metres between which eastings and northings of the National Grid lie."""


def _about_grid(kept: pl.DataFrame, grid: str, unit: str | None) -> tuple[str, ...]:
    """What is to be said of a grid whose unit nobody stated, and of points that cannot be on the National Grid."""
    is_national = grid.strip().upper() == "EPSG:27700"
    if is_national and not all(kept[c].is_between(*ends).all() for c, ends in zip("xy", _NATIONAL_GRID, strict=True)):
        said = "Some points lie outside the National Grid, EPSG:27700, so that they are on another: state it with --grid and --unit."
        return (said,)
    if unit is None and not is_national:
        return (f"The unit of {grid} was not stated: coordinates are taken as {unit_of(grid, unit)}.",)
    return ()


def _counted(returned: Sequence[Reject]) -> tuple[str, ...]:
    """How many rows are no events here, by why not, and where the first stands: a note, where any is returned."""
    if not returned:
        return ()
    causes = Counter(one.cause.rstrip(".") for one in returned)
    said = "; ".join(f"{cause[0].lower()}{cause[1:]}: {n:,}" for cause, n in causes.items())
    return (f"Rows returned: {len(returned):,} ({said}), the first in line {min(one.line for one in returned):,}.",)


def _none_is_an_event(dates: pl.Series, returned: Sequence[Reject], path: Path) -> RecordsInvalid:
    """Why a file of events holds none: months alone, days to come, or what else the rows lack."""
    months = dates.str.strip_chars().str.contains(r"^(\d{4}-\d{2}|\d{2}/\d{4})$").fill_null(False)
    if len(dates) and months.all():
        return RecordsInvalid(
            "The events have a month and no day.", remedy="Use a list that gives the day of each event.", file=path
        )
    causes = Counter(one.cause.rstrip(".") for one in returned)
    said = "; ".join(f"{cause[0].lower()}{cause[1:]}: {n:,}" for cause, n in causes.items())
    return RecordsInvalid(
        "No row is an event with a place and a day" + (f" ({said})." if said else "."),
        remedy="See the columns' form: x and y as numbers on one grid, date as 2022-10-31 or 31/10/2022.", file=path,
    )  # fmt: skip


def groups_of_file(path: Path, *, unit: str = "metres") -> tuple[Floats, Floats, tuple[str, ...]]:
    """Places and their group, of a file with the columns x, y and group: x and y in metres, the groups' names.

    Raises LayoutUnknown where a column lacks, RecordsInvalid where a row has no place or no group.
    """
    tables = list(readings(path))
    named = {name.strip().lower(): name for name in tables[0].header} if len(tables) == 1 else {}
    if not {"x", "y", "group"} <= set(named):
        raise LayoutUnknown(
            "The columns x, y and group are not all there.",
            remedy="Name the columns x, y and group, with x and y on the grid of the events.", file=path,
        )  # fmt: skip
    rows = tables[0].rows.select(
        *(pl.col(named[c]).str.strip_chars().cast(pl.Float64, strict=False).alias(c) for c in ("x", "y")),
        pl.col(named["group"]).str.strip_chars().replace("", None).alias("group"), "line_number",
    )  # fmt: skip
    bad = rows.filter(
        ~(pl.col("x").is_finite() & pl.col("y").is_finite() & pl.col("group").is_not_null()).fill_null(False)
    )
    if bad.height:
        raise RecordsInvalid(
            "A row has no place or no group.", remedy="Give each row both.", file=path, line=int(bad["line_number"][0])
        )
    x, y = (rows[c].to_numpy() * METRES[unit] for c in ("x", "y"))
    return x, y, tuple(rows["group"].to_list())


@dataclass(frozen=True, kw_only=True)
class ListedWindows:
    """Times between which the events of a file lie: `from` and `to`, null where they cannot be read."""

    windows: pl.DataFrame
    batches: tuple[str, ...]
    notes: tuple[str, ...]


_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M")


def windows_of_file(path: Path, *, zone: str) -> ListedWindows:
    """The windows of a file with the columns from and to, by the clock of a zone ("wall": as they stand).

    A time that the zone's clock shows twice is taken as the first, one that it never shows is not read; both are counted.
    Raises LayoutUnknown where a column lacks, RecordsInvalid where no row has a beginning, RequestInvalid for no zone.
    """
    tables = list(readings(path))
    if len(tables) != 1:
        raise LayoutUnknown("One table is wanted.", remedy="Give one list of times.", file=path)
    reading = tables[0]
    named = {name.strip().lower(): name for name in reading.header}
    if not {"from", "to"} <= set(named):
        raise LayoutUnknown(
            f"The columns from and to are not both there; {reading.header_in_words}.",
            remedy="Name the columns from and to, with times as 2022-10-31 14:30.", file=path,
        )  # fmt: skip
    written = {n: pl.col(named[n]).str.strip_chars() for n in ("from", "to")}
    read = reading.rows.select(
        *(pl.coalesce(text.str.to_datetime(f, strict=False) for f in _TIMES).alias(n) for n, text in written.items()),
        *(text.is_not_null().alias(f"{n}_given") for n, text in written.items()),
    )
    windows = read.select("from", "to") if zone == "wall" else _in_zone(read.select("from", "to"), zone)
    ends_unread = read["to_given"] & windows["to"].is_null()
    if not windows["from"].count():
        raise RecordsInvalid("No row has a beginning that can be read.", remedy="See the columns' form.", file=path)
    unread = sum(int((read[f"{n}_given"] & windows[n].is_null()).sum()) for n in ("from", "to"))
    notes = (f"Times that could not be read, or that the clock never shows: {unread:,}.",) if unread else ()
    if ends_unread.any():  # an end that is written and cannot be read is not the same as none
        notes = (*notes, f"Left out, since the end that is given cannot be read: {int(ends_unread.sum()):,}.")
    returned = (f"Lines returned, which are no rows: {len(reading.rejects):,}.",) if reading.rejects else ()
    return ListedWindows(
        windows=windows.filter(~ends_unread), batches=(content_hash(path)[:16],), notes=(*notes, *returned)
    )


def _in_zone(times: pl.DataFrame, zone: str) -> pl.DataFrame:
    try:
        return times.with_columns(
            pl.all().dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
        )
    except pl.exceptions.PolarsError:
        raise RequestInvalid("There is no such zone.", remedy="Use a name such as Europe/London, or wall.") from None


def _events(rows: pl.DataFrame, as_at: datetime) -> tuple[pl.DataFrame, list[Reject]]:
    """The rows that are events, and the others with why not."""
    finite = pl.col("x").is_finite() & pl.col("y").is_finite()
    is_nowhere = ~finite.fill_null(False) | ((pl.col("x") == 0) & (pl.col("y") == 0) & _far_from_nought(rows))
    causes = (
        ("no place", "x, y", is_nowhere, "Give x and y as numbers on the grid."),
        ("no day", "date", pl.col("date").is_null(), "Give the date as 2022-10-31 or 31/10/2022."),
        ("not yet", "date", pl.col("date") > as_at.date(), "See whether day and month, or the year, were mistaken."),
    )
    why = pl.coalesce(pl.when(test.fill_null(False)).then(pl.lit(at)) for at, (_, _, test, _) in enumerate(causes))
    told = rows.with_columns(why.alias("why"))
    said = {
        "no place": "The row has no place.", "no day": "The row has no day.", "not yet": "The day has not come yet.",
    }  # fmt: skip
    returned = [
        Reject(line=line, last_line=line, code=causes[at][0], column=causes[at][1], cause=said[causes[at][0]],
               remedy=causes[at][3], raw="")
        for line, at in told.filter(pl.col("why").is_not_null()).select("line_number", "why").iter_rows()
    ]  # fmt: skip
    return told.filter(pl.col("why").is_null()).drop("why"), returned


def _far_from_nought(rows: pl.DataFrame) -> bool:
    """Whether the middle of the places is so far from the grid's origin that 0, 0 stands for a place that is not known."""
    x, y = (rows[c].filter(rows[c].is_finite() & (rows[c] != 0)).median() for c in "xy")
    return isinstance(x, float) and isinstance(y, float) and max(abs(x), abs(y)) > _FAR


_FAR = 50_000.0
"""In the grid's own unit. Lists on a plane of their own, as examples are, lie nearer to its origin."""


def _within(kept: pl.DataFrame, boundary: Path, path: Path) -> tuple[pl.DataFrame, list[Reject]]:
    """The rows inside a boundary, and the others with why not. Raises RecordsInvalid where most are outside it."""
    try:
        shape = shapely.union_all(shapely.get_parts(shapely.from_geojson(boundary.read_text(encoding="utf-8"))))
    except (OSError, ValueError, shapely.errors.GEOSException):
        raise LayoutUnknown(
            "The boundary is not GeoJSON that can be read.",
            remedy="Give polygons on the grid of the events.",
            file=boundary,
        ) from None
    inside = pl.Series(shapely.intersects_xy(shape, kept["x"].to_numpy(), kept["y"].to_numpy()))
    if not 2 * int(inside.sum()) >= kept.height:
        raise RecordsInvalid(
            f"{kept.height - int(inside.sum()):,} of {kept.height:,} events lie outside the boundary.",
            remedy="See whether the boundary and the events are on the same grid and in the same unit.", file=path,
        )  # fmt: skip
    returned = [
        Reject(line=line, last_line=line, code="outside", column="x, y", cause="The row lies outside the boundary.",
               remedy="See whether it is of another force, or its place was mistaken.", raw="")
        for line in kept.filter(~inside)["line_number"].to_list()
    ]  # fmt: skip
    return kept.filter(inside), returned


def _on_one_grid(kept: pl.DataFrame, path: Path | None, metres: float) -> None:
    """Raise RecordsInvalid where some rows are in degrees and others not, or lie further apart than a country is wide.

    Columns: x, y and, of a file, line_number.
    """
    looks_like_degrees = kept.select((pl.col("x").abs() <= 180) & (pl.col("y").abs() <= 90)).to_series()
    some = int(looks_like_degrees.sum())
    wide = kept.select(
        ((pl.col(c).max() - pl.col(c).min()) * metres > _WIDEST).alias(c) for c in ("x", "y")
    ).row(0)  # fmt: skip
    if some == kept.height and kept.height > 1 and kept.select(pl.col("x").n_unique()).item() > 1 and _fractional(kept):
        raise RecordsInvalid(
            "The coordinates look like degrees, and distances are taken in metres.",
            remedy="Give them on a grid in metres: easting and northing.", file=path,
        )  # fmt: skip
    if (0 < some < kept.height and _fractional(kept.filter(looks_like_degrees))) or any(wide):
        apart = pl.max_horizontal((pl.col(c) - pl.col(c).median()).abs() for c in ("x", "y"))
        own = kept.filter(looks_like_degrees) if 0 < some < kept.height else kept.sort(apart, descending=True)
        line = int(own["line_number"][0]) if path is not None else None
        raise RecordsInvalid(
            "The rows seem to be on two grids: some lie further from the others than a country is wide, or are in degrees.",
            remedy="Give all of them on one grid.", file=path, line=line,
        )  # fmt: skip


def _fractional(kept: pl.DataFrame) -> bool:
    """Whether coordinates have fractions, as degrees do: whole numbers near nought are a made-up example on a grid."""
    return bool(kept.select(((pl.col("x") % 1 != 0) | (pl.col("y") % 1 != 0)).mean() > 0.5).item())


def _day_numbers(days: pl.Series) -> Days:
    return days.cast(pl.Int32).to_numpy().astype(np.int32)


def _strata(names: pl.Series) -> npt.NDArray[np.int32]:
    return names.fill_null("").rank("dense").cast(pl.Int32).to_numpy().astype(np.int32) - 1


def points_of_rows(
    rows: pl.DataFrame, *, title: str, area: str, as_at: datetime, batches: Sequence[str], sources: Sequence[str],
    notes: Sequence[str] = (), held_until: date | None = None,
) -> Points:  # fmt: skip
    """The events of held crimes: columns ref, easting, northing, day (date, null where only a month is held), stratum.

    Rows without a point or without a day are counted in the notes. Where no row has a day, `months_only` says so. Raises
    RecordsInvalid where the rows are on two grids.
    """
    placed = rows.filter(pl.col("easting").is_not_null() & pl.col("northing").is_not_null())
    dated = placed.filter(pl.col("day").is_not_null() & (pl.col("day") <= as_at.date()))
    months_only = bool(placed.height) and not dated.height
    kept = placed if months_only else dated
    if kept.height:
        _on_one_grid(
            kept.select(x=pl.col("easting").cast(pl.Float64), y=pl.col("northing").cast(pl.Float64)), None, 1.0
        )
    days = pl.Series("day", np.zeros(kept.height, np.int32)) if months_only else kept["day"]
    return Points(
        title=title, area=area, grid="the National Grid (EPSG:27700)", x=kept["easting"].cast(pl.Float64).to_numpy(),
        y=kept["northing"].cast(pl.Float64).to_numpy(), day=_day_numbers(days), stratum=_strata(kept["stratum"]),
        refs=tuple(kept["ref"].fill_null("").to_list()), as_at=as_at, batches=tuple(batches), sources=tuple(sources),
        months_only=months_only, held_until=held_until,
        notes=(
            *notes,
            f"Left out: {rows.height - placed.height:,} of {rows.height:,} without a point in the force, "
            f"{placed.height - kept.height:,} without a day that has come.",
        ),
    )  # fmt: skip
