"""Fraud reports: what changed and how sure that is, what hides in "other", who lost, and from where; reports, never frauds.

Only one fraud in seven or eight is thought to be reported, and the force's reports are recorded nationally: nothing here says
how much fraud there is. Many kinds are looked at together, so that the share of false discoveries among those called changed
is held at one in twenty. What is not recorded is a row or a bound of its own, and never taken for the one answer or the other.

Sources: Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57; limits of a share that varies more than
chance: Laney (2002), Quality Engineering 14; intervals of a share: Wilson (1927), Journal of the American Statistical
Association 22.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, Literal

import polars as pl
from scipy.stats import false_discovery_control

from fourfold.analysis import comparisons, trends, volumes
from fourfold.analysis.findings import Finding, Interval, Method, Table, Value, wilson
from fourfold.analysis.volumes import Scope
from fourfold.codes.fraud import OTHER, fraud_code, fraud_codes
from fourfold.codes.gaps import non_answers
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window, months
from fourfold.errors import CodeUnknown, NothingHeld
from fourfold.records.as_at import Records
from fourfold.records.weekly_lists import reports

_OFF_THE_LIST = "code not on the list"
FALSE_DISCOVERIES = 0.05
"""The share of false discoveries that is held among those called changed."""
MONTHS_FOR_LIMITS = 12
AT_HOME = ("united kingdom", "uk", "gb", "gbr", "great britain", "england", "wales", "scotland", "northern ireland")
"""How a suspect's country is written when it is not overseas, or begins ("UK - England"): in small letters, without full stops."""

Of = Literal["reports", "disseminated"]
_Rows = list[tuple[Value, ...]]

_SHARE_COLUMNS = ("month", "other", "reports", "share", "low", "high", "lower_limit", "upper_limit", "is_beyond")
_CHANGES = Method(
    name="changes of reports",
    text="Each kind's two counts judged by its own months before the later window, and among all kinds together with the "
    "share of false discoveries held at one in twenty.",
    source="Benjamini and Hochberg 1995.",
)
_SHARE = Method(
    name="share of reports",
    text="Reports of a kind over all reports of the month. The limits are three times what a month of that size varies, "
    "widened by how much more the months vary than chance would have it.",
    source="Laney 2002; Wilson 1927.",
)

_BESIDE = Method(
    name="beside a published series",
    text="Each published period beside the count of the same days; changes on the period before.",
)


def changes(
    records: Records, scope: Scope, window: Window, by: str = "code", against: str = "previous-year"
) -> Finding:
    """Reports of a window against another, by kind: kind "report changes", its value the number judged to have changed.

    `by` is "code", "group", "age" (bands of ten years as the national lists have them), "victim_type" or "cyber_class".
    Columns: kind, name, before, after, per_cent, low, high (the change's interval), q (the share of false discoveries at
    which it would be called), verdict. The last row holds what is not recorded, and is not judged. Where the earlier window is
    not wholly held, `before` is null: months without a list are not months without reports. Raises CodeUnknown for
    another split, and what `volumes.count` does.
    """
    if by not in _KINDS:
        raise CodeUnknown("Reports cannot be split so.", remedy=f"Use one of: {', '.join(_KINDS)}.")
    later, earlier = comparisons.compared_windows(window, against)
    after = _counted(records, scope, later)
    source = volumes.supply(records, measure("fraud_reports"), scope, later)
    before = volumes.count(records, measure("fraud_reports"), scope, earlier, source)
    held = volumes.held_months(records, measure("fraud_reports"), scope)
    rows = reports(records, scope.force_id).select("reported_on", "reported_month", kind=_KINDS[by]).collect()
    is_whole = after.value is not None and before.value is not None
    earlier_months = [m for m in held if m < later.first.replace(day=1)]
    body = _judged(rows, earlier, later, earlier_months, before.value is not None, is_whole)
    found = [(kind, _name(by, kind), *said) for kind, *said in body]
    changed = sum(row[8] in ("rise", "fall") for row in found)
    notes = (f"Of {len(found):,} kinds, about one in twenty of those called changed may be no change.",)
    return _finding(
        after, kind="report changes", title=f"Fraud and cyber reports by {by.replace('_', ' ')}, and what changed",
        value=changed if is_whole else None, unit="kinds", n=after.records + before.records, windows=(later, earlier),
        verdict=after.verdict or before.verdict, method=_CHANGES, selection=None, parts=(after, before), notes=(*after.notes, *notes),
        table=Table(columns=("kind", "name", "before", "after", "per_cent", "low", "high", "q", "verdict"), rows=tuple(found)),
        parameters={"by": by, "against": against, "false discoveries held": FALSE_DISCOVERIES},
    )  # fmt: skip


