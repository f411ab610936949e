"""data.police.uk: street-level crimes and outcomes, as published month by month.

The contract, field by field
----------------------------
`Crime ID`      a keyed hash, or empty (anti-social behaviour has none; nor have rows before 2011-12). Rows without one
                are never de-duplicated. One repeated within a file is kept and flagged: police.uk gives two crimes of
                one incident the same ID, and the force recorded both.
`Month`         `YYYY-MM`. Where the file's name says another month, the row is returned as rejected: kept, it would
                stand in a month that another file speaks for.
`Reported by`   the force that recorded the row. British Transport Police publishes into territorial files: told apart.
`Falls within`  the force whose file it is. Where the file's name says another force, the row is kept and flagged.
`Longitude`, `Latitude`   WGS84 of a snap point, not of the crime; empty where the force gave no place.
`Easting`, `Northing`     National Grid, in the form of 2010 and 2011 only.
`Location`      "On or near ...": the snap point's name.
`LSOA code`     the 2011 (later 2021) area that police.uk placed the point in; kept beside our own placing.
`Crime type`    a category; its list changed in 2011 and 2013. An unknown one is kept and flagged.
`Last outcome category`   a snapshot on the day of publication; never used as an outcome rate.
`Outcome type`  in outcome files only: the outcome recorded in that month for that Crime ID.

The API's form (`category` slugs, `location_type` Force or BTP, `pfa_name`) carries the same facts under other names.

Known faults: IDs repeated within a month; coordinates missing in some months more than others; categories of three
eras; anti-social behaviour is not a crime; the API names no reporting force, only whether it is the BTP.

Source: data.police.uk, "About the data"; licence OGL v3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import polars as pl

from fourfold.codes import areas, police_uk
from fourfold.errors import RecordsInvalid
from fourfold.records.account import Reading, Reject
from fourfold.records.suppliers import Received, row_texts

MAPPING_VERSION = "police.uk 1"
SOURCE = "data.police.uk, licensed under the Open Government Licence v3.0"

_FILE_NAME = re.compile(r"(?P<month>\d{4}-\d{2})-(?P<force>[a-z][a-z-]*?)-(?P<kind>street|outcomes|api)\b")
_MONTH = re.compile(r"(?P<month>\d{4}-(?:0[1-9]|1[0-2]))\b")

_STREET = {"Month", "Reported by", "Falls within", "Crime type"}
_OUTCOMES = {"Month", "Reported by", "Falls within", "Outcome type", "Crime ID"}
_API = {"month", "category", "location_type", "latitude", "longitude"}

# Our name for each column, in whichever form it comes.
_NAMES = {
    "Crime ID": "crime_ref", "crime_id": "crime_ref",
    "Month": "month", "month": "month",
    "Reported by": "reported_by",
    "Falls within": "falls_within", "pfa_name": "falls_within",
    "location_type": "location_type",
    "Longitude": "longitude", "longitude": "longitude",
    "Latitude": "latitude", "latitude": "latitude",
    "Easting": "easting", "Northing": "northing",
    "Location": "location", "street_name": "location",
    "LSOA code": "file_lsoa_code", "lsoa11_code_derived": "file_lsoa_code",
    "Crime type": "category_text", "category": "category_text",
    "Last outcome category": "last_outcome", "outcome": "last_outcome",
    "Outcome type": "outcome_text",
}  # fmt: skip
_COORDINATES = ("longitude", "latitude", "easting", "northing")


@dataclass(frozen=True)
class _Named:
    """What a file's name says of it; either may be missing."""

    month: str | None
    force_id: str | None


def recognises(header: tuple[str, ...], file_name: str) -> bool:  # noqa: ARG001 - one signature for all suppliers
    """Whether a header is one of the three forms of police.uk, street or outcomes."""
    held = set(header)
    return any(form <= held for form in (_STREET, _OUTCOMES, _API))


