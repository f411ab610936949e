"""Reading files: what came, unpacked behind a guard, as tables of text with every line accounted for.

A file is known by its first bytes, not by its name: CSV and kin, gzip, zip, XLSX, ODS, JSON. Nothing is unpacked without
a bound on what comes out, since a small archive can hold more than the machine does.
"""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from fourfold.errors import FileRefused, FileUnreadable, LayoutUnknown
from fourfold.records.account import LineAccount, Reading, Reject, columns_in_words
from fourfold.records.delimited import delimited
from fourfold.records.sheets import is_protected, is_workbook, sheet_reading

__all__ = ["LineAccount", "Reading", "Reject", "columns_in_words", "content_hash", "readings", "unpacked"]

MAX_UNPACKED_BYTES = 2 << 30
MAX_MEMBERS = 1_000
_RATIO_FROM_BYTES = 32 << 20
MAX_RATIO = 200
"""A text of more than 32 MiB that was packed to less than a two-hundredth is not a record of crimes."""

_UNFINISHED = (".part", ".crdownload", ".partial", ".tmp", ".download", "~")
_PIECE = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = {b"PAR1": "a Parquet file", b"%PDF": "a PDF", b"\x89PNG": "a picture", b"7z\xbc\xaf": "a 7z archive",
           b"Rar!": "a RAR archive", b"BZh": "a bzip2 archive", b"\xfd7zX": "an xz archive"}  # fmt: skip


def content_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes, as received."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def readings(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> Iterator[Reading]:
    """The tables in a file, one after another; an archive gives one for each member.

    Raises FileUnreadable (no file, empty, unfinished), FileRefused (too large unpacked, protected, of another kind) and
    LayoutUnknown (no header). A reading's account always balances.
    """
    _openable(path)
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as fault:
        raise FileUnreadable(
            f"The file cannot be read ({fault.strerror}).", remedy="Name a file that is yours to read.", file=path
        ) from None
    for reading in _readings(path, start, encoding, sheet):
        assert reading.account.is_balanced, "a line of the file is unaccounted for"
        yield reading


def unpacked(path: Path) -> bytes:
    """A file's content, unpacked if it is gzip, within the bounds of `readings`."""
    content = path.read_bytes()
    return _gunzipped(content, path) if content[:2] == b"\x1f\x8b" else content


def _openable(path: Path) -> None:
    try:
        found = path.stat()
    except OSError as fault:
        raise FileUnreadable(
            f"There is no such file ({fault.strerror}).", remedy="See that the name is right.", file=path
        ) from None
    if stat.S_ISDIR(found.st_mode):
        raise FileUnreadable(
            "This is a folder, not a file.", remedy="Name the files in it, for example FOLDER/*.csv.", file=path
        )
    if found.st_size == 0:
        raise FileUnreadable("The file is empty.", remedy="Fetch it again; it may not have been complete.", file=path)
    if path.name.endswith(_UNFINISHED):
        raise FileUnreadable(
            "The file's name says that it is still being written.",
            remedy="Wait until it is complete and has its final name.",
            file=path,
        )


def _readings(path: Path, start: bytes, encoding: str | None, sheet: str | None) -> Iterator[Reading]:
    if start.startswith(_OLE):
        raise _of_old_or_protected_office(path)
    if start.startswith(b"PK"):
        if is_workbook(path):
            yield sheet_reading(path, sheet)
        else:
            yield from _members(path, encoding)
        return
    for mark, what in _OTHERS.items():
        if start.startswith(mark):
            raise FileRefused(
                f"This is {what}, which is not read.", remedy="Export the records as CSV, XLSX, ODS or JSON.", file=path
            )
    name = path.name.removesuffix(".gz") if start.startswith(b"\x1f\x8b") else path.name
    yield _text_reading(path.name, name, unpacked(path), encoding, path)


def _text_reading(name: str, bare_name: str, content: bytes, encoding: str | None, path: Path) -> Reading:
    if not content.strip():
        raise FileUnreadable("The file is empty.", remedy="Fetch it again; it may not have been complete.", file=path)
    if bare_name.lower().endswith((".json", ".jsonl", ".ndjson")) or content.lstrip()[:1] in (b"[", b"{"):
        return _json_reading(name, content, path)
    return delimited(name, content, encoding)


def _of_old_or_protected_office(path: Path) -> FileRefused:
    if is_protected(path):
        return FileRefused(
            "The workbook is protected by a password.",
            remedy="Save it without a password in a place that is protected, and import that.",
            file=path,
        )
    return FileRefused(
        "This is a workbook of the old .xls kind.", remedy="Save it as .xlsx, .ods or .csv and import that.", file=path
    )


def _gunzipped(content: bytes, path: Path | str) -> bytes:
    """The content of gzip, stopped as soon as it grows past what the packed bytes can honestly hold."""
    pieces: list[bytes] = []
    size = 0
    rest = content
    while rest:
        packed = zlib.decompressobj(wbits=31)
        waiting = rest
        while waiting and not packed.eof:
            try:
                piece = packed.decompress(waiting, _PIECE)
            except zlib.error:
                raise FileUnreadable(
                    "The gzip file is damaged.", remedy="Fetch it again; it may have been cut short.", file=path
                ) from None
            waiting = packed.unconsumed_tail
            pieces.append(piece)
            size += len(piece)
            _within_bounds(size, len(content), path)
            if not piece and not waiting and not packed.eof:
                break
        if not packed.eof:
            raise FileUnreadable(
                "The gzip file ends too soon.", remedy="Fetch it again; it may have been cut short.", file=path
            )
        rest = packed.unused_data.lstrip(b"\x00")
        if rest and not rest.startswith(b"\x1f\x8b"):
            break  # padding or a signature after the last member is not content
    return b"".join(pieces)


