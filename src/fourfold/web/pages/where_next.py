"""Where next: how many crimes are expected in which squares, beside how well that would have been told; or the best plain map.

Thin over what the worker made of the question (`casework.backtests`): a page only reads it, and says that it is being worked
out where it is not made. The backtest is a figure of a force or a council. Squares are small areas: they are shown to those who
may see figures of small areas, and are put on the log. Which map is shown follows from the backtest alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.analysis.backtests import DRIFT, FORECAST
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.casework import assessments, backtests, work
from fourfold.casework.backtests import CELLS, HORIZONS, Question
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.web.figures import figure, own_force, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.near_repeats import PlacedChoices
from fourfold.web.pages.picture import Asked, Part

_RECORD = "where-next"


_COMPARED_AT = 0.02
"""The share of area at which areas stand beside one another."""


class ForecastChoices(PlacedChoices):
    """The choices of placed crimes, with how many days ahead and in what squares."""

    @property
    def ahead(self) -> tuple[int, int]:
        """Days ahead, and metres of a square. Raises RequestInvalid."""
        days, metres = self.given.get("horizon") or "7", self.given.get("cell") or "500"
        if days not in map(str, HORIZONS) or metres not in map(str, CELLS):
            raise RequestInvalid("There is no such horizon or square.", remedy="Choose one of those below.")
        return int(days), int(metres)


class CouncilChoices(ForecastChoices):
    """The choices of the page that sets a force's councils side by side: it is of them all."""

    def asked(self) -> Asked:
        """What is asked of each council. Raises as `ForecastChoices`, and RequestInvalid where one area is asked for."""
        if self.given.get("area"):
            raise RequestInvalid("This page is of every council of a force.", remedy="Ask for the whole force.")
        return super().asked()


@dataclass(frozen=True)
class Council:
    """One council, or the whole force, beside the others: its backtest, why there is none, or neither where it is not yet made."""

    code: str
    name: str
    tested: Part | None

    @property
    def is_ahead(self) -> bool | None:
        """Whether the forecast is ahead of the best plain map; None where that is not known."""
        found = self.tested.finding if self.tested is not None else None
        return None if found is None else found.value == FORECAST

    @property
    def best(self) -> dict[str, Any]:
        """The row of the best plain map at the share of area at which areas are compared."""
        assert self.tested is not None
        assert self.tested.finding is not None
        return self._row(str(self.tested.finding.parameters["best plain map"]))

    @property
    def forecast(self) -> dict[str, Any]:
        """The row of the forecast at that share."""
        return self._row(FORECAST)

    def _row(self, name: str) -> dict[str, Any]:
        assert self.tested is not None
        return next(row for row in self.tested.rows if row["map"] == name and row["share_of_area"] == _COMPARED_AT)


@needs("read", "figures")
def page(request: HttpRequest) -> HttpResponse:
    """The backtest, and the squares of the map that it says is to be shown; or that they are being worked out."""
    passed: Pass = request.gate
    choices = ForecastChoices(standing_records(), request)
    if not choices.forces:
        return render(request, "pages/picture_empty.html", {})
    try:
        asked, (horizon, cell) = choices.asked(), choices.ahead
    except FourfoldError as fault:
        context: dict[str, Any] = {"choices": choices, "fault": fault.cause, "remedy": fault.remedy}
        return render(request, "pages/where_next.html", context, status=422)
    passed.require("read", "figures", asked.area_chain)
    question = Question.of(asked.measure, asked.scope, asked.window.last, horizon, cell)
    made = backtests.standing(asked.records, question)
    if made is None:
        work.queue_maps(question)
    tested = None if made is None else _part(asked, "backtest", question, made.tested)
    exposed = (
        ()
        if made is None
        else tuple(_part(asked, f"exposure {n}", question, one) for n, one in enumerate(made.exposed))
    )
    may_small = passed.may("read", "small_area_figures", asked.area_chain)
    squares = None
    if may_small and made is not None and made.squares is not None:
        squares = _part(asked, "where next", question, made.squares)
        if squares.finding is not None:
            passed.saw("small_area_figures", [squares.finding.id], note=asked.query)
    context = {
        "choices": choices, "asked": asked, "tested": tested, "squares": squares, "may_small": may_small, "horizon": horizon,
        "exposed": exposed, "drift": DRIFT,
        "cell": cell, "horizons": HORIZONS, "cells": CELLS, "forecast": FORECAST,
        "record": assessments.standing_of(own_force(), _RECORD),
        "findings": [p.finding for p in (tested, squares, *exposed) if p is not None and p.finding is not None],
    }  # fmt: skip
    return render(request, "pages/where_next.html", context)


@needs("read", "figures")
def councils_page(request: HttpRequest) -> HttpResponse:
    """The backtests of a force's councils side by side: where the forecast is ahead, and which plain map is shown elsewhere."""
    passed: Pass = request.gate
    choices = CouncilChoices(standing_records(), request)
    if not choices.forces:
        return render(request, "pages/picture_empty.html", {})
    named, choices.areas = choices.areas, ()  # the page is of them all: none is offered by itself
    try:
        asked, (horizon, cell) = choices.asked(), choices.ahead
    except FourfoldError as fault:
        context: dict[str, Any] = {"choices": choices, "fault": fault.cause, "remedy": fault.remedy}
        return render(request, "pages/where_next_councils.html", context, status=422)
    passed.require("read", "figures")
    councils = []
    for code, name in (*named, ("", "The whole force")):
        scope = Scope(force_id=asked.scope.force_id, level="ltla24" if code else None, area_code=code or None)
        question = Question.of(asked.measure, scope, asked.window.last, horizon, cell)
        made = backtests.standing(asked.records, question)
        if made is None:
            work.queue_maps(question)
        councils.append(Council(code, name, None if made is None else _part(asked, "backtest", question, made.tested)))
    context = {
        "choices": choices, "asked": asked, "councils": councils, "horizon": horizon, "cell": cell, "horizons": HORIZONS,
        "cells": CELLS, "share": _COMPARED_AT, "waits": any(one.tested is None for one in councils),
        "findings": [one.tested.finding for one in councils if one.tested is not None and one.tested.finding is not None],
    }  # fmt: skip
    return render(request, "pages/where_next_councils.html", context)


def _part(asked: Asked, name: str, question: Question, found: Finding | FourfoldError) -> Part:
    if isinstance(found, FourfoldError):
        return Part(None, found)
    return Part(figure(asked.records, name, question, made=lambda: found))
