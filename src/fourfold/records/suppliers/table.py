"""Any CSV or sheet, by a mapping file that the user writes.

A mapping is TOML. It says whose file it is, which of its columns is which of ours, how its dates are written and
what its codes mean:

    supplier = "Saltmere records extract"
    force    = "leicestershire"        # an id or a name that `fourfold forces` lists
    open     = false                   # true only for data that anyone may see

    [columns]                          # ours = theirs; one row of the file is one crime
    recorded_on  = "Date recorded"
    category     = "Offence type"      # a police.uk category, or a name given below
    offence_code = "HO code"           # a Home Office code, as text

    [dates]
    format = "%d/%m/%Y"                # as Python's strptime; "%Y-%m" where only the month is known

    [category]                         # theirs = ours
    "Burglary dwelling" = "burglary"

The contract, field by field
----------------------------
`recorded_on`   needed. A date that will not parse is kept as raw text beside a null and counted; the row stands in no
                month, and every count says how many such rows there are.
`category`, `offence_code`   at least one helps; without either only all rows together can be counted. A code that is
                not on the list is kept and flagged, never dropped or guessed.
`crime_ref`     the force's own reference; repeated ones are kept and flagged.
`longitude`, `latitude` or `easting`, `northing`   optional; in degrees (WGS84) or metres (National Grid).
`lsoa_code`, `location`, `last_outcome`   optional text.

Each extract replaces, for its force and stream, the months in which it has rows.
"""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.codes import areas, offences, police_uk
from fourfold.errors import LayoutUnknown
from fourfold.records.account import Reading
from fourfold.records.suppliers import Received

OURS = (
    "recorded_on", "category", "offence_code", "crime_ref", "longitude", "latitude", "easting", "northing",
    "lsoa_code", "location", "last_outcome",
)  # fmt: skip
_SECTIONS = {"supplier", "force", "open", "stream", "source", "columns", "dates", "category", "offence_code"}
_NUMBERS = ("longitude", "latitude", "easting", "northing")


@dataclass(frozen=True, kw_only=True)
class ColumnMapping:
    """A mapping file, checked. `version` is a hash of its text, so that a changed mapping makes a new batch."""

    supplier: str
    force_id: str
    is_open: bool
    stream: str
    source: str
    columns: Mapping[str, str]
    date_format: str
    codes: Mapping[str, Mapping[str, str]]
    version: str


