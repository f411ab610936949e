"""Malformed files of journeys: each is read whole or refused with its file, cause and remedy, and no row of it vanishes."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
from pathlib import Path

import pytest

from fourfold.cli import main
from fourfold.errors import FourfoldError
from fourfold.records.journeys import journeys

FILES = int(os.environ.get("FOURFOLD_FUZZ_FILES", "1000")) // 4
HEADER = "journey_id,event,at,enhanced,detail"
ROWS = (
    "A,reported,2023-06-05T09:00:00+01:00,N,team=Response",
    "A,suspect_named,2023-06-05T09:10:00+01:00,,suspect=S1",
    "A,arrested,2023-06-05T10:00:00+01:00,N,suspect=S1",
    "A,told,2023-06-06T10:00:00+01:00,,about=arrest;suspect=S1",
    'A,told,2023-06-07T10:00:00+01:00,,"about=arrest,bail"',
    "A,attempted,2023-06-07T10:00:00+01:00,,about=charge",
    "A,handed_over,2023-06-08T10:00:00+01:00,,team=Robbery",
    "A,declined,2023-06-08T11:00:00+01:00,,updates",
    "A,cancelled,2023-06-09T11:00:00+01:00,,",
    "B,reported,2023-12-22T09:00:00+00:00,Y,crime=1",
    "B,charged,2023-12-23T09:00:00+00:00,Y,crime=1;by=cps",
    "B,reported,2024-02-29T23:59:59+00:00,Y,crime=2",
    "B,opted_out,2024-03-30T23:59:59+00:00,,",
    "B,extracted,2024-06-30T12:00:00+01:00,,",
    "C,organisation,2023-06-05T09:00:00+01:00,,named_contact=yes",
    "C,reported,2023-10-29T01:30:00+01:00,N,",
)
SCRAPS = (
    b'"', b",", b";", b"=", b"\n", b"\r", b"\r\n", b"\x00", b"\x0c", b"\xe2\x80\xa8", b"\xff", b"\xef\xbb\xbf",
    b"Z", b"-", b"+14:00", b"9999",
    b"0001", b"2029", b"T", b"24:00", b"crime=", b"suspect=victim", b"about=", b"by=army",
    b" ", b"\t", b"nan", b"N" * 20_000, "é".encode(),
)  # fmt: skip


def malformed(drawn: random.Random) -> bytes:
    """Some of the rows in some order, spoilt in up to four places; one in ten is not spoilt."""
    rows = drawn.sample(ROWS, drawn.randrange(1, len(ROWS) + 1))
    data = "\n".join([HEADER, *rows, ""]).encode()
    for _ in range(drawn.choice([0, 1, 1, 1, 1, 1, 2, 2, 3, 4])):
        here = drawn.randrange(drawn.choice([len(data), len(data), len(HEADER)]))
        ends = here + drawn.choice([0, 0, 1, 3, 12])
        data = data[:here] + drawn.choice((*SCRAPS, b"", b"", data[here : here + 30])) + data[ends:]
    return data


def lines_of(data: bytes) -> set[int]:
    """The lines that say something, without the header, by a reading of its own."""
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    said = [n for n, cells in enumerate(csv.reader(text), start=1) if any(cell.strip() for cell in cells)]
    return set(said[1:])


@pytest.mark.slow
def test_a_malformed_file_of_journeys_is_read_whole_or_refused(tmp_path: Path) -> None:
    drawn = random.Random(8)
    path = tmp_path / "journeys.csv"
    outcomes = {"read": 0, "refused": 0}
    for _ in range(FILES):
        data = malformed(drawn)
        path.write_bytes(data)
        told = io.StringIO()
        try:
            with contextlib.redirect_stdout(told):
                main(["code", "due", str(path), "--json"])
            code = 0
        except SystemExit as left:
            code = int(left.code or 0)
        said = json.loads(told.getvalue())
        if code == 0:
            outcomes["read"] += 1
            read = journeys(path)
            kept = {row.line for one in read for row in one.rows}
            beside = lines_of(data) - kept
            words = data.decode("utf-8-sig").lower()
            assert len(beside) <= words.count("extracted") + words.count("organisation"), (data, beside)
            assert {d["journey_id"] for d in said["obligations"]} <= {one.journey_id for one in read}
        else:
            outcomes["refused"] += 1
            assert (said["exit_code"], said["file"]) == (code, str(path)), (data, said)
            assert said["cause"], said
            assert said["remedy"], said
            if said["line"] is None:
                assert "no event" in said["cause"] or "nothing that happened" in said["cause"], (data, said)
            else:
                assert 1 <= said["line"] <= data.count(b"\n") + data.count(b"\r") + 1
    assert min(outcomes.values()) >= FILES // 20, outcomes


def test_text_that_is_no_text_is_refused_by_the_line_where_it_stops_being_it(tmp_path: Path) -> None:
    path = tmp_path / "journeys.csv"
    path.write_bytes("\n".join([HEADER, ROWS[0], ROWS[1].replace("S1", "é"), ""]).encode("cp1252"))
    with pytest.raises(FourfoldError, match="not UTF-8") as fault:
        journeys(path)
    assert (fault.value.file, fault.value.line) == (str(path), 3)
