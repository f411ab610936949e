"""How few places hold a quarter and a half of crime, and how few would by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis import concentration
from fourfold.analysis.findings import Table
from fourfold.errors import RequestInvalid
from tests.publications.test_sentences import counted


@pytest.mark.parametrize(
    ("counts", "quarter", "half"),
    [
        ([10, 10, 10, 10], 1, 2),
        ([97, 1, 1, 1], 1, 1),
        ([1, 1, 1, 1, 0, 0, 0, 0], 1, 2),
        ([5], 1, 1),
        ([0, 0], 0, 0),
        ([3, 3, 3, 3, 3], 2, 3),  # a quarter of fifteen is more than three
    ],
)
def test_how_few_places_hold_a_share(counts: list[int], quarter: int, half: int) -> None:
    assert concentration.places_holding(np.array(counts), 0.25) == quarter
    assert concentration.places_holding(np.array(counts), 0.5) == half


@given(st.lists(st.integers(0, 60), min_size=1, max_size=30), st.sampled_from([0.25, 0.5]))
def test_it_is_what_a_plain_loop_finds(counts: list[int], share: float) -> None:
    total, held, places = sum(counts), 0, 0
    for n in sorted(counts, reverse=True):
        if total and held < share * total:
            held, places = held + n, places + 1
    assert concentration.places_holding(np.array(counts), share) == places


def test_few_crimes_among_many_places_are_not_called_concentrated() -> None:
    # A hundred crimes over a thousand areas, none in the same one: as even as can be.
    rows = tuple((f"E{n}", f"Area {n}", 1) for n in range(100))
    by_area = replace(
        counted(103), kind="table", table=Table(columns=("lsoa11", "name", "count"), rows=(*rows, (None, "x", 3)))
    )
    found = concentration.concentration(by_area, [f"E{n}" for n in range(1000)])
    assert found.table is not None
    (_, quarter, share, even_quarter), (_, half, _, even_half) = found.table.rows
    assert (quarter, half) == (25, 50)
    assert share == 0.025
    assert even_quarter <= 25
    assert even_half <= 50
    assert found.n == 100
    assert found.parameters["not placed"] == 3
    assert found.id == concentration.concentration(by_area, [f"E{n}" for n in range(1000)]).id
    with pytest.raises(RequestInvalid):
        concentration.concentration(counted(3), [])
