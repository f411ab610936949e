"""Intelligence questions: six with their source; answers are added on evidence and grow stale; boards read how they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from fourfold.casework.audit import Entry, Who
from fourfold.casework.events import Event
from fourfold.casework.intelligence_questions import (
    ANSWERED,
    OPEN,
    PARTLY,
    STALE,
    Given,
    IntelligenceAnswer,
    answer_question,
    give_owner,
    standing,
)
from fourfold.codes.intelligence_questions import intelligence_question, intelligence_questions
from fourfold.errors import CodeUnknown, Conflict, RequestInvalid

A = Who("a", ("analyst",))
NOW = datetime(2022, 11, 28, 9, tzinfo=UTC)
GIVEN = Given(words="Most are taken apart", how_far=PARTLY, evidence_kind="document", evidence="D/12", grade="untested",
              review_on=date(2022, 12, 31))  # fmt: skip
FORM = {"words": "Most by relay", "how-far": "answered", "evidence-kind": "figure", "evidence": "0123456789ab", "grade": "reliable",
        "review-day": "1", "review-month": "1", "review-year": "2099", "version": "0"}  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_force(settings: Any) -> None:
    settings.FOURFOLD_FORCE = "leicestershire"


def state(day: date, name: str = "intact_or_parts") -> str:
    return next(one.state for one in standing("leicestershire", day) if one.question.id == name)


def test_the_six_questions_of_the_paper_each_with_its_source_and_open_until_somebody_answers() -> None:
    every = intelligence_questions()
    assert list(every) == [
        "dismantling_places",
        "intact_or_parts",
        "stay_in_country",
        "used_in_crime",
        "how_stolen",
        "to_order",
    ]
    assert all("paragraph 46" in one.source for one in every.values())
    assert {one.state for one in standing("leicestershire", NOW.date())} == {OPEN}
    with pytest.raises(CodeUnknown):
        intelligence_question("who_did_it")


def test_an_answer_is_added_and_never_overwritten_and_grows_stale_after_its_day() -> None:
    answer_question(A, "leicestershire", "intact_or_parts", GIVEN, version=0, at=NOW)
    assert [state(date(2022, 12, day)) for day in (30, 31)] == [PARTLY, PARTLY]
    assert state(date(2023, 1, 1)) == STALE
    later = replace(GIVEN, words="All are", how_far=ANSWERED, review_on=date(2023, 6, 1))
    answer_question(A, "leicestershire", "intact_or_parts", later, version=1, at=NOW)
    assert state(date(2023, 1, 1)) == ANSWERED
    kept = IntelligenceAnswer.objects.order_by("number").values_list("number", "words", "evidence")
    assert list(kept) == [(1, "Most are taken apart", "D/12"), (2, "All are", "D/12")]
    assert {one.state for one in standing("saltmere", NOW.date())} == {OPEN}, "another force's answers are its own"


@pytest.mark.parametrize(
    ("lacks", "said"),
    [({"words": " "}, "no words"), ({"words": "a" * 1001}, "too many"),
     ({"how_far": "stale"}, "how far"), ({"grade": "B2"}, "surely"),
     ({"evidence": ""}, "No evidence"), ({"evidence_kind": "rumour"}, "No evidence"), ({"review_on": NOW.date()}, "looked at again")],
)  # fmt: skip
def test_an_answer_without_evidence_grade_or_review_is_refused_and_nothing_is_kept(
    lacks: dict[str, Any], said: str
) -> None:
    with pytest.raises(RequestInvalid, match=said):
        answer_question(A, "leicestershire", "how_stolen", replace(GIVEN, **lacks), version=0, at=NOW)
    assert not IntelligenceAnswer.objects.exists()
    assert not Event.objects.exists()


def test_two_who_answer_at_once_the_second_is_told_and_each_verb_is_on_the_log() -> None:
    give_owner(A, "leicestershire", "to_order", owner="Analyst of vehicle crime", version=0, at=NOW)
    with pytest.raises(Conflict):
        answer_question(A, "leicestershire", "to_order", GIVEN, version=0, at=NOW)
    answer_question(A, "leicestershire", "to_order", GIVEN, version=1, at=NOW)
    with pytest.raises(RequestInvalid):
        give_owner(A, "leicestershire", "to_order", owner="", version=2, at=NOW)
    verbs = ["give_owner", "answer_question"]
    assert [e.verb for e in Event.objects.order_by("pk")] == verbs
    assert [e.verb for e in Entry.objects.filter(record_class="intelligence_answers").order_by("number")] == verbs


def test_a_board_reads_how_each_stands_and_no_answer(as_role: Callable[..., Client]) -> None:
    analyst, board = as_role("analyst"), as_role("board_reader")
    assert "Nobody has answered it yet" in analyst.get("/intelligence-questions/how_stolen").content.decode()
    assert analyst.post("/intelligence-questions/how_stolen", {**FORM, "evidence": ""}).status_code == 422
    assert analyst.post("/intelligence-questions/how_stolen", FORM).status_code == 302
    again = analyst.post("/intelligence-questions/how_stolen", {**FORM, "words": "By keys"})
    assert again.status_code == 409
    assert "By keys" in again.content.decode(), "what was written is not lost"
    given = {"owner": "Head of intelligence", "version": "1"}
    assert analyst.post("/intelligence-questions/how_stolen", given).status_code == 302
    page = analyst.get("/intelligence-questions/how_stolen").content.decode()
    assert "Most by relay" in page
    assert "0123456789ab" in page
    read = board.get("/intelligence-questions").content.decode()
    assert "Head of intelligence" in read
    assert "answered" in read
    assert "Most by relay" not in read
    assert "/intelligence-questions/how_stolen" not in read
    assert board.get("/intelligence-questions/how_stolen").status_code == 404
    assert analyst.get("/intelligence-questions/who_did_it").status_code == 404
