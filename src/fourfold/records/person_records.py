"""Person records: the rows about one person in every list held, found by what is known of the person.

    matching(...)     the entries that fit what is known, once the search is on the log
    details(...)      the personal columns of some entries, once their sight is on the log

Where entries stand is said by `entries.places`, and who is the same person by `people`; here rows are only found and shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from fourfold.errors import RequestInvalid
from fourfold.records.access import Asking, Gate, Purpose
from fourfold.records.as_at import Records
from fourfold.records.entries import DETAILS_HELD, TABLES
from fourfold.records.suppliers.contracts import PERSONAL

MOST_FOUND = 200
"""More entries than this fit too little that is known: nobody is shown until more is."""
_ROW = ["batch_id", "line_number"]


@dataclass(frozen=True, kw_only=True)
class KnownOfPerson:
    """What is known of somebody who is looked for; what is empty is not known. Names and postcodes may be beginnings."""

    surname: str = ""
    forename: str = ""
    organisation: str = ""
    born_on: date | None = None
    postcode: str = ""
    phone: str = ""
    email: str = ""
    reference: str = ""

    @property
    def said(self) -> tuple[str, ...]:
        """Which facts are known, by name and never by value: what the log says of a search."""
        return tuple(name for name in self.__dataclass_fields__ if getattr(self, name))


def tables_of(purpose: Purpose) -> tuple[str, ...]:
    """The tables of entries that a purpose opens."""
    return tuple(t for t in TABLES if t in purpose.tables or "*" in purpose.tables)


def matching(
    records: Records, gate: Gate, asking: Asking, kind: str, rows: pl.LazyFrame, known: KnownOfPerson, *, at: datetime,
    tables: Sequence[str] = TABLES,
) -> pl.DataFrame:  # fmt: skip
    """The entries that fit all that is known, with their details. `rows` are those of `entries.places` that may be shown.

    The search is on the log, by the names of the facts that it was made with, before the first row is read. Raises
    RequestInvalid where too little is known, or too many fit it.
    """
    if not set(known.said) - {"forename", "born_on"} and known.said != ("forename", "born_on"):
        raise RequestInvalid(
            "Too little is given to look for one person by.",
            remedy="Give a surname, an organisation, a postcode, a telephone number, an email address or a reference.",
        )
    if (
        min(
            (len(getattr(known, name)) for name in ("surname", "forename", "postcode") if getattr(known, name)),
            default=2,
        )
        < 2
    ):
        raise RequestInvalid("A name or postcode needs two characters or more.", remedy="Write more of it.")
    gate.asked(asking, kind, tables, verb="search people", at=at, note={"by": list(known.said)})
    found = []
    for table in tables:
        own = rows.filter(pl.col("table") == table)
        if known.reference:
            own = own.filter(pl.col("ref") == known.reference.strip())
        personal = records.table(table + PERSONAL).filter(_fits(known)).select(*_ROW, *DETAILS_HELD).collect()
        found.append(own.join(personal.lazy(), on=_ROW, how="inner", maintain_order="left").collect())
    fitting = pl.concat(found)
    if fitting.height > MOST_FOUND:
        raise RequestInvalid(
            f"{fitting.height:,} records fit that, and at most {MOST_FOUND} are shown.",
            remedy="Give something more that is known.",
        )
    return fitting


def details(
    records: Records, gate: Gate, asking: Asking, kind: str, rows: pl.DataFrame, *, keys: Sequence[str], at: datetime, verb: str,
) -> pl.DataFrame:  # fmt: skip
    """Some rows of `entries.places` with their personal columns; the sight of `keys` is on the log before the first is read."""
    tables = [one for one in TABLES if one in set(rows["table"])]
    gate.asked(asking, kind, tables, verb=verb, at=at, keys=keys, note={"rows": rows.height})
    found = []
    for table in tables:
        own = rows.filter(pl.col("table") == table)
        wanted = pl.col("batch_id").is_in(own["batch_id"].unique().to_list()) & pl.col("line_number").is_in(
            own["line_number"].unique().to_list()
        )
        personal = records.table(table + PERSONAL).filter(wanted).select(*_ROW, *DETAILS_HELD).collect()
        found.append(own.join(personal, on=_ROW, how="left", maintain_order="left"))
    return pl.concat(found).sort("day", "ref", nulls_last=True) if found else rows


def _fits(known: KnownOfPerson) -> pl.Expr:
    """Whether a row fits what is known: names and postcodes by their beginnings, the rest whole, however they are written."""
    fits = pl.lit(True)
    for given, column in ((known.surname, "surname"), (known.forename, "forename"), (known.postcode, "postcode")):
        if given:
            fits &= _plain(pl.col(column)).str.starts_with(_plain_text(given)).fill_null(False)
    if known.organisation:
        said = _plain(pl.col("organisation_name")).str.contains(_plain_text(known.organisation), literal=True)
        fits &= said.fill_null(False)
    if known.born_on is not None:
        fits &= (pl.col("born_on") == known.born_on).fill_null(False)
    if known.phone:
        digits = "".join(c for c in known.phone if c.isdigit()).removeprefix("44").removeprefix("0")
        if len(digits) < 6:
            raise RequestInvalid("A telephone number needs six figures or more.", remedy="Write all of it.")
        fits &= pl.col("phone").str.replace_all(r"[^0-9]", "").str.ends_with(digits).fill_null(False)
    if known.email:
        fits &= (pl.col("email").str.to_lowercase().str.strip_chars() == known.email.strip().lower()).fill_null(False)
    return fits


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]+", "")


def _plain_text(text: str) -> str:
    return "".join(c for c in text.upper() if c.isalnum())
