"""The files as received, kept with their batches: to show the lines that a figure rests on."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from fourfold.errors import NothingHeld
from fourfold.records.lake import Batch


def original_of(batch: Batch) -> Path:
    """The file that a batch came from, as received. Raises NothingHeld when it has been erased."""
    found = sorted((batch.folder / "original").glob("*"))
    if not found:
        raise NothingHeld("The original file is no longer kept.", remedy="The batch's rows and account still stand.")
    return found[0]


def lines_of(batch: Batch, wanted: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Physical lines of a text original, by number from 1; nothing for a workbook or JSON, which have no lines."""
    if batch.account["unit"] != "line":
        return
    numbers = sorted(set(wanted))
    lines = enumerate(_text(batch).splitlines(), start=1)
    for number, line in lines:
        if not numbers:
            return
        if number == numbers[0]:
            numbers.pop(0)
            yield number, line


def _text(batch: Batch) -> str:
    path = original_of(batch)
    member = batch.file_name.partition("/")[2]
    if path.suffix == ".gz":
        content = gzip.decompress(path.read_bytes())
    elif member and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content = archive.read(member)
    else:
        content = path.read_bytes()
    # Shown, not parsed: a byte that the encoding lacks is shown as an escape. Line ends are those that were counted.
    text = content.decode(batch.encoding.partition(" ")[0], errors="backslashreplace")
    return (
        text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", " ").replace("\x0b", " ").replace("\x0c", " ")
    )
