"""Capacity: what a limit of the score, a team and a mix of care would do for those who really reported, asked in the address."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from markupsafe import Markup

from fourfold.analysis import capacity as of_care
from fourfold.analysis.capacity import LATE, MOST_LEAD, ORDERS, OUTCOMES, Plan
from fourfold.analysis.findings import Finding
from fourfold.analysis.waits import care_waits
from fourfold.casework import themes
from fourfold.codes.care import words
from fourfold.codes.service_times import MOST_OFFICERS, ServiceTimes, service_times
from fourfold.codes.triage_rules import DEFAULT, TriageRule, triage_rule
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.publications.charts import backlog_picture
from fourfold.web.figures import kept
from fourfold.web.gate import needs
from fourfold.web.pages.fraud import Asked
from fourfold.web.pages.picture import Part


@needs("read", "care_figures")
def capacity(request: HttpRequest) -> HttpResponse:
    """Helped, waiting and missed as asked, beside as it is now: a chart and its table, and who is missed."""
    context: dict[str, Any] = {"orders": ORDERS, "levels": words("levels"), "fault": "", "fault_at": "", "given": {}}
    try:
        asked = Asked(request)
    except FourfoldError as refused:
        return render(
            request, "pages/capacity.html", {**context, "fault": f"{refused.cause} {refused.remedy}"}, status=422
        )
    context["asked"] = asked
    if not asked.held:
        return render(request, "pages/capacity.html", context)
    standing, times = triage_rule(DEFAULT, asked.window.last), service_times(asked.window.last)
    question = Question.of(request, standing, times)
    made = partial(care_waits, asked.records, asked.scope, asked.window, standing)
    recorded = asked.part("care waits", made)
    context |= {"standing": standing, "times": times, "given": question.given, "recorded": recorded}
    try:
        plan = question.plan(standing, times)
        context |= _shown(asked, plan, Plan(rule=standing, times=times), standing, question.lead())
    except FourfoldError as refused:
        context |= {"fault": f"{refused.cause} {refused.remedy}", "fault_at": question.field}
    return render(request, "pages/capacity.html", context, status=422 if context["fault"] else 200)


def opened() -> None:
    """Work out what stands beside every plan, how it is now, before anybody asks for it."""
    asked = Asked(HttpRequest(), is_exact=True)
    if asked.held:
        standing, times = triage_rule(DEFAULT, asked.window.last), service_times(asked.window.last)
        as_now = Plan(rule=standing, times=times)
        _shown(asked, as_now, as_now, standing, 0)


@dataclass
class Question:
    """What the form asks, as written; `field` is the one at fault while its plan is read."""

    given: dict[str, str]
    field: str = ""

    @staticmethod
    def of(request: HttpRequest, standing: TriageRule, times: ServiceTimes) -> Question:
        """What the address says, filled up with what stands."""
        score = f"above {standing.score}" if standing.is_above else f"{standing.score}"
        stands = {
            "limit": score,
            "team": f"{times.officers}",
            "order": "risk",
            "lead": "0",
            **{f"mix-{n}": f"{share}" for n, share in times.mix.items()},
        }
        return Question({name: request.GET.get(name, "").strip() or text for name, text in stands.items()})

    def plan(self, standing: TriageRule, times: ServiceTimes) -> Plan:
        """The plan that is asked. Raises RequestInvalid with `field` at fault."""
        self.field = "limit"
        rule = standing.with_score(self.given["limit"])
        if rule.least_score == standing.least_score:
            rule = standing
        self.field = "team"
        team = self._whole("team", MOST_OFFICERS)
        meant = times.but(officers=team)
        first = next(iter(times.mix))
        for level in times.mix:
            self.field = f"mix-{level}"
            self._whole(self.field, 100)
        self.field = f"mix-{first}"
        meant = meant.but(mix={level: int(self.given[f"mix-{level}"]) for level in times.mix})
        self.field = "order"
        return Plan(rule=rule, times=meant, order=self.given["order"])  # type: ignore[arg-type]

    def lead(self) -> int:
        """How many weeks are played before the window. Raises RequestInvalid with `field` at fault."""
        self.field = "lead"
        weeks = self._whole("lead", MOST_LEAD)
        if weeks > MOST_LEAD:
            raise RequestInvalid(f"The play begins 0 to {MOST_LEAD} weeks before.", remedy="Give a number of weeks.")
        return weeks

    def _whole(self, name: str, most: int) -> int:
        text = self.given[name]
        if not (text.isascii() and text.isdecimal()) or len(text) > 4:
            raise RequestInvalid("A number is missing, or is none.", remedy=f"Enter a whole number from 0 to {most}.")
        return int(text)


def _shown(asked: Asked, plan: Plan, now: Plan, standing: TriageRule, lead: int) -> dict[str, Any]:
    """The Findings of both plans, the chart, and the outcomes side by side."""
    as_asked, as_now = (_part(asked, one, standing, lead) for one in (plan, now))
    if as_asked.finding is None or as_now.finding is None or as_asked.finding.value is None:
        return {"part": as_asked}
    beside = []
    for row, before in zip(as_asked.rows, as_now.rows, strict=True):
        beside.append(
            [
                row["outcome"],
                row["reports"],
                f"{row['low']:,} to {row['high']:,}",
                before["reports"],
                row["reports"] - before["reports"],
            ]
        )
    return {
        "part": as_asked, "plan": plan, "is_as_now": plan == now, "beside": beside, "chart": _chart(as_asked.finding, as_now.finding),
        **{name: as_asked.finding.part(f"capacity {name.replace('_', ' ')}") for name in ("waits", "backlog", "by_whom")},
        "late": OUTCOMES[LATE],
    }  # fmt: skip


def _part(asked: Asked, plan: Plan, standing: TriageRule, lead: int) -> Part:
    reading, found = themes.last_reading(asked.force_id)
    titles = themes.titles(asked.force_id)
    told = {key: titles[theme] for key, theme in found.theme_of.items() if theme in titles} if found else {}
    called = hashlib.sha256(repr(sorted(Counter(told.values()).items())).encode()).hexdigest()[:8]
    made = partial(
        of_care.capacity, asked.records, asked.scope, asked.window, plan, standing, theme_of=told, lead_weeks=lead
    )
    return asked.part(f"capacity {plan.in_words} {lead} {reading.identity if reading else ''} {called}", made)


def _chart(as_asked: Finding, as_now: Finding) -> dict[str, Any]:
    """The backlog drawn into the page."""

    def drawn(_: tuple[Any, ...]) -> dict[str, Any]:
        asked, now = (one.part("capacity backlog") for one in (as_asked, as_now))
        made = backlog_picture(asked, now, settings.FOURFOLD_FICTITIOUS)
        return {"chart": made, "svg": Markup(made.svg())}  # noqa: S704 - drawn by us, its texts escaped

    return kept(("backlog", as_asked.id, as_now.id), drawn)
