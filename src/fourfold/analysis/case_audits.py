"""Case audits: what people found in records drawn at random, weighted to all records, with how sure that is.

Each answer is yes, no, not recorded or not applicable. A question's share is of the records to which it applies: of those the
yes, with an interval; and since what is not recorded may have been done, also up to where it would lie if all of that were yes.
Groups were drawn in different shares, so each record counts for as many as it stands for; what is not yet marked is not counted.

The interval has to hold for shares near nothing and near all, in groups from which nearly every record was drawn, and for
questions that apply to few. It is the mid-P interval of a binomial share, at the number of records that would be as exact if
they had been drawn without groups: the effective number. That number comes from the variance between the marked records within
groups, the finite population taken into account (each group's rate drawn towards the whole by one record's worth, so that a
group that happens to agree is not taken for certain); it is never much more than what the weights alone would give (CREDIT), and
is made smaller by what is not known of the variance itself (Student's t over the normal, squared).

Sources: stratified shares: Cochran (1977), Sampling Techniques, chapter 5; effective number in an exact interval: Korn and
Graubard (1998), Survey Methodology 24; mid-P: Lancaster (1961), Journal of the American Statistical Association 56; weights:
Kish (1965), Survey Sampling; kappa: Cohen (1960), Educational and Psychological Measurement 20; its error: Fleiss, Cohen and
Everitt (1969), Psychological Bulletin 72.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from math import inf, sqrt

from scipy.optimize import brentq
from scipy.special import betainc, ndtri, stdtrit

import fourfold
from fourfold.analysis.compliance import AuditLearned
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.codes.audit_schemes import ANSWERS, NO, NOT_APPLICABLE, NOT_RECORDED, YES, Question, Scheme
from fourfold.codes.periods import Window
from fourfold.errors import RequestInvalid

CREDIT = 0.5
"""How much more exact an estimate may be for its groups than its weights alone would make it, at a share of a half; less towards
nothing and all, where groups that agree say least. Chosen by how often intervals hold."""
LEVEL = 0.95
_Z = 1.959964

_SHARES = Method(
    name="audited shares",
    text="Of the records to which a question applies, those answered yes, each record weighted by how many of its group it stands "
    "for; the interval is a binomial mid-P interval at the effective number of records.",
    source="Cochran 1977; Korn and Graubard 1998; Lancaster 1961; Kish 1965.",
)
_KAPPA = Method(
    name="agreement of markers",
    text="Records marked twice: the share of answers that are the same, and Cohen's kappa, which takes off what would agree by "
    "chance; 1 is always, 0 no more than by chance.",
    source="Cohen 1960; Fleiss, Cohen and Everitt 1969.",
)
_CHECK = Method(
    name="audit against records",
    text="Each audited answer beside what the force's records say by themselves; where the two differ, one of them is wrong, or "
    "knows more.",
)
_SAME = Method(
    name="bounds of the records audited",
    text="What the records themselves say, at the draw, of every record that might have been drawn: yes over yes, no and not "
    "recorded as the lower bound, yes and not recorded as the upper; beside them the audit's own share of yes, of the same records.",
    source="Manski 1989.",
)
_TREND = Method(
    name="audit trend",
    text="One scheme's audits in order; each beside the one before, by the difference over its standard error.",
    source="Cochran 1977.",
)


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """What was found of one group: of `population` records `marked` were marked; a question applied to `applies` of these, and
    `hits` of those were as asked."""

    population: int
    marked: int
    applies: int
    hits: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share in % with its interval, from `n` records marked to which it applies; `error` is its standard error.

    `effective` is how many records drawn without groups would be as exact: infinite where every record was marked.
    """

    value: float
    low: float
    high: float
    n: int
    effective: float
    error: float


def share(strata: Sequence[Stratum], level: float = LEVEL) -> Share | None:
    """The share of hits among the records to which a question applies, in the groups of which any was marked.

    None where it applied to no record that was marked.
    """
    used = [s for s in strata if s.marked]
    total = sum(s.population * s.applies / s.marked for s in used)
    if not total:
        return None
    p = sum(s.population * s.hits / s.marked for s in used) / total
    by_weight = sum(_left(s) * (s.population / s.marked) ** 2 * s.applies for s in used) / total**2
    variance = sum(_variance(s, p) for s in used) / total**2
    weighted = 1 / by_weight if by_weight else inf
    worth = (
        min(p * (1 - p) / variance, (1 + CREDIT * (4 * p * (1 - p)) ** 2) * weighted)
        if 0 < p < 1 and variance
        else weighted
    )
    error = sqrt(max(p * (1 - p), 0.0) / worth)
    applies = sum(s.applies for s in used)
    beyond = (1 - level) / 2
    free = max(applies - sum(bool(s.applies) for s in used), 1)
    effective = worth * (float(ndtri(beyond)) / float(stdtrit(free, beyond))) ** 2
    low, high = mid_p(p, effective, level)
    return Share(value=100 * p, low=100 * low, high=100 * high, n=applies, effective=effective, error=100 * error)


