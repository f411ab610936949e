"""Harm weights: a snapshot, without fraud, and never a guess for a code it does not know."""

from __future__ import annotations

import pytest

from fourfold.codes.harm import HARM_EXCLUDES_FRAUD, HARM_SNAPSHOT, codes_without_weight, harm_weight
from fourfold.codes.lists import code_list
from fourfold.codes.offences import offence


@pytest.mark.parametrize(
    ("code", "weight"),
    [
        ("1", 7973.39),
        ("2", 4654.30),
        ("5D", 2034.74),
        ("8N", 189.15),
        ("105A", 13.51),
        ("34A", 799.63),
        ("34B", 799.63),
        ("29A", 2288.67),
        ("28E", 465.38),
        ("31A", 1849.52),
        ("30C", 123.02),
        ("48", 128.43),
        ("37.2", 53.45),
        ("45", 32.92),
        ("126", 9.31),
        ("39", 80.41),
        ("46", 11.86),
        ("44", 15.18),
    ],
)
def test_a_crime_has_the_weight_of_the_snapshot(code: str, weight: float) -> None:
    assert harm_weight(code) == pytest.approx(weight, abs=0.005)


@pytest.mark.parametrize(("attempt", "completed"), [("28F", "28E"), ("28H", "28G"), ("30D", "30C")])
def test_an_attempt_weighs_as_much_as_the_deed(attempt: str, completed: str) -> None:
    assert harm_weight(attempt) == harm_weight(completed)


@pytest.mark.parametrize("code", ["AF", "CIFAS", "FFA UK", "UK Finance", "NFIB1D", "53C"])
def test_fraud_has_no_weight(code: str) -> None:
    assert harm_weight(code) is None


@pytest.mark.parametrize("code", ["28I", "28M", "29B", "29C", "nonsense"])
def test_a_code_younger_than_the_snapshot_has_no_weight_rather_than_a_guess(code: str) -> None:
    assert harm_weight(code) is None


def test_the_codes_that_a_harm_total_leaves_out_are_named_once_each() -> None:
    assert codes_without_weight(["28E", "28I", "48", "28I", "AF"]) == ("28I", "AF")


def test_what_harm_leaves_out_is_said() -> None:
    assert "Fraud" in HARM_EXCLUDES_FRAUD
    assert "2021" in HARM_SNAPSHOT
    assert "not confirmed" in HARM_SNAPSHOT


def test_every_weight_is_positive_and_of_a_listed_offence() -> None:
    for row in code_list("harm_weights").rows:
        assert float(row["weight"]) > 0
        assert offence(row["offence_code"]) is not None
