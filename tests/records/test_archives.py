"""Archives: all the members of one go in, or none does, whatever dies between two of them."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fourfold.errors import StorageFailed
from fourfold.records import imports
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import finish_imports, import_files
from fourfold.records.lake import Lake
from tests.records.extracts import extract

MEMBERS = 3
Held = list[tuple[str, int, dict[int, int]]]


class KilledError(BaseException):
    """What nobody handles: a process that is killed handles nothing."""


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three extracts of the same crime: each corrects the one before."""
    made = tmp_path / "crimes.zip"
    with zipfile.ZipFile(made, "w") as out:
        for n in range(MEMBERS):
            out.write(extract(tmp_path, "crimes", [{"crime_ref": "A1", "unit": f"unit {n}"}]), f"{n}.csv")
    return made


def cut_short(home: Path, archive: Path, write: int, is_before: bool, fault: BaseException) -> None:
    """An import in which the n-th file written as JSON meets a fault, before it has its name or after."""
    real, written = imports.write_json, 0

    def failing(plain: dict[str, object], path: Path) -> None:
        nonlocal written
        written += 1
        if written == write and is_before:
            raise fault
        real(plain, path)
        if written == write:
            raise fault

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "write_json", failing)
        with pytest.raises(type(fault)):
            import_files(home, [archive], clock=clock)


def held(home: Path) -> Held:
    """Each batch in order: its file, how many members that has, and how many rows it replaces of the batch so far before it."""
    every = list(Lake(home).batches())
    number = {b.batch_id: n for n, b in enumerate(every)}
    return [(b.file_name, b.members, {number[one]: n for one, n in b.replaced.items()}) for b in every]


def stands(home: Path) -> list[str]:
    units: list[str] = records_as_at(home, clock()).rows("crimes").collect()["unit"].to_list()
    return units


WHOLE: Held = [
    ("crimes.zip/0.csv", 3, {}),
    ("crimes.zip/1.csv", 3, {0: 1}),
    ("crimes.zip/2.csv", 3, {0: 1, 1: 1}),
]


@pytest.mark.parametrize("again", ["at start-up", "by the next import"])
@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("write", range(1, MEMBERS + 2))
def test_what_died_between_two_members_is_finished(
    tmp_path: Path, archive: Path, write: int, is_before: bool, again: str
) -> None:
    home, other = (
        tmp_path / "home",
        extract(tmp_path, "people", [{"crime_ref": "A1", "person_ref": "P1", "role": "victim"}]),
    )
    cut_short(home, archive, write, is_before, KilledError())
    has_begun = (write, is_before) != (1, True)
    if again == "at start-up":
        finish_imports(home, clock=clock)
    else:
        import_files(home, [other], clock=clock)
    found = [one for one in held(home) if one[0] != other.name]
    assert [name for name, *_ in found] == ([name for name, *_ in WHOLE] if has_begun else []), (
        "all of it, or nothing of it"
    )
    assert list(Lake(home).staging_folder.iterdir()) == []
    import_files(home, [archive], clock=clock)
    if again == "at start-up":
        assert held(home) == WHOLE
    assert stands(home) == [f"unit {MEMBERS - 1}"], "the last member speaks"


@pytest.mark.parametrize("write", range(1, MEMBERS + 2))
def test_a_disk_that_fills_between_two_members_says_that_the_rest_goes_in_later(
    tmp_path: Path, archive: Path, write: int
) -> None:
    fault = StorageFailed("The disk is full.", remedy="Free some space; nothing of it was kept.", file=tmp_path)
    cut_short(tmp_path / "home", archive, write, False, fault)
    assert "goes in at the next import" in fault.remedy
    content = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert Lake(tmp_path / "home").is_whole(content) == (write == MEMBERS + 1)
    finish_imports(tmp_path / "home", clock=clock)
    assert held(tmp_path / "home") == WHOLE
