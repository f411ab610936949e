"""Weekly lists: which weeks' lists of fraud victims came, which lack or came twice, a week's rows, and who is known of old.

A week's list is every report that a file brought under that week's Monday, each once, as last told: last week's rows often
stand again in this week's file, and the later row corrects the earlier. A file sent twice is one batch. A row whose week cannot be
read, or cannot be right (it began after the file came, or was over before the report), is on a list all the same (`_listed`), and
the list says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from fourfold.codes.working_days import local_date
from fourfold.errors import NothingHeld
from fourfold.records import entries as entries_of
from fourfold.records import people
from fourfold.records.as_at import Records
from fourfold.records.recognition import recognised

TABLE = "fraud_victims"
_WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Week:
    """One week's list: how many reports, from which batches, when the first of them came; none where it lacks."""

    starting: date
    reports: int
    batches: tuple[str, ...]
    received_at: datetime | None

    @property
    def is_missing(self) -> bool:
        """Whether no list of that week came."""
        return not self.batches

    @property
    def is_repeated(self) -> bool:
        """Whether the week came in more than one file: its later rows speak."""
        return len(self.batches) > 1


@dataclass(frozen=True, kw_only=True)
class Past:
    """One part of a person's past as a victim: the day, the reference, the fraud code (none of a crime) and the loss."""

    on: date | None
    ref: str
    code: str | None
    loss_pence: int | None


@dataclass(frozen=True, kw_only=True)
class Known:
    """Who stands behind a report: the person's identifier (none before linking), other times as a victim, first to last.

    `is_compared` says that the report was compared with those known of old, by a linking or since the last. `is_suspect`
    says that the same person stands as a suspect in some record: never of what, which is the investigation's. `group` is who
    hangs together as one person, identified or not, and `entries` are its keys: this report's and the others'.
    """

    person: str | None = None
    group: str | None = None
    entries: tuple[str, ...] = ()
    earlier: tuple[Past, ...] = ()
    is_suspect: bool = False
    is_compared: bool = False

    def victim(self, key: str) -> str:
        """What the victim of a report goes by: the person, else who hangs together with it, else the report's key alone."""
        return self.person or self.group or key

    def names(self, key: str) -> tuple[str, ...]:
        """Everything that the victim of a report may go by in what was decided before more was known."""
        return tuple(sorted({key, *self.entries, *(name for name in (self.person, self.group) if name)}))


