"""The victims' survey, and complaints: who was asked by text message, what they answered, and what was complained of.

The layout of the answers changes in April 2022, as such layouts do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from fourfold.demo.contacts import CARE_TEAMS, victims_of
from fourfold.demo.crimes import LAST_KNOWN
from fourfold.demo.extracts import LIGHT, extract_of, file_path, light, words, written_rows
from fourfold.demo.investigations import Table
from fourfold.demo.people import FIRM, person_references
from fourfold.demo.records_system import RecordsSystem, yes_no
from fourfold.demo.scenario import DAY, Ints, chosen, clock, days, instants, minute

Bools = npt.NDArray[np.bool_]

LATER_LAYOUT = minute(date(2022, 4, 1))
QUESTIONS = ("overall", "polite", "understanding", "listened", "helped", "kept_informed", "would_report_again")
LEFT_OUT = ("domestic_abuse", "sexual_offence", "under_18", "opted_out", "no_number")
_HIGH = (0.72, 0.83, 0.78, 0.8, 0.69, 0.58, 0.8)
"""How often each question is answered with 8, 9 or 10."""

_CATEGORIES = (
    "delivery of duties and service", "handling of or damage to property", "individual behaviours", "access to information",
)  # fmt: skip
_RIGHTS = ("6", "10", "3", "9", "6;9", "7")
_HANDLING = ("service_recovery", "local_resolution", "investigation", "no_further_action", "withdrawn")
_RESULTS = ("upheld", "partly_upheld", "not_upheld", "service_not_acceptable", "service_acceptable", "no_finding")


@dataclass(frozen=True)
class SurveyFigures:
    """What is planted of the answers in a window: how many, and the share of each question from 8 to 10; of happy ones."""

    first: date
    last: date
    answers: int
    high: Mapping[str, float]
    happy: float
    why: str


@dataclass
class Survey(Table):
    """Everyone on the list of a survey: asked or left out, and their answers (-1 for none)."""

    crime: Ints
    person: Ints
    asked: Ints
    delivered: Ints
    left_out: Ints
    answered: Ints
    scores: Ints
    """A column a question."""
    happy: Ints


def surveyed(system: RecordsSystem, planted: SurveyFigures | None = None) -> Survey:
    """Victims asked a fortnight or so after the crime was recorded."""
    rng = system.scenario.chance("survey")
    victims = victims_of(system.cast)
    is_person = (victims.person < FIRM) & system.crimes.counts[victims.crime]
    n = len(victims.crime)
    picked = np.flatnonzero(is_person & (rng.random(n) < 0.14))
    crime, person = victims.crime[picked], victims.person[picked]
    m = len(picked)
    asked = (
        system.crimes.recorded[crime] // DAY * DAY + rng.integers(10, 24, m) * DAY + rng.integers(9 * 60, 18 * 60, m)
    )
    known = asked < LAST_KNOWN
    age = system.cast.people.ages(person, system.crimes.reported[crime])
    left_out = np.full(m, -1)
    for number, mask in enumerate((
        system.cast.is_domestic[crime], system.crimes.of("sexual")[crime], age < 18,
        system.care.opted_out[picked] == 1, system.cast.people.phone[person] < 0,
    )):  # fmt: skip
        left_out = np.where((left_out < 0) & mask, number, left_out)
    delivered = np.where(left_out >= 0, -1, (rng.random(m) < 0.94).astype(np.int64))
    answers = (delivered == 1) & (rng.random(m) < 0.27)
    lag = (DAY * rng.exponential(1.4, m)).astype(np.int64) + 4
    answered = np.where(answers & (asked + lag < LAST_KNOWN), clock(asked + lag), -1)
    mood = rng.normal(0, 1, m)
    scores = np.stack([_score(mood, high, rng) for high in _HIGH], axis=1)
    scores = np.where(rng.random(scores.shape) < 0.03, -1, scores)
    scores = np.where(answered[:, None] >= 0, scores, -1)
    happy = np.where(answered >= 0, (mood + rng.normal(0, 0.6, m) > -0.45).astype(np.int64), -1)
    rows = Survey(crime, person, clock(asked), delivered, left_out, answered, scores, happy).only(known)
    return rows if planted is None else _to_figures(rows, planted, rng)


def _score(mood: npt.NDArray[np.float64], high: float, rng: np.random.Generator) -> Ints:
    """Scores from 1 to 10 that hang together, of which so many are 8 or more."""
    felt = 0.75 * mood + 0.66 * rng.normal(0, 1, len(mood))
    rank = np.argsort(np.argsort(felt)) / max(len(felt), 1)
    low = rank < 1 - high
    return np.where(
        low, 1 + (rank / (1 - high) * 7).astype(np.int64), 8 + ((rank - (1 - high)) / high * 3).astype(np.int64)
    ).clip(1, 10)


def _to_figures(rows: Survey, planted: SurveyFigures, rng: np.random.Generator) -> Survey:
    """Exactly so many answers in the window, and of each question exactly so many from 8 to 10."""
    first, last = minute(planted.first), minute(planted.last) + DAY
    could = np.flatnonzero((rows.delivered == 1) & (rows.asked >= first) & (rows.asked < last - 10 * DAY))
    late = (rows.answered >= first) & (rows.answered < last)
    rows.answered[late], rows.scores[late], rows.happy[late] = -1, -1, -1
    if len(could) < planted.answers:  # at a small scale there are too few to ask: they are asked again of others
        extra = rng.choice(could, planted.answers - len(could))
        rows = rows.only(np.concatenate([np.arange(len(rows.crime)), extra]))
        could = np.concatenate([could, np.arange(len(rows.crime) - len(extra), len(rows.crime))])
    own = rng.choice(could, planted.answers, replace=False)
    rows.answered[own] = clock(rows.asked[own] + rng.integers(5, 3 * DAY, len(own)))
    order = rng.permutation(planted.answers)
    for number, question in enumerate(QUESTIONS):
        share = planted.high.get(question, _HIGH[number])
        cut = round(share * planted.answers)
        shuffled = np.roll(order, number * planted.answers // 40)
        rows.scores[own[shuffled[:cut]], number] = rng.integers(8, 11, cut)
        rows.scores[own[shuffled[cut:]], number] = rng.integers(1, 8, planted.answers - cut)
    rows.happy[own] = 0
    rows.happy[own[order[: round(planted.happy * planted.answers)]]] = 1
    return rows


def written_survey(system: RecordsSystem, folder: Path, planted: SurveyFigures | None = None) -> Iterator[Path]:
    """Write who was asked, the answers in both layouts, and the complaints."""
    rows = surveyed(system, planted)
    refs = system.refs
    every = np.arange(len(rows.crime))
    names = pl.select(pl.format("SV{}", pl.Series(every + 1).cast(pl.String).str.zfill(8))).to_series()
    has = rows.answered >= 0
    complaints = _Complaints(system)
    for number, extract in enumerate(LIGHT):
        which = every[light(extract_of(rows.asked)) == number]
        if len(which):
            yield written_rows(file_path(folder, "survey_asked", extract), "survey_asked", {
                "survey_ref": names.gather(which), "crime_ref": refs.gather(rows.crime[which]),
                "person_ref": person_references(rows.person[which]), "asked_at": instants(rows.asked[which]),
                "is_delivered": yes_no(rows.delivered[which]), "left_out_reason": words(rows.left_out[which], LEFT_OUT),
            })  # fmt: skip
        for contract, mask in (
            ("survey_answers", rows.answered < LATER_LAYOUT),
            ("survey_answers_later", rows.answered >= LATER_LAYOUT),
        ):
            which = every[has & mask & (light(extract_of(rows.answered.clip(0))) == number)]
            if len(which):
                columns = _answers(rows, names, which, contract == "survey_answers_later")
                yield written_rows(file_path(folder, contract, extract), contract, columns)
        columns = complaints(number)
        if len(columns["complaint_ref"]):
            yield written_rows(file_path(folder, "complaints", extract), "complaints", columns)


def _answers(rows: Survey, names: pl.Series, which: Ints, is_later: bool) -> dict[str, pl.Series]:
    scores = {
        question: pl.Series(rows.scores[which, at]).set(pl.Series(rows.scores[which, at] < 0), None)
        for at, question in enumerate(QUESTIONS)
    }
    if not is_later:
        return {"survey_ref": names.gather(which), "answered_at": instants(rows.answered[which]), **scores}
    return {
        "response_ref": names.gather(which), "answered_at": instants(rows.answered[which]),
        **{f"q_{question}": scores[question] for question in QUESTIONS[:6]}, "is_happy_overall": yes_no(rows.happy[which]),
    }  # fmt: skip


class _Complaints:
    """Complaints by victims, drawn once and given round by round; some say which rights they touch, most do not."""

    def __init__(self, system: RecordsSystem) -> None:
        rng = system.scenario.chance("complaints")
        victims = victims_of(system.cast)
        self.system, n = system, len(victims.crime)
        own = np.flatnonzero((victims.person < FIRM) & (rng.random(n) < 0.004))
        self.crime, self.person = victims.crime[own], victims.person[own]
        self.received = system.crimes.recorded[self.crime] + (DAY * (5 + rng.gamma(2.0, 40, len(own)))).astype(np.int64)
        known = np.flatnonzero(self.received < LAST_KNOWN)
        known = known[np.argsort(self.received[known], kind="stable")]
        self.crime, self.person, self.received = self.crime[known], self.person[known], self.received[known]
        m = len(known)
        self.category = chosen([52, 20, 16, 12], m, rng)
        self.rights = np.where(rng.random(m) < 0.3, chosen([40, 24, 14, 12, 6, 4], m, rng), -1)
        self.rights = np.where((self.category == 1) & (self.rights >= 0), 1, self.rights)
        self.acknowledged = np.where(rng.random(m) < 0.9, self.received + rng.integers(1, 14, m) * DAY, -1)
        self.closed = self.received + (DAY * rng.gamma(2.0, 35, m)).astype(np.int64)
        self.closed = np.where(self.closed < LAST_KNOWN, self.closed, -1)
        self.handling, self.result = chosen([30, 34, 16, 15, 5], m, rng), chosen([6, 6, 20, 28, 34, 6], m, rng)
        self.team = rng.integers(0, len(CARE_TEAMS) - 1, m)

    def __call__(self, number: int) -> dict[str, pl.Series]:
        """The columns of one round."""
        at = np.flatnonzero(light(extract_of(self.received)) == number)
        taken = LIGHT[number].taken
        over = self.closed[at] >= 0
        over &= self.closed[at] < taken
        return {
            "complaint_ref": pl.select(pl.format("CO{}", pl.Series(at + 1).cast(pl.String).str.zfill(6))).to_series(),
            "received_on": days(self.received[at]),
            "acknowledged_on": days(np.where(self.acknowledged[at] < taken, self.acknowledged[at], -1)),
            "crime_ref": self.system.refs.gather(self.crime[at]).set(pl.Series(at % 9 == 0), None),
            "person_ref": person_references(self.person[at]), "category": words(self.category[at], _CATEGORIES),
            "code_rights": words(self.rights[at], _RIGHTS), "team": words(self.team[at], CARE_TEAMS),
            "handling": words(np.where(over, self.handling[at], -1), _HANDLING),
            "result": words(np.where(over, self.result[at], -1), _RESULTS),
            "closed_on": days(np.where(over, self.closed[at], -1)),
        }  # fmt: skip
