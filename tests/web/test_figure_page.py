"""How was this made? Each figure is shown to those whom the table of roles lets see its kind, and logged where that is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from tools.reference import findings

from fourfold.analysis import volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.casework import roles
from fourfold.casework.audit import Entry
from fourfold.codes.measures import measure
from fourfold.codes.periods import parse_window
from fourfold.publications.register import registered
from fourfold.records.as_at import records_as_at
from fourfold.web import gate

pytestmark = pytest.mark.django_db
KINDS = {
    # one kind of each class
    "series": "figures",
    "forecast": "small_area_figures",
    "no such kind": "small_area_figures",
    "completeness": "batches",
    "case audit": "case_audits",
    "reach": "campaigns",
    "questionnaires": "victim_care",
    "theme trend": "themes",
}


def test_every_kind_of_finding_has_its_class() -> None:
    assert set(roles._classes_of_kinds()) == findings.written_kinds()


def count(home: Path) -> Finding:
    records = records_as_at(home, datetime.now(UTC))
    asked = measure("police_uk_burglary"), Scope(force_id="leicestershire"), parse_window("2022-08", "2022-10")
    return volumes.count(records, *asked)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "record_class"), KINDS.items())
def test_a_figure_is_shown_to_those_who_may_see_its_kind_and_is_on_the_log_where_that_kind_is(
    as_role: Callable[..., Client], records_held: Path, kind: str, record_class: str
) -> None:
    own = replace(count(records_held), kind=kind, selection=None, parts=())
    whole = replace(count(records_held), kind="table", title="Above it", parts=(own,))
    registered(records_held, [own, whole])
    for role in roles.TITLES:
        may = roles.may([roles.Held(role)], "read", record_class)
        for one in (own, whole):
            before = Entry.objects.filter(record_class=record_class, phase="done").count()
            assert as_role(role).get(f"/figures/{one.id}").status_code == (200 if may else 404), (role, kind)
            seen = Entry.objects.filter(record_class=record_class, phase="done").count() - before
            assert seen == (may and roles.record_classes()[record_class].is_logged), (role, kind)


@pytest.mark.parametrize("title", ["Burglary by lsoa21", "Burglary by lsoa21, window by window", "Burglary by ward22"])
def test_a_figure_by_small_areas_is_one_however_its_title_ends(
    as_role: Callable[..., Client], records_held: Path, title: str
) -> None:
    one = replace(count(records_held), kind="table", title=title, selection=None, parts=())
    registered(records_held, [one])
    assert as_role("analyst").get(f"/figures/{one.id}").status_code == 200
    assert as_role("board_reader").get(f"/figures/{one.id}").status_code == 404


PICTURES = {"map/picture.svg", "hotspots/picture.svg"}
"""Every address that answers with a drawing: each asks its question anew, by filters, and none takes a figure's identity."""


@pytest.mark.slow
def test_the_chart_of_a_figure_is_fetched_by_no_address_and_shown_to_nobody_whose_role_does_not_show_the_figure(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    """Charts are kept under their figure's identity, and stand in the page that worked the figure out: nowhere else."""
    assert {pattern for pattern, _ in gate.views() if "svg" in pattern or "png" in pattern} == PICTURES
    whole = "/picture?force=leicestershire&measure=police_uk_burglary&from=2022-08&to=2022-10"
    small = f"{whole}&area=E01032867"
    drawn = as_role("analyst").get(small).content.decode()
    charts = set(re.findall(r"<svg.*?</svg>", drawn, re.DOTALL))
    figures = set(re.findall(r"/figures/([0-9a-f]{12})", drawn))
    assert charts, "drawn, and kept in this process"
    assert figures
    for role, areas in (("board_reader", ()), ("supervisor", ("E06000010",))):
        other = as_role(role, *areas)
        assert other.get(small).status_code == 404
        shown = other.get(whole).content.decode()
        assert not charts & set(re.findall(r"<svg.*?</svg>", shown, re.DOTALL))
        own = set(re.findall(r"/figures/([0-9a-f]{12})", shown))
        for identity in figures - own:
            for address in (f"/figures/{identity}", *(f"/{one}?finding={identity}" for one in PICTURES)):
                assert not any(chart in other.get(address).content.decode() for chart in charts), address
        assert {other.get(f"/figures/{identity}").status_code for identity in figures - own} == {404}
    for address in PICTURES:
        question = f"/{address}?{small.partition('?')[2]}&by=small"
        assert as_role("board_reader").get(question).status_code in (404, 422), question


def test_the_register_is_not_gone_through_by_beginnings(as_role: Callable[..., Client], records_held: Path) -> None:
    one = count(records_held)
    registered(records_held, [one])
    for length in range(1, 12):
        assert as_role("analyst").get(f"/figures/{one.id[:length]}").status_code == 404
    assert as_role("analyst").get(f"/figures/{one.id}").status_code == 200
