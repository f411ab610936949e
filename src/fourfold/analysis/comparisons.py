"""Comparisons: a window against the same window of another year, with what it takes to judge the change.

Composes `volumes` (the two counts and the series before the window) and `trends` (the judgement), and adds the declared
breaks that the comparison crosses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from fourfold.analysis import trends, volumes
from fourfold.analysis.findings import Finding, Table
from fourfold.analysis.volumes import Scope
from fourfold.codes.breaks import breaks_crossed
from fourfold.codes.measures import Measure
from fourfold.codes.periods import Window, baseline, previous_year, rolling_12
from fourfold.errors import RequestInvalid
from fourfold.records import places
from fourfold.records.as_at import Records

Against = Literal["previous-year", "rolling-12"] | str
"""The year before ("previous-year"), the twelve months before ("rolling-12"), or a financial year ("2019/20")."""


def compared_windows(window: Window, against: Against) -> tuple[Window, Window]:
    """The window and the one it is compared with. Raises CodeUnknown for a financial year that is not one."""
    if against == "previous-year":
        return window, previous_year(window)
    if against == "rolling-12":
        latest = rolling_12(window.last)
        return latest, previous_year(latest)
    earlier = baseline(window, against)
    if earlier.last >= window.first:
        raise RequestInvalid(
            "The baseline year is not before the window.", remedy="Name an earlier financial year, such as 2019/20."
        )
    return window, earlier


def compared(
    records: Records,
    measure: Measure,
    scope: Scope,
    window: Window,
    against: Against = "previous-year",
    *,
    level: float = 0.95,
) -> Finding:
    """The change of a measure between two windows, judged by its own variation: a Finding of kind "change".

    Both counts come from one supply, so that a change is never a change of supplier. Raises what `volumes.count` does.
    """
    later, earlier = compared_windows(window, against)
    # Whichever supply holds the later window is asked for the earlier one too.
    source = volumes.supply(records, measure, scope, later)
    scope = replace(scope, stream=source.stream)
    after = volumes.count(records, measure, scope, later, source)
    before = volumes.count(records, measure, scope, earlier, source)
    history = volumes.series(records, measure, scope)
    notes = tuple(
        f"Crosses {mark.title} ({mark.when}): {mark.text}"
        for mark in breaks_crossed((earlier, later), scope.force_id, measure.id)
    )
    return trends.change(after, before, history, level=level, notes=notes)


def compared_by_area(
    records: Records, measure: Measure, scope: Scope, window: Window, layer: str,
    against: Sequence[Against] = ("previous-year",), *, per_residents: bool = False,
) -> Finding:  # fmt: skip
    """A measure's count in each area of a layer, in a window and in others before it: kind "area changes".

    Columns: area, name, a count for each window (the window itself first: "count 1", "count 2" ...), change (the window's
    count less the first other's), and with `per_residents` the rate per 1,000 residents of each window ("rate 1" ...);
    one estimate of residents serves all windows. Every area of the layer has a row. No area is judged here: see `scans`
    for that. Raises what `volumes.breakdown` does, and RequestInvalid where a window is not wholly held.
    """
    windows = (window, *(compared_windows(window, other)[1] for other in against))
    splits = [volumes.breakdown(records, measure, scope, one, layer) for one in windows]
    for split in splits:
        if split.value is None:
            raise RequestInvalid(f"{split.verdict}", remedy="Compare windows that are held; see `fourfold imports`.")
    counts = [_counts(split) for split in splits]
    names = places.area_names(records, layer)
    codes = sorted(
        {*places.areas_of_force(records, scope.force_id, layer), *(code for held in counts for code in held)}
    )
    rates: list[dict[str, float]] = []
    if per_residents:
        residents = places.residents_by_area(records, scope.force_id, layer, window.last)
        rates = [{code: 1000 * held.get(code, 0) / n for code, n in residents.items() if n} for held in counts]
    nowhere = [split.records - sum(held.values()) for split, held in zip(splits, counts, strict=True)]
    numbers = range(1, len(windows) + 1)
    whole = splits[0]
    counted = [f"count {n}" for n in numbers]
    rated = [f"rate {n}" for n in numbers] if per_residents else []
    rows = tuple(
        (
            code, names.get(code, code), *(held.get(code, 0) for held in counts),
            counts[0].get(code, 0) - counts[1].get(code, 0) if len(counts) > 1 else None,
            *(held.get(code) for held in rates),
        )
        for code in codes
    )  # fmt: skip
    return Finding(
        kind="area changes", title=f"{measure.title} by {layer}, window by window", value=whole.value, unit=whole.unit,
        n=sum(split.records for split in splits), windows=windows, area=whole.area, definition=whole.definition,
        method=whole.method, as_at=whole.as_at, code_version=whole.code_version, code_lists=whole.code_lists,
        batches=tuple(dict.fromkeys(batch for split in splits for batch in split.batches)),
        mappings={name: version for split in splits for name, version in split.mappings.items()},
        sources=tuple(dict.fromkeys(source for split in splits for source in split.sources)),
        notes=tuple(dict.fromkeys(note for split in splits for note in split.notes)), parts=tuple(splits),
        table=Table(columns=("area", "name", *counted, "change", *rated), rows=rows),
        parameters={"layer": layer, "not placed": nowhere},
    )  # fmt: skip


def _counts(split: Finding) -> dict[str, int]:
    assert split.table is not None
    return {str(code): int(n) for code, _, n in split.table.rows if code is not None and isinstance(n, int)}
