"""What has changed since the last paper: new windows, revised figures, and figures that have not moved."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fourfold.analysis.findings import Definition, Finding, Method
from fourfold.analysis.matters_arising import is_same_again, matters_arising, revised, unmoved
from fourfold.codes.periods import Window

SPRING, SUMMER = Window(date(2022, 4, 1), date(2022, 6, 30)), Window(date(2022, 4, 1), date(2022, 8, 31))


def a_count(value: int | None, window: Window = SPRING, measure: str = "robbery") -> Finding:
    return Finding(
        kind="count", title=measure, value=value, unit="crimes", n=value, windows=(window,), area="Saltmere",
        definition=Definition(name=measure, version="1", title=measure, text=""), method=Method(name="count", text=""),
        as_at=datetime(2022, 9, 1, tzinfo=UTC), batches=(), code_version="0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "then", "again", "now", "window", "marks"),
    [
        ("the same window, as it was", 40, 40, 40, SPRING, ("not moved",)),
        ("the same window, and two records came late", 40, 42, 42, SPRING, ("revised",)),
        ("a new window, another figure", 40, 40, 65, SUMMER, ("new window",)),
        ("a new window, and the old one was revised", 40, 42, 65, SUMMER, ("new window", "revised")),
        ("a new window that gives the old figure", 40, 40, 40, SUMMER, ("new window", "not moved, though the window has")),
        ("the old figure, though the old window was revised", 40, 42, 40, SUMMER,
         ("new window", "revised", "not moved, though the window has")),
        ("withheld then: nothing is said to differ", None, 42, 42, SPRING, ()),
        ("withheld now: nothing is said to differ", 40, None, None, SPRING, ()),
        ("withheld both times: not said to have stood still", None, None, None, SPRING, ()),
    ],
)  # fmt: skip
def test_what_is_said_of_a_figure(
    told: str, then: int | None, again: int | None, now: int | None, window: Window, marks: tuple[str, ...]
) -> None:
    (matter,) = matters_arising(
        {"robbery": a_count(then)}, {"robbery": a_count(again)}, {"robbery": a_count(now, window)}
    )
    assert matter.marks == marks, told


def test_a_measure_that_is_gone_or_cannot_be_counted_again() -> None:
    gone, uncounted = matters_arising(
        {"robbery": a_count(40), "theft": a_count(9, measure="theft")}, {}, {"theft": a_count(11, SUMMER, "theft")}
    )
    assert gone.marks == ("not in this paper",)
    assert uncounted.marks == ("new window",)
    assert not uncounted.is_revised


def test_what_was_carried_over_comes_before_what_merely_stood_still() -> None:
    then = {m: a_count(40, measure=m) for m in ("robbery", "theft", "burglary")}
    again = {m: a_count(41 if m == "theft" else 40, measure=m) for m in then}
    now = {"robbery": a_count(40), "theft": a_count(41, measure="theft"), "burglary": a_count(40, SUMMER, "burglary")}
    matters = matters_arising(then, again, now)
    assert [m.title for m in unmoved(matters)] == ["burglary", "robbery"]
    assert [m.title for m in revised(matters)] == ["theft"]


def test_a_paper_that_says_the_same_of_the_same_window_is_the_same_paper_again() -> None:
    now = {"robbery": a_count(40)}
    assert is_same_again(SPRING, {"robbery": 40}, now)
    assert is_same_again(SPRING, {"robbery": None}, now), "withheld: not said to differ"
    assert not is_same_again(SUMMER, {"robbery": 40}, now)
    assert not is_same_again(SPRING, {"robbery": 41}, now)
    assert not is_same_again(SPRING, {"robbery": 40, "theft": 3}, now)
