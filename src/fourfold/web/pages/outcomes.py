"""Outcomes: of crimes in a period, on two bases that are never mixed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.analysis import outcome_rates
from fourfold.analysis.findings import Finding
from fourfold.codes.periods import Window, month_end
from fourfold.errors import FourfoldError, NothingHeld
from fourfold.web.figures import figure, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.picture import Choices, Part


@needs("read", "figures")
def outcomes(request: HttpRequest) -> HttpResponse:
    """Positive outcomes assigned in the period, those of its cohort at each age, and how they came in."""
    passed: Pass = request.gate
    choices = Choices(standing_records(), request)
    if not choices.forces:
        return render(request, "pages/picture_empty.html", {})
    try:
        asked = choices.asked()
    except FourfoldError as fault:
        context = {"choices": choices, "fault": fault.cause, "remedy": fault.remedy}
        return render(request, "pages/outcomes.html", context, status=422)
    passed.require("read", asked.record_class, asked.area_chain)
    with_tic = request.GET.get("tic") != "no"
    records, crime, scope, window = asked.records, asked.measure, asked.scope, _whole(asked.window)
    positive = outcome_rates.usual_outcome_measure(records, crime, scope)
    supply = outcome_rates.outcome_supply(records, scope, positive)

    def part(name: str, made: Callable[[], Finding]) -> Part:
        try:
            return Part(figure(records, name, *asked.query.values(), str(with_tic), made=made))
        except FourfoldError as fault:
            return Part(None, fault)

    nothing = Part(None, NothingHeld("No outcome file of this force is held.", remedy="Send in the outcome files."))
    assigned = time = nothing
    cohorts: dict[int, Part] = {}
    if supply.months:
        assigned = part(
            "assigned", lambda: outcome_rates.assigned_rate(records, crime, scope, window, positive, with_tic=with_tic)
        )
        for age in supply.ages:
            made = partial(outcome_rates.cohort_rate, records, crime, scope, window, age, positive, with_tic=with_tic)
            cohorts[age] = part(f"cohort {age}", made)
        time = part(
            "time", lambda: outcome_rates.time_to_outcome(records, crime, scope, window, positive, with_tic=with_tic)
        )
    found = [p.finding for p in (assigned, *cohorts.values(), time) if p.finding is not None]
    context = {
        "choices": choices, "asked": asked, "window": window, "assigned": assigned, "cohorts": cohorts, "time": time,
        "with_tic": with_tic, "age_unit": "days" if supply.is_dated else "whole months", "positive": positive, "findings": found,
    }  # fmt: skip
    return render(request, "pages/outcomes.html", context)


def _whole(window: Window) -> Window:
    return Window(window.first.replace(day=1), month_end(window.last))
