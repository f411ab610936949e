"""Fraud codes: those the force's papers name are confirmed, the rest are to be checked."""

from __future__ import annotations

import pytest

from fourfold.codes.fraud import fraud_code, fraud_codes

NAMED_IN_THE_PAPERS = {"NFIB1A", "NFIB1D", "NFIB1G", "NFIB2A", "NFIB3F", "NFIB90"}


@pytest.mark.parametrize(
    ("written", "code"),
    [("1D", "NFIB1D"), ("NFIB1D", "NFIB1D"), ("nfib 90", "NFIB90"), ("90", "NFIB90"), ("5d", "NFIB5D")],
)
def test_a_code_may_be_written_with_or_without_its_prefix(written: str, code: str) -> None:
    found = fraud_code(written)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("written", ["1I", "4", "NFIB", "", "99"])
def test_what_is_not_on_the_list_is_none_of_them(written: str) -> None:
    assert fraud_code(written) is None


def test_only_codes_that_the_papers_name_are_confirmed() -> None:
    assert {f.code for f in fraud_codes() if f.status == "confirmed"} == NAMED_IN_THE_PAPERS


def test_courier_fraud_has_no_code_of_its_own() -> None:
    assert [f.code for f in fraud_codes() if "courier" in f.title.lower()] == []
