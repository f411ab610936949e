"""People: found by what is known of them, one person's records across every list, why they are linked, and who decided so.

What a person is looked for by stands in a form that is posted and never in an address; a person's address holds the
identifier, which says nothing. What for is asked first, and decides with the role which lists are opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis.repeat_victims import repeats_of, victim_times
from fourfold.casework import work
from fourfold.casework.access import gate_for
from fourfold.casework.decisions import AT_WORK, DIFFERENT, FAILED, SAME, WAITING, PersonDecision, decide_person
from fourfold.casework.officers import Officer
from fourfold.casework.roles import TITLES
from fourfold.codes import fraud
from fourfold.codes.periods import parse_day
from fourfold.errors import Busy, FourfoldError, NothingHeld, RequestInvalid
from fourfold.records import kept_rows, people, person_records
from fourfold.records.access import Asking, Purpose, purposes
from fourfold.records.as_at import Records
from fourfold.records.person_records import KnownOfPerson
from fourfold.web.figures import kept, standing_records
from fourfold.web.gate import Pass, Refused, needs
from fourfold.web.pages.picture import area_chain

FIELDS = ("surname", "forename", "organisation", "born", "postcode", "phone", "email", "reference")
LISTS = {"people": "records system", "fraud_victims": "fraud victim lists"}
_KINDS = ("consultation", "combination")


@dataclass(frozen=True)
class Person:
    """Somebody among those found: the identifier (none before the first linking), the names given, how many records."""

    key: str
    names: tuple[str, ...]
    born: tuple[date, ...]
    records: int


@needs("read", "people", methods=("GET", "POST"))
def search(request: HttpRequest) -> HttpResponse:
    """Look for somebody by what is known. The page that answers has the same address as the empty form."""
    passed: Pass = request.gate
    passed.saw_none()
    context: dict[str, Any] = {
        "purposes": purposes_of(passed),
        "purpose": _purpose_said(request),
        "purpose_words": purpose_words,
        "given": {},
        "faults": {},
    }
    if request.method != "POST":
        return render(request, "pages/people.html", context)
    passed.asked_why("people")
    given = {name: request.POST.get(name, "").strip() for name in FIELDS}
    _remember_purpose(request)
    context |= {"given": given, "purpose": _purpose_said(request)}
    try:
        purpose = _purpose(request, passed)
        known = _known(given)
        records = standing_records()
        rows = _rows_shown(passed, records)
        found = person_records.matching(
            records, gate_for(passed.officer.key, passed.held), _asking(passed, purpose), purpose.kind, rows, known, at=passed.at,
            tables=person_records.tables_of(purpose),
        )  # fmt: skip
    except _FieldFault as fault:
        return render(request, "pages/people.html", {**context, "faults": fault.faults}, status=422)
    except FourfoldError as fault:
        return render(
            request,
            "pages/people.html",
            {**context, "fault": f"{fault.cause} {fault.remedy}", "fault_at": "surname"},
            status=422,
        )
    state = state_of(records)
    persons = _persons(found, state)
    unlinked = found.join(state.people.select("entry"), on="entry", how="anti")["entry"].unique().sort().to_list()
    passed.saw("people", [*(one.key for one in persons if one.key), *unlinked], verb="find people", kind=purpose.kind,
               note={"by": list(known.said), "purpose": purpose.purpose, "found": len(persons)})  # fmt: skip
    return render(request, "pages/people.html", {**context, "persons": persons, "rows": found.height})


@needs("read", "people", methods=("GET", "POST"))
def person(request: HttpRequest, key: str) -> HttpResponse:
    """One person: the records in every list that the purpose opens, the links with weights and reasons, the decisions."""
    passed: Pass = request.gate
    if request.method == "POST" and request.POST.get("purpose"):
        passed.saw_none()
        _remember_purpose(request)
        return HttpResponseRedirect(reverse("person", args=[key]))
    passed.saw_none()
    fault = ""
    if request.method == "POST":
        try:
            return _decided(request, passed, key)
        except FourfoldError as refused:
            fault = f"{refused.cause} {refused.remedy}"
    try:
        if request.method != "POST" and "X-Fourfold-Waits" in request.headers:
            return _waiting_page(request, passed, key)
        return _person_page(request, passed, key, fault)
    except RowsAwaited:
        waiting = {"what": "Where people stand in the last files", "fault": fault}
        return render(request, "pages/being_listed.html", waiting, status=422 if fault else 200)


def _person_page(request: HttpRequest, passed: Pass, key: str, fault: str) -> HttpResponse:
    records = standing_records()
    state = state_of(records)
    standing, rows = _own_rows(passed, records, state, key)
    context: dict[str, Any] = {
        "key": standing, "asked_for": key, "fault": fault, "fault_at": "why", "purposes": purposes_of(passed), "lists": LISTS,
        "purpose": _purpose_said(request), "purpose_words": purpose_words,
    }  # fmt: skip
    try:
        purpose = _purpose(request, passed)
    except FourfoldError:
        closed = {**context, "rows": None, "fault_at": "purpose"}
        return render(request, "pages/person.html", closed, status=422 if fault else 200)
    passed.asked_why("people")
    own = rows.filter(pl.col("table").is_in(person_records.tables_of(purpose)))
    keys = [standing] if standing == key else [standing, key]
    shown = person_records.details(
        records, gate_for(passed.officer.key, passed.held), _asking(passed, purpose), purpose.kind, own, keys=keys, at=passed.at,
        verb="read person",
    )  # fmt: skip
    parts = shown.rows(named=True)
    for one in parts:
        one["of"] = fraud_title(one["code"]) if one["table"] == "fraud_victims" and one["code"] else "crime"
    decided = [d for d in state.decisions if {d.one, d.other} & set(rows["entry"])]
    mine = _own_areas(passed, records, rows.lazy(), "write").collect()
    context |= {
        "rows": parts, "links": state.links_of(standing), "hidden": rows.height - own.height,
        "again": repeats_of(victim_times(records, state, own))[0],
        "decided": list(reversed(people.latest(decided))), "may_decide": list(mine["entry"]),
        "pending": _pending(standing),
        "officers": dict(Officer.objects.filter(key__in={d.by for d in decided}).values_list("key", "name")),
    }  # fmt: skip
    return render(request, "pages/person.html", context, status=422 if fault else 200)


def _waiting_page(request: HttpRequest, passed: Pass, key: str) -> HttpResponse:
    """What a script that waits for a decision is answered: whether one is still to be applied. Nobody is opened for that."""
    records = standing_records()
    standing, _ = _own_rows(passed, records, state_of(records), key)
    pending = [one for one in _pending(standing) if one.state != FAILED]
    return render(request, "pages/person_waiting.html", {"key": standing, "pending": pending})


def _pending(key: str) -> list[PersonDecision]:
    """Decisions about a person that are not applied yet, or could not be."""
    found = PersonDecision.objects.filter(persons__contains=key, state__in=(WAITING, AT_WORK, FAILED))
    return list(found.order_by("-decided_at"))


def _decided(request: HttpRequest, passed: Pass, key: str) -> HttpResponse:
    """Take the decision that a form of the page asks for: set a record apart, join with another person, or undo."""
    records = standing_records()
    state = state_of(records)
    standing, rows = _own_rows(passed, records, state, key, "write")
    own, why = list(rows["entry"]), request.POST.get("why", "")
    asked, entry = request.POST.get("decide", ""), request.POST.get("entry", "")
    if asked == "apart":
        if entry not in own or len(own) < 2:
            raise RequestInvalid(
                "No record of this person was chosen.", remedy="Choose the record that is of somebody else."
            )
        pairs = [(other, entry) for other in own if other != entry]  # of the same details, the second is set apart
        persons, says = [standing], DIFFERENT
    elif asked == "join":
        other, theirs = _own_rows(passed, records, state, request.POST.get("other", "").strip(), "write", is_asked=True)
        if other == standing:
            raise RequestInvalid("That is this person's own identifier.", remedy="Write the other person's.")
        pairs, persons, says = [(own[0], theirs["entry"][0])], [standing, other], SAME
    elif asked == "undo":
        one, two = request.POST.get("one", ""), request.POST.get("two", "")
        earlier = next((d for d in reversed(state.decisions) if {d.one, d.other} == {one, two}), None)
        both = _rows_shown(passed, records, "write").filter(pl.col("entry").is_in([one, two])).select("entry").collect()
        if earlier is None or not {one, two} & set(own) or not {one, two} <= set(both["entry"]):
            raise RequestInvalid("There is no such decision.", remedy="Load the page again.")
        says = DIFFERENT if earlier.says == SAME else SAME
        pairs, persons = [(one, two)], [standing]
    else:
        raise RequestInvalid("The form was not whole.", remedy="Load the page again.")
    decide_person(passed.who, says, pairs, persons, why, at=passed.at, queue=work.queue_decision)
    return HttpResponseRedirect(reverse("person", args=[key]))


def purposes_of(passed: Pass) -> list[Purpose]:
    """What the officer may look at people for, by the roles held: one row a role and purpose."""
    held = {one.role for one in passed.held}
    return [p for p in purposes() if p.role in held and p.kind in _KINDS and set(person_records.tables_of(p))]


def purpose_words(purpose: Purpose) -> str:
    """A purpose in words, with the role it belongs to."""
    return f"{purpose.purpose.capitalize().replace(chr(39), '’')}, as {TITLES[purpose.role].lower()}"


def state_of(records: Records) -> people.State:
    """What the last linking says, read once while it stands. It holds no name."""
    run = people.last_run(records.home)
    return kept(("people", str(records.home), run and run.name), lambda _: people.state_of(records.home), most=1)


def fraud_title(code: str) -> str:
    """An NFIB code with its words, where the list has it."""
    found = fraud.fraud_code(code)
    return f"{code} {found.title}" if found is not None else code


class RowsAwaited(FourfoldError):
    """Where people stand in the last files is not worked out yet."""

    exit_code = Busy.exit_code
    kind = Busy.kind


def _rows_shown(passed: Pass, records: Records, action: str = "read") -> pl.LazyFrame:
    """Where the entries stand that the officer's roles show; with "write", those that the officer may decide about too.

    Raises RowsAwaited, once the worker was asked for them, where they are not kept yet.
    """
    rows = kept_rows.entry_rows(records)
    if rows is None:
        work.queue_rows()
        raise RowsAwaited("Where people stand in the last files is being worked out.", remedy="Ask again in a minute.")
    shown = _own_areas(passed, records, rows, "read")
    return shown if action == "read" else _own_areas(passed, records, shown, action)


def _own_areas(passed: Pass, records: Records, rows: pl.LazyFrame, action: str) -> pl.LazyFrame:
    """The rows that a role allows the action on: for own areas only, those whose crime or report lies there."""
    if passed.may(action, "people"):
        return rows
    codes = rows.select(pl.col("lsoa21_code").drop_nulls().unique()).collect()["lsoa21_code"].to_list()
    mine = [code for code in codes if passed.may(action, "people", area_chain(records, "lsoa21", code))]
    return rows.filter(pl.col("lsoa21_code").is_in(mine))


def _own_rows(
    passed: Pass, records: Records, state: people.State, key: str, action: str = "read", *, is_asked: bool = False
) -> tuple[str, pl.DataFrame]:
    """A person's identifier as it stands, and the entries that the action is allowed on.

    Raises Refused, an Http404, where there are none; NothingHeld where the identifier was asked for in a form.
    """
    try:
        standing = state.resolved(key)
    except NothingHeld:
        if is_asked:
            raise
        raise (Http404 if action == "read" else Refused(action, "people")) from None
    own = pl.col("entry").is_in(state.entries_of(standing))
    rows = _rows_shown(passed, records, action).filter(own).collect()
    if rows.is_empty() and is_asked:
        raise NothingHeld(
            "No person of that identifier is known.", remedy="Copy the identifier whole from the person's page."
        )
    if rows.is_empty():
        raise Refused(action, "people")  # to the officer it is as one who is not there; the log knows better
    return standing, rows.sort("day", "ref", nulls_last=True)


def _persons(found: pl.DataFrame, state: people.State) -> list[Person]:
    """Who the entries found are of, each person once; an entry that is not linked yet is of nobody known."""
    joined = found.join(state.people.select("entry", "person"), on="entry", how="left", maintain_order="left")
    every = []
    for (key,), part in joined.group_by("person", maintain_order=True):
        names = dict.fromkeys(_name(row) for row in part.iter_rows(named=True))
        born = dict.fromkeys(part["born_on"].drop_nulls().to_list())
        every.append(Person(str(key or ""), tuple(names), tuple(born), part.height))
    return every


def _name(row: dict[str, Any]) -> str:
    return (
        row["organisation_name"]
        or " ".join(part for part in (row["forename"], row["surname"]) if part)
        or "no name given"
    )


def _known(given: dict[str, str]) -> KnownOfPerson:
    born = None
    if given["born"]:
        try:
            born = parse_day(given["born"])
        except RequestInvalid:
            raise _FieldFault({"born": "Write the date of birth as 1984-03-27"}) from None
    return KnownOfPerson(
        surname=given["surname"], forename=given["forename"], organisation=given["organisation"], born_on=born,
        postcode=given["postcode"], phone=given["phone"], email=given["email"], reference=given["reference"],
    )  # fmt: skip


class _FieldFault(Exception):
    """Faults of fields, by the field's name."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("fields")
        self.faults = faults


def _remember_purpose(request: HttpRequest) -> None:
    request.session["purpose"] = request.POST.get("purpose", "")[:80]


def _purpose_said(request: HttpRequest) -> str:
    return str(request.session.get("purpose", ""))


def _purpose(request: HttpRequest, passed: Pass) -> Purpose:
    """The purpose chosen, if the roles held now still have it. Raises RequestInvalid otherwise."""
    every = {f"{p.role}|{p.purpose}": p for p in purposes_of(passed)}
    found = every.get(_purpose_said(request))
    if found is None:
        raise RequestInvalid(
            "You have not said what for.", remedy="Choose a purpose: it decides which lists are opened."
        )
    return found


def _asking(passed: Pass, purpose: Purpose) -> Asking:
    return Asking(officer=passed.officer.key, role=purpose.role, purpose=purpose.purpose, reason=passed.reason)
