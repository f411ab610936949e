"""Personal columns open for an officer, in a role, for a purpose, once the log has accepted the entry; else not at all."""

from __future__ import annotations

import csv
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fourfold.casework import audit
from fourfold.errors import AccessRefused, CodeUnknown, RecordsInvalid, RequestInvalid, StorageFailed
from fourfold.records.access import Asking, Entry, Folder, Gate, digest
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files

AT = datetime(2022, 11, 7, 9, tzinfo=UTC)
CARE = Asking(officer="O1", role="victim_care_officer", purpose="victim care", reason="Monday's list")

MAY = [
    # role, purpose, kind, table, allowed?
    ("victim_care_officer", "victim care", "consultation", "fraud_victims", True),
    ("victim_care_officer", "victim care", "consultation", "people", True),
    ("victim_care_officer", "victim care", "combination", "people", False),
    ("victim_care_officer", "investigation", "consultation", "people", False),
    ("supervisor", "investigation", "consultation", "people", True),
    ("supervisor", "victim care", "consultation", "people", False),
    ("supervisor", "investigation", "consultation", "fraud_victims", False),
    ("analyst", "linking people", "combination", "people", True),
    ("analyst", "linking people", "consultation", "people", False),
    ("analyst", "linking people", "combination", "victim_contacts", False),
    ("information_manager", "rights requests", "disclosure", "victim_contacts", True),
    ("information_manager", "victim care", "disclosure", "victim_contacts", False),
    ("board_reader", "victim care", "consultation", "people", False),
    ("analyst", "curiosity", "consultation", "people", False),
]


@pytest.fixture
def records(home: Path, tmp_path: Path) -> Records:
    path = tmp_path / "people_2022-10.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows(
            [["force", "crime_ref", "person_ref", "role", "forename", "surname"],
             ["Kent", "C1", "P1", "victim", "Canary", "Canaryson"]]
        )  # fmt: skip
    import_files(home, [path], clock=lambda: AT)
    return records_as_at(home, AT)


def opened(
    records: Records, asking: Asking = CARE, table: str = "people", kind: str = "consultation", **more: Any
) -> Any:
    return Folder(records.home).gate.opened(records, table, asking, kind=kind, verb="list victims", at=AT, **more)


@pytest.mark.parametrize(("role", "purpose", "kind", "table", "allowed"), MAY)
def test_a_role_opens_a_table_for_its_own_purposes_alone(
    home: Path, role: str, purpose: str, kind: str, table: str, allowed: bool
) -> None:
    folder = Folder(home)
    for each in ("victim_care_officer", "supervisor", "analyst", "information_manager"):
        folder.admit("O1", each)
    assert folder.may(Asking(officer="O1", role=role, purpose=purpose), kind, table) is allowed


def test_an_officer_who_was_not_admitted_opens_nothing_and_the_refusal_is_on_the_log(records: Records) -> None:
    with pytest.raises(AccessRefused) as refused:
        opened(records)
    assert "Canary" not in str(refused.value)
    (entry,) = Folder(records.home).entries()
    assert (entry["phase"], entry["officer"], entry["kind"]) == ("refused", "O1", "consultation")


def test_what_was_opened_is_on_the_log_before_its_first_row(records: Records) -> None:
    Folder(records.home).admit("O1", "victim_care_officer")
    rows = opened(records, columns=["surname"], keys=["K1", "K2"])
    assert rows.columns == ["batch_id", "line_number", "surname"]
    assert rows["surname"].to_list() == ["Canaryson"]
    (entry,) = Folder(records.home).entries()
    assert json.loads(entry["note"]) == {"columns": ["surname"], "purpose": "victim care", "tables": ["people"]}
    assert json.loads(entry["keys"]) == ["K1", "K2"]
    assert "Canary" not in json.dumps(entry)


def test_a_log_that_does_not_accept_the_entry_opens_nothing(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def entered(self, entry: Entry) -> int:
            raise StorageFailed("The disk is full.", remedy="Free some space.")

    class Anybody:
        def may(self, asking: Asking, kind: str, table: str) -> bool:
            return True

    monkeypatch.setattr(Records, "table", lambda *_: pytest.fail("a row was read"))
    with pytest.raises(StorageFailed):
        Gate(Anybody(), Full()).opened(records, "people", CARE, kind="consultation", verb="list victims", at=AT)


@pytest.mark.parametrize("lacks", ["officer", "role", "purpose"])
def test_nothing_is_asked_for_without_an_officer_a_role_and_a_purpose(lacks: str) -> None:
    with pytest.raises(RequestInvalid, match=lacks):
        Asking(**{"officer": "O1", "role": "analyst", "purpose": "victim care", lacks: " "})


def test_a_disclosure_names_who_is_given_it_and_only_personal_columns_are_asked_for_here(records: Records) -> None:
    Folder(records.home).admit("O2", "information_manager")
    rights = Asking(officer="O2", role="information_manager", purpose="rights requests")
    with pytest.raises(RequestInvalid):
        opened(records, rights, kind="disclosure")
    opened(records, rights, kind="disclosure", recipient="the person herself")
    with pytest.raises(CodeUnknown):
        opened(records, rights, columns=["role"])
    with pytest.raises(CodeUnknown):
        opened(records, rights, table="boundaries")
    (entry,) = Folder(records.home).entries()
    assert entry["recipient"] == "the person herself"


def test_an_entry_altered_removed_or_cut_short_is_found(home: Path) -> None:
    folder = Folder(home)
    for n in range(4):
        folder.entered(Entry(at=AT, kind="consultation", verb=f"verb {n}", asking=CARE))
    log = home / "access" / "log.jsonl"
    whole = log.read_text()
    assert folder.verified() == 4
    lines = whole.splitlines(keepends=True)
    for broken in (whole.replace("verb 2", "verb 9"), "".join(lines[:1] + lines[2:]), lines[1] + lines[0], whole[:-9]):
        log.write_text(broken)
        with pytest.raises(RecordsInvalid):
            folder.verified()
    with pytest.raises(RecordsInvalid):  # and after a cut nothing more is opened
        folder.entered(Entry(at=AT, kind="consultation", verb="verb 5", asking=CARE))


@pytest.mark.parametrize("many", [1, 3_000, 40_000])
def test_an_entry_of_any_length_is_followed_by_the_next(home: Path, many: int) -> None:
    folder = Folder(home)
    long = tuple(f"1cad230a0762328e:{n}" for n in range(many))
    for number, keys in enumerate([long, (), long], start=1):
        entry = Entry(at=AT, kind="consultation", verb="read texts", asking=CARE, keys=keys)
        assert folder.entered(entry) == number
    assert folder.verified() == 3


def test_the_folder_is_its_owners_alone(home: Path) -> None:
    Folder(home).admit("O1", "analyst")
    Folder(home).entered(Entry(at=AT, kind="combination", verb="link people", asking=CARE))
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) & 0o077 for p in (home / "access").iterdir()}
    assert modes["log.jsonl"] == modes["officers.csv"] == 0
    assert stat.S_IMODE((home / "access").stat().st_mode) == 0o700


def test_entries_fit_the_services_log_field_for_field_and_hash_for_hash(home: Path) -> None:
    folder = Folder(home)
    folder.entered(Entry(at=AT, kind="combination", verb="link people", asking=CARE, keys=("K1",)))
    (entry,) = folder.entries()
    assert {name for name in entry if name != "hash"} == set(audit._HASHED)
    assert digest(entry) == entry["hash"] == audit._hash(entry[name] for name in audit._HASHED)
    assert set(audit.KINDS) >= {"consultation", "disclosure", "combination"}
