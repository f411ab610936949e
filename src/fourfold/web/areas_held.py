"""What of a list of the force's victims an officer may see: all of it, or the lines whose crime lies in the areas that are held.

An officer's grant may name areas. A list is then of crimes there alone, and so is every count above it; a crime whose place is not
known lies in no area, and is seen by those alone who may see the whole force. Which areas those are is asked of the table of roles;
where a crime lies, of its small area (`small_area`) and of the council that this is in.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fourfold.analysis.owed import holders
from fourfold.codes import areas
from fourfold.records import places
from fourfold.records.as_at import Records
from fourfold.web.gate import Pass


@dataclass(frozen=True)
class InSight:
    """The areas that an officer's roles are held to for a class of records: their names, and the small areas within them.

    `small` is None where the officer may see the whole force.
    """

    records: Records
    small: frozenset[str] | None
    names: tuple[str, ...] = ()

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows, by their column `small_area`, that lie in the areas held."""
        if self.small is None:
            return rows
        return rows.filter(pl.col("small_area").is_in(list(self.small)).fill_null(value=False))

    def of_crimes(self, force_id: str, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows, by their column `crime_ref`, whose crime lies in the areas held."""
        if self.small is None:
            return rows
        lies = holders(self.records, force_id, rows["crime_ref"]).select("crime_ref", "small_area").collect()
        return self.of(rows.join(lies, on="crime_ref", how="left", maintain_order="left")).drop("small_area")


def in_sight(passed: Pass, records: Records, record_class: str = "victim_duties") -> InSight:
    """What an officer may see of the lists of a class; the request then carries that they were of these areas alone."""
    held = passed.areas_held("read", record_class)
    if held is None:
        return InSight(records, None)
    passed.of_areas = tuple(sorted(held))
    return InSight(
        records, places.small_areas_in(records.boundaries, held), tuple(_name(records, code) for code in sorted(held))
    )


def area_of_crime(records: Records, force_id: str, crime_ref: str) -> tuple[str, ...]:
    """The codes of the areas that a crime lies in, the smallest first; none where its place is not known."""
    own = (
        holders(records, force_id, pl.Series([crime_ref], dtype=pl.String)).select("small_area").drop_nulls().collect()
    )
    if own.is_empty():
        return ()
    small = str(own.item())
    council = places.council_of_small(records.boundaries).get(small)
    return (small, council) if council else (small,)


def _name(records: Records, code: str) -> str:
    found = (places.area_names(records, layer).get(code) for layer in areas.LAYERS)
    return next((name for name in found if name), code)
