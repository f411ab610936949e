"""Harm weights: the Crime Severity Score as it stood in 2021. Fraud has no weight in it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from fourfold.codes.lists import code_list

HARM_EXCLUDES_FRAUD = (
    "Fraud recorded nationally has no weight in the Crime Severity Score: a harm total leaves it out and must say so."
)
HARM_SNAPSHOT = (
    "Weights are of the Crime Severity Score as it stood in 2021; whether it is still kept up is not confirmed. "
    "Codes that came after, the burglary codes of April 2023 among them, have none."
)


@cache
def _weights() -> dict[str, float]:
    return {row["offence_code"]: float(row["weight"]) for row in code_list("harm_weights").rows}


def harm_weight(offence_code: str) -> float | None:
    """The weight of one crime of an offence code, or None where the score has none. Attempts weigh as completed."""
    return _weights().get(offence_code)


def codes_without_weight(offence_codes: Iterable[str]) -> tuple[str, ...]:
    """The codes that a harm total would leave out, each once, in the order met: to be printed beside the total."""
    return tuple(code for code in dict.fromkeys(offence_codes) if harm_weight(code) is None)
