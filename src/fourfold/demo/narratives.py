"""What people wrote: the free text of the fictitious force's fraud reports and crime methods.

The words are in `data/fraud_narratives.toml` and `data/crime_methods.toml`, which a writer can edit and which say how
(at their head). Each holds *bases*: one situation told in one voice, its sentences with alternatives, options and
slots. A text is a base drawn for its theme and its record's details, told by a writer with habits: words, order of
telling, manner of punctuation, care. No base names a real person, address, plate, telephone or company.

    >>> texts = fraud_text(["courier_fraud"], {"age": [81], "loss_pounds": [4200], "place": ["Tidewick"]}, seed=1)

Same arguments, same bytes. The work is done by column: all texts of one base at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourfold.demo.wording import Base, Book, Words, book
from fourfold.demo.writers import Block, Details, Floats, Ints, draws
from fourfold.errors import RequestInvalid

FRAUD_THEMES = (
    "courier_fraud", "whatsapp_family_impersonation", "energy_or_cost_of_living", "romance", "investment_crypto",
    "bank_impersonation_apa", "account_takeover", "rental", "computer_software_service", "parcel_delivery_smishing",
    "mandate_invoice", "advance_fee", "boiler_room", "ticket", "tradesman", "pet_scam", "job_or_task_scam",
    "recovery_room", "sextortion", "lottery", "online_shopping", "unclear_or_other",
)  # fmt: skip

METHOD_KINDS = (
    "burglary_residential", "burglary_car_key", "burglary_distraction", "burglary_shed", "burglary_business",
    "robbery_business", "robbery_person", "theft_person", "theft_of_vehicle", "theft_of_vehicle_keyless",
    "theft_from_vehicle", "shoplifting", "assault_shop_theft", "assault_shop_age_restricted",
    "assault_shop_refund_or_service", "assault_shop_covid_rules", "assault_shop_other", "assault_other",
    "criminal_damage", "arson", "bike_theft", "theft_other", "making_off", "public_order", "hate", "harassment",
    "domestic", "drugs", "weapon", "handling", "restricted", "other",
)  # fmt: skip

DETAILS: Mapping[str, str] = {
    "place": "name of the town or district",
    "age": "whole years of the victim (fraud) or injured party (methods)",
    "sex": "'F' or 'M', of the same person",
    "victim": "'person' or 'organisation'",
    "vulnerable": "whether the text itself should show it; True or False",
    "loss_pounds": "number; 0 means an attempt; the sum told in the text when the text tells one",
    "date": "day of the crime or payment: datetime.date, or text as 2021-03-14",
    "date_to": "last day on which it may have been committed; methods only",
    "minute": "minute of the day, 0 to 1439",
    "minute_to": "minute of the last day",
    "location": "kind of place, as in `habits.toml`: 'dwelling', 'street', 'public_transport'; methods only",
    "offence": "group of the offence, as in `habits.toml`: 'violence_injury', 'damage'; methods only",
    "shop": "kind of shop, as 'supermarket' (kinds with goods of their own are in the data file under [goods])",
    "shop_name": "its invented name",
    "item": "what was taken, bought or sold, as it is to be read: 'a laptop and two rings'",
    "vehicle": "as it is to be read: 'grey hatchback'",
    "entry": "where entry was made, as 'rear patio door'",
    "tool": "as 'a screwdriver'",
    "weapon": "as 'a kitchen knife'",
    "injury": "as 'a cut lip'",
    "officer": "any name or number; texts of one officer share habits",
}

_BLOCK = 8192  # texts written together, to stay in the cache
_AGAIN = 8  # times that a text which equals an earlier one is told anew


@dataclass(frozen=True)
class Narratives:
    """Texts in the order asked for, and for each the name of its base (`theme/base`), which goes in no extract."""

    texts: list[str]
    base_ids: list[str]


def fraud_text(themes: Sequence[str], details: Mapping[str, Sequence[object]], seed: int) -> list[str]:
    """The fraud narratives alone; see `fraud_narratives`."""
    return fraud_narratives(themes, details, seed).texts


def method_text(kinds: Sequence[str], details: Mapping[str, Sequence[object]], seed: int) -> list[str]:
    """The crime methods alone; see `method_narratives`."""
    return method_narratives(kinds, details, seed).texts


def fraud_narratives(themes: Sequence[str], details: Mapping[str, Sequence[object]], seed: int) -> Narratives:
    """One narrative for each theme of FRAUD_THEMES, told with its record's details.

    `details` maps keys of DETAILS to columns as long as `themes`; each key, and each value (None), may be lacking, and
    is then invented. Raises RequestInvalid for an unknown theme or key, or a column of another length.
    """
    return _told(book("fraud_narratives"), themes, _details(details, len(themes)), seed)


def method_narratives(kinds: Sequence[str], details: Mapping[str, Sequence[object]], seed: int) -> Narratives:
    """One method text for each kind of METHOD_KINDS; otherwise as `fraud_narratives`."""
    return _told(book("crime_methods"), kinds, _details(details, len(kinds)), seed)


def is_vulnerable_base(base_id: str) -> bool:
    """Whether texts of this fraud base show illness, isolation, fear or the like in their own words."""
    return book("fraud_narratives").by_id[base_id].vulnerable


def _details(details: Mapping[str, Sequence[object]], n: int) -> Details:
    for key, column in details.items():
        if key not in DETAILS:
            raise RequestInvalid(
                "There is no such detail of a narrative.", remedy=f"Use: {', '.join(DETAILS)}.", column=key
            )
        if len(column) != n:
            raise RequestInvalid(
                "A column of details is not as long as the themes.", remedy="Give one for each text.", column=key
            )
    return Details(details, n)


def _chosen(bases: Sequence[Base], details: Details, rows: Ints, rng: np.random.Generator) -> Ints:
    """For each row the base that is told, by number: one that fits its details as far as any does.

    What matters most is judged first; a detail that no remaining base fits is passed over.
    """
    weights = np.tile(np.array([b.weight for b in bases]), (len(rows), 1))
    for fits in _fits(bases, details, rows):
        narrowed = weights * fits
        weights = np.where(narrowed.any(axis=1, keepdims=True), narrowed, weights)
    for key, ranges in (("loss_pounds", [b.loss for b in bases]), ("age", [b.age for b in bases])):
        away = _away(details.numbers(key)[rows], ranges, logarithmic=key == "loss_pounds")
        if away is not None:
            away = np.where(weights > 0, away, np.inf)
            weights = np.where(away <= away.min(axis=1, keepdims=True), weights, 0.0)
    up_to = weights.cumsum(axis=1)
    drawn: Ints = (up_to <= rng.random((len(rows), 1)) * up_to[:, -1:]).sum(axis=1)
    return drawn


def _fits(bases: Sequence[Base], details: Details, rows: Ints) -> Iterator[npt.NDArray[np.bool_]]:
    """Yes or no for each row and base, in order of weight: whether money was lost, who by, when, where."""
    loss = details.numbers("loss_pounds")[rows, None]
    attempts = np.array([b.attempt for b in bases])
    has_sum = np.array([b.loss is not None for b in bases])
    yield np.where(np.isnan(loss), True, np.where(loss == 0, ~has_sum, ~attempts))
    day = details.numbers("date")[rows, None]
    since = np.array([b.since.toordinal() if b.since else 0 for b in bases])
    until = np.array([b.until.toordinal() if b.until else np.inf for b in bases])
    yield np.isnan(day) | ((since <= day) & (day <= until))
    for key, of_base in (
        ("offence", [b.offence for b in bases]),
        ("location", [b.at for b in bases]),
        ("victim", [(b.victim,) if b.victim != "either" else () for b in bases]),
        ("sex", [(b.sex,) if b.sex else () for b in bases]),
        ("vulnerable", [(b.vulnerable,) for b in bases]),
        ("shop", [b.shops for b in bases]),
    ):
        words = details.words(key)
        if words is not None:
            yield _among(words[rows], of_base)
    minute = details.numbers("minute")[rows, None]
    first = np.array([60 * b.hours[0] if b.hours else 0 for b in bases])
    last = np.array([60 * b.hours[1] if b.hours else 1440 for b in bases])
    inside = np.where(first <= last, (first <= minute) & (minute <= last), (first <= minute) | (minute <= last))
    yield np.isnan(minute) | inside


def _among(words: Words, allowed: Sequence[tuple[object, ...]]) -> npt.NDArray[np.bool_]:
    """Whether each word is among each base's; a base that names none, and a row that says nothing, fits all."""
    known = {word: number for number, word in enumerate(dict.fromkeys(words.tolist()))}
    table = np.array([[word is None or not some or word in some for some in allowed] for word in known])
    return table[np.fromiter((known[word] for word in words), np.int64, len(words))]


