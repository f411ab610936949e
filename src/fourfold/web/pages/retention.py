"""Retention: who is due for review, what the law holds, what was erased; and the requests of people, from letter to answer."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold import settings as clock
from fourfold.casework import rights, work
from fourfold.casework.rights import KINDS, RightsRequest
from fourfold.codes.periods import parse_day
from fourfold.codes.retention import grounds, review_group
from fourfold.codes.working_days import local_date
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.publications.bundle import written_bundle
from fourfold.records import kept_rows
from fourfold.records import retention as records_retention
from fourfold.records.erasure import certificates
from fourfold.records.rectification import overtaken
from fourfold.records.retention import LATER
from fourfold.records.subjects import PARTS, entry_of, matching
from fourfold.web.figures import kept, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import day, url
from fourfold.web.pages.picture import as_file
from fourfold.web.tables import listing, of_frame

MATCHES_SHOWN = 50
"""How many parts of people with some details a request's page shows; that there are more it says."""
_SOUGHT = ("surname", "forename", "born_on", "postcode", "phone", "email")
_COLUMNS = (
    "forename",
    "middle_name",
    "surname",
    "born_on",
    "address",
    "postcode",
    "phone",
    "email",
    "organisation_name",
)


@needs("read", "rights")
def queue(request: HttpRequest) -> HttpResponse:
    """The review queue by the table of review groups, the legal holds, and the certificates of erasures."""
    return _queue_page(request)


def _queue_page(request: HttpRequest, fault: str = "", status: int = 200) -> HttpResponse:
    passed: Pass = request.gate
    found = _queue(local_date(passed.at))
    if found is None:
        passed.saw_none()
        work.queue_rows()
        waiting = {"what": "Whose records are to be looked at again", "fault": fault}
        return render(request, "pages/being_listed.html", waiting, status=status)
    due = found.due
    shown = listing(
        "The review queue", ["Key", "Group", "Crimes and reports", "Last", "Review on", "Where it stands"],
        of_frame(due, ["key", pl.format("{} {}", "group", "is_youth"), "parts", "last_on", "review_on", "state"]),
        lambda one: [one["key"], one["group"] + (", under 18" if one["is_youth"] else ""), one["parts"],
                     day(one["last_on"]) or "not known", day(one["review_on"]), one["state"]],
        numeric=[2],
    )  # fmt: skip
    counts = found.counts
    held, erased = records_retention.holds(_home(), standing_only=False), list(reversed(certificates(_home())))
    again = overtaken(standing_records())
    lists = {
        shown.name: [row["key"] for row in shown.rows], "legal-holds": [one.key for one in held],
        "rectifications-to-look-at": [one["key"] for one in again], "certificates": [one["key"] for one in erased],
    }  # fmt: skip
    passed.saw("rights", lists=lists, verb="see the review queue", note={"due": due.height})
    context = {
        "queue": shown, "counts": [(review_group(g, y), state, n) for g, y, state, n in counts], "due": due.height,
        "holds": held, "erasures": erased, "overtaken": again, "fault": fault, "may_write": passed.may_somewhere("write", "rights"),
    }  # fmt: skip
    return render(request, "pages/retention.html", context, status=status)


@needs("write", "rights", methods=("POST",))
def decide(request: HttpRequest) -> HttpResponse:
    """A decision on somebody in the queue: keep after review, or hold by law; or the end of a legal hold."""
    passed: Pass = request.gate
    passed.saw_none()  # each verb makes its own entry
    given = request.POST
    key, reason = given.get("key", "").strip(), given.get("reason", "")
    try:
        match given.get("decision", ""):
            case "keep":
                rights.keep_after_review(passed.officer, key, reason=reason, at=passed.at)
            case "hold":
                rights.hold_person(passed.officer, key, reason=reason, at=passed.at)
            case "release" if given.get("hold", "").isdecimal():
                rights.release_hold(passed.officer, int(given["hold"]), reason=reason, at=passed.at)
            case _:
                raise RequestInvalid("No decision is chosen.", remedy="Choose one.")
    except FourfoldError as refused:
        return _queue_page(request, f"{refused.cause} {refused.remedy}", status_of(refused))
    return HttpResponseRedirect(reverse("retention"))


