"""Kept states: what a night's files change is judged again over what is kept, and is what judging all anew would give."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fourfold.analysis.entitlements import held_journeys
from fourfold.analysis.obligations import force_states
from fourfold.analysis.states import earlier_states, kept_states, standing_states
from fourfold.analysis.victims_code import Rules
from fourfold.errors import NothingHeld
from fourfold.records import kept_states as kept
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import withdraw
from fourfold.records.kept_states import Kept
from tests.analysis.test_entitlements import ARREST, CRIME, EARLIER, FORCE, SUSPECT, TOLD, VICTIM
from tests.records.extracts import put

JULY = datetime(2022, 7, 1, 12, tzinfo=UTC)
ORDER = ["crime_ref", "person_ref", "at", "obligation"]
SENT = {"report_ref": "NFRC1", "package_ref": "P1", "disseminated_on": "2022-06-09", "received_on": "2022-06-10", "kind": "pursue",
        "local_crime_ref": ""}  # fmt: skip
C2 = {**CRIME, "crime_ref": "C2"}
OTHER = {**VICTIM, "crime_ref": "C2"}


def brought_in(folder: Path, night: int, **tables: list[dict[str, str]]) -> Records:
    """The records after a night's files, the first night being 1 July."""
    home, at = folder / "home", JULY + timedelta(days=night)
    for n, (name, rows) in enumerate(tables.items()):
        put(home, folder, at + timedelta(minutes=n), name, rows)
    return records_as_at(home, at + timedelta(hours=1))


def is_what_judging_anew_gives(found: Kept, held: Records) -> bool:
    whole = pl.concat(force_states(held_journeys(held, FORCE), Rules()))
    return found.states().select(whole.columns).collect().sort(ORDER).equals(whole.sort(ORDER))


