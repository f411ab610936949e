"""Fields: one column of a contract, in words, and what each kind of field makes of what stands in it.

Nothing that stood there is lost: a code on no list is kept as it is, and text that will not parse is kept beside its
null. What is doubtful (the hour that the clock skips, a code turned into a date) is kept and marked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import polars as pl

from fourfold.codes import fraud, offences, outcomes, police_uk

Kind = Literal[
    "text", "code", "reference", "date", "instant", "number", "whole", "pence", "yes_no", "score", "hash"
]  # fmt: skip
Standing = Literal["confirmed", "unconfirmed", "force to supply"]

KINDS: Mapping[Kind, str] = {
    "text": "Text as it was written.",
    "code": "A word or code; one that is on no list is kept and flagged.",
    "reference": "A reference, which other rows may name; text, never a number.",
    "date": "A day, written 2022-10-20.",
    "instant": "A day and time, written 2022-10-20T14:05:00; without an offset it is the clock in London. Kept as UTC.",
    "number": "A number.",
    "whole": "A whole number.",
    "pence": "Whole pence; a mapping may say that a column is in pounds.",
    "yes_no": "yes or no (also true, false, y, n, 1, 0); empty where it is not recorded, which is not no.",
    "score": "A whole number between bounds; one outside them is kept as raw text and not used.",
    "hash": "A keyed hash in hexadecimal; what is none may be the thing itself, and is kept with personal text.",
}
"""Each kind of field, and how it is written in the plain layout."""

LONDON = "Europe/London"
_EARLIEST, _LATEST = datetime(1850, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - the clock in London
_TYPES: Mapping[Kind, pl.DataType] = {
    "text": pl.String(), "code": pl.String(), "reference": pl.String(), "hash": pl.String(),
    "date": pl.Date(), "instant": pl.Datetime("us", "UTC"), "number": pl.Float64(), "whole": pl.Int64(),
    "pence": pl.Int64(), "yes_no": pl.Boolean(), "score": pl.Int64(),
}  # fmt: skip
_INSTANTS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_DAYS = ("%Y-%m-%d",)
_OFFSET = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$"
_YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "t", "1"), True), **dict.fromkeys(("no", "n", "false", "f", "0"), False)
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of a contract.

    `rule` says in a sentence what the column holds. `codes` are the words that may stand in it, or the name of a code
    list (offences, outcomes, fraud, police_uk_categories); with `is_several`, several are parted by semicolons.
    `refers_to` is the table and column that a reference names. `unknown_without` says what cannot be known until the
    column comes. `column` is the table's own name for it, where a later layout gives an earlier column another name.
    `least` and `most` bound a score or a number.
    """

    name: str
    kind: Kind
    rule: str
    needed: bool = False
    personal: bool = False
    codes: tuple[str, ...] | str | None = None
    is_several: bool = False
    refers_to: str | None = None
    unknown_without: str = ""
    column: str = ""
    least: int | None = None
    most: int | None = None
    standing: Standing | None = None

    @property
    def into(self) -> str:
        """The table's column that the field fills."""
        return self.column or self.name

    @property
    def type(self) -> pl.DataType:
        """The type of its column."""
        return _TYPES[self.kind]

    @property
    def is_parsed(self) -> bool:
        """Whether its text becomes something else, so that some of it may not be readable."""
        return self.kind not in ("text", "code", "reference")


@dataclass(frozen=True, kw_only=True)
class Writing:
    """How a supplier writes a field: its forms of dates, tried in turn; what its codes are in ours; its unit."""

    formats: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    is_in_pounds: bool = False
    on: date | None = None
    """The time of the file, by which a list of codes that has changed is read."""

    @property
    def is_month_only(self) -> bool:
        """Whether its dates tell no day."""
        return bool(self.formats) and not any(
            part in f for f in self.formats for part in ("%d", "%j", "%x", "%F", "%D")
        )


@dataclass(frozen=True)
class Column:
    """One column as read: its values, the raw text beside each null that was none, its faults by row, and the codes on no
    list with their number of rows."""

    values: pl.Series
    raw: pl.Series | None = None
    marks: Mapping[str, pl.Series] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)


