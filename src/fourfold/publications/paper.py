"""The board paper: text by people and figures bound to Findings, composed once and drawn by every format.

One code writes every force's paper. What it can say follows from what is held: offence codes give the measures of
neighbourhood crime; police.uk categories give those categories, and the paper says how they differ.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path

import fourfold
from fourfold.analysis.disclosure import Told
from fourfold.analysis.findings import Finding
from fourfold.codes.breaks import breaks_crossed
from fourfold.codes.outcomes import outcome_measure
from fourfold.codes.periods import Window
from fourfold.codes.small_numbers import SmallNumberRule
from fourfold.publications.annexes import annexes
from fourfold.publications.charts import WITHHELD_MARK, Chart, change_chart
from fourfold.publications.documents import docx_paper
from fourfold.publications.evidence import BASELINE, COUNCILS, Evidence, Subject, age_of, evidence_for
from fourfold.publications.maps import change_map
from fourfold.publications.matters import matters_section, since_last
from fourfold.publications.pages import html_paper
from fourfold.publications.paper_register import FULL, Entry, Key, PaperRegister, counts_told
from fourfold.publications.prints import pdf_paper
from fourfold.publications.public_version import MARKING, public_evidence
from fourfold.publications.register import registered
from fourfold.publications.sections import Column, FrontPage, Paper, Paragraph, PrintedTable, Section
from fourfold.publications.sentences import (
    Figure,
    Named,
    Piece,
    Sentence,
    cell_figure,
    change_sentence,
    difference_figure,
    expectation_sentence,
    figure_text,
    in_a_row,
    parameter_figure,
    rises_sentence,
    sentence,
    spread_sentence,
)
from fourfold.publications.workbooks import ods_paper, paper_sheets
from fourfold.records.as_at import Records
from fourfold.records.lake import storage_faults

__all__ = ["FrontPage", "Written", "composed", "rendered", "written_paper"]

_LISTED = 15
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


def written_paper(
    records: Records, force_id: str, window: Window, front: FrontPage, out: Path, public: SmallNumberRule | None = None
) -> Written:
    """Write the paper of a force and window into a folder, and enter it and its Findings in the registers.

    With a rule for small numbers it is the public version, which is named so. It is set beside the last paper of the same
    force, board and version. Raises NothingHeld when neither offence codes nor police.uk categories are held for the window.
    """
    evidence = evidence_for(records, force_id, window)
    papers = PaperRegister(records.home)
    key = Key(
        force_id=force_id, board=front.board, title=front.title, meeting=front.meeting, priority=front.priority,
        presenter=front.presenter, version=public.id if public else FULL, window=window, as_at=records.as_at,
    )  # fmt: skip
    last = papers.last_before(key, _headlines(evidence))
    evidence = since_last(evidence, records.home, last)
    told: tuple[Told, ...] = ()
    heeded = papers.heeded_by(key) if public else ()
    if public is not None:
        evidence, protection = public_evidence(evidence, public, counts_told(heeded))
        told, front = protection.told, replace(front, marking=MARKING)
    paper = composed(evidence, front)
    registered(records.home, paper.findings)
    stem = f"{force_id}-{window.first:%Y-%m}-to-{window.last:%Y-%m}{'-public' if public else ''}"
    files = tuple(_put(out / force_id / f"{stem}{ending}", content) for ending, content in rendered(paper).items())
    papers.enter(
        Entry(
            key=key, files=tuple(file.name for file in files), code_version=fourfold.__version__,
            headlines={m: (f.id, f.value if isinstance(f.value, int) else None) for m, f in _headlines(evidence).items()},
            last=last.key.identity if last else None, heeded=tuple(e.key.identity for e in heeded), told=told,
        )
    )  # fmt: skip
    return Written(files, tuple(subject.change for subject in evidence.subjects))


def _headlines(evidence: Evidence) -> dict[str, Finding]:
    """The counts that the paper leads with, by measure."""
    return {subject.measure.id: subject.change.parts[0] for subject in evidence.subjects}


def composed(evidence: Evidence, front: FrontPage) -> Paper:
    """A paper from its evidence: no record is read, and no number is written that is not in it."""
    return Paper(
        front=replace(front, marking=_marking(evidence, front)),
        force=evidence.force,
        window=evidence.window,
        as_at=evidence.records.as_at,
        sections=(
            _purpose(evidence),
            _rests_on(evidence),
            matters_section(evidence),
            _what_has_changed(evidence),
            *_crime(evidence),
            _where(evidence),
            _outcomes(evidence),
            *_not_told(),
            _method(evidence),
        ),
        annexes=annexes(evidence),
        sheets=paper_sheets(evidence),
        findings=evidence.findings,
        shorthand=(WITHHELD_MARK,) if evidence.rule is not None else (),
    )


def _marking(evidence: Evidence, front: FrontPage) -> str:
    """A paper from open records is OFFICIAL; one from a force's own is not for everybody until it is made so."""
    usual = "OFFICIAL" if all(batch.is_open for batch in evidence.batches) else "OFFICIAL-SENSITIVE"
    return front.marking or usual


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
                "The figures are as the records stood at {as_at}. Sources: {sources}.",
                as_at=evidence.records.as_at,
                sources=Named("; ".join(sources)),
            )
        )
    ]
    if evidence.is_by_offence:
        own = evidence.subjects[0].change.parts[0].selection
        published = "as published by offence code and quarter"
        kept = "as the force's own records system holds them, under the code held now"
        said.append(
            Paragraph(
                sentence(
                    "They count offences recorded by the force, less those cancelled, {how}. Reports of fraud are recorded "
                    "nationally and are not among them. {otherwise}",
                    how=kept if own is not None and own.table == "crimes" else published,
                    otherwise="They will differ from figures of another day.",
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
        said.append(Paragraph(_about_the_rows(*evidence.asides)))
    if evidence.rule is not None:
        rule = sentence("This is the public version: {rule}.", rule=Named(evidence.rule.in_words))
        said.append(Paragraph(rule + sentence("{mark}", mark=Named(WITHHELD_MARK))))
    if _common_notes(evidence):
        notes = Named(" ".join(_common_notes(evidence)))
        said.append(Paragraph(sentence("To be read with every figure here: {notes}", notes=notes)))
    return Section("What this paper rests on", tuple(said))


def _about_the_rows(unplaced: Finding, btp: Finding, repeated: Finding) -> Sentence:
    """What the force's rows are like; of what is withheld, that it is."""
    told = (
        (unplaced, "Of these rows, {n:share} have no place inside the force, most of them because no place was given.",
         "How many of these rows have no place inside the force is withheld."),
        (btp, "The British Transport Police recorded {n:count} crimes in these files, which are not in the totals.",
         "How many crimes the British Transport Police recorded in these files is withheld; they are not in the totals."),
        (repeated, "{n:count} rows share their reference with another row of the same month, and are in the totals.",
         "How many rows share their reference with another row of the same month is withheld; they are in the totals."),
    )  # fmt: skip
    return reduce(
        add, [sentence(words, n=f) if f.value is not None else sentence(not_told) for f, words, not_told in told]
    )


def _what_has_changed(evidence: Evidence) -> Section:
    """The paper in short: which categories rose and fell, by how much; and which small areas did."""
    told = {verdict: _names(evidence, verdict) for verdict in ("rise", "fall", "no clear change", "cannot judge")}
    words = {
        "rise": "More than their own variation would make, these rose: {names}.",
        "fall": "More than their own variation would make, these fell: {names}.",
        "no clear change": "These show no clear change: {names}.",
        "cannot judge": "Of these it cannot be judged whether the change is more than ordinary variation: {names}.",
    }
    said = [sentence(words[verdict], names=names) for verdict, names in told.items() if names is not None]
    blocks: list[Paragraph | PrintedTable] = [Paragraph(reduce(add, said)), _changes(evidence)]
    if evidence.scan is not None:
        scan = evidence.scan
        blocks.append(
            Paragraph(
                sentence(
                    "By small area and category, {series} series in all, {changed:count} changed by more than their own "
                    "variation could make; at most one in twenty of those called so is not.",
                    series=parameter_figure(scan, "series"),
                    changed=scan,
                )
            )
        )
        if scan.table is not None and scan.table.rows:
            blocks.append(_changed_areas(scan))
    return Section("What has changed", tuple(blocks))


def _names(evidence: Evidence, verdict: str) -> Sentence | None:
    found = [sentence("{name}", name=Named(s.title.lower())) for s in _by_size(evidence) if s.verdict == verdict]
    return in_a_row(found) if found else None


def _by_size(evidence: Evidence) -> tuple[Subject, ...]:
    """The subjects: those that changed by more than their own variation first, the greatest changes in number first."""

    def rank(subject: Subject) -> tuple[bool, float]:
        after, before = (part.value for part in subject.change.parts[:2])
        size = abs(after - before) if isinstance(after, int) and isinstance(before, int) else -1
        return subject.verdict not in ("rise", "fall"), -size

    return tuple(sorted(evidence.subjects, key=rank))


def _changes(evidence: Evidence) -> PrintedTable:
    rows: list[tuple[Piece, ...]] = []
    for subject in _by_size(evidence):
        change, (after, before) = subject.change, subject.change.parts[:2]
        rows.append((
            Named(subject.title), Figure(figure_text(before, "count"), before), Figure(figure_text(after, "count"), after),
            difference_figure(change), Figure(figure_text(change, "percent"), change), subject.verdict,
        ))  # fmt: skip
    later, earlier = evidence.subjects[0].change.windows[:2]
    heads = (
        Column("Category", width=2.2), Column(earlier.label, True, 1.3), Column(later.label, True, 1.3),
        Column("Change", True), Column("Per cent", True), Column("Judgement", width=1.4),
    )  # fmt: skip
    return PrintedTable(
        "What has changed: first what changed by more than its own variation would make, by size", heads, tuple(rows)
    )


def _changed_areas(scan: Finding) -> PrintedTable:
    assert scan.table is not None
    later, earlier = scan.windows
    rows: tuple[tuple[Piece, ...], ...] = tuple(
        (
            Named(str(row["name"])), Named(str(row["code"]).replace(" (police.uk)", "")), cell_figure(scan, at, "before"),
            cell_figure(scan, at, "after"), cell_figure(scan, at, "change", "change"),
        )
        for at, row in enumerate(scan.table.records()[:_LISTED])
    )  # fmt: skip
    heads = (
        Column("Small area", width=2.2), Column("Category", width=2), Column(earlier.label, True, 1.3),
        Column(later.label, True, 1.3), Column("Change", True),
    )  # fmt: skip
    rest = len(scan.table.rows) - len(rows)
    note = f"{rest:,} more are in the workbook." if rest else ""
    return PrintedTable("Small areas that have changed, the greatest changes first", heads, rows, note)


def _crime(evidence: Evidence) -> tuple[Section, ...]:
    title = "Neighbourhood crime" if evidence.is_by_offence else "Recorded crime by category"
    found = [Section(title)]
    for subject in evidence.subjects:
        heading = _HEADINGS.get(subject.measure.id)
        if heading is None and not evidence.is_by_offence:
            heading = subject.title
        blocks = _blocks(evidence, subject)
        if heading is None:  # a part of the subject before it, under the same heading
            found[-1] = Section(found[-1].heading, (*found[-1].blocks, *blocks), found[-1].level)
        else:
            found.append(Section(heading, blocks, 3))
    return tuple(found)


def _blocks(evidence: Evidence, subject: Subject) -> tuple[Paragraph | Chart, ...]:
    """What is said of one subject: its change, its months, where it was, its baseline, and what is to be read with it."""
    change, baseline, expectation = subject.change, subject.baseline, subject.expectation
    said: list[Paragraph | Chart] = [Paragraph(change_sentence(change, subject.title))]
    if expectation is not None:
        said.append(Paragraph(expectation_sentence(expectation, evidence.window)))
    crossed = breaks_crossed([*change.parts[2].windows], evidence.force.id, subject.measure.id)
    said.append(change_chart(change, crossed, expectation=expectation, title=subject.title))
    where = _where_it_was(subject)
    if where is not None:
        said.append(Paragraph(where))
    if baseline is not None:
        words = change_sentence(baseline, subject.title)
        said.append(Paragraph(sentence("Against {year}: {change}", year=Named(BASELINE), change=words)))
    own = [note for note in _notes(subject) if note not in _common_notes(evidence)]
    if own:
        said.append(Paragraph(sentence("To be read with it: {notes}", notes=Named(" ".join(own)))))
    return tuple(said)


def _where_it_was(subject: Subject) -> Sentence | None:
    said: list[Sentence] = []
    if subject.spread is not None and subject.spread.value:
        said.append(spread_sentence(subject.spread))
    if subject.rises is not None:
        said.append(rises_sentence(subject.rises))
    if said and subject.unplaced is not None and subject.unplaced.value is not None:
        some = "{share:share} of its rows have no place in the force."
        said.append(
            sentence(some if subject.unplaced.value else "None of its rows lacks a place.", share=subject.unplaced)
        )
    return reduce(add, said) if said else None


def _notes(subject: Subject) -> tuple[str, ...]:
    """What is to be read with a subject's changes and expectation: the breaks that they cross."""
    told = (subject.change, subject.baseline, subject.expectation)
    return tuple(dict.fromkeys(note for found in told if found is not None for note in found.notes))


def _common_notes(evidence: Evidence) -> tuple[str, ...]:
    """Notes that every subject has: said once for all."""
    first, *others = evidence.subjects
    return tuple(note for note in _notes(first) if all(note in _notes(other) for other in others))


def _where(evidence: Evidence) -> Section:
    heading, councils = "Where crime was recorded", evidence.councils
    shapes = evidence.shapes.get(COUNCILS, {})
    if councils is None or councils.table is None or not shapes:
        said = "Not available: the records held give no places, or no boundaries of the force are held."
        return Section(heading, (Paragraph(sentence(said)),))
    first = evidence.subjects[0]
    ranked = sorted(enumerate(councils.table.records()), key=lambda at: -int(at[1]["change"] or 0))
    most = [
        sentence(
            "{name} (from {before} to {after})",
            name=Named(str(row["name"])),
            before=cell_figure(councils, at, "count 2"),
            after=cell_figure(councils, at, "count 1"),
        )
        for at, row in ranked[:3]
        if int(row["change"] or 0) > 0
    ]
    title = Named(first.title.lower())
    rose = "By council, {title} rose most in number in {most}." if most else "By council, {title} rose in none."
    judged = "Councils are of very different sizes, and are not judged one by one here."
    said_of = sentence(rose, title=title, **({"most": in_a_row(most)} if most else {})) + sentence(judged)
    coverage = [f for f in (first.unplaced, evidence.unplaced_before) if f is not None]
    return Section(heading, (Paragraph(said_of), change_map(councils, shapes, coverage, title=first.title)))


def _outcomes(evidence: Evidence) -> Section:
    heading, held = "Outcomes", evidence.outcomes_held
    rated = [s for s in evidence.subjects if s.assigned is not None and s.assigned.value is not None]
    if held is None or not rated:
        return Section(heading, (Paragraph(sentence("Not available: no outcome files that answer for it are held.")),))
    first = rated[0]
    assigned = first.assigned
    assert assigned is not None
    window = assigned.windows[0]
    said = [sentence("Outcomes are given on two bases, which are never mixed.")]
    if window != evidence.window:
        said.append(
            sentence(
                "Rates for {wanted} are not available: outcomes are held of {held}. These are the latest.",
                wanted=evidence.window,
                held=held,
            )
        )
    said.append(
        sentence(
            "Positive outcomes given in {window}, whenever the crime was recorded, came to {rate:share} of the "
            "{recorded:n} crimes recorded in it.",
            window=window,
            rate=assigned,
            recorded=assigned,
        )
    )
    if first.cohort is not None and first.cohort.value is not None:
        said.append(
            sentence(
                "Of the {recorded:n} crimes recorded in {window}, {rate:share} had one within {age}.",
                recorded=first.cohort,
                window=first.cohort.windows[0],
                rate=first.cohort,
                age=Named(age_of(first.cohort)),
            )
        )
    defined = sentence(
        "{definition} None of the definitions in use is official; offences taken into consideration are in.",
        definition=Named(f"{assigned.definition.title.partition('; ')[2]}: {_positive_means(assigned)}"),
    )
    return Section(heading, (Paragraph(reduce(add, said)), Paragraph(defined), _rates(rated)))


def _positive_means(rate: Finding) -> str:
    """What the rate counts as a positive outcome, in its definition's words."""
    measured = outcome_measure(rate.definition.name.partition(" / ")[2])
    return f"{measured.definition} {measured.differs}"


def _rates(rated: Sequence[Subject]) -> PrintedTable:
    rows: list[tuple[Piece, ...]] = []
    for subject in rated:
        row: list[Piece] = [Named(subject.title)]
        for found in (subject.assigned, subject.cohort):
            if found is None:
                row += ["", "", ""]
                continue
            row += [
                Figure(figure_text(found, "n"), found), parameter_figure(found, "positive"),
                Figure(figure_text(found, "share"), found),
            ]  # fmt: skip
        rows.append(tuple(row))
    caption = f"Positive outcomes: assigned in {_window_of(rated, 'assigned')}"
    if _window_of(rated, "cohort"):
        cohort = next(s.cohort for s in rated if s.cohort is not None)
        caption += f"; within {age_of(cohort)} of crimes recorded in {_window_of(rated, 'cohort')}"
    heads = (
        Column("Category", width=2.2), Column("Recorded", True, 1.3), Column("Positive, assigned", True, 1.3),
        Column("Rate, assigned", True, 1.3), Column("Recorded, cohort", True, 1.3), Column("Positive, cohort", True, 1.3),
        Column("Rate, cohort", True, 1.3),
    )  # fmt: skip
    return PrintedTable(caption, heads, tuple(rows))


def _window_of(rated: Sequence[Subject], basis: str) -> str:
    found = next((f for s in rated if (f := getattr(s, basis)) is not None), None)
    return found.windows[0].label if found else ""


def _not_told() -> tuple[Section, ...]:
    return tuple(
        Section(heading, (Paragraph(sentence("This paper holds no figures of {what}.", what=what)),))
        for heading, what in (
            ("Fraud and cyber crime", "fraud and cyber crime"),
            ("Business crime", "business crime"),
            ("Victims", "victims' contact and care"),
        )
    )  # fmt: skip


def _method(evidence: Evidence) -> Section:
    first = evidence.subjects[0]
    said = [
        Paragraph(
            sentence(
                "{how} A change is called a rise or a fall when the series' own variation would make one so great in "
                "fewer than one case in twenty. {source}",
                how=Named(first.change.method.text),
                source=Named(f"Sources: {first.change.method.source}"),
            )
        )
    ]
    others = (first.expectation, evidence.scan, first.spread)
    for found in others:
        if found is not None:
            said.append(
                Paragraph(
                    sentence(
                        "{name}: {how} {source}",
                        name=Named(found.method.name.capitalize()),
                        how=Named(found.method.text),
                        source=Named(f"Source: {found.method.source}"),
                    )
                )
            )
    said.append(Paragraph(sentence("What each measure counts, and by whose definition, is in the annex.")))
    return Section("Method and definitions", tuple(said))


def _put(path: Path, content: bytes) -> Path:
    """Write a file whole: it takes its name only when it is complete."""
    with storage_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        unnamed = path.with_name(f"{path.name}.unfinished")
        unnamed.write_bytes(content)
        os.replace(unnamed, path)
    return path
