"""Hotspots on a page: the map of squares week by week, one square and what it is made of, and who is shown them."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.casework import work
from fourfold.casework.audit import Entry
from tests.records.extracts import put
from tests.web.test_near_repeats import burglaries_held  # noqa: F401 - a fixture
from tests.web.test_pages import own_home, text_of  # noqa: F401 - a fixture
from tests.web.test_where_next import waiting

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGE = "/hotspots?force=leicestershire&cell=1000"


def drawn(client: Client) -> str:
    """The page when the worker has made its maps."""
    assert "being worked out" in text_of(client.get(PAGE))
    [asked] = waiting()
    work.draw_maps.call(asked)
    page = client.get(PAGE)
    assert page.status_code == 200
    return page.content.decode()


def addresses(page: str) -> tuple[str, str, str]:
    """Of the shapes, of what they hold, and of the picture."""
    found = [re.search(rf'{name}="([^"]+)"', page) for name in ("data-shapes", "data-counts", 'still" src')]
    shapes, counts, picture = (one[1].replace("&amp;", "&") for one in found if one)
    return shapes, counts, picture


def test_the_map_its_weeks_and_a_square(as_role: Callable[..., Client], burglaries_held: Path) -> None:  # noqa: F811
    analyst = as_role("analyst")
    page = drawn(analyst)
    assert "Not to be tasked from" in page
    assert "so that map is shown" in page, "120 burglaries tell no forecast from a plain map, and the page says so"
    assert page.count("data-weeks") == 1
    assert page.count('id="view-name"') == 1
    shapes, counts, picture = addresses(page)
    held = json.loads(gzip.decompress(analyst.get(shapes).content))
    told = json.loads(gzip.decompress(analyst.get(counts).content))
    own = {one["properties"]["code"] for one in held["features"] if "outline" not in one["properties"]}
    assert own == set(told["areas"]), "every square of the shapes has its number"
    assert sum(one["areas"] for one in told["classes"]) == len(own)
    assert analyst.get(shapes.replace(".json", "0.json")).status_code == 404
    still = analyst.get(picture).content.decode()
    assert still.startswith("<svg")
    assert "FICTITIOUS" not in still
    before = re.search(r'rel="prev" href="([^"]+)"', page)
    assert before
    earlier = text_of(analyst.get(before[1].replace("&amp;", "&")))
    assert "After: " in earlier
    square = re.search(r'href="(/hotspots/square[^"]+)"', page)
    assert square
    said = text_of(analyst.get(square[1].replace("&amp;", "&")))
    assert "What the number is made of" in said
    whole = [int(one) for one in re.findall(r"(?:how near|neither) [^%]*? (\d+)%", said)]
    assert abs(sum(whole) - 100) <= 2, "how near, and what is the same everywhere, is the whole number"
    assert "not yet known" in said
    assert "This square and those that touch it" in said
    assert Entry.objects.filter(record_class="small_area_figures").count() >= 5


def test_what_came_is_counted_as_the_crimes_are(as_role: Callable[..., Client], burglaries_held: Path) -> None:  # noqa: F811
    from tests.web.test_near_repeats import burglaries

    analyst = as_role("analyst")
    page = drawn(analyst)
    weeks = json.loads(html.unescape(re.search(r'data-weeks="([^"]+)"', page)[1]))  # type: ignore[index]
    assert len(weeks) == 13
    met = 0
    for first, _ in weeks[:-1]:
        last = (date.fromisoformat(first) + timedelta(6)).isoformat()
        _, counts, _ = addresses(analyst.get(f"{PAGE}&map=came&week={first}").content.decode())
        told = json.loads(gzip.decompress(analyst.get(counts).content))["areas"]
        slowly: dict[str, int] = {}
        for row in burglaries():
            square = "-".join(str(int(row[axis]) // 1000 * 1000 + 500) for axis in ("easting", "northing"))
            if first <= row["committed_from"][:10] <= last and square in told:
                slowly[square] = slowly.get(square, 0) + 1
        assert {code: int(n) for code, (n, _) in told.items() if n} == slowly
        met += len(slowly)
    assert met


def test_rates_stand_over_the_homes_of_the_register_or_say_why_there_are_none(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
) -> None:
    analyst = as_role("analyst")
    assert "no address register of the force is held" in drawn(analyst)
    homes = [
        {"uprn": f"{n}", "street": "Mill Street", "easting": "455000", "northing": "300000", "use": "home"}
        for n in range(80)
    ]
    put(burglaries_held / "home", burglaries_held, datetime(2022, 7, 2, tzinfo=UTC), "addresses", homes)
    said = " ".join(text_of(drawn_again(analyst)).split())
    assert "3 over 80 homes of the address register" in said
    assert "455500 300500 3 80 37.5 7.7 to 109.6" in said
    assert "The denominator is homes of the register as held, not who lives in them." in said


def drawn_again(client: Client) -> Any:
    """The page when the worker has made the maps of records that came since."""
    client.get(PAGE)
    work.draw_maps.call(waiting()[-1])
    return client.get(PAGE)


@pytest.mark.parametrize(
    ("role", "query", "status"),
    [("analyst", "", 200), ("board_reader", "", 404), ("outsider", "", 302),
     ("analyst", "&horizon=3", 422), ("analyst", "&measure=weather", 422)],
)  # fmt: skip
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


@pytest.mark.parametrize("query", ["&map=weather", "&week=2022-01-01", "&square=weather", "&square=1-1"])
def test_what_is_not_there_is_said(as_role: Callable[..., Client], burglaries_held: Path, query: str) -> None:  # noqa: F811
    analyst = as_role("analyst")
    drawn(analyst)
    address = PAGE.replace("/hotspots", "/hotspots/square") if "square" in query else PAGE
    page = analyst.get(address + query)
    assert page.status_code == 422
    assert "Choose one of" in text_of(page)


def test_months_alone_are_refused_with_the_reason(as_role: Callable[..., Client], own_home: Path) -> None:  # noqa: F811
    analyst = as_role("analyst")
    page = "/hotspots?force=leicestershire&measure=police_uk_burglary"
    analyst.get(page)
    work.draw_maps.call(waiting()[0])
    assert "The events have a month and no day" in text_of(analyst.get(page))
