"""The clocks beside the Victims' Code: requests about compensation, property held, and whom investigations wait for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.analysis import clocks
from fourfold.analysis.clocks import Known
from fourfold.analysis.findings import Finding
from fourfold.codes import areas
from fourfold.codes.clocks import bodies, clock
from fourfold.codes.periods import Window, parse_window
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.web.areas_held import InSight, in_sight
from fourfold.web.figures import figure, kept, own_force, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.look import day, url
from fourfold.web.pages.picture import Part
from fourfold.web.tables import listing, of_frame

LISTS = {
    "compensation": "Requests about compensation",
    "property": "Property held",
    "delays": "Waits for others",
}
_NOTHING = "not recorded"
_LISTS_KEPT = 4
"""So many lists are kept at once: three as they open, and one of other days."""


@needs("read", "figures")
def page(request: HttpRequest) -> HttpResponse:
    """How many requests were answered in time, what is held and why, and who is waited for: figures, never whose."""
    its = _known()
    if its is None:
        return render(request, "pages/clocks.html", {})
    try:
        window, days = _window(request, its), _days(request)
    except FourfoldError as fault:
        return render(request, "pages/clocks.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    parts = _parts(its, window, days)
    context: dict[str, Any] = {
        **parts, "held": its, "window": window, "review_days": days, "name": areas.force(its.force_id).name,
        "limit": clock("compensation"), "findings": [one.finding for one in parts.values() if one.finding is not None],
        "may_see_each": request.gate.may_somewhere("read", "victim_duties"),
    }  # fmt: skip
    return render(request, "pages/clocks.html", context)


def opened() -> None:
    """Work out the pages as they open, before anybody asks for them."""
    its = _known()
    if its is not None:
        _parts(its, clocks.last_year(its), clocks.REVIEW_DAYS)
        for name in LISTS:
            _listed(its, name, clocks.REVIEW_DAYS)


def _parts(its: Known, window: Window, days: int) -> dict[str, Part]:
    return {
        "compensation": _part(its, window, made=partial(clocks.compensation_returns, its, window)),
        "reasons": _part(its, window, "reason", made=partial(clocks.compensation_returns, its, window, "reason")),
        "property": _part(its, days, made=partial(clocks.property_held, its, days)),
        "delays": _part(its, made=partial(clocks.delays, its)),
    }


@needs("read", "victim_duties", by_area=True)
def each(request: HttpRequest) -> HttpResponse:
    """Each request, thing or wait, by reference, with the team and officer who have the crime now."""
    passed: Pass = request.gate
    its, name = _known(), request.GET.get("of") or "compensation"
    try:
        if name not in LISTS:
            raise RequestInvalid("There is no such list.", remedy="Choose from the list.")
        if its is None:
            passed.saw_none()
            return render(request, "pages/clocks_each.html", {"lists": LISTS, "of": name})
        seen = in_sight(passed, its.records)
        every, teams = _rows(its, name, request, seen)
    except FourfoldError as fault:
        passed.saw_none()
        refused = {"fault": fault.cause, "remedy": fault.remedy, "lists": LISTS, "of": "compensation"}
        return render(request, "pages/clocks_each.html", refused, status=422)
    heads, cells, numeric, by = _SHOWN[name]
    shown = listing(LISTS[name], heads, of_frame(every, by), cells, numeric=numeric)
    passed.saw(
        "victim_duties",
        lists={shown.name: [key for r in shown.rows for key in _keys(r)]},
    )
    context: dict[str, Any] = {
        "held": its, "of": name, "lists": LISTS, "shown": shown, "teams": [("", "All"), *((t, t) for t in teams)],
        "team": request.GET.get("team", ""), "open": request.GET.get("open", "yes"), "held_to": seen.names,
    }  # fmt: skip
    return render(request, "pages/clocks_each.html", context)


def _rows(its: Known, name: str, request: HttpRequest, seen: InSight) -> tuple[pl.DataFrame, list[str]]:
    rows = seen.of_crimes(its.force_id, _listed(its, name, _days(request)))
    teams = sorted(rows["team"].drop_nulls().unique())
    if request.GET.get("open", "yes") == "yes":
        rows = rows.filter(pl.col("state").is_in([clocks.OPEN, clocks.UNKNOWN, clocks.HELD, clocks.WAITING]))
    if team := request.GET.get("team"):
        rows = rows.filter(pl.col("team") == team)
    return rows, teams


def _listed(its: Known, name: str, days: int) -> pl.DataFrame:
    """Every row of a list, worked out once while the records stand; the last few that were asked for are kept."""
    made = {
        "compensation": lambda: clocks.compensation_requests(its),
        "property": lambda: clocks.held_property(its, days),
        "delays": lambda: clocks.external_delays(its),
    }
    key = ("clocks each", str(its.records.home), its.records.as_at, its.force_id, name, days)
    return kept(key, lambda _: made[name](), _LISTS_KEPT)


def _keys(row: dict[str, Any]) -> list[str]:
    """What the log says of a line: the crime and the victim, and the own reference of the request or the thing."""
    whose = " ".join(filter(None, (row["crime_ref"], row.get("person_ref"))))
    return [key for key in (whose, row.get("request_ref"), row.get("property_ref")) if key]


def _crime(row: dict[str, Any]) -> Any:
    if not row["crime_ref"]:
        return "not found yet"
    if not row.get("person_ref"):
        return row["crime_ref"]
    return {"text": row["crime_ref"], "href": url("journey", crime=row["crime_ref"], victim=row["person_ref"])}


def _by_whom(row: dict[str, Any]) -> list[Any]:
    return [row["team"] or _NOTHING, row["officer_ref"] or _NOTHING]


def _request_cells(r: dict[str, Any]) -> list[Any]:
    return [
        day(r["due_on"]), r["state"], r["request_ref"], _crime(r), day(r["received_on"]),
        day(r["returned_on"]) if r["returned_on"] else "none recorded", r["days"], r["delay_reason"] or "", *_by_whom(r),
    ]  # fmt: skip


def _thing_cells(r: dict[str, Any]) -> list[Any]:
    return [
        day(r["held_from"]), r["state"], r["property_ref"], (r["kind"] or _NOTHING).replace("_", " "), _crime(r),
        (r["held_reason"] or _NOTHING).replace("_", " "), r["days"],
        day(r["reviewed_on"]) if r["reviewed_on"] else "none recorded",
        f"{day(r['review_due_on'])}{', none recorded' if r['lacks_review'] else ''}" if r["review_due_on"] else "",
        "filed" if r["is_filed"] else "open", *_by_whom(r),
    ]  # fmt: skip


def _wait_cells(r: dict[str, Any]) -> list[Any]:
    return [
        day(r["since_on"]), r["state"], _BODIES.get(r["body"], r["body"]), r["reason"], r["crime_ref"], r["days"],
        day(r["until_on"]) if r["until_on"] else "", *_by_whom(r),
    ]  # fmt: skip


_BODIES = {one.body: one.title for one in bodies()}
_WHOSE = tuple(pl.col(name).replace("", None).fill_null(_NOTHING) for name in ("team", "officer_ref"))
_SHOWN: dict[str, tuple[list[str], Callable[[dict[str, Any]], list[Any]], list[int], list[str | pl.Expr]]] = {
    "compensation": (
        ["Due", "It is", "Request", "Crime", "Asked", "Answered", "Days", "Why late", "Unit and team", "Officer"],
        _request_cells, [6],
        ["due_on", "state", "request_ref", pl.col("crime_ref").fill_null("not found yet"), "received_on", "returned_on", "days",
         "delay_reason", *_WHOSE],
    ),
    "property": (
        ["Held since", "It is", "Thing", "Kind", "Crime", "Why", "Days", "Last review", "Review due", "Investigation",
         "Unit and team", "Officer"], _thing_cells, [6],
        ["held_from", "state", "property_ref", pl.col("kind").fill_null(_NOTHING), "crime_ref",
         pl.col("held_reason").fill_null(_NOTHING), "days", "reviewed_on", "review_due_on",
         pl.when("is_filed").then(pl.lit("filed")).otherwise(pl.lit("open")), *_WHOSE],
    ),
    "delays": (
        ["Since", "It", "Waits for", "Why", "Crime", "Days", "Until", "Unit and team", "Officer"], _wait_cells, [5],
        ["since_on", "state", pl.col("body").replace(_BODIES), "reason", "crime_ref", "days", "until_on", *_WHOSE],
    ),
}  # fmt: skip


def _known() -> Known | None:
    """The force's records, where any of the clocks has something to run on."""
    records, force_id = standing_records(), own_force()
    held = any(records.batches_of(name) for name in ("cica_requests", "property", "notices", "precharge_submissions"))
    return clocks.known(records, force_id) if force_id and held else None


def _part(its: Known, *question: Any, made: Callable[[], Finding]) -> Part:
    try:
        return Part(figure(its.records, "clocks", its.force_id, made.func.__name__, *question, made=made))  # type: ignore[attr-defined]
    except FourfoldError as fault:
        return Part(None, fault)


def _window(request: HttpRequest, its: Known) -> Window:
    first, last = request.GET.get("from"), request.GET.get("to")
    if first or last:
        return parse_window(first or last or "", last or first or "")
    return clocks.last_year(its)


def _days(request: HttpRequest) -> int:
    given = request.GET.get("review", "")
    if not given:
        return clocks.REVIEW_DAYS
    if not (given.isascii() and given.isdecimal() and len(given) < 5 and 1 <= int(given) <= clocks.MOST_DAYS):
        raise RequestInvalid("That is no number of days.", remedy="Enter a whole number from 1 to 3,650.")
    return int(given)
