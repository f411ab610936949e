"""Complaints, as a professional standards system gives them (like Centurion), with the right of the Code that each touches.

No such system's layout is published. Complaints about rights under the Victims' Code are told only where someone tags
them: an untagged complaint is not one about no right.
"""

from __future__ import annotations

from fourfold.records.suppliers.contracts import Contract, Field, Order

SYSTEM = "complaints system"

COMPLAINTS = Contract(
    name="complaints",
    system=SYSTEM,
    title="Complaints, what they were about, and what came of them",
    table="complaints",
    key=("complaint_ref",),
    dated_by="received_on",
    standing="force to supply",
    fields=(
        Field(name="force", kind="text", needed=True, rule="The force complained of: its name, or its identity in our list."),
        Field(name="complaint_ref", kind="reference", needed=True, rule="The reference of the complaint."),
        Field(name="received_on", kind="date", needed=True, rule="When it was received."),
        Field(name="acknowledged_on", kind="date", rule="When it was acknowledged.",
              unknown_without="whether complaints were acknowledged in time is not known"),
        Field(name="crime_ref", kind="reference", refers_to="crimes.crime_ref",
              rule="The crime that it is about, where there is one.",
              unknown_without="complaints cannot be set beside what the victim was told"),
        Field(name="person_ref", kind="reference", refers_to="people.person_ref",
              rule="Who complained, where they are in the records system."),
        Field(name="category", kind="code", rule="The category, in the system's own words."),
        Field(name="code_rights", kind="code", is_several=True, codes=tuple(str(n) for n in range(1, 13)),
              rule="The rights of the Victims' Code that it touches, by number, parted by semicolons.",
              unknown_without="complaints about rights under the Code cannot be told from others"),
        Field(name="team", kind="code", rule="The team complained of, in the force's own words."),
        Field(name="handling", kind="code",
              codes=("service_recovery", "local_resolution", "investigation", "no_further_action", "withdrawn"),
              rule="How it was dealt with.", unknown_without="service recovery is not known"),
        Field(name="result", kind="code",
              codes=("upheld", "partly_upheld", "not_upheld", "service_not_acceptable", "service_acceptable", "no_finding"),
              rule="What was found."),
        Field(name="closed_on", kind="date", rule="When it was closed."),
        Field(name="summary", kind="text", personal=True, rule="The summary as written."),
    ),
    faults=("One letter may hold several complaints, each with its own reference.",),
    orders=(
        Order(earlier="received_on", later="acknowledged_on", rule="A complaint was acknowledged before it was received."),
        Order(earlier="received_on", later="closed_on", rule="A complaint was closed before it was received."),
    ),
)  # fmt: skip

CONTRACTS = (COMPLAINTS,)
