"""People on the screen: found without a word in an address, seen for a purpose, and decided on so that it stays."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult

from fourfold.casework import work
from fourfold.casework.access import gate_for
from fourfold.casework.audit import Entry, Who
from fourfold.casework.decisions import PersonDecision, apply_decision, decide_person, waiting
from fourfold.casework.events import Event
from fourfold.casework.officers import Officer
from fourfold.casework.roles import Held
from fourfold.codes.algorithms import algorithms
from fourfold.demo.force import written_force
from fourfold.demo.scenario import Scenario
from fourfold.errors import RequestInvalid
from fourfold.records import kept_rows, people
from fourfold.records.access import Asking
from fourfold.records.as_at import records_as_at
from fourfold.records.entries import places
from fourfold.records.imports import import_files
from tests.web.conftest import an_officer, signed_in
from tests.web.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LINKING = "analyst|linking people"
WHY = "The telephone number is another's"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A very small Saltmere (FICTITIOUS), its people linked."""
    home = tmp_path_factory.mktemp("people") / "home"
    written = written_force(Scenario(scale=0.002), home.with_name("files"), lambda _: None)
    import_files(home, written, clock=lambda: datetime.now(UTC))
    records = records_as_at(home, datetime.now(UTC))
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fourfold.casework.access.Service.entered", lambda *_: 1)
        people.link(records, gate_for("A1", [Held("analyst")]), asking, datetime.now(UTC))
    return home


@pytest.fixture
def saltmere(made: Path, tmp_path: Path, settings: Any) -> Path:
    """A copy of it, to be changed."""
    home = tmp_path / "home"
    shutil.copytree(made, home)
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE, settings.FOURFOLD_FICTITIOUS = home, "saltmere", True
    return home


def with_several(home: Path) -> tuple[str, str]:
    """The identifier of a person with several records that weighed links hold together, and a surname among them."""
    state = people.state_of(home)
    rows = records_as_at(home, datetime.now(UTC)).table("people_personal").select("surname").drop_nulls().collect()
    counted = state.people.group_by("person").len().sort("len", "person", descending=[True, False])
    key = next(key for key, n in counted.iter_rows() if n > 1 and state.links_of(key))
    return key, rows["surname"][0]


def person_of(state: people.State, entry: str) -> str:
    return next(key for e, key in state.people.select("entry", "person").iter_rows() if e == entry)


def test_somebody_is_found_by_what_is_known_and_nothing_known_stands_in_an_address_or_on_the_log(
    as_role: Callable[..., Client], saltmere: Path
) -> None:
    _, surname = with_several(saltmere)
    analyst = as_role("analyst")
    assert analyst.get("/people").status_code == 200
    response = analyst.post("/people", {"purpose": LINKING, "surname": surname[:4].lower()})
    assert surname in text_of(response)
    assert surname not in "".join(re.findall(r'(?:href|action)="([^"]*)"', response.content.decode()))
    search, found = Entry.objects.order_by("number")
    assert (search.verb, search.notes["by"], search.kind) == ("search people", ["surname"], "combination")
    assert found.key_list
    assert surname.lower() not in (search.note + found.note + found.keys).lower()


def test_whoever_is_not_linked_yet_and_is_shown_is_on_the_log_by_the_entry(
    as_role: Callable[..., Client], saltmere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, surname = with_several(saltmere)
    linked = people.state_of(saltmere)
    monkeypatch.setattr("fourfold.web.pages.people.state_of", lambda _: replace(linked, people=linked.people.head(0)))
    assert surname in text_of(as_role("analyst").post("/people", {"purpose": LINKING, "surname": surname}))
    shown = set(Entry.objects.get(verb="find people").key_list)
    assert shown
    assert shown <= set(linked.people["entry"])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"surname": ""}, "Too little is given"), ({"forename": "An"}, "Too little is given"), ({"surname": "A"}, "two characters"),
        ({"surname": "Xx", "born": "yesterday"}, "Write the date of birth"), ({"phone": "12"}, "six figures"),
        ({"purpose": "analyst|tea"}, "not said what for"), ({"surname": "Zzzzzz"}, "Nobody in the lists"),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_made_says_how_to_put_it_right(
    as_role: Callable[..., Client], saltmere: Path, given: dict[str, str], says: str
) -> None:
    response = as_role("analyst").post("/people", {"purpose": LINKING, **given})
    assert says in text_of(response)


