"""Victims who are not: reports of fraud with the truth beside, made otherwise than the demo force's.

The names, slips and households are drawn from tables of their own, so that weights that were looked at on the demo force
meet other data here. One surname is borne by one in a hundred. Of those who come back, 27 in a hundred have a name misspelt
or shortened, 11 a new address, 8.5 no date of birth, 5.5 a wrong one, 5.5 another surname; telephones and emails change
or are missing besides. Some pairs are hard: they look alike and are not, or are the same and do not look so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from random import Random
from typing import Any

import polars as pl

from fourfold.records import entries

FORCE = "saltmere"
FIRST = date(2020, 1, 6)
HARD = ("shared address", "twins", "parent and child", "namesakes", "common name", "married name", "trading name")
"""The kinds of the hard subset."""
COLUMNS = {
    "force_id": pl.String(), "report_ref": pl.String(), "reported_on": pl.Date(), "organisation_name": pl.String(),
    "forename": pl.String(), "surname": pl.String(), "born_on": pl.Date(), "sex": pl.String(), "address": pl.String(),
    "postcode": pl.String(), "phone": pl.String(), "email": pl.String(), "true": pl.String(), "hard": pl.List(pl.String()),
}  # fmt: skip
"""A report: what a list has, then who it is in truth and which hard kinds it is of."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MISNAMED, MOVED, NO_BIRTH, WRONG_BIRTH, MARRIED = 0.27, 0.11, 0.085, 0.055, 0.055
_BACK, _FIRMS = 0.13, 0.04
_ALIKE = {"couple": 0.03, "twins": 0.006, "parent and child": 0.005, "namesakes": 0.015, "house": 0.008}
_SHORT = {
    "Elizabeth": "Liz", "William": "Bill", "Robert": "Bob", "Margaret": "Peggy", "Catherine": "Cath", "James": "Jim",
    "Richard": "Dick", "Anthony": "Tony", "Patricia": "Pat", "Michael": "Mick", "Susan": "Sue", "Deborah": "Debbie",
    "Edward": "Ted", "Charles": "Charlie", "Jennifer": "Jenny", "Victoria": "Vicky", "Christopher": "Chris", "Joseph": "Joe",
    "Pamela": "Pam", "Alexander": "Alex", "Barbara": "Barb", "Samantha": "Sam", "Timothy": "Tim", "Dorothy": "Dot",
}  # fmt: skip
_FEMALE = _words(
    "Margaret Susan Elizabeth Patricia Catherine Deborah Jennifer Victoria Barbara Pamela Samantha Dorothy Mary Ann Anna Jane"
    " Joan Julie Sarah Sara Helen Ellen Claire Clare Emma Gemma Alison Carol Caroline Karen Sharon Tracy Sandra Linda Lynda"
    " Maria Marie Marion Sheila Shirley Brenda Janet Jean Rose Ruth Laura Lauren Amy Rebecca Rachel Fatima Aisha Priya Zainab"
)  # fmt: skip
_MALE = _words(
    "James William Robert Richard Michael Anthony Edward Charles Christopher Joseph Alexander Timothy John Jon Peter David"
    " Daniel Paul Mark Martin Andrew Andre Stephen Steven Kevin Keith Brian Bryan Alan Allan Alun Graham Colin Gary Barry"
    " Ian Iain Neil Nigel Simon Thomas Philip Phillip Matthew Luke Liam Ryan Sean Shaun Mohammed Mohamed Ahmed Imran Arjun"
)  # fmt: skip
_ONSETS = _words("B Br C Cl D Dr F Fl G Gr H J K L M N P Pr R S Sh St T Tr V W Wh Y Ch Th")
_MIDDLES = _words("a e i o u ar er ill on ack edd obb anth ell und")
_ENDS = _words("son ton ley field wood man er s ing ham don ster wick mond low by ett kin")
_STREETS = _words("Road Street Avenue Lane Close Drive Grove Crescent Way Court Terrace Place Gardens Walk Rise")
_WRITTEN = {
    "Road": "Rd",
    "Street": "St",
    "Avenue": "Ave",
    "Lane": "Ln",
    "Drive": "Dr",
    "Crescent": "Cres",
    "Court": "Ct",
}


@dataclass(frozen=True)
class _Person:
    number: str
    forename: str
    surname: str
    sex: str
    born: date
    home: tuple[str, str]
    phone: str | None
    email: str | None
    hard: tuple[str, ...] = ()


