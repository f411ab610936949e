"""The log: made with what it tells of, refused to be changed by the database, and found out when it was changed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from fourfold.casework import audit
from fourfold.casework.audit import Entry, Head, Key, Who
from fourfold.errors import RequestInvalid

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
ANA = Who("0123456789abcdef", ("analyst",))


@pytest.fixture(autouse=True)
def heads(settings: object, tmp_path: Path) -> Path:
    settings.AUDIT_HEADS = tmp_path / "elsewhere" / "heads.jsonl"  # type: ignore[attr-defined]
    return settings.AUDIT_HEADS  # type: ignore[attr-defined,no-any-return]


def made(n: int, keys: int = 3) -> list[int]:
    """Some entries, each about some keys."""
    numbers = []
    for at in range(n):
        with transaction.atomic():
            about = [f"person-{at}-{key}" for key in range(keys)]
            numbers.append(
                audit.entered(
                    ANA, "consultation", "read", "people", at=AT + timedelta(minutes=at), keys=about, reason="x"
                )
            )
    return numbers


def last_kept(number: int) -> None:
    entry = Entry.objects.get(number=number)
    audit.head_kept(entry.instant, entry.number, entry.hash, is_due=True)


@pytest.fixture
def unguarded() -> Iterator[None]:
    """The database's own refusals taken away, as somebody with every right could."""
    with connection.cursor() as cursor:
        for table in audit.APPEND_ONLY:
            for verb in audit._REFUSED[connection.vendor]:
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {table}_no_{verb}{on}")
    yield
    audit.refusals_put_back()


def test_which_database_this_is(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f" {connection.vendor} ", end="")
    assert connection.vendor in audit._TRIGGERS


def test_entries_are_numbered_and_follow_one_another() -> None:
    assert made(3) == [1, 2, 3]
    first, second, _ = Entry.objects.order_by("number")
    assert first.previous == audit.NOTHING_BEFORE
    assert second.previous == first.hash
    assert first.key_list == ["person-0-0", "person-0-1", "person-0-2"]
    assert first.instant == AT


def test_an_entry_outside_a_transaction_is_refused() -> None:
    if not connection.in_atomic_block:
        with pytest.raises(RuntimeError):
            audit.entered(ANA, "consultation", "read", "people", at=AT)


def test_what_is_undone_leaves_no_entry() -> None:
    with transaction.atomic():
        audit.entered(ANA, "alteration", "change", "people", at=AT)
        transaction.set_rollback(True)
    assert not Entry.objects.exists()
    assert made(1) == [1]


@pytest.mark.parametrize("table", audit.APPEND_ONLY)
@pytest.mark.parametrize(("verb", "statement"), [
    ("change", "UPDATE {table} SET {column} = {column}"),
    ("delete", "DELETE FROM {table}"),
])  # fmt: skip
def test_the_database_itself_refuses_to_change_or_delete(table: str, verb: str, statement: str) -> None:
    from fourfold.casework.events import happened

    with transaction.atomic():
        number = audit.entered(ANA, "alteration", "change", "people", at=AT, keys=["k"])
        happened(ANA, "people", "change", "k", {}, at=AT, entry=number)
    column = {"casework_entry": "reason", "casework_key": "key", "casework_event": "verb"}[table]
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=table, column=column))


@pytest.mark.parametrize("table", audit.APPEND_ONLY)
def test_the_database_itself_refuses_to_put_another_row_in_the_place_of_one(table: str) -> None:
    from fourfold.casework.events import happened

    with transaction.atomic():
        number = audit.entered(ANA, "alteration", "change", "people", at=AT, keys=["k"])
        happened(ANA, "people", "change", "k", {}, at=AT, entry=number)
    replace = "INSERT OR REPLACE INTO" if connection.vendor == "sqlite" else "INSERT INTO"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{replace} {table} SELECT * FROM {table}")
    assert made(1) == [number + 1], "and goes on taking what is new"


def test_a_refusal_by_name_alone_does_not_stand() -> None:
    on = " ON casework_entry" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER casework_entry_no_delete{on}")
        if connection.vendor == "sqlite":
            cursor.execute("CREATE TRIGGER casework_entry_no_delete BEFORE DELETE ON casework_head BEGIN SELECT 1; END")
    assert not audit.refusals_stand()
    audit.refusals_put_back()
    assert audit.refusals_stand()


def test_what_officers_do_while_the_log_is_checked_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    made(5)
    last_kept(5)
    pass_over = audit._with_keys

    def busy(end: int) -> Iterator[tuple[tuple[object, ...], list[str]]]:
        for number, one in enumerate(pass_over(end)):
            if number < 3:
                made(2)
            yield one

    monkeypatch.setattr(audit, "_with_keys", busy)
    found = audit.verified()
    assert found.is_whole
    assert found.entries == 5


