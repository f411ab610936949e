"""Disseminated fraud and its monthly return: each case through every hand-over, and the return drawn up, signed and sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.analysis import outcome_returns
from fourfold.analysis.outcome_returns import WRONG
from fourfold.analysis.volumes import Scope
from fourfold.casework import fraud_cases, fraud_returns
from fourfold.casework.fraud_cases import FraudCase, SeenCase
from fourfold.casework.fraud_returns import FraudReturn
from fourfold.casework.officers import Officer
from fourfold.codes import economic_crime
from fourfold.codes.periods import month_end, parse_month, year_to_date
from fourfold.codes.working_days import local_date
from fourfold.errors import FourfoldError, NothingHeld
from fourfold.publications.returns import layout_from_file, return_file
from fourfold.records import disseminations
from fourfold.records.subjects import entry_of
from fourfold.web.figures import kept, own_force, standing_records
from fourfold.web.forms import Form, fault_words, status_of
from fourfold.web.gate import Pass, needs
from fourfold.web.look import day, month, plural, url
from fourfold.web.pages.fraud import Asked
from fourfold.web.pages.picture import as_file
from fourfold.web.tables import listing, of_frame

LAYOUT = "layouts/outcome_return.toml"
"""Where in the records' folder the layout lies that a return is taken away in."""
SHOWN = {"new": "Not yet acknowledged", "received": "To be triaged", "triaged": "With an owner", "elsewhere": "With another body",
         "filed": "Investigation filed", "all": "All"}  # fmt: skip


@needs("read", "fraud_cases")
def cases(request: HttpRequest) -> HttpResponse:
    """What was disseminated to be investigated, by where it stands, and the advice that the prosecutor owes."""
    passed: Pass = request.gate
    asked = Asked(request)
    sent = disseminated(asked.records)
    mine = {one.key: one for one in FraudCase.objects.filter(force_id=own_force())}
    shown = request.GET.get("show", "new")
    if shown not in SHOWN:
        raise NothingHeld("There is no such part of the list.", remedy="Choose one of those on the page.")
    today = local_date(passed.at)
    stands = _standing(sent, mine, today)
    rows = stands if shown == "all" else stands.filter(pl.col("state") == shown)
    page = listing(
        SHOWN[shown], ["Report", "Package", "Code", "Received", "Days since", "Who has it", "Where it stands"],
        of_frame(rows, ("report_ref", "package_ref", "nfib_code", "received_on", "days", "owner", "state_in_words")),
        _case_cells, numeric=[4],
    )  # fmt: skip
    waiting = fraud_cases.waiting_advice(list(mine.values()))
    many = dict(stands["state"].value_counts().iter_rows())
    counts = {name: stands.height if name == "all" else many.get(name, 0) for name in SHOWN}
    figures: dict[str, Any] = {}
    if asked.held:
        window = year_to_date(month_end(asked.held[-1]))
        asked.window = window
        scope = Scope(force_id=own_force())
        figures = {
            "rate": asked.part(
                "fraud outcome rate", partial(outcome_returns.outcome_rate, asked.records, scope, window)
            ),
            "allocated": asked.part("allocation", partial(outcome_returns.allocation, asked.records, scope, window)),
        }
    refs = dict(sent.select("key", "report_ref").iter_rows())
    advice = listing(
        "Asked for and not answered, the oldest first", ["Report", "Asked for", "Age in days", "Who has it"], waiting,
        lambda s: [{"href": url("fraud-case", s.case.key), "text": refs.get(s.case.key, "a case")}, day(s.on), (today - s.on).days,
                   s.owner], numeric=[2],
    )  # fmt: skip
    passed.saw(
        "fraud_cases", [part.finding.id for part in figures.values() if part.finding],
        lists={page.name: [r["key"] for r in page.rows], advice.name: [s.case.key for s in advice.rows]},
    )  # fmt: skip
    context = {"sent": page, "show": shown, "parts": SHOWN, "counts": counts, "advice": advice, **figures}
    return render(request, "pages/fraud_cases.html", context)