def _left(s: Stratum) -> float:
    """The share of a group that was not marked: where it is nought, nothing is left to vary."""
    return 1 - s.marked / s.population


def _variance(s: Stratum, p: float) -> float:
    """A group's part in the variance of the total of (answer - share), its rate drawn towards the whole by one record."""
    rate = (s.hits + p) / (s.applies + 1)
    squares = s.applies * (rate * (1 - p) ** 2 + (1 - rate) * p**2)
    mean = s.applies * (rate - p) / s.marked
    spread = (squares - s.marked * mean**2) / max(s.marked - 1, 1)
    return s.population**2 * _left(s) * max(spread, 0.0) / s.marked


def mid_p(p: float, n: float, level: float) -> tuple[float, float]:
    """The mid-P interval of a share p of n, neither of which need come to a whole number; both ends in shares of one."""
    if n == inf:
        return p, p
    x, y, error = p * n, (1 - p) * n, (1 - level) / 2
    nearly = 1e-9

    def above(q: float) -> float:
        """The chance of more than x hits, and half that of x, if the share were q."""
        more = 1.0 if x <= nearly else float(betainc(x, y + 1, q))
        most = 0.0 if y <= nearly else float(betainc(x + 1, y, q))
        return (more + most) / 2

    low = 0.0 if x <= nearly else float(brentq(lambda q: above(q) - error, 0.0, 1.0, xtol=1e-8))
    high = 1.0 if y <= nearly else float(brentq(lambda q: above(q) - 1 + error, 0.0, 1.0, xtol=1e-8))
    return min(low, p), max(high, p)


# --- two markers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Kappa:
    """How far two markers agree on `n` answers: the shares observed and expected by chance, kappa, and its interval.

    `value` is None where both gave one answer throughout: nothing then tells agreement from habit.
    """

    n: int
    observed: float
    expected: float
    value: float | None
    low: float | None
    high: float | None


def kappa(pairs: Sequence[tuple[str, str]], level: float = LEVEL) -> Kappa:
    """Cohen's kappa of pairs of answers, of whatever words. Raises RequestInvalid for none."""
    if not pairs:
        raise RequestInvalid(
            "No record was marked twice.", remedy="Have some of the records marked by a second officer."
        )
    n = len(pairs)
    words = sorted({w for pair in pairs for w in pair})
    first, second = (Counter(pair[at] for pair in pairs) for at in (0, 1))
    cells = Counter(pairs)
    observed = sum(cells[w, w] for w in words) / n
    expected = sum(first[w] * second[w] for w in words) / n**2
    if expected == 1:
        return Kappa(n=n, observed=observed, expected=expected, value=None, low=None, high=None)
    value = (observed - expected) / (1 - expected)
    own = sum(cells[w, w] / n * (1 - (first[w] + second[w]) / n * (1 - value)) ** 2 for w in words)
    other = sum(
        cells[a, b] / n * ((second[a] + first[b]) / n) ** 2 for a in words for b in words if a != b
    )  # fmt: skip
    inner = own + (1 - value) ** 2 * other - (value - expected * (1 - value)) ** 2
    z = -float(ndtri((1 - level) / 2))
    error = sqrt(max(inner, 0.0) / n) / (1 - expected)
    return Kappa(
        n=n, observed=observed, expected=expected, value=value, low=max(value - z * error, -1.0), high=min(value + z * error, 1.0)
    )  # fmt: skip


