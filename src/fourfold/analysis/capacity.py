"""Capacity: what a victim-care unit of a given size could do for the victims who really reported, under a limit of the score.

The unit's days are played through on the real arrivals: each report can be worked from the working day on which its list is
there; whoever the rule refers waits, and after them whoever cannot be judged, for nobody falls out; each officer has one case
at a time and takes, when free, whoever stands first. The order is the list's own, highest risk first: those referred before
those who cannot be judged, repeat victims first (as the national list says), then those whom more filters refer, then who
reported first. Work begun is finished, over night and week-end; no work is done on a day that is no working day.

How long a case takes, and who gets which kind of care, is drawn from the force's service times (`codes.service_times`), which
are assumptions: the days are played many times, each run with its own draws, and each result is a mean with the range of the
runs. A report has the same draw under every plan, so that two plans differ by what they do and not by luck.

    capacity(records, scope, window, plan, standing)   a Finding: helped, waiting, missed; its parts: waits, backlog, by whom
    runs_of(cases, plan, seed, runs)                   the same on plain cases, run by run
    starts(arrivals, minutes, officers)                when each case is begun: the queue itself
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.analysis import triage, volumes
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.analysis.triage import FILTERS, NOT_REFERRED, REFERRED, STANDINGS
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window
from fourfold.codes.service_times import WHOLE, ServiceTimes
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.triage_rules import TriageRule
from fourfold.codes.working_days import is_working_day
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.weekly_lists import first_weeks, reports, with_keys

Order = Literal["risk", "arrival"]
ORDERS: Mapping[Order, str] = {
    "risk": "Highest risk first: repeat victims, then by how many filters refer, then who reported first",
    "arrival": "First come, first served",
}
HELPED, LATE, WAITING, TOO_LONG, PASSED_OVER, NOT_LISTED, OTHERS = range(7)
OUTCOMES = (
    "helped in time", "helped late", "waiting", "missed: waited too long", "missed: passed over", "on no list yet",
    "not referred",
)  # fmt: skip
"""What becomes of a report by the window's end, each report in one. Helped is whose care has begun."""
RUNS, SEED, MOST_RUNS, MOST_LEAD = 20, 1, 200, 52
LEVEL = 0.9
BY = {"age_band": "age", "group": "kind of fraud", "theme": "theme", "loss": "loss", "victim_type": "victim type",
      "standing": "standing"}  # fmt: skip
