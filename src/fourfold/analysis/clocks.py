"""Clocks beside the Victims' Code: requests about compensation, property held, and investigations that wait for others.

compensation_requests(...), compensation_returns(...)   each request with its due day and state; how many were answered in time
held_property(...), property_held(...)                  each spell in the force's hands; what is held, why, and how long
external_delays(...), delays(...)                       each wait for another body; who is waited for, and how long

A request without a return after its due day has no evidence: it may have been answered, and not entered. So the share in time is
told in two bounds. Property is held from its first line “held” until it is returned or lost; a later line “held” is a review, for
no other line says that anybody looked. What is still waited for when the investigation is filed has an end that is not recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

import fourfold
from fourfold.analysis.entitlements import concerning, moment_known, people_of
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.analysis.owed import holders
from fourfold.codes.areas import force as force_of
from fourfold.codes.clocks import bodies, clock, clocks_version
from fourfold.codes.periods import Window
from fourfold.codes.working_days import local_date
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.card_index import rows_of

IN_TIME, LATE, OPEN, UNKNOWN = "answered in time", "answered late", "not yet due", "no evidence"
REQUESTS = (
    "request_ref", "crime_ref", "person_ref", "received_on", "due_on", "returned_on", "state", "days", "delay_reason", "team",
    "officer_ref",
)  # fmt: skip
HELD, RETURNED, LOST = "held", "returned", "lost"
SPELLS = (
    "property_ref", "crime_ref", "person_ref", "kind", "held_from", "held_reason", "reviewed_on", "review_due_on",
    "lacks_review", "state", "ended_on", "days", "is_filed", "team", "officer_ref",
)  # fmt: skip
WAITING, ENDED, NO_END = "waiting", "ended", "end not recorded"
WAITS = ("crime_ref", "body", "reason", "since_on", "until_on", "state", "days", "team", "officer_ref")
NOT_RECORDED = "not recorded"
REVIEW_DAYS = clock("property_review").days
"""Days between reviews of property held, where nothing else is asked for; for the force to supply."""
MOST_DAYS = 3650

_RETURNS = Method(
    name="compensation returns",
    text="Requests answered within the days, over those whose days have run; the lower bound takes what has no return recorded as "
    "not answered in time, the upper as answered in time.",
)
_PROPERTY = Method(
    name="property held",
    text="Things whose last line is that they are held, as at the last extract, by the reason recorded; days from the first line "
    "held of the spell; medians.",
)
_DELAYS = Method(
    name="external delay",
    text="Waits for another body that have a beginning and no end as at the last extract, by body and recorded reason; medians of "
    "days, of those that wait and of those that have ended.",
)
RETURN_COLUMNS = ("received", "judged", IN_TIME, LATE, UNKNOWN, OPEN, "lower", "upper")
HELD_COLUMNS = (
    "reason",
    "held",
    "of a victim",
    "median days",
    "longest days",
    "no review recorded",
    "investigation filed",
)
DELAY_COLUMNS = (
    "waits for",
    "reason",
    "waiting",
    "median days",
    "longest days",
    "ended",
    "median days of ended",
    "end not recorded",
)


@dataclass(frozen=True)
class Known:
    """A force's records and the last day of which its extracts know."""

    records: Records
    force_id: str
    day: date
    crime_ref: str | None = None
    """Where only one crime is asked about."""


def known(records: Records, force_id: str) -> Known:
    """The records of a force with the day of its last extract."""
    return Known(records, force_id, local_date(moment_known(records, force_id)))


def last_year(its: Known) -> Window:
    """The window usually asked about: from the first of the month a year ago to the last extract's day."""
    return Window(its.day.replace(year=its.day.year - 1, day=1), its.day)


# --- requests about compensation --------------------------------------------------------------------------------------