# --- what an audit found ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Marked:
    """One record marked: its group, the first marker's answers by question, the second's where there are any, and what the
    force's records say by themselves."""

    group: str
    crime_ref: str
    person_ref: str
    answers: Mapping[str, str]
    second: Mapping[str, str] | None = None
    recorded: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class CaseAudit:
    """An audit as it stands: its scheme, months, how it was drawn, how many records each group has, and what was marked.

    `of_all` is what the records themselves said at the draw of every record that might have been drawn, by question and answer; empty
    where that was not kept.
    """

    force_id: str
    area: str
    scheme: Scheme
    window: Window
    seed: int
    allocation: str
    as_at: datetime
    batches: tuple[str, ...]
    populations: Mapping[str, int]
    sizes: Mapping[str, int]
    marked: tuple[Marked, ...]
    substituted: int = 0
    of_all: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def drawn(self) -> int:
        """How many records were to be marked."""
        return sum(self.sizes.values())

    def strata(
        self, question: str, hits: Sequence[str], within: Sequence[str] = (YES, NO, NOT_RECORDED)
    ) -> list[Stratum]:
        """Each group's counts of a question: answers among `within` apply, those among `hits` are as asked."""
        found = []
        for group, population in self.populations.items():
            said = [m.answers.get(question, NOT_APPLICABLE) for m in self.marked if m.group == group]
            applies, met = (sum(a in words for a in said) for words in (within, hits))
            found.append(Stratum(population=population, marked=len(said), applies=applies, hits=met))
        return found


COLUMNS = (
    "question", "group", "population", "marked", "applies", *ANSWERS[:3], "yes_share", "low", "high", "no_share", "no_low", "no_high",
    "not_recorded_share", "up_to", "up_to_high", "effective",
)  # fmt: skip
ALL_GROUPS = "all"


def audit_result(audit: CaseAudit) -> Finding:
    """What an audit found: kind "case audit", its value None.

    A row for each question over all groups ("all"), and for each group: counts as they were marked; the shares of yes, no and not
    recorded among those to which it applies, in %, weighted; `up_to` is yes and not recorded together, as a bound. Shares are
    null where a question applied to nothing that was marked. Groups of which nothing is marked yet are left out, and said.
    """
    rows: list[tuple[Value, ...]] = []
    for question in audit.scheme.questions:
        rows.append(_row(audit, question, ALL_GROUPS, range(len(audit.populations))))
        rows += [_row(audit, question, group, [n]) for n, group in enumerate(audit.populations)]
    waiting = [g for g in audit.populations if audit.sizes.get(g) and not any(m.group == g for m in audit.marked)]
    said = f"{len(audit.marked)} of {audit.drawn} records are marked"
    notes = [
        f"Records that could not be audited, and were replaced by the next drawn: {audit.substituted}."
        if audit.substituted
        else ""
    ]
    notes.append(
        f"Nothing is marked yet of: {', '.join(audit.scheme.group(g).title for g in waiting)}." if waiting else ""
    )
    return _finding(
        audit, kind="case audit", title=audit.scheme.title, method=_SHARES, table=Table(columns=COLUMNS, rows=tuple(rows)),
        verdict=said if len(audit.marked) < audit.drawn else "every record drawn is marked", notes=[n for n in notes if n],
    )  # fmt: skip


def _row(audit: CaseAudit, question: Question, group: str, places: Sequence[int]) -> tuple[Value, ...]:
    def of(*hits: str) -> list[Stratum]:
        every = audit.strata(question.id, hits)
        return [every[n] for n in places]

    counts = [sum(s.hits for s in of(answer)) for answer in ANSWERS[:3]]
    yes, no, unknown, up_to = share(of(YES)), share(of(NO)), share(of(NOT_RECORDED)), share(of(YES, NOT_RECORDED))
    own = of(YES)
    totals = [sum(part) for part in zip(*((s.population, s.marked, s.applies) for s in own), strict=True)]
    head: list[Value] = [question.id, group, *totals, *counts]
    if yes is None or no is None or unknown is None or up_to is None:
        return (*head, *[None] * (len(COLUMNS) - len(head)))
    effective = None if yes.effective == inf else yes.effective
    return (
        *head, yes.value, yes.low, yes.high, no.value, no.low, no.high, unknown.value, up_to.value, up_to.high, effective
    )  # fmt: skip


