"""Entitlements: who of a force's records is owed services under the Victims' Code, with what rights, and their journeys.

Every recorded crime with an entitled victim is in the population, and every report of fraud from the day on which the force
received it. A journey is one victim of one crime. Entitled are people, close relatives of a victim who has died (who then
stand in the victim's place), and organisations that named a contact; contacts with a parent or spokesperson count as contacts
with the victim. Whether an organisation named a contact is often not recorded: such journeys stay in the population, and stand
as no evidence, for whether they are owed anything cannot be said.

Enhanced rights are derived where the record does not say them, each with its reason: marked so, a recorded reason, marked
vulnerable or intimidated, under 18 (by the age, or where none is recorded by the birth), bereaved, domestic abuse, hate crime, a
sexual offence. That somebody is persistently targeted counts where it is recorded: no rule says from how many crimes on.

What cannot be known is not made up. A contact that does not say with whom it was counts in crimes of one victim alone. An
acknowledgement by word of mouth is not a written one, and one that does not say how it was made is not known to be. A contact that
says neither how it was made nor that the victim was reached shows that nobody was told. A call from the victim tells the victim
nothing, unless the record says that they were told in it. A chosen silence, a cancellation or a transfer without a date stands for
certain from the day of the extract that shows it; what fell due before may have come before it or after, and is no evidence. What
happened to somebody whom the crime's people name among no suspects may be of one whom they do not name yet; the victim of a report
of fraud that stands on no weekly list may be a person or an organisation: whether anything is owed is not recorded.

News that others decide (a hearing's date, a verdict, a charge dropped) runs from when the force received notice of it. Where none is
held, what courts decide runs from when it was recorded. A notice of what the force's own records hold too is the same news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from fourfold.analysis.obligations import ABOUT, ENTRIES, EVENT, INSTANT, SHARE
from fourfold.analysis.victims_code import ENTITLEMENTS, THE_VICTIM
from fourfold.codes import victims_code as code
from fourfold.codes import working_days
from fourfold.codes.offences import offences
from fourfold.errors import NothingHeld
from fourfold.records.ages import ages_of
from fourfold.records.as_at import Records
from fourfold.records.card_index import rows_of

REASONS = (
    "marked as enhanced", "reason recorded", "vulnerable", "intimidated", "under 18", "bereaved", "domestic abuse", "hate crime",
    "sexual offence",
)  # fmt: skip
"""Why a victim has enhanced rights; several may hold."""
UNIT, TEAM = "unit", "team"
PARTED = " / "
"""Between a unit and a team in the name of who has a crime."""

_TOLD_LATE = ("court_date", "trial_date", "verdict", "sentence")
_NOT_EVENTS = ("release", "supervisor_review", "warrant", "recall", "tic_admission")
"""Kinds that start no clock; release is from prison, of which probation tells."""
_NOTICES = {
    "charging_decision": "charged", "charge_altered": "charge_altered", "charge_dropped": "charge_dropped",
    "bail_decision": "bail_hearing", "first_hearing": "first_hearing_set", "trial_date": "trial_date_received",
    "trial_moved": "trial_date_received", "required_to_attend": "attendance_received", "verdict": "verdict_received",
    "sentence": "sentence_received", "appeal": "appeal_received",
}  # fmt: skip
"""What a notice tells of, by its kind. That of a release date starts no clock, of which no pack says anything, and neither does that
of the Victim Contact Scheme's offer: it is owed from the sentence, and the notice says that it was made."""
_OF_HEARINGS = ("first_hearing_set", "trial_date_received")
"""News of a day in court: the same news where that day is the same."""
_SAYING_SOMETHING = [word for word in code.abouts() if word not in code.MEETS_NOTHING]
_BY_MOUTH = ("phone", "in_person")
_COLUMNS = list(ENTRIES)
VICTIM_ROLES = ("victim", "organisation", "bereaved_relative")
_SPEAKERS = ("parent", "spokesperson")


@dataclass(frozen=True)
class Held:
    """The journeys of a force as at an instant, their entries made a share at a time.

    `journeys` has a row for each: unit, entitlement, as_at, and crime_ref, person_ref, crime_number, is_organisation,
    offence_group, offence_subgroup, offence_code, is_fraud, is_enhanced, reasons, age_group, sex, ethnicity, disability,
    recorded_month. `as_known` is the moment as at which is judged: the end of the day of the last extract.
    """

    journeys: pl.DataFrame
    as_known: datetime
    tables: dict[str, pl.DataFrame]

    def shares(self, share: int = SHARE) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """The journeys of each share, and their entries."""
        for first in range(0, self.journeys.height, share):
            own = self.journeys.slice(first, share)
            yield own, self.entries(own)

    def entries(self, own: pl.DataFrame) -> pl.DataFrame:
        """The entries of some journeys, which must be a run of them."""
        low, high = own["crime_number"][0], own["crime_number"][-1]
        near = {
            name: rows.filter(pl.col("crime_number").is_between(low, high)) for name, rows in self.tables.items()
        }  # fmt: skip
        return _entries(own, near)


