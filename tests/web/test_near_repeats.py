"""Near repeats on a page: the bands, the chains, and who is shown which events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.analysis import near_repeats as analysis
from fourfold.casework.audit import Entry
from fourfold.web import figures
from fourfold.web.pages import running
from tests.records.extracts import put
from tests.web.test_pages import text_of

pytestmark = pytest.mark.django_db
PAGE = "/near-repeats?force=leicestershire"
PLACES = 40


def burglaries() -> list[dict[str, str]]:
    """Forty places far from one another: a burglary, another there two days on, and one 50 metres off the day after."""
    found = []
    for n in range(PLACES):
        east, north = 455_000 + 2_000 * (n % 10), 300_000 + 2_000 * (n // 10)
        first = date(2022, 1, 1) + timedelta(days=(n * 47) % 171)
        for k, (apart, later) in enumerate(((0, 0), (0, 2), (50, 3))):
            day = first + timedelta(days=later)
            found.append({
                "crime_ref": f"B{n:02d}{k}", "offence_code": "28E", "reported_at": f"{day}T09:00:00",
                "recorded_at": f"{day}T10:00:00", "committed_from": f"{day}T02:00:00", "committed_to": f"{day}T03:00:00",
                "easting": str(east + apart), "northing": str(north),
            })  # fmt: skip
    return found


def bring_in(home: Path, folder: Path) -> None:
    """Their extracts, one a month."""
    for month in range(1, 7):
        rows = [row for row in burglaries() if row["recorded_at"].startswith(f"2022-{month:02d}")]
        put(home, folder, datetime(2022, 7, 1, 12, month, tzinfo=UTC), "crimes", rows, f"2022-{month:02d}")


@pytest.fixture
def burglaries_held(tmp_path: Path, settings: Any) -> Iterator[Path]:
    from fourfold.web import look

    bring_in(tmp_path / "home", tmp_path)
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    look.service.cache_clear()
    yield tmp_path
    look.service.cache_clear()


def test_the_bands_and_the_chains_are_told(as_role: Callable[..., Client], burglaries_held: Path) -> None:
    page = as_role("board_reader").get(f"{PAGE}&metres=100&days=7")
    said = text_of(page)
    assert "120 events repeat near themselves within 100 m and 7 days" in said
    assert "80 of 120 events followed another within 100 m and 7 days" in said
    assert "Were followed 80" in said
    assert "Leicestershire Police, January to June 2022" in said
    assert "July 2021" not in said, "no month before the first that is held is spoken of"
    assert b"ff-figure" in page.content
    assert "Repeats beyond chance: 0 to 0.1 m and 0 to 7 days; 0.1 to 100 m and 0 to 7 days" in page.content.decode()
    assert "B00" not in said, "an event is told only to those who may see points"
    assert "events=yes" not in page.content.decode()


def test_what_was_asked_stands_in_the_filters_also_where_it_is_not_held(
    as_role: Callable[..., Client], burglaries_held: Path
) -> None:
    page = as_role("board_reader").get(f"{PAGE}&from=2021-10&to=2022-05").content.decode()
    assert re.findall(r'<option value="([0-9-]+)" selected', page)[:2] == ["2021-10", "2022-05"]


def test_the_last_weeks_events_are_listed_once_on_the_log(
    as_role: Callable[..., Client], burglaries_held: Path
) -> None:
    analyst = as_role("analyst")
    assert "events=yes" in analyst.get(PAGE).content.decode()
    assert not Entry.objects.filter(record_class="points").exists()
    said = text_of(analyst.get(f"{PAGE}&events=yes&metres=100&days=7"))
    last = max(row["committed_from"] for row in burglaries())[:10]
    refs = {
        r["crime_ref"] for r in burglaries() if r["committed_from"][:10] > str(date.fromisoformat(last) - timedelta(7))
    }
    assert 0 < len(refs) < len(burglaries())
    assert set(re.findall(r"(B\d{3}) \d+ June 2022", said)) == refs
    entry = Entry.objects.get(record_class="points")
    assert entry.kind == "consultation"
    assert refs < set(entry.key_list), "each event listed can be found on the log, beside the figure"


def test_what_the_page_opens_with_is_worked_out_before_anybody_asks_and_events_are_linked_once_by_question(
    as_role: Callable[..., Client], burglaries_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.made_ready("leicestershire")
    done: list[str] = []
    for name in ("near_repeats", "chains", "linked_events"):
        once = getattr(analysis, name)
        monkeypatch.setattr(
            analysis, name, lambda *given, _name=name, _once=once, **named: done.append(_name) or _once(*given, **named)
        )
    analyst = as_role("analyst")
    opened = text_of(analyst.get(f"{PAGE}&events=yes"))
    assert "Events of the last week" in opened
    assert not done
    nearer = [
        text_of(analyst.get(f"{PAGE}&events=yes&metres=100&days=7{more}"))
        for more in ("", "&sort-events-of-the-last-week=1")
    ]
    told = ["chains", "linked_events", "linked_events"]  # the chains are made of linked events too
    assert done == told, "of another reach the chains and the list alone, and once"
    assert all("Events of the last week" in one for one in nearer)
    assert Entry.objects.filter(record_class="points").count() == 3, "each sight is on the log"


@pytest.mark.parametrize(
    ("role", "query", "status"),
    [("analyst", "&events=yes", 200), ("board_reader", "&events=yes", 404), ("analyst", "&metres=3", 422),
     ("analyst", "&measure=weather", 422), ("outsider", "", 302)],
)  # fmt: skip
def test_who_is_shown_what(
    as_role: Callable[..., Client], outsider: Client, burglaries_held: Path, role: str, query: str, status: int
) -> None:
    client = outsider if role == "outsider" else as_role(role)
    assert client.get(PAGE + query).status_code == status


def test_records_of_months_alone_are_refused_with_the_reason(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    said = text_of(as_role("analyst").get(f"{PAGE}&measure=police_uk_burglary"))
    assert "The events have a month and no day" in said


@pytest.mark.parametrize("page", ["/picture?force=leicestershire", PAGE])
def test_two_days_of_a_month_are_not_taken_for_the_month(
    as_role: Callable[..., Client], burglaries_held: Path, page: str
) -> None:
    analyst, month = as_role("analyst"), f"{page}&from=2022-02&to=2022-02"
    alone = text_of(analyst.get(month))
    figures._kept.clear()
    assert analyst.get(f"{page}&from=2022-02-01&to=2022-02-02").status_code == 200
    assert text_of(analyst.get(month)) == alone


@pytest.mark.parametrize("page", ["/picture?force=leicestershire", PAGE])
def test_pressing_show_keeps_the_days_asked_for(
    as_role: Callable[..., Client], burglaries_held: Path, page: str
) -> None:
    said = as_role("analyst").get(f"{page}&from=2022-02-03&to=2022-02-17").content.decode()
    chosen = re.findall(r'<option value="([^"]*)" selected', said)
    assert [one for one in chosen if one.startswith("2022")] == ["2022-02-03", "2022-02-17"]
    months = as_role("analyst").get(f"{page}&from=2022-02&to=2022-03").content.decode()
    chosen = re.findall(r'<option value="([^"]*)" selected', months)
    assert [one for one in chosen if one.startswith("2022")] == ["2022-02", "2022-03"]
    assert "2022-02-0" not in re.findall(r'<option value="([^"]*)"', months)
