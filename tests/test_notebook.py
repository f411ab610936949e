"""The notebook's door opens open data only, and gives what the command line gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import fourfold
from fourfold.records.imports import Instructions, import_files
from fourfold.records.suppliers.mappings import mapping_from_file


def test_open_force_leaves_out_what_is_not_open_data(
    home: Path, tmp_path: Path, street_file: Callable[..., Path]
) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('supplier = "Own extract"\nforce = "leicestershire"\n[columns]\nrecorded_on = "When"\n')
    extract = tmp_path / "extract.csv"
    extract.write_text("When,Victim\n2022-05-01,Zyxwvut Canary\n")
    clock = lambda: datetime.now(UTC)  # noqa: E731
    import_files(home, [extract], clock=clock, instructions=Instructions(mapping=mapping_from_file(mapping)))
    with pytest.raises(fourfold.FourfoldError, match="no open data"):
        fourfold.open_force(home)

    import_files(home, [street_file("2022-05-leicestershire-street.csv", [("Drugs", None, None)] * 4)], clock=clock)
    opened = fourfold.open_force(home)
    assert opened.table("crimes").collect().height == 4
    assert opened.count("police_uk_drugs", "leicestershire", "2022-05", "2022-05").value == 4
    assert opened.series("police_uk_drugs", "leicestershire").n == 4
    assert len(fourfold.__all__) <= 12
    assert {m.id for m in fourfold.measures()} >= {"robbery", "police_uk_drugs"}


def test_the_parts_are_not_a_copy_of_what_was_not_asked_for(home: Path, tmp_path: Path) -> None:
    """A column that the mapping does not name stays in the original, and in no part."""
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('supplier = "Own extract"\nforce = "leicestershire"\n[columns]\nrecorded_on = "When"\n')
    extract = tmp_path / "extract.csv"
    extract.write_text("When,Victim\n2022-05-01,Zyxwvut Canary\n")
    clock = lambda: datetime.now(UTC)  # noqa: E731
    import_files(home, [extract], clock=clock, instructions=Instructions(mapping=mapping_from_file(mapping)))
    holding = [p for p in home.rglob("*") if p.is_file() and b"Canary" in p.read_bytes()]
    assert [p.parent.name for p in holding] == ["original"]
