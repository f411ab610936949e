"""Obligations: a force's journeys judged at once, with the states that `victims_code` gives one by one.

In: the entries of all journeys as a frame, and the journeys themselves. Out: a row for each thing owed, with its state, due
moment and evidence. Journeys are judged a share at a time, so that memory stays bounded however many there are; a share
is whole journeys, and no journey's states depend on another's. The rules are those of `victims_code`, and hypothesis
compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import polars as pl

from fourfold.analysis.victims_code import (
    BY_THE_RECORD,
    ENTITLEMENTS,
    LACKING,
    NOT_DONE,
    OUT,
    REPORTS,
    THE_VICTIM,
    UNDATED,
    UNSURE,
    Rules,
)
from fourfold.codes import victims_code as code
from fourfold.codes import working_days
from fourfold.codes.victims_code import OWNERS, STATES
from fourfold.errors import CodeUnknown

if TYPE_CHECKING:
    from fourfold.analysis.entitlements import Held

SHARE = 100_000
"""How many journeys are judged together."""

EVENT = pl.Enum(list(code.events()))
ABOUT = pl.Enum(list(code.abouts()))
OWNER = pl.Enum(list(OWNERS))
STATE = pl.Enum(list(STATES))
INSTANT = pl.Datetime("us", "UTC")

ENTRIES: dict[str, pl.DataType | type[pl.DataType]] = {
    "unit": pl.Int64, "line": pl.Int64, "event": EVENT, "at": INSTANT, "about": ABOUT, "suspect": pl.String, "by": pl.String,
    "team": pl.String, "is_enhanced": pl.Boolean, "is_undated": pl.Boolean,
    "is_unlisted": pl.Boolean, "matter": pl.String,
}  # fmt: skip
"""The columns of entries: `unit` is the journey; an entry about several things has a row for each, of the same line."""
JOURNEYS: dict[str, pl.DataType | type[pl.DataType]] = {
    "unit": pl.Int64, "entitlement": pl.Enum(ENTITLEMENTS), "as_at": INSTANT,
}  # fmt: skip
"""The columns of journeys."""

_STANDS_IN_TIME = (pl.col("due").is_null()) | (pl.col("done_at") <= pl.col("due"))
_ORDER = ("at", "line")


def obligation_names(rules: Rules) -> list[str]:
    """The obligations of all packs, once each, in order."""
    return list(dict.fromkeys(owed.id for pack in rules.packs for owed in pack.obligations))


def states_of(entries: pl.DataFrame, journeys: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """A row for each thing owed in the journeys: columns as `_judged` gives them, in the order of unit, start and obligation."""
    parts = list(shares(entries, journeys, rules))
    return pl.concat(parts) if parts else _Table(rules).judged(entries.clear(), journeys.clear())


def shares(entries: pl.DataFrame, journeys: pl.DataFrame, rules: Rules, share: int = SHARE) -> Iterator[pl.DataFrame]:
    """What `states_of` gives, a share of the journeys at a time."""
    table = _Table(rules)
    ordered = journeys.sort("unit")
    for first in range(0, ordered.height, share):
        own = ordered.slice(first, share)
        low, high = own["unit"][0], own["unit"][-1]
        yield table.judged(entries.filter(pl.col("unit").is_between(low, high)), own)


_SAME = tuple(
    ~pl.col("is_each") | (pl.col(name) == pl.col(f"entry_{name}")).fill_null(value=True)
    for name in ("suspect", "matter")
)
"""Whether an entry is about the suspect and the complaint concerned, where both say which."""


class _Table:
    """The rules as small tables to be joined with."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.name = pl.Enum(obligation_names(rules))
        owed = [one for pack in rules.packs for one in pack.obligations]
        spans = {pack.id: (pack.first, pack.last or date.max) for pack in rules.packs}
        self.packs = pl.Enum([pack.id for pack in rules.packs])
        self.owed = pl.DataFrame(
            {
                "obligation": [o.id for o in owed], "pack": [o.pack for o in owed], "first": [spans[o.pack][0] for o in owed],
                "last": [spans[o.pack][1] for o in owed], "standard": [o.standard for o in owed],
                "enhanced": [o.enhanced for o in owed], "counted": [rules.counted(o) for o in owed],
                "owner": [o.owner for o in owed], "owners": [list(o.owners) for o in owed], "is_each": [o.is_each for o in owed],
                "is_first": [o.is_first for o in owed],
                "may_decline": [o.may_decline for o in owed], "is_update": [o.is_update for o in owed],
                "is_record": [o.met_by == ("recorded",) for o in owed], "starts": [list(o.starts) for o in owed],
                "met_by": [list(o.met_by) for o in owed],
            },
            schema_overrides={
                "obligation": self.name, "pack": self.packs, "standard": pl.Int16, "enhanced": pl.Int16,
                "counted": pl.Enum(working_days.COUNTED), "owner": OWNER, "owners": pl.List(pl.String),
            },
        ).with_row_index("rule")  # fmt: skip
        met = self.owed.select("rule", about="met_by").explode("about", empty_as_null=False)
        self.met = met.with_columns(pl.col("about").cast(ABOUT))

    def judged(self, entries: pl.DataFrame, journeys: pl.DataFrame) -> pl.DataFrame:
        """The states of some whole journeys."""
        known = entries.join(journeys.select("unit", "as_at"), on="unit").with_columns(
            pl.col("is_undated", "is_unlisted").fill_null(value=False)
        )
        known = known.filter((pl.col("at") <= pl.col("as_at")) | pl.col("is_undated"))
        known = known.sort("unit", *_ORDER)
        if known["is_enhanced"].null_count():
            said = pl.col("is_enhanced").forward_fill().over("unit")
            known = known.with_columns(said).with_columns(pl.col("is_enhanced").backward_fill().over("unit"))
        starts = self._with_due(self._starts(known)).join(journeys, on="unit", how="left")
        starts = self._with_done(starts, known)
        starts = _with_gone(starts, known)
        starts = self._with_declined(starts, known)
        starts = _with_nobodys(starts, known)
        starts = self._with_lacking(self._with_denied(starts, known), known)
        return self._said(_with_team(starts, known))

    def _starts(self, known: pl.DataFrame) -> pl.DataFrame:
        """Each obligation with each entry that starts its clock, by the pack in force that day, and from when evidence counts."""
        entry = ["unit", "event", "at", "line", "suspect", "matter", "by", "is_enhanced", "is_unlisted"]
        reports = known.filter(pl.col("event").is_in(list(REPORTS)))
        firsts = reports.group_by("unit").agg(
            first_report=pl.col("at").min(), received=(pl.col("event") == "received").any()
        )
        each = self.owed.filter("is_each").explode("starts").rename({"starts": "event"})
        found = [
            known.select(entry)
            .join(each.select("rule", "is_first", pl.col("event").cast(EVENT)), on="event", maintain_order="left")
            .unique(["unit", "rule", "at", "suspect", "matter"], keep="first", maintain_order=True)
            .filter(~pl.col("is_first") | _is_first_of_its_suspect())
            .drop("is_first")
        ]
        for (kinds,), own in self.owed.filter(~pl.col("is_each")).group_by([pl.col("starts").list.join("|")]):
            order = {kind: n for n, kind in enumerate(str(kinds).split("|"))}
            ranked = known.filter(pl.col("event").is_in(list(order))).with_columns(
                rank=pl.col("event").cast(pl.String).replace_strict(order, return_dtype=pl.Int8)
            )
            chosen = ranked.sort("unit", "rank", *_ORDER).unique("unit", keep="first", maintain_order=True)
            found.append(chosen.select(entry).join(own.select("rule"), how="cross"))
        starts = (
            pl.concat(found)
            .join(self.owed.drop("starts", "met_by", "owners"), on="rule")
            .join(firsts, on="unit", how="left")
        )
        local = pl.col("at").dt.convert_time_zone("Europe/London").dt.date()
        from_report = ~pl.col("is_each") & ~pl.col("received").fill_null(value=False)
        return (
            starts.with_columns(
                day_0=local, is_enhanced=pl.col("is_enhanced").fill_null(value=False),
                since=pl.when(from_report).then(pl.min_horizontal("at", "first_report")).otherwise("at"),
            )
            .filter(pl.col("day_0").is_between(pl.col("first"), pl.col("last")))
            .drop("first", "last", "first_report", "received", "is_first")
            .with_row_index("start")
        )  # fmt: skip

    def _with_due(self, starts: pl.DataFrame) -> pl.DataFrame:
        """The due moment of each start: each day, limit and way of counting worked out once by `working_days`.

        Less the starts of what falls due beyond the years whose bank holidays are held.
        """
        limited = starts.with_columns(limit=pl.when("is_enhanced").then("enhanced").otherwise("standard"))
        keys = ["day_0", "limit", "counted"]
        asked = limited.select(keys).drop_nulls("limit").unique()
        due = pl.Series("due", [_due(*one) for one in asked.iter_rows()], dtype=INSTANT)
        joined = limited.join(asked.with_columns(due), on=keys, how="left").drop("standard", "enhanced")
        return joined.filter(pl.col("limit").is_null() | pl.col("due").is_not_null())

    def _about(self, starts: pl.DataFrame, known: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
        """The entries that concern each start and may count from its beginning: start, entry_at, entry_line, due."""
        own = known.filter(which & pl.col("about").is_not_null()).join(self.met, on="about")
        own = own.select(
            "unit", "rule", entry_at="at", entry_line="line", entry_suspect="suspect", entry_matter="matter"
        )
        near = starts.select("start", "unit", "rule", "since", "is_each", "suspect", "matter", "due")
        return near.join(own, on=["unit", "rule"]).filter((pl.col("entry_at") >= pl.col("since")), *_SAME)

    def _with_done(self, starts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
        told = [e.name for e in code.events().values() if e.sort == "told" and e.name not in NOT_DONE]
        deeds = self._about(starts, known, pl.col("event").is_in(told)).sort("entry_at", "entry_line")
        first = deeds.group_by("start").agg(done_at=pl.col("entry_at").first(), done_line=pl.col("entry_line").first())
        recorded = (
            known.filter(pl.col("event") == "recorded")
            .unique("unit", keep="first", maintain_order=True)
            .select("unit", recorded_at="at", recorded_line="line")
        )
        joined = starts.join(first, on="start", how="left").join(recorded, on="unit", how="left")
        return joined.with_columns(
            done_at=pl.when("is_record").then("recorded_at").otherwise("done_at"),
            done_line=pl.when("is_record").then("recorded_line").otherwise("done_line"),
        ).drop("recorded_at", "recorded_line")

    def _with_declined(self, starts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
        by_then = pl.col("due").is_null() | (pl.col("entry_at") <= pl.col("due"))
        refusals = known.filter(pl.col("event") == "declined").select(
            "unit", "about", entry_at="at", entry_line="line", entry_suspect="suspect", entry_matter="matter"
        )
        near = starts.select("start", "unit", "rule", "due", "is_each", "is_update", "suspect", "matter")
        of_it = (
            refusals.drop_nulls("about")
            .join(self.met, on="about")
            .join(near, on=["unit", "rule"])
            .filter(by_then, *_SAME)
            .select("start")
        )
        again = known.filter(pl.col("event") == "opted_in").select("unit", again_at="at", again_line="line")
        again = near.filter("is_update").select("start", "unit", "due").join(again, on="unit")
        again = again.filter(pl.col("due").is_null() | (pl.col("again_at") <= pl.col("due")))
        again = again.sort("again_at", "again_line").group_by("start").agg(pl.col("again_at", "again_line").last())
        is_after = (pl.col("entry_at") > pl.col("again_at")) | (
            (pl.col("entry_at") == pl.col("again_at")) & (pl.col("entry_line") > pl.col("again_line"))
        )
        anything = (
            refusals.filter(pl.col("about").is_null())
            .join(near.join(self.owed.filter("may_decline").select("rule"), on="rule", how="semi"), on="unit")
            .filter(by_then)
            .join(again, on="start", how="left")
            .filter(pl.col("again_at").is_null() | is_after)
            .select("start")
        )
        one = pl.concat([of_it, anything])
        wishes = known.filter(pl.col("event").is_in(["opted_out", "opted_in"])).select(
            "unit", "event", "line", "is_undated", entry_at="at"
        )
        wished = starts.filter("is_update").select("start", "unit", "due").join(wishes, on="unit").filter(by_then)
        last = wished.sort("entry_at", "line").group_by("start").agg(pl.col("event").last())
        out = last.filter(pl.col("event") == "opted_out").select("start")
        declined = pl.concat([one, out]).unique()
        silent = wishes.filter((pl.col("event") == "opted_out") & pl.col("is_undated"))
        silent = silent.group_by("unit").agg(silent_at=pl.col("entry_at").max())
        return (
            starts.join(declined.with_columns(is_declined=pl.lit(value=True)), on="start", how="left")
            .join(silent, on="unit", how="left")
            .with_columns(is_silent=pl.col("is_update") & (pl.col("silent_at") > pl.col("due")).fill_null(value=False))
        )

    def _with_denied(self, starts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
        found = self._about(starts, known, pl.col("event") == "not_told")
        after = found.filter(pl.col("due").is_null() | (pl.col("entry_at") > pl.col("due"))).select("start").unique()
        return starts.join(after.with_columns(is_denied=pl.lit(value=True)), on="start", how="left")

    def _with_lacking(self, starts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
        """Whether there was a contact in time that does not say about what, or how; and whether it was tried in time."""
        in_time = pl.col("entry_at") <= pl.coalesce("due", "as_at")
        contacts = known.filter((pl.col("event") == "contacted") & pl.col("about").is_null()).select(
            "unit", entry_at="at"
        )
        open_ones = starts.filter(pl.col("done_at").is_null()).select("start", "unit", "since", "due", "as_at")
        met = open_ones.join(contacts, on="unit").filter(in_time & (pl.col("entry_at") >= pl.col("since")))
        tried, somehow, called = (
            self._about(starts, known, pl.col("event") == event)
            .join(starts.select("start", "as_at"), on="start")
            .filter(in_time)
            for event in ("attempted", "contacted", "victim_called")
        )
        for name, found in (("is_unsaid", met), ("is_tried", tried), ("is_somehow", somehow), ("is_called", called)):
            starts = starts.join(
                found.select("start").unique().with_columns(pl.lit(value=True).alias(name)), on="start", how="left"
            )
        return starts

    def _said(self, starts: pl.DataFrame) -> pl.DataFrame:
        """The state of each start, and its columns in order."""
        due, is_gone = pl.col("due"), pl.col("gone").is_not_null()
        gone = is_gone & (due.is_null() | (pl.col("gone_at") <= due))
        left = is_gone & pl.col("gone_undated").fill_null(value=False)
        as_recorded = (
            pl.when((pl.col("entitlement") == "no named contact") | pl.col("is_nobodys")).then(pl.lit("not applicable"))
            .when(pl.col("done_at").is_not_null() & _STANDS_IN_TIME).then(pl.lit("met in time"))
            .when(gone & (pl.col("gone") == "cancelled")).then(pl.lit("not applicable"))
            .when(gone).then(pl.lit("another agency's duty"))
            .when(left).then(pl.lit("no evidence"))
            .when("is_declined").then(pl.lit("declined by the victim"))
            .when("is_silent").then(pl.lit("no evidence"))
            .when(pl.col("done_at").is_not_null()).then(pl.lit("met late"))
            .when(due.is_not_null() & (pl.col("as_at") <= due)).then(pl.lit("not yet due"))
            .when("is_denied").then(pl.lit("not met"))
            .otherwise(pl.lit("no evidence"))
        )  # fmt: skip
        owners = self.owed.select("rule", "owners").explode("owners").drop_nulls()
        allowed = pl.concat_str("rule", "by", separator=":").is_in([f"{r}:{o}" for r, o in owners.iter_rows()])
        owner = (
            pl.when(pl.col("by").is_not_null() & allowed)
            .then(pl.col("by").cast(OWNER, strict=False))
            .otherwise("owner")
        )
        is_stranger = pl.col("is_each") & pl.col("is_unlisted")
        is_unsure = pl.col("entitlement").cast(pl.String).is_in(list(UNSURE)) | is_stranger
        judged = starts.with_columns(as_recorded=as_recorded.cast(STATE), owner=owner).with_columns(
            as_recorded=pl.when(is_unsure & pl.col("as_recorded").is_in(list(BY_THE_RECORD)))
            .then(pl.lit("no evidence").cast(STATE))
            .otherwise("as_recorded")
        )
        others = ~pl.col("owner").is_in(list(self.rules.own)) & (pl.col("as_recorded") != "not applicable")
        lacking = (
            pl.when(pl.col("entitlement") == "not recorded").then(pl.lit(UNSURE["not recorded"][0]))
            .when(pl.col("entitlement") == "victim not recorded").then(pl.lit(UNSURE["victim not recorded"][0]))
            .when(is_stranger).then(pl.lit("whether a suspect"))
            .when(left).then(pl.lit(UNDATED[0]))
            .when("is_silent").then(pl.lit(UNDATED[1]))
            .when("is_somehow").then(pl.lit("contact method"))
            .when("is_called").then(pl.lit("whether the news was given"))
            .when("is_unsaid").then(pl.lit("about what"))
            .when("is_tried").then(pl.lit("an attempt only"))
            .otherwise(pl.lit("any contact"))
        )  # fmt: skip
        return (
            judged.with_columns(
                lacking=pl.when(pl.col("as_recorded") == "no evidence").then(lacking).cast(pl.Enum(LACKING)),
                state=pl.when(others).then(pl.lit("another agency's duty").cast(STATE)).otherwise("as_recorded"),
            )
            .select(
                "unit", "obligation", "pack", "event", "at", "line", "is_enhanced", "due", "owner", "team", "state", "as_recorded",
                "done_at", "done_line", "lacking",
            )
            .sort("unit", "at", "line", "obligation")
        )  # fmt: skip


def _is_first_of_its_suspect() -> pl.Expr:
    """Whether an entry, in order of time, is the first of its suspect; one that does not say of whom may be of any."""
    whose = ["unit", "rule"]
    is_first = pl.int_range(pl.len()).over(whose) == 0
    names_nobody = pl.col("suspect").is_null()
    of_suspect = pl.int_range(pl.len()).over([*whose, "suspect"]) == 0
    return is_first | (of_suspect & ~names_nobody & ~names_nobody.first().over(whose))


def _due(day: date, limit: int, counted: working_days.Counted) -> datetime | None:
    """When it is due; None where that lies beyond the years whose bank holidays are held."""
    try:
        return working_days.last_instant(working_days.due_date(day, limit, counted)).astimezone(UTC)
    except CodeUnknown:
        return None


def _with_gone(starts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """When and how the crime went out, unless it was reinstated after."""
    moves = known.filter(pl.col("event").is_in([*OUT, "reinstated"])).unique("unit", keep="last", maintain_order=True)
    gone = moves.filter(pl.col("event") != "reinstated").select(
        "unit", gone="event", gone_at="at", gone_undated="is_undated"
    )
    return starts.join(gone, on="unit", how="left")


def _with_nobodys(starts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Whether the suspect concerned is the victim, or is not one of those whom the crime names."""
    named = (
        known.filter((pl.col("event") == "suspect_named") & pl.col("suspect").is_not_null())
        .select("unit", "suspect")
        .unique()
    )
    has_named = named.select("unit").unique().with_columns(has_named=pl.lit(value=True))
    joined = starts.join(has_named, on="unit", how="left").join(
        named.with_columns(is_named=pl.lit(value=True)), on=["unit", "suspect"], how="left"
    )
    stranger = (
        pl.col("has_named").fill_null(value=False) & pl.col("suspect").is_not_null() & pl.col("is_named").is_null()
        & ~pl.col("is_unlisted")
    )  # fmt: skip
    the_victim = (pl.col("suspect") == THE_VICTIM).fill_null(value=False)
    return joined.with_columns(is_nobodys=pl.col("is_each") & (the_victim | stranger)).drop("has_named", "is_named")


def _with_team(starts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The team that had the crime when it was done in time, or else when it fell due, or at the end of what is known."""
    owning = known.filter(pl.col("event").is_in(["handed_over", *REPORTS]) & pl.col("team").is_not_null())
    spells = owning.unique(["unit", "at"], keep="last", maintain_order=True).select("unit", "at", "team").sort("at")
    then = pl.min_horizontal("due", "as_at", "done_at")
    dated = starts.with_columns(then=then).sort("then")
    return dated.join_asof(
        spells.rename({"at": "owned_from"}), left_on="then", right_on="owned_from", by="unit", check_sortedness=False
    ).drop("then")


SPLITS = (
    "offence_group",
    "offence_subgroup",
    "recorded_month",
    "age_group",
    "sex",
    "ethnicity",
    "disability",
    "is_fraud",
)
"""What a journey is split by, beside the obligation, the team and the month of the start."""


def force_states(held: Held, rules: Rules, share: int = SHARE) -> Iterator[pl.DataFrame]:
    """The states of a force's journeys, a share at a time: those of `states_of`, by crime_ref and person_ref in place of the
    unit, with the scheme, the right, why rights are enhanced, and what compliance is split by."""
    table = _Table(rules)
    owed = pl.DataFrame(
        [(o.id, o.pack, o.scheme, o.right) for p in rules.packs for o in p.obligations],
        schema={"obligation": table.name, "pack": table.packs, "scheme": pl.Categorical, "right": pl.Int8}, orient="row",
    )  # fmt: skip
    whose = ("unit", "crime_ref", "person_ref", "reasons", "entitlement", *SPLITS)
    for own, entries in held.shares(share):
        judged = table.judged(entries, own.select("unit", "entitlement", "as_at"))
        yield (
            judged.join(own.select(whose), on="unit")
            .join(owed, on=["obligation", "pack"])
            .with_columns(
                pl.col("offence_group", "offence_subgroup", "age_group", "sex", "ethnicity", "disability").cast(
                    pl.Categorical
                )
            )
            .drop("unit", "line", "done_line")
        )
