"""Patrol plans: squares or streets of a map as stops of a shift, visits recorded, and dosage beside crime: no effect is claimed."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis import patrols as analysis
from fourfold.analysis.backtests import FORECAST
from fourfold.analysis.cocoons import burglary_measure
from fourfold.analysis.findings import Finding
from fourfold.analysis.hotspots import hotspots
from fourfold.analysis.patrols import Stop
from fourfold.analysis.streets import are_held, stretches_near, stretches_of
from fourfold.analysis.volumes import Scope, held_months
from fourfold.casework import backtests, work
from fourfold.casework import patrols as verbs
from fourfold.casework.backtests import Question
from fourfold.casework.patrols import PatrolPlan, PatrolTerms, SeenPlan
from fourfold.codes.measures import Measure, measure
from fourfold.codes.periods import Window, month_end
from fourfold.codes.working_days import local_date
from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid
from fourfold.records import places
from fourfold.records.as_at import Records
from fourfold.records.patrol_positions import positions_read
from fourfold.records.points import Points
from fourfold.records.subjects import salt_of
from fourfold.web.figures import figure, own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.near_repeats import placed, repeats, year_held
from fourfold.web.pages.picture import area_chain

_LAYER, _CELL = "ltla24", 250
_STOPS = (4, 6, 8)
_LOOKED_AT = 3
"""Squares of a map looked at for each stop of a plan by streets."""
_MOST_BYTES, _FAULTS_SHOWN = 4_000_000, 200


@needs("read", "patrols", methods=("GET", "POST"))
def patrols(request: HttpRequest) -> HttpResponse:
    """Every plan; another is made from here."""
    passed: Pass = request.gate
    records, fault = standing_records(), None
    if request.method == "POST":
        passed.require("write", "patrols", _chain(records, request.POST.get("area", "")))
        try:
            return HttpResponseRedirect(reverse("patrol", args=[_made(passed, Form(request.POST)).identity]))
        except FourfoldError as refused:
            fault = refused
    every = PatrolPlan.objects.filter(force_id=own_force())
    plans = [one for one in every if passed.may("read", "patrols", _chain(records, one.area_code))]
    passed.saw("patrols", [one.identity for one in plans])
    areas = [(code, name) for code, name in _areas(records) if passed.may("write", "patrols", _chain(records, code))]
    context = {
        "plans": plans, "areas": areas, "maps": verbs.MAPS, "shifts": verbs.SHIFTS, "stops": _STOPS,
        "ways": verbs.WAYS, "has_streets": are_held(records, own_force()),
        "given": request.POST, "may_write": bool(areas), "fault": fault_words(fault),
    }  # fmt: skip
    return render(request, "pages/patrols.html", context, status=status_of(fault))


def opened(records: Records, force_id: str) -> None:
    """Find the hot squares of the whole force before anybody asks for a plan."""
    _hot_squares(records, force_id, "", burglary_measure(records, force_id)[0])


def _hot_squares(records: Records, force_id: str, area: str, chosen: Measure) -> Finding:
    """The squares of the last twelve months, found once while the records stand."""
    return figure(
        records, "patrol hotspots", force_id, area,
        made=lambda: hotspots(_placed(records, chosen, _scope(force_id, area)), _CELL),
    )  # fmt: skip


def _areas(records: Records) -> list[tuple[str, str]]:
    """The areas that a plan may be of: the whole force, and each council of it whose boundary is held."""
    try:
        names = places.area_names(records, _LAYER)
        codes = places.areas_of_force(records, own_force(), _LAYER) if own_force() else ()
    except FourfoldError:
        names, codes = {}, ()
    return [("", "The whole force"), *((code, names.get(code, code)) for code in codes)]


def _chain(records: Records, code: str) -> tuple[str, ...]:
    return area_chain(records, _LAYER, code or None)


def _scope(force_id: str, code: str) -> Scope:
    return Scope(force_id=force_id, level=_LAYER if code else None, area_code=code or None)


def _made(passed: Pass, form: Form) -> PatrolPlan:
    records, force_id = standing_records(), own_force()
    if not force_id:
        raise NothingHeld("The service is no force’s own.", remedy="Set the force whose service it is.")
    verbs.tasked_from(force_id, form.text("map"))
    chosen, _ = burglary_measure(records, force_id)
    area = form.text("area")
    if area not in dict(_areas(records)):
        raise RequestInvalid("There is no such area.", remedy="Choose one from the list.")
    most = form.whole("stops") if form.text("stops") else _STOPS[0]
    squares = _SQUARES[form.text("map")](records, force_id, area, chosen)
    most, by = min(most, max(_STOPS)), form.text("by") or verbs.SQUARES
    if by not in verbs.WAYS:
        raise RequestInvalid("There are no such stops.", remedy=f"Choose one of: {', '.join(verbs.WAYS.values())}.")
    if by == verbs.STREETS:
        points = _placed(records, chosen, _scope(force_id, area))
        stops, without = _on_streets(records, force_id, squares, points, most)
    else:
        stops, without = analysis.stops_of(squares, most), 0
    terms = PatrolTerms(
        drawn_from=form.text("map"), measure=chosen.id, area_code=area, first=form.day("first"), last=form.day("last"),
        shift=form.text("shift"), minutes=form.whole("minutes"), by=by, without_street=without,
        metres=analysis.BESIDE if by == verbs.STREETS else _CELL,
    )  # fmt: skip
    return verbs.make_patrol_plan(passed.who, force_id, terms, stops, at=passed.at)


def _on_streets(
    records: Records, force_id: str, squares: list[tuple[int, int]], points: Points, most: int
) -> tuple[tuple[Stop, ...], int]:
    """The stretches that the hottest squares point at, and how many of these have none. Raises NothingHeld without a register."""
    if not are_held(records, force_id):
        raise NothingHeld(
            "No street register of the force is held.",
            remedy="Bring one in by the contract “streets”, or make the plan by squares.",
        )
    asked = squares[: _LOOKED_AT * most]  # a square without a stretch, or with one named before, gives no stop
    held = stretches_near(records, force_id, asked, _CELL)
    found, without = stretches_of(asked, held, points, cell=_CELL, beside=analysis.BESIDE, most=most)
    return analysis.stops_on(found), without


def _squares_of(found: Finding) -> list[tuple[int, int]]:
    return [(int(str(row[0])), int(str(row[1]))) for row in found.table.rows] if found.table else []


def _hot(records: Records, force_id: str, area: str, chosen: Measure) -> list[tuple[int, int]]:
    return _squares_of(_hot_squares(records, force_id, area, chosen))


def _near(records: Records, force_id: str, area: str, chosen: Measure) -> list[tuple[int, int]]:
    """The squares around the last burglaries, within the metres and days in which burglary was found to repeat here."""
    scope = _scope(force_id, area)
    points = _placed(records, chosen, scope)
    found = repeats(records, chosen, scope, year_held(held_months(records, chosen, scope)))
    days = int(str(found.parameters.get("days") or 0))
    if not found.value or not days:
        raise RequestInvalid(
            f"{(found.verdict or 'No repeat beyond chance was found').rstrip('.')}.", remedy="Choose another map."
        )
    return analysis.repeat_squares(points, float(str(found.value)), days, _CELL)


def _next(records: Records, force_id: str, area: str, chosen: Measure) -> list[tuple[int, int]]:
    """The squares of the forecast of a week; none of another map's where the forecast is not ahead of it."""
    scope = _scope(force_id, area)
    held = held_months(records, chosen, scope)
    if not held:
        raise NothingHeld("No crime of the measure is held.", remedy="Bring in the crimes of the force.")
    asked = Question.of(chosen, scope, month_end(held[-1]), cell=_CELL)
    made = backtests.standing(records, asked)
    if made is None:
        work.queue_maps(asked)
        raise NothingHeld("The forecast of this area is being worked out.", remedy="Make the plan in a minute.")
    for part in (made.tested, made.squares):
        if isinstance(part, FourfoldError):
            raise part
    if made.tested.value != FORECAST:  # type: ignore[union-attr]  # it is no fault
        raise RequestInvalid(
            f"The forecast is not ahead of the plain maps here: {made.tested.value} is shown in its place.",  # type: ignore[union-attr]
            remedy="Choose another map.",
        )
    return _squares_of(made.squares)  # type: ignore[arg-type]


