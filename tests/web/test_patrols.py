"""Patrol plans: from a map to stops, visits recorded, dosage beside crime; and a map that may not be tasked from is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fourfold import settings as clock
from fourfold.analysis.findings import Finding, Table
from fourfold.analysis.patrols import BESIDE, Spent, Stop, counted_squares, dosage, matched, repeat_squares, stops_of
from fourfold.casework import backtests, patrols, roles
from fourfold.casework.audit import Entry, Who
from fourfold.casework.backtests import Made
from fourfold.casework.events import Event
from fourfold.casework.patrols import PatrolPlan, PatrolTerms, PatrolVisit
from fourfold.codes.periods import Window
from fourfold.errors import RequestInvalid
from fourfold.records.patrol_positions import positions_read
from fourfold.records.points import Points
from fourfold.web.pages import patrols as page_of_patrols
from fourfold.web.pages import running
from tests.records.extracts import put
from tests.web.conftest import an_officer, signed_assessment, signed_in
from tests.web.test_near_repeats import bring_in
from tests.web.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOON = datetime.fromisoformat("2022-06-22T12:00:00+00:00")


def crowded() -> list[dict[str, str]]:
    """Thirty burglaries on two streets in June, so that there are hot squares."""
    return [
        {"crime_ref": f"H{n:02d}", "offence_code": "28E", "reported_at": f"{day}T09:00:00", "recorded_at": f"{day}T10:00:00",
         "committed_from": f"{day}T02:00:00", "committed_to": f"{day}T03:00:00", "easting": str(460_000 + 600 * (n % 2) + n),
         "northing": str(303_000 + n)}
        for n in range(30) for day in [f"2022-06-{1 + n % 20:02d}"]
    ]  # fmt: skip


@pytest.fixture
def sergeant(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    from fourfold.web import look

    bring_in(tmp_path / "home", tmp_path)
    put(tmp_path / "home", tmp_path, datetime(2022, 7, 1, 13, tzinfo=UTC), "crimes", crowded(), "2022-06")
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    settings.IDLE_LIMIT = settings.ABSOLUTE_LIMIT = timedelta(days=30_000)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    look.service.cache_clear()
    yield signed_in(an_officer("sergeant", roles.Held("supervisor"), at=NOON - timedelta(days=1)))
    look.service.cache_clear()


def a_finding(kind: str) -> Finding:
    """A Finding of a kind; what it says is put in by the test."""
    nothing = Points(
        title="Burglary", area="here", grid="g", x=np.zeros(0), y=np.zeros(0), day=np.zeros(0, np.int32),
        stratum=np.zeros(0, np.int32), refs=(), as_at=NOON, batches=(), sources=(), months_only=False, notes=(),
    )  # fmt: skip
    window = Window(date(2022, 6, 1), date(2022, 6, 30))
    return replace(dosage([], [], nothing, metres=250, window=window, until=date(2022, 6, 30), as_at=NOON), kind=kind)


def asked(**said: str) -> dict[str, str]:
    plain = {"map": "counts", "area": "", "shift": "late", "stops": "4", "minutes": "12", "first-day": "20", "first-month": "6",
             "first-year": "2022", "last-day": "3", "last-month": "7", "last-year": "2022"}  # fmt: skip
    return {**plain, **said}


def test_a_plan_is_made_visited_and_ended(sergeant: Client) -> None:
    assert "No plan has been made yet. Make the first one below" in text_of(sergeant.get("/patrols"))
    reader = signed_in(an_officer("reader", roles.Held("analyst"), at=NOON - timedelta(days=1)))
    assert "A supervisor of the area makes one on this page" in text_of(reader.get("/patrols"))
    assert sergeant.post("/patrols", asked()).status_code == 302
    plan = PatrolPlan.objects.get()
    page = f"/patrols/{plan.identity}"
    said = text_of(sergeant.get(page))
    assert "12 minutes at each square of 250 metres" in said
    assert "0 minutes in 0 visits recorded" in said
    assert "says nothing of what they did" in said
    assert "not yet known" in said
    visit = {"version": "1", "stop": "1", "spent": "14"}
    assert sergeant.post(f"{page}/visit", {**visit, "spent": "0"}).status_code == 422
    assert sergeant.post(f"{page}/visit", {**visit, "stop": "99"}).status_code == 422
    late = {"on-day": "1", "on-month": "7", "on-year": "2022"}
    assert sergeant.post(f"{page}/visit", {**visit, **late}).status_code == 422
    assert sergeant.post(f"{page}/visit", visit).status_code == 302
    assert sergeant.post(f"{page}/visit", visit).status_code == 409
    assert "14 minutes in 1 visit recorded" in text_of(sergeant.get(page))
    assert sergeant.post(f"{page}/end", {"version": "2"}).status_code == 302
    assert "Patrol plan, closed" in text_of(sergeant.get(page))
    assert sergeant.post(f"{page}/nothing", {"version": "3"}).status_code == 404
    verbs = ["make_patrol_plan", "record_patrol_visit", "end_patrol_plan"]
    assert list(Event.objects.filter(concern="patrols").order_by("pk").values_list("verb", flat=True)) == verbs
    assert Entry.objects.filter(record_class="patrols", kind="alteration").count() == 3
    assert plan.identity in text_of(sergeant.get("/patrols")) or "closed" in text_of(sergeant.get("/patrols"))


def streets() -> list[dict[str, str]]:
    """A street along which one crowd of the burglaries lies, one near by, and one far from both."""
    ends = {
        "S1": (459_980, 302_995, 460_040, 303_055),
        "S2": (460_100, 303_150, 460_100, 303_240),
        "S3": (470_000, 310_000, 470_090, 310_000),
    }
    names = ("begins_easting", "begins_northing", "ends_easting", "ends_northing")
    return [
        {"street_ref": ref, "name": "Kelp Lane" if ref == "S1" else "", **dict(zip(names, map(str, line), strict=True))}
        for ref, line in ends.items()
    ]  # fmt: skip


def test_a_plan_by_streets_is_of_the_registers_streets_and_says_what_is_not_known(
    sergeant: Client, tmp_path: Path, settings: Any
) -> None:
    assert "No register of streets is held" in text_of(sergeant.get("/patrols"))
    refused = sergeant.post("/patrols", asked(by="streets"))
    assert refused.status_code == 422
    assert "No street register of the force is held" in text_of(refused)
    put(settings.FOURFOLD_HOME, tmp_path, datetime(2022, 7, 1, 14, tzinfo=UTC), "streets", streets())
    assert sergeant.post("/patrols", asked(by="avenues")).status_code == 422
    assert sergeant.post("/patrols", asked(by="streets")).status_code == 302
    plan = PatrolPlan.objects.get()
    assert (plan.by, plan.metres) == ("streets", BESIDE)
    stop = plan.stops.get()
    assert (stop.street_ref, stop.street) == ("S1", "Kelp Lane"), (
        "the one at which the burglaries of the hot square lie"
    )
    assert plan.without_street == 11, "of the twelve squares of most crimes the street runs through one"
    page = f"/patrols/{plan.identity}"
    said = " ".join(text_of(sergeant.get(page)).split())
    for words in ("which way one goes, and how long it takes, is not known", "taken to run straight between them",
                  "11 hot squares had no street of the register, and have no stop here", "Kelp Lane", "459980, 302995"):  # fmt: skip
        assert words in said, words
    x, y = (stop.begins_easting or 0) + 10, (stop.begins_northing or 0) + 10
    beside = (
        "at,easting,northing\n"
        f"2022-06-21T18:00:00,{x},{y}\n2022-06-21T18:09:00,{x + 20},{y + 20}\n"  # along it
        f"2022-06-21T20:00:00,{x + 100},{y}\n2022-06-21T20:09:00,{x + 100},{y}\n"  # in the square, and not at the street
    )
    told = " ".join(text_of(sent(sergeant, plan, "1", beside)).split())
    assert "Visits found 1" in told
    assert "Outside every stop 2" in told
    assert PatrolVisit.objects.get().minutes == 9
    assert Event.objects.get(verb="make_patrol_plan").plain["decided"]["kind"] == ["counts", "streets"]


def test_a_plan_is_drawn_from_squares_that_were_found_before(sergeant: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the plan nor its dosage reads a year of crimes in the request."""
    running.made_ready("leicestershire")
    signed_assessment("hotspots")
    for name in ("patrols.hotspots", "near_repeats.placed_crimes"):
        monkeypatch.setattr(f"fourfold.web.pages.{name}", partial(pytest.fail, f"the request works out {name}"))
    assert sergeant.post("/patrols", asked(map="hotspots")).status_code == 302
    page = text_of(sergeant.get(f"/patrols/{PatrolPlan.objects.get().identity}"))
    assert "0 minutes in 0 visits recorded" in page


