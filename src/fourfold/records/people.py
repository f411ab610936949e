"""People: who is the same person across lists and years, under an identifier that stays.

An entry is a row of `people` or `fraud_victims`: somebody's part (victim, suspect, witness) in one crime or report. Linking
says which entries are of the same person; each keeps its part. Entries of the same details are one profile; profiles are
linked where they weigh `LINKED` bits or more (see `likeness`), and people are what hangs together by links.

    linked(...)   a week's entries against all known ones -> the next state, with each change explained
    Decision      a person's word that two entries are, or are not, of the same person; every later run keeps to it

Only entries that are not known yet are compared. What was compared before is weighed again by how common each name is among
all that stand, so that the order in which lists came does not matter; a link that falls or rises by that is a change, and is
told. The state is kept beside the lake, HOME/lake/people/<run>/, there from the instant its folder is renamed into place. It
holds identifiers, digests of details, and what pairs weigh, and no name; it is readable by its owner only.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid
from fourfold.records import entries, likeness
from fourfold.records.access import Asking, Gate
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.entries import INDEX, TABLES, Reader, digest, indexed
from fourfold.records.lake import Batch, Lake, settled, settled_files, storage_faults, write_json, write_part
from fourfold.records.likeness import DETAILS

LINKED = likeness.LINKED
NAMES_FROM = 1_000
"""How many profiles are needed to say how common a name is."""
Told = Callable[[int, int], object]
"""Hears how many pairs have been compared, and of how many: first of none, when they have been counted."""
_CERTAIN = 99.0


def untold(_compared: int, _of: int) -> None:
    """Where nobody waits to hear."""


_NO_NAMES = pl.DataFrame(schema=likeness.NAMES)
_PEOPLE = dict.fromkeys(("entry", "profile", "person"), pl.String())


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A person's word on two entries: "same" or "different". The later one on the same two entries stands."""

    says: str
    one: str
    other: str
    by: str
    at: datetime
    why: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became of an identifier: "merged" into another, or "split" so that another came out of it."""

    what: str
    key: str
    other: str
    why: str


@dataclass(frozen=True)
class State:
    """What is known of who is who. `people`: entry, profile, person. `keys`: key, number, into (null while it stands)."""

    people: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_PEOPLE))
    links: pl.DataFrame = field(default_factory=likeness.no_pairs)
    """Every pair that is, or may yet be, linked or set apart (likeness.PAIR)."""
    keys: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"key": pl.String, "number": pl.Int64, "into": pl.String})
    )
    decisions: tuple[Decision, ...] = ()
    at: datetime | None = None
    """The instant as at which the records were read."""
    weights: str = field(default_factory=likeness.version)
    """By which weights pairs were found: where they were others, all pairs are found anew."""
    index: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=INDEX))
    """Where each entry lies, and what could be like it (entries.INDEX)."""
    batches: tuple[str, ...] = ()
    """The batches that the index is of."""

    def resolved(self, key: str) -> str:
        """The identifier that stands for one, itself or the one it was merged into. Raises NothingHeld for none such."""
        into = dict(self.keys.select("key", "into").iter_rows())
        if key not in into:
            raise NothingHeld(
                "No person of that identifier is known.", remedy="Link first, and copy the identifier whole."
            )
        while into[key] is not None:
            key = into[key]
        return key

    def persons_of(self, entries: Iterable[str]) -> set[str]:
        """The people whose entries some are; an entry that is not linked yet is nobody's."""
        wanted = pl.Series(list(entries), dtype=pl.String).implode()
        return set(self.people.filter(pl.col("entry").is_in(wanted))["person"])

    def entries_of(self, key: str) -> list[str]:
        """The entries of a person."""
        return sorted(self.people.filter(pl.col("person") == self.resolved(key))["entry"])

    def links_of(self, key: str) -> list[tuple[float, list[str]]]:
        """Each link within a person: its weight, and its reasons in words; the heaviest first."""
        own = set(self.people.filter(pl.col("person") == self.resolved(key))["profile"])
        inside = pl.col("one").is_in(own) & pl.col("other").is_in(own) & (pl.col("says") == "same")
        held = self.links.filter(inside).sort("weight", descending=True)
        return [(float(row["weight"]), _why(row)) for row in held.iter_rows(named=True)]


