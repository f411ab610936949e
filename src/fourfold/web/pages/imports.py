"""Imports: what is held, files sent in and what became of them, the lines returned, and a file taken out again."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold import settings as clock
from fourfold.analysis.findings import Table
from fourfold.casework import work
from fourfold.casework.roles import Restriction
from fourfold.casework.uploads import AT_WORK, FAILED, WAITING, Upload, restricted_from, send, withdraw_batch
from fourfold.errors import FourfoldError
from fourfold.publications.tables import csv_text
from fourfold.records.access import returned_key
from fourfold.records.imports import rejects_of
from fourfold.records.lake import Batch, Lake
from fourfold.web.figures import standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.picture import as_file

_RETURNED = ("line", "last_line", "code", "column", "cause", "remedy", "raw")


@needs("read", "batches")
def imports(request: HttpRequest) -> HttpResponse:
    """The files held, the latest first, and those on their way."""
    passed: Pass = request.gate
    held = sorted(_lake().batches(), key=lambda b: (b.committed_at, b.batch_id), reverse=True)
    standing = {b.batch_id for b in standing_records().standing}
    may_send = passed.may_somewhere("send", "uploads")
    uploads = list(Upload.objects.order_by("-sent_at")[:10]) if passed.may_somewhere("read", "uploads") else []
    context = {
        "held": held, "standing": standing, "may_send": may_send, "uploads": uploads,
        "limit": settings.UPLOAD_LIMIT_BYTES, "returned": sum(int(b.account["rejected"]) for b in held),
    }  # fmt: skip
    return render(request, "pages/imports.html", context)


@needs("send", "uploads", methods=("GET", "POST"))
def send_file(request: HttpRequest) -> HttpResponse:
    """Send a file in; the page of its progress follows. `corrects` names the batch whose returned lines it mends."""
    passed: Pass = request.gate
    corrects = request.GET.get("corrects", "")
    batch = _lake().batch(corrects) if corrects.isalnum() else None
    fault = ""
    if request.method == "POST":
        given = request.FILES.get("file")
        try:
            if given is None:
                fault = "Choose a file to send."
            else:
                sent = send(
                    passed.who, given.name, given.chunks(), at=passed.at, replaces=batch.batch_id if batch else "",
                    is_restricted=request.POST.get("restricted") == "yes", queue=work.queue_import,
                )  # fmt: skip
                return HttpResponseRedirect(reverse("upload", args=[sent.identity]))
        except FourfoldError as refused:
            fault = f"{refused.cause} {refused.remedy}"
    is_restricted = request.POST.get("restricted") == "yes"
    context = {"fault": fault, "batch": batch, "is_restricted": is_restricted, "limit": settings.UPLOAD_LIMIT_BYTES}
    return render(request, "pages/send_file.html", context, status=200 if not fault else 422)


@needs("read", "uploads")
def upload(request: HttpRequest, identity: str) -> HttpResponse:
    """What became of a file that was sent in; while it is under way the page looks again by itself."""
    found = Upload.objects.filter(identity=identity).first()
    if found is None:
        raise Http404
    batches = [b for one in found.batch_list if (b := _lake().batch(one)) is not None]
    context = {"upload": found, "batches": batches, "is_under_way": found.state in (WAITING, AT_WORK),
               "has_failed": found.state == FAILED}  # fmt: skip
    return render(request, "pages/upload.html", context)


@needs("read", "batches", methods=("GET", "POST"))
def batch(request: HttpRequest, identity: str) -> HttpResponse:
    """A file held: its account, what was flagged, and its lines returned; taken out of every figure by those who may."""
    passed: Pass = request.gate
    found = _batch(identity)
    fault = ""
    if request.method == "POST":
        passed.require("withdraw", "batches")
        try:
            withdraw_batch(passed.who, found.batch_id, reason=request.POST.get("reason", ""), clock=clock.now)
            work.queue_worked_out()
            return HttpResponseRedirect(reverse("batch", args=[found.batch_id]))
        except FourfoldError as refused:
            fault = f"{refused.cause} {refused.remedy}"
    returned = rejects_of(found)
    by_cause = returned.group_by("code", "column", "cause", "remedy").len().sort("len", descending=True).rows()
    context = {
        "batch": found, "fault": fault, "by_cause": by_cause, "returned": returned.height,
        "is_standing": found.batch_id in {b.batch_id for b in standing_records().standing},
        "may_take_lines": passed.may("export", "source_lines", restriction=_restriction(passed, found)),
        "is_restricted": bool(restricted_from("", [found])), "may_withdraw": passed.may("withdraw", "batches"),
        "may_send": passed.may_somewhere("send", "uploads"),
    }  # fmt: skip
    return render(request, "pages/batch.html", context, status=200 if not fault else 422)


@needs("export", "source_lines")
def rejects_file(request: HttpRequest, identity: str) -> HttpResponse:
    """The lines of a file that were returned, with the reason and the remedy of each, as CSV: a disclosure."""
    passed: Pass = request.gate
    found = _batch(identity)
    passed.require("export", "source_lines", restriction=_restriction(passed, found))
    rows = rejects_of(found).select(_RETURNED).rows()
    passed.saw(
        "source_lines", [found.batch_id, returned_key(found.batch_id)], kind="disclosure", verb="take returned lines",
        recipient=passed.officer.key, note={"lines": len(rows)},
    )  # fmt: skip
    content = csv_text(Table(columns=_RETURNED, rows=tuple(rows))).encode()
    return as_file(content, f"returned-{found.batch_id}.csv", "text/csv; charset=utf-8")


def _restriction(passed: Pass, batch: Batch) -> Restriction:
    """What to ask of the table of roles for a file's lines: whether somebody else sent it in as restricted."""
    return "restricted" if restricted_from(passed.officer.key, [batch]) else "none"


def _batch(identity: str) -> Batch:
    found = _lake().batch(identity) if identity.isalnum() else None
    if found is None:
        raise Http404
    return found


def _lake() -> Lake:
    return Lake(Path(settings.FOURFOLD_HOME))
