"""Retention: when the records of a person are looked at again, what is held by law, and what was decided. Nothing goes by itself.

    review_queue(records, on)      everybody, by the table of review groups, with the day of review
    reviewed_people, queue_on      its two halves: what stands until the records change (kept by `kept_rows`), and the day's
    hold, release                  a legal hold: erasure is refused, with the reason, until somebody releases it
    reviewed                       a decision to keep: the next day of review follows from it
    erase_person                   an erasure that an officer asked for, on the log before and after

    HOME/retention/register.json   holds and decisions; opaque keys and reasons, no name

The day of review is so many clear years after the last crime or report, or, of somebody whom only another list names (wanted,
complaints, notices), after what it says. A day that was past when the records first came
in is in the queue like any other, and marked; nothing is deleted because of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.codes.retention import FRAUD, GROUPS, UNDETECTED, group_of_offence, review_group
from fourfold.errors import Busy, FourfoldError, LegallyHeld, NothingHeld, RequestInvalid
from fourfold.records import erasure
from fourfold.records.access import Asking, Folder, Gate
from fourfold.records.as_at import Records
from fourfold.records.erasure import Beside, Certificate
from fourfold.records.lake import Lake, storage_faults, write_json
from fourfold.records.people import state_of
from fourfold.records.subjects import Subject, entry_of, mentions, opaque_key, rules, salt_of, subject_of
from fourfold.records.suppliers.catalogue import contracts

DUE, PAST_AT_FIRST, HELD, LATER = "due", "due since before it came in", "under legal hold", "later"
STATES = (DUE, PAST_AT_FIRST, HELD, LATER)
VERB, RECTIFY = "erase a person", "rectify a person"
QUEUE = {
    "key": pl.String(), "group": pl.String(), "is_youth": pl.Boolean(), "parts": pl.Int64(), "first_on": pl.Date(),
    "last_on": pl.Date(), "review_on": pl.Date(), "state": pl.String(),
}  # fmt: skip
"""A person in the queue: an opaque key, the review group, whether under 18 at the last event, the number of crimes and
reports, their first and last day, the day of review, and where it stands."""
REVIEWED = {**{name: kind for name, kind in QUEUE.items() if name != "state"}, "came": pl.Date()}
"""The same before anything is decided and as at no day; `came` is the day on which the first of the rows came in."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A legal hold. It stands until `released_at`; `entries` are the parts that it holds, as opaque identities."""

    number: int
    key: str
    entries: tuple[str, ...]
    reason: str
    by: str
    at: datetime
    released_at: datetime | None = None
    released_by: str = ""
    release_reason: str = ""


def register(home: Path) -> dict[str, list[dict[str, Any]]]:
    """The holds and the reviews, as they are written."""
    path = home / "retention" / "register.json"
    if not path.exists():
        return {"holds": [], "reviews": []}
    plain: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    return plain


def holds(home: Path, *, standing_only: bool = True) -> tuple[Hold, ...]:
    """The legal holds, in order; those that stand, or all that ever did."""
    every = tuple(
        Hold(**{
            **one, "entries": tuple(one["entries"]), "at": datetime.fromisoformat(one["at"]),
            "released_at": datetime.fromisoformat(one["released_at"]) if one["released_at"] else None,
        })
        for one in register(home)["holds"]
    )  # fmt: skip
    return tuple(h for h in every if h.released_at is None) if standing_only else every


def hold(home: Path, subject: Subject, *, reason: str, by: str, at: datetime) -> Hold:
    """Hold a person's records by law: from now on an erasure is refused. Raises RequestInvalid without a reason."""
    _reasoned(reason)
    with Lake(home).held():
        said = register(home)
        one = Hold(number=len(said["holds"]) + 1, key=subject.key, entries=subject.entries, reason=reason, by=by, at=at)
        said["holds"].append({**vars(one), "entries": list(one.entries), "at": at.isoformat(), "released_at": None})
        _kept(home, said)
    return one