def test_of_many_people_where_they_stand_is_worked_out_by_the_worker_and_the_pages_say_so_meanwhile(
    as_role: Callable[..., Client], saltmere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, surname = with_several(saltmere)
    analyst, asked = as_role("analyst"), {"purpose": LINKING, "surname": surname}
    at_once = text_of(analyst.post("/people", asked))
    monkeypatch.setattr(kept_rows, "AT_ONCE", 0)
    refused = analyst.post("/people", asked)
    assert refused.status_code == 422
    assert "is being worked out" in text_of(refused)
    waiting = analyst.get(f"/people/{key}")
    assert "being worked out" in text_of(waiting)
    assert key not in waiting.content.decode().partition("<main")[2].replace(f"/people/{key}", ""), "nothing of anybody"
    assert DBTaskResult.objects.filter(task_path=work.keep_rows.module_path).count() == 1
    work.keep_rows.call()
    assert text_of(analyst.post("/people", asked)) == at_once
    assert key in text_of(analyst.get(f"/people/{key}"))


def test_one_person_is_opened_for_a_purpose_with_links_and_reasons_and_the_sight_is_on_the_log(
    as_role: Callable[..., Client], saltmere: Path
) -> None:
    key, _ = with_several(saltmere)
    analyst = as_role("analyst")
    closed = text_of(analyst.get(f"/people/{key}"))
    assert "Say what for before anything is opened" in closed
    assert "Records of this person" not in closed
    assert not Entry.objects.exists(), "nothing was opened"
    assert analyst.post(f"/people/{key}", {"purpose": LINKING}).status_code == 302
    page = analyst.get(f"/people/{key}")
    said = text_of(page)
    assert "Records of this person, in the order of time" in said
    assert "Links, the heaviest first" in said
    [entry] = Entry.objects.all()
    assert (entry.verb, entry.record_class, entry.key_list) == ("read person", "people", [key])
    title = re.search("<title>(.*?)</title>", page.content.decode(), re.S)
    assert title
    assert key in title[1]
    assert "take=" not in page.content.decode(), "people are not taken away as a file"


@pytest.mark.parametrize(
    ("role", "areas", "status"),
    [
        ("analyst", (), 200), ("code_auditor", (), 200), ("economic_crime_supervisor", (), 200), ("supervisor", (), 200),
        ("supervisor", ("E06000016",), 404), ("board_reader", (), 404), ("programme_lead", (), 404), ("board_secretary", (), 404),
    ],
)  # fmt: skip
def test_who_sees_people(
    as_role: Callable[..., Client], saltmere: Path, role: str, areas: tuple[str, ...], status: int
) -> None:
    key, _ = with_several(saltmere)
    assert as_role(role, *areas).get(f"/people/{key}").status_code == status
    assert Entry.objects.filter(phase="refused", record_class="people").exists() == (status == 404), (
        "and it is on the log"
    )


def test_a_record_is_set_apart_stays_apart_and_is_put_back(as_role: Callable[..., Client], saltmere: Path) -> None:
    key, _ = with_several(saltmere)
    analyst = as_role("analyst")
    analyst.post(f"/people/{key}", {"purpose": LINKING})
    before = people.state_of(saltmere).entries_of(key)
    profiles = dict(people.state_of(saltmere).people.select("entry", "profile").iter_rows())
    entry = before[-1]
    other = next(e for e in before if profiles[e] != profiles[entry])
    assert analyst.post(f"/people/{key}", {"decide": "apart", "entry": entry, "why": " "}).status_code == 422
    assert analyst.post(f"/people/{key}", {"decide": "apart", "entry": "x", "why": WHY}).status_code == 422
    assert not PersonDecision.objects.exists()
    assert analyst.post(f"/people/{key}", {"decide": "apart", "entry": entry, "why": WHY}).status_code == 302
    assert "is being applied" in text_of(analyst.get(f"/people/{key}"))
    opened = Entry.objects.filter(verb="read person").count()
    for _ in range(3):
        waits = analyst.get(f"/people/{key}", headers={"X-Fourfold-Waits": "yes"})
        assert "is being applied" in text_of(waits)
        assert b"data-refresh" in waits.content
        assert "Records of this person" not in text_of(waits)
    assert Entry.objects.filter(verb="read person").count() == opened, "a script that waits opens nobody anew"
    unknown = as_role("board_reader").get(f"/people/{key}", headers={"X-Fourfold-Waits": "yes"})
    assert unknown.status_code == 404
    [decision] = waiting()
    apply_decision(decision.identity, clock=lambda: datetime.now(UTC))
    apply_decision(decision.identity, clock=lambda: datetime.now(UTC))  # twice is once
    state = people.state_of(saltmere)
    assert person_of(state, entry) != person_of(state, other)
    assert {d.says for d in state.decisions} == {"different"}
    [event] = Event.objects.filter(concern="people")
    assert event.subject == decision.identity
    begun = Entry.objects.get(verb="apply_decision", phase="begun")
    assert Entry.objects.get(refers_to=begun.number).notes["outcome"] == "done"
    ended = analyst.get(f"/people/{key}", headers={"X-Fourfold-Waits": "yes"})
    assert b"data-refresh" not in ended.content, "the script then loads the page"
    said = text_of(analyst.get(f"/people/{key}"))
    assert "of different people" in said
    assert WHY in said

    undo = {"decide": "undo", "one": entry, "two": other, "why": "It was hers after all"}
    assert analyst.post(f"/people/{key}", undo).status_code == 302
    [decision] = waiting()
    apply_decision(decision.identity, clock=lambda: datetime.now(UTC))
    state = people.state_of(saltmere)
    assert person_of(state, entry) == person_of(state, other)


def test_a_record_of_the_same_details_is_set_apart_alone(as_role: Callable[..., Client], saltmere: Path) -> None:
    state = people.state_of(saltmere)
    several = state.people.group_by("person", "profile").agg("entry").filter(pl.col("entry").list.len() > 2)
    key, _, (entry, *others) = several.sort("person").rows()[0]
    analyst = as_role("analyst")
    analyst.post(f"/people/{key}", {"purpose": LINKING})
    assert analyst.post(f"/people/{key}", {"decide": "apart", "entry": entry, "why": WHY}).status_code == 302
    [decision] = waiting()
    apply_decision(decision.identity, clock=lambda: datetime.now(UTC))
    state = people.state_of(saltmere)
    assert len({person_of(state, other) for other in others}) == 1
    assert person_of(state, entry) != person_of(state, others[0])
    assert state.entries_of(person_of(state, entry)) == [entry]


def test_two_people_are_joined_and_the_old_identifier_leads_to_the_new(
    as_role: Callable[..., Client], saltmere: Path
) -> None:
    state = people.state_of(saltmere)
    one, other = (str(key) for key in state.people["person"].unique().sort()[:2])
    analyst = as_role("analyst")
    analyst.post(f"/people/{one}", {"purpose": LINKING})
    assert analyst.post(f"/people/{one}", {"decide": "join", "other": "SPnobody", "why": WHY}).status_code == 422
    assert analyst.post(f"/people/{one}", {"decide": "join", "other": other, "why": WHY}).status_code == 302
    [decision] = waiting()
    apply_decision(decision.identity, clock=lambda: datetime.now(UTC))
    state = people.state_of(saltmere)
    assert state.resolved(one) == state.resolved(other)
    gone = other if state.resolved(one) == one else one
    assert f"{gone} is now" in text_of(analyst.get(f"/people/{gone}"))


def test_a_head_request_looks_for_nobody_and_leaves_the_purpose(as_role: Callable[..., Client], saltmere: Path) -> None:
    analyst = as_role("analyst")
    key, _ = with_several(saltmere)
    analyst.post(f"/people/{key}", {"purpose": LINKING})
    assert analyst.head("/people").status_code == 200
    assert analyst.session["purpose"] == LINKING


def test_who_may_see_and_not_decide_is_refused(as_role: Callable[..., Client], saltmere: Path) -> None:
    key, _ = with_several(saltmere)
    supervisor = as_role("supervisor")
    supervisor.post(f"/people/{key}", {"purpose": "supervisor|investigation"})
    assert "Set it apart" not in text_of(supervisor.get(f"/people/{key}"))
    assert supervisor.post(f"/people/{key}", {"decide": "apart", "entry": "x", "why": WHY}).status_code == 404
    assert Entry.objects.filter(phase="refused").count() == 1
    assert Officer.objects.count() == 1


@pytest.mark.parametrize("is_own", [True, False])
def test_who_decides_in_one_area_decides_about_nobody_elsewhere(db: None, saltmere: Path, is_own: bool) -> None:
    """A victim-care officer of one area who supervises the whole force sees everybody, and parts or joins only there."""
    state, rows = people.state_of(saltmere), places(records_as_at(saltmere, datetime.now(UTC)))
    lie = rows.drop_nulls("lsoa21_code").join(state.people.select("entry", "person"), on="entry")
    one, area = lie.sort("entry").select("person", "lsoa21_code").row(0)
    other, elsewhere = lie.filter(pl.col("lsoa21_code") != area).sort("entry").select("person", "lsoa21_code").row(0)
    assert one != other
    held = [Held("supervisor"), Held("victim_care_officer", (area if is_own else elsewhere,))]
    officer = signed_in(an_officer("both", *held))
    assert officer.get(f"/people/{one}").status_code == 200
    join = {"decide": "join", "other": other, "why": WHY}
    assert officer.post(f"/people/{one}", join).status_code == (422 if is_own else 404), "one of them lies elsewhere"
    assert not PersonDecision.objects.exists()
    officer.post(f"/people/{one}", {"purpose": "victim_care_officer|linking people"})
    assert ("They are the same" in text_of(officer.get(f"/people/{one}"))) is is_own
    both = signed_in(an_officer("of both", Held("victim_care_officer", (area, elsewhere))))
    assert both.post(f"/people/{one}", join).status_code == 302


def test_a_role_that_links_people_and_does_not_change_them_decides_nothing() -> None:
    with pytest.raises(RequestInvalid, match="None of your roles"):
        decide_person(
            Who("0123456789abcdef", ("information_manager",)), "same", [("a", "b")], ["SP1"], WHY,
            at=datetime.now(UTC), queue=lambda _: None,
        )  # fmt: skip


def test_each_algorithm_has_its_record_and_what_is_unsigned_says_so(
    as_role: Callable[..., Client], saltmere: Path
) -> None:
    reader = as_role("board_reader")
    said = text_of(reader.get("/accountability/algorithms"))
    for one in algorithms():
        assert one.name in said
        own = text_of(reader.get(f"/accountability/algorithms/{one.id}"))
        assert "Not to be tasked from" in own
        assert "For the force to supply" in own
    assert "Not begun" in said
    assert "Drafted, not signed" in said