def test_a_log_as_it_was_made_is_whole() -> None:
    made(20)
    last_kept(15)
    found = audit.verified()
    assert found.is_whole
    assert (found.entries, found.held_to, found.since_head) == (20, 15, 5)


def test_a_log_of_which_no_head_is_kept_outside_cannot_be_vouched_for() -> None:
    made(2)
    assert not audit.verified().is_whole


def test_a_log_that_the_database_would_let_anybody_change_is_not_whole(unguarded: None) -> None:
    made(2)
    last_kept(2)
    assert not audit.verified().is_refused
    assert not audit.verified().is_whole


COLUMNS = ("at", "kind", "verb", "record_class", "officer", "roles", "keys", "recipient", "reason", "phase", "note", "previous",
           "hash")  # fmt: skip


def tampered(how: str, at: int, draw: random.Random, n: int) -> None:
    """One way of tampering with an entry, by SQL, as somebody with every right would."""
    with connection.cursor() as cursor:
        if how == "change":
            column = draw.choice(COLUMNS)
            was = Entry.objects.values_list(column, flat=True).get(number=at)
            place = draw.randrange(len(was)) if was else 0
            letter = draw.choice([c for c in "0aZ9" if was[place : place + 1] != c])
            cursor.execute(
                f"UPDATE casework_entry SET {column} = %s WHERE number = %s",
                [was[:place] + letter + was[place + 1 :], at],
            )
        elif how == "remove":
            cursor.execute("DELETE FROM casework_key WHERE entry = %s", [at])
            cursor.execute("DELETE FROM casework_entry WHERE number = %s", [at])
        elif how == "cut the end off":
            cursor.execute("DELETE FROM casework_key WHERE entry >= %s", [at])
            cursor.execute("DELETE FROM casework_entry WHERE number >= %s", [at])
        elif how == "change places":
            other = at % n + 1
            cursor.execute("UPDATE casework_entry SET number = -1 WHERE number = %s", [at])
            cursor.execute("UPDATE casework_entry SET number = %s WHERE number = %s", [at, other])
            cursor.execute("UPDATE casework_entry SET number = %s WHERE number = -1", [other])
        elif how == "hide from a search":
            cursor.execute("DELETE FROM casework_key WHERE entry = %s", [at])
        elif how == "blame another":
            cursor.execute("UPDATE casework_key SET key = 'somebody-else' WHERE entry = %s", [at])
        elif how == "put one in":
            cursor.execute("INSERT INTO casework_key (entry, key) VALUES (%s, 'somebody-else')", [at])
        else:
            rewritten(at, n)


def rewritten(first: int, n: int) -> None:
    """Every entry from one on made anew, chain, index and end of the chain with it: what only a head kept outside shows."""
    previous = Entry.objects.get(number=first - 1).hash if first > 1 else audit.NOTHING_BEFORE
    for entry in Entry.objects.filter(number__gte=first).order_by("number"):
        entry.previous = previous
        if entry.number == first:
            entry.reason = "another reason"
        entry.hash = audit._hash(tuple(getattr(entry, name) for name in audit._HASHED))
        entry.save()
        previous = entry.hash
    Head.objects.update(number=n, hash=previous)


WAYS = ("change", "change", "change", "remove", "cut the end off", "change places", "hide from a search", "blame another",
        "put one in", "rewrite")  # fmt: skip


@pytest.mark.slow
def test_a_thousand_ways_of_tampering(unguarded: None) -> None:
    """Each that touches an entry at or before the last head is found; each after it, but for a full rewrite."""
    n, kept, draw = 40, 30, random.Random(20260304)
    made(n, keys=2)
    last_kept(10)
    last_kept(kept)
    found_out = hidden = 0
    for number in range(1_000):
        how, at = WAYS[number % len(WAYS)], draw.randrange(1, n + 1)
        with transaction.atomic():
            tampered(how, at, draw, n)
            is_whole = not audit.verified().faults
            transaction.set_rollback(True)
        if how == "rewrite" and at > kept:
            hidden += is_whole
            assert is_whole, "a rewrite that only a later head could show"
        else:
            assert not is_whole, (how, at)
            found_out += 1
    assert found_out + hidden == 1_000
    assert not audit.verified().faults


def test_a_search_of_the_log_by_key_officer_kind_and_time() -> None:
    made(5)
    with transaction.atomic():
        audit.entered(Who("other"), "disclosure", "export", "figures", at=AT + timedelta(days=40), keys=["person-1-0"])
    about = audit.entries(about=["person-1-0"])
    assert [e.number for e in about] == [6, 2]
    assert [e.number for e in audit.entries(about=["person-1-0"], last=AT + timedelta(days=31))] == [2]
    assert [e.number for e in audit.entries(by="other")] == [6]
    assert audit.entries(kind="consultation").count() == 5


