"""What victims said of the service: complaints by right and service recovery, reviews asked for, personal statements.

The complaints' list is of references and codes: the summary, which is a person's words, is not opened. Officers who may decide
which rights a complaint touches where the complaints system does not say; words of its category suggest, and a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

import polars as pl
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from fourfold.analysis import complaints as heard
from fourfold.analysis import personal_statements as offered
from fourfold.analysis import right_to_review as reviewed
from fourfold.analysis.entitlements import moment_known
from fourfold.analysis.service_recovery import BY as BY_RECOVERY
from fourfold.analysis.service_recovery import OPEN, OUTCOMES, put_right
from fourfold.analysis.states import journey_of
from fourfold.analysis.timelines import rights_in_words
from fourfold.analysis.victims_code import Rules
from fourfold.casework import service_recovery as recovered
from fourfold.casework.complaint_tags import tag_complaint, tag_of, tags_now
from fourfold.codes import complaint_words
from fourfold.codes.periods import Window, month_end, parse_window
from fourfold.codes.victims_code import shipped_packs
from fourfold.codes.working_days import local_date
from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.web.areas_held import area_of_crime, in_sight
from fourfold.web.figures import figure, kept, own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, Refused, needs
from fourfold.web.look import day, month, url
from fourfold.web.pages.picture import Part
from fourfold.web.pages.victims_code import AskedStates
from fourfold.web.tables import listing, of_frame

_LISTS_KEPT = 4
"""So many lists of requests are kept at once: under no limit, and under a few."""
_SPLITS = {
    "right": "Right", "category": "Category", "team": "Team", "month": "Month", "offence": "Offence group", "age": "Age",
    "sex": "Sex", "ethnicity": "Ethnicity", "disability": "Disability", "decision": "Whose decision", "unit": "Unit",
    "suboffence": "Offence subgroup",
}  # fmt: skip


def _split(given: str, offered_by: Any, default: str) -> str:
    by = given or default
    if by and by not in offered_by:
        raise RequestInvalid("That cannot be split so.", remedy="Choose from the list.")
    return by


def _window(request: HttpRequest, months: list[Any], by: str, known: date) -> Window:
    """The months asked for; else the newest held, or by a protected characteristic the last quarter that is over."""
    first, last = request.GET.get("from"), request.GET.get("to")
    if first or last:
        return parse_window(first or last or "", last or first or "")
    newest = max(months)
    if by in heard.PROTECTED:
        first = newest.replace(day=1, month=newest.month - (newest.month - 1) % 3)
        if month_end(first.replace(month=first.month + 2)) > known:
            first = (first - timedelta(days=1)).replace(day=1)
            first = first.replace(month=first.month - 2)
        return Window(first, month_end(first.replace(month=first.month + 2)))
    return Window(newest, month_end(newest))


def _months(records: Records, table: str, force_id: str) -> list[Any]:
    held = records.streams(table, force_id).values() if force_id else ()
    return sorted({m for each in held for m in each}, reverse=True)


def _rights() -> Mapping[int, str]:
    return next(p.rights for p in shipped_packs() if p.scheme == "victims_code")


@needs("read", "victim_duties", by_area=True)
def complaints(request: HttpRequest) -> HttpResponse:
    """Complaints by right in bounds, service recovery, and the list of complaints, those that nobody has tagged first."""
    passed: Pass = request.gate
    records, force_id = standing_records(), own_force()
    months = _months(records, "complaints", force_id)
    if not months:
        passed.saw_none()
        return render(request, "pages/complaints.html", {})
    try:
        by = _split(request.GET.get("by", ""), heard.BY, "right")
        window = _window(request, months, by, local_date(moment_known(records, force_id)))
        tags = tags_now(force_id)
        told = tuple(sorted(tags.items()))
        parts = [
            figure(records, name, force_id, window, by, told, made=partial(made, records, force_id, window, tags, by))
            for name, made in (("complaints", heard.complaints_received), ("service recovery", heard.service_recovery))
        ]
        key = ("complaints each", str(records.home), records.as_at, force_id, told)
        # Each tag makes another list: the last two are kept.
        rows = kept(key, lambda _: heard.by_whom(records, force_id, heard.complaints_held(records, force_id, tags)), 2)
        raised = recovered.recoveries_now(force_id)
        of_recovery = by if by in BY_RECOVERY else "right"
        journeys = figure(
            records,
            "put right",
            force_id,
            window,
            of_recovery,
            raised,
            made=partial(put_right, raised, records, force_id, window, of_recovery),
        )
    except FourfoldError as fault:
        passed.saw_none()
        return render(request, "pages/complaints.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    seen = in_sight(passed, records)
    own = seen.of_crimes(force_id, rows.filter(pl.col("received_on").is_between(window.first, window.last)))
    shown = listing(
        "Each complaint", ["Received", "Complaint", "Crime", "By whom", "Category", "Rights", "Tagged", "Dealt with", "Result"],
        own.sort(pl.col("rights").is_not_null(), "received_on", maintain_order=True).to_dicts(), _complaint_cells,
    )  # fmt: skip
    passed.saw("victim_duties", lists={shown.name: [key for r in shown.rows for key in _keys(r, "complaint_ref")]})
    context = {
        "complaints": parts[0], "recovery": parts[1], "findings": [*parts, journeys], "journeys": journeys,
        "of_recovery": of_recovery, "window": window, "by": by, "listed": shown, "held_to": seen.names,
        "splits": [(one, _SPLITS[one]) for one in heard.BY], "rights": _rights(),
        "months": [(m.strftime("%Y-%m"), month(m)) for m in months],
    }  # fmt: skip
    return render(request, "pages/complaints.html", context)


def _keys(row: Mapping[str, Any], ref: str) -> list[str]:
    """What the log says of a complaint or a review: its own reference, and the crime with the victim where the row leads to them."""
    whose = [f"{row['crime_ref']} {row['person_ref']}"] if row["crime_ref"] and row["person_ref"] else []
    return [row[ref], *whose]


def _complaint_cells(row: dict[str, Any]) -> list[Any]:
    crime: Any = row["crime_ref"] or "none named"
    if row["by_whom"] == heard.A_VICTIM:
        crime = {"href": url("journey", crime=row["crime_ref"], victim=row["person_ref"]), "text": row["crime_ref"]}
    return [
        {"text": day(row["received_on"]), "by": row["received_on"].isoformat()},
        {"href": url("complaint", complaint=row["complaint_ref"]), "text": row["complaint_ref"]}, crime, row["by_whom"],
        row["category"] or "not recorded", rights_in_words(row["rights"]), row["tagged"] or "not tagged",
        (row["handling"] or ("not recorded" if row["closed_on"] else "open")).replace("_", " "),
        (row["result"] or "not recorded").replace("_", " "),
    ]  # fmt: skip


@needs("read", "victim_duties", methods=("GET", "POST"), by_area=True)
def complaint(request: HttpRequest) -> HttpResponse:
    """One complaint, and the rights that it touches: as the complaints system has them, or to be decided here."""
    passed: Pass = request.gate
    records, force_id, ref = standing_records(), own_force(), request.GET.get("complaint", "")
    if request.method == "POST":
        passed.require("write", "victim_duties")
    try:
        row = heard.complaint_shown(records, force_id, ref, tags_now(force_id))
    except NothingHeld:
        raise Refused("read", "victim_duties") from None  # as an address that does not exist; who tries is on the log
    passed.require("read", "victim_duties", area_of_crime(records, force_id, row["crime_ref"] or ""))
    tag, form = tag_of(force_id, ref), Form(request.POST)
    fault: FourfoldError | None = None
    if request.method == "POST":
        try:
            tag_complaint(
                passed.who, records, force_id, ref, _rights_chosen(form), form.text("why"), version=form.whole("version"),
                at=passed.at,
            )  # fmt: skip
            passed.saw_none()
            return HttpResponseRedirect(url("complaint", complaint=ref))
        except FourfoldError as refused:
            fault = refused
    passed.saw("victim_duties", _keys(row, "complaint_ref"))
    context = {
        "row": row, "tag": tag, "rights": _rights(), "given": request.POST, "in_words": rights_in_words(row["rights"]),
        "chosen": request.POST.getlist("right") if fault else [str(n) for n in row["rights"] or ()],
        "may_tag": passed.may("write", "victim_duties"),
        "words": complaint_words.standing(),
        "fault": fault_words(fault),
        "fault_at": "why" if fault and "reason" in fault.cause else "right",
    }  # fmt: skip
    return render(request, "pages/complaint.html", context, status=status_of(fault))


def _rights_chosen(form: Form) -> list[int]:
    """The rights that a form chooses; none only where it says so. Raises RequestInvalid."""
    chosen = [int(n) for n in form.given.getlist("right") if n.isdecimal() and len(n) < 3]
    if not chosen and form.text("none") != "yes":
        raise RequestInvalid("No right is chosen.", remedy="Choose the rights, or say that it touches none of them.")
    if chosen and form.text("none") == "yes":
        raise RequestInvalid("Rights are chosen beside none of them.", remedy="Choose one or the other.")
    return chosen


@needs("read", "service_recovery", methods=("GET", "POST"), by_area=True)
def raised(request: HttpRequest) -> HttpResponse:
    """What a victim raised without a formal complaint: recorded of a journey, or one that is held, to be closed."""
    passed: Pass = request.gate
    records, force_id, identity = standing_records(), own_force(), request.GET.get("recovery", "")
    try:
        one = recovered.recovery_held(force_id, identity) if identity else None
        crime_ref, person_ref = (
            (one.crime_ref, one.person_ref) if one else (request.GET.get("crime", ""), request.GET.get("victim", ""))
        )
        journey_of(records, force_id, Rules(), crime_ref, person_ref)
    except FourfoldError:
        raise Refused("read", "service_recovery") from None
    lies = area_of_crime(records, force_id, crime_ref)
    passed.require("write" if request.method == "POST" else "read", "service_recovery", lies)
    fault: FourfoldError | None = None
    if request.method == "POST":
        form = Form(request.POST)
        try:
            if one is None:
                if not form.text("outcome"):
                    raise RequestInvalid("What was done is not said.", remedy="Choose one of the answers.")
                recovered.record_service_recovery(
                    passed.who, records, force_id, crime_ref, person_ref, raised_on=form.day("raised"),
                    rights=_rights_chosen(form), said=form.text("said"), ending=_ending(form), at=passed.at,
                )  # fmt: skip
            else:
                ending = _ending(form)
                if ending is None:
                    raise RequestInvalid("What came of it is not said.", remedy="Choose one of the answers.")
                recovered.close_service_recovery(
                    passed.who, force_id, one.identity, ending, version=form.whole("version"), at=passed.at
                )
            passed.saw_none()
            return HttpResponseRedirect(url("journey", crime=crime_ref, victim=person_ref))
        except FourfoldError as refused:
            fault = refused
            if one is not None:
                one.refresh_from_db()
    passed.saw("service_recovery", [f"{crime_ref} {person_ref}", *([one.identity] if one else [])])
    context = {
        "one": one, "crime_ref": crime_ref, "person_ref": person_ref, "rights": _rights(), "outcomes": OUTCOMES,
        "given": request.POST, "chosen": request.POST.getlist("right"), "may_write": passed.may("write", "service_recovery", lies),
        "in_words": rights_in_words(one.rights) if one else "", "fault": fault_words(fault),
    }  # fmt: skip
    return render(request, "pages/raised.html", context, status=status_of(fault))


def _ending(form: Form) -> recovered.Ending | None:
    """What came of a matter as a form says it; None where it stays open. Raises RequestInvalid."""
    outcome, answer = form.text("outcome"), form.text("satisfied")
    if outcome in ("", OPEN):
        return None
    if answer not in _ENOUGH:
        raise RequestInvalid(
            "Whether it was enough for the victim is not said.",
            remedy="Choose yes, no, or that the victim was not asked.",
        )
    return recovered.Ending(outcome=outcome, done_on=form.day("done"), is_satisfied=_ENOUGH[answer])


_ENOUGH = {"yes": True, "no": False, "unasked": None}


@needs("read", "figures")
def statements(request: HttpRequest) -> HttpResponse:
    """Requests under the Right to Review, and personal statements offered, made and declined, each in what it lies between."""
    records, force_id = standing_records(), own_force()
    months = _months(records, "review_requests", force_id) or _months(records, "personal_statements", force_id)
    if not months:
        return render(request, "pages/statements.html", {})
    try:
        limit = _limit(request.GET.get("limit", ""))
        by = _split(request.GET.get("by", ""), offered.BY, "offence")
        window = _window(request, months, by, local_date(moment_known(records, force_id)))
        of_reviews = by if by in reviewed.BY else None
        today = reviewed.day_known(records, force_id)
    except FourfoldError as fault:
        return render(request, "pages/statements.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    asked = AskedStates(request)
    parts = {"statements": None if asked.found is None else _part(
        asked.records, "personal statements", force_id, window, by, made=partial(
            offered.personal_statements, asked.kept.states(), asked.records, asked.rules, force_id, window, by)),
        "reviews": _part(records, "right to review", force_id, window, of_reviews, limit, today, made=partial(
            reviewed.right_to_review, records, force_id, window, today, of_reviews, limit)),
    }  # fmt: skip
    context = {
        **parts, "window": window, "by": by, "limit": limit, "asked": asked, "of_reviews": of_reviews,
        "splits": [(one, _SPLITS[one]) for one in offered.BY], "months": [(m.strftime("%Y-%m"), month(m)) for m in months],
        "findings": [p.finding for p in parts.values() if p is not None and p.finding is not None], "state_names": offered.STATES,
    }  # fmt: skip
    return render(request, "pages/statements.html", context)


@needs("read", "victim_duties", by_area=True)
def reviews(request: HttpRequest) -> HttpResponse:
    """Each request for review by reference, those without an answer first, with how long each has waited."""
    passed: Pass = request.gate
    records, force_id = standing_records(), own_force()
    if not _months(records, "review_requests", force_id):
        passed.saw_none()
        return render(request, "pages/reviews.html", {})
    try:
        limit = _limit(request.GET.get("limit", ""))
        rows = kept(
            ("reviews each", str(records.home), records.as_at, force_id, limit),
            lambda _: reviewed.requests_each(records, force_id, reviewed.day_known(records, force_id), limit), _LISTS_KEPT,
        )  # fmt: skip
    except FourfoldError as fault:
        passed.saw_none()
        return render(request, "pages/reviews.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    seen = in_sight(passed, records)
    rows = seen.of_crimes(force_id, rows)
    heads = ["Received", "Request", "Crime", "Whose decision", "What came of it", "Answered", "Days"]
    heads += ["Due", "By then"] if limit else []
    shown = listing(
        "Each request for review",
        heads,
        of_frame(rows, [*_REVIEWS_BY, *(["due_on", "time"] if limit else [])]),
        lambda row: _review_cells(row, has_limit=limit is not None),
        numeric=[6],
    )
    passed.saw("victim_duties", lists={shown.name: [key for r in shown.rows for key in _keys(r, "review_ref")]})
    return render(request, "pages/reviews.html", {"listed": shown, "limit": limit, "held_to": seen.names})


_REVIEWS_BY = ("received_on", "review_ref", "crime_ref", pl.col("decision_by").replace("", None).fill_null("not recorded"),
               pl.col("state").str.replace_all("_", " "), "answered_on", "waited")  # fmt: skip


def _review_cells(row: dict[str, Any], *, has_limit: bool) -> list[Any]:
    crime: Any = row["crime_ref"]
    if row["person_ref"]:
        crime = {"href": url("journey", crime=row["crime_ref"], victim=row["person_ref"]), "text": row["crime_ref"]}
    due = [{"text": day(row["due_on"]), "by": row["due_on"].isoformat()}, row["time"]] if has_limit else []
    return [
        {"text": day(row["received_on"]), "by": row["received_on"].isoformat()}, row["review_ref"], crime,
        row["decision_by"] or "not recorded", row["state"].replace("_", " "),
        {"text": day(row["answered_on"]), "by": row["answered_on"].isoformat()} if row["answered_on"] else "none recorded",
        row["waited"], *due,
    ]  # fmt: skip


def _part(records: Records, name: str, *question: Any, made: Any) -> Part:
    try:
        return Part(figure(records, name, *question, made=made))
    except FourfoldError as fault:
        return Part(None, fault)


def _limit(given: str) -> int | None:
    if not given:
        return None
    if not given.isdecimal() or not given.isascii() or not 1 <= int(given[:4]) <= 250:
        raise RequestInvalid("The limit is not a number of days.", remedy="Give 1 to 250 working days, or none.")
    return int(given)
