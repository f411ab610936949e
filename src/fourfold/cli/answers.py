"""What the command line answers: Findings and tables as text or JSON, nothing that can steer the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fourfold import settings
from fourfold.errors import RequestInvalid

if TYPE_CHECKING:
    from fourfold.analysis.findings import Finding


def show(findings: Iterable[Finding], as_json: bool) -> None:
    """Print findings and enter them in the register, so that what was seen can be traced."""
    from fourfold.publications.register import registered

    shown = list(findings)
    registered(settings.opened_home(), shown)
    if as_json:
        print_json([finding_dict(f) for f in shown] if len(shown) > 1 else finding_dict(shown[0]))
        return
    for finding in shown:
        print_finding(finding)


def finding_dict(finding: Finding) -> dict[str, Any]:
    """A Finding as plain data, its identity first."""
    return {"id": finding.id, **finding.as_dict()}


def sentence_of(finding: Finding) -> str:
    """What a Finding says, in a sentence without marks."""
    from fourfold.publications.sentences import plain_sentence

    return plain_sentence(finding)


def print_finding(finding: Finding) -> None:
    """A Finding as text: its sentence, its table, its notes, and how to trace it."""
    print(sentence_of(finding))
    if finding.table is not None:
        print_table(
            list(finding.table.columns),
            [[cell(v) for v in row] for row in finding.table.rows],
        )
    for note in finding.notes:
        print(f"  note: {note}")
    print(f"  finding {finding.id}, as at {finding.as_at:%Y-%m-%d %H:%M:%S} UTC; `fourfold trace {finding.id}`")


def print_provenance(finding: Finding) -> None:
    """A Finding's definition, code lists, method and sources."""
    definition = finding.definition
    print(f"\nDefinition: {definition.title} ({definition.name}, version {definition.version}, {definition.status})")
    print(f"  {definition.text}")
    print(f"  codes: {', '.join(definition.codes) or 'all'}")
    print(f"  code lists: {', '.join(f'{name} {version}' for name, version in finding.code_lists.items()) or 'none'}")
    print(f"Method: {finding.method.text} {finding.method.source}".rstrip())
    print(f"Sources: {'; '.join(finding.sources)}")


def print_json(plain: Any) -> None:
    """Plain data as JSON; dates and instants as ISO text."""
    print(json.dumps(plain, indent=2, ensure_ascii=False, default=str))


def print_table(columns: list[str], rows: list[list[str]]) -> None:
    """A table as text, its columns in line."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(columns, *rows, strict=True)]
    for row in (columns, ["-" * w for w in widths], *rows):
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def cell(value: Any) -> str:
    """A value as a cell of a printed table."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if isinstance(value, float) else str(value)


def ranges(lines: Sequence[int]) -> str:
    """Line numbers with runs closed up: 2-5, 9."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def printable(text: str) -> str:
    """Text that cannot steer the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[:500])


def write_new(text: str, out: Path) -> None:
    """Write a text file that is not there yet: what somebody has filled in is never written over."""
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise RequestInvalid(
            "There is a file of that name.", remedy="Name another, or remove it first.", file=out
        ) from None
    except OSError as fault:
        raise RequestInvalid(
            f"The file cannot be written ({fault.strerror}).", remedy="Name another place.", file=out
        ) from None


class progress:  # noqa: N801 - used as a function
    """A bar on standard error when a person is watching, and nothing otherwise."""

    def __init__(self, title: str, total: int | None, is_silent: bool) -> None:
        self.title, self.total = title, total
        self.is_shown = not is_silent and sys.stderr.isatty()

    def __enter__(self) -> Any:
        if not self.is_shown:
            return lambda *_: None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(stderr=True),
        )  # fmt: skip
        self.bar.start()
        task = self.bar.add_task(self.title, total=self.total)
        return lambda _, by=1: self.bar.advance(task, by)

    def __exit__(self, *_: object) -> None:
        if self.is_shown:
            self.bar.stop()
