"""Fraud from the national lead force: the weekly list of victims, disseminations, and what came of them.

Action Fraud took reports until 3 December 2025, Report Fraud from 4 December 2025. Neither's layout is published: both
are our assumption, marked "force to supply", and fill the same tables, so that a series runs across the change and
says where it lies. Reports are reports: they are recorded nationally and are no crimes of the force.

The vulnerability score (0 to 35) is given by the national bureau on receipt. It is never called the National Decision
Model, which is something else.
"""

from __future__ import annotations

from dataclasses import replace

from fourfold.records.suppliers.contracts import Contract, Field, Order

SYSTEM = "national fraud reporting"
ACTION_FRAUD = "Action Fraud, to 3 December 2025"
REPORT_FRAUD = "Report Fraud, from 4 December 2025"

_ASSUMED = "The layout is not published: this one is our assumption, and the force has to supply its own."
_FORCE = Field(
    name="force",
    kind="text",
    needed=True,
    rule="The force to which the list was sent: its name, or its identity in our list.",
)
_REPORT = Field(
    name="report_ref", kind="reference", needed=True,
    rule="The national reference of the report (NFRC and digits), the same in lists, disseminations and outcomes.",
)  # fmt: skip
_SUB_SCORES = tuple(
    Field(name=f"vulnerability_score_{n}", kind="score", least=0, most=7, standing="unconfirmed",
          rule=f"The part of the score that question {n} of the five gave, where it is sent. The questions are not published.")
    for n in range(1, 6)
)  # fmt: skip

VICTIMS_ACTION_FRAUD = Contract(
    name="fraud_victims_action_fraud",
    system=SYSTEM,
    title="The weekly list of fraud victims, as of Action Fraud's time",
    table="fraud_victims",
    key=("report_ref",),
    dated_by="reported_at",
    standing="force to supply",
    era=ACTION_FRAUD,
    fields=(
        _FORCE,
        Field(name="week_starting", kind="date", needed=True, rule="The Monday of the week that the list is of."),
        _REPORT,
        Field(name="reported_at", kind="instant", needed=True, rule="When the victim reported."),
        Field(name="nfib_code", kind="code", needed=True, codes="fraud",
              rule="The code of the National Fraud Intelligence Bureau that the report was given; 90 is none of the above."),
        Field(name="code_scheme", kind="text", rule="The scheme of the code; NFIB where it is empty."),
        Field(name="code_version", kind="text", rule="The version of the scheme.",
              unknown_without="whether a code meant the same before and after a change of scheme is not known"),
        Field(name="victim_type", kind="code", codes=("person", "organisation"), rule="Whether a person or an organisation lost.",
              unknown_without="people and organisations cannot be told apart"),
        Field(name="organisation_name", kind="text", personal=True, rule="The organisation's name."),
        Field(name="forename", kind="text", personal=True, rule="First name."),
        Field(name="surname", kind="text", personal=True, rule="Last name."),
        Field(name="born_on", kind="date", personal=True, rule="Date of birth.",
              unknown_without="a victim known under another spelling cannot be matched by birth"),
        Field(name="age_at_report", kind="whole", least=0, most=120, rule="Age in whole years at the report.",
              unknown_without="the filter of 70 and over works only where a date of birth is held"),
        Field(name="sex", kind="code", rule="Sex as recorded.", unknown_without="care cannot be compared by sex"),
        Field(name="self_defined_ethnicity", kind="code", standing="unconfirmed", rule="Ethnicity as the person says it.",
              unknown_without="care cannot be compared by ethnicity"),
        Field(name="address", kind="text", personal=True, rule="Address."),
        Field(name="postcode", kind="text", personal=True, rule="Postcode."),
        Field(name="lsoa_code", kind="code", rule="The small area (LSOA) of the address, where the list gives it.",
              unknown_without="where victims live is known only from their postcodes"),
        Field(name="phone", kind="text", personal=True, rule="Telephone number."),
        Field(name="email", kind="text", personal=True, rule="Email address."),
        Field(name="vulnerability_score", kind="score", least=0, most=35,
              rule="The score from 0 to 35 that five questions gave; empty where they were not asked, which is not 0.",
              unknown_without="the filter by score finds nobody: only romance and age refer"),
        *_SUB_SCORES,
        Field(name="loss_pence", kind="pence", least=0, rule="What was lost; 0 for an attempt, empty where it is not known.",
              unknown_without="no loss can be given"),
        Field(name="is_repeat", kind="yes_no", rule="Whether the national service knows the victim from before."),
        Field(name="cyber_class", kind="code", codes=("none", "enabled", "dependent"),
              rule="Whether the fraud was enabled by, or depended on, computers.",
              unknown_without="cyber-enabled and cyber-dependent fraud cannot be told apart"),
        Field(name="suspect_country", kind="code", rule="The country that the suspect is thought to be in.",
              unknown_without="the share from overseas is not known"),
        Field(name="contact_channel", kind="code", rule="How the victim was first approached (phone, social media), as recorded."),
        Field(name="national_service_level", kind="whole", least=1, most=3,
              rule="The level of service that the national victim unit gave: 1 (all), 2 (vulnerable, by phone), 3 (by the force)."),
        Field(name="national_contacted_on", kind="date", rule="When the national victim unit reached the victim.",
              unknown_without="a victim may be called twice: what the national unit did is not known"),
        Field(name="national_outcome", kind="code", rule="What the national victim unit did, in its own words."),
        Field(name="narrative", kind="text", personal=True, rule="What happened, in the victim's or the call handler's words.",
              unknown_without="what hides in “none of the above” cannot be seen, courier fraud among it"),
    ),
    faults=(
        _ASSUMED,
        "Last week's rows often stand again in this week's list: the later row corrects the earlier, and the report counts once.",
        "The force's threshold is written both as “15+” and as “above 15”: the score itself is kept, and no rule is in the list.",
        "The score is sometimes headed NDM. It is not the National Decision Model.",
    ),
    notes=(
        "Only one in seven or eight frauds is thought to be reported: a change in reports may be one of reporting.",
        "Victims are of the area in which they live; where the fraud was done is seldom known.",
    ),
)  # fmt: skip

