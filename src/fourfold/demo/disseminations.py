"""Disseminations: what the national bureau sent of the reports of fraud, week by week and package by package.

The victims' list comes weekly, with rows that are late or corrected; packages come to be investigated or cared for, and the
force's outcomes go back month by month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from fourfold.demo.crimes import LAST_KNOWN
from fourfold.demo.extracts import EXTRACTS, LIGHT, Extract, extract_of, file_path, light, words, written_rows
from fourfold.demo.frauds import CHANNELS, COUNTRIES, CYBER, Frauds, FraudTown, codes, themes
from fourfold.demo.geography import land
from fourfold.demo.investigations import Table
from fourfold.demo.people import address, born_on, email, ethnicity_codes, phone, postcode
from fourfold.demo.records_system import yes_no
from fourfold.demo.scenario import DAY, EPOCH, Ints, Scenario, chosen, days, instants

KINDS = ("pursue", "victim_care", "protect", "intelligence")
TEAMS = ("Economic Crime", "Economic Crime Victim Care", "Investigation Hub", "Public Protection")
STATUSES = ("received", "allocated", "with_prosecutor", "returned", "closed", "held_elsewhere")
OUTCOMES = ("1", "3", "8", "9", "10", "14", "15", "16", "18", "20", "21")
_LISTED_ONE_BY_ONE = EXTRACTS[-2].first
"""From this month on each week's list is a file of its own; the weeks before were loaded together."""


@dataclass
class Disseminations(Table):
    """A report sent to the force in a package."""

    report: Ints
    package: Ints
    kind: Ints
    sent: Ints
    received: Ints
    allocated: Ints
    team: Ints
    status: Ints
    is_elsewhere: Ints


@dataclass
class FraudOutcomes(Table):
    """An outcome that the force gave of a report; `offenders` 0 where none."""

    report: Ints
    type: Ints
    on: Ints
    offenders: Ints


def disseminated(frauds: Frauds, scenario: Scenario, positive: float = 0.015) -> tuple[Disseminations, FraudOutcomes]:
    """What was sent, and what came of it; `positive` of what was sent to be investigated ends well."""
    rng = scenario.chance("disseminations")
    n = len(frauds.theme)
    home = frauds.country == 0
    likely = np.where(home, 0.2, 0.07) + 0.05 * (frauds.loss > 1_000_000)
    pursue = np.flatnonzero(rng.random(n) < likely)
    cared = np.flatnonzero(((frauds.score >= 15) | frauds.frail) & (rng.random(n) < 0.5))
    told = np.flatnonzero(rng.random(n) < 0.03)
    report = np.concatenate([pursue, cared, told])
    kind = np.repeat([0, 1, 2], [len(pursue), len(cared), len(told)])
    kind[kind == 2] += rng.integers(0, 2, len(told))
    m = len(report)
    lag = np.where(kind == 0, 12 + rng.gamma(2.0, 16, m), 3 + rng.gamma(2.0, 2, m))
    sent = frauds.reported[report] + (DAY * lag).astype(np.int64)
    known = np.flatnonzero(sent < LAST_KNOWN)
    order = known[np.argsort(sent[known], kind="stable")]
    report, kind, sent = report[order], kind[order], sent[order]
    m = len(report)
    received = sent + rng.integers(0, 4, m) * DAY
    opens = np.ones(m, dtype=bool)  # packages hold one report, or a few of one kind that were sent one after another
    opens[1:] = (kind[1:] != kind[:-1]) | (rng.random(m - 1) < 0.75)
    allocated = received + (DAY * rng.exponential(4, m)).astype(np.int64)
    elsewhere = (kind == 0) & (rng.random(m) < 0.05)
    allocated = np.where((allocated < LAST_KNOWN) & ~elsewhere, allocated, -1)
    team = np.where(kind == 0, chosen([40, 0, 40, 20], m, rng), 1)
    outcomes = _outcomes(report, kind, allocated, positive, rng)
    closed = np.isin(report, outcomes.report) & (kind == 0)
    status = np.where(allocated < 0, 0, 1)
    status = np.where(closed, 4, np.where((kind == 0) & (rng.random(m) < 0.01), 2, status))
    status = np.where(elsewhere, 5, status)
    rows = Disseminations(
        report=report, package=np.cumsum(opens), kind=kind, sent=sent, received=received, allocated=allocated,
        team=np.where(allocated >= 0, team, -1), status=status, is_elsewhere=elsewhere.astype(np.int64),
    )  # fmt: skip
    return rows, outcomes


