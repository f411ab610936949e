"""The control chart as a picture: its words and its table say what it draws, and it is drawn the same each time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fourfold.analysis import control_charts, volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure
from fourfold.publications.charts import control_picture
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from tests.conftest import OPEN_DATA


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Finding:
    home = tmp_path_factory.mktemp("home")
    files = sorted((OPEN_DATA / "street").glob("*/*leicestershire-street*"))[-14:]
    import_files(home, files, clock=lambda: datetime(2023, 1, 1, tzinfo=UTC))
    records = records_as_at(home, datetime(2023, 1, 2, tzinfo=UTC))
    return control_charts.control_chart(
        volumes.series(records, measure("police_uk_burglary"), Scope(force_id="leicestershire"))
    )


def test_the_words_and_the_table_hold_what_is_drawn(control: Finding) -> None:
    drawn = control_picture(control)
    assert control.table is not None
    odd = [row for row in control.table.records() if row["exceptional"]]
    assert f"{len(odd)} of {len(control.table.rows)} months stand out" in drawn.alternative
    assert drawn.table == control.table
    assert len(drawn.printed().rows) == len(control.table.rows)
    assert [len(row) for row in drawn.printed().rows] == [6] * len(control.table.rows)


def test_it_is_the_same_drawing_each_time_and_what_is_invented_says_so(control: Finding) -> None:
    assert control_picture(control).svg() == control_picture(control).svg()
    assert "FICTITIOUS" in control_picture(control, fictitious=True).svg()
    assert "upper limit" in control_picture(control).svg()
