"""Emerging themes: reports unlike any that came before, by month, and the groups among them that keep their identity.

    each report's likeness to the reports of other months -> the few that are unlike any -> are they more than in other months?
    -> what do they share? -> a group, with its words, which later months' reports join

No label and no cue is used: a theme that nobody has thought of yet has neither. How many reports are unlike all others is
judged by the months themselves: each month before is looked at as if it were the newest, with the others for its past. The
newest month stands out when no more than one in eight months so taken, itself included, is as far out. A month is watched with
the past that it had then, so a later month never changes what was found of an earlier one. A group is called by its first month
and the word most its own; when more of a month has come, that word can change, and `theme_reports.identified` knows it again.
Reports told in nearly the same words count once, and one telling again is like the first.

What it notices is new telling. A theme that grows is a trend (`theme_trends`), not a new theme.

Sources: likeness by the cosine of words weighed by rarity: Salton and Buckley (1988), Information Processing and Management
24; novelty as distance from all that came before: Allan, Papka and Lavrenko (1998), SIGIR; the rank of a month among months:
Dwass (1957), Annals of Mathematical Statistics 28; average linkage: Sokal and Michener (1958), University of Kansas Science
Bulletin 38.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.stats import binom, poisson

from fourfold.analysis import narratives
from fourfold.analysis.findings import Method
from fourfold.analysis.narratives import Floats, Ints

MONTHS_NEEDED, MONTHS_KEPT = 8, 24
"""Months before a month without which it is not watched, and how many are looked back on."""
STANDS_OUT = 1 / 8
"""The share of months as far out, the watched one included, at which it stands out."""
FEWEST = 3
"""Reports of which a group is made."""

METHOD = Method(
    name="emerging themes",
    text="Reports unlike any of the months before are counted, each telling once; a month stands out by its rank among the "
    "months before, each judged so; groups among the unlike reports are what share rare words.",
    source="Salton and Buckley 1988; Allan, Papka and Lavrenko 1998; Dwass 1957; Sokal and Michener 1958.",
)

_KEPT_TO_COMPARE = 7_200  # reports of the past with which others are compared
_UNLIKE_A_MONTH, _UNLIKE_SHARE = 4.0, (0.005, 0.03)
_SAME_TELLING = 0.45  # of all their words, rare or not
_COMMON, _COMMON_OF_FEW, _MANY = 0.06, 0.3, 1_000  # a word that more of the texts hold tells none from another
_APART = 0.93  # the cosine distance at which groups are cut
_SEED = 11
_AT_ONCE = 2_000
_ENDINGS = ("'s", "ing", "ies", "es", "ed", "s")


@dataclass(frozen=True)
class Group:
    """Reports of one month that are unlike what came before and like each other. `reports` are row numbers."""

    identity: str
    name: str
    words: tuple[str, ...]
    reports: tuple[int, ...]


@dataclass(frozen=True)
class Watched:
    """One month watched: how many reports were unlike any before, how many in the months before, and how far out that is.

    `chance` is the share of months as far out, this one included; None where too few months are held.
    """

    month: int
    reports: int
    unlike: int
    expected: float
    chance: float | None
    groups: tuple[Group, ...] = ()

    @property
    def stands_out(self) -> bool:
        """Whether more reports are unlike any before than chance would often have."""
        return self.chance is not None and self.chance <= STANDS_OUT + 1e-9


@dataclass
class EmergingTheme:
    """A group that keeps its identity: the reports that joined it, by month (row numbers)."""

    identity: str
    name: str
    words: tuple[str, ...]
    first_month: int
    chance: float
    expected: float
    by_month: dict[int, list[int]] = field(default_factory=dict)

    @property
    def reports(self) -> list[int]:
        """All of its reports."""
        return [row for rows in self.by_month.values() for row in rows]


@dataclass(frozen=True)
class Read:
    """Texts read once: which of `stems` (columns) each text (row) has; a stem is called by its commonest word."""

    stems: list[str]
    held: sparse.csr_matrix


@dataclass(frozen=True)
class _Told:
    """Texts as vectors of length one: `held` says which of the telling words each has, `every` which of all words."""

    stems: list[str]
    held: sparse.csr_matrix
    every: sparse.csr_matrix
    vectors: sparse.csr_matrix
    month: Ints


def watched(texts: Read, months: Sequence[int], month: int, labels: Sequence[str] | None = None) -> Watched:
    """Look at one month with the months before for its past. `months` numbers each text's month, without gaps.

    `labels` names months for identities (by number from the first); without them the numbers do.
    """
    of_month = np.asarray(months, dtype=np.int64)
    rows = np.flatnonzero((of_month <= month) & (of_month >= month - MONTHS_KEPT))
    found, _ = _watched(_told(texts, rows, of_month[rows], month), month)
    return _named(found, rows, labels)


def emerging_themes(
    texts: Read, months: Sequence[int], watch: Sequence[int], labels: Sequence[str] | None = None
) -> tuple[list[EmergingTheme], list[Watched]]:
    """Watch some months, in order: the themes that emerged, with those reports of later months that joined them.

    A report joins a theme when it is more like one of the theme's reports than any other of the past. A group most of whose
    reports join a theme found before is that theme again, not another.
    """
    of_month = np.asarray(months, dtype=np.int64)
    themes: list[EmergingTheme] = []
    seen: list[Watched] = []
    owner = np.full(len(of_month), -1)
    for month in watch:
        rows = np.flatnonzero((of_month <= month) & (of_month >= month - MONTHS_KEPT))
        told = _told(texts, rows, of_month[rows], month)
        found, nearest = _watched(told, month)
        own = np.flatnonzero(told.month == month)
        joins = np.where(nearest >= 0, owner[rows[np.maximum(nearest, 0)]], -1)
        for at, theme in zip(own, joins, strict=True):
            if theme >= 0:
                owner[rows[at]] = theme
                themes[theme].by_month.setdefault(month, []).append(int(rows[at]))
        named = _named(found, rows, labels)
        seen.append(named)
        for group in named.groups if named.stands_out else ():
            before = [owner[r] for r in group.reports if owner[r] >= 0]
            if len(before) * 2 >= len(group.reports):
                theme = max(set(before), key=before.count)
                fresh = [r for r in group.reports if owner[r] < 0]
                themes[theme].by_month.setdefault(month, []).extend(fresh)
                owner[fresh] = theme
                continue
            fresh = [r for r in group.reports if owner[r] < 0]
            assert named.chance is not None
            owner[fresh] = len(themes)
            themes.append(
                EmergingTheme(
                    group.identity, group.name, group.words, month, named.chance, named.expected, {month: fresh}
                )
            )
    return themes, seen


def _named(found: Watched, rows: Ints, labels: Sequence[str] | None) -> Watched:
    """Groups by the rows of the texts given, and identities by the month's label."""
    label = labels[found.month] if labels is not None else str(found.month)
    groups = tuple(
        Group(f"{label}-{g.identity}", g.name, g.words, tuple(int(rows[i]) for i in g.reports)) for g in found.groups
    )
    return Watched(found.month, found.reports, found.unlike, found.expected, found.chance, groups)


