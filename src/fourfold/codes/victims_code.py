"""Rule packs: what victims are owed, by whom and by when, as dated data; and the events by which its clocks start and stop.

A pack is one TOML file: the Victims' Code of some years, or a force's own approach. Packs of one scheme follow each other
without gap or overlap, and each thing owed is judged by the pack in force on the local date of what started its clock. A
pack that says no end holds until the next begins. Every limit says how sure it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from fourfold.codes.lists import STATUSES
from fourfold.codes.working_days import COUNTED, Counted
from fourfold.errors import CodeUnknown, RecordsInvalid

SHIPPED = ("victims_code_2021", "five_step")
OWNERS = ("police", "cps", "witness_care", "probation")
OWN = ("police", "witness_care")
"""Whose duties are the force's own, unless a setting says otherwise: witness care units are mostly the police's."""

Sort = Literal["happened", "told", "standing"]
MEETS_NOTHING = ("update", "review_right", "other")
"""What a contact may be about without being evidence of any obligation: an update does not say of what."""
STATES = (
    "met in time", "met late", "not met", "no evidence", "declined by the victim", "not yet due", "not applicable",
    "another agency's duty",
)  # fmt: skip
STATE_MEANS = {
    "met in time": "The record shows that it was done by the due moment; or, where there is no limit in days, that it was done.",
    "met late": "The record shows that it was done, after the due moment.",
    "not met": "The due moment is past, nothing shows that it was done, and a record made after the due moment (or, where there "
    "is no limit in days, at any time after the start) says that it was not.",
    "no evidence": "The due moment is past (or there is no limit in days), and the record does not say whether it was done. It "
    "is never read as not done. A contact about something else, an attempt that failed, or a call from the victim of which it is not "
    "recorded that the news was given in it, leaves it so. So does whatever is recorded for an organisation of which it is not "
    "recorded whether it named a contact, for a victim of whom it is not recorded whether it is a person or an organisation, and of "
    "somebody whom the records of the people in the crime do not, or do not yet, name as a suspect; and a cancellation, a transfer "
    "or a choice of no updates of which the day is not recorded, and which may have been before the due moment or after it.",
    "declined by the victim": "The record shows that by the due moment the victim had declined it, or wanted no updates.",
    "not yet due": "The due moment is not past as at the moment of judging, and nothing shows that it was done.",
    "not applicable": "Nothing is owed: the crime was cancelled before it was due; the victim is an organisation without a "
    "named contact, or is the suspect concerned; or a journey that names its suspects says that this is none of them.",
    "another agency's duty": "It is owed by a body whose duties are not the force's own, or the crime went to another force "
    "before it was due.",
}
"""The eight states, each with exactly when it applies."""


@cache
def overdue_days() -> int:
    """How many days after its due day something without evidence stays on the list of what is owed."""
    return int(tomllib.loads(_data("victims_code_lists.toml"))["owed"]["overdue_days"])


@dataclass(frozen=True)
class Event:
    """One kind of event: its name, other words for it, and what it is about (empty where the detail says so, or nothing)."""

    name: str
    sort: Sort
    means: str
    also: tuple[str, ...]
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """One thing owed to a victim.

    `starts` are the events that start its clock: each of them every time (`is_each`), or the first of them, in their
    order, that the crime has. `met_by` are what a contact must be about to meet it. `standard` and `enhanced` are limits
    in days, None where no limit is known. `is_update` marks what a victim who wants no updates is not owed. `is_offer` marks
    what is met by the offer, whether or not it is taken up.
    `is_first` marks what is owed each time, of each suspect the first time alone: later hearings are no first hearing. What does
    not say of which suspect may be of any.
    `owners` are those who may owe it; `owner` does where nothing is said.
    """

    id: str
    pack: str
    scheme: str
    right: int
    title: str
    starts: tuple[str, ...]
    met_by: tuple[str, ...]
    owner: str
    owners: tuple[str, ...] = ()
    is_each: bool = False
    is_first: bool = False
    standard: int | None = None
    enhanced: int | None = None
    counted: Counted | Literal["either"] = "working"
    may_decline: bool = False
    is_update: bool = False
    is_offer: bool = False
    status: str
    standard_status: str = ""
    enhanced_status: str = ""
    limit_note: str = ""
    source: str

    def limit(self, is_enhanced: bool) -> int | None:
        """The limit in days, None where none is known."""
        return self.enhanced if is_enhanced else self.standard

    def limit_status(self, is_enhanced: bool) -> str:
        """How sure the limit is."""
        return (self.enhanced_status if is_enhanced else self.standard_status) or self.status


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """A right of which a force's extracts say nothing: why, and where it is judged instead.

    `audit` is a scheme and its question, `survey` a question of the victims' survey (empty: none); `clocks` says that the clocks
    beside the Code tell something near it.
    """

    why: str
    audit: tuple[str, str]
    survey: str = ""
    clocks: bool = False
    status: str
    source: str


@dataclass(frozen=True, kw_only=True)
class RulePack:
    """The obligations of a scheme from a first to a last day (None: until the next pack of the scheme begins).

    `elsewhere` are the rights that no extract speaks of, by number: without evidence there, they are not unkept.
    """

    id: str
    scheme: str
    title: str
    first: date
    last: date | None
    version: str
    status: str
    source: str
    rights: Mapping[int, str]
    obligations: tuple[Obligation, ...]
    elsewhere: Mapping[int, Elsewhere] = field(default_factory=dict)

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.first <= day and (self.last is None or day <= self.last)


@cache
def events() -> Mapping[str, Event]:
    """Every kind of event by its name."""
    plain = tomllib.loads(_data("victims_code_events.toml"))
    return {
        name: Event(name, row["sort"], row["means"], tuple(row["also"]), row.get("about", ""))
        for name, row in plain.items()
    }


@cache
def _words() -> Mapping[str, Event]:
    return {word: one for one in events().values() for word in (one.name, *one.also)}


def event_of(text: str) -> Event | None:
    """The event that a word stands for, however it is spaced or capitalised; None where it is no word for any."""
    return _words().get(_plain(text))


@cache
def abouts() -> tuple[str, ...]:
    """Everything that a contact may be about and that meets an obligation or belongs to an event."""
    told = {one.about for one in events().values() if one.about}
    met = {word for pack in shipped_packs() for one in pack.obligations for word in one.met_by}
    return tuple(sorted(told | met | set(MEETS_NOTHING)))


def about_of(text: str) -> str | None:
    """What a contact is about, by the word itself, or by the name of an event or another word for it; else None."""
    plain = _plain(text)
    for start in ("", "told_of_", "told_", "of_", "about_"):
        word = plain.removeprefix(start)
        if word in abouts():
            return word
        if word == "updates":
            return "update"
        found = _words().get(word)
        if found is not None and found.about:
            return found.about
    return None


def _plain(text: str) -> str:
    return "_".join(text.strip().lower().replace("-", " ").replace("_", " ").split())


@cache
def shipped_packs() -> tuple[RulePack, ...]:
    """The packs that come with Fourfold."""
    return following([_pack(tomllib.loads(_data(f"{name}.toml")), f"{name}.toml") for name in SHIPPED])


def packs(more: Iterable[Path] = ()) -> tuple[RulePack, ...]:
    """The packs shipped and those of some files, in order. Raises RecordsInvalid for a file that is no pack, and for dates
    of one scheme that leave a gap or overlap."""
    own = [_pack_of_file(path) for path in more]
    return following([*(replace(p) for p in shipped_packs()), *own]) if own else shipped_packs()


def _pack_of_file(path: Path) -> RulePack:
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise RecordsInvalid("The file cannot be read as a rule pack.", remedy=_REMEDY, file=path) from None
    return _pack(plain, path)


_REMEDY = "See how a pack is written in the reference of the Victims' Code, and mend the file."


def following(given: Sequence[RulePack]) -> tuple[RulePack, ...]:
    """The packs of each scheme in order of their dates, one without an end ended by the next.

    Raises RecordsInvalid where two of one scheme overlap, or leave days between them, or share a name.
    """
    if len({p.id for p in given}) < len(given):
        raise RecordsInvalid("Two rule packs have the same name.", remedy="Give each a name of its own.")
    found: list[RulePack] = []
    for scheme in dict.fromkeys(p.scheme for p in given):
        own = sorted((p for p in given if p.scheme == scheme), key=lambda p: p.first)
        for one, following_one in zip(own, [*own[1:], None], strict=True):
            found.append(one if following_one is None else _joined(one, following_one))
    return tuple(found)


def _joined(one: RulePack, later: RulePack) -> RulePack:
    """A pack with its end, where it said none, on the day before the next begins."""
    eve = later.first - timedelta(days=1)
    last = eve if one.last is None else one.last
    if last < one.first or last > eve:
        raise RecordsInvalid(
            f"The rule packs {one.id} and {later.id} overlap.",
            remedy="Let one pack of a scheme end on the day before the next begins.",
        )
    if last < eve:
        raise RecordsInvalid(
            f"There is a gap between the rule packs {one.id} and {later.id}: on {last + timedelta(days=1)} none is in force.",
            remedy="Let one pack of a scheme end on the day before the next begins.",
        )
    return replace(one, last=last)


def _pack(plain: Mapping[str, Any], file: str | Path) -> RulePack:
    """A pack from its TOML. Raises RecordsInvalid where it says what is not on the lists."""

    def refuse(cause: str) -> RecordsInvalid:
        return RecordsInvalid(cause, remedy=_REMEDY, file=file)

    try:
        head = plain["pack"]
        rights = {int(number): title for number, title in plain["rights"].items()}
        pack = RulePack(
            id=head["id"], scheme=head["scheme"], title=head["title"], first=head["from"], last=head.get("until"),
            version=head["version"], status=head["status"], source=head["source"], rights=rights,
            obligations=tuple(_obligation(row, head) for row in plain["obligation"]),
            elsewhere={int(number): _elsewhere(row) for number, row in plain.get("elsewhere", {}).items()},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        raise refuse("The rule pack lacks what every pack says, or says what none does.") from None
    if type(pack.first) is not date or not (pack.last is None or type(pack.last) is date):
        raise refuse("The rule pack's dates are not days.")
    if pack.last is not None and pack.last < pack.first:
        raise refuse("The rule pack ends before it begins.")
    if len({one.id for one in pack.obligations}) < len(pack.obligations):
        raise refuse("Two obligations of the rule pack have the same name.")
    if not set(pack.elsewhere) <= set(rights) or any(one.status not in STATUSES for one in pack.elsewhere.values()):
        raise refuse("The rule pack says where a right is judged that it does not have, or not how sure that is.")
    for one in pack.obligations:
        cause = _fault_of(one, rights)
        if cause:
            raise refuse(f"The obligation {one.id} {cause}.")
        _words_known(one, file)
    return pack


def _elsewhere(row: Mapping[str, Any]) -> Elsewhere:
    scheme, question = row["audit"]
    return Elsewhere(**{**row, "audit": (scheme, question)})


def _obligation(row: Mapping[str, Any], head: Mapping[str, Any]) -> Obligation:
    said: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Obligation(**said, pack=head["id"], scheme=head["scheme"])


def _words_known(one: Obligation, file: str | Path) -> None:
    """Refuse an obligation that starts by, or is met by, what no extract and no file of journeys can say.

    Events and what contacts may be about are the contracts' words, and a pack adds none: what started by a word of its own would
    never start, and what was met by one would stand as no evidence for ever. Raises RecordsInvalid.
    """
    happened = {name for name, event in events().items() if event.sort == "happened"}
    of_contacts = _contact_words()
    for what, given, known in (("starts by", one.starts, happened), ("is met by", one.met_by, of_contacts)):
        strange = [word for word in given if word not in known]
        if strange:
            raise RecordsInvalid(
                f"The obligation {one.id} {what} what is no {'event' if known is happened else 'word of a contact'}: "
                f"{', '.join(w[:40] for w in strange)}.",
                remedy=f"Use one or more of: {', '.join(sorted(known))}. A pack adds no words of its own: name the nearest, or "
                "leave the obligation out and have it audited.", file=file,
            )  # fmt: skip


@cache
def _contact_words() -> frozenset[str]:
    """What a contact may be about and that meets an obligation: by the events, and by the packs that are shipped."""
    told = {one.about for one in events().values() if one.about}
    plain = [tomllib.loads(_data(f"{name}.toml")) for name in SHIPPED]
    return frozenset(told | {word for pack in plain for row in pack["obligation"] for word in row["met_by"]})


def _fault_of(one: Obligation, rights: Mapping[int, str]) -> str:
    limits = [n for n in (one.standard, one.enhanced) if n is not None]
    checks = (
        (one.right in rights, "belongs to no right of the pack"),
        (bool(one.starts), "starts by nothing"),
        (bool(one.met_by), "can be met by nothing"),
        (one.is_each or not one.is_first, "is owed the first time alone, and not each time"),
        (one.owner in OWNERS and set(one.owners) <= set(OWNERS), "has an owner who is not on the list"),
        (one.counted in (*COUNTED, "either"), "counts days that are neither working nor calendar"),
        (all(type(n) is int and n > 0 for n in limits) and len(limits) != 1, "has a limit that is no number of days, or only one"),
        (one.status in STATUSES and {one.standard_status, one.enhanced_status} <= {"", *STATUSES}, "has no standing"),
    )  # fmt: skip
    return next((cause for holds, cause in checks if not holds), "")


def pack_on(given: Sequence[RulePack], scheme: str, day: date) -> RulePack | None:
    """The pack of a scheme in force on a day; None where there is none."""
    return next((p for p in given if p.scheme == scheme and p.holds_on(day)), None)


def obligation(name: str, given: Sequence[RulePack] | None = None) -> Obligation:
    """An obligation by its name, of the latest pack that has it. Raises CodeUnknown."""
    for pack in reversed(shipped_packs() if given is None else given):
        for one in pack.obligations:
            if one.id == name:
                return one
    raise CodeUnknown("There is no such obligation.", remedy="See `fourfold code packs` for what is owed.")


def _data(name: str) -> str:
    return (files("fourfold.codes") / "data" / name).read_text(encoding="utf-8")
