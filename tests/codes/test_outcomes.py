"""Outcome types 0 to 22, their groups, and the days on which their series break."""

from __future__ import annotations

from datetime import date

import pytest

from fourfold.codes.outcomes import outcome_type, outcome_types


def test_the_types_run_from_0_to_22_without_a_gap() -> None:
    whole = [o.type for o in outcome_types() if o.type.isdigit()]
    assert whole == [str(n) for n in range(23)]


@pytest.mark.parametrize(
    ("group", "types"),
    [
        ("Not yet assigned", {"0"}),
        ("Charged/Summonsed", {"1", "1A"}),
        ("Taken into consideration", {"4"}),
        ("Out-of-court (formal)", {"2", "2A", "3", "3A", "6"}),
        ("Out-of-court (informal)", {"7", "8"}),
        ("Prosecution prevented or not in the public interest", {"5", "9", "10", "11", "12", "13", "17"}),
        ("Evidential difficulties (suspect identified; victim supports)", {"15"}),
        ("Evidential difficulties (victim does not support)", {"14", "16"}),
        ("Investigation complete - no suspect identified", {"18"}),
        ("Fraud case", {"19"}),
        ("Responsibility for further investigation transferred to another body", {"20"}),
        ("Further investigation to support formal action not in the public interest", {"21"}),
        ("Diversionary, educational or intervention activity", {"22"}),
    ],
)
def test_each_group_has_its_types(group: str, types: set[str]) -> None:
    assert {o.type for o in outcome_types() if o.group == group} == types


def test_membership_of_the_groups_is_not_called_confirmed() -> None:
    assert {o.group_status for o in outcome_types()} == {"unconfirmed"}


@pytest.mark.parametrize("code", ["1A", "2A", "3A"])
def test_types_for_alternate_offences_are_unconfirmed(code: str) -> None:
    found = outcome_type(code)
    assert found is not None
    assert found.status == "unconfirmed"


def test_not_yet_assigned_is_the_one_type_that_is_no_outcome() -> None:
    assert [o.type for o in outcome_types() if not o.is_outcome] == ["0"]


@pytest.mark.parametrize(("code", "first"), [("21", date(2016, 1, 1)), ("22", date(2019, 4, 1)), ("18", None)])
def test_a_type_that_came_later_has_the_day_it_came(code: str, first: date | None) -> None:
    found = outcome_type(code)
    assert found is not None
    assert found.valid_from == first


def test_type_22_says_when_it_was_voluntary_and_when_compulsory() -> None:
    found = outcome_type("22")
    assert found is not None
    assert "Voluntary from April 2019, compulsory from April 2021" in found.note


@pytest.mark.parametrize("code", ["23", "-1", "01", "1a", ""])
def test_another_code_is_no_outcome_type(code: str) -> None:
    assert outcome_type(code) is None
