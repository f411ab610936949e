"""Searches of the log: under which keys those who are looked for may stand there.

Each page enters what it shows by the key that it has of it: a person's, a crime's, that of a victim of a crime, a report's, a
complaint's, that of the line of a file. Who looked at somebody's records is found only by all of them, whichever of them one has.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from fourfold.analysis.entitlements import OF_REPORT
from fourfold.errors import FourfoldError, NothingHeld
from fourfold.records.access import line_key, returned_key
from fourfold.records.as_at import Records
from fourfold.records.card_index import rows_of
from fourfold.records.disseminations import keys_of
from fourfold.records.people import state_of
from fourfold.records.subjects import Subject, known_by, subject_of
from fourfold.records.whereabouts import lines_about, lines_of, returned_of

_OWN = {
    "complaints": ("complaint_ref", "person_ref"), "review_requests": ("review_ref", "person_ref"),
    "cica_requests": ("request_ref", "person_ref"), "property": ("property_ref", "for_person_ref"),
}  # fmt: skip
"""The tables whose rows stand on the log by a reference of their own: that reference, and whose they are."""


@dataclass(frozen=True)
class LookedFor:
    """What a search is about: every key, and in words what those are of. `fault` is why a person was not found by a reference."""

    keys: tuple[str, ...]
    of: str
    fault: str = ""


def looked_for(records: Records, text: str) -> LookedFor:
    """Every key under which whatever a text names may stand on the log: a person, a crime with its victims, or that text alone."""
    try:
        subject = _linked(records, subject_of(records.home, text))
    except FourfoldError as refused:
        ref, _, person = text.rpartition(" ")  # as a victim of a crime stands on the log
        if ref and text in _of_crime(records, ref):
            return looked_for(records, person)
        fault = "" if isinstance(refused, NothingHeld) else f"{refused.cause} {refused.remedy}"
        return _crime(records, text, fault)
    own = {text, *of_person(records, subject)}
    return LookedFor(tuple(sorted(own)), "a person, by every key and reference")


def _crime(records: Records, ref: str, fault: str) -> LookedFor:
    """A crime with those in it; where one victim is recorded, under every key of that victim too. A text that is none, by itself."""
    inside = _of_crime(records, ref)
    if not inside:
        return LookedFor((ref,), "", fault)
    victims = rows_of(records, "people", [ref]).filter(pl.col("role") == "victim").collect()["person_ref"].drop_nulls()
    said, own = "a crime and those in it", {ref, *inside, *_keys_of(lines_about(records.home, ref))}
    if victims.n_unique() > 1:
        said += f"; name one of its {victims.n_unique():,} victims for what was seen of that victim elsewhere"
    elif victims.len():
        with contextlib.suppress(FourfoldError):  # a reference that two people had: the crime is found all the same
            own |= of_person(records, _linked(records, subject_of(records.home, victims[0])))
            said += ", and its victim by every key and reference"
    return LookedFor(tuple(sorted(own)), said, fault)


def _linked(records: Records, subject: Subject) -> Subject:
    """Somebody with all parts that linked people hold to be the same person's: a reference names those under it alone."""
    people = state_of(records.home).persons_of(subject.entries)
    return subject_of(records.home, people.pop()) if len(people) == 1 else subject


def _of_crime(records: Records, ref: str) -> tuple[str, ...]:
    """The keys of those with a part in a crime, where it is one."""
    people = rows_of(records, "people", [ref]).select(pl.col("person_ref").drop_nulls().unique().sort()).collect()
    return tuple(f"{ref} {person}" for person in people["person_ref"])


def of_person(records: Records, subject: Subject) -> set[str]:
    """Every key of a person: before and after linking, of reports and their cases, of crimes suffered, and of what is in them."""
    home = records.home
    found = {*known_by(home, subject), *subject.references, *keys_of(home, subject.reports)}
    found |= {f"{ref} {OF_REPORT}" for _, ref in subject.reports}
    parts = subject.parts.drop_nulls("ref").select("table", "ref", "person_ref", "role")
    for table, ref, person, role in parts.iter_rows():
        if person is not None:
            found.add(f"{ref} {person}")
        if table == "people" and role == "victim":  # the crime itself is of whom it was done to
            found.add(ref)
    return found | _of_matters(records, subject) | _of_lines(records, subject)


def _of_lines(records: Records, subject: Subject) -> set[str]:
    """The keys of the lines of files that are of a person: what is shown by file and line stands under them."""
    returned = returned_of(records.home, subject)
    found = _keys_of(lines_of(records.home, subject)) | {returned_key(batch) for batch in returned}
    return found | _keys_of({batch: {first for first, _ in own} for batch, own in returned.items()})


def _keys_of(lines: Mapping[str, Iterable[int]]) -> set[str]:
    return {line_key(batch, line) for batch, own in lines.items() for line in own}


def _of_matters(records: Records, subject: Subject) -> set[str]:
    """The references of a person's complaints, requests for review and about compensation, and property."""
    named = subject.parts.select("force_id", "person_ref").drop_nulls().unique()
    found: set[str] = set()
    for table, (own, whose) in _OWN.items():
        if records.batches_of(table):
            rows = records.table(table).select("force_id", "crime_ref", own, person_ref=whose)
            mine = rows.join(named.lazy(), on=["force_id", "person_ref"], how="semi").collect()
            found |= set(_in_parts(mine, subject)[own].drop_nulls())
    return found


def _in_parts(rows: pl.DataFrame, subject: Subject) -> pl.DataFrame:
    """Of rows under a person's references, those in the person's own crimes, or in none: a reference may be another's elsewhere."""
    crimes = subject.parts.select("force_id", "person_ref", crime_ref="ref").unique()
    inside = rows.join(crimes, on=["force_id", "person_ref", "crime_ref"], how="semi")
    return pl.concat([inside, rows.filter(pl.col("crime_ref").is_null())])
