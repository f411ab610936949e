"""Audit samples: which records an audit may draw, how many of each group, and which: at random, and the same for the same seed.

A record is one victim of one crime, of those entitled to services under the Victims' Code. The order within a group follows
from the seed and the record's own references, and from nothing else: a record that comes later takes its place among the
others and moves none of them, and who cannot be audited is replaced by the next in that order.

Allocation: the same number of each group (equal), by how many records it has (proportional), or by that and by how much its
answers differ (Neyman), which makes the estimate for the whole as exact as so many records can.

Source: Neyman (1934), Journal of the Royal Statistical Society 97; Cochran (1977), Sampling Techniques, chapter 5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

import polars as pl

from fourfold.analysis.compliance import KEPT, NOT_KEPT, UNKNOWN
from fourfold.analysis.entitlements import held_journeys
from fourfold.codes.audit_schemes import ANSWERS, NO, NOT_APPLICABLE, NOT_RECORDED, YES, Scheme
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records

ALLOCATIONS = ("equal", "proportional", "neyman")
LEAST = 2
"""Records drawn of a group at least, where it has them: of one alone, no variation is seen."""
_RESERVE = 5
_RESERVE_SHARE = 0.2


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One record drawn: its number in the order of marking, its group, and its place in the group's own order (from 1).

    Those of a place beyond the number that the group was given are in reserve; they have no number (0) until they are needed.
    """

    number: int
    group: str
    place: int
    crime_ref: str
    person_ref: str

    @property
    def is_reserve(self) -> bool:
        """Whether it waits to replace another."""
        return self.number == 0


@dataclass(frozen=True)
class Sample:
    """What was drawn: the records of each group that there are, how many were to be drawn, and which; and for each of these what
    the records themselves answer, by question. `of_all` counts what the records themselves answer of every record that might have
    been drawn, by question and answer: the same population, at the same moment, that the sample is of."""

    populations: dict[str, int]
    sizes: dict[str, int]
    chosen: tuple[Chosen, ...]
    recorded: dict[tuple[str, str], dict[str, str]]
    of_all: dict[str, dict[str, int]] = field(default_factory=dict)


def sample(
    records: Records, states: pl.LazyFrame, force_id: str, scheme: Scheme, window: Window, *, size: int, how: str, seed: int
) -> Sample:  # fmt: skip
    """A sample of the records of some months. Raises RequestInvalid as `allocation` does, and NothingHeld as `population`."""
    rows = population(records, force_id, scheme, window)
    held = {g.id: int((rows["group"] == g.id).sum()) for g in scheme.groups}
    sizes = allocation(held, size, how, spreads(states, scheme, rows) if how == "neyman" else None)
    found = tuple(chosen(rows, sizes, seed))
    pairs = [(c.crime_ref, c.person_ref) for c in found]
    own = pl.DataFrame(pairs, schema={"crime_ref": pl.String, "person_ref": pl.String}, orient="row")
    recorded: dict[tuple[str, str], dict[str, str]] = {pair: {} for pair in pairs}
    for (crime, person, question), answer in recorded_answers(states, scheme, own).items():
        recorded[crime, person][question] = answer
    return Sample(held, sizes, found, recorded, recorded_counts(states, scheme, rows))


def population(records: Records, force_id: str, scheme: Scheme, window: Window) -> pl.DataFrame:
    """The records that a scheme may draw: a row for each entitled victim of each crime recorded in the window that stands.

    Columns crime_ref, person_ref, group. Raises NothingHeld where there is none.
    """
    crimes = _crimes(records, force_id, window)
    held = held_journeys(records, force_id, crimes["crime_ref"])
    own = held.journeys.filter(~pl.col("is_fraud") & (pl.col("entitlement") == "entitled"))
    rows = own.select("crime_ref", "person_ref", "offence_code", "offence_subgroup").join(crimes, on="crime_ref")
    found = rows.select("crime_ref", "person_ref", group=_group_of(scheme)).drop_nulls("group")
    if found.is_empty():
        raise NothingHeld(
            "No record of these months belongs to a group of the scheme.",
            remedy="Choose other months, or import the force's crimes and the people in them.",
        )
    return found.unique().sort("crime_ref", "person_ref")


def _crimes(records: Records, force_id: str, window: Window) -> pl.DataFrame:
    """The crimes recorded in the window that were neither cancelled nor transferred, with their flags."""
    day = pl.col("recorded_at").dt.convert_time_zone("Europe/London").dt.date()
    streams = sorted({b.stream for b in records.batches_of("crimes") if b.keyed_by})
    wanted = ["crime_ref", "is_domestic", "is_hate", "is_business"]
    parts = [
        records.table("crimes", stream)
        .filter((pl.col("force_id") == force_id) & day.is_between(window.first, window.last))
        .filter(pl.col("status").fill_null("recorded").is_in(["recorded", "reinstated"]))
        .select(wanted)
        .collect()
        for stream in streams
    ]
    if not parts:
        raise NothingHeld("No crimes of this force are held.", remedy="Import its crimes and the people in them.")
    return pl.concat(parts).unique("crime_ref", keep="last", maintain_order=True)