_RENAMED = {
    "report_ref": "case_reference", "reported_at": "report_created_at", "nfib_code": "crime_code",
    "victim_type": "victim_category", "vulnerability_score": "assessed_vulnerability", "loss_pence": "financial_loss_pence",
    "is_repeat": "previously_reported", "national_service_level": "victim_service_tier",
    "national_contacted_on": "victim_service_contacted_on", "national_outcome": "victim_service_outcome",
    "narrative": "incident_description", "cyber_class": "cyber_category", "suspect_country": "suspect_location_country",
}  # fmt: skip


def _in_the_later_words(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields under the names of the Report Fraud layout; the table's columns stay what they are."""
    return tuple(replace(f, name=_RENAMED[f.name], column=f.name) if f.name in _RENAMED else f for f in fields)


VICTIMS_REPORT_FRAUD = replace(
    VICTIMS_ACTION_FRAUD,
    name="fraud_victims_report_fraud",
    title="The weekly list of fraud victims, as of Report Fraud's time",
    era=REPORT_FRAUD,
    dated_by=_RENAMED["reported_at"],
    fields=_in_the_later_words(tuple(f for f in VICTIMS_ACTION_FRAUD.fields if f not in _SUB_SCORES)),
    faults=(_ASSUMED, "The crime codes may be of a new scheme: code_scheme and code_version say which."),
)

DISSEMINATIONS_ACTION_FRAUD = Contract(
    name="fraud_disseminations_action_fraud",
    system=SYSTEM,
    title="Reports sent to the force to investigate, as of Action Fraud's time",
    table="fraud_disseminations",
    key=("report_ref", "package_ref"),
    dated_by="disseminated_on",
    standing="force to supply",
    era=ACTION_FRAUD,
    fields=(
        _FORCE,
        _REPORT,
        Field(name="package_ref", kind="reference", needed=True, rule="The reference of the package that the report was sent in."),
        Field(name="nfib_code", kind="code", codes="fraud", rule="The code at dissemination."),
        Field(name="disseminated_on", kind="date", needed=True, rule="When the national bureau sent it."),
        Field(name="received_on", kind="date", rule="When the force received it: the duty under the Victims' Code starts then.",
              unknown_without="the Code's clocks run from dissemination, which is earlier"),
        Field(name="kind", kind="code", codes=("pursue", "victim_care", "protect", "intelligence"),
              rule="What it was sent for: to investigate, for victim care, for advice, or for information."),
        Field(name="local_crime_ref", kind="reference", refers_to="crimes.crime_ref",
              rule="The force's own reference, once there is one.",
              unknown_without="reports sent cannot be followed into the records system"),
        Field(name="team", kind="code", rule="The team that it was allocated to, in the force's own words.",
              unknown_without="which reports sent were allocated, and to whom, is not known"),
        Field(name="allocated_on", kind="date", rule="When it was allocated."),
        Field(name="status", kind="code", codes=("received", "allocated", "with_prosecutor", "returned", "closed", "held_elsewhere"),
              rule="Where it stands."),
        Field(name="held_by", kind="code", rule="Which other body has it, where another does."),
    ),
    faults=(_ASSUMED, "A report may be disseminated more than once: each package is a row."),
    orders=(
        Order(earlier="disseminated_on", later="received_on", rule="A report was received before it was sent."),
        Order(earlier="received_on", later="allocated_on", rule="A report was allocated before it was received."),
    ),
)  # fmt: skip

DISSEMINATIONS_REPORT_FRAUD = replace(
    DISSEMINATIONS_ACTION_FRAUD,
    name="fraud_disseminations_report_fraud",
    title="Reports sent to the force to investigate, as of Report Fraud's time",
    era=REPORT_FRAUD,
    fields=tuple(
        replace(f, name="referral_reference", column="package_ref") if f.name == "package_ref" else f
        for f in _in_the_later_words(DISSEMINATIONS_ACTION_FRAUD.fields)
    ),
)

OUTCOMES_ACTION_FRAUD = Contract(
    name="fraud_outcomes_action_fraud",
    system=SYSTEM,
    title="Outcomes of disseminated fraud, as of Action Fraud's time",
    table="fraud_outcomes",
    key=("report_ref", "outcome_type", "outcome_on"),
    dated_by="outcome_on",
    standing="force to supply",
    era=ACTION_FRAUD,
    fields=(
        _FORCE,
        _REPORT,
        Field(name="outcome_type", kind="code", needed=True, codes="outcomes", rule="The Home Office outcome type, as 1, 1A or 22."),
        Field(name="outcome_on", kind="date", needed=True, rule="When it was assigned."),
        Field(name="offenders", kind="whole", least=0, rule="How many offenders it concerns."),
        Field(name="returned_on", kind="date", rule="When it was given in the monthly return.",
              unknown_without="which outcomes the national lead force has been told of is not known"),
        Field(name="note", kind="text", personal=True, rule="The note as written."),
    ),
    faults=(_ASSUMED, "An outcome may come years after its report: the month of the outcome is not that of the report."),
)  # fmt: skip

OUTCOMES_REPORT_FRAUD = replace(
    OUTCOMES_ACTION_FRAUD,
    name="fraud_outcomes_report_fraud",
    title="Outcomes of disseminated fraud, as of Report Fraud's time",
    era=REPORT_FRAUD,
    fields=tuple(
        replace(f, name="suspects_dealt_with", column="offenders") if f.name == "offenders" else f
        for f in _in_the_later_words(OUTCOMES_ACTION_FRAUD.fields)
    ),
)

CONTRACTS = (
    VICTIMS_ACTION_FRAUD,
    VICTIMS_REPORT_FRAUD,
    DISSEMINATIONS_ACTION_FRAUD,
    DISSEMINATIONS_REPORT_FRAUD,
    OUTCOMES_ACTION_FRAUD,
    OUTCOMES_REPORT_FRAUD,
)
