"""Audit sheets: a sample as a file that people mark in a spreadsheet or at the command line, and the audit read back from it.

Two files stand beside each other. The sheet (CSV) has a line for each record, drawn or in reserve, and two columns for each
question: the first marker's answer and the second's. The design (JSON, of the same name) says how the sample was drawn and what
the records themselves answered; a marker has no need of it. A sheet that lacks a line of its design, or has another, is refused.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fourfold.analysis.audit_samples import Sample
from fourfold.analysis.case_audits import CaseAudit, Marked
from fourfold.codes import areas
from fourfold.codes.audit_schemes import ANSWERS, Scheme, audit_scheme
from fourfold.codes.periods import Window, parse_window
from fourfold.errors import FileUnreadable, LayoutUnknown, RecordsInvalid, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.lake import storage_faults

HEAD = ("force", "number", "group", "place", "crime_ref", "person_ref", "state", "reason", "marked_by", "second_by")
DRAWN, RESERVE, REPLACED = "drawn", "reserve", "replaced"
SECOND = " (second)"
_SHORT = {"y": "yes", "n": "no", "nr": "not recorded", "na": "not applicable", "n/a": "not applicable"}
_FIXED = ("group", "place", "crime_ref", "person_ref")
_LIMIT = 4_000_000
_Row = dict[str, str]


def written_sheet(
    out: Path, records: Records, force_id: str, scheme: Scheme, window: Window, drawn: Sample, *, how: str, seed: int,
    scheme_name: str,
) -> None:  # fmt: skip
    """Write a sample as a sheet and its design. Raises RequestInvalid where either file is there: answers are not written over."""
    name = areas.force(force_id).name
    rows = [
        {
            "force": name, "number": str(c.number or ""), "group": c.group, "place": str(c.place), "crime_ref": c.crime_ref,
            "person_ref": c.person_ref, "state": RESERVE if c.is_reserve else DRAWN,
        }
        for c in drawn.chosen
    ]  # fmt: skip
    design = {
        "force_id": force_id, "force": name, "scheme": scheme_name, "scheme_version": scheme.version,
        "first": window.first.isoformat(), "last": window.last.isoformat(), "seed": seed, "allocation": how,
        "as_at": records.as_at.isoformat(), "batches": [b.batch_id for b in records.standing], "populations": drawn.populations,
        "sizes": drawn.sizes, "of_all": drawn.of_all,
        "records": [
            {"group": c.group, "place": c.place, "crime_ref": c.crime_ref, "person_ref": c.person_ref,
             "recorded": drawn.recorded[c.crime_ref, c.person_ref]}
            for c in drawn.chosen
        ],
    }  # fmt: skip
    for path in (out, _design_path(out)):
        if path.exists():
            raise RequestInvalid("There is a file of that name.", remedy="Name another, or remove it first.", file=path)
    _kept(_design_path(out), json.dumps(design, indent=1, ensure_ascii=False))
    _kept(out, _text(rows, scheme))


def marked_sheet(path: Path, number: int, answers: Mapping[str, str], *, by: str, is_second: bool) -> int:
    """Put an officer's answers about one record into a sheet; how many of its records are then marked.

    Raises RequestInvalid for a number that is not to be marked, a question left open, or a second marker who was the first.
    """
    _, scheme, rows = _read(path)
    row = _numbered(rows, number)
    given = {name: _answer(text) for name, text in answers.items()}
    for name in given:
        scheme.question(name)
    lacks = [q.id for q in scheme.questions if given.get(q.id) not in ANSWERS]
    if lacks:
        raise RequestInvalid(
            f"Not answered: {', '.join(lacks)}.", remedy="Answer each question: yes, no, not recorded, not applicable (y, n, nr, na)."
        )  # fmt: skip
    if is_second and (not row["marked_by"] or row["marked_by"] == by):
        raise RequestInvalid(
            "A record is marked a second time by somebody else than the first marker.", remedy="Ask a colleague."
        )
    row["second_by" if is_second else "marked_by"] = by
    for name, answer in given.items():
        row[name + (SECOND if is_second else "")] = answer
    _kept(path, _text(rows, scheme))
    return sum(bool(r["marked_by"]) for r in rows if r["state"] == DRAWN)


def substituted_sheet(path: Path, number: int, reason: str) -> str:
    """Replace a record of a sheet that cannot be audited by the next in reserve of its group; the next one's crime.

    Raises RequestInvalid for one that is marked, or where none is left.
    """
    _, scheme, rows = _read(path)
    row = _numbered(rows, number)
    spare = next((r for r in rows if r["state"] == RESERVE and r["group"] == row["group"]), None)
    if row["marked_by"] or not reason.strip() or spare is None:
        raise RequestInvalid(
            "That record is not replaced: it is marked, or no reason is given, or none of its group is left in reserve.",
            remedy="Give the reason; where none is left, leave it unmarked.",
        )
    spare["state"], spare["number"] = DRAWN, row["number"]
    row["state"], row["reason"] = REPLACED, " ".join(reason.split())
    _kept(path, _text(rows, scheme))
    return spare["crime_ref"]


def audit_of(path: Path) -> CaseAudit:
    """The audit that a sheet tells of. Raises RecordsInvalid with the line and column of an answer that is none, or is left open."""
    design, scheme, rows = _read(path)
    recorded = {(r["crime_ref"], r["person_ref"]): r["recorded"] for r in design["records"]}
    marked = []
    for line, row in enumerate(rows, 2):
        first = _answers(path, line, row, scheme, "")
        second = _answers(path, line, row, scheme, SECOND)
        if first and row["state"] == DRAWN:
            key = (row["crime_ref"], row["person_ref"])
            marked.append(
                Marked(group=row["group"], crime_ref=key[0], person_ref=key[1], answers=first, second=second or None,
                       recorded=recorded[key] or None)
            )  # fmt: skip
    return CaseAudit(
        force_id=design["force_id"], area=design["force"], scheme=scheme, window=parse_window(design["first"], design["last"]),
        seed=design["seed"], allocation=design["allocation"], as_at=datetime.fromisoformat(design["as_at"]),
        batches=tuple(design["batches"]), populations=design["populations"], sizes=design["sizes"], marked=tuple(marked),
        substituted=sum(r["state"] == REPLACED for r in rows), of_all=design.get("of_all", {}),
    )  # fmt: skip


def _answers(path: Path, line: int, row: _Row, scheme: Scheme, turn: str) -> dict[str, str]:
    given = {q.id: _answer(row.get(q.id + turn, "")) for q in scheme.questions}
    if not any(given.values()):
        return {}
    for name, answer in given.items():
        if answer not in ANSWERS:
            raise RecordsInvalid(
                "A record is marked in part, or by a word that is no answer.",
                remedy=f"Write one of: {', '.join(ANSWERS)}; or clear the whole line's answers.",
                file=path, line=line, column=name + turn,
            )  # fmt: skip
    return given


def _answer(text: str) -> str:
    plain = " ".join(text.lower().split())
    return _SHORT.get(plain, plain)


def _numbered(rows: Sequence[_Row], number: int) -> _Row:
    found = next((r for r in rows if r["state"] == DRAWN and r["number"] == str(number)), None)
    if found is None:
        raise RequestInvalid("No record of that number is to be marked.", remedy="See the numbers in the sheet.")
    return found


def _read(path: Path) -> tuple[dict[str, Any], Scheme, list[_Row]]:
    """The design, the scheme and the lines of a sheet, checked against each other."""
    try:
        design = json.loads(_held(_design_path(path)))
        scheme = audit_scheme(design["scheme"])
        own = [tuple(str(r[name]) for name in _FIXED) for r in design["records"]]
        is_same = design["scheme_version"] == scheme.version
    except (ValueError, KeyError, TypeError):
        raise LayoutUnknown(
            "The design beside the sheet cannot be read.",
            remedy="Keep the JSON file as it was drawn.",
            file=_design_path(path),
        ) from None
    if not is_same:
        raise RequestInvalid(
            "The sheet was drawn by another version of the scheme.", remedy="Draw anew by this version.", file=path
        )
    reader = csv.DictReader(io.StringIO(_held(path)), strict=True)
    try:
        rows = [{k: (v or "") for k, v in row.items() if k} for row in reader]
    except csv.Error:
        raise RecordsInvalid(
            "The sheet cannot be read as CSV.", remedy="Save it as CSV.", file=path, line=reader.line_num
        ) from None
    if not set(_columns(scheme)) <= set(reader.fieldnames or ()):
        raise LayoutUnknown("The sheet lacks a column that it was drawn with.", remedy="Keep every column.", file=path)
    if sorted(tuple(r[name] for name in _FIXED) for r in rows) != sorted(own):
        raise RecordsInvalid(
            "The lines of the sheet are not those that were drawn.", remedy="Keep every line, replaced and in reserve too.", file=path
        )  # fmt: skip
    return design, scheme, rows


def _columns(scheme: Scheme) -> list[str]:
    return [*HEAD, *(q.id + turn for turn in ("", SECOND) for q in scheme.questions)]


def _text(rows: Sequence[_Row], scheme: Scheme) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, _columns(scheme), restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _held(path: Path) -> str:
    try:
        if path.stat().st_size > _LIMIT:
            raise FileUnreadable("The file is larger than any sheet.", remedy="Name the sheet.", file=path)
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise FileUnreadable(
            "The file cannot be read.", remedy="Name the sheet that was drawn, as CSV in UTF-8.", file=path
        ) from None


def _kept(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only: it names crimes and victims by reference."""
    unnamed = path.with_name(f".{path.name}.part")
    with storage_faults(path):
        unnamed.touch(mode=0o600)
        unnamed.write_text(text, encoding="utf-8")
        unnamed.replace(path)


def _design_path(path: Path) -> Path:
    return path.with_suffix(".json")
