"""Decisions: an officer's word that records are, or are not, of the same person; every later linking keeps to it.

A decision changes what the records hold, so it is a verb on files: taken here with its reason, entry and event, and applied by
the worker between a begun entry and a closing one. It is undone by the opposite decision, which is as much on the log.

Linking that an officer asks for without a decision (`link_people`) is such a verb too, by the page and by the command line.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import models, transaction

from fourfold.casework import audit, events, roles
from fourfold.casework.access import gate_for
from fourfold.casework.audit import Who
from fourfold.casework.officers import Officer
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.records import people
from fourfold.records.access import Asking, purposes
from fourfold.records.as_at import Records, records_as_at

WAITING, AT_WORK, DONE, FAILED = "waiting", "at work", "done", "failed"
SAME, DIFFERENT = "same", "different"
_T = TypeVar("_T")
PURPOSE, KIND = "linking people", "combination"


def _new_identity() -> str:
    return secrets.token_hex(8)


class PersonDecision(models.Model):
    """One decision. `pairs` are pairs of entries as JSON; `persons` the identifiers that it is about."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    says = models.CharField(max_length=9)
    pairs = models.TextField()
    persons = models.CharField(max_length=200)
    why = models.CharField(max_length=500)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=32)
    role = models.CharField(max_length=32)
    state = models.CharField(max_length=8, default=WAITING)
    fault = models.CharField(max_length=500, blank=True)

    @property
    def pair_list(self) -> list[tuple[str, str]]:
        """The pairs of entries."""
        return [(one, other) for one, other in json.loads(self.pairs)]

    @property
    def person_list(self) -> list[str]:
        """The identifiers of the people that it is about, as they stood."""
        return self.persons.split()


def decide_person(
    who: Who, says: str, pairs: Sequence[tuple[str, str]], persons: Sequence[str], why: str, *, at: datetime,
    queue: Callable[[str], None],
) -> PersonDecision:  # fmt: skip
    """Say that each pair of entries is of the same person, or of different ones, and queue the linking anew.

    Raises RequestInvalid without a reason, without pairs, or for an officer none of whose roles both links people and
    changes them; in which areas is for whoever asks to have looked at. `queue` puts the decision's identity in the queue
    of work, within the transaction.
    """
    if says not in (SAME, DIFFERENT) or not pairs:
        raise RequestInvalid("The form was not whole.", remedy="Load the page again.")
    if not why.strip():
        raise RequestInvalid(
            "No reason is given.", remedy="Say why, without a name: the reason stands with the decision."
        )
    linking = (p.role for p in purposes() if (p.purpose, p.kind) == (PURPOSE, KIND) and p.role in who.roles)
    role = next((one for one in linking if roles.may_somewhere([roles.Held(one)], "write", "people")), None)
    if role is None:
        raise RequestInvalid("None of your roles links people.", remedy="Ask an analyst to decide.")
    with transaction.atomic():
        made = PersonDecision.objects.create(
            says=says, pairs=json.dumps([list(pair) for pair in pairs]), persons=" ".join(persons)[:200], why=events.words(why, 500),
            decided_at=at, decided_by=who.key, role=role,
        )  # fmt: skip
        decided = {"says": says, "pairs": len(pairs), "persons": list(persons), "why": made.why}
        number = audit.entered(
            who, "alteration", "decide_person", "people", at=at, keys=list(persons), reason=made.why,
            note={"says": says, "pairs": len(pairs), "decision": made.identity},
        )  # fmt: skip
        events.happened(who, "people", "decide_person", made.identity, decided, at=at, entry=number)
        queue(made.identity)
    return made


def apply_decision(identity: str, *, clock: Callable[[], datetime]) -> None:
    """Link anew by a decision that waits: a begun entry, the linking, a closing entry. Run by the worker, and once."""
    if not PersonDecision.objects.filter(identity=identity, state=WAITING).update(state=AT_WORK):
        return
    made = PersonDecision.objects.get(identity=identity)
    officer = Officer.objects.filter(key=made.decided_by).first()
    who = Who(made.decided_by, (made.role,))
    number = audit.begun(who, KIND, "apply_decision", "people", at=clock(), keys=[identity, *made.person_list])
    state, fault = DONE, ""
    try:
        gate = gate_for(made.decided_by, officer.held(clock()) if officer else ())
        asking = Asking(officer=made.decided_by, role=made.role, purpose=PURPOSE, reason=made.why)
        records = records_as_at(Path(settings.FOURFOLD_HOME), clock())
        people.link(records, gate, asking, clock(), _as_records_have_it(made))
    except FourfoldError as refused:
        state, fault = FAILED, f"{refused.cause} {refused.remedy}"
    except Exception:
        _ended(made, number, FAILED, "A fault of Fourfold's own; nothing was changed.", clock())
        raise
    _ended(made, number, state, fault, clock())


