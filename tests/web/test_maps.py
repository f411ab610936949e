"""The map: who sees which areas and points of it, what a browser is sent, and that all of it says the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.casework.audit import Entry
from tests.web.test_pages import text_of

pytestmark = pytest.mark.django_db
MAP = "/map?force=leicestershire&measure=police_uk_burglary&from=2022-08&to=2022-10"
LEICESTER, CHARNWOOD = "E06000016", "E07000130"


def test_a_map_says_what_it_is_of_and_has_every_area_in_its_table(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    page = as_role("board_reader").get(MAP)
    said = text_of(page)
    assert "Map of Burglary" in said
    assert "Every area of the map" in said
    assert "Leicester" in said
    assert "have no place" in said or "without a place" in said
    assert "Points" not in said
    assert b'data-points="' not in page.content


@pytest.mark.parametrize(
    ("role", "areas", "query", "status"),
    [
        ("analyst", (), "&by=small", 200),
        ("analyst", (), "&by=small&points=yes", 200),
        ("supervisor", (), "&by=small", 200),
        ("supervisor", (LEICESTER,), f"&area={LEICESTER}", 200),
        ("supervisor", (LEICESTER,), f"&area={LEICESTER}&points=yes", 200),
        ("supervisor", (LEICESTER,), f"&area={CHARNWOOD}", 404),
        ("supervisor", (LEICESTER,), "&by=small", 404),
        ("programme_lead", (), "&by=small&points=yes", 404),
        ("board_reader", (), "&by=small", 404),
        ("board_reader", (), "&points=yes", 404),
        ("board_reader", (), f"&area={LEICESTER}&by=councils", 200),
        ("analyst", (), "&area=E01032867", 422),
        ("analyst", (), "&by=street", 422),
    ],
)
def test_who_sees_which_areas_and_points(
    as_role: Callable[..., Client], records_held: Path, role: str, areas: tuple[str, ...], query: str, status: int
) -> None:
    assert as_role(role, *areas).get(MAP + query).status_code == status


@pytest.mark.parametrize("address", ["/map/counts.json", "/map/picture.svg", "/map/points.json"])
def test_what_the_map_is_drawn_from_keeps_to_the_same_roles(
    as_role: Callable[..., Client], records_held: Path, address: str
) -> None:
    small = MAP.replace("/map", address) + "&by=small"
    assert as_role("analyst").get(small).status_code == 200
    assert as_role("board_reader").get(small).status_code == 404


def test_each_sight_of_small_areas_and_points_is_on_the_log(as_role: Callable[..., Client], records_held: Path) -> None:
    analyst = as_role("analyst")
    analyst.get(MAP)
    assert not Entry.objects.exists(), "councils are nobody's record"
    analyst.get(f"{MAP}&by=small&points=yes")
    assert [e.record_class for e in Entry.objects.order_by("number")] == ["small_area_figures", "points"]
    analyst.get(MAP.replace("/map", "/map/points.json"))
    assert Entry.objects.filter(record_class="points").count() == 2


def test_the_shapes_are_small_and_kept_under_a_name_of_their_content(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    analyst = as_role("analyst")
    page = analyst.get(f"{MAP}&by=small").content.decode()
    address = page.partition('data-shapes="')[2].partition('"')[0]
    response = analyst.get(address)
    assert len(response.content) < 700_000
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    shapes = json.loads(gzip.decompress(response.content))
    held = analyst.get(MAP.replace("/map", "/map/counts.json") + "&by=small").json()
    assert {one["properties"]["code"] for one in shapes["features"]} == set(held["areas"])
    assert sum(one["areas"] for one in held["classes"]) == len(held["areas"])
    assert analyst.get(address.replace("/small/", "/councils/")).status_code == 404, "other shapes, another name"


def test_the_points_and_the_table_of_points_are_the_same(as_role: Callable[..., Client], records_held: Path) -> None:
    analyst = as_role("analyst")
    points = analyst.get(MAP.replace("/map", "/map/points.json")).json()["features"]
    assert points
    assert all(abs(x) < 1 and abs(y) < 1 for x, y in (one["geometry"]["coordinates"] for one in points))
    councils = analyst.get(MAP.replace("/map", "/map/counts.json")).json()["areas"]
    assert sum(one["properties"]["n"] for one in points) == sum(n for n, _ in councils.values())
    everything = MAP.replace("burglary", "all_crime").replace("/map", "/map/points.json")
    assert analyst.get(everything).status_code == 422, "too many to tell anybody anything"


def test_a_reason_given_for_the_map_covers_the_files_that_it_is_drawn_from(
    as_role: Callable[..., Client], records_held: Path, settings: Any
) -> None:
    """Where the force asks why, a script is refused until the page was given its reason."""
    settings.REASONS_ASKED = True
    analyst = as_role("analyst")
    page, points = f"{MAP}&points=yes", MAP.replace("/map", "/map/points.json")
    assert analyst.get(points).status_code == 403
    assert analyst.get(page).status_code == 403
    assert analyst.post("/reason", {"address": page, "title": "Points", "reason": "Tasking 12"})["Location"] == page
    assert analyst.get(page).status_code == 200
    assert analyst.get(points).json()["features"]
    assert [e.reason for e in Entry.objects.filter(record_class="points")] == ["Tasking 12", "Tasking 12"]
