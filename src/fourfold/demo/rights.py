"""Victims' rights beyond the police's own hands: statements, compensation, reviews, notices from courts; checks of devices.

Also the series that others publish, against which a force is read: invented, by bodies that are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fourfold.demo.contacts import ABOUT, CARE_TEAMS, victims_of
from fourfold.demo.crimes import LAST_KNOWN
from fourfold.demo.extracts import LIGHT, extract_of, file_path, light, words, written_rows
from fourfold.demo.geography import MARK
from fourfold.demo.investigations import EVENTS
from fourfold.demo.people import FIRM, person_references
from fourfold.demo.property import KINDS
from fourfold.demo.records_system import RecordsSystem, hashes, yes_no
from fourfold.demo.scenario import DAY, FIRST, LAST, Ints, chosen, clock, days, instants, minute

_Rows = tuple[Ints, Mapping[str, pl.Series]]

NOTICE_KINDS = {
    "charge": ("charging_decision", "prosecutor"), "charge_altered": ("charge_altered", "prosecutor"),
    "charge_dropped": ("charge_dropped", "prosecutor"), "court_date": ("first_hearing", "witness_care"),
    "trial_date": ("trial_date", "witness_care"), "verdict": ("verdict", "court"), "sentence": ("sentence", "court"),
    "release": ("release_date", "probation"),
}  # fmt: skip
"""Events of which the force is told by others: what the notice says, and who sends it."""


def written_rights(system: RecordsSystem, folder: Path) -> Iterator[Path]:
    """Write the statements, requests, reviews, notices, device checks and reference series, round by round."""
    tables: dict[str, _Rows] = {
        "personal_statements": _statements(system), "cica_requests": _compensation(system),
        "review_requests": _reviews(system), "notices": _notices(system), "device_checks": _checks(system),
    }  # fmt: skip
    for number, extract in enumerate(LIGHT):
        for name, (dated, columns) in tables.items():
            which = np.flatnonzero(light(extract_of(dated)) == number)
            if len(which):
                rows = {column: values.gather(which) for column, values in columns.items()}
                yield written_rows(file_path(folder, name, extract), name, rows)
    yield from _published(folder)


def _statements(system: RecordsSystem) -> _Rows:
    """Personal statements offered, as far as recorded, and made, declined or updated after."""
    rng = system.scenario.chance("statements")
    contacts = system.contacts
    own = np.flatnonzero(
        (contacts.about == ABOUT.index("personal_statement")) & contacts.recorded & (contacts.successful != 0)
    )
    at, n = contacts.at[own], len(own)
    declined = contacts.declined[own] == 1
    made = ~declined & (rng.random(n) < 0.5)
    later = at + (DAY * rng.exponential(9, n)).astype(np.int64) + 40
    updated = made & (rng.random(n) < 0.06)
    parts = [(own, at, np.zeros(n, dtype=np.int64))]
    for mask, times, number in ((made, later, 1), (declined, at + 5, 2), (updated, later + 50 * DAY, 3)):
        i = np.flatnonzero(mask & (times < LAST_KNOWN))
        parts.append((own[i], times[i], np.full(len(i), number)))
    row, when, what = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.lexsort((what, row, when))
    row, when, what = row[order], clock(when[order]), what[order]
    read = np.where(what == 1, (rng.random(len(row)) < 0.3).astype(np.int64), -1)
    return when, {
        "crime_ref": system.refs.gather(contacts.crime[row]), "person_ref": person_references(contacts.person[row]),
        "happened_at": instants(when), "what": words(what, ("offered", "made", "declined", "updated")),
        "is_to_be_read": yes_no(read), "team": words(contacts.team[row], CARE_TEAMS),
    }  # fmt: skip


def _compensation(system: RecordsSystem) -> _Rows:
    """Requests about claims for injuries: most answered within thirty days, some late, some not yet."""
    rng = system.scenario.chance("compensation")
    victims = victims_of(system.cast)
    hurt = system.crimes.of("violence_injury", "sexual", "robbery")[victims.crime] & (victims.person < FIRM)
    own = np.flatnonzero(hurt & (rng.random(len(hurt)) < 0.02))
    received = system.crimes.recorded[victims.crime[own]] + (DAY * (30 + rng.gamma(2.0, 90, len(own)))).astype(np.int64)
    own, received = own[received < LAST_KNOWN], received[received < LAST_KNOWN]
    order = np.argsort(received, kind="stable")
    own, received = own[order], received[order]
    n = len(own)
    late = rng.random(n) < 0.31
    lag = np.where(late, 31 + rng.exponential(28, n), rng.uniform(3, 30, n)).astype(np.int64)
    returned = received + lag * DAY
    return received, {
        "request_ref": _numbered("CICA", n), "crime_ref": system.refs.gather(victims.crime[own]).set(pl.Series(own % 14 == 0), None),
        "person_ref": person_references(victims.person[own]), "received_on": days(received),
        "returned_on": days(np.where(returned < LAST_KNOWN, returned, -1)),
        "delay_reason": words(np.where(late, own % 3, -1), ("officer not traced", "file at court", "staffing")),
    }  # fmt: skip


def _reviews(system: RecordsSystem) -> _Rows:
    """Requests to review a decision not to charge."""
    rng = system.scenario.chance("reviews")
    ended = system.done.outcomes
    victim = system.cast.victim[ended.crime]
    own = np.flatnonzero((ended.person < 0) & (victim >= 0) & (victim < FIRM) & (rng.random(len(victim)) < 0.004))
    received = ended.on[own] + (DAY * rng.uniform(4, 90, len(own))).astype(np.int64)
    own, received = own[received < LAST_KNOWN], received[received < LAST_KNOWN]
    order = np.argsort(received, kind="stable")
    own, received = own[order], received[order]
    n = len(own)
    answered = received + (DAY * rng.gamma(3.0, 11, n)).astype(np.int64)
    done = answered < LAST_KNOWN
    result = np.where(done, chosen([74, 9, 14, 3], n, rng), -1)
    return received, {
        "review_ref": _numbered("VRR", n), "crime_ref": system.refs.gather(ended.crime[own]),
        "person_ref": person_references(victim[own]),
        "decision_by": words((rng.random(n) < 0.25).astype(np.int64), ("police", "prosecutor")),
        "received_on": days(received), "answered_on": days(np.where(done, answered, -1)),
        "result": words(result, ("upheld", "overturned", "not_eligible", "withdrawn")),
    }  # fmt: skip


def _notices(system: RecordsSystem) -> _Rows:
    """Notices of what courts, prosecutors and probation decided; trials are moved, most in the summer of 2022."""
    rng = system.scenario.chance("notices")
    events = system.done.events
    kinds = [EVENTS.index(k) for k in NOTICE_KINDS]
    own = np.flatnonzero(np.isin(events.kind, kinds))
    says = np.array([kinds.index(k) for k in events.kind[own]], dtype=np.int64)
    hearing = np.where(np.isin(says, [3, 4]), events.happened[own], -1)
    decided = np.where(hearing >= 0, events.entered[own] - 300, events.happened[own])
    received = np.maximum(events.entered[own], decided) + rng.integers(0, DAY, len(own))
    parts = [(own, says, decided, received, hearing, np.full(len(own), -1))]
    strike = minute(date(2022, 4, 11)), minute(date(2022, 10, 10))
    trial = np.flatnonzero(says == 4)
    at = events.happened[own[trial]]
    on_strike = (at >= strike[0]) & (at < strike[1])
    moved = trial[rng.random(len(trial)) < np.where(on_strike, 0.6, 0.25)]
    at = events.happened[own[moved]]
    told = at - rng.integers(1, 20, len(moved)) * DAY
    again = at + rng.integers(40, 260, len(moved)) * DAY
    reason = np.where((at >= strike[0]) & (at < strike[1]), 0, 1 + rng.integers(0, 2, len(moved)))
    parts.append((own[moved], np.full(len(moved), len(kinds)), told - 200, told, again, reason))
    row, says, decided, received, hearing, reason = (np.concatenate(c) for c in zip(*parts, strict=True))
    keep = (received < LAST_KNOWN) & (decided > 0)
    order = np.flatnonzero(keep)[np.lexsort((row[keep], received[keep]))]
    row, says, decided, received, hearing, reason = (c[order] for c in (row, says, decided, received, hearing, reason))
    names = [*(k for k, _ in NOTICE_KINDS.values()), "trial_moved"]
    senders = [*(s for _, s in NOTICE_KINDS.values()), "court"]
    person = events.person[row]
    return received, {
        "notice_ref": _numbered("NT", len(row)), "crime_ref": system.refs.gather(events.crime[row]),
        "person_ref": person_references(np.maximum(person, 0)).set(pl.Series(person < 0), None), "sent_by": words(says, senders),
        "kind": words(says, names), "decided_at": instants(clock(decided)), "received_at": instants(clock(received)),
        "hearing_on": days(hearing), "delay_reason": words(reason, ("barristers' action", "no courtroom", "witness not available")),
    }  # fmt: skip


def _checks(system: RecordsSystem) -> _Rows:
    """Checks of devices in the register: few of those stolen turn up; most checks are of devices that nobody misses."""
    rng = system.scenario.chance("device checks")
    things = system.things
    own = np.flatnonzero(
        (things.change == 0)
        & (things.serial >= 0)
        & np.isin(things.kind, [KINDS.index("mobile_phone"), KINDS.index("electronics")])
    )
    own = own[rng.random(len(own)) < 0.07]
    at = things.changed[own] + (DAY * rng.exponential(20, len(own))).astype(np.int64) + 600
    others = len(own) * 4 + 4
    when = rng.integers(minute(FIRST), LAST_KNOWN, others)
    number = np.concatenate([things.serial[own], 900_000_000 + np.arange(others)])
    when = np.concatenate([at, when])
    stolen = np.repeat([1, 0], [len(own), others])
    keep = np.flatnonzero(when < LAST_KNOWN)
    order = keep[np.argsort(when[keep], kind="stable")]
    number, when, stolen = number[order], clock(when[order]), stolen[order]
    n = len(order)
    by = chosen([22, 50, 20, 6, 2], n, rng)
    result = np.where(stolen == 1, np.where(rng.random(n) < 0.86, 1, 3), np.where(rng.random(n) < 0.93, 0, 2))
    return when, {
        "check_ref": _numbered("CK", n), "checked_at": instants(when), "serial_hash": hashes(number, "serial", system.scenario.seed),
        "device_kind": words((rng.random(n) < 0.3).astype(np.int64), ("mobile phone", "tablet or computer")),
        "checked_by": words(by, ("public", "second_hand_shop", "police", "insurer", "other")),
        "outlet_ref": _numbered("SHOP", 60).gather(number % 60).set(pl.Series(by != 1), None),
        "result": words(result, ("clear", "stolen", "lost", "unknown")),
    }  # fmt: skip


def _published(folder: Path) -> Iterator[Path]:
    """Series of two invented publishers, one a row a quarter, the other a column a quarter."""
    rng = np.random.default_rng(45)
    rows: list[dict[str, Any]] = []
    day = date(2019, 4, 1)
    while day < LAST:
        following = date(day.year + (day.month > 9), (day.month + 2) % 12 + 1, 1)
        for series, level in (("Fraud, all police forces", 190.0), ("Reports of cyber crime", 26.0)):
            value = round(level * (1 + 0.005 * len(rows)) * float(rng.normal(1, 0.03)), 1)
            rows.append({
                "series": series, "publisher": f"Office for Invented Statistics ({MARK})",
                "citation": f"Invented bulletin, table 1 ({MARK})", "published_on": following + timedelta(days=75),
                "licence": "Invented; no licence needed", "first": day, "last": following - timedelta(days=1), "value": value,
                "unit": "thousand incidents", "is_estimate": True, "low": round(value * 0.94, 1), "high": round(value * 1.06, 1),
            })  # fmt: skip
        day = following
    name = "reference_series"
    yield written_rows(folder / f"saltmere_{MARK}_{name}.csv", name, pl.DataFrame(rows).to_dict())
    by_quarter = [
        {
            "series": "Losses to card fraud", "publisher": f"Invented Banks ({MARK})",
            "citation": f"Invented yearbook, annex ({MARK})", "year": year, "unit": "million pounds",
            **{f"quarter_{q}": round(140.0 + 3 * (year - 2019) + 4 * q + float(rng.normal(0, 5)), 1) for q in (1, 2, 3, 4)},
        }
        for year in (2019, 2020, 2021, 2022)
    ]  # fmt: skip
    name = "reference_series_by_quarter"
    yield written_rows(folder / f"saltmere_{MARK}_{name}.csv", name, pl.DataFrame(by_quarter).to_dict())


def _numbered(prefix: str, n: int) -> pl.Series:
    return pl.select(pl.format(prefix + "{}", pl.Series(np.arange(1, n + 1)).cast(pl.String).str.zfill(7))).to_series()
