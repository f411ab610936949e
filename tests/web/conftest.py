"""A cast of officers, one a role, each with a client that is signed in; and the shape that every page keeps."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from fourfold.casework import assessments, drafts, roles, uploads
from fourfold.casework.audit import Who
from fourfold.casework.officers import STATEMENT_VERSION, Grant, Officer
from fourfold.records.imports import import_files
from tests.conftest import OPEN_DATA

LEICESTERSHIRE = sorted((OPEN_DATA / "street").glob("*/*leicestershire-street*"))[-3:]
POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'", "connect-src": "'self'",
    "worker-src": "'self'", "form-action": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'",
}  # fmt: skip


class Shape(HTMLParser):
    """What a page is made of, as far as every page must be alike."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {"title": [], "h1": []}
        self._in: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.text:
            self._in.append(tag)
            self.text[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._in:
            self._in.remove(tag)

    def handle_data(self, data: str) -> None:
        for tag in self._in:
            self.text[tag][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def well_formed(response: Any) -> Any:
    """The shape of every page: title, one heading, language, skip link, no script or style of its own, headers."""
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store" or "private" in response["Cache-Control"]
    if not response["Content-Type"].startswith("text/html"):
        return response
    assert policy == POLICY
    text = response.content.decode()
    if not text:
        return response
    shape = Shape(text)
    [title] = shape.text["title"]
    [heading] = shape.text["h1"]
    assert title.endswith(" - Fourfold")
    is_fault = response.status_code in (409, 422) and "error-summary" in text
    assert title.startswith("Error: ") == is_fault, title
    assert heading.strip()
    assert shape.all("html")[0]["lang"] == "en"
    assert [a for a in shape.all("a") if a.get("href") == "#main-content" and "skip" in (a.get("class") or "")]
    assert [m for m in shape.all("main") if m.get("id") == "main-content"]
    assert all(s.get("src") for s in shape.all("script")), "a script stands in the page"
    assert not shape.all("style")
    assert not [a for _, attrs in shape.tags for a in attrs if a.startswith("on") or a == "style"], (
        "a handler or a style in a tag"
    )
    assert all(i.get("alt") for i in shape.all("img")), "a picture without words"
    assert text.count('<figure class="ff-figure"') <= text.count("<table"), "a chart without its table"
    assert text.count("govuk-service-navigation__item--active") <= 1, "two pages are marked as the one that is open"
    assert "OFFICIAL" in text
    shown = re.sub(r"<[^>]+>", " ", text)
    assert not re.search(r"\b(None|Undefined|nan)\b(?! of the above)", shown), "a missing value printed as one"
    return response


class OfficersClient(Client):
    """A client whose every page is checked for its shape."""

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        # An edition of a paper is the paper's own page, which has a shape and tests of its own.
        return response if "/editions/" in request["PATH_INFO"] else well_formed(response)


def an_officer(username: str, *held: roles.Held, at: datetime | None = None) -> Officer:
    now = at or datetime.now(UTC)
    officer = Officer.objects.create(
        username=username, name=f"Officer {username}", password="!", statement_accepted_at=now,
        statement_version=STATEMENT_VERSION,
    )  # fmt: skip
    for one in held:
        Grant.objects.create(
            officer=officer, role=one.role, areas=" ".join(one.areas), begins_at=now, granted_by="somebody"
        )
    return officer


def signed_in(officer: Officer, client: Client | None = None) -> Client:
    """A client with the officer's session, as signing in makes it."""
    client = client or OfficersClient()
    session = SessionStore()
    session[SESSION_KEY] = str(officer.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = officer.get_session_auth_hash()
    session["signed_in_at"] = session["seen_at"] = datetime.now(UTC).timestamp()
    session.save()
    client.cookies["session"] = session.session_key
    return client


@pytest.fixture(autouse=True)
def no_wait_for_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests have one process, so that a figure that is not there will not come."""
    monkeypatch.setattr("fourfold.web.figures.ENTERED_WITHIN", 0.0)


@pytest.fixture
def outsider() -> Client:
    """Somebody who is not signed in."""
    return OfficersClient()


@pytest.fixture
def as_role(db: None) -> Callable[..., Client]:
    """A client for an officer who holds a role, for the whole force or for areas."""

    def made(role: str, *areas: str) -> Client:
        found = Officer.objects.filter(username=role).first()
        return signed_in(found or an_officer(role, roles.Held(role, areas)))

    return made


@pytest.fixture(scope="session")
def held_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A records' folder with three months of Leicestershire, with its boundaries."""
    home = tmp_path_factory.mktemp("service-home")
    home.chmod(0o700)
    geography = sorted((OPEN_DATA / "geography").glob("*leicester*"))
    import_files(home, [*geography, *LEICESTERSHIRE], clock=lambda: datetime.now(UTC))
    return home


@pytest.fixture
def records_held(held_home: Path, settings: Any) -> Path:
    """The service over that folder."""
    settings.FOURFOLD_HOME = held_home
    return held_home


def work_done() -> None:
    """What the worker would do with all that waits."""
    for upload in uploads.waiting():
        uploads.import_upload(upload.identity, clock=lambda: datetime.now(UTC))
    for edition in drafts.unwritten():
        drafts.write_edition(edition.pk, clock=lambda: datetime.now(UTC))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL the browser's tests are left to SQLite: each starts a whole service, and all would share one database.

    Two walks have a database of PostgreSQL to themselves: see `tests/casework/test_postgresql.py`.
    """
    if not os.environ.get("FOURFOLD_DATABASE"):
        return
    left = [item for item in items if "served" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def signed_assessment(algorithm: str, force_id: str = "leicestershire") -> None:
    """Have the equality assessment of an algorithm signed, as it stands, by a second person."""
    at = datetime(2022, 6, 1, tzinfo=UTC)
    made = assessments.put_assessment_forward(Who("asker"), force_id, algorithm, assessed="For the tests.", at=at)
    assessments.sign_assessment(assessments.SeenAssessment(Who("signer"), made, 1, at))
