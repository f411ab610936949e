"""What a paper rests on: every Finding of it, gathered from the records before a word is written.

What can be said follows from what is held: offence codes give the measures of neighbourhood crime, police.uk categories
those categories; months give expectations, places give small areas and maps, outcome files give outcome rates. What is not
held is said to be not available. Composing a paper from its evidence (`publications.paper`) reads no record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from shapely.geometry.base import BaseGeometry

from fourfold.analysis import outcome_rates, scans, volumes
from fourfold.analysis.comparisons import compared, compared_by_area
from fourfold.analysis.concentration import concentration
from fourfold.analysis.control_charts import seasonal_expectation
from fourfold.analysis.findings import Finding
from fourfold.analysis.matters_arising import Matter, matters_arising
from fourfold.analysis.volumes import Scope
from fourfold.codes import areas, police_uk
from fourfold.codes.measures import Measure, measure
from fourfold.codes.outcomes import OutcomeMeasure
from fourfold.codes.periods import Window, month_end, months, previous_year
from fourfold.codes.small_numbers import SmallNumberRule
from fourfold.errors import CodeUnknown, NothingHeld, RequestInvalid
from fourfold.records import places
from fourfold.records.as_at import Records
from fourfold.records.lake import Batch

OFFENCE_MEASURES = (
    "neighbourhood_crime_wmp_2022", "residential_burglary", "robbery", "theft_from_the_person", "vehicle_offences",
    "theft_of_motor_vehicle", "theft_from_vehicle",
)  # fmt: skip
"""Neighbourhood crime and its parts, in the order in which the papers of 2022 give them."""
_WHOLES = ("neighbourhood_crime_wmp_2022", "theft_of_motor_vehicle", "theft_from_vehicle", "police_uk_all_crime")
"""Measures that hold others of the paper, or are held by them: a scan looks at each crime once, so not at these."""
_NOT_CRIME = "police_uk_anti_social_behaviour"
BASELINE = "2019/20"
SMALL_LAYERS, COUNCILS = ("lsoa21", "lsoa11"), "ltla24"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One measure in the paper, with what is known of it; None where the records held cannot tell.

    `expectation`: the window month by month against the months before; `rises`: where it rose most; `spread`: how few
    places hold half of it; `by_area`: its count by small area; `unplaced`: its rows that have no place; `assigned` and
    `cohort`: its positive outcomes on either basis.
    """

    measure: Measure
    change: Finding
    baseline: Finding | None = None
    expectation: Finding | None = None
    rises: Finding | None = None
    spread: Finding | None = None
    unplaced: Finding | None = None
    assigned: Finding | None = None
    cohort: Finding | None = None
    again: Finding | None = None
    """The window of the last paper, counted again from the records of this one."""

    @property
    def title(self) -> str:
        """The measure as the paper calls it, which says once for all that its categories are those of police.uk."""
        return self.measure.title.replace(" (police.uk)", "")

    @property
    def by_area(self) -> Finding | None:
        """Its count by small area."""
        return self.spread.parts[0] if self.spread is not None and self.spread.parts else None

    @property
    def verdict(self) -> str:
        """Its change as it is judged: rise, fall, no clear change, or cannot judge."""
        return (self.change.verdict or "").partition(":")[0]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Its Findings, in the order in which the paper gives them."""
        every = (
            self.change, self.baseline, self.expectation, self.spread, self.rises, self.unplaced, self.assigned,
            self.cohort,
        )  # fmt: skip
        return tuple(f for f in every if f is not None)


@dataclass(frozen=True)
class Since:
    """The last paper to the same board: its window, the instant of its records, and its counts by measure as it gave them."""

    window: Window
    as_at: datetime
    then: Mapping[str, Finding]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a paper rests on. `asides` are figures about the records themselves.

    `scan`: which small areas and kinds changed; `councils`: the first subject by council in both windows, and
    `unplaced_before` its rows without a place in the earlier one; `shapes`: the polygons of a layer's areas, in metres of
    the National Grid.
    """

    force: areas.Force
    window: Window
    records: Records
    subjects: tuple[Subject, ...]
    asides: tuple[Finding, ...]
    is_by_offence: bool
    scan: Finding | None = None
    councils: Finding | None = None
    unplaced_before: Finding | None = None
    shapes: Mapping[str, Mapping[str, BaseGeometry]] = field(default_factory=dict)
    outcomes_held: Window | None = None
    since: Since | None = None
    rule: SmallNumberRule | None = None
    """The rule by which small numbers are protected; None in the full version."""

    @property
    def matters(self) -> tuple[Matter, ...]:
        """The last paper's figures beside this one's."""
        again = {s.measure.id: s.again for s in self.subjects if s.again is not None}
        now = {s.measure.id: s.change.parts[0] for s in self.subjects}
        return matters_arising(self.since.then, again, now) if self.since is not None else ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every Finding once, those they were computed from among them."""
        tops = [*[f for s in self.subjects for f in s.findings], *self.asides]
        tops += [f for f in (self.scan, self.councils, self.unplaced_before) if f is not None]
        tops += [f for m in self.matters for f in (m.then, m.again) if f is not None]
        return tuple({found.id: found for top in tops for found in top.walk()}.values())

    @property
    def batches(self) -> tuple[Batch, ...]:
        """Each batch that a figure rests on."""
        used = {b for f in self.findings for b in f.batches}
        return tuple(b for b in self.records.standing if b.batch_id in used)

    @property
    def small_layer(self) -> str | None:
        """The layer of the small areas that are spoken of."""
        return str(self.scan.parameters["layer"]) if self.scan is not None else None


def evidence_for(records: Records, force_id: str, window: Window) -> Evidence:
    """The Findings of a force's paper: by offence code where those are held for the window, else by police.uk category.

    Raises NothingHeld when neither is held for the window.
    """
    force, scope = areas.force(force_id), Scope(force_id=force_id)
    names: tuple[str, ...] = OFFENCE_MEASURES
    is_by_offence = _is_held(records, measure(names[0]), scope, window)
    if not is_by_offence:
        names = ("police_uk_all_crime", *(_measure_of(c) for c in police_uk.current_categories() if c.is_crime))
        names += (_NOT_CRIME,)
        # This raises, with what to do, when police.uk files are not held either.
        volumes.supply(records, measure(names[0]), scope, window)
    measures = tuple(measure(name) for name in names)
    layer = next((one for one in SMALL_LAYERS if places.shapes_of(records, force_id, one)), None)
    scan, rises = _scanned(records, measures, scope, window, layer) if layer else (None, {})
    outcomes = _Outcomes.of(records, scope, measures[0], window)
    return Evidence(
        force=force, window=window, records=records, is_by_offence=is_by_offence,
        subjects=tuple(_subject(records, one, scope, window, layer, rises.get(one.id), outcomes) for one in measures),
        asides=() if is_by_offence else _about_the_records(records, measures[0], scope, window),
        scan=scan,
        councils=_if_held(lambda: compared_by_area(records, measures[0], scope, window, COUNCILS)),
        unplaced_before=_if_held(lambda: volumes.unplaced(records, measures[0], scope, previous_year(window))),
        shapes={one: places.shapes_of(records, force_id, one) for one in (layer, COUNCILS) if one},
        outcomes_held=outcomes.held if outcomes else None,
    )  # fmt: skip


def age_of(cohort: Finding) -> str:
    """A cohort's age in words: "6 whole months", "180 days"; nothing of a rate on the other basis."""
    return next(
        (f"{cohort.parameters[unit]} {unit}" for unit in ("whole months", "days") if unit in cohort.parameters), ""
    )


