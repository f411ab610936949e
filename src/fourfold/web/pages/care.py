"""Victim care: the week's list in the order in which victims are called, one victim's page, and what is done for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import polars as pl
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis import triage
from fourfold.analysis.triage import Listed
from fourfold.casework import care, work
from fourfold.casework.access import gate_for
from fourfold.casework.care_cases import ASKED, BOOKED, REFERRAL, VISIT, CareCase, Stock
from fourfold.casework.officers import Officer
from fourfold.casework.work_in_hand import own_cases
from fourfold.codes import care as codes
from fourfold.codes.campaigns import questionnaire_codes
from fourfold.codes.triage_rules import DEFAULT, triage_rule, triage_rules
from fourfold.codes.working_days import local_date
from fourfold.errors import CodeUnknown, FourfoldError, NothingHeld
from fourfold.records import people, weekly_lists
from fourfold.records.access import Asking
from fourfold.records.as_at import Records
from fourfold.records.recognition import recognised_at
from fourfold.records.weekly_lists import Known, Week
from fourfold.web.figures import kept, own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import day, number, url
from fourfold.web.paging import asked_to_take
from fourfold.web.tables import listing

_NAMES = ("organisation_name", "forename", "surname", "born_on")
_CONTACT = (*_NAMES, "address", "postcode", "phone", "email", "narrative")
ROLE, PURPOSE, LINKING = "victim_care_officer", "victim care", "linking people"


@needs("read", "victim_care")
def weekly_list(request: HttpRequest) -> HttpResponse:
    """A week's list: repeat victims first, why each was referred, and who has whom in hand."""
    passed: Pass = request.gate
    passed.saw_none()  # the opening of personal columns makes the entry
    records, force_id = standing_records(), own_force()
    every, without_week = weeks_held(records, force_id, local_date(passed.at))
    came = [w for w in every if not w.is_missing]
    if not came:
        return render(request, "pages/care_empty.html", {"force_id": force_id})
    try:
        week, name = _week(request, every), _rule_name(request)
        rule = triage_rule(name, week.starting)
        shown = _listed(passed, records, force_id, week.starting, rule)
    except FourfoldError as fault:
        return _faulty(request, fault)
    other = next(triage_rule(one, week.starting) for one in triage_rules() if one != name)
    cases = care.open_cases({v.key: v.names for v in shown.every})
    officers = _officers(c.officer for own in cases.values() for c in own)
    page = listing(
        "The list", ["Victim", "Why", "Before this", "The national unit", "In hand"], shown.every,
        lambda v: _listed_cells(v, shown.names[v.key], rule.id, cases.get(v.key, []), officers),
    )  # fmt: skip
    if asked_to_take(request):
        passed.saw(
            "victim_care", lists={page.name: [v.key for v in page.rows]}
        )  # that they are taken away is an entry of its own
    context = {
        "week": week, "weeks": every, "missing": [w for w in every if w.is_missing],
        "without_week": without_week, "listed": page, "rule": rule,
        "rules": triage_rules(),
        "standings": triage.by_standing(shown.every), "records": records, "not_compared": sum(not v.is_compared for v in shown.every),
        "repeats": sum(v.is_repeat and v.standing == triage.REFERRED for v in shown.every),
        "between": _between(shown.rows, rule, other), "other": other, "may_write": passed.may_somewhere("write", "victim_care"),
    }  # fmt: skip
    return render(request, "pages/care.html", context)


def weeks_held(records: Records, force_id: str, today: date) -> tuple[tuple[Week, ...], int]:
    """Every week up to the one before a day's, those without a list among them; and how many reports came without a week."""
    return kept(
        ("weeks", str(records.home), records.as_at, force_id, today),
        lambda _: (weekly_lists.weeks(records, force_id, until=today), weekly_lists.without_week(records, force_id)),
    )


@needs("read", "victim_care")
def in_hand(request: HttpRequest) -> HttpResponse:
    """The officer's own open cases, the longest untouched first, and what stands open in each: by report, without a name."""
    passed: Pass = request.gate
    shown = listing(
        "Victims in your care", ["Victim", "Taken up", "Last changed", "Support", "Stands open"],
        own_cases(passed.officer.key).prefetch_related("steps"), partial(_in_hand_cells, local_date(passed.at)),
    )  # fmt: skip
    passed.saw("victim_care", lists={shown.name: [key for one in shown.rows for key in (one.key, one.subject)]})
    return render(request, "pages/care_in_hand.html", {"shown": shown})


