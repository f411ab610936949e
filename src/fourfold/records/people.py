"""People: who is the same person across lists and years, under an identifier that stays.

An entry is a row of `people` or `fraud_victims`: somebody's part (victim, suspect, witness) in one crime or report. Linking
says which entries are of the same person; each keeps its part. Entries of the same details are one profile; profiles are
linked where they weigh `LINKED` bits or more (see `likeness`), and people are what hangs together by links.

    linked(...)   a week's entries against all known ones -> the next state, with each change explained
    Decision      a person's word that two entries are, or are not, of the same person; every later run keeps to it

The state is kept beside the lake, HOME/lake/people/<run>/, there from the instant its folder is renamed into place. It
holds identifiers, digests of details and weights, and how common each name is, but no row's names; it is readable by its
owner only.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records import likeness
from fourfold.records.access import Asking, Gate
from fourfold.records.as_at import Records
from fourfold.records.lake import Lake, settled, settled_files, storage_faults, write_json, write_part
from fourfold.records.likeness import DETAILS

LINKED = 9.0
"""How many bits a pair weighs, at least, to be linked: the odds are then over five hundred to one."""
NAMES_FROM = 1_000
"""How many profiles are needed to say how common a name is; from then on the table stays as it is."""
_PERSONAL = {
    "people": ("organisation_name", "forename", "surname", "born_on", "address", "postcode", "phone", "email"),
    "fraud_victims": ("organisation_name", "forename", "surname", "born_on", "address", "postcode", "phone", "email"),
}
_CERTAIN = 99.0
ENTRY = {
    "entry": pl.String(), "profile": pl.String(), "table": pl.String(), "crime_ref": pl.String(), "role": pl.String(),
    "organisation": pl.String(), "ref": pl.String(), "surname": pl.String(), "forename": pl.String(), "born_on": pl.Date(),
    "address": pl.String(), "postcode": pl.String(), "phone": pl.String(), "email": pl.String(), "sex": pl.String(),
}  # fmt: skip
"""An entry: its opaque identity, the digest of its details, where it stands, and the details made alike."""


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

    people: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=dict.fromkeys(("entry", "profile", "person"), pl.String))
    )
    links: pl.DataFrame = field(default_factory=likeness._no_pairs)
    keys: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"key": pl.String, "number": pl.Int64, "into": pl.String})
    )
    names: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"kind": pl.String, "name": pl.String, "share": pl.Float64})
    )
    decisions: tuple[Decision, ...] = ()

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

    def entries_of(self, key: str) -> list[str]:
        """The entries of a person."""
        return sorted(self.people.filter(pl.col("person") == self.resolved(key))["entry"])

    def links_of(self, key: str) -> list[tuple[float, list[str]]]:
        """Each link within a person: its weight, and its reasons in words; the heaviest first."""
        own = set(self.people.filter(pl.col("person") == self.resolved(key))["profile"])
        held = self.links.filter(pl.col("one").is_in(own) & pl.col("other").is_in(own)).sort("weight", descending=True)
        return [(float(row["weight"]), _why(row)) for row in held.iter_rows(named=True)]


@dataclass(frozen=True)
class Linked:
    """A run: the state after it, what changed of identifiers, and how many pairs were compared or could not be."""

    state: State
    changes: tuple[Change, ...]
    compared: int
    left_out: int


def entries(records: Records, gate: Gate, asking: Asking, at: datetime) -> pl.DataFrame:
    """Every entry that stands, its personal columns opened for a combination that goes on the log. Shape: ENTRY."""
    gate.asked(asking, "combination", list(_PERSONAL), verb="link people", at=at)
    found = []
    for table, columns in _PERSONAL.items():
        plain = records.table(table).collect()
        personal = gate.opened(records, table, asking, kind="combination", verb="link people", at=at, columns=columns)
        rows = plain.join(personal, on=["batch_id", "line_number"], how="left")
        if table == "fraud_victims":
            rows = rows.with_columns(crime_ref="report_ref", person_ref=pl.lit(None, pl.String), role=pl.lit("victim"))
        rows = rows.unique(_IDENTITY[table], keep="last", maintain_order=True)
        found.append(made_alike(rows, table))
    return pl.concat(found)


def made_alike(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Rows as entries: names and addresses in capitals without marks, telephone numbers as digits. Shape: ENTRY."""
    firm = pl.col("organisation_name")
    said = rows.select(
        entry=_identity(table),
        table=pl.lit(table), crime_ref="crime_ref", role="role",
        organisation=_words(_trading(firm)),
        ref=pl.concat_str([pl.col("force_id"), pl.col("person_ref")], separator=" "),
        surname=_words(pl.col("surname")), forename=_words(pl.col("forename")), born_on=pl.col("born_on").cast(pl.Date),
        address=_words(pl.col("address")), postcode=_words(pl.col("postcode")).str.replace_all(" ", ""),
        phone=_full(pl.col("phone").str.replace_all(r"[^0-9]", "").str.replace(r"^44", "0")),
        email=_full(pl.col("email").str.to_lowercase().str.strip_chars()), sex=_full(pl.col("sex").str.to_lowercase()),
    )  # fmt: skip
    return _digested(said)


