"""Crimes that cannot be judged by place and day, by page: each page says why, or counts what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.casework import work
from tests.records.extracts import put
from tests.web.test_near_repeats import burglaries
from tests.web.test_pages import text_of
from tests.web.test_where_next import waiting

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
Rows = list[dict[str, str]]
GOOD = burglaries()
PAGES = (
    "/near-repeats?force=leicestershire",
    "/where-next?force=leicestershire&cell=1000",
    "/hotspots?force=leicestershire&cell=1000",
)
DEGREES = {"easting": "-1.13", "northing": "52.63"}


def changed(**more: str) -> Rows:
    """All of them with some of their columns otherwise."""
    return [{**row, **more} for row in GOOD]


REFUSED: list[tuple[str, Rows, str]] = [
    ("all at one snap point", changed(easting="455000", northing="300000"), "each stands for many addresses"),
    ("months only", changed(committed_from="", committed_to=""), "The events have a month and no day"),
    ("fewer than 30 events", [row for row in GOOD if row["crime_ref"] < "B09"], "fewer than 30"),
]  # fmt: skip
COUNTED: list[tuple[str, Rows, str]] = [
    ("without a point", [{**row, **({"easting": "", "northing": ""} if n < 4 else {})} for n, row in enumerate(GOOD)],
     "Left out: 4 of 120 without a point in the force"),
    ("future dates", [{**row, **({"committed_from": "2099-01-01T01:00:00"} if n < 3 else {})} for n, row in enumerate(GOOD)],
     "3 without a day that has come"),
    ("two grids mixed", [*GOOD, *({**row, "crime_ref": f"D{n}", **DEGREES} for n, row in enumerate(GOOD[:5]))],
     "Left out: 5 of 125 without a point in the force"),
]  # fmt: skip


@pytest.fixture
def held(tmp_path: Path, settings: Any) -> Iterator[Callable[[Rows], None]]:
    """Brings in crimes of six months, as a force's own."""
    from fourfold.web import look

    def bring(rows: Rows) -> None:
        for month in range(1, 7):
            own = [row for row in rows if row["recorded_at"].startswith(f"2022-{month:02d}")]
            put(
                tmp_path / "home",
                tmp_path,
                datetime(2022, 7, 1, 12, month, tzinfo=UTC),
                "crimes",
                own,
                f"2022-{month:02d}",
            )

    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    look.service.cache_clear()
    yield bring
    look.service.cache_clear()


def told(client: Client, address: str) -> str:
    """What a page says once the worker has done what it asked for."""
    client.get(address)
    for asked in waiting():
        work.draw_maps.call(asked)
    return text_of(client.get(address)).replace("'", "’")


@pytest.mark.parametrize(("what", "rows", "cause"), REFUSED, ids=[one[0] for one in REFUSED])
def test_each_page_says_why_it_shows_nothing(
    what: str, rows: Rows, cause: str, held: Callable[[Rows], None], as_role: Callable[..., Client]
) -> None:
    held(rows)
    analyst = as_role("analyst")
    for page in PAGES:
        assert cause in told(analyst, page), (what, page)


@pytest.mark.parametrize(("what", "rows", "note"), COUNTED, ids=[one[0] for one in COUNTED])
def test_each_page_counts_what_it_leaves_out(
    what: str, rows: Rows, note: str, held: Callable[[Rows], None], as_role: Callable[..., Client]
) -> None:
    held(rows)
    analyst = as_role("analyst")
    for page in PAGES:
        assert note in told(analyst, page), (what, page)
