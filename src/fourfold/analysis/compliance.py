"""Compliance with the Victims' Code: between what and what it lies, how much is known, and what recording would tell more.

What is not recorded may have been done or not. So there is no single rate: the lower bound takes what has no evidence as not
done in time, the upper bound as done; if what is recorded is true, the rate lies between, and the width is exactly the share
without evidence. Kept is what was met in time, and what the victim declined, which is a choice that is kept. Left out are what
is not yet due, what is not owed, and what other bodies owe.

Records can be wrong both ways. A second, wider pair of bounds uses what an audit of drawn records found: the share of those
recorded as kept that in truth was not, and of those recorded as not kept that was. Each bound moves by the upper limit of its
share (Clopper and Pearson), so that both hold together with the confidence stated, whatever the missing records hide.

Sources: worst-case bounds: Manski (1989), Journal of Human Resources 24; limits of a share: Clopper and Pearson (1934),
Biometrika 26; the two together at half the error each: Bonferroni.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl
from scipy.special import betaincinv

import fourfold
from fourfold.analysis.differencing import WHOLE, Question, Told, told_apart
from fourfold.analysis.entitlements import TABLES, moment_known
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.analysis.suppression import Cell, Region, suppression
from fourfold.analysis.survey import SCALE
from fourfold.analysis.victims_code import LACKING, OWED_TO, Rules
from fourfold.codes.areas import force as force_of
from fourfold.codes.audit_schemes import audit_scheme
from fourfold.codes.periods import Window, is_quarter
from fourfold.codes.small_numbers import SmallNumberRule, small_number_rule
from fourfold.codes.victims_code import STATES, Elsewhere, RulePack
from fourfold.codes.working_days import local_date, years_held
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records

KEPT = ("met in time", "declined by the victim")
NOT_KEPT = ("met late", "not met")
UNKNOWN = "no evidence"
JUDGED = (*KEPT, *NOT_KEPT, UNKNOWN)
"""The states that count: those of what was owed by the force and fell due."""

BY = {
    "obligation": "obligation", "right": "right", "offence": "offence_group", "suboffence": "offence_subgroup", "unit": "unit",
    "team": "team", "month": "month", "age": "age_group", "sex": "sex", "ethnicity": "ethnicity", "disability": "disability",
}  # fmt: skip
"""By what compliance may be split, and the column."""
PROTECTED = ("age", "sex", "ethnicity", "disability")
"""Splits by a protected characteristic: small numbers are withheld."""

_BOUNDS = Method(
    name="compliance bounds",
    text="Kept in time or declined, over what was owed and due; the lower bound takes what has no evidence as not kept, the upper "
    "as kept.",
    source="Manski 1989.",
)
_WIDER = Method(
    name="audited compliance bounds",
    text="The bounds, each moved out by the upper confidence limit of the share of records that an audit found wrong that way.",
    source="Clopper and Pearson 1934; Bonferroni.",
)
_GAPS = Method(
    name="recording gaps",
    text="What has no evidence, by what the record lacks: a contact in time that does not say about what, or (of what must be in "
    "writing) how it was made, or (of a call from the victim) whether the news was given in it; an attempt and no more; any contact; "
    "whether an organisation named a contact, whether the victim is a person or an organisation, or whether somebody is a suspect of "
    "the crime; or on what day the crime was cancelled or transferred, or the victim chose to have no updates; and by who had the "
    "crime.",
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What compliance is asked for: a scheme, or one right or obligation of it, of one offence group, in a window.

    The window is that of the local days on which clocks started. With `by_victim` a right counts once a victim and crime:
    kept where all of it was, not kept where any of it was not.
    """

    force_id: str
    window: Window
    scheme: str = "victims_code"
    right: int | None = None
    obligation: str | None = None
    offence: str | None = None
    by_victim: bool = False

    def of(self, states: pl.LazyFrame) -> pl.LazyFrame:
        """The states asked for, with the month and unit of each."""
        day = pl.col("at").dt.convert_time_zone("Europe/London").dt.date()
        chosen = states.filter(
            (pl.col("scheme").cast(pl.String) == self.scheme) & day.is_between(self.window.first, self.window.last)
        )
        if self.right is not None:
            chosen = chosen.filter(pl.col("right") == self.right)
        if self.obligation is not None:
            chosen = chosen.filter(pl.col("obligation").cast(pl.String) == self.obligation)
        if self.offence is not None:
            wanted = self.offence.lower()
            groups = [
                pl.col(c).cast(pl.String).str.to_lowercase() == wanted for c in ("offence_group", "offence_subgroup")
            ]
            chosen = chosen.filter(pl.any_horizontal(groups))
        parted = pl.col("team").str.splitn(" / ", 2)
        return chosen.with_columns(
            month=day.dt.truncate("1mo").dt.to_string("%Y-%m"), unit=parted.struct.field("field_0"), team=pl.col("team")
        )

    def obligations(self, packs: Sequence[RulePack]) -> tuple[str, ...]:
        """The obligations that it asks of."""
        own = [o for p in packs if p.scheme == self.scheme for o in p.obligations]
        return tuple(
            dict.fromkeys(o.id for o in own if self.obligation in (None, o.id) and self.right in (None, o.right))
        )

    def title(self, packs: Sequence[RulePack]) -> str:
        """What is asked for, in words."""
        own = [p for p in packs if p.scheme == self.scheme]
        if not own:
            raise RequestInvalid(
                "There is no rule pack of that scheme.", remedy=f"Use one of: {', '.join({p.scheme for p in packs})}."
            )
        if self.obligation is not None:
            named = [o.title for p in own for o in p.obligations if o.id == self.obligation]
            if not named:
                raise RequestInvalid("There is no such obligation in that scheme.", remedy="See `fourfold code packs`.")
            what = named[-1]
        elif self.right is not None:
            if self.right not in own[-1].rights:
                raise RequestInvalid(
                    "There is no right or step of that number.", remedy=f"Use 1 to {max(own[-1].rights)}."
                )
            what = f"{'Step' if self.scheme == 'five_step' else 'Right'} {self.right}: {own[-1].rights[self.right].lower()}"
        else:
            what = own[-1].title
        return what if self.offence is None else f"{what}; {self.offence.lower()}"


