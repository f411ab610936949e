"""Cocoons: the last burglaries, the homes to be visited about one, what was recorded of each, and how much was covered.

Addresses are read from the register when a page is shown, and every home shown is on the log by the register's number of it.
An officer sees the cocoons of burglaries in the areas that the officer's role is for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis import cocoons as plans
from fourfold.analysis.cocoons import NOT_RECORDED
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope, held_months
from fourfold.casework import assessments
from fourfold.casework import cocoons as verbs
from fourfold.casework.cocoons import Cocoon, CocoonHome, SeenCocoon
from fourfold.casework.officers import Officer
from fourfold.codes.cocoons import outcomes
from fourfold.codes.working_days import local_date
from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid
from fourfold.records import places
from fourfold.records.as_at import Records
from fourfold.web.figures import figure, own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import url
from fourfold.web.pages import near_repeats
from fourfold.web.pages.picture import area_chain
from fourfold.web.tables import listing

_BRITAIN = ZoneInfo("Europe/London")
_HOMES = ("Home", "Recorded", "Why", "Metres")


@needs("read", "cocoons", methods=("GET", "POST"))
def cocoons(request: HttpRequest) -> HttpResponse:
    """Every cocoon in the officer's areas, and the last burglaries, about which one is opened."""
    passed: Pass = request.gate
    records, fault = standing_records(), None
    if request.method == "POST":
        try:
            opened = _opened(passed, records, Form(request.POST).text("crime"))
            return HttpResponseRedirect(reverse("cocoon", args=[opened.identity]))
        except FourfoldError as refused:
            fault = refused
    every = [
        one for one in Cocoon.objects.filter(force_id=own_force()) if _may(passed, records, "read", one.lsoa21_code)
    ]
    rows, nothing = _late(passed, records)
    names = places.area_names(records, "lsoa21") if rows else {}
    done = {one.crime_ref: one.identity for one in every}
    shown = listing(
        "Cocoons", ["Burglary", "Committed", "Until", "Homes", "With a visit recorded", "It is"], every, _cocoon_cells,
        numeric=[3, 4],
    )  # fmt: skip
    late = listing(
        "Burglaries reported in the last weeks", ["Burglary", "Committed", "Area", "Cocoon"], rows,
        lambda row: _late_cells(row, names, done),
    )  # fmt: skip
    passed.saw(
        "cocoons",
        lists={shown.name: [one.crime_ref for one in shown.rows], late.name: [row["crime_ref"] for row in late.rows]},
    )
    context = {
        "shown": shown, "late": late, "nothing": nothing, "given": request.POST.get("crime", request.GET.get("crime", "")),
        "may_write": passed.may_somewhere("write", "cocoons"), "fault": fault_words(fault),
    }  # fmt: skip
    return render(request, "pages/cocoons.html", context, status=status_of(fault))


def _late(passed: Pass, records: Records) -> tuple[list[dict[str, Any]], str]:
    """The late burglaries in the officer's areas; or why there is none."""
    try:
        found = plans.late_burglaries(records, own_force()) if own_force() else None
    except FourfoldError as fault:
        return [], f"{fault.cause} {fault.remedy}"
    if found is None:
        return [], "The service is no force’s own."
    codes = {code for code in found["lsoa21_code"].unique() if _may(passed, records, "read", code or "")}
    return [row for row in found.iter_rows(named=True) if row["lsoa21_code"] in codes], ""


def _opened(passed: Pass, records: Records, crime_ref: str) -> Cocoon:
    """Open the cocoon of a burglary in the officer's areas; to others it is a burglary that is not there."""
    burglary, small = plans.late_burglary(records, own_force(), crime_ref)
    if not _may(passed, records, "write", small or ""):
        raise NothingHeld(
            "No burglary of that reference is among those of the last weeks that have a day and a point.",
            remedy="See the list of the last burglaries.",
        )
    repeats: Finding | FourfoldError
    try:
        assessments.tasked_from(own_force(), "near-repeats")
        (found, _), scope = plans.burglary_measure(records, own_force()), Scope(force_id=own_force())
        repeats = near_repeats.repeats(
            records, found, scope, near_repeats.year_held(held_months(records, found, scope))
        )
    except FourfoldError as fault:
        repeats = fault
    plan = plans.cocoon_of(records, own_force(), burglary, repeats)
    return verbs.open_cocoon(passed.who, own_force(), plan, small, at=passed.at)