def _judged(
    rows: pl.DataFrame, earlier: Window, later: Window, held: Sequence[date], is_held: bool, is_whole: bool
) -> list[tuple[Any, ...]]:
    """A row a kind: before, after, change, interval, q and verdict, largest later count first; not recorded last."""
    inside = pl.col("reported_on").is_between
    counted = rows.group_by("kind").agg(
        inside(earlier.first, earlier.last).sum().alias("before"), inside(later.first, later.last).sum().alias("after")
    ).filter((pl.col("before") + pl.col("after")) > 0)  # fmt: skip
    monthly = {(k, m): n for k, m, n in rows.group_by("kind", "reported_month").len().iter_rows()}
    exposure, found = later.days / earlier.days, []
    for kind, before, after in counted.sort("after", "kind", descending=[True, False], nulls_last=True).iter_rows():
        own = [monthly.get((kind, month), 0) for month in held]
        is_judged = kind is not None and is_whole
        said = (
            trends.judged(before, after, held, own, exposure=exposure)
            if is_judged
            else trends.Judgement("cannot judge", "")
        )
        change = 100 * (after / exposure / before - 1) if before and is_whole else None
        found.append((kind, before if is_held else None, after, change, said))
    tested = [(n, one[4].p_value) for n, one in enumerate(found) if one[4].p_value is not None]
    q = dict(
        zip((n for n, _ in tested), false_discovery_control([p for _, p in tested]) if tested else (), strict=True)
    )
    body = []
    for n, (kind, before, after, change, said) in enumerate(found):
        verdict = _verdict(said.verdict, change, q.get(n))
        body.append((kind, before, after, change, _finite(said.low), _finite(said.high), _float(q.get(n)), verdict))
    return sorted(body, key=lambda row: row[0] is None)


def _verdict(said: str, change: float | None, q: float | None) -> str:
    if q is None:
        return said
    if q > FALSE_DISCOVERIES:
        return "no clear change"
    return "rise" if change is None or change > 0 else "fall"


def share_of_other(records: Records, scope: Scope, window: Window, of: Of = "reports") -> Finding:
    """The share of NFIB90, "none of the above", month by month: kind "report share", its value the window's share in per cent.

    `of` says of what: of all reports, or of those disseminated to the force. Columns: month, other, reports, share, low,
    high (the month's own interval), lower_limit, upper_limit, is_beyond ("above", "below" or ""). Limits are of all months
    held up to the window's last, and absent below twelve of them.
    """
    whole = _counted(records, scope, window)
    rows = _reported(records, scope) if of == "reports" else _disseminated(records, scope)
    rows = rows.filter(pl.col("month") <= window.last)
    counted = (
        rows.group_by("month")
        .agg((pl.col("nfib_code") == OTHER).sum().alias("other"), pl.len().alias("n"))
        .sort("month")
    )
    if counted.is_empty():
        raise NothingHeld(
            "Nothing is held of which a share could be taken.", remedy="Import the lists or disseminations."
        )
    limits = _limits(counted["other"].to_list(), counted["n"].to_list())
    wanted = set(months(window))
    body: _Rows = []
    for (month, other, n), (low, high) in zip(counted.iter_rows(), limits, strict=True):
        if month in wanted:
            share = 100 * other / n
            own = wilson(other, n)
            beyond = "" if low is None or high is None else "above" if share > high else "below" if share < low else ""
            body.append((month.isoformat(), other, n, share, own[0], own[1], low, high, beyond))
    other, n = sum(int(r[1] or 0) for r in body), sum(int(r[2] or 0) for r in body)
    value = 100 * other / n if n and whole.value is not None else None
    title = f"Share of {OTHER}, none of the above, of {'all reports' if of == 'reports' else 'reports disseminated to the force'}"
    return _share(
        whole, title, value, other, n,
        table=Table(columns=_SHARE_COLUMNS, rows=tuple(body)),
        parameters={"of": of, "counted": other, "months behind the limits": counted.height},
        notes=("The papers give this share without saying of what: it is given of either.",),
    )  # fmt: skip