ROUNDING = "rounded_to_5"
"""The rule by which the breakdown's small numbers are protected."""
_NO_THEME = "no theme told"
_METHOD = Method(
    name="capacity",
    text="The unit's working days played through on the real arrivals, officer by officer and case by case, many times with "
    "other draws of how long care takes; means over the runs, and the range in which nine runs in ten lie.",
    source="Checked against a replay minute by minute, and against the formula of Erlang (1917) for the wait in a queue.",
)
_Days = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked: whom a rule refers, what the team can do, and in which order."""

    rule: TriageRule
    times: ServiceTimes
    order: Order = "risk"

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise RequestInvalid("There is no such order.", remedy=f"Use {' or '.join(ORDERS)}.")

    @property
    def in_words(self) -> str:
        """The plan, in a sentence without a full stop."""
        return f"{self.rule.in_words}; {self.times.in_words}; {ORDERS[self.order][0].lower()}{ORDERS[self.order][1:]}"


@dataclass(frozen=True)
class Cases:
    """The reports of a window, in the order of their reporting. Days are working days of the window, counted from 0.

    `arrives` is the day from which a report can be worked (beyond the last: not within the window); `place` its place in the
    queue, the least first; `joins` whether it is in the queue at all; `is_passed_over` what the standing rule refers and the
    plan's does not; `is_counted` whether it is of the window, and not of the weeks played before it.
    """

    rows: pl.DataFrame
    days: tuple[date, ...]
    arrives: _Days
    place: _Days
    joins: npt.NDArray[np.bool_]
    is_passed_over: npt.NDArray[np.bool_]
    is_counted: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Runs:
    """Run by run: the outcome of each report (index of OUTCOMES), the day on which its care begins (-1: not begun)."""

    outcome: npt.NDArray[np.int8]
    begins: _Days


def capacity(
    records: Records, scope: Scope, window: Window, plan: Plan, standing: TriageRule, *, runs: int = RUNS, seed: int = SEED,
    theme_of: Mapping[str, str] | None = None, lead_weeks: int = 0,
) -> Finding:  # fmt: skip
    """What a plan would do for the reports of a window: kind "capacity", its value how many are helped in time.

    Columns: outcome, reports (the mean of the runs), low, high. `standing` is the rule in force: whom it refers and the plan's
    does not is passed over. `theme_of` gives local themes by the report's key, where a
    reading found any. Parts: kind "capacity waits",
    kind "capacity backlog", kind "capacity by whom", and the reports counted. Raises CodeUnknown where bank holidays are not held.
    """
    if not 1 <= runs <= MOST_RUNS:
        raise RequestInvalid(f"The days are played 1 to {MOST_RUNS} times.", remedy="Ask for so many runs.")
    if not 0 <= lead_weeks <= MOST_LEAD:
        raise RequestInvalid(
            f"The play begins 0 to {MOST_LEAD} weeks before the window.", remedy="Give a number of weeks."
        )
    played_over = Window(window.first - timedelta(days=7 * lead_weeks), window.last)
    whole = volumes.count(records, measure("fraud_reports"), scope, window)
    rows, undated = _rows(records, scope, played_over)
    cases = cases_of(rows, plan, standing, played_over, theme_of or {}, window.first)
    played = runs_of(cases, plan, seed, runs)
    made = _Made(whole, cases, played, plan, standing, seed, undated, lead_weeks)
    return made.capacity()


def cases_of(
    rows: pl.DataFrame, plan: Plan, standing: TriageRule, window: Window, theme_of: Mapping[str, str],
    counted_from: date | None = None,
) -> Cases:  # fmt: skip
    """The cases of some reports (the columns of `fraud_victims`, with `first_week` and `key`), judged by the plan's rule.

    The days of `window` are played; reports made before `counted_from` take their place in the queue, and are not counted.
    """
    days = tuple(day for day in _every_day(window) if is_working_day(day))
    found = triage.judged(rows, plan.rule).sort("reported_on", "report_ref")
    now = triage.judged(rows, standing).sort("reported_on", "report_ref")
    found = triage.banded(found).with_columns(
        first_day=_first_day(plan.times.list_after_days),
        theme=pl.col("key").replace_strict(dict(theme_of), default=None, return_dtype=pl.String)
        if theme_of
        else pl.lit(None, pl.String),
    )
    arrives = np.array([bisect_left(days, day) for day in found["first_day"].to_list()], dtype=np.int64)
    stands = found["standing"].to_list()
    is_passed_over = [a == NOT_REFERRED and b == REFERRED for a, b in zip(stands, now["standing"], strict=True)]
    return Cases(
        found, days, arrives, _places(found, arrives, plan.order), np.array([s != NOT_REFERRED for s in stands], bool),
        np.array(is_passed_over, bool), (found["reported_on"] >= (counted_from or window.first)).to_numpy(),
    )  # fmt: skip


def _places(found: pl.DataFrame, arrives: _Days, order: Order) -> _Days:
    """Each report's place in the queue, whenever it comes: 0 stands first."""
    keyed = found.with_row_index("at").with_columns(
        pl.Series("arrives", arrives),
        stand=pl.col("standing").replace_strict({s: n for n, s in enumerate(STANDINGS)}, return_dtype=pl.Int64),
        is_first=pl.col("is_repeat").fill_null(False).not_(),
        filters=-pl.sum_horizontal(pl.col(name).cast(pl.Int64) for name in FILTERS),
    )
    by = ["stand", "is_first", "filters", "reported_on", "report_ref"]
    keyed = keyed.sort(by if order == "risk" else ["arrives", "reported_on", "report_ref"])
    place = np.empty(found.height, dtype=np.int64)
    place[keyed["at"].to_numpy()] = np.arange(found.height)
    return place


def runs_of(cases: Cases, plan: Plan, seed: int, runs: int) -> Runs:
    """The days played so many times. A report's draw in a run is the same whatever the plan."""
    n, times = len(cases.arrives), plan.times
    queued = np.flatnonzero(cases.joins & (cases.arrives < len(cases.days)))
    queued = queued[np.argsort(cases.place[queued], kind="stable")]
    arrivals = (cases.arrives[queued] * times.minutes_a_day).tolist()
    begins = np.full((runs, n), -1, dtype=np.int64)
    for run in range(runs):
        minutes = drawn_minutes(n, times, seed, run)[queued].tolist()
        began = np.array(starts(arrivals, minutes, times.officers), dtype=np.int64) // times.minutes_a_day
        begins[run, queued] = np.where(began < len(cases.days), began, -1)
    return Runs(_outcomes(cases, begins, times.limit_working_days), begins)


