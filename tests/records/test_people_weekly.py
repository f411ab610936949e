"""A week's list linked to all known people: what came is read, the rest is not, and the outcome is as if all had been."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from fourfold.records import entries, people
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.entries import Reader
from fourfold.records.imports import import_files, withdraw
from tests.records import victims

pytestmark = pytest.mark.slow

ASKING = Asking(officer="A1", role="analyst", purpose="linking people")
START = datetime(2022, 11, 7, 9, tzinfo=UTC)


class Weeks:
    """A home to which lists come an hour apart, each linked when it came."""

    def __init__(self, home: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.made, self.hour = home, made, 0
        self.folder = Folder(home)
        self.read: list[list[str] | None] = []
        plain = Reader.read

        def spied(reader: Reader, batches: object = None, rows: pl.DataFrame | None = None) -> pl.DataFrame:
            if rows is None:
                self.read.append(None if batches is None else [b.file_name for b in batches])  # type: ignore[attr-defined]
            return plain(reader, batches, rows)  # type: ignore[arg-type]

        monkeypatch.setattr(Reader, "read", spied)

    def came(self, rows: pl.DataFrame) -> people.Linked:
        self.hour += 1
        path = self.made / f"fraud_victims_action_fraud_{self.hour}.csv"
        victims.written(rows, path, date(2022, 1, 3))
        import_files(self.home, [path], clock=lambda: START + timedelta(hours=self.hour))
        self.folder.admit("A1", "analyst")
        return self.linked()

    def linked(self) -> people.Linked:
        return people.link(self.records, self.folder.gate, ASKING, START)

    @property
    def records(self) -> Records:
        return records_as_at(self.home, START + timedelta(hours=self.hour, minutes=30))

    def all_at_once(self) -> people.State:
        every = entries.entries(self.records, self.folder.gate, ASKING, START)
        return people.linked(people.State(), every).state


@pytest.fixture
def weeks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weeks:
    (tmp_path / "made").mkdir()
    return Weeks(tmp_path / "home", tmp_path / "made", monkeypatch)


def grouping(state: people.State) -> set[frozenset[str]]:
    return {frozenset(held) for held in state.people.group_by("person").agg("entry")["entry"].to_list()}


def person_of(state: people.State, records: Records, ref: str) -> str:
    places = entries.places(records)
    entry = places.filter(pl.col("ref") == ref)["entry"].item()
    return str(state.people.filter(pl.col("entry") == entry)["person"].item())


def test_a_week_is_linked_as_if_all_had_been_read_and_the_rest_is_not(weeks: Weeks) -> None:
    rows = victims.reports(700, 5)
    first = weeks.came(rows[:500])
    again = weeks.came(rows[500:])
    assert weeks.read == [None, ["fraud_victims_action_fraud_2.csv"]]
    assert grouping(again.state) == grouping(weeks.all_at_once())
    before = dict(first.state.people.select("entry", "person").iter_rows())
    after = dict(again.state.people.select("entry", "person").iter_rows())
    moved = {(before[e], after[e]) for e in before if before[e] != after[e]}
    assert moved == {(c.key, c.other) for c in again.changes}
    assert all(c.what == "merged" and c.why for c in again.changes)
    assert weeks.linked().changes == ()


def test_last_weeks_rows_with_one_changed_birth_change_no_identifier(weeks: Weeks) -> None:
    rows = victims.reports(200, 6)
    first = weeks.came(rows)
    at = rows.filter(pl.col("organisation_name").is_null() & pl.col("born_on").is_not_null())["report_ref"][0]
    slip = pl.when(pl.col("report_ref") == at).then(pl.col("born_on") + pl.duration(days=10)).otherwise("born_on")
    again = weeks.came(rows.with_columns(born_on=slip))
    assert again.changes == ()
    assert again.state.people.select("entry", "person").equals(first.state.people.select("entry", "person"))
    assert again.compared < 10, (
        "the one whose details are new is compared with the few who could be like him, and nobody else is"
    )
    assert grouping(again.state) == grouping(weeks.all_at_once())


def test_a_report_reference_given_again_is_a_new_person_and_told(weeks: Weeks) -> None:
    rows = victims.reports(60, 8).filter(pl.col("organisation_name").is_null())
    one, other = rows[:1], rows[1:2]
    first = weeks.came(rows[:30])
    ref = str(one["report_ref"].item())
    known = person_of(first.state, weeks.records, ref)
    again = weeks.came(rows[40:41].with_columns(report_ref=pl.lit(ref)))
    assert person_of(again.state, weeks.records, ref) != known
    assert [(c.key, c.why) for c in again.changes] == [(known, "a reference was given again, to somebody else")]
    assert again.state.resolved(known) == known
    still = str(other["report_ref"].item())
    assert person_of(again.state, weeks.records, still) == person_of(first.state, weeks.records, still)


def test_a_list_that_is_withdrawn_is_no_longer_known(weeks: Weeks) -> None:
    rows = victims.reports(120, 9)
    first = weeks.came(rows[:80])
    weeks.came(rows[80:])
    later = [b for b in weeks.records.standing if b.file_name.endswith("_2.csv")]
    weeks.hour += 1
    withdraw(weeks.home, later[0].batch_id, reason="sent in error", clock=lambda: START + timedelta(hours=weeks.hour))
    again = weeks.linked()
    assert weeks.read[-1] is None
    assert grouping(again.state) == grouping(first.state)
    assert grouping(again.state) == grouping(weeks.all_at_once())


def test_what_is_kept_of_people_holds_no_name(weeks: Weeks) -> None:
    rows = victims.reports(150, 10)
    weeks.came(rows)
    texts = {
        str(v) for c in ("surname", "forename", "address", "postcode", "phone", "email") for v in rows[c].drop_nulls()
    }
    for path in (weeks.home / "lake" / "people").rglob("*.*"):
        assert path.stat().st_mode & 0o077 == 0
        if path.suffix == ".parquet":
            held = pl.read_parquet(path)
            values = {str(v).upper() for c in held.columns if held.schema[c] == pl.String for v in held[c].drop_nulls()}
            assert not values & {text.upper() for text in texts if len(text) > 3}
