"""The Right to Review: what victims asked to have looked at again, what was answered, and in what time.

Of the requests that were decided on their merits, the share in which the decision was overturned stands with Wilson's interval;
requests that were not eligible or were withdrawn are counted apart, and one without an answer is not one that was refused. No
limit for the answer is known: neither the Victims' Code as we have it nor a published force policy was found to give one. So days
are shown, and whether an answer was in time is said only under a limit of the force's own, in working days from the day of receipt
(which is day 0). Then a request without an answer, past its limit, has no evidence: in time lies between two bounds.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

import fourfold
from fourfold.analysis.complaints import OF_VICTIMS, PROTECTED, with_victims
from fourfold.analysis.entitlements import moment_known
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table
from fourfold.analysis.small_tables import bounds, one_quarter, protected, share_with_limits, total
from fourfold.codes.areas import force as force_of
from fourfold.codes.periods import Window
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.working_days import due_date, local_date
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records

OVERTURNED, UPHELD, NOT_ELIGIBLE, WITHDRAWN = "overturned", "upheld", "not_eligible", "withdrawn"
NO_RESULT, NO_ANSWER = "answered, result not recorded", "no answer recorded"
STATES = (OVERTURNED, UPHELD, NOT_ELIGIBLE, WITHDRAWN, NO_RESULT, NO_ANSWER)
"""What a request is, each apart from the others. `upheld` says that the decision stood."""
IN_TIME, LATE, NOT_YET_DUE, NO_EVIDENCE = "in time", "late", "not yet due", "no evidence"
TIMES = (IN_TIME, LATE, NOT_YET_DUE, NO_EVIDENCE)
BY = {
    "decision": "decision_by", "month": "month", "offence": "offence_group", "age": "age_group", "sex": "sex",
    "ethnicity": "ethnicity", "disability": "disability",
}  # fmt: skip
"""By what requests may be split, and the column."""
COLUMNS = ("asked", *STATES, "overturned share", "low", "high", "median days", *TIMES, "lower", "upper")

_METHOD = Method(
    name="reviews overturned",
    text="Decisions overturned over those reviewed on their merits (overturned or upheld), with Wilson's interval; days run from the "
    "day of receipt to the day of the answer.",
    source="Wilson 1927.",
)


def right_to_review(
    records: Records, force_id: str, window: Window, today: date, by: str | None = None, limit_days: int | None = None
) -> Finding:
    """Requests for review received in a window: kind "right to review"; its value is the share overturned in %, its n those decided.

    A row for each value of `by`: how many asked, each state, the share with its limits, the median days to an answer, and under
    `limit_days` (working days, the force's own) in time, late, not yet due on `today`, no evidence, and the bounds of in time in %.
    By a protected characteristic small counts are withheld, and what cuts across them is not told. Raises NothingHeld,
    RequestInvalid.
    """
    if by is not None and by not in BY:
        raise RequestInvalid("Reviews cannot be split so.", remedy=f"Use one of: {', '.join(BY)}.")
    if by in PROTECTED:
        one_quarter(window, local_date(moment_known(records, force_id)))
    if limit_days is not None and not 1 <= limit_days <= 250:
        raise RequestInvalid("The limit is out of bounds.", remedy="Give 1 to 250 working days.")
    if not records.batches_of("review_requests"):
        raise NothingHeld(
            "No requests for review are held.", remedy="Import them; see `fourfold contracts review_requests`."
        )
    rows = reviews_held(records, force_id).filter(pl.col("received_on").is_between(window.first, window.last))
    rows = with_victims(records, force_id, rows) if by in OF_VICTIMS else rows
    days = rows.select("received_on", "answered_on").rows()
    rows = rows.with_columns(
        split=pl.lit("all") if by is None else pl.col(BY[by]).cast(pl.String).fill_null("not recorded"),
        time=pl.Series([_time(received, answered, limit_days, today) for received, answered in days], dtype=pl.String),
    )  # fmt: skip
    counts = {key: _row(own) for key, own in _parts(rows)}
    shown: dict[str, dict[str, Any]] = dict(counts)
    least, disclosure = 1, "no disclosure control applied"
    if by in PROTECTED:
        rule = small_number_rule()
        least = rule.percentage_base
        apart = {key: {state: row[state] for state in STATES} for key, row in counts.items()}
        told, withheld = protected(apart, "review_requests", str(by), window, rule)
        shown = {key: {**dict.fromkeys((*TIMES, "median days")), **row} for key, row in told.items()}
        disclosure = f"{rule.title} ({rule.version}): {rule.in_words}; {withheld} counts withheld"
    whole = _row(rows)
    n = whole[OVERTURNED] + whole[UPHELD]
    share, low, high = share_with_limits(whole[OVERTURNED], n)
    return Finding(
        kind="right to review", title="Right to Review" + (f", by {by}" if by else ""), value=share, unit="%", n=n, windows=(window,),
        area=force_of(force_id).name, method=_METHOD, as_at=records.as_at, code_version=fourfold.__version__,
        batches=tuple(b.batch_id for b in records.standing if "review_requests" in b.tables), disclosure=disclosure,
        definition=Definition(
            name="right to review", version="1", title="Requests under the Victims' Right to Review", status="force to supply",
            source="The force's register of requests", text="Requests received in these months. Upheld says that the decision stood.",
        ),
        interval=Interval(low=float(low or 0), high=float(high or 0), level=0.95, meaning="by chance alone") if n else None,
        verdict=f"{rows.height:,} asked; {n:,} decided on their merits, {whole[OVERTURNED]:,} of them overturned; "
        f"{whole[NO_ANSWER]:,} have no answer recorded",
        table=Table(columns=(by or "all", *COLUMNS), rows=tuple(_cells(key, row, least, limit_days) for key, row in shown.items())),
        parameters={"asked": rows.height, "limit in working days": limit_days, "as at day": today.isoformat(), **whole},
        notes=(_NO_LIMIT if limit_days is None else f"The limit of {limit_days} working days is the force's own.",),
    )  # fmt: skip


_NO_LIMIT = "No limit for answering a request is known: days are shown, and whether it was in time is not said."


def reviews_held(records: Records, force_id: str) -> pl.DataFrame:
    """Every request of a force, a row each, with its state, the days to its answer, and its month."""
    names = ("review_ref", "crime_ref", "person_ref", "decision_by", "received_on", "answered_on", "result")
    held = records.table("review_requests").filter(pl.col("force_id") == force_id).select(names).collect()
    held = held.unique("review_ref", keep="last", maintain_order=True)
    state = (
        pl.when(pl.col("result").is_in(list(STATES))).then(pl.col("result"))
        .when(pl.col("answered_on").is_not_null()).then(pl.lit(NO_RESULT)).otherwise(pl.lit(NO_ANSWER))
    )  # fmt: skip
    return held.with_columns(
        state=state, days=(pl.col("answered_on") - pl.col("received_on")).dt.total_days(),
        month=pl.col("received_on").dt.to_string("%Y-%m"),
    )  # fmt: skip


def requests_each(records: Records, force_id: str, today: date, limit_days: int | None = None) -> pl.DataFrame:
    """Every request, those without an answer first and the longest waiting of them before: as `reviews_held`, with `waited`.

    `waited` are the days from receipt to the answer, or to `today` while there is none; under the force's own limit in working days
    `due_on` and `time` say when an answer was due and whether it came by then, as in the figure. Raises NothingHeld.
    """
    if not records.batches_of("review_requests"):
        raise NothingHeld(
            "No requests for review are held.", remedy="Import them; see `fourfold contracts review_requests`."
        )
    rows = reviews_held(records, force_id)
    days = rows.select("received_on", "answered_on").rows()
    due = [None if limit_days is None else due_date(received, limit_days, "working") for received, _ in days]
    rows = rows.with_columns(
        waited=pl.coalesce("days", (pl.lit(today) - pl.col("received_on")).dt.total_days()),
        due_on=pl.Series(due, dtype=pl.Date),
        time=pl.Series([_time(received, answered, limit_days, today) for received, answered in days], dtype=pl.String),
    )
    return rows.sort(pl.col("answered_on").is_not_null(), "received_on", "review_ref")


def day_known(records: Records, force_id: str) -> date:
    """The day as at which requests are known: that of the last extract, or the last day that a request names."""
    known = local_date(moment_known(records, force_id))
    if not records.batches_of("review_requests"):
        return known
    rows = records.table("review_requests").filter(pl.col("force_id") == force_id)
    last = rows.select(pl.max_horizontal(pl.col("received_on").max(), pl.col("answered_on").max())).collect().item()
    return known if last is None else max(known, min(last, local_date(records.as_at)))


def _time(received: date, answered: date | None, limit: int | None, today: date) -> str | None:
    """Whether an answer was in time under a limit; None without one."""
    if limit is None:
        return None
    due = due_date(received, limit, "working")
    if answered is not None:
        return IN_TIME if answered <= due else LATE
    return NOT_YET_DUE if today <= due else NO_EVIDENCE


def _parts(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    keys = sorted(rows["split"].unique().to_list(), key=lambda k: (k == "not recorded", k))
    return [(key, rows.filter(pl.col("split") == key)) for key in keys]


def _row(own: pl.DataFrame) -> dict[str, Any]:
    median = own["days"].median()
    return {
        **{state: own.filter(pl.col("state") == state).height for state in STATES},
        **{time: own.filter(pl.col("time") == time).height for time in TIMES},
        "median days": median,
    }


def _cells(key: str, row: dict[str, Any], least: int, limit: int | None) -> tuple[Any, ...]:
    decided = total(row, (OVERTURNED, UPHELD))
    times = [row[t] if limit is not None else None for t in TIMES]
    judged = total(row, (IN_TIME, LATE, NO_EVIDENCE)) if limit is not None else None
    limits = bounds(row[IN_TIME], row[NO_EVIDENCE], judged, least) if judged else (None, None)
    return (key, total(row, STATES), *(row[s] for s in STATES), *share_with_limits(row[OVERTURNED], decided, least),
            row["median days"], *times, *limits)  # fmt: skip
