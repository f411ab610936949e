"""What victims are owed: journeys worked by hand against the engine, by the command that a user has."""

from __future__ import annotations

import csv
import json
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fourfold.analysis.victims_code import Duty, Entry, Oddity, Rules, duties, oddities
from fourfold.codes import victims_code as code
from fourfold.codes.victims_code import STATES
from fourfold.codes.working_days import last_instant
from fourfold.errors import RequestInvalid
from fourfold.records.journeys import journeys
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
    ("about nothing known", HEAD + GOOD + "A,told,2023-06-05T09:00:00+01:00,N,about=weather\n", 13, 3, "detail", "not known"),
    ("an unknown part", HEAD + "A,reported,2023-06-05T09:00:00+01:00,N,colour=red\n", 13, 2, "detail", "not known, or empty"),
    ("an unknown body", HEAD + "A,charged,2023-06-05T09:00:00+01:00,N,by=army\n", 13, 2, "detail", "body that is not known"),
    ("a hand-over to nobody", HEAD + GOOD + "A,handed_over,2023-06-05T09:00:00+01:00,N,\n", 13, 3, "detail", "team"),
    ("a cell too many", HEAD + "A,reported,2023-06-05T09:00:00+01:00,N,a,b\n", 13, 2, None, "6 cells"),
    ("an unclosed quote", HEAD + 'A,reported,2023-06-05T09:00:00+01:00,N,"oh\n' + GOOD, 13, 2, None, "quotation|end of its line"),
    ("no header", GOOD, 12, 1, None, "lacks"),
    ("a column twice", "journey_id,event,at,at\n", 12, 1, None, "twice"),
    ("nothing in it", HEAD, 13, None, None, "no event"),
    ("updates declined with something else",
     HEAD + GOOD + 'A,declined,2023-06-05T09:00:00+01:00,N,"about=update,support_referral"\n',
     13, 3, "detail", "together"),
    ("a named contact that is neither", HEAD + "A,organisation,2023-06-05T09:00:00+01:00,,named_contact=maybe\n", 13, 2, "detail",
     "neither yes nor no"),
    ("who the victim is, and nothing else", HEAD + "A,organisation,2023-06-05T09:00:00+01:00,,named_contact=yes\n", 13, None, None,
     "nothing that happened"),
    ("before the first year of any calendar", HEAD + "A,reported,0001-01-01T00:00:00+14:00,N,\n", 13, 2, "at", "every calendar"),
    ("after the last year of any calendar", HEAD + "A,reported,9999-12-31T23:00:00-12:00,N,\n", 13, 2, "at", "every calendar"),
    ("an hour that no day has", HEAD + "A,reported,2023-06-05T24:00:00+01:00,N,\n", 13, 2, "at", "Not an instant"),
    ("a form feed ends no line",
     HEAD + "A,reported,2023-06-05T09:00:00+01:00,N,by\x0chand\n" + "A,vanished,2023-06-05T09:00:00+01:00,N,\n",
     13, 3, "event", "none that is known"),
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


RETURNED = [
    # the line as somebody wrote it, and what it still shows of the arrest: of "about what" there was a contact, of the rest nothing
    ("told, in words of one's own", "A,told,2023-06-06T09:00:00+01:00,N,spoke to victim by phone", "about what"),
    ("updated, and nothing said", "A,updated,2023-06-06T09:00:00+01:00,N,", "about what"),
    ("declined, in words of one's own", "A,declined,2023-06-06T09:00:00+01:00,N,not bothered", "about what"),
    ("not told, in words of one's own", "A,not_told,2023-06-14T09:00:00+01:00,N,forgot", "any contact"),
]
"""Free text that says nothing known: the line is returned with its number, the rest is judged, and no right is met by it."""