def compliance(
    states: pl.LazyFrame,
    records: Records,
    rules: Rules,
    asked: Asked,
    by: str | None = None,
    small: SmallNumberRule | None = None,
) -> Finding:
    """Compliance with what is asked for, in bounds: kind "compliance"; its value is None, and its interval the two bounds, in %.

    A row for each value of `by` (one row without), in order: judged, kept, not kept, no evidence, the bounds and the coverage in
    %, and the counts of all eight states (null with `by_victim`). Rows by a protected characteristic are protected under `small`
    (the default rule), against all that any other such question of the quarter tells, and those of any other split where `small`
    is given. Raises RequestInvalid for a split, right or obligation that there is not, and for a question by a protected
    characteristic that could be subtracted from another.
    """
    if by is not None and by not in BY:
        raise RequestInvalid("Compliance cannot be split so.", remedy=f"Use one of: {', '.join(BY)}.")
    title = asked.title(rules.packs)
    if by in PROTECTED:
        _can_be_held_apart(asked, rules, local_date(moment_known(records, asked.force_id)))
    counted = _counted(asked, states, by)
    rows = _rows(counted, by_victim=asked.by_victim)
    kept, not_kept, unknown = (sum(int(row[place] or 0) for row in rows) for place in (2, 3, 4))
    judged = kept + not_kept + unknown
    disclosure = "no disclosure control applied"
    if by in PROTECTED or (by is not None and small is not None):
        rule = small or small_number_rule()
        if by in PROTECTED:
            rows, withheld = _apart(rows, states, asked, str(by), rule)
        else:
            rows, withheld = _protected(rows, asked, str(by), rule)
        disclosure = f"{rule.title} ({rule.version}): {rule.in_words}; {withheld} counts withheld"
    bounds = _bounds(judged, kept, unknown)
    own = [p for p in rules.packs if p.scheme == asked.scheme]
    silent = _silent(asked, own, states)
    lacks_any = None if judged else UNHELD if asked.right in silent else NOTHING_DUE
    unsure = _unsure(asked, states)
    return Finding(
        kind="compliance", title=title, value=None, unit="%", n=judged, windows=(asked.window,), area=force_of(asked.force_id).name,
        definition=_definition(title, own, asked), method=_BOUNDS, as_at=records.as_at,
        batches=tuple(b.batch_id for b in records.standing if not set(b.tables).isdisjoint(TABLES)),
        code_version=fourfold.__version__, verdict=lacks_any or f"between {bounds[0]:.0f}% and {bounds[1]:.0f}%",
        interval=None if lacks_any else Interval(low=bounds[0], high=bounds[1], level=1.0, meaning=MEANING),
        table=Table(columns=(by or "all", *COLUMNS), rows=tuple(rows)), disclosure=disclosure,
        parameters={
            "kept": kept, "not kept": not_kept, "no evidence": unknown, "by victim": asked.by_victim, "five-step days": rules.either,
            "own duties": list(rules.own), "packs": {p.id: p.version for p in own}, NAMED_CONTACT: unsure.get("named contact", 0),
            NOT_HELD: sorted(silent),
        },
        sources=tuple(p.source for p in own),
        notes=(*_of_unsure(unsure, asked, small), *_notes(own, asked), *_of_silent(silent, asked)),
    )  # fmt: skip


