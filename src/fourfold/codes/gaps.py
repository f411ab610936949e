"""Gaps: what a field left empty makes unknowable, and which words in a field answer nothing.

Three lists, all data. `gaps.toml` says of each figure whom it is asked of, which fields answer it, and the sentence that says
what cannot be known. `field_rules.csv` says to which rows a field applies, what its empty cell says (not recorded; not yet;
may be none), and how many seconds it takes a recorder. `non_answers.csv` has the words that are typed where an answer
should stand: somebody did not know, would not say, or the question did not apply.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fourfold.codes.lists import code_list
from fourfold.errors import CodeUnknown

UNKNOWN, REFUSED, NOT_APPLICABLE, NOT_RECORDED = "unknown", "refused", "not applicable", "not recorded"
Words = Mapping[str, tuple[str | bool, ...]]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One field that answers a figure, and what in it makes the answer yes: a word, a least number, or any answer.

    With none of these the figure is of every group, and each group has its bounds. A yes in a field of `settled_by` makes
    the answer yes too.
    """

    field: str
    words: tuple[str | bool, ...] = ()
    least: int | None = None
    is_any: bool = False
    settled_by: tuple[str, ...] = ()

    @property
    def is_of_groups(self) -> bool:
        """Whether every answer is a group of its own."""
        return not self.words and self.least is None and not self.is_any


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A figure that fields feed: whose rows of which table are asked, of which crimes, and the sentence of its gap.

    All of `asks` have to be yes for the answer to be yes. `per` counts answers by row, or by crime: a crime's answer is
    yes where one of its rows is.
    """

    id: str
    version: str
    title: str
    theme: str
    table: str
    rows: Words
    measures: tuple[str, ...]
    per: str
    counted: str
    figure: str
    sentence: str
    source: str
    status: str
    asks: tuple[Ask, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it asks, each with its table: people.occupation."""
        return tuple(f"{self.table}.{ask.field}" for ask in self.asks)


@dataclass(frozen=True, kw_only=True)
class FieldRule:
    """To which rows a field applies (by a column's words; all rows where `applies_where` is empty), what its empty cell
    says, and what it costs a recorder to fill in."""

    table: str
    field: str
    applies_where: tuple[str, tuple[str | bool, ...]] | None
    empty_says: str
    seconds: float
    why: str
    source: str
    status: str

    @property
    def is_judged(self) -> bool:
        """Whether an empty cell is a gap; where it may be an answer (none, not yet) completeness says nothing."""
        return self.empty_says == NOT_RECORDED


@cache
def gaps() -> tuple[Gap, ...]:
    """Every gap, in the order of the list."""
    plain = tomllib.loads((files("fourfold.codes") / "data" / "gaps.toml").read_text(encoding="utf-8"))
    return tuple(
        Gap(
            id=name, version=row["version"], title=row["title"], theme=row["theme"], table=row["table"],
            rows={column: tuple(words) for column, words in row.get("rows", {}).items()},
            measures=tuple(row.get("measures", ())), per=row["per"], counted=row["counted"], figure=row["figure"],
            sentence=row["sentence"], source=row["source"], status=row["status"],
            asks=tuple(
                Ask(field=a["field"], words=tuple(a.get("is", ())), least=a.get("least"), is_any=a.get("answered", False),
                    settled_by=tuple(a.get("settled_by", ())))
                for a in row["asks"]
            ),
        )
        for name, row in plain.items()
    )  # fmt: skip


def gap(name: str) -> Gap:
    """A gap by id. Raises CodeUnknown, with the nearest, when there is none."""
    found = next((one for one in gaps() if one.id == name.replace("-", "_")), None)
    if found is None:
        near = difflib.get_close_matches(name, [one.id for one in gaps()], n=2, cutoff=0.5)
        raise CodeUnknown(
            "There is no gap of that name.",
            remedy=f"Did you mean {' or '.join(near)}?" if near else "See `fourfold quality gaps`.",
        )
    return found


def themes() -> tuple[str, ...]:
    """The themes of the gaps, each once, in the order of the list."""
    return tuple(dict.fromkeys(one.theme for one in gaps()))


def theme_named(text: str) -> str:
    """The theme of that name, whatever its capitals and marks. Raises CodeUnknown, with the themes, when there is none."""

    def plain(name: str) -> str:
        return "".join(letter for letter in name.lower() if letter.isalnum())

    found = next((one for one in themes() if plain(one) == plain(text)), None)
    if found is None:
        raise CodeUnknown("There is no such theme.", remedy=f"Use one of: {', '.join(themes())}.")
    return found


@cache
def field_rule(table: str, field: str) -> FieldRule:
    """The rule of a field: its own, or its table's, or that of every field."""
    found = _rules()
    one = found.get((table, field)) or found.get((table, "*")) or found[("*", "*")]
    return FieldRule(
        table=table, field=field, applies_where=one.applies_where, empty_says=one.empty_says, seconds=one.seconds, why=one.why,
        source=one.source, status=one.status,
    )  # fmt: skip


@cache
def non_answers(field: str) -> Mapping[str, str]:
    """The words, in small letters, that answer nothing in a field of the force's own words, each with what it says."""
    return {row["text"]: row["says"] for row in code_list("non_answers").rows if row["column"] in ("", field)}


@cache
def _rules() -> dict[tuple[str, str], FieldRule]:
    return {
        (row["table"], row["field"]): FieldRule(
            table=row["table"], field=row["field"], applies_where=_condition(row["applies_where"]),
            empty_says=row["empty_says"], seconds=float(row["seconds"]), why=row["why"], source=row["source"],
            status=row["status"],
        )
        for row in code_list("field_rules").rows
    }  # fmt: skip


def _condition(text: str) -> tuple[str, tuple[str | bool, ...]] | None:
    if not text:
        return None
    column, _, words = text.partition("=")
    flags: dict[str, str | bool] = {"yes": True, "no": False}
    return column, tuple(flags.get(word, word) for word in words.split("|"))