def drawn_minutes(n: int, times: ServiceTimes, seed: int, run: int) -> npt.NDArray[np.int64]:
    """How long the care of each of n reports takes in a run, in whole minutes: the level drawn by the mix, then the time.

    The time is Gamma with the level's mean and the spread given: a spread of 1 is the exponential, of 0 the mean itself.
    """
    draw = np.random.default_rng([seed, run])
    level = draw.random(n)
    unlike = draw.gamma(1 / times.spread**2, times.spread**2, n) if times.spread else np.ones(n)
    edges = np.cumsum([share / WHOLE for share in times.mix.values()])
    means = np.array([times.minutes[name] for name in times.mix], dtype=float)
    of_level = means[np.minimum(np.searchsorted(edges, level, side="right"), len(means) - 1)]
    return np.maximum(np.rint(of_level * unlike), 1).astype(np.int64)


def starts(arrivals: Sequence[int], minutes: Sequence[int], officers: int) -> list[int]:
    """When each case is begun, in minutes of working time. The cases stand in the order of the queue: of those who have
    arrived, the first is taken, by the officer who has been free longest; a case that is begun is finished."""
    coming = sorted(range(len(arrivals)), key=lambda case: (arrivals[case], case))
    free = [0] * officers
    waiting: list[int] = []
    begun = [0] * len(arrivals)
    clock = at = 0
    while at < len(coming) or waiting:
        clock = max(clock, heapq.heappop(free))
        if not waiting and at < len(coming):
            clock = max(clock, arrivals[coming[at]])
        while at < len(coming) and arrivals[coming[at]] <= clock:
            heapq.heappush(waiting, coming[at])
            at += 1
        case = heapq.heappop(waiting)
        begun[case] = clock
        heapq.heappush(free, clock + minutes[case])
    return begun


def _outcomes(cases: Cases, begins: _Days, limit: int) -> npt.NDArray[np.int8]:
    """What became of each report in each run."""
    is_begun = begins >= 0
    waited = np.where(is_begun, begins, len(cases.days) - 1) - cases.arrives
    found = np.where(is_begun, np.where(waited <= limit, HELPED, LATE), np.where(waited <= limit, WAITING, TOO_LONG))
    found = np.where(cases.arrives >= len(cases.days), NOT_LISTED, found)
    left = np.where(cases.is_passed_over, PASSED_OVER, OTHERS)
    return np.where(cases.joins, found, left).astype(np.int8)


