"""The picture of fraud reports, and what another limit of the score would do, by the people who ask."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.analysis import capacity as of_care
from fourfold.casework.audit import Entry
from fourfold.records import weekly_lists
from fourfold.records.imports import import_files
from fourfold.web.pages import running
from tests import fraud_lists
from tests.records.extracts import put

pytestmark = pytest.mark.django_db


@pytest.fixture
def lists_held(tmp_path: Path, settings: Any) -> Iterator[None]:
    from fourfold.web import look

    fraud_lists.held_lists(tmp_path / "home", tmp_path)
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "saltmere"
    look.service.cache_clear()
    yield
    look.service.cache_clear()


def said(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_the_picture_of_reports(as_role: Callable[..., Client], lists_held: None) -> None:
    analyst = as_role("analyst")
    shown = said(analyst.get("/fraud?from=2022-10&to=2022-10"))
    said_there = (
        "Reports of fraud and cyber crime", "thought to be reported", "Dating scam", "By the victim’s age", "cyber-enabled",
        "not recorded", "Share of NFIB90", "Sum without the ten largest", "Suspects overseas", "How was this made?",
    )  # fmt: skip
    for words in said_there:
        assert words in shown, words
    assert "NFRC22" in shown, "the largest losses are named for checking"
    listed = Entry.objects.get(record_class="source_lines").key_list
    assert listed
    assert all(ref in shown for ref in listed), "each report shown is on the log"
    reader = said(as_role("board_reader").get("/fraud?from=2022-10&to=2022-10"))
    assert "NFRC22" not in reader
    assert analyst.get("/fraud?force=kent").status_code == 422
    assert analyst.get("/fraud?from=yesterday").status_code == 422


def test_the_manager_asks_what_a_threshold_of_eighteen_would_do(
    as_role: Callable[..., Client], lists_held: None
) -> None:
    manager = as_role("economic_crime_supervisor")
    shown = said(manager.get("/fraud/threshold?limit=18&from=2022-10&to=2022-10"))
    assert "90 of 300 reports would be referred, where 115 are (-25)" in shown
    assert re.search(r"Age organisations 15 15 0 15 0", shown)
    assert "up to £100" in shown
    above = said(manager.get("/fraud/threshold?limit=above+15&from=2022-10&to=2022-10"))
    assert "105 of 300 reports would be referred, where 115 are (-10)" in above
    assert manager.get("/fraud/threshold?limit=36").status_code == 422
    assert manager.get("/fraud/threshold?limit=<script>").status_code == 422


def test_without_a_report_the_page_says_so(as_role: Callable[..., Client], records_held: Path) -> None:
    assert "No report of fraud is held yet" in said(as_role("analyst").get("/fraud"))
    assert "No report of fraud is held yet" in said(as_role("analyst").get("/fraud/threshold"))
    assert "No report of fraud is held yet" in said(as_role("analyst").get("/fraud/capacity"))


def test_a_week_or_a_rule_that_there_is_not(as_role: Callable[..., Client], lists_held: None) -> None:
    officer = as_role("victim_care_officer")
    assert officer.get("/care?week=2022-10-10").status_code == 404, "no list of that week came"
    assert officer.get("/care?week=tomorrow").status_code == 404
    assert officer.get("/care?rule=whoever").status_code == 422
    shown = said(officer.get("/care?week=2020-10-05&rule=score_above_15"))
    assert "week of 5 October 2020" in shown
    assert "came in on 12 October 2020" in shown
    assert officer.get(f"/care/victims/{'0' * 24}").status_code == 404
    assert officer.post(f"/care/victims/{'0' * 24}/take-up").status_code == 404


def test_without_a_list_the_page_says_so(as_role: Callable[..., Client], records_held: Path) -> None:
    assert "FOURFOLD_FORCE" in said(as_role("victim_care_officer").get("/care"))
    assert "There is none" in said(as_role("economic_crime_supervisor").get("/disseminations"))
    assert "no return is due" in said(as_role("economic_crime_supervisor").get("/disseminations/returns"))
    assert as_role("economic_crime_supervisor").get("/disseminations?show=lost").status_code == 404


NEXT = [
    ("victim_care_officer", "/care", "to send this week’s list in, on the page Imports"),
    ("victim_care_officer", "/care/questionnaires", "When a week’s list brings one"),
    ("victim_care_officer", "/care/stock", "Enter what came below"),
    ("victim_care_officer", "/care/in-hand", "Open a victim on the week’s list"),
    ("victim_care_officer", "/campaigns", "Begin one below when"),
    ("analyst", "/campaigns", "A victim-care officer or an economic-crime supervisor begins one on this page"),
    ("economic_crime_supervisor", "/campaigns/reach", "Record the first message or event below"),
    ("analyst", "/campaigns/reach", "records messages and events on this page"),
    ("economic_crime_supervisor", "/disseminations", "when its file has come in on the page Imports"),
    ("economic_crime_supervisor", "/disseminations?show=filed", "Choose another part of the list"),
    ("analyst", "/themes", "Have them read below"),
    ("victim_care_officer", "/themes", "has them read on this page"),
    ("board_secretary", "/hand-outs", "Ask for the first below"),
    ("analyst", "/hand-outs", "asks for one on this page"),
    ("analyst", "/sites", "Put the first forward below"),
    ("programme_lead", "/sites", "puts one forward on this page"),
    ("code_auditor", "/audits", "Draw the last whole quarter’s below"),
    ("analyst", "/picture", "Send in a file to begin"),
    ("board_reader", "/picture", "to send the first file in"),
]  # fmt: skip
"""What an empty page tells each role to do next, over records that hold nothing."""


@pytest.mark.parametrize(("role", "page", "words"), NEXT)
def test_an_empty_page_says_what_to_do_next_to_whoever_may_and_who_may_to_others(
    as_role: Callable[..., Client], tmp_path: Path, settings: Any, role: str, page: str, words: str
) -> None:
    from fourfold.web import look

    (tmp_path / "home").mkdir(mode=0o700)
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "saltmere"
    look.service.cache_clear()
    assert words in said(as_role(role).get(page))
    look.service.cache_clear()


def test_who_is_shown_with_a_questionnaire_is_on_the_log_whether_it_was_recorded_or_refused(
    as_role: Callable[..., Client], lists_held: None
) -> None:
    officer = as_role("victim_care_officer")
    asked = officer.get("/care/questionnaires").content.decode()
    address, key = re.findall(r'href="(/care/questionnaires/([0-9a-f]+))"', asked)[0]
    for given, status, sights in (
        (None, 200, 1),
        ({"act": "offer"}, 422, 1),  # without its day: the form comes back, with the victim on it
        ({"act": "close", "result": "completed"}, 422, 1),
        ({"act": "offer", "offered-day": "12", "offered-month": "10", "offered-year": "2022"}, 302, 0),
        ({"act": "close", "result": "completed", "version": "7"}, 409, 1),
    ):
        before = Entry.objects.filter(kind="consultation", record_class="victim_care").count()
        response = officer.get(address) if given is None else officer.post(address, given)
        assert response.status_code == status, given
        made = Entry.objects.filter(kind="consultation", record_class="victim_care").order_by("-number")[:sights]
        assert Entry.objects.filter(kind="consultation", record_class="victim_care").count() - before == sights, given
        assert all(key in one.key_list for one in made)


def test_questionnaires_are_of_the_twelve_months_before_the_last_report_whenever_the_files_came(
    as_role: Callable[..., Client], lists_held: None, tmp_path: Path
) -> None:
    officer = as_role("victim_care_officer")
    now = officer.get("/care/questionnaires").content.decode()
    assert "/care/questionnaires/" in now
    put(tmp_path / "home", tmp_path, datetime(2024, 6, 1, tzinfo=UTC), "crimes", [{"crime_ref": "C1"}])
    links = r'href="(/care/questionnaires/[0-9a-f]+)"'
    later = officer.get("/care/questionnaires").content.decode()
    assert re.findall(links, later) == re.findall(links, now)


def test_reports_and_the_plan_as_it_is_now_are_worked_out_before_anybody_asks(
    as_role: Callable[..., Client], lists_held: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted, or asked with another team, the page plays no plan again that was played."""
    running.made_ready("saltmere")
    played: list[int] = []
    once = of_care.capacity
    monkeypatch.setattr(of_care, "capacity", lambda *given, **named: played.append(1) or once(*given, **named))
    monkeypatch.setattr(
        "fourfold.web.pages.fraud.fraud_reports.changes", partial(pytest.fail, "the page counts reports")
    )
    manager = as_role("economic_crime_supervisor")
    for address in ("/fraud", "/fraud/capacity", "/fraud/capacity?sort-waiting-at-the-end-of-each-week=0"):
        assert manager.get(address).status_code == 200, address
    assert not played
    assert manager.get("/fraud/capacity?team=1").status_code == 200
    assert len(played) == 1, "how it is now stands from before, and the plan asked is played"


