"""The paper as a tagged PDF (PDF/UA-1): to print, to keep, and to read with a screen reader.

Typst sets it from the paper's description alone: the words travel as data and are never read as markup. Its tags follow
the sections in order: a title, headings, paragraphs, figures with alternative texts, tables with heads. The font is shipped
(Liberation Sans, under the SIL Open Font License), so that the same paper is the same bytes on any machine.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from importlib.resources import as_file, files
from typing import Any

import pikepdf

from fourfold.publications.charts import Picture
from fourfold.publications.sections import (
    PICTURE_TABLES,
    Paper,
    Paragraph,
    PrintedTable,
    provenance_table,
)
from fourfold.publications.sentences import Figure, Piece

STANDARD = "ua-1"


def pdf_paper(paper: Paper) -> bytes:
    """The paper as PDF/UA-1, dated as at the instant of its records: the same bytes for the same paper."""
    import typst

    set_from = files("fourfold.publications")
    said, pictures = _described(paper)
    given = {
        "main.typ": (set_from / "templates" / "paper.typ").read_bytes(),
        "paper.json": json.dumps(said, ensure_ascii=False).encode(),
        **{_file_of(number): picture.svg().encode() for number, picture in enumerate(pictures, 1)},
    }
    set_type: Any = typst.compile  # it takes a set of files as well, which its own types do not say
    with as_file(set_from / "fonts") as fonts:
        made = set_type(
            given, format="pdf", pdf_standards=[STANDARD], font_paths=[str(fonts)], ignore_system_fonts=True,
            timestamp=paper.as_at.replace(microsecond=0),
        )  # fmt: skip
    return _row_headed(bytes(made))


def _row_headed(made: bytes) -> bytes:
    """The same PDF with the first cell of each row of a table marked as the head of its row.

    Typst marks heads of columns only. Each row's head is given a name, and the row's other cells name it beside their
    column's, so that a screen reader says "April 2022, Count, 610".
    """
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(made)) as pdf:
        root = pdf.Root.StructTreeRoot
        names = pikepdf.NameTree(root.IDTree)
        for number, row in enumerate(_rows_of_tables(root.K)):
            head, *others = row.K
            name = pikepdf.String(f"R{number}")
            head.S, head.ID = pikepdf.Name.TH, name
            attributes = head.A[0] if isinstance(head.A, pikepdf.Array) else head.A
            attributes.Scope = pikepdf.Name.Row
            for other in others:
                attributes = other.A[0] if isinstance(other.A, pikepdf.Array) else other.A
                attributes.Headers.append(name)
            names[str(name)] = head
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _rows_of_tables(element: Any) -> Iterator[Any]:
    """The rows of the bodies of all tables under an element of the structure tree, in reading order."""
    if isinstance(element, pikepdf.Array):
        for inside in element:
            yield from _rows_of_tables(inside)
    elif isinstance(element, pikepdf.Dictionary) and "/S" in element and "/K" in element:
        if str(element.S) == "/TBody":
            yield from element.K
        else:
            yield from _rows_of_tables(element.K)


def _described(paper: Paper) -> tuple[dict[str, Any], list[Picture]]:
    """The paper as plain data for the template, and its pictures in order."""
    pictures: list[Picture] = []
    numbers = {id(paragraph): number for number, paragraph in paper.numbered()}
    sections = []
    for section in (*paper.sections, *paper.annexes):
        blocks: list[dict[str, Any]] = []
        for block in section.blocks:
            if isinstance(block, Paragraph):
                blocks.append(
                    {"kind": "paragraph", "number": numbers.get(id(block)), "said": _pieces(block.said.pieces)}
                )
            elif isinstance(block, PrintedTable):
                blocks.append({"kind": "table", **_table(block)})
            elif isinstance(block, Picture):
                pictures.append(block)
                blocks.append(_picture(block, len(pictures)))
            else:
                sections += _picture_tables(pictures, section.level)
                blocks.append({"kind": "table", **_table(provenance_table(block))})
        sections.append({"heading": section.heading, "level": section.level, "blocks": blocks})
    front = paper.front
    return {
        "title": paper.title, "heading": front.title, "author": front.presenter or front.board, "board": front.board,
        "marking": paper.marking, "particulars": paper.particulars, "sections": sections,
        "keywords": [paper.force.name, paper.window.label],
    }, pictures  # fmt: skip


def _picture_tables(pictures: list[Picture], level: int) -> list[dict[str, Any]]:
    tables = [(f"table-{number}", _table(picture.printed())) for number, picture in enumerate(pictures, 1)]
    return [{"heading": PICTURE_TABLES, "level": level, "blocks": [{"kind": "tables", "tables": tables}]}] * bool(
        tables
    )


def _picture(picture: Picture, number: int) -> dict[str, Any]:
    return {
        "kind": "picture", "file": _file_of(number), "title": picture.title, "subtitle": picture.subtitle,
        "alternative": picture.alternative, "source": picture.source, "table-anchor": f"table-{number}",
        "beside": [_pieces(said.pieces) for said in picture.beside],
    }  # fmt: skip


def _file_of(number: int) -> str:
    return f"picture-{number}.svg"


def _table(table: PrintedTable) -> dict[str, Any]:
    return {
        "caption": table.caption, "note": table.note, "anchors": table.anchors,
        "columns": [{"heading": c.heading, "number": c.is_number, "width": c.width} for c in table.columns],
        "rows": [[_pieces((cell,)) for cell in row] for row in table.rows],
    }  # fmt: skip


def _pieces(pieces: tuple[Piece, ...]) -> list[Any]:
    return list(_plain(pieces))


def _plain(pieces: tuple[Piece, ...]) -> Iterator[str | dict[str, str]]:
    for piece in pieces:
        if isinstance(piece, Figure):
            yield {"text": piece.text, "to": f"finding-{piece.finding.id}"}
        else:
            yield piece if isinstance(piece, str) else piece.text
