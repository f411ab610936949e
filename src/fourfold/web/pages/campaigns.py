"""Campaigns: intensification periods and what was done in them, protect activities with their return, questionnaires."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis import campaigns as of_campaigns
from fourfold.analysis.campaigns import CONTACTS, NOT_OFFERED, REACH_FIELDS, lines_from_plain, reach_lines
from fourfold.analysis.volumes import Scope
from fourfold.casework import campaigns as verbs
from fourfold.casework.campaigns import (
    Campaign,
    Contacted,
    ProtectActivity,
    ReachReturn,
    SeenCampaign,
    Terms,
)
from fourfold.codes.campaigns import questionnaire_codes, words
from fourfold.codes.periods import Window, month_end, parse_month, year_to_date
from fourfold.codes.working_days import local_date
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.publications.returns import layout_from_file, plain_layout, return_file
from fourfold.records import people, recognition, weekly_lists
from fourfold.records.as_at import Records
from fourfold.records.weekly_lists import Known
from fourfold.web.figures import figure, kept, own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.care import report_of
from fourfold.web.pages.picture import as_file
from fourfold.web.tables import listing

LAYOUT = "layouts/reach_return.toml"
"""Where in the records' folder the layout lies that the return of reach is taken away in."""


@needs("read", "campaigns", methods=("GET", "POST"))
def campaigns(request: HttpRequest) -> HttpResponse:
    """Every campaign, the latest first; a new one is begun here."""
    passed: Pass = request.gate
    fault = ""
    if request.method == "POST":
        passed.require("write", "campaigns")
        try:
            found = verbs.begin_campaign(passed.who, own_force(), _terms(Form(request.POST)), at=passed.at)
            return HttpResponseRedirect(reverse("campaign", args=[found.identity]))
        except FourfoldError as refused:
            fault = fault_words(refused)
    every = list(Campaign.objects.filter(force_id=own_force()).prefetch_related("victims", "returns"))
    behind = _behind(report.key for one in every for report in one.victims.all())
    shown = listing(
        "Campaigns", ["Campaign", "Led by", "From", "To", "Kinds of fraud", "Victims identified", "Where it stands"], every,
        lambda c: [{"text": c.name, "href": reverse("campaign", args=[c.identity])}, c.led_by, _day(c.first), _day(c.last),
                   ", ".join(c.codes), len(verbs.victims_of(c, behind)), c.state], numeric=[5],
    )  # fmt: skip
    context = {
        "shown": shown,
        "given": request.POST,
        "fault": fault,
        "fault_at": "name",
        "may_write": _may_write(passed),
    }
    return render(request, "pages/campaigns.html", context, status=422 if fault else 200)


@needs("read", "campaigns")
def campaign(request: HttpRequest, identity: str) -> HttpResponse:
    """One campaign: victims contacted or tried, returns, messages, arrests; never who."""
    return _campaign_page(request, _campaign(identity))


def _campaign_page(
    request: HttpRequest, found: Campaign, fault: FourfoldError | None = None, at: str = ""
) -> HttpResponse:
    passed: Pass = request.gate
    records, scope, window = standing_records(), Scope(force_id=found.force_id), Window(found.first, found.last)
    contacted = _contacted(found)
    states = [one.state for one in contacted]
    progress = figure(
        records, "campaign contacts", found.identity, found.version, tuple(sorted(Counter(states).items())),
        made=lambda: of_campaigns.contact_progress(states, scope, window, records.as_at),
    )  # fmt: skip
    own = [one.plain for one in found.activities.select_related("campaign")]
    reached = figure(
        records,
        "campaign reach",
        found.identity,
        tuple(own),
        made=lambda: of_campaigns.reach(own, scope, window, passed.at),
    )
    arrested = figure(
        records,
        "campaign arrests",
        found.identity,
        made=lambda: of_campaigns.arrests(records, scope, window, found.codes),
    )
    context = {
        "found": found, "progress": progress, "reach": reached, "arrests": arrested, "contacts": CONTACTS,
        "returns": list(found.returns.all()), "today": local_date(passed.at),
        "may_write": _may_write(passed) and found.state == verbs.OPEN,
        "may_see_victims": passed.may_somewhere("read", "victim_care"), "given": request.POST,
        "fault": fault_words(fault), "fault_at": at, "not_an_effect": of_campaigns.NOT_AN_EFFECT,
        "of_no_day": _of_no_day(found.force_id, found.codes),
    }  # fmt: skip
    return render(request, "pages/campaign.html", context, status=status_of(fault))