def counts_of(response: Any) -> set[int]:
    """Every whole number that stands in a cell of a table of the page."""
    cells = re.findall(r"<td[^>]*>\s*([\d,]+)\s*</td>", response.content.decode())
    return {int(one.replace(",", "")) for one in cells}


QUARTER = "/fraud?from=2022-10&to=2022-12"
TOLD_ROUNDED = (
    "supervisor",
    "code_auditor",
    "programme_lead",
    "board_reader",
    "board_secretary",
    "information_manager",
)


@pytest.fixture
def quarter_held(tmp_path: Path, settings: Any) -> Iterator[None]:
    """A whole quarter: the list of 3 October 2022, and few reports of each month after it."""
    from fourfold.web import look

    fraud_lists.held_lists(tmp_path / "home", tmp_path)
    few = [fraud_lists.row(n, date(2022, 11, 7), report_ref=f"NFRC23{n:06d}", nfib_code="NFIB2B") for n in range(3)]
    more = [fraud_lists.row(n, date(2022, 12, 26), report_ref=f"NFRC24{n:06d}", nfib_code="NFIB4A") for n in range(7)]
    for monday, rows in ((date(2022, 11, 7), few), (date(2022, 12, 26), more)):
        file = fraud_lists.list_file(tmp_path, monday, rows)
        import_files(tmp_path / "home", [file], clock=lambda: datetime(2023, 1, 9, tzinfo=UTC))
    crimes = [
        {"force": "Saltmere Constabulary", "crime_ref": f"C{n}", "recorded_at": f"2022-1{n}-03T09:00:00"}
        for n in range(3)
    ]
    put(tmp_path / "home", tmp_path, datetime(2023, 1, 9, tzinfo=UTC), "crimes", crimes, "2022-10_to_2022-12")
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "saltmere"
    look.service.cache_clear()
    yield
    look.service.cache_clear()


