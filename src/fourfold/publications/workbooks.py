"""The paper's figures as a workbook (ODS): changes, series, definitions, Findings and files, one table a sheet, whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fourfold.analysis.disclosure import CONFIDENTIAL
from fourfold.analysis.findings import Finding, Table, Value
from fourfold.codes.measures import Measure
from fourfold.publications.annexes import judged
from fourfold.publications.evidence import Evidence, Subject, age_of
from fourfold.publications.sections import Paper
from fourfold.publications.tables import Cover, Sheet, ods_bytes


def ods_paper(paper: Paper) -> bytes:
    """The sheets of a paper as ODS, a cover before them."""
    notes = (
        ("Force", paper.force.name),
        ("Window", paper.window.label),
        ("As at", f"{paper.as_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Marking", paper.marking),
        *(("Shorthand", note) for note in paper.shorthand),
        *(("Source", source) for source in paper.sources),
    )
    return ods_bytes(Cover(f"{paper.front.title}: figures", notes, paper.as_at), paper.sheets)


def paper_sheets(evidence: Evidence) -> tuple[Sheet, ...]:
    """The tables of a paper's workbook; those that the records held cannot fill are left out."""
    every = (
        Sheet("Changes", "Changes between windows, with both counts", _changes(evidence)),
        Sheet("Series", "Counts by month or quarter", _series(evidence)),
        Sheet(
            "Expectations",
            "The window month by month, and what an unchanged series would hold",
            _expectations(evidence),
        ),
        Sheet(
            "Small areas", "Small areas that changed by more than their own variation could make", _scanned(evidence)
        ),
        Sheet("Rises", "Where each category rose most, and how each rise is judged", _rises(evidence)),
        Sheet("Concentration", "How few small areas hold a quarter and a half", _spread(evidence)),
        Sheet("Maps", "The count of each small area in the window", _by_small_area(evidence)),
        Sheet("Councils", "Each council, window by window", _councils(evidence)),
        Sheet("Without a place", "Rows without a place in the force, by month", _unplaced(evidence)),
        Sheet("Outcomes", "Positive outcomes on each basis", _outcomes(evidence)),
        Sheet("Definitions", "What each measure counts", _definitions(evidence)),
        Sheet("Findings", "Every figure, with where it came from", _findings_table(evidence.findings)),
        Sheet("Files", "The files that the figures rest on", _files_table(evidence)),
    )
    return tuple(sheet for sheet in every if sheet.table.rows)


def _changes(evidence: Evidence) -> Table:
    columns = ("measure", "later window", "later count", "earlier window", "earlier count", "change %",
               "variation low %", "variation high %", "judgement", "breaks crossed", "finding")  # fmt: skip
    changes = ((s.measure, found) for s in evidence.subjects for found in (s.change, s.baseline) if found is not None)
    return Table(columns=columns, rows=tuple(_change_row(measure, found) for measure, found in changes))


def _series(evidence: Evidence) -> Table:
    return _stacked(("measure", "from", "count"), ((s, s.change.parts[2]) for s in evidence.subjects))


def _expectations(evidence: Evidence) -> Table:
    columns = ("measure", "month", "count", "expected", "least", "most", "outside")
    return _stacked(columns, ((s, s.expectation) for s in evidence.subjects))


def _rises(evidence: Evidence) -> Table:
    columns = ("measure", "area", "name", "category", "before", "after", "change", "q", "judgement")
    return _stacked(columns, ((s, s.rises) for s in evidence.subjects))


def _spread(evidence: Evidence) -> Table:
    columns = ("measure", "share", "places", "share of places", "places if even")
    return _stacked(columns, ((s, s.spread) for s in evidence.subjects))


def _unplaced(evidence: Evidence) -> Table:
    columns = ("measure", "month", "rows", "no coordinates", "outside", "share without a place")
    return _stacked(columns, ((s, s.unplaced) for s in evidence.subjects))


def _scanned(evidence: Evidence) -> Table:
    columns = ("area", "name", "category", "before", "after", "change", "q")
    scan = evidence.scan
    return Table(columns=columns, rows=scan.table.rows if scan is not None and scan.table is not None else ())


def _councils(evidence: Evidence) -> Table:
    found = evidence.councils
    if found is None or found.table is None:
        return Table(columns=(), rows=())
    counts = tuple(f"count, {window.label}" for window in found.windows)
    return Table(columns=("area", "name", *counts, "change"), rows=found.table.rows)