def read(one: Field, text: pl.Series, writing: Writing) -> Column:
    """A column of text as the field has it, its faults marked row by row."""
    if one.kind == "text":
        return Column(text)
    plain = text.str.strip_chars()
    plain = plain.set(plain == "", None) if (plain == "").any() else plain
    match one.kind:
        case "reference":
            found = Column(plain)
        case "code":
            found = _code(one, plain, writing)
        case "date" | "instant":
            found = _time(one, plain, writing)
        case "yes_no":
            found = Column(by_value(plain, lambda t: _YES_NO.get(t.lower()), pl.Boolean()))
        case "hash":
            is_hash = plain.str.contains(r"^[0-9A-Fa-f]{16,}$")
            found = Column(plain.set(~is_hash.fill_null(False), None).str.to_lowercase())
        case _:
            found = _number(one, plain, writing)
    marks = dict(found.marks)
    if one.needed:
        marks[f"{one.name} missing"] = plain.is_null()
    if not one.is_parsed:
        return Column(found.values, None, marks, found.unknown)
    unread = found.values.is_null() & plain.is_not_null()
    if one.kind == "hash":
        marks[f"no hash in {one.name}"] = unread
    return Column(found.values, text.set(~unread, None), marks, found.unknown)


def word_of(one: Field, text: str, on: date | None = None) -> str | None:
    """A code as the field's list has it, or None where the list has none such; any text where there is no list."""
    if one.is_several and ";" in text:
        parts = [word_of(one, part.strip(), on) for part in text.split(";")]
        return None if None in parts else ";".join(part for part in parts if part)
    if one.codes is None:
        return text
    if isinstance(one.codes, tuple):
        plain = re.sub(r"[\s-]+", "_", text.lower())
        return plain if plain in one.codes else None
    if one.codes == "police_uk_categories":
        found = police_uk.category(text, on=on)
        return found.id if found else None
    return {"offences": _offence, "outcomes": _outcome, "fraud": _fraud}[one.codes](text)


def _code(one: Field, plain: pl.Series, writing: Writing) -> Column:
    """Codes by the mapping's words and then the list's; those on neither kept as they are, and marked."""
    renamed = writing.codes
    ours = {t: word_of(one, renamed.get(t, t), writing.on) for t in plain.unique().to_list() if t is not None}
    strange = [text for text, word in ours.items() if word is None]
    column = by_value(plain, lambda text: ours[text] or renamed.get(text, text), pl.String())
    if not strange:
        return Column(column)
    mangled = [text for text in strange if one.codes == "offences" and offences.is_date_mangled(text)]
    words = one.name.replace("_", " ")
    is_strange = plain.is_in([t for t in strange if t not in mangled]).fill_null(False)
    marks = {f"{words} unknown to the list": is_strange}
    if mangled:
        marks[f"{words} turned into a date"] = plain.is_in(mangled).fill_null(False)
    return Column(column, None, marks, dict(plain.filter(is_strange).value_counts().iter_rows()))


def _offence(text: str) -> str | None:
    return next((code for code in (text, text.upper()) if offences.offence(code)), None)


def _outcome(text: str) -> str | None:
    return text.upper() if outcomes.outcome_type(text.upper()) else None


def _fraud(text: str) -> str | None:
    found = fraud.fraud_code(text)
    return found.code if found else None


def _time(one: Field, plain: pl.Series, writing: Writing) -> Column:
    """Days and instants, each form tried on what the forms before it left unread."""
    formats = writing.formats
    if one.kind == "date":
        days = _tried(plain, formats or _DAYS).cast(pl.Date)
        return Column(days)
    marks: dict[str, pl.Series] = {}
    offset = (
        plain.str.contains(_OFFSET).fill_null(False)
        if not formats
        else pl.repeat(False, len(plain), dtype=pl.Boolean, eager=True)
    )
    local = _tried(plain.set(offset, None) if offset.any() else plain, formats or _INSTANTS)
    if not formats and (local.is_null() & plain.is_not_null() & ~offset).any():
        days = _tried(plain.set(local.is_not_null() | offset, None), _DAYS)
        marks[f"no time of day in {one.name}: its day begins"] = days.is_not_null()
        local = local.zip_with(local.is_not_null(), days)
    elif formats and not any(part in f for f in formats for part in ("%H", "%I", "%T", "%R", "%s")):
        marks[f"no time of day in {one.name}: its day begins"] = local.is_not_null()
    utc, clock = _in_utc(one, local)
    marks.update(clock)
    if offset.any():
        stated = _with_offset(plain.set(~offset, None))
        utc = utc.zip_with(~offset, stated)
    return Column(utc, None, marks)