NOTHING_DUE = "Nothing of it was owed and due."
UNHELD = "A force’s records do not hold this; it is judged by an audit of records."
NOT_HELD = "rights that the records do not hold"
"""The parameter that names the rights asked for of which a force's extracts say nothing, so that no state stands for them."""
NAMED_CONTACT = "whether a contact was named not recorded"
"""The parameter that says of how many it is not known whether they were owed."""
MEANING = "between these the rate lies if what is recorded is true; where, cannot be said"
AUDITED = "between these the rate lies, at this level, if the audited records were drawn at random"
_NO_STATES: tuple[None, ...] = (None,) * len(STATES)
COLUMNS = ("judged", "kept", "not kept", "no evidence", "lower", "upper", "coverage", *STATES)


def _counted(asked: Asked, states: pl.LazyFrame, by: str | None) -> pl.DataFrame:
    """Counts by the split's value and state; by victim, of rights kept, not kept, or without evidence."""
    key = pl.lit("all").alias("key") if by is None else pl.col(BY[by]).cast(pl.String).alias("key")
    chosen = asked.of(states)
    if asked.by_victim:
        return _by_victim(chosen.with_columns(key), ["key"]).group_by("key", "state").len().collect()
    return chosen.group_by(key, pl.col("state").cast(pl.String)).len().collect()


def _unsure(asked: Asked, states: pl.LazyFrame) -> dict[str, int]:
    """How many of those without evidence are such because it is not recorded whether they are owed at all, by what is lacking."""
    lacking = pl.col("lacking").cast(pl.String)
    rows = asked.of(states).filter((pl.col("state") == UNKNOWN) & lacking.is_in(list(OWED_TO))).with_columns(lacking)
    if asked.by_victim:
        rows = rows.select("crime_ref", "person_ref", "right", "lacking").unique()
    return dict(rows.group_by("lacking").len().collect().iter_rows())


def _silent(asked: Asked, own: Sequence[RulePack], states: pl.LazyFrame) -> dict[int, Elsewhere]:
    """The rights asked for that no extract speaks of, where indeed no state of them stands, of whatever month or offence."""
    if asked.obligation is not None:
        return {}
    said = {n: one for p in own for n, one in p.elsewhere.items() if asked.right in (None, n)}
    if not said:
        return {}
    stand = states.filter((pl.col("scheme").cast(pl.String) == asked.scheme) & pl.col("right").is_in(list(said)))
    known = set(stand.select(pl.col("right").unique()).collect()["right"])
    return {n: one for n, one in said.items() if n not in known}


def _of_silent(silent: Mapping[int, Elsewhere], asked: Asked) -> tuple[str, ...]:
    """Of each right that no extract speaks of: why, and where it is judged instead; of all together, that there are such."""
    if silent and asked.right is None:
        numbers = " and ".join(", ".join(str(n) for n in sorted(silent)).rsplit(", ", 1))
        which = f"right{'s' if len(silent) > 1 else ''} {numbers}"
        return (
            f"A force’s records do not hold {which}: no count is of them, and nothing is told of its being kept or not. "
            "It is judged by an audit of records; asked for by itself, each right says why.",
        )
    return tuple(
        f"Right {number} has no state, which is neither kept nor not kept. {one.why} {elsewhere_in_words(one)}"
        for number, one in sorted(silent.items())
    )


def elsewhere_in_words(one: Elsewhere) -> str:
    """Where a right is judged that no extract speaks of."""
    scheme = audit_scheme(one.audit[0])
    said = f"It is judged by an audit: {scheme.title.lower()}, “{scheme.question(one.audit[1]).title}”"
    said += f"; and by the victims’ survey: “{SCALE[one.survey]}”." if one.survey else "."
    return said + (
        " What is held, for how long, and what went back is told by the clocks beside the Code." if one.clocks else ""
    )


