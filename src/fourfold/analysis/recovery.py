"""Recovery: what share of stolen vehicles is found, on one definition, over equal periods, with what is not yet known apart.

A year's rate beside a month's compares nothing: the vehicles of the year have had longer to be found, and a rate of what was
found in a period over what was stolen in it moves when thefts do. So vehicles are followed from their theft's recording, all
for the same number of days. A vehicle that was found within them is found; one that was not, and has had them, was not found
within them; one that has had fewer days is **not yet known**, and while there is any, the rate has no value, only bounds.

The cohort is that of the crimes recorded in a window, as every count of crime is, and days run from the day of recording; or,
asked for by `counted_from="stolen"`, of vehicles stolen in it, days running from the theft. A vehicle found before its crime
was recorded was found within any number of days.

Whether a rate changed is judged by how much the rates of earlier months vary among themselves beyond chance.

Sources: limits of a share: Wilson (1927), Journal of the American Statistical Association 22; of the difference of two:
Newcombe (1998), Statistics in Medicine 17; variation beyond the binomial: McCullagh and Nelder (1989), Generalized Linear Models.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy.stats import norm, t

import fourfold
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.analysis.trends import MONTHS_NEEDED
from fourfold.analysis.vehicles import Extracts, Taken
from fourfold.codes.periods import Window, month_end, months
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records

Start = Literal["recorded", "stolen"]

AGES = (28, 90, 365)
"""The days for which vehicles are followed."""
STEP_AGES = (1, 7, 28)
"""The days within which a found vehicle is examined, or is back with its owner."""
DISTANCES = (500, 2_000, 5_000, 10_000)
"""Metres from the theft: the upper ends of the bands in which vehicles are found."""

_METHOD = Method(
    name="recovery by cohort",
    text="Of the vehicles stolen in crimes recorded in the window, those found within so many days; no rate while one that is "
    "not found has had fewer days.",
    source="Wilson 1927.",
)
_CHANGE = Method(
    name="recovery compared",
    text="The difference of two cohorts' rates at the same age, with limits widened by how much the rates of earlier months vary "
    "beyond chance.",
    source="Newcombe 1998; McCullagh and Nelder 1989.",
)
_AFTER = Method(
    name="after recovery",
    text="Of the vehicles found in the window, those examined, and those back with their owner, within so many days of being "
    "found; what no row tells, and what has had fewer days, stand apart.",
)
_WHERE = Method(
    name="where vehicles are found",
    text="Vehicles stolen in the window and found since, by area, and by distance in a straight line from the theft.",
)


def recovery_rate(taken: Taken, window: Window, age: int = AGES[0], counted_from: Start = "recorded") -> Finding:
    """The share of a window's stolen vehicles found within `age` days: kind "recovery rate", unit "%".

    Its value is None, and its verdict says why, while a vehicle that is not found has had fewer days, or where extracts lack.
    Its parameters have the counts: found, not found, not yet known, and the least and the most that the rate can come to.
    """
    _asked(age, counted_from)
    own = _cohort(taken, window, counted_from)
    found, unknown = _counts(own, age, taken.until)
    lacking = _lacking(taken, window, age)
    value, interval, n = None, None, own.height
    verdict = lacking
    if verdict is None and unknown:
        last = own["start"].max()
        assert isinstance(last, date)
        verdict = (
            f"Not yet known: {unknown:,} of {n:,} vehicles have not had {age} days; all will have by "
            f"{last + timedelta(days=age):%-d %B %Y}."
        )
    if verdict is None and not n:
        verdict = "Not available: no vehicle was stolen."
    if verdict is None:
        value = 100 * found / n
        low, high = wilson(found, n)
        interval = Interval(
            low=100 * low, high=100 * high, level=0.95, meaning="what chance alone could do to the share"
        )
    return _finding(
        taken, (window,), _METHOD, kind="recovery rate", title=f"Stolen vehicles found within {age} days", value=value, unit="%",
        n=n, verdict=verdict, interval=interval, definition=_definition(age, counted_from),
        parameters={
            "days": age, "counted from": counted_from, "found": found, "not yet known": unknown, "not found": n - found - unknown,
            "least %": 100 * found / n if n else None, "most %": 100 * (found + unknown) / n if n else None,
            "told until": taken.until.isoformat(),
        },
    )  # fmt: skip


def recovery_cohorts(
    taken: Taken, window: Window, counted_from: Start = "recorded", ages: Sequence[int] = AGES
) -> Finding:
    """Each month's vehicles followed for the same days: kind "recovery cohorts".

    Columns: month, stolen, and for each age found, not_yet_known and rate (of 1; null while any is not yet known, or where an
    extract lacks), named by the age. The value is the number stolen in the window.
    """
    for age in ages:
        _asked(age, counted_from)
    whole = window.whole_months
    every = _cohort(taken, whole, counted_from)
    by_month = every.partition_by("month", as_dict=True)
    rows: list[tuple[Value, ...]] = []
    for month in months(whole):
        own = by_month.get((month,), every.clear())
        row: list[Value] = [month.isoformat(), None if taken.missing(Window(month, month_end(month))) else own.height]
        for age in ages:
            found, unknown = _counts(own, age, taken.until)
            is_told = not unknown and own.height and _lacking(taken, Window(month, month_end(month)), age) is None
            row += [found, unknown, found / own.height if is_told else None]
        rows.append(tuple(row))
    columns = (
        "month",
        "stolen",
        *(f"{what}_{age}_days" for age in ages for what in ("found", "not_yet_known", "rate")),
    )
    return _finding(
        taken, (whole,), _METHOD, kind="recovery cohorts", title="Stolen vehicles found, month by month", value=every.height,
        unit="vehicles", n=every.height, definition=_definition(None, counted_from), table=Table(columns=columns, rows=tuple(rows)),
        parameters={"ages in days": list(ages), "counted from": counted_from, "told until": taken.until.isoformat()},
    )  # fmt: skip


def recovery_change(
    taken: Taken,
    later: Window,
    earlier: Window,
    age: int = AGES[0],
    counted_from: Start = "recorded",
    *,
    level: float = 0.95,
) -> Finding:
    """How the rate moved from one window to another, both at one age: kind "recovery change", unit "percentage points".

    Its parts are the two rates and the months. The verdict begins with "rise", "fall", "no clear change" or "cannot judge".
    Raises RequestInvalid for windows that overlap.
    """
    if later.first <= earlier.last:
        raise RequestInvalid("The windows overlap.", remedy="Compare with a window that ends before.")
    after, before = (recovery_rate(taken, w, age, counted_from) for w in (later, earlier))
    held = [m for m in taken.months if m < later.first]
    history = Window(held[0], month_end(held[-1])) if held else earlier
    by_month = recovery_cohorts(taken, history, counted_from, (age,))
    value, interval = None, None
    verdict = f"cannot judge: {(after.verdict or before.verdict or '').rstrip('.')}"
    spread, freedom = dispersion(by_month, age)
    if isinstance(after.value, float) and isinstance(before.value, float):
        value = after.value - before.value
        if freedom + 1 < MONTHS_NEEDED:
            verdict = f"cannot judge: {freedom + 1} earlier months are known, and {MONTHS_NEEDED} are needed"
        else:
            counts = [(int(f.parameters["found"]), f.records) for f in (after, before)]
            low, high = (100 * end for end in difference(counts[0], counts[1], spread, freedom, level))
            interval = Interval(
                low=low,
                high=high,
                level=level,
                meaning="changes that the months' own variation could hide behind this one",
            )
            verdict = _verdict(low, high)
    return _finding(
        taken, (later, earlier), _CHANGE, kind="recovery change", title=f"Stolen vehicles found within {age} days",
        value=value, unit="percentage points", n=after.records + before.records, verdict=verdict, interval=interval,
        definition=_definition(age, counted_from), parts=(after, before, by_month), notes=_unequal(later, earlier, by_month, age),
        parameters={"days": age, "counted from": counted_from, "dispersion": spread, "months before the window": freedom + 1,
                    "level": level},
    )  # fmt: skip


def after_recovery(taken: Taken, window: Window, ages: Sequence[int] = STEP_AGES) -> Finding:
    """How soon found vehicles were examined, and back with their owner: kind "after recovery", a row a step and age.

    The window is that of the day found. Columns: step ("examined", "returned"), days, within, not_recorded (they had the days,
    and no row tells), not_yet_known, share (of 1; null while any is not yet known), median_days (of those so far that a row
    tells, whatever the days). The value is how many vehicles were found.
    """
    own = taken.vehicles.filter(pl.col("found_on").is_between(window.first, window.last))
    lacking = taken.missing(window)
    rows: list[tuple[Value, ...]] = []
    for step in ("examined", "returned"):
        took = own.select(
            days=(pl.col(f"{step}_on") - pl.col("found_on")).dt.total_days(),
            had=(pl.lit(taken.until) - pl.col("found_on")).dt.total_days(),
        )
        middle = took["days"].median()
        for age in ages:
            within = int((took["days"] <= age).sum())
            open_ = int(((took["days"].is_null() | (took["days"] > age)) & (took["had"] < age)).sum())
            n = own.height
            rows.append((
                step, age, within, n - within - open_, open_, within / n if n and not open_ and not lacking else None,
                middle if isinstance(middle, float) else None,
            ))  # fmt: skip
    return _finding(
        taken, (window,), _AFTER, kind="after recovery", title="Vehicles found: examined, and back with their owner",
        value=own.height, unit="vehicles", n=own.height, definition=_definition(None, "recorded"),
        verdict=_said_missing(lacking), parameters={"days": list(ages), "told until": taken.until.isoformat()},
        table=Table(columns=("step", "days", "within", "not_recorded", "not_yet_known", "share", "median_days"), rows=tuple(rows)),
        notes=("A step that no row tells is not recorded: that it was not taken is not known.",),
    )  # fmt: skip


def where_found(taken: Taken, records: Records, window: Window, layer: str = "ltla24") -> Finding:
    """Where the vehicles stolen in a window were found: kind "where found", unit "vehicles"; its value is how many were.

    Columns: where ("area" or "distance"), code, name, found. Areas are those of a layer of the boundaries held; a vehicle
    found outside them is in the row of no code, as is one whose place no row tells. Distances are bands in a straight line.
    """
    own = _cohort(taken, window, "recorded").filter(pl.col("found_on").is_not_null())
    rows: list[tuple[Value, ...]] = [*_by_area(own, records, layer), *_by_distance(own)]
    unplaced = own["found_east"].null_count()
    return _finding(
        taken, (window,), _WHERE, kind="where found", title="Where stolen vehicles were found", value=own.height, unit="vehicles",
        n=own.height, definition=_definition(None, "recorded"),
        table=Table(columns=("where", "code", "name", "found"), rows=tuple(rows)),
        parameters={"layer": layer, "without a place": unplaced},
        notes=(f"Found, without a place recorded: {unplaced:,} of {own.height:,}.",),
    )  # fmt: skip


def latest_reached(taken: Extracts, age: int) -> Window:
    """The latest whole month of which every vehicle has had `age` days. Raises NothingHeld where none has."""
    for month in reversed(taken.months):
        if (
            _lacking(taken, Window(month, month_end(month)), age) is None
            and month_end(month) + timedelta(days=age) <= taken.until
        ):
            return Window(month, month_end(month))
    raise NothingHeld(
        f"No month's vehicles have had {age} days.", remedy="Ask for fewer days, or import later extracts."
    )


def wilson(found: int, n: float, level: float = 0.95, z: float | None = None) -> tuple[float, float]:
    """Wilson's limits of a share; `n` may be a smaller, effective number than was counted, with `found` still of all."""
    z = float(norm.ppf((1 + level) / 2)) if z is None else z
    share = found / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def difference(
    after: tuple[int, int], before: tuple[int, int], spread: float, freedom: int, level: float = 0.95
) -> tuple[float, float]:
    """Newcombe's limits of the difference of two shares, each (found, of); widened where `spread` is above 1."""
    wide = max(spread, 1.0)
    z = float(t.ppf((1 + level) / 2, freedom) if wide > 1 else norm.ppf((1 + level) / 2))
    (a, n), (b, m) = after, before
    p, q = a / n, b / m
    (p_low, p_high), (q_low, q_high) = (wilson(x / wide, k / wide, z=z) for x, k in ((a, n), (b, m)))  # type: ignore[arg-type]
    low = p - q - math.hypot(p - p_low, q_high - q)
    high = p - q + math.hypot(p_high - p, q - q_low)
    return low, high