def _by_small_area(evidence: Evidence) -> Table:
    """A row a small area, a column each subject of which the annex has a map."""
    mapped = [s for s in judged(evidence) if s.by_area is not None and s.by_area.table is not None]
    counts = [dict(_counted(s.by_area)) for s in mapped]
    names = {code: name for s in mapped for code, name in _named(s.by_area)}
    drawn = evidence.shapes.get(evidence.small_layer or "", {})
    codes = sorted({*drawn, *names}) if mapped else []
    rows = tuple((code, names.get(code, code), *(held.get(code, 0) for held in counts)) for code in codes)
    return Table(columns=("area", "name", *(s.measure.title for s in mapped)), rows=rows)


def _counted(by_area: Finding | None) -> list[tuple[str, Value]]:
    rows = by_area.table.rows if by_area is not None and by_area.table is not None else ()
    return [(str(row[0]), row[2]) for row in rows if row[0] is not None]


def _named(by_area: Finding | None) -> list[tuple[str, Value]]:
    rows = by_area.table.rows if by_area is not None and by_area.table is not None else ()
    return [(str(row[0]), row[1]) for row in rows if row[0] is not None]


def _outcomes(evidence: Evidence) -> Table:
    columns = ("measure", "basis", "window", "age", "recorded", "positive", "rate %", "low %", "high %",
               "why not", "finding")  # fmt: skip
    rows = tuple(
        (
            s.measure.title, found.method.name, found.windows[0].label, age_of(found) or None, found.n,
            found.parameters["positive"], found.value,
            *((found.interval.low, found.interval.high) if found.interval else (None, None)), found.verdict, found.id,
        )
        for s in evidence.subjects
        for found in (s.assigned, s.cohort)
        if found is not None
    )  # fmt: skip
    return Table(columns=columns, rows=rows)


def _definitions(evidence: Evidence) -> Table:
    columns = ("measure", "title", "version", "status", "definition", "differs", "codes", "source")
    measures = (s.measure for s in evidence.subjects)
    rows = tuple(
        (m.id, m.title, m.version, m.status, m.definition, m.differs, ", ".join(m.codes), m.source) for m in measures
    )
    return Table(columns=columns, rows=rows)


def _stacked(columns: tuple[str, ...], told: Iterable[tuple[Subject, Finding | None]]) -> Table:
    """The tables of the subjects' Findings one under another, each row with its measure before it."""
    rows = tuple(
        (subject.measure.title, *row)
        for subject, found in told
        if found is not None and found.table is not None
        for row in found.table.rows
    )
    return Table(columns=columns, rows=rows)


def _change_row(wanted: Measure, change: Finding) -> tuple[Value, ...]:
    after, before = change.parts[0], change.parts[1]
    bounds = (change.interval.low, change.interval.high) if change.interval else (None, None)
    return (
        wanted.title, after.windows[0].label, _told(after), before.windows[0].label, _told(before),
        round(change.value, 4) if isinstance(change.value, float) else None,
        *(None if b is None else round(b, 2) for b in bounds),
        change.verdict, " | ".join(change.notes) or None, change.id,
    )  # fmt: skip


def _told(found: Finding) -> Value:
    """A count, or the mark of one that is withheld."""
    return CONFIDENTIAL if found.value is None and found.n is None else found.value


def _findings_table(findings: Sequence[Finding]) -> Table:
    columns = ("finding", "kind", "title", "value", "unit", "n", "windows", "definition", "version", "method",
               "as at", "batches", "code version", "disclosure")  # fmt: skip
    rows = tuple(
        (
            f.id, f.kind, f.title, CONFIDENTIAL if f.value is None and f.n is None else f.value, f.unit,
            CONFIDENTIAL if f.n is None else f.n, " and ".join(w.label for w in f.windows), f.definition.name,
            f.definition.version, f.method.name, f.as_at.isoformat(), " ".join(f.batches), f.code_version, f.disclosure,
        )
        for f in findings
    )  # fmt: skip
    return Table(columns=columns, rows=rows)


def _files_table(evidence: Evidence) -> Table:
    columns = ("batch", "file", "dataset", "imported", "kept", "rejected", "encoding", "mapping")
    rows = tuple(
        (
            b.batch_id, b.file_name, b.dataset, f"{b.committed_at:%Y-%m-%d %H:%M:%S} UTC",
            *(("", "") if evidence.rule else (b.account["kept"], b.account["rejected"])), b.encoding, b.mapping_version,
        )
        for b in evidence.batches
    )  # fmt: skip
    return Table(columns=columns, rows=rows)
