"""An analyst opens "other": courier fraud over time with how sure that is, a new theme since August, confirmed and named, which
keeps its name next month."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.casework import themes
from fourfold.casework.audit import Entry
from fourfold.casework.events import Event
from fourfold.casework.themes import LocalTheme
from tests import theme_lists

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def service(tmp_path: Path, settings: Any) -> Iterator[Callable[[date], None]]:
    """The service of the force; called with a month it has the lists up to it."""
    from fourfold.web import look

    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "saltmere"
    look.service.cache_clear()
    yield lambda last: theme_lists.sent_in(tmp_path / "home", tmp_path, last)
    look.service.cache_clear()


def said(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def read(client: Client) -> str:
    """Ask for a reading, do the worker's work, and open the page."""
    assert client.post("/themes/read").status_code == 302
    for one in themes.waiting():
        themes.read_themes(one.identity, clock=lambda: datetime.now(UTC))
    return said(client.get("/themes"))


def test_a_new_theme_is_seen_named_and_keeps_its_name(
    as_role: Callable[..., Client], service: Callable[[date], None]
) -> None:
    service(date(2022, 8, 1))
    analyst = as_role("analyst")
    assert "No narrative has been read yet" in said(analyst.get("/themes"))

    page = read(analyst)
    assert "Courier fraud over time" in page
    assert re.search(r"reports with a narrative are scored as of this theme; it may be \d+ to \d+", page)
    assert re.search(r"(Rise|Fall|No clear change|Cannot judge): ", page)
    assert "of 7 texts labelled so it found 7" in page, "accuracy by time-split stands beside the trend"

    (new,) = [t for t in LocalTheme.objects.all() if t.identity.startswith("2022-08-")]
    assert new.state == "proposed"
    assert "Since August 2022" in page
    assert "with a score have 15 or more" in page
    assert Entry.objects.filter(verb="read_themes", record_class__in=("people", "victim_care")).exists() or (
        Entry.objects.filter(kind="consultation", verb="read_themes").exists()
    ), "opening the narratives is on the log"
    refused = analyst.post(f"/themes/{new.identity}/confirm", {"name": " ", "version": new.version})
    assert refused.status_code == 422
    named = analyst.post(f"/themes/{new.identity}/confirm", {"name": "Energy rebate", "version": new.version})
    assert named.status_code == 302
    assert analyst.post(f"/themes/{new.identity}/reject", {"why": "none", "version": new.version}).status_code == 409
    assert Event.objects.filter(concern="themes", verb="confirm_theme", subject=new.identity).count() == 1

    assert re.fullmatch(r"2022-08-\d{3}", new.identity), "no word of a report is in what stands on the log"
    page = said(analyst.get(f"/themes?theme={new.identity}"))
    assert "Energy rebate cannot be counted: not read since it was named. Read the narratives again." in page
    assert "Energy rebate not read since it was named not tried" in page, "what was not read is not none"

    service(date(2022, 9, 1))
    page = read(analyst)
    again = LocalTheme.objects.get(identity=new.identity)
    assert (again.name, again.state) == ("Energy rebate", "confirmed")
    assert re.search(
        r"Energy rebate confirmed .*Since August 2022 Reports \d+ \(August 2022: \d+; September 2022: \d+\)", page
    )
    shown = said(analyst.get("/themes?theme=Energy+rebate"))
    assert "Energy rebate over time" in shown
    assert "has not been tried: no bounds are given" in shown
    assert not re.search(r"Energy rebate (0|not read|too few)", shown)
    called = {"name": "Rebates", "version": again.version}
    assert analyst.post(f"/themes/{new.identity}/rename", called).status_code == 302
    renamed = said(analyst.get(f"/themes?theme={new.identity}"))
    counted = r"reports with a narrative are scored as of this theme"
    assert "Rebates over time" in renamed
    assert re.search(counted, renamed)
    assert not re.search(r"Rebates (0|not read|too few)", renamed), "under another name it is the same theme"
    called = {"name": "Energy rebate", "version": again.version + 1}
    assert analyst.post(f"/themes/{new.identity}/rename", called).status_code == 302
    assert analyst.get("/themes?theme=no_such").status_code == 422

    # The unit's manager sees what becomes of each theme's victims, by the last reading.
    shown = said(as_role("economic_crime_supervisor").get("/fraud/capacity?team=1&from=2022-08&to=2022-09"))
    assert re.search(r"Theme Courier fraud (\d+ ){6}", shown)
    assert re.search(r"Theme Energy rebate (\d+ ){6}", shown)
    assert "By theme nothing can be said" not in shown


def test_the_queue_is_decided_by_those_who_may(as_role: Callable[..., Client], service: Callable[[date], None]) -> None:
    service(date(2022, 8, 1))
    analyst = as_role("analyst")
    read(analyst)
    new = LocalTheme.objects.get(identity__startswith="2022-08-")
    officer = as_role("victim_care_officer")
    assert "Emerging in" in said(officer.get("/themes"))
    last = themes.ThemeReading.objects.get()
    found = json.loads(last.found)
    for one in found["emerging"]:
        one |= {"ages_given": 4, "median_age": 77.5, "losses_given": 1, "loss_pence": 1_234_500}
    themes.ThemeReading.objects.update(found=json.dumps(found))
    few = said(officer.get("/themes"))
    assert "Age not told of fewer than 5 Loss not told of fewer than 5" in few
    assert "77.5" not in few
    assert "12,345" not in few
    for one in found["emerging"]:
        one |= {"ages_given": 0, "median_age": None, "losses_given": 0, "loss_pence": 0}
    themes.ThemeReading.objects.update(found=json.dumps(found))
    assert "Age not given Loss not given" in said(officer.get("/themes")), "a loss that nobody gave is not no loss"
    themes.ThemeReading.objects.update(found=last.found)
    assert officer.post(f"/themes/{new.identity}/confirm", {"name": "Energy", "version": 1}).status_code == 404
    assert as_role("board_reader").get("/themes").status_code == 404
    long = analyst.post(f"/themes/{new.identity}/confirm", {"name": "Energy", "version": "9" * 5000})
    assert long.status_code == 422, "a number of any length is answered"
    taken = analyst.post(f"/themes/{new.identity}/confirm", {"name": "Courier fraud", "version": 1})
    assert taken.status_code == 422, "a theme of the list has that name"
    assert analyst.post(f"/themes/{new.identity}/merge", {"into": "nothing", "version": 1}).status_code == 422
    merged = {"into": "energy_or_cost_of_living", "version": 1}
    assert analyst.post(f"/themes/{new.identity}/merge", merged).status_code == 302
    assert LocalTheme.objects.get(pk=new.pk).state == "merged"
    texts = {row[-1] for row in theme_lists.rows(date(2022, 8, 1))}
    kept = themes.ThemeReading.objects.get().found
    assert not any(text in kept for text in texts), "no narrative is kept of a reading"