def markers_agreement(audit: CaseAudit) -> Finding:
    """How far two markers agree: kind "agreement of markers"; its value is kappa over all questions, null where it has none.

    Rows: each question, and "all": answers given twice, how many agree, their share in %, kappa and its interval. Raises
    RequestInvalid where nothing was marked twice.
    """
    twice = [(m.answers, m.second) for m in audit.marked if m.second]
    pairs = {q.id: [(a[q.id], b[q.id]) for a, b in twice if q.id in a and q.id in b] for q in audit.scheme.questions}
    every = [pair for own in pairs.values() for pair in own]
    whole = kappa(every)
    rows = [_kappa_row(name, kappa(own)) for name, own in (*pairs.items(), (ALL_GROUPS, every)) if own]
    interval = None
    if whole.low is not None and whole.high is not None:
        interval = Interval(low=whole.low, high=whole.high, level=LEVEL, meaning="where kappa lies, by these answers")
    return _finding(
        audit, kind="agreement of markers", title=f"Two markers, {audit.scheme.title}", method=_KAPPA,
        table=Table(columns=("question", "twice", "agree", "share", "kappa", "low", "high"), rows=tuple(rows)), value=whole.value,
        unit="kappa", n=whole.n, interval=interval,
        verdict=f"{len(twice)} records are marked twice" if whole.value is not None else "one answer throughout: kappa has no value",
    )  # fmt: skip


def _kappa_row(name: str, found: Kappa) -> tuple[Value, ...]:
    agree = round(found.observed * found.n)
    return (name, found.n, agree, 100 * found.observed, found.value, found.low, found.high)


def against_records(audit: CaseAudit) -> Finding:
    """Audited answers beside what the records say by themselves: kind "audit against records", its value their agreement in %.

    Rows: the question, the audit's answer, the records' answer, how many, and what that means where they differ. Only questions
    that name an obligation, and answers of the first marker.
    """
    cells: Counter[tuple[str, str, str]] = Counter()
    for m in audit.marked:
        for question, recorded in (m.recorded or {}).items():
            if question in m.answers:
                cells[question, m.answers[question], recorded] += 1
    order = {q.id: n for n, q in enumerate(audit.scheme.questions)}
    rank = {answer: n for n, answer in enumerate(ANSWERS)}
    rows = [
        (question, said, recorded, n, DIFFERS.get((said, recorded), "" if said == recorded else "What is owed is seen differently."))
        for (question, said, recorded), n in sorted(
            cells.items(), key=lambda cell: (order[cell[0][0]], rank[cell[0][1]], rank[cell[0][2]])
        )
    ]  # fmt: skip
    total = sum(cells.values())
    same = sum(n for (_, said, recorded), n in cells.items() if said == recorded)
    return _finding(
        audit, kind="audit against records", title=f"Audit against records, {audit.scheme.title}", method=_CHECK,
        table=Table(columns=("question", "audited", "recorded", "count", "meaning"), rows=tuple(rows)),
        value=100 * same / total if total else None, unit="%", n=total,
        verdict=f"{same} of {total} answers are the same" if total else "nothing can be held against the records yet",
    )  # fmt: skip


DIFFERS = {
    (YES, NOT_RECORDED): "Done, and not recorded where the records are counted: a gap of recording.",
    (NO, NOT_RECORDED): "Not done: the record is silent, and rightly.",
    (NO, YES): "Recorded as kept and found not kept: a false record.",
    (YES, NO): "Recorded as not kept and found kept: a false record the other way.",
    (NOT_RECORDED, YES): "Recorded as kept, and the auditor found nothing that shows it: to be looked at again.",
    (NOT_RECORDED, NO): "Recorded as not kept, and the auditor found nothing that shows it either way.",
}
"""What it means where the audit (first) and the records (second) say different things."""


OF_ALL = (
    "question", "records", "applies", "yes", "no", "not recorded", "lower", "upper", "audited", "low", "high", "verdict",
)  # fmt: skip
LIES = {
    "between": "between the bounds",
    "by chance": "outside the bounds, by no more than chance may make",
    "outside": "outside the bounds: records or answers are false, or they see what is owed differently",
    "unmarked": "nothing is marked yet",
}
"""Where an audit's share of yes lies beside the bounds of the same records."""


