"""The plan for the Victims' Code: actions and what they move, the catalogue of data items, and the returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis import clocks
from fourfold.analysis import compliance as kept
from fourfold.analysis.case_audits import learned
from fourfold.analysis.compliance_items import items_held
from fourfold.analysis.entitlements import moment_known
from fourfold.analysis.findings import Finding
from fourfold.analysis.states import earlier_states, forces_owed, standing_states
from fourfold.analysis.victims_code import Rules
from fourfold.casework import case_audits, work
from fourfold.casework import victims_plan as verbs
from fourfold.casework.officers import Officer
from fourfold.casework.victims_plan import MEASURES, CodeReturn, PlanAction, Planned, SeenAction
from fourfold.codes.compliance_items import compliance_items
from fourfold.codes.periods import Window, parse_window
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, FourfoldError, NothingHeld, RequestInvalid
from fourfold.publications.code_returns import of_one_quarter, return_content, return_csv, return_ods, return_table
from fourfold.records.as_at import Records
from fourfold.records.kept_states import Kept
from fourfold.web.figures import figure, own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import day, url
from fourfold.web.pages.picture import as_file
from fourfold.web.tables import listing

_RULES = Rules()
_KINDS = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}
_SCHEME = "victims_code"


@needs("read", "victims_plan", methods=("GET", "POST"))
def plan(request: HttpRequest) -> HttpResponse:
    """Every action with its state and what its figure says now; a new one is planned here."""
    passed: Pass = request.gate
    fault: FourfoldError | None = None
    if request.method == "POST":
        passed.require("write", "victims_plan")
        try:
            made = verbs.plan_action(passed.who, own_force(), _planned(Form(request.POST)), at=passed.at)
            return HttpResponseRedirect(reverse("plan-action", args=[made.identity]))
        except FourfoldError as refused:
            fault = refused
    today = local_date(passed.at)
    every = list(PlanAction.objects.filter(force_id=own_force()))
    now = {name: _measured(name) for name in {one.measure for one in every if one.measure}}
    shown = listing(
        "Actions", ["Due", "It is", "What", "Owner", "Measured by", "When planned", "Now"], every,
        lambda one: _cells(one, today, now.get(one.measure)),
    )  # fmt: skip
    standings = [one.standing(today) for one in every]
    context = {
        "shown": shown, "counts": {name: standings.count(name) for name in (verbs.OPEN, verbs.OVERDUE, verbs.DONE, verbs.DROPPED)},
        "measures": [("", "No figure: in words below"), *MEASURES.items()], "given": request.POST,
        "fault": fault_words(fault), "fault_at": "what", "may_write": passed.may_somewhere("write", "victims_plan"),
    }  # fmt: skip
    return render(request, "pages/plan.html", context, status=status_of(fault))


@needs("read", "victims_plan", methods=("GET", "POST"))
def action(request: HttpRequest, identity: str) -> HttpResponse:
    """One action, step by step; given to somebody else, or ended, here."""
    passed: Pass = request.gate
    found = PlanAction.objects.filter(identity=identity, force_id=own_force()).first()
    if found is None:
        raise Http404
    fault: FourfoldError | None = None
    if request.method == "POST":
        passed.require("write", "victims_plan")
        try:
            _acted(passed, found, Form(request.POST))
            return HttpResponseRedirect(reverse("plan-action", args=[identity]))
        except FourfoldError as refused:
            fault = refused
            found.refresh_from_db()
    steps = list(found.steps.all())
    names = dict(Officer.objects.filter(key__in={one.officer for one in steps}).values_list("key", "name"))
    given = request.POST if fault else {
        "owner": found.owner, "due-day": found.due_on.day, "due-month": found.due_on.month, "due-year": found.due_on.year,
    }  # fmt: skip
    finding = _measured(found.measure)
    context = {
        "found": found, "steps": steps, "names": names, "standing": found.standing(local_date(passed.at)), "given": given,
        "measure": MEASURES.get(found.measure, found.measured_by), "finding": finding, "before": _before(found),
        "now": _figure_words(finding), "fault": fault_words(fault),
        "fault_at": request.POST.get("act", "") and _FIELDS[_act(request)],
        "is_conflict": isinstance(fault, Conflict),
        "may_write": passed.may_somewhere("write", "victims_plan") and found.state == verbs.OPEN,
    }  # fmt: skip
    return render(request, "pages/plan_action.html", context, status=status_of(fault))


_FIELDS = {"change": "owner", "end": "outcome"}


def _act(request: HttpRequest) -> str:
    act = request.POST.get("act", "")
    return act if act in _FIELDS else "change"


def _acted(passed: Pass, found: PlanAction, form: Form) -> None:
    seen = SeenAction(passed.who, found, form.whole("version"), passed.at)
    if form.text("act") == "end":
        verbs.end_action(seen, outcome=form.text("outcome"), is_done=form.text("how") != "dropped")
    else:
        verbs.change_action(seen, owner=form.text("owner"), due_on=form.day("due"), reason=form.text("reason"))


@needs("read", "victims_plan")
def items(request: HttpRequest) -> HttpResponse:
    """What the compliance framework asks, which field holds each item, and how complete it is; held nowhere where none does."""
    held = _records_held()
    if held is None:
        return render(request, "pages/plan_items.html", {})
    try:
        window = _window(request, held)
        found = _items(held, window)
    except FourfoldError as fault:
        return render(request, "pages/plan_items.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    sources = {one.asks: one.source for one in compliance_items()}
    return render(request, "pages/plan_items.html", {"found": found, "window": window, "sources": sources})


def opened() -> None:
    """Work out the items as their page opens, before anybody asks for it."""
    held = _records_held()
    if held is not None:
        _items(held, _window(HttpRequest(), held))


@needs("read", "victims_plan", methods=("GET", "POST"))
def returns(request: HttpRequest) -> HttpResponse:
    """Every return that was frozen; a quarter's return is seen as it stands, and frozen, here."""
    passed: Pass = request.gate
    fault: FourfoldError | None = None
    held, content, window = _records_held(), None, None
    if held is not None:
        try:
            window = _window(request, held)
            of_one_quarter(window)
            content = _content(held, window)
            if request.method == "POST":
                passed.require("write", "victims_plan")
                if content is None:
                    raise RequestInvalid("What was owed is being worked out.", remedy="Freeze the return in a minute.")
                made = verbs.freeze_return(
                    passed.who, own_force(), window.first, window.last, content, as_at=held.as_at, at=passed.at
                )
                return HttpResponseRedirect(reverse("code-return", args=[made.identity]))
        except FourfoldError as refused:
            fault = refused
    every = list(CodeReturn.objects.filter(force_id=own_force()))
    shown = listing(
        "Returns", ["Months", "Number", "Frozen", "Records as at", "Hash"], every,
        lambda one: [{"text": Window(one.first, one.last).label, "href": url("code-return", one.identity)},
                     "first" if not one.number else f"put right {one.number}", day(local_date(one.frozen_at)),
                     day(local_date(one.as_at)), one.content_hash[:12]],
    )  # fmt: skip
    context = {
        "shown": shown, "content": content, "window": window, "table": return_table(content) if content else None,
        "fault": fault_words(fault), "fault_at": "from", "may_write": passed.may_somewhere("write", "victims_plan"),
        "is_held": held is not None,
    }  # fmt: skip
    return render(request, "pages/code_returns.html", context, status=status_of(fault))


