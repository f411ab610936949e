"""Triage: which victims of fraud on a week's list are referred to the victim-care unit, why, and who cannot be judged.

Any one of three filters refers (`codes.triage_rules`): romance fraud, the age at report, the vulnerability score. Organisations
are victims too: they pass by the same filters, and have no age. Where an age or a score is missing and no other filter
refers, the victim "cannot be judged": that is said, and nobody falls out. No score of ours ranks anybody: the order is
repeat victims first (most times first), then how many filters refer, then who has waited longest. Of those who cannot be judged,
after repeat victims: first whose score or age is on the list and cannot be used (somebody knows it), then who lacks most.

    judged(rows, rule)                        rows with which filter refers, what is missing and where each stands
    listed(rows, rule, known)                 the same as a list of people in the order in which they are called
    referral_counts, threshold_effect         Findings: how many, by filter; and what another limit of the score would do
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any

import polars as pl

from fourfold.analysis import volumes
from fourfold.analysis.findings import Definition, Finding, Method, Table, Value
from fourfold.analysis.fraud_reports import age_band, group_of_code
from fourfold.analysis.volumes import Scope
from fourfold.codes.fraud import fraud_code, fraud_codes
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window
from fourfold.codes.triage_rules import LEAST_SCORE, MOST_SCORE, TriageRule
from fourfold.records.as_at import Records
from fourfold.records.weekly_lists import Known, Past, reports

REFERRED, UNJUDGED, NOT_REFERRED = "referred", "cannot be judged", "not referred"
STANDINGS = (REFERRED, UNJUDGED, NOT_REFERRED)
FILTERS = ("by_romance", "by_age", "by_score")
BANDS_OF_LOSS = (
    (None, "loss not given"), (0, "nothing lost"), (1, "up to £100"), (10_001, "£100.01 to £1,000"),
    (100_001, "£1,000.01 to £10,000"), (1_000_001, "£10,000.01 to £100,000"), (10_000_001, "over £100,000"),
)  # fmt: skip
"""The least loss of each band in pence, and its words."""
_NATIONAL = {
    1: "spoken to by the national unit",
    2: "in the national unit’s care",
    3: "passed by the national unit to the force",
}
_SUMS = {"referred": "was", "would be": "will"}
_SCORES = ("vulnerability_score", "assessed_vulnerability")
"""What the score is called in the layouts of either era."""
_NO_SCORE = f"the score on the list is not one from {LEAST_SCORE} to {MOST_SCORE}"
_NO_AGE = "the age on the list cannot be read"
_UNUSABLE = frozenset({_NO_SCORE, _NO_AGE})
_METHOD = Method(
    name="triage",
    text="Each report judged by its own code, age and score against the rule; any one filter refers. A missing age or score "
    "refers nobody and rules nobody out: such reports are counted apart.",
)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One report on a week's list as a victim-care officer sees it; `key` stands for it where it must not be named.

    `reasons` say why it is referred, `missing` what could not be judged, `remarks` what is amiss in the row. `national` is
    what the national service has already done, with the day on which it reached the victim. `subject` is what the victim goes
    by now, `names` everything that the victim may go by in what was decided before more was known.
    """

    key: str
    report_ref: str
    reported_on: date | None
    nfib_code: str | None
    kind: str
    victim_type: str | None
    age: int | None
    score: int | None
    loss_pence: int | None
    standing: str
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    remarks: tuple[str, ...]
    national: str
    national_contacted_on: date | None
    person: str | None
    subject: str
    names: tuple[str, ...]
    earlier: tuple[Past, ...]
    is_suspect: bool
    is_compared: bool

    @property
    def times(self) -> int:
        """How often this person is known to have been a victim, this time included."""
        return 1 + len(self.earlier)

    @property
    def is_repeat(self) -> bool:
        """Whether the person is known to have been a victim before, or is on the list twice."""
        return bool(self.earlier)