@dataclass(frozen=True)
class _Places:
    """Where entries stand, without a name: entry -> part, and the entries that are suspects."""

    reports: Mapping[str, Past]
    crimes: Mapping[str, Past]
    suspects: frozenset[str] = field(default_factory=frozenset)
    made_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The crimes that the force made of a report, by its reference."""


def weeks(records: Records, force_id: str, until: date | None = None) -> tuple[Week, ...]:
    """Every week from the first list held to the last (or to the week before `until`), those that lack among them."""
    held = _told(records, force_id).collect()
    came = {b.batch_id: b.committed_at for b in records.standing}
    found: dict[date, Week] = {}
    for (monday,), rows in held.group_by(["week"], maintain_order=True):
        batches = tuple(sorted(rows["batch_id"].unique().to_list(), key=lambda b: came[b]))
        found[monday] = Week(
            starting=monday, reports=rows["report_ref"].n_unique(), batches=batches, received_at=came[batches[0]]
        )  # fmt: skip
    if not found:
        return ()
    last = max(found)
    if until is not None:
        last = max(last, until - timedelta(days=until.weekday()) - _WEEK)
    monday, every = min(found), []
    while monday <= last:
        every.append(found.pop(monday, Week(starting=monday, reports=0, batches=(), received_at=None)))
        monday += _WEEK
    return tuple(sorted([*every, *found.values()], key=lambda w: w.starting))


def week_rows(records: Records, force_id: str, monday: date) -> pl.DataFrame:
    """The reports of a week's list, each once, as last told; with `key`, which stands for the report without naming it.

    Adds `is_week_told` (whether a row says that it is of this list) and `came_on`, the day on which its last file came.
    Raises NothingHeld when no list of that week came.
    """
    told = _told(records, force_id).filter(pl.col("week") == monday).group_by("report_ref").agg(*_TOLD_OF_A_REPORT)
    rows = reports(records, force_id).join(told, on="report_ref").sort("report_ref").collect()
    if rows.is_empty():
        raise NothingHeld("No list of that week is held.", remedy="Send it in, or see which weeks are held.")
    return with_keys(rows)


def first_weeks(records: Records, force_id: str) -> pl.LazyFrame:
    """The Monday of the first list on which each report stood: `report_ref`, `first_week`. A later list repeats rows."""
    return _told(records, force_id).group_by("report_ref").agg(first_week=pl.col("week").min())


def without_week(records: Records, force_id: str) -> int:
    """How many reports came without a week that can be read and be right, in any file: each is on a list all the same."""
    told = _told(records, force_id).group_by("report_ref").agg(pl.col("is_week_told").any())
    return int(told.select((~pl.col("is_week_told")).sum()).collect().item())


def reports(records: Records, force_id: str) -> pl.LazyFrame:
    """Every report of a force that stands, each once, without personal columns."""
    rows = records.table(TABLE).filter(pl.col("force_id") == force_id)
    return rows.unique("report_ref", keep="last", maintain_order=True)


def reports_of(records: Records, force_id: str, codes: Sequence[str], first: date, last: date) -> pl.DataFrame:
    """The reports of some national codes that were made in a span of days, each once, with `key`, the first reported first."""
    inside = pl.col("nfib_code").is_in(list(codes)) & pl.col("reported_on").is_between(first, last)
    return with_keys(reports(records, force_id).filter(inside).sort("reported_on", "report_ref").collect())


def reports_of_all_days(records: Records, force_id: str, codes: Sequence[str]) -> pl.DataFrame:
    """Every report of some national codes, each once, with `key`; `reported_on` is null where it is to come or cannot be read.

    The first reported first, and before them those whose day is not known.
    """
    day = pl.when(_has_come(records)).then(pl.col("reported_on"))
    rows = reports(records, force_id).filter(pl.col("nfib_code").is_in(list(codes))).with_columns(reported_on=day)
    return with_keys(rows.sort("reported_on", "report_ref", nulls_last=False).collect())


def last_reported(records: Records, force_id: str) -> date | None:
    """The day of the latest report held of a force, none that is to come at the as-at instant; None where none is."""
    rows = reports(records, force_id).filter(_has_come(records))
    found: date | None = rows.select(pl.col("reported_on").max()).collect().item()
    return found


def of_no_day(records: Records, force_id: str, codes: Sequence[str] | None = None) -> int:
    """How many reports (of some codes, or of all) have a day that is to come or cannot be read: no window holds them."""
    rows = reports(records, force_id).filter(~_has_come(records).fill_null(value=False))
    if codes is not None:
        rows = rows.filter(pl.col("nfib_code").is_in(list(codes)))
    return int(rows.select(pl.len()).collect().item())


def _has_come(records: Records) -> pl.Expr:
    return pl.col("reported_on") <= local_date(records.as_at)


def refs_by_key(records: Records, force_id: str) -> pl.DataFrame:
    """Every report of a force that stands, by what stands for it: `key`, `report_ref`."""
    return with_keys(reports(records, force_id).select("force_id", "report_ref").collect()).select("key", "report_ref")


def report_rows(records: Records, force_id: str, key: str, refs: pl.DataFrame | None = None) -> pl.DataFrame:
    """The one report that a key stands for, with the Mondays of its `first_week` and `last_week`, and as `week_rows` has it.

    `refs` is what `refs_by_key` gives, where it is at hand. Raises NothingHeld when there is none.
    """
    found = (refs_by_key(records, force_id) if refs is None else refs).filter(pl.col("key") == key)
    if found.is_empty():
        raise NothingHeld("No report is held under that key.", remedy="Open it from the week's list.")
    is_it = pl.col("report_ref") == found["report_ref"].item()
    weeks_of = pl.col("week").min().alias("first_week"), pl.col("week").max().alias("last_week")
    told = _told(records, force_id).filter(is_it).group_by("report_ref").agg(*weeks_of, *_TOLD_OF_A_REPORT)
    rows = records.table(TABLE).filter(is_it & (pl.col("force_id") == force_id))  # no other report is told apart for it
    rows = rows.unique("report_ref", keep="last", maintain_order=True)
    return with_keys(rows.join(told, on="report_ref").collect())


def with_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of reports with `key`: the entry's digest, under which `people` knows it."""
    said = rows.select(entries_of.identity(TABLE)).to_series()
    return rows.with_columns(pl.Series("key", [entries_of.digest(text) for text in said], pl.String))


