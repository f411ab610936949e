"""Outcome returns: the lines of a month's return to the national lead force, checked, and beside the month before.

"Filed" has two senses, which are kept apart: a report is *recorded* when it is taken down, and an investigation is *filed* when
it is closed. A line is an outcome given in the month to a report that was disseminated to the force, whenever it was sent.

    lines(records, force, month)         what a return of the month has to say, as at the records' instant
    checked(lines, earlier)              what is amiss: "wrong" stops the return, "look" is for somebody to look at
    standing(returned)                   what a month's return and its supplements come to
    supplement(lines, returned)          what came late, changed or no longer stands since a return was frozen
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from fourfold.analysis import volumes
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value, wilson
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.codes.outcomes import OutcomeMeasure, outcome_measure, outcome_type
from fourfold.codes.periods import Window, month_end
from fourfold.records import disseminations
from fourfold.records.as_at import Records

WRONG, LOOK = "wrong", "look"
NEW, CHANGED, WITHDRAWN = "new", "changed", "withdrawn"
_POSITIVE = outcome_measure("positive_outcome_types").counted_codes(with_tic=True)
_RATE = Method(
    name="outcome rate of disseminated fraud",
    text="Reports given a positive outcome in the window, whenever they were sent, over what was disseminated to the force to be "
    "investigated in the window, and beside it over all reports of the window: they are not the same reports, and the ratio may "
    "pass one hundred. Of those disseminated in the window, the share with one so far, with its interval.",
    source="Wilson 1927.",
)
_ALLOCATED = Method(
    name="allocation of disseminated reports",
    text="Reports of the window followed by their reference through each stage that the records show.",
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a return. Days as text, as it is kept and exported; `change` says what a supplement's line is."""

    report_ref: str
    package_ref: str
    nfib_code: str
    disseminated_on: str
    received_on: str
    local_crime_ref: str
    victim_type: str
    status: str
    outcome_type: str
    outcome: str
    outcome_on: str
    offenders: int | None
    change: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two lines of two returns the same line."""
        return (self.report_ref, self.package_ref)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is amiss with a line (its number from 1): "wrong" stops the return, "look" does not."""

    line: int
    grade: str
    says: str


FIELDS = tuple(Line.__dataclass_fields__)


def lines(records: Records, force_id: str, month: date) -> tuple[Line, ...]:
    """A line for each outcome of the month, in order of day and reference; with its dissemination where one is held.

    Of a report that was disseminated more than once the latest package before the outcome speaks.
    """
    given = disseminations.outcomes(records, force_id, month, month_end(month))
    sent = disseminations.sent(records, force_id).sort("disseminated_on", nulls_last=False)
    kept = given.join(
        sent.select(pl.exclude("batch_id", "line_number", "force_id", "faults")), on="report_ref", how="left"
    )
    is_later = (pl.col("disseminated_on") > pl.col("outcome_on")).fill_null(False)
    kept = kept.sort(is_later, "disseminated_on", descending=[True, False]).unique(
        ["report_ref", "outcome_type", "outcome_on"], keep="last", maintain_order=True
    )
    rows = kept.sort("outcome_on", "report_ref", "outcome_type").iter_rows(named=True)
    return tuple(_line(row) for row in rows)


def _line(row: dict[str, Any]) -> Line:
    known = outcome_type(row["outcome_type"] or "")

    def text(name: str) -> str:
        value = row[name]
        return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)

    given = {name: text(name) for name in FIELDS if name not in ("outcome", "offenders", "change")}
    return Line(**given, outcome=known.title if known else "", offenders=row["offenders"])