def _identify(seen: SeenCampaign, _: Form) -> None:
    found, records = seen.campaign, standing_records()
    rows = weekly_lists.reports_of(records, found.force_id, found.codes, found.reported_from, found.reported_to)
    behind = _behind(rows["key"])
    verbs.identify_victims(
        seen, [(key, behind[key].victim(key), on) for key, on in rows.select("key", "reported_on").iter_rows()]
    )


_ACTS: dict[str, Callable[[SeenCampaign, Form], None]] = {
    "identify": _identify,
    "plan": lambda seen, f: verbs.plan_return(seen, what=f.text("what"), due_on=f.day("due")),
    "sent": lambda seen, f: verbs.record_return(seen, number=f.whole("number"), evidence=f.text("evidence")),
    "end": lambda seen, _: verbs.end_campaign(seen),
}


def _act(name: str) -> Callable[..., HttpResponse]:
    @needs("write", "campaigns", methods=("POST",))
    def acted(request: HttpRequest, identity: str) -> HttpResponse:
        passed: Pass = request.gate
        found, form = _campaign(identity), Form(request.POST)
        try:
            _ACTS[name](SeenCampaign(passed.who, found, form.whole("version"), passed.at), form)
        except FourfoldError as fault:
            return _campaign_page(request, _campaign(identity), fault, name)
        return HttpResponseRedirect(f"{reverse('campaign', args=[identity])}#{name}")

    acted.__name__ = acted.__qualname__ = f"act_{name}"
    return acted


ACTS = {name: _act(name) for name in _ACTS}
"""A view for each verb on a campaign, by the last part of its address."""


@needs("read", "victim_care")
def victims(request: HttpRequest, identity: str) -> HttpResponse:
    """Each victim whom a campaign identified: contacted, tried, or nothing recorded, those first; the way to each one's care."""
    passed: Pass = request.gate
    found = _campaign(identity)
    every = sorted(
        _contacted(found),
        key=lambda one: (-CONTACTS.index(one.state), one.victim.first.reported_on, one.victim.first.pk),
    )
    states = verbs.questionnaire_states({one.victim.first.key: one.victim.names for one in every})
    shown = listing(
        "Victims identified", ["Victim", "Reported", "Contact", "Last tried", "Questionnaire"], every,
        lambda one: [_reports_of([report.key for report in one.victim.reports], "care-victim"),
                     _day(one.victim.first.reported_on), one.state.capitalize(), _day(one.last_on),
                     _result(states[one.victim.first.key])],
    )  # fmt: skip
    passed.saw("victim_care", lists={shown.name: [r.key for one in shown.rows for r in one.victim.reports]})
    return render(request, "pages/campaign_victims.html", {"found": found, "shown": shown})


@needs("read", "campaigns", methods=("GET", "POST"))
def activities(request: HttpRequest) -> HttpResponse:
    """Messages and events with their reach, and the return of each month; recorded here. Reach is never shown as effect."""
    passed: Pass = request.gate
    fault, fault_at = "", ""
    if request.method == "POST":
        passed.require("write", "campaigns")
        form = Form(request.POST)
        fault_at = "title" if form.text("act") == "activity" else "evidence"
        try:
            _recorded(passed, form)
            return HttpResponseRedirect(reverse("reach"))
        except FourfoldError as refused:
            fault = fault_words(refused)
    every = list(ProtectActivity.objects.filter(force_id=own_force()).select_related("campaign"))
    plain = [one.plain for one in every]
    months = sorted({one.on.replace(day=1) for one in every}, reverse=True)
    window = Window(months[-1], month_end(months[0])) if months else year_to_date(local_date(passed.at))
    records = standing_records()
    reached = figure(
        records, "reach", own_force(), tuple(plain),
        made=lambda: of_campaigns.reach(plain, Scope(force_id=own_force()), window, passed.at),
    ) if every else None  # fmt: skip
    sent = list(ReachReturn.objects.filter(force_id=own_force()).order_by("month", "number"))
    context = {
        "shown": listing("Messages and events", ["Day", "What", "How", "Title", "Campaign", "Reach"], every, _activity_cells),
        "months": listing("The return of each month", ["Month", "Activities", "Return"], months,
                          lambda m: _month_cells(m, plain, sent)),
        "reach": reached, "words": {name: words(name) for name in ("kinds", "channels")}, "given": request.POST, "fault": fault,
        "fault_at": fault_at, "may_write": _may_write(passed), "not_an_effect": of_campaigns.NOT_AN_EFFECT,
        "running": list(Campaign.objects.filter(force_id=own_force(), state=verbs.OPEN)),
        "unnumbered": [a for a in every if a.reach is None],
        "over": [m for m in months if month_end(m) < local_date(passed.at)],
    }  # fmt: skip
    return render(request, "pages/reach.html", context, status=422 if fault else 200)


