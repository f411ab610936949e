"""Of the whole system: what is vendored, what is deployed, what is typed by those who mean harm, and what the log lines say."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from markupsafe import escape

from fourfold.analysis.findings import Table
from fourfold.casework.campaigns import Campaign, CampaignReturn, ProtectActivity
from fourfold.casework.drafts import Draft
from fourfold.casework.intelligence_questions import IntelligenceAnswer
from fourfold.casework.officers import Officer
from fourfold.casework.rights import RightsRequest
from fourfold.casework.saved_views import SavedView
from fourfold.casework.sites import PartnerRequest, Site, SiteVisit
from fourfold.casework.victims_plan import PlanAction, PlanStep
from fourfold.codes.campaigns import words
from fourfold.publications.tables import csv_text
from fourfold.web.figures import own_force
from fourfold.web.look import LogLine
from tests.conftest import ROOT
from tests.web.test_pages import PAPER

VENDOR = ROOT / "src" / "fourfold" / "web" / "static" / "vendor"
HARM = ("<script>alert({n})</script>", "\"><img src=x onerror=alert({n})>", "'onfocus='alert({n})' autofocus='", "{{{{7*{n}}}}}",
        "</title><script>alert({n})</script>", "<svg/onload=alert({n})>", "javascript:alert({n})", "{{% print({n}) %}}")  # fmt: skip


def test_what_is_vendored_is_what_was_and_has_its_licence() -> None:
    listed = dict(line.split("  ")[::-1] for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
    held = {str(p.relative_to(VENDOR)) for p in VENDOR.rglob("*") if p.is_file() and p.name != "SHA256SUMS"}
    assert held == set(listed)
    assert all(hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == found for name, found in listed.items())
    assert {str(p.parent.name) for p in VENDOR.rglob("LICENSE")} == {"govuk-frontend", "maplibre-gl", "moj-frontend"}
    text = "".join(p.read_text() for p in VENDOR.rglob("*.*s"))
    for forbidden in ("GDS Transport", "crest", "sourceMappingURL", "http://cdn", "https://cdn"):
        assert forbidden not in text


@pytest.mark.slow
def test_django_finds_nothing_to_say_of_a_deployment(tmp_path: Path) -> None:
    told = {**os.environ, "FOURFOLD_HOME": str(tmp_path), "FOURFOLD_BEHIND_TLS": "1", "FOURFOLD_HOSTS": "fourfold.example",
            "DJANGO_SETTINGS_MODULE": "fourfold.web.settings"}  # fmt: skip
    command = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, env=told, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [("FOURFOLD_BEHIND_TLS", "perhaps"), ("FOURFOLD_FORCE", "atlantis"), ("FOURFOLD_DATABASE", "mysql://x/y"),
     ("FOURFOLD_IDLE_MINUTES", "soon")],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_stops_the_start_and_says_so(tmp_path: Path, name: str, value: str) -> None:
    told = {**os.environ, "FOURFOLD_HOME": str(tmp_path), name: value}
    done = subprocess.run(
        [sys.executable, "-m", "fourfold.cli", "audit", "verify"], env=told, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert name in done.stderr
    assert "remedy" in done.stderr


@pytest.mark.slow
def test_a_port_that_is_taken_stops_the_start_and_says_so(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        command = [sys.executable, "-m", "fourfold.cli", "serve", "--port", str(other.getsockname()[1])]
        told = {**os.environ, "FOURFOLD_HOME": str(tmp_path), "FOURFOLD_DATABASE": ""}
        done = subprocess.run(command, env=told, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert not (tmp_path / "service" / "casework.sqlite3").exists(), "nothing was begun"


def test_the_command_line_answers_without_django() -> None:
    code = "import sys, fourfold.cli; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.django_db
@pytest.mark.slow
def test_two_hundred_scripts_typed_into_each_field_of_words_are_shown_as_words(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    secretary = as_role("board_secretary")
    address = secretary.post("/papers/new", PAPER)["Location"]
    draft = Draft.objects.get()
    for n in range(200):
        harm = HARM[n % len(HARM)].format(n=n)
        Draft.objects.filter(pk=draft.pk).update(
            title=harm, board=harm, priority=harm, presenter=harm, changed_at=datetime.now(UTC)
        )
        Officer.objects.update(name=harm)
        for page in ("/papers", address, f"{address}/change"):
            # The client's own look at each page refuses scripts and handlers in it.
            text = secretary.get(page).content.decode()
            assert harm not in text or not set(harm) & set("<>\"'")
            assert str(escape(harm)) in text, "shown as it was typed, and not carried out"


def a_site(as_role: Callable[..., Client]) -> list[str]:
    """A site with a visit and something asked of a partner, on its list and on its page."""
    form = {"name": "The yard", "kind": "car_park", "area": "Harbour", "partner": "Council", "why": "Parts"}
    there = as_role("analyst").post("/sites", form)["Location"]
    site, at = Site.objects.get(), datetime.now(UTC)
    SiteVisit.objects.create(site=site, on=at.date(), outcome="nothing_seen", note="n", recorded_by="a", recorded_at=at)
    PartnerRequest.objects.create(
        site=site,
        number=1,
        partner="p",
        what="w",
        due_on=at.date(),
        answer="a",
        answered_on=at.date(),
        asked_by="a",
        asked_at=at,
    )
    return ["/sites", there]


def an_answer(as_role: Callable[..., Client]) -> list[str]:
    """A question that was answered, on its page."""
    form = {"words": "By relay", "how-far": "answered", "evidence-kind": "document", "evidence": "D/12", "grade": "reliable",
            "review-day": "1", "review-month": "1", "review-year": "2099", "version": "0"}  # fmt: skip
    return [as_role("supervisor").post("/intelligence-questions/how_stolen", form)["Location"]]


def an_action(as_role: Callable[..., Client]) -> list[str]:
    """An action of the plan, on its list and on its page."""
    form = {"what": "Ask", "owner": "Ashe", "due-day": "1", "due-month": "1", "due-year": "2099", "measure": "",
            "measured-by": "A sample"}  # fmt: skip
    return ["/plan", as_role("code_auditor").post("/plan", form)["Location"]]


def a_campaign(as_role: Callable[..., Client]) -> list[str]:
    """A campaign with a return beside the monthly one, on its list and on its page."""
    at, day = datetime.now(UTC), datetime(2022, 10, 3, tzinfo=UTC).date()
    span = {"first": day, "last": day, "reported_from": day, "reported_to": day}
    campaign = Campaign.objects.create(
        force_id=own_force(), name="n", led_by="l", codes=["NFIB1H"], begun_by="a", begun_at=at, changed_at=at, **span
    )
    CampaignReturn.objects.create(campaign=campaign, number=1, what="w", due_on=day, sent_on=day, evidence="e")
    return ["/campaigns", f"/campaigns/{campaign.identity}"]


def a_message(as_role: Callable[..., Client]) -> list[str]:
    """A protect message, on its list."""
    kind, channel, day = (
        next(iter(words("kinds"))),
        next(iter(words("channels"))),
        datetime(2022, 10, 3, tzinfo=UTC).date(),
    )
    ProtectActivity.objects.create(force_id=own_force(), on=day, kind=kind, channel=channel, title="t")
    return ["/campaigns/reach"]


def a_view(as_role: Callable[..., Client]) -> list[str]:
    """A view that was saved, on the home page."""
    as_role("supervisor").post("/views", {"name": "Mine", "address": "/picture"})
    return ["/"]


def a_request(as_role: Callable[..., Client]) -> list[str]:
    """A rights request, on its list and on its page."""
    form = {
        "kind": "access",
        "reference": "letter 1",
        "received-day": "1",
        "received-month": "2",
        "received-year": "2022",
    }
    return [
        "/accountability/rights",
        as_role("information_manager").post("/accountability/rights/new", form)["Location"],
    ]


WRITTEN: list[tuple[Callable[..., list[str]], str, dict[type[Model], tuple[str, ...]]]] = [
    (a_site, "supervisor", {Site: ("name", "area", "partner", "why"), SiteVisit: ("note",), PartnerRequest: ("partner", "what")}),
    (an_answer, "supervisor", {IntelligenceAnswer: ("words", "evidence")}),
    (an_action, "supervisor", {PlanAction: ("what", "owner", "measured_by"), PlanStep: ("owner",)}),
    (a_campaign, "victim_care_officer", {Campaign: ("name", "led_by"), CampaignReturn: ("what", "evidence")}),
    (a_message, "victim_care_officer", {ProtectActivity: ("title",)}),
    (a_view, "supervisor", {SavedView: ("name",)}),
    (a_request, "information_manager", {RightsRequest: ("reference",)}),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize(("made", "role", "columns"), WRITTEN, ids=[made.__name__ for made, _, _ in WRITTEN])
def test_two_hundred_scripts_in_each_column_that_officers_write_are_shown_as_words(
    as_role: Callable[..., Client], records_held: Path, settings: Any, made: Callable[..., list[str]], role: str,
    columns: dict[type[Model], tuple[str, ...]],
) -> None:  # fmt: skip
    settings.FOURFOLD_FORCE = "leicestershire"
    pages, reader = made(as_role), as_role(role)
    every = [(model, name) for model, names in columns.items() for name in names]
    for n in range(200):
        own = {one: HARM[n % len(HARM)].format(n=10_000 * (k + 1) + n) for k, one in enumerate(every)}
        for (model, name), harm in own.items():
            model._default_manager.update(**{name: harm})
        # The client's own look at each page refuses scripts and handlers in it.
        shown = (
            pages if n < 3 * len(HARM) else pages[-1:]
        )  # lists cost more: each kind of harm is tried there, and all on the page
        text = "".join(reader.get(page).content.decode() for page in shown)
        for harm in own.values():
            assert harm not in text or not set(harm) & set("<>\"'")
            assert str(escape(harm)) in text, "shown as it was typed, and not carried out"


def test_five_hundred_formulas_leave_as_words() -> None:
    draw = random.Random(500)
    starts = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠", "\ufeff=", "|", "%"]
    payloads = [
        draw.choice(starts) + draw.choice(("cmd|' /C calc'!A0", 'HYPERLINK("http://x")', "1+1", "SUM(A1)"))
        for _ in range(500)
    ]
    table = Table(columns=("words", "count"), rows=tuple((p, -n) for n, p in enumerate(payloads)))
    rows = list(csv.reader(io.StringIO(csv_text(table), newline="")))[1:]
    assert len(rows) == 500
    assert all(words == f"'{payload}" for (words, _), payload in zip(rows, payloads, strict=True))
    assert rows[3][1] == "-3", "a number below none is a number still"


@pytest.mark.django_db
def test_a_name_that_is_typed_is_in_no_log_line_whatever_goes_wrong(
    as_role: Callable[..., Client], records_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(LogLine())
    logging.getLogger().addHandler(handler)
    client = as_role("analyst")
    client.raise_request_exception = False
    try:
        client.get("/picture?area=Canary-Cavendish")
        client.get("/no/Canary-Cavendish")
        client.post("/sign-in", {"username": "Canary-Cavendish", "password": "Canary-Cavendish"})
        Client().post("/sign-in", {"username": "Canary-Cavendish", "password": "Canary-Cavendish"})

        def broken(*_: object) -> None:
            raise ValueError("no such person as Canary-Cavendish")

        monkeypatch.setattr("fourfold.web.pages.imports._lake", broken)
        assert client.get("/imports").status_code == 500
    finally:
        logging.getLogger().removeHandler(handler)
    lines = out.getvalue().splitlines()
    assert any("ValueError" in line for line in lines), "a fault of our own is logged"
    assert "Canary" not in out.getvalue()
    assert all(json.loads(line)["at"] for line in lines)
