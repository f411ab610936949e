"""Holdings of the service: what officers decided and wrote of a person in this database, for an answer to an access request.

What the records hold is `records.holdings`; here are the person's cases of care and of fraud with each step, campaigns and
questionnaires, audits of the person's records, which rights complaints touch, what was raised and put right, the decisions whether
records are of one person, and the requests. Officers are left out, and of other people what records name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db.models import Model, Q

from fourfold.casework.campaigns import CampaignVictim, Questionnaire
from fourfold.casework.care_cases import CareCase
from fourfold.casework.case_audits import DrawnRecord
from fourfold.casework.cocoons import Cocoon
from fourfold.casework.complaint_tags import ComplaintTag
from fourfold.casework.decisions import PersonDecision
from fourfold.casework.fraud_cases import FraudCase
from fourfold.casework.service_recovery import ServiceRecovery
from fourfold.records.disseminations import keys_of
from fourfold.records.holdings import ANOTHER, DECIDED, Holding
from fourfold.records.subjects import Subject, known_by

SHOWN: dict[str, tuple[str, ...]] = {
    "CareCase": (
        "report_ref",
        "week",
        "reported_on",
        "rule",
        "reasons",
        "state",
        "level",
        "outcome",
        "taken_up_at",
        "closed_at",
    ),
    "CareStep": ("kind", "at", "what", "result", "count", "due", "note"),
    "FraudCase": ("received_on", "acknowledged_at", "state", "category", "owner"),
    "FraudStep": ("verb", "at", "owner", "on", "answered_on", "reason"),
    "CampaignVictim": ("reported_on",),
    "Questionnaire": ("state", "offered_on", "closed_on"),
    "DrawnRecord": ("crime_ref", "state", "reason"),
    "RecordMark": ("turn", "at", "answers", "note"),
    "Cocoon": ("crime_ref", "committed_on", "until", "state"),
    "ComplaintTag": ("complaint_ref", "crime_ref", "rights", "why", "at"),
    "ServiceRecovery": ("crime_ref", "raised_on", "rights", "said", "outcome", "done_on", "is_satisfied"),
    "PersonDecision": ("says", "why", "decided_at", "state"),
    "RightsRequest": ("kind", "reference", "received_on", "state", "reason", "ended_at"),
}
"""What a bundle says of each: not who the officer was, no key that means nothing outside, and nothing that is empty."""


def held_here(home: Path, subject: Subject, others: str) -> Iterator[Holding]:
    """What this database holds of a person; `others` is a pattern of the details of other people, "" for none."""
    own = known_by(home, subject)
    for case in CareCase.objects.filter(Q(subject__in=own) | Q(key__in=own)).order_by("pk"):
        yield from _told("care_cases", f"Case of care {case.pk}", [case, *case.steps.all()], others)
    for fraud in FraudCase.objects.filter(key__in=keys_of(home, subject.reports)).order_by("pk"):
        yield from _told("fraud_cases", f"Case of fraud {fraud.pk}", [fraud, *fraud.steps.all()], others)
    of_subject = Q(subject__in=own) | Q(key__in=own)
    for victim in CampaignVictim.objects.filter(of_subject).select_related("campaign").order_by("pk"):
        yield from _told("campaigns", f"Victims of the campaign “{victim.campaign.name}”", [victim], others)
    asked = list(Questionnaire.objects.filter(of_subject).order_by("pk"))
    yield from _told("questionnaires", "Questionnaire", asked, others)
    parts = set(subject.parts.select("ref", "person_ref").iter_rows())
    for drawn in DrawnRecord.objects.filter(person_ref__in=subject.references).order_by("pk"):
        if (drawn.crime_ref, drawn.person_ref) in parts:
            yield from _told(
                "audits", f"Audit of records {drawn.audit_id}", [drawn, *drawn.marks.order_by("turn")], others
            )
    told = subject.parts.select("table", "force_id", "ref", "role").iter_rows()
    crimes = {(force_id, ref) for table, force_id, ref, role in told if (table, role) == ("people", "victim")}
    about = Cocoon.objects.filter(crime_ref__in={ref for _, ref in crimes}).order_by("pk")
    yield from _told("cocoons", "Cocoon", [one for one in about if (one.force_id, one.crime_ref) in crimes], others)
    tagged = ComplaintTag.objects.filter(person_ref__in=subject.references).order_by("pk")
    mentioned = set(
        subject.parts.select("force_id", "ref", "person_ref").iter_rows()
    )  # a complaint need not name a crime
    of_parts = [one for one in tagged if (one.force_id, one.crime_ref or None, one.person_ref) in mentioned]
    yield from _told("complaint_tags", "Complaint and the rights it touches", of_parts, others)
    raised = ServiceRecovery.objects.filter(person_ref__in=subject.references).order_by("pk")
    own_matters = [one for one in raised if (one.force_id, one.crime_ref, one.person_ref) in mentioned]
    yield from _told("service_recovery", "What was raised, and put right or not", own_matters, others)
    decisions = [
        d for d in PersonDecision.objects.order_by("pk") if {e for pair in d.pair_list for e in pair} & set(own)
    ]
    yield from _told("person_decisions", "Decision whether records are of one person", decisions, others)


def requests_held(requests: list[Any], others: str) -> Iterator[Holding]:
    """The requests about a person, as holdings."""
    yield from _told("rights_requests", "Request", requests, others)


def _told(table: str, place: str, rows: list[Any], others: str) -> Iterator[Holding]:
    for number, row in enumerate(rows, start=1):
        yield Holding(
            table=table, what=DECIDED, batch=None, line=number, said=_said(row, others), is_standing=True,
            place=f"{place}, entry {number}",
        )  # fmt: skip


def _said(row: Model, others: str) -> Mapping[str, str]:
    found = {name: _plain(getattr(row, name)) for name in SHOWN[type(row).__name__]}
    return {name: re.sub(others, ANOTHER, said) if others else said for name, said in found.items() if said}


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value in (None, "", 0) else str(value)