def _in_hand_cells(today: date, one: CareCase) -> list[Any]:
    victim = {"href": url("care-victim", one.key), "text": f"Report {one.key[:8]}"}
    stands: list[Any] = []
    for step in one.steps.all():
        if step.kind == VISIT and step.result == BOOKED:
            stands.append(
                f"Visit booked for {day(step.due)}" + (", and nothing said of it since" if step.due < today else "")
            )
        if step.kind == REFERRAL and step.result == ASKED:
            stands.append(f"{codes.words('partners')[step.what]} asked {day(step.at)}, and has not answered")
    level = codes.words("levels")[one.level] if one.level else "Not yet assessed"
    days = [{"text": day(at), "by": at.isoformat()} for at in (one.taken_up_at, one.changed_at)]
    return [victim, *days, level, stands or "Nothing"]


def _listed_cells(one: Listed, name: str, rule: str, cases: list[CareCase], officers: dict[str, str]) -> list[Any]:
    """What the list says of a victim; each thing on a line of its own."""
    victim = {"href": url("care-victim", one.key, rule=rule), "text": name}
    said = f"{one.kind}; reported {day(one.reported_on)}" + (
        "; organisation" if one.victim_type == "organisation" else ""
    )
    why = ["; ".join(one.reasons) if one.reasons else one.standing.capitalize()]
    why += ["; ".join(one.missing)] * bool(one.missing) + [remark.capitalize() for remark in one.remarks]
    national = one.national.capitalize() + (
        f"; reached {day(one.national_contacted_on)}" if one.national_contacted_on else ""
    )
    having = dict.fromkeys(officers.get(case.officer) or "A colleague" for case in cases)
    in_hand = " and ".join(having) or "Nobody"
    return [[victim, said], why, _before_this(one), national, in_hand]


def _before_this(one: Listed) -> list[Any]:
    """How often a victim was one before, sorted by how often, and the last three times."""
    if not one.is_compared:
        found: list[Any] = [{"text": "Not yet compared", "by": None}]
    elif one.is_repeat:
        found = [{"text": f"{one.times - 1} before:", "by": one.times - 1}]
        for past in one.earlier[-3:]:
            loss = "" if past.loss_pence is None else f", £{number(round(past.loss_pence / 100))}"
            found.append(f"{day(past.on)}, {past.code or 'crime'}{loss}")
    else:
        found = [{"text": "Nothing known", "by": 0}]
    return [*found, "Also named as a suspect"] if one.is_suspect else found


@needs("write", "victim_care", methods=("POST",))
def compare(request: HttpRequest) -> HttpResponse:
    """Ask that the list's victims be compared with all who are known; the worker does it, and the log says who asked."""
    passed: Pass = request.gate
    work.queue_linking(passed.officer.key, ROLE, LINKING)
    passed.saw_none()
    return HttpResponseRedirect(f"{reverse('care')}?{QueryDict(request.META.get('QUERY_STRING', '')).urlencode()}")


@needs("read", "victim_care")
def victim(request: HttpRequest, key: str) -> HttpResponse:
    """One victim: the report, the history, what others did, and each step of the case, with what can be done next."""
    request.gate.saw_none()
    return _victim_page(request, key)


def _victim_page(request: HttpRequest, key: str, fault: FourfoldError | None = None, at: str = "") -> HttpResponse:
    passed: Pass = request.gate
    records = standing_records()
    rows = report_of(records, key)
    behind = weekly_lists.known(records, [key])
    subject = behind[key].victim(key)
    personal = _opened(passed, records, _CONTACT, "read victim", [key, subject])
    one = rows.join(personal, on=["batch_id", "line_number"], how="left")
    rule = triage_rule(_rule_name(request), rows["last_week"].item())
    (found,) = triage.listed(one, rule, behind)
    own = CareCase.objects.filter(Q(subject__in=found.names) | Q(key__in=found.names))
    cases = list(own.order_by("-taken_up_at").prefetch_related("steps"))
    having = sorted(
        (c for c in cases if c.is_open), key=lambda c: (c.key != key, c.officer != passed.officer.key, c.pk)
    )
    case = having[0] if having else None
    keys = [key for c in cases for key in (c.officer, *(s.officer for s in c.steps.all()))]
    context = {
        "victim": found, "person": one.row(0, named=True), "name": _name(one.row(0, named=True)), "rule": rule, "case": case,
        "others": having[1:],
        "cases": cases, "officers": _officers(keys), "words": {kind: codes.words(kind) for kind in codes.KINDS},
        "by_others": weekly_lists.contacts_by_others(records, found.report_ref, found.earlier), "given": request.POST,
        "stock": list(Stock.objects.filter(left__gt=0)), "may_write": passed.may_somewhere("write", "victim_care"),
        "fault": fault_words(fault), "fault_at": at, "key": key, "week": rows["last_week"].item(),
        "questionnaire_codes": questionnaire_codes(), "is_mine": case is not None and case.officer == passed.officer.key,
    }  # fmt: skip
    status = status_of(fault)
    return render(request, "pages/care_victim.html", context, status=status)


