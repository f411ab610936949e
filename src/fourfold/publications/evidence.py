"""What a paper rests on: every Finding of it, gathered from the records before a word is written.

What can be said follows from what is held: offence codes give the measures of neighbourhood crime; police.uk categories
give those categories. Composing a paper from its evidence (`publications.paper`) reads no record.
"""

from __future__ import annotations

from dataclasses import dataclass

from fourfold.analysis import volumes
from fourfold.analysis.comparisons import compared
from fourfold.analysis.findings import Finding
from fourfold.analysis.volumes import Scope
from fourfold.codes import areas, police_uk
from fourfold.codes.measures import Measure, measure
from fourfold.codes.periods import Window
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.lake import Batch

OFFENCE_MEASURES = (
    "neighbourhood_crime_wmp_2022", "residential_burglary", "robbery", "theft_from_the_person", "vehicle_offences",
    "theft_of_motor_vehicle", "theft_from_vehicle",
)  # fmt: skip
"""Neighbourhood crime and its parts, in the order in which the papers of 2022 give them."""
BASELINE = "2019/20"


@dataclass(frozen=True)
class Subject:
    """One measure in the paper: its change on the year before, and on the baseline where that is held."""

    measure: Measure
    change: Finding
    baseline: Finding | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Its Findings, in the order in which the paper gives them."""
        return tuple(f for f in (self.change, self.baseline) if f is not None)


@dataclass(frozen=True)
class Evidence:
    """All that a paper rests on. `asides` are figures about the records themselves."""

    force: areas.Force
    window: Window
    records: Records
    subjects: tuple[Subject, ...]
    asides: tuple[Finding, ...]
    is_by_offence: bool

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every Finding once, those they were computed from among them."""
        tops = [*[f for s in self.subjects for f in s.findings], *self.asides]
        return tuple({found.id: found for top in tops for found in top.walk()}.values())

    @property
    def batches(self) -> tuple[Batch, ...]:
        """Each batch that a figure rests on."""
        used = {b for f in self.findings for b in f.batches}
        return tuple(b for b in self.records.standing if b.batch_id in used)


def evidence_for(records: Records, force_id: str, window: Window) -> Evidence:
    """The Findings of a force's paper: by offence code where those are held for the window, else by police.uk category.

    Raises NothingHeld when neither is held for the window.
    """
    force, scope = areas.force(force_id), Scope(force_id=force_id)
    names: tuple[str, ...] = OFFENCE_MEASURES
    is_by_offence = _is_held(records, measure(names[0]), scope, window)
    if not is_by_offence:
        names = ("police_uk_all_crime", *(_measure_of(c) for c in police_uk.current_categories() if c.is_crime))
        names += ("police_uk_anti_social_behaviour",)
        # This raises, with what to do, when police.uk files are not held either.
        volumes.supply(records, measure(names[0]), scope, window)
    subjects = tuple(_subject(records, measure(name), scope, window) for name in names)
    asides: tuple[Finding, ...] = ()
    if not is_by_offence:
        crime = measure("police_uk_all_crime")
        asides = (
            volumes.unplaced(records, crime, scope, window),
            volumes.recorded_by_btp(records, crime, scope, window),
            volumes.repeated_references(records, crime, scope, window),
        )
    return Evidence(force, window, records, subjects, asides, is_by_offence)


def _measure_of(category: police_uk.Category) -> str:
    return f"police_uk_{category.id.replace('-', '_')}"


def _is_held(records: Records, wanted: Measure, scope: Scope, window: Window) -> bool:
    try:
        return volumes.count(records, wanted, scope, window).value is not None
    except (NothingHeld, RequestInvalid):
        return False


def _subject(records: Records, wanted: Measure, scope: Scope, window: Window) -> Subject:
    change = compared(records, wanted, scope, window)
    try:
        base = compared(records, wanted, scope, window, BASELINE)
    except (NothingHeld, RequestInvalid):
        base = None
    return Subject(wanted, change, base if base and base.value is not None else None)