def _counted(records: Records, force_id: str, area: str, chosen: Measure) -> list[tuple[int, int]]:
    """The squares in which most of the year's crimes were."""
    return analysis.counted_squares(_placed(records, chosen, _scope(force_id, area)), _CELL)


_SQUARES = {verbs.COUNTS: _counted, "hotspots": _hot, "near-repeats": _near, "where-next": _next}


@needs("read", "patrols")
def patrol(request: HttpRequest, identity: str) -> HttpResponse:
    """One plan: its stops in the order to go round, and dosage beside crime."""
    return _page(request, _plan(request, identity, "read"))


def _page(request: HttpRequest, plan: PatrolPlan, fault: FourfoldError | None = None, **more: Any) -> HttpResponse:
    passed: Pass = request.gate
    records = standing_records()
    dosage = _dosage(records, plan, local_date(passed.at))
    passed.saw("patrols", [plan.identity, *([dosage.id] if dosage else [])])
    context = {
        "plan": plan, "stops": [one.plain for one in plan.stops.all()], "by_streets": plan.by == verbs.STREETS,
        "dosage": dosage, "map": verbs.MAPS[plan.drawn_from],
        "shift": verbs.SHIFTS[plan.shift], "not_an_effect": analysis.NOT_AN_EFFECT, "given": request.POST,
        "may_write": plan.is_open and passed.may("write", "patrols", _chain(records, plan.area_code)), "fault": fault_words(fault),
        **more,
    }  # fmt: skip
    return render(request, "pages/patrol.html", context, status=status_of(fault))