def _tried(plain: pl.Series, formats: Sequence[str]) -> pl.Series:
    """Text as local times by the first form that reads it; null where none does or the year is out of this world."""
    found = pl.Series(plain.name, [None], dtype=pl.Datetime("us")).new_from_index(0, len(plain))
    for form in formats:
        left = plain if found.null_count() == len(plain) else plain.set(found.is_not_null(), None)
        if left.null_count() == len(plain):
            break
        is_stamp = any(part in form for part in ("%H", "%I", "%T", "%R", "%s"))
        if is_stamp:
            read = left.str.to_datetime(form, strict=False, time_unit="us")
        elif "%d" in form or "%j" in form:
            read = left.str.to_date(form, strict=False).cast(pl.Datetime("us"))
        else:  # strptime needs a day to make a date; the first stands for the month
            read = (left + " 01").str.to_date(f"{form} %d", strict=False).cast(pl.Datetime("us"))
        found = read if found.null_count() == len(plain) else found.zip_with(found.is_not_null(), read)
    sane = (found >= _EARLIEST) & (found < _LATEST)
    return found if sane.all() else found.set(~sane.fill_null(True), None)


def _in_utc(one: Field, local: pl.Series) -> tuple[pl.Series, dict[str, pl.Series]]:
    """The clock in London as UTC. The hour that comes twice is read as its first; the one that never comes, as if the
    clock had not yet been put on. Both are marked."""
    utc = local.dt.replace_time_zone(LONDON, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    marks: dict[str, pl.Series] = {}
    skipped = utc.is_null() & local.is_not_null()
    if skipped.any():
        utc = utc.zip_with(~skipped, local.dt.replace_time_zone("UTC"))
        marks[f"{one.name} in the hour that the clock skips"] = skipped
    autumn = ((local.dt.month() == 10) & (local.dt.day() >= 25) & (local.dt.hour() == 1)).fill_null(False)
    if autumn.any():
        at = local.filter(autumn)
        twice = at.dt.replace_time_zone(LONDON, ambiguous="null", non_existent="null").is_null()
        if twice.any():
            where = pl.Series(range(len(local)), dtype=pl.UInt32).filter(autumn).filter(twice)
            repeated = pl.repeat(False, len(local), dtype=pl.Boolean, eager=True)
            marks[f"{one.name} in the hour that comes twice"] = repeated.scatter(where, True)
    return utc, marks


def _with_offset(plain: pl.Series) -> pl.Series:
    """Instants that say their own offset."""
    text = plain.str.replace("Z$", "+0000").str.replace(r"([+-]\d{2}):(\d{2})$", "${1}${2}").str.replace("T", " ")
    found: pl.Series | None = None
    for form in ("%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M%z"):
        read = text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
        found = read if found is None else found.zip_with(found.is_not_null(), read)
    assert found is not None
    sane = (found.dt.replace_time_zone(None) >= _EARLIEST) & (found.dt.replace_time_zone(None) < _LATEST)
    return found.set(~sane.fill_null(True), None)


def _number(one: Field, plain: pl.Series, writing: Writing) -> Column:
    text = plain.str.replace_all(",", "")
    if one.kind == "number":
        values = text.cast(pl.Float64, strict=False)
        values = values.set(~values.is_finite().fill_null(True), None)
    elif one.kind == "pence" and writing.is_in_pounds:
        pounds = text.str.strip_prefix("£").str.extract(r"^(-?\d+(?:\.\d{1,2})?)0*$")
        values = (pounds.cast(pl.Decimal(38, 2), strict=False) * 100).cast(pl.Int64, strict=False)
    else:
        values = text.str.extract(r"^([+-]?\d+)(?:\.0+)?$").cast(pl.Int64, strict=False)
    outside = pl.repeat(False, len(values), dtype=pl.Boolean, eager=True)
    if one.least is not None:
        outside = outside | (values < one.least).fill_null(False)
    if one.most is not None:
        outside = outside | (values > one.most).fill_null(False)
    if not outside.any():
        return Column(values)
    return Column(values.set(outside, None), None, {f"{one.name} out of its bounds": outside})


def by_value(plain: pl.Series, made: Callable[[str], object], kind: pl.DataType) -> pl.Series:
    """A column made value by value, each distinct value once."""
    table = {text: made(text) for text in plain.unique().to_list() if text is not None}
    table = {text: value for text, value in table.items() if value is not None}
    if all(text == value for text, value in table.items()) and kind == pl.String:
        return plain
    return plain.replace_strict(table, default=None, return_dtype=kind)
