"""The board paper: text by people and figures bound to Findings, composed once and drawn by every format.

One code writes every force's paper. What it can say follows from what is held: offence codes give the measures of
neighbourhood crime; police.uk categories give those categories, and the paper says how they differ.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from fourfold.analysis.findings import Finding
from fourfold.codes.breaks import breaks_crossed
from fourfold.codes.periods import Window
from fourfold.publications.charts import Chart, change_chart
from fourfold.publications.documents import docx_paper
from fourfold.publications.evidence import BASELINE, Evidence, Subject, evidence_for
from fourfold.publications.pages import html_paper
from fourfold.publications.prints import pdf_paper
from fourfold.publications.register import registered
from fourfold.publications.sections import Column, FrontPage, Paper, Paragraph, PrintedTable, Provenance, Section
from fourfold.publications.sentences import Figure, Named, Piece, Tally, change_sentence, figure_text, sentence
from fourfold.publications.workbooks import ods_paper, paper_sheets
from fourfold.records.as_at import Records
from fourfold.records.lake import storage_faults

__all__ = ["FrontPage", "Written", "composed", "rendered", "written_paper"]

_HEADINGS = {
    "neighbourhood_crime_wmp_2022": "Neighbourhood crime overall",
    "residential_burglary": "Burglary",
    "robbery": "Robbery",
    "theft_from_the_person": "Theft from the person",
    "vehicle_offences": "Vehicle crime",
}


@dataclass(frozen=True)
class Written:
    """The files that were written, and the changes that the paper leads with."""

    files: tuple[Path, ...]
    headlines: tuple[Finding, ...]


def written_paper(records: Records, force_id: str, window: Window, front: FrontPage, out: Path) -> Written:
    """Write the paper of a force and window into a folder, and enter its Findings in the register.

    Raises NothingHeld when neither offence codes nor police.uk categories are held for the window.
    """
    evidence = evidence_for(records, force_id, window)
    paper = composed(evidence, front)
    registered(records.home, paper.findings)
    stem = f"{force_id}-{window.first:%Y-%m}-to-{window.last:%Y-%m}"
    return Written(
        tuple(_put(out / force_id / f"{stem}{ending}", content) for ending, content in rendered(paper).items()),
        tuple(subject.change for subject in evidence.subjects),
    )


def composed(evidence: Evidence, front: FrontPage) -> Paper:
    """A paper from its evidence: no record is read, and no number is written that is not in it."""
    return Paper(
        front=replace(front, marking=f"{front.marking} · FICTITIOUS") if evidence.force.is_fictitious else front,
        force=evidence.force,
        window=evidence.window,
        as_at=evidence.records.as_at,
        sections=(_purpose(evidence), _rests_on(evidence), *_crime(evidence), *_not_held(), _method(evidence)),
        annexes=_annexes(evidence),
        sheets=paper_sheets(evidence),
        findings=evidence.findings,
    )


def rendered(paper: Paper) -> dict[str, bytes]:
    """The paper in every format, by the ending of its file's name; the same bytes for the same paper."""
    return {
        ".html": html_paper(paper).encode(), ".pdf": pdf_paper(paper), ".docx": docx_paper(paper), ".ods": ods_paper(paper),
    }  # fmt: skip


def _purpose(evidence: Evidence) -> Section:
    return Section(
        "Purpose of paper",
        (
            Paragraph(
                sentence(
                    "This paper reports on {what} in the area of {force} in {window}, against the same months of the "
                    "year before{and_baseline}.",
                    what="neighbourhood crime" if evidence.is_by_offence else "recorded crime by police.uk category",
                    force=Named(evidence.force.name),
                    window=evidence.window,
                    and_baseline=Named(f" and of {BASELINE}, the year before the pandemic")
                    if any(s.baseline for s in evidence.subjects)
                    else "",
                )
            ),
            Paragraph(
                sentence(
                    "Every number in it is a link to the finding that it was drawn from, with its counts, definition, "
                    "method and files. The board is asked to note it."
                )
            ),
        ),
    )


def _rests_on(evidence: Evidence) -> Section:
    sources = tuple(dict.fromkeys(source for f in evidence.findings for source in f.sources))
    said = [
        Paragraph(
            sentence(
                "The figures are as the records stood at {as_at}. They come from {sources}.",
                as_at=evidence.records.as_at,
                sources=Named("; ".join(sources)),
            )
        )
    ]
    if evidence.is_by_offence:
        said.append(
            Paragraph(
                sentence(
                    "They count offences recorded by the force, less those cancelled, as published by offence code and "
                    "quarter. Reports of fraud are recorded nationally and are not among them. They will differ from "
                    "figures that the force gives from its own system to another day."
                )
            )
        )
    else:
        said.append(
            Paragraph(
                sentence(
                    "They count rows that the force published by month and category, wherever they lie. Categories are "
                    "broader than the measures of neighbourhood crime: burglary is of homes and businesses together, "
                    "robbery of persons and businesses, vehicle crime of theft of and from vehicles and interference. "
                    "Anti-social behaviour is not crime, and is given by itself."
                )
            )
        )
        unplaced, btp, repeated = evidence.asides
        said.append(
            Paragraph(
                sentence(
                    "Of these rows, {share:share} have no place inside the force, most of them because no place was "
                    "given. The British Transport Police recorded {btp:count} crimes in these files, which are not in "
                    "the totals. {repeated:count} rows share their reference with another row of the same month, and "
                    "are in the totals.",
                    share=unplaced,
                    btp=btp,
                    repeated=repeated,
                )
            )
        )
    return Section("What this paper rests on", tuple(said))