@needs("read", "rights")
def requests(request: HttpRequest) -> HttpResponse:
    """The requests that came, the latest first, and a form for the next."""
    return _requests_page(request)


def _requests_page(request: HttpRequest, faults: dict[str, str] | None = None) -> HttpResponse:
    passed: Pass = request.gate
    every = RightsRequest.objects.order_by("-received_on", "-pk")
    shown = listing(
        "Requests, the latest first", ["Reference", "What is asked", "Came", "Where it stands", "Ended"], every,
        lambda one: [{"href": url("rights-request", one.identity), "text": one.reference}, one.title, day(one.received_on), one.state,
                     day(one.ended_at)],
    )  # fmt: skip
    passed.saw("rights", lists={shown.name: [one.identity for one in shown.rows]}, verb="see the requests")
    context = {"asked": shown, "kinds": KINDS, "given": request.POST, "faults": faults or {},
               "may_write": passed.may_somewhere("write", "rights")}  # fmt: skip
    return render(request, "pages/rights.html", context, status=422 if faults else 200)


@needs("write", "rights", methods=("POST",))
def open_request(request: HttpRequest) -> HttpResponse:
    """Enter a request that came."""
    passed: Pass = request.gate
    form = Form(request.POST)
    try:
        one = rights.open_request(
            passed.who,
            form.text("kind"),
            reference=form.text("reference"),
            received_on=form.day("received"),
            at=passed.at,
        )
    except FourfoldError as refused:
        return _requests_page(request, {"received-day" if refused.column else "reference": fault_words(refused)})
    passed.saw_none()
    return HttpResponseRedirect(reverse("rights-request", args=[one.identity]))


@needs("read", "rights")
def one_request(request: HttpRequest, identity: str) -> HttpResponse:
    """One request: whose it is, what can be done next, and what was done."""
    return _request_page(request, _found(identity))


def _request_page(
    request: HttpRequest,
    one: RightsRequest,
    fault: str = "",
    status: int = 200,
    found: pl.DataFrame | None = None,
) -> HttpResponse:
    """The page of a request; with those `found` by details, the first of them, each on the log by its part in a crime or report."""
    passed: Pass = request.gate
    matches = None if found is None else found.head(MATCHES_SHOWN)
    seen = [] if matches is None else [entry_of(row) for row in matches.iter_rows()]
    passed.saw("rights", [one.identity, *([one.key] if one.key else []), *seen], verb="see a request")
    standing = [h for h in records_retention.holds(_home()) if h.key == one.key]
    context = {
        "one": one, "fault": fault, "matches": None if matches is None else matches.to_dicts(),
        "more": 0 if found is None else max(0, found.height - MATCHES_SHOWN), "sought": _SOUGHT,
        "given": request.POST, "holds": standing,
        "grounds": grounds(), "columns": _COLUMNS, "is_under_way": one.state in (rights.WAITING, rights.AT_WORK),
        "may_write": passed.may_somewhere("write", "rights"), "may_erase": passed.may_somewhere("erase", "rights"),
    }  # fmt: skip
    return render(request, "pages/rights_request.html", context, status=status)


@needs("write", "rights", methods=("POST",))
def find_person(request: HttpRequest, identity: str) -> HttpResponse:
    """Search for the person by details, or say by a reference or identifier whose request it is."""
    passed: Pass = request.gate
    one, given = _found(identity), request.POST
    try:
        if given.get("key", "").strip():
            rights.name_person(passed.who, one, given["key"], version=_version(given.get("version", "")), at=passed.at)
            passed.saw_none()
            return HttpResponseRedirect(reverse("rights-request", args=[identity]))
        wanted = {name: given[name].strip() for name in _SOUGHT if given.get(name, "").strip()}
        if not wanted:
            raise RequestInvalid(
                "Nothing to search for is given.", remedy="Give a surname, a date of birth or another detail."
            )
        if "born_on" in wanted:
            wanted["born_on"] = parse_day(wanted["born_on"]).isoformat()
        gate, asking = rights.gate_of(passed.officer, one.reference, passed.at)
        gate.asked(
            asking, "consultation", ["people", "fraud_victims"], verb="search for a person", at=passed.at, keys=[one.identity],
            note={"by": sorted(wanted)},
        )  # fmt: skip
        return _request_page(request, one, found=matching(_home(), **wanted).select(*PARTS).sort("ref", *PARTS))
    except FourfoldError as refused:
        return _request_page(request, one, f"{refused.cause} {refused.remedy}", status_of(refused))