def checked(every: Sequence[Line], earlier: Iterable[Line] = ()) -> tuple[Fault, ...]:
    """What is amiss with the lines of a return; `earlier` are those that went in returns before it.

    Of two outcomes of one report in a month the later speaks, and both are to be looked at. A supplement may put a line that went
    right: told anew with other offenders, or under another package, it is no second outcome.
    """
    seen: dict[str, int] = {}
    told: dict[tuple[str, str, str], int] = {}
    earlier, taken_back = list(earlier), {line.report_ref for line in every if line.change == WITHDRAWN}
    gone = {(line.report_ref, line.outcome_type, line.outcome_on) for line in standing(earlier).values()}
    returned = {line.report_ref for line in earlier}
    found = []
    for n, line in enumerate(every, start=1):
        if line.change == WITHDRAWN:
            continue
        its = (line.report_ref, line.outcome_type, line.outcome_on)
        is_anew = line.change == CHANGED or (line.change == NEW and line.report_ref in taken_back)
        said = {
            (WRONG, "the outcome type is not on the Home Office list"): not line.outcome,
            (WRONG, "“not yet assigned” is no outcome"): line.outcome_type == "0",
            (WRONG, "no dissemination of this report is held"): not line.package_ref,
            (WRONG, "the outcome is before the dissemination"): bool(line.disseminated_on) and line.outcome_on < line.disseminated_on,
            (WRONG, f"the same outcome stands on line {told.get(its)} too"): its in told,
            (LOOK, f"the report stands on line {seen.get(line.report_ref)} too: the later outcome speaks"): line.report_ref in seen
            and its not in told,
            (WRONG, "this outcome went in an earlier return"): its in gone and not is_anew,
            (LOOK, "the report was returned before with another outcome"): line.report_ref in returned and not is_anew
            and its not in gone,
            (LOOK, "a positive outcome without an offender"): line.outcome_type in _POSITIVE and not line.offenders,
            (LOOK, "offenders without a positive outcome"): line.outcome_type not in _POSITIVE and bool(line.offenders),
            (LOOK, "the force's own crime reference is not recorded"): not line.local_crime_ref,
        }  # fmt: skip
        found += [Fault(line=n, grade=grade, says=says) for (grade, says), is_so in said.items() if is_so]
        seen.setdefault(line.report_ref, n)
        told.setdefault(its, n)
    return tuple(found)


def standing(returned: Iterable[Line]) -> dict[tuple[str, str], Line]:
    """What returns and their supplements, in the order in which they went, come to: each line as last told, less those withdrawn."""
    stands: dict[tuple[str, str], Line] = {}
    for line in returned:
        if line.change == WITHDRAWN:
            stands.pop(line.key, None)
        else:
            stands[line.key] = replace(line, change="")
    return stands


def supplement(now: Sequence[Line], returned: Sequence[Line]) -> tuple[Line, ...]:
    """What a month's lines say now that its returns did not: new lines, changed ones, and those that no longer stand.

    `returned` are the lines of the return and of its supplements, in the order in which they went.
    """
    stands = standing(returned)
    current = {line.key: line for line in now}
    new = [replace(line, change=NEW) for key, line in current.items() if key not in stands]
    changed = [
        replace(line, change=CHANGED)
        for key, line in current.items()
        if key in stands and _said(stands[key]) != _said(line)
    ]
    gone = [replace(line, change=WITHDRAWN) for key, line in stands.items() if key not in current]
    return tuple(sorted([*new, *changed, *gone], key=lambda line: (line.change, line.outcome_on, line.report_ref)))


def _said(line: Line) -> tuple[object, ...]:
    """What of a line is told to the national lead force and may change: not where the case stands."""
    return (line.outcome_type, line.outcome_on, line.offenders)


@dataclass(frozen=True)
class Beside:
    """An outcome type in two months of returns."""

    outcome_type: str
    outcome: str
    before: int
    now: int


def beside_last_month(now: Sequence[Line], before: Sequence[Line]) -> tuple[Beside, ...]:
    """How many of each outcome this month and the month before, by outcome type."""
    titles = {line.outcome_type: line.outcome for line in (*before, *now)}
    held = [[line.outcome_type for line in one if line.change != WITHDRAWN] for one in (before, now)]
    return tuple(
        Beside(t, titles[t], held[0].count(t), held[1].count(t))
        for t in sorted(titles, key=lambda t: (len(t.rstrip("A")), t))
    )


def filed(records: Records, force_id: str, month: date) -> dict[str, int]:
    """The two senses of "filed" in a month: reports recorded, and investigations closed with an outcome; and what was sent."""
    last = month_end(month)
    recorded = records.table("fraud_victims").filter(pl.col("force_id") == force_id).unique("report_ref", keep="last")
    recorded = recorded.filter(pl.col("reported_on").is_between(month, last))
    sent = disseminations.sent(records, force_id)
    return {
        "reports recorded by the national service": recorded.select(pl.len()).collect().item(),
        "disseminated to the force to be investigated": sent.filter(pl.col("disseminated_on").is_between(month, last)).height,
        "investigations filed, that is closed with an outcome": sum(
            line.outcome_type != "0" for line in lines(records, force_id, month)  # "not yet assigned" closes nothing
        ),
    }  # fmt: skip


