"""The notebook's door to a folder of records: open data only, the same verbs and Findings as the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from fourfold import settings
from fourfold.analysis import comparisons, volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.codes import areas
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window, parse_window
from fourfold.errors import NothingHeld
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.engines import POLARS, Engine


@dataclass(frozen=True)
class OpenForce:
    """The open records of a folder as at an instant. Batches that are not open data are not there at all."""

    records: Records

    def table(self, name: str) -> pl.LazyFrame:
        """The rows of a table that stand, as a Polars lazy frame; see the reference for its columns."""
        return self.records.table(name)

    def count(self, measure_id: str, force: str, first: str, last: str, area: str | None = None) -> Finding:
        """A measure's count over a window, as `fourfold count` gives it."""
        return volumes.count(self.records, measure(measure_id), _scope(force, area), parse_window(first, last))

    def series(self, measure_id: str, force: str, window: Window | None = None) -> Finding:
        """A measure month by month."""
        return volumes.series(self.records, measure(measure_id), _scope(force, None), window)

    def change(
        self,
        measure_id: str,
        force: str,
        first: str,
        last: str,
        against: str = "previous-year",
        area: str | None = None,
    ) -> Finding:
        """A window against the same window of another year, judged, as `fourfold change` gives it."""
        window = parse_window(first, last)
        return comparisons.compared(self.records, measure(measure_id), _scope(force, area), window, against)


def open_force(path: str | Path, as_at: datetime | None = None, engine: Engine = POLARS) -> OpenForce:
    """Open a folder of records for a notebook: open data only, as at an instant (now when None; UTC without a zone).

    `engine` is what rows are counted on: Polars, or `fourfold.records.engines.spark()` where there is a cluster.
    Raises NothingHeld when the folder holds no open data as at that instant.
    """
    instant = as_at or settings.now()
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    records = records_as_at(Path(path), instant, open_only=True, engine=engine)
    if not records.standing:
        raise NothingHeld(
            "That folder holds no open data as at that instant.",
            remedy="Import some, or name another folder.",
            file=path,
        )
    return OpenForce(records)


def _scope(force: str, area: str | None) -> Scope:
    return Scope(force_id=areas.force(force).id, level=areas.layer_of(area) if area else None, area_code=area)