def release(home: Path, number: int, *, reason: str, by: str, at: datetime) -> Hold:
    """End a legal hold. Raises NothingHeld for none such that stands."""
    _reasoned(reason)
    with Lake(home).held():
        said = register(home)
        for one in said["holds"]:
            if one["number"] == number and one["released_at"] is None:
                one.update(released_at=at.isoformat(), released_by=by, release_reason=reason)
                _kept(home, said)
                return next(h for h in holds(home, standing_only=False) if h.number == number)
    raise NothingHeld("No legal hold of that number stands.", remedy="See `fourfold retention holds`.")


def reviewed(home: Path, subject: Subject, *, reason: str, by: str, at: datetime) -> None:
    """Write down that a person's records were looked at and are kept, and why; they are looked at again in due time."""
    _reasoned(reason)
    with Lake(home).held():
        said = register(home)
        said["reviews"].append(
            {"key": subject.key, "entries": list(subject.entries), "decided": "kept", "reason": reason, "by": by,
             "at": at.isoformat()}
        )  # fmt: skip
        _kept(home, said)


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise RequestInvalid("No reason is given.", remedy="Say why, without a name: it is kept.")


def _kept(home: Path, said: Mapping[str, Any]) -> None:
    path = home / "retention" / "register.json"
    with storage_faults(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
    write_json(said, path)


def review_queue(records: Records, on: date) -> pl.DataFrame:
    """Everybody held, as at a day, by the day of review. Shape: QUEUE. No personal column is opened."""
    people, parts = reviewed_people(records)
    return queue_on(people.lazy(), parts.lazy(), records.home, on).sort("review_on", "key").collect()


def reviewed_people(records: Records) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Everybody held, whatever the day and whatever was decided (shape: REVIEWED), and the parts of each: key, entry.

    Seconds for a large force: what does not change with the day is worked out here, and the rest by `queue_on`. Of two ages
    on the same last day, the higher one counts.
    """
    rows = _events(records)
    rank = pl.col("group").replace_strict({name: at for at, name in enumerate(GROUPS)}, return_dtype=pl.Int64)
    people = rows.with_columns(rank.alias("rank")).sort("on", "age", nulls_last=True).group_by("key").agg(
        pl.col("rank").min(), pl.len().cast(pl.Int64).alias("parts"), pl.col("on").min().alias("first_on"),
        pl.col("on").max().alias("last_on"),
        (pl.col("age").filter(pl.col("age").is_not_null()).last() < 18).fill_null(False).alias("is_youth"),
        pl.col("came").min(),
    )  # fmt: skip
    groups = dict(enumerate(GROUPS))
    people = people.with_columns(pl.col("rank").replace_strict(groups, return_dtype=pl.String).alias("group"))
    said = people.select(pl.col(name).cast(kind) for name, kind in REVIEWED.items() if name != "review_on")
    return _with_day_of_review(said), rows.select("key", "entry")


def _with_day_of_review(people: pl.DataFrame) -> pl.DataFrame:
    """People with the day of review by their group, age and last day; null where no day is known."""
    by = ["group", "is_youth", "last_on"]
    days = people.select(by).drop_nulls().unique().rows()
    found = [(*one, review_group(one[0], one[1]).review_on(one[2])) for one in days]
    schema = {**{name: REVIEWED[name] for name in by}, "review_on": pl.Date()}
    return (
        people.drop("review_on", strict=False)
        .join(pl.DataFrame(found, schema=schema, orient="row"), on=by, how="left", maintain_order="left")
        .select(*REVIEWED)
    )


def queue_on(people: pl.LazyFrame, parts: pl.LazyFrame, home: Path, on: date) -> pl.LazyFrame:
    """What `reviewed_people` gives, as at a day and by the holds and decisions of the register, in no order. Shape: QUEUE."""
    decided, held = _decided(home), {entry for one in holds(home) for entry in one.entries}
    named = parts.filter(pl.col("entry").is_in([*decided, *held])).collect() if decided or held else None
    if named is not None and named.height:
        days = pl.Series([decided.get(entry) for entry in named["entry"]], dtype=pl.Date)
        touched = named.select("key", days.alias("looked_on"), pl.col("entry").is_in(list(held)).alias("is_held"))
        touched = touched.group_by("key").agg(pl.col("looked_on").max(), pl.col("is_held").any())
        # The day of review goes by the later of the last event and the last look; the last event stays what it was.
        looked = pl.max_horizontal("last_on", "looked_on")
        again = people.join(touched.lazy(), on="key").with_columns(last_on=looked, event_on="last_on").collect()
        told = _with_day_of_review(again).with_columns(again["is_held"], last_on=again["event_on"])
        others = people.filter(~pl.col("key").is_in(touched["key"].to_list()))
        people = pl.concat([others.with_columns(is_held=pl.lit(False)), told.lazy()])
    else:
        people = people.with_columns(is_held=pl.lit(False))
    due = pl.col("review_on")
    state = (
        pl.when("is_held").then(pl.lit(HELD)).when(due > on).then(pl.lit(LATER))
        .when(due <= pl.col("came")).then(pl.lit(PAST_AT_FIRST)).otherwise(pl.lit(DUE))
    )  # fmt: skip
    return people.with_columns(due.fill_null(on)).with_columns(state.alias("state")).select(*QUEUE)


def _events(records: Records) -> pl.DataFrame:
    """Each part of each person: `key`, `entry`, `group`, `on`, `age`, and the day on which its row `came` in."""
    came = {b.batch_id: b.committed_at.date() for b in records.standing}
    crimes = (
        records.table("crimes").select("force_id", "crime_ref", "offence_code", on="recorded_on")
        .unique(["force_id", "crime_ref"], keep="last")
    )  # fmt: skip
    people = records.table("people").select(
        "batch_id", pl.lit("people").alias("table"), "force_id", pl.col("crime_ref").alias("ref"), "person_ref", "role",
        age=pl.col("age_at_report").cast(pl.Int64),
    )  # fmt: skip
    suspected = people.filter(pl.col("role") == "suspect").select("force_id", "ref").unique().with_columns(
        is_suspected=pl.lit(True)
    )  # fmt: skip
    parts = (
        pl.concat([people, *_elsewhere(records, people)], how="diagonal")
        .join(crimes, left_on=["force_id", "ref"], right_on=["force_id", "crime_ref"], how="left")
        .join(suspected, on=["force_id", "ref"], how="left")
        .with_columns(
            pl.coalesce("on", "said_on").alias("on"),
            pl.when(pl.col("table") == "wanted").then(True).otherwise("is_suspected").alias("is_suspected"),
        )
        .select(*_EVENT, "age", "offence_code", "is_suspected").collect()
    )  # fmt: skip
    frauds = records.table("fraud_victims").select(
        "batch_id", pl.lit("fraud_victims").alias("table"), "force_id", pl.col("report_ref").alias("ref"),
        pl.lit(None, pl.String).alias("person_ref"), pl.lit("victim").alias("role"), pl.col("reported_on").alias("on"),
        pl.col("age_at_report").cast(pl.Int64).alias("age"), pl.lit(None, pl.String).alias("offence_code"),
        pl.lit(None, pl.Boolean).alias("is_suspected"),
    ).select(*_EVENT, "age", "offence_code", "is_suspected").collect()  # fmt: skip
    rows = pl.concat([parts, frauds])
    codes = {c: group_of_offence(c) for c in rows["offence_code"].drop_nulls().unique()}
    grouped = (
        pl.when(pl.col("table") == "fraud_victims").then(pl.lit(FRAUD))
        .when(pl.col("is_suspected").is_null()).then(pl.lit(UNDETECTED))
        .otherwise(pl.col("offence_code").replace_strict(codes, default=GROUPS[0], return_dtype=pl.String))
    )  # fmt: skip
    entry = pl.Series(
        "entry", [entry_of(row) for row in rows.select("table", "force_id", "ref", "person_ref", "role").iter_rows()],
        dtype=pl.String,
    )  # fmt: skip
    rows = rows.with_columns(
        grouped.alias("group"), entry, pl.col("batch_id").replace_strict(came, return_dtype=pl.Date).alias("came")
    )
    linked = state_of(records.home).people.select("entry", "person")
    named = pl.concat_str([pl.col("force_id"), pl.col("person_ref")], separator="\0").fill_null(pl.col("entry"))
    rows = rows.join(linked, on="entry", how="left").with_columns(pl.col("entry").min().over(named).alias("first"))
    salt = salt_of(records.home)
    alone = rows.filter(pl.col("person").is_null())["first"].unique().to_list()
    keys = pl.DataFrame(
        [(e, opaque_key(salt, e)) for e in alone], schema={"first": pl.String, "own": pl.String}, orient="row"
    )
    rows = rows.join(keys, on="first", how="left").with_columns(pl.coalesce("person", "own").alias("key"))
    return rows.select("key", "entry", "group", "on", "age", "came")


def _elsewhere(records: Records, people: pl.LazyFrame) -> list[pl.LazyFrame]:
    """The rows of those whom `people` does not have: wanted, complaining, asked, or sent a notice, on the row's own day."""
    days = {c.table: c.dated_by for c in contracts()}
    nobody = pl.lit(None, pl.Date).alias("said_on")
    found = [people.head(0).with_columns(nobody)]
    for table in mentions():
        rows = records.table(table).filter(pl.col("person_ref").is_not_null()).select(
            "batch_id", pl.lit(table).alias("table"), "force_id", pl.col("crime_ref").alias("ref"), "person_ref",
            pl.lit(None, pl.String).alias("role"), pl.col(days[table]).cast(pl.Date).alias("said_on"),
        )  # fmt: skip
        found.append(rows.join(people, on=["force_id", "person_ref"], how="anti"))
    return found


_EVENT = ("batch_id", "table", "force_id", "ref", "person_ref", "role", "on")


def _decided(home: Path) -> dict[str, date]:
    """The day on which each part was last looked at and kept."""
    found: dict[str, date] = {}
    for one in register(home)["reviews"]:
        day = datetime.fromisoformat(one["at"]).date()
        for entry in one["entries"]:
            found[entry] = max(day, found.get(entry, day))
    return found


def not_held(home: Path, subject: Subject) -> None:
    """Raises LegallyHeld, with the reason, where a legal hold stands over any part of the person."""
    for one in holds(home):
        if set(one.entries) & set(subject.entries):
            raise LegallyHeld(
                f"Legal hold {one.number} of {one.at:%-d %B %Y} stands over these records: {one.reason}",
                remedy="Ask whoever placed it; `fourfold retention release` ends it. The refusal is on the log.",
            )


def nothing_waits(home: Path) -> None:
    """Raises Busy where a file that was sent in waits to be imported: it may hold the person, and comes in after."""
    waiting = home / "service" / "uploads"
    if waiting.is_dir() and any(path.is_file() for path in waiting.rglob("*")):
        raise Busy(
            "A file that was sent in waits to be imported, and may hold the person.",
            remedy="Ask again when it has been imported: the page of imports shows it.",
        )


def erase_person(
    home: Path, gate: Gate, asking: Asking, key: str, *, clock: Callable[[], datetime], backup_days: int | None,
    beside: Beside | None = None,
) -> Certificate:  # fmt: skip
    """Erase a person whom an officer names: on the log as begun, done, and on the log as closed.

    Raises AccessRefused, NothingHeld, LegallyHeld (each on the log), Busy while files are imported. A fault once it has
    begun is no refusal: the log stays open until the erasure is finished. `beside` clears the service's database.
    """
    number = gate.asked(asking, "erasure", tables(), verb=VERB, at=clock(), phase="begun")
    keys: tuple[str, ...] = ()
    try:
        subject = _erasable(home, key)
        keys = (subject.key,)
        until = backups_until(clock(), backup_days)
        done = erasure.erase(
            home, subject, clock=clock, backups_until=until, entry=number, beside=beside,
            again=lambda: replace(_erasable(home, key), key=subject.key),
        )  # fmt: skip
    except FourfoldError as fault:
        if keys and certificate_of(home, number, is_served=beside is not None, key=keys[0]) is not None:
            raise
        gate.closed(number, asking, "erasure", verb=VERB, at=clock(), outcome=f"refused: {fault.kind}", keys=keys)
        raise
    note = {"erasure": done.erasure, "rows": sum(done.rows.values()), "remains": len(done.remains)}
    gate.closed(number, asking, "erasure", verb=VERB, at=clock(), outcome="done", keys=keys, note=note)
    return done


def _erasable(home: Path, key: str) -> Subject:
    """The person of a key as the records stand, where nothing speaks against an erasure."""
    subject = subject_of(home, key)
    not_held(home, subject)
    nothing_waits(home)
    return subject


def certificate_of(home: Path, entry: int, *, is_served: bool, key: str = "") -> dict[str, Any] | None:
    """The certificate of the erasure that an entry began, on the service's log or the folder's; None before it happened.

    Where a `key` is given, only if it is that person's.
    """
    own = (c for c in erasure.certificates(home) if (c["entry"], c.get("is_served", False)) == (entry, is_served))
    return next((c for c in own if key in ("", c["key"])), None)


def rectified_by(home: Path, entry: int, *, is_served: bool) -> dict[str, Any] | None:
    """What the register has of the rectification that an entry began, on the service's log or the folder's; None for none."""
    every = register(home).get("rectifications", [])
    return next((r for r in every if (r.get("entry"), r.get("is_served")) == (entry, is_served)), None)


def backups_until(at: datetime, days: int | None) -> str:
    """When the last backup that still holds what was erased is gone, as the force states it."""
    if days is None:
        return "not stated: the force has not said for how long backups are kept (FOURFOLD_BACKUP_DAYS)"
    return f"{at + timedelta(days=days):%-d %B %Y}, {days} days after the erasure"


def reconciled(home: Path, log: Folder, at: datetime) -> list[tuple[int, str]]:
    """Finish what began, and close what something that died left open on the folder's log, by what the files show."""
    from fourfold.records.rectification import resumed

    resumed(home, lambda: at)
    if not _left_open(log.entries()):
        return []
    with Lake(home).held():  # whoever holds the lake is still at work on what is open
        erasure.resumed(home)
        return _closed_late(home, log, at)


def _left_open(every: list[dict[str, Any]]) -> list[dict[str, Any]]:
    closed = {one["refers_to"] for one in every if one["phase"] == "closed"}
    begun = [one for one in every if one["phase"] == "begun" and one["number"] not in closed]
    return [one for one in begun if one["verb"] in (VERB, RECTIFY)]


def _closed_late(home: Path, log: Folder, at: datetime) -> list[tuple[int, str]]:
    found = []
    for one in _left_open(log.entries()):
        done_by = rectified_by if one["verb"] == RECTIFY else certificate_of
        done = done_by(home, one["number"], is_served=False)
        outcome, keys = ("not done", ()) if done is None else ("done", (str(done["key"]),))
        asking = Asking(officer=one["officer"], role=one["roles"], purpose="start-up")
        log.gate.closed(
            one["number"],
            asking,
            one["kind"],
            verb=one["verb"],
            at=at,
            outcome=outcome,
            keys=keys,
            note={"found by": "start-up"},
        )
        found.append((one["number"], outcome))
    return found


def tables() -> list[str]:
    """The tables that an erasure may change."""
    return sorted({rule.table for rule in rules()} | {"crimes"})
