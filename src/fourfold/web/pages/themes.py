"""Themes in reports of fraud: what emerges among "other", for an analyst to decide of, and each theme over the months."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis import theme_trends, volumes
from fourfold.analysis.theme_reports import ThemeReports
from fourfold.analysis.volumes import Scope
from fourfold.casework import themes, work
from fourfold.casework.themes import CONFIRMED, PROPOSED, LocalTheme, ThemeReading
from fourfold.codes import areas
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window, month_end
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.themes import themes as known_themes
from fourfold.codes.triage_rules import triage_rule
from fourfold.errors import CodeUnknown, FourfoldError, NothingHeld
from fourfold.records.as_at import Records
from fourfold.web.figures import figure, own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.picture import Part

COURIER = "courier_fraud"
_MONTHS = 3
_SHOWN = 13
_AGAIN = "Read the narratives again."


@needs("read", "themes")
def themes_page(request: HttpRequest) -> HttpResponse:
    """What emerges, to be decided of; one theme's months with how sure they are; every theme of the last months."""
    return _page(request)


@needs("write", "themes", methods=("POST",))
def read(request: HttpRequest) -> HttpResponse:
    """Ask the worker to read the narratives."""
    passed: Pass = request.gate
    try:
        force_id = _force(standing_records())
        themes.ask_for_reading(passed.who, force_id, at=passed.at, queue=work.queue_reading)
    except FourfoldError as fault:
        return _page(request, fault)
    return HttpResponseRedirect(reverse("themes"))


_Act = Callable[[Pass, LocalTheme, dict[str, str], int], None]
_ACTS: dict[str, _Act] = {
    "confirm": lambda p, t, f, v: themes.confirm_theme(p.who, t, f.get("name", ""), version=v, at=p.at),
    "rename": lambda p, t, f, v: themes.rename_theme(p.who, t, f.get("name", ""), version=v, at=p.at),
    "merge": lambda p, t, f, v: themes.merge_theme(p.who, t, f.get("into", ""), version=v, at=p.at),
    "reject": lambda p, t, f, v: themes.reject_theme(p.who, t, f.get("why", ""), version=v, at=p.at),
}


def _act(name: str) -> Callable[..., HttpResponse]:
    @needs("write", "themes", methods=("POST",))
    def acted(request: HttpRequest, identity: str) -> HttpResponse:
        passed: Pass = request.gate
        theme = LocalTheme.objects.filter(force_id=_force(standing_records()), identity=identity).first()
        if theme is None:
            raise Http404
        given = {key: str(value) for key, value in request.POST.items()}
        try:
            _ACTS[name](passed, theme, given, Form(request.POST).whole("version"))
        except FourfoldError as fault:
            return _page(request, fault, at=f"{name}-{identity}")
        return HttpResponseRedirect(f"{reverse('themes')}#{identity}")

    acted.__name__ = acted.__qualname__ = f"act_{name}"
    return acted


ACTS = {name: _act(name) for name in _ACTS}
"""A view for each decision of a theme, by the last part of its address."""


def _page(request: HttpRequest, fault: FourfoldError | None = None, at: str = "") -> HttpResponse:
    passed: Pass = request.gate
    records = standing_records()
    force_id = _force(records)
    reading, found = themes.last_reading(force_id) if force_id else (None, None)
    context: dict[str, Any] = {
        "force": areas.force(force_id).name if force_id else "", "reading": reading, "found": found,
        "waits": ThemeReading.objects.filter(force_id=force_id, state__in=(themes.WAITING, themes.AT_WORK)).exists(),
        "failed": ThemeReading.objects.filter(force_id=force_id).order_by("-asked_at").first(),
        "may_write": passed.may_somewhere("write", "themes"), "given": request.POST,
        "fault": fault_words(fault), "fault_at": at,
        "vulnerable_from": triage_rule().score_in_words,
    }  # fmt: skip
    status = status_of(fault)
    if reading is not None and found is not None and found.months:
        try:
            context |= _shown(request, records, force_id, reading, found)
        except CodeUnknown as unknown:
            context |= {"fault": f"{unknown.cause} {unknown.remedy}", "found": None}
            status = 422
    return render(request, "pages/themes.html", context, status=status)


def _shown(
    request: HttpRequest, records: Records, force_id: str, reading: ThemeReading, found: ThemeReports
) -> dict[str, Any]:
    """The queue, the theme asked for, and all themes of the last months."""
    local = {t.identity: t for t in LocalTheme.objects.filter(force_id=force_id)}
    queue = [(e, local[e.identity]) for e in found.emerging if e.identity in local]
    titles = themes.titles(force_id)
    by_name = {t.name: t.identity for t in local.values() if t.state == CONFIRMED}
    asked = request.GET.get("theme", COURIER)
    asked = asked if asked in titles else by_name.get(asked, asked)
    unread = {name: _unread(reading, local[name]) for name in titles if name in local and name not in found.read_as}
    if asked not in titles:
        raise CodeUnknown("There is no such theme.", remedy="Choose one of the list.")
    window = [m.month for m in found.months[-_MONTHS:]]
    over = Window(window[0], month_end(window[-1]))
    scope, counted = Scope(force_id=force_id), measure("fraud_reports")

    def trend() -> Any:
        if asked in unread:
            raise NothingHeld(f"{titles[asked]} cannot be counted: {unread[asked]}.", remedy=_AGAIN)
        reports = volumes.count(records, counted, scope, over)
        return theme_trends.theme_trend(reports, found.months, asked, of_window=window, title=titles[asked])

    scored = sum(m.scored.get(asked, 0) for m in found.months)  # a merge changes it, and the name may change
    try:
        part = Part(
            figure(records, "theme trend", force_id, asked, titles[asked], reading.identity, str(scored), made=trend)
        )
    except FourfoldError as refused:
        part = Part(None, refused)
    every = [
        (titles[name], name, sum(m.scored.get(name, 0) for m in found.months[-_MONTHS:]), theme_trends.tried(name))
        for name in titles
        if name not in unread
    ]
    return {
        "queue": sorted(queue, key=lambda one: (one[1].state != PROPOSED, one[1].identity)), "part": part, "titles": titles,
        "asked": asked, "over": over, "every": sorted(every, key=lambda row: -row[2]),
        "unread": [(titles[name], name, why) for name, why in unread.items()], "tried": theme_trends.tried(asked),
        "small": small_number_rule().is_small, "too_few": f"not told of fewer than {small_number_rule().smallest_shown}",
        "rows": part.rows[-_SHOWN:], "into": _into(local, titles), "by_time": theme_trends.BY_TIME,
    }  # fmt: skip


def _unread(reading: ThemeReading, theme: LocalTheme) -> str:
    """Why the last reading says nothing of a theme of the force's own."""
    return (
        "not read since it was named" if theme.changed_at > reading.asked_at else "too few of its reports to learn from"
    )


def _into(local: dict[str, LocalTheme], titles: dict[str, str]) -> list[tuple[str, str]]:
    """What a theme can be merged into: others that stand, and the shipped list."""
    own = [(t.identity, t.name) for t in local.values() if t.state in (PROPOSED, CONFIRMED)]
    return [*own, *((t.theme, t.title) for t in known_themes() if t.theme in titles)]


def _force(records: Records) -> str:
    held = sorted({force for batch in records.batches_of("fraud_victims") for force in batch.coverage})
    wanted = own_force()
    return wanted if wanted in held or not held else held[0]