def held_journeys(records: Records, force_id: str, only: pl.Series | None = None) -> Held:
    """The journeys of a force; with `only`, those of some crimes or reports, by reference.

    Raises NothingHeld where no crimes with their victims are held.
    """
    asked = _Asked(records, force_id, only)
    crimes, people, frauds = _crimes(asked), asked.rows("people"), _received(asked)
    as_known = moment_known(records, force_id)
    crimes = (
        pl.concat([crimes, _alone(frauds, crimes)], how="diagonal")
        .with_row_index("crime_number")
        .with_columns(pl.col("crime_number").cast(pl.Int64))
    )
    own = _victims(people, crimes, _ages(asked, crimes))
    victims = pl.concat([own, _fraud_victims(asked, crimes, own)], how="diagonal_relaxed")
    if only is None and (crimes.is_empty() or victims.is_empty()):
        raise NothingHeld(
            "No crimes with their victims are held of that force.",
            remedy="Import its crimes and the people in them; see `fourfold contracts`.",
        )
    journeys = (
        victims.sort("crime_number", "person_ref")
        .with_row_index("unit")
        .with_columns(pl.col("unit").cast(pl.Int64), as_at=pl.lit(as_known).cast(INSTANT))
    )
    number = crimes.select("crime_ref", "crime_number")
    return Held(journeys, as_known, _tables(asked, people, crimes, frauds, number))


# --- who is owed -------------------------------------------------------------------------------------------------


TABLES = {
    "crimes": ["crime_ref", "offence_code", "recorded_at", "reported_at", "status", "status_on", "is_domestic", "is_hate", "unit",
               "team", "recorded_month"],
    "people": ["crime_ref", "person_ref", "role", "is_organisation", "has_named_contact", "age_at_report", "sex",
               "self_defined_ethnicity", "disability", "is_vulnerable", "is_intimidated", "is_enhanced", "enhanced_reason",
               "contact_preference", "is_opted_out", "for_person_ref"],
    "victim_contacts": ["crime_ref", "person_ref", "contacted_at", "direction", "method", "about", "is_successful", "is_declined",
                        "line_number"],
    "investigation_events": ["crime_ref", "person_ref", "kind", "happened_at", "recorded_at", "line_number"],
    "notices": ["crime_ref", "person_ref", "kind", "decided_at", "received_at", "hearing_on", "line_number"],
    "crime_history": ["crime_ref", "change", "changed_at", "line_number"],
    "ownership": ["crime_ref", "unit", "team", "owned_from", "line_number"],
    "personal_statements": ["crime_ref", "person_ref", "happened_at", "what", "line_number"],
    "complaints": ["crime_ref", "person_ref", "complaint_ref", "received_on", "acknowledged_on", "line_number"],
    "fraud_disseminations": ["report_ref", "received_on", "disseminated_on", "kind", "local_crime_ref", "team"],
    "fraud_victims": ["report_ref", "victim_type", "sex", "age_at_report", "self_defined_ethnicity"],
}  # fmt: skip
"""The tables that journeys rest on, each with the columns that they are made of."""


OF_REPORT = "the victim of the report"
"""How the victim of a report of fraud that has no crime stands in a journey: no reference of theirs is held."""
OPTED_OUT = pl.col("is_opted_out").fill_null(value=False) | pl.col("contact_preference").eq_missing("none")
_UNDATED = {
    "crimes": ("gone_at", pl.col("status").is_in(["cancelled", "transferred"]) & pl.col("status_on").is_null()),
    "people": ("opted_at", OPTED_OUT),
}
"""What a row may say without its day, and the column that says since when it stands at the latest: the end of the day of the
extract that the row is of, or else of the day on which it was received."""


def days_shown(records: Records, table: str) -> dict[str, date]:
    """The day on which each batch of a table showed what its rows say: that of the extract, or else that of its receipt."""
    return {b.batch_id: b.extracted_on or working_days.local_date(b.committed_at) for b in records.batches_of(table)}


@dataclass(frozen=True)
class _Asked:
    """The tables of a force that are asked for: all of each, or the rows of some crimes."""

    records: Records
    force_id: str
    only: pl.Series | None

    def scanned(self, table: str, stream: str | None = None) -> pl.LazyFrame:
        """The same, not read yet, with all its columns."""
        only = self.only
        found = (
            self.records.table(table, stream) if only is None else rows_of(self.records, table, only.to_list(), stream)
        )
        return found.filter(pl.col("force_id") == self.force_id)

    def rows(self, table: str, stream: str | None = None) -> pl.DataFrame:
        """The rows of a table that stand, as the lake has its columns; no rows where it is not held."""
        found = self.scanned(table, stream)
        if table not in _UNDATED:
            return found.select(TABLES[table]).collect()
        name, is_undated = _UNDATED[table]
        rows = found.select(*TABLES[table], pl.when(is_undated).then("batch_id").alias(name)).collect()
        days = days_shown(self.records, table)
        shown = {batch: working_days.last_instant(day).astimezone(UTC) for batch, day in days.items()}
        return rows.with_columns(pl.col(name).replace_strict(shown, default=None, return_dtype=INSTANT))


