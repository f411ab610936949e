"""Small tables: a row is told whole or not at all, noughts and totals give nothing away, and windows cannot be subtracted."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis.small_tables import bounds, one_quarter, protected, share_with_limits, total
from fourfold.codes.periods import Window, parse_window
from fourfold.codes.small_numbers import small_number_rule
from fourfold.errors import RequestInvalid

QUARTER = parse_window("2022-04", "2022-06")
RULE = small_number_rule()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=5))
def test_a_row_is_told_whole_or_not_at_all_and_no_small_count_follows_from_the_totals(
    rows: list[tuple[int, int]],
) -> None:
    counts = {f"v{n}": {"made": made, "declined": declined} for n, (made, declined) in enumerate(rows)}
    shown, withheld = protected(counts, "t", "sex", QUARTER, RULE)
    gone = {key for key, row in shown.items() if None in row.values()}
    assert all(set(shown[key].values()) == {None} for key in gone)
    assert withheld == 2 * len(gone)
    for state in ("made", "declined"):
        assert all(not RULE.is_small(row[state] or 0) for row in shown.values()) or len(counts) == 1
        if len(gone) == 1 and len(counts) > 1:
            [key] = gone
            assert not RULE.is_small(counts[key][state]), "what the total gives away is not small"


@pytest.mark.parametrize(("first", "last", "is_one"), [
    ("2022-04", "2022-06", True), ("2022-10", "2022-12", True), ("2022-01", "2022-03", True), ("2022-05", "2022-07", False),
    ("2022-04", "2022-05", False), ("2022-04", "2022-09", False), ("2022-06", "2022-06", False), ("2021-04", "2022-06", False),
])  # fmt: skip
def test_such_a_split_is_of_one_quarter(first: str, last: str, *, is_one: bool) -> None:
    window: Window = parse_window(first, last)
    if is_one:
        one_quarter(window, window.last)
        with pytest.raises(RequestInvalid, match="that is over"):
            one_quarter(window, window.last - timedelta(days=1))
    else:
        with pytest.raises(RequestInvalid, match="one quarter"):
            one_quarter(window, date(2030, 1, 1))


def test_sums_shares_and_bounds_of_what_is_withheld_are_withheld() -> None:
    assert (total({"a": 1, "b": 2}, ["a", "b"]), total({"a": 1, "b": None}, ["a", "b"])) == (3, None)
    options: list[list[int | None]] = [[None, 3], [None, 10]]
    for low, high in product(*options):
        told = bounds(low, 2, high)
        assert (told == (None, None)) == (None in (low, high))
        assert (share_with_limits(low, high)[0] is None) == (None in (low, high))
    assert bounds(3, 2, 10, least=20) == (None, None)
