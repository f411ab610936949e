"""Accountability: the log and its check, the table of roles, the officers who hold them, and the algorithms in use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, OuterRef, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.casework import assessments, audit, handovers, roles, work
from fourfold.casework.access import carried_over, carried_since
from fourfold.casework.assessments import EqualityAssessment, SeenAssessment
from fourfold.casework.officers import Officer, close_account, grant_roles
from fourfold.casework.searches import looked_for
from fourfold.codes.periods import parse_day
from fourfold.errors import FourfoldError, RecordsInvalid, RequestInvalid
from fourfold.web.figures import own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import instant, url
from fourfold.web.paging import asked_to_take
from fourfold.web.tables import listing, of_query

KEYS_SHOWN = 3
"""How many keys of an entry the page shows; the file has all of them."""


@needs("read", "roles")
def accountability(request: HttpRequest) -> HttpResponse:
    """What there is to see: each part as the role shows it."""
    return render(request, "pages/accountability.html", {})


@needs("read", "roles")
def role_table(request: HttpRequest) -> HttpResponse:
    """The table of roles: what each may do, to which records, where."""
    classes = roles.record_classes()
    by_role: dict[str, list[roles.Cell]] = {title: [] for title in roles.TITLES}
    for cell in roles.table():
        by_role[cell.role].append(cell)
    context = {
        "by_role": by_role, "titles": roles.TITLES, "classes": classes, "actions": roles.ACTIONS,
        "restrictable": roles.RESTRICTABLE,
    }  # fmt: skip
    return render(request, "pages/roles.html", context)


@needs("read", "methods")
def algorithms(request: HttpRequest) -> HttpResponse:
    """Each algorithm's transparency record and where its equality assessment stands."""
    return render(request, "pages/algorithms.html", {"standings": assessments.standings(own_force())})


@needs("read", "assessments")
def algorithm(request: HttpRequest, algorithm: str) -> HttpResponse:
    """One algorithm: its record, the assessments put forward and what was decided of each, and putting another forward."""
    return _algorithm_page(request, algorithm)


def _algorithm_page(request: HttpRequest, algorithm: str, fault: FourfoldError | None = None) -> HttpResponse:
    passed: Pass = request.gate
    try:
        found = assessments.standing_of(own_force(), algorithm)
    except RequestInvalid:
        raise Http404 from None
    current = found.current
    keys = {key for one in found.assessments for key in (one.put_forward_by, one.judged_by)}
    context = {
        "standing": found, "current": current, "given": request.POST, "fault": fault_words(fault),
        "names": dict(Officer.objects.filter(key__in=keys).values_list("key", "name")),
        "may_write": passed.may("write", "assessments") and current is None,
        "may_sign": passed.may("sign", "assessments"),
        "is_own": current is not None and current.put_forward_by == passed.officer.key,
    }  # fmt: skip
    return render(request, "pages/algorithm.html", context, status=status_of(fault))


@needs("write", "assessments", methods=("POST",))
def assess(request: HttpRequest, algorithm: str) -> HttpResponse:
    """Put the assessment of an algorithm forward."""
    passed: Pass = request.gate
    try:
        said = Form(request.POST).text("assessed")
        assessments.put_assessment_forward(passed.who, own_force(), algorithm, assessed=said, at=passed.at)
    except FourfoldError as fault:
        return _algorithm_page(request, algorithm, fault)
    return HttpResponseRedirect(reverse("algorithm", args=[algorithm]))


@needs("sign", "assessments", methods=("POST",))
def judge_assessment(request: HttpRequest, identity: str, act: str) -> HttpResponse:
    """Sign an assessment, refuse it, or withdraw its signature."""
    passed: Pass = request.gate
    found, form = EqualityAssessment.objects.filter(identity=identity, force_id=own_force()).first(), Form(request.POST)
    if found is None or act not in ("sign", "refuse", "withdraw"):
        raise Http404
    try:
        seen = SeenAssessment(passed.who, found, form.whole("version"), passed.at)
        if act == "sign":
            assessments.sign_assessment(seen)
        elif act == "refuse":
            assessments.refuse_assessment(seen, reason=form.text("reason"))
        else:
            assessments.withdraw_assessment(seen, reason=form.text("reason"))
    except FourfoldError as fault:
        return _algorithm_page(request, found.algorithm, fault)
    return HttpResponseRedirect(reverse("algorithm", args=[found.algorithm]))