def compensation_requests(its: Known) -> pl.DataFrame:
    """Each request of the Criminal Injuries Compensation Authority: columns REQUESTS, those open first, by due day.

    `days` are from receipt to the return, or to the last extract. A return before the receipt is no evidence. Raises NothingHeld.
    """
    rows = _of(its, "cica_requests").unique("request_ref", keep="last", maintain_order=True)
    returned, due = pl.col("returned_on"), pl.col("due_on")
    answered = returned.is_not_null() & (returned >= pl.col("received_on"))
    state = (
        pl.when(answered & (returned <= due)).then(pl.lit(IN_TIME)).when(answered).then(pl.lit(LATE))
        .when(due >= its.day).then(pl.lit(OPEN)).otherwise(pl.lit(UNKNOWN))
    )  # fmt: skip
    last = pl.when(answered).then(returned).otherwise(pl.lit(its.day))
    found = rows.with_columns(due_on=pl.col("received_on") + timedelta(days=clock("compensation").days)).with_columns(
        state=state, days=(last - pl.col("received_on")).dt.total_days()
    )
    order = pl.col("state").replace_strict({UNKNOWN: 0, OPEN: 1, LATE: 2, IN_TIME: 3}, return_dtype=pl.Int8)
    return _with_holders(its, found).sort(order, "due_on", "request_ref").select(REQUESTS)


def compensation_returns(its: Known, window: Window, by: str | None = None) -> Finding:
    """How many requests received in a window were answered in time: kind "compensation returns", its interval the two bounds in %.

    A row for all, or for each `month` or `reason` (of those late or without evidence: why, in the force's words).
    """
    if by not in (None, "month", "reason"):
        raise RequestInvalid("Requests cannot be split so.", remedy="Use month or reason.")
    every = compensation_requests(its).filter(pl.col("received_on").is_between(window.first, window.last))
    keys = {
        None: pl.lit("all"), "month": pl.col("received_on").dt.to_string("%Y-%m"),
        "reason": pl.col("delay_reason").fill_null(NOT_RECORDED),
    }  # fmt: skip
    split = every.with_columns(key=keys[by])
    rows = [
        _request_row(str(key), split.filter(pl.col("key") == key)["state"].to_list())
        for key in sorted(set(split["key"].to_list()))
    ]
    counts = _request_row("all", every["state"].to_list())
    judged, low, high = int(counts[2] or 0), counts[7], counts[8]
    sure = clock("compensation")
    odd = every.filter(pl.col("returned_on") < pl.col("received_on")).height
    has_bounds = isinstance(low, float) and isinstance(high, float)
    return _finding(
        its, window, ("cica_requests",), kind="compensation returns", unit="%", n=judged, method=_RETURNS,
        title=f"Requests about compensation answered within {sure.days} days",
        verdict=f"between {low:.0f}% and {high:.0f}%" if has_bounds else "none has run its days",
        interval=Interval(low=low, high=high, level=1.0, meaning="between these the share lies if what is recorded is true")
        if isinstance(low, float) and isinstance(high, float) else None,
        table=Table(columns=(by or "all", *RETURN_COLUMNS), rows=tuple(rows)),
        parameters={"received": every.height, "days": sure.days, "counted": sure.counted, "answered before receipt": odd},
        definition=Definition(
            name="compensation returns", version=clocks_version(), title="Returns to the Criminal Injuries Compensation Authority",
            text=f"A request is due {sure.days} {sure.counted} days after the day on which the force received it.",
            source=sure.source, status=sure.status,
        ),
        notes=("Without a return recorded after the due day it may have been answered, and not entered.",),
    )  # fmt: skip


def _request_row(key: str, states: Sequence[str]) -> tuple[Value, ...]:
    in_time, late, unknown, still = (states.count(one) for one in (IN_TIME, LATE, UNKNOWN, OPEN))
    judged = in_time + late + unknown
    bounds: tuple[Value, Value] = (None, None)
    if judged:
        bounds = (100 * in_time / judged, 100 * (in_time + unknown) / judged)
    return (key, len(states), judged, in_time, late, unknown, still, *bounds)


