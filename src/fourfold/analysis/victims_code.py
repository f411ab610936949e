"""The Victims' Code kept: for each victim and each thing owed a state, with its evidence and the moment at which it was due.

A journey is what the record says of one victim of one crime, in order of time. Each thing owed is judged by the rule pack in
force on the local date of what started its clock, as at an instant: what the record did not hold by then is not known.
Eight states; each one's meaning stands in `codes.victims_code.STATE_MEANS`, and the order in which they are tried here:

  1. no services are owed to this victim, or no news of this suspect           not applicable
  2. the body that owes it is not the force                                    another agency's duty
  3. done by the due moment (or, without a limit in days, done)                met in time
  4. the crime was cancelled or transferred by the due moment                  not applicable, another agency's duty
     (on a day that is not recorded and may have been before it                no evidence)
  5. declined, or no updates wanted, by the due moment                         declined by the victim
     (no updates wanted, from a day that is not recorded                       no evidence)
  6. done after it                                                             met late
  7. the due moment is not past                                                not yet due
  8. a record made after it says that it was not done                          not met
  9. nothing is recorded                                                       no evidence

Of an organisation of which it is not recorded whether it named a contact, nobody can say whether it is owed: what would be judged by
its record (3, 5, 6, 8, 9) is no evidence, whatever the record shows, so that the bounds hold whether it is owed or not. So it is of a
victim of whom it is not recorded whether it is a person, and of news of somebody whom the crime's people do not, or do not yet, name
as a suspect (`is_unlisted`).

This module judges one journey at a time, plainly; `obligations` judges a force's at once and is checked against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from fourfold.codes import victims_code as code
from fourfold.codes import working_days
from fourfold.codes.victims_code import Obligation, RulePack
from fourfold.codes.working_days import COUNTED, Counted
from fourfold.errors import CodeUnknown, RequestInvalid

THE_VICTIM = "victim"
"""The suspect's name where the suspect is the victim."""

REPORTS = ("received", "reported", "recorded")
OUT = ("cancelled", "transferred")
NOT_DONE = ("declined", "not_told", "attempted", "contacted", "victim_called")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """By what is judged: the packs, which days are counted where a pack leaves it open, and whose duties are the force's."""

    packs: tuple[RulePack, ...] = field(default_factory=code.shipped_packs)
    either: Counted = "calendar"
    own: tuple[str, ...] = code.OWN

    def __post_init__(self) -> None:
        if self.either not in COUNTED or not set(self.own) <= set(code.OWNERS):
            raise RequestInvalid(
                "The rules name days or bodies that are not on the lists.",
                remedy=f"Days: {', '.join(COUNTED)}; bodies: {', '.join(code.OWNERS)}.",
            )

    def counted(self, owed: Obligation) -> Counted:
        """Which days an obligation counts."""
        return self.either if owed.counted == "either" else owed.counted

    def due(self, owed: Obligation, at: datetime, is_enhanced: bool) -> datetime | None:
        """When what started at an instant is due; None where no limit in days is known."""
        limit = owed.limit(is_enhanced)
        return None if limit is None else working_days.due_moment(at, limit, self.counted(owed))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event of a journey. `about` is what a contact was about; `line` tells entries of the same instant apart, and
    where they stand. `is_enhanced` is None where the record does not say whether the victim has enhanced rights. `matter` tells
    apart what a victim may have several of at once: complaints, by their references.

    A `contacted` that is about something does not say how it was made: evidence of nothing that must be in writing. Of what stands
    from a day that is not recorded (`is_undated`: a cancellation, a transfer, a choice of no updates) `at` is when it stood at the
    latest. `is_unlisted` marks what happened to somebody whom the extract of the crime's people does not, or does not yet, name as a
    suspect.
    """

    event: str
    at: datetime
    line: int = 0
    about: tuple[str, ...] = ()
    suspect: str | None = None
    by: str | None = None
    team: str | None = None
    is_enhanced: bool | None = None
    is_undated: bool = False
    is_unlisted: bool = False
    matter: str | None = None


@dataclass(frozen=True, kw_only=True)
class Duty:
    """One thing owed, judged. `done` and `decided_by` are the entries that its state rests on; `as_recorded` is the state
    that it would have if it were the force's own duty."""

    obligation: Obligation
    start: Entry
    is_enhanced: bool
    due: datetime | None
    owner: str
    team: str | None
    state: str
    as_recorded: str
    reason: str
    attempts: int
    done: Entry | None = None
    decided_by: Entry | None = None
    lacking: str | None = None
    """What the record lacks, where there is no evidence: one of LACKING."""


