"""Editions of a paper: written as the paper stood when they were asked for, and never left waiting without a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from fourfold.casework import drafts
from fourfold.casework.audit import Entry, Who
from fourfold.casework.drafts import Contents, Edition
from fourfold.casework.events import Event
from fourfold.errors import NothingHeld

pytestmark = pytest.mark.django_db
ANA, BEN = Who("ana", ("board_secretary",)), Who("ben", ("analyst",))
AT = datetime(2022, 11, 28, 9, tzinfo=UTC)
ASKED = Contents(
    title="Preventing crime", force_id="leicestershire", first=date(2022, 8, 1), last=date(2022, 10, 31), board="The board",
    meeting=date(2022, 11, 29), priority="", presenter="", marking="OFFICIAL",
)  # fmt: skip


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> list[tuple[Any, ...]]:
    """What papers were written of, instead of their files."""
    settings.FOURFOLD_HOME = tmp_path
    calls: list[tuple[Any, ...]] = []

    def paper(_: Any, force_id: str, window: Any, front: Any, folder: Path) -> Any:
        calls.append((force_id, window.first, window.last, front.title, front.marking, front.meeting))
        return type("Done", (), {"files": ()})()

    monkeypatch.setattr(drafts, "records_as_at", lambda *_: None)
    monkeypatch.setattr(drafts, "written_paper", paper)
    return calls


def asked_for(contents: Contents = ASKED) -> Edition:
    draft = drafts.begin_draft(ANA, contents, at=AT)
    return drafts.ask_for_edition(ANA, draft, at=AT, queue=lambda _: None)


def test_an_edition_is_of_the_paper_as_it_was_asked_for(written: list[tuple[Any, ...]]) -> None:
    edition = asked_for()
    later = replace(ASKED, title="Something else", marking="OFFICIAL-SENSITIVE", first=date(2022, 9, 1), meeting=None)
    drafts.change_draft(BEN, edition.draft, later, version=1, at=AT)
    drafts.write_edition(edition.pk, clock=lambda: AT)
    assert written == [
        ("leicestershire", date(2022, 8, 1), date(2022, 10, 31), "Preventing crime", "OFFICIAL", date(2022, 11, 29))
    ]
    edition.refresh_from_db()
    assert (edition.draft_version, edition.title, edition.marking) == (1, "Preventing crime", "OFFICIAL")
    second = drafts.ask_for_edition(BEN, edition.draft, at=AT, queue=lambda _: None)
    assert (second.draft_version, second.title) == (2, "Something else"), "however old the draft that was handed over"


def test_who_asks_for_an_edition_is_on_the_log_and_an_event() -> None:
    edition = asked_for()
    entry = Entry.objects.get(verb="ask_for_edition")
    assert (entry.officer, entry.key_list) == ("ana", [f"{edition.draft.identity}-1"])
    assert Event.objects.get(verb="ask_for_edition").plain["decided"] == {"edition": 1, "version": 1}


@pytest.mark.parametrize(
    ("fault", "said", "is_raised"),
    [
        (NothingHeld("No crimes are held.", remedy="Import them."), "No crimes are held.", False),
        (RuntimeError("of Hyacinth Bucket"), "The service failed while it wrote.", True),
    ],
)
def test_an_edition_that_cannot_be_written_says_so_whoever_is_at_fault(
    written: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, fault: Exception, said: str, is_raised: bool
) -> None:
    def failing(*_: Any) -> None:
        raise fault

    monkeypatch.setattr(drafts, "written_paper", failing)
    edition = asked_for()
    if is_raised:
        with pytest.raises(RuntimeError):
            drafts.write_edition(edition.pk, clock=lambda: AT)
    else:
        drafts.write_edition(edition.pk, clock=lambda: AT)
    edition.refresh_from_db()
    assert edition.fault == said
    assert edition.remedy
    assert edition not in drafts.unwritten()
    begun = Entry.objects.get(verb="write_edition", phase="begun")
    assert Entry.objects.get(refers_to=begun.number).notes["outcome"] == "failed"
