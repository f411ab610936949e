"""Pieces of Markdown that the sections are put together from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_DEFINED = re.compile(r"(?P<term>\S.*?)(?: {2,})(?P<text>\S.*)")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table, its cells on one line each; a cell of None is empty."""
    body = [[cell(value) for value in row] for row in rows]
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in body)])


def cell(value: object) -> str:
    """A value as a table's cell: one line, its bars and angle brackets escaped outside of code."""
    if value is None:
        return ""
    text = " ".join(str(value).split())
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else p.replace("<", "&lt;") for p in pieces).replace("|", "\\|")


def code(value: object) -> str:
    """A value as code; nothing for nothing."""
    return f"`{value}`" if value not in (None, "") else ""


def codes(values: Iterable[object]) -> str:
    """Values as code, one after another."""
    return ", ".join(code(value) for value in values)


def prose(docstring: str) -> str:
    """A docstring as Markdown: paragraphs, underlined titles, aligned terms as tables, indented lines as code."""
    blocks = re.split(r"\n\s*\n", docstring.strip("\n"))
    return "\n\n".join(_block(block, blocks[at - 1] if at else "") for at, block in enumerate(blocks))


def first_sentence(docstring: str) -> str:
    """What a docstring opens with."""
    return " ".join((docstring or "").split("\n\n")[0].split())


def _block(block: str, before: str) -> str:
    lines = block.split("\n")
    if len(lines) > 1 and set(lines[1].strip()) == {"-"}:
        rest = "\n".join(lines[2:])
        return f"### {lines[0].strip()}" + (f"\n\n{_block(rest, '')}" if rest else "")
    if all(line.startswith("    ") for line in lines):
        if before.startswith("    "):
            return ""  # drawn with the block it goes on from
        return "\n".join(["```text", *(line.removeprefix("    ") for line in lines), "```"])
    items = _items(lines)
    if items is not None:
        return table(("what", "rule"), items)
    return "\n".join(line.strip() for line in lines)


def _items(lines: Sequence[str]) -> list[tuple[str, str]] | None:
    """Aligned terms and their texts, each going on over indented lines; None where the lines are something else."""
    found: list[tuple[str, str]] = []
    for line in lines:
        defined = _DEFINED.fullmatch(line)
        if line.startswith(" ") and found:
            term, text = found[-1]
            found[-1] = (term, f"{text} {line.strip()}")
        elif defined and not line.startswith(" "):
            found.append((defined["term"], defined["text"]))
        else:
            return None
    return found or None
