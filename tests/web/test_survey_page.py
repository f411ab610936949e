"""The page of the victims' survey: each question by itself, beside who was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.analysis.test_entitlements import CRIME, records
from tests.analysis.test_survey import answer, asked
from tests.records.extracts import put
from tests.web.test_case_audits import said


@pytest.fixture
def survey_held(tmp_path: Path, settings: Any) -> Iterator[None]:
    from fourfold.web import look

    given = [answer(n, overall="9" if n % 3 else "4") for n in range(24)]
    every = [asked(n) for n in range(30)]
    records(
        tmp_path, crimes=[{**CRIME, "crime_ref": f"C{n}"} for n in (0, 1)], survey_asked=every, survey_answers=given
    )
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    look.service.cache_clear()
    yield
    look.service.cache_clear()


@pytest.mark.django_db
def test_each_question_by_itself_beside_who_was_asked(as_role: Callable[..., Client], survey_held: None) -> None:
    auditor = as_role("code_auditor")
    shown = said(auditor.get("/victims-code/survey"))
    for words in (
        "24 of 30 who were sent it answered (80%)",
        "Satisfied with the service overall",
        "66.7%",
        "never put together",
    ):
        assert words in shown, words
    assert "April to June 2022" in shown
    assert "Robbery" in said(auditor.get("/victims-code/survey?from=2022-04&by=offence"))
    assert "Nobody answered" in said(auditor.get("/victims-code/survey?from=2022-01&to=2022-03"))
    month = said(auditor.get("/victims-code/survey?from=2022-06&to=2022-06"))
    assert "The survey is told of one quarter of a year: windows that overlap can be subtracted." in month
    for address in ("by=weather", "from=yesterday", "from=2022-05", "from=2022-07"):
        assert auditor.get(f"/victims-code/survey?{address}").status_code == 422


@pytest.mark.django_db
def test_of_a_quarter_that_is_not_over_the_page_says_so(
    as_role: Callable[..., Client], tmp_path: Path, settings: Any
) -> None:
    from fourfold.web import look

    records(tmp_path, crimes=[{**CRIME, "crime_ref": "C0"}])
    given = [answer(n, overall="9") | {"answered_at": "2022-07-01T09:00:00"} for n in range(6)]
    put(tmp_path / "home", tmp_path, datetime(2022, 7, 2, tzinfo=UTC), "survey_answers", given, "2022-07")
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    look.service.cache_clear()
    page = as_role("code_auditor").get("/victims-code/survey")
    assert page.status_code == 200
    assert "What victims answered" in said(page)
    assert "No quarter of which answers are held is over yet" in said(page)
    look.service.cache_clear()


@pytest.mark.django_db
def test_without_a_survey_the_page_says_so(as_role: Callable[..., Client], records_held: Path) -> None:
    assert "No survey of victims is held" in said(as_role("analyst").get("/victims-code/survey"))
