"""Recognition: who on a new list is known of old, by the last linking, before everybody is linked again.

Linking weighs every pair of a force anew, which at full scale takes half a minute; a list of a few hundred victims is wanted
at once, the repeat victims first. So its entries alone are compared with those known that share a block with them, by the
same comparisons, weights and frequencies of names as the last linking has, and each is put to the person of its heaviest link.
Nobody's identifier changes by it, and nothing of what was linked before. The next linking has the last word: what stands here
goes with the run that it was made by.

It is kept beside that run, HOME/lake/people/<run>/recognised.parquet: identifiers and digests, and no name.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import polars as pl

from fourfold.records import likeness, people
from fourfold.records.access import Asking, Gate
from fourfold.records.as_at import Records
from fourfold.records.entries import Reader, indexed
from fourfold.records.lake import Lake, write_part
from fourfold.records.likeness import DETAILS

TABLE = "fraud_victims"
RECOGNISED = {"entry": pl.String(), "person": pl.String(), "group": pl.String()}
"""Entries that were compared: `person` is whom each was put to (null: nobody known), `group` who among the new are one person."""
_KEPT = "recognised.parquet"


def recognised(run: Path | None) -> pl.DataFrame:
    """What was recognised since a run, in it: RECOGNISED; nothing where there is no run, or nothing was asked since."""
    if run is None or not (run / _KEPT).exists():
        return pl.DataFrame(schema=RECOGNISED)
    return pl.read_parquet(run / _KEPT)


def recognised_at(run: Path) -> int:
    """When what was recognised since a run was last written: nanoseconds, 0 where nothing was."""
    return (run / _KEPT).stat().st_mtime_ns if (run / _KEPT).exists() else 0


def recognise(records: Records, gate: Gate, asking: Asking, at: datetime) -> pl.DataFrame:
    """Compare the victims of reports that came since the last linking with all who are known, and keep what was found.

    One combination on the log, where there is anybody to compare. Nothing is compared before the first linking, or where
    details are weighed otherwise than then. Shape: RECOGNISED.
    """
    with Lake(records.home).held():
        run = people.last_run(records.home)
        if run is None:
            return recognised(None)
        plain = json.loads((run / "decisions.json").read_text(encoding="utf-8"))
        new = [b for b in records.batches_of(TABLE) if b.batch_id not in set(plain["batches"])]
        if not new or plain["weights"] != likeness.version():
            return recognised(run)
        reader = Reader.for_once(records, gate, asking, at)
        fresh = reader.read(new).filter(pl.col("table") == TABLE)
        known = pl.scan_parquet(run / "people.parquet").filter(pl.col("entry").is_in(fresh["entry"].implode()))
        fresh = fresh.join(known.select("entry").collect(), on="entry", how="anti")
        found = _found(run, fresh, reader)
        unnamed = run / "unfinished-recognised.parquet"
        write_part(found, unnamed)
        os.replace(unnamed, run / _KEPT)
    return found


def _found(run: Path, fresh: pl.DataFrame, reader: Reader) -> pl.DataFrame:
    """Each new entry with the person it is put to, and with whom of the new it is one."""
    index = indexed(fresh)
    near = _near(run, index)
    persons = _persons(run, near["entry"])
    near = near.join(persons, on="entry")
    pairs = _pairs(run, fresh, index, near, reader)
    person_of = dict(near.select("profile", "person").iter_rows())
    groups: dict[str, str] = {}
    found = []
    best = _heaviest(pairs, person_of, set(index["profile"]))
    tops = _tops(pairs, set(index["profile"]) - set(person_of))
    for entry, profile in index.select("entry", "profile").iter_rows():
        person = person_of.get(profile) or best.get(profile)
        group = person or groups.setdefault(tops.get(profile, profile), entry)
        found.append((entry, person, group))
    return pl.DataFrame(found, schema=RECOGNISED, orient="row")


def _near(run: Path, index: pl.DataFrame) -> pl.DataFrame:
    """Of those known, whoever shares a block, or an organisation's name and place, or all details with a new entry."""
    names = (*likeness.block_names(), "firm_by_ref", "firm_by_place", "profile")
    shared = [
        pl.col(name).is_in(values.implode()) for name in names if (values := index[name].drop_nulls().unique()).len()
    ]
    if not shared:
        return pl.DataFrame(schema=index.schema)
    return pl.scan_parquet(run / "index.parquet").filter(pl.any_horizontal(shared)).collect()