def test_few_reports_of_a_kind_are_told_exactly_to_nobody_but_those_who_run_or_plan_the_care(
    as_role: Callable[..., Client], quarter_held: None
) -> None:
    exact = as_role("analyst").get(QUARTER)
    assert {3, 7} <= counts_of(exact), "those who plan the care see them as they are"
    for role in TOLD_ROUNDED:
        reader = as_role(role)
        shown = reader.get(QUARTER)
        assert shown.status_code == 200, role
        assert "rounded to the nearest five" in said(shown)
        assert {n for n in counts_of(shown) if n % 5} <= set(), role
        assert "NFIB2B" in said(shown)
        assert "NFRC" not in said(shown)
        for month in ("/fraud?from=2022-11&to=2022-11", "/fraud?from=2022-11-07&to=2022-11-08"):
            refused = reader.get(month)
            assert refused.status_code == 422, "no shorter window is told, of which few could be made out"
            assert "whole quarters" in said(refused)


def test_no_other_page_export_or_search_tells_them(as_role: Callable[..., Client], quarter_held: None) -> None:
    analyst = as_role("analyst")
    exact = set(re.findall(r'href="(/figures/[0-9a-f]{12})"', analyst.get(QUARTER).content.decode()))
    assert len(exact) >= 8
    assert all(analyst.get(one).status_code == 200 for one in exact)
    for role in TOLD_ROUNDED:
        reader = as_role(role)
        for one in exact:
            assert reader.get(one).status_code == 404, (role, one)
        told = set(re.findall(r'href="(/figures/[0-9a-f]{12})"', reader.get(QUARTER).content.decode()))
        assert told
        assert not told & exact
        for one in told:
            made = reader.get(one)
            assert made.status_code == 200
            assert {n for n in counts_of(made) if n % 5} <= set(), (role, one)
            assert not re.search(r'href="/figures/', made.content.decode()), "nor what it was made from"
        for page in ("picture", "outcomes", "map", "picture/series.csv", "picture/change"):
            found = reader.get(f"/{page}?measure=fraud_nfib2b&from=2022-11&to=2022-11")
            assert found.status_code in (404, 422), (role, page)
        home = reader.get("/").content.decode()
        assert not re.search(r"measure=fraud_|NFIB", home), (role, "the changes of the home page")
    assert re.search(r"measure=fraud_", analyst.get("/").content.decode())


def test_what_a_victims_page_and_the_questionnaires_rest_on_is_read_once(
    as_role: Callable[..., Client], lists_held: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    for name in ("refs_by_key", "reports_of_all_days"):
        once = getattr(weekly_lists, name)
        monkeypatch.setattr(
            weekly_lists, name, lambda *given, _name=name, _once=once: read.append(_name) or _once(*given)
        )
    officer = as_role("victim_care_officer")
    asked = officer.get("/care/questionnaires").content.decode()
    listed = officer.get("/care").content.decode()
    assert officer.get("/care/questionnaires?sort-questionnaires=1").status_code == 200
    victims = re.findall(r'href="(/care/victims/[0-9a-f]+)', listed)[:2]
    for address in (*victims, *re.findall(r'href="(/care/questionnaires/[0-9a-f]+)', asked)[:2]):
        assert officer.get(address).status_code == 200, address
    assert officer.get(f"/care/victims/{'0' * 24}").status_code == 404
    assert sorted(read) == ["refs_by_key", "reports_of_all_days"]
