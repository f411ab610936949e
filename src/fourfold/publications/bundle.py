"""The bundle: what is held of a person, from where, and who saw it, as a document to be read and then given.

Drawn by the formats of the board paper (HTML, DOCX) from one description. It is marked OFFICIAL-SENSITIVE, and FICTITIOUS
where the force is none; other people's details are taken out, and who is to read it first is said on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fourfold.codes import areas
from fourfold.codes.periods import Window
from fourfold.publications.documents import docx_paper
from fourfold.publications.pages import html_paper
from fourfold.publications.sections import Column, FrontPage, Paper, Paragraph, PrintedTable, Section
from fourfold.publications.sentences import Named, Sentence
from fourfold.records.holdings import DECIDED, Holding, Holdings
from fourfold.records.lake import storage_faults

MARKING = "OFFICIAL-SENSITIVE"
_WHAT = {
    "row": "your own record",
    "reference": "a record of a crime that names you by a reference",
    "text": "a text in which your details stand",
    DECIDED: "what officers decided and wrote about you",
}


@dataclass(frozen=True, kw_only=True)
class Bundle(Paper):
    """A paper whose front page says whom it is for, and no board."""

    key: str

    @property
    def title(self) -> str:
        """The document's title."""
        return f"{self.front.title}: {self.key}"

    @property
    def particulars(self) -> tuple[tuple[str, str], ...]:
        """Whom it is about, and as at when."""
        return (
            ("Force", self.force.name), ("About", self.key), ("Held as at", f"{self.as_at:%-d %B %Y, %H:%M} UTC"),
        )  # fmt: skip


def bundle(held: Holdings) -> Bundle:
    """The description of a bundle, from what is held."""
    force = areas.force(held.force_id)
    front = FrontPage(
        board="Answer to a request for access", meeting=None, priority=None, title="What is held about you", presenter=None,
        marking=MARKING,
    )  # fmt: skip
    day = held.at.date()
    return Bundle(
        front=front, force=force, window=Window(day, day), as_at=held.at, annexes=(), sheets=(), findings=(), key=held.key,
        sections=(_before_it_is_given(), *_by_table(held), _where_from(held), _who_saw(held), _your_rights()),
    )  # fmt: skip


def written_bundle(held: Holdings, folder: Path) -> tuple[Path, ...]:
    """Write the bundle into a folder as HTML and DOCX, readable by its owner only."""
    paper = bundle(held)
    made = []
    with storage_faults(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for ending, content in (("html", html_paper(paper).encode()), ("docx", docx_paper(paper))):
            path = folder / f"bundle-{held.key}.{ending}"
            path.write_bytes(content)
            path.chmod(0o600)
            made.append(path)
    return tuple(made)


def _before_it_is_given() -> Section:
    return Section("Before this is given", (
        _said("Somebody reads this before it is given. Details of other people in the same crimes were taken out of texts, as "
              "far as records name them; what a text says of others whom no record names, only a reader can find."),
        _said("It says what is held here. The force's own systems are asked apart from this."),
    ))  # fmt: skip


def _by_table(held: Holdings) -> tuple[Section, ...]:
    if not held.rows:
        return (Section("What is held", (_said("Nothing is held here about you."),)),)
    names = tuple(dict.fromkeys(one.table for one in held.rows))
    return tuple(
        Section(f"What is held: {name.replace('_', ' ')}", tuple(_row(one) for one in held.rows if one.table == name))
        for name in names
    )


def _row(one: Holding) -> PrintedTable:
    state = "" if one.is_standing else "; it no longer counts, and is still held"
    rows = tuple((Named(name.replace("_", " ")), Named(value)) for name, value in one.said.items())
    rows = rows or ((Named("nothing more"), Named("no column of it is filled in")),)
    heads = (Column("What", width=1.4), Column("As it is held", width=4))
    place = one.place if one.batch is None else f"Line {one.line:,} of {one.batch.file_name}"
    where = Named(f"{place}: {_WHAT[one.what]}{state}").text
    return PrintedTable(where, heads, rows)


def _where_from(held: Holdings) -> Section:
    heads = (Column("File", width=3), Column("From", width=3), Column("Received", width=1.5))
    rows = tuple(
        (Named(b.file_name), Named(b.source), Named(f"{b.committed_at:%Y-%m-%d %H:%M} UTC")) for b in held.batches
    )
    if not rows:
        return Section("Where it came from", (_said("Nothing came."),))
    return Section("Where it came from", (PrintedTable("The files in which you are named", heads, rows),))


def _who_saw(held: Holdings) -> Section:
    if not held.sights:
        return Section(
            "Who saw it", (_said("The log of access has no entry about you, or about a file in which you are named."),)
        )
    heads = (
        Column("When", width=1.8), Column("Officer", width=1.4), Column("In the role of", width=1.6), Column("What", width=2.4),
        Column("For", width=1.6), Column("Given to", width=1.6),
    )  # fmt: skip
    rows = tuple(
        (Named(s.at[:16].replace("T", " ")), Named(s.officer), Named(s.roles.replace("_", " ")), Named(f"{s.kind}: {s.verb}"),
         Named(s.purpose or "not said"), Named(s.recipient or "nobody"))
        for s in held.sights
    )  # fmt: skip
    note = "Officers stand by their key. An entry about a file may be of others in it, too."
    return Section("Who saw it", (PrintedTable("Entries of the log of access", heads, rows, note=note),))


def _your_rights() -> Section:
    return Section("What you may ask", (
        _said("You may ask that what is wrong is put right, that what need not be held is erased, and you may complain to the "
              "Information Commissioner. The law may let the force hold something all the same; it then says why."),
    ))  # fmt: skip


def _said(words: str) -> Paragraph:
    return Paragraph(Sentence((words,)), is_numbered=False)
