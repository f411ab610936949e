"""Local themes of reports of fraud: what each means, and what it sounds like. They stand over the national code.

A theme never changes a code: a report keeps the code it was given, and the theme is said of it beside.
"""

from __future__ import annotations

import csv
import gzip
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fourfold.codes.lists import code_list
from fourfold.errors import CodeUnknown


@dataclass(frozen=True)
class Theme:
    """A theme, as courier_fraud: its title, its definition and what it is taken for."""

    theme: str
    title: str
    definition: str
    confused_with: str
    status: str
    source: str


@dataclass(frozen=True)
class Cues:
    """Ideas, each with the phrases it is told in (words; a star where one may go on), and rules of ideas by theme."""

    ideas: Mapping[str, tuple[tuple[str, ...], ...]]
    rules: Mapping[str, tuple[tuple[str, ...], ...]]


@cache
def themes() -> tuple[Theme, ...]:
    """Every theme, in the list's order."""
    return tuple(Theme(**row) for row in code_list("themes").rows)


def theme(name: str) -> Theme:
    """A theme by its name. Raises CodeUnknown."""
    found = next((t for t in themes() if t.theme == name), None)
    if found is None:
        raise CodeUnknown("There is no such theme.", remedy=f"Use one of: {', '.join(t.theme for t in themes())}.")
    return found


@cache
def cues() -> Cues:
    """The written cues of every theme."""
    text = (files("fourfold.codes") / "data" / "theme_cues.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    return Cues(
        ideas={
            name: tuple(dict.fromkeys(tuple(phrase.split("_")) for phrase in told.split()))
            for name, told in read["ideas"].items()
        },
        rules={name: tuple(tuple(rule.split()) for rule in some) for name, some in read["rules"].items()},
    )


@dataclass(frozen=True)
class LabelledText:
    """A text and its theme. `hand` says who wrote it, `group` which texts are tellings of one; no group is parted."""

    report_id: str
    theme: str
    narrative: str
    hand: str
    group: str
    reported_on: str = ""


@cache
def labelled_texts(hand: str | None = None) -> tuple[LabelledText, ...]:
    """The labelled texts shipped, all FICTITIOUS: by the hands "demo" and "development", which the scorer learns from.

    `tools/themes.py` writes the file from the demo force's wording and the development set.
    """
    packed = (files("fourfold.codes") / "data" / "theme_texts.csv.gz").read_bytes()
    rows = csv.DictReader(io.StringIO(gzip.decompress(packed).decode("utf-8"), newline=""))
    found = (LabelledText(**row) for row in rows)
    return tuple(one for one in found if hand is None or one.hand == hand)


@cache
def checked_texts() -> tuple[LabelledText, ...]:
    """The check set: FICTITIOUS texts by the author of the cues in other voices, written after them, never learnt from."""
    packed = (files("fourfold.codes") / "data" / "theme_check.csv.gz").read_bytes()
    rows = csv.DictReader(io.StringIO(gzip.decompress(packed).decode("utf-8"), newline=""))
    return tuple(LabelledText(r["report_id"], r["true_theme"], r["narrative"], "check", r["report_id"]) for r in rows)
