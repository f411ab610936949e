"""The force: Saltmere Constabulary put together part by part, its files written, and its truth beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from fourfold.demo import dismantling, near_repeats, series
from fourfold.demo.addresses import written_addresses, written_streets
from fourfold.demo.area_profiles import written_area_profiles
from fourfold.demo.contacts import ABOUT, cared_for, contacted
from fourfold.demo.crimes import drawn_crimes
from fourfold.demo.dismantling import Yards, planted_yards
from fourfold.demo.disseminations import fraud_references, written_disseminations
from fourfold.demo.frauds import CHANGES, FraudTown, reported_frauds, themes
from fourfold.demo.geography import written_geography
from fourfold.demo.investigations import investigated
from fourfold.demo.mangled import written_mangled
from fourfold.demo.methods import drawn_methods
from fourfold.demo.near_repeats import NearRepeats, planted_near_repeats
from fourfold.demo.paper import READINGS, Planted, planted
from fourfold.demo.people import drawn_cast, person_references
from fourfold.demo.property import taken_property, taken_vehicles
from fourfold.demo.records_system import RecordsSystem, contact_references, discrepancies, written_records
from fourfold.demo.rights import written_rights
from fourfold.demo.scenario import Scenario, instants
from fourfold.demo.series import Series, planted_series
from fourfold.demo.survey import written_survey
from fourfold.demo.texts import fraud_texts, method_texts


@dataclass(frozen=True)
class Made:
    """A force made: what its records system holds, and what was planted in it."""

    system: RecordsSystem
    pairs: NearRepeats
    series: list[Series]
    yards: Yards


def written_force(scenario: Scenario, out: Path, said: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Write the force's files under `out`/files, in the order in which they come in, and its truth under `out`/truth."""
    folder, truth = out / "files", out / "truth"
    for one in (folder, truth):
        one.mkdir(parents=True, exist_ok=True)
        for old in one.glob("*FICTITIOUS*"):
            old.unlink()
    said("map")
    files = written_geography(folder)
    said("crimes and people")
    figures = planted(scenario)
    made = made_force(scenario, figures)
    said("files")
    files += written_records(made.system, folder)
    files += written_rights(made.system, folder)
    files += written_survey(made.system, folder, figures.survey)
    files += [written_addresses(folder), written_streets(folder), written_area_profiles(folder)]
    said("reports of fraud")
    town = reported_frauds(scenario, figures.years)
    files += written_disseminations(town, scenario, folder, fraud_texts(town, scenario), figures.fraud_outcomes)
    written_mangled(out / "mangled", scenario.seed)
    for name, table in (*_truths(made), *_truths_of_fraud(town)):
        table.write_parquet(truth / f"{name}_FICTITIOUS.parquet", compression="zstd", statistics=False)
    return files


def made_force(scenario: Scenario, figures: Planted) -> Made:
    """Draw every part of the force, one from another."""
    crimes = drawn_crimes(scenario, figures.crimes)
    methods = drawn_methods(crimes, scenario.chance("methods"))
    pairs = planted_near_repeats(crimes, scenario.chance("near repeats"))
    taken = np.concatenate([pairs.follower, pairs.origin])
    crimes, methods, planted = planted_series(crimes, methods, taken, scenario, scenario.chance("series"))
    order = np.argsort(crimes.recorded, kind="stable")
    now_at = np.empty_like(order)
    now_at[order] = np.arange(len(order))
    crimes, methods = crimes.reordered(order), methods.reordered(order)
    pairs = NearRepeats(now_at[pairs.follower], now_at[pairs.origin], pairs.how)
    for one in planted:
        one.crimes, one.beyond = now_at[one.crimes], now_at[np.array(one.beyond, dtype=np.int64)].tolist()
    cast = drawn_cast(crimes, pairs, planted, scenario)
    crimes.placed()
    solved = [one.crimes for one in planted if one.is_solved]
    done = investigated(
        crimes, cast, scenario, figures.outcomes, np.concatenate(solved) if solved else None, figures.wanted
    )
    care, yards = cared_for(crimes, cast, scenario), planted_yards(crimes, scenario)
    system = RecordsSystem(
        scenario=scenario, crimes=crimes, methods=methods, cast=cast, care=care, done=done,
        contacts=contacted(crimes, cast, care, done, scenario),
        vehicles=taken_vehicles(crimes, methods, scenario, yards, figures.recoveries), flagged=figures.flags,
        things=taken_property(crimes, methods, cast, done, scenario, yards),
    )  # fmt: skip
    system.texts, system.accounts = method_texts(crimes, methods, cast, done.ownership, scenario)
    return Made(system, pairs, planted, yards)