def _about_the_records(records: Records, crime: Measure, scope: Scope, window: Window) -> tuple[Finding, ...]:
    return (
        volumes.unplaced(records, crime, scope, window),
        volumes.recorded_by_btp(records, crime, scope, window),
        volumes.repeated_references(records, crime, scope, window),
    )


def _measure_of(category: police_uk.Category) -> str:
    return f"police_uk_{category.id.replace('-', '_')}"


def _is_held(records: Records, wanted: Measure, scope: Scope, window: Window) -> bool:
    found = _if_held(lambda: volumes.count(records, wanted, scope, window))
    return found is not None and found.value is not None


def _if_held(finding: Callable[[], Finding]) -> Finding | None:
    """The Finding, or None where the records held cannot give it."""
    try:
        return finding()
    except (NothingHeld, RequestInvalid, CodeUnknown):
        return None


def _subject(
    records: Records, wanted: Measure, scope: Scope, window: Window, layer: str | None, rises: Finding | None,
    outcomes: _Outcomes | None,
) -> Subject:  # fmt: skip
    base = _if_held(lambda: compared(records, wanted, scope, window, BASELINE))
    series_to_end = Window(date.min, window.last)
    return Subject(
        measure=wanted,
        change=compared(records, wanted, scope, window),
        baseline=base if base and base.value is not None else None,
        expectation=_if_held(
            lambda: seasonal_expectation(volumes.series(records, wanted, scope, series_to_end), window.first)
        ),
        rises=rises,
        spread=_if_held(
            lambda: concentration(
                volumes.breakdown(records, wanted, scope, window, layer or ""),
                places.areas_of_force(records, scope.force_id, layer or ""),
            )
        ),
        unplaced=_if_held(lambda: volumes.unplaced(records, wanted, scope, window)),
        assigned=outcomes.assigned(wanted) if outcomes and wanted.id != _NOT_CRIME else None,
        cohort=outcomes.cohort(wanted) if outcomes and wanted.id != _NOT_CRIME else None,
    )


