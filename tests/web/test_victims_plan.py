"""The plan: actions of several officers, the catalogue of data items, and returns that are frozen, compared and taken away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from fourfold.casework.audit import Entry, Who
from fourfold.casework.events import Event
from fourfold.casework.victims_plan import FEW_APART, CodeReturn, PlanAction, changed_rows, freeze_return
from fourfold.errors import RequestInvalid
from tests.conftest import ROOT
from tests.web.test_clocks_pages import clocks_held  # noqa: F401 - a fixture
from tests.web.test_victims_code_pages import said

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("clocks_held")]
SOON = datetime.now(UTC).date() + timedelta(days=40)
ACTION = {"what": "Make the contact method mandatory", "owner": "Superintendent Ashe", "due-day": str(SOON.day),
          "due-month": str(SOON.month), "due-year": str(SOON.year), "measure": "right_4", "measured-by": ""}  # fmt: skip
LATER = SOON + timedelta(days=30)
CHANGE = {"act": "change", "version": "1", "owner": "Inspector Birch", "due-day": str(LATER.day), "due-month": str(LATER.month),
          "due-year": str(LATER.year), "reason": "Moved to the records team"}  # fmt: skip


def planned(client: Client, **more: str) -> PlanAction:
    response: Any = client.post("/plan", {**ACTION, **more})
    assert response.status_code == 302, said(response)
    return PlanAction.objects.get(identity=response["Location"].rpartition("/")[2])


def test_an_action_is_bound_to_a_figure_and_says_what_it_was_and_is(as_role: Callable[..., Client]) -> None:
    champion = as_role("code_auditor")
    one = planned(champion)
    assert one.before["says"] == "Nothing of it was owed and due.", "of the quarter before the last extract"
    assert re.fullmatch(r"[0-9a-f]{12}", one.before["finding"])
    shown = said(champion.get("/plan"))
    assert "1 open, 0 overdue, 0 done, 0 dropped" in shown
    assert one.before["says"] in shown
    assert "Superintendent Ashe" in said(as_role("board_secretary").get("/plan"))
    assert as_role("analyst").get("/plan").status_code == 404
    assert as_role("supervisor").post("/plan", ACTION).status_code == 404
    for measure in ("compensation", "property_reviews", "external_delays", "items_held"):
        assert planned(champion, measure=measure).before["says"]
    assert planned(champion, **{"measure": "", "measured-by": "Dip sample"}).measured_by == "Dip sample"
    PlanAction.objects.filter(pk=one.pk).update(due_on=datetime.now(UTC).date() - timedelta(days=2))
    assert "1 overdue" in said(champion.get("/plan"))
    assert Event.objects.filter(concern="victims_plan").count() == 6
    assert Entry.objects.filter(record_class="victims_plan", verb="plan_action").count() == 6


@pytest.mark.parametrize(
    "wrong",
    [{"what": " "}, {"owner": ""}, {"due-year": "2001"}, {"due-day": "x"}, {"measure": ""}, {"measure": "weather"}],
)
def test_an_action_that_is_none_is_refused(as_role: Callable[..., Client], wrong: dict[str, str]) -> None:
    response: Any = as_role("code_auditor").post("/plan", {**ACTION, **wrong})
    assert response.status_code == 422
    assert not PlanAction.objects.exists()
    assert not Event.objects.filter(concern="victims_plan").exists()


def test_of_two_officers_on_one_action_the_second_sees_both(as_role: Callable[..., Client]) -> None:
    champion = as_role("code_auditor")
    one = planned(champion)
    address = f"/plan/actions/{one.identity}"
    assert champion.post(address, CHANGE).status_code == 302
    response: Any = champion.post(address, {**CHANGE, "owner": "Chief Inspector Cole"})
    assert response.status_code == 409
    shown = response.content.decode()
    assert "Inspector Birch" in said(response)
    assert 'value="Chief Inspector Cole"' in shown
    one.refresh_from_db()
    assert (one.owner, one.due_on, one.version, one.steps.count()) == ("Inspector Birch", LATER, 2, 2)
    assert champion.post(address, {**CHANGE, "version": "2", "reason": ""}).status_code == 422
    assert champion.post(address, {"act": "end", "version": "2", "how": "done", "outcome": ""}).status_code == 422
    assert (
        champion.post(address, {"act": "end", "version": "2", "how": "done", "outcome": "In the system"}).status_code
        == 302
    )
    assert "In the system" in said(champion.get(address))
    assert champion.post(address, {**CHANGE, "version": "3"}).status_code == 409, "it is ended"
    assert [s.verb for s in one.steps.all()] == ["plan_action", "change_action", "end_action"]
    assert (
        Entry.objects.filter(record_class="victims_plan", phase="done", kind__in=["collection", "alteration"]).count()
        == 3
    )


def test_what_the_framework_asks_is_shown_with_what_is_held_nowhere(as_role: Callable[..., Client]) -> None:
    shown = said(as_role("supervisor").get("/plan/items?from=2022-06&to=2022-06"))
    for words in ("held nowhere", "unconfirmed", "people.sex", "Kent Police", "Sex of the victim"):
        assert words in shown, words
    assert as_role("supervisor").get("/plan/items?from=yesterday").status_code == 422


def test_a_return_is_frozen_taken_away_marked_and_compared(as_role: Callable[..., Client]) -> None:
    champion = as_role("code_auditor")
    june = {"from": "2022-04", "to": "2022-06"}
    for wrong in (
        {"from": "2022-06", "to": "2022-06"},
        {"from": "2022-05", "to": "2022-07"},
        {"from": "2021-07", "to": "2022-06"},
    ):
        assert champion.post("/plan/returns", wrong).status_code == 422, "months that overlap could be subtracted"
    assert "as it stands" in said(champion.get("/plan/returns?from=2022-04&to=2022-06"))
    response: Any = champion.post("/plan/returns", june)
    assert response.status_code == 302, said(response)
    [one] = CodeReturn.objects.all()
    assert champion.post("/plan/returns", june).status_code == 422, "nothing has changed"
    assert as_role("supervisor").post("/plan/returns", june).status_code == 404
    # five victims at most: every count that is not nought is small
    assert {row["lower"] for row in one.content["rows"]} == {None}
    taken: Any = champion.get(f"/plan/returns/{one.identity}/return.csv")
    rows = list(csv.reader(io.StringIO(taken.content.decode())))
    assert rows[0] == ["OFFICIAL-SENSITIVE"]
    assert "[c]" in taken.content.decode()
    assert "attachment" in taken["Content-Disposition"]
    sheet: Any = champion.get(f"/plan/returns/{one.identity}/return.ods")
    assert sheet.content[:2] == b"PK"
    assert Entry.objects.filter(kind="disclosure", verb="take return").count() == 2
    assert as_role("supervisor").get(f"/plan/returns/{one.identity}/return.csv").status_code == 404
    assert champion.get(f"/plan/returns/{one.identity}/return.doc").status_code == 404
    content = {
        **one.content,
        "rows": [{**row, "judged": 40} if n == 0 else row for n, row in enumerate(one.content["rows"])],
    }
    CodeReturn.objects.create(
        force_id=one.force_id, first=one.first.replace(month=3), last=one.last.replace(month=3), number=0, as_at=one.as_at,
        content=content, content_hash="0" * 64, frozen_by="x", frozen_at=one.frozen_at,
    )  # fmt: skip
    shown = said(champion.get(f"/plan/returns/{one.identity}"))
    assert "Since the return of" in shown
    assert "judged" in shown
    earlier = CodeReturn.objects.get(content_hash="0" * 64)
    assert "not what was frozen" in said(champion.get(f"/plan/returns/{earlier.identity}"))
    assert champion.get(f"/plan/returns/{earlier.identity}/return.csv").status_code == 422


def test_a_return_that_says_the_same_of_a_later_instant_is_the_same_return(db: None) -> None:
    quarter = (date(2022, 4, 1), date(2022, 6, 30))
    content: dict[str, Any] = {
        "rows": [{"right": "4", "judged": 40}],
        "as_at": "2022-08-01T00:00:00+00:00",
        "findings": ["a"],
    }
    now, who = datetime(2022, 9, 1, tzinfo=UTC), Who("a", ("code_auditor",))
    freeze_return(who, "leicestershire", *quarter, content, as_at=now, at=now)
    again = {**content, "as_at": "2022-08-02T00:00:00+00:00", "findings": ["b"]}
    with pytest.raises(RequestInvalid, match="nothing has changed"):
        freeze_return(who, "leicestershire", *quarter, again, as_at=now, at=now)
    put_right = freeze_return(
        who, "leicestershire", *quarter, {**again, "rows": [{"right": "4", "judged": 42}]}, as_at=now, at=now
    )
    assert put_right.number == 1


def test_a_count_that_differs_by_a_few_is_not_told_beside_the_one_before_nor_its_share() -> None:
    columns = ("judged", "kept", "lower", "upper")
    before = {"right": "4", "judged": 300, "kept": 120, "lower": 40.0, "upper": None}
    few = {**before, "kept": 121, "lower": 40.3}
    assert changed_rows([few], [before], columns) == [
        ("4", "kept", FEW_APART, FEW_APART), ("4", "lower", FEW_APART, FEW_APART)
    ]  # fmt: skip
    many = {**before, "kept": 150, "lower": 50.0}
    assert changed_rows([many], [before], columns) == [("4", "kept", 120, 150), ("4", "lower", 40.0, 50.0)]


def test_what_two_returns_say_differently() -> None:
    before = [{"right": "4", "lower": 50.0, "judged": 10}, {"right": "6", "lower": None, "judged": 8}]
    after = [{"right": "4", "lower": 60.0, "judged": 10}, {"right": "7", "lower": 1.0, "judged": 8}]
    assert changed_rows(after, before, ("lower", "judged")) == [
        ("4", "lower", 50.0, 60.0), ("6", "judged", 8, None), ("7", "lower", None, 1.0), ("7", "judged", None, 8),
    ]  # fmt: skip


def test_a_day_that_is_none_is_said_at_its_fields(as_role: Callable[..., Client]) -> None:
    """The summary leads to the first of the three fields, and the group of fields is described by the fault."""
    form = {
        "what": "Ask",
        "owner": "Ashe",
        "due-day": "31",
        "due-month": "2",
        "due-year": "2023",
        "measured-by": "A sample",
    }
    page = as_role("code_auditor").post("/plan", form)
    assert page.status_code == 422
    text = page.content.decode()
    assert '<a href="#due-day">That is not a day.' in text
    assert re.search(r'id="due-error"[^>]*>.{0,120}That is not a day\.', text, re.DOTALL)
    assert re.search(r'<fieldset[^>]* aria-describedby="[^"]*due-error', text)
    assert 'value="31"' in text, "what was typed stands there still"
    other = as_role("code_auditor").post("/plan", {**form, "what": "", "due-day": "1"}).content.decode()
    assert "due-error" not in other, "another fault is not said at the day"
    asked = {
        "kind": "access",
        "reference": "letter 9",
        "received-day": "31",
        "received-month": "2",
        "received-year": "2022",
    }
    came = as_role("information_manager").post("/accountability/rights/new", asked)
    assert came.status_code == 422
    assert 'href="#received-day">That is not a day.' in came.content.decode()
    assert 'id="received-error"' in came.content.decode()


def test_every_page_says_a_fault_of_a_day_at_the_day() -> None:
    for page in (ROOT / "src" / "fourfold" / "web" / "jinja2" / "pages").glob("*.html"):
        said = page.read_text()
        for call in re.findall(r"day_field\([^\n]*?\) ?\}\}", said):
            assert ", fault)" in call, (page.name, call)
        for own in re.findall(r"govukDateInput\(.*", said):
            assert "errorMessage" in own.partition("items")[0], page.name


def test_a_page_without_a_plan_or_a_return_says_the_next_step(as_role: Callable[..., Client]) -> None:
    for address, role, step in (
        ("/plan", "code_auditor", "plan the first action below"), ("/plan", "supervisor", "plans actions on this page"),
        ("/plan/returns", "code_auditor", "look the return through, and freeze it"),
        ("/plan/returns", "supervisor", "freezes a return of the months above"),
    ):  # fmt: skip
        assert step in said(as_role(role).get(address)), (address, role)