@cache
def _surnames() -> tuple[tuple[str, ...], tuple[float, ...]]:
    names = list(dict.fromkeys(a + b + c for a in _ONSETS for b in _MIDDLES for c in _ENDS))
    Random(5).shuffle(names)
    return tuple(names[:5000]), _weights(5000, 10.0)


@cache
def _forenames(sex: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    names = list(_FEMALE if sex == "female" else _MALE)
    made = list(
        dict.fromkeys(a + b + c for a in _ONSETS for b in ("a", "e", "i", "o") for c in ("na", "ra", "la", "mi"))
    )
    Random(sex).shuffle(made)
    names += made[:150]
    return tuple(names), _weights(len(names), 6.0)


def _weights(n: int, flat: float) -> tuple[float, ...]:
    """Running sums of weights that fall with the rank, the first of five thousand a little over one in a hundred."""
    total, found = 0.0, []
    for rank in range(n):
        total += (rank + flat) ** -0.9
        found.append(total)
    return tuple(found)


def reports(n: int, seed: int) -> pl.DataFrame:
    """About `n` reports, in the order in which they were made. Shape: COLUMNS."""
    draw = Random(seed)
    persons = _town(round(n * (1 - _BACK - _FIRMS)), draw)
    rows = [_row(one, draw) for one in persons]
    rows += [_back(draw.choice(persons), draw) for _ in range(round(n * _BACK))]
    rows += _firms(round(n * _FIRMS), draw)
    # Nobody comes back before a first report: only the order of the rows is drawn, and any of them may be the first.
    draw.shuffle(rows)
    for number, row in enumerate(rows):
        row |= {
            "force_id": FORCE,
            "report_ref": f"NFRC{number:08d}",
            "reported_on": FIRST + timedelta(days=1000 * number // n),
        }
    return pl.DataFrame(rows, schema=COLUMNS)


def _town(n: int, draw: Random) -> list[_Person]:
    found: list[_Person] = []
    while len(found) < n:
        one = _drawn(f"V{len(found)}", draw)
        found.append(one)
        roll = draw.random()
        for how, share in _ALIKE.items():
            roll -= share
            if roll < 0:
                found[-1:] = _alike(one, how, len(found) - 1, draw)
                break
    return found[:n]


def _drawn(number: str, draw: Random) -> _Person:
    sex = draw.choice(("female", "male"))
    (names, shares), (surnames, common) = _forenames(sex), _surnames()
    forename = draw.choices(names, cum_weights=shares)[0]
    surname = draw.choices(surnames, cum_weights=common)[0]
    born = date(1928, 1, 1) + timedelta(days=int(365.25 * 76 * draw.betavariate(1.8, 1.5)))
    is_common = names.index(forename) < 10 and surnames.index(surname) < 10
    return _Person(
        number, forename, surname, sex, born, _home(draw), _phone(draw) if draw.random() < 0.88 else None,
        _email(forename, surname, draw) if draw.random() < 0.6 else None, ("common name",) if is_common else (),
    )  # fmt: skip


def _home(draw: Random) -> tuple[str, str]:
    street = draw.randrange(2500)
    house = draw.randint(1, 120)
    name = f"{_surnames()[0][street % 400 + 2000]} {_STREETS[street // 400 % len(_STREETS) + street % 3]}"
    return (
        f"{house} {name}, Town {street % 23}",
        f"XS{street % 97} {street // 97 % 10}{'ABDEFGHJ'[house % 8]}{'LNPQRSTU'[street % 8]}",
    )


def _phone(draw: Random) -> str:
    return f"000{draw.randrange(10**8):08d}"  # no telephone number begins with three noughts


def _email(forename: str, surname: str, draw: Random) -> str:
    tail = draw.choice(("", draw.randint(1, 99), draw.randint(1940, 2004)))
    form = draw.choice(("{f}.{s}{t}", "{f}{s}{t}", "{i}{s}{t}", "{s}{t}"))
    said = form.format(f=forename.lower(), s=surname.lower(), i=forename[0].lower(), t=tail)
    return f"{said}@example.{draw.choice(('com', 'org', 'net'))}"


def _alike(one: _Person, how: str, number: int, draw: Random) -> list[_Person]:
    """One person and those who look like them and are not."""
    others = [replace(_drawn(f"V{number + 1 + k}", draw), hard=()) for k in range(5 if how == "house" else 1)]
    line = _phone(draw)
    shares_line = draw.random() < 0.3
    other = others[0]
    label = {"couple": "shared address", "house": "shared address"}.get(how, how)
    one = replace(
        one, hard=(*one.hard, label), phone=line if shares_line and how not in ("namesakes", "house") else one.phone
    )
    if how == "house":
        return [one, *(replace(each, home=one.home, hard=(*each.hard, label)) for each in others)]
    if how == "namesakes":
        born = one.born + timedelta(days=draw.randint(-700, 700) if draw.random() < 0.3 else draw.randint(-15000, 9000))
        return [one, replace(other, forename=one.forename, surname=one.surname, sex=one.sex, born=born, hard=(label,))]
    other = replace(
        other, home=one.home, hard=(label,), surname=one.surname if how != "couple" or draw.random() < 0.8 else other.surname,
        phone=line if shares_line else other.phone,
    )  # fmt: skip
    if how == "couple":
        return [one, other]
    if how == "twins":
        names = [name for name in _forenames(one.sex)[0][:60] if name != one.forename]
        alike = [name for name in names if name[0] == one.forename[0]]
        return [
            one,
            replace(
                other,
                sex=one.sex,
                born=one.born,
                forename=draw.choice(alike if alike and draw.random() < 0.3 else names),
            ),
        ]
    born = one.born - timedelta(days=draw.randint(18 * 365, 42 * 365))
    return [one, replace(other, forename=one.forename, sex=one.sex, born=born)]


def _row(one: _Person, draw: Random, *, married: bool = False) -> dict[str, Any]:
    return {
        "forename": one.forename, "surname": one.surname, "born_on": one.born if draw.random() < 0.96 else None,
        "sex": one.sex if draw.random() < 0.97 else None, "address": one.home[0], "postcode": one.home[1],
        "phone": one.phone, "email": one.email, "true": one.number, "organisation_name": None,
        "hard": [*one.hard, *(["married name"] if married else [])],
    }  # fmt: skip


def _back(one: _Person, draw: Random) -> dict[str, Any]:
    """Somebody's later report, with what has changed or is written otherwise."""
    married = draw.random() < MARRIED
    if married:
        one = replace(one, surname=_drawn("", draw).surname)
    if draw.random() < MOVED:
        one = replace(one, home=_home(draw))
    elif draw.random() < 0.08:
        one = replace(one, home=(_written_otherwise(one.home[0]), one.home[1]))
    if draw.random() < 0.12:
        one = replace(one, phone=_phone(draw))
    elif draw.random() < 0.12:
        one = replace(one, phone=None)
    if draw.random() < 0.35:
        one = replace(one, email=None if draw.random() < 0.5 else _email(one.forename, one.surname, draw))
    if draw.random() < MISNAMED:
        one = _misnamed(one, draw)
    row = _row(one, draw, married=married)
    if draw.random() < WRONG_BIRTH:
        row["born_on"] = _wrong(one.born, draw)
    if draw.random() < NO_BIRTH:
        row["born_on"] = None
    return row


def _written_otherwise(address: str) -> str:
    for word, short in _WRITTEN.items():
        address = address.replace(f" {word},", f" {short},")
    return address.split(", Town")[0]


def _misnamed(one: _Person, draw: Random) -> _Person:
    roll = draw.random()
    if roll < 0.3 and one.forename in _SHORT:
        return replace(one, forename=_SHORT[one.forename])
    if roll < 0.36:
        return replace(one, forename=one.forename[0])
    if roll < 0.42:
        return replace(one, forename=f"{one.forename} {draw.choice(_forenames(one.sex)[0][:30])}")
    if roll < 0.45:
        return replace(one, forename=one.surname, surname=one.forename)
    if roll < 0.65:
        return replace(one, forename=_slip(one.forename, draw))
    return replace(one, surname=_slip(one.surname, draw))


def _slip(name: str, draw: Random) -> str:
    at = draw.randrange(len(name))
    letter = draw.choice("abcdefghijklmnopqrstuvwxyz")
    slips: tuple[Callable[[], str], ...] = (
        lambda: name[:at] + name[at + 1 :],
        lambda: name[:at] + letter + name[at:],
        lambda: name[:at] + letter + name[at + 1 :],
        lambda: name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
    )
    return draw.choice(slips)() or name


def _wrong(born: date, draw: Random) -> date:
    roll = draw.random()
    if roll < 0.3 and born.day <= 12:
        return date(born.year, born.day, born.month)
    if roll < 0.45:
        return born.replace(year=born.year + draw.choice((-1, 1, -10, 10)), day=min(born.day, 28))
    if roll < 0.85:
        for _ in range(20):
            text = list(born.isoformat())
            text[draw.choice((2, 3, 5, 6, 8, 9))] = draw.choice("0123456789")
            try:
                return date.fromisoformat("".join(text))
            except ValueError:
                continue
    return date(1930, 1, 1) + timedelta(days=draw.randrange(70 * 365))


def _firms(n: int, draw: Random) -> list[dict[str, Any]]:
    """Organisations, a third of whose reports are of one that reported before, some under the name it trades by."""
    rows: list[dict[str, Any]] = []
    none = dict.fromkeys(("forename", "surname", "born_on", "sex", "phone", "email"))
    held: list[tuple[str, str, str, str]] = []
    for number in range(n):
        if held and draw.random() < 0.3:
            name, address, postcode, true = draw.choice(held)
            if draw.random() < 0.4:
                name = f"{draw.choice(_surnames()[0])} Holdings t/a {name}"
            elif draw.random() < 0.5:
                name = f"{name} Limited"
        else:
            name = f"{draw.choice(_surnames()[0])} {draw.choice(('Stores', 'Motors', 'Lettings', 'Foods', 'Builders', 'Care'))}"
            (address, postcode), true = _home(draw), f"F{number}"
            if held and draw.random() < 0.05:  # another at the same address
                _, address, postcode, _ = draw.choice(held)
            held.append((name, address, postcode, true))
        rows.append(
            none
            | {
                "organisation_name": name,
                "address": address,
                "postcode": postcode,
                "true": true,
                "hard": ["trading name"],
            }
        )
    return rows


def written(rows: pl.DataFrame, path: Any, week: date) -> None:
    """A weekly list as a supplier sends it, in the contract's own names."""
    held = rows.select(
        force=pl.lit("Saltmere Constabulary"), week_starting=pl.lit(week.isoformat()), report_ref="report_ref",
        reported_at=pl.col("reported_on").cast(pl.String) + "T10:00:00", nfib_code=pl.lit("NFIB90"),
        victim_type=pl.when(pl.col("organisation_name").is_null()).then(pl.lit("person")).otherwise(pl.lit("organisation")),
        organisation_name="organisation_name", forename="forename", surname="surname", born_on="born_on", sex="sex",
        address="address", postcode="postcode", phone="phone", email="email", loss_pence=pl.lit("100"),
    )  # fmt: skip
    held.write_csv(path)


def entries_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Reports as entries, with who each is in truth (`true`), which hard kinds it is of (`hard`), and a firm's name as `written`."""
    said = rows.with_columns(crime_ref="report_ref", person_ref=pl.lit(None, pl.String), role=pl.lit("victim"))
    return entries.made_alike(said, "fraud_victims").with_columns(
        rows["true"], rows["hard"], written=rows["organisation_name"]
    )


@dataclass(frozen=True)
class Judged:
    """Pairs of profiles that were said to be one person, and that are: how many, and how many are both."""

    said: int
    true: int
    right: int

    @property
    def precision(self) -> float:
        """Of the pairs said, the share that is right."""
        return self.right / max(self.said, 1)

    @property
    def recall(self) -> float:
        """Of the pairs that are of one person, the share that was said."""
        return self.right / max(self.true, 1)

    def __str__(self) -> str:
        return f"precision {self.right}/{self.said} = {self.precision:.4f}, recall {self.right}/{self.true} = {self.recall:.4f}"


def judged(groups: pl.DataFrame, every: pl.DataFrame, kind: str = "") -> Judged:
    """How many linked pairs are right. `groups`: entry, person; `every` has `true`. With `kind`, pairs with an entry of it.

    One entry a profile: entries of the same details would be right by any method, as would those under one reference of
    the force's; both are left out. Of trading names, one entry each name that was written.
    """
    of_one = ["profile", "written"] if kind == "trading name" else ["profile"]
    one_each = every.unique(of_one, keep="first", maintain_order=True).join(groups, on="entry", maintain_order="left")
    ref = dict(one_each.select("entry", "ref").iter_rows())
    of_kind = set(one_each.filter(pl.col("hard").list.contains(kind))["entry"]) if kind else set(ref)
    said, true = (
        {
            (a, b)
            for a, b in _pairs(one_each.select("entry", who))
            if (ref[a] is None or ref[a] != ref[b]) and {a, b} & of_kind
        }
        for who in ("person", "true")
    )
    return Judged(len(said), len(true), len(said & true))


def _pairs(of: pl.DataFrame) -> set[tuple[str, str]]:
    groups: dict[str, list[str]] = {}
    for entry, who in of.iter_rows():
        groups.setdefault(who, []).append(entry)
    return {(min(pair), max(pair)) for held in groups.values() for pair in combinations(held, 2)}
