"""Each mangled file is treated as it says it is to be: its lines returned, kept and flagged, kept raw, or the file refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fourfold.demo import mangled
from fourfold.errors import LayoutUnknown
from fourfold.records.imports import import_files, rejects_of

FAULTS = [name for name, *_ in mangled._FAULTS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mangled")


@pytest.fixture(scope="module")
def faults(folder: Path) -> dict[str, mangled.Fault]:
    return dict(zip(FAULTS, mangled.written_mangled(folder, 1), strict=True))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_treated_as_it_says(
    name: str, folder: Path, faults: dict[str, mangled.Fault], tmp_path: Path
) -> None:
    fault = faults[name]
    path = folder / fault.file
    if fault.treatment == mangled.REFUSED:
        with pytest.raises(LayoutUnknown):
            import_files(tmp_path, [path], clock=lambda: datetime.now(UTC))
        return
    batch = import_files(tmp_path, [path], clock=lambda: datetime.now(UTC))[0].batch
    lines = path.read_bytes().count(b"\n") + (not path.read_bytes().endswith(b"\n"))
    assert batch.account["total"] == lines  # every line is accounted for
    returned = rejects_of(batch)["line"].to_list()
    assert returned == (list(fault.lines) if fault.treatment == mangled.RETURNED else [])
    flags = {said: n for said, n in batch.flags.items() if fault.says and fault.says in said}
    assert sum(flags.values()) == (len(fault.lines) if fault.treatment == mangled.FLAGGED else 0)
    raw = dict(batch.unparsed)
    assert raw == ({fault.column: len(fault.lines)} if fault.treatment == mangled.RAW else {})


def test_there_is_a_file_for_each_way_of_treating_a_fault(faults: dict[str, mangled.Fault]) -> None:
    assert {f.treatment for f in faults.values()} == {mangled.RETURNED, mangled.FLAGGED, mangled.RAW, mangled.REFUSED}


def test_the_code_that_a_number_would_shorten_is_whole(folder: Path, faults: dict[str, mangled.Fault]) -> None:
    assert b",4.10," in (folder / faults["short_line"].file).read_bytes()
