"""Figures for the screen: Findings of the records as they stand, worked out once and kept while the records stand.

A figure on a page is as at the last change of the records (the last batch committed or withdrawn), not as at the second
in which the page was opened: opened again, or by a colleague, it is the same Finding with the same identity. What is
kept lies in the process; nothing of it is a name, and of rows only references (what is owed, what lacks a field) and, of the
last few questions of near repeats alone, where and when crimes were committed, which no page shows from here. An
erasure is no such change, since it takes rows from every instant: all that was kept before it is forgotten.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from fourfold.analysis.findings import Finding
from fourfold.errors import CodeUnknown, FourfoldError, NothingHeld, RecordsInvalid, RequestInvalid
from fourfold.publications.register import finding_named, registered
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.erasure import in_place
from fourfold.records.lake import Lake

_MOST = 2_000
ENTERED_WITHIN = 2.0
"""For how many seconds a figure that is not in the register is waited for."""
_OF_THE_RECORDS = (NothingHeld, CodeUnknown, RecordsInvalid, RequestInvalid)
"""What is raised where the records do not answer a question; any other fault may be gone when it is asked again."""
_T = TypeVar("_T")
_kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
_lock = threading.Lock()
_at_work: dict[tuple[Any, ...], threading.Lock] = {}
_registrar = ThreadPoolExecutor(1, thread_name_prefix="register")
_entering: dict[str, Future[None]] = {}
_erasures: dict[str, int] = {}
"""How many erasures had taken their place when these records were last looked at, by their folder."""
_standing: dict[str, datetime] = {}
"""The last change of the records in a folder, when they were last looked at."""
_log = logging.getLogger("fourfold.figures")


def own_force() -> str:
    """The force whose service this is, by its identity; empty where it is no force's own."""
    return settings.FOURFOLD_FORCE or ""


def standing_records(as_at: datetime | None = None) -> Records:
    """The records as they stand, as at their last change; or as they stood at an earlier instant."""
    home = Path(settings.FOURFOLD_HOME)
    _forgotten_if_erased(home)
    if as_at is not None:
        return kept(("records", str(home), as_at), _opened)
    last = Lake(home).last_change()
    _forgotten_if_changed(str(home), last)
    return kept(("records", str(home), last), _opened)


def _opened(key: tuple[Any, ...]) -> Records:
    return records_as_at(Path(key[1]), key[2])


def _forgotten_if_erased(home: Path) -> None:
    number = in_place(home)
    with _lock:
        if _erasures.setdefault(str(home), number) != number:
            _erasures[str(home)] = number
            _kept.clear()


def _forgotten_if_changed(home: str, last: datetime) -> None:
    """Forget what was worked out of the records as they stood before their last change: no page opens those again."""
    with _lock:
        before = _standing.get(home)
        if before is None or before < last:
            _standing[home] = last
            for key in [one for one in _kept if before is not None and one[1:3] == (home, before)]:
                del _kept[key]


@dataclass(frozen=True)
class _Unanswered:
    """Why there is no Finding, without the frames in which that was found."""

    kind: type[FourfoldError]
    cause: str
    remedy: str


def figure(records: Records, name: str, *question: Any, made: Callable[[], Finding]) -> Finding:
    """A Finding, worked out unless it was for this state of the records, and entered in the register.

    The page does not wait for the disk: the register holds what anybody can work out again, and `finding_shown` waits for
    it. A Finding that could not be entered is not kept: asked for again, it is made and entered again. That a question has no
    answer follows from the records as an answer does: it is kept too, and raised anew.
    """
    fresh: list[Finding] = []

    def work(_: tuple[Any, ...]) -> Finding | _Unanswered:
        try:
            fresh.append(made())
        except _OF_THE_RECORDS as fault:
            return _Unanswered(type(fault), fault.cause, fault.remedy)
        return fresh[0]

    key = (name, str(records.home), records.as_at, *question)
    found = kept(key, work)
    if isinstance(found, _Unanswered):
        raise found.kind(found.cause, remedy=found.remedy)
    if fresh:
        with _lock:
            _entering[found.id] = _registrar.submit(_entered, records.home, found, key)
    return found


def finding_shown(home: Path, identity: str) -> Finding:
    """A figure that some page showed. Raises NothingHeld for one that no process has entered in the register by now.

    It is waited for: this process enters what it shows in the background, and another may be about to (`ENTERED_WITHIN`).
    """
    settle()
    until = time.monotonic() + ENTERED_WITHIN
    while True:
        try:
            return finding_named(home, identity)
        except NothingHeld:
            if time.monotonic() >= until:
                raise
        time.sleep(0.05)


def settle() -> None:
    """Wait until every figure that this process has shown stands in the register."""
    with _lock:
        waiting = list(_entering.values())
    for one in waiting:
        one.result()


def _entered(home: Path, found: Finding, key: tuple[Any, ...]) -> None:
    try:
        registered(home, [found])
    except Exception as fault:
        # Its kind only: a message might quote a record.
        _log.error("the register of findings could not be written: %s", type(fault).__name__)
        with _lock:
            if _kept.get(key) is found:
                del _kept[key]
    finally:
        with _lock:
            _entering.pop(found.id, None)


def kept(key: tuple[Any, ...], made: Callable[[tuple[Any, ...]], _T], most: int = _MOST) -> _T:
    """What was made for a key, or is made now; made once, however many ask at the same time.

    Of those whose key begins alike no more than `most` are kept, the last that were asked for.
    """
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
        gate = _at_work.setdefault(key, threading.Lock())
    with gate:
        with _lock:
            if key in _kept:
                return _kept[key]
            erasures = dict(_erasures)
        try:
            found = made(key)
            with _lock:
                if erasures == _erasures:  # else it may be of rows that were erased while it was made
                    _kept[key] = found
                alike = [one for one in _kept if one[0] == key[0]] if most < _MOST else []
                for one in alike[:-most]:
                    del _kept[one]
                while len(_kept) > _MOST:
                    _kept.popitem(last=False)
        finally:
            with _lock:
                _at_work.pop(key, None)
    return found
