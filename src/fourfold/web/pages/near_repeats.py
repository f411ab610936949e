"""Near repeats: whether crime repeats near itself, how near and how soon, its chains, and what the last week began.

The bands and the size of chains are figures of a force or a council. Which event followed which tells where each lies, so
the list of events is shown to those who may see points, and is put on the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from markupsafe import Markup

from fourfold.analysis import near_repeats
from fourfold.analysis.findings import Finding
from fourfold.analysis.near_repeats import Bands, Linked
from fourfold.analysis.placed_crimes import FIRST, placed_crimes
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import Measure
from fourfold.codes.periods import Window, month_end, rolling_12
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.publications.charts import repeats_picture
from fourfold.records.as_at import Records
from fourfold.records.points import Points, day_of
from fourfold.web.figures import figure, kept, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.look import day
from fourfold.web.pages.picture import SMALL_LAYERS, Asked, Choices, Part
from fourfold.web.tables import Listing, listing

BANDS = Bands()
LINKS = (100, 200, 400)
"""The lengths of a link that may be asked for, in metres; 200 where nothing is asked."""
DAYS = (7, 14, 28)
_LATE = 7
"""Days at the window's end whose events are listed."""
_PLACES_KEPT, _LISTS_KEPT = 4, 12
"""How many questions' places are kept, a few megabytes each (the two parts of a page, a list of events, cocoons and patrol plans
share them); and how many lists of events, by question and reach."""


class PlacedChoices(Choices):
    """The choices of the picture, opened at burglary, with the reach of a link."""

    def asked(self) -> Asked:
        """What is asked. Raises as the picture does, and RequestInvalid for a small area."""
        if not self.given.get("measure"):
            held = {m.id for m in self.measures}
            self.given = self.given.copy()
            self.given["measure"] = next((name for name in FIRST if name in held), "")
        found = super().asked()
        if found.scope.level in SMALL_LAYERS:
            raise RequestInvalid("Near repeats are told of a force or a council.", remedy="Choose one of these areas.")
        return found

    def _window(self, held: tuple[date, ...]) -> Window:
        """Twelve months, or those of them from the first that is held, where nothing is asked: a few tell too little of repeats."""
        if self.given.get("from") or self.given.get("to"):
            return super()._window(held)
        return year_held(held)

    @property
    def reach(self) -> tuple[int, int]:
        """Metres and days within which one event is linked to another. Raises RequestInvalid."""
        metres, days = self.given.get("metres") or "200", self.given.get("days") or "14"
        if metres not in map(str, LINKS) or days not in map(str, DAYS):
            raise RequestInvalid("There is no such reach.", remedy="Choose one of the lengths and days below.")
        return int(metres), int(days)


@needs("read", "figures")
def page(request: HttpRequest) -> HttpResponse:
    """The bands, the chains, and for those who may see points the events of the last week and what they began."""
    passed: Pass = request.gate
    choices = PlacedChoices(standing_records(), request)
    if not choices.forces:
        return render(request, "pages/picture_empty.html", {})
    try:
        asked, (metres, days) = choices.asked(), choices.reach
    except FourfoldError as fault:
        context: dict[str, Any] = {"choices": choices, "fault": fault.cause, "remedy": fault.remedy}
        return render(request, "pages/near_repeats.html", context, status=422)
    passed.require("read", "figures", asked.area_chain)
    bands, chains = _worked_out(asked, metres, days)
    events: Listing | None = None
    if request.GET.get("events") == "yes" and chains.finding is not None:
        passed.require("read", "points", asked.area_chain)
        events = listing(
            "Events of the last week", _EVENT_HEADS, _late(asked, metres, days), _event_cells, numeric=[2, 3, 4]
        )
        note = {**asked.query, "events": events.total}
        passed.saw("points", [chains.finding.id], lists={events.name: [one.ref for one in events.rows]}, note=note)
    context = {
        "choices": choices, "asked": asked, "bands": bands, "chains": chains, "metres": metres, "days": days, "links": LINKS,
        "link_days": DAYS, "drawn": _drawn(bands.finding), "events": events,
        "may_points": passed.may("read", "points", asked.area_chain),
        "findings": [p.finding for p in (bands, chains) if p.finding is not None],
    }  # fmt: skip
    return render(request, "pages/near_repeats.html", context)