def received(reading: Reading, file_name: str) -> Received:
    """The rows of a street or outcomes file as `crimes` or `outcomes`.

    Raises RecordsInvalid when every row contradicts the month in the file's name.
    """
    named = _named(file_name)
    rows = _under_our_names(reading)
    rows, rejects = _months_checked(rows, reading, named)
    rows = _with_forces(rows, named)
    is_outcomes = "outcome_text" in rows.columns
    rows, unparsed = _with_coordinates(rows)
    table = _outcomes(rows) if is_outcomes else _crimes(rows)
    kind = "outcomes" if is_outcomes else "street"
    return Received(
        dataset=f"police.uk {kind}",
        stream=f"police.uk {kind}",
        force_id=_one_force(table),
        tables={"outcomes" if is_outcomes else "crimes": table},
        coverage=_coverage(table, named, "outcome_month" if is_outcomes else "recorded_month"),
        rejects=rejects,
        flags=_flags(rows, table),
        unparsed=unparsed,
        mapping_version=MAPPING_VERSION,
        source=SOURCE,
    )


def _named(file_name: str) -> _Named:
    found = _FILE_NAME.search(file_name)
    if found:
        force = areas.force_named(found["force"])
        return _Named(found["month"], force.id if force else None)
    month = _MONTH.search(file_name)
    return _Named(month["month"] if month else None, None)


def _under_our_names(reading: Reading) -> pl.DataFrame:
    """The rows under our column names, those we have no name for left out of the table (the original keeps them)."""
    rows = reading.rows.select("line_number", *[pl.col(c).alias(_NAMES[c]) for c in reading.header if c in _NAMES])
    missing = [
        pl.lit(None, pl.String).alias(name)
        for name in ("crime_ref", "reported_by", "falls_within", "location", "file_lsoa_code", "last_outcome")
        if name not in rows.columns
    ]
    return rows.with_columns(missing)


def _months_checked(rows: pl.DataFrame, reading: Reading, named: _Named) -> tuple[pl.DataFrame, tuple[Reject, ...]]:
    """Rows of a readable month that agrees with the file's name; the others as rejects."""
    months = rows["month"].unique().to_list()
    good = {m for m in months if m is not None and _MONTH.fullmatch(m)}
    wanted = good & {named.month} if named.month else good
    if good and not wanted:
        raise RecordsInvalid(
            f"The file's name says {named.month}, and no row in it is of that month.",
            remedy="Give the file the name of the month that it holds, or fetch the month again.",
            file=reading.name,
            column="Month",
        )
    if wanted == set(months):
        return rows, ()
    kept = rows["month"].is_in(list(wanted)).fill_null(False)
    refused = rows.filter(~kept).select("line_number", "month")
    texts = row_texts(reading, refused["line_number"])
    column = "Month" if "Month" in reading.header else "month"
    return rows.filter(kept), tuple(
        _month_reject(line, texts[line], column, named.month if month in good else None)
        for line, month in refused.iter_rows()
    )


def _month_reject(line: int, raw: str, column: str, named_month: str | None) -> Reject:
    """A row of another month than the file's (`named_month` given), or of no readable month."""
    if named_month:
        return Reject(
            line=line, last_line=line, code="month disagrees", column=column, raw=raw,
            cause=f"The row is of another month than the file's name says ({named_month}).",
            remedy="Move the row to the file of its month, or rename the file, and import it again.",
        )  # fmt: skip
    return Reject(
        line=line, last_line=line, code="month unreadable", column=column, raw=raw,
        cause="The month is not a year and month such as 2022-04; a spreadsheet may have turned it into a date.",
        remedy="Write the month as YYYY-MM and import the file again.",
    )  # fmt: skip


def _with_forces(rows: pl.DataFrame, named: _Named) -> pl.DataFrame:
    """`force_id` (who recorded it), `file_force_id` (whose file), `is_btp`, `is_force_mismatch`."""
    rows = rows.with_columns(
        _force_ids(rows["falls_within"]).alias("falls"), _force_ids(rows["reported_by"]).alias("by")
    )
    if "location_type" in rows.columns:  # the API names no reporting force, only whether it is the BTP
        rows = rows.with_columns(by=pl.when(pl.col("location_type") == "BTP").then(pl.lit("btp")).otherwise("falls"))
    rows = rows.with_columns(own=pl.lit(named.force_id, pl.String) if named.force_id else pl.col("falls"))
    return (
        rows.with_columns(
            # A name we do not know is kept as the file gives it, so that it is neither dropped nor mistaken.
            force_id=pl.coalesce("by", "reported_by", "falls", "own"),
            file_force_id=pl.coalesce("own", "falls", "falls_within"),
            is_force_mismatch=(pl.col("own") != pl.col("falls")).fill_null(False),
        )
        .with_columns(is_btp=(pl.col("force_id") == "btp").fill_null(False))
        .drop("own", "falls", "by")
    )