def records_of_audit(audit: CaseAudit) -> Finding:
    """What the records say of all that might have been drawn, and the audit's own share beside it: kind "records of an audit".

    Both are of the same records: each victim of a crime recorded in the audit's months. A row for each question that names an
    obligation: how many records there are and to how many it applies, by what they say themselves; the bounds, and the audit's share
    with its interval, in %; and where that lies (LIES). Raises RequestInvalid where what the records said was not kept.
    """
    if not audit.of_all:
        raise RequestInvalid(
            "What the records said when this audit was drawn is not kept.",
            remedy="It is kept of audits drawn from now on.",
        )
    rows = [_of_all(audit, q.id, audit.of_all[q.id]) for q in audit.scheme.questions if q.id in audit.of_all]
    between = sum(row[-1] == LIES["between"] for row in rows)
    return _finding(
        audit, kind="records of an audit", title=f"The records themselves, {audit.scheme.title}", method=_SAME,
        table=Table(columns=OF_ALL, rows=tuple(rows)), n=sum(audit.populations.values()),
        verdict=f"of {len(rows)} questions the audit’s share lies between the bounds in {between}",
    )  # fmt: skip


def _of_all(audit: CaseAudit, question: str, said: Mapping[str, int]) -> tuple[Value, ...]:
    yes, no, unknown = (said.get(answer, 0) for answer in (YES, NO, NOT_RECORDED))
    applies = yes + no + unknown
    found = share(audit.strata(question, (YES,)))
    head: tuple[Value, ...] = (question, sum(said.values()), applies, yes, no, unknown)
    own = (None, None, None) if found is None else (found.value, found.low, found.high)
    if not applies:
        return (*head, None, None, *own, None)
    lower, upper = 100 * yes / applies, 100 * (yes + unknown) / applies
    return (*head, lower, upper, *own, LIES[_lies(found, lower, upper)])


def _lies(found: Share | None, lower: float, upper: float) -> str:
    """Where a share lies beside two bounds, its interval taken into account."""
    if found is None:
        return "unmarked"
    if lower <= found.value <= upper:
        return "between"
    return "by chance" if found.low <= upper and lower <= found.high else "outside"


def of_only(audit: CaseAudit, victims: Container[tuple[str, str]]) -> CaseAudit:
    """An audit as it speaks of some victims alone, each by crime and victim: no question applies to any other record.

    The groups keep their numbers, so that each record marked still stands for as many as it was drawn from: the usual estimator of
    a domain of a stratified sample (Cochran, Sampling Techniques, 3rd edition, 5A.14).
    """
    none = dict.fromkeys((q.id for q in audit.scheme.questions), NOT_APPLICABLE)
    return replace(
        audit,
        of_all={},
        marked=tuple(
            m if (m.crime_ref, m.person_ref) in victims
            else replace(m, answers=none, second=none if m.second else None) for m in audit.marked
        ),
    )  # fmt: skip


def learned(audit: CaseAudit, obligations: Sequence[str] = ()) -> AuditLearned:
    """What an audit says of false records, for the wider bounds of compliance: of some obligations, or of all that it asked.

    Only answers of yes or no: what the auditor could not tell about is counted as false, so that the bounds err on the wide side.
    Records count by weight, and as so many as they are effectively.
    """
    questions = [
        q
        for q in audit.scheme.questions
        if q.obligations and (not obligations or set(q.obligations) & set(obligations))
    ]
    counts = [_false(audit, [q.id for q in questions], recorded, true) for recorded, true in ((YES, YES), (NO, NO))]
    (kept, kept_false), (not_kept, not_kept_false) = counts
    return AuditLearned(
        kept_audited=kept, kept_false=kept_false, not_kept_audited=not_kept, not_kept_false=not_kept_false
    )


def _false(audit: CaseAudit, questions: Sequence[str], recorded: str, true: str) -> tuple[float, float]:
    """Of answers recorded so, how many were audited, effectively, and how many of them were not found true.

    Answers of one record are not independent of each other: a record counts once, by the share of its answers that are false.
    """
    strata: list[Stratum] = []
    wrong = 0.0
    for group, population in audit.populations.items():
        own = [m for m in audit.marked if m.group == group]
        shares = [s for m in own if (s := _false_share(m, questions, recorded, true)) is not None]
        strata.append(Stratum(population=population, marked=len(own), applies=len(shares), hits=0))
        wrong += sum(shares) * population / len(own) if own else 0.0
    found = share(strata)
    if found is None:
        return 0.0, 0.0
    applies = sum(s.population * s.applies / s.marked for s in strata if s.marked)
    effective = min(found.effective, float(found.n) * 1000)
    return effective, effective * wrong / applies


def _false_share(m: Marked, questions: Sequence[str], recorded: str, true: str) -> float | None:
    said = [m.answers[q] for q in questions if q in m.answers and (m.recorded or {}).get(q) == recorded]
    told = [one for one in said if one != NOT_APPLICABLE]
    return sum(one != true for one in told) / len(told) if told else None


