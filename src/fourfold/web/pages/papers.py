"""Papers: begun, changed by one or by several, written by the worker, read on the screen and taken away."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.casework import work
from fourfold.casework.drafts import MARKINGS, Contents, Draft, Edition, ask_for_edition, begin_draft, change_draft
from fourfold.casework.officers import Officer
from fourfold.codes.periods import month_end, parse_month
from fourfold.errors import Conflict, RequestInvalid
from fourfold.web.figures import standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.look import instant, url
from fourfold.web.pages.picture import as_file, forces_held
from fourfold.web.tables import listing

KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
}
_MOST = 200
"""The characters that a paper keeps of each of its words."""
_WORDS = ("title", "board", "priority", "presenter")


@needs("read", "papers")
def papers(request: HttpRequest) -> HttpResponse:
    """The papers, the latest changed first."""
    passed: Pass = request.gate
    shown = listing(
        "Papers, the latest changed first", ["Paper", "Covers", "Board", "Marking", "Changed"], Draft.objects.order_by("-changed_at"),
        lambda one: [{"href": url("paper", one.identity), "text": one.title}, one.window.label, one.board, one.marking,
                     instant(one.changed_at)],
    )  # fmt: skip
    context = {"drafts": shown, "may_write": passed.may("write", "papers")}
    return render(request, "pages/papers.html", context)


@needs("write", "papers", methods=("GET", "POST"))
def new_paper(request: HttpRequest) -> HttpResponse:
    """Begin a paper."""
    passed: Pass = request.gate
    given: dict[str, Any] = _offered()
    faults: dict[str, str] = {}
    if request.method == "POST":
        given = request.POST.dict()
        contents, faults = _read(given)
        if contents is not None:
            draft = begin_draft(passed.who, contents, at=passed.at)
            return HttpResponseRedirect(reverse("paper", args=[draft.identity]))
    context = {"given": given, "faults": faults, **_choices()}
    return render(request, "pages/new_paper.html", context, status=200 if not faults else 422)


@needs("read", "papers", methods=("GET", "POST"))
def paper(request: HttpRequest, identity: str) -> HttpResponse:
    """A paper: what is decided of it, and its editions. By those who may, an edition is asked for here."""
    passed: Pass = request.gate
    draft = _draft(identity)
    if request.method == "POST":
        passed.require("write", "papers")
        version = request.POST.get("version", "")
        seen = int(version) if version.isdecimal() and len(version) < 9 else draft.version
        ask_for_edition(passed.who, draft, at=passed.at, queue=work.queue_edition, version=seen)
        return HttpResponseRedirect(reverse("paper", args=[identity]))
    editions = list(draft.editions.order_by("-number"))
    context = {
        "draft": draft, "editions": editions, "may_write": passed.may("write", "papers"),
        "may_take": passed.may("export", "papers"), "kinds": KINDS,
        "names": _names(draft.changed_by, *(e.asked_by for e in editions)),
        "is_under_way": any(e.written_at is None and not e.fault for e in editions),
    }  # fmt: skip
    return render(request, "pages/paper.html", context)


@needs("write", "papers", methods=("GET", "POST"))
def change_paper(request: HttpRequest, identity: str) -> HttpResponse:
    """Change a paper in hand. Where somebody else saved it meanwhile, both versions are shown and nothing is lost."""
    passed: Pass = request.gate
    draft = _draft(identity)
    given: dict[str, Any] = _as_given(draft)
    faults: dict[str, str] = {}
    if request.method == "POST":
        given = request.POST.dict()
        contents, faults = _read(given)
        version = given.get("version", "")
        if contents is not None:
            try:
                # A form without the version that was seen may be of any: it overwrites none.
                seen = int(version) if version.isdecimal() and len(version) < 9 else 0
                change_draft(passed.who, draft, contents, version=seen, at=passed.at)
                return HttpResponseRedirect(reverse("paper", args=[identity]))
            except Conflict as conflict:
                draft = _draft(identity)  # as it is now: the colleague saved it after it was read above
                theirs = _as_given(draft)
                context = {
                    "conflict": conflict, "draft": draft, "given": {**given, "version": theirs["version"]}, "theirs": theirs,
                    "names": _names(draft.changed_by), "faults": {}, "labels": _LABELS, **_choices(),
                }  # fmt: skip
                return render(request, "pages/conflict.html", context, status=409)
    context = {"draft": draft, "given": given, "faults": faults, **_choices()}
    return render(request, "pages/change_paper.html", context, status=200 if not faults else 422)


@needs("read", "papers")
def edition(request: HttpRequest, identity: str, number: int) -> HttpResponse:  # noqa: ARG001
    """An edition, to read on the screen: the paper's own page, which needs nothing else and may fetch nothing."""
    return own_page(_edition(identity, number).file("html").read_bytes())


