"""Change of place on a page: which areas' shares changed, an area and its rings, and who is shown them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.analysis import change_of_place
from fourfold.casework.audit import Entry
from fourfold.records.imports import import_files
from fourfold.web import figures
from fourfold.web.pages import running
from tests.conftest import OPEN_DATA
from tests.records.extracts import put
from tests.web.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGE = "/change-of-place?force=leicestershire&measure=residential_burglary&from=2022-04&to=2022-06"
INSIDE = PAGE + "&area=E06000016"
TOWNS = {"Leicester": (458_500, 304_500), "Charnwood": (453_500, 319_500), "Melton": (475_300, 319_000)}
MONTHS = tuple(f"{2020 + n // 12}-{n % 12 + 1:02d}" for n in range(30))


def burglaries(month: int) -> dict[str, int]:
    """How many in each town: about as many every month; in the last three, three times as many in Melton."""
    usual = {"Leicester": 40, "Charnwood": 20, "Melton": 12}
    return {town: n * (3 if town == "Melton" and month >= 27 else 1) + (month * 7 + n) % 3 for town, n in usual.items()}


@pytest.fixture(scope="module")
def thirty_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty months of burglary in three towns, and the boundaries of small areas."""
    folder = tmp_path_factory.mktemp("moved")
    home, when = folder / "home", datetime(2022, 7, 2, tzinfo=UTC)
    home.mkdir(mode=0o700)
    import_files(home, sorted((OPEN_DATA / "geography").glob("*leicester*")), clock=lambda: when)
    for at, month in enumerate(MONTHS):
        rows = [
            {"crime_ref": f"{month}{town}{k}", "offence_code": "28E", "recorded_at": f"{month}-10T12:00:00",
             "easting": str(TOWNS[town][0] + 10 * k), "northing": str(TOWNS[town][1])}
            for town, n in burglaries(at).items() for k in range(n)
        ]  # fmt: skip
        put(home, folder, when, "crimes", rows, month)
    return home


@pytest.fixture
def records_held(thirty_months: Path, settings: Any) -> Path:
    """The service over them."""
    settings.FOURFOLD_HOME = thirty_months
    return thirty_months


def small_areas_seen() -> int:
    """Sights of figures of small areas on the log."""
    return Entry.objects.filter(record_class="small_area_figures").count()


def test_what_moved_between_councils_is_a_figure_and_smaller_areas_are_on_the_log(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    analyst = as_role("analyst")
    said = text_of(analyst.get(PAGE))
    assert "April to June 2022 against April to June 2021" in said
    assert "areas changed by more than their own variation could make" in said
    before, after = (sum(burglaries(at)["Melton"] for at in months) for months in (range(15, 18), range(27, 30)))
    assert f"Melton {before} {after} " in said, "the surest is first"
    assert "more than its share" in said
    assert small_areas_seen() == 0
    small = text_of(analyst.get(PAGE + "&by=small"))
    assert "The surest first, 50 of" in small
    assert small_areas_seen() == 1


def test_an_area_stands_with_its_rings(as_role: Callable[..., Client], records_held: Path) -> None:
    said = text_of(as_role("analyst").get(INSIDE))
    said = said[said.index("Nearest first") :]
    order = [
        said.index(where)
        for where in (" inside ", "0 to 250 m", "250 to 500 m", "500 to 1000 m", "the rest of the force")
    ]
    assert order == sorted(order)
    assert f" inside {sum(burglaries(at)['Leicester'] for at in range(15, 18))} " in said
    assert small_areas_seen() == 1


@pytest.mark.parametrize(("more", "work"), [
    ("&by=small", "what_moved"), ("&area=E06000016", "rings"), ("&from=2021-01&to=2022-06", "what_moved"),
])  # fmt: skip
def test_a_question_is_worked_out_once_also_where_it_has_no_answer(
    as_role: Callable[..., Client], records_held: Path, monkeypatch: pytest.MonkeyPatch, more: str, work: str
) -> None:
    analyst, done, once = as_role("analyst"), [], getattr(change_of_place, work)
    monkeypatch.setattr(change_of_place, work, lambda *given, **named: done.append(more) or once(*given, **named))
    figures._kept.clear()
    first, again = (text_of(analyst.get(PAGE + more)) for _ in range(2))
    assert first == again
    assert done == [more]


@pytest.mark.parametrize("more", ["&by=small", "&area=E06000016"])
def test_who_may_not_see_small_areas_is_told_so(as_role: Callable[..., Client], records_held: Path, more: str) -> None:
    said = text_of(as_role("board_reader").get(PAGE + more))
    assert "shown to those who may see figures of small areas" in said
    assert "The surest first" not in said
    assert "0 to 250 m" not in said
    assert small_areas_seen() == 0


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        ("&by=street", 422, "Choose one of those below"),
        ("&against=1066", 422, "Choose one of those below"),
        ("&area=E99999999", 422, "Choose an area from the list"),
        ("&from=2020-01&to=2020-06", 200, "held as at that date"),
        ("&from=2021-01&to=2022-06", 200, "The windows overlap"),
    ],
)
def test_a_wrong_question_is_refused_with_the_remedy(
    as_role: Callable[..., Client], records_held: Path, more: str, status: int, told: str
) -> None:
    answer = as_role("analyst").get(PAGE + more)
    assert answer.status_code == status
    assert told in text_of(answer)


def test_the_page_as_it_opens_is_worked_out_before_anybody_asks(
    as_role: Callable[..., Client], records_held: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FOURFOLD_FORCE = "leicestershire"
    figures._kept.clear()
    running.made_ready("leicestershire")
    monkeypatch.setattr(change_of_place, "what_moved", partial(pytest.fail, "a page works out what moved"))
    assert "Melton" in text_of(as_role("board_reader").get("/change-of-place"))
