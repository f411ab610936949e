"""Audit sheets: drawn by the command, marked by hand or by command, read back whole or refused; and nothing is lost of them."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fourfold.analysis.audit_samples import Chosen, Sample
from fourfold.codes.audit_schemes import audit_scheme
from fourfold.codes.periods import parse_window
from fourfold.errors import FileUnreadable, FourfoldError, LayoutUnknown, RecordsInvalid, RequestInvalid
from fourfold.publications.audit_sheets import audit_of, marked_sheet, substituted_sheet, written_sheet
from fourfold.records.as_at import Records

SURVEY = audit_scheme("quarterly_survey")
QUARTER = parse_window("2022-07", "2022-09")
EACH = {q.id: "y" for q in SURVEY.questions}


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """Two records drawn and one in reserve."""
    records = Records(home=tmp_path, as_at=datetime(2022, 11, 1, tzinfo=UTC), standing=(), owners={})
    chosen = [("hate_crime", 1, "C1", 1), ("hate_crime", 2, "C2", 2), ("hate_crime", 3, "C3", 0)]
    every = tuple(Chosen(number=n, group=g, place=p, crime_ref=c, person_ref="V1") for g, p, c, n in chosen)
    recorded = {(c.crime_ref, "V1"): {"acknowledged": "not recorded"} for c in every}
    drawn = Sample({"hate_crime": 9}, {"hate_crime": 2}, every, recorded, {"acknowledged": {"not recorded": 9}})
    path = tmp_path / "quarter.csv"
    written_sheet(
        path, records, "saltmere", SURVEY, QUARTER, drawn, how="equal", seed=7, scheme_name="quarterly_survey"
    )
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def filled(path: Path, line: int, **cells: str) -> None:
    """What somebody does in a spreadsheet."""
    every = rows(path)
    every[line].update(cells)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(every[0]))
        writer.writeheader()
        writer.writerows(every)


def test_a_sheet_does_not_show_the_marker_what_the_records_say(sheet: Path) -> None:
    assert "not recorded" not in sheet.read_text(encoding="utf-8")
    assert "FICTITIOUS" in sheet.read_text(encoding="utf-8")
    assert sheet.stat().st_mode & 0o077 == 0
    none = Records(home=sheet.parent, as_at=datetime(2022, 11, 1, tzinfo=UTC), standing=(), owners={})
    again = {"how": "equal", "seed": 7, "scheme_name": "quarterly_survey"}
    with pytest.raises(RequestInvalid, match="a file of that name"):
        written_sheet(sheet, none, "saltmere", SURVEY, QUARTER, Sample({}, {}, (), {}), **again)  # type: ignore[arg-type]


def test_marked_by_command_and_in_a_spreadsheet(sheet: Path) -> None:
    assert marked_sheet(sheet, 1, {**EACH, "updated": "NR"}, by="A", is_second=False) == 1
    filled(sheet, 1, marked_by="B", **dict.fromkeys(EACH, "Not Applicable "))
    marked_sheet(sheet, 1, EACH, by="B", is_second=True)
    found = audit_of(sheet)
    first, second = found.marked
    assert first.answers == {**dict.fromkeys(EACH, "yes"), "updated": "not recorded"}
    assert first.second == dict.fromkeys(EACH, "yes")
    assert first.recorded == {"acknowledged": "not recorded"}
    assert set(second.answers.values()) == {"not applicable"}
    assert (found.seed, found.window, found.populations, found.drawn) == (7, QUARTER, {"hate_crime": 9}, 2)


def test_what_cannot_be_audited_is_replaced_by_the_next_and_kept(sheet: Path) -> None:
    assert substituted_sheet(sheet, 2, "restricted") == "C3"
    assert [(r["number"], r["state"], r["reason"]) for r in rows(sheet)] == [
        ("1", "drawn", ""), ("2", "replaced", "restricted"), ("2", "drawn", ""),
    ]  # fmt: skip
    marked_sheet(sheet, 2, EACH, by="A", is_second=False)
    found = audit_of(sheet)
    assert [m.crime_ref for m in found.marked] == ["C3"]
    assert found.substituted == 1
    with pytest.raises(RequestInvalid):
        substituted_sheet(sheet, 1, "none is left")


REFUSED = [
    # what is asked of the sheet, and how it is refused
    ("a number not drawn", lambda s: marked_sheet(s, 9, EACH, by="A", is_second=False), "No record of that number"),
    ("a question left open", lambda s: marked_sheet(s, 1, {"updated": "y"}, by="A", is_second=False), "Not answered"),
    ("a word that is no answer", lambda s: marked_sheet(s, 1, {**EACH, "updated": "maybe"}, by="A", is_second=False), "Not answered"),
    ("a question that is not asked", lambda s: marked_sheet(s, 1, {**EACH, "tea": "y"}, by="A", is_second=False), "no such question"),
    ("a second marking before the first", lambda s: marked_sheet(s, 1, EACH, by="A", is_second=True), "somebody else"),
    ("a replacement without a reason", lambda s: substituted_sheet(s, 1, " "), "not replaced"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "act", "said"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_is_refused(sheet: Path, what: str, act: object, said: str) -> None:
    before = sheet.read_text(encoding="utf-8")
    with pytest.raises(FourfoldError, match=said):
        act(sheet)  # type: ignore[operator]
    assert sheet.read_text(encoding="utf-8") == before, what


def test_nobody_marks_the_same_record_twice(sheet: Path) -> None:
    marked_sheet(sheet, 1, EACH, by="A", is_second=False)
    with pytest.raises(RequestInvalid, match="somebody else"):
        marked_sheet(sheet, 1, EACH, by="A", is_second=True)


def test_a_sheet_that_is_not_what_was_drawn_is_refused_by_line_and_column(sheet: Path) -> None:
    filled(sheet, 0, acknowledged="y")
    with pytest.raises(RecordsInvalid, match="in part") as part:
        audit_of(sheet)
    assert (part.value.line, part.value.column) == (2, "updated")
    every = sheet.read_text(encoding="utf-8").splitlines()
    sheet.write_text("\n".join(every[:-1]), encoding="utf-8")
    with pytest.raises(RecordsInvalid, match="not those that were drawn"):
        audit_of(sheet)
    sheet.write_text("number,state\n1,drawn\n", encoding="utf-8")
    with pytest.raises(LayoutUnknown, match="lacks a column"):
        audit_of(sheet)
    sheet.write_text('"', encoding="utf-8")
    with pytest.raises(FourfoldError):
        audit_of(sheet)
    design = sheet.with_suffix(".json")
    said = json.loads(design.read_text(encoding="utf-8"))
    design.write_text(json.dumps({**said, "scheme_version": "1"}), encoding="utf-8")
    with pytest.raises(RequestInvalid, match="another version"):
        audit_of(sheet)
    design.write_text("{}", encoding="utf-8")
    with pytest.raises(LayoutUnknown):
        audit_of(sheet)
    design.unlink()
    with pytest.raises(FileUnreadable):
        audit_of(sheet)
