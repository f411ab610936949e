"""What victims are owed: journeys worked by hand against the engine, by the command that a user has."""

from __future__ import annotations

import csv
import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fourfold.analysis.victims_code import Entry, Oddity, Rules, duties
from fourfold.codes.victims_code import STATES
from tests.analysis.journeys import JOURNEYS
from tests.conftest import CommandLine

_EVERY = list(enumerate(JOURNEYS))


def written(path: Path, days: str) -> Path:
    """The journeys as a file; each says when its record was read out."""
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["journey_id", "event", "at", "enhanced", "detail"])
        for number, worked in _EVERY:
            if worked.days != days:
                continue
            for line in worked.events.splitlines():
                event, at, enhanced, *detail = line.split()
                rows.writerow([f"J{number}", event, at, enhanced, " ".join(detail)])
            rows.writerow([f"J{number}", "extracted", worked.as_at, "", ""])
    return path


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("journeys")
    found: dict[str, Any] = {"obligations": [], "oddities": []}
    for days in ("calendar", "working"):
        path = written(folder / f"{days}.csv", days)
        said = CommandLine(folder / "home")("code", "due", path, "--five-step-days", days, "--json").json
        assert said["five_step_days"] == days
        for name in found:
            found[name] += said[name]
    return found


@pytest.mark.parametrize(("number", "worked"), _EVERY, ids=[w.shows for w in JOURNEYS])
def test_a_journey_worked_by_hand(number: int, worked: Any, judged: dict[str, Any]) -> None:
    own = [d for d in judged["obligations"] if d["journey_id"] == f"J{number}"]
    assert bool(own) == bool(worked.owed)
    told = [
        (f"{d['crime']}:{d['obligation']}" if d["crime"] else d["obligation"], d["state"], d["due_at"] or "none") for d in own
    ]  # fmt: skip
    for owed in worked.owed:
        assert owed in told, (owed, told)
        told.remove(owed)
        assert owed[0] not in [name for name, *_ in told] or owed[0] in [o[0] for o in worked.owed]
    if worked.team:
        teams = {d["team"] for d in own if d["obligation"] == worked.owed[0][0]}
        assert teams == {worked.team}
    assert sum(o["journey_id"] == f"J{number}" for o in judged["oddities"]) == worked.oddities


def test_the_journeys_are_sixty_and_show_every_state() -> None:
    assert len(JOURNEYS) >= 60
    assert {state for worked in JOURNEYS for _, state, _ in worked.owed} == set(STATES)


HEAD = "journey_id,event,at,enhanced,detail\n"
GOOD = "A,reported,2023-06-05T09:00:00+01:00,N,\n"
BAD = [
    # what is wrong, the file, the exit code, the line, the column, words of the cause
    ("an event that is none", HEAD + GOOD + "A,vanished,2023-06-05T09:00:00+01:00,N,\n", 13, 3, "event", "none that is known"),
    ("no offset", HEAD + "A,reported,2023-06-05T09:00:00,N,\n", 13, 2, "at", "lacks its offset"),
    ("no instant", HEAD + "A,reported,yesterday,N,\n", 13, 2, "at", "Not an instant"),
    ("neither Y nor N", HEAD + "A,reported,2023-06-05T09:00:00+01:00,maybe,\n", 13, 2, "enhanced", "Neither Y nor N"),
    ("no journey", HEAD + ",reported,2023-06-05T09:00:00+01:00,N,\n", 13, 2, "journey_id", "no name"),
    ("told of nothing", HEAD + GOOD + "A,told,2023-06-05T09:00:00+01:00,N,by phone\n", 13, 3, "detail", "not said"),
    ("about nothing known", HEAD + GOOD + "A,told,2023-06-05T09:00:00+01:00,N,about=weather\n", 13, 3, "detail", "not known"),
    ("an unknown part", HEAD + "A,reported,2023-06-05T09:00:00+01:00,N,colour=red\n", 13, 2, "detail", "not known, or empty"),
    ("an unknown body", HEAD + "A,charged,2023-06-05T09:00:00+01:00,N,by=army\n", 13, 2, "detail", "body that is not known"),
    ("a hand-over to nobody", HEAD + GOOD + "A,handed_over,2023-06-05T09:00:00+01:00,N,\n", 13, 3, "detail", "team"),
    ("a cell too many", HEAD + "A,reported,2023-06-05T09:00:00+01:00,N,a,b\n", 13, 2, None, "6 cells"),
    ("an unclosed quote", HEAD + 'A,reported,2023-06-05T09:00:00+01:00,N,"oh\n' + GOOD, 13, 2, None, "quotation|end of its line"),
    ("no header", GOOD, 12, 1, None, "lacks"),
    ("a column twice", "journey_id,event,at,at\n", 12, 1, None, "twice"),
    ("nothing in it", HEAD, 13, None, None, "no event"),
    ("a year beyond the bank holidays", HEAD + "A,reported,2029-06-05T09:00:00+01:00,N,\n", 14, 2, "at", "2019 to 2028"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "exit_code", "line", "column", "cause"), BAD, ids=[b[0] for b in BAD])
def test_a_malformed_file_is_refused_with_line_cause_and_remedy(
    what: str, text: str, exit_code: int, line: int | None, column: str | None, cause: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    import re

    from fourfold.cli import main

    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["code", "due", str(path), "--json"])
    fault = json.loads(capsys.readouterr().out)
    assert left.value.code == exit_code == fault["exit_code"]
    assert (fault["file"], fault["line"], fault["column"]) == (str(path), line, column)
    assert re.search(cause, fault["cause"])
    assert fault["remedy"]
    assert not re.search("vanished|weather|army|yesterday|colour", fault["cause"] + fault["remedy"])


def test_what_is_judged_by_and_what_was_judged_never_change() -> None:
    """The states kept are named by their rules: rules that changed afterwards would be shown under the old ones' name."""
    at = datetime(2022, 6, 1, 9, tzinfo=UTC)
    entry = Entry(event="reported", at=at)
    [first, *_] = duties([entry], at, Rules())
    for one, name in ((Rules(), "either"), (entry, "at"), (first, "state"), (Oddity(1, "It cannot be so."), "line")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, None)
