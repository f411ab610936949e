"""Theme reports: a force's reports of fraud read once, as counts by theme and month, and what emerges among "other".

What is kept of the reading holds no narrative: counts, the words that reports share, and opaque keys of the reports of an
emerging theme. Of each emerging theme it says how many victims are vulnerable by the national score, how old they are, what
was lost and where they live, each with the number that it rests on: a score that was not asked is not a low one. Vulnerable is
who has the score that refers to the victim-care unit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import count, pairwise
from typing import Any

import polars as pl

from fourfold.analysis import emerging_themes, themes
from fourfold.analysis.emerging_themes import EmergingTheme
from fourfold.analysis.theme_trends import Month
from fourfold.analysis.themes import Scorer
from fourfold.codes.fraud import OTHER
from fourfold.codes.themes import LabelledText, labelled_texts
from fourfold.codes.triage_rules import triage_rule

WATCHED_MONTHS = 6
"""How many of the last months are watched for themes that nobody has named."""
COLUMNS = (
    "key",
    "reported_on",
    "nfib_code",
    "narrative",
    "vulnerability_score",
    "age_at_report",
    "loss_pence",
    "place",
)
_PHRASES, _SHARED_BY = 4, 3


@dataclass(frozen=True)
class Emerging:
    """An emerging theme as it stands: `by_month` are reports by month (ISO), `keys` name its reports without naming them."""

    identity: str
    name: str
    words: tuple[str, ...]
    phrases: tuple[str, ...]
    first_month: str
    chance: float
    expected: float
    by_month: dict[str, int]
    keys: tuple[str, ...]
    scores_given: int
    vulnerable: int
    ages_given: int
    median_age: float | None
    losses_given: int
    loss_pence: int
    places: dict[str, int]

    @property
    def reports(self) -> int:
        """How many reports."""
        return sum(self.by_month.values())


@dataclass(frozen=True)
class ThemeReports:
    """What a reading gave: months by theme, months watched, and what emerged.

    `theme_of` has the theme of each report, by its opaque key, where the scorer was sure of one. `read_as` are the themes that
    the scorer knew: of any other nothing is known, which is not none.
    """

    months: tuple[Month, ...]
    watched: tuple[dict[str, Any], ...]
    emerging: tuple[Emerging, ...]
    scorer: str
    without_narrative: int
    theme_of: Mapping[str, str] = field(default_factory=dict)
    read_as: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain data that JSON can hold."""
        plain = asdict(self)
        plain["months"] = [{**m, "month": m["month"].isoformat(), "scored": dict(m["scored"])} for m in plain["months"]]
        return plain


def theme_reports_from(plain: dict[str, Any]) -> ThemeReports:
    """What `as_dict` wrote."""
    return ThemeReports(
        months=tuple(Month(**{**m, "month": date.fromisoformat(m["month"])}) for m in plain["months"]),
        watched=tuple(plain["watched"]),
        emerging=tuple(
            Emerging(**{**e, **{name: tuple(e[name]) for name in ("words", "phrases", "keys")}})
            for e in plain["emerging"]
        ),
        scorer=plain["scorer"],
        without_narrative=plain["without_narrative"], theme_of=plain.get("theme_of", {}),
        read_as=tuple(plain.get("read_as", ())),
    )  # fmt: skip


def theme_reports(rows: pl.DataFrame, confirmed: Mapping[str, Sequence[str]] | None = None) -> ThemeReports:
    """Read a force's reports: `rows` has COLUMNS, a row a report. `confirmed` has the keys of themes that were confirmed.

    Reports of a confirmed theme are its labels: what is scored from then on learns from them too, under its identity.
    """
    told = rows.filter(pl.col("narrative").is_not_null() & pl.col("reported_on").is_not_null()).sort(
        "reported_on", "key"
    )
    scorer = _scorer(told, confirmed or {})
    found = themes.scores(scorer, told["narrative"].to_list())
    scored = told.select(pl.col("reported_on").dt.truncate("1mo").alias("month")).with_columns(
        pl.Series("theme", found.best), pl.Series("abstains", found.abstains)
    )
    months = tuple(_month(str_month, part) for (str_month,), part in scored.group_by(["month"], maintain_order=True))
    watched, emerged = _emerging(told.filter(pl.col("nfib_code") == OTHER))
    sure = {
        key: theme for key, theme, abstains in zip(told["key"], found.best, found.abstains, strict=True) if not abstains
    }
    return ThemeReports(months, watched, emerged, scorer.digest, rows.height - told.height, sure, found.themes)


def _scorer(told: pl.DataFrame, confirmed: Mapping[str, Sequence[str]]) -> Scorer:
    if not confirmed:
        return themes.scorer()
    text_of = dict(told.select("key", "narrative").iter_rows())
    own = [
        LabelledText(key, theme, text_of[key], "the force", key)
        for theme, keys in confirmed.items()
        for key in keys
        if key in text_of
    ]
    return themes.scorer([*labelled_texts(), *own]) if own else themes.scorer()


def _month(month: date, part: pl.DataFrame) -> Month:
    sure = part.filter(~pl.col("abstains"))
    counts = Counter(sure["theme"].to_list())
    return Month(month, part.height, dict(sorted(counts.items())), part.height - sure.height)


