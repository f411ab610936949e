"""Lists of duties that were made beforehand: what the slow way gives on the day, until they are of other records."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fourfold.analysis.contact_diary import chosen_contacts, contacts_due, review_diary, reviewed, reviews_due
from fourfold.analysis.duty_lists import AHEAD, chosen_turns, crimes_reviewed, gone, make_duty_lists, owed_by, unlimited
from fourfold.analysis.owed import holders, off_the_lists, owed, owed_without_limit
from fourfold.analysis.states import kept_states
from fourfold.analysis.victims_code import Rules
from fourfold.codes.victims_code import overdue_days
from fourfold.codes.working_days import COUNTED, local_date
from tests.analysis.test_entitlements import CRIME, FORCE, TOLD, VICTIM
from tests.analysis.test_states import brought_in


def tables(seed: int, crimes: int = 40) -> dict[str, list[dict[str, str]]]:
    """Crimes of some teams, each with a victim, of whom some chose to be told often; contacts and reviews of some."""
    draw = Random(seed)
    rows = [
        {**CRIME, "crime_ref": f"C{n}", "recorded_at": f"2022-06-{draw.randint(1, 28):02}T10:00:00",
         "status": draw.choice(["", "cancelled"]), "unit": draw.choice(["North", ""]), "team": draw.choice(["Response", "CID", ""])}
        for n in range(crimes)
    ]  # fmt: skip
    victims = [
        {**VICTIM, "crime_ref": f"C{n}", "contact_frequency_days": draw.choice(["", "7", "28"])} for n in range(crimes)
    ]
    told = [
        {**TOLD, "contact_ref": f"T{n}", "crime_ref": f"C{draw.randrange(crimes)}",
         "contacted_at": f"2022-06-{draw.randint(1, 29):02}T11:00:00", "about": draw.choice(["update", "arrest"])}
        for n in range(crimes)
    ]  # fmt: skip
    seen = [
        {"event_ref": f"E{n}", "crime_ref": f"C{draw.randrange(crimes)}", "kind": draw.choice(["supervisor_review", "arrested"]),
         "happened_at": f"2022-06-{draw.randint(1, 28):02}T12:00:00"}
        for n in range(crimes)
    ]  # fmt: skip
    return {"crimes": rows, "people": victims, "victim_contacts": told, "investigation_events": seen}


@pytest.mark.parametrize("seed", range(3))
def test_each_list_is_what_the_slow_way_gives(seed: int, tmp_path: Path) -> None:
    held = brought_in(tmp_path, 0, **tables(seed))
    states = kept_states(held, FORCE, Rules())
    assert (owed_by(states, date(2022, 7, 8)), chosen_turns(states), crimes_reviewed(states)) == (None, None, None)
    make_duty_lists(held, FORCE, Rules(), states)
    today = local_date(states.as_known)
    for days in (0, 7, AHEAD):
        until = today + timedelta(days=days)
        due = owed_by(states, until)
        assert due is not None
        slow = owed(states.states(), held, FORCE, Rules(), today, until)
        assert due.collect().equals(slow)
        turns, crimes = chosen_turns(states), crimes_reviewed(states)
        assert turns is not None
        assert crimes is not None
        assert contacts_due(turns.collect(), until).equals(contacts_due(chosen_contacts(held, FORCE, today), until))
        for every in (7, 28):
            assert reviews_due(crimes, today, until, every).equals(review_diary(held, FORCE, today, until, every))
    assert not owed(states.states(), held, FORCE, Rules(), today, until).is_empty()
    timeless, past = unlimited(states), gone(states)
    assert timeless is not None
    assert past is not None
    assert_frame_equal(timeless.collect(), owed_without_limit(states.states(), held, FORCE, Rules(), today))
    assert_frame_equal(past.collect(), off_the_lists(states.states(), held, FORCE, today))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_has_no_evidence_stands_on_one_list_or_is_counted_as_on_none(seed: int, tmp_path: Path) -> None:
    told = tables(seed)
    told["crimes"][0]["recorded_at"] = told["crimes"][1]["recorded_at"] = "2022-03-01T10:00:00"
    held = brought_in(tmp_path, 0, **told)
    states = kept_states(held, FORCE, Rules())
    make_duty_lists(held, FORCE, Rules(), states)
    today = local_date(states.as_known)
    since = today - timedelta(days=overdue_days())
    expected = {"owed": 0, "owed to come": 0, "timeless": 0, "late": 0, "unlimited": 0}
    for row in states.states().filter(pl.col("state") == "no evidence").collect().iter_rows(named=True):
        if row["due"] is not None:
            if local_date(row["due"]) > today:
                expected["owed to come"] += 1
            else:
                expected["owed" if local_date(row["due"]) >= since else "late"] += 1
        else:
            expected["timeless" if local_date(row["at"]) >= since else "unlimited"] += 1
    due, timeless, past = owed_by(states, today + timedelta(days=AHEAD)), unlimited(states), gone(states)
    assert due is not None
    assert timeless is not None
    assert past is not None
    off = past.collect()
    unsure = states.states().filter((pl.col("state") == "no evidence") & pl.col("due").is_not_null()).select(
        "crime_ref", "person_ref", pl.col("obligation").cast(pl.String), "right",
        due_on=pl.col("due").dt.convert_time_zone("Europe/London").dt.date(),
        started_on=pl.col("at").dt.convert_time_zone("Europe/London").dt.date(),
    )  # fmt: skip
    to_come = due.filter((pl.col("due_on") > today) & ~pl.col("is_overdue"))
    to_come = to_come.join(unsure.unique(), on=unsure.collect_schema().names(), how="semi")
    assert {
        "owed to come": to_come.collect().height,
        "owed": due.filter("is_overdue").collect().height, "timeless": timeless.collect().height,
        "late": off["late"].sum(), "unlimited": off["unlimited"].sum(),
    } == expected  # fmt: skip
    assert expected["owed"], "what is overdue is tried"
    assert expected["timeless"] + expected["unlimited"]


def test_who_has_some_crimes_is_who_has_them_among_all(tmp_path: Path) -> None:
    draw = Random(4)
    spells = [
        {"crime_ref": f"C{draw.randrange(40)}", "owned_from": f"2022-06-{day:02}T09:00:00", "unit": "West",
         "team": draw.choice(["Burglary", ""]), "officer_ref": f"O{day}"}
        for day in range(1, 29)
    ]  # fmt: skip
    held = brought_in(tmp_path, 0, **tables(4), ownership=spells)
    every = holders(held, FORCE).collect()
    assert {"West", "West / Burglary", "North / CID"} <= set(every["team"])
    for some in ([], ["C3"], ["C3", "C3", None, "of no crime"], [f"C{n}" for n in range(0, 40, 3)]):
        found = holders(held, FORCE, pl.Series(some, dtype=pl.String)).collect()
        assert_frame_equal(found, every.filter(pl.col("crime_ref").is_in(some)), check_row_order=False)


def test_the_contact_diary_is_made_once_for_every_counting_of_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rule bears on it: by working days it is the list that was made by calendar days, unless that is of other records."""
    held = brought_in(tmp_path, 0, **tables(3))
    first, other = (kept_states(held, FORCE, Rules(either=days)) for days in COUNTED)
    make_duty_lists(held, FORCE, Rules(either=COUNTED[0]), first)
    made = {"turns": chosen_contacts(held, FORCE, local_date(first.as_known)), "crimes": reviewed(held, FORCE)}

    def never(*_: object) -> pl.DataFrame:
        raise AssertionError("it is made already")

    monkeypatch.setattr("fourfold.analysis.duty_lists.chosen_contacts", never)
    monkeypatch.setattr("fourfold.analysis.duty_lists.reviewed", never)
    make_duty_lists(held, FORCE, Rules(either=COUNTED[1]), other, first)
    turns, crimes, due = chosen_turns(other), crimes_reviewed(other), owed_by(other, date(2022, 8, 20))
    assert turns is not None
    assert crimes is not None
    assert due is not None
    assert_frame_equal(turns.collect(), made["turns"])
    assert_frame_equal(crimes.collect(), made["crimes"], check_row_order=False)
    assert due.collect().equals(
        owed(other.states(), held, FORCE, Rules(either=COUNTED[1]), local_date(other.as_known), date(2022, 8, 20))
    )
    later = brought_in(tmp_path, 1, victim_contacts=[{**TOLD, "contact_ref": "N1"}])
    newer = kept_states(later, FORCE, Rules(either=COUNTED[1]))
    with pytest.raises(AssertionError, match="made already"):
        make_duty_lists(later, FORCE, Rules(either=COUNTED[1]), newer, first)


def test_a_list_goes_with_the_states_that_it_is_of(tmp_path: Path) -> None:
    for night in range(4):
        held = brought_in(
            tmp_path,
            night,
            **(tables(1, 5) if night == 0 else {"victim_contacts": [{**TOLD, "contact_ref": f"N{night}"}]}),
        )
        states = kept_states(held, FORCE, Rules())
        make_duty_lists(held, FORCE, Rules(), states)
    named = {path.name.partition("-")[0] for path in states.folder.glob("*.list")}
    assert named == {path.stem for path in states.folder.glob("*.json")}
    assert len(named) == 2, "those that stand, and those that a page may be reading"
    before = sorted(path.stat().st_mtime_ns for path in states.folder.glob("*.list"))
    make_duty_lists(held, FORCE, Rules(), states)
    assert sorted(path.stat().st_mtime_ns for path in states.folder.glob("*.list")) == before, "made once"
