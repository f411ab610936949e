"""Narratives as numbers: the words of many texts at once, what they begin and end with, and the ideas they tell.

Texts are read once into a stream of words. Whatever is counted after that (words, pairs of words, parts of words, the
ideas of `codes/themes`) is counted for each different word and carried to the texts by a sparse product, so that ten
thousand short texts take about a second. Sums of money are kept as their size, other numbers as their length: a theme
is not known by a telephone number, and no number of a victim's is learnt.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from fourfold.codes.themes import cues

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_WORD = r"[£$€]?\d[\d.,]*[a-z]*|\p{L}+(?:['-]\p{L}+)*"
_SIZES = (5, 100, 1000, 10_000)
_PARTS = (3, 4, 5)


@dataclass(frozen=True)
class Words:
    """The words of `n` texts in order: `seen[word[i]]` stands in text `text[i]`."""

    seen: list[str]
    word: Ints
    text: Ints
    n: int

    @cached_property
    def counts(self) -> sparse.csr_matrix:
        """How often each text (row) has each word (column)."""
        shape = (self.n, max(len(self.seen), 1))
        return sparse.csr_matrix((np.ones(len(self.word)), (self.text, self.word)), shape=shape)


def words(texts: Sequence[str]) -> Words:
    """The words of some texts, in small letters."""
    small = pl.Series("text", texts, dtype=pl.String).str.to_lowercase().str.replace_all("[\u2019\u2018`]", "'")
    told = pl.DataFrame({"text": np.arange(len(texts)), "word": small.str.extract_all(_WORD)})
    told = told.explode("word").drop_nulls("word")
    seen = told.select(pl.col("word").unique(maintain_order=True)).with_row_index("number")
    number = told.join(seen, on="word", how="left", maintain_order="left")["number"]
    return Words(seen["word"].to_list(), number.cast(pl.Int64).to_numpy(), told["text"].to_numpy(), len(texts))


def plain(word: str) -> str:
    """A word as it is learnt: sums by their size, numbers by their length, the rest as they are."""
    money, digits = word[:1] in "£$€", re.sub(r"\D.*$", "", word.lstrip("£$€").replace(",", ""))
    if not digits:
        return word
    if money:
        return f"£{sum(float(digits) >= size for size in _SIZES)}"
    return f"#{min(len(digits), 6)}"


def parts(word: str) -> list[str]:
    """Every run of three to five signs of a word with its ends."""
    ended = f" {word} "
    return [ended[i : i + n] for n in _PARTS for i in range(len(ended) - n + 1)]


def ideas(told: Words) -> Floats:
    """Which ideas (columns, in the order of `cues().ideas`) each text tells: 0 or 1."""
    starts = _Starts(told.seen)
    order = np.argsort(told.word, kind="stable")
    edges = np.searchsorted(told.word[order], np.arange(len(told.seen) + 1))
    found = np.zeros((told.n, len(cues().ideas)))
    for column, phrases in enumerate(cues().ideas.values()):
        for phrase in phrases:
            found[_texts_with(phrase, told, starts, order, edges), column] = 1.0
    return found


def rules(of_ideas: Floats) -> Floats:
    """Which rules (columns, theme by theme) hold in each text, by the ideas it tells."""
    at = {name: i for i, name in enumerate(cues().ideas)}
    held = of_ideas > 0
    columns = [
        np.logical_and.reduce([held[:, at[i.lstrip("!")]] ^ i.startswith("!") for i in rule])
        for some in cues().rules.values()
        for rule in some
    ]
    return np.column_stack(columns).astype(float)


class _Starts:
    """The different words in order, so that those which begin alike are neighbours."""

    def __init__(self, seen: list[str]) -> None:
        self.order = sorted(range(len(seen)), key=seen.__getitem__)
        self.sorted = [seen[i] for i in self.order]
        self.exact = {w: i for i, w in enumerate(seen)}

    def of(self, pattern: str) -> list[int]:
        """The numbers of the words that a pattern stands for."""
        if not pattern.endswith("*"):
            return [self.exact[pattern]] if pattern in self.exact else []
        stem = pattern[:-1]
        return self.order[bisect_left(self.sorted, stem) : bisect_left(self.sorted, stem + "\uffff")]


def _texts_with(phrase: tuple[str, ...], told: Words, starts: _Starts, order: Ints, edges: Ints) -> Ints:
    """The texts in which the words of a phrase follow each other."""
    first = starts.of(phrase[0])
    if not first:
        return np.zeros(0, dtype=np.int64)
    at = np.concatenate([order[edges[i] : edges[i + 1]] for i in first])
    for step, pattern in enumerate(phrase[1:], start=1):
        allowed = starts.of(pattern)
        if not allowed or not len(at):
            return np.zeros(0, dtype=np.int64)
        at = at[at + step < len(told.word)]
        following = told.word[at + step]
        fits = np.isin(following, allowed) if len(allowed) > 1 else following == allowed[0]
        at = at[fits & (told.text[at + step] == told.text[at])]
    found: Ints = told.text[at]
    return found