def _outcomes(report: Ints, kind: Ints, allocated: Ints, positive: float, rng: np.random.Generator) -> FraudOutcomes:
    """Outcomes of what was sent to be investigated: few are positive, and many are years away."""
    own = np.flatnonzero((kind == 0) & (allocated >= 0))
    on = allocated[own] + (DAY * 110 * rng.lognormal(0, 0.9, len(own))).astype(np.int64)
    ended = np.flatnonzero((on < LAST_KNOWN) & (rng.random(len(own)) < 0.86))
    kinds = 3 + chosen([2, 3, 6, 26, 18, 30, 5, 10], len(ended), rng)
    good = rng.permutation(len(ended))[: max(round(positive * len(own)), 1)]
    kinds[good] = chosen([7, 1, 2], len(good), rng)
    return FraudOutcomes(
        report=report[own[ended]],
        type=kinds,
        on=on[ended],
        offenders=np.where(kinds < 3, rng.integers(1, 3, len(ended)), 0),
    )


def written_disseminations(
    town: FraudTown, scenario: Scenario, folder: Path, narratives: pl.Series | None, positive: float = 0.015
) -> Iterator[Path]:
    """Write the victims' lists, the disseminations and the outcomes, as the national centre's files of that time."""
    frauds = town.frauds
    rows, outcomes = disseminated(frauds, scenario, positive)
    refs = fraud_references(frauds)
    corrected = _corrected(frauds, scenario)
    starts = frauds.listed - 7 * DAY
    round_of = extract_of(starts.clip(0))
    for number, extract in enumerate(EXTRACTS):
        weeks = _weeks(extract, frauds, round_of, number)
        for file_name, which, of_week in weeks:
            columns = _victims(town, refs, which, corrected, of_week, narratives)
            yield written_rows(folder / file_name, "fraud_victims_action_fraud", columns)
    for number, extract in enumerate(LIGHT):
        which = np.flatnonzero(light(extract_of(rows.sent, rows.received)) == number)
        if len(which):
            name = "fraud_disseminations_action_fraud"
            yield written_rows(file_path(folder, name, extract), name, _sent(rows, refs, frauds, which))
        which = np.flatnonzero(light(extract_of(outcomes.on)) == number)
        if len(which):
            name = "fraud_outcomes_action_fraud"
            yield written_rows(file_path(folder, name, extract), name, _given(outcomes, refs, which))


def fraud_references(frauds: Frauds) -> pl.Series:
    """The national reference of each report."""
    year = instants(frauds.reported).dt.year().cast(pl.String).str.slice(2)
    number = pl.Series(np.arange(len(frauds.theme)) * 37 + 10_000_019).cast(pl.String).str.zfill(10)
    return pl.select(pl.format("NFRC{}{}", year, number)).to_series()


def _corrected(frauds: Frauds, scenario: Scenario) -> Ints:
    """For each report the week (a Monday's minute) whose list brings it a second time, corrected; -1 for most."""
    rng = scenario.chance("corrected frauds")
    n = len(frauds.theme)
    again = frauds.listed + 7 * DAY * rng.integers(1, 5, n)
    return np.where((rng.random(n) < 0.015) & (again < LAST_KNOWN), again, -1)


def _weeks(extract: Extract, frauds: Frauds, round_of: Ints, number: int) -> list[tuple[str, Ints, int | None]]:
    """The files of a round: one for the history, one a week after that. A file's name, its reports, and its week."""
    own = np.flatnonzero(round_of == number)
    if extract.first < _LISTED_ONE_BY_ONE:
        return [(file_path(Path(), "fraud_victims_action_fraud", extract).name, own, None)] if len(own) else []
    found: list[tuple[str, Ints, int | None]] = []
    for week in np.unique(frauds.listed[own]):
        monday = (EPOCH + timedelta(minutes=int(week) - 7 * DAY)).date()
        which = own[frauds.listed[own] == week]
        found.append(
            (f"saltmere_FICTITIOUS_fraud_victims_action_fraud_week_{monday.isoformat()}.csv", which, int(week))
        )
    return found