def _standing(sent: pl.DataFrame, mine: dict[str, FraudCase], today: date) -> pl.DataFrame:
    """What was sent, with where each stands (`state`, `state_in_words`), who has it and the days since it was received."""
    states, owners = ({key: getattr(one, name) for key, one in mine.items()} for name in ("state", "owner"))
    key = pl.col("key")
    return sent.with_columns(
        state=key.replace_strict(states, default="new", return_dtype=pl.String),
        owner=key.replace_strict(owners, default="nobody", return_dtype=pl.String),
        days=(pl.lit(today) - pl.col("received_on")).dt.total_days(),
    ).with_columns(state_in_words=pl.col("state").replace_strict(SHOWN))


def _case_cells(row: dict[str, Any]) -> list[Any]:
    return [
        {"href": url("fraud-case", row["key"]), "text": row["report_ref"]}, row["package_ref"], row["nfib_code"] or "",
        day(row["received_on"]) or "not recorded", row["days"], row["owner"], row["state_in_words"],
    ]  # fmt: skip


@needs("read", "fraud_cases")
def case(request: HttpRequest, key: str) -> HttpResponse:
    """One dissemination: what came, what was decided, through whose hands it went, and what can be decided next."""
    return _case_page(request, key)


def _case_page(request: HttpRequest, key: str, fault: FourfoldError | None = None, at: str = "") -> HttpResponse:
    passed: Pass = request.gate
    records = standing_records()
    row = _dissemination(records, key)
    passed.saw("fraud_cases", [key])
    found = FraudCase.objects.filter(key=key).prefetch_related("steps").first()
    given = disseminations.outcomes(records, own_force())
    own = [r for r in given.iter_rows(named=True) if r["report_ref"] == row["report_ref"]]
    officers = _officers(s.officer for s in found.steps.all()) if found else {}
    today = local_date(passed.at)
    runs_from = row["received_on"] or row["disseminated_on"]
    context = {
        "row": row, "case": found, "key": key, "outcomes": own, "officers": officers, "categories": economic_crime.categories(),
        "teams": economic_crime.teams(),
        "owners": (economic_crime.unit(), *economic_crime.teams(), economic_crime.body_elsewhere()),
        "fault": fault_words(fault), "fault_at": at, "given": request.POST, "today": today,
        "waiting": fraud_cases.waiting_advice([found]) if found else [],
        "days": (today - runs_from).days if runs_from else "not recorded",
        "may_write": passed.may("write", "fraud_cases"),
    }  # fmt: skip
    status = status_of(fault)
    return render(request, "pages/fraud_case.html", context, status=status)


@needs("write", "fraud_cases", methods=("POST",))
def acknowledge(request: HttpRequest, key: str) -> HttpResponse:
    """Acknowledge a dissemination."""
    passed: Pass = request.gate
    passed.saw_none()
    row = _dissemination(standing_records(), key)
    try:
        fraud_cases.acknowledge(passed.who, key, force_id=own_force(), received_on=row["received_on"], at=passed.at)
    except FourfoldError as fault:
        return _case_page(request, key, fault)
    return HttpResponseRedirect(reverse("fraud-case", args=[key]))


_ACTS: dict[str, Callable[[SeenCase, Form], None]] = {
    "triage": lambda seen, f: fraud_cases.triage_case(
        seen, kind=f.text("category"), team=f.text("team"), reason=f.text("triage-reason")
    ),
    "hand-over": lambda seen, f: fraud_cases.hand_over(seen, to=f.text("to"), reason=f.text("hand-over-reason")),
    "ask-advice": lambda seen, f: fraud_cases.ask_for_advice(seen, on=f.day("asked")),
    "answer-advice": lambda seen, f: fraud_cases.answer_advice(seen, on=f.day("answered")),
    "file": lambda seen, f: fraud_cases.file_investigation(seen, reason=f.text("file-reason")),
}


def _act(name: str) -> Callable[..., HttpResponse]:
    @needs("write", "fraud_cases", methods=("POST",))
    def acted(request: HttpRequest, identity: str) -> HttpResponse:
        passed: Pass = request.gate
        found = FraudCase.objects.filter(identity=identity).first()
        if found is None:
            raise Http404
        passed.saw_none()
        form = Form(request.POST)
        try:
            _ACTS[name](SeenCase(passed.who, found, form.whole("version"), passed.at), form)
        except FourfoldError as fault:
            return _case_page(request, found.key, fault, at=name)
        return HttpResponseRedirect(reverse("fraud-case", args=[found.key]))

    acted.__name__ = acted.__qualname__ = f"act_{name}"
    return acted


