"""Compliance in bounds: what counts, what lies between, what recording would tell, and what an audit of false records adds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fourfold.analysis.compliance import (
    COLUMNS,
    JUDGED,
    KEPT,
    NAMED_CONTACT,
    NOT_HELD,
    NOTHING_DUE,
    UNHELD,
    Asked,
    AuditLearned,
    audited_bounds,
    audited_compliance,
    compliance,
    recording_gaps,
    upper_share,
)
from fourfold.analysis.victims_code import LACKING, Rules
from fourfold.codes.periods import parse_window
from fourfold.codes.small_numbers import small_number_rule
from fourfold.codes.victims_code import STATES, event_of, shipped_packs
from fourfold.errors import RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.suppliers.catalogue import contract
from tests.analysis.attackers import Reader

RECORDS = Records(home=Path(), as_at=datetime(2022, 11, 1, tzinfo=UTC), standing=(), owners={})
QUARTER = parse_window("2022-07", "2022-09")
ASKED = Asked(force_id="saltmere", window=QUARTER)


def states(*rows: tuple[str, int], **same: object) -> pl.LazyFrame:
    """So many obligations in each state; each of a victim of their own, unless said."""
    found = []
    for state, n in rows:
        for _ in range(n):
            one = {
                "scheme": "victims_code", "right": 6, "obligation": "told_of_arrest", "at": datetime(2022, 8, 1, 9, tzinfo=UTC),
                "state": state, "team": "North / CID", "crime_ref": f"C{len(found)}", "person_ref": "V", "offence_group": "Robbery",
                "offence_subgroup": "Robbery of personal property", "age_group": "18 to 29", "sex": "F", "ethnicity": None,
                "disability": None, "lacking": "any contact" if state == "no evidence" else None,
            }  # fmt: skip
            found.append({**one, **same})
    return pl.LazyFrame(found, schema_overrides={"ethnicity": pl.String, "disability": pl.String, "lacking": pl.String})


def test_the_bounds_take_what_has_no_evidence_as_failed_and_as_met() -> None:
    every = states(*((state, n) for n, state in enumerate(STATES, start=1)))
    found = compliance(every, RECORDS, Rules(), ASKED)
    # met in time 1, met late 2, not met 3, no evidence 4, declined 5; not yet due, not applicable and others' left out
    assert found.table is not None
    row = found.table.records()[0]
    assert [row[c] for c in ("judged", "kept", "not kept", "no evidence")] == [15, 6, 5, 4]
    assert (row["lower"], row["upper"], row["coverage"]) == pytest.approx((40.0, 100 * 10 / 15, 100 * 11 / 15))
    assert [row[state] for state in STATES] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((40.0, 200 / 3))
    assert (found.value, found.n, found.verdict) == (None, 15, "between 40% and 67%")


@given(st.lists(st.sampled_from(JUDGED), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_the_bounds_contain_every_truth_and_are_as_wide_as_what_is_not_known(
    given_states: list[str], chance: object
) -> None:
    found = compliance(states(*((s, 1) for s in given_states)), RECORDS, Rules(), ASKED)
    truth = [s in KEPT or (s == "no evidence" and chance.random() < 0.5) for s in given_states]  # type: ignore[attr-defined]
    rate = 100 * sum(truth) / len(truth)
    assert found.interval is not None
    assert found.interval.low - 1e-9 <= rate <= found.interval.high + 1e-9
    unknown = 100 * given_states.count("no evidence") / len(given_states)
    assert found.interval.high - found.interval.low == pytest.approx(unknown)


UNSURE = st.lists(st.sampled_from(["not owed", "owed and kept", "owed and not kept"]), max_size=30)
"""Of each organisation of which it is not recorded whether it named a contact, what is true."""


@given(st.lists(st.sampled_from(JUDGED), min_size=1, max_size=30), UNSURE, st.booleans())
def test_the_bounds_hold_whether_organisations_named_a_contact_or_not(
    given_states: list[str], unsure: list[str], is_known_kept: bool
) -> None:
    parts = [states(*((s, 1) for s in given_states))]
    parts += [states(("no evidence", len(unsure)), lacking="named contact")] if unsure else []
    found = compliance(pl.concat(parts), RECORDS, Rules(), ASKED)
    kept = [s in KEPT or (s == "no evidence" and is_known_kept) for s in given_states]
    kept += [truth == "owed and kept" for truth in unsure if truth != "not owed"]
    assert found.interval is not None
    assert found.interval.low - 1e-9 <= 100 * sum(kept) / len(kept) <= found.interval.high + 1e-9
    assert found.parameters[NAMED_CONTACT] == len(unsure)
    assert any("named a contact" in note for note in found.notes) == bool(unsure)


def test_how_many_organisations_may_be_owed_is_said_and_a_small_number_of_them_is_not() -> None:
    every = pl.concat([states(("met in time", 9)), states(("no evidence", 3), lacking="named contact")])
    notes = [compliance(every, RECORDS, Rules(), ASKED, by, small).notes[0] for by, small in
             ((None, None), ("right", small_number_rule()))]  # fmt: skip
    assert "Without evidence are 3 obligations to organisations" in notes[0]
    assert "Without evidence are fewer than 5 obligations" in notes[1]
    once = compliance(every, RECORDS, Rules(), Asked(force_id="saltmere", window=QUARTER, by_victim=True))
    assert once.parameters[NAMED_CONTACT] == 3
    assert recording_gaps(every, RECORDS, Rules(), ASKED).parameters["by what is lacking"]["named contact"] == 3


def test_a_window_near_the_end_of_the_bank_holidays_says_what_is_not_judged() -> None:
    for last, is_said in (("2028-09", False), ("2028-11", True)):
        asked = Asked(force_id="saltmere", window=parse_window("2028-07", last))
        found = compliance(states(("met in time", 1)), RECORDS, Rules(), asked)
        assert any("after 2028 is not judged" in note for note in found.notes) == is_said


def test_by_victim_a_right_is_kept_where_all_of_it_was() -> None:
    parts = [
        states(("met in time", 1), crime_ref="A"), states(("declined by the victim", 1), crime_ref="A", obligation="told_of_charge"),
        states(("met in time", 1), crime_ref="B"), states(("no evidence", 1), crime_ref="B", obligation="told_of_charge"),
        states(("no evidence", 1), crime_ref="C"), states(("met late", 1), crime_ref="C", obligation="told_of_charge"),
        states(("not yet due", 1), crime_ref="D"),
    ]  # fmt: skip
    found = compliance(
        pl.concat(parts), RECORDS, Rules(), Asked(force_id="saltmere", window=QUARTER, by_victim=True, right=6)
    )
    assert found.table is not None
    assert found.table.rows[0][:5] == ("all", 3, 1, 1, 1)
    assert found.verdict == "between 33% and 67%"


def test_splits_windows_and_groups() -> None:
    parts = [
        states(("met in time", 2)), states(("no evidence", 1), team="South / CID"), states(("met late", 1), team=None),
        states(("met in time", 5), at=datetime(2022, 6, 30, 22, tzinfo=UTC)),
        states(("met late", 1), offence_group="Sexual offences"),
        states(("met in time", 3), at=datetime(2022, 6, 30, 23, 30, tzinfo=UTC), scheme="five_step", obligation="step_arrest"),
    ]  # fmt: skip
    every = pl.concat(parts)
    of_robbery = Asked(force_id="saltmere", window=QUARTER, offence="Robbery")
    found = compliance(every, RECORDS, Rules(), of_robbery, "unit")
    assert found.table is not None
    assert [r[:5] for r in found.table.rows] == [
        ("North", 2, 2, 0, 0),
        ("South", 1, 0, 0, 1),
        ("not recorded", 1, 0, 1, 0),
    ]
    by_month = compliance(
        every, RECORDS, Rules(), Asked(force_id="saltmere", window=QUARTER, scheme="five_step"), "month"
    )
    assert by_month.table is not None
    assert [r[:2] for r in by_month.table.rows] == [("2022-07", 3)]  # half past midnight on 1 July in London
    nothing = compliance(every, RECORDS, Rules(), Asked(force_id="saltmere", window=parse_window("2021-07", "2021-09")))
    assert (nothing.n, nothing.interval, nothing.verdict) == (0, None, "Nothing of it was owed and due.")


ELSEWHERE = [
    (1, "understood", "Was the victim helped to understand and to be understood?", True, False),
    (10, "expenses were claimed", "Were expenses paid, and property returned?", False, True),
    (11, "probation", "Was the victim told about the offender after the conviction?", False, False),
]
"""The rights of which no extract of a force says anything: why, which question of an audit judges it, and whether the victims' survey
asks something of it or the clocks beside the Code tell something near."""


@pytest.mark.parametrize(("right", "why", "question", "is_asked", "has_clocks"), ELSEWHERE)
def test_of_a_right_that_no_extract_holds_it_is_said_where_it_is_judged(
    right: int, why: str, question: str, is_asked: bool, has_clocks: bool
) -> None:
    found = compliance(states(("met in time", 3)), RECORDS, Rules(), replace(ASKED, right=right))
    assert (found.n, found.interval, found.verdict) == (0, None, UNHELD)
    [note] = [
        one for one in found.notes if one.startswith(f"Right {right} has no state, which is neither kept nor not kept.")
    ]
    assert why in note
    assert f"by an audit: dip sample of the twelve rights, “{question}”" in note
    assert ("victims’ survey" in note) == is_asked
    assert ("clocks beside the Code" in note) == has_clocks
    assert found.parameters[NOT_HELD] == [right]


def test_every_right_has_something_that_an_extract_can_start_or_says_where_it_is_judged() -> None:
    """What starts a clock and what the contracts can send: a right that gains or loses its column must change its words."""
    code = next(p for p in shipped_packs() if p.scheme == "victims_code")
    sent = {one.name for word in _kinds_sent() if (one := event_of(word)) is not None} | {
        "reported",
        "received",
        "recorded",
        "complained",
    }
    told = {one.right for one in code.obligations if sent & set(one.starts)}
    assert told | set(code.elsewhere) == set(code.rights)
    assert not told & set(code.elsewhere)


def _kinds_sent() -> set[str]:
    """The kinds of event and notice that the contracts name, less those that start no clock."""
    fields = [
        f for one in (contract("investigation_events"), contract("notices")) for f in one.fields if f.name == "kind"
    ]
    return {code for f in fields for code in f.codes or ()} - {"release"} | {
        "attendance_received",
        "appeal_received",
        "bail_hearing",
    }


def test_of_all_rights_those_that_no_extract_holds_are_named_and_one_that_some_file_tells_of_is_not() -> None:
    whole = compliance(states(("met in time", 3)), RECORDS, Rules(), ASKED)
    assert any("do not hold rights 1, 10 and 11" in note for note in whole.notes)
    told = states(("another agency's duty", 3), right=10, obligation="expenses_paid")
    assert any("do not hold rights 1 and 11" in note for note in compliance(told, RECORDS, Rules(), ASKED).notes)
    spring = replace(ASKED, right=10, window=parse_window("2022-04", "2022-06"))
    assert compliance(told, RECORDS, Rules(), spring).verdict == NOTHING_DUE, "of another quarter there are some"
    by_step = compliance(
        states(("met in time", 3), scheme="five_step"), RECORDS, Rules(), replace(ASKED, scheme="five_step")
    )
    assert not any("do not hold" in note for note in by_step.notes)
    nothing = compliance(states(("met in time", 3)), RECORDS, Rules(), replace(ASKED, right=12))
    assert nothing.verdict == NOTHING_DUE, "an extract can tell of complaints: there were none"


def test_small_numbers_by_a_protected_characteristic_are_withheld() -> None:
    parts = [
        states(("met in time", 60), ("no evidence", 40), ("met late", 20), sex="F"),
        states(("met in time", 55), ("no evidence", 30), ("met late", 3), sex="M"),
        states(("met in time", 7), ("met late", 9), sex="X"),
    ]
    found = compliance(pl.concat(parts), RECORDS, Rules(), ASKED, "sex", small_number_rule())
    assert found.table is not None
    rows = {row["sex"]: row for row in found.table.records()}
    assert rows["M"]["met late"] is None
    assert rows["M"]["lower"] is None
    shown_late = [row["met late"] for row in rows.values()]
    assert shown_late.count(None) >= 2, "one withheld alone could be worked out from the total"
    assert rows["X"]["lower"] is None, "no bounds on fewer than fifty"
    assert "withheld" in found.disclosure
    assert compliance(pl.concat(parts), RECORDS, Rules(), ASKED, "team").disclosure == "no disclosure control applied"


SEXES = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=4)
"""Of each of some sexes, so many met in time, late, and without evidence."""


@pytest.mark.parametrize("by_victim", [False, True])
@given(given_counts=SEXES)
@example(given_counts=[[60, 2, 40], [55, 1, 30]])  # three in all, which the whole says
@example(given_counts=[[60, 4, 40], [55, 1, 30]])
@example(given_counts=[[60, 20, 40], [55, 3, 30], [50, 0, 0]])
@example(given_counts=[[60, 20, 40], [55, 2, 30], [50, 1, 0]])
@settings(max_examples=15)
def test_no_small_count_is_worked_out_by_subtraction_from_what_is_told_of_the_whole(
    given_counts: list[list[int]], by_victim: bool
) -> None:
    wanted = ("met in time", "met late", "no evidence")
    parts = [states(*zip(wanted, row, strict=True), sex=f"S{n}") for n, row in enumerate(given_counts) if any(row)]
    parts = [part.with_columns(crime_ref=pl.col("crime_ref") + str(n)) for n, part in enumerate(parts)]
    if len(parts) < 2:
        return  # of one sex alone the whole says all there is
    asked = Asked(force_id="saltmere", window=QUARTER, by_victim=by_victim)
    rule = small_number_rule()
    whole = compliance(pl.concat(parts), RECORDS, Rules(), asked)
    split = compliance(pl.concat(parts), RECORDS, Rules(), asked, "sex", rule)
    assert whole.table is not None
    assert split.table is not None
    (all_of_them,) = whole.table.rows
    assert split.parameters == whole.parameters
    first = 1 + len(COLUMNS) - len(STATES)
    for place, column in enumerate((2, 3, 4) if by_victim else [first + STATES.index(state) for state in wanted]):
        rows = {str(row[0]): row[column] for row in split.table.rows}
        true = {f"S{n}": row[place] for n, row in enumerate(given_counts) if any(row)}
        is_all_withheld = set(rows.values()) == {None}
        reader = Reader()
        reader.knows([(sex,) for sex in rows], int(all_of_them[column] or 0))
        for sex, shown in rows.items():
            reader.knows([(sex,)], *((0 if is_all_withheld else 1, float("inf")) if shown is None else (int(shown),)))
        for sex, n in true.items():
            assert rows[sex] in (None, n)
            if rule.is_small(n):
                low, high = reader.range_of([(sex,)])
                assert (high - low >= rule.spread and high >= rule.smallest_shown) or (
                    is_all_withheld and (low, high) == (0, all_of_them[column])
                ), "nothing is told of the state by sex, and its total is told anyhow"


def test_by_a_rule_that_rounds_each_count_is_rounded() -> None:
    parts = [
        states(("met in time", 61), ("no evidence", 42), ("met late", 23), sex="F"),
        states(("met in time", 54), sex="M"),
    ]
    found = compliance(pl.concat(parts), RECORDS, Rules(), ASKED, "sex", small_number_rule("rounded_to_5"))
    assert found.table is not None
    told = [row["met in time"] for row in found.table.records()]
    assert told == [60, 55]


def test_what_the_record_lacks_is_told_by_kind_and_team() -> None:
    parts = [
        states(("met in time", 5)), states(("no evidence", 3), lacking=LACKING[0]), states(("no evidence", 1), team=None),
        states(("no evidence", 1), lacking=LACKING[1]),
    ]  # fmt: skip
    found = recording_gaps(pl.concat(parts), RECORDS, Rules(), ASKED)
    assert found.table is not None
    assert found.table.rows[0] == ("about what", "North / CID", 3, 60.0, 30.0)
    assert sum(int(r[2] or 0) for r in found.table.rows) == found.value == 5
    assert found.parameters["by what is lacking"] == {
        **dict.fromkeys(LACKING, 0),
        **dict(zip(LACKING, (3, 1, 1), strict=False)),
    }


@pytest.mark.parametrize(
    ("asked", "by"),
    [
        (Asked(force_id="saltmere", window=QUARTER, right=13), None),
        (Asked(force_id="saltmere", window=QUARTER, obligation="step_arrest"), None),
        (Asked(force_id="saltmere", window=QUARTER, scheme="none"), None),
        (ASKED, "weather"),
    ],
)
def test_what_there_is_not_is_refused(asked: Asked, by: str | None) -> None:
    with pytest.raises(RequestInvalid):
        compliance(states(("met in time", 1)), RECORDS, Rules(), asked, by)


def test_every_split_says_its_columns() -> None:
    found = compliance(states(("met in time", 1)), RECORDS, Rules(), ASKED, "ethnicity")
    assert found.table is not None
    assert found.table.columns == ("ethnicity", *COLUMNS)
    assert found.table.rows[0][0] == "not recorded"


# --- what an audit learned ------------------------------------------------------------------------------------------


def test_the_wider_pair_moves_each_bound_by_what_the_audit_cannot_rule_out() -> None:
    # of 100 kept records audited none was false: at most 3.6 in a hundred are (Clopper and Pearson, one side, 2.5%)
    assert upper_share(0, 100, 0.025) == pytest.approx(1 - 0.025 ** (1 / 100))
    low, high = audited_bounds(
        1000, 500, 300, AuditLearned(kept_audited=100, kept_false=0, not_kept_audited=0, not_kept_false=0)
    )
    assert low == pytest.approx(50 * 0.025 ** (1 / 100))
    assert high == 100.0  # nothing recorded as not kept was looked at: all of it may have been kept
    whole = compliance(states(("met in time", 50), ("no evidence", 30), ("met late", 20)), RECORDS, Rules(), ASKED)
    wider = audited_compliance(
        whole, AuditLearned(kept_audited=125, kept_false=5, not_kept_audited=50, not_kept_false=1)
    )
    assert wider.interval is not None
    assert wider.interval.low < 50 < 80 < wider.interval.high
    assert wider.parts == (whole,)
    with pytest.raises(RequestInvalid):
        AuditLearned(kept_audited=1, kept_false=2, not_kept_audited=0, not_kept_false=0)


def draws(
    kept: int, kept_false: int, not_kept: int, not_kept_true: int, unknown: int, unknown_true: int, n: int, seed: int
) -> tuple[float, float]:
    """Of 1,000 audits of n records drawn at random: the share whose wider pair holds the truth, and their median width less the
    first pair's, in percentage points."""
    rng = np.random.default_rng(seed)
    judged = kept + not_kept + unknown
    truth = 100 * (kept - kept_false + not_kept_true + unknown_true) / judged
    kinds = [kept_false, kept - kept_false, not_kept_true, not_kept - not_kept_true, unknown]
    held, widths = [], []
    for drawn in rng.multivariate_hypergeometric(kinds, n, size=1000):
        audit = AuditLearned(
            kept_audited=int(drawn[0] + drawn[1]), kept_false=int(drawn[0]), not_kept_audited=int(drawn[2] + drawn[3]),
            not_kept_false=int(drawn[2]),
        )  # fmt: skip
        low, high = audited_bounds(judged, kept, unknown, audit)
        held.append(low <= truth <= high)
        widths.append(high - low)
    return float(np.mean(held)), float(np.median(widths)) - 100 * unknown / judged


