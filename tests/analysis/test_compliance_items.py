"""The data items of the framework: each field is one of the contracts; how complete each is, against plain counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from fourfold.analysis.compliance_items import item_completeness, items_held
from fourfold.codes.compliance_items import ComplianceItem, compliance_items
from fourfold.codes.periods import parse_window
from fourfold.codes.victims_code import shipped_packs
from fourfold.records.suppliers.catalogue import contracts
from tests.analysis.test_clocks import REQUEST, THING
from tests.analysis.test_entitlements import CRIME, FORCE, TOLD, VICTIM, records

JUNE = parse_window("2022-06", "2022-06")
ITEMS = {one.id: one for one in compliance_items()}


@pytest.mark.parametrize("item", compliance_items(), ids=lambda i: i.id)
def test_an_item_names_a_field_of_a_contract_or_none_and_says_who_asks_it(item: ComplianceItem) -> None:
    fields = {(c.table, f.name): f for c in contracts() for f in c.fields}
    assert item.source
    assert item.status in ("confirmed", "unconfirmed")
    assert item.of in ("victims", "crimes", "rows")
    if item.holds:
        assert (item.table, item.column) in fields
        codes = fields[item.table, item.column].codes
        assert not item.shows or set(item.shows) <= set(codes)
    if item.holds and item.of == "rows":
        assert (item.table, item.dated) in fields
    if item.obligation:
        assert item.obligation in {o.id for p in shipped_packs() for o in p.obligations}


def test_how_complete_each_item_is_and_what_is_held_nowhere(tmp_path: Path) -> None:
    people = [
        {**VICTIM, "sex": "female", "is_vulnerable": "N"},
        {**VICTIM, "person_ref": "V2", "sex": "", "is_vulnerable": ""},
        {**VICTIM, "person_ref": "S1", "role": "suspect", "sex": "male", "is_vulnerable": ""},
        {**VICTIM, "crime_ref": "C2", "person_ref": "V3", "sex": "male", "is_vulnerable": ""},
    ]
    crimes = [
        CRIME,
        {**CRIME, "crime_ref": "C2", "recorded_at": "2022-05-01T10:00:00", "reported_at": "2022-05-01T09:00:00"},
    ]
    contacts = [{**TOLD, "about": "update;acknowledgement"}, {**TOLD, "contact_ref": "T2", "about": ""}]
    things = [THING, {**THING, "property_ref": "P2", "changed_at": "2022-06-02T10:00:00", "held_reason": ""}]
    held = records(
        tmp_path, crimes=crimes, people=people, victim_contacts=contacts, property=things,
        cica_requests=[{**REQUEST, "received_on": "2022-06-30"}],
    )  # fmt: skip

    def told(name: str) -> tuple[object, ...]:
        one = item_completeness(held, FORCE, ITEMS[name], JUNE)
        return (one.n, one.parameters["filled"], (one.interval.low, one.interval.high) if one.interval else one.verdict)

    expected: dict[str, tuple[object, ...]] = {
        "sex": (2, 1, (50.0, 50.0)),
        "vulnerability": (2, 1, (50.0, 50.0)),
        "acknowledgement": (2, 1, (50.0, 100.0)),
        "updates": (2, 1, (50.0, 50.0)),
        "first_response": (1, 1, (100.0, 100.0)),
        "property": (1, 0, (0.0, 100.0)),
        "compensation": (1, 0, (0.0, 100.0)),
        "release_told": (0, None, "held nowhere"),
        "statement_offered": (0, None, "its extract is not held"),
    }
    assert {name: told(name) for name in expected} == expected
    found = items_held(held, FORCE, JUNE)
    nowhere = sum(not one.holds for one in compliance_items())
    assert found.n == len(ITEMS) == len(found.parts)
    assert f"{nowhere} are held nowhere" in (found.verdict or "")
    assert found.table is not None
    assert [r["n"] for r in found.table.records() if r["item"] == "Sex of the victim"] == [2]
