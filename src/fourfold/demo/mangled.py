"""Mangled files: what goes wrong with extracts between a force's system and the gate, a file for each kind of fault.

They are no part of the force's files and are not imported with them: they are there to be tried. `expected` says of each what
the gate is to do: return the lines, keep the row and flag it, keep the text raw beside a null, or refuse the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fourfold.demo.geography import FORCE_NAME, MARK

RETURNED, FLAGGED, RAW, REFUSED = "lines returned", "kept and flagged", "kept raw", "file refused"
_HEADER = "force,crime_ref,offence_code,recorded_at,easting,northing,status,location_type"
_FRAUD = "force,week_starting,report_ref,reported_at,nfib_code,vulnerability_score,loss_pence"
_WANTED = "force,wanted_ref,person_ref,status,changed_at"
_ROWS = 30


@dataclass(frozen=True)
class Fault:
    """One mangled file: its name, what is wrong, what the gate is to do, at which lines (from 1), and in which column."""

    file: str
    what: str
    treatment: str
    lines: tuple[int, ...] = ()
    column: str = ""
    says: str = ""
    """A word of the flag, where it is flagged."""


def written_mangled(folder: Path, seed: int) -> list[Fault]:
    """Write every mangled file, and `expected_FICTITIOUS.json` beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 28])
    found = []
    for name, header, what, treatment, made, column, says in _FAULTS:
        lines = [header, *_base(header, rng)]
        at, content = made(lines)
        file = f"saltmere_{MARK}_mangled_{name}.csv"
        (folder / file).write_bytes(content)
        found.append(Fault(file, what, treatment, tuple(at), column, says))
    (folder / f"expected_{MARK}.json").write_text(json.dumps([asdict(f) for f in found], indent=1))
    return found


def _base(header: str, rng: np.random.Generator) -> list[str]:
    """Sound rows of a layout."""
    rows = []
    for n in range(1, _ROWS + 1):
        day = f"2022-06-{n:02d}"
        if header == _HEADER:
            rows.append(
                f"{FORCE_NAME},MX22/{n:07d},{('28E', '45', '8N', '4.10', '39')[n % 5]},{day}T{n % 24:02d}:15:00,"
                f"{590_000 + int(rng.integers(0, 9_000))},{553_000 + int(rng.integers(0, 9_000))},recorded,street"
            )
        elif header == _FRAUD:
            rows.append(f"{FORCE_NAME},2022-06-06,NFRC2299{n:08d},{day}T10:00:00,NFIB90,{n % 36},{n * 1_000}")
        else:
            rows.append(f"{FORCE_NAME},WX{n:05d},PX{n:05d},wanted,{day}T09:00:00")
    return rows


_Made = Callable[[list[str]], tuple[list[int], bytes]]


def _cell(line: int, column: int, text: str, *more: tuple[int, str]) -> _Made:
    """Some lines with another text in one column (counted from 0)."""

    def made(lines: list[str]) -> tuple[list[int], bytes]:
        changed = [(line, text), *more]
        for at, new in changed:
            cells = lines[at - 1].split(",")
            cells[column] = new
            lines[at - 1] = ",".join(cells)
        return [at for at, _ in changed], _joined(lines)

    return made


def _with(line: int, text: str) -> _Made:
    """A line put in."""

    def made(lines: list[str]) -> tuple[list[int], bytes]:
        lines.insert(line - 1, text)
        return [line], _joined(lines)

    return made


def _whole(change: Callable[[bytes], bytes], *at: int) -> _Made:
    """The whole file changed."""
    return lambda lines: (list(at), change(_joined(lines)))


def _joined(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _repeated(lines: list[str]) -> tuple[list[int], bytes]:
    return [7, 32], _joined([*lines, lines[6]])


_FAULTS: tuple[tuple[str, str, str, str, _Made, str, str], ...] = (
    ("unclosed_quote", _HEADER, "a quote that is opened and not closed", RETURNED,
     _cell(9, 7, '"street by the quay'), "", ""),
    ("short_line", _HEADER, "a line cut short", RETURNED, _with(12, f"{FORCE_NAME},MX22/0000099,28E"), "", ""),
    ("long_line", _HEADER, "a comma in a text without quotes", RETURNED, _cell(5, 7, "street, by the quay"), "", ""),
    ("total_row", _HEADER, "a total pasted below the rows", RETURNED, _with(32, "Total,53160.66"), "", ""),
    ("header_again", _HEADER, "two files put together, the header among the rows", RETURNED, _with(15, _HEADER), "", ""),
    ("nul_bytes", _HEADER, "bytes of nought in a line", RETURNED,
     _whole(lambda b: b.replace(b"MX22/0000008", b"MX22/\x00\x00\x00\x008"), 9), "", ""),
    ("cut_off", _HEADER, "a file cut off in the middle of its last line", RETURNED, _whole(lambda b: b[:-40], 31), "", ""),
    ("text_after_quote", _HEADER, "a quote closed in the middle of a text", RETURNED, _cell(20, 7, '"street" corner'), "", ""),
    ("no_header", _HEADER, "the header lost", REFUSED, _whole(lambda b: b.split(b"\n", 1)[1]), "", ""),
    ("renamed_column", _HEADER, "a needed column under another name", REFUSED,
     _whole(lambda b: b.replace(b"offence_code", b"offence", 1)), "", ""),
    ("code_made_a_date", _HEADER, "offence codes that a spreadsheet made dates", FLAGGED,
     _cell(4, 2, "28-Mar", (6, "2022-03-28"), (8, "44648")), "offence_code", "turned into a date"),
    ("code_unknown", _HEADER, "a code that is on no list", FLAGGED, _cell(10, 2, "28Z"), "offence_code", "unknown to the list"),
    ("status_in_other_words", _WANTED, "'Wanted Missing' for wanted", FLAGGED,
     _cell(3, 3, "Wanted Missing", (5, "PNC Wanted")), "status", "unknown to the list"),
    ("skipped_hour", _HEADER, "a time in the hour that the clock skips", FLAGGED,
     _cell(7, 3, "2022-03-27T01:30:00"), "recorded_at", "clock skips"),
    ("reference_twice", _HEADER, "one reference on two rows", FLAGGED, _repeated, "crime_ref", "repeated"),
    ("force_unknown", _HEADER, "a force that is not on the list", FLAGGED, _cell(9, 0, "Nowhere Police"), "force", "force unknown"),
    ("month_first", _HEADER, "dates with the month first", RAW, _cell(11, 3, "06/20/2022 10:15", (12, "06/21/2022 10:15")),
     "recorded_at", ""),
    ("two_digit_year", _HEADER, "a year of two digits", RAW, _cell(11, 3, "20/06/22"), "recorded_at", ""),
    ("score_in_words", _FRAUD, "'15+' for a score", RAW, _cell(4, 5, "15+", (5, "above 15")), "vulnerability_score", ""),
    ("score_above_35", _FRAUD, "a score above 35", RAW, _cell(6, 5, "36"), "vulnerability_score", ""),
    ("pounds_for_pence", _FRAUD, "pounds and a sign where pence are meant", RAW, _cell(7, 6, "£20390.76"), "loss_pence", ""),
    ("loss_below_nought", _FRAUD, "a loss below nought", RAW, _cell(8, 6, "-500"), "loss_pence", ""),
)  # fmt: skip