ACTS = {name: _act(name) for name in _ACTS}
"""A view for each verb on a case, by the last part of its address."""


@needs("read", "fraud_returns", methods=("GET", "POST"))
def returns(request: HttpRequest) -> HttpResponse:
    """The register: each month's return, whether it went in time, and by what that can be shown; drawn up from here."""
    passed: Pass = request.gate
    records, force_id, fault = standing_records(), own_force(), ""
    if request.method == "POST":
        passed.require("write", "fraud_returns")
        try:
            month = parse_month(request.POST.get("month", "").strip())
            found = fraud_returns.draw_up(passed.who, records, force_id, month, at=passed.at)
            return HttpResponseRedirect(reverse("fraud-return", args=[found.identity]))
        except FourfoldError as refused:
            fault = f"{refused.cause} {refused.remedy}"
    first = first_month(records)
    due = fraud_returns.register(force_id, first, local_date(passed.at)) if first else []
    every: dict[date, list[FraudReturn]] = {one.month: [] for one in due}
    for one in FraudReturn.objects.filter(force_id=force_id).order_by("number"):
        every.setdefault(one.month, []).append(one)
    shown = listing(
        "The register",
        ["Month", "Due", "Return", "Sent", "Shown by"],
        due,
        lambda d: _register_cells(d, every[d.month]),
    )
    own = [f"register-{force_id or 'none'}"]
    passed.saw("fraud_returns", own, lists={shown.name: []})
    context = {"register": shown, "fault": fault, "fault_at": "month",
               "given": request.POST.get("month", ""), "sent": sum(d.is_sent for d in due),
               "in_time": sum(d.is_in_time for d in due), "due": len(due),
               "may_write": passed.may("write", "fraud_returns")}  # fmt: skip
    return render(request, "pages/fraud_returns.html", context, status=200 if not fault else 422)


def _register_cells(due: fraud_returns.Due, every: list[FraudReturn]) -> list[Any]:
    drawn_up: list[Any] = []
    for one in every:
        words = f"Supplement {one.number}" if one.number else "Return"
        said = f"{words} of {month(one.month)}, {one.state}, {plural(len(one.lines), 'line')}"
        drawn_up.append({"href": url("fraud-return", one.identity), "text": said, "by": one.state})
    in_time = ", in time" if due.is_in_time else ", late"
    sent = [day(one.sent_at) + ("" if one.number else in_time) for one in every if one.sent_at]
    first = next((one.sent_at for one in every if one.sent_at), None)
    return [
        month(due.month), day(due.due_on), drawn_up or "Not drawn up",
        [{"text": sent[0], "by": day(first)}, *sent[1:]] if sent else "Not sent", [one.evidence for one in every if one.evidence],
    ]  # fmt: skip


@needs("read", "fraud_returns")
def one_return(request: HttpRequest, identity: str) -> HttpResponse:
    """A return: its lines, what is amiss with them, the month before beside it, and who signed and sent it."""
    return _return_page(request, _return(identity))


def _return_page(request: HttpRequest, found: FraudReturn, fault: FourfoldError | None = None) -> HttpResponse:
    passed: Pass = request.gate
    faults: dict[int, list[Any]] = {}
    for one in fraud_returns.faults_of(found):
        faults.setdefault(one.line, []).append(one)
    lines = listing(
        "Its lines", ["Line", "Report", "Package", "Code", "Outcome", "Given on", "Offenders", "Change", "To be seen to"],
        list(enumerate(found.every, start=1)), lambda one: _line_cells(one[0], one[1], faults.get(one[0], [])), numeric=[0, 6],
    )  # fmt: skip
    shown = [line.report_ref for _, line in lines.rows]
    passed.saw("fraud_returns", [found.identity], lists={lines.name: _report_keys(found.force_id, shown)})
    before = fraud_returns.month_before(found)
    context = {
        "found": found, "lines": lines, "status_words": found.state,
        "wrong": sum(f.grade == WRONG for each in faults.values() for f in each),
        "looks": sum(f.grade != WRONG for e in faults.values() for f in e),
        "beside": outcome_returns.beside_last_month(found.every, before) if before is not None else None,
        "month_before": (found.month - timedelta(days=1)).replace(day=1),
        "filed": outcome_returns.filed(standing_records(), found.force_id, found.month),
        "officers": _officers((found.drawn_up_by, found.signed_by, found.sent_by)),
        "fault": fault_words(fault),
        "may_sign": passed.may("sign", "fraud_returns") and passed.officer.key != found.drawn_up_by,
        "may_write": passed.may("write", "fraud_returns"), "may_take": passed.may("export", "fraud_returns"), "given": request.POST,
    }  # fmt: skip
    status = status_of(fault)
    return render(request, "pages/fraud_return.html", context, status=status)