@dataclass(frozen=True)
class _Made:
    """The Findings of a plan that was played through."""

    whole: Finding
    cases: Cases
    played: Runs
    plan: Plan
    standing: TriageRule
    seed: int
    undated: int
    lead_weeks: int = 0

    def capacity(self) -> Finding:
        """Helped, waiting, missed; the others are its parts."""
        counts = self._by_run()
        rows = [(words, *_spread(counts[:, n])) for n, words in enumerate(OUTCOMES)]
        helped = rows[HELPED]
        return self._finding(
            kind="capacity", title=f"Victim care under a score of {self.plan.rule.score_in_words}", value=helped[1],
            interval=_interval(helped[2], helped[3]),
            table=Table(columns=("outcome", "reports", "low", "high"), rows=tuple(rows)),
            parts=(self._waits(), self._backlog(), self._by_whom(), self.whole), notes=self._notes(),
        )  # fmt: skip

    def _by_run(self) -> npt.NDArray[np.int64]:
        outcome = self.played.outcome[:, self.cases.is_counted]
        return np.stack([(outcome == n).sum(axis=1) for n in range(len(OUTCOMES))], axis=1)

    def _waits(self) -> Finding:
        waited = self.played.begins - self.cases.arrives
        stands = np.array(self.cases.rows["standing"].to_list(), dtype=object)
        rows: list[tuple[Value, ...]] = []
        for words, who in (("all", np.ones(len(stands), bool)), *((s, stands == s) for s in STANDINGS[:2])):
            each = [
                run[who & self.cases.is_counted & (began >= 0)]
                for run, began in zip(waited, self.played.begins, strict=True)
            ]
            begun = _spread(np.array([len(one) for one in each]))[0]
            medians = [float(np.median(one)) for one in each if len(one)]
            pooled = np.concatenate(each) if each else np.zeros(0)
            far = (
                [None, None] if not len(pooled) else [int(np.quantile(pooled, 0.9, method="higher")), int(pooled.max())]
            )
            middle = (
                [None, None, None] if not medians else [round(float(np.median(medians)), 1), min(medians), max(medians)]
            )
            rows.append((words, begun, *middle, *far))
        value = rows[0][2]
        return self._finding(
            kind="capacity waits", title="Working days from the list to the start of care", value=value, unit="working days",
            interval=_interval(rows[0][3], rows[0][4], 1.0, "the median of every run lies between"),
            table=Table(columns=("standing", "begun", "median", "least_median", "greatest_median", "nine_in_ten", "longest"),
                        rows=tuple(rows)),
            verdict=None if value is not None else "nobody's care begins",
        )  # fmt: skip

    def _backlog(self) -> Finding:
        days = self.cases.days
        first = self.whole.windows[0].first
        ends = [
            n for n, day in enumerate(days)
            if day >= first and (n + 1 == len(days) or days[n + 1].isocalendar()[:2] != day.isocalendar()[:2])
        ]  # fmt: skip
        joins = self.cases.joins
        came = np.bincount(self.cases.arrives[joins], minlength=len(days) + 1)[: len(days)].cumsum()
        left = np.stack([np.bincount(run[run >= 0], minlength=len(days)).cumsum() for run in self.played.begins])
        waiting = came - left
        rows: list[tuple[Value, ...]] = []
        before = int(came[bisect_left(days, first) - 1]) if bisect_left(days, first) else 0
        for end in ends:
            monday = days[end] - timedelta(days=days[end].weekday())
            rows.append((monday.isoformat(), int(came[end]) - before, *_spread(waiting[:, end])))
            before = int(came[end])
        last = rows[-1] if rows else (None, 0, None, None, None)
        return self._finding(
            kind="capacity backlog", title="Waiting for care at the end of each week", value=last[2],
            interval=_interval(last[3], last[4]), verdict=None if rows else "no working day in the window",
            table=Table(columns=("week", "came", "waiting", "low", "high"), rows=tuple(rows)),
        )  # fmt: skip

    def _by_whom(self) -> Finding:
        """Who is helped and who is missed, by age, kind of fraud, theme, loss: small numbers rounded."""
        rule = small_number_rule(ROUNDING)
        outcome = self.played.outcome
        mean = {n: (outcome == n).mean(axis=0) for n in range(len(OUTCOMES))}
        shown = (HELPED, LATE, WAITING, TOO_LONG, PASSED_OVER, NOT_LISTED)
        rows: list[tuple[Value, ...]] = []
        for column, words in BY.items():
            if column == "theme" and self.cases.rows["theme"].null_count() == self.cases.rows.height:
                continue
            bands = self.cases.rows[column].fill_null(_NO_THEME if column == "theme" else "not recorded").to_numpy()
            for band in triage.band_order(set(bands[self.cases.is_counted].tolist()), column):
                who = (bands == band) & self.cases.is_counted
                counts = [int(who.sum()), *(round(float(mean[n][who].sum())) for n in shown)]
                rows.append((words, band, *(rule.rounded(n) for n in counts)))
        columns = ("by", "band", "reports", *(OUTCOMES[n].replace(": ", "_").replace(" ", "_") for n in shown))
        missed = _spread(self._by_run()[:, [TOO_LONG, PASSED_OVER]].sum(axis=1))
        return self._finding(
            kind="capacity by whom", title="Who is helped and who is missed", value=missed[0],
            interval=_interval(missed[1], missed[2]), table=Table(columns=columns, rows=tuple(rows)),
            disclosure=f"each count of the table rounded to the nearest {rule.rounded_to} ({rule.id}, version {rule.version})",
            notes=("Its value is how many are missed: passed over, or waiting longer than the limit.",),
        )  # fmt: skip

    def _notes(self) -> tuple[str, ...]:
        rows, joins = self.cases.rows.filter(self.cases.is_counted), self.cases.joins[self.cases.is_counted]
        open_now = int((joins & (rows["standing"] != REFERRED).to_numpy()).sum())
        facts = {
            "cannot be judged, and wait after those referred": open_now,
            "have no age": int(rows["is_age_missing"].sum()),
            "have no score": int(rows["is_score_missing"].sum()),
            "say nothing of whether the national service knows the victim from before": int(
                rows["is_repeat"].null_count()
            ),
            "stand on a list whose week is not known: taken as listed after their own day": int(
                rows["first_week"].null_count()
            ),
            "of this force have no day of reporting, and are in no window": self.undated,
        }
        return (
            *(f"Reports that {words}: {n:,}." for words, n in facts.items() if n),
            f"The play begins {self.lead_weeks} weeks before the window with nobody waiting."
            if self.lead_weeks
            else "Nobody waits when the window begins: a unit that starts with a backlog does worse than this.",
            "By the age on the list; a repeat victim is one whom the national list calls so.",
            f"Assumed (status: {self.plan.times.status}): {self.plan.times.in_words}. {self.plan.times.source}",
        )

    def _finding(self, *, kind: str, title: str, value: Value, **said: Any) -> Finding:
        rule, times = self.plan.rule, self.plan.times
        definition = Definition(
            name=f"capacity {rule.id}", version=f"{rule.version}, times {times.version}", title="Care within a unit's capacity",
            text=f"Referred is a report of {rule.in_words}. Helped is whose care has begun by the window's end, in time when "
            f"within {times.limit_working_days} working days of the list. Missed is whom the rule in force "
            f"({self.standing.score_in_words}) refers and this one does not, and who waits longer than that.",
            codes=rule.romance_codes, source=rule.source, status=times.status,
        )  # fmt: skip
        parameters = {
            "rule": rule.in_words, "standing_rule": self.standing.in_words, "team": times.in_words, "order": ORDERS[self.plan.order],
            "runs": len(self.played.outcome), "officers": times.officers, "mix": dict(times.mix), "minutes": dict(times.minutes),
            "hours_a_day": times.hours_a_day, "spread": times.spread, "limit_working_days": times.limit_working_days,
            "service_times": times.version, "working_days": len(self.cases.days), "lead_weeks": self.lead_weeks,
        }  # fmt: skip
        is_held = self.whole.value is not None
        given = {"unit": "reports", "notes": (), "parts": (), **said}
        return replace(
            self.whole, kind=kind, title=title, value=value if is_held else None, definition=definition, method=_METHOD,
            selection=None, seed=self.seed, parameters=parameters, **{
                **given, "notes": (*self.whole.notes, *given["notes"]) if kind == "capacity" else given["notes"],
                "verdict": given.get("verdict") if is_held else self.whole.verdict,
                "interval": given.get("interval") if is_held else None,
            },
        )  # fmt: skip