UNDATED = ("day of cancellation or transfer", "day of opting out")
OWED_TO = ("named contact", "who the victim is", "whether a suspect")
LACKING = (
    "about what",
    "an attempt only",
    "any contact",
    "contact method",
    "whether the news was given",
    *OWED_TO,
    *UNDATED,
)
"""Why there is no evidence: a contact in time that does not say about what; an attempt that failed, and no more; nothing; a
contact in time about it that does not say how it was made, where it must be in writing or where it does not say either that the
victim was reached; a call from the victim about it in time that does not say that the news was given; whether it is owed at all
(OWED_TO): whether an organisation named a contact, whether the victim is a person or an organisation, or whether somebody is a
suspect of the crime; or on what day the crime was cancelled or transferred, or the victim chose to have no updates."""


@dataclass(frozen=True)
class Oddity:
    """Something in a journey that cannot be so, or does not count; kept, and listed by its line."""

    line: int
    text: str


Entitlement = Literal["entitled", "no named contact", "not recorded", "victim not recorded"]
"""Whether services are owed to the victim. "not recorded": an organisation of which it is not recorded whether it named a contact;
"victim not recorded": whether it is a person or an organisation is not."""
ENTITLEMENTS: tuple[str, ...] = get_args(Entitlement)
UNSURE = {
    "not recorded": (
        "named contact", "Whether the organisation named a contact, and so whether this is owed to it, is not recorded."
    ),
    "victim not recorded": (
        "who the victim is",
        "Whether the victim is a person or an organisation, and so whether this is owed to them, is not recorded.",
    ),
}  # fmt: skip
"""What is lacking where it cannot be said whether services are owed to the victim, and in a sentence."""
NOT_LISTED = "Whether it concerns a suspect of this crime, and so whether news of it is owed, is not recorded."
NOT_ENTITLED = "The victim is an organisation without a named contact: it has no services under the Code."
BY_THE_RECORD = ("met in time", "met late", "not met", "declined by the victim", "no evidence")
"""The states of what was owed and fell due."""


def duties(
    entries: Iterable[Entry], as_at: datetime, rules: Rules, entitlement: Entitlement = "entitled"
) -> tuple[Duty, ...]:
    """Each thing owed in a journey of one victim and one crime, in the order of what started it, as at an instant.

    Less what falls due beyond the years whose bank holidays are held: that is `untold`.
    """
    journey = _journey(entries, as_at, rules, entitlement)
    found = [journey.duty(owed, start) for owed, start in journey.owed() if journey.is_told(owed, start)]
    return tuple(sorted(found, key=lambda d: (d.start.at, d.start.line)))


@dataclass(frozen=True)
class Untold:
    """One thing owed of which it cannot be told when it is due, and what started it."""

    obligation: Obligation
    start: Entry


def untold(entries: Iterable[Entry], as_at: datetime, rules: Rules) -> tuple[Untold, ...]:
    """What is owed in a journey and falls due beyond the years whose bank holidays are held, in the order of what started it."""
    journey = _journey(entries, as_at, rules, "entitled")
    found = [Untold(owed, start) for owed, start in journey.owed() if not journey.is_told(owed, start)]
    return tuple(sorted(found, key=lambda u: (u.start.at, u.start.line)))


