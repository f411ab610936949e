"""A newcomer runs `fourfold demo`, and has a force with three and a half years behind it."""

from __future__ import annotations

from tests.demo.conftest import Saltmere


def test_the_word_fictitious_stands_in_every_file_and_on_every_figure(saltmere: Saltmere) -> None:
    for path in (saltmere.folder / "files").iterdir():
        assert "FICTITIOUS" in path.name
    for row in saltmere.rows("crimes"):
        assert row["force"] == "Saltmere Constabulary (FICTITIOUS)"
    said = saltmere.fourfold("count", "robbery", "--force", "saltmere", "--from", "2022-04", "--to", "2022-10")
    assert "FICTITIOUS" in said.out


def test_a_later_extract_brings_rows_that_came_late_and_rows_that_changed(saltmere: Saltmere) -> None:
    seen: dict[str, dict[str, str]] = {}
    came, changed = [], []
    for row in saltmere.rows("crimes"):
        before = seen.get(row["crime_ref"])
        if before is not None and before != row:
            changed.append((before, row))
        seen[row["crime_ref"]] = row
        came.append(row)
    fields = {name for before, row in changed for name in row if before[name] != row[name]}
    assert {"status", "offence_code"} <= fields
