"""Service recovery in a victim's journey: what a victim was unhappy with and raised without a formal complaint, and what was done.

No force system holds it: complaints systems record what is formal, and most of what is put right never gets there. So the service
records it (`casework.service_recovery`), by the right that it touches, and it comes back as events of casework. Nothing recorded is
not the same as nobody unhappy; a victim who was not asked whether that was enough is neither satisfied nor not.

What became a formal complaint is told apart, and is counted among complaints where their own system has it: the two are never
added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import polars as pl

import fourfold
from fourfold.analysis.complaints import MEANING, NO_RIGHT
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table
from fourfold.analysis.small_tables import bounds
from fourfold.codes.areas import force as force_of
from fourfold.codes.periods import Window
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records

OPEN, COMPLAINT_MADE, NOT_PUT_RIGHT = "open", "complaint_made", "not_put_right"
PUT_RIGHT = {
    "explained": "It was explained", "apologised": "An apology was given", "told": "What was missing was told",
    "contact_changed": "Contact was changed as the victim wished", "duty_done": "What was owed was done",
}  # fmt: skip
"""Ways in which it was put right: Fourfold's own list, for the force to supply."""
OUTCOMES = {
    **PUT_RIGHT, NOT_PUT_RIGHT: "It could not be put right", COMPLAINT_MADE: "The victim made a formal complaint",
}  # fmt: skip
"""What came of it, once it is closed."""
BY = ("right", "month", "outcome")
"""By what they may be split."""
COLUMNS = ("raised", "open", "put right", "not put right", "formal complaint", "satisfied", "not satisfied", "not asked",
           "lower", "upper", "median days")  # fmt: skip

_METHOD = Method(
    name="recoveries in bounds",
    text="Matters of which the victim said that what was done was enough, over all that were closed without a formal complaint; the "
    "lower bound takes those of which nobody asked as not enough, the upper as enough.",
    source="Manski 1989.",
)
_DEFINITION = Definition(
    name="service recovery in the journey", version="1", title="Put right during the journey", status="force to supply",
    source="What officers recorded in the service",
    text="What victims raised in these months without a formal complaint, as far as it is recorded, by the right of the Code that it "
    "touches.",
)  # fmt: skip


@dataclass(frozen=True)
class Recovery:
    """One matter: the day it was raised, its rights (none where it touches none), what came of it, when, and whether that was enough.

    `outcome` is OPEN or one of OUTCOMES; `done_on` is None while it is open; `is_satisfied` is None where the victim was not asked.
    """

    raised_on: date
    rights: tuple[int, ...] = ()
    outcome: str = OPEN
    done_on: date | None = None
    is_satisfied: bool | None = None


def recoveries_recorded(records: Records, force_id: str) -> tuple[Recovery, ...]:
    """The matters of a force as the events handed to the records have them; of each, the last event speaks."""
    if not records.batches_of("casework_events"):
        return ()
    own = records.table("casework_events").filter(pl.col("concern") == "service_recovery")
    rows = own.sort("happened_at", maintain_order=True).select("subject_key", "decided").collect()
    last = {key: json.loads(decided) for key, decided in rows.iter_rows()}
    return tuple(_of_event(one) for one in last.values() if one["force_id"] == force_id)


def _of_event(decided: dict[str, Any]) -> Recovery:
    done = decided.get("done_on")
    return Recovery(
        raised_on=date.fromisoformat(decided["raised_on"]), rights=tuple(decided["rights"]), outcome=decided["outcome"],
        done_on=date.fromisoformat(done) if done else None, is_satisfied=decided.get("is_satisfied"),
    )  # fmt: skip


def put_right(
    held: Sequence[Recovery], records: Records, force_id: str, window: Window, by: str | None = "right"
) -> Finding:
    """What victims raised in a window and what came of it: kind "put right", value None, n those closed without a complaint.

    Its interval is the two bounds of satisfied in %. A row for each value of `by`: how many were raised, are open, were put right,
    were not, became a formal complaint; who was satisfied, was not, was not asked; the bounds, and the median days to the end. What
    touches several rights counts at each of them. Raises RequestInvalid for a split that is none.
    """
    if by is not None and by not in BY:
        raise RequestInvalid("Service recovery cannot be split so.", remedy=f"Use one of: {', '.join(BY)}.")
    own = [one for one in held if window.first <= one.raised_on <= window.last]
    split: dict[str, list[Recovery]] = {}
    for one in own:
        for key in _keys(one, by):
            split.setdefault(key, []).append(one)
    whole = _row(own)
    n = whole["satisfied"] + whole["not satisfied"] + whole["not asked"]
    low, high = whole["lower"], whole["upper"]
    said = f"; satisfied: between {low:.0f}% and {high:.0f}% of {n:,} closed" if n else ""
    return Finding(
        kind="put right", title="Put right during the journey" + (f", by {by}" if by else ""), value=None, unit="%", n=n,
        windows=(window,), area=force_of(force_id).name, method=_METHOD, definition=_DEFINITION, as_at=records.as_at,
        batches=tuple(b.batch_id for b in records.standing if "casework_events" in b.tables), code_version=fourfold.__version__,
        interval=Interval(low=float(low), high=float(high), level=1.0, meaning=MEANING) if n else None,
        verdict=f"{len(own):,} raised, {whole['put right']:,} put right, {whole['open']:,} open{said}" if own else NOTHING,
        table=Table(
            columns=(by or "all", *COLUMNS),
            rows=tuple((key, *_row(split[key]).values()) for key in sorted(split, key=_order)),
        ),
        parameters={name: whole[name] for name in COLUMNS[:8]}, notes=_NOTES,
    )  # fmt: skip


NOTHING = "nothing is recorded, which is not the same as nobody unhappy"
_NOTES = (
    "Only what officers recorded: most of what is explained to a victim’s satisfaction never is.",
    "Formal complaints are counted by their own system, and are never added to these.",
)


def _keys(one: Recovery, by: str | None) -> Iterable[str]:
    if by == "right":
        return [str(n) for n in one.rights] or [NO_RIGHT]
    if by == "month":
        return [one.raised_on.strftime("%Y-%m")]
    return ["all"] if by is None else [OUTCOMES.get(one.outcome, one.outcome)]


def _order(key: str) -> tuple[bool, int, str]:
    return key in (NO_RIGHT, OPEN), int(key) if key.isdecimal() else 0, key


def _row(own: Sequence[Recovery]) -> dict[str, Any]:
    closed = [one for one in own if one.outcome in PUT_RIGHT or one.outcome == NOT_PUT_RIGHT]
    said = [sum(one.is_satisfied is answer for one in closed) for answer in (True, False, None)]
    days = [(one.done_on - one.raised_on).days for one in own if one.done_on is not None]
    low, high = bounds(said[0], said[2], len(closed))
    return dict(zip(COLUMNS, (
        len(own), sum(one.outcome == OPEN for one in own), sum(one.outcome in PUT_RIGHT for one in own),
        sum(one.outcome == NOT_PUT_RIGHT for one in own), sum(one.outcome == COMPLAINT_MADE for one in own),
        *said, low, high, median(days) if days else None,
    ), strict=True))  # fmt: skip