def _report_keys(force_id: str, references: Iterable[str]) -> list[str]:
    """The opaque keys of reports, as linked people have them: a line's reference leads to whoever made the report."""
    return list(dict.fromkeys(entry_of(("fraud_victims", force_id, ref, None, "victim")) for ref in references if ref))


def _line_cells(number: int, line: outcome_returns.Line, faults: list[Any]) -> list[Any]:
    said = [("Wrong: " if one.grade == WRONG else "") + one.says for one in faults]
    return [number, line.report_ref, line.package_ref, line.nfib_code, f"{line.outcome_type} {line.outcome}", line.outcome_on,
            line.offenders, line.change, "; ".join(said)]  # fmt: skip


def _decided(action: str, verb: Callable[[Pass, FraudReturn, Form], None]) -> Callable[..., HttpResponse]:
    @needs(action, "fraud_returns", methods=("POST",))
    def decided(request: HttpRequest, identity: str) -> HttpResponse:
        passed: Pass = request.gate
        found = _return(identity)
        passed.saw_none()
        try:
            verb(passed, found, Form(request.POST))
        except FourfoldError as fault:
            return _return_page(request, _return(identity), fault)
        return HttpResponseRedirect(reverse("fraud-return", args=[identity]))

    return decided


sign = _decided("sign", lambda p, r, f: fraud_returns.sign_off(p.who, r, version=f.whole("version"), at=p.at))
send_back = _decided(
    "sign",
    lambda p, r, f: fraud_returns.send_back(
        p.who, r, version=f.whole("version"), reason=f.text("back-reason"), at=p.at
    ),
)
record_sending = _decided(
    "write",
    lambda p, r, f: fraud_returns.record_sending(
        p.who, r, version=f.whole("version"), evidence=f.text("evidence"), at=p.at
    ),
)


@needs("export", "fraud_returns")
def return_csv(request: HttpRequest, identity: str) -> HttpResponse:
    """A return's lines as CSV, in the force's layout where its folder holds one: on the log as a disclosure."""
    passed: Pass = request.gate
    found = _return(identity)
    path = Path(settings.FOURFOLD_HOME) / LAYOUT
    layout = layout_from_file(path) if path.exists() else None
    content = return_file(found.every, layout, force_id=found.force_id, month=found.month).encode()
    note = {"lines": len(found.lines)}
    keys = [identity, *_report_keys(found.force_id, [line.report_ref for line in found.every])]
    passed.saw("fraud_returns", keys, kind="disclosure", verb="take return", recipient=passed.officer.key, note=note)
    name = f"{found.force_id}-outcomes-{found.month:%Y-%m}" + (f"-supplement-{found.number}" if found.number else "")
    draft = "" if found.content_hash else "-draft"
    return as_file(content, f"{name}{draft}.csv", "text/csv; charset=utf-8")


def disseminated(records: Any) -> Any:
    """What was disseminated to be investigated, as `disseminations.sent` has it, kept while the records stand."""
    return kept(
        ("disseminations", str(records.home), records.as_at, own_force()),
        lambda _: disseminations.sent(records, own_force()),
    )


def _dissemination(records: Any, key: str) -> dict[str, Any]:
    found = disseminated(records)
    rows = found.filter(found["key"] == key)
    if rows.is_empty():
        raise Http404
    return rows.row(0, named=True)


def first_month(records: Any) -> date | None:
    """The first month of which an outcome return is owed; none where nothing was disseminated."""
    first = disseminated(records)["disseminated_on"].min()
    return first.replace(day=1) if first else None


def _return(identity: str) -> FraudReturn:
    found = FraudReturn.objects.filter(identity=identity).first()
    if found is None:
        raise Http404
    return found


def _officers(keys: Any) -> dict[str, str]:
    return dict(Officer.objects.filter(key__in={k for k in keys if k}).values_list("key", "name"))