def disagreements(audit: CaseAudit) -> list[tuple[str, str, str, str, str]]:
    """The records behind each difference: crime, victim, question, audited and recorded answer; for follow-up, by reference."""
    return [
        (m.crime_ref, m.person_ref, question, m.answers[question], recorded)
        for m in audit.marked
        for question, recorded in (m.recorded or {}).items()
        if question in m.answers and m.answers[question] != recorded
    ]


# --- one audit after another ------------------------------------------------------------------------------------------


def audit_trend(audits: Sequence[CaseAudit]) -> Finding:
    """One scheme's audits in order of their months: kind "audit trend".

    Rows: the months, the question, those to which it applied, the share of yes with its interval, and against the one before the
    change in points and what is said of it. Raises RequestInvalid for audits of two schemes, two versions or two forces, which
    ask different things; and for fewer than two.
    """
    if len({(a.scheme.id, a.scheme.version, a.force_id) for a in audits}) != 1 or len(audits) < 2:
        raise RequestInvalid(
            "A trend is of two or more audits of one scheme, in one version.",
            remedy="Show each scheme's audits apart: they ask different things of different records.",
        )
    ordered = sorted(audits, key=lambda a: a.window.first)
    rows: list[tuple[Value, ...]] = []
    for question in ordered[0].scheme.questions:
        shares = [share(a.strata(question.id, (YES,))) for a in ordered]
        before: list[tuple[Share | None, Share | None]] = [(None, shares[0]), *pairwise(shares)]
        for audit, (earlier, now) in zip(ordered, before, strict=True):
            found = (now.n, now.value, now.low, now.high) if now is not None else (0, None, None, None)
            change, verdict = _change(earlier, now)
            rows.append((audit.window.label, question.id, *found, change, verdict))
    last = ordered[-1]
    table = Table(
        columns=("months", "question", "applies", "yes_share", "low", "high", "change", "verdict"), rows=tuple(rows)
    )
    return _finding(
        last, kind="audit trend", title=f"{last.scheme.title}, by audit", method=_TREND, table=table,
        n=sum(len(a.marked) for a in ordered),
        windows=tuple(a.window for a in ordered), verdict=f"{len(ordered)} audits, one beside the other",
        parts=tuple(audit_result(a) for a in ordered),
    )  # fmt: skip


def _change(earlier: Share | None, now: Share | None) -> tuple[float | None, str | None]:
    if earlier is None or now is None:
        return None, None
    change, error = now.value - earlier.value, sqrt(earlier.error**2 + now.error**2)
    if not error:
        return change, "no change" if not change else "rise" if change > 0 else "fall"
    return change, "no clear change" if abs(change) <= _Z * error else "rise" if change > 0 else "fall"


def _finding(
    audit: CaseAudit, *, kind: str, title: str, method: Method, table: Table, value: float | None = None, unit: str = "%",
    n: int | None = None, interval: Interval | None = None, verdict: str | None = None, notes: Sequence[str] = (),
    windows: tuple[Window, ...] = (), parts: tuple[Finding, ...] = (),
) -> Finding:  # fmt: skip
    scheme = audit.scheme
    return Finding(
        kind=kind, title=title, value=value, unit=unit, n=len(audit.marked) if n is None else n,
        windows=windows or (audit.window,), area=audit.area, method=method, as_at=audit.as_at, batches=audit.batches,
        code_version=fourfold.__version__, interval=interval, verdict=verdict, table=table, seed=audit.seed,
        sources=(scheme.source,), notes=tuple(notes), parts=parts,
        definition=Definition(
            name=f"audit / {scheme.id}", version=scheme.version, title=scheme.title, source=scheme.source, status=scheme.status,
            text="One victim of one crime recorded in these months and not cancelled, drawn at random within groups, whenever a "
            "clock of it started. Compliance counts the clocks that started in its months, of whichever crimes: the two are of other "
            "records, and a share of this audit is held against what the same records say themselves. "
            + " ".join(f"{q.short}: {q.title}" for q in scheme.questions),
        ),
        parameters={
            "allocation": audit.allocation, "level": LEVEL, "substituted": audit.substituted,
            "groups": {g: {"records": n, "drawn": audit.sizes.get(g, 0)} for g, n in audit.populations.items()},
        },
    )  # fmt: skip