@needs("read", "log")
def log(request: HttpRequest) -> HttpResponse:
    """A search of the log: by a record's key, an officer, a kind, a class, and days. The search is itself an entry."""
    passed: Pass = request.gate
    given = {name: request.GET.get(name, "").strip() for name in ("about", "by", "kind", "record_class", "from", "to")}
    names = dict(Officer.objects.values_list("key", "name"))
    choices: dict[str, Any] = {"names": names, "kinds": audit.KINDS, "classes": roles.record_classes(), "given": given}
    if not any(given.values()):
        passed.saw_none()
        return render(request, "pages/log.html", choices)
    faults: dict[str, str] = {}
    first = _instant(given, "from", time.min, faults)
    last = _instant(given, "to", time.max, faults)
    if faults:
        passed.saw_none()
        return render(request, "pages/log.html", {**choices, "faults": faults}, status=422)
    folder = _carried(carried_since, passed.at)
    sought = looked_for(standing_records(), given["about"]) if given["about"] else None
    found = audit.entries(
        about=sought.keys if sought else None, by=given["by"] or None, kind=given["kind"] or None,
        record_class=given["record_class"] or None, first=first, last=last,
    )  # fmt: skip
    most = None if asked_to_take(request) else KEYS_SHOWN
    shown = listing(
        "Entries, the latest first", ["Entry", "When (UTC)", "Who", "Kind", "What", "Records", "Keys", "Phase", "Reason"],
        of_query(found, _log_order()), lambda one: _entry_cells(one, names, most), numeric=[0],
    )  # fmt: skip
    asked = {
        name: value if _is_known(name, value, names) or (name == "about" and sought and sought.of) else "not known here"
        for name, value in given.items() if value
    }  # fmt: skip
    keys = [asked[name] for name in ("about", "by") if given[name] and asked[name] == given[name]]
    passed.saw(
        "log",
        lists={shown.name: keys},
        verb="search the log",
        note={**asked, "entries": len(shown.rows), "page": shown.number},
    )
    return render(request, "pages/log.html", {**choices, "entries": shown, "sought": sought, "folder": folder})


def _log_order() -> list[Any]:
    """What the database sorts each column of the log by: names and titles, as they are shown."""
    name = Officer.objects.filter(key=OuterRef("officer")).values("name")[:1]
    titles = [When(record_class=one.id, then=Value(one.title)) for one in roles.record_classes().values()]
    return [
        "number", "at", Coalesce(Subquery(name), "officer"), "kind", "verb", Case(*titles, default="record_class"),
        NullIf("keys", Value("[]", output_field=TextField())), "phase", "reason",
    ]  # fmt: skip


def _entry_cells(one: audit.Entry, names: dict[str, str], most: int | None) -> list[Any]:
    keys, classes = one.key_list, roles.record_classes()
    more = f" and {len(keys) - most} more" if most and len(keys) > most else ""
    its_class = classes[one.record_class].title if one.record_class in classes else one.record_class
    return [
        one.number, f"{one.instant:%-d %b %Y %H:%M:%S}", names.get(one.officer) or one.officer, one.kind.capitalize(), one.verb,
        its_class, ", ".join(keys[:most]) + more, one.phase, one.reason,
    ]  # fmt: skip


@needs("verify", "log", methods=("GET", "POST"))
def verify(request: HttpRequest) -> HttpResponse:
    """Check the chain, and say what such a check could not show."""
    passed: Pass = request.gate
    passed.saw_none()
    found, folder = None, ""
    if request.method == "POST":
        folder = _carried(carried_over, passed.at)
        found = audit.verified()
        with transaction.atomic():
            note = {"is_whole": found.is_whole and not folder, "entries": found.entries, "held_to": found.held_to}
            audit.entered(passed.who, "consultation", "verify the log", "log", at=passed.at, note=note)
    return render(request, "pages/verify.html", {"found": found, "folder": folder, "hours": settings.AUDIT_HEAD_HOURS})