@pytest.mark.parametrize(("what", "line", "lacks"), RETURNED, ids=[one[0] for one in RETURNED])
def test_a_line_of_free_text_is_returned_and_the_rest_is_judged(
    what: str, line: str, lacks: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    rest = (
        "A,arrested,2023-06-05T10:00:00+01:00,N,\n"
        + GOOD.replace("A,", "B,", 1)
        + "B,acknowledged,2023-06-05T12:00:00+01:00,,\n"
    )
    path.write_text(HEAD + GOOD + line + "\n" + rest, encoding="utf-8")
    found = CommandLine(tmp_path / "home")("code", "due", path, "--as-at", "2023-06-30", "--json").json
    [one] = found["returned"]
    assert (one["journey_id"], one["line"]) == ("A", 3)
    assert "evidence of no right" in one["cause"]
    assert "code events" in one["remedy"]
    assert not {"phone", "bothered", "forgot"} & set(json.dumps(one).replace('"', " ").split()), (
        "what stands there is not told on"
    )
    judged = {(d["journey_id"], d["obligation"]): d for d in found["obligations"]}
    assert judged["A", "told_of_arrest"]["state"] == "no evidence", (
        "never read as done, nor as not done, nor as declined"
    )
    assert judged["B", "acknowledgement"]["state"] == "met in time"
    assert lacks_of(path, "told_of_arrest") == lacks
    told = CommandLine(tmp_path / "home")("code", "due", path, "--as-at", "2023-06-30").out
    assert "line 3 is returned" in told


def lacks_of(path: Path, obligation: str) -> str | None:
    """What the record of the first journey of a file lacks."""
    [one, *_] = journeys(path)
    entries = [Entry(event=r.event, at=r.at, line=r.line, about=r.about) for r in one.rows]
    found = duties(entries, datetime(2023, 6, 30, tzinfo=UTC), Rules())
    return next(d.lacking for d in found if d.obligation.id == obligation)


def test_what_falls_due_beyond_the_bank_holidays_is_told_by_its_line_and_the_rest_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        HEAD + GOOD
        + "A,arrested,2023-06-05T10:00:00+01:00,N,\n"
        + "B,reported,2028-12-01T09:00:00+00:00,N,\n"
        + "B,arrested,2028-12-28T09:00:00+00:00,N,\n"
        + "C,reported,2029-06-05T09:00:00+01:00,N,\n",
        encoding="utf-8",
    )  # fmt: skip
    found = CommandLine(tmp_path / "home")("code", "due", path, "--json").json
    judged = {(d["journey_id"], d["obligation"]): (d["state"], d["due_at"]) for d in found["obligations"]}
    assert judged["A", "told_of_arrest"] == ("no evidence", "2023-06-12T23:59:59+01:00")
    assert judged["B", "support_referral"] == ("no evidence", "2028-12-05T23:59:59+00:00")
    assert ("B", "told_of_arrest") not in judged
    untold = {(u["journey_id"], u["obligation"]): (u["trigger_line"], u["why"]) for u in found["cannot_be_told"]}
    assert untold["B", "told_of_arrest"] == (
        5, "When it is due cannot be told: bank holidays are held from 2019 to 2028."
    )  # fmt: skip
    assert untold["C", "support_referral"][0] == 6
    assert not judged.keys() & untold.keys()
    assert {o["line"] for o in found["oddities"]} == {5, 6}
    said = CommandLine(tmp_path / "home")("code", "due", path).out
    assert "cannot be told" in said
    assert "Line 5." in said


def test_what_is_judged_by_and_what_was_judged_never_change() -> None:
    """The states kept are named by their rules: rules that changed afterwards would be shown under the old ones' name."""
    at = datetime(2022, 6, 1, 9, tzinfo=UTC)
    entry = Entry(event="reported", at=at)
    [first, *_] = duties([entry], at, Rules())
    for one, name in ((Rules(), "either"), (entry, "at"), (first, "state"), (Oddity(1, "It cannot be so."), "line")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, None)