def own_page(content: bytes) -> HttpResponse:
    """A publication's own page as the answer, with its one style allowed and nothing else."""
    response = HttpResponse(content, content_type=KINDS["html"])
    # The paper is one file with its style in it: that one style and no other is allowed, by its hash.
    styles = re.findall(rb"<style[^>]*>(.*?)</style>", content, re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s).digest()).decode()}'" for s in styles)
    allowed = hashes or "'none'"
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {allowed}; img-src data:; frame-ancestors 'none'; base-uri 'none'"
    )
    return response


@needs("export", "papers")
def edition_file(request: HttpRequest, identity: str, number: int, ending: str) -> HttpResponse:
    """An edition's file, to take away: on the log as a disclosure."""
    passed: Pass = request.gate
    if ending not in KINDS:
        raise Http404
    found = _edition(identity, number)
    path = found.file(ending)
    passed.saw(
        "papers", [f"{identity}-{number}"], kind="disclosure", verb="take paper", recipient=passed.officer.key,
        note={"file": ending},
    )  # fmt: skip
    return as_file(path.read_bytes(), path.name, KINDS[ending])


def _draft(identity: str) -> Draft:
    found = Draft.objects.filter(identity=identity).first()
    if found is None:
        raise Http404
    return found


def _edition(identity: str, number: int) -> Edition:
    found = Edition.objects.filter(draft__identity=identity, number=number, written_at__isnull=False).first()
    if found is None:
        raise Http404
    return found


_LABELS = {
    "title": "Title", "force": "Force", "from": "From", "to": "To", "board": "Board", "meeting": "Date of the meeting",
    "priority": "Priority of the plan", "presenter": "Presented by", "marking": "Marking",
}  # fmt: skip


def _choices() -> dict[str, Any]:
    return {"forces": forces_held(standing_records()), "markings": MARKINGS}


def _offered() -> dict[str, Any]:
    return {
        "title": "Preventing and reducing crime", "force": settings.FOURFOLD_FORCE, "marking": MARKINGS[0],
        "board": "Strategic Policing and Crime Board",
    }  # fmt: skip


def _as_given(draft: Draft) -> dict[str, Any]:
    meeting = draft.meeting
    return {
        "title": draft.title, "force": draft.force_id, "from": f"{draft.first:%Y-%m}", "to": f"{draft.last:%Y-%m}",
        "board": draft.board, "priority": draft.priority, "presenter": draft.presenter, "marking": draft.marking,
        "meeting": f"{meeting:%-d %B %Y}" if meeting else "", "version": draft.version,
        "meeting-day": meeting.day if meeting else "", "meeting-month": meeting.month if meeting else "",
        "meeting-year": meeting.year if meeting else "",
    }  # fmt: skip


def _read(given: dict[str, Any]) -> tuple[Contents | None, dict[str, str]]:
    """What a form says, or what is wrong with each of its fields."""
    faults: dict[str, str] = {}
    for name, words in (("title", "Enter a title"), ("board", "Enter the board that the paper goes to")):
        if not given.get(name, "").strip():
            faults[name] = words
    for name in _WORDS:
        if len(given.get(name, "").strip()) > _MOST:
            faults[name] = f"{_LABELS[name]} must be {_MOST} characters or fewer"
    if given.get("force") not in dict(forces_held(standing_records())):
        faults["force"] = "Choose a force whose records are held"
    first = _month(given, "from", "Enter the first month, such as 2022-04", faults)
    last = _month(given, "to", "Enter the last month, such as 2022-10", faults)
    if first and last and last < first:
        faults["to"] = "The last month is before the first"
    if given.get("marking") not in MARKINGS:
        faults["marking"] = "Choose a marking"
    meeting = _meeting(given, faults)
    if faults or first is None or last is None:
        return None, faults
    said = {name: given.get(name, "").strip() for name in _WORDS}
    contents = Contents(
        **said, force_id=given["force"], first=first, last=month_end(last), meeting=meeting, marking=given["marking"]
    )
    return contents, {}


def _month(given: dict[str, Any], name: str, words: str, faults: dict[str, str]) -> date | None:
    try:
        return parse_month(given.get(name, "").strip())
    except RequestInvalid:
        faults[name] = words
        return None


def _meeting(given: dict[str, Any], faults: dict[str, str]) -> date | None:
    parts = [str(given.get(f"meeting-{part}", "")).strip() for part in ("year", "month", "day")]
    if not any(parts):
        return None
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day) if 1900 <= year < 2200 else date(0, 1, 1)
    except ValueError:
        faults["meeting-day"] = "The date of the meeting must be a real date, such as 29 11 2022"
        return None


def _names(*keys: str) -> dict[str, str]:
    """Officers' names by key, for those who work on the same paper."""
    return dict(Officer.objects.filter(key__in=keys).values_list("key", "name"))
