"""The picture: a measure, an area and a period on one page, with what changed, how sure that is, and how it was made.

What is asked stands in the address, so that it can be sent to a colleague, whose role decides what it shows there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from markupsafe import Markup

from fourfold.analysis import comparisons, control_charts, volumes
from fourfold.analysis.concentration import concentration
from fourfold.analysis.findings import NO_CONTROL, Finding
from fourfold.analysis.trends import variation
from fourfold.analysis.volumes import Scope
from fourfold.casework import roles
from fourfold.casework.uploads import restricted_from
from fourfold.codes import areas
from fourfold.codes.breaks import breaks_crossed
from fourfold.codes.measures import Measure, measure, measures
from fourfold.codes.periods import Window, month_end, parse_window, year_to_date
from fourfold.errors import CodeUnknown, FourfoldError, NothingHeld, RequestInvalid
from fourfold.publications.charts import change_chart, control_picture
from fourfold.publications.register import traced
from fourfold.publications.sentences import Sentence, change_sentence, expectation_sentence, spread_sentence
from fourfold.publications.tables import csv_text
from fourfold.records import places
from fourfold.records.access import line_key
from fourfold.records.as_at import Records
from fourfold.web.figures import figure, finding_shown, kept, standing_records
from fourfold.web.gate import Pass, needs

SMALL_LAYERS = ("lsoa21", "lsoa11", "ward24", "ward22")
"""Layers whose areas are small enough for a count to single a person out."""
AGAINST = {"previous-year": "the same months a year before", "rolling-12": "twelve months against the twelve before",
           "2019/20": "the same months of 2019/20"}  # fmt: skip
SMALL_MEAN = 10
"""Below a mean of so many a month, months leave the limits of an XmR chart often (see `control_charts`)."""
_LINES_SHOWN, _LINES_IN_ALL = 200, 2_000
"""The lines behind a figure that a page shows of one file, and of all files: each is a key on the log. The rest are counted."""
_IDENTITY = re.compile("[0-9a-f]{12}")


@dataclass(frozen=True)
class Asked:
    """What a page of the picture is asked: read from the address, with what stands where it says nothing."""

    records: Records
    measure: Measure
    scope: Scope
    window: Window
    against: str
    held: tuple[date, ...]

    @property
    def record_class(self) -> str:
        """Which class of record its figures are."""
        if self.measure.basis == "fraud_code":
            return "care_figures"
        return "small_area_figures" if self.scope.level in SMALL_LAYERS else "figures"

    @property
    def area_chain(self) -> tuple[str, ...]:
        """The area asked for and those that it lies in, by code."""
        return area_chain(self.records, self.scope.level, self.scope.area_code)

    @property
    def area_name(self) -> str:
        """The area's name, or the force's."""
        if self.scope.area_code is None or self.scope.level is None:
            return areas.force(self.scope.force_id).name
        return places.area_names(self.records, self.scope.level).get(self.scope.area_code, self.scope.area_code)

    @property
    def query(self) -> dict[str, str]:
        """What is asked, as the address has it; its values tell one question from another."""
        first, last = self.window.written
        return {
            "force": self.scope.force_id, "measure": self.measure.id, "area": self.scope.area_code or "",
            "from": first, "to": last, "against": self.against,
        }  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A part of the page: its Finding, or why there is none."""

    finding: Finding | None
    fault: FourfoldError | None = None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of its table."""
        return self.finding.table.records() if self.finding is not None and self.finding.table is not None else []


@needs("read", "figures")
def picture(request: HttpRequest) -> HttpResponse:
    """One measure, area and period: count, change, control chart, season, concentration, areas, and how it was made."""
    passed: Pass = request.gate
    records = standing_records()
    choices = Choices(records, request)
    if not choices.forces:
        return render(request, "pages/picture_empty.html", {})
    try:
        asked = choices.asked()
    except FourfoldError as fault:
        return render(
            request,
            "pages/picture.html",
            {"choices": choices, "fault": fault.cause, "remedy": fault.remedy},
            status=422,
        )
    passed.require("read", asked.record_class, asked.area_chain)
    shown = Shown(asked)
    may_small = passed.may("read", "small_area_figures", asked.area_chain)
    if asked.record_class == "small_area_figures":
        key = shown.change.finding.id if shown.change.finding else asked.scope.area_code or ""
        passed.saw("small_area_figures", [key], note=asked.query)
    elif may_small and shown.by_small_area.finding is not None:
        passed.saw("small_area_figures", [shown.by_small_area.finding.id], note=asked.query)
    context = {
        "choices": choices, "asked": asked, "shown": shown, "may_small": may_small, "against": AGAINST,
        "chart": _inline_chart(shown.change.finding, asked.scope.force_id), "control": _inline_control(shown, asked),
        "paragraph": shown.paragraph(may_small), "may_export": passed.may("export", asked.record_class, asked.area_chain),
    }  # fmt: skip
    return render(request, "pages/picture.html", context)


def opened(records: Records, force_id: str) -> None:
    """Work out the page as it opens, with its charts, before anybody asks for it."""
    request = HttpRequest()
    request.GET = QueryDict(f"force={force_id}")
    asked = Choices(records, request).asked()
    shown = Shown(asked)
    _inline_chart(shown.change.finding, force_id)
    _inline_control(shown, asked)


class Choices:
    """What the filters offer, and what was chosen of it. A choice that is not on offer is a fault, said on the page."""

    def __init__(self, records: Records, request: HttpRequest) -> None:
        self.records, self.given = records, request.GET
        self.forces = forces_held(records)
        wanted = self.given.get("force") or settings.FOURFOLD_FORCE
        self.force_id = wanted if wanted in dict(self.forces) else (self.forces[0][0] if self.forces else "")
        held = measures_held(records, self.force_id) if self.force_id else ()
        passed: Pass | None = getattr(request, "gate", None)
        self.measures = told_measures(held, passed is not None and passed.may("read", "care_figures"))
        self.areas = larger_areas(self.force_id) if self.force_id else ()

    def asked(self) -> Asked:
        """What is asked. Raises CodeUnknown, RequestInvalid and NothingHeld."""
        if self.given.get("force") and self.given["force"] != self.force_id:
            raise CodeUnknown("No records of that force are held.", remedy="Choose one of the forces below.")
        if not self.measures:
            raise NothingHeld(
                "No measure can be counted from what is held of this force.", remedy="Import its records."
            )
        names = [m.id for m in self.measures]
        chosen = self.given.get("measure") or ("police_uk_all_crime" if "police_uk_all_crime" in names else names[0])
        if chosen not in names and any(m.id == chosen for m in measures_held(self.records, self.force_id)):
            raise NothingHeld(
                "In your role reports of fraud are not shown by month or by day: small numbers would be among them.",
                remedy="They are told by quarter on the page Reported fraud.",
            )
        if chosen not in names:
            raise NothingHeld(
                "That measure cannot be counted from what is held of this force.", remedy="Choose another."
            )
        wanted = measure(chosen)
        code = self.given.get("area", "").strip()
        level = level_of(self.records, code) if code else None
        scope = Scope(force_id=self.force_id, level=level, area_code=code or None)
        held = volumes.held_months(self.records, wanted, scope)
        against = self.given.get("against") or "previous-year"
        if against not in AGAINST:
            raise RequestInvalid("There is no such comparison.", remedy="Choose one of those below.")
        return Asked(self.records, wanted, scope, self._window(held), against, held)

    def _window(self, held: tuple[date, ...]) -> Window:
        first, last = self.given.get("from") or None, self.given.get("to") or None
        if first is None and last is None:
            return year_to_date(month_end(held[-1]))
        if last is None:
            return parse_window(first, max(f"{held[-1]:%Y-%m}", str(first)))
        return parse_window(first, last)


class Shown:
    """The Findings of a page, each worked out once for the records as they stand."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        records, wanted, scope, window = asked.records, asked.measure, asked.scope, asked.window
        self.change = self._part("change", lambda: comparisons.compared(records, wanted, scope, window, asked.against))
        self.series = self._part("series", lambda: volumes.series(records, wanted, scope))
        self.control = self._of("control", self.series, control_charts.control_chart)
        self.season = self._of(
            "season", self.series, lambda series: control_charts.seasonal_expectation(series, asked.window.first)
        )
        no_areas = NothingHeld("The areas within this area are not shown.", remedy="Choose the whole force.")
        nothing = Part(None, no_areas)
        self.by_council = self._part("ltla24", lambda: self._by("ltla24")) if scope.area_code is None else nothing
        self.by_small_area = self._part("small", self._by_small) if scope.level in (None, "ltla24") else nothing
        self.concentration = self._of("concentration", self.by_small_area, self._concentration)
        self.unplaced = self._part("unplaced", lambda: volumes.unplaced(records, wanted, scope, window))

    @property
    def small_layer(self) -> str:
        """The layer of the smallest areas held for the force."""
        return small_layer(self.asked.records, self.asked.scope.force_id)

    def paragraph(self, may_small: bool) -> Sentence | None:
        """What the paper would print of it: the change, its months against their season, and for those who may how spread."""
        change, season, spread = self.change.finding, self.season.finding, self.concentration.finding
        if change is None:
            return None
        said = [change_sentence(change)]
        if season is not None and self.asked.against != "rolling-12":
            said.append(expectation_sentence(season, self.asked.window))
        if may_small and spread is not None and spread.value:
            said.append(spread_sentence(spread))
        whole = said[0]
        for one in said[1:]:
            whole = whole + one
        return whole

    @property
    def season_by_month(self) -> list[tuple[str, float]]:
        """Each calendar month against the year's mean month, of 100; empty where a month was never held twice."""
        found = self.series.finding
        if found is None or found.table is None or found.parameters.get("grain") == "quarter":
            return []
        months = [date.fromisoformat(str(m)) for m in found.table.column("month")]
        if len(months) < 24:
            return []
        own = variation(months, [int(n) for n in found.table.column("count") if isinstance(n, int)])
        return [(f"{date(2000, at, 1):%B}", 100 * share) for at, share in enumerate(own.season, 1) if share is not None]

    @property
    def findings(self) -> list[Finding]:
        """Every Finding of the page."""
        parts = (
            self.change,
            self.series,
            self.control,
            self.season,
            self.by_council,
            self.concentration,
            self.unplaced,
        )
        return [part.finding for part in parts if part.finding is not None]

    def _by(self, layer: str) -> Finding:
        asked = self.asked
        return volumes.breakdown(asked.records, asked.measure, asked.scope, asked.window, layer)

    def _by_small(self) -> Finding:
        if not self.small_layer:
            raise NothingHeld("No boundaries of this force's small areas are held.", remedy="Import them.")
        return self._by(self.small_layer)

    def _concentration(self, by_area: Finding) -> Finding:
        records, scope, layer = self.asked.records, self.asked.scope, self.small_layer
        every = places.areas_of_force(records, scope.force_id, layer)
        if scope.area_code is not None and records.boundaries is not None:
            council_of = records.boundaries.council_of(layer)
            every = tuple(code for code in every if council_of.get(code) == scope.area_code)
        return concentration(by_area, every)

    def _part(self, name: str, made: Callable[[], Finding]) -> Part:
        try:
            return Part(figure(self.asked.records, name, *self.asked.query.values(), made=made))
        except FourfoldError as fault:
            return Part(None, fault)

    def _of(self, name: str, part: Part, made: Callable[[Finding], Finding]) -> Part:
        found = part.finding
        return part if found is None else self._part(name, lambda: made(found))


