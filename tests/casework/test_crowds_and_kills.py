"""Nothing is lost when many save one thing, and nothing is half done when a verb on files is killed at any step."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.records.extracts import extract

pytestmark = pytest.mark.slow


def acted(home: Path, *act: str, database: str = "") -> Any:
    """What an act said, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.casework.acts", *act], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_DATABASE": database},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("acts") / "home"
    acted(home, "prepare")
    return home


@pytest.fixture
def anew(prepared: Path, tmp_path: Path) -> Callable[[], Path]:
    """A fresh records' folder with an empty database, as often as it is asked for."""

    def made() -> Path:
        home = tmp_path / f"home-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(prepared, home)
        return home

    return made


def crowd_is_counted(found: dict[str, Any], attempts: int) -> None:
    assert found["fault"] == 0
    assert found["won"] + found["conflict"] == attempts
    assert found["version"] == 1 + found["won"], "a save was lost"
    assert found["events"] == found["won"]
    assert found["entries"] == 1 + found["won"], "a save without its entry, or an entry without its save"
    assert found["whole"], found["faults"]


def test_twenty_officers_save_one_paper_two_hundred_times_and_nothing_is_lost(anew: Callable[[], Path]) -> None:
    crowd_is_counted(acted(anew(), "crowd", "20", "200"), 4_000)


@pytest.fixture
def file(street_file: Callable[..., Path]) -> Path:
    return street_file("2022-11-leicestershire-street.csv", [("Burglary", -1.13, 52.63)] * 5)


@pytest.fixture
def autumn(street_file: Callable[..., Path], tmp_path: Path) -> Path:
    """Three months in one archive."""
    made = tmp_path / "autumn.zip"
    with zipfile.ZipFile(made, "w") as out:
        for month in (9, 10, 11):
            one = street_file(f"2022-{month:02d}-leicestershire-street.csv", [("Burglary", -1.13, 52.63)] * 5)
            out.write(one, one.name)
    return made


def test_an_import_killed_at_any_step_is_done_once_after_start_up(
    anew: Callable[[], Path], file: Path, tmp_path: Path
) -> None:
    after = acted(anew(), "drill", "import", str(tmp_path), str(file))
    assert len(after) >= 8, "a verb on files has more steps than these"
    for step, found in enumerate(after, 1):
        assert found["uploads"] == ["done"], (step, found)
        assert len(found["batches"]) == 1, (step, found)
        assert found["open"] == 0, (step, found)
        assert found["whole"], (step, found)
        assert found["outcomes"].count("done") == 1, (step, found)
        assert found["told"] == ["import_upload done"], (step, found)


def test_an_archive_killed_between_any_two_of_its_members_is_held_whole_after_start_up(
    anew: Callable[[], Path], autumn: Path, tmp_path: Path
) -> None:
    after = acted(anew(), "drill", "import", str(tmp_path), str(autumn))
    assert len(after) >= 14, (
        "two steps more for each member than a file alone has, and two for writing all of them down"
    )
    for step, found in enumerate(after, 1):
        assert found["uploads"] == ["done"], (step, found)
        assert len(found["batches"]) == 3, (step, found)
        assert found["open"] == 0, (step, found)
        assert found["whole"], (step, found)
        assert found["outcomes"].count("done") == 1, (step, found)
        assert found["told"] == ["import_upload done"], (step, found)


def test_an_import_by_command_killed_at_any_step_is_whole_or_not_there_and_the_log_and_its_event_say_which(
    anew: Callable[[], Path], autumn: Path, tmp_path: Path
) -> None:
    after = acted(anew(), "drill", "command", str(tmp_path), str(autumn))
    assert len(after) >= 12
    for step, found in enumerate(after, 1):
        assert found["open"] == 0, (step, found)
        assert found["whole"], (step, found)
        assert len(found["batches"]) in (0, 3), (step, found)
        assert (found["outcomes"] == ["done"]) == bool(found["batches"]), (step, found)
        assert found["told"] == ["import_files done"] * bool(found["batches"]), (step, found)
    assert {len(found["batches"]) for found in after} == {0, 3}


