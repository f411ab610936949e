"""Repeat victimisation: how often people were victims again, how soon, of what, and lost how much.

A time is one crime, or one report of fraud, in which somebody has the part of the victim. Who the same person is, is said by
`records.people`: what linking has missed, or has wrongly joined, is in every figure here. A time is a return where the same
person has an earlier time in the records held, before the window or in it; what was not held (before the first list, or of
another force) makes a return look like a first time. A crime that was cancelled or transferred is no time.

One crime that names somebody twice is one time; so are a report and the crime that was made of it.

A loss that was not given is not nought, and a time without a day stands in no window: each is counted, and said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import polars as pl

import fourfold
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value
from fourfold.codes import areas
from fourfold.codes.periods import Window
from fourfold.codes.working_days import local_date
from fourfold.errors import NothingHeld
from fourfold.records.as_at import Records
from fourfold.records.entries import places as places_of
from fourfold.records.people import State

SOON = ((7, "within 7 days"), (28, "8 to 28 days"), (91, "29 to 91 days"), (365, "92 to 365 days"))
"""Bands of days from one time to the next, by their last day; what is later is the last band."""
_LATER = "over 365 days"
_OFTEN = 5
_COLUMNS = ("about", "which", "n", "of", "loss_given", "sum_pence", "loss_not_given")
_DEFINITION = Definition(
    name="repeat_victimisation", version="1", title="Victims who were victims before",
    text="Times (crimes, and reports of fraud) in the window whose victim has an earlier time in the records held; persons and "
    "organisations as linked across lists; crimes that were cancelled or transferred are left out.",
    source="the definition is Fourfold's own",
)  # fmt: skip
_METHOD = Method(
    name="repeat victimisation",
    text="Each linked person's times in order of their days; a time with an earlier one is a return, counted by the days since "
    "the time before, by what it was of, and by the losses given. Nothing is estimated.",
)


def repeat_victimisation(
    records: Records, state: State, force_id: str, window: Window, *, firms: bool = False
) -> Finding:
    """Who came back as a victim in a window: kind "repeat victimisation", its value how many people did, unit "people".

    `n` is how many people had a time in the window. Of persons, or of organisations with `firms`. Columns: about (how often:
    people by how many times until the window's end; how soon: returns by days since the time before; of what: returns by
    code; lost: times by whether they are a return), which, n, of, loss_given, sum_pence, loss_not_given. Losses are of
    reports of fraud alone. Raises NothingHeld before the first linking.
    """
    if state.people.is_empty():
        raise NothingHeld("Nobody has been linked yet.", remedy="Link first: `fourfold people link`.")
    every = victim_times(records, state).filter((pl.col("force_id") == force_id) & (pl.col("is_firm") == firms))
    told = every.drop_nulls(["person", "day"]).filter(pl.col("day") <= window.last).sort("person", "day", "ref")
    told = told.with_columns(
        before=pl.col("day").shift(1).over("person"), number=pl.int_range(1, pl.len() + 1).over("person")
    )
    inside = told.filter(pl.col("day") >= window.first)
    returns = inside.filter(pl.col("number") > 1)
    people = inside.group_by("person").agg(times=pl.col("number").max(), returned=(pl.col("number") > 1).any())
    rows = [*_often(people), *_soon(returns), *_of_what(returns), *_lost(inside)]
    used = [b for b in records.standing if {"people", "fraud_victims", "crimes"} & set(b.tables)]
    return Finding(
        kind="repeat victimisation", title=f"Repeat victimisation of {'organisations' if firms else 'persons'}",
        value=int(people["returned"].sum()), unit="people", n=people.height, windows=(window,), area=areas.force(force_id).name,
        definition=_DEFINITION, method=_METHOD, as_at=records.as_at, batches=tuple(b.batch_id for b in used),
        code_version=fourfold.__version__, mappings={b.batch_id: b.mapping_version for b in used},
        sources=tuple(dict.fromkeys(b.source for b in used)), table=Table(columns=_COLUMNS, rows=tuple(rows)),
        parameters={"weights of linking": state.weights, "linked as at": state.at.isoformat() if state.at else None},
        notes=tuple(_notes(every, inside, returns, firms=firms)),
    )  # fmt: skip


def _often(people: pl.DataFrame) -> list[tuple[Value, ...]]:
    """People with a time in the window, by how many times they had until its end."""
    names = [*map(str, range(1, _OFTEN)), f"{_OFTEN} or more"]
    counted = people["times"].clip(1, _OFTEN).value_counts() if people.height else None
    n = dict(counted.iter_rows()) if counted is not None else {}
    return [("how often", name, n.get(at, 0), people.height, None, None, None) for at, name in enumerate(names, 1)]


def _soon(returns: pl.DataFrame) -> list[tuple[Value, ...]]:
    days = (returns["day"] - returns["before"]).dt.total_days()
    found, low = [], 0
    for last, name in SOON:
        found.append((name, int(((days >= low) & (days <= last)).sum())))
        low = last + 1
    found.append((_LATER, int((days >= low).sum())))
    return [("how soon", name, n, returns.height, None, None, None) for name, n in found]


def _of_what(returns: pl.DataFrame) -> list[tuple[Value, ...]]:
    """Returns by their code, most first; a crime without its code is "crime"."""
    counted = returns.group_by("of").agg(n=pl.len(), **_losses()).sort("n", "of", descending=[True, False])
    return [
        ("of what", of, n, returns.height, *money)
        for of, n, *money in counted.select("of", "n", *_losses()).iter_rows()
    ]


def _lost(inside: pl.DataFrame) -> list[tuple[Value, ...]]:
    """Losses of reports of fraud in the window: of first times, and of returns."""
    found: list[tuple[Value, ...]] = []
    reports = inside.filter(pl.col("table") == "fraud_victims")
    for which, own in (
        ("first time", reports.filter(pl.col("number") == 1)),
        ("return", reports.filter(pl.col("number") > 1)),
    ):
        money = own.select(**_losses()).row(0)
        found.append(("lost", which, own.height, reports.height, *money))
    return found


def _losses() -> dict[str, pl.Expr]:
    """Of times: how many losses were given, their sum (null where none was), and how many reports give none."""
    given = pl.col("loss").count()
    is_report = pl.col("table") == "fraud_victims"
    return {
        "loss_given": given, "sum_pence": pl.when(given > 0).then(pl.col("loss").sum()),
        "loss_not_given": (is_report & pl.col("loss").is_null()).sum(),
    }  # fmt: skip


def _notes(every: pl.DataFrame, inside: pl.DataFrame, returns: pl.DataFrame, *, firms: bool) -> list[str]:
    said = []
    if unlinked := every["person"].null_count():
        said.append(
            f"Times that came after people were last linked, which stand in no figure here: {unlinked:,}. Link again first."
        )
    if undated := int((every["person"].is_not_null() & every["day"].is_null()).sum()):
        said.append(f"Times without a day, which stand in no figure here: {undated:,}.")
    reports = inside.filter(pl.col("table") == "fraud_victims")
    if missing := reports["loss"].null_count():
        said.append(f"Reports whose loss is not given, which is not nought: {missing:,} of {reports.height:,}.")
    if returns.height:
        first = str(every["day"].min())
        said.append(f"The records begin on {first}: who was a victim before that is not known to have come back.")
    said.append(
        f"{'Organisations' if firms else 'Persons'} as linked across lists: one missed makes a return a first time."
    )
    return said


def victim_times(records: Records, state: State, places: pl.DataFrame | None = None) -> pl.DataFrame:
    """Each time that somebody was a victim: `person` (null where not linked yet), `force_id`, `table`, `ref`, `day`, `of`,
    `loss` (pence) and `is_firm`. Of some `places` only (see `entries.places`), where they are given.

    One crime or report is one time, though it names the person twice; and a report and the crime that was made of it (by its
    dissemination) are one, which stands as the report. Crimes that were cancelled or transferred by the records' day are
    left out.
    """
    times = places_of(records) if places is None else places
    times = times.filter((pl.col("role") == "victim") | (pl.col("role") == "organisation"))
    out = records.table("crimes").filter(pl.col("status").is_in(["cancelled", "transferred"]))
    if places is not None:
        out = out.filter(pl.col("crime_ref").is_in(places["ref"].unique().implode()))
    crimes = out.select("force_id", ref="crime_ref", on="status_on").collect()
    gone = crimes.filter(pl.col("on").is_null() | (pl.col("on") <= local_date(records.as_at)))
    times = times.join(gone.with_columns(table=pl.lit("people")), on=["table", "force_id", "ref"], how="anti")
    linked = state.people.select("entry", "person").join(state.index.select("entry", "is_firm"), on="entry", how="left")
    times = times.join(linked, on="entry", how="left", maintain_order="left")
    times = times.with_columns(who=pl.coalesce("person", "entry"), is_firm=pl.col("is_firm").fill_null(value=False))
    times = times.unique(["who", "table", "force_id", "ref"], keep="last", maintain_order=True)
    sent = (
        records.table("fraud_disseminations").select("force_id", "report_ref", "local_crime_ref").drop_nulls().collect()
    )
    reports = times.filter(pl.col("table") == "fraud_victims").select("who", "force_id", report_ref="ref")
    told = reports.join(sent.unique(), on=["force_id", "report_ref"])
    told = told.select("who", "force_id", ref="local_crime_ref", table=pl.lit("people"))
    times = times.join(told, on=["who", "table", "force_id", "ref"], how="anti")
    wanted = ("person", "force_id", "table", "ref", "day", "loss", "is_firm")
    return times.select(*wanted, of=pl.col("code").fill_null("crime"))


@dataclass(frozen=True)
class Repeats:
    """Repeat victimisation of one person: each time, of what, what was lost in pence, and days since the time before."""

    times: int
    after_days: tuple[int, ...]
    of_what: tuple[str, ...]
    lost_pence: int | None
    unknown_losses: int


def repeats_of(times: pl.DataFrame) -> tuple[Repeats, int]:
    """What one person's `victim_times` come to, and how many of them have no day and stand in no figure."""
    dated = times.drop_nulls("day")
    return repeats(dated.select("day", "of", "loss").iter_rows()), times.height - dated.height


def repeats(times: Iterable[tuple[date, str, int | None]]) -> Repeats:
    """How often, how soon, of what and lost how much: from the day, the code and the loss (None: not known) of each time."""
    held = sorted(times, key=lambda one: (one[0], one[1]))
    known = [loss for _, _, loss in held if loss is not None]
    return Repeats(
        times=len(held), after_days=tuple((b[0] - a[0]).days for a, b in pairwise(held)),
        of_what=tuple(code for _, code, _ in held), lost_pence=sum(known) if known else None,
        unknown_losses=len(held) - len(known),
    )  # fmt: skip
