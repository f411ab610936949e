"""Remains: whether some words still stand anywhere in what is held here. What proves an erasure.

Every file below the records' folder is looked through: as it lies on the disk, and unpacked where it is packed (gzip, zip
and workbooks, Parquet column by column, tables of SQLite beside its pages, free ones and the write-ahead log among them).
A word is looked for whole, in its usual cases and encodings, however its spaces are written and a telephone number is parted.
"""

from __future__ import annotations

import gzip
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from fourfold.records.redaction import pattern, spellings, stands_in, where_found

_LARGE = 32 << 20
_OVERLAP = 1 << 12
_DEPTH = 3


def remains(home: Path, words: Sequence[str], *, but: Path | None = None) -> tuple[tuple[str, ...], int]:
    """The places, below the records' folder, in which one of some words stands; and how many files were looked through.

    A place is a file, with what lies in it parted by "!"; no word is among the answer. A file that goes while it is
    looked for is none. `but` is the file that holds the words themselves meanwhile.
    """
    wanted = _fewest(words)
    found: list[str] = []
    looked = 0
    for path in sorted(p for p in home.rglob("*") if p.is_file() and not p.is_symlink()):
        looked += 1
        if not wanted or path == but:
            continue
        name = str(path.relative_to(home))
        try:
            inner = _first(_in_file(path, wanted))
        except FileNotFoundError:
            continue
        if inner is None:
            inner = "" if where_found(name.encode(), wanted) else None
        if inner is not None:
            found.append(name + inner)
    return tuple(found), looked


def _fewest(words: Sequence[str]) -> list[str]:
    """The words, less those in which another of them stands whole: where that is not, neither are they."""
    every = sorted({w.strip() for w in words if w.strip()}, key=len)
    return [w for at, w in enumerate(every) if not where_found(w.lower().encode(), [v.lower() for v in every[:at]])]


def _first(places: Iterator[str]) -> str | None:
    return next(places, None)


def _in_file(path: Path, words: Sequence[str]) -> Iterator[str]:
    """Each place within a file in which one of the words stands: "" for its own bytes."""
    with path.open("rb") as file:
        start = file.read(16)
    if start[:4] == b"PAR1":
        yield from _in_parquet(path, words)
    if path.stat().st_size > _LARGE and start[:2] not in (b"\x1f\x8b", b"PK"):
        if _in_large(path, words):
            yield ""
        return
    content = path.read_bytes()
    yield from _in_bytes(content, words, 0)
    if start == b"SQLite format 3\x00":
        yield from _in_database(path, words)


def _in_bytes(content: bytes, words: Sequence[str], depth: int) -> Iterator[str]:
    if where_found(content, words):
        yield ""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") and where_found(content.decode("utf-16", "replace").encode(), words):
        yield "!text"
    if depth > _DEPTH:
        return
    if content[:2] == b"\x1f\x8b":
        try:
            inner = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return
        yield from ("!gzip" + place for place in _in_bytes(inner, words, depth + 1))
    elif content[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.infolist():
                    inner = archive.read(member)
                    yield from (f"!{member.filename}" + place for place in _in_bytes(inner, words, depth + 1))
        except (zipfile.BadZipFile, RuntimeError, zlib.error, EOFError):
            return


def _in_parquet(path: Path, words: Sequence[str]) -> Iterator[str]:
    """The columns of text and bytes in which a word stands."""
    try:
        schema = pl.read_parquet_schema(path)
    except pl.exceptions.PolarsError:
        return
    for name in (n for n, kind in schema.items() if kind == pl.Binary):
        held = pl.read_parquet(path, columns=[name])[name].drop_nulls().to_list()
        if any(where_found(value, words) for value in held):
            yield f"!{name}"
    texts = [name for name, kind in schema.items() if kind == pl.String]
    if not texts:
        return
    met = pl.any_horizontal(stands_in(pl.col(name), words) for name in texts)
    rows = pl.scan_parquet(path).select(texts).filter(met).collect()
    whole = re.compile(pattern(words))
    for name in texts:
        if any(text and whole.search(text) for text in rows[name].to_list()):
            yield f"!{name}"


def _in_large(path: Path, words: Sequence[str]) -> bool:
    """Whether a word stands in a file that is read piece by piece. Each piece overlaps the one before.

    A piece is made small letters once, so that a word is looked for once and not in each of its cases.
    """
    small = [w.lower() for w in words]
    by_bytes = sorted({max(s.lower().split(), key=len) for w in small for s in spellings(w) if s.split()})
    numbers = [w for w in small if re.fullmatch(r"\(?[+0][0-9\s().-]+", w)]
    with path.open("rb") as file:
        tail = b""
        while piece := file.read(_LARGE):
            held = tail + piece.lower()
            if where_found(held, [*numbers, *(w for w in small if any(s in held for s in by_bytes))]):
                return True
            tail = held[-_OVERLAP:]
    return False


def _in_database(path: Path, words: Sequence[str]) -> Iterator[str]:
    """The tables of a database in which a word stands: a text that runs over two pages is cut in the file itself."""
    try:
        held = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            names = [r[0] for r in held.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                for row in held.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - the name is the database's own
                    said = "\0".join(str(v) for v in row if isinstance(v, str))
                    if where_found(said.encode(), words):
                        yield f"!{name}"
                        break
        finally:
            held.close()
    except sqlite3.DatabaseError:
        return
