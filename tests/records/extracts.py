"""Small extracts for the tests: rows in a contract's plain layout, with what a row needs filled in where it is not said."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from fourfold.records.imports import Imported, import_files
from fourfold.records.suppliers import catalogue
from fourfold.records.suppliers.fields import Field

FORCE = "Leicestershire Police"


def at(day: int, month: int = 7, hour: int = 12) -> datetime:
    return datetime(2022, month, day, hour, tzinfo=UTC)


def extract(folder: Path, contract_name: str, rows: Sequence[dict[str, str]], months: str = "2022-06") -> Path:
    """A file of a contract, its needed fields filled in where a row does not give them."""
    contract = catalogue.contract(contract_name)
    given = {name for row in rows for name in row}
    fields = [f for f in contract.fields if f.needed or f.name in given]
    assert given <= {f.name for f in contract.fields}, given
    path = folder / f"{contract_name}_{months}.csv"
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{contract_name}_{months}.{number}.csv"
    with path.open("w", newline="") as out:
        lines = csv.writer(out)
        lines.writerow([f.name for f in fields])
        lines.writerows([row.get(f.name, _filled(f, n)) for f in fields] for n, row in enumerate(rows))
    return path


def put(
    home: Path,
    folder: Path,
    when: datetime,
    contract_name: str,
    rows: Sequence[dict[str, str]],
    months: str = "2022-06",
) -> Imported:
    """The same, imported at an instant."""
    (done,) = import_files(home, [extract(folder, contract_name, rows, months)], clock=lambda: when)
    return done


def _filled(field: Field, number: int) -> str:
    if field.name == "force":
        return FORCE
    if not field.needed:
        return ""
    if isinstance(field.codes, tuple):
        return field.codes[0]
    if field.codes is not None:
        return {"offences": "48", "outcomes": "1", "fraud": "NFIB1D"}[field.codes]
    return {"date": "2022-06-15", "instant": "2022-06-15T12:00:00"}.get(field.kind, f"{field.name}-{number}")