def why_untold() -> str:
    """Why it cannot be told when something is due."""
    first, last = working_days.years_held()
    return f"When it is due cannot be told: bank holidays are held from {first} to {last}."


def _journey(entries: Iterable[Entry], as_at: datetime, rules: Rules, entitlement: Entitlement) -> _Journey:
    known = sorted((e for e in entries if e.at <= as_at or e.is_undated), key=lambda e: (e.at, e.line))
    return _Journey(known, as_at, rules, entitlement)


@dataclass(frozen=True)
class _Journey:
    known: Sequence[Entry]
    as_at: datetime
    rules: Rules
    entitlement: Entitlement

    def of(self, *events: str) -> list[Entry]:
        return [e for e in self.known if e.event in events]

    def owed(self) -> Iterator[tuple[Obligation, Entry]]:
        """Each obligation with each entry that starts its clock, by the pack in force on that day."""
        for pack in self.rules.packs:
            for owed in pack.obligations:
                for start in self._starts(owed):
                    if pack.holds_on(working_days.local_date(start.at)):
                        yield owed, start

    def _starts(self, owed: Obligation) -> list[Entry]:
        if owed.is_each:
            once = {(e.at, e.suspect, e.matter): e for e in reversed(self.of(*owed.starts))}
            found = sorted(once.values(), key=lambda e: (e.at, e.line))
            return _firsts(found) if owed.is_first else found
        held = next((found for kind in owed.starts if (found := self.of(kind))), [])
        return held[:1]

    def _since(self, owed: Obligation, start: Entry) -> datetime:
        """From when a contact can be evidence: the start, or the first report of what is owed once for a crime."""
        if owed.is_each or self.of("received"):
            return start.at
        return min([start.at, *(e.at for e in self.of(*REPORTS))])

    def is_enhanced(self, start: Entry) -> bool:
        """Whether the victim had enhanced rights at the start: as last said by then, or else as first said after."""
        place = self.known.index(start)
        said = [e.is_enhanced for e in (*reversed(self.known[: place + 1]), *self.known[place + 1 :])]
        return next((one for one in said if one is not None), False)

    def duty(self, owed: Obligation, start: Entry) -> Duty:
        """One obligation, judged."""
        is_enhanced = self.is_enhanced(start)
        due = self.rules.due(owed, start.at, is_enhanced)
        since = self._since(owed, start)
        about = [e for e in self.known if e.at >= since and _concerns(e, owed, start)]
        done = next((e for e in about if code.events()[e.event].sort == "told" and e.event not in NOT_DONE), None)
        if owed.met_by == ("recorded",):
            done = next(iter(self.of("recorded")), None)
        state, reason, decided_by = self._state(owed, start, due, about, done)
        unsure = self._unsure(owed, start)
        if unsure is not None and state in BY_THE_RECORD:
            state, reason, decided_by = "no evidence", unsure[1], None
        as_recorded = state
        owner = start.by if start.by in owed.owners else owed.owner
        if owner not in self.rules.own and state != "not applicable":
            state, reason = "another agency's duty", f"Owed by {owner.replace('_', ' ')}."
        return Duty(
            obligation=owed, start=start, is_enhanced=is_enhanced, due=due, owner=owner,
            team=self._team(due, done), state=state, as_recorded=as_recorded, reason=reason, done=done,
            decided_by=decided_by, attempts=sum(e.event == "attempted" for e in about),
            lacking=(unsure[0] if unsure else self._lacking(about, since, due, decided_by)) if as_recorded == "no evidence" else None,
        )  # fmt: skip

    def _unsure(self, owed: Obligation, start: Entry) -> tuple[str, str] | None:
        """What is lacking where nobody can say whether it is owed at all, and in a sentence; None where that is known."""
        if self.entitlement in UNSURE:
            return UNSURE[self.entitlement]
        return ("whether a suspect", NOT_LISTED) if owed.is_each and start.is_unlisted else None

    def is_told(self, owed: Obligation, start: Entry) -> bool:
        """Whether it can be told when it is due, or that no limit is known."""
        try:
            self.rules.due(owed, start.at, self.is_enhanced(start))
        except CodeUnknown:
            return False
        return True

    def _lacking(self, about: list[Entry], since: datetime, due: datetime | None, decided_by: Entry | None) -> str:
        """What the record lacks."""
        if decided_by is not None:
            return UNDATED[decided_by.event == "opted_out"]
        until = self.as_at if due is None else due
        if any(e.event == "contacted" and e.at <= until for e in about):
            return "contact method"
        if any(e.event == "victim_called" and e.at <= until for e in about):
            return "whether the news was given"
        if any(since <= e.at <= until for e in self.of("contacted") if not e.about):
            return "about what"
        is_tried = any(e.event == "attempted" and e.at <= until for e in about)
        return "an attempt only" if is_tried else "any contact"

    def _state(
        self, owed: Obligation, start: Entry, due: datetime | None, about: list[Entry], done: Entry | None
    ) -> tuple[str, str, Entry | None]:
        """The state, why, and the entry that decided it; whoever owes it."""
        if self.entitlement == "no named contact":
            return "not applicable", NOT_ENTITLED, None
        nobodys = self._no_news_of(owed, start)
        if nobodys:
            return "not applicable", nobodys, start
        if done is not None and (due is None or done.at <= due):
            return "met in time", "Recorded as done." if due is None else "Recorded as done by the due moment.", done
        gone = self._gone()
        if gone is not None and (due is None or gone.at <= due):
            if gone.event == "cancelled":
                return "not applicable", "The crime was cancelled before this was due.", gone
            return "another agency's duty", "The crime went to another force before this was due.", gone
        if gone is not None and gone.is_undated:
            return "no evidence", "On what day the crime was cancelled or transferred is not recorded.", gone
        declined = self._declined(owed, start, due)
        if declined is not None:
            return "declined by the victim", "Recorded as declined, or as no updates wanted, by then.", declined
        later = (e for e in self.of("opted_out") if e.is_undated and due is not None and e.at > due)
        silent = next(later, None)
        if silent is not None and owed.is_update:
            return "no evidence", "From what day on the victim wanted no updates is not recorded.", silent
        if done is not None:
            return "met late", "Recorded as done after the due moment.", done
        if due is not None and self.as_at <= due:
            return "not yet due", "The due moment is not past.", None
        denied = next((e for e in about if e.event == "not_told" and (due is None or e.at > due)), None)
        if denied is not None:
            return "not met", "A record says that it was not done.", denied
        return "no evidence", "Nothing recorded says whether it was done.", None

    def _no_news_of(self, owed: Obligation, start: Entry) -> str:
        """Why no news of a suspect is owed, if it is not."""
        if not owed.is_each or start.suspect is None:
            return ""
        if start.suspect == THE_VICTIM:
            return "The suspect concerned is the victim."
        if start.is_unlisted:
            return ""
        named = {e.suspect for e in self.of("suspect_named")} - {None}
        return "The suspect concerned is not one of the crime's." if named and start.suspect not in named else ""

    def _gone(self) -> Entry | None:
        """The entry that took the crime out, unless it was reinstated after."""
        moves = self.of(*OUT, "reinstated")
        return moves[-1] if moves and moves[-1].event in OUT else None

    def _declined(self, owed: Obligation, start: Entry, due: datetime | None) -> Entry | None:
        """The entry by which the victim declined what is owed by then: itself, anything, or updates.

        What was declined about one suspect or complaint is declined about that one. Who wants updates again after declining
        anything has updates again.
        """
        by_then = [e for e in self.known if due is None or e.at <= due]
        of_it = (e for e in by_then if e.event == "declined" and e.about and _concerns(e, owed, start))
        anything = [e for e in by_then if e.event == "declined" and not e.about]
        again = [e for e in by_then if e.event == "opted_in"]
        if owed.is_update and again:
            anything = [e for e in anything if (e.at, e.line) > (again[-1].at, again[-1].line)]
        found = next(of_it, None) or (anything[0] if anything and owed.may_decline else None)
        if found is not None:
            return found
        wishes = [e for e in by_then if e.event in ("opted_out", "opted_in")]
        is_out = bool(wishes) and wishes[-1].event == "opted_out"
        return wishes[-1] if is_out and owed.is_update else None

    def _team(self, due: datetime | None, done: Entry | None) -> str | None:
        """The team that had the crime when this was done in time, or else when it fell due (or now, if it has not)."""
        then = self.as_at if due is None else min(due, self.as_at)
        if done is not None and done.at < then:
            then = done.at
        teams = [e.team for e in self.of("handed_over", *REPORTS) if e.at <= then and e.team is not None]
        return teams[-1] if teams else None