def _force_ids(names: pl.Series) -> pl.Expr:
    known = {n: f.id for n in names.unique().drop_nulls() if (f := areas.force_named(n))}
    return pl.col(names.name).replace_strict(known, default=None, return_dtype=pl.String)


def _with_coordinates(rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Coordinates as numbers; the raw text stays beside a null wherever it would not parse."""
    held = [c for c in _COORDINATES if c in rows.columns]
    numbers = rows.with_columns(
        *[pl.col(c).cast(pl.Float64, strict=False).alias(c) for c in held],
        *[pl.col(c).alias(f"raw_{c}") for c in held],
    )
    failed = {c: int((numbers[c].is_null() & numbers[f"raw_{c}"].is_not_null()).sum()) for c in held}
    return (
        numbers.with_columns(
            *[pl.when(pl.col(c).is_null()).then(f"raw_{c}").alias(f"raw_{c}") for c in held],
            *[pl.lit(None, pl.Float64).alias(c) for c in _COORDINATES if c not in held],
        ),
        {c: n for c, n in failed.items() if n},
    )


def _crimes(rows: pl.DataFrame) -> pl.DataFrame:
    month = pl.col("month").str.to_date("%Y-%m", strict=True)
    return rows.with_columns(
        month.alias("recorded_on"),
        month.alias("recorded_month"),
        pl.lit("month").alias("date_precision"),
        pl.lit(None, pl.String).alias("offence_code"),
        _categories(rows).alias("category"),
        (pl.col("crime_ref").is_duplicated() & pl.col("crime_ref").is_not_null()).alias("is_repeated_id"),
    ).drop("month", "reported_by", "falls_within", "location_type", strict=False)


def _categories(rows: pl.DataFrame) -> pl.Expr:
    """Category ids; an old category ("Violent crime" of 2011) keeps an id of its own, since it means something else."""
    months = rows["month"].unique().to_list()
    on = date.fromisoformat(f"{min(months)}-01") if months else date(2013, 5, 1)
    known = {
        text: found.id
        for text in rows["category_text"].unique().drop_nulls()
        if (found := police_uk.category(text, on=on))
    }
    return pl.col("category_text").replace_strict(known, default=None, return_dtype=pl.String)


def _outcomes(rows: pl.DataFrame) -> pl.DataFrame:
    month = pl.col("month").str.to_date("%Y-%m", strict=True)
    return rows.with_columns(
        month.alias("outcome_month"),
        (pl.col("crime_ref").is_duplicated() & pl.col("crime_ref").is_not_null()).alias("is_repeated_id"),
    ).drop("month", "reported_by", "falls_within", "last_outcome", strict=False)


def _one_force(table: pl.DataFrame) -> str | None:
    forces = table["file_force_id"].unique().drop_nulls().to_list()
    return forces[0] if len(forces) == 1 else None


def _coverage(table: pl.DataFrame, named: _Named, dated_by: str) -> dict[str, tuple[date, ...]]:
    """The months this file speaks for. A force whose file holds no row for it is not spoken for."""
    months = table.group_by("file_force_id").agg(pl.col(dated_by).unique().sort()).sort("file_force_id")
    found = {force: tuple(held) for force, held in months.iter_rows() if force is not None}
    if not found and named.force_id and named.month:
        return {named.force_id: (date.fromisoformat(f"{named.month}-01"),)}
    return found


def _flags(rows: pl.DataFrame, table: pl.DataFrame) -> dict[str, int]:
    """How many kept rows carry each fault; faults that no row carries are left out."""
    counts = {
        "recorded by the British Transport Police": int(rows["is_btp"].sum()),
        "force differs from the file's name": int(rows["is_force_mismatch"].sum()),
        "Crime ID repeated within the file": int(table["is_repeated_id"].sum()),
        "recording force unknown to the list": int(
            sum(n for f, n in table["force_id"].value_counts().iter_rows() if areas.force_named(f or "") is None)
        ),
    }
    if "category" in table.columns:
        unknown = table["category"].is_null()
        counts["crime type unknown to the list"] = int(unknown.sum())
    return {fault: n for fault, n in counts.items() if n}
