"""What the command line does over a service's records stands on its log; over a home without one, nothing is begun."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fourfold.casework import audit, commands, events, work
from fourfold.errors import AccessRefused, FourfoldError
from fourfold.records import access
from fourfold.records.access import Asking, Folder
from fourfold.records.imports import import_files
from tests.conftest import CommandLine

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.mark.slow
def test_an_import_a_withdrawal_and_an_export_by_command_are_on_the_log(
    fourfold: CommandLine, home: Path, street_file: Callable[..., Path], tmp_path: Path
) -> None:
    fourfold("imports")
    assert not (home / "service").exists(), "a home without a service is given none"
    fourfold("officers", "list")
    file = street_file("2022-11-leicestershire-street.csv", [("Burglary", -1.13, 52.63)] * 5)
    [held] = fourfold("import", file, "--json").json
    fourfold("export", tmp_path / "out")
    fourfold("withdraw", held["batch"], "--reason", "Sent by mistake")
    fourfold("import", tmp_path / "missing.csv", code=10)
    with sqlite3.connect(home / "service" / "casework.sqlite3") as database:
        told = database.execute(
            "SELECT verb, kind, phase, keys, recipient, note FROM casework_entry "
            "WHERE phase IN ('begun', 'closed') ORDER BY number"
        ).fetchall()
        decided = database.execute(
            "SELECT concern, verb, subject, decided FROM casework_event WHERE verb != 'enrol' ORDER BY id"
        ).fetchall()
        queued = database.execute("SELECT task_path FROM django_tasks_database_dbtaskresult").fetchall()
    assert [(verb, kind, phase) for verb, kind, phase, *_ in told] == [
        ("import_files", "collection", "begun"), ("import_files", "collection", "closed"),
        ("export_tables", "disclosure", "begun"), ("export_tables", "disclosure", "closed"),
        ("withdraw_batch", "alteration", "begun"), ("withdraw_batch", "alteration", "closed"),
        ("import_files", "collection", "begun"), ("import_files", "collection", "closed"),
    ]  # fmt: skip
    assert [(concern, verb) for concern, verb, *_ in decided] == [
        ("imports", "import_files"), ("exports", "export_tables"), ("imports", "withdraw_batch"),
    ]  # fmt: skip
    assert decided[0][2] == held["content_hash"]
    assert json.loads(decided[0][3]) == {"state": "done", "files": 1, "batches": [held["batch"]]}
    assert (decided[2][2], json.loads(decided[2][3])) == (held["batch"], {"reason": "Sent by mistake"})
    assert {one.rpartition(".")[2] for (one,) in queued} >= {"keep_rows", "judge_states", "draw_usual_maps"}
    assert json.loads(told[4][5])["by"] == "command line"
    assert [json.loads(note).get("outcome") for *_, note in told][1::2] == ["done", "done", "done", "failed"]
    assert json.loads(told[0][3]) == [held["content_hash"]]
    assert told[2][4], "a disclosure names who was given it"
    assert "out" not in told[2][3], "where it lies stands as a hash"
    assert fourfold("audit", "verify").out.endswith("The log is whole.\n")


@pytest.mark.django_db
def test_what_a_crash_left_of_a_command_is_told_from_the_files(
    tmp_path: Path, street_file: Callable[..., Path], settings: Any
) -> None:
    settings.FOURFOLD_HOME = tmp_path / "home"
    settings.AUDIT_HEADS = tmp_path / "heads.jsonl"
    one, other = (street_file(f"2022-{m}-leicestershire-street.csv", [("Burglary", -1.13, 52.63)]) for m in (10, 11))
    import_files(tmp_path / "home", [one], clock=lambda: AT)
    both = [commands.key_of_file(path) for path in (one, other)]
    for keys, outcome in ((both[:1], "done"), (both, "done in part"), (both[1:], "not done")):
        number = audit.begun(
            audit.SYSTEM, "collection", "import_files", "batches", at=AT + timedelta(hours=1), keys=keys
        )
        entry = audit.Entry.objects.get(number=number)
        for _ in range(2):
            assert commands.OUTCOMES["import_files"](entry) == outcome
        told = events.Event.objects.filter(entry=number).count()
        assert told == (outcome != "not done"), "what was done has one event, however often it is looked at"
    assert commands.key_of_file(tmp_path / "missing") == ""


@pytest.mark.django_db
def test_a_hand_out_that_a_crash_cut_short_is_done_where_it_was_entered_and_else_not_known(
    tmp_path: Path, settings: Any
) -> None:
    settings.FOURFOLD_HOME = tmp_path
    settings.AUDIT_HEADS = tmp_path / "heads.jsonl"
    for outcome in ("not known", "done"):
        number = audit.begun(audit.SYSTEM, "disclosure", "write_hand_out", "figures", at=AT, keys=["0" * 16])
        if outcome == "done":
            (tmp_path / "papers").mkdir()
            (tmp_path / "papers" / "entry.json").touch()
            os.utime(tmp_path / "papers" / "entry.json", (AT.timestamp() + 1, AT.timestamp() + 1))
        assert commands.OUTCOMES["write_hand_out"](audit.Entry.objects.get(number=number)) == outcome


@pytest.mark.slow
def test_what_a_command_opens_of_people_is_on_the_services_log_when_it_ends(fourfold: CommandLine, home: Path) -> None:
    """Refused or not: the folder's log is carried over by the command that added to it, not at the next start."""
    fourfold("officers", "list")
    opened = ("people", "link", "--officer", "A1", "--reason", "Monday")
    refused = fourfold(*opened, "--json", code=AccessRefused.exit_code).json
    assert refused["error"] == AccessRefused.kind
    fourfold("people", "admit", "A1", "--role", "analyst")
    fourfold(*opened)
    with sqlite3.connect(home / "service" / "casework.sqlite3") as database:
        told = database.execute(
            "SELECT phase, officer, reason FROM casework_entry WHERE verb = 'link people'"
        ).fetchall()
        verb = database.execute(
            "SELECT phase, officer, json_extract(note, '$.outcome') FROM casework_entry WHERE verb = 'link_people' ORDER BY number"
        ).fetchall()
        events = database.execute("SELECT officer FROM casework_event WHERE verb = 'link_people'").fetchall()
    assert told == [("refused", "A1", "Monday"), ("done", "A1", "Monday")]
    assert verb == [("begun", "A1", None), ("closed", "A1", "failed"), ("begun", "A1", None), ("closed", "A1", "done")]
    assert events == [("A1",)], "of the linking that was done"
    assert fourfold("audit", "verify").out.endswith("The log is whole.\n")


