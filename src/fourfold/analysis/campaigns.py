"""Campaigns: what was done in an intensification period, as far as is recorded; and reach, which is never called effect.

A campaign identifies its victims from the reports held, and each is reached, tried, or has nothing recorded, which does not
say that nothing was done. Reach is how often a message was shown, or who came to an event; what it prevented is not measurable
by it, and no figure here says so. Impressions and people are never added up together.

    contact_progress(...)       a Finding: of the victims identified, how many were reached or tried
    questionnaire_progress(...) a Finding: of all romance victims, how many questionnaires are completed
    arrests(...)                a Finding: arrests in the days of a campaign, for frauds of its codes
    reach(...), reach_lines     a Finding and the lines of a month's return of reach and attendance
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

import fourfold
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value
from fourfold.analysis.volumes import Scope
from fourfold.codes.campaigns import questionnaire_codes, words
from fourfold.codes.periods import Window, month_end
from fourfold.codes.working_days import first_instant, last_instant
from fourfold.records.as_at import Records

REACHED, TRIED, NOTHING = "reached", "tried, not reached", "nothing recorded"
CONTACTS = (REACHED, TRIED, NOTHING)
NOT_OFFERED, OFFERED = "no questionnaire recorded", "offered"
NOT_AN_EFFECT = (
    "Reach is how often a message was shown, or how many came. It does not say what was prevented, and no figure "
    "here does."
)
_SOURCE = "West Midlands Police, Strategic Policing and Crime Board, 22 February 2022, paragraphs {}."
_CONTACTED = Method(
    name="campaign contacts",
    text="Each victim identified, counted once however many reports name that person or organisation, as far as people have been "
    "compared: reached where any contact in the campaign’s days says so, else tried where any "
    "try is recorded, by victim care or by others in the force. Where nothing is recorded, nothing is said of what was done.",
    source=_SOURCE.format("17"),
)
_ASKED = Method(
    name="questionnaires",
    text="Every victim of romance fraud who reported in the window is in the denominator, once however many reports name that "
    "person as far as people have been compared, whether or not a questionnaire was offered; counted by the last that is recorded.",
    source=_SOURCE.format("20"),
)
_ARRESTED = Method(
    name="campaign arrests",
    text="Arrests that the force’s records date within the campaign, in crimes that a dissemination of the campaign’s codes names; "
    "each person once in a crime. That they were made for the campaign is not known.",
    source=_SOURCE.format("17"),
)
_REACHED = Method(
    name="reach",
    text="Activities counted, and the numbers recorded of them summed, impressions and attendance apart; how many have no number "
    "stands beside. Reach is not effect.",
    source=_SOURCE.format("21"),
)


@dataclass(frozen=True, kw_only=True)
class Activity:
    """A protect message or an outreach event: its day, channel, title, and its reach (None: not recorded)."""

    on: date
    kind: str
    channel: str
    title: str
    reach: int | None
    campaign: str = ""


@dataclass(frozen=True, kw_only=True)
class ReachLine:
    """One line of a month's return of reach: days as text; a number that is not recorded is empty, never 0."""

    month: str
    on: str
    kind: str
    channel: str
    title: str
    impressions: int | None
    attendance: int | None
    campaign: str


REACH_FIELDS = tuple(field.name for field in fields(ReachLine))


def reach_lines(activities: Iterable[Activity], month: date) -> tuple[ReachLine, ...]:
    """The lines of a month's return, in order of day: one an activity."""
    own = sorted((a for a in activities if month <= a.on <= month_end(month)), key=lambda a: (a.on, a.kind, a.title))
    return tuple(
        ReachLine(
            month=f"{month:%Y-%m}", on=a.on.isoformat(), kind=a.kind, channel=a.channel, title=a.title,
            impressions=a.reach if words("reach")[a.kind] == "impressions" else None,
            attendance=a.reach if words("reach")[a.kind] == "attendance" else None, campaign=a.campaign,
        )
        for a in own
    )  # fmt: skip


def lines_as_plain(every: Sequence[ReachLine]) -> list[dict[str, Any]]:
    """Lines as plain data, to be kept."""
    return [asdict(line) for line in every]


def lines_from_plain(plain: Iterable[dict[str, Any]]) -> tuple[ReachLine, ...]:
    """The lines that `lines_as_plain` wrote."""
    return tuple(ReachLine(**one) for one in plain)


