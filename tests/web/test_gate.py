"""The gate: every address, every role, every method, from the resolver itself."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse

from fourfold.casework import audit, roles
from fourfold.casework.audit import Entry
from fourfold.casework.officers import Grant, Officer
from fourfold.records import access
from fourfold.records.access import Asking, Folder
from fourfold.web import gate
from fourfold.web.look import SECTIONS
from tests.web.conftest import an_officer, signed_in

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
pytestmark = pytest.mark.django_db


def addresses() -> list[tuple[str, gate.Needs]]:
    """Every address with its parts filled in by something that is not there, and what it needs."""
    found = []
    for pattern, view in gate.views():
        filled = pattern
        for part, value in (
            ("<str:identity>", "0" * 12),
            ("<int:number>", "999"),
            ("<str:ending>", "docx"),
            ("<str:key>", "0" * 16),
            ("<str:force_id>", "nowhere"),
            ("<str:by>", "small"),
            ("<str:name>", "people.occupation"),
            ("<str:digest>", "0" * 16),
        ):
            filled = filled.replace(part, value)
        filled = re.sub(r"<(?:str|path|slug):[a-z_]+>", "0" * 12, filled)
        assert "<" not in filled, f"{pattern}: the test does not know how to fill it in"
        found.append((f"/{filled}", view.needs))  # type: ignore[attr-defined]
    return found


def test_every_address_declares_what_it_needs() -> None:
    assert len(addresses()) >= 14
    assert gate.undeclared() == []


def test_no_two_addresses_share_a_name() -> None:
    from fourfold.web import urls

    names = Counter(one.name for one in urls.urlpatterns if getattr(one, "name", None))
    assert [name for name, times in names.items() if times > 1] == [], "a link would lead to the last of them"


def test_start_up_fails_on_a_view_that_declares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from fourfold.web import urls

    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, path("back-door", lambda _: HttpResponse("in"))])
    monkeypatch.setattr(gate, "get_resolver", lambda: __import__("django.urls", fromlist=["URLResolver"]).URLResolver(
        __import__("django.urls.resolvers", fromlist=["RegexPattern"]).RegexPattern(r"^/"), urls))  # fmt: skip
    with pytest.raises(ImproperlyConfigured, match="back-door"):
        gate.Gate(lambda _: HttpResponse())


def test_an_outsider_tries_every_address_and_learns_nothing(outsider: Client) -> None:
    told = {}
    invented = [("/no-such-address", gate.Needs()), ("/figures/x/y/z", gate.Needs())]
    for (address, wanted), method in itertools.product([*addresses(), *invented], METHODS):
        if wanted.is_open:
            continue
        response = outsider.generic(method, address)
        told[address, method] = (response.status_code, response["Location"].partition("?")[0], response.content)
    assert set(told.values()) == {(302, "/sign-in", b"")}


@pytest.mark.slow
def test_role_by_address_by_method(as_role: Callable[..., Client], records_held: Path) -> None:
    """Each cell: refused as an address that is not there, or let through, as the table of roles says and nothing else."""
    missing = as_role("board_reader").get("/no-such-address").content
    cells = 0
    for role in roles.TITLES:
        for (address, wanted), method in itertools.product(addresses(), METHODS):
            if wanted.is_own or wanted.is_open:
                continue
            client = as_role(role)
            response = client.generic(method, address)
            cells += 1
            is_allowed = roles.may_somewhere([roles.Held(role)], wanted.action, wanted.record_class)
            if method not in wanted.methods:
                assert response.status_code == (405 if is_allowed else 404), (role, method, address)
            elif not is_allowed:
                assert response.status_code == 404, (role, method, address)
                assert without_name(response.content) == without_name(missing), (
                    "a refusal that differs from an address not there"
                )
            else:
                assert response.status_code in (200, 302, 404, 409, 422), (role, method, address, response.status_code)
    assert cells > 100


def without_name(page: bytes) -> bytes:
    """A page without the officer's name, the navigation that follows from the role, and the form's token."""
    return page.partition(b"<main")[2].partition(b"</main>")[0]


def test_an_officer_without_a_role_is_shown_only_what_is_the_officers_own() -> None:
    client = signed_in(an_officer("nobody-yet"))
    for address, wanted in addresses():
        if not wanted.is_own and not wanted.is_open and "GET" in wanted.methods:
            assert client.get(address).status_code == 404, address
    assert client.get("/account").status_code == 200


def test_a_refusal_is_on_the_log(as_role: Callable[..., Client]) -> None:
    # A board reader asks for a figure's CSV, which the role does not take away.
    as_role("board_reader").get("/picture/series.csv")
    entry = Entry.objects.get(phase="refused")
    assert (entry.verb, entry.record_class, entry.kind) == ("refused export", "figures", "access")
    assert entry.officer == Officer.objects.get(username="board_reader").key


def test_a_role_removed_bites_at_the_next_request(as_role: Callable[..., Client], records_held: Path) -> None:
    client = as_role("analyst")
    assert client.get("/picture").status_code == 200
    Grant.objects.update(ends_at=datetime.now(UTC))
    assert client.get("/picture").status_code == 404


def test_a_closed_account_is_out_at_the_next_request(as_role: Callable[..., Client]) -> None:
    client = as_role("analyst")
    assert client.get("/").status_code == 200
    Officer.objects.update(is_active=False, signed_out_before=datetime.now(UTC) + timedelta(seconds=1))
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("idle_minutes", "open_hours", "status"),
    [(1, 1, 200), (14, 11, 200), (16, 1, 302), (1, 13, 302)],
    ids=["at work", "near both limits", "idle too long", "open too long"],
)
def test_sessions_end(as_role: Callable[..., Client], idle_minutes: int, open_hours: int, status: int) -> None:
    client = as_role("analyst")
    session = client.session
    now = datetime.now(UTC)
    session["seen_at"] = (now - timedelta(minutes=idle_minutes)).timestamp()
    session["signed_in_at"] = (now - timedelta(hours=open_hours)).timestamp()
    session.save()
    assert client.get("/").status_code == status


@pytest.mark.parametrize(("header", "is_sign"), [({}, True), ({"HTTP_X_FOURFOLD_WAITS": "yes"}, False)])
def test_a_page_that_waits_for_work_is_no_sign_of_the_officer(
    as_role: Callable[..., Client], header: dict[str, str], is_sign: bool
) -> None:
    client = as_role("analyst")
    session = client.session
    before = session["seen_at"] = (datetime.now(UTC) - timedelta(minutes=10)).timestamp()
    session.save()
    assert client.get("/", **header).status_code == 200
    assert (client.session["seen_at"] > before) == is_sign


def test_the_statement_of_lawful_use_is_asked_for_each_year(as_role: Callable[..., Client]) -> None:
    client = as_role("analyst")
    Officer.objects.update(statement_accepted_at=datetime.now(UTC) - timedelta(days=366))
    assert client.get("/")["Location"] == "/lawful-use"
    refused = client.post("/lawful-use", {})
    assert refused.status_code == 422
    assert b"Select the box" in refused.content
    assert client.post("/lawful-use", {"accepted": "yes"})["Location"] == "/"
    assert client.get("/").status_code == 200
    assert Entry.objects.filter(verb="accept_statement").count() == 1


def test_a_page_whose_entry_cannot_be_made_is_not_sent(
    as_role: Callable[..., Client], records_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_role("analyst")
    client.raise_request_exception = False

    def full(*_: Any, **__: Any) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(audit, "entered", full)
    response = client.get("/picture")
    assert response.status_code == 500
    assert b"Something went wrong" in response.content
    assert b"Leicester " not in response.content


def test_a_page_of_small_areas_makes_one_entry(as_role: Callable[..., Client], records_held: Path) -> None:
    as_role("analyst").get("/picture?measure=police_uk_burglary")
    [entry] = Entry.objects.filter(phase="done")
    assert (entry.kind, entry.record_class) == ("consultation", "small_area_figures")
    assert len(entry.key_list) == 1
    as_role("board_reader").get("/picture?measure=police_uk_burglary")
    assert Entry.objects.filter(phase="done").count() == 1, "figures of the force need no entry"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:99@evil.example"])
def test_another_host_is_not_answered(outsider: Client, host: str) -> None:
    response = Client(headers={"host": host}).get("/sign-in")
    assert response.status_code == 400
    assert host.encode() not in response.content


@pytest.mark.parametrize("address", [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "http:evil.example",
    "///evil.example", "/%09/evil.example", " //evil.example", "https:///evil.example",
])  # fmt: skip
def test_nobody_is_sent_on_to_another_service(address: str) -> None:
    assert gate.safe_next(address) in ("/", address)
    if gate.safe_next(address) == address:
        assert address.startswith("/%09"), "an address of this service, though an odd one"


@pytest.mark.parametrize(
    "address", ["/papers/a%00b", "/imports/sent/a%00b", "/accountability/log?by=a%00b", "/?x%00=1", "/sign-in?next=%00"]
)
def test_what_no_database_can_hold_is_refused_in_an_address(as_role: Callable[..., Client], address: str) -> None:
    for client in (Client(), as_role("information_manager")):
        assert client.get(address).status_code == 422


def test_what_no_database_can_hold_is_refused_in_a_form_and_a_name_too_long_is_nobodys(
    as_role: Callable[..., Client],
) -> None:
    manager = as_role("information_manager")
    assert manager.post("/accountability/rights/new", {"kind": "access", "reference": "a\0b"}).status_code == 422
    for name in ("a\0b", "n" * 5_000):
        response = Client().post("/sign-in", {"username": name, "password": "p"})
        assert response.status_code == 422
        assert name.encode() not in response.content


def test_a_form_without_its_token_changes_nothing(as_role: Callable[..., Client]) -> None:
    client = as_role("analyst")
    strict = signed_in(Officer.objects.get(username="analyst"), Client(enforce_csrf_checks=True))
    assert strict.post("/sign-out").status_code == 403
    assert strict.get("/").status_code == 200
    assert client.post("/sign-out").status_code == 302


def test_every_form_of_every_view_that_writes_asks_for_its_token(as_role: Callable[..., Client]) -> None:
    as_role("analyst")
    strict = signed_in(
        an_officer("every-role", *(roles.Held(r) for r in roles.TITLES)), Client(enforce_csrf_checks=True)
    )
    for address, wanted in addresses():
        if "POST" in wanted.methods and not wanted.is_open:
            assert strict.post(address).status_code == 403, address


def test_the_service_says_whether_it_is_well_and_nothing_else(outsider: Client) -> None:
    assert outsider.get("/health").json() == {"health": "good"}
    assert outsider.get("/ready").json() == {"ready": True, "database": True, "log": True, "records": True}


def test_where_the_force_asks_nothing_is_shown_before_a_reason_is_given_and_the_log_has_it(
    as_role: Callable[..., Client], records_held: Path, settings: Any
) -> None:
    settings.REASONS_ASKED = True
    manager = as_role("information_manager")
    address = "/accountability/log?kind=access"
    asked = manager.get(address)
    assert b"Why do you open these records?" in asked.content
    assert asked.status_code == 403, "no script takes the question for what it asked for"
    assert b"Entries, the latest first" not in asked.content
    assert not Entry.objects.filter(verb="search the log").exists()
    refused = manager.post("/reason", {"address": address, "title": "The log", "reason": "  "})
    assert refused.status_code == 422
    refused = manager.post("/reason", {"address": address, "title": "The log", "reason": "w" * 501})
    assert (refused.status_code, b"500 characters or fewer" in refused.content) == (422, True), (
        "the log keeps no more of it"
    )
    assert manager.post("/reason", {"address": address, "title": "The log", "reason": "Audit 7"})["Location"] == address
    manager.get(address)
    assert Entry.objects.get(verb="search the log").reason == "Audit 7"
    assert manager.post("/reason", {"address": "https://evil.example/", "reason": "x"})["Location"] == "/"
    assert manager.get("/accountability/officers").status_code == 200, "a class that asks for no reason"
    assert Entry.objects.get(record_class="officers", verb="read").reason == ""
    settings.REASONS_ASKED = False
    assert b"Why do you open" not in as_role("analyst").get("/picture").content


def test_what_a_command_opened_is_found_in_the_log_without_a_new_start(
    as_role: Callable[..., Client], tmp_path: Path, settings: Any
) -> None:
    settings.FOURFOLD_HOME = home = tmp_path / "home"
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    opened = access.Entry(at=datetime.now(UTC), kind="combination", verb="link people", asking=asking)
    manager = as_role("information_manager")
    for address in ("/accountability/log?kind=combination", "/accountability/log/check"):
        Folder(home).entered(opened)
        before = Entry.objects.filter(verb="link people").count()
        assert (manager.post(address) if address.endswith("check") else manager.get(address)).status_code == 200
        assert Entry.objects.filter(verb="link people").count() == before + 1


@pytest.mark.parametrize("record_class", [one.id for one in roles.record_classes().values() if one.asks_reason])
def test_a_class_of_which_a_reason_is_asked_is_one_whose_sight_is_logged(record_class: str) -> None:
    assert roles.record_classes()[record_class].is_logged


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("role", sorted(roles.TITLES))
def test_the_navigation_shows_the_pages_that_a_role_may_open_and_no_other(
    as_role: Callable[..., Client], records_held: Path, role: str
) -> None:
    client = as_role(role)
    page = client.get("/").content.decode()
    bar = re.search(r'(?s)<nav aria-label="Pages".*?</nav>', page)
    assert bar, page
    shown: set[str] = set()
    for section in re.findall(r'href="([^"]+)"', bar[0]):
        opened = client.get(section)
        assert opened.status_code == 200, section
        text = opened.content.decode()
        assert text.count("govuk-service-navigation__item--active") == 1, section
        inner = re.search(r'(?s)<nav class="moj-sub-navigation.*?</nav>', text)
        links = re.findall(r'href="([^"]+)"', inner[0]) if inner else [section]
        assert links[0] == section
        assert not inner or inner[0].count('aria-current="page"') == 1
        shown |= set(links)
    for _, pages in SECTIONS:
        for name, _, action, record_class in pages:
            may = not action or roles.may_somewhere([roles.Held(role)], action, record_class)
            assert (reverse(name) in shown) == may, name
            assert (client.get(reverse(name)).status_code != 404) == may, name
