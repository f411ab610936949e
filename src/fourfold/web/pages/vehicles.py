"""Vehicles on a page: what is done to them, which kinds are most at risk, and how many of those stolen are found.

All of it is figures of a force or a council, but for candidate places of dismantling: how many there are is a figure, where they
lie is shown to those who may see points, and is put on the log. A make and a model are no person; the crimes that link a burglary
with a theft are not shown here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from markupsafe import Markup

from fourfold.analysis import dismantling, recovery, vehicle_crime
from fourfold.analysis.findings import Finding
from fourfold.analysis.vehicles import Extracts, Taken, extracts, taken_vehicles
from fourfold.analysis.volumes import Scope
from fourfold.casework import assessments
from fourfold.codes import areas
from fourfold.codes.licensed_vehicles import licensed_vehicles
from fourfold.codes.periods import Window, month_end, parse_window, previous_year, rolling_12
from fourfold.errors import CodeUnknown, FourfoldError, NothingHeld, RequestInvalid
from fourfold.publications.charts import Picture, recovery_picture, vulnerable_picture
from fourfold.records.as_at import Records
from fourfold.web.figures import figure, kept, own_force, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.picture import Part, area_chain, larger_areas

AGES = recovery.AGES
_SHOWN = 20


@dataclass(frozen=True)
class Asked:
    """What a page about vehicles is asked: whose, and of which window."""

    records: Records
    scope: Scope
    window: Window
    held: Extracts

    @property
    def area_name(self) -> str:
        """The council's name, or the force's."""
        found = areas.area(self.scope.area_code) if self.scope.area_code else None
        return found.name if found else areas.force(self.scope.force_id).name

    @property
    def area_chain(self) -> tuple[str, ...]:
        """The area that is asked for, by code; none for the whole force."""
        return area_chain(self.records, self.scope.level, self.scope.area_code)

    @property
    def query(self) -> dict[str, str]:
        """What is asked, as the address has it; its values tell one question from another."""
        first, last = self.window.written
        return {"force": self.scope.force_id, "area": self.scope.area_code or "", "from": first, "to": last}

    @cached_property
    def taken(self) -> Taken:
        """The stolen vehicles, read once for a page and kept by none."""
        return taken_vehicles(self.records, self.scope)


class VehicleChoices:
    """What may be chosen, and what was. A choice that is not on offer is a fault, said on the page."""

    def __init__(self, records: Records, request: HttpRequest) -> None:
        self.records, self.given = records, request.GET
        known = {f.id: f.name for f in areas.forces()}
        ids = {one for batch in records.batches_of("vehicles") for one in batch.coverage if one in known}
        self.forces = tuple(sorted(((one, known[one]) for one in ids), key=lambda item: item[1]))
        wanted = self.given.get("force") or settings.FOURFOLD_FORCE
        self.force_id = wanted if wanted in ids else (self.forces[0][0] if self.forces else "")
        self.areas = larger_areas(self.force_id) if self.force_id else ()

    def asked(self, usual: Callable[[Extracts], Window]) -> Asked:
        """What is asked; `usual` is the window where none is. Raises CodeUnknown, RequestInvalid and NothingHeld."""
        if self.given.get("force") and self.given["force"] != self.force_id:
            raise CodeUnknown("No extract of vehicles of that force is held.", remedy="Choose one of the forces below.")
        code = self.given.get("area", "").strip()
        if code and code not in dict(self.areas):
            raise CodeUnknown("That area is not a council of the force.", remedy="Choose one of those below.")
        held = extracts(self.records, self.force_id)
        first, last = self.given.get("from") or None, self.given.get("to") or None
        window = parse_window(first, last) if first or last else usual(held)
        scope = Scope(force_id=self.force_id, level="ltla24" if code else None, area_code=code or None)
        return Asked(self.records, scope, window, held)


@needs("read", "figures")
def page(request: HttpRequest) -> HttpResponse:
    """What is done to vehicles, the kinds most at risk with how sure that is, keyless ones, car key burglary."""
    passed: Pass = request.gate
    choices = VehicleChoices(standing_records(), request)
    if not choices.forces:
        return render(request, "pages/vehicles.html", {"choices": choices}, status=200)
    try:
        asked = choices.asked(lambda held: rolling_12(month_end(held.months[-1])))
    except FourfoldError as fault:
        return _refused(request, "pages/vehicles.html", choices, fault)
    passed.require("read", "figures", asked.area_chain)
    records, scope, window = asked.records, asked.scope, asked.window
    kinds = _part(asked, "kinds of vehicle crime", lambda: vehicle_crime.kinds_of_vehicle_crime(records, scope, window))
    numbers = licensed_vehicles(scope.force_id)
    most = _part(asked, "vulnerable vehicles", lambda: vehicle_crime.vulnerable_vehicles(asked.taken, window, numbers))
    keyless = _part(asked, "keyless share", lambda: vehicle_crime.keyless_share(asked.taken, window))
    keys = _part(asked, "car key burglary", lambda: vehicle_crime.car_key_burglary(records, scope, window))
    context = {
        "choices": choices, "asked": asked, "kinds": kinds, "most": most, "keyless": keyless, "keys": keys, "shown": _SHOWN,
        "drawn": _drawn(most.finding, lambda found, is_made_up: vulnerable_picture(found, fictitious=is_made_up)),
        "findings": [p.finding for p in (kinds, most, keyless, keys) if p.finding is not None],
    }  # fmt: skip
    return render(request, "pages/vehicles.html", context)


@needs("read", "figures")
def recovery_page(request: HttpRequest) -> HttpResponse:
    """The share of stolen vehicles found, on one definition and over equal periods, with what is not yet known apart."""
    passed: Pass = request.gate
    choices = VehicleChoices(standing_records(), request)
    if not choices.forces:
        return render(request, "pages/recovery.html", {"choices": choices})
    try:
        age = _age(request)
        asked = choices.asked(lambda held: recovery.latest_reached(held, age))
        earlier = _earlier(request, asked.window)
    except FourfoldError as fault:
        return _refused(request, "pages/recovery.html", choices, fault)
    passed.require("read", "figures", asked.area_chain)
    window = asked.window
    change = _part(
        asked,
        f"recovery {age} {earlier.first} {earlier.last}",
        lambda: recovery.recovery_change(asked.taken, window, earlier, age),
    )
    year = rolling_12(month_end(window.last))
    whole = Window(min(year.first, window.first), max(month_end(asked.held.months[-1]), year.last))
    cohorts = _part(asked, "recovery cohorts", lambda: recovery.recovery_cohorts(asked.taken, whole))
    after = _part(asked, "after recovery", lambda: recovery.after_recovery(asked.taken, window))
    where = _part(asked, "where found", lambda: recovery.where_found(asked.taken, asked.records, window))
    context = {
        "choices": choices, "asked": asked, "age": age, "ages": AGES, "earlier": earlier, "change": change, "cohorts": cohorts,
        "after": after, "where": where, "against": request.GET.get("against") or "previous-year", "year": window.first.year - 1,
        "drawn": _drawn(cohorts.finding, lambda found, is_made_up: recovery_picture(found, age, is_made_up), age),
        "rates": change.finding.parts[:2] if change.finding else [], "month_of": date.fromisoformat,
        "findings": [p.finding for p in (change, cohorts, after, where) if p.finding is not None],
    }  # fmt: skip
    return render(request, "pages/recovery.html", context)


@needs("read", "figures")
def dismantling_page(request: HttpRequest) -> HttpResponse:
    """Candidate places of dismantling, for a person to judge: how many, and for those who may see points where they lie."""
    passed: Pass = request.gate
    choices = VehicleChoices(standing_records(), request)
    choices.areas = ()  # candidates are of a whole force
    if not choices.forces:
        return render(request, "pages/dismantling.html", {"choices": choices})
    try:
        asked = choices.asked(lambda held: rolling_12(month_end(held.months[-1])))
    except FourfoldError as fault:
        return _refused(request, "pages/dismantling.html", choices, fault)
    passed.require("read", "figures")

    def worked_out() -> tuple[Finding, tuple[dismantling.Candidate, ...]]:
        key = ("dismantling", str(asked.records.home), asked.records.as_at, *asked.query.values())
        return kept(key, lambda _: dismantling.dismantling_places(asked.records, asked.scope, asked.window))

    found = _part(asked, "dismantling places", lambda: worked_out()[0])
    may_points = passed.may("read", "points")
    candidates: tuple[dismantling.Candidate, ...] = ()
    if found.finding is not None and may_points:
        candidates = worked_out()[1]
        passed.saw("points", [found.finding.id], note={**asked.query, "candidates": len(candidates)})
    context = {
        "choices": choices, "asked": asked, "found": found, "candidates": candidates, "may_points": may_points,
        "findings": [found.finding] if found.finding is not None else [],
        "record": assessments.standing_of(own_force(), "dismantling"),
    }  # fmt: skip
    return render(request, "pages/dismantling.html", context)


def _age(request: HttpRequest) -> int:
    given = request.GET.get("days") or str(AGES[0])
    if given not in map(str, AGES):
        raise RequestInvalid("Vehicles are not followed for so many days here.", remedy="Choose one of those below.")
    return int(given)


def _earlier(request: HttpRequest, window: Window) -> Window:
    """The window to compare with: the same days a year before, or the whole calendar year before."""
    against = request.GET.get("against") or "previous-year"
    if against == "previous-year":
        return previous_year(window)
    if against == "calendar-year":
        return Window(date(window.first.year - 1, 1, 1), date(window.first.year - 1, 12, 31))
    raise RequestInvalid("There is no such comparison.", remedy="Choose one of those below.")


def _part(asked: Asked, name: str, made: Callable[[], Finding]) -> Part:
    try:
        return Part(figure(asked.records, name, *asked.query.values(), made=made))
    except FourfoldError as fault:
        return Part(None, fault)


def _drawn(found: Finding | None, picture: Callable[[Finding, bool], Picture], *more: Any) -> dict[str, Any] | None:
    if found is None:
        return None

    def made(_: tuple[Any, ...]) -> dict[str, Any]:
        drawn = picture(found, settings.FOURFOLD_FICTITIOUS)
        return {"chart": drawn, "svg": Markup(drawn.svg())}  # noqa: S704 - drawn by us, its texts escaped

    return kept(("vehicles drawn", found.id, *more), made)


def _refused(request: HttpRequest, template: str, choices: VehicleChoices, fault: FourfoldError) -> HttpResponse:
    if isinstance(fault, NothingHeld):  # nothing was asked wrongly
        return render(request, template, {"choices": choices, "remedy": f"{fault.cause} {fault.remedy}"})
    return render(request, template, {"choices": choices, "fault": fault.cause, "remedy": fault.remedy}, status=422)
