"""Card index: where the rows of each crime stand, so that the few rows of one crime are read without reading millions.

    keep_card_index(records)              file each part that is not filed yet: a second for a million rows, once
    rows_of(records, table, references)   the rows that stand of some crimes, by the cards, or out of all rows where there are none

    HOME/lake/derived/card_index/BATCH-TABLE-STATE.parquet   the part's rows, those of one reference together
    HOME/lake/derived/card_index/BATCH-TABLE-STATE.cards     the digest of each of those rows' references, in their order: uint32

A part is filed once, since a batch never changes; where a file does (an erasure), its STATE is another and its old cards are
read by nobody. Digests may be alike, and a row is what its reference says: only where to look is taken from the cards. A batch's
cards can be thrown away at any time, and an erasure that touches it throws them away. Of few records nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import narwhals as nw
import numpy as np
import polars as pl

from fourfold.records.as_at import Part, Records, without_months
from fourfold.records.engines import POLARS
from fourfold.records.erasure import in_place
from fourfold.records.lake import SCHEMAS, Lake, settled, storage_faults, write_part

KEYS = {
    "crimes": "crime_ref", "people": "crime_ref", "victim_contacts": "crime_ref", "investigation_events": "crime_ref",
    "notices": "crime_ref", "crime_history": "crime_ref", "ownership": "crime_ref", "personal_statements": "crime_ref",
    "complaints": "crime_ref", "cica_requests": "crime_ref", "property": "crime_ref", "precharge_submissions": "crime_ref",
    "fraud_victims": "report_ref",
}  # fmt: skip
"""The tables that are filed, each with the column that it is filed by."""
AT_ONCE = 30_000
"""The rows of these tables up to which nothing is kept: all are read in a fraction of a second."""
FEW = 100
"""Up to so many references are looked for by the cards."""
_TOGETHER = 16_384
"""Rows that are read together: few enough to be read at once, enough for the file to be no larger than the part."""
_UNFINISHED_FOR = 24 * 3600
"""Seconds after which an unfinished file is nobody's any more."""
_FORM = "1"
"""Of how cards are written: another form, other cards."""


def rows_of(records: Records, table: str, references: Sequence[str], stream: str | None = None) -> pl.LazyFrame:
    """The rows of a table that stand, of some references: what `Records.table` gives, filtered by the column in `KEYS`.

    More than a few references (`FEW`) are looked for among all rows, which are then read anyway.
    """
    key = KEYS[table]
    wanted = pl.Series(key, list(references), dtype=pl.String)
    if len(wanted) > FEW:
        return records.table(table, stream).join(pl.LazyFrame({key: wanted.unique()}), on=key, how="semi")
    digests = np.unique(_digests(wanted))
    found: list[pl.LazyFrame] = []
    unfiled: list[Part] = []
    for part in records.parts(table, stream, None):
        cards = _cards(records.home, part, key)
        if cards.exists():
            found += _by_cards(part, cards, digests)
        else:
            unfiled.append(part)
    rest: pl.LazyFrame = replace(records, engine=POLARS).rows_of_parts(unfiled, table).to_native()
    return pl.concat([rest, *found]).filter(pl.col(key).is_in(wanted.implode()))


def keep_card_index(records: Records) -> None:
    """File the parts that are not filed yet, and remove the cards of what stands no longer. Raises StorageFailed."""
    if _are_few(records):
        return
    folder = records.home / "lake" / "derived" / "card_index"
    with storage_faults(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for table, key in KEYS.items():
        for part in records.parts(table, None, None):
            if not _cards(records.home, part, key).exists():
                _file(records.home, part, key)
    settled(folder)
    _prune(records, folder)


def _are_few(records: Records) -> bool:
    return sum(n for batch in records.standing for table, n in batch.tables.items() if table in KEYS) <= AT_ONCE


def _cards(home: Path, part: Part, key: str) -> Path:
    """Where a part's cards are, by the part's own file: another file, other cards."""
    found = part.path.stat()
    state = "\0".join((_FORM, key, pl.__version__, part.path.name, str(found.st_size), str(found.st_mtime_ns)))
    name = f"{part.batch.batch_id}-{part.table}-{hashlib.sha256(state.encode()).hexdigest()[:16]}.cards"
    return home / "lake" / "derived" / "card_index" / name


def _digests(references: pl.Series) -> np.ndarray:
    return (references.hash(seed=1) & 0xFFFFFFFF).to_numpy().astype("<u4")


def _by_cards(part: Part, cards: Path, digests: np.ndarray) -> Iterable[pl.LazyFrame]:
    """The rows of some digests that stand, by reference, and each reference's in the order of their lines."""
    held = np.memmap(cards, dtype="<u4", mode="r") if cards.stat().st_size else np.empty(0, "<u4")
    first, after = np.searchsorted(held, digests, "left"), np.searchsorted(held, digests, "right")
    for at, end in zip(first.tolist(), after.tolist(), strict=True):
        if at < end:
            rows = POLARS.rows([cards.with_suffix(".parquet")], SCHEMAS.get(part.table)).to_native().slice(at, end - at)
            yield without_months(part.standing(nw.from_native(rows), POLARS), part.table, part.lost).to_native()


def _file(home: Path, part: Part, key: str) -> None:
    """Write the rows of a part, those of one reference together, and their cards: both whole before the cards have their name."""
    cards, erasures = _cards(home, part, key), in_place(home)
    rows = pl.read_parquet(part.path)
    digests = _digests(rows[key])
    order = np.argsort(digests, kind="stable")
    unnamed = cards.with_name(f"unfinished-{uuid.uuid4().hex}")
    try:
        with storage_faults(cards):
            write_part(rows[order], unnamed.with_suffix(".parquet"), rows_together=_TOGETHER)
            digests[order].tofile(unnamed)
            unnamed.chmod(0o600)
            for path in (unnamed.with_suffix(".parquet"), unnamed):
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            if in_place(home) != erasures:  # somebody was erased meanwhile, who may be among these rows
                return
            unnamed.with_suffix(".parquet").rename(cards.with_suffix(".parquet"))
            unnamed.rename(cards)
    finally:
        for path in (unnamed.with_suffix(".parquet"), unnamed):
            path.unlink(missing_ok=True)


def _prune(records: Records, folder: Path) -> None:
    """Remove the cards of files that are there no longer. What cannot be removed now is removed the next time.

    Those of batches that stand no longer are kept with the batches: a page may be reading the records of a moment ago.
    """
    files = [
        Part(batch, t, batch.folder / f"{t}.parquet") for batch in Lake(records.home).batches() for t in batch.tables
    ]
    files += records.parts("crimes", None, None)
    wanted = {_cards(records.home, file, KEYS[file.table]).stem for file in files if file.table in KEYS}
    for path in folder.iterdir():
        is_under_way = path.name.startswith("unfinished-") and path.stat().st_mtime > time.time() - _UNFINISHED_FOR
        if path.stem not in wanted and not is_under_way:
            with contextlib.suppress(OSError):
                path.unlink()
