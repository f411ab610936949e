"""A force's own extracts, by contract: what each kind of field makes of what stands in it, and that no row is lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fourfold.errors import LayoutUnknown
from fourfold.records.account import LineAccount, Reading
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.lake import SCHEMAS
from fourfold.records.suppliers import Received, catalogue, contracts
from fourfold.records.suppliers.contracts import KINDS, PERSONAL, Contract, Field

ALL = catalogue.contracts()
NAMES = [c.name for c in ALL]


def clock() -> datetime:
    return datetime.now(UTC)


def reading_of(columns: Mapping[str, list[str | None]], name: str = "extract.csv") -> Reading:
    height = len(next(iter(columns.values())))
    rows = pl.DataFrame(
        {**columns, "line_number": list(range(2, 2 + height))}, schema_overrides=dict.fromkeys(columns, pl.String)
    )
    account = LineAccount(unit="line", total=height + 1, header=1, accepted=height)
    return Reading(name=name, encoding="utf-8", header=tuple(columns), rows=rows, account=account)


def one_field(field: Field, text: str | None) -> tuple[Any, str | None, Received]:
    """What a field makes of a text: the value kept, the raw text beside it, and the whole."""
    contract = Contract(
        name="example", system="example", title="Example", table="examples", key=("ref",), dated_by="",
        standing="force to supply", fields=(Field(name="ref", kind="reference", rule="Its reference."), field),
    )  # fmt: skip
    found = contracts.received(reading_of({"ref": ["1"], field.name: [text]}), contract)
    raw = found.tables[f"examples{PERSONAL}"]
    return (
        found.tables["examples"][field.name][0],
        raw[f"raw_{field.name}"][0] if f"raw_{field.name}" in raw.columns else None,
        found,
    )


@pytest.mark.parametrize(
    ("kind", "text", "value", "is_raw_kept"),
    [
        ("text", " as it was ", " as it was ", False),
        ("reference", " 20/123 ", "20/123", False),
        ("reference", "0012", "0012", False),
        ("date", "2022-10-20", date(2022, 10, 20), False),
        ("date", "20/10/2022", None, True),  # which is the day and which the month is for a mapping to say
        ("date", "2022-02-30", None, True),
        ("instant", "2022-01-20T14:05:00", datetime(2022, 1, 20, 14, 5, tzinfo=UTC), False),
        ("instant", "2022-07-20T14:05:00", datetime(2022, 7, 20, 13, 5, tzinfo=UTC), False),  # the clock in London
        ("instant", "2022-07-20 14:05", datetime(2022, 7, 20, 13, 5, tzinfo=UTC), False),
        ("instant", "2022-07-20T14:05:00Z", datetime(2022, 7, 20, 14, 5, tzinfo=UTC), False),
        ("instant", "2022-07-20T14:05:00+02:00", datetime(2022, 7, 20, 12, 5, tzinfo=UTC), False),
        ("instant", "0022-07-20T14:05:00", None, True),
        ("instant", "yesterday", None, True),
        ("number", "407,567.5", 407567.5, False),
        ("number", "nan", None, True),
        ("whole", "12", 12, False),
        ("whole", "12.0", 12, False),  # as a spreadsheet has it
        ("whole", "12.5", None, True),
        ("pence", "1,299", 1299, False),
        ("pence", "12.99", None, True),  # pounds? a mapping may say so
        ("yes_no", "Yes", True, False),
        ("yes_no", "0", False, False),
        ("yes_no", "unknown", None, True),
        ("score", "35", 35, False),
        ("score", "36", None, True),
        ("hash", "00ff00ff00ff00ff", "00ff00ff00ff00ff", False),
        ("hash", "not a hash", None, True),
    ],
)
def test_what_a_field_makes_of_a_text(kind: Any, text: str, value: Any, is_raw_kept: bool) -> None:
    bounds = {"least": 0, "most": 35} if kind == "score" else {}
    kept, raw, found = one_field(Field(name="it", kind=kind, rule="Its rule.", **bounds), text)
    assert kept == value
    assert raw == (text if is_raw_kept else None)
    assert found.unparsed == ({"it": 1} if is_raw_kept else {})


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_field_is_null_and_no_fault(kind: Any) -> None:
    assert one_field(Field(name="it", kind=kind, rule="Its rule."), None)[:2] == (None, None)


@pytest.mark.parametrize(
    ("text", "value", "fault"),
    [
        ("2022-03-27T01:30:00", datetime(2022, 3, 27, 1, 30, tzinfo=UTC), "it in the hour that the clock skips"),
        ("2022-10-30T01:30:00", datetime(2022, 10, 30, 0, 30, tzinfo=UTC), "it in the hour that comes twice"),
        ("2022-10-30T02:00:00", datetime(2022, 10, 30, 2, 0, tzinfo=UTC), None),
        ("2022-10-30T01:30:00Z", datetime(2022, 10, 30, 1, 30, tzinfo=UTC), None),
        ("2022-06-01", datetime(2022, 5, 31, 23, 0, tzinfo=UTC), "no time of day in it: its day begins"),
    ],
)
def test_hours_that_the_clock_makes_doubtful_are_kept_and_flagged(
    text: str, value: datetime, fault: str | None
) -> None:
    kept, _, found = one_field(Field(name="it", kind="instant", rule="When."), text)
    assert kept == value
    assert list(found.flags) == ([fault] if fault else [])
    assert found.tables["examples"]["faults"][0] == fault


@pytest.mark.parametrize(
    ("codes", "is_several", "text", "kept", "fault"),
    [
        (("to_victim", "from_victim"), False, "To victim", "to_victim", None),
        (("to_victim", "from_victim"), False, "sideways", "sideways", "it unknown to the list"),
        (("race", "religion"), True, "Race; religion", "race;religion", None),
        (("race", "religion"), True, "race;other", "race;other", "it unknown to the list"),
        (None, False, "Any Word", "Any Word", None),
        ("offences", False, "4.10", "4.10", None),
        ("offences", False, "28e", "28E", None),
        ("offences", False, "28-Mar", "28-Mar", "it turned into a date"),
        ("offences", False, "999Z", "999Z", "it unknown to the list"),
        ("outcomes", False, "1a", "1A", None),
        ("outcomes", False, "99", "99", "it unknown to the list"),
        ("fraud", False, "1D", "NFIB1D", None),
        ("fraud", False, "NFIB99", "NFIB99", "it unknown to the list"),
    ],
)
def test_codes_are_as_the_list_has_them_and_others_kept_and_flagged(
    codes: Any, is_several: bool, text: str, kept: str, fault: str | None
) -> None:
    value, _, found = one_field(Field(name="it", kind="code", rule="It.", codes=codes, is_several=is_several), text)
    assert value == kept
    assert list(found.flags) == ([fault] if fault else [])


def test_a_rows_own_faults_stand_in_it() -> None:
    found = contracts.received(
        reading_of(
            {
                "force": ["leicestershire", "Nowhere", "leicestershire"],
                "crime_ref": ["A1", None, "A1"],
                "offence_code": ["28E", "48", "999Z"],
                "recorded_at": ["2022-06-01T10:00:00", "2022-06-02T10:00:00", "soon"],
            }
        ),
        catalogue.contract("crimes"),
    )
    assert found.tables["crimes"]["faults"].to_list() == [
        "key repeated within the file",
        "crime_ref missing; force unknown to the list",
        "offence code unknown to the list; key repeated within the file; recorded_at unreadable",
    ]
    assert found.tables["crimes"]["recorded_on"].to_list() == [date(2022, 6, 1), date(2022, 6, 2), None]
    assert found.unparsed == {"recorded_at": 1}


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("crimes_2022-06.csv", [date(2022, 6, 1)]),
        ("crimes_2022-05_to_2022-07.csv.gz", [date(2022, 5, 1), date(2022, 6, 1), date(2022, 7, 1)]),
        ("crimes.csv", [date(2022, 6, 1)]),  # that in which it has rows, and a note says so
        ("crimes_extracted_2022-10-20.csv", [date(2022, 6, 1)]),  # a day is not a month
    ],
)
def test_the_months_held_are_those_of_the_files_name_or_else_of_its_rows(name: str, months: list[date]) -> None:
    columns: dict[str, list[str | None]] = {
        "force": ["leicestershire"], "crime_ref": ["A1"], "offence_code": ["48"], "recorded_at": ["2022-06-30T23:59:00"],
    }  # fmt: skip
    found = contracts.received(reading_of(columns, name), catalogue.contract("crimes"))
    assert list(found.coverage["leicestershire"]) == months
    assert any("name does not say which months" in note for note in found.notes) == (
        "-06.csv" not in name and "_to_" not in name
    )


@pytest.mark.parametrize("contract", ALL, ids=NAMES)
def test_a_contract_is_known_by_its_needed_names_and_by_all_its_names(contract: Contract) -> None:
    needed = [f.name for f in contract.fields if f.needed]
    assert contracts.recognised(needed, ALL) == contract
    assert contracts.recognised([f.name for f in contract.fields], ALL) == contract
    assert contracts.recognised([*needed, "something else"], ALL) is None
    for one in needed:
        assert contracts.recognised([n for n in needed if n != one], ALL) != contract


@pytest.mark.parametrize("contract", ALL, ids=NAMES)
def test_a_contract_says_all_that_a_reader_needs(contract: Contract) -> None:
    names = [f.name for f in contract.fields]
    assert len(set(names)) == len(names)
    assert names[0] == "force"
    assert set(contract.key) <= {f.into for f in contract.fields}
    assert contract.dated_by in ("", *names)
    tables = {c.table: c for c in ALL}
    for one in contract.fields:
        assert one.rule.endswith("."), one.name
        assert not one.unknown_without.endswith("."), one.name  # it ends a sentence of the import's note
        assert not (one.needed and one.unknown_without), f"{one.name} is always there"
        assert one.kind != "score" or one.most is not None, one.name
        if one.refers_to:
            table, _, column = one.refers_to.partition(".")
            assert column in tables[table].columns, one.refers_to
        # A name, an address, a number to call: never in the table that is opened without a named officer.
        if one.name in ("forename", "surname", "address", "postcode", "phone", "email", "born_on", "note"):
            assert one.personal, one.name


@pytest.mark.parametrize("contract", ALL, ids=NAMES)
def test_the_personal_columns_stand_in_a_table_of_their_own(contract: Contract, home: Path, tmp_path: Path) -> None:
    path = tmp_path / f"{contract.name}_2022-06.csv"
    header = [f.name for f in contract.fields]
    values = [
        "leicestershire" if f.name == "force" else "2022-06-01" if f.kind in ("date", "instant") else "x"
        for f in contract.fields
    ]
    path.write_text(",".join(header) + "\n" + ",".join(values) + "\n")
    (done,) = import_files(home, [path], clock=clock)
    assert done.batch.tables == {contract.table: 1, f"{contract.table}{PERSONAL}": 1}
    records = records_as_at(home, clock())
    opened, beside = records.table(contract.table).collect(), records.table(f"{contract.table}{PERSONAL}").collect()
    personal = {f.into for f in contract.fields if f.personal}
    assert not personal & set(opened.columns) - set(SCHEMAS["crimes"])
    assert personal <= set(beside.columns)
    assert opened.select("batch_id", "line_number").rows() == beside.select("batch_id", "line_number").rows()


def test_a_header_that_is_nearly_a_layout_is_told_what_keeps_it_from_being_one(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "crimes.csv"
    path.write_text("force,crime_ref,ofence_code,recorded_at,unit\nleicestershire,A1,48,2022-06-01,North\n")
    with pytest.raises(LayoutUnknown) as caught:
        import_files(home, [path], clock=clock)
    assert "plain layout of crimes. It lacks offence_code." in caught.value.cause
    assert "Did you mean offence_code?" in caught.value.cause
