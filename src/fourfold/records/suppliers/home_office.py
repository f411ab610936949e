"""Home Office open data: police recorded crime by force, quarter and offence code.

The contract, field by field (names in any case; a `Policeuk_Cat` column is left in the original)
------------------------------------------------------------------------------------------------
`Year` or `Financial_Year`   the year from April: "2022/23".
`Financial_Quarter`          1 (April to June) to 4 (January to March).
`Force_Name`                 the recording force, or a national recorder (Action Fraud, UK Finance) kept apart.
`Offence_Code`               the Home Office code, a string: "4.10" is not "4.1". One that a spreadsheet turned into a
                             date cannot be mended, since two codes can give one date: the row is rejected.
`Offence_Description`, `Offence_Group`, `Offence_Subgroup`   the words of that year's table.
`Number_of_Offences`         a whole number; negative where earlier records were cancelled. Anything else is rejected.

Known faults: the table of 2012/13 to 2023/24 gives corporate manslaughter the code "4.1": its zero was lost, and the
description says so, so it is read as 4.10 and flagged; one description carries a mangled character; only some quarters
are in some files; counts are of crimes recorded in the quarter, less those cancelled in it, as at the table's
publication.

Source: Home Office, "Police recorded crime open data tables"; licence OGL v3.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from fourfold.codes import areas, offences
from fourfold.codes.periods import financial_quarter, months
from fourfold.records.account import Reading, Reject
from fourfold.records.suppliers import Received, row_texts

MAPPING_VERSION = "home office recorded crime 1"
SOURCE = "Home Office police recorded crime open data tables, licensed under the Open Government Licence v3.0"

_NAMES = {
    "year": "financial_year",
    "financial_year": "financial_year",
    "financial_quarter": "quarter",
    "force_name": "force_name",
    "offence_code": "offence_code",
    "offence_description": "offence_title",
    "offence_group": "offence_group",
    "offence_subgroup": "offence_subgroup",
    "number_of_offences": "number_of_offences",
}
_NEEDED = {"financial_year", "quarter", "force_name", "offence_code", "number_of_offences"}

_FAULTS: tuple[tuple[str, str, str, str], ...] = (
    (
        "quarter unreadable", "quarter",
        "The financial year and quarter are not of the form 2022/23 and 1 to 4.",
        "Take the row from the table as published and import the file again.",
    ),
    (
        "code turned into a date", "offence_code",
        "The offence code is a date or a date's serial number: a spreadsheet has changed it.",
        "Fetch the table again and do not open it in a spreadsheet, or import the column as text.",
    ),
    (
        "code missing", "offence_code",
        "The row has no offence code.",
        "Take the row from the table as published and import the file again.",
    ),
    (
        "count unreadable", "number_of_offences",
        "The number of offences is not a whole number.",
        "Take the row from the table as published and import the file again.",
    ),
)  # fmt: skip


def recognises(header: tuple[str, ...], file_name: str) -> bool:  # noqa: ARG001 - one signature for all suppliers
    """Whether a header is that of the recorded crime tables."""
    return {_NAMES.get(name.strip().lower(), "") for name in header} >= _NEEDED


def received(reading: Reading, file_name: str) -> Received:  # noqa: ARG001 - one signature for all suppliers
    """The rows of a recorded crime table as `offence_counts`; rows whose key or count cannot be read are rejected."""
    rows = _read(reading)
    fault = pl.coalesce(*[pl.when(rows[f"fault_{i}"]).then(pl.lit(i)) for i in range(len(_FAULTS))])
    rows = rows.with_columns(fault=fault)
    refused = rows.filter(pl.col("fault").is_not_null())
    kept = rows.filter(pl.col("fault").is_null())
    table = _quarters(kept)
    return Received(
        dataset="home office recorded crime",
        stream="home office recorded crime",
        force_id=None,
        tables={"offence_counts": table},
        coverage=_coverage(table),
        rejects=_rejects(reading, refused),
        flags=_flags(table, reading),
        mapping_version=MAPPING_VERSION,
        source=SOURCE,
    )


def _read(reading: Reading) -> pl.DataFrame:
    ours = {name: _NAMES[name.strip().lower()] for name in reading.header if name.strip().lower() in _NAMES}
    rows = reading.rows.select("line_number", *[pl.col(theirs).alias(name) for theirs, name in ours.items()])
    rows = rows.with_columns(_with_its_zero()) if "offence_title" in rows.columns else rows
    mangled = [c for c in rows["offence_code"].unique().drop_nulls() if offences.is_date_mangled(c)]
    return rows.with_columns(
        # Thousands separators are harmless; anything else that is not a whole number is a fault.
        pl.col("number_of_offences").str.replace_all(",", "").cast(pl.Int64, strict=False),
        pl.col("quarter").cast(pl.Int8, strict=False),
    ).with_columns(
        fault_0=~(
            pl.col("financial_year").str.contains(r"^\d{4}/\d{2}$") & pl.col("quarter").is_between(1, 4)
        ).fill_null(False),
        fault_1=pl.col("offence_code").is_in(mangled).fill_null(False),
        fault_2=pl.col("offence_code").is_null(),
        fault_3=pl.col("number_of_offences").is_null(),
    )


def _is_corporate() -> pl.Expr:
    return pl.col("offence_title").str.to_lowercase().str.contains("corporate manslaughter").fill_null(False)


def _with_its_zero() -> pl.Expr:
    lost = (pl.col("offence_code") == "4.1") & _is_corporate()
    return pl.when(lost).then(pl.lit("4.10")).otherwise("offence_code").alias("offence_code")


def _quarters(kept: pl.DataFrame) -> pl.DataFrame:
    keys = kept.select("financial_year", "quarter").unique()
    windows = {(y, q): financial_quarter(y, q) for y, q in keys.iter_rows()}
    spans = pl.DataFrame(
        [(y, q, w.first, w.last) for (y, q), w in windows.items()],
        schema={"financial_year": pl.String, "quarter": pl.Int8, "first": pl.Date, "last": pl.Date},
        orient="row",
    )
    forces = {name: f.id for name in kept["force_name"].unique().drop_nulls() if (f := areas.force_named(name))}
    return (
        kept.join(spans, on=["financial_year", "quarter"], how="left", maintain_order="left")
        .with_columns(
            # A force we do not know is kept under the name the file gives it.
            force_id=pl.coalesce(
                pl.col("force_name").replace_strict(forces, default=None, return_dtype=pl.String), "force_name"
            )
        )
        .drop("fault_0", "fault_1", "fault_2", "fault_3", "fault", "force_name")
    )


def _coverage(table: pl.DataFrame) -> Mapping[str, tuple[date, ...]]:
    held: dict[str, set[date]] = {}
    quarters = table.select("force_id", "financial_year", "quarter").unique()
    for force_id, year, quarter in quarters.iter_rows():
        held.setdefault(force_id, set()).update(months(financial_quarter(year, quarter)))
    return {force_id: tuple(sorted(found)) for force_id, found in sorted(held.items())}


def _rejects(reading: Reading, refused: pl.DataFrame) -> tuple[Reject, ...]:
    texts = row_texts(reading, refused["line_number"])
    theirs = {_NAMES.get(name.strip().lower()): name for name in reading.header}
    rejects = []
    for line, fault in refused.select("line_number", "fault").iter_rows():
        code, column, cause, remedy = _FAULTS[fault]
        rejects.append(
            Reject(
                line=line,
                last_line=line,
                code=code,
                column=theirs[column],
                cause=cause,
                remedy=remedy,
                raw=texts[line],
            )
        )
    return tuple(rejects)


def _flags(table: pl.DataFrame, reading: Reading) -> dict[str, int]:
    codes = table["offence_code"].value_counts()
    unknown = sum(n for code, n in codes.iter_rows() if offences.offence(code) is None)
    key = ["force_id", "financial_year", "quarter", "offence_code"]
    repeated = table.height - table.select(key).unique().height
    theirs = {_NAMES.get(name.strip().lower()): name for name in reading.header}
    lost = 0
    if "offence_title" in theirs:
        given = reading.rows.select(
            pl.col(theirs["offence_code"]).alias("offence_code"), pl.col(theirs["offence_title"]).alias("offence_title")
        )
        lost = given.filter((pl.col("offence_code") == "4.1") & _is_corporate()).height
    counts = {
        "code 4.1 read as 4.10, as its description says": lost,
        "offence code unknown to the list": unknown,
        "quarter and code given more than once": repeated,
    }
    return {fault: n for fault, n in counts.items() if n}