def outcome_rate(records: Records, scope: Scope, window: Window, positive: OutcomeMeasure | None = None) -> Finding:
    """Positive outcomes over what was disseminated: kind "fraud outcome rate", in per cent, with its denominator.

    Columns: of_what, outcomes, denominator, per_cent, low, high. Rows: of reports disseminated to be investigated in the
    window; of all reports of the window; and, of those disseminated in it, how many have had a positive outcome so far. The
    last alone is a share of what it is divided by, and has an interval; the others set outcomes beside other reports.
    """
    chosen = positive or outcome_measure("positive_outcome_types")
    codes = list(chosen.counted_codes(True))
    whole = volumes.count(records, measure("fraud_reports"), scope, window)
    given = disseminations.outcomes(records, scope.force_id).filter(pl.col("outcome_type").is_in(codes))
    inside = given.filter(pl.col("outcome_on").is_between(window.first, window.last))["report_ref"].n_unique()
    sent = disseminations.sent(records, scope.force_id)
    sent = sent.filter(pl.col("disseminated_on").is_between(window.first, window.last)).unique("report_ref")
    so_far = sent.filter(pl.col("report_ref").is_in(given["report_ref"].to_list())).height
    ends = wilson(so_far, sent.height) if sent.height else (None, None)
    body = (
        ("disseminated in the window", inside, sent.height, _per_cent(inside, sent.height), None, None),
        ("all reports of the window", inside, whole.records, _per_cent(inside, whole.records), None, None),
        ("those disseminated in the window, so far", so_far, sent.height, _per_cent(so_far, sent.height), *ends),
    )
    value = body[0][3] if whole.value is not None else None
    return _finding(
        whole, kind="fraud outcome rate", title=f"{chosen.title} of fraud disseminated to the force", value=value, unit="%",
        n=sent.height, method=_RATE, definition=_definition(chosen), selection=None, parts=(whole,),
        interval=None,
        table=Table(columns=("of_what", "outcomes", "denominator", "per_cent", "low", "high"), rows=body),
        parameters={"positive": inside, "positive outcome": chosen.id},
        notes=(*whole.notes, "Outcomes come years after their report: those of the window are seldom of its reports."),
    )  # fmt: skip


def allocation(records: Records, scope: Scope, window: Window) -> Finding:
    """Reports of a window followed through the force: kind "allocation", its value those whose owner is known, in per cent.

    Columns: stage, reports. What was never disseminated was recorded and closed nationally, and the force has not seen it.
    """
    whole = volumes.count(records, measure("fraud_reports"), scope, window)
    refs = records.table("fraud_victims").filter(
        (pl.col("force_id") == scope.force_id) & pl.col("reported_on").is_between(window.first, window.last)
    ).select("report_ref").unique().collect()["report_ref"]  # fmt: skip
    sent = disseminations.sent(records, scope.force_id).filter(pl.col("report_ref").is_in(refs.to_list()))
    sent = sent.unique("report_ref", keep="first", maintain_order=True)
    ended = set(disseminations.outcomes(records, scope.force_id)["report_ref"])
    elsewhere = (pl.col("status") == "held_elsewhere").fill_null(False)
    owned = sent.filter(pl.col("team").is_not_null() | elsewhere).height
    teams = (
        sent.filter(~elsewhere).drop_nulls("team").group_by("team").len().sort("len", "team", descending=[True, False])
    )
    body: list[tuple[Value, ...]] = [
        ("reported", len(refs)), ("never disseminated to the force", len(refs) - sent.height),
        ("disseminated to be investigated", sent.height), *((f"allocated to {team}", n) for team, n in teams.iter_rows()),
        ("held by another body", sent.filter(elsewhere).height), ("nobody's, as far as is recorded", sent.height - owned),
        ("with an outcome", sent.filter(pl.col("report_ref").is_in(list(ended))).height),
    ]  # fmt: skip
    value = 100 * owned / sent.height if sent.height and whole.value is not None else None
    return _finding(
        whole, kind="allocation", title="Disseminated reports whose owner is known", value=value, unit="%", n=sent.height,
        method=_ALLOCATED, selection=None, parts=(whole,), table=Table(columns=("stage", "reports"), rows=tuple(body)),
        parameters={"owned": owned},
    )  # fmt: skip


def _per_cent(k: int, n: int) -> float | None:
    return 100 * k / n if n else None


def _definition(chosen: OutcomeMeasure) -> Definition:
    return Definition(
        name=chosen.id, version=chosen.version, title=chosen.title, text=f"{chosen.definition} {chosen.differs}".strip(),
        codes=chosen.counted_codes(True), source=chosen.source, status=chosen.status,
    )  # fmt: skip


def _finding(whole: Finding, **said: Any) -> Finding:
    return replace(whole, **said)


def as_plain(every: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines as plain data, to be kept."""
    return [asdict(line) for line in every]


def from_plain(plain: Iterable[dict[str, Any]]) -> tuple[Line, ...]:
    """The lines that `as_plain` wrote."""
    return tuple(Line(**one) for one in plain)
