"""Audits of records: drawn at random, marked on a tablet or from paper, marked again by a colleague, and what was found.

Whoever marks a record sees its references and the questions, and neither what the records themselves say of it nor what a first
marker answered; the two are held against each other on the audit's page, and record by record only when it is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis.audit_samples import ALLOCATIONS
from fourfold.analysis.case_audits import (
    ALL_GROUPS,
    CaseAudit,
    against_records,
    audit_result,
    audit_trend,
    disagreements,
    markers_agreement,
    records_of_audit,
)
from fourfold.analysis.findings import Finding
from fourfold.analysis.states import earlier_states, standing_states
from fourfold.analysis.victims_code import Rules
from fourfold.casework import case_audits, work
from fourfold.casework.case_audits import DRAWN, FIRST, REPLACED, SECOND, DrawnAudit, DrawnRecord, RecordMark, Seen
from fourfold.casework.officers import Officer
from fourfold.codes import areas
from fourfold.codes.audit_schemes import ANSWERS, audit_scheme, shipped_schemes
from fourfold.codes.periods import parse_window
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, FourfoldError, RequestInvalid
from fourfold.web.figures import figure, own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import url
from fourfold.web.tables import listing

_COLUMNS = ("Number", "Group", "Crime", "Victim", "It is")


@needs("read", "case_audits", methods=("GET", "POST"))
def audits(request: HttpRequest) -> HttpResponse:
    """Every audit that was drawn, and how far each is marked; another is drawn from here."""
    passed: Pass = request.gate
    force_id, fault = own_force(), None
    passed.saw("case_audits", [f"audits-{force_id or 'none'}"])
    if request.method == "POST":
        passed.require("write", "case_audits")
        try:
            return HttpResponseRedirect(reverse("audit", args=[_drawn(passed, force_id, Form(request.POST)).identity]))
        except FourfoldError as refused:
            fault = refused
    is_marked = Q(records__state=DRAWN, records__marks__turn=FIRST)
    every = DrawnAudit.objects.annotate(
        drawn=Count("records", filter=Q(records__state=DRAWN), distinct=True),
        marked=Count("records", filter=is_marked, distinct=True),
    ).order_by("-first", "scheme")  # fmt: skip
    titles = {name: scheme.title for name, scheme in shipped_schemes().items()}
    rows = [
        (
            {"text": titles.get(one.scheme, one.scheme.replace("_", " ").capitalize()), "href": url("audit", one.identity)},
            {"text": one.window.label, "by": one.first.isoformat()}, areas.force(one.force_id).name, one.drawn, one.marked,
            "closed" if not one.is_open else "every record is marked" if one.marked == one.drawn else "being marked",
        )
        for one in every
    ]  # fmt: skip
    context = {
        "rows": rows, "schemes": shipped_schemes().values(), "allocations": [(one, one.capitalize()) for one in ALLOCATIONS],
        "months": _months(force_id), "given": request.POST, "may_write": passed.may("write", "case_audits"),
        **_said(fault, "size"),
    }  # fmt: skip
    return render(request, "pages/audits.html", context, status=status_of(fault))


def _drawn(passed: Pass, force_id: str, form: Form) -> DrawnAudit:
    """Draw what the form asks for. Raises RequestInvalid and NothingHeld."""
    scheme, records = audit_scheme(form.text("scheme") or "quarterly_survey"), standing_records()
    if scheme.id not in shipped_schemes() or not force_id:
        raise RequestInvalid(
            "There is no such scheme, or the service is no force's own.", remedy="Choose from the list."
        )
    window = parse_window(form.text("from"), form.text("to") or form.text("from"))
    found = standing_states(records, force_id, Rules())
    if found is None:
        work.queue_judging()
        found = earlier_states(records, force_id, Rules())
    if found is None:
        raise Conflict(
            "What victims are owed is being worked out from the last files.", remedy="Draw again in a minute."
        )
    records, states = standing_records(found.as_at), found.states()
    return case_audits.draw_audit(
        passed.who, records, states, force_id, scheme, window, size=form.whole("size") if form.text("size") else scheme.size,
        how=form.text("allocation") or "equal", seed=form.whole("seed") if form.text("seed") else None, at=passed.at,
    )  # fmt: skip


@needs("read", "case_audits")
def audit(request: HttpRequest, identity: str) -> HttpResponse:
    """One audit: what is marked, what was found, the audit against the records, its actions and its records."""
    return _audit_page(request, _audit(identity))


def _audit_page(
    request: HttpRequest, found: DrawnAudit, fault: FourfoldError | None = None, at: str = ""
) -> HttpResponse:
    passed: Pass = request.gate
    records = list(found.records.exclude(number=None).prefetch_related("marks"))
    shown = listing("Its records", _COLUMNS, records, partial(_record_cells, passed.officer.key), numeric=[0])
    context = _found(found)
    # Those that differ may stand on another page of the records, or on none: they are a list of their own, and named so.
    differ = listing(
        "Records in which the two differ", ["Crime", "Victim", "Question", "Audited", "Recorded"], context["differences"],
        lambda one: one,
    )  # fmt: skip
    passed.saw(
        "case_audits", [found.identity],
        lists={shown.name: [f"{r.crime_ref} {r.person_ref}" for r in shown.rows],
               differ.name: [f"{crime['text']} {person}" for crime, person, *_ in differ.rows]},
    )  # fmt: skip
    context |= {
        "records": shown, "differences": differ, "next": _next(records, passed.officer.key, FIRST),
        "again": _next(records, passed.officer.key, SECOND), "given": request.POST, "today": local_date(passed.at),
        "may_write": passed.may("write", "case_audits"), "may_take": passed.may("export", "case_audits"), **_said(fault, at),
    }  # fmt: skip
    return render(request, "pages/audit.html", context, status=status_of(fault))


def _found(found: DrawnAudit) -> dict[str, Any]:
    """What an audit found, as both of its pages show it."""
    analysed = case_audits.as_told(found)
    scheme = found.asks
    parts = {"result": _figure(found, "result", partial(audit_result, analysed))}
    if analysed.marked:
        parts["checked"] = _figure(found, "checked", partial(against_records, analysed))
        if analysed.of_all:
            parts["same"] = _figure(found, "same", partial(records_of_audit, analysed))
    if any(m.second for m in analysed.marked):
        parts["agreement"] = _figure(found, "agreement", partial(markers_agreement, analysed))
    others = [o for o in _of_scheme(found) if o.marked]
    if len(others) > 1:
        parts["trend"] = _figure(found, "trend", partial(audit_trend, others))
    row_of = {(r["question"], r["group"]): r for r in parts["result"].table.records()} if parts["result"].table else {}
    return {
        "audit": found, "scheme": scheme, "parts": parts, "area": analysed.area, "told": len(analysed.marked),
        "together": case_audits.TOGETHER, "marked": _left(found)[0], "drawn": analysed.drawn, "twice": _twice(found),
        "substituted": analysed.substituted,
        "whole": [row_of[q.id, ALL_GROUPS] for q in scheme.questions],
        "groups": [row_of[q.id, g.id] for q in scheme.questions for g in scheme.groups],
        "shorts": {q.id: q.short for q in scheme.questions}, "titles": {g.id: g.title for g in scheme.groups},
        "officers": _officers([found.drawn_by, *(a.noted_by for a in found.actions.all())]),
        "differences": _differences(found, analysed) if not found.is_open else [],
    }  # fmt: skip


def _of_scheme(found: DrawnAudit) -> list[CaseAudit]:
    every = DrawnAudit.objects.filter(force_id=found.force_id, scheme=found.scheme, scheme_version=found.scheme_version)
    return [case_audits.as_told(one) for one in every.order_by("first")]


def _differences(found: DrawnAudit, analysed: CaseAudit) -> list[list[Any]]:
    """The records in which audit and records say different things, each with its page."""
    numbers = {(r.crime_ref, r.person_ref): r.number for r in found.records.filter(state=DRAWN)}
    shorts = {q.id: q.short for q in found.asks.questions}
    pages = {pair: url("audit-record", found.identity, number) for pair, number in numbers.items()}
    return [
        [{"text": crime, "href": pages[crime, person]}, person, shorts[question], said, recorded]
        for crime, person, question, said, recorded in disagreements(analysed)
    ]


def _figure(found: DrawnAudit, name: str, made: Callable[[], Finding]) -> Finding:
    """A Finding of an audit, entered in the register; made anew when a mark changes."""
    changed = list(DrawnAudit.objects.filter(scheme=found.scheme).order_by("pk").values_list("version", flat=True))
    return figure(standing_records(), f"audit {name}", found.identity, tuple(changed), made=made)


def _record_cells(officer: str, one: DrawnRecord) -> list[Any]:
    first, second = one.mark(FIRST), one.mark(SECOND)
    if one.state == REPLACED:
        said = f"replaced: {one.reason}"
    elif first is None:
        said = "to be marked"
    else:
        said = ("marked by you" if first.officer == officer else "marked") + (", and marked again" if second else "")
    return [
        {"text": one.number, "href": url("audit-record", one.audit.identity, one.number)} if one.state == DRAWN else one.number,
        one.audit.asks.group(one.group).title, one.crime_ref, one.person_ref, said,
    ]  # fmt: skip


def _next(records: list[DrawnRecord], officer: str, turn: int) -> int | None:
    """The number of the next record that an officer can mark, first or again."""
    for one in records:
        first, second = one.mark(FIRST), one.mark(SECOND)
        is_free = first is None if turn == FIRST else first is not None and first.officer != officer and second is None
        if one.state == DRAWN and is_free:
            return one.number
    return None


@needs("read", "case_audits", methods=("GET", "POST"))
def record(request: HttpRequest, identity: str, number: int) -> HttpResponse:
    """One record to be marked: its references, each question with its four answers, and what to do if it cannot be audited."""
    passed: Pass = request.gate
    one = _record(identity, number)
    turn = _turn(one, passed.officer.key)
    passed.saw("case_audits", [identity, f"{one.crime_ref} {one.person_ref}"])
    fault: FourfoldError | None = None
    if request.method == "POST":
        passed.require("write", "case_audits")
        form = Form(request.POST)
        try:
            if "replace" in request.POST:
                seen = Seen(passed.who, one, form.whole("version"), passed.at)
                if case_audits.substitute_record(seen, form.text("reason")) is None:
                    return HttpResponseRedirect(reverse("audit", args=[identity]))
                return HttpResponseRedirect(reverse("audit-record", args=[identity, number]))
            verb = case_audits.mark_again if turn == SECOND else case_audits.mark_record
            given = {q.id: form.text(q.id) for q in one.audit.asks.questions}
            verb(Seen(passed.who, one, form.whole("version"), passed.at), given, form.text("note"))
            return HttpResponseRedirect(_onward(one.audit, passed.officer.key, turn))
        except FourfoldError as refused:
            fault = refused
    return _record_page(request, one, turn, fault)


def _record_page(request: HttpRequest, one: DrawnRecord, turn: int | None, fault: FourfoldError | None) -> HttpResponse:
    passed: Pass = request.gate
    scheme = one.audit.asks
    own = one.mark(turn) if turn else None
    given = (
        request.POST if request.method == "POST" else {**(own.answers if own else {}), "note": own.note if own else ""}
    )
    lacks = [q.id for q in scheme.questions if request.method == "POST" and given.get(q.id, "") not in ANSWERS]
    is_replaced = request.method == "POST" and "replace" in request.POST
    context = {
        "record": one, "audit": one.audit, "scheme": scheme, "group": scheme.group(one.group).title, "turn": turn, "own": own,
        "answers": [(a, a.capitalize()) for a in ANSWERS], "given": given, "lacks": [] if is_replaced else lacks,
        "may_write": passed.may("write", "case_audits") and one.audit.is_open and one.audit.is_as_held, "left": _left(one.audit),
        **_said(fault, "reason" if is_replaced else f"{lacks[0]}" if lacks else ""),
    }  # fmt: skip
    return render(request, "pages/audit_record.html", context, status=status_of(fault))


def _turn(one: DrawnRecord, officer: str) -> int | None:
    """Whether an officer marks a record first or again; None where two others have marked it."""
    first, second = one.mark(FIRST), one.mark(SECOND)
    if first is None or first.officer == officer:
        return FIRST
    return SECOND if second is None or second.officer == officer else None


def _onward(found: DrawnAudit, officer: str, turn: int | None) -> str:
    """The next record of the same turn, or the audit when there is none."""
    records = list(found.records.exclude(number=None).prefetch_related("marks"))
    following = _next(records, officer, turn or FIRST)
    return (
        reverse("audit", args=[found.identity])
        if following is None
        else reverse("audit-record", args=[found.identity, following])
    )


def _left(found: DrawnAudit) -> tuple[int, int]:
    """How many records are marked, and how many were drawn."""
    return RecordMark.objects.filter(record__audit=found, record__state=DRAWN, turn=FIRST).count(), sum(
        found.sizes.values()
    )


def _twice(found: DrawnAudit) -> int:
    return RecordMark.objects.filter(record__audit=found, record__state=DRAWN, turn=SECOND).count()


@needs("read", "case_audits")
def sheet(request: HttpRequest, identity: str) -> HttpResponse:
    """Every record of an audit on paper: a line each, with boxes to be ticked."""
    passed: Pass = request.gate
    found = _audit(identity)
    records = list(found.records.filter(state=DRAWN))
    passed.saw(
        "case_audits", [identity, *(f"{r.crime_ref} {r.person_ref}" for r in records)], verb="print marking sheet"
    )
    return render(request, "pages/audit_sheet.html", {"audit": found, "scheme": found.asks, "records": records,
                                                      "area": areas.force(found.force_id).name})  # fmt: skip


@needs("export", "case_audits", methods=("GET", "POST"))
def result(request: HttpRequest, identity: str) -> HttpResponse:
    """What an audit found, to be printed: on the log as a disclosure, with the figures that it is of."""
    passed: Pass = request.gate
    found = _audit(identity)
    context = _found(found)
    if request.method == "POST":
        passed.saw_none()
        figures = {name: one.id for name, one in context["parts"].items()}
        case_audits.print_result(passed.who, found, findings=figures, at=passed.at)
        return HttpResponseRedirect(reverse("audit-result", args=[identity]))
    passed.saw("case_audits", [identity], kind="disclosure", verb="read audit result", recipient=passed.officer.key)
    return render(request, "pages/audit_result.html", context)


@needs("write", "case_audits", methods=("POST",))
def close(request: HttpRequest, identity: str) -> HttpResponse:
    """Close an audit."""
    passed: Pass = request.gate
    found = _audit(identity)
    try:
        case_audits.close_audit(passed.who, found, version=Form(request.POST).whole("version"), at=passed.at)
    except FourfoldError as fault:
        return _audit_page(request, found, fault)
    passed.saw_none()
    return HttpResponseRedirect(reverse("audit", args=[identity]))


@needs("write", "case_audits", methods=("POST",))
def act(request: HttpRequest, identity: str) -> HttpResponse:
    """Note an action, or say what came of one."""
    passed: Pass = request.gate
    found, form = _audit(identity), Form(request.POST)
    try:
        if form.text("number"):
            one = found.actions.filter(number=form.whole("number")).first()
            if one is None:
                raise Http404
            case_audits.end_action(passed.who, one, outcome=form.text("outcome"), at=passed.at)
        else:
            case_audits.note_action(
                passed.who, found, what=form.text("what"), owner=form.text("owner"), due_on=_day(form), measure=form.text("measure"),
                question=form.text("question"), at=passed.at,
            )  # fmt: skip
    except FourfoldError as fault:
        return _audit_page(request, found, fault, at="outcome" if form.text("number") else "what")
    passed.saw_none()
    return HttpResponseRedirect(f"{reverse('audit', args=[identity])}#actions")


def _day(form: Form) -> date | None:
    return form.day("due") if form.text("due-year") else None


def _said(fault: FourfoldError | None, at: str) -> dict[str, str]:
    return {"fault": fault_words(fault), "fault_at": at}


def _audit(identity: str) -> DrawnAudit:
    found = DrawnAudit.objects.filter(identity=identity).first()
    if found is None:
        raise Http404
    return found


def _record(identity: str, number: int) -> DrawnRecord:
    found = (
        DrawnRecord.objects.filter(audit__identity=identity, number=number, state=DRAWN)
        .prefetch_related("marks")
        .first()
    )
    if found is None:
        raise Http404
    return found


def _months(force_id: str) -> list[date]:
    """The months in which crimes of the force are held, the latest first."""
    streams = standing_records().streams("crimes", force_id) if force_id else {}
    return sorted({month for months in streams.values() for month in months}, reverse=True)


def _officers(keys: list[str]) -> dict[str, str]:
    return dict(Officer.objects.filter(key__in=set(keys)).values_list("key", "name"))
