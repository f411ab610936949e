"""The reference pages of the docs site, drawn from the package's own objects.

A page says `<!-- from the code: NAME -->` where a section belongs; when the site is built (and when the tests read a
page) the comment is replaced by the Markdown that NAME draws. On GitHub the comment is not seen. Nothing that is drawn
is committed, so nothing of it can go stale; what there is to draw is discovered, never listed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tools.reference import codes, commands, findings, notebook, records, victims_code

SECTIONS: Mapping[str, Callable[[str], str]] = {
    **commands.SECTIONS,
    **codes.SECTIONS,
    **records.SECTIONS,
    **findings.SECTIONS,
    **notebook.SECTIONS,
    **victims_code.SECTIONS,
}
"""What a page may ask for, and what draws it; a word after the name is handed on."""

_MARK = re.compile(r"^<!-- from the code: (?P<name>[a-z]+(?: [a-z]+)*)(?:: (?P<of>[^>]+?))? -->$", re.MULTILINE)
_WORD = re.compile(r"^\*\*(?P<word>[^*]+)\*\* — (?P<meaning>.+?) *$")


def filled(page: str) -> str:
    """A page's Markdown with every section that it asks for. Raises KeyError for a section that there is not."""
    return _MARK.sub(lambda mark: SECTIONS[mark["name"]](mark["of"] or "").strip(), page)


def asked(page: str) -> list[tuple[str, str]]:
    """The sections that a page asks for: name, and what of it."""
    return [(mark["name"], mark["of"] or "") for mark in _MARK.finditer(page)]


def glossary_words(page: str) -> dict[str, str]:
    """The words of GLOSSARY.md with their meanings."""
    found = (_WORD.match(line) for line in page.splitlines())
    return {line["word"]: line["meaning"] for line in found if line}


def as_definitions(page: str) -> str:
    """GLOSSARY.md with its words as a definition list, each with a target of its own (`#word-as-at`)."""
    lines = []
    for line in page.splitlines():
        found = _WORD.match(line)
        if found is None:
            lines.append(line)
        else:
            target = "word-" + re.sub(r"[^a-z0-9]+", "-", found["word"].lower()).strip("-")
            lines += [f'<span id="{target}"></span>{found["word"]}', f": {found['meaning']}", ""]
    return "\n".join(lines)