# --- property held ----------------------------------------------------------------------------------------------------


def held_property(its: Known, review_days: int = REVIEW_DAYS) -> pl.DataFrame:
    """Each spell of a thing in the force's hands: columns SPELLS; what is held first, the longest before others.

    `days` are to the end, or to the last extract. `person_ref` is whose it is, where that is recorded; `lacks_review` says that the
    thing is held and that no review is recorded in so many days, which is not that there was none; `is_filed` says that the
    investigation is filed. Raises NothingHeld, and RequestInvalid for reviews that are not 1 to 3,650 days apart.
    """
    if not 1 <= review_days <= MOST_DAYS:
        raise RequestInvalid("Reviews are 1 to 3,650 days apart.", remedy="Give another number of days.")
    key = ["property_ref", "crime_ref"]
    rank = pl.col("change").replace_strict({HELD: 0, RETURNED: 1, LOST: 1}, return_dtype=pl.Int8)
    ends = (pl.col("change") != HELD).cast(pl.Int32)
    rows = (
        _of(its, "property").filter(pl.col("change").is_in([HELD, RETURNED, LOST]))
        .sort(*key, "changed_at", rank)
        .with_columns(spell=ends.cum_sum().over(key) - ends, on=_day("changed_at"))
    )  # fmt: skip
    held, ended = pl.col("change") == HELD, pl.col("change") != HELD
    spells = (
        rows.group_by(*key, "spell", maintain_order=True)
        .agg(
            held_from=pl.col("on").filter(held).min(), last_line=pl.col("on").filter(held).max(), lines=held.sum(),
            held_reason=pl.col("held_reason").filter(held).last(), kind=pl.col("kind").drop_nulls().last(),
            person_ref=pl.col("for_person_ref").drop_nulls().last(), ended_on=pl.col("on").filter(ended).last(),
            ended_as=pl.col("change").filter(ended).last(),
        )
        .drop_nulls("held_from")
    )  # fmt: skip
    reviewed = pl.when(pl.col("lines") > 1).then(pl.col("last_line"))
    due = pl.coalesce("reviewed_on", "held_from") + timedelta(days=review_days)
    state = pl.coalesce("ended_as", pl.lit(HELD))
    found = (
        spells.with_columns(reviewed_on=reviewed, state=state)
        .with_columns(review_due_on=pl.when(pl.col("state") == HELD).then(due))
        .with_columns(
            lacks_review=(pl.col("review_due_on") < its.day).fill_null(value=False),
            days=(pl.coalesce("ended_on", pl.lit(its.day)) - pl.col("held_from")).dt.total_days(),
        )
        .join(_filed(its), on="crime_ref", how="left")
        .with_columns(is_filed=pl.col("filed_on").is_not_null())
    )
    first = (pl.col("state") != HELD).cast(pl.Int8)
    return _with_holders(its, found).sort(first, "held_from", *key).select(SPELLS)


