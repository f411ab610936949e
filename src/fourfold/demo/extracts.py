"""Extracts: which month's file a row comes with, and the files themselves, written by the published contracts.

The force loaded its history to September 2022 in one go, a file for each financial year, and sent a file a month after that.
A later file holds its month's rows and, of earlier rows, those that came late or changed since the file before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.demo.geography import FORCE_NAME, MARK
from fourfold.demo.scenario import Ints, minute
from fourfold.records.suppliers import catalogue


@dataclass(frozen=True)
class Extract:
    """One round of files: the months that it holds, and when it was taken (a minute of the clock)."""

    first: date
    last: date
    taken: int

    @property
    def span(self) -> str:
        """Its months, as they stand in the names of its files."""
        return f"{self.first:%Y-%m}" if self.first == self.last else f"{self.first:%Y-%m}_to_{self.last:%Y-%m}"


_LOADED = minute(date(2022, 10, 3), 6)
EXTRACTS = (
    Extract(date(2019, 4, 1), date(2020, 3, 1), _LOADED),
    Extract(date(2020, 4, 1), date(2021, 3, 1), _LOADED),
    Extract(date(2021, 4, 1), date(2022, 3, 1), _LOADED),
    Extract(date(2022, 4, 1), date(2022, 9, 1), _LOADED),
    Extract(date(2022, 10, 1), date(2022, 10, 1), minute(date(2022, 11, 2), 6)),
    Extract(date(2022, 11, 1), date(2022, 11, 1), minute(date(2022, 12, 2), 6)),
)
LIGHT = (Extract(EXTRACTS[0].first, EXTRACTS[3].last, _LOADED), *EXTRACTS[4:])
"""The rounds of lighter extracts, whose history came in one file."""
NONE = len(EXTRACTS)
"""Of a row that no extract holds: it was entered after the last."""


def extract_of(at: Ints, entered: Ints | None = None) -> Ints:
    """The first extract that holds a row dated `at` and entered then or later: an index of EXTRACTS, or NONE.

    A row goes with the file of its month; entered after that was taken, with the next that was taken later.
    """
    starts = np.array([minute(e.first) for e in EXTRACTS[1:]])
    found = np.searchsorted(starts, at, side="right")
    known = at if entered is None else np.maximum(entered, 0)
    taken = np.array([e.taken for e in EXTRACTS])
    return np.maximum(found, np.searchsorted(taken, known, side="left"))


def light(rounds: Ints) -> Ints:
    """Rounds of EXTRACTS as rounds of LIGHT."""
    return np.maximum(rounds - (len(EXTRACTS) - len(LIGHT)), 0)


def changed_between(times: tuple[Ints, ...], extract: int) -> npt.NDArray[np.bool_]:
    """Whether any of the times lies after the round of extracts before this one was taken, and before this one was."""
    since = EXTRACTS[extract - 1].taken if extract else -1
    until = EXTRACTS[extract].taken
    found = np.zeros(len(times[0]), dtype=bool)
    if since < until:
        for at in times:
            found |= (at > since) & (at <= until)
    return found


def file_path(folder: Path, contract_name: str, extract: Extract) -> Path:
    """Where the file of a contract and a round goes."""
    return folder / f"saltmere_{MARK}_{contract_name}_{extract.span}.csv"


def written_extract(folder: Path, contract_name: str, extract: Extract, columns: Mapping[str, pl.Series]) -> Path:
    """Write the rows of a contract and a round; see `written_rows`."""
    return written_rows(file_path(folder, contract_name, extract), contract_name, columns)


def written_rows(path: Path, contract_name: str, columns: Mapping[str, pl.Series]) -> Path:
    """Write rows in the plain layout of a contract: the contract's order of columns, FICTITIOUS in the force's name.

    Raises AssertionError when a column is not the contract's, or a needed one lacks.
    """
    contract = catalogue.contract(contract_name)
    known = [f.name for f in contract.fields]
    assert set(columns) <= set(known), f"{contract_name} has no {sorted(set(columns) - set(known))}"
    assert contract.needed - {"force"} <= set(columns), (
        f"{contract_name} needs {sorted(contract.needed - set(columns))}"
    )
    rows = pl.DataFrame([columns[name].alias(name) for name in known if name in columns])
    if "force" in known:
        rows = rows.select(pl.lit(FORCE_NAME).alias("force"), pl.all())
    flags = [name for name, kind in rows.schema.items() if kind == pl.Boolean]
    words = {True: "yes", False: "no"}
    rows = rows.with_columns(pl.col(f).replace_strict(words, default=None, return_dtype=pl.String) for f in flags)
    rows.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S", date_format="%Y-%m-%d")
    return path


def words(index: Ints, of: tuple[str, ...] | list[str]) -> pl.Series:
    """The words that indices stand for; below nought is none."""
    found = pl.Series(list(of), dtype=pl.String).gather(np.maximum(index, 0))
    return found.set(pl.Series(index < 0), None)
