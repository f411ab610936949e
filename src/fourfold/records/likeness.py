"""Likeness: how much speaks for two entries being the same person, as a weight with its reasons in words.

Pairs are found and compared by splink (Fellegi and Sunter, 1969) with the weights of `data/likeness.csv`, which were set by
hand: no weight is learnt from a list. A name weighs by how common it is among all that stand, in whole bits. By what other
forms a forename goes stands in `data/forenames.csv`.

    scored(...)    every blocked pair of a new entry that may come to be linked, with a level for each detail
    weighed(...)   what such pairs weigh by today's frequencies, and what is to be made of each: linked, apart, or nothing

Pairs are counted before any is compared, and compared a portion at a time. Only entries that share a block are compared; a
block that is too large is cut by name, birth and postcode, and what is still too large is left out and counted.
"""

from __future__ import annotations

import csv
import hashlib
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from splink import Linker

DETAILS = ("ref", "surname", "forename", "born_on", "address", "postcode", "phone", "email", "sex")
"""The columns of an entry beside `profile`, its identity: text, `born_on` a date; null where not known."""
PRIOR = 0.00001
"""How likely two of a block are one person, among up to CROWD people."""
CROWD = 100_000
LARGEST_BLOCK = 400
PORTION = 2_000_000
"""How many pairs are compared at a time, about."""
COMMON = {"surname": 0.004, "forename": 0.012}
"""The share of a name that no table of frequencies has."""
RAREST, RAREST_NEARLY = -14.0, -11.0
"""The binary logarithm of the least share that a name is taken to have; and a name that is spelt only nearly alike."""
KNOWN_TIMES, KNOWN_SHARE = 5, 0.0003
"""From how many bearers, and what share, on a forename is one that people have, and not a slip of the pen."""
LINKED = 8.0
"""How many bits a pair weighs, at least, to be linked: the odds are then over two hundred and fifty to one."""
HELD_FROM = LINKED - sum(math.log2(share) - RAREST for share in COMMON.values())
"""The bits from which on a pair is kept, its names taken to be of the shares of COMMON: what is below is not linked though both
its names turn out to be the rarest. So it is the same pairs that are kept whatever list came first."""
BLOCKS: tuple[tuple[str, ...], ...] = (
    ("ref",), ("phone",), ("email",), ("born_on", "forename"), ("born_on", "surname"), ("born_on", "postcode"),
    ("postcode", "surname"), ("postcode", "forename"), ("surname", "forename", "year"),
)  # fmt: skip
_NARROWER = ("surname", "forename", "born_on", "postcode")
NAMES = {"kind": pl.String(), "name": pl.UInt64(), "share": pl.Float64(), "is_known": pl.Boolean()}
"""How common names are: `kind` (surname, forename), a digest of the name, its share, and whether it is one that people have."""
_SAME_FORENAME, _SPELT_NEARLY, _INITIAL = 5, 2, 1


@dataclass(frozen=True)
class Level:
    """One degree of likeness of one detail: how often it is so of the same person (m), and of two others (u)."""

    comparison: str
    level: int
    condition: str
    m: float
    u: float
    term: str
    words: str

    @property
    def bits(self) -> float:
        """What it weighs, before a name's own frequency."""
        return math.log2(self.m / self.u)

    @property
    def rarest(self) -> float:
        """The binary logarithm of the least share by which it weighs: many names are spelt nearly like a rare one."""
        return RAREST if self.u <= COMMON.get(self.term, 1) else RAREST_NEARLY


@cache
def levels() -> tuple[Level, ...]:
    """Every degree of likeness, the greatest of each detail first."""
    text = (files("fourfold.records") / "data" / "likeness.csv").read_text(encoding="utf-8")
    return tuple(
        Level(r["comparison"], int(r["level"]), r["condition"], float(r["m"]), float(r["u"]), r["term"], r["words"])
        for r in csv.DictReader(text.splitlines())
    )


@cache
def comparisons() -> tuple[str, ...]:
    """The details that are compared, in their order."""
    return tuple(dict.fromkeys(level.comparison for level in levels()))


PAIR = {
    "one": pl.String(), "other": pl.String(), "weight": pl.Float64(), "says": pl.String(),
    **dict.fromkeys(comparisons(), pl.Int8()),
}  # fmt: skip
"""A pair of profiles (one < other): what it weighs in bits, "same", "different" or null, and the level of each detail (-1: not
known of one of them)."""