def opened(records: Records, force_id: str) -> None:
    """Work out the page as it opens, before anybody asks for it: what cocoons and patrol plans rest on too."""
    request = HttpRequest()
    request.GET = QueryDict(f"force={force_id}")
    choices = PlacedChoices(records, request)
    asked, (metres, days) = choices.asked(), choices.reach
    bands, _ = _worked_out(asked, metres, days)
    _drawn(bands.finding)
    _late(asked, metres, days)


def year_held(held: Sequence[date]) -> Window:
    """The last twelve months, or those of them from the first that is held: no month before it is spoken of."""
    year = rolling_12(month_end(held[-1]))
    return Window(max(year.first, held[0]), year.last)


def placed(records: Records, wanted: Measure, scope: Scope, window: Window) -> Points:
    """The placed crimes of a question, read once while the records stand; those of the last few questions are kept."""
    key = ("placed", str(records.home), records.as_at, wanted.id, scope, window)
    return kept(key, lambda _: placed_crimes(records, wanted, scope, window), _PLACES_KEPT)


def repeats(records: Records, wanted: Measure, scope: Scope, window: Window) -> Finding:
    """Near repeats of a question by the bands of the page, tested once while the records stand. Raises as `near_repeats` does."""
    return figure(
        records, "near repeats", wanted.id, scope, window,
        made=lambda: near_repeats.near_repeats(placed(records, wanted, scope, window), BANDS),
    )  # fmt: skip


def _worked_out(asked: Asked, metres: int, days: int) -> tuple[Part, Part]:
    """The bands and the chains."""
    question = asked.records, asked.measure, asked.scope, asked.window
    made = partial(near_repeats.chains, bands=BANDS, metres=metres, days=days)
    return (
        _part(lambda: repeats(*question)),
        _part(lambda: figure(asked.records, f"chains {metres} {days}", *_question(asked), made=lambda: made(placed(*question)))),
    )  # fmt: skip


def _question(asked: Asked) -> tuple[Any, ...]:
    """What its figures follow from: not what the picture would compare it with."""
    return asked.measure.id, asked.scope, asked.window


def _part(made: Callable[[], Finding]) -> Part:
    try:
        return Part(made())
    except FourfoldError as fault:
        return Part(None, fault)


def _late(asked: Asked, metres: int, days: int) -> list[Linked]:
    """The events of the last days on which any was committed, the latest first: linked once while the records stand."""

    def made(_: tuple[Any, ...]) -> list[Linked]:
        points = placed(asked.records, asked.measure, asked.scope, asked.window)
        linked = near_repeats.linked_events(points, BANDS, metres=metres, days=days)
        last = max(one.day for one in linked)
        return [one for one in reversed(linked) if one.day > last - _LATE]

    key = ("late events", str(asked.records.home), asked.records.as_at, *_question(asked), metres, days)
    return kept(key, made, _LISTS_KEPT)


_EVENT_HEADS = (
    "Crime", "Committed", "Near before", "Near the same day", "Near after", "Chain begun by", "State", "Watched until"
)  # fmt: skip


def _event_cells(one: Linked) -> list[Any]:
    told = [one.ref, day(day_of(one.day)), one.before, one.same_day, one.after]
    return [*told, one.chain or "none", one.state, day(day_of(one.watched_until))]


def _drawn(found: Finding | None) -> dict[str, Any] | None:
    if found is None:
        return None

    def made(_: tuple[Any, ...]) -> dict[str, Any]:
        picture = repeats_picture(found, settings.FOURFOLD_FICTITIOUS)
        return {"chart": picture, "svg": Markup(picture.svg())}  # noqa: S704 - drawn by us, its texts escaped

    return kept(("near repeats drawn", found.id), made)
