"""Themes: what a report of fraud is about, in the force's own words for it, over the national code that never changes.

A scorer learns from texts that people have labelled (those shipped, by two hands, and whatever the force's analysts have
labelled) and from written cues of each theme's definition. Words, pairs of words, parts of words and cues are weighed
together by one penalised multinomial logistic regression, each theme counting alike. To what it says a quarter of what a
complement naive Bayes says of the words and pairs is added: where a theme has few texts, counting all that are *not* of it is
steadier than weighing those that are. The probabilities are then set right
by leaving each hand out in turn: a scorer that learnt from the others scores it, and one temperature is chosen by which
those scores are worth what they say. That is how texts by yet another hand will fare; to leave out texts at random would
flatter. Where the likeliest theme is less sure than `ABSTAINS_UNDER`, the scorer abstains: the best guess is given,
marked as not to be counted on, and somebody reads the report.

The same texts give the same scorer. What drove a score is told as the words of the text that spoke most for the theme, and
the ideas that were found.

Sources: logistic regression, penalised: Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning,
section 4.4; inverse document frequency: Sparck Jones (1972), Journal of Documentation 28; temperature: Guo and others
(2017), Proceedings of Machine Learning Research 70; complement naive Bayes: Rennie and others (2003), Proceedings of the
20th International Conference on Machine Learning; abstaining: Chow (1970), IEEE Transactions on Information Theory 16.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize_scalar

from fourfold.analysis import narratives
from fourfold.analysis.findings import Method
from fourfold.analysis.narratives import Floats, Ints, Words
from fourfold.codes.themes import LabelledText, cues, labelled_texts
from fourfold.errors import RecordsInvalid

ABSTAINS_UNDER = 0.5
"""The probability of the likeliest theme under which the scorer abstains."""
FEWEST_OF_A_THEME = 3
"""Labelled texts without which a theme is not learnt."""

METHOD = Method(
    name="themes",
    text="Words, pairs and parts of words and written cues, weighed by a penalised logistic regression and a complement naive "
    "Bayes that learnt from labelled texts; probabilities set right by leaving each hand out in turn; under 0.5 it abstains.",
    source="Hastie, Tibshirani and Friedman 2009; Rennie and others 2003; Sparck Jones 1972; Guo and others 2017; Chow 1970.",
)

_WEIGHTS = (0.6, 1.2, 0.2, 0.3)
"""Of words and pairs, of parts of words, of ideas and of rules."""
_GIVES_WAY = 5.0  # the inverse of the penalty
_STEPS = 80
_OF_OTHERS, _SMOOTHED = 0.25, 0.3
"""How much the complement counts beside the regression, and what is added to each of its counts."""
_CUE_TEXTS, _CUE_COUNTS, _SEED = 60, 0.5, 90  # texts made of each theme's cues, and how much one counts
_UNTRIED = 0.5  # the temperature of a scorer that learnt from one hand
_VERSION = 2
_SPOKE = 3  # words told of each score


@dataclass(frozen=True)
class Scorer:
    """What was learnt, as arrays: it is written to a file and read back without running anything.

    `words`, `pairs` (first word x the number of words + second), `parts` name the columns; `rarity` is a weight a column
    of the first three; `weights` has a row a theme.
    """

    themes: tuple[str, ...]
    words: tuple[str, ...]
    pairs: Ints
    parts: tuple[str, ...]
    rarity: Floats
    weights: Floats
    intercepts: Floats
    temperature: float
    learnt_from: int
    digest: str

    @cached_property
    def word_number(self) -> dict[str, int]:
        """The column of each word."""
        return {w: i for i, w in enumerate(self.words)}

    @cached_property
    def part_number(self) -> dict[str, int]:
        """The column of each part, from 0."""
        return {p: i for i, p in enumerate(self.parts)}


@dataclass(frozen=True)
class Scores:
    """The themes of some texts: `probability` has a row a text and a column a theme of `themes`."""

    themes: tuple[str, ...]
    probability: Floats

    @property
    def best(self) -> list[str]:
        """The likeliest theme of each."""
        return [self.themes[i] for i in self.probability.argmax(axis=1)]

    @property
    def sureness(self) -> Floats:
        """Its probability."""
        found: Floats = self.probability.max(axis=1)
        return found

    @property
    def abstains(self) -> npt.NDArray[np.bool_]:
        """Whether that is too little to be counted on."""
        return np.asarray(self.sureness < ABSTAINS_UNDER)

    def of(self, theme: str) -> Floats:
        """The probability that each is of this theme."""
        return self.probability[:, self.themes.index(theme)]


def digest_of(labels: Iterable[LabelledText]) -> str:
    """A name for what a scorer would learn from these texts: it changes with any text, label or cue."""
    said = hashlib.sha256(
        f"{_VERSION} {_WEIGHTS} {_GIVES_WAY} {_STEPS} {_OF_OTHERS} {_SMOOTHED} {_CUE_TEXTS} {_CUE_COUNTS} {_SEED} {cues()}".encode()
    )
    for one in labels:
        said.update(f"\x00{one.theme}\x01{one.hand}\x01{one.narrative}".encode())
    return said.hexdigest()[:24]


def scorer(labels: Sequence[LabelledText] | None = None) -> Scorer:
    """A scorer that learnt from some labelled texts; takes a few seconds. By default the one shipped, at once.

    A theme with fewer than three texts is not learnt. Raises RecordsInvalid when fewer than two themes remain.
    """
    if labels is None:
        return _shipped()
    given = list(labels)
    counts: dict[str, int] = {}
    for one in given:
        counts[one.theme] = counts.get(one.theme, 0) + 1
    kept = [one for one in given if counts[one.theme] >= FEWEST_OF_A_THEME]
    if len({one.theme for one in kept}) < 2:
        raise RecordsInvalid(
            "The labels have fewer than two themes with three texts each.",
            remedy="Label more texts, or leave the file out.",
        )
    return _fitted(kept, _temperature(kept), digest_of(given))


@cache
def _shipped() -> Scorer:
    """What was learnt from the texts shipped, as `tools/themes.py` wrote it; learnt anew where a text or cue has changed."""
    held = from_bytes((files("fourfold.analysis") / "data" / "themes.npz").read_bytes())
    return held if held.digest == digest_of(labelled_texts()) else scorer(labelled_texts())


def scores(scorer: Scorer, texts: Sequence[str]) -> Scores:
    """The themes of some texts, with their probabilities."""
    blocks, _ = _blocks(scorer, narratives.words(texts))
    return Scores(scorer.themes, _softmax(_logits(scorer, blocks) / scorer.temperature))


def explained_scores(scorer: Scorer, texts: Sequence[str]) -> tuple[Scores, list[list[str]], list[list[str]]]:
    """As `scores`, and for each text the words that spoke most for its theme, and the ideas found in it."""
    told = narratives.words(texts)
    blocks, of_ideas = _blocks(scorer, told)
    found = Scores(scorer.themes, _softmax(_logits(scorer, blocks) / scorer.temperature))
    names = list(cues().ideas)
    ideas: list[list[str]] = [[] for _ in range(told.n)]
    for text, idea in zip(*(at.tolist() for at in np.nonzero(of_ideas)), strict=True):
        ideas[text].append(names[idea])
    return found, _spoke(scorer, told, found.probability.argmax(axis=1)), ideas


def as_bytes(scorer: Scorer) -> bytes:
    """A scorer as the bytes of a file of arrays."""
    held = io.BytesIO()
    np.savez_compressed(
        held, themes=_joined(scorer.themes), words=_joined(scorer.words), parts=_joined(scorer.parts), pairs=scorer.pairs,
        rarity=scorer.rarity.astype(np.float32), weights=scorer.weights.astype(np.float16), intercepts=scorer.intercepts,
        temperature=np.array(scorer.temperature), learnt_from=np.array(scorer.learnt_from), digest=_joined((scorer.digest,)),
    )  # fmt: skip
    return held.getvalue()


def from_bytes(content: bytes) -> Scorer:
    """The scorer that `as_bytes` wrote. Nothing in the bytes is run. Raises ValueError, KeyError or OSError otherwise."""
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        return Scorer(
            themes=_parted(held["themes"]), words=_parted(held["words"]), parts=_parted(held["parts"]),
            pairs=held["pairs"], rarity=held["rarity"].astype(float), weights=held["weights"].astype(float),
            intercepts=held["intercepts"], temperature=float(held["temperature"]), learnt_from=int(held["learnt_from"]),
            digest=_parted(held["digest"])[0],
        )  # fmt: skip


def _joined(words: Iterable[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def _parted(held: npt.NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(held.tobytes().decode().split("\n"))


# learning


def _fitted(labels: Sequence[LabelledText], temperature: float, digest: str) -> Scorer:
    from sklearn.linear_model import LogisticRegression

    cue_texts = _cue_texts(labels)
    told = narratives.words([one.narrative for one in labels] + [text for _, text in cue_texts])
    blank = _columns(told)
    counts_as = np.concatenate([np.ones(len(labels)), np.full(len(cue_texts), _CUE_COUNTS)])
    truth = [one.theme for one in labels] + [theme for theme, _ in cue_texts]
    *weighed, presence = _blocks(blank, told)[0]
    model = LogisticRegression(C=_GIVES_WAY, max_iter=_STEPS, tol=1e-3, class_weight="balanced")
    model.fit(sparse.hstack(weighed).tocsr(), truth, sample_weight=counts_as)
    weights, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row then stands for both
        weights, intercepts = np.vstack([-weights, weights]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    of_others = _of_others(presence, np.searchsorted(model.classes_, truth), counts_as)
    weights = np.hstack([weights, _OF_OTHERS * of_others])
    return Scorer(
        themes=tuple(map(str, model.classes_)), words=blank.words, pairs=blank.pairs, parts=blank.parts, rarity=blank.rarity,
        weights=weights, intercepts=intercepts, temperature=temperature, learnt_from=len(labels), digest=digest,
    )  # fmt: skip


def _of_others(presence: sparse.csr_matrix, theme: Ints, counts_as: Floats) -> Floats:
    """What each word and pair (columns) says for each theme (rows): how rare it is in the texts of all other themes.

    Over the mean theme, so that a word that every theme has alike says nothing.
    """
    own = np.zeros((theme.max() + 1, presence.shape[1]))
    for at in range(len(own)):
        rows = np.flatnonzero(theme == at)
        own[at] = presence[rows].T @ counts_as[rows]
    others = own.sum(axis=0) - own + _SMOOTHED
    said = -np.log(others / others.sum(axis=1, keepdims=True))
    found: Floats = said - said.mean(axis=0)
    return found


def _cue_texts(labels: Sequence[LabelledText]) -> list[tuple[str, str]]:
    """Cues as texts of their themes: phrases of the ideas of a rule among words of the labelled texts, in any order.

    So words that no labelled text has yet, but that a theme's cues name, weigh as words do.
    """
    rng = np.random.default_rng(_SEED)
    common = np.array(" ".join(one.narrative for one in labels).lower().split(), dtype=object)
    taught = {one.theme for one in labels}
    made = []
    for theme, rules in cues().rules.items():
        for _ in range(_CUE_TEXTS if theme in taught else 0):
            said: list[str] = []
            for idea in (i for i in rules[rng.integers(len(rules))] if not i.startswith("!")):
                phrases = cues().ideas[idea]
                picked = rng.choice(len(phrases), min(len(phrases), int(rng.integers(1, 3))), replace=False)
                said += [" ".join(phrases[i]).replace("*", "") for i in picked]
            said += common[rng.integers(len(common), size=rng.integers(4, 15))].tolist()
            made.append((theme, " ".join(said[i] for i in rng.permutation(len(said)))))
    return made


def _columns(told: Words) -> Scorer:
    """A scorer that knows its columns and nothing else."""
    plain = [narratives.plain(w) for w in told.seen]
    words = tuple(dict.fromkeys(plain))
    number = {w: i for i, w in enumerate(words)}
    own = np.array([number[p] for p in plain])[told.word]
    follows = told.text[1:] == told.text[:-1]
    keys = (own[:-1] * len(words) + own[1:])[follows]
    seen = np.unique(np.column_stack([keys, told.text[:-1][follows]]), axis=0)
    pairs, texts_with = np.unique(seen[:, 0], return_counts=True)
    all_parts: dict[str, int] = {}
    rows, columns = [], []
    for i, p in enumerate(plain):
        for part in narratives.parts(p):
            rows.append(i)
            columns.append(all_parts.setdefault(part, len(all_parts)))
    of_words = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(plain), len(all_parts)))
    often = np.asarray(((told.counts @ of_words) > 0).sum(axis=0)).ravel() >= 3
    empty = np.zeros(0)
    blank = Scorer((), words, pairs[texts_with >= 2], tuple(p for p, o in zip(all_parts, often, strict=True) if o),
                   empty, empty, empty, 1.0, 0, "")  # fmt: skip
    rarity = [
        np.log((1 + told.n) / (1 + np.asarray((block > 0).sum(axis=0)).ravel())) + 1 for block in _counted(blank, told)
    ]
    return Scorer(
        (), blank.words, blank.pairs, blank.parts, np.concatenate(rarity), empty, empty, 1.0, 0, ""
    )  # fmt: skip


def _temperature(labels: Sequence[LabelledText]) -> float:
    """The temperature by which the scores of each hand, by a scorer that never saw it, are worth what they say."""
    hands = sorted({one.hand for one in labels})
    logits = []
    for hand in hands:
        learnt = [one for one in labels if one.hand != hand]
        known = {one.theme for one in learnt}
        asked = [one for one in labels if one.hand == hand and one.theme in known]
        if len(hands) < 2 or len(known) < 2 or len(asked) < 50:
            continue
        left = _fitted(learnt, 1.0, "")
        own = _logits(left, _blocks(left, narratives.words([one.narrative for one in asked]))[0])
        at = {t: i for i, t in enumerate(left.themes)}
        logits.append((own, np.array([at[one.theme] for one in asked])))
    if not logits:
        return _UNTRIED

    def surprise(temperature: float) -> float:
        total = 0.0
        for own, at in logits:
            total -= float(np.log(_softmax(own / temperature)[np.arange(len(at)), at] + 1e-12).mean())
        return total

    return float(minimize_scalar(surprise, bounds=(0.3, 5.0), method="bounded").x)


# counting


def _counted(scorer: Scorer, told: Words) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """How often each text has each word and pair, and each part of a word."""
    plain = [narratives.plain(w) for w in told.seen]
    number = np.array([scorer.word_number.get(p, -1) for p in plain], dtype=np.int64)
    known = np.flatnonzero(number >= 0)
    to_words = sparse.csr_matrix(
        (np.ones(len(known)), (known, number[known])), shape=(max(len(plain), 1), len(scorer.words))
    )
    own = number[told.word]
    follows = (told.text[1:] == told.text[:-1]) & (own[1:] >= 0) & (own[:-1] >= 0)
    keys = own[:-1][follows] * len(scorer.words) + own[1:][follows]
    at = np.searchsorted(scorer.pairs, keys)
    at[at == len(scorer.pairs)] = 0
    hit = scorer.pairs[at] == keys if len(scorer.pairs) else np.zeros(len(keys), dtype=bool)
    pairs = sparse.csr_matrix(
        (np.ones(int(hit.sum())), (told.text[:-1][follows][hit], at[hit])), shape=(told.n, len(scorer.pairs))
    )
    rows, columns = [], []
    for i, p in enumerate(plain):
        found = [n for part in narratives.parts(p) if (n := scorer.part_number.get(part)) is not None]
        rows += [i] * len(found)
        columns += found
    to_parts = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(max(len(plain), 1), len(scorer.parts)))
    return sparse.hstack([told.counts @ to_words, pairs]).tocsr(), (told.counts @ to_parts).tocsr()


def _blocks(scorer: Scorer, told: Words) -> tuple[list[sparse.csr_matrix], Floats]:
    """The columns of each text: words with pairs, and parts, by rarity and to length one; ideas; rules; and which words and
    pairs it has at all. And the ideas.
    """
    blocks = []
    at = 0
    counted = _counted(scorer, told)
    presence = counted[0].copy()
    presence.data[:] = 1.0
    for counts, weight in zip(counted, _WEIGHTS, strict=False):
        counts.data = (1 + np.log(counts.data)) * scorer.rarity[at + counts.indices]
        at += counts.shape[1]
        length = np.sqrt(np.bincount(_rows_of(counts), counts.data**2, told.n))
        counts.data *= np.repeat(weight / np.where(length > 0, length, 1.0), np.diff(counts.indptr))
        blocks.append(counts)
    ideas = narratives.ideas(told)
    blocks += [
        sparse.csr_matrix(ideas * _WEIGHTS[2]),
        sparse.csr_matrix(narratives.rules(ideas) * _WEIGHTS[3]),
        presence,
    ]
    return blocks, ideas


def _rows_of(matrix: sparse.csr_matrix) -> Ints:
    rows: Ints = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return rows


def _logits(scorer: Scorer, blocks: Sequence[sparse.csr_matrix]) -> Floats:
    edges = np.cumsum([0, *(block.shape[1] for block in blocks)])
    weights = np.ascontiguousarray(scorer.weights.T)
    found: Floats = scorer.intercepts + sum(
        np.asarray(block @ weights[a:b]) for block, a, b in zip(blocks, edges, edges[1:], strict=False)
    )
    return found


def _softmax(logits: Floats) -> Floats:
    risen = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: Floats = risen / risen.sum(axis=1, keepdims=True)
    return found


def _spoke(scorer: Scorer, told: Words, best: Ints) -> list[list[str]]:
    """For each text the words that spoke most for its theme: each word's own weight and its parts', over the mean theme."""
    over = scorer.weights - scorer.weights.mean(axis=0)
    n_words, n_pairs, n_parts = len(scorer.words), len(scorer.pairs), len(scorer.parts)
    at_presence = over.shape[1] - n_words - n_pairs
    of_word = (over[:, :n_words] * scorer.rarity[:n_words] + over[:, at_presence : at_presence + n_words]).T
    start = n_words + n_pairs
    of_part = (over[:, start : start + n_parts] * scorer.rarity[start : start + n_parts]).T
    by_word = np.zeros((len(told.seen), len(scorer.themes)))
    for i, word in enumerate(told.seen):
        plain = narratives.plain(word)
        if plain in scorer.word_number:
            by_word[i] += of_word[scorer.word_number[plain]]
        found = [n for p in narratives.parts(plain) if (n := scorer.part_number.get(p)) is not None]
        if found:
            by_word[i] += 0.3 * of_part[found].sum(axis=0)
    value = by_word[told.word, best[told.text]]
    order = np.lexsort((-value, told.text))
    text = told.text[order]
    place = np.arange(len(order)) - np.searchsorted(text, text)
    spoke: list[list[str]] = [[] for _ in range(told.n)]
    for at in order[(place < 4 * _SPOKE) & (value[order] > 0)]:
        mine, word = spoke[told.text[at]], told.seen[told.word[at]]
        if len(mine) < _SPOKE and word not in mine and len(word) > 2:
            mine.append(word)
    return spoke
