"""Concentration: how few places hold a quarter, and a half, of crime.

Few crimes among many places are concentrated by chance alone: a hundred burglaries cannot stand in more than a hundred of
six hundred areas. So each figure stands beside what an even spread of the same number of crimes would give.

Sources: crime concentration at places: Weisburd (2015), Criminology 53; the correction for few crimes among many places:
Bernasco and Steenbeek (2017), Journal of Quantitative Criminology 33.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

import fourfold
from fourfold.analysis.findings import Finding, Method, Table, Value
from fourfold.errors import RequestInvalid

SHARES = (0.25, 0.5)
_DRAWS = 200

_METHOD = Method(
    name="concentration",
    text="Areas in order of their count; how many of the first hold the share. Beside it the median of 200 even spreads of "
    "the same number of crimes over all areas, those without crime among them.",
    source="Weisburd 2015; Bernasco and Steenbeek 2017.",
)


def places_holding(counts: npt.NDArray[np.int_], share: float) -> int:
    """How many places, taken from the largest count down, hold at least a share of all crimes; 0 where there are none."""
    total = int(counts.sum())
    if total == 0:
        return 0
    ordered = np.sort(counts)[::-1]
    # In whole crimes, so that a share is never missed by a rounding.
    return int(np.searchsorted(np.cumsum(ordered), np.ceil(share * total - 1e-9)) + 1)


def evenly_spread(total: int, places: int, shares: Sequence[float], seed: int) -> list[int]:
    """How many places hold each share when crimes fall on all places alike: the median of 200 draws, the same for all."""
    drawn = np.random.default_rng(seed)
    spreads = drawn.multinomial(total, np.full(places, 1 / places), size=_DRAWS)
    reached = np.cumsum(-np.sort(-spreads, axis=1), axis=1)
    return [
        int(np.median([int(np.searchsorted(one, np.ceil(share * total - 1e-9)) + 1) for one in reached]))
        for share in shares
    ]


def concentration(by_area: Finding, every_area: Sequence[str], *, seed: int = 20221020) -> Finding:
    """A breakdown by area as its concentration: kind "concentration".

    `every_area` are the codes of all areas of the layer in the force, those without crime among them. Columns: share (of
    1), places, share_of_places, places_if_even. Only placed crimes are counted; n says how many. Raises RequestInvalid
    for a Finding that is not a breakdown by area.
    """
    if by_area.table is None or by_area.table.columns[1:] != ("name", "count"):
        raise RequestInvalid("Concentration needs a count split by area.", remedy="Split the count by lsoa11, say.")
    held = {str(code): int(n) for code, _, n in by_area.table.rows if code is not None and isinstance(n, int)}
    places = sorted(set(every_area) | set(held))
    counts = np.array([held.get(code, 0) for code in places])
    total = int(counts.sum())
    rows: list[tuple[Value, ...]] = []
    spread = evenly_spread(total, len(places), SHARES, seed) if total else [0] * len(SHARES)
    for share, even in zip(SHARES, spread, strict=True):
        few = places_holding(counts, share)
        rows.append((share, few, few / len(places) if places else None, even))
    unplaced = by_area.records - total
    return Finding(
        kind="concentration", title=f"{by_area.definition.title}: how few places hold a quarter and a half",
        value=rows[1][1], unit="places", n=total, windows=by_area.windows, area=by_area.area,
        definition=by_area.definition, method=_METHOD, as_at=by_area.as_at, batches=by_area.batches,
        code_version=fourfold.__version__, seed=seed, code_lists=by_area.code_lists, mappings=by_area.mappings,
        sources=by_area.sources, parts=(by_area,),
        table=Table(columns=("share", "places", "share_of_places", "places_if_even"), rows=tuple(rows)),
        parameters={"places": len(places), "places without crime": int((counts == 0).sum()), "not placed": unplaced},
        notes=(*by_area.notes, f"{unplaced:,} of {by_area.n:,} have no place in these areas and are left out."),
    )  # fmt: skip
