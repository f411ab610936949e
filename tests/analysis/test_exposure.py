"""Exposure: on which areas a map's flagged squares fall, beside what came there, counted again by plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from fourfold.analysis import backtests, exposure
from fourfold.analysis.forecasts import came_in, ground_of
from fourfold.errors import RequestInvalid
from tests.analysis.test_forecasts import town

HALVES = exposure.Groups(x=np.array([500.0, 1_500.0]), y=np.array([1_000.0, 1_000.0]), name=("10", "2"))


@pytest.mark.slow
def test_exposure_counts_each_flagged_square_and_event_by_the_group_nearest_to_it() -> None:
    # The planted square lies in the west; east and west are halves of the town.
    some = town(days=250)
    groups = exposure.Groups(x=np.array([500.0, 1_500.0]), y=np.array([1_000.0, 1_000.0]), name=("10", "2"))
    found = exposure.exposure(some, groups, 200, until=250, origins=6)
    assert found.table is not None
    east, west = found.table.records()
    assert (east["group"], west["group"]) == ("2", "10")
    after = (some.day >= 250 - 7 * 6) & (some.day < 250)
    assert int(str(east["events"])) + int(str(west["events"])) == int(after.sum())
    assert float(str(east["share_of_area"])) + float(str(west["share_of_area"])) == pytest.approx(1)
    assert float(str(west["share_of_flagged"])) > float(str(east["share_of_flagged"]))
    with pytest.raises(RequestInvalid):
        exposure.exposure(some, exposure.Groups(np.zeros(0), np.zeros(0), ()), 200, until=250)


@pytest.mark.slow
@pytest.mark.parametrize("name", [backtests.FORECAST, backtests.YEAR])
def test_each_share_is_what_a_loop_over_the_squares_gives(name: str) -> None:
    some = town(days=250)
    found = backtests.backtest(some, [229, 236, 243], 7, 200, boosting=False, is_watched=True)
    told = exposure.exposure_of(some, found, HALVES, by=exposure.DEPRIVATION, name=name)
    ground = ground_of(some, 200, before=229)
    x, _ = (corner[ground.inside] + 100 for corner in ground.lattice.corners())
    at = found.names.index(name)
    flagged, came, hits = ({"2": 0, "10": 0} for _ in range(3))
    for one, origin in zip(found.watched, found.origins, strict=True):
        events = came_in(some, ground, origin, origin + 7)
        for square in range(ground.squares):
            group = "10" if x[square] <= 1_000 else "2"
            flagged[group] += int(square in one.flagged[at])
            came[group] += int(events[square])
            hits[group] += int(events[square]) * int(square in one.flagged[at])
    assert told.table is not None
    for row in told.table.records():
        group = str(row["group"])
        assert row["events"] == came[group]
        assert row["hits"] == hits[group]
        assert row["share_of_flagged"] == pytest.approx(flagged[group] / sum(flagged.values()))
        assert row["over"] == pytest.approx(flagged[group] / sum(flagged.values()) / (came[group] / sum(came.values())))
    assert told.parameters["map"] == name
    assert told.parameters["by"] == exposure.DEPRIVATION


@pytest.mark.parametrize(
    ("decile", "fifth", "percent", "band"),
    [
        (1, "fifth 1 (most deprived)", 0.0, "0 to 10% minority"),
        (2, "fifth 1 (most deprived)", 9.9, "0 to 10% minority"),
        (3, "fifth 2", 10.0, "10 to 25% minority"),
        (10, "fifth 5 (least deprived)", 50.0, "50% minority or more"),
        (None, "not known", None, "not known"),
        (11, "not known", 101.0, "not known"),
    ],
)
def test_how_areas_are_grouped(decile: float | None, fifth: str, percent: float | None, band: str) -> None:
    assert exposure._fifth(decile) == fifth
    assert exposure._band(percent) == band
