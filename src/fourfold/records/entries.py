"""Entries: who had what part in which crime or report, read from what stands and made alike, so that they can be compared.

An entry is a row of `people` or `fraud_victims`. Its identity says which row it is, over corrections and lists; its profile
is a digest of its details. An index of entries says where each row lies and which entries could be alike, without a name:
digests of names and of the details that entries are compared by. With it a week's list is compared with all known people
without reading them anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from fourfold.records import likeness
from fourfold.records.access import Asking, Gate
from fourfold.records.as_at import Records
from fourfold.records.lake import Batch
from fourfold.records.likeness import DETAILS

TABLES = ("people", "fraud_victims")
IDENTITY = {"people": ("force_id", "crime_ref", "person_ref", "role"), "fraud_victims": ("force_id", "report_ref")}
"""The columns that say which entry a row is."""
ENTRY = {
    "entry": pl.String(), "profile": pl.String(), "table": pl.String(), "crime_ref": pl.String(), "role": pl.String(),
    "organisation": pl.String(), "ref": pl.String(), "surname": pl.String(), "forename": pl.String(), "born_on": pl.Date(),
    "address": pl.String(), "postcode": pl.String(), "phone": pl.String(), "email": pl.String(), "sex": pl.String(),
}  # fmt: skip
"""An entry: its opaque identity, the digest of its details, where it stands, and the details made alike."""
DETAILS_HELD = ("organisation_name", "forename", "surname", "born_on", "address", "postcode", "phone", "email")
"""The personal columns of an entry's row."""
_WHERE = {"batch_id": pl.String(), "line_number": pl.Int64()}
_FIRM = ("firm_by_ref", "firm_by_place", "firm_ref")
INDEX = {
    "entry": pl.String(), "profile": pl.String(), "table": pl.String(), **_WHERE, "is_firm": pl.Boolean(),
    "surname": pl.UInt64(), "forename": pl.UInt64(),
    **dict.fromkeys((*likeness.block_names(), *_FIRM), pl.UInt64()),
}  # fmt: skip
"""The index: which entry lies where, and digests of what entries are compared by; null where not known."""


def entries(records: Records, gate: Gate, asking: Asking, at: datetime) -> pl.DataFrame:
    """Every entry that stands, its personal columns opened for a combination that goes on the log. Shape: ENTRY."""
    return Reader.for_once(records, gate, asking, at).read().select(*ENTRY)


def places(records: Records) -> pl.DataFrame:
    """Where each entry that stands stands; nothing personal. Shape: entry, table, batch_id, line_number, force_id, ref (of the
    crime or report), role, day, code, loss (pence), lsoa21_code.

    A crime's entry has the day it was recorded, its offence code and its place; a report of fraud the day it was made, its NFIB
    code and the LSOA that the list names.
    """
    crimes = (
        records.table("crimes")
        .select("force_id", "crime_ref", "lsoa21_code", day="recorded_on", code="offence_code")
        .unique(["force_id", "crime_ref"], keep="last", maintain_order=True)
    )
    parts = (
        records.table("people").select(*_WHERE, *IDENTITY["people"])
        .join(crimes, on=["force_id", "crime_ref"], how="left", maintain_order="left")
        .with_columns(ref="crime_ref", loss=pl.lit(None, pl.Int64))
    )  # fmt: skip
    reports = records.table("fraud_victims").select(
        *_WHERE, *IDENTITY["fraud_victims"], ref="report_ref", role=pl.lit("victim"), day="reported_on", code="nfib_code",
        loss="loss_pence", lsoa21_code="lsoa_code",
    )  # fmt: skip
    wanted = ("entry", "table", *_WHERE, "force_id", "ref", "role", "day", "code", "loss", "lsoa21_code")
    return pl.concat(
        rows.with_columns(entry=digested(rows.select(identity(table)).to_series()), table=pl.lit(table)).select(*wanted)
        for table, rows in (("people", parts.collect()), ("fraud_victims", reports.collect()))
    ).unique("entry", keep="last", maintain_order=True)


