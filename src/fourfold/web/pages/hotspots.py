"""Hotspots: the squares of a lattice week by week, as a map with its time and a table; and one square, with what it is made of.

Only read from what the worker made (`casework.square_maps`). Squares are small areas: they are for those who may see figures
of small areas, each sight is on the log, and none of it is published. Where the backtest says that the forecast is not ahead,
who asks for the forecast is shown the best plain map, and told so.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.analysis.backtests import ALL, DECAY, FORECAST, KERNEL, YEAR
from fourfold.analysis.findings import Finding
from fourfold.analysis.lattices import Whole, few_of, flagged
from fourfold.analysis.square_maps import CAME, HOT, SquareMaps, highest, one_square
from fourfold.casework import assessments, backtests, square_maps, work
from fourfold.casework.backtests import CELLS, HORIZONS, Question
from fourfold.codes.periods import Window
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.publications.square_pictures import Squares
from fourfold.records import places
from fourfold.web.figures import figure, kept, own_force, standing_records
from fourfold.web.gate import Pass, needs
from fourfold.web.pages.picture import Asked, Part, image
from fourfold.web.pages.where_next import ForecastChoices

MAPS = {
    "shown": "where next", "came": "what came", "year": YEAR, "ever": ALL, "density": KERNEL, "decay": DECAY, "hot": HOT,
}  # fmt: skip
_NAMES = {"came": CAME, "year": YEAR, "ever": ALL, "density": KERNEL, "decay": DECAY, "hot": HOT}
_RANKED = ((0.01, "#12436D"), (0.02, "#2073BC"), (0.05, "#6BACE6"), (0.1, "#A9CBEA"))
_REST = "#FFFFFF"
_RECORD = "where-next"
_NEAR = 4
"""The first so many reasons are of nearness, the rest of age (see `forecasts.grouped_shares`); each adds up to the same."""
_KEPT = 4


@dataclass(frozen=True)
class SquareClass:
    """One class of a map: what it is, in words, its colour, and how many squares are in it."""

    label: str
    colour: str
    areas: int


@dataclass(frozen=True)
class Shown:
    """What a page is of: the question, what was made of it, which map of which week, and whether the forecast stands back."""

    asked: Asked
    question: Question
    held: SquareMaps
    choice: str
    name: str
    week: int
    verdict: str
    best: str
    rates: Finding | FourfoldError | None

    @property
    def rates_part(self) -> Part:
        """Burglaries by square per thousand homes, or why that is not told."""
        held = self.rates
        if isinstance(held, Finding):
            return Part(figure(self.asked.records, "square rates", self.question, made=lambda: held))
        return Part(None, held)

    @property
    def query(self) -> dict[str, str]:
        """What is asked, as the address has it."""
        return {
            **self.asked.query, "horizon": str(self.question.horizon), "cell": str(self.question.cell), "map": self.choice,
            "week": self.held.window(self.week).first.isoformat(),
        }  # fmt: skip

    @property
    def weeks(self) -> list[tuple[str, str]]:
        """Each week's first day as an address has it, and its days in words, the earliest first."""
        windows = [self.held.window(at) for at in range(len(self.held.origins))]
        return [(one.first.isoformat(), one.label) for one in windows]

    @property
    def window(self) -> Window:
        """The days of the map."""
        return self.held.window(self.week)

    @property
    def is_known(self) -> bool:
        """Whether what came in these days is known."""
        return not bool(np.isnan(self.held.came[self.week]).any())

    @cached_property
    def drawn(self) -> tuple[tuple[SquareClass, ...], Whole]:
        """The classes, and by square which one it is in."""
        told: tuple[tuple[str, str], ...]
        values = np.nan_to_num(self.held.values(self.name, self.week))
        if self.name == CAME:
            at = np.minimum(values.astype(np.int64), 3)
            told = (("none", _REST), ("1", "#A9CBEA"), ("2", "#2073BC"), ("3 or more", "#12436D"))
        elif self.name == HOT:
            at = (values > 0).astype(np.int64)
            told = (("not hotter than chance", _REST), ("hot", "#12436D"))
        else:
            at = np.full(len(values), len(_RANKED), dtype=np.int64)
            for number, (share, _) in reversed(list(enumerate(_RANKED))):
                some = flagged(values, few_of(share, len(values)))
                at[some[values[some] > 0]] = number
            ends = ["the highest 1% of squares", *(f"the next, to {share:.0%}" for share, _ in _RANKED[1:])]
            told = (*zip(ends, (colour for _, colour in _RANKED), strict=True), ("the others", _REST))
        return tuple(SquareClass(words, colour, int((at == n).sum())) for n, (words, colour) in enumerate(told)), at

    @property
    def squares(self) -> Squares:
        """Where the squares lie, with the councils' outlines where their boundaries are held."""

        def made(_: tuple[Any, ...]) -> Squares:
            held = places.shapes_of(self.asked.records, self.question.force_id, "ltla24")
            own = {c: s for c, s in held.items() if self.question.area_code in (None, c)}
            return Squares(self.held.x, self.held.y, self.held.cell, own)

        return kept(("squares", *self._key), made, _KEPT)

    @property
    def packed(self) -> tuple[bytes, str]:
        """The squares as a browser is sent them, and the name made of them."""

        def made(_: tuple[Any, ...]) -> tuple[bytes, str]:
            found = gzip.compress(self.squares.shapes().encode(), mtime=0)
            return found, hashlib.sha256(found).hexdigest()[:16]

        return kept(("packed squares", *self._key), made, _KEPT)

    @property
    def table(self) -> Finding:
        """The squares where the map is highest."""
        return figure(
            self.asked.records, "squares", self.question, self.name, self.week,
            made=lambda: highest(self.held, self.name, self.week),
        )  # fmt: skip

    @property
    def _key(self) -> tuple[Any, ...]:
        return str(self.asked.records.home), self.asked.records.as_at, self.question