@needs("read", "cocoons")
def cocoon(request: HttpRequest, identity: str) -> HttpResponse:
    """One cocoon: its reach and until when, what is covered, its homes, and the streets within reach."""
    return _page(request, *_found(request, identity, "read"))


def _page(
    request: HttpRequest, found: Cocoon, records: Records, template: str = "cocoon", fault: FourfoldError | None = None
) -> HttpResponse:
    passed: Pass = request.gate
    homes = list(found.homes.prefetch_related("visits"))
    named = _addresses(records, homes)
    shown = listing(
        "Homes to be visited",
        _HOMES,
        homes,
        lambda one: _home_cells(found, named, one, template == "cocoon"),
        numeric=[3],
    )
    listed = homes if template == "cocoon_sheet" else shown.rows
    passed.saw(
        "cocoons", [found.identity, found.crime_ref], lists={shown.name: [one.uprn for one in listed]},
        verb="read" if template == "cocoon" else "print visiting list",
    )  # fmt: skip
    covered = figure(
        records, "cocoon coverage", found.identity, found.version,
        made=lambda: verbs.coverage_of(found, at=records.as_at),
    )  # fmt: skip
    context = {
        "cocoon": found, "homes": shown, "every": [(one, named.get(one.uprn, _gone(one))) for one in homes], "covered": covered,
        "streets": list(found.streets.all()), "hours": covered.parameters["hours to first visit"],
        "outcomes": outcomes(), "may_write": _may(passed, records, "write", found.lsoa21_code) and found.is_open,
        "opened_by": _officers([found.opened_by]).get(found.opened_by, "a colleague"), "is_over": found.until < local_date(passed.at),
        "fault": fault_words(fault),
    }  # fmt: skip
    return render(request, f"pages/{template}.html", context, status=status_of(fault))


@needs("read", "cocoons")
def sheet(request: HttpRequest, identity: str) -> HttpResponse:
    """The visiting list of a cocoon, to be printed: a line a home, with boxes."""
    return _page(request, *_found(request, identity, "read"), template="cocoon_sheet")


@needs("read", "cocoons", methods=("GET", "POST"))
def home(request: HttpRequest, identity: str, number: int) -> HttpResponse:
    """One home of a cocoon: its visits, and recording another."""
    passed: Pass = request.gate
    found, records = _found(request, identity, "write" if request.method == "POST" else "read")
    one = found.homes.filter(number=number).first()
    if one is None:
        raise Http404
    fault = None
    if request.method == "POST":
        passed.saw_none()
        form = Form(request.POST)
        try:
            seen = SeenCocoon(passed.who, found, form.whole("version"), passed.at)
            outcome = form.text("outcome")
            if not outcome:
                raise RequestInvalid("What came of the visit is not said.", remedy="Choose one of the answers.")
            verbs.record_visit(seen, number=number, outcome=outcome, visited_at=_when(form, passed.at))
            return HttpResponseRedirect(reverse("cocoon", args=[identity]))
        except FourfoldError as refused:
            fault = refused
            found.refresh_from_db()
    passed.saw("cocoons", [found.identity, found.crime_ref, one.uprn])
    visits = list(one.visits.all())
    context = {
        "cocoon": found, "home": one, "address": _addresses(records, [one]).get(one.uprn, _gone(one)), "visits": visits,
        "outcomes": outcomes(), "given": request.POST, "officers": _officers([v.officer for v in visits]),
        "may_write": _may(passed, records, "write", found.lsoa21_code) and found.is_open, "fault": fault_words(fault),
    }  # fmt: skip
    return render(request, "pages/cocoon_home.html", context, status=status_of(fault))