@dataclass(frozen=True)
class Reader:
    """Reads entries of what stands, for somebody who may combine them."""

    records: Records
    gate: Gate
    asking: Asking
    at: datetime

    @classmethod
    def for_once(cls, records: Records, gate: Gate, asking: Asking, at: datetime) -> Reader:
        """A reader for one linking, which is one entry on the log, of the batches that hold entries. Raises AccessRefused."""
        read = [b.batch_id for b in records.standing if set(TABLES) & set(b.tables)]
        return cls(
            records, gate.once(asking, "combination", list(TABLES), verb="link people", at=at, keys=read), asking, at
        )

    def batches(self) -> tuple[Batch, ...]:
        """The standing batches that hold entries."""
        return tuple(b for b in self.records.standing if set(TABLES) & set(b.tables))

    def read(self, batches: Iterable[Batch] | None = None, rows: pl.DataFrame | None = None) -> pl.DataFrame:
        """Entries of all that stands, of some batches, or those on some rows (`table`, `batch_id`, `line_number`).

        Shape: ENTRY, then where each lies.
        """
        if rows is not None:
            named = set(rows["batch_id"])
            batches = [b for b in self.batches() if b.batch_id in named]
        records = self.records if batches is None else replace(self.records, standing=tuple(batches))
        found = []
        for table in TABLES:
            own = None if rows is None else rows.filter(pl.col("table") == table).select(*_WHERE)
            if own is None or own.height:
                found.append(self._read(records, table, own))
        return pl.concat(found) if found else pl.DataFrame(schema=ENTRY | _WHERE)

    def _read(self, records: Records, table: str, own: pl.DataFrame | None) -> pl.DataFrame:
        wanted = (*_WHERE, *IDENTITY[table], "sex")
        plain = records.table(table).select(*wanted)
        plain = plain if own is None else plain.join(own.lazy(), on=list(_WHERE), how="semi")
        personal = self.gate.opened(
            records, table, self.asking, kind="combination", verb="link people", at=self.at, columns=DETAILS_HELD, rows=own,
        )  # fmt: skip
        rows = plain.collect().join(personal, on=list(_WHERE), how="left", maintain_order="left")
        if table == "fraud_victims":
            rows = rows.with_columns(crime_ref="report_ref", person_ref=pl.lit(None, pl.String), role=pl.lit("victim"))
        return made_alike(rows.unique(IDENTITY[table], keep="last", maintain_order=True), table, where=True)


def made_alike(rows: pl.DataFrame, table: str, *, where: bool = False) -> pl.DataFrame:
    """Rows as entries: names and addresses in capitals without marks, telephone numbers as digits. Shape: ENTRY."""
    said = rows.select(
        entry=identity(table),
        table=pl.lit(table), crime_ref="crime_ref", role="role",
        organisation=_words(_trading(pl.col("organisation_name"))),
        ref=pl.concat_str([pl.col("force_id"), pl.col("person_ref")], separator=" "),
        surname=_words(pl.col("surname")), forename=_words(pl.col("forename")), born_on=pl.col("born_on").cast(pl.Date),
        address=_words(pl.col("address")), postcode=_words(pl.col("postcode")).str.replace_all(" ", ""),
        phone=_full(pl.col("phone").str.replace_all(r"[^0-9]", "").str.replace(r"^44", "0")),
        email=_full(pl.col("email").str.to_lowercase().str.strip_chars()), sex=_full(pl.col("sex").str.to_lowercase()),
        **({name: pl.col(name) for name in _WHERE} if where else {}),
    )  # fmt: skip
    details = [pl.col(c).cast(pl.String).fill_null("") for c in ("organisation", *DETAILS)]
    said = said.with_columns(profile=pl.concat_str(details, separator="\0"))
    said = said.with_columns(digested(said["entry"]), digested(said["profile"]))
    return said.select(pl.col(name).cast(kind) for name, kind in (ENTRY | (_WHERE if where else {})).items())


def indexed(every: pl.DataFrame) -> pl.DataFrame:
    """The index of entries. Shape: INDEX, with no place where the entries have none."""
    said = every.with_columns([pl.lit(None, kind).alias(n) for n, kind in _WHERE.items() if n not in every.columns])
    is_firm = pl.col("organisation").is_not_null()
    firm = {
        "firm_by_ref": likeness.joined(("organisation", "ref")), "firm_by_place": likeness.joined(("organisation", "address")),
        "firm_ref": pl.col("ref"),
    }  # fmt: skip
    return said.select(
        "entry", "profile", "table", *_WHERE, is_firm.alias("is_firm"),
        *(pl.when(~is_firm).then(likeness.hashed(pl.col(name))).alias(name) for name in ("surname", "forename")),
        *(pl.when(~is_firm).then(likeness.hashed(block)).alias(name) for name, block in likeness.blocks().items()),
        *(pl.when(is_firm).then(likeness.hashed(value)).alias(name) for name, value in firm.items()),
    ).select(pl.col(name).cast(kind) for name, kind in INDEX.items())  # fmt: skip


def identity(table: str) -> pl.Expr:
    """Which entry a row is, in clear; see `digested`."""
    return pl.concat_str([pl.lit(table), *(pl.col(c).fill_null("") for c in IDENTITY[table])], separator="\0")


def digested(texts: pl.Series) -> pl.Series:
    """Opaque identities of texts: the same text, the same identity."""
    return pl.Series(texts.name, [digest(text) for text in texts], pl.String)


def digest(text: str) -> str:
    """The opaque identity of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _words(text: pl.Expr) -> pl.Expr:
    plain = text.str.to_uppercase().str.replace_all(r"['’.]", "").str.replace_all(r"[^\p{L}\p{N}]+", " ")
    return _full(plain.str.strip_chars())


def _trading(name: pl.Expr) -> pl.Expr:
    """An organisation's name as it trades, without the words of its legal form."""
    trading = name.str.replace(r"(?i)^.*\bt/a\b", "")
    return trading.str.replace_all(r"(?i)\b(limited|ltd|plc|llp|holdings|group)\b\.?", "")


def _full(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.len_chars() > 0).then(text).otherwise(None)
