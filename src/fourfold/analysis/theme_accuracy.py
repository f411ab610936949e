"""Accuracy of themes: how often a scorer was right on texts that it had not seen, each set apart, with its number.

Average precision and recall at a precision are told for courier fraud, because it has no code of its own and is counted
by its theme alone. The mean over themes (macro-F1) is of themes with ten or more labelled texts: of fewer nothing is said.

Sources: average precision and F1: Manning, Raghavan and Schuetze (2008), Introduction to Information Retrieval, chapter 8;
counts set right for misclassification: Buonaccorsi (2010), Measurement Error, section 2.4; Wilson (1927).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fourfold.analysis.narratives import Floats

TEN = 10
"""Labelled texts of a theme without which nothing is said of it."""
COURIER = "courier_fraud"


@dataclass(frozen=True)
class OfTheme:
    """Of one theme: texts labelled so, texts scored so, and both."""

    theme: str
    labelled: int
    scored: int
    both: int

    @property
    def recall(self) -> float | None:
        """Of those labelled so, the share that was scored so."""
        return self.both / self.labelled if self.labelled else None

    @property
    def precision(self) -> float | None:
        """Of those scored so, the share that is labelled so."""
        return self.both / self.scored if self.scored else None

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.both / (self.labelled + self.scored) if self.labelled + self.scored else 0.0


@dataclass(frozen=True)
class Accuracy:
    """How often labels and scores agree in one set of `n` texts."""

    n: int
    right: int
    themes: tuple[OfTheme, ...]
    courier_average_precision: float | None
    courier_recall_at_90: float | None

    @property
    def judged(self) -> tuple[OfTheme, ...]:
        """The themes with enough labelled texts."""
        return tuple(t for t in self.themes if t.labelled >= TEN)

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 of the themes with enough labelled texts."""
        return sum(t.f1 for t in self.judged) / len(self.judged) if self.judged else None

    def of(self, theme: str) -> OfTheme:
        """What is said of one theme."""
        return next((t for t in self.themes if t.theme == theme), OfTheme(theme, 0, 0, 0))

    def lines(self) -> list[str]:
        """In words, with the numbers they rest on."""
        said = [f"Right in {self.right:,} of {self.n:,} texts ({self.right / self.n:.0%})."]
        if self.macro_f1 is not None:
            said.append(f"Mean F1 of the {len(self.judged)} themes with {TEN} or more texts: {self.macro_f1:.3f}.")
        if self.courier_average_precision is not None:
            n = self.of(COURIER).labelled
            said.append(
                f"Courier fraud ({n:,} texts): average precision {self.courier_average_precision:.3f}; "
                f"recall at 90% precision {self.courier_recall_at_90:.3f}."
            )
        return said


def accuracy(truth: Sequence[str], themes: Sequence[str], probability: Floats) -> Accuracy:
    """How often the labels `truth` and the likeliest of `themes` agree; `probability` has a row a text."""
    best = [themes[i] for i in probability.argmax(axis=1)]
    names = sorted({*truth, *best})
    rows = tuple(
        OfTheme(
            name,
            truth.count(name) if isinstance(truth, list) else sum(t == name for t in truth),
            best.count(name),
            sum(t == b == name for t, b in zip(truth, best, strict=True)),
        )
        for name in names
    )
    is_courier = np.array([t == COURIER for t in truth])
    precision = recall = None
    if is_courier.any() and COURIER in themes:
        precision, recall = ranked(is_courier, probability[:, list(themes).index(COURIER)])
    return Accuracy(len(truth), sum(t == b for t, b in zip(truth, best, strict=True)), rows, precision, recall)


def ranked(is_it: np.typing.NDArray[np.bool_], sureness: Floats, precision: float = 0.9) -> tuple[float, float]:
    """Average precision of a ranking, and the greatest recall at which so much precision is kept. Ties stand together."""
    order = np.argsort(-sureness, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(sureness[order])), len(order) - 1)
    found = np.cumsum(is_it[order])[ends]
    at_precision, at_recall = found / (ends + 1), found / is_it.sum()
    average = float((np.diff(np.concatenate([[0.0], at_recall])) * at_precision).sum())
    enough = at_recall[at_precision >= precision]
    return average, float(enough.max()) if len(enough) else 0.0
