"""Hand-outs for Streetwatch and WM Now: asked for, looked at, signed off by a second person, and then taken or printed.

What is shown before it is signed off stands on a page of the service, under its marking. The hand-out's own page, which carries no
marking, is opened only by a taking, and each opening is on the log with whom it is given to.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis.volumes import Scope
from fourfold.casework import handouts as verbs
from fourfold.casework.handouts import RECIPIENTS, STATES, HandOut, HandOutTaking, SeenHandOut
from fourfold.casework.officers import Officer
from fourfold.codes.periods import parse_month
from fourfold.codes.small_numbers import small_number_rule, small_number_rules
from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid
from fourfold.publications.handouts import drawn_handout
from fourfold.web.figures import own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import day, month, url
from fourfold.web.pages.papers import own_page
from fourfold.web.pages.picture import as_file
from fourfold.web.paging import asked_to_take
from fourfold.web.tables import listing


@needs("read", "hand_outs", methods=("GET", "POST"))
def page(request: HttpRequest) -> HttpResponse:
    """Every hand-out; another is asked for from here."""
    passed: Pass = request.gate
    fault: FourfoldError | None = None
    if request.method == "POST":
        passed.require("write", "hand_outs")
        try:
            return HttpResponseRedirect(reverse("hand-out", args=[_asked(passed, Form(request.POST)).identity]))
        except FourfoldError as refused:
            fault = refused
    shown = listing(
        "Hand-outs", ["Month", "It is", "For what", "Asked for", "Counts withheld", "Taken, times"],
        HandOut.objects.filter(force_id=own_force()).prefetch_related("takings"),
        lambda one: [
            {"text": month(one.month), "href": url("hand-out", one.identity), "by": one.month.isoformat()}, STATES[one.state],
            one.why, {"text": day(one.asked_at), "by": one.asked_at.isoformat()}, one.withheld, len(one.takings.all()),
        ],
        numeric=[4, 5],
    )  # fmt: skip
    context = {
        "shown": shown, "rules": [(one.id, one.title) for one in small_number_rules()], "given": request.POST,
        "may_write": passed.may("write", "hand_outs"), "fault": fault_words(fault),
    }  # fmt: skip
    return render(request, "pages/hand_outs.html", context, status=status_of(fault))


def _asked(passed: Pass, form: Form) -> HandOut:
    """Draw a hand-out up and ask for it."""
    force_id, records = own_force(), standing_records()
    if not force_id:
        raise NothingHeld("The service is no force’s own.", remedy="Set the force whose service it is.")
    if not form.text("why"):  # before anything is worked out and entered among the papers
        raise RequestInvalid("It is not said what it is for.", remedy="Say it in a few words.")
    rule = small_number_rule(form.text("rule"))
    asked = parse_month(form.text("month")) if form.text("month") else None
    drawn = drawn_handout(records, Scope(force_id=force_id), asked, rule)
    return verbs.ask_for_handout(
        passed.who, force_id, drawn, rule=rule.id, as_at=records.as_at, why=form.text("why"), at=passed.at
    )


@needs("read", "hand_outs")
def one(request: HttpRequest, identity: str) -> HttpResponse:
    """One hand-out: what it says, who asked for it and who signed it, and to whom it was given."""
    return _page(request, _found(identity))


def _page(request: HttpRequest, found: HandOut, fault: FourfoldError | None = None) -> HttpResponse:
    passed: Pass = request.gate
    if asked_to_take(request) and found.state != verbs.SIGNED:
        raise Http404  # nor is any of its tables taken away before it is signed off
    takings = list(found.takings.all())
    keys = {found.asked_by, found.judged_by, *(one.taken_by for one in takings)}
    is_own = found.asked_by == passed.officer.key
    context = {
        "handout": found, "state": STATES[found.state], "takings": takings, "rule": small_number_rule(found.rule),
        "recipients": list(RECIPIENTS.items()), "given": request.POST, "is_own": is_own,
        "names": dict(Officer.objects.filter(key__in=keys).values_list("key", "name")),
        "may_sign": passed.may("sign", "hand_outs") and found.state == verbs.ASKED and not is_own,
        "may_take": passed.may("export", "hand_outs") and found.state == verbs.SIGNED, "fault": fault_words(fault),
    }  # fmt: skip
    return render(request, "pages/hand_out.html", context, status=status_of(fault))


def _decided(action: str, verb: Callable[[SeenHandOut, Form], HandOutTaking | None]) -> Callable[..., HttpResponse]:
    @needs(action, "hand_outs", methods=("POST",))
    def decided(request: HttpRequest, identity: str) -> HttpResponse:
        passed: Pass = request.gate
        found, form = _found(identity), Form(request.POST)
        try:
            made = verb(SeenHandOut(passed.who, found, form.whole("version"), passed.at), form)
        except FourfoldError as fault:
            return _page(request, _found(identity), fault)
        if made is not None:
            return HttpResponseRedirect(reverse("hand-out-taking", args=[identity, made.number]))
        return HttpResponseRedirect(reverse("hand-out", args=[identity]))

    return decided


ACTS = {
    "sign": _decided("sign", lambda seen, _: verbs.sign_off_handout(seen)),
    "refuse": _decided("sign", lambda seen, form: verbs.refuse_handout(seen, reason=form.text("refused-why"))),
    "take": _decided(
        "export",
        lambda seen, form: verbs.take_handout(seen, recipient=form.text("recipient"), named=form.text("named")),
    ),
}  # fmt: skip


@needs("export", "hand_outs")
def taking(request: HttpRequest, identity: str, number: int) -> HttpResponse:
    """The hand-out's own page, to read and to print, as it was taken for somebody."""
    return own_page(_taken(request, identity, number, "print hand-out").page.encode())


@needs("export", "hand_outs")
def taking_file(request: HttpRequest, identity: str, number: int) -> HttpResponse:
    """The same page as a file."""
    found = _taken(request, identity, number, "take hand-out file")
    return as_file(found.page.encode(), f"hand-out-{found.month:%Y-%m}.html", "text/html; charset=utf-8")


def _taken(request: HttpRequest, identity: str, number: int, verb: str) -> HandOut:
    found = _found(identity)
    made = found.takings.filter(number=number).first()
    if made is None or found.state != verbs.SIGNED or not found.is_whole:
        raise Http404
    request.gate.saw("hand_outs", [identity], kind="disclosure", verb=verb, recipient=made.recipient)
    return found


def _found(identity: str) -> HandOut:
    found = HandOut.objects.filter(identity=identity, force_id=own_force()).first()
    if found is None:
        raise Http404
    return found
