"""What is typed, or sent in a file, by those who mean harm, or that names a person: shown as words, and kept where it belongs."""

from __future__ import annotations

import io
import json
import logging
import random
import shutil
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models, transaction
from django.test import Client
from odf import opendocument
from odf import table as odf
from odf.teletype import extractText

from fourfold.analysis.findings import Table
from fourfold.casework import audit, roles
from fourfold.casework.audit import Entry
from fourfold.casework.officers import Officer
from fourfold.codes.areas import force
from fourfold.codes.periods import parse_window
from fourfold.publications.documents import docx_paper
from fourfold.publications.sections import Column, FrontPage, Paper, PrintedTable, Section
from fourfold.publications.sentences import Named
from fourfold.publications.tables import Cover, Sheet, ods_bytes, xlsx_bytes
from fourfold.records.suppliers.fields import Field
from fourfold.web import figures
from fourfold.web.look import LogLine
from tests.web.conftest import an_officer, signed_in, work_done
from tests.web.crawl import addresses_in, crawled, records_with
from tests.web.test_pages import BURGLARY, PAPER
from tests.web.test_typed import HARM

AT = datetime(2026, 3, 4, tzinfo=UTC)
STARTS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠", "|", "%"]
CANARY = "Canary-Cavendish"


def formulas() -> list[str]:
    """Five hundred, each unlike the others."""
    draw = random.Random(500)
    ends = ("cmd|' /C calc'!A{n}", 'HYPERLINK("http://x/{n}")', "{n}+1", "SUM(A{n})", 'DDE("cmd";"/C calc";"{n}")')
    return [draw.choice(STARTS) + draw.choice(ends).format(n=n) for n in range(500)]


def test_five_hundred_formulas_stand_in_a_workbook_as_text() -> None:
    given = formulas()
    table = Table(columns=("=words()", "count"), rows=tuple((one, -n) for n, one in enumerate(given)))
    sheets = [Sheet("=Sheet()", "=title()", table)]
    content = xlsx_bytes(Cover("=cover()", (("=note()", "=text()"),), AT), sheets)
    with zipfile.ZipFile(io.BytesIO(content)) as held:
        text = "".join(held.read(name).decode() for name in held.namelist() if name.endswith(".xml"))
    assert "<f>" not in text
    assert "<f " not in text
    assert "externalLink" not in text
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[1].iter_rows())[2:]
    assert len(rows) == 500
    assert {row[0].data_type for row in rows} == {"s"}
    assert [row[1].value for row in rows] == [-n for n in range(500)]


def test_five_hundred_formulas_stand_in_an_open_document_as_text() -> None:
    given = formulas()
    table = Table(columns=("=words()", "count"), rows=tuple((one, -n) for n, one in enumerate(given)))
    content = ods_bytes(Cover("=cover()", (("=note()", "=text()"),), AT), [Sheet("=Sheet()", "=title()", table)])
    with zipfile.ZipFile(io.BytesIO(content)) as held:
        assert b"table:formula" not in held.read("content.xml")
    found = opendocument.load(io.BytesIO(content)).spreadsheet.getElementsByType(odf.Table)[1]
    cells = [row.getElementsByType(odf.TableCell) for row in found.getElementsByType(odf.TableRow)][2:]
    assert len(cells) == 500
    assert {row[0].getAttribute("valuetype") for row in cells} == {"string"}
    plain = [" ".join(extractText(row[0]).split()) for row in cells]
    assert plain == [" ".join(one.split()) for one in given]


def a_paper(words: list[str]) -> Paper:
    """A paper of one table, whose words are those given."""
    table = PrintedTable("A table", (Column("Words"), Column("More")), tuple((Named(w), Named(w)) for w in words))
    front = FrontPage(
        board="The board", meeting=date(2026, 3, 4), priority=None, title="A paper", presenter="A presenter"
    )
    return Paper(
        front=front, force=force("leicestershire"), window=parse_window("2022-08", "2022-10"), as_at=AT,
        sections=(Section("A heading", (table,)),), annexes=(), sheets=(), findings=(),
    )  # fmt: skip