def _group_of(scheme: Scheme) -> pl.Expr:
    """The first group of a scheme that a record fits; null where it fits none."""
    found = pl.lit(None, pl.String)
    for one in reversed(scheme.groups):
        if one.flag:
            fits = pl.col(one.flag).fill_null(value=False)
        elif one.is_rest:
            fits = pl.lit(value=True)
        else:
            fits = pl.col("offence_code").is_in(list(one.codes)) | pl.col("offence_subgroup").is_in(list(one.subgroups))
        found = pl.when(fits.fill_null(value=False)).then(pl.lit(one.id)).otherwise(found)
    return found


# --- how many of each group ------------------------------------------------------------------------------------------


def allocation(
    populations: Mapping[str, int], size: int, how: str = "equal", spread: Mapping[str, float] | None = None
) -> dict[str, int]:
    """How many of each group are drawn, `size` in all; never more than a group has, and two of each where it has two.

    `spread` is the standard deviation within each group, which Neyman's allocation needs; a group without one has the largest.
    What a small group cannot give is shared among the others. Raises RequestInvalid for an allocation that there is not, or a
    size below two a group.
    """
    if how not in ALLOCATIONS:
        raise RequestInvalid("There is no such allocation.", remedy=f"Use one of: {', '.join(ALLOCATIONS)}.")
    held = {name: n for name, n in populations.items() if n > 0}
    least = {name: min(LEAST, n) for name, n in held.items()}
    if size < sum(least.values()):
        raise RequestInvalid(
            "So few records cannot be shared among the groups.", remedy=f"Draw {sum(least.values())} at least."
        )
    share = _shares(held, how, spread or {})
    given = dict(least)
    left = min(size, sum(held.values()))
    fixed: dict[str, int] = {}
    while True:  # those that fall short of their least, or have fewer than their share, are settled first
        open_ones = [name for name in held if name not in fixed]
        total = sum(share[name] for name in open_ones)
        rest = left - sum(fixed.values())
        wanted = {name: rest * share[name] / total if total else rest / len(open_ones) for name in open_ones}
        over = {name: held[name] for name in open_ones if wanted[name] > held[name]}
        under = {name: least[name] for name in open_ones if wanted[name] < least[name]}
        if not over and not under:
            break
        fixed |= over or under
    given = {**_rounded(wanted, rest), **fixed}
    return {name: given.get(name, 0) for name in populations}


def _shares(held: Mapping[str, int], how: str, spread: Mapping[str, float]) -> dict[str, float]:
    if how == "equal":
        return dict.fromkeys(held, 1.0)
    if how == "proportional":
        return {name: float(n) for name, n in held.items()}
    widest = max(spread.values(), default=1.0) or 1.0
    return {name: n * spread.get(name, widest) for name, n in held.items()}