NIGHTS: list[tuple[str, dict[str, Any], dict[str, Any], set[str]]] = [
    # what, the first night's files, the second's, the crimes and reports judged again
    ("a contact",
     {"crimes": [CRIME, C2], "people": [VICTIM, OTHER], "victim_contacts": [EARLIER]},
     {"victim_contacts": [{**TOLD, "contact_ref": "T9", "about": "information"}]},
     {"C1"}),
    ("a crime recorded after the contacts' last day, when they catch up",
     {"crimes": [CRIME, {**C2, "recorded_at": "2022-06-25T10:00:00", "reported_at": "2022-06-25T09:00:00"}],
      "people": [VICTIM, OTHER], "victim_contacts": [{**EARLIER, "contacted_at": "2022-06-20T10:00:00"}]},
     {"victim_contacts": [{**TOLD, "contact_ref": "T9", "contacted_at": "2022-06-30T10:00:00"}]},
     {"C1", "C2"}),
    ("what happened after that day, when they catch up",
     {"crimes": [CRIME, C2], "people": [VICTIM, {**SUSPECT, "crime_ref": "C2"}, OTHER],
      "investigation_events": [{**ARREST, "crime_ref": "C2", "happened_at": "2022-06-28T10:00:00"}],
      "victim_contacts": [{**EARLIER, "contacted_at": "2022-06-20T10:00:00"}]},
     {"victim_contacts": [{**TOLD, "contact_ref": "T9", "contacted_at": "2022-06-30T10:00:00"}]},
     {"C1", "C2"}),
    ("a report that becomes a crime",
     {"crimes": [CRIME], "people": [VICTIM], "fraud_disseminations_action_fraud": [SENT], "victim_contacts": [EARLIER]},
     {"fraud_disseminations_action_fraud": [{**SENT, "package_ref": "P2", "local_crime_ref": "C1"}]},
     {"C1", "NFRC1"}),
    ("the crime that a report was said to have become",
     {"crimes": [CRIME], "people": [VICTIM], "fraud_disseminations_action_fraud": [{**SENT, "local_crime_ref": "C2"}],
      "victim_contacts": [EARLIER]},
     {"crimes": [C2], "people": [OTHER]},
     {"C2", "NFRC1"}),
    ("a contact that was of another crime",
     {"crimes": [CRIME, C2], "people": [VICTIM, OTHER], "victim_contacts": [EARLIER, {**TOLD, "contact_ref": "T9"}]},
     {"victim_contacts": [{**TOLD, "contact_ref": "T9", "crime_ref": "C2"}]},
     {"C1", "C2"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "first", "then", "judged"), NIGHTS, ids=[one[0] for one in NIGHTS])
def test_what_a_nights_files_change_is_judged_again_and_nothing_less(
    what: str, first: dict[str, Any], then: dict[str, Any], judged: set[str], tmp_path: Path
) -> None:
    held = brought_in(tmp_path, 0, **first)
    before = kept_states(held, FORCE, Rules())
    assert is_what_judging_anew_gives(before, held)
    later = brought_in(tmp_path, 1, **then)
    found = kept_states(later, FORCE, Rules())
    assert len(found.parts) == 2, "over what is kept"
    replaced = pl.read_parquet(found.folder / str(found.parts[1][1]))["crime_ref"].to_list()
    assert judged <= set(replaced)
    assert is_what_judging_anew_gives(found, later)


def test_states_of_earlier_records_are_told_from_those_that_stand(tmp_path: Path) -> None:
    held = brought_in(tmp_path, 0, crimes=[CRIME], people=[VICTIM], victim_contacts=[EARLIER])
    assert standing_states(held, FORCE, Rules()) is earlier_states(held, FORCE, Rules()) is None
    made = kept_states(held, FORCE, Rules())
    assert standing_states(held, FORCE, Rules()) == earlier_states(held, FORCE, Rules()) == made
    assert made.as_at == held.as_at
    later = brought_in(tmp_path, 1, victim_contacts=[TOLD])
    assert standing_states(later, FORCE, Rules()) is None
    assert earlier_states(later, FORCE, Rules()) == made
    gone = next(b for b in later.standing if "people" in b.tables)
    withdraw(later.home, gone.batch_id, reason="wrong", clock=lambda: JULY + timedelta(days=2))
    after = records_as_at(later.home, JULY + timedelta(days=3))
    assert earlier_states(after, FORCE, Rules()) is None, "they know what no longer stands"
    with pytest.raises(NothingHeld):
        kept_states(after, FORCE, Rules())


TORN = [  # what a loss of power left of a manifest or a part, and how
    ("a manifest of nothing", "*.json", lambda path: path.write_bytes(b"")),
    ("half a manifest", "*.json", lambda path: path.write_bytes(path.read_bytes()[:40])),
    ("a manifest of noughts", "*.json", lambda path: path.write_bytes(bytes(300))),
    ("another's manifest", "*.json", lambda path: path.write_text('["parts"]')),
    ("half a part", "*.parquet", lambda path: path.write_bytes(path.read_bytes()[:-9])),
    ("no part", "*.parquet", lambda path: path.unlink()),
]


@pytest.mark.parametrize(("what", "of", "torn"), TORN, ids=[one[0] for one in TORN])
def test_what_a_loss_of_power_tore_counts_as_never_made(what: str, of: str, torn: Any, tmp_path: Path) -> None:
    held = brought_in(tmp_path, 0, crimes=[CRIME], people=[VICTIM], victim_contacts=[EARLIER])
    made = kept_states(held, FORCE, Rules())
    torn(next(made.folder.glob(of)))
    assert standing_states(held, FORCE, Rules()) is earlier_states(held, FORCE, Rules()) is None
    assert not list(made.folder.glob("*.json")), "removed, so that nobody reads it twice"
    again = kept_states(held, FORCE, Rules())
    assert is_what_judging_anew_gives(again, held)
    assert standing_states(held, FORCE, Rules()) == again


def test_nothing_stays_kept_but_what_stands_and_what_stood_before_it(tmp_path: Path) -> None:
    brought_in(tmp_path, 0, crimes=[CRIME], people=[VICTIM])
    for night in range(1, 6):
        held = brought_in(tmp_path, night, victim_contacts=[{**TOLD, "contact_ref": f"T{night}"}])
        found = kept_states(held, FORCE, Rules())
        assert is_what_judging_anew_gives(found, held)
    gone = next(b for b in held.standing if "victim_contacts" in b.tables)
    withdraw(held.home, gone.batch_id, reason="wrong", clock=lambda: JULY + timedelta(days=7))
    after = records_as_at(held.home, JULY + timedelta(days=8))
    (unfinished := found.folder / "unfinished.parquet").touch()
    (left := found.folder / "left.parquet").touch()
    os.utime(left, (0, 0))
    last = kept_states(after, FORCE, Rules())
    assert len(last.parts) == 1, "all judged anew"
    assert standing_states(held, FORCE, Rules()) == found, "a page may be reading it"
    named = {name for kept in (found, last) for part in kept.parts for name in part if name}
    assert {path.name for path in last.folder.glob("*.parquet")} == named | {unfinished.name}
    assert len(list(last.folder.glob("*.json"))) == 2


def test_states_by_other_code_or_lists_are_made_again_and_the_old_ones_do_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = brought_in(tmp_path, 0, crimes=[CRIME], people=[VICTIM])
    old, working = kept_states(held, FORCE, Rules()), kept_states(held, FORCE, Rules(either="working"))
    kept_states(held, FORCE, Rules())
    assert old.folder.exists()
    assert working.folder.exists(), "by other rules of the same code"
    monkeypatch.setattr(kept, "made_by", lambda *_: "a pack was mended")
    assert standing_states(held, FORCE, Rules()) is None
    assert earlier_states(held, FORCE, Rules()) is None, "nothing is judged over what another code judged"
    new = kept_states(held, FORCE, Rules())
    assert is_what_judging_anew_gives(new, held)
    assert not old.folder.exists()
    assert not working.folder.exists()
    os.utime(kept_states(held, FORCE, Rules(either="working")).folder, (0, 0))
    put(held.home, tmp_path, JULY + timedelta(days=1), "victim_contacts", [{**TOLD, "contact_ref": "T9"}])
    kept_states(records_as_at(held.home, JULY + timedelta(days=2)), FORCE, Rules())
    assert [one.name for one in new.folder.parent.iterdir()] == [new.folder.name], "asked by no more, for years"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_many_nights_over_what_is_kept_are_as_one_judging(seed: int, tmp_path: Path) -> None:
    """Six nights of files drawn at will: late, corrected, moved between crimes, of reports that become crimes."""
    draw = random.Random(seed)
    for night in range(6):
        held = brought_in(tmp_path, night, **_night(draw, night))
        found = kept_states(held, FORCE, Rules())
        assert is_what_judging_anew_gives(found, held), f"night {night}"
    assert len(found.parts) > 3


def _night(draw: random.Random, night: int) -> dict[str, list[dict[str, str]]]:
    def crime() -> str:
        return f"C{draw.randrange(9)}"

    def moment(latest: int = 34) -> str:
        day = datetime(2022, 6, 1, draw.randrange(8, 20), tzinfo=UTC) + timedelta(days=draw.randrange(latest))
        return f"{day:%Y-%m-%dT%H:%M:%S}"

    def some(most: int, row: Any) -> list[dict[str, str]]:
        return [row(n) for n in range(draw.randrange(1, most))]

    tables = {
        "crimes": some(4, lambda _: {**CRIME, "crime_ref": crime(), "recorded_at": moment(), "reported_at": moment(),
                                     "status": draw.choice(["", "cancelled"]), "status_on": draw.choice(["", "2022-06-20"])}),
        "people": some(5, lambda n: {**VICTIM, "crime_ref": crime(), "role": draw.choice(["victim", "victim", "suspect"]),
                                     "person_ref": f"V{draw.randrange(3)}"}),
        "victim_contacts": some(6, lambda n: {**TOLD, "contact_ref": f"T{draw.randrange(12)}", "crime_ref": crime(),
                                              "person_ref": f"V{draw.randrange(3)}", "contacted_at": moment(20 + 3 * night),
                                              "about": draw.choice(["information", "arrest", "bail"])}),
        "investigation_events": some(4, lambda n: {**ARREST, "event_ref": f"E{draw.randrange(9)}", "crime_ref": crime(),
                                                   "happened_at": moment()}),
        "ownership": some(3, lambda n: {"crime_ref": crime(), "unit": "North", "team": draw.choice(["Response", "CID"]),
                                        "owned_from": moment()}),
        "fraud_disseminations_action_fraud": some(4, lambda n: {
            **SENT, "report_ref": f"R{draw.randrange(4)}", "package_ref": f"P{draw.randrange(3)}",
            "received_on": draw.choice(["", "2022-06-12", "2022-07-01"]), "local_crime_ref": draw.choice(["", crime()])}),
    }  # fmt: skip
    return tables if night == 0 else {name: rows for name, rows in tables.items() if draw.random() < 0.6}
