"""The unit's manager asks what a threshold of 18 would do: who would be helped, who would wait, and who would be missed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.casework.audit import Entry
from tests import fraud_lists
from tests.conftest import CommandLine

pytestmark = pytest.mark.django_db
ASKED = "/fraud/capacity?from=2022-10&to=2022-10"


@pytest.fixture
def lists_held(tmp_path: Path, settings: Any) -> Iterator[Path]:
    from fourfold.web import look

    fraud_lists.held_lists(tmp_path / "home", tmp_path)
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "saltmere"
    look.service.cache_clear()
    yield tmp_path / "home"
    look.service.cache_clear()


def said(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def outcomes(page: str) -> dict[str, list[int]]:
    """The page's table: what becomes of each report, as asked and as it is now."""
    return {
        outcome: [int(n.replace(",", "")) for n in found.groups()]
        for outcome in ("helped in time", "waiting", "missed: passed over", "not referred")
        if (found := re.search(rf"{outcome} ([\d,]+) [\d,]+ to [\d,]+ ([\d,]+)", page))
    }


@pytest.mark.slow
def test_the_manager_asks_what_a_threshold_of_eighteen_would_do(
    as_role: Callable[..., Client], lists_held: Path
) -> None:
    manager = as_role("victim_care_officer")

    # How it stands now: the assumptions are said to be such, and those without a score or an age are not lost.
    now = said(manager.get(f"{ASKED}&limit=15"))
    assert "The force has to supply it" in now
    assert "This is how it stands now" in now
    assert "Reports that have no age: 13." in now
    assert "those who cannot be judged wait after them, and nobody falls out" in now
    assert "Highest risk first: repeat victims" in now

    # A threshold of 18, with the team as it is: 25 victims are passed over, and the page says of whom.
    page = said(manager.get(f"{ASKED}&limit=18"))
    found = outcomes(page)
    passed_over = fraud_lists.EXACTLY + fraud_lists.ORGANISATIONS
    assert found["missed: passed over"] == [passed_over, 0]
    assert found["helped in time"][0] <= found["helped in time"][1]
    assert re.search(r"Age organisations 15 0 0 0 0 15", page), "the organisations among them"
    assert re.search(r"Loss up to £100 .* 25 ", page)
    assert "rounded to the nearest 5" in page
    assert "By theme nothing can be said until the narratives have been read" in page
    assert "would wait at the end, where" in page
    assert "Waiting at the end of each week" in page, "the chart has its table"
    assert "above 15" in said(manager.get(f"{ASKED}&limit=above+15"))
    assert outcomes(said(manager.get(f"{ASKED}&limit=above+15")))["missed: passed over"] == [fraud_lists.EXACTLY, 0]

    # With one officer those with the most reasons come first, and others wait; fewer visits help more of them.
    alone = outcomes(said(manager.get(f"{ASKED}&limit=15&team=1")))
    assert alone["helped in time"][0] < alone["helped in time"][1]
    assert alone["waiting"][0] > 0
    mix = "mix-advice=55&mix-call=40&mix-visit=0&mix-partner=5"
    assert (
        outcomes(said(manager.get(f"{ASKED}&limit=15&team=1&{mix}")))["helped in time"][0] > alone["helped in time"][0]
    )

    # The same from the command line, with the seed; and a figure on the page can be traced.
    question = ("--force", "saltmere", "--threshold", "18", "--from", "2022-10", "--to", "2022-10", "--json")
    told = json.loads(CommandLine(lists_held)("care", "capacity", *question).out)
    assert [one["kind"] for one in told] == [
        "capacity",
        "capacity waits",
        "capacity backlog",
        "capacity by whom",
        "capacity",
    ]
    assert told[0]["value"] == found["helped in time"][0]
    assert told[0]["parameters"]["runs"] == 20
    link = re.search(r'href="(/figures/[0-9a-f]{12})"', manager.get(f"{ASKED}&limit=18").content.decode())
    assert link
    assert "Victim care under a score of 18 or more" in said(manager.get(link[1]))
    assert not Entry.objects.filter(kind="consultation").exists(), "no victim's record is opened for it"


def test_what_cannot_be_asked_is_said_at_its_field(as_role: Callable[..., Client], lists_held: Path) -> None:
    manager = as_role("economic_crime_supervisor")
    for asked, at, words in (
        ("limit=36", "limit", "from 0 to 35"), ("limit=<script>", "limit", "from 0 to 35"), ("team=0", "team", "1 to 200 officers"),
        ("lead=60", "lead", "0 to 52 weeks before"),
        ("team=many", "team", "whole number"), ("mix-visit=90", "mix-advice", "add up to 100"),
        ("mix-call=-3", "mix-call", "whole number"),
        ("order=age", "order", "no such order"),
    ):  # fmt: skip
        response = manager.get(f"{ASKED}&{asked}")
        assert response.status_code == 422, asked
        assert words in said(response), asked
        assert f'href="#{at}"' in response.content.decode(), asked
    assert manager.get("/fraud/capacity?force=kent").status_code == 422
    assert manager.get("/fraud/capacity?from=1980-01&to=1980-02").status_code in (200, 422)