@pytest.mark.parametrize("unknown_true", [0, 300, 1000], ids=["none of the unknown", "some", "all"])
def test_a_thousand_audits_hold_the_truth_and_narrow_as_more_are_audited(unknown_true: int) -> None:
    some = draws(1400, 60, 400, 8, 1000, unknown_true, 250, seed=1)
    more = draws(1400, 60, 400, 8, 1000, unknown_true, 1000, seed=2)
    assert some[0] >= 0.95
    assert more[0] >= 0.95
    assert more[1] < some[1] <= 15


APART = [
    # what is asked by sex, and why it is not told
    ("by working days", Rules(either="working"), ASKED, "by the calendar alone"),
    (
        "of a quarter that is not over",
        Rules(),
        Asked(force_id="saltmere", window=parse_window("2022-10", "2022-12")),
        "that is over",
    ),
    ("of a month", Rules(), Asked(force_id="saltmere", window=parse_window("2022-08", "2022-08")), "one quarter"),
]


@pytest.mark.parametrize(("what", "rules", "asked", "why"), APART, ids=[one[0] for one in APART])
def test_what_could_be_subtracted_is_not_told_by_a_protected_characteristic(
    what: str, rules: Rules, asked: Asked, why: str
) -> None:
    with pytest.raises(RequestInvalid, match=why):
        compliance(states(("met in time", 30)), RECORDS, rules, asked, "sex")
