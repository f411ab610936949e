"""Methods: where and how entry was made, with what tool, and what was sought, for each kind of crime.

The words are the force's own, invented; a series keeps to its own method, more or less.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from fourfold.demo.crimes import Crimes, habits
from fourfold.demo.scenario import Ints, chosen

FEATURES = ("entry_point", "entry_method", "tool", "target")


@cache
def _words() -> dict[str, dict[str, dict[str, float]]]:
    """Words by kind of crime and feature, each with how common it is."""
    plain = tomllib.loads((files("fourfold.demo") / "data" / "methods.toml").read_text(encoding="utf-8"))
    return {
        kind: {feature: {"" if w == "none" else w: n for w, n in known.items()} for feature, known in features.items()}
        for kind, features in plain.items()
    }


@dataclass
class Methods:
    """The method of each crime, in the order of the crimes: a feature's words, and each crime's index of them (or -1)."""

    words: dict[str, tuple[str, ...]]
    at: dict[str, Ints]

    def reordered(self, order: Ints) -> Methods:
        """The same for crimes in another order, or some of them."""
        return Methods(self.words, {name: values[order] for name, values in self.at.items()})


@cache
def words_of(feature: str) -> tuple[str, ...]:
    """Every word of a feature."""
    return tuple(sorted({w for kinds in _words().values() for w in kinds[feature] if w}))


def drawn_methods(crimes: Crimes, rng: np.random.Generator) -> Methods:
    """The method of each crime by what is common in its kind; a sixth of the fields are left empty, as they are."""
    words = {feature: words_of(feature) for feature in FEATURES}
    at = {feature: np.full(crimes.size, -1, dtype=np.int64) for feature in FEATURES}
    for number, habit in enumerate(habits()):
        if habit.name not in _words():
            continue
        own = np.flatnonzero(crimes.kind == number)
        for feature in FEATURES:
            known = _words()[habit.name][feature]
            index = np.array([words[feature].index(w) if w else -1 for w in known])
            drawn = index[chosen(list(known.values()), len(own), rng)]
            at[feature][own] = np.where(rng.random(len(own)) < 0.16, -1, drawn)
    return Methods(words, at)


def method_of_a_series(kind: str, rng: np.random.Generator) -> dict[str, int]:
    """One method that a series keeps to: an index of words for each feature, or -1."""
    found = {}
    for feature in FEATURES:
        known = _words()[kind][feature]
        # Flattened, so that series are not all of the commonest method.
        word = list(known)[int(chosen(np.sqrt(list(known.values())), 1, rng)[0])]
        found[feature] = words_of(feature).index(word) if word else -1
    return found