def judged(rows: pl.DataFrame, rule: TriageRule) -> pl.DataFrame:
    """Reports (the columns of `fraud_victims`; `born_on` where it was opened) with the judgement of a rule.

    Adds `age` (as the list gives it, else worked out from the birth; the greater where they differ), `is_age_in_doubt`,
    the three of FILTERS, `is_age_missing` and `is_score_missing` (people alone have an age), and `standing`.
    """
    given = pl.col("age_at_report")
    if "born_on" in rows.columns:
        born, on = pl.col("born_on"), pl.col("reported_on")
        if "came_on" in rows.columns:
            on = pl.when(on <= pl.col("came_on")).then(on)  # nobody has the age of a day that is to come
        had = (on.dt.month() > born.dt.month()) | ((on.dt.month() == born.dt.month()) & (on.dt.day() >= born.dt.day()))
        of_birth = on.dt.year() - born.dt.year() - pl.when(had).then(0).otherwise(1)
        of_birth = pl.when(of_birth.is_between(0, 120)).then(of_birth)
    else:
        of_birth = pl.lit(None, pl.Int64)
    is_firm = (pl.col("victim_type") == "organisation").fill_null(False)
    rows = rows.with_columns(
        age=pl.when(~is_firm).then(pl.max_horizontal(given.cast(pl.Int64), of_birth.cast(pl.Int64))),
        is_age_in_doubt=((given - of_birth).abs() > 1).fill_null(False) & ~is_firm,
    )
    rows = rows.with_columns(
        by_romance=pl.col("nfib_code").is_in(list(rule.romance_codes)).fill_null(False),
        by_age=(pl.col("age") >= rule.age_at_least).fill_null(False),
        by_score=(pl.col("vulnerability_score") >= rule.least_score).fill_null(False),
        is_age_missing=pl.col("age").is_null() & ~is_firm,
        is_score_missing=pl.col("vulnerability_score").is_null(),
    )
    refers = pl.any_horizontal(*FILTERS)
    is_coded = pl.col("nfib_code").is_in([c.code for c in fraud_codes()]).fill_null(False)  # else it may be romance
    is_open = pl.col("is_age_missing") | pl.col("is_score_missing") | ~is_coded
    return rows.with_columns(
        standing=pl.when(refers)
        .then(pl.lit(REFERRED))
        .when(is_open)
        .then(pl.lit(UNJUDGED))
        .otherwise(pl.lit(NOT_REFERRED))
    )


def listed(rows: pl.DataFrame, rule: TriageRule, known: Mapping[str, Known]) -> tuple[Listed, ...]:
    """A week's list in the order in which its victims are called: those referred, those not judged, and the others.

    `rows` have the column `key`; `known` says who stands behind each. Nobody is left out.
    """
    found = [_listed(row, rule, known.get(row["key"], Known())) for row in judged(rows, rule).iter_rows(named=True)]
    return tuple(sorted(found, key=_order))


def _order(one: Listed) -> tuple[int, int, bool, int, int, date, str]:
    is_first = STANDINGS.index(one.standing)
    is_open = one.standing == UNJUDGED
    is_fault = is_open and not _UNUSABLE.isdisjoint(one.remarks)
    lacks = len(one.missing) if is_open else 0
    on = one.reported_on or date.min
    return (is_first, -len(one.earlier), not is_fault, -lacks, -len(one.reasons), on, one.report_ref)


def _listed(row: Mapping[str, Any], rule: TriageRule, behind: Known) -> Listed:
    code = fraud_code(str(row["nfib_code"])) if row["nfib_code"] else None
    level, reached = row["national_service_level"], row["national_contacted_on"]
    return Listed(
        key=row["key"], report_ref=row["report_ref"], reported_on=row["reported_on"], nfib_code=row["nfib_code"],
        kind=code.title if code else "code not on the list" if row["nfib_code"] else "no code", victim_type=row["victim_type"],
        age=row["age"], score=row["vulnerability_score"], loss_pence=row["loss_pence"], standing=row["standing"],
        reasons=_reasons(row, rule), missing=_missing(row), remarks=_remarks(row),
        national=_national(level, row["national_outcome"]), national_contacted_on=reached, person=behind.person,
        subject=behind.victim(row["key"]), names=behind.names(row["key"]),
        earlier=behind.earlier, is_suspect=behind.is_suspect, is_compared=behind.is_compared,
    )  # fmt: skip


def _reasons(row: Mapping[str, Any], rule: TriageRule) -> tuple[str, ...]:
    said = {
        "by_romance": "romance fraud",
        "by_age": f"aged {row['age']} at report ({rule.age_at_least} or over)",
        "by_score": f"score {row['vulnerability_score']} ({rule.score_in_words})",
    }
    return tuple(words for name, words in said.items() if row[name])


