"""The clocks beside the Code, on their pages and on a victim's journey."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, wraps
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.analysis import clocks
from fourfold.casework import work
from fourfold.casework.audit import Entry
from fourfold.web.pages import running
from tests.analysis.test_clocks import MOVED, REQUEST, SENT, THING
from tests.analysis.test_entitlements import VICTIM, _tables, records
from tests.web.test_victims_code_pages import said


@pytest.fixture
def clocks_held(tmp_path: Path, settings: Any) -> Iterator[None]:
    from fourfold.web import look

    records(
        tmp_path, **_tables(), cica_requests=[REQUEST, {**REQUEST, "request_ref": "R2", "returned_on": "2022-05-20"}],
        property=[THING], precharge_submissions=[SENT],
    )  # fmt: skip
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    work.judge_states.call()
    look.service.cache_clear()
    yield
    look.service.cache_clear()


@pytest.mark.django_db
def test_the_clocks_say_their_bounds_what_is_held_and_what_no_row_says(
    as_role: Callable[..., Client], clocks_held: None
) -> None:
    shown = said(as_role("board_reader").get("/clocks?from=2022-05&to=2022-06"))
    for words in (
        "Of 2 requests whose 30 days have run: between 50% and 100% answered in time", "unconfirmed", "1 thing is held",
        "1 wait has no end recorded", "held nowhere", "Examination of digital devices", "How was this made?",
    ):  # fmt: skip
        assert words in shown, words
    assert "Each request" not in shown, "whose they are is not for those who read figures"
    for address in ("review=0", "review=x", "from=yesterday"):
        assert as_role("board_reader").get(f"/clocks?{address}").status_code == 422, address
    assert as_role("board_reader").get("/clocks/each").status_code == 404


@pytest.mark.django_db
def test_each_line_names_by_whom_and_is_on_the_log(as_role: Callable[..., Client], clocks_held: None) -> None:
    supervisor = as_role("supervisor")
    shown = said(supervisor.get("/clocks/each?of=compensation"))
    assert "no evidence" in shown
    assert "none recorded" in shown
    assert "North / " in shown
    assert "R2" not in shown, "answered, and so closed"
    assert "R2" in said(supervisor.get("/clocks/each?of=compensation&open=no"))
    assert "evidence" in said(supervisor.get("/clocks/each?of=property"))
    assert "charging decision" in said(supervisor.get("/clocks/each?of=delays"))
    assert "Nothing." in said(supervisor.get("/clocks/each?of=delays&team=Nobody"))
    assert supervisor.get("/clocks/each?of=weather").status_code == 422
    entry = Entry.objects.filter(record_class="victim_duties").order_by("number").first()
    assert entry is not None
    assert entry.key_list == ["C1 V1", "R1"]
    journey = said(supervisor.get("/owed/journey?crime=C1&victim=V1"))
    assert "Compensation Authority asked for information" in journey
    assert "Waiting for others: The Crown Prosecution Service" in journey
    shown_of = Entry.objects.filter(record_class="victim_duties").order_by("number").last()
    assert shown_of is not None
    assert {"C1 V1", "R1", "P1"} <= set(shown_of.key_list), "each reference that the page shows"
    assert MOVED["delay_reason"] not in journey
    assert VICTIM["person_ref"] in journey


@pytest.mark.django_db
def test_the_clocks_of_a_force_without_any_say_so(
    as_role: Callable[..., Client], tmp_path: Path, settings: Any
) -> None:
    settings.FOURFOLD_HOME = tmp_path / "empty"
    (tmp_path / "empty").mkdir(mode=0o700)
    assert "Nothing is held" in said(as_role("supervisor").get("/clocks"))
    assert "Nothing is held" in said(as_role("supervisor").get("/clocks/each"))


@pytest.mark.django_db
def test_the_pages_of_much_work_are_worked_out_before_anybody_asks(
    as_role: Callable[..., Client], clocks_held: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.made_ready("leicestershire")
    for name in ("compensation_returns", "property_held", "delays", "compensation_requests", "held_property"):
        monkeypatch.setattr(
            clocks, name, wraps(getattr(clocks, name))(partial(pytest.fail, f"a page works out {name}"))
        )
    monkeypatch.setattr(
        "fourfold.web.pages.quality.data_quality.every_gap", partial(pytest.fail, "a page works out gaps")
    )
    for role, address in (
        ("board_reader", "/clocks"), ("supervisor", "/clocks/each"), ("supervisor", "/clocks/each?of=property"),
        ("information_manager", "/imports/quality"),
    ):  # fmt: skip
        assert as_role(role).get(address).status_code == 200, address


@pytest.mark.django_db
@pytest.mark.parametrize(("of", "caption", "columns"), [
    ("compensation", "requests-about-compensation", 10), ("property", "property-held", 12), ("delays", "waits-for-others", 9),
])  # fmt: skip
def test_each_list_is_sorted_by_each_of_its_columns(
    as_role: Callable[..., Client], clocks_held: None, of: str, caption: str, columns: int
) -> None:
    client = as_role("supervisor")
    for order in (*range(columns), *(f"-{n}" for n in range(columns))):
        page = client.get(f"/clocks/each?of={of}&open=no&sort-{caption}={order}")
        assert page.status_code == 200, order
