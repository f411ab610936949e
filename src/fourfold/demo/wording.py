"""The words from which narratives are told: voices, habits, lists and bases, parsed from the data files.

The notation is explained at the head of `data/fraud_narratives.toml`.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.object_]

WORKED_OUT = frozenset((
    "sum", "part", "rest", "age", "date", "date_to", "weekday", "month", "time", "time_to", "oclock", "shop", "goods",
    "phone",
))  # fmt: skip
"""Slots that a writer works out from the record; all others are lists, or words that follow the victim's sex."""


class Slot(NamedTuple):
    """A place to be filled; "=phrase" is a phrase that writers put in their own way."""

    name: str


class Pick(NamedTuple):
    """One of several ways to go on."""

    options: tuple[tuple[Any, ...], ...]
    plain: Words | None  # the options as words, when none holds a slot


Seq = tuple["str | Slot | Pick", ...]
_MOST_PLAIN = 400


class Line(NamedTuple):
    """A sentence: its share of texts, whether the brief leave it out, whether it changes places or may come first."""

    words: Seq
    share: float
    omissible: bool
    shuffles: bool
    may_lead: bool


@dataclass(frozen=True)
class Voice:
    """How a kind of writer writes. `manners` repeat by weight; `habits` are phrases with their other forms."""

    manners: tuple[str, ...]
    lead: str
    close: tuple[str, ...]
    close_attempt: tuple[str, ...]
    typing_errors: float
    habits: Mapping[str, Pick]


@dataclass(frozen=True)
class Base:
    """One situation told in one voice; the fields are the keys that the data file's head explains."""

    id: str
    voice: str
    lines: tuple[Line, ...]
    weight: float
    attempt: bool
    loss: tuple[float, float] | None
    age: tuple[int, int] | None
    sex: str | None
    victim: str
    vulnerable: bool
    since: dt.date | None
    until: dt.date | None
    hours: tuple[int, int] | None
    shops: tuple[str, ...]
    at: tuple[str, ...]
    offence: tuple[str, ...]
    lead: str | None  # None: the voice's
    close: tuple[str, ...] | None  # None: the voice's
    drop: frozenset[str]  # closings that do not suit the theme


@dataclass(frozen=True)
class Book:
    """All of a data file."""

    voices: Mapping[str, Voice]
    lists: Mapping[str, Pick]
    aliases: Mapping[str, str]  # of a list, the detail that it gives way to
    goods: Mapping[str, Pick]
    by_sex: Mapping[str, tuple[Pick, Pick]]
    closings: Mapping[str, Line]
    misspellings: Mapping[str, str]
    bases: Mapping[str, tuple[Base, ...]]  # by theme
    by_id: Mapping[str, Base]


_TOKEN = re.compile(r"\\(.)|([\[\]|])|\{([^{}]+)\}|([^\\\[\]|{]+)", re.DOTALL)


def parsed(text: str, habits: re.Pattern[str] | None = None) -> Seq:
    """`text` in the notation of the data files. Raises ValueError where a bracket is not closed."""
    stack: list[list[list[str | Slot | Pick]]] = [[[]]]
    for escaped, sign, slot, words in _TOKEN.findall(text):
        if sign == "[":
            stack.append([[]])
        elif sign == "|" and len(stack) > 1:
            stack[-1].append([])
        elif sign == "]" and len(stack) > 1:
            pick = _pick(tuple(tuple(option) for option in stack.pop()))
            stack[-1][-1].append(pick)
        elif slot:
            stack[-1][-1].append(Slot(slot))
        elif sign:
            raise ValueError(f"a {sign} that belongs to no bracket")
        else:
            stack[-1][-1].extend(_with_habits(escaped or words, habits))
    if len(stack) > 1:
        raise ValueError("a bracket is not closed")
    return tuple(stack[0][0])