@needs("read", "figures")
def page(request: HttpRequest) -> HttpResponse:
    """A map of squares and its week, with the table of the highest; or that they are being worked out."""
    passed: Pass = request.gate
    choices = ForecastChoices(standing_records(), request)
    if not choices.forces:
        return render(request, "pages/picture_empty.html", {})
    context: dict[str, Any] = {"choices": choices, "maps": MAPS, "horizons": HORIZONS, "cells": CELLS}
    try:
        asked, question = _question(choices)
        passed.require("read", "small_area_figures", asked.area_chain)
        context |= {"asked": asked, "horizon": question.horizon, "cell": question.cell}
        shown = _shown(request, asked, question)
    except FourfoldError as fault:
        context |= {"fault": fault.cause, "remedy": fault.remedy}
        return render(request, "pages/hotspots.html", context, status=422)
    if shown is not None:
        rates = shown.rates_part
        own = [shown.table, shown.held.made, *([rates.finding] if rates.finding is not None else [])]
        passed.saw("small_area_figures", [one.id for one in own], note=shown.query)
        context |= {
            "shown": shown, "rates": rates, "forecast": FORECAST,
            "record": assessments.standing_of(own_force(), "hotspots" if shown.choice == "hot" else _RECORD),
            "findings": own,
        }  # fmt: skip
    return render(request, "pages/hotspots.html", context)


