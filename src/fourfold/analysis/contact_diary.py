"""The contact diary: how often each victim chose to be told, turn by turn, and which crimes a supervisor has to look at again.

A victim who chose a frequency is owed a contact within so many days of the last one, again and again while the crime is open. Each
turn begins with the recording of the crime or with a contact, and is met by the next contact, whatever it was about. A call from the
victim is one only where the record says that they were told in it of what it was about. A victim who wants no updates is owed none;
that is a choice that is kept. From what day on is not recorded: it is so from the day of the extract that shows it, and what fell due
before may have come before the choice or after it. How often a supervisor reviews a crime is the force's own rule: no
number of days is known to be set, so that it is asked for, and printed.

Both lists are closed by the records: once the next extract shows the contact or the review, the turn is met and the next begins.

The turns stand among the figures of compliance as a scheme of their own (`CHOSEN`), and not within right 6: they run from the last
contact and not from what happened, and no rule pack says their limit, but each victim.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from fourfold.analysis.entitlements import OPTED_OUT, VICTIM_ROLES, concerning, days_shown
from fourfold.analysis.owed import holders
from fourfold.analysis.victims_code import LACKING, UNDATED, Rules
from fourfold.codes.victims_code import RulePack
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records

REVIEW_DAYS = 28
"""Days between a supervisor's reviews where nothing else is asked for; for the force to supply."""
TURNS = (
    "crime_ref",
    "person_ref",
    "team",
    "officer_ref",
    "every_days",
    "from_on",
    "due_on",
    "met_on",
    "state",
    "small_area",
    "lacking",
)
REVIEWS = ("crime_ref", "team", "officer_ref", "last_review_on", "due_on", "is_overdue", "small_area")
REVIEWED = ("crime_ref", "team", "officer_ref", "recorded_on", "last_review_on", "small_area")
OPEN = ("not yet due", "no evidence")
_DAYS = (1, 365)
CHOSEN = RulePack(
    id="chosen_contacts", scheme="chosen_contacts", title="Contacts as often as victims chose", first=date(2021, 4, 1), last=None,
    version="2026-1", status="unconfirmed", rights={6: "To be told as often as the victim chose"}, obligations=(),
    source="That a victim may choose how often to be told: general knowledge of right 6. Each turn's days: as the victim chose, as "
    "the force's records have it. By calendar days from the last contact: a decision of this project.",
)  # fmt: skip
"""Chosen contacts among the schemes of compliance: no obligation of a pack, for the limit is each victim's own."""
_MARKS = ("offence_group", "offence_subgroup", "age_group", "sex", "ethnicity", "disability")


def chosen_contacts(records: Records, force_id: str, as_known: date) -> pl.DataFrame:
    """A row for each turn of each victim who chose how often to be told, of crimes that stand: columns TURNS, by victim and day.

    The state is met in time, met late, no evidence (the due day is past and no contact is recorded since), not yet due, not
    applicable (the crime was closed before the turn was due), or declined by the victim (who by the due day wanted no updates). What
    fell due before the extract that shows such a choice, and was not met in time, is no evidence. A contact with a parent or
    spokesperson is one with the victim whom they speak for, and one that names nobody with the crime's only victim.
    """
    crimes, people = _crimes(records, force_id), _of(records, "people", force_id)
    shown = pl.col("batch_id").replace_strict(days_shown(records, "people"), default=None, return_dtype=pl.Date)
    chose = (
        people.filter(
            pl.col("role").is_in(VICTIM_ROLES) & pl.col("contact_frequency_days").is_between(1, 365)
        )
        .select("crime_ref", "person_ref", every_days="contact_frequency_days", silent_on=pl.when(OPTED_OUT).then(shown))
        .unique(["crime_ref", "person_ref"], keep="last", maintain_order=True)
        .join(crimes, on="crime_ref")
    )  # fmt: skip
    # A contact that says neither how it was made nor that the victim was reached shows nothing.
    was_reached = pl.col("is_successful").fill_null(pl.col("method").is_not_null())
    says_something = pl.col("about").is_not_null() & (pl.col("about") != "other")
    was_told = pl.col("direction").ne_missing("from_victim") | (pl.col("is_successful") & says_something)
    contacts = _of(records, "victim_contacts", force_id).filter(was_reached & was_told)
    named = contacts.select("crime_ref", "person_ref", on=_day("contacted_at"))
    told = concerning(named, people, "crime_ref").drop_nulls()
    days = pl.concat([
        chose.select("crime_ref", "person_ref", on="recorded_on"),
        told.join(chose.select("crime_ref", "person_ref", "recorded_on"), on=["crime_ref", "person_ref"])
        .filter((pl.col("on") >= pl.col("recorded_on")) & (pl.col("on") <= as_known)).select("crime_ref", "person_ref", "on"),
    ])  # fmt: skip
    turns = (
        days.unique().sort("crime_ref", "person_ref", "on")
        .with_columns(met_on=pl.col("on").shift(-1).over("crime_ref", "person_ref"))
        .join(chose.select("crime_ref", "person_ref", "every_days", "closed_on", "silent_on"), on=["crime_ref", "person_ref"])
        .filter(*((pl.col("on") < pl.col(end)).fill_null(value=True) for end in ("closed_on", "silent_on")))
        .with_columns(due_on=pl.col("on") + pl.duration(days="every_days"))
    )  # fmt: skip
    state = (
        pl.when(pl.col("met_on") <= pl.col("due_on")).then(pl.lit("met in time"))
        .when(pl.col("closed_on") <= pl.col("due_on")).then(pl.lit("not applicable"))
        .when(pl.col("silent_on") <= pl.col("due_on")).then(pl.lit("declined by the victim"))
        .when(pl.col("silent_on").is_not_null()).then(pl.lit("no evidence"))
        .when(pl.col("met_on").is_not_null()).then(pl.lit("met late"))
        .when(pl.col("due_on") >= as_known).then(pl.lit("not yet due"))
        .otherwise(pl.lit("no evidence"))
    )  # fmt: skip
    lacking = pl.when(pl.col("silent_on").is_not_null()).then(pl.lit(UNDATED[1])).otherwise(pl.lit(LACKING[2]))
    turns = turns.with_columns(state=state).with_columns(
        lacking=pl.when(pl.col("state") == "no evidence").then(lacking)
    )
    found = turns.join(holders(records, force_id).collect(), on="crime_ref", how="left")
    return found.rename({"on": "from_on"}).select(TURNS).sort("crime_ref", "person_ref", "from_on")


