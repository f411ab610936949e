"""Streets: which stretch a hot square points at, what lies at one, and that nothing is said of the way between two."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis.patrols import Stop, stops_on
from fourfold.analysis.streets import Stretch, stretches_of
from fourfold.errors import RequestInvalid
from fourfold.records.points import Points

METRE = st.integers(-600, 600)


def events(*places: tuple[float, float]) -> Points:
    n = len(places)
    x, y = (np.array([one[axis] for one in places], float) for axis in (0, 1))
    return Points(
        title="Burglary", area="here", grid="g", x=x, y=y, day=np.zeros(n, np.int32), stratum=np.zeros(n, np.int32),
        refs=tuple(map(str, range(n))), as_at=datetime(2022, 7, 1, tzinfo=UTC), batches=(), sources=(), months_only=False, notes=(),
    )  # fmt: skip


def stretch(ref: str, *line: int) -> Stretch:
    return Stretch(ref=ref, name=f"Street {ref}", begins=(line[0], line[1]), ends=(line[2], line[3]))


ALONG = stretch("1", -100, 0, 100, 0)
"""Through the middle of the square around (0, 0)."""
ABOVE = stretch("2", -300, 60, 300, 60)
FAR = stretch("3", 900, -40, 900, 40)


@pytest.mark.parametrize(
    ("rule", "squares", "places", "named", "without"),
    [
        ("the stretch at which most of the square's crimes lie", [(0, 0)], [(0, 2), (10, 3), (0, 58)], ["1"], 0),
        ("a crime is counted at its nearest stretch alone", [(0, 0)], [(0, 50), (10, 45), (0, 2)], ["2"], 0),
        ("a crime too far from any stretch is at none", [(0, 0)], [(0, -100), (0, -110), (0, 62)], ["2"], 0),
        ("of as many, the one that runs longest in the square", [(0, 0)], [], ["2"], 0),
        ("a crime of another square does not count", [(0, 0)], [(200, 2), (210, 2), (0, 61)], ["2"], 0),
        ("a stretch is named once", [(0, 0), (250, 0)], [(0, 61), (200, 61)], ["2"], 0),
        ("a square through which none runs is counted, not filled", [(0, 500), (900, 0)], [], ["3"], 1),
        ("the hottest square goes first", [(900, 0), (0, 0)], [(0, 2)], ["3", "1"], 0),
        ("no more than were asked for", [(900, 0), (0, 0), (0, 500)], [(0, 2)], ["3", "1"], 0),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_which_stretches_a_map_points_at(
    rule: str, squares: list[tuple[int, int]], places: list[tuple[float, float]], named: list[str], without: int
) -> None:
    held = [ALONG, ABOVE, FAR]
    found, none = stretches_of(squares, held, events(*places), cell=250, beside=30, most=2)
    assert ([one.ref for one in found], none) == (named, without), rule


@given(METRE, METRE, METRE, METRE, METRE, METRE)
def test_metres_from_and_within_are_those_of_walking_along_it_step_by_step(
    x0: int, y0: int, x1: int, y1: int, x: int, y: int
) -> None:
    one = stretch("1", x0, y0, x1, y1)
    steps = np.linspace(0, 1, 4_001)
    east, north = x0 + steps * (x1 - x0), y0 + steps * (y1 - y0)
    length = float(np.hypot(x1 - x0, y1 - y0))
    step = length / 4_000 + 1e-6
    assert abs(float(one.metres_from(np.array([x]), np.array([y]))[0]) - np.hypot(east - x, north - y).min()) <= step
    inside = (np.abs(east - x) <= 125) & (np.abs(north - y) <= 125)
    assert abs(one.metres_within((x, y), 250) - inside.mean() * length) <= 2 * step + length / 1_000


def test_stops_on_streets_are_their_middles_the_nearest_next_and_hold_what_is_beside_them() -> None:
    stops = stops_on([ALONG, FAR, ABOVE])
    assert [one.stretch.ref for one in stops if one.stretch] == ["1", "2", "3"]
    assert (stops[2].easting, stops[2].northing) == (900, 0)
    at = stops[0].holds(np.array([0.0, 0, 131, 99]), np.array([29.0, 31, 0, -29]), 30)
    assert at.tolist() == [True, False, False, True]
    square = Stop(easting=0, northing=0)
    assert square.holds(np.array([124.0, 126]), np.array([0.0, 0]), 250).tolist() == [True, False]
    with pytest.raises(RequestInvalid, match="No stretch"):
        stops_on([])
