"""Cocoons on their pages: opened, visited, covered, closed; who sees which, and what stands on the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold import settings as clock
from fourfold.analysis import near_repeats as analysis
from fourfold.casework import cocoons
from fourfold.casework.assessments import EqualityAssessment
from fourfold.casework.audit import Entry, Who
from fourfold.casework.cocoons import Cocoon, CocoonVisit, SeenCocoon
from fourfold.casework.events import Event
from fourfold.errors import CodeUnknown, Conflict, RequestInvalid
from fourfold.web.pages import running
from tests.conftest import CommandLine
from tests.records.extracts import put
from tests.web.test_near_repeats import bring_in, burglaries
from tests.web.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LAST = max(burglaries(), key=lambda row: (row["committed_from"], row["crime_ref"]))
NOON = datetime.fromisoformat(f"{LAST['committed_from'][:10]}T12:00:00+00:00") + timedelta(days=1)
WHO = Who("0123456789abcdef", ("supervisor",))


def register() -> list[dict[str, str]]:
    """Ten houses on each side of a street through the last burglary, and six behind."""
    east, north = int(LAST["easting"]), int(LAST["northing"])
    rows = []
    for street, first, off, many in (("Mill Street", 1, 0, 10), ("Mill Street", 2, 20, 10), ("Back Lane", 1, -40, 6)):
        for n in range(many):
            number = first + 2 * n
            rows.append({"uprn": f"{street[0]}{off}-{number}", "number": str(number), "street": street, "use": "home",
                         "easting": str(east - 40 + 10 * n), "northing": str(north + off)})  # fmt: skip
    return rows


@pytest.fixture
def at_noon(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The service on the day after the last burglary, with its neighbours in the register."""
    from fourfold.web import look

    home = tmp_path / "home"
    bring_in(home, tmp_path)
    put(home, tmp_path, datetime(2022, 7, 1, 13, tzinfo=UTC), "addresses", register())
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = home, "leicestershire"
    settings.IDLE_LIMIT = settings.ABSOLUTE_LIMIT = timedelta(days=30_000)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    look.service.cache_clear()
    yield home
    look.service.cache_clear()


@pytest.fixture
def sergeant(at_noon: Path) -> Client:
    from fourfold.casework import roles
    from tests.web.conftest import an_officer, signed_assessment, signed_in

    signed_assessment("near-repeats")
    return signed_in(an_officer("sergeant", roles.Held("supervisor"), at=NOON - timedelta(days=1)))


def opened(sergeant: Client) -> Cocoon:
    assert sergeant.post("/cocoons", {"crime": LAST["crime_ref"]}).status_code == 302
    return Cocoon.objects.get()


