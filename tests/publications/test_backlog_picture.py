"""The chart of who waits: two lines and a range, named where they end, with a table each number of which is bound."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from fourfold.analysis.findings import Definition, Finding, Method, Table
from fourfold.codes.periods import Window
from fourfold.publications.charts import BacklogChart, backlog_picture

MONDAY = date(2022, 10, 3)


def backlog(waiting: list[int]) -> Finding:
    rows = tuple(
        ((MONDAY + timedelta(days=7 * n)).isoformat(), 30, each, each - 2, each + 3) for n, each in enumerate(waiting)
    )
    return Finding(
        kind="capacity backlog", title="Waiting for care at the end of each week", value=waiting[-1] if waiting else None,
        unit="reports", n=300, windows=(Window(MONDAY, date(2022, 12, 31)),), area="Saltmere Constabulary (FICTITIOUS)",
        definition=Definition(name="capacity", version="1", title="Care", text="Care."),
        method=Method(name="capacity", text="Played."),
        as_at=datetime(2023, 1, 1, tzinfo=UTC), batches=(), code_version="0", sources=("the lists",),
        table=Table(columns=("week", "came", "waiting", "low", "high"), rows=rows),
    )  # fmt: skip


def labels(chart: BacklogChart) -> list[str]:
    return [str(row["label"]) for row in chart.spec["layer"][-1]["data"]["values"]]


@pytest.mark.parametrize("weeks", [1, 5, 12])
def test_both_plans_are_drawn_named_and_said(weeks: int) -> None:
    chart = backlog_picture(backlog([10 * n for n in range(1, weeks + 1)]), backlog([0] * weeks), fictitious=True)
    assert chart.title == f"{10 * weeks:,} would wait at the end, where 0 wait as it is now"
    assert labels(chart) == ["as asked", "as it is now"]
    assert f"{10 * weeks - 2:,} to {10 * weeks + 3:,}" in chart.alternative
    assert "FICTITIOUS" in chart.svg()
    printed = chart.printed()
    assert len(printed.rows) == weeks
    assert len(printed.columns) == 6


def test_lines_that_lie_together_are_named_once_and_none_is_drawn_as_none() -> None:
    assert labels(backlog_picture(backlog([50, 60]), backlog([50, 61]))) == ["both"]
    empty = backlog_picture(backlog([]), backlog([]))
    assert labels(empty) == []
    assert empty.svg().startswith("<svg")