def test_five_hundred_formulas_stand_in_a_documents_table_as_text() -> None:
    given = [one.replace("\n", "").replace("\r", "").replace("\t", "") for one in formulas()]
    with zipfile.ZipFile(io.BytesIO(docx_paper(a_paper(given)))) as held:
        text = held.read("word/document.xml").decode()
        assert not [name for name in held.namelist() if "embed" in name.lower()]
        links = held.read("word/_rels/document.xml.rels").decode()
    assert "instrText" not in text
    assert "fldSimple" not in text.replace('w:instr="PAGE"', "").replace("<w:fldSimple ", "", text.count('"PAGE"'))
    assert "TargetMode" not in links, "a link to elsewhere"
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    cells = ["".join(t.text or "" for t in cell.iter(f"{space}t")) for cell in ET.fromstring(text).iter(f"{space}tc")]
    assert [one for one in cells if one in set(given)] == [w for one in given for w in (one, one)]


@pytest.fixture
def home(held_home: Path, tmp_path: Path, settings: Any) -> Path:
    """A copy of the records' folder, to be added to."""
    folder = tmp_path / "home"
    shutil.copytree(held_home, folder)
    settings.FOURFOLD_HOME = folder
    settings.FOURFOLD_FORCE = "leicestershire"
    settings.AUDIT_HEADS = tmp_path / "heads.jsonl"
    return folder


def everybody() -> Client:
    """A client of an officer who holds every role."""
    return signed_in(an_officer("every-role", *(roles.Held(one) for one in roles.TITLES)))


def casework_with(client: Client, words: Callable[[int], str]) -> None:
    """Something in hand of each kind, with words of choice wherever a person writes some."""
    client.post(
        "/papers/new", {**PAPER, "title": words(0), "board": words(1), "priority": words(2), "presenter": words(3)}
    )
    client.post("/views", {"name": words(4), "address": BURGLARY})
    client.post("/imports/send", {"file": SimpleUploadedFile(words(5).replace("/", ":") + ".csv", b"a,b\n1,2\n")})
    other = an_officer("another", roles.Held("analyst"))
    client.post(
        f"/accountability/officers/{other.key}",
        {"role": ["analyst"], "areas": "E06000016", "version": "1", "reason": words(6)},
    )
    with transaction.atomic():
        audit.entered(audit.Who("somebody"), "disclosure", words(7)[:64], "people", at=datetime.now(UTC),
                      keys=["k"], recipient=words(8), reason=words(9))  # fmt: skip
    work_done()


@pytest.mark.django_db
@pytest.mark.slow
def test_two_hundred_scripts_in_each_column_of_text_are_carried_out_on_no_page(home: Path, tmp_path: Path) -> None:
    """Every contract's text, codes and references hold a script in each of two hundred rows; so does what officers write.

    The client's own look at each page refuses a script, a style or a handler in it, wherever it came from.
    """

    def script(field: Field, n: int) -> str | None:
        return HARM[n % len(HARM)].format(n=n) if field.kind in ("text", "code", "reference") else None

    records_with(home, tmp_path / "files", script)
    client = everybody()
    casework_with(client, lambda n: HARM[n % len(HARM)].format(n=n))
    for model in apps.get_app_config("casework").get_models():
        if model not in (Entry, audit.Key, apps.get_model("casework", "Event")):
            fields = [
                f.name
                for f in model._meta.get_fields()
                if isinstance(f, models.TextField) or (isinstance(f, models.CharField) and (f.max_length or 0) >= 80)
            ]
            texts = {
                name: HARM[0].format(n=7) for name in fields if name not in ("password", "batches", "areas", "address")
            }
            if texts and model is not Officer:
                model.objects.update(**texts)
    Officer.objects.update(name=HARM[4].format(n=8))
    found = crawled(client)
    assert len(found) > 40
    assert {response.status_code for response in found.values()} <= {200, 302, 404, 409, 422}
    shown = [a for a, r in found.items() if not r.streaming and b"&lt;script&gt;alert(" in r.content]
    assert len(shown) >= 5, "the scripts stood on too few pages for this to show anything"