def _within_bounds(size: int, packed: int, path: Path | str) -> None:
    if size > MAX_UNPACKED_BYTES or (size > _RATIO_FROM_BYTES and size > MAX_RATIO * max(packed, 1)):
        raise FileRefused(
            "Unpacked, the file grows out of all proportion: it may be made to fill the machine.",
            remedy="If you trust it, unpack it yourself, and import the parts.",
            file=path,
        )


def _members(path: Path, encoding: str | None) -> Iterator[Reading]:
    """The files in a zip archive, by their order in it."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError):
        raise FileUnreadable(
            "The zip file is damaged or incomplete.", remedy="Fetch it again; it may have been cut short.", file=path
        ) from None
    with archive:
        wanted = [m for m in archive.infolist() if not _is_passed_over(m)]
        if len(wanted) > MAX_MEMBERS:
            raise FileRefused(
                f"The archive holds more than {MAX_MEMBERS:,} files.", remedy="Unpack it, and import parts.", file=path
            )
        if not wanted:
            raise FileUnreadable("The archive holds no file.", remedy="See what it should hold.", file=path)
        for member in wanted:
            _member_checked(member, path)
        for member in wanted:
            content = _member_content(archive, member, path)
            if not content.strip():
                raise FileUnreadable(
                    "A file in the archive is empty.", remedy="Fetch it again.", file=f"{path}/{member.filename}"
                )
            name = member.filename
            if content[:2] == b"\x1f\x8b":
                content = _gunzipped(content, f"{path}/{name}")
            if content[:2] == b"PK":
                raise FileRefused(
                    "An archive or workbook stands inside the archive.",
                    remedy="Unpack the outer archive and import what is inside.",
                    file=f"{path}/{name}",
                )
            yield _text_reading(name, name.removesuffix(".gz"), content, encoding, path)


def _is_passed_over(member: zipfile.ZipInfo) -> bool:
    return member.is_dir() or member.filename.startswith("__MACOSX/") or member.filename.endswith(".DS_Store")


def _member_checked(member: zipfile.ZipInfo, path: Path) -> None:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or is_link:
        raise FileRefused(
            "The archive holds a link, or a name that leads out of it.", remedy="Ask who made it.", file=path
        )
    if member.flag_bits & 0x1:
        raise FileRefused(
            "The archive is protected by a password.", remedy="Unpack it with the password, and import that.", file=path
        )
    _within_bounds(member.file_size, member.compress_size, path)


def _member_content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        with archive.open(member) as file:
            while piece := file.read(_PIECE):
                size += len(piece)
                _within_bounds(size, member.compress_size, path)  # the sizes in the directory may lie
                pieces.append(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise FileUnreadable("The zip file is damaged.", remedy="Fetch it again.", file=path) from None
    return b"".join(pieces)


def _json_reading(name: str, content: bytes, path: Path) -> Reading:
    """An array of objects, an object that holds one array, or one object a line; the unit is the element."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileUnreadable(
            "The JSON file is not in UTF-8.", remedy="Export it again; JSON is always in UTF-8.", file=path
        ) from None
    elements = _elements(text, path)
    header = tuple(dict.fromkeys(str(key) for e in elements if isinstance(e, dict) for key in e))
    if not header:
        raise LayoutUnknown("The JSON file holds no objects.", remedy="Export a list of objects.", file=path)
    kept = [(at, e) for at, e in enumerate(elements, start=1) if isinstance(e, dict)]
    rejects = tuple(
        Reject(
            line=at, last_line=at, code="not an object", column=None, cause="The element is not an object.",
            remedy="Export one object a record.", raw=json.dumps(e, ensure_ascii=False)[:10_000],
        )
        for at, e in enumerate(elements, start=1)
        if not isinstance(e, dict)
    )  # fmt: skip
    rows = pl.DataFrame(
        {
            **{column: [_cell(e.get(column)) for _, e in kept] for column in header},
            "line_number": [at for at, _ in kept],
        },
        schema={**dict.fromkeys(header, pl.String), "line_number": pl.Int64},
    )
    account = LineAccount(unit="element", total=len(elements), header=0, accepted=len(kept), rejected=len(rejects))
    return Reading(name=name, encoding="utf-8", header=header, rows=rows, account=account, rejects=rejects)


def _elements(text: str, path: Path) -> list[Any]:
    try:
        # Numbers stay as they are written: 4.10 is a code, not 4.1.
        found = json.loads(text, parse_int=str, parse_float=str)
    except RecursionError:
        raise FileRefused(
            "The JSON file is nested too deeply.", remedy="Export a list of objects.", file=path
        ) from None
    except json.JSONDecodeError as fault:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line, parse_int=str, parse_float=str) for line in lines]
        except (json.JSONDecodeError, RecursionError):
            raise FileUnreadable(
                "The JSON file cannot be parsed.",
                remedy="Export it again; it may have been cut short.",
                file=path,
                line=fault.lineno,
            ) from None
    if isinstance(found, dict):
        arrays = [value for value in found.values() if isinstance(value, list)]
        return arrays[0] if len(arrays) == 1 else [found]
    return found if isinstance(found, list) else [found]


def _cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
