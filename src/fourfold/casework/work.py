"""Work in the background: what the worker does, queued in the transaction of the verb that asks for it.

Work that a killed worker left is found at start-up (`resumed`): its begun entry is closed by what the files show, and it is
queued again. Each piece of work is claimed once, so that to queue it twice is harmless. What goes wrong in it is kept with
the queue by kind and place only: a fault's own message might quote a record.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, time, timedelta
from pathlib import Path
from traceback import extract_tb
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import transaction
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from fourfold import settings
from fourfold.analysis import states
from fourfold.analysis.duty_lists import make_duty_lists
from fourfold.analysis.victims_code import Rules
from fourfold.casework import (
    audit,
    backtests,
    care,
    commands,
    decisions,
    drafts,
    handovers,
    rights,
    square_maps,
    themes,
    uploads,
)
from fourfold.casework.access import carried_over, gate_for
from fourfold.casework.backtests import Question
from fourfold.casework.officers import Officer
from fourfold.codes.working_days import COUNTED
from fourfold.errors import FourfoldError, NothingHeld
from fourfold.records import card_index, kept_rows, people, person_index, recognition
from fourfold.records.access import Asking
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import finish_imports
from fourfold.records.kept_states import Kept
from fourfold.records.lake import Lake

_BRITAIN = ZoneInfo("Europe/London")
_RESULTS_KEPT_DAYS = 30
_AFTER_ALL_ELSE = -50
_MOST_QUESTIONS = 20
"""So many questions of where next may wait, each some seconds of work: other work waits behind one of them at most."""
_log = logging.getLogger("fourfold.work")


class WorkFailed(Exception):
    """A fault of Fourfold's own in the background, by its kind and place."""


def quiet(act: Callable[..., None]) -> Callable[..., None]:
    """What an act raises, without its message: the queue keeps what it is told in the database."""

    @functools.wraps(act)
    def acted(*given: Any) -> None:
        try:
            act(*given)
        except Exception as fault:
            frames = [
                f"{one.filename.rpartition('fourfold/')[2]}:{one.lineno}" for one in extract_tb(fault.__traceback__)
            ]
            said = f"{type(fault).__name__} at {' < '.join(reversed(frames[-4:]))}"
        else:
            return
        raise WorkFailed(said)

    return acted


@task()
@quiet
def import_upload(identity: str) -> None:
    """Import a file that was sent in."""
    uploads.import_upload(identity, clock=settings.now)
    queue_worked_out()


@task()
@quiet
def write_edition(edition_id: int) -> None:
    """Write an edition of a paper."""
    drafts.write_edition(edition_id, clock=settings.now)


@task()
@quiet
def hand_over_events(officer: str) -> None:
    """Give the records the events so far, as an officer asked."""
    handovers.hand_over_events(audit.Who(officer), clock=settings.now)


@task()
@quiet
def end_day() -> None:
    """Give the records the events of the days that have ended, keep the log's head outside, and come again at midnight."""
    now = settings.now()
    queue_day_end(now)
    _folders_log_carried(now)
    last = audit.Head.objects.get(pk=1)
    audit.head_kept(now, last.number, last.hash)
    handovers.hand_over_events(audit.SYSTEM, clock=settings.now, until=midnight(now))
    care.recognise_victims(
        records_as_at(Path(django_settings.FOURFOLD_HOME), now), at=now
    )  # people are linked by commands too
    queue_worked_out()
    call_command("prune_db_task_results", min_age_days=_RESULTS_KEPT_DAYS, verbosity=0)


@task()
@quiet
def link_people(officer: str, role: str, purpose: str) -> None:
    """Compare new victims with all who are known, for an officer who asked; refused, on the log, where the role went."""
    at = settings.now()
    found = Officer.objects.filter(key=officer).first()
    gate = gate_for(officer, found.held(at) if found else ())
    records = records_as_at(Path(django_settings.FOURFOLD_HOME), at)
    asking = Asking(officer=officer, role=role, purpose=purpose)

    def linked() -> None:
        # The list is wanted at once; linking everybody anew takes longer.
        recognition.recognise(records, gate, asking, at)
        people.link(records, gate, asking, at)

    decisions.link_people(asking, records, linked, clock=settings.now)
    care.recognise_victims(records, at=settings.now())
    queue_rows()


