"""The register of findings shown: each figure that was printed can be looked up by its identity, and traced.

    HOME/findings/<identity>.json

A finding's file never changes: its name is a hash of its content.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from fourfold.analysis import volumes
from fourfold.analysis.findings import Finding, finding_from_dict
from fourfold.errors import NothingHeld
from fourfold.records.as_at import records_as_at
from fourfold.records.lake import Batch, Lake, settled, storage_faults


@dataclass(frozen=True)
class TracedBatch:
    """The lines of one file that a count rests on. `figure` is what they add up to."""

    batch: Batch
    lines: tuple[int, ...]
    figure: int


@dataclass(frozen=True)
class Trace:
    """A count followed back to its lines. `recounted` is what they add up to now."""

    finding: Finding
    recounted: int
    batches: tuple[TracedBatch, ...]

    @property
    def agrees(self) -> bool:
        """Whether the lines still add up to what was printed; where rows were erased since, they need not."""
        return self.recounted == self.finding.n


def registered(home: Path, findings: Iterable[Finding]) -> None:
    """Enter findings, and all they were computed from, in the register."""
    folder = home / "findings"
    with storage_faults(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    every = {id(found): found for top in findings for found in top.walk()}
    for finding in every.values():
        identity = finding.__dict__.get("id")
        if identity is None or not (folder / f"{identity}.json").exists():
            identity, text = finding.written()
            _written(text, folder / f"{identity}.json")
    if every:
        settled(folder)


def _written(text: str, path: Path) -> None:
    """A finding's file, whole and on the disk before it takes its name; two processes that write it at once write the same."""
    if path.exists():
        return
    with storage_faults(path):
        unnamed = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        with os.fdopen(os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unnamed.rename(path)


def finding_named(home: Path, identity: str) -> Finding:
    """The registered finding of an identity, or the only one that begins so. Raises NothingHeld when there is none."""
    found = sorted((home / "findings").glob(f"{identity}*.json")) if identity.isalnum() else []
    if len(found) != 1:
        raise NothingHeld(
            "No finding of that identity has been printed from these records."
            if not found
            else "More than one finding's identity begins so.",
            remedy="Take the identity from the paper's annex, or from what `count` or `change` printed.",
        )
    return finding_from_dict(json.loads(found[0].read_text(encoding="utf-8")))


def traced(home: Path, finding: Finding, as_at: datetime | None = None) -> Trace:
    """A count's lines, file by file, as at the finding's own instant or another.

    Raises NothingHeld for a finding that rests on no rows of its own.
    """
    if finding.selection is None:
        raise NothingHeld(
            "This finding rests on other findings, not on rows.", remedy="Trace one of the findings it was made from."
        )
    records = records_as_at(home, as_at or finding.as_at)
    weight = finding.selection.weight
    rows = volumes.rows_behind(records, finding.selection).sort("batch_id", "line_number").collect()
    figures = rows.with_columns(pl.col(weight) if weight else pl.lit(1).alias("rows"))
    column = weight or "rows"
    lake = Lake(home)
    found = []
    for (batch_id,), part in figures.group_by("batch_id", maintain_order=True):
        batch = lake.batch(str(batch_id))
        assert batch is not None
        found.append(TracedBatch(batch, tuple(part["line_number"].to_list()), int(part[column].sum())))
    return Trace(finding, sum(t.figure for t in found), tuple(found))