def _truths(made: Made) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each table of what is true: nothing of the product reads them."""
    system = made.system
    people, refs = system.cast.people, system.refs
    every = person_references(np.arange(people.size))
    yield "near_repeats", near_repeats.truth_of(made.pairs, system.crimes, refs)
    yield "series", series.truth_of(made.series, refs, every)
    twice = np.flatnonzero(people.same_as >= 0)
    yield (
        "people_entered_twice",
        pl.DataFrame({"person_ref": every.gather(twice), "same_as": every.gather(people.same_as[twice])}),
    )
    yield "recruited", pl.DataFrame({"person_ref": every.gather(system.cast.recruited)})
    worker = np.flatnonzero(system.cast.is_shop_worker)
    yield (
        "shop_worker_assaults",
        pl.DataFrame({"crime_ref": refs.gather(worker), "account": system.accounts[worker].tolist()}),
    )
    yield "dismantling_yards", dismantling.truth_of(made.yards, system.things.only(system.things.yard >= 0), refs)
    yield "discrepancies", discrepancies(system)
    rows = system.contacts
    yield "contacts", pl.DataFrame(
        {
            "crime_ref": refs.gather(rows.crime), "person_ref": person_references(rows.person),
            "about": pl.Series(ABOUT, dtype=pl.String).gather(rows.about), "owed_from": instants(rows.owed_from),
            "done_at": instants(rows.done), "is_recorded": rows.recorded, "is_attempt": rows.successful == 0,
            "contact_ref": contact_references(np.arange(len(rows.crime))).set(pl.Series(~rows.recorded), None),
        }
    )  # fmt: skip
    if system.scenario.name == "paper":
        yield "readings", pl.DataFrame([(r.figure, r.paragraph, r.reading) for r in READINGS],
                                       schema=["figure", "paragraph", "reading"], orient="row")  # fmt: skip
    yield "times", pl.DataFrame({"crime_ref": refs, "committed_at": instants(system.crimes.occurred)})


def _truths_of_fraud(town: FraudTown) -> Iterator[tuple[str, pl.DataFrame]]:
    """What is true of the reports of fraud: their themes, who made them, and who only looks alike."""
    frauds, refs = town.frauds, fraud_references(town.frauds)
    changes = [""] * 32
    for bits in range(32):
        changes[bits] = "; ".join(said for bit, (said, _) in CHANGES.items() if bits & bit)
    yield "frauds", pl.DataFrame(
        {
            "report_ref": refs, "theme": pl.Series([t.name for t in themes()], dtype=pl.String).gather(frauds.theme),
            "victim": pl.Series(frauds.victim), "is_organisation": frauds.is_firm,
            "changed": pl.Series(changes, dtype=pl.String).gather(np.where(frauds.is_firm, 0, frauds.changed)),
            "is_trading_name": frauds.is_firm & (frauds.changed > 0),
            "repeats": refs.gather(np.maximum(frauds.repeats, 0)).set(pl.Series(frauds.repeats < 0), None),
            "is_outlier": frauds.is_outlier, "is_vulnerable_in_words": frauds.frail, "loss_pence": pl.Series(frauds.loss),
        }
    )  # fmt: skip
    yield "frauds_alike", town.alike
    begins = [(t.name, t.begins) for t in themes() if t.begins is not None]
    yield "fraud_themes", pl.DataFrame(begins, schema={"theme": pl.String, "begins": pl.Date}, orient="row")