@needs("write", "victim_care", methods=("POST",))
def take_up(request: HttpRequest, key: str) -> HttpResponse:
    """Take a victim up."""
    passed: Pass = request.gate
    passed.saw_none()
    records = standing_records()
    rows = report_of(records, key)
    behind = weekly_lists.known(records, [key])
    week = rows["first_week"].item()  # where the wait began: a later list repeats the row
    births = _opened(passed, records, ("born_on",), "judge victim", [key])
    rule = triage_rule(_rule_name(request), rows["last_week"].item())
    (found,) = triage.listed(rows.join(births, on=["batch_id", "line_number"], how="left"), rule, behind)
    try:
        care.take_up(
            passed.who,
            found,
            force_id=rows["force_id"].item(),
            week=week,
            rule=f"{rule.id} {rule.version}",
            at=passed.at,
        )
    except FourfoldError as fault:
        return _victim_page(request, key, fault)
    return HttpResponseRedirect(reverse("care-victim", args=[key]))


_ACTS: dict[str, Callable[[care.Seen, Form], None]] = {
    "take-over": lambda seen, _: care.take_over(seen),
    "attempt": lambda seen, f: care.record_attempt(
        seen, means=f.text("means"), is_reached=f.yes("reached"), note=f.text("attempt-note")
    ),
    "assess": lambda seen, f: care.assess(seen, level=f.text("level"), note=f.text("assessment")),
    "advise": lambda seen, f: care.give_advice(seen, areas=f.given.getlist("advice")),
    "book-visit": lambda seen, f: care.book_visit(seen, on=f.day("visit")),
    "close-visit": lambda seen, f: care.close_visit(
        seen, number=f.whole("number"), result=f.text("result"), note=f.text("visit-note")
    ),
    "give": lambda seen, f: care.give_resource(seen, resource=f.text("resource"), count=f.whole("count")),
    "refer": lambda seen, f: care.refer(
        seen, partner=f.text("partner"), has_agreed=f.yes("agreed"), note=f.text("referral-note")
    ),
    "answer": lambda seen, f: care.answer_referral(
        seen, number=f.whole("number"), is_accepted=f.yes("accepted"), on=f.day("answered")
    ),
    "close": lambda seen, f: care.close_case(seen, outcome=f.text("outcome")),
}  # fmt: skip


def _act(name: str) -> Callable[..., HttpResponse]:
    @needs("write", "victim_care", methods=("POST",))
    def acted(request: HttpRequest, identity: str) -> HttpResponse:
        passed: Pass = request.gate
        passed.saw_none()
        case = CareCase.objects.filter(identity=identity).first()
        if case is None:
            raise Http404
        form = Form(request.POST)
        try:
            _ACTS[name](care.Seen(passed.who, case, form.whole("version"), passed.at), form)
        except FourfoldError as fault:
            return _victim_page(request, case.key, fault, at=name)
        return HttpResponseRedirect(f"{reverse('care-victim', args=[case.key])}#{name}")

    acted.__name__ = acted.__qualname__ = f"act_{name}"
    return acted


ACTS = {name: _act(name) for name in _ACTS}
"""A view for each verb on a case, by the last part of its address."""