def property_held(its: Known, review_days: int = REVIEW_DAYS) -> Finding:
    """What is held as at the last extract, by the reason recorded: kind "property held", its value how many things.

    The parameters say how many spells ended by return or loss, and the median days of each.
    """
    every = held_property(its, review_days)
    now = every.filter(pl.col("state") == HELD).with_columns(reason=pl.col("held_reason").fill_null(NOT_RECORDED))
    rows = [
        _held_row(str(reason), now.filter(pl.col("reason") == reason))
        for reason in sorted(set(now["reason"].to_list()))
    ]
    ended = {one: every.filter(pl.col("state") == one) for one in (RETURNED, LOST)}
    unseen, of_victims = int(now["lacks_review"].sum()), now["person_ref"].drop_nulls().len()
    sure = clock("property_review")
    return _finding(
        its, Window(its.day, its.day), ("property",), kind="property held", unit="things", value=now.height, n=now.height,
        title="Property held", method=_PROPERTY,
        verdict=f"recorded as somebody’s: {of_victims:,}; no review recorded in {review_days} days: {unseen:,}",
        table=Table(columns=HELD_COLUMNS, rows=tuple(rows)),
        parameters={
            "review days": review_days, "no review recorded": unseen, "of a victim": of_victims,
            **{name: frame.height for name, frame in ended.items()},
            **{f"median days until {name}": _median(frame["days"]) for name, frame in ended.items()},
        },
        definition=Definition(
            name="property held", version=clocks_version(), title="Property held", source=sure.source, status=sure.status,
            text=f"Held and not recorded as returned or lost. A review is due every {review_days} days; only a later line "
            "that it is held shows one.",
        ),
        notes=(
            "No line of the extract says that somebody reviewed what is held: a review that left no line looks as if there was none.",
            "Lost is what was recorded as lost while held.",
        ),
    )  # fmt: skip


def _held_row(reason: str, own: pl.DataFrame) -> tuple[Value, ...]:
    longest = own["days"].max()
    return (
        reason, own.height, own["person_ref"].drop_nulls().len(), _median(own["days"]),
        longest if isinstance(longest, int) else None, int(own["lacks_review"].sum()), int(own["is_filed"].sum()),
    )  # fmt: skip


# --- investigations that wait for others ------------------------------------------------------------------------------


def external_delays(its: Known) -> pl.DataFrame:
    """Each wait for another body: columns WAITS; what still waits first, the longest before others. Raises NothingHeld.

    Still waited for when the investigation is filed: its end is not recorded, and it is not counted as waiting.
    """
    held = {name for name in ("precharge_submissions", "notices", "property") if its.records.batches_of(name)}
    if not held:
        raise NothingHeld(
            "Nothing is held that says for whom investigations wait.",
            remedy="Import submissions to prosecutors, notices of courts, or property held.",
        )
    parts = [made(its) for name, made in _SOURCES.items() if name in held]
    every = pl.concat(parts).join(_filed(its), on="crime_ref", how="left")
    is_over = pl.col("until_on").is_not_null() & (pl.col("until_on") <= its.day)
    state = (
        pl.when(is_over).then(pl.lit(ENDED))
        .when(pl.col("filed_on").is_not_null() & (pl.col("filed_on") >= pl.col("since_on"))).then(pl.lit(NO_END))
        .otherwise(pl.lit(WAITING))
    )  # fmt: skip
    last = pl.when(is_over).then(pl.col("until_on")).otherwise(pl.lit(its.day))
    found = every.drop_nulls("since_on").with_columns(
        state=state, days=(last - pl.col("since_on")).dt.total_days(), reason=pl.col("reason").fill_null(NOT_RECORDED)
    )
    first = (pl.col("state") != WAITING).cast(pl.Int8)
    return _with_holders(its, found).sort(first, "since_on", "crime_ref", "body").select(WAITS)


def delays(its: Known) -> Finding:
    """For whom investigations wait as at the last extract: kind "external delay", its value how many waits have no end.

    A row for each body and reason; a body of which the records say nothing has a row without numbers.
    """
    every = external_delays(its)
    titles = {one.body: one.title for one in bodies()}
    rows: list[tuple[Value, ...]] = []
    for one in bodies():
        own = every.filter(pl.col("body") == one.body)
        if not one.held:
            rows.append((one.title, "held nowhere", *([None] * 6)))
        rows += [
            _delay_row(titles[one.body], str(reason), own.filter(pl.col("reason") == reason))
            for reason in sorted(set(own["reason"].to_list()))
        ]
    waiting = every.filter(pl.col("state") == WAITING)
    nowhere, first = [one for one in bodies() if not one.held], waiting["since_on"].min()
    return _finding(
        its, Window(its.day, its.day), ("precharge_submissions", "notices", "property"), kind="external delay", unit="waits",
        value=waiting.height, n=every.height, title="Investigations that wait for others", method=_DELAYS,
        verdict=f"of {waiting['crime_ref'].n_unique()} crimes; the longest since {first.day} {first:%B %Y}"
        if isinstance(first, date) else "nothing that is recorded is waited for",
        table=Table(columns=DELAY_COLUMNS, rows=tuple(rows)),
        parameters={"held nowhere": {one.body: one.lacks for one in nowhere}},
        definition=Definition(
            name="external delay", version=clocks_version(), title="Waiting for others", status="force to supply",
            text="; ".join(f"{one.title}: {one.held or 'no row says so'}" for one in bodies()),
        ),
        notes=tuple(f"{one.title}: held nowhere. It wants {one.lacks}." for one in nowhere),
    )  # fmt: skip