@pytest.mark.parametrize("asked", [("officer",), ("kind",), ("record_class",), ("kind", "record_class")])
def test_a_search_by_officer_kind_or_class_is_counted_and_paged_by_an_index_that_is_in_the_logs_order(
    asked: tuple[str, ...],
) -> None:
    with connection.cursor() as cursor:
        held = connection.introspection.get_constraints(cursor, "casework_entry").values()
    indexes = [tuple(one["columns"]) for one in held if one["index"]]
    assert (*asked, "number") in indexes


def test_what_a_dead_process_began_is_closed_by_what_the_files_show_and_once() -> None:
    number = begun_by("elsewhere-not:1:1")
    assert audit.reconciled({"import_upload": lambda _: "done"}, at=AT) == [], (
        "another machine's work is its own to close"
    )
    mine = begun_by(f"{audit.process().partition(':')[0]}:999999999:1")
    found = audit.reconciled({"import_upload": lambda _: "not done"}, at=AT)
    assert [(e.number, outcome) for e, outcome in found] == [(mine, "not done")]
    audit.closed(mine, "done", at=AT)
    assert Entry.objects.filter(phase="closed", refers_to=mine).count() == 1
    assert [e.number for e in audit.left_open()] == [number]


def begun_by(process: str) -> int:
    with transaction.atomic():
        note = {"process": process}
        return audit.entered(ANA, "collection", "import_upload", "batches", at=AT, phase="begun", keys=["u"], note=note)


def test_what_this_process_began_is_not_closed_by_start_up() -> None:
    begun_by(audit.process())
    assert audit.reconciled({"import_upload": lambda _: "done"}, at=AT) == []


def test_a_head_is_kept_once_in_the_interval(heads: Path) -> None:
    made(1)
    entry = Entry.objects.get()
    assert audit.head_kept(AT, 1, entry.hash)
    assert not audit.head_kept(AT + timedelta(hours=23), 1, entry.hash)
    assert audit.head_kept(AT + timedelta(hours=24), 1, entry.hash)
    assert [h.number for h in audit.kept_heads(heads)] == [1, 1]
    assert heads.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("said", "most"), [("reason", 500), ("recipient", 200)])
def test_a_reason_or_recipient_that_is_too_long_is_refused_and_none_of_it_cut(said: str, most: int) -> None:
    with pytest.raises(RequestInvalid, match=f"The {said} is {most + 1} characters long"), transaction.atomic():
        audit.entered(ANA, "alteration", "change", "people", at=AT, **{said: "é" * (most + 1)})
    assert not Entry.objects.exists()
    with transaction.atomic():
        audit.entered(ANA, "alteration", "change", "people", at=AT, **{said: "é" * most})
    assert getattr(Entry.objects.get(), said) == "é" * most


@pytest.mark.parametrize("length", [64, 65, 511, 512, 513, 4_000])
def test_a_key_of_any_length_is_found_again_and_the_log_is_whole(length: int) -> None:
    letters = random.Random(length)
    key = "".join(letters.choice("abcdefghijklmnopqrstuvwxyz0123456789é ") for _ in range(length))
    with transaction.atomic():
        audit.entered(ANA, "consultation", "read", "victim_duties", at=AT, keys=["before", key, "after"])
    assert [one.key_list for one in audit.entries(about=[key])] == [["before", key, "after"]]
    assert audit.is_key(key)
    last_kept(1)
    assert audit.verified().is_whole


def test_what_officers_hold_send_and_decide_is_kept_whole_however_long(django_user_model: Any) -> None:
    from fourfold.casework.events import Event, happened
    from fourfold.casework.officers import Grant
    from fourfold.casework.uploads import Upload

    of = django_user_model.objects.create(username="ana", name="Ana")
    long = " ".join(f"E{n:08}" for n in range(400))
    Grant.objects.create(officer=of, role="analyst", areas=long, begins_at=AT, granted_by="x")
    Upload.objects.create(file_name="f", size=1, content_hash="", sent_at=AT, sent_by="x", batches=long)
    with transaction.atomic():
        happened(ANA, "people", "change", long, {}, at=AT)
    kept = (Grant.objects.get().areas, Upload.objects.get().batches, Event.objects.get().subject)
    assert kept == (long, long, long)


def test_keys_are_in_the_index_as_in_the_entries() -> None:
    made(2, keys=50)
    assert Key.objects.count() == 100
    assert Entry.objects.count() == 2