def reasons(found: Mapping[str, Any]) -> list[str]:
    """Why a pair weighs what it weighs: the words of each detail that could be compared, heaviest first."""
    said = [level for level in levels() if found.get(level.comparison) == level.level and level.bits]
    return [f"{one.words} ({one.bits:+.1f})" for one in sorted(said, key=lambda one: -abs(one.bits))]


@cache
def forms() -> pl.DataFrame:
    """Other forms of forenames. Shape: `forename`, `forms`, the full names of which it is itself or another form."""
    text = (files("fourfold.records") / "data" / "forenames.csv").read_text(encoding="utf-8")
    rows = [
        (form, r["forename"])
        for r in csv.DictReader(text.splitlines())
        for form in (r["forename"], *r["other_forms"].split())
    ]
    held = pl.DataFrame(rows, schema={"forename": pl.String, "forms": pl.String}, orient="row")
    return held.group_by("forename", maintain_order=True).agg("forms")


@cache
def version() -> str:
    """What tells these weights, and digests of names, from others: of both tables, the blocks,
    which pairs are kept, and Polars, which digests."""
    held = (files("fourfold.records") / "data" / name for name in ("likeness.csv", "forenames.csv"))
    plain = (*(one.read_bytes() for one in held), repr((BLOCKS, HELD_FROM)).encode(), pl.__version__.encode())
    return hashlib.sha256(b"\0".join(plain)).hexdigest()[:16]


def hashed(text: pl.Expr) -> pl.Expr:
    """A digest of a text as a number, null where there is none."""
    return pl.when(text.is_not_null()).then(text.hash(4))


