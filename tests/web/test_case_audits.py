"""Audits on the service: drawn once, marked, marked again blind, replaced, closed, printed; by those who may, and on the log."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.test import Client

from fourfold.analysis.case_audits import audit_result, learned, of_only
from fourfold.analysis.states import kept_states
from fourfold.analysis.victims_code import Rules
from fourfold.casework import case_audits
from fourfold.casework.audit import Entry, Who
from fourfold.casework.case_audits import DrawnAudit, DrawnRecord, Seen
from fourfold.casework.events import Event, parted
from fourfold.codes.audit_schemes import audit_scheme
from fourfold.codes.periods import parse_window
from fourfold.errors import Conflict, RequestInvalid
from fourfold.records.as_at import records_as_at
from tests.analysis.test_entitlements import CRIME, VICTIM, records
from tests.web.conftest import an_officer, signed_in

pytestmark = pytest.mark.slow

SURVEY = audit_scheme("quarterly_survey")
JUNE = parse_window("2022-06", "2022-06")
A, B = Who("a", ("code_auditor",)), Who("b", ("code_auditor",))
NOW = datetime(2022, 8, 1, 9, tzinfo=UTC)
YES = dict.fromkeys((q.id for q in SURVEY.questions), "yes")
OFFENCES = ("34B", "8N", "44", "28E")


def crimes(n: int) -> dict[str, list[dict[str, str]]]:
    """So many crimes of June 2022, of four kinds, each with a victim; every third was sent an acknowledgement."""
    every = [
        {**CRIME, "crime_ref": f"C{at:03}", "offence_code": OFFENCES[at % 4], "is_domestic": "Y" if at % 7 == 0 else "",
         "is_hate": "Y" if at % 11 == 5 else ""}
        for at in range(n)
    ]  # fmt: skip
    told = [
        {"contact_ref": f"K{at}", "crime_ref": f"C{at:03}", "person_ref": "V1", "contacted_at": "2022-06-02T10:00:00",
         "about": "acknowledgement", "method": "letter", "is_successful": "Y"}
        for at in range(0, n, 3)
    ]  # fmt: skip
    people = [{**VICTIM, "crime_ref": one["crime_ref"]} for one in every]
    return {"crimes": every, "people": people, "victim_contacts": told}


@pytest.fixture
def crimes_held(tmp_path: Path, settings: Any) -> Iterator[Path]:
    from fourfold.web import look

    records(tmp_path, **crimes(60))
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "leicestershire"
    look.service.cache_clear()
    yield tmp_path / "home"
    look.service.cache_clear()


def judged(home: Path) -> pl.LazyFrame:
    """What the worker works out of the files."""
    return kept_states(records_as_at(home, datetime.now(UTC)), "leicestershire", Rules()).states()


def drawn(home: Path, size: int = 12, who: Who = A, **given: Any) -> DrawnAudit:
    held = records_as_at(home, NOW)
    states = judged(home)
    asked = {"size": size, "how": "equal", "seed": 7, "at": NOW, **given}
    return case_audits.draw_audit(who, held, states, "leicestershire", SURVEY, JUNE, **asked)


def seen(one: DrawnAudit, number: int, who: Who = A) -> Seen:
    record = DrawnRecord.objects.prefetch_related("marks").get(audit=one, number=number, state="drawn")
    return Seen(who, record, record.version, NOW)


@pytest.mark.django_db
def test_months_are_drawn_once_by_a_scheme_and_the_same_seed_draws_the_same(crimes_held: Path) -> None:
    one = drawn(crimes_held)
    assert one.seed == 7
    assert sum(one.sizes.values()) == 12
    numbers = list(one.records.filter(state="drawn").values_list("number", flat=True))
    assert numbers == list(range(1, 13))
    assert all(r.recorded["acknowledged"] in ("yes", "not recorded") for r in one.records.all())
    with pytest.raises(RequestInvalid, match="drawn already"):
        drawn(crimes_held)
    for wrong in (
        {"size": 0},
        {"size": 3},
        {"how": "by taste"},
        {"seed": -1},
        {"at": datetime(2022, 6, 30, tzinfo=UTC)},
    ):
        with pytest.raises(RequestInvalid):
            drawn(crimes_held, **wrong)
    [event] = Event.objects.filter(concern="case_audits")
    assert json.loads(event.decided)["seed"] == 7
    assert Entry.objects.filter(record_class="case_audits", verb="draw_audit").count() == 1


@pytest.mark.django_db
def test_without_a_seed_one_is_drawn_by_lot_and_kept(crimes_held: Path) -> None:
    assert 0 <= drawn(crimes_held, seed=None).seed < case_audits.SEEDS


@pytest.mark.django_db
def test_a_record_is_marked_by_one_officer_and_again_by_another(crimes_held: Path) -> None:
    one = drawn(crimes_held)
    case_audits.mark_record(seen(one, 1), YES, "clear")
    case_audits.mark_record(seen(one, 1), {**YES, "updated": "no"})
    with pytest.raises(RequestInvalid, match="Not answered: Updates in time"):
        case_audits.mark_record(seen(one, 2), {**YES, "updated": "perhaps"})
    with pytest.raises(Conflict, match="A colleague has marked"):
        case_audits.mark_record(seen(one, 1, B), YES)
    with pytest.raises(RequestInvalid, match="somebody else"):
        case_audits.mark_again(seen(one, 1), YES)
    with pytest.raises(RequestInvalid, match="Nobody has marked"):
        case_audits.mark_again(seen(one, 2, B), YES)
    case_audits.mark_again(seen(one, 1, B), YES)
    with pytest.raises(Conflict, match="second time"):
        case_audits.mark_again(seen(one, 1, Who("c")), YES)
    stale = seen(one, 3)
    case_audits.mark_record(seen(one, 3, B), YES)
    with pytest.raises(Conflict):
        case_audits.mark_record(stale, YES)
    [first, third] = case_audits.as_analysed(one).marked
    assert first.answers["updated"] == "no"
    assert first.second == YES
    assert third.second is None
    codes, words = parted(json.loads(Event.objects.filter(verb="mark_record").order_by("pk")[0].decided))
    assert codes["status"][0] == "acknowledged:yes"
    assert words == {}, "answers come back to the records as codes; a note never does"


@pytest.mark.django_db
def test_what_cannot_be_audited_is_replaced_with_a_reason_while_any_is_in_reserve(crimes_held: Path) -> None:
    one = drawn(crimes_held)
    first = seen(one, 1)
    reserve = one.records.filter(state="reserve", group=first.record.group).order_by("place")
    following = [r.crime_ref for r in reserve]
    with pytest.raises(RequestInvalid, match="No reason"):
        case_audits.substitute_record(first, " ")
    next_one = case_audits.substitute_record(first, "restricted")
    assert next_one is not None
    assert next_one.crime_ref == following[0]
    with pytest.raises(Conflict):
        case_audits.substitute_record(Seen(A, first.record, first.version, NOW), "again")
    for _ in following[1:]:
        case_audits.substitute_record(seen(one, 1), "restricted")
    assert case_audits.substitute_record(seen(one, 1), "restricted") is None, "none is left: it could not be audited"
    assert not one.records.filter(state="drawn", number=1).exists()
    case_audits.mark_record(seen(one, 2), YES)
    with pytest.raises(RequestInvalid, match="is not replaced"):
        case_audits.substitute_record(seen(one, 2), "too late")
    assert case_audits.as_analysed(one).substituted == len(following) + 1
    for record in one.records.filter(state="drawn", marks=None):
        case_audits.mark_record(seen(one, record.number), YES)
    one.refresh_from_db()
    case_audits.close_audit(A, one, version=one.version, at=NOW)
    assert case_audits.as_analysed(one).substituted == len(following) + 1, "it is told beside what was marked"


@pytest.mark.django_db
def test_a_closed_audit_is_frozen_and_its_actions_are_followed(crimes_held: Path) -> None:
    one = drawn(crimes_held, size=10)
    with pytest.raises(RequestInvalid, match="10 records are not marked"):
        case_audits.close_audit(A, one, version=one.version, at=NOW)
    for number in range(1, 11):
        case_audits.mark_record(seen(one, number), YES)
    one.refresh_from_db()
    with pytest.raises(Conflict):
        case_audits.close_audit(A, one, version=one.version - 1, at=NOW)
    case_audits.close_audit(A, one, version=one.version, at=NOW)
    one.refresh_from_db()
    with pytest.raises(RequestInvalid, match="closed"):
        case_audits.mark_record(seen(one, 1), YES)
    found = audit_result(case_audits.as_analysed(one))
    assert found.verdict == "every record drawn is marked"
    assert found.table is not None
    assert {r["yes_share"] for r in found.table.records() if r["group"] == "all"} == {100.0}
    whole = {"what": "A field for it", "owner": "Supt", "due_on": date(2022, 12, 1), "measure": "coverage 80%"}
    for lacks in whole:
        with pytest.raises(RequestInvalid, match="not whole"):
            case_audits.note_action(A, one, **{**whole, lacks: "" if lacks != "due_on" else None}, at=NOW)
    action = case_audits.note_action(A, one, **whole, question="acknowledged", at=NOW)
    with pytest.raises(RequestInvalid):
        case_audits.end_action(A, action, outcome="", at=NOW)
    case_audits.end_action(A, action, outcome="coverage 84%", at=NOW)
    with pytest.raises(Conflict):
        case_audits.end_action(A, action, outcome="again", at=NOW)
    words = json.loads(Event.objects.get(verb="note_action").decided)
    assert words["what"] == "A field for it"


# --- the pages ------------------------------------------------------------------------------------------------------------


def said(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def colleague() -> Client:
    from fourfold.casework import roles

    return signed_in(an_officer("colleague", roles.Held("code_auditor")))


@pytest.mark.django_db
def test_an_auditor_draws_marks_and_prints_and_a_colleague_marks_again_without_seeing(
    as_role: Callable[..., Client], crimes_held: Path
) -> None:
    auditor = as_role("code_auditor")
    assert "No audit has been drawn yet" in said(auditor.get("/audits"))
    form = {
        "scheme": "quarterly_survey",
        "from": "2022-06",
        "to": "2022-06",
        "size": "12",
        "allocation": "neyman",
        "seed": "7",
    }
    waits = auditor.post("/audits", form)
    assert waits.status_code == 409
    assert "being worked out" in said(waits)
    judged(crimes_held)
    page = auditor.post("/audits", form)
    assert page.status_code == 302
    address = page["Location"]
    shown = said(auditor.get(address))
    for words in (
        "0 of 12 records",
        "seed 7",
        "neyman",
        "Mark record 1",
        "Marking sheet to print",
        "No action is noted yet",
    ):
        assert words in shown, words
    assert "already" in said(auditor.post("/audits", form))
    assert auditor.post("/audits", {**form, "from": "2022-05", "to": "2022-05"}).status_code == 422
    assert auditor.post("/audits", {**form, "scheme": "/etc/passwd.toml"}).status_code == 422

    record = auditor.get(f"{address}/records/1")
    for words in ("Record 1", "Was the victim sent an acknowledgement", "Not applicable", "It cannot be audited"):
        assert words in said(record), words
    version = {"version": "1", "note": "clear"}
    lacking = auditor.post(f"{address}/records/1", {**version, "acknowledged": "yes"})
    assert lacking.status_code == 422
    assert said(lacking).count("Choose one of the four answers") == 4
    assert 'value="yes" checked' in lacking.content.decode(), "what was answered stays"
    assert auditor.post(f"{address}/records/1", {**version, **YES})["Location"] == f"{address}/records/2"
    replaced = auditor.post(f"{address}/records/2", {"version": "1", "replace": "yes", "reason": ""})
    assert replaced.status_code == 422
    assert (
        auditor.post(f"{address}/records/2", {"version": "1", "replace": "yes", "reason": "restricted"}).status_code
        == 302
    )
    assert "replaced: restricted" in said(auditor.get(address))

    other = colleague()
    again = other.get(f"{address}/records/1")
    assert "marked a second time" in said(again)
    assert "checked" not in again.content.decode(), "the second marker does not see the first answers"
    assert "clear" not in said(again)
    assert other.post(f"{address}/records/1", {"version": "2", **YES, "updated": "no"}).status_code == 302
    shown = said(other.get(address))
    assert "1 of 12 records" in shown
    assert "What was found is told from 10 records marked on" in shown
    assert "Two markers" not in shown, "of one record, what a colleague answered could be read off"
    found = DrawnAudit.objects.get()
    for number in range(2, 13):
        case_audits.mark_record(seen(found, number), YES)
    for number in range(2, 12):
        case_audits.mark_again(seen(found, number, B), YES)
    shown = said(other.get(address))
    assert "The figures are of the 10 records of 12 that were marked first" in shown
    for words in (
        "12 of 12 records",
        "Marked twice 11",
        "What was found",
        "Two markers",
        "kappa",
        "The audit against the records",
        "How was this made?",
    ):
        assert words in shown, words
    assert "Which records differ is shown when the audit is closed" in shown
    assert "records/99" not in shown
    assert auditor.get(f"{address}/records/99").status_code == 404

    printed = auditor.post(f"{address}/result")
    assert printed["Location"] == f"{address}/result"
    result = said(auditor.get(f"{address}/result"))
    assert "12 of 12 records drawn are marked, 11 of them twice; 1 could not be audited" in result
    assert "The figures are of the 10 marked first" in result
    assert Entry.objects.filter(verb="print_result", kind="disclosure").count() == 1
    assert Entry.objects.filter(verb="read audit result", kind="disclosure").count() == 1
    sheet = said(auditor.get(f"{address}/sheet"))
    assert sheet.count("____ ____ ____ ____ ____") == 12


@pytest.mark.django_db
def test_what_the_audit_learned_widens_the_bounds_of_compliance(
    as_role: Callable[..., Client], crimes_held: Path
) -> None:
    one = drawn(crimes_held)
    auditor = as_role("code_auditor")
    address = "/victims-code?from=2022-06&to=2022-06&right=3"
    assert "Records can be false" not in said(auditor.get(address))
    for number in range(1, 13):
        case_audits.mark_record(seen(one, number), {**YES, "acknowledged": "no" if number == 1 else "yes"})
    assert "Records can be false" not in said(auditor.get(address)), "it may yet be marked otherwise"
    closed(one)
    shown = said(auditor.get(address))
    assert "Records can be false. By what the audit Quarterly survey of the Victims’ Code, June 2022 learned" in shown
    assert "at 95% confidence" in shown
    assert "Records can be false" not in said(auditor.get("/victims-code?from=2022-06&to=2022-06&right=12"))
    assert f'href="/audits/{one.identity}"' not in as_role("analyst").get(address).content.decode()
    assert (
        "Was the victim sent an acknowledgement that the crime was recorded? Yes, the audit itself found, for" in shown
    )
    # of the 60 victims of June every third was sent one, and of the others nothing is recorded: the audit is held against these
    assert "Of all 60 records that it was drawn from, the records themselves say yes for between 33% and 100%" in shown
    assert "the audit’s share lies between the bounds" in shown
    assert "and not against these bounds" in shown
    audit = said(auditor.get(f"/audits/{one.identity}"))
    assert "The same records by themselves Of all 60 records that the audit was drawn from" in audit
    assert "its bounds are of other records than these" in audit
    assert "Records can be false" not in said(auditor.get("/victims-code?from=2022-05&to=2022-06&right=3")), (
        "of May it says nothing"
    )


@pytest.mark.django_db
def test_of_an_offence_an_audit_speaks_by_the_records_of_that_offence_alone(
    as_role: Callable[..., Client], crimes_held: Path
) -> None:
    one = drawn(crimes_held)
    robberies = {f"C{at:03}" for at in range(60) if OFFENCES[at % 4] == OFFENCES[0]}
    for number in range(1, 13):
        record = seen(one, number)
        is_robbery = record.record.crime_ref in robberies
        case_audits.mark_record(record, {**YES, "acknowledged": "no" if is_robbery else "yes"})
    closed(one)
    audit = case_audits.as_analysed(one)
    own = of_only(audit, {(ref, "V1") for ref in robberies})
    rows = [r for r in audit_result(own).table.records() if (r["question"], r["group"]) == ("acknowledged", "all")]  # type: ignore[union-attr]
    marked = sum(m.crime_ref in robberies for m in audit.marked)
    assert 0 < marked < 12
    assert [(r["applies"], r["yes"], r["no"]) for r in rows] == [(marked, 0, marked)]
    whole, part = learned(audit, ["acknowledgement"]), learned(own, ["acknowledgement"])
    assert part.kept_false == pytest.approx(part.kept_audited), "each robbery that is recorded as told was not"
    assert whole.kept_false < whole.kept_audited
    nothing = learned(of_only(audit, set()), ["acknowledgement"])
    assert (nothing.kept_audited, nothing.not_kept_audited) == (0, 0)


def closed(one: DrawnAudit) -> None:
    one.refresh_from_db()
    case_audits.close_audit(A, one, version=one.version, at=NOW)
    one.refresh_from_db()


@pytest.mark.django_db
def test_a_dip_sample_of_some_crimes_widens_no_bounds_of_all(crimes_held: Path) -> None:
    one = drawn(crimes_held)
    for number in range(1, 13):
        case_audits.mark_record(seen(one, number), YES)
    closed(one)
    asks = frozenset(name for q in one.asks.questions for name in q.obligations)
    assert case_audits.audit_over(one.force_id, one.window, asks) == one
    dip = audit_scheme("dip_sample")
    assert not dip.is_of_all
    assert SURVEY.is_of_all
    DrawnAudit.objects.update(scheme=dip.id, scheme_version=dip.version)
    every = frozenset(name for q in dip.questions for name in q.obligations) | asks
    assert case_audits.audit_over(one.force_id, one.window, every) is None


@pytest.mark.django_db
def test_no_month_is_drawn_in_two_audits_of_a_scheme(crimes_held: Path) -> None:
    held, states = records_as_at(crimes_held, NOW), judged(crimes_held)
    asked: dict[str, Any] = {"size": 12, "how": "equal", "seed": 7, "at": NOW}
    drawn(crimes_held)
    for window in (parse_window("2022-05", "2022-06"), parse_window("2022-04", "2022-06")):
        with pytest.raises(RequestInvalid, match="some were drawn already"):
            case_audits.draw_audit(A, held, states, "leicestershire", SURVEY, window, **asked)
    assert DrawnAudit.objects.count() == 1
    assert Entry.objects.filter(verb="draw_audit").count() == 1, "what is refused leaves nothing"


@pytest.mark.django_db
def test_when_it_is_closed_the_records_that_differ_are_named_and_actions_noted(
    as_role: Callable[..., Client], crimes_held: Path
) -> None:
    auditor = as_role("code_auditor")
    one = drawn(crimes_held, size=10)
    for number in range(1, 11):
        case_audits.mark_record(seen(one, number, B), YES)
    one.refresh_from_db()
    address = f"/audits/{one.identity}"
    assert auditor.post(f"{address}/close", {"version": "1"}).status_code == 409
    assert auditor.post(f"{address}/close", {"version": str(one.version)}).status_code == 302
    shown = said(auditor.get(address))
    assert "Records in which the two differ" in shown
    assert "gap of recording" in shown
    given = {"what": "Ask for the method", "owner": "The champion", "due-day": "1", "due-month": "3", "due-year": "2099",
             "measure": "coverage", "question": "acknowledged"}  # fmt: skip
    assert auditor.post(f"{address}/actions", {**given, "due-year": ""}).status_code == 422
    assert auditor.post(f"{address}/actions", {**given, "due-month": "13"}).status_code == 422
    assert auditor.post(f"{address}/actions", given).status_code == 302
    assert "Ask for the method" in said(auditor.get(address))
    assert auditor.post(f"{address}/actions", {"number": "1", "outcome": ""}).status_code == 422
    assert auditor.post(f"{address}/actions", {"number": "9", "outcome": "x"}).status_code == 404
    assert auditor.post(f"{address}/actions", {"number": "1", "outcome": "coverage rose"}).status_code == 302
    assert "coverage rose" in said(auditor.get(address))
    assert "Two colleagues" not in said(auditor.get(f"{address}/records/1"))
    assert "frozen" in said(auditor.get(f"{address}/records/1"))


@pytest.mark.django_db
def test_who_may_not_mark_sees_and_who_may_not_see_learns_nothing(
    as_role: Callable[..., Client], crimes_held: Path
) -> None:
    one = drawn(crimes_held)
    supervisor = as_role("supervisor")
    address = f"/audits/{one.identity}"
    assert "Draw an audit" not in said(supervisor.get("/audits"))
    assert "An auditor marks it" in said(supervisor.get(f"{address}/records/1"))
    for path in ("/audits", f"{address}/records/1", f"{address}/close", f"{address}/actions", f"{address}/result"):
        assert supervisor.post(path, {"version": "1", **YES}).status_code == 404, path
    for path in ("/audits", address, f"{address}/records/1", f"{address}/sheet", f"{address}/result"):
        assert as_role("analyst").get(path).status_code == 404, path
    assert not one.records.filter(marks__turn=1).exists()


@pytest.mark.django_db
def test_the_log_names_each_record_that_differs_where_it_is_shown_and_where_it_is_taken(
    as_role: Callable[..., Client], crimes_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = drawn(crimes_held, size=10)
    for number in range(1, 11):
        case_audits.mark_record(seen(one, number, B), {**YES, "acknowledged": "no"})
    one.refresh_from_db()
    case_audits.close_audit(B, one, version=one.version, at=NOW)
    monkeypatch.setattr("fourfold.web.tables.ROWS", 4)
    auditor, name, address = as_role("code_auditor"), "records-in-which-the-two-differ", f"/audits/{one.identity}"
    crimes = re.compile(r"\bC\d{3}\b")
    page = said(auditor.get(f"{address}?page-{name}=2&page-its-records=2"))
    first = {key for key in Entry.objects.filter(verb="read").last().key_list if key != one.identity}
    assert {key.split()[0] for key in first} == set(crimes.findall(page))
    taken = said(auditor.get(f"{address}?take={name}"))
    entry = Entry.objects.get(verb="take a table")
    assert {key.split()[0] for key in entry.key_list if key != one.identity} == set(crimes.findall(taken))
    assert set(crimes.findall(taken)) != set(crimes.findall(said(auditor.get(address)))), (
        "those that agree are not taken"
    )


@pytest.mark.django_db
def test_an_audit_by_another_version_of_its_scheme_speaks_of_no_figure_and_stops_none(crimes_held: Path) -> None:
    one = drawn(crimes_held)
    for number in range(1, 13):
        case_audits.mark_record(seen(one, number), YES)
    closed(one)
    asks = frozenset(name for q in one.asks.questions for name in q.obligations)
    found = case_audits.audit_over(one.force_id, one.window, asks)
    assert found == one
    case_audits.DrawnAudit.objects.update(scheme_version="0")
    assert case_audits.audit_over(one.force_id, one.window, asks) is None


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["quarterly_survey", "a_scheme_given_up"])
def test_an_audit_by_an_older_version_says_which_and_shows_what_it_can(
    scheme: str, as_role: Callable[..., Client], crimes_held: Path
) -> None:
    """Of its version's words nothing is held: what was marked is shown by the names of its groups and questions, and no further."""
    one = drawn(crimes_held)
    for number in range(1, 12):
        case_audits.mark_record(seen(one, number), YES)
    case_audits.DrawnAudit.objects.update(scheme_version="0", scheme=scheme)
    auditor, address = as_role("code_auditor"), f"/audits/{one.identity}"
    shown = said(auditor.get(address))
    assert "drawn by version 0 of its scheme, which is not held now" in shown
    assert "Told of end" in shown
    assert "Was the victim told how the case ended?" not in shown, "that is what another version asks"
    assert "Domestic violence" in shown
    assert "Mark record" not in shown
    for path in (f"{address}/records/1", f"{address}/sheet", f"{address}/result"):
        page = auditor.get(path)
        assert page.status_code == 200, path
        assert "version 0 of its scheme" in said(page), path
    for path in ("/audits", "/victims-code?from=2022-06&to=2022-06&right=3"):
        assert auditor.get(path).status_code == 200, path
    more = auditor.post(f"{address}/records/12", {"version": str(seen(one, 12).record.version), **YES})
    assert more.status_code == 422
    assert "drawn by version 0 of its scheme" in said(more)
    case_audits.note_action(
        A, DrawnAudit.objects.get(), what="x", owner="y", due_on=date(2099, 1, 1), measure="z", at=NOW
    )
    assert auditor.get(address).status_code == 200