def _dosage(records: Records, plan: PatrolPlan, today: date) -> Finding | None:
    """What was spent beside crime; None where the crime of the force cannot be told by its place."""
    try:
        return figure(
            records,
            "patrol dosage",
            plan.identity,
            plan.version,
            today,
            made=partial(_worked_out, records, plan, today),
        )
    except FourfoldError:
        return None


def _worked_out(records: Records, plan: PatrolPlan, today: date) -> Finding:
    return analysis.dosage(
        [one.plain for one in plan.stops.all()], verbs.spent_of(plan), _points(records, plan), metres=plan.metres,
        window=Window(plan.first, plan.last), until=today, as_at=records.as_at,
    )  # fmt: skip


def _points(records: Records, plan: PatrolPlan) -> Points:
    """The crimes up to the end of the plan, as far as they are held: twelve months, so that the last day held is known."""
    return _placed(records, measure(plan.measure), _scope(plan.force_id, plan.area_code))


def _placed(records: Records, chosen: Measure, scope: Scope) -> Points:
    held = held_months(records, chosen, scope)
    if not held:
        raise NothingHeld("No crime of the measure is held.", remedy="Bring in the crimes of the force.")
    return placed(records, chosen, scope, year_held(held))


@needs("write", "patrols", methods=("POST",))
def act(request: HttpRequest, identity: str, act: str) -> HttpResponse:
    """Record a visit, bring in those of a file, or end the plan."""
    passed: Pass = request.gate
    plan, form = _plan(request, identity, "write"), Form(request.POST)
    passed.saw_none()
    try:
        seen = SeenPlan(passed.who, plan, form.whole("version"), passed.at)
        if act == "visit":
            on: Any = form.day("on") if form.text("on-day") else local_date(passed.at)
            verbs.record_patrol_visit(seen, number=form.whole("stop"), on=on, minutes=form.whole("spent"))
        elif act == "file":
            return _brought_in(request, seen)
        elif act == "end":
            verbs.end_patrol_plan(seen)
        else:
            raise Http404
    except FourfoldError as fault:
        plan.refresh_from_db()
        return _page(request, plan, fault)
    return HttpResponseRedirect(reverse("patrol", args=[identity]))


def _brought_in(request: HttpRequest, seen: SeenPlan) -> HttpResponse:
    """Bring in a file's visits: the page then has the account of every line of it."""
    file = request.FILES.get("file")
    if file is None or not file.size or file.size > _MOST_BYTES:
        raise RequestInvalid("No file was sent, or one above 4 MB.", remedy="Choose a CSV file, or send it in parts.")
    read = positions_read(file.read())
    stops, salt = [one.plain for one in seen.plan.stops.all()], salt_of(standing_records().home)
    found = analysis.matched(read, stops, seen.plan.metres, salt)
    told = verbs.bring_in_patrol_visits(seen, found.visits)
    account = [
        ("Lines of the file", read.lines), ("Blank", read.blank), ("Rejected", len(read.faults)),
        ("Outside every stop", found.outside), ("Passing through a stop in less than a minute", found.passing),
        ("Of no stop of the plan, of no minutes or of more than 4 hours", found.amiss),
        ("Visits found", len(found.visits)), ("Of them recorded now", told["new"]), ("Recorded before", told["held"]),
        ("Of days outside the plan, or to come", told["other_days"]),
    ]  # fmt: skip
    plan = _plan(request, seen.plan.identity, "write")
    return _page(request, plan, account=account, rejected=read.faults[:_FAULTS_SHOWN])


def _plan(request: HttpRequest, identity: str, action: str) -> PatrolPlan:
    found = PatrolPlan.objects.filter(identity=identity, force_id=own_force()).first()
    if found is None:
        raise Http404
    request.gate.require(action, "patrols", _chain(standing_records(), found.area_code))
    return found
