"""Events become records: once each, by the ordinary gate, as at an instant, words apart from codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction

from fourfold.casework import audit, events, handovers, uploads, work
from fourfold.casework.audit import SYSTEM, Entry, Who
from fourfold.casework.events import Event, happened
from fourfold.errors import Busy, FileRefused
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import Instructions, import_files
from fourfold.records.lake import Lake

pytestmark = pytest.mark.django_db
ANA = Who("0123456789abcdef", ("analyst",))
AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    settings.FOURFOLD_HOME = folder
    settings.FOURFOLD_FORCE = "leicestershire"
    settings.AUDIT_HEADS = tmp_path / "heads.jsonl"
    return folder


def decided(n: int, at: datetime = AT, **what: Any) -> None:
    for number in range(n):
        with transaction.atomic():
            entry = audit.entered(ANA, "alteration", "change", "papers", at=at)
            happened(
                ANA, "papers", "change_draft", f"{number:012x}", what or {"marking": "OFFICIAL"}, at=at, entry=entry
            )


def clock_at(at: datetime) -> Callable[[], datetime]:
    return lambda: at


def held(home: Path, at: datetime) -> list[dict[str, Any]]:
    return records_as_at(home, at).table("casework_events").sort("happened_at", "event_ref").collect().to_dicts()


@pytest.mark.parametrize(
    ("name", "value", "is_coded"),
    [
        ("state", "done", True), ("title", "Canary Cavendish", False), ("title", "canary", False), ("n", 7, True),
        ("is_late", True, True), ("meeting", None, True), ("until", "2026-03-04", True), ("until", "2026-03-04T09:30:00+00:00", True),
        ("subject", "0123456789abcdef", True), ("why", "decade", False), ("before", [["analyst", "E06000016"]], True),
        ("files", {"docx": {"name": "Canary.docx", "sha256": "0" * 64}}, False), ("why", "", True), ("phone", "07700900123", False),
        ("before", {"title": "Mrs Canary"}, False), ("outcome", "she told me", False), ("outcome", "not_told", True),
        ("after", {"state": "done", "kind": "consultation"}, True), ("before", {"note": "canary"}, False),
    ],
)  # fmt: skip
def test_what_is_not_known_to_be_a_code_is_words(name: str, value: Any, is_coded: bool) -> None:
    codes, words = events.parted({name: value})
    assert (codes, words) == (({name: value}, {}) if is_coded else ({}, {name: value}))


def test_each_event_comes_to_the_records_once_and_stands_as_at_an_instant(home: Path) -> None:
    decided(3)
    first = handovers.hand_over_events(SYSTEM, clock=clock_at(AT + timedelta(hours=1)))
    decided(2, AT + timedelta(hours=2))
    second = handovers.hand_over_events(SYSTEM, clock=clock_at(AT + timedelta(hours=3)))
    assert first is not None
    assert second is not None
    assert (first.events, second.events) == (3, 3), "the second gives the event of the first handover too"
    assert held(home, AT + timedelta(minutes=59)) == []
    assert len(held(home, AT + timedelta(hours=2))) == 3
    rows = held(home, AT + timedelta(hours=4))
    assert len(rows) == 6
    assert {row["force_id"] for row in rows} == {"leicestershire"}
    assert {row["batch_id"] for row in rows} == {first.batch, second.batch}
    papers = [row for row in rows if row["concern"] == "papers"]
    assert [row["event_ref"] for row in papers] == [
        one.reference for one in Event.objects.filter(concern="papers").order_by("pk")
    ]
    assert [row["happened_at"] for row in papers] == [AT] * 3 + [AT + timedelta(hours=2)] * 2
    assert {row["officer_key"] for row in papers} == {ANA.key}
    assert {row["decided"] for row in papers} == {'{"marking": "OFFICIAL"}'}
    assert [row["log_entry"] for row in papers] == list(
        Event.objects.filter(concern="papers").order_by("pk").values_list("entry", flat=True)
    )
    assert {row["faults"] for row in rows} == {None}
    assert handovers.hand_over_events(SYSTEM, clock=clock_at(AT + timedelta(hours=5))) is None, (
        "nothing was decided since"
    )
    assert not any((home / "service" / "events").glob("*/")), "the file lies with its batch, and nowhere else"


def test_words_lie_in_the_personal_table_and_in_no_other(home: Path) -> None:
    decided(1, title="Canary Cavendish", meeting="2026-05-01")
    made = handovers.hand_over_events(SYSTEM, clock=clock_at(AT + timedelta(hours=1)))
    assert made is not None
    [row] = held(home, AT + timedelta(days=1))
    assert json.loads(row["decided"]) == {"meeting": "2026-05-01"}
    assert "Canary" not in str(row)
    batch = Lake(home).batch(made.batch)
    assert batch is not None
    assert "Canary" not in (batch.folder / "manifest.json").read_text()
    personal = records_as_at(home, AT + timedelta(days=1)).table("casework_events_personal").collect()
    assert personal["words"].to_list() == ['{"title": "Canary Cavendish"}']


def test_the_days_end_gives_the_days_that_have_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 7, 2, 0, 0, 30, tzinfo=work._BRITAIN)
    monkeypatch.setattr(work.settings, "now", lambda: now)
    decided(2, datetime(2026, 7, 1, 22, 59, tzinfo=UTC))
    decided(1, datetime(2026, 7, 1, 23, 0, 1, tzinfo=UTC))  # after midnight in London
    work.end_day.func()
    [made] = handovers.handovers()
    assert made.events == 2
    assert made.until == datetime(2026, 7, 1, 23, tzinfo=UTC)
    assert handovers.waiting_events(now) == 1
    due = list(work.DBTaskResult.objects.filter(task_path=work.end_day.module_path).values_list("run_after", flat=True))
    assert due == [datetime(2026, 7, 2, 23, tzinfo=UTC)], "it comes again at the next midnight in London"
    work.end_day.func()
    assert work.DBTaskResult.objects.filter(task_path=work.end_day.module_path).count() == 1, "once"
    assert audit.kept_heads(audit.heads_path()), "and a head of the log is kept outside"


def test_a_worker_that_starts_ends_the_days_that_ended_while_there_was_none(home: Path) -> None:
    work.resumed(at=datetime.now(UTC))
    waiting = {t.task_path for t in work.DBTaskResult.objects.ready()}
    worked_out = (work.keep_rows, work.judge_states, work.draw_usual_maps)
    assert waiting == {work.end_day.module_path, *(one.module_path for one in worked_out)}


def test_a_handover_is_on_the_log_from_its_beginning_to_its_end(home: Path) -> None:
    decided(1)
    made = handovers.hand_over_events(ANA, clock=clock_at(AT + timedelta(hours=1)))
    assert made is not None
    begun, closed = Entry.objects.filter(verb=handovers.VERB).order_by("number")
    assert (begun.phase, begun.kind, begun.key_list) == ("begun", "collection", [made.identity])
    assert (closed.phase, closed.refers_to, closed.notes["outcome"]) == ("closed", begun.number, "done")


@pytest.mark.parametrize("comes_next", ["a handover", "start-up"])
def test_a_handover_that_a_fault_cut_short_is_finished_by_what_comes_next(
    home: Path, monkeypatch: pytest.MonkeyPatch, comes_next: str
) -> None:
    """The batch is held when the database fails: its events are not given again, and the worker can start."""
    decided(2)
    with monkeypatch.context() as during:

        def failed(*_: Any) -> None:
            raise OperationalError("the disk is full")

        during.setattr(handovers, "_ended", failed)
        with pytest.raises(OperationalError):
            handovers.hand_over_events(SYSTEM, clock=clock_at(AT + timedelta(hours=1)))
    [left] = audit.left_open()
    if comes_next == "a handover":
        decided(1, AT + timedelta(hours=2))
        made = handovers.hand_over_events(SYSTEM, clock=clock_at(AT + timedelta(hours=3)))
        assert made is not None
        assert made.events == 1
        assert Entry.objects.get(phase="closed", refers_to=left.number).notes["outcome"] == "done"
    monkeypatch.setattr(audit, "is_running", lambda _: False)
    work.resumed(at=AT + timedelta(hours=4))
    assert audit.left_open() == []
    rows = held(home, AT + timedelta(hours=5))
    assert len(rows) == len({row["event_ref"] for row in rows}) == (3 if comes_next == "a handover" else 2)
    assert handovers.waiting_events(AT + timedelta(hours=3)) == 0


def test_two_handovers_at_once_are_one(home: Path) -> None:
    decided(1)
    with handovers._held(), pytest.raises(Busy):
        handovers.hand_over_events(SYSTEM, clock=clock_at(AT))
    assert handovers.hand_over_events(SYSTEM, clock=clock_at(AT + timedelta(hours=1))) is not None


def test_nobody_else_hands_over_what_officers_decided(home: Path, tmp_path: Path) -> None:
    """A file of the layout, sent in or imported by hand, is refused: it could say anything of anybody."""
    forged = tmp_path / "decisions.csv"
    forged.write_text("force,event_ref,happened_at,concern,decision\nkent,1,2026-03-04T09:30:00,officers,grant_roles\n")
    with pytest.raises(FileRefused):
        import_files(home, [forged], clock=clock_at(AT), instructions=Instructions(is_from_outside=True))
    sent = uploads.send(ANA, forged.name, [forged.read_bytes()], at=AT, queue=lambda _: None)
    uploads.import_upload(sent.identity, clock=clock_at(AT))
    sent.refresh_from_db()
    assert sent.state == uploads.FAILED
    assert "handed over by the service alone" in sent.fault
    assert held(home, AT + timedelta(days=1)) == []