def _firsts(starts: Sequence[Entry]) -> list[Entry]:
    """Of entries in order of time the first of each suspect; one that does not say of whom may be of any."""
    found: list[Entry] = []
    for entry in starts:
        if not any(None in (entry.suspect, one.suspect) or entry.suspect == one.suspect for one in found):
            found.append(entry)
    return found


def _concerns(entry: Entry, owed: Obligation, start: Entry) -> bool:
    """Whether an entry is about what is owed, and about the suspect and the complaint concerned where both say which."""
    pairs = ((entry.suspect, start.suspect), (entry.matter, start.matter))
    return bool(set(entry.about) & set(owed.met_by)) and (
        not owed.is_each or all(None in pair or pair[0] == pair[1] for pair in pairs)
    )


def oddities(entries: Iterable[Entry], rules: Rules) -> tuple[Oddity, ...]:
    """What in a journey cannot be so, does not count, or is judged by no pack, by line."""
    entries = tuple(entries)
    known = sorted(entries, key=lambda e: (e.at, e.line))
    reports = [e for e in known if e.event in REPORTS]
    if not reports:
        first = known[0].line if known else 0
        return (Oddity(first, "Nothing says when the crime was reported, recorded or received."),)
    named = {e.suspect for e in known if e.event == "suspect_named"} - {None}
    begun = min(p.first for p in rules.packs)
    found = []
    early = [e for e in known if code.events()[e.event].sort == "happened" and working_days.local_date(e.at) < begun]
    if early:
        found.append(Oddity(early[0].line, f"Nothing that began before {begun} is judged: no rule pack was in force."))
    last = max(e.at for e in known)
    lines = dict.fromkeys(u.start.line for u in untold(entries, last, rules))
    found += [Oddity(line, f"What is owed from this on is not judged. {why_untold()}") for line in lines]
    for e in known:
        sort = code.events()[e.event].sort
        if e.at < reports[0].at and sort == "told" and e.event != "victim_called":
            found.append(Oddity(e.line, "A contact before the crime was reported: evidence of nothing that is owed."))
        elif e.at < reports[0].at and sort == "happened":
            found.append(Oddity(e.line, "This happened before the crime was reported."))
        if e.is_undated:
            found.append(Oddity(e.line, "On what day is not recorded: " + e.event.replace("_", " ") + "."))
        if sort == "happened" and e.suspect == THE_VICTIM:
            found.append(Oddity(e.line, "The suspect concerned is the victim: no news of it is owed."))
        elif sort == "happened" and e.is_unlisted:
            found.append(
                Oddity(e.line, f"The crime's people do not, or do not yet, name the suspect concerned. {NOT_LISTED}")
            )
        elif sort == "happened" and e.suspect is not None and named and e.suspect not in named:
            found.append(Oddity(e.line, "The suspect concerned is not one of the crime's: no news of it is owed."))
    return tuple(found)
