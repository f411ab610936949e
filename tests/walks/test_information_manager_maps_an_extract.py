"""An information manager has an extract in another supplier's names, and maps it by the how-to, slips and all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fourfold.errors import LayoutUnknown
from fourfold.records.suppliers import catalogue
from fourfold.records.suppliers.contracts import Contract
from fourfold.records.suppliers.mappings import blank_mapping, mapping_from_file, shipped_mapping
from tests.conftest import ROOT, CommandLine

pytestmark = pytest.mark.slow


@pytest.fixture
def how_to(tmp_path: Path) -> tuple[Path, str]:
    """The how-to's own files, and its mapping."""
    page = (ROOT / "docs" / "how-to" / "own-extracts.md").read_text()
    table = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)[0]
    (tmp_path / "crimes_2022-06.csv").write_text(table)
    return tmp_path, re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0]


def test_the_how_to_tells_what_lacks_what_is_unknown_and_what_cannot_be_known(
    fourfold: CommandLine, how_to: tuple[Path, str]
) -> None:
    folder, mapping = how_to
    file, of = "crimes_2022-06.csv", folder / "crimes.toml"

    # First without the column that says when: told which, and what it is.
    of.write_text("".join(line for line in mapping.splitlines(True) if not line.startswith("recorded_at")))
    said = fourfold("import", file, "--mapping", of, code=12, cwd=folder).err
    assert "names no column for `recorded_at`, which is needed" in said
    assert "When the crime was recorded" in said

    # Then with a name that the file has not: told which, and the nearest that it has.
    of.write_text(mapping.replace('"State since"', '"State from"'))
    said = fourfold("import", file, "--mapping", of, code=12, cwd=folder).err
    assert "columns that the file does not have: State from" in said
    assert "Did you mean State since for State from?" in said

    # Then as it should be.
    of.write_text(mapping)
    said = fourfold("import", file, "--mapping", of, cwd=folder).out
    assert "6 lines kept, 0 rejected of 7" in said
    assert "3 with status unknown to the list" in said  # which codes are unknown
    assert "on no list, in status: On hold (3)" in said
    assert "1 with offence code unknown to the list" in said
    assert "29X" not in said  # one alone may be anything: it is found by its line
    assert "Not in this file: status_reason" in said  # which column is missing
    assert "Until is_domestic comes, victims of domestic abuse cannot be given the enhanced rights" in said
    assert "Until easting comes, no figure by area, map, hotspot or near repeat is to be had" in said
    assert not [text for text in ("Struck at the till", "Glass thrown") if text in said]  # nobody's record

    # The codes mended, the same file again: the new batch's rows take the place of the old.
    of.write_text(mapping.replace('"Live" = "recorded"', '"Live" = "recorded"\n"On hold" = "recorded"'))
    said = fourfold("import", file, "--mapping", of, cwd=folder).out
    assert "with status unknown" not in said
    assert re.search(r"takes the place of 6 rows of [0-9a-f]{16}, by key", said)
    count = fourfold("count", "all_recorded_crime", "-f", "saltmere", "--from", "2022-06", "--to", "2022-06", "--json")
    assert count.json["value"] == 5  # six, less the one that was cancelled