def _with_habits(words: str, habits: re.Pattern[str] | None) -> Iterator[str | Slot]:
    if habits is None:
        yield words
        return
    at = 0
    for found in habits.finditer(words):
        if found.start() > at:
            yield words[at : found.start()]
        yield Slot("=" + found.group())
        at = found.end()
    if at < len(words):
        yield words[at:]


def _pick(options: tuple[Seq, ...]) -> Pick:
    """Options, told out in full where they are few and hold no slot: one draw in place of several."""
    full: list[str] = []
    for option in options:
        parts: list[tuple[str, ...]] = []
        size = 1
        for part in option:
            if isinstance(part, str):
                words: tuple[str, ...] = (part,)
            elif isinstance(part, Pick) and part.plain is not None:
                words = tuple(part.plain)
            else:
                return Pick(options, None)
            size *= len(words)
            parts.append(words)
        if size + len(full) > _MOST_PLAIN:
            return Pick(options, None)
        full.extend("".join(chosen) for chosen in product(*parts))
    return Pick(options, np.array(full, dtype=object))


def _pick_of(options: Sequence[str], habits: re.Pattern[str] | None = None) -> Pick:
    return _pick(tuple(parsed(option, habits) for option in options))


_SHARES = {"?": 0.5, "%": 0.2}


def _line(text: str, habits: re.Pattern[str] | None) -> Line:
    marks = text[: len(text) - len(text.lstrip("?%~^!"))]
    share = next((_SHARES[m] for m in marks if m in _SHARES), 1.0)
    return Line(parsed(text[len(marks) :].strip(), habits), share, "!" not in marks, "~" in marks, "^" in marks)


def _lines(text: str, habits: re.Pattern[str] | None) -> tuple[Line, ...]:
    """The sentences of a base; the first that is in every text is left out by nobody."""
    lines = [_line(line, habits) for line in text.strip().splitlines() if line.strip()]
    first = next((number for number, line in enumerate(lines) if line.share == 1), None)
    if first is None:
        raise ValueError("no sentence is always there")
    lines[first] = lines[first]._replace(omissible=False)
    return tuple(lines)


@cache
def book(name: str) -> Book:
    """The data file, parsed. Raises ValueError naming the base that is at fault."""
    raw = tomllib.loads((files("fourfold.demo") / "data" / f"{name}.toml").read_text(encoding="utf-8"))
    habits = {name: raw["habits"].get(voice.get("habits", name), {}) for name, voice in raw["voices"].items()}
    patterns = {name: _habit_pattern(phrases) for name, phrases in habits.items()}
    voices = {
        name: Voice(
            manners=tuple(manner for manner, weight in voice["manners"].items() for _ in range(weight)),
            lead=voice.get("lead", ""),
            close=tuple(voice["close"].split()),
            close_attempt=tuple(voice.get("close_attempt", voice["close"]).split()),
            typing_errors=voice["typing_errors"],
            habits={k: _pick_of(v) for k, v in habits[name].items()},
        )
        for name, voice in raw["voices"].items()
    }
    bases = {
        theme: tuple(
            _base(f"{theme}/{key}", _with_defaults(entry, raw["themes"].get(theme, {}), raw["defaults"]), patterns, raw)
            for key, entry in entries.items()
        )
        for theme, entries in raw["base"].items()
    }
    closings = {
        key: Line((_pick_of(entry["texts"], patterns[entry["voice"]]),), entry["share"], False, True, False)
        for key, entry in raw["closings"].items()
    }
    read = Book(
        voices=voices,
        lists={k: _pick_of(v) for k, v in raw["lists"].items()},
        aliases=raw.get("aliases", {}),
        goods={k: _pick_of(v) for k, v in raw.get("goods", {}).items()},
        by_sex={k: (_pick_of([v[0]]), _pick_of([v[1]])) for k, v in raw["by_sex"].items()},
        closings=closings,
        misspellings=raw["misspellings"],
        bases=bases,
        by_id={b.id: b for group in bases.values() for b in group},
    )
    _check_slots(read)
    return read