def _scanned(
    records: Records, measures: tuple[Measure, ...], scope: Scope, window: Window, layer: str
) -> tuple[Finding | None, dict[str, Finding]]:
    """One scan of every small area and kind of crime, and where each kind rose most by its measure's id."""
    told = [one for one in measures if one.id not in _WHOLES]
    kinds = {code: one.title for one in told for code in one.codes}
    whole = "police_uk_categories" if told[0].basis == "police_uk_category" else measures[0].id
    try:
        grid = volumes.monthly_grid(records, measure(whole), scope, layer)
        given = (
            places.areas_of_force(records, scope.force_id, layer),
            places.area_names(records, layer),
            window,
            kinds,
        )
        found, ranked = scans.scan(grid, *given), scans.rises(grid, *given)
    except (NothingHeld, RequestInvalid):
        return None, {}
    return found, {one.id: ranked[one.title] for one in told if one.title in ranked}


@dataclass(frozen=True)
class _Outcomes:
    """Which windows of outcomes a paper can speak of: its own where all of it is held, else the latest that is held."""

    records: Records
    scope: Scope
    positive: OutcomeMeasure
    age: int
    assigned_in: Window
    recorded_in: Window | None
    held: Window
    """From the first to the last month whose outcomes are held."""
    not_matched: int

    @classmethod
    def of(cls, records: Records, scope: Scope, crime: Measure, window: Window) -> _Outcomes | None:
        """The windows, or None where no outcomes are held: a year at most, and cohorts that have reached their age."""
        positive = outcome_rates.usual_outcome_measure(records, crime, scope)
        supply = outcome_rates.outcome_supply(records, scope, positive)
        held = [m for m in supply.months if m <= window.last]
        if not held or not window.is_whole_months:
            return None
        if not set(months(window)) <= set(held):
            window = Window(held[-12:][0], month_end(held[-1]))
        age = supply.ages[1]  # of three: old enough for most outcomes, young enough to be of now
        reached = [m for m in held if outcome_rates.has_reached(records, supply, Window(m, month_end(m)), age)][-12:]
        recorded = Window(reached[0], month_end(reached[-1])) if reached else None
        whole = Window(supply.months[0], month_end(supply.months[-1]))
        not_matched = outcome_rates.unmatched(records, scope, window, positive)
        return cls(records, scope, positive, age, window, recorded, whole, not_matched)

    def assigned(self, crime: Measure) -> Finding | None:
        """Outcomes assigned in the window."""
        return _if_held(
            lambda: outcome_rates.assigned_rate(
                self.records, crime, self.scope, self.assigned_in, self.positive, not_matched=self.not_matched
            )
        )

    def cohort(self, crime: Measure) -> Finding | None:
        """Outcomes of those recorded in the latest months that have reached the age."""
        recorded = self.recorded_in
        if recorded is None:
            return None
        return _if_held(
            lambda: outcome_rates.cohort_rate(self.records, crime, self.scope, recorded, self.age, self.positive)
        )
