"""The victims' survey: who was asked, who answered, and what: each question with its own number of answers and its own interval.

A satisfied few look like all, so the list that was asked stands beside the answers: on the list, left out and why, sent, arrived,
answered. Questions from 1 to 10 are told by the share of 8, 9 and 10 (the top three boxes); a question of yes or no by the share of
yes. "Satisfied from 8 to 10" and "happy with the service overall" are two questions: they stand beside each other, and are never put
together. A question that a layout does not ask is not one that was left unanswered.

Answers count on the local day on which they came; who was asked, on the day of asking. Those who answer are no sample of all victims:
the interval says how much chance there is in the answers, and nothing of those who did not answer. An answer to a question that
nobody was sent is no answer of the survey: it is left out, and how many those are is said.

Answers are told of one quarter that is over: windows that overlap could be subtracted from each other, down to one victim's answer
(decision 0025). Where so few answered high, or so few otherwise, that they would be a victim's own, only how many answered is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

import fourfold
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value, wilson
from fourfold.analysis.small_tables import Shown, one_quarter, protected, share_with_limits
from fourfold.codes.areas import force as force_of
from fourfold.codes.offences import offences
from fourfold.codes.periods import Window
from fourfold.codes.small_numbers import SmallNumberRule, small_number_rule
from fourfold.codes.working_days import local_date
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records

SCALE = {
    "overall": "Satisfied with the service overall (8 to 10)", "polite": "Staff were polite and respectful",
    "understanding": "Staff were understanding and knowledgeable", "listened": "Staff took time to listen and understand",
    "helped": "Staff helped with the issue", "kept_informed": "Kept informed", "would_report_again": "Would report again",
}  # fmt: skip
"""The questions from 1 to 10, and what each asks."""
YES_NO = {"is_happy_overall": "Happy with the service overall (yes)"}
"""The questions of yes or no."""
TOP = 8
"""The least answer that counts as high: the top three boxes of ten."""
BY = {"month": "month", "offence": "offence_group", "unit": "unit"}
"""By what the survey may be split, and the column."""

_METHOD = Method(
    name="survey shares",
    text="Answers of 8, 9 or 10 (or yes) over the answers to that question, with Wilson's interval; the response rate is those who "
    "answered over those who were sent the question.",
    source="Wilson 1927.",
)
COLUMNS = ("question", "asks", "answers", "unanswered", "high", "share", "low", "high_limit")


def survey_result(
    records: Records, force_id: str, window: Window, by: str | None = None, small: SmallNumberRule | None = None
) -> Finding:
    """What victims answered in a window: kind "survey"; its value is the response rate in %, its n those who were sent the question.

    A row for each question (and each value of `by`, in order): the answers to it, how many of those who answered the survey left
    it open, how many were high, and their share with its interval in %: nothing of so few answers that they would be a victim's own,
    nor what would give those away (`small`, or the default rule). The parameters say how many were on the list, were left out by
    reason, were sent it, got it and answered, and how many answers nobody was asked for. Raises NothingHeld without a survey, and
    RequestInvalid for a split that is none, and for a window that is not one quarter that is over.
    """
    if by is not None and by not in BY:
        raise RequestInvalid("The survey cannot be split so.", remedy=f"Use one of: {', '.join(BY)}.")
    if not records.batches_of("survey_answers") and not records.batches_of("survey_asked"):
        raise NothingHeld("No survey of victims is held.", remedy="Import who was asked, and the answers.")
    one_quarter(window, local_date(records.as_at), "The survey")
    asked, given = (_of(records, name, force_id) for name in ("survey_asked", "survey_answers"))
    answers = _asked_for(asked, given)
    in_window = _local("answered_at").is_between(window.first, window.last)
    unasked = given.filter(in_window).height - answers.filter(in_window).height
    answered_ever = answers.select("survey_ref").unique()
    listed = asked.filter(_local("asked_at").is_between(window.first, window.last))
    counts = _asked(listed, answered_ever) | {"answers that nobody was asked for": unasked}
    rule = small or small_number_rule()
    rows = _rows(_with_crimes(records, force_id, asked, answers, window), by, window, rule)
    sent, answered = int(counts["sent"]), int(counts["answered"])
    low, high = wilson(answered, sent)
    return Finding(
        kind="survey", title="The victims' survey" + (f", by {by}" if by else ""), value=100 * answered / sent if sent else None,
        unit="%", n=sent, windows=(window,), area=force_of(force_id).name, method=_METHOD, as_at=records.as_at,
        batches=tuple(b.batch_id for b in records.standing if not {"survey_asked", "survey_answers"}.isdisjoint(b.tables)),
        code_version=fourfold.__version__,
        interval=Interval(low=low, high=high, level=0.95, meaning="by chance alone, if those asked were drawn at random")
        if sent else None,
        verdict=f"{answered} of {sent} who were sent it answered" if sent else "nobody is held who was sent it in these months",
        disclosure=f"{rule.title} ({rule.version}): {rule.in_words}",
        table=Table(columns=((by,) if by else ()) + COLUMNS, rows=tuple(rows)), parameters=counts,
        notes=_notes(counts, has_list=not asked.is_empty()),
        definition=Definition(
            name="survey", version="1", title="The victims' survey", status="force to supply",
            source="The force's survey by text message",
            text="Answers that came in these months, each question by itself. High is 8, 9 or 10 of 10, or yes.",
        ),
    )  # fmt: skip


def _of(records: Records, table: str, force_id: str) -> pl.DataFrame:
    return records.table(table).filter(pl.col("force_id") == force_id).collect()


def _local(column: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone("Europe/London").dt.date()


def _asked(listed: pl.DataFrame, answered: pl.DataFrame) -> dict[str, Any]:
    """How many were on the list, left out by reason, sent the question, reached, and answered by now."""
    out = listed.filter(pl.col("left_out_reason").is_not_null())
    sent = listed.filter(pl.col("left_out_reason").is_null())
    reasons = out.group_by("left_out_reason").len().sort("left_out_reason")
    return {
        "on the list": listed.height, "left out": dict(reasons.iter_rows()), "sent": sent.height,
        "arrived": int(sent["is_delivered"].sum() or 0), "arrival not recorded": sent["is_delivered"].null_count(),
        "answered": sent.join(answered, on="survey_ref", how="semi").height,
    }  # fmt: skip


def _asked_for(asked: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """The answers of those who were sent the question; all of them where no list of who was asked is held."""
    if asked.is_empty():
        return answers
    return answers.join(
        asked.filter(pl.col("left_out_reason").is_null()), on="survey_ref", how="semi", maintain_order="left"
    )


def _notes(counts: dict[str, Any], *, has_list: bool) -> tuple[str, ...]:
    left = [f"{why.replace('_', ' ')} {n}" for why, n in counts["left out"].items()]
    said = [f"Left out of the asking: {', '.join(left)}."] if left else []
    if counts["arrival not recorded"]:
        said.append("Whether the message arrived is not recorded of some: they count as sent.")
    if counts["answers that nobody was asked for"]:
        n = counts["answers that nobody was asked for"]
        said.append(f"Left out: {n} answers under references of which nobody is held who was sent the question.")
    if not has_list:
        said.append("Who was asked is not held: whether these are answers of those who were cannot be told.")
    return (
        *said,
        "Who answers is no sample of all victims: those who were left out or did not answer may say otherwise.",
    )


def _with_crimes(
    records: Records, force_id: str, asked: pl.DataFrame, answers: pl.DataFrame, window: Window
) -> pl.DataFrame:
    """The answers of a window, each with the month, and the offence group and unit of the crime asked about."""
    own = answers.filter(_local("answered_at").is_between(window.first, window.last))
    refs = asked.select("survey_ref", "crime_ref").unique("survey_ref", keep="last", maintain_order=True)
    groups = pl.DataFrame(
        [(str(o.code), o.group) for o in offences()], schema=["offence_code", "offence_group"], orient="row"
    )
    crimes = _of(records, "crimes", force_id).select("crime_ref", "offence_code", "unit")
    crimes = crimes.unique("crime_ref", keep="last", maintain_order=True).join(groups, on="offence_code", how="left")
    return (
        own.join(refs, on="survey_ref", how="left")
        .join(crimes, on="crime_ref", how="left")
        .with_columns(month=_local("answered_at").dt.to_string("%Y-%m"))
    )


def _rows(answers: pl.DataFrame, by: str | None, window: Window, rule: SmallNumberRule) -> list[tuple[Value, ...]]:
    """A row for each value of the split and each question, with what may be told of so few answers."""
    if by is None:
        every = [
            _few_withheld(one, rule) if _has_few(one.high, one.low, rule)
            else _told(one, rule.rounded(one.high), rule.rounded(one.low), rule, rule.smallest_shown)
            for one in _questions(answers, "all")
        ]  # fmt: skip
        return [row[1:] for row in every]
    keys = sorted(answers[BY[by]].unique().to_list(), key=lambda k: (k is None, k or ""))
    held = [
        one
        for key in keys
        for one in _questions(
            answers.filter(pl.col(BY[by]).eq_missing(pl.lit(key))), "not recorded" if key is None else str(key)
        )
    ]
    shown: dict[str, Shown] = {}
    for question in dict.fromkeys(one.question for one in held):
        counts = {one.key: {"high": one.high, "low": one.low} for one in held if one.question == question}
        high, low = (sum(row[state] for row in counts.values()) for state in ("high", "low"))
        if _has_few(
            high, low, rule
        ):  # of no row either: what is told of some, and of the whole, would tell of the others
            shown[question] = {key: {"high": None, "low": None} for key in counts}
            continue
        shown[question] = protected(counts, f"survey {question}", by, window, rule)[0]
    return [
        _told(one, told["high"], told["low"], rule, rule.percentage_base)
        for one in held if (told := shown[one.question][one.key]) is not None
    ]  # fmt: skip


@dataclass(frozen=True)
class _Question:
    """The answers to one question: how many were high, how many were not, and how many left it open."""

    key: str
    question: str
    asks: str
    high: int
    low: int
    unanswered: int


def _questions(answers: pl.DataFrame, key: str) -> list[_Question]:
    """Each question that a file of these answers asks: one that nobody of a file answers is not asked there."""
    found: list[_Question] = []
    for name, asks in (*SCALE.items(), *YES_NO.items()):
        given = answers[name]
        asking = answers.filter(pl.col(name).is_not_null())["batch_id"].unique()
        n = given.len() - given.null_count()
        if not n:
            continue
        high = int((given if name in YES_NO else given >= TOP).sum() or 0)
        among = answers.filter(pl.col("batch_id").is_in(asking.implode())).height
        found.append(_Question(key, name, asks, high, n - high, among - n))
    return found


def _has_few(high: int, low: int, rule: SmallNumberRule) -> bool:
    """Whether so few answered high, or so few otherwise, that the count would be of some victims' own answers."""
    return rule.is_small(high) or rule.is_small(low)


def _few_withheld(one: _Question, rule: SmallNumberRule) -> tuple[Value, ...]:
    """A row of which only the number of answers is told, where even that is not of few."""
    if rule.is_small(one.high + one.low):
        return (one.key, one.question, one.asks, *(None,) * 6)
    return (one.key, one.question, one.asks, rule.rounded(one.high + one.low), one.unanswered, None, None, None, None)


def _told(one: _Question, high: int | None, low: int | None, rule: SmallNumberRule, least: int) -> tuple[Value, ...]:
    """A row: of few answers nothing but that there are some, and a share of `least` of them or more only."""
    head = (one.key, one.question, one.asks)
    if high is None or low is None or rule.is_small(high + low):
        return (*head, *(None,) * 6)
    n = high + low
    return (*head, n, one.unanswered, high, *share_with_limits(high, n, least))
