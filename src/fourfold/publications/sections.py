"""What a paper says, in order, free of any format: sections of numbered paragraphs, pictures and tables, then annexes.

A `Paper` is composed once (`publications.paper`) and drawn by each format from this description alone: the page (HTML), the
document (DOCX), the print (tagged PDF) and the workbook (ODS). So all four say the same words in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from fourfold.analysis.findings import Finding
from fourfold.codes.areas import Force
from fourfold.codes.periods import Window
from fourfold.publications.sentences import Figure, Named, Piece, Sentence, figure_text, without_digits
from fourfold.publications.tables import Sheet

if TYPE_CHECKING:
    from fourfold.publications.charts import Picture

PICTURE_TABLES = "The figures of the charts and maps"
"""The heading under which formats for print put the pictures' tables, so that the paper itself stays short."""
UNKNOWN = "to be filled in by the board secretary"


@dataclass(frozen=True, kw_only=True)
class FrontPage:
    """What stands on the title page."""

    board: str
    meeting: date | None
    priority: str | None
    title: str
    presenter: str | None
    marking: str = ""
    """Empty: as the records have it. Open records make it OFFICIAL, a force's own OFFICIAL-SENSITIVE."""


@dataclass(frozen=True)
class Paragraph:
    """What is said in one breath. Numbered, and so cited at the board, unless it stands in an annex."""

    said: Sentence
    is_numbered: bool = True


@dataclass(frozen=True)
class Column:
    """The head of a printed table's column; numbers are set to the right. `width` is its share beside the others."""

    heading: str
    is_number: bool = False
    width: float = 1.0


@dataclass(frozen=True)
class PrintedTable:
    """A table to be read: one row of heads, then rows whose first cell is the head of its row.

    A cell is a Figure, a Tally, a Moment, a Named thing, or words that hold no digit. `note` says what the table leaves
    out; `anchors` are the names by which links reach the rows.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Piece, ...], ...]
    note: str = ""
    anchors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            for cell in row:
                if isinstance(cell, str):
                    without_digits(cell)


@dataclass(frozen=True)
class Provenance:
    """Where each figure comes from: every Finding with its definition, method, files and instant."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it. A section of level 3 stands within the section of level 2 before it."""

    heading: str
    blocks: tuple[Paragraph | Picture | PrintedTable | Provenance, ...] = ()
    level: int = 2


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper as every format draws it. `annexes` follow `sections`; `sheets` are the workbook's tables, whole."""

    front: FrontPage
    force: Force
    window: Window
    as_at: datetime
    sections: tuple[Section, ...]
    annexes: tuple[Section, ...]
    sheets: tuple[Sheet, ...]
    findings: tuple[Finding, ...]
    shorthand: tuple[str, ...] = ()
    """What marks in the tables stand for."""

    @property
    def title(self) -> str:
        """The paper's title with its force and window, as the file's own title."""
        return f"{self.front.title}: {self.force.name}, {self.window.label}"

    @property
    def marking(self) -> str:
        """What stands on every page: the protective marking, and FICTITIOUS where the force is none."""
        return f"{self.front.marking} · FICTITIOUS" if self.force.is_fictitious else self.front.marking

    @property
    def particulars(self) -> tuple[tuple[str, str], ...]:
        """The lines of the title page, name and text."""
        front = self.front
        return (
            ("Meeting", f"{front.meeting:%-d %B %Y}" if front.meeting else f"date {UNKNOWN}"),
            ("Force", self.force.name),
            ("Period", self.window.label),
            ("Police and Crime Plan priority", front.priority or UNKNOWN),
            ("Presented by", front.presenter or UNKNOWN),
            ("Records as at", f"{self.as_at:%-d %B %Y, %H:%M} UTC"),
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """The publishers and licences of all that the figures rest on."""
        return tuple(dict.fromkeys(source for f in self.findings for source in f.sources))

    def numbered(self) -> Iterator[tuple[int, Paragraph]]:
        """The numbered paragraphs, from 1."""
        said = (
            b for s in (*self.sections, *self.annexes) for b in s.blocks if isinstance(b, Paragraph) and b.is_numbered
        )
        yield from enumerate(said, 1)


def provenance_table(block: Provenance) -> PrintedTable:
    """The Findings in short, for print: the page and `fourfold trace` tell the rest."""
    rows = tuple(
        (
            Named(f.id), Named(f"{f.title}, {' against '.join(w.label for w in f.windows)}"), f.kind,
            Named(f"{f.definition.version}, {f.definition.status}"), Figure(figure_text(f, "n"), f),
        )
        for f in block.findings
    )  # fmt: skip
    heads = (
        Column("Finding", width=1.5), Column("What", width=4), Column("Kind"), Column("Definition", width=1.6),
        Column("Records", True),
    )  # fmt: skip
    return PrintedTable(
        "Where each figure comes from", heads, rows, anchors=tuple(f"finding-{f.id}" for f in block.findings)
    )