def _crimes(asked: _Asked) -> pl.DataFrame:
    streams = sorted({b.stream for b in asked.records.batches_of("crimes") if b.keyed_by})
    own = [asked.rows("crimes", stream) for stream in streams]
    return pl.concat(own).unique("crime_ref", keep="last", maintain_order=True) if own else asked.rows("crimes").clear()


def moment_known(records: Records, force_id: str) -> datetime:
    """The end of the day of the last extract of contacts or crimes; or else the last instant that they hold."""
    return records.worked_out(("moment known", force_id), lambda: _moment_known(records, force_id))


def _moment_known(records: Records, force_id: str) -> datetime:
    for table, column in (("victim_contacts", "contacted_at"), ("crimes", "recorded_at")):
        own = [b for b in records.batches_of(table) if force_id in b.coverage]
        days = [b.extracted_on for b in own if b.extracted_on and b.keyed_by]
        if days:
            return min(records.as_at, working_days.last_instant(max(days)))
        if own:
            last = (
                records.table(table)
                .filter(pl.col("force_id") == force_id)
                .select(pl.col(column).max())
                .collect()
                .item()
            )
            if last is not None:
                return min(records.as_at, working_days.last_instant(working_days.local_date(last)))
    return records.as_at


def offence_groups() -> pl.DataFrame:
    """The group and subgroup of each offence code."""
    return pl.DataFrame(
        [(str(o.code), o.group, o.subgroup) for o in offences()],
        schema=["offence_code", "offence_group", "offence_subgroup"], orient="row",
    )  # fmt: skip


def _ages(asked: _Asked, crimes: pl.DataFrame) -> pl.DataFrame:
    """How old victims without a recorded age were by their birth when the crime was reported: crime_ref, person_ref, age_by_birth."""
    unaged = asked.scanned("people").filter(pl.col("role").is_in(VICTIM_ROLES) & pl.col("age_at_report").is_null())
    rows = unaged.select("crime_ref", "person_ref", "batch_id", "line_number").collect()
    began = crimes.select("crime_ref", on=_local_day(pl.coalesce("reported_at", "recorded_at")))
    ages = ages_of(asked.records, "people", rows.join(began, on="crime_ref"))
    return ages.group_by("crime_ref", "person_ref").agg(age_by_birth=pl.col("age").min().cast(pl.Int64))


def _victims(people: pl.DataFrame, crimes: pl.DataFrame, ages: pl.DataFrame) -> pl.DataFrame:
    """The victims' journeys, with entitlement, enhanced rights and what compliance is split by."""
    parts = people.filter(pl.col("role").is_in(VICTIM_ROLES))
    relatives = people.filter((pl.col("role") == "bereaved_relative") & pl.col("for_person_ref").is_not_null())
    dead = relatives.select("crime_ref", person_ref="for_person_ref").unique()
    order = {role: n for n, role in enumerate(reversed(VICTIM_ROLES))}
    parts = (
        parts.join(dead, on=["crime_ref", "person_ref"], how="anti")
        .with_columns(rank=pl.col("role").replace_strict(order, return_dtype=pl.Int8))
        .sort("rank")
        .unique(["crime_ref", "person_ref"], keep="first", maintain_order=True)
        .join(crimes, on="crime_ref")
        .join(offence_groups(), on="offence_code", how="left")
        .join(ages, on=["crime_ref", "person_ref"], how="left")
        .with_columns(age_at_report=pl.coalesce(pl.col("age_at_report").cast(pl.Int64), "age_by_birth"))
    )
    is_firm = (pl.col("role") == "organisation") | pl.col("is_organisation").fill_null(value=False)
    named = pl.col("has_named_contact")
    reasons = {
        "marked as enhanced": pl.col("is_enhanced"), "reason recorded": pl.col("enhanced_reason").is_not_null(),
        "vulnerable": pl.col("is_vulnerable"), "intimidated": pl.col("is_intimidated"), "under 18": pl.col("age_at_report") < 18,
        "bereaved": pl.col("role") == "bereaved_relative", "domestic abuse": pl.col("is_domestic"), "hate crime": pl.col("is_hate"),
        "sexual offence": pl.col("offence_group") == "Sexual offences",
    }  # fmt: skip
    said = [
        pl.when(holds.fill_null(value=False) & ~is_firm).then(pl.lit(why)).otherwise(pl.lit(None, pl.String))
        for why, holds in reasons.items()
    ]
    entitled = (
        pl.when(~is_firm | named.fill_null(value=False)).then(pl.lit("entitled"))
        .when(named.is_null()).then(pl.lit("not recorded")).otherwise(pl.lit("no named contact"))
    )  # fmt: skip
    return parts.select(
        "crime_number", "crime_ref", "person_ref", "offence_code", "offence_group", "offence_subgroup", "recorded_month", "sex",
        "disability", is_organisation=is_firm, entitlement=entitled.cast(pl.Enum(ENTITLEMENTS)),
        is_fraud=pl.lit(value=False), is_enhanced=pl.any_horizontal(s.is_not_null() for s in said),
        reasons=pl.concat_str(said, separator=";", ignore_nulls=True), ethnicity="self_defined_ethnicity",
        age_group=age_group(),
        opted_out=OPTED_OUT, opted_at="opted_at",
    )  # fmt: skip