def test_a_cocoon_is_opened_by_near_repeats_that_were_found_before(
    sergeant: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.made_ready("leicestershire")
    monkeypatch.setattr(analysis, "near_repeats", partial(pytest.fail, "the request tests a year for near repeats"))
    one = opened(sergeant)
    assert "found to repeat near itself within 100 m" in text_of(sergeant.get(f"/cocoons/{one.identity}"))


def test_while_the_assessment_is_not_signed_the_reach_is_the_setting_and_says_so(sergeant: Client) -> None:
    EqualityAssessment.objects.all().delete()
    one = opened(sergeant)
    assert one.basis == "setting"
    said = text_of(sergeant.get(f"/cocoons/{one.identity}"))
    assert "may not be tasked from: its equality assessment is drafted, not signed" in said


def test_a_burglary_of_last_night_gets_its_cocoon_and_its_coverage(sergeant: Client) -> None:
    said = text_of(sergeant.get("/cocoons"))
    assert LAST["crime_ref"] in said
    one = opened(sergeant)
    page = f"/cocoons/{one.identity}"
    said = text_of(sergeant.get(page))
    assert "found to repeat near itself within 100 m" in said
    assert "Not recorded at 15." in said
    assert "No first visit is recorded" in said
    for expected in (
        "9 Mill Street",
        "The burgled home",
        "Either side",
        "Opposite",
        "To the rear",
        "Streets within reach",
    ):
        assert expected in said, expected
    assert one.until == one.committed_on + timedelta(days=7)
    home = f"{page}/homes/2"
    done = {"outcome": "spoken_to", "version": "1"}
    assert sergeant.post(home, {**done, "outcome": ""}).status_code == 422
    assert sergeant.post(home, {**done, "time": "half past"}).status_code == 422
    assert sergeant.post(home, {**done, "time": "23:30"}).status_code == 422
    assert sergeant.post(home, done).status_code == 302
    assert sergeant.post(home, done).status_code == 409
    assert sergeant.post(home, {"outcome": "no_answer", "version": "2", "time": "10:00"}).status_code == 302
    said = text_of(sergeant.get(page))
    assert "A visit is recorded at 1 of 15 homes. Not recorded at 14." in said
    assert "2 visits" in said
    assert "Revisit" in text_of(sergeant.get(home))
    assert "9 Mill Street" in text_of(sergeant.get(f"{page}/list"))
    assert "already" in text_of(sergeant.post("/cocoons", {"crime": LAST["crime_ref"]}))
    assert sergeant.post(f"{page}/close", {"version": "3"}).status_code == 302
    assert "Cocoon, closed" in text_of(sergeant.get(page))
    assert sergeant.post(home, {"outcome": "declined", "version": "4"}).status_code == 409
    verbs = ["open_cocoon", "record_visit", "record_visit", "close_cocoon"]
    assert list(Event.objects.filter(concern="cocoons").order_by("pk").values_list("verb", flat=True)) == verbs
    assert Entry.objects.filter(record_class="cocoons", kind="alteration").count() == 4


def test_each_home_shown_is_on_the_log(sergeant: Client) -> None:
    one = opened(sergeant)
    sergeant.get(f"/cocoons/{one.identity}")
    entry = Entry.objects.filter(record_class="cocoons", kind="consultation").order_by("pk").last()
    assert entry is not None
    assert {one.identity, LAST["crime_ref"], *one.homes.values_list("uprn", flat=True)} == set(entry.key_list)
    sergeant.get(f"/cocoons/{one.identity}/homes/1")
    entry = Entry.objects.filter(record_class="cocoons", kind="consultation").order_by("pk").last()
    assert entry is not None
    assert set(entry.key_list) == {one.identity, LAST["crime_ref"], one.homes.get(number=1).uprn}


def test_a_cocoon_keeps_no_address(sergeant: Client, at_noon: Path) -> None:
    one = opened(sergeant)
    kept = [str(value) for home in one.homes.all().values() for value in home.values()]
    assert not [value for value in kept if re.search("Mill Street|Back Lane", value)]


def test_who_is_for_another_area_sees_none_of_it(sergeant: Client) -> None:
    from fourfold.casework import roles
    from tests.web.conftest import an_officer, signed_in

    one = opened(sergeant)
    began = NOON - timedelta(days=1)
    elsewhere = signed_in(an_officer("elsewhere", roles.Held("supervisor", ("E06000016",)), at=began))
    said = text_of(elsewhere.get("/cocoons"))
    assert LAST["crime_ref"] not in said
    for address in ("", "/list", "/homes/1"):
        assert elsewhere.get(f"/cocoons/{one.identity}{address}").status_code == 404
    assert elsewhere.post("/cocoons", {"crime": LAST["crime_ref"]}).status_code == 422
    assert elsewhere.post(f"/cocoons/{one.identity}/close", {"version": "1"}).status_code == 404
    assert elsewhere.post(f"/cocoons/{one.identity}/homes/1", {"version": "1"}).status_code == 404
    assert signed_in(an_officer("reader", roles.Held("analyst"), at=began)).get("/cocoons").status_code == 404
    assert Cocoon.objects.get().version == 1


@pytest.mark.parametrize("crime", ["", "none", burglaries()[0]["crime_ref"]])
def test_a_burglary_that_is_none_or_long_ago_has_no_cocoon(sergeant: Client, crime: str) -> None:
    assert sergeant.post("/cocoons", {"crime": crime}).status_code == 422
    assert not Cocoon.objects.exists()


def test_verbs_refuse_what_cannot_be(sergeant: Client) -> None:
    one = opened(sergeant)
    seen = SeenCocoon(WHO, one, 1, NOON)
    for number, outcome, at, fault in (
        (1, "asleep", NOON, CodeUnknown), (99, "declined", NOON, RequestInvalid),
        (1, "declined", NOON + timedelta(minutes=1), RequestInvalid), (1, "declined", NOON - timedelta(days=60), RequestInvalid),
    ):  # fmt: skip
        with pytest.raises(fault):
            cocoons.record_visit(seen, number=number, outcome=outcome, visited_at=at)
    with pytest.raises(Conflict):
        cocoons.close_cocoon(SeenCocoon(WHO, one, 2, NOON))
    assert not CocoonVisit.objects.exists()
    assert Event.objects.filter(concern="cocoons").count() == 1


def test_without_a_register_the_page_names_no_home(
    sergeant: Client, at_noon: Path, tmp_path: Path, settings: Any
) -> None:
    home = tmp_path / "other"
    (tmp_path / "extracts").mkdir()
    bring_in(home, tmp_path / "extracts")
    settings.FOURFOLD_HOME = home
    one = opened(sergeant)
    said = text_of(sergeant.get(f"/cocoons/{one.identity}"))
    assert "Homes are not held" in said
    assert "nothing can be said of coverage" in said


def test_the_command_tells_the_same(at_noon: Path, fourfold: CommandLine) -> None:
    said = fourfold("places", "cocoon", "leicestershire", LAST["crime_ref"], "--json").json
    assert said["are_homes_held"] is True
    assert len(said["homes"]) == 15
    assert said["reach"]["basis"] == "near repeats"
    assert "15 home(s) to be visited" in fourfold("places", "cocoon", "leicestershire", LAST["crime_ref"]).out
