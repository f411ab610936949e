"""Writes what the scorer of themes learns from, and what it learnt: `python tools/themes.py [DEVELOPMENT.csv]`.

Some tellings of every base of the demo force's wording, and the development set (its columns are those that
`fourfold themes score` reads). Both are fictitious. Same wording, same bytes. Without a file the texts stay, and the scorer
is learnt anew from them: after a change of `codes/data/theme_cues.toml`, say.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections import Counter
from pathlib import Path

from fourfold.analysis import themes
from fourfold.analysis.theme_accuracy import accuracy
from fourfold.analysis.theme_trends import BY_TIME
from fourfold.codes.themes import LabelledText, checked_texts, labelled_texts
from fourfold.demo.narratives import FRAUD_THEMES, fraud_narratives

_TELLINGS, _SEED, _DRAWN = 4, 20_221, 600
_SOURCE = Path(__file__).parents[1] / "src" / "fourfold"
_TEXTS = _SOURCE / "codes" / "data" / "theme_texts.csv.gz"
_ACCURACY = _SOURCE / "analysis" / "data" / "theme_accuracy.csv"
_BEFORE = 0.7  # the share of the days with reports that are learnt from
_SCORER = _SOURCE / "analysis" / "data" / "themes.npz"
_COLUMNS = ("report_id", "theme", "narrative", "hand", "group", "reported_on")


def demo_texts() -> list[tuple[str, ...]]:
    """So many tellings of each base."""
    asked = [theme for theme in FRAUD_THEMES for _ in range(_DRAWN)]
    told = fraud_narratives(asked, {}, seed=_SEED)
    taken: Counter[str] = Counter()
    rows = []
    for theme, base, text in zip(asked, told.base_ids, told.texts, strict=True):
        if taken[base] < _TELLINGS:
            taken[base] += 1
            rows.append((f"DEMO-{len(rows) + 1:05}", theme, text, "demo", base, ""))
    return rows


def development_texts(path: Path) -> list[tuple[str, ...]]:
    """The development set, by its own groups."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (r["report_id"], r["true_theme"], r["narrative"], "development", r["base_id"], r["report_date"])
            for r in csv.DictReader(file)
        ]


def write_texts(development: Path) -> None:
    """Write the labelled texts."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows([_COLUMNS, *demo_texts(), *development_texts(development)])
    _TEXTS.write_bytes(gzip.compress(written.getvalue().encode(), mtime=0))


def time_split() -> tuple[list[LabelledText], list[LabelledText]]:
    """The development set's texts before a day with the demo's, and those after it of other groups."""
    development = labelled_texts("development")
    days = sorted({one.reported_on for one in development})
    split = days[int(len(days) * _BEFORE)]
    early = [one for one in development if one.reported_on < split]
    groups = {one.group for one in early}
    late = [one for one in development if one.reported_on >= split and one.group not in groups]
    return [*labelled_texts("demo"), *early], late


def write_accuracy() -> None:
    """Write how the way of learning does on each set, by theme."""
    learnt, late = time_split()
    sets = [
        (BY_TIME, themes.scorer(learnt), late),
        (
            "development, learnt from the demo's wording",
            themes.scorer(labelled_texts("demo")),
            labelled_texts("development"),
        ),
        ("check set, learnt from all", themes.scorer(), checked_texts()),
    ]
    with _ACCURACY.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["set", "n", "theme", "labelled", "scored", "both"])
        for name, scorer, asked in sets:
            found = themes.scores(scorer, [one.narrative for one in asked])
            told = accuracy([one.theme for one in asked], found.themes, found.probability)
            out.writerows([name, told.n, t.theme, t.labelled, t.scored, t.both] for t in told.themes)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_texts(Path(sys.argv[1]))
    _SCORER.parent.mkdir(exist_ok=True)
    _SCORER.write_bytes(themes.as_bytes(themes.scorer(labelled_texts())))
    write_accuracy()
    for path in (_TEXTS, _SCORER, _ACCURACY):
        print(f"{path.name}: {path.stat().st_size:,} bytes")
