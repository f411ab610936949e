"""The section on matters arising: what has changed since the last paper to the same board, each number bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

from fourfold.analysis import volumes
from fourfold.analysis.findings import Finding
from fourfold.analysis.matters_arising import Matter, revised, unmoved
from fourfold.analysis.volumes import Scope
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.publications.evidence import Evidence, Since, Subject
from fourfold.publications.paper_register import Entry
from fourfold.publications.register import finding_named
from fourfold.publications.sections import Column, Paragraph, PrintedTable, Section
from fourfold.publications.sentences import Figure, Named, Piece, Sentence, figure_text, in_a_row, sentence

HEADING = "Since the last paper"


def since_last(evidence: Evidence, home: Path, last: Entry | None) -> Evidence:
    """The evidence with the last paper's figures, and its window counted again from the records of this paper."""
    if last is None:
        return evidence
    then = _then(home, last)
    window = last.key.window
    subjects = tuple(
        replace(subject, again=_again(evidence, subject, last)) if subject.measure.id in then else subject
        for subject in evidence.subjects
    )
    return replace(evidence, subjects=subjects, since=Since(window, last.key.as_at, then))


def _then(home: Path, last: Entry) -> Mapping[str, Finding]:
    found = {}
    for measure, (identity, _) in last.headlines.items():
        try:
            found[measure] = finding_named(home, identity)
        except NothingHeld:  # taken out of the register since: nothing is said of it
            continue
    return found


def _again(evidence: Evidence, subject: Subject, last: Entry) -> Finding | None:
    now = subject.change.parts[0]
    if last.key.window == evidence.window:
        return now
    scope = Scope(force_id=evidence.force.id)
    try:
        return volumes.count(evidence.records, subject.measure, scope, last.key.window)
    except (NothingHeld, RequestInvalid):
        return None


def matters_section(evidence: Evidence) -> Section:
    """What is said of the last paper's figures: which were revised, which have not moved, and a table of all."""
    since = evidence.since
    if since is None:
        said = sentence(
            "No earlier paper to this board is on the register of papers, so none is compared with this one."
        )
        return Section(HEADING, (Paragraph(said),))
    matters = evidence.matters
    is_same = since.window == evidence.window
    said = sentence(
        "The last paper to this board was of {window}, as the records stood at {as_at}. "
        + ("This one is of the same window." if is_same else "This one is of another window."),
        window=since.window,
        as_at=since.as_at,
    )
    return Section(
        HEADING, (Paragraph(reduce(add, [said, *_revised(matters), *_unmoved(matters)])), _table(evidence, matters))
    )


def _revised(matters: Sequence[Matter]) -> list[Sentence]:
    found = revised(matters)
    if not found:
        return [sentence("None of its figures has been revised.")]
    each = [
        sentence(
            "{title} (given as {then:count}, now {again:count})",
            title=Named(m.title), then=m.then, again=m.again,
        )
        for m in found if m.again is not None
    ]  # fmt: skip
    return [sentence("Records that came late or were corrected have revised: {each}.", each=in_a_row(each))]


def _unmoved(matters: Sequence[Matter]) -> list[Sentence]:
    carried = [m for m in unmoved(matters) if m.is_new_window]
    still = [m for m in unmoved(matters) if not m.is_new_window]
    said = []
    if carried:
        words = "Not moved, though the window has, and to be checked before it is cited: {names}."
        said.append(sentence(words, names=_names(carried)))
    if still:
        said.append(sentence("Not moved: {names}.", names=_names(still)))
    return said


def _names(matters: Sequence[Matter]) -> Sentence:
    each = [sentence("{title} (still {then:count})", title=Named(m.title), then=m.then) for m in matters]
    return in_a_row(each)


def _table(evidence: Evidence, matters: Sequence[Matter]) -> PrintedTable:
    since = evidence.since
    assert since is not None
    rows: list[tuple[Piece, ...]] = [
        (Named(m.title), _figure(m.then), _figure(m.again), _figure(m.now), "; ".join(m.marks)) for m in matters
    ]
    heads = (
        Column("Measure", width=2.4), Column(f"{since.window.label}, then", True, 1.4),
        Column(f"{since.window.label}, now", True, 1.4), Column(evidence.window.label, True, 1.4),
        Column("What is to be said", width=1.8),
    )  # fmt: skip
    caption = (
        f"The last paper's figures, as at {since.as_at:%-d %B %Y}, the same counted again as at "
        f"{evidence.records.as_at:%-d %B %Y}, and this paper's"
    )
    return PrintedTable(caption, heads, tuple(rows))


def _figure(found: Finding | None) -> Piece:
    return "" if found is None else Figure(figure_text(found, "count"), found)
