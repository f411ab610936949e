"""The catalogue: every contract of a force's own extracts, in the order in which they are listed."""

from __future__ import annotations

from fourfold.errors import CodeUnknown
from fourfold.records.suppliers import (
    addresses,
    area_profiles,
    complaints,
    events,
    fraud,
    records_system,
    reference_series,
    rights,
    stolen_devices,
    streets,
    survey,
)
from fourfold.records.suppliers.contracts import Contract

_SYSTEMS = (
    records_system,
    fraud,
    survey,
    complaints,
    rights,
    stolen_devices,
    addresses,
    streets,
    area_profiles,
    reference_series,
    events,
)
"""The modules that declare contracts, one a system."""


def contracts() -> tuple[Contract, ...]:
    """Every contract, system by system."""
    return tuple(contract for system in _SYSTEMS for contract in system.CONTRACTS)


OURS = frozenset(one.name for one in events.CONTRACTS)
"""The contracts by which the service alone hands records over; from anybody else they are refused."""


def contract(name: str) -> Contract:
    """A contract by name. Raises CodeUnknown, with the names there are, when there is none."""
    found = next((c for c in contracts() if c.name == name), None)
    if found is None:
        raise CodeUnknown(
            "There is no contract of that name.", remedy=f"Use one of: {', '.join(c.name for c in contracts())}."
        )
    return found