def _recorded(passed: Pass, form: Form) -> None:
    act = form.text("act")
    if act == "activity":
        chosen = form.text("campaign")
        verbs.record_activity(
            passed.who, own_force(), kind=form.text("kind"), channel=form.text("channel"), on=form.day("on"),
            title=form.text("title"), reach=_number(form.text("reach")), campaign=_campaign(chosen) if chosen else None, at=passed.at,
        )  # fmt: skip
    elif act == "number":
        identity, _, version = form.text("activity").partition(" ")
        one = ProtectActivity.objects.filter(identity=identity, force_id=own_force()).first()
        reach = _number(form.text("late-reach"))
        if one is None or reach is None:
            raise RequestInvalid(
                "No activity is chosen, or no number given.", remedy="Choose one, and enter its number."
            )
        seen = int(version) if version.isdecimal() and len(version) < 9 else 0
        verbs.record_reach(passed.who, one, reach=reach, version=seen, at=passed.at)
    else:
        month = parse_month(form.text("month"))
        verbs.send_reach_return(passed.who, own_force(), month, evidence=form.text("evidence"), at=passed.at)


@needs("export", "campaigns")
def reach_file(request: HttpRequest, month: str) -> HttpResponse:
    """A month's return of reach as CSV, in the force's layout where its folder holds one.

    As it was last sent (or by `number`, as it went that time); a draft of what stands now where none was sent, or `draft` is asked:
    what came since is taken away, and then recorded as sent again. On the log as a disclosure.
    """
    passed: Pass = request.gate
    try:
        asked = parse_month(month)
    except FourfoldError:
        raise Http404 from None
    sent = _asked_return(request, asked)
    lines = lines_from_plain(sent.lines) if sent else reach_lines(verbs.activities_of(own_force()), asked)
    path = Path(settings.FOURFOLD_HOME) / LAYOUT
    layout = layout_from_file(path, REACH_FIELDS) if path.exists() else plain_layout(REACH_FIELDS)
    key = f"{own_force() or 'force'}-reach-{asked:%Y-%m}"
    name = key + (f"-{sent.number}" if sent and sent.number else "" if sent else "-draft")
    passed.saw(
        "campaigns", [key], kind="disclosure", verb="take return", recipient=passed.officer.key,
        note={"lines": len(lines), "sent": sent is not None},
    )  # fmt: skip
    content = return_file(lines, layout, force_id=own_force(), month=asked)
    return as_file(content.encode(), f"{name}.csv", "text/csv; charset=utf-8")


def _asked_return(request: HttpRequest, month: date) -> ReachReturn | None:
    """The return that the address asks for; None for a draft of what stands."""
    if "draft" in request.GET:
        return None
    sent = ReachReturn.objects.filter(force_id=own_force(), month=month).order_by("number")
    if "number" not in request.GET:
        return sent.last()
    number = request.GET["number"]
    found = (
        sent.filter(number=int(number)).first() if number.isascii() and number.isdecimal() and len(number) < 9 else None
    )
    if found is None:
        raise Http404
    return found


_OPEN_STATES = (NOT_OFFERED, "offered", "not_reached")