@pytest.mark.django_db
@pytest.mark.parametrize("when", ["day's end", "start-up"])
def test_the_folders_log_is_carried_over_at_each_days_end_and_start_of_the_worker(
    tmp_path: Path, settings: Any, when: str
) -> None:
    settings.FOURFOLD_HOME, settings.AUDIT_HEADS = tmp_path / "home", tmp_path / "heads.jsonl"
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    Folder(tmp_path / "home").entered(access.Entry(at=AT, kind="combination", verb="link people", asking=asking))
    acts: dict[str, Callable[[], object]] = {"day's end": work.end_day.func, "start-up": lambda: work.resumed(at=AT)}
    acts[when]()
    assert audit.Entry.objects.filter(verb="link people", officer="A1").count() == 1
    log = tmp_path / "home" / "access" / "log.jsonl"
    log.write_text(log.read_text().replace("A1", "B2"))
    acts[when]()  # a folder's log that was altered stops no other work
    assert audit.Entry.objects.filter(verb="link people").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("names", "outcome"), [(("good", "bad"), "done in part"), (("bad", "good"), "failed")])
def test_a_command_that_failed_says_on_the_log_what_it_did_before(
    tmp_path: Path, street_file: Callable[..., Path], settings: Any, names: tuple[str, ...], outcome: str
) -> None:
    settings.FOURFOLD_HOME, settings.AUDIT_HEADS = home, _ = tmp_path / "home", tmp_path / "heads.jsonl"
    files = {
        "good": street_file("2022-10-leicestershire-street.csv", [("Burglary", -1.13, 52.63)]),
        "bad": tmp_path / "bad.csv",
    }
    files["bad"].write_text("neither,one,nor,the,other\n1,2,3,4,5\n")
    keys = [commands.key_of_file(files[name]) for name in names]
    with (
        pytest.raises(FourfoldError),
        commands.entered("collection", "import_files", "batches", keys, clock=lambda: AT),
    ):
        import_files(home, [files[name] for name in names], clock=lambda: AT)
    assert audit.Entry.objects.get(phase="closed").notes["outcome"] == outcome
    decided = [json.loads(one.decided) for one in events.Event.objects.filter(verb="import_files")]
    assert [one["state"] for one in decided] == ([outcome] if outcome != "failed" else [])