def _victims(
    town: FraudTown, refs: pl.Series, which: Ints, corrected: Ints, week: int | None,
    narratives: pl.Series | None,
) -> Mapping[str, pl.Series]:  # fmt: skip
    """The columns of a list: its own reports, and those of earlier lists that come again, corrected."""
    frauds = town.frauds
    if week is not None:
        which = np.concatenate([which, np.flatnonzero(corrected == week)])
    f = frauds.only(which)
    taken = EXTRACTS[0].taken if week is None else week + 6 * 60
    loss = np.where((corrected[which] > taken) & (f.loss > 0), f.loss * 10, f.loss)
    person, firm = pl.Series(~f.is_firm), f.is_firm
    who = np.where(firm, 0, f.person)
    people = town.people
    fore, sur = people.forenames(who), people.surnames(who)
    names = pl.Series([None] * len(which), dtype=pl.String)
    at = np.flatnonzero(firm)
    if len(at):
        names = names.scatter(at, town.firm_names(f.victim[at], f.changed[at] > 0))
    number = np.where(firm, f.victim, 0)
    street = town.streets(f)
    house = np.where(firm, town.firm_house[number] if len(town.firm_house) else 0, people.house[who])

    def of_people(column: pl.Series) -> pl.Series:
        return column.set(~person, None)

    cyber = np.array([CYBER.index(t.cyber) for t in themes()])[f.theme]
    columns = {
        "week_starting": days(f.listed - 7 * DAY), "report_ref": refs.gather(which), "reported_at": instants(f.reported),
        "nfib_code": words(f.code, codes()), "code_scheme": pl.Series(["NFIB"]).new_from_index(0, len(which)),
        "code_version": pl.Series(["2022"]).new_from_index(0, len(which)),
        "victim_type": words(firm.astype(np.int64), ("person", "organisation")), "organisation_name": names,
        "forename": of_people(fore), "surname": of_people(sur),
        "born_on": born_on(people.born[who]).set(pl.Series(~f.has_birth), None),
        "age_at_report": pl.Series(f.age).set(pl.Series(f.age < 0), None),
        "sex": of_people(words(people.is_male[who].astype(np.int64), ("Female", "Male"))),
        "self_defined_ethnicity": of_people(words(np.where(which % 3 == 0, -1, people.ethnicity[who]), ethnicity_codes())),
        "address": address(street, house), "postcode": postcode(street).set(pl.Series(which % 29 == 0), None),
        "lsoa_code": land().small["code"].gather(land().streets.area[street]).set(pl.Series(which % 5 < 2), None),
        "phone": of_people(phone(people.phone[who])), "email": of_people(email(fore, sur, who, people.has_email[who])),
        "vulnerability_score": pl.Series(f.score).set(pl.Series(f.score < 0), None),
        **{
            f"vulnerability_score_{at + 1}": pl.Series(f.parts[:, at]).set(pl.Series(f.parts[:, at] < 0), None)
            for at in range(5)
        },
        "loss_pence": pl.Series(loss).set(pl.Series(loss < 0), None), "is_repeat": yes_no(f.known_repeat),
        "cyber_class": words(cyber, CYBER), "suspect_country": words(f.country, COUNTRIES),
        "contact_channel": words(f.channel, CHANNELS),
        "national_service_level": pl.Series(f.level).set(pl.Series(f.level < 0), None),
        "national_contacted_on": days(np.where(f.contacted < min(taken, LAST_KNOWN), f.contacted, -1)),
        "national_outcome": words(
            np.where((f.contacted >= 0) & (f.contacted < taken), which % 3, -1), ("advice_given", "referred", "no_reply")
        ),
    }  # fmt: skip
    if narratives is not None:
        columns["narrative"] = narratives.gather(which)
    return columns


def _sent(rows: Disseminations, refs: pl.Series, frauds: Frauds, which: Ints) -> Mapping[str, pl.Series]:
    r = rows.only(which)
    return {
        "report_ref": refs.gather(r.report),
        "package_ref": pl.select(pl.format("NFIB-{}", pl.Series(r.package + 40_000).cast(pl.String).str.zfill(7))).to_series(),
        "nfib_code": words(frauds.code[r.report], codes()), "disseminated_on": days(r.sent), "received_on": days(r.received),
        "kind": words(r.kind, KINDS), "team": words(r.team, TEAMS), "allocated_on": days(r.allocated),
        "status": words(r.status, STATUSES),
        "held_by": words(np.where(r.is_elsewhere == 1, 0, -1), ("Insurance fraud department",)),
    }  # fmt: skip


def _given(rows: FraudOutcomes, refs: pl.Series, which: Ints) -> Mapping[str, pl.Series]:
    r = rows.only(which)
    on = days(r.on)
    return {
        "report_ref": refs.gather(r.report), "outcome_type": words(r.type, OUTCOMES), "outcome_on": on,
        "offenders": pl.Series(r.offenders), "returned_on": on.dt.month_end().dt.offset_by("5d"),
    }  # fmt: skip