@needs("read", "victim_care")
def questionnaires(request: HttpRequest) -> HttpResponse:
    """Every romance victim of the last twelve months held, and whoever is open from before, the oldest open first.

    A victim whose day of report is to come or cannot be read is among them: no window would have that victim.
    """
    passed: Pass = request.gate
    records, force_id = standing_records(), own_force()
    last, rows = kept(
        ("reports of questionnaires", str(records.home), records.as_at, force_id),
        lambda _: _asked_about(records, force_id),
    )
    window = Window(last - timedelta(days=364), last)
    behind = _behind(rows["key"])
    victims: dict[str, list[tuple[str, date | None]]] = {}
    for key, on in rows.select("key", "reported_on").iter_rows():
        victims.setdefault(behind[key].victim(key), []).append((key, on))
    states = verbs.questionnaire_states(
        {victim: {name for key, _ in own for name in behind[key].names(key)} for victim, own in victims.items()}
    )
    order = {NOT_OFFERED: 0, "offered": 1, "not_reached": 2, "completed": 3, "declined": 4}
    inside = {who for who, own in victims.items() if any(on is None or on >= window.first for _, on in own)}
    before = [who for who in victims if who not in inside and states[who] in _OPEN_STATES]
    every = sorted(
        ((who, victims[who]) for who in (*inside, *before)),
        key=lambda one: (order[states[one[0]]], one[1][0][1] or date.min, one[1][0][0]),
    )
    shown = listing(
        "Questionnaires", ["Victim", "Reported", "Questionnaire"], every,
        lambda one: [_reports_of([key for key, _ in one[1]], "questionnaire"), _day(one[1][0][1]), _result(states[one[0]])],
    )  # fmt: skip
    passed.saw("victim_care", lists={shown.name: [key for _, own in shown.rows for key, _ in own]})
    told = [states[who] for who in sorted(inside)]
    progress = figure(
        records, "questionnaires", force_id, window, tuple(sorted(Counter(told).items())),
        made=lambda: of_campaigns.questionnaire_progress(told, Scope(force_id=force_id), window, records.as_at),
    ) if told else None  # fmt: skip
    context = {
        "shown": shown, "progress": progress, "codes": questionnaire_codes(), "before": len(before),
        "of_no_day": _of_no_day(force_id, questionnaire_codes()),
    }  # fmt: skip
    return render(request, "pages/questionnaires.html", context)


def _asked_about(records: Records, force_id: str) -> tuple[date, pl.DataFrame]:
    """The last day reported, and every report that a questionnaire is for: `key`, `reported_on`, in their order."""
    last = weekly_lists.last_reported(records, force_id) or local_date(records.as_at)
    rows = weekly_lists.reports_of_all_days(records, force_id, questionnaire_codes())
    return last, rows.select("key", "reported_on")


@needs("read", "victim_care", methods=("GET", "POST"))
def questionnaire(request: HttpRequest, key: str) -> HttpResponse:
    """One romance victim's questionnaire: offered, and what became of it."""
    passed: Pass = request.gate
    records = standing_records()
    rows = report_of(records, key)
    if rows["nfib_code"].item() not in questionnaire_codes():
        raise Http404
    fault: FourfoldError | None = None
    if request.method == "POST":
        passed.require("write", "victim_care")
        try:
            _asked(passed, key, Form(request.POST))
        except FourfoldError as refused:
            fault = refused  # the page is then shown, and with it the victim
        else:
            passed.saw_none()
            return HttpResponseRedirect(reverse("questionnaire", args=[key]))
    passed.saw("victim_care", [key])
    found = verbs.questionnaire_of(_behind([key])[key].names(key))
    context = {
        "key": key, "found": found, "reported_on": rows["reported_on"].item(),
        "result": _result(found.state if found else NOT_OFFERED),
        "results": words("results"), "given": request.POST, "fault": fault_words(fault),
        "fault_at": "result" if found else "offered", "may_write": passed.may_somewhere("write", "victim_care"),
    }  # fmt: skip
    return render(request, "pages/questionnaire.html", context, status=status_of(fault))


def _asked(passed: Pass, key: str, form: Form) -> None:
    behind = _behind([key])[key]
    found = verbs.questionnaire_of(behind.names(key))
    if form.text("act") == "offer":
        verbs.offer_questionnaire(
            passed.who, key=key, subject=behind.victim(key), force_id=own_force(), on=form.day("offered"), at=passed.at,
            names=behind.names(key),
        )  # fmt: skip
    elif found is None:
        raise RequestInvalid("No questionnaire is recorded yet.", remedy="Record first that it was offered.")
    else:
        verbs.close_questionnaire(
            passed.who, found, result=form.text("result"), version=form.whole("version"), at=passed.at
        )


