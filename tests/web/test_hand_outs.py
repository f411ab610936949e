"""A hand-out is asked for, signed off by another officer, and only then taken, each time on the log with whom it is given to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from fourfold.casework import roles
from fourfold.casework.audit import Entry
from fourfold.casework.events import Event
from fourfold.casework.handouts import HandOut
from tests.web.conftest import an_officer, signed_in
from tests.web.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ASKED = {"month": "2022-10", "why": "The autumn meeting of volunteers", "rule": "suppress_under_5"}


@pytest.fixture
def own(settings: object, records_held: Path) -> None:
    settings.FOURFOLD_FORCE = "leicestershire"  # type: ignore[attr-defined]


def test_whoever_may_ask_for_a_hand_out_may_disclose_and_a_reader_may_neither() -> None:
    every = {action: {cell.role for cell in roles.table() if (cell.action, cell.record_class) == (action, "hand_outs")}
             for action in ("read", "write", "sign", "export")}  # fmt: skip
    assert every["write"] == every["sign"] == every["export"] == {"supervisor", "board_secretary"}
    assert every["read"] > every["export"]


def test_a_hand_out_is_signed_by_a_second_person_before_it_is_taken(own: None) -> None:
    asker = signed_in(an_officer("asker", roles.Held("board_secretary")))
    signer = signed_in(an_officer("signer", roles.Held("supervisor")))
    reader = signed_in(an_officer("reader", roles.Held("analyst")))
    assert "No hand-out has been asked for yet" in text_of(asker.get("/hand-outs"))
    for wrong in ({"why": ""}, {"month": "yesterday"}, {"month": "1999-01"}, {"rule": "none"}):
        assert asker.post("/hand-outs", {**ASKED, **wrong}).status_code == 422, wrong
    assert not HandOut.objects.exists()
    assert reader.post("/hand-outs", ASKED).status_code == 404
    assert asker.post("/hand-outs", ASKED).status_code == 302
    found = HandOut.objects.get()
    page, own_page = f"/hand-outs/{found.identity}", f"/hand-outs/{found.identity}/takings/1"
    said = text_of(reader.get(page))
    assert "given to nobody before a second person signs it off" in said
    assert "Leicester" in said
    given = {"version": "1", "recipient": "streetwatch", "named": "Volunteers of Charnwood"}
    assert asker.post(f"{page}/take", given).status_code == 422, "it is not signed off"
    assert asker.post(f"{page}/sign", {"version": "1"}).status_code == 422, "it is one's own"
    assert asker.get(f"{page}?take=burglary-police-uk").status_code == 404, "nor is a table of it taken away"
    assert asker.get(own_page).status_code == 404
    assert not Entry.objects.filter(kind="disclosure").exists()
    assert reader.post(f"{page}/sign", {"version": "1"}).status_code == 404
    assert signer.post(f"{page}/sign", {"version": "1"}).status_code == 302
    assert signer.post(f"{page}/sign", {"version": "1"}).status_code == 409
    assert asker.post(f"{page}/take", {**given, "version": "2", "recipient": "other", "named": ""}).status_code == 422
    taken = asker.post(f"{page}/take", {**given, "version": "2"})
    assert (taken.status_code, taken["Location"]) == (302, own_page)
    assert "Streetwatch: Volunteers of Charnwood" in text_of(asker.get(page))
    assert reader.get(own_page).status_code == 404
    shown = Client()
    shown.cookies = asker.cookies
    printed, file = shown.get(own_page), shown.get(f"{own_page}/hand-out.html")
    assert printed.content == file.content == found.page.encode()
    assert "style-src 'sha256-" in printed["Content-Security-Policy"]
    told = Entry.objects.filter(kind="disclosure", record_class="hand_outs").order_by("number")
    assert list(told.values_list("verb", "recipient")) == [
        (verb, "Streetwatch: Volunteers of Charnwood")
        for verb in ("take_handout", "print hand-out", "take hand-out file")
    ]
    verbs = Event.objects.filter(concern="hand_outs").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["ask_for_handout", "sign_off_handout", "take_handout"]
    HandOut.objects.update(page=found.page + " ")
    assert asker.get(own_page).status_code == 404, "what is no longer what was signed is given to nobody"


def test_what_is_refused_is_never_taken(own: None) -> None:
    asker = signed_in(an_officer("asker", roles.Held("supervisor")))
    signer = signed_in(an_officer("signer", roles.Held("supervisor")))
    asker.post("/hand-outs", ASKED)
    page = f"/hand-outs/{HandOut.objects.get().identity}"
    assert signer.post(f"{page}/refuse", {"version": "1", "refused-why": ""}).status_code == 422
    assert signer.post(f"{page}/refuse", {"version": "1", "refused-why": "Not this month"}).status_code == 302
    assert "refused: Not this month" in text_of(asker.get(page))
    given = {"version": "2", "recipient": "wm_now", "named": ""}
    assert signer.post(f"{page}/take", given).status_code == 422
    assert signer.post(f"{page}/sign", {"version": "2"}).status_code == 409


def test_the_page_has_no_place_smaller_than_a_council(own: None, as_role: Callable[..., Client]) -> None:
    as_role("supervisor").post("/hand-outs", ASKED)
    found = HandOut.objects.get()
    for small in ("LSOA", "E01", "-1.1", "52.6", "On or near", "@", "Crime ID"):
        assert small not in found.page, small
    shown = [value for table in found.tables for _, value in table["rows"]]
    assert not [value for value in shown if value.isdecimal() and 0 < int(value) < 5]
