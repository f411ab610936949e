"""Recognition: a new list's victims are put to whom the next linking puts them, and nothing that was linked is touched."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from fourfold.records import people, weekly_lists
from fourfold.records.imports import import_files
from fourfold.records.recognition import recognise, recognised
from tests.records import victims
from tests.records.test_people_weekly import ASKING, START, Weeks

LATER = START + timedelta(days=1)


@pytest.fixture
def weeks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weeks:
    (tmp_path / "made").mkdir()
    return Weeks(tmp_path / "home", tmp_path / "made", monkeypatch)


def came_unlinked(weeks: Weeks, rows: pl.DataFrame) -> None:
    weeks.hour += 1
    path = weeks.made / f"fraud_victims_action_fraud_{weeks.hour}.csv"
    victims.written(rows, path, victims.FIRST)
    import_files(weeks.home, [path], clock=lambda: START + timedelta(hours=weeks.hour))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [5, 11, 23])
def test_whom_the_next_linking_finds_is_recognised_already(weeks: Weeks, seed: int) -> None:
    rows = victims.reports(900, seed)
    first = weeks.came(rows[:700])
    came_unlinked(weeks, rows[700:])
    found = recognise(weeks.records, weeks.folder.gate, ASKING, LATER)
    assert found.height == 200, "everybody new is compared"
    before = people.state_of(weeks.home)
    assert before.people.equals(first.state.people), "nothing that was linked is touched"
    after = weeks.linked()
    now = dict(after.state.people.select("entry", "person").iter_rows())
    old = set(first.state.people["person"])
    said = dict(found.select("entry", "person").iter_rows())
    expected = {entry: now[entry] if now[entry] in old else None for entry in said}
    wrong = {
        entry for entry in said if said[entry] != expected[entry] and said[entry] not in _merged(after, expected[entry])
    }
    assert sum(person is not None for person in expected.values()) > 20
    assert len(wrong) <= 2, (
        "an entry that joins two of old, or hangs on by another new one, may be put otherwise until then"
    )
    assert recognised(people.last_run(weeks.home)).is_empty(), "the linking has the last word"


def _merged(after: people.Linked, person: str | None) -> set[str]:
    return {change.key for change in after.changes if change.other == person}


def test_the_past_of_a_recognised_victim_is_told_and_of_a_new_one_nothing(weeks: Weeks) -> None:
    rows = victims.reports(300, 7)
    weeks.came(rows)
    again = rows.filter(pl.col("organisation_name").is_null() & pl.col("born_on").is_not_null())[:5]
    again = again.with_columns(report_ref=pl.concat_str(pl.lit("NFRCX"), pl.col("report_ref")))
    stranger = again[:1].with_columns(
        report_ref=pl.lit("NFRCNEW1"), forename=pl.lit("Zebedee"), surname=pl.lit("Unheardof"), phone=pl.lit("07700900999"),
        email=pl.lit("z@example.org"), address=pl.lit("99 Nowhere"), postcode=pl.lit("ZZ9 9ZZ"), born_on=pl.date(1911, 1, 1),
    )  # fmt: skip
    came_unlinked(weeks, pl.concat([again, stranger, stranger.with_columns(report_ref=pl.lit("NFRCNEW2"))]))
    refs = weekly_lists.with_keys(weekly_lists.reports(weeks.records, "saltmere").collect())
    new = refs.filter(pl.col("report_ref").str.contains("X|NEW"))
    assert not any(one.is_compared for one in weekly_lists.known(weeks.records, new["key"]).values())
    recognise(weeks.records, weeks.folder.gate, ASKING, LATER)
    told = weekly_lists.known(weeks.records, new["key"])
    key_of = dict(new.select("report_ref", "key").iter_rows())
    for ref in again["report_ref"]:
        one = told[key_of[ref]]
        assert one.is_compared
        assert one.person is not None
        assert ref.removeprefix("NFRCX") in {past.ref for past in one.earlier}
    both = told[key_of["NFRCNEW1"]], told[key_of["NFRCNEW2"]]
    assert [one.person for one in both] == [None, None], "an identifier is given by linking alone"
    assert [{past.ref for past in one.earlier} for one in both] == [{"NFRCNEW2"}, {"NFRCNEW1"}], (
        "the list holds them twice"
    )


def test_nothing_is_recognised_before_the_first_linking_nor_asked_twice_for_nothing(weeks: Weeks) -> None:
    came_unlinked(weeks, victims.reports(50, 3))
    weeks.folder.admit("A1", "analyst")
    entered = Path(weeks.home) / "access"
    assert recognise(weeks.records, weeks.folder.gate, ASKING, LATER).is_empty()
    weeks.linked()
    log = sorted(p.stat().st_size for p in entered.rglob("*") if p.is_file()) if entered.exists() else []
    assert recognise(weeks.records, weeks.folder.gate, ASKING, LATER).is_empty()
    assert log == (sorted(p.stat().st_size for p in entered.rglob("*") if p.is_file()) if entered.exists() else [])
