"""How well themes are told and new ones noticed: `python benchmarks/themes.py [--trials N] [--only accuracy|new]`.

Accuracy: each set apart, beside a linear support vector machine on words weighed by rarity that learnt from the same labels.
New themes: in each trial one theme is held out of everything; months of reports are drawn in which base texts recur as in the
demo force; the last month has the theme planted, from as many base texts as reports; six further months have nothing planted.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from fourfold.analysis import emerging_themes, themes
from fourfold.analysis.theme_accuracy import accuracy
from fourfold.codes.themes import LabelledText, checked_texts, labelled_texts
from fourfold.demo.frauds import themes as demo_themes
from fourfold.demo.narratives import fraud_narratives

SIZES = {"8 of 130 NFIB90 reports": (8, 130, 24, True), "12 of 1,300 reports": (12, 1300, 15, False)}
TELLINGS = 40


class Reports:
    """Texts by theme and base, and months drawn of them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.bases: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for seed in range(3):
            asked = [t.name for t in demo_themes() for _ in range(1500)]
            told = fraud_narratives(asked, {}, seed=seed)
            for theme, base, text in zip(asked, told.base_ids, told.texts, strict=True):
                if len(self.bases[theme][base]) < TELLINGS:
                    self.bases[theme][base].append(len(self.texts))
                    self.texts.append(text)
        self.planted = {t: dict(b) for t, b in self.bases.items()}
        for one in labelled_texts("development"):  # more bases to plant of
            self.planted[one.theme].setdefault(one.group, []).append(len(self.texts))
            self.texts.append(one.narrative)
        self.read = emerging_themes.read(self.texts)

    def months(self, held_out: str, size: int, n: int, only_other: bool, rng: np.random.Generator) -> list[np.ndarray]:
        """Months without a theme; each base's share is its own, as in the demo."""
        shares = {}
        for one in demo_themes():
            of_other = dict(zip(one.codes, one.code_weights / one.code_weights.sum(), strict=True)).get("NFIB90", 0.0)
            if one.name != held_out:
                shares[one.name] = one.share * (of_other if only_other else 1.0)
        names = list(shares)
        p = np.array(list(shares.values())) / sum(shares.values())
        of_base = {t: rng.dirichlet(np.full(len(self.bases[t]), 3.0)) for t in names}
        found = []
        for _ in range(n):
            rows: list[int] = []
            for name, k in zip(names, rng.multinomial(size, p), strict=True):
                bases = list(self.bases[name].values())
                rows += [int(rng.choice(bases[b])) for b in rng.choice(len(bases), k, p=of_base[name])]
            found.append(np.array(rows))
        return found

    def plants(self, theme: str, k: int, rng: np.random.Generator) -> np.ndarray:
        """So many reports of a theme, each from a base of its own."""
        bases = list(self.planted[theme].values())
        return np.array([int(rng.choice(bases[b])) for b in rng.choice(len(bases), k, replace=False)])


def new_themes(trials: int, size: str) -> dict[str, Any]:
    """How often a planted theme is found in its first month, and how many false alarms six quiet months have."""
    k, n, before, only_other = SIZES[size]
    reports = Reports()
    held = [t for t, bases in reports.planted.items() if len(bases) >= k and t != "unclear_or_other"]
    hits: dict[str, list[bool]] = defaultdict(list)
    false, caught = [], []
    for trial in range(trials):
        theme, rng = held[trial % len(held)], np.random.default_rng(7_000 + trial)
        months = reports.months(theme, n, before + 6, only_other, rng)
        planted = reports.plants(theme, k, rng)
        first = np.concatenate([months[before][: n - k] if k < n else months[before], planted])
        found = _watched(reports, [*months[:before], rng.permutation(first)], before)
        own = set(planted.tolist())
        hits[theme].append(found[0])
        caught.append(len(own & found[1]) / k)
        alarms = 0
        for quiet in range(6):  # one after another, the earlier quiet ones in the past of the later
            alarms += _watched(reports, [*months[quiet : before + quiet], months[before + quiet]], before)[0]
        false.append(alarms)
        if sys.stderr.isatty() or trial % 20 == 19:
            so_far = np.mean([h for some in hits.values() for h in some])
            print(f"{size}: {trial + 1} trials, found {so_far:.2f}, false {np.mean(false):.2f}", file=sys.stderr)
    found_all = [h for some in hits.values() for h in some]
    return {
        "size": size, "months before": before, "trials": trials, "found in the first month": float(np.mean(found_all)),
        "false alarms in six quiet months": float(np.mean(false)),
        "share of the planted reports in the groups of those found": float(np.mean([c for c in caught if c > 0] or [0.0])),
        "by theme": {t: [int(sum(h)), len(h)] for t, h in sorted(hits.items())},
    }  # fmt: skip


