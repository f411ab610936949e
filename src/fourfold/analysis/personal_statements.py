"""Personal statements: of victims to whom the offer is owed, to whom it was offered, who made one, who declined.

That one is offered is what right 7 owes; whether it is made is the victim's choice, so that one declined was offered. Nothing
recorded is not "not offered": the offered lie between those of whom a record says so, and those with all of whom nothing says. Not
offered is only what a record says was not. An offer whose answer nobody recorded is neither made nor declined.

The population is that of the states: a victim, once a crime, whose offer is the force's duty.
"""

from __future__ import annotations

from typing import Any

import polars as pl

import fourfold
from fourfold.analysis.complaints import MEANING
from fourfold.analysis.compliance import BY as EVERY
from fourfold.analysis.compliance import JUDGED, PROTECTED, Asked
from fourfold.analysis.entitlements import moment_known
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table
from fourfold.analysis.small_tables import bounds, one_quarter, protected, total
from fourfold.analysis.victims_code import Rules
from fourfold.codes.areas import force as force_of
from fourfold.codes.periods import Window
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.working_days import local_date
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records

OBLIGATION = "statement_offered"
MADE, DECLINED, OPEN, NOT_OFFERED, NOT_RECORDED = (
    "made",
    "declined",
    "offered, answer not recorded",
    "not offered",
    "not recorded",
)
STATES = (MADE, DECLINED, OPEN, NOT_OFFERED, NOT_RECORDED)
"""What became of the offer to a victim, each apart from the others."""
OFFERED = (MADE, DECLINED, OPEN)
BY = {name: column for name, column in EVERY.items() if name not in ("obligation", "right")}
"""By what statements may be split, and the column."""
COLUMNS = ("victims", "offered", *STATES, "lower", "upper", "least made", "most made")

_METHOD = Method(
    name="statement bounds",
    text="Victims to whom a statement was offered (made, declined or no answer recorded) over all to whom the offer was owed; the "
    "lower bound takes those of whom nothing is recorded as not offered, the upper as offered. Made is of those offered, in bounds "
    "likewise.",
    source="Manski 1989.",
)


def personal_statements(
    states: pl.LazyFrame, records: Records, rules: Rules, force_id: str, window: Window, by: str | None = None,
    offence: str | None = None,
) -> Finding:  # fmt: skip
    """Statements offered, made and declined, of victims whose clock started in a window: kind "personal statements", value None.

    Its interval is the two bounds of offered in %. A row for each value of `by`: victims, offered, each state, the bounds of offered,
    and of made among the offered. By a protected characteristic small counts are withheld. Raises RequestInvalid.
    """
    if by is not None and by not in BY:
        raise RequestInvalid("Statements cannot be split so.", remedy=f"Use one of: {', '.join(BY)}.")
    if by in PROTECTED:
        one_quarter(window, local_date(moment_known(records, force_id)))
        if offence is not None:
            raise RequestInvalid(
                "By a protected characteristic statements are told of all offences: one could be subtracted from all.",
                remedy="Leave the offence out, or do not split.",
            )
    asked = Asked(force_id=force_id, window=window, obligation=OBLIGATION, offence=offence)
    rows = _judged(asked.of(states), records, force_id, by)
    counts = _counts(rows)
    shown: dict[str, dict[str, int | None]] = {key: dict(row) for key, row in counts.items()}
    least, disclosure = 1, "no disclosure control applied"
    if by in PROTECTED:
        rule = small_number_rule()
        least = rule.percentage_base
        shown, withheld = protected(counts, OBLIGATION, str(by), window, rule)
        disclosure = f"{rule.title} ({rule.version}): {rule.in_words}; {withheld} counts withheld"
    whole = {state: sum(row[state] for row in counts.values()) for state in STATES}
    offered, n = sum(whole[s] for s in OFFERED), sum(whole.values())
    low, high = bounds(offered, whole[NOT_RECORDED], n)
    own = [p for p in rules.packs if p.scheme == asked.scheme]
    return Finding(
        kind="personal statements",
        title="Personal statements" + (f", {offence.lower()}" if offence else "") + (f", by {by}" if by else ""),
        value=None, unit="%", n=n, windows=(window,), area=force_of(force_id).name, method=_METHOD, as_at=records.as_at,
        batches=tuple(b.batch_id for b in records.standing if not {"crimes", "people", "victim_contacts", "personal_statements"}
                      .isdisjoint(b.tables)),
        code_version=fourfold.__version__, disclosure=disclosure,
        definition=Definition(
            name="personal statements", version=" / ".join(p.version for p in own), title="Personal statements",
            status=own[-1].status, source="; ".join(p.source for p in own),
            text="Victims, once a crime, to whom the force had to offer a personal statement, by the day on which that was owed.",
        ),
        verdict=f"offered to between {low:.0f}% and {high:.0f}%" if n else "Nothing of it was owed and due.",
        interval=Interval(low=float(low or 0), high=float(high or 0), level=1.0, meaning=MEANING) if n else None,
        table=Table(columns=(by or "all", *COLUMNS), rows=tuple(_cells(key, row, least) for key, row in shown.items())),
        parameters={**whole, "packs": {p.id: p.version for p in own}}, sources=tuple(p.source for p in own),
        notes=("No limit in days is known: an offer at any time counts.", "Not recorded is not the same as not offered."),
    )  # fmt: skip