def _crime(evidence: Evidence) -> tuple[Section, ...]:
    title = "Neighbourhood crime" if evidence.is_by_offence else "Recorded crime by category"
    found = [Section(title)]
    for subject in evidence.subjects:
        heading = _HEADINGS.get(subject.measure.id)
        if heading is None and not evidence.is_by_offence:
            heading = subject.measure.title.replace(" (police.uk)", "")
        blocks = _blocks(evidence, subject)
        if heading is None:  # a part of the subject before it, under the same heading
            found[-1] = Section(found[-1].heading, (*found[-1].blocks, *blocks), found[-1].level)
        else:
            found.append(Section(heading, blocks, 3))
    return tuple(found)


def _blocks(evidence: Evidence, subject: Subject) -> tuple[Paragraph | Chart, ...]:
    change, baseline = subject.change, subject.baseline
    crossed = breaks_crossed([*change.parts[2].windows], evidence.force.id, subject.measure.id)
    said: list[Paragraph | Chart] = [Paragraph(change_sentence(change)), change_chart(change, crossed)]
    if baseline is not None:
        words = sentence("Against {year}: {change}", year=Named(BASELINE), change=change_sentence(baseline))
        said.append(Paragraph(words))
    notes = dict.fromkeys(note for found in subject.findings for note in found.notes)
    if notes:
        said.append(Paragraph(sentence("To be read with it: {notes}", notes=Named(" ".join(notes)))))
    return tuple(said)


def _not_held() -> tuple[Section, ...]:
    return tuple(
        Section(heading, (Paragraph(sentence("No records of {what} are held, so nothing is said of {it} here.", what=what, it=it)),))
        for heading, what, it in (
            ("Fraud and cyber crime", "fraud and cyber crime", "them"),
            ("Business crime", "business crime", "it"),
            ("Victims", "victims' contact and care", "them"),
        )
    )  # fmt: skip


def _method(evidence: Evidence) -> Section:
    change = evidence.subjects[0].change
    said = [
        Paragraph(
            sentence(
                "{how} A change is called a rise or a fall when the series' own variation would make one so great in "
                "fewer than one case in twenty. {source}",
                how=Named(change.method.text),
                source=Named(f"Sources: {change.method.source}"),
            )
        )
    ]
    said.append(Paragraph(sentence("What each measure counts, and by whose definition, is in the annex.")))
    return Section("Method and definitions", tuple(said))


def _annexes(evidence: Evidence) -> tuple[Section, ...]:
    return (
        Section("Data annex"),
        Section("Changes", (_changes(evidence),), 3),
        Section("Definitions", (_definitions(evidence),), 3),
        Section("Files", (_files(evidence),), 3),
        Section("Findings", (Provenance(evidence.findings),), 3),
    )


def _changes(evidence: Evidence) -> PrintedTable:
    rows: list[tuple[Piece, ...]] = []
    for subject in evidence.subjects:
        for change in subject.findings:
            after, before = change.parts[0], change.parts[1]
            verdict = (change.verdict or "").partition(":")[0]
            rows.append((
                Named(subject.measure.title), Named(after.windows[0].label), Figure(figure_text(after, "count"), after),
                Named(before.windows[0].label), Figure(figure_text(before, "count"), before),
                Figure(figure_text(change, "percent"), change), verdict,
            ))  # fmt: skip
    heads = (
        Column("Measure", width=2.2), Column("Later window", width=1.8), Column("Count", True),
        Column("Earlier window", width=1.8), Column("Count", True), Column("Change", True), Column("Judgement", width=1.4),
    )  # fmt: skip
    return PrintedTable("Each measure against the year before and, where held, the baseline year", heads, tuple(rows))


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
    heads = (
        Column("Batch", width=2.1), Column("File", width=3.2), Column("Dataset", width=1.3), Column("Imported", width=1.8),
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


def _put(path: Path, content: bytes) -> Path:
    """Write a file whole: it takes its name only when it is complete."""
    with storage_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        unnamed = path.with_name(f"{path.name}.unfinished")
        unnamed.write_bytes(content)
        os.replace(unnamed, path)
    return path
