"""Contracts: what a force's own extract holds, in words, one rule a field; and the one engine that reads by them.

A contract is data. The reference page is generated from it, the fuzz test makes its malformed files from it, and
`received` turns a reading into records by it: no contract has code of its own.

The plain layout is a table whose header is the contract's own field names. Any other names, codes and ways of writing
dates come in by a `ColumnMapping`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from fourfold.codes import areas
from fourfold.codes.periods import Window, month_end, months
from fourfold.errors import LayoutUnknown
from fourfold.records.account import Reading, columns_in_words
from fourfold.records.suppliers import Received
from fourfold.records.suppliers.fields import KINDS, LONDON, Field, Kind, Standing, Writing, by_value, read

__all__ = [
    "KINDS",
    "PERSONAL",
    "ColumnMapping",
    "Contract",
    "Field",
    "Kind",
    "Order",
    "Standing",
    "nearest",
    "received",
    "recognised",
]

PERSONAL = "_personal"
"""The ending of the table that holds a contract's personal columns."""

REPEATED = "key repeated within the file"
"""The fault of rows of one key in one file."""

NOT_IN_FILE = "Not in this file: "
"""How the note begins that names the fields that a file has no column for."""

_PLAIN = Writing()
_ROWS_OF_A_CODE, _LENGTH_OF_A_CODE, _CODES_SAID = 3, 40, 30
"""An unknown code is named where it stands in so many rows and is no longer; so many of a field."""
_NAMED_MONTHS = re.compile(
    r"(?<![0-9])(?P<first>[12][0-9]{3}-(?:0[1-9]|1[0-2]))(?:_to_(?P<last>[12][0-9]{3}-(?:0[1-9]|1[0-2])))?(?![0-9-])"
)


@dataclass(frozen=True, kw_only=True)
class Order:
    """Two times of which one cannot come before the other, in words and as data.

    `later` is a column of the contract's table, `earlier` another of the same row, or of the row of a table that it refers
    to ("crimes.recorded_at"). `only` and `earlier_only` narrow the rows: by a column, the words that it may have. `by`
    joins the two rows where both are of one table. Rows in the impossible order are kept, and listed among the
    discrepancies.
    """

    rule: str
    later: str
    earlier: str
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    earlier_only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What one kind of extract holds, in words.

    `name` names the layout and `table` what it fills: two layouts of two eras may fill one table. `key` are the
    columns (beside the force) by which a later row corrects an earlier one, wherever its date lies; without a key a
    later file replaces the months in which it has rows. `dated_by` is the field whose month says which months a file
    holds, where neither its name nor its mapping does; empty where the table has no date. `faults` are those known of
    such extracts. `standing` says how far the layout itself is confirmed.
    """

    name: str
    system: str
    title: str
    table: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    dated_by: str
    standing: Standing
    era: str = ""
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    is_open: bool = False
    """Whether anyone may see what comes by it: what others have published."""
    has_raw_beside: bool = False
    """Whether text that would not parse stands beside its null. Else it stands with the personal columns: text in the
    wrong column may be anything, a name among them."""

    @property
    def stream(self) -> str:
        """What the files of this contract are a part of: both eras of a table are one series."""
        return f"{self.system}: {self.table.replace('_', ' ')}"

    @property
    def columns(self) -> dict[str, pl.DataType]:
        """The columns of its table: batch, line, force, the fields that are not personal, and the row's faults."""
        own = {f.into: f.type for f in self.fields if not f.personal and f.name != "force"}
        return {
            "batch_id": pl.String(), "line_number": pl.Int64(), "force_id": pl.String(), **own, "faults": pl.String()
        }  # fmt: skip

    @property
    def personal_columns(self) -> dict[str, pl.DataType]:
        """The columns of its personal table: personal fields, and the raw text of what would not parse."""
        own = {f.into: f.type for f in self.fields if f.personal}
        raw = {f"raw_{f.into}": pl.String() for f in self.fields if f.is_parsed}
        return {"batch_id": pl.String(), "line_number": pl.Int64(), "force_id": pl.String(), **own, **raw}

    @property
    def needed(self) -> frozenset[str]:
        """The names that a file cannot do without."""
        return frozenset(f.name for f in self.fields if f.needed)

    def field(self, name: str) -> Field:
        """The field of a name. Raises KeyError when there is none."""
        return next(f for f in self.fields if f.name == name)