_WHOSE = {
    "named contact": "to organisations of which it is not recorded whether they named a contact",
    "who the victim is": "to victims of whom it is not recorded whether they are a person or an organisation",
    "whether a suspect": "of news of somebody whom the crime's people do not, or do not yet, name as a suspect",
}


def _of_unsure(unsure: Mapping[str, int], asked: Asked, small: SmallNumberRule | None) -> Iterator[str]:
    """What is said of them; nothing where there are none."""
    what = "of those counted" if asked.by_victim else "obligations"
    for lacking, n in ((one, unsure.get(one, 0)) for one in OWED_TO):
        if n:
            said = f"fewer than {small.smallest_shown}" if small is not None and small.is_small(n) else f"{n:,}"
            yield (
                f"Without evidence are {said} {what} {_WHOSE[lacking]}: whether they are owed is not known, and the bounds hold "
                "either way."
            )


def _by_victim(chosen: pl.LazyFrame, beside: Sequence[str]) -> pl.LazyFrame:
    """Each victim, crime and right, with its state: kept, not kept, or no evidence."""
    has = {
        name: pl.col("state").is_in(list(wanted)).any() for name, wanted in (("failed", NOT_KEPT), ("open", (UNKNOWN,)))
    }
    judged = chosen.filter(pl.col("state").is_in(list(JUDGED)))
    each = judged.group_by("crime_ref", "person_ref", "right", *beside).agg(**has)
    state = pl.when("failed").then(pl.lit("not kept")).when("open").then(pl.lit(UNKNOWN)).otherwise(pl.lit("kept"))
    return each.with_columns(state=state)


def _rows(counted: pl.DataFrame, *, by_victim: bool) -> list[tuple[Value, ...]]:
    keys = counted["key"].unique().to_list()
    found: dict[str | None, dict[str, int]] = {key: {} for key in sorted(keys, key=lambda k: (k is None, _sortable(k)))}
    for key, state, n in counted.iter_rows():
        found[key][state] = n
    rows = []
    for key, counts in found.items():
        kept = counts.get("kept", 0) + sum(counts.get(s, 0) for s in KEPT)
        not_kept = counts.get("not kept", 0) + sum(counts.get(s, 0) for s in NOT_KEPT)
        states = None if by_victim else [counts.get(s, 0) for s in STATES]
        shown = "not recorded" if key is None else key
        rows.append(_row(shown, [kept, not_kept, counts.get(UNKNOWN, 0)], states))
    return rows


def _sortable(key: str | None) -> tuple[int, str]:
    return (int(key), "") if key is not None and key.isdigit() else (0, key or "")


def _row(key: str, counts: Sequence[int], states: Sequence[int] | None) -> tuple[Value, ...]:
    kept, not_kept, unknown = counts
    judged = kept + not_kept + unknown
    low, high = _bounds(judged, kept, unknown) if judged else (None, None)
    coverage = 100 * (judged - unknown) / judged if judged else None
    return (key, judged, kept, not_kept, unknown, low, high, coverage, *(states or _NO_STATES))


def _bounds(judged: int, kept: int, unknown: int) -> tuple[float, float]:
    """The lower and upper bound in per cent; of nothing judged, all is open."""
    return (100 * kept / judged, 100 * (kept + unknown) / judged) if judged else (0.0, 100.0)


def _definition(title: str, own: Sequence[RulePack], asked: Asked) -> Definition:
    what = "victims of a crime, once for each right" if asked.by_victim else "obligations"
    judged = "Judged by the rule pack in force on the day on which the clock started."
    if not any(p.obligations for p in own):
        what = what if asked.by_victim else "contacts"
        judged = "Due so many days as the victim chose after the last contact or the recording; by the team that has the crime now."
    return Definition(
        name=f"compliance / {asked.scheme}", version=" / ".join(p.version for p in own), title=title,
        text=f"Of {what} that were the force's to meet and fell due: those met in time or declined by the victim. Counted "
        "are clocks that started in these months, whenever their crime was recorded; an audit draws crimes recorded in its months, "
        f"so that its shares are of other records, and are held against what those say themselves. {judged}",
        source="; ".join(p.source for p in own), status=own[-1].status,
    )  # fmt: skip


