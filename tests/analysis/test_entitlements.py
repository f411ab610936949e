"""Who is owed services, with what rights, and what their records say: small extracts, brought in and judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fourfold.analysis.compliance import FOR_NOBODY, Asked, recording_gaps
from fourfold.analysis.entitlements import Held, held_journeys, moment_known, without_a_victim
from fourfold.analysis.obligations import force_states
from fourfold.analysis.owed import owed, owed_without_limit
from fourfold.analysis.states import kept_states
from fourfold.analysis.victims_code import Rules
from fourfold.codes.periods import parse_window
from fourfold.errors import NothingHeld
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.suppliers.catalogue import contract
from tests.conftest import CommandLine
from tests.records.extracts import put

FORCE = "leicestershire"
NOW = datetime(2022, 8, 1, tzinfo=UTC)
CRIME = {"crime_ref": "C1", "offence_code": "34B", "reported_at": "2022-06-01T09:00:00", "recorded_at": "2022-06-01T10:00:00",
         "unit": "North", "team": "Response"}  # fmt: skip
VICTIM = {"crime_ref": "C1", "person_ref": "V1", "role": "victim"}


def records(tmp_path: Path, **tables: list[dict[str, str]]) -> Records:
    home = tmp_path / "home"
    for n, (name, rows) in enumerate(tables.items()):
        put(home, tmp_path, datetime(2022, 7, 1, 12, n, tzinfo=UTC), name, rows)
    return records_as_at(home, NOW)


def journeys(tmp_path: Path, **tables: list[dict[str, str]]) -> Held:
    return held_journeys(records(tmp_path, **tables), FORCE)


def states(tmp_path: Path, **tables: list[dict[str, str]]) -> pl.DataFrame:
    return pl.concat(force_states(journeys(tmp_path, **tables), Rules()))


def state_of(found: pl.DataFrame, obligation: str, person: str = "V1") -> str:
    own = found.filter((pl.col("obligation") == obligation) & (pl.col("person_ref") == person))
    assert own.height == 1, own
    return str(own["state"][0])


ENTITLED = [
    # who stands in the crime, who has a journey and how
    ("a victim", [{}], {"V1": "entitled"}),
    ("an organisation with a named contact", [{"role": "organisation", "has_named_contact": "Y"}], {"V1": "entitled"}),
    ("an organisation without", [{"role": "organisation", "has_named_contact": "N"}], {"V1": "no named contact"}),
    ("an organisation of which it is not recorded", [{"role": "organisation"}], {"V1": "not recorded"}),
    ("an organisation entered as a victim", [{"is_organisation": "Y"}], {"V1": "not recorded"}),
    ("suspects and witnesses", [{}, {"person_ref": "S1", "role": "suspect"}, {"person_ref": "W1", "role": "witness"}],
     {"V1": "entitled"}),
    ("a parent beside a child", [{}, {"person_ref": "M1", "role": "parent", "for_person_ref": "V1"}], {"V1": "entitled"}),
    ("a bereaved relative in the place of the dead",
     [{}, {"person_ref": "R1", "role": "bereaved_relative", "for_person_ref": "V1"}], {"R1": "entitled"}),
    ("two victims", [{}, {"person_ref": "V2"}], {"V1": "entitled", "V2": "entitled"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "parts", "expected"), ENTITLED, ids=[e[0] for e in ENTITLED])
def test_who_is_entitled(what: str, parts: list[dict[str, str]], expected: dict[str, str], tmp_path: Path) -> None:
    keys = sorted({name for part in parts for name in part})
    rows = [{**VICTIM, **dict.fromkeys(keys, ""), **{"person_ref": "V1", "role": "victim"}, **part} for part in parts]
    held = journeys(tmp_path, crimes=[CRIME], people=rows)
    assert dict(held.journeys.select("person_ref", "entitlement").iter_rows()) == expected


ENHANCED: list[tuple[str, dict[str, str], dict[str, str], str]] = [
    ("nothing", {}, {}, ""),
    ("marked", {"is_enhanced": "Y"}, {}, "marked as enhanced"),
    ("marked as not, and domestic abuse", {"is_enhanced": "N"}, {"is_domestic": "Y"}, "domestic abuse"),
    ("a reason recorded", {"enhanced_reason": "persistently_targeted"}, {}, "reason recorded"),
    ("vulnerable and intimidated", {"is_vulnerable": "Y", "is_intimidated": "Y"}, {}, "vulnerable;intimidated"),
    ("not vulnerable", {"is_vulnerable": "N"}, {}, ""),
    ("17 years", {"age_at_report": "17"}, {}, "under 18"),
    ("18 years", {"age_at_report": "18"}, {}, ""),
    ("no age, and 18 on the day after the report", {"born_on": "2004-06-02"}, {}, "under 18"),
    ("no age, and 18 on the day of the report", {"born_on": "2004-06-01"}, {}, ""),
    ("no age, and born after the report", {"born_on": "2022-06-02"}, {}, ""),
    ("no age, and born too long ago", {"born_on": "1890-06-01"}, {}, ""),
    ("an age that the birth does not bear out", {"age_at_report": "18", "born_on": "2010-06-01"}, {}, ""),
    (
        "a child marked as neither vulnerable nor enhanced",
        {"born_on": "2010-06-01", "is_vulnerable": "N", "is_enhanced": "N"},
        {},
        "under 18",
    ),
    (
        "an organisation with a birth",
        {"role": "organisation", "has_named_contact": "Y", "born_on": "2010-06-01"},
        {},
        "",
    ),
    ("hate crime", {}, {"is_hate": "Y"}, "hate crime"),
    ("a sexual offence", {}, {"offence_code": "20A"}, "sexual offence"),
    ("an organisation of domestic abuse", {"role": "organisation", "has_named_contact": "Y"}, {"is_domestic": "Y"}, ""),
]


@pytest.mark.parametrize(("what", "person", "crime", "reasons"), ENHANCED, ids=[e[0] for e in ENHANCED])
def test_why_rights_are_enhanced(
    what: str, person: dict[str, str], crime: dict[str, str], reasons: str, tmp_path: Path
) -> None:
    held = journeys(tmp_path, crimes=[{**CRIME, **crime}], people=[{**VICTIM, **person}])
    assert held.journeys.select("reasons", "is_enhanced").rows() == [(reasons, bool(reasons))]


ARREST = {
    "crime_ref": "C1",
    "event_ref": "E1",
    "person_ref": "S1",
    "kind": "arrest",
    "happened_at": "2022-06-06T10:00:00",
}
SUSPECT = {"crime_ref": "C1", "person_ref": "S1", "role": "suspect"}
TOLD = {"crime_ref": "C1", "contact_ref": "T1", "person_ref": "V1", "contacted_at": "2022-06-08T10:00:00", "about": "arrest",
        "method": "phone"}  # fmt: skip
EARLIER = {**TOLD, "contact_ref": "T0", "contacted_at": "2022-06-30T12:00:00", "about": "other"}

CONTACTS: list[tuple[str, dict[str, str], str, str]] = [
    # what the contact says, what is owed, its state
    ("about the arrest", {}, "told_of_arrest", "met in time"),
    ("about several things", {"about": "update;arrest"}, "told_of_arrest", "met in time"),
    ("too late", {"contacted_at": "2022-06-15T10:00:00"}, "told_of_arrest", "met late"),
    ("before the arrest", {"contacted_at": "2022-06-05T10:00:00"}, "told_of_arrest", "no evidence"),
    ("about nothing said", {"about": ""}, "told_of_arrest", "no evidence"),
    ("about an update", {"about": "update"}, "told_of_arrest", "no evidence"),
    ("not reached", {"is_successful": "N"}, "told_of_arrest", "no evidence"),
    ("neither how nor whether the victim was reached", {"method": ""}, "told_of_arrest", "no evidence"),
    ("that the victim was reached, and not how", {"method": "", "is_successful": "Y"}, "told_of_arrest", "met in time"),
    ("declined", {"is_declined": "Y"}, "told_of_arrest", "declined by the victim"),
    ("a call from the victim", {"direction": "from_victim"}, "told_of_arrest", "no evidence"),
    ("a call from the victim in which it was told", {"direction": "from_victim", "is_successful": "Y"}, "told_of_arrest",
     "met in time"),
    ("a call from the victim that was not answered", {"direction": "from_victim", "is_successful": "N"}, "told_of_arrest",
     "no evidence"),
    ("a call from the victim, who declined it", {"direction": "from_victim", "is_declined": "Y"}, "told_of_arrest",
     "declined by the victim"),
    ("a call to the victim", {"direction": "to_victim"}, "told_of_arrest", "met in time"),
    ("with the suspect", {"person_ref": "S1"}, "told_of_arrest", "no evidence"),
    ("with nobody named, of one victim", {"person_ref": ""}, "told_of_arrest", "met in time"),
    ("a written acknowledgement", {"about": "acknowledgement", "method": "letter"}, "acknowledgement", "met in time"),
    ("an acknowledgement by word of mouth", {"about": "acknowledgement"}, "acknowledgement", "no evidence"),
    ("an acknowledgement, how is not recorded", {"about": "acknowledgement", "method": ""}, "acknowledgement", "no evidence"),
    ("an acknowledgement declined, how is not recorded", {"about": "acknowledgement", "method": "", "is_declined": "Y"},
     "acknowledgement", "declined by the victim"),
    ("a statement offered and declined", {"about": "personal_statement", "is_declined": "Y"}, "statement_offered",
     "declined by the victim"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "said", "obligation", "state"), CONTACTS, ids=[c[0] for c in CONTACTS])
def test_what_a_contact_is_evidence_of(
    what: str, said: dict[str, str], obligation: str, state: str, tmp_path: Path
) -> None:
    keys = dict.fromkeys({*TOLD, *said}, "")
    rows = [{**keys, **EARLIER}, {**keys, **TOLD, **said}]
    found = states(
        tmp_path, crimes=[CRIME], people=[VICTIM, SUSPECT], investigation_events=[ARREST], victim_contacts=rows
    )
    assert state_of(found, obligation) == state


CALLED = [
    # what a call from the victim on the day after the arrest says, and what the record of the news lacks
    ("about the arrest", {}, "whether the news was given"),
    ("about the arrest, not answered", {"is_successful": "N"}, "any contact"),
    ("about nothing said", {"about": ""}, "any contact"),
    ("about nothing said, and reached", {"about": "", "is_successful": "Y"}, "any contact"),
    ("about an update, and reached", {"about": "update", "is_successful": "Y"}, "any contact"),
]


@pytest.mark.parametrize(("what", "said", "lacking"), CALLED, ids=[c[0] for c in CALLED])
def test_what_a_call_from_the_victim_leaves_open(what: str, said: dict[str, str], lacking: str, tmp_path: Path) -> None:
    call = {**TOLD, "direction": "from_victim", **said}
    rows = [{**dict.fromkeys(call, ""), **EARLIER}, call]
    found = states(
        tmp_path, crimes=[CRIME], people=[VICTIM, SUSPECT], investigation_events=[ARREST], victim_contacts=rows
    )
    own = found.filter(pl.col("obligation") == "told_of_arrest")
    assert own.select("state", "lacking").rows() == [("no evidence", lacking)]


STATEMENTS = [
    # what the record says of the offer of a personal statement, in an extract and in a file of journeys, and its one state
    ("offered", [("personal_statements", "offered")], ["statement_offered"], "met in time"),
    ("made", [("personal_statements", "made")], ["statement_offered"], "met in time"),
    ("declined", [("personal_statements", "declined")], ["declined"], "declined by the victim"),
    ("offered and then declined", [("personal_statements", "offered"), ("personal_statements", "declined")],
     ["statement_offered", "declined"], "met in time"),
    ("declined in a contact", [("victim_contacts", "Y")], ["declined"], "declined by the victim"),
    ("offered in a contact", [("victim_contacts", "")], ["statement_offered"], "met in time"),
    ("nothing", [], [], "no evidence"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "rows", "events", "state"), STATEMENTS, ids=[s[0] for s in STATEMENTS])
def test_a_personal_statement_has_one_state_whichever_way_its_record_comes(
    what: str, rows: list[tuple[str, str]], events: list[str], state: str, tmp_path: Path
) -> None:
    at = [f"2022-06-{10 + n:02}T10:00:00" for n in range(len(rows))]
    tables: dict[str, list[dict[str, str]]] = {"victim_contacts": [{**EARLIER, "is_declined": ""}]}
    for (table, said), moment in zip(rows, at, strict=True):
        row = {"crime_ref": "C1", "person_ref": "V1", "happened_at": moment, "what": said}
        if table == "victim_contacts":
            row = {**TOLD, "contacted_at": moment, "about": "personal_statement", "is_declined": said}
        tables.setdefault(table, []).append(row)
    found = states(tmp_path, crimes=[CRIME], people=[VICTIM], **tables)
    assert state_of(found, "statement_offered") == state

    lines = [f"A,{event},{moment}+01:00,,about=personal_statement" for event, moment in zip(events, at, strict=True)]
    file = tmp_path / "journeys.csv"
    file.write_text(
        "\n".join(["journey_id,event,at,enhanced,detail", "A,reported,2022-06-01T09:00:00+01:00,,", *lines])
    )
    said = CommandLine(tmp_path / "other")("code", "due", file, "--as-at", "2022-07-01", "--json").json
    assert [d["state"] for d in said["obligations"] if d["obligation"] == "statement_offered"] == [state]


LACKS = [
    ("how", {"about": "acknowledgement", "method": ""}, "contact method"),
    ("how, of one that could not be reached", {"about": "acknowledgement", "method": "", "is_successful": "N"}, "an attempt only"),
    ("writing", {"about": "acknowledgement"}, "about what"),
    ("what it was about", {"about": "", "method": ""}, "about what"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "said", "lacking"), LACKS, ids=[c[0] for c in LACKS])
def test_what_a_contact_lacks_to_be_a_written_acknowledgement(
    what: str, said: dict[str, str], lacking: str, tmp_path: Path
) -> None:
    found = states(tmp_path, crimes=[CRIME], people=[VICTIM], victim_contacts=[{**TOLD, **said}])
    own = found.filter(pl.col("obligation") == "acknowledgement")
    assert own.select("state", "lacking").rows() == [("no evidence", lacking)]


def test_a_contact_with_a_parent_counts_for_the_child(tmp_path: Path) -> None:
    child = {**VICTIM, "age_at_report": "9", "for_person_ref": ""}
    mother = {**VICTIM, "person_ref": "M1", "role": "parent", "age_at_report": "", "for_person_ref": "V1"}
    suspect = {**SUSPECT, "age_at_report": "", "for_person_ref": ""}
    told = {**TOLD, "person_ref": "M1", "contacted_at": "2022-06-07T10:00:00"}
    found = states(
        tmp_path, crimes=[CRIME], people=[child, mother, suspect], investigation_events=[ARREST], victim_contacts=[EARLIER, told]
    )  # fmt: skip
    assert state_of(found, "told_of_arrest") == "met in time"
    assert found.filter(pl.col("obligation") == "told_of_arrest")["due"][0].date() == date(2022, 6, 7)


FIRM = {**VICTIM, "role": "organisation"}
UNSURE = [
    # what the record says of the arrest of 6 June, read out on 30 June; the state for an organisation that named a contact, and for
    # one of which that is not recorded
    ("told in time", [TOLD], {}, "met in time", "no evidence"),
    ("told late", [{**TOLD, "contacted_at": "2022-06-20T10:00:00"}], {}, "met late", "no evidence"),
    ("declined", [{**TOLD, "is_declined": "Y"}], {}, "declined by the victim", "no evidence"),
    ("nothing", [], {}, "no evidence", "no evidence"),
    ("arrested the day before", [], {"happened_at": "2022-06-29T10:00:00"}, "not yet due", "not yet due"),
    ("of somebody whom the people do not name", [], {"person_ref": "X9"}, "no evidence", "no evidence"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "told", "arrest", "named", "unsure"), UNSURE, ids=[c[0] for c in UNSURE])
def test_what_an_organisation_is_owed_that_may_have_named_a_contact_stays_in_the_bounds(
    what: str, told: list[dict[str, str]], arrest: dict[str, str], named: str, unsure: str, tmp_path: Path
) -> None:
    rows = [{**EARLIER, "is_declined": ""}, *({"is_declined": "", **one} for one in told)]
    for said, expected in (("Y", named), ("", unsure), ("N", "not applicable")):
        folder = tmp_path / f"named-{said}"
        folder.mkdir()
        found = states(
            folder, crimes=[CRIME], people=[{**FIRM, "has_named_contact": said}, {**SUSPECT, "has_named_contact": ""}],
            investigation_events=[{**ARREST, **arrest}], victim_contacts=rows,
        )  # fmt: skip
        assert state_of(found, "told_of_arrest") == expected
        lacking = found.filter(pl.col("obligation") == "told_of_arrest")["lacking"][0]
        assert (lacking == "named contact") == (said == "" and expected == "no evidence")
        assert (lacking == "whether a suspect") == (said == "Y" and "person_ref" in arrest)


def test_the_list_of_what_is_owed_asks_first_whether_an_organisation_named_a_contact(tmp_path: Path) -> None:
    held = records(tmp_path, **_tables(people=[FIRM, SUSPECT, {**FIRM, "crime_ref": "C2"}]))
    rows = owed(kept_states(held, FORCE, Rules()).states(), held, FORCE, Rules(), date(2022, 6, 30), date(2022, 7, 7))
    assert set(rows.filter(pl.col("obligation") == "told_of_arrest")["enter"]) == {
        "whether the organisation named a contact; if it did, a contact about arrest"
    }


def test_an_acknowledgement_is_of_the_complaint_that_it_answers_and_of_no_other(tmp_path: Path) -> None:
    said = {"crime_ref": "C1", "person_ref": "V1", "received_on": "2022-06-06", "acknowledged_on": ""}
    two = [{**said, "complaint_ref": "K1"}, {**said, "complaint_ref": "K2", "acknowledged_on": "2022-06-10"}]
    found = states(tmp_path, crimes=[CRIME], people=[VICTIM], complaints=two, victim_contacts=[EARLIER])
    own = found.filter(pl.col("obligation") == "complaint_acknowledged")
    assert sorted(own["state"].to_list()) == ["met in time", "no evidence"]


COMPLAINTS = [
    # what a complaint of 6 June says of its crime and of whom it is by, and the crimes in which V1 is owed an acknowledgement: C0 was
    # recorded in May and C1 on 1 June, both of V1 and each of one victim
    ("its crime", {"crime_ref": "C0", "person_ref": "V1"}, ["C0"]),
    ("its crime alone, of one victim", {"crime_ref": "C0"}, ["C0"]),
    ("no crime, by a victim of two", {"person_ref": "V1"}, ["C1"]),
    ("no crime, before the second was recorded", {"person_ref": "V1", "received_on": "2022-05-30"}, ["C0"]),
    ("no crime, before either was recorded", {"person_ref": "V1", "received_on": "2022-05-01"}, ["C0"]),
    ("no crime, by the victim's mother", {"person_ref": "M1"}, ["C1"]),
    ("no crime, by the suspect", {"person_ref": "S1"}, []),
    ("no crime, by somebody not held", {"person_ref": "X9"}, []),
    ("neither a crime nor by whom", {}, []),
]


@pytest.mark.parametrize(("what", "said", "crimes"), COMPLAINTS, ids=[c[0] for c in COMPLAINTS])
def test_a_complaint_is_owed_an_acknowledgement_whether_or_not_it_names_its_crime(
    what: str, said: dict[str, str], crimes: list[str], tmp_path: Path
) -> None:
    earlier = {**CRIME, "crime_ref": "C0", "reported_at": "2022-05-20T09:00:00", "recorded_at": "2022-05-20T10:00:00"}
    mother = {**VICTIM, "person_ref": "M1", "role": "parent"}
    complaint = {"complaint_ref": "K1", "received_on": "2022-06-06", **said}
    held = records(
        tmp_path, crimes=[CRIME, earlier], people=[VICTIM, SUSPECT, {**VICTIM, "crime_ref": "C0"}, mother], complaints=[complaint],
        victim_contacts=[EARLIER],
    )  # fmt: skip
    found = pl.concat(force_states(held_journeys(held, FORCE), Rules()))
    own = found.filter(pl.col("obligation") == "complaint_acknowledged")
    assert own.select("crime_ref", "person_ref").rows() == [(crime, "V1") for crime in crimes]
    for crime in ("C0", "C1"):
        alone = held_journeys(held, FORCE, pl.Series("crime_ref", [crime]))
        one = pl.concat(force_states(alone, Rules())).filter(pl.col("obligation") == "complaint_acknowledged")
        assert one["crime_ref"].to_list() == [c for c in crimes if c == crime]
    counted = without_a_victim(held, FORCE).rows()
    assert counted == ([] if crimes else [("complaints", date(2022, 6, 1), 1)])


def test_a_complaint_that_names_no_crime_moves_with_the_next_extract_of_people(tmp_path: Path) -> None:
    crimes = [CRIME, {**CRIME, "crime_ref": "C2", "recorded_at": "2022-06-02T10:00:00"}]
    complaint = {"complaint_ref": "K1", "received_on": "2022-06-06", "person_ref": "V1"}
    held = records(tmp_path, crimes=crimes, people=[VICTIM], complaints=[complaint], victim_contacts=[EARLIER])
    of = pl.col("obligation") == "complaint_acknowledged"
    assert kept_states(held, FORCE, Rules()).states().filter(of).collect()["crime_ref"].to_list() == ["C1"]
    put(held.home, tmp_path, datetime(2022, 7, 2, tzinfo=UTC), "people", [{**VICTIM, "crime_ref": "C2"}])
    later = records_as_at(held.home, NOW)
    assert kept_states(later, FORCE, Rules()).states().filter(of).collect()["crime_ref"].to_list() == ["C2"]


def test_contacts_that_name_nobody_in_a_crime_of_several_victims_are_counted_as_evidence_for_nobody(
    tmp_path: Path,
) -> None:
    people = [
        {**VICTIM, "for_person_ref": ""}, {**VICTIM, "person_ref": "V2", "for_person_ref": ""},
        {**VICTIM, "person_ref": "M1", "role": "parent", "for_person_ref": ""}, {**VICTIM, "crime_ref": "C2", "for_person_ref": ""},
    ]  # fmt: skip
    said = [("C1", ""), ("C1", "V1"), ("C1", "M1"), ("C2", ""), ("C9", "")]
    contacts = [
        {**TOLD, "contact_ref": f"T{n}", "crime_ref": crime, "person_ref": who} for n, (crime, who) in enumerate(said)
    ]
    held = records(tmp_path, crimes=[CRIME, {**CRIME, "crime_ref": "C2"}], people=people, victim_contacts=contacts)
    nobodys = without_a_victim(held, FORCE)
    assert nobodys.rows() == [("contacts", date(2022, 6, 1), 2)]
    asked = Asked(force_id=FORCE, window=parse_window("2022-06", "2022-06"))
    gaps = recording_gaps(kept_states(held, FORCE, Rules()).states(), held, Rules(), asked, nobodys)
    assert gaps.parameters[FOR_NOBODY] == {"contacts": 2, "complaints": 0}
    july = replace(asked, window=parse_window("2022-07", "2022-07"))
    gaps = recording_gaps(kept_states(held, FORCE, Rules()).states(), held, Rules(), july, nobodys)
    assert gaps.parameters[FOR_NOBODY] == {"contacts": 0, "complaints": 0}


def test_what_is_to_be_entered_is_said_in_words_that_the_contracts_have(tmp_path: Path) -> None:
    complaint = {"complaint_ref": "K1", "received_on": "2022-06-20", "person_ref": "V1"}
    notices = [
        {**NOTICE, "kind": kind, "notice_ref": kind, "received_at": "2022-06-28T10:00:00"} for kind, _ in NOTICES
    ]
    held = records(
        tmp_path, crimes=[CRIME], people=[VICTIM, SUSPECT], complaints=[complaint], notices=notices, victim_contacts=[EARLIER],
        fraud_disseminations_action_fraud=[{**SENT, "received_on": "2022-06-20"}], fraud_victims_action_fraud=[LISTED],
    )  # fmt: skip
    states = kept_states(held, FORCE, Rules()).states()
    rows = owed(states, held, FORCE, Rules(), date(2022, 6, 30), date(2022, 7, 30))
    told = dict(rows.select("obligation", "enter").iter_rows())
    assert (
        told["complaint_acknowledged"]
        == "the day on which the complaint was acknowledged, or a contact about complaint"
    )
    assert told["told_of_appeal"] == "a contact about appeal or outcome"
    assert told["told_to_attend"] == "a contact about attendance or trial or court"
    unlimited = owed_without_limit(states, held, FORCE, Rules(), date(2022, 6, 30))
    report = unlimited.filter((pl.col("crime_ref") == "NFRC1") & (pl.col("obligation") == "crime_recorded"))
    assert report["enter"].to_list() == ["the crime, with when it was recorded"]


def test_of_two_victims_a_contact_that_names_neither_is_evidence_for_neither(tmp_path: Path) -> None:
    other = {**VICTIM, "person_ref": "V2"}
    found = states(
        tmp_path, crimes=[CRIME], people=[VICTIM, other, SUSPECT], investigation_events=[ARREST],
        victim_contacts=[EARLIER, {**TOLD, "person_ref": ""}],
    )  # fmt: skip
    assert {state_of(found, "told_of_arrest", who) for who in ("V1", "V2")} == {"no evidence"}


def test_a_victim_who_is_the_suspect_is_owed_no_news_of_the_arrest(tmp_path: Path) -> None:
    both = [VICTIM, {**VICTIM, "role": "suspect"}, {**VICTIM, "person_ref": "V2"}]
    found = states(
        tmp_path, crimes=[CRIME], people=both, investigation_events=[{**ARREST, "person_ref": "V1"}], victim_contacts=[EARLIER]
    )  # fmt: skip
    assert [state_of(found, "told_of_arrest", who) for who in ("V1", "V2")] == ["not applicable", "no evidence"]


NAMED = [
    # the crime's people beside the victim, what was told of the arrest of S1, and the state of its news: that a suspect is not among
    # the people, or not yet, says nothing of whether news of him is owed
    ("the suspect", [SUSPECT], [TOLD], "met in time", None),
    ("another suspect alone", [{**SUSPECT, "person_ref": "S9"}], [TOLD], "no evidence", "whether a suspect"),
    ("another suspect alone, nothing told", [{**SUSPECT, "person_ref": "S9"}], [], "no evidence", "whether a suspect"),
    ("him as a witness", [{**SUSPECT, "person_ref": "S9"}, {**SUSPECT, "role": "witness"}], [TOLD], "no evidence",
     "whether a suspect"),
    ("no suspect at all", [], [TOLD], "met in time", None),
]  # fmt: skip


@pytest.mark.parametrize(("what", "people", "told", "state", "lacking"), NAMED, ids=[one[0] for one in NAMED])
def test_a_suspect_whom_the_people_do_not_name_yet_leaves_open_whether_news_is_owed(
    what: str, people: list[dict[str, str]], told: list[dict[str, str]], state: str, lacking: str | None, tmp_path: Path
) -> None:
    found = states(
        tmp_path, crimes=[CRIME], people=[VICTIM, *people], investigation_events=[ARREST], victim_contacts=[EARLIER, *told]
    )  # fmt: skip
    own = found.filter(pl.col("obligation") == "told_of_arrest")
    assert own.select("state", "lacking").rows() == [(state, lacking)]


def test_a_choice_of_no_updates_is_kept_from_the_extract_on_that_shows_it(tmp_path: Path) -> None:
    """The people came in on 1 July. What was due on 13 June may have fallen due before the choice; on 1 July it was made."""
    for n, choice in enumerate(({"is_opted_out": "Y"}, {"contact_preference": "none"})):
        folder = tmp_path / str(n)
        folder.mkdir()
        suspect = {**SUSPECT, **dict.fromkeys(choice, "")}
        later = {**ARREST, "event_ref": "E2", "kind": "bail", "happened_at": "2022-06-24T10:00:00"}
        found = states(
            folder, crimes=[CRIME], people=[{**VICTIM, **choice}, suspect], investigation_events=[ARREST, later],
            victim_contacts=[{**EARLIER, "contacted_at": "2022-07-20T12:00:00"}],
        )  # fmt: skip
        assert state_of(found, "told_of_arrest") == "no evidence"
        assert found.filter(pl.col("obligation") == "told_of_arrest")["lacking"][0] == "day of opting out"
        assert state_of(found, "told_of_bail") == "declined by the victim"


def test_a_crime_cancelled_on_a_day_not_recorded_owes_nothing_from_the_extract_on_that_shows_it(tmp_path: Path) -> None:
    for status, state in (("cancelled", "not applicable"), ("transferred", "another agency's duty")):
        folder = tmp_path / status
        folder.mkdir()
        later = {**ARREST, "event_ref": "E2", "kind": "bail", "happened_at": "2022-06-24T10:00:00"}
        found = states(
            folder, crimes=[{**CRIME, "status": status}], people=[VICTIM, SUSPECT], investigation_events=[ARREST, later],
            victim_contacts=[{**EARLIER, "contacted_at": "2022-07-20T12:00:00"}],
        )  # fmt: skip
        assert state_of(found, "told_of_arrest") == "no evidence"
        assert found.filter(pl.col("obligation") == "told_of_arrest")["lacking"][0] == "day of cancellation or transfer"
        assert state_of(found, "told_of_bail") == state


def test_a_crime_cancelled_before_its_duty_was_due_owes_nothing(tmp_path: Path) -> None:
    gone = {**CRIME, "status": "cancelled", "status_on": "2022-06-07"}
    found = states(
        tmp_path, crimes=[gone], people=[VICTIM, SUSPECT], investigation_events=[ARREST], victim_contacts=[EARLIER]
    )
    assert state_of(found, "told_of_arrest") == "not applicable"
    later = {**gone, "status_on": "2022-06-14"}
    (tmp_path / "later").mkdir()
    found = states(
        tmp_path / "later", crimes=[later], people=[VICTIM, SUSPECT], investigation_events=[ARREST], victim_contacts=[EARLIER]
    )  # fmt: skip
    assert state_of(found, "told_of_arrest") == "no evidence"


def test_news_from_court_runs_from_when_the_force_was_told(tmp_path: Path) -> None:
    hearing = {
        **ARREST,
        "kind": "court_date",
        "happened_at": "2022-09-01T10:00:00",
        "recorded_at": "2022-06-06T10:00:00",
    }
    found = states(
        tmp_path, crimes=[CRIME], people=[VICTIM, SUSPECT], investigation_events=[hearing], victim_contacts=[EARLIER]
    )
    assert found.filter(pl.col("obligation") == "told_of_first_hearing")["due"][0].date() == date(2022, 6, 13)


NOTICES = [
    # a kind of notice received on 6 June, and what its clock is of
    ("charging_decision", "told_of_charge"), ("charge_altered", "told_of_charge_altered"),
    ("charge_dropped", "told_of_charge_altered"), ("bail_decision", "told_of_bail_hearing"),
    ("first_hearing", "told_of_first_hearing"), ("trial_date", "told_of_trial"), ("trial_moved", "told_of_trial"),
    ("required_to_attend", "told_to_attend"), ("verdict", "told_of_verdict"), ("sentence", "told_of_sentence"),
    ("appeal", "told_of_appeal"), ("contact_scheme_offer", None), ("release_date", None),
]  # fmt: skip
NOTICE = {"crime_ref": "C1", "notice_ref": "N1", "person_ref": "S1", "decided_at": "2022-06-02T10:00:00",
          "received_at": "2022-06-06T10:00:00", "hearing_on": ""}  # fmt: skip
ONCE = {
    "crime_recorded",
    "acknowledgement",
    "needs_assessment",
    "support_referral",
    "compensation_information",
    "statement_offered",
}


def begun(tmp_path: Path, **tables: list[dict[str, str]]) -> list[tuple[str, str]]:
    """What is owed each time under the Code, and the day in London on which its clock started."""
    found = states(tmp_path, crimes=[CRIME], people=[VICTIM, SUSPECT], victim_contacts=[EARLIER], **tables)
    own = found.filter((pl.col("scheme") == "victims_code") & ~pl.col("obligation").cast(pl.String).is_in(list(ONCE)))
    day = pl.col("at").dt.convert_time_zone("Europe/London").dt.strftime("%-d %b")
    return own.sort("at", "obligation").select(pl.col("obligation").cast(pl.String), day).rows()


def test_every_kind_of_notice_is_told_of() -> None:
    kind = next(f for f in contract("notices").fields if f.name == "kind")
    assert [name for name, _ in NOTICES] == sorted(kind.codes or (), key=[name for name, _ in NOTICES].index)


@pytest.mark.parametrize(("kind", "obligation"), NOTICES, ids=[n[0] for n in NOTICES])
def test_a_notice_starts_its_clock_on_the_day_of_its_receipt(kind: str, obligation: str | None, tmp_path: Path) -> None:
    found = begun(tmp_path, notices=[{**NOTICE, "kind": kind}])
    assert found == ([(obligation, "6 Jun")] if obligation else [])


HEARD = {**ARREST, "recorded_at": "2022-06-20T10:00:00"}
NEWS = [
    # what the investigation's own records hold, the notices, and the clocks: each piece of news once, from its notice
    ("a verdict without a notice, from when it was recorded",
     [{"kind": "verdict", "happened_at": "2022-06-01T10:00:00"}], [], [("told_of_verdict", "20 Jun")]),
    ("a verdict and its notice",
     [{"kind": "verdict", "happened_at": "2022-06-01T10:00:00"}], [{"kind": "verdict"}], [("told_of_verdict", "6 Jun")]),
    ("a verdict of which witness care sent a notice too",
     [{"kind": "verdict", "happened_at": "2022-06-01T10:00:00"}],
     [{"kind": "verdict", "received_at": "2022-06-07T10:00:00"}, {"kind": "verdict", "notice_ref": "N2"}],
     [("told_of_verdict", "6 Jun")]),
    ("a verdict, and a notice of another's",
     [{"kind": "verdict", "happened_at": "2022-06-01T10:00:00"}], [{"kind": "verdict", "person_ref": "S2"}],
     [("told_of_verdict", "6 Jun"), ("told_of_verdict", "20 Jun")]),
    ("a verdict, and a notice that does not say of whom",
     [{"kind": "verdict", "happened_at": "2022-06-01T10:00:00"}], [{"kind": "verdict", "person_ref": ""}],
     [("told_of_verdict", "6 Jun")]),
    ("a verdict given after the notice of another",
     [{"kind": "verdict", "happened_at": "2022-06-10T10:00:00"}], [{"kind": "verdict"}],
     [("told_of_verdict", "6 Jun"), ("told_of_verdict", "20 Jun")]),
    ("two notices of one verdict that nobody entered",
     [], [{"kind": "verdict", "received_at": "2022-06-07T10:00:00"}, {"kind": "verdict", "notice_ref": "N2"}],
     [("told_of_verdict", "6 Jun")]),
    ("a charge is the force's own, whatever notice came of the decision",
     [{"kind": "charge", "happened_at": "2022-06-09T10:00:00"}], [{"kind": "charging_decision"}], [("told_of_charge", "9 Jun")]),
    ("a charge dropped, and its notice",
     [{"kind": "charge_dropped", "happened_at": "2022-06-02T10:00:00"}], [{"kind": "charge_dropped"}],
     [("told_of_charge_altered", "6 Jun")]),
    ("the first hearing and its notice",
     [{"kind": "court_date", "happened_at": "2022-07-05T10:00:00"}], [{"kind": "first_hearing", "hearing_on": "2022-07-05"}],
     [("told_of_first_hearing", "6 Jun")]),
    ("the first hearing, and later ones",
     [{"kind": "court_date", "happened_at": "2022-06-25T10:00:00"},
      {"kind": "court_date", "happened_at": "2022-06-28T10:00:00", "recorded_at": "2022-06-26T10:00:00"}], [],
     [("told_of_first_hearing", "20 Jun")]),
    ("a notice of the first hearing, and a later hearing",
     [{"kind": "court_date", "happened_at": "2022-07-05T10:00:00"}], [{"kind": "first_hearing", "hearing_on": "2022-06-10"}],
     [("told_of_first_hearing", "6 Jun")]),
    ("a trial and its notice, and its move",
     [{"kind": "trial_date", "happened_at": "2022-07-05T10:00:00"}],
     [{"kind": "trial_date", "hearing_on": "2022-07-05"},
      {"kind": "trial_moved", "notice_ref": "N2", "hearing_on": "2022-10-05", "received_at": "2022-06-08T10:00:00"}],
     [("told_of_trial", "6 Jun"), ("told_of_trial", "8 Jun")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "events", "notices", "clocks"), NEWS, ids=[n[0] for n in NEWS])
def test_news_that_others_decide_runs_from_its_notice_and_counts_once(
    what: str,
    events: list[dict[str, str]],
    notices: list[dict[str, str]],
    clocks: list[tuple[str, str]],
    tmp_path: Path,
) -> None:
    tables: dict[str, list[dict[str, str]]] = {}
    if events:
        tables["investigation_events"] = [{**HEARD, "event_ref": f"E{n}", **one} for n, one in enumerate(events)]
    if notices:
        tables["notices"] = [{**NOTICE, **one} for one in notices]
    assert begun(tmp_path, **tables) == clocks


SENT = {
    "report_ref": "NFRC1",
    "package_ref": "P1",
    "disseminated_on": "2022-06-09",
    "received_on": "2022-06-10",
    "kind": "pursue",
}
LISTED = {"report_ref": "NFRC1", "reported_at": "2022-06-05T09:00:00", "nfib_code": "NFIB1D", "victim_type": "person"}
REPORTED = [
    # how the weekly list has the victim of a report of fraud without a crime (None: not at all), and what they are entitled to
    ("a person", {}, "entitled", False),
    ("a child by the birth alone", {"born_on": "2010-01-01"}, "entitled", True),
    ("an organisation", {"victim_type": "organisation"}, "not recorded", False),
    ("nobody says which", {"victim_type": ""}, "victim not recorded", False),
    ("on no list", None, "victim not recorded", False),
]


@pytest.mark.parametrize(("what", "listed", "entitlement", "is_enhanced"), REPORTED, ids=[r[0] for r in REPORTED])
def test_what_the_victim_of_a_report_of_fraud_is_entitled_to(
    what: str, listed: dict[str, str] | None, entitlement: str, is_enhanced: bool, tmp_path: Path
) -> None:
    lists = {} if listed is None else {"fraud_victims_action_fraud": [{**LISTED, **listed}]}
    tables = {
        "crimes": [CRIME],
        "people": [VICTIM],
        "fraud_disseminations_action_fraud": [SENT],
        "victim_contacts": [EARLIER],
    }
    held = records(tmp_path, **tables, **lists)
    own = held_journeys(held, FORCE).journeys.filter(pl.col("crime_ref") == "NFRC1")
    assert own.select("entitlement", "is_enhanced").rows() == [(entitlement, is_enhanced)]
    found = pl.concat(force_states(held_journeys(held, FORCE), Rules())).filter(pl.col("crime_ref") == "NFRC1")
    lacking = {"entitled": "any contact", "not recorded": "named contact", "victim not recorded": "who the victim is"}[
        entitlement
    ]
    referral = found.filter(pl.col("obligation") == "support_referral")
    assert referral.select("state", "lacking").rows() == [("no evidence", lacking)]
    if entitlement == "victim not recorded":
        rows = owed(
            kept_states(held, FORCE, Rules()).states(), held, FORCE, Rules(), date(2022, 6, 15), date(2022, 7, 7)
        )
        [enter] = rows.filter((pl.col("crime_ref") == "NFRC1") & (pl.col("obligation") == "support_referral"))["enter"]
        assert (
            enter
            == "whether the victim is a person or an organisation; if it is owed, a contact about support referral"
        )


@pytest.mark.parametrize("whom", ["", "V77"], ids=["naming nobody", "naming somebody"])
def test_contacts_about_a_report_of_fraud_without_a_crime_are_evidence_for_whoever_made_it(
    whom: str, tmp_path: Path
) -> None:
    told = {
        **TOLD,
        "crime_ref": "NFRC1",
        "person_ref": whom,
        "contacted_at": "2022-06-13T10:00:00",
        "about": "support_referral",
    }
    found = states(
        tmp_path, crimes=[CRIME], people=[VICTIM], fraud_disseminations_action_fraud=[SENT], victim_contacts=[EARLIER, told],
        fraud_victims_action_fraud=[LISTED],
    )  # fmt: skip
    own = found.filter((pl.col("crime_ref") == "NFRC1") & (pl.col("obligation") == "support_referral"))
    assert own["state"].to_list() == ["met in time"]


def test_fraud_is_owed_from_receipt_with_a_crime_of_the_forces_own_or_without(tmp_path: Path) -> None:
    sent: list[dict[str, str]] = [
        {"report_ref": "NFRC1", "package_ref": "P1", "disseminated_on": "2022-06-09", "received_on": "2022-06-10", "kind": "pursue",
         "local_crime_ref": "C1"},
        {"report_ref": "NFRC2", "package_ref": "P1", "disseminated_on": "2022-06-09", "received_on": "", "kind": "pursue",
         "local_crime_ref": ""},
        {"report_ref": "NFRC3", "package_ref": "P1", "disseminated_on": "2022-06-09", "received_on": "", "kind": "intelligence",
         "local_crime_ref": ""},
    ]  # fmt: skip
    found = states(
        tmp_path, crimes=[CRIME], people=[VICTIM], fraud_disseminations_action_fraud=sent, victim_contacts=[EARLIER]
    )  # fmt: skip
    referral = found.filter(pl.col("obligation") == "support_referral").sort("crime_ref")
    assert [(r["crime_ref"], r["event"], r["due"].date()) for r in referral.iter_rows(named=True)] == [
        ("C1", "received", date(2022, 6, 14)),
        ("NFRC2", "received", date(2022, 6, 13)),
    ]


def test_nothing_held_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingHeld):
        journeys(tmp_path, crimes=[CRIME])


# --- kept states, and what is owed now -------------------------------------------------------------------------------


def _tables(**more: list[dict[str, str]]) -> dict[str, Any]:
    crimes = [CRIME, {**CRIME, "crime_ref": "C2"}]
    people = [VICTIM, SUSPECT, {**VICTIM, "crime_ref": "C2"}]
    late = {**ARREST, "happened_at": "2022-06-29T10:00:00"}
    spells = [
        {
            "crime_ref": "C1",
            "unit": "North",
            "team": "Response",
            "owned_from": "2022-06-01T10:00:00",
            "officer_ref": "O1",
        },
        {"crime_ref": "C1", "unit": "North", "team": "CID", "owned_from": "2022-06-30T09:00:00", "officer_ref": "O2"},
    ]
    return {
        "crimes": crimes,
        "people": people,
        "investigation_events": [late],
        "ownership": spells,
        "victim_contacts": [EARLIER],
        **more,
    }


def test_what_is_owed_is_listed_before_it_is_late_and_closed_by_the_next_extract(tmp_path: Path) -> None:
    held = records(tmp_path, **_tables())
    kept = kept_states(held, FORCE, Rules())
    assert kept.judged_anew == 2
    rows = owed(kept.states(), held, FORCE, Rules(), date(2022, 6, 30), date(2022, 7, 7), "CID")
    assert rows.select(
        "obligation", "due_on", "working_days_left", "officer_ref", "handed_over_on", "is_overdue"
    ).rows() == [
        ("support_referral", date(2022, 6, 7), -17, "O2", date(2022, 6, 30), True),
        ("step_officer", date(2022, 6, 8), -16, "O2", date(2022, 6, 30), True),
        ("step_arrest", date(2022, 7, 4), 2, "O2", date(2022, 6, 30), False),
        ("told_of_arrest", date(2022, 7, 6), 4, "O2", date(2022, 6, 30), False),
    ]
    assert rows["enter"].to_list()[-1] == "a contact about arrest"
    of_north = owed(kept.states(), held, FORCE, Rules(), date(2022, 6, 30), date(2022, 7, 5), "North")
    assert of_north["crime_ref"].to_list() == ["C1", "C2", "C1", "C2", "C1"]

    told = {**TOLD, "contact_ref": "T2", "contacted_at": "2022-07-01T10:00:00"}
    put(held.home, tmp_path, datetime(2022, 7, 2, tzinfo=UTC), "victim_contacts", [told], months="2022-07")
    later = records_as_at(held.home, NOW)
    again = kept_states(later, FORCE, Rules())
    assert (again.judged_anew, len(again.parts)) == (1, 2)
    rows = owed(again.states(), later, FORCE, Rules(), date(2022, 7, 1), date(2022, 7, 7), "CID")
    assert "told_of_arrest" not in rows["obligation"].to_list()
    order = ["crime_ref", "person_ref", "at", "obligation"]
    whole = pl.concat(force_states(held_journeys(later, FORCE), Rules())).sort(order)
    assert again.states().select(whole.columns).collect().sort(order).equals(whole)
    assert kept_states(later, FORCE, Rules()) == again
    assert kept_states(held, FORCE, Rules()) == kept


def test_what_is_owed_is_of_the_forces_own_crimes_and_has_its_team_where_the_crimes_say_none(tmp_path: Path) -> None:
    held = records(tmp_path, **_tables())
    kept = kept_states(held, FORCE, Rules())
    elsewhere = {**CRIME, "force": "West Midlands Police", "team": "Elsewhere"}
    spell = {"force": "West Midlands Police", "crime_ref": "C2", "unit": "South", "owned_from": "2022-06-30T09:00:00"}
    when = datetime(2022, 7, 20, 12, tzinfo=UTC)
    for name, row in (("crimes", {**elsewhere, "crime_ref": "C2"}), ("ownership", spell)):
        put(held.home, tmp_path, when, name, [row])
    found = owed(kept.states(), records_as_at(held.home, NOW), FORCE, Rules(), date(2022, 6, 30), date(2022, 7, 7))
    assert set(found.filter(pl.col("crime_ref") == "C2")["team"]) == {"North / Response"}

    (tmp_path / "bare").mkdir()
    bare = records(tmp_path / "bare", victim_contacts=[EARLIER])
    found = owed(kept.states(), bare, FORCE, Rules(), date(2022, 6, 30), date(2022, 7, 7))
    assert set(found["team"]) == {"North / Response", "North / CID"}, "as they stood when they were judged"


def test_another_forces_later_extract_makes_nothing_of_this_force_late(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for n, (name, rows) in enumerate(_tables().items()):
        put(home, tmp_path, datetime(2022, 7, 1, 12, n, tzinfo=UTC), name, rows)
    before = moment_known(records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC)), FORCE)
    theirs = {**TOLD, "force": "Kent Police", "contact_ref": "K1", "contacted_at": "2022-07-20T10:00:00"}
    put(home, tmp_path, datetime(2022, 7, 21, 12, tzinfo=UTC), "victim_contacts", [theirs], "2022-07")
    held = records_as_at(home, datetime(2022, 8, 1, tzinfo=UTC))
    assert moment_known(held, FORCE) == before
    assert moment_known(held, "kent") > before