def test_a_file_reads_the_same_however_it_was_saved(tmp_path: Path) -> None:
    rows = [HEAD, GOOD, "A,arrested,2023-06-05T10:00:00+01:00,N,\n"]
    ways = {
        "plain": "".join(rows), "with a mark of its order": "\ufeff" + "".join(rows),
        "of another system": "".join(rows).replace("\n", "\r\n"),
        "with blank lines": "\n".join(rows) + "\n,,,,\n",
        "quoted": '"' + "".join(rows).replace(",", '","').replace("\n", '"\n"')[:-1],
        "without an end of the last line": "".join(rows).rstrip("\n"),
    }  # fmt: skip
    said = {}
    for way, text in ways.items():
        (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
        found = CommandLine(tmp_path / "home")("code", "due", tmp_path / "a.csv", "--json").json
        said[way] = [(d["obligation"], d["state"], d["due_at"]) for d in found["obligations"]]
    assert len(said["plain"]) > 8
    assert all(one == said["plain"] for one in said.values()), said


@pytest.mark.parametrize(
    ("as_at", "state"),
    [
        ("2023-06-12", "not yet due"),  # the whole of that day in London, though by Greenwich an hour of it is left
        ("2023-06-13", "no evidence"),
        ("2023-06-12T22:59:59+00:00", "not yet due"),
        ("2023-06-12T23:00:00+00:00", "no evidence"),
    ],
)
def test_a_day_to_judge_as_at_ends_in_london(as_at: str, state: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + GOOD + "A,arrested,2023-06-05T10:00:00+01:00,N,\n", encoding="utf-8")
    found = CommandLine(tmp_path / "home")("code", "due", path, "--as-at", as_at, "--json").json
    assert [d["state"] for d in found["obligations"] if d["obligation"] == "told_of_arrest"] == [state]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2023-06-{text}+01:00")


def journey(*more: Entry) -> list[Entry]:
    """Reported on Monday 5 June, somebody arrested an hour later: due at the last instant of Monday 12 June."""
    return [
        Entry(event="reported", at=at("05T09:00"), line=1),
        Entry(event="arrested", at=at("05T10:00"), line=2),
        *more,
    ]


DUE = last_instant(date(2023, 6, 12))
AFTER = DUE + timedelta(microseconds=1)
JULY = datetime(2023, 7, 1, tzinfo=UTC)


def of_the_arrest(*more: Entry, as_at: datetime = JULY) -> Duty:
    (found,) = [d for d in duties(journey(*more), as_at, Rules()) if d.obligation.id == "told_of_arrest"]
    return found


def told(event: str, moment: datetime, *about: str) -> Entry:
    return Entry(event=event, at=moment, line=3, about=about)


@pytest.mark.parametrize(
    ("what", "event", "about", "on_it", "after_it"),
    [
        ("told", "told", ("arrest",), "met in time", "met late"),
        ("declined", "declined", ("arrest",), "declined by the victim", "no evidence"),
        ("wants no updates", "opted_out", (), "declined by the victim", "no evidence"),
        ("cancelled", "cancelled", (), "not applicable", "no evidence"),
        ("transferred", "transferred", (), "another agency's duty", "no evidence"),
        ("said not to be done", "not_told", ("arrest",), "no evidence", "not met"),
    ],
)
def test_the_last_instant_is_still_in_time_and_the_next_is_not(
    what: str, event: str, about: tuple[str, ...], on_it: str, after_it: str
) -> None:
    assert of_the_arrest().due == DUE
    assert of_the_arrest(told(event, DUE, *about)).state == on_it
    assert of_the_arrest(told(event, AFTER, *about)).state == after_it


@pytest.mark.parametrize(
    ("event", "told_on", "sure", "unsure", "lacking"),
    [
        ("cancelled", None, "not applicable", "no evidence", "day of cancellation or transfer"),
        ("transferred", None, "another agency's duty", "no evidence", "day of cancellation or transfer"),
        ("opted_out", None, "declined by the victim", "no evidence", "day of opting out"),
        ("cancelled", "20T10:00", "not applicable", "no evidence", "day of cancellation or transfer"),
        ("opted_out", "20T10:00", "declined by the victim", "no evidence", "day of opting out"),
        ("cancelled", "06T10:00", "met in time", "met in time", None),
        ("opted_out", "06T10:00", "met in time", "met in time", None),
    ],
)
def test_what_stands_from_a_day_not_recorded_decides_only_what_fell_due_after_it_was_seen(
    event: str, told_on: str | None, sure: str, unsure: str, lacking: str | None
) -> None:
    more = [told("told", at(told_on), "arrest")] if told_on else []
    seen = of_the_arrest(*more, replace(told(event, DUE), is_undated=True))
    later = of_the_arrest(*more, replace(told(event, AFTER), is_undated=True))
    assert (seen.state, later.state, later.lacking) == (sure, unsure, lacking)
    after_the_extract = replace(told(event, JULY + timedelta(days=3)), is_undated=True)
    assert of_the_arrest(*more, after_the_extract).state == unsure, "it was so by then, and perhaps long before"


@pytest.mark.parametrize(
    ("acknowledged", "states"),
    [
        ("complaint=A", ["met in time", "no evidence"]),
        ("complaint=B", ["no evidence", "met in time"]),
        ("complaint=C", ["no evidence", "no evidence"]),
        ("", ["met in time", "met in time"]),  # which it acknowledges is not said: either may be
    ],
)
def test_an_acknowledgement_meets_the_complaint_that_it_names(
    acknowledged: str, states: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    rows = (
        "A,complained,2023-06-05T10:00:00+01:00,N,complaint=A\n"
        "A,complained,2023-06-05T10:00:00+01:00,N,complaint=B\n"
        f"A,complaint_acknowledged,2023-06-06T10:00:00+01:00,N,{acknowledged}\n"
    )
    path.write_text(HEAD + GOOD + rows, encoding="utf-8")
    found = CommandLine(tmp_path / "home")("code", "due", path, "--as-at", "2023-07-01", "--json").json
    assert [d["state"] for d in found["obligations"] if d["obligation"] == "complaint_acknowledged"] == states


def test_judged_at_the_last_instant_it_is_not_yet_due() -> None:
    assert [of_the_arrest(as_at=moment).state for moment in (DUE, AFTER)] == ["not yet due", "no evidence"]


@pytest.mark.parametrize(
    ("what", "more", "lacking", "attempts"),
    [
        ("nothing", [], "any contact", 0),
        ("a contact at the moment of the arrest", [told("contacted", at("05T10:00"))], "about what", 0),
        ("a contact before it", [told("contacted", at("05T09:59"))], "any contact", 0),
        ("a contact at the last instant", [told("contacted", DUE)], "about what", 0),
        ("a contact after it", [told("contacted", AFTER)], "any contact", 0),
        ("one about it, how is not said", [told("contacted", DUE, "arrest")], "contact method", 0),
        ("one about it after it", [told("contacted", AFTER, "arrest")], "any contact", 0),
        ("one about something else, how is not said", [told("contacted", DUE, "charge")], "any contact", 0),
        ("a call from the victim about it", [told("victim_called", DUE, "arrest")], "whether the news was given", 0),
        ("a call from the victim after it", [told("victim_called", AFTER, "arrest")], "any contact", 0),
        ("a call from the victim about something else", [told("victim_called", DUE, "charge")], "any contact", 0),
        ("a call from the victim about nothing said", [told("victim_called", DUE)], "any contact", 0),
        ("an attempt at the last instant", [told("attempted", DUE, "arrest")], "an attempt only", 1),
        ("an attempt after it", [told("attempted", AFTER, "arrest")], "any contact", 1),
        ("a note that it was not done yet", [told("not_told", at("06T10:00"), "arrest")], "any contact", 0),
        ("two attempts",
         [told("attempted", at("06T10:00"), "arrest"), told("attempted", at("07T10:00"), "arrest")], "an attempt only", 2),
    ],
)  # fmt: skip
def test_what_the_record_lacks(what: str, more: list[Entry], lacking: str, attempts: int) -> None:
    found = of_the_arrest(*more)
    assert (found.state, found.lacking, found.attempts) == ("no evidence", lacking, attempts)


HEARINGS = [
    # the dates of hearings that became known, in June and of whom, and those of them that start the clock of the first hearing
    ("one", [(6, "S1")], [6]),
    ("a second of the same suspect", [(6, "S1"), (8, "S1")], [6]),
    ("of two suspects", [(6, "S1"), (7, "S2"), (8, "S1"), (9, "S2")], [6, 7]),
    ("of nobody in particular", [(6, None), (8, None)], [6]),
    ("of nobody in particular after one of somebody", [(6, "S1"), (7, None), (8, "S2")], [6, 8]),
    ("of somebody after one of nobody in particular", [(6, None), (8, "S1")], [6]),
]


@pytest.mark.parametrize(("what", "known", "started"), HEARINGS, ids=[one[0] for one in HEARINGS])
def test_the_first_hearing_of_each_suspect_alone_is_a_first_hearing(
    what: str, known: list[tuple[int, str | None]], started: list[int]
) -> None:
    hearings = [Entry(event="first_hearing_set", at=at(f"{day:02}T10:00"), suspect=who, line=day) for day, who in known]
    found = [d for d in duties(journey(*hearings), JULY, Rules()) if d.obligation.id == "told_of_first_hearing"]
    assert [d.start.at.day for d in found] == started


UNLISTED = [
    # what the record says of the arrest of somebody whom the crime's people do not name as a suspect, and the state of its news
    ("nothing", [], JULY, "no evidence"),
    ("told in time", [told("told", at("06T10:00"), "arrest")], JULY, "no evidence"),
    ("told late", [told("told", AFTER, "arrest")], JULY, "no evidence"),
    ("declined", [told("declined", at("06T10:00"), "arrest")], JULY, "no evidence"),
    ("it is not due yet", [], at("06T10:00"), "not yet due"),
    ("cancelled in time", [told("cancelled", at("06T10:00"))], JULY, "not applicable"),
]


@pytest.mark.parametrize(("what", "more", "as_at", "state"), UNLISTED, ids=[one[0] for one in UNLISTED])
def test_whether_news_is_owed_of_somebody_whom_the_people_do_not_name_is_not_recorded(
    what: str, more: list[Entry], as_at: datetime, state: str
) -> None:
    reported, arrested, *more = journey(*more)
    named = Entry(event="suspect_named", at=at("05T09:30"), suspect="S1")
    entries = [reported, named, replace(arrested, suspect="S2", is_unlisted=True), *more]
    [found] = [d for d in duties(entries, as_at, Rules()) if d.obligation.id == "told_of_arrest"]
    lacking = "whether a suspect" if state == "no evidence" else None
    assert (found.state, found.lacking) == (state, lacking)
    assert ["do not yet" in o.text for o in oddities(entries, Rules()) if o.line == arrested.line] == [True]
    [of_a_stranger] = [
        d for d in duties([reported, named, replace(arrested, suspect="S2"), *more], as_at, Rules())
        if d.obligation.id == "told_of_arrest"
    ]  # fmt: skip
    assert of_a_stranger.state == "not applicable", "a journey that names its suspects says that this is none"


DECLINED = [
    # what the record says between the arrest of S1 and the due moment, and whether news of the arrest is declined
    ("this arrest", [replace(told("declined", at("06T10:00"), "arrest"), suspect="S1")], True),
    ("the arrest of somebody else", [replace(told("declined", at("06T10:00"), "arrest"), suspect="S2")], False),
    ("arrests, of nobody in particular", [told("declined", at("06T10:00"), "arrest")], True),
    ("anything", [told("declined", at("06T10:00"))], True),
    ("anything, and wants updates again", [told("declined", at("06T10:00")), told("opted_in", at("07T10:00"))], False),
    (
        "anything, again after wanting updates",
        [told("opted_in", at("06T10:00")), told("declined", at("07T10:00"))],
        True,
    ),
    (
        "anything, and wants updates again after it was due",
        [told("declined", at("06T10:00")), told("opted_in", AFTER)],
        True,
    ),
]


@pytest.mark.parametrize(("what", "more", "is_declined"), DECLINED, ids=[one[0] for one in DECLINED])
def test_what_is_declined_is_declined_of_what_it_is_about_and_until_updates_are_wanted_again(
    what: str, more: list[Entry], *, is_declined: bool
) -> None:
    reported, arrested, *more = journey(*more)
    entries = [reported, replace(arrested, suspect="S1"), *more]
    [found] = [d for d in duties(entries, JULY, Rules()) if d.obligation.id == "told_of_arrest"]
    assert found.state == ("declined by the victim" if is_declined else "no evidence")


def test_why_a_thing_is_met_says_whether_it_had_a_limit() -> None:
    entries = journey(told("told", at("06T10:00"), "arrest"), told("acknowledged", at("06T10:00"), "acknowledgement"))
    why = {d.obligation.id: d.reason for d in duties(entries, JULY, Rules())}
    assert why["told_of_arrest"] == "Recorded as done by the due moment."
    assert why["acknowledgement"] == "Recorded as done."


def test_of_one_instant_what_stands_first_in_the_file_comes_first_and_what_has_no_line_before_all() -> None:
    moment = at("06T10:00")
    first, second = Entry(event="opted_out", at=moment), Entry(event="opted_in", at=moment, line=1)
    assert of_the_arrest(second, first).state == "no evidence"
    assert of_the_arrest(second, replace(first, line=2)).state == "declined by the victim"


@pytest.mark.parametrize(
    ("what", "entries", "found"),
    [
        ("nothing at all", [], [(0, "Nothing says when")]),
        ("no report", [told("told", at("06T10:00"), "arrest")], [(3, "Nothing says when")]),
        ("told at the moment of the report", journey(told("told", at("05T09:00"), "arrest")), []),
        ("a wish from before the report", journey(told("opted_out", at("01T09:00"))), []),
        ("arrested before the report",
         journey(Entry(event="arrested", at=at("01T09:00"), line=4)), [(4, "before the crime was reported")]),
        ("an arrest and a suspect who is not it",
         journey(Entry(event="suspect_named", at=at("05T09:10"), line=5, suspect="S1"),
                 Entry(event="arrested", at=at("05T11:00"), line=6, suspect="S2")),
         [(6, "not one of the crime's")]),
        ("an arrest where nobody is named", journey(Entry(event="arrested", at=at("05T11:00"), line=6, suspect="S2")), []),
        ("cancelled on a day not recorded",
         journey(replace(told("cancelled", at("09T10:00")), is_undated=True)), [(3, "On what day")]),
        ("told of the victim's own arrest", journey(replace(told("told", at("06T10:00"), "arrest"), suspect="victim")), []),
        ("two that began before any pack",
         [Entry(event=kind, at=datetime(2021, 3, day, tzinfo=UTC), line=day) for kind, day in (("reported", 7), ("arrested", 8))],
         [(7, "no rule pack was in force")]),
    ],
)  # fmt: skip
def test_what_is_odd_is_said_by_its_line(what: str, entries: list[Entry], found: list[tuple[int, str]]) -> None:
    odd = oddities(entries, Rules())
    assert [o.line for o in odd] == [line for line, _ in found]
    assert all(words in o.text for o, (_, words) in zip(odd, found, strict=True))


def test_what_is_judged_begins_with_the_first_pack_and_not_with_the_last() -> None:
    [shipped] = [p for p in code.shipped_packs() if p.scheme == "victims_code"]
    later = replace(shipped, id="code_later", first=date(2025, 1, 1))
    rules = Rules(packs=code.following([shipped, later]))
    assert oddities(journey(), rules) == ()
    assert {d.obligation.pack for d in duties(journey(), JULY, rules)} == {"code_2021"}


@pytest.mark.parametrize("said", [{"either": "lunar"}, {"own": ("army",)}])
def test_rules_name_days_and_bodies_of_the_lists(said: dict[str, Any]) -> None:
    with pytest.raises(RequestInvalid):
        Rules(**said)


def test_rules_and_entries_are_made_by_name_so_that_no_two_instants_are_taken_for_each_other() -> None:
    for one in (Rules, Entry, Duty, code.RulePack, code.Obligation):
        with pytest.raises(TypeError, match="takes 1 positional argument but 2"):
            one(())
