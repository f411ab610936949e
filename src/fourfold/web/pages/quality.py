"""Quality of what is held: what nobody can tell and why, fields to ask for, how complete each field is, feeds, and fraud.

Thin: each figure is a Finding of `analysis/data_quality` or `analysis/feeds`. The list of records that lack a field is a
sight of personal records, opened through the service's own gate to them. Whoever neither runs nor plans the care of victims is
told what is of reports of fraud rounded, and of the whole quarters that lie in the months asked (`analysis.reports_told`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.analysis import data_quality, feeds
from fourfold.analysis.findings import Finding
from fourfold.analysis.reports_told import quarters_within, reports_told
from fourfold.casework.access import gate_for
from fourfold.codes import areas, gaps
from fourfold.codes.fraud import TABLES_OF_REPORTS
from fourfold.codes.periods import Window, month_end, parse_window, rolling_12
from fourfold.errors import AccessRefused, CodeUnknown, FourfoldError, NothingHeld
from fourfold.publications.sentences import case_sentence, gap_sentence, reconciliation_sentence
from fourfold.records.access import Asking, line_key, purposes
from fourfold.records.quality import Quality, unparsed
from fourfold.records.reconciliation import Reconciliation
from fourfold.web.figures import figure, kept, standing_records
from fourfold.web.gate import Pass, Refused, needs
from fourfold.web.paging import asked_to_take
from fourfold.web.tables import Cut, listing

PURPOSE = "data quality"
_FIELDS_ASKED_FOR = 3
_LINES = 20
_LISTS_KEPT, _ORDERS_KEPT = 2, 6
"""So many lists of records, and orders of them, are kept at once: some tens of megabytes in all."""


@dataclass(frozen=True)
class Asked:
    """What a page of quality is asked: whose records, over which months, of which theme.

    `is_exact` is whether what is of reports of fraud is shown as counted.
    """

    quality: Quality
    forces: tuple[tuple[str, str], ...]
    window: Window
    theme: str
    is_exact: bool

    @property
    def quarters(self) -> Window | None:
        """The months asked of reports of fraud: all, or the whole quarters among them; None where there is none."""
        return self.window if self.is_exact else quarters_within(self.window)

    @property
    def force_name(self) -> str:
        """The force's name."""
        return areas.force(self.quality.force_id).name

    @property
    def query(self) -> dict[str, str]:
        """What is asked, as the address has it."""
        first, last = self.window.written
        return {"force": self.quality.force_id, "from": first, "to": last, "theme": self.theme}

    def figure(self, name: str, *question: Any, made: Callable[[], Finding]) -> Finding:
        """A Finding of these records and months, worked out once."""
        return figure(self.quality.records, name, self.quality.force_id, str(self.window), *question, made=made)

    def told(self, name: str, *question: Any, made: Callable[[], Finding]) -> Finding:
        """A Finding of reports of fraud, or of them among others, as the officer may have it."""
        if self.is_exact:
            return self.figure(name, *question, made=made)
        return self.figure(f"{name}, told", *question, made=lambda: reports_told(made()))

    def counts(self) -> pl.DataFrame:
        """Every field's cells by what they say, in these months, counted once; those of reports of fraud in `quarters`."""
        seen = self.quality
        key = ("field counts", str(seen.records.home), seen.records.as_at, seen.force_id, str(self.window))
        every = kept(key, lambda _: seen.counts(window=self.window))
        if self.is_exact:
            return every
        of = self.quarters
        is_told = pl.col("month").is_between(of.first, of.last) if of else pl.lit(False)
        cells = (
            pl.when(is_told | ~pl.col("table").is_in(TABLES_OF_REPORTS)).then(pl.col(pl.Int64, pl.UInt32)).otherwise(0)
        )
        return every.with_columns(cells)  # a field that no file has is still said to be so

    def gaps(self) -> tuple[Finding, ...]:
        """What each gap leaves unknown, the widest first; worked out once."""
        seen, theme = self.quality, self.theme or None
        key = (str(seen.records.home), seen.records.as_at, seen.force_id, str(self.window), self.theme)
        every = kept(("gaps", *key), lambda _: data_quality.every_gap(seen, self.window, theme))
        if self.is_exact:
            return every
        others = [one for one in every if "fraud" not in one.code_lists]
        return kept(
            ("gaps, told", *key), lambda _: tuple(sorted((*others, *self._gaps_told()), key=data_quality.width))
        )

    def _gaps_told(self) -> list[Finding]:
        if self.quarters is None:
            return []
        found = data_quality.every_gap(self.quality, self.quarters, self.theme or None, TABLES_OF_REPORTS)
        return [reports_told(one) for one in found]


@needs("read", "batches")
def quality(request: HttpRequest) -> HttpResponse:
    """What each gap leaves unknown, which fields to ask for, how complete each is, and what would not parse."""
    asked = _asked(request)
    if isinstance(asked, HttpResponse):
        return asked
    return render(request, "pages/quality.html", _worked_out(asked))


