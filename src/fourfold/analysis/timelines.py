"""Timelines: one victim's journey in one order of time: crime, contacts, duties, complaints, statements, reviews, and the clocks.

What is held to the minute and what only to the day stand together; a day stands before the minutes of it. What a duty was due by is
a line of its own with its state, so that what came before and after it can be read off; one without a limit in days stands where it
began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from fourfold.analysis.clocks import Known, journey_clocks
from fourfold.analysis.complaints import Tags, complaints_held
from fourfold.analysis.entitlements import concerning, people_of
from fourfold.analysis.right_to_review import reviews_held
from fourfold.analysis.service_recovery import OUTCOMES, Recovery
from fourfold.analysis.states import ToldJourney
from fourfold.analysis.victims_code import THE_VICTIM, Entry
from fourfold.codes.working_days import first_instant, local_date
from fourfold.records.as_at import Records
from fourfold.records.card_index import rows_of

_BY_THEN = ", by then: on what day is not recorded"
_FROM_ELSEWHERE = ("complained", "complaint_acknowledged")
"""Entries of the journey that the complaint's own lines say more fully."""


@dataclass(frozen=True)
class Line:
    """One line: when (of a day alone, `at` is its first instant and `is_day` true), of what sort, what, and more about it.

    `ref` is the reference of the complaint, where the line is of one. `keys` are the references of what the line tells of, by which
    the log says that it was shown: a complaint, a review, a request, a thing held, the suspect.
    """

    at: datetime
    is_day: bool
    sort: str
    what: str
    about: str = ""
    suspect: str = ""
    team: str = ""
    ref: str = ""
    keys: tuple[str, ...] = ()


def day_line(on: date, sort: str, what: str, about: str = "", team: str = "", ref: str = "", key: str = "") -> Line:
    """A line that is known to the day alone; of a complaint `ref` is its key too."""
    return Line(
        first_instant(on), True, sort, what, about, team=team, ref=ref, keys=tuple(k for k in (key or ref,) if k)
    )


def keys_of(lines: Iterable[Line]) -> list[str]:
    """The references of what some lines tell of, each once, in their order."""
    return list(dict.fromkeys(key for line in lines for key in line.keys))


def timeline(told: ToldJourney, *more: Iterable[Line]) -> tuple[Line, ...]:
    """Every line of a journey in order of time: its entries, the due moments of what is owed, and the lines given."""
    others = [line for lines in more for line in lines]
    told_of = {line.ref for line in others if line.sort == "complaint"}
    entries = [
        Line(e.at, False, "record", e.event.replace("_", " ") + _BY_THEN * e.is_undated, ", ".join(e.about).replace("_", " "),
             "the victim" if e.suspect == THE_VICTIM else e.suspect or "", e.team or "",
             keys=_keys_of_entry(e, told.crime_ref))
        for e in told.entries if not (e.event in _FROM_ELSEWHERE and told_of and (e.matter is None or e.matter in told_of))
    ]  # fmt: skip
    duties = [
        Line(d.due, False, "duty", f"due: {d.obligation.title}", d.state, team=d.team or "") if d.due is not None
        else Line(d.start.at, False, "duty", f"owed: {d.obligation.title}", f"{d.state}; no limit in days", team=d.team or "")
        for d in told.duties
    ]  # fmt: skip
    return tuple(sorted([*entries, *duties, *others], key=lambda line: (local_date(line.at), not line.is_day, line.at)))


def _keys_of_entry(entry: Entry, crime_ref: str) -> tuple[str, ...]:
    """The suspect as a person of the crime, and the complaint."""
    suspect = f"{crime_ref} {entry.suspect}" if entry.suspect and entry.suspect != THE_VICTIM else ""
    return tuple(key for key in (suspect, entry.matter or "") if key)


def voice_lines(records: Records, force_id: str, crime_ref: str, person_ref: str, tags: Tags) -> list[Line]:
    """What a victim said of the service, and what came of it: complaints with their rights, statements, requests for review."""
    return [
        *_complaints(records, force_id, crime_ref, person_ref, tags),
        *_statements(records, force_id, crime_ref, person_ref),
        *_reviews(records, force_id, crime_ref, person_ref),
    ]


