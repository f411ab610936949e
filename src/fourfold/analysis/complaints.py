"""Complaints by right of the Victims' Code, and whether the service was recovered; of victims, by reference only.

A complaint has a right where the complaints system gives it, or else where an officer has decided it; what nobody has tagged may be
about any right. So the share of complaints about a right lies between those tagged with it, and those together with all that are
not tagged. A complaint about several rights counts at each of them, and once in the total. That a person decided that it is about
none of the rights is not the same as that nobody has said.

Complaints systems hold what anybody complains of. A complaint of somebody whom the list of people has in its crime, and never as a
victim, is left out and counted apart; where no crime or nobody is named, whose it is is not recorded, and it counts.

Service recovery is what was done to put things right without an investigation, as far as the system says how a complaint was
dealt with: of the complaints that are closed, its share lies between those that say so, and those with all that do not say.

Source of the bounds: Manski (1989), Journal of Human Resources 24.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

import fourfold
from fourfold.analysis.entitlements import VICTIM_ROLES, age_group, moment_known, offence_groups
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table
from fourfold.analysis.small_tables import Counts, bounds, one_quarter, protected, total
from fourfold.codes.areas import force as force_of
from fourfold.codes.complaint_words import rights_suggested
from fourfold.codes.periods import Window
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.working_days import local_date
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records

Tags = Mapping[str, tuple[int, ...]]
"""The rights that officers decided, by the complaint's key (`complaint_key`); an empty one says that it is about none."""

A_VICTIM, ANOTHER, WHOSE_UNKNOWN = "a victim", "not a victim", "whose is not recorded"
"""By whom a complaint is, as far as the list of people says."""
NOT_TAGGED, NO_RIGHT = "not tagged", "none of the rights"
RECOVERED, OTHERWISE, NOT_RECORDED = "service recovery", "dealt with otherwise", "not recorded"
UPHELD = ("upheld", "partly_upheld", "service_not_acceptable")
"""Results that say that the victim was right, wholly or in part."""
BY = {
    "right": "right", "category": "category", "team": "team", "month": "month", "offence": "offence_group", "age": "age_group",
    "sex": "sex", "ethnicity": "ethnicity", "disability": "disability",
}  # fmt: skip
"""By what complaints may be split, and the column."""
PROTECTED = ("age", "sex", "ethnicity", "disability")
"""Splits by a protected characteristic: small numbers are withheld."""
OF_VICTIMS = ("offence", *PROTECTED)
"""Splits for which the crime and the victim are looked up."""
STATES = ("open", RECOVERED, OTHERWISE, NOT_RECORDED)
COLUMNS = ("complaints", *STATES, "upheld", "result not recorded", "acknowledged", "lower", "upper")

_BY_RIGHT = Method(
    name="complaint bounds",
    text="Complaints tagged with a right, over all complaints; the lower bound takes those without a tag as about other things, the "
    "upper as about the right.",
    source="Manski 1989.",
)
_RECOVERY = Method(
    name="service recovery bounds",
    text="Closed complaints that say service recovery, over all that are closed; the lower bound takes those that do not say how "
    "they were dealt with as dealt with otherwise, the upper as recovered.",
    source="Manski 1989.",
)


def complaint_key(force_id: str, complaint_ref: str) -> str:
    """The opaque key by which what was decided of a complaint names it."""
    return hashlib.sha256(f"{force_id}\0{complaint_ref}".encode()).hexdigest()[:24]


def tags_decided(records: Records) -> Tags:
    """The rights that officers decided, as the events handed to the records say; the last decision stands."""
    if not records.batches_of("casework_events"):
        return {}
    own = records.table("casework_events").filter(
        (pl.col("concern") == "complaints") & (pl.col("decision") == "tag_complaint")
    )
    rows = own.sort("happened_at", maintain_order=True).select("subject_key", "decided").collect()
    return {key: _numbers(json.loads(decided)["rights"]) for key, decided in rows.iter_rows()}


def _numbers(given: Sequence[Any]) -> tuple[int, ...]:
    return tuple(sorted(int(n) for n in given))