def age_group() -> pl.Expr:
    """The age group by the column `age_at_report`; null where no age is recorded."""
    age = pl.col("age_at_report")
    return (
        pl.when(age < 18).then(pl.lit("under 18")).when(age < 30).then(pl.lit("18 to 29")).when(age < 50).then(pl.lit("30 to 49"))
        .when(age < 70).then(pl.lit("50 to 69")).when(age >= 70).then(pl.lit("70 and over")).otherwise(pl.lit(None, pl.String))
    )  # fmt: skip


def _received(asked: _Asked) -> pl.DataFrame:
    """Reports of fraud that the force received, the first time for each: report_ref, received_on, crime_ref, team."""
    whole = _Asked(asked.records, asked.force_id, None).rows("fraud_disseminations")
    if asked.only is not None:
        whole = whole.filter(
            pl.col("report_ref").is_in(asked.only.implode()) | pl.col("local_crime_ref").is_in(asked.only.implode())
        )
    return (
        whole.filter(pl.col("kind").ne_missing("intelligence"))
        .with_columns(pl.coalesce("received_on", "disseminated_on").alias("received_on"))
        .drop_nulls("received_on")
        .sort("received_on")
        .group_by("report_ref", maintain_order=True)
        .agg(
            pl.col("received_on").first(),
            crime_ref=pl.col("local_crime_ref").drop_nulls().first(),
            team=pl.col("team").last(),
        )
    )


def _alone(frauds: pl.DataFrame, crimes: pl.DataFrame) -> pl.DataFrame:
    """Reports of fraud received that have no crime of the force's own: each a crime by the report's reference."""
    alone = frauds.join(crimes.select("crime_ref"), on="crime_ref", how="anti")
    return alone.select(
        crime_ref="report_ref", recorded_month=pl.col("received_on").dt.truncate("1mo"), is_fraud=pl.lit(value=True)
    )