def _check_slots(read: Book) -> None:
    """Raises ValueError for a slot that nothing fills or a closing that there is none of, naming where it stands."""
    places: list[tuple[str, Seq]] = [(base.id, line.words) for base in read.by_id.values() for line in base.lines]
    places += [(f"closings.{name}", line.words) for name, line in read.closings.items()]
    places += [(f"lists.{name}", (pick,)) for name, pick in (*read.lists.items(), *read.goods.items())]
    places += [(f"habits.{name}.{key}", (p,)) for name, voice in read.voices.items() for key, p in voice.habits.items()]
    known = (WORKED_OUT | set(read.lists) | set(read.by_sex)) - (set() if read.goods else {"goods"})
    for place, words in places:
        for name in _slots(words):
            stem = name.removeprefix("a:").rstrip("23456789")
            if stem not in known and not name.startswith("="):
                raise ValueError(f"{place}: nothing fills {{{name}}}")
    wanted = {name for base in read.by_id.values() for name in base.close or ()}
    wanted |= {name for voice in read.voices.values() for name in (*voice.close, *voice.close_attempt)}
    if not wanted <= set(read.closings):
        raise ValueError(f"there is no closing {', '.join(sorted(wanted - set(read.closings)))}")


def _slots(words: Seq) -> Iterator[str]:
    for part in words:
        if isinstance(part, Slot):
            yield part.name
        elif isinstance(part, Pick):
            for option in part.options:
                yield from _slots(option)


def _habit_pattern(habits: Mapping[str, object]) -> re.Pattern[str] | None:
    phrases = sorted((h for h in habits if not h.startswith("lead")), key=len, reverse=True)
    if not phrases:
        return None
    ways = (re.escape(p) + ("" if p.endswith(" ") else r"(?![\w/-])") for p in phrases)
    return re.compile(r"(?<![\w'/-])(?:" + "|".join(ways) + ")")


def _with_defaults(
    entry: Mapping[str, Any], theme: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The base's own keys before its theme's before the file's; a voice of its own brings its own closings."""
    of_theme = {k: v for k, v in theme.items() if k != "close"} if "voice" in entry else theme
    return {**defaults, **of_theme, **entry}


def _base(
    base_id: str, entry: Mapping[str, Any], patterns: Mapping[str, re.Pattern[str] | None], raw: Mapping[str, Any]
) -> Base:
    voice = entry.get("voice", "public")
    try:
        lines = _lines(entry["text"], patterns[voice])
    except (KeyError, ValueError) as fault:
        raise ValueError(f"{base_id}: {fault}") from fault
    return Base(
        id=base_id,
        voice=voice,
        lines=lines,
        weight=entry.get("weight", 1.0),
        attempt=entry.get("attempt", False),
        loss=_pair(entry.get("loss")),
        age=_pair(entry.get("age")),
        sex=entry.get("sex"),
        victim=entry.get("victim", "person"),
        vulnerable=entry.get("vulnerable", False),
        since=entry.get("since"),
        until=entry.get("until"),
        hours=_pair(entry.get("hours")),
        shops=tuple(entry.get("shops", ())),
        at=tuple(entry.get("at", ())),
        offence=tuple(entry.get("offence", ())),
        lead=entry.get("lead"),
        close=tuple(entry["close"].split()) if "close" in entry else None,
        drop=frozenset(entry.get("drop", "").split()) | _out_of_place(entry.get("at", ()), raw["closings"]),
    )


def _out_of_place(at: Sequence[str], closings: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The closings that are said of other places than these."""
    return frozenset(
        name for name, closing in closings.items() if at and "at" in closing and not set(at) & set(closing["at"])
    )


def _pair(value: list[Any] | None) -> tuple[Any, Any] | None:
    return None if value is None else (value[0], value[1])