def _names_hashed(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries with the digests of their names, which they may have already in place of the names."""
    return entries.with_columns(
        hashed(pl.col(kind)).alias(kind) for kind in COMMON if entries.schema[kind] == pl.String
    )


def frequencies(entries: pl.DataFrame) -> pl.DataFrame:
    """How common each name is among entries: NAMES. Shares are powers of two, so that a week's list seldom changes one."""
    held = _names_hashed(entries.select(*COMMON))
    return pl.concat(
        held.filter(pl.col(kind).is_not_null())
        .group_by(pl.col(kind).alias("name"))
        .agg(n=pl.len())
        .select(
            pl.lit(kind).alias("kind"), "name",
            share=pl.lit(2.0).pow((pl.col("n") / held.height).log(2).round().clip(RAREST, 0)),
            is_known=(pl.col("n") >= KNOWN_TIMES) & (pl.col("n") / held.height >= KNOWN_SHARE),
        )
        for kind in COMMON
    ).select(pl.col(name).cast(kind) for name, kind in NAMES.items()).sort("kind", "name")  # fmt: skip


def bits_of_crowd(people: int) -> int:
    """How many bits less a pair weighs among so many: of twice as many people four times as many pairs are alike by chance, and
    only twice as many are one person. In whole bits, so that a week's list seldom changes it; none up to CROWD people."""
    return max(0, round(math.log2(max(people, 1) / CROWD)))


def weighed(pairs: pl.DataFrame, entries: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Pairs with what they weigh by these frequencies (`weight`) and what they say (`says`): same, different, or null.

    `entries` are all persons that stand, a row a profile: among more people, more are alike by chance (`bits_of_crowd`).

    Two people of one household are different whatever they weigh: another forename (twins, a couple), or another birth (a
    parent and a child of one name), unless the force's own reference is the same. A forename spelt nearly like another is
    another where both are names that people have. A reference that was given to two people does not make them one. What
    tells them apart not being known, nothing is said: no birth and another telephone number; an initial, or no forename,
    without the birth.
    """
    crowding = bits_of_crowd(entries.height)
    found, entries = pairs.drop("weight", "says"), _names_hashed(entries.select("profile", *COMMON))
    inside = pl.col("profile").is_in(pl.concat([pairs["one"], pairs["other"]]).implode())
    entries = entries.filter(inside)
    for side in ("one", "other"):
        for kind in COMMON:
            own = names.filter(pl.col("kind") == kind).select(
                pl.col("name").alias(kind), pl.col("share").alias(f"{kind}_{side}"), pl.col("is_known").alias(f"known_{kind}_{side}")
            )  # fmt: skip
            of = entries.select(pl.col("profile").alias(side), kind).join(own, on=kind, how="left").drop(kind)
            found = found.join(of, on=side, how="left", maintain_order="left")
    both_known = pl.col("known_forename_one") & pl.col("known_forename_other")
    level = {name: pl.col(name) for name in comparisons()}
    level["forename"] = (
        pl.when((pl.col("forename") == _SPELT_NEARLY) & both_known).then(0).otherwise(pl.col("forename"))
    )
    bits = pl.lit(math.log2(PRIOR / (1 - PRIOR)) - crowding)
    for one in levels():
        own_bits = pl.lit(one.bits)
        if one.term:  # as splink has it: by the commoner of the two names
            shares = (pl.col(f"{one.term}_{side}").fill_null(COMMON[one.term]) for side in ("one", "other"))
            commoner = pl.max_horizontal(*shares).log(2).clip(one.rarest)
            own_bits = one.bits + math.log2(COMMON[one.term]) - commoner
        bits = bits + pl.when(level[one.comparison] == one.level).then(own_bits).otherwise(0.0)
    known = {name: level[name].fill_null(-1) for name in level}
    by_ref, no_birth = known["ref"] == 2, known["born_on"] < 1
    by_phone, by_email = known["phone"] == 1, known["email"] == 1
    contradictions = pl.sum_horizontal((known[name] == 0).cast(pl.Int8) for name in ("surname", "forename", "born_on"))
    other_birth = (known["born_on"] == 0) & ~(by_phone & by_email & (known["forename"] == _SAME_FORENAME))
    different = pl.when(by_ref).then(contradictions > 1).otherwise((known["forename"] == 0) | other_birth)
    is_initial_at_home = (known["forename"] == _INITIAL) & by_phone & (known["address"] > 1)
    no_forename = (known["forename"] <= _INITIAL) & ~is_initial_at_home
    unsaid = ~by_ref & no_birth & ~by_email & (no_forename | (known["phone"] == 0))
    found = found.with_columns(weight=bits, forename=level["forename"].cast(pl.Int8))
    says = (
        pl.when(different).then(pl.lit("different")).when(~unsaid & (pl.col("weight") >= LINKED)).then(pl.lit("same"))
    )
    return _without_those_between(found.with_columns(says=says).select(*PAIR))


def _without_those_between(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs less the links of an entry without a birth to each of two who are different people: it may be of either."""
    no_birth = pl.col("born_on").fill_null(-1) < 0
    same = pairs.filter((pl.col("says") == "same") & no_birth & (pl.col("ref").fill_null(-1) != 2))
    apart = pairs.filter(pl.col("says") == "different").select("one", "other")
    ways = pl.concat([same.select(x="one", y="other"), same.select(x="other", y="one")])
    both = ways.join(ways, on="x", suffix="_too").filter(pl.col("y") < pl.col("y_too"))
    both = both.join(apart, left_on=["y", "y_too"], right_on=["one", "other"], how="semi")
    links = pl.concat([both.select("x", "y"), both.select("x", y="y_too")])
    links = links.select(one=pl.min_horizontal("x", "y"), other=pl.max_horizontal("x", "y"), is_between=True).unique()
    found = pairs.join(links, on=["one", "other"], how="left", maintain_order="left")
    return found.with_columns(says=pl.when(pl.col("is_between").is_null()).then("says")).drop("is_between")


@dataclass(frozen=True)
class Scored:
    """Pairs (PAIR) and how they were come by."""

    pairs: pl.DataFrame
    compared: int
    left_out: int
    """Entries in blocks that stayed too large, counted once a block."""


def scored(
    known: pl.DataFrame, new: pl.DataFrame, names: pl.DataFrame, least: float, *, portion: int = PORTION,
    told: Callable[[int, int], object] = lambda _done, _of: None,
) -> Scored:  # fmt: skip
    """Every blocked pair of a new entry, with a known one or another new one, of at least `least` bits by these names.

    Nothing is said yet of whether it is of one person: see `weighed`. Entries have `profile` and the columns of DETAILS.
    Pairs are counted before any is compared, and compared about `portion` at a time, so that memory holds a portion and
    what is kept, however many there are. `told` hears how many have been compared, of how many; first of none.
    """
    if new.is_empty():
        return Scored(no_pairs(), 0, 0)
    every, left_out = _blocked(pl.concat([known.with_columns(is_new=False), new.with_columns(is_new=True)]))
    every = every.join(forms(), on="forename", how="left")
    counted, compared = pair_count(every), 0
    told(0, counted)
    found = []
    for own, by, n in _portions(every, counted, portion):
        shares = {kind: _common(own, kind, names) for kind in COMMON}
        found.append(_predicted(own, shares, least, by))
        compared += n
        told(compared, counted)
    pairs = pl.concat(found) if found else no_pairs()
    return Scored(pairs.unique(["one", "other"]).sort("one", "other"), counted, left_out)


def _portions(every: pl.DataFrame, counted: int, portion: int) -> Iterator[tuple[pl.DataFrame, list[str], int]]:
    """Entries to be compared at a time, by which blocks, and how many pairs that is: all at once where they are few.

    Otherwise one block after another, the entries of as many of its keys as make a portion; no key has more than
    LARGEST_BLOCK entries. A pair that shares an earlier block, too, was compared there (see `_linker`).
    """
    if not counted:
        return
    if counted <= portion:
        yield every, block_names(), counted
        return
    for name in block_names():
        sizes = _pairs_of(every, name).filter(pl.col("pairs") > 0).sort(name)
        sizes = sizes.with_columns(at=(pl.col("pairs").cum_sum() - pl.col("pairs")) // portion)
        for (_,), held in sizes.group_by("at", maintain_order=True):
            yield every.join(held, on=name, how="semi"), [name], int(held["pairs"].sum())


def _pairs_of(blocked: pl.DataFrame, name: str) -> pl.DataFrame:
    """How many `pairs` each key of a block holds that have a new entry in them."""
    new, every = pl.col("is_new").sum().cast(pl.Int64), pl.len().cast(pl.Int64)
    sizes = blocked.filter(pl.col(name).is_not_null()).group_by(name)
    return sizes.agg(pairs=new * (new - 1) // 2 + new * (every - new))


def pair_count(blocked: pl.DataFrame) -> int:
    """How many pairs the blocks hold that have a new entry in them; a pair in two blocks counts twice."""
    return sum(int(_pairs_of(blocked, name)["pairs"].sum()) for name in block_names())


def block_names() -> list[str]:
    """The names of the blocks, in the order of BLOCKS."""
    return [f"block_{n}" for n in range(len(BLOCKS))]


def blocks() -> dict[str, pl.Expr]:
    """The key of each block by its name: null for an entry that has not all of its details."""
    return {name: joined(columns) for name, columns in zip(block_names(), BLOCKS, strict=True)}


def joined(columns: Sequence[str]) -> pl.Expr:
    """Details in one text, null where one of them is; `year` is that of birth."""
    each = (pl.col("born_on").dt.year() if name == "year" else pl.col(name) for name in columns)
    return pl.concat_str([one.cast(pl.String) for one in each], separator="|", ignore_nulls=False)


def near(known: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Of the known, those that share a block with a new one. Both have the digests of their blocks' keys (`blocks`)."""
    shared = [pl.col(name).is_in(new[name].drop_nulls().unique().implode()) for name in block_names()]
    return known.filter(pl.any_horizontal(shared))


def _blocked(entries: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The entries with the key of each of their blocks, none where it stays too large; and how many that was."""
    left_out = 0
    for (name, block), columns in zip(blocks().items(), BLOCKS, strict=True):
        entries = entries.with_columns(hashed(block).alias(name))
        sizes = entries.filter(pl.col(name).is_not_null()).group_by(name).len()
        if (sizes.select(pl.col("len").max()).item() or 0) <= LARGEST_BLOCK:
            continue
        is_large = (pl.len().over(name) > LARGEST_BLOCK) & pl.col(name).is_not_null()
        narrower = hashed(joined(tuple(dict.fromkeys((*columns, *_NARROWER)))))
        entries = entries.with_columns(was_large=is_large).with_columns(
            pl.when("was_large").then(narrower).otherwise(pl.col(name)).alias(name)
        )
        too_large = (pl.len().over(name) > LARGEST_BLOCK) & pl.col(name).is_not_null()
        entries = entries.with_columns(pl.when(too_large).then(None).otherwise(pl.col(name)).alias(name))
        left_out += int(entries.select((pl.col("was_large") & pl.col(name).is_null()).sum()).item())
        entries = entries.drop("was_large")
    return entries, left_out


def _common(entries: pl.DataFrame, kind: str, names: pl.DataFrame) -> pl.DataFrame:
    """The share of each name that stands among the entries, as splink looks it up."""
    held = names.filter(pl.col("kind") == kind).select("name", pl.col("share").alias(f"tf_{kind}"))
    own = entries.select(kind).unique().drop_nulls().with_columns(hashed(pl.col(kind)).alias("name"))
    own = own.join(held, on="name", how="left").drop("name")
    return own.with_columns(pl.col(f"tf_{kind}").fill_null(COMMON[kind]))


def _predicted(
    entries: pl.DataFrame, shares: Mapping[str, pl.DataFrame], least: float, by: Sequence[str]
) -> pl.DataFrame:
    """The pairs of entries that share one of the blocks `by`, and none that comes before these, of `least` bits or more."""
    from splink import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    engine = DuckDBAPI()
    one = engine.register(entries.to_arrow())
    linker = _linker(one, by, is_any_known=not entries["is_new"].all())
    for kind, share in shares.items():
        linker.table_management.register_term_frequency_lookup(engine.register(share.to_arrow()), kind)
    found = linker.inference.predict_within(one, threshold_match_weight=least, warning_mode="never")
    rows = pl.DataFrame(found.as_duckdbpyrelation().to_arrow_table()).select(_predicted_pairs())
    engine.duckdb_con.close()
    return rows


def _predicted_pairs() -> list[pl.Expr]:
    """What splink says of pairs, as PAIR."""
    return [
        pl.min_horizontal("profile_l", "profile_r").alias("one"), pl.max_horizontal("profile_l", "profile_r").alias("other"),
        pl.col("match_weight").cast(pl.Float64).alias("weight"), pl.lit(None, pl.String).alias("says"),
        *(pl.col(f"gamma_{name}").cast(pl.Int8).alias(name) for name in comparisons()),
    ]  # fmt: skip


def _linker(entries: Any, by: Sequence[str] = (), *, is_any_known: bool = False) -> Linker:
    """splink with our comparisons and blocks, all of them or some; two known entries are not compared again."""
    from splink import Linker, SettingsCreator
    from splink.blocking_rule_library import CustomRule

    by = by or block_names()
    earlier = block_names()[: block_names().index(by[0])]
    also = " AND (l.is_new OR r.is_new)" if is_any_known else ""
    also += "".join(f" AND coalesce(l.{name} != r.{name}, true)" for name in earlier)
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="profile", probability_two_random_records_match=PRIOR,
        comparisons=[_comparison(name) for name in comparisons()],
        blocking_rules_to_generate_predictions=[CustomRule(f"l.{name} = r.{name}{also}") for name in by],
        retain_intermediate_calculation_columns=True, retain_matching_columns=True,
    )  # fmt: skip
    return Linker(entries, settings, log_level=None, validate_settings=False)


def _comparison(name: str) -> dict[str, Any]:
    condition = f'"{name}_l" IS NULL OR "{name}_r" IS NULL'
    if name == "address":  # a postcode says where, if not which house
        condition = f"({condition}) AND (postcode_l IS NULL OR postcode_r IS NULL)"
    null = {"sql_condition": condition, "label_for_charts": "not known", "is_null_level": True}
    held = []
    for level in (one for one in levels() if one.comparison == name):
        plain: dict[str, Any] = {
            "sql_condition": level.condition, "label_for_charts": level.words, "m_probability": level.m, "u_probability": level.u,
        }  # fmt: skip
        if level.term:
            plain |= {
                "tf_adjustment_column": level.term, "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 2.0**level.rarest,
            }  # fmt: skip
        held.append(plain)
    return {"output_column_name": name, "comparison_levels": [null, *held]}


def no_pairs() -> pl.DataFrame:
    """A table of pairs without a row."""
    return pl.DataFrame(schema=PAIR)
