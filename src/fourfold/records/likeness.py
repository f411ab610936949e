"""Likeness: how much speaks for two entries being the same person, as a weight with its reasons in words.

Scored by splink (Fellegi and Sunter, 1969) with the weights of `data/likeness.csv`, which were set by hand and tried on
one seed of the demo force: nothing is learnt from a list, so a pair weighs the same whatever list it came in. A name
weighs by how common it is, by a table of frequencies that is handed in.

Pairs are counted before any is compared. Only entries that share a block are compared; a block that is too large is cut
by name, birth and postcode, and what is still too large is left out and counted.
"""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import polars as pl

from fourfold.errors import RequestInvalid

if TYPE_CHECKING:
    from splink import Linker

DETAILS = ("ref", "surname", "forename", "born_on", "address", "postcode", "phone", "email", "sex")
"""The columns of an entry beside `profile`, its identity: text, `born_on` a date; null where not known."""
PRIOR = 0.00001
LARGEST_BLOCK = 400
MOST_PAIRS = 20_000_000
COMMON = {"surname": 0.004, "forename": 0.012}
"""The share of a name that no table of frequencies has."""
BLOCKS: tuple[tuple[str, ...], ...] = (
    ("ref",), ("phone",), ("email",), ("born_on", "forename"), ("born_on", "surname"), ("born_on", "postcode"),
    ("postcode", "surname"), ("postcode", "forename"), ("surname", "forename", "year"),
)  # fmt: skip
_NARROWER = ("surname", "forename", "born_on", "postcode")


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


def reasons(found: Mapping[str, Any]) -> list[str]:
    """Why a pair weighs what it weighs: the words of each detail that could be compared, heaviest first."""
    said = [level for level in levels() if found.get(level.comparison) == level.level and level.bits]
    return [f"{one.words} ({one.bits:+.1f})" for one in sorted(said, key=lambda one: -abs(one.bits))]


def frequencies(entries: pl.DataFrame) -> pl.DataFrame:
    """How common each name is among entries. Shape: `kind` (surname, forename), `name`, `share`."""
    return pl.concat(
        entries.filter(pl.col(kind).is_not_null())
        .group_by(pl.col(kind).alias("name"))
        .agg((pl.len() / pl.lit(max(entries.height, 1))).cast(pl.Float64).alias("share"))
        .select(pl.lit(kind).alias("kind"), "name", "share")
        for kind in COMMON
    ).sort("kind", "name")


@dataclass(frozen=True)
class Scored:
    """Pairs and how they were come by. `pairs`: one, other (one < other), weight, and a level for each detail."""

    pairs: pl.DataFrame
    compared: int
    left_out: int
    """Entries in blocks that stayed too large, counted once a block."""


def scored(
    known: pl.DataFrame, new: pl.DataFrame, names: pl.DataFrame, least: float, most_pairs: int = MOST_PAIRS
) -> Scored:
    """Every blocked pair of a new entry, with a known one or another new one, that weighs at least `least` bits.

    Entries have `profile` and the columns of DETAILS. Raises RequestInvalid, before comparing, beyond `most_pairs`.
    """
    if new.is_empty():
        return Scored(_no_pairs(), 0, 0)
    every, left_out = _blocked(pl.concat([known.with_columns(is_new=False), new.with_columns(is_new=True)]))
    counted = pair_count(every)
    if counted > most_pairs:
        raise RequestInvalid(
            f"{counted:,} pairs of people would have to be compared; the most is {most_pairs:,}.",
            remedy="Link fewer files at a time; see whether a column holds one value for everybody.",
        )
    shares = {kind: _common(every, kind, names) for kind in COMMON}
    both = [_predicted(every.filter("is_new"), None, shares, least)]
    if not known.is_empty():
        both.append(_predicted(every.filter("is_new"), every.filter(~pl.col("is_new")), shares, least))
    return Scored(pl.concat(both).unique(["one", "other"]).sort("one", "other"), counted, left_out)