def dispersion(by_month: Finding, age: int) -> tuple[float, int]:
    """How many times more the months' rates vary than chance would have it, and its degrees of freedom (months less one)."""
    assert by_month.table is not None
    told = [
        (int(r[f"found_{age}_days"] or 0), int(r["stolen"] or 0))
        for r in by_month.table.records()
        if r[f"rate_{age}_days"] is not None
    ]
    if len(told) < 2:
        return 1.0, max(len(told) - 1, 0)
    found, stolen = (np.array(c, float) for c in zip(*told, strict=True))
    share = found.sum() / stolen.sum()
    if share in (0.0, 1.0):
        return 1.0, len(told) - 1
    squares = ((found - stolen * share) ** 2 / (stolen * share * (1 - share))).sum()
    return float(squares / (len(told) - 1)), len(told) - 1


def _asked(age: int, counted_from: str) -> None:
    if age < 1:
        raise RequestInvalid("There is no such age.", remedy="Give a number of days from 1 up.")
    if counted_from not in ("recorded", "stolen"):
        raise RequestInvalid("There is no such day to count from.", remedy="recorded or stolen.")


def _cohort(taken: Taken, window: Window, counted_from: Start) -> pl.DataFrame:
    """The window's vehicles with the day from which theirs run, the days until found (never below 0) and their month."""
    start = pl.col(f"{counted_from}_on")
    return (
        taken.vehicles.filter(start.is_between(window.first, window.last))
        .with_columns(start=start, month=start.dt.truncate("1mo"))
        .with_columns(age=(pl.col("found_on") - start).dt.total_days().clip(0))
    )


