"""A force's journeys judged at once give what each gives by itself: the fast engine against the slow, obvious one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.analysis.obligations import ENTRIES, JOURNEYS, obligation_names, shares, states_of
from fourfold.analysis.victims_code import Entry, Rules, duties
from fourfold.codes.victims_code import abouts, events

BEGIN = datetime(2021, 3, 30, 12, tzinfo=UTC)
KINDS = [name for name in events() if name not in ("organisation", "extracted")]
# what meets, starts and ends the clocks comes often enough for every branch to be met
OFTEN = ["reported", "received", "recorded", "arrested", "charged", "charge_dropped", "told", "told", "told", "declined",
         "opted_out", "opted_in", "cancelled", "transferred", "reinstated", "handed_over", "suspect_named", "not_told",
         "complained", "complaint_acknowledged", "first_hearing_set", "victim_called"]  # fmt: skip
ABOUTS = ["arrest", "charge", "support_referral", "officer_in_charge", "acknowledgement", "outcome", "court"]
STANDING = ("opted_out", "opted_in", "cancelled", "transferred", "reinstated")
SUSPECTS = [None, None, "S1", "S2", "victim"]


@st.composite
def entry(draw: st.DrawFn) -> dict[str, Any]:
    event = draw(st.sampled_from(OFTEN) | st.sampled_from(KINDS))
    kind = events()[event]
    if kind.about and (kind.sort == "told" or event == "recorded"):
        about: tuple[str, ...] = (kind.about,)
    elif event in ("told", "not_told", "attempted") or (
        event in ("contacted", "victim_called") and draw(st.booleans())
    ):
        about = tuple(
            draw(st.lists(st.sampled_from(ABOUTS) | st.sampled_from(abouts()), min_size=1, max_size=2, unique=True))
        )
    elif event == "declined":
        about = tuple(draw(st.lists(st.sampled_from(ABOUTS), max_size=1)))
    else:
        about = ()
    hours = draw(st.integers(0, 24 * 20))
    return {
        "event": event, "about": about, "at": BEGIN + timedelta(hours=hours), "suspect": draw(st.sampled_from(SUSPECTS)),
        "by": draw(st.sampled_from([None, None, "cps", "witness_care", "police"])), "team": draw(st.sampled_from([None, "X", "Y"])),
        "is_enhanced": draw(st.sampled_from([None, True, False])),
        "matter": draw(st.sampled_from([None, "1", "2"])) if event.startswith("complain") else None,
        "is_undated": event in ("opted_out", "cancelled", "transferred") and draw(st.booleans()),
        "is_unlisted": kind.sort == "happened" and draw(st.booleans()) and draw(st.booleans()),
    }  # fmt: skip


@st.composite
def arrest(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A crime reported, an arrest, and what may have followed it: told, said not to be, or declined."""
    plain = {"about": (), "suspect": None, "by": None, "team": None, "is_enhanced": draw(st.booleans())}
    at = BEGIN + timedelta(hours=draw(st.integers(0, 24 * 6)))
    rows = [{**plain, "event": "reported", "at": BEGIN}, {**plain, "event": "arrested", "at": at}]
    for event in draw(
        st.lists(
            st.sampled_from(["told", "not_told", "declined", "attempted", "contacted", "victim_called"]), max_size=3
        )
    ):
        after = timedelta(hours=draw(st.integers(0, 24 * 11)))
        rows.append({**plain, "event": event, "at": at + after, "about": ("arrest",)})
    return rows


JOURNEY = st.tuples(
    st.builds(lambda one, more: one + more, arrest() | st.just([]), st.lists(entry(), max_size=7)) | arrest(),
    st.sampled_from(["entitled", "entitled", "entitled", "no named contact", "not recorded", "victim not recorded"]),
    st.integers(24, 24 * 22).map(lambda hours: BEGIN + timedelta(hours=hours)),
)
RULES = [Rules(), Rules(either="working", own=("police",)), Rules(own=("police", "cps", "witness_care", "probation"))]