def clock_lines(its: Known, crime_ref: str, person_ref: str) -> list[Line]:
    """What runs beside the Code: compensation, property held and waits for others, each from its day, and to the day it ended."""
    found: list[Line] = []
    for line in journey_clocks(its, crime_ref, person_ref):
        found.append(day_line(line.on, "clock", line.what, line.became, key=line.ref))
        if line.until is not None:
            found.append(day_line(line.until, "clock", f"ended: {line.what}", line.became, key=line.ref))
    return found


def recovery_lines(held: Iterable[Recovery]) -> list[Line]:
    """What the victim raised without a formal complaint: the day it was raised, and the day it ended with what came of it."""
    found: list[Line] = []
    for one in held:
        rights = rights_in_words(list(one.rights))
        found.append(day_line(one.raised_on, "service recovery", "unhappiness raised", rights))
        if one.done_on is not None:
            enough = "whether that was enough was not asked"
            if one.is_satisfied is not None:
                enough = f"the victim was {'' if one.is_satisfied else 'not '}satisfied"
            came = OUTCOMES.get(one.outcome, one.outcome)
            found.append(day_line(one.done_on, "service recovery", came, f"{rights}; {enough}"))
    return found


def _own(records: Records, force_id: str, rows: pl.DataFrame, crime_ref: str, person_ref: str) -> pl.DataFrame:
    """Rows that concern the victim: one that names nobody concerns the crime's only victim, and stands on no journey of several."""
    own = rows.filter(pl.col("crime_ref") == crime_ref)
    if own.is_empty():  # as in most journeys: nobody is looked up
        return own
    found = concerning(own, people_of(records, force_id, crime_ref), "crime_ref")
    return found.filter(pl.col("person_ref") == person_ref)


def _complaints(records: Records, force_id: str, crime_ref: str, person_ref: str, tags: Tags) -> Iterable[Line]:
    if not records.batches_of("complaints"):
        return
    held = complaints_held(records, force_id, tags, crime_ref)
    for row in _own(records, force_id, held, crime_ref, person_ref).iter_rows(named=True):
        ref = row["complaint_ref"]
        about = "; ".join(filter(None, (ref, row["category"], rights_in_words(row["rights"]))))
        yield day_line(row["received_on"], "complaint", "complaint received", about, row["team"] or "", ref)
        if row["acknowledged_on"]:
            yield day_line(row["acknowledged_on"], "complaint", "complaint acknowledged", ref, ref=ref)
        if row["closed_on"]:
            how = (row["handling"] or "how it was dealt with is not recorded").replace("_", " ")
            found = (row["result"] or "result not recorded").replace("_", " ")
            yield day_line(row["closed_on"], "complaint", "complaint closed", f"{ref}; {how}; {found}", ref=ref)


def rights_in_words(rights: list[int] | None) -> str:
    """The rights of a complaint in words; that nobody has said is not that it touches none."""
    if rights is None:
        return "right not tagged"
    return f"right{'s' if len(rights) > 1 else ''} {', '.join(map(str, rights))}" if rights else "none of the rights"


def _statements(records: Records, force_id: str, crime_ref: str, person_ref: str) -> Iterable[Line]:
    rows = rows_of(records, "personal_statements", [crime_ref]).filter(
        (pl.col("force_id") == force_id) & (pl.col("person_ref") == person_ref)
    )
    for at, what, read, team in rows.select("happened_at", "what", "is_to_be_read", "team").collect().iter_rows():
        if what != "offered":  # the offer is an entry of the journey
            about = {True: "to be read in court", False: "not to be read in court"}.get(read, "")
            yield Line(at, False, "statement", f"personal statement {what}", about, team=team or "")


def _reviews(records: Records, force_id: str, crime_ref: str, person_ref: str) -> Iterable[Line]:
    if not records.batches_of("review_requests"):
        return
    held = reviews_held(records, force_id)
    for row in _own(records, force_id, held, crime_ref, person_ref).iter_rows(named=True):
        whose = f"a decision by the {row['decision_by']}" if row["decision_by"] else "whose decision is not recorded"
        ref = row["review_ref"]
        yield day_line(row["received_on"], "review", "review asked for", f"{ref}; {whose}", key=ref)
        if row["answered_on"]:
            yield day_line(
                row["answered_on"], "review", "review answered", f"{ref}; {row['state'].replace('_', ' ')}", key=ref
            )
