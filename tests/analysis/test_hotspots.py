"""Hotspots: esda's own numbers, a planted square, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fourfold.analysis import lattices
from fourfold.analysis.hotspots import hotspots
from fourfold.errors import RecordsInvalid
from tests.analysis.test_forecasts import points, town

ESDA = Path(__file__).parent / "data" / "gi_star_esda.csv"


def test_gi_star_is_esdas_to_nine_places() -> None:
    """esda 2.9.0, G_Local(star=True, binary queen weights with the square itself), on 9 by 13 squares."""
    rows = np.loadtxt(ESDA, delimiter=",", skiprows=1)
    found = lattices.gi_star(rows[:, 2].reshape(9, 13))
    assert np.abs(found - rows[:, 3].reshape(9, 13)).max() < 1e-9


def test_gi_star_of_an_area_knows_nothing_of_what_lies_outside_it() -> None:
    values = np.random.default_rng(1).poisson(2, (6, 6)).astype(float)
    inside = np.zeros((6, 6), bool)
    inside[:, :4] = True
    other = np.where(inside, values, 99.0)
    assert lattices.gi_star(other, inside) == pytest.approx(lattices.gi_star(values, inside))
    assert lattices.gi_star(values, inside)[:, :4] == pytest.approx(lattices.gi_star(values[:, :4]))


@pytest.mark.slow  # the loops are compiled at first use
def test_the_planted_square_is_hot_and_the_far_corner_is_not() -> None:
    found = hotspots(town(), 200)
    assert found.table is not None
    first = found.table.records()[0]
    assert abs(float(str(first["x"])) - 700) <= 200
    assert abs(float(str(first["y"])) - 1_100) <= 200
    assert found.value == len(found.table.rows)
    assert not any(float(str(row["x"])) > 1_600 for row in found.table.records())


@pytest.mark.slow
def test_where_no_square_is_hot_it_says_that_this_does_not_show_there_is_none() -> None:
    drawn = np.random.default_rng(5)
    found = hotspots(points([(float(x), float(y), n) for n, (x, y) in enumerate(drawn.uniform(0, 2000, (60, 2)))]), 200)
    assert found.value == 0
    assert "does not show" in str(found.verdict)


@pytest.mark.parametrize("many", [0, 1, 12])
def test_few_events_are_refused(many: int) -> None:
    with pytest.raises(RecordsInvalid, match="fewer than 30"):
        hotspots(points([(float(n), 0.0, n) for n in range(many)]), 200)