@task()
@quiet
def apply_decision(identity: str) -> None:
    """Link people anew by what an officer decided."""
    decisions.apply_decision(identity, clock=settings.now)
    at = settings.now()
    care.recognise_victims(records_as_at(Path(django_settings.FOURFOLD_HOME), at), at=at)
    queue_rows()


@task()
@quiet
def read_themes(identity: str) -> None:
    """Read a force's narratives for themes, as an officer asked."""
    themes.read_themes(identity, clock=settings.now)


def _folders_log_carried(at: datetime) -> None:
    """Have what commands entered in the folder's log on the service's. That it was altered stops no other work."""
    try:
        carried_over(Path(django_settings.FOURFOLD_HOME), at=at)
    except FourfoldError as fault:
        _log.error("the folder's log of access was not carried over: %s", fault.kind)


def _archives_finished() -> None:
    """Finish the archives whose import died between two members. That there is no space for it stops no other work."""
    try:
        finish_imports(Path(django_settings.FOURFOLD_HOME), clock=settings.now)
    except FourfoldError as fault:
        _log.error("an archive that was going in was not finished: %s", fault.kind)


def queue_reading(identity: str) -> None:
    """Queue a reading of narratives, in the transaction that is open."""
    read_themes.enqueue(identity)


def queue_decision(identity: str) -> None:
    """Queue the linking by a decision, in the transaction that is open."""
    apply_decision.enqueue(identity)


@task()
@quiet
def erase_person(identity: str) -> None:
    """Erase the person of a rights request."""
    rights.erase_person(identity, clock=settings.now)
    queue_worked_out()


def queue_erasure(identity: str) -> None:
    """Queue an erasure, in the transaction that is open."""
    erase_person.enqueue(identity)


@task(priority=_AFTER_ALL_ELSE)
@quiet
def judge_states() -> None:
    """Judge what is owed to victims as the records stand, so that a page only reads it: what is kept already is not judged again.

    A fault in one force's records keeps no other force waiting: it is raised when the others are judged.
    """
    home = Path(django_settings.FOURFOLD_HOME)
    records = records_as_at(home, Lake(home).last_change())
    faults: list[Exception] = []
    alike: dict[str, Kept] = {}
    for force_id, days in itertools.product(states.forces_owed(records), COUNTED):
        try:
            with contextlib.suppress(NothingHeld):
                rules = Rules(either=days)
                found = states.kept_states(records, force_id, rules)
                make_duty_lists(records, force_id, rules, found, alike.get(force_id))
                alike[force_id] = found
        except Exception as fault:
            _log.error("what is owed to the victims of %s was not judged: %s", force_id, type(fault).__name__)
            faults.append(fault)
    if faults:
        raise faults[0]


@task(priority=_AFTER_ALL_ELSE)
@quiet
def keep_rows() -> None:
    """Work out where each entry and each crime's rows stand, and whom the review queue knows, so that a page only reads it."""
    home = Path(django_settings.FOURFOLD_HOME)
    records = records_as_at(home, Lake(home).last_change())
    card_index.keep_card_index(records)
    kept_rows.keep_rows(records)
    person_index.keep_person_index(home)


def queue_rows() -> None:
    """Queue that, unless it is: after files came in or people were linked, or where a page finds none that stand."""
    if not DBTaskResult.objects.filter(task_path=keep_rows.module_path, status="READY").exists():
        keep_rows.enqueue()


def queue_worked_out() -> None:
    """Queue all that is worked out of the records as they stand, so that pages only read it: after the records changed."""
    queue_rows()
    queue_judging()
    queue_usual_maps()


def queue_judging() -> None:
    """Queue the judging of what is owed to victims, unless it is: after files came in, or where a page finds none that stands."""
    if not DBTaskResult.objects.filter(task_path=judge_states.module_path, status="READY").exists():
        judge_states.enqueue()