def overseas_share(records: Records, scope: Scope, window: Window) -> Finding:
    """The share of suspects overseas, of those whose country is given: kind "report share", in per cent.

    Columns: where, reports. `parameters` has the bounds: what the share of all reports would be if every suspect whose
    country is not given were at home ("at least"), or overseas ("at most").
    """
    whole = _counted(records, scope, window)
    rows = _window_rows(records, scope, window).select(where=where_suspect_is())
    counted = dict(rows.group_by("where").len().iter_rows())
    abroad, home, unknown = counted.get("overseas", 0), counted.get("at home", 0), counted.get(None, 0)
    n, every = abroad + home, abroad + home + unknown
    value = 100 * abroad / n if n and whole.value is not None else None
    bounds = {"at least": 100 * abroad / every, "at most": 100 * (abroad + unknown) / every} if every else {}
    return _share(
        whole, "Suspects overseas, of those whose country is given", value, abroad, n,
        table=Table(columns=("where", "reports"), rows=(("overseas", abroad), ("at home", home), (None, unknown))),
        parameters={"counted": abroad, "country not given": unknown, **bounds},
        notes=(f"The country is not given in {unknown:,} of {every:,} reports.",),
    )  # fmt: skip


def where_suspect_is() -> pl.Expr:
    """ "at home" or "overseas" by a report's `suspect_country`; null where it is empty, or is a word that answers nothing."""
    country = pl.col("suspect_country").str.strip_chars().str.to_lowercase().str.replace_all(".", "", literal=True)
    written = pl.col("suspect_country").str.strip_chars().str.to_lowercase()
    is_told = ~written.is_in([*non_answers("suspect_country"), ""]) & (country != "")
    is_home = country.str.contains(rf"^({'|'.join(AT_HOME)})\b")
    return pl.when(is_told).then(pl.when(is_home).then(pl.lit("at home")).otherwise(pl.lit("overseas")))


def beside_national(records: Records, scope: Scope, series: str = "") -> Finding:
    """The force's reports beside a published series, period by period: kind "national", its value the force's last change.

    `series` is a part of the published series' name; needed where more than one is held. Columns: first, last, published,
    reports (none where the lists of the period are not all held), published_change and reports_change in per cent on the
    period before. The published figure is a quotation, in its own unit, and is never mixed with the count.
    """
    held = _published(records, series)
    names = held["series"].unique().to_list()
    if len(names) != 1:
        raise NothingHeld(
            "No published series of that name is held." if not names else "More than one published series is held.",
            remedy="Import one, or name one of: " + "; ".join(sorted(names))
            if names
            else "Import it as a reference series.",
        )
    have = set(volumes.held_months(records, measure("fraud_reports"), scope))
    body: _Rows = []
    before: tuple[float, int | None] | None = None
    last: Finding | None = None
    for first, end, value in held.select("first", "last", "value").iter_rows():
        own = _counted(records, scope, Window(first, end)) if set(months(Window(first, end))) <= have else None
        n = int(own.value) if own is not None and isinstance(own.value, int) else None
        theirs = 100 * (value / before[0] - 1) if before and before[0] else None
        ours = 100 * (n / before[1] - 1) if before and before[1] and n is not None else None
        body.append((first.isoformat(), end.isoformat(), value, n, theirs, ours))
        before, last = (value, n), own or last
    if last is None:
        raise NothingHeld(
            "No period of that series is held of the force.", remedy="Import the weekly lists of its months."
        )
    told = [row for row in body if row[5] is not None and row[4] is not None]
    row = held.row(0, named=True)
    return _finding(
        last, kind="national", title=f"Reports beside “{names[0]}” ({row['publisher']})", value=told[-1][5] if told else None,
        unit="%", n=sum(int(r[3]) for r in body if isinstance(r[3], int)), selection=None, parts=(last,),
        windows=(Window(date.fromisoformat(str(body[0][0])), date.fromisoformat(str(body[-1][1]))),),
        verdict=None if told else "no two periods of it are held of the force",
        method=_BESIDE,
        table=Table(columns=("first", "last", "published", "reports", "published_change", "reports_change"), rows=tuple(body)),
        parameters={"published": told[-1][4] if told else None, "unit of the series": row["unit"]},
        sources=(*last.sources, row["citation"]), notes=(*last.notes, "Published: " + row["citation"]),
    )  # fmt: skip


def _limits(other: Sequence[int], n: Sequence[int]) -> list[tuple[float | None, float | None]]:
    """Laney's limits of each month's share in per cent; none where fewer than twelve months are held."""
    if len(n) < MONTHS_FOR_LIMITS:
        return [(None, None)] * len(n)
    centre = sum(other) / sum(n)
    sigma = [math.sqrt(centre * (1 - centre) / each) or 1e-12 for each in n]
    z = [(k / each - centre) / s for k, each, s in zip(other, n, sigma, strict=True)]
    ranges = [abs(b - a) for a, b in pairwise(z)]
    widened = max(1.0, sum(ranges) / len(ranges) / 1.128)
    return [(100 * max(0.0, centre - 3 * s * widened), 100 * min(1.0, centre + 3 * s * widened)) for s in sigma]