@needs("export", "rights", methods=("POST",))
def answer(request: HttpRequest, identity: str) -> HttpResponse:
    """The bundle of what is held, HTML and DOCX in one archive: a disclosure. It is written, sent, and not kept here."""
    passed: Pass = request.gate
    one = _found(identity)
    try:
        held = rights.answer_access(
            passed.officer, one, recipient=request.POST.get("recipient", ""), reason=one.reference, at=passed.at
        )
    except FourfoldError as refused:
        return _request_page(request, one, f"{refused.cause} {refused.remedy}", status_of(refused))
    passed.saw_none()
    out = io.BytesIO()
    with (
        TemporaryDirectory(dir=_home() / "service", prefix="bundle-") as folder,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for path in written_bundle(held, Path(folder)):
            archive.write(path, path.name)
    return as_file(out.getvalue(), f"bundle-{held.key}.zip", "application/zip")


@needs("write", "rights", methods=("POST",))
def rectify(request: HttpRequest, identity: str) -> HttpResponse:
    """Put one detail of the person right."""
    return _acted(request, identity, lambda passed, one: rights.rectify_person(
        passed.officer, one, given=request.POST.dict(), reason=one.reference, clock=clock.now
    ))  # fmt: skip


@needs("erase", "rights", methods=("POST",))
def erase(request: HttpRequest, identity: str) -> HttpResponse:
    """Ask that the person is erased; the worker does it, and the page then shows the certificate."""
    return _acted(request, identity, lambda passed, one: rights.ask_for_erasure(
        passed.who, one, version=_version(request.POST.get("version", "")), reason=request.POST.get("reason", ""),
        at=passed.at, queue=work.queue_erasure,
    ))  # fmt: skip


def _acted(request: HttpRequest, identity: str, act: Callable[[Pass, RightsRequest], object]) -> HttpResponse:
    passed: Pass = request.gate
    one = _found(identity)
    try:
        act(passed, one)
    except FourfoldError as refused:
        one.refresh_from_db()
        return _request_page(request, one, f"{refused.cause} {refused.remedy}", status_of(refused))
    passed.saw_none()
    return HttpResponseRedirect(reverse("rights-request", args=[identity]))


def _version(text: str) -> int:
    if not text.isdecimal():
        raise RequestInvalid("The form was not whole.", remedy="Load the page again.")
    return int(text)


def _found(identity: str) -> RightsRequest:
    one = RightsRequest.objects.filter(identity=identity).first()
    if one is None:
        raise Http404
    return one


@dataclass(frozen=True)
class Queue:
    """The review queue as at a day: who is due or held by law, by the day of review, and how many people stand where."""

    due: pl.DataFrame
    counts: list[tuple[str, bool, str, int]]


def _queue(on: date) -> Queue | None:
    """The queue, worked out once for what stands: opaque keys and days, and nothing personal. None while it is made."""
    records = standing_records()
    register = _home() / "retention" / "register.json"
    changed = register.stat().st_mtime_ns if register.exists() else 0
    every = kept_rows.review_queue_on(records, on)
    if every is None:
        return None

    def made(_: tuple[Any, ...]) -> Queue:
        by = ("group", "is_youth", "state")
        due, counts = pl.collect_all([
            every.filter(pl.col("state") != LATER).sort("review_on", "key"), every.group_by(by).len().sort(by),
        ])  # fmt: skip
        return Queue(due, counts.rows())

    return kept(("review queue", str(records.home), kept_rows.state_of_rows(records), changed, on), made, most=1)


def _home() -> Path:
    return Path(settings.FOURFOLD_HOME)