def _counts(own: pl.DataFrame, age: int, until: date) -> tuple[int, int]:
    """How many were found within an age, and how many are neither found nor have had the days."""
    found = (pl.col("age") <= age).fill_null(False) & (pl.col("found_on") <= until).fill_null(False)
    has_had = pl.col("start") + pl.duration(days=age) <= until
    told = own.select(found=found.sum(), unknown=(~found & ~has_had).sum()).row(0)
    return int(told[0]), int(told[1])


def _lacking(taken: Extracts, window: Window, age: int) -> str | None:
    """Which extracts lack, of those that could tell of the window's vehicles at that age and have ended, in words."""
    last = min(window.last + timedelta(days=age), taken.until)
    if window.first > taken.until:
        return f"Not available: the extracts of vehicles tell nothing after {taken.until:%-d %B %Y}."
    return _said_missing(taken.missing(Window(window.first, max(last, window.first))))


def _said_missing(missing: Sequence[date]) -> str | None:
    if not missing:
        return None
    return "Not available: no extract of vehicles is held for " + ", ".join(f"{m:%B %Y}" for m in missing) + "."


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return "rise: more than the months' own variation could make"
    if high < 0:
        return "fall: more than the months' own variation could make"
    return "no clear change: the months' own variation could make it"


def _unequal(later: Window, earlier: Window, by_month: Finding, age: int) -> tuple[str, ...]:
    """What has to be said where a year, say, is compared with a month."""
    if abs(later.days - earlier.days) <= 3 or by_month.table is None:
        return ()
    own = [
        float(r[f"rate_{age}_days"] or 0)
        for r in by_month.table.records()
        if r[f"rate_{age}_days"] is not None and earlier.first <= date.fromisoformat(str(r["month"])) <= earlier.last
    ]
    said = f"The windows are of {later.days} and {earlier.days} days; every vehicle is followed for the same {age}."
    if len(own) < 2:
        return (said,)
    return (f"{said} The months of the longer lie between {100 * min(own):.1f}% and {100 * max(own):.1f}%.",)