def _persons(run: Path, entries: pl.Series) -> pl.DataFrame:
    own = pl.scan_parquet(run / "people.parquet").select("entry", "person")
    return own.filter(pl.col("entry").is_in(entries.implode())).collect()


def _pairs(run: Path, fresh: pl.DataFrame, index: pl.DataFrame, near: pl.DataFrame, reader: Reader) -> pl.DataFrame:
    """The pairs of a new entry with a known one, or another new one, that are the same or different, heaviest first."""
    old = near.filter(~pl.col("is_firm")).unique("profile", keep="first", maintain_order=True)
    new = index.filter(~pl.col("is_firm") & ~pl.col("profile").is_in(old["profile"].implode())).unique(
        "profile", keep="first"
    )
    held = reader.read(rows=old) if old.height else fresh.clear()
    sides = [
        rows.drop("profile").join(of.select("entry", "profile"), on="entry").select("profile", *DETAILS)
        for rows, of in ((held, old), (fresh, new))
    ]
    scored = likeness.scored(sides[0], sides[1], pl.DataFrame(schema=likeness.NAMES), likeness.HELD_FROM)
    everybody = pl.concat([old.select("profile", *likeness.COMMON), new.select("profile", *likeness.COMMON)])
    weighed = (
        likeness.weighed(scored.pairs, everybody, _names(run))
        .drop_nulls("says")
        .select("one", "other", "weight", "says")
    )
    return pl.concat([weighed, _firms(index, near)]).sort("weight", "one", "other", descending=[True, False, False])


def _firms(index: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """Organisations of one name and reference, or one name and address where neither has another reference."""
    found = []
    for by in ("firm_by_ref", "firm_by_place"):
        both = index.drop_nulls(by).join(near.drop_nulls(by), on=by, suffix="_known")
        refs = (pl.col("firm_ref") == pl.col("firm_ref_known")).fill_null(value=True)
        both = both.filter((pl.col("profile") != pl.col("profile_known")) & (refs if by == "firm_by_place" else True))
        found.append(both.select(one="profile", other="profile_known", weight=pl.lit(99.0), says=pl.lit("same")))
    return pl.concat(found).unique()


def _names(run: Path) -> pl.DataFrame:
    """How common names are among the people of the run."""
    held = pl.scan_parquet(run / "index.parquet").filter(~pl.col("is_firm"))
    # By a digest of the digest: text of twenty-four letters is slow to tell apart two million times.
    profiles = held.select(pl.col("profile").hash(), *likeness.COMMON).unique("profile").collect()
    if profiles.height < people.NAMES_FROM:
        return pl.DataFrame(schema=likeness.NAMES)
    return likeness.frequencies(profiles)


def _heaviest(pairs: pl.DataFrame, person_of: dict[str, str], new: set[str]) -> dict[str, str]:
    """By new profile, the person of its heaviest link, who has no entry that is a different person's."""
    found: dict[str, str] = {}
    apart: set[tuple[str, str]] = set()
    links = [(one, other, says) for one, other, says in pairs.select("one", "other", "says").iter_rows()]
    ways = [
        (a, b, says)
        for one, other, says in links
        for a, b in ((one, other), (other, one))
        if a in new and b in person_of
    ]
    apart = {(a, person_of[b]) for a, b, says in ways if says == "different"}
    for a, b, says in ways:
        if says == "same" and (a, person_of[b]) not in apart:
            found.setdefault(a, person_of[b])
    return found


def _tops(pairs: pl.DataFrame, new: set[str]) -> dict[str, str]:
    """By new profile, the first of the new ones that it hangs together with."""
    above: dict[str, str] = {}

    def top(one: str) -> str:
        while (following := above.get(one, one)) != one:
            one = following
        return one

    for one, other, says in pairs.select("one", "other", "says").iter_rows():
        if says == "same" and one in new and other in new:
            first, second = sorted((top(one), top(other)))
            above[second] = first
    return {one: top(one) for one in new}
