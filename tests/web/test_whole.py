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
from pathlib import Path

import pytest
from django.test import Client

from fourfold.analysis.findings import Table
from fourfold.publications.tables import csv_text
from fourfold.web.look import LogLine
from tests.conftest import ROOT

VENDOR = ROOT / "src" / "fourfold" / "web" / "static" / "vendor"


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