def known(records: Records, keys: Iterable[str]) -> dict[str, Known]:
    """Who stands behind some reports, by key: from the last linking of people, without a name.

    A report that came after the last linking is known where it was recognised since; else nothing is said of its past.
    """
    wanted = list(dict.fromkeys(keys))
    run = people.last_run(records.home)
    if run is None:
        return {key: Known() for key in wanted}
    held = pl.scan_parquet(run / "people.parquet").select("entry", "person")
    person_of = dict(held.filter(pl.col("entry").is_in(wanted)).collect().iter_rows())
    newly = recognised(run).filter(~pl.col("entry").is_in(list(person_of)))
    asked = newly.filter(pl.col("entry").is_in(wanted))
    group_of = {**person_of, **dict(asked.select("entry", "group").iter_rows())}
    person_of |= dict(asked.select("entry", "person").iter_rows())
    entries: dict[str, list[str]] = {}
    groups = list(set(group_of.values()))
    for entry, person in held.filter(pl.col("person").is_in(groups)).collect().iter_rows():
        entries.setdefault(person, []).append(entry)
    for entry, group in newly.filter(pl.col("group").is_in(groups)).select("entry", "group").iter_rows():
        entries.setdefault(group, []).append(entry)
    others = {e for of_person in entries.values() for e in of_person}
    places = _places(records, run, others)
    groups_of = {key: group_of.get(key, "") for key in wanted}
    return {
        key: _known(key, person_of.get(key), group, entries.get(group, []), places) for key, group in groups_of.items()
    }


def _known(key: str, person: str | None, group: str, entries: list[str], places: _Places) -> Known:
    if not entries:
        return Known()
    own = [e for e in entries if e != key]
    reports = {p.ref: p for e in own if (p := places.reports.get(e)) is not None}
    told = {*reports, *(p.ref for p in (places.reports.get(key),) if p is not None)}
    once = {
        crime for ref in told for crime in places.made_of.get(ref, ())
    }  # a report, and the crime made of it, are one time
    crimes = {(p.ref, p.on): p for e in own if (p := places.crimes.get(e)) is not None and p.ref not in once}
    earlier = tuple(sorted((*reports.values(), *crimes.values()), key=lambda p: (p.on or date.min, p.ref)))
    return Known(
        person=person, group=group, entries=tuple(sorted(entries)), earlier=earlier, is_compared=True,
        is_suspect=any(e in places.suspects for e in own),
    )  # fmt: skip


def _parts_in_crimes(records: Records, run: Path, wanted: set[str]) -> pl.DataFrame:
    """The parts of some entries in crimes, found by the places that the last linking noted: entry, force, crime, role.

    The columns that tell an entry are the same in every correction of its row, so that the row read then will do; one of a
    batch that has been withdrawn since is left out.
    """
    index = pl.scan_parquet(run / "index.parquet").filter(pl.col("table") == "people")
    noted = index.filter(pl.col("entry").is_in(list(wanted))).select("entry", "batch_id", "line_number").collect()
    standing = {b.batch_id: b for b in records.batches_of("people")}
    parts = [
        pl.scan_parquet(standing[batch].folder / "people.parquet")
        .select("line_number", "force_id", "crime_ref", "role")
        .join(rows.lazy().select("entry", "line_number"), on="line_number")
        .collect()
        for (batch,), rows in noted.group_by(["batch_id"])
        if batch in standing
    ]
    kinds = dict.fromkeys(("line_number", "force_id", "crime_ref", "role", "entry"), pl.String)
    return pl.concat(parts) if parts else pl.DataFrame(schema=kinds)


def _places(records: Records, run: Path, wanted: set[str]) -> _Places:
    """Where some entries stand. The parts of people in crimes are read only where an entry is of no report."""
    rows = records.table(TABLE).select("force_id", "report_ref", "reported_on", "nfib_code", "loss_pence").collect()
    rows = with_keys(rows.unique(["force_id", "report_ref"], keep="last", maintain_order=True))
    rows = rows.filter(pl.col("key").is_in(list(wanted)))
    found = {
        key: Past(on=on, ref=ref, code=code, loss_pence=loss)
        for key, ref, on, code, loss in rows.select(
            "key", "report_ref", "reported_on", "nfib_code", "loss_pence"
        ).iter_rows()
    }
    left = wanted - set(found)
    own = _parts_in_crimes(records, run, left) if left else None
    if own is None or own.is_empty():
        return _Places(found, {})
    crimes = records.table("crimes").select("force_id", "crime_ref", "recorded_on")
    crimes = crimes.filter(pl.col("crime_ref").is_in(own["crime_ref"].to_list())).unique(
        ["force_id", "crime_ref"], keep="last", maintain_order=True
    )
    dated = own.join(crimes.collect(), on=["force_id", "crime_ref"], how="left")
    victims = {
        row["entry"]: Past(on=row["recorded_on"], ref=row["crime_ref"], code=None, loss_pence=None)
        for row in dated.filter(pl.col("role").is_in(["victim", "organisation"])).iter_rows(named=True)
    }
    return _Places(found, victims, frozenset(own.filter(pl.col("role") == "suspect")["entry"]), _made_of(records))


