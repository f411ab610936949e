"""Comparisons: a window against the same window of another year, with what it takes to judge the change.

Composes `volumes` (the two counts and the series before the window) and `trends` (the judgement), and adds the declared
breaks that the comparison crosses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from fourfold.analysis import trends, volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.codes.breaks import breaks_crossed
from fourfold.codes.measures import Measure
from fourfold.codes.periods import Window, baseline, months, previous_year, rolling_12
from fourfold.errors import RequestInvalid
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


def monthly(records: Records, measure: Measure, scope: Scope, window: Window) -> Finding:
    """The series up to the end of a window, for the chart that goes with a change."""
    held = volumes.series(records, measure, scope)
    first = held.windows[0].first
    return volumes.series(records, measure, scope, Window(first, months(window)[-1].replace(day=28)))
