"""Events of casework: what officers decided in the service, handed to the records at each day's end and on demand.

They come by the ordinary gate, as a batch, so that what is made of decisions (queues, returns, sign-offs) is as at an
instant like every other figure, and never reads the service's live tables. Only the service hands them over: a file of
this layout that is sent in or imported by hand is refused.
"""

from __future__ import annotations

from fourfold.records.suppliers.contracts import Contract, Field

EVENTS = Contract(
    name="casework_events",
    system="casework",
    title="What officers decided in the service, one row a decision",
    table="casework_events",
    key=("event_ref",),
    dated_by="happened_at",
    standing="confirmed",
    fields=(
        Field(name="force", kind="text", needed=True, rule="The force whose service it is; none where it is no force's own."),
        Field(name="event_ref", kind="reference", needed=True, rule="The event's own reference; an event never changes."),
        Field(name="happened_at", kind="instant", needed=True, rule="When it was decided."),
        Field(name="concern", kind="code", needed=True, rule="What it is about: imports, papers, officers and so on."),
        Field(name="decision", kind="code", needed=True, rule="The verb: what was done."),
        Field(name="officer_key", kind="reference", rule="Who decided, by the opaque key of the account; system for Fourfold itself.",
              unknown_without="who decided is not known"),
        Field(name="subject_key", kind="reference", rule="What it was decided of, by its opaque key.",
              unknown_without="decisions cannot be joined to what they are of"),
        Field(name="decided", kind="text", rule="What was decided, as JSON: codes, numbers, days, yes or no, keys; no words."),
        Field(name="words", kind="text", personal=True, rule="What was written in words with it, as JSON: it may name a person."),
        Field(name="log_entry", kind="whole", rule="The number of its entry on the log."),
    ),
    notes=("A day without a decision has no file; that the service was asked for one is on its log.",),
)  # fmt: skip

CONTRACTS = (EVENTS,)