def _away(
    values: Floats, ranges: Sequence[tuple[float, float] | tuple[int, int] | None], logarithmic: bool
) -> Floats | None:
    """How far each value lies outside each range; 0 inside, where there is no range, or where no value is given."""
    if np.isnan(values).all():
        return None
    low, high = (np.array([edge[i] if edge else np.nan for edge in ranges]) for i in (0, 1))
    column = values[:, None]
    if logarithmic:
        low, high, column = np.log(low), np.log(high), np.log(np.maximum(column, 1.0))
    away: Floats = np.nan_to_num(np.maximum(np.maximum(low - column, column - high), 0.0), nan=0.0)
    return away


def _told(words: Book, themes: Sequence[str], details: Details, seed: int) -> Narratives:
    names = {theme: number for number, theme in enumerate(words.bases)}
    if not set(themes) <= set(names):
        raise RequestInvalid("There is no such theme or kind of text.", remedy=f"Use one of: {', '.join(names)}.")
    asked = np.fromiter((names[theme] for theme in themes), np.int64, len(themes))
    texts = np.empty(len(themes), dtype=object)
    ids = np.empty(len(themes), dtype=object)
    for number, bases in enumerate(words.bases.values()):
        rows = np.flatnonzero(asked == number)
        if rows.size:
            chosen = _chosen(bases, details, rows, draws(seed, bases[0].id.split("/")[0], 0))
            for which, base in enumerate(bases):
                ids[rows[chosen == which]] = base.id
    todo = np.arange(len(themes))
    for attempt in range(_AGAIN):
        _write(words, texts, ids, todo, details, seed, attempt)
        todo = _repeats(texts)
        if not todo.size:
            break
    return Narratives(texts.tolist(), ids.tolist())


def _write(words: Book, texts: Words, ids: Words, todo: Ints, details: Details, seed: int, attempt: int) -> None:
    """Writes the texts of the rows `todo`, base by base and block by block."""
    number = {base_id: i for i, base_id in enumerate(words.by_id)}
    of_row = np.fromiter((number[base_id] for base_id in ids[todo]), np.int64, len(todo))
    order = np.argsort(of_row, kind="stable")
    edges = np.searchsorted(of_row[order], np.arange(len(number) + 1))
    for base, start, end in zip(words.by_id.values(), edges, edges[1:], strict=False):
        for block, at in enumerate(range(start, end, _BLOCK)):
            rows = todo[order[at : min(at + _BLOCK, end)]]
            rng = draws(seed, base.id, 1 + attempt, block)
            texts[rows] = Block(words, base, details, rows, rng).texts()


def _repeats(texts: Words) -> Ints:
    seen: set[str] = set()
    again = []
    for row, text in enumerate(texts):
        if text in seen:
            again.append(row)
        else:
            seen.add(text)
    return np.array(again, dtype=np.int64)
