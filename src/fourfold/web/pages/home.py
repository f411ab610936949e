"""Home: what came in, what changed and how sure that is, what is late, and one's own work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import resolve, reverse

from fourfold.analysis import comparisons, volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.casework.drafts import Draft
from fourfold.casework.saved_views import forget_view, save_view
from fourfold.casework.uploads import Upload
from fourfold.casework.work_in_hand import Desk, InHand, work_in_hand
from fourfold.codes.periods import Window, month_end
from fourfold.codes.working_days import local_date
from fourfold.errors import FourfoldError
from fourfold.records.as_at import Records
from fourfold.records.lake import Lake
from fourfold.records.weekly_lists import Week
from fourfold.web.figures import figure, kept, own_force, standing_records
from fourfold.web.gate import Pass, for_any_officer, needs, safe_next
from fourfold.web.pages.care import weeks_held
from fourfold.web.pages.picture import forces_held, measures_held, told_measures
from fourfold.web.pages.returns import disseminated, first_month

PAGES = {
    "care-cases": ("care-in-hand",), "visits-past": ("care-in-hand",), "questionnaires": ("questionnaires",),
    "returns-to-sign": ("fraud-returns",), "returns-to-send": ("fraud-returns",), "returns-overdue": ("fraud-returns",),
    "hand-outs-to-sign": ("hand-outs",), "records-to-mark": ("audits",), "audits-to-close": ("audits",),
    "sites-to-judge": ("sites",), "partners-late": ("sites",), "themes-to-judge": ("themes",),
    "themes-to-read": ("themes",),
    "cases-to-acknowledge": ("fraud-cases",), "cocoons": ("cocoons",), "cocoons-past": ("cocoons",), "patrols": ("patrols",),
    "patrols-past": ("patrols",), "rights-requests": ("rights",), "weekly-lists": ("care", "send-file"),
    "campaign-returns": ("campaigns",), "reach-returns": ("reach",), "plan-actions": ("plan",),
    "answers-to-review": ("intelligence-questions",),
}  # fmt: skip
"""The page on which each kind of work in hand is done: the first of those that the officer may open."""
MONTHS_LATE = 2
"""Whole months without records after which a supply is said to be late."""


@dataclass(frozen=True)
class Late:
    """A supply whose last month is long gone."""

    stream: str
    last: date
    months: int


@for_any_officer()
def home(request: HttpRequest) -> HttpResponse:
    """Where an officer starts; each part is there as far as the role shows it."""
    passed: Pass = request.gate
    records = standing_records()
    context: dict[str, Any] = {
        "changes": [],
        "late": [],
        "came_in": [],
        "uploads": [],
        "drafts": [],
        "force_id": _force(records),
    }
    if passed.may("read", "figures") and context["force_id"]:
        context["changes"] = changes(records, str(context["force_id"]), passed.may("read", "care_figures"))
        context["judged"] = sum(map(is_judged, context["changes"]))
        context["late"] = late(records, str(context["force_id"]), local_date(passed.at))
    every = work_in_hand(_desk(passed, records), passed.may_open)
    context["waiting"] = [_line(passed, one) for one in every if not one.kind.is_late]
    context["overdue"] = [_line(passed, one) for one in every if one.kind.is_late]
    if passed.may_somewhere("read", "batches"):
        held = sorted(Lake(Path(settings.FOURFOLD_HOME)).batches(), key=lambda b: b.committed_at, reverse=True)
        context["came_in"] = held[:5]
    if passed.may_somewhere("send", "uploads"):
        context["uploads"] = list(Upload.objects.filter(sent_by=passed.officer.key).order_by("-sent_at")[:5])
    if passed.may_somewhere("write", "papers"):
        context["drafts"] = list(Draft.objects.filter(changed_by=passed.officer.key).order_by("-changed_at")[:5])
    context["views"] = list(passed.officer.saved_views.order_by("name"))
    return render(request, "pages/home.html", context)


def _desk(passed: Pass, records: Records) -> Desk:
    """The officer's desk; what comes from the records is worked out once while they stand, as their own pages have it."""
    force_id, today = own_force(), local_date(passed.at)

    def weeks() -> tuple[Week, ...]:
        return weeks_held(records, force_id, today)[0]

    return Desk(
        officer=passed.officer.key, force_id=force_id, today=today, first_month=lambda: first_month(records),
        weeks_missing=lambda: sum(week.is_missing for week in weeks()),
        weeks_came=lambda: [week.received_at for week in weeks() if week.received_at],
        disseminated=lambda: disseminated(records)["key"].to_list(),
    )  # fmt: skip


def _line(passed: Pass, one: InHand) -> tuple[str, str]:
    """A kind of work in words, and where it is done."""
    every = (resolve(reverse(page)) for page in PAGES[one.kind.name])
    open_to = [found for found in every if passed.may_open(found.func.needs.action, found.func.needs.record_class)]
    return one.words, reverse(open_to[0].url_name) if open_to else ""


@needs("write", "saved_views", methods=("POST",))
def save(request: HttpRequest) -> HttpResponse:
    """Keep a page's filters under a name."""
    passed: Pass = request.gate
    save_view(passed.officer, request.POST.get("name", ""), safe_next(request.POST.get("address", "")), at=passed.at)
    return HttpResponseRedirect(reverse("home"))


@needs("write", "saved_views", methods=("POST",))
def forget(request: HttpRequest, number: int) -> HttpResponse:
    """Forget one of one's own saved views."""
    passed: Pass = request.gate
    forget_view(passed.officer, number, at=passed.at)
    return HttpResponseRedirect(reverse("home"))


def changes(records: Records, force_id: str, with_fraud: bool = False) -> list[Finding]:
    """The latest month of each measure against the same month of the year before: those judged a rise or a fall first, then
    the measures of most crimes. Of reports of fraud only `with_fraud`, since small numbers are among them."""

    def made(_: tuple[object, ...]) -> list[Finding]:
        found = []
        for measure in told_measures(measures_held(records, force_id), with_fraud):
            scope = Scope(force_id=force_id)
            last = volumes.held_months(records, measure, scope)[-1]
            window = Window(last, month_end(last))
            try:
                compared = partial(comparisons.compared, records, measure, scope, window)
                found.append(figure(records, "latest", force_id, measure.id, made=compared))
            except FourfoldError:
                continue  # a measure held by the quarter has no latest month
        return sorted(found, key=_first_to_be_told)[:8]

    return kept(("changes", str(records.home), records.as_at, force_id, with_fraud), made)


def is_judged(change: Finding) -> bool:
    """Whether a change is more than the series' own ordinary variation."""
    return change.value is not None and (change.verdict or "").partition(":")[0] in ("rise", "fall")


def _first_to_be_told(change: Finding) -> tuple[bool, float]:
    size = change.value if is_judged(change) else change.n
    return not is_judged(change), -abs(float(size or 0))


def late(records: Records, force_id: str, today: date) -> list[Late]:
    """The supplies of crimes whose last month held ended more than two whole months ago."""
    found = []
    for stream, months in records.streams("crimes", force_id).items():
        behind = (today.year - months[-1].year) * 12 + today.month - months[-1].month - 1
        if behind > MONTHS_LATE:
            found.append(Late(stream, months[-1], behind))
    return found


def _force(records: Records) -> str:
    held = dict(forces_held(records))
    with_crimes = [f for f in held if records.streams("crimes", f)]
    return settings.FOURFOLD_FORCE if settings.FOURFOLD_FORCE in held else next(iter(with_crimes or held), "")
