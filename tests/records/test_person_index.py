"""Person index: the parts found by it are those found by making every part's identity, whatever came in or was erased since."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fourfold.records import erasure, person_index
from fourfold.records.subjects import (
    PARTS,
    PEOPLE,
    entry_of,
    every_mention,
    every_part,
    mentions,
    opaque_key,
    salt_of,
    subject_of,
)  # fmt: skip
from tests.records.extracts import put

NOW = datetime(2022, 11, 7, 9, tzinfo=UTC)


@pytest.fixture
def many(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files of people, some of them in both, one of contacts with them and with others, and one of victims of fraud."""
    monkeypatch.setattr(person_index, "AT_ONCE", 0)
    for hour, first in enumerate((0, 20)):
        people = [
            {"crime_ref": f"C{n}", "person_ref": f"P{n % 17}", "role": "victim"} for n in range(first, first + 30)
        ]
        put(home, tmp_path, NOW + timedelta(hours=hour), "people", people, f"2022-0{6 + hour}")
    contacts = [
        {"contact_ref": f"K{n}", "crime_ref": f"C{n % 9}", "person_ref": f"P{n}" if n % 3 else "",
         "contacted_at": "2022-06-02T10:00:00"}
        for n in range(25)
    ]  # fmt: skip
    put(home, tmp_path, NOW + timedelta(hours=3), "victim_contacts", contacts)
    frauds = [{"report_ref": f"R{n}", "reported_at": "2022-06-08T09:00:00"} for n in range(5)]
    put(home, tmp_path, NOW + timedelta(hours=4), "fraud_victims_action_fraud", frauds)
    return home


def kept(home: Path) -> list[Path]:
    return sorted((home / "lake" / "derived" / "person_index").glob("*.keys"))


def everybody(home: Path) -> pl.DataFrame:
    """Every part and mention with both its identities, each made anew: the reference."""
    rows = pl.concat([every_part(home), every_mention(home)]).select(*PARTS).unique().sort(*PARTS).collect()
    entries = [entry_of(row) for row in rows.iter_rows()]
    keys = [opaque_key(salt_of(home), one) for one in entries]
    return rows.with_columns(pl.Series("entry", entries), pl.Series("key", keys))


def agrees(home: Path) -> None:
    """Raise where what is found by identity is not what making everybody's finds: for one, for some, for all, for nobody."""
    every = everybody(home)
    for tables in (tuple(PEOPLE), mentions(), (*PEOPLE, *mentions())):
        own = every.filter(pl.col("table").is_in(tables))
        for at in (slice(0, 1), slice(3, 9), slice(0, None)):
            some = own[at]
            for column, asked in (("entry", "entries"), ("key", "opaque")):
                found = person_index.parts_of(home, tables, **{asked: some[column].to_list()})
                wanted = own.filter(pl.col(column).is_in(some[column].implode())).select(*PARTS)
                assert_frame_equal(found.sort(*PARTS), wanted.sort(*PARTS))
        nobody = person_index.parts_of(home, tables, entries=["0" * 24, "no identity"], opaque=["E" + "0" * 16])
        assert nobody.is_empty()


@pytest.mark.parametrize("made", ["none", "some", "all"])
def test_the_parts_found_by_the_index_are_those_of_everybodys_identity_made_anew(many: Path, made: str) -> None:
    if made != "none":
        person_index.keep_person_index(many)
        assert len(kept(many)) == 4
    if made == "some":
        kept(many)[0].unlink()
        kept(many)[2].unlink()
    agrees(many)


def test_what_is_kept_is_read_and_identities_of_one_digest_are_told_apart(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person_index, "_digest", lambda identity: ord(identity[-1]) % 3)
    person_index.keep_person_index(many)
    agrees(many)
    monkeypatch.undo()
    for path in kept(many):
        np.memmap(path, dtype="<u8", mode="r+")[:] = 0
    person = subject_of(many, "P3")
    assert person_index.parts_of(many, list(PEOPLE), entries=person.entries).is_empty(), (
        "where to look is told by what is kept"
    )


def test_a_file_that_came_is_added_alone_and_whoever_is_erased_is_found_no_more(many: Path, tmp_path: Path) -> None:
    person_index.keep_person_index(many)
    first = {path: path.stat().st_mtime_ns for path in kept(many)}
    put(
        many,
        tmp_path,
        NOW + timedelta(days=1),
        "people",
        [{"crime_ref": "C99", "person_ref": "P99", "role": "victim"}],
        "2022-09",
    )
    agrees(many)
    person_index.keep_person_index(many)
    assert {path: path.stat().st_mtime_ns for path in kept(many) if path in first} == first
    assert len(kept(many)) == len(first) + 1
    gone = subject_of(many, "P3")
    assert subject_of(many, gone.key).parts.equals(gone.parts), "found by the opaque key"
    erasure.erase(many, gone, clock=lambda: NOW + timedelta(days=2))
    assert len(kept(many)) < len(first) + 1
    for _ in range(2):
        assert person_index.parts_of(many, list(PEOPLE), entries=gone.entries, opaque=[gone.key]).is_empty()
        agrees(many)
        person_index.keep_person_index(many)


def test_nothing_is_kept_of_what_somebody_was_erased_from_meanwhile(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = person_index._keys

    def erased_meanwhile(parts: pl.DataFrame, salt: bytes) -> np.ndarray:
        monkeypatch.setattr(person_index, "_keys", whole)
        erasure.erase(many, subject_of(many, "P4"), clock=lambda: NOW + timedelta(days=2))
        return whole(parts, salt)

    monkeypatch.setattr(person_index, "_keys", erased_meanwhile)
    for _ in range(2):
        person_index.keep_person_index(many)
        agrees(many)
    assert len(kept(many)) == 4


def test_of_few_nothing_is_kept_and_what_is_of_no_file_any_more_is_removed(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_index.keep_person_index(many)
    folder = many / "lake" / "derived" / "person_index"
    for name, days in (("unfinished-a", 2), ("unfinished-b", 0), ("gone-people-0.keys", 0)):
        (folder / name).write_bytes(b"")
        then = (folder / name).stat().st_mtime - days * 86_400
        os.utime(folder / name, (then, then))
    person_index.keep_person_index(many)
    assert {path.name for path in folder.iterdir()} == {*(path.name for path in kept(many)), "unfinished-b"}
    assert len(kept(many)) == 4
    for path in kept(many):
        assert path.stat().st_mode & 0o777 == 0o600
        path.unlink()
    monkeypatch.setattr(person_index, "AT_ONCE", 30_000)
    person_index.keep_person_index(many)
    assert not kept(many)
    agrees(many)