def _rounded(wanted: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers that sum to the total: the largest remainders are rounded up."""
    given = {name: int(n + 1e-9) for name, n in wanted.items()}
    order = sorted(wanted, key=lambda name: (given[name] - wanted[name], name))
    for name in order[: total - sum(given.values())]:
        given[name] += 1
    return given


def spread_of(rates: Sequence[tuple[float, float]]) -> float:
    """The standard deviation of the answers in a group, from the bounds in % of each question's rate.

    Of each pair the rate nearest to a half is taken: what is not recorded is not known, and a half varies most.
    """
    nearest = [min(max(50.0, low), high) / 100 for low, high in rates]
    return sqrt(sum(p * (1 - p) for p in nearest) / len(nearest)) if nearest else 0.5


# --- which ones -----------------------------------------------------------------------------------------------------


def chosen(rows: pl.DataFrame, sizes: Mapping[str, int], seed: int) -> list[Chosen]:
    """The records drawn of each group, in the order of marking, and after them those in reserve (a fifth more, five at least).

    The order of marking goes across the groups, so that the first twenty are a sample too. The same records, sizes and seed give
    the same draw, in whatever order the rows come.
    """
    keys = [_key(seed, crime, person) for crime, person in rows.select("crime_ref", "person_ref").iter_rows()]
    ordered = rows.with_columns(pl.Series("key", keys, dtype=pl.String)).sort("key", "crime_ref", "person_ref")
    first: list[tuple[float, str, int, str, str]] = []
    reserve: list[Chosen] = []
    for group, size in sizes.items():
        own = ordered.filter(pl.col("group") == group).select("crime_ref", "person_ref")
        spare = max(_RESERVE, round(size * _RESERVE_SHARE)) if size else 0
        for place, (crime, person) in enumerate(own.head(size + spare).iter_rows(), 1):
            if place <= size:
                first.append(((place - 0.5) / size, group, place, crime, person))
            else:
                reserve.append(Chosen(number=0, group=group, place=place, crime_ref=crime, person_ref=person))
    numbered = [
        Chosen(number=n, group=group, place=place, crime_ref=crime, person_ref=person)
        for n, (_, group, place, crime, person) in enumerate(sorted(first), 1)
    ]
    return [*numbered, *reserve]


def _key(seed: int, crime_ref: str, person_ref: str) -> str:
    """The place of a record in the draw's order: a hash, so that it is as good as drawn by lot, and the same each time."""
    return hashlib.sha256(f"{seed}\0{crime_ref}\0{person_ref}".encode()).hexdigest()


# --- what the records themselves say ----------------------------------------------------------------------------------


def recorded_answers(states: pl.LazyFrame, scheme: Scheme, rows: pl.DataFrame) -> dict[tuple[str, str, str], str]:
    """What the records' own states answer to each question, by crime, victim and question.

    Yes where all that was owed and fell due was kept, no where any of it was not, not recorded where any of it has no evidence
    and none was not kept, and not applicable where none was owed and due. Questions that name no obligation are left out.
    """
    found = {
        (crime, person, q.id): NOT_APPLICABLE
        for crime, person in rows.select("crime_ref", "person_ref").iter_rows()
        for q in scheme.questions
        if q.obligations
    }
    for crime, person, question, answer in _answers(states, scheme, rows).collect().iter_rows():
        found[crime, person, question] = answer
    return found


def recorded_counts(states: pl.LazyFrame, scheme: Scheme, rows: pl.DataFrame) -> dict[str, dict[str, int]]:
    """How many records are answered so by their own states, by question and answer, as `recorded_answers` answers each."""
    counted = _answers(states, scheme, rows).group_by("question", "answer").len().collect()
    found = {q.id: dict.fromkeys(ANSWERS, 0) for q in scheme.questions if q.obligations}
    for question, answer, n in counted.iter_rows():
        found[question][answer] = n
    for said in found.values():
        said[NOT_APPLICABLE] = rows.height - sum(said[answer] for answer in (YES, NO, NOT_RECORDED))
    return found


def _answers(states: pl.LazyFrame, scheme: Scheme, rows: pl.DataFrame) -> pl.LazyFrame:
    """What the records' own states answer: crime_ref, person_ref, question, answer; those of which nothing is judged are left out."""
    asked = [(q.id, name) for q in scheme.questions for name in q.obligations]
    own = states.select(
        "crime_ref", "person_ref", pl.col("obligation").cast(pl.String), pl.col("state").cast(pl.String)
    ).join(rows.lazy().select("crime_ref", "person_ref"), on=["crime_ref", "person_ref"])
    of_question = pl.LazyFrame(asked, schema={"question": pl.String, "obligation": pl.String}, orient="row")
    each = (
        own.join(of_question, on="obligation")
        .group_by("crime_ref", "person_ref", "question")
        .agg(
            failed=pl.col("state").is_in(list(NOT_KEPT)).any(), unknown=(pl.col("state") == UNKNOWN).any(),
            kept=pl.col("state").is_in(list(KEPT)).any(),
        )
    )  # fmt: skip
    answer = (
        pl.when("failed").then(pl.lit(NO)).when("unknown").then(pl.lit(NOT_RECORDED)).when("kept").then(pl.lit(YES))
        .otherwise(pl.lit(NOT_APPLICABLE))
    )  # fmt: skip
    return each.select("crime_ref", "person_ref", "question", answer=answer)


def spreads(states: pl.LazyFrame, scheme: Scheme, rows: pl.DataFrame) -> dict[str, float]:
    """How much answers vary within each group, as far as the records' own states tell: what Neyman's allocation goes by."""
    said = recorded_answers(states, scheme, rows)
    of_group = {(c, p): g for c, p, g in rows.select("crime_ref", "person_ref", "group").iter_rows()}
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for (crime, person, question), answer in said.items():
        counts.setdefault((of_group[crime, person], question), {}).setdefault(answer, 0)
        counts[of_group[crime, person], question][answer] += 1
    rates: dict[str, list[tuple[float, float]]] = {}
    for (group, _), n in counts.items():
        yes, no, unknown = (n.get(one, 0) for one in (YES, NO, NOT_RECORDED))
        if yes + no + unknown:
            judged = yes + no + unknown
            rates.setdefault(group, []).append((100 * yes / judged, 100 * (yes + unknown) / judged))
    return {group: spread_of(found) for group, found in rates.items()}