@needs("read", "figures")
def square_page(request: HttpRequest) -> HttpResponse:
    """One square: what its number is made of, week by week what was expected and what came, and the squares around it."""
    passed: Pass = request.gate
    choices = ForecastChoices(standing_records(), request)
    try:
        asked, question = _question(choices)
        passed.require("read", "small_area_figures", asked.area_chain)
        shown = _shown(request, asked, question)
        if shown is None:
            raise RequestInvalid("The maps of this question are being worked out.", remedy="Look again in a minute.")
        at = shown.held.square_at(*_middle(request.GET.get("square", "")))
    except FourfoldError as fault:
        return render(request, "pages/square.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    held = shown.held
    found = figure(
        asked.records, "one square", question, shown.best, at, made=lambda: one_square(held, at, shown.best)
    )  # fmt: skip
    assert found.table is not None
    passed.saw("small_area_figures", [found.id], note={**shown.query, "square": _code(held, at)})
    context = {
        "shown": shown, "asked": asked, "found": found, "weeks": found.table.records(), "square": _code(held, at),
        "why": [(name, float(share)) for name, share in zip(held.reasons, held.why[:, at], strict=True)],
        "alike": max(0.0, 1 - float(held.why[:_NEAR, at].sum())), "near": _NEAR,
        "limits": (int(held.low[at]), int(held.high[at])), "around": [_neighbour(shown, n) for n in (at, *held.around(at))],
        "forecast": FORECAST, "record": assessments.standing_of(own_force(), _RECORD),
        "findings": [found, held.made], "labels": dict(shown.weeks),
    }  # fmt: skip
    return render(request, "pages/square.html", context)


@needs("read", "figures")
def picture(request: HttpRequest) -> HttpResponse:
    """The map as a picture."""
    shown = _seen(request)
    classes, at = shown.drawn
    words = f"Map of {shown.name} by square, {shown.asked.area_name}, {shown.window.label}."
    below = f"{shown.name[0].upper()}{shown.name[1:]}, {shown.window.label}"
    marked = f"{below}. FICTITIOUS" if settings.FOURFOLD_FICTITIOUS else below
    return image(shown.squares.picture(at.tolist(), [one.colour for one in classes], words, marked))


@needs("read", "figures")
def counts(request: HttpRequest) -> HttpResponse:
    """What each square of the map holds, as JSON: its number and its class."""
    shown = _seen(request)
    classes, at = shown.drawn
    values = np.nan_to_num(shown.held.values(shown.name, shown.week)).tolist()
    plain = {
        "classes": [{"label": one.label, "colour": one.colour, "areas": one.areas} for one in classes],
        "areas": {
            code: [float(f"{n:.3g}"), c] for code, n, c in zip(shown.squares.codes, values, at.tolist(), strict=True)
        },
    }
    response = HttpResponse(
        gzip.compress(json.dumps(plain, separators=(",", ":")).encode(), mtime=0), content_type="application/json"
    )
    response["Content-Encoding"] = "gzip"
    return response


@needs("read", "figures")
def shapes(request: HttpRequest, digest: str) -> HttpResponse:
    """The squares and the outlines over them as GeoJSON, under a name made of their content: a browser may keep them."""
    packed, name = _seen(request, is_logged=False).packed
    if digest != name:
        raise Http404
    response = HttpResponse(packed, content_type="application/geo+json")
    response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _seen(request: HttpRequest, *, is_logged: bool = True) -> Shown:
    """What one of the page's parts is of; the sight is put on the log. Raises Http404 where it is not made yet."""
    passed: Pass = request.gate
    choices = ForecastChoices(standing_records(), request)
    if not choices.forces:
        raise Http404
    asked, question = _question(choices)
    passed.require("read", "small_area_figures", asked.area_chain)
    shown = _shown(request, asked, question)
    if shown is None:
        raise Http404
    if is_logged:
        passed.saw("small_area_figures", [shown.table.id], note=shown.query)
    return shown


def _question(choices: ForecastChoices) -> tuple[Asked, Question]:
    asked, (horizon, cell) = choices.asked(), choices.ahead
    return asked, Question.of(asked.measure, asked.scope, asked.window.last, horizon, cell)


def _shown(request: HttpRequest, asked: Asked, question: Question) -> Shown | None:
    """The map that is asked for; None where the worker has yet to make it. Raises what it could not be made for."""
    tested = backtests.standing(asked.records, question)
    held = kept(
        ("square maps", str(asked.records.home), asked.records.as_at, question),
        lambda _: square_maps.standing(asked.records, question), _KEPT,
    ) if square_maps.is_made(asked.records, question) else None  # fmt: skip
    if tested is None or held is None:
        work.queue_maps(question)
        return None
    if isinstance(held, FourfoldError):
        raise held
    if isinstance(tested.tested, FourfoldError):
        raise tested.tested
    choice = request.GET.get("map") or "shown"
    if choice not in MAPS:
        raise RequestInvalid("There is no such map.", remedy="Choose one of those below.")
    best = str(tested.tested.value)
    days = [held.window(at).first.isoformat() for at in range(len(held.origins))]
    known = int((~np.isnan(held.came).any(axis=1)).sum())
    wanted = request.GET.get("week") or days[known - 1 if choice == "came" else -1]
    if wanted not in days:
        raise RequestInvalid("There is no map of that week.", remedy="Choose one of the weeks below.")
    name = _NAMES.get(choice, best)
    verdict = tested.tested.verdict or ""
    return Shown(asked, question, held, choice, name, days.index(wanted), verdict, best, tested.rates)


def _middle(code: str) -> tuple[int, int]:
    x, _, y = code.partition("-")
    if not (x.isascii() and x.isdigit() and y.isascii() and y.isdigit() and len(code) <= 20):
        raise RequestInvalid("That is not a square.", remedy="Choose one of the map's table.")
    return int(x), int(y)


def _code(held: SquareMaps, at: int) -> str:
    return f"{held.x[at]}-{held.y[at]}"


def _neighbour(shown: Shown, at: int) -> dict[str, Any]:
    held = shown.held
    return {
        "square": _code(held, at), "expected": float(held.maps[shown.best][-1, at]),
        "came": int(np.nansum(held.came[:, at])), "is_hot": bool(held.maps[HOT][-1, at] > 0),
    }  # fmt: skip
