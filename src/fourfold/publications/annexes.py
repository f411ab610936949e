"""A paper's annexes: where each category rose most and its map, the definitions, the files, and every Finding."""

from __future__ import annotations

from collections.abc import Iterator

from fourfold.publications.evidence import Evidence, Subject
from fourfold.publications.maps import AreaMap, area_map
from fourfold.publications.sections import Column, Paragraph, PrintedTable, Provenance, Section
from fourfold.publications.sentences import Named, Piece, Tally, cell_figure, sentence


def annexes(evidence: Evidence) -> tuple[Section, ...]:
    """The annexes of a paper, in order; what its records cannot give is left out."""
    return (
        *_small_areas(evidence),
        Section("Data annex"),
        Section("Definitions", (_definitions(evidence),), 3),
        Section("Files", (_files(evidence),), 3),
        Section("Findings", (Provenance(evidence.findings),), 3),
    )


def judged(evidence: Evidence) -> tuple[Subject, ...]:
    """The subjects whose change is more than their own variation would make: of these the annex gives maps and areas."""
    return tuple(subject for subject in evidence.subjects if subject.verdict in ("rise", "fall"))


def _small_areas(evidence: Evidence) -> tuple[Section, ...]:
    if evidence.scan is None or not judged(evidence):
        return ()
    said = sentence(
        "For each category whose change is more than its own variation would make: the small areas in which it rose most, "
        "and a map of where it was recorded. A rise is judged beside those of all small areas and categories at once, so "
        "that at most one in twenty of those called rises is none."
    )
    found = [Section("Small areas annex", (Paragraph(said, is_numbered=False),))]
    for subject in judged(evidence):
        blocks = tuple(_blocks(evidence, subject))
        if blocks:
            found.append(Section(f"{subject.title}: small areas", blocks, 3))
    return tuple(found)


def _blocks(evidence: Evidence, subject: Subject) -> Iterator[PrintedTable | AreaMap]:
    if subject.rises is not None and subject.rises.table is not None and subject.rises.table.rows:
        yield _rises(subject)
    shapes = evidence.shapes.get(evidence.small_layer or "", {})
    if subject.by_area is not None and subject.unplaced is not None and shapes:
        yield area_map(subject.by_area, shapes, subject.unplaced, title=subject.title)


def _rises(subject: Subject) -> PrintedTable:
    rises = subject.rises
    assert rises is not None
    assert rises.table is not None
    later, earlier = rises.windows
    rows = tuple(
        (
            Named(str(row["name"])), cell_figure(rises, at, "before"), cell_figure(rises, at, "after"),
            cell_figure(rises, at, "change", "change"), str(row["judgement"]),
        )
        for at, row in enumerate(rises.table.records())
    )  # fmt: skip
    heads = (
        Column("Small area", width=2.4), Column(earlier.label, True, 1.4), Column(later.label, True, 1.4),
        Column("Change", True), Column("Judgement", width=1.4),
    )  # fmt: skip
    return PrintedTable(f"Where {subject.title.lower()} rose most", heads, rows)


def _definitions(evidence: Evidence) -> PrintedTable:
    measures = tuple(subject.measure for subject in evidence.subjects)
    rows = tuple(
        (
            Named(m.title), Named(f"{m.definition} {m.differs}".strip()), Named(f"{m.version}, {m.status}"),
            Named(", ".join(m.codes) or "all"), Named(m.source),
        )
        for m in measures
    )  # fmt: skip
    heads = (
        Column("Measure", width=1.8), Column("What it counts", width=4), Column("Version", width=1.3),
        Column("Codes", width=2.2), Column("Source", width=1.8),
    )  # fmt: skip
    return PrintedTable("What each measure counts", heads, rows)


def _files(evidence: Evidence) -> PrintedTable:
    if evidence.rule is not None:  # how many rows a file holds is one more count, and gives the others away
        return PrintedTable(
            "The files that the figures rest on",
            (Column("Batch", width=2.1), Column("File", width=3.2), Column("Dataset", width=1.3), Column("Imported", width=1.8)),
            tuple(
                (Named(b.batch_id), Named(b.file_name), b.dataset, Named(f"{b.committed_at:%Y-%m-%d %H:%M:%S} UTC"))
                for b in evidence.batches
            ),
            anchors=tuple(f"batch-{b.batch_id}" for b in evidence.batches),
        )  # fmt: skip
    heads = (
        Column("Batch", width=2.1), Column("File", width=3.6), Column("Dataset", width=1.3), Column("Imported", width=1.8),
        Column("Lines kept", True), Column("Rejected", True),
    )  # fmt: skip
    rows: list[tuple[Piece, ...]] = [
        (
            Named(b.batch_id), Named(b.file_name), b.dataset, Named(f"{b.committed_at:%Y-%m-%d %H:%M:%S} UTC"),
            Tally(f"{b.account['kept']:,}", b.batch_id), Tally(f"{b.account['rejected']:,}", b.batch_id),
        )
        for b in evidence.batches
    ]  # fmt: skip
    return PrintedTable(
        "The files that the figures rest on, with every line accounted for", heads, tuple(rows),
        anchors=tuple(f"batch-{b.batch_id}" for b in evidence.batches),
    )  # fmt: skip