@task(priority=_AFTER_ALL_ELSE)
@quiet
def draw_maps(asked: dict[str, Any]) -> None:
    """Test the maps of a question and draw the one to be shown, and all of them week by week, so that a page only reads them."""
    home = Path(django_settings.FOURFOLD_HOME)
    records, question = records_as_at(home, Lake(home).last_change()), Question(**asked)
    backtests.made(records, question)
    square_maps.made(records, question)


@task(priority=_AFTER_ALL_ELSE)
@quiet
def draw_usual_maps() -> None:
    """The same of what is asked where nothing is chosen."""
    home = Path(django_settings.FOURFOLD_HOME)
    records = records_as_at(home, Lake(home).last_change())
    for asked in backtests.usual(records):
        backtests.made(records, asked)
        square_maps.made(records, asked)


def queue_maps(asked: Question) -> None:
    """Queue the maps of a question, unless it is. Where many wait already it is not: whoever asks again finds room then."""
    waiting = DBTaskResult.objects.filter(task_path=draw_maps.module_path, status="READY")
    questions = [one["args"][0] for one in waiting.values_list("args_kwargs", flat=True)]
    if len(questions) < _MOST_QUESTIONS and asdict(asked) not in questions:
        draw_maps.enqueue(asdict(asked))


def queue_usual_maps() -> None:
    """Queue the maps that are asked for where nothing is chosen, unless they are: after files came in."""
    if not DBTaskResult.objects.filter(task_path=draw_usual_maps.module_path, status="READY").exists():
        draw_usual_maps.enqueue()


def queue_import(identity: str) -> None:
    """Queue an import, in the transaction that is open."""
    import_upload.enqueue(identity)


def queue_edition(edition_id: int) -> None:
    """Queue the writing of an edition, in the transaction that is open."""
    write_edition.enqueue(edition_id)


def queue_handover(officer: str) -> None:
    """Queue a handover of the events so far."""
    hand_over_events.enqueue(officer)


def queue_day_end(at: datetime) -> None:
    """Queue the end of the day that an instant lies in, unless it is."""
    due = midnight(at, days=1)
    if not DBTaskResult.objects.filter(task_path=end_day.module_path, status="READY", run_after=due).exists():
        end_day.using(run_after=due).enqueue()


def midnight(at: datetime, days: int = 0) -> datetime:
    """The midnight in London with which the day of an instant began, or one that many days later."""
    day = at.astimezone(_BRITAIN).date() + timedelta(days=days)
    return datetime.combine(day, time(), _BRITAIN)


def queue_linking(officer: str, role: str, purpose: str) -> None:
    """Queue the comparison of victims with those known of old."""
    link_people.enqueue(officer, role, purpose)


def _linkings_put_back() -> None:
    """Queue again the linkings that a killed worker had taken from the queue: to link what is linked changes nothing."""
    with transaction.atomic():
        for left in DBTaskResult.objects.filter(task_path=link_people.module_path, status="RUNNING"):
            DBTaskResult.objects.filter(pk=left.pk).update(status="FAILED")
            queue_linking(*left.args_kwargs["args"])


def resumed(*, at: datetime) -> list[tuple[audit.Entry, str]]:
    """Close what a crash left open on the log, and queue again what still waits. Run before a worker starts."""
    outcomes = {
        **uploads.OUTCOMES,
        "write_edition": drafts.outcome_of_edition,
        **handovers.OUTCOMES,
        **decisions.OUTCOMES,
        **rights.OUTCOMES,
        **commands.OUTCOMES,
    }
    _archives_finished()
    found = audit.reconciled(outcomes, at=at)
    _folders_log_carried(at)
    uploads.put_back()
    handovers.put_back()
    rights.put_back()
    _linkings_put_back()
    for decision in decisions.waiting():
        queue_decision(decision.identity)
    for reading in themes.waiting():
        queue_reading(reading.identity)
    for upload in uploads.waiting():
        queue_import(upload.identity)
    for request in rights.waiting():
        queue_erasure(request.identity)
    for edition in drafts.unwritten():
        queue_edition(edition.pk)
    queue_worked_out()
    end_day.enqueue()
    return found
