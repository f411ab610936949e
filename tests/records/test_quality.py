"""What stands in each field is counted by what it says, and the answers that fields give by a plain loop over the rows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.codes import gaps
from fourfold.codes.periods import parse_window
from fourfold.errors import AccessRefused, CodeUnknown
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.quality import NO, NO_ROW, NOT_KNOWN, STATES, YES, Quality, raw_texts, unparsed
from tests.records.extracts import at, put

NOW = datetime(2022, 8, 1, tzinfo=UTC)
JUNE = parse_window("2022-06", "2022-06")
CRIME = {
    "offence_code": "8N",
    "recorded_at": "2022-06-10T09:00:00",
    "unit": "North",
    "team": "Response",
    "officer_ref": "P1",
}


@pytest.fixture
def violence(home: Path, tmp_path: Path) -> Quality:
    """Seven crimes of violence, five of them flagged, and whom they were done to."""
    crimes = [("V1", "yes"), ("V2", "yes"), ("V3", "yes"), ("V4", ""), ("V5", "no"), ("V6", "yes"), ("V7", "yes")]
    put(home, tmp_path, at(1), "crimes", [
        {**CRIME, "crime_ref": ref, "is_business": flag, "status": "cancelled" if ref == "V7" else "recorded",
         "status_on": "2022-06-20", "unit": "South" if ref == "V3" else "North"}
        for ref, flag in crimes
    ])  # fmt: skip
    put(home, tmp_path, at(2), "people", [
        {"crime_ref": ref, "person_ref": f"N{n}", "role": role, "occupation": occupation, "age_at_report": age}
        for n, (ref, role, occupation, age) in enumerate([
            ("V1", "victim", "Shop Worker", "30"), ("V1", "victim", "", "31"), ("V1", "suspect", "", "20"),
            ("V2", "victim", "", "thirty"), ("V3", "victim", "refused", "300"), ("V4", "victim", "teacher", ""),
            ("V5", "victim", "n/a", "40"), ("V6", "organisation", "", ""), ("V7", "victim", "", ""),
        ])
    ])  # fmt: skip
    return Quality(records_as_at(home, NOW), "leicestershire")


@pytest.mark.parametrize(
    ("field", "said"),
    [
        # nine rows of people, one of a cancelled crime; an organisation has no occupation and no age
        ("occupation", {"recorded": 2, "refused": 1, "not_recorded": 3, "not_applicable": 2}),
        ("age_at_report", {"recorded": 4, "unreadable": 2, "not_recorded": 1, "not_applicable": 1}),
        ("forename", {"not_recorded": 7, "not_applicable": 1}),
        ("role", {"recorded": 8}),
    ],
)
def test_a_cell_is_counted_by_what_it_says(violence: Quality, field: str, said: dict[str, int]) -> None:
    rows = violence.counts(["people"]).filter(field=field)
    assert {s: rows[s].sum() for s in STATES} == dict.fromkeys(STATES, 0) | said
    assert rows["rows"].sum() == 8
    assert sum(rows[s].sum() for s in STATES if s != "invalid") == 8, "each cell stands in one state"


def test_counts_are_by_month_unit_and_team_of_the_crime(violence: Quality) -> None:
    rows = violence.counts(["people"]).filter(field="occupation").sort("unit")
    assert rows.select("month", "unit", "team", "rows").rows() == [
        (JUNE.first, "North", "Response", 7), (JUNE.first, "South", "Response", 1),
    ]  # fmt: skip


def test_a_word_on_no_list_is_recorded_and_not_valid(home: Path, tmp_path: Path) -> None:
    rows = [{"what": "offered"}, {"what": "dreamt of"}]
    put(home, tmp_path, at(1), "personal_statements", rows)
    found = Quality(records_as_at(home, NOW), "leicestershire").counts().filter(field="what")
    assert found.select("rows", "recorded", "invalid").row(0) == (2, 2, 1)


def test_a_field_that_no_file_has_a_column_for_is_not_one_that_nobody_filled_in(violence: Quality) -> None:
    assert "occupation" not in violence.never_sent("people")
    assert {"sex", "forename"} <= violence.never_sent("people")


def test_shop_worker_assaults_lie_between_what_is_recorded_and_what_may_be(violence: Quality) -> None:
    """Flagged and standing: V1 is one (a victim is a shop worker), V2 and V3 are not known, V6 has no victim that is a person."""
    told = violence.answers(gaps.gap("shop_worker_assaults"), JUNE)
    assert {(lacks, removable): n for _, _, lacks, removable, n in told.rows()} == {
        ("", False): 1, ("occupation", True): 1, ("occupation", False): 1, (NO_ROW, False): 1,
    }  # fmt: skip
    assert violence.to_fill_in([gaps.gap("shop_worker_assaults")], JUNE) == {"people.occupation": 2}


def test_a_window_takes_in_the_crimes_recorded_in_it(violence: Quality) -> None:
    assert violence.answers(gaps.gap("shop_worker_assaults"), parse_window("2022-05", "2022-05")).is_empty()


def test_who_lacks_a_field_is_told_once_it_is_on_the_log(violence: Quality, home: Path) -> None:
    folder = Folder(home)
    asking = Asking(officer="A1", role="information_manager", purpose="data quality")
    with pytest.raises(AccessRefused):
        violence.feedback("people.occupation", JUNE, folder.gate, asking, NOW)
    folder.admit("A1", "information_manager")
    told = violence.feedback("people.occupation", JUNE, folder.gate, asking, NOW, unit="North")
    assert told.total == 3
    assert told.rows.select("crime_ref", "unit", "officer_ref", "says").rows() == [
        ("V1", "North", "P1", "not recorded"), ("V1", "North", "P1", "not recorded"), ("V2", "North", "P1", "not recorded"),
    ]  # fmt: skip
    entry = folder.entries()[-1]
    assert (entry["kind"], entry["phase"]) == ("consultation", "done")
    assert entry["keys"].count(":") == 3
    one = violence.feedback("people.occupation", JUNE, folder.gate, asking, NOW, unit="North", skip=1, most=1)
    assert (one.total, one.rows["crime_ref"].to_list()) == (3, ["V1"])
    assert folder.entries()[-1]["keys"].count(":") == 1, "the entry names what is shown"
    assert violence.feedback("people.occupation", JUNE, folder.gate, asking, NOW, unit="South").rows[
        "says"
    ].to_list() == ["refused"]


def test_who_lacks_a_personal_field_is_told_without_a_look_at_it(violence: Quality, home: Path) -> None:
    Folder(home).admit("A1", "information_manager")
    asking = Asking(officer="A1", role="information_manager", purpose="data quality")
    told = violence.feedback("people.surname", JUNE, Folder(home).gate, asking, NOW)
    assert told.total == 7


@pytest.mark.parametrize("name", ["people.ocupation", "occupation", "wanted.status", "nothing.at_all"])
def test_a_field_that_is_not_held_is_told(violence: Quality, home: Path, name: str) -> None:
    Folder(home).admit("A1", "information_manager")
    asking = Asking(officer="A1", role="information_manager", purpose="data quality")
    with pytest.raises(CodeUnknown):
        violence.feedback(name, JUNE, Folder(home).gate, asking, NOW)


def test_unparsed_values_are_told_by_file_and_column_and_never_by_value(violence: Quality) -> None:
    told = unparsed(violence.records)
    assert told.select("file", "table", "column", "n", "kept_in").rows() == [
        ("people_2022-06.csv", "people", "age_at_report", 2, "people_personal")
    ]


def test_what_would_not_parse_is_read_once_it_is_on_the_log(violence: Quality, home: Path) -> None:
    folder = Folder(home)
    asking = Asking(officer="A1", role="information_manager", purpose="data quality")
    with pytest.raises(AccessRefused):
        raw_texts(violence.records, "people.age_at_report", folder.gate, asking, NOW)
    folder.admit("A1", "information_manager")
    told = raw_texts(violence.records, "people.age_at_report", folder.gate, asking, NOW)
    assert told.rows() == [("300", 1), ("thirty", 1)]
    entry = folder.entries()[-1]
    assert (entry["kind"], entry["phase"], entry["keys"].count(":")) == ("consultation", "done", 2)
    with pytest.raises(CodeUnknown):
        raw_texts(violence.records, "people.occupation", folder.gate, asking, NOW)


def test_a_correction_and_a_withdrawal_are_counted_as_they_stand(violence: Quality, home: Path, tmp_path: Path) -> None:
    """A later extract gives V2's victim an occupation: the gap closes, and as at the instant before it is as it was."""
    from fourfold.records.imports import withdraw

    later = put(home, tmp_path, at(20), "people", [
        {"crime_ref": "V2", "person_ref": "N3", "role": "victim", "occupation": "nurse", "forename": "Ann"}
    ], "2022-07")  # fmt: skip

    def lacking(instant: datetime) -> tuple[int, int]:
        seen = Quality(records_as_at(home, instant), "leicestershire")
        rows = seen.counts(["people"])
        return rows.filter(field="occupation")["not_recorded"].sum(), rows.filter(field="forename")["recorded"].sum()

    assert lacking(at(19)) == (3, 0)
    assert lacking(at(21)) == (2, 1)
    withdraw(home, later.batch.batch_id, reason="wrong", clock=lambda: at(22))
    assert lacking(at(23)) == (3, 0)