def complaints_held(records: Records, force_id: str, tags: Tags, crime_ref: str | None = None) -> pl.DataFrame:
    """Every complaint of a force, or those about one crime, a row each: its columns less the summary, with its key, `rights`
    (null where nobody said), who `tagged` it and what its category `suggests`.

    Raises NothingHeld where no complaints are held.
    """
    if not records.batches_of("complaints"):
        raise NothingHeld("No complaints are held.", remedy="Import them; see `fourfold contracts complaints`.")
    rows = records.table("complaints").filter(pl.col("force_id") == force_id)
    names = ("complaint_ref", "received_on", "acknowledged_on", "crime_ref", "person_ref", "category", "code_rights", "team",
             "handling", "result", "closed_on")  # fmt: skip
    held = rows.select(names).collect().unique("complaint_ref", keep="last", maintain_order=True)
    held = held if crime_ref is None else held.filter(pl.col("crime_ref") == crime_ref)  # as each was last told
    told = [
        _tag(force_id, ref, given, category, tags)
        for ref, given, category in held.select("complaint_ref", "code_rights", "category").iter_rows()
    ]
    schema: dict[str, Any] = {
        "key": pl.String,
        "rights": pl.List(pl.Int64),
        "tagged": pl.String,
        "suggests": pl.List(pl.Int64),
    }
    return held.hstack(pl.DataFrame(told, schema=schema, orient="row")).with_columns(
        month=pl.col("received_on").dt.to_string("%Y-%m")
    )


def _tag(force_id: str, ref: str, given: str | None, category: str | None, tags: Tags) -> tuple[Any, ...]:
    key = complaint_key(force_id, ref)
    suggests = list(rights_suggested(category or ""))
    if given:
        known = [int(n) for n in given.split(";") if n.isdecimal() and 1 <= int(n) <= 12]
        if known:
            return key, sorted(known), "by the complaints system", suggests
    if key in tags:
        return key, list(tags[key]), "by an officer", suggests
    return key, None, None, suggests


