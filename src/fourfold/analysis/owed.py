"""What is owed now: each thing due to a victim soon, or overdue without evidence, with who has the crime and what to enter.

What is owed is closed by the force's own system, not here: once the next extract shows that it was done, declined or no longer
due, it is gone from the list. Overdue stands for a due moment that is past and nothing recorded: it may have been done, and
then wants entering.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from fourfold.analysis.victims_code import Rules
from fourfold.codes import working_days
from fourfold.codes.victims_code import overdue_days
from fourfold.records.as_at import Records
from fourfold.records.card_index import rows_of

COLUMNS = (
    "due_on", "working_days_left", "is_overdue", "is_enhanced", "reasons", "obligation", "title", "right", "crime_ref", "person_ref",
    "team", "officer_ref", "handed_over_on", "enter", "started_on", "small_area",
)  # fmt: skip
WITHOUT_LIMIT = (
    "started_on", "is_enhanced", "reasons", "obligation", "title", "right", "crime_ref", "person_ref", "team", "officer_ref", "enter",
    "small_area",
)  # fmt: skip


def owed(
    states: pl.LazyFrame, records: Records, force_id: str, rules: Rules, as_known: date, until: date, team: str | None = None
) -> pl.DataFrame:  # fmt: skip
    """What is due from `as_known` to `until`, and what fell due in so many days before it without evidence (`overdue_days`).

    Of the crimes that a team has now (its unit, its name, or both), or of all. Columns COLUMNS, soonest due first, those with
    enhanced rights before others of the same day. `handed_over_on` is the day on which the crime came to the team, where it came
    after the clock had started: the hand-over list is the rows that have it. `small_area` is the small area in which the crime lies,
    null where that is not known. Only what the force itself owes.
    """
    due_on = pl.col("due").dt.convert_time_zone("Europe/London").dt.date()
    is_to_come = (pl.col("state") == "not yet due") | ((pl.col("state") == "no evidence") & (due_on > as_known))
    is_open = is_to_come & (due_on <= until)
    is_late = (
        (pl.col("state") == "no evidence")
        & (due_on >= as_known - timedelta(days=overdue_days()))
        & (due_on <= as_known)
    )
    rows = states.filter(pl.col("due").is_not_null() & (is_open | is_late)).with_columns(
        due_on=due_on, is_overdue=is_late, started_on=pl.col("at").dt.convert_time_zone("Europe/London").dt.date(),
        obligation=pl.col("obligation").cast(pl.String), pack_id=pl.col("pack").cast(pl.String),
    )  # fmt: skip
    found = _with_whose(rows, records, force_id, rules)
    if team is not None:
        found = found.filter((pl.col("team") == team) | pl.col("team").str.split(" / ").list.contains(team))
    came = pl.col("owned_from").dt.convert_time_zone("Europe/London").dt.date()
    kept = found.with_columns(handed_over_on=pl.when(pl.col("owned_from") > pl.col("at")).then(came)).collect()
    left = [_days_left(as_known, day) for day in kept["due_on"]]
    order = ["due_on", "is_enhanced", "crime_ref", "person_ref", "obligation", "right", "started_on", "is_overdue"]
    return (
        kept.with_columns(pl.Series("working_days_left", left, dtype=pl.Int64))
        .sort(order, descending=[name == "is_enhanced" for name in order])
        .select(COLUMNS)
    )


def owed_without_limit(
    states: pl.LazyFrame, records: Records, force_id: str, rules: Rules, as_known: date
) -> pl.DataFrame:
    """What has no limit in days, began in so many days before `as_known` (`overdue_days`) and has nothing recorded.

    A needs assessment, a statement offered, compensation told of, property back: nothing makes them overdue, and so they would
    stand on no list. Columns WITHOUT_LIMIT, the latest begun first, those with enhanced rights before others of the same day.
    """
    began = pl.col("at").dt.convert_time_zone("Europe/London").dt.date()
    is_new = began >= as_known - timedelta(days=overdue_days())
    rows = states.filter(pl.col("due").is_null() & (pl.col("state") == "no evidence") & is_new).with_columns(
        started_on=began, obligation=pl.col("obligation").cast(pl.String), pack_id=pl.col("pack").cast(pl.String)
    )
    order = ["started_on", "is_enhanced", "crime_ref", "person_ref", "obligation", "right"]
    return (
        _with_whose(rows, records, force_id, rules)
        .select(WITHOUT_LIMIT)
        .collect()
        .sort(order, descending=[name in ("started_on", "is_enhanced") for name in order])
    )


def off_the_lists(states: pl.LazyFrame, records: Records, force_id: str, as_known: date) -> pl.DataFrame:
    """How much without evidence stands on neither list any more: by team and small area (`small_area`), `late` that fell due and
    `unlimited` that began before so many days (`overdue_days`). Compliance counts it; nobody is asked for it day by day."""
    since = as_known - timedelta(days=overdue_days())
    due_on, began = (pl.col(name).dt.convert_time_zone("Europe/London").dt.date() for name in ("due", "at"))
    gone = states.filter((pl.col("state") == "no evidence") & (pl.coalesce(due_on, began) < since))
    return (
        gone.select("crime_ref", "due", team_then=pl.col("team").cast(pl.String))
        .join(holders(records, force_id).select("crime_ref", "team", "small_area"), on="crime_ref", how="left")
        .group_by(pl.coalesce("team", "team_then").alias("team"), "small_area")
        .agg(late=pl.col("due").is_not_null().sum(), unlimited=pl.col("due").is_null().sum())
        .sort("team", "small_area", nulls_last=True)
        .collect()
    )


def _with_whose(rows: pl.LazyFrame, records: Records, force_id: str, rules: Rules) -> pl.LazyFrame:
    """Duties with who has the crime now, what is owed in words, and what to enter."""
    return (
        rows.rename({"team": "team_then"})
        .join(holders(records, force_id), on="crime_ref", how="left")
        .with_columns(team=pl.coalesce("team", pl.col("team_then").cast(pl.String)))
        .join(_named(rules).lazy(), on=["obligation", "pack_id"])
        .with_columns(enter=_to_enter())
    )


def holders(records: Records, force_id: str, of: pl.Series | None = None) -> pl.LazyFrame:
    """Who has each crime now, since when, and where it lies: by the last spell of ownership, or else by the crime itself.

    Of some crimes only, where their references are given: the others are not read into memory. `small_area` is the code of the
    LSOA that it lies in (of 2021, or else of 2011), null where its place is not known.
    """
    name = pl.concat_str(["unit", "team"], separator=" / ", ignore_nulls=True).replace("", None)
    small = pl.coalesce("lsoa21_code", "lsoa11_code")
    own = pl.col("force_id") == force_id
    wanted = None if of is None else of.drop_nulls().unique()

    def of_those(table: str, stream: str | None = None) -> pl.LazyFrame:
        rows = records.table(table, stream) if wanted is None else rows_of(records, table, wanted.to_list(), stream)
        return rows.filter(own)

    spells = of_those("ownership").drop_nulls("owned_from").sort("owned_from").group_by("crime_ref").last()
    last = spells.select("crime_ref", own=name, own_officer="officer_ref", owned_from="owned_from")
    streams = sorted({b.stream for b in records.batches_of("crimes") if b.keyed_by})
    held = [of_those("crimes", s) for s in streams] or [of_those("crimes")]
    crimes = pl.concat(
        [rows.select("crime_ref", small_area=small, team=name, officer_ref="officer_ref") for rows in held]
    )
    placed = crimes.select("crime_ref", "small_area").drop_nulls().unique("crime_ref", keep="last")
    each = crimes.drop("small_area").unique("crime_ref", keep="last")
    joined = each.join(last, on="crime_ref", how="left").join(placed, on="crime_ref", how="left")
    return joined.select(
        "crime_ref",
        "owned_from",
        "small_area",
        pl.coalesce("own", "team").alias("team"),
        pl.coalesce("own_officer", "officer_ref").alias("officer_ref"),
    )


def _named(rules: Rules) -> pl.DataFrame:
    """Each obligation in words, and what to enter where it was done."""
    rows = [(o.id, p.id, o.title, _entry_of(o.met_by)) for p in rules.packs for o in p.obligations]
    return pl.DataFrame(rows, schema=["obligation", "pack_id", "title", "enter"], orient="row")


def _entry_of(met_by: Sequence[str]) -> str:
    """What is entered where something was done: by words that the contracts have."""
    if set(met_by) <= _ENTERED_ELSEWHERE.keys():
        return " or ".join(_ENTERED_ELSEWHERE[word] for word in met_by)
    return f"a contact about {' or '.join(word.replace('_', ' ') for word in met_by)}"


_ENTERED_ELSEWHERE = {
    "recorded": "the crime, with when it was recorded",
    "complaint": "the day on which the complaint was acknowledged, or a contact about complaint",
}


def _to_enter() -> pl.Expr:
    """What to enter: where it cannot be said whether anything is owed, what tells that before all else."""
    entitlement, lacking = pl.col("entitlement").cast(pl.String), pl.col("lacking").cast(pl.String)
    first = (
        pl.when(entitlement == "not recorded").then(pl.lit("whether the organisation named a contact; if it did, "))
        .when(entitlement == "victim not recorded")
        .then(pl.lit("whether the victim is a person or an organisation; if it is owed, "))
        .when(lacking == "whether a suspect").then(pl.lit("the suspect among the people of the crime; if it is one, "))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    is_unsure, is_done = first != "", pl.col("done_at").is_not_null()
    return pl.when(is_unsure & is_done).then(first.str.split(";").list.first()).otherwise(pl.concat_str(first, "enter"))


def _days_left(today: date, due: date) -> int:
    """Working days from the day after today to the due day; nought where it is due today, below nought where it is past."""
    step = 1 if due >= today else -1
    days = [today + timedelta(days=n * step) for n in range(1, abs((due - today).days) + 1)]
    return step * sum(working_days.is_working_day(d) for d in days)
