"""A thousand malformed files: no crash, every line accounted for, and a clean row is never lost to a faulty one."""

from __future__ import annotations

import gzip
import os
import random
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import polars as pl
import pytest

from fourfold.errors import FourfoldError
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files, rejects_of
from fourfold.records.reading import readings

pytestmark = pytest.mark.slow
FILES = int(os.environ.get("FOURFOLD_FUZZ_FILES", "1000"))
SECONDS_BEFORE_IT_HANGS = 5
HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)
Fault = Callable[[random.Random, list[bytes]], None]


def clean_row(drawn: random.Random, number: int) -> bytes:
    kind = drawn.choice(["Burglary", "Drugs", "Robbery", "Anti-social behaviour"])
    place = drawn.choice(["On or near High Street", '"Hall, Parish"', "On or near Café", '"The ""Old"" Mill"'])
    return (
        f"id{number},2022-05,Leicestershire Police,Leicestershire Police,-1.13,52.63,{place},E01,Leicester 1A,{kind},,"
    ).encode()


def at(drawn: random.Random, lines: list[bytes]) -> int:
    return drawn.randrange(1, len(lines))


def unclosed_quote(drawn: random.Random, lines: list[bytes]) -> None:
    n = at(drawn, lines)
    lines[n] = lines[n].replace(b",E01", b',"E01', 1)


def many_unclosed_quotes(drawn: random.Random, lines: list[bytes]) -> None:
    for n in range(1, len(lines), 2):
        lines[n] = b'"' + lines[n]


def ragged(drawn: random.Random, lines: list[bytes]) -> None:
    n = at(drawn, lines)
    lines[n] = drawn.choice([lines[n] + b",,", lines[n].rsplit(b",", 3)[0], b",", b"x"])


def repeated_header(drawn: random.Random, lines: list[bytes]) -> None:
    lines.insert(at(drawn, lines), lines[0])


def nul(drawn: random.Random, lines: list[bytes]) -> None:
    n = at(drawn, lines)
    lines[n] = lines[n][:9] + b"\x00" * drawn.randrange(1, 9) + lines[n][9:]


def western_bytes(drawn: random.Random, lines: list[bytes]) -> None:
    n = at(drawn, lines)
    lines[n] = lines[n].replace(b"High", "Hîgh".encode("cp1252")).replace("é".encode(), b"\xe9")


def broken_bytes(drawn: random.Random, lines: list[bytes]) -> None:
    n = at(drawn, lines)
    lines[n] = lines[n][:20] + bytes(drawn.randrange(128, 256) for _ in range(5)) + lines[n][20:]


def blank_lines(drawn: random.Random, lines: list[bytes]) -> None:
    for _ in range(3):
        lines.insert(drawn.randrange(0, len(lines) + 1), drawn.choice([b"", b"   ", b"\t"]))


def wrong_month(drawn: random.Random, lines: list[bytes]) -> None:
    n = at(drawn, lines)
    lines[n] = lines[n].replace(b"2022-05", drawn.choice([b"2021-01", b"May-22", b"44682", b"", b"2022-13"]))


def long_field(drawn: random.Random, lines: list[bytes]) -> None:
    n = at(drawn, lines)
    lines[n] = lines[n].replace(b"id", b"i" * drawn.choice([5_000, 1_200_000]), 1)


def line_breaks_in_text(drawn: random.Random, lines: list[bytes]) -> None:
    n = at(drawn, lines)
    lines[n] = lines[n] + b'"a text\nof two lines"'


def noise(drawn: random.Random, lines: list[bytes]) -> None:
    n = at(drawn, lines)
    lines[n] = bytes(drawn.choice(b'",\r\n;|\\ab\x00\xff1') for _ in range(drawn.randrange(400)))


FAULTS: list[Fault] = [
    unclosed_quote, many_unclosed_quotes, ragged, repeated_header, nul, western_bytes, broken_bytes, blank_lines,
    wrong_month, long_field, line_breaks_in_text, noise,
]  # fmt: skip
HARMLESS = {repeated_header, blank_lines}
ENDS = [b"\n", b"\r\n", b"\r"]


def malformed(drawn: random.Random) -> tuple[bytes, set[bytes], int]:
    """A file, the references of its rows that no fault has touched, and its number of physical lines."""
    lines = [HEADER.encode(), *(clean_row(drawn, n) for n in range(drawn.randrange(1, 40)))]
    before = set(lines)
    for fault in drawn.choices(FAULTS, k=drawn.randrange(1, 4)):
        fault(drawn, lines)
    untouched = {line.split(b",")[0] for line in lines if line in before and line.startswith(b"id")}
    end = drawn.choice(ENDS)
    content = end.join(lines) + drawn.choice([b"", end, end + end])
    content = drawn.choice([b"", b"\xef\xbb\xbf"]) + content
    if drawn.random() < 0.05:
        content = content[: drawn.randrange(len(content))]  # a download cut short
        untouched = set()
    plain = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content, untouched, len(plain.removesuffix(b"\n").split(b"\n"))


class Hung(Exception):
    pass


def too_long(number: int, frame: FrameType | None) -> None:
    raise Hung("a file took more than five seconds")


def test_a_thousand_malformed_files_are_read_line_by_line(tmp_path: Path) -> None:
    signal.signal(signal.SIGALRM, too_long)
    for seed in range(FILES):
        drawn = random.Random(seed)
        content, untouched, lines = malformed(drawn)
        is_packed = drawn.random() < 0.2
        path = tmp_path / f"2022-05-leicestershire-street.csv{'.gz' if is_packed else ''}"
        path.write_bytes(gzip.compress(content) if is_packed else content)
        signal.alarm(SECONDS_BEFORE_IT_HANGS)
        try:
            (reading,) = readings(path)
        except FourfoldError as fault:
            assert fault.remedy, seed
            assert fault.exit_code >= 10, seed
            continue
        finally:
            signal.alarm(0)
        account = reading.account
        assert account.is_balanced, seed
        assert account.total == lines, seed
        assert account.accepted == reading.rows.height, seed
        assert account.rejected == sum(r.last_line - r.line + 1 for r in reading.rejects), seed
        if reading.header == tuple(HEADER.split(",")):
            kept = {str(ref).encode() for ref in reading.rows["Crime ID"]}
            assert untouched <= kept, seed


def test_malformed_files_are_imported_whole_or_refused_whole(tmp_path: Path) -> None:
    """Every twentieth file through the whole import: kept and rejected add up, in the lake as in the account."""
    home = tmp_path / "home"
    clock = lambda: datetime.now(UTC)  # noqa: E731
    for seed in range(0, FILES, 20):
        content, _, lines = malformed(random.Random(seed))
        path = tmp_path / "2022-05-leicestershire-street.csv"
        path.write_bytes(content)
        held = len(records_as_at(home, clock()).standing)
        try:
            (done,) = import_files(home, [path], clock=clock)
        except FourfoldError as fault:
            assert fault.file is not None
            assert len(records_as_at(home, clock()).standing) == held, seed
            continue
        account = done.batch.account
        kept = pl.read_parquet(done.batch.folder / "crimes.parquet")
        assert kept.height == account["kept"], seed
        parts = [int(account[name]) for name in ("header", "kept", "continuation", "blank", "rejected")]
        assert sum(parts) == account["total"] == lines, seed
        assert rejects_of(done.batch).height == account["rejected"], seed
