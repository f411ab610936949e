"""Writers of narratives: people with habits of word, order, punctuation and care, who tell a base by its details.

All texts of one base are written together: each phrase is a column, and each slot is filled once for a text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from fourfold.demo.wording import Base, Book, Line, Pick, Seq, Slot, Words

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_WRITERS = 499  # habits are those of so many people
_KEEPS_HABIT = 0.8


class Details:
    """The records' details as columns; a key or value that lacks is nan or None."""

    def __init__(self, details: Mapping[str, Sequence[object]], n: int) -> None:
        self.n = n
        self._given = details
        self._words: dict[str, Words] = {}
        self._numbers: dict[str, Floats] = {}

    def words(self, key: str) -> Words | None:
        """The column, with None where nothing is given; None when the key is not given at all."""
        if key not in self._given:
            return None
        if key not in self._words:
            column = np.empty(self.n, dtype=object)
            column[:] = [
                None if value is None or value != value or value == "" else value for value in self._given[key]
            ]
            self._words[key] = column
        return self._words[key]

    def numbers(self, key: str) -> Floats:
        """The column as floats, nan where lacking; a date as its ordinal."""
        if key not in self._numbers:
            words = self.words(key)
            self._numbers[key] = (
                np.full(self.n, np.nan) if words is None else np.fromiter(map(_number, words), np.float64, self.n)
            )
        return self._numbers[key]


def _number(value: object) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, dt.date):
        return float(value.toordinal())
    if isinstance(value, str):
        return float(dt.date.fromisoformat(value[:10]).toordinal())
    return float(value)  # type: ignore[arg-type]