def _share(whole: Finding, title: str, value: float | None, k: int, n: int, **said: Any) -> Finding:
    low, high = wilson(k, n)
    interval = Interval(low=low, high=high, level=0.95, meaning="what chance alone could do to a share of so many")
    notes = (*whole.notes, *said.pop("notes"))
    return _finding(
        whole, kind="report share", title=title, value=value, unit="%", n=n, method=_SHARE, selection=None, parts=(whole,),
        interval=interval if value is not None else None, notes=notes, **said,
    )  # fmt: skip


def _finding(whole: Finding, **said: Any) -> Finding:
    """A Finding that rests on the count of all reports, with what it says itself."""
    return replace(whole, **said)


def _counted(records: Records, scope: Scope, window: Window) -> Finding:
    return volumes.count(records, measure("fraud_reports"), scope, window)


def _window_rows(records: Records, scope: Scope, window: Window) -> pl.DataFrame:
    rows = reports(records, scope.force_id).filter(pl.col("reported_on").is_between(window.first, window.last))
    return rows.collect()


def _reported(records: Records, scope: Scope) -> pl.DataFrame:
    return reports(records, scope.force_id).select("nfib_code", month="reported_month").drop_nulls("month").collect()


def _disseminated(records: Records, scope: Scope) -> pl.DataFrame:
    sent = records.table("fraud_disseminations").filter(pl.col("force_id") == scope.force_id)
    sent = sent.sort("disseminated_on").unique("report_ref", keep="first", maintain_order=True)
    return sent.select("nfib_code", month=pl.col("disseminated_on").dt.month_start()).drop_nulls("month").collect()


def _published(records: Records, series: str) -> pl.DataFrame:
    """The published series whose name has a text: series, publisher, citation, unit, first, last, value; by period."""
    wanted = ("series", "publisher", "citation", "unit", "first", "last", "value")
    years = records.table("reference_series").select(*wanted).collect()
    quarters = records.table("reference_quarters").collect()
    parts = [years]
    for n in range(1, 5):
        first = pl.date(pl.col("year"), 3 * n - 2, 1)
        one = quarters.with_columns(first=first, last=first.dt.offset_by("2mo").dt.month_end(), value=f"quarter_{n}")
        parts.append(one.select(pl.col(name).cast(kind) for name, kind in years.schema.items()))
    every = pl.concat(parts).drop_nulls(["first", "last", "value"])
    every = every.filter(pl.col("series").str.to_lowercase().str.contains(series.lower(), literal=True))
    return every.unique(["series", "first", "last"], keep="last", maintain_order=True).sort("series", "first", "last")


def age_band(age: str = "age_at_report") -> pl.Expr:
    """Ten years, from 1 to 10 on, as published, before which stands "0"; null where no age is known, and of organisations."""
    low = (pl.col(age) - 1) // 10 * 10 + 1
    is_person = (pl.col("victim_type") != "organisation").fill_null(True)
    return pl.when(is_person & pl.col(age).is_not_null()).then(
        pl.when(pl.col(age) < 1).then(pl.lit("0")).otherwise(pl.format("{} to {}", low, low + 9))
    )


def group_of_code() -> pl.Expr:
    """The NFIB group of a report's code, null where it has none."""
    groups = {c.code: c.group for c in fraud_codes()}
    known = pl.col("nfib_code").replace_strict(groups, default=_OFF_THE_LIST, return_dtype=pl.String)
    return pl.when(pl.col("nfib_code").is_not_null()).then(known)


_KINDS: dict[str, pl.Expr] = {
    "code": pl.col("nfib_code"), "group": group_of_code(), "age": age_band(), "victim_type": pl.col("victim_type"),
    "cyber_class": pl.col("cyber_class"),
}  # fmt: skip
_CYBER = {"none": "neither", "enabled": "cyber-enabled", "dependent": "cyber-dependent"}
_NAMES: dict[str, Callable[[str], str]] = {
    "code": lambda kind: code.title if (code := fraud_code(kind)) else _OFF_THE_LIST,
    "cyber_class": lambda kind: _CYBER.get(kind, kind),
}


def _name(by: str, kind: str | None) -> str:
    if kind is None:
        return "not recorded, or no age" if by == "age" else "not recorded"
    return _NAMES.get(by, str)(kind)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