@pytest.mark.django_db
@pytest.mark.slow
def test_a_canary_name_is_in_no_log_error_address_or_cache(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Personal columns, free text and what would not parse hold a name; every page is opened, and every page broken."""

    def named(field: Field, n: int) -> str | None:
        is_unread = n % 10 == 0 and not field.needed and field.kind in ("date", "instant", "whole", "pence", "score")
        return CANARY if field.kind == "text" or (field.personal and field.kind == "code") or is_unread else None

    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(LogLine())
    logging.getLogger().addHandler(handler)
    try:
        records_with(home, tmp_path / "files", named, is_open_too=False)
        client = everybody()
        client.raise_request_exception = False
        casework_with(client, lambda n: f"words {n}")
        client.post("/imports/send", {"file": SimpleUploadedFile("list.csv", f"name,{CANARY}\n{CANARY},2\n".encode())})
        work_done()
        found = crawled(client)
        found |= crawled(
            client, f"/picture?area={CANARY}", f"/no/{CANARY}", f"/accountability/log?about={CANARY}", most=3
        )
        Client().post("/sign-in", {"username": CANARY, "password": CANARY})

        def broken(*_: Any, **__: Any) -> None:
            raise ValueError(f"no such person as {CANARY}")

        for place in ("picture", "home", "imports", "outcomes", "papers", "accountability", "account", "methods"):
            monkeypatch.setattr(f"fourfold.web.pages.{place}.render", broken)
            assert client.get("/" if place == "home" else f"/{place}").status_code == 500
        monkeypatch.undo()
        assert client.get("/").status_code == 200
    finally:
        logging.getLogger().removeHandler(handler)
    assert "ValueError" in out.getvalue(), "a fault of our own is logged"
    assert "Canary" not in out.getvalue()
    typed = {address for address in found if CANARY in address}
    for address, response in found.items():
        if not response.streaming and response.get("Content-Type", "").startswith("text/html") and address not in typed:
            assert not [one for one in addresses_in(response.content.decode()) if "Canary" in one], address
        assert "Canary" not in response.get("Location", "")
        assert response.get("Cache-Control") == "no-store" or b"Canary" not in b"".join(response), address
    assert names_in_the_database() == set()
    findings = [json.loads(path.read_text()) for path in (home / "findings").glob("*.json")]
    assert {(one["kind"], one["title"]) for one in findings if "Canary" in str(one)} == set()
    derived = [p for p in (home / "lake").rglob("*.parquet") if "batches" not in p.parts]
    assert not [
        p for p in derived if "Canary" in str(pl.read_parquet(p).select(pl.selectors.string()).to_dict(as_series=False))
    ]
    assert "Canary" not in repr(list(figures._kept.items()))


def names_in_the_database() -> set[str]:
    """The tables of the database in which the name stands, where none should: logs, sessions, queues, caches, lock-outs."""
    from django.contrib.sessions.models import Session

    found = set()
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            # What was typed as the name to sign in with is kept by the lock-out, which counts by it.
            if name.startswith("axes_") or (name.startswith("casework_") and name not in audit.APPEND_ONLY):
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            if "Canary" in str(list(cursor.fetchall())):
                found.add(name)
    if any("Canary" in str(one.get_decoded()) for one in Session.objects.all()):
        found.add("sessions")
    return found


@pytest.mark.django_db
@pytest.mark.slow
def test_whoever_may_not_know_of_a_record_is_told_the_same_of_it_as_of_none(home: Path, tmp_path: Path) -> None:
    """Each detail page, of records that are there: to an outsider, and to an officer without a role, as if they were not."""
    records_with(home, tmp_path / "files", lambda field, n: None, rows=20)
    client = everybody()
    casework_with(client, lambda n: f"words {n}")
    found = [
        a
        for a, r in crawled(client).items()
        if r.status_code == 200 and any(part.isalnum() and len(part) >= 12 for part in a.split("/"))
    ]
    assert len(found) >= 5
    outsider, nobody = Client(), signed_in(an_officer("nobody-yet"))
    invented = nobody.get("/figures/000000000000").content
    for address in found:
        response = outsider.get(address)
        assert (response.status_code, response["Location"].partition("?")[0], response.content) == (
            302,
            "/sign-in",
            b"",
        )
        refused = nobody.get(address)
        assert refused.status_code == 404, address
        assert main_of(refused.content) == main_of(invented), address


def main_of(page: bytes) -> bytes:
    return page.partition(b"<main")[2].partition(b"</main>")[0]