class Block:
    """Texts of one base, written together: each phrase is a column, each slot is filled once for a text."""

    def __init__(self, book: Book, base: Base, details: Details, rows: Ints, rng: np.random.Generator) -> None:
        self._book, self._base, self._details, self._rows, self._rng = book, base, details, rows, rng
        self._voice = book.voices[base.voice]
        self._n = len(rows)
        self._filled: dict[str, Words] = {}
        self._ways: dict[str, Ints] = {}
        officers = details.words("officer")
        self._writer = rng.integers(_WRITERS, size=self._n)
        if officers is not None:
            known = [None if o is None else crc32(str(o).encode()) % _WRITERS for o in officers[rows]]
            self._writer = np.array([w if o is None else o for w, o in zip(self._writer, known, strict=True)])
        self._loss = self._number("loss_pounds", self._sum_drawn)
        self._loss = np.where(self._loss > 0, self._loss, self._sum_drawn())
        self._day = self._number("date", self._day_drawn)
        self._minute = self._number("minute", self._minute_drawn)
        self._female = np.array([s == "F" for s in self._sexes()])

    # what is not given is drawn

    def _number(self, key: str, drawn: Callable[[], Floats]) -> Floats:
        given = self._details.numbers(key)[self._rows]
        filled: Floats = np.where(np.isnan(given), drawn(), given)
        return filled

    def _sexes(self) -> list[object]:
        drawn = np.where(self._rng.random(self._n) < 0.5, "F", "M").tolist()
        given = self._details.words("sex")
        mine = [None] * self._n if given is None else given[self._rows].tolist()
        return [m or self._base.sex or d for m, d in zip(mine, drawn, strict=True)]

    def _sum_drawn(self) -> Floats:
        low, high = self._base.loss or (40.0, 900.0)
        drawn = np.exp(self._rng.uniform(np.log(low), np.log(high), self._n))
        step = np.select([drawn < 100, drawn < 1000, drawn < 10_000], [5.0, 10.0, 50.0], 500.0)
        rounded: Floats = np.maximum(np.round(drawn / step) * step, 5.0)
        return rounded

    def _day_drawn(self) -> Floats:
        first = self._base.since or dt.date(2019, 4, 1)
        last = self._base.until or dt.date(2022, 11, 30)
        return self._rng.integers(first.toordinal(), last.toordinal() + 1, self._n).astype(np.float64)

    def _minute_drawn(self) -> Floats:
        first, last = self._base.hours or (0, 24)
        hours = (last - first) % 24 or 24
        steps = self._rng.integers(0, hours * 12, self._n).astype(np.float64)
        return (first * 60 + steps * 5.0) % 1440.0

    # words

    def _said(self, words: Seq, at: Ints) -> str | Words:
        """`words` for the texts at these places of the block."""
        said: Any = ""
        for part in words:
            if isinstance(part, str):
                said = said + part
            elif isinstance(part, Slot):
                said = said + self._slot(part.name)[at]
            else:
                said = said + self._picked(part, at, None)
        return said  # type: ignore[no-any-return]

    def _picked(self, pick: Pick, at: Ints, which: Ints | None) -> Words:
        count = len(pick.options) if pick.plain is None else len(pick.plain)
        if which is None:
            which = self._rng.integers(count, size=len(at))
        if pick.plain is not None:
            return pick.plain[which]
        picked = np.empty(len(at), dtype=object)
        for number, option in enumerate(pick.options):
            here = np.flatnonzero(which == number)
            if here.size:
                picked[here] = self._said(option, at[here])
        return picked

    def _way(self, name: str, count: int) -> Ints:
        """Which of `count` ways each text's writer has here: mostly the writer's own, and one throughout a text."""
        if name not in self._ways:
            drawn = self._rng.integers(count, size=self._n)
            keeps = self._rng.random(self._n) < _KEEPS_HABIT
            self._ways[name] = np.where(keeps, _habits_of_writers(name, count)[self._writer], drawn)
        return self._ways[name]

    def _slot(self, name: str) -> Words:
        if name not in self._filled:
            self._filled[name] = self._fill(name)
        return self._filled[name]

    def _fill(self, name: str) -> Words:
        if name.startswith("="):
            pick = self._voice.habits[name[1:]]
            count = len(pick.options) if pick.plain is None else len(pick.plain)
            return self._picked(pick, self._all(), self._way(name, count))
        if name.startswith("a:"):
            return _words(("an " if w[:1].lower() in "aeiou" else "a ") + w for w in self._slot(name[2:]))
        stem = name.rstrip("23456789")
        if stem in BUILT_IN:
            return BUILT_IN[stem](self)
        if name in self._book.by_sex:
            him, her = (self._picked(p, self._all(), None) for p in self._book.by_sex[name])
            return np.where(self._female, her, him)
        drawn = self._picked(self._book.lists[stem], self._all(), None)
        given = self._details.words(self._book.aliases.get(name, name))
        return drawn if given is None else _first_of(given[self._rows], drawn)

    def _all(self) -> Ints:
        return np.arange(self._n)

    def _form(self, name: str, forms: Sequence[Callable[[float], str]], values: Floats) -> Words:
        which = self._way(name, len(forms))
        return _words(forms[w](v) for w, v in zip(which.tolist(), values.tolist(), strict=True))

    def sums(self, which: int) -> Words:
        """The sum (0), or one of the two parts in which it went (1, 2)."""
        return self._form("sum", _SUMS, (self._loss, *self._parts)[which])

    @cached_property
    def _parts(self) -> tuple[Floats, Floats]:
        share = self._rng.uniform(0.2, 0.8, self._n)
        step = np.where(self._loss >= 1000, 50.0, np.where(self._loss >= 100, 10.0, 1.0))
        part = np.maximum(np.floor(self._loss * share / step) * step, 1.0)
        return part, np.round(self._loss - part, 2)

    def ages(self) -> Words:
        """The age, in figures."""
        low, high = self._base.age or (19, 78)
        ages = self._number("age", lambda: self._rng.integers(low, high + 1, self._n).astype(np.float64))
        return _words(str(int(a)) for a in ages)

    def days(self, which: int) -> Words:
        """The first day (0) or the last (1)."""
        return self._form("date", _DAYS, (self._day, self._later[0])[which])

    def of_day(self, form: Callable[[dt.date], str]) -> Words:
        """The weekday or month of the first day."""
        return _words(map(_dates(form), self._day.tolist()))

    def minutes(self, which: int, forms: Sequence[Callable[[float], str]]) -> Words:
        """The first time (0) or the last (1)."""
        return self._form("time", forms, (self._minute, self._later[1])[which])

    @cached_property
    def _later(self) -> tuple[Floats, Floats]:
        minutes = 30 + 5 * self._rng.integers(0, 120, self._n)
        minute = self._number("minute_to", lambda: (self._minute + minutes) % 1440)
        return self._number("date_to", lambda: self._day + (minute < self._minute)), minute

    def phones(self) -> Words:
        """A number of the range kept for drama."""
        return _words(f"07700 900{n:03d}" for n in self._rng.integers(0, 1000, self._n))

    def shops(self) -> Words:
        """The kind of shop."""
        of_base = self._base.shops
        drawn = (
            _words(of_base)[self._rng.integers(len(of_base), size=self._n)]
            if of_base
            else self._picked(self._book.lists["shop"], self._all(), None)
        )
        given = self._details.words("shop")
        return drawn if given is None else _first_of(given[self._rows], drawn)

    def goods(self) -> Words:
        """Goods such as that shop sells, or the record's item."""
        shops = self._slot("shop")
        goods = np.empty(self._n, dtype=object)
        for shop in dict.fromkeys(shops):
            here = np.flatnonzero(shops == shop)
            goods[here] = self._picked(self._book.goods.get(shop, self._book.goods["any"]), here, None)
        given = self._details.words("item")
        return goods if given is None else _first_of(given[self._rows], goods)

    # texts

    def texts(self) -> Words:
        """The texts of the block, each in its writer's manner."""
        lines = [*self._base.lines, *self._closing_lines()]
        told = np.empty((self._n, len(lines)), dtype=object)
        told[:] = ""
        for number, line in enumerate(lines):
            share = line.share * (1 - _brevity()[self._writer]) if line.omissible else np.full(self._n, line.share)
            at = np.flatnonzero(self._rng.random(self._n) < share)
            if at.size:
                said = self._said(line.words, at)
                told[at, number] = _sentence(said) if isinstance(said, str) else [_sentence(s) for s in said]
        told = np.take_along_axis(told, self._order(lines), axis=1)
        which = self._way("manner", len(self._voice.manners)).tolist()
        manners = [_MANNERS[name] for name in self._voice.manners]
        written = _words(
            manners[w](_after(lead, [p for p in parts if p]))
            for w, lead, parts in zip(which, self._leads(), told.tolist(), strict=True)
        )
        for row in np.flatnonzero(_capitals()[self._writer]).tolist():
            if written[row].islower():
                continue
            written[row] = _SMALL_AFTER_STOP.sub(lambda found: found[0].upper(), written[row])
        return self._with_typing_errors(written)

    def _leads(self) -> list[str]:
        name = self._voice.lead if self._base.lead is None else self._base.lead
        return self._slot("=" + name).tolist() if name else [""] * self._n

    def _closing_lines(self) -> list[Line]:
        close = self._base.close
        if close is None:
            close = self._voice.close_attempt if self._base.attempt else self._voice.close
        return [self._book.closings[name] for name in close if name not in self._base.drop]

    def _order(self, lines: Sequence[Line]) -> Ints:
        """For each text the order of its lines: neighbours that shuffle change places, some lines come first."""
        keys = np.tile(np.arange(len(lines), dtype=np.float64), (self._n, 1))
        start = 0
        for number, line in enumerate(lines):
            if not line.shuffles:
                start = number + 1
            elif number == len(lines) - 1 or not lines[number + 1].shuffles:
                run = number + 1 - start
                keys[:, start : number + 1] = start + self._rng.random((self._n, run)) * run
                start = number + 1
            if line.may_lead:
                keys[self._rng.random(self._n) < 0.4, number] = -1.0
        return np.argsort(keys, axis=1, kind="stable")

    def _with_typing_errors(self, written: Words) -> Words:
        mean = self._voice.typing_errors * _carelessness()[self._writer]
        errors = self._rng.poisson(mean)
        at = np.flatnonzero(errors)
        rolls = self._rng.random((len(at), 6, 2)).tolist()
        for row, count, roll in zip(at.tolist(), errors[at].tolist(), rolls, strict=True):
            written[row] = _mistyped(written[row], roll[: min(count, 6)], self._book.misspellings)
        return written