@needs("read", "victims_plan")
def one_return(request: HttpRequest, identity: str) -> HttpResponse:
    """A return as it was frozen, what it says that the one before did not, and its files."""
    found = _return(identity)
    earlier = verbs.return_before(found)
    context = {
        "found": found, "window": Window(found.first, found.last), "table": return_table(found.content), "earlier": earlier,
        "earlier_window": Window(earlier.first, earlier.last) if earlier else None, "changes": _changes(found, earlier),
        "may_export": request.gate.may("export", "victims_plan"),
    }  # fmt: skip
    return render(request, "pages/code_return.html", context)


@needs("export", "victims_plan")
def return_file(request: HttpRequest, identity: str, ending: str) -> HttpResponse:
    """A frozen return as ODS or CSV, marked; on the log as a disclosure."""
    passed: Pass = request.gate
    found = _return(identity)
    if ending not in _KINDS:
        raise Http404
    if not found.is_as_frozen:
        raise RequestInvalid("The return is not what was frozen.", remedy="See the log, and freeze it anew.")
    earlier = verbs.return_before(found)
    since = (
        f"Since the return of {Window(earlier.first, earlier.last).label}"
        if earlier
        else "No return went before this one"
    )
    marking = str(settings.MARKING)
    if ending == "csv":
        content = return_csv(found.content, marking)
    else:
        content = return_ods(found.content, marking, _changes(found, earlier), since)
    passed.saw(
        "victims_plan", [found.identity], kind="disclosure", verb="take return", recipient="commissioner and ministry",
        note={"ending": ending, "hash": found.content_hash},
    )  # fmt: skip
    name = f"{found.force_id}-victims-code-{found.first:%Y-%m}-{found.last:%Y-%m}-{found.number}.{ending}"
    return as_file(content, name, _KINDS[ending])


_COMPARED = ("judged", "kept", "not kept", "no evidence", "lower", "upper", "coverage", "wider lower", "wider upper")


def _changes(found: CodeReturn, earlier: CodeReturn | None) -> list[tuple[str, str, Any, Any]]:
    return [] if earlier is None else verbs.changed_rows(found.content["rows"], earlier.content["rows"], _COMPARED)