@dataclass(frozen=True, kw_only=True)
class ColumnMapping:
    """How a supplier's table stands for a contract's: made of a mapping file, checked.

    `columns` is ours = theirs; `formats` gives, by our name (or "" for all), the ways in which dates are written;
    `codes` by our name is theirs = ours; `pounds` names the amounts that are in pounds. `months` are those that the
    file holds, where the mapping says so. `version` is a hash of its text, so that a changed mapping makes a new batch.
    """

    supplier: str
    force_id: str | None
    contract: Contract
    is_open: bool
    stream: str
    source: str
    columns: Mapping[str, str]
    formats: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Mapping[str, str]]
    version: str
    pounds: frozenset[str] = frozenset()
    months: tuple[date, ...] = ()
    extracted_on: date | None = None

    def writing(self, name: str) -> Writing:
        """How the supplier writes a field."""
        return Writing(
            formats=self.formats.get(name, self.formats.get("", ())),
            codes=self.codes.get(name, {}),
            is_in_pounds=name in self.pounds,
        )


def recognised(header: Sequence[str], contracts: Iterable[Contract]) -> Contract | None:
    """The contract whose plain layout a header is: it has every needed name, and none that is not the contract's."""
    names = set(header)
    fitting = [c for c in contracts if c.needed <= names <= {f.name for f in c.fields}]
    return max(fitting, key=lambda c: len(c.needed), default=None)


def nearest(header: Sequence[str], contracts: Iterable[Contract]) -> str:
    """What keeps a header from being a plain layout, in words, where it seems meant to be one; else nothing."""
    names = set(header)

    def shared(contract: Contract) -> int:
        return len(names & {f.name for f in contract.fields})

    meant = max(contracts, key=shared, default=None)
    if meant is None or shared(meant) < max(3, len(names) / 2):
        return ""
    lacking = sorted(meant.needed - names)
    known = [f.name for f in meant.fields]
    strange = [name for name in header if name not in set(known)]
    said = [f"It seems meant as the plain layout of {meant.name}."]
    if lacking:
        said.append(f"It lacks {', '.join(lacking)}.")
    if strange:
        near = difflib.get_close_matches(strange[0], known, n=1, cutoff=0.6)
        said.append(f"Not of that layout: {', '.join(strange)}." + (f" Did you mean {near[0]}?" if near else ""))
    return " ".join(said)


def received(reading: Reading, contract: Contract, mapping: ColumnMapping | None = None) -> Received:
    """The rows of a file by a contract: its table, and beside it the personal one, with the same line numbers.

    Every row is kept. Codes on no list are kept and flagged; a value that will not parse is null, its raw text kept,
    and counted. Raises LayoutUnknown when a column that the mapping names is not in the file.
    """
    theirs = _columns(reading, contract, mapping)
    lines = reading.rows["line_number"]
    held: dict[str, pl.Series] = {}
    raws: dict[str, pl.Series] = {}
    marks: dict[str, pl.Series] = {}
    unknown_codes: dict[str, Mapping[str, int]] = {}
    for one in contract.fields:
        if one.name not in theirs or one.name == "force":
            continue
        text = reading.rows[theirs[one.name]]
        writing = mapping.writing(one.name) if mapping else _PLAIN
        if one.codes == "police_uk_categories":  # undated rows are read by the list of the file's own time
            first = held["recorded_on"].min() if "recorded_on" in held else None
            writing = replace(writing, on=first if isinstance(first, date) else None)
        found = read(one, text, writing)
        held[one.into] = found.values
        if one.codes == "police_uk_categories":
            strange = found.marks.get("category unknown to the list")
            held[one.into] = found.values if strange is None else found.values.set(strange, None)
            held["category_text"] = text
        marks.update(found.marks)
        if found.unknown:
            unknown_codes[one.name] = found.unknown
        if found.raw is not None:
            raws[f"raw_{one.into}"] = found.raw
    force, unknown = _forces(reading, theirs, mapping)
    marks.update(unknown)
    rows = pl.DataFrame([lines.alias("line_number"), force, *[values.alias(name) for name, values in held.items()]])
    marks.update(_key_marks(rows, contract))
    rows = _with_day_of_report(_with_crime_columns(rows, contract, mapping), contract)
    counts = {fault: n for fault, mask in marks.items() if (n := int(mask.sum()))}
    unread = {
        f"{name.removeprefix('raw_')} unreadable": raw.is_not_null()
        for name, raw in raws.items()
        if raw.null_count() < raw.len()
    }
    rows = rows.with_columns(_faults({fault: marks[fault] for fault in counts} | unread, rows.height))
    personal = [f.into for f in contract.fields if f.personal and f.into in held]
    beside = pl.DataFrame([*rows.select("line_number", "force_id", *personal), *[s.alias(n) for n, s in raws.items()]])
    tables = {contract.table: rows.drop(personal)}
    if contract.has_raw_beside:
        tables[contract.table] = tables[contract.table].with_columns(s.alias(n) for n, s in raws.items())
    else:
        tables[f"{contract.table}{PERSONAL}"] = beside
    lying = _months_of_rows(rows, contract)
    coverage, said = _coverage(rows["force_id"], lying, contract, reading.name, mapping)
    return Received(
        dataset=f"{mapping.supplier} (by mapping)" if mapping else f"{contract.system} {contract.name}",
        stream=mapping.stream if mapping else contract.stream,
        force_id=_one(force),
        tables=tables,
        coverage=coverage,
        flags=counts,
        unparsed={name.removeprefix("raw_"): n for name, s in raws.items() if (n := int(s.is_not_null().sum()))},
        mapping_version=mapping.version if mapping else f"{contract.name} 1",
        is_open=mapping.is_open if mapping else contract.is_open,
        source=mapping.source if mapping else f"The force's {contract.system}",
        unknown_codes={name: _sayable(codes, mapping) for name, codes in unknown_codes.items()},
        notes=(*said, *_lacking(contract, theirs), *_left_out(reading, theirs)),
        keyed_by=("force_id", *contract.key) if contract.key else (),
        dated=None if lying is None else tuple(lying["month"].unique().sort()),
        extracted_on=mapping.extracted_on if mapping else None,
    )


