"""A full disk, a folder that cannot be written, two imports at once: all or nothing, and an error that can be mended."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fourfold.errors import Busy, FileUnreadable, StorageFailed
from fourfold.records import lake as lake_module
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from tests.conftest import CommandLine
from tests.records.extracts import extract

ROWS = [("Burglary", -1.1328, 52.6369)] * 5


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("failing_write", range(1, 8))
def test_a_full_disk_at_any_write_leaves_nothing_of_the_file(
    home: Path, street_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, failing_write: int
) -> None:
    month = street_file("2022-05-leicestershire-street.csv", ROWS)
    writes = 0
    real = os.fsync

    def full(descriptor: int) -> None:
        nonlocal writes
        writes += 1
        if writes == failing_write:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(lake_module.os, "fsync", full)
    try:
        import_files(home, [month], clock=clock)
        fell = False
    except StorageFailed as fault:
        fell = True
        assert "full" in fault.cause
        assert "nothing of it was kept" in fault.remedy
    monkeypatch.setattr(lake_module.os, "fsync", real)
    # Either the write that failed came after the manifest took its name, or there is no batch at all.
    assert len(Lake(home).batches()) in ((0, 1) if fell else (1,))
    import_files(home, [month], clock=clock)
    assert len(Lake(home).batches()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("bytes_allowed", [0, 100, 1_000, 5_000, 20_000, 60_000])
def test_a_write_cut_short_at_any_size_leaves_nothing_of_the_file(
    home: Path, street_file: Callable[..., Path], bytes_allowed: int
) -> None:
    """The operating system refuses to let any file grow past a size, as a full disk does in the middle of one."""
    month = street_file("2022-05-leicestershire-street.csv", ROWS * 400)
    program = (
        "import resource, sys\n"
        "from fourfold import cli\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes_allowed}, {bytes_allowed}))\n"
        "cli.main(sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "import", str(month)],
        env={**os.environ, "FOURFOLD_HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 16, done.stderr
    assert "nothing of it was kept" in done.stderr
    assert Lake(home).batches() == ()
    import_files(home, [month], clock=clock)
    assert len(Lake(home).batches()) == 1


@pytest.mark.parametrize("failing_write", range(1, 12))
def test_a_full_disk_at_any_write_of_a_correction_leaves_what_it_would_have_replaced(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing_write: int
) -> None:
    first, second = (extract(tmp_path, "crimes", [{"crime_ref": "A1", "unit": unit}]) for unit in ("North", "South"))
    import_files(home, [first], clock=clock)
    writes = 0
    real = os.fsync

    def full(descriptor: int) -> None:
        nonlocal writes
        writes += 1
        if writes == failing_write:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(lake_module.os, "fsync", full)
    with contextlib.suppress(StorageFailed):
        import_files(home, [second], clock=clock)
    monkeypatch.setattr(lake_module.os, "fsync", real)

    def units() -> list[str]:
        return records_as_at(home, clock()).table("crimes").collect()["unit"].to_list()

    assert units() == (["South"] if len(Lake(home).batches()) == 2 else ["North"])
    import_files(home, [second], clock=clock)
    assert units() == ["South"]


@pytest.mark.slow
def test_a_really_full_disk_is_said_and_nothing_is_kept(
    fourfold: CommandLine, street_file: Callable[..., Path]
) -> None:
    # /dev/full refuses every write with "no space left", as a full disk does.
    month = street_file("2022-05-leicestershire-street.csv", ROWS)
    staging = fourfold.home / "lake" / "staging"
    staging.parent.mkdir(parents=True)
    staging.symlink_to("/dev/full")
    said = fourfold("import", month, code=16)
    assert "remedy" in said.err
    assert Lake(fourfold.home).batches() == ()


@pytest.mark.slow
def test_the_folder_of_records_is_readable_by_its_owner_only(
    fourfold: CommandLine, street_file: Callable[..., Path]
) -> None:
    fourfold.home.mkdir(mode=0o755)
    fourfold("import", street_file("2022-05-leicestershire-street.csv", ROWS))
    assert fourfold.home.stat().st_mode & 0o777 == 0o700
    open_files = [p for p in fourfold.home.rglob("*") if p.is_file() and p.stat().st_mode & 0o077]
    # Inside a folder that nobody else can enter, a file's own mode does not open it; parts are closed all the same.
    assert [p for p in open_files if p.suffix == ".parquet"] == []


def test_two_imports_of_one_file_at_once_make_one_batch(home: Path, street_file: Callable[..., Path]) -> None:
    month = street_file("2022-05-leicestershire-street.csv", ROWS)
    found: list[bool] = []

    def one() -> None:
        found.append(import_files(home, [month], clock=clock)[0].is_new)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
    assert len(Lake(home).batches()) == 1


def test_an_import_that_waits_too_long_for_another_says_so(home: Path) -> None:
    with Lake(home).held(), pytest.raises(Busy), Lake(home).held(patience=0.1):
        pass


@pytest.mark.parametrize("what", ["missing", "folder", "pipe"])
def test_what_is_not_a_file_is_refused_with_a_remedy(home: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "2022-05-leicestershire-street.csv"
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    with pytest.raises(FileUnreadable) as caught:
        import_files(home, [path], clock=clock)
    assert caught.value.remedy
    assert caught.value.file == str(path)
