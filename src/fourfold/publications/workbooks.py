"""The paper's figures as a workbook (ODS): changes, series, definitions, Findings and files, one table a sheet, whole."""

from __future__ import annotations

from collections.abc import Sequence

from fourfold.analysis.findings import Finding, Table, Value
from fourfold.codes.measures import Measure
from fourfold.publications.evidence import Evidence
from fourfold.publications.sections import Paper
from fourfold.publications.tables import Cover, Sheet, ods_bytes


def ods_paper(paper: Paper) -> bytes:
    """The sheets of a paper as ODS, a cover before them."""
    notes = (
        ("Force", paper.force.name),
        ("Window", paper.window.label),
        ("As at", f"{paper.as_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Marking", paper.front.marking),
        *(("Source", source) for source in paper.sources),
    )
    return ods_bytes(Cover(f"{paper.front.title}: figures", notes, paper.as_at), paper.sheets)


def paper_sheets(evidence: Evidence) -> tuple[Sheet, ...]:
    """The tables of a paper's workbook."""
    changes = [_change_row(s.measure, found) for s in evidence.subjects for found in s.findings]
    series: list[tuple[Value, ...]] = [
        (s.measure.title, *row)
        for s in evidence.subjects
        if s.change.parts[2].table is not None
        for row in s.change.parts[2].table.rows
    ]
    definitions = tuple(
        (m.id, m.title, m.version, m.status, m.definition, m.differs, ", ".join(m.codes), m.source)
        for m in (s.measure for s in evidence.subjects)
    )
    return (
        Sheet("Changes", "Changes between windows, with both counts", Table(columns=_CHANGES, rows=tuple(changes))),
        Sheet("Series", "Counts by month or quarter", Table(columns=("measure", "from", "count"), rows=tuple(series))),
        Sheet("Definitions", "What each measure counts", Table(columns=_DEFINITIONS, rows=definitions)),
        Sheet("Findings", "Every figure, with where it came from", _findings_table(evidence.findings)),
        Sheet("Files", "The files that the figures rest on", _files_table(evidence)),
    )


_CHANGES = ("measure", "later window", "later count", "earlier window", "earlier count", "change %",
            "variation low %", "variation high %", "judgement", "breaks crossed", "finding")  # fmt: skip
_DEFINITIONS = ("measure", "title", "version", "status", "definition", "differs", "codes", "source")


def _change_row(wanted: Measure, change: Finding) -> tuple[Value, ...]:
    after, before = change.parts[0], change.parts[1]
    bounds = (change.interval.low, change.interval.high) if change.interval else (None, None)
    return (
        wanted.title, after.windows[0].label, after.value, before.windows[0].label, before.value,
        round(change.value, 4) if isinstance(change.value, float) else None,
        *(None if b is None else round(b, 2) for b in bounds),
        change.verdict, " | ".join(change.notes) or None, change.id,
    )  # fmt: skip


def _findings_table(findings: Sequence[Finding]) -> Table:
    columns = ("finding", "kind", "title", "value", "unit", "n", "windows", "definition", "version", "method",
               "as at", "batches", "code version", "disclosure")  # fmt: skip
    rows = tuple(
        (
            f.id, f.kind, f.title, f.value, f.unit, f.n, " and ".join(w.label for w in f.windows), f.definition.name,
            f.definition.version, f.method.name, f.as_at.isoformat(), " ".join(f.batches), f.code_version, f.disclosure,
        )
        for f in findings
    )  # fmt: skip
    return Table(columns=columns, rows=rows)


def _files_table(evidence: Evidence) -> Table:
    columns = ("batch", "file", "dataset", "imported", "kept", "rejected", "encoding", "mapping")
    rows = tuple(
        (
            b.batch_id, b.file_name, b.dataset, f"{b.committed_at:%Y-%m-%d %H:%M:%S} UTC", b.account["kept"],
            b.account["rejected"], b.encoding, b.mapping_version,
        )
        for b in evidence.batches
    )  # fmt: skip
    return Table(columns=columns, rows=rows)
