"""Backtests made beforehand: the worker tests the maps of a question and draws the one to be shown, and a page only reads both.

    question asked on a page -> waits in the queue -> (the worker) made, and kept beside the lake -> shown

    HOME/lake/derived/where_next/<state>/<question>.json

A state is that of the records and of the code: what is kept of another is removed when the first of a state is made, and the
folder can be thrown away at any time. What is kept are the Findings, or the reason why there are none; no place of one crime.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fourfold.analysis import forecasts, volumes
from fourfold.analysis.backtests import FORECAST, Backtest, backtest, origins_until, plain_map, told
from fourfold.analysis.exposure import exposure_of, groups_of_areas
from fourfold.analysis.findings import Finding, finding_from_dict
from fourfold.analysis.placed_crimes import FIRST, placed_crimes
from fourfold.analysis.square_rates import square_rates
from fourfold.analysis.volumes import Scope
from fourfold.codes.made_by import RULES, made_by
from fourfold.codes.measures import Measure, measure
from fourfold.codes.periods import Window, month_end
from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.erasure import in_place
from fourfold.records.lake import storage_faults, write_json
from fourfold.records.points import Points, day_number

HORIZONS = (7, 28)
CELLS = (250, 500, 1_000)
OWN_FAULT = "A fault of Fourfold's own: it could not be worked out."
_ORIGINS = 13
"""Origins at which the maps are tested here: a quarter of a year. The command line tests at as many as are asked for."""


@dataclass(frozen=True)
class Question:
    """What is asked, as words and numbers that a queue can hold: what comes after `last`, an ISO day, by all the past held."""

    force_id: str
    measure_id: str
    level: str | None
    area_code: str | None
    last: str
    horizon: int = HORIZONS[0]
    cell: int = CELLS[1]

    @classmethod
    def of(
        cls, wanted: Measure, scope: Scope, last: date, horizon: int = HORIZONS[0], cell: int = CELLS[1]
    ) -> Question:
        """The question of a measure's crimes up to a day."""
        return cls(scope.force_id, wanted.id, scope.level, scope.area_code, last.isoformat(), horizon, cell)

    @property
    def scope(self) -> Scope:
        """Whose crimes."""
        return Scope(force_id=self.force_id, level=self.level, area_code=self.area_code)

    @property
    def name(self) -> str:
        """Its name among those of one state: all that its answer depends on beside the records and the code."""
        return _hashed({**asdict(self), "origins": _ORIGINS})


@dataclass(frozen=True)
class Made:
    """What was made of a question: the backtest and the map that it says is to be shown, or why one of them cannot be."""

    tested: Finding | FourfoldError
    squares: Finding | FourfoldError | None
    """None where there is no backtest to say which."""
    exposed: tuple[Finding, ...] = ()
    """On which areas the flagged squares of that map fall, by each thing that is told of areas; none where none is."""
    rates: Finding | FourfoldError | None = None
    """Burglaries by square for each thousand homes, or why that is not told; None where there is no backtest."""