def _content(records: Records, window: Window) -> dict[str, Any] | None:
    """What the return of a window says as the records stand; None while what was owed is being worked out."""
    states = _states(records)
    if states is None:
        return None
    held, at = states
    rule = small_number_rule()
    asked = kept.Asked(force_id=own_force(), window=window, scheme=_SCHEME)
    by_right = figure(
        at, "code return", own_force(), window, rule.id, held.as_at,
        made=partial(kept.compliance, held.states(), at, _RULES, asked, "right", rule),
    )  # fmt: skip
    wider = {}
    for right in {int(str(row["right"])) for row in by_right.table.records()} if by_right.table else set():
        own = kept.Asked(force_id=own_force(), window=window, scheme=_SCHEME, right=right)
        audit = case_audits.audit_over(own_force(), window, frozenset(own.obligations(_RULES.packs)))
        if audit is not None:
            whole = _compliance(held, at, own)
            if whole.interval is not None:
                said = learned(case_audits.as_analysed(audit), own.obligations(_RULES.packs))
                if said.kept_audited + said.not_kept_audited:
                    wider[right] = kept.audited_compliance(whole, said)
    packs = [pack for pack in _RULES.packs if pack.scheme == _SCHEME]
    return return_content(by_right, wider, _items(at, window), packs, rule)


def _compliance(held: Kept, records: Records, asked: kept.Asked) -> Finding:
    made = partial(kept.compliance, held.states(), records, _RULES, asked)
    return figure(records, "compliance", own_force(), _RULES.either, asked, made=made)


def _items(records: Records, window: Window) -> Finding:
    return figure(
        records, "compliance items", own_force(), window, made=partial(items_held, records, own_force(), window)
    )


def _states(records: Records) -> tuple[Kept, Records] | None:
    """The states that are kept, with the records of which they are; None where none are yet, and the worker is then asked."""
    found = standing_states(records, own_force(), _RULES)
    if found is not None:
        return found, records
    work.queue_judging()
    found = earlier_states(records, own_force(), _RULES)
    return None if found is None else (found, standing_records(found.as_at))


def _measured(name: str) -> Finding | None:
    """The figure by which an action is measured, as the records stand; None where it cannot be had now."""
    records = _records_held()
    if not name or records is None:
        return None
    try:
        return _MEASURED[name](records) if name in _MEASURED else _of_right(records, int(name.rpartition("_")[2]))
    except NothingHeld:
        return None


def _of_right(records: Records, right: int) -> Finding | None:
    states = _states(records)
    if states is None:
        return None
    held, at = states
    return _compliance(held, at, kept.Asked(force_id=own_force(), window=_quarter(at), scheme=_SCHEME, right=right))


def _clock(made: Callable[..., Finding], *given: Any) -> Callable[[Records], Finding]:
    def found(records: Records) -> Finding:
        its = clocks.known(records, own_force())
        question = [one(its) for one in given]
        return figure(records, "clocks", own_force(), made.__name__, *question, made=partial(made, its, *question))

    return found


_MEASURED: dict[str, Callable[[Records], Finding]] = {
    "compensation": _clock(clocks.compensation_returns, clocks.last_year), "property_reviews": _clock(clocks.property_held),
    "external_delays": _clock(clocks.delays), "items_held": lambda records: _items(records, _quarter(records)),
}  # fmt: skip


def _figure_words(found: Finding | None) -> str:
    """What a measure's figure says in a few words."""
    if found is None:
        return "not to be had now"
    if found.kind == "property held":
        told = found.parameters
        return f"{told['no review recorded']:,} of {found.value:,} held with no review recorded in {told['review days']} days"
    if found.kind == "external delay":
        return f"{found.value:,} waits"
    return found.verdict or ""


def _before(one: PlanAction) -> str:
    return str(one.before.get("says", "")) or "no figure"


def _cells(one: PlanAction, today: date, finding: Finding | None) -> list[Any]:
    said = _figure_words(finding) if one.measure else ""
    now: Any = {"text": said, "href": url("finding", finding.id)} if finding is not None and said else said
    return [
        day(one.due_on), one.standing(today), {"text": one.what, "href": url("plan-action", one.identity)}, one.owner,
        MEASURES.get(one.measure, one.measured_by), _before(one) if one.measure else "", now,
    ]  # fmt: skip


def _planned(form: Form) -> Planned:
    measure = form.text("measure")
    finding = _measured(measure) if measure in MEASURES else None
    before = {"says": _figure_words(finding), "finding": finding.id} if finding is not None else {}
    return Planned(
        what=form.text("what"), owner=form.text("owner"), due_on=form.day("due"), measure=measure,
        measured_by=form.text("measured-by"), before=before,
    )  # fmt: skip


def _records_held() -> Records | None:
    records = standing_records()
    return records if own_force() and own_force() in forces_owed(records) else None


def _quarter(records: Records) -> Window:
    """The last whole quarter before the last extract."""
    today = local_date(moment_known(records, own_force()))
    end = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)
    return parse_window(f"{end.year}-{end.month - 2:02d}", f"{end.year}-{end.month:02d}")


def _window(request: HttpRequest, records: Records) -> Window:
    given = request.POST if request.method == "POST" else request.GET
    first, last = str(given.get("from", "")), str(given.get("to", ""))
    return parse_window(first or last, last or first) if first or last else _quarter(records)


def _return(identity: str) -> CodeReturn:
    found = CodeReturn.objects.filter(identity=identity, force_id=own_force()).first()
    if found is None:
        raise Http404
    return found
