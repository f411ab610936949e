"""The service's own authority and log stand at the gate to personal columns, and the folder's entries are carried over once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fourfold.casework import audit, roles
from fourfold.casework.access import CARRIED, Service, carried_over, carried_since, gate_for
from fourfold.casework.roles import Held
from fourfold.errors import AccessRefused, RecordsInvalid
from fourfold.records.access import Asking, Entry, Folder, purposes

AT = datetime(2022, 11, 7, 9, tzinfo=UTC)

# What a purpose of the records comes to in the service: the actions on record classes of which a role needs one.
AGREES = {
    # purpose, kind: (action, record class), ...
    ("victim care", "consultation"): (("read", "people"), ("read", "victim_care")),
    ("investigation", "consultation"): (("read", "people"),),
    ("themes of fraud", "consultation"): (("read", "people"), ("write", "themes")),
    ("victims' code audit", "consultation"): (("read", "people"),),
    ("linking people", "combination"): (("read", "people"), ("read", "victim_care"), ("read", "rights")),
    ("data quality", "consultation"): (("read", "batches"),),
    ("rights requests", "consultation"): (("read", "rights"),),
    ("rights requests", "disclosure"): (("export", "rights"),),
    ("rights requests", "alteration"): (("write", "rights"),),
    ("rights requests", "erasure"): (("erase", "rights"),),
    ("retention", "consultation"): (("read", "rights"),),
    ("retention", "erasure"): (("erase", "rights"),),
}


@pytest.mark.parametrize("one", purposes(), ids=lambda p: f"{p.role}, {p.purpose}, {p.kind}")
def test_the_table_of_purposes_allows_no_role_what_the_table_of_roles_does_not(one: object) -> None:
    assert one.role in roles.TITLES  # type: ignore[attr-defined]
    needed = AGREES[one.purpose, one.kind]  # type: ignore[attr-defined]
    assert any(roles.may_somewhere([Held(one.role)], *cell) for cell in needed)  # type: ignore[attr-defined]


def test_whoever_may_see_people_may_for_some_purpose() -> None:
    seeing = {c.role for c in roles.table() if (c.action, c.record_class) == ("read", "people")}
    assert seeing <= {one.role for one in purposes()}


# Victim care is not investigation, and neither is a rights request: who may open whose details, for what.
APART = [
    # roles held, asks in role, purpose, kind, table, opened?
    (("victim_care_officer",), "victim_care_officer", "victim care", "consultation", "fraud_victims", True),
    (("victim_care_officer",), "victim_care_officer", "investigation", "consultation", "fraud_victims", False),
    (("victim_care_officer", "supervisor"), "victim_care_officer", "investigation", "consultation", "people", False),
    (("victim_care_officer", "supervisor"), "supervisor", "investigation", "consultation", "people", True),
    (("victim_care_officer", "supervisor"), "supervisor", "victim care", "consultation", "people", False),
    (("supervisor",), "victim_care_officer", "victim care", "consultation", "people", False),
    (("economic_crime_supervisor",), "economic_crime_supervisor", "investigation", "consultation", "people", True),
    (("economic_crime_supervisor",), "economic_crime_supervisor", "investigation", "disclosure", "people", False),
    (("economic_crime_supervisor",), "economic_crime_supervisor", "investigation", "combination", "people", False),
    (("analyst",), "analyst", "linking people", "combination", "people", True),
    (("analyst",), "analyst", "linking people", "consultation", "people", False),
    (("information_manager",), "information_manager", "rights requests", "erasure", "people", True),
    (("information_manager",), "information_manager", "victim care", "consultation", "people", False),
    (("information_manager",), "information_manager", "investigation", "consultation", "people", False),
    (("analyst",), "analyst", "rights requests", "erasure", "people", False),
    ((), "information_manager", "rights requests", "erasure", "people", False),
]


@pytest.mark.parametrize(("held", "role", "purpose", "kind", "table", "opened"), APART)
def test_a_purpose_is_kept_to_in_the_service_too(
    held: tuple[str, ...], role: str, purpose: str, kind: str, table: str, opened: bool
) -> None:
    service = Service("o1", tuple(Held(one) for one in held))
    assert service.may(Asking(officer="o1", role=role, purpose=purpose), kind, table) is opened
    assert not service.may(Asking(officer="o2", role=role, purpose=purpose), kind, table)


@pytest.mark.django_db
def test_each_kind_stands_on_the_services_log_and_a_refusal_too() -> None:
    gate = gate_for("o1", [Held("information_manager")])
    asking = Asking(officer="o1", role="information_manager", purpose="rights requests", reason="letter 41")
    gate.asked(asking, "consultation", ["people"], verb="see", at=AT, keys=["K1"])
    gate.asked(asking, "disclosure", ["people"], verb="give", at=AT, recipient="the person")
    number = gate.asked(asking, "erasure", ["people"], verb="erase a person", at=AT, phase="begun")
    gate.closed(number, asking, "erasure", verb="erase a person", at=AT, outcome="done")
    with pytest.raises(AccessRefused):
        gate.asked(asking, "combination", ["victim_contacts"], verb="link", at=AT)
    said = list(audit.Entry.objects.order_by("number").values_list("kind", "phase", "refers_to"))
    assert said == [
        ("consultation", "done", None), ("disclosure", "done", None), ("erasure", "begun", None),
        ("erasure", "closed", number), ("combination", "refused", None),
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_folders_entries_are_carried_over_once_and_marked(home: Path) -> None:
    folder = Folder(home)
    asking = Asking(officer="A1", role="analyst", purpose="linking people", reason="Monday")
    for n in range(3):
        folder.entered(
            Entry(at=AT, kind="combination", verb="link people", asking=asking, keys=(f"K{n}",), note={"n": n})
        )
    assert carried_over(home, at=AT) == 3
    assert carried_over(home, at=AT) == 0
    folder.entered(Entry(at=AT, kind="erasure", verb="erase a person", asking=asking, phase="begun"))
    assert carried_over(home, at=AT) == 1
    carried = list(audit.Entry.objects.exclude(verb=CARRIED).order_by("number"))
    assert [e.key_list for e in carried] == [["K0"], ["K1"], ["K2"], []]
    there = folder.entries()
    assert [(e.notes["number there"], e.notes["hash there"]) for e in carried] == [
        (o["number"], o["hash"]) for o in there
    ]
    assert [(e.officer, e.roles, e.reason, e.at) for e in carried] == [
        (o["officer"], o["roles"], o["reason"], o["at"]) for o in there
    ]
    assert audit.left_open() == []
    assert audit.verified().faults == () or "no head" in audit.verified().faults[0][1]
    assert audit.Entry.objects.filter(verb=CARRIED).count() == 2


@pytest.mark.django_db
def test_for_a_search_the_folders_log_is_read_again_only_where_it_has_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asking = Folder(home), Asking(officer="A1", role="analyst", purpose="linking people")
    folder.entered(Entry(at=AT, kind="combination", verb="link people", asking=asking))
    read: list[int] = []
    monkeypatch.setattr(Folder, "verified", lambda _: read.append(1))
    assert [carried_since(home, at=AT) for _ in range(3)] == [1, 0, 0]
    assert len(read) == 1
    folder.entered(Entry(at=AT, kind="combination", verb="link people", asking=asking))
    assert [carried_since(home, at=AT) for _ in range(3)] == [1, 0, 0]
    assert len(read) == 2


@pytest.mark.django_db
def test_a_folders_log_that_was_altered_or_replaced_is_not_carried_over(home: Path) -> None:
    folder = Folder(home)
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    folder.entered(Entry(at=AT, kind="combination", verb="link people", asking=asking))
    log = home / "access" / "log.jsonl"
    whole = log.read_text()
    log.write_text(whole.replace("analyst", "nobody"))
    with pytest.raises(RecordsInvalid):
        carried_over(home, at=AT)
    assert audit.Entry.objects.count() == 0
    log.write_text(whole)
    carried_over(home, at=AT)
    log.unlink()  # another chain, whole in itself
    folder.entered(Entry(at=AT, kind="consultation", verb="another", asking=asking))
    with pytest.raises(RecordsInvalid):
        carried_over(home, at=AT)


def test_one_linking_is_one_entry_that_names_what_it_read_by_opaque_keys(home: Path, tmp_path: Path) -> None:
    from fourfold.records.as_at import records_as_at
    from fourfold.records.lake import Lake
    from fourfold.records.people import link
    from tests.records.extracts import at, put

    put(home, tmp_path, at(1), "people", [{"role": "victim", "surname": "Example"}])
    put(home, tmp_path, at(2), "fraud_victims_action_fraud", [{"surname": "Example"}])
    Folder(home).admit("A1", "analyst")
    link(
        records_as_at(home, at(3)),
        Folder(home).gate,
        Asking(officer="A1", role="analyst", purpose="linking people"),
        at(3),
    )
    (entry,) = Folder(home).entries()
    assert (entry["kind"], entry["phase"]) == ("combination", "done")
    assert sorted(json.loads(entry["keys"])) == sorted(b.batch_id for b in Lake(home).batches())
    assert sorted(json.loads(entry["note"])["tables"]) == ["fraud_victims", "people"]
