"""The words of the documentation are the house's: defined in GLOSSARY.md, in British spelling, and none that it avoids."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from tools.reference import commands, findings, glossary_words, records

from tests.conftest import ROOT
from tests.docs.pages import PAGES, Page

_GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")

AVOIDED = [
    # what is written, what to write instead
    (r"analyz\w+", "analyse"),
    (r"behavior\w*", "behaviour"),
    (r"cancel(ed|ing)", "cancelled, cancelling"),
    (r"catalog", "catalogue"),
    (r"cent(er|ers|ered)", "centre"),
    (r"color\w*", "colour"),
    (r"defense", "defence"),
    (r"favor\w*", "favour"),
    (r"fulfill", "fulfil"),
    (r"gray", "grey"),
    (r"judgment\w*", "judgement"),
    (r"label(ed|ing)", "labelled, labelling"),
    (r"license", "licence (the noun)"),
    (r"model(ed|ing)", "modelled, modelling"),
    (r"neighbor\w*", "neighbour"),
    (r"percent", "per cent"),
    (r"toward", "towards"),
    (r"artifact\w*", "artefact"),
    (r"(?!(?:re)?siz|pri|sei|capsi|citi|hori|maximi\b)\w+iz(e|es|ed|ing|ation|ations)", "-ise, -isation"),
    (r"utilis\w+", "use"),
    (r"leverag\w+", "use"),
    (r"in order to", "to"),
    (r"please", "say what to do, without asking"),
    (r"simply|obviously|of course", "leave it out: what is simple to us may not be to them"),
    (r"(statistically )?significant(ly)?", "more than the series' own variation; or say how large"),
    (r"stakeholders?|actionable|impactful|learnings", "say who, or what"),
    (r"best practices?|deep dives?|going forward|cutting[- ]edge|state[- ]of[- ]the[- ]art", "say what is meant"),
    (r"seamless(ly)?|powerful|user[- ]friendly|robust(ly)?", "say what it does"),
    (r"blacklist\w*|whitelist\w*", "refused, allowed"),
    (r"predictive policing|offender profiling", "places are forecast, not people: say which places, of what"),
]
"""Words that are not written here, and what is written instead."""

NAMES = ("Generalized Linear Models", "Open Font License")
"""Titles of works, which are written as their authors write them."""


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_page_is_in_the_words_of_the_house(page: Page) -> None:
    assert avoided_in(page.prose) == []


@pytest.mark.slow
def test_what_the_code_says_of_itself_is_in_the_words_of_the_house() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {told}"
        for path in (ROOT / "src").rglob("*.py")
        for docstring in docstrings_of(path.read_text(encoding="utf-8"))
        for told in avoided_in(docstring)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("We analyze the color.", ["line 1: analyze (write: analyse)", "line 1: color (write: colour)"]),
        ("The size of the prize; a citizen.\nIt was organized.", ["line 2: organized (write: -ise, -isation)"]),
        ("A significant rise.", ["line 1: significant (write: more than the series' own variation; or say how large)"]),
        ("A licence is licensed; a judgement on the centre of the programme.", []),
    ],
)
def test_words_that_are_avoided_are_told(text: str, told: list[str]) -> None:
    assert avoided_in(text) == told


def test_what_the_reference_is_headed_by_is_a_word_of_the_glossary() -> None:
    words = {
        **{f"fourfold {name}": name for name, _ in commands.every_command()},
        **{f"kind of Finding: {kind}": kind for kind in findings.every_kind()},
        **{f"table: {name}": name for name in records.every_table() if not name.endswith("_personal")},
    }
    assert [where for where, word in words.items() if not any_defined(word)] == [], "define these words in GLOSSARY.md"


def test_a_page_is_titled_by_a_word_of_the_glossary() -> None:
    titles = {page.name: page.text.partition("\n")[0].removeprefix("# ") for page in PAGES}
    guides = {n: t for n, t in titles.items() if re.match(r"docs/(how-to|explanation)/(?!README)", n)}
    strange = {name: title for name, title in guides.items() if not any_defined(title)}
    assert strange == {}, "define what they are about in GLOSSARY.md"


def test_a_word_that_an_explanation_sets_off_is_a_word_of_the_glossary() -> None:
    set_off = {
        phrase: page.name
        for page in PAGES
        if page.name.startswith("docs/explanation/")
        for phrase in re.findall(r"\*\*([^*]+?)\*\*", page.prose)
        if len(phrase.split()) <= 3 and not phrase.endswith((".", "?", ",", ":"))
    }
    strange = {
        phrase: name
        for phrase, name in set_off.items()
        if phrase.lower() not in _GLOSSARY.lower() and not any_defined(phrase)
    }
    assert strange == {}, "define them in GLOSSARY.md, or do not set them off"


def test_the_glossary_says_each_word_once() -> None:
    words = [word.lower() for word in re.findall(r"^\*\*([^*]+)\*\* —", _GLOSSARY, re.MULTILINE)]
    assert sorted(set(words)) == sorted(words)


def any_defined(phrase: str) -> bool:
    """Whether some word of a phrase is one of the glossary's, whatever its ending: "Judging change", "crime_history"."""
    known = {word.lower() for words in glossary_words(_GLOSSARY) for word in re.findall(r"[\w-]+", words)}
    return any(
        stem(word) == stem(one) or (len(stem(word)) >= 4 and one.startswith(stem(word)))
        for word in re.findall(r"[a-z0-9-]+", phrase.lower())
        for one in known
    )


def stem(word: str) -> str:
    return re.sub(r"(ings?|ies|ed|es|e|s|y)$", "", word)


def avoided_in(text: str) -> list[str]:
    """Each avoided word of a text with its line and what to write instead."""
    return [
        f"line {number}: {found[0]} (write: {instead})"
        for number, line in enumerate(without_names(text).splitlines(), start=1)
        for pattern, instead in AVOIDED
        for found in re.finditer(rf"\b(?:{pattern})\b", line, re.IGNORECASE)
    ]


def without_names(text: str) -> str:
    return re.sub(
        "|".join(name.replace(" ", r"\s+") for name in NAMES), lambda found: "\n" * found[0].count("\n"), text
    )


def docstrings_of(source: str) -> Iterator[str]:
    """The docstrings of a module, without what they show as code."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            yield re.sub(r"`[^`]*`|\"\w+\"", "", ast.get_docstring(node) or "")