@dataclass(frozen=True)
class Linked:
    """A run: the state after it, what changed of identifiers, and how many pairs were compared or could not be."""

    state: State
    changes: tuple[Change, ...]
    compared: int
    left_out: int


def linked(
    state: State, every: pl.DataFrame, decisions: Iterable[Decision] = (), new_key: Callable[[], str] | None = None,
    former: pl.DataFrame | None = None, told: Told = untold,
) -> Linked:  # fmt: skip
    """The state after all standing entries: only profiles that it does not know are compared with the others.

    `every` are all entries that stand (ENTRY); `decisions` are added to those of the state. `former` are entries that have
    been corrected since, as they stood before (ENTRY): one whose details are of somebody else now is a new entry.
    """

    def details(rows: pl.DataFrame) -> pl.DataFrame:
        return every.filter(pl.col("entry").is_in(rows["entry"].implode()))

    return _linked(state, indexed(every), details, decisions, new_key, _given_again(every, former), told)


def _linked(
    state: State, index: pl.DataFrame, details: Callable[[pl.DataFrame], pl.DataFrame], decisions: Iterable[Decision],
    new_key: Callable[[], str] | None, given_again: pl.Series, told: Told,
) -> Linked:  # fmt: skip
    """`linked` from the index of all that stand, and the details (ENTRY) of the few of its rows that are asked for."""
    said = (*state.decisions, *_widened(state, decisions))
    every = _of_one_detail_each(index, said)
    profiles = every.unique("profile", keep="first", maintain_order=True).sort("profile")
    persons = profiles.filter(~pl.col("is_firm"))
    names = likeness.frequencies(persons) if persons.height >= NAMES_FROM else _NO_NAMES
    known = state.people["profile"].unique() if state.weights == likeness.version() else pl.Series([], dtype=pl.String)
    is_known = pl.col("profile").is_in(known.implode())
    new = persons.filter(~is_known)
    near = likeness.near(persons.filter(is_known), new)
    compared = pl.concat([near.with_columns(is_new=False), new.with_columns(is_new=True)])
    compared = details(compared).drop("profile").join(compared.select("entry", "profile", "is_new"), on="entry")
    old, fresh = (compared.filter(side).select("profile", *DETAILS) for side in (~pl.col("is_new"), pl.col("is_new")))
    scored = likeness.scored(old, fresh, _NO_NAMES, likeness.HELD_FROM, portion=likeness.PORTION, told=told)
    before = state.links.filter(pl.col("weight") < _CERTAIN) if known.len() else state.links.clear()
    held = pl.concat([before, scored.pairs]).unique(["one", "other"], keep="first")
    standing = profiles["profile"].implode()
    held = held.filter(pl.col("one").is_in(standing) & pl.col("other").is_in(standing))
    links = pl.concat([likeness.weighed(held, persons, names), _firms(profiles)])
    links = links.sort("weight", "one", "other", descending=[True, False, False])
    naming = _Naming(state, _groups(every, links, said), given_again, links, said)
    people, keys = naming.named(new_key)
    after = State(people, links, keys, said, state.at, index=index)
    return Linked(after, tuple(naming.changes), scored.compared, scored.left_out)


