"""Malformed files made from each contract: no crash, no hang, every line accounted for, and no value silently lost.

The contracts are those of the catalogue, so that a contract added later is tried from its first day.
"""

from __future__ import annotations

import csv
import io
import os
import random
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from fourfold.errors import FourfoldError
from fourfold.records.account import Reading
from fourfold.records.as_at import records_as_at
from fourfold.records.discrepancies import discrepancies
from fourfold.records.imports import import_files, rejects_of
from fourfold.records.reading import readings
from fourfold.records.suppliers import Received, catalogue, contracts
from fourfold.records.suppliers.contracts import PERSONAL, ColumnMapping, Contract, Field
from tests.fuzz.test_files import FAULTS, SECONDS_BEFORE_IT_HANGS, too_long

pytestmark = pytest.mark.slow
ALL = catalogue.contracts()
FILES = max(10, int(os.environ.get("FOURFOLD_FUZZ_FILES", "1000")) // len(ALL))
"""How many files of each contract."""

Rows = list[list[str]]
Slip = Callable[[random.Random, list[str], Rows], None]


def sound_value(drawn: random.Random, field: Field, number: int) -> str:
    """What may stand in a field."""
    if field.name == "force":
        return drawn.choice(["Leicestershire Police", "saltmere", "Kent"])
    if isinstance(field.codes, tuple):
        return drawn.choice(field.codes)
    lists = {"offences": ["48", "4.10", "28E"], "outcomes": ["1", "22", "1A"], "fraud": ["NFIB1D", "NFIB90"]}
    if isinstance(field.codes, str):
        return drawn.choice(lists.get(field.codes, ["burglary"]))
    least = 0 if field.least is None else field.least
    return {
        "text": drawn.choice(["High Street", 'the "old" shop', "a, b", "two\nlines", "naïve – text", "=1+1"]),
        "code": drawn.choice(["North", "Shop worker"]),
        "reference": f"{field.name}/{drawn.randrange(number + 1)}",
        "date": f"2022-06-{drawn.randrange(1, 31):02d}",
        "instant": f"2022-06-{drawn.randrange(1, 31):02d}T{drawn.randrange(24):02d}:05:00",
        "number": str(drawn.randrange(600_000)),
        "whole": str(least + drawn.randrange(5)),
        "pence": str(drawn.randrange(10_000)),
        "score": str(least),
        "yes_no": drawn.choice(["yes", "no"]),
        "hash": f"{drawn.randrange(16**32):032x}",
    }[field.kind]


NOISE = [
    "", " ", "x" * 50_000, "28-Mar", "44000", "31/02/2022", "2022-02-30", "0001-01-01T00:00:00", "9999-12-31T23:59:59",
    "2022-03-27T01:30:00", "2022-10-30T01:30:00", "2022-06-01T10:00:00+99:00", "2022-06-01T25:61:61", "1e400", "-1", "NaN", "inf",
    "99999999999999999999999", "0x1F", "½", "\u202eabc", "\U0001f4a9", "Ａ１", "N/A", "NULL", "-", "Mrs Example", "1;2;3", ";;;",
    "=cmd|' /C calc'!A0", "True", "٣", "12.50", "£1,200.50", "1 234", "%d/%m/%Y", "\\N", "a\x0bb",
]  # fmt: skip


def noise_in_a_field(drawn: random.Random, header: list[str], rows: Rows) -> None:
    for _ in range(drawn.randrange(1, 8)):
        row = drawn.choice(rows)
        row[drawn.randrange(len(row))] = drawn.choice(NOISE)


def noise_in_a_column(drawn: random.Random, header: list[str], rows: Rows) -> None:
    at = drawn.randrange(len(header))
    for row in rows:
        row[at] = drawn.choice(NOISE)


def columns_in_another_order(drawn: random.Random, header: list[str], rows: Rows) -> None:
    order = drawn.sample(range(len(header)), len(header))
    header[:] = [header[at] for at in order]
    for row in rows:
        row[:] = [row[at] for at in order]


def two_columns_exchanged(drawn: random.Random, header: list[str], rows: Rows) -> None:
    a, b = drawn.randrange(len(header)), drawn.randrange(len(header))
    header[a], header[b] = header[b], header[a]


def a_column_lacks(drawn: random.Random, header: list[str], rows: Rows) -> None:
    at = drawn.randrange(len(header))
    for row in (header, *rows):
        del row[at]


def a_column_repeated(drawn: random.Random, header: list[str], rows: Rows) -> None:
    at = drawn.randrange(len(header))
    for row in (header, *rows):
        row.append(row[at])


def a_name_misspelt(drawn: random.Random, header: list[str], rows: Rows) -> None:
    at = drawn.randrange(len(header))
    header[at] = drawn.choice([header[at].upper(), header[at][:-1], f" {header[at]} ", "", "line_number", "batch_id"])


def keys_repeated(drawn: random.Random, header: list[str], rows: Rows) -> None:
    for _ in range(drawn.randrange(1, 4)):
        rows.append(list(drawn.choice(rows)))


def no_rows(drawn: random.Random, header: list[str], rows: Rows) -> None:
    rows.clear()


SLIPS: list[Slip] = [
    noise_in_a_field, noise_in_a_field, noise_in_a_column, columns_in_another_order, two_columns_exchanged, a_column_lacks,
    a_column_repeated, a_name_misspelt, keys_repeated,
]  # fmt: skip


def malformed(drawn: random.Random, contract: Contract) -> bytes:
    fields = [f for f in contract.fields if f.needed or drawn.random() < 0.7]
    header = [f.name for f in fields]
    rows = [[sound_value(drawn, f, n) for f in fields] for n in range(drawn.randrange(1, 25))]
    for slip in drawn.sample(SLIPS, k=drawn.randrange(0, 4)):
        if rows:
            slip(drawn, header, rows)
    if drawn.random() < 0.03:
        no_rows(drawn, header, rows)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", delimiter=drawn.choice([",", ",", ",", "\t", ";"])).writerows([header, *rows])
    lines = text.getvalue().removesuffix("\n").encode(drawn.choice(["utf-8", "utf-8-sig"])).split(b"\n")
    if len(lines) > 1:
        for fault in drawn.sample(FAULTS, k=drawn.randrange(0, 3)):
            fault(drawn, lines)
    content = drawn.choice([b"\n", b"\r\n"]).join(lines)
    return content[: drawn.randrange(1, len(content))] if drawn.random() < 0.03 else content


def mapping_of(contract: Contract, reading: Reading) -> ColumnMapping:
    """A mapping of every name of the contract that the file has, with the forms and units of another supplier."""
    return ColumnMapping(
        supplier="Example", force_id="leicestershire", contract=contract, is_open=False, stream="Example", source="Example",
        columns={f.name: f.name for f in contract.fields if f.name in reading.header},
        formats={"": ("%Y-%m-%dT%H:%M:%S", "%d/%m/%Y", "%Y-%m")}, version="1",
        codes={f.name: {"North": "North Unit", "N/A": ""} for f in contract.fields if f.kind == "code"},
        pounds=frozenset(f.name for f in contract.fields if f.kind == "pence"),
    )  # fmt: skip


def no_value_is_lost(reading: Reading, contract: Contract, found: Received, seed: object) -> None:
    """Every row is in both tables, and each text that is not blank is a value, or stands as raw text, and is counted."""
    table, beside = found.tables[contract.table], found.tables[f"{contract.table}{PERSONAL}"]
    lines = reading.rows["line_number"].to_list()
    assert table["line_number"].to_list() == beside["line_number"].to_list() == lines, seed
    assert not found.rejects, seed
    personal = {f.into for f in contract.fields if f.personal}
    assert not personal & set(table.columns), seed
    for one in contract.fields:
        if one.name not in reading.header or one.name == "force":
            continue
        text = reading.rows[one.name]
        values = (beside if one.personal else table)[one.into]
        raw = beside[f"raw_{one.into}"] if one.is_parsed else pl.Series([None] * len(text), dtype=pl.String)
        is_said = (text.str.strip_chars() != "").fill_null(False)
        assert not (is_said & values.is_null() & raw.is_null()).any(), (seed, one.name)
        assert (raw.is_null() | (raw == text)).all(), (seed, one.name)
        assert not (raw.is_not_null() & values.is_not_null()).any(), (seed, one.name)
        assert found.unparsed.get(one.into, 0) == raw.is_not_null().sum(), (seed, one.name)
    for fault, n in found.flags.items():
        assert table["faults"].str.contains(fault, literal=True).sum() >= n > 0, (seed, fault)


@pytest.mark.parametrize("contract", ALL, ids=lambda c: c.name)
def test_malformed_files_of_a_contract_are_read_and_no_value_is_lost(contract: Contract, tmp_path: Path) -> None:
    signal.signal(signal.SIGALRM, too_long)
    read = 0
    for number in range(FILES):
        seed = f"{contract.name} {number}"
        drawn = random.Random(seed)
        path = tmp_path / drawn.choice([f"{contract.name}_2022-06.csv", "extract.csv", "2022-13_to_2022-06.csv"])
        path.write_bytes(malformed(drawn, contract))
        signal.alarm(SECONDS_BEFORE_IT_HANGS)
        try:
            (reading,) = readings(path)
            assert reading.account.is_balanced, seed
            assert reading.account.accepted == reading.rows.height, seed
            plain = contracts.recognised(reading.header, ALL)
            if plain is not None:
                no_value_is_lost(reading, plain, contracts.received(reading, plain), seed)
                read += 1
            contracts.nearest(reading.header, ALL)
            mapping = mapping_of(contract, reading)
            no_value_is_lost(reading, contract, contracts.received(reading, contract, mapping), seed)
            missing = replace(mapping, columns={**mapping.columns, contract.fields[-1].name: "no such column"})
            with pytest.raises(FourfoldError):
                contracts.received(reading, contract, missing)
        except FourfoldError as fault:
            assert fault.remedy, seed
            assert fault.exit_code >= 10, seed
        finally:
            signal.alarm(0)
    assert read >= FILES // 4, "most files were no longer of the contract: the fuzz shows little"


def test_malformed_files_of_every_contract_are_imported_whole_or_refused_whole(tmp_path: Path) -> None:
    """A few files of each contract into one home: kept and rejected add up, corrections stand, discrepancies are told."""
    home = tmp_path / "home"
    clock = lambda: datetime.now(UTC)  # noqa: E731
    signal.signal(signal.SIGALRM, too_long)
    for contract in ALL:
        for number in range(max(2, FILES // 10)):
            seed = f"{contract.name} {number}"
            drawn = random.Random(seed)
            path = tmp_path / f"{contract.name}_2022-06.csv"
            path.write_bytes(malformed(drawn, contract))
            held = len(records_as_at(home, clock()).standing)
            signal.alarm(SECONDS_BEFORE_IT_HANGS)
            try:
                (done,) = import_files(home, [path], clock=clock)
            except FourfoldError as fault:
                assert fault.file is not None, seed
                assert len(records_as_at(home, clock()).standing) == held, seed
                continue
            finally:
                signal.alarm(0)
            account = done.batch.account
            parts = [int(account[name]) for name in ("header", "kept", "continuation", "blank", "rejected")]
            assert sum(parts) == account["total"], seed
            assert rejects_of(done.batch).height == account["rejected"], seed
            for table in done.batch.tables:
                assert pl.read_parquet(done.batch.folder / f"{table}.parquet").height == account["kept"], seed
    records = records_as_at(home, clock())
    told = discrepancies(records)
    assert not told.rows.is_empty()
    for contract in ALL:
        rows = records.table(contract.table).drop_nulls(list(contract.key)).select("force_id", *contract.key).collect()
        assert not rows.is_duplicated().any(), contract.name  # of each key one row stands