def _as_records_have_it(made: PersonDecision) -> list[people.Decision]:
    return [
        people.Decision(says=made.says, one=one, other=other, by=made.decided_by, at=made.decided_at, why=made.why)
        for one, other in made.pair_list
    ]


def _ended(made: PersonDecision, number: int, state: str, fault: str, at: datetime) -> None:
    with transaction.atomic():
        PersonDecision.objects.filter(pk=made.pk).update(state=state, fault=fault[:500])
        audit.closed(number, state, at=at)


def outcome_of_decision(entry: audit.Entry) -> str:
    """Whether the linking that a crash cut short was kept; where it was not, the decision waits again."""
    made = PersonDecision.objects.filter(identity=entry.key_list[0]).first()
    if made is None:
        return "not done"
    kept = {(d.says, d.one, d.other, d.at) for d in people.state_of(Path(settings.FOURFOLD_HOME)).decisions}
    is_kept = all((made.says, one, other, made.decided_at) in kept for one, other in made.pair_list)
    PersonDecision.objects.filter(pk=made.pk).update(state=DONE if is_kept else WAITING)
    return "done" if is_kept else "not done"


def link_people(
    asking: Asking, records: Records, linked: Callable[[], _T], *, clock: Callable[[], datetime], by: str = "page"
) -> _T:
    """Have people linked as an officer asked: a begun entry, the linking, which `linked` does, its event and a closing entry.

    Whoever may not is refused within `linked`, by the gate that it opens records by. What `linked` raises is raised, and the
    entry closed by what the files show.
    """
    before = people.last_run(records.home)
    note = {
        "purpose": asking.purpose, "by": by, "as_at": records.as_at.isoformat(), "run": int(before.name) if before else 0,
    }  # fmt: skip
    number = audit.begun(
        Who(asking.officer, (asking.role,)), KIND, LINK, "people", at=clock(), reason=asking.reason, note=note
    )
    try:
        done = linked()
    except BaseException:
        outcome = outcome_of_linking(audit.Entry.objects.get(number=number))
        audit.closed(number, "done" if outcome == "done" else "failed", at=clock())
        raise
    _linked_told(audit.Entry.objects.get(number=number), at=clock())
    audit.closed(number, "done", at=clock())
    return done


def _linked_told(entry: audit.Entry, *, at: datetime) -> None:
    run = people.last_run(Path(settings.FOURFOLD_HOME))
    decided = {"run": int(run.name) if run else 0, "role": entry.roles, "by": entry.notes["by"]}
    events.happened_once(entry, "people", LINK, decided, at=at)


def outcome_of_linking(entry: audit.Entry) -> str:
    """Whether people were linked as at the instant that was asked for, or a later one; its event is then made."""
    home = Path(settings.FOURFOLD_HOME)
    run, asked = people.last_run(home), entry.notes
    at = people.state_of(home).at
    if run is None or at is None or int(run.name) <= asked["run"] or at < datetime.fromisoformat(asked["as_at"]):
        return "not done"
    _linked_told(entry, at=entry.instant)
    return "done"


LINK = "link_people"
OUTCOMES = {"apply_decision": outcome_of_decision, LINK: outcome_of_linking}
"""What start-up asks to learn whether a decision that was begun was applied, and whether people were linked."""


def waiting() -> list[PersonDecision]:
    """Decisions that nothing works at, among them those whose worker died before its begun entry."""
    at_work = {key for entry in audit.left_open() if entry.verb == "apply_decision" for key in entry.key_list}
    PersonDecision.objects.filter(state=AT_WORK).exclude(identity__in=at_work).update(state=WAITING)
    return list(PersonDecision.objects.filter(state=WAITING).order_by("decided_at"))