def _stem(word: str) -> str:
    plain = narratives.plain(word)
    if len(plain) < 3 or plain[0] in "£#":
        return ""
    for ending in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) >= 3:
            return plain[: -len(ending)]
    return plain


def read(texts: Sequence[str]) -> Read:
    """Texts as the words they have; words that differ by an ending are one."""
    told = narratives.words(texts)
    number: dict[str, int] = {}
    stems = [_stem(w) for w in told.seen]
    at = np.array([number.setdefault(s, len(number)) if s else -1 for s in stems], dtype=np.int64)
    kept = np.flatnonzero(at >= 0)
    shape = (max(len(stems), 1), max(len(number), 1))
    held = (told.counts @ sparse.csr_matrix((np.ones(len(kept)), (kept, at[kept])), shape=shape)).tocsr()
    held.data[:] = 1.0
    often = np.asarray(told.counts.sum(axis=0)).ravel()
    names = [""] * len(number)
    for word in np.argsort(often, kind="stable"):  # the form most often written stands for all
        if at[word] >= 0:
            names[at[word]] = told.seen[word]
    return Read(names, held.astype(np.float32))


def _told(texts: Read, rows: Ints, month: Ints, newest: int) -> _Told:
    every = held = texts.held[rows]
    holders = np.asarray(held.sum(axis=0)).ravel()
    often = np.flatnonzero(
        (holders >= 2) & (holders <= (_COMMON if len(rows) >= _MANY else _COMMON_OF_FEW) * len(rows))
    )
    held = held[:, often].tocsr()
    past = month < newest
    rarity = np.log((past.sum() + 1) / (np.asarray(held[past].sum(axis=0)).ravel() + 1)) + 0.3
    vectors = held.multiply(rarity).tocsr().astype(np.float32)
    length = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    vectors.data /= np.repeat(np.where(length > 0, length, 1.0), np.diff(vectors.indptr)).astype(np.float32)
    return _Told([texts.stems[i] for i in often], held, every, vectors, month)