def opened() -> None:
    """Work out the page as it opens, before anybody asks for it."""
    request = HttpRequest()
    request.method = "GET"
    for is_exact in (True, False):
        asked = _asked(request, is_exact)
        if not isinstance(asked, HttpResponse):
            _worked_out(asked)


def _worked_out(asked: Asked) -> dict[str, Any]:
    """What the page shows, each figure worked out once while the records stand."""
    seen, theme = asked.quality, asked.theme or None
    told = asked.gaps()
    for one in told:
        asked.figure("gap", one.id, made=partial(_itself, one))
    case, fault = None, None
    try:
        case = asked.figure(
            "case", asked.theme,
            made=lambda: data_quality.mandatory_fields(seen, asked.window, theme=theme, many=_FIELDS_ASKED_FOR),
        )  # fmt: skip
    except NothingHeld as nothing:
        fault = nothing
    complete, valid = (
        asked.told(name, made=partial(data_quality.completeness, seen, asked.counts(), asked.window, of))
        for name, of in (("completeness", "complete"), ("validity", "valid"))
    )
    return {
        "asked": asked, "themes": gaps.themes(), "gaps": [(one, gap_sentence(one)) for one in told if one.value is not None],
        "not_asked": [one.title for one in told if one.value is None and not one.n],
        "too_few": [one.title for one in told if one.value is None and one.n], "case": case, "case_fault": fault,
        "case_said": case_sentence(case) if case is not None else None, "complete": complete, "valid": valid,
        "unparsed": unparsed(seen.records, seen.force_id).rows(), "titles": {g.id: g.title for g in gaps.gaps()},
    }  # fmt: skip


@needs("read", "batches")
def field(request: HttpRequest, name: str) -> HttpResponse:
    """One field by month, unit and team, each against limits: how complete, or how valid, it is."""
    asked = _asked(request)
    if isinstance(asked, HttpResponse):
        return asked
    of = "valid" if request.GET.get("of") == "valid" else "complete"
    passed: Pass = request.gate
    found: dict[str, Finding] = {}
    fault: FourfoldError | None = None
    is_told = not asked.is_exact and name.partition(".")[0] in TABLES_OF_REPORTS
    try:
        over = asked.quarters if is_told else asked.window
        if over is None:
            raise NothingHeld(
                "In your role reports of fraud are told by whole quarters of the year.", remedy="Ask for one."
            )
        for by in data_quality.BY:
            if is_told and by == "month":
                continue  # no month is told of
            made = partial(data_quality.completeness_by, asked.quality, asked.counts(), name, over, by, of)
            found[by] = (asked.told if is_told else asked.figure)("completeness by", name, by, of, made=made)
    except FourfoldError as nothing:
        fault = nothing
    context = {
        "asked": asked, "name": name, "of": of, "found": found, "problem": fault, "is_told": is_told,
        "first": next(iter(found.values()), None),
        "may_list": passed.may("read", "people") and _role_for(passed, name) != "",
    }  # fmt: skip
    return render(request, "pages/quality_field.html", context, status=200 if fault is None else 404)


@needs("read", "people")
def feedback(request: HttpRequest, name: str) -> HttpResponse:
    """The records that lack a field, for those who recorded them: a consultation, each page an entry of what it shows.

    They are told by unit and team, not by area: whoever may see the people of some areas alone is refused.
    """
    passed: Pass = request.gate
    asked = _asked(request)
    passed.saw_none()
    if isinstance(asked, HttpResponse):
        return asked
    role = _role_for(passed, name)
    if not role or not passed.may("read", "people"):
        raise Refused("read", "people")
    passed.asked_why("people")
    unit, team = request.GET.get("unit") or None, request.GET.get("team") or None

    def cut(wanted: Cut) -> tuple[Sequence[Any], int]:
        told = asked.quality.feedback(
            name, asked.window, gate_for(passed.officer.key, passed.held),
            Asking(officer=passed.officer.key, role=role, purpose=PURPOSE, reason=passed.reason), passed.at, unit=unit, team=team,
            skip=wanted.skip, most=wanted.most, lacking=_lacking(asked, name, wanted),
        )  # fmt: skip
        return told.rows.rows(), told.total

    files = {b.batch_id: b.file_name for b in asked.quality.records.standing}
    try:
        shown = listing(
            "Records, those of the officers with most of them first",
            ["Record", "Unit", "Team", "Officer", "The cell says", "File and line"], cut,
            lambda row: (*row[:5], f"{files.get(row[5], row[5])}, line {row[6]:,}"),
        )  # fmt: skip
    except AccessRefused:
        raise Refused("read", "people") from None
    if asked_to_take(request):
        passed.saw("people", lists={shown.name: [line_key(row[5], row[6]) for row in shown.rows]})
    context = {"asked": asked, "name": name, "lacking": shown, "unit": unit, "team": team}
    return render(request, "pages/quality_feedback.html", context)