@needs("read", "victim_care", methods=("GET", "POST"))
def stock(request: HttpRequest) -> HttpResponse:
    """What is there to be given, and what paid for it; what comes in is entered here."""
    passed: Pass = request.gate
    passed.saw_none()
    fault = ""
    if request.method == "POST":
        passed.require("write", "victim_care")
        form = Form(request.POST)
        try:
            care.take_into_stock(
                passed.who, resource=form.text("resource"), count=form.whole("count"), funded_by=form.text("funded-by"), at=passed.at
            )  # fmt: skip
            return HttpResponseRedirect(reverse("care-stock"))
        except FourfoldError as refused:
            fault = fault_words(refused)
    context = {"stock": list(Stock.objects.all()), "words": codes.words("resources"), "fault": fault, "given": request.POST,
               "may_write": passed.may_somewhere("write", "victim_care")}  # fmt: skip
    return render(request, "pages/care_stock.html", context, status=200 if not fault else 422)


@dataclass(frozen=True)
class _Shown:
    """A week's list with its names, and the rows it was judged from."""

    every: tuple[Listed, ...]
    names: dict[str, str]
    rows: pl.DataFrame


def _listed(passed: Pass, records: Records, force_id: str, monday: date, rule: Any) -> _Shown:
    """The week's list: what is not personal is kept while the records stand; births and names are opened each time."""
    run = people.last_run(records.home)
    rows, behind = kept(
        (
            "weekly list",
            str(records.home),
            records.as_at,
            force_id,
            monday,
            run and run.name,
            run and recognised_at(run),
        ),
        lambda _: _known_rows(records, force_id, monday),
    )
    opened = _opened(passed, records, _NAMES, "read weekly list", rows["key"].to_list())
    rows = rows.join(opened, on=["batch_id", "line_number"], how="left")
    names = {row["key"]: _name(row) for row in rows.select("key", "report_ref", *_NAMES).iter_rows(named=True)}
    return _Shown(triage.listed(rows, rule, behind), names, rows)


def _known_rows(records: Records, force_id: str, monday: date) -> tuple[pl.DataFrame, dict[str, Known]]:
    rows = weekly_lists.week_rows(records, force_id, monday)
    return rows, weekly_lists.known(records, rows["key"])


def _opened(
    passed: Pass,
    records: Records,
    columns: tuple[str, ...],
    verb: str,
    keys: list[str],
) -> pl.DataFrame:
    """Personal columns, for victim care and nothing else, on the log before the first is read."""
    asking = Asking(officer=passed.officer.key, role=ROLE, purpose=PURPOSE, reason=passed.reason)
    gate = gate_for(passed.officer.key, passed.held)
    found = gate.opened(
        records, weekly_lists.TABLE, asking, kind="consultation", verb=verb, at=passed.at, columns=columns, keys=keys
    )
    return found.unique(["batch_id", "line_number"], keep="last")


def report_of(records: Records, key: str) -> pl.DataFrame:
    """The row of a report as `weekly_lists.report_rows` has it; what stands for which is kept while the records stand."""
    force_id = own_force()
    refs = kept(
        ("refs of reports", str(records.home), records.as_at, force_id),
        lambda _: weekly_lists.refs_by_key(records, force_id),
    )
    try:
        return weekly_lists.report_rows(records, force_id, key, refs)
    except NothingHeld:
        raise Http404 from None


def _between(rows: pl.DataFrame, rule: Any, other: Any) -> int:
    """How many of a list one rule refers and the other does not."""
    one, two = triage.judged(rows, rule)["standing"], triage.judged(rows, other)["standing"]
    return int(((one == triage.REFERRED) != (two == triage.REFERRED)).sum())


def _name(row: dict[str, Any]) -> str:
    said = row["organisation_name"] or " ".join(part for part in (row["forename"], row["surname"]) if part)
    return said or f"No name given ({row['report_ref']})"


def _week(request: HttpRequest, every: tuple[Week, ...]) -> Week:
    asked = request.GET.get("week", "")
    if not asked:
        return [w for w in every if not w.is_missing][-1]
    found = next((w for w in every if w.starting.isoformat() == asked), None)
    if found is None or found.is_missing:
        raise NothingHeld("No list of that week is held.", remedy="Choose one of the weeks held, or send the list in.")
    return found


def _rule_name(request: HttpRequest) -> str:
    name = request.GET.get("rule") or request.POST.get("rule") or DEFAULT
    if name not in triage_rules():
        raise CodeUnknown("There is no triage rule of that name.", remedy="Choose one of the list.")
    return name


def _officers(keys: Any) -> dict[str, str]:
    return dict(Officer.objects.filter(key__in=set(keys)).values_list("key", "name"))


def _faulty(request: HttpRequest, fault: FourfoldError) -> HttpResponse:
    from fourfold.web.gate import fault_page

    return fault_page(request, fault)
