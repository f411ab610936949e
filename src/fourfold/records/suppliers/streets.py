"""Streets: the force's street register, one stretch a row, with where it begins and ends."""

from __future__ import annotations

from fourfold.records.suppliers.contracts import Contract, Field

SYSTEM = "street register"

STREETS = Contract(
    name="streets",
    system=SYSTEM,
    title="Stretches of streets of the register, one a row",
    table="streets",
    key=("street_ref",),
    dated_by="",
    standing="force to supply",
    fields=(
        Field(name="force", kind="text", needed=True,
              rule="The force in whose area it lies: its name, or its identity in our list."),
        Field(name="street_ref", kind="reference", needed=True,
              rule="The register's own number of the stretch, one a stretch: a street's, or a part's between two junctions."),
        Field(name="name", kind="text", rule="The street's name.",
              unknown_without="a stretch is shown by the register's number alone"),
        Field(name="begins_easting", kind="number", needed=True, rule="Where it begins: metres east on the National Grid."),
        Field(name="begins_northing", kind="number", needed=True, rule="Where it begins: metres north on the National Grid."),
        Field(name="ends_easting", kind="number", needed=True, rule="Where it ends: metres east on the National Grid."),
        Field(name="ends_northing", kind="number", needed=True, rule="Where it ends: metres north on the National Grid."),
    ),
    notes=(
        "Patrols are planned by the stretches of this register; without it by squares alone.",
        "A stretch is taken to run straight from where it begins to where it ends: bends between are not in it.",
    ),
)  # fmt: skip

CONTRACTS = (STREETS,)