@needs("read", "batches")
def feeds_page(request: HttpRequest) -> HttpResponse:
    """When each feed last came, how late its rows are, and fraud from report to outcome with what is not matched."""
    asked = _asked(request)
    if isinstance(asked, HttpResponse):
        return asked
    records, force_id = asked.quality.records, asked.quality.force_id
    fresh = asked.figure("freshness", made=lambda: feeds.freshness(records, force_id))
    late = asked.figure("lateness", made=partial(feeds.late_rows, records, force_id))
    if not asked.is_exact:
        late = asked.told("lateness", made=partial(_itself, late))
    context = {"asked": asked, "fresh": fresh, "late": late}
    if asked.quarters is not None:
        context |= _fraud(asked, asked.quarters)
    return render(request, "pages/feeds.html", context)


def _lacking(asked: Asked, name: str, wanted: Cut) -> pl.DataFrame:
    """Every record that lacks a field, found once while the records stand, in the order that is asked for."""
    its = asked.quality
    key = (str(its.records.home), its.records.as_at, its.force_id, name, str(asked.window))
    every = kept(("lacking", *key), lambda _: its.lacking(name, asked.window), _LISTS_KEPT)
    if wanted.column is None:
        return every
    by = pl.col(("crime_ref", "unit", "team", "officer_ref", "says", "batch_id")[wanted.column]).cast(pl.String)
    order = kept(
        ("order of lacking", *key, wanted.column, wanted.is_down),
        lambda _: every.with_row_index("at", offset=0).select("at", by=by)
        .sort("by", descending=wanted.is_down, nulls_last=True, maintain_order=True)["at"],
        _ORDERS_KEPT,
    )  # fmt: skip
    return every[order]


def _itself(found: Finding) -> Finding:
    return found


def _fraud(asked: Asked, over: Window) -> dict[str, Any]:
    """The stages of fraud, what is not matched, and in which files that stands: a file is of a week, and told as counted or not."""
    records, force_id = asked.quality.records, asked.quality.force_id
    reconciled: tuple[Finding, Reconciliation] = kept(
        ("fraud", str(records.home), records.as_at, force_id, str(over)),
        lambda _: feeds.fraud_reconciled(records, force_id, over),
    )
    fraud = asked.told("reconciliation", made=lambda: reconciled[0])
    lists = reconciled[1].rows.group_by("said", "batch_id", maintain_order=True).agg(pl.len().alias("n")).rows()
    return {
        "fraud": fraud, "pairs": fraud.parts[0], "said": reconciliation_sentence(fraud),
        "unmatched": lists if asked.is_exact else [], "files": {b.batch_id: b.file_name for b in records.standing},
    }  # fmt: skip


def _asked(request: HttpRequest, is_exact: bool | None = None) -> Asked | HttpResponse:
    """What the address asks; or the page that says why it cannot be answered."""
    records = standing_records()
    if is_exact is None:
        is_exact = request.gate.may("read", "care_figures")
    own = {one for b in records.standing if b.keyed_by for one in (b.forces or ())}
    forces = tuple((f.id, f.name) for f in areas.forces() if f.id in own)
    if not forces:
        return render(request, "pages/quality_empty.html", {})
    wanted = request.GET.get("force") or settings.FOURFOLD_FORCE
    theme = request.GET.get("theme", "")
    try:
        if request.GET.get("force") and wanted not in dict(forces):
            raise CodeUnknown(
                "No records of that force's own systems are held.", remedy="Choose one of the forces below."
            )
        seen = Quality(records, wanted if wanted in dict(forces) else forces[0][0])
        return Asked(seen, forces, _window(request, seen), gaps.theme_named(theme) if theme else "", is_exact)
    except FourfoldError as fault:
        seen = Quality(records, forces[0][0])
        asked = Asked(seen, forces, rolling_12(month_end(seen.last_month)), "", is_exact)
        context = {"asked": asked, "fault": f"{fault.cause} {fault.remedy}", "themes": gaps.themes()}
        return render(request, "pages/quality_asked.html", context, status=422)


def _window(request: HttpRequest, seen: Quality) -> Window:
    first, last = request.GET.get("from"), request.GET.get("to")
    if first and last:
        return parse_window(first, last)
    return rolling_12(parse_window(last, last).last if last else month_end(seen.last_month))


def _role_for(passed: Pass, name: str) -> str:
    """A role held in which the table of purposes lets one see whose records lack a field; nothing where there is none."""
    table = name.partition(".")[0]
    held = {one.role for one in passed.held}
    may = (p for p in purposes() if p.purpose == PURPOSE and p.role in held and (table in p.tables or "*" in p.tables))
    return next((one.role for one in may), "")
