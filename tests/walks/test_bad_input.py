"""Bad input ends on one screen that says file, cause and remedy, with an exit code by kind, and leaves nothing behind."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import msoffcrypto.format.ooxml
import openpyxl
import pytest

from fourfold.records.lake import Lake
from tests.conftest import CommandLine

CANARY = "Zyxwvut Canary"
HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)


def row(month: str = "2022-05", place: str = CANARY) -> str:
    return f"abc,{month},Leicestershire Police,Leicestershire Police,-1.1328,52.6369,{place},,,Burglary,,"


def empty(path: Path) -> None:
    path.write_bytes(b"")


def only_blank_lines(path: Path) -> None:
    path.write_text("\n\n\n")


def another_month(path: Path) -> None:
    path.write_text("\n".join([HEADER, *[row("2021-01")] * 3]) + "\n")


def unknown_columns(path: Path) -> None:
    path.write_text(f"Name,Born\n{CANARY},1950-01-01\n")


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("2022-05.csv", "w") as member:
        for _ in range(300):
            member.write(b"0" * 1_000_000)


def protected_sheet(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Name"])
    book.active.append([CANARY])
    plain = io.BytesIO()
    book.save(plain)
    with path.open("wb") as out:
        msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt("secret", out)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "name", "code", "said"),
    [
        (empty, "2022-05-leicestershire-street.csv", 10, "empty"),
        (only_blank_lines, "2022-05-leicestershire-street.csv", 10, ""),
        (another_month, "2022-05-leicestershire-street.csv", 13, "month"),
        (unknown_columns, "victims.csv", 12, "--mapping"),
        (zip_bomb, "2022-05-leicestershire-street.zip", 11, ""),
        (protected_sheet, "victims.xlsx", 11, "password"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_with_a_remedy_and_leaves_nothing(
    fourfold: CommandLine, tmp_path: Path, make: Callable[[Path], None], name: str, code: int, said: str
) -> None:
    path = tmp_path / name
    make(path)
    told = fourfold("import", path, code=code)
    assert told.out == ""
    assert name in told.err
    assert said in told.err
    assert "cause:" in told.err
    assert "remedy:" in told.err
    assert CANARY not in told.err
    assert "Traceback" not in told.err
    assert len(told.err.splitlines()) < 24
    assert Lake(fourfold.home).batches() == ()
    assert fourfold("import", path, "--json", code=code).json["exit_code"] == code


@pytest.mark.slow
def test_rows_with_faults_are_kept_and_flagged_or_returned_with_a_reason(fourfold: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "2022-05-leicestershire-street.csv"
    lines = [
        HEADER,
        row(),
        row("2022-04"),  # another month than the file's name: returned
        row("May-22"),  # a month turned into a date: returned
        row() + ",,",  # ragged: returned
        HEADER,  # a repeated header: returned
        row().replace("Burglary", "Time travel"),  # a type that is on no list: kept and flagged
        row().replace("-1.1328,52.6369", "east,52.6369"),  # a coordinate that is none: kept as raw text
        row().replace("-1.1328,52.6369", "2.3522,48.8566"),  # Paris: kept, outside Britain
        row().replace("Leicestershire Police,Leic", "British Transport Police,Leic"),  # told apart
        "",
    ]
    path.write_text("\n".join(lines) + "\n")
    told = fourfold("import", path, "--json").json[0]
    account = told["account"]
    assert (account["kept"], account["rejected"], account["blank"], account["header"]) == (5, 4, 1, 1)
    assert account["total"] == 11
    rejected = fourfold("rejects", told["batch"], "--json").json["rejects"]
    assert [r["line"] for r in rejected] == [3, 4, 5, 6]
    assert all(r["cause"] and r["remedy"] and CANARY not in r["cause"] for r in rejected)
    assert told["flags"]["crime type unknown to the list"] == 1
    assert told["flags"]["recorded by the British Transport Police"] == 1
    assert told["unparsed"] == {"longitude": 1}

    count = ["--force", "leicestershire", "--from", "2022-05", "--to", "2022-05", "--json"]
    assert fourfold("count", "police_uk_burglary", *count).json["value"] == 3


@pytest.mark.slow
def test_a_question_nobody_can_answer_is_answered_with_what_can_be_asked(
    fourfold: CommandLine, street_file: Callable[..., Path]
) -> None:
    assert "police_uk_burglary" in fourfold("count", "police_uk_burglry", "--force", "kent", code=14).err
    assert "leicestershire" in fourfold("count", "robbery", "--force", "leicestershyre", code=14).err
    assert "remedy" in fourfold("count", "police_uk_burglary", "--force", "kent", code=15).err
    fourfold("import", street_file("2022-05-leicestershire-street.csv", [("Drugs", None, None)]))
    assert "2022-04-01" in fourfold("paper", "--force", "kent", "--meeting", "29/11/2022", code=2).err
    assert "2022-10-31" in fourfold("imports", "--as-at", "yesterday", code=2).err
    days = ["--force", "leicestershire", "--from", "2022-05-01", "--to", "2022-05-20"]
    assert "whole months" in fourfold("count", "police_uk_drugs", *days, code=2).err
    months = ["--force", "leicestershire", "--from", "2022-04", "--to", "2022-05", "--json"]
    told = fourfold("count", "police_uk_drugs", *months).json
    assert told["value"] is None  # April is not held: that is not the same as none
    assert "April 2022" in told["verdict"]


@pytest.mark.slow
def test_a_paper_without_the_year_before_says_so_and_gives_what_is_held(
    fourfold: CommandLine, street_file: Callable[..., Path], tmp_path: Path
) -> None:
    fourfold("import", street_file("2022-05-leicestershire-street.csv", [("Burglary", None, None)] * 7))
    window = ["--from", "2022-05", "--to", "2022-05"]
    told = fourfold("change", "police_uk_burglary", "--force", "leicestershire", *window)
    assert "stood at 7 in May 2022. It cannot be set against May 2021: no records are held for May 2021." in told.out
    written = fourfold("paper", "--force", "leicestershire", *window, "--out", tmp_path / "papers", "--json").json[
        "files"
    ]
    page = next(Path(f) for f in written if f.endswith(".html")).read_text()
    assert "no records are held for May 2021" in page
