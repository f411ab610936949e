"""The victims' survey: each question with its own number, its own interval, and who did not answer beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fourfold.analysis.survey import COLUMNS, survey_result
from fourfold.codes.periods import parse_window
from fourfold.codes.small_numbers import SmallNumberRule
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from tests.analysis.test_entitlements import CRIME, FORCE, records

JUNE = parse_window("2022-04", "2022-06")
"""The quarter in which all of it happens: answers are told of one quarter."""


def asked(n: int, **more: str) -> dict[str, str]:
    return {"survey_ref": f"S{n}", "crime_ref": f"C{n % 2}", "person_ref": "V1", "asked_at": f"2022-06-{n % 28 + 1:02}T10:00:00",
            "is_delivered": "Y", **more}  # fmt: skip


def answer(n: int, **given: str) -> dict[str, str]:
    return {"survey_ref": f"S{n}", "answered_at": f"2022-06-{n % 28 + 1:02}T18:00:00", **given}


def later(n: int, **given: str) -> dict[str, str]:
    return {"response_ref": f"S{n}", "answered_at": f"2022-06-{n % 28 + 1:02}T18:00:00", **given}


@pytest.fixture
def held(tmp_path: Path) -> Records:
    """Ten asked in the first layout, of whom four answered; two in the later one; one left out, one after the month."""
    first = [answer(n, overall=score) for n, score in enumerate(("10", "8", "7", ""))]
    first[3]["polite"] = "9"
    happy = [later(4, q_overall="9", is_happy_overall="Y"), later(5, q_overall="2", is_happy_overall="N")]
    every = [asked(n) for n in range(8)]
    every += [
        asked(8, is_delivered=""),
        asked(9, is_delivered="N"),
        asked(10, left_out_reason="under_18", is_delivered=""),
    ]
    return records(
        tmp_path, crimes=[{**CRIME, "crime_ref": "C0"}, {**CRIME, "crime_ref": "C1", "offence_code": "44", "unit": "South"}],
        survey_asked=[*every, {**asked(11), "asked_at": "2022-07-01T10:00:00"}], survey_answers=first, survey_answers_later=happy,
    )  # fmt: skip


def row(found: Any, question: str) -> dict[str, Any]:
    return next(r for r in found.table.records() if r["question"] == question)


def test_the_response_stands_beside_the_answers(held: Records) -> None:
    found = survey_result(held, FORCE, JUNE)
    assert (found.n, found.value, found.verdict) == (10, 60.0, "6 of 10 who were sent it answered")
    assert found.parameters == {
        "on the list": 11, "left out": {"under_18": 1}, "sent": 10, "arrived": 8, "arrival not recorded": 1, "answered": 6,
        "answers that nobody was asked for": 0,
    }  # fmt: skip
    assert any("under 18 1" in note for note in found.notes)
    assert any("no sample of all victims" in note for note in found.notes)


def test_each_question_has_its_own_number_and_what_was_not_asked_is_not_unanswered(held: Records) -> None:
    found = survey_result(held, FORCE, JUNE, small=OPEN)
    overall, polite, happy = (row(found, name) for name in ("overall", "polite", "is_happy_overall"))
    # 10, 8, 7, 9, 2 were given, one left it open: three of five are 8 to 10
    assert [overall[c] for c in ("answers", "unanswered", "high")] == [5, 1, 3]
    assert overall["share"] == 60
    assert polite["answers"] is None, "one answer is one victim's own"
    assert (happy["answers"], happy["unanswered"], happy["share"]) == (2, 0, None), (
        "of two, one yes is one victim's own"
    )
    assert {r["question"] for r in found.table.records()} == {"overall", "polite", "is_happy_overall"}  # type: ignore[union-attr]
    assert found.table is not None
    assert found.table.columns == COLUMNS


OPEN = SmallNumberRule(
    id="open", version="1", title="For this test alone", smallest_shown=2, spread=1, percentage_base=1
)
"""A rule that withholds next to nothing, so that few answers can be counted by hand."""


def test_of_few_answers_nothing_is_told_nor_what_would_give_them_away(tmp_path: Path) -> None:
    """Three units: of the first so few answered that they are one victim's own, and the whole less the others would say what."""
    whose = [("C1", "North")] * 2 + [("C2", "South")] * 30 + [("C3", "East")] * 31
    crimes = [{"crime_ref": ref, "offence_code": "34B", "recorded_at": "2022-06-01T09:00:00", "unit": unit}
              for ref, unit in dict.fromkeys(whose)]  # fmt: skip
    asked = [
        {"survey_ref": f"S{n}", "crime_ref": ref, "asked_at": "2022-06-03T09:00:00"} for n, (ref, _) in enumerate(whose)
    ]
    given = [answer(n, overall="9" if n % 3 else "2") for n in range(len(whose))]
    held = records(tmp_path, crimes=crimes, survey_asked=asked, survey_answers=given)
    by_unit = survey_result(held, FORCE, JUNE, "unit")
    assert by_unit.table is not None
    told = {r["unit"]: (r["answers"], r["high"], r["share"]) for r in by_unit.table.records()}
    assert told["North"] == (None, None, None)
    assert sum(numbers == (None, None, None) for numbers in told.values()) >= 2, "or the whole less the rest says it"
    assert "withheld" in by_unit.disclosure or "small" in by_unit.disclosure.lower()
    (tmp_path / "few").mkdir()
    few = survey_result(records(tmp_path / "few", survey_answers=given[:3]), FORCE, JUNE)
    assert row(few, "overall")["answers"] is None


