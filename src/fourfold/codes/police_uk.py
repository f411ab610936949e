"""Crime types and outcome texts of data.police.uk, across its three eras and its API.

A category's id is the API's slug. The broad types of 2010 to April 2013 whose names live on with another meaning
("Violent crime", "Other crime") have ids of their own, so that no series joins them silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from fourfold.codes.lists import code_list

_LIST_OF_2013 = date(2013, 5, 1)
_OTHER_SPELLINGS = {
    "violent crime": "violent-crime-2011",
    "other crime": "other-crime-2011",
    "public disorder and weapons": "public-disorder-weapons",
    "public disorder weapons": "public-disorder-weapons",
    "criminal damage arson": "criminal-damage-arson",
    "drugs offences": "drugs",
    "vehicle theft": "vehicle-crime",
}


@dataclass(frozen=True)
class Category:
    """A crime type; `is_crime` is False for anti-social behaviour alone. `dates_status` is the standing of its days."""

    id: str
    title: str
    is_crime: bool
    valid_from: date
    valid_to: date | None
    note: str
    status: str
    dates_status: str


@dataclass(frozen=True)
class OutcomeText:
    """An outcome text and the Home Office outcome types that may stand behind it: many to one, never turned back."""

    text: str
    outcome_types: tuple[str, ...]
    note: str
    status: str
    mapping_status: str


@cache
def categories() -> tuple[Category, ...]:
    """Every category of every era; those of 2013 first."""
    return tuple(
        Category(
            id=row["id"], title=row["title"], is_crime=row["is_crime"] == "yes",
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            note=row["note"], status=row["status"], dates_status=row["dates_status"],
        )
        for row in code_list("police_uk_categories").rows
    )  # fmt: skip


def current_categories() -> tuple[Category, ...]:
    """The fourteen categories since May 2013, anti-social behaviour among them."""
    return tuple(c for c in categories() if c.valid_to is None)


def category(text: str, on: date | None = None) -> Category | None:
    """The category of a title or slug, as the list stood on a day (today's list when None), or None if unknown."""
    plain = " ".join(text.lower().replace("-", " ").split())
    by_id = {c.id: c for c in categories()}
    if text in by_id and "2011" in text:
        return by_id[text]
    if on is not None and on < _LIST_OF_2013 and plain in _OTHER_SPELLINGS:
        return by_id[_OTHER_SPELLINGS[plain]]
    found = next((c for c in current_categories() if plain in (c.title.lower(), c.id.replace("-", " "))), None)
    return found or by_id.get(_OTHER_SPELLINGS.get(plain, ""))


@cache
def outcome_texts() -> tuple[OutcomeText, ...]:
    """Every outcome text seen in the files."""
    return tuple(
        OutcomeText(
            text=row["text"], outcome_types=tuple(row["outcome_types"].split()), note=row["note"],
            status=row["status"], mapping_status=row["mapping_status"],
        )
        for row in code_list("police_uk_outcomes").rows
    )  # fmt: skip
