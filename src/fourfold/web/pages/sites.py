"""Sites and second-hand outlets: the list, and each with its reason, its visits and what partners were asked."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.casework import sites
from fourfold.casework.officers import Officer
from fourfold.casework.sites import ANSWERS, KINDS, LONGEST, OUTCOMES, STATES, Facts, Seen, Site
from fourfold.codes.working_days import local_date
from fourfold.errors import Conflict, FourfoldError
from fourfold.web.figures import own_force
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import day, url
from fourfold.web.tables import listing

LABELS = {
    "name": "What it is called", "kind": "Kind of place", "area": "Neighbourhood", "partner": "Who answers for it",
    "why": "Why it is put forward",
}  # fmt: skip
_COLUMNS = ("Site", "Kind", "Neighbourhood", "It is", "Visits recorded", "Last visit", "Awaited of partners", "Overdue")


@needs("read", "sites", methods=("GET", "POST"))
def page(request: HttpRequest) -> HttpResponse:
    """Every site, and how far each is; another is put forward from here."""
    passed: Pass = request.gate
    fault: FourfoldError | None = None
    if request.method == "POST":
        passed.require("write", "sites")
        try:
            made = sites.put_forward(passed.who, own_force(), _facts(Form(request.POST)), at=passed.at)
        except FourfoldError as refused:
            fault = refused
        else:
            passed.saw_none()
            return HttpResponseRedirect(reverse("site", args=[made.identity]))
    today = local_date(passed.at)
    every = Site.objects.filter(force_id=own_force()).prefetch_related("visits", "requests")

    def cells(one: Site) -> list[object]:
        its = sites.as_plain(one, today)
        last = {"text": day(its["last_visit"]), "by": str(its["last_visit"])} if its["visits"] else "none is recorded"
        return [
            {"text": one.name, "href": url("site", one.identity)}, KINDS[one.kind], one.area, STATES[one.state], its["visits"],
            last, its["awaited"], its["overdue"],
        ]  # fmt: skip

    shown = listing("Sites", _COLUMNS, list(every), cells, numeric=[4, 6, 7])
    passed.saw("sites", [], lists={shown.name: [one.identity for one in shown.rows]})
    context = {
        "shown": shown, "kinds": list(KINDS.items()), "labels": LABELS, "given": request.POST,
        "may_write": passed.may("write", "sites"), "fault": fault_words(fault),
    }  # fmt: skip
    return render(request, "pages/sites.html", context, status=status_of(fault))


@needs("read", "sites")
def site(request: HttpRequest, identity: str) -> HttpResponse:
    """One site."""
    return _site_page(request, _site(identity))


def _site_page(
    request: HttpRequest, one: Site, fault: FourfoldError | None = None, is_both: bool = False
) -> HttpResponse:
    passed: Pass = request.gate
    passed.saw("sites", [one.identity])
    today = local_date(passed.at)
    keys = {one.put_forward_by, one.judged_by, one.changed_by}
    is_changing = "name" in request.POST
    context = {
        "site": one, "kind": KINDS[one.kind], "state": STATES[one.state], "kinds": list(KINDS.items()), "labels": LABELS,
        "outcomes": list(OUTCOMES.items()), "outcome_words": OUTCOMES, "answers": list(ANSWERS.items()), "today": today,
        "names": dict(Officer.objects.filter(key__in=keys).values_list("key", "name")),
        "given": request.POST, "facts": request.POST if is_changing else {name: getattr(one, name) for name in LONGEST},
        "both": [(words, getattr(one, name), request.POST.get(name, "")) for name, words in LABELS.items()] if is_both else [],
        "may_write": passed.may("write", "sites") and one.is_live,
        "may_judge": one.state == sites.CANDIDATE and one.put_forward_by != passed.officer.key, "fault": fault_words(fault),
    }  # fmt: skip
    return render(request, "pages/site.html", context, status=status_of(fault))


_DOES: dict[str, Callable[[Seen, Form], object]] = {
    "judge": lambda seen, f: sites.judge_site(seen, is_kept=f.yes("kept"), reason=f.text("judged-why")),
    "change": lambda seen, f: sites.change_site(seen, _facts(f)),
    "visit": lambda seen, f: sites.record_visit(seen, on=f.day("visit"), outcome=f.text("outcome"), note=f.text("note")),
    "ask": lambda seen, f: sites.ask_partner(
        seen, partner=f.text("asked"), what=f.text("what"), due_on=f.day("due")
    ),
    "answer": lambda seen, f: sites.answer_request(
        seen, f.whole("number"), state=f.text("answered"), answer=f.text("answer")
    ),
    "close": lambda seen, f: sites.close_site(seen, reason=f.text("closed-why")),
}  # fmt: skip


def _act(name: str) -> Callable[..., HttpResponse]:
    @needs("write", "sites", methods=("POST",))
    def acted(request: HttpRequest, identity: str) -> HttpResponse:
        passed: Pass = request.gate
        one, form = _site(identity), Form(request.POST)
        try:
            _DOES[name](Seen(passed.who, one, form.whole("version"), passed.at), form)
        except FourfoldError as fault:
            return _site_page(request, _site(identity), fault, name == "change" and isinstance(fault, Conflict))
        passed.saw_none()
        return HttpResponseRedirect(reverse("site", args=[identity]))

    return acted


ACTS = {name: _act(name) for name in _DOES}


def _facts(form: Form) -> Facts:
    return Facts(**{name: form.text(name) for name in LABELS})


def _site(identity: str) -> Site:
    found = Site.objects.filter(identity=identity, force_id=own_force()).first()
    if found is None:
        raise Http404
    return found
