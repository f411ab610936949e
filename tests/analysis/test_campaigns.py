"""Campaigns: what is not recorded is never nought, impressions and people are never added, and nobody is counted twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis import campaigns
from fourfold.analysis.campaigns import CONTACTS, NOT_OFFERED, Activity, reach, reach_lines
from fourfold.analysis.volumes import Scope
from fourfold.codes.campaigns import known, words
from fourfold.codes.periods import Window
from fourfold.errors import CodeUnknown
from fourfold.records.as_at import records_as_at
from tests.records.extracts import put

SALTMERE, AT = Scope(force_id="saltmere"), datetime(2022, 11, 1, tzinfo=UTC)
OCTOBER = Window(date(2022, 10, 1), date(2022, 10, 31))


def activity(on: int = 3, kind: str = "message", channel: str = "social_media", reach: int | None = 100) -> Activity:
    return Activity(on=date(2022, 10, on), kind=kind, channel=channel, title="Beware", reach=reach)


@given(
    st.lists(
        st.builds(
            activity, st.integers(1, 31), st.sampled_from(["message", "event"]), st.sampled_from(["webinar", "press"]),
            st.one_of(st.none(), st.integers(0, 10**6)),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_reach_is_summed_apart_and_what_has_no_number_stands_beside(every: list[Activity]) -> None:
    found = reach(every, SALTMERE, OCTOBER, AT)
    assert found.table is not None
    assert found.value == found.n == len(every) == sum(int(str(row[2])) for row in found.table.rows)
    for kind, channel, n, told, total, of in found.table.rows:
        own = [a for a in every if (words("kinds")[a.kind], words("channels")[a.channel]) == (kind, channel)]
        numbers = [a.reach for a in own if a.reach is not None]
        assert (n, told) == (len(own), len(numbers))
        assert total == (sum(numbers) if numbers else None)
        assert {words("reach")[a.kind] for a in own} == {of}
    assert campaigns.NOT_AN_EFFECT in found.notes


def test_a_months_return_has_a_line_an_activity_with_its_number_in_its_own_column() -> None:
    every = [activity(5, "event", "webinar", 38), activity(2, reach=None), activity(2, reach=0),
             Activity(on=date(2022, 9, 30), kind="message", channel="press", title="Before", reach=1)]  # fmt: skip
    lines = reach_lines(every, date(2022, 10, 1))
    assert [(line.on, line.impressions, line.attendance) for line in lines] == [
        ("2022-10-02", None, None), ("2022-10-02", 0, None), ("2022-10-05", None, 38),
    ]  # fmt: skip
    assert campaigns.lines_from_plain(campaigns.lines_as_plain(lines)) == lines
    assert not [name for name in campaigns.REACH_FIELDS if "prevent" in name or "effect" in name]


def test_of_the_victims_identified_each_is_in_one_state() -> None:
    states = ["reached", "nothing recorded", "tried, not reached", "nothing recorded"]
    found = campaigns.contact_progress(states, SALTMERE, OCTOBER, AT)
    assert found.table is not None
    assert (found.value, found.n) == (2, 4)
    assert dict(found.table.rows) == dict(zip(CONTACTS, (1, 1, 2), strict=True))  # type: ignore[arg-type]
    assert campaigns.contact_progress([], SALTMERE, OCTOBER, AT).value == 0


def test_every_romance_victim_is_in_the_denominator_of_the_questionnaires() -> None:
    found = campaigns.questionnaire_progress(["completed", NOT_OFFERED, NOT_OFFERED, "declined"], SALTMERE, OCTOBER, AT)
    assert (found.value, found.n) == (1, 4)
    assert found.table is not None
    assert sum(int(str(n)) for _, n in found.table.rows) == 4


def test_arrests_are_those_of_the_days_and_the_codes_each_person_once_in_a_crime(tmp_path: Path) -> None:
    home, at = tmp_path / "home", datetime(2022, 11, 1, 6, tzinfo=UTC)
    sent = {"force": "saltmere", "package_ref": "NFIB-1", "kind": "pursue", "disseminated_on": "2022-10-04"}
    put(home, tmp_path, at, "fraud_disseminations_action_fraud", [
        {**sent, "report_ref": f"NFRC{n}", "nfib_code": code, "local_crime_ref": f"22SM/{n}"}
        for n, code in ((1, "NFIB1D"), (2, "NFIB3A"), (3, "NFIB1D"))
    ], "2022-10")  # fmt: skip
    arrest = {"force": "saltmere", "kind": "arrest", "person_ref": "P1"}
    told = [("E1", "22SM/1", "2022-10-11T08:00:00", "P1"), ("E2", "22SM/1", "2022-10-12T08:00:00", "P1"),  # once more
            ("E3", "22SM/1", "2022-10-12T08:00:00", ""), ("E4", "22SM/2", "2022-10-12T08:00:00", "P2"),  # another code
            ("E5", "22SM/3", "2022-10-31T23:30:00", "P3"), ("E6", "22SM/3", "2022-11-01T00:30:00", "P4"),  # the day after
            ("E7", "22SM/9", "2022-10-12T08:00:00", "P5")]  # fmt: skip
    rows = [{**arrest, "event_ref": e, "crime_ref": c, "happened_at": at_, "person_ref": p} for e, c, at_, p in told]
    put(home, tmp_path, at, "investigation_events", rows, "2022-10")
    found = campaigns.arrests(records_as_at(home, datetime(2022, 11, 2, tzinfo=UTC)), SALTMERE, OCTOBER, ["NFIB1D"])
    assert found.value == 3, "P1 once, the one who is not named, and P3"
    nothing = campaigns.arrests(records_as_at(tmp_path / "empty", AT), SALTMERE, OCTOBER, ["NFIB1D"])
    assert nothing.value is None
    assert nothing.verdict == "no arrest or dissemination is held"


def test_a_word_that_is_not_on_a_list_is_refused() -> None:
    assert known("kinds", "event") == "event"
    with pytest.raises(CodeUnknown):
        known("channels", "pigeon")
