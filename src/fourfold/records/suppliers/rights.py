"""What the Victims' Code sets in motion elsewhere: compensation, personal statements, reviews, and notices from others.

Each comes from its own office (the compensation authority, prosecutors, courts, witness care), in no published layout. A
notice carries the day on which it was received: what the force could not know it could not tell.
"""

from __future__ import annotations

from fourfold.records.suppliers.contracts import Contract, Field, Order

SYSTEM = "victims' rights"

_FORCE = Field(
    name="force", kind="text", needed=True, rule="The force concerned: its name, or its identity in our list."
)
_CRIME = Field(name="crime_ref", kind="reference", needed=True, refers_to="crimes.crime_ref", rule="The crime.")
_VICTIM = Field(name="person_ref", kind="reference", refers_to="people.person_ref", rule="The victim.",
                unknown_without="in crimes of several victims, whom it concerns is not known")  # fmt: skip

CICA_REQUESTS = Contract(
    name="cica_requests",
    system=SYSTEM,
    title="Requests of the Criminal Injuries Compensation Authority for information, and their return",
    table="cica_requests",
    key=("request_ref",),
    dated_by="received_on",
    standing="force to supply",
    fields=(
        _FORCE,
        Field(name="request_ref", kind="reference", needed=True, rule="The authority's reference."),
        Field(name="crime_ref", kind="reference", refers_to="crimes.crime_ref", rule="The crime, once it is found.",
              unknown_without="requests cannot be set beside the crime"),
        _VICTIM,
        Field(name="received_on", kind="date", needed=True, rule="When the force received it: the thirty days run from then."),
        Field(name="returned_on", kind="date", rule="When the force answered; empty while it has not."),
        Field(name="delay_reason", kind="code", rule="Why it is late, in the force's own words."),
    ),
    orders=(
        Order(earlier="received_on", later="returned_on", rule="A request was answered before it was received."),
    ),
)  # fmt: skip

PERSONAL_STATEMENTS = Contract(
    name="personal_statements",
    system=SYSTEM,
    title="Victim personal statements offered, made or declined",
    table="personal_statements",
    key=("crime_ref", "person_ref", "happened_at", "what"),
    dated_by="happened_at",
    standing="force to supply",
    fields=(
        _FORCE,
        _CRIME,
        Field(name="person_ref", kind="reference", needed=True, refers_to="people.person_ref", rule="The victim."),
        Field(name="happened_at", kind="instant", needed=True, rule="When."),
        Field(name="what", kind="code", needed=True, codes=("offered", "made", "declined", "updated"),
              rule="Offered, made, declined or updated. Offered is what the right asks; made is the victim's choice."),
        Field(name="is_to_be_read", kind="yes_no", rule="Whether the victim wants it read in court."),
        Field(name="team", kind="code", rule="The team that offered or took it, in the force's own words."),
    ),
    faults=("That none was offered is seldom entered: no row is not proof that none was.",),
)  # fmt: skip

REVIEW_REQUESTS = Contract(
    name="review_requests",
    system=SYSTEM,
    title="Requests under the Victims' Right to Review",
    table="review_requests",
    key=("review_ref",),
    dated_by="received_on",
    standing="force to supply",
    fields=(
        _FORCE,
        Field(name="review_ref", kind="reference", needed=True, rule="The reference of the request."),
        _CRIME,
        _VICTIM,
        Field(name="decision_by", kind="code", codes=("police", "prosecutor"), rule="Whose decision is to be reviewed."),
        Field(name="received_on", kind="date", needed=True, rule="When it was received."),
        Field(name="answered_on", kind="date", rule="When the victim was answered."),
        Field(name="result", kind="code", codes=("upheld", "overturned", "not_eligible", "withdrawn"),
              rule="Whether the decision was upheld or overturned."),
    ),
    orders=(
        Order(earlier="received_on", later="answered_on", rule="A review was answered before it was asked for."),
    ),
)  # fmt: skip

NOTICES = Contract(
    name="notices",
    system=SYSTEM,
    title="Notices from courts, prosecutors, witness care and probation, with the day each was received",
    table="notices",
    key=("notice_ref",),
    dated_by="received_at",
    standing="force to supply",
    fields=(
        _FORCE,
        Field(name="notice_ref", kind="reference", needed=True, rule="The reference of the notice."),
        _CRIME,
        Field(name="person_ref", kind="reference", refers_to="people.person_ref", rule="The defendant whom it concerns."),
        Field(name="sent_by", kind="code", needed=True, codes=("court", "prosecutor", "witness_care", "probation", "parole_board"),
              rule="Who sent it."),
        Field(name="kind", kind="code", needed=True,
              codes=("charging_decision", "charge_altered", "charge_dropped", "bail_decision", "first_hearing", "trial_date",
                     "trial_moved", "required_to_attend", "verdict", "sentence", "appeal", "release_date", "contact_scheme_offer"),
              rule="What it says: charging_decision is one to charge; first_hearing and the trial's are of a date."),
        Field(name="decided_at", kind="instant", rule="When what it tells was decided or took place."),
        Field(name="received_at", kind="instant", needed=True, rule="When the force or its witness care unit received it."),
        Field(name="hearing_on", kind="date", rule="The day of the hearing, for notices of one."),
        Field(name="delay_reason", kind="code", rule="Why a hearing moved, in the sender's words (a strike, no courtroom)."),
    ),
    faults=("Notices come in batches: several days of hearings with one day of receipt.",),
    orders=(
        Order(earlier="decided_at", later="received_at", rule="A notice was received before what it tells was decided."),
    ),
)  # fmt: skip

CONTRACTS = (CICA_REQUESTS, PERSONAL_STATEMENTS, REVIEW_REQUESTS, NOTICES)