def _words(words: Iterable[str]) -> Words:
    listed = list(words)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column


def _first_of(given: Words, drawn: Words) -> Words:
    return _words(d if g is None else str(g) for g, d in zip(given, drawn, strict=True))


def _sentence(words: str) -> str:
    """With its capital, and without the gaps and stops that options leave."""
    tidy = words.replace("  ", " ").replace(" ,", ",").replace(" .", ".").replace("..", ".").replace("?.", "?")
    return tidy[:1].upper() + tidy[1:]


def _after(lead: str, sentences: list[str]) -> list[str]:
    """The sentences behind a lead-in; after a comma the first goes on in small letters, unless it opens with an
    abbreviation."""
    if not lead:
        return sentences
    first = sentences[0]
    if lead[-1] != "," or not first[1:2].islower():
        return [lead, *sentences]
    return [lead + " " + first[:1].lower() + first[1:], *sentences[1:]]


@cache
def _habits_of_writers(name: str, count: int) -> Ints:
    """Of each writer, which of `count` ways is the usual one."""
    return draws(0, name, count).integers(count, size=_WRITERS)


@cache
def _carelessness() -> Floats:
    """Each writer's typing errors against the mean of the voice: most make few, some many."""
    drawn: Floats = np.exp(draws(0, "carelessness").normal(0.0, 1.0, _WRITERS))
    return drawn / float(drawn.mean())