def frames(journeys: list[Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows: list[dict[str, Any]] = []
    for unit, (entries, _, _) in enumerate(journeys):
        for line, one in enumerate(entries):
            rows += [{**one, "unit": unit, "line": line, "about": about} for about in one["about"] or (None,)]
    given_journeys = [{"unit": u, "entitlement": e, "as_at": a} for u, (_, e, a) in enumerate(journeys)]
    return pl.DataFrame(rows, schema=ENTRIES), pl.DataFrame(given_journeys, schema=JOURNEYS)


def one_by_one(journeys: list[Any], rules: Rules) -> list[tuple[Any, ...]]:
    found = []
    for unit, (entries, entitlement, as_at) in enumerate(journeys):
        told = [Entry(line=line, **one) for line, one in enumerate(entries)]
        for d in duties(told, as_at, rules, entitlement):
            found.append(
                (
                    unit, d.obligation.id, d.obligation.pack, d.start.event, d.start.at, d.start.line, d.is_enhanced, d.due, d.owner,
                    d.team, d.state, d.as_recorded, d.done.at if d.done else None, d.done.line if d.done else None, d.lacking,
                )
            )  # fmt: skip
    order = obligation_names(rules)
    return sorted(found, key=lambda row: (row[0], row[4], row[5], order.index(row[1])))


@pytest.mark.slow
@given(st.lists(JOURNEY, min_size=1, max_size=4), st.sampled_from(RULES))
@settings(max_examples=150)
def test_the_fast_engine_gives_what_the_slow_one_gives(journeys: list[Any], rules: Rules) -> None:
    assert states_of(*frames(journeys), rules).rows() == one_by_one(journeys, rules)


@given(st.lists(JOURNEY, min_size=1, max_size=6))
@settings(max_examples=15)
def test_how_many_are_judged_together_changes_nothing(journeys: list[Any]) -> None:
    entries, own = frames(journeys)
    assert pl.concat(shares(entries, own, Rules(), share=2)).equals(states_of(entries, own, Rules()))


@given(
    st.builds(lambda one, more: one + more, arrest(), st.lists(entry(), max_size=4)),
    st.sampled_from(["opted_out", "cancelled", "transferred"]), st.integers(0, 24 * 20), st.integers(0, 24 * 20),
)  # fmt: skip
def test_nothing_is_said_that_rests_on_a_day_that_is_not_recorded(
    entries: list[dict[str, Any]], event: str, shown: int, before: int
) -> None:
    dated = [
        Entry(**{**one, "is_undated": False}, line=n) for n, one in enumerate(entries) if one["event"] not in STANDING
    ]
    latest, as_at = BEGIN + timedelta(hours=shown), BEGIN + timedelta(days=22)
    day = latest - timedelta(hours=min(shown, before))
    undated = duties([*dated, Entry(event=event, at=latest, is_undated=True)], as_at, Rules())
    if_that_day = duties([*dated, Entry(event=event, at=day)], as_at, Rules())
    for said, true in zip(undated, if_that_day, strict=True):
        assert said.state in ("no evidence", true.state), (said.obligation.id, said.state, true.state)


def test_beyond_the_bank_holidays_nothing_is_judged_and_the_rest_is() -> None:
    plain = {"about": (), "suspect": None, "by": None, "team": None, "is_enhanced": False}
    days = [
        datetime(2028, 12, 1, 9, tzinfo=UTC),
        datetime(2028, 12, 28, 9, tzinfo=UTC),
        datetime(2029, 6, 5, 9, tzinfo=UTC),
    ]
    rows = [
        {**plain, "event": event, "at": at} for event, at in zip(("reported", "arrested", "charged"), days, strict=True)
    ]
    journeys = [(rows, "entitled", datetime(2029, 7, 1, tzinfo=UTC))]
    found = states_of(*frames(journeys), Rules())
    assert found.rows() == one_by_one(journeys, Rules())
    assert set(found["obligation"]).isdisjoint({"told_of_arrest", "told_of_charge"})
    assert "support_referral" in set(found["obligation"])


def test_of_no_journey_nothing_is_owed() -> None:
    entries, own = frames([])
    assert states_of(entries, own, Rules()).is_empty()
