"""Theme trends: how many reports a month are of a theme, between what bounds, and whether that has changed.

A count of scores is not a count of reports: some of a theme are missed, and some of others are taken for it. How many of each
is known from labelled texts later than all that was learnt from (a split by time, no group of linked texts on both sides), and
is printed beside the trend with its number. From it the count is set right, and bounded by what that number leaves open:

    of the theme = (scored so - false share x reports) / (found share - false share)

The bounds take the found and the false share at the ends of their intervals. Whether the theme has changed is judged on the
counts of scores by the months before, as any series is (`trends`): a scorer's misses do not change from month to month, but
new ways of telling a fraud may be missed more, so that a fall is to be read with the share that is abstained from.

Sources: Rogan and Gladen (1978), American Journal of Epidemiology 107; Wilson (1927), Journal of the American Statistical
Association 22; and those of `trends`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from fourfold.analysis import trends
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value, wilson
from fourfold.analysis.theme_accuracy import OfTheme
from fourfold.codes.themes import theme as theme_of
from fourfold.codes.themes import themes as known_themes

BY_TIME = "development by time, no base on both sides"
_LEVEL = 0.95
_COLUMNS = ("month", "reports", "scored", "abstained", "set_right", "at_least", "at_most")
METHOD = Method(
    name="theme trend",
    text="Reports scored as of a theme, by month; the sum set right for those missed and those taken for it, by labelled texts "
    "later than what was learnt from, and bounded by how few those are; the change judged as any series is.",
    source="Rogan and Gladen 1978; Wilson 1927.",
)


@dataclass(frozen=True)
class Tried:
    """How a scorer did on one set of `n` texts, of one theme."""

    set: str
    n: int
    of: OfTheme


@dataclass(frozen=True)
class Month:
    """One month's reports with a narrative, how many were scored as of each theme, and how many were abstained from."""

    month: date
    reports: int
    scored: Mapping[str, int]
    abstained: int


@cache
def tried(theme: str) -> tuple[Tried, ...]:
    """How the shipped scorer's way of learning did on each set: `tools/themes.py` works it out."""
    text = (files("fourfold.analysis") / "data" / "theme_accuracy.csv").read_text(encoding="utf-8")
    return tuple(
        Tried(r["set"], int(r["n"]), OfTheme(theme, int(r["labelled"]), int(r["scored"]), int(r["both"])))
        for r in csv.DictReader(text.splitlines())
        if r["theme"] == theme
    )


def theme_trend(
    reports: Finding, months: Sequence[Month], theme: str, *, of_window: Sequence[date], title: str = ""
) -> Finding:
    """The trend of a theme: kind "theme trend", its value the reports scored so in the window's months.

    `reports` is the count of reports of the window, whose provenance it takes; `months` are all months held, in order. The
    interval bounds how many reports of the theme there were; None where nothing is known of the scorer's misses (a theme of the
    force's own). The change is on the same months a year before.
    """
    inside = set(of_window)
    own = [m for m in months if m.month in inside]
    before = [m for m in months if m.month.replace(year=m.month.year + 1) in inside]
    known = next((t for t in tried(theme) if t.set == BY_TIME and t.of.labelled), None)
    rows = tuple(_row(m, theme, known) for m in months)
    scored, total = _sum(own, theme), sum(m.reports for m in own)
    bounds = _set_right(scored, total, known) if known else None
    verdict = _verdict(own, before, months, theme)
    is_shipped = theme in {t.theme for t in known_themes()}
    return Finding(
        windows=reports.windows, area=reports.area, as_at=reports.as_at, batches=reports.batches,
        code_version=reports.code_version, code_lists=reports.code_lists, mappings=reports.mappings, sources=reports.sources,
        kind="theme trend", title=title or (theme_of(theme).title if is_shipped else theme), value=scored if own else None,
        unit="reports", n=total,
        definition=Definition(
            name=theme, version="2026-11", title=title or theme,
            text=theme_of(theme).definition if is_shipped else "A theme of the force's own, confirmed by an analyst.",
            source="Fourfold: local themes over the national codes", status="unconfirmed",
        ),
        method=METHOD, verdict=verdict, table=Table(columns=_COLUMNS, rows=rows), parts=(reports,),
        interval=None if bounds is None else Interval(
            low=bounds[1], high=bounds[2], level=_LEVEL,
            meaning="reports of the theme, as few and as many as the scorer's known misses leave open",
        ),
        parameters={
            "set right": None if bounds is None else round(bounds[0], 1), "abstained": sum(m.abstained for m in own),
            "tried on": known.n if known else 0, "labelled so there": known.of.labelled if known else 0,
            "found there": known.of.both if known else 0, "taken for it there": known.of.scored - known.of.both if known else 0,
        },
        notes=(
            *reports.notes,
            "A theme is a local reading of the narrative; the national codes are not changed.",
            "The scorer's misses are known from fictitious texts only.",
        ),
    )  # fmt: skip


def _sum(months: Sequence[Month], theme: str) -> int:
    return sum(m.scored.get(theme, 0) for m in months)


def _row(month: Month, theme: str, known: Tried | None) -> tuple[Value, ...]:
    scored = month.scored.get(theme, 0)
    bounds = _set_right(scored, month.reports, known) if known else None
    said = (None, None, None) if bounds is None else tuple(round(b, 1) for b in bounds)
    return (month.month.isoformat(), month.reports, scored, month.abstained, *said)


def _set_right(scored: int, reports: int, known: Tried) -> tuple[float, float, float] | None:
    """The count set right, and its bounds; None where the scorer tells the theme from others no better than chance."""
    found, false = known.of.both, known.of.scored - known.of.both
    others = known.n - known.of.labelled
    if not known.of.labelled or not others:
        return None
    found_low, found_high = (end / 100 for end in wilson(found, known.of.labelled))
    false_low, false_high = (end / 100 for end in wilson(false, others))
    if found_low <= false_high:
        return None

    def count(found_share: float, false_share: float) -> float:
        return min(max((scored - false_share * reports) / (found_share - false_share), 0.0), float(reports))

    return (
        count(found / known.of.labelled, false / others),
        count(found_high, false_high),
        count(found_low, false_low),
    )


def _verdict(own: Sequence[Month], before: Sequence[Month], months: Sequence[Month], theme: str) -> str:
    if not own or len(before) != len(own):
        return "cannot judge: the same months a year before are not all held"
    first = own[0].month
    history = [m for m in months if m.month < first]
    counts = [m.scored.get(theme, 0) for m in history]
    told = trends.judged(_sum(before, theme), _sum(own, theme), [m.month for m in history], counts)
    return f"{told.verdict}: {told.reason.replace('crimes', 'reports')}"