def with_victims(records: Records, force_id: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with a crime_ref and person_ref, with the offence group of the crime, and age group, sex, ethnicity and disability."""
    crimes_named = rows.lazy().select("crime_ref").drop_nulls().unique()  # few, of millions

    def of(table: str, *names: str) -> pl.DataFrame:
        own = records.table(table).filter(pl.col("force_id") == force_id).select(names)
        return own.join(crimes_named, on="crime_ref", how="semi", maintain_order="left").collect()

    crimes = of("crimes", "crime_ref", "offence_code").unique("crime_ref", keep="last", maintain_order=True)
    crimes = crimes.join(offence_groups(), on="offence_code", how="left").select("crime_ref", "offence_group")
    who = of("people", "crime_ref", "person_ref", "age_at_report", "sex", "self_defined_ethnicity", "disability")
    who = who.unique(["crime_ref", "person_ref"], keep="last", maintain_order=True).select(
        "crime_ref", "person_ref", "sex", "disability", ethnicity="self_defined_ethnicity", age_group=age_group()
    )
    return rows.join(crimes, on="crime_ref", how="left").join(who, on=["crime_ref", "person_ref"], how="left")


def by_whom(records: Records, force_id: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with a crime_ref and person_ref, with `by_whom` each complaint is: A_VICTIM, ANOTHER or WHOSE_UNKNOWN."""
    both = ["crime_ref", "person_ref"]
    named = rows.lazy().select(both).drop_nulls().unique()
    people = records.table("people").filter(pl.col("force_id") == force_id).join(named, on=both, how="semi")
    own = people.group_by(both).agg(is_victim=pl.col("role").cast(pl.String).is_in(list(VICTIM_ROLES)).any()).collect()
    said = (
        pl.when(pl.col("is_victim")).then(pl.lit(A_VICTIM))
        .when(pl.col("is_victim").is_null()).then(pl.lit(WHOSE_UNKNOWN)).otherwise(pl.lit(ANOTHER))
    )  # fmt: skip
    found = rows.join(own, on=both, how="left", maintain_order="left")
    return found.with_columns(by_whom=said).drop("is_victim")


def complaints_received(
    records: Records, force_id: str, window: Window, tags: Tags, by: str | None = "right"
) -> Finding:
    """Complaints received in a window: kind "complaints"; its value and n are how many. A row for each value of `by`.

    Each row: complaints, how those closed were dealt with, how many were upheld, how many say no result, how many say that they
    were acknowledged, and, by right, the least and the most that its share of all can be in %. By a protected characteristic small
    counts are withheld. Raises NothingHeld without complaints, RequestInvalid for a split that is none.
    """
    rows, shown, disclosure, others = _split(records, force_id, window, tags, by)
    untagged = rows.filter(pl.col("rights").is_null()).height
    least = small_number_rule().percentage_base if by in PROTECTED else 1
    table = []
    for key, counts in shown.items():
        n = total(counts, STATES)
        low, high = (None, None)
        if by == "right":
            low, high = bounds(n, 0 if key in (NOT_TAGGED, NO_RIGHT) else untagged, rows.height or None, least)
        table.append((key, n, *(counts[s] for s in STATES), *(counts.get(s) for s in COLUMNS[5:8]), low, high))
    return Finding(
        kind="complaints", title="Complaints by victims" + (f", by {by}" if by else ""), value=rows.height, unit="complaints",
        n=rows.height, definition=_DEFINITION, method=_BY_RIGHT, disclosure=disclosure,
        verdict=f"{rows.height - untagged:,} say which right they touch, or that they touch none; {untagged:,} are not tagged",
        table=Table(columns=(by or "all", *COLUMNS), rows=tuple(table)),
        parameters={
            "tagged by the complaints system": rows.filter(pl.col("tagged") == "by the complaints system").height,
            "tagged by an officer": rows.filter(pl.col("tagged") == "by an officer").height, "not tagged": untagged,
            "no crime named": rows["crime_ref"].null_count(), ANOTHER: others,
            WHOSE_UNKNOWN: rows.filter(pl.col("by_whom") == WHOSE_UNKNOWN).height,
        },
        notes=_notes(rows, others, by),
        **_made(records, force_id, window),
    )  # fmt: skip


def service_recovery(records: Records, force_id: str, window: Window, tags: Tags, by: str | None = "right") -> Finding:
    """How far service was recovered, of complaints received in a window and closed: kind "service recovery", its value None.

    Its interval is the two bounds in %, its n the closed. A row for each value of `by`: closed, recovered, dealt with otherwise, not
    recorded, and the bounds. Small counts by a protected characteristic are withheld. Raises as `complaints_received` does.
    """
    rows, shown, disclosure, others = _split(records, force_id, window, tags, by)
    least = small_number_rule().percentage_base if by in PROTECTED else 1
    table = []
    for key, counts in shown.items():
        n = total(counts, STATES[1:])
        table.append(
            (key, n, *(counts[s] for s in STATES[1:]), *bounds(counts[RECOVERED], counts[NOT_RECORDED], n, least))
        )
    whole = {state: rows.filter(pl.col("state") == state).height for state in STATES}
    closed = rows.height - whole["open"]
    low, high = bounds(whole[RECOVERED], whole[NOT_RECORDED], closed)
    return Finding(
        kind="service recovery", title="Service recovery" + (f", by {by}" if by else ""), value=None, unit="%", n=closed,
        definition=_DEFINITION, method=_RECOVERY, disclosure=disclosure,
        verdict=f"between {low:.0f}% and {high:.0f}% of those closed" if closed else "no complaint of these months is closed",
        interval=Interval(low=float(low or 0), high=float(high or 0), level=1.0, meaning=MEANING) if closed else None,
        table=Table(columns=(by or "all", "closed", *STATES[1:], "lower", "upper"), rows=tuple(table)),
        parameters={**whole, ANOTHER: others}, **_made(records, force_id, window),
    )  # fmt: skip


def _notes(rows: pl.DataFrame, others: int, by: str | None) -> tuple[str, ...]:
    unknown = rows.filter(pl.col("by_whom") == WHOSE_UNKNOWN).height
    return (
        *(["A complaint about several rights counts at each of them, and once in the total."] if by == "right" else []),
        *([f"Whether a victim made them is not recorded of {unknown:,}: they count."] if unknown else []),
        *(
            [f"{others:,} of somebody who is on the list of people, and not as a victim, are left out."]
            if others
            else []
        ),
    )


MEANING = "between these the share lies if what is recorded is true; where, cannot be said"
_DEFINITION = Definition(
    name="complaints", version="1", title="Complaints by victims", status="force to supply", source="The force's complaints system",
    text="Complaints of victims received in these months, and those of which it is not recorded whose they are. "
    "A right is one that the complaints system gives, or else one that an officer decided.",
)  # fmt: skip


def _made(records: Records, force_id: str, window: Window) -> dict[str, Any]:
    used = {"complaints", "casework_events"}
    return {
        "windows": (window,), "area": force_of(force_id).name, "as_at": records.as_at, "code_version": fourfold.__version__,
        "batches": tuple(b.batch_id for b in records.standing if not used.isdisjoint(b.tables)),
    }  # fmt: skip


def _split(
    records: Records, force_id: str, window: Window, tags: Tags, by: str | None
) -> tuple[pl.DataFrame, dict[str, dict[str, int | None]], str, int]:
    """Victims' complaints of a window, their counts as they may be told, what protects them, and how many are another's."""
    if by is not None and by not in BY:
        raise RequestInvalid("Complaints cannot be split so.", remedy=f"Use one of: {', '.join(BY)}.")
    if by in PROTECTED:
        one_quarter(window, local_date(moment_known(records, force_id)))
    rows = complaints_held(records, force_id, tags)
    rows = rows.filter(pl.col("received_on").is_between(window.first, window.last)).with_columns(state=_state())
    every = by_whom(records, force_id, rows)
    rows = every.filter(pl.col("by_whom") != ANOTHER)
    others = every.height - rows.height
    rows = with_victims(records, force_id, rows) if by in OF_VICTIMS else rows
    split = rows.with_columns(split=_key(by))
    counts = _counts(split.explode("split") if by == "right" else split)
    if by not in PROTECTED:
        plain: dict[str, dict[str, int | None]] = {key: dict(row) for key, row in counts.items()}
        return rows, plain, "no disclosure control applied", others
    rule = small_number_rule()
    # Only what lies apart is protected as one set; counts that cut across it are not told by a protected characteristic.
    apart: Counts = {key: {state: row[state] for state in STATES} for key, row in counts.items()}
    shown, withheld = protected(apart, "complaints", str(by), window, rule)
    return rows, shown, f"{rule.title} ({rule.version}): {rule.in_words}; {withheld} counts withheld", others


def _state() -> pl.Expr:
    how = pl.col("handling")
    return (
        pl.when(pl.col("closed_on").is_null() & how.is_null()).then(pl.lit("open"))
        .when(how.is_null()).then(pl.lit(NOT_RECORDED))
        .when(how == "service_recovery").then(pl.lit(RECOVERED)).otherwise(pl.lit(OTHERWISE))
    )  # fmt: skip


def _key(by: str | None) -> pl.Expr:
    if by is None:
        return pl.lit("all")
    if by != "right":
        return pl.col(BY[by]).cast(pl.String).fill_null(NOT_RECORDED)
    numbers = pl.col("rights").cast(pl.List(pl.String))
    none, untagged = (pl.lit([word], pl.List(pl.String)) for word in (NO_RIGHT, NOT_TAGGED))
    return (
        pl.when(pl.col("rights").is_null()).then(untagged).when(numbers.list.len() == 0).then(none).otherwise(numbers)
    )


def _counts(split: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Counts by key: of each state, and of what cuts across the states."""
    across = {"upheld": pl.col("result").is_in(list(UPHELD)), "result not recorded": pl.col("result").is_null()
              & (pl.col("state") != "open"), "acknowledged": pl.col("acknowledged_on").is_not_null()}  # fmt: skip
    found = split.group_by("split").agg(
        **{state: (pl.col("state") == state).sum() for state in STATES},
        **{name: flag.fill_null(value=False).sum() for name, flag in across.items()},
    )
    rows = sorted(found.iter_rows(named=True), key=lambda r: _order(str(r["split"])))
    return {str(r["split"]): {name: int(n) for name, n in r.items() if name != "split"} for r in rows}


def _order(key: str) -> tuple[int, int, str]:
    last = {NO_RIGHT: 1, NOT_TAGGED: 2, NOT_RECORDED: 3}.get(key, 0)
    return last, int(key) if key.isdecimal() else 0, key


def complaint_shown(records: Records, force_id: str, complaint_ref: str, tags: Tags) -> Mapping[str, Any]:
    """One complaint as `complaints_held` tells it, with `by_whom` it is. Raises NothingHeld where there is none."""
    own = complaints_held(records, force_id, tags).filter(pl.col("complaint_ref") == complaint_ref)
    if own.is_empty():
        raise NothingHeld("There is no such complaint.", remedy="See the list of complaints.")
    return by_whom(records, force_id, own).row(0, named=True)
