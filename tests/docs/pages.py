"""The pages of the documentation as the tests see them: their blocks, the home each is tried in, and their prose.

How a page says what a test needs to know, so that a reader is not troubled by it:

- ```` ```console ```` commands begin with `$`; the lines below, up to the next command, are what it says. `...` stands
  for anything. Identities (12 or 16 hexadecimal digits) and instants differ from run to run: each stands for whatever
  the run gives there, and a later command that names it is given the run's own.
- ```` ```python ```` is run, as a session where it begins with `>>>`.
- A block of csv, toml or json is a file when the paragraph above it names one in code: "Save this as `mapping.toml`".
- `<!-- tested in an empty home -->` or `<!-- tested in a copy of the open data -->`; else the open data is shared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.reference import filled

from tests.conftest import ROOT

PATHS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "open_data" / "README.md"])

_BLOCK = re.compile(r"^(?P<fence>`{3,}|~{3,})(?P<language>[a-z]*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
_DIRECTIVE = re.compile(r"^(?P<fence>`{3,}|:{3,})\{[^}]*\}.*?^(?P=fence)$", re.MULTILINE | re.DOTALL)
_HOME = re.compile(r"^<!-- tested in (an empty home|a copy of the open data) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line that it begins on, and the file it is saved as."""

    language: str
    text: str
    line: int
    saved_as: str | None


@dataclass(frozen=True)
class Page:
    """A page, as written and as filled with what it asks of the code."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def filled(self) -> str:
        return filled(self.text)

    @property
    def home(self) -> str:
        found = _HOME.search(self.text)
        return found[1] if found else "the open data"

    @cached_property
    def blocks(self) -> list[Block]:
        text = self.filled
        return [
            Block(
                b["language"], b["text"], text[: b.start()].count("\n") + 1, _saved_as(text[: b.start()], b["language"])
            )
            for b in _BLOCK.finditer(text)
        ]

    @property
    def is_run(self) -> bool:
        """Whether it holds anything that is run."""
        return any(b.language in ("console", "python") for b in self.blocks)

    @cached_property
    def prose(self) -> str:
        """Its words without code, links' targets and marks; the lines stay where they are."""
        text = _blanked(_DIRECTIVE, _blanked(_BLOCK, self.filled))
        for unread in (
            r"<!--.*?-->",
            r"`[^`\n]*`",
            r"\$\$.*?\$\$",
            r"\$[^$\n]+\$",
            r"\]\([^)]*\)",
            r"<[^>\n]+>",
            r"^\([a-z-]+\)=$",
        ):
            text = _blanked(re.compile(unread, re.DOTALL | re.MULTILINE), text)
        return text


PAGES = [Page(path) for path in PATHS]


def _saved_as(before: str, language: str) -> str | None:
    """The file that the paragraph above names, where it is of the block's language."""
    named = re.findall(r"`([\w./-]+\.(?:csv|toml|json))`", before.rstrip().rpartition("\n\n")[2])
    return named[-1] if named and named[-1].endswith(language or "?") else None


def _blanked(unread: re.Pattern[str], text: str) -> str:
    return unread.sub(lambda found: "\n" * found[0].count("\n"), text)