def mapping_from_file(path: Path) -> ColumnMapping:
    """The mapping that a TOML file states. Raises LayoutUnknown, saying what to mend, when it does not fit."""
    try:
        text = path.read_text(encoding="utf-8")
        plain = tomllib.loads(text)
    except OSError as fault:
        raise _unfit(path, f"The mapping file cannot be read ({fault.strerror}).", "Name a file that exists.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        where = str(fault).partition("(at ")[2].rstrip(")")
        raise _unfit(
            path, f"The mapping file is not TOML{f' ({where})' if where else ''}.", "Mend that line; see the how-to."
        ) from None
    _keys_checked(path, plain, _SECTIONS, "section")
    columns = _text_table(path, plain, "columns")
    _keys_checked(path, columns, set(OURS), "column of ours")
    for needed in ("supplier", "force"):
        if not isinstance(plain.get(needed), str):
            raise _unfit(path, f"The mapping has no `{needed}`.", f'Add a line: {needed} = "..."')
    if "recorded_on" not in columns:
        raise _unfit(path, "The mapping names no `recorded_on` column.", "Add it under [columns].")
    force = areas.force_named(plain["force"])
    if force is None:
        raise _unfit(path, "The mapping's force is not on the list.", "Use a name that `fourfold forces` lists.")
    return ColumnMapping(
        supplier=plain["supplier"],
        force_id=force.id,
        is_open=plain.get("open") is True,
        stream=str(plain.get("stream") or plain["supplier"]),
        source=str(plain.get("source") or plain["supplier"]),
        columns=columns,
        date_format=str(_text_table(path, plain, "dates").get("format", "%Y-%m-%d")),
        codes={name: _text_table(path, plain, name) for name in ("category", "offence_code")},
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
    )


def received(reading: Reading, mapping: ColumnMapping) -> Received:
    """The rows of a file as `crimes`, by a mapping. Raises LayoutUnknown when a column it names is not in the file."""
    missing = [theirs for theirs in mapping.columns.values() if theirs not in reading.header]
    if missing:
        near = difflib.get_close_matches(missing[0], reading.header, n=1, cutoff=0.4)
        raise LayoutUnknown(
            f"The mapping names columns that the file does not have: {', '.join(missing)}.",
            remedy=f"In this file {reading.header_in_words}."
            + (f" Did you mean {near[0]} for {missing[0]}?" if near else ""),
            file=reading.name,
            column=missing[0],
        )
    rows = reading.rows.select(
        "line_number", *[pl.col(theirs).alias(ours) for ours, theirs in mapping.columns.items()]
    ).rename({"lsoa_code": "file_lsoa_code"}, strict=False)
    rows, unparsed = _parsed(rows, mapping)
    rows, flags = _coded(rows, mapping)
    months = tuple(rows["recorded_month"].drop_nulls().unique().sort().to_list())
    return Received(
        dataset=f"{mapping.supplier} (by mapping)",
        stream=mapping.stream,
        force_id=mapping.force_id,
        tables={"crimes": rows},
        coverage={mapping.force_id: months},
        flags=flags,
        unparsed=unparsed,
        mapping_version=mapping.version,
        is_open=mapping.is_open,
        source=mapping.source,
    )


def _parsed(rows: pl.DataFrame, mapping: ColumnMapping) -> tuple[pl.DataFrame, dict[str, int]]:
    """Dates and numbers read; the raw text beside a null where they would not be."""
    is_month_only = "%d" not in mapping.date_format and "%j" not in mapping.date_format
    text = pl.col("recorded_on").str.strip_chars()
    if is_month_only:
        # strptime needs a day to make a date; the first stands for the month.
        day = text.add(" 01").str.to_date(f"{mapping.date_format} %d", strict=False)
    else:
        stamp = any(part in mapping.date_format for part in ("%H", "%I", "%T", "%R"))
        day = (
            text.str.to_datetime(mapping.date_format, strict=False).dt.date()
            if stamp
            else text.str.to_date(mapping.date_format, strict=False)
        )
    held = [name for name in _NUMBERS if name in rows.columns]
    parsed = rows.with_columns(
        day.alias("recorded_on"),
        pl.col("recorded_on").alias("raw_recorded_on"),
        *[pl.col(c).str.strip_chars().cast(pl.Float64, strict=False) for c in held],
        *[pl.col(c).alias(f"raw_{c}") for c in held],
    )
    checked = ["recorded_on", *held]
    failed = {c: int((parsed[c].is_null() & parsed[f"raw_{c}"].is_not_null()).sum()) for c in checked}
    return (
        parsed.with_columns(
            *[pl.when(pl.col(c).is_null()).then(f"raw_{c}").alias(f"raw_{c}") for c in checked],
            pl.col("recorded_on").dt.month_start().alias("recorded_month"),
            pl.lit("month" if is_month_only else "day").alias("date_precision"),
            *[pl.lit(None, pl.Float64).alias(c) for c in _NUMBERS if c not in held],
        ),
        {c: n for c, n in failed.items() if n},
    )


def _coded(rows: pl.DataFrame, mapping: ColumnMapping) -> tuple[pl.DataFrame, dict[str, int]]:
    """Codes by the mapping's words and then the lists'; those on neither kept and counted."""
    flags: dict[str, int] = {"no readable date": int(rows["recorded_on"].is_null().sum())}
    if "category" in rows.columns:
        # Undated rows are read by the list of the file's own time: "Violent crime" meant less before May 2013.
        on = rows["recorded_on"].min()
        on = on if isinstance(on, date) else None
        known = {t: _category_id(t, mapping, on) for t in rows["category"].unique().drop_nulls()}
        found = {text: code for text, code in known.items() if code}
        rows = rows.with_columns(
            pl.col("category").alias("category_text"),
            pl.col("category").replace_strict(found, default=None, return_dtype=pl.String),
        )
        flags["category unknown to the list"] = int(
            (rows["category"].is_null() & rows["category_text"].is_not_null()).sum()
        )
    if "offence_code" in rows.columns:
        renamed = mapping.codes["offence_code"]
        rows = rows.with_columns(pl.col("offence_code").str.strip_chars().replace(dict(renamed)))
        counts = [(c, n) for c, n in rows["offence_code"].value_counts().iter_rows() if c is not None]
        mangled = sum(n for code, n in counts if offences.is_date_mangled(code))
        unknown = sum(n for code, n in counts if offences.offence(code) is None)
        flags["offence code turned into a date"] = mangled
        flags["offence code unknown to the list"] = unknown - mangled
    if "crime_ref" in rows.columns:
        repeated = pl.col("crime_ref").is_duplicated() & pl.col("crime_ref").is_not_null()
        rows = rows.with_columns(repeated.alias("is_repeated_id"))
        flags["reference repeated within the file"] = int(rows["is_repeated_id"].sum())
    force = pl.lit(mapping.force_id)
    rows = rows.with_columns(
        force.alias("force_id"), force.alias("file_force_id"), pl.lit(mapping.force_id == "btp").alias("is_btp")
    )
    return rows, {fault: n for fault, n in flags.items() if n}


def _category_id(text: str, mapping: ColumnMapping, on: date | None) -> str | None:
    renamed = mapping.codes["category"].get(text, text)
    found = police_uk.category(renamed, on=on)
    return found.id if found else None


def _text_table(path: Path, plain: Mapping[str, Any], name: str) -> dict[str, str]:
    found = plain.get(name, {})
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise _unfit(path, f"[{name}] is not a table of texts.", f'Write [{name}], and below it lines: name = "text".')
    return found


def _keys_checked(path: Path, given: Mapping[str, Any], known: set[str], what: str) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise _unfit(
                path,
                f"`{key}` is not a {what} of a mapping.",
                f"Did you mean `{near[0]}`?" if near else f"Use one of: {', '.join(sorted(known))}.",
            )


def _unfit(path: Path, cause: str, remedy: str) -> LayoutUnknown:
    return LayoutUnknown(cause, remedy=remedy, file=path)
