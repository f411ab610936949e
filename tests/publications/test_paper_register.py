"""Papers that were written are remembered: which one is the last, and which counts a reader may hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fourfold.analysis.disclosure import Told
from fourfold.analysis.suppression import Region
from fourfold.codes.periods import Window
from fourfold.publications.paper_register import FULL, Entry, Key, PaperRegister, counts_told
from tests.analysis.test_matters_arising import SPRING, SUMMER, a_count

FIRST = datetime(2022, 9, 1, 12, tzinfo=UTC)


def a_key(days: float = 0, window: Window = SPRING, version: str = FULL, **said: object) -> Key:
    given = {"board": "The board", "title": "Crime", "meeting": None, "priority": None, "presenter": None, **said}
    return Key(force_id="saltmere", version=version, window=window, as_at=FIRST + timedelta(days=days), **given)  # type: ignore[arg-type]


def an_entry(key: Key, robbery: int = 40, *told: Told) -> Entry:
    return Entry(
        key=key, headlines={"robbery": ("0" * 12, robbery)}, files=("a.html",), code_version="0", told=told
    )  # fmt: skip


@pytest.fixture
def register(tmp_path: Path) -> PaperRegister:
    return PaperRegister(tmp_path)


def test_an_entry_is_read_as_it_was_written_and_never_changes(register: PaperRegister) -> None:
    assert register.entries() == ()
    told = Told(Region("crimes", date(2022, 4, 1), date(2022, 4, 30), (("code", ("39", None, True)),)), 3, True)
    entry = replace(an_entry(a_key(meeting=date(2022, 9, 29)), 40, told), last="abc", heeded=("def",))
    register.enter(entry)
    assert register.entries() == (entry,)
    register.enter(replace(entry, headlines={}))
    assert register.entries() == (entry,)
    assert register.folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in register.folder.iterdir())


def test_the_last_paper_is_the_one_before_the_instant(register: PaperRegister) -> None:
    now = {"robbery": a_count(65, SUMMER)}
    for days in (0, 1, 5):
        register.enter(an_entry(a_key(days), 40 + days))
    register.enter(an_entry(a_key(1, board="Another board"), 40))
    register.enter(an_entry(a_key(1, version="suppress_under_5"), 40))
    for days, last in ((3, 1), (1.5, 1), (6, 5), (5, 1)):
        found = register.last_before(a_key(days, SUMMER), now)
        assert found is not None
        assert found.key == a_key(last)
    assert register.last_before(a_key(-1, SUMMER), now) is None


def test_a_draft_of_the_same_paper_is_not_the_last_paper(register: PaperRegister) -> None:
    register.enter(an_entry(a_key(0), 40))
    register.enter(an_entry(a_key(30, SUMMER), 65))  # this morning's draft
    summer = {"robbery": a_count(65, SUMMER)}
    found = register.last_before(a_key(31, SUMMER), summer)
    assert found is not None
    assert found.key == a_key(0)
    revised = register.last_before(a_key(31, SUMMER), {"robbery": a_count(66, SUMMER)})
    assert revised is not None
    assert revised.key == a_key(30, SUMMER)  # it says something else: what was revised is to be told
    for_another = register.last_before(a_key(31, SUMMER, meeting=date(2022, 11, 1)), summer)
    assert for_another is not None
    assert for_another.key == a_key(30, SUMMER)  # another meeting: its figures have not moved


def test_a_paper_written_again_is_compared_with_what_it_was_compared_with(register: PaperRegister) -> None:
    now = {"robbery": a_count(65, SUMMER)}
    register.enter(an_entry(a_key(0), 40))
    register.enter(replace(an_entry(a_key(30, SUMMER), 65), last=a_key(0).identity))
    register.enter(an_entry(a_key(20), 41))  # written since, as at an earlier instant
    found = register.last_before(a_key(30, SUMMER), now)
    assert found is not None
    assert found.key == a_key(0)
    assert register.heeded_by(a_key(30, SUMMER)) == ()


def test_a_public_paper_heeds_what_other_public_papers_gave(register: PaperRegister) -> None:
    region = Region("crimes", date(2022, 4, 1), date(2022, 4, 30))
    public = "suppress_under_5"
    register.enter(an_entry(a_key(0, version=public), 40, Told(region, 40, False)))
    register.enter(an_entry(a_key(1, version=public, board="Another board"), 40, Told(region, 41, False)))
    register.enter(an_entry(a_key(2), 40))  # a full one tells the public nothing
    register.enter(an_entry(a_key(9, version=public), 40, Told(region, 42, False)))
    heeded = register.heeded_by(a_key(3, version=public))
    assert [e.key.as_at for e in heeded] == [FIRST, FIRST + timedelta(days=1)]
    assert [t.count for t in counts_told(heeded)] == [41, 40]
    same_instant = register.heeded_by(a_key(9, SUMMER, version=public))
    assert len(same_instant) == 3, "two papers of one instant are read side by side too"