def _reports_of(keys: Sequence[str], page: str) -> list[Any]:
    """The reports of one victim, each a way to its page."""
    return [{"text": f"Report {key[:8]}", "href": reverse(page, args=[key])} for key in keys]


def _behind(keys: Iterable[str]) -> dict[str, Known]:
    """Who stands behind some reports, by key, as far as people have been compared."""
    wanted, records = tuple(keys), standing_records()
    run = people.last_run(records.home)
    if run is None:
        return {key: Known() for key in wanted}
    since = recognition.recognised_at(run)
    asked = ("behind reports", str(records.home), records.as_at, run.name, since, wanted)
    return kept(asked, lambda _: weekly_lists.known(records, wanted))


def _of_no_day(force_id: str, codes: Sequence[str]) -> int:
    """How many reports of some codes have a day that is to come or cannot be read."""
    records = standing_records()
    asked = ("of no day", str(records.home), records.as_at, force_id, tuple(codes))
    return kept(asked, lambda _: weekly_lists.of_no_day(records, force_id, codes))


def _contacted(found: Campaign) -> list[Contacted]:
    """What is recorded of each victim, by victim care and by others in the force."""
    records = standing_records()

    def made(_: tuple[Any, ...]) -> dict[str, list[tuple[date, bool | None]]]:
        rows = weekly_lists.reports_of(records, found.force_id, found.codes, found.reported_from, found.reported_to)
        return weekly_lists.contacts_of_reports(records, rows)

    others = kept(("contacts by others", str(records.home), records.as_at, found.identity), made)
    return verbs.contacts(found, others, _behind(found.victims.values_list("key", flat=True)))


def _terms(form: Form) -> Terms:
    return Terms(
        name=form.text("name"), led_by=form.text("led-by"), codes=re.split(r"[,;\s]+", form.text("codes").strip()),
        first=form.day("first"), last=form.day("last"), reported_from=form.day("reported-from"), reported_to=form.day("reported-to"),
    )  # fmt: skip


def _activity_cells(one: ProtectActivity) -> list[Any]:
    number = f"{one.reach:,} {words('reach')[one.kind]}" if one.reach is not None else "not recorded"
    return [_day(one.on), words("kinds")[one.kind], words("channels")[one.channel], one.title,
            one.campaign.name if one.campaign else "", number]  # fmt: skip


def _month_cells(month: date, plain: list[of_campaigns.Activity], sent: list[ReachReturn]) -> list[Any]:
    lines = reach_lines(plain, month)
    own = [one for one in sent if one.month == month]
    address = reverse("reach-file", args=[f"{month:%Y-%m}"])
    said: list[Any] = []
    for one in own:
        said.append(f"Sent {_day(local_date(one.sent_at))}: {one.evidence}")
        said.append({"text": f"Take {month:%B %Y} as it was sent" + (f", supplement {one.number}" if one.number else ""),
                     "href": f"{address}?number={one.number}"})  # fmt: skip
    if not own:
        said += ["Not sent", {"text": f"Take {month:%B %Y}", "href": address}]
    elif lines_from_plain(own[-1].lines) != lines:
        said += [
            "Changed since it was sent",
            {"text": f"Take {month:%B %Y} as it stands now", "href": f"{address}?draft"},
        ]
    return [f"{month:%B %Y}", len(lines), said]


def _number(text: str) -> int | None:
    if not text:
        return None
    plain = text.replace(",", "")
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > 10:
        raise RequestInvalid("That is no number of people or impressions.", remedy="Enter a whole number, or nothing.")
    return int(plain)


def _result(state: str) -> str:
    return words("results").get(state, state.capitalize())


def _day(day: date | None) -> str:
    return f"{day:%-d %B %Y}" if day else ""


def _campaign(identity: str) -> Campaign:
    found = Campaign.objects.filter(identity=identity, force_id=own_force()).first()
    if found is None:
        raise Http404
    return found


def _may_write(passed: Pass) -> bool:
    return bool(passed.may_somewhere("write", "campaigns"))