WINDOWS = [
    # from, to, why it is not told of them (None: it is)
    ("2022-04", "2022-06", None),
    ("2022-01", "2022-03", None),
    ("2022-06", "2022-06", "one quarter of a year"),
    ("2022-03", "2022-05", "one quarter of a year"),
    ("2022-01", "2022-06", "one quarter of a year"),
    ("2022-07", "2022-09", "a quarter that is over"),
]
"""Windows that overlap could be subtracted from each other, and yesterday's of a running quarter from today's."""


@pytest.mark.parametrize(("first", "last", "why"), WINDOWS)
def test_answers_are_told_of_one_quarter_that_is_over(first: str, last: str, why: str | None, held: Records) -> None:
    if why is None:
        assert survey_result(held, FORCE, parse_window(first, last)).kind == "survey"
        return
    with pytest.raises(RequestInvalid, match=why) as refused:
        survey_result(held, FORCE, parse_window(first, last))
    assert "The survey is told" in str(refused.value)


FEW = [
    # how many answered high and how many otherwise; what is told: answers, high, share
    (20, 10, (30, 20, 66.7)),
    (30, 0, (30, 30, 100.0)),
    (0, 30, (30, 0, 0.0)),
    (2, 28, (30, None, None)),
    (28, 2, (30, None, None)),
    (1, 2, (None, None, None)),
]
"""Where two of thirty were high, whoever knows one of them knows the other: only that thirty answered is told."""


@pytest.mark.parametrize(("high", "low", "told"), FEW)
def test_few_high_or_few_otherwise_are_told_of_the_whole_as_little_as_of_a_part(
    high: int, low: int, told: tuple[int | None, ...], tmp_path: Path
) -> None:
    given = [answer(n, overall="9" if n < high else "2") for n in range(high + low)]
    crimes = [{**CRIME, "crime_ref": "C0"}, {**CRIME, "crime_ref": "C1", "unit": "South"}]
    held = records(tmp_path, crimes=crimes, survey_asked=[asked(n) for n in range(high + low)], survey_answers=given)
    found = row(survey_result(held, FORCE, JUNE), "overall")
    share = None if found["share"] is None else round(found["share"], 1)
    assert (found["answers"], found["high"], share) == told
    by_unit = survey_result(held, FORCE, JUNE, "unit").table
    assert by_unit is not None
    parts = [r["high"] for r in by_unit.records() if r["question"] == "overall"]
    assert told[1] is not None or set(parts) == {None}, "nor is it told of the parts"


