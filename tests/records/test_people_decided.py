"""A person's word taken by command: on whom it is said, what the log holds of it, and what the next linking makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fourfold.analysis.repeat_victims import victim_times
from fourfold.errors import AccessRefused, NothingHeld, RequestInvalid
from fourfold.records import entries, likeness, people, weekly_lists
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import Records, records_as_at
from tests.records.extracts import at, put

ASKING = Asking(officer="A1", role="analyst", purpose="linking people", reason="two brothers")
JEAN = {
    "forename": "Jean",
    "surname": "Okonjo",
    "born_on": "1948-03-02",
    "address": "4 Tern Row",
    "phone": "07700 900123",
}
ADE = {
    "forename": "Ade",
    "surname": "Bright",
    "born_on": "1990-01-01",
    "address": "9 Kelp Lane",
    "phone": "07700 900999",
}
BEN = {
    "forename": "Benedict",
    "surname": "Tarrow",
    "born_on": "1971-09-09",
    "address": "7 Quay",
    "phone": "07700 900555",
}
PARTS = [
    # Jean is the victim of two crimes; Ade is a suspect of the first, and Ben of the second
    {"crime_ref": "C1", "person_ref": "P1", "role": "victim", **JEAN},
    {"crime_ref": "C1", "person_ref": "P2", "role": "suspect", **ADE},
    {"crime_ref": "C2", "person_ref": "P1", "role": "victim", **JEAN},
    {"crime_ref": "C2", "person_ref": "P3", "role": "suspect", **BEN},
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    made.mkdir()
    put(tmp_path / "home", made, at(1), "people", PARTS)
    Folder(tmp_path / "home").admit("A1", "analyst")
    linked(tmp_path / "home")
    return tmp_path / "home"


def held(home: Path, month: int = 8) -> Records:
    return records_as_at(home, datetime(2022, month, 1, tzinfo=UTC))


def linked(home: Path) -> people.Linked:
    return people.link(held(home), Folder(home).gate, ASKING, at(2))


def decide(home: Path, says: str, one: str, other: str, asking: Asking = ASKING) -> None:
    people.decide(held(home), Folder(home).gate, asking, says, one, other, clock=lambda: at(3))


def person(home: Path, ref: str, role: str = "victim") -> str:
    state = people.state_of(home)
    where = entries.places(held(home)).join(state.people, on="entry")
    return str(where.filter((pl.col("ref") == ref) & (pl.col("role") == role))["person"].item())


def test_a_word_on_two_references_is_said_of_whom_both_share_and_of_nobody_else(home: Path) -> None:
    assert person(home, "C1") == person(home, "C2")
    decide(home, "different", "C1", "C2")
    assert person(home, "C1") != person(home, "C2")
    said = people.state_of(home).decisions
    assert [d.says for d in said] == ["different"], "the suspects were not spoken of"
    decide(home, "same", person(home, "C1", "suspect"), person(home, "C2"))
    assert person(home, "C1", "suspect") == person(home, "C2")


@pytest.mark.parametrize(
    ("says", "one", "other", "fault"),
    [
        ("same", "C1", "C2", RequestInvalid),  # of each crime two people: which of them?
        ("same", "P", "C1", RequestInvalid),
        ("different", "P", "C1", RequestInvalid),
        ("different", "P", "P", RequestInvalid),
        ("same", "P", "C9", NothingHeld),
    ],
)
def test_a_reference_of_several_people_says_nothing_of_any(
    home: Path, says: str, one: str, other: str, fault: Any
) -> None:
    key = person(home, "C2", "suspect")
    before = people.state_of(home)
    with pytest.raises(fault):
        decide(home, says, one.replace("P", key), other.replace("P", key))
    assert people.state_of(home).people.equals(before.people)
    assert not people.state_of(home).decisions
    assert json.loads(Folder(home).entries()[-1]["note"])["outcome"].startswith("refused")


def test_a_decision_is_begun_and_closed_on_the_log_with_the_people_and_nothing_is_read_before(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = sorted({person(home, "C1"), person(home, "C1", "suspect")})
    before = len(Folder(home).entries())
    decide(home, "same", *both)
    begun, link, closed = Folder(home).entries()[before:]
    assert [e["verb"] for e in (begun, link, closed)] == ["decide person", "link people", "decide person"]
    assert [e["phase"] for e in (begun, link, closed)] == ["begun", "done", "closed"]
    assert closed["refers_to"] == begun["number"]
    assert json.loads(closed["keys"]) == both
    assert json.loads(closed["note"])["says"] == json.loads(begun["note"])["says"] == "same"
    assert begun["reason"] == "two brothers"

    monkeypatch.setattr(people, "state_of", lambda _: pytest.fail("read before the log has it"))
    with pytest.raises(AccessRefused):
        decide(home, "same", *both, asking=replace(ASKING, officer="B2"))
    assert Folder(home).entries()[-1]["phase"] == "refused"


def test_a_person_who_stands_twice_in_one_crime_was_a_victim_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    twice = [{"crime_ref": "C1", "person_ref": ref, "role": "victim", **JEAN} for ref in ("P1", "P7")]
    put(home, tmp_path, at(1), "people", [*twice, {"crime_ref": "C1", "person_ref": "P2", "role": "victim", **ADE}])
    Folder(home).admit("A1", "analyst")
    unlinked = victim_times(held(home), people.State())
    assert unlinked.height == 3, "who is not linked is not known to be anybody else"
    state = linked(home).state
    (same,) = [n for _, n in state.people.group_by("person").len().iter_rows() if n > 1]
    assert same == 2
    assert victim_times(held(home), state).height == 2


def test_a_report_and_the_crime_that_was_made_of_it_are_one_time(tmp_path: Path) -> None:
    home = tmp_path / "home"
    parts = [{"crime_ref": ref, "person_ref": "P1", "role": "victim", **JEAN} for ref in ("C1", "C2")]
    put(home, tmp_path, at(1), "people", [*parts, {"crime_ref": "C1", "person_ref": "P2", "role": "victim", **ADE}])
    put(home, tmp_path, at(1), "fraud_victims_action_fraud", [{"report_ref": "N1", "loss_pence": "5", **JEAN}])
    put(home, tmp_path, at(1), "fraud_disseminations_action_fraud", [{"report_ref": "N1", "local_crime_ref": "C1"}])
    Folder(home).admit("A1", "analyst")
    state = linked(home).state
    times = victim_times(held(home), state)
    jean = state.people.group_by("person").len().filter(pl.col("len") == 3)["person"].item()
    assert sorted(times.filter(pl.col("person") == jean)["ref"]) == ["C2", "N1"]
    assert times.filter(pl.col("person") != jean)["ref"].to_list() == ["C1"], "the crime had another victim, too"


def test_a_victim_is_no_repeat_victim_of_the_crime_that_was_made_of_the_report(tmp_path: Path) -> None:
    home = tmp_path / "home"
    parts = [
        {"crime_ref": ref, "person_ref": who, "role": "victim", **JEAN}
        for ref, who in (("C1", "P1"), ("C2", "P1"), ("C2", "P7"))
    ]
    put(home, tmp_path, at(1), "people", parts)
    put(home, tmp_path, at(1), "fraud_victims_action_fraud", [{"report_ref": ref, **JEAN} for ref in ("N1", "N2")])
    sent = [{"report_ref": "N1", "local_crime_ref": "C1"}, {"report_ref": "N2", "local_crime_ref": "C1"}]
    put(home, tmp_path, at(1), "fraud_disseminations_action_fraud", sent)
    Folder(home).admit("A1", "analyst")
    linked(home)
    rows = weekly_lists.with_keys(weekly_lists.reports(held(home), "leicestershire").collect())
    key = rows.filter(pl.col("report_ref") == "N1")["key"].item()
    (known,) = weekly_lists.known(held(home), [key]).values()
    assert [past.ref for past in known.earlier] == ["C2", "N2"], "C1 is this very report, and C2 is one crime"


def test_a_number_is_not_given_again_when_an_earlier_identifier_was_erased(home: Path) -> None:
    state = people.state_of(home)
    first = state.keys.sort("number")["key"][0]
    erased = replace(
        state, keys=state.keys.filter(pl.col("key") != first), people=state.people.filter(pl.col("person") != first)
    )
    with_new = people.linked(erased, entries.entries(held(home), Folder(home).gate, ASKING, at(3)))
    numbers = with_new.state.keys["number"].to_list()
    assert len(numbers) == 3
    assert len(set(numbers)) == 3
    assert numbers[-1] > max(state.keys["number"])


def test_a_linking_that_waited_takes_the_records_that_another_linked_meanwhile(home: Path, tmp_path: Path) -> None:
    early = records_as_at(home, at(5))
    put(home, tmp_path, at(6), "people", [{"crime_ref": "C3", "person_ref": "P9", "role": "victim", **ADE}], "2022-07")
    later = linked(home).state
    assert later.people.height == 5
    waited = people.link(early, Folder(home).gate, ASKING, at(7))
    assert waited.state.people.equals(later.people)
    assert waited.state.at == later.at
    assert waited.changes == ()


def test_by_other_weights_it_is_still_known_where_each_entry_lies_and_who_is_a_firm(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = people.state_of(home)
    monkeypatch.setattr(likeness, "version", lambda: "others")
    state = people.state_of(home)
    assert state.index.equals(before.index)
    assert state.index.height == 4
    assert (state.links.height, state.batches) == (0, ())
    assert linked(home).changes == ()