def _digested(said: pl.DataFrame) -> pl.DataFrame:
    details = pl.concat_str(
        [pl.col(c).cast(pl.String).fill_null("") for c in ("organisation", *DETAILS)], separator="\0"
    )
    said = said.with_columns(profile=details)
    return said.with_columns(
        pl.Series(name, [_digest(text) for text in said[name]], pl.String) for name in ("entry", "profile")
    ).select(pl.col(name).cast(kind) for name, kind in ENTRY.items())


def linked(
    state: State, every: pl.DataFrame, decisions: Iterable[Decision] = (), new_key: Callable[[], str] | None = None
) -> Linked:
    """The state after all standing entries: only profiles that it does not know are compared with the others.

    `every` are all entries that stand (ENTRY); `decisions` are added to those of the state.
    """
    profiles = every.unique("profile", keep="first", maintain_order=True).sort("profile")
    persons = profiles.filter(pl.col("organisation").is_null()).select("profile", *DETAILS)
    names = state.names
    if names.is_empty() and persons.height >= NAMES_FROM:
        names = likeness.frequencies(persons)
    is_known = pl.col("profile").is_in(state.people["profile"].unique().to_list())
    scored = likeness.scored(persons.filter(is_known), persons.filter(~is_known), names, LINKED)
    held = pl.concat([state.links, _kept(scored.pairs)]).unique(["one", "other"], keep="first")
    standing = profiles["profile"].to_list()
    held = held.filter(pl.col("one").is_in(standing) & pl.col("other").is_in(standing)).sort(
        "weight", "one", "other", descending=[True, False, False]
    )
    links = pl.concat([held.filter(pl.col("weight") < _CERTAIN), _firms(profiles)])
    said = (*state.decisions, *decisions)
    groups = _groups(every, links, said)
    people, keys, changes = _named(state, every, groups, new_key or (lambda: "SP" + secrets.token_hex(8)), links, said)
    return Linked(State(people, links, keys, names, said), changes, scored.compared, scored.left_out)