def test_a_withdrawal_killed_at_any_step_leaves_the_log_saying_what_is_so(
    anew: Callable[[], Path], file: Path, tmp_path: Path
) -> None:
    after = acted(anew(), "drill", "withdraw", str(tmp_path), str(file))
    assert len(after) >= 6
    for step, found in enumerate(after, 1):
        assert found["open"] == 0, (step, found)
        assert found["whole"], (step, found)
        said = found["outcomes"][1:]  # the first is the import's
        assert (said == ["done"]) == bool(found["withdrawn"]), (step, found)
        assert found["told"].count("withdraw_batch") == len(found["withdrawn"]), (step, found)


def test_an_edition_killed_at_any_step_is_written_once_after_start_up(
    anew: Callable[[], Path], file: Path, tmp_path: Path
) -> None:
    months = [file.with_name(f"2022-{month:02d}-leicestershire-street.csv") for month in (8, 9, 10)]
    for month in months:
        month.write_text(file.read_text().replace("2022-11", month.name[:7]))
    after = acted(anew(), "drill", "edition", str(tmp_path), *map(str, months))
    assert len(after) >= 6
    for step, found in enumerate(after, 1):
        assert found["editions"] == [True], (step, found)
        assert found["open"] == 0, (step, found)
        assert found["whole"], (step, found)


def test_a_handover_of_events_killed_at_any_step_gives_each_event_once_after_start_up(
    anew: Callable[[], Path], file: Path, tmp_path: Path
) -> None:
    after = acted(anew(), "drill", "handover", str(tmp_path), str(file))
    assert len(after) >= 8
    for step, found in enumerate(after, 1):
        assert found["open"] == 0, (step, found)
        assert found["whole"], (step, found)
        assert found["given"] == found["marked"], (step, found)
        assert len(set(found["given"])) == len(found["given"]), (step, "an event was given twice")
        assert set(found["decided"]) <= set(found["given"]), (step, "an event was lost")
        assert found["files_left"] == 0, (step, found)


def test_a_legal_hold_killed_at_any_step_stands_or_not_and_the_log_and_its_event_say_which(
    anew: Callable[[], Path], tmp_path: Path
) -> None:
    people = extract(tmp_path, "people", [{"crime_ref": "C1", "person_ref": "P1", "role": "victim"}])
    after = acted(anew(), "drill", "hold", str(tmp_path), str(people))
    assert len(after) >= 6
    for step, found in enumerate(after, 1):
        assert found["open"] == 0, (step, found)
        assert found["whole"], (step, found)
        assert (found["outcomes"][1:] == ["done"]) == bool(found["held"]), (step, found)
        assert found["held_events"] == len(found["held"]), (step, found)
    assert {len(found["held"]) for found in after} == {0, 1}


def test_a_linking_of_people_killed_at_any_step_is_done_after_start_up_and_the_log_and_its_events_say_so(
    anew: Callable[[], Path], tmp_path: Path
) -> None:
    people = extract(tmp_path, "people", [
        {"crime_ref": f"C{n}", "person_ref": f"P{n}", "role": "victim", "forename": name, "surname": "Gale", "born_on": "1980-02-01"}
        for n, name in enumerate(("Ada", "Ada", "Bo"))
    ])  # fmt: skip
    after = acted(anew(), "drill", "link", str(tmp_path), str(people))
    assert len(after) >= 12
    for step, found in enumerate(after, 1):
        assert found["open"] == 0, (step, found)
        assert found["whole"], (step, found)
        assert found["linked"] > 0, (step, found)
        assert found["linkings"][-1] == "done", (step, found)
        assert found["linkings"].count("done") == found["linked_events"], (step, found)
    assert {"not done", "done"} <= {found["linkings"][0] for found in after}, (
        "killed before the files were in place, and after"
    )


def test_an_export_killed_at_any_step_is_whole_or_not_there_and_the_log_says_which(
    anew: Callable[[], Path], file: Path, tmp_path: Path
) -> None:
    after = acted(anew(), "drill", "export", str(tmp_path), str(file))
    assert len(after) >= 9
    for step, found in enumerate(after, 1):
        assert found["open"] == 0, (step, found)
        assert found["whole"], (step, found)
        assert (found["outcomes"][1:] == ["done"]) == found["exported"], (step, found)
        assert found["exports_told"] == found["exported"], (step, found)
    assert {found["exported"] for found in after} == {True, False}