def _carried(carry: Callable[..., int], at: datetime) -> str:
    """Carry over what is new in the folder's log; why that cannot be done, where it was altered. The service's own log is there."""
    try:
        carry(Path(settings.FOURFOLD_HOME), at=at)
    except RecordsInvalid as altered:
        return fault_words(altered)
    return ""


@needs("export", "events", methods=("GET", "POST"))
def events(request: HttpRequest) -> HttpResponse:
    """The batches of decisions given to the records, and the way to give what was decided since."""
    passed: Pass = request.gate
    passed.saw_none()
    if request.method == "POST":
        work.queue_handover(passed.officer.key)
        return HttpResponseRedirect(reverse("events"))
    shown = listing(
        "Given to the records, the latest first", ["When", "Decided before", "Decisions", "File"],
        of_query(handovers.handovers(), ["asked_at", "until", "events", "batch"]),
        lambda one: [instant(one.asked_at), instant(one.until), one.events, one.batch], numeric=[2],
    )  # fmt: skip
    return render(request, "pages/events.html", {"given": shown, "waiting": handovers.waiting_events(passed.at)})


@needs("read", "officers")
def officers(request: HttpRequest) -> HttpResponse:
    """The accounts and the roles that each holds."""
    passed: Pass = request.gate
    every = Officer.objects.order_by("name").prefetch_related("grants")
    shown = listing(
        "Accounts", ["Officer", "Signs in as", "Account", "Roles", "Key in the log"], every,
        lambda one: [
            {"href": url("officer", one.key), "text": one.name}, one.username, "open" if one.is_active else "closed",
            ", ".join(g.title + (f" for {g.areas}" if g.areas else "") for g in one.grants.all() if g.ends_at is None), one.key,
        ],
    )  # fmt: skip
    passed.saw("officers", lists={shown.name: [one.key for one in shown.rows]})
    return render(request, "pages/officers.html", {"accounts": shown})


@needs("grant", "officers", methods=("GET", "POST"))
def officer(request: HttpRequest, key: str) -> HttpResponse:
    """One account: give and take roles, or close it. Saved by two at once, the second is shown what the first saved."""
    passed: Pass = request.gate
    found = Officer.objects.filter(key=key).first()
    if found is None:
        raise Http404
    passed.saw("officers", [found.key])
    fault, status, chosen = "", 200, [one.role for one in found.held(passed.at)]
    areas = sorted({area for one in found.held(passed.at) for area in one.areas})
    if request.method == "POST":
        chosen, areas = request.POST.getlist("role"), request.POST.get("areas", "").split()
        version, reason = request.POST.get("version", ""), request.POST.get("reason", "")
        try:
            if not version.isdecimal():
                raise RequestInvalid("The form was not whole.", remedy="Load the page again.")
            if request.POST.get("close") == "yes":
                close_account(passed.who, found, version=int(version), reason=reason, at=passed.at)
            else:
                wanted = [roles.Held(one, tuple(areas)) for one in chosen]
                grant_roles(passed.who, found, wanted, version=int(version), reason=reason, at=passed.at)
            return HttpResponseRedirect(reverse("officers"))
        except FourfoldError as refused:
            fault, status = f"{refused.cause} {refused.remedy}", status_of(refused)
            found.refresh_from_db()
    standing = list(found.grants.filter(ends_at=None))
    context = {
        "officer": found,
        "titles": roles.TITLES,
        "chosen": chosen,
        "areas": " ".join(areas),
        "standing": standing,
    }
    return render(request, "pages/officer.html", {**context, "fault": fault}, status=status)


def _is_known(name: str, value: str, officers: dict[str, str]) -> bool:
    """Whether what was looked for is a key or a word of ours. What is not may be a person's name, which the log never holds."""
    return {
        "about": lambda: audit.is_key(value), "by": lambda: value in officers, "kind": lambda: value in audit.KINDS,
        "record_class": lambda: value in roles.record_classes(),
    }.get(name, lambda: True)()  # fmt: skip


def _instant(given: dict[str, str], name: str, at: time, faults: dict[str, str]) -> datetime | None:
    if not given[name]:
        return None
    try:
        return datetime.combine(parse_day(given[name]), at, UTC)
    except RequestInvalid:
        faults[name] = "Write a day as 2026-11-24"
        return None
