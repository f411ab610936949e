"""Checks of devices against a register of stolen ones, by shops and the public. Serial numbers come as keyed hashes only."""

from __future__ import annotations

from fourfold.records.suppliers.contracts import Contract, Field

SYSTEM = "stolen-device register"

DEVICE_CHECKS = Contract(
    name="device_checks",
    system=SYSTEM,
    title="Checks made against the register of stolen devices",
    table="device_checks",
    key=("check_ref",),
    dated_by="checked_at",
    standing="force to supply",
    fields=(
        Field(name="force", kind="text", needed=True,
              rule="The force in whose area it was checked: its name, or its identity in our list."),
        Field(name="check_ref", kind="reference", needed=True, rule="The register's reference of the check."),
        Field(name="checked_at", kind="instant", needed=True, rule="When."),
        Field(name="serial_hash", kind="hash", rule="A keyed hash of the serial or IMEI number; never the number.",
              unknown_without="a device that was checked cannot be joined to its theft"),
        Field(name="device_kind", kind="code", rule="The kind of device, in the register's own words."),
        Field(name="checked_by", kind="code", codes=("public", "second_hand_shop", "police", "insurer", "other"), rule="Who asked."),
        Field(name="outlet_ref", kind="reference", rule="The reference of the second-hand outlet that asked."),
        Field(name="result", kind="code", needed=True, codes=("clear", "stolen", "lost", "unknown"),
              rule="What the register answered."),
    ),
    notes=("More checks may mean that the register is better known, and not that more is stolen.",),
)  # fmt: skip

CONTRACTS = (DEVICE_CHECKS,)