def _columns(reading: Reading, contract: Contract, mapping: ColumnMapping | None) -> dict[str, str]:
    """Which column of the file is which of the contract's fields."""
    if mapping is None:
        return {f.name: f.name for f in contract.fields if f.name in reading.header}
    missing = [theirs for theirs in mapping.columns.values() if theirs not in reading.header]
    if missing:
        left = [name for name in reading.header if name not in mapping.columns.values()]
        near = difflib.get_close_matches(missing[0], left, n=1, cutoff=0.4)
        raise LayoutUnknown(
            f"The mapping names columns that the file does not have: {', '.join(missing)}.",
            remedy=f"In this file {reading.header_in_words}."
            + (f" Did you mean {near[0]} for {missing[0]}?" if near else ""),
            file=reading.name,
            column=missing[0],
        )
    lacking = sorted(contract.needed - {"force", *mapping.columns})
    if lacking:
        raise LayoutUnknown(
            f"The mapping names no column for {', '.join(lacking)}.",
            remedy="Add it under [columns]: without it a row cannot be told.",
            file=reading.name,
        )
    return dict(mapping.columns)


def _sayable(codes: Mapping[str, int], mapping: ColumnMapping | None) -> dict[str, int]:
    """Codes that may be said: of what is not open, only those of several rows; one alone may be a name gone astray."""
    is_open = mapping is not None and mapping.is_open
    found = sorted(codes.items(), key=lambda item: (-item[1], item[0]))
    said = [(code, n) for code, n in found if is_open or (n >= _ROWS_OF_A_CODE and len(code) <= _LENGTH_OF_A_CODE)]
    return dict(said[:_CODES_SAID])


