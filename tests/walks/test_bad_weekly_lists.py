"""Weekly lists as they ought not to come: another layout, a week again, a victim who is a suspect too, nothing held."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fourfold.analysis import triage
from fourfold.codes.triage_rules import triage_rule
from fourfold.errors import LayoutUnknown
from fourfold.records import people, weekly_lists
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import Instructions, import_files
from fourfold.records.suppliers.mappings import mapping_from_file
from tests import fraud_lists
from tests.conftest import CommandLine
from tests.records.extracts import put

AT = datetime(2022, 10, 10, 6, tzinfo=UTC)


def test_a_changed_layout_is_refused_whole_and_comes_in_by_a_mapping(tmp_path: Path) -> None:
    home = tmp_path / "home"
    header = ["risk_points" if name == "vulnerability_score" else name for name in fraud_lists.HEADER]
    file = fraud_lists.list_file(tmp_path, fraud_lists.MONDAY, fraud_lists.monday_rows()[:20], header)
    with pytest.raises(LayoutUnknown) as refused:
        import_files(home, [file], clock=lambda: AT)
    assert "risk_points" in refused.value.cause + refused.value.remedy
    assert weekly_lists.weeks(records_as_at(home, AT), "saltmere") == (), "nothing of it is half in"
    columns = "\n".join(f'{o} = "{t}"' for o, t in zip(fraud_lists.HEADER, header, strict=True))
    said = 'supplier = "The national service"\ncontract = "fraud_victims_action_fraud"\nsource = "The new layout"\n'
    (tmp_path / "mapping.toml").write_text(f"{said}\n[columns]\n{columns}\n")
    import_files(
        home, [file], clock=lambda: AT, instructions=Instructions(mapping=mapping_from_file(tmp_path / "mapping.toml"))
    )
    rows = weekly_lists.week_rows(records_as_at(home, AT), "saltmere", fraud_lists.MONDAY)
    assert triage.judged(rows, triage_rule())["by_romance"].sum() == 20
    assert rows["vulnerability_score"].to_list() == [4] * 20


@pytest.mark.slow
def test_a_victim_who_is_a_suspect_too_is_cared_for_and_the_record_is_not_shown(tmp_path: Path) -> None:
    home = tmp_path / "home"
    file = fraud_lists.list_file(
        tmp_path, fraud_lists.MONDAY, [fraud_lists.row(n, nfib_code="NFIB1D") for n in range(3)]
    )
    import_files(home, [file], clock=lambda: AT)
    same = {"forename": fraud_lists.NAMES[1], "surname": fraud_lists.SURNAMES[0], "born_on": "1982-02-02", "phone": "07700 900001",
            "address": "2 Tern Row", "postcode": "XS2 1BA"}  # fmt: skip
    crimes = [{"force": "saltmere", "crime_ref": c, "recorded_at": "2021-05-05T10:00:00"} for c in ("C1", "C2")]
    put(home, tmp_path, AT, "crimes", crimes, "2021-05")
    rows = [
        {"force": "saltmere", "crime_ref": "C1", "person_ref": "P9", "role": "suspect", **same},
        {"force": "saltmere", "crime_ref": "C2", "person_ref": "P9", "role": "victim", **same},
    ]
    put(home, tmp_path, AT, "people", rows, "2021-05")
    records = records_as_at(home, datetime(2022, 10, 10, 7, tzinfo=UTC))
    Folder(home).admit("A1", "analyst")
    people.link(records, Folder(home).gate, Asking(officer="A1", role="analyst", purpose="linking people"), AT)
    rows_of_week = weekly_lists.week_rows(records, "saltmere", fraud_lists.MONDAY)
    every = triage.listed(rows_of_week, triage_rule(), weekly_lists.known(records, rows_of_week["key"]))
    assert len(every) == 3
    [one] = [v for v in every if v.is_suspect]
    assert one.standing == triage.REFERRED
    assert [(p.on, p.ref, p.code) for p in one.earlier] == [(date(2021, 5, 5), "C2", None)], (
        "and not the one as a suspect"
    )
    assert every[0] is one, "a victim before, and so called first"

    # What others did arrives as records: the contacts about the earlier crime, and about no other.
    contacts = [
        {"force": "saltmere", "contact_ref": f"K{n}", "crime_ref": crime, "contacted_at": "2021-05-07T09:00:00", "method": "phone",
         "direction": direction, "is_successful": reached}
        for n, (crime, direction, reached) in enumerate(
            [("C2", "to_victim", "no"), ("C2", "", "yes"), ("C2", "from_victim", "yes"), ("C1", "to_victim", "yes")]
        )
    ]  # fmt: skip
    put(home, tmp_path, AT, "victim_contacts", contacts, "2021-05")
    records = records_as_at(home, datetime(2022, 10, 10, 8, tzinfo=UTC))
    made = weekly_lists.contacts_by_others(records, one.report_ref, one.earlier)
    assert [(c.ref, c.is_reached) for c in made] == [("C2", False), ("C2", True)]
    assert weekly_lists.contacts_by_others(records, "NFRC0", ()) == ()


def test_the_later_layout_is_judged_alike_and_its_scores_out_of_range_are_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    rows = [
        {"force": "saltmere", "week_starting": "2025-12-08", "case_reference": f"RF{n}", "report_created_at": "2025-12-09T10:00:00",
         "crime_code": "NFIB3A", "victim_category": "person", "age_at_report": age, "assessed_vulnerability": score}
        for n, (age, score) in enumerate([("40", "15"), ("40", "44"), ("81", "-3"), ("400", "2"), ("40", "many")])
    ]  # fmt: skip
    put(home, tmp_path, datetime(2025, 12, 15, 6, tzinfo=UTC), "fraud_victims_report_fraud", rows, "2025-12")
    records = records_as_at(home, datetime(2025, 12, 15, 7, tzinfo=UTC))
    every = {
        v.report_ref: v
        for v in triage.listed(weekly_lists.week_rows(records, "saltmere", date(2025, 12, 8)), triage_rule(), {})
    }
    assert {ref: v.standing for ref, v in every.items()} == {
        "RF0": triage.REFERRED, "RF1": triage.UNJUDGED, "RF2": triage.REFERRED, "RF3": triage.UNJUDGED, "RF4": triage.UNJUDGED,
    }  # fmt: skip
    told = {ref for ref, v in every.items() if "the score on the list is not one from 0 to 35" in v.remarks}
    assert told == {"RF1", "RF2", "RF4"}
    assert "the age on the list cannot be read" in every["RF3"].remarks


@pytest.mark.slow
def test_from_the_command_line(fourfold: CommandLine, tmp_path: Path) -> None:
    fraud_lists.held_lists(fourfold.home, tmp_path)
    fourfold("care", "list", "--force", "saltmere", "--officer", "V1", code=20)
    fourfold("people", "admit", "V1", "--role", "victim_care_officer")
    said = fourfold("care", "list", "--force", "saltmere", "--officer", "V1", "--json").json
    assert said["standings"] == {"referred": 116, "cannot be judged": 33, "not referred": 151}
    assert len(said["reports"]) == 300
    assert "Okonjo" not in str(said)
    fourfold("care", "list", "--force", "saltmere", "--officer", "V1", "--purpose", "investigation", code=20)
    fourfold("care", "list", "--force", "saltmere", "--officer", "V1", "--week", "2022-09-05", code=15)
    asked = fourfold("care", "threshold", "18", "--force", "saltmere", "--from", "2022-10", "--to", "2022-10")
    assert "90 of 300 reports would be referred, where 115 are (-25)" in asked.out
    fourfold("care", "threshold", "high", "--force", "saltmere", code=2)