def _judged(states: pl.LazyFrame, records: Records, force_id: str, by: str | None) -> pl.DataFrame:
    """A row for each victim and crime, with the split's key and what became of the offer."""
    said = records.table("personal_statements").filter(pl.col("force_id") == force_id)
    said = said.group_by("crime_ref", "person_ref").agg(
        is_made=pl.col("what").is_in(["made", "updated"]).any(),
        is_declined=(pl.col("what") == "declined").any(),
        is_offered=(pl.col("what") == "offered").any(),
    )
    state = pl.col("state").cast(pl.String)
    became = (
        pl.when(pl.col("is_made")).then(pl.lit(MADE))
        .when(pl.col("is_declined") | pl.col("has_declined") | (state == "declined by the victim")).then(pl.lit(DECLINED))
        .when(pl.col("is_offered") | state.is_in(["met in time", "met late"])).then(pl.lit(OPEN))
        .when(state == "not met").then(pl.lit(NOT_OFFERED)).otherwise(pl.lit(NOT_RECORDED))
    )  # fmt: skip
    key = pl.lit("all") if by is None else pl.col(BY[by]).cast(pl.String).fill_null(NOT_RECORDED)
    own = states.filter(state.is_in(list(JUDGED))).with_columns(split=key)
    own = own.select("crime_ref", "person_ref", "state", "split")
    return (
        own.join(said, on=["crime_ref", "person_ref"], how="left")
        .join(_declined_in_a_contact(own, records, force_id), on=["crime_ref", "person_ref"], how="left")
        .select("split", became=became)
        .collect()
    )


def _declined_in_a_contact(own: pl.LazyFrame, records: Records, force_id: str) -> pl.LazyFrame:
    """The victims who declined the offer in a contact; one that names nobody is of the crime's only victim."""
    about = pl.col("about").str.split(";").list.contains("personal_statement")
    contacts = records.table("victim_contacts").filter((pl.col("force_id") == force_id) & pl.col("is_declined") & about)
    contacts = contacts.select("crime_ref", "person_ref")
    only = own.group_by("crime_ref").agg(only=pl.col("person_ref").first(), n=pl.col("person_ref").n_unique())
    whose = contacts.join(only.filter(pl.col("n") == 1), on="crime_ref", how="left")
    whose = whose.with_columns(person_ref=pl.coalesce("person_ref", "only")).drop_nulls("person_ref")
    return whose.select("crime_ref", "person_ref", has_declined=pl.lit(value=True)).unique()


def _counts(rows: pl.DataFrame) -> dict[str, dict[str, int]]:
    keys = sorted(rows["split"].unique().to_list(), key=lambda k: (k == NOT_RECORDED, k))
    found = {key: dict.fromkeys(STATES, 0) for key in keys}
    for key, became, n in rows.group_by("split", "became").len().iter_rows():
        found[key][became] = n
    return found


def _cells(key: str, row: dict[str, int | None], least: int) -> tuple[Any, ...]:
    offered, n = total(row, OFFERED), total(row, STATES)
    return (key, n, offered, *(row[s] for s in STATES), *bounds(offered, row[NOT_RECORDED], n, least),
            *bounds(row[MADE], row[OPEN], offered, least))  # fmt: skip