def _left_out(reading: Reading, theirs: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that the mapping leaves out, for a note; not where the header seems to be a row of data."""
    left = tuple(name for name in reading.header if name not in theirs.values())
    if not left or columns_in_words(reading.header).startswith("the first line"):
        return ()
    return (f"Left out by the mapping, and kept in the file as received: {', '.join(left)}.",)


def _lacking(contract: Contract, theirs: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that the file lacks, and what cannot be known until they come."""
    lacking = [f for f in contract.fields if f.name not in theirs and f.name != "force"]
    if not lacking:
        return ()
    listed = f"{NOT_IN_FILE}{', '.join(f.name for f in lacking)}."
    return (listed, *[f"Until {f.name} comes, {f.unknown_without}." for f in lacking if f.unknown_without])


def _forces(
    reading: Reading, theirs: Mapping[str, str], mapping: ColumnMapping | None
) -> tuple[pl.Series, dict[str, pl.Series]]:
    """`force_id` of each row, from the file or the mapping; a force we do not know is kept under its name."""
    n = reading.rows.height
    if "force" not in theirs:
        force = pl.Series("force_id", [mapping.force_id if mapping else None], dtype=pl.String)
        return force.new_from_index(0, n), {}
    named = reading.rows[theirs["force"]].str.strip_chars()
    known = {t: f.id for t in named.unique().to_list() if t and (f := areas.force_named(t))}
    strange = [t for t in named.unique().to_list() if t and t not in known]
    force = by_value(named, lambda t: known.get(t, t), pl.String()).alias("force_id")
    marks = {"force missing": (named.is_null() | (named == "").fill_null(False))}
    if strange:
        marks["force unknown to the list"] = named.is_in(strange).fill_null(False)
    return force, marks


def _key_marks(rows: pl.DataFrame, contract: Contract) -> dict[str, pl.Series]:
    """Rows whose key stands more than once in the file: all are kept, and the last one speaks."""
    if not contract.key:
        if "crime_ref" not in rows.columns:
            return {}
        repeated = rows.select(pl.col("crime_ref").is_duplicated() & pl.col("crime_ref").is_not_null()).to_series()
        return {"reference repeated within the file": repeated}
    key = ["force_id", *contract.key]
    if not set(key) <= set(rows.columns):
        return {}
    whole = rows.select(pl.all_horizontal(pl.col(k).is_not_null() for k in contract.key)).to_series()
    repeated = rows.select(pl.struct(key).is_duplicated()).to_series() & whole
    return {REPEATED: repeated}


def _with_crime_columns(rows: pl.DataFrame, contract: Contract, mapping: ColumnMapping | None) -> pl.DataFrame:
    """What the table of crimes has beside the contract's fields: the local day and month of recording, whose file."""
    if contract.table != "crimes":
        return rows
    precision = "day"
    if "recorded_at" in rows.columns:
        rows = rows.with_columns(pl.col("recorded_at").dt.convert_time_zone(LONDON).dt.date().alias("recorded_on"))
    elif mapping is not None:
        precision = "month" if mapping.writing("recorded_on").is_month_only else "day"
    reference = (
        rows["crime_ref"] if "crime_ref" in rows.columns else pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    )
    return rows.with_columns(
        reference.alias("crime_ref"),
        pl.col("recorded_on").dt.month_start().alias("recorded_month"),
        pl.lit(precision).alias("date_precision"),
        pl.col("force_id").alias("file_force_id"),
        (pl.col("force_id") == "btp").fill_null(False).alias("is_btp"),
        *[
            pl.lit(None, pl.Float64).alias(name)
            for name in ("longitude", "latitude", "easting", "northing")
            if name not in rows.columns
        ],
    ).with_columns(
        (pl.struct("force_id", "crime_ref").is_duplicated() & pl.col("crime_ref").is_not_null()).alias("is_repeated_id")
    )


def _with_day_of_report(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """What the table of fraud reports has beside its contract's fields: the local day and month of the report."""
    if contract.table != "fraud_victims" or "reported_at" not in rows.columns:
        return rows
    day = pl.col("reported_at").dt.convert_time_zone(LONDON).dt.date()
    return rows.with_columns(day.alias("reported_on"), day.dt.month_start().alias("reported_month"))


def _faults(marks: Mapping[str, pl.Series], height: int) -> pl.Series:
    """Each row's own faults, in words parted by semicolons; null where it has none."""
    if not marks:
        return pl.Series("faults", [None], dtype=pl.String).new_from_index(0, height)
    frame = pl.DataFrame(dict(marks))
    said = frame.select(
        pl.concat_str([pl.when(pl.col(f)).then(pl.lit(f)) for f in marks], separator="; ", ignore_nulls=True).alias("faults")
    )["faults"]  # fmt: skip
    return said.set(said == "", None)


def _months_of_rows(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame | None:
    """The months in which rows lie, by force: the columns force_id and month. None where rows have no date."""
    dated = contract.field(contract.dated_by).into if contract.dated_by else ""
    if dated not in rows.columns:
        return None
    at = pl.col(dated)
    if rows.schema[dated] == pl.Datetime:
        at = at.dt.convert_time_zone(LONDON).dt.date()
    held = rows.select("force_id", at.dt.month_start().alias("month")).drop_nulls("month").unique()
    return held.sort("force_id", "month")


def _coverage(
    force: pl.Series, lying: pl.DataFrame | None, contract: Contract, file_name: str, mapping: ColumnMapping | None
) -> tuple[dict[str, tuple[date, ...]], tuple[str, ...]]:
    """The months that the file holds, by force: as the mapping or the file's name says, else those of its rows."""
    forces = force.drop_nulls().unique().sort().to_list()
    if mapping and mapping.force_id and not forces:
        forces = [mapping.force_id]
    stated = mapping.months if mapping else ()
    if not stated and contract.key and (found := _NAMED_MONTHS.search(file_name)):
        first = date.fromisoformat(f"{found['first']}-01")
        last = date.fromisoformat(f"{found['last'] or found['first']}-01")
        stated = months(Window(first, month_end(last))) if first <= last else ()
    if stated:
        return dict.fromkeys(forces, stated), ()
    if lying is None:
        return dict.fromkeys(forces, ()), ("Neither the file's name nor its rows say which months it holds.",)
    coverage: dict[str, tuple[date, ...]] = {}
    for one in forces:
        coverage[one] = tuple(lying.filter(pl.col("force_id") == one)["month"])
    if not contract.key:
        return coverage, ()
    return coverage, (
        "The file's name does not say which months it holds: those in which it has rows are taken as held.",
    )


def _one(force: pl.Series) -> str | None:
    found = force.drop_nulls().unique().to_list()
    return found[0] if len(found) == 1 else None