@pytest.mark.parametrize(
    ("slip", "mended", "said"),
    [
        ('contract = "crimes"', 'contract = "crime"', "contract` is none that is known"),
        ('unit = "Station"', 'units = "Station"', "Did you mean `unit`?"),
        ('unit = "Station"', 'unit = ""', "`unit` names no column"),
        ('force = "Saltmere Constabulary (FICTITIOUS)"', 'force = "Nowhere"', "force is not on the list"),
        ('"Binned" = "cancelled"', '"Binned" = "canceled"', "Did you mean `cancelled`?"),
        ("[codes.status]", "[codes.unit_]", "Did you mean `unit`?"),
        ("[codes.status]", "[codes.recorded_at]", "`recorded_at` is not a code of the contract"),
        ('format = "%d/%m/%Y %H:%M"', 'format = "dd/mm/yyyy"', "is not a form of date"),
        ('status_on = "%d/%m/%Y"', 'unit = "%d/%m/%Y"', "`unit` is not a date of the contract"),
        ("[columns]", '[extract]\nfirst_month = "2022-13"\n[columns]', "cannot be read"),
        ("[columns]", '[extract]\nfirst_month = "2022-06"\nlast_month = "2022-05"\n[columns]', "after its last"),
        ("[columns]", '[extract]\nmonth = "2022-06"\n[columns]', "`month` is not a line of [extract]"),
        ("[columns]", '[units]\nunit = "pounds"\n[columns]', "is not an amount of the contract"),
    ],
)
def test_a_slip_in_the_mapping_is_said_before_the_file_is_read(
    how_to: tuple[Path, str], slip: str, mended: str, said: str
) -> None:
    folder, mapping = how_to
    assert slip in mapping
    (folder / "crimes.toml").write_text(mapping.replace(slip, mended, 1))
    with pytest.raises(LayoutUnknown) as caught:
        mapping_from_file(folder / "crimes.toml")
    assert said in f"{caught.value.cause} {caught.value.remedy}"
    assert caught.value.file == str(folder / "crimes.toml")


@pytest.mark.parametrize("contract", catalogue.contracts(), ids=lambda c: c.name)
def test_an_empty_mapping_filled_in_with_our_own_names_reads_the_plain_layout(
    contract: Contract, tmp_path: Path
) -> None:
    text = blank_mapping(contract)
    (tmp_path / "empty.toml").write_text(text)
    with pytest.raises(LayoutUnknown):
        mapping_from_file(tmp_path / "empty.toml")
    filled = re.sub(r'^(?:# )?([a-z_0-9]+) = ""  # ', r'\1 = "\1"  # ', text, flags=re.MULTILINE)
    filled = filled.replace('supplier = ""', 'supplier = "Ours"').replace('force = ""', 'force = "saltmere"')
    (tmp_path / "full.toml").write_text(filled)
    mapping = mapping_from_file(tmp_path / "full.toml")
    assert mapping.contract == contract
    assert dict(mapping.columns) == {f.name: f.name for f in contract.fields if f.name != "force"}


@pytest.mark.parametrize("name", ["crimes", "people", "victim_contacts"])
def test_the_mapping_that_ships_reads_a_table_of_its_own_columns(
    fourfold: CommandLine, tmp_path: Path, name: str
) -> None:
    of = tmp_path / f"{name}.toml"
    fourfold("mapping", name, "--like", "connect", "--out", of)
    assert "OUR\n# ASSUMPTION" in of.read_text().upper() or "OUR ASSUMPTION" in of.read_text().upper().replace(
        "\n# ", " "
    )
    assert "force is not on the list" in fourfold("import", of, "--mapping", of, code=12).err  # the reader's to fill in
    of.write_text(of.read_text().replace("the name of your force", "saltmere"))
    mapping = mapping_from_file(of)
    codes = {ours: list(table) for ours, table in mapping.codes.items()}
    dates = {"date": "03/06/2022", "instant": "03/06/2022 14:05"}
    row = [
        codes[f.name][0] if f.name in codes else dates.get(f.kind, "1" if f.kind in ("number", "whole") else "Y")
        for f in mapping.contract.fields
        if f.name in mapping.columns
    ]
    table = tmp_path / f"{name}_2022-06.csv"
    table.write_text(
        ",".join(mapping.columns[f.name] for f in mapping.contract.fields if f.name in mapping.columns) + "\n"
    )
    with table.open("a") as file:
        file.write(",".join(row) + "\n")
    (done,) = fourfold("import", table, "--mapping", of, "--json").json
    assert done["account"]["kept"] == 1
    assert done["unparsed"] == {}
    assert set(done["flags"]) <= {"offence code unknown to the list"}
    assert shipped_mapping(mapping.contract, "connect")


def test_what_somebody_filled_in_is_never_written_over(fourfold: CommandLine, tmp_path: Path) -> None:
    of = tmp_path / "crimes.toml"
    of.write_text("mine")
    assert "There is a file of that name" in fourfold("mapping", "crimes", "--out", of, code=2).err
    assert of.read_text() == "mine"
