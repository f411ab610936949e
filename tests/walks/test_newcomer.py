"""A newcomer runs `fourfold demo`, and has a force with three and a half years behind it."""

from __future__ import annotations

import pytest

from tests.conftest import CommandLine


@pytest.mark.slow
def test_a_newcomer_has_a_force_with_three_and_a_half_years_behind_it(fourfold: CommandLine) -> None:
    # She has nothing but the command.
    said = fourfold("demo", "--scale", "0.02").out
    assert "FICTITIOUS" in said

    # She looks at what came: nothing was returned, and every month is held.
    held = fourfold("imports", "--json").json
    assert sum(batch["account"]["rejected"] for batch in held) == 0
    months = fourfold(
        "count", "robbery", "--force", "saltmere", "--from", "2019-04", "--to", "2022-11", "--by", "month", "--json"
    ).json
    assert [row[0] for row in months["table"]["rows"]][:: len(months["table"]["rows"]) - 1] == [
        "2019-04-01",
        "2022-11-01",
    ]
    assert len(months["table"]["rows"]) == 44

    # She asks a question of each kind that the papers ask, and is told where each figure comes from.
    change = fourfold(
        "change", "residential_burglary", "--force", "saltmere", "--from", "2022-04", "--to", "2022-10", "--json"
    ).json
    assert change["value"] is not None
    assert "FICTITIOUS" in fourfold("trace", change["id"]).out
    for question in (
        ("outcomes", "robbery"), ("chart", "shoplifting"), ("losses", "fraud_reports"), ("concentration", "robbery"),
        ("count", "vehicle_offences", "--by", "ward24"),
    ):  # fmt: skip
        assert "FICTITIOUS" in fourfold(*question, "--force", "saltmere").out