def _delay_row(title: str, reason: str, own: pl.DataFrame) -> tuple[Value, ...]:
    waiting, ended = (own.filter(pl.col("state") == one) for one in (WAITING, ENDED))
    longest = waiting["days"].max()
    return (
        title, reason, waiting.height, _median(waiting["days"]), longest if isinstance(longest, int) else None, ended.height,
        _median(ended["days"]), own.height - waiting.height - ended.height,
    )  # fmt: skip


def _of_prosecutors(its: Known) -> pl.DataFrame:
    rows = _of(its, "precharge_submissions").unique("submission_ref", keep="last", maintain_order=True)
    reason = pl.col("kind").str.replace_all("_", " ")
    return rows.select(
        "crime_ref",
        body=pl.lit("prosecutor"),
        reason=reason,
        since_on=_day("submitted_at"),
        until_on=_day("replied_at"),
    )


def _of_courts(its: Known) -> pl.DataFrame:
    rows = _of(its, "notices").filter(pl.col("kind") == "trial_moved")
    rows = rows.unique("notice_ref", keep="last", maintain_order=True)
    return rows.select(
        "crime_ref", body=pl.lit("court"), reason=pl.col("delay_reason"), since_on=_day("received_at"),
        until_on=pl.col("hearing_on"),
    )  # fmt: skip


def _of_property(its: Known) -> pl.DataFrame:
    named = {"awaiting_forensics": "forensics", "awaiting_court": "court"}
    rows = held_property(its).filter(pl.col("held_reason").is_in(list(named)))
    return rows.select(
        "crime_ref", body=pl.col("held_reason").replace_strict(named, return_dtype=pl.String),
        reason=pl.lit("property held"), since_on=pl.col("held_from"), until_on=pl.col("ended_on"),
    )  # fmt: skip


_SOURCES = {"precharge_submissions": _of_prosecutors, "notices": _of_courts, "property": _of_property}
"""For each table that says for whom an investigation waits, its waits: crime_ref, body, reason, since_on, until_on."""