def _ends_by(asked: Asked, year: int) -> bool:
    """Whether something that begins in the window may fall due after a year."""
    return (asked.window.last + timedelta(days=60)).year > year


def _notes(own: Sequence[RulePack], asked: Asked) -> tuple[str, ...]:
    owed = [
        o for p in own for o in p.obligations if asked.obligation in (None, o.id) and asked.right in (None, o.right)
    ]
    unsure = sorted({o.title for o in owed if "unconfirmed" in (o.limit_status(False), o.limit_status(True))})
    said = [f"Limits not confirmed against the Code: {'; '.join(unsure)}."] if unsure else []
    last = years_held()[1]
    said += (
        [f"What falls due after {last} is not judged: bank holidays are held to {last}."]
        if _ends_by(asked, last)
        else []
    )
    unlimited = sorted({o.title for o in owed if o.standard is None})
    said += (
        [f"No limit in days is known, so that what was done at any time counts as in time: {'; '.join(unlimited)}."]
        if unlimited
        else []
    )
    return tuple(said)


# --- small numbers --------------------------------------------------------------------------------------------------


def _protected(
    rows: Sequence[tuple[Value, ...]], asked: Asked, by: str, rule: SmallNumberRule
) -> tuple[list[tuple[Value, ...]], int]:
    """Rows with small counts, and those from which they could be worked out, withheld; no bounds on a small base.

    A state's total of all rows is told without the split, and in what a Finding says of the whole, so that it is never
    withheld: rows are, in its place. Where even that gives a small count away, the state is not told of any row. Of one row alone the
    whole says all there is.
    """
    names, at = _states_at(asked)
    withheld: set[Region] = set()
    for name, place in zip(names, at, strict=True):
        counts = {_region(asked, by, str(row[0]), name): int(row[place] or 0) for row in rows}
        total = Cell(_region(asked, by, None, name), sum(counts.values()), earlier="published")
        found = suppression([*(Cell(region, n) for region, n in counts.items()), total], rule)
        withheld |= counts.keys() if found.exposed else found.withheld

    def is_told(value: str, state: str) -> bool:
        return _region(asked, by, value, state) not in withheld

    return [_shown(row, names, at, is_told, rule) for row in rows], len(withheld)


def _can_be_held_apart(asked: Asked, rules: Rules, known: date) -> None:
    """Refuse a question by a protected characteristic that others of its kind could be subtracted from, other than by design."""
    if rules.either != "calendar":
        raise RequestInvalid(
            "By a protected characteristic compliance is told with the five-step days counted by the calendar alone: whoever was in "
            "time by one count and late by the other could be told apart.",
            remedy="Choose calendar days, or do not split.",
        )
    if is_quarter(asked.window) and asked.window.last > known:
        raise RequestInvalid(
            "By a protected characteristic compliance is told of a quarter that is over: what came since could be told apart.",
            remedy="Ask for the quarter before.",
        )
    if not is_quarter(asked.window):
        raise RequestInvalid(
            "By a protected characteristic compliance is told of one quarter of a year: windows that overlap can be subtracted.",
            remedy="Ask for January to March, April to June, July to September or October to December.",
        )
    if asked.obligation is not None:
        raise RequestInvalid(
            "By a protected characteristic compliance is told of whole rights or steps.",
            remedy="Name the right or step, or do not split.",
        )
    if asked.offence is not None and asked.right is not None:
        raise RequestInvalid(
            "By a protected characteristic compliance is told of a right or of an offence, and not of one within the other.",
            remedy="Leave the right or the offence out, or do not split.",
        )


def _apart(
    rows: Sequence[tuple[Value, ...]], states: pl.LazyFrame, asked: Asked, by: str, rule: SmallNumberRule
) -> tuple[list[tuple[Value, ...]], int]:
    """Rows with what is told of them when every other question of the quarter by the same characteristic may be asked too."""
    whole = replace(asked, right=None, obligation=None, offence=None)
    question = _question(asked)
    told = _told(states, replace(whole, by_victim=False), by, rule)
    names, at = _states_at(asked)
    if asked.by_victim:
        also = _told(states, whole, by, rule)
        every = frozenset.intersection(*(told.of(question, state) for state in JUDGED))
        tells = {name: every & also.of(question, name) for name in names}
    else:
        tells = {name: told.of(question, name) for name in names}
    gone = sum(str(row[0]) not in tells[name] for row in rows for name in names)
    return [_shown(row, names, at, lambda value, state: value in tells[state], rule) for row in rows], gone


