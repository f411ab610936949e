"""Change of place: which areas' shares changed between two periods, and around one area what fell inside and rose close by.

Councils are figures. Small areas and rings, which are small areas too, are shown to those who may see figures of these, and are
put on the log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from fourfold.analysis import change_of_place, volumes
from fourfold.analysis.comparisons import compared_windows
from fourfold.analysis.concentration import concentration
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.codes.periods import Window
from fourfold.errors import CodeUnknown, FourfoldError, RequestInvalid
from fourfold.records import places
from fourfold.records.as_at import Records
from fourfold.web.figures import figure, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.picture import AGAINST, Asked, Choices, Part, small_layer

COUNCILS, SMALL = "councils", "small"
BY = {COUNCILS: "Councils", SMALL: "Small areas"}
_SHOWN = 50
"""How many areas are listed: the surest first."""


@needs("read", "figures")
def page(request: HttpRequest) -> HttpResponse:
    """What moved between the areas of a force; or, where an area is asked for, what became of it and the rings around it."""
    passed: Pass = request.gate
    choices = Choices(standing_records(), request)
    if not choices.forces:
        return render(request, "pages/picture_empty.html", {})
    try:
        asked, by = choices.asked(), _by(request)
        windows = compared_windows(asked.window, asked.against)
    except FourfoldError as fault:
        context: dict[str, Any] = {"choices": choices, "fault": fault.cause, "remedy": fault.remedy}
        return render(request, "pages/change_of_place.html", context, status=422)
    passed.require("read", asked.record_class, asked.area_chain)
    may_small = passed.may("read", "small_area_figures", asked.area_chain)
    moved = rings = None
    if asked.scope.area_code is not None:
        rings = _part(asked, "rings", lambda: _rings(asked, *windows)) if may_small else None
    elif by == COUNCILS or may_small:
        layer = "ltla24" if by == COUNCILS else small_layer(asked.records, asked.scope.force_id)
        moved = _part(asked, f"moved {layer}", lambda: _moved(asked, layer, *windows))
    shown = [part.finding for part in (moved, rings) if part is not None and part.finding is not None]
    if shown and (rings is not None or by == SMALL):
        passed.saw("small_area_figures", [one.id for one in shown], note=asked.query)
    context = {
        "choices": choices, "asked": asked, "by": by, "kinds_of_area": BY, "against": AGAINST, "moved": moved, "rings": rings,
        "may_small": may_small, "shown": _SHOWN, "windows": windows,
        "findings": [each for one in shown for each in (one, *one.parts)],
    }  # fmt: skip
    return render(request, "pages/change_of_place.html", context)


def opened(records: Records, force_id: str) -> None:
    """Work out the page as it opens, before anybody asks for it."""
    request = HttpRequest()
    request.GET = QueryDict(f"force={force_id}")
    asked = Choices(records, request).asked()
    windows = compared_windows(asked.window, asked.against)
    _part(asked, "moved ltla24", lambda: _moved(asked, "ltla24", *windows))


def _by(request: HttpRequest) -> str:
    given = request.GET.get("by") or COUNCILS
    if given not in BY:
        raise RequestInvalid("There are no such areas.", remedy="Choose one of those below.")
    return given


def _moved(asked: Asked, layer: str, later: Window, earlier: Window) -> Finding:
    if not layer:
        raise CodeUnknown("No boundaries of this force's small areas are held.", remedy="Import them.")
    records, wanted, scope = asked.records, asked.measure, asked.scope
    every = places.areas_of_force(records, scope.force_id, layer)
    each = tuple(concentration(volumes.breakdown(records, wanted, scope, w, layer), every) for w in (later, earlier))
    grid = volumes.monthly_grid(records, wanted, scope, layer)
    return change_of_place.what_moved(grid, every, places.area_names(records, layer), later, earlier, parts=each)


def _rings(asked: Asked, later: Window, earlier: Window) -> Finding:
    force_id, layer, code = asked.scope.force_id, asked.scope.level or "", asked.scope.area_code or ""
    shape = places.shapes_of(asked.records, force_id, layer).get(code)
    if shape is None:
        raise CodeUnknown("The boundary of that area is not held.", remedy="Import it, or choose another area.")
    whole = Scope(force_id=force_id)
    return change_of_place.rings(asked.records, asked.measure, whole, shape, asked.area_name, later, earlier)


def _part(asked: Asked, name: str, made: Callable[[], Finding]) -> Part:
    try:
        return Part(figure(asked.records, f"change of place {name}", *asked.query.values(), made=made))
    except FourfoldError as fault:
        return Part(None, fault)