# --- a victim's journey -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a victim's journey: the day, what happened, what became of it, and the day on which it ended, where it has.

    `ref` is the reference of the request or the thing held; "" where the record gives none.
    """

    on: date
    what: str
    became: str
    until: date | None = None
    ref: str = ""


def journey_clocks(its: Known, crime_ref: str, person_ref: str) -> tuple[Line, ...]:
    """What the clocks say of one victim of one crime, in order of time: compensation, property, and what is waited for."""
    found: list[Line] = []
    its = replace(its, crime_ref=crime_ref)
    if its.records.batches_of("cica_requests"):
        own = compensation_requests(its).filter(pl.col("person_ref") == person_ref)
        found += [
            Line(on=r["received_on"], what="Compensation Authority asked for information",
                 became=f"{r['state']}, due {r['due_on']:%-d %B %Y}",
                 until=r["returned_on"] if r["state"] in (IN_TIME, LATE) else None, ref=r["request_ref"] or "")
            for r in own.iter_rows(named=True)
        ]  # fmt: skip
    if its.records.batches_of("property"):
        own = held_property(its)
        if (
            own.height
        ):  # what is nobody's in the record is the crime's only victim's, and of several victims on nobody's journey
            own = concerning(own, people_of(its.records, its.force_id, crime_ref), "crime_ref")
        own = own.filter(pl.col("person_ref") == person_ref)
        found += [
            Line(on=r["held_from"], what=f"Property held: {str(r['kind'] or 'kind not recorded').replace('_', ' ')}",
                 became=_became(r["state"], r["ended_on"], r["held_reason"]), until=r["ended_on"], ref=r["property_ref"] or "")
            for r in own.iter_rows(named=True)
        ]  # fmt: skip
    if any(its.records.batches_of(name) for name in _SOURCES):
        titles = {one.body: one.title for one in bodies()}
        found += [
            Line(on=r["since_on"], what=f"Waiting for others: {titles[r['body']]} ({r['reason']})",
                 became=_became(r["state"], r["until_on"], None), until=r["until_on"])
            for r in external_delays(its).iter_rows(named=True)
        ]  # fmt: skip
    return tuple(sorted(found, key=lambda line: (line.on, line.what)))


def _became(state: str, ended: date | None, why: str | None) -> str:
    said = f"{state} {ended:%-d %B %Y}" if ended else state
    return f"{said}: {why.replace('_', ' ')}" if why and not ended else said


# --- shared -----------------------------------------------------------------------------------------------------------


def _of(its: Known, table: str) -> pl.DataFrame:
    if not its.records.batches_of(table):
        what = {"cica_requests": "request about compensation", "property": "property"}.get(
            table, table.replace("_", " ")
        )
        raise NothingHeld(f"No {what} is held.", remedy="Import the force’s own extracts of it.")
    return _own(its, table).collect()


def _own(its: Known, table: str, stream: str | None = None) -> pl.LazyFrame:
    """The rows of a table that are of the force, and of the crime where one is asked for."""
    rows = (
        its.records.table(table, stream)
        if its.crime_ref is None
        else rows_of(its.records, table, [its.crime_ref], stream)
    )
    return rows.filter(pl.col("force_id") == its.force_id)


def _filed(its: Known) -> pl.DataFrame:
    """The crimes whose investigation is filed as the crime's last line has it: crime_ref, filed_on."""
    streams = sorted({b.stream for b in its.records.batches_of("crimes") if b.keyed_by})
    held = [_own(its, "crimes", one) for one in streams] or [_own(its, "crimes")]
    rows = pl.concat([one.select("crime_ref", filed_on="investigation_filed_on") for one in held]).collect()
    return rows.unique("crime_ref", keep="last", maintain_order=True).drop_nulls("filed_on")


def _with_holders(its: Known, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the team and officer who have the crime now, in the place of any of their own."""
    if rows.is_empty():  # as in most journeys: nothing is looked up
        nobody = pl.lit(None, pl.String)
        return rows.drop("team", "officer_ref", strict=False).with_columns(team=nobody, officer_ref=nobody)
    own = holders(its.records, its.force_id, rows["crime_ref"]).select("crime_ref", "team", "officer_ref")
    return rows.drop("team", "officer_ref", strict=False).join(own.collect(), on="crime_ref", how="left")


def _median(days: pl.Series) -> float | None:
    found = days.median()
    return float(found) if isinstance(found, (int, float)) else None


def _day(column: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone("Europe/London").dt.date()


def _finding(its: Known, window: Window, tables: Sequence[str], **said: object) -> Finding:
    given: dict[str, object] = {
        "value": None, "windows": (window,), "area": force_of(its.force_id).name, "as_at": its.records.as_at,
        "code_version": fourfold.__version__,
        "batches": tuple(b.batch_id for b in its.records.standing if not {*tables, "crimes"}.isdisjoint(b.tables)), **said,
    }  # fmt: skip
    return Finding(**given)  # type: ignore[arg-type]
