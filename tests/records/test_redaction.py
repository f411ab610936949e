"""A file as received, rewritten: a record goes with its own lines and no other, and nobody else's line loses a value."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fourfold.errors import FourfoldError
from fourfold.records.delimited import delimited
from fourfold.records.erasure import erase
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from fourfold.records.originals import original_of
from fourfold.records.redaction import Lines
from fourfold.records.subjects import subject_of
from tests.records.test_erasure import accounts_hold

AT = datetime(2022, 11, 7, 9, tzinfo=UTC)


def clock() -> datetime:
    return AT


def received(home: Path, folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    import_files(home, [path], clock=clock)


def original(home: Path, begins: str) -> str:
    (batch,) = [b for b in Lake(home).batches() if b.file_name.startswith(begins)]
    return original_of(batch).read_bytes().decode()


HERS = "force,crime_ref,person_ref,role,forename,surname\nKent,C1,PX777,victim,Ottoline,Quillfeather\n"
CONTACTS = "force,contact_ref,crime_ref,person_ref,contacted_at,note"
DAY = "2022-06-20T12:00:00"
LINES = [
    # what is hers (as it stands in the list of contacts), and what follows it
    ("inches in bare text", f'Kent,K1,C1,PX777,{DAY},a 6" cut', [f'Kent,K3,C1,P2,{DAY},a 4" scar']),
    ("inches in a quoted text", f'Kent,K1,C1,PX777,{DAY},"a 6"" cut"', [f'Kent,K3,C1,P2,{DAY},a 4" scar']),
    ("a text of three lines", f'Kent,K1,C1,PX777,{DAY},"a\n6"" cut,\nrang"', [f'Kent,K3,C1,P2,{DAY},"ra\nng"']),
    ("a quote within a bare text of hers", f'Kent,K1,C1,PX777,{DAY},said "rang', [f'Kent,K3,C1,P2,{DAY},"ra\nng"']),
    ("a quote that nobody closes, after hers", f'Kent,K1,C1,PX777,{DAY},"rang\noff"', [f'Kent,K3,C1,P2,{DAY},"ra']),
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("hers", "after"), [case[1:] for case in LINES], ids=[case[0] for case in LINES])
def test_a_record_goes_with_its_own_lines_and_with_nobody_elses(
    home: Path, tmp_path: Path, hers: str, after: list[str], end: str
) -> None:
    received(home, tmp_path, "people_2022-06.csv", HERS)
    others = [f"Kent,K2,C1,P2,{DAY},somebody else here", *after, f"Kent,K4,C1,P4,{DAY},more"]
    given = "\n".join([CONTACTS, hers, *others, ""])
    received(home, tmp_path, "victim_contacts_2022-06.csv", given.replace("\n", end))
    erase(home, subject_of(home, "PX777"), clock=clock)
    left = ["[erased]", *[""] * hers.count("\n")]
    assert original(home, "victim_contacts") == "\n".join([CONTACTS, *left, *others, ""]).replace("\n", end)
    accounts_hold(home)


@given(st.text(alphabet='ab,;"\n \r', max_size=120), st.sampled_from(["a,b,c,d", "a;b;c;d", "a,b", "\n\na,b,c"]))
@example('1,2,3,"4\n5"\n1,2,3,4" 5\n1,2,3,"4 5\n', "a,b,c,d")
@example('"1\n\n2",b,c,d\n"1\n2",b', "a,b,c,d")
def test_a_record_takes_as_many_lines_as_the_reader_took_it_to_have(body: str, header: str) -> None:
    content = f"{header}\n{body}".encode()
    try:
        reading = delimited("it", content)
    except FourfoldError:
        return
    held = Lines(content, reading.encoding)
    starts = reading.rows["line_number"].to_list()
    taken = [held.of_record(number) for number in starts]
    assert sum(taken) == reading.account.accepted + reading.account.continuation
    assert all(here + n <= after for here, n, after in zip(starts, taken, starts[1:], strict=False))