def _missing(row: Mapping[str, Any]) -> tuple[str, ...]:
    said = {
        "age not known": row["is_age_missing"],
        "score not known": row["is_score_missing"],
        "no fraud code": not row["nfib_code"],
        "fraud code not on the list": bool(row["nfib_code"]) and fraud_code(str(row["nfib_code"])) is None,
    }
    return tuple(words for words, is_so in said.items() if is_so)


def _remarks(row: Mapping[str, Any]) -> tuple[str, ...]:
    faults = row["faults"] or ""
    said = {
        _NO_SCORE: any(
            f"{name} {what}" in faults for name, what in product(_SCORES, ("unreadable", "out of its bounds"))
        ),
        _NO_AGE: "age_at_report" in faults,
        "the age and the birth on the list do not agree: the greater is used": row["is_age_in_doubt"],
        "the code is not on the national list": any(
            f"{name} unknown" in faults for name in ("nfib_code", "crime_code")
        ),
        "the list holds this report more than once": "key repeated within the file" in faults,
        "whether a person or an organisation is not known": row["victim_type"] is None,
        "the week on its row cannot be read, or cannot be right": row.get("is_week_told") is False,
        "the week on its row begins on no Monday": bool(
            row.get("is_week_told") and row["week_starting"] and row["week_starting"].weekday()
        ),
        "the day of the report is later than the file that tells it": bool(
            row.get("came_on") and row["reported_on"] and row["reported_on"] > row["came_on"]
        ),
        "the day of the report cannot be read": row["reported_on"] is None,
    }
    return tuple(words for words, is_so in said.items() if is_so)


def _national(level: object, outcome: object) -> str:
    said = [_NATIONAL.get(level, "")] if isinstance(level, int) else []
    if outcome:
        said.append(f"outcome: {str(outcome).replace('_', ' ')}")
    return "; ".join(s for s in said if s) or "nothing recorded of the national unit"


def referral_counts(records: Records, scope: Scope, window: Window, rule: TriageRule) -> Finding:
    """How many reports of a window a rule refers, by filter: kind "triage", its value the number referred.

    Columns: filter, reports, alone (those that no other filter refers). Rows for the filters, for those referred at all,
    those who cannot be judged, and the others. By the age on the list alone: births are not opened for a count.
    """
    whole, rows = _window(records, scope, window)
    found = judged(rows, rule)
    body: list[tuple[Value, ...]] = []
    for name, words in zip(
        FILTERS, ("romance fraud", f"{rule.age_at_least} or over", f"score {rule.score_in_words}"), strict=True
    ):
        others = ~pl.any_horizontal(*(f for f in FILTERS if f != name))
        body.append((words, int(found[name].sum()), found.filter(pl.col(name) & others).height))
    body += [(standing, found.filter(pl.col("standing") == standing).height, None) for standing in STANDINGS]
    for name, words in (("is_age_missing", "age not known"), ("is_score_missing", "score not known")):
        body.append((words, int(found[name].sum()), None))
    firms = found.filter(pl.col("victim_type") == "organisation")
    body.append(("organisations referred", firms.filter(pl.col("standing") == REFERRED).height, None))
    return _finding(
        whole, rule, kind="triage", title=f"Referred to victim care: {rule.in_words}", value=int(body[3][1] or 0),
        table=Table(columns=("filter", "reports", "alone"), rows=tuple(body)), notes=_notes(found),
    )  # fmt: skip


def threshold_effect(records: Records, scope: Scope, window: Window, rule: TriageRule, other: TriageRule) -> Finding:
    """What another limit of the score would do: kind "threshold", its value how many more (or, below 0, fewer) are referred.

    Columns: by, band, reports, referred, would_be, no_longer, newly. Rows for all, each age band, each band of loss, the
    type of victim, and the kind of fraud by group; its parts are the counts under either rule.
    """
    whole, rows = _window(records, scope, window)
    now, then = judged(rows, rule), judged(rows, other)
    both = banded(now).with_columns(
        was=pl.col("standing") == REFERRED, will=then["standing"] == REFERRED, all=pl.lit("all")
    )
    body = [row for by in ("all", "age_band", "loss", "victim_type", "group") for row in _rows_of(both, by)]
    parts = (referral_counts(records, scope, window, rule), referral_counts(records, scope, window, other))
    return _finding(
        whole, rule, kind="threshold", title=f"A score of {other.score_in_words} for {rule.score_in_words}",
        value=int(both["will"].sum()) - int(both["was"].sum()), notes=_notes(now),
        table=Table(columns=("by", "band", "reports", "referred", "would_be", "no_longer", "newly"), rows=tuple(body)),
        parameters={"rule": rule.in_words, "other": other.in_words, **{w: int(both[c].sum()) for w, c in _SUMS.items()}},
        parts=parts,
    )  # fmt: skip


