"""Where next on a page: what the backtest says is what is shown, to whom, and what may not be done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from fourfold.casework.audit import Entry
from tests.web.test_near_repeats import burglaries_held  # noqa: F401 - a fixture
from tests.web.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGE = "/where-next?force=leicestershire&cell=1000"


def test_the_map_that_the_backtest_names_is_shown_and_put_on_the_log(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
) -> None:
    said = text_of(as_role("analyst").get(PAGE))
    assert "Can it be told?" in said
    assert "counts of the last 12 months" in said
    plain = "so that map is shown" in said
    assert ("Where the plain map is highest" in said) == plain
    assert ("Where most is expected" in said) != plain
    assert "Not to be tasked from" in said
    assert "events expected, by 120 before" in said
    assert Entry.objects.filter(record_class="small_area_figures").count() == 1


@pytest.mark.parametrize(
    ("role", "query", "status"), [("analyst", "", 200), ("analyst", "&horizon=3", 422), ("outsider", "", 302)]
)
def test_who_is_shown_what(
    as_role: Callable[..., Client],
    outsider: Client,
    burglaries_held: Path,  # noqa: F811
    role: str,
    query: str,
    status: int,
) -> None:
    client = outsider if role == "outsider" else as_role(role)
    assert client.get(PAGE + query).status_code == status


def test_those_who_may_not_see_small_areas_see_the_backtest_alone(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
) -> None:
    said = text_of(as_role("board_reader").get(PAGE))
    assert "Can it be told?" in said
    assert "shown to those who may see figures of small areas" in said
    assert "Easting" not in said


def test_months_alone_are_refused_with_the_reason(as_role: Callable[..., Client], records_held: Path) -> None:
    said = text_of(as_role("analyst").get("/where-next?force=leicestershire&measure=police_uk_burglary"))
    assert "The events have a month and no day" in said