def pair_count(blocked: pl.DataFrame) -> int:
    """How many pairs the blocks hold that have a new entry in them; a pair in two blocks counts twice."""
    total = 0
    for block in _block_names():
        sizes = (
            blocked.filter(pl.col(block).is_not_null())
            .group_by(block)
            .agg(new=pl.col("is_new").sum().cast(pl.Int64), all=pl.len().cast(pl.Int64))
        )
        new, every = pl.col("new"), pl.col("all")
        total += int(sizes.select((new * (new - 1) // 2 + new * (every - new)).sum()).item())
    return total


def _block_names() -> list[str]:
    return [f"block_{n}" for n in range(len(BLOCKS))]


def _blocked(entries: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The entries with the key of each of their blocks, none where it stays too large; and how many that was."""
    entries = entries.with_columns(year=pl.col("born_on").dt.year().cast(pl.String))
    left_out = 0
    for name, columns in zip(_block_names(), BLOCKS, strict=True):
        entries = entries.with_columns(_joined(columns).alias(name))
        is_large = (pl.len().over(name) > LARGEST_BLOCK) & pl.col(name).is_not_null()
        narrower = _joined(tuple(dict.fromkeys((*columns, *_NARROWER))))
        entries = entries.with_columns(pl.when(is_large).then(narrower).otherwise(pl.col(name)).alias(name))
        too_large = (pl.len().over(name) > LARGEST_BLOCK) & pl.col(name).is_not_null()
        left_out += int(entries.select(too_large.sum()).item())
        entries = entries.with_columns(pl.when(too_large).then(None).otherwise(pl.col(name)).alias(name))
    return entries, left_out


def _joined(columns: Sequence[str]) -> pl.Expr:
    return pl.concat_str([pl.col(c).cast(pl.String) for c in columns], separator="|", ignore_nulls=False)


def _common(entries: pl.DataFrame, kind: str, names: pl.DataFrame) -> pl.DataFrame:
    """The share of each name that stands among the entries, as splink looks it up."""
    held = names.filter(pl.col("kind") == kind).select(pl.col("name").alias(kind), pl.col("share").alias(f"tf_{kind}"))
    own = entries.select(kind).unique().drop_nulls()
    return own.join(held, on=kind, how="left").with_columns(pl.col(f"tf_{kind}").fill_null(COMMON[kind]))


def _predicted(
    left: pl.DataFrame, right: pl.DataFrame | None, shares: Mapping[str, pl.DataFrame], least: float
) -> pl.DataFrame:
    from splink import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    engine = DuckDBAPI()
    one = engine.register(left.to_arrow())
    linker = _linker(one)
    for kind, share in shares.items():
        linker.table_management.register_term_frequency_lookup(engine.register(share.to_arrow()), kind)
    if right is None:
        found = linker.inference.predict_within(one, threshold_match_weight=least, warning_mode="never")
    else:
        found = linker.inference.predict_between(
            one, engine.register(right.to_arrow()), threshold_match_weight=least, warning_mode="never"
        )
    rows = pl.DataFrame(found.as_duckdbpyrelation().to_arrow_table())
    engine.duckdb_con.close()
    return rows.select(
        pl.min_horizontal("profile_l", "profile_r").alias("one"), pl.max_horizontal("profile_l", "profile_r").alias("other"),
        pl.col("match_weight").cast(pl.Float64).alias("weight"),
        *(pl.col(f"gamma_{name}").cast(pl.Int8).alias(name) for name in comparisons()),
    )  # fmt: skip


def _linker(entries: Any) -> Linker:
    from splink import Linker, SettingsCreator, block_on

    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="profile", probability_two_random_records_match=PRIOR,
        comparisons=[_comparison(name) for name in comparisons()],
        blocking_rules_to_generate_predictions=[block_on(name) for name in _block_names()],
        retain_intermediate_calculation_columns=True, retain_matching_columns=True,
    )  # fmt: skip
    return Linker(entries, settings, log_level=None, validate_settings=False)


def _comparison(name: str) -> dict[str, Any]:
    column = "address" if name == "address" else name
    null = {
        "sql_condition": f'"{column}_l" IS NULL OR "{column}_r" IS NULL', "label_for_charts": "not known",
        "is_null_level": True,
    }  # fmt: skip
    held = []
    for level in (one for one in levels() if one.comparison == name):
        plain: dict[str, Any] = {
            "sql_condition": level.condition, "label_for_charts": level.words, "m_probability": level.m, "u_probability": level.u,
        }  # fmt: skip
        if level.term:
            plain |= {"tf_adjustment_column": level.term, "tf_adjustment_weight": 1.0}
        held.append(plain)
    return {"output_column_name": name, "comparison_levels": [null, *held]}


def _no_pairs() -> pl.DataFrame:
    kinds = {
        "one": pl.String(),
        "other": pl.String(),
        "weight": pl.Float64(),
        **dict.fromkeys(comparisons(), pl.Int8()),
    }
    return pl.DataFrame(schema=kinds)