@cache
def _brevity() -> Floats:
    """The share of sentences that each writer leaves out."""
    return draws(0, "brevity").choice([0.0, 0.1, 0.2, 0.4], _WRITERS, p=[0.5, 0.25, 0.15, 0.1])


@cache
def _capitals() -> npt.NDArray[np.bool_]:
    """Whether each writer puts a capital after every stop."""
    return draws(0, "capitals").random(_WRITERS) < 0.6


def draws(seed: int, name: str, *stream: int) -> np.random.Generator:
    """The stream of random numbers of this seed, name and part."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, crc32(name.encode()), *stream])))


_WORD = re.compile(r"\b(?:[a-z]{4,}|[A-Z]{5,})\b")


def _mistyped(text: str, rolls: Sequence[Sequence[float]], misspellings: Mapping[str, str]) -> str:
    """`text` with a slip at each roll: a word spelt as many do, a letter doubled, dropped, swapped, a space lost.

    Numbers, sums and names are left alone.
    """
    for where, how in rolls:
        words = list(_WORD.finditer(text))
        if not words:
            return text
        word = words[int(where * len(words))]
        known = misspellings.get(word.group())
        text = text[: word.start()] + (known or _slip(word.group(), how)) + text[word.end() :]
    return text


def _slip(word: str, how: float) -> str:
    kind, rest = divmod(how * 5, 1)
    at = 1 + int(rest * (len(word) - 2))
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    if kind == 3:
        return word[:-1] + word[-1] * 2 if rest < 0.3 else word[:-2] + word[-1] + word[-2]
    near = _BESIDE.get(word[at].lower(), word[at])
    return word[:at] + near + word[at + 1 :]


_BESIDE = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioposdfghjklkxcvbnmn", strict=True))


def _joined(sentences: list[str]) -> str:
    return " ".join(sentences)


def _stopless(sentences: list[str]) -> str:
    return " ".join(sentences).replace(". ", " ").rstrip(".")


_AFTER_STOP = re.compile(
    r"\. (The|They|He|She|It|My|We|But|And|So|When|A|An|This|That|There|Then|Not|No|First|Each|In|On|At|Of|If|What|Why|How"
    r"|Now|Only|Just|Also|Told|Said|Gave|Asked|Bank|Susp|Suspect|Offender|Can|Could|Please|Will|Have|Was|Is|Were)\b"
)

_SMALL_AFTER_STOP = re.compile(r"(?<=[a-z\d)][.?!] )(?<!approx. )(?<!no. )[a-z]")

_MANNERS: Mapping[str, Callable[[list[str]], str]] = {
    "plain": _joined,
    "no_last_stop": lambda s: _joined(s).rstrip("."),
    "no_stops": _stopless,
    "small": lambda s: _joined(s).lower(),
    "small_no_stops": lambda s: _stopless(s).lower().replace("'", ""),
    "no_apostrophes": lambda s: _joined(s).replace("'", ""),
    "capitals": lambda s: _joined(s).upper(),
    "run_on": lambda s: _AFTER_STOP.sub(lambda found: ", " + found[1].lower(), _joined(s)),
    "run_on_small": lambda s: _joined(s).replace(". ", ", ").lower(),
    "dots": lambda s: _joined(s).replace(". ", "... "),
    "dashes": lambda s: _joined(s).replace(". ", " - "),
    "bangs": lambda s: _joined(s).replace(". ", "!! ", 1),
    "curly": lambda s: _joined(s).replace("'", "’").replace(' "', " “").replace('"', "”"),
    "two_spaces": lambda s: "  ".join(s),
    "lines": "\n".join,
    "paragraphs": "\n\n".join,
    "slashes": lambda s: " / ".join(s).replace(". / ", " / "),
    "numbered": lambda s: " ".join(f"{n}. {sentence}" for n, sentence in enumerate(s, 1)),
    "bullets": lambda s: "\n".join(f"- {sentence}" for sentence in s),
    "no_commas": lambda s: _joined(s).replace(", ", " "),
}

_SUMS: tuple[Callable[[float], str], ...] = (
    lambda p: f"£{p:,.0f}" if p == int(p) else f"£{p:,.2f}",
    lambda p: f"£{p:,.0f}" if p == int(p) else f"£{p:,.2f}",
    lambda p: f"£{p:.0f}" if p == int(p) else f"£{p:.2f}",
    lambda p: f"£{p:,.2f}",
    lambda p: f"{p:.0f} pounds" if p == int(p) else f"{p:.2f} pounds",
    lambda p: f"GBP {p:,.0f}" if p == int(p) else f"GBP {p:,.2f}",
    lambda p: f"{p:.0f} quid" if p == int(p) and p < 2000 else f"£{p:.2f}".removesuffix(".00"),
)


_MONTHS = tuple(dt.date(2001, month, 1).strftime("%B") for month in range(1, 13))
_WEEKDAYS = tuple(dt.date(2001, 1, day).strftime("%A") for day in range(1, 8))


def _dates(form: Callable[[dt.date], str]) -> Callable[[float], str]:
    return lru_cache(5000)(lambda day: form(dt.date.fromordinal(int(day))))


def _th(day: int) -> str:
    return f"{day}{'th' if 10 < day < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


_DAYS = tuple(
    _dates(form)
    for form in (
        lambda d: f"{d:%d/%m/%Y}",
        lambda d: f"{d:%d/%m/%y}",
        lambda d: f"{d:%d.%m.%y}",
        lambda d: f"{_th(d.day)} {_MONTHS[d.month - 1]}",
        lambda d: f"{d.day} {_MONTHS[d.month - 1]} {d.year}",
        lambda d: f"{d.day} {_MONTHS[d.month - 1][:3]}",
        lambda d: f"{_WEEKDAYS[d.weekday()]} {_th(d.day)}",
    )
)


def _clock(minute: float) -> tuple[int, int]:
    return divmod(int(minute), 60)


_TIMES: tuple[Callable[[float], str], ...] = (
    lambda m: "{:02d}{:02d} hrs".format(*_clock(m)),
    lambda m: "{:02d}{:02d}hrs".format(*_clock(m)),
    lambda m: "{:02d}:{:02d}".format(*_clock(m)),
    lambda m: "{:02d}:{:02d} hrs".format(*_clock(m)),
    lambda m: "{:02d}.{:02d}".format(*_clock(m)),
)


def _spoken(minute: float) -> str:
    hour, minutes = _clock(minute)
    return f"{(hour - 1) % 12 + 1}{f'.{minutes:02d}' if minutes else ''}{'am' if hour < 12 else 'pm'}"


BUILT_IN: Mapping[str, Callable[[Block], Words]] = {
    "sum": lambda b: b.sums(0),
    "part": lambda b: b.sums(1),
    "rest": lambda b: b.sums(2),
    "age": lambda b: b.ages(),
    "date": lambda b: b.days(0),
    "date_to": lambda b: b.days(1),
    "weekday": lambda b: b.of_day(lambda d: _WEEKDAYS[d.weekday()]),
    "month": lambda b: b.of_day(lambda d: _MONTHS[d.month - 1]),
    "time": lambda b: b.minutes(0, _TIMES),
    "time_to": lambda b: b.minutes(1, _TIMES),
    "oclock": lambda b: b.minutes(0, (_spoken,)),
    "shop": lambda b: b.shops(),
    "goods": lambda b: b.goods(),
    "phone": lambda b: b.phones(),
}