def _made_of(records: Records) -> dict[str, frozenset[str]]:
    sent = records.table("fraud_disseminations").select("report_ref", "local_crime_ref").drop_nulls().unique().collect()
    grouped = sent.group_by("report_ref").agg("local_crime_ref")
    return {ref: frozenset(crimes) for ref, crimes in grouped.iter_rows()}


_TOLD_OF_A_REPORT = (pl.col("is_week_told").any(), pl.col("came_on").max())


def _told(records: Records, force_id: str) -> pl.LazyFrame:
    """Every row of every list that stands, those that a later list corrected among them.

    Shape: batch_id, report_ref, and what `_listed` adds.
    """
    wanted = ("batch_id", "force_id", "week_starting", "report_ref", "reported_on")
    parts = [
        _listed(pl.scan_parquet(b.folder / f"{TABLE}.parquet").select(wanted), local_date(b.committed_at))
        for b in records.batches_of(TABLE)
        if b.may_hold(force_id)
    ]
    if not parts:
        return _listed(records.table(TABLE).select(wanted), date.max)
    return pl.concat(parts).filter(pl.col("force_id") == force_id)


def _listed(rows: pl.LazyFrame, came_on: date) -> pl.LazyFrame:
    """The rows of one batch with `week`, the Monday of the list on which each stands, `is_week_told`, and `came_on`.

    A row stands on the list that it tells, from the Monday of that week on. Where it tells no week that had begun when its file
    came, or one that was over before the report, it stands on the list of the week in which it was reported, as far as the file
    is of that week (else of its first or last); and where that day cannot be read either, on the file's last list, or the last
    that was over when it came. A victim is on a list whatever the row lacks.
    """
    reported = pl.when(pl.col("reported_on") <= came_on).then(pl.col("reported_on").dt.truncate("1w"))
    week = pl.col("week_starting").dt.truncate("1w")
    told = pl.when((pl.col("week_starting") <= came_on) & (reported <= week).fill_null(value=True)).then(week)
    within = pl.min_horizontal(pl.max_horizontal(reported, told.min()), told.max())
    over = came_on - timedelta(days=came_on.weekday()) - _WEEK
    return rows.with_columns(
        week=pl.coalesce(told, pl.when(reported.is_not_null()).then(within), told.max(), pl.lit(over)),
        is_week_told=told.is_not_null(), came_on=pl.lit(came_on),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ByOthers:
    """A contact that somebody else made with a victim, as a record says: the day, how, whether reached, and of what."""

    on: date | None
    method: str | None
    is_reached: bool | None
    ref: str


def contacts_of_reports(records: Records, rows: pl.DataFrame) -> dict[str, list[tuple[date, bool | None]]]:
    """By the key of a report (`rows`: key, report_ref): the day of each contact that others recorded, and whether it reached.

    Contacts are records of the force's crimes: a report has some where a dissemination names its local crime.
    """
    sent = records.table("fraud_disseminations").select("report_ref", crime_ref="local_crime_ref")
    own = sent.join(rows.lazy().select("key", "report_ref"), on="report_ref").drop_nulls("crime_ref").unique()
    held = records.table("victim_contacts").filter((pl.col("direction") == "to_victim").fill_null(True))
    held = (
        held.unique("contact_ref", keep="last", maintain_order=True)
        .join(own, on="crime_ref")
        .drop_nulls("contacted_at")
    )
    found: dict[str, list[tuple[date, bool | None]]] = {}
    for key, at, reached in held.select("key", "contacted_at", "is_successful").collect().iter_rows():
        found.setdefault(key, []).append((local_date(at), reached))
    return found


def contacts_by_others(records: Records, report_ref: str, earlier: Iterable[Past]) -> tuple[ByOthers, ...]:
    """The contacts in the force's own records about a report (by its local crime) and about a victim's earlier crimes."""
    sent = records.table("fraud_disseminations").filter(pl.col("report_ref") == report_ref)
    refs = [p.ref for p in earlier if p.code is None] + sent.select(
        "local_crime_ref"
    ).collect().to_series().drop_nulls().to_list()
    if not refs:
        return ()
    held = records.table("victim_contacts").filter(
        pl.col("crime_ref").is_in(refs) & (pl.col("direction") == "to_victim").fill_null(True)
    )
    rows = held.select("contact_ref", "crime_ref", "contacted_at", "method", "is_successful").collect()
    rows = rows.unique("contact_ref", keep="last", maintain_order=True).sort("contacted_at", nulls_last=True)
    return tuple(
        ByOthers(on=local_date(at) if at else None, method=method, is_reached=reached, ref=ref)
        for _, ref, at, method, reached in rows.iter_rows()
    )