def _by_area(own: pl.DataFrame, records: Records, layer: str) -> list[tuple[Value, ...]]:
    held = records.boundaries
    east, north = (
        own[f"found_{axis}"].cast(pl.Float64).fill_null(float("nan")).to_numpy() for axis in ("east", "north")
    )
    if held is None:
        return [("area", None, "no boundaries are held", own.height)]
    codes: pl.Series | None = held.placed(layer, east, north) if layer in held.layers else None
    small = next((one for one in ("lsoa21", "lsoa11") if one in held.layers), None)
    if codes is None and small is not None:
        codes = held.placed(small, east, north).replace_strict(
            held.council_of(small), default=None, return_dtype=pl.String
        )
    if codes is None:
        return [("area", None, "no boundaries of that layer are held", own.height)]
    from fourfold.records.places import area_names

    names = area_names(records, layer)
    counted = codes.alias("code").value_counts().sort("count", "code", descending=[True, False])
    rows: list[tuple[Value, ...]] = [("area", c, names.get(c, c), n) for c, n in counted.iter_rows() if c is not None]
    nowhere = codes.null_count()
    return [*rows, ("area", None, "in none of these areas, or no place recorded", nowhere)]


def _by_distance(own: pl.DataFrame) -> list[tuple[Value, ...]]:
    away = own.select(
        (
            (pl.col("found_east") - pl.col("stolen_east")) ** 2 + (pl.col("found_north") - pl.col("stolen_north")) ** 2
        ).sqrt()
    ).to_series()
    rows: list[tuple[Value, ...]] = []
    low = 0
    for high in DISTANCES:
        inside = (away <= high) & ((away > low) | ((low == 0) & (away == 0)))
        rows.append(("distance", f"{low}-{high}", f"{_metres(low)} to {_metres(high)}", int(inside.sum())))
        low = high
    rows.append(("distance", f"{low}-", f"over {_metres(low)}", int((away > low).sum())))
    return [*rows, ("distance", None, "where it was stolen or found is not recorded", away.null_count())]