def _rows(records: Records, scope: Scope, window: Window) -> tuple[pl.DataFrame, int]:
    """The reports of the window with the first list of each, and how many have no day at all."""
    every = reports(records, scope.force_id)
    inside = every.filter(pl.col("reported_on").is_between(window.first, window.last)).join(
        first_weeks(records, scope.force_id), on="report_ref", how="left", maintain_order="left"
    )
    undated = every.select(pl.col("reported_on").null_count())
    rows, count = pl.collect_all([inside, undated])
    return with_keys(rows), count.item()


def _first_day(after: int) -> pl.Expr:
    """The day from which a report can be worked: when its first list is there, and never before it was made."""
    listed = pl.coalesce("first_week", "reported_on").dt.offset_by(f"{after}d")
    return pl.max_horizontal(listed, "reported_on")


def _every_day(window: Window) -> list[date]:
    return [window.first + timedelta(days=n) for n in range((window.last - window.first).days + 1)]


def _spread(found: npt.NDArray[np.int64]) -> tuple[int, int, int]:
    """The mean of the runs, and the range in which nine of ten lie, as whole numbers."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(found, [tail, 1 - tail], method="nearest")
    return round(float(found.mean())), int(low), int(high)


def _interval(
    low: Value, high: Value, level: float = LEVEL, meaning: str = "nine runs in ten lie between"
) -> Interval | None:
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        return None
    return Interval(low=float(low), high=float(high), level=level, meaning=meaning)
