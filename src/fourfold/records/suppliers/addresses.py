"""Addresses: the register of homes and other addresses that a force is licensed for, one a row, with its point."""

from __future__ import annotations

from fourfold.records.suppliers.contracts import Contract, Field

SYSTEM = "address register"

ADDRESSES = Contract(
    name="addresses",
    system=SYSTEM,
    title="Addresses of the register, one a row",
    table="addresses",
    key=("uprn",),
    dated_by="",
    standing="force to supply",
    fields=(
        Field(name="force", kind="text", needed=True,
              rule="The force in whose area it lies: its name, or its identity in our list."),
        Field(name="uprn", kind="reference", needed=True, rule="The register's own number of the address, one an address."),
        Field(name="number", kind="reference", rule="The number or the name of the house, with the flat.",
              unknown_without="a home is shown by its street and the register's number alone"),
        Field(name="street", kind="text", needed=True, rule="The street's name."),
        Field(name="easting", kind="number", needed=True, rule="Metres east on the National Grid."),
        Field(name="northing", kind="number", needed=True, rule="Metres north on the National Grid."),
        Field(name="use", kind="code", codes=("home", "other"), rule="Whether anybody lives there.",
              unknown_without="shops and offices are listed in cocoons as if they were homes"),
    ),
    notes=(
        "No resident is named in it.",
        "Cocoons list homes of this register; without it they say that homes are not held, and name none.",
    ),
)  # fmt: skip

CONTRACTS = (ADDRESSES,)
