"""Every page there is, by the resolver, is one that axe looks at somewhere; and those that no other test looks at, here."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Locator, Page, expect

from fourfold.records import people
from fourfold.web import gate, urls
from tests.browser import NARROW, WIDE, axe_faults, leads_on
from tests.conftest import ROOT
from tests.web.test_care_screens import looked_at
from tests.web.test_people import LINKING, made, with_several  # noqa: F401 - one is a fixture
from tests.web.test_screens import _OPENED, Served, answering

HERE = "tests/web/test_looked_at.py::test_pages_of_one_thing_at_both_widths"
PREVENTION, CARE = "tests/web/test_prevention_screens.py", "tests/web/test_care_screens.py"
COCOON = "tests/walks/test_sergeant_takes_a_burglary_from_last_night.py"
AUDIT = "tests/walks/test_auditor_draws_the_quarter.py::test_the_quarter_from_the_draw_to_the_printed_result"
OTHERWISE = {
    **dict.fromkeys(("finding", "person", "upload", "batch", "paper", "change-paper", "officer", "second-step"), HERE),
    **dict.fromkeys(("site", "plan-action", "code-return"), f"{PREVENTION}::test_what_was_made_at_both_widths"),
    **dict.fromkeys(("cocoon", "cocoon-home", "cocoon-sheet"), COCOON),
    **dict.fromkeys(("fraud-case", "fraud-return"), f"{CARE}::test_a_return_at_both_widths_and_without_a_script"),
    **dict.fromkeys(
        ("campaign", "campaign-victims", "questionnaire"), f"{CARE}::test_a_campaign_at_both_widths_and_without_a_script"
    ),
    **dict.fromkeys(("audit", "audit-record", "audit-sheet", "audit-result"), AUDIT.partition("::")[0]),
    "recovery-codes": "tests/web/test_screens.py::test_an_officer_signs_in_with_a_security_key",
    **dict.fromkeys(("hand-out", "hand-out-taking"), "tests/walks/test_hand_out_is_signed_and_given.py"),
    "care-victim": f"{CARE}::test_care_at_both_widths_and_without_a_script",
    "algorithm": "tests/walks/test_sergeant_plans_a_patrol.py",
    "patrol": "tests/walks/test_sergeant_plans_a_patrol.py",
    "quality-feedback": "tests/web/test_quality_screens.py::test_every_page_of_quality_at_both_widths",
    "rights-request": "tests/walks/test_information_manager_at_the_screen.py::test_from_the_letter_to_the_certificate",
    "square": "tests/walks/test_lead_opens_the_forecast.py::test_through_the_weeks_to_one_square",
    "where-next-councils": "tests/walks/test_lead_opens_the_forecast.py",
}  # fmt: skip
"""The pages whose address stands in no test that looks at pages: it is come to by a link, or is of something just made. By which."""
NO_PAGE = {
    "picture-series", "map-image", "map-counts", "map-points", "map-shapes", "hotspots-picture", "hotspots-counts",
    "hotspots-shapes", "rejects", "edition", "edition-file", "fraud-return-file", "reach-file", "code-return-file", "hand-out-file",
    "health",
}  # fmt: skip
"""Addresses that answer with a file, with data, or with a paper, which tests/publications looks at."""


def named() -> dict[str, set[str]]:
    """The views whose addresses stand in a test module that looks at pages with axe, by name, each with those modules."""
    found: dict[str, set[str]] = {}
    for folder in ("tests/web", "tests/walks"):
        for path in (ROOT / folder).glob("test_*.py"):
            text = path.read_text()
            if not re.search(r"axe_faults\(|looked_at\(", text):
                continue
            for node in ast.walk(ast.parse(text)):
                for address in _addresses(node):
                    try:
                        name = resolve(address.partition("?")[0]).url_name
                    except Resolver404:
                        continue
                    found.setdefault(name or "", set()).add(path.name)
    return found


def _addresses(node: ast.AST) -> Iterator[str]:
    """What a text of a test may be as an address; what is filled in is tried as a number and as nothing."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/"):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        for filled in ("1", ""):
            parts = [p.value if isinstance(p, ast.Constant) else filled for p in node.values]
            yield "/" + "".join(map(str, parts)).partition("/")[2]


def pages() -> set[str]:
    """Every page of the service by name: what is asked for by GET, and answers with no file and no data."""
    return {name for name, one in _views().items() if "GET" in one.needs.methods} - NO_PAGE


def _views() -> dict[str, Any]:
    return {one.name: one.callback for one in urls.urlpatterns if getattr(one, "name", None)}