def _metres(metres: int) -> str:
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres} m"


def _definition(age: int | None, counted_from: Start) -> Definition:
    whose = {
        "recorded": "Vehicles stolen in crimes that stand, by the day on which the crime was recorded; days run from that day.",
        "stolen": "Vehicles stolen in crimes that stand, by the local day of the theft; days run from that day.",
    }[counted_from]
    return Definition(
        name="stolen_vehicle_found" if counted_from == "recorded" else "stolen_vehicle_found_from_theft", version="1",
        title="Stolen vehicles found" if age is None else f"Stolen vehicles found within {age} days",
        text=f"{whose} Found is the first row that tells the vehicle was found, examined or returned. Vehicles taken with their keys "
        "in a burglary or a robbery are in it; attempts are not.",
        source="West Midlands Police, Strategic Policing and Crime Board, late 2022, paragraph 52, which gives no definition",
        status="unconfirmed",
    )  # fmt: skip


def _finding(taken: Taken, windows: tuple[Window, ...], method: Method, **said: Any) -> Finding:
    return Finding(
        windows=windows, area=taken.area, method=method, as_at=taken.as_at, batches=taken.batches,
        code_version=fourfold.__version__, sources=taken.sources, notes=(*taken.notes, *said.pop("notes", ())), **said,
    )  # fmt: skip