def _fraud_victims(asked: _Asked, crimes: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The victims of the reports that have no crime of the force's own, as far as the weekly lists say who they are."""
    alone = crimes.filter(pl.col("is_fraud").fill_null(value=False)).join(own, on="crime_number", how="anti")
    listed = asked.scanned("fraud_victims").select(
        "report_ref", "victim_type", "sex", "age_at_report", "batch_id", "line_number", on="reported_on",
        ethnicity="self_defined_ethnicity",
    )  # fmt: skip
    known = listed.collect().unique("report_ref", keep="last", maintain_order=True)
    unaged = known.filter(pl.col("age_at_report").is_null()).select("report_ref", "batch_id", "line_number", "on")
    ages = ages_of(asked.records, "fraud_victims", unaged).select(
        "report_ref", age_by_birth=pl.col("age").cast(pl.Int64)
    )
    known = known.join(ages, on="report_ref", how="left").with_columns(
        age_at_report=pl.coalesce(pl.col("age_at_report").cast(pl.Int64), "age_by_birth")
    )
    joined = alone.select("crime_number", "crime_ref", "recorded_month").join(
        known, left_on="crime_ref", right_on="report_ref", how="left"
    )
    is_firm = (pl.col("victim_type") == "organisation").fill_null(value=False)
    child = (pl.col("age_at_report") < 18).fill_null(value=False) & ~is_firm
    return joined.select(
        "crime_number", "crime_ref", "recorded_month", "sex", "ethnicity", person_ref=pl.lit(OF_REPORT),
        offence_group=pl.lit("Fraud offences"), offence_subgroup=pl.lit("Fraud received from the national bureau"),
        is_organisation=is_firm, is_fraud=pl.lit(value=True), is_enhanced=child, opted_out=pl.lit(value=False),
        reasons=pl.when(child).then(pl.lit("under 18")).otherwise(pl.lit("")), age_group=age_group(),
        entitlement=pl.when(is_firm).then(pl.lit("not recorded"))
        .when(pl.col("victim_type").is_null()).then(pl.lit("victim not recorded"))
        .otherwise(pl.lit("entitled")).cast(pl.Enum(ENTITLEMENTS)),
    )  # fmt: skip


# --- what their records say ------------------------------------------------------------------------------------------


def _tables(
    asked: _Asked, people: pl.DataFrame, crimes: pl.DataFrame, frauds: pl.DataFrame, number: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """What the journeys are made of, by the crime's number: contacts, what happened to the crime, its suspects, who had it."""

    def of(table: str) -> pl.DataFrame:
        return asked.rows(table).join(number, on="crime_ref")

    suspects = people.filter(pl.col("role") == "suspect").join(number, on="crime_ref")
    suspects = suspects.select("crime_number", suspect="person_ref").unique()
    return {
        "contacts": _contacts(of("victim_contacts"), of("personal_statements"), people, crimes),
        "complaints": _complained(_complaints(asked).join(number, on="crime_ref"), people, crimes),
        "happened": _with_unlisted(_happened(of, crimes, frauds, number), suspects),
        "suspects": suspects,
    }  # fmt: skip


def _with_unlisted(happened: pl.DataFrame, suspects: pl.DataFrame) -> pl.DataFrame:
    """What happened, marked where it concerns somebody whom the crime's people do not name among its suspects, or do not yet."""
    listed = suspects.with_columns(is_listed=pl.lit(value=True))
    has_some = suspects.select("crime_number").unique().with_columns(has_some=pl.lit(value=True))
    of_somebody = happened.filter(pl.col("suspect").is_not_null()).join(
        listed, on=["crime_number", "suspect"], how="left"
    )
    of_somebody = of_somebody.join(has_some, on="crime_number", how="left").with_columns(
        is_unlisted=pl.col("has_some").is_not_null() & pl.col("is_listed").is_null()
    )
    of_nobody = happened.filter(pl.col("suspect").is_null()).with_columns(is_unlisted=pl.lit(value=False))
    return pl.concat([of_nobody, of_somebody.select(of_nobody.columns)])


def _contacts(
    contacts: pl.DataFrame, statements: pl.DataFrame, people: pl.DataFrame, crimes: pl.DataFrame
) -> pl.DataFrame:  # fmt: skip
    """What was told, done, tried or declined, by the victim whom it concerns; person_ref is null where that is not known."""
    found = []
    if not contacts.is_empty():
        failed, declined = (pl.col(n).fill_null(value=b) for n, b in (("is_successful", True), ("is_declined", False)))
        told = contacts.with_columns(about=pl.col("about").str.split(";")).explode("about", empty_as_null=True)
        is_written = (pl.col("about") == "acknowledgement").fill_null(value=False)
        spoken = is_written & pl.col("method").is_in(_BY_MOUTH).fill_null(value=False)
        says_nothing = spoken.fill_null(value=False) | ~pl.col("about").is_in(_SAYING_SOMETHING).fill_null(value=False)
        # Of a call from the victim only what says that the news was given in it, or that something was declined, is more than a call.
        by_victim = (pl.col("direction") == "from_victim").fill_null(value=False)
        is_given = pl.col("is_successful").fill_null(value=False)
        is_call = by_victim & (says_nothing | ~(is_given | declined))
        event = (
            pl.when(is_call).then(pl.lit("victim_called"))
            .when(~failed).then(pl.lit("attempted")).when(says_nothing).then(pl.lit("contacted"))
            .when(declined).then(pl.lit("declined"))
            .when(pl.col("method").is_null() & (is_written | pl.col("is_successful").is_null())).then(pl.lit("contacted"))
            .otherwise(pl.lit("told"))
        )  # fmt: skip
        about = pl.when(~says_nothing & (failed | ~is_call)).then("about").otherwise(pl.lit(None, pl.String))
        found.append(_told(told, event, pl.col("contacted_at"), about))
    if not statements.is_empty() or contacts.is_empty():
        offer = pl.when(pl.col("what") == "declined").then(pl.lit("declined")).otherwise(pl.lit("statement_offered"))
        found.append(_told(statements, offer, pl.col("happened_at"), pl.lit("personal_statement")))
    return _with_victim(pl.concat(found).drop_nulls("at"), people, crimes)


def _complaints(asked: _Asked) -> pl.DataFrame:
    """Complaints, each of its crime; one that names none is of the crime of the complainant's that was last recorded by then.

    Their crimes are those of which they are a victim, or for whose victim they speak. What is owed is owed to the person, once,
    whichever crime it is of; where none was recorded by then, it is of the next.
    """
    whole = _Asked(asked.records, asked.force_id, None)
    rows = whole.rows("complaints")
    homeless = rows.filter(pl.col("crime_ref").is_null() & pl.col("person_ref").is_not_null())
    if not homeless.is_empty():
        whose = homeless.select("person_ref").unique().lazy()
        theirs = (
            whole.scanned("people")
            .filter(pl.col("role").is_in([*VICTIM_ROLES, *_SPEAKERS]))
            .join(whose, on="person_ref", how="semi")
        )
        parts = theirs.select("crime_ref", "person_ref").unique().collect()
        crimes = _crimes(_Asked(asked.records, asked.force_id, parts["crime_ref"].unique()))
        near = homeless.select("complaint_ref", "person_ref", "received_on").join(parts, on="person_ref")
        near = near.join(crimes.select("crime_ref", recorded_on=_local("recorded_at")), on="crime_ref")
        apart = (pl.col("received_on") - pl.col("recorded_on")).dt.total_days()
        near = near.with_columns(is_later=apart < 0, apart=apart.abs()).sort("is_later", "apart", "crime_ref")
        found = near.unique("complaint_ref", keep="first", maintain_order=True)
        rows = rows.join(found.select("complaint_ref", of_theirs="crime_ref"), on="complaint_ref", how="left")
        rows = rows.with_columns(crime_ref=pl.coalesce("crime_ref", "of_theirs")).drop("of_theirs")
    return rows if asked.only is None else rows.filter(pl.col("crime_ref").is_in(asked.only.implode()))


def without_a_victim(records: Records, force_id: str) -> pl.DataFrame:
    """What is evidence for nobody, for whom it concerns is not known: `kind`, `month`, and `n`, how many.

    "contacts" that do not say with whom they were, in crimes of several victims; "complaints" that name neither a crime nor a victim.
    """
    whole = _Asked(records, force_id, None)
    people = whole.scanned("people").select("crime_ref", "person_ref", "role", "for_person_ref")
    speakers = people.filter(pl.col("role").is_in(_SPEAKERS)).select("crime_ref", "person_ref")
    contacts = (
        whole.scanned("victim_contacts").select("crime_ref", "person_ref", "contacted_at").drop_nulls("contacted_at")
    )
    unsure = pl.concat([
        contacts.filter(pl.col("person_ref").is_null()), contacts.join(speakers.unique(), on=["crime_ref", "person_ref"], how="semi")
    ])  # fmt: skip
    of_crimes = unsure.join(people.select("crime_ref").unique(), on="crime_ref", how="semi").collect()
    near = people.join(of_crimes.lazy().select("crime_ref").unique(), on="crime_ref", how="semi").collect()
    nobodys = concerning(of_crimes, near, "crime_ref").filter(pl.col("person_ref").is_null())
    complaints = _complaints(whole).filter(pl.col("crime_ref").is_null())
    counted = [
        rows.select(kind=pl.lit(kind), month=day.dt.truncate("1mo"))
        for kind, rows, day in (
            ("contacts", nobodys, _local("contacted_at")),
            ("complaints", complaints, pl.col("received_on")),
        )
    ]
    return pl.concat(counted).drop_nulls().group_by("kind", "month").agg(n=pl.len()).sort("kind", "month")


def _complained(complaints: pl.DataFrame, people: pl.DataFrame, crimes: pl.DataFrame) -> pl.DataFrame:
    """As `_contacts`, of complaints and their acknowledgements; `matter` says which complaint."""
    matter = pl.col("complaint_ref")
    made = _told(complaints, pl.lit("complained"), _of_day("received_on"), pl.lit(None, pl.String), matter=matter)
    answered = _told(
        complaints, pl.lit("complaint_acknowledged"), _of_day("acknowledged_on"), pl.lit("complaint"), matter=matter
    )
    return _with_victim(pl.concat([made, answered]).drop_nulls("at"), people, crimes)


def _told(rows: pl.DataFrame, event: pl.Expr, at: pl.Expr, about: pl.Expr, **more: pl.Expr) -> pl.DataFrame:
    """Rows of a table as what a victim was told or said; words as numbers of their lists, for there are millions."""
    return rows.select(
        "crime_number", "person_ref", event=event.cast(EVENT), at=at.cast(INSTANT), about=about.cast(ABOUT), row="line_number", **more
    )  # fmt: skip


def _with_victim(rows: pl.DataFrame, people: pl.DataFrame, crimes: pl.DataFrame) -> pl.DataFrame:
    """Contacts by the victim whom they concern; of a report that has no crime, and so no people, by whoever made it."""
    number = crimes.select("crime_ref", "crime_number")
    reports = crimes.filter(pl.col("is_fraud").fill_null(value=False)).join(people, on="crime_ref", how="anti")
    is_of_report = pl.col("crime_number").is_in(reports["crime_number"].implode())
    rows = rows.with_columns(person_ref=pl.when(is_of_report).then(pl.lit(OF_REPORT)).otherwise("person_ref"))
    return concerning(rows, people.join(number, on="crime_ref"), "crime_number")


def people_of(records: Records, force_id: str, crime_ref: str) -> pl.DataFrame:
    """The people in one crime, each with the part that they have in it."""
    rows = rows_of(records, "people", [crime_ref]).filter(pl.col("force_id") == force_id)
    return rows.select("crime_ref", "person_ref", "role", "for_person_ref").collect()


def concerning(rows: pl.DataFrame, people: pl.DataFrame, crime: str) -> pl.DataFrame:
    """Rows with, as `person_ref`, the victim whom they concern: of a parent or spokesperson, the one they speak for; where nobody
    is named, the crime's only victim (for a victim who has died, the one relative who stands in their place).

    `crime` is the column by which rows and people name a crime.
    """
    dead = people.filter((pl.col("role") == "bereaved_relative") & pl.col("for_person_ref").is_not_null())
    parts = people.filter(pl.col("role").is_in(VICTIM_ROLES)).join(
        dead.select(crime, person_ref="for_person_ref").unique(), on=[crime, "person_ref"], how="anti"
    )
    only = parts.select(crime, "person_ref").unique().group_by(crime).agg(only=pl.col("person_ref").first(), n=pl.len())
    only = only.filter(pl.col("n") == 1).drop("n")
    speakers = people.filter(pl.col("role").is_in(_SPEAKERS))
    speaks = speakers.select(crime, "person_ref", speaks_for="for_person_ref").unique([crime, "person_ref"])
    joined = rows.join(speaks.with_columns(is_speaker=pl.lit(value=True)), on=[crime, "person_ref"], how="left")
    joined = joined.join(only, on=crime, how="left")
    whom = (
        pl.when(pl.col("is_speaker").fill_null(value=False)).then(pl.coalesce("speaks_for", "only"))
        .when(pl.col("person_ref").is_null()).then("only").otherwise("person_ref")
    )  # fmt: skip
    return joined.with_columns(person_ref=whom).select(rows.columns)


_Of = Callable[[str], pl.DataFrame]
_NOBODY = pl.lit(None, pl.String)
_DATED = pl.lit(value=False)
_FIRST = pl.lit(0, pl.Int64)
"""The line of what is no row of its own: before all others of the same instant."""


def _happened(of: _Of, crimes: pl.DataFrame, frauds: pl.DataFrame, number: pl.DataFrame) -> pl.DataFrame:
    """What happened to a crime and in it, whoever its victims are."""
    events, notices, history, owned = (of(t) for t in ("investigation_events", "notices", "crime_history", "ownership"))
    known = {
        k: e.name for k in events["kind"].unique().drop_nulls() if k not in _NOT_EVENTS and (e := code.event_of(k))
    }
    moved = history.filter(pl.col("change").is_in(["cancelled", "transferred", "reinstated"]))
    out = crimes.filter(pl.col("status").is_in(["cancelled", "transferred"]))
    out = out.join(moved.select("crime_number").unique(), on="crime_number", how="anti")
    team = pl.concat_str([UNIT, TEAM], separator=PARTED, ignore_nulls=True).replace("", None)
    line = pl.col("line_number")
    found = [
        _rows(crimes, pl.lit("recorded"), pl.col("recorded_at"), team=team),
        _rows(crimes, pl.lit("reported"), pl.col("reported_at")),
        _with_numbers(frauds, number),
        _news(
            events.filter(pl.col("kind").is_in(list(known))).with_columns(event=_replaced("kind", known)),
            notices.filter(pl.col("kind").is_in(list(_NOTICES))).with_columns(event=_replaced("kind", _NOTICES)),
        ),
        _rows(owned, pl.lit("handed_over"), pl.col("owned_from"), line, team=team),
        _rows(moved, pl.col("change"), pl.col("changed_at"), line),
        _rows(
            out,
            pl.col("status"),
            pl.coalesce(_of_day("status_on"), "gone_at"),
            is_undated=pl.col("status_on").is_null(),
        ),
    ]
    return pl.concat(found, how="vertical_relaxed").drop_nulls("at")


def _news(events: pl.DataFrame, notices: pl.DataFrame) -> pl.DataFrame:
    """What happened in investigations and what notices tell: each piece of news once, from its notice where there is one.

    A notice of a hearing tells of an event of the same kind and day; another one of the last event of its kind that had happened when
    it was received; where both say of whom, of the same. A charge is the force's own deed: it runs from itself, whatever notice
    came of the decision. Of several notices of one piece of news the first received counts.
    """
    own = events.with_columns(
        n=pl.int_range(pl.len()),
        own_at=pl.when(pl.col("kind").is_in(_TOLD_LATE))
        .then(pl.coalesce("recorded_at", "happened_at"))
        .otherwise(pl.coalesce("happened_at", "recorded_at")),
        day=_local("happened_at"),
    )
    sent = notices.with_columns(notice=pl.int_range(pl.len()), received_on=_local("received_at"))
    pairs = sent.select(
        "crime_number", "event", "notice", "received_at", "received_on", "hearing_on", of="person_ref"
    ).join(own.select("crime_number", "event", "n", "day", "person_ref"), on=["crime_number", "event"])
    is_same = (pl.col("of") == pl.col("person_ref")).fill_null(value=True)
    is_that_day = (pl.col("hearing_on") == pl.col("day")).fill_null(value=True)
    had_happened = (pl.col("day") <= pl.col("received_on")).fill_null(value=True)
    of_hearing, of_charge = pl.col("event").is_in(_OF_HEARINGS), pl.col("event") == "charged"
    pairs = pairs.filter(is_same & pl.when(of_hearing).then(is_that_day).otherwise(had_happened | of_charge))
    is_last = (pl.col("day") == pl.col("day").max().over("notice")).fill_null(value=True)
    pairs = pairs.filter(of_hearing | of_charge | is_last)
    received = pairs.filter(~of_charge).group_by("n").agg(pl.col("received_at").min())
    own = own.join(received, on="n", how="left")
    occasion = pl.coalesce("hearing_on", _local("decided_at"), "received_on")
    alone = sent.with_columns(occasion=occasion).join(pairs.select("notice"), on="notice", how="anti")
    alone = alone.sort("received_at", "line_number").unique(
        ["crime_number", "event", "person_ref", "occasion"], keep="first", maintain_order=True
    )
    line, event, suspect = pl.col("line_number"), pl.col("event"), pl.col("person_ref")
    return pl.concat([
        _rows(own, event, pl.coalesce("received_at", "own_at"), line, suspect=suspect),
        _rows(alone, event, pl.col("received_at"), line, suspect=suspect),
    ])  # fmt: skip


def _local(column: str) -> pl.Expr:
    return _local_day(pl.col(column))


def _local_day(at: pl.Expr) -> pl.Expr:
    return at.dt.convert_time_zone("Europe/London").dt.date()


def _rows(
    rows: pl.DataFrame,
    event: pl.Expr,
    at: pl.Expr,
    line: pl.Expr = _FIRST,
    *,
    suspect: pl.Expr = _NOBODY,
    team: pl.Expr = _NOBODY,
    is_undated: pl.Expr = _DATED,
) -> pl.DataFrame:
    """Rows of a table as what happened to their crimes."""
    return rows.select("crime_number", event=event, at=at, suspect=suspect, team=team, row=line, is_undated=is_undated)


def _replaced(column: str, words: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(words, default=None, return_dtype=pl.String)


def _with_numbers(frauds: pl.DataFrame, number: pl.DataFrame) -> pl.DataFrame:
    """The receipt of reports of fraud, on the crimes that they became, or on themselves."""
    became = frauds.join(number, on="crime_ref")
    alone = frauds.join(number.select(pl.col("crime_ref")), on="crime_ref", how="anti").drop("crime_ref")
    alone = alone.join(number.rename({"crime_ref": "report_ref"}), on="report_ref")
    columns = ["crime_number", "received_on", "team"]
    every = pl.concat([became.select(columns), alone.select(columns)])
    return _rows(every, pl.lit("received"), _of_day("received_on"), team=pl.col("team"))


def _of_day(column: str) -> pl.Expr:
    """A day as the instant at which it begins in London."""
    return pl.col(column).cast(pl.Datetime("us")).dt.replace_time_zone("Europe/London").dt.convert_time_zone("UTC")


def _entries(own: pl.DataFrame, near: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The entries of some journeys: what happened to their crimes, and what each victim was told."""
    victims = own.select("unit", "crime_number", "person_ref", "is_enhanced", "opted_out", "opted_at", "as_at")
    happened = victims.join(near["happened"], on="crime_number").with_columns(
        suspect=pl.when(pl.col("suspect") == pl.col("person_ref")).then(pl.lit(THE_VICTIM)).otherwise("suspect"),
        about=pl.when(pl.col("event") == "recorded").then(pl.lit("recorded")).otherwise(pl.lit(None, pl.String)),
    )
    begun = (
        happened.filter(pl.col("event").is_in(["reported", "received", "recorded"]))
        .group_by("unit")
        .agg(pl.col("at").min())
    )
    named = victims.join(near["suspects"], on="crime_number").join(begun, on="unit")
    named = named.with_columns(event=pl.lit("suspect_named"))
    told, complained = (
        victims.join(near[name], on=["crime_number", "person_ref"]) for name in ("contacts", "complaints")
    )
    silent = victims.filter("opted_out").with_columns(
        event=pl.lit("opted_out"), at="opted_at", is_undated=pl.lit(value=True)
    )
    wanted = ["unit", "row", "event", "at", "about", "suspect", "team", "is_enhanced", "is_undated", "is_unlisted",
              "matter"]  # fmt: skip
    parts = [
        part.select(*(pl.col(n) if n in part.columns else pl.lit(None).alias(n) for n in wanted))
        for part in (happened, named, told, complained, silent)
    ]
    return pl.concat(parts, how="vertical_relaxed").select(
        pl.col("unit").cast(pl.Int64), pl.col("row").fill_null(0).cast(pl.Int64).alias("line"), pl.col("event").cast(EVENT),
        pl.col("at").cast(INSTANT), pl.col("about").cast(ABOUT), pl.col("suspect").cast(pl.String),
        pl.lit(None, pl.String).alias("by"), pl.col("team").cast(pl.String), pl.col("is_enhanced").cast(pl.Boolean),
        pl.col("is_undated", "is_unlisted").cast(pl.Boolean).fill_null(value=False), pl.col("matter").cast(pl.String),
    )  # fmt: skip
