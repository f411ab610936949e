"""Intelligence questions: how each stands, for boards too; what was answered on which evidence, for those whose role shows it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.casework import intelligence_questions as casework
from fourfold.casework.intelligence_questions import EVIDENCE, GRADES, HOW_FAR, STATES, Given, standing
from fourfold.casework.officers import Officer
from fourfold.codes.intelligence_questions import intelligence_questions
from fourfold.codes.working_days import local_date
from fourfold.errors import FourfoldError
from fourfold.web.figures import own_force
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import url


@needs("read", "intelligence_questions")
def page(request: HttpRequest) -> HttpResponse:
    """How each question stands: its owner, whether it is answered, and when it is looked at again."""
    passed: Pass = request.gate
    may_open = passed.may("read", "intelligence_answers")
    every = standing(own_force(), local_date(passed.at))
    rows = [
        {
            "question": {"text": s.question.title, "href": url("intelligence-question", s.question.id)}
            if may_open else s.question.title,
            "owner": s.owner or "nobody", "state": STATES[s.state], "answers": len(s.answers), "review": s.review_on,
        }
        for s in every
    ]  # fmt: skip
    context = {"rows": rows, "source": every[0].question.source}
    return render(request, "pages/intelligence_questions.html", context)


@needs("read", "intelligence_answers", methods=("GET", "POST"))
def question(request: HttpRequest, name: str) -> HttpResponse:
    """One question: every answer that was given, the latest first; its owner, and an answer to add."""
    passed: Pass = request.gate
    if name not in intelligence_questions():
        raise Http404
    fault: FourfoldError | None = None
    if request.method == "POST":
        passed.require("write", "intelligence_answers")
        try:
            _done(passed, name, Form(request.POST))
        except FourfoldError as refused:
            fault = refused
        else:
            passed.saw_none()
            return HttpResponseRedirect(reverse("intelligence-question", args=[name]))
    passed.saw("intelligence_answers", [name])
    its = next(one for one in standing(own_force(), local_date(passed.at)) if one.question.id == name)
    keys = {one.given_by for one in its.answers}
    context = {
        "asked": its, "state": STATES[its.state], "given": request.POST, "how_far": list(HOW_FAR.items()), "far": HOW_FAR,
        "grades": list(GRADES.items()), "grade": GRADES, "kinds": list(EVIDENCE.items()), "kind": EVIDENCE,
        "names": dict(Officer.objects.filter(key__in=keys).values_list("key", "name")),
        "may_write": passed.may("write", "intelligence_answers"), "fault": fault_words(fault),
    }  # fmt: skip
    status = status_of(fault)
    return render(request, "pages/intelligence_question.html", context, status=status)


def _done(passed: Pass, name: str, form: Form) -> None:
    version = form.whole("version")
    if "owner" in form.given:
        casework.give_owner(passed.who, own_force(), name, owner=form.text("owner"), version=version, at=passed.at)
        return
    given = Given(
        words=form.text("words"), how_far=form.text("how-far"), evidence_kind=form.text("evidence-kind"),
        evidence=form.text("evidence"), grade=form.text("grade"), review_on=form.day("review"),
    )  # fmt: skip
    casework.answer_question(passed.who, own_force(), name, given, version=version, at=passed.at)