def standing(records: Records, asked: Question) -> Made | None:
    """What is kept of a question as at exactly these records, or None."""
    try:
        plain = json.loads(_place(records, asked).read_text(encoding="utf-8"))
        tested = _from_plain(plain["tested"])
        squares = None if plain["squares"] is None else _from_plain(plain["squares"])
        exposed = tuple(finding_from_dict(one) for one in plain["exposed"])
        rates = None if plain["rates"] is None else _from_plain(plain["rates"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return None  # never made, or not readable: made again either way
    return Made(tested, squares, exposed, rates)


def usual(records: Records) -> Iterator[Question]:
    """What a page asks where nothing is chosen, of each force of which such crimes are held."""
    for force_id in sorted({force for batch in records.batches_of("crimes") for force in batch.coverage}):
        scope = Scope(force_id=force_id)
        for wanted in map(measure, FIRST):
            held = volumes.held_months(records, wanted, scope)
            if held:
                yield Question.of(wanted, scope, month_end(held[-1]))
                break


def made(records: Records, asked: Question) -> Made:
    """What is kept of a question, or is made now and kept: seconds, on a large force. Raises StorageFailed.

    That something cannot be made is kept too: whoever waits learns that there is nothing to wait for.
    """
    found = standing(records, asked)
    if found is not None:
        return found
    try:
        found = _worked_out(records, asked)
    except FourfoldError as fault:
        found = Made(fault, None)
    except Exception:
        own = RequestInvalid(OWN_FAULT, remedy="Ask another question.")
        _keep(records, asked, Made(own, None))
        raise
    _keep(records, asked, found)
    return found


def _worked_out(records: Records, asked: Question) -> Made:
    """Both, learnt from the crimes of every month held up to the day: from all the past."""
    points, origin = past_of(records, asked)
    found = backtest(
        points, origins_until(origin - asked.horizon, _ORIGINS), asked.horizon, asked.cell, boosting=False, is_watched=True
    )  # fmt: skip
    tested = told(points, found)
    exposed, rates = _exposed(records, asked, points, found, str(tested.value)), _rates(records, asked, points)
    try:
        if tested.value == FORECAST:
            drawn = forecasts.forecast(points, origin, asked.horizon, asked.cell)
            return Made(tested, forecasts.forecast_finding(points, drawn), exposed, rates)
        drawn_plain = plain_map(points, str(tested.value), origin, asked.horizon, asked.cell)
        return Made(tested, drawn_plain, exposed, rates)
    except FourfoldError as fault:
        return Made(tested, fault, exposed, rates)


def _rates(records: Records, asked: Question, points: Points) -> Finding | FourfoldError:
    try:
        return square_rates(records, measure(asked.measure_id), asked.force_id, points, asked.cell)
    except FourfoldError as fault:
        return fault


def _exposed(records: Records, asked: Question, points: Points, found: Backtest, name: str) -> tuple[Finding, ...]:
    """On which areas the squares that the map to be shown flagged fell, by each thing that is told of areas."""
    try:
        groups = groups_of_areas(records, asked.force_id)
    except NothingHeld:
        return ()
    return tuple(exposure_of(points, found, one, by=by, name=name) for by, one in groups.items())


def past_of(records: Records, asked: Question) -> tuple[Points, int]:
    """The crimes of every month held up to a question's day, and the day (its number) after. Raises as `placed_crimes`."""
    wanted, last = measure(asked.measure_id), date.fromisoformat(asked.last)
    held = volumes.held_months(records, wanted, asked.scope)
    points = placed_crimes(records, wanted, asked.scope, Window(min((*held[:1], last.replace(day=1))), last))
    return points, day_number(last + timedelta(days=1))


def place_of(records: Records, asked: Question, folder: str, ending: str) -> Path:
    """Where what is made of a question is kept, as at these records."""
    state = _hashed((made_by(*RULES), records.as_at.isoformat(), in_place(records.home)))
    return records.home / "lake" / "derived" / folder / state / f"{asked.name}{ending}"


def _place(records: Records, asked: Question) -> Path:
    return place_of(records, asked, "where_next", ".json")


def _keep(records: Records, asked: Question, found: Made) -> None:
    place = _place(records, asked)
    with storage_faults(place):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    squares = None if found.squares is None else _plain(found.squares)
    exposed = [one.as_dict() for one in found.exposed]
    rates = None if found.rates is None else _plain(found.rates)
    write_json({"tested": _plain(found.tested), "squares": squares, "exposed": exposed, "rates": rates}, place)
    for other in place.parent.parent.iterdir():
        if other != place.parent:
            shutil.rmtree(other, ignore_errors=True)


def _plain(found: Finding | FourfoldError) -> dict[str, Any]:
    if isinstance(found, Finding):
        return {"finding": found.as_dict()}
    return {"cause": found.cause, "remedy": found.remedy, "nothing_held": isinstance(found, NothingHeld)}


def _from_plain(plain: dict[str, Any]) -> Finding | FourfoldError:
    if "finding" in plain:
        return finding_from_dict(plain["finding"])
    return (NothingHeld if plain["nothing_held"] else RequestInvalid)(plain["cause"], remedy=plain["remedy"])


def _hashed(plain: Any) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]
