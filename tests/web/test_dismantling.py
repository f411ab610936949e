"""Candidate places of dismantling on a page: how many, for those who may see points where; and what is said where none is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.casework.audit import Entry
from tests.analysis.test_dismantling import YARD, held, part
from tests.web.test_pages import text_of

pytestmark = pytest.mark.django_db
PAGE = "/vehicles/dismantling?force=leicestershire&from=2022-05&to=2022-05"
PLANTED = [part("A", *YARD), part("A", YARD[0] + 100, YARD[1]), part("B", YARD[0] + 200, YARD[1])]
WHERE = f"{YARD[0] + 100} {YARD[1]}"


@pytest.fixture
def one_yard(tmp_path: Path, settings: Any) -> Path:
    """Three parts of two crimes in one yard, with a vehicle found and a crime at a warehouse close by."""
    held(tmp_path, PLANTED)
    settings.FOURFOLD_HOME = tmp_path / "home"
    return tmp_path


def test_where_a_candidate_lies_is_shown_to_who_may_see_points_and_is_on_the_log(
    as_role: Callable[..., Client], one_yard: Path
) -> None:
    said = text_of(as_role("analyst").get(PAGE))
    assert f"{WHERE} 3 2 1 1 10 May 2022 10 May 2022 no other property to draw from" in said
    assert "A candidate is no accusation" in said
    assert Entry.objects.filter(record_class="points").count() == 1
    told = text_of(as_role("board_reader").get(PAGE))
    assert "Parts Candidates 3 1" in told
    assert "Where they lie is shown to those who may see points" in told
    assert str(YARD[0] + 100) not in told
    assert Entry.objects.filter(record_class="points").count() == 1


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [("&from=2022-04&to=2022-04", 200, "No recovered property with a point"), ("&force=kent", 422, "Choose one of the forces"),
     ("&area=E06000016", 422, "Choose one of those below"), ("&from=May", 422, "")],
)  # fmt: skip
def test_a_question_without_an_answer_says_so(
    as_role: Callable[..., Client], one_yard: Path, more: str, status: int, told: str
) -> None:
    answer = as_role("analyst").get(PAGE + more)
    assert answer.status_code == status
    assert told in text_of(answer)
    assert not Entry.objects.filter(record_class="points").exists()