def _watched(told: _Told, month: int) -> tuple[Watched, Ints]:
    """The month watched, and for each of its reports the nearest of the past (its row), -1 where there is none."""
    own = np.flatnonzero(told.month == month)
    past = [m for m in np.unique(told.month).tolist() if m < month]
    if len(past) < MONTHS_NEEDED or not len(own):
        return Watched(month, len(own), 0, 0.0, None), np.full(len(own), -1)
    rng = np.random.default_rng(_SEED)
    each = max(_KEPT_TO_COMPARE // len(past), 1)
    kept = np.concatenate([np.sort(rng.permutation(np.flatnonzero(told.month == m))[:each]) for m in past])
    likest, nearest = _likest(told, kept)
    size = float(np.mean([(told.month == m).sum() for m in past]))
    share = float(np.clip(_UNLIKE_A_MONTH / max(size, 1.0), *_UNLIKE_SHARE))
    bound = float(np.quantile(likest[told.month < month], share)) + 1e-9
    unlike = {m: _tellings(told, np.flatnonzero((told.month == m) & (likest <= bound))) for m in (*past, month)}
    expected = max(float(np.mean([len(unlike[m]) for m in past])), 0.3)
    often = np.asarray(told.held[told.month < month].sum(axis=0)).ravel()
    n_past = int((told.month < month).sum())
    out = {m: _how_far_out(told, unlike[m], m, month, expected, often, n_past) for m in (*past, month)}
    chance = (1 + sum(out[m] >= out[month] for m in past)) / (len(past) + 1)
    found = Watched(month, len(own), len(unlike[month]), expected, chance)
    if found.stands_out:
        groups = _groups(told, unlike[month], own, likest, often, n_past)
        found = Watched(month, len(own), len(unlike[month]), expected, chance, groups)
    return found, nearest[own]


def _likest(told: _Told, kept: Ints) -> tuple[Floats, Ints]:
    """For each report its likeness to the likest report kept of another month, and which that is."""
    past = told.vectors[kept].T.tocsr()
    of_kept = told.month[kept]
    likest, nearest = np.zeros(len(told.month)), np.full(len(told.month), -1)
    for start in range(0, len(told.month), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        likeness = (told.vectors[some] @ past).toarray()
        likeness[told.month[some, None] == of_kept[None, :]] = 0.0
        best = likeness.argmax(axis=1)
        likest[some] = likeness[np.arange(len(best)), best]
        nearest[some] = np.where(likest[some] > 0, kept[best], -1)
    return likest, nearest


def _tellings(told: _Told, rows: Ints) -> Ints:
    """Rows without those that tell what an earlier one tells in nearly the same words."""
    if len(rows) < 2:
        return rows
    shared = (told.every[rows] @ told.every[rows].T).toarray()
    size = np.sqrt(np.maximum(shared.diagonal(), 1.0))
    likeness = shared / size[:, None] / size[None, :]
    kept: list[int] = []
    for i in range(len(rows)):
        if not any(likeness[i, j] > _SAME_TELLING for j in kept):
            kept.append(i)
    return rows[kept]


def _evidence(told: _Told, rows: Ints, often: Floats, n_past: int) -> Floats:
    """For each word how little its number among some reports is chance's doing: minus the logarithm of the binomial tail."""
    here = np.asarray(told.held[rows].sum(axis=0)).ravel()
    tail = binom.logsf(here - 1, len(rows), (often + 0.5) / (n_past + 1))
    found: Floats = np.where(here >= 2, -tail / np.log(10), 0.0)
    return found


def _how_far_out(told: _Told, unlike: Ints, of: int, newest: int, expected: float, often: Floats, n_past: int) -> float:
    """How far out a month is: by the number of reports unlike others, and by the word that they share most."""
    number = float(-poisson.logsf(len(unlike) - 1, expected) / np.log(10))
    if len(unlike) < FEWEST or not told.stems:
        return number
    if of < newest:  # a month of the past is judged by the others
        rows = told.month == of
        often, n_past = often - np.asarray(told.held[rows].sum(axis=0)).ravel(), n_past - int(rows.sum())
    return number + float(_evidence(told, unlike, np.maximum(often, 0), n_past).max()) / 3


def _groups(told: _Told, unlike: Ints, own: Ints, likest: Floats, often: Floats, n_past: int) -> tuple[Group, ...]:
    """Groups of reports that share rare words, largest first; all of them where none do."""
    evidence = _evidence(told, unlike, often, n_past)
    shared = told.held[unlike].multiply(np.where(evidence > 1, evidence, 0.0)).toarray()
    length = np.linalg.norm(shared, axis=1)
    tells = np.flatnonzero(length > 0)
    parts = np.zeros(len(unlike), dtype=int)
    if len(tells) > 1:
        unit = shared[tells] / length[tells, None]
        apart = np.clip(1 - (unit @ unit.T)[np.triu_indices(len(tells), 1)], 0, 2)
        parts[tells] = fcluster(linkage(apart, "average"), _APART, criterion="distance")
    made = [unlike[parts == p] for p in np.unique(parts[tells])] if len(tells) else []
    made = sorted((m for m in made if len(m) >= FEWEST), key=len, reverse=True) or (
        [unlike] if len(unlike) >= FEWEST else []
    )
    found: list[Group] = []
    taken: set[int] = set()
    for members in made:
        nearer = _nearer(told, members, own, likest)
        rows = [int(r) for r in np.union1d(members, nearer) if int(r) not in taken]
        taken |= set(rows)
        words = _words(told, members, often, n_past)
        found.append(
            Group(words[0] if words else "unnamed", ", ".join(words[:3]) or "no shared word", words, tuple(rows))
        )
    return tuple(found)


def _nearer(told: _Told, members: Ints, own: Ints, likest: Floats) -> Ints:
    """Reports of the month that are more like a member than any report of the past."""
    others = np.setdiff1d(own, members)
    if not len(others):
        return others
    likeness = (told.vectors[others] @ told.vectors[members].T).toarray().max(axis=1)
    found: Ints = others[likeness > np.maximum(likest[others], 0.15)]
    return found


def _words(told: _Told, members: Ints, often: Floats, n_past: int) -> tuple[str, ...]:
    """The words most a group's own, by evidence."""
    evidence = _evidence(told, members, often, n_past)
    order = np.argsort(-evidence, kind="stable")[:8]
    return tuple(told.stems[i] for i in order if evidence[i] > 1)