def reach(activities: Sequence[Activity], scope: Scope, window: Window, at: datetime) -> Finding:
    """The activities of a window: kind "reach", its value how many there were; never a sum of impressions and people.

    Columns: kind, channel, activities, with_number, reach, of (impressions or attendance). Reach is None where none is recorded.
    """
    own = [a for a in activities if window.first <= a.on <= window.last]
    rows: list[tuple[Value, ...]] = []
    for kind, channel in sorted({(a.kind, a.channel) for a in own}):
        of = [a for a in own if (a.kind, a.channel) == (kind, channel)]
        told = [a.reach for a in of if a.reach is not None]
        names = (words("kinds")[kind], words("channels")[channel])
        rows.append((*names, len(of), len(told), sum(told) if told else None, words("reach")[kind]))
    return _finding(
        scope, window, at, kind="reach", title="Protect messages and outreach events", value=len(own), n=len(own), unit="activities",
        table=Table(columns=("kind", "channel", "activities", "with_number", "reach", "of"), rows=tuple(rows)),
        method=_REACHED, text="A message that was put out, or an event that was held, as the unit recorded it.",
        notes=(NOT_AN_EFFECT,),
    )  # fmt: skip


def contact_progress(states: Sequence[str], scope: Scope, window: Window, at: datetime) -> Finding:
    """Of the victims identified, how many were contacted or tried: kind "campaign contacts". Columns: state, victims."""
    counts = Counter(states)
    return _finding(
        scope, window, at, kind="campaign contacts", title="Victims contacted or tried", value=counts[REACHED] + counts[TRIED],
        n=len(states), unit="victims", method=_CONTACTED, text="A victim whom the campaign identified among the reports held.",
        table=Table(columns=("state", "victims"), rows=tuple((s, counts[s]) for s in CONTACTS)),
    )  # fmt: skip


def questionnaire_progress(states: Sequence[str], scope: Scope, window: Window, at: datetime) -> Finding:
    """Of all romance victims of a window, how many questionnaires are completed: kind "questionnaires". Columns: state, victims."""
    counts, results = Counter(states), words("results")
    rows = (
        (NOT_OFFERED, counts[NOT_OFFERED]),
        (OFFERED, counts[OFFERED]),
        *((results[r].lower(), counts[r]) for r in results),
    )
    return _finding(
        scope, window, at, kind="questionnaires", title="Questionnaires of romance fraud completed", value=counts["completed"],
        n=len(states), unit="victims", table=Table(columns=("state", "victims"), rows=rows), method=_ASKED,
        text=f"A victim who reported a fraud of {', '.join(questionnaire_codes())}.",
    )  # fmt: skip


def arrests(records: Records, scope: Scope, window: Window, codes: Sequence[str]) -> Finding:
    """Arrests in the days of a campaign for frauds of its codes: kind "campaign arrests". No table: people are few."""
    sent = records.table("fraud_disseminations").filter(
        (pl.col("force_id") == scope.force_id) & pl.col("nfib_code").is_in(list(codes)) & pl.col("local_crime_ref").is_not_null()
    )  # fmt: skip
    refs = sent.select(crime_ref="local_crime_ref").unique()
    events = records.table("investigation_events").filter(
        (pl.col("force_id") == scope.force_id) & (pl.col("kind") == "arrest")
        & pl.col("happened_at").is_between(first_instant(window.first), last_instant(window.last).astimezone(UTC))
    ).unique("event_ref", keep="last")  # fmt: skip
    found = events.join(refs, on="crime_ref", how="semi").select("crime_ref", "person_ref", "event_ref").collect()
    known = found.drop_nulls("person_ref").unique(["crime_ref", "person_ref"]).height
    unnamed = found["person_ref"].null_count()
    batches = (*records.batches_of("fraud_disseminations"), *records.batches_of("investigation_events"))
    return _finding(
        scope, window, records.as_at, kind="campaign arrests", title="Arrests for frauds of the campaign’s codes",
        value=known + unnamed if batches else None, n=found.height, unit="arrests", method=_ARRESTED,
        text=f"An arrest in a crime that a dissemination of {', '.join(codes)} names.", batches=tuple(b.batch_id for b in batches),
        verdict=None if batches else "no arrest or dissemination is held",
    )  # fmt: skip


def _finding(scope: Scope, window: Window, at: datetime, *, method: Method, text: str, **said: Any) -> Finding:
    definition = Definition(
        name=method.name, version="1", title=said["title"], text=text, source=method.source, status="unconfirmed"
    )
    given = {"batches": (), "sources": ("what the unit recorded, and the force’s own records",), **said}
    return Finding(
        windows=(window,), area=scope.title, definition=definition, method=method, as_at=at,
        code_version=fourfold.__version__, **given,
    )  # fmt: skip
