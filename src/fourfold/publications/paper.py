"""The board paper: text by people and figures bound to Findings, as HTML to read, DOCX to edit and ODS to check.

One code writes every force's paper. What it can say follows from what is held: offence codes give the measures of
neighbourhood crime; police.uk categories give those categories, and the paper says how they differ.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from fourfold.analysis import volumes
from fourfold.analysis.comparisons import compared
from fourfold.analysis.findings import Finding, Table, Value
from fourfold.analysis.volumes import Scope
from fourfold.codes import areas, police_uk
from fourfold.codes.breaks import breaks_crossed
from fourfold.codes.measures import Measure, measure
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.publications.charts import Chart, change_chart
from fourfold.publications.documents import docx_paper
from fourfold.publications.register import registered
from fourfold.publications.sentences import Figure, Named, Sentence, change_sentence, figure_text, sentence
from fourfold.publications.tables import Cover, Sheet, ods_bytes
from fourfold.records.as_at import Records
from fourfold.records.lake import storage_faults

OFFENCE_MEASURES = (
    "neighbourhood_crime_wmp_2022", "residential_burglary", "robbery", "theft_from_the_person", "vehicle_offences",
    "theft_of_motor_vehicle", "theft_from_vehicle",
)  # fmt: skip
"""Neighbourhood crime and its parts, in the order in which the papers of 2022 give them."""

_HEADINGS = {
    "neighbourhood_crime_wmp_2022": "Neighbourhood crime overall",
    "residential_burglary": "Burglary",
    "robbery": "Robbery",
    "theft_from_the_person": "Theft from the person",
    "vehicle_offences": "Vehicle crime",
}
_BASELINE = "2019/20"


@dataclass(frozen=True, kw_only=True)
class FrontPage:
    """What stands on the title page."""

    board: str
    meeting: date | None
    priority: str | None
    title: str
    presenter: str | None
    marking: str = "OFFICIAL"


@dataclass(frozen=True)
class Subject:
    """One measure in the paper: its change on the year before, and on the baseline where that is held."""

    measure: Measure
    change: Finding
    baseline: Finding | None
    chart: Chart


@dataclass(frozen=True)
class Evidence:
    """All that a paper rests on. `asides` are figures about the records themselves; `missing` says what is not held."""

    force: areas.Force
    window: Window
    records: Records
    subjects: tuple[Subject, ...]
    asides: tuple[Finding, ...]
    is_by_offence: bool

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every Finding once, those they were computed from among them."""
        tops = [*[f for s in self.subjects for f in (s.change, s.baseline) if f is not None], *self.asides]
        return tuple({found.id: found for top in tops for found in top.walk()}.values())


@dataclass(frozen=True)
class Paragraph:
    """A numbered paragraph, with a chart below it or none."""

    said: Sentence
    chart: Chart | None = None


@dataclass(frozen=True)
class Section:
    """A heading and its paragraphs. A section of level 3 stands within the section of level 2 before it."""

    heading: str
    paragraphs: tuple[Paragraph, ...]
    level: int = 2


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
    registered(records.home, evidence.findings)
    stem = f"{force_id}-{window.first:%Y-%m}-to-{window.last:%Y-%m}"
    pages = {
        f"{stem}.html": html_paper(evidence, front).encode(),
        f"{stem}.docx": docx_paper(evidence, front, sections(evidence)),
        f"{stem}.ods": ods_paper(evidence, front),
    }
    return Written(
        tuple(_put(out / force_id / name, content) for name, content in pages.items()),
        tuple(subject.change for subject in evidence.subjects),
    )


def evidence_for(records: Records, force_id: str, window: Window) -> Evidence:
    """The Findings of a force's paper: by offence code where those are held for the window, else by police.uk category."""
    force, scope = areas.force(force_id), Scope(force_id=force_id)
    names: tuple[str, ...] = OFFENCE_MEASURES
    is_by_offence = _is_held(records, measure(names[0]), scope, window)
    if not is_by_offence:
        names = ("police_uk_all_crime", *(_measure_of(c) for c in police_uk.current_categories() if c.is_crime))
        names += ("police_uk_anti_social_behaviour",)
        volumes.supply(
            records, measure(names[0]), scope, window
        )  # raises, with what to do, when this is not held either
    subjects = tuple(_subject(records, measure(name), scope, window) for name in names)
    asides: tuple[Finding, ...] = ()
    if not is_by_offence:
        crime = measure("police_uk_all_crime")
        asides = (
            volumes.unplaced(records, crime, scope, window),
            volumes.recorded_by_btp(records, crime, scope, window),
            volumes.repeated_references(records, crime, scope, window),
        )
    return Evidence(force, window, records, subjects, asides, is_by_offence)


def _measure_of(category: police_uk.Category) -> str:
    return f"police_uk_{category.id.replace('-', '_')}"


def _is_held(records: Records, wanted: Measure, scope: Scope, window: Window) -> bool:
    try:
        return volumes.count(records, wanted, scope, window).value is not None
    except (NothingHeld, RequestInvalid):
        return False


def _subject(records: Records, wanted: Measure, scope: Scope, window: Window) -> Subject:
    change = compared(records, wanted, scope, window)
    try:
        base = compared(records, wanted, scope, window, _BASELINE)
    except (NothingHeld, RequestInvalid):
        base = None
    crossed = breaks_crossed([*change.parts[2].windows], scope.force_id, wanted.id)
    return Subject(wanted, change, base if base and base.value is not None else None, change_chart(change, crossed))