def with_chosen(rules: Rules) -> Rules:
    """The rules with chosen contacts among their schemes."""
    return replace(rules, packs=(*rules.packs, CHOSEN))


def chosen_states(turns: pl.LazyFrame, states: pl.LazyFrame) -> pl.LazyFrame:
    """The turns (columns TURNS) as states of the scheme CHOSEN, to ask compliance of: a row a turn, on the day on which it began.

    What victims are split by is taken from the states of the same victims; the team is the one that has the crime now.
    """
    victims = states.select("crime_ref", "person_ref", *_MARKS).unique(["crime_ref", "person_ref"], keep="any")
    return turns.join(victims, on=["crime_ref", "person_ref"], how="left").select(
        "crime_ref", "person_ref", "state", "team", *_MARKS, scheme=pl.lit(CHOSEN.scheme), right=pl.lit(6),
        obligation=pl.lit("chosen_contact"), lacking="lacking",
        at=pl.col("from_on").cast(pl.Datetime("us")).dt.replace_time_zone("Europe/London").dt.convert_time_zone("UTC"),
    )  # fmt: skip


def contacts_due(turns: pl.DataFrame | pl.LazyFrame, until: date) -> pl.DataFrame:
    """The turns that are open now and due by a day, or overdue without evidence; the soonest due first.

    Less those of victims who want no updates now: whether they fell due before that is for the audit, and nobody is to be called.
    """
    is_open = pl.col("state").is_in(list(OPEN)) & pl.col("lacking").ne_missing(UNDATED[1])
    due = turns.lazy().filter(is_open & (pl.col("due_on") <= until))
    return due.sort("due_on", "crime_ref", "person_ref").collect()


def review_diary(
    records: Records, force_id: str, as_known: date, until: date, every_days: int = REVIEW_DAYS
) -> pl.DataFrame:
    """The open crimes whose next review by a supervisor falls due by a day: columns REVIEWS, the soonest due first.

    A review is due so many days after the last one recorded, or after the crime was recorded. Raises RequestInvalid for a number of
    days out of bounds.
    """
    return reviews_due(reviewed(records, force_id).lazy(), as_known, until, every_days)


def reviews_due(rows: pl.LazyFrame, as_known: date, until: date, every_days: int = REVIEW_DAYS) -> pl.DataFrame:
    """Of the crimes that `reviewed` gives, those whose next review falls due by a day. Columns and errors as `review_diary`."""
    if not _DAYS[0] <= every_days <= _DAYS[1]:
        raise RequestInvalid("Reviews are 1 to 365 days apart.", remedy="Give another number of days.")
    due = (pl.coalesce("last_review_on", "recorded_on") + timedelta(days=every_days)).alias("due_on")
    return (
        rows.with_columns(due)
        .filter(pl.col("due_on") <= until)
        .with_columns(is_overdue=pl.col("due_on") < as_known)
        .select(REVIEWS).sort("due_on", "crime_ref").collect()
    )  # fmt: skip


def reviewed(records: Records, force_id: str) -> pl.DataFrame:
    """The open crimes, who has each, and the day of its last review by a supervisor where one is recorded: columns REVIEWED."""
    crimes = _crimes(records, force_id).filter(pl.col("closed_on").is_null())
    done = _of(records, "investigation_events", force_id).filter(pl.col("kind") == "supervisor_review")
    last = done.group_by("crime_ref").agg(last_review_on=pl.coalesce(_day("happened_at"), _day("recorded_at")).max())
    owners = holders(records, force_id).collect()
    return crimes.join(last, on="crime_ref", how="left").join(owners, on="crime_ref", how="left").select(REVIEWED)


def _crimes(records: Records, force_id: str) -> pl.DataFrame:
    """The crimes that stand, with the days on which they were recorded and closed: crime_ref, recorded_on, closed_on."""
    streams = sorted({b.stream for b in records.batches_of("crimes") if b.keyed_by})
    held = [records.table("crimes", s) for s in streams] or [records.table("crimes")]
    rows = pl.concat([one.filter(pl.col("force_id") == force_id).select(_WANTED) for one in held]).collect()
    kept = rows.unique("crime_ref", keep="last", maintain_order=True)
    stands = ~pl.col("status").fill_null("recorded").is_in(["cancelled", "transferred"])
    closed = pl.col("investigation_filed_on").alias("closed_on")
    return kept.filter(stands).select("crime_ref", _day("recorded_at").alias("recorded_on"), closed)


_WANTED = ("crime_ref", "recorded_at", "status", "investigation_filed_on")


def _of(records: Records, table: str, force_id: str) -> pl.DataFrame:
    return records.table(table).filter(pl.col("force_id") == force_id).collect()


def _day(column: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone("Europe/London").dt.date()