OCCUPATION = st.sampled_from([None, "shop worker", "nurse", "refused"])
ROWS = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from(["victim", "suspect"]), OCCUPATION),
    max_size=12,
)  # fmt: skip


@given(ROWS)
def test_a_crimes_answer_is_that_of_its_victims_together(rows: list[tuple[str, str, str | None]]) -> None:
    """The slow reference: yes where one victim is; no where there is one and each is known to be none; else not known."""
    seen = Quality(Records(home=Path(), as_at=NOW, standing=(), owners={}), "leicestershire")
    told = [(crime, role, occupation, None, "8N", True) for crime, role, occupation in rows]
    names = ["crime_ref", "role", "occupation", "faults", "_code", "_is_business"]
    people = pl.DataFrame(told, schema={**dict.fromkeys(names[:5], pl.String), names[5]: pl.Boolean}, orient="row")
    crimes = pl.DataFrame({"crime_ref": list("ABCD"), "_code": ["8N"] * 4, "_is_business": [True] * 4})
    vars(seen).update({
        "tables": ("crimes", "people"), "_spoken": {"people": {"occupation": {"refused": "refused"}}},
        "_kept": {("people", JUNE): people.lazy(), ("crimes", JUNE): crimes.lazy()},
    })  # fmt: skip
    counted: dict[str, int] = {}
    removable = 0
    for crime in "ABCD":
        own = [occupation for ref, role, occupation in rows if (ref, role) == (crime, "victim")]
        if "shop worker" in own:
            answer = "yes"
        elif own and all(one == "nurse" for one in own):
            answer = "no"
        else:
            answer = "not known"
            removable += bool(own) and "refused" not in own
        counted[answer] = counted.get(answer, 0) + 1
    found = seen.answers(gaps.gap("shop_worker_assaults"), JUNE)
    words = {NO: "no", NOT_KNOWN: "not known", YES: "yes"}
    said: dict[str, int] = {}
    for answer, n in found.select("answer", "n").iter_rows():
        said[words[answer]] = said.get(words[answer], 0) + n
    assert said == counted
    assert found.filter("is_removable")["n"].sum() == removable