@needs("write", "cocoons", methods=("POST",))
def close(request: HttpRequest, identity: str) -> HttpResponse:
    """Close a cocoon."""
    passed: Pass = request.gate
    found, records = _found(request, identity, "write")
    passed.saw_none()
    try:
        version = Form(request.POST).whole("version")
        verbs.close_cocoon(SeenCocoon(passed.who, found, version, passed.at))
    except FourfoldError as fault:
        found.refresh_from_db()
        return _page(request, found, records, fault=fault)
    return HttpResponseRedirect(reverse("cocoon", args=[identity]))


def _when(form: Form, at: datetime) -> datetime:
    """When a visit was made: now where nothing is written, else a day and a time of the clock in Britain."""
    day_said = any(form.text(f"on-{part}") for part in ("day", "month", "year"))
    if not day_said and not form.text("time"):
        return at
    try:
        clock = time.fromisoformat(form.text("time"))
    except ValueError:
        raise RequestInvalid("That is no time.", remedy="Enter a time such as 18:30.") from None
    on = form.day("on") if day_said else at.astimezone(_BRITAIN).date()
    return datetime.combine(on, clock, _BRITAIN)


def _cocoon_cells(one: Cocoon) -> list[Any]:
    homes, visited = one.homes.count(), one.homes.exclude(visits=None).distinct().count()
    return [
        {"text": one.crime_ref, "href": url("cocoon", one.identity)}, _day(one.committed_on), _day(one.until),
        homes if one.are_homes_held else "homes are not held", visited, one.state,
    ]  # fmt: skip


def _late_cells(row: dict[str, Any], names: Any, done: dict[str, str]) -> list[Any]:
    ref, code = row["crime_ref"], row["lsoa21_code"]
    own = (
        {"text": f"See the cocoon of {ref}", "href": url("cocoon", done[ref])}
        if ref in done
        else {"text": f"Take {ref}", "href": url("cocoons", crime=ref) + "#open"}
    )
    return [ref, _day(row["committed_on"]), names.get(code, code) if code else "not known", own]


def _home_cells(found: Cocoon, named: dict[str, str], one: CocoonHome, is_linked: bool) -> list[Any]:
    visits = list(one.visits.all())
    said = outcomes().get(visits[-1].outcome, visits[-1].outcome) if visits else NOT_RECORDED.capitalize()
    if len(visits) > 1:
        said += f" ({len(visits)} visits)"
    address = named.get(one.uprn, _gone(one))
    linked = {"text": address, "href": url("cocoon-home", found.identity, one.number)} if is_linked else address
    return [linked, said, one.relation.capitalize(), one.metres]


def _day(on: Any) -> dict[str, str]:
    return {"text": f"{on.day} {on:%B %Y}", "by": on.isoformat()}


def _gone(one: CocoonHome) -> str:
    return f"Address {one.uprn}, no longer in the register"


def _addresses(records: Records, homes: Iterable[CocoonHome]) -> dict[str, str]:
    """The address of each home by the register's number, as the register has it now."""
    rows = plans.addresses_of(records, own_force(), [one.uprn for one in homes]).select("uprn", "number", "street")
    return {
        uprn: f"{number} {street}" if number else f"{street} ({uprn})"
        for uprn, number, street in rows.collect().iter_rows()
    }


def _found(request: HttpRequest, identity: str, action: str) -> tuple[Cocoon, Records]:
    passed: Pass = request.gate
    found, records = Cocoon.objects.filter(identity=identity, force_id=own_force()).first(), standing_records()
    if found is None:
        raise Http404
    passed.require(action, "cocoons", _chain(records, found.lsoa21_code))
    return found, records


def _chain(records: Records, code: str) -> tuple[str, ...]:
    return area_chain(records, "lsoa21", code or None)


def _may(passed: Pass, records: Records, action: str, code: str) -> bool:
    return passed.may(action, "cocoons", _chain(records, code))


def _officers(keys: Iterable[str]) -> dict[str, str]:
    return dict(Officer.objects.filter(key__in=set(keys)).values_list("key", "name"))