def test_every_page_of_the_resolver_is_among_those_that_axe_looks_at() -> None:
    by_address = set(named()) - set(OTHERWISE)
    assert pages() - by_address - set(OTHERWISE) == set(), "axe looks at them nowhere: look at them in a browser test"
    assert set(OTHERWISE) - pages() == set(), "there is no such page"
    assert set(_views()) >= NO_PAGE
    assert len(_views()) == len(gate.views()), "an address without a name is compared with nothing"


@pytest.mark.parametrize("where", sorted(set(OTHERWISE.values())))
def test_each_test_that_is_said_to_look_at_a_page_is_there_and_looks(where: str) -> None:
    path, _, name = where.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    looking = [
        one for one in functions.values()
        if any(isinstance(n, ast.Name) and n.id in ("looked_at", "axe_faults", "seen") for n in ast.walk(one))
    ]  # fmt: skip
    assert any(one.name.startswith("test_") for one in looking)
    assert not name or functions[name] in looking


@pytest.mark.slow
def test_whatever_page_axe_looks_at_is_held_to_its_policy_too(screen: Page) -> None:
    """So that the policy is tried on every page of the resolver, for those who open it, and not on those alone that a crawl meets."""
    headers = {"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'"}
    page = '<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>%s</main></html>'
    for tried, found in (
        ("", []),
        ('<p style="color:red">Red</p>', ["policy: style-src-attr inline"]),
        ("<script>1</script>", ["policy: script-src-elem inline"]),
    ):
        told = {"body": page % tried, "content_type": "text/html", "headers": headers}
        screen.route("**/page", lambda route, _, told=told: route.fulfill(**told))
        screen.goto("http://127.0.0.1:9/page")
        assert axe_faults(screen) == found
        screen.unroute_all()


@pytest.fixture(scope="module")
def served(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:  # noqa: F811 - the fixture
    """`fourfold serve` over a very small Saltmere (FICTITIOUS), its people linked."""
    home = tmp_path_factory.mktemp("served-each") / "home"
    shutil.copytree(made, home)
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "saltmere"}
    passwords = {role: f"words for the {role} to sign in" for role in ("analyst", "information_manager")}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


@pytest.mark.slow
def test_pages_of_one_thing_at_both_widths(
    served: Served,
    browser: Browser,
    made: Path,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    """A person, a figure, a file held and one just sent, a paper, an officer; and the second step being set up."""
    key, _ = with_several(made)
    assert people.state_of(made).resolved(key) == key
    page = served.page(browser, "analyst")
    page.set_default_timeout(20_000)
    file = tmp_path / "odd.csv"
    file.write_text("a,b\n1,2\n")
    page.goto("/imports/send")
    page.get_by_label("File").set_input_files(file)
    page.get_by_label("Restricted").check()
    leads_on(page.get_by_role("button", name="Send"))
    addresses = [page.url]
    page.goto("/imports")
    addresses.append(_first(page.get_by_role("region", name="Files held")))
    page.goto("/picture")
    addresses.append(_first(page.locator("main"), "/figures/"))
    page.goto("/papers/new")
    for label, value in (("Title", "Preventing crime"), ("First month", "2022-08"), ("Last month", "2022-10")):
        page.get_by_label(label).fill(value)
    leads_on(page.get_by_role("button", name="Begin"))
    addresses += [page.url, f"{page.url}/change", "/account/second-step"]
    page.goto(f"/people/{key}")
    page.get_by_label("What for").select_option(LINKING)
    leads_on(page.get_by_role("button", name="Open"))
    addresses.append(f"/people/{key}")
    page.context.close()
    page = served.page(browser, "information_manager")
    page.goto("/accountability/officers")
    officer = _first(page.get_by_role("region", name="Accounts"))
    page.context.close()
    for width in (NARROW, WIDE):
        page = served.page(browser, "analyst", width)
        for address in addresses:
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, page.url
            looked_at(page, width)
        page.goto(f"/people/{key}")
        page.get_by_label("What for").select_option(LINKING)
        leads_on(page.get_by_role("button", name="Open"))
        expect(page.get_by_role("region", name="Records of this person")).to_be_visible()
        looked_at(page, width)
        page.context.close()
        page = served.page(browser, "information_manager", width)
        page.goto(officer)
        looked_at(page, width)
        page.context.close()


def _first(within: Locator, start: str = "/") -> str:
    """The address of the first link within a part of a page that begins so."""
    return str(within.locator(f'a[href^="{start}"]').first.get_attribute("href"))