def test_an_answer_that_nobody_was_asked_for_is_left_out_and_counted(tmp_path: Path) -> None:
    """Ten were sent it and answered; one who was left out of the asking, and two of whom nobody knows, answered too."""
    given = [answer(n, overall="9" if n % 2 else "2") for n in range(13)]
    sent = [asked(n) for n in range(10)] + [asked(10, left_out_reason="under_18", is_delivered="")]
    found = survey_result(records(tmp_path, survey_asked=sent, survey_answers=given), FORCE, JUNE)
    assert row(found, "overall")["answers"] == 10
    assert (found.parameters["answers that nobody was asked for"], found.parameters["answered"]) == (3, 10)
    assert any("Left out: 3 answers" in note for note in found.notes)
    (tmp_path / "no list").mkdir()
    unknown = survey_result(records(tmp_path / "no list", survey_answers=given), FORCE, JUNE)
    assert row(unknown, "overall")["answers"] == 13
    assert any("Who was asked is not held" in note for note in unknown.notes)


PAPER = [
    # of 2,232 answers, how many high, and Wilson's interval: what the paper of late 2022 leaves out
    (1786, 80.0, 78.3, 81.6),
    (1473, 66.0, 64.0, 67.9),
]


@pytest.mark.parametrize(("high", "share", "low", "most"), PAPER)
def test_eighty_per_cent_beside_sixty_six_are_two_questions_with_their_intervals(
    tmp_path: Path, high: int, share: float, low: float, most: float
) -> None:
    given = [answer(n, overall="9" if n < high else "3") for n in range(2232)]
    found = row(survey_result(records(tmp_path, survey_answers=given), FORCE, JUNE), "overall")
    assert found["answers"] == 2232
    for name, expected in (("share", share), ("low", low), ("high_limit", most)):
        assert found[name] == pytest.approx(expected, abs=0.06)


def test_split_by_offence_unit_and_month(tmp_path: Path) -> None:
    crimes = [{**CRIME, "crime_ref": "C0"}, {**CRIME, "crime_ref": "C1", "offence_code": "44", "unit": "South"}]
    given = [answer(n, overall="9" if n % 4 < 2 else "2") for n in range(240)]
    held = records(tmp_path, crimes=crimes, survey_asked=[asked(n) for n in range(240)], survey_answers=given)
    by_offence = survey_result(held, FORCE, JUNE, "offence")
    assert by_offence.table is not None
    assert [(r["offence"], r["answers"], r["high"], r["share"]) for r in by_offence.table.records()] == [
        ("Robbery", 120, 60, 50.0), ("Theft offences", 120, 60, 50.0),
    ]  # fmt: skip
    by_unit = survey_result(held, FORCE, JUNE, "unit")
    assert by_unit.table is not None
    assert {r["unit"] for r in by_unit.table.records()} == {"North", "South"}
    by_month = survey_result(held, FORCE, JUNE, "month")
    assert by_month.table is not None
    assert {r["month"] for r in by_month.table.records()} == {"2022-06"}
    with pytest.raises(RequestInvalid):
        survey_result(held, FORCE, JUNE, "weather")


def test_nothing_held_and_nobody_asked(tmp_path: Path, held: Records) -> None:
    empty = Records(home=tmp_path, as_at=datetime(2022, 8, 1, tzinfo=UTC), standing=(), owners={})
    with pytest.raises(NothingHeld):
        survey_result(empty, FORCE, JUNE)
    found = survey_result(held, FORCE, parse_window("2021-04", "2021-06"))
    assert (found.value, found.n, found.interval) == (None, 0, None)
    assert found.verdict == "nobody is held who was sent it in these months"
