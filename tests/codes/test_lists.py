"""Every row of every list says what it is worth: its status, its source and its licence."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from fourfold.codes.lists import STATUSES, code_list, code_lists
from fourfold.errors import CodeUnknown

DATA = files("fourfold.codes") / "data"
NAMES = code_lists()
SEPARATE_STATUSES = ("group_status", "mapping_status", "dates_status")


@pytest.mark.parametrize("name", NAMES)
def test_each_list_says_its_version_title_source_and_licence(name: str) -> None:
    held = code_list(name)
    assert all((held.version, held.title, held.source, held.licence))


@pytest.mark.parametrize("name", NAMES)
def test_each_row_is_confirmed_unconfirmed_or_for_the_force_to_supply(name: str) -> None:
    held = code_list(name)
    assert held.rows
    for row in held.rows:
        assert row["status"] in STATUSES
        assert all(row[column] in STATUSES for column in SEPARATE_STATUSES if column in row)


@pytest.mark.parametrize("name", NAMES)
def test_each_row_has_a_source_and_a_licence_of_its_own_or_of_its_list(name: str) -> None:
    held = code_list(name)
    for row in held.rows:
        assert row.get("source", held.source)
        assert row.get("licence", held.licence)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_invented_stands_in_lists_of_its_own(name: str) -> None:
    invented = {row["status"] == "fictitious" for row in code_list(name).rows}
    assert invented == {name.startswith("fictitious_")}


@pytest.mark.parametrize("name", NAMES)
def test_no_row_has_more_cells_than_the_header_or_fewer(name: str) -> None:
    for row in code_list(name).rows:
        assert None not in row
        assert None not in row.values()


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_is_mangled_or_padded(name: str) -> None:
    for row in code_list(name).rows:
        for cell in row.values():
            assert cell == cell.strip()
            assert "\ufffd" not in cell
            assert "ï¿½" not in cell


def test_each_file_of_rows_has_its_entry_and_each_entry_its_file() -> None:
    shipped = {entry.name.removesuffix(".csv") for entry in DATA.iterdir() if entry.name.endswith(".csv")}
    assert shipped == set(NAMES)


KEYS = [
    ("offences", ("code",)),
    ("retention", ("group", "age")),
    ("rectifications", ("ground",)),
    ("outcomes", ("type",)),
    ("police_uk_categories", ("id",)),
    ("police_uk_outcomes", ("text",)),
    ("fraud", ("code",)),
    ("harm_weights", ("offence_code",)),
    ("forces", ("id",)),
    ("councils", ("ltla24_code", "csp24_code")),
    ("council_recodes", ("code",)),
    ("local_policing", ("code",)),
    ("fictitious_forces", ("id",)),
    ("fictitious_councils", ("ltla24_code",)),
    ("fictitious_local_policing", ("code",)),
    ("licensed_vehicles", ("make", "model")),
    ("fictitious_licensed_vehicles", ("make", "model")),
    ("bank_holidays", ("on",)),
    ("non_answers", ("text", "column")),
    ("field_rules", ("table", "field")),
    ("feeds", ("table",)),
    ("themes", ("theme",)),
]


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_no_code_stands_twice_in_a_list(name: str, key: tuple[str, ...]) -> None:
    keys = [tuple(row[column] for column in key) for row in code_list(name).rows]
    assert len(keys) == len(set(keys))


def test_every_list_is_among_those_whose_key_is_tested() -> None:
    assert {name for name, _ in KEYS} == set(NAMES)


# What stands as a source may only be a body or a paper that has been read; what is remembered says so.
KNOWN_SOURCES = (
    "Home Office",
    "Department for Transport",
    "Office for National Statistics",
    "data.police.uk",
    "West Midlands Police",
    "General knowledge",
    "Barnsley and Sheffield (Boundary Change) Order 2024",
    "College of Policing",
    "UK Government announcement of 23 March 2020",
    "National Crime and Policing Measures",
    "Fourfold",
    "GOV.UK, UK bank holidays",
    "As each row says",
    "Definition of this project",
)


def _sources() -> list[tuple[str, str, str]]:
    found = [
        (name, row.get("source", code_list(name).source), row["status"])
        for name in NAMES
        for row in code_list(name).rows
    ]
    for name in ("measures", "breaks"):
        entries = tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
        found += [(f"{name}.{key}", entry["source"], entry["status"]) for key, entry in entries.items()]
    return found


def test_no_source_is_cited_that_is_not_on_the_list_of_those_read() -> None:
    assert [s for s in _sources() if not s[1].startswith(KNOWN_SOURCES)] == []


def test_nothing_remembered_is_called_confirmed() -> None:
    assert [s for s in _sources() if s[1].startswith("General knowledge") and s[2] == "confirmed"] == []


def test_a_list_that_is_not_there_is_refused_with_the_names_of_those_that_are() -> None:
    with pytest.raises(CodeUnknown) as refused:
        code_list("ofences")
    assert "offences" in refused.value.remedy