def _watched(reports: Reports, months: Sequence[np.ndarray], at: int) -> tuple[bool, set[int]]:
    rows = np.concatenate(months)
    number = np.repeat(np.arange(len(months)), [len(m) for m in months])
    texts = emerging_themes.Read(reports.read.stems, reports.read.held[rows])
    found = emerging_themes.watched(texts, number.tolist(), at)
    return found.stands_out and bool(found.groups), {int(rows[r]) for g in found.groups for r in g.reports}


def accuracies() -> list[dict[str, Any]]:
    """Each set apart: what it was learnt from, the texts, and a support vector machine beside."""
    demo, development = labelled_texts("demo"), labelled_texts("development")
    one_a_base = list({one.group: one for one in reversed(demo)}.values())
    days = sorted({one.reported_on for one in development})
    split = days[int(len(days) * 0.7)]
    early = [one for one in development if one.reported_on < split]
    late = [one for one in development if one.reported_on >= split and one.group not in {e.group for e in early}]
    bases = sorted({one.group for one in demo})
    return [
        _accuracy("development by time, no base on both sides", [*demo, *early], late, early),
        _accuracy("development, learnt from the demo's wording", demo, development, demo),
        _accuracy("demo, a telling a base, learnt from the development set", development, one_a_base, development),
        *[
            _apart(demo, development, set(bases[half::2]), f"demo, every telling, bases kept apart, half {half + 1}")
            for half in (0, 1)
        ],
        _accuracy("check set, learnt from all", [*demo, *development], checked_texts(), [*demo, *development]),
        _accuracy(
            "check set, support vector machine from the development set",
            [*demo, *development],
            checked_texts(),
            development,
        ),
    ]


def _apart(
    demo: Sequence[LabelledText], development: Sequence[LabelledText], learnt: set[str], name: str
) -> dict[str, Any]:
    """The tellings of half the bases, by a scorer that learnt from the other half and the development set."""
    known = [*(one for one in demo if one.group in learnt), *development]
    return _accuracy(name, known, [one for one in demo if one.group not in learnt], known)


def _accuracy(
    name: str, learnt: Sequence[LabelledText], asked: Sequence[LabelledText], same: Sequence[LabelledText]
) -> dict[str, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    truth, texts = [one.theme for one in asked], [one.narrative for one in asked]
    scores = themes.scores(themes.scorer(list(learnt)), texts)
    own = accuracy(truth, scores.themes, scores.probability)
    words = TfidfVectorizer()
    machine = LinearSVC().fit(words.fit_transform([o.narrative for o in same]), [o.theme for o in same])
    other = accuracy(truth, [str(c) for c in machine.classes_], machine.decision_function(words.transform(texts)))
    right = np.array([t == b for t, b in zip(truth, scores.best, strict=True)])
    sure = ~scores.abstains
    return {
        "set": name, "n": own.n, "right": own.right, "themes with ten": len(own.judged), "mean F1": own.macro_f1,
        "SVM mean F1": other.macro_f1, "courier n": own.of("courier_fraud").labelled,
        "courier average precision": own.courier_average_precision, "courier recall at 90%": own.courier_recall_at_90,
        "SVM courier average precision": other.courier_average_precision,
        "abstains": float(1 - sure.mean()), "right where it does not": float(right[sure].mean()),
    }  # fmt: skip


def speed() -> dict[str, float]:
    """Seconds to score 10,000 short texts, the scorer at hand."""
    texts = [one.narrative for one in labelled_texts()]
    many = [f"{texts[i % len(texts)]} {i}" for i in range(10_000)]
    scorer = themes.scorer()
    start, cpu = time.perf_counter(), time.process_time()
    themes.explained_scores(scorer, many)
    return {
        "texts": 10_000,
        "mean signs": sum(map(len, many)) / len(many),
        "seconds": time.perf_counter() - start,
        "seconds of one core": time.process_time() - cpu,
    }


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--trials", type=int, default=200)
    asked.add_argument("--only", choices=("accuracy", "new", "speed"))
    asked.add_argument("--size", choices=tuple(SIZES))
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    told: dict[str, Any] = {
        "command": " ".join(["benchmarks/themes.py", *sys.argv[1:]]),
        "date": datetime.now(UTC).date().isoformat(),
    }
    if given.only in (None, "accuracy"):
        told["accuracy"] = accuracies()
    if given.only in (None, "speed"):
        told["speed"] = speed()
    if given.only in (None, "new"):
        told["new themes"] = [new_themes(given.trials, s) for s in ([given.size] if given.size else SIZES)]
    text = json.dumps(told, indent=2)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    print(text)
