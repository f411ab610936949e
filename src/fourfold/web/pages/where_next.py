"""Where next: how many crimes are expected in which squares, beside how well that would have been told; or the best plain map.

The backtest is a figure of a force or a council. Squares are small areas: they are shown to those who may see figures of small
areas, and are put on the log. Which map is shown follows from the backtest alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.analysis import backtests, forecasts, volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.placed_crimes import placed_crimes
from fourfold.codes.algorithms import algorithms
from fourfold.codes.periods import Window
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.records.points import Points, day_number
from fourfold.web.figures import figure, kept, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.near_repeats import PlacedChoices
from fourfold.web.pages.picture import Asked, Part

HORIZONS = (7, 28)
CELLS = (250, 500, 1_000)
_ORIGINS = 13
"""Origins at which the maps are tested here: a quarter of a year. The command line tests at as many as are asked for."""
_RECORD = "where-next"


class ForecastChoices(PlacedChoices):
    """The choices of placed crimes, with how many days ahead and in what squares."""

    @property
    def ahead(self) -> tuple[int, int]:
        """Days ahead, and metres of a square. Raises RequestInvalid."""
        days, metres = self.given.get("horizon") or "7", self.given.get("cell") or "500"
        if days not in map(str, HORIZONS) or metres not in map(str, CELLS):
            raise RequestInvalid("There is no such horizon or square.", remedy="Choose one of those below.")
        return int(days), int(metres)


@needs("read", "figures")
def page(request: HttpRequest) -> HttpResponse:
    """The backtest, and the squares of the map that it says is to be shown."""
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
    origin = day_number(asked.window.last + timedelta(days=1))
    tested = _part(asked, f"backtest {horizon} {cell}", lambda: _tested(asked, origin, horizon, cell))
    may_small = passed.may("read", "small_area_figures", asked.area_chain)
    squares = None
    if may_small and tested.finding is not None:
        name = str(tested.finding.value)
        squares = _part(
            asked, f"where next {horizon} {cell} {name}", lambda: _shown(asked, name, origin, horizon, cell)
        )
        if squares.finding is not None:
            passed.saw("small_area_figures", [squares.finding.id], note=asked.query)
    context = {
        "choices": choices, "asked": asked, "tested": tested, "squares": squares, "may_small": may_small, "horizon": horizon,
        "cell": cell, "horizons": HORIZONS, "cells": CELLS, "forecast": backtests.FORECAST,
        "record": next(one for one in algorithms() if one.id == _RECORD),
        "findings": [p.finding for p in (tested, squares) if p is not None and p.finding is not None],
    }  # fmt: skip
    return render(request, "pages/where_next.html", context)


def _tested(asked: Asked, origin: int, horizon: int, cell: int) -> Finding:
    return backtests.backtest_finding(
        _points(asked), cell, until=origin, origins=_ORIGINS, horizon=horizon, boosting=False
    )  # fmt: skip


def _shown(asked: Asked, name: str, origin: int, horizon: int, cell: int) -> Finding:
    points = _points(asked)
    if name == backtests.FORECAST:
        return forecasts.forecast_finding(points, forecasts.forecast(points, origin, horizon, cell))
    return backtests.plain_map(points, name, origin, horizon, cell)


def _points(asked: Asked) -> Points:
    """The crimes of every month held up to the end of the window: what is learnt is learnt from all the past."""
    key = ("placed ever", str(asked.records.home), asked.records.as_at, *asked.query.values())

    def made(_: tuple[Any, ...]) -> Points:
        held = volumes.held_months(asked.records, asked.measure, asked.scope)
        window = Window(min(held[0], asked.window.first), asked.window.last)
        return placed_crimes(asked.records, asked.measure, asked.scope, window)

    return kept(key, made)


def _part(asked: Asked, name: str, made: Any) -> Part:
    try:
        return Part(figure(asked.records, name, *asked.query.values(), made=made))
    except FourfoldError as fault:
        return Part(None, fault)