def _widened(state: State, decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions, and for each "same" the like of any two entries of the same two people of whom "different" was said before.

    Said one after another: who was joined by an earlier word is one person when the next is said.
    """
    found = sorted(decisions, key=lambda d: d.at)
    if not any(d.says == "same" for d in found):
        return found
    person, every = dict(state.people.select("entry", "person").iter_rows()), list(found)
    for d in [d for d in found if d.says == "same"]:
        one, other = (person.setdefault(e, e) for e in (d.one, d.other))
        apart = [a for a in latest((*state.decisions, *every)) if a.says == "different" and a.at < d.at]
        over = (a for a in apart if {person.get(a.one, a.one), person.get(a.other, a.other)} == {one, other})
        every += [replace(d, one=a.one, other=a.other) for a in over]
        person |= {e: one for e, of in person.items() if of == other}
    return every


def _of_one_detail_each(every: pl.DataFrame, decisions: Sequence[Decision]) -> pl.DataFrame:
    """Entries of the same details that somebody has set apart, as profiles of their own: the second of each such pair."""
    apart = [(d.one, d.other) for d in latest(decisions) if d.says == "different"]
    if not apart:
        return every
    profile_of = _profiles_of(every, (e for pair in apart for e in pair))
    own = {
        b: digest(f"{profile_of[b]} {b}") for a, b in apart if a in profile_of and profile_of[a] == profile_of.get(b)
    }
    return every.with_columns(profile=pl.col("entry").replace_strict(own, default=pl.col("profile"))) if own else every


def _profiles_of(every: pl.DataFrame, entries: Iterable[str]) -> dict[str, str]:
    wanted = pl.Series(list(entries), dtype=pl.String).implode()
    return dict(every.filter(pl.col("entry").is_in(wanted)).select("entry", "profile").iter_rows())


_TELLING = ("organisation", "surname", "forename", "born_on", "address", "phone", "email")


def _given_again(every: pl.DataFrame, former: pl.DataFrame | None) -> pl.Series:
    """Entries that were of somebody else before: of the details that both have, not even two are the same."""
    if former is None or former.is_empty():
        return pl.Series([], dtype=pl.String)
    both = every.join(former.select("entry", *_TELLING), on="entry", suffix="_before")
    same = pl.sum_horizontal((pl.col(c) == pl.col(f"{c}_before")).fill_null(value=False) for c in _TELLING)
    known = pl.sum_horizontal(pl.col(c).is_not_null() & pl.col(f"{c}_before").is_not_null() for c in _TELLING)
    return both.filter((same < 2) & (known >= 2))["entry"]


def _firms(profiles: pl.DataFrame) -> pl.DataFrame:
    """Links of organisations: the force's own reference and the name; or the name, or trading name, at one address.

    Two references of a force's at one address are two organisations, and nothing else is linked to either by its address.
    """
    by_ref = profiles.filter(pl.col("firm_by_ref").is_not_null())
    by_ref = by_ref.with_columns(first=pl.col("profile").min().over("firm_by_ref"))
    by_place = profiles.filter(pl.col("firm_by_place").is_not_null()).with_columns(
        first=pl.col("profile").min().over("firm_by_place"),
        refs=pl.col("firm_ref").drop_nulls().n_unique().over("firm_by_place"),
    ).filter(pl.col("refs") <= 1)  # fmt: skip
    return pl.concat([by_ref, by_place.drop("refs")]).filter(pl.col("first") != pl.col("profile")).select(
        one="first", other="profile", weight=pl.lit(_CERTAIN), says=pl.lit("same"),
        **{name: pl.lit(None, pl.Int8) for name in likeness.comparisons()},
    ).unique(["one", "other"]).sort("one", "other")  # fmt: skip


class _Together:
    """What hangs together: united one by one, never across what is apart."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._apart: dict[str, set[str]] = {}

    def top(self, one: str) -> str:
        """The first of all that hang together with one."""
        above = self._above
        while (following := above.setdefault(one, one)) != one:
            above[one] = above[following]
            one = above[one]
        return one

    def set_apart(self, one: str, other: str) -> None:
        """From here on the two are never united; nothing where they are already."""
        a, b = self.top(one), self.top(other)
        if a != b:
            self._apart.setdefault(a, set()).add(b)
            self._apart.setdefault(b, set()).add(a)

    def united(self, one: str, other: str) -> None:
        """Put two together, with all that hang on either, unless some of them are apart."""
        a, b = sorted((self.top(one), self.top(other)))
        if a == b or b in self._apart.get(a, ()):
            return
        self._above[b] = a
        for c in self._apart.pop(b, ()):
            self._apart[c].discard(b)
            self._apart[c].add(a)
            self._apart.setdefault(a, set()).add(c)

    def tops(self) -> pl.DataFrame:
        """Each one, as `profile`, and its first, as `group`."""
        held = {"profile": list(self._above), "group": [self.top(one) for one in list(self._above)]}
        return pl.DataFrame(held, schema=dict.fromkeys(("profile", "group"), pl.String))


def _groups(every: pl.DataFrame, links: pl.DataFrame, decisions: Sequence[Decision]) -> pl.DataFrame:
    """Each entry with the first profile of its person. Shape: `entry`, `profile`, `group`.

    What people said comes first; then pairs that are two people of a household; then links, from the heaviest on.
    """
    together, said = _Together(), latest(decisions)
    profile_of = _profiles_of(every, (e for d in said for e in (d.one, d.other)))
    stands = [(d.says, profile_of[d.one], profile_of[d.other]) for d in said if {d.one, d.other} <= profile_of.keys()]
    n = len(stands)
    same = links.filter(pl.col("says") == "same").select("says", "one", "other")
    stands += (
        _within_what_hangs_together(stands, same, links.filter(pl.col("says") == "different")).rows() + same.rows()
    )
    for says, one, other in (*sorted(stands[:n]), *stands[n:]):  # a person's "different" before a person's "same"
        (together.united if says == "same" else together.set_apart)(one, other)
    return (
        every.select("entry", "profile").join(together.tops(), on="profile", how="left", maintain_order="left")
        .with_columns(pl.col("group").fill_null(pl.col("profile"))).sort("entry")
    )  # fmt: skip


def _within_what_hangs_together(
    said: Iterable[tuple[str, str, str]], same: pl.DataFrame, different: pl.DataFrame
) -> pl.DataFrame:
    """Of the pairs that are different people, those that hang together by some links: the others are apart as it is."""
    together = _Together()
    for says, one, other in (*said, *same.iter_rows()):
        if says == "same":
            together.united(one, other)
    tops = together.tops()
    found = different.select("says", "one", "other")
    for side in ("one", "other"):
        of = tops.select(pl.col("profile").alias(side), pl.col("group").alias(f"top_{side}"))
        found = found.join(of, on=side, how="inner", maintain_order="left")
    return found.filter(pl.col("top_one") == pl.col("top_other")).select("says", "one", "other")


def latest(decisions: Sequence[Decision]) -> list[Decision]:
    """Of the decisions on the same two entries, the last."""
    last: dict[tuple[str, ...], Decision] = {}
    for one in sorted(decisions, key=lambda d: d.at):
        last[tuple(sorted((one.one, one.other)))] = one
    return list(last.values())


def _new_keys(n: int, new_key: Callable[[], str] | None) -> pl.Series:
    """So many identifiers that mean nothing."""
    if new_key is not None:
        return pl.Series([new_key() for _ in range(n)], dtype=pl.String)
    drawn = secrets.token_hex(8 * n)
    return pl.Series(["SP" + drawn[at : at + 16] for at in range(0, 16 * n, 16)], dtype=pl.String)


class _Naming:
    """Each entry's person. A group keeps the oldest of its identifiers; an identifier goes with most of its entries."""

    def __init__(
        self, state: State, groups: pl.DataFrame, given_again: pl.Series, links: pl.DataFrame, decisions: Sequence[Decision]
    ) -> None:  # fmt: skip
        self.changes: list[Change] = []
        self._state, self._links, self._decisions, self._given_again = state, links, decisions, given_again
        before = state.people.select("entry", "person", was="profile")
        self._held = groups.join(before, on="entry", how="left", maintain_order="left")

    def named(self, new_key: Callable[[], str] | None) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The people, and the identifiers, after this run; `changes` then says what became of those before."""
        claims = self._claims()
        own = claims.filter(pl.col("owner") == pl.col("group")).sort("group", "number")
        own = own.with_columns(key=pl.col("person").first().over("group"))
        new = self._held.select("group").unique().join(own, on="group", how="anti").sort("group")
        new = new.with_columns(key=_new_keys(new.height, new_key))
        if pl.concat([new["key"], self._state.keys["key"]]).n_unique() < new.height + self._state.keys.height:
            raise ValueError("an identifier is never given twice")
        key_of = pl.concat([own.select("group", "key").unique("group"), new])
        merged = own.filter(pl.col("key") != pl.col("person")).select("person", "key", "group")
        self._say(claims, merged, key_of)
        people = self._held.join(key_of, on="group", how="left", maintain_order="left")
        return people.select("entry", "profile", person="key"), self._keys(merged, new["key"])

    def _claims(self) -> pl.DataFrame:
        """Which group holds entries of which identifier: `person`, `group`, `n`, `number`, and the `owner` among groups."""
        carried = pl.col("person").is_not_null() & ~pl.col("entry").is_in(self._given_again.implode())
        return (
            self._held.filter(carried).group_by("person", "group").agg(n=pl.len())
            .join(self._state.keys, left_on="person", right_on="key").sort("person", "n", "group", descending=[False, True, False])
            .with_columns(owner=pl.col("group").first().over("person"))
        )  # fmt: skip

    def _keys(self, merged: pl.DataFrame, new: pl.Series) -> pl.DataFrame:
        """Every identifier there has been, with the one that stands for it now."""
        keys = self._state.keys.join(
            merged.select("person", now="key"), left_on="key", right_on="person", how="left", maintain_order="left"
        ).select("key", "number", into=pl.coalesce("into", "now"))
        first = int(keys.select(pl.col("number").max().fill_null(0)).item()) + 1
        numbers = pl.int_range(first, first + new.len(), dtype=pl.Int64, eager=True)
        made = pl.DataFrame({"key": new, "number": numbers}).with_columns(into=pl.lit(None, pl.String))
        return pl.concat([keys, made])

    def _say(self, claims: pl.DataFrame, merged: pl.DataFrame, key_of: pl.DataFrame) -> None:
        for gone, key, group in merged.iter_rows():
            self.changes.append(Change(what="merged", key=gone, other=key, why=self._why_merged(group)))
        split = claims.filter(pl.col("owner") != pl.col("group")).join(key_of, on="group", maintain_order="left")
        for key, other, one, two in split.select("person", "key", "owner", "group").iter_rows():
            self.changes.append(Change(what="split", key=key, other=other, why=self._why_split(one, two, key)))
        again = self._held.filter(pl.col("entry").is_in(self._given_again.implode())).join(key_of, on="group")
        again = again.filter(pl.col("person") != pl.col("key")).select("person", "key").unique().sort("person", "key")
        why = "a reference was given again, to somebody else"
        self.changes += [Change(what="split", key=key, other=other, why=why) for key, other in again.iter_rows()]

    def _why_merged(self, group: str) -> str:
        own = self._held.filter(pl.col("group") == group)
        if by := self._decided("same", own["entry"]):
            return f"decided by {by}"
        profiles = own["profile"].implode()
        inside = pl.col("one").is_in(profiles) & pl.col("other").is_in(profiles) & (pl.col("says") == "same")
        for row in self._links.filter(inside).tail(1).iter_rows(named=True):
            return f"{row['weight']:.1f} bits: " + "; ".join(_why(row)[:3])
        return "the same details"

    def _why_split(self, one: str, two: str, key: str) -> str:
        own = self._held.filter(pl.col("group").is_in([one, two]) & (pl.col("person") == key))
        if by := self._decided("different", own["entry"]):
            return f"a decision of {by}"
        gone = "what linked these entries no longer stands: "
        if (own["was"] != own["profile"]).any():
            return gone + "details were corrected"
        if self._state.weights != likeness.version():
            return gone + "details are weighed otherwise than before"
        return gone + "a name has become more common, many more people are held, or one in between is another person"

    def _decided(self, says: str, entries: pl.Series) -> str:
        """Who last said so of two of these entries; empty where nobody did."""
        held = set(entries)
        found = (d.by for d in reversed(latest(self._decisions)) if d.says == says and {d.one, d.other} <= held)
        return next(found, "")


def _why(row: dict[str, Any]) -> list[str]:
    return likeness.reasons(row) or ["the organisation's name and its reference or address are the same"]


def last_run(home: Path) -> Path | None:
    """The folder of the last run's state; None before the first."""
    runs = _runs(home)
    return runs[-1] if runs else None


def state_of(home: Path) -> State:
    """The state of the last run; an empty one before the first. By other weights, it has no pairs and all is read anew."""
    folder = last_run(home)
    if folder is None:
        return State()
    plain = json.loads((folder / "decisions.json").read_text(encoding="utf-8"))
    said = tuple(Decision(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in plain["decisions"])
    people, links, keys, index = (pl.read_parquet(folder / f"{name}.parquet") for name in _TABLES)
    weights, at = plain.get("weights", ""), plain.get("at")
    at = datetime.fromisoformat(at) if at else None
    state = State(people, keys=keys, decisions=said, at=at, weights=weights, index=index)
    if weights != likeness.version():
        return state
    return replace(state, links=links, batches=tuple(plain["batches"]))


def keep(home: Path, run: Linked) -> None:
    """Keep a run's state: whole from the instant its folder is renamed into place. The state before it is then removed.

    Only while the lake is held. Two runs wait for each other by the lake's lock.
    """
    place = home / "lake" / "people"
    with storage_faults(place):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        runs = _runs(home)
        number = int(runs[-1].name) + 1 if runs else 1
        unnamed = place / f"unfinished-{number}"
        shutil.rmtree(unnamed, ignore_errors=True)
        unnamed.mkdir(mode=0o700)
        for name in _TABLES:
            write_part(getattr(run.state, name), unnamed / f"{name}.parquet")
        said = [{**asdict(one), "at": one.at.isoformat()} for one in run.state.decisions]
        at = run.state.at.isoformat() if run.state.at else None
        plain = {"decisions": said, "weights": run.state.weights, "at": at, "batches": list(run.state.batches)}
        write_json(plain, unnamed / "decisions.json")
        settled_files(unnamed)
        os.rename(unnamed, place / f"{number:08d}")
        settled(place)
        for old in runs:
            shutil.rmtree(old, ignore_errors=True)


def link(
    records: Records, gate: Gate, asking: Asking, at: datetime, decisions: Sequence[Decision] = (), told: Told = untold
) -> Linked:
    """Link every entry that stands to who is known, and keep the state: one combination on the log.

    Its entry names the batches that were read, by their opaque identities. Where another run has linked later records
    meanwhile, it is those that are linked: what is known already is never taken back.
    """
    with Lake(records.home).held():
        before = state_of(records.home)
        if before.at is not None and before.at > records.as_at:
            records = records_as_at(records.home, before.at)
        reader = Reader.for_once(records, gate, asking, at)
        run = _run(before, reader, decisions, told)
        batches = tuple(b.batch_id for b in reader.batches())
        run = replace(run, state=replace(run.state, at=records.as_at, batches=batches))
        keep(records.home, run)
    return run


def _run(before: State, reader: Reader, decisions: Sequence[Decision], told: Told) -> Linked:
    """One run: of what came since the last one only, where all that stood then still does; else of all that stands."""
    added = _added(before, reader)
    fresh = reader.read(added)
    index = indexed(fresh)
    if added is not None:
        index = pl.concat([before.index.filter(~pl.col("entry").is_in(fresh["entry"].implode())), index])

    def details(rows: pl.DataFrame) -> pl.DataFrame:
        own = fresh.filter(pl.col("entry").is_in(rows["entry"].implode()))
        others = rows.filter(~pl.col("entry").is_in(own["entry"].implode()))
        return pl.concat([own, reader.read(rows=others)]) if others.height else own

    return _linked(before, index, details, decisions, None, _given_again(fresh, _former(before, index, reader)), told)


def _added(before: State, reader: Reader) -> list[Batch] | None:
    """The batches that came after the last run; None where all have to be read, since something of before stands no longer."""
    standing, known = reader.batches(), set(before.batches)
    new = [b for b in standing if b.batch_id not in known]
    is_kept = known <= {b.batch_id for b in standing} and all(b.keyed_by for b in standing)
    if not known or not is_kept or before.at is None or any(b.committed_at <= before.at for b in new):
        return None
    return new


def _former(before: State, index: pl.DataFrame, reader: Reader) -> pl.DataFrame | None:
    """Entries whose details have changed since the last run, as they stood then; None where none has."""
    both = before.index.join(index.select("entry", now="profile"), on="entry")
    changed = both.filter(pl.col("now") != pl.col("profile")).select("entry", "table", "batch_id", "line_number")
    if before.at is None or changed.is_empty():
        return None
    then = replace(reader, records=records_as_at(reader.records.home, before.at))
    return then.read(rows=changed)


VERB, KIND = "decide person", "combination"
"""What a decision by command is called on the log, and its kind."""


def decide(
    records: Records, gate: Gate, asking: Asking, says: str, one: str, other: str, *, clock: Callable[[], datetime]
) -> tuple[tuple[Decision, ...], Linked]:
    """Take a person's word on two people or references, and link by it: begun on the log, and closed with the people.

    Nothing is read before the entry is made. Raises AccessRefused, and as `decided`.
    """
    at = clock()
    number = gate.asked(asking, KIND, TABLES, verb=VERB, at=at, phase="begun", note={"says": says})
    keys: list[str] = []
    try:
        made = decided(records, says, one, other, by=asking.officer, at=at, why=asking.reason)
        own = pl.col("entry").is_in({e for d in made for e in (d.one, d.other)})
        keys = sorted(set(state_of(records.home).people.filter(own)["person"]))
        run = link(records, gate, asking, at, made)
    except FourfoldError as fault:
        gate.closed(number, asking, KIND, verb=VERB, at=clock(), outcome=f"refused: {fault.kind}", keys=keys)
        raise
    note = {"says": says, "pairs": len(made)}
    gate.closed(number, asking, KIND, verb=VERB, at=clock(), outcome="done", keys=keys, note=note)
    return made, run


def decided(
    records: Records, says: str, one: str, other: str, *, by: str, at: datetime, why: str
) -> tuple[Decision, ...]:
    """A person's word as decisions on entries. Each side is an identifier, or the reference of a crime or report.

    A reference stands for one person: the one whom both references share, where "different" is said of two; otherwise the
    only one who has a part in it. "different" sets every entry of the one side apart from every entry of the other. Raises
    NothingHeld where nothing of that name is known, RequestInvalid where both sides are the same, or a reference is of
    several people.
    """
    state = state_of(records.home)
    linked_places = entries.places(records).join(state.people.select("entry", "person"), on="entry")
    refs = [linked_places.filter(pl.col("ref") == side) for side in (one, other)]
    shared = set(refs[0]["person"]) & set(refs[1]["person"]) if says == "different" else set()
    sides = []
    for side, parts in zip((one, other), refs, strict=True):
        own = parts.filter(pl.col("person").is_in(shared)) if shared else parts
        if own["person"].n_unique() > 1:
            raise RequestInvalid(
                "A reference stands for one person, and several have a part in that crime or report.",
                remedy="Name the person by the identifier: `fourfold people link` and the person's page have it.",
            )
        sides.append(sorted(own["entry"]) if parts.height else state.entries_of(side))
    if not sides[0] or not sides[1]:
        raise NothingHeld("One side has no entry that is linked.", remedy="Link first: `fourfold people link`.")
    if set(sides[0]) & set(sides[1]):
        raise RequestInvalid("Both sides hold the same entry.", remedy="Name two people, or two references of one.")
    pairs = [(sides[0][0], sides[1][0])] if says == "same" else [(a, b) for a in sides[0] for b in sides[1]]
    return tuple(Decision(says=says, one=a, other=b, by=by, at=at, why=why) for a, b in pairs)


_TABLES = ("people", "links", "keys", "index")


def _runs(home: Path) -> list[Path]:
    place = home / "lake" / "people"
    return sorted(p for p in place.iterdir() if p.name.isdigit()) if place.is_dir() else []