def _states_at(asked: Asked) -> tuple[list[str], list[int]]:
    """The states that a row tells of, and where in it they stand."""
    if asked.by_victim:
        return ["kept", "not kept", UNKNOWN], [2, 3, 4]
    first = len(COLUMNS) - len(STATES) + 1
    return list(STATES), list(range(first, first + len(STATES)))


def _question(asked: Asked) -> Question:
    """What is asked for, as `differencing` names it."""
    if asked.right is not None:
        return ("right", str(asked.right))
    return WHOLE if asked.offence is None else ("offence", asked.offence.lower())


def _told(states: pl.LazyFrame, whole: Asked, by: str, rule: SmallNumberRule) -> Told:
    """What each question of a quarter may tell by a characteristic: of each right, offence group and offence."""
    marks = ["right", "offence_group", "offence_subgroup"]
    held = whole.of(states).with_columns(
        value=pl.col(BY[by]).cast(pl.String).fill_null("not recorded"), state=pl.col("state").cast(pl.String),
        **{name: pl.col(name).cast(pl.String).fill_null("") for name in marks},
    )  # fmt: skip
    if whole.by_victim:
        held = _by_victim(held, ["value", *marks[1:]])
    rows = held.group_by(*marks, "value", "state").len().collect().rows()
    rights: dict[Question, frozenset[str]] = {("right", right): frozenset([right]) for right, *_ in rows}
    offences: dict[Question, set[str]] = {}
    for _, group, subgroup, *_ in rows:
        for name in {group.lower(), subgroup.lower()} - {""}:
            offences.setdefault(("offence", name), set()).add(f"{group} / {subgroup}")
    ways = [rights, {question: frozenset(own) for question, own in offences.items()}]
    counts = [(right, f"{group} / {subgroup}", value, state, n) for right, group, subgroup, value, state, n in rows]
    return told_apart(counts, _states_at(whole)[0], ways, rule)


def _region(asked: Asked, by: str, value: str | None, state: str | None = None) -> Region:
    marks: dict[str, tuple[str, ...]] = {}
    if value is not None:
        marks[by] = (value,)
    if state is not None:
        marks["state"] = (state,)
    return Region("obligations", asked.window.first, asked.window.last, tuple(sorted(marks.items())))


def _shown(
    row: tuple[Value, ...], names: Sequence[str], at: Sequence[int], is_told: Callable[[str, str], bool], rule: SmallNumberRule
) -> tuple[Value, ...]:  # fmt: skip
    counts: dict[str, Value] = {
        name: rule.rounded(int(row[place] or 0)) if is_told(str(row[0]), name) else None
        for name, place in zip(names, at, strict=True)
    }
    if len(names) == 3:
        kept, not_kept, unknown = (counts[n] for n in names)
        states: list[Value] = [None] * len(STATES)
    else:
        kept, not_kept, unknown = (_sum(counts, wanted) for wanted in (KEPT, NOT_KEPT, (UNKNOWN,)))
        states = [counts[s] for s in STATES]
    said = (
        None
        if None in (kept, not_kept, unknown)
        else _row(str(row[0]), [int(n or 0) for n in (kept, not_kept, unknown)], None)
    )
    if said is None or int(said[1] or 0) < rule.percentage_base:
        return (row[0], said[1] if said else None, kept, not_kept, unknown, None, None, None, *states)
    return (*said[:8], *states)


def _sum(counts: Mapping[str, Value], wanted: Sequence[str]) -> Value:
    parts = [counts[name] for name in wanted]
    return None if None in parts else sum(int(n or 0) for n in parts)


# --- what recording would tell more ---------------------------------------------------------------------------------


