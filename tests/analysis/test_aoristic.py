"""Aoristic weights against tables worked by hand, and against a minute-by-minute walk through each window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis.aoristic import DAYS, Hours, hours, hours_of_week
from fourfold.codes.periods import Window
from fourfold.errors import RecordsInvalid, RequestInvalid

LONDON = ZoneInfo("Europe/London")


def of(rows: list[tuple[str | None, str | None]], zone: str = "Europe/London", open_ended: str = "known") -> Hours:
    """Windows written in the zone's own time, with their offsets where the clock shows a time twice."""
    kind = pl.Datetime("us") if zone == "wall" else pl.Datetime("us", "UTC")
    read = [[None if t is None else instant(t, zone) for t in row] for row in rows]
    frame = pl.DataFrame(read, schema={"from": kind, "to": kind}, orient="row")
    return hours_of_week(frame, zone=zone, open_ended=open_ended)


def instant(text: str, zone: str) -> datetime:
    given = datetime.fromisoformat(text)
    if zone == "wall":
        return given
    return (given if given.tzinfo else given.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


# Window, and the weight of each hour that has any, worked by hand.
BY_HAND = [
    ("a time that is known", "2022-06-15T14:20", "2022-06-15T14:20", {("Wednesday", 14): 1.0}),
    ("within one hour", "2022-06-15T14:05", "2022-06-15T14:50", {("Wednesday", 14): 1.0}),
    ("half an hour each side", "2022-06-15T13:30", "2022-06-15T14:30",
     {("Wednesday", 13): 0.5, ("Wednesday", 14): 0.5}),
    ("to the hour's own end", "2022-06-15T13:00", "2022-06-15T14:00", {("Wednesday", 13): 1.0}),
    ("over midnight on Sunday", "2022-06-19T23:00", "2022-06-20T01:00", {("Sunday", 23): 0.5, ("Monday", 0): 0.5}),
    ("a quarter and three", "2022-06-15T13:45", "2022-06-15T14:45",
     {("Wednesday", 13): 0.25, ("Wednesday", 14): 0.75}),
    # 27 March 2022: at one the clock goes to two. Two hours on the clock are one.
    ("clocks go forward", "2022-03-27T00:00", "2022-03-27T03:00", {("Sunday", 0): 0.5, ("Sunday", 2): 0.5}),
    # 30 October 2022: at two the clock goes back to one. The hour from one lasts two.
    ("clocks go back", "2022-10-30T00:00", "2022-10-30T03:00",
     {("Sunday", 0): 0.25, ("Sunday", 1): 0.5, ("Sunday", 2): 0.25}),
    ("the second of the two", "2022-10-30T01:30+00:00", "2022-10-30T02:30+00:00",
     {("Sunday", 1): 0.5, ("Sunday", 2): 0.5}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "start", "end", "weights"), BY_HAND)
def test_weights_are_those_worked_by_hand(
    what: str, start: str, end: str, weights: dict[tuple[str, int], float]
) -> None:
    found = of([(start, end)]).weights
    assert {(DAYS[at // 24], at % 24): w for at, w in enumerate(found) if w} == pytest.approx(weights)


def test_on_the_wall_an_hour_is_an_hour_through_every_change() -> None:
    found = of([("2022-03-27T00:00", "2022-03-27T03:00")], zone="wall").weights
    assert found[6 * 24 : 6 * 24 + 3] == pytest.approx([1 / 3] * 3)


def test_windows_that_cannot_be_so_or_say_nothing_are_handled_and_counted() -> None:
    rows: list[tuple[str | None, str | None]] = [
        ("2022-06-15T14:00", None),  # open-ended
        ("2022-06-15T14:00", "2022-06-15T13:00"),  # ends before it begins
        ("2022-06-01T00:00", "2022-06-08T00:00"),  # a week
        (None, "2022-06-15T14:00"),  # no beginning
        ("2022-06-15T14:00", "2022-06-15T14:00"),  # known
    ]
    found = of(rows)
    counted = (found.known, found.spread, found.weeks, found.open_ended, found.reversed_, found.undated)
    assert counted == (2, 0, 1, 1, 1, 1)
    assert found.placed == 3
    assert found.weights[2 * 24 + 14] == pytest.approx(2 + 1 / 168)
    assert of(rows, open_ended="left out").placed == 2


drawn = st.lists(
    st.tuples(st.integers(0, 60 * 24 * 400), st.integers(0, 60 * 24 * 3)), min_size=1, max_size=6
)  # fmt: skip


@pytest.mark.slow
@given(drawn)
def test_every_minute_of_each_window_is_shared_as_a_walk_through_it_shares(windows: list[tuple[int, int]]) -> None:
    begin = datetime(2022, 1, 1, tzinfo=UTC)
    rows = [(begin + timedelta(minutes=a), begin + timedelta(minutes=a + n)) for a, n in windows]
    expected = [0.0] * 168
    for start, end in rows:
        minutes = int((end - start).total_seconds()) // 60
        for m in range(max(minutes, 1)):
            local = (start + timedelta(minutes=m)).astimezone(LONDON)
            expected[local.weekday() * 24 + local.hour] += 1 / max(minutes, 1)
    frame = pl.DataFrame(rows, schema={k: pl.Datetime("us", "UTC") for k in ("from", "to")}, orient="row")
    found = hours_of_week(frame)
    assert found.weights.tolist() == pytest.approx(expected)
    assert found.placed == len(rows)


def test_a_zone_of_half_hours_and_one_that_is_not_are_refused() -> None:
    for zone in ("Asia/Kolkata", "Mars/Olympus"):
        frame = pl.DataFrame(
            {"from": [datetime(2022, 1, 1, tzinfo=UTC)], "to": [datetime(2022, 1, 1, 3, tzinfo=UTC)]}
        )  # fmt: skip
        with pytest.raises(RequestInvalid):
            hours_of_week(frame, zone=zone)


def test_crimes_without_a_time_are_refused_with_the_reason() -> None:
    frame = pl.DataFrame({"from": [None], "to": [None]}, schema={k: pl.Datetime("us", "UTC") for k in ("from", "to")})
    day = datetime(2022, 1, 1, tzinfo=UTC)
    with pytest.raises(RecordsInvalid):
        hours(frame, title="t", area="a", window=Window(day.date(), day.date()), as_at=day, batches=(), sources=())


@pytest.mark.parametrize("zone", ["Europe/London", "wall"])
def test_a_time_that_has_not_come_is_left_out_and_counted(zone: str) -> None:
    kind = pl.Datetime("us") if zone == "wall" else pl.Datetime("us", "UTC")
    rows = [[instant(t, zone) for t in (f"{year}-06-15T14:05", f"{year}-06-15T14:50")] for year in (2022, 2022, 2099)]
    frame = pl.DataFrame(rows, schema={"from": kind, "to": kind}, orient="row")
    as_at = datetime(2022, 12, 1, tzinfo=UTC)
    told = hours(
        frame, title="t", area="a", window=Window(as_at.date(), as_at.date()), as_at=as_at, batches=(), sources=(), zone=zone
    )  # fmt: skip
    assert (told.value, told.n, told.parameters["crimes given"]) == (2, 2, 3)
    assert told.parameters["to come"] == 1
    assert "Left out: 1 whose time has not come yet." in told.notes
    with pytest.raises(RecordsInvalid):
        hours(
            frame[2:], title="t", area="a", window=Window(as_at.date(), as_at.date()), as_at=as_at, batches=(), sources=(),
            zone=zone,
        )  # fmt: skip