@needs("export", "figures")
def series_file(request: HttpRequest) -> HttpResponse:
    """The series of a page as CSV: a disclosure, logged with its Finding."""
    passed: Pass = request.gate
    asked = Choices(standing_records(), request).asked()
    passed.require("export", asked.record_class, asked.area_chain)
    series = Shown(asked).series
    if series.finding is None or series.finding.table is None:
        raise series.fault or NothingHeld("There is no series of this.", remedy="Choose another measure.")
    recipient = passed.officer.key
    passed.saw(
        asked.record_class, [series.finding.id], kind="disclosure", verb="export", recipient=recipient, note=asked.query
    )
    name = f"{asked.measure.id}-{asked.scope.area_code or asked.scope.force_id}.csv"
    marked = f"{settings.MARKING}{', FICTITIOUS' if settings.FOURFOLD_FICTITIOUS else ''}"
    content = f'"{marked}"\n' + csv_text(series.finding.table)
    return as_file(content.encode(), name, "text/csv; charset=utf-8")


@needs("read", "figures")
def finding(request: HttpRequest, identity: str) -> HttpResponse:
    """How a figure was made: its definition, method, files, and for those who may the lines of the files."""
    passed: Pass = request.gate
    if not _IDENTITY.fullmatch(identity):  # whole: by its beginning alone anybody could go through the register
        raise Http404
    try:
        found = finding_shown(Path(settings.FOURFOLD_HOME), identity)
    except NothingHeld:
        raise Http404 from None
    codes, classes = _area_of(found), classes_of_finding(found)
    for record_class in classes:
        passed.require("read", record_class, codes)
    for record_class in (one for one in classes if roles.record_classes()[one].is_logged):
        passed.saw(record_class, [found.id])
    traces = []
    for part in found.walk():
        if part.kind == "count" and part.selection is not None:
            traces.append(traced(Path(settings.FOURFOLD_HOME), part))
    behind = [batch.batch for one in traces for batch in one.batches]
    closed = restricted_from(passed.officer.key, behind)
    lines_of = {
        one.batch_id
        for one in behind
        if passed.may("read", "source_lines", codes, "restricted" if one.batch_id in closed else "none")
    }
    shown = [batch for one in traces for batch in one.batches if batch.batch.batch_id in lines_of]
    most = min(_LINES_SHOWN, max(1, _LINES_IN_ALL // max(1, len(shown))))
    if shown:
        lines = [line_key(one.batch.batch_id, line) for one in shown for line in one.lines[:most]]
        passed.saw("source_lines", [*(one.batch.batch_id for one in shown), *lines], note={"finding": found.id})
    context = {"found": found, "traces": traces, "lines_of": lines_of, "most": most}
    return render(request, "pages/finding.html", context)


def as_file(content: bytes, name: str, kind: str) -> HttpResponse:
    """A file to take away."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def image(drawn: str) -> HttpResponse:
    """A drawing of ours as a page of its own."""
    response = HttpResponse(drawn, content_type="image/svg+xml")
    # As a page of its own it may do nothing at all.
    response["Content-Security-Policy"] = "default-src 'none'"
    return response


def _inline_chart(change: Finding | None, force_id: str) -> dict[str, Any] | None:
    """The chart of a change, with its table and its words, drawn into the page."""
    if change is None or not change.parts[2].table:
        return None

    def drawn(_: tuple[Any, ...]) -> dict[str, Any]:
        marks = breaks_crossed([*change.parts[2].windows], force_id, change.definition.name)
        made = change_chart(change, marks, settings.FOURFOLD_FICTITIOUS)
        return {"chart": made, "svg": Markup(made.svg())}  # noqa: S704 - drawn by us, its texts escaped

    return kept(("chart", change.id), drawn)


def _inline_control(shown: Shown, asked: Asked) -> dict[str, Any] | None:
    """The control chart, with its words, drawn into the page."""
    control = shown.control.finding
    if control is None:
        return None

    def drawn(_: tuple[Any, ...]) -> dict[str, Any]:
        marks = breaks_crossed([*control.windows], asked.scope.force_id, control.definition.name)
        made = control_picture(control, marks, settings.FOURFOLD_FICTITIOUS)
        is_small = min(float(row["mean"] or 0) for row in shown.control.rows) < SMALL_MEAN
        return {"chart": made, "svg": Markup(made.svg()), "is_small": is_small}  # noqa: S704 - drawn by us, its texts escaped

    return kept(("control chart", control.id), drawn)


def classes_of_finding(found: Finding) -> tuple[str, ...]:
    """The record classes that a Finding is of: by its kind and those of its parts, and by the areas that they are of."""
    classes = set()
    for part in found.walk():
        classes.add(roles.class_of_finding(part.kind))
        levels = {c.removeprefix("area:") for c in (part.selection.equals if part.selection else {})}
        if "fraud" in part.code_lists and part.disclosure == NO_CONTROL:
            classes.add("care_figures")
        told = f"{part.title} {part.parameters}"
        if levels & set(SMALL_LAYERS) or any(layer in told for layer in SMALL_LAYERS):
            classes.add("small_area_figures")
    return tuple(sorted(classes))


def _area_of(found: Finding) -> tuple[str, ...]:
    """The areas that a Finding is of, and those that they lie in, from what it selects."""
    chains: list[str] = []
    for part in found.walk():
        for column, values in (part.selection.equals if part.selection else {}).items():
            if column.startswith("area:"):
                for code in values:
                    chains += area_chain(standing_records(), column.removeprefix("area:"), str(code))
    return tuple(dict.fromkeys(chains))


def area_chain(records: Records, level: str | None, code: str | None) -> tuple[str, ...]:
    """An area and the council that it lies in, by code; none for the whole force."""
    if code is None or level is None:
        return ()
    if level in ("lsoa11", "lsoa21", "ward24", "ward22") and records.boundaries is not None:
        council = records.boundaries.council_of(level).get(code) if level in records.boundaries.layers else None
        return (code, council) if council else (code,)
    return (code,)


def level_of(records: Records, code: str) -> str:
    """The layer of an area's code. Raises CodeUnknown when no list or boundary held knows it."""

    def found(_: tuple[Any, ...]) -> str:
        for layer in areas.LAYERS:
            if code in places.area_names(records, layer):
                return layer
        raise CodeUnknown("No area of that code is known.", remedy="Choose an area from the list or the table.")

    return kept(("level", str(records.home), records.as_at, code), found)


def small_layer(records: Records, force_id: str) -> str:
    """The layer of the smallest areas whose boundaries are held for a force, or nothing."""

    def found(_: tuple[Any, ...]) -> str:
        for layer in ("lsoa21", "lsoa11"):
            if records.boundaries is not None and layer in records.boundaries.layers_covering(force_id):
                return layer
        return ""

    return kept(("small layer", str(records.home), records.as_at, force_id), found)


def larger_areas(force_id: str) -> tuple[tuple[str, str], ...]:
    """The councils of a force: code and name."""
    codes = areas.councils_of(force_id)
    named = {code: found.name for code in codes if (found := areas.area(code)) is not None}
    return tuple(sorted(named.items(), key=lambda item: item[1]))


def forces_held(records: Records) -> tuple[tuple[str, str], ...]:
    """The forces of which records are held: id and name."""

    def found(_: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
        ids = {
            one
            for batch in records.standing
            if {"crimes", "offence_counts"} & set(batch.tables)
            for one in batch.coverage
        }
        known = {f.id: f.name for f in areas.forces()}
        return tuple(sorted(((one, known[one]) for one in ids if one in known), key=lambda item: item[1]))

    return kept(("forces", str(records.home), records.as_at), found)


def told_measures(held: tuple[Measure, ...], with_fraud: bool) -> tuple[Measure, ...]:
    """Measures without those of reports of fraud, whose small numbers are exact, but for those who run or plan the care."""
    return held if with_fraud else tuple(one for one in held if one.basis != "fraud_code")


def measures_held(records: Records, force_id: str) -> tuple[Measure, ...]:
    """The measures that can be counted from what is held of a force."""

    def found(_: tuple[Any, ...]) -> tuple[Measure, ...]:
        scope = Scope(force_id=force_id)
        return tuple(m for m in measures() if m.id != "police_uk_categories" and volumes.held_months(records, m, scope))

    return kept(("measures", str(records.home), records.as_at, force_id), found)
