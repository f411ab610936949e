"""Fraud: the picture of reports on one page, and what another limit of the score would do for victim care."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date
from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.analysis import fraud_reports, losses, triage, volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.reports_told import ROUNDING, latest_quarters, reports_told, whole_quarters
from fourfold.analysis.volumes import Scope
from fourfold.casework.uploads import restricted_from
from fourfold.codes import areas
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window, month_end, parse_window, year_to_date
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.triage_rules import DEFAULT, triage_rule
from fourfold.errors import CodeUnknown, FourfoldError, NothingHeld, RequestInvalid
from fourfold.records import weekly_lists
from fourfold.records.as_at import Records
from fourfold.web.figures import figure, kept, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.picture import Part
from fourfold.web.tables import Listing, listing

SPLITS = {
    "group": "By group of codes", "code": "By code", "age": "By the victim’s age", "victim_type": "People and organisations",
    "cyber_class": "Cyber-enabled and cyber-dependent",
}  # fmt: skip


class Asked:
    """The force and window of the address, and each Finding worked out once for the records as they stand.

    `is_exact` is whether counts are shown as they are: to those who run or plan the care. Everybody else is told them rounded,
    of whole quarters (`analysis.reports_told`).
    """

    def __init__(self, request: HttpRequest, is_exact: bool | None = None) -> None:
        passed: Pass | None = getattr(request, "gate", None)
        self.is_exact = is_exact if is_exact is not None or passed is None else passed.may("read", "care_figures")
        self.records: Records = standing_records()
        held = {force for batch in self.records.batches_of("fraud_victims") for force in batch.coverage}
        self.forces = [(one.id, one.name) for one in areas.forces() if one.id in held]
        asked = request.GET.get("force") or settings.FOURFOLD_FORCE
        names = dict(self.forces)
        if request.GET.get("force") and asked not in names:
            raise CodeUnknown("No report of fraud of that force is held.", remedy="Choose one of the forces held.")
        self.force_id = asked if asked in names else next(iter(names), "")
        self.scope = Scope(force_id=self.force_id)
        self.held = volumes.held_months(self.records, measure("fraud_reports"), self.scope) if self.force_id else ()
        if self.held:
            self.window = self._window(request)
            self.name = areas.force(self.force_id).name

    def _window(self, request: HttpRequest) -> Window:
        first, last = request.GET.get("from"), request.GET.get("to")
        if first or last:
            asked = parse_window(first or last, last or f"{self.held[-1]:%Y-%m}")
            if not self.is_exact and not whole_quarters(asked):
                raise RequestInvalid(
                    "In your role reports of fraud are told by whole quarters of the year.",
                    remedy="Choose a window that begins with January, April, July or October and ends a quarter.",
                )
            return asked
        stands = year_to_date(month_end(self.held[-1])) if self.is_exact else latest_quarters(self.held)
        if stands is None:
            raise NothingHeld(
                "No whole quarter of the year is held yet, and in your role reports of fraud are told by quarters.",
                remedy="Come back when its third month is held.",
            )
        return stands

    @property
    def ends(self) -> tuple[list[date], list[date]]:
        """The months with which a window may begin, and with which it may end."""
        if self.is_exact:
            return list(self.held), list(self.held)
        return [m for m in self.held if m.month % 3 == 1], [m for m in self.held if m.month % 3 == 0]

    def count(self, n: int) -> int:
        """A count as the page may say it."""
        return n if self.is_exact else small_number_rule(ROUNDING).rounded(n)

    def told(self, name: str, made: Callable[[], Finding]) -> Part:
        """A part of the picture as the officer may have it: as it is, or told."""
        if self.is_exact:
            return self.part(name, made)
        return self.part(f"{name}, told", lambda: reports_told(made()))

    def part(self, name: str, made: Callable[[], Finding]) -> Part:
        """A part of the page: its Finding, or why there is none."""
        try:
            return Part(figure(self.records, name, self.force_id, self.window.first, self.window.last, made=made))
        except FourfoldError as fault:
            return Part(None, fault)


@needs("read", "figures")
def picture(request: HttpRequest) -> HttpResponse:
    """Reports by kind with what changed, the share of "other", who lost and how much, suspects overseas, the nation beside."""
    passed: Pass = request.gate
    try:
        asked = Asked(request)
    except FourfoldError as fault:
        return render(request, "pages/fraud.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    if not asked.held:
        return render(request, "pages/fraud.html", {})
    records, scope, window = asked.records, asked.scope, asked.window
    splits, parts = _worked_out(asked)
    largest: Listing | None = None
    closed = restricted_from(passed.officer.key, records.batches_of("fraud_victims"))
    if asked.is_exact and passed.may("read", "source_lines", restriction="restricted" if closed else "none"):
        # A report's reference leads to a person: who is shown it stands on the log.
        largest = listing(
            "The largest losses, for somebody to check; never to be published", ["Report", "Victim", "Loss (£)"],
            losses.largest_losses(records, measure("fraud_reports"), scope, window),
            lambda one: [one.report_ref, one.victim_type or "not recorded", one.loss_pence / 100], numeric=[2],
        )  # fmt: skip
        passed.saw("source_lines", lists={largest.name: [one.report_ref for one in largest.rows]})
    found = [p.finding for p in (*splits.values(), *parts.values()) if p.finding is not None]
    context = {
        "of_no_day": asked.count(
            kept(
                ("of no day", str(records.home), records.as_at, asked.force_id),
                lambda _: weekly_lists.of_no_day(records, asked.force_id),
            )
        ),
        "asked": asked,
        "splits": splits,
        "titles": SPLITS,
        "largest": largest,
        "is_closed": largest is None and passed.may("read", "source_lines"),
        "findings": found,
        **parts,
    }
    return render(request, "pages/fraud.html", context)


def opened() -> None:
    """Work out the page as it opens, before anybody asks for it."""
    for is_exact in (True, False):
        with contextlib.suppress(FourfoldError):  # no whole quarter is held yet
            asked = Asked(HttpRequest(), is_exact)
            if asked.held:
                _worked_out(asked)


def _worked_out(asked: Asked) -> tuple[dict[str, Part], dict[str, Part]]:
    """The reports by each kind of split, and the page's other figures: each worked out once while the records stand."""
    records, scope, window = asked.records, asked.scope, asked.window
    splits = {
        by: asked.told(f"report changes {by}", partial(fraud_reports.changes, records, scope, window, by))
        for by in SPLITS
    }
    return splits, {
        "other": asked.told("other", partial(fraud_reports.share_of_other, records, scope, window)),
        "sent": asked.told("other sent", partial(fraud_reports.share_of_other, records, scope, window, "disseminated")),
        "overseas": asked.told("overseas", partial(fraud_reports.overseas_share, records, scope, window)),
        "national": asked.told("national", partial(fraud_reports.beside_national, records, scope)),
        "losses": asked.told("losses", partial(_losses, asked)),
    }


def _losses(asked: Asked) -> Finding:
    """Losses with no victim's own; `reports_told` takes the same away, and more."""
    found = losses.losses(asked.records, measure("fraud_reports"), asked.scope, asked.window)
    return losses.losses_told(found) if asked.is_exact else found


@needs("read", "care_figures")
def threshold(request: HttpRequest) -> HttpResponse:
    """What another limit of the score would do: whom it would refer, by age, loss, victim and kind."""
    limit, fault, part = request.GET.get("limit", "18").strip(), "", None
    asked = None
    try:
        asked = Asked(request)
        if asked.held:
            rule = triage_rule(DEFAULT, asked.window.last)
            made = partial(
                triage.threshold_effect, asked.records, asked.scope, asked.window, rule, rule.with_score(limit)
            )
            part = asked.part(f"threshold {rule.with_score(limit).score_in_words}", made)
    except (RequestInvalid, CodeUnknown) as refused:
        fault = f"{refused.cause} {refused.remedy}"
    context = {"asked": asked, "limit": limit, "part": part, "fault": fault, "fault_at": "limit"}
    return render(request, "pages/threshold.html", context, status=200 if not fault else 422)