def recording_gaps(
    states: pl.LazyFrame, records: Records, rules: Rules, asked: Asked, nobodys: pl.DataFrame | None = None
) -> Finding:
    """What has no evidence, by what the record lacks and by who had the crime: kind "recording gaps", its value their number.

    Rows: what is lacking, the unit and team, how many, and their share in %, largest first; `narrows` is by how many percentage
    points recording it would narrow the bounds. `nobodys` is what is evidence for nobody (`entitlements.without_a_victim`): how much
    of it is of the months asked for is said beside.
    """
    asked = replace(asked, by_victim=False)
    whole = compliance(states, records, rules, asked)
    open_ones = asked.of(states).filter(pl.col("state") == UNKNOWN)
    counted = (
        open_ones.group_by(pl.col("lacking").cast(pl.String), pl.col("team").fill_null("not recorded"))
        .len()
        .sort("len", "lacking", "team", descending=[True, False, False])
        .collect()
    )
    total, judged = int(counted["len"].sum()), whole.records
    rows = [(lacking, team, n, 100 * n / total, 100 * n / judged) for lacking, team, n in counted.iter_rows()]
    by_kind = {kind: int(counted.filter(pl.col("lacking") == kind)["len"].sum()) for kind in LACKING}
    return Finding(
        kind="recording gaps", title=f"What the record lacks: {whole.title}", value=total, unit="obligations", n=total,
        windows=whole.windows, area=whole.area, definition=whole.definition, method=_GAPS, as_at=whole.as_at, batches=whole.batches,
        code_version=whole.code_version, table=Table(columns=("lacking", "team", "count", "share", "narrows"), rows=tuple(rows)),
        parameters={"by what is lacking": by_kind, **({} if nobodys is None else {FOR_NOBODY: _for_nobody(nobodys, asked)})},
        sources=whole.sources, parts=(whole,),
    )  # fmt: skip


FOR_NOBODY = "evidence for nobody"
"""The parameter that says how many contacts and complaints do not say whom they concern."""


def _for_nobody(nobodys: pl.DataFrame, asked: Asked) -> dict[str, int]:
    """How many contacts and complaints of the months asked for do not say whom they concern."""
    own = nobodys.filter(pl.col("month").is_between(asked.window.first.replace(day=1), asked.window.last))
    return {kind: int(own.filter(pl.col("kind") == kind)["n"].sum()) for kind in ("contacts", "complaints")}


# --- what an audit learned of false records ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AuditLearned:
    """What an audit of records drawn at random found: of `kept_audited` recorded as kept, `kept_false` were not in truth; of
    `not_kept_audited` recorded as late or not met, `not_kept_false` were in truth kept. Of a sample drawn by groups they are the
    numbers that would tell as much without groups, and so need not be whole."""

    kept_audited: float
    kept_false: float
    not_kept_audited: float
    not_kept_false: float

    def __post_init__(self) -> None:
        for found, audited in ((self.kept_false, self.kept_audited), (self.not_kept_false, self.not_kept_audited)):
            if not 0 <= found <= audited:
                raise RequestInvalid(
                    "An audit cannot find more false records than it looked at.", remedy="Give both counts."
                )


def upper_share(found: float, audited: float, error: float) -> float:
    """The upper confidence limit of a share, at a one-sided error (Clopper and Pearson); of none audited it is 1."""
    return 1.0 if found >= audited else float(betaincinv(found + 1, audited - found, 1 - error))


def audited_bounds(
    judged: int, kept: int, unknown: int, audit: AuditLearned, level: float = 0.95
) -> tuple[float, float]:
    """The wider pair, in per cent: each bound moved out by the upper limit of the share of false records, at half the error."""
    error = (1 - level) / 2
    low, high = _bounds(judged, kept, unknown)
    not_kept = 100.0 - high
    false_kept = upper_share(audit.kept_false, audit.kept_audited, error)
    false_not_kept = upper_share(audit.not_kept_false, audit.not_kept_audited, error)
    return low * (1 - false_kept), high + not_kept * false_not_kept


def audited_compliance(found: Finding, audit: AuditLearned, level: float = 0.95) -> Finding:
    """A compliance Finding with the wider bounds that an audit of its records gives: kind "audited compliance"."""
    said: Mapping[str, Any] = found.parameters
    low, high = audited_bounds(found.records, said["kept"], said["no evidence"], audit, level)
    return Finding(
        kind="audited compliance", title=f"{found.title}, allowing for false records", value=None, unit="%", n=found.n,
        windows=found.windows, area=found.area, definition=found.definition, method=_WIDER, as_at=found.as_at, batches=found.batches,
        code_version=found.code_version, verdict=f"between {low:.0f}% and {high:.0f}%",
        interval=Interval(low=low, high=high, level=level, meaning=AUDITED),
        parameters={
            "recorded as kept, audited": audit.kept_audited, "of them false": audit.kept_false,
            "recorded as not kept, audited": audit.not_kept_audited, "of them in truth kept": audit.not_kept_false, "level": level,
        },
        sources=found.sources, parts=(found,),
    )  # fmt: skip
