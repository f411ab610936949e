"""An analyst imports a month that has an unclosed quote, mends it, and has the old figure and the new."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import CommandLine

pytestmark = pytest.mark.slow


def test_a_mended_month_gives_the_old_figure_as_at_then_and_the_new_one_as_at_now(
    fourfold: CommandLine, street_file: Callable[..., Path]
) -> None:
    name = "2022-05-leicestershire-street.csv"
    rows: list[object] = [("Burglary", -1.1328, 52.6369)] * 40
    month = street_file(name, rows)
    lines = month.read_text().split("\n")
    good = lines[20]
    lines[20] = good.replace("On or near", '"On or near')  # line 21 of the file: a quote that nothing closes
    month.write_text("\n".join(lines))

    first = fourfold("import", month, "--json").json[0]
    assert first["account"]["kept"] == 39
    assert first["account"]["rejected"] == 1

    told = fourfold("rejects", first["batch"], "--json").json["rejects"]
    assert [(r["line"], r["last_line"]) for r in told] == [(21, 21)]
    assert "quote" in told[0]["cause"]
    assert told[0]["remedy"]
    assert "line 21" in fourfold("rejects", first["batch"]).out

    lines[20] = good
    month.write_text("\n".join(lines))
    second = fourfold("import", month, "--json").json[0]
    assert second["is_new"]
    assert second["superseded_months"] == {first["batch"]: 1}

    count = [
        "count",
        "police_uk_burglary",
        "--force",
        "leicestershire",
        "--from",
        "2022-05",
        "--to",
        "2022-05",
        "--json",
    ]
    assert fourfold(*count, "--as-at", first["committed_at"]).json["value"] == 39
    assert fourfold(*count).json["value"] == 40


def test_the_same_file_twice_is_one_batch(fourfold: CommandLine, street_file: Callable[..., Path]) -> None:
    month = street_file("2022-05-leicestershire-street.csv", [("Drugs", -1.1328, 52.6369)] * 3)
    first = fourfold("import", month, "--json").json[0]
    again = fourfold("import", month, "--json").json[0]
    assert (first["is_new"], again["is_new"]) == (True, False)
    assert first["batch"] == again["batch"]
    assert len(fourfold("imports", "--json").json) == 1


def test_an_import_is_undone_by_withdrawing_it(fourfold: CommandLine, street_file: Callable[..., Path]) -> None:
    name = "2022-05-leicestershire-street.csv"
    fourfold("import", street_file(name, [("Drugs", -1.1328, 52.6369)] * 3))
    wrong = fourfold("import", street_file(name, [("Drugs", -1.1328, 52.6369)] * 9), "--json").json[0]
    count = ["count", "police_uk_drugs", "--force", "leicestershire", "--from", "2022-05", "--to", "2022-05", "--json"]
    assert fourfold(*count).json["value"] == 9
    fourfold("withdraw", wrong["batch"], "--reason", "wrong file")
    assert fourfold(*count).json["value"] == 3
    assert fourfold(*count, "--as-at", wrong["committed_at"]).json["value"] == 9