def html_paper(evidence: Evidence, front: FrontPage) -> str:
    """The paper as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["figure"] = lambda finding, form: Markup(
        Sentence((Figure(figure_text(finding, form), finding),)).html
    )
    environment.tests["float"] = lambda value: isinstance(value, float)
    environment.filters["markup"] = Markup  # only for our own bound sentences and charts, which are escaped already
    return environment.get_template("paper.html").render(
        front=front,
        evidence=evidence,
        sections=sections(evidence),
        subjects=evidence.subjects,
        findings=evidence.findings,
        batches=_batches(evidence),
        style=_template("paper.css"),
    )


def sections(evidence: Evidence) -> tuple[Section, ...]:
    """The paper's text, section by section."""
    return (_purpose(evidence), _rests_on(evidence), *_crime(evidence), *_not_held(), _method(evidence))


def ods_paper(evidence: Evidence, front: FrontPage) -> bytes:
    """The paper's figures as a workbook: changes, series, definitions and Findings."""
    changes = [
        _change_row(subject.measure, found)
        for subject in evidence.subjects
        for found in (subject.change, subject.baseline)
        if found is not None
    ]
    columns = ("measure", "later window", "later count", "earlier window", "earlier count", "change %",
               "variation low %", "variation high %", "judgement", "breaks crossed", "finding")  # fmt: skip
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
    sheets = [
        Sheet("Changes", "Changes between windows, with both counts", Table(columns=columns, rows=tuple(changes))),
        Sheet("Series", "Counts by month or quarter", Table(columns=("measure", "from", "count"), rows=tuple(series))),
        Sheet(
            "Definitions",
            "What each measure counts",
            Table(
                columns=("measure", "title", "version", "status", "definition", "differs", "codes", "source"),
                rows=definitions,
            ),
        ),
        Sheet("Findings", "Every figure, with where it came from", _findings_table(evidence.findings)),
        Sheet("Files", "The files that the figures rest on", _files_table(evidence)),
    ]
    sources = tuple(dict.fromkeys(source for f in evidence.findings for source in f.sources))
    notes = (
        ("Force", evidence.force.name),
        ("Window", evidence.window.label),
        ("As at", f"{evidence.records.as_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Marking", front.marking),
        *(("Source", source) for source in sources),
    )
    return ods_bytes(Cover(f"{front.title}: figures", notes, evidence.records.as_at), sheets)


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
                    and_baseline=Named(f" and of {_BASELINE}, the year before the pandemic")
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
    found = [Section(title, ())]
    for subject in evidence.subjects:
        heading = _HEADINGS.get(subject.measure.id)
        if heading is None and not evidence.is_by_offence:
            heading = subject.measure.title.replace(" (police.uk)", "")
        paragraphs = _paragraphs(subject)
        if heading is None:  # a part of the subject before it, under the same heading
            found[-1] = Section(found[-1].heading, (*found[-1].paragraphs, *paragraphs), found[-1].level)
        else:
            found.append(Section(heading, paragraphs, 3))
    return tuple(found)


def _paragraphs(subject: Subject) -> tuple[Paragraph, ...]:
    said = [Paragraph(change_sentence(subject.change), subject.chart)]
    if subject.baseline is not None:
        said.append(
            Paragraph(
                sentence("Against {year}: {change}", year=Named(_BASELINE), change=change_sentence(subject.baseline))
            )
        )
    notes = dict.fromkeys((*subject.change.notes, *(subject.baseline.notes if subject.baseline else ())))
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
    for subject in evidence.subjects:
        m = subject.measure
        said.append(
            Paragraph(
                sentence(
                    "{title}: {definition} Version {version}, {status}. Codes: {codes}. Source: {source}.",
                    title=Named(m.title),
                    definition=Named(f"{m.definition} {m.differs}".strip()),
                    version=Named(m.version),
                    status=m.status,
                    codes=Named(", ".join(m.codes)),
                    source=Named(m.source),
                )
            )
        )
    return Section("Method and definitions", tuple(said))


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


def _batches(evidence: Evidence) -> tuple[tuple[str, ...], ...]:
    """Each batch that a figure rests on: identity, file, dataset, commitment, lines kept and rejected."""
    used = {b for f in evidence.findings for b in f.batches}
    return tuple(
        (
            b.batch_id, b.file_name, b.dataset, f"{b.committed_at:%Y-%m-%d %H:%M:%S} UTC", f"{b.account['kept']:,}",
            f"{b.account['rejected']:,}", b.encoding, b.mapping_version,
        )
        for b in evidence.records.standing
        if b.batch_id in used
    )  # fmt: skip


def _files_table(evidence: Evidence) -> Table:
    columns = ("batch", "file", "dataset", "imported", "kept", "rejected", "encoding", "mapping")
    return Table(columns=columns, rows=_batches(evidence))


def _template(name: str) -> str:
    return (files("fourfold.publications") / "templates" / name).read_text(encoding="utf-8")


def _put(path: Path, content: bytes) -> Path:
    """Write a file whole: it takes its name only when it is complete."""
    with storage_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        unnamed = path.with_name(f"{path.name}.unfinished")
        unnamed.write_bytes(content)
        os.replace(unnamed, path)
    return path