def _emerging(other: pl.DataFrame) -> tuple[tuple[dict[str, Any], ...], tuple[Emerging, ...]]:
    """The last months of "other", watched one after another."""
    if other.is_empty():
        return (), ()
    first, last = other["reported_on"].min(), other["reported_on"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    n = (last.year - first.year) * 12 + last.month - first.month + 1
    labels = [f"{first.year + (first.month - 1 + i) // 12}-{(first.month - 1 + i) % 12 + 1:02}" for i in range(n)]
    number = {label: i for i, label in enumerate(labels)}
    of_month = [number[f"{d:%Y-%m}"] for d in other["reported_on"].to_list()]
    texts = other["narrative"].to_list()
    watch = list(range(max(n - WATCHED_MONTHS, 0), n))
    found, seen = emerging_themes.emerging_themes(emerging_themes.read(texts), of_month, watch, labels)
    watched = tuple(
        {"month": labels[w.month], "reports": w.reports, "unlike": w.unlike, "expected": round(w.expected, 2),
         "chance": None if w.chance is None else round(w.chance, 4), "stands_out": w.stands_out}
        for w in seen
    )  # fmt: skip
    return watched, tuple(_described(one, other, texts, labels) for one in found if one.reports)


def _described(one: EmergingTheme, other: pl.DataFrame, texts: Sequence[str], labels: Sequence[str]) -> Emerging:
    own = other[one.reports]
    scores, ages, losses = (own[c].drop_nulls() for c in ("vulnerability_score", "age_at_report", "loss_pence"))
    median = ages.median()
    return Emerging(
        identity=one.identity, name=one.name, words=one.words,
        phrases=shared_phrases([texts[r] for r in one.reports]), first_month=labels[one.first_month],
        chance=round(one.chance, 4), expected=round(one.expected, 2),
        by_month={labels[m]: len(rows) for m, rows in sorted(one.by_month.items()) if rows},
        keys=tuple(own["key"].to_list()), scores_given=len(scores), vulnerable=int((scores >= triage_rule().least_score).sum()),
        ages_given=len(ages), median_age=float(median) if isinstance(median, (int, float)) else None,
        losses_given=len(losses), loss_pence=int(losses.sum()),
        places=dict(Counter(p or "not recorded" for p in own["place"].to_list()).most_common(3)),
    )  # fmt: skip


def shared_phrases(texts: Sequence[str]) -> tuple[str, ...]:
    """Phrases of two words that three reports or more share, most shared first: no one report is told by them."""
    common = {
        "the",
        "and",
        "was",
        "for",
        "that",
        "with",
        "had",
        "have",
        "they",
        "from",
        "this",
        "said",
        "not",
        "but",
        "been",
    }
    counts: Counter[str] = Counter()
    for text in texts:
        words = re.findall(r"[a-z']+|£?\d+", text.lower())
        counts.update({
            f"{a} {b}" for a, b in pairwise(words) if not {a, b} & common and min(len(a), len(b)) > 2
        })  # fmt: skip
    shared = [phrase for phrase, n in counts.most_common() if n >= _SHARED_BY]
    return tuple(shared[:_PHRASES])


def renamed(found: ThemeReports, names: dict[str, str]) -> ThemeReports:
    """The same reading, its emerging themes under the names that analysts gave them."""
    return replace(found, emerging=tuple(replace(e, name=names.get(e.identity, e.name)) for e in found.emerging))


def merged(found: ThemeReports, into: Mapping[str, str]) -> ThemeReports:
    """The same reading, what was scored as of a theme counted as of that which it was merged into since."""
    if not into:
        return found
    months = []
    for month in found.months:
        scored: Counter[str] = Counter()
        for theme, n in month.scored.items():
            scored[into.get(theme, theme)] += n
        months.append(replace(month, scored=dict(sorted(scored.items()))))
    of = {key: into.get(theme, theme) for key, theme in found.theme_of.items()}
    return replace(found, months=tuple(months), theme_of=of)


def identified(found: ThemeReports, before: Mapping[str, Sequence[str]]) -> ThemeReports:
    """The same reading, each emerging theme under the identity that it keeps. `before` has the keys of each found before.

    A theme is one found before when they share half or more of the reports of the smaller; the two that share most are matched
    first, and each once. Any other has a new identity: its first month and a serial, never a word of the reports.
    """
    shared = sorted(
        (
            (-len(both), at, identity)
            for at, one in enumerate(found.emerging)
            for identity, keys in before.items()
            if (both := set(one.keys) & set(keys)) and len(both) * 2 >= min(len(one.keys), len(set(keys)))
        )
    )
    identity_of: dict[int, str] = {}
    for _, at, identity in shared:
        if at not in identity_of and identity not in identity_of.values():
            identity_of[at] = identity
    taken = set(before)
    for at, one in enumerate(found.emerging):
        if at not in identity_of:
            identity_of[at] = next(
                new for n in count(len(taken) + 1) if (new := f"{one.first_month}-{n:03}") not in taken
            )
            taken.add(identity_of[at])
    return replace(
        found, emerging=tuple(replace(one, identity=identity_of[at]) for at, one in enumerate(found.emerging))
    )
