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
from fourfold.codes.themes import labelled_texts
from fourfold.demo.narratives import FRAUD_THEMES, fraud_narratives

_TELLINGS, _SEED, _DRAWN = 4, 20_221, 600
_SOURCE = Path(__file__).parents[1] / "src" / "fourfold"
_TEXTS = _SOURCE / "codes" / "data" / "theme_texts.csv.gz"
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


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_texts(Path(sys.argv[1]))
    _SCORER.parent.mkdir(exist_ok=True)
    _SCORER.write_bytes(themes.as_bytes(themes.scorer(labelled_texts())))
    for path in (_TEXTS, _SCORER):
        print(f"{path.name}: {path.stat().st_size:,} bytes")
