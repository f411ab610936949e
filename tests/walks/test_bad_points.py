"""Lists of events that cannot be judged, by command: each is refused with its reason, or what is no event is counted, on each."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fourfold.cli import app
from fourfold.errors import RecordsInvalid, RequestInvalid

pytestmark = pytest.mark.slow
RUNNER = CliRunner()
Row = tuple[float, float, str]
COMMANDS = {
    "repeats": ("--shuffles", "0"), "chains": (), "hotspots": ("--cell", "200"), "forecast": ("--cell", "200"),
    "backtest": ("--cell", "200", "--origins", "2"), "exposure": ("--cell", "200", "--origins", "2", "--groups", "groups.csv"),
    "lattice": ("--cells", "400", "--origins", "2"),
}  # fmt: skip


def good() -> list[Row]:
    """Four hundred events of nine months, three in five about one of three places."""
    drawn = random.Random(3)
    rows = []
    for _ in range(400):
        day = date(2022, 1, 1) + timedelta(days=drawn.randrange(270))
        about = drawn.choice([(450_200, 300_300), (450_900, 300_800), (451_500, 301_400)])
        lone = drawn.random() > 0.6
        x, y = (450_000 + drawn.random() * 2_000, 300_000 + drawn.random() * 2_000) if lone else about
        rows.append((round(x + drawn.gauss(0, 60)), round(y + drawn.gauss(0, 60)), day.isoformat()))
    return rows


GOOD = good()
REFUSED: list[tuple[str, list[Row], str]] = [
    ("all at one snap point", [(450_000, 300_000, day) for _, _, day in GOOD], "each stands for many addresses"),
    ("months only", [(x, y, day[:7]) for x, y, day in GOOD], "The events have a month and no day."),
    ("months, written as their first days", [(x, y, f"{day[:7]}-01") for x, y, day in GOOD], "The events have a month and no day."),
    ("fewer than 30 events", GOOD[:29], "fewer than 30"),
    ("future dates alone", [(x, y, f"2099{day[4:]}") for x, y, day in GOOD], "the day has not come yet: 400"),
    ("two grids mixed: degrees among metres", [*GOOD, *[(-1.13, 52.63, "2022-03-01")] * 5], "two grids"),
    ("two grids mixed: a country and more apart", [*GOOD, *[(5_450_100, 300_100, "2022-03-01")] * 5], "two grids"),
    ("degrees alone", [(-1.13 + x / 1e9, 52.6 + y / 1e9, day) for x, y, day in GOOD], "look like degrees"),
    ("most points outside the force", [(x + 90_000, y, day) for x, y, day in GOOD], "lie outside the boundary"),
]  # fmt: skip
COUNTED: list[tuple[str, list[Row], str]] = [
    ("future dates among them", [*GOOD, *[(450_100, 300_100, "2099-01-01")] * 3], "Rows returned: 3 (the day has not come yet: 3)"),
    ("points outside the force", [*GOOD, *[(540_100, 300_100, "2022-03-01")] * 4],
     "Rows returned: 4 (the row lies outside the boundary: 4)"),
    ("rows without a place or a day", [*GOOD, (float("nan"), 300_100, "2022-03-01"), (450_100, 300_100, "soon")],
     "Rows returned: 2 (the row has no place: 1; the row has no day: 1), the first in line 402."),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOURFOLD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "groups.csv").write_text("x,y,group\n450500,301000,1\n451500,301000,2\n")
    corners = [[449_000, 299_000], [453_000, 299_000], [453_000, 303_000], [449_000, 303_000], [449_000, 299_000]]
    (tmp_path / "force.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [corners]}))
    return tmp_path


def asked(folder: Path, command: str, rows: list[Row], *, is_bounded: bool) -> list[str]:
    """The command about a list, with the force's boundary where that is asked for."""
    path = folder / "events.csv"
    path.write_text("x,y,date\n" + "".join(f"{x},{y},{day}\n" for x, y, day in rows))
    more = [str(folder / one) if one == "groups.csv" else one for one in COMMANDS[command]]
    bounded = ["--boundary", str(folder / "force.geojson")] if is_bounded else []
    return ["places", command, "--events", str(path), *more, *bounded]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_cannot_be_judged_is_refused_with_the_reason(command: str, folder: Path) -> None:
    for what, rows, cause in REFUSED:
        refused = RUNNER.invoke(app, asked(folder, command, rows, is_bounded="outside" in what)).exception
        assert isinstance(refused, RecordsInvalid), (what, refused)
        assert cause in refused.cause, what
        assert refused.remedy
        assert "1.13" not in str(refused.as_dict())


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_event_is_counted_with_why_not(command: str, folder: Path) -> None:
    for what, rows, note in COUNTED:
        said = RUNNER.invoke(app, asked(folder, command, rows, is_bounded="outside" in what))
        assert said.exit_code == 0, (what, said.exception)
        assert note in " ".join((said.stdout + said.stderr).split()), what


@pytest.mark.parametrize("command", ["forecast", "backtest", "exposure", "lattice"])
def test_a_day_that_has_not_come_is_no_origin(command: str, folder: Path) -> None:
    name = "--origin" if command == "forecast" else "--until"
    refused = RUNNER.invoke(app, [*asked(folder, command, GOOD, is_bounded=False), name, "2099-01-01"]).exception
    assert isinstance(refused, RequestInvalid)
    assert "has not come yet" in refused.cause