def _rows_of(both: pl.DataFrame, by: str) -> list[tuple[Value, ...]]:
    words = {"age_band": "age", "victim_type": "victim type", "group": "kind of fraud"}.get(by, by)
    counted = both.group_by(by).agg(
        pl.len(), pl.col("was").sum(), pl.col("will").sum(),
        (pl.col("was") & ~pl.col("will")).sum().alias("no_longer"), (~pl.col("was") & pl.col("will")).sum().alias("newly"),
    )  # fmt: skip
    rows = sorted(counted.iter_rows(), key=lambda r: (r[0] is None, _band_rank(str(r[0]))))
    return [(words, "not recorded" if band is None else band, *counts) for band, *counts in rows]


def banded(rows: pl.DataFrame) -> pl.DataFrame:
    """Judged reports with `age_band` (organisations apart), `loss` (a band) and `group` of the national code."""
    firm = pl.col("victim_type") == "organisation"
    ages = pl.when(firm).then(pl.lit("organisations")).otherwise(age_band("age"))
    return rows.with_columns(age_band=ages, loss=_loss_band(), group=group_of_code())


def band_order(bands: Iterable[str], by: str) -> list[str]:
    """Bands in the order in which a table has them: ages and losses by size, standings as called, "not recorded" last."""
    stands = list(STANDINGS) if by == "standing" else []
    return sorted(bands, key=lambda b: (b == "not recorded", stands.index(b) if b in stands else 0, _band_rank(b)))


def _band_rank(band: str) -> tuple[int, str]:
    order = {text: n for n, (_, text) in enumerate(BANDS_OF_LOSS)}
    return order.get(band, 0), band.rjust(12)


def _loss_band() -> pl.Expr:
    loss = pl.col("loss_pence")
    found = pl.lit(None, pl.String)
    for least, words in BANDS_OF_LOSS[1:]:
        found = pl.when(loss >= least).then(pl.lit(words)).otherwise(found)
    return found.fill_null(BANDS_OF_LOSS[0][1])


def _window(records: Records, scope: Scope, window: Window) -> tuple[Finding, pl.DataFrame]:
    """The count of reports that everything here rests on, and the reports."""
    whole = volumes.count(records, measure("fraud_reports"), scope, window)
    rows = (
        reports(records, scope.force_id).filter(pl.col("reported_on").is_between(window.first, window.last)).collect()
    )
    return whole, rows


def _notes(found: pl.DataFrame) -> tuple[str, ...]:
    open_ages = int((found["is_age_missing"] & (found["standing"] != REFERRED)).sum())
    open_scores = int((found["is_score_missing"] & (found["standing"] != REFERRED)).sum())
    return (
        f"Not referred, and the age is not known: {open_ages:,}; the score is not known: {open_scores:,}. They are not ruled out.",
        "By the age on the list; a birth may say more, and is opened for care alone.",
    )


def _finding(whole: Finding, rule: TriageRule, *, value: int, notes: tuple[str, ...], **said: Any) -> Finding:
    definition = Definition(
        name=f"triage {rule.id}", version=rule.version, title=rule.title, text=f"Referred is a report of {rule.in_words}.",
        codes=rule.romance_codes, source=rule.source, status=rule.status,
    )  # fmt: skip
    given = {"parts": (whole,), "value": value if whole.value is not None else None, **said}
    return replace(
        whole,
        unit="reports",
        definition=definition,
        method=_METHOD,
        selection=None,
        notes=(*whole.notes, *notes),
        **given,
    )


def by_standing(every: Sequence[Listed]) -> dict[str, int]:
    """How many of a list stand where."""
    return {standing: sum(one.standing == standing for one in every) for standing in STANDINGS}
