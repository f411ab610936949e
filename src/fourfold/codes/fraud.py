"""Fraud and cyber codes of the National Fraud Intelligence Bureau. Courier fraud has none of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fourfold.codes.lists import code_list

OTHER = "NFIB90"
"""None of the above: what no other code is for."""
TABLES_OF_REPORTS = ("fraud_victims", "fraud_disseminations", "fraud_outcomes")
"""The tables whose rows are victims' reports of fraud, at one stage or another."""


@dataclass(frozen=True)
class FraudCode:
    """One code, as NFIB1D; `source` says where the row was confirmed, if it was."""

    code: str
    title: str
    group: str
    note: str
    status: str
    source: str


@cache
def fraud_codes() -> tuple[FraudCode, ...]:
    """Every code, in the list's order."""
    return tuple(FraudCode(**row) for row in code_list("fraud").rows)


def fraud_code(code: str) -> FraudCode | None:
    """The code as written with or without "NFIB" ("1D", "NFIB1D", "nfib 90"), or None when the list lacks it."""
    plain = code.upper().replace(" ", "").removeprefix("NFIB")
    return next((f for f in fraud_codes() if f.code == f"NFIB{plain}"), None)