def _kept(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs less those of two people of one household: another forename, or another birth, and nothing only one has.

    Twins share a birth, an address and a surname; a father and a son share all names and the address. An email address
    is made of a name more often than not, so that it is nothing only one has.
    """
    own = (pl.col("ref").fill_null(-1) == 2) | (pl.col("phone").fill_null(-1) == 1)
    other_forename, other_birth = pl.col("forename").fill_null(-1) == 0, pl.col("born_on").fill_null(-1) == 0
    return pairs.filter(~((other_forename | other_birth) & ~own) & ~(other_forename & other_birth))


def _firms(profiles: pl.DataFrame) -> pl.DataFrame:
    """Links of organisations: the force's own reference and the name; or the name, or trading name, at one address.

    Two references of a force's at one address are two organisations, and nothing else is linked to either by its address.
    """
    firms = profiles.filter(pl.col("organisation").is_not_null())
    by_ref = firms.filter(pl.col("ref").is_not_null()).with_columns(
        first=pl.col("profile").min().over("organisation", "ref")
    )
    by_place = firms.filter(pl.col("address").is_not_null()).with_columns(
        first=pl.col("profile").min().over("organisation", "address"),
        refs=pl.col("ref").drop_nulls().n_unique().over("organisation", "address"),
    ).filter(pl.col("refs") <= 1)  # fmt: skip
    return pl.concat([by_ref, by_place.drop("refs")]).filter(pl.col("first") != pl.col("profile")).select(
        one="first", other="profile", weight=pl.lit(_CERTAIN),
        **{name: pl.lit(None, pl.Int8) for name in likeness.comparisons()},
    ).unique(["one", "other"]).sort("one", "other")  # fmt: skip


def _groups(every: pl.DataFrame, links: pl.DataFrame, decisions: Sequence[Decision]) -> dict[str, str]:
    """For each profile the first profile of its person: links from the heaviest on, less those that a decision forbids."""
    profile_of = dict(every.select("entry", "profile").iter_rows())
    above = {p: p for p in profile_of.values()}

    def top(p: str) -> str:
        while above[p] != p:
            above[p] = above[above[p]]
            p = above[p]
        return p

    stands = [(d, profile_of.get(d.one), profile_of.get(d.other)) for d in _latest(decisions)]
    apart: dict[str, set[str]] = {}
    for said, one_profile, other_profile in stands:
        if said.says == "different" and one_profile and other_profile:
            apart.setdefault(one_profile, set()).add(other_profile)
            apart.setdefault(other_profile, set()).add(one_profile)

    def united(one: str, other: str) -> None:
        a, b = sorted((top(one), top(other)))
        if a == b or any(top(p) == b for p in apart.get(a, ())):
            return
        above[b] = a
        if b in apart:
            apart.setdefault(a, set()).update(apart[b])
            for p in apart[b]:
                apart[p].add(a)

    for said, one_profile, other_profile in stands:
        if said.says == "same" and one_profile and other_profile:
            united(one_profile, other_profile)
    for one_profile, other_profile in (
        links.sort("weight", "one", "other", descending=[True, False, False]).select("one", "other").iter_rows()
    ):
        united(one_profile, other_profile)
    return {p: top(p) for p in above}


def _latest(decisions: Sequence[Decision]) -> list[Decision]:
    """Of the decisions on the same two entries, the last."""
    latest: dict[tuple[str, ...], Decision] = {}
    for one in sorted(decisions, key=lambda d: d.at):
        latest[tuple(sorted((one.one, one.other)))] = one
    return list(latest.values())


def _named(
    state: State, every: pl.DataFrame, groups: dict[str, str], new_key: Callable[[], str], links: pl.DataFrame,
    decisions: Sequence[Decision],
) -> tuple[pl.DataFrame, pl.DataFrame, tuple[Change, ...]]:  # fmt: skip
    """Each entry's person. A group keeps the oldest of its identifiers; an identifier goes with most of its entries."""
    before = dict(state.people.select("entry", "person").iter_rows())
    number = dict(state.keys.select("key", "number").iter_rows())
    into: dict[str, str | None] = dict(state.keys.select("key", "into").iter_rows())
    held: dict[str, Counter[str]] = {}
    for entry, profile in every.select("entry", "profile").sort("entry").iter_rows():
        own = held.setdefault(groups[profile], Counter())
        if entry in before:
            own[before[entry]] += 1
    claims: dict[str, list[tuple[int, str]]] = {}
    for group, keys in held.items():
        for key, n in keys.items():
            claims.setdefault(key, []).append((-n, group))
    owner = {key: min(each)[1] for key, each in claims.items()}
    of_group: dict[str, str] = {}
    changes: list[Change] = []
    for group in sorted(held):
        mine = sorted((key for key in held[group] if owner[key] == group), key=lambda key: number[key])
        if mine:
            of_group[group] = mine[0]
            for key in mine[1:]:
                into[key] = mine[0]
                changes.append(
                    Change(what="merged", key=key, other=mine[0], why=_why_merged(group, groups, links, decisions))
                )
        else:
            key = new_key()
            if key in into:
                raise ValueError("an identifier is never given twice")
            of_group[group], into[key], number[key] = key, None, len(number) + 1
        for key in held[group]:
            if owner[key] != group:
                changes.append(
                    Change(
                        what="split",
                        key=key,
                        other=of_group[group],
                        why="what linked these entries no longer stands: a decision, or details that were corrected",
                    )
                )
    people = (
        every.select(
            "entry",
            "profile",
            person=pl.col("profile").replace_strict(
                {p: of_group[g] for p, g in groups.items()}, return_dtype=pl.String
            ),
        )
        if every.height
        else state.people.clear()
    )
    table = pl.DataFrame([(k, number[k], into[k]) for k in into], schema=state.keys.schema, orient="row")
    return people.sort("entry"), table, tuple(changes)


def _why_merged(group: str, groups: dict[str, str], links: pl.DataFrame, decisions: Sequence[Decision]) -> str:
    own = [p for p, g in groups.items() if g == group]
    held = links.filter(pl.col("one").is_in(own) & pl.col("other").is_in(own)).sort("weight").head(1)
    for row in held.iter_rows(named=True):
        return f"{row['weight']:.1f} bits: " + "; ".join(_why(row)[:3])
    return next((f"decided by {d.by}" for d in reversed(decisions) if d.says == "same"), "the same details")


def _why(row: dict[str, Any]) -> list[str]:
    return likeness.reasons(row) or ["the organisation's name and its reference or address are the same"]


@dataclass(frozen=True)
class Repeats:
    """Repeat victimisation of one person: each time, of what, what was lost in pence, and days since the time before."""

    times: int
    after_days: tuple[int, ...]
    of_what: tuple[str, ...]
    lost_pence: int | None
    unknown_losses: int


def repeats(times: Iterable[tuple[date, str, int | None]]) -> Repeats:
    """How often, how soon, of what and lost how much: from the day, the code and the loss (None: not known) of each time."""
    held = sorted(times, key=lambda one: (one[0], one[1]))
    known = [loss for _, _, loss in held if loss is not None]
    return Repeats(
        times=len(held), after_days=tuple((b[0] - a[0]).days for a, b in pairwise(held)),
        of_what=tuple(code for _, code, _ in held), lost_pence=sum(known) if known else None,
        unknown_losses=len(held) - len(known),
    )  # fmt: skip


def state_of(home: Path) -> State:
    """The state of the last run; an empty one before the first."""
    runs = _runs(home)
    if not runs:
        return State()
    folder = runs[-1]
    plain = json.loads((folder / "decisions.json").read_text(encoding="utf-8"))["decisions"]
    said = tuple(Decision(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in plain)
    people, links, keys, names = (pl.read_parquet(folder / f"{name}.parquet") for name in _TABLES)
    return State(people, links, keys, names, said)


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
        write_json({"decisions": said}, unnamed / "decisions.json")
        settled_files(unnamed)
        os.rename(unnamed, place / f"{number:08d}")
        settled(place)
        for old in runs:
            shutil.rmtree(old, ignore_errors=True)


def link(records: Records, gate: Gate, asking: Asking, at: datetime, decisions: Sequence[Decision] = ()) -> Linked:
    """Link every entry that stands to who is known, and keep the state: one combination on the log.

    Its entry names the batches that were read, by their opaque identities.
    """
    with Lake(records.home).held():
        read = [b.batch_id for b in records.standing if set(_PERSONAL) & set(b.tables)]
        gate = gate.once(asking, "combination", list(_PERSONAL), verb="link people", at=at, keys=read)
        before = state_of(records.home)
        run = linked(before, entries(records, gate, asking, at), decisions)
        keep(records.home, run)
    return run


def decided(
    records: Records, says: str, one: str, other: str, *, by: str, at: datetime, why: str
) -> tuple[Decision, ...]:
    """A person's word as decisions on entries. Each side is an identifier, or the reference of a crime or report.

    "different" between references of one person sets every entry of the one apart from every entry of the other. Raises
    NothingHeld where nothing of that name is known, RequestInvalid where both sides are the same.
    """
    state = state_of(records.home)
    places = _places(records)
    sides = []
    for side in (one, other):
        own = places.filter(pl.col("crime_ref") == side)["entry"].to_list()
        sides.append(sorted(set(own) & set(state.people["entry"])) if own else state.entries_of(side))
    if not sides[0] or not sides[1]:
        raise NothingHeld("One side has no entry that is linked.", remedy="Link first: `fourfold people link`.")
    if set(sides[0]) & set(sides[1]):
        raise RequestInvalid("Both sides hold the same entry.", remedy="Name two people, or two references of one.")
    pairs = [(sides[0][0], sides[1][0])] if says == "same" else [(a, b) for a in sides[0] for b in sides[1]]
    return tuple(Decision(says=says, one=a, other=b, by=by, at=at, why=why) for a, b in pairs)


def histories(records: Records, state: State, key: str) -> list[tuple[date | None, str, str, str | None, int | None]]:
    """A person's parts, first to last: day, part, reference, code (of reports) and loss in pence; not a name among them."""
    own = state.entries_of(key)
    rows = _places(records).filter(pl.col("entry").is_in(own)).sort("day", "crime_ref", nulls_last=True)
    return list(rows.select("day", "role", "crime_ref", "code", "loss").iter_rows())


def _places(records: Records) -> pl.DataFrame:
    """Where each entry stands: `entry`, `crime_ref`, `role`, `day`, `code`, `loss`. No personal column is opened."""
    crimes = (
        records.table("crimes")
        .select("force_id", "crime_ref", day="recorded_on")
        .unique(["force_id", "crime_ref"], keep="last")
    )
    people = (
        records.table("people").select(*_IDENTITY["people"])
        .join(crimes, on=["force_id", "crime_ref"], how="left")
        .with_columns(code=pl.lit(None, pl.String), loss=pl.lit(None, pl.Int64))
    ).collect()  # fmt: skip
    frauds = records.table("fraud_victims").select(
        *_IDENTITY["fraud_victims"], crime_ref="report_ref", role=pl.lit("victim"), day="reported_on", code="nfib_code",
        loss="loss_pence",
    ).collect()  # fmt: skip
    wanted = ("entry", "crime_ref", "role", "day", "code", "loss")
    return pl.concat(
        rows.with_columns(
            entry=pl.Series([_digest(t) for t in rows.select(_identity(table)).to_series()], dtype=pl.String)
        ).select(*wanted)
        for table, rows in (("people", people), ("fraud_victims", frauds))
    ).unique("entry", keep="last", maintain_order=True)


_IDENTITY = {"people": ("force_id", "crime_ref", "person_ref", "role"), "fraud_victims": ("force_id", "report_ref")}
"""The columns that say which entry a row is."""


def _identity(table: str) -> pl.Expr:
    return pl.concat_str([pl.lit(table), *(pl.col(c).fill_null("") for c in _IDENTITY[table])], separator="\0")


_TABLES = ("people", "links", "keys", "names")


def _runs(home: Path) -> list[Path]:
    place = home / "lake" / "people"
    return sorted(p for p in place.iterdir() if p.name.isdigit()) if place.is_dir() else []


def _words(text: pl.Expr) -> pl.Expr:
    plain = text.str.to_uppercase().str.replace_all(r"['’.]", "").str.replace_all(r"[^\p{L}\p{N}]+", " ")
    return _full(plain.str.strip_chars())


def _trading(name: pl.Expr) -> pl.Expr:
    """An organisation's name as it trades, without the words of its legal form."""
    trading = name.str.replace(r"(?i)^.*\bt/a\b", "")
    return trading.str.replace_all(r"(?i)\b(limited|ltd|plc|llp|holdings|group)\b\.?", "")


def _full(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.len_chars() > 0).then(text).otherwise(None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