@pytest.mark.parametrize(
    "said",
    [{"map": "where-next"}, {"map": "hotspots"}, {"map": "near-repeats"},
     {"map": "the stars"}, {"minutes": "30"}, {"minutes": ""}, {"shift": "tea"}, {"last-year": "2021"},
     {"first-day": "40"}],
)  # fmt: skip
def test_what_is_no_plan_is_refused(sergeant: Client, said: dict[str, str]) -> None:
    assert sergeant.post("/patrols", asked(**said)).status_code == 422
    assert not PatrolPlan.objects.exists()


def test_a_plan_is_drawn_from_the_forecast_once_it_is_signed_and_where_it_is_ahead(
    sergeant: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "may not be tasked from" in text_of(sergeant.post("/patrols", asked(map="where-next")))
    signed_assessment("where-next")
    assert "being worked out" in text_of(sergeant.post("/patrols", asked(map="where-next")))
    tested = replace(a_finding("backtest"), value="tuned decay")
    squares = replace(
        a_finding("forecast"), table=Table(columns=("x", "y"), rows=((460_125, 303_125), (470_125, 303_125)))
    )
    monkeypatch.setattr(backtests, "standing", lambda *_: Made(tested, squares))
    said = text_of(sergeant.post("/patrols", asked(map="where-next")))
    assert "not ahead of the plain maps here: tuned decay is shown in its place" in said
    assert not PatrolPlan.objects.exists(), "no plan is drawn from one map under another's name"
    monkeypatch.setattr(backtests, "standing", lambda *_: Made(replace(tested, value="forecast"), squares))
    assert sergeant.post("/patrols", asked(map="where-next")).status_code == 302
    plan = PatrolPlan.objects.get()
    assert [(one.easting, one.northing) for one in plan.stops.all()] == [(460_125, 303_125), (470_125, 303_125)]
    assert "From the map: Where next" in text_of(sergeant.get(f"/patrols/{plan.identity}"))


def test_a_plan_is_drawn_from_near_repeats_where_burglary_repeats(
    sergeant: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_assessment("near-repeats")
    found = replace(a_finding("near repeats"), value=None, verdict="No repeat beyond chance was found.", parameters={})
    monkeypatch.setattr(page_of_patrols, "repeats", lambda *_: found)
    assert "No repeat beyond chance" in text_of(sergeant.post("/patrols", asked(map="near-repeats")))
    told = replace(found, value=200.0, parameters={"days": 14})
    monkeypatch.setattr(page_of_patrols, "repeats", lambda *_: told)
    assert sergeant.post("/patrols", asked(map="near-repeats")).status_code == 302
    stops = PatrolPlan.objects.get().stops.all()
    assert {(one.easting // 1000, one.northing // 1000) for one in stops} <= {(460, 303), (460, 302), (459, 303)}


def test_squares_by_count_are_those_of_most_events_then_of_the_latest() -> None:
    points = Points(
        title="Burglary", area="here", grid="g", x=np.array([10.0, 300, 310, 600]), y=np.array([10.0, 10, 10, 10]),
        day=np.array([5, 1, 2, 9], np.int32), stratum=np.zeros(4, np.int32), refs=("a", "b", "c", "d"), as_at=NOON, batches=(),
        sources=(), months_only=False, notes=(),
    )  # fmt: skip
    assert counted_squares(points, 250) == [(375, 125), (625, 125), (125, 125)]


def test_squares_near_a_repeat_are_those_of_most_and_of_the_latest_events() -> None:
    day = np.array([100, 114, 114, 120], np.int32)
    points = Points(
        title="Burglary", area="here", grid="g", x=np.array([10_000.0, 125, 130, 5_125]), y=np.array([0.0, 125, 120, 125]), day=day,
        stratum=np.zeros(4, np.int32), refs=("a", "b", "c", "d"), as_at=NOON, batches=(), sources=(), months_only=False, notes=(),
    )  # fmt: skip
    found = repeat_squares(points, 100, 14, 250)
    assert found == [(125, 125), (5_125, 125)], "the old event counts no more, and two go before one"
    assert len(repeat_squares(points, 300, 14, 250)) == 10, "each and its four neighbours"
    assert repeat_squares(replace(points, x=day[:0], y=day[:0], day=day[:0]), 100, 14, 250) == []


def test_the_verb_itself_refuses_a_map_whose_assessment_is_not_signed() -> None:
    terms = PatrolTerms(
        drawn_from="where-next", measure="burglary", area_code="", first=date(2022, 6, 22), last=date(2022, 6, 23),
        shift="late", minutes=12, metres=250,
    )  # fmt: skip
    with pytest.raises(RequestInvalid, match="equality assessment is drafted, not signed"):
        patrols.make_patrol_plan(Who("a"), "leicestershire", terms, [Stop(easting=0, northing=0)], at=NOON)
    assert not Entry.objects.exists()


def test_who_is_for_an_area_makes_no_plan_of_the_whole_force(sergeant: Client) -> None:
    assert sergeant.post("/patrols", asked()).status_code == 302
    plan = PatrolPlan.objects.get()
    began = NOON - timedelta(days=1)
    elsewhere = signed_in(an_officer("elsewhere", roles.Held("supervisor", ("E06000016",)), at=began))
    assert elsewhere.get(f"/patrols/{plan.identity}").status_code == 404
    assert elsewhere.post("/patrols", asked()).status_code == 404
    assert elsewhere.post(f"/patrols/{plan.identity}/end", {"version": "1"}).status_code == 404
    reader = signed_in(an_officer("reader", roles.Held("analyst"), at=began))
    assert reader.get(f"/patrols/{plan.identity}").status_code == 200
    assert reader.post(f"/patrols/{plan.identity}/end", {"version": "1"}).status_code == 404


def test_stops_go_from_the_hottest_to_the_nearest_left() -> None:
    squares = [(0, 0), (1_000, 0), (100, 0), (900, 0), (50, 50)]
    assert [one.easting for one in stops_of(squares, 4)] == [0, 100, 900, 1_000]
    with pytest.raises(RequestInvalid):
        stops_of([], 4)


def test_dosage_by_square_and_week_beside_crime() -> None:
    monday, epoch = date(2022, 6, 6), date(1970, 1, 1)
    days = np.array([(monday + timedelta(days=n) - epoch).days for n in (0, 6, 7, 9)], np.int32)
    points = Points(
        title="Burglary", area="here", grid="g", x=np.array([10.0, 20, 30, 5_000]), y=np.zeros(4), day=days,
        stratum=np.zeros(4, np.int32), refs=("a", "b", "c", "d"), as_at=NOON, batches=(), sources=(), months_only=False, notes=(),
    )  # fmt: skip
    spent = [Spent(stop=1, on=monday, minutes=10), Spent(stop=1, on=monday + timedelta(days=6), minutes=15)]
    window = Window(monday, monday + timedelta(days=13))
    found = dosage(
        [Stop(easting=0, northing=0)], spent, points, metres=250, window=window, until=date(2022, 6, 14), as_at=NOON
    )
    assert (found.value, found.n) == (25, 2)
    assert found.table is not None
    assert found.table.rows == (
        (1, None, 0, 0, "2022-06-06", 7, 2, 25, 5, 2),
        (1, None, 0, 0, "2022-06-13", 2, 0, 0, 2, None),
    ), "planned, visits, minutes, not recorded, crimes: of the second week two days have come"


def sent(client: Client, plan: PatrolPlan, version: str, text: str) -> Any:
    file = SimpleUploadedFile("log.csv", text.encode(), content_type="text/csv")
    return client.post(f"/patrols/{plan.identity}/file", {"version": version, "file": file})


def test_visits_are_brought_in_from_a_file_once_and_each_line_is_accounted_for(sergeant: Client) -> None:
    sergeant.post("/patrols", asked())
    plan = PatrolPlan.objects.get()
    stop = plan.stops.get(number=1)
    here = f"{stop.easting},{stop.northing}"
    text = (
        "at,easting,northing,unit\n"
        f"2022-06-21T18:00:00,{here},A1\n2022-06-21T18:06:00,{here},A1\n2022-06-21T18:12:00,{here},A1\n"
        f"2022-06-21T19:00:00,{here},A1\n"  # alone: it passes through
        f"2022-06-21T18:03:00,{stop.easting + 90_000},{stop.northing},B2\n\n"
        f'yesterday,{here},SECRET\n2022-06-21T18:00:00,-1.13,52.6,A1\n"2022-06-21T18:00:00,{here},A1\n2022-06-21T18:00,1\n'
        f"2022-06-24T18:00:00,{here},A1\n2022-06-24T18:10:00,{here},A1\n"  # to come
    )
    answer = sent(sergeant, plan, "1", text)
    said = text_of(answer)
    assert answer.status_code == 200
    assert [(one.on, one.minutes) for one in PatrolVisit.objects.all()] == [(date(2022, 6, 21), 12)]
    for words in ("Lines of the file 13", "Blank 1", "Rejected 4", "Outside every stop 1", "Visits found 2",
                  "Of them recorded now 1", "Of days outside the plan, or to come 1", "8 Its time is none.",
                  "9 Its place is none on the National Grid.", "10 A quote is not closed.",
                  "11 It has more or fewer values", "12 minutes in 1 visit recorded"):  # fmt: skip
        assert words in " ".join(said.split()), words
    assert "SECRET" not in said
    again = " ".join(text_of(sent(sergeant, plan, "2", text)).split())
    assert "Of them recorded now 0" in again
    assert "Recorded before 1" in again
    log = "at,stop,minutes\n2022-06-22T09:00,2,15\n2022-06-22T09:30,99,15\n2022-06-22T10:00,1,0\n"
    said = " ".join(text_of(sent(sergeant, plan, "3", log)).split())
    assert "Of no stop of the plan, of no minutes or of more than 4 hours 2" in said
    assert PatrolVisit.objects.count() == 2
    for wrong in ("", "a,b\n1,2\n"):
        assert sent(sergeant, plan, "4", wrong).status_code == 422
    assert sent(sergeant, plan, "3", log).status_code == 409
    told = Event.objects.filter(verb="bring_in_patrol_visits").count()
    assert told == 3
    assert Entry.objects.filter(verb="bring_in_patrol_visits").count() == told


def test_every_line_of_a_file_of_positions_is_in_one_place() -> None:
    read = positions_read(b"at,easting,northing\n2022-06-21T18:00:00,0,0\n\nnone,0,0\n2022-06-21T18:05:00,0,0\n")
    assert read.lines == 1 + read.blank + len(read.positions) + len(read.log) + len(read.faults)
    found, other = (matched(read, [Stop(easting=0, northing=0)], 250, salt) for salt in (b"one", b"another"))
    assert found.visits[0].reference != other.visits[0].reference, (
        "a unit is not to be guessed without the folder's secret"
    )
    assert [(one.stop, one.minutes) for one in found.visits] == [(1, 5)]
    assert (found.outside, found.passing, found.amiss) == (0, 0, 0)
